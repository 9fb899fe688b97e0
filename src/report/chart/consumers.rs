//! How many replicas there were and how busy they were.

use super::super::view::QueueView;
use super::super::{number, words};
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, staircase};
use super::theme::Stroke;
use super::{chart, subtitle};

/// The chart.
pub(super) fn consumers(view: &QueueView) -> Chart {
    let flow = view.flow();
    let replicas = view.series.map_or(&[][..], |series| &series.replicas_mean);
    let most = replicas.iter().copied().fold(0.0, f64::max);
    let upper = Panel {
        heading: "replicas".to_owned(),
        axis: Axis::whole_counts(most, 3.0),
        layers: vec![Layer::line(staircase(&view.time_s, replicas), Stroke::CAPACITY, "replicas")],
    };
    let busy = busy_pieces(&flow.ends_s, &flow.utilization);
    let lower = Panel {
        heading: "utilisation".to_owned(),
        axis: Axis::shares(),
        layers: vec![Layer::Line { pieces: busy, stroke: Stroke::MAIN, label: "busy slots".to_owned() }],
    };
    let groups: Vec<&str> = view.groups().into_iter().map(|(group, _)| group.name.as_str()).collect();
    let every =
        flow.ends_s.first().map_or_else(String::new, |first| format!(" · averages over {}", number::duration(*first)));
    let what = format!("{}{every}", groups.join(", "));
    chart(view, words::consumers(view), subtitle(view, &what), vec![upper, lower])
}

/// Staircases with gaps where there was no slot.
fn busy_pieces(ends_s: &[f64], values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let (mut from_s, mut open) = (0.0, false);
    for (end_s, value) in ends_s.iter().zip(values) {
        if let Some(value) = value {
            if !open {
                pieces.push(Vec::new());
            }
            if let Some(piece) = pieces.last_mut() {
                piece.extend([(from_s, value.clamp(0.0, 1.0)), (*end_s, value.clamp(0.0, 1.0))]);
            }
        }
        open = value.is_some();
        from_s = *end_s;
    }
    pieces
}
