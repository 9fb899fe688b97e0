//! KEDA's `ScaledJob`: how many Jobs a poll creates. Jobs run to their end; scaling never ends one.
//!
//! Follows `pkg/scaling/executor/scale_jobs.go` and `pkg/scaling/scaledjob/metrics.go`.

mod reason;

#[cfg(test)]
mod tests;

pub use reason::JobReason;

use jiff::Timestamp;

use super::Observation;
use super::clock::Ticks;
use super::reason::Reasons;
use super::trigger::{Measured, TriggerState};
use crate::model::scaling::{JobStrategy, MultipleScalers, ScaledJob};
use crate::units::Seconds;

/// What one trigger says to a `ScaledJob`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobTrigger {
    /// The metric.
    pub queue: f64,
    /// Messages per Job; above 0.
    pub target: f64,
    /// Whether the trigger is active.
    pub active: bool,
}

/// What all triggers say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobDemand {
    /// Whether anything is to be created at all.
    pub active: bool,
    /// The queue, rounded up: no poll creates more Jobs.
    pub scale_to: i64,
    /// Jobs wanted, rounded up, at most the effective maximum.
    pub max_scale: i64,
}

/// Jobs that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCounts {
    /// Unfinished.
    pub running: i64,
    /// Unfinished without a pod that runs.
    pub pending: i64,
}

/// `minReplicaCount` and `maxReplicaCount`; the effective maximum is their difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobBounds {
    /// Always this many.
    pub min: i64,
    /// Never more.
    pub max: i64,
}

impl JobBounds {
    /// Jobs beyond the minimum that may exist.
    pub fn effective_max(self) -> i64 {
        self.max - self.min
    }
}

/// Combines triggers.
pub fn demand(multiple: MultipleScalers, bounds: JobBounds, triggers: impl Iterator<Item = JobTrigger>) -> JobDemand {
    let most = bounds.effective_max() as f64;
    let (mut queue, mut wanted, mut count) = (0.0, 0.0, 0_u32);
    let mut active = false;
    for trigger in triggers.filter(|trigger| trigger.active) {
        let jobs = (trigger.queue / trigger.target).min(most);
        match multiple {
            MultipleScalers::Sum | MultipleScalers::Avg => {
                (queue, wanted, active) = (queue + trigger.queue, wanted + jobs, true);
            }
            // As in KEDA, an empty queue is no shortest queue, and none is longer than nothing.
            MultipleScalers::Min if queue == 0.0 || trigger.queue < queue => {
                (queue, wanted, active) = (trigger.queue, jobs, true);
            }
            MultipleScalers::Max if trigger.queue > queue => {
                (queue, wanted, active) = (trigger.queue, jobs, true);
            }
            MultipleScalers::Min | MultipleScalers::Max => {}
        }
        count += 1;
    }
    if multiple == MultipleScalers::Avg && count > 0 {
        (queue, wanted) = (queue / f64::from(count), wanted / f64::from(count));
    }
    JobDemand {
        active: active || bounds.min > 0,
        scale_to: queue.ceil() as i64,
        max_scale: wanted.min(most).ceil() as i64,
    }
}

/// What a strategy would create, before the queue and zero bound it; and its own limit instead of the queue, if any.
pub fn effective_max_scale(strategy: JobStrategy, max_scale: i64, jobs: JobCounts, max: i64) -> (i64, Option<i64>) {
    let JobCounts { running, pending } = jobs;
    match strategy {
        JobStrategy::Custom { deduction, running_share: Some(share) } => {
            let counted = (running as f64 * share).trunc() as i64;
            ((max_scale - deduction - counted).min(max), None)
        }
        JobStrategy::Default | JobStrategy::Custom { running_share: None, .. } => (max_scale - running, None),
        JobStrategy::Accurate if max_scale + running - pending > max => (max - running, None),
        JobStrategy::Accurate => (max_scale - pending, None),
        JobStrategy::Eager => ((max - running - pending).min(max_scale), Some(max)),
    }
}

/// How many Jobs one poll creates.
pub fn created(
    strategy: JobStrategy,
    bounds: JobBounds,
    demand: JobDemand,
    jobs: JobCounts,
    reasons: &mut Reasons,
) -> i64 {
    if !demand.active {
        reasons.say(|| JobReason::Inactive { running: jobs.running });
        return 0;
    }
    if jobs.running < bounds.min {
        let created = bounds.min - jobs.running;
        reasons.say(|| JobReason::BelowMin { min: bounds.min, running: jobs.running, created });
        return created;
    }
    let beyond = JobCounts { running: jobs.running - bounds.min, ..jobs };
    let max = bounds.effective_max();
    let (scale, limit) = effective_max_scale(strategy, demand.max_scale, beyond, max);
    let limit = limit.unwrap_or(demand.scale_to);
    let created = scale.min(limit).max(0);
    reasons.say(|| JobReason::Strategy { strategy, demand, jobs: beyond, max, scale, limit, created });
    created
}

/// What a `ScaledJob` remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct JobState {
    triggers: Vec<TriggerState>,
    polls: Ticks,
}

impl JobState {
    /// A scaled job whose first poll comes after `phase`, a share of its interval in [0, 1).
    pub fn new(settings: &ScaledJob, phase: f64) -> Self {
        let triggers = vec![TriggerState::default(); settings.triggers.len()];
        Self { triggers, polls: Ticks::new(settings.polling_interval_s, phase) }
    }

    /// When the next poll is due.
    pub fn next_s(&self) -> Seconds {
        self.polls.next_s()
    }

    /// One poll: unfinished Jobs and the created ones. Replicas are unfinished Jobs; those not ready are pending.
    pub fn decide(
        &mut self,
        settings: &ScaledJob,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> u32 {
        if !self.polls.take(seen.now_s) {
            return seen.wanted;
        }
        let bounds = JobBounds { min: i64::from(settings.min), max: i64::from(settings.max) };
        let readings = self.triggers.iter_mut().zip(&settings.triggers).map(|(state, trigger)| {
            let measured = state.read(trigger, seen, origin, reasons).unwrap_or(Measured { value: 0.0, active: false });
            JobTrigger { queue: measured.reported(), target: trigger.source.target(), active: measured.active }
        });
        let demand = demand(settings.multiple, bounds, readings);
        let jobs =
            JobCounts { running: i64::from(seen.running), pending: i64::from(seen.running.saturating_sub(seen.ready)) };
        seen.running + created(settings.strategy, bounds, demand, jobs, reasons) as u32
    }
}
