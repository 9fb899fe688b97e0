//! What connects queues: topics that copy, emissions at ack, paths across queues, and what consumers share.

use super::{GroupId, QueueId};

/// Index of a topic in [`super::Model::topics`].
pub type TopicId = usize;

/// Index of a resource in [`super::Model::resources`].
pub type ResourceId = usize;

/// Where a message is published to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One queue.
    Queue(QueueId),
    /// Every queue of a topic, or one of them by its share.
    Topic(TopicId),
}

/// An event bus: `dE/dt = E_p − E_c` holds for each of its queues.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Key in the scenario.
    pub name: String,
    /// Who gets what.
    pub to: Routing,
}

/// Who gets what of a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Routing {
    /// Every queue gets its copy.
    Copies(Vec<QueueId>),
    /// Each message goes to one queue, by these shares, which sum to 1.
    Shares(Vec<(QueueId, f64)>),
}

/// What a group publishes at each ack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Emission {
    /// Where.
    pub to: Destination,
    /// Mean number of messages, at least 0: the whole part always, one more with the probability of the rest.
    pub per_message: f64,
}

/// A path through a pipeline: end-to-end latency runs from the publish of the ancestor into the first queue to the last
/// ack of its descendants in the path's queues.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Key in the scenario, or the queues joined by ` > `.
    pub name: String,
    /// The queues, the first one first; at least two.
    pub queues: Vec<QueueId>,
}

/// Something that consumers share, of which there is only so much: connections of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Key in the scenario.
    pub name: String,
    /// Units, at least 1.
    pub slots: u32,
}

/// How n busy slots slow one another down: together they do n / (1 + σ(n − 1) + κn(n − 1)) of one slot's work
/// (universal scalability law; Gunther 2007, eq. 4.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contention {
    /// Contention, in `[0, 1)`.
    pub sigma: f64,
    /// Coherency, at least 0.
    pub kappa: f64,
}

impl Contention {
    /// Speed of each of `busy` slots, relative to one alone.
    pub fn speed(&self, busy: f64) -> f64 {
        let others = (busy - 1.0).max(0.0);
        1.0 / (1.0 + self.sigma * others + self.kappa * busy * others)
    }

    /// Busy slots beyond which more do less together: √((1 − σ)/κ); `None` if they always do more.
    pub fn turns_at(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma) / self.kappa).sqrt())
    }
}

/// A named alternative for who decides on one group's replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedStrategy {
    /// Key in the scenario.
    pub name: String,
    /// The group that it scales.
    pub group: GroupId,
    /// Replicas at t = 0, if not those of the group.
    pub initial: Option<u32>,
    /// How it scales.
    pub scaling: super::Scaling,
}
