//! What a run reports, key by key as in `summary.json`.

mod brokers;

use serde::Serialize;

pub use self::brokers::{
    DeadLetteredSummary, DeliveriesSummary, LevelSummary, LevelWaitSummary, LostSummary, MeanMax, PartitionsSummary,
    PathSummary, ProducerSummary, ResourceSummary, WasteSummary,
};
use super::Estimate;
pub use crate::engine::fluid::{Course, CourseRates, FluidGroup, FluidQueue};
pub use crate::engine::formula::FormulaQueue;
pub use crate::engine::transient::{TransientQueue, TransientSeries};

/// One queue, by the events engine. Counts are of events in `[warmup, horizon]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QueueSummary {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Messages published, including rejected ones.
    pub published: Estimate,
    /// Messages acked.
    pub acked: Estimate,
    /// Deliveries that were not the first of their message.
    pub redelivered: Estimate,
    /// Messages refused by a full queue.
    pub rejected: Estimate,
    /// Messages dropped from the head to make room.
    pub dropped: Estimate,
    /// Messages whose time to live ran out.
    pub expired: Estimate,
    /// Messages moved to a dead-letter queue.
    pub dead_lettered: Estimate,
    /// Messages in the system at the horizon.
    pub in_system_at_end: Estimate,
    /// Ready + unacked, time-weighted.
    pub depth: DepthSummary,
    /// Deliverable and not delivered, time-weighted.
    pub ready: ReadySummary,
    /// Publish → first start, seconds.
    pub wait_s: WaitSummary,
    /// Publish → ack, seconds.
    pub latency_s: LatencySummary,
    /// End of the last interval with ready > 0; 0 if there never was one.
    pub drained_at_s: Estimate,
    /// Share of replications with an empty queue at the horizon, when it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drained_share: Option<f64>,
    /// Measured messages that were still in the system when the run ended, mean over replications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<f64>,
    /// What became of deliveries, where they can come to harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<DeliveriesSummary>,
    /// Level by level, the most urgent first, of a queue with priorities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelSummary>,
    /// The partitions of a log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<PartitionsSummary>,
}

/// Time-weighted depth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DepthSummary {
    /// Mean.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// Mean over replications of the maximum.
    pub max: Estimate,
    /// When the maximum was first reached.
    pub max_at_s: Estimate,
}

/// Time-weighted ready messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReadySummary {
    /// Mean.
    pub mean: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// Mean over replications of the maximum.
    pub max: Estimate,
}

/// Waits of the messages published in the measured window that ever started.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WaitSummary {
    /// Mean.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99.9th percentile.
    pub p999: Estimate,
    /// Largest.
    pub max: Estimate,
    /// Share of started messages that found no free slot when they became deliverable.
    pub probability: Estimate,
}

/// Latencies of the acked messages published in the measured window.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LatencySummary {
    /// Mean.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99.9th percentile.
    pub p999: Estimate,
    /// Largest.
    pub max: Estimate,
}

/// One consumer group, by the events engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupSummary {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Busy slot time / slot time, without overhead.
    pub utilization: Estimate,
    /// Overhead slot time / slot time.
    pub overhead_share: Estimate,
    /// Replicas that were there, time-weighted.
    pub replicas: ReplicasSummary,
    /// Replica-hours from wanted to terminated.
    pub replica_hours: Estimate,
    /// Their price, in the file's currency.
    pub cost: Estimate,
    /// Changes of the wanted number of replicas.
    pub scale_events: Estimate,
    /// More about the replicas of a group that a strategy scales.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingSummary>,
    /// Work that came to nothing, where some may.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub waste: Option<WasteSummary>,
}

/// Replicas of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReplicasSummary {
    /// Time-weighted mean.
    pub mean: Estimate,
    /// Largest.
    pub max: Estimate,
}

/// What a strategy made of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScalingSummary {
    /// The kind of strategy.
    pub strategy: &'static str,
    /// Replicas that were asked for, time-weighted; `replicas` are those that were there, leaving ones included.
    pub wanted: ReplicasSummary,
    /// Replicas that took messages, time-weighted.
    pub ready: ReplicasSummary,
    /// Decisions for more replicas.
    pub ups: Estimate,
    /// Decisions for fewer replicas.
    pub downs: Estimate,
    /// Replicas that were told to leave before they had taken any message: started in vain.
    pub called_off: Estimate,
}

/// An SLO's verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SloVerdict {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// In words: `orders: p99 latency below 2 s`.
    #[serde(skip)]
    pub promise: String,
    /// Whether the estimate keeps the promise; `None` when no engine could tell.
    pub met: Option<bool>,
    /// The statistic that the promise is about.
    pub value: Estimate,
    /// Its limit (seconds, messages or a share).
    pub limit: f64,
    /// Share of replications that kept the promise.
    pub probability_met: Option<f64>,
}

/// Conservation over the whole run, summed over queues and replications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Balance {
    /// Messages published, with those that were there at t = 0.
    pub published: u64,
    /// Acked + rejected + dropped + expired + dead-lettered + still in the system.
    pub accounted: u64,
    /// `published` − `accounted`: 0, or the simulator has a bug.
    pub difference: i64,
}
