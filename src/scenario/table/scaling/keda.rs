//! KEDA's `ScaledObject` and `ScaledJob`, with the triggers that are modelled.

use super::super::{
    ABOVE_0, ANY, FROM_0, INSTANT, Key, Kind, LENGTH, MAX_NUMBER, Section, Span, Word, defaulted, optional, required,
};
use super::hpa::{behavior, downscale_stabilization, sync_period, tolerance};
use super::{REPLICAS, SOME_REPLICAS, flag, metrics, min};

pub(super) static KEDA: Section = Section {
    what: "a ScaledObject",
    about: "The operator polls every `polling_interval` and decides between 0 and 1; the HPA that it creates decides \
            the rest. `sync_period`, `tolerance` and `downscale_stabilization` are flags of the cluster's controller \
            manager.",
    keys: &[
        polling_interval(),
        defaulted("cooldown_period", INSTANT, "5m", "Rest before the last step to zero, or to `idle`.", "30s"),
        defaulted("initial_cooldown_period", INSTANT, "0s", "The same while it was never active.", "60s"),
        min("0"),
        max(),
        optional(
            "idle",
            Kind::Count(REPLICAS),
            "Size while nothing is active; below `min`. Only 0 works in KEDA.",
            "0",
        ),
        trigger(),
        triggers(),
        optional(
            "scaling_modifiers",
            Kind::Section(&MODIFIERS),
            "One number made of all triggers.",
            "{formula: \"orders + mails\", target: 50}",
        ),
        optional(
            "fallback",
            Kind::Section(&FALLBACK),
            "What is assumed while a trigger cannot be read.",
            "{failure_threshold: 3, replicas: 6}",
        ),
        behavior(),
        flag("paused", "false", "Annotation `paused`: nothing is decided."),
        optional("paused_replicas", Kind::Count(REPLICAS), "Annotation `paused-replicas`: this size is kept.", "3"),
        flag("paused_scale_in", "false", "Annotation `paused-scale-in`: no step to zero or idle."),
        flag("paused_scale_out", "false", "Annotation `paused-scale-out`: no step out of zero or idle."),
        flag("force_activation", "false", "Annotation `force-activation`: active whatever the triggers say."),
        sync_period(),
        tolerance(),
        downscale_stabilization(),
    ],
    alternatives: &[&["trigger"], &["triggers"]],
};

pub(super) static KEDA_JOB: Section = Section {
    what: "a ScaledJob",
    about: "At each poll it creates as many Jobs as the strategy says. A Job runs to its end.",
    keys: &[
        polling_interval(),
        min("0"),
        max(),
        trigger(),
        triggers(),
        optional(
            "scaling_strategy",
            Kind::Section(&JOB_STRATEGY),
            "How many Jobs are created for what waits.",
            "{strategy: accurate}",
        ),
    ],
    alternatives: &[&["trigger"], &["triggers"]],
};

const fn polling_interval() -> Key {
    defaulted("polling_interval", LENGTH, "30s", "How often the operator looks.", "15s")
}

const fn max() -> Key {
    defaulted("max", Kind::Count(SOME_REPLICAS), "100", "Largest size.", "20")
}

const fn trigger() -> Key {
    optional("trigger", Kind::Section(&TRIGGER), "What is read from where.", "{rabbitmq: {value: 50, activation: 5}}")
}

static EACH_TRIGGER: Kind = Kind::Section(&TRIGGER);

const fn triggers() -> Key {
    optional(
        "triggers",
        Kind::List(&EACH_TRIGGER, 1),
        "Several of them: the highest proposal counts.",
        "[{rabbitmq: {value: 50}}, {cron: {start: \"0 8 * * 1-5\", end: \"0 18 * * 1-5\", timezone: Europe/Kyiv, \
         desired_replicas: 10}}]",
    )
}

