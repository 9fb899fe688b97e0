//! FIFO delays from the cumulative curves: a message that arrives at s is taken at s + d with A(s) = D(s + d).
//!
//! A counts what was accepted (with what was there at t = 0), D what left the head of the queue. Never M/C: C may
//! change while a message waits. With `drop-head` the head leaves by being taken or dropped, and a message that is
//! taken has waited until it was the head. Not here: how the curves came about.

mod patience;

use std::borrow::Cow;

use super::roots::reaches;
use super::shape::Shape;
use super::trajectory::{Excess, Piece, Regime, Trajectory};
use crate::units::{Messages, Seconds};

/// Relative precisions of the largest delay, one after the other.
const PRECISIONS: [f64; 4] = [1e-6, 1e-9, 1e-11, 1e-13];
/// Evaluations after which the precision that was reached is enough.
const MOST_EVALUATIONS: usize = 20_000;
/// Totals that differ by less than this share are the same: 64 roundings.
const DUST: f64 = 64.0 * f64::EPSILON;

impl Trajectory {
    /// Publish → service start of a message published at `published_s` in `[0, horizon]`; `None` where it is never
    /// taken.
    pub fn delay_at(&self, published_s: Seconds) -> Option<Seconds> {
        if let Some(patience) = self.patience {
            return self.impatient_delay_at(published_s, patience);
        }
        let s = published_s + self.delivery_delay_s;
        let index = self.index_at(s);
        let ahead = self.pieces[index].backlog_at(s);
        if ahead == 0.0 {
            return Some(self.delivery_delay_s);
        }
        let here = self.pieces[index].removed(self.excess).integral(s, self.pieces[index].until_s);
        // A total that is reached up to rounding is reached: it must not wait for the next message to leave.
        let dust = DUST * (self.head(index) + ahead);
        if here >= ahead - dust {
            return self.taken_at_s(index, s, ahead).map(|t| t - published_s);
        }
        // Amounts count from the end of this piece, so that a short delay late in a long run keeps its digits.
        let (base, rest) = (self.head(index + 1), ahead - here);
        let later = self.pieces.get(index + 1..).filter(|later| !later.is_empty())?;
        let passed = later.partition_point(|piece| self.head_of(piece) - base < rest - dust);
        let taker = index + passed.max(1);
        let from_s = self.pieces[taker].from_s;
        self.taken_at_s(taker, from_s, rest - (self.head(taker) - base)).map(|t| t - published_s)
    }

    /// Largest delay of the messages published in `[0, horizon]`, with those that were there at t = 0; `None` if some
    /// of them are never taken.
    pub fn max_delay_s(&self) -> Option<Seconds> {
        if let Some(patience) = self.patience {
            return self.max_impatient_delay_s(patience);
        }
        let last = self.pieces.partition_point(|piece| piece.from_s < self.horizon_s + self.delivery_delay_s);
        let accepted = self.accepted(last);
        if self.head(self.pieces.len()) < accepted * (1.0 - DUST) {
            return None;
        }
        let matches = self.matches(last);
        let mut best =
            matches.iter().map(|found| (found.t.0 - found.s.0).max(found.t.1 - found.s.1)).fold(0.0, f64::max);
        refine_all(&matches, &mut best);
        let has_arrivals = self.pieces[..last].iter().any(|piece| piece.totals_at(piece.until_s).arrived > 0.0);
        let arrivals = if has_arrivals { best + self.delivery_delay_s } else { 0.0 };
        Some(arrivals.max(self.initial_delay_s()))
    }

    /// Largest delay of the messages that were there at t = 0.
    fn initial_delay_s(&self) -> Seconds {
        let mut latest_s = 0.0;
        for (index, piece) in self.pieces.iter().enumerate() {
            let (from, until) = (self.head(index), self.head(index + 1).min(self.initial));
            if until - from > DUST * until && self.takes(piece) {
                latest_s = reaches(&piece.removed(self.excess), piece.from_s, piece.until_s, until - from);
            }
            if until >= self.initial {
                break;
            }
        }
        latest_s
    }

