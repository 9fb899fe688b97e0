//! A piecewise smooth rate on an interval: the pieces of rate functions, and sums of them.
//!
//! Not here: who publishes or consumes at that rate.

use super::shape::Shape;
use super::unanswered::Unanswered;
use crate::model::Rate;
use crate::units::Seconds;

/// Most pieces of a curve or a trajectory: some hundred megabytes.
pub const MOST_PIECES: usize = 1_000_000;

/// A rate on `[from, until]`, piece by piece. Where it jumps, the later piece holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// `(from_s, shape)`, ascending and touching each other; at least one.
    pieces: Vec<(Seconds, Shape)>,
    until_s: Seconds,
}

impl Curve {
    /// The same rate on `[a, b]`.
    pub fn constant(value: f64, a: Seconds, b: Seconds) -> Self {
        Self::smooth(Shape::constant(value), a, b)
    }

    /// `(from_s, shape)` ascending, the last one until `until_s`; at least one.
    pub fn new(pieces: Vec<(Seconds, Shape)>, until_s: Seconds) -> Self {
        let begin_s = pieces.first().expect("a curve has a piece").0;
        let mut builder = Builder::new(begin_s, until_s);
        for (from_s, shape) in pieces {
            builder.piece(from_s, shape);
        }
        builder.finish()
    }

    /// One shape on `[a, b]`.
    pub fn smooth(shape: Shape, a: Seconds, b: Seconds) -> Self {
        Self { pieces: vec![(a, shape)], until_s: b }
    }

    /// The rate function on `[a, b]`, exact up to rounding.
    ///
    /// # Errors
    ///
    /// [`Unanswered::TooManyPieces`] when it changes or swings more than [`MOST_PIECES`] times.
    pub fn of_rate(rate: &Rate, a: Seconds, b: Seconds) -> Result<Self, Unanswered> {
        let mut builder = Builder::new(a, b);
        let mut swings = 0.0;
        for (count, piece) in rate.pieces(a, b).enumerate() {
            let shape = Shape::of_piece(&piece);
            swings += shape.cycles(piece.from_s, piece.until_s);
            affordable(count as f64 + swings)?;
            builder.piece(piece.from_s, shape);
        }
        Ok(builder.finish())
    }

    /// Sum of curves on `[a, b]`, which each of them covers.
    pub fn sum(curves: &[Self], a: Seconds, b: Seconds) -> Self {
        let mut sum = Self::constant(0.0, a, b);
        for (index, curve) in curves.iter().enumerate() {
            sum = if index == 0 { curve.clone() } else { sum.plus(curve) };
        }
        sum
    }

    /// The pieces as `(from_s, until_s, shape)`.
    pub fn pieces(&self) -> impl Iterator<Item = (Seconds, Seconds, &Shape)> {
        let ends = self.pieces.iter().skip(1).map(|(from_s, _)| *from_s).chain(std::iter::once(self.until_s));
        self.pieces.iter().zip(ends).map(|((from_s, shape), until_s)| (*from_s, until_s, shape))
    }

    /// Upper bound of the rate.
    pub fn most(&self) -> f64 {
        self.pieces().map(|(from_s, until_s, shape)| shape.bounds(from_s, until_s).1).fold(f64::MIN, f64::max)
    }

    /// ∫ of the rate over each interval between consecutive `ends_s`, the first from the curve's begin.
    pub fn integrals(&self, ends_s: &[Seconds]) -> Vec<f64> {
        let mut integrals = vec![0.0; ends_s.len()];
        let mut row = 0;
        for (from_s, until_s, shape) in self.pieces() {
            let mut t = from_s;
            while row < ends_s.len() && t < until_s {
                let end = until_s.min(ends_s[row]);
                integrals[row] += shape.integral(t, end.max(t));
                t = end.max(t);
                if ends_s[row] <= until_s {
                    row += 1;
                }
            }
        }
        integrals
    }

    /// ∫ of the rate over `[a, b]` within the curve.
    pub fn integral(&self, a: Seconds, b: Seconds) -> f64 {
        let first = self.index_at(a);
        let ends = self.pieces[first + 1..].iter().map(|(from_s, _)| *from_s).chain(std::iter::once(self.until_s));
        let mut from_s = a;
        let mut sum = 0.0;
        for ((_, shape), end_s) in self.pieces[first..].iter().zip(ends) {
            let until_s = end_s.min(b);
            if until_s <= from_s {
                break;
            }
            sum += shape.integral(from_s, until_s);
            from_s = until_s;
        }
        sum
    }

    /// The part of the curve on `[a, b]`, which it covers.
    pub fn between(&self, a: Seconds, b: Seconds) -> Self {
        let first = self.index_at(a);
        let end = self.pieces.partition_point(|(from_s, _)| *from_s < b).max(first + 1);
        let mut pieces = self.pieces[first..end].to_vec();
        pieces[0].0 = a;
        Self { pieces, until_s: b }
    }

