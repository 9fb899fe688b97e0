//! Time-varying staffing: how many replicas, when, so that waiting is as rare at noon as at midnight.
//!
//! The slots that a time of day needs follow from the offered load m(t), the mean number that would be busy if there
//! were always enough of them: c(t) is the least number with which a queue of that constant load keeps the target
//! (modified offered load; Jennings, Mandelbaum, Massey and Whitt 1996). Beside it stands pointwise staffing, the
//! same rule by the rate of the instant, which is late by about one service. Both schedules are whole replicas over
//! intervals and are simulated through the scenario as it is, whatever its service; the rule itself knows services only
//! by their offered load and takes waits for those of an M/M/c. Not here: the offered load (`engine::formula`), and
//! strategies that react (`scaling`).

mod autoscaler;
mod load;
mod outcome;
mod schedule;
mod target;
#[cfg(test)]
mod tests;

pub use outcome::{
    AutoscalerSettings, DelayRange, LoadRow, Staffing, StaffingError, StaffingOptions, StaffingOutcome, StaffingRule,
    StaffingTarget,
};

use super::compare::KeptShare;
use super::repeat::{Progress, repeat};
use super::verdict::{kept_all, verdicts};
use crate::engine::transient::{Effort, TransientQueue, solve_queue};
use crate::measure::EventsOutcome;
use crate::model::{GroupId, Model, Replicas, Shutdown};
use crate::units::Seconds;
use load::GroupLoad;
use target::Target;

/// Shortest interval of a schedule that is chosen without being asked.
const USUAL_INTERVAL_S: Seconds = 300.0;
/// Work that the exact law of a schedule may take: a few seconds.
const EFFORT: Effort = Effort { most: 2e9, ..Effort::PATIENT };
/// Mean services after which an empty begin is forgotten.
const FORGOTTEN: f64 = 5.0;

/// Staffs one group of `model` over its horizon, by the offered load and pointwise, and simulates both.
///
/// What scales the group now is left out; a backlog at t = 0 is not staffed for.
///
/// # Errors
/// [`StaffingError`] when the group's load is not known beforehand, nothing says how well it must serve, no number of
/// replicas would do, or the simulation cannot run.
pub fn staffing(
    model: &Model,
    group: GroupId,
    options: &StaffingOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Staffing, StaffingError> {
    let load = GroupLoad::of(model, group)?;
    let (target, target_from) = target::wanted(model, group, options.target)?;
    let wanted = Target::new(model, group, &load, target)?;
    let usual_s = USUAL_INTERVAL_S.max(model.resolution_s);
    let interval_s = options.interval_s.unwrap_or(usual_s).min(model.horizon_s);
    let rows = schedule::rows(&load, model.horizon_s, interval_s);
    let mut outcomes = Vec::new();
    let mut notes = load.notes.clone();
    for rule in StaffingRule::ALL {
        let steps = schedule::steps(&rows, rule, &wanted, model.groups[group].slots_per_replica())?;
        let outcome = simulated(model, group, rule, steps, options, progress, &mut notes)?;
        outcomes.push(outcome);
    }
    let autoscaler = autoscaler::settings(model, group, &load, target, &outcomes[0].schedule);
    Ok(Staffing {
        queue: model.groups[group].from,
        group,
        target,
        target_from,
        interval_s,
        load: rows,
        outcomes,
        autoscaler,
        notes,
    })
}

/// One schedule, simulated.
fn simulated(
    model: &Model,
    group: GroupId,
    rule: StaffingRule,
    steps: Vec<(Seconds, u32)>,
    options: &StaffingOptions,
    progress: &(dyn Fn(Progress) + Sync),
    notes: &mut Vec<String>,
) -> Result<StaffingOutcome, StaffingError> {
    let mut staffed = model.clone();
    staffed.groups[group].scaling = None;
    staffed.groups[group].replicas = Replicas::Steps(steps);
    let events = repeat(&staffed, options.threads, progress)?;
    let (transient, hands_back_instead) = exact(&staffed, group);
    let note = format!(
        "exact probabilities of waiting are those of replicas that hand their work back when they leave (shutdown: \
         requeue); those of {} finish it (shutdown: finish), which has no exact law",
        model.groups[group].name
    );
    if hands_back_instead && !notes.contains(&note) {
        notes.push(note);
    }
    let replica_hours = schedule::replica_hours(&staffed.groups[group].replicas, model.horizon_s);
    let cost = model.groups[group].cost.as_ref();
    Ok(StaffingOutcome {
        rule,
        mean_replicas: replica_hours * 3600.0 / model.horizon_s,
        replica_hours,
        cost: cost.map(|cost| cost.per_hour * replica_hours),
        slos: verdicts(&staffed, Some(&events), None, None),
        kept: kept(&staffed, &events),
        delay_probability: delays(&staffed, group, &transient),
        hands_back_instead,
        schedule: staffed.groups[group].replicas.clone(),
        events,
        transient,
    })
}

/// The exact law of the queue; where replicas that leave finish their work, that of replicas that hand it back, and
/// whether it is that.
fn exact(model: &Model, group: GroupId) -> (TransientQueue, bool) {
    let queue = model.groups[group].from;
    let law = solve_queue(model, queue, EFFORT);
    if law.model.is_some() || model.groups[group].shutdown == Shutdown::Requeue {
        return (law, false);
    }
    let mut handing_back = model.clone();
    handing_back.groups[group].shutdown = Shutdown::Requeue;
    let other = solve_queue(&handing_back, queue, EFFORT);
    if other.model.is_some() { (other, true) } else { (law, false) }
}

/// In how many replications all promises were kept.
fn kept(model: &Model, events: &EventsOutcome) -> Option<KeptShare> {
    let of_run = |run: usize| -> Vec<Option<f64>> {
        events.slo_values.iter().map(|values| values.get(run).copied().flatten()).collect()
    };
    let judged: Vec<bool> = (0..events.replications as usize).filter_map(|run| kept_all(model, &of_run(run))).collect();
    let kept = judged.iter().filter(|kept| **kept).count() as u32;
    (!judged.is_empty()).then(|| KeptShare::new(kept, judged.len() as u32))
}

/// The range of the delay probability over the measured time, after the empty begin.
pub(super) fn delays(model: &Model, group: GroupId, law: &TransientQueue) -> Option<DelayRange> {
    let begin_s = model.warmup_s.max(FORGOTTEN * model.mean_occupancy_s(&model.groups[group]));
    let rows = law.series.time_s.iter().copied().zip(law.series.delay_probability.iter().copied());
    let rows: Vec<(Seconds, f64)> = rows.filter(|(time_s, _)| *time_s >= begin_s).collect();
    let first = *rows.first()?;
    let least = rows.iter().fold(first, |least, row| if row.1 < least.1 { *row } else { least });
    let most = rows.iter().fold(first, |most, row| if row.1 > most.1 { *row } else { most });
    Some(DelayRange { min: least.1, min_at_s: least.0, max: most.1, max_at_s: most.0, mean: law.wait_probability? })
}
