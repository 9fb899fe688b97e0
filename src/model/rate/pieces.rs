//! The decomposition of a rate into pieces.
//!
//! Not here: what a piece can do (`piece`).

use super::piece::Piece;
use super::{Rate, clamped, first_after, growth_at, line_at, step_at, wave_angle};
use crate::units::Seconds;

impl Rate {
    /// The piece that begins at `t_s`: until the next breakpoint, a single closed formula. At a breakpoint it is the
    /// piece that follows.
    pub fn piece(&self, t_s: Seconds) -> Piece {
        let line = |until_s, level, slope| Piece::line(t_s, until_s, level, slope);
        match self {
            Rate::Constant(rate) => line(f64::INFINITY, *rate, 0.0),
            Rate::Steps(steps) => line(self.next_jump_s(t_s), step_at(steps, t_s), 0.0),
            Rate::Points(points) => {
                let (level, slope, until_s) = line_at(points, t_s);
                line(until_s, level, slope)
            }
            Rate::Sine { mean, amplitude, period_s, phase_s } => {
                let omega = std::f64::consts::TAU / period_s;
                let angle = wave_angle(t_s - phase_s, *period_s);
                line(f64::INFINITY, *mean, 0.0).with_wave(*amplitude, omega, angle)
            }
            Rate::Pulse { height, from_s, until_s } => {
                let level = if *from_s <= t_s && t_s < *until_s { *height } else { 0.0 };
                line(first_after(t_s, &[*from_s, *until_s]), level, 0.0)
            }
            Rate::Burst { at_s, .. } if t_s < *at_s => line(*at_s, 0.0, 0.0),
            Rate::Burst { decay_s, .. } => line(f64::INFINITY, 0.0, 0.0).with_exponential(self.at(t_s), -1.0 / decay_s),
            Rate::Trace(trace) => trace.piece(t_s),
            Rate::Sum(parts) => {
                let nothing = line(f64::INFINITY, 0.0, 0.0);
                parts.iter().fold(nothing, |sum, part| sum.plus(&part.piece(t_s)))
            }
            Rate::Scale { by, rate } => rate.piece(t_s).scaled(*by),
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => {
                self.tiling().map_or(line(f64::INFINITY, 0.0, 0.0), |tiling| tiling.piece(t_s))
            }
            Rate::Growth { factor, every_s, rate } => {
                rate.piece(t_s).grown(growth_at(*factor, *every_s, t_s), factor.ln() / every_s)
            }
            Rate::Clamp { min, max, rate } => clamped_piece(rate.piece(t_s), *min, *max),
        }
    }

    /// The pieces that cover `[from_s, until_s)`, in order; the last one ends at `until_s`, which may be infinite.
    pub fn pieces(&self, from_s: Seconds, until_s: Seconds) -> Pieces<'_> {
        Pieces { rate: self, next_s: from_s, until_s }
    }

    /// Where the rate may jump or bend, ascending, strictly inside `(a_s, b_s)`. Between two of these instants it is
    /// one smooth formula.
    pub fn breakpoints(&self, a_s: Seconds, b_s: Seconds) -> Vec<Seconds> {
        self.pieces(a_s, b_s).map(|piece| piece.until_s).filter(|until_s| *until_s < b_s).collect()
    }
}

/// Iterator over the pieces of a rate.
#[derive(Clone, Debug)]
pub struct Pieces<'r> {
    rate: &'r Rate,
    next_s: Seconds,
    until_s: Seconds,
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.next_s >= self.until_s {
            return None;
        }
        let piece = self.rate.piece(self.next_s);
        let until_s = piece.until_s.min(self.until_s);
        self.next_s = until_s;
        Some(piece.until(until_s))
    }
}

/// How many of its own time scales a curved piece is searched for crossings at a time. A longer piece is cut there,
/// which does no harm.
const SEARCHED_SCALES: f64 = 8.0;

/// The beginning of a piece that is kept within bounds: until it passes through one of them.
fn clamped_piece(piece: Piece, min: Option<f64>, max: Option<f64>) -> Piece {
    let (low, high) = piece.bounds(piece.from_s, piece.until_s);
    let limits = [min, max].into_iter().flatten().filter(|limit| low <= *limit && *limit <= high);
    let limits: Vec<f64> = limits.collect();
    let from_s = piece.from_s;
    let until_s = if limits.is_empty() || piece.straight().is_some() {
        piece.until_s
    } else {
        piece.until_s.min(from_s + SEARCHED_SCALES * piece.scale_s())
    };
    // A crossing nearer than rounding is the one that this piece begins with.
    let after_s = from_s + 8.0 * f64::EPSILON * from_s.abs().max(f64::MIN_POSITIVE);
    let crossings = limits.iter().filter_map(|limit| piece.first_crossing(*limit, after_s, until_s));
    let until_s = crossings.fold(until_s, f64::min).max(from_s.next_up());
    let inside_s = if until_s.is_finite() { 0.5 * (from_s + until_s) } else { from_s + 1.0 };
    let inside = piece.at(inside_s);
    let kept = clamped(inside, min, max);
    if kept == inside { piece.until(until_s) } else { Piece::line(from_s, until_s, kept, 0.0) }
}
