//! A PID controller on any signal, with bumpless start and conditional integration against wind-up.

use super::Observation;
use super::plain::{PlainReason, blind, bounded};
use super::reason::{Reasons, show};
use crate::model::scaling::Pid;
use crate::units::Seconds;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PidState {
    /// The integral part in replicas, and when and where the signal was last seen.
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Last {
    at_s: Seconds,
    value: f64,
    integral: f64,
}

impl PidState {
    pub fn decide(&mut self, settings: &Pid, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let value = sight.read(settings.signal);
        let error = value - settings.set_point;
        let proportional = settings.proportional * error;
        let (integral, slope) = match self.last {
            None => (f64::from(seen.wanted) - proportional, 0.0),
            Some(last) => {
                let elapsed_s = seen.now_s - last.at_s;
                let slope = if elapsed_s > 0.0 { (value - last.value) / elapsed_s } else { 0.0 };
                (last.integral + settings.integral * error * elapsed_s, slope)
            }
        };
        // A rising signal asks for replicas before its level does.
        let derivative = settings.derivative * slope;
        let advice = (proportional + integral + derivative).round();
        reasons.say(|| {
            let parts = [proportional, integral, derivative].map(show);
            let [proportional, integral, derivative] = parts;
            let error = show(error);
            let line = format!("error {error}: P {proportional} + I {integral} + D {derivative} = {}", show(advice));
            PlainReason::computed(line)
        });
        let (min, max) = (f64::from(settings.bounds.min), f64::from(settings.bounds.max));
        let winds_up =
            (advice > max && error * settings.integral > 0.0) || (advice < min && error * settings.integral < 0.0);
        let kept = self.last.filter(|_| winds_up).map_or(integral, |last| last.integral);
        self.last = Some(Last { at_s: seen.now_s, value, integral: kept });
        bounded(settings.bounds, advice.max(0.0), reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{Bounds, Signal};
    use crate::scaling::Sight;

    fn settings() -> Pid {
        Pid {
            bounds: Bounds { min: 1, max: 20 },
            period_s: 10.0,
            signal: Signal::Ready,
            set_point: 100.0,
            proportional: 0.02,
            integral: 0.0005,
            derivative: 0.0,
        }
    }

    fn decide(state: &mut PidState, settings: &Pid, now_s: f64, wanted: u32, ready: f64) -> u32 {
        let sight = Some(Sight { ready, ..Sight::default() });
        let seen = Observation { now_s, wanted, running: wanted, ready: wanted, sight, explain: false };
        state.decide(settings, &seen, &mut Reasons::skipped())
    }

    #[test]
    fn the_first_decision_keeps_the_size() {
        assert_eq!(decide(&mut PidState::default(), &settings(), 0.0, 7, 900.0), 7);
    }

    #[test]
    fn parts_add_up() {
        let mut state = PidState::default();
        let with_slope = Pid { derivative: 0.1, ..settings() };
        decide(&mut state, &with_slope, 0.0, 5, 100.0);
        // P 0.02·100 = 2, I 5 + 0.0005·100·10 = 5.5, D 0.1·10 = 1.
        assert_eq!(decide(&mut state, &with_slope, 10.0, 5, 200.0), 9);
    }

    #[test]
    fn the_integral_does_not_wind_up_at_a_bound() {
        let mut state = PidState::default();
        for k in 0..1000 {
            decide(&mut state, &settings(), f64::from(k) * 10.0, 20, 10_000.0);
        }
        assert_eq!(decide(&mut state, &settings(), 10_000.0, 20, 0.0), 1, "one period later it lets go");
    }

    #[test]
    fn a_queue_is_brought_to_its_set_point() {
        // dM/dt = 80 − 10n: a double integrator with ω = √(10·Ki) and damping 10·Kp / 2ω = 1.8.
        let gentle = Pid { proportional: 0.005, integral: 0.000_02, ..settings() };
        let mut state = PidState::default();
        let (mut backlog, mut size, mut sum) = (500.0_f64, 5, 0.0);
        for second in 0..7200 {
            backlog = (backlog + 80.0 - 10.0 * f64::from(size)).max(0.0);
            if second % 10 == 0 {
                size = decide(&mut state, &gentle, f64::from(second), size, backlog);
            }
            sum += if second >= 3600 { backlog } else { 0.0 };
        }
        let mean = sum / 3600.0;
        assert!((90.0..110.0).contains(&mean), "whole replicas make it swing, around {mean}");
    }
}
