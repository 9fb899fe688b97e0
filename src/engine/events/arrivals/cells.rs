//! The inverse of Λ, cell by cell.
//!
//! A cell is a stretch of time in which t is a simple function of the amount u of Λ since the cell's begin: a quotient
//! where the rate is constant, the root of a quadratic where it is straight, and elsewhere the quintic that has the
//! inverse's value and first two derivatives at both ends (t' = 1/λ, t'' = −λ'/λ³), as wide as it stays true to
//! [`TOLERANCE`]. Where a rate comes too near to zero for that, each instant is found by Newton's method. Cells are
//! made as time advances and forgotten behind it.
//!
//! A Markov-modulated rate is the rate times the factor of the present state; a change of state ends a cell.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, Exp1};

use crate::model::MmppState;
use crate::model::rate::{Piece, Rate};
use crate::units::{Messages, PerSecond, Seconds};

/// How far an instant may be from the exact one, as a share of the mean gap between messages: a run would need 10¹⁶
/// messages to show it. The amounts of Λ from cell to cell are exact, so that errors do not add up.
const TOLERANCE: f64 = 1e-8;
/// Expected messages in a cell below which a polynomial costs more than Newton's method.
const FEW: Messages = 0.25;
/// Expected messages in a cell that leaves its instants to Newton's method.
const SEARCHED: Messages = 2.0;
/// Cells without a message after which one asks the rate itself where the amount is reached.
const PATIENCE: u32 = 64;

/// The position on Λ, and the cell around it.
#[derive(Clone, Debug)]
pub(super) struct Cells<'m> {
    cell: Cell,
    /// Position in the cell, in `[0, cell.amount]`.
    position: Messages,
    rate: &'m Rate,
    /// End of the present cell: where the next one begins.
    end_s: Seconds,
    piece: Piece,
    slope: Piece,
    /// Width in seconds that the next polynomial is tried with.
    guess_s: Seconds,
    /// Λ up to the present cell: what rounding is measured by.
    passed: Messages,
    modulation: Option<Modulation>,
    /// The instant last returned.
    last_s: Seconds,
}

#[derive(Clone, Debug)]
struct Cell {
    begin_s: Seconds,
    /// Increase of Λ over the cell; infinite where the last one never ends.
    amount: Messages,
    law: Law,
}

/// t − begin as a function of u.
#[derive(Clone, Debug)]
enum Law {
    Flat {
        rate: PerSecond,
    },
    Straight {
        rate: PerSecond,
        slope: f64,
    },
    Quintic {
        per_amount: f64,
        coefficients: [f64; 5],
    },
    /// By Newton's method on the present piece, whose rate is to be multiplied by the factor.
    Newton {
        factor: f64,
    },
    /// Nothing but its begin.
    Instant,
    /// Nothing ever again.
    Never,
}

#[derive(Clone, Debug)]
struct Modulation {
    rng: Xoshiro256PlusPlus,
    /// `(normalised factor, mean sojourn)`.
    states: Vec<(f64, Seconds)>,
    present: usize,
    until_s: Seconds,
}

impl Modulation {
    /// Stationary at t = 0: a state is as likely as its mean sojourn is long, and what is left of an exponential
    /// sojourn is exponential.
    fn new(states: &[MmppState], mut rng: Xoshiro256PlusPlus) -> Self {
        let cycle_s: f64 = states.iter().map(|state| state.mean_s).sum();
        let mean = states.iter().map(|state| state.factor * state.mean_s).sum::<f64>() / cycle_s;
        let normalised = |factor: f64| if mean > 0.0 { factor / mean } else { 0.0 };
        let mut point = rng.random::<f64>() * cycle_s;
        let found = states.iter().position(|state| {
            point -= state.mean_s;
            point < 0.0
        });
        let states: Vec<_> = states.iter().map(|state| (normalised(state.factor), state.mean_s)).collect();
        let present = found.unwrap_or(states.len() - 1);
        let mut modulation = Self { rng, states, present, until_s: 0.0 };
        modulation.stay();
        modulation
    }

    fn stay(&mut self) {
        let sojourn: f64 = Exp1.sample(&mut self.rng);
        self.until_s += sojourn * self.states[self.present].1;
    }

    fn advance_to(&mut self, t_s: Seconds) {
        while self.until_s <= t_s {
            self.present = (self.present + 1) % self.states.len();
            self.stay();
        }
    }

    fn largest_factor(&self) -> f64 {
        self.states.iter().map(|(factor, _)| *factor).fold(0.0, f64::max)
    }
}

impl<'m> Cells<'m> {
    pub(super) fn new(rate: &'m Rate) -> Self {
        let piece = rate.piece(0.0);
        let mut cells = Self {
            cell: Cell { begin_s: 0.0, amount: 0.0, law: Law::Instant },
            position: 0.0,
            rate,
            end_s: 0.0,
            slope: piece.derivative(),
            guess_s: f64::INFINITY,
            piece,
            passed: 0.0,
            modulation: None,
            last_s: 0.0,
        };
        cells.next_cell();
        cells
    }

