//! What of a queue a strategy looks at, and what that is compared with, in the unit of the metric.

use super::super::{ABOVE_0, Choice, Key, Kind, LENGTH, Section, Word, optional, required};
use super::SOME_SHARE;

const COUNT: Kind = Kind::Number(ABOVE_0);
const RATE: Kind = Kind::Rate(ABOVE_0);

/// The metrics of a queue as words.
pub(super) static SIGNAL_WORDS: [Word; 9] = [
    word("ready", "messages that wait for delivery"),
    word("depth", "ready and unacked messages: what RabbitMQ's management API calls messages"),
    word("lag", "the same under Kafka's name: what is not committed yet"),
    word("unacked", "messages that are with a consumer"),
    word("delayed", "messages that cannot be delivered yet"),
    word("publish_rate", "messages published per second"),
    word("deliver_rate", "messages delivered per second"),
    word("oldest_age", "age of the oldest message that waits"),
    word("utilization", "busy share of the slots of ready replicas"),
];

/// The same, and divided by the ready replicas.
pub(super) static ALARM_WORDS: [Word; 16] = [
    word("ready", "messages that wait for delivery"),
    word("depth", "ready and unacked messages"),
    word("lag", "the same under Kafka's name"),
    word("unacked", "messages that are with a consumer"),
    word("delayed", "messages that cannot be delivered yet"),
    word("publish_rate", "messages published per second"),
    word("deliver_rate", "messages delivered per second"),
    word("oldest_age", "age of the oldest message that waits"),
    word("utilization", "busy share of the slots of ready replicas"),
    word("ready_per_replica", "`ready` divided by the ready replicas, and so on"),
    word("depth_per_replica", "per ready replica"),
    word("lag_per_replica", "per ready replica"),
    word("unacked_per_replica", "per ready replica"),
    word("delayed_per_replica", "per ready replica"),
    word("publish_rate_per_replica", "per ready replica"),
    word("deliver_rate_per_replica", "per ready replica"),
];

const fn word(text: &'static str, about: &'static str) -> Word {
    Word { text, about }
}

const fn bare(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    required(name, kind, about, example)
}

/// A metric with a set-point, of the queue as a whole.
pub(super) static SET_POINT: Choice = Choice {
    what: "a metric with its set-point",
    variants: &[
        bare("ready", COUNT, "Messages that wait for delivery.", "100"),
        bare("depth", COUNT, "Ready and unacked messages.", "100"),
        bare("lag", COUNT, "The same under Kafka's name.", "100"),
        bare("unacked", COUNT, "Messages that are with a consumer.", "10"),
        bare("delayed", COUNT, "Messages that cannot be delivered yet.", "10"),
        bare("publish_rate", RATE, "Messages published per second.", "50/s"),
        bare("deliver_rate", RATE, "Messages delivered per second.", "50/s"),
        bare("oldest_age", LENGTH, "Age of the oldest message that waits.", "10s"),
        bare("utilization", SOME_SHARE, "Busy share of the slots of ready replicas.", "70%"),
    ],
};

/// A metric with a target, of the queue as a whole or per ready replica.
pub(super) static TRACKED: Choice = Choice {
    what: "a metric with its target",
    variants: &[
        bare("ready", COUNT, "Messages that wait for delivery.", "1000"),
        bare("depth", COUNT, "Ready and unacked messages.", "1000"),
        bare("lag", COUNT, "The same under Kafka's name.", "1000"),
        bare("unacked", COUNT, "Messages that are with a consumer.", "10"),
        bare("delayed", COUNT, "Messages that cannot be delivered yet.", "10"),
        bare("publish_rate", RATE, "Messages published per second.", "50/s"),
        bare("deliver_rate", RATE, "Messages delivered per second.", "50/s"),
        bare("oldest_age", LENGTH, "Age of the oldest message that waits.", "10s"),
        bare("utilization", SOME_SHARE, "Busy share of the slots of ready replicas.", "70%"),
        bare(
            "ready_per_replica",
            COUNT,
            "Backlog per instance: acceptable wait / mean processing time of a message.",
            "50",
        ),
        bare("depth_per_replica", COUNT, "The same with unacked messages.", "50"),
        bare("lag_per_replica", COUNT, "The same under Kafka's name.", "50"),
        bare("unacked_per_replica", COUNT, "Messages with a consumer, per ready replica.", "10"),
        bare("delayed_per_replica", COUNT, "Messages that cannot be delivered yet, per ready replica.", "10"),
        bare("publish_rate_per_replica", RATE, "Published per second and ready replica.", "40/s"),
        bare("deliver_rate_per_replica", RATE, "Delivered per second and ready replica.", "40/s"),
    ],
};

