//! Scalers in the fluid engine: what they see, what they do with it, and what it costs.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

#[path = "support/fluid_model.rs"]
mod fluid_model;

use std::time::Instant;

use fluid_model::{answer, model, path};
use forebay::engine::fluid::{FluidGroup, FluidQueue};
use forebay::model::scaling::{
    AgeScaling, Bounds, Hpa, HpaMetric, HpaRules, MetricTarget, Oracle, Phase, Pid, RabbitMq, RateScaling, ScaledJob,
    ScaledObject, Schedule, Signal, Staffing, Strategy, TargetTracking, Trigger, TriggerSource, Workforce,
};
use forebay::model::{Distribution, Model, Rate, Replicas, Scaling};

const BOUNDS: Bounds = Bounds { min: 1, max: 50 };

fn rate_scaling(period_s: f64) -> Strategy {
    Strategy::Rate(RateScaling {
        bounds: BOUNDS,
        period_s,
        per_replica_per_s: 1.0,
        utilization: 1.0,
        drain_s: 60.0,
        down_window_s: 0.0,
    })
}

fn hpa(target: f64) -> Strategy {
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(target) };
    Strategy::Hpa(Hpa { rules: HpaRules::new(1, 50), metrics: vec![metric] })
}

/// Replicas that take one message per second each; the strategy decides first at t = 0.
fn scaled(rate: Rate, initial: u32, strategy: Strategy, horizon_s: f64) -> Model {
    let mut model = model(rate, Replicas::Fixed(initial), horizon_s);
    model.groups[0].scaling = Some(Scaling { phase: Phase::At(0.0), ..Scaling::new(strategy) });
    model
}

fn group(answer: &FluidQueue) -> &FluidGroup {
    assert!(answer.backlog.len() > 1, "{:?}", answer.why_not);
    &answer.groups[0]
}

#[test]
fn a_static_strategy_is_no_scaling() {
    let rate = Rate::Steps(vec![(0.0, 5.0), (20.0, 20.0), (50.0, 5.0)]);
    let plain = answer(&model(rate.clone(), Replicas::Fixed(10), 300.0));
    let scaled = answer(&scaled(rate, 10, Strategy::Static(10), 300.0));
    assert_eq!(plain.backlog, scaled.backlog);
    assert_eq!((plain.max_delay_s, plain.drained_at_s), (scaled.max_delay_s, scaled.drained_at_s));
    assert_eq!(group(&scaled).wanted, [(0.0, 10)]);
    assert!((group(&scaled).replica_hours - 10.0 * 300.0 / 3600.0).abs() < 1e-12);
}

#[test]
fn a_schedule_is_the_same_as_steps_of_replicas() {
    let rate = Rate::Sine { mean: 20.0, amplitude: 15.0, period_s: 120.0, phase_s: 0.0 };
    let steps = vec![(0.0, 12), (40.0, 30), (100.0, 9), (160.0, 33)];
    let mut plain = model(rate.clone(), Replicas::Steps(steps.clone()), 300.0);
    let mut scaled = scaled(rate, 12, Strategy::Schedule(Schedule::Steps(steps.clone())), 300.0);
    for model in [&mut plain, &mut scaled] {
        model.groups[0].startup = Some(Distribution::Constant(7.0));
        model.groups[0].outages = vec![(110.0, 120.0)];
    }
    let (plain, scaled) = (answer(&plain), answer(&scaled));
    for (a, b) in plain.backlog.iter().zip(&scaled.backlog) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
    assert!((plain.max_delay_s.unwrap() - scaled.max_delay_s.unwrap()).abs() < 1e-9);
    assert_eq!(group(&scaled).wanted, steps);
    let ready = [(0.0, 12), (47.0, 30), (100.0, 9), (110.0, 0), (127.0, 9), (167.0, 33)];
    assert_eq!(group(&scaled).ready, ready);
    assert_eq!(group(&scaled).scale_events, 3);
}

/// P = 5, from 3 s on 10, five replicas: at 12 s M = 45, and 105 messages came in 12 s. The advice is ⌈8.75 + 0.75⌉.
#[test]
fn a_strategy_sees_the_backlog_and_the_rate_at_its_instants() {
    let rate = Rate::Steps(vec![(0.0, 5.0), (3.0, 10.0)]);
    let found = answer(&scaled(rate, 5, rate_scaling(12.0), 120.0));
    assert_eq!(group(&found).wanted[..2], [(0.0, 5), (12.0, 10)], "{:?}", group(&found).wanted);
    assert!((found.backlog[36] - 45.0).abs() < 1e-9 && found.max_backlog == Some(45.0));
}

