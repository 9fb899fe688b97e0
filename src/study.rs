//! Experiments made of engine runs. Pure: no files, no printing; a callback hears of progress.

mod agreement;
pub mod compare;
pub mod drain;
pub mod dry_run;
mod explain;
pub mod headroom;
pub mod plan;
mod repeat;
pub mod review;
mod run;
mod storm;
mod verdict;
mod warmup;

pub use compare::{CompareOptions, Comparison, compare};
pub use drain::{Drain, DrainOptions, drain};
pub use explain::{Explanation, Silence, explain};
pub use headroom::{Headroom, HeadroomOptions, headroom};
pub use plan::{Plan, PlanOptions, plan};
pub use repeat::{Progress, StudyError, repeat};
pub use review::{Findings, ReviewOptions, ReviewProgress, review};
pub use run::{RunOptions, run};
