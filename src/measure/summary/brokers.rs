//! Keys of `summary.json` that only models with the semantics of brokers have.

use serde::Serialize;

use super::LatencySummary;
use crate::measure::Estimate;

/// What became of a queue's deliveries.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeliveriesSummary {
    /// Deliveries of each message that left, of those that were delivered at all.
    pub per_message: Estimate,
    /// Attempts that ended in failure.
    pub failed: Estimate,
    /// Deliveries that were not acked in time.
    pub timed_out: Estimate,
    /// Attempts that ended after their message had returned to its queue.
    pub duplicates: Estimate,
    /// Messages lost for other reasons than a full queue or their age.
    pub lost: LostSummary,
    /// Messages moved to a dead-letter queue, by reason.
    pub dead_lettered_by: DeadLetteredSummary,
}

/// Messages lost, by reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LostSummary {
    /// An attempt failed, and nothing else was to be done.
    pub failed: Estimate,
    /// Came back after as many deliveries as the queue allows.
    pub delivery_limit: Estimate,
    /// Published while the broker was away.
    pub unreachable: Estimate,
    /// Held in memory by a broker that restarted.
    pub restart: Estimate,
    /// Acked at their delivery and lost with their consumer or by its failure.
    pub after_ack: Estimate,
}

/// Messages moved to a dead-letter queue, by reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeadLetteredSummary {
    /// A consumer refused them.
    pub rejected: Estimate,
    /// Their time to live was over.
    pub expired: Estimate,
    /// They stood at the head of a full queue.
    pub overflow: Estimate,
    /// They had been delivered as often as the queue allows.
    pub delivery_limit: Estimate,
}

/// One level of a queue with priorities.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LevelSummary {
    /// Share of the measured messages that ever started.
    pub share: Estimate,
    /// Publish → first start, seconds.
    pub wait_s: LevelWaitSummary,
}

/// Waits of one level.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LevelWaitSummary {
    /// Mean.
    pub mean: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
}

/// The partitions of a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartitionsSummary {
    /// Largest lag of one partition at the end of an interval.
    pub max_lag: Estimate,
    /// Share of the messages that came into the hottest partition.
    pub hottest_share: Estimate,
}

/// Work of a group that came to nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WasteSummary {
    /// Seconds of work on attempts that failed, were interrupted or were duplicates.
    pub wasted_work_s: Estimate,
    /// Crashes of replicas.
    pub crashes: Estimate,
}

/// A path through several queues.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PathSummary {
    /// Name of the path.
    #[serde(skip)]
    pub name: String,
    /// Messages that set out in the measured time and all of whose descendants were acked.
    pub completed: Estimate,
    /// Messages of which a descendant was lost.
    pub broken: Estimate,
    /// Messages per replication that were still on their way when the run ended, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<f64>,
    /// First publish → last ack, seconds.
    pub latency_s: LatencySummary,
}

/// A shared resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResourceSummary {
    /// Name of the resource.
    #[serde(skip)]
    pub name: String,
    /// Units in use.
    pub in_use: MeanMax,
    /// Slots that wait for units.
    pub waiting: MeanMax,
    /// Units in use / units.
    pub utilization: Estimate,
}

/// A level over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MeanMax {
    /// Time-weighted mean.
    pub mean: Estimate,
    /// Mean over replications of the maximum.
    pub max: Estimate,
}

/// A producer whose clock may stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProducerSummary {
    /// Name of the producer.
    #[serde(skip)]
    pub name: String,
    /// Publishes that came later than planned.
    pub late: Estimate,
    /// How much later, on average over those.
    pub late_mean_s: Estimate,
}