pub(super) static TRIGGER: Section = Section {
    what: "a trigger",
    about: "Settings that only say whom to connect to are left out.",
    keys: &[
        optional("rabbitmq", Kind::Section(&RABBITMQ), "Type `rabbitmq`.", "{value: 50, activation: 5}"),
        optional("kafka", Kind::Section(&KAFKA), "Type `kafka`.", "{lag_threshold: 50}"),
        optional("sqs", Kind::Section(&SQS), "Type `aws-sqs-queue`.", "{queue_length: 50}"),
        optional("prometheus", Kind::Section(&PROMETHEUS), "Type `prometheus`.", "{metric: ready, threshold: 50}"),
        optional(
            "cron",
            Kind::Section(&WINDOW),
            "Type `cron`.",
            "{start: \"0 8 * * *\", end: \"0 18 * * *\", timezone: Europe/Kyiv, desired_replicas: 10}",
        ),
        optional("name", Kind::Name, "What formulas call it; left out, `trigger1`, `trigger2`, …", "orders"),
        defaulted("metric_type", Kind::Word(&METRIC_TYPES), "average_value", "How the HPA reads it.", "value"),
        flag("use_cached_metrics", "false", "The HPA sees the value of the last poll."),
    ],
    alternatives: &[&["rabbitmq"], &["kafka"], &["sqs"], &["prometheus"], &["cron"]],
};

static METRIC_TYPES: [Word; 2] = [
    Word { text: "average_value", about: "wanted is metric / target" },
    Word { text: "value", about: "the size is multiplied by metric / target" },
];

static RABBITMQ: Section = Section {
    what: "a RabbitMQ trigger",
    about: "",
    keys: &[
        defaulted(
            "mode",
            Kind::Word(&[
                Word { text: "queue_length", about: "messages in the queue" },
                Word { text: "message_rate", about: "published per second" },
                Word { text: "deliver_get_rate", about: "delivered per second" },
                Word { text: "published_to_delivered_ratio", about: "published per delivered" },
                Word { text: "expected_queue_consumption_time", about: "time until it would be empty" },
            ]),
            "queue_length",
            "What it asks for.",
            "message_rate",
        ),
        optional(
            "value",
            Kind::Limit,
            "The target in the unit of `mode`: a number, a rate or a duration. Left out, 20 messages for \
             `queue_length`; other modes need it.",
            "50",
        ),
        defaulted("activation", Kind::Limit, "0", "Active above this, in the same unit.", "5"),
        defaulted(
            "protocol",
            Kind::Word(&[
                Word { text: "http", about: "ready and unacked messages count" },
                Word { text: "amqp", about: "only ready messages count" },
            ]),
            "http",
            "How it asks.",
            "amqp",
        ),
        flag("exclude_unacknowledged", "false", "Only ready messages count, over HTTP too."),
    ],
    alternatives: &[],
};

const SOME_LAG: Span = Span { low: 1.0, ..ABOVE_0 };

static KAFKA: Section = Section {
    what: "a Kafka trigger",
    about: "Never more replicas than partitions, unless idle consumers are allowed.",
    keys: &[
        defaulted("lag_threshold", Kind::Count(SOME_LAG), "10", "Target of the lag per replica.", "50"),
        defaulted("activation_lag_threshold", Kind::Count(FROM_0), "0", "Active above this lag.", "5"),
        flag("allow_idle_consumers", "false", "No cap at the number of partitions."),
        flag("limit_to_partitions_with_lag", "false", "The cap counts partitions with lag only."),
        flag("ensure_even_distribution_of_partitions", "false", "Only sizes among which the partitions divide evenly."),
        flag("exclude_persistent_lag", "false", "Partitions that stand still count for activation only."),
        defaulted(
            "offset_reset_policy",
            Kind::Word(&[
                Word { text: "latest", about: "a partition without a committed offset counts 1" },
                Word { text: "earliest", about: "it counts from the beginning of its log" },
            ]),
            "latest",
            "What a partition without a committed offset counts.",
            "earliest",
        ),
        flag("scale_to_zero_on_invalid_offset", "false", "Such a partition counts 0 instead of 1."),
    ],
    alternatives: &[],
};

static SQS: Section = Section {
    what: "an SQS trigger",
    about: "",
    keys: &[
        defaulted("queue_length", Kind::Number(ABOVE_0), "5", "Target of the messages per replica.", "50"),
        defaulted("activation_queue_length", Kind::Number(FROM_0), "0", "Active above this.", "5"),
        flag("scale_on_in_flight", "true", "Messages that are being worked on count."),
        flag("scale_on_delayed", "false", "Messages that cannot be received yet count."),
    ],
    alternatives: &[],
};

