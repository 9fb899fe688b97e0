//! Consumer groups.

use super::{
    ABOVE_0, Choice, FROM_0, FROM_1, INSTANT, Kind, LENGTH, MAX_NUMBER, Section, Span, Word, defaulted, failures,
    optional, required, scaling, topology,
};

pub(super) const REPLICAS: Span = Span { low: 0.0, open: false, high: 4e9 };

pub(super) static GROUP: Section = Section {
    what: "a consumer group",
    about: "Equal replicas on one queue: C(t) = replicas(t) · concurrency · speed(t) / (mean service + mean overhead).",
    keys: &[
        required("from", Kind::QueueName, "The queue that it consumes.", "orders"),
        optional(
            "replicas",
            Kind::Either(&[Kind::Count(REPLICAS), Kind::Choice(&SCHEDULE)]),
            "How many replicas: a number, or steps over time. 0 is valid; the newest replica leaves first. With \
             `scaling`, or with `strategies` for the group, it is the number at t = 0 and may be left out.",
            "4",
        ),
        defaulted(
            "concurrency",
            Kind::Count(FROM_1),
            "1",
            "Slots per replica: messages that it works on at once.",
            "8",
        ),
        optional(
            "prefetch",
            Kind::CountOrUnlimited(FROM_1),
            "Messages that a replica holds, in service or in its client's buffer; left out, as many as its slots work \
             on. Below that, it caps the slots.",
            "16",
        ),
        optional("service", Kind::Distribution, "Work of one message, at speed 1.", "{lognormal: {mean: 20ms, cv: 1}}"),
        optional(
            "service_rate",
            Kind::Uncertain(&Kind::Rate(ABOVE_0)),
            "When only a rate per slot is known: exponential service.",
            "50/s",
        ),
        optional(
            "overhead",
            Kind::Distribution,
            "Slot time per message after its ack: the round trip to the next delivery.",
            "0.8ms",
        ),
        optional(
            "speed",
            Kind::FactorFunction,
            "Work done per second over time; 0 is a pause. A message in service feels a change at once.",
            "{steps: [[0s, 1.0], [40m, 0.5]]}",
        ),
        optional(
            "speeds",
            Kind::List(&Kind::Number(Span { low: 0.0, open: true, high: MAX_NUMBER }), 1),
            "Speed per replica; with more replicas than numbers, they start again from the first.",
            "[1.0, 0.33]",
        ),
        optional(
            "rate_limit",
            Kind::Section(&RATE_LIMIT),
            "Token bucket on the starts of the whole group.",
            "{rate: 100/s, burst: 20}",
        ),
        optional(
            "startup",
            Kind::Distribution,
            "Before a new replica takes its first message; not at t = 0; after outages and crashes too.",
            "30s",
        ),
        defaulted(
            "shutdown",
            Kind::Either(&[
                Kind::Word(&[
                    Word { text: "finish", about: "running and prefetched work is completed, nothing new is taken" },
                    Word { text: "requeue", about: "everything held returns to the queue at once" },
                ]),
                Kind::Choice(&SHUTDOWN),
            ]),
            "finish",
            "What a leaving replica does.",
            "requeue",
        ),
        optional(
            "outages",
            Kind::List(&Kind::Pair(&INSTANT, &INSTANT), 1),
            "Intervals in which the whole group is away; what it held is redelivered.",
            "[[40s, 60s]]",
        ),
        defaulted(
            "ack",
            Kind::Word(&[
                Word { text: "after", about: "when its service has ended: at least once" },
                Word { text: "before", about: "when it is delivered: at most once, what a lost replica held is lost" },
            ]),
            "after",
            "When a delivery counts as done.",
            "before",
        ),
        optional(
            "ack_timeout",
            Kind::OrNone(&LENGTH),
            "Longest time that a delivery may stay unacked (a visibility timeout); then the message comes back while \
             the first attempt still runs.",
            "30s",
        ),
        optional(
            "failures",
            Kind::Section(&failures::FAILURES),
            "Deliveries that fail, and what becomes of them.",
            "{probability: 10%, then: requeue}",
        ),
        optional(
            "retry",
            Kind::Section(&failures::RETRY),
            "How long a message that failed rests before it can be delivered again; left out, not at all.",
            "{delay: 5s}",
        ),
        optional(
            "crashes",
            Kind::Section(&failures::CRASHES),
            "Replicas that crash and come back; what they held is redelivered.",
            "{every: 6h, restart: 30s}",
        ),
        optional(
            "batch",
            Kind::Section(&failures::BATCH),
            "One service for several messages.",
            "{size: 10, linger: 50ms}",
        ),
        optional(
            "in_flight_limit",
            Kind::OrNone(&Kind::Count(FROM_1)),
            "Unacked messages of the whole group (JetStream's MaxAckPending).",
            "1000",
        ),
        optional(
            "rebalance",
            Kind::OrNone(&Kind::Section(&failures::REBALANCE)),
            "What a change of membership costs a partitioned group.",
            "{kind: eager, pause: 3s}",
        ),
        optional(
            "contention",
            Kind::Section(&topology::CONTENTION),
            "How busy slots slow one another down: universal scalability law.",
            "{sigma: 0.02, kappa: 0.0005}",
        ),
        optional(
            "uses",
            Kind::Values(&Kind::Count(FROM_1)),
            "What each service holds while it runs: units of `resources`.",
            "{database: 1}",
        ),
        optional(
            "emits",
            Kind::List(&Kind::Section(&topology::EMISSION), 1),
            "What is published at each ack: pipelines.",
            "[{to: orders, per_message: 1}]",
        ),
        optional(
            "cost",
            Kind::Uncertain(&Kind::Money),
            "Price of one replica, from wanted to terminated; one currency per file.",
            "0.10 USD/h",
        ),
        optional(
            "scaling",
            Kind::Section(&scaling::STRATEGY),
            "Who decides on the number of replicas: a strategy.",
            "{hpa: {min: 2, max: 20, metric: {ready_per_replica: 50}}, metric_age: 30s}",
        ),
    ],
    alternatives: &[&["service"], &["service_rate"]],
};

static SHUTDOWN: Choice = Choice {
    what: "a way to shut down",
    variants: &[required(
        "finish_within",
        LENGTH,
        "As `finish`, within a grace period; what is not done then returns to the queue.",
        "30s",
    )],
};

static SCHEDULE: Choice = Choice {
    what: "a number of replicas",
    variants: &[required(
        "steps",
        Kind::List(&Kind::Pair(&INSTANT, &Kind::Count(REPLICAS)), 1),
        "Each number holds until the next; the first begins at `0s`.",
        "[[0s, 2], [30s, 3]]",
    )],
};

static RATE_LIMIT: Section = Section {
    what: "a rate limit",
    about: "",
    keys: &[
        required("rate", Kind::Uncertain(&Kind::Rate(ABOVE_0)), "Tokens per second; each start takes one.", "100/s"),
        defaulted("burst", Kind::Count(Span { low: 1.0, ..FROM_0 }), "1", "Size of the bucket, full at t = 0.", "20"),
    ],
    alternatives: &[],
};
