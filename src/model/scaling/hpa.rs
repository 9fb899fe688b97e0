//! Settings of the Kubernetes `HorizontalPodAutoscaler` (autoscaling/v2).
//!
//! Defaults are those of the API (`pkg/apis/autoscaling/v2/defaults.go`) and of the controller's flags
//! (`pkg/controller/podautoscaler/config/v1alpha1/defaults.go`). Not here: how it decides (`scaling::hpa`).

use super::Signal;
use crate::units::Seconds;

/// Longest stabilisation window that the API accepts.
pub const MAX_WINDOW_S: Seconds = 3600.0;

/// Longest `periodSeconds` of a policy that the API accepts; the shortest is 1.
pub const MAX_POLICY_PERIOD_S: Seconds = 1800.0;

/// A `HorizontalPodAutoscaler` with the metrics that it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    /// Bounds, behavior and the controller behind it.
    pub rules: HpaRules,
    /// What it looks at; the highest proposal counts. At least one.
    pub metrics: Vec<HpaMetric>,
}

/// What an HPA does with proposals, wherever they come from: the part that KEDA's HPA shares.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaRules {
    /// `minReplicas`, default 1; 0 needs the feature gate `HPAScaleToZero`.
    pub min: u32,
    /// `maxReplicas`, at least 1 and at least `min`.
    pub max: u32,
    /// `behavior`; `None` selects another code path than the defaults of `behavior: {}`.
    pub behavior: Option<Behavior>,
    /// Flags of the controller manager.
    pub controller: HpaController,
}

impl HpaRules {
    /// Bounds and nothing else: no `behavior`, a controller with its defaults.
    pub fn new(min: u32, max: u32) -> Self {
        Self { min, max, behavior: None, controller: HpaController::default() }
    }

    /// How far the ratio may lie below and above 1 without any change.
    pub fn tolerances(&self) -> Tolerances {
        let of = |rules: fn(&Behavior) -> &DirectionRules| {
            self.behavior.as_ref().and_then(|behavior| rules(behavior).tolerance).unwrap_or(self.controller.tolerance)
        };
        Tolerances { down: of(|behavior| &behavior.down), up: of(|behavior| &behavior.up) }
    }

    /// How long advice holds back a step down, in seconds.
    pub fn down_window_s(&self) -> Seconds {
        let given = self.behavior.as_ref().and_then(|behavior| behavior.down.window_s);
        given.unwrap_or(self.controller.down_window_s)
    }

    /// How long advice holds back a step up, in seconds: 0 unless `behavior` says otherwise.
    pub fn up_window_s(&self) -> Seconds {
        self.behavior.as_ref().and_then(|behavior| behavior.up.window_s).unwrap_or(0.0)
    }
}

/// The dead zone: no change while 1 − `down` ≤ ratio ≤ 1 + `up`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// Below 1.
    pub down: f64,
    /// Above 1.
    pub up: f64,
}

/// Flags of the controller manager that decide about every HPA of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HpaController {
    /// `--horizontal-pod-autoscaler-sync-period`, default 15 s.
    pub sync_period_s: Seconds,
    /// `--horizontal-pod-autoscaler-tolerance`, default 0.1, in both directions.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`, default 300 s.
    pub down_window_s: Seconds,
}

impl Default for HpaController {
    fn default() -> Self {
        Self { sync_period_s: 15.0, tolerance: 0.1, down_window_s: 300.0 }
    }
}

/// `behavior`: how fast the size may change in either direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// `scaleUp`.
    pub up: DirectionRules,
    /// `scaleDown`.
    pub down: DirectionRules,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { up: DirectionRules::default_up(), down: DirectionRules::default_down() }
    }
}

/// `scaleUp` or `scaleDown`. Defaulting is per field: given policies replace the default list.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionRules {
    /// `stabilizationWindowSeconds`, 0 to [`MAX_WINDOW_S`]; absent: 0 up, the controller's 300 s down.
    pub window_s: Option<Seconds>,
    /// `policies`, at least one.
    pub policies: Vec<Policy>,
    /// `selectPolicy`, default `Max`.
    pub select: SelectPolicy,
    /// `tolerance`; absent: the controller's. Needs `HPAConfigurableTolerance`.
    pub tolerance: Option<f64>,
}

impl DirectionRules {
    /// 4 pods or 100 % per 15 s, whichever is more, at once.
    pub fn default_up() -> Self {
        let period_s = 15.0;
        Self {
            window_s: None,
            policies: vec![
                Policy { amount: PolicyAmount::Pods(4), period_s },
                Policy { amount: PolicyAmount::Percent(100), period_s },
            ],
            select: SelectPolicy::Max,
            tolerance: None,
        }
    }

    /// 100 % per 15 s, held back by the controller's window.
    pub fn default_down() -> Self {
        Self {
            window_s: None,
            policies: vec![Policy { amount: PolicyAmount::Percent(100), period_s: 15.0 }],
            select: SelectPolicy::Max,
            tolerance: None,
        }
    }
}

/// How much may change within a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// `type` and `value`.
    pub amount: PolicyAmount,
    /// `periodSeconds`, 1 to [`MAX_POLICY_PERIOD_S`].
    pub period_s: Seconds,
}

/// `type` and `value` of a policy; the value is above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAmount {
    /// This many replicas.
    Pods(u32),
    /// This share of the size at the start of the period.
    Percent(u32),
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The one that allows the largest change.
    #[default]
    Max,
    /// The one that allows the smallest change.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// One metric of an HPA.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaMetric {
    /// What people call it.
    pub name: String,
    /// What of the queue it shows.
    pub signal: Signal,
    /// What it is compared with.
    pub target: MetricTarget,
}

/// What a metric is compared with. In the unit of its metric, above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MetricTarget {
    /// `External` or `Object` with `type: Value`: the size is multiplied by metric / target.
    Value(f64),
    /// `External` or `Object` with `type: AverageValue`: wanted is metric / target, whatever the size.
    AverageValue(f64),
    /// `Pods`: the mean over the pods that report.
    PodsAverage(f64),
}
