//! Who gets a message, when it starts and what its ack sets free.
//!
//! Messages are pushed round robin to replicas with credit, as RabbitMQ does: a replica found without credit leaves the
//! ring and returns at its tail with its next ack. Not here: who is there (`staffing`).

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::agenda::Event;
use super::kernel::Kernel;
use super::lanes::ANYONE;
use super::message::Message;
use super::observer::Observer;
use super::special::Special;
use super::state::{GroupState, Phase, Slot, Stage};
use crate::model::{QueueId, Rate};
use crate::units::Seconds;

impl<O: Observer> Kernel<'_, '_, O> {
    /// The replica that is next to get a message; it is then at the head of the ring.
    #[inline(always)]
    pub(super) fn replica_with_credit(&mut self, now_s: Seconds, queue: QueueId) -> Option<u32> {
        if self.queues[queue].away {
            return None;
        }
        loop {
            let id = *self.queues[queue].ring.front()?;
            if self.may_take(now_s, id) {
                return Some(id);
            }
            self.queues[queue].ring.pop_front();
            self.replicas[id as usize].in_ring = false;
        }
    }

    /// Whether a replica could take a message; one that lacks a token or room for it will be called.
    #[inline(always)]
    fn may_take(&mut self, now_s: Seconds, id: u32) -> bool {
        let replica = &self.replicas[id as usize];
        if replica.credit == 0 {
            return false;
        }
        let group = &mut self.groups[replica.group];
        if group.is_full() {
            self.await_room(id);
            return false;
        }
        if group.buffers || group.bucket.as_mut().is_none_or(|bucket| bucket.has_token(now_s)) {
            return true;
        }
        self.await_token(id);
        false
    }

    /// The replica that gets a message which has just become deliverable.
    #[inline(always)]
    pub(super) fn taker_of(&mut self, now_s: Seconds, queue: QueueId, message: &Message) -> Option<u32> {
        let ready = &self.queues[queue].ready;
        if !ready.is_plain() {
            return self.taker_out_of_order(now_s, queue, message);
        }
        if ready.plain.is_empty() { self.replica_with_credit(now_s, queue) } else { None }
    }

    #[inline(never)]
    fn taker_out_of_order(&mut self, now_s: Seconds, queue: QueueId, message: &Message) -> Option<u32> {
        match self.queues[queue].ready.passes_to(message)? {
            ANYONE => self.replica_with_credit(now_s, queue),
            owner => (!self.queues[queue].away && self.may_take(now_s, owner)).then_some(owner),
        }
    }

    /// Gives a message to the replica at the head of the ring.
    #[inline(always)]
    pub(super) fn deliver(&mut self, now_s: Seconds, queue: QueueId, id: u32, mut message: Message, at_once: bool) {
        let state = &mut self.queues[queue];
        if state.ring.len() > 1
            && state.ring.front() == Some(&id)
            && let Some(head) = state.ring.pop_front()
        {
            state.ring.push_back(head);
        }
        state.unacked += 1;
        state.delivered += 1;
        if message.count_delivery() {
            self.observer.redelivered(now_s, queue);
        }
        let group = self.replicas[id as usize].group;
        if self.groups[group].special.is_some() {
            self.take_in_hand(queue, group, id, &message);
        }
        if self.groups[group].settling.notes_deliveries {
            self.note_delivery(now_s, queue, id, &mut message);
        }
        let replica = &mut self.replicas[id as usize];
        replica.credit -= 1;
        if !self.groups[replica.group].buffers
            && let Some(slot) = replica.free.pop()
        {
            self.take_slot(now_s, slot, message, at_once);
        } else if self.groups[group].settings.batch.is_some() {
            self.gather(now_s, id, message, at_once);
        } else {
            replica.buffer.push_back(message);
            self.start_buffered(now_s, id, at_once);
        }
    }

    /// Starts what a replica holds as long as slots and tokens are there.
    #[inline(always)]
    pub(super) fn start_buffered(&mut self, now_s: Seconds, id: u32, at_once: bool) {
        if !self.replicas[id as usize].buffer.is_empty() {
            self.start_held(now_s, id, at_once);
        }
    }

