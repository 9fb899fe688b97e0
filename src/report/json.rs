//! `summary.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde::Serialize;
use serde_json::{Map, Number, Value, json};

use super::words;
use crate::measure::EventsOutcome;
use crate::measure::summary::{FluidQueue, GroupSummary, QueueSummary};
use crate::measure::{EngineChoice, Outcome};

/// Integers up to here are exact in a double.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

/// The whole summary.
///
/// An estimate is `{"value", "low", "high"}`: the mean over replications and its 95 % t-interval, whose ends are `null`
/// with one replication. Sections of engines that did not run are `null`, and `why_not` says why, section by section.
pub fn summary_json(outcome: &Outcome) -> Value {
    let model = &outcome.model;
    let events = outcome.events.as_ref();
    let mut missing = Map::new();
    let mut root = Map::new();
    let mut put = |key: &str, value: Value| root.insert(key.to_owned(), value);
    put("forebay", json!(env!("CARGO_PKG_VERSION")));
    put("scenario", json!(model.name));
    put("engine", json!(leading_engine(outcome)));
    put("seed", json!(model.seed));
    put("replications", json!(events.map(|events| events.replications)));
    put("horizon_s", json!(model.horizon_s));
    put("warmup_s", json!(model.warmup_s));
    put("events", json!(events.map(|events| events.events)));
    put("wall_s", json!(outcome.wall_s));
    let queues = events.map(|events| by_name(&events.queues, |queue: &QueueSummary| &queue.name));
    put("queues", queues.unwrap_or_default());
    let groups = events.map(|events| by_name(&events.groups, |group: &GroupSummary| &group.name));
    put("consumers", groups.unwrap_or_default());
    for (key, section) in events.into_iter().flat_map(shared) {
        put(key, section);
    }
    put("slo", by_name(&outcome.slos, |verdict| &verdict.name));
    let fluid = outcome.fluid.as_ref().map(|queues| json!({"queues": by_name(queues, |queue| &queue.name)}));
    put("fluid", fluid.unwrap_or_default());
    let formula = outcome.formula.as_ref().map(|queues| json!({"queues": by_name(queues, |queue| &queue.name)}));
    put("formula", formula.unwrap_or_default());
    let transient = outcome.transient.as_ref().map(|queues| json!({"queues": by_name(queues, |queue| &queue.name)}));
    put("transient", transient.unwrap_or_default());
    put("balance", events.map_or(Value::Null, |events| plain(&events.balance)));
    put("disagreements", plain(&outcome.disagreements));
    put("notes", json!(words::notes(outcome)));
    for (engine, asked, sections) in [
        ("events", events.is_some(), &["replications", "events", "queues", "consumers", "balance"][..]),
        ("fluid", outcome.fluid.is_some(), &["fluid"][..]),
        ("formula", outcome.formula.is_some(), &["formula"][..]),
        ("transient", outcome.transient.is_some(), &["transient"][..]),
    ] {
        if !asked {
            let reason = not_run(engine, outcome.engine);
            missing.extend(sections.iter().map(|section| ((*section).to_owned(), json!(reason))));
        }
    }
    if !missing.is_empty() {
        root.insert("why_not".to_owned(), Value::Object(missing));
    }
    let mut summary = Value::Object(root);
    explain_horizon(&mut summary, outcome.fluid.as_deref().unwrap_or_default());
    tidy(&mut summary);
    summary
}

/// Sections that only some models have: paths, resources, and producers whose clock may stand.
fn shared(events: &EventsOutcome) -> impl Iterator<Item = (&'static str, Value)> {
    let sections = [
        ("producers", by_name(&events.producers, |producer| &producer.name)),
        ("paths", by_name(&events.paths, |path| &path.name)),
        ("resources", by_name(&events.resources, |resource| &resource.name)),
    ];
    sections.into_iter().filter(|(_, section)| section.as_object().is_some_and(|entries| !entries.is_empty()))
}

