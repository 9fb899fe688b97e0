//! The statistics of one replication, before they are averaged over all of them.

use super::decisions::DecisionRow;
use super::histogram::Histogram;
use super::level::LevelStatistics;
use super::recorder::{Counts, Tally};
use crate::model::{Level, Promise, Quantile, Slo};

/// One replication.
#[derive(Debug, Default)]
pub struct Replication {
    pub(super) queues: Vec<QueueResult>,
    pub(super) groups: Vec<GroupResult>,
    pub(super) paths: Vec<PathResult>,
    pub(super) resources: Vec<ResourceResult>,
    /// Late publishes, producer by producer.
    pub(super) late: Vec<LateResult>,
    /// The statistic that each SLO speaks of.
    pub(super) slos: Vec<Option<f64>>,
    /// What scalers decided, if it was kept.
    pub(super) decisions: Vec<DecisionRow>,
}

/// One queue in one replication.
#[derive(Debug, Default)]
pub(super) struct QueueResult {
    pub counts: Counts,
    pub in_system: u64,
    pub depth: LevelStatistics,
    pub ready: LevelStatistics,
    pub wait: Histogram,
    pub latency: Histogram,
    pub wait_s: Durations,
    pub latency_s: Durations,
    /// Share of started messages that found a free slot.
    pub at_once: Option<f64>,
    pub unsettled: u64,
    /// What became of deliveries, where they can come to harm.
    pub deliveries: Option<Tally>,
    /// Level by level, of a queue with priorities.
    pub levels: Vec<LevelResult>,
    pub partitions: Option<PartitionsResult>,
    pub rows: Rows,
}

/// One level of a queue with priorities.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LevelResult {
    /// Share of the measured messages that ever started.
    pub share: Option<f64>,
    pub wait_s: Durations,
}

/// The partitions of a log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartitionsResult {
    pub max_lag: f64,
    pub hottest_share: Option<f64>,
}

/// One path.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathResult {
    pub completed: f64,
    pub broken: f64,
    /// Still on their way when the run ended.
    pub unfinished: f64,
    pub latency_s: Durations,
}

/// One resource.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResourceResult {
    pub in_use_mean: f64,
    pub in_use_max: f64,
    pub waiting_mean: f64,
    pub waiting_max: f64,
    pub utilization: f64,
}

/// Late publishes of one producer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LateResult {
    pub late: f64,
    /// Mean over the late ones.
    pub mean_s: Option<f64>,
}

/// Statistics of waits or latencies; `None` without any.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Durations {
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: Option<f64>,
}

/// The time series of one queue.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub publish_rate: Vec<f64>,
    pub capacity_rate: Vec<f64>,
    pub ack_rate: Vec<f64>,
    pub depth: Vec<f64>,
    pub ready: Vec<f64>,
    pub oldest_age_s: Vec<f64>,
    pub wait_mean_s: Vec<Option<f64>>,
    pub wait_p99_s: Vec<Option<f64>>,
    pub replicas_mean: Vec<f64>,
    pub replicas_wanted: Vec<f64>,
    pub replicas_ready: Vec<f64>,
    pub utilization: Vec<Option<f64>>,
}

/// One consumer group in one replication.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupResult {
    pub utilization: Option<f64>,
    pub overhead_share: Option<f64>,
    pub replicas_mean: f64,
    pub replicas_max: f64,
    pub wanted_mean: f64,
    pub wanted_max: f64,
    pub ready_mean: f64,
    pub ready_max: f64,
    pub replica_hours: f64,
    /// Slots that had joined and were neither busy nor in overhead, integrated over the measured time.
    pub idle_slot_hours: f64,
    pub cost: Option<f64>,
    pub scale_ups: f64,
    pub scale_downs: f64,
    pub called_off: f64,
    pub wasted_work_s: f64,
    pub crashes: f64,
}

impl Replication {
    /// The statistic that each SLO speaks of, in the order of the scenario.
    pub fn promised(&self) -> &[Option<f64>] {
        &self.slos
    }

    /// Lets the decisions go once they have been looked at: a study may hold many replications.
    pub fn forget_decisions(&mut self) {
        self.decisions = Vec::new();
    }
}

impl Durations {
    pub(super) fn of(histogram: &Histogram) -> Durations {
        Durations {
            mean: histogram.mean(),
            p50: histogram.quantile(0.5),
            p90: histogram.quantile(0.9),
            p95: histogram.quantile(0.95),
            p99: histogram.quantile(0.99),
            p999: histogram.quantile(0.999),
            max: histogram.max(),
        }
    }
}

/// The asked statistic of a histogram.
pub(super) fn statistic(histogram: &Histogram, quantile: Quantile) -> Option<f64> {
    match quantile {
        Quantile::Mean => histogram.mean(),
        Quantile::Max => histogram.max(),
        Quantile::P(share) => histogram.quantile(share),
    }
}

impl QueueResult {
    pub fn with_rows(rows: usize) -> Self {
        let column = || Vec::with_capacity(rows);
        QueueResult {
            rows: Rows {
                publish_rate: column(),
                capacity_rate: column(),
                ack_rate: column(),
                depth: column(),
                ready: column(),
                oldest_age_s: column(),
                replicas_mean: column(),
                replicas_wanted: column(),
                replicas_ready: column(),
                utilization: Vec::with_capacity(rows),
                ..Rows::default()
            },
            ..QueueResult::default()
        }
    }

    /// Messages that were lost, for whatever reason; a dead letter is kept.
    pub fn lost(&self) -> u64 {
        let counts = &self.counts;
        counts.rejected + counts.dropped + counts.expired + counts.lost + counts.lost_after_ack
    }

    /// Lost messages as a share of those published.
    pub fn loss_share(&self) -> Option<f64> {
        (self.counts.published > 0).then(|| self.lost() as f64 / self.counts.published as f64)
    }

    /// The statistic that an SLO over the whole measured time speaks of.
    ///
    /// A run goes on for one more horizon to settle what it measures: what is unsettled then is at least `horizon_s`
    /// late, and a promise counts it as that. Left out it would keep promises by not being served.
    pub fn promised(&self, slo: &Slo, horizon_s: f64) -> Option<f64> {
        let late = |durations: &Histogram, count, quantile| statistic(&durations.with(count, horizon_s), quantile);
        match slo.promise {
            Promise::Latency(quantile, _) => late(&self.latency, self.unsettled, quantile),
            Promise::Wait(quantile, _) => {
                let never_started = self.counts.published.saturating_sub(self.wait.count()).min(self.unsettled);
                late(&self.wait, never_started, quantile)
            }
            Promise::Depth(Level::Mean, _) => Some(self.depth.mean),
            Promise::Depth(Level::Max, _) => Some(self.depth.max),
            Promise::Depth(Level::P(_), _) => None,
            Promise::LossShare(_) => self.loss_share(),
            Promise::DrainedBy(_) => self.ready.emptied_s,
        }
    }

    /// Keeps the few reported numbers and lets the buckets go: a study may hold many replications.
    pub fn forget_histograms(&mut self) {
        self.wait_s = Durations::of(&self.wait);
        self.latency_s = Durations::of(&self.latency);
        self.wait = Histogram::default();
        self.latency = Histogram::default();
    }
}
