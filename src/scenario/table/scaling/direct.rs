//! Strategies that belong to no product: timetables, feed-forward, age, forecasts, the oracle, PID.

use super::super::{Choice, FROM_0, INSTANT, Key, Kind, LENGTH, Section, Span, Word, defaulted, optional, required};
use super::{REPLICAS, SOME_SHARE, keda, max, metrics, min, period};

pub(super) static SCHEDULE: Section = Section {
    what: "a timetable",
    about: "",
    keys: &[
        optional(
            "steps",
            Kind::List(&Kind::Pair(&INSTANT, &Kind::Count(REPLICAS)), 1),
            "Each number holds until the next; the first begins at `0s`.",
            "[[0s, 4], [25m, 12], [70m, 4]]",
        ),
        optional(
            "cron",
            Kind::List(&Kind::Section(&keda::WINDOW), 1),
            "Windows; the largest of those that are open counts.",
            "[{start: \"0 8 * * 1-5\", end: \"0 18 * * 1-5\", timezone: Europe/Kyiv, desired_replicas: 10}]",
        ),
        optional("otherwise", Kind::Count(REPLICAS), "Size outside every window.", "2"),
    ],
    alternatives: &[&["steps"], &["cron", "otherwise"]],
};

const fn replica_rate() -> Key {
    optional(
        "replica_rate",
        Kind::Rate(super::super::ABOVE_0),
        "Messages per second of one replica; left out, what the scenario says of the group: slots · speed at t = 0 / \
         (mean service + mean overhead).",
        "50/s",
    )
}

pub(super) static RATE: Section = Section {
    what: "a rate strategy",
    about: "wanted = ⌈(publish rate / utilization + backlog / drain) / replica rate⌉.",
    keys: &[
        min("1"),
        max(),
        period("15s"),
        replica_rate(),
        defaulted("utilization", SOME_SHARE, "80%", "Utilization aimed at.", "70%"),
        defaulted("drain", LENGTH, "60s", "Time in which the backlog is to be gone.", "5m"),
        defaulted(
            "stabilization_window",
            INSTANT,
            "60s",
            "The highest advice of this time counts on the way down.",
            "5m",
        ),
    ],
    alternatives: &[],
};

pub(super) static AGE: Section = Section {
    what: "an age strategy",
    about: "Proportional upwards, one by one downwards.",
    keys: &[
        min("1"),
        max(),
        period("15s"),
        required("target", LENGTH, "Age of the oldest message that is aimed at.", "10s"),
        defaulted(
            "tolerance",
            Kind::Share(Span { low: 0.0, open: false, high: 1e6 }),
            "10%",
            "No change upwards within this share of the target.",
            "20%",
        ),
        defaulted(
            "growth",
            Kind::Number(Span { low: 1.0, open: true, high: 1e9 }),
            "2",
            "At most so many times the size per decision.",
            "1.5",
        ),
        defaulted(
            "low",
            Kind::Share(Span { low: 0.0, open: false, high: 1.0 }),
            "50%",
            "Share of the target below which it shrinks.",
            "30%",
        ),
        defaulted("down_after", INSTANT, "60s", "Time below that share before one replica leaves.", "2m"),
    ],
    alternatives: &[],
};

pub(super) static PREDICTIVE: Section = Section {
    what: "a predictive strategy",
    about: "Before one whole season has been seen, the rate stays what it was.",
    keys: &[
        min("1"),
        max(),
        period("60s"),
        defaulted("forecast", FORECAST, "seasonal_naive", "How the rate is foreseen.", "seasonal_naive"),
        defaulted("season", LENGTH, "24h", "Length of a season: a whole number of periods, at most a million.", "7d"),
        lead(),
        staffing(),
        replica_rate(),
        drain(),
    ],
    alternatives: &[],
};

static HOLT_WINTERS: Section = Section {
    what: "a Holt–Winters forecast",
    about: "",
    keys: &[
        required("level", Kind::Number(Span { low: 0.0, open: true, high: BELOW_1 }), "α, above 0 and below 1.", "0.3"),
        required("trend", Kind::Number(Span { low: 0.0, open: false, high: BELOW_1 }), "β*, below 1.", "0.05"),
        required("season", Kind::Number(Span { low: 0.0, open: false, high: BELOW_1 }), "γ, below 1.", "0.2"),
    ],
    alternatives: &[],
};

const BELOW_1: f64 = 0.999_999;

const FORECAST: Kind = Kind::Either(&[
    Kind::Word(&[Word { text: "seasonal_naive", about: "what it was one season ago" }]),
    Kind::Choice(&FORECASTS),
]);

static FORECASTS: Choice = Choice {
    what: "a forecast",
    variants: &[required(
        "holt_winters",
        Kind::Section(&HOLT_WINTERS),
        "Additive level, trend and season.",
        "{level: 0.3, trend: 0.05, season: 0.2}",
    )],
};

const fn lead() -> Key {
    optional("lead", INSTANT, "How far it looks ahead; left out, the mean of the group's `startup`.", "45s")
}

const fn staffing() -> Key {
    defaulted(
        "staffing",
        Kind::Choice(&STAFFING),
        "{utilization: 80%}",
        "From the rate to replicas.",
        "{erlang_c: {within: 1s, share: 5%}}",
    )
}

const fn drain() -> Key {
    optional("drain", LENGTH, "Time in which a backlog is to be gone; left out, that is left to chance.", "5m")
}

static STAFFING: Choice = Choice {
    what: "a rule of staffing",
    variants: &[
        required("utilization", SOME_SHARE, "⌈offered load / utilization⌉.", "80%"),
        required(
            "square_root",
            Kind::Number(FROM_0),
            "⌈a + β√a⌉ slots for an offered load of a slots; this is β.",
            "1.5",
        ),
        required(
            "erlang_c",
            Kind::Section(&ERLANG_C),
            "The fewest with P(W > within) ≤ share in M/M/c.",
            "{within: 1s, share: 5%}",
        ),
    ],
};

static ERLANG_C: Section = Section {
    what: "a rule by Erlang C",
    about: "",
    keys: &[
        required("within", INSTANT, "Wait that is allowed.", "1s"),
        required("share", SOME_SHARE, "Share of the messages that may wait longer.", "5%"),
    ],
    alternatives: &[],
};

pub(super) static ORACLE: Section = Section {
    what: "an oracle",
    about: "The lower bound that shows how much a strategy leaves on the table.",
    keys: &[min("1"), max(), period("15s"), lead(), staffing(), replica_rate(), drain()],
    alternatives: &[],
};

pub(super) static PID: Section = Section {
    what: "a PID controller",
    about: "wanted = Kp·e + Ki·∫e dt + Kd·de/dt with e = metric − set-point. The integral begins so that the first \
            decision keeps the size, and stands still while the size is at a bound.",
    keys: &[
        min("1"),
        max(),
        period("15s"),
        required("metric", Kind::Choice(&metrics::SET_POINT), "What is controlled, and its set-point.", "{ready: 100}"),
        required("proportional", Kind::Number(FROM_0), "Kp: replicas per unit of the metric.", "0.01"),
        defaulted("integral", Kind::Number(FROM_0), "0", "Ki: replicas per unit and second.", "0.001"),
        defaulted("derivative", Kind::Number(FROM_0), "0", "Kd: replicas per unit per second.", "0.1"),
    ],
    alternatives: &[],
};
