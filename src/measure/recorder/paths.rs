//! End-to-end latencies, from the publish into a path's first queue to the last ack of what came of it.

use crate::measure::histogram::Histogram;
use crate::measure::replication::{Durations, PathResult, statistic};
use crate::model::{Model, Promise, Slo};
use crate::units::Seconds;

/// Measures one path.
pub(super) struct PathRecorder<'m> {
    warmup_s: Seconds,
    horizon_s: Seconds,
    latency: Histogram,
    broken: u64,
    /// Measured journeys that have not ended.
    open: u64,
    /// Whether all of its queues are left at some time.
    is_awaited: bool,
    /// Promises about a window of their own, and the latencies in it.
    windows: Vec<(&'m Slo, Histogram)>,
}

impl<'m> PathRecorder<'m> {
    pub fn new(model: &'m Model, path: usize) -> Self {
        let is_left = |queue: &usize| model.groups_of(*queue).next().is_some() || model.queues[*queue].ttl.is_some();
        let windows = model.slos.iter().filter(|slo| slo.path == Some(path) && slo.during.is_some());
        PathRecorder {
            warmup_s: model.warmup_s,
            horizon_s: model.horizon_s,
            latency: Histogram::default(),
            broken: 0,
            open: 0,
            is_awaited: model.paths[path].queues.iter().all(is_left),
            windows: windows.map(|slo| (slo, Histogram::default())).collect(),
        }
    }

    fn is_measured(&self, origin_s: Seconds) -> bool {
        origin_s >= self.warmup_s && origin_s < self.horizon_s
    }

    pub fn started(&mut self, now_s: Seconds) {
        self.open += u64::from(self.is_measured(now_s));
    }

    pub fn ended(&mut self, now_s: Seconds, origin_s: Seconds, completed: bool) {
        if !self.is_measured(origin_s) {
            return;
        }
        self.open -= 1;
        if !completed {
            self.broken += 1;
            return;
        }
        self.latency.record(now_s - origin_s);
        for (slo, latency) in &mut self.windows {
            if slo.during.is_some_and(|window| origin_s >= window.from_s && origin_s < window.until_s) {
                latency.record(now_s - origin_s);
            }
        }
    }

    /// Whether every measured journey that can end has ended.
    pub fn is_settled(&self) -> bool {
        self.open == 0 || !self.is_awaited
    }

    /// The statistic that a promise about this path speaks of.
    pub fn promised(&self, slo: &Slo) -> Option<f64> {
        let Promise::Latency(quantile, _) = slo.promise else { return None };
        let window = self.windows.iter().find(|(other, _)| *other == slo);
        statistic(window.map_or(&self.latency, |(_, latency)| latency), quantile)
    }

    pub fn finish(&self) -> PathResult {
        PathResult {
            completed: self.latency.count() as f64,
            broken: self.broken as f64,
            unfinished: self.open as f64,
            latency_s: Durations::of(&self.latency),
        }
    }
}
