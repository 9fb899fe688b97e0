//! A smooth rate in normal form: v + s·τ + Σ Re[(α + βτ)·e^{zτ}], τ = t − origin.
//!
//! Between two breakpoints every rate function of the scenario language is of this form: constants and straight lines
//! (α = 0), sines (z imaginary), bursts and growth (z real), and all their sums and products with a growth. The form
//! is closed under differentiation and integration, so values, integrals and bounds are exact up to rounding, and sums
//! that cancel do so in their coefficients, before anything is evaluated. Not here: breakpoints (`curve`).

use crate::engine::complex::Complex;
use crate::model::rate::{Piece, Term};
use crate::units::Seconds;

/// Coefficients whose difference is below this share of them are equal: their last bits come from rounding.
const EQUAL: f64 = 8.0 * f64::EPSILON;

/// Functions whose coefficients differ by less than this share are the same: a hundred roundings.
const SAME: f64 = 128.0 * f64::EPSILON;

/// Waves whose exponents differ by less than this share of the rate at which something relaxes excite it too much.
const RESONANT: f64 = 1e-6;

/// A smooth rate; meaningful on the piece of a curve that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    origin_s: Seconds,
    value: f64,
    slope: f64,
    waves: Vec<Wave>,
}

/// Re[(amplitude + tilt·τ)·e^{exponent·τ}].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wave {
    amplitude: Complex,
    tilt: Complex,
    exponent: Complex,
}

impl Shape {
    /// The same rate throughout.
    pub fn constant(value: f64) -> Self {
        Self::line(0.0, value, 0.0)
    }

    /// `value` at `origin_s`, changing by `slope` per second.
    pub fn line(origin_s: Seconds, value: f64, slope: f64) -> Self {
        Self { origin_s, value, slope, waves: Vec::new() }
    }

    /// A piece of a rate function.
    pub fn of_piece(piece: &Piece) -> Self {
        let (value, slope, terms) = piece.parts();
        let mut shape = Self::line(piece.from_s, value, slope);
        for term in terms {
            let wave = match *term {
                Term::Line { level, slope, growth: 0.0 } => {
                    shape.value += level;
                    shape.slope += slope;
                    continue;
                }
                Term::Line { level, slope, growth } => Wave {
                    amplitude: Complex::real(level),
                    tilt: Complex::real(slope),
                    exponent: Complex::real(growth),
                },
                // sin θ = Re[−i·e^{iθ}].
                Term::Wave { amplitude, omega, phase, growth } => Wave {
                    amplitude: Complex { re: amplitude * phase.sin(), im: -amplitude * phase.cos() },
                    tilt: Complex::ZERO,
                    exponent: Complex { re: growth, im: omega },
                },
            };
            shape.add(wave);
        }
        shape
    }

    /// Whether it is a straight line.
    pub fn is_line(&self) -> bool {
        self.waves.is_empty()
    }

    /// Whether it is the same rate throughout.
    pub fn is_constant(&self) -> bool {
        self.is_line() && self.slope == 0.0
    }

    /// Rate at `t`.
    pub fn at(&self, t: Seconds) -> f64 {
        let tau = t - self.origin_s;
        let line = self.value + self.slope * tau;
        self.waves.iter().fold(line, |sum, wave| sum + wave.moved(tau).amplitude.re)
    }

    /// Rate of change at `t`.
    pub fn slope_at(&self, t: Seconds) -> f64 {
        let tau = t - self.origin_s;
        let derivative = |wave: &Wave| {
            let here = wave.moved(tau);
            (here.exponent * here.amplitude + here.tilt).re
        };
        self.slope + self.waves.iter().map(derivative).sum::<f64>()
    }

    /// Upper bound of the absolute second derivative on `[a, b]`.
    pub fn curvature(&self, a: Seconds, b: Seconds) -> f64 {
        self.waves.iter().map(|wave| wave.curvature(a - self.origin_s, b - self.origin_s)).sum()
    }

    /// Lowest and highest rate on `[a, b]`; exact for lines, otherwise an enclosure that is tight to second order.
    pub fn bounds(&self, a: Seconds, b: Seconds) -> (f64, f64) {
        if self.is_line() {
            let (first, last) = (self.at(a), self.at(b));
            return (first.min(last), first.max(last));
        }
        let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
        let reach = half * (self.slope_at(middle).abs() + 0.5 * half * self.curvature(a, b));
        let centre = self.at(middle);
        (centre - reach, centre + reach)
    }

    /// ∫ of the rate over `[a, b]`.
    pub fn integral(&self, a: Seconds, b: Seconds) -> f64 {
        let width = b - a;
        let tau = a - self.origin_s;
        let line = width * (self.value + self.slope * (tau + 0.5 * width));
        self.waves.iter().fold(line, |sum, wave| sum + wave.moved(tau).integral(width))
    }

