//! How many replicas there were and how busy they were.

use super::super::view::QueueView;
use super::super::{number, words};
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, staircase};
use super::theme::Stroke;
use super::{chart, subtitle};

/// Lines closer than this share of the largest value are one line to the eye.
const VISIBLE: f64 = 0.02;

/// The chart.
pub(super) fn consumers(view: &QueueView) -> Chart {
    let flow = view.flow();
    let upper = replicas(view);
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

/// Replicas that were there; those wanted and those ready too where they are others.
fn replicas(view: &QueueView) -> Panel {
    let none = &Vec::new();
    let (running, wanted, ready) = view
        .series
        .map_or((none, none, none), |series| (&series.replicas_mean, &series.replicas_wanted, &series.replicas_ready));
    let most = running.iter().chain(wanted).copied().fold(0.0, f64::max);
    let differ = |other: &[f64]| {
        let apart = running.iter().zip(other).map(|(one, other)| (one - other).abs());
        apart.fold(0.0, f64::max) > VISIBLE * most
    };
    let line = |values: &[f64], stroke, label: &str| Layer::line(staircase(&view.time_s, values), stroke, label);
    let mut layers = Vec::new();
    let all = differ(wanted) || differ(ready);
    layers.push(line(running, Stroke::CAPACITY, if all { "running" } else { "replicas" }));
    if differ(ready) {
        layers.push(line(ready, Stroke::MAIN, "ready"));
    }
    if differ(wanted) {
        layers.push(line(wanted, Stroke::FLUID, "wanted"));
    }
    Panel { heading: "replicas".to_owned(), axis: Axis::whole_counts(most, 3.0), layers }
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
