//! RabbitMQ's habits against a second simulation of them, message by message: slow consumers with a large prefetch,
//! outages that return what was prefetched, poison messages.
//!
//! The second one (`kit::reference`) is short and slow. Where nothing is left to chance, every first start and every ack
//! must be the same; poison strikes by chance, and there the means must agree.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use std::fmt::Write as _;

use forebay::measure::summary::QueueSummary;
use forebay::model::Model;
use forebay::scenario::{Limits, Source, load};
use forebay::study::repeat;
use kit::dice::Dice;
use kit::reference::{Broker, Job, Told};

const HORIZON_S: f64 = 120.0;

/// Poisson arrivals of exponential work.
fn jobs(dice: &mut Dice, rate_per_s: f64, mean_s: f64, poison: f64) -> Vec<Job> {
    let mut exponential = |mean_s: f64| -mean_s * (1.0 - dice.unit()).ln();
    let mut jobs = Vec::new();
    let mut published_s = exponential(rate_per_s.recip());
    while published_s < 0.8 * HORIZON_S {
        jobs.push(Job { published_s, work_s: exponential(mean_s), poison: exponential(1.0) < -(1.0 - poison).ln() });
        published_s += exponential(rate_per_s.recip());
    }
    jobs
}

/// Two consumers at 1 and 0.33 of the recorded speed, at some 80 % of what they can do.
fn broker(seed: u64, prefetch: usize, outages: &[(f64, f64)]) -> Broker {
    Broker {
        jobs: jobs(&mut Dice::new(seed), 50.0, 0.02, 0.0),
        delay_s: 0.0009,
        overhead_s: 0.0002,
        speeds: vec![1.0, 0.33],
        prefetch,
        again_s: 0.02,
        outages: outages.to_vec(),
        limit: usize::MAX,
    }
}

/// The same as a scenario.
fn scenario(broker: &Broker, failures: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::from("at,work\n");
    for job in &broker.jobs {
        writeln!(rows, "{},{}", job.published_s, job.work_s).unwrap();
    }
    std::fs::write(folder.path().join("jobs.csv"), rows).unwrap();
    let outages: Vec<String> =
        broker.outages.iter().map(|(from_s, until_s)| format!("[{from_s}s, {until_s}s]")).collect();
    let outages = if outages.is_empty() { String::new() } else { format!(", outages: [{}]", outages.join(", ")) };
    let limit = if broker.limit == usize::MAX { String::new() } else { format!(", delivery_limit: {}", broker.limit) };
    let speeds: Vec<String> = broker.speeds.iter().map(f64::to_string).collect();
    let text = format!(
        "horizon: {HORIZON_S}s\nreplications: 1\n\
         producers:\n  lab: {{to: q, arrivals: {{recorded: {{file: jobs.csv, time: at, service: work}}}}}}\n\
         queues:\n  q: {{delivery_delay: {}s, dead_letter: dead{limit}}}\n  dead: {{}}\n\
         consumers:\n  c: {{from: q, replicas: {}, speeds: [{}], prefetch: {}, service: {}s, overhead: {}s{outages}{failures}}}\n",
        broker.delay_s,
        broker.speeds.len(),
        speeds.join(", "),
        broker.prefetch,
        broker.again_s,
        broker.overhead_s,
    );
    let source = Source { folder: folder.path().to_owned(), ..Source::from_text("broker.yaml", text) };
    load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model
}

/// Of each message the instant of its first start, or of its ack, in the order of publish.
fn instants(model: &Model, what: &str) -> Vec<f64> {
    kit::log::log(model).0.messages(0, what).into_iter().map(|(_, _, at_s)| at_s).collect()
}