    #[inline(never)]
    fn start_held(&mut self, now_s: Seconds, id: u32, at_once: bool) {
        if self.groups[self.replicas[id as usize].group].settings.batch.is_some() {
            return self.start_batches(now_s, id, false);
        }
        loop {
            let replica = &mut self.replicas[id as usize];
            if replica.buffer.is_empty() || replica.free.is_empty() {
                return;
            }
            let group = &mut self.groups[replica.group];
            if group.bucket.as_mut().is_some_and(|bucket| !bucket.has_token(now_s)) {
                self.await_token(id);
                return;
            }
            let queue = group.settings.from;
            let Some(next) = self.queues[queue].ready.first_to_begin(&replica.buffer) else {
                return self.sleep(queue, id);
            };
            if let (Some(message), Some(slot)) = (replica.buffer.remove(next), replica.free.pop()) {
                self.take_slot(now_s, slot, message, at_once);
            }
        }
    }

    /// A free slot becomes busy.
    #[inline(always)]
    pub(super) fn take_slot(&mut self, now_s: Seconds, slot: u32, message: Message, at_once: bool) {
        let group_id = self.slots[slot as usize].group as usize;
        let group = &mut self.groups[group_id];
        group.busy += 1;
        if let Some(bucket) = &mut group.bucket {
            bucket.take();
        }
        self.observer.slots(now_s, group_id, group.busy, group.in_overhead);
        self.start(now_s, slot, message, at_once);
    }

    /// Service starts in a slot that counts as busy.
    #[inline(always)]
    fn start(&mut self, now_s: Seconds, slot: u32, message: Message, at_once: bool) {
        let place = &mut self.slots[slot as usize];
        let group = &self.groups[place.group as usize];
        if group.special.is_some() {
            return self.start_special(now_s, slot, message, at_once);
        }
        place.message = message;
        let ends_s = group.begin(now_s, place);
        if place.message.mark_first_start() {
            self.observer.started(now_s, place.queue as usize, &place.message, at_once);
        }
        self.agenda.slot_ends(ends_s, slot);
    }

    /// A slot's service, or the overhead after it, is over.
    #[inline(always)]
    pub(super) fn slot_ends(&mut self, now_s: Seconds, slot: u32) {
        match self.slots[slot as usize].phase {
            Phase::Busy => self.finish(now_s, slot),
            Phase::Overhead => self.overhead_ends(now_s, slot),
            Phase::Idle | Phase::Waiting => unreachable!("a slot that does not work has nothing that could end"),
        }
    }

    /// Ack, as a rule: the message leaves. Slot and credit come back at once or after the overhead.
    #[inline(always)]
    fn finish(&mut self, now_s: Seconds, slot: u32) {
        let place = &mut self.slots[slot as usize];
        let (queue, group) = (place.queue as usize, place.group as usize);
        if self.groups[group].special.is_some() {
            return self.finish_special(now_s, slot);
        }
        if self.groups[group].settling.plain {
            self.ledger.acked += 1;
            self.observer.acked(now_s, queue, &place.message);
            self.queues[queue].unacked -= 1;
            self.extras.forget(&place.message);
        } else {
            let message = place.message;
            let failed = self.fails(group, queue, &message);
            self.conclude(now_s, group, queue, &message, failed);
        }
        if !self.goes_on(now_s, slot) {
            self.rest(now_s, slot);
        }
        self.tell_levels(now_s, queue);
        self.check_settled();
    }

    /// The plain case of a busy queue: nobody else has credit, so the slot goes on with the head of the queue.
    #[inline(always)]
    fn goes_on(&mut self, now_s: Seconds, slot: u32) -> bool {
        let place = &self.slots[slot as usize];
        let state = &mut self.queues[place.queue as usize];
        if !place.open || !state.ring.is_empty() || !self.groups[place.group as usize].goes_on {
            return false;
        }
        let Some(mut message) = state.ready.plain.pop_front() else { return false };
        // With more ready it would be found without credit at once and leave the ring again.
        if state.ready.plain.is_empty() {
            state.ring.push_back(place.replica);
            self.replicas[place.replica as usize].in_ring = true;
        }
        state.unacked += 1;
        state.delivered += 1;
        if message.count_delivery() {
            self.observer.redelivered(now_s, place.queue as usize);
        }
        self.start(now_s, slot, message, false);
        true
    }

    /// A slot that does not go on at once: overhead first, or it is free.
    #[inline(always)]
    pub(super) fn rest(&mut self, now_s: Seconds, slot: u32) {
        let place = &mut self.slots[slot as usize];
        let group = &mut self.groups[place.group as usize];
        group.busy -= 1;
        if let Some(overhead) = &mut group.overhead {
            place.phase = Phase::Overhead;
            self.agenda.slot_ends(now_s + overhead.next(), slot);
            group.in_overhead += 1;
            self.observer.slots(now_s, place.group as usize, group.busy, group.in_overhead);
        } else {
            self.release(now_s, slot);
        }
    }

