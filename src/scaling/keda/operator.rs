//! One poll of KEDA's operator: between nothing and something, and to idle. Everything else is the HPA's.
//!
//! Follows `pkg/scaling/executor/scale_scaledobjects.go`. The way down goes from any size straight to zero or idle,
//! past the HPA's windows and policies (kedacore/keda#7770).

use super::super::reason::Reasons;
use super::KedaReason;
use crate::model::scaling::Operator;
use crate::units::Seconds;

/// What the operator remembers about a `ScaledObject`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatorState {
    /// When a poll last found it active.
    pub last_active_s: Option<Seconds>,
    /// When it was created.
    pub created_s: Seconds,
}

/// What one poll found out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poll {
    /// Now.
    pub now_s: Seconds,
    /// `spec.replicas` of the target.
    pub current: u32,
    /// Whether any trigger, or the formula, is active.
    pub active: bool,
    /// Whether any trigger could not be read.
    pub error: bool,
    /// `fallback.replicas`, if there is a fallback.
    pub fallback_replicas: Option<u32>,
}

impl OperatorState {
    /// The replicas that the operator sets: mostly the present ones.
    pub fn poll(&mut self, settings: &Operator, poll: &Poll, reasons: &mut Reasons) -> u32 {
        if settings.paused.all {
            reasons.say(|| KedaReason::Paused { what: "autoscaling", current: poll.current });
            return settings.paused.at_replicas.unwrap_or(poll.current);
        }
        if poll.active || settings.force_activation {
            self.active(settings, poll, reasons)
        } else {
            self.inactive(settings, poll, reasons)
        }
    }

    fn active(&mut self, settings: &Operator, poll: &Poll, reasons: &mut Reasons) -> u32 {
        let current = poll.current;
        let asleep = current == 0 || (settings.idle.is_some() && current < settings.min);
        if !asleep {
            if !poll.error {
                self.last_active_s = Some(poll.now_s);
            }
            reasons.say(|| KedaReason::StaysActive { current });
            return current;
        }
        if settings.paused.scale_out {
            reasons.say(|| KedaReason::Paused { what: "scale-out", current });
            return current;
        }
        self.last_active_s = Some(poll.now_s);
        let to = settings.min.max(1);
        reasons.say(|| KedaReason::Activated { from: current, to });
        to
    }

    fn inactive(&mut self, settings: &Operator, poll: &Poll, reasons: &mut Reasons) -> u32 {
        let current = poll.current;
        if poll.error && poll.fallback_replicas != Some(0) {
            reasons.say(|| KedaReason::ErrorHolds { current });
            return current;
        }
        let above_idle = settings.idle.is_some_and(|idle| current > idle);
        if above_idle || (current > 0 && settings.min == 0) {
            return self.cool_down(settings, poll, reasons);
        }
        if settings.idle.is_none() && current < settings.min {
            reasons.say(|| KedaReason::RaisedToMin { from: current, min: settings.min });
            return settings.min;
        }
        reasons.say(|| KedaReason::StaysInactive { current });
        current
    }

    fn cool_down(&mut self, settings: &Operator, poll: &Poll, reasons: &mut Reasons) -> u32 {
        let current = poll.current;
        if settings.paused.scale_in {
            reasons.say(|| KedaReason::Paused { what: "scale-in", current });
            return current;
        }
        let initial = self.last_active_s.is_none();
        let (since_s, cooldown_s) = match self.last_active_s {
            Some(active_s) => (active_s, settings.cooldown_s),
            None => (self.created_s, settings.initial_cooldown_s),
        };
        if since_s + cooldown_s >= poll.now_s {
            let passed_s = poll.now_s - since_s;
            reasons.say(|| KedaReason::CoolingDown { initial, passed_s, cooldown_s, current });
            return current;
        }
        let to = settings.idle.unwrap_or(settings.min);
        reasons.say(|| KedaReason::Deactivated { from: current, to, cooldown_s });
        to
    }
}
