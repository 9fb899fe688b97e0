//! One step of KEDA from a question. Not here: the steps (`scaling::keda`, `scaling::trigger`).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::object::Object;
use super::{Answer, jobs};
use crate::model::scaling::{
    Cron, Fallback, FallbackBehavior, Formula, Kafka, MetricType, OffsetReset, Operator, Paused, RabbitMode, RabbitMq,
    RabbitProtocol, ScaledObject, Sqs,
};
use crate::scaling::Reasons;
use crate::scaling::keda::{OperatorState, Poll, average_value_replicas, fallback_metric, is_active};
use crate::scaling::trigger::{self, Measured, RabbitQueue, SqsQueue};

/// What a step computes, and why.
pub(super) struct Step {
    pub result: Value,
    pub replicas: Option<u32>,
    pub reasons: Vec<String>,
}

impl Step {
    pub fn new(result: Value, reason: impl Into<String>) -> Self {
        Self { result, replicas: None, reasons: vec![reason.into()] }
    }
}

type Kind = fn(&Object<'_>) -> Step;

const KINDS: [(&str, Kind); 17] = [
    ("operator_poll", operator_poll),
    ("hpa_bounds", hpa_bounds),
    ("activation", activation),
    ("average_value_replicas", average_value),
    ("kafka", kafka),
    ("kafka_even_factor", kafka_even_factor),
    ("rabbitmq", rabbitmq),
    ("sqs", sqs),
    ("aws-sqs-queue", sqs),
    ("prometheus", prometheus),
    ("cron", cron),
    ("fallback_metric", fallback),
    ("scaling_modifiers", formula),
    ("formula", formula),
    ("job_create", jobs::create),
    ("job_strategy", jobs::strategy),
    ("job_metrics", jobs::metrics),
];

pub(super) fn answer(question: &Object<'_>) -> Option<Answer> {
    let kind = question.choice(&["kind"], &KINDS);
    if kind.is_none() && !question.has("kind") {
        let kinds: Vec<String> = KINDS.iter().map(|(kind, _)| format!("`{kind}`")).collect();
        question.needs("kind", &kinds.join(", "));
    }
    let input = question.object(&["input"]);
    if input.is_none() && !question.has("input") {
        question.needs("input", "an object with what that step goes by");
    }
    question.refuse_unknown();
    let (kind, input) = (kind?, input?);
    let step = kind(&input);
    input.refuse_unknown();
    let Step { result, replicas, reasons } = step;
    Some(Answer { name: String::new(), replicas, result: Some(result), reasons, condition: None })
}

/// A number as JSON, whole ones without a point.
pub(super) fn shown(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn measured(measured: Measured, reason: String) -> Step {
    Step::new(json!([shown(measured.value), measured.active]), reason)
}

fn operator_poll(input: &Object<'_>) -> Step {
    let paused = Paused {
        all: input.flag(&["paused"]),
        at_replicas: input.count(&["paused_replicas"]),
        scale_in: input.flag(&["paused_scale_in"]),
        scale_out: input.flag(&["paused_scale_out"]),
    };
    let defaults = Operator::default();
    let settings = Operator {
        cooldown_s: input.amount(&["cooldown", "cooldown_period"]).unwrap_or(defaults.cooldown_s),
        initial_cooldown_s: input
            .amount(&["initial_cooldown", "initial_cooldown_period"])
            .unwrap_or(defaults.initial_cooldown_s),
        min: input.count(&["min", "min_replica_count"]).unwrap_or(defaults.min),
        idle: input.count(&["idle", "idle_replica_count"]),
        paused: Paused { all: paused.all || paused.at_replicas.is_some(), ..paused },
        force_activation: input.flag(&["force_activation"]),
        ..defaults
    };
    input.ignore(&["max", "max_replica_count"]);
    if settings.idle.is_some_and(|idle| idle >= settings.min) {
        let help = "KEDA needs an `idle` below `min`; only 0 works";
        input.fault("idle", "the idle size is not below the minimum", help);
    }
    let ago = |age: Option<f64>| age.map(|age| -age);
    let mut state = OperatorState {
        last_active_s: ago(input.amount(&["last_active_age"])),
        created_s: ago(input.amount(&["created_age"])).unwrap_or(f64::NEG_INFINITY),
    };
    let fallback = input.count(&["fallback_replicas", "fallback"]);
    let poll = Poll {
        now_s: 0.0,
        current: input.needed_count(&["current", "current_replicas"]),
        active: input.flag(&["active"]),
        error: input.flag(&["error"]),
        fallback_replicas: fallback,
    };
    if !input.has("active") {
        input.needs("active", "true or false: whether any trigger is active");
    }
    let mut reasons = Reasons::kept();
    let replicas = state.poll(&settings, &poll, &mut reasons);
    let reasons = reasons.into_list().iter().map(ToString::to_string).collect();
    Step { result: json!(replicas), replicas: Some(replicas), reasons }
}

fn hpa_bounds(input: &Object<'_>) -> Step {
    let mut settings = ScaledObject::new(Vec::new());
    settings.operator.min = input.count(&["min", "min_replica_count"]).unwrap_or(settings.operator.min);
    settings.max = input.count(&["max", "max_replica_count"]).unwrap_or(settings.max);
    input.ignore(&["idle", "idle_replica_count"]);
    let rules = settings.hpa_rules();
    if rules.min > rules.max {
        input.fault("max", format!("max {} is below min {}", rules.max, rules.min), "write a `max` of at least `min`");
    }
    let reason = format!("minReplicaCount {} makes minReplicas {}", settings.operator.min, rules.min);
    Step::new(json!([rules.min, rules.max]), reason)
}

fn needed(input: &Object<'_>, keys: &[&'static str]) -> f64 {
    if input.get(keys).is_none() {
        input.needs(keys[0], "a number");
    }
    input.number(keys).unwrap_or(0.0)
}

fn activation(input: &Object<'_>) -> Step {
    let metric = needed(input, &["metric", "value"]);
    let least = input.number(&["activation", "activation_value", "activation_target"]).unwrap_or(0.0);
    let active = is_active(metric, least);
    Step::new(json!(active), format!("{metric} {} {least}", if active { ">" } else { "≤" }))
}

fn average_value(input: &Object<'_>) -> Step {
    let metric = needed(input, &["metric", "value"]);
    let target = input.target(&["target", "threshold"]);
    let replicas = average_value_replicas(metric, target);
    let reasons = vec![format!("⌈{metric} / {target}⌉ = {replicas}")];
    Step { result: json!(replicas), replicas: Some(replicas), reasons }
}

fn kafka(input: &Object<'_>) -> Step {
    let defaults = Kafka::default();
    let threshold = |keys: &[&'static str], default: u64| input.count(keys).map_or(default, u64::from);
    let resets = [("latest", OffsetReset::Latest), ("earliest", OffsetReset::Earliest)];
    let settings = Kafka {
        lag_threshold: threshold(&["lag_threshold"], defaults.lag_threshold),
        activation_lag_threshold: threshold(&["activation_lag_threshold", "activation"], 0),
        allow_idle_consumers: input.flag(&["allow_idle_consumers"]),
        limit_to_partitions_with_lag: input.flag(&["limit_to_partitions_with_lag"]),
        ensure_even_distribution: input.flag(&[
            "ensure_even_distribution_of_partitions",
            "ensure_even_distribution",
            "even_distribution",
        ]),
        exclude_persistent_lag: input.flag(&["exclude_persistent_lag"]),
        offset_reset: input.choice(&["offset_reset_policy"], &resets).unwrap_or_default(),
        scale_to_zero_on_invalid_offset: input.flag(&["scale_to_zero_on_invalid_offset"]),
    };
    if settings.lag_threshold == 0 {
        input.fault("lag_threshold", "0 is not above 0", "write a lag threshold of at least 1");
        return Step::new(Value::Null, "");
    }
    if settings.limit_to_partitions_with_lag && settings.allow_idle_consumers {
        let help = "KEDA refuses both: leave one of them out";
        input.fault("allow_idle_consumers", "contradicts `limit_to_partitions_with_lag`", help);
    }
    if settings.limit_to_partitions_with_lag && settings.ensure_even_distribution {
        let help = "KEDA refuses both: leave one of them out";
        input.fault("ensure_even_distribution_of_partitions", "contradicts `limit_to_partitions_with_lag`", help);
    }
    let lags = input.numbers(&["partition_lags", "lags"]);
    if lags.is_none() {
        input.needs("partition_lags", "the lag of every partition");
    }
    let persistent = input.list(&["persistent"]).unwrap_or_default();
    let stands = |k: usize| settings.exclude_persistent_lag && persistent.get(k).and_then(Value::as_bool) == Some(true);
    let lags = lags.unwrap_or_default();
    let (count, total) = (lags.len(), lags.iter().sum::<f64>());
    let each = lags.iter().enumerate().map(|(k, lag)| (if stands(k) { 0.0 } else { *lag }, *lag));
    let (metric, capped) = trigger::kafka(&settings, each);
    let cap = capped.map_or(String::new(), |bound| format!(", cut to {bound} partitions × {}", settings.lag_threshold));
    measured(metric, format!("lag {total} over {count} partitions{cap}: {}", shown(metric.value)))
}

fn kafka_even_factor(input: &Object<'_>) -> Step {
    let (lag, partitions) = (needed(input, &["total_lag", "lag"]), input.needed_count(&["partitions"]));
    let threshold = input.target(&["lag_threshold"]);
    if partitions > 1_000_000 {
        input.fault("partitions", format!("{partitions} partitions are too many"), "write at most 1000000");
        return Step::new(Value::Null, "");
    }
    let factor = trigger::even_factor(lag, u64::from(partitions), threshold);
    Step::new(json!(factor), format!("smallest divisor of {partitions} that times {threshold} covers {lag}: {factor}"))
}

fn rabbitmq(input: &Object<'_>) -> Step {
    let modes = [
        ("QueueLength", RabbitMode::QueueLength),
        ("MessageRate", RabbitMode::MessageRate),
        ("DeliverGetRate", RabbitMode::DeliverGetRate),
        ("PublishedToDeliveredRatio", RabbitMode::PublishedToDeliveredRatio),
        ("ExpectedQueueConsumptionTime", RabbitMode::ExpectedQueueConsumptionTime),
    ];
    let protocols = [("http", RabbitProtocol::Http), ("amqp", RabbitProtocol::Amqp)];
    let settings = RabbitMq {
        mode: input.choice(&["mode"], &modes).unwrap_or_default(),
        value: 1.0,
        activation: input.number(&["activation", "activation_value"]).unwrap_or(0.0),
        protocol: input.choice(&["protocol"], &protocols).unwrap_or_default(),
        exclude_unacknowledged: input.flag(&["exclude_unacknowledged"]),
    };
    input.ignore(&["value", "target", "metric_type"]);
    let unacked = input.amount(&["unacked", "messages_unacknowledged"]).unwrap_or(0.0);
    let ready = input.amount(&["ready", "messages_ready"]);
    let messages = input.amount(&["messages"]).or(ready.map(|ready| ready + unacked));
    let queue = RabbitQueue {
        messages: messages.unwrap_or(0.0),
        unacked,
        publish_per_s: input.amount(&["publish_rate"]).unwrap_or(0.0),
        deliver_per_s: input.amount(&["deliver_rate", "deliver_get_rate"]).unwrap_or(0.0),
    };
    if messages.is_none() && !input.has("messages") {
        input.needs("messages", "how many messages there are, ready and unacked");
    }
    let metric = trigger::rabbitmq(&settings, &queue);
    measured(metric, format!("{:?} is {}, activation {}", settings.mode, shown(metric.value), settings.activation))
}

fn sqs(input: &Object<'_>) -> Step {
    let settings = Sqs {
        queue_length: 1.0,
        activation: input.number(&["activation", "activation_queue_length"]).unwrap_or(0.0),
        scale_on_in_flight: input.flag_or_true(&["scale_on_in_flight"]),
        scale_on_delayed: input.flag(&["scale_on_delayed"]),
    };
    input.ignore(&["queue_length", "target"]);
    let queue = SqsQueue {
        visible: needed(input, &["visible"]),
        not_visible: input.amount(&["not_visible", "in_flight"]).unwrap_or(0.0),
        delayed: input.amount(&["delayed"]).unwrap_or(0.0),
    };
    let metric = trigger::sqs(&settings, &queue);
    let SqsQueue { visible, not_visible, delayed } = queue;
    let told = format!("{visible} visible, {not_visible} in flight, {delayed} delayed: {} count", shown(metric.value));
    measured(metric, told)
}

fn prometheus(input: &Object<'_>) -> Step {
    let least = input.number(&["activation", "activation_threshold"]).unwrap_or(0.0);
    input.ignore(&["threshold", "target"]);
    let answer = input.number(&["value", "result", "query_result"]);
    match trigger::prometheus(answer, least, input.flag_or_true(&["ignore_null_values"])) {
        Some(metric) => measured(metric, format!("query result {}, activation {least}", shown(metric.value))),
        None => Step::new(Value::Null, "the query has no result and null values are not ignored: the trigger fails"),
    }
}

fn cron(input: &Object<'_>) -> Step {
    let desired = input.needed_count(&["desired", "desired_replicas"]);
    let (start, end) = if input.has("start") || input.has("end") {
        let Some(next) = next_edges(input) else { return Step::new(Value::Null, "") };
        next
    } else {
        (needed(input, &["next_start"]), needed(input, &["next_end"]))
    };
    let metric = trigger::cron(start, end, desired);
    let place =
        if metric.active { "inside: the next boundary is an end" } else { "outside: the next boundary is a start" };
    measured(metric, format!("next start in {start} s, next end in {end} s; {place}"))
}

/// Seconds from `now` to the next start and to the next end.
fn next_edges(input: &Object<'_>) -> Option<(f64, f64)> {
    let zone = input.text(&["timezone"]).unwrap_or("UTC");
    let zone = TimeZone::get(zone).map_err(|_| {
        let help = "write an IANA name such as `Europe/Kyiv`";
        input.fault("timezone", format!("`{zone}` is no time zone"), help);
    });
    let now = input.text(&["now"]).map(|now| {
        now.parse::<Timestamp>().map_err(|_| {
            input.fault("now", format!("`{now}` is no instant"), "write it as `2026-11-27T08:00:00Z`");
        })
    });
    if now.is_none() {
        input.needs("now", "an instant such as `2026-11-27T08:00:00Z`");
    }
    let read = |key: &'static str| {
        let Some(text) = input.text(&[key]) else {
            input.needs(key, "a cron expression of five fields");
            return None;
        };
        Cron::parse(text).map_err(|error| input.fault(key, error.to_string(), "for example `0 8 * * 1-5`")).ok()
    };
    let (start, end) = (read("start"), read("end"));
    let (zone, now) = (zone.ok()?, now?.ok()?);
    let next = |cron: Cron| Some(cron.next_after(now, &zone)?.duration_since(now).as_secs_f64());
    Some((next(start?)?, next(end?)?))
}

fn fallback(input: &Object<'_>) -> Step {
    let behaviors = [
        ("static", FallbackBehavior::Static),
        ("currentReplicas", FallbackBehavior::CurrentReplicas),
        ("currentReplicasIfHigher", FallbackBehavior::CurrentReplicasIfHigher),
        ("currentReplicasIfLower", FallbackBehavior::CurrentReplicasIfLower),
        ("scalingModifiers", FallbackBehavior::ScalingModifiers),
    ];
    let types = [("AverageValue", MetricType::AverageValue), ("Value", MetricType::Value)];
    let settings = Fallback {
        failure_threshold: input.needed_count(&["failure_threshold"]),
        replicas: input.needed_count(&["replicas"]),
        behavior: input.choice(&["behavior"], &behaviors).unwrap_or_default(),
    };
    let failures = input.needed_count(&["failures"]);
    let metric_type = input.choice(&["metric_type"], &types).unwrap_or_default();
    let current = input.count(&["current", "current_replicas"]).unwrap_or(0);
    let ready = input.count(&["ready", "ready_replicas"]).unwrap_or(current);
    let target = input.target(&["target"]);
    let metric = fallback_metric(&settings, failures, target, metric_type, current, ready);
    let threshold = settings.failure_threshold;
    match metric {
        Some(metric) => {
            let told = format!("{failures} failures, more than {threshold}: {} is reported", shown(metric));
            Step::new(shown(metric), told)
        }
        None => Step::new(Value::Null, format!("{failures} failures, threshold {threshold}: the HPA gets an error")),
    }
}

fn formula(input: &Object<'_>) -> Step {
    let text = input.text(&["formula"]);
    if text.is_none() && !input.has("formula") {
        input.needs("formula", "an expression over the names of the triggers");
    }
    let triggers = input.object(&["triggers", "metrics", "values"]);
    let (names, values): (Vec<&str>, Vec<Option<f64>>) =
        triggers.iter().flat_map(Object::entries).map(|(name, value)| (name, value.as_f64())).unzip();
    let least = input.number(&["activation_target", "activation"]);
    input.ignore(&["target", "metric_type"]);
    let parsed = text.map(|text| Formula::parse(text, &names));
    match parsed.transpose() {
        Err(error) => {
            input.fault("formula", error.to_string(), "write arithmetic, comparisons and `? :` over the triggers");
            Step::new(Value::Null, "")
        }
        Ok(None) => Step::new(Value::Null, ""),
        Ok(Some(formula)) => match formula.evaluate(|position| values[position]) {
            Ok(value) => {
                let told = format!("{} = {}", formula.text(), shown(value));
                let result = least.map_or_else(|| shown(value), |least| json!([shown(value), is_active(value, least)]));
                Step::new(result, told)
            }
            Err(why) => Step::new(Value::Null, why.to_string()),
        },
    }
}
