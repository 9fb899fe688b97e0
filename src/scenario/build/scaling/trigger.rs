//! Entries of `triggers`, and the windows of cron expressions.

use jiff::tz::TimeZone;

use super::keda::metric_type;
use super::metrics::{Limit, Unit, metric_named};
use super::{Builder, Code, Item, is_section};
use crate::model::scaling::{
    Cron, CronError, CronWindow, Kafka, OffsetReset, Prometheus, RabbitMode, RabbitMq, RabbitProtocol, Signal, Sqs,
    Trigger, TriggerSource,
};
use crate::scenario::suggest;
use crate::units::quoted;

impl Builder<'_> {
    pub(super) fn trigger(&mut self, item: &Item, position: usize) -> Option<Trigger> {
        if !is_section(item) {
            return None;
        }
        let source = if let Some(settings) = item.field("rabbitmq") {
            self.rabbitmq(settings).map(TriggerSource::RabbitMq)
        } else if let Some(settings) = item.field("kafka") {
            self.kafka(settings).map(TriggerSource::Kafka)
        } else if let Some(settings) = item.field("sqs") {
            sqs(settings).map(TriggerSource::Sqs)
        } else if let Some(settings) = item.field("prometheus") {
            self.prometheus(settings).map(TriggerSource::Prometheus)
        } else {
            self.cron_window(item.field("cron")?).map(TriggerSource::Cron)
        };
        let name = match item.field("name") {
            Some(name) => name.text().map(ToOwned::to_owned),
            None => Some(format!("trigger{}", position + 1)),
        };
        let default = Trigger::new(name?, source?);
        Some(Trigger {
            metric_type: metric_type(item)?,
            use_cached_metrics: item.flag_or("use_cached_metrics", default.use_cached_metrics)?,
            ..default
        })
    }

    fn rabbitmq(&mut self, item: &Item) -> Option<RabbitMq> {
        if !is_section(item) {
            return None;
        }
        let default = RabbitMq::default();
        let mode = item.word_or("mode", default.mode, |word| match word {
            "message_rate" => RabbitMode::MessageRate,
            "deliver_get_rate" => RabbitMode::DeliverGetRate,
            "published_to_delivered_ratio" => RabbitMode::PublishedToDeliveredRatio,
            "expected_queue_consumption_time" => RabbitMode::ExpectedQueueConsumptionTime,
            _ => RabbitMode::QueueLength,
        })?;
        let unit = match mode {
            RabbitMode::QueueLength | RabbitMode::PublishedToDeliveredRatio => Unit::Messages,
            RabbitMode::MessageRate | RabbitMode::DeliverGetRate => Unit::PerSecond,
            RabbitMode::ExpectedQueueConsumptionTime => Unit::Time,
        };
        if mode != RabbitMode::QueueLength && item.field("value").is_none() {
            let message = "`value` is missing: only `queue_length` has a default";
            self.fault(Code::MissingKey, item, message).help =
                Some("write what the metric is compared with, in the unit of `mode`: `40/s`, `30s`, `1.2`".to_owned());
            return None;
        }
        let value = self.limit_or(item, "value", unit, Limit::Target, default.value);
        let activation = self.limit_or(item, "activation", unit, Limit::Activation, default.activation);
        let protocol = item.word_or("protocol", default.protocol, |word| match word {
            "amqp" => RabbitProtocol::Amqp,
            _ => RabbitProtocol::Http,
        })?;
        if let (true, RabbitProtocol::Amqp, Some(at)) =
            (mode != RabbitMode::QueueLength, protocol, item.field("protocol"))
        {
            let message = "over AMQP only `mode: queue_length` can be asked for";
            self.fault(Code::Contradiction, at, message).help = Some("write `protocol: http`".to_owned());
        }
        let exclude_unacknowledged = item.flag_or("exclude_unacknowledged", default.exclude_unacknowledged)?;
        Some(RabbitMq { mode, value: value?, activation: activation?, protocol, exclude_unacknowledged })
    }

    fn kafka(&mut self, item: &Item) -> Option<Kafka> {
        if !is_section(item) {
            return None;
        }
        let default = Kafka::default();
        let reset = item.word_or("offset_reset_policy", default.offset_reset, |word| match word {
            "earliest" => OffsetReset::Earliest,
            _ => OffsetReset::Latest,
        });
        let even = "ensure_even_distribution_of_partitions";
        let settings = Kafka {
            lag_threshold: item.or("lag_threshold", default.lag_threshold as f64)? as u64,
            activation_lag_threshold: item.or("activation_lag_threshold", default.activation_lag_threshold as f64)?
                as u64,
            allow_idle_consumers: item.flag_or("allow_idle_consumers", default.allow_idle_consumers)?,
            limit_to_partitions_with_lag: item
                .flag_or("limit_to_partitions_with_lag", default.limit_to_partitions_with_lag)?,
            ensure_even_distribution: item.flag_or(even, default.ensure_even_distribution)?,
            exclude_persistent_lag: item.flag_or("exclude_persistent_lag", default.exclude_persistent_lag)?,
            offset_reset: reset?,
            scale_to_zero_on_invalid_offset: item
                .flag_or("scale_to_zero_on_invalid_offset", default.scale_to_zero_on_invalid_offset)?,
        };
        let others =
            [("allow_idle_consumers", settings.allow_idle_consumers), (even, settings.ensure_even_distribution)];
        for (key, _) in others.iter().filter(|(_, set)| *set && settings.limit_to_partitions_with_lag) {
            let message = format!("`{key}` contradicts `limit_to_partitions_with_lag`");
            self.fault(Code::Contradiction, item.field(key)?, message).help =
                Some("KEDA refuses both: leave one of them out".to_owned());
        }
        Some(settings)
    }

    fn prometheus(&mut self, item: &Item) -> Option<Prometheus> {
        let signal = item.word_or("metric", Signal::default(), |word| metric_named(word).0)?;
        let unit = Unit::of(signal);
        let threshold = item.field("threshold").and_then(|at| self.limit(at, unit, Limit::Target));
        let activation = self.limit_or(item, "activation_threshold", unit, Limit::Activation, 0.0);
        Some(Prometheus {
            signal,
            threshold: threshold?,
            activation: activation?,
            ignore_null_values: item.flag_or("ignore_null_values", true)?,
        })
    }

    /// A window of two cron expressions in a time zone.
    pub(super) fn cron_window(&mut self, item: &Item) -> Option<CronWindow> {
        if !is_section(item) {
            return None;
        }
        let [start, end] = ["start", "end"].map(|key| item.field(key).and_then(|at| self.cron(at)));
        let is_empty = start.is_some() && start == end;
        if let (true, Some(at)) = (is_empty, item.field("end")) {
            let message = "the window ends when it begins: `start` and `end` are the same";
            self.fault(Code::Contradiction, at, message).help = Some("write another `end`".to_owned());
        }
        let timezone = item.field("timezone").and_then(|at| self.timezone(at));
        let desired = item.needed("desired_replicas");
        let window = CronWindow { start: start?, end: end?, timezone: timezone?, desired: desired? as u32 };
        if !is_empty {
            self.opens_in_time(item, &window);
        }
        Some(window)
    }

    fn cron(&mut self, item: &Item) -> Option<Cron> {
        let text = item.text()?;
        match Cron::parse(text) {
            Ok(cron) => Some(cron),
            Err(error) => {
                let help = match error {
                    CronError::Never(_) => "name a day that the month has".to_owned(),
                    _ => "for example `0 8 * * 1-5`: at 08:00 on workdays".to_owned(),
                };
                self.fault(Code::Expression, item, error.to_string()).help = Some(help);
                None
            }
        }
    }

    fn timezone(&mut self, item: &Item) -> Option<TimeZone> {
        let name = item.text()?;
        let found = TimeZone::get(name).ok();
        if found.is_none() {
            self.fault(Code::UnknownZone, item, format!("{} is no time zone", quoted(name))).help =
                Some(suggest::zone(name));
        }
        found
    }

    /// Doubts a window that is closed from t = 0 to the horizon.
    fn opens_in_time(&mut self, item: &Item, window: &CronWindow) {
        let (Some((start, _)), Some(horizon_s)) = (self.start, self.horizon_s) else { return };
        let [opens, closes] = [&window.start, &window.end].map(|cron| cron.next_after(start, &window.timezone));
        let is_open = closes < opens;
        let after_horizon = opens.is_none_or(|at| at.duration_since(start).as_secs_f64() >= horizon_s);
        if !is_open && after_horizon {
            let message = "this window does not open before the horizon";
            self.fault(Code::BeyondHorizon, item.field("start").unwrap_or(item), message).help =
                opens.map(|at| format!("it opens next at {at}"));
        }
    }
}

fn sqs(item: &Item) -> Option<Sqs> {
    let default = Sqs::default();
    Some(Sqs {
        queue_length: item.or("queue_length", default.queue_length)?,
        activation: item.or("activation_queue_length", default.activation)?,
        scale_on_in_flight: item.flag_or("scale_on_in_flight", default.scale_on_in_flight)?,
        scale_on_delayed: item.flag_or("scale_on_delayed", default.scale_on_delayed)?,
    })
}
