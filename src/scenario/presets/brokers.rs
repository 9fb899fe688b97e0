//! RabbitMQ and Amazon SQS.

use super::Place::{Group, Producer, Queue};
use super::{Default, Foreign, Only, Preset, default, foreign};

const UNLIMITED_PREFETCH: Default = default(
    Group,
    "prefetch",
    "unlimited",
    "all ready messages are pushed to the clients at once, round robin",
    "RabbitMQ docs/consumer-prefetch.md, docs/confirms.md: 0, the default, is unlimited; 100 to 300 is advised",
);
const BLOCKED_PUBLISHER: Default = default(
    Producer,
    "when_away",
    "block",
    "publishers wait while the broker takes nothing",
    "RabbitMQ docs/alarms.md, docs/flow-control.md: publishing connections are blocked",
);
const DROP_HEAD: Default = default(
    Queue,
    "overflow",
    "drop-head",
    "beyond `capacity` the oldest ready message goes, dead-lettered if it can be",
    "RabbitMQ docs/maxlength.md: drop-head is the default; only ready messages count",
);
const PARTITIONS: Foreign =
    foreign(Queue, "partitions", "a queue of RabbitMQ has no partitions: use several queues, shared by a topic");
const GROUPS: Foreign =
    foreign(Queue, "groups", "RabbitMQ has no message groups: use several queues, or `single_active: true`");
const RETENTION: Foreign =
    foreign(Queue, "retention", "a queue of RabbitMQ keeps nothing that was consumed: use `ttl` or `capacity`");
const REBALANCE: Foreign =
    foreign(Group, "rebalance", "consumers of RabbitMQ are not rebalanced: there are no partitions");
const IN_FLIGHT: Foreign =
    foreign(Group, "in_flight_limit", "RabbitMQ limits what each consumer holds: use `prefetch`");
const BLOCK: Foreign = Foreign {
    place: Queue,
    key: "overflow",
    word: Some("block"),
    why: "a full queue of RabbitMQ drops or rejects: use `drop-head` or `reject`",
};

pub(super) const RABBITMQ_CLASSIC: Preset = Preset {
    name: "rabbitmq-classic",
    about: "classic queue of RabbitMQ 4.3",
    defaults: &[
        DROP_HEAD,
        default(
            Queue,
            "requeue",
            "original",
            "what comes back goes where it was, as near to the head as possible: a failing message is retried first",
            "RabbitMQ docs/confirms.md, docs/nack.md",
        ),
        default(
            Queue,
            "ttl.at",
            "head",
            "expired messages count as ready until they reach the head",
            "RabbitMQ docs/ttl.md: classic queues notice expiry at the head",
        ),
        UNLIMITED_PREFETCH,
        BLOCKED_PUBLISHER,
    ],
    foreign: &[
        PARTITIONS,
        GROUPS,
        RETENTION,
        REBALANCE,
        IN_FLIGHT,
        BLOCK,
        foreign(Queue, "delivery_limit", "classic queues count no deliveries: use `preset: rabbitmq-quorum`"),
    ],
    notes: &[
        "Until 4.2 a delivery timed out after 30 min in classic queues too: `ack_timeout: 30m`.",
        "Automatic acknowledgement is the client's choice: `ack: before`.",
    ],
};

pub(super) const RABBITMQ_QUORUM: Preset = Preset {
    name: "rabbitmq-quorum",
    about: "quorum queue of RabbitMQ 4.3",
    defaults: &[
        DROP_HEAD,
        default(
            Queue,
            "requeue",
            "front",
            "what comes back is delivered before what waits",
            "RabbitMQ docs/quorum-queues: returned messages form a queue of their own, their place is forgotten",
        ),
        default(
            Queue,
            "delivery_limit",
            "21",
            "after its 21st failed delivery a message is dropped or dead-lettered",
            "RabbitMQ docs/quorum-queues: delivery-limit 20 counts returns, one less than deliveries; `none` is -1",
        ),
        default(
            Queue,
            "durable",
            "true",
            "every message is replicated and survives a restart",
            "RabbitMQ docs/quorum-queues: always durable",
        ),
        default(
            Queue,
            "ttl.at",
            "anywhere",
            "expired messages leave soon after they expire, wherever they stand",
            "RabbitMQ docs/ttl.md: dead-lettering does not await the head",
        ),
        UNLIMITED_PREFETCH,
        Default {
            only: Only::AckedAfter,
            ..default(
                Group,
                "ack_timeout",
                "30m",
                "a message that is held for longer comes back while the first attempt still runs",
                "RabbitMQ docs/consumers.md: delivery acknowledgement timeout, checked once a minute",
            )
        },
        BLOCKED_PUBLISHER,
    ],
    foreign: &[
        PARTITIONS,
        GROUPS,
        RETENTION,
        REBALANCE,
        IN_FLIGHT,
        BLOCK,
        Foreign {
            place: Queue,
            key: "durable",
            word: Some("false"),
            why: "quorum queues are always durable: use `preset: rabbitmq-classic`",
        },
    ],
    notes: &[
        "From 4.3 a plain return does not count against the limit, only a failed delivery does.",
        "Delayed retry (4.3) is disabled by default: `retry: {delay: {backoff: ..}}`.",
    ],
};

