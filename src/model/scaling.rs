//! Settings of scaling strategies: plain data, one type per strategy, with the defaults of the products they model.
//!
//! Not here: their text (`scenario`), and how they decide (`scaling`).

mod aws;
mod cron;
mod direct;
mod formula;
mod hpa;
mod keda;
mod trigger;

pub use aws::{AdjustmentType, Ladder, LambdaSqs, Step, StepScaling, TargetTracking};
pub use cron::{Cron, CronError};
pub use direct::{AgeScaling, Forecast, Oracle, Pid, Predictive, RateScaling, Schedule, Staffing, Workforce};
pub use formula::{Formula, FormulaError, NoValue};
pub use hpa::{
    Behavior, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, MAX_POLICY_PERIOD_S, MAX_WINDOW_S, MetricTarget,
    Policy, PolicyAmount, SelectPolicy, Tolerances,
};
pub use keda::{
    DEFAULT_MAX, Fallback, FallbackBehavior, JobStrategy, MetricType, Modifiers, MultipleScalers, Operator, Paused,
    ScaledJob, ScaledObject,
};
pub use trigger::{
    CronWindow, Kafka, OffsetReset, Prometheus, RabbitMode, RabbitMq, RabbitProtocol, Sqs, Trigger, TriggerSource,
};

use crate::units::Seconds;

/// A strategy and the delays around it that are not the group's own (start-up and drain are).
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// How it decides.
    pub strategy: Strategy,
    /// Age of what it sees: at t it is shown the state of t − age.
    pub metric_age_s: Seconds,
    /// Spacing of the broker's samples, 0 for a live view: it is shown the last sample, and rates are over one spacing
    /// (over one decision period where the view is live).
    pub sampling_s: Seconds,
    /// When its clocks start.
    pub phase: Phase,
}

/// When a decision clock starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Phase {
    /// Anywhere in its period: drawn for each replication.
    #[default]
    Random,
    /// So long after t = 0, in seconds.
    At(Seconds),
}

impl Scaling {
    /// A strategy that sees the present, with a random phase.
    pub fn new(strategy: Strategy) -> Self {
        Scaling { strategy, metric_age_s: 0.0, sampling_s: 0.0, phase: Phase::Random }
    }

    /// Whether its replicas are Jobs: each takes messages up to its prefetch once, completes them and ends. Scaling
    /// never ends one; one that finds the queue empty waits.
    pub fn runs_jobs(&self) -> bool {
        matches!(self.strategy, Strategy::KedaJob(_))
    }
}

/// How the number of replicas of a consumer group is decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// Always the same.
    Static(u32),
    /// By the clock.
    Schedule(Schedule),
    /// AWS step scaling: a ladder of thresholds.
    Step(StepScaling),
    /// AWS target tracking.
    TargetTracking(TargetTracking),
    /// Kubernetes `HorizontalPodAutoscaler`.
    Hpa(Hpa),
    /// KEDA `ScaledObject`.
    Keda(ScaledObject),
    /// KEDA `ScaledJob`.
    KedaJob(ScaledJob),
    /// Lambda's event source mapping on SQS.
    LambdaSqs(LambdaSqs),
    /// Feed-forward on the publish rate and the backlog.
    Rate(RateScaling),
    /// On the age of the oldest message.
    Age(AgeScaling),
    /// A PID controller.
    Pid(Pid),
    /// On a forecast of the publish rate.
    Predictive(Predictive),
    /// Knows P(t).
    Oracle(Oracle),
}

