//! One queue of an outcome as reports look at it: what each engine said about it, side by side.

use super::clock::Clock;
use crate::measure::summary::{CourseRates, FluidQueue, FormulaQueue, GroupSummary, QueueSummary, TransientQueue};
use crate::measure::{Outcome, QueueSeries};
use crate::model::{Arrivals, ConsumerGroup, Queue, Slo};

/// The share of the largest backlog from which another one is worth telling.
const NOTEWORTHY: f64 = 0.01;

/// Everything about one queue.
#[derive(Clone, Debug)]
pub(super) struct QueueView<'a> {
    pub outcome: &'a Outcome,
    pub queue: &'a Queue,
    pub index: usize,
    pub clock: Clock,
    pub summary: Option<&'a QueueSummary>,
    pub series: Option<&'a QueueSeries>,
    pub fluid: Option<&'a FluidQueue>,
    pub formula: Option<&'a FormulaQueue>,
    pub transient: Option<&'a TransientQueue>,
    /// Ends of the intervals of all series.
    pub time_s: Vec<f64>,
}

impl<'a> QueueView<'a> {
    /// All queues, in the order of the scenario.
    pub fn all(outcome: &'a Outcome) -> Vec<Self> {
        (0..outcome.model.queues.len()).map(|index| Self::of(outcome, index)).collect()
    }

    fn of(outcome: &'a Outcome, index: usize) -> Self {
        let queue = &outcome.model.queues[index];
        let events = outcome.events.as_ref();
        let series = events.and_then(|events| events.series.get(index)).filter(|series| !series.time_s.is_empty());
        Self {
            outcome,
            queue,
            index,
            clock: Clock::of(&outcome.model),
            summary: events.and_then(|events| events.queues.iter().find(|summary| summary.name == queue.name)),
            series,
            fluid: outcome.fluid.as_ref().and_then(|all| all.iter().find(|fluid| fluid.name == queue.name)),
            formula: outcome.formula.as_ref().and_then(|all| all.iter().find(|formula| formula.name == queue.name)),
            transient: outcome.transient.as_ref().and_then(|all| all.iter().find(|law| law.name == queue.name)),
            time_s: series.map_or_else(|| outcome.model.interval_ends_s(), |series| series.time_s.clone()),
        }
    }

    /// The queue's consumer groups with their summaries.
    pub fn groups(&self) -> Vec<(&'a ConsumerGroup, Option<&'a GroupSummary>)> {
        let summaries = self.outcome.events.as_ref().map(|events| &events.groups);
        let summary_of = |name: &str| summaries.and_then(|all| all.iter().find(|summary| summary.name == name));
        self.outcome.model.groups_of(self.index).map(|group| (group, summary_of(&group.name))).collect()
    }

    /// The promises about this queue.
    pub fn slos(&self) -> impl Iterator<Item = &'a Slo> {
        let index = self.index;
        self.outcome.model.slos.iter().filter(move |slo| slo.queue == index && slo.path.is_none())
    }

    /// Replications of the events engine, 0 if it did not run.
    pub fn replications(&self) -> u32 {
        self.outcome.events.as_ref().map_or(0, |events| events.replications)
    }

    /// P(t), averaged over each interval: exact from the fluid engine, measured otherwise.
    pub fn publish_rate(&self) -> &'a [f64] {
        self.rates(|fluid| &fluid.publish_rate, |series| &series.publish_rate)
    }

    /// C(t), averaged over each interval: exact from the fluid engine, measured otherwise.
    pub fn capacity_rate(&self) -> &'a [f64] {
        self.rates(|fluid| &fluid.capacity_rate, |series| &series.capacity_rate)
    }

    fn rates(
        &self,
        exact: impl Fn(&'a FluidQueue) -> &'a Vec<f64>,
        measured: impl Fn(&'a QueueSeries) -> &'a Vec<f64>,
    ) -> &'a [f64] {
        let exact = self.fluid.map(exact).filter(|rates| !rates.is_empty());
        exact.or_else(|| self.series.map(measured)).map_or(&[], Vec::as_slice)
    }

    /// The fluid engine's M(t) from t = 0 on, if it has an answer.
    pub fn fluid_backlog(&self) -> Option<&'a [f64]> {
        self.fluid.map(|fluid| fluid.backlog.as_slice()).filter(|backlog| !backlog.is_empty())
    }

    /// P and C between the rows, if the fluid engine knows them.
    pub fn exact_rates(&self) -> Option<&'a CourseRates> {
        self.fluid?.course.as_ref()?.rates.as_ref()
    }

    /// Stretches with a fluid backlog: begin, end, largest backlog. Exact where the engine knows its course, from row
    /// to row otherwise. What stays below a hundredth of the largest is left out.
    pub fn backlog_stretches(&self) -> Vec<(f64, f64, f64)> {
        let mut stretches = match self.fluid.and_then(|fluid| fluid.course.as_ref()) {
            Some(course) => course.waiting.clone(),
            None => self.backlog_rows(),
        };
        let most = stretches.iter().map(|stretch| stretch.2).fold(0.0, f64::max);
        stretches.retain(|stretch| stretch.2 >= NOTEWORTHY * most);
        stretches
    }

    fn backlog_rows(&self) -> Vec<(f64, f64, f64)> {
        let Some(backlog) = self.fluid_backlog() else { return Vec::new() };
        let mut stretches: Vec<(f64, f64, f64)> = Vec::new();
        let (mut waits, initial) = (self.queue.initial > 0, self.queue.initial as f64);
        if waits {
            stretches.push((0.0, 0.0, initial));
        }
        for (k, level) in backlog.iter().enumerate() {
            let (from_s, until_s) = self.interval_s(k);
            match stretches.last_mut() {
                Some(stretch) if waits => *stretch = (stretch.0, until_s, stretch.2.max(*level)),
                _ if *level > 0.0 => stretches.push((from_s, until_s, *level)),
                _ => {}
            }
            waits = *level > 0.0;
        }
        // The engine knows the very instant at which the last one ends.
        let drained_s = self.fluid.and_then(|fluid| fluid.drained_at_s);
        if let Some((last, drained_s)) = stretches.last_mut().zip(drained_s).filter(|(last, t)| last.1 >= *t) {
            last.1 = drained_s;
        }
        stretches
    }

    /// Rates and utilisation over intervals that are long enough to hold a rate.
    pub fn flow(&self) -> Flow {
        Flow::of(self)
    }

    /// Begin and end of interval number `k`.
    pub fn interval_s(&self, k: usize) -> (f64, f64) {
        (if k == 0 { 0.0 } else { self.time_s[k - 1] }, self.time_s[k])
    }
}

