//! Time-weighted statistics of a level: how long it stood where.

/// Levels up to here have a bucket each; above, a bucket is at most 1/1024 of its level wide.
const EXACT: usize = 2048;
const SUB_BUCKETS: usize = 1024;

/// A level (depth, ready messages) over time.
#[derive(Clone, Debug)]
pub struct LevelClock {
    level: usize,
    max: usize,
    max_at_s: f64,
    /// End of the last stretch above 0, as far as it is over.
    emptied_s: f64,
    /// Time at each level below [`EXACT`].
    low: Box<[f64; EXACT]>,
    /// Time in each bucket of higher levels, and the area under them.
    high: Vec<f64>,
    high_area: f64,
}

impl Default for LevelClock {
    fn default() -> Self {
        LevelClock {
            level: 0,
            max: 0,
            max_at_s: 0.0,
            emptied_s: 0.0,
            low: Box::new([0.0; EXACT]),
            high: Vec::new(),
            high_area: 0.0,
        }
    }
}

/// What a level did over a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LevelStatistics {
    /// Time-weighted mean.
    pub mean: f64,
    /// Time-weighted quantiles 0.5, 0.95, 0.99.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest level.
    pub max: f64,
    /// When it was first reached.
    pub max_at_s: f64,
    /// End of the last stretch above 0 (0 if none), unless the level is above 0 at the end.
    pub emptied_s: Option<f64>,
}

/// Bucket of a level of at least [`EXACT`].
fn bucket(level: usize) -> usize {
    let octave = (level.ilog2() - EXACT.ilog2()) as usize;
    octave * SUB_BUCKETS + ((level >> (octave + 1)) - SUB_BUCKETS)
}

/// The level in the middle of a bucket.
fn middle(bucket: usize) -> f64 {
    let (octave, place) = (bucket / SUB_BUCKETS, bucket % SUB_BUCKETS);
    let width = (1_u64 << (octave + 1)) as f64;
    (place + SUB_BUCKETS) as f64 * width + 0.5 * (width - 1.0)
}

impl LevelClock {
    /// The level now.
    pub fn level(&self) -> usize {
        self.level
    }

    /// The level stood for `stood_s` seconds more.
    #[inline(always)]
    pub fn stand(&mut self, stood_s: f64) {
        match self.low.get_mut(self.level) {
            Some(time_s) => *time_s += stood_s,
            None => self.stand_high(stood_s),
        }
    }

    #[cold]
    #[inline(never)]
    fn stand_high(&mut self, stood_s: f64) {
        let place = bucket(self.level);
        if place >= self.high.len() {
            self.high.resize(place + SUB_BUCKETS, 0.0);
        }
        self.high[place] += stood_s;
        self.high_area += stood_s * self.level as f64;
    }

    /// Levels and the time spent at them, in ascending order.
    fn times(&self) -> impl Iterator<Item = (f64, f64)> {
        let low = self.low.iter().enumerate().map(|(level, time_s)| (level as f64, *time_s));
        let high = self.high.iter().enumerate().map(|(place, time_s)| (middle(place), *time_s));
        low.chain(high).filter(|(_, time_s)| *time_s > 0.0)
    }

    /// ∫level dt.
    fn area(&self) -> f64 {
        self.low.iter().enumerate().map(|(level, time_s)| level as f64 * time_s).sum::<f64>() + self.high_area
    }

    /// The level changes.
    #[inline(always)]
    pub fn set(&mut self, now_s: f64, level: usize) {
        if level > self.max {
            self.max = level;
            self.max_at_s = now_s;
        } else if level == 0 && self.level > 0 {
            self.emptied_s = now_s;
        }
        self.level = level;
    }

    /// Statistics start here; the level stays.
    pub fn restart(&mut self, now_s: f64) {
        self.max = self.level;
        self.max_at_s = now_s;
        self.low.fill(0.0);
        self.high.fill(0.0);
        self.high_area = 0.0;
    }

    /// Statistics of the `length_s` seconds since the last restart.
    pub fn statistics(&self, length_s: f64) -> LevelStatistics {
        LevelStatistics {
            mean: self.area() / length_s,
            p50: self.quantile(0.50),
            p95: self.quantile(0.95),
            p99: self.quantile(0.99),
            max: self.max as f64,
            max_at_s: self.max_at_s,
            emptied_s: (self.level == 0).then_some(self.emptied_s),
        }
    }

    /// The smallest level that was not exceeded for at least `share` of the time.
    pub fn quantile(&self, share: f64) -> f64 {
        let total: f64 = self.times().map(|(_, time_s)| time_s).sum();
        // Sums of many stretches carry rounding: a level that lacks a billionth of the time has it.
        let wanted = (share - 1e-9) * total;
        let mut seen = 0.0;
        let reached = self.times().find(|(_, time_s)| {
            seen += time_s;
            seen >= wanted
        });
        reached.map_or(self.max as f64, |(level, _)| level.min(self.max as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_consecutive_and_within_a_thousandth() {
        let mut last = 0;
        for level in (EXACT..20_000).chain((1 << 30)..(1 << 30) + 100) {
            let place = bucket(level);
            assert!(place >= last, "{level}");
            last = place;
            assert!((middle(place) - level as f64).abs() <= level as f64 / 1024.0, "{level}: {}", middle(place));
        }
    }

    fn follow(clock: &mut LevelClock, from_s: f64, changes: &[(f64, usize)], until_s: f64) {
        let mut since_s = from_s;
        for (now_s, level) in changes {
            clock.stand(now_s - since_s);
            clock.set(*now_s, *level);
            since_s = *now_s;
        }
        clock.stand(until_s - since_s);
    }

    #[test]
    fn time_decides_and_not_the_number_of_changes() {
        let mut clock = LevelClock::default();
        follow(&mut clock, 0.0, &[(1.0, 5), (2.0, 1), (9.0, 0), (9.5, 3), (10.0, 0)], 20.0);
        let found = clock.statistics(20.0);
        assert_eq!(found.mean, (5.0 + 7.0 + 1.5) / 20.0);
        assert_eq!((found.p50, found.p95, found.max, found.max_at_s), (0.0, 3.0, 5.0, 1.0));
        assert_eq!(found.emptied_s, Some(10.0));
    }

    #[test]
    fn high_levels_keep_their_exact_mean() {
        let mut clock = LevelClock::default();
        follow(&mut clock, 0.0, &[(1.0, 1_000_003), (3.0, 5)], 4.0);
        let found = clock.statistics(4.0);
        assert_eq!(found.mean, (2.0 * 1_000_003.0 + 5.0) / 4.0);
        assert!((found.p99 / 1_000_003.0 - 1.0).abs() < 1e-3);
        assert_eq!(found.emptied_s, None);
    }

    #[test]
    fn a_restart_keeps_the_level_and_forgets_the_past() {
        let mut clock = LevelClock::default();
        follow(&mut clock, 0.0, &[(1.0, 100), (2.0, 4)], 5.0);
        clock.restart(5.0);
        clock.stand(5.0);
        let found = clock.statistics(5.0);
        assert_eq!((found.mean, found.p99, found.max, found.max_at_s), (4.0, 4.0, 4.0, 5.0));
    }
}
