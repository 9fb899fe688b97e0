//! Feed-forward: enough replicas for what arrives now, and for the backlog within the time given.

use super::Observation;
use super::log::Log;
use super::plain::{PlainReason, blind, bounded};
use super::reason::{Reasons, Rule, show, show_seconds};
use crate::model::scaling::RateScaling;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RateState {
    advice: Log,
}

impl RateState {
    pub fn decide(&mut self, settings: &RateScaling, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let needed_per_s = sight.publish_per_s / settings.utilization + sight.ready / settings.drain_s;
        let advice = (needed_per_s / settings.per_replica_per_s).ceil();
        reasons.say(|| {
            let (rate, backlog, drain) = (show(sight.publish_per_s), show(sight.ready), show_seconds(settings.drain_s));
            let (share, each, advice) = (show(settings.utilization), show(settings.per_replica_per_s), show(advice));
            let line =
                format!("⌈({rate}/s / {share} + {backlog} messages / {drain}) / {each}/s per replica⌉ = {advice}");
            PlainReason::computed(line)
        });
        let size = bounded(settings.bounds, advice, reasons);
        let recent = self.advice.younger_than(seen.now_s, settings.down_window_s).fold(size, u32::max);
        self.advice.note(seen.now_s, size, settings.down_window_s);
        let held = recent.min(seen.wanted).max(size);
        if held > size {
            let window = show_seconds(settings.down_window_s);
            reasons.say(|| PlainReason::held(Rule::Window, format!("advice of the last {window} keeps {held}")));
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::Bounds;
    use crate::scaling::Sight;

    fn settings() -> RateScaling {
        RateScaling {
            bounds: Bounds { min: 1, max: 50 },
            period_s: 15.0,
            per_replica_per_s: 10.0,
            utilization: 0.8,
            drain_s: 60.0,
            down_window_s: 60.0,
        }
    }

    fn decide(state: &mut RateState, now_s: f64, wanted: u32, publish_per_s: f64, ready: f64) -> u32 {
        let sight = Some(Sight { ready, publish_per_s, ..Sight::default() });
        let seen = Observation { now_s, wanted, running: wanted, ready: wanted, sight, explain: false };
        state.decide(&settings(), &seen, &mut Reasons::skipped())
    }

    #[test]
    fn rate_and_backlog_are_staffed_together() {
        assert_eq!(decide(&mut RateState::default(), 0.0, 1, 80.0, 0.0), 10);
        assert_eq!(decide(&mut RateState::default(), 0.0, 1, 80.0, 6000.0), 20);
        assert_eq!(decide(&mut RateState::default(), 0.0, 1, 0.0, 0.0), 1);
    }

    #[test]
    fn the_way_down_waits_for_its_window_and_the_way_up_does_not() {
        let mut state = RateState::default();
        assert_eq!(decide(&mut state, 0.0, 1, 80.0, 0.0), 10);
        assert_eq!(decide(&mut state, 15.0, 10, 16.0, 0.0), 10);
        assert_eq!(decide(&mut state, 45.0, 10, 40.0, 0.0), 10);
        assert_eq!(decide(&mut state, 60.0, 10, 16.0, 0.0), 5, "5 was advised at 45 s");
        assert_eq!(decide(&mut state, 120.0, 5, 16.0, 0.0), 2);
    }

    #[test]
    fn it_leaves_no_standing_backlog() {
        let mut state = RateState::default();
        let (mut backlog, mut size) = (400.0_f64, 10);
        for second in 0..600 {
            backlog = (backlog + 90.0 - 10.0 * f64::from(size)).max(0.0);
            size = decide(&mut state, f64::from(second), size, 90.0, backlog);
        }
        assert_eq!((backlog, size), (0.0, 12));
    }
}
