//! Durations counted in logarithmic buckets: quantiles to three significant digits in constant memory.
//!
//! A bucket is the first ten bits of a number's mantissa, so that it is at most 1/1024 of its value wide and its middle
//! at most 0.05 % from any value in it. Mean, minimum and maximum are exact.

/// Mantissa bits that a bucket ignores.
const SHIFT: u32 = 52 - 10;
/// Buckets from one power of two to the next.
const PER_OCTAVE: usize = 1 << 10;
/// The first octave begins at 2^-30 s, just below a nanosecond; shorter durations count as none.
const FIRST: usize = (1023 - 30) << 10;
/// 64 octaves: the last one ends after five centuries.
const BUCKETS: usize = 64 * PER_OCTAVE;

/// A histogram of durations in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Allocated as zero pages: an octave that is never touched costs nothing.
    counts: Vec<u64>,
    total: u64,
    sum: f64,
    /// Smallest of the durations that have a bucket.
    min: f64,
    max: f64,
    /// Durations too short for a bucket, and the smallest of them.
    short: u64,
    shortest: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            counts: Vec::new(),
            total: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            short: 0,
            shortest: f64::INFINITY,
        }
    }
}

/// The bucket of a duration; beyond all numbers of buckets where it is too short.
#[inline(always)]
fn bucket(value_s: f64) -> usize {
    ((value_s.to_bits() >> SHIFT) as usize).wrapping_sub(FIRST)
}

impl Histogram {
    /// Counts one duration.
    #[inline(always)]
    pub fn record(&mut self, value_s: f64) {
        self.sum += value_s;
        self.total += 1;
        if value_s > self.max {
            self.max = value_s;
        }
        match self.counts.get_mut(bucket(value_s)) {
            Some(count) => {
                *count += 1;
                // A plain comparison: a duration is never NaN, and `f64::min` would allow for it at some cost.
                if value_s < self.min {
                    self.min = value_s;
                }
            }
            None => self.record_outside(value_s),
        }
    }

    /// The same with `count` more durations of `value_s`.
    #[must_use]
    pub fn with(&self, count: u64, value_s: f64) -> Histogram {
        let mut all = self.clone();
        if count > 0 {
            all.record(value_s);
            let more = count - 1;
            match all.counts.get_mut(bucket(value_s).min(BUCKETS - 1)) {
                Some(place) if bucket(value_s) < usize::MAX / 2 => *place += more,
                _ => all.short += more,
            }
            all.total += more;
            all.sum += more as f64 * value_s;
        }
        all
    }

    /// A duration outside the buckets, or the first of all.
    #[inline(never)]
    fn record_outside(&mut self, value_s: f64) {
        let place = bucket(value_s);
        if place > usize::MAX / 2 {
            self.short += 1;
            self.shortest = self.shortest.min(value_s);
        } else {
            if self.counts.is_empty() {
                self.counts = vec![0; BUCKETS];
            }
            self.counts[place.min(BUCKETS - 1)] += 1;
            self.min = self.min.min(value_s);
        }
    }

    /// The octaves from the smallest to the largest duration, as ranges of buckets in ascending order: only they can
    /// have counts.
    fn octaves(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let octave = |value_s: f64| bucket(value_s).min(BUCKETS - 1) / PER_OCTAVE;
        let octaves = if self.min <= self.max { octave(self.min)..octave(self.max) + 1 } else { 0..0 };
        octaves.map(|octave| octave * PER_OCTAVE..(octave + 1) * PER_OCTAVE)
    }

    /// The smallest duration of all.
    fn smallest(&self) -> f64 {
        self.min.min(self.shortest)
    }

    /// Adds everything that `other` counted.
    pub fn merge(&mut self, other: &Histogram) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.short += other.short;
        self.shortest = self.shortest.min(other.shortest);
        self.total += other.total;
        self.sum += other.sum;
        if self.counts.is_empty() && !other.counts.is_empty() {
            self.counts = vec![0; BUCKETS];
        }
        for octave in other.octaves() {
            let counts = self.counts[octave.clone()].iter_mut().zip(&other.counts[octave]);
            counts.for_each(|(here, there)| *here += there);
        }
    }

    /// Forgets everything but keeps the room.
    pub fn clear(&mut self) {
        self.octaves().for_each(|octave| self.counts[octave].fill(0));
        let counts = std::mem::take(&mut self.counts);
        *self = Histogram { counts, ..Histogram::default() };
    }

    /// Durations counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// Sum of the durations in seconds.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Arithmetic mean in seconds, if there is anything.
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum / self.total as f64)
    }

    /// Largest duration in seconds, if there is anything.
    pub fn max(&self) -> Option<f64> {
        (self.total > 0).then_some(self.max)
    }

    /// The smallest duration that at least `share` of all do not exceed, to 0.05 %.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = ((share * self.total as f64).ceil() as u64).clamp(1, self.total.max(1));
        if self.total == 0 {
            return None;
        }
        let mut seen = self.short;
        if seen >= wanted {
            return Some(self.smallest());
        }
        for octave in self.octaves() {
            let first = octave.start;
            let counts = &self.counts[octave];
            let within: u64 = counts.iter().sum();
            if seen + within < wanted {
                seen += within;
                continue;
            }
            let place = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            let bucket = FIRST + first + place.unwrap_or(PER_OCTAVE - 1);
            let middle = ((bucket as u64) << SHIFT) | (1 << (SHIFT - 1));
            return Some(f64::from_bits(middle).clamp(self.smallest(), self.max));
        }
        Some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_half_a_thousandth() {
        let mut histogram = Histogram::default();
        let values: Vec<f64> = (1..=100_000).map(|k| 1e-4 * f64::from(k).powf(1.7)).collect();
        values.iter().rev().for_each(|value| histogram.record(*value));
        for share in [0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let exact = values[(share * values.len() as f64).ceil() as usize - 1];
            let found = histogram.quantile(share).unwrap();
            assert!((found / exact - 1.0).abs() <= 0.0005, "{share}: {found} for {exact}");
        }
        assert_eq!(histogram.max(), values.last().copied());
    }

    #[test]
    fn equal_values_are_reported_exactly() {
        let mut histogram = Histogram::default();
        (0..10).for_each(|_| histogram.record(0.001));
        assert_eq!(histogram.quantile(0.5), Some(0.001));
        assert_eq!(histogram.quantile(0.99), Some(0.001));
    }

    #[test]
    fn merging_counts_everything_once() {
        let (mut left, mut right, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for k in 0..1000 {
            let value = 0.9_f64.powi(k % 200) * f64::from(k % 3);
            if k % 2 == 0 { &mut left } else { &mut right }.record(value);
            both.record(value);
        }
        left.merge(&right);
        assert_eq!(left.count(), both.count());
        for share in [0.1, 0.5, 0.99] {
            assert_eq!(left.quantile(share), both.quantile(share));
        }
    }

    #[test]
    fn many_equal_durations_count_as_often_as_they_are() {
        let mut one_by_one = Histogram::default();
        (1..=100).for_each(|k| one_by_one.record(f64::from(k)));
        let at_once = one_by_one.with(50, 7200.0);
        (0..50).for_each(|_| one_by_one.record(7200.0));
        assert_eq!(at_once, one_by_one);
        assert_eq!(Histogram::default().with(3, 0.0).quantile(0.5), Some(0.0));
        assert_eq!(one_by_one.with(0, 1.0), one_by_one);
    }

    #[test]
    fn an_empty_histogram_has_no_statistics() {
        let histogram = Histogram::default();
        assert_eq!((histogram.mean(), histogram.max(), histogram.quantile(0.5)), (None, None, None));
    }
}
