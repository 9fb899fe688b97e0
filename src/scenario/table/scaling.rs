//! Strategies: who decides how many replicas a group has, and how old what it sees is.
//!
//! Names follow the products that a strategy models, in small letters. Not here: what a strategy does (`scaling`).

mod aws;
mod direct;
mod hpa;
mod keda;
mod metrics;

use super::groups::REPLICAS;
use super::{INSTANT, Key, Kind, LENGTH, Need, Section, Span, defaulted, optional, required};

/// The keys of a strategy, and what else a place where one stands knows.
macro_rules! strategy_keys {
    ($($more:expr),* $(,)?) => {
        &[
            optional("static", Kind::Count(REPLICAS), "Always so many replicas.", "4"),
            optional(
                "schedule",
                Kind::Section(&direct::SCHEDULE),
                "By the clock: steps, or windows of cron expressions.",
                "{steps: [[0s, 4], [25m, 12], [70m, 4]]}",
            ),
            optional(
                "step",
                Kind::Section(&aws::STEP),
                "AWS step scaling: ladders of thresholds with cool-downs.",
                "{max: 20, scale_out: {threshold: 500, steps: [{lower_bound: 0, adjustment: 2}]}}",
            ),
            optional(
                "target_tracking",
                Kind::Section(&aws::TARGET_TRACKING),
                "AWS target tracking, for example on the backlog per instance.",
                "{max: 20, metric: {ready_per_replica: 50}}",
            ),
            optional(
                "hpa",
                Kind::Section(&hpa::HPA),
                "Kubernetes `HorizontalPodAutoscaler`, autoscaling/v2.",
                "{min: 2, max: 20, metric: {ready_per_replica: 50}, behavior: {}}",
            ),
            optional(
                "keda",
                Kind::Section(&keda::KEDA),
                "KEDA `ScaledObject`: an operator between 0 and 1, an HPA for the rest.",
                "{min: 0, max: 20, trigger: {rabbitmq: {value: 50, activation: 5}}}",
            ),
            optional(
                "keda_job",
                Kind::Section(&keda::KEDA_JOB),
                "KEDA `ScaledJob`: Jobs that run to their end.",
                "{max: 20, trigger: {sqs: {queue_length: 1}}}",
            ),
            optional(
                "lambda_sqs",
                Kind::Section(&aws::LAMBDA_SQS),
                "Lambda's event source mapping on SQS; a replica is one concurrent batch.",
                "{max: 50}",
            ),
            optional(
                "rate",
                Kind::Section(&direct::RATE),
                "Feed-forward: enough for what arrives now, and for the backlog within a time.",
                "{max: 20, drain: 60s}",
            ),
            optional(
                "age",
                Kind::Section(&direct::AGE),
                "On the age of the oldest message that waits.",
                "{max: 20, target: 10s}",
            ),
            optional(
                "predictive",
                Kind::Section(&direct::PREDICTIVE),
                "A forecast of the publish rate over the start-up time, staffed by queueing theory.",
                "{max: 20, season: 24h}",
            ),
            optional(
                "oracle",
                Kind::Section(&direct::ORACLE),
                "Knows P(t): what is left when nothing has to be guessed.",
                "{max: 20}",
            ),
            optional(
                "pid",
                Kind::Section(&direct::PID),
                "A PID controller.",
                "{max: 20, metric: {ready: 100}, proportional: 0.01, integral: 0.001}",
            ),
            optional(
                "manifest",
                Kind::Either(&[Kind::Text, Kind::Section(&MANIFEST)]),
                "A file with a `HorizontalPodAutoscaler`, `ScaledObject` or `ScaledJob` as it is applied to a cluster, \
                 relative to the scenario.",
                "hpa.yaml",
            ),
            defaulted(
                "metric_age",
                INSTANT,
                "0s",
                "Age of what the strategy sees: the way through exporters, scrapes and adapters.",
                "30s",
            ),
            defaulted(
                "sampling",
                INSTANT,
                "0s",
                "Spacing of the broker's samples, of which it sees the last; `0s` is a live view. Rates are over one \
                 spacing.",
                "5s",
            ),
            optional(
                "phase",
                INSTANT,
                "First tick of its clock after t = 0; left out, it is drawn anew for each replication.",
                "3s",
            ),
            $($more),*
        ]
    };
}

