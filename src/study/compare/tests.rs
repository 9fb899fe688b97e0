//! Tests of the module above: real runs of a small sale.

use super::*;
use crate::measure::selection::ShareVerdict;
use crate::measure::{Cause, Figure, Sign};
use crate::model::scaling::{Hpa, HpaMetric, HpaRules, MetricTarget, Scaling, Schedule, Signal, Strategy};
use crate::model::{
    AfterFailure, Arrivals, ConsumerGroup, Cost, Distribution, Failures, NamedStrategy, Process, Producer, Promise,
    Quantile, Queue, Rate, Retry, Slo,
};
use crate::scaling::Rule;

/// 40/s and 240/s between 5 and 10 minutes, against replicas that serve 50/s each.
fn sale(strategies: Vec<(&str, u32, Strategy)>) -> Model {
    let rate = Rate::Sum(vec![Rate::Constant(40.0), Rate::Pulse { height: 200.0, from_s: 300.0, until_s: 600.0 }]);
    let mut workers = ConsumerGroup::new("workers", 0, 4, Distribution::Exponential { mean_s: 0.02 });
    workers.cost = Some(Cost { per_hour: 0.5, currency: "USD".to_owned() });
    let named = |(name, initial, strategy): (&str, u32, Strategy)| NamedStrategy {
        name: name.to_owned(),
        group: 0,
        initial: Some(initial),
        scaling: Scaling::new(strategy),
    };
    Model {
        resolution_s: 10.0,
        replications: Replications::Fixed(10),
        producers: vec![Producer::new("shop".to_owned(), 0, Arrivals::Process { rate, process: Process::Poisson })],
        queues: vec![Queue::new("orders")],
        groups: vec![workers],
        slos: vec![Slo {
            name: "fresh".to_owned(),
            queue: 0,
            path: None,
            promise: Promise::Latency(Quantile::P(0.99), 2.0),
            during: None,
        }],
        strategies: strategies.into_iter().map(named).collect(),
        ..Model::new("sale", 1200.0)
    }
}

fn fixed(replicas: u32) -> Strategy {
    Strategy::Static(replicas)
}

fn timetable() -> Strategy {
    Strategy::Schedule(Schedule::Steps(vec![(0.0, 4), (290.0, 8), (700.0, 4)]))
}

/// At most three replicas: too few for the sale.
fn small_hpa() -> Strategy {
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(50.0) };
    Strategy::Hpa(Hpa { rules: HpaRules::new(1, 3), metrics: vec![metric] })
}

fn compared(model: &Model) -> Comparison {
    compare(model, &CompareOptions::default(), &|_| ()).unwrap()
}

#[test]
fn all_strategies_see_the_same_arrivals() {
    let found = compared(&sale(vec![("three", 3, fixed(3)), ("eight", 8, fixed(8)), ("timetable", 4, timetable())]));
    let rates = |k: usize| &found.strategies[k].events.as_ref().unwrap().series[0].publish_rate;
    let ten = |k: usize| found.strategies[k].replications == 10;
    assert!(ten(0), "a strategy that fails is not run on");
    for k in (1..3).filter(|k| ten(*k)) {
        assert_eq!(rates(0), rates(k));
    }
    assert!(rates(0).iter().any(|rate| *rate > 200.0));
}

#[test]
fn pairs_know_more_than_the_strategies_alone() {
    let mut model = sale(vec![("three", 3, fixed(3)), ("four", 4, fixed(4))]);
    model.slos.clear();
    let found = compared(&model);
    let half_width = |k: usize| found.strategies[k].figure(Figure::WaitP99).half_width().unwrap();
    let paired = found.pairs[0].differences[Figure::WaitP99 as usize].half_width().unwrap();
    let independent = half_width(0).hypot(half_width(1));
    assert!(paired < 0.8 * independent, "{paired} against {independent}");
}

#[test]
fn the_same_strategy_under_two_names_is_never_different() {
    let steps = Strategy::Schedule(Schedule::Steps(vec![(0.0, 5)]));
    let found = compared(&sale(vec![("five", 5, fixed(5)), ("always-five", 5, steps)]));
    for difference in &found.pairs[0].differences {
        assert!(matches!(Sign::of(difference), None | Some(Sign::Open)), "{difference:?}");
    }
    assert!(matches!(found.selection, Selection::Chosen { strategy: 0, .. }), "{:?}", found.selection);
}

