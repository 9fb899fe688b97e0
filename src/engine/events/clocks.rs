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

impl<O: Observer> Kernel<'_, '_, O> {
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

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{
        Arrivals, Confirms, Destination, Distribution, Overflow, Process, Producer, Queue, Rate, Routing, Topic,
    };

    fn blocking(capacity: u64) -> Queue {
        Queue { capacity: Some(capacity), overflow: Overflow::Block, ..queue(0) }
    }

    #[test]
    fn a_full_queue_stops_the_clock_of_its_producer() {
        let world = model(vec![at(0, &[1.0, 2.0, 3.0, 4.0])], vec![blocking(1)], vec![worker(0, 10.0)]);
        let (diary, ledger) = diary(&world);
        // The third waits from 3 s to 11 s, and the fourth, planned 1 s after it, from 12 s to 21 s.
        assert_eq!(
            diary.of(&["started"]),
            ["1 q0 started 1", "11 q0 started 2", "21 q0 started 11", "31 q0 started 21"]
        );
        assert_eq!(diary.late, [(11.0, 8.0), (21.0, 9.0)]);
        assert_eq!((ledger.published, ledger.rejected, diary.most_ready), (4, 0, 1));
    }

    #[test]
    fn without_room_to_wait_the_producer_hands_over_to_a_free_consumer() {
        let world = model(vec![at(0, &[1.0, 2.0])], vec![blocking(0)], vec![worker(0, 4.0)]);
        let (diary, _) = diary(&world);
        assert_eq!(diary.of(&["started"]), ["1 q0 started 1", "5 q0 started 5"]);
        assert_eq!(diary.most_ready, 0);
    }

    #[test]
    fn producers_that_wait_take_turns() {
        let keen = |name: &str| Producer { name: name.into(), ..at(0, &[0.0; 20]) };
        let mut world = model(vec![keen("a"), keen("b")], vec![blocking(1)], vec![worker(0, 1.0)]);
        world.horizon_s = 30.0;
        let (diary, _) = diary(&world);
        let per_producer = diary.late.len();
        assert!(per_producer > 25, "{:?}", diary.late);
        assert_eq!(diary.count("acked"), 30);
    }

    #[test]
    fn a_batch_goes_in_as_far_as_there_is_room() {
        let of = Box::new(Process::Regular);
        let arrivals = Arrivals::Process { rate: Rate::Constant(0.05), process: Process::Batches { size: 4, of } };
        let mut world = model(vec![Producer::new("p", 0, arrivals)], vec![blocking(2)], vec![worker(0, 3.0)]);
        world.horizon_s = 95.0;
        let (diary, _) = diary(&world);
        assert_eq!(
            diary.of(&["started"]),
            ["80 q0 started 80", "83 q0 started 80", "86 q0 started 80", "89 q0 started 83"]
        );
    }

    #[test]
    fn a_copy_that_finds_no_room_stops_all_of_a_topic() {
        let producer = Producer { to: Destination::Topic(0), ..at(0, &[1.0, 2.0, 3.0]) };
        let mut world = model(vec![producer], vec![blocking(0), queue(1)], vec![worker(0, 4.0), worker(1, 0.5)]);
        world.topics = vec![Topic { name: "t".into(), to: Routing::Copies(vec![1, 0]) }];
        let (diary, _) = diary(&world);
        assert_eq!(diary.of(&["q1 started"]), ["1 q1 started 1", "5 q1 started 5", "9 q1 started 9"]);
    }

    #[test]
    fn a_window_of_unconfirmed_publishes_closes_the_loop() {
        let confirms = |window| Some(Confirms { latency: Distribution::Constant(0.5), window });
        let producer = |window| Producer { confirms: confirms(window), ..at(0, &[1.0, 1.25, 1.5, 1.75]) };
        let world = |window| model(vec![producer(window)], vec![queue(0)], vec![worker(0, 0.0)]);
        assert_eq!(
            diary(&world(3)).0.of(&["started"]),
            [
                "1 q0 started 1",
                "1.25 q0 started 1.25",
                // The confirm of the first comes at this instant, before anything is published.
                "1.5 q0 started 1.5",
                "1.75 q0 started 1.75"
            ]
        );
        let (one, _) = diary(&world(1));
        assert_eq!(
            one.of(&["started"]),
            ["1 q0 started 1", "1.75 q0 started 1.75", "2.5 q0 started 2.5", "3.25 q0 started 3.25"]
        );
        assert_eq!(one.late, [(1.75, 0.5), (2.5, 0.5), (3.25, 0.5)]);
    }

    #[test]
    fn throughput_is_at_most_the_window_per_latency() {
        let confirms = Some(Confirms { latency: Distribution::Constant(0.1), window: 5 });
        let arrivals = Arrivals::Process { rate: Rate::Constant(1e5), process: Process::Poisson };
        let producer = Producer { confirms, ..Producer::new("p", 0, arrivals) };
        let (_, ledger) = diary(&model(vec![producer], vec![queue(0)], vec![worker(0, 0.0)]));
        assert!((4990..=5000).contains(&ledger.acked), "{ledger:?}");
    }
}
