//! Rate functions P(t), and the same shapes as factor functions.

use super::{
    ABOVE_0, ANY, Choice, INSTANT, Key, Kind, LENGTH, LEVEL, Need, SIGNED, Section, Word, defaulted, optional, required,
};

/// A bare level, or a map with one of the shapes.
pub(in super::super) static FUNCTION: Kind = Kind::Either(&[LEVEL, Kind::Choice(&SHAPES)]);

static SHAPES: Choice = Choice {
    what: "a rate function",
    variants: &[
        required("constant", LEVEL, "The same rate throughout; `120/s` alone is short for it.", "120/s"),
        required(
            "steps",
            Kind::List(&KNOT, 1),
            "Each rate holds until the next; the first begins at `0s`.",
            "[[0s, 40/s], [60s, 250/s]]",
        ),
        required(
            "points",
            Kind::List(&KNOT, 1),
            "Straight lines between the points, flat outside.",
            "[[0s, 40/s], [1h, 250/s]]",
        ),
        required(
            "ramp",
            Kind::Section(&RAMP),
            "A straight line from one rate to another, flat outside.",
            "{rates: [40/s, 250/s], from: 10m, until: 20m}",
        ),
        required(
            "sine",
            Kind::Section(&SINE),
            "mean + amplitude · sin(2π(t − phase)/period).",
            "{mean: 100/s, amplitude: 60/s, period: 24h, phase: 6h}",
        ),
        required(
            "diurnal",
            Kind::Section(&DIURNAL),
            "A raised cosine between a low and a high rate.",
            "{low: 20/s, high: 180/s, peak_at: \"14:00\"}",
        ),
        required(
            "weekly",
            Kind::Section(&WEEKLY),
            "One function of the time of day for each day of the week; needs `start`.",
            "{mon: 50/s, tue: 50/s, wed: 50/s, thu: 50/s, fri: {steps: [[\"00:00\", 40/s], [\"09:30\", 90/s]]}, sat: \
             10/s, sun: 10/s}",
        ),
        required(
            "pulse",
            Kind::Section(&PULSE),
            "`height` in [from, until), 0 elsewhere.",
            "{height: 200/s, from: 30m, until: 60m}",
        ),
        required(
            "burst",
            Kind::Section(&BURST),
            "height · exp(−(t − at)/decay) from `at` on, 0 before.",
            "{height: 500/s, at: 30m, decay: 5m}",
        ),
        required(
            "trace",
            Kind::Section(&TRACE),
            "Recorded counts or rates from a CSV file.",
            "{file: counts.csv, time: timestamp, value: count, unit: count, every: 5m}",
        ),
        required(
            "sum",
            Kind::List(&Kind::SameFunction, 1),
            "The sum of its parts.",
            "[{constant: 40/s}, {pulse: {height: 200/s, from: 30m, until: 60m}}]",
        ),
        required("scale", Kind::Section(&SCALE), "A function times a factor.", "{by: 1.3, rate: 40/s}"),
        required(
            "repeat",
            Kind::Section(&REPEAT),
            "The first `every` of a function again and again.",
            "{every: 10m, rate: {pulse: {height: 90/s, from: 0s, until: 2m}}}",
        ),
        required(
            "shift",
            Kind::Section(&SHIFT),
            "A function moved later, or earlier if `by` is negative.",
            "{by: 15m, rate: {points: [[0s, 10/s], [1h, 90/s]]}}",
        ),
        required(
            "growth",
            Kind::Section(&GROWTH),
            "A function times factor^(t / every).",
            "{factor: 1.05, every: 30d, rate: 40/s}",
        ),
        required(
            "clamp",
            Kind::Section(&CLAMP),
            "A function kept within bounds.",
            "{min: 0/s, max: 200/s, rate: {sine: {mean: 100/s, amplitude: 150/s, period: 24h}}}",
        ),
    ],
};

static KNOT: Kind = Kind::Pair(&INSTANT, &LEVEL);

const fn section(what: &'static str, keys: &'static [Key]) -> Section {
    Section { what, about: "", keys, alternatives: &[] }
}

static RAMP: Section = section(
    "a ramp",
    &[
        required("rates", Kind::Pair(&LEVEL, &LEVEL), "The rate before and the rate after.", "[40/s, 250/s]"),
        required("from", INSTANT, "Begin of the line.", "10m"),
        required("until", INSTANT, "End of the line, after its begin.", "20m"),
    ],
);