/// A metric of an HPA with its target.
pub(super) static HPA_METRIC: Choice = Choice {
    what: "a metric of an HPA",
    variants: &[
        bare(
            "ready",
            Kind::Either(&[COUNT, Kind::Section(&COUNT_TARGET)]),
            "Messages that wait for delivery. A bare number is `{value: …}`.",
            "{value: 1000}",
        ),
        bare(
            "depth",
            Kind::Either(&[COUNT, Kind::Section(&COUNT_TARGET)]),
            "Ready and unacked messages: what RabbitMQ's management API calls messages.",
            "{average_value: 50}",
        ),
        bare(
            "lag",
            Kind::Either(&[COUNT, Kind::Section(&COUNT_TARGET)]),
            "The same under Kafka's name: what is not committed yet.",
            "{average_value: 50}",
        ),
        bare(
            "unacked",
            Kind::Either(&[COUNT, Kind::Section(&COUNT_TARGET)]),
            "Messages that are with a consumer.",
            "{average_value: 5}",
        ),
        bare(
            "delayed",
            Kind::Either(&[COUNT, Kind::Section(&COUNT_TARGET)]),
            "Messages that cannot be delivered yet.",
            "{average_value: 5}",
        ),
        bare(
            "publish_rate",
            Kind::Either(&[RATE, Kind::Section(&RATE_TARGET)]),
            "Messages published per second.",
            "{average_value: 40/s}",
        ),
        bare(
            "deliver_rate",
            Kind::Either(&[RATE, Kind::Section(&RATE_TARGET)]),
            "Messages delivered per second.",
            "{average_value: 40/s}",
        ),
        bare(
            "oldest_age",
            Kind::Either(&[LENGTH, Kind::Section(&AGE_TARGET)]),
            "Age of the oldest message that waits.",
            "10s",
        ),
        bare(
            "utilization",
            Kind::Either(&[SOME_SHARE, Kind::Section(&SHARE_TARGET)]),
            "Busy share of the slots of ready replicas. A bare share is `{pods_average: …}`.",
            "70%",
        ),
        bare("ready_per_replica", COUNT, "Short for `ready: {average_value: …}`.", "50"),
        bare("depth_per_replica", COUNT, "Short for `depth: {average_value: …}`.", "50"),
        bare("lag_per_replica", COUNT, "Short for `lag: {average_value: …}`.", "50"),
        bare("unacked_per_replica", COUNT, "Short for `unacked: {average_value: …}`.", "5"),
        bare("delayed_per_replica", COUNT, "Short for `delayed: {average_value: …}`.", "5"),
        bare("publish_rate_per_replica", RATE, "Short for `publish_rate: {average_value: …}`.", "40/s"),
        bare("deliver_rate_per_replica", RATE, "Short for `deliver_rate: {average_value: …}`.", "40/s"),
    ],
};

/// The three ways in which an HPA compares, in one unit.
macro_rules! target {
    ($name:ident, $what:literal, $kind:expr, $example:literal) => {
        static $name: Section = Section {
            what: $what,
            about: "",
            keys: &[
                optional(
                    "value",
                    $kind,
                    "`External` or `Object` with `type: Value`: the size is multiplied by metric / target.",
                    $example,
                ),
                optional(
                    "average_value",
                    $kind,
                    "`External` or `Object` with `type: AverageValue`: wanted is metric / target, whatever the size.",
                    $example,
                ),
                optional(
                    "pods_average",
                    $kind,
                    "`Pods`: the mean over the pods that report; those that are not ready may only weaken a change.",
                    $example,
                ),
                optional(
                    "name",
                    Kind::Text,
                    "Name of the metric in reasons and manifests.",
                    "rabbitmq_queue_messages_ready",
                ),
            ],
            alternatives: &[&["value"], &["average_value"], &["pods_average"]],
        };
    };
}

target!(COUNT_TARGET, "a target in messages", COUNT, "50");
target!(RATE_TARGET, "a target in messages per second", RATE, "40/s");
target!(AGE_TARGET, "a target in time", LENGTH, "10s");
target!(SHARE_TARGET, "a target as a share", SOME_SHARE, "70%");
