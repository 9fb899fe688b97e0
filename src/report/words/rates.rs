//! What a run found about P(t) and C(t), in sentences: from the equation's own pieces where it has an answer, from
//! averages over the rows otherwise, and then with their length where that hides something.

use super::super::number::{self, duration, rate, share};
use super::super::view::{Flow, QueueView};
use super::{between, extremes};
use crate::model::{Arrivals, Order, Rate};

/// Relative excess of P over C that is not a rounding error.
const EXCESS: f64 = 1e-9;
/// Below this many messages per run a rate says less than their number.
const FEW_MESSAGES: f64 = 50.0;
/// The largest rate exceeds the largest average by at least this where averages hide something.
const HIDDEN: f64 = 1.05;
/// The share of the largest rate that an average around it should show.
const SHOWN: f64 = 0.95;
/// Resolutions that people ask for, seconds, the coarsest first.
const RESOLUTIONS_S: [f64; 14] =
    [86_400.0, 43_200.0, 21_600.0, 10_800.0, 3600.0, 1800.0, 900.0, 300.0, 60.0, 30.0, 15.0, 5.0, 1.0, 0.1];

/// What there is to say about P and C.
struct Found {
    most: f64,
    /// Least and most capacity.
    capacity: (f64, f64),
    /// Largest P / C.
    closest: Option<f64>,
    /// Stretches in which P > C.
    overloads: Vec<(f64, f64)>,
    /// P and C where their difference is largest.
    worst: Option<(f64, f64)>,
    /// Whether C can be kept up for ever: where some of what works is busier than the rest, it cannot.
    is_kept_up: bool,
    /// `averaged over 23h`, where averages hide something.
    averaged: String,
}

/// About P(t) against C(t).
pub(in super::super) fn rates(view: &QueueView) -> String {
    let flow = view.flow();
    if flow.publish.is_empty() {
        return "No engine followed the rates over time".to_owned();
    }
    let found = exact(view).unwrap_or_else(|| averages(view, &flow));
    let capacity = between(found.capacity.0, found.capacity.1, rate);
    let averaged = &found.averaged;
    if found.most == 0.0 {
        return format!("Nothing is published in {}; capacity is {capacity}", duration(view.clock.horizon_s()));
    }
    if found.capacity.1 <= 0.0 {
        return format!("Up to {} is published and nothing consumes it{averaged}", rate(found.most));
    }
    if let Some(few) = few_messages(view, &flow) {
        let few = number::plural(few, "message");
        return format!("{few} published in {}, capacity is {capacity}", duration(view.clock.horizon_s()));
    }
    let said = match found.overloads.as_slice() {
        [] => {
            let closest = found.closest.filter(|_| found.is_kept_up);
            let closest = closest.map_or_else(String::new, |closest| closest_words(view, closest));
            let closest = barrier(view).or_else(|| delivered_again(view)).unwrap_or(closest);
            format!("Up to {} is published, capacity is {capacity}{closest}", rate(found.most))
        }
        [span] => {
            let (publish, capacity) = found.worst.unwrap_or_default();
            format!("Publishing exceeds capacity {}: {} against {}", when(view, *span), rate(publish), rate(capacity))
        }
        several => {
            let total_s: f64 = several.iter().map(|(from_s, until_s)| until_s - from_s).sum();
            let stretches = number::count(several.len() as f64);
            let (total, first) = (duration(total_s), view.clock.instant(several[0].0));
            let most = rate(found.most);
            format!(
                "Publishing, up to {most}, exceeds capacity in {stretches} stretches, {total} in total, \
                 first from {first}"
            )
        }
    };
    format!("{said}{averaged}")
}

/// Where messages come back, the capacity has to do for all of their deliveries.
fn delivered_again(view: &QueueView) -> Option<String> {
    const OFTEN: f64 = 1.05;
    let summary = view.summary?;
    let times = summary.deliveries.as_ref()?.per_message.value.filter(|times| *times >= OFTEN);
    if let Some(times) = times {
        return Some(format!(", but each message is delivered {} times", number::count(times)));
    }
    // Those that have not left yet count as well.
    let (published, again) = (summary.published.value?, summary.redelivered.value?);
    (again >= (OFTEN - 1.0) * published && again > 0.0)
        .then(|| format!(", but messages came back {} times", number::count(again)))
}

