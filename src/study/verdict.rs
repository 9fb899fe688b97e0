//! Whether promises were kept.
//!
//! The events engine decides where it ran, because it alone knows how often a promise is kept. Without it the fluid
//! engine answers what the equation can (depth, loss, drain time), and theory answers steady-state waits.

use crate::engine::{fluid::FluidQueue, formula::FormulaQueue};
use crate::measure::summary::SloVerdict;
use crate::measure::{Estimate, EventsOutcome};
use crate::model::{Level, Model, Promise, Quantile, Slo};

/// One verdict per SLO, in the order of the scenario.
pub(super) fn verdicts(
    model: &Model,
    events: Option<&EventsOutcome>,
    fluid: Option<&[FluidQueue]>,
    formula: Option<&[FormulaQueue]>,
) -> Vec<SloVerdict> {
    let verdict = |(id, slo): (usize, &Slo)| match (events, fluid, formula) {
        (Some(events), _, _) => by_events(model, slo, &events.slo_values[id]),
        (None, ..) if slo.path.is_some() => {
            by_one_number(model, slo, Err("latencies from end to end need the events engine".to_owned()))
        }
        (None, Some(fluid), _) => by_fluid(model, slo, &fluid[slo.queue]),
        (None, None, Some(formula)) => by_one_number(model, slo, formula_value(slo, &formula[slo.queue])),
        (None, None, None) => by_one_number(model, slo, Err("no engine ran".to_owned())),
    };
    model.slos.iter().enumerate().map(verdict).collect()
}

/// The limit that the statistic must stay below, in seconds, messages or a share.
pub(super) fn limit(promise: Promise) -> f64 {
    match promise {
        Promise::Latency(_, limit)
        | Promise::Wait(_, limit)
        | Promise::Depth(_, limit)
        | Promise::LossShare(limit)
        | Promise::DrainedBy(limit) => limit,
    }
}

/// Everything must be *below* its limit; only a deadline may be reached exactly.
pub(super) fn keeps(promise: Promise, value: f64) -> bool {
    match promise {
        Promise::DrainedBy(by_s) => value <= by_s,
        _ => value < limit(promise),
    }
}

/// Whether one run kept all promises, given the statistic that each speaks of; `None` where none of them could be
/// judged.
pub(super) fn kept_all(model: &Model, values: &[Option<f64>]) -> Option<bool> {
    let judged = model.slos.iter().zip(values).filter_map(|(slo, value)| kept_one(slo, *value));
    judged.reduce(|all, kept| all && kept)
}

/// Whether one run kept one promise; `None` where it could not be judged.
pub(super) fn kept_one(slo: &Slo, value: Option<f64>) -> Option<bool> {
    match (value, slo.promise) {
        (Some(value), promise) => Some(keeps(promise, value)),
        (None, Promise::DrainedBy(_)) => Some(false),
        (None, _) => None,
    }
}

/// The verdict on one promise, given the statistic that it speaks of in each run.
pub(super) fn by_events(model: &Model, slo: &Slo, values: &[Option<f64>]) -> SloVerdict {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let never = match slo.promise {
        Promise::DrainedBy(_) => "messages were ready at the horizon in every replication",
        _ if slo.path.is_some() => "no message of the window has completed the path",
        _ => "no message of the window was measured",
    };
    let value = Estimate::of(&known, never);
    let kept = known.iter().filter(|value| keeps(slo.promise, **value)).count();
    // A replication that never drained broke its promise; one without any message neither kept nor broke one.
    let judged = if matches!(slo.promise, Promise::DrainedBy(_)) { values.len() } else { known.len() };
    let met = match (value.value, slo.promise) {
        (_, Promise::DrainedBy(_)) if known.len() < values.len() => Some(false),
        (Some(value), promise) => Some(keeps(promise, value)),
        (None, _) => None,
    };
    SloVerdict {
        name: slo.name.clone(),
        promise: words(model, slo),
        met,
        value,
        limit: limit(slo.promise),
        probability_met: (judged > 0).then(|| kept as f64 / judged as f64),
    }
}

fn by_one_number(model: &Model, slo: &Slo, found: Result<f64, String>) -> SloVerdict {
    let (met, value) = match found {
        Ok(value) => (Some(keeps(slo.promise, value)), Estimate { value: Some(value), ..Estimate::default() }),
        Err(why_not) => (None, Estimate::missing(why_not)),
    };
    SloVerdict {
        name: slo.name.clone(),
        promise: words(model, slo),
        met,
        value,
        limit: limit(slo.promise),
        probability_met: None,
    }
}

