//! For how long a promise is broken, as the rows of the time series show it.
//!
//! A row shows the mean over runs: what it proves is told, what it leaves open is not.

use super::Context;
use crate::model::{Level, Promise, Quantile, Slo};
use crate::report::number::duration;
use crate::report::view::QueueView;

/// Rows hold the 99th percentile of waits: it proves a breach of this quantile and all above.
const PROVEN_FROM: f64 = 0.99;

/// `broken for 48m between 08:33 and 09:21`, if the rows show a breach.
pub(super) fn words(context: &Context, slo: &Slo) -> Option<String> {
    let views = QueueView::all(&context.source.findings.outcome);
    let view = views.get(slo.queue).filter(|_| slo.path.is_none())?;
    let rows = rows(view, slo)?;
    let first = rows.iter().position(|broken| *broken)?;
    let last = rows.iter().rposition(|broken| *broken)?;
    let length_s = |k: usize| view.interval_s(k).1 - view.interval_s(k).0;
    let total_s: f64 = (0..rows.len()).filter(|k| rows[*k]).map(length_s).sum();
    let (from, until) = (view.clock.instant(view.interval_s(first).0), view.clock.instant(view.interval_s(last).1));
    let whose = match slo.promise {
        Promise::Depth(..) => "the depth is above its limit",
        _ => "messages published are late",
    };
    let over = if view.replications() > 1 { "on average over runs" } else { "in the one run there is" };
    Some(format!("{whose} for {} between {from} and {until}, {over}", duration(total_s)))
}

/// The intervals that break the promise.
fn rows(view: &QueueView, slo: &Slo) -> Option<Vec<bool>> {
    let series = view.series?;
    let late = |values: &[Option<f64>], limit: f64| -> Vec<bool> {
        values.iter().map(|value| value.is_some_and(|value| value >= limit)).collect()
    };
    let mut rows = match slo.promise {
        Promise::Latency(quantile, limit_s) | Promise::Wait(quantile, limit_s) => match quantile {
            Quantile::Mean => late(&series.wait_mean_s, limit_s),
            Quantile::Max => late(&series.wait_p99_s, limit_s),
            Quantile::P(share) if share >= PROVEN_FROM => late(&series.wait_p99_s, limit_s),
            Quantile::P(_) => return None,
        },
        Promise::Depth(Level::Max, limit) => series.depth_mean.iter().map(|depth| *depth >= limit).collect(),
        Promise::Depth(..) | Promise::LossShare(_) | Promise::DrainedBy(_) => return None,
    };
    let (from_s, until_s) = slo.during.map_or((0.0, f64::INFINITY), |window| (window.from_s, window.until_s));
    for (k, broken) in rows.iter_mut().enumerate() {
        let (begin_s, end_s) = view.interval_s(k);
        *broken &= begin_s >= from_s.max(view.outcome.model.warmup_s) && end_s <= until_s;
    }
    Some(rows)
}
