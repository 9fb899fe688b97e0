//! A stretch of a rate between two breakpoints: a straight line plus curved terms, all of them with closed-form
//! integrals and derivatives.
//!
//! With u the time since the piece's begin, a piece is a + bu + Σ e^(κu)·(aᵢ + bᵢu) + Σ e^(κu)·Aᵢ·sin(ωu + φ).
//! Not here: how a rate decomposes into pieces (`pieces`).

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::units::{Messages, PerSecond, Seconds};

/// A rate between two breakpoints, from `from_s` until `until_s` (which may be infinite).
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Begin, on the scenario's clock.
    pub from_s: Seconds,
    /// End, after the begin.
    pub until_s: Seconds,
    level: PerSecond,
    slope: f64,
    /// Empty for the straight lines that most rates are made of; then nothing is allocated.
    curved: Vec<Term>,
}

/// A curved term as a function of the time u since the piece's begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Term {
    /// e^(growth·u)·(level + slope·u).
    Line {
        /// Value at u = 0.
        level: f64,
        /// Slope of the factor beside the exponential, per second.
        slope: f64,
        /// Exponent per second.
        growth: f64,
    },
    /// e^(growth·u)·amplitude·sin(omega·u + phase).
    Wave {
        /// Amplitude at u = 0.
        amplitude: f64,
        /// Radians per second, above 0.
        omega: f64,
        /// Angle at u = 0.
        phase: f64,
        /// Exponent per second.
        growth: f64,
    },
}

impl Term {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        match *self {
            Term::Line { level, slope, growth } => (growth * u).exp() * (level + slope * u),
            Term::Wave { amplitude, omega, phase, growth: 0.0 } => amplitude * (omega * u + phase).sin(),
            Term::Wave { amplitude, omega, phase, growth } => {
                (growth * u).exp() * amplitude * (omega * u + phase).sin()
            }
        }
    }

    /// The same function of the time since `u`.
    #[inline]
    fn advanced(&self, u: f64) -> Self {
        match *self {
            Term::Wave { amplitude, omega, phase, growth: 0.0 } => {
                Term::Wave { amplitude, omega, phase: omega * u + phase, growth: 0.0 }
            }
            Term::Line { level, slope, growth } => {
                let grown = (growth * u).exp();
                Term::Line { level: grown * (level + slope * u), slope: grown * slope, growth }
            }
            Term::Wave { amplitude, omega, phase, growth } => {
                Term::Wave { amplitude: (growth * u).exp() * amplitude, omega, phase: omega * u + phase, growth }
            }
        }
    }

    fn times_growth(&self, by: f64, rate: f64) -> Self {
        match *self {
            Term::Line { level, slope, growth } => {
                Term::Line { level: by * level, slope: by * slope, growth: growth + rate }
            }
            Term::Wave { amplitude, omega, phase, growth } => {
                Term::Wave { amplitude: by * amplitude, omega, phase, growth: growth + rate }
            }
        }
    }

    fn derivative(&self) -> Self {
        match *self {
            Term::Line { level, slope, growth } => {
                Term::Line { level: slope + growth * level, slope: growth * slope, growth }
            }
            Term::Wave { amplitude, omega, phase, growth } => Term::Wave {
                amplitude: amplitude * growth.hypot(omega),
                omega,
                phase: phase + omega.atan2(growth),
                growth,
            },
        }
    }

    /// Integral over `[u, u + w]`.
    fn integral(&self, u: f64, w: f64) -> f64 {
        match self.advanced(u) {
            Term::Line { level, slope, growth } => {
                let x = growth * w;
                level * w * mean_of_exponential(x) + slope * w * w * mean_of_weighted_exponential(x)
            }
            Term::Wave { amplitude, omega, phase, growth: 0.0 } => {
                let half = 0.5 * omega * w;
                let sinc = if half == 0.0 { 1.0 } else { half.sin() / half };
                amplitude * w * sinc * (phase + half).sin()
            }
            Term::Wave { amplitude, omega, phase, growth } => {
                // A·Im[e^(iφ)·(e^(zw) − 1)/z] with z = κ + iω, and e^(x+iy) − 1 without cancellation.
                let (x, y) = (growth * w, omega * w);
                let real = x.exp_m1() * y.cos() - 2.0 * (0.5 * y).sin().powi(2);
                let imaginary = x.exp() * y.sin();
                let square = growth * growth + omega * omega;
                let quotient = (real * growth + imaginary * omega, imaginary * growth - real * omega);
                amplitude * (phase.cos() * quotient.1 + phase.sin() * quotient.0) / square
            }
        }
    }

    /// Enclosure of the values on `[0, w]`; `w` may be infinite.
    fn bounds(&self, w: f64) -> (f64, f64) {
        match *self {
            Term::Line { level, slope, growth } => {
                let mut ends = ordered(level, self.at_end(w));
                let turn = -(growth * level + slope) / (growth * slope);
                if turn > 0.0 && turn < w {
                    let value = self.at(turn);
                    ends = (ends.0.min(value), ends.1.max(value));
                }
                widened(ends)
            }
            Term::Wave { amplitude, omega, phase, growth } => {
                let (low, high) = sine_bounds(phase, omega * w);
                let wave = ordered(amplitude * low, amplitude * high);
                if growth == 0.0 {
                    return wave;
                }
                let (least, most) = ordered(1.0, (growth * w).exp());
                let scaled = |value: f64| if value == 0.0 { (0.0, 0.0) } else { ordered(value * least, value * most) };
                widened((scaled(wave.0).0, scaled(wave.1).1))
            }
        }
    }

    /// Value at the end of a width that may be infinite, where it is a limit.
    fn at_end(&self, w: f64) -> f64 {
        match *self {
            Term::Line { level, slope, growth } if w == f64::INFINITY => {
                if growth < 0.0 {
                    0.0
                } else if slope != 0.0 {
                    slope * f64::INFINITY
                } else if growth > 0.0 && level != 0.0 {
                    level * f64::INFINITY
                } else {
                    level
                }
            }
            _ => self.at(w),
        }
    }

    /// A time in which the term changes by a fair part of itself.
    fn scale_s(&self) -> f64 {
        match *self {
            Term::Line { growth, .. } => 1.0 / growth.abs(),
            Term::Wave { omega, growth, .. } => (TAU / omega).min(1.0 / growth.abs()),
        }
    }
}

