//! The backlog's path: M(t), what arrived, what left and what was lost, piece by piece.
//!
//! Between two cuts (breakpoints of P and C, instants at which their difference changes sign, instants at which M
//! reaches 0 or the capacity, instants at which the token bucket runs empty or full) one smooth formula holds. Not
//! here: how the cuts are found (`integrate`), and delays (`delay`).

use std::borrow::Cow;

use super::shape::Shape;
use crate::units::{Messages, Seconds};

/// What the queue does throughout a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// M = 0: everything that arrives is taken at once.
    Empty,
    /// Messages wait; the groups take what they can.
    Waiting,
    /// M = capacity and P ≥ C: the excess is lost.
    Full,
    /// Messages wait, and some of them are given up: the groups take what they can, and the rest of what is too old, or
    /// a share of what waits, expires.
    Expiring,
}

/// What becomes of the excess at a full queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// The newest is refused.
    Newest,
    /// The oldest is dropped.
    Oldest,
}

/// Running totals at an instant, since t = 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Messages that became deliverable, A(t), without those that were there at t = 0.
    pub arrived: Messages,
    /// Messages that were taken, D(t).
    pub served: Messages,
    /// Messages lost at a full queue.
    pub lost: Messages,
    /// ∫M dt, message-seconds.
    pub area: f64,
}

/// A stretch of time on which one formula holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Begin.
    pub from_s: Seconds,
    /// End.
    pub until_s: Seconds,
    /// What the queue does.
    pub regime: Regime,
    /// P(t), as it becomes deliverable.
    pub inflow: Shape,
    /// What the groups could take.
    pub capacity: Shape,
    /// dM/dt.
    pub net: Shape,
    /// What expires per second, if something does.
    pub expired: Option<Shape>,
    /// M at the begin.
    pub backlog: Messages,
    /// M at the end: exactly 0 or the capacity where that was reached.
    pub backlog_until: Messages,
    /// Totals at the begin.
    pub totals: Totals,
}

impl Piece {
    /// M at `t`.
    pub fn backlog_at(&self, t: Seconds) -> Messages {
        match self.regime {
            Regime::Waiting | Regime::Expiring if t < self.until_s => {
                (self.backlog + self.net.integral(self.from_s, t)).max(0.0)
            }
            Regime::Waiting | Regime::Expiring => self.backlog_until,
            Regime::Empty | Regime::Full => self.backlog,
        }
    }

    /// What is taken per second.
    pub fn served(&self) -> &Shape {
        if self.regime == Regime::Empty { &self.inflow } else { &self.capacity }
    }

    /// Totals at `t`.
    pub fn totals_at(&self, t: Seconds) -> Totals {
        let arrived = self.inflow.integral(self.from_s, t);
        let served = if self.regime == Regime::Empty { arrived } else { self.capacity.integral(self.from_s, t) };
        let expired = self.expired.as_ref().map_or(0.0, |expired| expired.integral(self.from_s, t));
        let lost = if self.regime == Regime::Full { arrived - served } else { expired };
        Totals {
            arrived: self.totals.arrived + arrived,
            served: self.totals.served + served,
            lost: self.totals.lost + lost,
            area: self.totals.area + self.backlog * (t - self.from_s) + self.net.area(self.from_s, t),
        }
    }

    /// This piece and the next one as one, if one formula holds on both and M does not turn between them.
    pub(super) fn joined(&self, next: &Piece) -> Option<Piece> {
        let turns = (self.backlog_until - self.backlog) * (next.backlog_until - next.backlog) < 0.0;
        let is_same = self.regime == next.regime
            && self.until_s == next.from_s
            && !turns
            && self.expired.is_none()
            && next.expired.is_none()
            && self.inflow.is_same(&next.inflow)
            && self.capacity.is_same(&next.capacity);
        is_same.then(|| Piece { until_s: next.until_s, backlog_until: next.backlog_until, ..self.clone() })
    }

    /// What left the head of the queue until the piece begins.
    pub(super) fn head(&self, excess: Excess) -> Messages {
        if excess == Excess::Oldest { self.totals.served + self.totals.lost } else { self.totals.served }
    }