/// The engine whose answer the summary is mainly about.
fn leading_engine(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome { events: Some(_), .. } => "events",
        Outcome { fluid: Some(_), .. } => "fluid",
        Outcome { formula: Some(_), .. } => "formula",
        Outcome { transient: Some(_), .. } => "transient",
        Outcome { engine, .. } => engine_name(*engine),
    }
}

fn engine_name(engine: EngineChoice) -> &'static str {
    match engine {
        EngineChoice::All => "all",
        EngineChoice::Events => "events",
        EngineChoice::Fluid => "fluid",
        EngineChoice::Formula => "formula",
        EngineChoice::Transient => "transient",
    }
}

fn not_run(engine: &str, choice: EngineChoice) -> String {
    match choice {
        EngineChoice::All => format!("the {engine} engine does not apply to this scenario"),
        chosen => format!("the {engine} engine was not asked (--engine {})", engine_name(chosen)),
    }
}

/// A map keyed by name, in the order of the scenario.
fn by_name<T: Serialize>(entries: &[T], name: impl Fn(&T) -> &String) -> Value {
    Value::Object(entries.iter().map(|entry| (name(entry).clone(), plain(entry))).collect())
}

/// Our own types hold numbers, texts and lists of them, all of which JSON can say; what is not finite becomes `null`.
pub(super) fn plain<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("a summary has only text keys")
}

/// The fluid engine has one `why_not` per queue; a queue that is not empty at the horizon needs no other word.
fn explain_horizon(summary: &mut Value, queues: &[FluidQueue]) {
    for queue in queues.iter().filter(|queue| queue.why_not.is_none()) {
        let entry = &mut summary["fluid"]["queues"][&queue.name];
        let reason = if [queue.max_backlog, queue.max_at_s, queue.backlog_area, queue.lost].contains(&None) {
            continue;
        } else if queue.drained_at_s.is_none() {
            "the backlog is above 0 at the horizon"
        } else if queue.max_delay_s.is_none() {
            "some message is never served"
        } else {
            continue;
        };
        entry["why_not"] = json!(reason);
    }
}

/// Whole numbers lose their `.0`, and every `null` that nobody explained gets a reason.
fn tidy(value: &mut Value) {
    whole_numbers(value);
    explain_nulls(value);
}

