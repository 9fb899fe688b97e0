//! Why a decision came out as it did: the arithmetic line by line, and which rule held it back.
//!
//! Reasons are data with a `Display`; they are collected only when asked for, so that a silent scaler allocates
//! nothing. Not here: the words of each strategy (beside the strategy).

use std::fmt::{self, Display, Formatter};

use super::hpa::HpaReason;
use super::jobs::JobReason;
use super::keda::KedaReason;
use super::plain::PlainReason;
use super::trigger::TriggerReason;
use crate::units::Seconds;

/// One line of the explanation of a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Of a Kubernetes HPA.
    Hpa(HpaReason),
    /// Of a KEDA trigger.
    Trigger(TriggerReason),
    /// Of KEDA's operator.
    Keda(KedaReason),
    /// Of a KEDA `ScaledJob`.
    Job(JobReason),
    /// Of every other strategy.
    Plain(PlainReason),
}

impl Reason {
    /// The rule that held the size back, if this line is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Reason::Hpa(reason) => reason.rule(),
            Reason::Trigger(reason) => reason.rule(),
            Reason::Keda(reason) => reason.rule(),
            Reason::Job(reason) => reason.rule(),
            Reason::Plain(reason) => reason.rule(),
        }
    }
}

impl Reason {
    /// The size that the arithmetic asked for, before rules held it back, if this line is about that.
    pub fn proposal(&self) -> Option<u32> {
        match self {
            Reason::Hpa(reason) => reason.proposal(),
            Reason::Plain(PlainReason::Bounded { advice, .. }) => Some(*advice),
            _ => None,
        }
    }
}

impl Display for Reason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Hpa(reason) => reason.fmt(out),
            Reason::Trigger(reason) => reason.fmt(out),
            Reason::Keda(reason) => reason.fmt(out),
            Reason::Job(reason) => reason.fmt(out),
            Reason::Plain(reason) => reason.fmt(out),
        }
    }
}

/// What keeps a size from becoming what the arithmetic says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The dead zone around the target.
    Tolerance,
    /// Recent advice.
    Window,
    /// A policy on the speed of change.
    Policy,
    /// The built-in limit on growth.
    GrowthLimit,
    /// The smallest or largest size.
    Bound,
    /// A rest after a change or after activity.
    CoolDown,
    /// No more consumers than partitions.
    PartitionCap,
    /// A metric that cannot be read.
    MetricFailure,
    /// Somebody paused it.
    Paused,
    /// The direction or the whole scaler is switched off.
    Disabled,
    /// The condition has not lasted long enough.
    Evaluation,
}

impl Rule {
    /// What the rule is called in `decisions.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Tolerance => "tolerance",
            Rule::Window => "window",
            Rule::Policy => "policy",
            Rule::GrowthLimit => "growth-limit",
            Rule::Bound => "bound",
            Rule::CoolDown => "cool-down",
            Rule::PartitionCap => "partition-cap",
            Rule::MetricFailure => "metric-failure",
            Rule::Paused => "paused",
            Rule::Disabled => "disabled",
            Rule::Evaluation => "evaluation",
        }
    }
}

/// Collects reasons, or does not.
#[derive(Clone, Debug)]
pub struct Reasons {
    list: Option<Vec<Reason>>,
}

impl Reasons {
    /// Collects.
    pub fn kept() -> Self {
        Self { list: Some(Vec::new()) }
    }

    /// Forgets everything, for nothing.
    pub fn skipped() -> Self {
        Self { list: None }
    }

    /// Adds a reason; it is not even made when reasons are skipped.
    pub fn say<R: Into<Reason>>(&mut self, reason: impl FnOnce() -> R) {
        if let Some(list) = &mut self.list {
            list.push(reason().into());
        }
    }

    /// An empty collection that collects if this one does.
    pub(super) fn alike(&self) -> Self {
        Self { list: self.list.as_ref().map(|_| Vec::new()) }
    }

    /// Adds what another one collected.
    pub(super) fn append(&mut self, other: Self) {
        if let (Some(list), Some(more)) = (&mut self.list, other.list) {
            list.extend(more);
        }
    }

    /// What was collected, in the order of the arithmetic.
    pub fn into_list(self) -> Vec<Reason> {
        self.list.unwrap_or_default()
    }
}

/// A number without noise: at most six significant digits after the point, none that say nothing.
pub(super) fn show(number: f64) -> String {
    if !number.is_finite() {
        return if number > 0.0 { "∞".to_owned() } else { "no number".to_owned() };
    }
    let digits = if number.abs() >= 1000.0 { 3 } else { 6 };
    let text = format!("{number:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Seconds with their unit.
pub(super) fn show_seconds(seconds: Seconds) -> String {
    format!("{} s", show(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_without_noise() {
        assert_eq!(show(110.000_000_000_000_01), "110");
        assert_eq!(show(1.025), "1.025");
        assert_eq!(show(-0.0), "0");
        assert_eq!(show(1e6), "1000000");
        assert_eq!(show(f64::INFINITY), "∞");
        assert_eq!(show(f64::NAN), "no number");
    }

    #[test]
    fn skipped_reasons_are_not_made() {
        let mut reasons = Reasons::skipped();
        reasons.say(|| -> Reason { unreachable!("nobody asked") });
        assert!(reasons.into_list().is_empty());
    }
}
