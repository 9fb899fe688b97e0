//! When, within one run, a promise was broken.
//!
//! A promise is about a whole run or window; the rows of the time series show in which intervals it is broken. What a
//! row proves is told, what it leaves open is not. Not here: why it was broken.

use super::replication::Replication;
use crate::model::{Level, Model, Promise, Quantile, Slo};
use crate::units::Seconds;

/// Rows hold the 99th percentile of waits: it proves a breach of this quantile and all above.
const PROVEN_FROM: f64 = 0.99;

/// For each interval of the time series, whether it alone breaks the SLO: the messages published in it waited too long,
/// or the level at its end was too high. A wait that reaches the limit of a latency proves the breach. `None` where the
/// rows cannot tell (a lost share, a drain time, a quantile below p99).
pub fn breaches(model: &Model, slo: &Slo, run: &Replication) -> Option<Vec<bool>> {
    let rows = &run.queues[slo.queue].rows;
    if slo.path.is_some() {
        return None;
    }
    let reaches = |values: &[Option<f64>], limit: f64| -> Vec<bool> {
        values.iter().map(|value| value.is_some_and(|value| value >= limit)).collect()
    };
    let mut broken = match slo.promise {
        Promise::Latency(quantile, limit_s) | Promise::Wait(quantile, limit_s) => match quantile {
            Quantile::Mean => reaches(&rows.wait_mean_s, limit_s),
            Quantile::Max => reaches(&rows.wait_p99_s, limit_s),
            Quantile::P(share) if share >= PROVEN_FROM => reaches(&rows.wait_p99_s, limit_s),
            Quantile::P(_) => return None,
        },
        Promise::Depth(Level::Max, limit) => rows.depth.iter().map(|depth| *depth >= limit).collect(),
        Promise::Depth(..) | Promise::LossShare(_) | Promise::DrainedBy(_) => return None,
    };
    let (from_s, until_s) = slo.during.map_or((0.0, f64::INFINITY), |window| (window.from_s, window.until_s));
    let mut begin_s: Seconds = 0.0;
    for (broken, end_s) in broken.iter_mut().zip(model.interval_ends_s()) {
        // An interval on the edge of a window or of the warm-up holds messages that nothing was promised for.
        *broken &= begin_s >= from_s.max(model.warmup_s) && end_s <= until_s;
        begin_s = end_s;
    }
    Some(broken)
}
