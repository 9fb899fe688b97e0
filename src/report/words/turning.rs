//! From how many replicas on more of them do not help: contention, and resources that are all in use.

use crate::measure::Outcome;
use crate::model::{ConsumerGroup, Model};
use crate::report::number::{count, plural, share};

/// From this share of the time in use on, a resource is what limits.
const EXHAUSTED: f64 = 0.95;

/// One sentence for each group that contention or an exhausted resource limits.
pub(in crate::report) fn turning_points(outcome: &Outcome) -> Vec<String> {
    let model = &outcome.model;
    let by_contention = model.groups.iter().filter_map(|group| contention(outcome, group));
    by_contention.chain(resources(outcome)).collect()
}

/// Where throughput turns by the universal scalability law.
fn contention(outcome: &Outcome, group: &ConsumerGroup) -> Option<String> {
    let turns_at = group.contention?.turns_at()?.max(1.0);
    let replicas = (turns_at / f64::from(group.slots_per_replica())).max(1.0);
    let summaries = outcome.events.iter().flat_map(|events| &events.groups);
    let most = summaries.filter(|summary| summary.name == group.name).find_map(|summary| summary.replicas.max.value);
    let most = most.unwrap_or_else(|| f64::from(group.most_replicas()));
    let verdict = if most * f64::from(group.slots_per_replica()) > turns_at {
        format!("its {} are beyond that", plural(most, "replica"))
    } else {
        format!("its {} are below that", plural(most, "replica"))
    };
    Some(format!(
        "{}: contention turns throughput at {} ({}); {verdict}, and more busy slots do less together",
        group.name,
        plural(turns_at.floor(), "busy slot"),
        plural(replicas.ceil(), "replica"),
    ))
}

/// Resources that are in use nearly all the time, and how many replicas they are enough for.
fn resources(outcome: &Outcome) -> Vec<String> {
    let Some(events) = &outcome.events else { return Vec::new() };
    let exhausted = events.resources.iter().enumerate().filter_map(|(id, summary)| {
        let busy = summary.utilization.value.filter(|busy| *busy >= EXHAUSTED)?;
        Some((id, summary, busy))
    });
    let sentence = |(id, summary, busy): (usize, &crate::measure::summary::ResourceSummary, f64)| {
        let enough = users(&outcome.model, id).into_iter().map(|(group, units)| {
            let slots = f64::from(outcome.model.resources[id].slots) / f64::from(units);
            let replicas = (slots / f64::from(group.slots_per_replica())).floor();
            format!("more than {} of {} only wait for it", plural(replicas, "replica"), group.name)
        });
        let enough: Vec<String> = enough.collect();
        format!(
            "{}: {} of its units are in use on average, and {} slots wait; {}",
            summary.name,
            share(busy),
            summary.waiting.mean.value.map_or_else(|| "no".to_owned(), count),
            enough.join(", ")
        )
    };
    exhausted.map(sentence).collect()
}

/// Groups that use a resource, and units of it for each service.
fn users(model: &Model, resource: usize) -> Vec<(&ConsumerGroup, u32)> {
    let units = |group: &ConsumerGroup| group.uses.iter().find(|(id, _)| *id == resource).map(|(_, units)| *units);
    model.groups.iter().filter_map(|group| Some((group, units(group).filter(|units| *units > 0)?))).collect()
}
