//! Whether deliveries that come back keep a queue from ever settling: a retry storm, a timeout shorter than the work.
//!
//! Evidence, not a proof: what one delivery asks for, times how often each message is delivered, against what the
//! consumers can do.

use crate::measure::summary::{DeliveriesSummary, QueueSummary};
use crate::measure::{EventsOutcome, QueueSeries};
use crate::model::{ConsumerGroup, Distribution, Model, QueueId};
use crate::units::{show_count, show_duration};

/// Below this many deliveries per message there is no storm.
const FEW: f64 = 1.05;
/// Share of the deliveries from which timeouts are the story.
const MANY: f64 = 0.1;

/// A note on a queue whose redeliveries are its trouble.
pub(super) fn storm_note(model: &Model, queue: QueueId, events: &EventsOutcome) -> Option<String> {
    let summary = &events.queues[queue];
    let deliveries = summary.deliveries.as_ref()?;
    never_leaves(summary, deliveries)
        .or_else(|| overload(model, queue, events, deliveries))
        .or_else(|| comes_back_for_ever(model, queue, events))
        .map(|note| format!("{note}{}", remedy(model, queue, deliveries)))
        .or_else(|| not_cleared(model, queue, events, deliveries))
        .or_else(|| too_short(model, queue, summary, deliveries))
}

/// Messages are delivered over and over, and none of them ever leaves.
fn never_leaves(summary: &QueueSummary, deliveries: &DeliveriesSummary) -> Option<String> {
    let (published, again) = (summary.published.value?, summary.redelivered.value?);
    (deliveries.per_message.value.is_none() && published > 0.0 && again > 0.5 * published).then(|| {
        format!(
            "{}: no message ever leaves: {} were published and delivered {} times again; it does not recover",
            summary.name,
            show_count(published),
            show_count(again)
        )
    })
}

/// Deliveries that the consumers could have done while it was measured.
fn deliveries_possible(model: &Model, series: &QueueSeries) -> f64 {
    let begin_s = std::iter::once(0.0).chain(series.time_s.iter().copied());
    let rows = series.time_s.iter().zip(begin_s).zip(&series.capacity_rate);
    rows.map(|((end_s, begin_s), rate)| rate * (end_s - begin_s.max(model.warmup_s)).max(0.0)).sum()
}

/// Messages that fail at every attempt gather, and take what the others would need.
fn comes_back_for_ever(model: &Model, queue: QueueId, events: &EventsOutcome) -> Option<String> {
    const MOST_OF_IT: f64 = 0.5;
    let (summary, again) = (&events.queues[queue], events.queues[queue].redelivered.value?);
    let capacity = deliveries_possible(model, &events.series[queue]);
    let endless = model.groups_of(queue).any(|group| model.fate(group).deliveries.is_infinite());
    let stays =
        summary.drained_share == Some(0.0) && summary.in_system_at_end.value? > 0.01 * summary.published.value?;
    (endless && stays && capacity > 0.0 && again > MOST_OF_IT * capacity).then(|| {
        format!(
            "{}: messages that fail at every attempt come back for ever: {} redeliveries take {} % of the capacity; it \
             does not recover",
            summary.name,
            show_count(again),
            show_count(100.0 * (again / capacity).min(1.0))
        )
    })
}

/// What deliveries ask for of a queue that is not clear at the end.
struct Asked {
    /// Deliveries of each message.
    times: f64,
    /// Deliveries, repeated ones included, as a share of those that are possible: over the measured time.
    overall: f64,
    /// The same of the last part of it, when a spike or an outage has passed.
    at_end: f64,
}

/// Part of the measured time that tells how it goes on after the horizon.
const LAST_PART: f64 = 0.1;

/// `None` where nothing stays, messages hardly ever come back, or it would be too much without redeliveries as well:
/// that is another story.
fn asked(model: &Model, queue: QueueId, events: &EventsOutcome, deliveries: &DeliveriesSummary) -> Option<Asked> {
    let (summary, series) = (&events.queues[queue], &events.series[queue]);
    let times = deliveries.per_message.value.filter(|times| *times >= FEW)?;
    let measured_s = model.horizon_s - model.warmup_s;
    let published = summary.published.value?;
    let capacity = deliveries_possible(model, series);
    let stays = summary.drained_share == Some(0.0) && summary.in_system_at_end.value? > 0.01 * published;
    if capacity <= 0.0 || published >= capacity || measured_s <= 0.0 || !stays {
        return None;
    }
    let from_s = model.horizon_s - LAST_PART * measured_s;
    let begin_s = std::iter::once(0.0).chain(series.time_s.iter().copied());
    let rows = series.time_s.iter().zip(begin_s).zip(series.publish_rate.iter().zip(&series.capacity_rate));
    let (came, possible) = rows.fold((0.0, 0.0), |sums, ((end_s, begin_s), (publish_rate, capacity_rate))| {
        let part_s = (end_s - begin_s.max(from_s)).max(0.0);
        (sums.0 + publish_rate * part_s, sums.1 + capacity_rate * part_s)
    });
    let is_too_much_anyway = came >= possible;
    (!is_too_much_anyway).then_some(Asked {
        times,
        overall: published * times / capacity,
        at_end: came * times / possible,
    })
}

/// Deliveries, repeated ones included, ask for more than there is, also when the disturbance is over.
fn overload(model: &Model, queue: QueueId, events: &EventsOutcome, deliveries: &DeliveriesSummary) -> Option<String> {
    let asked = asked(model, queue, events, deliveries)?;
    (asked.overall > 1.0 && asked.at_end > 1.0).then(|| {
        format!(
            "{}: each message is delivered {} times; deliveries ask for {} times the capacity: it does not recover",
            events.queues[queue].name,
            show_count(asked.times),
            show_count(asked.at_end)
        )
    })
}

