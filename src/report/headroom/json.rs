//! `headroom.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Value, json};

use super::super::json::{plain, whole_numbers};
use super::words;
use crate::measure::{Estimate, KeptShare};
use crate::study::Headroom;
use crate::study::headroom::{Away, Lost, Procedure, Saturated, Saturation};

/// The whole answer. Factors are of the load as the scenario has it: 1.38 is 38 % more.
pub fn headroom_json(headroom: &Headroom) -> Value {
    let model = &headroom.model;
    let name = |place: usize| headroom.promises[place].name.as_str();
    let promises = headroom.promises.iter().map(|promise| {
        let entry = json!({
            "promise": promise.promise,
            "queue": model.queues[promise.queue].name,
            "typical": plain(&promise.typical),
            "first_in": promise.first_in,
        });
        (promise.name.clone(), entry)
    });
    let curve = headroom.curve.iter().map(|point| {
        let mut entry = kept(&point.kept);
        entry["factor"] = json!(point.factor);
        entry
    });
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": model.name,
        "engine": "events",
        "seed": model.seed,
        "horizon_s": model.horizon_s,
        "warmup_s": model.warmup_s,
        "kept_in": headroom.options.kept_in,
        "precision": headroom.options.precision,
        "procedure": match headroom.procedure {
            Procedure::Counted { .. } => "counted",
            Procedure::Scattered { .. } => "scattered",
        },
        "replications": headroom.procedure.replications(),
        "factor": plain(&headroom.factor),
        "typical": plain(&headroom.typical),
        "kept_now": kept(&headroom.kept_now),
        "breaks_first": headroom.first.map(name),
        "promises": Value::Object(promises.collect()),
        "saturation": headroom.saturation.iter().map(saturated).collect::<Vec<_>>(),
        "growth": due(headroom),
        "away": headroom.away.iter().map(|one| away(headroom, one)).collect::<Vec<_>>(),
        "curve": curve.collect::<Vec<_>>(),
        "runs": headroom.runs,
        "messages": headroom.messages,
        "wall_s": headroom.wall_s,
        "notes": headroom.notes,
    });
    whole_numbers(&mut root);
    root
}

fn kept(kept: &KeptShare) -> Value {
    json!({ "value": kept.share(), "low": kept.low, "high": kept.high, "runs": kept.runs })
}

fn saturated(one: &Saturation) -> Value {
    let kind = match one.what {
        Saturated::Queue(_) => "queue",
        Saturated::Resource(_) => "resource",
    };
    json!({ "kind": kind, "name": one.name, "on_average": one.on_average, "at_peak": one.at_peak })
}

/// `null` with a reason where nothing says how the load grows.
fn due(headroom: &Headroom) -> Value {
    let Some(due) = &headroom.due else {
        return json!({ "after_s": null, "why_not": "the scenario has no `growth`" });
    };
    let Estimate { value, low, high, .. } = headroom.factor;
    let date = |factor: Option<f64>| {
        factor.and_then(|factor| words::reached(headroom, factor.max(1.0))).map(|date| date.date().to_string())
    };
    json!({
        "by": due.growth.share,
        "every_s": due.growth.every_s,
        "after_s": plain(&due.after_s),
        "date": { "value": date(value), "low": date(low), "high": date(high) },
    })
}

fn away(headroom: &Headroom, one: &Away) -> Value {
    let mut value = match one.lost {
        Lost::Replicas { group, count } => json!({ "group": headroom.model.groups[group].name, "replicas": count }),
        Lost::Zone { of } => json!({ "zones": of }),
    };
    value["away"] = json!(one.words);
    value["kept_now"] = one.kept_now.as_ref().map_or(Value::Null, kept);
    value["factor"] = plain(&one.factor);
    value["breaks_first"] = json!(one.first.map(|place| headroom.model.slos[place].name.as_str()));
    value["due_after_s"] = json!(one.due_after_s);
    value["why_not"] = json!(one.why_not);
    value
}
