//! Strategies → manifests that can be applied.
//!
//! What a cluster decides for itself (flags of the controller manager) is not part of a manifest: where it is not the
//! default, a comment names it. Who to connect to is not known to a simulation: those values are left to fill in, and
//! say so.

use std::fmt::Write;

use super::quantity::show;
use super::signal_of;
use crate::model::scaling::{
    Behavior, DirectionRules, FallbackBehavior, Hpa, HpaController, HpaMetric, JobStrategy, Kafka, MetricTarget,
    MetricType, MultipleScalers, OffsetReset, PolicyAmount, RabbitMode, RabbitProtocol, ScaledJob, ScaledObject,
    SelectPolicy, Signal, Strategy, Trigger, TriggerSource,
};

/// The manifest of an hpa or keda strategy that scales the deployment `target`; `None` for other strategies.
pub fn write(name: &str, target: &str, strategy: &Strategy) -> Option<String> {
    let mut text = String::new();
    match strategy {
        Strategy::Hpa(hpa) => write_hpa(&mut text, name, target, hpa),
        Strategy::Keda(keda) => write_scaled_object(&mut text, name, target, keda),
        Strategy::KedaJob(jobs) => write_scaled_job(&mut text, name, target, jobs),
        _ => return None,
    }
    Some(text)
}

/// Adds a line, indented by two blanks per level. Writing to a `String` cannot fail.
macro_rules! line {
    ($text:expr, $level:expr, $($arguments:tt)*) => {{
        let _ = write!($text, "{:width$}", "", width = 2 * $level);
        let _ = writeln!($text, $($arguments)*);
    }};
}

/// A name that Kubernetes accepts: lower case letters, digits and dashes.
pub(super) fn dns_name(name: &str) -> String {
    let lower: String =
        name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' }).collect();
    let trimmed = lower.trim_matches('-');
    if trimmed.is_empty() { "unnamed".to_owned() } else { trimmed.chars().take(63).collect() }
}

/// A text in double quotes, as YAML and JSON read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn head(text: &mut String, version: &str, kind: &str, name: &str) {
    line!(text, 0, "apiVersion: {version}");
    line!(text, 0, "kind: {kind}");
    line!(text, 0, "metadata:");
    line!(text, 1, "name: {}", quoted(&dns_name(name)));
}

fn comment_on_controller(text: &mut String, controller: &HpaController) {
    if *controller != HpaController::default() {
        let HpaController { sync_period_s, tolerance, down_window_s } = controller;
        line!(text, 0, "# needs a controller manager with --horizontal-pod-autoscaler-sync-period={sync_period_s}s");
        line!(text, 0, "# --horizontal-pod-autoscaler-tolerance={tolerance}");
        line!(text, 0, "# --horizontal-pod-autoscaler-downscale-stabilization={down_window_s}s");
    }
}

fn write_hpa(text: &mut String, name: &str, target: &str, hpa: &Hpa) {
    comment_on_controller(text, &hpa.rules.controller);
    head(text, "autoscaling/v2", "HorizontalPodAutoscaler", name);
    line!(text, 0, "spec:");
    line!(text, 1, "scaleTargetRef:");
    line!(text, 2, "apiVersion: apps/v1");
    line!(text, 2, "kind: Deployment");
    line!(text, 2, "name: {}", quoted(&dns_name(target)));
    line!(text, 1, "minReplicas: {}", hpa.rules.min);
    line!(text, 1, "maxReplicas: {}", hpa.rules.max);
    line!(text, 1, "metrics:");
    for metric in &hpa.metrics {
        write_metric(text, metric);
    }
    if let Some(behavior) = &hpa.rules.behavior {
        write_behavior(text, 1, behavior);
    }
}

fn write_metric(text: &mut String, metric: &HpaMetric) {
    let (metric_type, key, value) = match metric.target {
        MetricTarget::Value(value) => ("External", "value", value),
        MetricTarget::AverageValue(value) => ("External", "averageValue", value),
        MetricTarget::PodsAverage(value) => ("Pods", "averageValue", value),
    };
    let target_type = if key == "value" { "Value" } else { "AverageValue" };
    line!(text, 2, "- type: {metric_type}");
    line!(text, 3, "{}:", metric_type.to_lowercase());
    line!(text, 4, "metric:");
    line!(text, 5, "name: {}", quoted(metric_name(metric)));
    line!(text, 4, "target:");
    line!(text, 5, "type: {target_type}");
    line!(text, 5, "{key}: {}", quoted(&show(value)));
}

