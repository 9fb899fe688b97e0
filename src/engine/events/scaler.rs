//! Who decides: a group's scaler at work, and what comes of its decisions.
//!
//! A decision is an event like any other; between two of them a scaler costs nothing. Not here: how it decides
//! (`crate::scaling`), what it is shown (`sight`), and how replicas come and go (`staffing`).

use rand::RngExt;

use super::agenda::Event;
use super::kernel::Kernel;
use super::observer::{Decided, Observer};
use super::sight::{Counters, View};
use super::streams::{Purpose, stream};
use crate::model::scaling::{Phase, Strategy};
use crate::model::{GroupId, Model};
use crate::scaling::{Observation, Scaler, World};
use crate::units::Seconds;

/// A group's scaler with its view of the queue.
pub(super) struct Overseer<'m> {
    scaler: Scaler<'m>,
    view: View<'m>,
}

impl<'m> Overseer<'m> {
    /// The scaler of a group, if it has one.
    pub fn new(model: &'m Model, group: GroupId, seed: u64, replication: u32) -> Option<Box<Self>> {
        let settings = &model.groups[group];
        let scaling = settings.scaling.as_ref()?;
        let (phase, poll_phase) = match scaling.phase {
            Phase::Random => {
                let mut stream = stream(seed, replication, Purpose::Phase, &settings.name);
                (stream.random::<f64>(), stream.random::<f64>())
            }
            Phase::At(at_s) => {
                let share = |period_s: Seconds| if period_s.is_finite() { at_s / period_s } else { 0.0 };
                (share(scaling.strategy.period_s()), share(poll_period_s(&scaling.strategy)))
            }
        };
        let arrivals = match scaling.strategy {
            Strategy::Oracle(_) => model.publish_rate(settings.from).ok(),
            _ => None,
        };
        let scaler = Scaler::new(&scaling.strategy, World { start: model.start, phase, poll_phase, arrivals });
        let view = View::new(model, settings, scaling, &scaler);
        Some(Box::new(Overseer { scaler, view }))
    }
}

/// Seconds between two polls, where the strategy has a second clock for them.
fn poll_period_s(strategy: &Strategy) -> Seconds {
    match strategy {
        Strategy::Keda(keda) => keda.operator.polling_interval_s,
        _ => strategy.period_s(),
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// Puts the first decisions and looks on the agenda.
    pub(super) fn open_overseers(&mut self) {
        for (group, overseer) in self.overseers.iter().enumerate() {
            let Some(overseer) = overseer else { continue };
            let group = group as u32;
            for (at_s, event) in [
                (overseer.view.next_look_s(), Event::Look { group }),
                (overseer.scaler.next_decision_s(), Event::Decide { group }),
            ] {
                if at_s.is_finite() {
                    self.agenda.schedule(at_s, event);
                }
            }
        }
    }

    /// The queue is looked at, unless a decision of the same instant came first and did so.
    pub(super) fn look(&mut self, now_s: Seconds, group: GroupId) {
        if self.overseers[group].as_deref().is_none_or(|overseer| overseer.view.next_look_s() > now_s) {
            return;
        }
        let counters = self.counters(group);
        let queue = &self.queues[self.groups[group].settings.from];
        if let Some(overseer) = &mut self.overseers[group] {
            overseer.view.look(now_s, counters, queue.ready.offsets());
            let next_s = overseer.view.next_look_s();
            if next_s.is_finite() {
                self.agenda.schedule(next_s, Event::Look { group: group as u32 });
            }
        }
    }

    /// A group's scaler decides.
    pub(super) fn decide(&mut self, now_s: Seconds, group: GroupId) {
        self.look(now_s, group);
        let counters = self.counters(group);
        let Some(mut overseer) = self.overseers[group].take() else { return };
        let state = &self.groups[group];
        let offsets = self.queues[state.settings.from].ready.offsets();
        let (sighted_s, sight) = overseer.view.shown(now_s, counters, offsets);
        let (wanted, running, ready) = (state.staff.wanted, state.order.len() as u32, state.taking.iter().sum());
        let explain = self.observer.asks_why(now_s, group);
        let seen = Observation { now_s, wanted, running, ready, sight: Some(sight), explain };
        let decision = overseer.scaler.decide(&seen);
        self.observer.decided(&Decided { now_s, group, sight, sighted_s, wanted, running, ready, decision: &decision });
        if decision.wanted != wanted {
            self.resize(now_s, group, decision.wanted);
            self.is_resized(now_s, group);
        }
        // After the launches: whoever joins at the instant of the next decision is there for it.
        let next_s = overseer.scaler.next_decision_s();
        if next_s.is_finite() {
            self.agenda.schedule(next_s, Event::Decide { group: group as u32 });
        }
        self.overseers[group] = Some(overseer);
    }

    /// What a broker and the group would report at this instant.
    fn counters(&self, group: GroupId) -> Counters {
        let state = &self.groups[group];
        let queue = &self.queues[state.settings.from];
        Counters {
            ready: queue.ready.len(),
            unacked: queue.unacked,
            delayed: queue.delayed,
            oldest_s: queue.ready.oldest_s(),
            published: queue.published,
            delivered: queue.delivered,
            busy: state.busy,
            slots: state.staff.slots,
        }
    }

    /// A slot of a Job is free: it gets nothing beyond what the Job took, and when all of that is done, the Job ends.
    pub(super) fn job_goes_on(&mut self, now_s: Seconds, id: u32) {
        self.start_buffered(now_s, id, false);
        let replica = &self.replicas[id as usize];
        let group = replica.group;
        let slots = self.groups[group].slots_per_replica as usize;
        if replica.credit == 0 && replica.buffer.is_empty() && replica.free.len() == slots {
            self.stop_taking(now_s, id);
            self.groups[group].order.retain(|other| *other != id);
            self.groups[group].staff.wanted -= 1;
            self.lose_slots(id);
            self.terminate(id);
            self.tell_staff(now_s, group);
        }
    }
}