/// Rates and utilisation over time. Intervals that would hold a few messages only are joined: one message in a tenth of
/// a second is no rate of ten per second.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flow {
    /// Ends of the intervals.
    pub ends_s: Vec<f64>,
    /// P, messages per second.
    pub publish: Vec<f64>,
    /// C, messages per second.
    pub capacity: Vec<f64>,
    /// Acks per second, if they were measured.
    pub acked: Option<Vec<f64>>,
    /// Busy slot time / slot time, where there was a slot.
    pub utilization: Vec<Option<f64>>,
}

impl Flow {
    /// Messages that an interval should hold, over all replications where these differ.
    const FEW: f64 = 10.0;
    /// Intervals that are left even of the quietest run.
    const LEAST_INTERVALS: usize = 12;

    fn of(view: &QueueView) -> Self {
        let rows = view.time_s.len();
        let joined = Self::joined(view);
        let groups: Vec<(usize, usize)> =
            (0..rows).step_by(joined).map(|from| (from, (from + joined).min(rows))).collect();
        let length = |k: usize| view.interval_s(k).1 - view.interval_s(k).0;
        let mean = |value: &dyn Fn(usize) -> Option<f64>, (from, until): (usize, usize)| {
            let known = (from..until).filter_map(|k| Some((value(k)?, length(k))));
            let (sum, time_s) =
                known.fold((0.0, 0.0), |(sum, time), (value, length)| (sum + value * length, time + length));
            match until - from {
                1 => value(from),
                _ => (time_s > 0.0).then(|| sum / time_s),
            }
        };
        let averages = |rates: &[f64]| -> Vec<f64> {
            groups.iter().map(|group| mean(&|k| rates.get(k).copied(), *group).unwrap_or_default()).collect()
        };
        let busy = view.series.map_or(&[][..], |series| &series.utilization);
        Self {
            ends_s: groups.iter().map(|(_, until)| view.time_s[until - 1]).collect(),
            publish: averages(view.publish_rate()),
            capacity: averages(view.capacity_rate()),
            acked: view.series.map(|series| averages(&series.ack_rate)),
            utilization: groups.iter().map(|group| mean(&|k| busy.get(k).copied().flatten(), *group)).collect(),
        }
    }

    /// How many intervals are joined into one.
    fn joined(view: &QueueView) -> usize {
        let rates = view.publish_rate();
        let per_run: f64 =
            rates.iter().enumerate().map(|(k, rate)| rate * (view.interval_s(k).1 - view.interval_s(k).0)).sum();
        let is_recording = |producer: &crate::model::Producer| matches!(producer.arrivals, Arrivals::Recorded(_));
        let recorded = view.outcome.model.producers_of(view.index).any(is_recording);
        if per_run <= 0.0 || (view.series.is_none() && !recorded) {
            return 1;
        }
        let seen = if recorded { per_run } else { per_run * f64::from(view.replications()) };
        let rows = view.time_s.len();
        let intervals = ((seen / Self::FEW) as usize).clamp(Self::LEAST_INTERVALS, rows.max(Self::LEAST_INTERVALS));
        rows.div_ceil(intervals).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, Setup};

    #[test]
    fn a_busy_run_keeps_its_intervals() {
        let outcome = fixture::flash_sale();
        let view = &QueueView::all(&outcome)[0];
        assert_eq!(view.flow().ends_s, view.time_s);
        assert_eq!(view.flow().publish, view.publish_rate());
    }

    #[test]
    fn a_quiet_run_is_averaged_over_longer_intervals() {
        let once_a_second = |t: f64| if (t * 10.0).floor() % 10.0 == 1.0 { 10.0 } else { 0.0 };
        let setup = Setup { horizon_s: 12.0, rows: 120, publish: once_a_second, replications: 1, ..Setup::default() };
        let outcome = fixture::outcome(&setup);
        let flow = QueueView::all(&outcome)[0].flow();
        assert_eq!(flow.ends_s.len(), 12);
        assert!(flow.publish.iter().all(|rate| (rate - 1.0).abs() < 1e-9), "{:?}", flow.publish);
    }
}
