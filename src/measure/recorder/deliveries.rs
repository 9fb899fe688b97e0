//! What becomes of deliveries: failures, timeouts, duplicates, and why messages left without an ack.
//!
//! Only of queues whose messages can come to harm; a plain queue has no such tally. Not here: first waits and latencies
//! (`queue`).

use crate::engine::events::{DeadLetter, Loss, Message};
use crate::model::{Ack, ConsumerGroup, Model, QueueId};

/// Events of a queue's deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::measure) struct Tally {
    pub failed: u64,
    pub timed_out: u64,
    pub duplicates: u64,
    pub lost_failed: u64,
    pub lost_delivery_limit: u64,
    pub lost_unreachable: u64,
    pub lost_restart: u64,
    pub lost_after_ack: u64,
    pub dead_rejected: u64,
    pub dead_expired: u64,
    pub dead_overflow: u64,
    pub dead_delivery_limit: u64,
    /// Messages that left after at least one delivery, and their deliveries.
    left: u64,
    deliveries: u64,
}

/// Counts a queue's deliveries.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    now: Tally,
    before: Tally,
}

/// Whether a group's deliveries can end otherwise than by an ack.
pub(in crate::measure) fn can_come_to_harm(model: &Model, group: &ConsumerGroup) -> bool {
    group.failures.is_some()
        || group.crashes.is_some()
        || group.ack_timeout_s.is_some()
        || group.ack == Ack::Before
        || !model.queues[group.from].broker_outages.is_empty()
}

impl Deliveries {
    /// A tally, if the queue's messages can fail, be redelivered for a fault or leave for a reason.
    pub fn of(model: &Model, queue: QueueId) -> Option<Self> {
        let settings = &model.queues[queue];
        let used = model.groups_of(queue).any(|group| can_come_to_harm(model, group))
            || settings.dead_letter.is_some()
            || settings.delivery_limit.is_some()
            || !settings.broker_outages.is_empty();
        used.then(Self::default)
    }

    pub fn failed(&mut self) {
        self.now.failed += 1;
    }

    pub fn timed_out(&mut self) {
        self.now.timed_out += 1;
    }

    pub fn duplicated(&mut self) {
        self.now.duplicates += 1;
    }

    pub fn acked(&mut self, message: &Message) {
        self.leaves(message);
    }

    pub fn lost(&mut self, message: &Message, why: Loss) {
        match why {
            // These are counted for every queue.
            Loss::Rejected | Loss::Dropped | Loss::Expired => {}
            Loss::Failed => self.now.lost_failed += 1,
            Loss::DeliveryLimit => self.now.lost_delivery_limit += 1,
            Loss::Unreachable => self.now.lost_unreachable += 1,
            Loss::Restart => self.now.lost_restart += 1,
        }
        self.leaves(message);
    }

    pub fn lost_after_ack(&mut self) {
        self.now.lost_after_ack += 1;
    }

    pub fn dead_lettered(&mut self, message: &Message, why: DeadLetter) {
        match why {
            DeadLetter::Rejected => self.now.dead_rejected += 1,
            DeadLetter::Expired => self.now.dead_expired += 1,
            DeadLetter::Overflow => self.now.dead_overflow += 1,
            DeadLetter::DeliveryLimit => self.now.dead_delivery_limit += 1,
        }
        self.leaves(message);
    }

    fn leaves(&mut self, message: &Message) {
        self.now.left += u64::from(message.deliveries > 0);
        self.now.deliveries += u64::from(message.deliveries);
    }

    pub fn warmed_up(&mut self) {
        self.before = self.now;
    }

    /// Events since statistics started.
    pub fn tally(&self) -> Tally {
        self.now.since(&self.before)
    }
}

impl Tally {
    /// Deliveries of each message that left, of those that were delivered at all.
    pub fn per_message(&self) -> Option<f64> {
        (self.left > 0).then(|| self.deliveries as f64 / self.left as f64)
    }

    fn since(&self, before: &Tally) -> Tally {
        Tally {
            failed: self.failed - before.failed,
            timed_out: self.timed_out - before.timed_out,
            duplicates: self.duplicates - before.duplicates,
            lost_failed: self.lost_failed - before.lost_failed,
            lost_delivery_limit: self.lost_delivery_limit - before.lost_delivery_limit,
            lost_unreachable: self.lost_unreachable - before.lost_unreachable,
            lost_restart: self.lost_restart - before.lost_restart,
            lost_after_ack: self.lost_after_ack - before.lost_after_ack,
            dead_rejected: self.dead_rejected - before.dead_rejected,
            dead_expired: self.dead_expired - before.dead_expired,
            dead_overflow: self.dead_overflow - before.dead_overflow,
            dead_delivery_limit: self.dead_delivery_limit - before.dead_delivery_limit,
            left: self.left - before.left,
            deliveries: self.deliveries - before.deliveries,
        }
    }
}
