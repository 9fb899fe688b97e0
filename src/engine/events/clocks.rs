//! Producers' clocks: what stops them, and what is published later for it.
//!
//! A producer whose queue blocks, whose window of unconfirmed publishes is full, or whose broker is away plans nothing
//! meanwhile: all its later instants shift. Not here: the instants themselves (`arrivals`).

use super::agenda::Event;
use super::arrivals::Publisher;
use super::kernel::Kernel;
use super::observer::Observer;
use super::route::Aim;
use super::state::Draw;
use super::streams::{Purpose, stream};
use crate::model::{Destination, Model, Overflow, Producer, QueueId, WhenAway};
use crate::units::Seconds;

/// A producer at work.
pub(super) struct ProducerState<'m> {
    pub settings: &'m Producer,
    pub publisher: Publisher<'m>,
    /// Its queue, if nothing ever stops its clock and nobody follows its messages.
    pub straight_to: Option<QueueId>,
    clock: Clock<'m>,
}

/// What a producer has planned, and what stops it.
#[derive(Default)]
struct Clock<'m> {
    /// Its next publish, or the one that it could not do yet.
    planned_s: Seconds,
    /// How long it has stood in all.
    shift_s: Seconds,
    /// Since when it stands.
    stopped_s: Seconds,
    /// What stops it: a closed door, confirms, and brokers that are away.
    at_door: bool,
    unconfirmed_full: bool,
    brokers_away: u32,
    /// How long it stood since the last publish.
    late_s: Seconds,
    /// Messages of the planned instant that are not published yet.
    left: u32,
    /// Where the next of them goes, once that is drawn.
    aim: Option<Aim<'m>>,
    unconfirmed: u32,
    confirm: Option<Draw>,
}

impl Clock<'_> {
    fn stands(&self) -> bool {
        self.at_door || self.unconfirmed_full || self.brokers_away > 0
    }
}

/// A reason for a clock to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Door,
    Confirms,
    Broker,
}

impl<'m> ProducerState<'m> {
    pub fn new(model: &'m Model, producer: usize, seed: u64, replication: u32) -> Self {
        let settings = &model.producers[producer];
        let confirm = settings.confirms.as_ref().map(|confirms| {
            let stream = stream(seed, replication, Purpose::Confirm, &settings.name);
            Draw::new(confirms.latency.sampler(), stream)
        });
        let straight_to = match settings.to {
            Destination::Queue(queue) => {
                let never_stops = model.queues[queue].overflow != Overflow::Block
                    && model.queues[queue].broker_outages.is_empty()
                    && settings.confirms.is_none();
                (never_stops && model.paths.is_empty()).then_some(queue)
            }
            Destination::Topic(_) => None,
        };
        let publisher = Publisher::new(settings, seed, replication);
        ProducerState { settings, publisher, straight_to, clock: Clock { confirm, ..Clock::default() } }
    }
}

