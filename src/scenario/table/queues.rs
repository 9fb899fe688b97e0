//! Queues: bounds, lifetimes, persistence, order.

use super::distributions::LAWS;
use super::{ABOVE_0, FROM_0, FROM_1, INSTANT, Kind, LENGTH, Section, Span, Word, defaulted, optional, required};
use crate::scenario::presets;

/// Partitions or message groups that are still kept one by one.
const PARTITIONS: Span = Span { low: 1.0, open: false, high: 1e7 };
const LEVELS: Span = Span { low: 2.0, open: false, high: 255.0 };

pub(super) static QUEUE: Section = Section {
    what: "a queue",
    about: "Where messages wait. All keys have defaults: `{}` is a queue without bounds. Where `none` is allowed, it \
            takes back the default of a preset.",
    keys: &[
        optional(
            "preset",
            Kind::Word(&presets::WORDS),
            "A broker whose defaults hold for this queue, its consumer groups and its producers; every one of them can \
             be overridden by writing the key. `forebay explain` lists them with their sources.",
            "rabbitmq-quorum",
        ),
        defaulted("initial", Kind::Count(FROM_0), "0", "Messages that are ready at t = 0, published then.", "50k"),
        optional(
            "delivery_delay",
            Kind::Distribution,
            "From publish until a message can be delivered.",
            "{exponential: {mean: 5ms}}",
        ),
        optional(
            "capacity",
            Kind::OrNone(&Kind::Count(FROM_0)),
            "Most messages that may be ready; 0 makes a loss system. Left out, there is no bound.",
            "5000",
        ),
        defaulted(
            "overflow",
            Kind::Word(&[
                Word { text: "reject", about: "the new message is refused" },
                Word { text: "drop-head", about: "the oldest ready message is dropped" },
                Word { text: "block", about: "the publisher's clock stops until there is room" },
            ]),
            "reject",
            "What a full queue does.",
            "drop-head",
        ),
        optional(
            "ttl",
            Kind::OrNone(&Kind::Either(&[INSTANT, Kind::Choice(&LAWS), Kind::Section(&TTL)])),
            "How long a message may stay ready: a duration, or a distribution (the patience of Erlang A). `0s` lets it \
             stay only if it is delivered at once.",
            "10m",
        ),
        optional(
            "retention",
            Kind::OrNone(&Kind::Section(&RETENTION)),
            "How much a log keeps, consumed or not; what is older or beyond the size is gone for who has not read it.",
            "{age: 7d}",
        ),
        defaulted("durable", Kind::Flag, "true", "Whether messages survive an outage of the broker.", "false"),
        optional(
            "broker_outages",
            Kind::List(&Kind::Pair(&INSTANT, &INSTANT), 1),
            "Intervals in which the broker of this queue is away; left out, those of the whole file.",
            "[[10m, 11m]]",
        ),
        optional(
            "delivery_limit",
            Kind::OrNone(&Kind::Count(FROM_1)),
            "Most deliveries of one message, the first one included; then it is dead-lettered. Whatever a broker \
             counts, this key counts deliveries.",
            "5",
        ),
        optional(
            "dead_letter",
            Kind::QueueName,
            "Queue for what is dropped from the head, expired, rejected by a consumer, or delivered too often; without \
             it that is lost. What `overflow: reject` refuses never gets there.",
            "orders",
        ),
        defaulted(
            "requeue",
            Kind::Word(&[
                Word { text: "original", about: "where it was, before all that came later" },
                Word { text: "front", about: "before everything that is ready" },
                Word { text: "back", about: "behind everything that is ready" },
            ]),
            "original",
            "Where a message that comes back is put.",
            "back",
        ),
        optional(
            "priorities",
            Kind::Either(&[Kind::Count(LEVELS), Kind::Section(&PRIORITIES)]),
            "Strict priorities: a number of levels with equal shares of the messages, or the share of each level.",
            "3",
        ),
        optional(
            "partitions",
            Kind::Either(&[Kind::Count(PARTITIONS), Kind::Section(&PARTITION)]),
            "A log in partitions; each belongs to one replica of the group, which takes its messages in order.",
            "{count: 12, skew: 0.8}",
        ),
        optional(
            "groups",
            Kind::Either(&[Kind::Count(PARTITIONS), Kind::Section(&PARTITION)]),
            "Message groups: at most one message of each is with a consumer (SQS FIFO).",
            "20",
        ),
        defaulted(
            "single_active",
            Kind::Flag,
            "false",
            "Only one replica consumes, the oldest; the others stand by.",
            "true",
        ),
        optional("message_size", Kind::Size(ABOVE_0), "Size of one message, for `retention` by size.", "2KB"),
    ],
    alternatives: &[],
};

static TTL: Section = Section {
    what: "a time to live",
    about: "",
    keys: &[
        required("after", Kind::Distribution, "The time to live.", "10m"),
        defaulted(
            "at",
            Kind::Word(&[
                Word { text: "anywhere", about: "at once, wherever it stands" },
                Word { text: "head", about: "only when it reaches the head; until then it counts as ready" },
            ]),
            "anywhere",
            "Where an expired message is noticed.",
            "head",
        ),
    ],
    alternatives: &[],
};

static RETENTION: Section = Section {
    what: "a retention",
    about: "At least one of the keys; the tightest of them holds.",
    keys: &[
        optional("age", LENGTH, "Oldest age since publish.", "7d"),
        optional("size", Kind::Size(ABOVE_0), "Most bytes that are kept; the queue needs `message_size`.", "10GB"),
        optional("messages", Kind::Count(FROM_1), "Most messages that are kept, consumed ones included.", "1M"),
    ],
    alternatives: &[],
};

static PRIORITIES: Section = Section {
    what: "priorities",
    about: "",
    keys: &[required(
        "shares",
        Kind::List(&Kind::Share(Span { low: 0.0, open: false, high: 1.0 }), 2),
        "Share of the messages of each level, the most urgent first; they sum to 100 %.",
        "[10%, 90%]",
    )],
    alternatives: &[],
};

static PARTITION: Section = Section {
    what: "partitions or groups",
    about: "",
    keys: &[
        required("count", Kind::Count(PARTITIONS), "How many.", "12"),
        defaulted(
            "skew",
            Kind::Number(Span { low: 0.0, open: false, high: 100.0 }),
            "0",
            "Zipf exponent over them: the k-th gets a share proportional to 1 / k^skew.",
            "0.8",
        ),
    ],
    alternatives: &[],
};