    pub(super) fn modulated(rate: &'m Rate, states: &[MmppState], rng: Xoshiro256PlusPlus) -> Self {
        let mut cells = Self::new(rate);
        cells.modulation = Some(Modulation::new(states, rng));
        (cells.end_s, cells.passed) = (0.0, 0.0);
        cells.piece = rate.piece(0.0);
        cells.slope = cells.piece.derivative();
        cells.next_cell();
        cells
    }

    /// The instant at which Λ has grown by `amount` since the last one.
    #[inline]
    pub(super) fn after(&mut self, amount: Messages) -> Seconds {
        self.position += amount;
        if self.position > self.cell.amount {
            self.advance();
        }
        let u = self.position;
        let elapsed_s = match &self.cell.law {
            Law::Flat { rate } => u / rate,
            Law::Straight { rate, slope } => 2.0 * u / (rate + (rate * rate + 2.0 * slope * u).max(0.0).sqrt()),
            Law::Quintic { per_amount, coefficients: [a, b, c, d, e] } => {
                let x = u * per_amount;
                // In pairs: a shorter chain of dependent operations than Horner's.
                let square = x * x;
                x * ((a + x * b) + square * ((c + x * d) + square * e))
            }
            Law::Newton { factor } => self.newton(u, *factor),
            Law::Instant => 0.0,
            Law::Never => f64::INFINITY,
        };
        // Where two cells meet, rounding must not let an instant precede the one before it.
        let at_s = self.cell.begin_s + elapsed_s;
        if at_s > self.last_s {
            self.last_s = at_s;
        }
        self.last_s
    }

    /// Turns amounts into the instants at which Λ has grown by each of them since the one before.
    pub(super) fn follow(&mut self, amounts: &mut [f64]) {
        let mut done = 0;
        while done < amounts.len() {
            if let Law::Flat { rate } = self.cell.law {
                done += self.follow_flat(rate, &mut amounts[done..]);
            }
            if let Some(amount) = amounts.get_mut(done) {
                *amount = self.after(*amount);
                done += 1;
            }
        }
    }

    /// The same as `after` as far as the present cell reaches, with its rate and position at hand; returns how many.
    fn follow_flat(&mut self, rate: PerSecond, amounts: &mut [f64]) -> usize {
        let Cell { begin_s, amount: end, .. } = self.cell;
        let (mut position, mut last_s) = (self.position, self.last_s);
        let mut done = 0;
        for value in amounts {
            let next = position + *value;
            if next > end {
                break;
            }
            position = next;
            let at_s = begin_s + next / rate;
            if at_s > last_s {
                last_s = at_s;
            }
            *value = last_s;
            done += 1;
        }
        (self.position, self.last_s) = (position, last_s);
        done
    }

    #[cold]
    fn newton(&self, u: Messages, factor: f64) -> Seconds {
        if u <= 0.0 {
            return 0.0;
        }
        let found_s = self.piece.inverse_s(self.cell.begin_s, u / factor).unwrap_or(self.end_s);
        found_s.min(self.end_s) - self.cell.begin_s
    }

    /// Moves to the cell that holds the present position.
    #[cold]
    fn advance(&mut self) {
        let mut cells = 0_u32;
        while self.position > self.cell.amount {
            let beyond = self.position - self.cell.amount;
            self.passed += self.cell.amount;
            // What is complete within rounding at the end of a cell happens there, not after a silence.
            if beyond <= 32.0 * f64::EPSILON * (self.passed + beyond) && self.cell.amount > 0.0 {
                self.position = self.cell.amount;
                self.passed -= self.cell.amount;
                return;
            }
            self.position = beyond;
            cells += 1;
            if self.modulation.is_none() && cells >= PATIENCE {
                return self.jump();
            }
            if cells.is_power_of_two() && self.never_comes() {
                return self.cell = Cell { begin_s: self.end_s, amount: f64::INFINITY, law: Law::Never };
            }
            self.next_cell();
        }
    }

    /// Whether all that is still to come is less than the present position asks for.
    fn never_comes(&self) -> bool {
        let factor = self.modulation.as_ref().map_or(1.0, Modulation::largest_factor);
        factor * self.rate.most_after(self.end_s) < self.position
    }

    /// Goes straight to the instant that the present position asks for.
    fn jump(&mut self) {
        let found = self.rate.inverse(self.end_s, self.position);
        self.cell = match found {
            Some(begin_s) => {
                self.passed += self.position;
                self.position = 0.0;
                self.end_s = begin_s;
                self.piece = self.rate.piece(begin_s);
                self.slope = self.piece.derivative();
                Cell { begin_s, amount: 0.0, law: Law::Instant }
            }
            None => Cell { begin_s: self.end_s, amount: f64::INFINITY, law: Law::Never },
        };
    }

