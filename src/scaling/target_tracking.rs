//! AWS target tracking, as far as it is documented; the rest is the approximation that its settings name.

use super::Observation;
use super::plain::{PlainReason, blind, bounded, signal_of};
use super::reason::{Reasons, Rule, show, show_seconds};
use crate::model::scaling::TargetTracking;
use crate::units::Seconds;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TrackingState {
    high_periods: u32,
    low_periods: u32,
    out_rest_until_s: Seconds,
    in_rest_until_s: Seconds,
}

impl TrackingState {
    pub fn decide(&mut self, settings: &TargetTracking, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let Some(value) = signal_of(sight, settings.signal, settings.per_replica, seen.ready, reasons) else {
            return seen.wanted;
        };
        let low = settings.target * (1.0 - settings.in_margin);
        self.high_periods = if value > settings.target { self.high_periods.saturating_add(1) } else { 0 };
        self.low_periods = if value < low { self.low_periods.saturating_add(1) } else { 0 };
        if self.high_periods > 0 {
            return self.outward(settings, value, seen, reasons);
        }
        if self.low_periods > 0 {
            return self.inward(settings, value, seen, reasons);
        }
        let (target, low) = (show(settings.target), show(low));
        reasons.say(|| PlainReason::held(Rule::Tolerance, format!("between {low} and the target {target}: no alarm")));
        seen.wanted
    }

    /// Proportional, rounded up. What warms up is not in the metric but counts as added.
    fn outward(&mut self, settings: &TargetTracking, value: f64, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        if !lasts(self.high_periods, settings.out_periods, "above the target", reasons) {
            return seen.wanted;
        }
        let in_metric = seen.ready;
        let advice = (f64::from(in_metric) * value / settings.target).ceil();
        reasons.say(|| {
            let (value, target, advice) = (show(value), show(settings.target), show(advice));
            PlainReason::computed(format!("⌈{in_metric} in service × {value} / {target}⌉ = {advice}"))
        });
        let size = bounded(settings.bounds, advice, reasons);
        if size <= seen.wanted {
            return seen.wanted;
        }
        self.out_rest_until_s = seen.now_s + settings.out_cooldown_s;
        self.in_rest_until_s = 0.0;
        size
    }

    /// Fewer removed than computed, and only when everything has come to rest.
    fn inward(&mut self, settings: &TargetTracking, value: f64, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let current = seen.wanted;
        if settings.disable_scale_in {
            reasons.say(|| PlainReason::held(Rule::Disabled, format!("scaling in is disabled: {current} stay")));
            return current;
        }
        if !lasts(self.low_periods, settings.in_periods, "well below the target", reasons) {
            return current;
        }
        let until_s = self.out_rest_until_s.max(self.in_rest_until_s);
        if seen.now_s < until_s {
            let until = show_seconds(until_s);
            reasons.say(|| PlainReason::held(Rule::CoolDown, format!("cool-down until {until}: {current} stay")));
            return current;
        }
        if seen.ready < seen.running {
            let line = format!("{} of {} replicas warm up: {current} stay", seen.running - seen.ready, seen.running);
            reasons.say(|| PlainReason::held(Rule::CoolDown, line));
            return current;
        }
        let advice = (f64::from(current) * value / settings.target).ceil();
        reasons.say(|| {
            let (value, target, advice) = (show(value), show(settings.target), show(advice));
            PlainReason::computed(format!("⌈{current} × {value} / {target}⌉ = {advice}, rounded so that fewer leave"))
        });
        let size = bounded(settings.bounds, advice, reasons).min(current);
        if size < current {
            self.in_rest_until_s = seen.now_s + settings.in_cooldown_s;
        }
        size
    }
}

fn lasts(periods: u32, needed: u32, what: &str, reasons: &mut Reasons) -> bool {
    if periods < needed {
        reasons.say(|| PlainReason::held(Rule::Evaluation, format!("{what} for {periods} of {needed} periods")));
    }
    periods >= needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::Bounds;
    use crate::scaling::Sight;

    fn settings() -> TargetTracking {
        TargetTracking::backlog_per_instance(Bounds { min: 1, max: 100 }, 100.0)
    }

    fn run(settings: &TargetTracking, mut size: u32, messages: impl Fn(u32) -> f64, minutes: u32) -> Vec<(u32, u32)> {
        let mut state = TrackingState::default();
        let mut changes = Vec::new();
        for minute in 1..=minutes {
            let sight = Some(Sight { ready: messages(minute), ..Sight::default() });
            let now_s = f64::from(minute) * 60.0;
            let seen = Observation { now_s, wanted: size, running: size, ready: size, sight, explain: false };
            let decided = state.decide(settings, &seen, &mut Reasons::skipped());
            if decided != size {
                changes.push((minute, decided));
                size = decided;
            }
        }
        changes
    }

    #[test]
    fn the_guides_example_goes_out_by_five_to_fifteen() {
        assert_eq!(run(&settings(), 10, |_| 1500.0, 4), [(3, 15)]);
    }

    #[test]
    fn scaling_in_waits_for_fifteen_periods_and_then_rounds_up() {
        assert_eq!(run(&settings(), 10, |_| 625.0, 20), [(15, 7)]);
        assert_eq!(run(&settings(), 10, |_| 910.0, 60), [], "less than ten per cent below the target");
    }

    #[test]
    fn scaling_in_rests_after_each_step() {
        let changes = run(&settings(), 16, |minute| if minute < 20 { 800.0 } else { 100.0 }, 60);
        assert_eq!(changes, [(15, 8), (34, 1)], "the alarm has to clear first: 8 at 100 per instance");
    }

    #[test]
    fn no_data_is_no_action() {
        let mut state = TrackingState::default();
        let seen = Observation { now_s: 0.0, wanted: 4, running: 4, ready: 4, sight: None, explain: false };
        assert_eq!(state.decide(&settings(), &seen, &mut Reasons::skipped()), 4);
        let sight = Some(Sight { ready: 1e6, ..Sight::default() });
        let nobody = Observation { wanted: 0, running: 0, ready: 0, sight, ..seen };
        assert_eq!(state.decide(&settings(), &nobody, &mut Reasons::skipped()), 0);
    }

    #[test]
    fn nothing_leaves_while_something_warms_up() {
        let mut state = TrackingState { low_periods: 99, ..TrackingState::default() };
        let sight = Some(Sight { ready: 10.0, ..Sight::default() });
        let seen = Observation { now_s: 0.0, wanted: 4, running: 4, ready: 3, sight, explain: true };
        let mut reasons = Reasons::kept();
        assert_eq!(state.decide(&settings(), &seen, &mut reasons), 4);
        assert_eq!(reasons.into_list().last().and_then(super::super::Reason::rule), Some(Rule::CoolDown));
    }
}