    /// The piece that holds at `t`: the later one at a jump.
    fn index_at(&self, t: Seconds) -> usize {
        self.pieces.partition_point(|(from_s, _)| *from_s <= t).saturating_sub(1)
    }

    /// The curve moved later by `by_s` seconds.
    pub fn shifted(self, by_s: Seconds) -> Self {
        let pieces = self.pieces.iter().map(|(from_s, shape)| (from_s + by_s, shape.shifted(by_s))).collect();
        Self { pieces, until_s: self.until_s + by_s }
    }

    /// The curve with 0 before it from `a` on, if it begins later.
    pub fn preceded_by_zero(mut self, a: Seconds) -> Self {
        if self.pieces[0].0 > a {
            self.pieces.insert(0, (a, Shape::constant(0.0)));
        }
        self
    }

    /// `factor` times the rate.
    pub fn scaled(self, factor: f64) -> Self {
        if factor == 1.0 {
            return self;
        }
        let pieces = self.pieces.iter().map(|(from_s, shape)| (*from_s, shape.scaled(factor))).collect();
        Self { pieces, until_s: self.until_s }
    }

    /// The curve with 0 after it until `b`, if it ends earlier.
    pub fn followed_by_zero(mut self, b: Seconds) -> Self {
        if self.until_s < b {
            self.pieces.push((self.until_s, Shape::constant(0.0)));
            self.until_s = b;
        }
        self
    }

    /// Sum of two curves over the same interval.
    pub fn plus(&self, other: &Self) -> Self {
        let mut builder = Builder::new(self.pieces[0].0, self.until_s);
        for_common_pieces(self, other, |from_s, _, own, others| {
            builder.piece(from_s, own.plus(others, from_s));
        });
        builder.finish()
    }

    /// `(from_s, value)` ascending: each holds until the next, the first one also before.
    pub fn of_steps(steps: &[(Seconds, f64)], a: Seconds, b: Seconds) -> Self {
        let mut builder = Builder::new(a, b);
        builder.piece(f64::MIN, Shape::constant(steps.first().map_or(0.0, |(_, value)| *value)));
        for (from_s, value) in steps {
            builder.piece(*from_s, Shape::constant(*value));
        }
        builder.finish()
    }
}

/// Whether so many pieces may be held.
///
/// # Errors
///
/// [`Unanswered::TooManyPieces`].
pub fn affordable(pieces: f64) -> Result<(), Unanswered> {
    if pieces > MOST_PIECES as f64 { Err(Unanswered::TooManyPieces(MOST_PIECES)) } else { Ok(()) }
}

/// Calls `visit(from_s, until_s, first's shape, second's shape)` for every piece between the breakpoints of both.
pub fn for_common_pieces(first: &Curve, second: &Curve, mut visit: impl FnMut(Seconds, Seconds, &Shape, &Shape)) {
    let (mut own, mut others) = (first.pieces(), second.pieces());
    let (mut left, mut right) = (own.next(), others.next());
    while let (Some((from_a, until_a, a)), Some((from_b, until_b, b))) = (left, right) {
        let (from_s, until_s) = (from_a.max(from_b), until_a.min(until_b));
        if until_s > from_s {
            visit(from_s, until_s, a, b);
        }
        if until_a <= until_b {
            left = own.next();
        }
        if until_b <= until_a {
            right = others.next();
        }
    }
}

/// Collects the pieces of a curve on `[from, until]` from pieces that may begin before or end after it.
struct Builder {
    pieces: Vec<(Seconds, Shape)>,
    from_s: Seconds,
    until_s: Seconds,
}

impl Builder {
    fn new(from_s: Seconds, until_s: Seconds) -> Self {
        Self { pieces: Vec::new(), from_s, until_s }
    }

    /// From `from_s` on the curve has this shape; calls come in ascending order.
    fn piece(&mut self, from_s: Seconds, shape: Shape) {
        let begin = from_s.max(self.from_s);
        if begin >= self.until_s && !self.pieces.is_empty() {
            return;
        }
        if self.pieces.last().is_some_and(|last| last.0 >= begin) {
            self.pieces.pop();
        }
        let begin = if self.pieces.is_empty() { self.from_s } else { begin };
        // What goes on as it was is no new piece: a pause that is repeated forever is one pause.
        let goes_on = |last: &Shape| last.is_constant() && shape.is_constant() && last.at(begin) == shape.at(begin);
        if !self.pieces.last().is_some_and(|last| goes_on(&last.1)) {
            self.pieces.push((begin, shape));
        }
    }