/// Deliveries asked for more than there is, and no longer do.
fn not_cleared(
    model: &Model,
    queue: QueueId,
    events: &EventsOutcome,
    deliveries: &DeliveriesSummary,
) -> Option<String> {
    let asked = asked(model, queue, events, deliveries)?;
    (asked.overall > 1.0 && asked.at_end <= 1.0).then(|| {
        format!(
            "{}: each message is delivered {} times; deliveries ask for {} times the capacity at the end: it is not \
             cleared by the horizon, a longer `horizon` shows when",
            events.queues[queue].name,
            show_count(asked.times),
            show_count(asked.at_end)
        )
    })
}

/// Timeouts that end deliveries whose work is still going on, because it takes longer.
fn too_short(model: &Model, queue: QueueId, summary: &QueueSummary, deliveries: &DeliveriesSummary) -> Option<String> {
    let delivered = deliveries.per_message.value? * summary.published.value?;
    let share = deliveries.timed_out.value? / delivered;
    let (timeout_s, work_s) = longer_than_allowed(model, queue)?;
    (share >= MANY).then(|| {
        format!(
            "{}: {} % of the deliveries are not acked in time: `ack_timeout` is {} and the work takes {} on average",
            summary.name,
            show_count(100.0 * share.min(1.0)),
            show_duration(timeout_s),
            show_duration(work_s)
        )
    })
}

/// The group whose timeout is closest to its work: both, in seconds.
fn longer_than_allowed(model: &Model, queue: QueueId) -> Option<(f64, f64)> {
    let both = |group: &ConsumerGroup| Some((group.ack_timeout_s?, Distribution::mean(&group.service)));
    let by_ratio = |a: &(f64, f64), b: &(f64, f64)| (a.0 / a.1).total_cmp(&(b.0 / b.1));
    model.groups_of(queue).filter_map(both).min_by(by_ratio)
}

/// What would help.
fn remedy(model: &Model, queue: QueueId, deliveries: &DeliveriesSummary) -> String {
    let timed_out = deliveries.timed_out.value.unwrap_or(0.0) > deliveries.failed.value.unwrap_or(0.0);
    match longer_than_allowed(model, queue).filter(|_| timed_out) {
        Some((timeout_s, work_s)) => format!(
            "; deliveries end after {} (`ack_timeout`) and the work takes {}",
            show_duration(timeout_s),
            show_duration(work_s)
        ),
        None if model.queues[queue].delivery_limit.is_none() => {
            "; a `delivery_limit` would bound how often a message comes back".to_owned()
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AfterFailure, Arrivals, Failures, Process, Producer, Queue, Rate, Retry};
    use crate::study::repeat;

    fn note(publish_per_s: f64, change: impl Fn(&mut ConsumerGroup)) -> Option<String> {
        note_of(Rate::Constant(publish_per_s), change)
    }

    fn note_of(rate: Rate, change: impl Fn(&mut ConsumerGroup)) -> Option<String> {
        let mut model = Model::new("storm", 400.0);
        model.queues = vec![Queue::new("orders")];
        let arrivals = Arrivals::Process { rate, process: Process::Poisson };
        model.producers = vec![Producer::new("shop", 0, arrivals)];
        model.groups = vec![ConsumerGroup::new("workers", 0, 1, Distribution::Constant(0.1))];
        change(&mut model.groups[0]);
        storm_note(&model, 0, &repeat(&model, Some(1), &|_| {}).unwrap())
    }

    fn half_fail(group: &mut ConsumerGroup) {
        let then = AfterFailure::Requeue;
        group.failures = Some(Failures { probability: 0.5, poison: 0.0, then, retry: Retry::AtOnce, partial: true });
    }

    #[test]
    fn retries_beyond_the_capacity_do_not_recover() {
        let told = note(8.0, half_fail).unwrap();
        assert!(told.starts_with("orders: each message is delivered 2"), "{told}");
        assert!(told.contains("ask for 1.") && told.contains("it does not recover; a `delivery_limit`"), "{told}");
    }

    #[test]
    fn a_spike_that_is_over_is_only_not_cleared_yet() {
        // Each message is delivered twice: 8/s ask for 16/s of 20/s or more after a spike that asks for 36/s.
        let told = |base: f64| {
            note_of(Rate::Steps(vec![(0.0, base), (100.0, 18.0), (300.0, base)]), |group| {
                half_fail(group);
                group.replicas = crate::model::Replicas::Fixed(2);
            })
        };
        let slow = told(8.0).unwrap();
        assert!(slow.contains("not cleared by the horizon") && !slow.contains("does not recover"), "{slow}");
        assert!(told(12.0).unwrap().contains("does not recover"), "retries ask for too much after the spike as well");
    }

    #[test]
    fn retries_within_the_capacity_and_plain_overload_are_no_storm() {
        assert_eq!(note(4.0, half_fail), None);
        assert_eq!(note(20.0, half_fail), None);
    }

    #[test]
    fn messages_that_always_fail_take_the_capacity_of_the_others() {
        let told = note(5.0, |group| {
            let then = AfterFailure::Requeue;
            group.failures =
                Some(Failures { probability: 0.0, poison: 0.05, then, retry: Retry::AtOnce, partial: true });
        });
        let told = told.unwrap();
        assert!(told.contains("fail at every attempt") && told.contains("it does not recover; a `delivery_limit`"));
    }

    #[test]
    fn work_longer_than_its_timeout_never_ends() {
        let told = note(2.0, |group| group.ack_timeout_s = Some(0.05)).unwrap();
        assert!(told.contains("no message ever leaves") && told.contains("`ack_timeout`"), "{told}");
    }
}
