//! Settings of KEDA's `ScaledObject` and `ScaledJob`.
//!
//! Defaults are those of `apis/keda/v1alpha1` and the documentation 2.21. Not here: triggers (`trigger`), and how it
//! decides (`scaling::keda`, `scaling::jobs`).

use super::hpa::{Behavior, HpaController, HpaRules};
use super::{Formula, Trigger};
use crate::units::Seconds;

/// A `ScaledObject`: an operator that decides between 0 and 1, and an HPA that decides the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledObject {
    /// The operator's part.
    pub operator: Operator,
    /// `triggers`, at least one.
    pub triggers: Vec<Trigger>,
    /// `maxReplicaCount`, default 100.
    pub max: u32,
    /// `advanced.scalingModifiers`: one number made of all triggers.
    pub modifiers: Option<Modifiers>,
    /// `fallback`: what is assumed while a trigger cannot be read.
    pub fallback: Option<Fallback>,
    /// `advanced.horizontalPodAutoscalerConfig.behavior`; absent by default, and then the HPA has none either.
    pub behavior: Option<Behavior>,
    /// The cluster's controller manager.
    pub controller: HpaController,
}

impl ScaledObject {
    /// A scaled object with these triggers and every default.
    pub fn new(triggers: Vec<Trigger>) -> Self {
        Self {
            operator: Operator::default(),
            triggers,
            max: DEFAULT_MAX,
            modifiers: None,
            fallback: None,
            behavior: None,
            controller: HpaController::default(),
        }
    }

    /// The HPA that KEDA creates: `minReplicas` is `minReplicaCount`, or 1 where that is 0.
    pub fn hpa_rules(&self) -> HpaRules {
        let min = self.operator.min.max(1);
        HpaRules { min, max: self.max, behavior: self.behavior.clone(), controller: self.controller }
    }
}

/// `maxReplicaCount` where none is given.
pub const DEFAULT_MAX: u32 = 100;

/// What KEDA's operator goes by at each poll.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operator {
    /// `pollingInterval`, default 30 s.
    pub polling_interval_s: Seconds,
    /// `cooldownPeriod`, default 300 s: only to zero or to idle.
    pub cooldown_s: Seconds,
    /// `initialCooldownPeriod`, default 0 s: only while never active.
    pub initial_cooldown_s: Seconds,
    /// `minReplicaCount`, default 0.
    pub min: u32,
    /// `idleReplicaCount`; only 0 works in KEDA, and it must be below `min`.
    pub idle: Option<u32>,
    /// The annotations that pause it.
    pub paused: Paused,
    /// The annotation `force-activation`.
    pub force_activation: bool,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            polling_interval_s: 30.0,
            cooldown_s: 300.0,
            initial_cooldown_s: 0.0,
            min: 0,
            idle: None,
            paused: Paused::default(),
            force_activation: false,
        }
    }
}

/// The annotations `autoscaling.keda.sh/paused`, `paused-replicas`, `paused-scale-in` and `paused-scale-out`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paused {
    /// Nothing is decided at all.
    pub all: bool,
    /// With `all`: the size that is set and kept.
    pub at_replicas: Option<u32>,
    /// The operator does not go to zero or idle.
    pub scale_in: bool,
    /// The operator does not leave zero or idle.
    pub scale_out: bool,
}

/// `advanced.scalingModifiers`.
#[derive(Clone, Debug, PartialEq)]
pub struct Modifiers {
    /// `formula` over the names of the triggers.
    pub formula: Formula,
    /// `target`, above 0.
    pub target: f64,
    /// `activationTarget`, default 0, compared with `>`.
    pub activation_target: f64,
    /// `metricType`, default `AverageValue`.
    pub metric_type: MetricType,
}

/// How the HPA reads an external metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricType {
    /// Wanted = metric / target.
    #[default]
    AverageValue,
    /// Wanted = ready replicas · metric / target.
    Value,
}

/// `fallback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// `failureThreshold`: more consecutive failures than this.
    pub failure_threshold: u32,
    /// `replicas`.
    pub replicas: u32,
    /// `behavior`, default `static`.
    pub behavior: FallbackBehavior,
}

/// Which size is assumed while a trigger cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FallbackBehavior {
    /// The given replicas.
    #[default]
    Static,
    /// What there is.
    CurrentReplicas,
    /// The larger of the two.
    CurrentReplicasIfHigher,
    /// The smaller of the two.
    CurrentReplicasIfLower,
    /// The trigger is `nil` in the formula of the scaling modifiers.
    ScalingModifiers,
}

/// A `ScaledJob`: Jobs are created and run to their end.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledJob {
    /// `pollingInterval`, default 30 s.
    pub polling_interval_s: Seconds,
    /// `minReplicaCount`, default 0.
    pub min: u32,
    /// `maxReplicaCount`, default 100.
    pub max: u32,
    /// `triggers`, at least one.
    pub triggers: Vec<Trigger>,
    /// `scalingStrategy.strategy` with its parameters.
    pub strategy: JobStrategy,
    /// `scalingStrategy.multipleScalersCalculation`, default `max`.
    pub multiple: MultipleScalers,
}

impl ScaledJob {
    /// A scaled job with these triggers and every default.
    pub fn new(triggers: Vec<Trigger>) -> Self {
        Self {
            polling_interval_s: 30.0,
            min: 0,
            max: DEFAULT_MAX,
            triggers,
            strategy: JobStrategy::Default,
            multiple: MultipleScalers::Max,
        }
    }
}

/// How many Jobs are created for what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum JobStrategy {
    /// What is wanted less what runs: right where the metric still counts work in progress.
    #[default]
    Default,
    /// What is wanted less a deduction and a share of what runs.
    Custom {
        /// `customScalingQueueLengthDeduction`, default 0; may be negative.
        deduction: i64,
        /// `customScalingRunningJobPercentage` as a share; `None` where it is no number: then as `Default`.
        running_share: Option<f64>,
    },
    /// What is wanted less what is pending: right where the metric counts only what waits.
    Accurate,
    /// Fill up to the maximum whenever something waits.
    Eager,
}

/// How several triggers of a `ScaledJob` become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MultipleScalers {
    /// The trigger with the longest queue.
    #[default]
    Max,
    /// The trigger with the shortest queue.
    Min,
    /// The mean over active triggers.
    Avg,
    /// The sum over active triggers.
    Sum,
}
