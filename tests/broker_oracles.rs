//! Cases of `tests/data/oracles.json` about what brokers do and about networks of queues, simulated: impatience,
//! redelivery, retrials, pipelines, feedback, fork and join, closed loops.
//!
//! Judged as in `simulation_oracles`: within 4 standard errors, with an interval narrow enough to say something. Left
//! out, because the model has no such thing: preemptive priorities, processor sharing, and servers that switch off and
//! on by themselves at the instant of an event (`mm1_setup`, `mmk_setup`: who scales decides at intervals).

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

mod common;

use common::judge::{MEANS, Miss, RARE, TAILS, assert_all};
use common::network::{Network, Question};
use common::oracle::{Case, systems};
use common::watch::Sample;
use forebay::model::{
    AfterFailure, Arrivals, ConsumerGroup, Destination, Distribution, Emission, Failures, Model, Overflow, Path,
    Process, Producer, Queue, QueueId, Rate, RequeuePosition, Retry, Routing, Topic, Ttl, TtlPlace,
};

fn exponential(mean_s: f64) -> Distribution {
    Distribution::Exponential { mean_s }
}

fn empty() -> Model {
    Model::new("oracle", 1.0)
}

/// Poisson arrivals.
fn publish(model: &mut Model, to: Destination, rate_per_s: f64) {
    let name = format!("p{}", model.producers.len());
    let arrivals = Arrivals::Process { rate: Rate::Constant(rate_per_s), process: Process::Poisson };
    model.producers.push(Producer { to, ..Producer::new(name, 0, arrivals) });
}

/// A queue with so many servers of this law, which publish what they have done to these destinations.
fn stage(model: &mut Model, servers: u32, service: Distribution, emits: &[(Destination, f64)]) -> QueueId {
    let id = model.queues.len();
    model.queues.push(Queue::new(format!("q{id}")));
    let emits = emits.iter().map(|(to, per_message)| Emission { to: *to, per_message: *per_message }).collect();
    model.groups.push(ConsumerGroup { emits, ..ConsumerGroup::new(format!("g{id}"), id, servers, service) });
    id
}

fn only(queue: QueueId) -> Destination {
    Destination::Queue(queue)
}

fn known(estimate: &forebay::measure::Estimate) -> f64 {
    estimate.value.expect("messages were measured")
}

fn total_depth(sample: &Sample) -> f64 {
    sample.queues.iter().map(|queue| known(&queue.depth.mean)).sum()
}

/// How well a share must be known.
fn share_limit(value: f64) -> f64 {
    match value {
        value if value < 0.01 => RARE,
        value if value < 0.10 => TAILS,
        _ => MEANS,
    }
}

fn ask(case: &Case, limit: f64, statistic: impl Fn(&Sample) -> f64 + 'static) -> Question {
    Question::new(&case.name, case.value, limit, statistic)
}

/// Answers one case by a network.
fn assert_case(name: &str, network: &Network, statistic: impl Fn(&Sample) -> f64 + 'static) {
    assert_all(&network.answer(&[ask(&Case::named(name), MEANS, statistic)]));
}

/// Every question must be answered wrong: not merely vaguely.
fn assert_noticed(verdicts: Vec<Result<String, Miss>>) {
    for verdict in verdicts {
        match verdict {
            Err(Miss::Wrong(report)) => println!("noticed: {report}"),
            Err(Miss::Vague(report)) => panic!("not noticed, only vague: {report}"),
            Ok(report) => panic!("not noticed: {report}"),
        }
    }
}

/// M/M/c whose messages expire after exponential times in the queue.
fn impatient(rate_per_s: f64, service_s: f64, patience_s: f64, servers: u32) -> Network {
    let mut model = empty();
    let queue = stage(&mut model, servers, exponential(service_s), &[]);
    model.queues[queue].ttl = Some(Ttl { after: exponential(patience_s), at: TtlPlace::Anywhere });
    publish(&mut model, only(queue), rate_per_s);
    Network { busy_from: servers as usize, ..Network::new(model, rate_per_s) }
}

fn impatience(case: &Case) -> Question {
    match case.metric.as_str() {
        "abandon_probability" => ask(case, share_limit(case.value), |sample| {
            known(&sample.queues[0].expired) / known(&sample.queues[0].published)
        }),
        // Served and expired together: Little's law over the ready messages.
        "mean_wait_all" => ask(case, MEANS, |sample| {
            known(&sample.queues[0].ready.mean) * sample.measured_s / known(&sample.queues[0].published)
        }),
        "prob_wait" | "prob_wait_limit" => ask(case, MEANS, |sample| sample.busy_share),
        other => panic!("{}: no handler for the metric {other}", case.name),
    }
}

#[test]
fn messages_that_expire_are_erlang_a() {
    let verdicts = systems(&["Erlang-A (M/M/c+M)"]).into_iter().flat_map(|cases| {
        let [rate, mu, theta, c] = ["lambda", "mu", "theta", "c"].map(|key| cases[0].number(key));
        let questions: Vec<Question> = cases.iter().map(impatience).collect();
        impatient(rate, mu.recip(), theta.recip(), c as u32).answer(&questions)
    });
    assert_all(&verdicts.collect::<Vec<_>>());
}

