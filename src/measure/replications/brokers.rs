//! Means over replications of what only models with the semantics of brokers have.

use super::{NOBODY_STARTED, estimate, latency_of};
use crate::measure::recorder::{Tally, can_be_late, can_come_to_harm};
use crate::measure::replication::{
    Durations, GroupResult, LateResult, LevelResult, PartitionsResult, PathResult, QueueResult, Replication,
    ResourceResult,
};
use crate::measure::summary::{
    DeadLetteredSummary, DeliveriesSummary, LevelSummary, LevelWaitSummary, LostSummary, MeanMax, PartitionsSummary,
    PathSummary, ProducerSummary, ResourceSummary, WasteSummary,
};
use crate::model::{ConsumerGroup, Model};

const NOBODY_LEFT: &str = "no delivered message left its queue";
const NOBODY_CAME: &str = "no measured message came into a partition";
const NOBODY_ARRIVED: &str = "no measured message completed the path";
const NOBODY_LATE: &str = "no publish was late";

/// What became of deliveries, if it was counted.
pub(super) fn deliveries(results: &[&QueueResult]) -> Option<DeliveriesSummary> {
    let tallies: Option<Vec<&Tally>> = results.iter().map(|result| result.deliveries.as_ref()).collect();
    let tallies = tallies?;
    let count = |number: fn(&Tally) -> u64| estimate(&tallies, "", |tally| Some(number(tally) as f64));
    Some(DeliveriesSummary {
        per_message: estimate(&tallies, NOBODY_LEFT, |tally| tally.per_message()),
        failed: count(|tally| tally.failed),
        timed_out: count(|tally| tally.timed_out),
        duplicates: count(|tally| tally.duplicates),
        lost: LostSummary {
            failed: count(|tally| tally.lost_failed),
            delivery_limit: count(|tally| tally.lost_delivery_limit),
            unreachable: count(|tally| tally.lost_unreachable),
            restart: count(|tally| tally.lost_restart),
            after_ack: count(|tally| tally.lost_after_ack),
        },
        dead_lettered_by: DeadLetteredSummary {
            rejected: count(|tally| tally.dead_rejected),
            expired: count(|tally| tally.dead_expired),
            overflow: count(|tally| tally.dead_overflow),
            delivery_limit: count(|tally| tally.dead_delivery_limit),
        },
    })
}

/// Level by level, the most urgent first; nothing of a queue without.
pub(super) fn levels(results: &[&QueueResult]) -> Vec<LevelSummary> {
    let level = |place: usize| {
        let of: Vec<&LevelResult> = results.iter().filter_map(|result| result.levels.get(place)).collect();
        let wait = |number: fn(&Durations) -> Option<f64>| estimate(&of, NOBODY_STARTED, |level| number(&level.wait_s));
        LevelSummary {
            share: estimate(&of, NOBODY_STARTED, |level| level.share),
            wait_s: LevelWaitSummary { mean: wait(|s| s.mean), p95: wait(|s| s.p95), p99: wait(|s| s.p99) },
        }
    };
    (0..results.first().map_or(0, |result| result.levels.len())).map(level).collect()
}

/// The partitions of a log.
pub(super) fn partitions(results: &[&QueueResult]) -> Option<PartitionsSummary> {
    let of: Option<Vec<&PartitionsResult>> = results.iter().map(|result| result.partitions.as_ref()).collect();
    let of = of?;
    Some(PartitionsSummary {
        max_lag: estimate(&of, "", |result| Some(result.max_lag)),
        hottest_share: estimate(&of, NOBODY_CAME, |result| result.hottest_share),
    })
}

/// Work that came to nothing, of a group in which some may.
pub(super) fn waste(model: &Model, group: &ConsumerGroup, results: &[&GroupResult]) -> Option<WasteSummary> {
    let of = |number: fn(&GroupResult) -> f64| estimate(results, "", |result| Some(number(result)));
    can_come_to_harm(model, group).then(|| WasteSummary {
        wasted_work_s: of(|result| result.wasted_work_s),
        crashes: of(|result| result.crashes),
    })
}

/// Path by path.
pub(super) fn paths(model: &Model, results: &[&Replication]) -> Vec<PathSummary> {
    let path = |place: usize| {
        let of: Vec<&PathResult> = results.iter().map(|result| &result.paths[place]).collect();
        let unfinished: f64 = of.iter().map(|result| result.unfinished).sum();
        PathSummary {
            name: model.paths[place].name.clone(),
            completed: estimate(&of, "", |result| Some(result.completed)),
            broken: estimate(&of, "", |result| Some(result.broken)),
            unsettled: (unfinished > 0.0).then(|| unfinished / of.len() as f64),
            latency_s: latency_of(&of, NOBODY_ARRIVED, |result| &result.latency_s),
        }
    };
    (0..model.paths.len()).map(path).collect()
}

/// Resource by resource.
pub(super) fn resources(model: &Model, results: &[&Replication]) -> Vec<ResourceSummary> {
    let resource = |place: usize| {
        let of: Vec<&ResourceResult> = results.iter().map(|result| &result.resources[place]).collect();
        let mean = |number: fn(&ResourceResult) -> f64| estimate(&of, "", |result| Some(number(result)));
        ResourceSummary {
            name: model.resources[place].name.clone(),
            in_use: MeanMax { mean: mean(|r| r.in_use_mean), max: mean(|r| r.in_use_max) },
            waiting: MeanMax { mean: mean(|r| r.waiting_mean), max: mean(|r| r.waiting_max) },
            utilization: mean(|r| r.utilization),
        }
    };
    (0..model.resources.len()).map(resource).collect()
}

/// Producers whose clock may stand.
pub(super) fn producers(model: &Model, results: &[&Replication]) -> Vec<ProducerSummary> {
    let may_be_late = model.producers.iter().enumerate().filter(|(_, producer)| can_be_late(model, producer));
    let summary = |(place, producer): (usize, &crate::model::Producer)| {
        let of: Vec<&LateResult> = results.iter().map(|result| &result.late[place]).collect();
        ProducerSummary {
            name: producer.name.clone(),
            late: estimate(&of, "", |result| Some(result.late)),
            late_mean_s: estimate(&of, NOBODY_LATE, |result| result.mean_s),
        }
    };
    may_be_late.map(summary).collect()
}