    /// ∫ₐᵇ ∫ₐˢ of the rate: the area under its running integral.
    pub fn area(&self, a: Seconds, b: Seconds) -> f64 {
        let width = b - a;
        let tau = a - self.origin_s;
        let line = width * width * (0.5 * (self.value + self.slope * tau) + self.slope * width / 6.0);
        self.waves.iter().fold(line, |sum, wave| sum + wave.moved(tau).area(width))
    }

    /// Size of the numbers that `at` adds up on `[a, b]`: its rounding error is a few ulps of this.
    pub fn magnitude(&self, a: Seconds, b: Seconds) -> f64 {
        let line = self.at_line(a).abs().max(self.at_line(b).abs());
        let wave = |wave: &Wave| wave.magnitude(a - self.origin_s, b - self.origin_s);
        line + self.waves.iter().map(wave).sum::<f64>()
    }

    /// How often it swings on `[a, b]`: each swing may take a handful of pieces.
    pub fn cycles(&self, a: Seconds, b: Seconds) -> f64 {
        let fastest = self.waves.iter().map(|wave| wave.exponent.im.abs()).fold(0.0, f64::max);
        fastest * (b - a) / std::f64::consts::TAU
    }

    /// `factor` times the rate.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale =
            |wave: &Wave| Wave { amplitude: wave.amplitude.times(factor), tilt: wave.tilt.times(factor), ..*wave };
        let waves = if factor == 0.0 { Vec::new() } else { self.waves.iter().map(scale).collect() };
        Self { origin_s: self.origin_s, value: self.value * factor, slope: self.slope * factor, waves }
    }

    /// The rate moved later by `by_s` seconds.
    #[must_use]
    pub fn shifted(&self, by_s: Seconds) -> Self {
        Self { origin_s: self.origin_s + by_s, ..self.clone() }
    }

    /// The same function written around another origin.
    #[must_use]
    pub fn rebased(&self, origin_s: Seconds) -> Self {
        let tau = origin_s - self.origin_s;
        if tau == 0.0 || self.is_constant() {
            return Self { origin_s, ..self.clone() };
        }
        let waves = self.waves.iter().map(|wave| wave.moved(tau)).collect();
        Self { origin_s, value: self.at_line(origin_s), slope: self.slope, waves }
    }

    /// Sum of the two rates, written around `origin_s`.
    #[must_use]
    pub fn plus(&self, other: &Self, origin_s: Seconds) -> Self {
        let mut sum = self.rebased(origin_s);
        let other = other.rebased(origin_s);
        sum.value = added(sum.value, other.value);
        sum.slope = added(sum.slope, other.slope);
        for wave in other.waves {
            sum.add(wave);
        }
        sum
    }

    /// This rate less the other, written around `origin_s`.
    #[must_use]
    pub fn minus(&self, other: &Self, origin_s: Seconds) -> Self {
        self.plus(&other.scaled(-1.0), origin_s)
    }

    /// The rate of change as a rate.
    #[must_use]
    pub fn derivative(&self) -> Self {
        let derived = |wave: &Wave| Wave {
            amplitude: wave.exponent * wave.amplitude + wave.tilt,
            tilt: wave.exponent * wave.tilt,
            exponent: wave.exponent,
        };
        let waves = self.waves.iter().map(derived).collect();
        Self { origin_s: self.origin_s, value: self.slope, slope: 0.0, waves }
    }

    /// The solution of y' = self − `rate`·y with y = `start` at `from_s`; `None` where it is of another form or has no
    /// digits left, because a wave itself decays at nearly that rate.
    pub fn relaxing(&self, rate: f64, start: f64, from_s: Seconds) -> Option<Self> {
        let here = self.rebased(from_s);
        let slope = here.slope / rate;
        let mut solution = Self::line(from_s, (here.value - slope) / rate, slope);
        for wave in &here.waves {
            let gap = wave.exponent + Complex::real(rate);
            let answer = if gap == Complex::ZERO && wave.tilt == Complex::ZERO {
                Wave { amplitude: Complex::ZERO, tilt: wave.amplitude, ..*wave }
            } else if gap.abs() < RESONANT * rate {
                return None;
            } else {
                let tilt = wave.tilt.over(gap);
                Wave { amplitude: wave.amplitude.over(gap) - tilt.over(gap), tilt, ..*wave }
            };
            solution.add(answer);
        }
        let amplitude = Complex::real(start - solution.at(from_s));
        solution.add(Wave { amplitude, tilt: Complex::ZERO, exponent: Complex::real(-rate) });
        Some(solution)
    }

    /// Whether both are the same function, up to rounding.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.waves.len() != other.waves.len() || self.is_constant() != other.is_constant() {
            return false;
        }
        let here = self.rebased(other.origin_s);
        let close = |a: f64, b: f64, size: f64| (a - b).abs() <= SAME * size;
        let wave = |(a, b): (&Wave, &Wave)| {
            let size = a.amplitude.abs() + a.tilt.abs();
            a.exponent == b.exponent
                && close(a.amplitude.re, b.amplitude.re, size)
                && close(a.amplitude.im, b.amplitude.im, size)
                && close(a.tilt.re, b.tilt.re, size)
                && close(a.tilt.im, b.tilt.im, size)
        };
        close(here.value, other.value, other.value.abs())
            && close(here.slope, other.slope, other.slope.abs())
            && here.waves.iter().zip(&other.waves).all(wave)
    }

    /// Adds a wave around the same origin; waves that cancel vanish.
    fn add(&mut self, wave: Wave) {
        match self.waves.iter().position(|own| own.exponent == wave.exponent) {
            None => self.waves.push(wave),
            Some(same) => {
                let merged = self.waves[same].merged(&wave);
                self.waves[same] = merged;
                if merged.amplitude == Complex::ZERO && merged.tilt == Complex::ZERO {
                    self.waves.remove(same);
                }
            }
        }
    }

    fn at_line(&self, t: Seconds) -> f64 {
        self.value + self.slope * (t - self.origin_s)
    }
}

