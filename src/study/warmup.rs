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
    if published >= SATURATED * served {
        return Some(format!(
            "{}: there is no steady state: {} is published and at most {} can be served, so the queue grows as long as \
             this goes on",
            events.queues[queue].name,
            show_rate(published),
            show_rate(served)
        ));
    }
    let depth = &series.depth_mean;
    let cut = BATCH * mser5(depth)?;
    let settled_s = if cut == 0 { 0.0 } else { series.time_s[cut - 1] };
    let half_width = events.queues[queue].depth.mean.half_width()?;
    let measured = events.queues[queue].depth.mean.value?;
    let settled = mean(&depth[cut..]);
    // A cut that changes the mean by no more than chance could is not worth a warning.
    let differs = (measured - settled).abs() > (2.0 * half_width).max(0.05 * settled);
    (settled_s > model.warmup_s && differs).then(|| {
        format!(
            "{}: the warm-up is too short for a steady state: depth still drifts until {}, and its mean from there \
             on is {}, not {}; set `warmup: {settled_s:.0}s` or more",
            events.queues[queue].name,
            show_duration(settled_s),
            show_count(settled),
            show_count(measured)
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

    #[test]
    fn cuts_the_oracle_series_after_twenty_batches() {
        let value = |i: u32| 100.0 * (-f64::from(i) / 20.0).exp() + f64::from((7919 * i) % 101) / 10.0;
        let series: Vec<f64> = (0..1000).map(value).collect();
        assert_eq!(mser5(&series), Some(20));
    }
}
