//! Services that are more than one message in one slot at its own speed, or whose end others wait for.
//!
//! Batches, shared resources, slots that slow one another down, partitions, message groups and limits of messages in
//! flight: a group with any of these starts and ends its services here, all others never come here. Not here: each of
//! these by itself (`batch`, `resources`, `contention`, `lanes`).

use std::collections::VecDeque;

use super::contention::Crowd;
use super::kernel::Kernel;
use super::message::Message;
use super::observer::Observer;
use super::state::GroupState;
use crate::model::{ConsumerGroup, GroupId, Order, Queue, QueueId};
use crate::units::Seconds;

/// What a group has whose services start and end here.
pub(super) struct Special {
    /// How many more messages may be unacked, if that is limited.
    pub room: Option<u32>,
    /// Replicas that could take a message if there were room.
    pub waiting_for_room: VecDeque<u32>,
    /// How its busy slots slow one another down.
    pub crowd: Option<Crowd>,
}

impl Special {
    /// `None` where one message in one slot at its own speed is all there is.
    pub fn new(queue: &Queue, group: &ConsumerGroup) -> Option<Box<Special>> {
        let is_special = matches!(queue.order, Order::Partitions(_) | Order::Groups(_))
            || group.batch.is_some()
            || group.contention.is_some()
            || !group.uses.is_empty()
            || group.in_flight_limit.is_some();
        is_special.then(|| {
            Box::new(Special {
                room: group.in_flight_limit,
                waiting_for_room: VecDeque::new(),
                crowd: group.contention.map(Crowd::new),
            })
        })
    }
}

impl GroupState<'_> {
    pub(super) fn is_contended(&self) -> bool {
        self.special.as_ref().is_some_and(|special| special.crowd.is_some())
    }

    /// Whether no more messages may be unacked.
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.special.as_ref().is_some_and(|special| special.room == Some(0))
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A message is with a consumer from now on.
    #[inline(never)]
    pub(super) fn take_in_hand(&mut self, queue: QueueId, group: GroupId, id: u32, message: &Message) {
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            lanes.hold(message.lane(), id);
        }
        if let Some(room) = self.groups[group].special.as_mut().and_then(|special| special.room.as_mut()) {
            *room -= 1;
        }
    }

    /// A message that was with a consumer has left for good: what stands behind it in its lane may go on.
    #[inline(always)]
    pub(super) fn leave_lane(&mut self, queue: QueueId, message: &Message) {
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            lanes.commit(message.lane());
        }
    }

    /// A busy slot starts as soon as it has what it needs.
    #[inline(never)]
    pub(super) fn start_special(&mut self, now_s: Seconds, slot: u32, message: Message, at_once: bool) {
        let place = &mut self.slots[slot as usize];
        place.message = message;
        let (queue, group) = (place.queue as usize, place.group as usize);
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            lanes.service(message.lane(), 1);
        }
        if self.groups[group].settings.uses.is_empty() || self.acquire(now_s, slot) {
            self.begin_special(now_s, slot, at_once);
        }
    }

    /// A slot that has all it needs works from now on.
    pub(super) fn begin_special(&mut self, now_s: Seconds, slot: u32, at_once: bool) {
        let place = &mut self.slots[slot as usize];
        let queue = place.queue as usize;
        let group = &self.groups[place.group as usize];
        let ends_s = group.begin(now_s, place);
        if place.message.mark_first_start() {
            self.observer.started(now_s, queue, &place.message, at_once);
        }
        let is_contended = group.is_contended();
        if let Some(together) = self.batches.get_mut(slot as usize) {
            for (message, at_once) in &mut together.rest {
                if message.mark_first_start() {
                    self.observer.started(now_s, queue, message, *at_once);
                }
            }
        }
        if is_contended {
            self.join_crowd(now_s, slot);
        } else {
            self.agenda.slot_ends(ends_s, slot);
        }
    }

    /// The service of a slot is over, for all that was in it.
    #[inline(never)]
    pub(super) fn finish_special(&mut self, now_s: Seconds, slot: u32) {
        let place = &self.slots[slot as usize];
        let (queue, group, id) = (place.queue as usize, place.group as usize, place.replica);
        let mut messages = vec![place.message];
        self.stop_special(now_s, slot, true);
        messages.extend(self.take_rest(slot));
        let mut failed: Vec<bool> = messages.iter().map(|message| self.fails(group, queue, message)).collect();
        let in_part = self.groups[group].settings.failures.as_ref().is_some_and(|failures| failures.partial);
        if !in_part && failed.contains(&true) {
            failed.fill(true);
        }
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            for message in &messages {
                lanes.service(message.lane(), -1);
            }
        }
        for (message, failed) in messages.iter().zip(failed) {
            self.conclude(now_s, group, queue, message, failed);
        }
        self.rest(now_s, slot);
        self.start_buffered(now_s, id, false);
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
        self.check_settled();
    }

    /// A slot works no more, at the end of its service or before: others go faster, or get what it used. Returns the
    /// work that was left.
    pub(super) fn stop_special(&mut self, now_s: Seconds, slot: u32, has_ended: bool) -> Seconds {
        let left_s = self.leave_crowd(now_s, slot, has_ended);
        self.let_resources_go(now_s, slot);
        left_s
    }

    /// The delivery of this message failed: of its partition, what the holder has fetched and not begun is read again
    /// after it.
    pub(super) fn rewind(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        let lane = message.lane();
        let Some(holder) = self.queues[queue].ready.lanes().and_then(|lanes| lanes.rewinds(lane)) else { return };
        let returned = self.unread(now_s, queue, holder, |other| other == lane);
        self.regain(holder, returned);
    }
}
