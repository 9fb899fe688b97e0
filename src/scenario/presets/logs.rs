//! Kafka, NATS JetStream, Redis streams.

use super::Place::{Group, Queue};
use super::{Default, Foreign, Only, Preset, default, foreign};

pub(super) const KAFKA: Preset = Preset {
    name: "kafka",
    about: "topic of Kafka with a classic consumer group",
    defaults: &[
        default(
            Queue,
            "partitions",
            "1",
            "one consumer of the group per partition: more are idle",
            "Kafka broker configuration: num.partitions is 1 by default",
        ),
        default(
            Queue,
            "retention",
            "{age: 7d}",
            "what is older than a week is deleted, read or not",
            "Kafka broker configuration: log.retention.hours is 168 by default",
        ),
        default(
            Queue,
            "requeue",
            "original",
            "after a crash or rebalance a partition is read again from its last commit",
            "Kafka docs/design.html: at least once",
        ),
        default(
            Group,
            "prefetch",
            "500",
            "a poll hands out up to 500 records, processed in sequence",
            "Kafka ConsumerConfig: max.poll.records",
        ),
        Default {
            only: Only::AckedAfter,
            ..default(
                Group,
                "ack_timeout",
                "5m",
                "who does not poll again within 5 min loses its records: they are done again",
                "Kafka ConsumerConfig: max.poll.interval.ms",
            )
        },
        default(
            Group,
            "rebalance",
            "{kind: eager, pause: 3s}",
            "every change of membership stops all consumers",
            "Kafka ConsumerConfig: range assignor, eager; the pause is an assumption (users report 1 s to 30 s)",
        ),
    ],
    foreign: &[
        foreign(Queue, "priorities", "Kafka has no priorities: use a topic for each level"),
        foreign(Queue, "groups", "Kafka orders by partition: use `partitions`"),
        foreign(Queue, "capacity", "a log has no bound on what is not read: use `retention`"),
        foreign(Queue, "overflow", "a log is never full: use `retention`"),
        foreign(Queue, "ttl", "records are deleted by age: use `retention: {age: ..}`"),
        foreign(Queue, "single_active", "each partition has one consumer anyway: use `partitions: 1`"),
        foreign(Group, "in_flight_limit", "Kafka limits what a poll hands out: use `prefetch`"),
    ],
    notes: &[
        "A crash is noticed after the session timeout, 45 s: add it to `crashes: {restart: ..}`.",
        "An empty group waits 3 s before its first assignment: `startup`.",
        "Lag counts to the committed offset; automatic commits every 5 s make it saw-toothed.",
        "Retries and dead-letter topics are the client's work: `failures`, `dead_letter`.",
    ],
};

pub(super) const JETSTREAM: Preset = Preset {
    name: "jetstream",
    about: "NATS JetStream stream with a pull consumer",
    defaults: &[
        default(
            Queue,
            "overflow",
            "drop-head",
            "beyond `capacity` the oldest message is discarded, worked on or not",
            "NATS jetstream/streams.md: discard old is the default",
        ),
        default(
            Queue,
            "requeue",
            "front",
            "what is redelivered goes before what waits",
            "NATS server, consumer.go: pending redeliveries are looked at first",
        ),
        default(
            Group,
            "in_flight_limit",
            "1000",
            "at most 1000 messages are unacked in all, whatever the number of replicas",
            "NATS jetstream/consumers.md: MaxAckPending, -1 is `none`",
        ),
        Default {
            only: Only::AckedAfter,
            ..default(
                Group,
                "ack_timeout",
                "30s",
                "a message that is unacked for longer is redelivered",
                "NATS jetstream/consumers.md: AckWait, 30 s in the server",
            )
        },
    ],
    foreign: &[
        foreign(Queue, "partitions", "JetStream has no partitions: use several streams, shared by a topic"),
        foreign(Queue, "groups", "JetStream has no message groups"),
        foreign(Queue, "priorities", "JetStream has no priorities: use a stream for each level"),
        foreign(Group, "rebalance", "consumers of JetStream are not rebalanced: there are no partitions"),
    ],
    notes: &[
        "MaxDeliver n counts deliveries: `delivery_limit: n`. There is none by default.",
        "After MaxDeliver a message stays in the stream and is not delivered again; here it leaves the queue.",
        "BackOff replaces AckWait: `retry: {delay: {backoff: ..}}` for what fails.",
    ],
};

pub(super) const REDIS_STREAM: Preset = Preset {
    name: "redis-stream",
    about: "Redis stream with a consumer group",
    defaults: &[
        default(
            Queue,
            "overflow",
            "drop-head",
            "MAXLEN trims the oldest entries, those not yet read too",
            "Redis commands/xadd.md",
        ),
        default(
            Queue,
            "requeue",
            "front",
            "what is claimed goes to the claimer before new entries",
            "Redis commands/xautoclaim.md",
        ),
        default(
            Group,
            "ack",
            "after",
            "an entry stays in the pending list until XACK",
            "Redis data-types/streams: pending entries; NOACK is `before`",
        ),
    ],
    foreign: &[
        foreign(Queue, "partitions", "a Redis stream has no partitions: use several streams, shared by a topic"),
        foreign(Queue, "groups", "a Redis stream has no message groups"),
        foreign(Queue, "priorities", "Redis streams have no priorities: use a stream for each level"),
        foreign(Queue, "ttl", "entries do not expire one by one: use `retention: {age: ..}` (MINID)"),
        foreign(Queue, "single_active", "a Redis group hands entries to whoever asks"),
        foreign(Group, "rebalance", "readers of a Redis group are not rebalanced: there are no partitions"),
        Foreign {
            place: Queue,
            key: "overflow",
            word: Some("block"),
            why: "XADD never waits: MAXLEN trims the oldest entries (`drop-head`)",
        },
    ],
    notes: &[
        "Nothing is redelivered by itself: XAUTOCLAIM by a min-idle-time is `ack_timeout`.",
        "What a crashed reader held stays pending until it is claimed; here it comes back at once.",
        "There is no delivery limit: a poison entry is claimed for ever unless the reader counts: `delivery_limit`.",
    ],
};