/// Its own name, unless that would be read as another signal.
fn metric_name(metric: &HpaMetric) -> &str {
    if signal_of(&metric.name) == Some(metric.signal) { &metric.name } else { telling_name(metric.signal) }
}

/// A name for a metric that says what of the queue it shows.
pub(in super::super) fn telling_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Ready => "queue_messages_ready",
        Signal::Depth => "queue_messages",
        Signal::Unacked => "queue_messages_unacked",
        Signal::Delayed => "queue_messages_delayed",
        Signal::PublishRate => "queue_publish_rate",
        Signal::DeliverRate => "queue_deliver_rate",
        Signal::OldestAge => "queue_oldest_message_age_seconds",
        Signal::Utilization => "consumer_utilization",
    }
}

fn write_behavior(text: &mut String, level: usize, behavior: &Behavior) {
    line!(text, level, "behavior:");
    write_direction(text, level + 1, "scaleUp", &behavior.up);
    write_direction(text, level + 1, "scaleDown", &behavior.down);
}

fn write_direction(text: &mut String, level: usize, key: &str, rules: &DirectionRules) {
    line!(text, level, "{key}:");
    if let Some(window_s) = rules.window_s {
        line!(text, level + 1, "stabilizationWindowSeconds: {}", window_s.ceil());
    }
    if let Some(tolerance) = rules.tolerance {
        line!(text, level + 1, "tolerance: {}", quoted(&tolerance.to_string()));
    }
    let select = match rules.select {
        SelectPolicy::Max => "Max",
        SelectPolicy::Min => "Min",
        SelectPolicy::Disabled => "Disabled",
    };
    line!(text, level + 1, "selectPolicy: {select}");
    line!(text, level + 1, "policies:");
    for policy in &rules.policies {
        let (amount, value) = match policy.amount {
            PolicyAmount::Pods(value) => ("Pods", value),
            PolicyAmount::Percent(value) => ("Percent", value),
        };
        line!(text, level + 2, "- {{type: {amount}, value: {value}, periodSeconds: {}}}", policy.period_s.ceil());
    }
}

fn write_scaled_object(text: &mut String, name: &str, target: &str, keda: &ScaledObject) {
    comment_on_controller(text, &keda.controller);
    head(text, "keda.sh/v1alpha1", "ScaledObject", name);
    write_annotations(text, keda);
    line!(text, 0, "spec:");
    line!(text, 1, "scaleTargetRef:");
    line!(text, 2, "name: {}", quoted(&dns_name(target)));
    line!(text, 1, "pollingInterval: {}", keda.operator.polling_interval_s.ceil());
    line!(text, 1, "cooldownPeriod: {}", keda.operator.cooldown_s.ceil());
    line!(text, 1, "initialCooldownPeriod: {}", keda.operator.initial_cooldown_s.ceil());
    line!(text, 1, "minReplicaCount: {}", keda.operator.min);
    line!(text, 1, "maxReplicaCount: {}", keda.max);
    if let Some(idle) = keda.operator.idle {
        line!(text, 1, "idleReplicaCount: {idle}");
    }
    if let Some(fallback) = &keda.fallback {
        let behavior = match fallback.behavior {
            FallbackBehavior::Static => "static",
            FallbackBehavior::CurrentReplicas => "currentReplicas",
            FallbackBehavior::CurrentReplicasIfHigher => "currentReplicasIfHigher",
            FallbackBehavior::CurrentReplicasIfLower => "currentReplicasIfLower",
            FallbackBehavior::ScalingModifiers => "scalingModifiers",
        };
        line!(text, 1, "fallback:");
        line!(text, 2, "failureThreshold: {}", fallback.failure_threshold);
        line!(text, 2, "replicas: {}", fallback.replicas);
        line!(text, 2, "behavior: {behavior}");
    }
    write_advanced(text, keda);
    write_triggers(text, &keda.triggers);
}

