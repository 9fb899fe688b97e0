//! How well the queue must be served at every instant, and how many slots that takes for a given load.
//!
//! A promise about all messages of the run is kept if it is kept at every instant: a p99 becomes 1 % at each of them.

use super::load::GroupLoad;
use super::{StaffingError, StaffingTarget};
use crate::engine::formula::{ErlangA, erlang_c};
use crate::model::{GroupId, Model, Promise, Quantile, Slo};
use crate::units::{PerSecond, Seconds, show_count, show_duration};

/// Cells of the sum over service times.
const CELLS: usize = 256;
/// No group has more slots.
const MOST_SLOTS: u64 = 1 << 32;

/// The target that was asked for, or the strictest of the promises, and where it came from.
///
/// # Errors
/// [`StaffingError::NoTarget`] if there is neither.
pub(super) fn wanted(
    model: &Model,
    group: GroupId,
    asked: Option<StaffingTarget>,
) -> Result<(StaffingTarget, String), StaffingError> {
    if let Some(target) = asked {
        return Ok((target, format!("asked for: {}", words(target))));
    }
    let queue = model.groups[group].from;
    let promises = model.slos.iter().filter(|slo| slo.queue == queue && slo.path.is_none());
    let found = promises.filter_map(|slo| Some((of_promise(slo)?, slo)));
    // The least seconds per share is the strictest for all but curious pairs; those are decided by the simulation.
    let strictness = |target: &StaffingTarget| match *target {
        StaffingTarget::DelayProbability(_) => 0.0,
        StaffingTarget::Wait { share, within_s } | StaffingTarget::Latency { share, within_s } => {
            within_s / -share.ln()
        }
    };
    let strictest = found.min_by(|a, b| strictness(&a.0).total_cmp(&strictness(&b.0)));
    let (target, slo) = strictest.ok_or_else(|| StaffingError::NoTarget { queue: model.queues[queue].name.clone() })?;
    Ok((target, format!("{}: {}", slo.name, words(target))))
}

/// A promise about a quantile as a target; means and largest values are none.
fn of_promise(slo: &Slo) -> Option<StaffingTarget> {
    match slo.promise {
        Promise::Wait(Quantile::P(level), within_s) => Some(StaffingTarget::Wait { share: 1.0 - level, within_s }),
        Promise::Latency(Quantile::P(level), within_s) => {
            Some(StaffingTarget::Latency { share: 1.0 - level, within_s })
        }
        _ => None,
    }
}

fn words(target: StaffingTarget) -> String {
    // Rounding must not turn 1 % into 1.0000000000000009 %.
    let percent = |share: f64| format!("{} %", show_count((1e9 * share).round() / 1e7));
    match target {
        StaffingTarget::DelayProbability(share) => format!("at most {} wait", percent(share)),
        StaffingTarget::Wait { share, within_s } => {
            format!("at most {} wait longer than {}", percent(share), show_duration(within_s))
        }
        StaffingTarget::Latency { share, within_s } => {
            format!("at most {} take longer than {}", percent(share), show_duration(within_s))
        }
    }
}

/// A target with what is needed to hold it against a number of slots.
#[derive(Clone, Debug)]
pub(super) struct Target {
    aim: StaffingTarget,
    group: String,
    served_per_s: PerSecond,
    patience_per_s: Option<f64>,
    /// For a latency: what is left for the wait, and the share of messages with that service.
    left: Vec<(Seconds, f64)>,
    /// For a latency: the share whose service alone takes longer.
    hopeless: f64,
}

impl Target {
    /// # Errors
    /// [`StaffingError::NotApplicable`] for a share outside of (0, 1), [`StaffingError::Infeasible`] if services alone
    /// take too long.
    pub fn new(model: &Model, group: GroupId, load: &GroupLoad, target: StaffingTarget) -> Result<Self, StaffingError> {
        let name = model.groups[group].name.clone();
        let (StaffingTarget::DelayProbability(share)
        | StaffingTarget::Wait { share, .. }
        | StaffingTarget::Latency { share, .. }) = target;
        if !(share > 0.0 && share < 1.0) {
            let why = format!("{} is no share between 0 and 1", show_count(share));
            return Err(StaffingError::NotApplicable { group: name, why });
        }
        let (mut left, mut hopeless) = (Vec::new(), 0.0);
        if let StaffingTarget::Latency { within_s, .. } = target {
            hopeless = load.service.survival(within_s * load.speed);
            if hopeless >= share {
                let service = format!("{} %", show_count(100.0 * hopeless));
                let why = format!("{service} of the services alone take longer than {}", show_duration(within_s));
                return Err(StaffingError::Infeasible { group: name, why });
            }
            left = cells(load, within_s);
        }
        let (served_per_s, patience_per_s) = (load.served_per_s(), load.patience_per_s);
        Ok(Target { aim: target, group: name, served_per_s, patience_per_s, left, hopeless })
    }

    /// The fewest slots, at least one, that keep the target at a constant load of so many busy slots.
    ///
    /// # Errors
    /// [`StaffingError::Infeasible`] if no number does.
    pub fn slots(&self, load: f64) -> Result<u64, StaffingError> {
        let mut enough = 1;
        let mut short = 0;
        while !self.is_kept(load, enough) {
            (short, enough) = (enough, 2 * enough.max(load as u64));
            if enough > MOST_SLOTS {
                let why = format!("not even {MOST_SLOTS} slots keep it at a load of {}", show_count(load));
                return Err(StaffingError::Infeasible { group: self.group.clone(), why });
            }
        }
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            if self.is_kept(load, middle) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        Ok(enough)
    }

    /// Whether `slots` keep it: P(W > w) = C·e^{−(c − a)μw} of an M/M/c (Erlang 1917), with impatience P(W > 0) of an
    /// M/M/c+M (Palm 1957).
    fn is_kept(&self, load: f64, slots: u64) -> bool {
        if let (StaffingTarget::DelayProbability(share), Some(patience)) = (self.aim, self.patience_per_s) {
            let arrivals_per_s = load * self.served_per_s;
            let law = ErlangA::new(arrivals_per_s, self.served_per_s, patience, slots);
            return law.map_or(load <= 0.0, |law| law.wait_probability() <= share);
        }
        if load >= slots as f64 {
            return false;
        }
        let waits = erlang_c(slots, load);
        let drift_per_s = (slots as f64 - load) * self.served_per_s;
        match self.aim {
            StaffingTarget::DelayProbability(share) => waits <= share,
            StaffingTarget::Wait { share, within_s } => waits * (-drift_per_s * within_s).exp() <= share,
            StaffingTarget::Latency { share, .. } => {
                let late: f64 = self.left.iter().map(|(left_s, part)| part * (-drift_per_s * left_s).exp()).sum();
                self.hopeless + waits * late <= share
            }
        }
    }
}

/// Services up to `within_s` in cells: what each leaves for the wait, at its end, and its share.
fn cells(load: &GroupLoad, within_s: Seconds) -> Vec<(Seconds, f64)> {
    let edge = |k: usize| within_s * k as f64 / CELLS as f64;
    let share = |k: usize| load.service.cdf(edge(k) * load.speed);
    let first = (within_s, share(0));
    let rest = (1..=CELLS).map(|k| (within_s - edge(k), share(k) - share(k - 1)));
    std::iter::once(first).chain(rest).collect()
}
