//! Where a smooth rate changes its sign, and when a running integral reaches an amount.
//!
//! Roots are isolated with proof: a box is dismissed only when value, slope and the bound of the second derivative
//! exclude a root, and searched only when they prove the rate monotone on it. Not here: what a root means.

use super::shape::Shape;
use crate::units::Seconds;

/// Appends the instants in `(a, b)` at which `shape` changes its sign, ascending. Excursions below `noise` in value are
/// rounding and have no sign.
pub fn sign_changes(shape: &Shape, a: Seconds, b: Seconds, noise: f64, roots: &mut Vec<Seconds>) {
    if shape.is_line() {
        let (first, last) = (shape.at(a), shape.at(b));
        if (first < 0.0 && last > 0.0) || (first > 0.0 && last < 0.0) {
            roots.push((a - first / shape.slope_at(a)).clamp(a, b));
        }
        return;
    }
    isolate(shape, a, b, noise, roots);
}

fn isolate(shape: &Shape, a: Seconds, b: Seconds, noise: f64, roots: &mut Vec<Seconds>) {
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    let (value, slope, curvature) = (shape.at(middle), shape.slope_at(middle), shape.curvature(a, b));
    let reach = half * (slope.abs() + 0.5 * half * curvature);
    if value.abs() > reach || value.abs() + reach <= noise || !shape.at(a).is_finite() {
        return;
    }
    if slope.abs() > curvature * half {
        let (first, last) = (shape.at(a), shape.at(b));
        if (first < 0.0 && last >= 0.0) || (first > 0.0 && last <= 0.0) {
            roots.push(bracketed(a, b, |t| (shape.at(t), shape.slope_at(t))));
        }
    } else if middle > a && middle < b && half > 2.0 * f64::EPSILON * a.abs().max(b.abs()) {
        isolate(shape, a, middle, noise, roots);
        isolate(shape, middle, b, noise, roots);
    }
}

/// The instant in `[a, b]` at which ∫ₐ of `shape` reaches `amount`, for a shape that keeps one sign there and an amount
/// of the same sign that is reached (up to rounding).
pub fn reaches(shape: &Shape, a: Seconds, b: Seconds, amount: f64) -> Seconds {
    if amount == 0.0 {
        return a;
    }
    if shape.is_line() {
        // s·(v + s·k/2) = q, by the form of the quadratic's solution that does not cancel.
        let (v, k) = (shape.at(a), shape.slope_at(a));
        let root = (v * v + 2.0 * k * amount).max(0.0).sqrt();
        let step = 2.0 * amount / (v + root.copysign(amount));
        return if step.is_finite() { (a + step).clamp(a, b) } else { b };
    }
    bracketed(a, b, |t| (shape.integral(a, t) - amount, shape.at(t)))
}

/// Root of a monotone function (value and derivative) between `a` and `b`: Newton's method, bisection where it would
/// leave the bracket or stall.
fn bracketed(a: Seconds, b: Seconds, f: impl Fn(Seconds) -> (f64, f64)) -> Seconds {
    let rising = f(b).0 > f(a).0;
    let (mut low, mut high) = (a, b);
    let mut t = 0.5 * (a + b);
    let mut last_step = high - low;
    for _ in 0..200 {
        let (value, derivative) = f(t);
        if value == 0.0 {
            return t;
        }
        if (value > 0.0) == rising {
            high = t;
        } else {
            low = t;
        }
        let newton = t - value / derivative;
        let step = (newton - t).abs();
        let next = if newton > low && newton < high && step < 0.5 * last_step { newton } else { 0.5 * (low + high) };
        last_step = (next - t).abs();
        if next == t || last_step <= f64::EPSILON * t.abs() {
            return next;
        }
        t = next;
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rate;

    fn sine(mean: f64, amplitude: f64, period_s: f64, phase_s: f64) -> Shape {
        Shape::of_piece(&Rate::Sine { mean, amplitude, period_s, phase_s }.piece(0.0))
    }

    fn changes(shape: &Shape, a: f64, b: f64) -> Vec<f64> {
        let mut roots = Vec::new();
        sign_changes(shape, a, b, 1e-14, &mut roots);
        roots
    }

    #[test]
    fn every_crossing_of_a_sine_is_found_once() {
        let shape = sine(-0.5, 1.0, 10.0, 0.0);
        let roots = changes(&shape, 0.0, 100.0);
        assert_eq!(roots.len(), 20);
        for (k, root) in roots.iter().enumerate() {
            let turn = (k / 2) as f64 * 10.0;
            let expected = turn + if k % 2 == 0 { 10.0 / 12.0 } else { 5.0 - 10.0 / 12.0 };
            assert!((root - expected).abs() < 1e-13 * 100.0, "{root} {expected}");
        }
    }

    #[test]
    fn a_peak_that_only_touches_is_no_crossing() {
        assert_eq!(changes(&sine(-1.0, 1.0, 10.0, 0.0), 0.0, 95.0).len(), 0);
    }

    #[test]
    fn two_close_crossings_at_a_peak_are_told_apart() {
        let roots = changes(&sine(-1.0 + 1e-9, 1.0, 10.0, 0.0), 0.0, 10.0);
        assert_eq!(roots.len(), 2);
        assert!(roots[0] < 2.5 && roots[1] > 2.5 && roots[1] - roots[0] < 1e-3);
    }

    #[test]
    fn a_burst_of_a_millisecond_is_not_overlooked_in_a_year() {
        let shape = Shape::of_piece(&Rate::Burst { height: 1000.0, at_s: 0.0, decay_s: 1e-3 }.piece(0.0));
        let shape = shape.plus(&Shape::constant(-1.0), 0.0);
        let roots = changes(&shape, 0.0, 3.2e7);
        assert_eq!(roots.len(), 1);
        assert!((roots[0] - 1e-3 * 1000f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn amounts_are_reached_when_the_integral_says_so() {
        let line = Shape::line(0.0, 0.0, 2.0);
        assert!((reaches(&line, 0.0, 100.0, 1600.0) - 40.0).abs() < 1e-13);
        let falling = Shape::line(0.0, -5.0, 0.04);
        assert!((falling.integral(0.0, reaches(&falling, 0.0, 100.0, -200.0)) + 200.0).abs() < 1e-11);
        let wave = sine(2.0, 1.0, 3.0, 0.4);
        let t = reaches(&wave, 1.0, 1000.0, 777.0);
        assert!((wave.integral(1.0, t) - 777.0).abs() < 1e-11);
    }
}
