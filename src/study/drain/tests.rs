//! Drain times against what is known by hand, and where the equation misleads.

use super::*;
use crate::model::{
    AfterFailure, Arrivals, ConsumerGroup, Distribution, Failures, Process, Producer, Promise, Queue, Rate, Retry, Slo,
};

fn model(rate: Rate, replicas: u32, concurrency: u32, service: Distribution, horizon_s: f64) -> Model {
    let mut model = Model::new("m", horizon_s);
    model.queues = vec![Queue::new("orders")];
    let arrivals = Arrivals::Process { rate, process: Process::Poisson };
    model.producers = vec![Producer::new("shop", 0, arrivals)];
    let mut group = ConsumerGroup::new("workers", 0, replicas, service);
    (group.concurrency, group.prefetch) = (concurrency, concurrency);
    model.groups = vec![group];
    model
}

fn spike(base: f64, height: f64, from_s: f64, until_s: f64) -> Rate {
    Rate::Steps(vec![(0.0, base), (from_s, height), (until_s, base)])
}

fn ask(model: &Model, options: &DrainOptions) -> Drain {
    drain(model, options, &|_| {}).unwrap()
}

#[test]
fn a_large_spike_drains_when_the_equation_says() {
    // 250/s for a minute over 80/s at C = 120/s: 7800 messages wait at 160 s and are gone 195 s later.
    let service = Distribution::Exponential { mean_s: 1.0 };
    let model = model(spike(80.0, 250.0, 100.0, 160.0), 12, 10, service, 900.0);
    let found = &ask(&model, &DrainOptions { runs: Some(100), ..DrainOptions::default() }).queues[0];
    let disturbed = found.disturbed.unwrap();
    assert_eq!(disturbed.kind, DisturbanceKind::Overload);
    assert!((disturbed.until_s - 160.0).abs() < 1e-9 && (found.fluid_s.unwrap() - 195.0).abs() < 1e-6, "{found:?}");
    assert!((found.fluid_backlog.unwrap() - 7800.0).abs() < 1e-6);
    let at = |k: usize| found.quantiles[k].after_s.value.unwrap();
    assert!(found.clear_s[2] < 195.0 && at(1) > 195.0 && (at(0) / 195.0 - 1.0).abs() < 0.05, "{:?}", found.quantiles);
    let median = &found.quantiles[0].after_s;
    assert!(median.low.unwrap() < at(0) && at(0) < median.high.unwrap());
    assert_eq!(found.clears.unwrap().kept, 100);
}

#[test]
fn at_a_small_scale_the_equation_is_near_a_median_and_no_bound() {
    // Spike 20/s on [10, 15) over 8/s, ten slots of 1/s: the fluid is empty at 40 s.
    let model = model(spike(8.0, 20.0, 10.0, 15.0), 10, 1, Distribution::Exponential { mean_s: 1.0 }, 200.0);
    let found = &ask(&model, &DrainOptions::default()).queues[0];
    assert!((found.fluid_s.unwrap() - 25.0).abs() < 1e-9);
    let at = |k: usize| found.quantiles[k].after_s.value.unwrap();
    assert!(at(0) > 12.0 && at(0) < 30.0 && at(2) > 35.0, "{:?}", found.quantiles);
    let later = found.clear_s.iter().filter(|clear_s| **clear_s > 25.0).count();
    assert!(later > 80, "{later} of 400 runs are later than the fluid");
    let high = found.quantiles[3].after_s.high.unwrap();
    assert!(found.quantiles[3].after_s.value.unwrap() <= high, "400 runs have an interval of the 99th percentile");
}

#[test]
fn the_fewest_replicas_for_a_deadline_lie_above_the_equations() {
    // 5000 messages at the start and 50/s: n·10/s clears them in 5000/(10n − 50) s; 100 s take n = 10.
    let mut model = model(Rate::Constant(50.0), 6, 10, Distribution::Exponential { mean_s: 1.0 }, 2000.0);
    model.queues[0].initial = 5000;
    let found = ask(&model, &DrainOptions { by_s: Some(100.0), runs: Some(120), ..DrainOptions::default() });
    let queue = &found.queues[0];
    assert_eq!(queue.disturbed, Some(Disturbance { until_s: 0.0, kind: DisturbanceKind::Initial }));
    let deadline = queue.deadline.as_ref().unwrap();
    assert_eq!((deadline.met, deadline.in_time.unwrap().kept, deadline.fluid_replicas), (Some(false), 0, Some(10)));
    let needed = deadline.replicas.unwrap();
    assert!((10..=12).contains(&needed), "{deadline:?}");
    let share = |replicas| deadline.tried.iter().find(|tried| tried.replicas == replicas).unwrap().in_time;
    assert!(share(needed).low >= 0.95 && share(needed - 1).low < 0.95, "{deadline:?}");
}

