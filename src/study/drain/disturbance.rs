//! When a disturbance ends, and when the backlog that it leaves is gone by the equation.
//!
//! Not here: runs.

use super::{Disturbance, DisturbanceKind};
use crate::engine::fluid::{self, Trajectory};
use crate::model::{Model, QueueId};
use crate::units::{Seconds, show_count};

/// Less than a message that waits is no backlog.
const LEAST_BACKLOG: f64 = 1.0;

/// What the equation says about one queue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ByFluid {
    /// `None` if there is never a backlog, or if the equation has no answer.
    pub disturbance: Option<Disturbance>,
    /// From its end until the backlog is gone.
    pub clear_s: Option<Seconds>,
    pub most: Option<f64>,
    pub why_not: Option<String>,
}

/// The end of the disturbance is that of the outage during which the backlog grew, and its peak otherwise.
pub(super) fn by_fluid(model: &Model, queue: QueueId) -> ByFluid {
    let path = match fluid::trajectory(model, queue) {
        Ok(path) => path,
        Err(why_not) => {
            return ByFluid { disturbance: None, clear_s: None, most: None, why_not: Some(why_not.to_string()) };
        }
    };
    let (most, peak_s) = path.peak();
    if most < LEAST_BACKLOG {
        let why_not = Some("nothing ever waits by the fluid equation".to_owned());
        return ByFluid { disturbance: None, clear_s: None, most: Some(most), why_not };
    }
    let disturbance = kind(model, queue, &path, most, peak_s);
    let clear_at_s = clear_at_s(&path, disturbance.until_s).filter(|at_s| *at_s <= model.horizon_s);
    let why_not = clear_at_s.is_none().then(|| {
        let left = show_count(path.backlog_at(model.horizon_s).round());
        format!("{left} messages still wait at the horizon by the fluid equation")
    });
    let clear_s = clear_at_s.map(|at_s| (at_s - disturbance.until_s).max(0.0));
    ByFluid { disturbance: Some(disturbance), clear_s, most: Some(most), why_not }
}

fn kind(model: &Model, queue: QueueId, path: &Trajectory, most: f64, peak_s: Seconds) -> Disturbance {
    // During such an outage most of the backlog has come.
    let grew = |outage: &&(Seconds, Seconds)| {
        let (from_s, until_s) = (outage.0.min(model.horizon_s), outage.1.min(model.horizon_s));
        path.backlog_at(from_s) < 0.5 * most && path.backlog_at(until_s) >= 0.5 * most && from_s < peak_s
    };
    let ends = |outages: &[(Seconds, Seconds)]| outages.iter().rfind(grew).map(|(_, until_s)| *until_s);
    if let Some(until_s) = ends(&model.queues[queue].broker_outages) {
        return Disturbance { until_s, kind: DisturbanceKind::BrokerOutage };
    }
    if let Some(until_s) = model.groups_of(queue).find_map(|group| ends(&group.outages)) {
        return Disturbance { until_s, kind: DisturbanceKind::Outage };
    }
    peak(model, queue, peak_s)
}

/// What ends at the peak of the backlog. A backlog that grows up to the horizon from messages that were there already
/// has no later end: it counts from the start.
pub(super) fn peak(model: &Model, queue: QueueId, peak_s: Seconds) -> Disturbance {
    let grows_for_ever = model.queues[queue].initial > 0 && peak_s >= model.horizon_s * (1.0 - 1e-9);
    if peak_s == 0.0 || grows_for_ever {
        Disturbance { until_s: 0.0, kind: DisturbanceKind::Initial }
    } else {
        Disturbance { until_s: peak_s, kind: DisturbanceKind::Overload }
    }
}

/// The first instant from `from_s` on at which nothing waits.
fn clear_at_s(path: &Trajectory, from_s: Seconds) -> Option<Seconds> {
    if path.backlog_at(from_s) <= 0.0 {
        return Some(from_s);
    }
    let later = path.pieces().iter().filter(|piece| piece.until_s > from_s);
    later.filter(|piece| piece.backlog_until <= 0.0).map(|piece| piece.until_s).next()
}