fn write_annotations(text: &mut String, keda: &ScaledObject) {
    let paused = keda.operator.paused;
    let flags = [
        ("paused", paused.all && paused.at_replicas.is_none()),
        ("paused-scale-in", paused.scale_in),
        ("paused-scale-out", paused.scale_out),
        ("force-activation", keda.operator.force_activation),
    ];
    if paused.at_replicas.is_none() && flags.iter().all(|(_, set)| !set) {
        return;
    }
    line!(text, 1, "annotations:");
    if let Some(replicas) = paused.at_replicas {
        line!(text, 2, "autoscaling.keda.sh/paused-replicas: \"{replicas}\"");
    }
    for (key, _) in flags.iter().filter(|(_, set)| *set) {
        line!(text, 2, "autoscaling.keda.sh/{key}: \"true\"");
    }
}

fn write_advanced(text: &mut String, keda: &ScaledObject) {
    if keda.behavior.is_none() && keda.modifiers.is_none() {
        return;
    }
    line!(text, 1, "advanced:");
    if let Some(behavior) = &keda.behavior {
        line!(text, 2, "horizontalPodAutoscalerConfig:");
        write_behavior(text, 3, behavior);
    }
    if let Some(modifiers) = &keda.modifiers {
        line!(text, 2, "scalingModifiers:");
        line!(text, 3, "formula: {}", quoted(modifiers.formula.text()));
        line!(text, 3, "target: {}", quoted(&modifiers.target.to_string()));
        line!(text, 3, "activationTarget: {}", quoted(&modifiers.activation_target.to_string()));
        line!(text, 3, "metricType: {}", metric_type(modifiers.metric_type));
    }
}

fn metric_type(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::AverageValue => "AverageValue",
        MetricType::Value => "Value",
    }
}

fn write_scaled_job(text: &mut String, name: &str, target: &str, jobs: &ScaledJob) {
    head(text, "keda.sh/v1alpha1", "ScaledJob", name);
    line!(text, 0, "spec:");
    line!(text, 1, "jobTargetRef:");
    line!(text, 2, "template:");
    line!(text, 3, "spec:");
    line!(text, 4, "restartPolicy: Never");
    line!(text, 4, "containers:");
    line!(text, 5, "- name: {}", quoted(&dns_name(target)));
    line!(text, 6, "image: FILL-IN");
    line!(text, 1, "pollingInterval: {}", jobs.polling_interval_s.ceil());
    line!(text, 1, "minReplicaCount: {}", jobs.min);
    line!(text, 1, "maxReplicaCount: {}", jobs.max);
    line!(text, 1, "scalingStrategy:");
    let multiple = match jobs.multiple {
        MultipleScalers::Max => "max",
        MultipleScalers::Min => "min",
        MultipleScalers::Avg => "avg",
        MultipleScalers::Sum => "sum",
    };
    line!(text, 2, "multipleScalersCalculation: {multiple}");
    let strategy = match jobs.strategy {
        JobStrategy::Default => "default",
        JobStrategy::Custom { .. } => "custom",
        JobStrategy::Accurate => "accurate",
        JobStrategy::Eager => "eager",
    };
    line!(text, 2, "strategy: {strategy}");
    if let JobStrategy::Custom { deduction, running_share } = jobs.strategy {
        line!(text, 2, "customScalingQueueLengthDeduction: {deduction}");
        let share = running_share.map_or_else(String::new, |share| share.to_string());
        line!(text, 2, "customScalingRunningJobPercentage: {}", quoted(&share));
    }
    write_triggers(text, &jobs.triggers);
}

