//! The steps of one HPA sync, in words. Not here: the steps themselves.

use std::fmt::{self, Display, Formatter};

use super::super::reason::{Rule, show, show_seconds};
use super::Scale;
use crate::model::scaling::{Policy, PolicyAmount, SelectPolicy, Tolerances};
use crate::units::Seconds;

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More replicas.
    Up,
    /// Fewer replicas.
    Down,
}

/// `minReplicas` or `maxReplicas`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Never fewer.
    Min,
    /// Never more.
    Max,
}

/// One step of a sync, with its numbers.
#[expect(missing_docs, reason = "fields are named as in the sentence that `Display` makes of them")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HpaReason {
    /// A controller that sees an HPA for the first time notes the present size as advice.
    FirstSync { replicas: u32 },
    /// Somebody else brought the target to zero.
    HeldAtZero,
    /// The size is beyond `max`: metrics, windows and policies are skipped.
    AboveMax { current: u32, max: u32 },
    /// The size is below `min`: metrics, windows and policies are skipped.
    BelowMin { current: u32, min: u32 },
    /// Proposal of an `AverageValue` metric.
    Average {
        metric: usize,
        total: f64,
        target: f64,
        ratio: f64,
        tolerances: Tolerances,
        within: bool,
        scale: Scale,
        advice: u32,
    },
    /// Proposal of a `Value` metric.
    Value {
        metric: usize,
        total: f64,
        target: f64,
        ratio: f64,
        tolerances: Tolerances,
        within: bool,
        scale: Scale,
        advice: u32,
    },
    /// Proposal of a `Pods` metric.
    Pods { metric: usize, target: f64, ratio: f64, tolerances: Tolerances, reporting: u32, missing: u32, advice: u32 },
    /// The advice was given, not computed.
    Given { replicas: u32 },
    /// A metric cannot be read.
    Failed { metric: usize },
    /// The highest of several proposals.
    Highest { replicas: u32 },
    /// Failed metrics forbid a conclusion.
    FailureHolds { failed: usize, metrics: usize, advice: Option<u32>, current: u32 },
    /// With `behavior`: recent advice keeps the size.
    WindowHolds { direction: Direction, window_s: Seconds, advice: u32, size: u32 },
    /// Without `behavior`: the highest recent advice counts instead of the present one.
    Remembered { window_s: Seconds, advice: u32, remembered: u32 },
    /// What one policy allows.
    PolicyAllows { direction: Direction, policy: Policy, start: i64, limit: i64 },
    /// The policies of a direction limit the change.
    PolicyHolds { direction: Direction, select: SelectPolicy, limit: u32, instead_of: u32 },
    /// Without `behavior`: the built-in limit on growth.
    GrowthHolds { current: u32, limit: u32, instead_of: u32 },
    /// `min` or `max` limits the change.
    BoundHolds { bound: Bound, limit: u32, instead_of: u32 },
    /// What came of it.
    Result { from: u32, to: u32 },
}

impl HpaReason {
    /// The rule that held the size back, if this step is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            HpaReason::HeldAtZero | HpaReason::PolicyHolds { select: SelectPolicy::Disabled, .. } => {
                Some(Rule::Disabled)
            }
            HpaReason::AboveMax { .. } | HpaReason::BelowMin { .. } | HpaReason::BoundHolds { .. } => Some(Rule::Bound),
            HpaReason::Average { within: true, .. } | HpaReason::Value { within: true, .. } => Some(Rule::Tolerance),
            HpaReason::Pods { ratio, tolerances, .. } => {
                let within = 1.0 - tolerances.down <= *ratio && *ratio <= 1.0 + tolerances.up;
                within.then_some(Rule::Tolerance)
            }
            HpaReason::FailureHolds { .. } => Some(Rule::MetricFailure),
            HpaReason::WindowHolds { .. } | HpaReason::Remembered { .. } => Some(Rule::Window),
            HpaReason::PolicyHolds { .. } => Some(Rule::Policy),
            HpaReason::GrowthHolds { .. } => Some(Rule::GrowthLimit),
            _ => None,
        }
    }

    /// The size that this step proposes, if it is a proposal.
    pub fn proposal(&self) -> Option<u32> {
        match self {
            HpaReason::Average { advice, .. } | HpaReason::Value { advice, .. } | HpaReason::Pods { advice, .. } => {
                Some(*advice)
            }
            HpaReason::Given { replicas } => Some(*replicas),
            _ => None,
        }
    }

    /// The `reason` that Kubernetes writes into the HPA's condition `ScalingLimited` or `ScalingActive` for it.
    pub fn condition(&self) -> Option<&'static str> {
        Some(match self {
            HpaReason::HeldAtZero => "ScalingDisabled",
            HpaReason::AboveMax { .. } => "AboveMax",
            HpaReason::BelowMin { .. } => "BelowMin",
            HpaReason::PolicyHolds { direction: Direction::Up, .. } | HpaReason::GrowthHolds { .. } => "ScaleUpLimit",
            HpaReason::PolicyHolds { direction: Direction::Down, .. } => "ScaleDownLimit",
            HpaReason::BoundHolds { bound: Bound::Max, .. } => "TooManyReplicas",
            HpaReason::BoundHolds { bound: Bound::Min, .. } => "TooFewReplicas",
            _ => return None,
        })
    }
}

