//! Where messages wait, how many may, for how long, and in which order they leave.
//!
//! Not here: who takes them away (`consumers`), and how topics copy messages into several queues (`topology`).

use super::{Distribution, QueueId};
use crate::units::Seconds;

/// A queue and its bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Key in the scenario.
    pub name: String,
    /// Messages that are ready at t = 0 (published then).
    pub initial: u64,
    /// Time from publish until a message can be delivered, if not at once.
    pub delivery_delay: Option<Distribution>,
    /// Most messages that may be *ready*, as RabbitMQ counts; 0 makes a loss system.
    pub capacity: Option<u64>,
    /// What happens to a message that finds the queue full.
    pub overflow: Overflow,
    /// How long a message may stay ready.
    pub ttl: Option<Ttl>,
    /// How much a log keeps, consumed or not.
    pub retention: Retention,
    /// Whether messages survive an outage of the broker.
    pub durable: bool,
    /// Intervals `[from, until)` in which the broker is away, in order and disjoint; what was delivered comes back.
    pub broker_outages: Vec<(Seconds, Seconds)>,
    /// Most deliveries of one message, at least 1; the one after would dead-letter it.
    pub delivery_limit: Option<u32>,
    /// Where rejected, expired, overflowing and undeliverable messages go; without it they are lost.
    pub dead_letter: Option<QueueId>,
    /// Where a message that comes back is put.
    pub requeue: RequeuePosition,
    /// Which messages leave first, and which wait for others.
    pub order: Order,
    /// Only one replica consumes, the oldest; the others stand by.
    pub single_active: bool,
    /// Size of one message in bytes, for retention by size.
    pub message_size_bytes: Option<f64>,
}

impl Queue {
    /// An unbounded, durable queue that delivers in the order of arrival.
    pub fn new(name: impl Into<String>) -> Self {
        Queue {
            name: name.into(),
            initial: 0,
            delivery_delay: None,
            capacity: None,
            overflow: Overflow::Reject,
            ttl: None,
            retention: Retention::default(),
            durable: true,
            broker_outages: Vec::new(),
            delivery_limit: None,
            dead_letter: None,
            requeue: RequeuePosition::Original,
            order: Order::Fifo,
            single_active: false,
            message_size_bytes: None,
        }
    }
}

/// What a full queue does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The new message is refused.
    #[default]
    Reject,
    /// The oldest ready message is dropped to make room.
    DropHead,
    /// The producer's clock stops until there is room. What consumers emit, dead letters and messages whose delay ends
    /// are taken in all the same.
    Block,
}

/// How long a message may stay ready, counted from the instant at which it became deliverable.
#[derive(Clone, Debug, PartialEq)]
pub struct Ttl {
    /// The time to live; drawn per message (exponential: the patience of Erlang A).
    pub after: Distribution,
    /// Where expired messages are noticed.
    pub at: TtlPlace,
}

/// Where expired messages are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TtlPlace {
    /// At once, wherever they stand.
    #[default]
    Anywhere,
    /// Only when they reach the head; until then they count as ready.
    Head,
}

/// How much a log keeps, whether it was consumed or not: what is older or beyond the size is gone for those who have
/// not read it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// Oldest age since publish, above 0.
    pub age_s: Option<Seconds>,
    /// Most messages that are kept, consumed ones included, at least 1.
    pub messages: Option<u64>,
}

/// Where a message that comes back is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequeuePosition {
    /// Where it was: before everything that became deliverable after it.
    #[default]
    Original,
    /// Before everything that is ready.
    Front,
    /// Behind everything that is ready.
    Back,
}

/// Which messages leave a queue first, and which wait for others.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Order {
    /// In the order in which they became deliverable.
    #[default]
    Fifo,
    /// Strict priorities: share of the messages of each level, the most urgent first; at least two, summing to 1.
    /// Within a level in order. A producer's own `priority` overrides the shares.
    Priorities(Vec<f64>),
    /// A log in partitions: each belongs to one replica of the group, which takes its messages in order.
    Partitions(Partitions),
    /// Message groups (SQS FIFO): at most one message of each is with a consumer; shares like those of partitions.
    Groups(Partitions),
}

/// Partitions or message groups and the share of the messages that goes to each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partitions {
    /// How many, at least 1.
    pub count: u32,
    /// Zipf exponent over them, at least 0: the k-th gets a share proportional to 1 / k^skew.
    pub skew: f64,
}

impl Partitions {
    /// Share of the messages that goes to the `place`-th of them, counted from 0.
    pub fn share(&self, place: u32) -> f64 {
        self.weight(place) / (0..self.count).map(|other| self.weight(other)).sum::<f64>()
    }

    fn weight(&self, place: u32) -> f64 {
        f64::from(place + 1).powf(-self.skew)
    }
}
