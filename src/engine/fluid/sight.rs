//! What a broker's metrics would show of the fluid: levels, rates and ages at an instant that has passed.
//!
//! Messages wait in the queue and, where `prefetch` is above `concurrency`, in the replicas' buffers; the work in
//! service is small against what waits and is taken as what keeps the slots busy. Not here: how old it is, and who
//! looks (`steering`).

use super::curve::Curve;
use super::effort::Effort;
use super::roots::reaches;
use super::trajectory::{Excess, Piece, Totals};
use crate::model::ConsumerGroup;
use crate::scaling::Sight;
use crate::units::{Messages, PerSecond, Seconds};

/// The past of one queue.
#[derive(Clone, Copy, Debug)]
pub struct Past<'p> {
    /// The path so far.
    pub pieces: &'p [Piece],
    /// M at t = 0.
    pub initial: Messages,
    /// What becomes of the excess at a full queue.
    pub excess: Excess,
    /// P(t).
    pub published: &'p Curve,
    /// From publish until a message can be delivered.
    pub delivery_delay_s: Seconds,
    /// Rate at which messages are taken to have come and gone before t = 0.
    pub rate_at_start: PerSecond,
}

/// The slots of the group as they were at the instant that is seen.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    /// Replicas that take messages.
    pub ready: u32,
    /// What all their slots can take, per second.
    pub rate_per_s: f64,
    /// Share of a busy slot's time that is work and not overhead.
    pub work_share: f64,
}

impl Past<'_> {
    /// The queue at `t`, with rates over the `over_s` seconds since `then`, at which these were the slots.
    pub fn sight(&self, t: Seconds, over_s: Seconds, effort: &Effort<'_>, slots: Slots, then: Slots) -> Sight<'static> {
        let group = effort.group;
        let waiting = self.backlog_at(t);
        let occupied = self.occupied(t, waiting, slots);
        let buffered = self.buffered(t, group, slots);
        let busy = effort.busy(effort.slots(slots.ready), occupied) * slots.work_share;
        let all = f64::from(slots.ready) * f64::from(group.slots_per_replica());
        let utilization = if all > 0.0 { busy / all } else { 0.0 };
        let since_s = (t - over_s).max(0.0);
        let before = self.rate_at_start * (over_s - (t - since_s));
        let per_second = |messages: f64| (messages + before) / over_s;
        let delivered = |t: Seconds| self.totals_at(t).served * effort.fate.deliveries;
        let (delivered, delivered_then) =
            (delivered(t) + buffered, delivered(since_s) + self.buffered(since_s, group, then));
        let undeliverable_since_s = (t - self.delivery_delay_s).max(0.0);
        Sight {
            ready: waiting - buffered,
            unacked: busy + buffered,
            delayed: self.published.integral(undeliverable_since_s, t),
            publish_per_s: per_second(self.published.integral(since_s, t)),
            deliver_per_s: per_second(delivered - delivered_then),
            oldest_age_s: if waiting > buffered { self.age(t, buffered) } else { 0.0 },
            utilization,
            partitions: &[],
        }
    }

    /// Messages that were pushed to replicas whose slots are busy.
    fn buffered(&self, t: Seconds, group: &ConsumerGroup, slots: Slots) -> Messages {
        let per_replica = group.prefetch.saturating_sub(group.concurrency);
        self.backlog_at(t).min(f64::from(per_replica) * f64::from(slots.ready))
    }

    /// Share of the slots that have a message, just before `t`.
    fn occupied(&self, t: Seconds, waiting: Messages, slots: Slots) -> f64 {
        if slots.ready == 0 {
            return 0.0;
        }
        let served_per_s = self.before(t).map_or(0.0, |piece| piece.served().at(t));
        if slots.rate_per_s > 0.0 {
            (served_per_s / slots.rate_per_s).clamp(0.0, 1.0)
        } else {
            f64::from(u8::from(waiting > 0.0))
        }
    }

    /// The piece that held just before `t`.
    fn before(&self, t: Seconds) -> Option<&Piece> {
        let passed = self.pieces.partition_point(|piece| piece.from_s < t);
        passed.checked_sub(1).map(|index| &self.pieces[index])
    }

    fn backlog_at(&self, t: Seconds) -> Messages {
        self.before(t).map_or(self.initial, |piece| piece.backlog_at(t))
    }

    fn totals_at(&self, t: Seconds) -> Totals {
        self.before(t).map_or_else(Totals::default, |piece| piece.totals_at(t))
    }

    /// Age since publish of the message behind the first `skipped` that wait at `t`: A(s) = D(t) + skipped.
    fn age(&self, t: Seconds, skipped: Messages) -> Seconds {
        let totals = self.totals_at(t);
        let lost = if self.excess == Excess::Oldest { totals.lost } else { 0.0 };
        let number = totals.served + lost + skipped;
        let accepted = |piece: &Piece| piece.head(self.excess) + piece.backlog;
        let passed = self.pieces.partition_point(|piece| accepted(piece) <= number);
        let Some(piece) = passed.checked_sub(1).map(|index| &self.pieces[index]) else { return t };
        let missing = number - accepted(piece);
        let came_s = reaches(piece.accepted(self.excess), piece.from_s, piece.until_s.min(t), missing);
        t - came_s + self.delivery_delay_s
    }
}
