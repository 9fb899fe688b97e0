//! What would help where no candidate keeps the promises: sentences, each with the number that it rests on.
//!
//! Evidence from the settings and from the best candidate's runs, not a search. Not here: which candidate is the best.

use super::bench::Tried;
use super::question::Question;
use crate::measure::Figure;
use crate::model::{ConsumerGroup, Contention, Model, Order, Promise, Quantile, Slo};
use crate::units::{show_count, show_duration, show_rate};

/// Busier than this, a group has nothing to spare.
const BUSY: f64 = 0.9;
/// Less busy than this, more of the same does not help.
const IDLE: f64 = 0.6;

/// Sentences, the most telling first; never empty. `broken` are the promises that are not kept, the worst first.
pub(super) fn advice(question: &Question, places: &[usize], best: &Tried, broken: &[usize]) -> Vec<String> {
    let model = &best.model;
    let mut found = Vec::new();
    for slo in broken.iter().map(|k| &model.slos[*k]) {
        let queues = slo.path.map_or_else(|| vec![slo.queue], |path| model.paths[path].queues.clone());
        for queue in queues {
            for group in model.groups_of(queue) {
                found.extend(of_service(slo, group));
                found.extend(of_deliveries(group));
                found.extend(of_limits(model, group));
                found.extend(of_absence(group));
            }
            found.extend(of_queue(model, slo, queue));
        }
    }
    let busy = busy_share(best);
    if let Some(wider) = wider(question, places, busy) {
        found.insert(0, wider);
    }
    found.dedup();
    let mut told: Vec<String> = Vec::new();
    for sentence in found {
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told.extend(broken.first().and_then(|slo| looser(model, best, *slo)));
    if told.is_empty() {
        told.push("faster service, less load, or a promise that is narrowed with `during`".to_owned());
    }
    told
}

/// Share of the time that the only group was busy: what was there and did not idle.
fn busy_share(best: &Tried) -> Option<f64> {
    let hours = (best.model.horizon_s - best.model.warmup_s) / 3600.0;
    let alone = best.model.groups.len() == 1;
    let replicas = best.mean(Figure::ReplicaHours) / hours;
    (alone && replicas > 0.0).then(|| 1.0 - best.mean(Figure::WastedReplicas) / replicas)
}

/// Whether the range ended too early.
fn wider(question: &Question, places: &[usize], busy: Option<f64>) -> Option<String> {
    let axis = &question.grid.axes[question.ordered?];
    let last = axis.values.last()?;
    let is_last = places[question.ordered?] + 1 == axis.values.len();
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    match busy {
        Some(busy) if busy >= BUSY && is_last => Some(format!(
            "the range ends too early: with {last} {} the consumers are busy {} of the time; allow more, e.g. `--vary \
             {}=1..{}`",
            axis.short_name(),
            percent(busy),
            axis.path,
            last.parse::<u64>().map_or(64, |last| last.saturating_mul(4).max(4))
        )),
        Some(busy) if busy < IDLE => Some(format!(
            "more {} do not help: with {} the consumers are busy only {} of the time",
            axis.short_name(),
            axis.values[places[question.ordered?]],
            percent(busy)
        )),
        _ => None,
    }
}

/// Service that alone takes longer than was promised.
fn of_service(slo: &Slo, group: &ConsumerGroup) -> Option<String> {
    let Promise::Latency(quantile, limit_s) = slo.promise else { return None };
    let service = &group.service;
    let late = service.survival(limit_s);
    let allowed = match quantile {
        Quantile::P(share) => 1.0 - share,
        Quantile::Max => 0.0,
        Quantile::Mean => {
            return (service.mean() >= limit_s).then(|| {
                format!(
                    "faster service: {} works {} on a message on average",
                    group.name,
                    show_duration(service.mean())
                )
            });
        }
    };
    (late > allowed).then(|| {
        format!(
            "faster service: {} works longer than {} on {} % of the messages, whatever they have waited before",
            group.name,
            show_duration(limit_s),
            percent(late)
        )
    })
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent >= 10.0 { format!("{percent:.0}") } else { format!("{percent:.2}") }
}

/// Deliveries that come back.
fn of_deliveries(group: &ConsumerGroup) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(timeout_s) = group.ack_timeout_s {
        let share = group.service.survival(timeout_s);
        if share > 0.001 {
            found.push(format!(
                "a longer ack timeout: {} % of the deliveries of {} take longer than {} and are done again",
                percent(share),
                group.name,
                show_duration(timeout_s)
            ));
        }
    }
    if let Some(failures) = &group.failures {
        found.push(format!(
            "fewer failures: {} % of the deliveries of {} fail, and retries take what others need",
            percent(failures.probability),
            group.name
        ));
    }
    found
}

