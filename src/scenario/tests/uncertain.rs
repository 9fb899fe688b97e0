//! Uncertain values: their medians are what runs, and their intervals are remembered.

use super::*;
use crate::model::Distribution;
use crate::scenario::Uncertain;

const TEXT: &str = "\
horizon: 10m
producers:
  shop: {to: orders, rate: {between: [90/s, 160/s], confidence: 90%}}
  app:
    to: orders
    rate:
      sum:
        - 5/s
        - pulse: {height: {between: [2k/min, 5k/min], confidence: 80%}, from: 1m, until: 2m}
        - scale:
            by: {between: [0.5, 2], confidence: 50%}
            rate: &base {constant: {between: [1/s, 4/s], confidence: 50%}}
        - *base
queues: {orders: {}}
consumers:
  workers:
    from: orders
    replicas: 4
    service: {lognormal: {mean: {between: [900ms, 1.6s], confidence: 95%}, cv: 1}}
    overhead: {between: [1ms, 4ms], confidence: 90%}
    speed: {steps: [[0s, 1], [5m, {between: [0.25, 1], confidence: 90%}]]}
    cost: {between: [\"$0.10/h\", 0.40 USD/h], confidence: 90%}
";

fn read(text: &str, changes: &[(&str, &str)]) -> Loaded {
    let changes: Vec<Override> =
        changes.iter().map(|(path, value)| Override { path: (*path).to_owned(), value: (*value).to_owned() }).collect();
    load(&Source::from_text("uncertain.yaml", text), &changes, &Limits::default()).unwrap()
}

fn near(value: f64, expected: f64) -> bool {
    (value / expected - 1.0).abs() < 1e-9
}

#[test]
fn medians_run_and_intervals_are_remembered_in_base_units() {
    let loaded = read(TEXT, &[]);
    let found: Vec<(&str, [f64; 2], f64, &str)> = loaded
        .planning
        .uncertain
        .iter()
        .map(|one| (one.path.as_str(), one.interval, one.confidence, one.unit.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("producers.shop.rate", [90.0, 160.0], 0.9, "/s"),
            ("producers.app.rate.sum[1].pulse.height", [2_000.0 / 60.0, 5_000.0 / 60.0], 0.8, "/s"),
            ("producers.app.rate.sum[2].scale.by", [0.5, 2.0], 0.5, ""),
            ("producers.app.rate.sum[2].scale.rate.constant", [1.0, 4.0], 0.5, "/s"),
            ("consumers.workers.service.lognormal.mean", [0.9, 1.6], 0.95, "s"),
            ("consumers.workers.overhead", [0.001, 0.004], 0.9, "s"),
            ("consumers.workers.speed.steps[1][1]", [0.25, 1.0], 0.9, ""),
            ("consumers.workers.cost", [0.1, 0.4], 0.9, " USD/h"),
        ]
    );
    let group = &loaded.model.groups[0];
    assert!(near(group.service.mean(), 1.2));
    assert!(matches!(group.overhead, Some(Distribution::Constant(at)) if near(at, 0.002)));
    assert!(group.cost.as_ref().is_some_and(|cost| near(cost.per_hour, 0.2) && cost.currency == "USD"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn an_alias_is_the_same_value_again() {
    let loaded = read(TEXT, &[]);
    let base = &loaded.planning.uncertain[3];
    assert_eq!(base.also, ["producers.app.rate.sum[3].constant"]);
}

#[test]
fn what_is_drawn_can_be_set() {
    let loaded = read(TEXT, &[]);
    for score in [-3.0, -0.7, 0.0, 1.234_567, 3.5] {
        let draw = |one: &Uncertain| one.changes(one.quantile(score)).collect::<Vec<_>>();
        let changes: Vec<Override> = loaded.planning.uncertain.iter().flat_map(draw).collect();
        let drawn = load(&Source::from_text("uncertain.yaml", TEXT), &changes, &Limits::default()).unwrap();
        assert!(drawn.planning.uncertain.is_empty());
        let group = &drawn.model.groups[0];
        assert!(near(group.service.mean(), loaded.planning.uncertain[4].quantile(score)));
        let price = loaded.planning.uncertain[7].quantile(score);
        assert!(group.cost.as_ref().is_some_and(|cost| near(cost.per_hour, price)));
    }
}

#[test]
fn overrides_replace_uncertain_values_and_bring_new_ones() {
    let certain = read(TEXT, &[("producers.shop.rate", "70/s"), ("consumers.workers.service", "10ms")]);
    let paths: Vec<&str> = certain.planning.uncertain.iter().map(|one| one.path.as_str()).collect();
    assert!(!paths.contains(&"producers.shop.rate") && paths.len() == 6, "{paths:?}");
    let value = "{between: [10ms, 40ms], confidence: 90%}";
    let more = read(TEXT, &[("consumers.workers.service", value), ("producers.shop.rate.between[1]", "360/s")]);
    let found = &more.planning.uncertain;
    assert_eq!(found[0].interval, [90.0, 360.0]);
    assert!(near(more.model.groups[0].service.mean(), 0.02));
}

#[test]
fn names_may_be_words_of_uncertain_values() {
    let text = "horizon: 1m\nproducers: {between: {to: between, rate: 1/s}, confidence: {to: between, rate: 1/s}}\n\
                queues: {between: {}, confidence: {initial: 5}}\n\
                consumers: {between: {from: between, replicas: 1, service: 1s}, confidence: {from: confidence, \
                replicas: 1, service: 1s}}\n";
    assert!(read(text, &[]).planning.uncertain.is_empty());
}

#[test]
fn a_fault_points_at_the_value() {
    let text = TEXT.replace("[90/s, 160/s]", "[160/s, 90/s]");
    let faults = load(&Source::from_text("uncertain.yaml", text), &[], &Limits::default()).unwrap_err().0;
    assert_eq!(faults.len(), 1);
    let place = faults[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.column), (Some(3), Some(39)));
    assert_eq!(faults[0].help.as_deref(), Some("the lower value stands first: `[90/s, 160/s]`"));
}
