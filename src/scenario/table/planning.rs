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
        optional(
            "regret",
            Kind::Section(&REGRET),
            "What mistakes cost, where inputs are uncertain: then the plan is the setting whose regret is expected to \
             be the smallest.",
            "{too_little: 4, too_much: 1}",
        ),
    ],
    alternatives: &[],
};

const PRICE: Kind = Kind::Number(Span { low: 0.0, open: true, high: 1e6 });

static REGRET: Section = Section {
    what: "a regret",
    about: "The regret of a setting is the distance of what it costs from what would have been just enough, raised to \
            `exponent`, times `too_little` or `too_much`.",
    keys: &[
        Key {
            name: "too_little",
            kind: PRICE,
            need: Need::Default("4"),
            about: "Price of what is missing. With an exponent of 1 the plan covers the share too_little / (too_little \
                    + too_much) of what may happen.",
            example: "4",
        },
        Key {
            name: "too_much",
            kind: PRICE,
            need: Need::Default("1"),
            about: "Price of what is not needed.",
            example: "1",
        },
        Key {
            name: "exponent",
            kind: Kind::Number(Span { low: 0.0, open: true, high: 10.0 }),
            need: Need::Default("1"),
            about: "Above 1, one large mistake weighs more than several small ones.",
            example: "1.2",
        },
    ],
    alternatives: &[],
};