/// What caps a group, whatever its replicas.
fn of_limits(model: &Model, group: &ConsumerGroup) -> Vec<String> {
    let mut found = Vec::new();
    let queue = &model.queues[group.from];
    if let Order::Partitions(parts) | Order::Groups(parts) = &queue.order
        && group.replicas.most() >= parts.count
    {
        found.push(format!(
            "more partitions: {} has {}, so that more than {} replicas of {} have nothing to do",
            queue.name, parts.count, parts.count, group.name
        ));
    }
    if queue.single_active {
        found.push(format!("several active consumers: {} lets only one replica consume", queue.name));
    }
    if let Some(limit) = group.rate_limit {
        found.push(format!("a higher rate limit: {} starts at most {}", group.name, show_rate(limit.rate_per_s)));
    }
    if let Some(limit) = group.in_flight_limit {
        found.push(format!("more unacked messages: {} may hold {limit} at once", group.name));
    }
    for (resource, units) in &group.uses {
        let resource = &model.resources[*resource];
        found.push(format!(
            "more of {}: it has {} slots, and each message of {} holds {units}",
            resource.name, resource.slots, group.name
        ));
    }
    if let Some(at) = group.contention.as_ref().and_then(Contention::turns_at) {
        found.push(format!("less contention: beyond {} busy slots {} does less", show_count(at.floor()), group.name));
    }
    found
}

/// Consumers that are not there.
fn of_absence(group: &ConsumerGroup) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(_), Some(startup)) = (&group.scaling, &group.startup) {
        found.push(format!(
            "replicas that are there sooner: a new one of {} takes {} to start, so a larger `min` or an earlier \
             schedule helps more than a larger `max`",
            group.name,
            show_duration(startup.mean())
        ));
    }
    if let Some((from_s, until_s)) = group.outages.first() {
        found.push(format!(
            "a shorter outage: {} is away for {}, and what arrives meanwhile waits at least as long as the rest of it",
            group.name,
            show_duration(until_s - from_s)
        ));
    }
    if let Some(crashes) = &group.crashes {
        found.push(format!("fewer crashes: a replica of {} dies every {}", group.name, show_duration(crashes.every_s)));
    }
    found
}

/// What the queue itself does to the promise.
fn of_queue(model: &Model, slo: &Slo, queue: usize) -> Vec<String> {
    let queue = &model.queues[queue];
    let mut found = Vec::new();
    if matches!(slo.promise, Promise::LossShare(_)) {
        if let Some(capacity) = queue.capacity {
            found.push(format!(
                "a larger capacity: {} has room for {} messages and loses what comes beyond",
                queue.name,
                show_count(capacity as f64)
            ));
        }
        if let Some(ttl) = &queue.ttl {
            found.push(format!(
                "a longer time to live: messages of {} expire after {}",
                queue.name,
                show_duration(ttl.after.mean())
            ));
        }
    }
    if let Some((from_s, until_s)) = queue.broker_outages.first() {
        found.push(format!("a shorter outage of the broker: it is away for {}", show_duration(until_s - from_s)));
    }
    if let Some(delay) = &queue.delivery_delay {
        found.push(format!("a shorter delivery delay: it is {} on average", show_duration(delay.mean())));
    }
    if queue.initial > 0 {
        found.push(format!(
            "a smaller backlog to begin with: {} starts with {} messages",
            queue.name,
            show_count(queue.initial as f64)
        ));
    }
    found
}

/// The promise that the best candidate could keep.
fn looser(model: &Model, best: &Tried, slo: usize) -> Option<String> {
    let mut values: Vec<f64> = best.runs.iter().filter_map(|run| run.promised[slo]).collect();
    if values.len() < best.runs.len() || values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let most = values[((0.95 * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1];
    let shown = match model.slos[slo].promise {
        Promise::Latency(..) | Promise::Wait(..) | Promise::DrainedBy(_) => show_duration(rounded_up(most)),
        Promise::Depth(..) => show_count(rounded_up(most)),
        Promise::LossShare(_) => format!("{}%", show_count(rounded_up(100.0 * most))),
    };
    let key = if matches!(model.slos[slo].promise, Promise::DrainedBy(_)) { "by" } else { "below" };
    Some(format!("a looser promise: `{key}: {shown}` would have been kept in 95 % of its runs"))
}

/// Two digits, upwards.
fn rounded_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    ((value / unit).floor() + 1.0) * unit
}
