//! The table of presets and what it does to scenarios.

use super::*;
use crate::model::{Ack, Model, Order, Overflow, RequeuePosition, TtlPlace, WhenAway};
use crate::scenario::{Faults, Limits, Loaded, Source, load};

/// A queue with a preset and settings, a group and a producer around it.
fn with(preset: &str, queue: &str, group: &str) -> Result<Loaded, Faults> {
    let text = format!(
        "name: preset\nhorizon: 1h\nproducers: {{p: {{to: q, rate: 1/s}}}}\n\
         queues:\n  q: {{preset: {preset}{queue}}}\n  dead: {{}}\nconsumers:\n  c: {{from: q, replicas: 2, service: 10ms{group}}}\n"
    );
    load(&Source::from_text("preset.yaml", text), &[], &Limits::default())
}

fn model(preset: &str, queue: &str, group: &str) -> Model {
    with(preset, queue, group).unwrap_or_else(|faults| panic!("{faults}")).model
}

#[test]
fn every_preset_loads_and_gives_what_its_table_says() {
    for preset in PRESETS {
        let loaded = with(preset.name, "", "").unwrap_or_else(|faults| panic!("{}: {faults}", preset.name));
        let expected = preset.defaults.iter().filter(|default| !default.key.contains('.'));
        let expected = expected.filter(|default| {
            let early =
                preset.defaults.iter().any(|other| other.key == "ack" && other.value == Value::Written("before"));
            default.only == Only::Always || !early
        });
        let expected: Vec<(Place, &str)> = expected.map(|default| (default.place, default.key)).collect();
        let mut sorted = expected.clone();
        sorted.sort_by_key(|(place, _)| *place);
        let applied: Vec<(Place, &str)> = loaded.presets.iter().map(|applied| (applied.place, applied.key)).collect();
        assert_eq!(applied, sorted, "{}", preset.name);
        assert!(loaded.presets.iter().all(|applied| applied.overridden.is_none()), "{}", preset.name);
        assert!(!preset.about.is_empty() && !preset.notes.is_empty(), "{}", preset.name);
    }
}

#[test]
fn defaults_reach_the_queue_its_groups_and_its_producers() {
    let classic = model("rabbitmq-classic", ", ttl: 10m", "");
    assert_eq!(classic.queues[0].overflow, Overflow::DropHead);
    assert_eq!(classic.queues[0].ttl.as_ref().unwrap().at, TtlPlace::Head);
    assert_eq!(classic.groups[0].prefetch, 1_000_000_000);
    let quorum = model("rabbitmq-quorum", ", ttl: {exponential: {mean: 1m}}", "");
    assert_eq!((quorum.queues[0].delivery_limit, quorum.queues[0].requeue), (Some(21), RequeuePosition::Front));
    assert_eq!(quorum.queues[0].ttl.as_ref().unwrap().at, TtlPlace::Anywhere);
    assert_eq!(quorum.groups[0].ack_timeout_s, Some(1_800.0));
    let kafka = model("kafka", ", partitions: 12", "");
    let Order::Partitions(partitions) = kafka.queues[0].order else { panic!("partitions") };
    assert_eq!((partitions.count, kafka.queues[0].retention.age_s), (12, Some(604_800.0)));
    assert_eq!((kafka.groups[0].prefetch, kafka.groups[0].rebalance.unwrap().pause_s), (500, 3.0));
    let push = model("zeromq-push", "", "");
    assert_eq!((push.queues[0].capacity, push.queues[0].overflow), (Some(0), Overflow::Block));
    assert_eq!((push.groups[0].ack, push.groups[0].prefetch), (Ack::Before, 2_000));
    let bus = model("event-bus", "", "");
    assert_eq!((bus.producers[0].when_away, bus.queues[0].durable), (WhenAway::Lose, false));
}

#[test]
fn a_default_per_slot_follows_the_concurrency() {
    assert_eq!(model("celery", "", "").groups[0].prefetch, 4);
    assert_eq!(model("celery", "", ", concurrency: 8").groups[0].prefetch, 32);
    assert_eq!(model("celery", "", ", concurrency: 8, prefetch: 8").groups[0].prefetch, 8);
}