    /// What enters the queue per second and is not refused.
    pub fn accepted(&self, excess: Excess) -> &Shape {
        if self.regime == Regime::Full && excess == Excess::Newest { &self.capacity } else { &self.inflow }
    }

    /// What leaves the queue at its head per second: taken, dropped or expired.
    pub fn removed(&self, excess: Excess) -> Cow<'_, Shape> {
        match (self.regime, excess, &self.expired) {
            (Regime::Empty, ..) | (Regime::Full, Excess::Oldest, _) => Cow::Borrowed(&self.inflow),
            (Regime::Expiring, Excess::Oldest, Some(expired)) => Cow::Owned(self.capacity.plus(expired, self.from_s)),
            _ => Cow::Borrowed(&self.capacity),
        }
    }

    /// What is lost per second: refused, dropped or expired; `None` where nothing is.
    pub fn lost(&self) -> Option<Shape> {
        match self.regime {
            Regime::Full => Some(self.inflow.minus(&self.capacity, self.from_s)),
            Regime::Expiring => self.expired.clone(),
            Regime::Empty | Regime::Waiting => None,
        }
    }
}

/// The path of one queue's backlog from t = 0 on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    pub(super) pieces: Vec<Piece>,
    /// Messages that were there at t = 0 and fitted in.
    pub(super) initial: Messages,
    pub(super) horizon_s: Seconds,
    pub(super) delivery_delay_s: Seconds,
    pub(super) excess: Excess,
    /// Rate at which each of the messages that wait is given up, if they are impatient.
    pub(super) patience: Option<f64>,
    /// Totals at the end of the last piece.
    pub(super) end: Totals,
}

impl Trajectory {
    /// The pieces, ascending and touching each other, from t = 0 to the horizon and on until everything published by
    /// then is gone, if it ever is.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// End of the last piece, at or after the horizon.
    pub fn until_s(&self) -> Seconds {
        self.pieces.last().map_or(0.0, |piece| piece.until_s)
    }

    /// M(t), for `t` in `[0, until_s]`.
    pub fn backlog_at(&self, t: Seconds) -> Messages {
        self.pieces[self.index_at(t)].backlog_at(t)
    }

    /// A(t), D(t), losses and area until `t` in `[0, until_s]`.
    pub fn totals_at(&self, t: Seconds) -> Totals {
        self.pieces[self.index_at(t)].totals_at(t)
    }

    /// Largest backlog on `[0, horizon]` and when it was first reached. Peaks that differ by rounding are equal.
    pub fn peak(&self) -> (Messages, Seconds) {
        let mut peak = (self.initial, 0.0);
        // M is monotone on every piece: its largest value stands at a begin or at the end.
        let ends = self.within_horizon().map(|piece| {
            let until_s = piece.until_s.min(self.horizon_s);
            (piece.backlog_at(until_s), until_s)
        });
        for (backlog, at_s) in ends {
            if backlog > peak.0 * (1.0 + 1e-12) {
                peak = (backlog, at_s);
            }
        }
        peak
    }

    /// End of the last interval with M > 0 before the horizon, 0 if there is none; `None` if M > 0 at the horizon.
    pub fn drained_at_s(&self) -> Option<Seconds> {
        if self.backlog_at(self.horizon_s) > 0.0 {
            return None;
        }
        let waits = |piece: &&Piece| piece.backlog > 0.0 || piece.backlog_until > 0.0;
        Some(self.within_horizon().filter(waits).last().map_or(0.0, |piece| piece.until_s.min(self.horizon_s)))
    }

    /// The pieces that begin before the horizon.
    pub fn within_horizon(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().take_while(|piece| piece.from_s < self.horizon_s)
    }

    /// The piece that holds from `t` on.
    pub(super) fn piece_at(&self, t: Seconds) -> &Piece {
        &self.pieces[self.index_at(t)]
    }

    /// The same settings without a path.
    pub(super) fn without_pieces(&self) -> Trajectory {
        Trajectory { pieces: Vec::new(), end: Totals::default(), ..*self }
    }

    /// The piece that holds at `t`: the later one at a cut.
    pub(super) fn index_at(&self, t: Seconds) -> usize {
        self.pieces.partition_point(|piece| piece.from_s <= t).saturating_sub(1)
    }
}