static SINE: Section = section(
    "a sine",
    &[
        required("mean", LEVEL, "Mean rate.", "100/s"),
        required("amplitude", LEVEL, "Largest distance from the mean.", "60/s"),
        required("period", LENGTH, "Time from crest to crest.", "24h"),
        defaulted("phase", SIGNED, "0s", "Time at which the mean is crossed upwards.", "6h"),
    ],
);

static DIURNAL: Section = section(
    "a diurnal rate",
    &[
        required("low", LEVEL, "Lowest rate, half a period from the peak.", "20/s"),
        required("high", LEVEL, "Highest rate.", "180/s"),
        required(
            "peak_at",
            Kind::ClockOrDuration,
            "When the rate is highest: a duration after t = 0, or a quoted time of day (on the clock of `start`; \
             without `start`, t = 0 is midnight).",
            "\"14:00\"",
        ),
        defaulted("period", LENGTH, "24h", "Time from peak to peak.", "24h"),
    ],
);

const fn day(name: &'static str, about: &'static str) -> Key {
    Key { name, kind: Kind::DayFunction, need: Need::Required, about, example: "50/s" }
}

static WEEKLY: Section = section(
    "a weekly rate",
    &[
        day("mon", "Monday; times in it are durations after midnight or quoted clock times, on the clock of `start`."),
        day("tue", "Tuesday."),
        day("wed", "Wednesday."),
        day("thu", "Thursday."),
        day("fri", "Friday."),
        day("sat", "Saturday."),
        day("sun", "Sunday."),
    ],
);

static PULSE: Section = section(
    "a pulse",
    &[
        required("height", LEVEL, "Rate inside.", "200/s"),
        required("from", INSTANT, "Begin.", "30m"),
        required("until", INSTANT, "End, after the begin.", "60m"),
    ],
);

static BURST: Section = section(
    "a burst",
    &[
        required("height", LEVEL, "Rate at `at`.", "500/s"),
        required("at", INSTANT, "Begin.", "30m"),
        required("decay", LENGTH, "Time in which it falls to 1/e.", "5m"),
    ],
);

static TRACE: Section = section(
    "a trace",
    &[
        required("file", Kind::Text, "CSV file with a header, relative to the scenario.", "counts.csv"),
        defaulted(
            "time",
            Kind::Text,
            "timestamp",
            "Column of the interval's begin: RFC 3339, `2014-04-10 00:04:00`, a date, epoch seconds or plain seconds.",
            "timestamp",
        ),
        defaulted("value", Kind::Text, "value", "Column of the value.", "value"),
        defaulted(
            "unit",
            Kind::Word(&[
                Word { text: "count", about: "messages in the interval" },
                Word { text: "rate", about: "messages per second" },
            ]),
            "count",
            "What a value is: `count` (messages in the interval) or `rate` (per second). In a factor function values \
             are factors and `unit` is left out.",
            "count",
        ),
        optional("every", LENGTH, "Length of an interval; left out, the most common distance of two rows.", "5m"),
    ],
);

static SCALE: Section = section(
    "a scaled rate",
    &[
        required("by", Kind::Uncertain(&Kind::Number(ANY)), "Factor.", "1.3"),
        required("rate", Kind::SameFunction, "What is scaled.", "40/s"),
    ],
);

static REPEAT: Section = section(
    "a repeated rate",
    &[
        required("every", LENGTH, "Period.", "10m"),
        required("rate", Kind::SameFunction, "What is repeated.", "{pulse: {height: 90/s, from: 0s, until: 2m}}"),
    ],
);

static SHIFT: Section = section(
    "a shifted rate",
    &[
        required("by", SIGNED, "How much later.", "15m"),
        required("rate", Kind::SameFunction, "What is moved.", "{points: [[0s, 10/s], [1h, 90/s]]}"),
    ],
);

static GROWTH: Section = section(
    "a growing rate",
    &[
        required("factor", Kind::Uncertain(&Kind::Number(ABOVE_0)), "Growth per `every`.", "1.05"),
        required("every", LENGTH, "Time in which the rate grows by the factor.", "30d"),
        required("rate", Kind::SameFunction, "What grows.", "40/s"),
    ],
);

static CLAMP: Section = section(
    "a clamped rate",
    &[
        optional("min", LEVEL, "Lower bound.", "0/s"),
        optional("max", LEVEL, "Upper bound.", "200/s"),
        required("rate", Kind::SameFunction, "What is clamped.", "40/s"),
    ],
);
