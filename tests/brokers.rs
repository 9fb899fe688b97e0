//! What each broker is known for, in numbers that follow from its documentation alone: a test for each check of the
//! literature on broker semantics, through scenarios with the broker's preset.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use forebay::measure::{Estimate, EventsOutcome};
use forebay::scenario::{Limits, Source, load};
use forebay::study::repeat;

/// One replication of a scenario; nothing is lost from sight.
fn run(text: &str) -> EventsOutcome {
    let source = Source::from_text("broker.yaml", format!("replications: 1\n{text}"));
    let model = load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model;
    let outcome = repeat(&model, Some(1), &|_| {}).unwrap();
    assert_eq!(outcome.balance.difference, 0);
    outcome
}

fn value(estimate: &Estimate) -> f64 {
    estimate.value.unwrap()
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    println!("{what}: {found:.4}, expected {expected:.4}");
    assert!((found - expected).abs() <= tolerance * expected, "{what}: {found}, expected {expected}");
}

/// RabbitMQ's max-length counts ready messages: with it, what two consumers have prefetched.
#[test]
fn rabbitmq_holds_its_length_limit_and_what_is_prefetched() {
    for (capacity, prefetch, most) in [(10, 5, 20.0), (10, 6, 22.0), (0, 5, 10.0)] {
        let queue = run(&format!(
            "horizon: 60s\nproducers:\n  p: {{to: q, rate: 100/s}}\n\
             queues:\n  q: {{preset: rabbitmq-classic, capacity: {capacity}}}\n\
             consumers:\n  c: {{from: q, replicas: 2, prefetch: {prefetch}, service: {{exponential: {{mean: 100ms}}}}}}\n"
        ))
        .queues
        .remove(0);
        assert_eq!(value(&queue.depth.max), most);
        assert_eq!(value(&queue.ready.max), f64::from(capacity));
        assert!(value(&queue.dropped) > 3000.0, "drop-head is the default");
    }
}

/// SQS with work of 40 s and a visibility timeout of 30 s: every attempt is made in vain, three per message.
#[test]
fn sqs_works_several_times_on_what_outlasts_the_visibility_timeout() {
    let load = |service_s: f64| {
        let mut outcome = run(&format!(
            "horizon: 40000s\nproducers:\n  p: {{to: q, rate: {{constant: 0.005/s}}, arrivals: regular}}\n\
             queues:\n  q: {{preset: sqs-standard, delivery_limit: 3, dead_letter: dead}}\n  dead: {{}}\n\
             consumers:\n  c: {{from: q, replicas: 1, service: {service_s}s}}\n"
        ));
        (outcome.queues.remove(0), value(&outcome.groups[0].utilization))
    };
    let (queue, busy) = load(40.0);
    let (published, dead) = (value(&queue.published), value(&queue.dead_lettered));
    assert_eq!(published, 199.0);
    assert_eq!(value(&queue.acked), 0.0);
    assert!(dead >= published - 1.0, "{dead}");
    assert_near("deliveries per message", 1.0 + value(&queue.redelivered) / published, 3.0, 0.01);
    assert_near("effective load", busy, 3.0 * 0.005 * 40.0, 0.01);
    let (queue, busy) = load(29.0);
    assert_eq!((value(&queue.acked), value(&queue.redelivered)), (199.0, 0.0));
    assert_near("load", busy, 0.005 * 29.0, 0.01);
}

/// Kafka: as many rounds as the consumer with most partitions has partitions.
#[test]
fn kafka_gains_from_consumers_in_a_staircase() {
    let finish_s = |partitions: u32, replicas: u32| {
        let queue = run(&format!(
            "horizon: 200s\nproducers:\n  p: {{to: q, rate: 0/s}}\n\
             queues:\n  q: {{preset: kafka, initial: 60000, partitions: {partitions}}}\n\
             consumers:\n  c: {{from: q, replicas: {replicas}, service: 1ms}}\n"
        ))
        .queues
        .remove(0);
        assert_eq!(value(&queue.acked), 60000.0);
        value(&queue.latency_s.max)
    };
    let one_s = 60.0 / 12.0;
    for (n, rounds) in (1..=14).zip([12, 6, 4, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1]) {
        // Keys fall evenly on average: the fullest of 12 partitions of 5000 is some 2 % above it.
        assert_near(&format!("{n} consumers"), finish_s(12, n), f64::from(rounds) * one_s, 0.05);
    }
    assert_near("13 partitions, 12 consumers", finish_s(13, 12), 2.0 * 60.0 / 13.0, 0.05);
}

