//! From loads over time to whole replicas over intervals.

use super::load::GroupLoad;
use super::target::Target;
use super::{LoadRow, StaffingError, StaffingRule};
use crate::model::Replicas;
use crate::units::Seconds;

/// Instants of an interval at which its load is looked at, besides the breakpoints of the rate.
const INSTANTS: usize = 8;

/// Rate and loads, interval by interval.
pub(super) fn rows(load: &GroupLoad, horizon_s: Seconds, interval_s: Seconds) -> Vec<LoadRow> {
    let count = (horizon_s / interval_s * (1.0 - 1e-12)).ceil().max(1.0) as usize;
    let edge = |k: usize| if k == count { horizon_s } else { k as f64 * interval_s };
    (0..count).map(|k| row(load, edge(k), edge(k + 1))).collect()
}

fn row(load: &GroupLoad, from_s: Seconds, until_s: Seconds) -> LoadRow {
    let step_s = (until_s - from_s) / INSTANTS as f64;
    let mut instants_s: Vec<Seconds> = (0..INSTANTS).map(|k| from_s + k as f64 * step_s).collect();
    instants_s.push(until_s.next_down());
    for at_s in load.rate.breakpoints(from_s, until_s) {
        instants_s.extend([at_s.next_down(), at_s]);
    }
    let most = |level: &dyn Fn(Seconds) -> f64| instants_s.iter().map(|at_s| level(*at_s)).fold(0.0, f64::max);
    LoadRow {
        from_s,
        until_s,
        rate_per_s: load.rate.mean(from_s, until_s),
        offered_load: most(&|at_s| load.offered(at_s)),
        pointwise_load: most(&|at_s| load.rate.at(at_s)) / load.served_per_s(),
    }
}

/// `(from_s, replicas)` wherever the number changes, the first at 0.
///
/// # Errors
/// [`StaffingError::Infeasible`] if no number of replicas is enough.
pub(super) fn steps(
    rows: &[LoadRow],
    rule: StaffingRule,
    target: &Target,
    slots_per_replica: u32,
) -> Result<Vec<(Seconds, u32)>, StaffingError> {
    let mut steps: Vec<(Seconds, u32)> = Vec::new();
    for row in rows {
        let load = match rule {
            StaffingRule::OfferedLoad => row.offered_load,
            StaffingRule::Pointwise => row.pointwise_load,
        };
        let replicas = target.slots(load)?.div_ceil(u64::from(slots_per_replica)) as u32;
        if steps.last().is_none_or(|(_, last)| *last != replicas) {
            steps.push((row.from_s, replicas));
        }
    }
    Ok(steps)
}

/// Wanted replicas × hours up to `horizon_s`.
pub(super) fn replica_hours(replicas: &Replicas, horizon_s: Seconds) -> f64 {
    stretches(replicas, horizon_s).map(|(from_s, until_s, count)| (until_s - from_s) * f64::from(count)).sum::<f64>()
        / 3600.0
}

/// Stretches of a constant number up to `horizon_s`: begin, end, replicas.
pub(super) fn stretches(
    replicas: &Replicas,
    horizon_s: Seconds,
) -> impl Iterator<Item = (Seconds, Seconds, u32)> + use<> {
    let steps = match replicas {
        Replicas::Fixed(count) => vec![(0.0, *count)],
        Replicas::Steps(steps) => steps.clone(),
    };
    let ends_s: Vec<Seconds> = steps.iter().skip(1).map(|(from_s, _)| *from_s).chain([horizon_s]).collect();
    steps.into_iter().zip(ends_s).map(|((from_s, count), until_s)| (from_s, until_s, count))
}
