//! Waits by the interval in which their messages were published.
//!
//! Each interval has its own histogram as long as messages of it may still start; then its mean and p99 are kept and
//! the histogram serves another interval. The total is the sum of the intervals, so that a wait is recorded once.

use std::sync::Arc;

use super::histogram::Histogram;
use crate::units::Seconds;

/// Waits of one queue's messages.
pub(super) struct IntervalWaits {
    ends_s: Arc<[Seconds]>,
    warmup_s: Seconds,
    /// Statistics start inside an interval: its histogram is no part of the total.
    warmup_splits: bool,
    /// Interval of the last wait, and its bounds: in a FIFO queue the next wait is most often of the same one.
    current: usize,
    from_s: Seconds,
    until_s: Seconds,
    /// The current interval, taken out of `intervals`: to find it there again for every wait would cost more than
    /// to count the wait.
    here: Interval,
    /// Intervals whose publishing is over, and the end of the first other one; infinite if there is none.
    ended: usize,
    next_end_s: Seconds,
    /// Messages published at that end, before the interval was told to end: they belong to the one after it. And
    /// those of the end before.
    ahead: u64,
    ahead_before: u64,
    intervals: Vec<Interval>,
    pool: Vec<Histogram>,
    total: Histogram,
}

struct Interval {
    waits: Histogram,
    /// Messages that were published and did not get lost before they started, known when the interval has ended.
    expected: u64,
    /// Messages lost before that.
    lost: u64,
    mean_s: Option<Seconds>,
    p99_s: Option<Seconds>,
}

impl Interval {
    fn new() -> Self {
        Interval { waits: Histogram::default(), expected: u64::MAX, lost: 0, mean_s: None, p99_s: None }
    }
}

impl IntervalWaits {
    pub fn new(ends_s: Arc<[Seconds]>, warmup_s: Seconds) -> Self {
        let splits = warmup_s > 0.0 && !ends_s.contains(&warmup_s);
        IntervalWaits {
            warmup_s,
            warmup_splits: splits,
            current: 0,
            from_s: 0.0,
            until_s: ends_s[0],
            here: Interval::new(),
            ended: 0,
            next_end_s: ends_s[0],
            ahead: 0,
            ahead_before: 0,
            intervals: (0..ends_s.len()).map(|_| Interval::new()).collect(),
            pool: Vec::new(),
            total: Histogram::default(),
            ends_s,
        }
    }

    #[inline(always)]
    fn find(&mut self, published_s: Seconds) -> bool {
        (published_s >= self.from_s && published_s < self.until_s) || self.seek(published_s)
    }

    /// Makes the interval of `published_s` the current one; false past the horizon.
    #[cold]
    #[inline(never)]
    fn seek(&mut self, published_s: Seconds) -> bool {
        let place = self.ends_s.partition_point(|end_s| *end_s <= published_s);
        if place == self.ends_s.len() {
            return false;
        }
        std::mem::swap(&mut self.here, &mut self.intervals[self.current]);
        std::mem::swap(&mut self.here, &mut self.intervals[place]);
        if self.here.waits.count() == 0
            && let Some(unused) = self.pool.pop()
        {
            self.here.waits = unused;
        }
        self.current = place;
        self.from_s = if place == 0 { 0.0 } else { self.ends_s[place - 1] };
        self.until_s = self.ends_s[place];
        true
    }

    fn interval(&mut self, place: usize) -> &mut Interval {
        if place == self.current { &mut self.here } else { &mut self.intervals[place] }
    }

    #[inline(always)]
    pub fn published(&mut self, now_s: Seconds) {
        if now_s >= self.next_end_s {
            self.ahead += 1;
        }
    }

    #[inline(always)]
    pub fn started(&mut self, published_s: Seconds, wait_s: Seconds) {
        if !self.find(published_s) {
            return;
        }
        if self.warmup_splits && published_s >= self.warmup_s {
            self.total.record(wait_s);
        }
        self.here.waits.record(wait_s);
        if self.here.waits.count() == self.here.expected {
            self.settle(self.current);
        }
    }

