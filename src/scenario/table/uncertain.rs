//! Values that are known only to lie between two others, wherever [`Kind::Uncertain`] stands.

use super::{Kind, Section, Span, required};

/// What may stand in the place of one value.
pub(in super::super) static UNCERTAIN: Section = Section {
    what: "an uncertain value",
    about: "Where a value is called *perhaps uncertain*, a map with these two keys may stand instead of it: the value \
            is then thought to be lognormal, with the two values of `between` as the ends of its central interval of \
            that `confidence` (below the lower one and above the higher one it lies equally often), so that its median \
            is √(low · high). `check`, `run` and `compare` take the median; `forebay plan` weighs all values. An alias \
            of an uncertain value is the same value again, not another one.",
    keys: &[
        required(
            "between",
            Kind::Pair(&Kind::Bound, &Kind::Bound),
            "The lower and the higher value, both above 0.",
            "[90/s, 140/s]",
        ),
        required(
            "confidence",
            Kind::Share(Span { low: 0.0, open: true, high: 0.9999 }),
            "Probability that the value lies between the two.",
            "90%",
        ),
    ],
    alternatives: &[],
};
