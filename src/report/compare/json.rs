//! `compare.json`: stable keys in a stable order. A value that does not exist is `null` with its reason beside it.

use serde_json::{Map, Value, json};

use super::super::json::{plain, whole_numbers};
use super::words;
use crate::measure::selection::ShareVerdict;
use crate::measure::summary::SloVerdict;
use crate::measure::{EngineChoice, Estimate, Figure, Sign};
use crate::study::Comparison;
use crate::study::compare::{Pair, Preference, Procedure, Selection, StrategyOutcome, TimeBroken};

/// The whole comparison.
///
/// An estimate is `{"value", "low", "high"}`, as in `summary.json`; that of a pair is the first strategy's number less
/// the other's, with its paired interval, and `is` says what it shows: `lower`, `higher`, or `open` where it holds 0.
pub fn compare_json(comparison: &Comparison) -> Value {
    let model = &comparison.model;
    let group = &model.groups[comparison.group];
    let is_fluid = comparison.engine == EngineChoice::Fluid;
    let strategies = comparison.strategies.iter().enumerate();
    let strategies = strategies.map(|(k, one)| (one.name.clone(), strategy(comparison, k, one)));
    let mut root = json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": model.name,
        "engine": if is_fluid { "fluid" } else { "events" },
        "seed": model.seed,
        "group": group.name,
        "queue": model.queues[group.from].name,
        "horizon_s": model.horizon_s,
        "warmup_s": model.warmup_s,
        "events": (!is_fluid).then_some(comparison.events),
        "messages": (!is_fluid).then_some(comparison.messages),
        "wall_s": comparison.wall_s,
        "objective": comparison.objective.figure().key(),
        "currency": words::currency(comparison),
        "selection": selection(comparison),
        "front": comparison.front.iter().map(|k| &comparison.strategies[*k].name).collect::<Vec<_>>(),
        "strategies": Value::Object(strategies.collect()),
        "pairs": comparison.pairs.iter().map(|one| pair(comparison, one)).collect::<Vec<_>>(),
        "notes": comparison.notes,
    });
    whole_numbers(&mut root);
    root
}

fn selection(comparison: &Comparison) -> Value {
    let name = |k: usize| comparison.strategies[k].name.as_str();
    let (strategy, candidates, procedure): (Option<&str>, Vec<&str>, Option<&Procedure>) = match &comparison.selection {
        Selection::NotAsked { .. } => (None, Vec::new(), None),
        Selection::Chosen { strategy, procedure } => (Some(name(*strategy)), vec![name(*strategy)], Some(procedure)),
        Selection::Nobody { procedure } => (None, Vec::new(), Some(procedure)),
        Selection::Undecided { leaders, procedure } => {
            (None, leaders.iter().map(|k| name(*k)).collect(), Some(procedure))
        }
    };
    let mut value = json!({
        "strategy": strategy,
        "candidates": candidates,
        "confidence": comparison.options.confidence,
        "kept_in": comparison.options.kept_in,
        "kept_in_from": procedure.map(|procedure| procedure.hardly),
        "kept_in_to": procedure.map(|procedure| procedure.surely),
        "indifference": procedure.map(|procedure| procedure.indifference),
        "at_most": procedure.map(|procedure| procedure.at_most),
    });
    if strategy.is_none() {
        value["why_not"] = json!(words::why_nobody(comparison));
    }
    value
}

fn strategy(comparison: &Comparison, place: usize, one: &StrategyOutcome) -> Value {
    let verdict = one.verdict.map(|verdict| match verdict {
        ShareVerdict::Reached => "yes",
        ShareVerdict::Missed => "no",
        ShareVerdict::Open => "open",
    });
    let kept = one.kept.map(|kept| json!({ "value": kept.share(), "low": kept.low, "high": kept.high }));
    let mut value = Map::new();
    let mut put = |key: &str, entry: Value| value.insert(key.to_owned(), entry);
    put("kind", json!(one.kind));
    put("replications", json!(one.replications));
    put("kept_all", kept.unwrap_or(Value::Null));
    put("keeps", json!(verdict));
    put("on_front", json!(comparison.front.contains(&place)));
    for figure in Figure::ALL {
        put(figure.key(), plain(one.figure(figure)));
    }
    let slos = one.slos.iter().zip(&one.broken);
    put(
        "slo",
        Value::Object(slos.map(|(verdict, broken)| (verdict.name.clone(), slo(verdict, broken.as_ref()))).collect()),
    );
    Value::Object(value)
}

fn slo(verdict: &SloVerdict, known: Option<&TimeBroken>) -> Value {
    let mut value = plain(verdict);
    let span = known.and_then(|broken| broken.span);
    value["broken_s"] = match known {
        Some(broken) => plain(&broken.seconds),
        None => plain(&Estimate::missing("the time series cannot tell when this promise is broken")),
    };
    value["broken_from_s"] = json!(span.map(|(from_s, _)| from_s));
    value["broken_until_s"] = json!(span.map(|(_, until_s)| until_s));
    let causes = known.map_or(&[][..], |broken| &broken.causes);
    let causes = causes.iter().map(|(cause, share)| json!({ "cause": cause.name(), "share": share }));
    value["causes"] = Value::Array(causes.collect());
    value
}

fn pair(comparison: &Comparison, pair: &Pair) -> Value {
    let [first, second] = [pair.first, pair.second].map(|k| comparison.strategies[k].name.as_str());
    let difference = |(figure, estimate): (Figure, &Estimate)| {
        let mut value = plain(estimate);
        value["is"] = json!(Sign::of(estimate).map(Sign::name));
        (figure.key().to_owned(), value)
    };
    let preferred = match pair.preference {
        Some(Preference::First) => Some(first),
        Some(Preference::Second) => Some(second),
        Some(Preference::Open) | None => None,
    };
    json!({
        "strategy": first,
        "against": second,
        "replications": pair.runs,
        "cheaper": preferred,
        "differences": Value::Object(Figure::ALL.into_iter().zip(&pair.differences).map(difference).collect()),
    })
}
