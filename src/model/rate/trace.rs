//! Recorded rates: many pieces, with their running sums.
//!
//! Not here: files (`scenario` reads them), repetition and scaling (the other rates do that).

use super::piece::Piece;
use crate::units::{Messages, PerSecond, Seconds};

/// A recorded rate; 0 outside its pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pieces: Vec<TracePiece>,
    /// Integral from the first piece to the begin of each piece, and at last to the end.
    cumulative: Vec<Messages>,
}

/// A piece of a recorded rate: constant where it was recorded, a straight line where rows were missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePiece {
    /// Begin.
    pub from_s: Seconds,
    /// End, after the begin.
    pub until_s: Seconds,
    /// Rate at the begin.
    pub rate_from: PerSecond,
    /// Rate just before the end.
    pub rate_until: PerSecond,
}

impl TracePiece {
    fn slope(&self) -> f64 {
        (self.rate_until - self.rate_from) / (self.until_s - self.from_s)
    }

    fn at(&self, t_s: Seconds) -> PerSecond {
        self.rate_from + (self.rate_until - self.rate_from) * ((t_s - self.from_s) / (self.until_s - self.from_s))
    }

    /// Integral over the part of `[a_s, b_s]` that lies inside.
    fn integral(&self, a_s: Seconds, b_s: Seconds) -> Messages {
        let (from_s, until_s) = (a_s.max(self.from_s), b_s.min(self.until_s));
        if until_s <= from_s { 0.0 } else { (until_s - from_s) * self.at(0.5 * (from_s + until_s)) }
    }
}

impl Trace {
    /// A trace of pieces in ascending order that do not overlap; between them, if they leave gaps, the rate is 0.
    ///
    /// # Panics
    /// If a piece ends at or before its begin, or begins before its predecessor's end.
    pub fn new(pieces: Vec<TracePiece>) -> Self {
        assert!(pieces.iter().all(|piece| piece.from_s < piece.until_s), "every piece of a trace has a length");
        assert!(pieces.windows(2).all(|pair| pair[0].until_s <= pair[1].from_s), "pieces of a trace do not overlap");
        let mut total = 0.0;
        let mut cumulative = vec![0.0];
        cumulative.extend(pieces.iter().map(|piece| {
            total += piece.integral(piece.from_s, piece.until_s);
            total
        }));
        Self { pieces, cumulative }
    }

    /// The pieces in ascending order.
    pub fn pieces(&self) -> &[TracePiece] {
        &self.pieces
    }

    /// Number of the first piece that ends after `t_s`.
    fn index_at(&self, t_s: Seconds) -> usize {
        self.pieces.partition_point(|piece| piece.until_s <= t_s)
    }

    pub(super) fn at(&self, t_s: Seconds) -> PerSecond {
        match self.pieces.get(self.index_at(t_s)) {
            Some(piece) if piece.from_s <= t_s => piece.at(t_s),
            _ => 0.0,
        }
    }

    pub(super) fn piece(&self, t_s: Seconds) -> Piece {
        match self.pieces.get(self.index_at(t_s)) {
            Some(piece) if piece.from_s <= t_s => Piece::line(t_s, piece.until_s, piece.at(t_s), piece.slope()),
            Some(piece) => Piece::line(t_s, piece.from_s, 0.0, 0.0),
            None => Piece::line(t_s, f64::INFINITY, 0.0, 0.0),
        }
    }

    /// The next begin or end of a piece after `t_s`.
    pub(super) fn next_edge_s(&self, t_s: Seconds) -> Seconds {
        let next = self.pieces.get(self.index_at(t_s));
        next.map_or(f64::INFINITY, |piece| if piece.from_s > t_s { piece.from_s } else { piece.until_s })
    }

    /// Integral over `[a_s, b_s]`, in O(log n): the ends piece by piece, the inside from the running sums.
    pub(super) fn integral(&self, a_s: Seconds, b_s: Seconds) -> Messages {
        let (first, last) = (self.index_at(a_s), self.index_at(b_s));
        let Some(begin) = self.pieces.get(first) else { return 0.0 };
        if first == last {
            return begin.integral(a_s, b_s);
        }
        let inside = self.cumulative[last] - self.cumulative[first + 1];
        begin.integral(a_s, b_s) + inside + self.pieces.get(last).map_or(0.0, |end| end.integral(a_s, b_s))
    }

    /// The smallest instant at or after `from_s` by which `amount` (above 0) has come, in O(log n).
    pub(super) fn inverse(&self, from_s: Seconds, amount: Messages) -> Option<Seconds> {
        let first = self.index_at(from_s);
        let begin = self.pieces.get(first)?;
        let rest = begin.integral(from_s, begin.until_s);
        if amount <= rest {
            let entry_s = from_s.max(begin.from_s);
            return Piece::line(entry_s, begin.until_s, begin.at(entry_s), begin.slope()).inverse_s(entry_s, amount);
        }
        let target = amount - rest + self.cumulative[first + 1];
        // An amount that is complete at the begin of a silent stretch must not, by rounding, wait for its end.
        let found = self.cumulative.partition_point(|sum| *sum < target * (1.0 - 4.0 * f64::EPSILON));
        let piece = self.pieces.get(found.checked_sub(1)?)?;
        let missing = target - self.cumulative[found - 1];
        Piece::line(piece.from_s, piece.until_s, piece.rate_from, piece.slope()).inverse_s(piece.from_s, missing)
    }

    /// Enclosure of the values on `[a_s, b_s]`, in time proportional to the pieces there.
    pub(super) fn bounds(&self, a_s: Seconds, b_s: Seconds) -> (PerSecond, PerSecond) {
        let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
        let mut covered_s = a_s;
        for piece in &self.pieces[self.pieces.partition_point(|piece| piece.until_s < a_s)..] {
            if piece.from_s > b_s {
                break;
            }
            let mut include = |rate: f64| bounds = (rate.min(bounds.0), rate.max(bounds.1));
            if piece.from_s > covered_s || piece.until_s <= a_s {
                include(0.0);
            }
            include(piece.at(a_s.max(piece.from_s)));
            include(piece.at(b_s.min(piece.until_s)));
            covered_s = piece.until_s;
        }
        if covered_s <= b_s { (bounds.0.min(0.0), bounds.1.max(0.0)) } else { bounds }
    }
}
