//! The scenario itself: general keys, producers, promises.

use super::{
    Choice, FROM_0, INSTANT, Key, Kind, LENGTH, MAX_DURATION_S, Need, Section, Span, Word, defaulted, failures, groups,
    optional, planning, queues, required, scaling, topology,
};

/// The whole file.
pub(in super::super) static SCENARIO: Section = Section {
    what: "a scenario",
    about: "",
    keys: &[
        defaulted("forebay", Kind::Count(FROM_0), "1", "Version of this language.", "1"),
        optional(
            "name",
            Kind::Name,
            "Name of the results' folder; left out, the file's name without its ending.",
            "flash-sale",
        ),
        optional(
            "title",
            Kind::Text,
            "One line for people, shown on charts.",
            "Order events during a thirty-minute sale",
        ),
        optional("description", Kind::Text, "More for people, never interpreted.", "Sized after last year's sale."),
        required("horizon", LENGTH, "How long the run is.", "2h"),
        defaulted("warmup", INSTANT, "0s", "Statistics start here; before the horizon.", "10m"),
        Key {
            name: "resolution",
            kind: LENGTH,
            need: Need::Default("horizon / 360"),
            about: "Spacing of the time series; at most the horizon, and at most a million rows.",
            example: "10s",
        },
        defaulted(
            "replications",
            Kind::Either(&[Kind::Count(Span { low: 1.0, open: false, high: 1e6 }), Kind::Section(&PRECISION)]),
            "20",
            "How often the events engine repeats the run: a number, or until every reported mean is precise enough.",
            "20",
        ),
        defaulted(
            "seed",
            Kind::Count(Span { low: 0.0, open: false, high: 9.007e15 }),
            "1",
            "Master seed of all random streams.",
            "1",
        ),
        optional(
            "start",
            Kind::Timestamp,
            "Wall-clock time of t = 0, RFC 3339 with its offset.",
            "2026-11-27T08:00:00Z",
        ),
        optional("producers", Kind::Named(&PRODUCER), "Who publishes.", "{checkout: {to: orders, rate: 40/s}}"),
        required("queues", Kind::Named(&queues::QUEUE), "Where messages wait.", "{orders: {}}"),
        optional(
            "topics",
            Kind::Named(&topology::TOPIC),
            "Event buses: copies or shares of what is published, to several queues.",
            "{events: {to: [orders]}}",
        ),
        optional(
            "consumers",
            Kind::Named(&groups::GROUP),
            "Who takes messages away.",
            "{workers: {from: orders, replicas: 4, service: 20ms}}",
        ),
        optional(
            "resources",
            Kind::Named(&topology::RESOURCE),
            "What consumers share and of which there is only so much.",
            "{database: {slots: 40}}",
        ),
        optional(
            "broker_outages",
            Kind::List(&Kind::Pair(&INSTANT, &INSTANT), 1),
            "Intervals in which the broker is away, for every queue that does not have its own.",
            "[[10m, 11m]]",
        ),
        optional(
            "paths",
            Kind::Values(&Kind::List(&Kind::QueueName, 2)),
            "Paths through a pipeline, to be measured from the first publish to the last ack, without a promise.",
            "{checkout: [orders, billing, mail]}",
        ),
        optional("slo", Kind::Named(&SLO), "What was promised.", "{fresh: {queue: orders, latency: p99, below: 2s}}"),
        optional(
            "growth",
            Kind::Either(&[Kind::Text, Kind::Section(&GROWTH)]),
            "How the load is expected to grow, for `forebay headroom`: so much every so often, compounded.",
            "4% per 30d",
        ),
        optional(
            "zones",
            Kind::Count(Span { low: 2.0, open: false, high: 1e3 }),
            "Over how many zones the replicas of every group are spread evenly, for `forebay headroom`: what is left \
             when one of them is away.",
            "3",
        ),
        optional(
            "strategies",
            Kind::Named(&scaling::NAMED_STRATEGY),
            "Named alternatives for who scales a consumer group.",
            "{four: {static: 4}, keda: {keda: {max: 20, trigger: {rabbitmq: {value: 50}}}}}",
        ),
        optional(
            "plan",
            Kind::Section(&planning::PLAN),
            "What `forebay plan` may choose, and by what.",
            "{vary: {consumers.workers.replicas: \"1..64\"}, minimise: cost, confidence: 95%}",
        ),
    ],
    alternatives: &[],
};