/// (eˣ − 1)/x.
fn mean_of_exponential(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// ∫₀¹ v·e^(xv) dv = (x·eˣ − (eˣ − 1))/x², as a series where that cancels.
fn mean_of_weighted_exponential(x: f64) -> f64 {
    if x.abs() > 1.0 {
        return (x * x.exp() - x.exp_m1()) / (x * x);
    }
    // Σ xⁿ/(n!·(n + 2)); twenty terms reach 1e-19 for |x| ≤ 1.
    let mut power = 1.0;
    let mut sum = 0.0;
    for n in 0..20 {
        let n = f64::from(n);
        sum += power / (n + 2.0);
        power *= x / (n + 1.0);
    }
    sum
}

fn ordered(a: f64, b: f64) -> (f64, f64) {
    if a <= b { (a, b) } else { (b, a) }
}

/// An enclosure made safe against the rounding of what computed it.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let margin = 8.0 * f64::EPSILON * low.abs().max(high.abs());
    if margin.is_finite() { (low - margin, high + margin) } else { (low, high) }
}

/// Enclosure of sin on `[phase, phase + width]`; exactly ±1 where a crest or a trough lies inside.
pub(super) fn sine_bounds(phase: f64, width: f64) -> (f64, f64) {
    if width.is_nan() || width >= TAU {
        return (-1.0, 1.0);
    }
    let margin = 4.0 * f64::EPSILON * (1.0 + phase.abs() + width);
    let ends = ordered(phase.sin(), (phase + width).sin());
    let reaches = |extreme: f64| (extreme - phase).rem_euclid(TAU) <= width + margin;
    let low = if reaches(-FRAC_PI_2) { -1.0 } else { (ends.0 - margin).max(-1.0) };
    let high = if reaches(FRAC_PI_2) { 1.0 } else { (ends.1 + margin).min(1.0) };
    (low, high)
}

