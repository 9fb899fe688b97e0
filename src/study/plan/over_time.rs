//! Replicas over time beside the constant answer: schedules by the offered load and by the rate of the instant.
//!
//! Not here: how they come about (`study::staffing`).

use super::question::Question;
use super::{PlanError, PlanOptions};
use crate::engine::transient::{Effort, solve_queue};
use crate::model::{Model, Replications};
use crate::study::Progress;
use crate::study::staffing::{DelayRange, Staffing, StaffingError, StaffingOptions, delays, staffing};
use crate::units::show_duration;

/// Part of the budget that the runs of one schedule may take.
const PART: f64 = 0.08;
/// Runs of a schedule.
const RUNS: f64 = 20.0;
/// Work that the exact law of the constant answer may take: about a second.
const EFFORT: Effort = Effort { most: 1e9, ..Effort::PATIENT };

/// What replicas over time would do; `chosen` is the model of the constant answer.
///
/// Both are `None` where the rate does not vary, or something else than the replicas of one group was chosen; a reason
/// that its reader should hear is given otherwise.
///
/// # Errors
/// A schedule cannot be simulated.
pub(super) fn over_time(
    chosen: &Model,
    question: &Question,
    options: &PlanOptions,
    events_per_run: f64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<OverTime, PlanError> {
    let nothing = OverTime { staffing: None, constant: None, why_not: None };
    let is_replicas = question.ordered.is_some() && question.grid.axes[0].short_name() == "replicas";
    if !is_replicas || question.grid.axes.len() > 1 || !varies(chosen, question) {
        return Ok(nothing);
    }
    let runs = (PART * options.budget / events_per_run.max(1.0)).min(RUNS) as u32;
    if runs < 2 {
        let why = "replicas over time were left out: a run takes too large a part of the budget (--yes lifts it)";
        return Ok(OverTime { why_not: Some(why.to_owned()), ..nothing });
    }
    let model = Model { replications: Replications::Fixed(runs), ..chosen.clone() };
    let asked = StaffingOptions { threads: options.threads, ..StaffingOptions::default() };
    match staffing(&model, question.group, &asked, progress) {
        Ok(staffing) if staffing.interval_s >= chosen.horizon_s => {
            let why = format!(
                "the horizon of {} is too short for a schedule of replicas: one of its intervals is as long",
                show_duration(chosen.horizon_s)
            );
            Ok(OverTime { why_not: Some(why), ..nothing })
        }
        Ok(staffing) => {
            let law = solve_queue(chosen, chosen.groups[question.group].from, EFFORT);
            let constant = delays(chosen, question.group, &law);
            Ok(OverTime { staffing: Some(staffing), constant, why_not: None })
        }
        Err(StaffingError::Study(error)) => Err(PlanError::Study(error)),
        Err(reason) => Ok(OverTime { why_not: Some(format!("no schedule was derived: {reason}")), ..nothing }),
    }
}

/// What replicas over time would do.
pub(super) struct OverTime {
    pub staffing: Option<Staffing>,
    /// How the probability of waiting moves with the constant answer.
    pub constant: Option<DelayRange>,
    /// Why there is no schedule, where one could be expected.
    pub why_not: Option<String>,
}

fn varies(model: &Model, question: &Question) -> bool {
    let queue = model.groups[question.group].from;
    let rate = model.publish_rate(queue).ok();
    rate.is_some_and(|rate| {
        let (low, high) = rate.bounds(0.0, model.horizon_s);
        high > low * (1.0 + 1e-9)
    })
}
