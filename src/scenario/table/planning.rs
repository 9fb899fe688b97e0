//! What is asked of a scenario beyond its run: what a plan may choose.

use super::{Key, Kind, Need, Section, Span, Word, optional};

/// `plan`.
pub(in super::super) static PLAN: Section = Section {
    what: "a plan",
    about: "What `forebay plan` may choose, and by what it chooses. Without `vary` it chooses the replicas of the one \
            group that serves a queue with a promise.",
    keys: &[
        optional(
            "vary",
            Kind::Axes,
            "Paths into the scenario, as with `--set`, each with its values: a range of whole numbers, both ends \
             included, or a list.",
            "{consumers.workers.replicas: \"1..64\", consumers.workers.concurrency: [1, 2, 4]}",
        ),
        Key {
            name: "minimise",
            kind: Kind::Word(&[
                Word { text: "cost", about: "what all groups with a price cost; replica-hours where none has one" },
                Word { text: "replica_hours", about: "of all groups, whatever they cost" },
            ]),
            need: Need::Default("cost"),
            about: "What is to be as small as possible.",
            example: "cost",
        },
        Key {
            name: "confidence",
            kind: Kind::Share(Span { low: 0.0, open: true, high: 0.9999 }),
            need: Need::Default("95%"),
            about: "Share of runs in which all promises must be kept.",
            example: "99%",
        },
    ],
    alternatives: &[],
};
