//! KEDA's `ScaledObject`: the operator's poll, the metrics that it serves, and the HPA that it creates.
//!
//! Two clocks: the operator polls every 30 s and decides between zero and something, the HPA syncs every 15 s and
//! decides the rest on values that are read anew. When both fall on one instant, the poll comes first.

mod fallback;
mod operator;
mod reason;

#[cfg(test)]
mod tests;

pub use fallback::fallback_metric;
pub use operator::{OperatorState, Poll};
pub use reason::KedaReason;

use jiff::Timestamp;

use super::Observation;
use super::clock::Ticks;
use super::hpa::{HpaState, Reading, Sample, Scale};
use super::reason::Reasons;
use super::trigger::{Measured, TriggerState};
use crate::model::scaling::{FallbackBehavior, HpaRules, MetricTarget, MetricType, Modifiers, ScaledObject};
use crate::units::Seconds;

/// Whether a metric makes its target active: above the activation value, not at it.
pub fn is_active(metric: f64, activation: f64) -> bool {
    metric > activation
}

/// The replicas that a metric asks for, whatever there are: ⌈metric / target⌉ in thousandths, as the HPA computes it.
pub fn average_value_replicas(metric: f64, target: f64) -> u32 {
    let thousandths = |value: f64| (value * 1000.0).round();
    (thousandths(metric) / thousandths(target)).ceil().clamp(0.0, f64::from(i32::MAX)) as u32
}

/// What KEDA and the HPA behind it remember.
#[derive(Clone, Debug, PartialEq)]
pub struct KedaState {
    operator: OperatorState,
    triggers: Vec<TriggerState>,
    rules: HpaRules,
    hpa: HpaState,
    polls: Ticks,
    syncs: Ticks,
}

impl KedaState {
    /// A scaled object that exists since t = 0; phases are shares of the two periods, in [0, 1).
    pub fn new(settings: &ScaledObject, poll_phase: f64, sync_phase: f64) -> Self {
        Self {
            operator: OperatorState { last_active_s: None, created_s: 0.0 },
            triggers: vec![TriggerState::default(); settings.triggers.len()],
            rules: settings.hpa_rules(),
            hpa: HpaState::default(),
            polls: Ticks::new(settings.operator.polling_interval_s, poll_phase),
            syncs: Ticks::new(settings.controller.sync_period_s, sync_phase),
        }
    }

    /// When the next poll or sync is due.
    pub fn next_s(&self) -> Seconds {
        self.polls.next_s().min(self.syncs.next_s())
    }