    fn finish(self) -> Curve {
        Curve { pieces: self.pieces, until_s: self.until_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(curve: &Curve, t: f64) -> f64 {
        curve.pieces().filter(|(from_s, _, _)| *from_s <= t).last().map(|(_, _, shape)| shape.at(t)).unwrap()
    }

    fn of(rate: &Rate, a: f64, b: f64) -> Curve {
        Curve::of_rate(rate, a, b).unwrap()
    }

    #[test]
    fn a_curve_has_the_values_and_integrals_of_its_rate() {
        let sine = || Rate::Sine { mean: 10.0, amplitude: 8.0, period_s: 7.0, phase_s: 1.0 };
        let points = Rate::Points(vec![(2.0, 10.0), (4.0, 20.0), (5.0, 5.0), (6.0, 5.0)]);
        let rates = [
            Rate::Steps(vec![(1.0, 4.0), (3.0, 7.0), (50.0, 9.0)]),
            points.clone(),
            Rate::Clamp { min: Some(5.0), max: Some(15.0), rate: Box::new(sine()) },
            Rate::Repeat { every_s: 5.0, rate: Box::new(points.clone()) },
            Rate::Growth { factor: 2.0, every_s: 5.0, rate: Box::new(Rate::Sum(vec![points, sine()])) },
            Rate::Sum(vec![sine(), Rate::Burst { height: 4.0, at_s: 1.0, decay_s: 2.0 }]),
        ];
        let rows: Vec<f64> = (1..=40).map(|k| 0.25 * f64::from(k)).collect();
        for rate in rates {
            let curve = of(&rate, 0.0, 10.0);
            for (end_s, integral) in rows.iter().zip(curve.integrals(&rows)) {
                let (middle, value) = (end_s - 0.11, at(&curve, end_s - 0.11));
                assert!((value - rate.at(middle)).abs() < 1e-12 * (1.0 + value), "{rate:?} at {middle}");
                let expected = rate.integral(end_s - 0.25, *end_s);
                assert!((integral - expected).abs() < 1e-12 * (1.0 + integral), "{rate:?} until {end_s}");
            }
        }
    }

    #[test]
    fn a_part_of_a_curve_is_the_curve_there() {
        let points = Rate::Points(vec![(2.0, 10.0), (4.0, 20.0), (5.0, 5.0), (6.0, 5.0)]);
        let curve = of(&points, 0.0, 10.0);
        for (a, b) in [(0.0, 10.0), (1.0, 1.5), (3.0, 5.5), (4.0, 5.0), (9.0, 10.0)] {
            let part = curve.between(a, b);
            let expected = points.integral(a, b);
            assert!((part.integrals(&[b])[0] - expected).abs() < 1e-12 * expected, "{a} {b}");
            assert!((curve.integral(a, b) - expected).abs() < 1e-12 * expected, "{a} {b}");
        }
        assert_eq!(curve.integral(3.0, 3.0), 0.0);
    }

    #[test]
    fn what_goes_on_as_it_was_is_one_piece() {
        let pause = Rate::Pulse { height: 0.0, from_s: 1.0, until_s: 2.0 };
        let repeat = Rate::Repeat { every_s: 3.0, rate: Box::new(pause) };
        assert_eq!(of(&repeat, 0.0, 3000.0).pieces().count(), 1);
    }

    #[test]
    fn integrals_over_rows_add_up_whatever_the_pieces() {
        let parts =
            vec![Rate::Steps(vec![(0.0, 2.0), (3.3, 5.0)]), Rate::Burst { height: 4.0, at_s: 1.0, decay_s: 2.0 }];
        let curve = of(&Rate::Sum(parts), 0.0, 10.0);
        let rows: Vec<f64> = (1..=40).map(|k| 0.25 * f64::from(k)).collect();
        let total: f64 = curve.integrals(&rows).iter().sum();
        let expected = 2.0 * 3.3 + 5.0 * 6.7 + 8.0 * (1.0 - (-4.5f64).exp());
        assert!((total - expected).abs() < 1e-12 * expected, "{total} {expected}");
    }

    #[test]
    fn a_rate_that_changes_too_often_is_refused_before_it_costs_memory() {
        let pulse = Rate::Pulse { height: 3.0, from_s: 0.0, until_s: 1e-6 };
        let repeat = Rate::Repeat { every_s: 2e-6, rate: Box::new(pulse) };
        assert_eq!(Curve::of_rate(&repeat, 0.0, 1e6), Err(Unanswered::TooManyPieces(MOST_PIECES)));
        let sine = Rate::Sine { mean: 1.0, amplitude: 1.0, period_s: 1e-3, phase_s: 0.0 };
        assert_eq!(Curve::of_rate(&sine, 0.0, 3.2e7), Err(Unanswered::TooManyPieces(MOST_PIECES)));
    }
}