    /// Makes the cell that begins where the present one ends.
    fn next_cell(&mut self) {
        let begin_s = self.end_s;
        if begin_s >= self.piece.until_s {
            self.piece = self.rate.piece(begin_s);
            self.slope = self.piece.derivative();
        }
        let mut limit_s = self.piece.until_s;
        let mut factor = 1.0;
        if let Some(modulation) = &mut self.modulation {
            modulation.advance_to(begin_s);
            limit_s = limit_s.min(modulation.until_s);
            factor = modulation.states[modulation.present].0;
        }
        let straight = self.piece.straight().map(|(_, slope)| (self.piece.at(begin_s), slope));
        let width_s = limit_s - begin_s;
        let (amount, law) = match straight {
            _ if factor == 0.0 => (0.0, Law::Instant),
            Some((level, slope)) if level <= 0.0 && slope <= 0.0 => (0.0, Law::Instant),
            Some((level, 0.0)) => (factor * level * width_s, Law::Flat { rate: factor * level }),
            Some((level, slope)) => (
                factor * self.piece.integral(begin_s, limit_s),
                Law::Straight { rate: factor * level, slope: factor * slope },
            ),
            None => return self.curved_cell(begin_s, limit_s, factor),
        };
        let silent_for_ever = amount == 0.0 && limit_s == f64::INFINITY;
        self.end_s = limit_s;
        self.cell = if silent_for_ever {
            Cell { begin_s, amount: f64::INFINITY, law: Law::Never }
        } else {
            Cell { begin_s, amount, law }
        };
    }

    fn curved_cell(&mut self, begin_s: Seconds, limit_s: Seconds, factor: f64) {
        let longest_s = (limit_s - begin_s).min(0.25 * self.piece.scale_s());
        let mut width_s = self.guess_s.min(longest_s);
        loop {
            let end_s = if width_s >= limit_s - begin_s { limit_s } else { begin_s + width_s };
            let amount = factor * self.piece.integral(begin_s, end_s);
            if amount < FEW {
                return self.newton_cell(begin_s, limit_s.min(begin_s + longest_s), factor);
            }
            let (cell, error) = self.quintic(begin_s, end_s, amount, factor);
            // The clock itself cannot resolve more than its rounding.
            let tolerance = TOLERANCE.max(4.0 * f64::EPSILON * end_s * factor * self.piece.at(end_s));
            // The error of a quintic grows with the sixth power of its width.
            let ratio = (0.5 * tolerance / error.max(1e-300)).cbrt().sqrt();
            if error <= tolerance {
                self.guess_s = width_s * ratio.clamp(0.5, 4.0);
                self.end_s = end_s;
                self.cell = cell;
                return;
            }
            width_s *= if ratio.is_nan() { 0.1 } else { ratio.clamp(0.1, 0.8) };
        }
    }

    /// The quintic over `[begin, end]` and its largest error, in messages.
    fn quintic(&self, begin_s: Seconds, end_s: Seconds, amount: Messages, factor: f64) -> (Cell, f64) {
        let width_s = end_s - begin_s;
        // Derivatives by x = u/amount, which runs from 0 to 1.
        let ends = [begin_s, end_s].map(|t_s| {
            let first = amount / (factor * self.piece.at(t_s));
            (first, -factor * self.slope.at(t_s) / amount * first * first * first)
        });
        let [(a, twice_b), (end_first, end_second)] = ends;
        let b = 0.5 * twice_b;
        let value = width_s - a - b;
        let first = end_first - a - twice_b;
        let second = end_second - twice_b;
        let c = 10.0 * value - 4.0 * first + 0.5 * second;
        let d = -15.0 * value + 7.0 * first - second;
        let e = 6.0 * value - 3.0 * first + 0.5 * second;
        // The error goes like x³(1 − x)³; two points on both sides of the middle see it even where it changes sign.
        let error = [0.35, 0.65].map(|x: f64| {
            let t_s = begin_s + x * (a + x * (b + x * (c + x * (d + x * e))));
            let come = if t_s >= begin_s { factor * self.piece.integral(begin_s, t_s) } else { f64::INFINITY };
            (come - x * amount).abs() / (64.0 * (x * (1.0 - x)).powi(3))
        });
        let law = Law::Quintic { per_amount: 1.0 / amount, coefficients: [a, b, c, d, e] };
        (Cell { begin_s, amount, law }, error[0].max(error[1]))
    }

    /// A cell of a few messages, or up to `limit_s`, in which each instant is searched for.
    fn newton_cell(&mut self, begin_s: Seconds, limit_s: Seconds, factor: f64) {
        let end_s = self.piece.inverse_s(begin_s, SEARCHED / factor).map_or(limit_s, |end_s| end_s.min(limit_s));
        let amount = (factor * self.piece.integral(begin_s, end_s)).max(0.0);
        self.guess_s = 4.0 * (end_s - begin_s);
        self.end_s = end_s;
        self.cell = Cell { begin_s, amount, law: Law::Newton { factor } };
    }
}
