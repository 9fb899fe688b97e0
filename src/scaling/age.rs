//! On the age of the oldest message: proportional upwards, one by one downwards.

use super::Observation;
use super::plain::{PlainReason, blind, bounded};
use super::reason::{Reasons, Rule, show, show_seconds};
use crate::model::scaling::AgeScaling;
use crate::units::Seconds;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct AgeState {
    low_since_s: Option<Seconds>,
}

impl AgeState {
    pub fn decide(&mut self, settings: &AgeScaling, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let current = seen.wanted;
        let ratio = sight.oldest_age_s / settings.target_s;
        reasons.say(|| {
            let (age, target) = (show_seconds(sight.oldest_age_s), show_seconds(settings.target_s));
            PlainReason::computed(format!("oldest message {age} / {target} = {}", show(ratio)))
        });
        if ratio >= settings.low {
            self.low_since_s = None;
        }
        if ratio > 1.0 + settings.tolerance {
            let proportional = (f64::from(current.max(1)) * ratio).ceil();
            let most = (f64::from(current.max(1)) * settings.growth).ceil();
            if proportional > most {
                let line =
                    || format!("growth at most {} times: {most} instead of {proportional}", show(settings.growth));
                reasons.say(|| PlainReason::held(Rule::GrowthLimit, line()));
            }
            return bounded(settings.bounds, proportional.min(most), reasons);
        }
        if ratio < settings.low {
            return self.shrink(settings, seen, reasons);
        }
        reasons.say(|| PlainReason::held(Rule::Tolerance, format!("near enough to the target: {current} stay")));
        bounded(settings.bounds, f64::from(current), reasons)
    }

    fn shrink(&mut self, settings: &AgeScaling, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let since_s = *self.low_since_s.get_or_insert(seen.now_s);
        let passed_s = seen.now_s - since_s;
        if passed_s < settings.down_after_s {
            let (passed, needed) = (show_seconds(passed_s), show_seconds(settings.down_after_s));
            reasons.say(|| PlainReason::held(Rule::CoolDown, format!("low for {passed} of {needed}")));
            return bounded(settings.bounds, f64::from(seen.wanted), reasons);
        }
        self.low_since_s = Some(seen.now_s);
        reasons.say(|| PlainReason::computed(format!("low for long enough: {} − 1", seen.wanted)));
        bounded(settings.bounds, f64::from(seen.wanted) - 1.0, reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::Bounds;
    use crate::scaling::Sight;

    fn run(ages: &[f64]) -> Vec<u32> {
        let settings = AgeScaling {
            bounds: Bounds { min: 1, max: 20 },
            period_s: 30.0,
            target_s: 10.0,
            tolerance: 0.1,
            growth: 2.0,
            low: 0.5,
            down_after_s: 60.0,
        };
        let mut state = AgeState::default();
        let (mut size, mut now_s) = (4, 0.0);
        let decide = |oldest_age_s: &f64| {
            let sight = Some(Sight { oldest_age_s: *oldest_age_s, ..Sight::default() });
            let seen = Observation { now_s, wanted: size, running: size, ready: size, sight, explain: false };
            size = state.decide(&settings, &seen, &mut Reasons::skipped());
            now_s += 30.0;
            size
        };
        ages.iter().map(decide).collect()
    }

    #[test]
    fn growth_is_proportional_and_limited() {
        assert_eq!(run(&[15.0, 11.0, 100.0, 100.0]), [6, 6, 12, 20]);
    }

    #[test]
    fn replicas_leave_one_by_one_after_a_while() {
        assert_eq!(run(&[0.0; 8]), [4, 4, 3, 3, 2, 2, 1, 1]);
        assert_eq!(run(&[0.0, 0.0, 6.0, 0.0, 0.0, 0.0]), [4, 4, 4, 4, 4, 3]);
    }
}