    /// The poll and the sync that are due: the wanted replicas.
    pub fn decide(
        &mut self,
        settings: &ScaledObject,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> u32 {
        let mut wanted = seen.wanted;
        if self.polls.take(seen.now_s) {
            wanted = self.poll(settings, seen, origin, reasons);
        }
        if self.syncs.take(seen.now_s) && !settings.operator.paused.all {
            wanted = self.sync(settings, &Observation { wanted, ..*seen }, origin, reasons);
        }
        wanted
    }

    fn poll(
        &mut self,
        settings: &ScaledObject,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> u32 {
        let (mut any_active, mut error) = (false, false);
        for (state, trigger) in self.triggers.iter_mut().zip(&settings.triggers) {
            state.cached = state.read(trigger, seen, origin, reasons);
            any_active |= state.cached.is_some_and(|measured| measured.active);
            error |= state.cached.is_none();
        }
        if let Some(modifiers) = &settings.modifiers {
            let value =
                composite(modifiers, |position| self.triggers[position].cached.map(Measured::reported), reasons);
            any_active = value.is_some_and(|value| is_active(value, modifiers.activation_target));
            error |= value.is_none();
        }
        let poll = Poll {
            now_s: seen.now_s,
            current: seen.wanted,
            active: any_active,
            error,
            fallback_replicas: settings.fallback.map(|fallback| fallback.replicas),
        };
        self.operator.poll(&settings.operator, &poll, reasons)
    }

    fn sync(
        &mut self,
        settings: &ScaledObject,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> u32 {
        let scale = Scale::from(seen);
        let metrics = if settings.modifiers.is_some() { 1 } else { settings.triggers.len() };
        let Self { triggers, hpa, rules, .. } = self;
        let mut asked = Asked { settings, seen, origin, triggers, reasons: reasons.alike() };
        let mut synced = reasons.alike();
        let result = hpa.sync(rules, &scale, metrics, |metric| asked.sample(metric, &scale), &mut synced);
        reasons.append(asked.reasons);
        reasons.append(synced);
        result
    }
}

/// The metrics server at one sync of the HPA.
struct Asked<'k> {
    settings: &'k ScaledObject,
    seen: &'k Observation<'k>,
    origin: Option<Timestamp>,
    triggers: &'k mut [TriggerState],
    reasons: Reasons,
}

impl Asked<'_> {
    fn sample(&mut self, metric: usize, scale: &Scale) -> Sample {
        let (target, metric_type, value) = if let Some(modifiers) = &self.settings.modifiers {
            (modifiers.target, modifiers.metric_type, self.modified(modifiers, scale))
        } else {
            let trigger = &self.settings.triggers[metric];
            let target = trigger.source.target();
            let read = self.read(metric).map(Measured::reported);
            let value = read.or_else(|| self.fallen_back(metric, target, trigger.metric_type, scale));
            (target, trigger.metric_type, value)
        };
        let target = match metric_type {
            MetricType::AverageValue => MetricTarget::AverageValue(target),
            MetricType::Value => MetricTarget::Value(target),
        };
        let sample = Sample::in_thousandths(target, value, scale);
        debug_assert!(!matches!(sample.reading, Reading::Pods { .. }), "triggers are external metrics");
        sample
    }

    /// Reads a trigger, or takes what the last poll saw, and counts failures.
    fn read(&mut self, position: usize) -> Option<Measured> {
        let (trigger, state) = (&self.settings.triggers[position], &mut self.triggers[position]);
        let measured = match state.cached {
            Some(cached) if trigger.use_cached_metrics => Some(cached),
            _ => state.read(trigger, self.seen, self.origin, &mut self.reasons),
        };
        state.failures = if measured.is_some() { 0 } else { state.failures.saturating_add(1) };
        measured
    }

    fn fallen_back(&mut self, metric: usize, target: f64, metric_type: MetricType, scale: &Scale) -> Option<f64> {
        let fallback = self.settings.fallback.as_ref()?;
        let failures = self.triggers[metric].failures;
        let value = fallback_metric(fallback, failures, target, metric_type, scale.wanted, scale.ready)?;
        let threshold = fallback.failure_threshold;
        self.reasons.say(|| KedaReason::Fallback { metric, failures, threshold, value });
        Some(value)
    }

    /// The value of the formula, cut to thousandths.
    fn modified(&mut self, modifiers: &Modifiers, scale: &Scale) -> Option<f64> {
        let mut worst = None;
        for position in 0..self.triggers.len() {
            self.triggers[position].cached = self.read(position);
            let failures = self.triggers[position].failures;
            if failures > 0 && worst.is_none_or(|(most, _)| failures > most) {
                worst = Some((failures, position));
            }
        }
        let threshold = self.settings.fallback.map(|fallback| fallback.failure_threshold);
        let by_formula = self.settings.fallback.is_some_and(|f| f.behavior == FallbackBehavior::ScalingModifiers);
        if let Some((failures, position)) = worst
            && !(by_formula && threshold.is_some_and(|threshold| failures > threshold))
        {
            return self.fallen_back(position, modifiers.target, modifiers.metric_type, scale);
        }
        let triggers = &*self.triggers;
        let value =
            composite(modifiers, |position| triggers[position].cached.map(Measured::reported), &mut self.reasons)?;
        let reported = Measured { value, active: true }.reported();
        Some((reported * 1000.0).trunc() / 1000.0)
    }
}

fn composite(modifiers: &Modifiers, values: impl Fn(usize) -> Option<f64>, reasons: &mut Reasons) -> Option<f64> {
    let text = || modifiers.formula.text().to_owned();
    match modifiers.formula.evaluate(values) {
        Ok(value) => {
            reasons.say(|| KedaReason::Formula { text: text(), value });
            Some(value)
        }
        Err(why) => {
            reasons.say(|| KedaReason::NoFormulaValue { text: text(), why: why.to_string() });
            None
        }
    }
}
