//! How long a queue needs to clear after an outage, a spike or a backlog at the start, and who would clear it in time.
//!
//! A queue is *disturbed* until the fluid backlog has passed its peak for the last time: until an outage ends, a spike
//! is over, or t = 0 with messages that are there already. From then on it *clears*: until no message is ready for the
//! first time. (`drained_at_s` of a run is another number: after it nothing is ever ready again, which a busy queue
//! does not reach while messages arrive.) Not here: reports.

use crate::measure::Estimate;
use crate::measure::KeptShare;
use crate::model::{GroupId, Model, QueueId};
use crate::units::Seconds;

/// What a study of drain times may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct DrainOptions {
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Share of runs that must have cleared by the deadline, in (0, 1).
    pub kept_in: f64,
    /// Replications; as many as the scenario and `kept_in` need without a number.
    pub runs: Option<u32>,
    /// Time from the end of the disturbance in which every queue is to be clear; without it, the promises `drained`
    /// of the scenario are the deadlines.
    pub by_s: Option<Seconds>,
    /// Most replicas that are tried to meet a deadline.
    pub most_replicas: u32,
    /// Messages that may be simulated in all; decides how many replications are affordable.
    pub budget: f64,
}

impl Default for DrainOptions {
    fn default() -> Self {
        DrainOptions { threads: None, kept_in: 0.95, runs: None, by_s: None, most_replicas: 10_000, budget: 3e8 }
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Drain {
    /// The scenario.
    pub model: Model,
    /// What was asked.
    pub options: DrainOptions,
    /// Every queue with consumers, in the order of the scenario.
    pub queues: Vec<QueueDrain>,
    /// Replications of the scenario as it is.
    pub replications: u32,
    /// Runs of the events engine in all, those with other numbers of replicas included.
    pub runs: u32,
    /// Messages that they published.
    pub messages: u64,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Time that it took; left at 0 by the library, which has no clock.
    pub wall_s: f64,
}

/// One queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueDrain {
    /// The queue.
    pub queue: QueueId,
    /// Key in the scenario.
    pub name: String,
    /// When the disturbance has ended and what ended; `None` if the queue never has a backlog.
    pub disturbed: Option<Disturbance>,
    /// The fluid number: seconds from the end of the disturbance until the backlog is gone.
    pub fluid_s: Option<Seconds>,
    /// Why there is no fluid number.
    pub fluid_why_not: Option<String>,
    /// Most messages that wait, by the fluid equation.
    pub fluid_backlog: Option<f64>,
    /// Ready messages at the end of the disturbance, mean over runs.
    pub backlog: Estimate,
    /// Time to clear of each run, ascending; runs that did not clear by the horizon are left out.
    pub clear_s: Vec<Seconds>,
    /// Median, 90th, 95th and 99th percentile of the time to clear over runs, each with the order-statistic interval.
    pub quantiles: Vec<ClearQuantile>,
    /// Share of runs that clear by the horizon.
    pub clears: KeptShare,
    /// Why it does not recover, if redeliveries are the reason.
    pub storm: Option<String>,
    /// What a deadline needs.
    pub deadline: Option<Deadline>,
}

/// The end of a disturbance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// When it ended, in scenario time.
    pub until_s: Seconds,
    /// What ended.
    pub kind: DisturbanceKind,
}

/// What ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// An outage of the consumers.
    Outage,
    /// An outage of the broker.
    BrokerOutage,
    /// Messages that were there at the start, and no larger backlog later.
    Initial,
    /// More was published than could be consumed.
    Overload,
}

/// A quantile of the time to clear.
#[derive(Clone, Debug, PartialEq)]
pub struct ClearQuantile {
    /// Which, in (0, 1).
    pub share: f64,
    /// Seconds from the end of the disturbance; missing ends are runs that did not clear, or too few runs.
    pub after_s: Estimate,
}

/// What a deadline needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// The promise that sets it; `None` where it was asked for.
    pub promise: Option<String>,
    /// When the queue must be clear, in scenario time.
    pub at_s: Seconds,
    /// Share of runs that are clear by then as the scenario is.
    pub in_time: KeptShare,
    /// Whether the demanded share of runs is clear by then: by the lower end of the interval, not by it, or open.
    pub met: Option<bool>,
    /// Replicas of the queue's group that the fluid equation asks for.
    pub fluid_replicas: Option<u32>,
    /// The fewest replicas for which it is shown that the demanded share of runs is clear by then.
    pub replicas: Option<u32>,
    /// What was tried, ascending in replicas.
    pub tried: Vec<Tried>,
    /// The group whose replicas were varied.
    pub group: Option<GroupId>,
    /// Why no number of replicas is named.
    pub why_not: Option<String>,
}

/// One number of replicas that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// Replicas.
    pub replicas: u32,
    /// Share of runs that are clear by the deadline.
    pub in_time: KeptShare,
}
