//! AWS step scaling: ladders of adjustments above and below thresholds.
//!
//! Follows the Amazon EC2 Auto Scaling user guide, "Simple and step scaling policies", rounding included.

use super::Observation;
use super::plain::{PlainReason, blind, bounded, signal_of};
use super::reason::{Reasons, Rule, show, show_seconds};
use crate::model::scaling::{AdjustmentType, Ladder, Step, StepScaling};
use crate::units::Seconds;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StepState {
    out_breaches: u32,
    in_breaches: u32,
    /// While a step out rests: the size that it started from, and until when.
    out_rest: Option<(u32, Seconds)>,
    in_rest_until_s: Seconds,
}

impl StepState {
    pub fn decide(&mut self, settings: &StepScaling, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let Some(value) = signal_of(sight, settings.signal, settings.per_replica, seen.ready, reasons) else {
            return seen.wanted;
        };
        self.out_rest = self.out_rest.filter(|(_, until_s)| seen.now_s < *until_s);
        if let Some(ladder) = &settings.outward {
            self.out_breaches = count(self.out_breaches, value >= ladder.threshold);
            if self.out_breaches > 0 && lasts(ladder, self.out_breaches, reasons) {
                let size = self.outward(settings, ladder, value, seen, reasons);
                if size > seen.wanted {
                    return size;
                }
            }
        }
        if let Some(ladder) = &settings.inward {
            self.in_breaches = count(self.in_breaches, value <= ladder.threshold);
            if self.in_breaches > 0 && lasts(ladder, self.in_breaches, reasons) {
                return self.inward(settings, ladder, value, seen, reasons);
            }
        }
        seen.wanted
    }

    fn outward(
        &mut self,
        settings: &StepScaling,
        ladder: &Ladder,
        value: f64,
        seen: &Observation<'_>,
        reasons: &mut Reasons,
    ) -> u32 {
        let start = self.out_rest.map_or(seen.wanted, |(start, _)| start);
        let Some(advice) = adjusted(ladder, start, value - ladder.threshold, reasons) else { return seen.wanted };
        let size = bounded(settings.bounds, advice, reasons);
        if size > seen.wanted {
            self.out_rest = Some((start, seen.now_s + ladder.cooldown_s));
        } else if let Some((_, until_s)) = self.out_rest
            && advice > f64::from(start)
        {
            let line = format!("the last step out rests until {}: nothing is added twice", show_seconds(until_s));
            reasons.say(|| PlainReason::held(Rule::CoolDown, line));
        }
        size
    }

    fn inward(
        &mut self,
        settings: &StepScaling,
        ladder: &Ladder,
        value: f64,
        seen: &Observation<'_>,
        reasons: &mut Reasons,
    ) -> u32 {
        let Some(advice) = adjusted(ladder, seen.wanted, value - ladder.threshold, reasons) else { return seen.wanted };
        let size = bounded(settings.bounds, advice, reasons);
        if size >= seen.wanted {
            return seen.wanted;
        }
        let until_s = self.out_rest.map_or(0.0, |(_, until_s)| until_s).max(self.in_rest_until_s);
        if seen.now_s < until_s {
            let line = || format!("a step rests until {}: {} stay", show_seconds(until_s), seen.wanted);
            reasons.say(|| PlainReason::held(Rule::CoolDown, line()));
            return seen.wanted;
        }
        self.in_rest_until_s = seen.now_s + ladder.cooldown_s;
        size
    }
}

fn count(breaches: u32, breached: bool) -> u32 {
    if breached { breaches.saturating_add(1) } else { 0 }
}

fn lasts(ladder: &Ladder, breaches: u32, reasons: &mut Reasons) -> bool {
    let periods = ladder.evaluation_periods.max(1);
    if breaches < periods {
        let line = || format!("threshold {} is met for {breaches} of {periods} periods", show(ladder.threshold));
        reasons.say(|| PlainReason::held(Rule::Evaluation, line()));
    }
    breaches >= periods
}

/// The size after the adjustment of the step that holds `distance`; `None` where no step does.
fn adjusted(ladder: &Ladder, size: u32, distance: f64, reasons: &mut Reasons) -> Option<f64> {
    let step = ladder.steps.iter().find(|step| holds(step, distance))?;
    let current = f64::from(size);
    let advice = match ladder.adjustment {
        AdjustmentType::ChangeInCapacity => current + step.by,
        AdjustmentType::ExactCapacity => step.by,
        AdjustmentType::PercentChangeInCapacity => {
            current + whole_change(current * step.by / 100.0, ladder.least_change)
        }
    };
    reasons.say(|| {
        let unit = match ladder.adjustment {
            AdjustmentType::PercentChangeInCapacity => " %",
            AdjustmentType::ChangeInCapacity | AdjustmentType::ExactCapacity => "",
        };
        let (distance, by, advice) = (show(distance), show(step.by), show(advice));
        PlainReason::computed(format!("{distance} from the threshold: step {by}{unit}, {size} → {advice}"))
    });
    Some(advice)
}

