//! Rate functions P(t): what is published per second as a function of time.
//!
//! The same functions with bare numbers serve as factors (a group's `speed`). Not here: randomness.
//!
//! Every rate of this language is, between two breakpoints, a sum of terms e^(κt)·(a + bt) and e^(κt)·A·sin(ωt + φ):
//! sums, multiples, shifts, repetitions and exponential growth of such functions are such functions again, and a
//! clamped one is either itself or constant. So a [`Piece`] has its integral, its derivative and its bounds in closed
//! form, and so has every rate: nothing here integrates numerically. A clamp's switching instants and the inverse
//! integral of curved pieces are found by bracketed root finding to the last digits of `f64`.

mod bounds;
mod integral;
mod piece;
mod pieces;
mod tiling;
mod trace;

use std::sync::Arc;

pub use piece::{Piece, Term};
pub use pieces::Pieces;
pub use trace::{Trace, TracePiece};

use tiling::Tiling;

use crate::units::{PerSecond, Seconds};

/// A rate as a function of time. Times are seconds since the scenario's start, rates are per second.
///
/// A closed set: the scenario language can name only these, and a new one makes the compiler list every place to
/// think about. Before t = 0 a rate has no meaning to the engines, but `Shift` may ask for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Rate {
    /// The same rate throughout.
    Constant(PerSecond),
    /// `(from, rate)`, ascending: each holds until the next; the first one also before.
    Steps(Vec<(Seconds, PerSecond)>),
    /// `(at, rate)`, ascending: straight lines between, flat outside.
    Points(Vec<(Seconds, PerSecond)>),
    /// mean + amplitude · sin(2π(t − phase)/period).
    Sine {
        /// Mean rate.
        mean: PerSecond,
        /// Amplitude; may be negative.
        amplitude: PerSecond,
        /// Period in seconds, above 0.
        period_s: Seconds,
        /// Time of the upward crossing of the mean.
        phase_s: Seconds,
    },
    /// `height` on `[from, until)`, 0 elsewhere.
    Pulse {
        /// Rate inside.
        height: PerSecond,
        /// Begin.
        from_s: Seconds,
        /// End, after the begin.
        until_s: Seconds,
    },
    /// `height`·exp(−(t − at)/decay) from `at` on, 0 before.
    Burst {
        /// Rate at `at`.
        height: PerSecond,
        /// Begin.
        at_s: Seconds,
        /// Time in which it falls to 1/e, above 0.
        decay_s: Seconds,
    },
    /// Recorded rates: piecewise linear knots with jumps allowed, 0 outside; shared, because it may be large.
    Trace(Arc<Trace>),
    /// The sum of its parts; 0 when empty.
    Sum(Vec<Rate>),
    /// `by` times the rate.
    Scale {
        /// Factor.
        by: f64,
        /// What is scaled.
        rate: Box<Rate>,
    },
    /// The rate's first `every` seconds again and again.
    Repeat {
        /// Period in seconds, above 0.
        every_s: Seconds,
        /// What is repeated.
        rate: Box<Rate>,
    },
    /// One rate per day of the week, Monday first; each is a function of the time of day and starts anew every day.
    Weekly {
        /// Monday to Sunday.
        days: Box<[Rate; 7]>,
        /// Time since Monday 00:00 at t = 0, in seconds.
        offset_s: Seconds,
    },
    /// The rate moved later by `by` seconds (earlier if negative).
    Shift {
        /// Delay in seconds.
        by_s: Seconds,
        /// What is moved.
        rate: Box<Rate>,
    },
    /// rate(t) · factor^(t / every): exponential growth, continuous.
    Growth {
        /// Factor per `every`, above 0.
        factor: f64,
        /// Time in which the rate grows by the factor, above 0.
        every_s: Seconds,
        /// What grows.
        rate: Box<Rate>,
    },
    /// The rate kept within bounds.
    Clamp {
        /// Lower bound, if any.
        min: Option<PerSecond>,
        /// Upper bound, if any.
        max: Option<PerSecond>,
        /// What is clamped.
        rate: Box<Rate>,
    },
}

impl Rate {
    /// The rate at `t_s`, continuous from the right: at a jump the value after it.
    pub fn at(&self, t_s: Seconds) -> PerSecond {
        match self {
            Rate::Constant(rate) => *rate,
            Rate::Steps(steps) => step_at(steps, t_s),
            Rate::Points(points) => line_at(points, t_s).0,
            Rate::Sine { mean, amplitude, period_s, phase_s } => {
                mean + amplitude * wave_angle(t_s - phase_s, *period_s).sin()
            }
            Rate::Pulse { height, from_s, until_s } if *from_s <= t_s && t_s < *until_s => *height,
            Rate::Burst { height, at_s, decay_s } if *at_s <= t_s => height * (-(t_s - at_s) / decay_s).exp(),
            Rate::Pulse { .. } | Rate::Burst { .. } => 0.0,
            Rate::Trace(trace) => trace.at(t_s),
            Rate::Sum(parts) => parts.iter().map(|part| part.at(t_s)).sum(),
            Rate::Scale { by, rate } => by * rate.at(t_s),
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => {
                self.tiling().map_or(0.0, |tiling| tiling.at(t_s))
            }
            Rate::Growth { factor, every_s, rate } => match rate.at(t_s) {
                // Not even growth beyond all numbers makes something of nothing.
                0.0 => 0.0,
                value => value * growth_at(*factor, *every_s, t_s),
            },
            Rate::Clamp { min, max, rate } => clamped(rate.at(t_s), *min, *max),
        }
    }

