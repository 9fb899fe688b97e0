//! Entries of `triggers`: the kinds that are modelled, with the metadata that decides something.

use jiff::tz::TimeZone;

use super::super::fault::Code;
use super::super::suggest;
use super::fields::Fields;
use super::signal_of;
use crate::model::scaling::{
    Cron, CronWindow, Kafka, MetricType, OffsetReset, Prometheus, RabbitMode, RabbitMq, RabbitProtocol, Signal, Sqs,
    Trigger, TriggerSource,
};

pub(super) const METRIC_TYPES: [(&str, MetricType); 2] =
    [("AverageValue", MetricType::AverageValue), ("Value", MetricType::Value)];

const KINDS: [&str; 6] = ["rabbitmq", "kafka", "apache-kafka", "aws-sqs-queue", "prometheus", "cron"];

pub(super) fn read(given: &Fields<'_>, position: usize) -> Option<Trigger> {
    given.ignore(&["authenticationRef"]);
    let name = given.text("name").unwrap_or_else(|| format!("trigger{}", position + 1));
    let Some(kind) = given.text("type") else {
        if !given.has("type") {
            given.needs("type", "`type`, for example `rabbitmq`");
        }
        return None;
    };
    if !KINDS.contains(&kind.as_str()) {
        let near = suggest::nearest(&kind, KINDS).map_or(String::new(), |near| format!("did you mean `{near}`? "));
        let help = format!("{near}rabbitmq, kafka, aws-sqs-queue, prometheus and cron are modelled");
        given.fault(Code::NotModelledYet, "type", format!("triggers of type `{kind}` are not modelled"), help);
        return None;
    }
    let Some(metadata) = given.map("metadata") else {
        if !given.has("metadata") {
            given.needs("metadata", "`metadata` with the settings of the trigger");
        }
        return None;
    };
    let metric_type = given.choice("metricType", &METRIC_TYPES).unwrap_or_default();
    let use_cached_metrics = given.flag("useCachedMetrics").unwrap_or(false);
    let source = match kind.as_str() {
        "rabbitmq" => Some(TriggerSource::RabbitMq(rabbitmq(&metadata))),
        "aws-sqs-queue" => Some(TriggerSource::Sqs(sqs(&metadata))),
        "prometheus" => prometheus(&metadata),
        "cron" => cron(&metadata),
        _ => Some(TriggerSource::Kafka(kafka(&metadata))),
    };
    metadata.warn_unknown();
    given.warn_unknown();
    Some(Trigger { name, source: source?, metric_type, use_cached_metrics })
}

fn rabbitmq(given: &Fields<'_>) -> RabbitMq {
    given.ignore(&["queueName", "vhostName", "useRegex", "operation", "pageSize", "timeout", "unsafeSsl", "tls"]);
    given.ignore(&["username", "password", "usernameFromEnv", "passwordFromEnv", "workloadIdentityResource"]);
    let modes = [
        ("QueueLength", RabbitMode::QueueLength),
        ("MessageRate", RabbitMode::MessageRate),
        ("DeliverGetRate", RabbitMode::DeliverGetRate),
        ("PublishedToDeliveredRatio", RabbitMode::PublishedToDeliveredRatio),
        ("ExpectedQueueConsumptionTime", RabbitMode::ExpectedQueueConsumptionTime),
    ];
    let legacy = given.above_zero("queueLength");
    let mode = given.choice("mode", &modes).unwrap_or_default();
    let value = if given.has("value") { given.above_zero("value") } else { legacy };
    if value.is_none() && mode != RabbitMode::QueueLength && !given.has("value") {
        given.needs("value", "`value`: what the metric is compared with");
    }
    let protocols = [("http", Some(RabbitProtocol::Http)), ("amqp", Some(RabbitProtocol::Amqp)), ("auto", None)];
    let host = given.text("host");
    given.ignore(&["hostFromEnv"]);
    let protocol = given.choice("protocol", &protocols).flatten().unwrap_or_else(|| match host.as_deref() {
        Some(host) if host.starts_with("http") => RabbitProtocol::Http,
        Some(host) if host.starts_with("amqp") => RabbitProtocol::Amqp,
        _ if mode != RabbitMode::QueueLength => RabbitProtocol::Http,
        _ => {
            let message =
                "whether KEDA asks over AMQP or HTTP depends on a host that is not written here: AMQP is assumed";
            let help = "`protocol: http` counts ready and unacked messages, `protocol: amqp` only ready ones";
            given.warn("protocol", message, help);
            RabbitProtocol::Amqp
        }
    });
    RabbitMq {
        mode,
        value: value.unwrap_or(RabbitMq::default().value),
        activation: given.quantity("activationValue").unwrap_or(0.0),
        protocol,
        exclude_unacknowledged: given.flag("excludeUnacknowledged").unwrap_or(false),
    }
}

