//! The arithmetic of KEDA's triggers: what is seen of a queue → a metric, and whether it makes the target active.
//!
//! Follows `pkg/scalers/{rabbitmq,kafka,aws_sqs_queue,prometheus,cron}_scaler.go` of KEDA 2.21. Not here: activation of
//! the target as a whole (`keda`), and queries over a network.

mod kafka;
mod reading;
mod reason;

pub use kafka::{Partition, even_factor, kafka, partition_lag};
pub use reading::TriggerState;
pub(super) use reading::WindowWatch;
pub use reason::TriggerReason;

use crate::model::scaling::{RabbitMode, RabbitMq, RabbitProtocol, Sqs};
use crate::units::{PerSecond, Seconds};

/// What a trigger says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The metric.
    pub value: f64,
    /// Whether it makes the target active.
    pub active: bool,
}

impl Measured {
    /// The metric as KEDA hands it to the HPA: what is negative or no number is 0.
    pub fn reported(self) -> f64 {
        if self.value.is_finite() { self.value.max(0.0) } else { 0.0 }
    }
}

/// What RabbitMQ says about a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RabbitQueue {
    /// Ready and unacked messages.
    pub messages: f64,
    /// Unacked messages.
    pub unacked: f64,
    /// Published per second.
    pub publish_per_s: PerSecond,
    /// Delivered per second.
    pub deliver_per_s: PerSecond,
}

/// `type: rabbitmq`.
pub fn rabbitmq(settings: &RabbitMq, queue: &RabbitQueue) -> Measured {
    let least = settings.activation;
    let ready_only = settings.exclude_unacknowledged || settings.protocol == RabbitProtocol::Amqp;
    let messages = if ready_only { queue.messages - queue.unacked } else { queue.messages };
    let (publish, deliver) = (queue.publish_per_s, queue.deliver_per_s);
    let (value, also) = match settings.mode {
        RabbitMode::QueueLength => (messages, false),
        RabbitMode::MessageRate => (publish, messages > least),
        RabbitMode::DeliverGetRate => (deliver, false),
        RabbitMode::PublishedToDeliveredRatio if publish == 0.0 => (0.0, false),
        RabbitMode::PublishedToDeliveredRatio if deliver == 0.0 => (least, true),
        RabbitMode::PublishedToDeliveredRatio => (publish / deliver, false),
        RabbitMode::ExpectedQueueConsumptionTime if messages == 0.0 => (0.0, false),
        RabbitMode::ExpectedQueueConsumptionTime if deliver == 0.0 => (least, true),
        RabbitMode::ExpectedQueueConsumptionTime => ((publish - deliver) / deliver + messages / deliver, false),
    };
    Measured { value, active: value > least || also }
}

/// What SQS says about a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SqsQueue {
    /// `ApproximateNumberOfMessages`.
    pub visible: f64,
    /// `ApproximateNumberOfMessagesNotVisible`.
    pub not_visible: f64,
    /// `ApproximateNumberOfMessagesDelayed`.
    pub delayed: f64,
}

/// `type: aws-sqs-queue`.
pub fn sqs(settings: &Sqs, queue: &SqsQueue) -> Measured {
    let in_flight = if settings.scale_on_in_flight { queue.not_visible } else { 0.0 };
    let delayed = if settings.scale_on_delayed { queue.delayed } else { 0.0 };
    let value = queue.visible + in_flight + delayed;
    Measured { value, active: value > settings.activation }
}

/// `type: prometheus`; an empty answer is 0, or no answer at all when null values are not ignored.
pub fn prometheus(answer: Option<f64>, activation: f64, ignore_null_values: bool) -> Option<Measured> {
    let value = match answer {
        Some(value) => value,
        None if ignore_null_values => 0.0,
        None => return None,
    };
    Some(Measured { value, active: value > activation })
}

/// `type: cron`: inside the window when its end comes no later than its next start.
pub fn cron(next_start_s: Seconds, next_end_s: Seconds, desired: u32) -> Measured {
    let active = next_end_s <= next_start_s;
    Measured { value: if active { f64::from(desired) } else { 0.0 }, active }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rabbit(mode: RabbitMode, activation: f64, queue: RabbitQueue) -> (f64, bool) {
        let measured = rabbitmq(&RabbitMq { mode, activation, ..RabbitMq::default() }, &queue);
        (measured.value, measured.active)
    }

    #[test]
    fn unacked_messages_count_over_http_only() {
        let queue = RabbitQueue { messages: 10.0, unacked: 4.0, ..RabbitQueue::default() };
        let with = |protocol, exclude_unacknowledged| {
            rabbitmq(&RabbitMq { protocol, exclude_unacknowledged, ..RabbitMq::default() }, &queue).value
        };
        assert_eq!(with(RabbitProtocol::Http, false), 10.0);
        assert_eq!(with(RabbitProtocol::Http, true), 6.0);
        assert_eq!(with(RabbitProtocol::Amqp, false), 6.0);
    }

    #[test]
    fn ratios_say_the_activation_value_while_nothing_is_delivered() {
        let stuck = RabbitQueue { messages: 3.0, publish_per_s: 2.0, ..RabbitQueue::default() };
        assert_eq!(rabbit(RabbitMode::PublishedToDeliveredRatio, 1.5, stuck), (1.5, true));
        assert_eq!(rabbit(RabbitMode::ExpectedQueueConsumptionTime, 1.5, stuck), (1.5, true));
        let empty = RabbitQueue { publish_per_s: 0.0, ..RabbitQueue::default() };
        assert_eq!(rabbit(RabbitMode::PublishedToDeliveredRatio, 0.0, empty), (0.0, false));
        assert_eq!(rabbit(RabbitMode::ExpectedQueueConsumptionTime, 0.0, empty), (0.0, false));
    }

    #[test]
    fn a_rate_trigger_is_kept_active_by_what_lies_in_the_queue() {
        let silent = RabbitQueue { messages: 5.0, ..RabbitQueue::default() };
        assert_eq!(rabbit(RabbitMode::MessageRate, 4.0, silent), (0.0, true));
        assert_eq!(rabbit(RabbitMode::MessageRate, 5.0, silent), (0.0, false));
        assert_eq!(rabbit(RabbitMode::DeliverGetRate, 0.0, silent), (0.0, false));
    }

    #[test]
    fn an_empty_answer_is_zero_unless_it_is_a_failure() {
        assert_eq!(prometheus(None, 0.0, true), Some(Measured { value: 0.0, active: false }));
        assert_eq!(prometheus(None, 0.0, false), None);
        assert_eq!(prometheus(Some(2.0), 1.0, false), Some(Measured { value: 2.0, active: true }));
    }

    #[test]
    fn a_window_that_starts_when_it_ends_is_open() {
        assert!(cron(100.0, 100.0, 3).active);
        assert!(!cron(100.0, 101.0, 3).active);
    }

    #[test]
    fn what_is_no_number_is_reported_as_nothing() {
        for value in [f64::NAN, f64::INFINITY, -3.0] {
            assert_eq!(Measured { value, active: true }.reported(), 0.0);
        }
    }
}
