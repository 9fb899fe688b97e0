//! `sweep.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Map, Value, json};

use super::super::json::{plain, whole_numbers};
use super::view::View;
use super::words;
use crate::measure::EngineChoice;
use crate::study::Sweep;
use crate::study::compare::KeptShare;
use crate::study::sweep::{PromisePoint, QueueFigure, QueuePoint, Shown, SweepPoint};

/// The whole sweep.
///
/// An estimate is `{"value", "low", "high"}`, as in `summary.json`. There is no time in it: equal sweeps have equal
/// bytes, whether they were interrupted or not.
pub fn sweep_json(sweep: &Sweep, shown: &Shown) -> Value {
    let model = &sweep.model;
    let is_simulated = !matches!(sweep.engine, EngineChoice::Fluid | EngineChoice::Formula);
    let axes: Vec<Value> =
        sweep.grid.axes.iter().map(|axis| json!({ "path": axis.path, "values": axis.values })).collect();
    let currency = model.groups.iter().find_map(|group| group.cost.as_ref()).map(|cost| &cost.currency);
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": model.name,
        "engine": match sweep.engine {
            EngineChoice::Fluid => "fluid",
            EngineChoice::Formula => "formula",
            _ => "events",
        },
        "seed": model.seed,
        "horizon_s": model.horizon_s,
        "warmup_s": model.warmup_s,
        "events": is_simulated.then(|| sweep.points.iter().map(|point| point.events).sum::<u64>()),
        "currency": currency,
        "axes": axes,
        "shown": name(shown),
        "finding": words::finding(&View::new(sweep, shown)),
        "points": sweep.points.iter().map(|one| point(sweep, one)).collect::<Vec<_>>(),
        "notes": sweep.notes,
    });
    whole_numbers(&mut root);
    root
}

/// The shown number as `--show` takes it.
fn name(shown: &Shown) -> String {
    match shown {
        Shown::Figure { queue, figure } => format!("{queue}.{}", figure.name()),
        Shown::Promise(name) => name.clone(),
        Shown::Kept => "kept".to_owned(),
    }
}

fn point(sweep: &Sweep, one: &SweepPoint) -> Value {
    let values: Map<String, Value> =
        sweep.grid.changes(one.point).into_iter().map(|change| (change.path, json!(change.value))).collect();
    let queues: Map<String, Value> = one.queues.iter().map(|queue| (queue.name.clone(), figures(queue))).collect();
    let promises: Map<String, Value> =
        one.promises.iter().map(|promise| (promise.verdict.name.clone(), verdict(promise))).collect();
    json!({
        "values": values,
        "replications": one.replications,
        "kept_all": kept(one.kept_all),
        "slo": promises,
        "queues": queues,
    })
}

fn figures(queue: &QueuePoint) -> Value {
    let each = QueueFigure::ALL.into_iter().map(|figure| (figure.key().to_owned(), plain(queue.figure(figure))));
    Value::Object(each.collect())
}

fn verdict(promise: &PromisePoint) -> Value {
    let mut value = plain(&promise.verdict);
    value["kept"] = kept(promise.kept);
    value
}

fn kept(share: Option<KeptShare>) -> Value {
    share.map_or(Value::Null, |kept| {
        json!({ "value": kept.share(), "low": kept.low, "high": kept.high, "kept": kept.kept, "runs": kept.runs })
    })
}
