//! Scalers at work in the events engine: growth, zero and back, five delays apart, Jobs, threads, a measured controller.

#![allow(clippy::unwrap_used, clippy::float_cmp)] // Tests may panic; instants are exact or they are wrong.

use forebay::engine::events::simulate;
use forebay::measure::{DecisionLog, DecisionRow, EventsOutcome};
use forebay::model::scaling::{
    Behavior, Bounds, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, MetricTarget, Oracle, Phase, Policy,
    PolicyAmount, RabbitMq, RateScaling, ScaledJob, ScaledObject, Schedule, Signal, Staffing, Strategy, Trigger,
    TriggerSource, Workforce,
};
use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Process, Producer, Queue, Rate, Replicas, Replications, Scaling,
    Shutdown,
};
use forebay::scaling::Rule;
use forebay::study::repeat;

const SECOND: Distribution = Distribution::Constant(1.0);

/// ⌈ready / per_replica⌉ every `period_s`, without tolerance, window or policy.
fn hpa(bounds: (u32, u32), per_replica: f64, period_s: f64) -> Hpa {
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(per_replica) };
    let controller = HpaController { sync_period_s: period_s, tolerance: 0.0, down_window_s: 0.0 };
    let free = |rules: DirectionRules| DirectionRules {
        window_s: Some(0.0),
        policies: vec![Policy { amount: PolicyAmount::Pods(1000), period_s: 1.0 }],
        ..rules
    };
    let behavior = Behavior { up: free(DirectionRules::default_up()), down: free(DirectionRules::default_down()) };
    let rules = HpaRules { controller, behavior: Some(behavior), ..HpaRules::new(bounds.0, bounds.1) };
    Hpa { rules, metrics: vec![metric] }
}

fn at(strategy: impl Into<Strategy>, phase_s: f64) -> Scaling {
    Scaling { phase: Phase::At(phase_s), ..Scaling::new(strategy.into()) }
}

/// One queue with a backlog, one group with one replica and this scaling; `rate` messages a second at equal distances.
fn model(rate: Rate, backlog: u64, service: Distribution, scaling: Scaling) -> Model {
    let arrivals = Arrivals::Process { rate, process: Process::Regular };
    Model {
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue { initial: backlog, ..Queue::new("q") }],
        groups: vec![ConsumerGroup { scaling: Some(scaling), ..ConsumerGroup::new("g", 0, 1, service) }],
        ..Model::new("scaled", 600.0)
    }
}

fn decisions(model: &Model) -> Vec<DecisionRow> {
    let mut log = DecisionLog::with_reasons(model);
    simulate(model, model.seed, 0, &mut log).unwrap();
    log.finish()
}

/// When the wanted number changed, and to what.
fn changes(model: &Model) -> Vec<(f64, u32)> {
    let rows = decisions(model);
    rows.iter().filter(|row| row.wanted != row.wanted_before).map(|row| (row.time_s, row.wanted)).collect()
}

fn wanted(model: &Model, decisions_shown: usize) -> Vec<u32> {
    decisions(model).iter().map(|row| row.wanted).take(decisions_shown).collect()
}

fn measured(model: &Model, threads: usize) -> EventsOutcome {
    repeat(model, Some(threads), &|_| {}).unwrap()
}

/// The growth table: without `behavior` at most max(2n, 4) at each sync, with the API's defaults at most max(2n, n + 4).
#[test]
fn growth_follows_the_table_of_the_controller() {
    let mut strategy = hpa((1, 100), 1.0, 15.0);
    (strategy.rules.behavior, strategy.rules.controller) = (None, HpaController::default());
    let endless = |strategy| model(Rate::Constant(1.0), 1_000_000, SECOND, at(Strategy::Hpa(strategy), 0.0));
    assert_eq!(wanted(&endless(strategy.clone()), 7), [4, 8, 16, 32, 64, 100, 100]);
    strategy.rules.behavior = Some(Behavior::default());
    assert_eq!(wanted(&endless(strategy.clone()), 7), [5, 10, 20, 40, 80, 100, 100]);
    let rows = decisions(&endless(strategy));
    assert_eq!(rows[0].held_by, Some(Rule::Policy));
    assert_eq!((rows[5].held_by, rows[5].proposed), (Some(Rule::Bound), Some(999_000)));
}
