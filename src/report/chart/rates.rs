//! What is published against what could be consumed: P(t), C(t) and the acks.

use super::super::number;
use super::super::view::QueueView;
use super::super::words;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, staircase};
use super::theme::Stroke;
use super::{chart, subtitle};

/// The chart.
pub(super) fn rates(view: &QueueView) -> Chart {
    let flow = view.flow();
    let every =
        flow.ends_s.first().map_or_else(String::new, |first| format!("averages over {}", number::duration(*first)));
    let exact = view.exact_rates();
    let acked = flow.acked.as_deref().unwrap_or_default();
    let every = match (exact, acked.is_empty()) {
        (None, _) => every,
        (Some(_), true) => String::new(),
        (Some(_), false) => format!("acks: {every}"),
    };
    let of_rows = [&flow.publish, &flow.capacity, acked].into_iter().flatten().copied().fold(0.0, f64::max);
    let most = exact.map_or(of_rows, |exact| of_rows.max(exact.most_published));
    let (factor, unit) = number::rate_unit(most);
    let steps = |rates: &[f64]| {
        let scaled: Vec<f64> = rates.iter().map(|rate| rate * factor).collect();
        staircase(&flow.ends_s, &scaled)
    };
    let line = |points: &[(f64, f64)]| points.iter().map(|(time_s, rate)| (*time_s, rate * factor)).collect();
    let publish = exact.map_or_else(|| steps(&flow.publish), |exact| line(&exact.publish));
    let capacity = exact.map_or_else(|| steps(&flow.capacity), |exact| line(&exact.capacity));
    let mut layers = vec![Layer::line(publish, Stroke::MAIN, "published")];
    layers.push(Layer::line(capacity, Stroke::CAPACITY, "capacity"));
    if !acked.is_empty() {
        layers.push(Layer::line(steps(acked), Stroke::SECOND, "acked"));
    }
    let panel = Panel { heading: format!("messages per {unit}"), axis: Axis::counts(most * factor, 5.0), layers };
    chart(view, words::rates(view), subtitle(view, &every), vec![panel])
}
