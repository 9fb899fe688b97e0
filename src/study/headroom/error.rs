//! Why there is no headroom to name.

use crate::study::StudyError;
use crate::units::quoted;

/// Why there is no headroom to name.
#[derive(Debug, thiserror::Error)]
pub enum HeadroomError {
    /// Without a promise nothing can break.
    #[error("the scenario promises nothing: without an SLO no load is too much")]
    NoPromise,
    /// A recording is as it was: there is no faithful way to have more of it.
    #[error("the messages of {} are recorded one by one, and a recording cannot be multiplied", quoted(.producer))]
    Recorded {
        /// The producer.
        producer: String,
    },
    /// Nobody publishes at a rate.
    #[error("nobody publishes: there is no load to multiply")]
    NoLoad,
    /// No run could tell whether a promise is kept.
    #[error("none of the promises can be judged: no message of their windows was measured in any run")]
    NotJudged,
    /// An interval needs more runs.
    #[error("{runs} runs are too few for an interval")]
    TooFewRuns {
        /// Runs that were asked for.
        runs: u32,
    },
    /// The engine could not run it.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl HeadroomError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            HeadroomError::NoPromise => "add a promise, e.g. `slo: {fresh: {queue: orders, latency: p99, below: 2s}}`",
            HeadroomError::Recorded { .. } => {
                "count the recording into intervals and give it as a rate: `trace: {file: counts.csv, time: timestamp, \
                 value: count, unit: count, every: 5m}`, with `arrivals: poisson` or `renewal`"
            }
            HeadroomError::NoLoad => "give a producer a `rate` above 0",
            HeadroomError::NotJudged => "widen `during`, shorten the warm-up, or write a longer horizon",
            HeadroomError::TooFewRuns { .. } => "ask for at least 3 with `--runs`",
            HeadroomError::Study(_) => "change the scenario accordingly",
        }
    }
}
