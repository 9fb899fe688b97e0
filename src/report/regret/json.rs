//! `regret.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Value, json};

use super::super::json::whole_numbers;
use super::words;
use crate::measure::EngineChoice;
use crate::scenario::Uncertain;
use crate::study::RegretPlan;
use crate::study::regret::{Driver, RegretCandidate, Weighed};

/// The whole plan under uncertainty. Values of inputs are in base units: per second, seconds, factors, an amount per
/// hour. `required` is the setting that is just enough, `null` where not even the dearest one is.
pub fn regret_json(plan: &RegretPlan) -> Value {
    let is_fluid = plan.options.engine == EngineChoice::Fluid;
    let price = plan.options.price;
    let needs = plan.requirement;
    let setting = |place: Option<usize>| place.map(|place| plan.candidates[place].setting.as_str());
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": plan.model.name,
        "engine": if is_fluid { "fluid" } else { "events" },
        "seed": plan.model.seed,
        "horizon_s": plan.model.horizon_s,
        "warmup_s": plan.model.warmup_s,
        "vary": plan.axis.path,
        "objective": plan.objective.figure().key(),
        "currency": words::currency(plan),
        "regret": { "too_little": price.too_little, "too_much": price.too_much, "exponent": price.exponent },
        "chosen": setting(plan.chosen),
        "requirement": {
            "p05": setting(needs.p05),
            "p50": setting(needs.p50),
            "p95": setting(needs.p95),
            "at_medians": setting(needs.at_medians),
            "beyond": needs.beyond,
        },
        "inputs": plan.inputs.iter().map(input).collect::<Vec<_>>(),
        "drivers": plan.drivers.iter().map(driver).collect::<Vec<_>>(),
        "candidates": plan.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "draws": plan.draws.iter().map(|draw| drawn(plan, draw)).collect::<Vec<_>>(),
        "replications": (!is_fluid).then_some(plan.options.replications),
        "runs": (!is_fluid).then_some(plan.runs),
        "events": (!is_fluid).then_some(plan.events),
        "messages": (!is_fluid).then_some(plan.messages),
        "wall_s": plan.wall_s,
        "notes": plan.notes,
    });
    if plan.chosen.is_none() {
        root["why_not"] = json!(words::answer(plan));
    }
    if let Some(why) = &plan.why_no_drivers {
        root["why_no_drivers"] = json!(why);
    }
    whole_numbers(&mut root);
    root
}

fn input(input: &Uncertain) -> Value {
    json!({
        "path": input.path,
        "also": input.also,
        "low": input.interval[0],
        "median": input.median(),
        "high": input.interval[1],
        "confidence": input.confidence,
    })
}

fn driver(driver: &Driver) -> Value {
    json!({
        "path": driver.path,
        "share_of_variance": { "value": driver.share, "low": driver.low, "high": driver.high },
        "grows": driver.grows,
    })
}

fn candidate(one: &RegretCandidate) -> Value {
    let enough = &one.enough;
    json!({
        "setting": one.setting,
        "cost": one.cost,
        "expected_regret": one.expected_regret,
        "more_than_chosen": one.more_than_chosen,
        "enough": { "value": enough.share(), "low": enough.low, "high": enough.high },
    })
}

fn drawn(plan: &RegretPlan, draw: &Weighed) -> Value {
    let required = draw.required.map(|place| plan.candidates[place].setting.as_str());
    json!({ "values": draw.values, "required": required })
}
