//! The observer that measures: what the kernel tells becomes the statistics of one replication.
//!
//! Level statistics are time-weighted over `[warmup, horizon]`; waits and latencies are of messages published in
//! `[warmup, horizon)`; counts are of events in that window. Not here: intervals over replications (`replications`).

mod queue;

use std::sync::Arc;

use self::queue::QueueRecorder;
use super::decisions::DecisionLog;
use super::probe::Probe;
use super::replication::{GroupResult, QueueResult, Replication};
use super::staff::{Interval, StaffClock};
use crate::engine::events::{DeadLetter, Decided, Loss, Message, Observer, Staff};
use crate::model::{GroupId, Model, QueueId, Slo};
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
}

/// Measures one replication of a model.
pub struct Recorder<'m> {
    model: &'m Model,
    queues: Vec<QueueRecorder<'m>>,
    groups: Vec<StaffClock<'m>>,
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
        let probe = |slo: &Slo| self.queues[slo.queue].probes.iter().find(|probe| probe.slo == slo);
        let probed: Vec<Option<Option<f64>>> = self.model.slos.iter().map(|slo| probe(slo).map(Probe::value)).collect();
        let mut queues: Vec<QueueResult> = self.queues.into_iter().map(QueueRecorder::finish).collect();
        let groups: Vec<GroupResult> = self.groups.into_iter().map(StaffClock::finish).collect();
        let slos = self.model.slos.iter().zip(probed);
        let slos = slos.map(|(slo, probed)| probed.unwrap_or_else(|| queues[slo.queue].promised(slo))).collect();
        queues.iter_mut().for_each(QueueResult::forget_histograms);
        let decisions = self.decisions.map_or_else(Vec::new, DecisionLog::finish);
        Replication { queues, groups, slos, decisions }
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

    fn dead_lettered(&mut self, _now_s: Seconds, queue: QueueId, message: &Message, _why: DeadLetter) {
        self.queues[queue].dead_lettered(message);
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
    }

    fn horizon(&mut self, now_s: Seconds, in_system: &mut dyn Iterator<Item = u64>) {
        if let Some(decisions) = &mut self.decisions {
            decisions.horizon(now_s, in_system);
        }
        let length_s = now_s - self.model.warmup_s;
        let queues = self.queues.iter_mut().zip(in_system);
        queues.for_each(|(queue, in_system)| queue.horizon(now_s, length_s, in_system));
        self.groups.iter_mut().for_each(|group| group.close(length_s, now_s));
    }

    fn settled(&self) -> bool {
        self.queues.iter().all(|queue| !queue.is_awaited || queue.unsettled() == 0)
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
        }
    }
}
