//! The few numbers by which one way of running a group is compared with another, one run at a time.
//!
//! Not here: means over runs (`estimate`), and differences between strategies (`paired`).

use super::estimate::Estimate;
use super::replication::Replication;
use crate::model::{GroupId, Model};

/// One of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Median wait in the queue of the compared group, seconds.
    WaitP50,
    /// 99th percentile of the same.
    WaitP99,
    /// Longest of the same.
    WaitMax,
    /// Median latency, seconds.
    LatencyP50,
    /// 99th percentile of the same.
    LatencyP99,
    /// Most ready messages at one time in the queue of the compared group.
    WorstBacklog,
    /// End of the last stretch with a ready message, seconds after the start; 0 if there never was one.
    DrainedAt,
    /// Replica-hours of all consumer groups in the measured time.
    ReplicaHours,
    /// What they cost, over all groups that have a price.
    Cost,
    /// Changes of the compared group's wanted number of replicas, per hour.
    ScaleEventsPerHour,
    /// Replicas of the compared group that were ready and had nothing to do: slots that have joined and are neither
    /// busy nor in overhead, averaged over the measured time and divided by the slots of a replica.
    WastedReplicas,
    /// Slot seconds of the compared group on attempts that failed, were interrupted or ended as duplicates.
    WastedWork,
}

impl Figure {
    /// All of them, in the order of reports.
    pub const ALL: [Figure; 12] = [
        Figure::WaitP50,
        Figure::WaitP99,
        Figure::WaitMax,
        Figure::LatencyP50,
        Figure::LatencyP99,
        Figure::WorstBacklog,
        Figure::DrainedAt,
        Figure::ReplicaHours,
        Figure::Cost,
        Figure::ScaleEventsPerHour,
        Figure::WastedReplicas,
        Figure::WastedWork,
    ];

    /// The key in files.
    pub fn key(self) -> &'static str {
        match self {
            Figure::WaitP50 => "wait_p50_s",
            Figure::WaitP99 => "wait_p99_s",
            Figure::WaitMax => "wait_max_s",
            Figure::LatencyP50 => "latency_p50_s",
            Figure::LatencyP99 => "latency_p99_s",
            Figure::WorstBacklog => "worst_backlog",
            Figure::DrainedAt => "drained_at_s",
            Figure::ReplicaHours => "replica_hours",
            Figure::Cost => "cost",
            Figure::ScaleEventsPerHour => "scale_events_per_hour",
            Figure::WastedReplicas => "wasted_replicas",
            Figure::WastedWork => "wasted_work_s",
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Figure::WaitP50 | Figure::WaitP99 | Figure::WaitMax => "no measured message started",
            Figure::LatencyP50 | Figure::LatencyP99 => "no measured message was acked",
            Figure::DrainedAt => "messages were ready at the horizon in every run",
            Figure::Cost => "no consumer group has a cost",
            _ => "it was not measured",
        }
    }
}

/// The numbers of one run, in the order of [`Figure::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures([Option<f64>; Figure::ALL.len()]);

impl Figures {
    /// What a run of `model` says about `group` and its queue.
    pub fn of(model: &Model, group: GroupId, run: &Replication) -> Self {
        let queue = &run.queues[model.groups[group].from];
        let staff = &run.groups[group];
        let measured_h = (model.horizon_s - model.warmup_s) / 3600.0;
        let costs = run.groups.iter().filter_map(|group| group.cost);
        let idle = staff.idle_slot_hours / f64::from(model.groups[group].slots_per_replica());
        let value = |figure: Figure| match figure {
            Figure::WaitP50 => queue.wait_s.p50,
            Figure::WaitP99 => queue.wait_s.p99,
            Figure::WaitMax => queue.wait_s.max,
            Figure::LatencyP50 => queue.latency_s.p50,
            Figure::LatencyP99 => queue.latency_s.p99,
            Figure::WorstBacklog => Some(queue.ready.max),
            Figure::DrainedAt => queue.ready.emptied_s,
            Figure::ReplicaHours => Some(run.groups.iter().map(|group| group.replica_hours).sum()),
            Figure::Cost => costs.clone().reduce(|sum, cost| sum + cost),
            Figure::ScaleEventsPerHour => Some((staff.scale_ups + staff.scale_downs) / measured_h),
            Figure::WastedReplicas => Some(idle / measured_h),
            Figure::WastedWork => Some(staff.wasted_work_s),
        };
        Self(Figure::ALL.map(value))
    }

    /// One of them, if it exists.
    pub fn get(&self, figure: Figure) -> Option<f64> {
        self.0[figure as usize]
    }
}

/// The mean of a number over those runs in which it exists, with its 95 % interval.
pub fn mean_of(figure: Figure, runs: &[Figures]) -> Estimate {
    let samples: Vec<f64> = runs.iter().filter_map(|run| run.get(figure)).collect();
    Estimate::of(&samples, figure.missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_place_and_its_own_key() {
        for (place, figure) in Figure::ALL.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
        }
        let keys: std::collections::BTreeSet<&str> = Figure::ALL.into_iter().map(Figure::key).collect();
        assert_eq!(keys.len(), Figure::ALL.len());
    }

    #[test]
    fn a_mean_is_over_the_runs_that_have_the_number() {
        let run = |wait| Figures(Figure::ALL.map(|figure| if figure == Figure::WaitP50 { wait } else { None }));
        let runs = [run(Some(1.0)), run(None), run(Some(3.0))];
        assert_eq!(mean_of(Figure::WaitP50, &runs).value, Some(2.0));
        assert!(mean_of(Figure::Cost, &runs).why_not.is_some());
    }
}
