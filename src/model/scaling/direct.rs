//! Settings of strategies that belong to no product: timetables, feed-forward, age, PID, forecasts and the oracle.
//!
//! Not here: how they decide (`scaling`).

use super::{Bounds, CronWindow, Signal};
use crate::units::{PerSecond, Seconds};

/// A timetable.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// `(from_s, replicas)`, ascending, the first at 0.
    Steps(Vec<(Seconds, u32)>),
    /// The largest of the windows that are open; `otherwise` when none is.
    Cron {
        /// Size outside every window.
        otherwise: u32,
        /// Windows, each with its zone.
        windows: Vec<CronWindow>,
    },
}

impl Schedule {
    /// The smallest and the largest size in it.
    pub fn bounds(&self) -> Bounds {
        let sizes: Vec<u32> = match self {
            Schedule::Steps(steps) => steps.iter().map(|(_, replicas)| *replicas).collect(),
            Schedule::Cron { otherwise, windows } => {
                windows.iter().map(|window| window.desired).chain([*otherwise]).collect()
            }
        };
        let least = sizes.iter().copied().min().unwrap_or(0);
        Bounds { min: least, max: sizes.into_iter().max().unwrap_or(least) }
    }
}

/// Feed-forward: enough replicas for what arrives now, and for the backlog within the time given.
///
/// wanted = ⌈(λ / utilization + backlog / drain) / μ⌉ with λ the publish rate and μ the rate of one replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateScaling {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// How often it decides, default 15 s.
    pub period_s: Seconds,
    /// Messages per second of one replica; above 0.
    pub per_replica_per_s: PerSecond,
    /// Utilization aimed at, default 0.8, in (0, 1].
    pub utilization: f64,
    /// Time in which the backlog is to be gone, default 60 s.
    pub drain_s: Seconds,
    /// The highest advice of this time counts on the way down, default 60 s.
    pub down_window_s: Seconds,
}

impl RateScaling {
    /// Every default, for replicas that serve this many messages per second each.
    pub fn new(bounds: Bounds, per_replica_per_s: PerSecond) -> Self {
        Self { bounds, period_s: 15.0, per_replica_per_s, utilization: 0.8, drain_s: 60.0, down_window_s: 60.0 }
    }
}

/// On the age of the oldest message: proportional upwards, one by one downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgeScaling {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// How often it decides, default 15 s.
    pub period_s: Seconds,
    /// Age aimed at; above 0.
    pub target_s: Seconds,
    /// No change upwards within this share of the target, default 0.1.
    pub tolerance: f64,
    /// At most this many times the size per decision, default 2.
    pub growth: f64,
    /// Share of the target below which it shrinks, default 0.5.
    pub low: f64,
    /// Time below that share before one replica leaves, default 60 s.
    pub down_after_s: Seconds,
}

impl AgeScaling {
    /// Every default, for this age.
    pub fn new(bounds: Bounds, target_s: Seconds) -> Self {
        Self { bounds, period_s: 15.0, target_s, tolerance: 0.1, growth: 2.0, low: 0.5, down_after_s: 60.0 }
    }
}

/// A PID controller on any signal: wanted = Kp·e + Ki·∫e dt + Kd·dy/dt with e = y − set-point.
///
/// The integral starts so that the first decision keeps the size, and stands still while the size is at a bound
/// (conditional integration; Åström and Hägglund, "Advanced PID Control", 2006, §3.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pid {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// How often it decides, default 15 s.
    pub period_s: Seconds,
    /// What is controlled.
    pub signal: Signal,
    /// Where it is to be.
    pub set_point: f64,
    /// Kp: replicas per unit.
    pub proportional: f64,
    /// Ki: replicas per unit and second, default 0.
    pub integral: f64,
    /// Kd: replicas per unit per second, default 0.
    pub derivative: f64,
}

impl Pid {
    /// A proportional controller that holds a signal at a set-point, with every default.
    pub fn new(bounds: Bounds, signal: Signal, set_point: f64, proportional: f64) -> Self {
        Self { bounds, period_s: 15.0, signal, set_point, proportional, integral: 0.0, derivative: 0.0 }
    }
}

/// How many replicas a known rate needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Staffing {
    /// ⌈offered load / utilization⌉.
    Utilization(f64),
    /// ⌈a + β√a⌉ slots for an offered load of a slots (square-root staffing; Halfin and Whitt, 1981).
    SquareRoot {
        /// β: 0 is critical load, 1 to 2 is usual.
        beta: f64,
    },
    /// The fewest with P(W > `within_s`) ≤ `share` in M/M/c (Erlang, 1917).
    ErlangC {
        /// Wait that is allowed.
        within_s: Seconds,
        /// Share of messages that may wait longer.
        share: f64,
    },
}

impl Default for Staffing {
    /// The utilization that feed-forward aims at too.
    fn default() -> Self {
        Self::Utilization(0.8)
    }
}

/// What one replica does, as far as staffing needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workforce {
    /// Slots of one replica, at least 1.
    pub slots: u32,
    /// Messages per second of one slot; above 0.
    pub per_slot_per_s: PerSecond,
}

/// A forecast of the publish rate over the start-up time, staffed by queueing theory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predictive {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// How often it decides, and the width of an interval of the history, default 60 s.
    pub period_s: Seconds,
    /// How the rate is foreseen.
    pub forecast: Forecast,
    /// Length of a season, default 24 h; a whole number of periods.
    pub season_s: Seconds,
    /// How far ahead: start-up time and what else passes before a replica works.
    pub lead_s: Seconds,
    /// From rate to replicas.
    pub staffing: Staffing,
    /// What one replica does.
    pub workforce: Workforce,
    /// Time in which a backlog is to be gone; `None` leaves it to chance.
    pub drain_s: Option<Seconds>,
}

impl Predictive {
    /// Every default, for replicas that need `lead_s` to come.
    pub fn new(bounds: Bounds, lead_s: Seconds, workforce: Workforce) -> Self {
        Self {
            bounds,
            period_s: 60.0,
            forecast: Forecast::default(),
            season_s: 86_400.0,
            lead_s,
            staffing: Staffing::default(),
            workforce,
            drain_s: None,
        }
    }
}

/// How a rate is foreseen. Before one whole season has been seen, the rate stays what it was in the last interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Forecast {
    /// What it was one season ago.
    #[default]
    SeasonalNaive,
    /// Additive level, trend and season (Winters, 1960; Hyndman and Athanasopoulos, "Forecasting", §8.3).
    HoltWinters {
        /// α, in (0, 1).
        level: f64,
        /// β*, in [0, 1).
        trend: f64,
        /// γ, in [0, 1).
        season: f64,
    },
}

/// Knows P(t): what is left when nothing has to be guessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oracle {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// How often it decides, default 15 s.
    pub period_s: Seconds,
    /// How far ahead it looks: the start-up time.
    pub lead_s: Seconds,
    /// From rate to replicas.
    pub staffing: Staffing,
    /// What one replica does.
    pub workforce: Workforce,
    /// Time in which a backlog is to be gone; `None` leaves it to chance.
    pub drain_s: Option<Seconds>,
}

impl Oracle {
    /// Every default, for replicas that need `lead_s` to come.
    pub fn new(bounds: Bounds, lead_s: Seconds, workforce: Workforce) -> Self {
        Self { bounds, period_s: 15.0, lead_s, staffing: Staffing::default(), workforce, drain_s: None }
    }
}