static PROMETHEUS: Section = Section {
    what: "a Prometheus trigger",
    about: "A query cannot be evaluated here: what it would show is named instead.",
    keys: &[
        defaulted("metric", Kind::Word(&metrics::SIGNAL_WORDS), "depth", "What the query shows.", "ready"),
        required("threshold", Kind::Limit, "The target, in the unit of the metric.", "50"),
        defaulted("activation_threshold", Kind::Limit, "0", "Active above this, in the same unit.", "5"),
        flag("ignore_null_values", "true", "An empty answer is 0, not a failure."),
    ],
    alternatives: &[],
};

pub(super) static WINDOW: Section = Section {
    what: "a cron window",
    about: "Open from each firing of `start` to the next firing of `end`. Expressions have five fields: minute, hour, \
            day of month, month, day of week; quote those that begin with `*` or hold a comma. The scenario needs \
            `start`, which says which instant t = 0 is.",
    keys: &[
        required("start", Kind::Text, "When it opens.", "\"0 8 * * 1-5\""),
        required("end", Kind::Text, "When it closes; another expression than `start`.", "\"0 18 * * 1-5\""),
        required("timezone", Kind::Text, "IANA name of the zone, whose summer time is kept.", "Europe/Kyiv"),
        required("desired_replicas", Kind::Count(SOME_REPLICAS), "Size while it is open.", "10"),
    ],
    alternatives: &[],
};

static MODIFIERS: Section = Section {
    what: "a set of scaling modifiers",
    about: "",
    keys: &[
        required(
            "formula",
            Kind::Text,
            "Arithmetic, comparisons, `? :`, `??`, min, max, sum, mean, count, abs, ceil, floor and round over the \
             names of the triggers.",
            "\"max(trigger1, 10)\"",
        ),
        required("target", Kind::Number(ABOVE_0), "What its value is compared with.", "50"),
        defaulted("activation_target", Kind::Number(ANY), "0", "Active above this.", "5"),
        defaulted("metric_type", Kind::Word(&METRIC_TYPES), "average_value", "How the HPA reads it.", "value"),
    ],
    alternatives: &[],
};

static FALLBACK: Section = Section {
    what: "a fallback",
    about: "",
    keys: &[
        required("failure_threshold", Kind::Count(FAILURES), "After more consecutive failures than this.", "3"),
        required("replicas", Kind::Count(REPLICAS), "The size that is assumed.", "6"),
        defaulted(
            "behavior",
            Kind::Word(&[
                Word { text: "static", about: "the given replicas" },
                Word { text: "current_replicas", about: "what there is" },
                Word { text: "current_replicas_if_higher", about: "the larger of the two" },
                Word { text: "current_replicas_if_lower", about: "the smaller of the two" },
                Word { text: "scaling_modifiers", about: "the trigger is nil in the formula" },
            ]),
            "static",
            "Which size is assumed.",
            "current_replicas",
        ),
    ],
    alternatives: &[],
};

const FAILURES: Span = Span { low: 0.0, open: false, high: 2_147_483_647.0 };

static JOB_STRATEGY: Section = Section {
    what: "a strategy of a ScaledJob",
    about: "",
    keys: &[
        defaulted(
            "strategy",
            Kind::Word(&[
                Word { text: "default", about: "wanted less running: right where work in progress counts" },
                Word { text: "custom", about: "wanted less a deduction and a share of what runs" },
                Word { text: "accurate", about: "wanted less pending: right where only what waits counts" },
                Word { text: "eager", about: "up to the maximum whenever something waits" },
            ]),
            "default",
            "How many Jobs are created.",
            "accurate",
        ),
        optional(
            "custom_scaling_queue_length_deduction",
            Kind::Count(Span { low: -MAX_NUMBER, open: false, high: MAX_NUMBER }),
            "With `custom`: taken off the number of wanted Jobs; left out, 0.",
            "1",
        ),
        optional(
            "custom_scaling_running_job_percentage",
            Kind::Share(Span { low: 0.0, open: false, high: 1e6 }),
            "With `custom`: this share of the running Jobs is taken off; left out, `custom` does as `default`.",
            "50%",
        ),
        defaulted(
            "multiple_scalers_calculation",
            Kind::Word(&[
                Word { text: "max", about: "the trigger with the longest queue" },
                Word { text: "min", about: "the one with the shortest queue" },
                Word { text: "avg", about: "the mean over active triggers" },
                Word { text: "sum", about: "their sum" },
            ]),
            "max",
            "How several triggers become one.",
            "sum",
        ),
    ],
    alternatives: &[],
};
