//! What becomes of a delivery at its end: an ack, a failure, a return, a dead letter, a loss.
//!
//! Only groups whose deliveries can end otherwise than by a plain ack come here. Every way out of a queue is in this
//! file, each with its account. Not here: who gets what returns (`deliver`), and why a broker or a replica goes away.

use rand::Rng;

use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::{DeadLetter, Loss, Observer};
use super::state::Draw;
use super::streams::{Purpose, chance, stream};
use super::timeouts::Timeouts;
use crate::model::{
    Ack, AfterFailure, ConsumerGroup, Destination, Emission, Failures, GroupId, Model, QueueId, RequeuePosition, Retry,
};
use crate::units::Seconds;

/// How the deliveries of a group can end.
pub(super) struct Settling {
    /// A service always ends with an ack and nothing else.
    pub plain: bool,
    /// A service always ends with an ack and one publish to this queue.
    pub relay: Option<QueueId>,
    /// Something is to be noted when a delivery begins.
    pub notes_deliveries: bool,
    /// Seeds of what is a function of the message alone.
    failure_seed: u64,
    rest_seed: u64,
    emission_seed: u64,
    /// Draws how long a failed message rests.
    rest: Option<Draw>,
    /// Unacked deliveries and when they must be acked.
    pub timeouts: Option<Timeouts>,
}

