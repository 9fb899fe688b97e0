//! Whether a steady-state question was measured before the steady state.
//!
//! MSER-5 (White 1997; Spratt 1998) on the depth averaged over replications: cut where the rest's standard error is
//! least.

use crate::measure::EventsOutcome;
use crate::model::{Arrivals, Model, QueueId, Rate, Replicas};
use crate::units::{show_count, show_duration, show_rate};

const BATCH: usize = 5;
/// From this load on a measured queue cannot be told from one that grows without bound.
const SATURATED: f64 = 0.998;

/// A note, if an unchanging queue has no steady state, or if its statistics start before its depth has settled and it
/// makes a difference.
pub(super) fn warmup_note(model: &Model, queue: QueueId, events: &EventsOutcome) -> Option<String> {
    if !never_changes(model, queue) {
        return None;
    }
    let series = &events.series[queue];
    let (published, served) = (mean(&series.publish_rate), mean(&series.capacity_rate));
    let settings = &model.queues[queue];
    // What loses messages when they are too many has a steady state all the same.
    let is_bounded = settings.capacity.is_some()
        || settings.ttl.is_some()
        || settings.retention.age_s.is_some()
        || settings.retention.messages.is_some();
    if published == 0.0 {
        return None;
    }
    if published >= SATURATED * served && !is_bounded {
        return Some(format!(
            "{}: there is no steady state: {} is published and at most {} can be served, so the queue grows as long as \
             this goes on",
            events.queues[queue].name,
            show_rate(published),
            show_rate(served)
        ));
    }
    let depth = &series.depth_mean;
    let batches = mser5(depth)?;
    let cut = BATCH * batches;
    let settled_s = if cut == 0 { 0.0 } else { series.time_s[cut - 1] };
    let half_width = events.queues[queue].depth.mean.half_width()?;
    let measured = events.queues[queue].depth.mean.value?;
    let settled = mean(&depth[cut..]);
    // A cut that changes the mean by no more than chance could is not worth a warning.
    let differs = (measured - settled).abs() > (2.0 * half_width).max(0.05 * settled);
    let name = &events.queues[queue].name;
    let to_the_end = batches + 1 >= depth.len() / BATCH / 2;
    (settled_s > model.warmup_s && differs).then(|| {
        let (settled, measured, until) = (show_count(settled), show_count(measured), show_duration(settled_s));
        if to_the_end {
            return format!(
                "{name}: there is no steady state in sight: depth still drifts after {until}, half of the horizon; a \
                 longer horizon shows whether it ever settles"
            );
        }
        format!(
            "{name}: the warm-up is too short for a steady state: depth still drifts until {until}, and its mean from \
             there on is {settled}, not {measured}; set `warmup: {settled_s:.0}s` or more"
        )
    })
}

/// Whether nothing in the scenario changes with time, so that a steady state is what is asked for.
fn never_changes(model: &Model, queue: QueueId) -> bool {
    let constant = |arrivals: &Arrivals| matches!(arrivals, Arrivals::Process { rate: Rate::Constant(_), .. });
    let mut groups = model.groups_of(queue);
    model.producers_of(queue).all(|producer| constant(&producer.arrivals))
        && groups.all(|group| {
            matches!(group.replicas, Replicas::Fixed(_))
                && group.scaling.is_none()
                && group.speed.is_none()
                && group.outages.is_empty()
        })
        && model.queues[queue].initial == 0
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The number of batches of five to cut: the first minimum over the first half; `None` if the series is too short.
pub fn mser5(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = series.chunks_exact(BATCH).map(mean).collect();
    if batches.len() < 4 {
        return None;
    }
    let error = |cut: usize| {
        let rest = &batches[cut..];
        let mean = mean(rest);
        rest.iter().map(|batch| (batch - mean).powi(2)).sum::<f64>() / (rest.len() as f64).powi(2)
    };
    (0..batches.len() / 2).min_by(|left, right| error(*left).total_cmp(&error(*right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsumerGroup, Distribution, Process, Producer, Queue, Resource, Ttl, TtlPlace};
    use crate::study::repeat;

    /// 20/s against one slot that serves 10/s.
    fn note(change: impl Fn(&mut Model)) -> Option<String> {
        let mut model = Model::new("m", 100.0);
        model.queues = vec![Queue::new("orders")];
        let arrivals = Arrivals::Process { rate: Rate::Constant(20.0), process: Process::Poisson };
        model.producers = vec![Producer::new("shop", 0, arrivals)];
        model.groups = vec![ConsumerGroup::new("workers", 0, 1, Distribution::Constant(0.1))];
        change(&mut model);
        warmup_note(&model, 0, &repeat(&model, Some(1), &|_| {}).unwrap())
    }

    #[test]
    fn only_what_keeps_its_messages_grows_without_end() {
        let told = note(|_| ()).unwrap();
        assert!(told.contains("at most 10/s can be served, so the queue grows"), "{told}");
        let shared = note(|model| {
            model.resources = vec![Resource { name: "db".to_owned(), slots: 1 }];
            model.groups[0].replicas = Replicas::Fixed(5);
            model.groups[0].uses = vec![(0, 1)];
        });
        assert!(shared.unwrap().contains("at most 10/s can be served, so the queue grows"));
        assert_eq!(note(|model| model.queues[0].capacity = Some(5)), None);
        let ttl = Ttl { after: Distribution::Constant(1.0), at: TtlPlace::Anywhere };
        assert_eq!(note(|model| model.queues[0].ttl = Some(ttl.clone())), None);
        assert_eq!(note(|model| model.queues[0].retention.age_s = Some(1.0)), None);
        assert_eq!(note(|model| model.producers.clear()), None);
    }

    #[test]
    fn cuts_the_oracle_series_after_twenty_batches() {
        let value = |i: u32| 100.0 * (-f64::from(i) / 20.0).exp() + f64::from((7919 * i) % 101) / 10.0;
        let series: Vec<f64> = (0..1000).map(value).collect();
        assert_eq!(mser5(&series), Some(20));
    }
}
