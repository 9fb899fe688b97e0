//! The observer that measures: what the kernel tells becomes the statistics of one replication.
//!
//! Level statistics are time-weighted over `[warmup, horizon]`; waits and latencies are of messages published in
//! `[warmup, horizon)`; counts are of events in that window. Not here: intervals over replications (`replications`).

mod deliveries;
mod lanes;
mod lateness;
mod paths;
mod queue;
mod resources;

use std::sync::Arc;

use self::deliveries::Deliveries;
pub(super) use self::deliveries::{Tally, can_come_to_harm};
use self::lateness::Lateness;
pub(super) use self::lateness::can_be_late;
use self::paths::PathRecorder;
use self::queue::QueueRecorder;
use self::resources::ResourceClock;
use super::decisions::DecisionLog;
use super::probe::Probe;
use super::replication::{GroupResult, QueueResult, Replication};
use super::staff::{Interval, StaffClock};
use crate::engine::events::{DeadLetter, Decided, Loss, Message, Observer, Staff};
use crate::model::{GroupId, Model, QueueId, ResourceId, Slo};
use crate::units::Seconds;

/// Events of one queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub published: u64,
    pub acked: u64,
    pub redelivered: u64,
    pub rejected: u64,
    pub dropped: u64,
    pub expired: u64,
    pub dead_lettered: u64,
    pub lost: u64,
    pub lost_after_ack: u64,
}

/// Measures one replication of a model.
pub struct Recorder<'m> {
    model: &'m Model,
    queues: Vec<QueueRecorder<'m>>,
    groups: Vec<StaffClock<'m>>,
    paths: Vec<PathRecorder<'m>>,
    resources: Vec<ResourceClock>,
    producers: Vec<Lateness>,
    decisions: Option<DecisionLog>,
    last_tick_s: Seconds,
}

impl<'m> Recorder<'m> {
    /// A recorder for one replication of `model`.
    pub fn new(model: &'m Model) -> Self {
        let ends_s: Arc<[Seconds]> = model.interval_ends_s().into();
        let mut recorder = Recorder {
            model,
            queues: (0..model.queues.len()).map(|id| QueueRecorder::new(model, id, &ends_s)).collect(),
            groups: model.groups.iter().map(|group| StaffClock::new(model, group)).collect(),
            paths: (0..model.paths.len()).map(|path| PathRecorder::new(model, path)).collect(),
            resources: model.resources.iter().map(|_| ResourceClock::default()).collect(),
            producers: model.producers.iter().map(|_| Lateness::default()).collect(),
            decisions: None,
            last_tick_s: 0.0,
        };
        if model.warmup_s == 0.0 {
            recorder.warmed_up(0.0);
        }
        recorder
    }

    /// A recorder that also keeps every decision of the scalers.
    pub fn with_decisions(model: &'m Model) -> Self {
        Recorder { decisions: Some(DecisionLog::new(model)), ..Recorder::new(model) }
    }

    /// A recorder that also keeps every decision of the scalers, with its reasons.
    pub fn with_reasons(model: &'m Model) -> Self {
        Recorder { decisions: Some(DecisionLog::with_reasons(model)), ..Recorder::new(model) }
    }

    /// The replication's statistics, once the run is over.
    pub fn finish(self) -> Replication {
        let on_path = |slo: &Slo| slo.path.map(|path| self.paths[path].promised(slo));
        let probe = |slo: &Slo| self.queues[slo.queue].probes.iter().find(|probe| probe.slo == slo);
        let probed: Vec<Option<Option<f64>>> =
            self.model.slos.iter().map(|slo| on_path(slo).or_else(|| probe(slo).map(Probe::value))).collect();
        let mut queues: Vec<QueueResult> = self.queues.into_iter().map(QueueRecorder::finish).collect();
        let groups: Vec<GroupResult> = self.groups.into_iter().map(StaffClock::finish).collect();
        let slos = self.model.slos.iter().zip(probed);
        let slos = slos
            .map(|(slo, probed)| probed.unwrap_or_else(|| queues[slo.queue].promised(slo, self.model.horizon_s)))
            .collect();
        queues.iter_mut().for_each(QueueResult::forget_histograms);
        let decisions = self.decisions.map_or_else(Vec::new, DecisionLog::finish);
        Replication {
            queues,
            groups,
            paths: self.paths.iter().map(PathRecorder::finish).collect(),
            resources: self.resources.into_iter().map(ResourceClock::finish).collect(),
            late: self.producers.into_iter().map(Lateness::finish).collect(),
            slos,
            decisions,
        }
    }
}