/// The limit of many servers; 196 of them are 1.4 % away from it (birth and death), about one standard error of what is asked.
#[test]
fn many_impatient_servers_approach_their_limit() {
    let servers = 196.0_f64;
    for case in systems(&["Garnett QED Erlang-A"]).concat() {
        let (beta, ratio) = (case.number("beta"), case.number("theta_over_mu"));
        // Square-root staffing: c = R + β√R.
        let root = 0.5 * (-beta + (beta * beta + 4.0 * servers).sqrt());
        let network = impatient(root * root, 1.0, ratio.recip(), servers as u32);
        assert_all(&network.answer(&[impatience(&case)]));
    }
}

#[test]
fn slower_workers_and_more_patience_are_noticed() {
    let case = Case::named("erlA_l10_m1_th1_c10_pab");
    assert_noticed(impatient(10.0, 1.05, 1.0, 10).answer(&[impatience(&case)]));
    let case = Case::named("erlA_l20_m1_th0.1_c10_EW");
    assert_noticed(impatient(20.0, 1.0, 10.5, 10).answer(&[impatience(&case)]));
}

/// M/M/10 in which so many attempts fail and are repeated.
fn redelivering(probability: f64, requeue: RequeuePosition) -> Network {
    let mut model = empty();
    let queue = stage(&mut model, 10, exponential(1.0), &[]);
    model.queues[queue].requeue = requeue;
    model.groups[0].failures =
        Some(Failures { probability, poison: 0.0, then: AfterFailure::Requeue, retry: Retry::AtOnce, partial: false });
    publish(&mut model, only(queue), 6.0);
    Network::new(model, 8.0)
}

/// Where a failed message is put does not matter to how many there are.
#[test]
fn redelivery_is_feedback() {
    let case = Case::named("redelivery_feedback_L");
    assert_eq!((case.number("lambda"), case.number("mu"), case.number("c")), (6.0, 1.0, 10.0));
    for requeue in [RequeuePosition::Original, RequeuePosition::Front, RequeuePosition::Back] {
        assert_case(&case.name, &redelivering(case.number("p_fail"), requeue), total_depth);
    }
}

#[test]
fn more_failures_are_noticed() {
    let case = Case::named("redelivery_feedback_L");
    let network = redelivering(1.05 * case.number("p_fail"), RequeuePosition::Original);
    assert_noticed(network.answer(&[ask(&case, MEANS, total_depth)]));
}

/// A server without a waiting room; whoever finds it busy goes into orbit and tries again after an exponential time.
fn retrial(rate_per_s: f64, orbit_s: f64) -> Network {
    let mut model = empty();
    let server = stage(&mut model, 1, exponential(1.0), &[]);
    model.queues.push(Queue {
        ttl: Some(Ttl { after: exponential(orbit_s), at: TtlPlace::Anywhere }),
        dead_letter: Some(server),
        ..Queue::new("orbit")
    });
    model.queues[server].capacity = Some(0);
    model.queues[server].overflow = Overflow::DropHead;
    model.queues[server].dead_letter = Some(1);
    publish(&mut model, only(server), rate_per_s);
    Network::new(model, 4.0 * rate_per_s)
}

#[test]
fn dead_letters_that_come_back_are_retrials() {
    let case = Case::named("mm1_retrial_orbit");
    let network = retrial(case.number("lambda") / case.number("mu"), case.number("retry_rate").recip());
    assert_case(&case.name, &network, |sample| known(&sample.queues[1].depth.mean));
}

#[test]
fn a_longer_orbit_is_noticed() {
    let case = Case::named("mm1_retrial_orbit");
    let question = ask(&case, MEANS, |sample| known(&sample.queues[1].depth.mean));
    assert_noticed(retrial(0.7, 2.0 * 1.15).answer(&[question]));
}

/// Stages one after the other.
fn tandem(rate_per_s: f64, stages: &[(f64, u32)]) -> Network {
    let mut model = empty();
    for (id, (mu, servers)) in stages.iter().enumerate() {
        let next = [(only(id + 1), 1.0)];
        let emits: &[(Destination, f64)] = if id + 1 < stages.len() { &next } else { &[] };
        stage(&mut model, *servers, exponential(mu.recip()), emits);
    }
    publish(&mut model, only(0), rate_per_s);
    model.paths.push(Path { name: "all".to_owned(), queues: (0..stages.len()).collect() });
    Network::new(model, rate_per_s * stages.len() as f64)
}

#[test]
fn a_pipeline_is_a_tandem() {
    let case = Case::named("jackson_tandem3_L");
    let servers = case.list("c").into_iter().map(|servers| servers as u32);
    let stages: Vec<(f64, u32)> = case.list("mu").into_iter().zip(servers).collect();
    assert_case(&case.name, &tandem(case.number("lambda"), &stages), total_depth);
}

