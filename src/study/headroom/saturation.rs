//! From which factor on a queue's consumers or a shared resource have more work than they can do.
//!
//! Means only: who works at 100 % on average is late long before. Not here: what that does to promises.

use super::{Saturated, Saturation};
use crate::engine::fluid::{self, FluidQueue};
use crate::model::{ConsumerGroup, Model, QueueId};

/// Everything that could be saturated, the first one first.
pub(super) fn saturation(model: &Model) -> Vec<Saturation> {
    let fluid = fluid::integrate(model);
    let queues = (0..model.queues.len()).filter_map(|queue| of_queue(model, queue, &fluid[queue]));
    let resources = (0..model.resources.len()).filter_map(|resource| of_resource(model, resource, &fluid));
    let mut found: Vec<Saturation> = queues.chain(resources).collect();
    let first = |one: &Saturation| one.at_peak.unwrap_or(one.on_average).min(one.on_average);
    found.sort_by(|a, b| first(a).total_cmp(&first(b)));
    found
}

fn of_queue(model: &Model, queue: QueueId, fluid: &FluidQueue) -> Option<Saturation> {
    model.groups_of(queue).next()?;
    let is_scaled = model.groups_of(queue).any(|group| group.scaling.is_some());
    let ends_s = model.interval_ends_s();
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let published = published(model, queue, fluid, &ends_s)?;
    let most: f64 = model.groups_of(queue).map(|group| most_per_s(model, group)).sum();
    let known = !is_scaled && fluid.capacity_rate.len() == ends_s.len();
    let capacity = |row: usize| if known { fluid.capacity_rate[row] } else { most };
    let (mut offered, mut possible, mut at_peak) = (0.0, 0.0, f64::INFINITY);
    for (row, (begin_s, end_s)) in begins_s.zip(ends_s.iter().copied()).enumerate() {
        let (rate, most) = (published[row], capacity(row));
        offered += rate * (end_s - begin_s);
        possible += most * (end_s - begin_s);
        if rate > 0.0 && !somebody_is_away(model, queue, begin_s, end_s) {
            at_peak = at_peak.min(most / rate);
        }
    }
    let name = model.queues[queue].name.clone();
    let at_peak = at_peak.is_finite().then_some(at_peak);
    let on_average = possible / offered;
    (offered > 0.0).then_some(Saturation { what: Saturated::Queue(queue), name, on_average, at_peak })
}

/// Mean publish rate of each interval.
fn published(model: &Model, queue: QueueId, fluid: &FluidQueue, ends_s: &[f64]) -> Option<Vec<f64>> {
    if fluid.publish_rate.len() == ends_s.len() {
        return Some(fluid.publish_rate.clone());
    }
    let rate = model.publish_rate(queue).ok()?;
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let means = begins_s.zip(ends_s).map(|(begin_s, end_s)| rate.integral(begin_s, *end_s) / (end_s - begin_s));
    Some(means.collect())
}

/// What a group can do with all the replicas that it ever has.
fn most_per_s(model: &Model, group: &ConsumerGroup) -> f64 {
    let slots = f64::from(group.most_replicas()) * f64::from(group.slots_per_replica());
    let limit = group.rate_limit.map_or(f64::INFINITY, |limit| limit.rate_per_s);
    let batch = group.batch.as_ref().map_or(1.0, |batch| f64::from(batch.size));
    (batch * slots / model.mean_occupancy_s(group)).min(limit) / model.fate(group).deliveries
}

/// In such an interval the capacity says nothing about the load that can be borne.
fn somebody_is_away(model: &Model, queue: QueueId, begin_s: f64, end_s: f64) -> bool {
    let outages = model.groups_of(queue).flat_map(|group| &group.outages);
    let mut all = outages.chain(&model.queues[queue].broker_outages);
    all.any(|(from_s, until_s)| *from_s < end_s && begin_s < *until_s)
}

fn of_resource(model: &Model, resource: usize, fluid: &[FluidQueue]) -> Option<Saturation> {
    let ends_s = model.interval_ends_s();
    let mut used = vec![0.0; ends_s.len()];
    for group in &model.groups {
        let Some((_, units)) = group.uses.iter().find(|(used, _)| *used == resource) else { continue };
        let all: f64 = model.groups_of(group.from).map(|other| most_per_s(model, other)).sum();
        let share = most_per_s(model, group) / all;
        let batch = group.batch.as_ref().map_or(1.0, |batch| f64::from(batch.size));
        let held_s = f64::from(*units) * model.mean_work_s(group) * model.fate(group).deliveries / batch;
        let rates = published(model, group.from, &fluid[group.from], &ends_s)?;
        used.iter_mut().zip(rates).for_each(|(used, rate)| *used += share * rate * held_s);
    }
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let area: f64 =
        used.iter().zip(begins_s.zip(&ends_s)).map(|(used, (from_s, until_s))| used * (until_s - from_s)).sum();
    let (mean, most) = (area / model.horizon_s, used.iter().copied().fold(0.0, f64::max));
    let slots = f64::from(model.resources[resource].slots);
    let sound = mean > 0.0 && mean.is_finite();
    sound.then(|| Saturation {
        what: Saturated::Resource(resource),
        name: model.resources[resource].name.clone(),
        on_average: slots / mean,
        at_peak: Some(slots / most),
    })
}