    /// Pairs the curves of arrivals (of the first `last` pieces) and removals by the arrivals' numbers. Where nothing
    /// arrives or nothing leaves, no number passes: the ends of a pair are the limits from inside.
    fn matches(&self, last: usize) -> Vec<Match<'_>> {
        let mut matches = Vec::new();
        let (mut i, mut j) = (0, 0);
        let mut number = self.accepted(0);
        while i < last && j < self.pieces.len() {
            let (arrival, taker) = (&self.pieces[i], &self.pieces[j]);
            let (accepted, removed) = (self.accepted(i + 1), self.head(j + 1));
            let next = accepted.min(removed);
            let is_waiting = i != j || arrival.backlog > 0.0 || arrival.backlog_until > 0.0;
            if next - number > DUST * next && is_waiting && self.takes(taker) {
                let (a, r) = (arrival.accepted(self.excess), taker.removed(self.excess));
                let s = |y: Messages| passes(a, arrival, self.accepted(i), accepted, y);
                let t = |y: Messages| passes(&r, taker, self.head(j), removed, y);
                let (s, t) = ((s(number), s(next)), (t(number), t(next)));
                matches.push(Match { accepted: a, removed: r, s, t });
            }
            number = number.max(next);
            if accepted <= number {
                i += 1;
            }
            if removed <= number {
                j += 1;
            }
        }
        matches
    }

    /// When the message with `missing` ahead of it at `from_s` is taken, if it is within this piece.
    fn taken_at_s(&self, index: usize, from_s: Seconds, missing: Messages) -> Option<Seconds> {
        let piece = &self.pieces[index];
        let rate = piece.removed(self.excess);
        let dust = DUST * (self.head(index) + missing);
        let is_reached = rate.integral(from_s, piece.until_s) >= missing - dust;
        (is_reached && self.takes(piece)).then(|| reaches(&rate, from_s, piece.until_s, missing))
    }

    /// Whether what leaves the head in this piece is taken, at least some of it.
    fn takes(&self, piece: &Piece) -> bool {
        let drops = matches!(piece.regime, Regime::Full | Regime::Expiring);
        let drops_all = self.excess == Excess::Oldest && drops && piece.capacity.is_constant();
        !(drops_all && piece.capacity.at(piece.from_s) == 0.0)
    }

    /// What left the head until piece `index` begins (or the last one ends).
    fn head(&self, index: usize) -> Messages {
        let totals = self.pieces.get(index).map_or(&self.end, |piece| &piece.totals);
        if self.excess == Excess::Oldest { totals.served + totals.lost } else { totals.served }
    }

    fn head_of(&self, piece: &Piece) -> Messages {
        piece.head(self.excess)
    }

    /// What was accepted until piece `index` begins (or the last one ends), with what was there at t = 0.
    fn accepted(&self, index: usize) -> Messages {
        let backlog = match self.pieces.get(index) {
            Some(piece) => piece.backlog,
            None => self.pieces.last().map_or(0.0, |piece| piece.backlog_until),
        };
        self.head(index) + backlog
    }
}

/// Begin and end.
type Span = (Seconds, Seconds);

/// A stretch of arrivals that all leave within one piece.
struct Match<'a> {
    accepted: &'a Shape,
    removed: Cow<'a, Shape>,
    /// When they arrive.
    s: Span,
    /// When they leave.
    t: Span,
}

/// When a running total that goes from `from` to `until` in this piece passes `total`.
fn passes(rate: &Shape, piece: &Piece, from: Messages, until: Messages, total: Messages) -> Seconds {
    if total >= until { piece.until_s } else { reaches(rate, piece.from_s, piece.until_s, (total - from).max(0.0)) }
}

/// Raises `best` to the largest delay inside the stretches.
///
/// Branch and bound finds a single peak to the last digits within some dozen evaluations. Where the delay stays the
/// same while both rates curve, the number of evaluations grows with the root of the precision; then the search ends
/// between 10⁻⁶ and 10⁻¹³.
fn refine_all(matches: &[Match], best: &mut Seconds) {
    let mut evaluations = 0;
    for tolerance in PRECISIONS {
        for found in matches {
            refine(found, (found.s, found.t), best, tolerance, &mut evaluations);
            if evaluations > MOST_EVALUATIONS && tolerance < PRECISIONS[0] {
                return;
            }
        }
    }
}

/// Branch and bound on one stretch: d'(s) = a(s)/r(t) − 1 with a, r the rates of arrivals and removals, so bounds of
/// the rates bound the delay between its ends.
fn refine(
    found: &Match,
    ((s1, s2), (t1, t2)): (Span, Span),
    best: &mut Seconds,
    tolerance: f64,
    evaluations: &mut usize,
) {
    let (least_in, most_in) = found.accepted.bounds(s1, s2);
    let (least_out, most_out) = found.removed.bounds(t1, t2);
    let climb = if least_out > 0.0 { (most_in / least_out - 1.0).max(0.0) } else { f64::INFINITY };
    let fall = if most_out > 0.0 { (1.0 - least_in.max(0.0) / most_out).max(0.0) } else { 1.0 };
    let bound = (t1 - s1 + (s2 - s1) * climb).min(t2 - s2 + (s2 - s1) * fall);
    let middle = 0.5 * (s1 + s2);
    let is_exhausted = *evaluations > MOST_EVALUATIONS && tolerance < PRECISIONS[0];
    let is_point = s2 - s1 <= 8.0 * f64::EPSILON * s2 || middle <= s1 || middle >= s2;
    if bound <= *best * (1.0 + tolerance) + 4.0 * f64::EPSILON * t2 || is_point || is_exhausted {
        return;
    }
    *evaluations += 1;
    let t = reaches(&found.removed, t1, t2, found.accepted.integral(s1, middle));
    *best = best.max(t - middle);
    refine(found, ((s1, middle), (t1, t)), best, tolerance, evaluations);
    refine(found, ((middle, s2), (t, t2)), best, tolerance, evaluations);
}
