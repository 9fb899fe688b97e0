//! `plan.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Map, Value, json};

use super::super::json::{plain, whole_numbers};
use super::words;
use crate::measure::Figure;
use crate::study::Plan;
use crate::study::plan::{Candidate, Neighbours, PlanAnswer};

/// The whole plan. An estimate is `{"value", "low", "high"}`, as in `summary.json`.
pub fn plan_json(plan: &Plan) -> Value {
    let model = &plan.model;
    let axes = plan.axes.iter().map(|axis| json!({ "path": axis.path, "values": axis.values }));
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": model.name,
        "seed": model.seed,
        "horizon_s": model.horizon_s,
        "warmup_s": model.warmup_s,
        "vary": axes.collect::<Vec<_>>(),
        "objective": plan.objective.figure().key(),
        "currency": words::currency(plan),
        "confidence": plan.confidence,
        "certainty": plan.options.certainty,
        "answer": answer(plan),
        "formula": formula(plan),
        "fluid": plan.fluid.zip(plan.ordered).map(|(place, axis)| &plan.axes[axis].values[place]),
        "candidates": plan.candidates.iter().map(|one| candidate(plan, one)).collect::<Vec<_>>(),
        "grid": plan.grid,
        "replications": plan.runs,
        "events": plan.events,
        "messages": plan.messages,
        "wall_s": plan.wall_s,
        "notes": plan.notes,
    });
    whole_numbers(&mut root);
    root
}

fn answer(plan: &Plan) -> Value {
    let at = |k: usize| set(&plan.candidates[k]);
    let beside =
        |neighbours: &Neighbours| json!({ "below": neighbours.below.map(at), "above": neighbours.above.map(at) });
    let told = |k: usize| {
        let one = &plan.candidates[k];
        json!({ "set": at(k), "kept": kept(one), "at_least": one.at_least, "is": one.standing.name() })
    };
    match &plan.answer {
        PlanAnswer::Chosen { candidate, neighbours, open } => {
            let mut value = told(*candidate);
            value["kind"] = json!("chosen");
            value["neighbours"] = beside(neighbours);
            value["undecided"] = open.iter().map(|k| at(*k)).collect();
            value
        }
        PlanAnswer::Bracket { candidate, neighbours, runs_needed } => {
            let mut value = told(*candidate);
            value["kind"] = json!("bracket");
            value["neighbours"] = beside(neighbours);
            value["runs_needed"] = json!(runs_needed);
            value["why_not"] = json!(words::certainty(plan));
            value
        }
        PlanAnswer::Infeasible { best, shortfalls, advice } => {
            let broken = shortfalls.iter().map(|found| {
                let verdict = &plan.candidates[*best].slos[found.slo];
                json!({
                    "slo": verdict.name,
                    "value": plain(&verdict.value),
                    "limit": verdict.limit,
                    "excess": found.excess.map(|excess| excess - 1.0),
                    "kept": found.kept,
                })
            });
            let broken: Vec<Value> = broken.collect();
            json!({
                "kind": "infeasible",
                "set": Value::Null,
                "why_not": words::answer(plan),
                "best": told(*best),
                "broken": broken,
                "advice": advice,
            })
        }
    }
}

/// Path → value.
fn set(candidate: &Candidate) -> Value {
    Value::Object(candidate.changes.iter().map(|change| (change.path.clone(), json!(change.value))).collect())
}

fn kept(candidate: &Candidate) -> Value {
    candidate.kept.map_or(Value::Null, |kept| {
        json!({ "value": kept.share(), "low": kept.low, "high": kept.high, "kept": kept.kept, "runs": kept.runs })
    })
}

fn formula(plan: &Plan) -> Value {
    let Some(found) = &plan.formula else {
        return Value::Null;
    };
    let value = found.place.zip(plan.ordered).map(|(place, axis)| &plan.axes[axis].values[place]);
    json!({ "model": found.law, "value": value, "agrees": found.agrees, "why_it_differs": found.why_it_differs })
}

fn candidate(plan: &Plan, one: &Candidate) -> Value {
    let mut value = Map::new();
    let mut put = |key: &str, entry: Value| value.insert(key.to_owned(), entry);
    put("set", set(one));
    put("is", json!(one.standing.name()));
    put("kept", kept(one));
    put("at_least", json!(one.at_least));
    put("replications", json!(one.replications));
    put("objective", plain(one.figure(plan.objective.figure())));
    for figure in Figure::ALL {
        put(figure.key(), plain(one.figure(figure)));
    }
    put("slo", Value::Object(one.slos.iter().map(|verdict| (verdict.name.clone(), plain(verdict))).collect()));
    Value::Object(value)
}
