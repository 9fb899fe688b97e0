//! What KEDA's operator and its metrics server did, in words.

use std::fmt::{self, Display, Formatter};

use super::super::reason::{Reason, Rule, show, show_seconds};
use crate::units::Seconds;

/// One line about a `ScaledObject`.
#[expect(missing_docs, reason = "fields are named as in the sentence that `Display` makes of them")]
#[derive(Clone, Debug, PartialEq)]
pub enum KedaReason {
    /// An annotation stops it.
    Paused { what: &'static str, current: u32 },
    /// Active, and awake already.
    StaysActive { current: u32 },
    /// Inactive, and the operator has nothing to do.
    StaysInactive { current: u32 },
    /// Woken.
    Activated { from: u32, to: u32 },
    /// A trigger cannot be read.
    ErrorHolds { current: u32 },
    /// Below the minimum.
    RaisedToMin { from: u32, min: u32 },
    /// Inactive, but not for long enough.
    CoolingDown { initial: bool, passed_s: Seconds, cooldown_s: Seconds, current: u32 },
    /// Inactive for long enough.
    Deactivated { from: u32, to: u32, cooldown_s: Seconds },
    /// A trigger that failed too often says what the fallback says.
    Fallback { metric: usize, failures: u32, threshold: u32, value: f64 },
    /// Several triggers became one number.
    Formula { text: String, value: f64 },
    /// The formula has no value.
    NoFormulaValue { text: String, why: String },
}

impl KedaReason {
    /// Whether this step kept the size below what may have been asked for.
    pub fn holds_growth(&self) -> bool {
        matches!(self, KedaReason::Paused { .. } | KedaReason::ErrorHolds { .. } | KedaReason::NoFormulaValue { .. })
    }

    /// The rule that held the size back, if this line is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            KedaReason::Paused { .. } => Some(Rule::Paused),
            KedaReason::ErrorHolds { .. } | KedaReason::Fallback { .. } | KedaReason::NoFormulaValue { .. } => {
                Some(Rule::MetricFailure)
            }
            KedaReason::CoolingDown { .. } => Some(Rule::CoolDown),
            KedaReason::RaisedToMin { .. } => Some(Rule::Bound),
            _ => None,
        }
    }
}

impl Display for KedaReason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            KedaReason::Paused { what, current } => write!(out, "{what} is paused by an annotation: {current} stay"),
            KedaReason::StaysActive { current } => write!(out, "active: {current} stay, the HPA decides the rest"),
            KedaReason::StaysInactive { current } => {
                write!(out, "not active: {current} stay, the operator has nothing to take away")
            }
            KedaReason::Activated { from, to } => write!(out, "active: {from} → {to} at once"),
            KedaReason::ErrorHolds { current } => {
                write!(out, "a trigger cannot be read and none is active: {current} stay")
            }
            KedaReason::RaisedToMin { from, min } => write!(out, "below the minimum: {from} → {min}"),
            KedaReason::CoolingDown { initial, passed_s, cooldown_s, current } => {
                let since = if *initial { "since its creation" } else { "since it was last active" };
                let (passed, cooldown) = (show_seconds(*passed_s), show_seconds(*cooldown_s));
                write!(out, "not active: {passed} of {cooldown} cool-down {since}: {current} stay")
            }
            KedaReason::Deactivated { from, to, cooldown_s } => {
                let cooldown = show_seconds(*cooldown_s);
                write!(out, "not active and the cool-down of {cooldown} is over: {from} → {to} in one go, past the HPA")
            }
            KedaReason::Fallback { metric, failures, threshold, value } => {
                let (number, value) = (metric + 1, show(*value));
                write!(
                    out,
                    "metric {number}: {failures} failures in a row, more than {threshold}: fallback says {value}"
                )
            }
            KedaReason::Formula { text, value } => write!(out, "scaling modifiers: {text} = {}", show(*value)),
            KedaReason::NoFormulaValue { text, why } => write!(out, "scaling modifiers: {text} has no value: {why}"),
        }
    }
}

impl From<KedaReason> for Reason {
    fn from(reason: KedaReason) -> Self {
        Reason::Keda(reason)
    }
}