#[test]
fn an_outage_ends_when_it_ends_and_a_promise_is_a_deadline() {
    let mut model = model(Rate::Constant(10.0), 2, 10, Distribution::Exponential { mean_s: 1.0 }, 1000.0);
    model.groups[0].outages = vec![(100.0, 200.0)];
    model.groups[0].startup = Some(Distribution::Constant(10.0));
    let promise = Promise::DrainedBy(900.0);
    model.slos = vec![Slo { name: "normal".to_owned(), queue: 0, path: None, promise, during: None }];
    let found = ask(&model, &DrainOptions { runs: Some(80), ..DrainOptions::default() });
    let queue = &found.queues[0];
    assert_eq!(queue.disturbed, Some(Disturbance { until_s: 200.0, kind: DisturbanceKind::Outage }));
    assert!((queue.fluid_s.unwrap() - 120.0).abs() < 1.0, "{:?}", queue.fluid_s);
    let deadline = queue.deadline.as_ref().unwrap();
    assert_eq!((deadline.promise.as_deref(), deadline.at_s, deadline.met), (Some("normal"), 900.0, Some(true)));
    assert_eq!(deadline.replicas, Some(2));
}

#[test]
fn a_queue_without_a_backlog_and_one_that_never_clears_say_so() {
    let quiet = model(Rate::Constant(1.0), 5, 1, Distribution::Constant(0.1), 100.0);
    let found = ask(&quiet, &DrainOptions::default());
    assert_eq!((found.queues[0].disturbed, found.queues[0].clears, found.replications), (None, None, 0));
    let mut stormy = model(spike(4.0, 40.0, 20.0, 40.0), 1, 1, Distribution::Constant(0.1), 400.0);
    stormy.groups[0].failures = Some(Failures {
        probability: 0.7,
        poison: 0.0,
        then: AfterFailure::Requeue,
        retry: Retry::AtOnce,
        partial: true,
    });
    let found = ask(&stormy, &DrainOptions { runs: Some(40), by_s: Some(100.0), ..DrainOptions::default() });
    let queue = &found.queues[0];
    assert_eq!(queue.clears.unwrap().kept, 0, "{queue:?}");
    assert!(queue.storm.as_ref().unwrap().contains("does not recover"), "{:?}", queue.storm);
    assert!(queue.quantiles[0].after_s.why_not.is_some() && queue.fluid_s.is_none());
}

#[test]
fn without_consumers_there_is_nothing_to_drain() {
    let mut model = model(Rate::Constant(1.0), 1, 1, Distribution::Constant(0.1), 10.0);
    model.groups.clear();
    let refused = drain(&model, &DrainOptions::default(), &|_| {}).unwrap_err();
    assert!(matches!(refused, DrainError::NobodyConsumes) && !refused.help().is_empty());
}

#[test]
fn a_start_backlog_under_sustained_overload_counts_from_the_start() {
    // 13/s and 500 messages at the start, n slots of 1/s: 500/(n − 13) s to clear, 200 s take n = 15.5.
    for replicas in [0, 10] {
        let mut model = model(Rate::Constant(13.0), replicas, 1, Distribution::Exponential { mean_s: 1.0 }, 1200.0);
        model.queues[0].initial = 500;
        let found = ask(&model, &DrainOptions { by_s: Some(200.0), runs: Some(80), ..DrainOptions::default() });
        let queue = &found.queues[0];
        assert_eq!(queue.disturbed, Some(Disturbance { until_s: 0.0, kind: DisturbanceKind::Initial }));
        let deadline = queue.deadline.as_ref().unwrap();
        assert_eq!((deadline.at_s, deadline.met, deadline.fluid_replicas), (200.0, Some(false), Some(16)));
        assert!((16..=19).contains(&deadline.replicas.unwrap()), "{deadline:?}");
    }
}

#[test]
fn beyond_the_horizon_no_share_is_named() {
    let model = model(Rate::Constant(13.0), 10, 1, Distribution::Exponential { mean_s: 1.0 }, 600.0);
    let found = ask(&model, &DrainOptions { by_s: Some(200.0), runs: Some(20), ..DrainOptions::default() });
    let deadline = found.queues[0].deadline.as_ref().unwrap();
    assert_eq!((deadline.in_time, deadline.met), (None, None));
    assert!(deadline.why_not.as_ref().unwrap().contains("longer `horizon`"), "{deadline:?}");
}
