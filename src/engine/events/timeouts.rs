//! What is noted when a delivery begins: that it is acked at once, or by when it must be acked.
//!
//! A delivery that is not acked in time returns to its queue while its consumer still works on it: the consumer keeps
//! a shadow that holds its slot and its credit and whose end acks nothing. Not here: what becomes of a delivery at
//! its end (`settle`).

use std::collections::VecDeque;

use super::agenda::Event;
use super::extras::Extras;
use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::Observer;
use super::state::Phase;
use crate::model::{Ack, GroupId, QueueId};
use crate::units::Seconds;

/// Deliveries of one group in the order of their deadlines.
pub(super) struct Timeouts {
    after_s: Seconds,
    awaited: VecDeque<Awaited>,
    /// Whether an event for the first of them is on the agenda.
    planned: bool,
}

/// An ack that is awaited.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    until_s: Seconds,
    replica: u32,
    extra: u32,
    turn: u32,
}

impl Awaited {
    /// Whether the message is still in the delivery that this was noted of.
    fn is_current(&self, extras: &Extras) -> bool {
        extras.at(self.extra).is_some_and(|extra| extra.turn == self.turn)
    }
}

impl Timeouts {
    pub fn new(after_s: Seconds) -> Timeouts {
        Timeouts { after_s, awaited: VecDeque::new(), planned: false }
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A delivery to a replica begins that is not simply to be acked at the end of its service.
    #[inline(never)]
    pub(super) fn note_delivery(&mut self, now_s: Seconds, queue: QueueId, replica: u32, message: &mut Message) {
        let group = &mut self.groups[self.replicas[replica as usize].group];
        if group.settings.ack == Ack::Before {
            message.standing = Standing::Acked;
            self.ledger.acked += 1;
            self.queues[queue].unacked -= 1;
            let group = self.replicas[replica as usize].group;
            self.make_room(group, 1);
            self.leave_lane(queue, message);
            self.observer.acked(now_s, queue, message);
        } else if let Some(timeouts) = &mut group.settling.timeouts {
            let turn = self.extras.of(message).turn;
            let until_s = now_s + timeouts.after_s;
            // Those that were acked in time are not kept until they would have been due.
            if timeouts.awaited.len() > 64 + 2 * self.queues[queue].unacked {
                timeouts.awaited.retain(|awaited| awaited.is_current(&self.extras));
            }
            timeouts.awaited.push_back(Awaited { until_s, replica, extra: message.extra, turn });
            if !timeouts.planned {
                timeouts.planned = true;
                let group = self.replicas[replica as usize].group as u32;
                self.agenda.schedule(until_s, Event::AckDue { group });
            }
        }
    }

    /// The first ack that a group still owes may be due.
    pub(super) fn ack_due(&mut self, now_s: Seconds, group: GroupId) {
        let queue = self.groups[group].settings.from;
        loop {
            let Some(timeouts) = &mut self.groups[group].settling.timeouts else { return };
            let Some(first) = timeouts.awaited.front().copied() else {
                timeouts.planned = false;
                break;
            };
            let is_current = first.is_current(&self.extras);
            if is_current && first.until_s > now_s {
                self.agenda.schedule(first.until_s, Event::AckDue { group: group as u32 });
                break;
            }
            timeouts.awaited.pop_front();
            if is_current {
                self.time_out(now_s, queue, first);
            }
        }
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
    }

    fn time_out(&mut self, now_s: Seconds, queue: QueueId, late: Awaited) {
        let replica = &mut self.replicas[late.replica as usize];
        let slots = self.groups[replica.group].slots_per_replica;
        let in_slots = self.slots[replica.first_slot as usize..][..slots as usize].iter_mut();
        let works = |phase: Phase| matches!(phase, Phase::Busy | Phase::Waiting);
        let in_slots = in_slots.filter(|place| works(place.phase)).map(|place| &mut place.message);
        let together = self.batches.iter_mut().skip(replica.first_slot as usize).take(slots as usize);
        let in_batches = together.flat_map(|together| &mut together.rest).map(|(message, _)| message);
        // A buffer is in the order of its deliveries, which is that of their deadlines: shadows come first.
        let first_open = replica.buffer.partition_point(|held| held.standing == Standing::Stale);
        let in_buffer = replica.buffer.get_mut(first_open).into_iter();
        let mut held = in_buffer.chain(in_slots).chain(in_batches);
        let Some(held) = held.find(|held| held.extra == late.extra) else {
            debug_assert!(false, "a delivery that is not acked is somewhere");
            return;
        };
        let message = *held;
        held.become_stale();
        let group = replica.group;
        self.queues[queue].unacked -= 1;
        self.make_room(group, 1);
        self.observer.timed_out(now_s, queue, &message);
        self.comes_back(now_s, queue, message, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{Ack, AfterFailure, ConsumerGroup, Failures, Queue, Replicas, Retry};

    #[test]
    fn what_is_not_acked_in_time_returns_while_the_first_attempt_goes_on() {
        let group = ConsumerGroup { ack_timeout_s: Some(3.0), replicas: Replicas::Fixed(2), ..worker(0, 4.0) };
        let limited = Queue { delivery_limit: Some(2), ..queue(0) };
        let (diary, ledger) = diary(&model(vec![at(0, &[1.0])], vec![limited], vec![group]));
        let expected = [
            "1 q0 started 1",
            "4 q0 timed out 1",
            "4 q0 redelivered",
            "5 q0 duplicated 1",
            "7 q0 timed out 1",
            "7 q0 DeliveryLimit 1",
            "8 q0 duplicated 1",
        ];
        assert_eq!(diary.lines, expected);
        assert_eq!((ledger.acked, ledger.lost, diary.wasted_s), (0, 1, 8.0));
    }

    #[test]
    fn the_slot_of_a_late_attempt_is_not_free_before_its_end() {
        let group = ConsumerGroup { ack_timeout_s: Some(3.0), ..worker(0, 4.0) };
        let limited = Queue { delivery_limit: Some(2), ..queue(0) };
        let (diary, _) = diary(&model(vec![at(0, &[1.0])], vec![limited], vec![group]));
        assert_eq!(
            diary.of(&["redelivered", "timed out"]),
            ["4 q0 timed out 1", "5 q0 redelivered", "8 q0 timed out 1"]
        );
    }

    #[test]
    fn acks_in_time_leave_nothing_behind() {
        let group = ConsumerGroup { ack_timeout_s: Some(3.0), ..worker(0, 1.0) };
        let instants_s: Vec<f64> = (0..60).map(f64::from).collect();
        let (diary, ledger) = diary(&model(vec![at(0, &instants_s)], vec![queue(0)], vec![group]));
        assert_eq!((ledger.acked, diary.count("timed out")), (60, 0));
    }

    /// The second message waits in the client, times out there, and what is left of it there is still worked on.
    #[test]
    fn a_buffered_message_times_out_too() {
        let group = ConsumerGroup { ack_timeout_s: Some(3.0), prefetch: 2, ..worker(0, 2.0) };
        let limited = Queue { delivery_limit: Some(2), ..queue(0) };
        let world = model(vec![at(0, &[1.0, 1.5])], vec![limited], vec![group]);
        assert_eq!(
            diary(&world).0.lines,
            [
                "1 q0 started 1",
                "3 q0 acked 1",
                "3 q0 started 1.5",
                "4.5 q0 timed out 1.5",
                "4.5 q0 redelivered",
                "5 q0 duplicated 1.5",
                "7 q0 acked 1.5"
            ]
        );
    }

    /// Shadows of some stand before the others, in the buffer and in the slots: each times out in its turn.
    #[test]
    fn of_many_in_a_buffer_each_times_out_in_its_turn() {
        let group = ConsumerGroup { ack_timeout_s: Some(30.0), prefetch: 1000, ..worker(0, 4.0) };
        let limited = Queue { delivery_limit: Some(1), ..queue(0) };
        let instants_s: Vec<f64> = (0..40).map(f64::from).collect();
        let (diary, ledger) = diary(&model(vec![at(0, &instants_s)], vec![limited], vec![group]));
        let expected: Vec<String> = (9..40).map(|k| format!("{} q0 timed out {k}", k + 30)).collect();
        assert_eq!(diary.of(&["timed out"]), expected);
        assert_eq!((ledger.acked, ledger.lost), (9, 31));
    }

    /// Check 2 of the brokers' list: service 40 s, visibility 30 s, one worker, three deliveries.
    #[test]
    fn a_visibility_shorter_than_the_service_multiplies_the_work() {
        let group = ConsumerGroup { ack_timeout_s: Some(30.0), ..worker(0, 40.0) };
        let limited = Queue { delivery_limit: Some(3), ..queue(0) };
        let mut world = model(vec![at(0, &[0.0, 400.0, 800.0])], vec![limited], vec![group]);
        world.horizon_s = 1200.0;
        let (diary, ledger) = diary(&world);
        assert_eq!((ledger.acked, ledger.lost), (0, 3));
        assert_eq!(diary.count("duplicated"), 9);
        assert_eq!(diary.wasted_s, 9.0 * 40.0);
    }

    #[test]
    fn an_ack_at_delivery_leaves_nothing_unacked_and_nothing_to_return() {
        let failures = Failures {
            probability: 1.0,
            poison: 0.0,
            then: AfterFailure::Requeue,
            retry: Retry::AtOnce,
            partial: false,
        };
        let group = ConsumerGroup { ack: Ack::Before, prefetch: 2, failures: Some(failures), ..worker(0, 4.0) };
        let (diary, ledger) = diary(&model(vec![at(0, &[1.0, 2.0, 3.0])], vec![queue(0)], vec![group]));
        assert_eq!(
            diary.lines,
            [
                "1 q0 acked 1",
                "1 q0 started 1",
                "2 q0 acked 2",
                "5 q0 failed 1",
                "5 q0 lost after ack 1",
                "5 q0 started 2",
                "5 q0 acked 3",
                "9 q0 failed 2",
                "9 q0 lost after ack 2",
                "9 q0 started 3",
                "13 q0 failed 3",
                "13 q0 lost after ack 3"
            ]
        );
        assert_eq!((ledger.acked, ledger.in_system, diary.most_in_system), (3, 0, 1));
    }
}
