//! Ready messages that do not wait for ever: a time to live, and a log that keeps only so much.
//!
//! Each queue has its own order of deadlines and one event on the agenda, for the first. Not here: where expired
//! messages go (`settle`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::agenda::Event;
use super::kernel::Kernel;
use super::message::Message;
use super::observer::{DeadLetter, Loss, Observer};
use super::state::Draw;
use super::streams::{Purpose, stream};
use crate::model::{Queue, QueueId, TtlPlace};
use crate::units::Seconds;

/// How long the messages of one queue stay ready.
pub(super) struct Lifetimes {
    ttl: Option<Draw>,
    /// Expired messages are noticed only at the head.
    at_head: bool,
    keeps_for_s: Seconds,
    keeps: Option<u64>,
    /// Deadlines of ready messages, as bits of the instant, and their orders; some have left meanwhile.
    deadlines: BinaryHeap<Reverse<(u64, u64)>>,
    /// When the next event is due; infinite if there is none.
    planned_s: Seconds,
}

impl Lifetimes {
    pub fn new(queue: &Queue, seed: u64, replication: u32) -> Option<Box<Lifetimes>> {
        let retention = queue.retention;
        let is_mortal = queue.ttl.is_some() || retention.age_s.is_some() || retention.messages.is_some();
        let draw = |ttl: &crate::model::Ttl| {
            Draw::new(ttl.after.sampler(), stream(seed, replication, Purpose::Lifetime, &queue.name))
        };
        is_mortal.then(|| {
            Box::new(Lifetimes {
                ttl: queue.ttl.as_ref().map(draw),
                at_head: queue.ttl.as_ref().is_some_and(|ttl| ttl.at == TtlPlace::Head),
                keeps_for_s: retention.age_s.unwrap_or(f64::INFINITY),
                keeps: retention.messages,
                deadlines: BinaryHeap::new(),
                planned_s: f64::INFINITY,
            })
        })
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A message becomes deliverable for the first time: its time to live begins.
    #[inline(never)]
    pub(super) fn give_lifetime(&mut self, now_s: Seconds, queue: QueueId, message: &mut Message) {
        let Some(lifetimes) = &mut self.queues[queue].lifetimes else { return };
        if let Some(ttl) = &mut lifetimes.ttl {
            self.extras.of(message).expires_s = now_s + ttl.next();
        }
        if let Some(keeps) = lifetimes.keeps {
            let newest = message.place();
            while let Some(head) = self.queues[queue].ready.head()
                && head.place() <= newest - keeps as i64
                && let Some(head) = self.queues[queue].ready.take_head()
            {
                self.lose(now_s, queue, &head, Loss::Dropped);
            }
        }
    }

    /// When a message has been ready for too long.
    fn deadline_s(&self, queue: QueueId, message: &Message) -> Seconds {
        let expires_s = self.extras.at(message.extra).map_or(f64::INFINITY, |extra| extra.expires_s);
        let kept_for_s = self.queues[queue].lifetimes.as_ref().map_or(f64::INFINITY, |of| of.keeps_for_s);
        expires_s.min(message.published_s + kept_for_s)
    }

    /// A message has taken its place among the ready ones.
    #[inline(always)]
    pub(super) fn watch(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        if self.queues[queue].lifetimes.is_some() {
            self.await_deadline(now_s, queue, message);
        }
    }

    #[inline(never)]
    fn await_deadline(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        let deadline_s = self.deadline_s(queue, message);
        let state = &mut self.queues[queue];
        let Some(lifetimes) = &mut state.lifetimes else { return };
        if deadline_s == f64::INFINITY {
            return;
        }
        if lifetimes.deadlines.len() > 64 + 2 * state.ready.len() {
            lifetimes.deadlines.retain(|Reverse((_, order))| state.ready.has(*order));
        }
        lifetimes.deadlines.push(Reverse((deadline_s.to_bits(), message.order)));
        if deadline_s <= now_s {
            self.end_lifetimes(now_s, queue);
        } else {
            self.plan_expiry(queue);
        }
    }

    fn plan_expiry(&mut self, queue: QueueId) {
        let Some(lifetimes) = &mut self.queues[queue].lifetimes else { return };
        let first_s = lifetimes.deadlines.peek().map_or(f64::INFINITY, |Reverse((bits, _))| f64::from_bits(*bits));
        if first_s < lifetimes.planned_s {
            lifetimes.planned_s = first_s;
            self.agenda.schedule(first_s, Event::Expiry { queue: queue as u32 });
        }
    }

    /// The first deadline of a queue may be due.
    pub(super) fn expiry(&mut self, now_s: Seconds, queue: QueueId) {
        if let Some(lifetimes) = &mut self.queues[queue].lifetimes
            && lifetimes.planned_s <= now_s
        {
            lifetimes.planned_s = f64::INFINITY;
        }
        self.end_lifetimes(now_s, queue);
        self.plan_expiry(queue);
        self.tell_levels(now_s, queue);
    }

    fn end_lifetimes(&mut self, now_s: Seconds, queue: QueueId) {
        loop {
            let state = &mut self.queues[queue];
            let Some(lifetimes) = &mut state.lifetimes else { return };
            let due = |Reverse((bits, _)): &Reverse<(u64, u64)>| f64::from_bits(*bits) <= now_s;
            if !lifetimes.deadlines.peek().is_some_and(due) {
                break;
            }
            let Some(Reverse((_, order))) = lifetimes.deadlines.pop() else { break };
            if !lifetimes.at_head
                && let Some(message) = state.ready.remove(order)
            {
                self.expire(now_s, queue, message);
            }
        }
        self.expire_heads(now_s, queue);
    }

    /// Nothing that has expired is ever delivered: what stands at the head next has not.
    #[inline(always)]
    pub(super) fn expire_heads(&mut self, now_s: Seconds, queue: QueueId) {
        if self.queues[queue].lifetimes.is_some() {
            self.expire_due_heads(now_s, queue);
        }
    }

    #[inline(never)]
    fn expire_due_heads(&mut self, now_s: Seconds, queue: QueueId) {
        while let Some(head) = self.queues[queue].ready.head()
            && self.deadline_s(queue, head) <= now_s
            && let Some(message) = self.queues[queue].ready.take_head()
        {
            self.expire(now_s, queue, message);
        }
    }

    /// Dead-lettered, unless it is the log that keeps nothing so old.
    fn expire(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let of_age_s = self.extras.at(message.extra).map_or(f64::INFINITY, |extra| extra.expires_s);
        if of_age_s <= now_s {
            self.dead_letter(now_s, queue, message, DeadLetter::Expired);
        } else {
            self.lose(now_s, queue, &message, Loss::Expired);
        }
    }
}
