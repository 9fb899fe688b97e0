//! The valid world: what a scenario means once every fault is out of it.
//!
//! Immutable, free of text positions and files, and `Clone + PartialEq`. Not here: parsing (`scenario`), running
//! state (`engine`), results (`measure`).

mod arrivals;
mod consumers;
pub mod cost;
pub mod distribution;
mod queue;
pub mod rate;
pub mod scaling;
mod slo;

pub use arrivals::{Arrivals, MmppState, Process, Producer, RecordedMessage, Renewal};
pub use consumers::{ConsumerGroup, Cost, RateLimit, Replicas, Shutdown};
pub use distribution::Distribution;
pub use queue::{Overflow, Queue};
pub use rate::Rate;
pub use slo::{Level, Promise, Quantile, Slo, Window};

use crate::units::Seconds;

/// Index of a queue in [`Model::queues`].
pub type QueueId = usize;

/// A whole scenario, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The scenario's name: also the folder that its results are written to.
    pub name: String,
    /// Free text for people, never interpreted.
    pub title: Option<String>,
    /// Free text for people, never interpreted.
    pub description: Option<String>,
    /// How long the run is, in seconds; above 0.
    pub horizon_s: Seconds,
    /// Statistics start here; in `[0, horizon)`.
    pub warmup_s: Seconds,
    /// Spacing of the time series in seconds; in `(0, horizon]`.
    pub resolution_s: Seconds,
    /// How often the events engine repeats the run.
    pub replications: Replications,
    /// Master seed of every random stream.
    pub seed: u64,
    /// Wall-clock time of t = 0, if the scenario has one (UTC).
    pub start: Option<jiff::Timestamp>,
    /// Offset of the clock on which the scenario wrote `start`, in seconds east of UTC; instants are shown on it.
    pub start_offset_s: i32,
    /// Who publishes, in the order of the file.
    pub producers: Vec<Producer>,
    /// Where messages wait, in the order of the file.
    pub queues: Vec<Queue>,
    /// Who consumes, in the order of the file.
    pub groups: Vec<ConsumerGroup>,
    /// What was promised, in the order of the file.
    pub slos: Vec<Slo>,
}

/// How many replications the events engine runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Replications {
    /// Exactly this many, at least 1.
    Fixed(u32),
    /// Until every reported mean's 95 % half-width is at most `precision` of the mean, or `at_most` is reached.
    Until {
        /// Relative half-width aimed at, above 0 (0.02 for 2 %).
        precision: f64,
        /// Upper limit, at least 2.
        at_most: u32,
    },
}

impl Replications {
    /// The largest number that can be run.
    pub fn at_most(self) -> u32 {
        match self {
            Replications::Fixed(replications) => replications,
            Replications::Until { at_most, .. } => at_most,
        }
    }
}

impl Model {
    /// The times at which the time series has its rows: the end of each interval, the last one at the horizon.
    pub fn interval_ends_s(&self) -> Vec<Seconds> {
        let whole = (self.horizon_s / self.resolution_s * (1.0 - 1e-12)).floor() as usize;
        let inner = (1..=whole).map(|k| k as f64 * self.resolution_s);
        inner.chain(std::iter::once(self.horizon_s)).collect()
    }

    /// The consumer groups of one queue.
    pub fn groups_of(&self, queue: QueueId) -> impl Iterator<Item = &ConsumerGroup> {
        self.groups.iter().filter(move |group| group.from == queue)
    }

    /// Mean work of the messages that a group gets, in seconds at speed 1: what was recorded where it was recorded, and
    /// the mean of the group's service for all others.
    pub fn mean_work_s(&self, group: &ConsumerGroup) -> Seconds {
        let (mut recorded, mut recorded_s, mut others) = (0.0, 0.0, self.queues[group.from].initial as f64);
        for producer in self.producers_of(group.from) {
            match &producer.arrivals {
                Arrivals::Process { rate, .. } => others += rate.integral(0.0, self.horizon_s),
                Arrivals::Recorded(rows) => {
                    let known = rows.iter().filter_map(|row| row.service_s);
                    let (count, sum_s) = known.fold((0.0, 0.0), |(count, sum_s), work_s| (count + 1.0, sum_s + work_s));
                    recorded += count;
                    recorded_s += sum_s;
                    others += rows.len() as f64 - count;
                }
            }
        }
        let drawn_s = group.service.mean();
        if recorded == 0.0 { drawn_s } else { (recorded_s + others * drawn_s) / (recorded + others) }
    }

    /// Mean seconds that one of these messages occupies a slot at speed 1: its work and the overhead after it.
    pub fn mean_occupancy_s(&self, group: &ConsumerGroup) -> Seconds {
        self.mean_work_s(group) + group.overhead.as_ref().map_or(0.0, Distribution::mean)
    }

    /// The producers that publish to one queue.
    pub fn producers_of(&self, queue: QueueId) -> impl Iterator<Item = &Producer> {
        self.producers.iter().filter(move |producer| producer.to == queue)
    }
}
