//! What a run found, in sentences with numbers: titles of charts and lines of the table.
//!
//! No adjective without a number; nothing is said that the outcome does not hold.

mod rates;
mod turning;

use super::number::{self, duration, messages, share};
use super::view::QueueView;
use crate::measure::Outcome;
use crate::measure::summary::GroupSummary;
use crate::model::ConsumerGroup;
pub(super) use rates::{coarse_note, peak_between_rows, rates};
pub(super) use turning::turning_points;

/// A level this many times its average is a peak worth telling; below, the average is the story.
const PEAK_FACTOR: f64 = 3.0;
/// The share of a peak below which a stochastic queue counts as back to normal, where no engine says when it is empty.
const BACK_TO_NORMAL: f64 = 0.01;
/// The share of a depth or wait from which the equation, which knows no chance, explains it.
const PREDICTED: f64 = 0.5;
/// From this share of unsettled messages on, waits are those of the lucky ones.
const UNSETTLED: f64 = 0.01;
/// Below this mean utilisation its peak is no news.
const HARDLY_BUSY: f64 = 0.01;
/// Utilisation from which a reader would say that the consumers are fully busy.
const FULLY_BUSY: f64 = 0.995;

/// What a reader must know before trusting the numbers: the run's own notes, and where rows are too far apart.
pub(super) fn notes(outcome: &Outcome) -> Vec<String> {
    let coarse = QueueView::all(outcome).into_iter().filter_map(|view| coarse_note(&view));
    outcome.notes.iter().cloned().chain(coarse).collect()
}

/// About the depth over time.
pub(super) fn depth(view: &QueueView) -> String {
    let Some(summary) = view.summary else { return fluid_backlog(view) };
    let (Some(mean), Some(max)) = (summary.depth.mean.value, summary.depth.max.value) else {
        return format!("The depth of {} was not measured", view.queue.name);
    };
    if max == 0.0 {
        return format!("The queue is empty for all of {}", duration(view.clock.horizon_s()));
    }
    let Some(peak_s) = peak_time_s(view, max, mean) else {
        let p95 = summary.depth.p95.value;
        let p95 =
            p95.map_or_else(String::new, |p95| format!(", is at most {} for 95 % of the time", number::count(p95)));
        return format!("Depth averages {}{p95} and peaks at {}", messages(mean), number::count(max));
    };
    let at = view.clock.instant(peak_s);
    if peak_s >= view.clock.horizon_s() {
        return format!("Depth grows to {} at the end", messages(max));
    }
    if peak_s <= 0.0 {
        return format!("Depth starts at {} and {}", messages(max), after_the_peak(view, max, peak_s));
    }
    format!("Depth peaks at {} at {at} and {}", messages(max), after_the_peak(view, max, peak_s))
}

/// When the mean curve has its peak, if it has one worth telling: the maximum of a noisy steady queue is none, a
/// backlog that the equation itself predicts is.
fn peak_time_s(view: &QueueView, max: f64, mean: f64) -> Option<f64> {
    let series = view.series?;
    let at_zero = (0.0, view.queue.initial as f64);
    let curve = series.time_s.iter().copied().zip(series.depth_mean.iter().copied());
    let higher = |best: (f64, f64), point: (f64, f64)| if point.1 > best.1 { point } else { best };
    let (peak_s, peak) = curve.fold(at_zero, higher);
    let predicted = view.fluid.and_then(|fluid| fluid.max_backlog).is_some_and(|backlog| backlog >= PREDICTED * max);
    // Where the equation knows of no such backlog, the highest of a day's chances is no event.
    let told = predicted || view.fluid_backlog().is_none() && peak >= PEAK_FACTOR * mean && rates::change(view);
    let exact_s = view.fluid.and_then(|fluid| fluid.max_at_s).filter(|_| predicted);
    (max >= 2.0 && told).then(|| exact_s.unwrap_or(peak_s))
}

/// What becomes of the depth after its peak.
fn after_the_peak(view: &QueueView, max: f64, peak_s: f64) -> String {
    let has_backlog = view.fluid.is_some_and(|fluid| fluid.max_backlog > Some(0.0));
    if let Some(end) = backlog_end(view, ("the backlog is", "a backlog")).filter(|_| has_backlog) {
        return end;
    }
    let depths = view.series.map_or(&[][..], |series| &series.depth_mean);
    let left = depths.last().copied().unwrap_or_default();
    let low = |(time_s, depth): (&f64, &f64)| *time_s > peak_s && *depth <= BACK_TO_NORMAL * max;
    match view.time_s.iter().zip(depths).position(low) {
        Some(k) => format!("is below {} of that at {}", share(BACK_TO_NORMAL), view.clock.instant(view.time_s[k])),
        None => format!("is {} at the end", number::count(left)),
    }
}