/// Whole numbers lose their `.0`.
pub(super) fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|x| number.is_f64() && x.fract() == 0.0 && x.abs() < EXACT_INTEGERS);
            if let Some(whole) = whole {
                *number = Number::from(whole as i64);
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(whole_numbers),
        Value::Object(entries) => entries.values_mut().for_each(whole_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn explain_nulls(value: &mut Value) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(explain_nulls),
        Value::Object(entries) => {
            entries.values_mut().for_each(explain_nulls);
            // The ends of an interval and a verdict's share are absent with their value or with one replication.
            let free = ["low", "high", "why_not", "probability_met"];
            let unexplained = entries.iter().any(|(key, entry)| entry.is_null() && !free.contains(&key.as_str()));
            if unexplained && entries.get("why_not").is_none_or(Value::is_null) {
                entries.insert("why_not".to_owned(), json!("there is no finite value"));
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Estimate;
    use crate::report::fixture;

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn the_keys_and_their_order_are_the_contract() {
        let summary = summary_json(&fixture::flash_sale());
        let of = |path: &str| keys(summary.pointer(path).unwrap_or_else(|| panic!("no {path}")));
        assert_eq!(
            of(""),
            [
                "forebay",
                "scenario",
                "engine",
                "seed",
                "replications",
                "horizon_s",
                "warmup_s",
                "events",
                "wall_s",
                "queues",
                "consumers",
                "slo",
                "fluid",
                "formula",
                "transient",
                "balance",
                "disagreements",
                "notes"
            ]
        );
        assert_eq!(
            of("/queues/orders"),
            [
                "published",
                "acked",
                "redelivered",
                "rejected",
                "dropped",
                "expired",
                "dead_lettered",
                "in_system_at_end",
                "depth",
                "ready",
                "wait_s",
                "latency_s",
                "drained_at_s"
            ]
        );
        assert_eq!(of("/queues/orders/depth"), ["mean", "p50", "p95", "p99", "max", "max_at_s"]);
        assert_eq!(of("/queues/orders/ready"), ["mean", "p95", "max"]);
        assert_eq!(of("/queues/orders/wait_s"), ["mean", "p50", "p90", "p95", "p99", "p999", "max", "probability"]);
        assert_eq!(of("/queues/orders/latency_s"), ["mean", "p50", "p90", "p95", "p99", "p999", "max"]);
        assert_eq!(of("/queues/orders/depth/max"), ["value", "low", "high"]);
    }

    #[test]
    fn the_keys_of_the_other_sections_are_the_contract_too() {
        let summary = summary_json(&fixture::flash_sale());
        let of = |path: &str| keys(summary.pointer(path).unwrap_or_else(|| panic!("no {path}")));
        let group = ["utilization", "overhead_share", "replicas", "replica_hours", "cost", "scale_events"];
        assert_eq!(of("/consumers/workers"), group);
        assert_eq!(of("/consumers/workers/replicas"), ["mean", "max"]);
        assert_eq!(of("/slo/fresh"), ["met", "value", "limit", "probability_met"]);
        let fluid = ["max_backlog", "max_at_s", "drained_at_s", "max_delay_s", "backlog_area", "lost"];
        assert_eq!(of("/fluid/queues/orders"), fluid);
        assert_eq!(
            of("/formula/queues/orders"),
            [
                "model",
                "utilization",
                "ready_mean",
                "wait_mean_s",
                "wait_probability",
                "wait_p50_s",
                "wait_p90_s",
                "wait_p95_s",
                "wait_p99_s",
                "wait_p999_s",
                "latency_mean_s",
                "latency_p99_s",
                "loss",
                "why_not"
            ]
        );
        assert_eq!(of("/balance"), ["published", "accounted", "difference"]);
    }

    #[test]
    fn values_are_numbers_and_whole_ones_have_no_point() {
        let summary = summary_json(&fixture::flash_sale());
        assert_eq!(summary["engine"], json!("events"));
        assert_eq!(summary["horizon_s"].to_string(), "7200");
        assert_eq!(summary["slo"]["fresh"]["limit"].to_string(), "2");
        assert_eq!(summary["fluid"]["queues"]["orders"]["max_backlog"].to_string(), "72000");
        assert_eq!(summary["balance"]["difference"], json!(0));
    }

    #[test]
    fn an_engine_that_did_not_run_leaves_null_and_a_reason() {
        let mut outcome = fixture::flash_sale();
        (outcome.events, outcome.formula, outcome.engine) = (None, None, EngineChoice::Fluid);
        let summary = summary_json(&outcome);
        assert_eq!(summary["engine"], json!("fluid"));
        for section in ["queues", "consumers", "balance", "formula", "events", "replications"] {
            assert!(summary[section].is_null(), "{section}");
            assert!(
                summary["why_not"][section].as_str().is_some_and(|reason| reason.contains("--engine fluid")),
                "{section}"
            );
        }
        assert!(summary["why_not"]["fluid"].is_null());
    }

    #[test]
    fn no_null_stands_without_a_reason_and_nothing_is_infinite() {
        let mut outcome = fixture::flash_sale();
        let queue = &mut outcome.events.as_mut().unwrap().queues[0];
        queue.wait_s.mean = Estimate { value: Some(f64::INFINITY), ..Estimate::default() };
        queue.drained_at_s =
            Estimate { why_not: Some("12 messages are ready at the horizon".into()), ..Estimate::default() };
        outcome.fluid.as_mut().unwrap()[0].drained_at_s = None;
        let summary = summary_json(&outcome);
        assert!(summary["queues"]["orders"]["wait_s"]["mean"]["value"].is_null());
        assert_eq!(summary["queues"]["orders"]["wait_s"]["mean"]["why_not"], json!("there is no finite value"));
        assert_eq!(
            summary["queues"]["orders"]["drained_at_s"]["why_not"],
            json!("12 messages are ready at the horizon")
        );
        assert_eq!(summary["fluid"]["queues"]["orders"]["why_not"], json!("the backlog is above 0 at the horizon"));
    }
}