const VISIBILITY: Default = Default {
    only: Only::AckedAfter,
    ..default(
        Group,
        "ack_timeout",
        "30s",
        "a message that is not deleted within 30 s comes back: longer work is done twice",
        "Amazon SQS sqs-visibility-timeout.md: 30 s, up to 12 h",
    )
};
const FOUR_DAYS: Default = default(
    Queue,
    "retention",
    "{age: 4d}",
    "what is older than four days is deleted, received or not",
    "Amazon SQS API, CreateQueue: MessageRetentionPeriod is 345600 s by default",
);
const REPLICATED: Default = default(
    Queue,
    "durable",
    "true",
    "messages survive the loss of servers",
    "Amazon SQS standard-queues.md: stored redundantly",
);
const SQS_PARTITIONS: Foreign =
    foreign(Queue, "partitions", "a queue of SQS has no partitions; `preset: sqs-fifo` has `groups`");
const SQS_PRIORITIES: Foreign = foreign(Queue, "priorities", "SQS has no priorities: use a queue for each level");
const SQS_CAPACITY: Foreign = foreign(Queue, "capacity", "a queue of SQS has no bound on waiting messages");
const SQS_OVERFLOW: Foreign = foreign(Queue, "overflow", "a queue of SQS is never full");
const SQS_SINGLE: Foreign =
    foreign(Queue, "single_active", "SQS has no single active consumer: use `preset: sqs-fifo` with one group");
const SQS_DURABLE: Foreign =
    Foreign { place: Queue, key: "durable", word: Some("false"), why: "messages of SQS are always stored" };
const SQS_REBALANCE: Foreign =
    foreign(Group, "rebalance", "receivers of SQS are not rebalanced: there are no partitions");

pub(super) const SQS_STANDARD: Preset = Preset {
    name: "sqs-standard",
    about: "standard queue of Amazon SQS",
    defaults: &[
        FOUR_DAYS,
        REPLICATED,
        default(
            Queue,
            "requeue",
            "original",
            "what becomes visible again is as old as it was",
            "Amazon SQS sqs-visibility-timeout.md; the order is best effort",
        ),
        VISIBILITY,
        default(
            Group,
            "in_flight_limit",
            "120k",
            "no more than about 120 000 messages are held; then receiving stalls",
            "Amazon SQS sqs-visibility-timeout.md: in-flight messages",
        ),
    ],
    foreign: &[
        foreign(Queue, "groups", "standard queues have no message groups: use `preset: sqs-fifo`"),
        SQS_PARTITIONS,
        SQS_PRIORITIES,
        SQS_CAPACITY,
        SQS_OVERFLOW,
        SQS_SINGLE,
        SQS_DURABLE,
        SQS_REBALANCE,
    ],
    notes: &[
        "maxReceiveCount n counts receives: `delivery_limit: n`. There is none by default.",
        "A standard queue may deliver out of order and, rarely, twice; here it keeps the order.",
        "Lambda receives batches of 10 without a window: `batch: {size: 10}`; a failed batch comes back whole.",
    ],
};

pub(super) const SQS_FIFO: Preset = Preset {
    name: "sqs-fifo",
    about: "FIFO queue of Amazon SQS",
    defaults: &[
        default(
            Queue,
            "groups",
            "1",
            "one message of each group is held at a time; with one group nothing runs in parallel",
            "Amazon SQS FIFO-queues-understanding-logic.md: a group is required for every message",
        ),
        FOUR_DAYS,
        REPLICATED,
        default(
            Queue,
            "requeue",
            "original",
            "the rest of a group waits until its first message is done",
            "Amazon SQS using-messagegroupid-property.md",
        ),
        VISIBILITY,
        default(
            Group,
            "in_flight_limit",
            "20k",
            "no more than 20 000 messages are held; then receiving stalls",
            "Amazon SQS sqs-visibility-timeout.md: FIFO queues",
        ),
    ],
    foreign: &[SQS_PARTITIONS, SQS_PRIORITIES, SQS_CAPACITY, SQS_OVERFLOW, SQS_SINGLE, SQS_DURABLE, SQS_REBALANCE],
    notes: &[
        "maxReceiveCount n counts receives: `delivery_limit: n`. There is none by default.",
        "Only the first 20 000 waiting messages are searched for free groups; here all of them are.",
        "300 requests per second and group with high throughput: `rate_limit`.",
    ],
};
