//! Step scaling, target tracking, Lambda on SQS.

use super::metrics::{Limit, Unit, metric_named, tracked};
use super::{Builder, Code, Item};
use crate::model::scaling::{AdjustmentType, Ladder, LambdaSqs, Step, StepScaling, Strategy, TargetTracking};

impl Builder<'_> {
    pub(super) fn step_scaling(&mut self, item: &Item) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None);
        let metric = item.field("metric").map_or(Some("ready"), Item::text).map(metric_named);
        if item.field("scale_out").is_none() && item.field("scale_in").is_none() {
            self.fault(Code::MissingKey, item, "a step scaling policy needs `scale_out` or `scale_in`").help =
                Some("for example `scale_out: {threshold: 500, steps: [{lower_bound: 0, adjustment: 2}]}`".to_owned());
        }
        let (signal, per_replica) = metric?;
        let unit = Unit::of(signal);
        let [outward, inward] = ["scale_out", "scale_in"].map(|key| match item.field(key) {
            None => Some(None),
            Some(ladder) => self.ladder(ladder, unit).map(Some),
        });
        let default = StepScaling::new(bounds?);
        let period_s = item.or("period", default.period_s);
        let (outward, inward) = (outward?, inward?);
        self.hysteresis(item, outward.as_ref(), inward.as_ref());
        Some(Strategy::Step(StepScaling { period_s: period_s?, signal, per_replica, outward, inward, ..default }))
    }

    /// The way down begins below where the way up begins.
    fn hysteresis(&mut self, item: &Item, outward: Option<&Ladder>, inward: Option<&Ladder>) {
        let crossed = outward.zip(inward).is_some_and(|(out, back)| back.threshold >= out.threshold);
        let at = item.field("scale_in").and_then(|ladder| ladder.field("threshold"));
        if let (true, Some(at)) = (crossed, at) {
            let message = "the threshold of `scale_in` is not below that of `scale_out`: both would act at once";
            self.fault(Code::Contradiction, at, message).help =
                Some("leave room between them: that is the hysteresis".to_owned());
        }
    }

    fn ladder(&mut self, item: &Item, unit: Unit) -> Option<Ladder> {
        let threshold = item.field("threshold").and_then(|at| self.limit(at, unit, Limit::Activation));
        let rungs = item.field("steps").and_then(Item::list);
        let adjustment = item.word_or("adjustment_type", AdjustmentType::ChangeInCapacity, |word| match word {
            "exact_capacity" => AdjustmentType::ExactCapacity,
            "percent_change_in_capacity" => AdjustmentType::PercentChangeInCapacity,
            _ => AdjustmentType::ChangeInCapacity,
        })?;
        let built: Vec<Option<Step>> = rungs?.iter().map(|rung| self.rung(rung, unit, adjustment)).collect();
        let steps: Vec<Step> = built.into_iter().collect::<Option<_>>()?;
        self.without_gaps(rungs?, &steps);
        let default = Ladder::new(threshold?, steps);
        Some(Ladder {
            adjustment,
            least_change: item.or("min_adjustment_magnitude", f64::from(default.least_change))? as u32,
            evaluation_periods: item.or("evaluation_periods", f64::from(default.evaluation_periods))? as u32,
            cooldown_s: item.or("cooldown", default.cooldown_s)?,
            ..default
        })
    }

    fn rung(&mut self, item: &Item, unit: Unit, adjustment: AdjustmentType) -> Option<Step> {
        let [lower, upper] = ["lower_bound", "upper_bound"].map(|key| match item.field(key) {
            None => Some(None),
            Some(bound) => self.limit(bound, unit, Limit::Distance).map(Some),
        });
        let by = self.adjustment(item, adjustment);
        let (lower, upper) = (lower?, upper?);
        if lower.zip(upper).is_some_and(|(lower, upper)| upper <= lower) {
            self.fault(Code::NotAscending, item.field("upper_bound")?, "the upper bound is not above the lower one");
            return None;
        }
        Some(Step { lower, upper, by: by? })
    }

    /// By how much a step changes the group: a whole number, and a size cannot be negative.
    fn adjustment(&mut self, item: &Item, adjustment: AdjustmentType) -> Option<f64> {
        let by = item.needed("adjustment")?;
        let help = match adjustment {
            AdjustmentType::ExactCapacity if by < 0.0 => "an exact capacity is 0 or more",
            _ if by.fract() != 0.0 => "a policy adds or removes whole numbers",
            _ => return Some(by),
        };
        let message = format!("no step can change the group by {by}");
        self.fault(Code::OutOfRange, item.field("adjustment")?, message).help = Some(help.to_owned());
        None
    }

    /// Each step begins where the one before it ends.
    fn without_gaps(&mut self, items: &[Item], steps: &[Step]) {
        for (k, pair) in steps.windows(2).enumerate() {
            if pair[0].upper.is_none() || pair[0].upper != pair[1].lower {
                let message = "this step does not begin where the one before it ends";
                self.fault(Code::NotAscending, &items[k + 1], message).help =
                    Some("`lower_bound` is the `upper_bound` of the step before: no gaps, no overlaps".to_owned());
            }
        }
    }

    pub(super) fn target_tracking(&mut self, item: &Item) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None);
        let (signal, per_replica, target) = tracked(item.field("metric")?)?;
        let default = TargetTracking::backlog_per_instance(bounds?, target);
        Some(Strategy::TargetTracking(TargetTracking {
            signal,
            per_replica,
            period_s: item.or("period", default.period_s)?,
            out_periods: item.or("out_periods", f64::from(default.out_periods))? as u32,
            in_periods: item.or("in_periods", f64::from(default.in_periods))? as u32,
            in_margin: item.or("in_margin", default.in_margin)?,
            out_cooldown_s: item.or("scale_out_cooldown", default.out_cooldown_s)?,
            in_cooldown_s: item.or("scale_in_cooldown", default.in_cooldown_s)?,
            disable_scale_in: item.flag_or("disable_scale_in", default.disable_scale_in)?,
            ..default
        }))
    }

    pub(super) fn lambda_sqs(&mut self, item: &Item) -> Option<Strategy> {
        let default = LambdaSqs::default();
        let bounds = self.bounds(item, default.least, Some(default.most))?;
        Some(Strategy::LambdaSqs(LambdaSqs {
            period_s: item.or("period", default.period_s)?,
            least: bounds.min,
            added_per_minute: item.or("added_per_minute", default.added_per_minute)?,
            most: bounds.max,
            batch_size: item.or("batch_size", f64::from(default.batch_size))? as u32,
            fifo: item.flag_or("fifo", default.fifo)?,
        }))
    }
}