/// JetStream's `MaxAckPending` holds for all consumers together.
#[test]
fn jetstream_caps_parallelism_by_what_may_be_pending() {
    for (limit, replicas) in [(10, 5), (10, 10), (10, 11), (10, 200), (11, 200)] {
        let queue = run(&format!(
            "horizon: 100s\nproducers:\n  p: {{to: q, rate: 300/s}}\n\
             queues:\n  q: {{preset: jetstream}}\n\
             consumers:\n  c: {{from: q, replicas: {replicas}, in_flight_limit: {limit}, service: 1s}}\n"
        ))
        .queues
        .remove(0);
        let most = f64::from(replicas.min(limit));
        assert_near(&format!("{replicas} replicas"), value(&queue.acked) / 100.0, most, 0.02);
        assert_eq!(value(&queue.depth.max) - value(&queue.ready.max), most);
    }
}

/// SQS FIFO: one message of each group is worked on at a time.
#[test]
fn sqs_fifo_keeps_as_many_workers_busy_as_there_are_groups() {
    for groups in [1, 3, 4, 10, 40] {
        let outcome = run(&format!(
            "horizon: 100s\nproducers:\n  p: {{to: q, rate: 300/s}}\n\
             queues:\n  q: {{preset: sqs-fifo, groups: {groups}}}\n\
             consumers:\n  c: {{from: q, replicas: 10, service: 100ms}}\n"
        ));
        let busy = 10.0 * value(&outcome.groups[0].utilization);
        let most = f64::from(groups.min(10));
        assert!(busy <= most * (1.0 + 1e-9), "{busy} workers of {groups} groups");
        assert_near(&format!("{groups} groups"), busy, most, 0.02);
    }
}

/// ZeroMQ PUB drops for the slow subscriber alone.
#[test]
fn zeromq_pub_loses_only_what_a_slow_subscriber_cannot_hold() {
    let outcome = run("horizon: 60s\nproducers:\n  p: {to: all, rate: 200/s}\n\
                       topics:\n  all: {to: [fast, slow]}\n\
                       queues:\n  fast: {preset: zeromq-pub}\n  slow: {preset: zeromq-pub}\n\
                       consumers:\n  f: {from: fast, replicas: 1, service: 1ms}\n  s: {from: slow, replicas: 1, service: 50ms}\n");
    let [fast, slow] = &outcome.queues[..] else { panic!("two queues") };
    assert_eq!(value(&fast.published), value(&slow.published));
    assert_eq!(value(&fast.rejected) + value(&fast.dropped), 0.0);
    // 20 a second are worked on, and the buffer of two high-water marks is filled once.
    let lost = value(&slow.published) - 60.0 * 20.0 - 2000.0;
    assert_near("lost by the slow one", value(&slow.rejected), lost, 0.02);
}

/// ZeroMQ PUSH loses nothing: the sender waits, and publishes as fast as the receiver works.
#[test]
fn zeromq_push_makes_the_sender_wait() {
    let queue = run("horizon: 200s\nproducers:\n  p: {to: q, rate: 200/s}\n\
                     queues:\n  q: {preset: zeromq-push}\n\
                     consumers:\n  c: {from: q, replicas: 1, service: 50ms}\n")
    .queues
    .remove(0);
    assert_eq!(value(&queue.rejected) + value(&queue.dropped), 0.0);
    assert_near("published", value(&queue.published), 200.0 * 20.0 + 2000.0, 0.01);
}

/// A single active consumer works alone, however many stand by.
#[test]
fn a_single_active_consumer_works_alone() {
    let acked = |single_active: bool, replicas: u32| {
        let queue = run(&format!(
            "horizon: 100s\nproducers:\n  p: {{to: q, rate: 500/s}}\n\
             queues:\n  q: {{preset: rabbitmq-quorum, single_active: {single_active}}}\n\
             consumers:\n  c: {{from: q, replicas: {replicas}, prefetch: 1, service: 20ms}}\n"
        ))
        .queues
        .remove(0);
        value(&queue.acked)
    };
    let alone = acked(true, 1);
    assert_near("alone", alone, 5000.0, 0.01);
    for replicas in [2, 3, 8] {
        assert_eq!(acked(true, replicas), alone);
        assert!(acked(false, replicas) > 1.9 * alone, "others than the active one work too");
    }
}
