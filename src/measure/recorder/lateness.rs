//! Publishes that came later than the producer's clock had planned, because that clock stood.

use crate::measure::replication::LateResult;
use crate::model::{Model, Overflow, Producer, WhenAway};
use crate::units::Seconds;

/// Counts the late publishes of one producer.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    late: u64,
    late_s: Seconds,
    before: (u64, Seconds),
    result: LateResult,
}

/// Whether a producer's clock can stand: for confirms, at a full queue or without a broker.
pub(in crate::measure) fn can_be_late(model: &Model, producer: &Producer) -> bool {
    let stops_it = |queue: &usize| {
        let queue = &model.queues[*queue];
        (queue.overflow == Overflow::Block && queue.capacity.is_some())
            || (!queue.broker_outages.is_empty() && producer.when_away == WhenAway::Block)
    };
    producer.confirms.is_some() || model.queues_of(producer.to).iter().any(stops_it)
}

impl Lateness {
    pub fn add(&mut self, late_s: Seconds) {
        self.late += 1;
        self.late_s += late_s;
    }

    pub fn warmed_up(&mut self) {
        self.before = (self.late, self.late_s);
    }

    pub fn horizon(&mut self) {
        let late = (self.late - self.before.0) as f64;
        let mean_s = (late > 0.0).then(|| (self.late_s - self.before.1) / late);
        self.result = LateResult { late, mean_s };
    }

    pub fn finish(self) -> LateResult {
        self.result
    }
}
