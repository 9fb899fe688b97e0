//! What values a rate can take: enclosures, the lowest point, and how much is still to come.

use super::piece::sine_bounds;
use super::{Rate, clamped, growth_at, line_at, step_at, wave_angle};
use crate::units::{Messages, PerSecond, Seconds};

/// How many stretches of time [`Rate::lowest`] looks at before it is content with what it has found.
const MOST_STRETCHES: usize = 1_000_000;

impl Rate {
    /// An interval that holds every value of the rate on `[a_s, b_s]`, but for rounding. Tight for every rate but sums,
    /// products with growth, and clamps and shifts of those.
    pub fn bounds(&self, a_s: Seconds, b_s: Seconds) -> (PerSecond, PerSecond) {
        let ends = |from: f64, until: f64| (from.min(until), from.max(until));
        match self {
            Rate::Constant(rate) => (*rate, *rate),
            Rate::Steps(steps) => spanned(steps, step_at(steps, a_s), step_at(steps, b_s), a_s, b_s),
            Rate::Points(points) => spanned(points, line_at(points, a_s).0, line_at(points, b_s).0, a_s, b_s),
            Rate::Sine { mean, amplitude, period_s, phase_s } => {
                let width = std::f64::consts::TAU * (b_s - a_s) / period_s;
                let (low, high) = sine_bounds(wave_angle(a_s - phase_s, *period_s), width);
                let (least, most) = ends(amplitude * low, amplitude * high);
                (mean + least, mean + most)
            }
            Rate::Pulse { height, from_s, until_s } => {
                let touches = a_s < *until_s && *from_s <= b_s;
                let covers = *from_s <= a_s && b_s < *until_s;
                let inside = if touches { *height } else { 0.0 };
                if covers { (inside, inside) } else { ends(0.0, inside) }
            }
            Rate::Burst { height, at_s, .. } => {
                let begin = if a_s <= *at_s && *at_s <= b_s { *height } else { self.at(a_s) };
                let end = if a_s < *at_s { 0.0 } else { self.at(b_s) };
                let (low, high) = ends(begin, end);
                let margin = 4.0 * f64::EPSILON;
                (low - margin * low.abs(), high + margin * high.abs())
            }
            Rate::Trace(trace) => trace.bounds(a_s, b_s),
            Rate::Sum(parts) => parts.iter().fold((0.0, 0.0), |(low, high), part| {
                let (least, most) = part.bounds(a_s, b_s);
                (low + least, high + most)
            }),
            Rate::Scale { by, rate } => {
                let (low, high) = rate.bounds(a_s, b_s);
                ends(by * low, by * high)
            }
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => {
                self.tiling().map_or((0.0, 0.0), |tiling| tiling.bounds(a_s, b_s))
            }
            Rate::Growth { factor, every_s, rate } => {
                let (low, high) = rate.bounds(a_s, b_s);
                let (least, most) = ends(growth_at(*factor, *every_s, a_s), growth_at(*factor, *every_s, b_s));
                let margin = 8.0 * f64::EPSILON;
                // Growth without end does not raise what is 0.
                let times = |value: f64, factor: f64| if value == 0.0 { 0.0 } else { value * factor };
                let (below, above) = (if low < 0.0 { most } else { least }, if high < 0.0 { least } else { most });
                let (low, high) = (times(low, below), times(high, above));
                (low - margin * low.abs(), high + if high.is_finite() { margin * high.abs() } else { 0.0 })
            }
            Rate::Clamp { min, max, rate } => {
                let (low, high) = rate.bounds(a_s, b_s);
                (clamped(low, *min, *max), clamped(high, *min, *max))
            }
        }
    }

    /// An upper bound on how many messages come after `t_s`, for ever: 0 if nothing will ever come again, infinite if
    /// they never end. The rate must not be negative.
    pub fn most_after(&self, t_s: Seconds) -> Messages {
        self.most_after_grown(t_s, 0.0)
    }

    /// A bound on the integral of e^(growth·(s − t))·f(s) over all s after `t_s`.
    fn most_after_grown(&self, t_s: Seconds, growth: f64) -> Messages {
        match self {
            Rate::Sum(parts) => return parts.iter().map(|part| part.most_after_grown(t_s, growth)).sum(),
            Rate::Scale { by, .. } if *by == 0.0 => return 0.0,
            Rate::Scale { by, rate } => return by * rate.most_after_grown(t_s, growth),
            Rate::Shift { by_s, rate } => return rate.most_after_grown(t_s - by_s, growth),
            Rate::Growth { factor, every_s, rate } => {
                let most = rate.most_after_grown(t_s, growth + factor.ln() / every_s);
                return if most == 0.0 { 0.0 } else { most * growth_at(*factor, *every_s, t_s) };
            }
            Rate::Burst { height, at_s, decay_s } if growth * decay_s < 1.0 => {
                let begin_s = t_s.max(*at_s);
                let net = 1.0 / decay_s - growth;
                return height * (growth * (begin_s - t_s) - (begin_s - at_s) / decay_s).exp() / net;
            }
            _ => {}
        }
        let most = self.most_after_ungrown(t_s);
        if growth < 0.0 {
            most.min(self.bounds(t_s, f64::INFINITY).1 / -growth)
        } else if growth == 0.0 || most == 0.0 {
            most
        } else {
            f64::INFINITY
        }
    }