impl Piece {
    /// A straight line that has the value `level` at `from_s`.
    pub(super) fn line(from_s: Seconds, until_s: Seconds, level: PerSecond, slope: f64) -> Self {
        Self { from_s, until_s, level, slope, curved: Vec::new() }
    }

    /// Adds amplitude·sin(omega·(t − from) + phase).
    pub(super) fn with_wave(mut self, amplitude: f64, omega: f64, phase: f64) -> Self {
        self.curved.push(Term::Wave { amplitude, omega, phase, growth: 0.0 });
        self
    }

    /// Adds level·e^(growth·(t − from)).
    pub(super) fn with_exponential(mut self, level: f64, growth: f64) -> Self {
        self.curved.push(Term::Line { level, slope: 0.0, growth });
        self
    }

    /// The sum with another piece that begins at the same instant, until the earlier of the two ends.
    pub(super) fn plus(mut self, other: &Piece) -> Self {
        self.until_s = self.until_s.min(other.until_s);
        self.level += other.level;
        self.slope += other.slope;
        self.curved.extend_from_slice(&other.curved);
        self
    }

    /// `by` times the piece.
    pub(super) fn scaled(mut self, by: f64) -> Self {
        self.level *= by;
        self.slope *= by;
        self.curved.iter_mut().for_each(|term| *term = term.times_growth(by, 0.0));
        self
    }

    /// The piece times by·e^(rate·(t − from)).
    pub(super) fn grown(mut self, by: f64, rate: f64) -> Self {
        let line = Term::Line { level: by * self.level, slope: by * self.slope, growth: rate };
        self.curved.iter_mut().for_each(|term| *term = term.times_growth(by, rate));
        if self.level != 0.0 || self.slope != 0.0 {
            self.curved.push(line);
        }
        (self.level, self.slope) = (0.0, 0.0);
        self
    }

    /// The same function with its begin moved to `from_s` and its end to `until_s`.
    pub(super) fn moved(mut self, from_s: Seconds, until_s: Seconds) -> Self {
        (self.from_s, self.until_s) = (from_s, until_s);
        self
    }

    pub(super) fn until(mut self, until_s: Seconds) -> Self {
        self.until_s = until_s;
        self
    }

    /// The rate at `t_s`, which should lie inside the piece.
    #[inline]
    pub fn at(&self, t_s: Seconds) -> PerSecond {
        let u = t_s - self.from_s;
        let curved: f64 = self.curved.iter().map(|term| term.at(u)).sum();
        self.level + self.slope * u + curved
    }

    /// `(rate at from_s, slope per second)` if the piece is a straight line.
    pub fn straight(&self) -> Option<(PerSecond, f64)> {
        self.curved.is_empty().then_some((self.level, self.slope))
    }

    /// `(rate at from_s, slope per second)` of the straight line, and what is added to it.
    pub fn parts(&self) -> (PerSecond, f64, &[Term]) {
        (self.level, self.slope, &self.curved)
    }

    /// The rate if it is the same throughout the piece.
    pub fn constant(&self) -> Option<PerSecond> {
        (self.curved.is_empty() && self.slope == 0.0).then_some(self.level)
    }

    /// ∫ of the rate over `[a_s, b_s]`, in closed form.
    pub fn integral(&self, a_s: Seconds, b_s: Seconds) -> Messages {
        let (u, w) = (a_s - self.from_s, b_s - a_s);
        if w <= 0.0 {
            return 0.0;
        }
        let curved: f64 = self.curved.iter().map(|term| term.integral(u, w)).sum();
        let line = self.level + self.slope * (u + 0.5 * w);
        // 0 · ∞ is 0 here: nothing comes, however long one waits.
        let straight = if line == 0.0 { 0.0 } else { line * w };
        straight + curved
    }