/// Above the threshold the lower bound belongs to a step, below it the upper bound.
fn holds(step: &Step, distance: f64) -> bool {
    let (lower, upper) = (step.lower.unwrap_or(f64::NEG_INFINITY), step.upper.unwrap_or(f64::INFINITY));
    let outward = lower >= 0.0;
    if outward { lower <= distance && distance < upper } else { lower < distance && distance <= upper }
}

/// A share of the size as whole replicas: towards zero, but at least one, and at least the least change.
fn whole_change(change: f64, least: u32) -> f64 {
    if change == 0.0 {
        return 0.0;
    }
    let whole = if change.abs() < 1.0 { 1.0 } else { change.abs().floor() };
    whole.max(f64::from(least)).copysign(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{Bounds, Signal};
    use crate::scaling::Sight;

    fn step(lower: Option<f64>, upper: Option<f64>, by: f64) -> Step {
        Step { lower, upper, by }
    }

    fn ladder(steps: Vec<Step>, cooldown_s: f64) -> Ladder {
        Ladder {
            threshold: 50.0,
            steps,
            adjustment: AdjustmentType::PercentChangeInCapacity,
            least_change: 1,
            evaluation_periods: 1,
            cooldown_s,
        }
    }

    /// The worked example of the user guide.
    fn example(cooldown_s: f64) -> StepScaling {
        let (ten, twenty) = (Some(10.0), Some(20.0));
        let outward = vec![step(Some(0.0), ten, 0.0), step(ten, twenty, 10.0), step(twenty, None, 30.0)];
        let (minus_ten, minus_twenty) = (Some(-10.0), Some(-20.0));
        let inward = vec![
            step(None, minus_twenty, -30.0),
            step(minus_twenty, minus_ten, -10.0),
            step(minus_ten, Some(0.0), 0.0),
        ];
        StepScaling {
            bounds: Bounds { min: 1, max: 100 },
            period_s: 60.0,
            signal: Signal::Ready,
            per_replica: false,
            outward: Some(ladder(outward, cooldown_s)),
            inward: Some(ladder(inward, cooldown_s)),
        }
    }

    fn run(settings: &StepScaling, mut size: u32, values: &[f64]) -> Vec<u32> {
        let mut state = StepState::default();
        let mut minute = 0.0;
        let decide = |ready: &f64| {
            let sight = Some(Sight { ready: *ready, ..Sight::default() });
            let seen = Observation { now_s: minute, wanted: size, running: size, ready: size, sight, explain: false };
            size = state.decide(settings, &seen, &mut Reasons::skipped());
            minute += 60.0;
            size
        };
        values.iter().map(decide).collect()
    }

    #[test]
    fn the_worked_example_of_the_guide() {
        assert_eq!(run(&example(0.0), 10, &[60.0, 70.0, 40.0, 30.0]), [11, 14, 13, 10]);
    }

    #[test]
    fn bounds_of_steps_belong_to_the_side_of_the_threshold() {
        assert_eq!(run(&example(0.0), 10, &[59.99]), [10]);
        assert_eq!(run(&example(0.0), 10, &[69.99]), [11]);
        assert_eq!(run(&example(0.0), 10, &[40.01]), [10]);
        assert_eq!(run(&example(0.0), 10, &[30.01]), [9]);
    }

    #[test]
    fn percentages_become_whole_replicas_as_the_guide_says() {
        for (change, whole) in [(12.7, 12.0), (0.67, 1.0), (-0.58, -1.0), (-6.67, -6.0), (0.0, 0.0)] {
            assert_eq!(whole_change(change, 1), whole, "{change}");
        }
        assert_eq!(whole_change(1.2, 3), 3.0, "at least the least change");
    }

    #[test]
    fn while_a_step_out_rests_only_a_larger_one_adds_the_difference() {
        assert_eq!(run(&example(600.0), 10, &[60.0, 60.0, 70.0, 70.0, 30.0]), [11, 11, 13, 13, 13]);
    }

    #[test]
    fn hysteresis_and_evaluation_periods_hold_the_size() {
        let mut settings = example(0.0);
        settings.inward.as_mut().unwrap().threshold = 20.0;
        settings.outward.as_mut().unwrap().evaluation_periods = 3;
        assert_eq!(run(&settings, 10, &[40.0, 30.0, 21.0]), [10, 10, 10], "between the thresholds");
        assert_eq!(run(&settings, 10, &[70.0, 70.0, 70.0]), [10, 10, 13]);
        assert_eq!(run(&settings, 10, &[70.0, 70.0, 40.0, 70.0]), [10, 10, 10, 10]);
    }
}
