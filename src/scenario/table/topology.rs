//! What connects queues: topics, emissions, and resources that consumers share.

use super::{FROM_0, FROM_1, Kind, Section, Span, defaulted, required};

pub(super) static TOPIC: Section = Section {
    what: "a topic",
    about: "An event bus: dE/dt = E_p − E_c holds for each of its queues.",
    keys: &[required(
        "to",
        Kind::List(&Kind::Either(&[Kind::QueueName, Kind::Section(&SHARE)]), 1),
        "Queues, each of which gets its copy; or shares, by which each message goes to one of them and which sum to \
         100 %.",
        "[orders]",
    )],
    alternatives: &[],
};

static SHARE: Section = Section {
    what: "a share of a topic",
    about: "",
    keys: &[
        required("queue", Kind::QueueName, "The queue.", "orders"),
        required("share", Kind::Share(Span { low: 0.0, open: true, high: 1.0 }), "Its share.", "70%"),
    ],
    alternatives: &[],
};

pub(super) static RESOURCE: Section = Section {
    what: "a resource",
    about: "Something that consumers share, such as the connections of a database.",
    keys: &[required("slots", Kind::Count(FROM_1), "Units that there are.", "40")],
    alternatives: &[],
};

pub(super) static EMISSION: Section = Section {
    what: "an emission",
    about: "Messages that are published at each ack.",
    keys: &[
        required("to", Kind::DestinationName, "The queue or topic.", "orders"),
        defaulted(
            "per_message",
            Kind::Number(Span { high: 1e6, ..FROM_0 }),
            "1",
            "How many on average: the whole part always, one more with the probability of the rest.",
            "0.3",
        ),
    ],
    alternatives: &[],
};

pub(super) static CONTENTION: Section = Section {
    what: "a contention",
    about: "n busy slots do n / (1 + σ(n − 1) + κn(n − 1)) of one slot's work (universal scalability law).",
    keys: &[
        required(
            "sigma",
            Kind::Number(Span { low: 0.0, open: false, high: 0.999_999 }),
            "Contention, below 1.",
            "0.02",
        ),
        defaulted("kappa", Kind::Number(Span { high: 1e3, ..FROM_0 }), "0", "Coherency.", "0.0005"),
    ],
    alternatives: &[],
};