impl Observer for Recorder<'_> {
    #[inline(always)]
    fn published(&mut self, now_s: Seconds, queue: QueueId) {
        self.queues[queue].published(now_s);
    }

    #[inline(always)]
    fn levels(&mut self, now_s: Seconds, queue: QueueId, ready: usize, unacked: usize) {
        self.queues[queue].levels(now_s, ready, unacked);
    }

    #[inline(always)]
    fn started(&mut self, now_s: Seconds, queue: QueueId, message: &Message, at_once: bool) {
        self.queues[queue].started(now_s, message, at_once);
    }

    #[inline(always)]
    fn acked(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.queues[queue].acked(now_s, message);
    }

    fn lost(&mut self, _now_s: Seconds, queue: QueueId, message: &Message, why: Loss) {
        self.queues[queue].lost(message, why);
    }

    fn dead_lettered(&mut self, _now_s: Seconds, queue: QueueId, message: &Message, why: DeadLetter) {
        self.queues[queue].dead_lettered(message, why);
    }

    fn failed(&mut self, _now_s: Seconds, queue: QueueId, _message: &Message) {
        self.queues[queue].deliveries.iter_mut().for_each(Deliveries::failed);
    }

    fn timed_out(&mut self, _now_s: Seconds, queue: QueueId, _message: &Message) {
        self.queues[queue].deliveries.iter_mut().for_each(Deliveries::timed_out);
    }

    fn duplicated(&mut self, _now_s: Seconds, queue: QueueId, _message: &Message) {
        self.queues[queue].deliveries.iter_mut().for_each(Deliveries::duplicated);
    }

    fn resource(&mut self, now_s: Seconds, resource: ResourceId, in_use: u32, waiting: usize) {
        self.resources[resource].set(now_s, in_use, waiting);
    }

    fn partitions(&mut self, now_s: Seconds, queue: QueueId, offsets: &mut dyn Iterator<Item = (u64, u64)>) {
        self.queues[queue].partitions(now_s, offsets);
    }

    fn crashed(&mut self, _now_s: Seconds, group: GroupId) {
        self.groups[group].crashed();
    }

    fn late(&mut self, _now_s: Seconds, producer: usize, late_s: Seconds) {
        self.producers[producer].add(late_s);
    }

    fn path_started(&mut self, now_s: Seconds, path: usize) {
        self.paths[path].started(now_s);
    }

    fn path_ended(&mut self, now_s: Seconds, path: usize, origin_s: Seconds, completed: bool) {
        self.paths[path].ended(now_s, origin_s, completed);
    }

    fn lost_after_ack(&mut self, _now_s: Seconds, queue: QueueId, message: &Message) {
        self.queues[queue].lost_after_ack(message);
    }

    fn redelivered(&mut self, _now_s: Seconds, queue: QueueId) {
        self.queues[queue].redelivered();
    }

    #[inline(always)]
    fn slots(&mut self, now_s: Seconds, group: GroupId, busy: u32, overhead: u32) {
        self.groups[group].slots(now_s, busy, overhead);
    }

    fn staff(&mut self, now_s: Seconds, group: GroupId, staff: Staff, taking: &[u32]) {
        self.groups[group].staff(now_s, staff, taking);
    }

    fn decided(&mut self, decided: &Decided<'_>) {
        if let Some(decisions) = &mut self.decisions {
            decisions.decided(decided);
        }
    }

    fn asks_why(&self, now_s: Seconds, group: GroupId) -> bool {
        self.decisions.as_ref().is_some_and(|decisions| decisions.asks_why(now_s, group))
    }

    fn joined(&mut self, now_s: Seconds, group: GroupId, launched_s: Seconds) {
        if let Some(decisions) = &mut self.decisions {
            decisions.joined(now_s, group, launched_s);
        }
    }

    fn wasted(&mut self, _now_s: Seconds, group: GroupId, slot_s: Seconds) {
        self.groups[group].wasted(slot_s);
    }

    fn called_off(&mut self, now_s: Seconds, group: GroupId, launched_s: Seconds) {
        self.groups[group].called_off();
        if let Some(decisions) = &mut self.decisions {
            decisions.called_off(now_s, group, launched_s);
        }
    }

    fn tick(&mut self, now_s: Seconds, oldest_s: &mut dyn Iterator<Item = Option<Seconds>>) {
        let length_s = now_s - self.last_tick_s;
        for (id, (state, oldest_s)) in self.queues.iter_mut().zip(oldest_s).enumerate() {
            state.tick(now_s, length_s, oldest_s);
            let groups = self.groups.iter_mut().filter(|group| group.settings.from == id);
            let mut served = Interval::default();
            groups.for_each(|group| served += group.tick(now_s));
            let rows = &mut state.result.rows;
            rows.capacity_rate.push(served.capacity / length_s);
            rows.replicas_mean.push(served.replica_s / length_s);
            rows.replicas_wanted.push(served.wanted_s / length_s);
            rows.replicas_ready.push(served.ready_s / length_s);
            rows.utilization.push((served.slot_s > 0.0).then(|| served.busy_s / served.slot_s));
        }
        self.last_tick_s = now_s;
    }

    fn warmed_up(&mut self, now_s: Seconds) {
        self.queues.iter_mut().for_each(|queue| queue.warmed_up(now_s));
        self.groups.iter_mut().for_each(|group| group.restart(now_s));
        self.resources.iter_mut().for_each(|resource| resource.warmed_up(now_s));
        self.producers.iter_mut().for_each(Lateness::warmed_up);
    }

    fn horizon(&mut self, now_s: Seconds, in_system: &mut dyn Iterator<Item = u64>) {
        if let Some(decisions) = &mut self.decisions {
            decisions.horizon(now_s, in_system);
        }
        let length_s = now_s - self.model.warmup_s;
        let queues = self.queues.iter_mut().zip(in_system);
        queues.for_each(|(queue, in_system)| queue.horizon(now_s, length_s, in_system));
        self.groups.iter_mut().for_each(|group| group.close(length_s, now_s));
        let resources = self.resources.iter_mut().zip(&self.model.resources);
        resources.for_each(|(clock, resource)| clock.horizon(now_s, length_s, resource.slots));
        self.producers.iter_mut().for_each(Lateness::horizon);
    }

    fn settled(&self) -> bool {
        self.queues.iter().all(|queue| !queue.is_awaited || queue.unsettled() == 0)
            && self.paths.iter().all(PathRecorder::is_settled)
    }
}

impl Counts {
    fn since(self, before: Counts) -> Counts {
        Counts {
            published: self.published - before.published,
            acked: self.acked - before.acked,
            redelivered: self.redelivered - before.redelivered,
            rejected: self.rejected - before.rejected,
            dropped: self.dropped - before.dropped,
            expired: self.expired - before.expired,
            dead_lettered: self.dead_lettered - before.dead_lettered,
            lost: self.lost - before.lost,
            lost_after_ack: self.lost_after_ack - before.lost_after_ack,
        }
    }
}

#[cfg(test)]
mod tests;