#[test]
fn a_clearly_worse_strategy_is_called_so() {
    let found = compared(&sale(vec![("three", 3, fixed(3)), ("eight", 8, fixed(8))]));
    let sign = |figure: Figure| Sign::of(&found.pairs[0].differences[figure as usize]);
    assert_eq!(sign(Figure::WaitP99), Some(Sign::Higher));
    assert_eq!(sign(Figure::LatencyP99), Some(Sign::Higher));
    assert_eq!(sign(Figure::Cost), Some(Sign::Lower));
    assert_eq!(found.front, [0, 1], "cheap and late, dear and prompt");
}

#[test]
fn replications_are_added_only_where_they_decide() {
    let found = compared(&sale(vec![("three", 3, fixed(3)), ("timetable", 4, timetable()), ("nine", 9, fixed(9))]));
    let runs: Vec<u32> = found.strategies.iter().map(|strategy| strategy.replications).collect();
    let Selection::Chosen { strategy: 1, procedure } = &found.selection else { panic!("{:?}", found.selection) };
    assert!(runs[1] > 10 && runs[1] <= procedure.at_most, "{runs:?}");
    assert_eq!((runs[0], runs[2]), (10, 10), "one fails and the other is dearer");
    let verdicts: Vec<_> = found.strategies.iter().map(|strategy| strategy.verdict.unwrap()).collect();
    assert_eq!(verdicts, [ShareVerdict::Missed, ShareVerdict::Reached, ShareVerdict::Open]);
}

#[test]
fn a_budget_that_is_too_small_leaves_it_open() {
    let model = sale(vec![("three", 3, fixed(3)), ("nine", 9, fixed(9))]);
    let options = CompareOptions { at_most: Some(15), ..CompareOptions::default() };
    let found = compare(&model, &options, &|_| ()).unwrap();
    let Selection::Undecided { leaders, procedure } = found.selection else { panic!("{:?}", found.selection) };
    assert_eq!((leaders.as_slice(), procedure.at_most), (&[1][..], 15));
}

#[test]
fn nobody_is_chosen_where_all_fail_and_where_nothing_is_promised() {
    let mut model = sale(vec![("two", 2, fixed(2)), ("three", 3, fixed(3))]);
    assert!(matches!(compared(&model).selection, Selection::Nobody { .. }));
    model.slos.clear();
    let found = compared(&model);
    assert!(matches!(found.selection, Selection::NotAsked { .. }));
    assert!(found.strategies.iter().all(|strategy| strategy.kept.is_none() && strategy.replications == 10));
    model.replications = Replications::Fixed(1);
    let single = compared(&model);
    assert!(single.pairs[0].differences.iter().all(|difference| Sign::of(difference).is_none()));
}

#[test]
fn a_breach_names_the_rule_that_held_the_scaler_back() {
    let found = compared(&sale(vec![("hpa", 1, small_hpa()), ("eight", 8, fixed(8))]));
    let broken = found.strategies[0].broken[0].as_ref().unwrap();
    assert!(broken.seconds.value.unwrap() > 300.0, "{broken:?}");
    let (cause, share) = broken.causes[0];
    assert!(cause == Cause::Held(Rule::Bound) && share > 0.8, "{:?}", broken.causes);
    let (from_s, until_s) = broken.span.unwrap();
    assert!((280.0..=330.0).contains(&from_s) && until_s > 600.0, "{from_s} {until_s}");
    assert_eq!(found.strategies[1].broken[0].as_ref().unwrap().seconds.value, Some(0.0));
}

#[test]
fn wasted_replicas_are_those_that_idle() {
    let found = compared(&sale(vec![("five", 5, fixed(5)), ("nine", 9, fixed(9))]));
    // 40/s and 240/s for a quarter of the time are 90/s: 1.8 replicas at 50/s each.
    for (strategy, expected) in found.strategies.iter().zip([3.2, 7.2]) {
        let wasted = strategy.figure(Figure::WastedReplicas).value.unwrap();
        assert!((wasted - expected).abs() < 0.05, "{}: {wasted}", strategy.name);
    }
}

