//! How much of a shared resource is in use, and how many slots wait for some.

use crate::measure::level::LevelClock;
use crate::measure::replication::ResourceResult;
use crate::units::Seconds;

/// Measures one resource.
#[derive(Default)]
pub(super) struct ResourceClock {
    in_use: LevelClock,
    waiting: LevelClock,
    /// Units in use and slots that wait since `since_s`. What stands for no time is no level: a slot that comes back at
    /// once queues up before the one that it makes room for has gone.
    level: (usize, usize),
    since_s: Seconds,
    result: ResourceResult,
}

impl ResourceClock {
    fn stand(&mut self, now_s: Seconds) {
        if now_s > self.since_s {
            let stood_s = now_s - self.since_s;
            self.settle();
            self.in_use.stand(stood_s);
            self.waiting.stand(stood_s);
            self.since_s = now_s;
        }
    }

    fn settle(&mut self) {
        self.in_use.set(self.since_s, self.level.0);
        self.waiting.set(self.since_s, self.level.1);
    }

    pub fn set(&mut self, now_s: Seconds, in_use: u32, waiting: usize) {
        self.stand(now_s);
        self.level = (in_use as usize, waiting);
    }

    pub fn warmed_up(&mut self, now_s: Seconds) {
        self.stand(now_s);
        self.settle();
        self.in_use.restart(now_s);
        self.waiting.restart(now_s);
    }

    /// Statistics of the last `length_s` seconds end; `slots` units are all there are.
    pub fn horizon(&mut self, now_s: Seconds, length_s: Seconds, slots: u32) {
        self.stand(now_s);
        let (in_use, waiting) = (self.in_use.statistics(length_s), self.waiting.statistics(length_s));
        self.result = ResourceResult {
            in_use_mean: in_use.mean,
            in_use_max: in_use.max,
            waiting_mean: waiting.mean,
            waiting_max: waiting.max,
            utilization: in_use.mean / f64::from(slots),
        };
    }

    pub fn finish(self) -> ResourceResult {
        self.result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_averaged_over_the_measured_time() {
        let mut clock = ResourceClock::default();
        clock.set(0.0, 4, 9);
        clock.warmed_up(10.0);
        clock.set(15.0, 2, 0);
        clock.horizon(20.0, 10.0, 4);
        clock.set(30.0, 4, 50);
        let found = clock.finish();
        assert_eq!((found.in_use_mean, found.in_use_max, found.utilization), (3.0, 4.0, 0.75));
        assert_eq!((found.waiting_mean, found.waiting_max), (4.5, 9.0));
    }
}
