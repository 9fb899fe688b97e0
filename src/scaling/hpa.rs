//! The Kubernetes HPA controller: one sync from the scale and the metrics to the wanted replicas.
//!
//! The order of one sync, the proposal of each kind of metric and both ways of limiting a change follow
//! `pkg/controller/podautoscaler/horizontal.go` and `replica_calculator.go` of Kubernetes 1.34, arithmetic in `f64`
//! included. Resource metrics (CPU, memory) are not modelled: queues are scaled on external metrics.

mod limits;
mod proposal;
mod reason;

#[cfg(test)]
mod tests;

pub use proposal::{Reading, Sample};
pub use reason::{Bound, Direction, HpaReason};

use limits::Limited;
use proposal::Proposed;

use super::log::Log;
use super::reason::Reasons;
use crate::model::scaling::{Hpa, HpaRules, Policy};
use crate::units::Seconds;

use super::{Observation, Reason};

/// The scale of a target as the HPA reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Now.
    pub now_s: Seconds,
    /// `spec.replicas`.
    pub wanted: u32,
    /// `status.replicas`.
    pub running: u32,
    /// Pods that are ready.
    pub ready: u32,
}

impl From<&Observation<'_>> for Scale {
    fn from(seen: &Observation<'_>) -> Self {
        Self { now_s: seen.now_s, wanted: seen.wanted, running: seen.running, ready: seen.ready }
    }
}

/// What a controller remembers about one HPA; a restart empties it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HpaState {
    known: bool,
    brought_to_zero: bool,
    advice: Log,
    ups: Log,
    downs: Log,
}

impl HpaState {
    /// A controller that has known the HPA for a while: the present size is not noted as advice at its next sync.
    pub fn known() -> Self {
        Self { known: true, ..Self::default() }
    }

    /// Remembers that this HPA itself brought its target to zero.
    pub fn remember_zero(&mut self) {
        self.brought_to_zero = true;
    }

    /// Remembers the unlimited advice of an earlier sync.
    pub fn remember_advice(&mut self, at_s: Seconds, replicas: u32) {
        self.advice.note(at_s, replicas, f64::INFINITY);
    }

    /// Remembers an earlier change of size by this many replicas.
    pub fn remember_change(&mut self, at_s: Seconds, direction: Direction, replicas: u32) {
        let log = match direction {
            Direction::Up => &mut self.ups,
            Direction::Down => &mut self.downs,
        };
        log.note(at_s, replicas, f64::INFINITY);
    }

    /// One sync: the replicas that the HPA wants now. `sample` reads one of `metrics` metrics.
    pub fn sync(
        &mut self,
        rules: &HpaRules,
        scale: &Scale,
        metrics: usize,
        sample: impl FnMut(usize) -> Sample,
        reasons: &mut Reasons,
    ) -> u32 {
        if !self.known {
            self.known = true;
            self.advice.note(scale.now_s, scale.wanted, f64::INFINITY);
            reasons.say(|| HpaReason::FirstSync { replicas: scale.wanted });
        }
        let current = scale.wanted;
        if current == 0 && !self.brought_to_zero {
            reasons.say(|| HpaReason::HeldAtZero);
            return 0;
        }
        let result = if current > rules.max {
            reasons.say(|| HpaReason::AboveMax { current, max: rules.max });
            rules.max
        } else if current < rules.min {
            reasons.say(|| HpaReason::BelowMin { current, min: rules.min });
            rules.min
        } else {
            match proposal::highest(rules, scale, metrics, sample, reasons) {
                Proposed::Advice(advice) => self.limit(rules, scale, advice, reasons),
                Proposed::Unknown => current,
            }
        };
        self.conclude(rules, scale, result);
        reasons.say(|| HpaReason::Result { from: current, to: result });
        result
    }

    /// Applies windows, policies and bounds to the raw advice, and notes the advice.
    fn limit(&mut self, rules: &HpaRules, scale: &Scale, advice: u32, reasons: &mut Reasons) -> u32 {
        let limited = Limited { rules, now_s: scale.now_s, current: scale.wanted, advice, memory: self };
        let result = match &rules.behavior {
            Some(behavior) => limited.with_behavior(behavior, reasons),
            None => limited.without_behavior(reasons),
        };
        let keep_s = rules.down_window_s().max(rules.up_window_s());
        self.advice.note_extreme(scale.now_s, advice, keep_s);
        result
    }

    /// Notes what has been decided.
    fn conclude(&mut self, rules: &HpaRules, scale: &Scale, result: u32) {
        self.brought_to_zero = result == 0;
        let Some(behavior) = &rules.behavior else { return };
        let periods_s =
            behavior.up.policies.iter().chain(&behavior.down.policies).map(|policy: &Policy| policy.period_s);
        let keep_s = periods_s.fold(0.0, f64::max);
        if result > scale.wanted {
            self.ups.note(scale.now_s, result - scale.wanted, keep_s);
        }
        if result < scale.wanted {
            self.downs.note(scale.now_s, scale.wanted - result, keep_s);
        }
    }

    /// One sync on what is seen of a queue.
    pub(super) fn decide(&mut self, hpa: &Hpa, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let scale = Scale::from(seen);
        let sample = |position: usize| {
            let metric = &hpa.metrics[position];
            Sample::in_thousandths(metric.target, seen.sight.as_ref().map(|sight| sight.read(metric.signal)), &scale)
        };
        self.sync(&hpa.rules, &scale, hpa.metrics.len(), sample, reasons)
    }
}

impl From<HpaReason> for Reason {
    fn from(reason: HpaReason) -> Self {
        Reason::Hpa(reason)
    }
}
