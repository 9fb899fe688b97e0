//! Distributions of durations.

use super::{ALWAYS, Choice, INSTANT, Key, Kind, MEAN, Section, Span, required};

/// A bare duration, or a map with one of the laws.
pub(in super::super) static DISTRIBUTION: Kind = Kind::Either(&[ALWAYS, Kind::Choice(&LAWS)]);

pub(super) static LAWS: Choice = Choice {
    what: "a distribution",
    variants: &[
        required("constant", ALWAYS, "Always the same; `20ms` alone is short for it.", "20ms"),
        required("exponential", Kind::Section(&EXPONENTIAL), "Memoryless.", "{mean: 20ms}"),
        required(
            "erlang",
            Kind::Section(&ERLANG),
            "The sum of equal exponential stages; cv = 1/√stages.",
            "{mean: 20ms, stages: 3}",
        ),
        required(
            "gamma",
            Kind::Section(&GAMMA),
            "Gamma, by mean and coefficient of variation.",
            "{mean: 20ms, cv: 0.5}",
        ),
        required(
            "lognormal",
            Kind::Section(&LOGNORMAL),
            "Lognormal, by mean and coefficient of variation, or by median and 99th percentile.",
            "{mean: 20ms, cv: 1}",
        ),
        required(
            "weibull",
            Kind::Section(&WEIBULL),
            "Weibull; a heavy tail below shape 1, exponential at 1.",
            "{mean: 20ms, shape: 0.7}",
        ),
        required(
            "pareto",
            Kind::Section(&PARETO),
            "Pareto (type I); infinite variance up to shape 2.",
            "{mean: 20ms, shape: 2.5}",
        ),
        required(
            "hyperexponential",
            Kind::Either(&[Kind::List(&Kind::Section(&BRANCH), 1), Kind::Section(&HYPEREXPONENTIAL)]),
            "A mixture of exponentials: two with balanced means by mean and cv, or a list of branches whose shares \
             sum to 100 %.",
            "[{share: 90%, mean: 5ms}, {share: 10%, mean: 155ms}]",
        ),
        required(
            "uniform",
            Kind::Section(&UNIFORM),
            "Equally likely between two durations.",
            "{low: 10ms, high: 30ms}",
        ),
        required(
            "empirical",
            Kind::Section(&EMPIRICAL),
            "Each recorded value (seconds, in a CSV column) equally likely.",
            "{file: services.csv, column: service_s}",
        ),
    ],
};

const fn section(what: &'static str, keys: &'static [Key]) -> Section {
    Section { what, about: "", keys, alternatives: &[] }
}

const fn mean() -> Key {
    required("mean", MEAN, "Mean.", "20ms")
}

const CV: Span = Span { low: 0.0, open: false, high: 1_000.0 };

static EXPONENTIAL: Section = section("an exponential distribution", &[mean()]);

static ERLANG: Section = section(
    "an Erlang distribution",
    &[
        mean(),
        required("stages", Kind::Count(Span { low: 1.0, open: false, high: 10_000.0 }), "Number of stages.", "3"),
    ],
);

static GAMMA: Section = section(
    "a gamma distribution",
    &[
        mean(),
        required(
            "cv",
            Kind::Number(Span { low: 0.001, open: false, high: 100.0 }),
            "Standard deviation / mean.",
            "0.5",
        ),
    ],
);

static LOGNORMAL: Section = Section {
    what: "a lognormal distribution",
    about: "",
    keys: &[
        super::optional("mean", MEAN, "Mean (with `cv`).", "20ms"),
        super::optional("cv", Kind::Number(CV), "Standard deviation / mean (with `mean`).", "1"),
        super::optional("p50", MEAN, "Median (with `p99`).", "14ms"),
        super::optional("p99", MEAN, "99th percentile (with `p50`), not below the median.", "98ms"),
    ],
    alternatives: &[&["mean", "cv"], &["p50", "p99"]],
};

static WEIBULL: Section = section(
    "a Weibull distribution",
    &[mean(), required("shape", Kind::Number(Span { low: 0.05, open: false, high: 1_000.0 }), "Shape.", "0.7")],
);

static PARETO: Section = section(
    "a Pareto distribution",
    &[mean(), required("shape", Kind::Number(Span { low: 1.0, open: true, high: 1_000.0 }), "Shape, above 1.", "2.5")],
);

static HYPEREXPONENTIAL: Section = section(
    "a hyperexponential distribution",
    &[
        mean(),
        required(
            "cv",
            Kind::Number(Span { low: 1.0, open: false, high: 1_000.0 }),
            "Standard deviation / mean, at least 1.",
            "2",
        ),
    ],
);

static BRANCH: Section = section(
    "a branch of a hyperexponential distribution",
    &[
        required("share", Kind::Share(Span { low: 0.0, open: true, high: 1.0 }), "How often.", "90%"),
        required("mean", MEAN, "Mean of this branch.", "5ms"),
    ],
);

static UNIFORM: Section = section(
    "a uniform distribution",
    &[
        required("low", INSTANT, "Lowest duration.", "10ms"),
        required("high", INSTANT, "Highest duration, not below the lowest.", "30ms"),
    ],
);

static EMPIRICAL: Section = section(
    "an empirical distribution",
    &[
        required("file", Kind::Text, "CSV file with a header, relative to the scenario.", "services.csv"),
        required("column", Kind::Text, "Column of the values, in seconds.", "service_s"),
    ],
);