/// The largest difference of two lists of instants; infinite if they are not of the same length.
fn difference_s(simulated: &[f64], expected: &[Option<f64>]) -> f64 {
    let expected: Vec<f64> = expected.iter().flatten().copied().collect();
    if simulated.len() != expected.len() {
        return f64::INFINITY;
    }
    simulated.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn summary(model: &Model) -> QueueSummary {
    let outcome = repeat(model, Some(1), &|_| {}).unwrap();
    assert_eq!(outcome.balance.difference, 0);
    outcome.queues.into_iter().next().unwrap()
}

/// Every start, every ack and every redelivery is the same.
fn assert_same(broker: &Broker, told: &Told) {
    let model = scenario(broker, "");
    let starts_s = difference_s(&instants(&model, "started"), &told.first_starts_s);
    let acks_s = difference_s(&instants(&model, "acked"), &told.acked_s);
    assert!(starts_s < 1e-9 && acks_s < 1e-9, "starts differ by {starts_s} s, acks by {acks_s} s");
    let queue = summary(&model);
    assert_eq!(queue.redelivered.value, Some(told.redelivered() as f64));
    assert_eq!(queue.ready.max.value, Some(told.most_ready as f64));
}

#[test]
fn a_slow_consumer_with_a_large_prefetch_keeps_what_it_was_pushed() {
    let mut means_s = Vec::new();
    for prefetch in [1, 5, 50] {
        for seed in 0..4 {
            let broker = broker(seed, prefetch, &[]);
            let told = broker.run();
            assert!(told.acked_s.len() > 4000);
            assert_same(&broker, &told);
            if seed == 0 {
                means_s.push(summary(&scenario(&broker, "")).wait_s.mean.value.unwrap());
            }
        }
    }
    // Work that is bound to the slow one waits for it.
    assert!(means_s[2] > 1.5 * means_s[0], "{means_s:?}");
}

#[test]
fn an_outage_returns_all_that_was_prefetched_in_order() {
    for seed in 0..4 {
        for prefetch in [1, 10, 100] {
            let broker = broker(seed, prefetch, &[(20.0, 26.0), (50.5, 51.0), (70.0, 90.0)]);
            let told = broker.run();
            assert!(told.redelivered() > 0);
            assert_same(&broker, &told);
        }
    }
}

/// Poison is chance: means over many recordings agree within 4 standard errors.
#[test]
fn poison_messages_are_delivered_as_often_as_they_may_be() {
    let poison = 0.03;
    let mut differences: [Vec<f64>; 4] = Default::default();
    for seed in 100..140 {
        let plain = broker(seed, 5, &[]);
        let jobs = jobs(&mut Dice::new(seed), 45.0, 0.02, poison);
        let broker = Broker { jobs, limit: 5, ..plain };
        let told = broker.run();
        let mut model = scenario(&broker, ", failures: {poison: 3%, then: requeue}");
        model.seed = seed;
        let queue = summary(&model);
        let waits_s = told.first_starts_s.iter().flatten().zip(&broker.jobs).map(|(at_s, job)| at_s - job.published_s);
        let mean_s = waits_s.sum::<f64>() / broker.jobs.len() as f64;
        let pairs = [
            (queue.wait_s.mean.value.unwrap(), mean_s),
            (queue.dead_lettered.value.unwrap(), told.dead.len() as f64),
            (queue.redelivered.value.unwrap(), told.redelivered() as f64),
            (queue.ready.max.value.unwrap(), told.most_ready as f64),
        ];
        assert_eq!(pairs[2].0, 4.0 * pairs[1].0, "each poison message is delivered five times");
        differences.iter_mut().zip(pairs).for_each(|(all, (simulated, expected))| all.push(simulated - expected));
    }
    for (what, differences) in ["mean wait", "dead-lettered", "redelivered", "max ready"].iter().zip(&differences) {
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let off = mean / (variance / count).sqrt();
        println!("{what}: differs by {mean:.5}, {off:+.2} standard errors");
        assert!(off.abs() < 4.0, "{what}: {off} standard errors");
    }
}

/// The comparison can fail: a consumer slower by 5 %, one message more of prefetch, an outage that ends later.
#[test]
fn other_brokers_are_told_apart() {
    let broker = broker(1, 10, &[(20.0, 26.0)]);
    let told = broker.run();
    let others = [
        Broker { speeds: vec![0.95, 0.33], ..broker.clone() },
        Broker { prefetch: 11, ..broker.clone() },
        Broker { outages: vec![(20.0, 26.3)], ..broker.clone() },
        Broker { overhead_s: 0.00021, ..broker.clone() },
    ];
    for other in others {
        let starts_s = instants(&scenario(&other, ""), "started");
        assert!(difference_s(&starts_s, &told.first_starts_s) > 1e-6, "{:?}", other.speeds);
    }
}
