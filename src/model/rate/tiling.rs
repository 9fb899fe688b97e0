//! Rates laid end to end on the time axis: repetitions, weeks and shifts.
//!
//! Every tile has a begin on the global axis and a function of the time since then. A breakpoint of a tile is rounded
//! when it is moved to the global axis; asked for the function *at* that rounded instant, a tile must answer with what
//! follows the breakpoint, not with what precedes it by one unit in the last place. So local times are moved forward
//! over every edge whose global image has been reached.

use super::Rate;
use super::piece::Piece;
use crate::units::{Messages, PerSecond, Seconds};

/// `rates` one after the other, each for `length_s`, again and again; a tile begins at −`offset_s`.
#[derive(Clone, Copy)]
pub(super) struct Tiling<'r> {
    pub rates: &'r [Rate],
    /// Infinite for a single tile that covers the whole axis (a shift).
    pub length_s: Seconds,
    pub offset_s: Seconds,
}

/// One tile: its function, and its begin and end on the global axis.
#[derive(Clone, Copy)]
struct Tile<'r> {
    rate: &'r Rate,
    begin_s: Seconds,
    end_s: Seconds,
    length_s: Seconds,
}

impl Tile<'_> {
    /// The global image of a local instant.
    fn global_s(&self, local_s: Seconds) -> Seconds {
        if local_s >= self.length_s { self.end_s } else { (self.begin_s + local_s).min(self.end_s) }
    }

    fn local_s(&self, t_s: Seconds) -> Seconds {
        if self.length_s.is_finite() {
            (t_s - self.begin_s).clamp(0.0, self.length_s.next_down())
        } else {
            t_s - self.begin_s
        }
    }
}

impl<'r> Tiling<'r> {
    fn is_single(&self) -> bool {
        !self.length_s.is_finite()
    }

    fn begin_s(&self, number: f64) -> Seconds {
        number * self.length_s - self.offset_s
    }

    /// Number of the tile that holds `t_s`.
    fn number_at(&self, t_s: Seconds) -> f64 {
        let mut number = ((t_s + self.offset_s) / self.length_s).floor();
        // Division and multiplication round differently; the begins decide.
        if self.begin_s(number) > t_s {
            number -= 1.0;
        } else if self.begin_s(number + 1.0) <= t_s {
            number += 1.0;
        }
        number
    }