    pub fn lost(&mut self, published_s: Seconds) {
        if !self.find(published_s) {
            return;
        }
        let interval = &mut self.here;
        interval.lost += 1;
        if interval.expected < u64::MAX {
            interval.expected -= 1;
            if interval.waits.count() == interval.expected {
                self.settle(self.current);
            }
        }
    }

    /// The first interval that had not ended does so: `published` messages came since the last one ended.
    ///
    /// What consumers publish or a broker dead-letters at the very end may come before this is told, or after it.
    pub fn interval_ends(&mut self, published: u64) {
        let published = published + std::mem::take(&mut self.ahead_before) - self.ahead;
        self.ahead_before = std::mem::take(&mut self.ahead);
        let interval = self.interval(self.ended);
        interval.expected = published - interval.lost;
        if interval.waits.count() == interval.expected {
            self.settle(self.ended);
        }
        self.ended += 1;
        self.next_end_s = self.ends_s.get(self.ended).copied().unwrap_or(f64::INFINITY);
    }

    #[cold]
    #[inline(never)]
    fn settle(&mut self, place: usize) {
        let interval = self.interval(place);
        let mut waits = std::mem::take(&mut interval.waits);
        if waits.count() == 0 {
            return;
        }
        (interval.mean_s, interval.p99_s) = (waits.mean(), waits.quantile(0.99));
        let from_s = if place == 0 { 0.0 } else { self.ends_s[place - 1] };
        if !self.warmup_splits && from_s >= self.warmup_s {
            self.total.merge(&waits);
        }
        waits.clear();
        self.pool.push(waits);
    }

    /// All waits since the warm-up, and mean and p99 interval by interval.
    #[expect(clippy::type_complexity, reason = "two columns of a table, taken apart at once")]
    pub fn finish(mut self) -> (Histogram, (Vec<Option<f64>>, Vec<Option<f64>>)) {
        (0..self.intervals.len()).for_each(|place| self.settle(place));
        std::mem::swap(&mut self.here, &mut self.intervals[self.current]);
        let rows = self.intervals.iter().map(|interval| (interval.mean_s, interval.p99_s)).unzip();
        (self.total, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_starts_count_for_the_interval_of_their_publish() {
        let mut waits = IntervalWaits::new([10.0, 20.0].into(), 0.0);
        waits.started(1.0, 2.0);
        waits.interval_ends(2);
        waits.started(12.0, 1.0);
        waits.started(9.0, 6.0);
        waits.interval_ends(1);
        let (total, (mean_s, _)) = waits.finish();
        assert_eq!(mean_s, [Some(4.0), Some(1.0)]);
        assert_eq!((total.count(), total.mean()), (3, Some(3.0)));
    }

    /// A dead letter of the instant at which an interval ends belongs to the next one, whichever is told first.
    #[test]
    fn what_is_published_at_the_end_of_an_interval_belongs_to_the_next() {
        let mut waits = IntervalWaits::new([10.0, 20.0, 30.0].into(), 0.0);
        for now_s in [1.0, 10.0] {
            waits.published(now_s);
        }
        waits.started(1.0, 2.0);
        waits.interval_ends(2);
        waits.lost(10.0);
        waits.interval_ends(0);
        waits.published(20.0);
        waits.started(20.0, 3.0);
        waits.interval_ends(1);
        assert_eq!(waits.finish().1.0, [Some(2.0), None, Some(3.0)]);
    }

    #[test]
    fn the_total_starts_at_the_warm_up_even_inside_an_interval() {
        for (warmup_s, count) in [(0.0, 4), (10.0, 2), (5.0, 3), (15.0, 1)] {
            let mut waits = IntervalWaits::new([10.0, 20.0].into(), warmup_s);
            for published_s in [1.0, 9.0, 11.0, 19.0] {
                waits.started(published_s, 1.0);
            }
            assert_eq!(waits.finish().0.count(), count, "{warmup_s}");
        }
    }

    #[test]
    fn messages_past_the_horizon_are_not_counted() {
        let mut waits = IntervalWaits::new([10.0].into(), 0.0);
        waits.started(10.0, 1.0);
        assert_eq!(waits.finish().0.count(), 0);
    }
}
