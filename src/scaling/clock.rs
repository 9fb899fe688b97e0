//! When a scaler decides: every period, with a phase. Not here: how long anything takes.

use crate::units::Seconds;

/// Ticks at phase, phase + period, phase + 2·period, …, without a sum that drifts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ticks {
    period_s: Seconds,
    phase_s: Seconds,
    passed: u64,
}

impl Ticks {
    /// Ticks of a period above 0; `phase` is a share of it, in [0, 1).
    pub fn new(period_s: Seconds, phase: f64) -> Self {
        Self { period_s, phase_s: if period_s.is_finite() { phase * period_s } else { 0.0 }, passed: 0 }
    }

    /// The first tick that has not been taken.
    pub fn next_s(&self) -> Seconds {
        if self.passed == 0 { self.phase_s } else { self.phase_s + self.passed as f64 * self.period_s }
    }

    /// Takes every tick up to `now_s`; whether there was one.
    pub fn take(&mut self, now_s: Seconds) -> bool {
        if self.next_s() > now_s {
            return false;
        }
        self.passed += 1;
        if self.next_s() <= now_s {
            // Several were missed, and a sum would not end for a short period.
            self.passed = self.passed.max(((now_s - self.phase_s) / self.period_s).floor() as u64);
            while self.next_s() <= now_s {
                self.passed += 1;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_come_every_period_after_the_phase() {
        let mut ticks = Ticks::new(0.1, 0.5);
        for k in 0..10_000_u32 {
            let at_s = ticks.next_s();
            assert!((at_s - (0.05 + f64::from(k) * 0.1)).abs() < 1e-9);
            assert!(ticks.take(at_s));
            assert!(!ticks.take(at_s));
        }
    }

    #[test]
    fn ticks_that_nobody_took_are_one_tick() {
        let mut ticks = Ticks::new(15.0, 0.0);
        assert!(ticks.take(100.0));
        assert_eq!(ticks.next_s(), 105.0);
    }

    #[test]
    fn an_infinite_period_has_one_tick() {
        let mut ticks = Ticks::new(f64::INFINITY, 0.3);
        assert!(ticks.take(0.0));
        assert_eq!(ticks.next_s(), f64::INFINITY);
        assert!(!ticks.take(1e12));
    }
}
