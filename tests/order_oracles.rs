//! Cases of `tests/data/oracles.json` about the order in which messages are served and about servers that are not
//! independent, simulated: priorities, batches, partitions, contention.
//!
//! Judged as in `simulation_oracles`: within 4 standard errors, with an interval narrow enough to say something.
//! Preemptive priorities are left out: no broker recalls what is being worked on.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

mod common;

use common::judge::{MEANS, Miss, TAILS, assert_all};
use common::network::{Network, Question};
use common::oracle::Case;
use common::watch::Sample;
use forebay::model::{
    Arrivals, Batch, ConsumerGroup, Contention, Distribution, Model, Order, Partitions, Process, Producer, Queue, Rate,
};

/// Poisson arrivals to one queue with one group of exponential servers.
fn system(rate_per_s: f64, order: Order, servers: u32, rate_of_one: f64) -> Network {
    let arrivals = Arrivals::Process { rate: Rate::Constant(rate_per_s), process: Process::Poisson };
    let service = Distribution::Exponential { mean_s: rate_of_one.recip() };
    let model = Model {
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue { order, ..Queue::new("q") }],
        groups: vec![ConsumerGroup::new("g", 0, servers, service)],
        ..Model::new("oracle", 1.0)
    };
    Network::new(model, rate_per_s)
}

fn with_group(mut network: Network, change: impl FnOnce(&mut ConsumerGroup)) -> Network {
    change(&mut network.model.groups[0]);
    network
}

fn known(estimate: &forebay::measure::Estimate) -> f64 {
    estimate.value.expect("messages were measured")
}

fn mean_wait_s(sample: &Sample) -> f64 {
    known(&sample.queues[0].wait_s.mean)
}

fn is_wrong(verdicts: &[Result<String, Miss>]) -> bool {
    verdicts.iter().all(|verdict| matches!(verdict, Err(Miss::Wrong(_))))
}

/// Non-preemptive priorities of a case, and its wait.
fn priorities(name: &str, servers: u32) -> (Network, Question) {
    let case = Case::named(name);
    let rates = case.list("lambda");
    let rate_per_s: f64 = rates.iter().sum();
    let order = Order::Priorities(rates.iter().map(|rate| rate / rate_per_s).collect());
    let level = case.number("class") as usize - 1;
    let question = Question::new(name, case.value, MEANS, move |sample| sample.wait_of_lane_s(level));
    (system(rate_per_s, order, servers, 1.0), question)
}

#[test]
fn urgent_messages_wait_as_in_cobhams_queue() {
    let (network, question) = priorities("prio_np_mm1_class1", 1);
    // The others by the same formula: W0 / ((1 − σ1)(1 − σ2)) with W0 = 0.8, σ1 = 0.3, σ2 = 0.8 (Cobham 1954).
    let others = Question::new("class 2", 0.8 / (0.7 * 0.2), MEANS, |sample| sample.wait_of_lane_s(1));
    assert_all(&network.answer(&[question, others]));
}

#[test]
fn urgent_messages_wait_as_with_many_servers() {
    let (network, question) = priorities("prio_np_mmc_class1", 10);
    assert_all(&network.answer(&[question]));
}

/// With a buffer in the client, urgent messages stand behind others that were fetched before.
#[test]
fn prefetching_spoils_priorities() {
    let (network, question) = priorities("prio_np_mm1_class1", 1);
    let fetching = with_group(network, |group| group.prefetch = 2);
    assert!(is_wrong(&fetching.answer(&[question])));
}

#[test]
fn partitions_are_queues_of_their_own() {
    let case = Case::named("pinned_partitions_10x_mm1");
    let partitions = Order::Partitions(Partitions { count: case.number("partitions") as u32, skew: 0.0 });
    let network = |replicas, concurrency| {
        with_group(system(case.number("lambda_total"), partitions.clone(), replicas, 1.0), |group| {
            group.concurrency = concurrency;
            group.prefetch = concurrency;
        })
    };
    let question = || [Question::new(&case.name, case.value, MEANS, mean_wait_s)];
    assert_all(&network(10, 1).answer(&question()));
    // More replicas idle, fewer with as many slots in all do the same.
    assert_all(&network(13, 1).answer(&question()));
    assert_all(&network(2, 5).answer(&question()));
    assert!(is_wrong(&network(9, 1).answer(&question())));
}

/// A server that takes whatever waits, up to a most.
#[test]
fn a_batch_consumer_takes_what_waits() {
    let case = Case::named("bulk_consumer_b64_Lq");
    let (rate_per_s, size) = (case.number("lambda"), case.number("b") as u32);
    let network = |prefetch: u32| {
        with_group(system(rate_per_s, Order::Fifo, 1, case.number("batch_service_rate")), |group| {
            group.batch = Some(Batch { size, linger_s: 0.0 });
            group.prefetch = prefetch;
        })
    };
    // Little's law: what waits is what comes while one waits.
    let waiting = || Question::new(&case.name, case.value, MEANS, move |sample| rate_per_s * mean_wait_s(sample));
    for prefetch in [size, 3 * size] {
        assert_all(&network(prefetch).answer(&[waiting()]));
    }
    let idle = Case::named("bulk_consumer_b64_idle");
    let mut network = network(size);
    network.busy_from = 1;
    let is_idle = |sample: &Sample| 1.0 - sample.busy_share;
    assert_all(&network.answer(&[Question::new(&idle.name, idle.value, TAILS, is_idle)]));
}

/// So many messages that every slot is always busy.
#[test]
fn contended_consumers_do_what_the_universal_scalability_law_says() {
    for name in ["usl_N1", "usl_N32"] {
        let case = Case::named(name);
        let law = Contention { sigma: case.number("sigma"), kappa: case.number("kappa") };
        let network = |law| {
            let busy = system(2.0 * case.value, Order::Fifo, case.number("N") as u32, case.number("lambda"));
            with_group(busy, |group| group.contention = Some(law))
        };
        let acked = |sample: &Sample| known(&sample.queues[0].acked) / sample.measured_s;
        let question = || [Question::new(name, case.value, MEANS, acked)];
        assert_all(&network(law).answer(&question()));
        let alone = Contention { sigma: 0.0, kappa: 0.0 };
        assert!(name == "usl_N1" || is_wrong(&network(alone).answer(&question())));
    }
}