impl Settling {
    pub fn new(model: &Model, group: &ConsumerGroup, seed: u64, replication: u32) -> Settling {
        let of = |purpose| stream(seed, replication, purpose, &group.name);
        let rest = match group.failures.as_ref().map(|failures| &failures.retry) {
            Some(Retry::Delay(delay)) => Some(Draw::new(delay.sampler(), of(Purpose::Retry))),
            _ => None,
        };
        let notes_deliveries = group.ack == Ack::Before || group.ack_timeout_s.is_some();
        let always_acks = !notes_deliveries && group.failures.is_none() && model.paths.is_empty();
        let relay = match group.emits.as_slice() {
            [Emission { to: Destination::Queue(queue), per_message: 1.0 }] if always_acks => Some(*queue),
            _ => None,
        };
        Settling {
            plain: always_acks && group.emits.is_empty(),
            relay,
            notes_deliveries,
            failure_seed: of(Purpose::Failure).next_u64(),
            rest_seed: of(Purpose::Retry).next_u64(),
            emission_seed: of(Purpose::Emission).next_u64(),
            rest,
            timeouts: group.ack_timeout_s.map(Timeouts::new),
        }
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A service is over in a group whose deliveries do not end plainly; returns what its slot held.
    #[inline(never)]
    pub(super) fn conclude(&mut self, now_s: Seconds, group: GroupId, queue: QueueId, message: &Message, failed: bool) {
        if failed && message.standing != Standing::Stale {
            self.observer.failed(now_s, queue, message);
        }
        match message.standing {
            Standing::Stale => {
                self.observer.wasted(now_s, group, message.work_s);
                self.observer.duplicated(now_s, queue, message);
            }
            Standing::Acked if failed => {
                self.observer.wasted(now_s, group, message.work_s);
                self.lose_after_ack(now_s, queue, message);
            }
            Standing::Acked => {
                self.emit(now_s, group, message);
                self.forget(now_s, message, true);
            }
            Standing::Open if failed => {
                self.observer.wasted(now_s, group, message.work_s);
                self.queues[queue].unacked -= 1;
                self.make_room(group, 1);
                self.after_failure(now_s, group, queue, *message);
                // Others may be free before this slot is.
                self.pump(now_s, queue);
            }
            Standing::Open => {
                self.ledger.acked += 1;
                self.observer.acked(now_s, queue, message);
                self.queues[queue].unacked -= 1;
                self.make_room(group, 1);
                self.leave_lane(queue, message);
                self.emit(now_s, group, message);
                self.forget(now_s, message, true);
            }
        }
    }

    /// Whether this attempt fails: a function of the message and the attempt alone.
    pub(super) fn fails(&self, group: GroupId, queue: QueueId, message: &Message) -> bool {
        let state = &self.groups[group];
        let Some(Failures { probability, poison, .. }) = &state.settings.failures else { return false };
        let attempt = u64::from(message.deliveries);
        let is_poison = || {
            let luck = self.extras.at(message.extra).and_then(|extra| extra.luck);
            luck.is_some_and(|luck| luck < *poison)
        };
        debug_assert!(*poison == 0.0 || message.standing == Standing::Stale || self.queues[queue].draws_luck());
        *probability > 0.0 && chance(state.settling.failure_seed, message.order, attempt) < *probability || is_poison()
    }

    fn after_failure(&mut self, now_s: Seconds, group: GroupId, queue: QueueId, message: Message) {
        let Some(failures) = &self.groups[group].settings.failures else { return };
        match failures.then {
            AfterFailure::Drop => {
                self.leave_lane(queue, &message);
                self.lose(now_s, queue, &message, Loss::Failed);
            }
            AfterFailure::DeadLetter => {
                self.leave_lane(queue, &message);
                self.dead_letter(now_s, queue, message, DeadLetter::Rejected);
            }
            AfterFailure::Requeue if self.is_worn_out(queue, &message) => {
                self.leave_lane(queue, &message);
                self.dead_letter(now_s, queue, message, DeadLetter::DeliveryLimit);
            }
            AfterFailure::Requeue => {
                let rest_s = self.rest_s(group, &message);
                self.comes_back(now_s, queue, message, rest_s);
            }
        }
    }

    /// How long a message rests that has failed as often as it was delivered.
    fn rest_s(&mut self, group: GroupId, message: &Message) -> Seconds {
        let state = &mut self.groups[group];
        match state.settings.failures.as_ref().map(|failures| &failures.retry) {
            None | Some(Retry::AtOnce) => 0.0,
            Some(Retry::Delay(_)) => state.settling.rest.as_mut().map_or(0.0, Draw::next),
            Some(Retry::Backoff { first_s, factor, max_s, jitter }) => {
                let failures = u64::from(message.deliveries);
                let full_s =
                    (first_s * factor.powi(i32::from(message.deliveries.min(i16::MAX as u16)) - 1)).min(*max_s);
                full_s * (1.0 - jitter * chance(state.settling.rest_seed, message.order, failures))
            }
        }
    }

    /// Whether a message has been delivered as often as its queue allows.
    fn is_worn_out(&self, queue: QueueId, message: &Message) -> bool {
        self.queues[queue].settings.delivery_limit.is_some_and(|limit| u32::from(message.deliveries) >= limit)
    }

    /// A message that is not unacked any more returns, now or after a rest; its next attempt is drawn anew.
    pub(super) fn comes_back(&mut self, now_s: Seconds, queue: QueueId, mut message: Message, rest_s: Seconds) {
        message.work_s = f64::NAN;
        message.standing = Standing::Open;
        if let Some(extra) = self.extras.at_mut(message.extra) {
            extra.turn = extra.turn.wrapping_add(1);
        }
        self.rewind(now_s, queue, &message);
        if rest_s > 0.0 {
            if let Some(lanes) = self.queues[queue].ready.lanes() {
                lanes.rest(message.lane(), 1);
            }
            self.delay(now_s + rest_s, queue, message);
        } else if self.is_worn_out(queue, &message) {
            self.leave_lane(queue, &message);
            self.dead_letter(now_s, queue, message, DeadLetter::DeliveryLimit);
        } else {
            self.stir(now_s);
            self.queues[queue].take_back(message);
            self.watch(now_s, queue, &message);
        }
    }

    /// What a replica held returns together. Nothing is told of it yet.
    pub(super) fn come_back_all(&mut self, now_s: Seconds, queue: QueueId, mut held: Vec<Message>) {
        self.queues[queue].unacked -= held.len();
        for message in &mut held {
            message.work_s = f64::NAN;
            if let Some(extra) = self.extras.at_mut(message.extra) {
                extra.turn = extra.turn.wrapping_add(1);
            }
        }
        if self.queues[queue].settings.delivery_limit.is_some() {
            let (worn_out, others) = held.into_iter().partition(|message| self.is_worn_out(queue, message));
            held = others;
            for message in worn_out {
                self.leave_lane(queue, &message);
                self.dead_letter(now_s, queue, message, DeadLetter::DeliveryLimit);
            }
        }
        if self.queues[queue].lifetimes.is_none() {
            self.queues[queue].take_back_all(held);
            return;
        }
        held.sort_unstable_by_key(Message::place);
        if self.queues[queue].settings.requeue == RequeuePosition::Front {
            held.reverse();
        }
        for message in held {
            self.queues[queue].take_back(message);
            self.watch(now_s, queue, &message);
        }
    }

    /// A message that is neither ready nor unacked any more goes to the dead-letter queue at the end of this event, or
    /// is lost where there is none.
    pub(super) fn dead_letter(&mut self, now_s: Seconds, queue: QueueId, message: Message, why: DeadLetter) {
        if self.queues[queue].settings.dead_letter.is_none() {
            let why = match why {
                DeadLetter::Rejected => Loss::Failed,
                DeadLetter::Expired => Loss::Expired,
                DeadLetter::Overflow => Loss::Dropped,
                DeadLetter::DeliveryLimit => Loss::DeliveryLimit,
            };
            self.lose(now_s, queue, &message, why);
            return;
        }
        self.ledger.dead_lettered += 1;
        self.observer.dead_lettered(now_s, queue, &message, why);
        self.stir(now_s);
        self.dead.push_back((queue, message));
    }

    /// Publishes the dead letters of this event. A dead letter may push out another: not by recursion, because that
    /// could be as deep as a queue is long.
    pub(super) fn deliver_dead_letters(&mut self, now_s: Seconds) {
        while !self.done
            && let Some((from, message)) = self.dead.pop_front()
        {
            if let Some(to) = self.queues[from].settings.dead_letter {
                self.send_dead_letter(now_s, to, &message);
                self.forget_dead_letter(now_s, &message, to);
            }
        }
        self.check_settled();
    }

    /// A message leaves its queue unacked, and there is nowhere else for it.
    pub(super) fn lose(&mut self, now_s: Seconds, queue: QueueId, message: &Message, why: Loss) {
        match why {
            Loss::Rejected => self.ledger.rejected += 1,
            Loss::Dropped => self.ledger.dropped += 1,
            Loss::Expired => self.ledger.expired += 1,
            Loss::Failed | Loss::DeliveryLimit | Loss::Unreachable | Loss::Restart => self.ledger.lost += 1,
        }
        self.observer.lost(now_s, queue, message, why);
        self.forget(now_s, message, false);
        self.check_settled();
    }

    /// A message that was acked at its delivery is gone with the one who held it.
    pub(super) fn lose_after_ack(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.observer.lost_after_ack(now_s, queue, message);
        self.forget(now_s, message, false);
    }

    /// Publishes what a group publishes at an ack: the whole part of its number, and one more by chance.
    fn emit(&mut self, now_s: Seconds, group: GroupId, message: &Message) {
        let settings = self.groups[group].settings;
        for (place, emission) in settings.emits.iter().enumerate() {
            let seed = self.groups[group].settling.emission_seed;
            let whole = emission.per_message.floor();
            let more = chance(seed, message.order, place as u64) < emission.per_message - whole;
            for _ in 0..whole as u64 + u64::from(more) {
                self.stir(now_s);
                self.send(now_s, emission.to, None, Some(message));
            }
        }
    }
}

#[cfg(test)]
mod tests;
