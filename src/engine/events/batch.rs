//! One service for several messages.
//!
//! What is delivered to a replica gathers in its buffer. A free slot begins when a batch is full, or when its first
//! message has lingered; that is an event even without lingering, so that everything that comes at one instant comes
//! along. The work of a batch is that of its first message, one start takes one token, and no two batches of a
//! partition are worked on at once. Not here: what becomes of each message afterwards (`special`).

use super::agenda::Event;
use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::Observer;
use super::state::Stage;
use crate::model::Batch;
use crate::units::Seconds;

/// When a message came into a buffer, and whether it found a free slot as it became deliverable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fetched {
    pub at_s: Seconds,
    pub at_once: bool,
}

/// What a slot works on beside its own message.
#[derive(Default)]
pub(super) struct Together {
    pub rest: Vec<(Message, bool)>,
    /// Credit that comes back with the slot.
    pub held: u32,
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A message comes to a replica that works in batches.
    pub(super) fn gather(&mut self, now_s: Seconds, id: u32, message: Message, at_once: bool) {
        let replica = &mut self.replicas[id as usize];
        replica.fetched.push_back(Fetched { at_s: now_s, at_once: at_once && !replica.free.is_empty() });
        replica.buffer.push_back(message);
        self.start_batches(now_s, id, false);
    }

    /// A batch that is not full may have lingered long enough.
    pub(super) fn batch_due(&mut self, now_s: Seconds, id: u32, launch: u32) {
        let replica = &mut self.replicas[id as usize];
        if replica.launch == launch && matches!(replica.stage, Stage::Ready | Stage::Leaving) {
            if replica.batch_due_s <= now_s {
                replica.batch_due_s = f64::INFINITY;
            }
            self.start_batches(now_s, id, true);
            self.tell_levels(now_s, self.groups[self.replicas[id as usize].group].settings.from);
        }
    }

    /// Starts what is full, and what is due if there is nothing more to wait for at this instant.
    pub(super) fn start_batches(&mut self, now_s: Seconds, id: u32, is_due: bool) {
        loop {
            let replica = &self.replicas[id as usize];
            let group_id = replica.group;
            let group = &mut self.groups[group_id];
            let Some(Batch { size, linger_s }) = group.settings.batch else { return };
            let Some(slot) = replica.free.last().copied() else { return };
            let queue = group.settings.from;
            let batch = self.queues[queue].ready.to_begin(&replica.buffer, size as usize);
            let Some(first) = batch.first() else {
                if !replica.buffer.is_empty() {
                    self.sleep(queue, id);
                }
                return;
            };
            let due_s = replica.fetched[*first].at_s + linger_s;
            if batch.len() < size as usize && !(is_due && due_s <= now_s) {
                self.plan_batch(due_s.max(now_s), id);
                return;
            }
            if group.bucket.as_mut().is_some_and(|bucket| !bucket.has_token(now_s)) {
                self.await_token(id);
                return;
            }
            let mut taken = self.take_batch(id, &batch);
            let rest = taken.split_off(1);
            self.replicas[id as usize].free.pop();
            let (message, at_once) = taken[0];
            self.work_together(slot, rest);
            self.take_slot(now_s, slot, message, at_once);
        }
    }

    /// Takes messages out of a replica's buffer.
    fn take_batch(&mut self, id: u32, batch: &[usize]) -> Vec<(Message, bool)> {
        let replica = &mut self.replicas[id as usize];
        let taken = batch.iter().map(|place| (replica.buffer[*place], replica.fetched[*place].at_once)).collect();
        if batch.len() == batch[batch.len() - 1] + 1 {
            replica.buffer.drain(..batch.len());
            replica.fetched.drain(..batch.len());
        } else {
            for place in batch.iter().rev() {
                replica.buffer.remove(*place);
                replica.fetched.remove(*place);
            }
        }
        taken
    }

    fn work_together(&mut self, slot: u32, mut rest: Vec<(Message, bool)>) {
        let queue = self.slots[slot as usize].queue as usize;
        // Its work is in the work of the first.
        for (message, _) in &mut rest {
            message.work_s = 0.0;
            if let Some(lanes) = self.queues[queue].ready.lanes() {
                lanes.service(message.lane(), 1);
            }
        }
        if self.batches.len() <= slot as usize {
            self.batches.resize_with(slot as usize + 1, Together::default);
        }
        self.batches[slot as usize] = Together { held: rest.len() as u32 + 1, rest };
    }

    fn plan_batch(&mut self, at_s: Seconds, id: u32) {
        let replica = &mut self.replicas[id as usize];
        if replica.batch_due_s > at_s {
            replica.batch_due_s = at_s;
            self.agenda.schedule_last(at_s, Event::BatchDue { replica: id, launch: replica.launch });
        }
    }

    /// What a slot works on beside its own message; it works on it no more.
    pub(super) fn take_rest(&mut self, slot: u32) -> Vec<Message> {
        let together = self.batches.get_mut(slot as usize).map(|together| std::mem::take(&mut together.rest));
        together.unwrap_or_default().into_iter().map(|(message, _)| message).collect()
    }

    /// Whether a slot works on something whose ack is awaited.
    pub(super) fn has_unacked(&self, slot: u32) -> bool {
        let is_open = |message: &Message| message.standing == Standing::Open;
        let rest = self.batches.get(slot as usize).map_or(&[][..], |together| &together.rest);
        is_open(&self.slots[slot as usize].message) || rest.iter().any(|(message, _)| is_open(message))
    }

