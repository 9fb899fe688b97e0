//! What goes wrong and what is done about it: failures, retries, crashes; batches, rebalances and confirms beside them.

use super::distributions::LAWS;
use super::{Choice, FROM_1, INSTANT, Kind, LENGTH, Section, Span, Word, defaulted, optional, required};

/// A probability or share, both ends included.
const PROBABILITY: Span = Span { low: 0.0, open: false, high: 1.0 };

pub(super) static FAILURES: Section = Section {
    what: "failures",
    about: "Deliveries that fail: known when their service ends. `probability`, `poison` or both.",
    keys: &[
        optional("probability", Kind::Share(PROBABILITY), "Probability that an attempt fails.", "10%"),
        optional("poison", Kind::Share(PROBABILITY), "Share of the messages that fail at every attempt.", "3%"),
        defaulted(
            "then",
            Kind::Word(&[
                Word { text: "requeue", about: "it returns to its queue" },
                Word { text: "dead-letter", about: "it goes to the queue's `dead_letter`" },
                Word { text: "drop", about: "it is gone" },
            ]),
            "requeue",
            "What becomes of a failed delivery. What was acked before cannot return: with `ack: before` it is `drop`.",
            "dead-letter",
        ),
        defaulted(
            "partial",
            Kind::Flag,
            "false",
            "Of a batch, whether only the failed messages come back; otherwise all of it does.",
            "true",
        ),
    ],
    alternatives: &[],
};

pub(super) static RETRY: Section = Section {
    what: "a retry",
    about: "",
    keys: &[required(
        "delay",
        Kind::Either(&[INSTANT, Kind::Choice(&LAWS), Kind::Choice(&BACKOFF_CHOICE)]),
        "How long a requeued message rests before its next delivery: a duration, a distribution, or a back-off.",
        "{backoff: {first: 1s, factor: 2, max: 5m, jitter: 100%}}",
    )],
    alternatives: &[],
};

static BACKOFF_CHOICE: Choice = Choice {
    what: "a back-off",
    variants: &[required(
        "backoff",
        Kind::Section(&BACKOFF),
        "Longer after each failure.",
        "{first: 1s, factor: 2, max: 5m, jitter: 100%}",
    )],
};

static BACKOFF: Section = Section {
    what: "a back-off",
    about: "The k-th rest is min(first · factor^(k−1), max), less a uniform share of up to `jitter`.",
    keys: &[
        required("first", LENGTH, "Rest after the first failure.", "1s"),
        defaulted("factor", Kind::Number(Span { low: 1.0, open: false, high: 1e6 }), "2", "Growth per failure.", "2"),
        required("max", LENGTH, "Longest rest, not below the first.", "5m"),
        defaulted(
            "jitter",
            Kind::Share(PROBABILITY),
            "0%",
            "Largest share that chance takes away; 100 % is full jitter.",
            "100%",
        ),
    ],
    alternatives: &[],
};

pub(super) static CRASHES: Section = Section {
    what: "crashes",
    about: "Replicas that die, each on its own, after exponential times.",
    keys: &[
        required("every", LENGTH, "Mean time between two crashes of a replica.", "6h"),
        defaulted("restart", INSTANT, "0s", "Until it is launched again; its `startup` follows.", "30s"),
    ],
    alternatives: &[],
};

pub(super) static BATCH: Section = Section {
    what: "a batch",
    about: "One service for several messages.",
    keys: &[
        required("size", Kind::Count(Span { high: 1e6, ..FROM_1 }), "Most messages in one.", "10"),
        defaulted(
            "linger",
            INSTANT,
            "0s",
            "How long a slot waits for a batch to fill, from its first message.",
            "50ms",
        ),
    ],
    alternatives: &[],
};

pub(super) static REBALANCE: Section = Section {
    what: "a rebalance",
    about: "What a change of membership costs a group on a queue with `partitions`.",
    keys: &[
        required(
            "kind",
            Kind::Word(&[
                Word { text: "eager", about: "every partition pauses" },
                Word { text: "cooperative", about: "only the partitions that change hands pause" },
            ]),
            "Who pauses.",
            "eager",
        ),
        required("pause", INSTANT, "For how long.", "3s"),
    ],
    alternatives: &[],
};

pub(super) static CONFIRMS: Section = Section {
    what: "publisher confirms",
    about: "",
    keys: &[
        required("latency", Kind::Distribution, "From publish to confirm.", "2ms"),
        required("window", Kind::Count(FROM_1), "Most unconfirmed publishes.", "100"),
    ],
    alternatives: &[],
};
