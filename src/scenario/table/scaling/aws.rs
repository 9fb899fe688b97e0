//! AWS: step scaling, target tracking, Lambda on SQS. Figures that AWS does not publish say so.

use super::super::{FROM_0, FROM_1, INSTANT, Key, Kind, LENGTH, Section, Span, Word, defaulted, optional, required};
use super::{SOME_REPLICAS, flag, max, metrics, min, period};

pub(super) static STEP: Section = Section {
    what: "a step scaling policy",
    about: "A ladder above a threshold and another one below a threshold; the room between them is the hysteresis.",
    keys: &[
        min("1"),
        max(),
        defaulted("metric", Kind::Word(&metrics::ALARM_WORDS), "ready", "What the alarms watch.", "ready_per_replica"),
        period("60s"),
        optional(
            "scale_out",
            Kind::Section(&LADDER),
            "The way up, from its threshold on.",
            "{threshold: 500, steps: [{lower_bound: 0, upper_bound: 500, adjustment: 2}, {lower_bound: 500, \
             adjustment: 6}]}",
        ),
        optional(
            "scale_in",
            Kind::Section(&LADDER),
            "The way down, from its threshold on: a ladder with the same keys.",
            "{threshold: 50, steps: [{upper_bound: 0, adjustment: -1}], evaluation_periods: 3}",
        ),
    ],
    alternatives: &[],
};

pub(super) static LADDER: Section = Section {
    what: "a ladder",
    about: "Thresholds and bounds are in the unit of the metric.",
    keys: &[
        required("threshold", Kind::Limit, "The alarm's threshold.", "500"),
        required(
            "steps",
            Kind::List(&Kind::Section(&RUNG), 1),
            "Steps relative to the threshold, ascending, without gaps and overlaps.",
            "[{lower_bound: 0, upper_bound: 500, adjustment: 2}, {lower_bound: 500, adjustment: 6}]",
        ),
        defaulted(
            "adjustment_type",
            Kind::Word(&[
                Word { text: "change_in_capacity", about: "replicas more or less" },
                Word { text: "exact_capacity", about: "exactly so many replicas" },
                Word { text: "percent_change_in_capacity", about: "per cent of the size" },
            ]),
            "change_in_capacity",
            "What an adjustment is.",
            "percent_change_in_capacity",
        ),
        defaulted("min_adjustment_magnitude", Kind::Count(FROM_1), "1", "Least change, for percentages.", "2"),
        defaulted(
            "evaluation_periods",
            Kind::Count(FROM_1),
            "1",
            "Consecutive periods beyond the threshold before it acts.",
            "3",
        ),
        defaulted(
            "cooldown",
            INSTANT,
            "5m",
            "Rest after its own change. While a step out rests, only a larger one acts, and only by the difference; a \
             step in waits for both rests.",
            "2m",
        ),
    ],
    alternatives: &[],
};

static RUNG: Section = Section {
    what: "a step of a ladder",
    about: "",
    keys: &[
        optional("lower_bound", Kind::Limit, "metric − threshold from here; left out, open downwards.", "0"),
        optional("upper_bound", Kind::Limit, "metric − threshold up to here; left out, open upwards.", "500"),
        required("adjustment", Kind::Number(ADJUSTMENT), "By how much; negative to scale in.", "2"),
    ],
    alternatives: &[],
};

const ADJUSTMENT: Span = Span { low: -1e9, open: false, high: 1e9 };

pub(super) static TARGET_TRACKING: Section = Section {
    what: "a target tracking policy",
    about: "The algorithm is not published. This is an approximation that keeps every documented fact: proportional \
            and rounded up on the way out; on the way in only well below the target, fewer removed than computed; no \
            data, no action.",
    keys: &[
        min("1"),
        max(),
        required(
            "metric",
            Kind::Choice(&metrics::TRACKED),
            "What is tracked, and its target.",
            "{ready_per_replica: 50}",
        ),
        period("60s"),
        defaulted(
            "out_periods",
            Kind::Count(FROM_1),
            "3",
            "Consecutive periods above the target before it scales out. Not published by AWS: an approximation.",
            "3",
        ),
        defaulted(
            "in_periods",
            Kind::Count(FROM_1),
            "15",
            "Consecutive periods below the lower threshold before it scales in. Not published by AWS: an \
             approximation.",
            "15",
        ),
        defaulted(
            "in_margin",
            Kind::Share(Span { low: 0.0, open: false, high: 1.0 }),
            "10%",
            "How far below the target the lower threshold lies. Not published by AWS: an approximation.",
            "10%",
        ),
        cooldown("scale_out_cooldown", "Rest after a step out; a larger step out acts all the same."),
        cooldown("scale_in_cooldown", "Rest after a step in; a step out ends it."),
        flag("disable_scale_in", "false", "Never scales in."),
    ],
    alternatives: &[],
};

const fn cooldown(name: &'static str, about: &'static str) -> Key {
    defaulted(name, INSTANT, "5m", about, "5m")
}

pub(super) static LAMBDA_SQS: Section = Section {
    what: "a Lambda on SQS",
    about: "A replica is one concurrent batch. That growth is even within a minute, and that the concurrency falls to \
            what is in flight when nothing waits, is not published by AWS: an approximation.",
    keys: &[
        defaulted("min", Kind::Count(SOME_REPLICAS), "5", "Concurrent batches to begin with, and the least.", "5"),
        defaulted("max", Kind::Count(SOME_REPLICAS), "1000", "`MaximumConcurrency`: AWS takes 2 to 1000.", "50"),
        defaulted(
            "added_per_minute",
            Kind::Number(FROM_0),
            "300",
            "Most concurrent batches added per minute while messages wait; 60 in the older generation.",
            "60",
        ),
        defaulted("batch_size", Kind::Count(FROM_1), "10", "Messages per batch.", "1"),
        flag("fifo", "false", "A FIFO queue: at most one batch per message group (partition) with messages."),
        defaulted("period", LENGTH, "10s", "How often it decides. Not published by AWS: an approximation.", "10s"),
    ],
    alternatives: &[],
};
