//! A scaled group is what its fluid is when there are many of everything: with n times the messages and room for n times
//! the replicas, wanted replicas of the events engine approach those of the fluid engine.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use forebay::engine::fluid;
use forebay::model::scaling::{Bounds, Hpa, HpaMetric, HpaRules, MetricTarget, Phase, RateScaling, Signal, Strategy};
use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Process, Producer, Queue, Rate, Replications, Scaling,
};
use forebay::study::repeat;

/// A spike of 30 s. A replica takes 50 messages per second, so that work in service is small.
fn model(n: u32, strategy: fn(u32) -> Strategy) -> Model {
    let low = 200.0 * f64::from(n);
    let rate = Rate::Steps(vec![(0.0, low), (60.0, 3.0 * low), (90.0, low)]);
    let arrivals = Arrivals::Process { rate, process: Process::Poisson };
    let scaling = Scaling { phase: Phase::At(7.0), metric_age_s: 3.0, ..Scaling::new(strategy(n)) };
    let group = ConsumerGroup {
        startup: Some(Distribution::Constant(11.0)),
        scaling: Some(scaling),
        ..ConsumerGroup::new("g", 0, 5 * n, Distribution::Exponential { mean_s: 0.02 })
    };
    Model {
        resolution_s: 5.0,
        replications: Replications::Fixed(1),
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue::new("q")],
        groups: vec![group],
        ..Model::new("limit", 300.0)
    }
}

fn bounds(n: u32) -> Bounds {
    Bounds { min: 2 * n, max: 30 * n }
}

fn by_rate(n: u32) -> Strategy {
    Strategy::Rate(RateScaling {
        bounds: bounds(n),
        period_s: 15.0,
        per_replica_per_s: 50.0,
        utilization: 0.9,
        drain_s: 60.0,
        down_window_s: 40.0,
    })
}

fn hpa(n: u32) -> Strategy {
    let Bounds { min, max } = bounds(n);
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(200.0) };
    Strategy::Hpa(Hpa { rules: HpaRules::new(min, max), metrics: vec![metric] })
}

/// Mean of a path of steps over `[from_s, until_s]`.
fn mean(path: &[(f64, u32)], from_s: f64, until_s: f64) -> f64 {
    let ends_s = path.iter().skip(1).map(|(at_s, _)| *at_s).chain([f64::INFINITY]);
    let overlap = |((at_s, number), end_s): (&(f64, u32), f64)| {
        (end_s.min(until_s) - at_s.max(from_s)).max(0.0) * f64::from(*number)
    };
    path.iter().zip(ends_s).map(overlap).sum::<f64>() / (until_s - from_s)
}

/// Root mean square over time and replications of the difference of wanted replicas, per n.
fn difference(n: u32, seeds: u64, strategy: fn(u32) -> Strategy) -> f64 {
    let mut model = model(n, strategy);
    let fluid = fluid::integrate(&model).remove(0);
    let wanted = &fluid.groups[0].wanted;
    let most = wanted.iter().map(|(_, number)| *number).max().unwrap();
    assert!(most >= 8 * n, "the spike must matter: {wanted:?}");
    let (mut squares, mut rows) = (0.0, 0.0);
    for seed in 0..seeds {
        model.seed = seed;
        let series = repeat(&model, Some(1), &|_| {}).unwrap().series.remove(0);
        for (end_s, events) in series.time_s.iter().zip(&series.replicas_wanted) {
            squares += ((events - mean(wanted, end_s - model.resolution_s, *end_s)) / f64::from(n)).powi(2);
            rows += 1.0;
        }
    }
    f64::sqrt(squares / rows)
}

#[test]
fn wanted_replicas_approach_the_fluid_as_the_system_grows() {
    for (name, strategy) in [("rate", by_rate as fn(u32) -> Strategy), ("hpa", hpa)] {
        // A single group of few replicas may round all noise away: the law shows from some dozen replicas on.
        let found = [(4, 16), (16, 8), (64, 2)].map(|(n, seeds)| difference(n, seeds, strategy));
        println!("{name}: {found:.4?} replicas per n");
        assert!(found[2] < 0.5 * found[0] && found[2] < 0.05, "{name}: {found:?}");
    }
}
