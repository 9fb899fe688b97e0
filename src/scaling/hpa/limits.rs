//! What stands between the advice and the size: windows, policies, the built-in growth limit, bounds.
//!
//! There are two ways, and they are not the same: with `behavior`, even an empty one, the *size* is kept within the
//! band of recent advice; without, the highest advice of the window replaces the present one, upwards too.

use super::super::reason::Reasons;
use super::reason::{Bound, Direction};
use super::{HpaReason, HpaState};
use crate::model::scaling::{Behavior, DirectionRules, HpaRules, Policy, PolicyAmount, SelectPolicy};
use crate::units::Seconds;

/// Without `behavior`, a size may at least become this at once.
const FREE_GROWTH: u32 = 4;

pub(super) struct Limited<'h> {
    pub rules: &'h HpaRules,
    pub now_s: Seconds,
    pub current: u32,
    pub advice: u32,
    pub memory: &'h HpaState,
}

impl Limited<'_> {
    pub(super) fn without_behavior(&self, reasons: &mut Reasons) -> u32 {
        let window_s = self.rules.controller.down_window_s;
        let remembered = self.memory.advice.up_to_age(self.now_s, window_s).max();
        let advice = remembered.map_or(self.advice, |remembered| remembered.max(self.advice));
        if advice > self.advice {
            reasons.say(|| HpaReason::Remembered { window_s, advice: self.advice, remembered: advice });
        }
        let growth = self.current.saturating_mul(2).max(FREE_GROWTH);
        let most = self.rules.max.min(growth);
        if advice > most {
            let (current, max) = (self.current, self.rules.max);
            if max > growth {
                reasons.say(|| HpaReason::GrowthHolds { current, limit: growth, instead_of: advice });
            } else {
                reasons.say(|| HpaReason::BoundHolds { bound: Bound::Max, limit: max, instead_of: advice });
            }
            return most;
        }
        if advice < self.rules.min {
            let limit = self.rules.min;
            reasons.say(|| HpaReason::BoundHolds { bound: Bound::Min, limit, instead_of: advice });
            return limit;
        }
        advice
    }

    pub(super) fn with_behavior(&self, behavior: &Behavior, reasons: &mut Reasons) -> u32 {
        let size = self.stabilised(reasons);
        match size.cmp(&self.current) {
            std::cmp::Ordering::Greater => self.up(size, &behavior.up, reasons),
            std::cmp::Ordering::Less => self.down(size, &behavior.down, reasons),
            std::cmp::Ordering::Equal => size,
        }
    }

    /// The present size, moved no further than into the band of recent advice.
    fn stabilised(&self, reasons: &mut Reasons) -> u32 {
        let (up_s, down_s) = (self.rules.up_window_s(), self.rules.down_window_s());
        let least = self.memory.advice.younger_than(self.now_s, up_s).fold(self.advice, u32::min);
        let most = self.memory.advice.younger_than(self.now_s, down_s).fold(self.advice, u32::max);
        let size = self.current.max(least).min(most);
        if size != self.advice {
            let (direction, window_s) =
                if self.advice > self.current { (Direction::Up, up_s) } else { (Direction::Down, down_s) };
            reasons.say(|| HpaReason::WindowHolds { direction, window_s, advice: self.advice, size });
        }
        size
    }

    fn up(&self, size: u32, rules: &DirectionRules, reasons: &mut Reasons) -> u32 {
        let limit = self.policy_limit(Direction::Up, rules, reasons).max(i64::from(self.current));
        let (size, max) = (i64::from(size), i64::from(self.rules.max));
        let result = size.min(max.min(limit));
        if size > result {
            reasons.say(|| held(Direction::Up, limit < max, rules.select, result, size));
        }
        result as u32
    }

    fn down(&self, size: u32, rules: &DirectionRules, reasons: &mut Reasons) -> u32 {
        let limit = self.policy_limit(Direction::Down, rules, reasons).min(i64::from(self.current));
        let (size, min) = (i64::from(size), i64::from(self.rules.min));
        let result = size.max(min.max(limit));
        if size < result {
            reasons.say(|| held(Direction::Down, limit > min, rules.select, result, size));
        }
        result as u32
    }

    /// How far the policies of one direction let the size go.
    fn policy_limit(&self, direction: Direction, rules: &DirectionRules, reasons: &mut Reasons) -> i64 {
        let wide_up = (direction == Direction::Up) == (rules.select == SelectPolicy::Max);
        if rules.select == SelectPolicy::Disabled {
            return i64::from(self.current);
        }
        let mut limit = None;
        for policy in &rules.policies {
            let start = self.start_of(policy.period_s);
            let allowed = allowed(direction, policy, start);
            reasons.say(|| HpaReason::PolicyAllows { direction, policy: *policy, start, limit: allowed });
            limit = Some(match limit {
                None => allowed,
                Some(limit) if wide_up => allowed.max(limit),
                Some(limit) => allowed.min(limit),
            });
        }
        limit.unwrap_or_else(|| i64::from(self.current))
    }

    /// The size at the start of a period: the present one less what was added and plus what was removed within it.
    fn start_of(&self, period_s: Seconds) -> i64 {
        let sum = |log: &super::Log| log.younger_than(self.now_s, period_s).map(i64::from).sum::<i64>();
        i64::from(self.current) - sum(&self.memory.ups) + sum(&self.memory.downs)
    }
}

/// What held the size at `limit`.
fn held(direction: Direction, by_policy: bool, select: SelectPolicy, limit: i64, size: i64) -> HpaReason {
    let (limit, instead_of) = (limit as u32, size as u32);
    match (by_policy, direction) {
        (true, _) => HpaReason::PolicyHolds { direction, select, limit, instead_of },
        (false, Direction::Up) => HpaReason::BoundHolds { bound: Bound::Max, limit, instead_of },
        (false, Direction::Down) => HpaReason::BoundHolds { bound: Bound::Min, limit, instead_of },
    }
}

/// The size that one policy allows. The products are those of the controller, digit for digit: 10 % more than 100 is
/// 110.00000000000001, and so 111.
fn allowed(direction: Direction, policy: &Policy, start: i64) -> i64 {
    match (policy.amount, direction) {
        (PolicyAmount::Pods(pods), Direction::Up) => start + i64::from(pods),
        (PolicyAmount::Pods(pods), Direction::Down) => start - i64::from(pods),
        (PolicyAmount::Percent(percent), Direction::Up) => {
            (start as f64 * (1.0 + f64::from(percent) / 100.0)).ceil() as i64
        }
        (PolicyAmount::Percent(percent), Direction::Down) => {
            (start as f64 * (1.0 - f64::from(percent) / 100.0)).trunc() as i64
        }
    }
}