static PRECISION: Section = Section {
    what: "a precision",
    about: "",
    keys: &[
        required(
            "until",
            Kind::Share(Span { low: 0.0, open: true, high: 0.5 }),
            "Repeat until every reported mean's 95 % half-width is below this share of it.",
            "2%",
        ),
        defaulted(
            "at_most",
            Kind::Count(Span { low: 2.0, open: false, high: 1e6 }),
            "200",
            "But not more often than this.",
            "200",
        ),
    ],
    alternatives: &[],
};

static GROWTH: Section = Section {
    what: "a growth",
    about: "In a word: `4% per 30d`.",
    keys: &[
        required(
            "by",
            Kind::Share(Span { low: 0.0, open: true, high: 10.0 }),
            "Growth of one period, compounded.",
            "4%",
        ),
        required("every", Kind::Duration(Span { low: 60.0, open: false, high: MAX_DURATION_S }), "The period.", "30d"),
    ],
    alternatives: &[],
};

static PRODUCER: Section = Section {
    what: "a producer",
    about: "A source of messages. `rate` is needed unless `arrivals` is `recorded`.",
    keys: &[
        required("to", Kind::DestinationName, "The queue or topic that it publishes to.", "orders"),
        optional(
            "rate",
            Kind::RateFunction,
            "P(t): a rate function.",
            "{sum: [40/s, {pulse: {height: 200/s, from: 30m, until: 60m}}]}",
        ),
        defaulted(
            "arrivals",
            Kind::Process,
            "poisson",
            "How the instants scatter around the rate: an arrival process.",
            "poisson",
        ),
        optional(
            "priority",
            Kind::Count(Span { high: 254.0, ..FROM_0 }),
            "Level of its messages in queues with `priorities`, 0 the most urgent; left out, the shares decide.",
            "0",
        ),
        defaulted(
            "when_away",
            Kind::Word(&[
                Word { text: "block", about: "its clock stops until the broker is back" },
                Word { text: "lose", about: "what it publishes then is lost" },
            ]),
            "block",
            "What it does while the broker is away.",
            "lose",
        ),
        optional(
            "confirms",
            Kind::OrNone(&Kind::Section(&failures::CONFIRMS)),
            "Publisher confirms: its clock stops while a whole window of publishes is unconfirmed.",
            "{latency: 2ms, window: 100}",
        ),
    ],
    alternatives: &[],
};

/// A word, or a map with one of the processes.
pub(in super::super) static PROCESS: Kind = Kind::Either(&[
    Kind::Word(&[
        Word { text: "poisson", about: "independent messages: a (non-homogeneous) Poisson process" },
        Word { text: "regular", about: "a metronome that follows the rate, its first message at Λ = 1" },
    ]),
    Kind::Choice(&PROCESSES),
]);

static PROCESSES: Choice = Choice {
    what: "an arrival process",
    variants: &[
        required(
            "renewal",
            Kind::Choice(&RENEWAL),
            "A time-changed equilibrium renewal process: burstiness by one knob, or by the shape of its gaps.",
            "{cv: 2}",
        ),
        required(
            "mmpp",
            Kind::Section(&MMPP),
            "Markov-modulated Poisson: states visited in order, stationary at t = 0; factors multiply the rate and \
             are normalised to keep its mean.",
            "{states: [{factor: 4, mean: 10s}, {factor: 0.4, mean: 50s}]}",
        ),
        required(
            "batches",
            Kind::Section(&BATCHES),
            "Several messages at each instant of a process.",
            "{size: 20, of: poisson}",
        ),
        required(
            "recorded",
            Kind::Section(&RECORDED),
            "Exact instants from a CSV file, without `rate`.",
            "{file: messages.csv, time: published_at_s, service: service_s, where: {queue: lab.fast}}",
        ),
    ],
};

