//! What a queue has beyond the plain one: every setting of brokers and topologies that changes what its messages go
//! through. Engines that answer only part of them name the others instead of leaving them out of account.
//!
//! Not here: what the events engine does with them, and settings of the plain queue (rates, services, slots, start-up,
//! outages of consumers, capacity that rejects or drops).

use std::fmt::{self, Display, Formatter};

use crate::model::{Ack, Destination, Model, Order, Overflow, QueueId, Routing};

/// One setting beyond the plain queue, with the name of whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beyond {
    /// Groups of another queue publish to it.
    Emitted(String),
    /// Another queue's dead letters come to it.
    DeadLetters(String),
    /// A producer publishes to a topic that gives it only a share.
    Share(String),
    /// A producer waits for confirms.
    Confirms(String),
    /// A full queue stops the producers.
    Block,
    /// Messages expire.
    Ttl,
    /// A log forgets.
    Retention,
    /// The broker goes away.
    BrokerOutages,
    /// Strict priorities.
    Priorities,
    /// Partitions.
    Partitions,
    /// Message groups.
    Groups,
    /// One replica consumes.
    SingleActive,
    /// The number of replicas is decided on the way.
    Scaling(String),
    /// A delivery counts as done before its work.
    AckBefore(String),
    /// Deliveries that take long come back.
    AckTimeout(String),
    /// Deliveries fail.
    Failures(String),
    /// Replicas die.
    Crashes(String),
    /// Several messages are served at once.
    Batch(String),
    /// Unacked messages of the group are bounded.
    InFlightLimit(String),
    /// Busy slots slow one another down.
    Contention(String),
    /// Services hold something that others need.
    Resources(String),
}

impl Display for Beyond {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Beyond::Emitted(queue) => write!(out, "it gets what the consumers of {queue} publish"),
            Beyond::DeadLetters(queue) => write!(out, "it gets the dead letters of {queue}"),
            Beyond::Share(producer) => write!(out, "it gets a share of what {producer} publishes to a topic"),
            Beyond::Confirms(producer) => write!(out, "{producer} waits for confirms"),
            Beyond::Block => out.write_str("a full queue blocks its producers"),
            Beyond::Ttl => out.write_str("messages expire"),
            Beyond::Retention => out.write_str("the log forgets old messages"),
            Beyond::BrokerOutages => out.write_str("the broker has outages"),
            Beyond::Priorities => out.write_str("messages have priorities"),
            Beyond::Partitions => out.write_str("the queue has partitions"),
            Beyond::Groups => out.write_str("message groups keep their order"),
            Beyond::SingleActive => out.write_str("only one replica is active"),
            Beyond::Scaling(group) => write!(out, "the replicas of {group} are scaled"),
            Beyond::AckBefore(group) => write!(out, "{group} acks before the work is done"),
            Beyond::AckTimeout(group) => write!(out, "deliveries to {group} may time out"),
            Beyond::Failures(group) => write!(out, "deliveries to {group} fail"),
            Beyond::Crashes(group) => write!(out, "replicas of {group} crash"),
            Beyond::Batch(group) => write!(out, "{group} serves batches"),
            Beyond::InFlightLimit(group) => write!(out, "unacked messages of {group} are limited"),
            Beyond::Contention(group) => write!(out, "busy slots of {group} slow one another down"),
            Beyond::Resources(group) => write!(out, "{group} needs resources that have a limit"),
        }
    }
}

/// Everything that a queue, its producers and its groups have beyond the plain queue.
pub fn beyond(model: &Model, queue: QueueId) -> Vec<Beyond> {
    let settings = &model.queues[queue];
    let mut found = Vec::new();
    for (upstream, other) in model.queues.iter().enumerate() {
        let emits = model.groups_of(upstream).flat_map(|group| &group.emits);
        if emits.into_iter().any(|emission| emission.per_message > 0.0 && model.share_of(emission.to, queue) > 0.0) {
            found.push(Beyond::Emitted(other.name.clone()));
        }
        if other.dead_letter == Some(queue) {
            found.push(Beyond::DeadLetters(other.name.clone()));
        }
    }
    for producer in model.producers_of(queue) {
        if let Destination::Topic(topic) = producer.to
            && matches!(model.topics[topic].to, Routing::Shares(_))
        {
            found.push(Beyond::Share(producer.name.clone()));
        }
        if producer.confirms.is_some() {
            found.push(Beyond::Confirms(producer.name.clone()));
        }
    }
    let of_queue = [
        (settings.capacity.is_some() && settings.overflow == Overflow::Block, Beyond::Block),
        (settings.ttl.is_some(), Beyond::Ttl),
        (settings.retention.age_s.is_some() || settings.retention.messages.is_some(), Beyond::Retention),
        (!settings.broker_outages.is_empty(), Beyond::BrokerOutages),
        (matches!(settings.order, Order::Priorities(_)), Beyond::Priorities),
        (matches!(settings.order, Order::Partitions(_)), Beyond::Partitions),
        (matches!(settings.order, Order::Groups(_)), Beyond::Groups),
        (settings.single_active, Beyond::SingleActive),
    ];
    found.extend(of_queue.into_iter().filter(|(is_set, _)| *is_set).map(|(_, beyond)| beyond));
    for group in model.groups_of(queue) {
        let name = || group.name.clone();
        let fails = group.failures.as_ref().is_some_and(|failures| failures.probability + failures.poison > 0.0);
        let of_group = [
            (group.scaling.is_some(), Beyond::Scaling(name())),
            (group.ack == Ack::Before, Beyond::AckBefore(name())),
            (group.ack_timeout_s.is_some(), Beyond::AckTimeout(name())),
            (fails, Beyond::Failures(name())),
            (group.crashes.is_some(), Beyond::Crashes(name())),
            (group.batch.is_some_and(|batch| batch.size > 1), Beyond::Batch(name())),
            (group.in_flight_limit.is_some(), Beyond::InFlightLimit(name())),
            (group.contention.is_some(), Beyond::Contention(name())),
            (!group.uses.is_empty(), Beyond::Resources(name())),
        ];
        found.extend(of_group.into_iter().filter(|(is_set, _)| *is_set).map(|(_, beyond)| beyond));
    }
    found
}