#[test]
fn the_end_to_end_latency_of_a_pipeline_is_that_of_a_tandem() {
    let case = Case::named("jackson_tandem2_mm1_sojq0.99");
    let stages: Vec<(f64, u32)> = case.list("mu").into_iter().map(|mu| (mu, 1)).collect();
    let share = case.number("q");
    let quantile = move |sample: &Sample| {
        let journeys_s = &sample.journeys_s[0];
        journeys_s[(share * journeys_s.len() as f64) as usize]
    };
    // Independent stages: the means add up.
    let mean_s: f64 = case.list("mu").into_iter().map(|mu| (mu - case.number("lambda")).recip()).sum();
    let mean = |sample: &Sample| sample.journeys_s[0].iter().sum::<f64>() / sample.journeys_s[0].len() as f64;
    let questions = [ask(&case, TAILS, quantile), Question::new("mean of it", mean_s, MEANS, mean)];
    assert_all(&tandem(case.number("lambda"), &stages).answer(&questions));
    let slower = [(0.95 * stages[0].0, 1), stages[1]];
    assert_noticed(tandem(case.number("lambda"), &slower).answer(&questions));
}

/// A topic by shares routes, and what the last node sends back is an emission of one in five.
#[test]
fn a_network_with_routing_and_feedback_is_a_jackson_network() {
    let case = Case::named("jackson_3node_L");
    let (mu, servers) = (case.param("mu"), case.param("c"));
    let node = |key: &str| (exponential(mu[key].as_f64().unwrap().recip()), servers[key].as_u64().unwrap() as u32);
    let routing = case.param("routing");
    let share = |from: &str, to: &str| routing[from][to].as_f64().unwrap();
    let mut model = empty();
    model
        .topics
        .push(Topic { name: "done".to_owned(), to: Routing::Shares(vec![(1, share("A", "B")), (2, share("A", "C"))]) });
    stage(&mut model, node("A").1, node("A").0, &[(Destination::Topic(0), 1.0)]);
    stage(&mut model, node("B").1, node("B").0, &[]);
    stage(&mut model, node("C").1, node("C").0, &[(only(0), share("C", "A"))]);
    publish(&mut model, only(0), case.param("external")["A"].as_f64().unwrap());
    assert_case(&case.name, &Network::new(model.clone(), 8.0), total_depth);
    for group in &mut model.groups {
        group.speeds = vec![0.95];
    }
    assert_noticed(Network::new(model, 8.0).answer(&[ask(&case, MEANS, total_depth)]));
}

/// A server that needs no time hands every message to two queues; the journey ends with the later of both acks.
fn fork_and_join(rate_per_s: f64, mu: f64) -> Network {
    let mut model = empty();
    model.topics.push(Topic { name: "both".to_owned(), to: Routing::Copies(vec![1, 2]) });
    stage(&mut model, 1, Distribution::Constant(0.0), &[(Destination::Topic(0), 1.0)]);
    stage(&mut model, 1, exponential(mu.recip()), &[]);
    stage(&mut model, 1, exponential(mu.recip()), &[]);
    publish(&mut model, only(0), rate_per_s);
    model.paths.push(Path { name: "both".to_owned(), queues: vec![0, 1, 2] });
    Network::new(model, 3.0 * rate_per_s)
}

#[test]
fn fan_out_that_is_awaited_is_fork_and_join() {
    let case = Case::named("forkjoin2_rho0.5");
    let mean = |sample: &Sample| sample.journeys_s[0].iter().sum::<f64>() / sample.journeys_s[0].len() as f64;
    assert_case(&case.name, &fork_and_join(case.number("lambda"), case.number("mu")), mean);
    assert_noticed(fork_and_join(0.5, 0.95).answer(&[ask(&case, MEANS, mean)]));
}

/// A server that needs no time begins again four times out of five: a geometric number of messages at one instant.
#[test]
fn emissions_to_oneself_are_geometric_batches() {
    let case = Case::named("mxm1_geo5_L");
    let again = 1.0 - case.number("batch_mean").recip();
    let mut model = empty();
    stage(&mut model, 1, Distribution::Constant(0.0), &[(only(1), 1.0), (only(0), again)]);
    stage(&mut model, 1, exponential(case.number("mu").recip()), &[]);
    publish(&mut model, only(0), case.number("batch_rate"));
    let network = Network::new(model, case.number("batch_rate") * (1.0 + case.number("batch_mean")));
    assert_case(&case.name, &network, |sample| known(&sample.queues[1].depth.mean));
}

/// As many messages as customers go round for ever.
#[test]
fn messages_that_go_round_are_a_closed_network() {
    let case = Case::named("mva_closed_X");
    let customers = case.number("N") as u32;
    let demands = case.list("demands");
    let mut model = empty();
    stage(&mut model, customers, exponential(case.number("Z")), &[(only(1), 1.0)]);
    stage(&mut model, 1, exponential(demands[0]), &[(only(2), 1.0)]);
    stage(&mut model, 1, exponential(demands[1]), &[(only(0), 1.0)]);
    model.queues[0].initial = u64::from(customers);
    let network = Network::new(model, 6.0);
    assert_case(&case.name, &network, |sample| known(&sample.queues[2].acked) / sample.measured_s);
}