#[test]
fn wasted_work_is_that_of_failed_attempts() {
    let mut model = sale(vec![("five", 5, fixed(5)), ("nine", 9, fixed(9))]);
    let found = compared(&model);
    assert_eq!(found.strategies[0].figure(Figure::WastedWork).value, Some(0.0));
    model.groups[0].failures = Some(Failures {
        probability: 0.1,
        poison: 0.0,
        then: AfterFailure::Drop,
        retry: Retry::AtOnce,
        partial: false,
    });
    // 108 thousand messages of 20 ms, a tenth of them in vain.
    let wasted = compared(&model).strategies[1].figure(Figure::WastedWork).value.unwrap();
    assert!((wasted / 216.0 - 1.0).abs() < 0.03, "{wasted}");
}

#[test]
fn a_scaled_group_without_named_strategies_is_compared_with_its_fixed_replicas() {
    let mut model = sale(Vec::new());
    model.groups[0].scaling = Some(Scaling::new(small_hpa()));
    let names: Vec<(String, &str)> =
        contenders(&model, &[]).unwrap().into_iter().map(|contender| (contender.name, contender.kind)).collect();
    assert_eq!(names, [("scaling".to_owned(), "hpa"), ("replicas".to_owned(), "static")]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_way_out() {
    let mut model = sale(vec![("four", 4, fixed(4)), ("five", 5, fixed(5)), ("other", 4, fixed(4))]);
    let mut second = model.groups[0].clone();
    second.name = "others".to_owned();
    model.groups.push(second);
    model.strategies[2].group = 1;
    let refused = |model: &Model, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let error = contenders(model, &names).unwrap_err();
        format!("{error}: {}", error.help())
    };
    assert!(refused(&model, &[]).contains("other scales others"));
    assert!(refused(&model, &["four"]).contains("only one strategy, four"));
    assert!(refused(&model, &["four", "fiev"]).contains("no strategy `fiev`: did you mean `five`?"));
    assert!(refused(&model, &["four", "hpa-default"]).contains("there are: four, five, other"));
    assert!(refused(&model, &["four", "four"]).contains("twice"));
    assert!(contenders(&model, &["five".to_owned(), "four".to_owned()]).is_ok());
    model.strategies.clear();
    assert!(refused(&model, &[]).contains("nothing to compare"));
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let model = sale(vec![("hpa", 1, small_hpa()), ("timetable", 4, timetable()), ("nine", 9, fixed(9))]);
    let with = |threads| {
        let options = CompareOptions { threads: Some(threads), ..CompareOptions::default() };
        let found = compare(&model, &options, &|_| ()).unwrap();
        format!("{found:?}").replace(&format!("threads: Some({threads})"), "")
    };
    assert!(with(1) == with(8));
}

#[test]
fn the_equation_compares_what_it_knows() {
    let model = sale(vec![("three", 3, fixed(3)), ("timetable", 4, timetable()), ("hpa", 1, small_hpa())]);
    let options = CompareOptions { engine: EngineChoice::Fluid, ..CompareOptions::default() };
    let found = compare(&model, &options, &|_| ()).unwrap();
    let figure = |k: usize, figure| found.strategies[k].figure(figure).value;
    // 240/s against 150/s for 300 s.
    assert!((figure(0, Figure::WorstBacklog).unwrap() - 27_000.0).abs() < 1.0);
    assert_eq!(figure(0, Figure::LatencyP99), None);
    assert!(matches!(found.selection, Selection::NotAsked { .. }));
    assert!((figure(0, Figure::ReplicaHours).unwrap() - 1.0).abs() < 1e-9);
    assert!((figure(0, Figure::Cost).unwrap() - 0.5).abs() < 1e-9);
    assert!(figure(1, Figure::ReplicaHours).unwrap() > 1.3);
    assert_eq!(figure(1, Figure::ScaleEventsPerHour), Some(6.0));
}