    /// A slot's overhead is over.
    fn overhead_ends(&mut self, now_s: Seconds, slot: u32) {
        let group_id = self.slots[slot as usize].group as usize;
        self.groups[group_id].in_overhead -= 1;
        self.release(now_s, slot);
        self.tell_levels(now_s, self.groups[group_id].settings.from);
    }

    /// Slot and credit come back.
    #[inline(always)]
    fn release(&mut self, now_s: Seconds, slot: u32) {
        let place = &mut self.slots[slot as usize];
        place.phase = Phase::Idle;
        let id = place.replica;
        self.agenda.slot_is_idle(slot);
        let is_special = self.groups[self.replicas[id as usize].group].special.is_some();
        let held = if is_special { self.held_by(slot) } else { 1 };
        let replica = &mut self.replicas[id as usize];
        replica.free.push(slot);
        let group = &self.groups[replica.group];
        let queue = group.settings.from;
        self.observer.slots(now_s, replica.group, group.busy, group.in_overhead);
        match replica.stage {
            Stage::Ready if group.runs_jobs => self.job_goes_on(now_s, id),
            Stage::Ready => {
                replica.credit += held;
                // One that buffers takes messages whether or not they may start.
                if !replica.in_ring && (group.buffers || !replica.waits_for_token) {
                    replica.in_ring = true;
                    self.queues[queue].ring.push_back(id);
                }
                self.start_buffered(now_s, id, false);
                self.pump(now_s, queue);
            }
            Stage::Leaving => {
                self.start_buffered(now_s, id, false);
                self.terminate_if_idle(now_s, id);
            }
            Stage::Starting | Stage::Crashed | Stage::Away | Stage::Gone => {}
        }
    }

    /// Delivers ready messages as long as somebody has credit.
    #[inline(always)]
    pub(super) fn pump(&mut self, now_s: Seconds, queue: QueueId) {
        if !self.queues[queue].ready.is_calm() {
            self.deliver_ready(now_s, queue);
        }
    }

    #[inline(never)]
    fn deliver_ready(&mut self, now_s: Seconds, queue: QueueId) {
        self.expire_heads(now_s, queue);
        self.call_owners(queue);
        self.wake_sleepers(now_s, queue);
        while self.queues[queue].ready.has_next() {
            let Some(replica) = self.replica_with_credit(now_s, queue) else { return };
            if let Some(message) = self.queues[queue].ready.take_for(replica) {
                self.deliver(now_s, queue, replica, message, false);
            } else {
                // It owns nothing that could be delivered; it is called when it does.
                self.queues[queue].ring.pop_front();
                self.replicas[replica as usize].in_ring = false;
            }
            self.expire_heads(now_s, queue);
        }
    }

    /// Replicas come into the ring that own something which can be delivered now.
    fn call_owners(&mut self, queue: QueueId) {
        let state = &mut self.queues[queue];
        let Some(lanes) = state.ready.lanes() else { return };
        for id in lanes.called.drain(..) {
            let replica = &mut self.replicas[id as usize];
            if replica.stage == Stage::Ready && !replica.in_ring {
                replica.in_ring = true;
                state.ring.push_back(id);
            }
        }
    }

    /// Replicas look again at what they hold and could not begin.
    fn wake_sleepers(&mut self, now_s: Seconds, queue: QueueId) {
        let Some(lanes) = self.queues[queue].ready.lanes() else { return };
        if lanes.stirs() {
            for id in lanes.wake() {
                if matches!(self.replicas[id as usize].stage, Stage::Ready | Stage::Leaving) {
                    self.start_buffered(now_s, id, false);
                }
            }
        }
    }

    /// A replica holds messages none of which may begin.
    pub(super) fn sleep(&mut self, queue: QueueId, id: u32) {
        if let Some(lanes) = self.queues[queue].ready.lanes()
            && !lanes.sleepers.contains(&id)
        {
            lanes.sleepers.push(id);
        }
    }

    fn await_room(&mut self, id: u32) {
        let replica = &mut self.replicas[id as usize];
        if !std::mem::replace(&mut replica.waits_for_room, true)
            && let Some(special) = &mut self.groups[replica.group].special
        {
            special.waiting_for_room.push_back(id);
        }
    }

