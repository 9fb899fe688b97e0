//! Integrals and inverse integrals of rates, exact.
//!
//! Not here: pieces' own integrals (`piece`), running sums (`trace`), repetition (`tiling`).

use super::{Rate, wave_angle};
use crate::units::{Messages, Seconds};

impl Rate {
    /// ∫ of the rate over `[a_s, b_s]`: how many messages are expected there. 0 if `b_s` is not after `a_s`.
    ///
    /// Exact but for rounding, for every rate. Traces and repetitions take O(log n) whatever the interval; sums, scaled
    /// and shifted rates as long as their parts; growth and clamps one step per piece of the interval.
    pub fn integral(&self, a_s: Seconds, b_s: Seconds) -> Messages {
        if b_s <= a_s {
            return 0.0;
        }
        match self {
            Rate::Constant(rate) => rate * (b_s - a_s),
            Rate::Sine { mean, amplitude, period_s, phase_s } => {
                let half = std::f64::consts::PI * (b_s - a_s) / period_s;
                let middle = wave_angle(0.5 * (a_s + b_s) - phase_s, *period_s);
                mean * (b_s - a_s) + amplitude * period_s * std::f64::consts::FRAC_1_PI * half.sin() * middle.sin()
            }
            Rate::Pulse { height, from_s, until_s } => height * (b_s.min(*until_s) - a_s.max(*from_s)).max(0.0),
            Rate::Burst { height, at_s, decay_s } => {
                let from_s = a_s.max(*at_s);
                let width = (b_s - from_s).max(0.0);
                -height * decay_s * (-(from_s - at_s) / decay_s).exp() * (-width / decay_s).exp_m1()
            }
            Rate::Trace(trace) => trace.integral(a_s, b_s),
            Rate::Sum(parts) => parts.iter().map(|part| part.integral(a_s, b_s)).sum(),
            Rate::Scale { by, rate } => by * rate.integral(a_s, b_s),
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => {
                self.tiling().map_or(0.0, |tiling| tiling.integral(a_s, b_s))
            }
            Rate::Steps(_) | Rate::Points(_) | Rate::Growth { .. } | Rate::Clamp { .. } => {
                self.pieces(a_s, b_s).map(|piece| piece.integral(piece.from_s, piece.until_s)).sum()
            }
        }
    }

    /// The smallest instant at or after `from_s` by which `amount` messages are expected to have come since `from_s`;
    /// `None` if that never happens. The rate must not be negative after `from_s`.
    ///
    /// Stretches without messages are skipped; where the amount is complete within rounding at the begin of such a
    /// stretch, the answer is its begin.
    pub fn inverse(&self, from_s: Seconds, amount: Messages) -> Option<Seconds> {
        if amount <= 0.0 {
            return Some(from_s);
        }
        match self {
            Rate::Scale { by, .. } if *by <= 0.0 => None,
            Rate::Scale { by, rate } => rate.inverse(from_s, amount / by),
            Rate::Trace(trace) => trace.inverse(from_s, amount),
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => self.tiling()?.inverse(from_s, amount),
            _ => self.inverse_by_pieces(from_s, amount),
        }
    }

    fn inverse_by_pieces(&self, from_s: Seconds, amount: Messages) -> Option<Seconds> {
        let mut missing = amount;
        for (passed, piece) in self.pieces(from_s, f64::INFINITY).enumerate() {
            // Pieces may go on for ever and bring less and less; asked at every doubling this costs next to nothing.
            if passed.is_power_of_two() && self.most_after(piece.from_s) < missing {
                return None;
            }
            if piece.until_s == f64::INFINITY {
                return piece.inverse_s(piece.from_s, missing);
            }
            let here = piece.integral(piece.from_s, piece.until_s);
            // What rounding may have left over of the amount so far.
            if missing <= here + 8.0 * f64::EPSILON * amount && here > 0.0 {
                return Some(piece.inverse_s(piece.from_s, missing).unwrap_or(piece.until_s));
            }
            // Growth beyond what numbers hold has no answer.
            if here.is_nan() {
                return None;
            }
            missing -= here;
        }
        None
    }
}