    /// The rate's slope as a piece of its own.
    #[must_use]
    pub fn derivative(&self) -> Piece {
        let curved = self.curved.iter().map(Term::derivative).collect();
        Piece { from_s: self.from_s, until_s: self.until_s, level: self.slope, slope: 0.0, curved }
    }

    /// An interval that holds every value on `[a_s, b_s]` (which may end at infinity); tight for a single term.
    pub fn bounds(&self, a_s: Seconds, b_s: Seconds) -> (PerSecond, PerSecond) {
        let (u, w) = (a_s - self.from_s, b_s - a_s);
        let begin = self.level + self.slope * u;
        let end = if self.slope == 0.0 { begin } else { begin + self.slope * w };
        let straight = ordered(begin, end);
        self.curved.iter().fold(straight, |(low, high), term| {
            let (least, most) = term.advanced(u).bounds(w);
            (low + least, high + most)
        })
    }

    /// The shortest time in which one of the curved terms changes noticeably; infinite for a straight line.
    pub fn scale_s(&self) -> Seconds {
        self.curved.iter().map(Term::scale_s).fold(f64::INFINITY, f64::min)
    }

    /// The first instant in `(after_s, b_s)` at which the piece passes through `level`, by branch and bound: a part
    /// whose enclosure excludes the level is dropped, one whose slope has one sign is bisected, others are halved.
    /// A curve that touches the level and turns back does not pass through it.
    pub(super) fn first_crossing(&self, level: f64, after_s: Seconds, b_s: Seconds) -> Option<Seconds> {
        if self.curved.is_empty() {
            let at_s = self.from_s + (level - self.level) / self.slope;
            return (at_s > after_s && at_s < b_s).then_some(at_s);
        }
        let derivative = self.derivative();
        let shortest = ((b_s - after_s) * 1e-12).max(4.0 * f64::EPSILON * b_s.abs());
        let mut parts = vec![(after_s, b_s)];
        while let Some((from_s, until_s)) = parts.pop() {
            let (low, high) = self.bounds(from_s, until_s);
            if low > level || high < level {
                continue;
            }
            let (falls, rises) = derivative.bounds(from_s, until_s);
            if falls >= 0.0 || rises <= 0.0 {
                let (begin, end) = (self.at(from_s) - level, self.at(until_s) - level);
                if begin * end < 0.0 {
                    return Some(self.bisected(level, from_s, until_s));
                }
                if end == 0.0 && begin != 0.0 && until_s < b_s {
                    return Some(until_s);
                }
            } else if until_s - from_s > shortest {
                let middle_s = 0.5 * (from_s + until_s);
                parts.push((middle_s, until_s));
                parts.push((from_s, middle_s));
            }
        }
        None
    }

    fn bisected(&self, level: f64, mut from_s: Seconds, mut until_s: Seconds) -> Seconds {
        let rises = self.at(until_s) > level;
        loop {
            let middle_s = 0.5 * (from_s + until_s);
            if middle_s <= from_s || middle_s >= until_s {
                return until_s;
            }
            if (self.at(middle_s) >= level) == rises {
                until_s = middle_s;
            } else {
                from_s = middle_s;
            }
        }
    }

