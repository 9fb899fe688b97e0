//! Rate functions P(t): what is published per second as a function of time.
//!
//! The same functions with bare numbers serve as factors (a group's `speed`). Not here: randomness.

use std::sync::Arc;

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

/// A recorded rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Pieces in ascending order, touching each other; the rate is 0 outside.
    pub pieces: Vec<TracePiece>,
}

/// A piece of a recorded rate: constant where it was recorded, a straight line where rows were missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePiece {
    /// Begin.
    pub from_s: Seconds,
    /// End, after the begin.
    pub until_s: Seconds,
    /// Rate at the begin.
    pub rate_from: PerSecond,
    /// Rate just before the end.
    pub rate_until: PerSecond,
}
