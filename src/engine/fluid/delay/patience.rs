//! FIFO delays where messages are impatient: those ahead of a message leave by being taken or by being given up.
//!
//! Of the `ahead` messages before the one that came at s, θ·ahead per second are given up and C are taken:
//! ahead' = −C − θ·ahead, and the message's turn is when nothing is ahead (Whitt 2006, the fluid of G/GI/s+GI). What is
//! told is the delay of those that stay. Not here: messages that are given up.

use crate::engine::fluid::roots::reaches;
use crate::engine::fluid::trajectory::{Regime, Trajectory};
use crate::units::Seconds;

/// Instants per piece at which the largest delay is looked for first.
const POINTS: usize = 16;
/// Steps of a golden-section search: the bracket shrinks to 1e-10 of its width.
const GOLDEN_STEPS: usize = 48;
/// A share so small of what was ahead, or was taken, is nothing: 64 roundings.
const DUST: f64 = 64.0 * f64::EPSILON;

impl Trajectory {
    /// Publish → service start of a message published at `published_s` that stays; `None` where it is never taken.
    pub(super) fn impatient_delay_at(&self, published_s: Seconds, patience: f64) -> Option<Seconds> {
        let s = published_s + self.delivery_delay_s;
        let index = self.index_at(s);
        let begin = self.pieces[index].backlog_at(s);
        if begin == 0.0 {
            return Some(self.delivery_delay_s);
        }
        let (mut ahead, mut from_s) = (begin, s);
        for piece in &self.pieces[index..] {
            let taken = piece.served();
            let fall = -taken.at(from_s) - patience * ahead;
            let net = taken.scaled(-1.0).derivative().relaxing(patience, fall, from_s)?;
            let left = ahead + net.integral(from_s, piece.until_s);
            let passed = taken.integral(from_s, piece.until_s);
            // An instant late in a long run is itself rounded.
            let clock = 4.0 * f64::EPSILON * piece.until_s * (taken.at(piece.until_s) + patience * begin);
            if left <= DUST * (begin + passed) + clock && passed > 0.0 {
                let t = if left < 0.0 { reaches(&net, from_s, piece.until_s, -ahead) } else { piece.until_s };
                return Some(t - published_s);
            }
            (ahead, from_s) = (left.max(0.0), piece.until_s);
        }
        None
    }

    /// Largest delay of the messages published in `[0, horizon]` that stay, to some 1e-9; `None` if some are never
    /// taken.
    pub(super) fn max_impatient_delay_s(&self, patience: f64) -> Option<Seconds> {
        let at = |t: Seconds| self.impatient_delay_at(t, patience);
        let mut most = at(self.horizon_s)?;
        let last_s = self.horizon_s + self.delivery_delay_s;
        let comes = |piece: &&super::Piece| piece.regime != Regime::Empty && piece.from_s < last_s;
        for piece in self.pieces.iter().filter(comes) {
            let (a, b) = (piece.from_s - self.delivery_delay_s, piece.until_s.min(last_s) - self.delivery_delay_s);
            let instants: Vec<Seconds> = (0..=POINTS).map(|k| a + (b - a) * k as f64 / POINTS as f64).collect();
            let delays = instants.iter().map(|t| at(t.max(0.0))).collect::<Option<Vec<_>>>()?;
            let best = (1..delays.len()).fold(0, |best, k| if delays[k] > delays[best] { k } else { best });
            most = most.max(delays[best]);
            let bracket = (instants[best.saturating_sub(1)].max(0.0), instants[(best + 1).min(POINTS)]);
            if best > 0 && best < POINTS {
                most = most.max(highest(bracket, |t| at(t).unwrap_or(0.0)));
            }
        }
        Some(most)
    }
}

/// Highest value of a function with one peak between.
fn highest((mut low, mut high): (Seconds, Seconds), f: impl Fn(Seconds) -> f64) -> f64 {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..GOLDEN_STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if f(left) < f(right) {
            low = left;
        } else {
            high = right;
        }
    }
    f(0.5 * (low + high))
}