/// When the fluid backlog is gone, or how often there is one: the end of one of many would be a false end.
fn backlog_end(view: &QueueView, (it_is, one): (&str, &str)) -> Option<String> {
    let stretches = view.backlog_stretches();
    let left = view.fluid_backlog().and_then(|backlog| backlog.last().copied()).filter(|left| *left > 0.0);
    match stretches.as_slice() {
        [(_, until_s, _)] if left.is_none() => Some(format!("{it_is} gone at {}", view.clock.instant(*until_s))),
        [] | [_] => None,
        several => {
            let total_s: f64 = several.iter().map(|(from_s, until_s, _)| until_s - from_s).sum();
            let left = left.map_or_else(String::new, |left| format!(", {} left at the end", number::count(left)));
            let comes = format!("{one} comes in {} stretches, {} in total{left}", several.len(), duration(total_s));
            Some(comes.trim_start().to_owned())
        }
    }
}

/// The same by the fluid engine alone.
fn fluid_backlog(view: &QueueView) -> String {
    let Some((max, at_s)) = view.fluid.and_then(|fluid| fluid.max_backlog.zip(fluid.max_at_s)) else {
        return format!("No engine followed the depth of {} over time", view.queue.name);
    };
    if max == 0.0 {
        return format!("No backlog in {}: capacity is never exceeded", duration(view.clock.horizon_s()));
    }
    if at_s >= view.clock.horizon_s() {
        return format!("Backlog grows to {} at the end", messages(max));
    }
    let left = view.fluid_backlog().and_then(|all| all.last().copied()).unwrap_or(max);
    let end = backlog_end(view, ("is", "")).unwrap_or_else(|| format!("is {} at the end", number::count(left)));
    if at_s <= 0.0 {
        return format!("Backlog starts at {} and {end}", messages(max));
    }
    format!("Backlog peaks at {} at {} and {end}", messages(max), view.clock.instant(at_s))
}

/// About the waits of messages by the time at which they were published.
pub(super) fn wait(view: &QueueView) -> String {
    let Some(summary) = view.summary else {
        return match view.fluid.and_then(|fluid| fluid.max_delay_s) {
            Some(0.0) => "No message is delayed".to_owned(),
            Some(delay_s) => format!("The longest delay is {}", duration(delay_s)),
            None => "Some messages are never served".to_owned(),
        };
    };
    let (Some(mean_s), Some(max_s)) = (summary.wait_s.mean.value, summary.wait_s.max.value) else {
        return "No message was started, so none has a wait".to_owned();
    };
    if max_s == 0.0 {
        return "No message waits".to_owned();
    }
    let p99 = summary.wait_s.p99.value.map_or_else(String::new, |p99_s| format!(", p99 {}", duration(p99_s)));
    let predicted = view.fluid.and_then(|fluid| fluid.max_delay_s).is_some_and(|delay_s| delay_s >= PREDICTED * max_s);
    let peak = view.series.and_then(|series| peak_of(&series.wait_mean_s));
    let peak = peak.filter(|(_, peak_s)| predicted || *peak_s >= PEAK_FACTOR * mean_s);
    match peak {
        Some((k, peak_s)) => {
            let (from_s, until_s) = view.interval_s(k);
            let at = view.clock.instant(0.5 * (from_s + until_s));
            let over_the_run = format!("over the run {}{p99}", duration(mean_s));
            // A mean over those that were started says nothing of those that still wait.
            let unsettled = summary.unsettled.zip(summary.published.value);
            let many =
                unsettled.is_some_and(|(left, published)| left > UNSETTLED * (published + view.queue.initial as f64));
            let whose = if many { "Mean wait of the messages that were started" } else { "Mean wait" };
            format!("{whose} peaks at {} for messages published at {at}; {over_the_run}", duration(peak_s))
        }
        None => format!("Messages wait {} on average{p99}, at most {}", duration(mean_s), duration(max_s)),
    }
}

