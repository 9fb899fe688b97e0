//! Experiments made of engine runs. Pure: no files, no printing; a callback hears of progress.

mod agreement;
pub mod compare;
pub mod drain;
pub mod dry_run;
mod explain;
pub mod headroom;
pub mod plan;
pub mod regret;
mod repeat;
pub mod review;
mod run;
pub mod staffing;
mod storm;
pub mod sweep;
pub mod uncertain;
mod verdict;
mod warmup;

pub use compare::{CompareOptions, Comparison, compare};
pub use drain::{Drain, DrainOptions, drain};
pub use explain::{Explanation, Silence, explain};
pub use headroom::{Headroom, HeadroomOptions, headroom};
pub use plan::{Plan, PlanOptions, plan};
pub use regret::{RegretOptions, RegretPlan, plan_by_regret, regret};
pub use repeat::{Progress, StudyError, repeat};
pub use review::{Findings, ReviewOptions, ReviewProgress, review};
pub use run::{RunOptions, run};
pub use staffing::{Staffing, StaffingError, StaffingOptions, staffing};
pub use sweep::{Sweep, SweepError, SweepOptions, sweep};