    fn tile(&self, number: f64) -> Tile<'r> {
        let kind = number.rem_euclid(self.rates.len() as f64) as usize;
        Tile {
            rate: &self.rates[kind],
            begin_s: self.begin_s(number),
            end_s: self.begin_s(number + 1.0),
            length_s: self.length_s,
        }
    }

    fn tile_at(&self, t_s: Seconds) -> Tile<'r> {
        if self.is_single() {
            let begin_s = -self.offset_s;
            return Tile { rate: &self.rates[0], begin_s, end_s: f64::INFINITY, length_s: f64::INFINITY };
        }
        self.tile(self.number_at(t_s))
    }

    pub(super) fn at(&self, t_s: Seconds) -> PerSecond {
        let tile = self.tile_at(t_s);
        let mut local_s = tile.local_s(t_s);
        loop {
            let jump_s = tile.rate.next_jump_s(local_s);
            if jump_s >= tile.length_s || tile.global_s(jump_s) > t_s {
                return tile.rate.at(local_s);
            }
            local_s = jump_s;
        }
    }

    pub(super) fn next_jump_s(&self, t_s: Seconds) -> Seconds {
        let tile = self.tile_at(t_s);
        let mut local_s = tile.local_s(t_s);
        loop {
            local_s = tile.rate.next_jump_s(local_s);
            let jump_s = tile.global_s(local_s);
            if jump_s > t_s || local_s >= tile.length_s {
                return jump_s.max(t_s.next_up());
            }
        }
    }

    /// The piece that begins at `t_s`.
    pub(super) fn piece(&self, t_s: Seconds) -> Piece {
        let tile = self.tile_at(t_s);
        let mut local_s = tile.local_s(t_s);
        loop {
            let piece = tile.rate.piece(local_s);
            let until_s = tile.global_s(piece.until_s);
            if until_s > t_s || piece.until_s >= tile.length_s {
                return piece.moved(t_s, until_s.max(t_s.next_up()));
            }
            local_s = piece.until_s;
        }
    }

    /// Integral of the whole sequence of tiles, once.
    pub(super) fn cycle_integral(&self) -> Messages {
        self.rates.iter().map(|rate| rate.integral(0.0, self.length_s)).sum()
    }

    pub(super) fn integral(&self, a_s: Seconds, b_s: Seconds) -> Messages {
        if self.is_single() {
            return self.rates[0].integral(a_s + self.offset_s, b_s + self.offset_s);
        }
        let (first, last) = (self.number_at(a_s), self.number_at(b_s));
        let (begin, end) = (self.tile(first), self.tile(last));
        if first >= last {
            return begin.rate.integral(begin.local_s(a_s), begin.local_s(b_s));
        }
        let edges = begin.rate.integral(begin.local_s(a_s), self.length_s) + end.rate.integral(0.0, end.local_s(b_s));
        let between = last - first - 1.0;
        let cycles = (between / self.rates.len() as f64).floor();
        let whole = if cycles > 0.0 { cycles * self.cycle_integral() } else { 0.0 };
        let rest = between - cycles * self.rates.len() as f64;
        let single: f64 =
            (0..rest as usize).map(|i| self.tile(first + 1.0 + i as f64).rate.integral(0.0, self.length_s)).sum();
        edges + whole + single
    }

    /// The smallest instant at or after `from_s` by which `amount` (above 0) has come.
    pub(super) fn inverse(&self, from_s: Seconds, amount: Messages) -> Option<Seconds> {
        if self.is_single() {
            let found_s = self.rates[0].inverse(from_s + self.offset_s, amount)?;
            return Some((found_s - self.offset_s).max(from_s));
        }
        let mut number = self.number_at(from_s);
        let mut tile = self.tile(number);
        let mut local_s = tile.local_s(from_s);
        let mut missing = amount;
        let mut skipped = false;
        loop {
            let here = tile.rate.integral(local_s, self.length_s);
            if missing <= here * (1.0 + 4.0 * f64::EPSILON) && here > 0.0 {
                let found_s = tile.rate.inverse(local_s, missing).map_or(self.length_s, |t_s| t_s.min(self.length_s));
                return Some(tile.global_s(found_s).max(from_s));
            }
            missing -= here;
            number += 1.0;
            if !skipped {
                skipped = true;
                let cycle = self.cycle_integral();
                if cycle <= 0.0 {
                    return None;
                }
                // One cycle less than fits: rounding must not skip past the answer.
                let cycles = (missing / cycle).floor() - 1.0;
                if cycles > 0.0 {
                    missing -= cycles * cycle;
                    number += cycles * self.rates.len() as f64;
                }
            }
            tile = self.tile(number);
            local_s = 0.0;
        }
    }

    pub(super) fn bounds(&self, a_s: Seconds, b_s: Seconds) -> (PerSecond, PerSecond) {
        if self.is_single() {
            return self.rates[0].bounds((a_s + self.offset_s).next_down(), (b_s + self.offset_s).next_up());
        }
        let (first, last) = (self.number_at(a_s), self.number_at(b_s));
        let union = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
        let nothing = (f64::INFINITY, f64::NEG_INFINITY);
        if last - first > self.rates.len() as f64 {
            return self.rates.iter().map(|rate| rate.bounds(0.0, self.length_s)).fold(nothing, union);
        }
        let mut bounds = nothing;
        let mut number = first;
        while number <= last {
            let tile = self.tile(number);
            let from_s = if number == first { tile.local_s(a_s).next_down().max(0.0) } else { 0.0 };
            let until_s = if number == last { tile.local_s(b_s).next_up() } else { self.length_s };
            bounds = union(bounds, tile.rate.bounds(from_s, until_s));
            number += 1.0;
        }
        bounds
    }

    /// For a repetition over more than two cycles: one whole cycle that begins inside `[a_s, b_s]`, which has every
    /// value that the rate takes.
    pub(super) fn one_cycle(&self, a_s: Seconds, b_s: Seconds) -> Option<(Seconds, Seconds)> {
        let cycle = self.rates.len() as f64;
        if self.is_single() || b_s - a_s <= 2.0 * cycle * self.length_s {
            return None;
        }
        let first = self.number_at(a_s);
        Some((a_s, self.begin_s(first + 1.0 + cycle)))
    }
}
