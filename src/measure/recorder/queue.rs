//! What is measured of one queue.

use std::sync::Arc;

use super::Counts;
use super::deliveries::Deliveries;
use super::lanes::{Levels, PartitionClock};
use crate::engine::events::{DeadLetter, Loss, Message};
use crate::measure::histogram::Histogram;
use crate::measure::level::LevelClock;
use crate::measure::probe::Probe;
use crate::measure::replication::QueueResult;
use crate::measure::waits::IntervalWaits;
use crate::model::{Model, QueueId};
use crate::units::Seconds;

/// Measures one queue.
pub(super) struct QueueRecorder<'m> {
    warmup_s: Seconds,
    horizon_s: Seconds,
    depth: LevelClock,
    ready: LevelClock,
    /// Since when the levels stand where they are.
    since_s: Seconds,
    counts: Counts,
    /// Counts when statistics started.
    before: Counts,
    /// Counts at the last tick.
    last_tick: Counts,
    waits: IntervalWaits,
    latency: Histogram,
    started_at_once: u64,
    /// Measured messages that left without an ack.
    left: u64,
    /// Whether its messages leave at some time: somebody consumes them, or they expire.
    pub(super) is_awaited: bool,
    pub(super) probes: Vec<Probe<'m>>,
    /// What became of deliveries, and waits by level: where the model asks for them.
    pub(super) deliveries: Option<Deliveries>,
    levels: Option<Levels>,
    partitions: Option<PartitionClock>,
    /// Whether more is to be told of each start and ack than the queue's own statistics.
    is_watched: bool,
    pub(super) result: QueueResult,
}

impl<'m> QueueRecorder<'m> {
    pub(super) fn new(model: &'m Model, id: QueueId, ends_s: &Arc<[Seconds]>) -> Self {
        let slos = model.slos.iter().filter(|slo| slo.queue == id && slo.path.is_none());
        let probes: Vec<Probe<'m>> = slos.filter_map(Probe::new).collect();
        let (deliveries, levels) = (Deliveries::of(model, id), Levels::of(model, id));
        QueueRecorder {
            warmup_s: model.warmup_s,
            horizon_s: model.horizon_s,
            depth: LevelClock::default(),
            ready: LevelClock::default(),
            since_s: 0.0,
            counts: Counts::default(),
            before: Counts::default(),
            last_tick: Counts::default(),
            waits: IntervalWaits::new(ends_s.clone(), model.warmup_s),
            latency: Histogram::default(),
            started_at_once: 0,
            left: 0,
            is_awaited: model.groups_of(id).next().is_some() || model.queues[id].ttl.is_some(),
            is_watched: !probes.is_empty() || deliveries.is_some() || levels.is_some(),
            probes,
            deliveries,
            levels,
            partitions: PartitionClock::of(model, id),
            result: QueueResult::with_rows(ends_s.len()),
        }
    }

    #[inline(always)]
    fn is_measured(&self, message: &Message) -> bool {
        message.published_s >= self.warmup_s && message.published_s < self.horizon_s
    }

