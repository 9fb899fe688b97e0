//! From replications to what is reported: means with intervals, series with bands.

mod brokers;

use super::estimate::{Estimate, mean_and_error, sorted_quantile};
use super::outcome::{EventsOutcome, QueueSeries};
use super::replication::{Durations, GroupResult, QueueResult, Replication};
use super::summary::{
    Balance, DepthSummary, GroupSummary, LatencySummary, QueueSummary, ReadySummary, ReplicasSummary, ScalingSummary,
    WaitSummary,
};
use crate::engine::events::Ledger;
use crate::model::{ConsumerGroup, Model};

const NOBODY_PUBLISHED: &str = "no message was published in the measured time";
const NOBODY_STARTED: &str = "no measured message started";
const NOBODY_ACKED: &str = "no measured message was acked";
const NEVER_EMPTY: &str = "messages were ready at the horizon in every replication";
const NO_SLOTS: &str = "there was no replica in the measured time";
const NO_COST: &str = "the group has no cost";

/// Averages replications; `replications` is not empty.
pub fn summarise(model: &Model, replications: &[(Replication, Ledger)]) -> EventsOutcome {
    let results: Vec<&Replication> = replications.iter().map(|(replication, _)| replication).collect();
    let queue =
        |id: usize| -> Vec<&QueueResult> { results.iter().map(|replication| &replication.queues[id]).collect() };
    let group =
        |id: usize| -> Vec<&GroupResult> { results.iter().map(|replication| &replication.groups[id]).collect() };
    let ends_s = model.interval_ends_s();
    EventsOutcome {
        replications: replications.len() as u32,
        events: replications.iter().map(|(_, ledger)| ledger.events).sum(),
        queues: model.queues.iter().enumerate().map(|(id, q)| queue_summary(&q.name, &queue(id))).collect(),
        groups: model.groups.iter().enumerate().map(|(id, g)| group_summary(model, g, &group(id))).collect(),
        paths: brokers::paths(model, &results),
        resources: brokers::resources(model, &results),
        producers: brokers::producers(model, &results),
        series: (0..model.queues.len()).map(|id| series(&ends_s, &queue(id))).collect(),
        slo_values: (0..model.slos.len()).map(|id| results.iter().map(|result| result.slos[id]).collect()).collect(),
        decisions: results.first().map_or_else(Vec::new, |first| first.decisions.clone()),
        balance: balance(replications),
    }
}

fn balance(replications: &[(Replication, Ledger)]) -> Balance {
    let ledgers = || replications.iter().map(|(_, ledger)| ledger);
    let published = ledgers().map(|ledger| ledger.published).sum();
    let accounted = ledgers().map(Ledger::accounted).sum();
    Balance { published, accounted, difference: published as i64 - accounted as i64 }
}

/// The mean over those replications in which the statistic exists.
fn estimate<R>(results: &[R], why_not: &str, statistic: impl Fn(&R) -> Option<f64>) -> Estimate {
    let samples: Vec<f64> = results.iter().filter_map(statistic).collect();
    Estimate::of(&samples, why_not)
}

fn queue_summary(name: &str, results: &[&QueueResult]) -> QueueSummary {
    let level = |statistic: fn(&QueueResult) -> f64| estimate(results, "", |result| Some(statistic(result)));
    let count = |statistic: fn(&QueueResult) -> u64| estimate(results, "", |result| Some(statistic(result) as f64));
    let drained = results.iter().filter(|result| result.ready.emptied_s.is_some()).count();
    let unsettled: u64 = results.iter().map(|result| result.unsettled).sum();
    QueueSummary {
        name: name.to_owned(),
        published: count(|result| result.counts.published),
        acked: count(|result| result.counts.acked),
        redelivered: count(|result| result.counts.redelivered),
        rejected: count(|result| result.counts.rejected),
        dropped: count(|result| result.counts.dropped),
        expired: count(|result| result.counts.expired),
        dead_lettered: count(|result| result.counts.dead_lettered),
        in_system_at_end: count(|result| result.in_system),
        loss_share: estimate(results, NOBODY_PUBLISHED, |result| result.loss_share()),
        depth: DepthSummary {
            mean: level(|result| result.depth.mean),
            p50: level(|result| result.depth.p50),
            p95: level(|result| result.depth.p95),
            p99: level(|result| result.depth.p99),
            max: level(|result| result.depth.max),
            max_at_s: level(|result| result.depth.max_at_s),
        },
        ready: ReadySummary {
            mean: level(|result| result.ready.mean),
            p95: level(|result| result.ready.p95),
            max: level(|result| result.ready.max),
        },
        wait_s: wait_summary(results),
        latency_s: latency_of(results, NOBODY_ACKED, |result| &result.latency_s),
        drained_at_s: estimate(results, NEVER_EMPTY, |result| result.ready.emptied_s),
        drained_share: (drained < results.len()).then(|| drained as f64 / results.len() as f64),
        unsettled: (unsettled > 0).then(|| unsettled as f64 / results.len() as f64),
        deliveries: brokers::deliveries(results),
        levels: brokers::levels(results),
        partitions: brokers::partitions(results),
    }
}

