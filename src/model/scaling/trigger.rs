//! Settings of KEDA's triggers: what is read from where, and what it is compared with.
//!
//! Defaults are those of `pkg/scalers/*_scaler.go` and the documentation 2.21. Not here: their arithmetic
//! (`scaling::trigger`).

use jiff::tz::TimeZone;

use super::keda::MetricType;
use super::{Cron, Signal};

/// One entry of `triggers`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// `name`; what formulas call it.
    pub name: String,
    /// `type` and `metadata`.
    pub source: TriggerSource,
    /// `metricType`, default `AverageValue`.
    pub metric_type: MetricType,
    /// `useCachedMetrics`, default false: the HPA sees the value of the last poll.
    pub use_cached_metrics: bool,
}

impl Trigger {
    /// A trigger with every default.
    pub fn new(name: impl Into<String>, source: TriggerSource) -> Self {
        Self { name: name.into(), source, metric_type: MetricType::AverageValue, use_cached_metrics: false }
    }
}

/// The kinds of trigger that are modelled.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerSource {
    /// `type: rabbitmq`.
    RabbitMq(RabbitMq),
    /// `type: kafka` (and `apache-kafka`).
    Kafka(Kafka),
    /// `type: aws-sqs-queue`.
    Sqs(Sqs),
    /// `type: prometheus`.
    Prometheus(Prometheus),
    /// `type: cron`.
    Cron(CronWindow),
}

impl TriggerSource {
    /// What the metric is compared with.
    pub fn target(&self) -> f64 {
        match self {
            TriggerSource::RabbitMq(rabbit) => rabbit.value,
            TriggerSource::Kafka(kafka) => kafka.lag_threshold as f64,
            TriggerSource::Sqs(sqs) => sqs.queue_length,
            TriggerSource::Prometheus(prometheus) => prometheus.threshold,
            TriggerSource::Cron(_) => 1.0,
        }
    }
}

/// `type: rabbitmq`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RabbitMq {
    /// `mode`, default `QueueLength`.
    pub mode: RabbitMode,
    /// `value`, default 20 for `QueueLength`; above 0.
    pub value: f64,
    /// `activationValue`, default 0, compared with `>`.
    pub activation: f64,
    /// `protocol`, default AMQP where the host is an `amqp://` address.
    pub protocol: RabbitProtocol,
    /// `excludeUnacknowledged`, default false; HTTP only.
    pub exclude_unacknowledged: bool,
}

impl Default for RabbitMq {
    fn default() -> Self {
        Self {
            mode: RabbitMode::QueueLength,
            value: 20.0,
            activation: 0.0,
            protocol: RabbitProtocol::Http,
            exclude_unacknowledged: false,
        }
    }
}

/// What KEDA asks a RabbitMQ queue for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RabbitMode {
    /// Messages in the queue.
    #[default]
    QueueLength,
    /// Messages published per second.
    MessageRate,
    /// Messages delivered per second.
    DeliverGetRate,
    /// Published per delivered.
    PublishedToDeliveredRatio,
    /// Seconds until the queue would be empty.
    ExpectedQueueConsumptionTime,
}

/// How KEDA asks RabbitMQ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RabbitProtocol {
    /// The management API: ready and unacked messages are counted.
    #[default]
    Http,
    /// A passive declaration: only ready messages are counted.
    Amqp,
}

/// `type: kafka`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent setting of the scaler, named as KEDA names it"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// `lagThreshold`, default 10; above 0.
    pub lag_threshold: u64,
    /// `activationLagThreshold`, default 0, compared with `>`.
    pub activation_lag_threshold: u64,
    /// `allowIdleConsumers`, default false: no cap at the number of partitions.
    pub allow_idle_consumers: bool,
    /// `limitToPartitionsWithLag`, default false: the cap counts partitions with lag only.
    pub limit_to_partitions_with_lag: bool,
    /// `ensureEvenDistributionOfPartitions`, default false: only divisors of the number of partitions.
    pub ensure_even_distribution: bool,
    /// `excludePersistentLag`, default false: partitions that stand still count for activation only.
    pub exclude_persistent_lag: bool,
    /// `offsetResetPolicy`, default latest: what a partition without a committed offset counts.
    pub offset_reset: OffsetReset,
    /// `scaleToZeroOnInvalidOffset`, default false: such a partition counts 0 instead of 1.
    pub scale_to_zero_on_invalid_offset: bool,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            lag_threshold: 10,
            activation_lag_threshold: 0,
            allow_idle_consumers: false,
            limit_to_partitions_with_lag: false,
            ensure_even_distribution: false,
            exclude_persistent_lag: false,
            offset_reset: OffsetReset::Latest,
            scale_to_zero_on_invalid_offset: false,
        }
    }
}

/// Where a consumer group without a committed offset begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the end of the log.
    #[default]
    Latest,
    /// At the beginning of the log.
    Earliest,
}

/// `type: aws-sqs-queue`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sqs {
    /// `queueLength`, default 5; above 0.
    pub queue_length: f64,
    /// `activationQueueLength`, default 0, compared with `>`.
    pub activation: f64,
    /// `scaleOnInFlight`, default true: messages that are being worked on count.
    pub scale_on_in_flight: bool,
    /// `scaleOnDelayed`, default false: messages that cannot be received yet count.
    pub scale_on_delayed: bool,
}

impl Default for Sqs {
    fn default() -> Self {
        Self { queue_length: 5.0, activation: 0.0, scale_on_in_flight: true, scale_on_delayed: false }
    }
}

/// `type: prometheus`. A query cannot be evaluated here: what it would show is named instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prometheus {
    /// What the query shows.
    pub signal: Signal,
    /// `threshold`; above 0.
    pub threshold: f64,
    /// `activationThreshold`, default 0, compared with `>`.
    pub activation: f64,
    /// `ignoreNullValues`, default true: an empty answer is 0, not a failure.
    pub ignore_null_values: bool,
}

/// `type: cron`.
#[derive(Clone, Debug, PartialEq)]
pub struct CronWindow {
    /// `start`.
    pub start: Cron,
    /// `end`; another expression than `start`.
    pub end: Cron,
    /// `timezone`, an IANA name.
    pub timezone: TimeZone,
    /// `desiredReplicas`; above 0.
    pub desired: u32,
}