/// About replicas and utilisation.
pub(super) fn consumers(view: &QueueView) -> String {
    let Some(series) = view.series else { return "Consumers were not measured".to_owned() };
    let (low, high) = extremes(&series.replicas_mean);
    let who = if high == 0.0 {
        return format!("There is no replica in {}", duration(view.clock.horizon_s()));
    } else if low == high {
        number::plural(high, "replica")
    } else {
        format!("{} to {} replicas{}", number::count(low), number::count(high), scaled(view))
    };
    let Some(mean) = mean_utilization(view) else { return format!("{who} and no slot time to measure") };
    let verb = if who == "1 replica" { "is" } else { "are" };
    if mean == 0.0 {
        return format!("{who} {verb} idle for all of {}", duration(view.clock.horizon_s()));
    }
    let flow = view.flow();
    let busy = &flow.utilization;
    let busiest = peak_of(busy).map(|(k, busy)| (k, busy.min(1.0)));
    let late = lag(view);
    let full = spans(busy.len(), |k| busy[k].is_some_and(|busy| busy >= FULLY_BUSY));
    let tail = match (full.as_slice(), busiest) {
        _ if late.is_some() => late.unwrap_or_default(),
        ([(first, last)], _) if last > first => {
            format!(", fully {}", when(view, &flow.ends_s, (*first, *last)))
        }
        ([_, _, ..], _) => {
            let total_s: f64 = full.iter().map(|span| length_s(&flow.ends_s, *span)).sum();
            format!(", fully for {} in total", duration(total_s))
        }
        (_, Some((k, busy))) if busy > 1.05 * mean && mean > HARDLY_BUSY => {
            format!(", at most {} at {}", share(busy), view.clock.instant(flow.ends_s[k]))
        }
        _ => String::new(),
    };
    format!("{who} {verb} {} busy on average{tail}", share(mean))
}

/// How often strategies changed the number: ` in 14 changes`.
fn scaled(view: &QueueView) -> String {
    let changes = view.groups().into_iter().filter_map(|(_, summary)| {
        let summary = summary.filter(|summary| summary.scaling.is_some())?;
        summary.scale_events.value
    });
    let changes: f64 = changes.sum();
    if changes > 0.0 { format!(" in {}", number::plural(changes, "change")) } else { String::new() }
}

/// Where replicas that a strategy wanted were late by at least a whole one: how many, when.
fn lag(view: &QueueView) -> Option<String> {
    let series = view.series.filter(|_| view.groups().iter().any(|(group, _)| group.scaling.is_some()))?;
    let late: Vec<Option<f64>> =
        series.replicas_wanted.iter().zip(&series.replicas_ready).map(|(wanted, ready)| Some(wanted - ready)).collect();
    let (k, most) = peak_of(&late).filter(|(_, most)| *most >= 1.0)?;
    let (wanted, at) = (series.replicas_wanted[k], view.clock.instant(series.time_s[k]));
    Some(format!(", and at {at} {} of {} wanted are not ready", number::count(most), number::count(wanted)))
}

/// Over the queue's groups, each with the weight of its slot time; the mean of the series if one was not measured.
fn mean_utilization(view: &QueueView) -> Option<f64> {
    if let [(_, Some(summary))] = view.groups().as_slice() {
        return summary.utilization.value;
    }
    let measured = |group: &ConsumerGroup, summary: Option<&GroupSummary>| {
        let slot_hours = summary?.replica_hours.value? * f64::from(group.concurrency);
        let busy = summary?.utilization.value.or_else(|| (slot_hours == 0.0).then_some(0.0))?;
        Some((busy * slot_hours, slot_hours))
    };
    let all: Option<Vec<(f64, f64)>> =
        view.groups().into_iter().map(|(group, summary)| measured(group, summary)).collect();
    if let Some(all) = all {
        let (busy, slots) = all.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        return (slots > 0.0).then(|| busy / slots);
    }
    let busy: Vec<f64> = view.series?.utilization.iter().flatten().copied().collect();
    (!busy.is_empty()).then(|| busy.iter().sum::<f64>() / busy.len() as f64)
}

/// Where the largest value is, and the value.
fn peak_of(values: &[Option<f64>]) -> Option<(usize, f64)> {
    let known = values.iter().enumerate().filter_map(|(k, value)| Some((k, (*value)?)));
    known.fold(None, |best, (k, value)| if best.is_none_or(|(_, most)| value > most) { Some((k, value)) } else { best })
}

fn extremes(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    (if low.is_finite() { low } else { 0.0 }, high)
}

fn between(low: f64, high: f64, show: impl Fn(f64) -> String) -> String {
    let (low, high) = (show(low), show(high));
    if low == high { high } else { format!("{low} to {high}") }
}

/// Runs of neighbouring intervals for which `holds`: first and last number of each.
fn spans(len: usize, holds: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for k in (0..len).filter(|k| holds(*k)) {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == k => *last = k,
            _ => spans.push((k, k)),
        }
    }
    spans
}

fn begin_s(ends_s: &[f64], k: usize) -> f64 {
    if k == 0 { 0.0 } else { ends_s[k - 1] }
}

fn length_s(ends_s: &[f64], (first, last): (usize, usize)) -> f64 {
    ends_s[last] - begin_s(ends_s, first)
}