    /// The mean rate over `[a_s, b_s]`; the rate itself where the interval is a point.
    pub fn mean(&self, a_s: Seconds, b_s: Seconds) -> PerSecond {
        if b_s > a_s { self.integral(a_s, b_s) / (b_s - a_s) } else { self.at(a_s) }
    }

    /// Whether the rate is constant between breakpoints, as far as its form tells.
    pub fn is_piecewise_constant(&self) -> bool {
        match self {
            Rate::Constant(_) | Rate::Steps(_) | Rate::Pulse { .. } => true,
            Rate::Points(points) => points.windows(2).all(|pair| pair[0].1 == pair[1].1),
            Rate::Sine { amplitude, .. } => *amplitude == 0.0,
            Rate::Burst { height, .. } => *height == 0.0,
            Rate::Trace(trace) => trace.pieces().iter().all(|piece| piece.rate_from == piece.rate_until),
            Rate::Sum(parts) => parts.iter().all(Rate::is_piecewise_constant),
            Rate::Scale { by, rate } => *by == 0.0 || rate.is_piecewise_constant(),
            Rate::Weekly { days, .. } => days.iter().all(Rate::is_piecewise_constant),
            Rate::Growth { factor, rate, .. } => *factor == 1.0 && rate.is_piecewise_constant(),
            Rate::Repeat { rate, .. } | Rate::Shift { rate, .. } | Rate::Clamp { rate, .. } => {
                rate.is_piecewise_constant()
            }
        }
    }

    /// The next instant after `t_s` at which the rate may jump; infinite if there is none.
    fn next_jump_s(&self, t_s: Seconds) -> Seconds {
        match self {
            Rate::Constant(_) | Rate::Sine { .. } => f64::INFINITY,
            Rate::Steps(changes) | Rate::Points(changes) => {
                let passed = changes.partition_point(|(at_s, _)| *at_s <= t_s);
                changes.get(passed).map_or(f64::INFINITY, |(at_s, _)| *at_s)
            }
            Rate::Pulse { from_s, until_s, .. } => first_after(t_s, &[*from_s, *until_s]),
            Rate::Burst { at_s, .. } => first_after(t_s, &[*at_s]),
            Rate::Trace(trace) => trace.next_edge_s(t_s),
            Rate::Sum(parts) => parts.iter().map(|part| part.next_jump_s(t_s)).fold(f64::INFINITY, f64::min),
            Rate::Scale { rate, .. } | Rate::Growth { rate, .. } | Rate::Clamp { rate, .. } => rate.next_jump_s(t_s),
            Rate::Repeat { .. } | Rate::Weekly { .. } | Rate::Shift { .. } => {
                self.tiling().map_or(f64::INFINITY, |tiling| tiling.next_jump_s(t_s))
            }
        }
    }

    /// Rates that are laid end to end on the time axis, as such.
    fn tiling(&self) -> Option<Tiling<'_>> {
        match self {
            Rate::Repeat { every_s, rate } => {
                Some(Tiling { rates: std::slice::from_ref(&**rate), length_s: *every_s, offset_s: 0.0 })
            }
            Rate::Weekly { days, offset_s } => Some(Tiling { rates: &days[..], length_s: DAY_S, offset_s: *offset_s }),
            Rate::Shift { by_s, rate } => {
                Some(Tiling { rates: std::slice::from_ref(&**rate), length_s: f64::INFINITY, offset_s: -by_s })
            }
            _ => None,
        }
    }
}

/// Seconds in a day.
const DAY_S: Seconds = 86_400.0;

/// The step that holds at `t_s`; the first one also before it.
fn step_at(steps: &[(Seconds, PerSecond)], t_s: Seconds) -> PerSecond {
    let passed = steps.partition_point(|(from_s, _)| *from_s <= t_s);
    steps.get(passed.saturating_sub(1)).map_or(0.0, |(_, rate)| *rate)
}

/// Value, slope and end of the straight line at `t_s`; flat outside the points.
fn line_at(points: &[(Seconds, PerSecond)], t_s: Seconds) -> (PerSecond, f64, Seconds) {
    let passed = points.partition_point(|(at_s, _)| *at_s <= t_s);
    match (passed.checked_sub(1).and_then(|last| points.get(last)), points.get(passed)) {
        (Some(&(from_s, rate_from)), Some(&(until_s, rate_until))) => {
            let slope = (rate_until - rate_from) / (until_s - from_s);
            (rate_from + (rate_until - rate_from) * ((t_s - from_s) / (until_s - from_s)), slope, until_s)
        }
        (None, Some(&(until_s, rate))) => (rate, 0.0, until_s),
        (Some(&(_, rate)), None) => (rate, 0.0, f64::INFINITY),
        (None, None) => (0.0, 0.0, f64::INFINITY),
    }
}

/// 2π·(elapsed / period), reduced to one turn before it loses digits.
fn wave_angle(elapsed_s: Seconds, period_s: Seconds) -> f64 {
    let turns = elapsed_s / period_s;
    std::f64::consts::TAU * (turns - turns.floor())
}

/// factor^(t / every).
fn growth_at(factor: f64, every_s: Seconds, t_s: Seconds) -> f64 {
    if factor == 1.0 { 1.0 } else { (factor.ln() * (t_s / every_s)).exp() }
}

/// `value` within its bounds; where they contradict each other the upper one holds.
fn clamped(value: f64, min: Option<f64>, max: Option<f64>) -> f64 {
    let raised = min.map_or(value, |min| value.max(min));
    max.map_or(raised, |max| raised.min(max))
}

/// The first of ascending instants after `t_s`.
fn first_after(t_s: Seconds, instants_s: &[Seconds]) -> Seconds {
    instants_s.iter().copied().find(|instant_s| *instant_s > t_s).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
pub(crate) mod tests;