impl<'m, O: Observer> Kernel<'m, '_, O> {
    /// Plans the next publish.
    #[inline(always)]
    pub(super) fn plan_publish(&mut self, producer: usize) {
        let state = &mut self.producers[producer];
        let at_s = state.publisher.next_s();
        if state.straight_to.is_some() {
            self.agenda.publish(at_s, producer);
        } else {
            self.plan_by_clock(producer, at_s);
        }
    }

    #[inline(never)]
    fn plan_by_clock(&mut self, producer: usize, at_s: Seconds) {
        let clock = &mut self.producers[producer].clock;
        clock.planned_s = at_s + clock.shift_s;
        if !clock.stands() {
            self.agenda.publish(clock.planned_s, producer);
        }
    }

    /// Publishes the messages of the planned instant, as many as may be.
    #[inline(never)]
    pub(super) fn publish_by_clock(&mut self, now_s: Seconds, producer: usize) {
        let state = &mut self.producers[producer];
        let (settings, service_s) = (state.settings, state.publisher.recorded_service_s());
        if state.clock.left == 0 {
            state.clock.left = state.publisher.messages();
        }
        while self.producers[producer].clock.left > 0 {
            let aim = self.producers[producer].clock.aim.take();
            let aim = aim.unwrap_or_else(|| self.aim(settings.to));
            if let Some(closed) = aim.queues().iter().copied().find(|queue| !self.is_open(now_s, *queue)) {
                self.producers[producer].clock.aim = Some(aim);
                self.queues[closed].waiting.push_back(producer as u32);
                self.stop(now_s, producer, Stop::Door);
                return;
            }
            let clock = &mut self.producers[producer].clock;
            clock.left -= 1;
            if clock.late_s > 0.0 {
                let late_s = clock.late_s;
                self.observer.late(now_s, producer, late_s);
            }
            self.by_producer = Some(settings.when_away);
            self.priority = settings.priority;
            self.send_to(now_s, aim, service_s, None);
            self.by_producer = None;
            self.priority = None;
            if self.await_confirm(now_s, producer) && self.producers[producer].clock.left > 0 {
                return;
            }
        }
        self.producers[producer].clock.late_s = 0.0;
        self.plan_publish(producer);
    }

    /// A publish is to be confirmed; true if the window is full now.
    fn await_confirm(&mut self, now_s: Seconds, producer: usize) -> bool {
        let state = &mut self.producers[producer];
        let (Some(confirms), Some(confirm)) = (&state.settings.confirms, &mut state.clock.confirm) else {
            return false;
        };
        state.clock.unconfirmed += 1;
        let is_full = state.clock.unconfirmed >= confirms.window;
        self.agenda.schedule(now_s + confirm.next(), Event::Confirmed { producer: producer as u32 });
        if is_full {
            self.stop(now_s, producer, Stop::Confirms);
        }
        is_full
    }

    /// The oldest unconfirmed publish is confirmed.
    pub(super) fn confirmed(&mut self, now_s: Seconds, producer: usize) {
        self.producers[producer].clock.unconfirmed -= 1;
        self.go_on(now_s, producer, Stop::Confirms);
    }

    fn stop(&mut self, now_s: Seconds, producer: usize, why: Stop) {
        let clock = &mut self.producers[producer].clock;
        if !clock.stands() {
            clock.stopped_s = now_s;
            self.agenda.publish(f64::INFINITY, producer);
        }
        match why {
            Stop::Door => clock.at_door = true,
            Stop::Confirms => clock.unconfirmed_full = true,
            Stop::Broker => clock.brokers_away += 1,
        }
    }

    /// A reason to stand is gone; where it was the last, all that was planned shifts.
    fn go_on(&mut self, now_s: Seconds, producer: usize, why: Stop) {
        let clock = &mut self.producers[producer].clock;
        if !clock.stands() {
            return;
        }
        match why {
            Stop::Door => clock.at_door = false,
            Stop::Confirms => clock.unconfirmed_full = false,
            Stop::Broker => clock.brokers_away -= 1,
        }
        if clock.stands() {
            return;
        }
        let stood_s = now_s - clock.stopped_s;
        clock.shift_s += stood_s;
        clock.late_s += stood_s;
        clock.planned_s = (clock.planned_s + stood_s).max(now_s);
        if clock.left > 0 {
            self.publish_by_clock(now_s, producer);
        } else {
            self.agenda.publish(clock.planned_s, producer);
        }
    }

    /// Whether a queue takes one more message from a producer that would wait otherwise.
    fn is_open(&mut self, now_s: Seconds, queue: QueueId) -> bool {
        let state = &self.queues[queue];
        let (ready, settings) = (state.ready.len() as u64, state.settings);
        settings.overflow != Overflow::Block
            || settings.capacity.is_none_or(|capacity| ready < capacity)
            || ready == 0 && self.replica_with_credit(now_s, queue).is_some()
    }

    /// Lets producers that wait at a queue go on, one after the other, as long as there is room.
    pub(super) fn open_door(&mut self, now_s: Seconds, queue: QueueId) {
        while !self.queues[queue].waiting.is_empty() && self.is_open(now_s, queue) {
            if let Some(producer) = self.queues[queue].waiting.pop_front() {
                self.go_on(now_s, producer as usize, Stop::Door);
            }
        }
    }

    /// A queue's broker goes away or returns: clocks of producers that wait for it stop or go on.
    pub(super) fn stop_producers(&mut self, now_s: Seconds, queue: QueueId, away: bool) {
        for producer in 0..self.producers.len() {
            let settings = self.producers[producer].settings;
            if settings.when_away == WhenAway::Lose || !self.reaches(settings.to, queue) {
                continue;
            }
            if away {
                self.stop(now_s, producer, Stop::Broker);
            } else {
                self.go_on(now_s, producer, Stop::Broker);
            }
        }
    }
}
