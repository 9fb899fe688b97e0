//! Measurement: from what the kernel tells to numbers with intervals.
//!
//! `summary` names everything that a run reports; its fields are the keys of `summary.json`. Not here: how the
//! engines work, and files.

mod decisions;
mod estimate;
pub mod histogram;
mod level;
mod outcome;
mod probe;
mod recorder;
mod replication;
mod replications;
mod staff;
pub mod summary;
mod waits;

pub use decisions::{DecisionLog, DecisionRow, Seen};
pub use estimate::Estimate;
pub(crate) use estimate::t_quantile;
pub use outcome::{Disagreement, EngineChoice, EventsOutcome, Outcome, QueueSeries};
pub use recorder::Recorder;
pub use replication::Replication;
pub use replications::summarise;