/// What keeps some slots from ever working at the same time as the others, which the capacity knows.
fn barrier(view: &QueueView) -> Option<String> {
    let groups = view.groups();
    let [(group, Some(summary))] = groups.as_slice() else { return None };
    let slots = summary.replicas.max.value? * f64::from(group.slots_per_replica());
    let at_once = view.outcome.model.at_once(group);
    let (most, why) = match &view.queue.order {
        _ if view.queue.single_active => (f64::from(group.slots_per_replica()), "a single active consumer"),
        Order::Groups(groups) => (f64::from(groups.count), "one for each message group"),
        Order::Partitions(parts) => (f64::from(parts.count), "one for each partition"),
        _ => (group.in_flight_limit.map_or(f64::INFINITY, f64::from), "the limit on messages in flight"),
    };
    let (most, why) =
        if at_once.services < most { (at_once.services, "what they share has a limit") } else { (most, why) };
    (most < slots).then(|| {
        let (most, slots) = (number::count(most), number::count(slots));
        format!(", because at most {most} of {slots} slots work at once: {why}")
    })
}

/// What publishing needs of the capacity. Where messages wait from the start, more than that is used.
fn closest_words(view: &QueueView, closest: f64) -> String {
    if view.queue.initial > 0 {
        format!(", at most {} of it taken by what is published", share(closest))
    } else {
        format!(", at most {} of it used", share(closest))
    }
}

/// From the equation's own pieces.
fn exact(view: &QueueView) -> Option<Found> {
    let rates = view.exact_rates()?;
    let capacity: Vec<f64> = rates.capacity.iter().map(|(_, rate)| *rate).collect();
    let publish: Vec<f64> = rates.publish.iter().map(|(_, rate)| *rate).collect();
    let steady = capacity.first().filter(|first| **first > 0.0 && capacity.iter().all(|c| c == *first));
    let closest = steady.map(|c| rates.most_published / c).or_else(|| closest_share(&publish, &capacity));
    Some(Found {
        most: rates.most_published,
        capacity: extremes(&capacity),
        closest,
        overloads: rates.overloads.clone(),
        worst: rates.worst,
        is_kept_up: true,
        averaged: String::new(),
    })
}

/// From averages over the rows.
fn averages(view: &QueueView, flow: &Flow) -> Found {
    let (publish, capacity) = (&flow.publish, &flow.capacity);
    let exceeds = |k: usize| publish[k] > capacity.get(k).copied().unwrap_or_default() * (1.0 + EXCESS);
    let spans = super::spans(publish.len(), exceeds);
    let excess = |k: usize| publish[k] - capacity[k];
    let worst = (0..publish.len().min(capacity.len())).max_by(|a, b| excess(*a).total_cmp(&excess(*b)));
    let length = flow.ends_s.first().copied().unwrap_or_default();
    let hides = hidden_peak(view).is_some();
    Found {
        most: publish.iter().copied().fold(0.0, f64::max),
        capacity: extremes(capacity),
        closest: closest_share(publish, capacity),
        overloads: spans
            .into_iter()
            .map(|(first, last)| (super::begin_s(&flow.ends_s, first), flow.ends_s[last]))
            .collect(),
        worst: worst.map(|k| (publish[k], capacity[k])),
        is_kept_up: view.groups().iter().all(|(group, _)| view.outcome.model.at_once(group).is_exact),
        averaged: if hides { format!(" (averages over {})", duration(length)) } else { String::new() },
    }
}

/// The sum of the producers' rates, unless one of them is a recording.
fn published(view: &QueueView) -> Option<Rate> {
    let producers = view.outcome.model.producers_of(view.index);
    let rates: Option<Vec<Rate>> = producers
        .map(|producer| match &producer.arrivals {
            Arrivals::Process { rate, .. } => Some(rate.clone()),
            Arrivals::Recorded(_) => None,
        })
        .collect();
    rates.map(Rate::Sum)
}

