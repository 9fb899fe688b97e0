//! The valid world: what a scenario means once every fault is out of it.
//!
//! Immutable, free of text positions and files, and `Clone + PartialEq`. Not here: parsing (`scenario`), running
//! state (`engine`), results (`measure`).

mod arrivals;
mod at_once;
mod consumers;
pub mod cost;
pub mod distribution;
pub mod flow;
mod queue;
pub mod rate;
pub mod scaling;
mod slo;
mod topology;

pub use arrivals::{Arrivals, Confirms, MmppState, Process, Producer, RecordedMessage, Renewal, WhenAway};
pub use at_once::AtOnce;
pub use consumers::{
    Ack, AfterFailure, Batch, ConsumerGroup, Cost, Crashes, Failures, RateLimit, Rebalance, RebalanceKind, Replicas,
    Retry, Shutdown,
};
pub use distribution::Distribution;
pub use queue::{Order, Overflow, Partitions, Queue, RequeuePosition, Retention, Ttl, TtlPlace};
pub use rate::Rate;
pub use scaling::Scaling;
pub use slo::{Level, Promise, Quantile, Slo, Window};
pub use topology::{
    Contention, Destination, Emission, NamedStrategy, Path, Resource, ResourceId, Routing, Topic, TopicId,
};

use crate::units::Seconds;

/// Index of a queue in [`Model::queues`].
pub type QueueId = usize;

/// Index of a consumer group in [`Model::groups`].
pub type GroupId = usize;

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
    /// Event buses, in the order of the file.
    pub topics: Vec<Topic>,
    /// What consumers share, in the order of the file.
    pub resources: Vec<Resource>,
    /// Paths whose end-to-end latency is measured.
    pub paths: Vec<Path>,
    /// Named alternatives for who scales a group, in the order of the file.
    pub strategies: Vec<NamedStrategy>,
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
    /// An empty world: nobody publishes, nothing waits. One replication at 360 rows.
    pub fn new(name: impl Into<String>, horizon_s: Seconds) -> Model {
        Model {
            name: name.into(),
            title: None,
            description: None,
            horizon_s,
            warmup_s: 0.0,
            resolution_s: horizon_s / 360.0,
            replications: Replications::Fixed(1),
            seed: 1,
            start: None,
            start_offset_s: 0,
            producers: Vec::new(),
            queues: Vec::new(),
            groups: Vec::new(),
            topics: Vec::new(),
            resources: Vec::new(),
            paths: Vec::new(),
            strategies: Vec::new(),
            slos: Vec::new(),
        }
    }

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

    /// The producers that publish to one queue, directly or through a topic.
    pub fn producers_of(&self, queue: QueueId) -> impl Iterator<Item = &Producer> {
        self.producers.iter().filter(move |producer| self.share_of(producer.to, queue) > 0.0)
    }

    /// Messages that one publish to a destination brings to a queue, on average.
    pub fn share_of(&self, to: Destination, queue: QueueId) -> f64 {
        match to {
            Destination::Queue(to) => f64::from(u8::from(to == queue)),
            Destination::Topic(topic) => match &self.topics[topic].to {
                Routing::Copies(queues) => f64::from(u8::from(queues.contains(&queue))),
                Routing::Shares(shares) => shares.iter().find(|(to, _)| *to == queue).map_or(0.0, |(_, share)| *share),
            },
        }
    }

    /// The queues that a publish to a destination can reach.
    pub fn queues_of(&self, to: Destination) -> Vec<QueueId> {
        match to {
            Destination::Queue(queue) => vec![queue],
            Destination::Topic(topic) => match &self.topics[topic].to {
                Routing::Copies(queues) => queues.clone(),
                Routing::Shares(shares) => shares.iter().map(|(queue, _)| *queue).collect(),
            },
        }
    }

    /// P(t) of a queue: what is published to it, directly or through topics.
    ///
    /// # Errors
    /// Why there is none that could be known beforehand: recorded messages, or what a group emits.
    pub fn publish_rate(&self, queue: QueueId) -> Result<Rate, String> {
        let emits = |group: &&ConsumerGroup| group.emits.iter().any(|emission| self.share_of(emission.to, queue) > 0.0);
        if let Some(group) = self.groups.iter().find(emits) {
            return Err(format!("{} publishes to it at its acks", group.name));
        }
        let parts = self.producers_of(queue).map(|producer| match &producer.arrivals {
            Arrivals::Process { rate, .. } => {
                Ok(Rate::Scale { by: self.share_of(producer.to, queue), rate: Box::new(rate.clone()) })
            }
            Arrivals::Recorded(_) => Err(format!("the messages of {} are recorded", producer.name)),
        });
        Ok(Rate::Sum(parts.collect::<Result<Vec<Rate>, String>>()?))
    }

    /// The same world with one of its named strategies at work.
    #[must_use]
    pub fn with_strategy(&self, strategy: usize) -> Model {
        let named = &self.strategies[strategy];
        let mut model = self.clone();
        let group = &mut model.groups[named.group];
        group.scaling = Some(named.scaling.clone());
        if let Some(initial) = named.initial {
            group.replicas = Replicas::Fixed(initial);
        }
        model
    }
}
