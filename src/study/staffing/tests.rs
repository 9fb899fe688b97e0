//! Staffing of small worlds: what the rules give, what they keep, and what is refused.

use super::*;
use crate::engine::formula::servers_for_wait;
use crate::model::{
    Arrivals, ConsumerGroup, Cost, Distribution, Process, Producer, Promise, Quantile, Queue, Rate, Replications, Slo,
};

fn world(rate: Rate, service: Distribution, promise: Promise) -> Model {
    let slo = Slo { name: "fast".to_owned(), queue: 0, path: None, promise, during: None };
    Model {
        producers: vec![Producer::new("p", 0, Arrivals::Process { rate, process: Process::Poisson })],
        queues: vec![Queue::new("q")],
        groups: vec![ConsumerGroup::new("g", 0, 1, service)],
        slos: vec![slo],
        replications: Replications::Fixed(8),
        ..Model::new("m", 7200.0)
    }
}

fn p95_wait(within_s: f64) -> Promise {
    Promise::Wait(Quantile::P(0.95), within_s)
}

fn staffed(model: &Model, options: &StaffingOptions) -> Result<Staffing, StaffingError> {
    staffing(model, 0, options, &|_| {})
}

#[test]
fn a_constant_rate_needs_what_erlang_c_says() {
    let model = world(Rate::Constant(5.0), Distribution::Exponential { mean_s: 2.0 }, p95_wait(1.0));
    let found = staffed(&model, &StaffingOptions::default()).unwrap();
    let servers = servers_for_wait(5.0, 0.5, 1.0, 0.95).unwrap() as u32;
    for outcome in &found.outcomes {
        // By the offered load nothing is busy at the very begin, but all the rest of the first interval counts.
        assert_eq!(outcome.schedule, Replicas::Steps(vec![(0.0, servers)]), "{:?}", outcome.rule);
        assert_eq!(outcome.slos[0].met, Some(true));
        assert!((outcome.replica_hours - 2.0 * f64::from(servers)).abs() < 1e-9);
        assert_eq!(outcome.transient.model.as_deref(), Some("M/M/c"));
    }
    assert_eq!(found.target_from, "fast: at most 5 % wait longer than 1s");
    assert_eq!((found.autoscaler.min_replicas, found.autoscaler.max_replicas), (servers, servers));
    assert!((found.autoscaler.backlog_per_replica - 1.0).abs() < 1e-12);
}

#[test]
fn the_offered_load_levels_what_pointwise_staffing_lets_swing() {
    let rate = Rate::Sine { mean: 0.6, amplitude: 0.2, period_s: 3600.0, phase_s: 0.0 };
    let mut model = world(rate, Distribution::Exponential { mean_s: 400.0 }, p95_wait(1.0));
    model.groups[0].cost = Some(Cost { per_hour: 2.0, currency: "USD".to_owned() });
    model.replications = Replications::Fixed(1);
    model.horizon_s = 14_400.0;
    model.warmup_s = 7200.0;
    model.resolution_s = 60.0;
    let target = Some(StaffingTarget::DelayProbability(0.1));
    let found = staffed(&model, &StaffingOptions { target, interval_s: Some(60.0), threads: Some(1) }).unwrap();
    let [level, swinging] = [0, 1].map(|rule: usize| found.outcomes[rule].delay_probability.unwrap());
    assert!(level.max <= 0.1 && level.min > 0.03, "{level:?}");
    assert!(swinging.max > 2.0 * level.max && swinging.min < 0.5 * level.min, "{swinging:?}");
    assert!(found.notes.iter().any(|note| note.contains("shutdown: requeue")));
    let hours = found.outcomes[0].replica_hours;
    assert!((found.outcomes[0].cost.unwrap() - 2.0 * hours).abs() < 1e-9);
    assert!((hours - found.outcomes[1].replica_hours).abs() < 0.1 * hours, "the same cost");
}

#[test]
fn settings_for_autoscalers_follow_the_schedule() {
    let rate = Rate::Steps(vec![(0.0, 1.0), (3600.0, 9.0)]);
    let mut model = world(rate, Distribution::Constant(1.0), p95_wait(5.0));
    model.start = Some("2026-11-27T08:00:00Z".parse().unwrap());
    model.groups[0].concurrency = 2;
    model.groups[0].prefetch = 2;
    let found = staffed(&model, &StaffingOptions::default()).unwrap();
    let Replicas::Steps(steps) = &found.outcomes[1].schedule else { panic!("no steps") };
    assert_eq!(steps.len(), 2);
    let settings = &found.autoscaler;
    assert!(
        settings.strategy_yaml.starts_with("offered_load: {schedule: {steps: [[0s, "),
        "{}",
        settings.strategy_yaml
    );
    let cron = settings.keda_cron.as_deref().unwrap();
    assert!(cron.contains("start: \"0 9 * * *\"") && cron.contains("end: \"0 10 * * *\""), "{cron}");
    assert!((settings.backlog_per_replica - 10.0).abs() < 1e-12, "five seconds of two slots");
}

#[test]
fn a_latency_must_leave_time_for_the_service() {
    let promise = |within_s| Promise::Latency(Quantile::P(0.99), within_s);
    let service = Distribution::Exponential { mean_s: 1.0 };
    let short = world(Rate::Constant(1.0), service.clone(), promise(2.0));
    let refused = staffed(&short, &StaffingOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("of the services alone take longer"), "{refused}");
    let long = world(Rate::Constant(1.0), service, promise(6.0));
    let found = staffed(&long, &StaffingOptions::default()).unwrap();
    assert_eq!(found.outcomes[0].slos[0].met, Some(true), "{:?}", found.outcomes[0].slos);
}

#[test]
fn what_an_offered_load_cannot_describe_is_refused_with_all_reasons() {
    let mut model = world(Rate::Constant(1.0), Distribution::Constant(0.1), p95_wait(1.0));
    model.queues[0].single_active = true;
    model.groups[0].speeds = vec![1.0, 0.5];
    let refused = staffed(&model, &StaffingOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("only one replica is active; the speed changes"), "{refused}");
    let mut aimless = world(Rate::Constant(1.0), Distribution::Constant(0.1), Promise::LossShare(0.1));
    assert!(matches!(staffed(&aimless, &StaffingOptions::default()), Err(StaffingError::NoTarget { .. })));
    aimless.slos[0].promise = p95_wait(1.0);
    let target = Some(StaffingTarget::DelayProbability(1.5));
    assert!(staffed(&aimless, &StaffingOptions { target, ..StaffingOptions::default() }).is_err());
}