/// Whether the model's rates change over time.
pub(super) fn change(view: &QueueView) -> bool {
    let steady = published(view).is_some_and(|rate| {
        let (least, most) = rate.bounds(0.0, view.clock.horizon_s());
        least == most
    });
    let (least, most) = extremes(view.capacity_rate());
    !steady || most - least > EXCESS * most
}

/// When and how high P has its largest value, if the averages over the rows hide it.
fn hidden_peak(view: &QueueView) -> Option<(Rate, f64, f64)> {
    let rate = published(view)?;
    let mirrored = Rate::Scale { by: -1.0, rate: Box::new(rate) };
    let (at_s, most) = mirrored.lowest(0.0, view.clock.horizon_s());
    let shown = view.publish_rate().iter().copied().fold(0.0, f64::max);
    (!view.publish_rate().is_empty() && -most > HIDDEN * shown).then_some((mirrored, at_s, -most))
}

/// When and how high P has its largest value, where no row shows it.
pub(in super::super) fn peak_between_rows(view: &QueueView) -> Option<(f64, f64)> {
    hidden_peak(view).map(|(_, at_s, most)| (at_s, most))
}

/// That the rows are too far apart for the rates, and which resolution would show them.
pub(in super::super) fn coarse_note(view: &QueueView) -> Option<String> {
    let (mirrored, at_s, most) = hidden_peak(view)?;
    let horizon_s = view.clock.horizon_s();
    let around = |length_s: f64| {
        let from_s = (at_s - 0.5 * length_s).clamp(0.0, horizon_s);
        let until_s = (at_s + 0.5 * length_s).min(horizon_s);
        -mirrored.mean(from_s, until_s)
    };
    let now_s = view.outcome.model.resolution_s;
    let fine = RESOLUTIONS_S.into_iter().filter(|length_s| *length_s < now_s);
    let help = fine.into_iter().find(|length_s| around(*length_s) >= SHOWN * most);
    let help = help.map_or_else(String::new, |length_s| format!("; `resolution: {}` shows it", resolution(length_s)));
    Some(format!(
        "the rows of {}, {} apart, are too coarse for its rates: up to {} is published, and no row averages more \
         than {}{help}",
        view.queue.name,
        duration(now_s),
        rate(most),
        rate(view.publish_rate().iter().copied().fold(0.0, f64::max)),
    ))
}

/// A duration as scenarios write it.
fn resolution(length_s: f64) -> String {
    match length_s {
        length if length >= 3600.0 => format!("{}h", number::plain(length / 3600.0)),
        length if length >= 60.0 => format!("{}m", number::plain(length / 60.0)),
        length => format!("{}s", number::plain(length)),
    }
}

/// The number of messages per run, if it is so small that a rate says less.
fn few_messages(view: &QueueView, flow: &Flow) -> Option<f64> {
    let lengths = (0..flow.publish.len()).map(|k| super::length_s(&flow.ends_s, (k, k)));
    let expected: f64 = flow.publish.iter().zip(lengths).map(|(rate, length_s)| rate * length_s).sum();
    let counted =
        view.summary.filter(|_| view.outcome.model.warmup_s == 0.0).and_then(|summary| summary.published.value);
    (expected < FEW_MESSAGES).then_some(counted.unwrap_or(expected))
}

/// Largest P / C where there is capacity.
fn closest_share(publish: &[f64], capacity: &[f64]) -> Option<f64> {
    let shares = publish.iter().zip(capacity).filter(|(_, c)| **c > 0.0).map(|(p, c)| p / c);
    shares.max_by(f64::total_cmp)
}

/// `from 08:30 to 09:00`, `throughout`, `from 09:00 on`.
fn when(view: &QueueView, (from_s, until_s): (f64, f64)) -> String {
    let (from, until) = (view.clock.instant(from_s), view.clock.instant(until_s));
    match (from_s <= 0.0, until_s >= view.clock.horizon_s()) {
        (true, true) => "throughout".to_owned(),
        (true, false) => format!("until {until}"),
        (false, true) => format!("from {from} on"),
        (false, false) => format!("from {from} to {until}"),
    }
}