    /// Credit that comes back with a slot.
    pub(super) fn held_by(&self, slot: u32) -> u32 {
        self.batches.get(slot as usize).map_or(1, |together| together.held.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::events::trial::{replicas, watch, with_lanes, world};
    use crate::model::{ConsumerGroup, Order, Partitions, Queue, RateLimit, Replicas, Shutdown};

    fn batches(size: u32, linger_s: Seconds, prefetch: u32) -> ConsumerGroup {
        ConsumerGroup { batch: Some(Batch { size, linger_s }), prefetch, ..replicas(1) }
    }

    fn starts(messages: &[(Seconds, Seconds)], group: ConsumerGroup) -> Vec<(Seconds, Seconds)> {
        let (diary, ledger) = watch(&world(messages, Queue::new("q"), group));
        assert_eq!(ledger.acked, messages.len() as u64);
        diary.starts.iter().map(|(start_s, _, published_s)| (*start_s, *published_s)).collect()
    }

    #[test]
    fn a_batch_begins_when_it_is_full_or_its_first_message_has_lingered() {
        let messages = [(0.0, 1.0), (0.5, 9.0), (0.75, 9.0), (3.0, 1.0), (3.5, 9.0)];
        let found = starts(&messages, batches(3, 2.0, 3));
        assert_eq!(found, [(0.75, 0.0), (0.75, 0.5), (0.75, 0.75), (5.0, 3.0), (5.0, 3.5)]);
    }

    #[test]
    fn without_lingering_a_slot_takes_what_waits() {
        // The first alone, then two that came meanwhile, then three and one; all of one instant come together.
        let messages = [(0.0, 2.0), (0.5, 1.0), (1.0, 9.0), (2.5, 1.0), (2.5, 9.0), (2.5, 9.0), (2.5, 1.0)];
        for prefetch in [3, 50] {
            let found = starts(&messages, batches(3, 0.0, prefetch));
            let expected = [(0.0, 0.0), (2.0, 0.5), (2.0, 1.0), (3.0, 2.5), (3.0, 2.5), (3.0, 2.5), (4.0, 2.5)];
            assert_eq!(found, expected);
        }
        assert_eq!(starts(&[(1.0, 1.0); 3], batches(5, 0.0, 5)), [(1.0, 1.0); 3]);
    }

    #[test]
    fn latency_ends_with_the_batch_and_credit_comes_back_whole() {
        let group = ConsumerGroup { concurrency: 2, prefetch: 4, ..batches(2, 1.0, 4) };
        let (diary, _) = watch(&world(&[(0.0, 2.0); 8], Queue::new("q"), group));
        let ends: Vec<_> = diary.acks.iter().map(|(end_s, ..)| *end_s).collect();
        assert_eq!(ends, [2.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0]);
        assert_eq!((diary.most_unacked, diary.most_busy), (4, 2));
    }

    #[test]
    fn what_is_left_of_a_leaving_replica_is_completed_or_comes_back() {
        let steps = Replicas::Steps(vec![(0.0, 2), (1.0, 1)]);
        let finish = ConsumerGroup { replicas: steps.clone(), ..batches(2, 5.0, 2) };
        // The second replica holds one message, which lingers until 5.
        let found = starts(&[(0.0, 1.0), (0.0, 1.0), (0.0, 1.0)], finish);
        assert_eq!(found, [(0.0, 0.0), (0.0, 0.0), (5.0, 0.0)].map(|start| start));
        let requeue = ConsumerGroup { replicas: steps, shutdown: Shutdown::Requeue, ..batches(2, 5.0, 2) };
        let (diary, _) = watch(&world(&[(0.0, 3.0), (0.0, 3.0), (0.0, 3.0), (0.0, 3.0)], Queue::new("q"), requeue));
        // Both of the second batch come back at 1, and begin anew (1 s) at 3.
        assert_eq!(diary.acks.iter().map(|ack| ack.0).collect::<Vec<_>>(), [3.0, 3.0, 4.0, 4.0]);
        assert_eq!(diary.redeliveries, 2);
    }

    #[test]
    fn a_batch_takes_one_token() {
        let limited =
            ConsumerGroup { rate_limit: Some(RateLimit { rate_per_s: 0.5, burst: 1.0 }), ..batches(2, 0.0, 2) };
        assert_eq!(starts(&[(0.0, 0.5); 4], limited), [(0.0, 0.0), (0.0, 0.0), (2.0, 0.0), (2.0, 0.0)]);
    }

    #[test]
    fn of_a_partition_one_batch_is_worked_on_at_a_time() {
        let order = Order::Partitions(Partitions { count: 2, skew: 0.0 });
        let group = ConsumerGroup { concurrency: 2, ..batches(2, 0.0, 8) };
        let queue = Queue { order, ..Queue::new("q") };
        let model = with_lanes(world(&[(0.0, 1.0); 6], queue, group), &[0, 0, 0, 1, 0, 1]);
        let (diary, _) = watch(&model);
        let found: Vec<_> = diary.starts.iter().map(|(start_s, lane, _)| (*start_s, *lane)).collect();
        assert_eq!(found, [(0.0, 0), (0.0, 0), (0.0, 1), (0.0, 1), (1.0, 0), (1.0, 0)]);
    }
}
