//! The short way through plain queues.
//!
//! Most messages meet plain queues: without bounds and delay, each with one group whose slots go on at once (no
//! overhead, buffer or rate limit) and whose acks set nothing off, or publish one message to another plain queue. Then
//! two things can happen, a publish and the end of a service, each with two outcomes: wait or be delivered, go on or be
//! free. This is what `kernel`, `deliver` and `settle` would do in these cases, without asking for the others and with
//! the state at hand; everything else is left to them. A test holds the ways against each other.

use std::array;
use std::ops::IndexMut;

use super::agenda::Agenda;
use super::kernel::{Kernel, Ledger};
use super::message::Message;
use super::observer::Observer;
use super::state::{Draw, GroupState, Phase, QueueState, Replica, Slot};
use crate::model::QueueId;
use crate::units::Seconds;

/// How far the short way goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShortWay {
    /// There is none.
    None,
    /// One queue.
    Queue,
    /// Queues whose groups may pass messages on, never in a circle.
    Pipeline,
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// Whether the model has a short way: one producer of single messages, and plain queues with a group each.
    pub(super) fn short_way(&mut self) -> ShortWay {
        let [producer] = &mut self.producers[..] else { return ShortWay::None };
        let is_steady = producer.publisher.singles().is_some() && producer.straight_to.is_some();
        let mut to = vec![None; self.queues.len()];
        let mut groups_alone = true;
        for group in &self.groups {
            let from = group.settings.from;
            groups_alone &=
                to[from].is_none() && group.goes_on && (group.settling.plain || group.settling.relay.is_some());
            to[from] = Some(group.settling.relay);
        }
        let is_plain = is_steady && groups_alone && to.iter().all(Option::is_some);
        if !is_plain || !self.queues.iter().all(QueueState::is_plain) {
            return ShortWay::None;
        }
        let next = |queue: &QueueId| to[*queue].flatten();
        let ends = |queue| std::iter::successors(Some(queue), next).take(to.len() + 1).count() <= to.len();
        match to.len() {
            1 if next(&0).is_none() => ShortWay::Queue,
            queues if (0..queues).all(ends) => ShortWay::Pipeline,
            _ => ShortWay::None,
        }
    }

    /// Goes the short way until something else is due. Not past the horizon, where each ack may be the last.
    pub(super) fn run_plain(&mut self, way: ShortWay) {
        // Whatever comes in between has gone from ready to a slot; nothing else happens here.
        for queue in &mut self.queues {
            queue.published -= queue.next_order;
            queue.delivered += queue.ready.plain.len() as u64;
            queue.delivered -= queue.next_order;
        }
        match way {
            ShortWay::None => {}
            ShortWay::Queue => self.run_queue(),
            ShortWay::Pipeline => self.run_pipeline(),
        }
        for queue in &mut self.queues {
            queue.published += queue.next_order;
            queue.delivered += queue.next_order;
            queue.delivered -= queue.ready.plain.len() as u64;
        }
    }

    #[inline(never)]
    fn run_queue(&mut self) {
        let ([producer], [queue], [group]) = (&mut self.producers[..], &mut self.queues[..], &mut self.groups[..])
        else {
            return;
        };
        let Some(instants) = producer.publisher.singles() else { return };
        let mut publish_s = self.agenda.next_publish_s();
        let mut plain = Plain::<_, _, _, true> {
            queues: array::from_mut(queue),
            groups: array::from_mut(group),
            replicas: &mut self.replicas,
            slots: &mut self.slots,
            agenda: &mut self.agenda,
            ledger: &mut self.ledger,
            observer: self.observer,
        };
        while plain.goes_on_until(publish_s) {
            plain.publish(publish_s, 0);
            publish_s = instants.next_s();
            plain.ledger.events += 1;
        }
        self.agenda.publish(publish_s, 0);
    }

    #[inline(never)]
    fn run_pipeline(&mut self) {
        let [producer] = &mut self.producers[..] else { return };
        let (Some(instants), Some(first)) = (producer.publisher.singles(), producer.straight_to) else { return };
        let mut publish_s = self.agenda.next_publish_s();
        let mut plain = Plain::<_, _, _, false> {
            queues: &mut self.queues[..],
            groups: &mut self.groups[..],
            replicas: &mut self.replicas,
            slots: &mut self.slots,
            agenda: &mut self.agenda,
            ledger: &mut self.ledger,
            observer: self.observer,
        };
        while plain.goes_on_until(publish_s) {
            plain.publish(publish_s, first);
            publish_s = instants.next_s();
            plain.ledger.events += 1;
        }
        self.agenda.publish(publish_s, 0);
    }
}