static RENEWAL: Choice = Choice {
    what: "a renewal process",
    variants: &[
        required(
            "cv",
            Kind::Number(Span { low: 0.0, open: false, high: 1_000.0 }),
            "Coefficient of variation of the gaps: balanced-means H2 above 1, gamma below.",
            "2",
        ),
        required(
            "gap",
            Kind::Distribution,
            "Shape of the gaps; the mean follows the rate.",
            "{weibull: {mean: 1s, shape: 0.7}}",
        ),
    ],
};

static MMPP: Section = Section {
    what: "a Markov-modulated process",
    about: "",
    keys: &[required(
        "states",
        Kind::List(&Kind::Section(&STATE), 2),
        "The states, in the order of the visits.",
        "[{factor: 4, mean: 10s}, {factor: 0.4, mean: 50s}]",
    )],
    alternatives: &[],
};

static STATE: Section = Section {
    what: "a state",
    about: "",
    keys: &[
        required("factor", Kind::Number(FROM_0), "Factor on the rate.", "4"),
        required("mean", LENGTH, "Mean time in the state (exponential).", "10s"),
    ],
    alternatives: &[],
};

static BATCHES: Section = Section {
    what: "a process of batches",
    about: "",
    keys: &[
        required("size", Kind::Count(Span { low: 1.0, open: false, high: 1e6 }), "Messages per instant.", "20"),
        defaulted(
            "of",
            Kind::Process,
            "poisson",
            "Process of the instants, at rate / size; not itself batches or recorded.",
            "poisson",
        ),
    ],
    alternatives: &[],
};

static RECORDED: Section = Section {
    what: "a recording",
    about: "",
    keys: &[
        required("file", Kind::Text, "CSV file with a header, relative to the scenario.", "messages.csv"),
        required(
            "time",
            Kind::Text,
            "Column of the publish instants: seconds, used as they are, or timestamps.",
            "published_at_s",
        ),
        optional(
            "service",
            Kind::Text,
            "Column of the first attempt's work in seconds; an empty cell is drawn from `service`.",
            "service_s",
        ),
        optional("where", Kind::CellTexts, "Only rows whose cells equal these texts.", "{queue: lab.fast}"),
    ],
    alternatives: &[],
};

static SLO: Section = Section {
    what: "an SLO",
    about: "A promise about one queue, or about a path through several. The value must be below the limit.",
    keys: &[
        optional("queue", Kind::QueueName, "The queue.", "orders"),
        optional(
            "path",
            Kind::Either(&[Kind::PathName, Kind::List(&Kind::QueueName, 2)]),
            "Instead of a queue, the queues of a path, the first one first, or the name of one in `paths`.",
            "[orders, billing, mail]",
        ),
        optional(
            "latency",
            Kind::Statistic,
            "Publish to ack, of a path from the first publish to the last ack: `mean`, `max`, `p50`, `p95`, `p99`, \
             `p999`, …",
            "p99",
        ),
        optional("wait", Kind::Statistic, "Publish to first start.", "p95"),
        optional("depth", Kind::Statistic, "Ready + unacked messages, time-weighted.", "max"),
        optional(
            "loss",
            Kind::Word(&[Word { text: "share", about: "of the published messages" }]),
            "Messages that are lost.",
            "share",
        ),
        optional("drained", Kind::True, "Nothing is ready from `by` to the horizon.", "true"),
        optional(
            "below",
            Kind::Limit,
            "The limit: a duration for `latency` and `wait`, a count for `depth`, a share for `loss`.",
            "2s",
        ),
        optional("by", INSTANT, "When the queue must be empty, with `drained`.", "90m"),
        optional(
            "during",
            Kind::Pair(&INSTANT, &INSTANT),
            "Only messages published, or instants, in this window.",
            "[30m, 60m]",
        ),
    ],
    alternatives: &[
        &["queue", "latency", "below"],
        &["queue", "wait", "below"],
        &["queue", "depth", "below"],
        &["queue", "loss", "below"],
        &["queue", "drained", "by"],
        &["path", "latency", "below"],
    ],
};