#[test]
fn every_default_can_be_overridden_or_taken_back() {
    let loaded = with("sqs-standard", ", retention: {age: 14d}", ", ack_timeout: 5m, in_flight_limit: none").unwrap();
    assert_eq!(loaded.model.queues[0].retention.age_s, Some(1_209_600.0));
    assert_eq!((loaded.model.groups[0].ack_timeout_s, loaded.model.groups[0].in_flight_limit), (Some(300.0), None));
    let written: Vec<(String, Option<&str>)> =
        loaded.presets.iter().map(|applied| (applied.path(), applied.overridden.as_deref())).collect();
    let written: Vec<(&str, Option<&str>)> = written.iter().map(|(path, value)| (path.as_str(), *value)).collect();
    let expected = [
        ("queues.q.retention", Some("{age: 14d}")),
        ("queues.q.durable", None),
        ("queues.q.requeue", None),
        ("consumers.c.ack_timeout", Some("5m")),
        ("consumers.c.in_flight_limit", Some("none")),
    ];
    assert_eq!(written, expected);
    assert_eq!(model("rabbitmq-quorum", ", delivery_limit: none", "").queues[0].delivery_limit, None);
    let head = model("rabbitmq-quorum", ", ttl: {after: 1s, at: head}", "");
    assert_eq!(head.queues[0].ttl.as_ref().unwrap().at, TtlPlace::Head);
}

#[test]
fn nothing_times_out_that_is_acked_before() {
    assert_eq!(model("jetstream", "", ", ack: before").groups[0].ack_timeout_s, None);
    assert_eq!(model("celery", "", "").groups[0].ack_timeout_s, None);
    assert_eq!(model("celery", "", ", ack: after").groups[0].ack_timeout_s, Some(3_600.0));
}

#[test]
fn every_foreign_key_is_refused_at_its_place() {
    let example = |foreign: &Foreign| match (foreign.key, foreign.word) {
        (_, Some(word)) => word,
        ("ttl" | "ack_timeout", _) => "1m",
        ("retention", _) => "{age: 1d}",
        ("single_active", _) => "true",
        ("overflow", _) => "reject",
        ("requeue", _) => "back",
        ("dead_letter", _) => "dead",
        ("rebalance", _) => "{kind: eager, pause: 1s}",
        ("confirms", _) => "{latency: 1ms, window: 5}",
        _ => "5",
    };
    for preset in PRESETS {
        for foreign in preset.foreign.iter().filter(|foreign| foreign.place != Place::Producer) {
            let entry = format!(", {}: {}", foreign.key, example(foreign));
            let (queue, group) =
                if foreign.place == Place::Queue { (entry.as_str(), "") } else { ("", entry.as_str()) };
            let faults = with(preset.name, queue, group).expect_err(foreign.key);
            assert_eq!(faults.errors(), 1, "{}: {faults}", preset.name);
            let fault = faults.0.iter().find(|fault| fault.is_error()).unwrap();
            assert_eq!(fault.code.id(), "F073", "{}: {faults}", preset.name);
            let name = if foreign.place == Place::Queue { "q" } else { "c" };
            assert_eq!(fault.path, format!("{}.{name}.{}", foreign.place.section(), foreign.key));
            assert!(!preset.defaults.iter().any(|default| default.key == foreign.key && foreign.word.is_none()));
        }
    }
}

#[test]
fn producers_of_a_topic_have_the_preset_that_all_its_queues_share() {
    let load_with = |second: &str| {
        let text = format!(
            "name: t\nhorizon: 1h\nproducers: {{p: {{to: t, rate: 1/s}}}}\ntopics: {{t: {{to: [a, b]}}}}\n\
             queues: {{a: {{preset: event-bus}}, b: {{preset: {second}}}}}\n\
             consumers:\n  c: {{from: a, replicas: 1, service: 10ms}}\n  d: {{from: b, replicas: 1, service: 10ms}}\n"
        );
        load(&Source::from_text("t.yaml", text), &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults}"))
    };
    assert_eq!(load_with("event-bus").model.producers[0].when_away, WhenAway::Lose);
    assert_eq!(load_with("event-bus").presets.iter().filter(|applied| applied.place == Place::Producer).count(), 1);
    assert_eq!(load_with("zeromq-push").model.producers[0].when_away, WhenAway::Block);
}
