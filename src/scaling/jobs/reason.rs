//! What a `ScaledJob` computed, in words.

use std::fmt::{self, Display, Formatter};

use super::super::reason::{Reason, Rule, show};
use super::{JobCounts, JobDemand};
use crate::model::scaling::JobStrategy;

/// One line about a `ScaledJob`.
#[expect(missing_docs, reason = "fields are named as in the sentence that `Display` makes of them")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JobReason {
    /// No trigger is active.
    Inactive { running: i64 },
    /// Fewer than the minimum run.
    BelowMin { min: i64, running: i64, created: i64 },
    /// The formula of the strategy.
    Strategy {
        strategy: JobStrategy,
        demand: JobDemand,
        jobs: JobCounts,
        max: i64,
        scale: i64,
        limit: i64,
        created: i64,
    },
}

impl JobReason {
    /// The rule that held the number back, if this line is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            JobReason::Inactive { .. } | JobReason::BelowMin { .. } => None,
            JobReason::Strategy { demand, max, .. } => (demand.max_scale >= *max).then_some(Rule::Bound),
        }
    }
}

impl Display for JobReason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            JobReason::Inactive { running } => {
                write!(out, "no trigger is active: nothing is created, {running} run on")
            }
            JobReason::BelowMin { min, running, created } => {
                write!(out, "min {min} − {running} running: {created} created")
            }
            JobReason::Strategy { strategy, demand, jobs, max, scale, limit, created } => {
                let (wanted, running, pending) = (demand.max_scale, jobs.running, jobs.pending);
                write!(out, "{wanted} wanted (queue {}), effective max {max}; ", demand.scale_to)?;
                match strategy {
                    JobStrategy::Default | JobStrategy::Custom { running_share: None, .. } => {
                        write!(out, "default: {wanted} − {running} running = {scale}")
                    }
                    JobStrategy::Custom { deduction, running_share: Some(share) } => {
                        let share = show(*share);
                        write!(out, "custom: {wanted} − {deduction} − ⌊{running} running × {share}⌋ = {scale}")
                    }
                    JobStrategy::Accurate if wanted + running - pending > *max => {
                        write!(out, "accurate: {max} − {running} running = {scale}")
                    }
                    JobStrategy::Accurate => write!(out, "accurate: {wanted} − {pending} pending = {scale}"),
                    JobStrategy::Eager => {
                        write!(out, "eager: min({max} − {running} running − {pending} pending, {wanted}) = {scale}")
                    }
                }?;
                write!(out, ", at most {limit}: {created} created")
            }
        }
    }
}

impl From<JobReason> for Reason {
    fn from(reason: JobReason) -> Self {
        Reason::Job(reason)
    }
}
