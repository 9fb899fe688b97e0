//! What was promised.

use super::QueueId;
use crate::units::Seconds;

/// One service-level objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// Key in the scenario.
    pub name: String,
    /// The queue that it speaks of; of a path, the last one.
    pub queue: QueueId,
    /// The path whose end-to-end latency it speaks of instead, by its index in [`super::Model::paths`].
    pub path: Option<usize>,
    /// What must hold.
    pub promise: Promise,
    /// Narrows the promise to messages published, or instants, in this window.
    pub during: Option<Window>,
}

/// A window of scenario time, `[from_s, until_s)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Begin.
    pub from_s: Seconds,
    /// End, after the begin.
    pub until_s: Seconds,
}

/// What an SLO demands; the value must be *below* the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Promise {
    /// Publish → ack.
    Latency(Quantile, Seconds),
    /// Publish → first start.
    Wait(Quantile, Seconds),
    /// Ready + unacked, in messages.
    Depth(Level, f64),
    /// Share of published messages that are lost (rejected, dropped, …), in `[0, 1]`.
    LossShare(f64),
    /// Nothing is ready from this instant to the horizon.
    DrainedBy(Seconds),
}

/// Which statistic of a duration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantile {
    /// Arithmetic mean.
    Mean,
    /// Largest value.
    Max,
    /// Share in `(0, 1)`: p99 is 0.99, p999 is 0.999.
    P(f64),
}

/// Which statistic of a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Time-weighted mean.
    Mean,
    /// Largest value.
    Max,
    /// Time-weighted quantile, share in `(0, 1)`.
    P(f64),
}