/// Exactly one strategy.
const ONE_STRATEGY: &[&[&str]] = &[
    &["static"],
    &["schedule"],
    &["step"],
    &["target_tracking"],
    &["hpa"],
    &["keda"],
    &["keda_job"],
    &["lambda_sqs"],
    &["rate"],
    &["age"],
    &["predictive"],
    &["oracle"],
    &["pid"],
    &["manifest"],
];

pub(super) static STRATEGY: Section = Section {
    what: "a strategy",
    about: "Who decides on the replicas: exactly one strategy, and beside it how old what it sees is. Start-up and \
            shutdown are the group's own.",
    keys: strategy_keys!(),
    alternatives: ONE_STRATEGY,
};

pub(super) static NAMED_STRATEGY: Section = Section {
    what: "a named strategy",
    about: "An alternative for one group, compared with the others: a strategy as above, and which group it scales. A \
            group with named strategies and neither `scaling` nor `replicas` runs under the first of them.",
    keys: strategy_keys!(
        optional("group", Kind::Name, "The consumer group; may be left out where there is only one.", "workers"),
        optional(
            "replicas",
            Kind::Count(REPLICAS),
            "Replicas at t = 0; left out, those of the group, or else what the strategy begins with: a timetable's \
             first number, otherwise its `min`.",
            "2",
        ),
    ),
    alternatives: ONE_STRATEGY,
};

static MANIFEST: Section = Section {
    what: "a manifest",
    about: "",
    keys: &[
        required("file", Kind::Text, "YAML file, relative to the scenario; several documents are allowed.", "all.yaml"),
        optional(
            "name",
            Kind::Text,
            "`metadata.name` of the one that is meant; needed where the file has several.",
            "orders",
        ),
    ],
    alternatives: &[],
};

/// A count of replicas that a group may grow to.
const SOME_REPLICAS: Span = Span { low: 1.0, ..REPLICAS };

const fn min(default: &'static str) -> Key {
    defaulted("min", Kind::Count(REPLICAS), default, "Smallest size.", "2")
}

const fn max() -> Key {
    required("max", Kind::Count(SOME_REPLICAS), "Largest size.", "20")
}

const fn period(default: &'static str) -> Key {
    defaulted("period", LENGTH, default, "How often it decides.", default)
}

/// A share above 0.
const SOME_SHARE: Kind = Kind::Share(Span { low: 0.0, open: true, high: 1.0 });

const fn flag(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, kind: Kind::Flag, need: Need::Default(default), about, example: "true" }
}

/// Sections that stand in several places, by the names that the JSON Schema defines them under.
pub(in super::super) static SHARED: [(&str, &Section); 16] = [
    ("schedule", &direct::SCHEDULE),
    ("step", &aws::STEP),
    ("ladder", &aws::LADDER),
    ("targetTracking", &aws::TARGET_TRACKING),
    ("hpa", &hpa::HPA),
    ("behavior", &hpa::BEHAVIOR),
    ("keda", &keda::KEDA),
    ("kedaJob", &keda::KEDA_JOB),
    ("trigger", &keda::TRIGGER),
    ("cronWindow", &keda::WINDOW),
    ("lambdaSqs", &aws::LAMBDA_SQS),
    ("rateStrategy", &direct::RATE),
    ("ageStrategy", &direct::AGE),
    ("predictive", &direct::PREDICTIVE),
    ("oracle", &direct::ORACLE),
    ("pid", &direct::PID),
];

/// What stands for a strategy or trigger of other products that is not modelled, by the name of the map it stands in.
pub(in super::super) fn instead_of(what: &str) -> Option<&'static str> {
    (what == keda::TRIGGER.what).then_some(
        "triggers are modelled for `rabbitmq`, `kafka`, `sqs`, `prometheus` and `cron`; any other scaler that reads \
         the queue is a `prometheus` trigger on the same metric",
    )
}
