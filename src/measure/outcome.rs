//! Everything that one run of a scenario found out: what reports are made of.

use super::decisions::DecisionRow;
use super::summary::{
    Balance, FluidQueue, FormulaQueue, GroupSummary, PathSummary, ProducerSummary, QueueSummary, ResourceSummary,
    SloVerdict, TransientQueue,
};
use crate::model::Model;

/// Which engines a run uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// All that apply.
    #[default]
    All,
    /// Every message.
    Events,
    /// dM/dt = P − C.
    Fluid,
    /// Queueing theory.
    Formula,
    /// The exact law in time.
    Transient,
}

/// The outcome of one run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was run.
    pub model: Model,
    /// Which engines were asked.
    pub engine: EngineChoice,
    /// The events engine's answer, if it was asked.
    pub events: Option<EventsOutcome>,
    /// The fluid engine's answer, queue by queue, if it was asked.
    pub fluid: Option<Vec<FluidQueue>>,
    /// Queueing theory's answer, queue by queue, if it was asked.
    pub formula: Option<Vec<FormulaQueue>>,
    /// The exact laws in time, queue by queue, if they were asked for.
    pub transient: Option<Vec<TransientQueue>>,
    /// Verdicts on the SLOs, in the order of the scenario.
    pub slos: Vec<SloVerdict>,
    /// Where engines disagree beyond what theory allows.
    pub disagreements: Vec<Disagreement>,
    /// What a reader must know before trusting a number (short warm-up, unsettled messages, …).
    pub notes: Vec<String>,
    /// Seconds that engines and measurement took.
    pub wall_s: f64,
}

/// The events engine's answer.
#[derive(Clone, Debug)]
pub struct EventsOutcome {
    /// Replications that were run.
    pub replications: u32,
    /// Events processed, over all replications.
    pub events: u64,
    /// Queue by queue, in the order of the scenario.
    pub queues: Vec<QueueSummary>,
    /// Group by group, in the order of the scenario.
    pub groups: Vec<GroupSummary>,
    /// Path by path, in the order of the scenario.
    pub paths: Vec<PathSummary>,
    /// Resource by resource, in the order of the scenario.
    pub resources: Vec<ResourceSummary>,
    /// Producers whose clock may stand, in the order of the scenario.
    pub producers: Vec<ProducerSummary>,
    /// Time series, queue by queue.
    pub series: Vec<QueueSeries>,
    /// For each SLO, the statistic that it speaks of in each replication.
    pub slo_values: Vec<Vec<Option<f64>>>,
    /// What scalers decided in the first replication, in the order of time, if it was kept.
    pub decisions: Vec<DecisionRow>,
    /// Conservation.
    pub balance: Balance,
}

/// Time series of one queue: one entry per interval, at its end. `None` where there is nothing to average (no message
/// published in the interval, one replication only for a standard error).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueSeries {
    /// End of each interval.
    pub time_s: Vec<f64>,
    /// Messages published per second over the interval.
    pub publish_rate: Vec<f64>,
    /// Messages that the groups could have served per second over the interval.
    pub capacity_rate: Vec<f64>,
    /// Messages acked per second over the interval.
    pub ack_rate: Vec<f64>,
    /// Depth at the end: mean over replications.
    pub depth_mean: Vec<f64>,
    /// Its standard error.
    pub depth_se: Vec<Option<f64>>,
    /// 5th percentile over replications.
    pub depth_p05: Vec<f64>,
    /// Median over replications.
    pub depth_p50: Vec<f64>,
    /// 95th percentile over replications.
    pub depth_p95: Vec<f64>,
    /// Ready at the end: mean over replications.
    pub ready_mean: Vec<f64>,
    /// Its standard error.
    pub ready_se: Vec<Option<f64>>,
    /// Age of the oldest ready message at the end, 0 if none: mean over replications.
    pub oldest_age_s: Vec<f64>,
    /// Mean wait of the messages published in the interval.
    pub wait_mean_s: Vec<Option<f64>>,
    /// Mean of the replications' p99 wait of the messages published in the interval.
    pub wait_p99_s: Vec<Option<f64>>,
    /// Replicas that were there, averaged over the interval, summed over the queue's groups.
    pub replicas_mean: Vec<f64>,
    /// Busy slot time / slot time over the interval.
    pub utilization: Vec<Option<f64>>,
    /// Replicas that were asked for, averaged and summed as `replicas_mean`.
    pub replicas_wanted: Vec<f64>,
    /// Replicas that took messages, averaged and summed as `replicas_mean`.
    pub replicas_ready: Vec<f64>,
}

/// Two engines that should agree and do not.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Disagreement {
    /// The queue.
    pub queue: String,
    /// What differs, with both numbers: `mean wait: events 1.2 s, formula (M/M/c) 0.9 s`.
    pub what: String,
    /// Why that may be.
    pub why: String,
}
