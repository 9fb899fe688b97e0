//! What strategies outside Kubernetes saw and computed, in words.

use std::fmt::{self, Display, Formatter};

use super::reason::{Reason, Reasons, Rule, show};
use super::{Observation, Sight};
use crate::model::scaling::{Bounds, Signal};

/// One line about a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum PlainReason {
    /// What was seen or computed: a line of arithmetic.
    Computed {
        /// The line.
        line: String,
    },
    /// A rule that kept the size.
    Held {
        /// Which.
        rule: Rule,
        /// The line.
        line: String,
    },
    /// The smallest or largest size instead of the advice.
    Bounded {
        /// The bound.
        size: u32,
        /// What was advised.
        advice: u32,
    },
    /// What came of it.
    Result {
        /// Before.
        from: u32,
        /// After.
        to: u32,
    },
}

impl PlainReason {
    /// A line of arithmetic.
    pub fn computed(line: impl Into<String>) -> Self {
        Self::Computed { line: line.into() }
    }

    /// A rule that kept the size.
    pub fn held(rule: Rule, line: impl Into<String>) -> Self {
        Self::Held { rule, line: line.into() }
    }

    /// The rule that held the size back, if this line is one.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            PlainReason::Held { rule, .. } => Some(*rule),
            PlainReason::Bounded { .. } => Some(Rule::Bound),
            PlainReason::Computed { .. } | PlainReason::Result { .. } => None,
        }
    }
}

impl Display for PlainReason {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PlainReason::Computed { line } | PlainReason::Held { line, .. } => out.write_str(line),
            PlainReason::Bounded { size, advice } => {
                write!(out, "{} {size} instead of {advice}", if size > advice { "min" } else { "max" })
            }
            PlainReason::Result { from, to } if from == to => write!(out, "{to} stay"),
            PlainReason::Result { from, to } => write!(out, "{from} → {to}"),
        }
    }
}

impl From<PlainReason> for Reason {
    fn from(reason: PlainReason) -> Self {
        Reason::Plain(reason)
    }
}

/// Advice within the bounds, with the line that says so.
pub(super) fn bounded(bounds: Bounds, advice: f64, reasons: &mut Reasons) -> u32 {
    let whole = advice.clamp(0.0, f64::from(u32::MAX)) as u32;
    let size = whole.max(bounds.min).min(bounds.max);
    if size != whole {
        reasons.say(|| PlainReason::Bounded { size, advice: whole });
    }
    size
}

/// What a strategy does that sees nothing: it keeps the size.
pub(super) fn blind(seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
    let wanted = seen.wanted;
    reasons.say(|| PlainReason::held(Rule::MetricFailure, format!("the queue cannot be read: {wanted} stay")));
    wanted
}

/// A signal, shared out among the ready replicas if asked for; `None` without any of them.
pub(super) fn signal_of(
    sight: &Sight<'_>,
    signal: Signal,
    per_replica: bool,
    ready: u32,
    reasons: &mut Reasons,
) -> Option<f64> {
    let total = sight.read(signal);
    if !per_replica {
        reasons.say(|| PlainReason::computed(format!("{} is {}", signal.name(), show(total))));
        return Some(total);
    }
    if ready == 0 {
        reasons.say(|| PlainReason::held(Rule::MetricFailure, "no replica is ready: there is no metric per replica"));
        return None;
    }
    let value = total / f64::from(ready);
    reasons.say(|| {
        PlainReason::computed(format!("{} is {} / {ready} ready = {}", signal.name(), show(total), show(value)))
    });
    Some(value)
}