    /// Fewer messages are unacked: replicas that waited for that come back into the ring.
    pub(super) fn make_room(&mut self, group_id: usize, messages: u32) {
        let group = &mut self.groups[group_id];
        let Some(Special { room: Some(room), waiting_for_room, .. }) = group.special.as_deref_mut() else { return };
        *room += messages;
        let queue = &mut self.queues[group.settings.from];
        // Who owns partitions may have no use for it.
        let mut wanted = if queue.members.is_some() { u32::MAX } else { *room };
        while wanted > 0 {
            let Some(id) = waiting_for_room.pop_front() else { return };
            let replica = &mut self.replicas[id as usize];
            replica.waits_for_room = false;
            if replica.stage == Stage::Ready && replica.credit > 0 {
                wanted -= 1;
                if !replica.in_ring {
                    replica.in_ring = true;
                    queue.ring.push_back(id);
                }
            }
        }
    }

    /// A replica could go on if its group had a token.
    pub(super) fn await_token(&mut self, id: u32) {
        let replica = &mut self.replicas[id as usize];
        let group_id = replica.group;
        let group = &mut self.groups[group_id];
        if !replica.waits_for_token {
            replica.waits_for_token = true;
            group.waiting_for_token.push_back(id);
        }
        self.plan_token(group_id);
    }

    fn plan_token(&mut self, group_id: usize) {
        if let Some(bucket) = &mut self.groups[group_id].bucket
            && !bucket.awaited
        {
            self.agenda.schedule(bucket.promise_token_s(), Event::Token { group: group_id as u32 });
        }
    }

    /// A token is there: the replicas that waited for it go on in their order.
    pub(super) fn token(&mut self, now_s: Seconds, group_id: usize) {
        let queue = self.groups[group_id].settings.from;
        if let Some(bucket) = &mut self.groups[group_id].bucket {
            bucket.token_is_due(now_s);
        }
        while self.groups[group_id].bucket.as_mut().is_some_and(|bucket| bucket.has_token(now_s)) {
            let Some(id) = self.groups[group_id].waiting_for_token.pop_front() else { break };
            let replica = &mut self.replicas[id as usize];
            replica.waits_for_token = false;
            if replica.stage == Stage::Ready && !replica.in_ring {
                replica.in_ring = true;
                self.queues[queue].ring.push_back(id);
            }
            self.start_buffered(now_s, id, false);
            self.pump(now_s, queue);
        }
        if !self.groups[group_id].waiting_for_token.is_empty() {
            self.plan_token(group_id);
        }
        self.tell_levels(now_s, queue);
    }
}

impl GroupState<'_> {
    /// The message in a slot begins its service; returns when that ends.
    #[inline(always)]
    pub(super) fn begin(&self, now_s: Seconds, place: &mut Slot) -> Seconds {
        if place.message.work_s.is_nan() {
            place.message.work_s = self.redraw(&place.message);
        }
        place.phase = Phase::Busy;
        self.service_ends_s(now_s, place.message.work_s, place.speed)
    }

    /// The work of an attempt that was not drawn at publish: a function of the message and the attempt alone.
    #[cold]
    #[inline(never)]
    fn redraw(&self, message: &Message) -> Seconds {
        let attempt = u64::from(message.deliveries);
        let seed = self
            .redraw_seed
            .wrapping_add(message.order.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .wrapping_add(attempt.wrapping_mul(0xD1B5_4A32_D192_ED03));
        self.redraw.draw(&mut Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// When ∫speed reaches the work, for a service that starts now; infinite if never.
    #[inline(always)]
    fn service_ends_s(&self, now_s: Seconds, work_s: Seconds, replica_speed: f64) -> Seconds {
        let work_s = if replica_speed == 1.0 { work_s } else { work_s / replica_speed };
        match &self.settings.speed {
            None => now_s + work_s,
            Some(speed) => worked_by_s(speed, now_s, work_s),
        }
    }
}

impl GroupState<'_> {
    /// Work that a slot has done on its message when that is called off; nothing where it would never end.
    pub(super) fn work_done_s(&self, now_s: Seconds, place: &Slot, ends_s: Seconds) -> Seconds {
        if ends_s == f64::INFINITY {
            return 0.0;
        }
        let left_s = match &self.settings.speed {
            None => ends_s - now_s,
            Some(speed) => speed.integral(now_s, ends_s),
        };
        (place.message.work_s - left_s * place.speed).max(0.0)
    }
}

/// When ∫speed from `now_s` reaches the work.
#[inline(never)]
pub(super) fn worked_by_s(speed: &Rate, now_s: Seconds, work_s: Seconds) -> Seconds {
    if work_s.is_finite() { speed.inverse(now_s, work_s).unwrap_or(f64::INFINITY) } else { f64::INFINITY }
}