/// P = 41, one replica: the decision at 40 s sees M = 40·t of the t that it is shown.
#[test]
fn metrics_are_as_old_as_they_are_set_to_be() {
    let at_40 = |age_s: f64, sampling_s: f64| {
        let mut model = scaled(Rate::Constant(41.0), 1, rate_scaling(50.0), 80.0);
        let scaling = model.groups[0].scaling.as_mut().unwrap();
        (scaling.metric_age_s, scaling.sampling_s, scaling.phase) = (age_s, sampling_s, Phase::At(40.0));
        let wanted = group(&answer(&model)).wanted.clone();
        assert_eq!((wanted[0], wanted[1].0), ((0.0, 1), 40.0));
        wanted[1].1
    };
    let advice = |seen_s: f64| (41.0 + 40.0 * seen_s / 60.0).ceil() as u32;
    assert_eq!(at_40(0.0, 0.0), 50);
    assert_eq!(at_40(30.0, 0.0), advice(10.0));
    assert_eq!(at_40(32.0, 5.0), advice(5.0));
}

#[test]
fn the_age_of_the_oldest_is_the_delay_of_the_head() {
    let strategy = Strategy::Age(AgeScaling {
        bounds: BOUNDS,
        period_s: 10.0,
        target_s: 4.9,
        tolerance: 0.0,
        growth: 100.0,
        low: 0.0,
        down_after_s: 1e9,
    });
    // P = 20, C = 10: the head at t came at t/2, so that the oldest at 10 s is 5 s old.
    let found = answer(&scaled(Rate::Constant(20.0), 10, strategy, 30.0));
    let first = group(&found).wanted.iter().find(|(_, number)| *number != 10).unwrap();
    assert_eq!(first.0, 10.0);
    assert_eq!(first.1, 11, "10 · 5/4.9 rounded up");
}

#[test]
fn replicas_cost_from_the_order_to_the_last_message() {
    let steps = vec![(0.0, 2), (100.0, 4), (200.0, 1)];
    let mut model = scaled(Rate::Constant(10.0), 2, Strategy::Schedule(Schedule::Steps(steps)), 3600.0);
    model.groups[0].startup = Some(Distribution::Exponential { mean_s: 50.0 });
    model.groups[0].service = Distribution::Exponential { mean_s: 8.0 };
    let found = answer(&model);
    // All slots are busy: those that leave stay for one more mean service.
    let expected = (100.0 * 2.0 + 100.0 * 4.0 + 3400.0 + 3.0 * 8.0) / 3600.0;
    assert!((group(&found).replica_hours - expected).abs() < 1e-12);
    assert_eq!(group(&found).replicas_max, 4);
    assert!(group(&found).assumes[0].contains("mean of 50 s"));
}

#[test]
fn jobs_have_no_fluid_limit() {
    let trigger = Trigger::new("queue", TriggerSource::RabbitMq(RabbitMq::default()));
    let found = answer(&scaled(Rate::Constant(10.0), 1, Strategy::KedaJob(ScaledJob::new(vec![trigger])), 60.0));
    assert!(found.max_backlog.is_none() && found.why_not.unwrap().contains("Jobs"));
}

fn day(strategy: Strategy) -> Model {
    let waves = Rate::Sine { mean: 20.0, amplitude: 15.0, period_s: 86_400.0, phase_s: 0.0 };
    let peak = Rate::Pulse { height: 20.0, from_s: 40_000.0, until_s: 43_000.0 };
    let mut model = scaled(Rate::Sum(vec![waves, peak]), 10, strategy, 86_400.0);
    model.groups[0].startup = Some(Distribution::Constant(45.0));
    model
}

fn six() -> Vec<Strategy> {
    let trigger = Trigger::new("queue", TriggerSource::RabbitMq(RabbitMq::default()));
    let oracle = Oracle {
        bounds: BOUNDS,
        period_s: 15.0,
        lead_s: 45.0,
        staffing: Staffing::Utilization(0.9),
        workforce: Workforce { slots: 1, per_slot_per_s: 1.0 },
        drain_s: Some(60.0),
    };
    let pid = Pid {
        bounds: BOUNDS,
        period_s: 15.0,
        signal: Signal::Ready,
        set_point: 20.0,
        proportional: 0.1,
        integral: 0.001,
        derivative: 0.0,
    };
    vec![
        hpa(30.0),
        Strategy::Keda(ScaledObject::new(vec![trigger])),
        rate_scaling(15.0),
        Strategy::TargetTracking(TargetTracking::backlog_per_instance(BOUNDS, 30.0)),
        Strategy::Pid(pid),
        Strategy::Oracle(oracle),
    ]
}

#[test]
fn a_day_under_every_strategy_conserves_messages() {
    for strategy in six() {
        let name = strategy.name();
        let model = day(strategy);
        let begin = Instant::now();
        let found = answer(&model);
        let took = begin.elapsed();
        let path = path(&model);
        let totals = path.totals_at(86_400.0);
        let gap = totals.arrived - totals.served - totals.lost - path.backlog_at(86_400.0);
        assert!(gap.abs() < 1e-9 * totals.arrived, "{name}: {gap}");
        println!(
            "{name}: {:?} {} pieces {} events {} hours, max {:?} delay {:?}",
            took,
            path.pieces().len(),
            group(&found).scale_events,
            group(&found).replica_hours,
            found.max_backlog,
            found.max_delay_s
        );
        assert!(group(&found).replicas_max >= 20 && group(&found).scale_events > 10, "{name}");
    }
}
