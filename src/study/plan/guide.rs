//! Where to look first: what the equation and queueing theory say of the promises at one setting.
//!
//! Only a guide: runs decide. Not here: the search.

use crate::engine::formula::ExponentialDelay;
use crate::engine::{fluid, formula};
use crate::model::{Level, Model, Promise, Quantile, Slo};
use crate::study::verdict::keeps;

/// Whether the equation breaks none of the promises, as far as it can tell; `None` if it can tell of none.
pub(super) fn by_fluid(model: &Model) -> Option<bool> {
    let queues = fluid::integrate(model);
    let one = |slo: &Slo| {
        if slo.path.is_some() {
            return None;
        }
        let queue = &queues[slo.queue];
        match slo.promise {
            Promise::DrainedBy(_) if queue.max_backlog.is_some() => {
                Some(queue.drained_at_s.is_some_and(|at_s| keeps(slo.promise, at_s)))
            }
            Promise::DrainedBy(_) => None,
            _ => fluid_value(model, slo, queue).map(|value| keeps(slo.promise, value)),
        }
    };
    let judged = model.slos.iter().filter_map(one);
    judged.reduce(|all, kept| all && kept)
}

/// The promised statistic of the backlog or of the delay that the equation gives; work in service is not in it, so that
/// a promise may still be broken that it keeps.
fn fluid_value(model: &Model, slo: &Slo, queue: &fluid::FluidQueue) -> Option<f64> {
    let ends_s = model.interval_ends_s();
    let (from_s, until_s) = slo.during.map_or((model.warmup_s, model.horizon_s), |w| (w.from_s, w.until_s));
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let rows: Vec<(usize, f64)> = ends_s
        .iter()
        .zip(begins_s)
        .enumerate()
        .filter(|(_, (end_s, begin_s))| **end_s > from_s && *begin_s < until_s)
        .map(|(row, (end_s, begin_s))| (row, end_s - begin_s))
        .collect();
    let messages = |row: usize, width_s: f64| queue.publish_rate.get(row).map(|per_s| per_s * width_s);
    match slo.promise {
        Promise::Latency(quantile, _) | Promise::Wait(quantile, _) => {
            let delay = |row: usize| queue.delay_s.get(row).map(|delay_s| delay_s.unwrap_or(f64::INFINITY));
            let weighted: Option<Vec<(f64, f64)>> =
                rows.iter().map(|(row, width_s)| Some((delay(*row)?, messages(*row, *width_s)?))).collect();
            statistic(weighted?, quantile)
        }
        Promise::Depth(level, _) => {
            let weighted: Option<Vec<(f64, f64)>> =
                rows.iter().map(|(row, width_s)| Some((*queue.backlog.get(*row)?, *width_s))).collect();
            let quantile = match level {
                Level::Mean => Quantile::Mean,
                Level::Max => Quantile::Max,
                Level::P(share) => Quantile::P(share),
            };
            statistic(weighted?, quantile)
        }
        Promise::LossShare(_) => {
            let came: f64 = rows.iter().filter_map(|(row, width_s)| messages(*row, *width_s)).sum();
            queue.lost.filter(|_| came > 0.0).map(|lost| lost / came)
        }
        Promise::DrainedBy(_) => queue.drained_at_s,
    }
}

/// A statistic of values with weights.
fn statistic(mut weighted: Vec<(f64, f64)>, quantile: Quantile) -> Option<f64> {
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return None;
    }
    let max = || weighted.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    match quantile {
        Quantile::Max => Some(max()),
        Quantile::Mean => Some(weighted.iter().map(|(value, weight)| value * weight).sum::<f64>() / total),
        Quantile::P(share) => {
            weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut below = 0.0;
            let reached = weighted.iter().find(|(_, weight)| {
                below += weight;
                below >= share * total
            });
            reached.or(weighted.last()).map(|(value, _)| *value)
        }
    }
}

/// The law of the steady state and whether it keeps all promises; `None` where there is no exact one for them. A queue
/// without a steady state keeps none.
pub(super) fn by_formula(model: &Model) -> Option<(Option<String>, bool)> {
    if model.slos.iter().any(|slo| slo.path.is_some() || slo.during.is_some()) {
        return None;
    }
    let queues = formula::solve(model);
    let mut law = None;
    let mut all = true;
    for slo in &model.slos {
        let queue = &queues[slo.queue];
        let Some(name) = &queue.model else {
            let is_unstable = queue.why_not.as_deref().is_some_and(|why| why.contains("no steady state"));
            if is_unstable {
                return Some((None, false));
            }
            return None;
        };
        all &= keeps(slo.promise, formula_value(slo.promise, queue)?);
        law = Some(name.clone());
    }
    Some((law, all))
}

/// The promised statistic of the steady state. A wait that is 0 or exponential has all quantiles, others those that are
/// reported.
fn formula_value(promise: Promise, queue: &formula::FormulaQueue) -> Option<f64> {
    let is_exponential = matches!(queue.model.as_deref(), Some("M/M/c" | "GI/M/c"));
    let delay = || {
        let (probability, mean_s) = (queue.wait_probability?, queue.wait_mean_s?);
        (is_exponential && mean_s > 0.0).then(|| ExponentialDelay { probability, rate_per_s: probability / mean_s })
    };
    match promise {
        Promise::Wait(Quantile::Mean, _) => queue.wait_mean_s,
        Promise::Wait(Quantile::P(share), _) => {
            let known = [
                (0.5, queue.wait_p50_s),
                (0.9, queue.wait_p90_s),
                (0.95, queue.wait_p95_s),
                (0.99, queue.wait_p99_s),
                (0.999, queue.wait_p999_s),
            ];
            let exact = known.into_iter().find(|(other, _)| *other == share).and_then(|(_, wait_s)| wait_s);
            exact.or_else(|| delay().map(|delay| delay.quantile_s(share)))
        }
        Promise::Latency(Quantile::Mean, _) => queue.latency_mean_s,
        Promise::Latency(Quantile::P(share), _) if share == 0.99 && queue.latency_p99_s.is_some() => {
            queue.latency_p99_s
        }
        Promise::Latency(Quantile::P(share), _) => {
            let service_s = queue.latency_mean_s? - queue.wait_mean_s?;
            delay()?.sojourn_quantile_s(1.0 / service_s, share)
        }
        Promise::LossShare(_) => queue.loss,
        Promise::Wait(Quantile::Max, _)
        | Promise::Latency(Quantile::Max, _)
        | Promise::Depth(..)
        | Promise::DrainedBy(_) => None,
    }
}
