//! The short way through a plain queue.
//!
//! Most messages meet a plain queue: without bounds and delay, with one group whose slots go on at once (no overhead,
//! buffer or rate limit). Then two things can happen, a publish and the end of a service, and each has two outcomes:
//! wait or be delivered, go on or be free. This is what `kernel` and `deliver` would do in these cases, without asking
//! for the others and with the state at hand; everything else is left to them. A test holds the two ways against each
//! other.

use super::agenda::Agenda;
use super::kernel::{Kernel, Ledger};
use super::message::Message;
use super::observer::Observer;
use super::state::{Draw, GroupState, Phase, QueueState, Replica, Slot};
use crate::units::Seconds;

impl<O: Observer> Kernel<'_, '_, O> {
    /// Whether the model has a short way: one producer of single messages and one plain queue.
    pub(super) fn has_short_way(&mut self) -> bool {
        let ([producer], [queue], [group]) = (&mut self.producers[..], &self.queues[..], &self.groups[..]) else {
            return false;
        };
        producer.publisher.singles().is_some()
            && producer.straight_to.is_some()
            && queue.is_plain()
            && group.goes_on
            && group.settling.plain
    }

    /// Goes the short way until something else is due. Not past the horizon, where each ack may be the last.
    #[inline(never)]
    pub(super) fn run_plain(&mut self) {
        let ([producer], [queue], [group]) = (&mut self.producers[..], &mut self.queues[..], &mut self.groups[..])
        else {
            return;
        };
        let Some(instants) = producer.publisher.singles() else { return };
        let before = (queue.next_order, queue.ready.plain.len());
        let other_s = self.agenda.next_other_s();
        let mut publish_s = self.agenda.next_publish_s();
        let mut plain = Plain {
            queue,
            group,
            replicas: &mut self.replicas,
            slots: &mut self.slots,
            agenda: &mut self.agenda,
            ledger: &mut self.ledger,
            observer: self.observer,
        };
        loop {
            let (slot_ends_s, slot) = plain.agenda.next_slot();
            // What else is due at the same instant may come first.
            if slot_ends_s <= publish_s {
                if slot_ends_s >= other_s || !plain.service_ends(slot_ends_s, slot) {
                    break;
                }
            } else {
                if publish_s >= other_s {
                    break;
                }
                plain.publish(publish_s);
                publish_s = instants.next_s();
            }
            plain.ledger.events += 1;
        }
        let Plain { queue, .. } = plain;
        // Whatever came in between has gone from ready to a slot; nothing else happens here.
        let published = queue.next_order - before.0;
        queue.published += published;
        queue.delivered += before.1 as u64 + published - queue.ready.plain.len() as u64;
        self.agenda.publish(publish_s, 0);
    }
}

/// A plain queue with all that is around it.
struct Plain<'k, 'm, O> {
    queue: &'k mut QueueState<'m>,
    group: &'k mut GroupState<'m>,
    replicas: &'k mut [Replica],
    slots: &'k mut [Slot],
    agenda: &'k mut Agenda,
    ledger: &'k mut Ledger,
    observer: &'k mut O,
}

impl<O: Observer> Plain<'_, '_, O> {
    #[inline(always)]
    fn publish(&mut self, now_s: Seconds) {
        self.ledger.published += 1;
        self.observer.published(now_s, 0);
        let work_s = self.queue.work.as_mut().map_or(f64::NAN, Draw::next);
        let message = Message::new(now_s, work_s, self.queue.next_order);
        self.queue.next_order += 1;
        if !self.queue.ready.plain.is_empty() || !self.deliver(now_s, message) {
            self.queue.ready.plain.push_back(message);
        }
        self.tell_levels(now_s);
    }