fn write_triggers(text: &mut String, triggers: &[Trigger]) {
    line!(text, 1, "triggers:");
    for trigger in triggers {
        let kind = match trigger.source {
            TriggerSource::RabbitMq(_) => "rabbitmq",
            TriggerSource::Kafka(_) => "kafka",
            TriggerSource::Sqs(_) => "aws-sqs-queue",
            TriggerSource::Prometheus(_) => "prometheus",
            TriggerSource::Cron(_) => "cron",
        };
        line!(text, 2, "- type: {kind}");
        line!(text, 3, "name: {}", quoted(&trigger.name));
        line!(text, 3, "metricType: {}", metric_type(trigger.metric_type));
        line!(text, 3, "useCachedMetrics: {}", trigger.use_cached_metrics);
        line!(text, 3, "metadata:");
        for (key, value) in metadata(&trigger.source) {
            line!(text, 4, "{key}: {}", quoted(&value));
        }
    }
}

/// Metadata of a trigger; every value is text.
/// Plain numbers: KEDA parses metadata as floats, not as quantities.
fn metadata(source: &TriggerSource) -> Vec<(&'static str, String)> {
    let fill_in = || "FILL-IN".to_owned();
    match source {
        TriggerSource::RabbitMq(rabbit) => {
            let mode = match rabbit.mode {
                RabbitMode::QueueLength => "QueueLength",
                RabbitMode::MessageRate => "MessageRate",
                RabbitMode::DeliverGetRate => "DeliverGetRate",
                RabbitMode::PublishedToDeliveredRatio => "PublishedToDeliveredRatio",
                RabbitMode::ExpectedQueueConsumptionTime => "ExpectedQueueConsumptionTime",
            };
            let protocol = if rabbit.protocol == RabbitProtocol::Http { "http" } else { "amqp" };
            vec![
                ("hostFromEnv", fill_in()),
                ("queueName", fill_in()),
                ("protocol", protocol.to_owned()),
                ("mode", mode.to_owned()),
                ("value", rabbit.value.to_string()),
                ("activationValue", rabbit.activation.to_string()),
                ("excludeUnacknowledged", rabbit.exclude_unacknowledged.to_string()),
            ]
        }
        TriggerSource::Kafka(kafka) => kafka_metadata(kafka),
        TriggerSource::Sqs(sqs) => vec![
            ("queueURL", fill_in()),
            ("awsRegion", fill_in()),
            ("queueLength", sqs.queue_length.to_string()),
            ("activationQueueLength", sqs.activation.to_string()),
            ("scaleOnInFlight", sqs.scale_on_in_flight.to_string()),
            ("scaleOnDelayed", sqs.scale_on_delayed.to_string()),
        ],
        TriggerSource::Prometheus(prometheus) => vec![
            ("serverAddress", fill_in()),
            ("query", telling_name(prometheus.signal).to_owned()),
            ("threshold", prometheus.threshold.to_string()),
            ("activationThreshold", prometheus.activation.to_string()),
            ("ignoreNullValues", prometheus.ignore_null_values.to_string()),
        ],
        TriggerSource::Cron(window) => vec![
            ("timezone", window.timezone.iana_name().unwrap_or("UTC").to_owned()),
            ("start", window.start.text().to_owned()),
            ("end", window.end.text().to_owned()),
            ("desiredReplicas", window.desired.to_string()),
        ],
    }
}

fn kafka_metadata(kafka: &Kafka) -> Vec<(&'static str, String)> {
    let reset = if kafka.offset_reset == OffsetReset::Latest { "latest" } else { "earliest" };
    vec![
        ("bootstrapServers", "FILL-IN".to_owned()),
        ("consumerGroup", "FILL-IN".to_owned()),
        ("topic", "FILL-IN".to_owned()),
        ("lagThreshold", kafka.lag_threshold.to_string()),
        ("activationLagThreshold", kafka.activation_lag_threshold.to_string()),
        ("offsetResetPolicy", reset.to_owned()),
        ("allowIdleConsumers", kafka.allow_idle_consumers.to_string()),
        ("limitToPartitionsWithLag", kafka.limit_to_partitions_with_lag.to_string()),
        ("ensureEvenDistributionOfPartitions", kafka.ensure_even_distribution.to_string()),
        ("excludePersistentLag", kafka.exclude_persistent_lag.to_string()),
        ("scaleToZeroOnInvalidOffset", kafka.scale_to_zero_on_invalid_offset.to_string()),
    ]
}
