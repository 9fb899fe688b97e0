//! Who publishes, how fast and how irregularly.
//!
//! Not here: random numbers; the events engine turns these settings into instants.

use std::sync::Arc;

use super::{Destination, Distribution, QueueId, Rate};
use crate::units::Seconds;

/// A source of messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Producer {
    /// Key in the scenario.
    pub name: String,
    /// Where it publishes to.
    pub to: Destination,
    /// When it publishes.
    pub arrivals: Arrivals,
    /// Level of its messages in queues with priorities, 0 the most urgent; without it, the queue's shares.
    pub priority: Option<u32>,
    /// What it does while the broker is away.
    pub when_away: WhenAway,
    /// Publisher confirms, if it waits for them.
    pub confirms: Option<Confirms>,
}

impl Producer {
    /// A producer that publishes to one queue and does not wait for confirms.
    pub fn new(name: impl Into<String>, to: QueueId, arrivals: Arrivals) -> Self {
        Producer {
            name: name.into(),
            to: Destination::Queue(to),
            arrivals,
            priority: None,
            when_away: WhenAway::Block,
            confirms: None,
        }
    }
}

/// What a producer does while the broker is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenAway {
    /// Its clock stops.
    #[default]
    Block,
    /// What it publishes is lost.
    Lose,
}

/// Publisher confirms: a closed loop, in which the producer's clock stops while `window` publishes are unconfirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirms {
    /// From publish to confirm.
    pub latency: Distribution,
    /// Most unconfirmed publishes, at least 1.
    pub window: u32,
}

/// When a producer publishes.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A rate P(t) and the randomness around it.
    Process {
        /// P(t).
        rate: Rate,
        /// How the instants scatter around the rate.
        process: Process,
    },
    /// Exact instants, in order; shared, because a recording may be large.
    Recorded(Arc<[RecordedMessage]>),
}

/// One row of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedMessage {
    /// Publish instant in seconds, at or after 0, in ascending order.
    pub published_s: Seconds,
    /// Work of the first attempt in seconds, if it was recorded.
    pub service_s: Option<Seconds>,
}

/// How publish instants scatter around the rate. All of them work on the integral Λ(t) of the rate, so that each is
/// correct for every rate function.
#[derive(Clone, Debug, PartialEq)]
pub enum Process {
    /// Exponential gaps in Λ: a (non-homogeneous) Poisson process.
    Poisson,
    /// Gap 1 in Λ, the first message at Λ = 1: a metronome that follows the rate.
    Regular,
    /// Time-changed equilibrium renewal process (Gerhardt and Nelson 2009).
    Renewal(Renewal),
    /// Markov-modulated Poisson: states visited in order, exponential sojourns, stationary at t = 0.
    Mmpp(Vec<MmppState>),
    /// `size` messages at each instant of a process that runs at rate / size.
    Batches {
        /// Messages per instant, at least 1.
        size: u32,
        /// The process of the instants; not itself batches.
        of: Box<Process>,
    },
}

/// Gap law of a renewal process, mean 1 in Λ.
#[derive(Clone, Debug, PartialEq)]
pub enum Renewal {
    /// Coefficient of variation: balanced-means H2 above 1, gamma below, exponential at 1, constant at 0.
    Cv(f64),
    /// The shape of this distribution; its mean is scaled to 1.
    Gap(Distribution),
}

/// One state of a Markov-modulated Poisson process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MmppState {
    /// Factor on the rate, normalised over the states so that the stationary mean factor is 1.
    pub factor: f64,
    /// Mean sojourn in seconds, above 0.
    pub mean_s: Seconds,
}
