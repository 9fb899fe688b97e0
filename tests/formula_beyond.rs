//! Formulas answer what they cover and name everything else that is set.

#![allow(clippy::unwrap_used)]

#[path = "support/one_queue.rs"]
mod one_queue;

use forebay::engine::formula::{self, FormulaQueue};
use forebay::model::scaling::Strategy;
use forebay::model::{
    Ack, AfterFailure, Batch, Confirms, Contention, Crashes, Destination, Distribution, Emission, Failures, Model,
    Order, Overflow, Partitions, Process, Queue, Rate, Replicas, Retry, Routing, Scaling, Topic, Ttl, TtlPlace,
};
use one_queue::model;

fn plain() -> Model {
    let mut model = model(Rate::Constant(8.0), Replicas::Fixed(10), 60.0);
    model.groups[0].service = Distribution::Exponential { mean_s: 1.0 };
    model
}

fn answer(model: &Model) -> FormulaQueue {
    formula::solve(model).remove(0)
}

#[test]
fn every_setting_that_is_not_covered_is_named() {
    type Change = fn(&mut Model);
    let changes: [(Change, &str); 18] = [
        (
            |model| {
                model.producers[0].confirms = Some(Confirms { latency: Distribution::Constant(0.1), window: 10 });
            },
            "confirms",
        ),
        (|model| (model.queues[0].capacity, model.queues[0].overflow) = (Some(5), Overflow::Block), "blocks"),
        (|model| model.queues[0].retention.age_s = Some(5.0), "forgets"),
        (|model| model.queues[0].ttl = Some(ttl(Distribution::Constant(1.0))), "expire"),
        (|model| model.queues[0].broker_outages = vec![(1.0, 2.0)], "outages"),
        (|model| model.queues[0].order = Order::Priorities(vec![0.5, 0.5]), "priorities"),
        (|model| model.queues[0].order = Order::Partitions(Partitions { count: 4, skew: 0.0 }), "partitions"),
        (|model| model.queues[0].order = Order::Groups(Partitions { count: 4, skew: 0.0 }), "message groups"),
        (|model| model.groups[0].scaling = Some(Scaling::new(Strategy::Static(10))), "scaled"),
        (|model| model.groups[0].ack = Ack::Before, "acks before"),
        (|model| model.groups[0].ack_timeout_s = Some(5.0), "time out"),
        (
            |model| {
                model.groups[0].failures = Some(Failures {
                    probability: 0.1,
                    poison: 0.0,
                    then: AfterFailure::Requeue,
                    retry: Retry::Delay(Distribution::Constant(1.0)),
                    partial: false,
                });
            },
            "fail",
        ),
        (|model| model.groups[0].crashes = Some(Crashes { every_s: 100.0, restart_s: 1.0 }), "crash"),
        (|model| model.groups[0].batch = Some(Batch { size: 5, linger_s: 0.0 }), "batches"),
        (|model| model.groups[0].contention = Some(Contention { sigma: 0.1, kappa: 0.0 }), "slow one another"),
        (|model| model.groups[0].uses = vec![(0, 1)], "resources"),
        (
            |model| model.groups[0].emits = vec![Emission { to: Destination::Queue(0), per_message: 1.1 }],
            "consumers of q publish several",
        ),
        (
            |model| {
                model.queues.push(Queue { dead_letter: Some(0), ..Queue::new("other") });
            },
            "dead letters of other",
        ),
    ];
    for (change, word) in changes {
        let mut model = plain();
        change(&mut model);
        let found = answer(&model);
        assert!(found.wait_mean_s.is_none() && found.why_not.as_ref().unwrap().contains(word), "{word}: {found:?}");
    }
}

fn ttl(after: Distribution) -> Ttl {
    Ttl { after, at: TtlPlace::Anywhere }
}

#[test]
fn exponential_times_to_live_are_erlang_a() {
    let mut model = plain();
    model.producers[0].arrivals =
        forebay::model::Arrivals::Process { rate: Rate::Constant(10.0), process: Process::Poisson };
    model.queues[0].ttl = Some(ttl(Distribution::Exponential { mean_s: 1.0 }));
    let found = answer(&model);
    assert_eq!(found.model.as_deref(), Some("M/M/c+M"));
    assert!((found.loss.unwrap() - 0.125_110_035_721_133_3).abs() < 1e-12);
    assert!((found.ready_mean.unwrap() - 1.251_100_357_211_333).abs() < 1e-11);
    assert!(found.wait_mean_s.unwrap() < 0.1252);
    model.queues[0].ttl = Some(Ttl { at: TtlPlace::Head, ..ttl(Distribution::Exponential { mean_s: 1.0 }) });
    assert!(answer(&model).why_not.unwrap().contains("expire"));
}

#[test]
fn limits_on_slots_are_fewer_slots() {
    let whole = |replicas| {
        let mut model = plain();
        model.groups[0].replicas = Replicas::Fixed(replicas);
        answer(&model)
    };
    let mut limited = plain();
    limited.groups[0].in_flight_limit = Some(9);
    assert_eq!(answer(&limited), whole(9));
    let mut single = plain();
    single.queues[0].single_active = true;
    single.groups[0].concurrency = 9;
    single.groups[0].prefetch = 9;
    assert_eq!(answer(&single), whole(9));
}

#[test]
fn a_share_of_a_poisson_stream_is_one() {
    let mut model = plain();
    model.topics.push(Topic { name: "bus".into(), to: Routing::Shares(vec![(0, 0.5)]) });
    model.producers[0].to = Destination::Topic(0);
    let found = answer(&model);
    assert!((found.utilization.unwrap() - 0.4).abs() < 1e-15);
    let forebay::model::Arrivals::Process { process, .. } = &mut model.producers[0].arrivals else { unreachable!() };
    *process = Process::Regular;
    // What chance leaves of regular arrivals is a renewal process: with these two moments, but no law of its own.
    let thinned = answer(&model);
    assert_eq!(thinned.model.as_deref(), Some("G/G/c approx."));
    assert!(thinned.approximation.is_some() && thinned.wait_p99_s.is_none());
}