fn kafka(given: &Fields<'_>) -> Kafka {
    given.ignore(&["bootstrapServers", "bootstrapServersFromEnv", "consumerGroup", "topic", "version", "sasl", "tls"]);
    given.ignore(&["saslTokenProvider", "unsafeSsl", "awsRegion", "ca", "cert", "key"]);
    let defaults = Kafka::default();
    let flag = |key: &'static str| given.flag(key).unwrap_or(false);
    let resets = [("latest", OffsetReset::Latest), ("earliest", OffsetReset::Earliest)];
    let settings = Kafka {
        lag_threshold: given.count("lagThreshold").map_or(defaults.lag_threshold, u64::from),
        activation_lag_threshold: given.count("activationLagThreshold").map_or(0, u64::from),
        allow_idle_consumers: flag("allowIdleConsumers"),
        limit_to_partitions_with_lag: flag("limitToPartitionsWithLag"),
        ensure_even_distribution: flag("ensureEvenDistributionOfPartitions"),
        exclude_persistent_lag: flag("excludePersistentLag"),
        offset_reset: given.choice("offsetResetPolicy", &resets).unwrap_or_default(),
        scale_to_zero_on_invalid_offset: flag("scaleToZeroOnInvalidOffset"),
    };
    if settings.lag_threshold == 0 {
        given.fault(Code::OutOfRange, "lagThreshold", "it is not above 0", "write 1 or more");
    }
    if settings.limit_to_partitions_with_lag && settings.allow_idle_consumers {
        let help = "KEDA refuses both: leave one of them out";
        given.fault(Code::Contradiction, "allowIdleConsumers", "contradicts `limitToPartitionsWithLag`", help);
    }
    if settings.limit_to_partitions_with_lag && settings.ensure_even_distribution {
        let help = "KEDA refuses both: leave one of them out";
        let key = "ensureEvenDistributionOfPartitions";
        given.fault(Code::Contradiction, key, "contradicts `limitToPartitionsWithLag`", help);
    }
    settings
}

fn sqs(given: &Fields<'_>) -> Sqs {
    given.ignore(&["queueURL", "queueURLFromEnv", "awsRegion", "awsEndpoint", "identityOwner"]);
    let defaults = Sqs::default();
    Sqs {
        queue_length: given.above_zero("queueLength").unwrap_or(defaults.queue_length),
        activation: given.quantity("activationQueueLength").unwrap_or(0.0),
        scale_on_in_flight: given.flag("scaleOnInFlight").unwrap_or(true),
        scale_on_delayed: given.flag("scaleOnDelayed").unwrap_or(false),
    }
}

fn prometheus(given: &Fields<'_>) -> Option<TriggerSource> {
    given.ignore(&["serverAddress", "namespace", "authModes", "customHeaders", "unsafeSsl", "queryParameters"]);
    given.ignore(&["timeout", "metricName", "cortexOrgID"]);
    let query = given.text("query").unwrap_or_default();
    let signal = signal_of(&query).unwrap_or_else(|| {
        let help = "a query with `ready`, `unacked`, `messages`, `lag`, `publish` or `age` in it tells";
        given.warn("query", "what it shows of the queue is a guess: its messages", help);
        Signal::Depth
    });
    let threshold = given.above_zero("threshold");
    if threshold.is_none() && !given.has("threshold") {
        given.needs("threshold", "`threshold`: what the query's result is compared with");
    }
    Some(TriggerSource::Prometheus(Prometheus {
        signal,
        threshold: threshold?,
        activation: given.quantity("activationThreshold").unwrap_or(0.0),
        ignore_null_values: given.flag("ignoreNullValues").unwrap_or(true),
    }))
}

fn cron(given: &Fields<'_>) -> Option<TriggerSource> {
    let read = |key: &'static str| {
        let Some(text) = given.text(key) else {
            if !given.has(key) {
                given.needs(key, "a cron expression of five fields, for example `0 8 * * 1-5`");
            }
            return None;
        };
        Cron::parse(&text)
            .map_err(|error| given.fault(Code::Expression, key, error.to_string(), "for example `0 8 * * 1-5`"))
            .ok()
    };
    let (start, end) = (read("start"), read("end"));
    if start.is_some() && start == end {
        given.fault(Code::Contradiction, "end", "start and end are the same", "write another end");
    }
    let zone = given.text("timezone");
    if zone.is_none() && !given.has("timezone") {
        given.needs("timezone", "an IANA name such as `Europe/Kyiv`");
    }
    let timezone = zone.and_then(|zone| {
        let found = TimeZone::get(&zone).ok();
        if found.is_none() {
            given.fault(Code::UnknownZone, "timezone", format!("`{zone}` is no time zone"), suggest::zone(&zone));
        }
        found
    });
    let desired = given.count("desiredReplicas");
    if desired == Some(0) || !given.has("desiredReplicas") {
        given.fault(Code::OutOfRange, "desiredReplicas", "a window asks for at least 1 replica", "write 1 or more");
    }
    Some(TriggerSource::Cron(CronWindow { start: start?, end: end?, timezone: timezone?, desired: desired? }))
}