    /// A bound on the integral after `t_s` of the rates that are not made of others by sums, factors and shifts.
    fn most_after_ungrown(&self, t_s: Seconds) -> Messages {
        let endless = |silent: bool| if silent { 0.0 } else { f64::INFINITY };
        match self {
            Rate::Constant(rate) => endless(*rate == 0.0),
            Rate::Steps(changes) | Rate::Points(changes) => match changes.last() {
                Some((end_s, rate)) if *rate == 0.0 => self.integral(t_s, *end_s),
                last => endless(last.is_none()),
            },
            Rate::Sine { mean, amplitude, .. } => endless(*mean == 0.0 && *amplitude == 0.0),
            Rate::Repeat { .. } | Rate::Weekly { .. } => {
                endless(self.tiling().is_none_or(|tiling| tiling.cycle_integral() == 0.0))
            }
            Rate::Clamp { max: Some(max), .. } if *max == 0.0 => 0.0,
            Rate::Clamp { min: Some(min), .. } if *min > 0.0 => f64::INFINITY,
            Rate::Clamp { rate, .. } => rate.most_after(t_s),
            Rate::Trace(_) | Rate::Pulse { .. } | Rate::Burst { .. } => self.integral(t_s, f64::INFINITY),
            Rate::Sum(_) | Rate::Scale { .. } | Rate::Shift { .. } | Rate::Growth { .. } => self.most_after(t_s),
        }
    }

    /// Where the rate is lowest on `[a_s, b_s]`, and how low: `(instant, rate)`. Where it jumps, the limit from the
    /// left counts too. Of equal lows it is one of the first; a value within rounding of 0 is given as 0, so that a
    /// negative answer is a negative rate.
    ///
    /// Branch and bound over the pieces, to 1e-12 of the largest value. A rate of more than a million pieces that
    /// cannot be told apart by their bounds is searched only that far.
    pub fn lowest(&self, a_s: Seconds, b_s: Seconds) -> (Seconds, PerSecond) {
        match self {
            Rate::Scale { by, rate } if *by >= 0.0 => {
                let (at_s, value) = rate.lowest(a_s, b_s);
                return (at_s, by * value);
            }
            Rate::Shift { by_s, rate } => {
                let (at_s, value) = rate.lowest(a_s - by_s, b_s - by_s);
                return ((at_s + by_s).clamp(a_s, b_s), value);
            }
            Rate::Repeat { .. } | Rate::Weekly { .. } => {
                if let Some((from_s, until_s)) = self.tiling().and_then(|tiling| tiling.one_cycle(a_s, b_s)) {
                    return self.lowest_by_pieces(from_s, until_s);
                }
            }
            _ => {}
        }
        self.lowest_by_pieces(a_s, b_s)
    }

    fn lowest_by_pieces(&self, a_s: Seconds, b_s: Seconds) -> (Seconds, PerSecond) {
        let (low, high) = self.bounds(a_s, b_s);
        let rounding = 1e-12 * low.abs().max(high.abs());
        let mut best = (a_s, self.at(a_s));
        let mut stretches = vec![(a_s, b_s)];
        let mut looked = 0;
        while let Some((from_s, until_s)) = stretches.pop() {
            looked += 1;
            if looked > MOST_STRETCHES {
                break;
            }
            if self.bounds(from_s, until_s).0 >= best.1 - rounding {
                continue;
            }
            let piece = self.piece(from_s);
            let end_s = piece.until_s.min(until_s);
            best = piece.lowest((from_s, end_s), best, rounding);
            if end_s < until_s {
                // The earlier half is looked at first.
                let middle_s = 0.5 * (end_s + until_s);
                if middle_s > end_s && middle_s < until_s {
                    stretches.push((middle_s, until_s));
                    stretches.push((end_s, middle_s));
                } else {
                    stretches.push((end_s, until_s));
                }
            }
        }
        (best.0, if best.1.abs() <= rounding { 0.0 } else { best.1 })
    }
}

/// Enclosure of two end values and everything listed from `a_s` to `b_s`.
fn spanned(changes: &[(Seconds, PerSecond)], begin: f64, end: f64, a_s: Seconds, b_s: Seconds) -> (f64, f64) {
    let first = changes.partition_point(|(at_s, _)| *at_s < a_s);
    let inside = changes[first..].iter().take_while(|(at_s, _)| *at_s <= b_s).map(|(_, rate)| *rate);
    inside.chain([end]).fold((begin, begin), |(low, high), rate| (low.min(rate), high.max(rate)))
}
