//! Measurement: from what the kernel tells to numbers with intervals.
//!
//! `summary` names everything that a run reports; its fields are the keys of `summary.json`. Not here: how the
//! engines work, and files.

mod breach;
mod clearing;
mod decisions;
mod estimate;
mod figures;
pub mod histogram;
mod kept;
mod level;
mod outcome;
mod paired;
mod probe;
mod quantile_interval;
mod recorder;
mod replication;
mod replications;
pub mod selection;
mod staff;
pub mod summary;
mod tolerance;
mod waits;

pub use breach::{Breach, Cause, Rule};
pub use clearing::{Cleared, ClearingWatch};
pub use decisions::{DecisionLog, DecisionRow, Seen};
pub use estimate::Estimate;
pub(crate) use estimate::{sorted_quantile, t_quantile};
pub use figures::{Figure, Figures, mean_of};
pub use kept::KeptShare;
pub use outcome::{Disagreement, EngineChoice, EventsOutcome, Outcome, QueueSeries};
pub use paired::{Sign, difference_of_means, independent_difference, paired_difference};
pub use quantile_interval::{QuantileRanks, quantile_rank};
pub use recorder::Recorder;
pub use replication::Replication;
pub use replications::summarise;
pub use tolerance::tolerance_factor;
