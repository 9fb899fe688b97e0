//! Consumer groups.

use super::{
    ABOVE_0, Choice, FROM_0, FROM_1, INSTANT, Kind, LENGTH, MAX_NUMBER, Section, Span, Word, defaulted, later,
    optional, required, scaling,
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
            Kind::Count(FROM_1),
            "Unacked messages per replica; left out, `concurrency`. Below it, it caps the slots.",
            "16",
        ),
        optional("service", Kind::Distribution, "Work of one message, at speed 1.", "{lognormal: {mean: 20ms, cv: 1}}"),
        optional(
            "service_rate",
            Kind::Rate(ABOVE_0),
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
            "Before a new replica takes its first message; not at t = 0; after outages too.",
            "30s",
        ),
        defaulted(
            "shutdown",
            Kind::Either(&[
                Kind::Word(&[
                    Word {
                        text: "finish",
                        about: "running and prefetched work is completed, nothing new is taken",
                        later: false,
                    },
                    Word { text: "requeue", about: "everything held returns to the queue at once", later: false },
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
        optional(
            "cost",
            Kind::Money,
            "Price of one replica, from wanted to terminated; one currency per file.",
            "0.10 USD/h",
        ),
        later("failures", "Failing deliveries and what happens to them."),
        later("retry", "Delay before a failed message is delivered again."),
        later("batch", "One service for several messages."),
        later("crashes", "Replicas that crash and restart."),
        later("contention", "Universal scalability law over busy slots."),
        later("emits", "Messages published at ack: pipelines."),
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
        required("rate", Kind::Rate(ABOVE_0), "Tokens per second; each start takes one.", "100/s"),
        defaulted("burst", Kind::Count(Span { low: 1.0, ..FROM_0 }), "1", "Size of the bucket, full at t = 0.", "20"),
    ],
    alternatives: &[],
};
