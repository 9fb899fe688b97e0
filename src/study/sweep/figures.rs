//! The numbers of one queue that a sweep keeps, by whichever engine answered.

use super::point::QueuePoint;
use crate::measure::summary::{FluidQueue, FormulaQueue};
use crate::measure::{Estimate, EventsOutcome, Outcome};
use crate::model::{GroupId, Model, QueueId};
use crate::study::compare::fluid::replica_hours;
use crate::study::verdict::lost_share;

/// One of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueFigure {
    /// Ready + unacked, time-weighted mean.
    DepthMean,
    /// Mean over replications of its maximum.
    DepthMax,
    /// Most messages that waited at one time.
    BacklogMax,
    /// Mean wait, seconds.
    WaitMean,
    /// 99th percentile of the same.
    WaitP99,
    /// Longest of the same.
    WaitMax,
    /// Median latency, seconds.
    LatencyP50,
    /// 99th percentile of the same.
    LatencyP99,
    /// Busy slot time / slot time.
    Utilization,
    /// Replica-hours of the queue's consumer groups in the measured time.
    ReplicaHours,
    /// What they cost.
    Cost,
    /// Lost messages / published ones.
    LossShare,
    /// End of the last stretch with a ready message, seconds after the start; 0 if there never was one.
    DrainedAt,
}

impl QueueFigure {
    /// All of them, in the order of reports.
    pub const ALL: [QueueFigure; 13] = [
        QueueFigure::DepthMean,
        QueueFigure::DepthMax,
        QueueFigure::BacklogMax,
        QueueFigure::WaitMean,
        QueueFigure::WaitP99,
        QueueFigure::WaitMax,
        QueueFigure::LatencyP50,
        QueueFigure::LatencyP99,
        QueueFigure::Utilization,
        QueueFigure::ReplicaHours,
        QueueFigure::Cost,
        QueueFigure::LossShare,
        QueueFigure::DrainedAt,
    ];

    /// The key in files.
    pub fn key(self) -> &'static str {
        match self {
            QueueFigure::DepthMean => "depth_mean",
            QueueFigure::DepthMax => "depth_max",
            QueueFigure::BacklogMax => "backlog_max",
            QueueFigure::WaitMean => "wait_mean_s",
            QueueFigure::WaitP99 => "wait_p99_s",
            QueueFigure::WaitMax => "wait_max_s",
            QueueFigure::LatencyP50 => "latency_p50_s",
            QueueFigure::LatencyP99 => "latency_p99_s",
            QueueFigure::Utilization => "utilization",
            QueueFigure::ReplicaHours => "replica_hours",
            QueueFigure::Cost => "cost",
            QueueFigure::LossShare => "loss_share",
            QueueFigure::DrainedAt => "drained_at_s",
        }
    }

    /// The name by which `--show` knows it: its key without the unit.
    pub fn name(self) -> &'static str {
        self.key().trim_end_matches("_s")
    }
}

/// Every queue of an outcome, by the first engine that answered.
pub(super) fn queues(outcome: &Outcome) -> Vec<QueuePoint> {
    let model = &outcome.model;
    let figures = |queue: QueueId, figure: QueueFigure| match (&outcome.events, &outcome.fluid, &outcome.formula) {
        (Some(events), ..) => by_events(model, events, queue, figure),
        (None, Some(fluid), _) => by_fluid(model, fluid, queue, figure),
        (None, None, Some(formula)) => by_formula(model, &formula[queue], queue, figure),
        (None, None, None) => Estimate::missing("no engine ran"),
    };
    let point = |(id, queue): (QueueId, &crate::model::Queue)| QueuePoint {
        name: queue.name.clone(),
        figures: QueueFigure::ALL.into_iter().map(|figure| figures(id, figure)).collect(),
    };
    model.queues.iter().enumerate().map(point).collect()
}

fn groups_of(model: &Model, queue: QueueId) -> Vec<GroupId> {
    (0..model.groups.len()).filter(|group| model.groups[*group].from == queue).collect()
}

fn by_events(model: &Model, events: &EventsOutcome, queue: QueueId, figure: QueueFigure) -> Estimate {
    let summary = &events.queues[queue];
    let groups = groups_of(model, queue);
    match figure {
        QueueFigure::DepthMean => summary.depth.mean.clone(),
        QueueFigure::DepthMax => summary.depth.max.clone(),
        QueueFigure::BacklogMax => summary.ready.max.clone(),
        QueueFigure::WaitMean => summary.wait_s.mean.clone(),
        QueueFigure::WaitP99 => summary.wait_s.p99.clone(),
        QueueFigure::WaitMax => summary.wait_s.max.clone(),
        QueueFigure::LatencyP50 => summary.latency_s.p50.clone(),
        QueueFigure::LatencyP99 => summary.latency_s.p99.clone(),
        QueueFigure::Utilization => match groups.as_slice() {
            [] => Estimate::missing(NOBODY),
            [group] => events.groups[*group].utilization.clone(),
            _ => Estimate::missing(SEVERAL),
        },
        QueueFigure::ReplicaHours => {
            sum(&groups.iter().map(|group| &events.groups[*group].replica_hours).collect::<Vec<_>>(), NOBODY)
        }
        QueueFigure::Cost => {
            let priced = groups.iter().filter(|group| model.groups[**group].cost.is_some());
            sum(&priced.map(|group| &events.groups[*group].cost).collect::<Vec<_>>(), NO_COST)
        }
        QueueFigure::LossShare => summary.loss_share.clone(),
        QueueFigure::DrainedAt => summary.drained_at_s.clone(),
    }
}