    /// Where on `[a_s, b_s]` the piece is least, and how much: `(instant, rate)`. Parts that cannot be below `best` by
    /// more than `tolerance` are not looked at, and the answer is `best` if none is.
    pub(super) fn lowest(
        &self,
        (a_s, b_s): (Seconds, Seconds),
        mut best: (Seconds, PerSecond),
        tolerance: f64,
    ) -> (Seconds, PerSecond) {
        let offer = |t_s: Seconds, best: &mut (Seconds, PerSecond)| {
            let value = self.at(t_s);
            if value < best.1 {
                *best = (t_s, value);
            }
        };
        offer(a_s, &mut best);
        offer(b_s, &mut best);
        if self.curved.is_empty() {
            return best;
        }
        let derivative = self.derivative();
        let shortest = ((b_s - a_s) * 1e-9).max(4.0 * f64::EPSILON * b_s.abs());
        let mut parts = vec![(a_s, b_s)];
        while let Some((from_s, until_s)) = parts.pop() {
            let middle_s = 0.5 * (from_s + until_s);
            offer(middle_s, &mut best);
            let (falls, rises) = derivative.bounds(from_s, until_s);
            // The enclosure itself, and the mean-value form, whose excess shrinks with the square of the width.
            let mean_value = self.at(middle_s) - 0.5 * (until_s - from_s) * falls.abs().max(rises.abs());
            let low = self.bounds(from_s, until_s).0.max(mean_value);
            if falls >= 0.0 || rises <= 0.0 {
                offer(from_s, &mut best);
                offer(until_s, &mut best);
            } else if low < best.1 - tolerance && until_s - from_s > shortest {
                parts.push((middle_s, until_s));
                parts.push((from_s, middle_s));
            }
        }
        best
    }

    /// The smallest instant at or after `a_s` by which `amount` (above 0) has come; `None` if the piece ends before,
    /// by more than rounding, or never brings as much.
    pub fn inverse_s(&self, a_s: Seconds, amount: Messages) -> Option<Seconds> {
        let w = self.until_s - a_s;
        let u = if self.curved.is_empty() {
            let begin = self.level + self.slope * (a_s - self.from_s);
            inverse_of_line(begin, self.slope, amount)?
        } else {
            self.inverse_of_curve(a_s, amount, w)?
        };
        let close = w * (1.0 + 8.0 * f64::EPSILON);
        if u <= w {
            Some(a_s + u)
        } else {
            (u <= close || amount <= self.integral(a_s, self.until_s) * (1.0 + 8.0 * f64::EPSILON))
                .then_some(self.until_s)
        }
    }

    /// Newton's method within a bracket that shrinks by bisection wherever Newton leaves it.
    fn inverse_of_curve(&self, a_s: Seconds, amount: Messages, w: f64) -> Option<f64> {
        let come = |u: f64| self.integral(a_s, a_s + u);
        let mut high = w;
        if high == f64::INFINITY {
            high = self.scale_s().min(f64::MAX);
            while come(high) < amount {
                high *= 2.0;
                if high >= 1e30 {
                    return None;
                }
            }
        } else if come(high) < amount {
            return (amount <= come(high) * (1.0 + 8.0 * f64::EPSILON)).then_some(high);
        }
        let mut low = 0.0;
        let mut u = (amount / self.at(a_s)).clamp(0.0, high);
        for _ in 0..200 {
            let excess = come(u) - amount;
            if excess >= 0.0 {
                high = u;
            } else {
                low = u;
            }
            let step = excess / self.at(a_s + u);
            if excess == 0.0 {
                return Some(u);
            }
            if step.abs() <= 2.0 * f64::EPSILON * u {
                return Some(u - step);
            }
            let newton = u - step;
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if next <= low || next >= high {
                return Some(high);
            }
            u = next;
        }
        Some(u)
    }
}

/// u with begin·u + slope·u²/2 = amount, without cancellation; `None` if a falling line never brings as much.
fn inverse_of_line(begin: f64, slope: f64, amount: f64) -> Option<f64> {
    if slope == 0.0 {
        return (begin > 0.0).then(|| amount / begin);
    }
    let discriminant = begin * begin + 2.0 * slope * amount;
    // A line that falls to 0 brings all it has just there; rounding must not lose that instant.
    let rounding = 16.0 * f64::EPSILON * begin * begin;
    if discriminant < -rounding {
        return None;
    }
    let sum = begin + discriminant.max(0.0).sqrt();
    (sum > 0.0).then(|| 2.0 * amount / sum)
}