impl Strategy {
    /// What the strategy is called in a scenario.
    pub fn name(&self) -> &'static str {
        match self {
            Strategy::Static(_) => "static",
            Strategy::Schedule(_) => "schedule",
            Strategy::Step(_) => "step",
            Strategy::TargetTracking(_) => "target_tracking",
            Strategy::Hpa(_) => "hpa",
            Strategy::Keda(_) => "keda",
            Strategy::KedaJob(_) => "keda_job",
            Strategy::LambdaSqs(_) => "lambda_sqs",
            Strategy::Rate(_) => "rate",
            Strategy::Age(_) => "age",
            Strategy::Pid(_) => "pid",
            Strategy::Predictive(_) => "predictive",
            Strategy::Oracle(_) => "oracle",
        }
    }

    /// Whether it follows a calendar and so needs to know which instant t = 0 is.
    pub fn needs_calendar(&self) -> bool {
        let by_cron = |trigger: &Trigger| matches!(trigger.source, TriggerSource::Cron(_));
        match self {
            Strategy::Schedule(schedule) => matches!(schedule, Schedule::Cron { .. }),
            Strategy::Keda(keda) => keda.triggers.iter().any(by_cron),
            Strategy::KedaJob(jobs) => jobs.triggers.iter().any(by_cron),
            _ => false,
        }
    }

    /// The smallest and the largest size that it asks for.
    pub fn bounds(&self) -> Bounds {
        match self {
            Strategy::Static(replicas) => Bounds { min: *replicas, max: *replicas },
            Strategy::Schedule(schedule) => schedule.bounds(),
            Strategy::Step(step) => step.bounds,
            Strategy::TargetTracking(tracking) => tracking.bounds,
            Strategy::Hpa(hpa) => Bounds { min: hpa.rules.min, max: hpa.rules.max },
            Strategy::Keda(keda) => {
                let Operator { min, idle, paused, .. } = keda.operator;
                let at = paused.at_replicas;
                let least = idle.map_or(min, |idle| idle.min(min));
                Bounds { min: at.map_or(least, |at| at.min(least)), max: at.map_or(keda.max, |at| at.max(keda.max)) }
            }
            Strategy::KedaJob(jobs) => Bounds { min: jobs.min, max: jobs.max },
            Strategy::LambdaSqs(lambda) => Bounds { min: lambda.least, max: lambda.most },
            Strategy::Rate(rate) => rate.bounds,
            Strategy::Age(age) => age.bounds,
            Strategy::Pid(pid) => pid.bounds,
            Strategy::Predictive(predictive) => predictive.bounds,
            Strategy::Oracle(oracle) => oracle.bounds,
        }
    }

    /// The size to begin with where none is given: that of a timetable at t = 0, else the minimum.
    pub fn initial(&self) -> u32 {
        match self {
            Strategy::Schedule(Schedule::Steps(steps)) => steps.first().map_or(0, |(_, replicas)| *replicas),
            Strategy::Schedule(Schedule::Cron { otherwise, .. }) => *otherwise,
            Strategy::Keda(keda) => keda.operator.paused.at_replicas.unwrap_or(keda.operator.min),
            _ => self.bounds().min,
        }
    }

    /// About how many decisions it takes in `span_s`.
    pub fn decisions(&self, span_s: Seconds) -> f64 {
        match self {
            Strategy::Static(_) => 1.0,
            Strategy::Schedule(Schedule::Steps(steps)) => steps.len() as f64,
            // At most one firing of each expression per minute.
            Strategy::Schedule(Schedule::Cron { windows, .. }) => 2.0 * windows.len() as f64 * (span_s / 60.0 + 1.0),
            Strategy::Keda(keda) => span_s / self.period_s() + span_s / keda.operator.polling_interval_s,
            _ => span_s / self.period_s(),
        }
    }

    /// Seconds between two decisions of its main clock; infinite where the clock is not periodic.
    pub fn period_s(&self) -> Seconds {
        match self {
            Strategy::Static(_) | Strategy::Schedule(_) => f64::INFINITY,
            Strategy::Step(step) => step.period_s,
            Strategy::TargetTracking(tracking) => tracking.period_s,
            Strategy::Hpa(hpa) => hpa.rules.controller.sync_period_s,
            Strategy::Keda(keda) => keda.controller.sync_period_s,
            Strategy::KedaJob(jobs) => jobs.polling_interval_s,
            Strategy::LambdaSqs(lambda) => lambda.period_s,
            Strategy::Rate(rate) => rate.period_s,
            Strategy::Age(age) => age.period_s,
            Strategy::Pid(pid) => pid.period_s,
            Strategy::Predictive(predictive) => predictive.period_s,
            Strategy::Oracle(oracle) => oracle.period_s,
        }
    }
}

/// Smallest and largest size of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Never fewer.
    pub min: u32,
    /// Never more; at least `min`.
    pub max: u32,
}

/// What of a queue a strategy looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    /// Messages that wait for delivery.
    Ready,
    /// Messages that wait or are with a consumer: what RabbitMQ's management API calls `messages`.
    #[default]
    Depth,
    /// Messages that are with a consumer.
    Unacked,
    /// Messages that cannot be delivered yet.
    Delayed,
    /// Messages published per second.
    PublishRate,
    /// Messages delivered per second.
    DeliverRate,
    /// Age of the oldest message that waits, in seconds.
    OldestAge,
    /// Busy slots of the group, as a share of the slots of its ready replicas.
    Utilization,
}

impl Signal {
    /// What the signal is called in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Ready => "ready",
            Signal::Depth => "depth",
            Signal::Unacked => "unacked",
            Signal::Delayed => "delayed",
            Signal::PublishRate => "publish_rate",
            Signal::DeliverRate => "deliver_rate",
            Signal::OldestAge => "oldest_age",
            Signal::Utilization => "utilization",
        }
    }
}