    /// Kept out of the hot path, which most often has no probe.
    #[cold]
    #[inline(never)]
    fn probe(&mut self, tell: impl Fn(&mut Probe<'m>)) {
        self.probes.iter_mut().for_each(tell);
    }

    /// Levels have stood where they are until now.
    #[inline(always)]
    fn stand(&mut self, now_s: Seconds) {
        let stood_s = now_s - self.since_s;
        self.since_s = now_s;
        self.ready.stand(stood_s);
        self.depth.stand(stood_s);
    }

    #[inline(always)]
    pub(super) fn published(&mut self, now_s: Seconds) {
        self.counts.published += 1;
        self.waits.published(now_s);
        if !self.probes.is_empty() {
            self.probe(|probe| probe.published(now_s));
        }
    }

    #[inline(always)]
    pub(super) fn levels(&mut self, now_s: Seconds, ready: usize, unacked: usize) {
        self.stand(now_s);
        self.ready.set(now_s, ready);
        self.depth.set(now_s, ready + unacked);
        if !self.probes.is_empty() {
            self.probe(|probe| probe.levels(now_s, ready, ready + unacked));
        }
    }

    #[inline(always)]
    pub(super) fn started(&mut self, now_s: Seconds, message: &Message, at_once: bool) {
        let wait_s = now_s - message.published_s;
        self.waits.started(message.published_s, wait_s);
        if at_once {
            self.started_at_once += u64::from(self.is_measured(message));
        }
        if self.is_watched {
            self.watch_start(message, wait_s);
        }
    }

    #[cold]
    #[inline(never)]
    fn watch_start(&mut self, message: &Message, wait_s: Seconds) {
        self.probe(|probe| probe.started(message.published_s, wait_s));
        if self.is_measured(message)
            && let Some(levels) = &mut self.levels
        {
            levels.started(message, wait_s);
        }
    }

    #[inline(always)]
    pub(super) fn acked(&mut self, now_s: Seconds, message: &Message) {
        let latency_s = now_s - message.published_s;
        self.counts.acked += 1;
        if self.is_measured(message) {
            self.latency.record(latency_s);
        }
        if self.is_watched {
            self.watch_ack(message, latency_s);
        }
    }

    #[cold]
    #[inline(never)]
    fn watch_ack(&mut self, message: &Message, latency_s: Seconds) {
        self.probe(|probe| probe.acked(message.published_s, latency_s));
        if let Some(deliveries) = &mut self.deliveries {
            deliveries.acked(message);
        }
    }

    pub(super) fn lost(&mut self, message: &Message, why: Loss) {
        match why {
            Loss::Rejected => self.counts.rejected += 1,
            Loss::Dropped => self.counts.dropped += 1,
            Loss::Expired => self.counts.expired += 1,
            Loss::Failed | Loss::DeliveryLimit | Loss::Unreachable | Loss::Restart => self.counts.lost += 1,
        }
        if let Some(deliveries) = &mut self.deliveries {
            deliveries.lost(message, why);
        }
        self.leaves(message);
        self.probe(|probe| probe.lost(message.published_s));
    }

    pub(super) fn dead_lettered(&mut self, message: &Message, why: DeadLetter) {
        self.counts.dead_lettered += 1;
        if let Some(deliveries) = &mut self.deliveries {
            deliveries.dead_lettered(message, why);
        }
        self.leaves(message);
    }

    fn leaves(&mut self, message: &Message) {
        self.left += u64::from(self.is_measured(message));
        self.never_starts(message);
    }

    /// A message that was acked before and will not be worked on.
    pub(super) fn lost_after_ack(&mut self, message: &Message) {
        self.counts.lost_after_ack += 1;
        if let Some(deliveries) = &mut self.deliveries {
            deliveries.lost_after_ack();
        }
        self.never_starts(message);
        self.probe(|probe| probe.lost(message.published_s));
    }

    fn never_starts(&mut self, message: &Message) {
        if !message.started {
            self.waits.lost(message.published_s);
        }
    }

    pub(super) fn redelivered(&mut self) {
        self.counts.redelivered += 1;
    }

    pub(super) fn partitions(&mut self, now_s: Seconds, offsets: &mut dyn Iterator<Item = (u64, u64)>) {
        if let Some(partitions) = &mut self.partitions {
            partitions.tick(now_s > self.warmup_s, offsets);
        }
    }

    pub(super) fn tick(&mut self, now_s: Seconds, length_s: Seconds, oldest_s: Option<Seconds>) {
        let since = self.counts.since(self.last_tick);
        self.last_tick = self.counts;
        self.waits.interval_ends(since.published);
        let rows = &mut self.result.rows;
        rows.publish_rate.push(since.published as f64 / length_s);
        rows.ack_rate.push(since.acked as f64 / length_s);
        rows.depth.push(self.depth.level() as f64);
        rows.ready.push(self.ready.level() as f64);
        rows.oldest_age_s.push(oldest_s.map_or(0.0, |published_s| now_s - published_s));
    }

    pub(super) fn warmed_up(&mut self, now_s: Seconds) {
        self.stand(now_s);
        self.depth.restart(now_s);
        self.ready.restart(now_s);
        self.before = self.counts;
        if let Some(deliveries) = &mut self.deliveries {
            deliveries.warmed_up();
        }
        self.probes.iter_mut().for_each(|probe| probe.warmed_up(now_s));
    }

    pub(super) fn horizon(&mut self, now_s: Seconds, length_s: Seconds, in_system: u64) {
        self.stand(now_s);
        self.result.depth = self.depth.statistics(length_s);
        self.result.ready = self.ready.statistics(length_s);
        self.result.in_system = in_system;
        self.result.counts = self.counts.since(self.before);
        self.result.deliveries = self.deliveries.as_ref().map(Deliveries::tally);
        self.probes.iter_mut().for_each(|probe| probe.close(now_s));
    }

    /// Measured messages that have not left, once the horizon is passed.
    pub(super) fn unsettled(&self) -> u64 {
        self.result.counts.published - self.latency.count() - self.left
    }

    pub(super) fn finish(mut self) -> QueueResult {
        self.result.unsettled = self.unsettled();
        let (wait, rows) = self.waits.finish();
        (self.result.rows.wait_mean_s, self.result.rows.wait_p99_s) = rows;
        self.result.at_once = (wait.count() > 0).then(|| self.started_at_once as f64 / wait.count() as f64);
        self.result.wait = wait;
        self.result.levels = self.levels.as_ref().map_or_else(Vec::new, Levels::finish);
        self.result.partitions = self.partitions.as_ref().map(PartitionClock::finish);
        self.result.latency = self.latency;
        self.result
    }
}