impl Display for HpaReason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            HpaReason::FirstSync { replicas } => {
                write!(out, "first sync: the present size {replicas} is noted as advice")
            }
            HpaReason::HeldAtZero => {
                out.write_str("somebody else brought the size to 0: the HPA does nothing (ScalingDisabled)")
            }
            HpaReason::AboveMax { current, max } => {
                write!(out, "{current} is above max {max}: set to {max} without reading any metric")
            }
            HpaReason::BelowMin { current, min } => {
                write!(out, "{current} is below min {min}: set to {min} without reading any metric")
            }
            HpaReason::Average { .. } | HpaReason::Value { .. } | HpaReason::Pods { .. } => self.write_proposal(out),
            HpaReason::Given { replicas } => write!(out, "advice given: {replicas}"),
            HpaReason::Failed { metric } => write!(out, "metric {}: cannot be read", metric + 1),
            HpaReason::Highest { replicas } => write!(out, "the highest proposal counts: {replicas}"),
            HpaReason::FailureHolds { .. } => self.write_failure(out),
            HpaReason::WindowHolds { direction, window_s, advice, size } => {
                let (way, extreme) = match direction {
                    Direction::Up => ("up", "lowest"),
                    Direction::Down => ("down", "highest"),
                };
                let window = show_seconds(*window_s);
                write!(out, "{way} window {window}: the {extreme} recent advice keeps {size} instead of {advice}")
            }
            HpaReason::Remembered { window_s, advice, remembered } => {
                let window = show_seconds(*window_s);
                write!(out, "down window {window}: advice of {remembered} is remembered and counts instead of {advice}")
            }
            HpaReason::PolicyAllows { .. } | HpaReason::PolicyHolds { .. } => self.write_policy(out),
            HpaReason::GrowthHolds { current, limit, instead_of } => {
                write!(out, "growth limit without behavior: max(2 × {current}, 4) = {limit} instead of {instead_of}")
            }
            HpaReason::BoundHolds { bound, limit, instead_of } => {
                let name = if *bound == Bound::Min { "min" } else { "max" };
                write!(out, "{name} {limit} instead of {instead_of}")
            }
            HpaReason::Result { from, to } if from == to => write!(out, "{to} stay"),
            HpaReason::Result { from, to } => write!(out, "{from} → {to}"),
        }
    }
}

impl HpaReason {
    fn write_proposal(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            HpaReason::Average { metric, total, target, ratio, tolerances, within, scale, advice } => {
                let (total, target) = (show(*total), show(*target));
                let per =
                    format_args!("{total} / ({target} × {} running) = {}", scale.running, show(*ratio)).to_string();
                write!(out, "metric {}: {per}, {}", metric + 1, band(*tolerances, *within))?;
                if *within {
                    write!(out, ": {advice} stay")
                } else {
                    write!(out, ": ⌈{total} / {target}⌉ = {advice}")
                }
            }
            HpaReason::Value { metric, total, target, ratio, tolerances, within, scale, advice } => {
                let (total, target, ratio) = (show(*total), show(*target), show(*ratio));
                write!(out, "metric {}: {total} / {target} = {ratio}", metric + 1)?;
                match (scale.wanted, within) {
                    (0, _) => write!(out, ", from 0 without tolerance: ⌈{ratio}⌉ = {advice}"),
                    (_, true) => write!(out, ", {}: {advice} stay", band(*tolerances, true)),
                    _ => {
                        let ready = scale.ready;
                        write!(out, ", {}: ⌈{ratio} × {ready} ready⌉ = {advice}", band(*tolerances, false))
                    }
                }
            }
            HpaReason::Pods { metric, target, ratio, tolerances, reporting, missing, advice } => {
                let within = self.rule().is_some();
                let (mean, target, ratio) = (show(ratio * target), show(*target), show(*ratio));
                write!(out, "metric {}: mean {mean} / {target} = {ratio} over {reporting} pods", metric + 1)?;
                if *missing > 0 {
                    write!(out, " and {missing} that do not report")?;
                }
                write!(out, ", {}: {advice}", band(*tolerances, within))
            }
            _ => Ok(()),
        }
    }

    fn write_failure(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let HpaReason::FailureHolds { failed, metrics, advice, current } = self else { return Ok(()) };
        match advice {
            None => write!(out, "no metric can be read: {current} stay"),
            Some(advice) => {
                write!(out, "{failed} of {metrics} metrics cannot be read, so {advice} is not trusted: {current} stay")
            }
        }
    }

    fn write_policy(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            HpaReason::PolicyAllows { direction, policy, start, limit } => {
                let amount = match policy.amount {
                    PolicyAmount::Pods(pods) => format!("{pods} pods"),
                    PolicyAmount::Percent(percent) => format!("{percent} %"),
                };
                let (sign, most) = if *direction == Direction::Up { ('+', "most") } else { ('−', "least") };
                let period = show_seconds(policy.period_s);
                write!(out, "policy {sign}{amount} per {period}: {start} at the start of the period, at {most} {limit}")
            }
            HpaReason::PolicyHolds { direction, select: SelectPolicy::Disabled, limit, instead_of } => {
                let way = if *direction == Direction::Up { "scaleUp" } else { "scaleDown" };
                write!(out, "{way} is disabled: {limit} instead of {instead_of}")
            }
            HpaReason::PolicyHolds { direction, select, limit, instead_of } => {
                let way = if *direction == Direction::Up { "scaleUp" } else { "scaleDown" };
                write!(out, "{way} policies (select {select:?}) allow {limit} instead of {instead_of}")
            }
            _ => Ok(()),
        }
    }
}

fn band(tolerances: Tolerances, within: bool) -> String {
    let (from, until) = (show(1.0 - tolerances.down), show(1.0 + tolerances.up));
    format!("{} {from} to {until}", if within { "within" } else { "outside" })
}
