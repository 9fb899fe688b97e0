//! Why there is no plan.

use crate::scenario::{Faults, NoAxis};
use crate::study::StudyError;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Without a promise every setting is good.
    #[error("the scenario promises nothing: without an SLO every setting is good enough")]
    NoPromise,
    /// Promises that cannot all be meant, or that nothing can keep.
    #[error("{what}")]
    Contradiction {
        /// Which ones, and why.
        what: String,
        /// What to change.
        help: String,
    },
    /// Nothing says what may be chosen.
    #[error("{what}")]
    NothingToVary {
        /// Why nothing could be guessed.
        what: String,
        /// What to write.
        help: String,
    },
    /// A range or list that is none.
    #[error(transparent)]
    Axis(#[from] NoAxis),
    /// The same path twice.
    #[error("{path} is varied twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// A path that does not exist, or a value that is not legal there.
    #[error("{0}")]
    Faults(Faults),
    /// More candidates than the budget allows even a look at.
    #[error("{candidates} candidates take about {events:.0e} events for a first look; the budget is {budget:.0e}")]
    TooMany {
        /// How many candidates there are.
        candidates: u64,
        /// What a first look takes.
        events: f64,
        /// What is allowed.
        budget: f64,
    },
    /// No run could tell whether a promise is kept.
    #[error("none of the promises could be judged in any of {runs} runs: nothing that they speak of was measured")]
    NotJudged {
        /// Runs of all candidates that were looked at.
        runs: u32,
    },
    /// The engine could not run one of them.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl PlanError {
    /// What to do about it; `None` for faults, which say it themselves.
    pub fn help(&self) -> Option<String> {
        match self {
            PlanError::NoPromise => {
                Some("add a promise, e.g. `slo: {fresh: {queue: orders, latency: p99, below: 2s}}`".to_owned())
            }
            PlanError::Contradiction { help, .. } | PlanError::NothingToVary { help, .. } => Some(help.clone()),
            PlanError::Axis(axis) => Some(axis.help.clone()),
            PlanError::Twice { .. } => Some("write all its values in one range or list".to_owned()),
            PlanError::TooMany { .. } => {
                Some("vary less, write shorter ranges or a shorter horizon, or give `--yes`".to_owned())
            }
            PlanError::NotJudged { .. } => Some(
                "let somebody publish (a rate above 0), widen `during`, shorten the warm-up, or write a longer horizon"
                    .to_owned(),
            ),
            PlanError::Study(_) => Some("change the scenario accordingly".to_owned()),
            PlanError::Faults(_) => None,
        }
    }
}
