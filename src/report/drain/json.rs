//! `drain.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Map, Value, json};

use super::super::json::{plain, whole_numbers};
use super::words;
use crate::measure::{Estimate, KeptShare};
use crate::study::Drain;
use crate::study::drain::{Deadline, QueueDrain};

/// The whole answer. Times to clear are seconds from the end of the disturbance; `cleared_at_s` is scenario time.
pub fn drain_json(drain: &Drain) -> Value {
    let model = &drain.model;
    let queues = drain.queues.iter().map(|one| (one.name.clone(), queue(drain, one)));
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": model.name,
        "engine": "events",
        "seed": model.seed,
        "horizon_s": model.horizon_s,
        "kept_in": drain.options.kept_in,
        "replications": drain.replications,
        "queues": Value::Object(queues.collect()),
        "runs": drain.runs,
        "messages": drain.messages,
        "wall_s": drain.wall_s,
        "notes": drain.notes,
    });
    whole_numbers(&mut root);
    root
}

fn share(share: &KeptShare) -> Value {
    json!({ "value": share.share(), "low": share.low, "high": share.high, "runs": share.runs })
}

fn queue(drain: &Drain, one: &QueueDrain) -> Value {
    let Some(disturbed) = one.disturbed else {
        return json!({ "disturbed_until_s": null, "why_not": "the queue never has a backlog" });
    };
    let at = |estimate: &Estimate| {
        let shift = |after_s: Option<f64>| after_s.map(|after_s| after_s + disturbed.until_s);
        let Estimate { value, low, high, why_not } = estimate;
        Estimate { value: shift(*value), low: shift(*low), high: shift(*high), why_not: why_not.clone() }
    };
    let key = |quantile: f64| format!("p{}", (quantile * 100.0).round());
    let quantiles = |value: &dyn Fn(&Estimate) -> Estimate| {
        let entries = one.quantiles.iter().map(|one| (key(one.share), plain(&value(&one.after_s))));
        Value::Object(entries.collect::<Map<String, Value>>())
    };
    json!({
        "disturbed_until_s": disturbed.until_s,
        "disturbance": words::key(disturbed.kind),
        "fluid": {
            "clear_s": one.fluid_s,
            "cleared_at_s": one.fluid_s.map(|clear_s| disturbed.until_s + clear_s),
            "max_backlog": one.fluid_backlog,
            "why_not": one.fluid_why_not,
        },
        "backlog": plain(&one.backlog),
        "clear_s": quantiles(&Estimate::clone),
        "cleared_at_s": quantiles(&at),
        "clears": one.clears.as_ref().map_or(Value::Null, share),
        "storm": one.storm,
        "deadline": one.deadline.as_ref().map_or(Value::Null, |one| deadline(drain, one)),
    })
}

fn deadline(drain: &Drain, one: &Deadline) -> Value {
    let tried = one.tried.iter().map(|tried| {
        let mut entry = share(&tried.in_time);
        entry["replicas"] = json!(tried.replicas);
        entry
    });
    json!({
        "promise": one.promise,
        "at_s": one.at_s,
        "in_time": one.in_time.as_ref().map_or(Value::Null, share),
        "met": one.met,
        "group": one.group.map(|group| drain.model.groups[group].name.as_str()),
        "fluid_replicas": one.fluid_replicas,
        "replicas": one.replicas,
        "tried": tried.collect::<Vec<_>>(),
        "why_not": one.why_not,
    })
}