/// `from 08:30 to 09:00`, `throughout`, `from 09:00 on`.
fn when(view: &QueueView, ends_s: &[f64], (first, last): (usize, usize)) -> String {
    let (from, until) = (view.clock.instant(begin_s(ends_s, first)), view.clock.instant(ends_s[last]));
    match (first == 0, last + 1 == ends_s.len()) {
        (true, true) => "throughout".to_owned(),
        (true, false) => format!("until {until}"),
        (false, true) => format!("from {from} on"),
        (false, false) => format!("from {from} to {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Replicas;
    use crate::report::fixture::{self, Setup};

    fn sentences(setup: &Setup) -> [String; 4] {
        let outcome = fixture::outcome(setup);
        let view = &QueueView::all(&outcome)[0];
        [rates(view), depth(view), wait(view), consumers(view)]
    }

    #[test]
    fn a_spike_is_told_with_its_times() {
        let told = sentences(&Setup { start: Some("2026-11-27T08:00:00Z"), ..Setup::default() });
        assert_eq!(told[0], "Publishing exceeds capacity from 08:30 to 09:00: 240/s against 200/s");
        assert_eq!(told[1], "Depth peaks at 71.8k messages at 09:00 and the backlog is gone at 09:08");
        assert!(told[2].starts_with("Mean wait peaks at 6m"), "{}", told[2]);
        assert_eq!(told[3], "4 replicas are 45 % busy on average, fully from 08:30 to 09:07");
    }

    #[test]
    fn few_messages_are_counted() {
        let told = sentences(&Setup { publish: |_| 1.0, horizon_s: 10.0, rows: 100, ..Setup::default() });
        assert_eq!(told[0], "10 messages published in 10 s, capacity is 200/s");
    }

    #[test]
    fn a_steady_queue_is_told_by_its_average() {
        let told = sentences(&Setup { publish: |_| 160.0, ..Setup::default() });
        assert_eq!(told[0], "Up to 160/s is published, capacity is 200/s, at most 80 % of it used");
        assert!(told[1].starts_with("Depth averages 3.2 messages"), "{}", told[1]);
        assert!(told[2].starts_with("Messages wait "), "{}", told[2]);
    }

    #[test]
    fn nothing_is_told_as_nothing() {
        let told = sentences(&Setup { publish: |_| 0.0, ..Setup::default() });
        assert_eq!(told[0], "Nothing is published in 2h; capacity is 200/s");
        assert_eq!(told[1], "The queue is empty for all of 2h");
        assert_eq!(told[3], "4 replicas are idle for all of 2h");
        let nobody = sentences(&Setup { replicas: Replicas::Fixed(0), ..Setup::default() });
        assert_eq!(nobody[0], "Up to 240/s is published and nothing consumes it");
        assert_eq!(nobody[3], "There is no replica in 2h");
    }

    #[test]
    fn a_backlog_that_stays_is_not_called_gone() {
        let growing = sentences(&Setup { publish: |t| if t > 6000.0 { 400.0 } else { 10.0 }, ..Setup::default() });
        assert_eq!(growing[1], "Depth grows to 241k messages at the end");
        let stuck =
            sentences(&Setup { publish: |t| if t < 3600.0 { 400.0 } else { 190.0 }, scatter: 0.0, ..Setup::default() });
        assert!(stuck[1].starts_with("Depth peaks at 720k messages at 1h "), "{}", stuck[1]);
        assert!(stuck[1].ends_with("and is 684k at the end"), "{}", stuck[1]);
    }

    #[test]
    fn a_peak_that_comes_again_is_counted_and_has_no_end() {
        let twice = |t: f64| if (t % 3600.0) < 600.0 { 400.0 } else { 40.0 };
        let told = sentences(&Setup { publish: twice, scatter: 0.0, ..Setup::default() });
        assert_eq!(told[1], "Depth peaks at 120k messages at 10m and a backlog comes in 2 stretches, 45m 10s in total");
    }

    #[test]
    fn a_queue_that_starts_full_says_so() {
        let told = sentences(&Setup { publish: |_| 40.0, initial: 50_000, ..Setup::default() });
        assert_eq!(told[1], "Depth starts at 50k messages and the backlog is gone at 5m 13s");
    }

    #[test]
    fn the_fluid_engine_alone_speaks_of_backlog() {
        let mut outcome = fixture::flash_sale();
        outcome.events = None;
        let view = &QueueView::all(&outcome)[0];
        assert_eq!(depth(view), "Backlog peaks at 72k messages at 1h and is gone at 1h 8m");
        assert_eq!(wait(view), "The longest delay is 6m");
    }
}