/// What the equation can judge. Its level is what waits: a promise about depth is surely broken by a backlog that
/// breaks it, but not surely kept by one that does not.
fn by_fluid(model: &Model, slo: &Slo, fluid: &FluidQueue) -> SloVerdict {
    let missing = || fluid.why_not.clone().unwrap_or_else(|| "the fluid engine has no such number".to_owned());
    let broken = |why: &str| SloVerdict { met: Some(false), ..by_one_number(model, slo, Err(why.to_owned())) };
    let single = "quantiles of single messages need the events engine";
    let judged = match slo.promise {
        _ if slo.during.is_some() => Err("the fluid engine's summary has no windows; use the events engine".to_owned()),
        Promise::Wait(Quantile::Max, _) => fluid.max_delay_s.ok_or_else(missing),
        Promise::Latency(Quantile::Max, limit) | Promise::Depth(Level::Max, limit) => {
            let at_least = match slo.promise {
                Promise::Depth(..) => fluid.max_backlog,
                _ => fluid.max_delay_s,
            };
            match at_least {
                Some(at_least) if at_least >= limit => Ok(at_least),
                Some(_) => {
                    Err("messages in service, which the fluid engine leaves out, may decide; use events".to_owned())
                }
                None => Err(missing()),
            }
        }
        Promise::DrainedBy(_) => match (fluid.drained_at_s, fluid.max_backlog) {
            (None, Some(_)) => return broken("messages still wait at the horizon"),
            (drained_at_s, _) => drained_at_s.ok_or_else(missing),
        },
        Promise::LossShare(_) => lost_share(model, slo, fluid).ok_or_else(missing),
        Promise::Depth(..) => {
            Err("depth counts messages in service, which the fluid engine leaves out; use events".to_owned())
        }
        Promise::Latency(..) | Promise::Wait(..) => Err(single.to_owned()),
    };
    by_one_number(model, slo, judged)
}

/// Lost messages as a share of all that came.
fn lost_share(model: &Model, slo: &Slo, fluid: &FluidQueue) -> Option<f64> {
    let lost = fluid.lost?;
    let mut from_s = 0.0;
    let mut came = model.queues[slo.queue].initial as f64;
    for (until_s, rate) in model.interval_ends_s().into_iter().zip(&fluid.publish_rate) {
        came += rate * (until_s - from_s);
        from_s = until_s;
    }
    (came > 0.0).then(|| lost / came)
}

fn formula_value(slo: &Slo, formula: &FormulaQueue) -> Result<f64, String> {
    let missing = || formula.why_not.clone().unwrap_or_else(|| "there is no formula for this promise".to_owned());
    if slo.during.is_some() {
        return Err("a steady state has no windows; use the events engine".to_owned());
    }
    let quantile = |share: f64, known: [Option<f64>; 5]| {
        let shares = [0.5, 0.9, 0.95, 0.99, 0.999];
        shares.iter().position(|other| *other == share).and_then(|place| known[place])
    };
    let waits = [formula.wait_p50_s, formula.wait_p90_s, formula.wait_p95_s, formula.wait_p99_s, formula.wait_p999_s];
    match slo.promise {
        Promise::Wait(Quantile::Mean, _) => formula.wait_mean_s,
        Promise::Wait(Quantile::P(share), _) => quantile(share, waits),
        Promise::Latency(Quantile::Mean, _) => formula.latency_mean_s,
        Promise::Latency(Quantile::P(share), _) => quantile(share, [None, None, None, formula.latency_p99_s, None]),
        Promise::LossShare(_) => formula.loss,
        _ => None,
    }
    .ok_or_else(missing)
}

/// The promise as a person would say it.
pub(super) fn words(model: &Model, slo: &Slo) -> String {
    let queue = slo.path.map_or(&model.queues[slo.queue].name, |path| &model.paths[path].name);
    let share = |share: f64| format!("p{}", format!("{:.6}", share * 100.0).trim_end_matches('0').replace('.', ""));
    let quantile = |quantile: Quantile| match quantile {
        Quantile::Mean => "mean".to_owned(),
        Quantile::Max => "max".to_owned(),
        Quantile::P(p) => share(p),
    };
    match slo.promise {
        Promise::Latency(q, _) => format!("{queue}: {} latency", quantile(q)),
        Promise::Wait(q, _) => format!("{queue}: {} wait", quantile(q)),
        Promise::Depth(Level::Mean, _) => format!("{queue}: mean depth"),
        Promise::Depth(Level::Max, _) => format!("{queue}: max depth"),
        Promise::Depth(Level::P(p), _) => format!("{queue}: {} depth", share(p)),
        Promise::LossShare(_) => format!("{queue}: lost share"),
        Promise::DrainedBy(_) => format!("{queue}: drained by"),
    }
}
