//! The running scalers: small state machines from what is seen of a queue to the wanted replicas.
//!
//! Each has its settings (`model::scaling`), a small state, and one function; it asks no clock, draws nothing at random
//! and remembers only what the real controller remembers. The same machines serve every engine. Not here: engines,
//! messages, and how old what is seen is (whoever observes decides that).

mod age;
mod clock;
pub mod hpa;
pub mod jobs;
pub mod keda;
mod lambda;
mod log;
mod oracle;
mod pid;
mod plain;
mod predictive;
mod rate;
mod reason;
mod scaler;
mod schedule;
mod staffing;
mod step;
mod target_tracking;
pub mod trigger;

pub use plain::PlainReason;
pub use reason::{Reason, Reasons, Rule};
pub use scaler::{Scaler, World};
pub use trigger::Partition;

use crate::model::scaling::Signal;
use crate::units::{PerSecond, Seconds};

/// What a scaler may know when it decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation<'o> {
    /// Seconds since the start of the run.
    pub now_s: Seconds,
    /// Replicas that were last asked for (`spec.replicas`).
    pub wanted: u32,
    /// Replicas that exist: started and not terminated (`status.replicas`); for Jobs: unfinished ones.
    pub running: u32,
    /// Replicas that take messages.
    pub ready: u32,
    /// What the metrics pipeline shows of the queue, as old as it may be; `None` while it cannot be read.
    pub sight: Option<Sight<'o>>,
    /// Whether reasons are wanted.
    pub explain: bool,
}

/// A queue as a broker's metrics show it. Counts may be fractions where messages are a fluid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight<'o> {
    /// Messages that wait for delivery.
    pub ready: f64,
    /// Messages that are with a consumer.
    pub unacked: f64,
    /// Messages that cannot be delivered yet.
    pub delayed: f64,
    /// Published per second, over the broker's sampling interval.
    pub publish_per_s: PerSecond,
    /// Delivered per second, over the broker's sampling interval.
    pub deliver_per_s: PerSecond,
    /// Age of the oldest message that waits; 0 when none does.
    pub oldest_age_s: Seconds,
    /// Busy slots as a share of the slots of ready replicas; 0 without any.
    pub utilization: f64,
    /// Partitions of the queue; empty when it has none.
    pub partitions: &'o [Partition],
}

impl Sight<'_> {
    /// The value of a signal.
    pub fn read(&self, signal: Signal) -> f64 {
        match signal {
            Signal::Ready => self.ready,
            Signal::Depth => self.ready + self.unacked,
            Signal::Unacked => self.unacked,
            Signal::Delayed => self.delayed,
            Signal::PublishRate => self.publish_per_s,
            Signal::DeliverRate => self.deliver_per_s,
            Signal::OldestAge => self.oldest_age_s,
            Signal::Utilization => self.utilization,
        }
    }
}

/// What a scaler decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Replicas that are wanted from now on.
    pub wanted: u32,
    /// Why, line by line; empty unless it was asked for.
    pub reasons: Vec<Reason>,
}

impl Decision {
    /// The size that the arithmetic asked for, before rules held it back, if reasons were asked for and say so: the
    /// highest of several; where no rule held anything back, the size itself.
    pub fn proposed(&self) -> Option<u32> {
        let proposals = self.reasons.iter().filter_map(Reason::proposal);
        proposals.max().or_else(|| (!self.reasons.is_empty() && self.held_by().is_none()).then_some(self.wanted))
    }

    /// The last rule that held the size back, if reasons were asked for and there is one.
    pub fn held_by(&self) -> Option<Rule> {
        self.reasons.iter().rev().find_map(Reason::rule)
    }
}
