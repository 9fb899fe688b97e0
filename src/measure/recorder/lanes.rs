//! Levels of a queue with priorities, and partitions of a log.
//!
//! Not here: message groups, which have no order among them that a report could follow.

use crate::engine::events::Message;
use crate::measure::histogram::Histogram;
use crate::measure::replication::{Durations, LevelResult, PartitionsResult};
use crate::model::{Model, Order, QueueId};
use crate::units::Seconds;

/// Waits by level, the most urgent first.
#[derive(Debug)]
pub(super) struct Levels {
    waits: Vec<Histogram>,
}

impl Levels {
    /// Levels, if the queue has any.
    pub fn of(model: &Model, queue: QueueId) -> Option<Self> {
        match &model.queues[queue].order {
            Order::Priorities(shares) => Some(Levels { waits: vec![Histogram::default(); shares.len()] }),
            Order::Fifo | Order::Partitions(_) | Order::Groups(_) => None,
        }
    }

    /// A measured message has started for the first time.
    pub fn started(&mut self, message: &Message, wait_s: Seconds) {
        if let Some(waits) = self.waits.get_mut(message.lane() as usize) {
            waits.record(wait_s);
        }
    }

    pub fn finish(&self) -> Vec<LevelResult> {
        let started: u64 = self.waits.iter().map(Histogram::count).sum();
        let result = |waits: &Histogram| LevelResult {
            share: (started > 0).then(|| waits.count() as f64 / started as f64),
            wait_s: Durations::of(waits),
        };
        self.waits.iter().map(result).collect()
    }
}

/// What entered each partition, and the largest lag at the end of an interval.
#[derive(Debug, Default)]
pub(super) struct PartitionClock {
    /// Messages that had entered each partition when statistics started, and that have by now.
    before: Vec<u64>,
    entered: Vec<u64>,
    max_lag: u64,
}

impl PartitionClock {
    /// A clock, if the queue is a log in partitions.
    pub fn of(model: &Model, queue: QueueId) -> Option<Self> {
        matches!(model.queues[queue].order, Order::Partitions(_)).then(Self::default)
    }

    /// An interval ends; it counts if it began when statistics had started.
    pub fn tick(&mut self, is_measured: bool, offsets: &mut dyn Iterator<Item = (u64, u64)>) {
        let offsets: Vec<(u64, u64)> = offsets.collect();
        self.entered = offsets.iter().map(|(entered, _)| *entered).collect();
        if is_measured {
            let lag = offsets.iter().map(|(entered, left)| entered - left).max();
            self.max_lag = self.max_lag.max(lag.unwrap_or(0));
        } else {
            self.before.clone_from(&self.entered);
        }
    }

    pub fn finish(&self) -> PartitionsResult {
        let before = self.before.iter().copied().chain(std::iter::repeat(0));
        let came: Vec<u64> = self.entered.iter().zip(before).map(|(entered, before)| entered - before).collect();
        let all: u64 = came.iter().sum();
        let hottest = came.iter().copied().max().unwrap_or(0);
        PartitionsResult { max_lag: self.max_lag as f64, hottest_share: (all > 0).then(|| hottest as f64 / all as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_statistics_started_does_not_count() {
        let mut clock = PartitionClock::default();
        clock.tick(false, &mut [(100, 0), (0, 0)].into_iter());
        clock.tick(true, &mut [(101, 101), (3, 1)].into_iter());
        let found = clock.finish();
        assert_eq!((found.max_lag, found.hottest_share), (2.0, Some(0.75)));
        assert_eq!(PartitionClock::default().finish().hottest_share, None);
    }
}
