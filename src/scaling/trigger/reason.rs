//! What a trigger saw, in words.

use std::fmt::{self, Display, Formatter};

use super::super::reason::{Reason, Rule, show};
use super::Measured;
use crate::model::scaling::{RabbitMode, Trigger, TriggerSource};

/// One line about a trigger.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerReason {
    /// What it says.
    Read {
        /// Its name.
        trigger: String,
        /// What its metric counts.
        what: &'static str,
        /// The metric.
        value: f64,
        /// What it is compared with.
        target: f64,
        /// Whether it makes the target active.
        active: bool,
    },
    /// The lag was cut to the number of partitions.
    Capped {
        /// Its name.
        trigger: String,
        /// Partitions that count.
        consumers: u64,
        /// Lag per consumer.
        threshold: u64,
    },
    /// It cannot be read.
    Failed {
        /// Its name.
        trigger: String,
    },
}

impl TriggerReason {
    /// What a trigger says, or that it says nothing.
    pub fn of(trigger: &Trigger, measured: Option<Measured>) -> Self {
        let name = trigger.name.clone();
        match measured {
            None => TriggerReason::Failed { trigger: name },
            Some(Measured { value, active }) => {
                let target = trigger.source.target();
                TriggerReason::Read { trigger: name, what: what(&trigger.source), value, target, active }
            }
        }
    }

    /// The rule that held the metric back.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            TriggerReason::Read { .. } => None,
            TriggerReason::Capped { .. } => Some(Rule::PartitionCap),
            TriggerReason::Failed { .. } => Some(Rule::MetricFailure),
        }
    }
}

fn what(source: &TriggerSource) -> &'static str {
    match source {
        TriggerSource::RabbitMq(rabbit) => match rabbit.mode {
            RabbitMode::QueueLength => "rabbitmq QueueLength",
            RabbitMode::MessageRate => "rabbitmq MessageRate",
            RabbitMode::DeliverGetRate => "rabbitmq DeliverGetRate",
            RabbitMode::PublishedToDeliveredRatio => "rabbitmq PublishedToDeliveredRatio",
            RabbitMode::ExpectedQueueConsumptionTime => "rabbitmq ExpectedQueueConsumptionTime",
        },
        TriggerSource::Kafka(_) => "kafka lag",
        TriggerSource::Sqs(_) => "sqs messages",
        TriggerSource::Prometheus(_) => "prometheus",
        TriggerSource::Cron(_) => "cron",
    }
}

impl Display for TriggerReason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TriggerReason::Read { trigger, what, value, target, active } => {
                let activity = if *active { "active" } else { "not active" };
                write!(out, "trigger {trigger}: {what} {} against {}, {activity}", show(*value), show(*target))
            }
            TriggerReason::Capped { trigger, consumers, threshold } => {
                let most = consumers.saturating_mul(*threshold);
                write!(out, "trigger {trigger}: lag cut to {consumers} partitions × {threshold} = {most}")
            }
            TriggerReason::Failed { trigger } => write!(out, "trigger {trigger}: cannot be read"),
        }
    }
}

impl From<TriggerReason> for Reason {
    fn from(reason: TriggerReason) -> Self {
        Reason::Trigger(reason)
    }
}