impl Wave {
    /// The same wave around an origin that is `tau` later.
    fn moved(&self, tau: Seconds) -> Self {
        let turn = (self.exponent.times(tau)).exp();
        let amplitude = (self.amplitude + self.tilt.times(tau)) * turn;
        Self { amplitude, tilt: self.tilt * turn, exponent: self.exponent }
    }

    /// ∫ over the first `width` seconds from the origin.
    fn integral(&self, width: Seconds) -> f64 {
        let x = self.exponent.times(width);
        let first = x.phi1();
        let flat = (self.amplitude * first).re * width;
        if self.tilt == Complex::ZERO {
            return flat;
        }
        flat + (self.tilt * (first - x.phi2())).re * width * width
    }

    /// Area under the running integral over the first `width` seconds from the origin.
    fn area(&self, width: Seconds) -> f64 {
        let x = self.exponent.times(width);
        let second = x.phi2();
        let flat = (self.amplitude * second).re * width * width;
        if self.tilt == Complex::ZERO {
            return flat;
        }
        flat + (self.tilt * (second - x.phi3().times(2.0))).re * width * width * width
    }

    fn magnitude(&self, tau_a: Seconds, tau_b: Seconds) -> f64 {
        let longest = tau_a.abs().max(tau_b.abs());
        let size = self.amplitude.abs() + self.tilt.abs() * longest;
        let growth = (self.exponent.re * tau_a).max(self.exponent.re * tau_b).exp();
        // A phase of many cycles is itself rounded.
        size * growth * (1.0 + self.exponent.im.abs() * longest)
    }

    fn curvature(&self, tau_a: Seconds, tau_b: Seconds) -> f64 {
        let longest = tau_a.abs().max(tau_b.abs());
        let rate = self.exponent.abs();
        let size = rate * rate * (self.amplitude.abs() + self.tilt.abs() * longest) + 2.0 * rate * self.tilt.abs();
        size * (self.exponent.re * tau_a).max(self.exponent.re * tau_b).exp()
    }

    fn merged(&self, other: &Self) -> Self {
        let sum = |a: Complex, b: Complex| Complex { re: added(a.re, b.re), im: added(a.im, b.im) };
        Self { amplitude: sum(self.amplitude, other.amplitude), tilt: sum(self.tilt, other.tilt), ..*self }
    }
}