/// Plain queues and their groups, with all that is around them: `ONE` of each in an array, so that nothing needs to be
/// looked up, or slices of them.
struct Plain<'k, Q: ?Sized, G: ?Sized, O, const ONE: bool> {
    queues: &'k mut Q,
    groups: &'k mut G,
    replicas: &'k mut [Replica],
    slots: &'k mut [Slot],
    agenda: &'k mut Agenda,
    ledger: &'k mut Ledger,
    observer: &'k mut O,
}

/// The place of a queue or group among its likes.
#[inline(always)]
fn at<const ONE: bool>(id: usize) -> usize {
    if ONE { 0 } else { id }
}

impl<'m, Q, G, O, const ONE: bool> Plain<'_, Q, G, O, ONE>
where
    Q: IndexMut<usize, Output = QueueState<'m>> + ?Sized,
    G: IndexMut<usize, Output = GroupState<'m>> + ?Sized,
    O: Observer,
{
    /// Ends the services that end before the next publish; whether that is due then, and nothing else before it.
    #[inline(always)]
    fn goes_on_until(&mut self, publish_s: Seconds) -> bool {
        let other_s = self.agenda.next_other_s();
        loop {
            let (slot_ends_s, slot) = self.agenda.next_slot();
            if slot_ends_s > publish_s {
                return publish_s < other_s;
            }
            // What else is due at the same instant may come first.
            if slot_ends_s >= other_s || !self.service_ends(slot_ends_s, slot) {
                return false;
            }
            self.ledger.events += 1;
        }
    }

    #[inline(always)]
    fn publish(&mut self, now_s: Seconds, queue: QueueId) {
        let queue = at::<ONE>(queue);
        self.ledger.published += 1;
        self.observer.published(now_s, queue);
        let state = &mut self.queues[queue];
        let work_s = state.work.as_mut().map_or(f64::NAN, Draw::next);
        let message = Message::new(now_s, work_s, state.next_order);
        state.next_order += 1;
        if !state.ready.plain.is_empty() || !self.deliver(now_s, queue, message) {
            self.queues[queue].ready.plain.push_back(message);
        }
        self.tell_levels(now_s, queue);
    }

    /// Gives a new message to the next replica with credit, if there is one.
    #[inline(always)]
    fn deliver(&mut self, now_s: Seconds, queue: QueueId, message: Message) -> bool {
        let state = &mut self.queues[queue];
        while let Some(id) = state.ring.pop_front() {
            let replica = &mut self.replicas[id as usize];
            // In a plain queue, credit is a free slot.
            let Some(slot) = replica.free.pop() else {
                replica.in_ring = false;
                continue;
            };
            replica.credit -= 1;
            state.ring.push_back(id);
            state.unacked += 1;
            let group_id = at::<ONE>(replica.group);
            let group = &mut self.groups[group_id];
            group.busy += 1;
            self.observer.slots(now_s, group_id, group.busy, group.in_overhead);
            self.slots[slot as usize].message = Message { deliveries: 1, ..message };
            self.begin(now_s, queue, group_id, slot, true);
            return true;
        }
        false
    }

    #[inline(always)]
    fn begin(&mut self, now_s: Seconds, queue: QueueId, group: usize, slot: u32, at_once: bool) {
        let place = &mut self.slots[slot as usize];
        let ends_s = self.groups[group].begin(now_s, place);
        if place.message.mark_first_start() {
            self.observer.started(now_s, queue, &place.message, at_once);
        }
        self.agenda.slot_ends(ends_s, slot);
    }

    /// Ack: the message is passed on, if its group does that; the slot goes on with the oldest ready message or is
    /// free. False, and nothing done, where its replica is about to leave.
    #[inline(always)]
    fn service_ends(&mut self, now_s: Seconds, slot: u32) -> bool {
        let place = &mut self.slots[slot as usize];
        let (id, queue, group) = (place.replica, at::<ONE>(place.queue as usize), at::<ONE>(place.group as usize));
        if !place.open {
            return false;
        }
        self.ledger.acked += 1;
        self.observer.acked(now_s, queue, &place.message);
        if !ONE && let Some(next) = self.groups[group].settling.relay {
            self.publish(now_s, next);
        }
        let state = &mut self.queues[queue];
        debug_assert!(state.ready.plain.is_empty() || state.ring.is_empty(), "messages wait for nobody");
        if let Some(oldest) = state.ready.plain.front() {
            let place = &mut self.slots[slot as usize];
            place.message = *oldest;
            state.ready.plain.pop_front();
            // As in `goes_on`: it has a place in the ring, because nobody looked for credit after it.
            if state.ready.plain.is_empty() {
                state.ring.push_back(id);
                self.replicas[id as usize].in_ring = true;
            }
            if place.message.count_delivery() {
                self.observer.redelivered(now_s, queue);
            }
            self.begin(now_s, queue, group, slot, false);
        } else {
            self.release(now_s, queue, group, slot, id);
        }
        self.tell_levels(now_s, queue);
        true
    }

    #[inline(always)]
    fn release(&mut self, now_s: Seconds, queue: QueueId, group_id: usize, slot: u32, id: u32) {
        self.slots[slot as usize].phase = Phase::Idle;
        self.agenda.slot_is_idle(slot);
        let state = &mut self.queues[queue];
        state.unacked -= 1;
        let group = &mut self.groups[group_id];
        group.busy -= 1;
        self.observer.slots(now_s, group_id, group.busy, group.in_overhead);
        let replica = &mut self.replicas[id as usize];
        replica.free.push(slot);
        replica.credit += 1;
        if !replica.in_ring {
            replica.in_ring = true;
            state.ring.push_back(id);
        }
    }

    #[inline(always)]
    fn tell_levels(&mut self, now_s: Seconds, queue: QueueId) {
        let state = &self.queues[queue];
        self.observer.levels(now_s, queue, state.ready.plain.len(), state.unacked);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::Kernel;
    use super::ShortWay;
    use crate::engine::events::simulate;
    use crate::measure::{Recorder, summarise};
    use crate::model::{
        Arrivals, ConsumerGroup, Destination, Distribution, Emission, Level, Model, Process, Producer, Promise,
        Quantile, Queue, Rate, Replicas, Shutdown, Slo, Window,
    };

    fn producer(name: &str, to: usize, rate: Rate, process: Process) -> Producer {
        Producer::new(name, to, Arrivals::Process { rate, process })
    }

    fn queue(name: &str, initial: u64) -> Queue {
        Queue { initial, ..Queue::new(name) }
    }

    fn group(name: &str, from: usize, replicas: Replicas, concurrency: u32, service: Distribution) -> ConsumerGroup {
        ConsumerGroup { concurrency, prefetch: concurrency, replicas, ..ConsumerGroup::new(name, from, 1, service) }
    }

    fn model(producer: Producer, initial: u64, group: ConsumerGroup) -> Model {
        let slo = |name: &str, promise, during| Slo { name: name.into(), queue: 0, path: None, promise, during };
        let window = Some(Window { from_s: 100.0, until_s: 700.0 });
        Model {
            warmup_s: 55.0,
            resolution_s: 10.0,
            seed: 3,
            producers: vec![producer],
            queues: vec![queue("q", initial)],
            groups: vec![group],
            slos: vec![
                slo("w", Promise::Wait(Quantile::P(0.9), 1.0), window),
                slo("l", Promise::Latency(Quantile::Mean, 1.0), window),
                slo("d", Promise::Depth(Level::P(0.95), 9.0), window),
            ],
            ..Model::new("plain", 2000.0)
        }
    }

    /// A queue that nothing ever enters: with it the model has no short way.
    fn accompanied(model: &Model) -> Model {
        let mut model = model.clone();
        let other = model.queues.len();
        model.producers.push(producer("other", other, Rate::Constant(0.0), Process::Poisson));
        model.queues.push(queue("other", 0));
        model.groups.push(group("other", other, Replicas::Fixed(1), 1, Distribution::Constant(1.0)));
        model
    }

    /// The same with more queues behind the first one: each group passes on what it has acked.
    fn pipeline(mut model: Model, behind: Vec<ConsumerGroup>) -> Model {
        for (k, next) in behind.into_iter().enumerate() {
            model.groups[k].emits = vec![Emission { to: Destination::Queue(k + 1), per_message: 1.0 }];
            model.queues.push(queue(&format!("q{k}"), k as u64));
            model.groups.push(ConsumerGroup { from: k + 1, name: format!("g{k}"), ..next });
        }
        model
    }

    /// Everything that is reported of the first `queues` queues and their groups.
    fn report(model: &Model, queues: usize) -> String {
        let mut recorder = Recorder::new(model);
        let ledger = simulate(model, model.seed, 0, &mut recorder).unwrap();
        let found = summarise(model, &[(recorder.finish(), ledger)]);
        assert!(ledger.acked > 1000);
        let (all, groups, series) = (&found.queues[..queues], &found.groups[..queues], &found.series[..queues]);
        format!("{ledger:?} {all:?} {groups:?} {:?} {series:?}", found.slo_values)
    }

    #[test]
    fn both_ways_say_the_same_to_the_last_bit() {
        let poisson = |rate| producer("p", 0, Rate::Constant(rate), Process::Poisson);
        let exponential = Distribution::Exponential { mean_s: 1.0 };
        let steps = || Replicas::Steps(vec![(0.0, 8), (300.0, 3), (400.0, 12), (900.0, 7), (901.0, 9)]);
        let shared = group("g", 0, Replicas::Fixed(3), 3, exponential.clone());
        let sine = Rate::Sine { mean: 6.0, amplitude: 5.0, period_s: 600.0, phase_s: 0.0 };
        let rounds = Distribution::Constant(2.0);
        let cases = [
            model(poisson(0.9), 0, group("g", 0, Replicas::Fixed(1), 1, exponential.clone())),
            model(poisson(7.2), 40, group("g", 0, Replicas::Fixed(8), 1, exponential.clone())),
            model(poisson(6.0), 0, group("g", 0, steps(), 1, exponential.clone())),
            model(
                poisson(6.0),
                0,
                ConsumerGroup { shutdown: Shutdown::Requeue, ..group("g", 0, steps(), 1, exponential) },
            ),
            model(
                producer("p", 0, sine, Process::Poisson),
                0,
                ConsumerGroup {
                    outages: vec![(200.0, 230.0), (800.0, 801.0)],
                    startup: Some(Distribution::Constant(3.0)),
                    speeds: vec![1.0, 0.5],
                    ..shared
                },
            ),
            // Everything at the same instants.
            model(
                producer("p", 0, Rate::Constant(1.0), Process::Regular),
                3,
                ConsumerGroup { outages: vec![(200.0, 230.0)], ..group("g", 0, Replicas::Fixed(2), 2, rounds.clone()) },
            ),
            pipeline(
                model(poisson(6.0), 20, group("g", 0, steps(), 1, Distribution::Exponential { mean_s: 1.0 })),
                vec![
                    group("h", 0, Replicas::Fixed(7), 1, Distribution::Exponential { mean_s: 1.1 }),
                    ConsumerGroup { outages: vec![(500.0, 530.0)], ..group("i", 0, steps(), 2, rounds.clone()) },
                ],
            ),
            // Everything at the same instants, from queue to queue.
            pipeline(
                model(
                    producer("p", 0, Rate::Constant(1.0), Process::Regular),
                    3,
                    group("g", 0, Replicas::Fixed(2), 2, rounds.clone()),
                ),
                vec![
                    group("h", 0, Replicas::Fixed(2), 1, Distribution::Constant(1.0)),
                    group("i", 0, Replicas::Fixed(3), 1, rounds),
                ],
            ),
        ];
        for (case, model) in cases.iter().enumerate() {
            let queues = model.queues.len();
            assert_eq!(report(model, queues), report(&accompanied(model), queues), "case {case}");
        }
    }

    #[test]
    fn circles_have_no_short_way() {
        let exponential = Distribution::Exponential { mean_s: 1.0 };
        let poisson = producer("p", 0, Rate::Constant(2.0), Process::Poisson);
        let one = model(poisson, 0, group("g", 0, Replicas::Fixed(8), 1, exponential.clone()));
        let mut circle = pipeline(one.clone(), vec![group("h", 0, Replicas::Fixed(8), 1, exponential)]);
        let way = |model: &Model| Kernel::new(model, 1, 0, &mut Recorder::new(model)).short_way();
        assert_eq!(
            (way(&one), way(&circle), way(&accompanied(&one))),
            (ShortWay::Queue, ShortWay::Pipeline, ShortWay::None)
        );
        circle.groups[1].emits = vec![Emission { to: Destination::Queue(0), per_message: 1.0 }];
        assert_eq!(way(&circle), ShortWay::None);
        circle.groups[1].emits = vec![Emission { to: Destination::Queue(1), per_message: 1.0 }];
        assert_eq!(way(&circle), ShortWay::None);
    }
}