    /// Gives a new message to the next replica with credit, if there is one.
    #[inline(always)]
    fn deliver(&mut self, now_s: Seconds, message: Message) -> bool {
        while let Some(id) = self.queue.ring.pop_front() {
            let replica = &mut self.replicas[id as usize];
            // In a plain queue, credit is a free slot.
            let Some(slot) = replica.free.pop() else {
                replica.in_ring = false;
                continue;
            };
            replica.credit -= 1;
            self.queue.ring.push_back(id);
            self.queue.unacked += 1;
            self.group.busy += 1;
            self.observer.slots(now_s, 0, self.group.busy, self.group.in_overhead);
            self.slots[slot as usize].message = Message { deliveries: 1, ..message };
            self.begin(now_s, slot, true);
            return true;
        }
        false
    }

    #[inline(always)]
    fn begin(&mut self, now_s: Seconds, slot: u32, at_once: bool) {
        let place = &mut self.slots[slot as usize];
        let ends_s = self.group.begin(now_s, place);
        if place.message.mark_first_start() {
            self.observer.started(now_s, 0, &place.message, at_once);
        }
        self.agenda.slot_ends(ends_s, slot);
    }

    /// Ack: the slot goes on with the oldest ready message or is free. False, and nothing done, where its replica is
    /// about to leave.
    #[inline(always)]
    fn service_ends(&mut self, now_s: Seconds, slot: u32) -> bool {
        let place = &mut self.slots[slot as usize];
        let id = place.replica;
        if !place.open {
            return false;
        }
        debug_assert!(self.queue.ready.plain.is_empty() || self.queue.ring.is_empty(), "messages wait for nobody");
        self.ledger.acked += 1;
        self.observer.acked(now_s, 0, &place.message);
        if let Some(oldest) = self.queue.ready.plain.front() {
            place.message = *oldest;
            self.queue.ready.plain.pop_front();
            if place.message.count_delivery() {
                self.observer.redelivered(now_s, 0);
            }
            self.begin(now_s, slot, false);
            if self.queue.ready.plain.is_empty() {
                // As in `goes_on`: it has a place in the ring, because nobody looked for credit after it.
                self.queue.ring.push_back(id);
                self.replicas[id as usize].in_ring = true;
            }
        } else {
            self.release(now_s, slot, id);
        }
        self.tell_levels(now_s);
        true
    }

    #[inline(always)]
    fn release(&mut self, now_s: Seconds, slot: u32, id: u32) {
        self.slots[slot as usize].phase = Phase::Idle;
        self.agenda.slot_is_idle(slot);
        self.queue.unacked -= 1;
        self.group.busy -= 1;
        self.observer.slots(now_s, 0, self.group.busy, self.group.in_overhead);
        let replica = &mut self.replicas[id as usize];
        replica.free.push(slot);
        replica.credit += 1;
        if !replica.in_ring {
            replica.in_ring = true;
            self.queue.ring.push_back(id);
        }
    }

    #[inline(always)]
    fn tell_levels(&mut self, now_s: Seconds) {
        self.observer.levels(now_s, 0, self.queue.ready.plain.len(), self.queue.unacked);
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::simulate;
    use crate::measure::{Recorder, summarise};
    use crate::model::{
        Arrivals, ConsumerGroup, Distribution, Level, Model, Process, Producer, Promise, Quantile, Queue, Rate,
        Replicas, Shutdown, Slo, Window,
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
        model.producers.push(producer("other", 1, Rate::Constant(0.0), Process::Poisson));
        model.queues.push(queue("other", 0));
        model.groups.push(group("other", 1, Replicas::Fixed(1), 1, Distribution::Constant(1.0)));
        model
    }

    /// Everything that is reported of the first queue and its group.
    fn report(model: &Model) -> String {
        let mut recorder = Recorder::new(model);
        let ledger = simulate(model, model.seed, 0, &mut recorder).unwrap();
        let found = summarise(model, &[(recorder.finish(), ledger)]);
        assert!(ledger.acked > 1000);
        format!("{ledger:?} {:?} {:?} {:?} {:?}", found.queues[0], found.groups[0], found.slo_values, found.series[0])
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
                ConsumerGroup { outages: vec![(200.0, 230.0)], ..group("g", 0, Replicas::Fixed(2), 2, rounds) },
            ),
        ];
        for (case, model) in cases.iter().enumerate() {
            assert_eq!(report(model), report(&accompanied(model)), "case {case}");
        }
    }
}