const NOBODY: &str = "nobody consumes this queue";
const SEVERAL: &str = "several groups consume this queue: `forebay run` has the utilisation of each";
const NO_COST: &str = "no consumer group of this queue has a cost";

/// A sum of estimates. Its interval is at least as wide as it must be: the standard deviation of a sum is at most the
/// sum of the standard deviations.
fn sum(parts: &[&Estimate], why_not: &str) -> Estimate {
    let all = |of: fn(&Estimate) -> Option<f64>| parts.iter().map(|part| of(part)).sum::<Option<f64>>();
    match (parts, all(|part| part.value)) {
        ([], _) => Estimate::missing(why_not),
        (_, None) => parts.iter().find(|part| part.value.is_none()).map(|part| (*part).clone()).unwrap_or_default(),
        (_, value) => Estimate { value, low: all(|part| part.low), high: all(|part| part.high), why_not: None },
    }
}

fn exact(value: Option<f64>, why: &str) -> Estimate {
    match value {
        Some(value) => Estimate { value: Some(value), ..Estimate::default() },
        None => Estimate::missing(why),
    }
}

/// Replica-hours and cost of a queue's groups where nothing is left to chance.
fn hours_and_cost(model: &Model, fluid: &[FluidQueue], queue: QueueId, figure: QueueFigure) -> Estimate {
    let groups = groups_of(model, queue);
    let hours = |group: &GroupId| replica_hours(model, fluid, *group);
    let unknown = "a group is scaled in a way that only the events engine can follow";
    if groups.is_empty() {
        return Estimate::missing(NOBODY);
    }
    if figure == QueueFigure::ReplicaHours {
        return exact(groups.iter().map(hours).sum(), unknown);
    }
    let priced = groups.iter().filter_map(|group| Some((group, model.groups[*group].cost.as_ref()?)));
    let costs: Vec<Option<f64>> = priced.map(|(group, cost)| Some(cost.per_hour * hours(group)?)).collect();
    if costs.is_empty() { Estimate::missing(NO_COST) } else { exact(costs.into_iter().sum(), unknown) }
}

fn by_fluid(model: &Model, fluid: &[FluidQueue], queue: QueueId, figure: QueueFigure) -> Estimate {
    let answer = &fluid[queue];
    let why = answer.why_not.clone().unwrap_or_else(|| "the fluid engine has no such number".to_owned());
    match figure {
        QueueFigure::BacklogMax => exact(answer.max_backlog, &why),
        QueueFigure::WaitMax => exact(answer.max_delay_s, &why),
        QueueFigure::LossShare => exact(lost_share(model, queue, answer), &why),
        QueueFigure::DrainedAt if answer.max_backlog.is_some() => {
            exact(answer.drained_at_s, "messages still wait at the horizon")
        }
        QueueFigure::DrainedAt => Estimate::missing(why),
        QueueFigure::ReplicaHours | QueueFigure::Cost => hours_and_cost(model, fluid, queue, figure),
        QueueFigure::DepthMean | QueueFigure::DepthMax => {
            Estimate::missing("depth counts messages in service, which the fluid engine leaves out")
        }
        QueueFigure::WaitMean | QueueFigure::WaitP99 | QueueFigure::LatencyP50 | QueueFigure::LatencyP99 => {
            Estimate::missing("statistics of single messages need the events engine")
        }
        QueueFigure::Utilization => Estimate::missing("busy slots are counted by the events engine"),
    }
}

fn by_formula(model: &Model, answer: &FormulaQueue, queue: QueueId, figure: QueueFigure) -> Estimate {
    let why = answer.why_not.clone().unwrap_or_else(|| "there is no formula for this number".to_owned());
    match figure {
        QueueFigure::WaitMean => exact(answer.wait_mean_s, &why),
        QueueFigure::WaitP99 => exact(answer.wait_p99_s, &why),
        QueueFigure::LatencyP99 => exact(answer.latency_p99_s, &why),
        QueueFigure::Utilization => exact(answer.utilization, &why),
        QueueFigure::LossShare => exact(answer.loss, &why),
        QueueFigure::ReplicaHours | QueueFigure::Cost => hours_and_cost(model, &[], queue, figure),
        QueueFigure::DepthMean
        | QueueFigure::DepthMax
        | QueueFigure::BacklogMax
        | QueueFigure::WaitMax
        | QueueFigure::LatencyP50
        | QueueFigure::DrainedAt => Estimate::missing("a steady state in a formula has no such number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_place_and_its_own_key() {
        for (place, figure) in QueueFigure::ALL.into_iter().enumerate() {
            assert_eq!(figure as usize, place);
        }
        let keys: std::collections::BTreeSet<&str> = QueueFigure::ALL.into_iter().map(QueueFigure::name).collect();
        assert_eq!(keys.len(), QueueFigure::ALL.len());
    }

    #[test]
    fn a_sum_is_as_wide_as_its_parts_together() {
        let part = |value, half| Estimate {
            value: Some(value),
            low: Some(value - half),
            high: Some(value + half),
            why_not: None,
        };
        assert_eq!(sum(&[&part(3.0, 1.0), &part(4.0, 0.5)], ""), part(7.0, 1.5));
        let unknown = Estimate::missing("nobody knows");
        assert_eq!(sum(&[&part(3.0, 1.0), &unknown], ""), unknown);
        assert_eq!(sum(&[], "nothing").why_not.as_deref(), Some("nothing"));
    }
}