/// Sum of two coefficients that is 0 where only rounding keeps them from cancelling.
fn added(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.abs() <= EQUAL * (a.abs() + b.abs()) { 0.0 } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rate;

    /// A shape with every kind of term: line, sine, decay, growing line and growing sine.
    fn rich() -> Shape {
        let sine = |mean, amplitude, period_s, phase_s| Rate::Sine { mean, amplitude, period_s, phase_s };
        let line = Rate::Points(vec![(0.0, 2.0), (40.0, 22.0)]);
        let growing = Rate::Sum(vec![line.clone(), sine(0.0, 1.5, 3.0, 0.2)]);
        let parts = vec![
            line,
            sine(10.0, 4.0, 7.0, 1.3),
            Rate::Burst { height: 6.0, at_s: 0.0, decay_s: 2.0 },
            Rate::Growth { factor: 1.7, every_s: 5.0, rate: Box::new(growing) },
        ];
        Shape::of_piece(&Rate::Sum(parts).piece(0.5))
    }

    /// Simpson's rule, an independent route to the same integral.
    fn simpson(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
        let n = 4000;
        let h = (b - a) / f64::from(n);
        let weight = |k| if k == 0 || k == n { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
        (0..=n).map(|k| weight(k) * f(a + f64::from(k) * h)).sum::<f64>() * h / 3.0
    }

    #[test]
    fn integral_and_area_agree_with_quadrature() {
        let shape = rich();
        for (a, b) in [(0.5, 0.6), (0.5, 9.0), (3.0, 14.0)] {
            let integral = shape.integral(a, b);
            let numeric = simpson(|t| shape.at(t), a, b);
            assert!((integral - numeric).abs() < 1e-10 * numeric.abs(), "{integral} {numeric}");
            let area = shape.area(a, b);
            let numeric = simpson(|t| shape.integral(a, t), a, b);
            assert!((area - numeric).abs() < 1e-10 * numeric.abs(), "{area} {numeric}");
        }
    }

    #[test]
    fn short_intervals_keep_their_digits() {
        let shape = rich();
        let (a, width) = (3.7, 1e-9);
        assert!((shape.integral(a, a + width) / (shape.at(a) * (a + width - a)) - 1.0).abs() < 1e-8);
        assert!((shape.area(a, a + width) / (0.5 * shape.at(a) * (a + width - a).powi(2)) - 1.0).abs() < 1e-8);
    }

    #[test]
    fn slope_is_the_derivative_and_curvature_bounds_its_change() {
        let shape = rich();
        for k in 0..100 {
            let t = 0.6 + 0.1 * f64::from(k);
            let difference = (shape.at(t + 1e-5) - shape.at(t - 1e-5)) / 2e-5;
            assert!((shape.slope_at(t) - difference).abs() < 1e-7);
            let change = (shape.slope_at(t + 0.01) - shape.slope_at(t - 0.01)).abs() / 0.02;
            assert!(change <= shape.curvature(t - 0.01, t + 0.01));
        }
    }

    #[test]
    fn bounds_enclose_the_rate() {
        let shape = rich();
        let (low, high) = shape.bounds(2.0, 3.0);
        assert!((0..=100).all(|k| (low..=high).contains(&shape.at(2.0 + 0.01 * f64::from(k)))));
    }

    #[test]
    fn the_origin_is_only_a_way_of_writing() {
        let shape = rich();
        let moved = shape.rebased(6.0);
        for t in [0.5, 4.0, 6.0, 12.0] {
            assert!((shape.at(t) - moved.at(t)).abs() < 1e-12 * shape.at(t).abs());
        }
        assert!((shape.shifted(5.0).at(9.0) - shape.at(4.0)).abs() < 1e-12);
    }

    #[test]
    fn the_same_function_is_known_from_any_origin() {
        let shape = rich();
        assert!(shape.is_same(&shape.rebased(7.5)) && shape.rebased(7.5).is_same(&shape));
        assert!(!shape.is_same(&shape.scaled(1.0 + 1e-9)) && !shape.is_same(&shape.shifted(1e-6)));
        assert!(!Shape::constant(1.0).is_same(&Shape::line(0.0, 1.0, 1e-9)));
    }

    #[test]
    fn a_relaxing_level_obeys_its_equation() {
        let shape = rich();
        let level = shape.relaxing(0.3, 4.0, 1.0).unwrap();
        assert!((level.at(1.0) - 4.0).abs() < 1e-12);
        for t in [1.0, 2.5, 9.0] {
            let expected = shape.at(t) - 0.3 * level.at(t);
            assert!((level.slope_at(t) - expected).abs() < 1e-10 * shape.at(t).abs(), "at {t}");
            assert!((shape.derivative().at(t) - shape.slope_at(t)).abs() < 1e-12 * shape.at(t).abs());
        }
        let decay = Shape::of_piece(&Rate::Burst { height: 6.0, at_s: 0.0, decay_s: 2.0 }.piece(0.0));
        let level = decay.relaxing(0.5, 0.0, 0.0).unwrap();
        assert!((level.at(3.0) - 18.0 * (-1.5f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn equal_rates_cancel_to_nothing() {
        let shape = rich();
        let nothing = shape.minus(&shape.rebased(0.5), 0.5);
        assert!(nothing.is_constant() && nothing.at(3.0) == 0.0);
        let third = Shape::constant(0.1).plus(&Shape::constant(0.2), 0.0);
        assert_eq!(third.minus(&Shape::constant(0.3), 0.0).at(7.0), 0.0);
    }
}