fn wait_summary(results: &[&QueueResult]) -> WaitSummary {
    let wait = |statistic: fn(&Durations) -> Option<f64>| {
        estimate(results, NOBODY_STARTED, |result| statistic(&result.wait_s))
    };
    WaitSummary {
        mean: wait(|wait| wait.mean),
        p50: wait(|wait| wait.p50),
        p90: wait(|wait| wait.p90),
        p95: wait(|wait| wait.p95),
        p99: wait(|wait| wait.p99),
        p999: wait(|wait| wait.p999),
        max: wait(|wait| wait.max),
        probability: estimate(results, NOBODY_STARTED, |result| result.at_once.map(|share| 1.0 - share)),
    }
}

fn latency_of<R>(results: &[R], why_not: &str, of: impl Fn(&R) -> &Durations) -> LatencySummary {
    let latency = |statistic: fn(&Durations) -> Option<f64>| estimate(results, why_not, |result| statistic(of(result)));
    LatencySummary {
        mean: latency(|latency| latency.mean),
        p50: latency(|latency| latency.p50),
        p90: latency(|latency| latency.p90),
        p95: latency(|latency| latency.p95),
        p99: latency(|latency| latency.p99),
        p999: latency(|latency| latency.p999),
        max: latency(|latency| latency.max),
    }
}

fn group_summary(model: &Model, group: &ConsumerGroup, results: &[&GroupResult]) -> GroupSummary {
    let of = |statistic: fn(&GroupResult) -> f64| estimate(results, "", |result| Some(statistic(result)));
    let scaling = group.scaling.as_ref().map(|scaling| ScalingSummary {
        strategy: scaling.strategy.name(),
        wanted: ReplicasSummary { mean: of(|result| result.wanted_mean), max: of(|result| result.wanted_max) },
        ready: ReplicasSummary { mean: of(|result| result.ready_mean), max: of(|result| result.ready_max) },
        ups: of(|result| result.scale_ups),
        downs: of(|result| result.scale_downs),
        called_off: of(|result| result.called_off),
    });
    GroupSummary {
        name: group.name.clone(),
        utilization: estimate(results, NO_SLOTS, |result| result.utilization),
        overhead_share: estimate(results, NO_SLOTS, |result| result.overhead_share),
        replicas: ReplicasSummary { mean: of(|result| result.replicas_mean), max: of(|result| result.replicas_max) },
        replica_hours: of(|result| result.replica_hours),
        cost: estimate(results, NO_COST, |result| result.cost),
        scale_events: of(|result| result.scale_ups + result.scale_downs),
        scaling,
        waste: brokers::waste(model, group, results),
    }
}

fn series(ends_s: &[f64], results: &[&QueueResult]) -> QueueSeries {
    let rows = 0..ends_s.len();
    let across = |row: usize, column: fn(&QueueResult) -> &[f64]| -> Vec<f64> {
        results.iter().map(|result| column(result)[row]).collect()
    };
    let mean = |column: fn(&QueueResult) -> &[f64]| -> Vec<f64> {
        rows.clone().map(|row| across(row, column).iter().sum::<f64>() / results.len() as f64).collect()
    };
    let mean_of_known = |column: fn(&QueueResult) -> &[Option<f64>]| -> Vec<Option<f64>> {
        let known = |row: usize| -> Vec<f64> { results.iter().filter_map(|result| column(result)[row]).collect() };
        rows.clone().map(|row| mean_and_error(&known(row)).map(|(mean, _)| mean)).collect()
    };
    let error = |column: fn(&QueueResult) -> &[f64]| -> Vec<Option<f64>> {
        rows.clone().map(|row| mean_and_error(&across(row, column)).and_then(|(_, error)| error)).collect()
    };
    let depths: Vec<Vec<f64>> = rows.clone().map(|row| sorted(across(row, |result| &result.rows.depth))).collect();
    let depth_quantile = |share| depths.iter().map(|depths| sorted_quantile(depths, share)).collect();
    QueueSeries {
        time_s: ends_s.to_vec(),
        publish_rate: mean(|result| &result.rows.publish_rate),
        capacity_rate: mean(|result| &result.rows.capacity_rate),
        ack_rate: mean(|result| &result.rows.ack_rate),
        depth_mean: mean(|result| &result.rows.depth),
        depth_se: error(|result| &result.rows.depth),
        depth_p05: depth_quantile(0.05),
        depth_p50: depth_quantile(0.50),
        depth_p95: depth_quantile(0.95),
        ready_mean: mean(|result| &result.rows.ready),
        ready_se: error(|result| &result.rows.ready),
        oldest_age_s: mean(|result| &result.rows.oldest_age_s),
        wait_mean_s: mean_of_known(|result| &result.rows.wait_mean_s),
        wait_p99_s: mean_of_known(|result| &result.rows.wait_p99_s),
        replicas_mean: mean(|result| &result.rows.replicas_mean),
        utilization: mean_of_known(|result| &result.rows.utilization),
        replicas_wanted: mean(|result| &result.rows.replicas_wanted),
        replicas_ready: mean(|result| &result.rows.replicas_ready),
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}
