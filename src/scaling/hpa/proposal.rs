//! How many replicas one metric proposes, and which proposal counts.
//!
//! Kubernetes computes with integers of thousandths; so does everything here that comes from a running scaler. Only
//! ratios matter, except for the truncated mean of `Pods` metrics.

use super::super::reason::Reasons;
use super::{HpaReason, Scale};
use crate::model::scaling::{HpaRules, MetricTarget, Tolerances};

/// One metric as it is read at a sync: target and reading in the same unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// What it is compared with.
    pub target: MetricTarget,
    /// What was read.
    pub reading: Reading,
    /// How many of its units make one unit of what people see: 1000 for thousandths.
    pub per_unit: f64,
}

/// What was read of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// The sum of its series.
    Total(f64),
    /// Values of pods.
    Pods {
        /// Sum over the pods that report.
        total: f64,
        /// How many pods report.
        reporting: u32,
        /// How many pods do not.
        missing: u32,
    },
    /// The metric cannot be read.
    Failed,
    /// The advice itself, for questions about limits alone.
    Advice(u32),
}

impl Sample {
    /// A sample in thousandths, as the metrics API carries it; `None` is a metric that cannot be read.
    pub fn in_thousandths(target: MetricTarget, value: Option<f64>, scale: &Scale) -> Self {
        let thousandths = |value: f64| (value * 1000.0).round();
        let (target, by_pod) = match target {
            MetricTarget::Value(target) => (MetricTarget::Value(thousandths(target)), false),
            MetricTarget::AverageValue(target) => (MetricTarget::AverageValue(thousandths(target)), false),
            MetricTarget::PodsAverage(target) => (MetricTarget::PodsAverage(thousandths(target)), true),
        };
        let reading = match value {
            Some(value) if by_pod => Reading::Pods {
                total: thousandths(value) * f64::from(scale.ready),
                reporting: scale.ready,
                missing: scale.running.saturating_sub(scale.ready),
            },
            Some(value) => Reading::Total(thousandths(value)),
            None => Reading::Failed,
        };
        Self { target, reading, per_unit: 1000.0 }
    }
}

/// What the metrics propose together.
pub(super) enum Proposed {
    Advice(u32),
    /// Nothing may be concluded from what could be read.
    Unknown,
}

/// The highest proposal; nothing where all metrics failed, or where some failed and the others want fewer replicas.
pub(super) fn highest(
    rules: &HpaRules,
    scale: &Scale,
    metrics: usize,
    mut sample: impl FnMut(usize) -> Sample,
    reasons: &mut Reasons,
) -> Proposed {
    let mut highest = None;
    let mut failed = 0;
    for metric in 0..metrics {
        match propose(&sample(metric), rules.tolerances(), scale, metric, reasons) {
            Some(replicas) => highest = highest.max(Some(replicas)),
            None => failed += 1,
        }
    }
    let blocked = highest.is_none() || (failed > 0 && highest < Some(scale.wanted));
    match highest {
        Some(advice) if !blocked => {
            if metrics > 1 {
                reasons.say(|| HpaReason::Highest { replicas: advice });
            }
            Proposed::Advice(advice)
        }
        advice => {
            reasons.say(|| HpaReason::FailureHolds { failed, metrics, advice, current: scale.wanted });
            Proposed::Unknown
        }
    }
}

/// The proposal of one metric; `None` when it failed.
fn propose(
    sample: &Sample,
    tolerances: Tolerances,
    scale: &Scale,
    metric: usize,
    reasons: &mut Reasons,
) -> Option<u32> {
    let unit = sample.per_unit;
    match (sample.reading, sample.target) {
        (Reading::Failed, _) => {
            reasons.say(|| HpaReason::Failed { metric });
            None
        }
        (Reading::Advice(replicas), _) => {
            reasons.say(|| HpaReason::Given { replicas });
            Some(replicas)
        }
        (Reading::Total(total), MetricTarget::Value(target)) => {
            let ratio = total / target;
            let within = scale.wanted > 0 && lies_within(ratio, tolerances);
            let advice = match (scale.wanted, within) {
                (0, _) => replicas(ratio.ceil()),
                (current, true) => current,
                _ => replicas((ratio * f64::from(scale.ready)).ceil()),
            };
            let (total, target) = (total / unit, target / unit);
            reasons.say(|| HpaReason::Value {
                metric,
                total,
                target,
                ratio,
                tolerances,
                within,
                scale: *scale,
                advice,
            });
            Some(advice)
        }
        (Reading::Total(total), MetricTarget::AverageValue(target) | MetricTarget::PodsAverage(target)) => {
            let ratio = total / (target * f64::from(scale.running));
            let within = lies_within(ratio, tolerances);
            let advice = if within { scale.running } else { replicas((total / target).ceil()) };
            let (total, target) = (total / unit, target / unit);
            reasons.say(|| HpaReason::Average {
                metric,
                total,
                target,
                ratio,
                tolerances,
                within,
                scale: *scale,
                advice,
            });
            Some(advice)
        }
        (Reading::Pods { total, reporting, missing }, target) => {
            let (MetricTarget::Value(target) | MetricTarget::AverageValue(target) | MetricTarget::PodsAverage(target)) =
                target;
            let pods = Pods { total, reporting, missing, target, current: scale.wanted };
            let Some((ratio, advice)) = pods.propose(tolerances) else {
                reasons.say(|| HpaReason::Failed { metric });
                return None;
            };
            let target = target / unit;
            reasons.say(|| HpaReason::Pods { metric, target, ratio, tolerances, reporting, missing, advice });
            Some(advice)
        }
    }
}

struct Pods {
    total: f64,
    reporting: u32,
    missing: u32,
    target: f64,
    current: u32,
}

impl Pods {
    /// Ratio and proposal; `None` when no pod reports. Missing pods are taken to be at the target when the others are
    /// below it, and idle when the others are above it: they may weaken a change, never turn it round.
    fn propose(&self, tolerances: Tolerances) -> Option<(f64, u32)> {
        if self.reporting == 0 {
            return None;
        }
        let ratio = self.ratio(0.0, self.reporting);
        if self.missing == 0 {
            let advice = if lies_within(ratio, tolerances) {
                self.current
            } else {
                replicas((ratio * f64::from(self.reporting)).ceil())
            };
            return Some((ratio, advice));
        }
        let assumed = if ratio < 1.0 { self.target } else { 0.0 };
        let pods = self.reporting + self.missing;
        let weaker = if ratio == 1.0 { 1.0 } else { self.ratio(assumed * f64::from(self.missing), pods) };
        let turned = (ratio < 1.0 && weaker > 1.0) || (ratio > 1.0 && weaker < 1.0);
        if turned || lies_within(weaker, tolerances) {
            return Some((weaker, self.current));
        }
        let advice = replicas((weaker * f64::from(pods)).ceil());
        let contradicts = (weaker < 1.0 && advice > self.current) || (weaker > 1.0 && advice < self.current);
        Some((weaker, if contradicts { self.current } else { advice }))
    }

    fn ratio(&self, assumed: f64, pods: u32) -> f64 {
        ((self.total + assumed) / f64::from(pods)).trunc() / self.target
    }
}

/// Whether the band, both ends included, holds the ratio.
fn lies_within(ratio: f64, tolerances: Tolerances) -> bool {
    1.0 - tolerances.down <= ratio && ratio <= 1.0 + tolerances.up
}

/// A count of replicas, at most what Kubernetes can hold.
fn replicas(count: f64) -> u32 {
    count.clamp(0.0, f64::from(i32::MAX)) as u32
}
