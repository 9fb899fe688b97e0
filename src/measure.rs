//! Measurement: from what the kernel tells to numbers with intervals.
//!
//! `summary` names everything that a run reports; its fields are the keys of `summary.json`. Not here: how the
//! engines work, and files.

mod estimate;
mod outcome;
pub mod summary;

pub use estimate::Estimate;
pub use outcome::{Disagreement, EngineChoice, EventsOutcome, Outcome, QueueSeries};
