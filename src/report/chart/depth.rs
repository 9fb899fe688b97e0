//! The depth over time: mean and band over replications, the fluid curve, what was promised.

use super::super::number;
use super::super::view::QueueView;
use super::super::words;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, curve};
use super::theme::Stroke;
use super::{LARGEST_LIMIT, chart, subtitle};
use crate::model::{Level, Promise};

/// The chart.
pub(super) fn depth(view: &QueueView) -> Chart {
    let at_zero = view.queue.initial as f64;
    let mut layers = Vec::new();
    let mut most = at_zero;
    if let Some(series) = view.series {
        let line = |values: &[f64]| curve(at_zero, &view.time_s, values);
        let runs = view.replications();
        if runs > 1 {
            let (low, high) = (line(&series.depth_p05), line(&series.depth_p95));
            layers.push(Layer::Band { low, high, stroke: Stroke::MAIN, label: "5–95 % of runs".to_owned() });
        }
        let name = if runs > 1 { "mean depth" } else { "depth" };
        layers.push(Layer::line(line(&series.depth_mean), Stroke::MAIN, name));
        let highest = if runs > 1 { &series.depth_p95 } else { &series.depth_mean };
        most = highest.iter().chain(&series.depth_mean).copied().fold(most, f64::max);
    }
    if let Some(backlog) = view.fluid_backlog() {
        let course = view.fluid.and_then(|fluid| fluid.course.as_ref());
        let line = course.map_or_else(|| curve(at_zero, &view.time_s, backlog), |course| course.backlog.clone());
        most = line.iter().map(|(_, level)| *level).fold(most, f64::max);
        layers.push(Layer::line(line, Stroke::FLUID, "fluid backlog"));
    }
    let mut beyond = Vec::new();
    for slo in view.slos() {
        let Promise::Depth(level, limit) = slo.promise else { continue };
        let label = format!("{} < {}", level_name(level), number::count(limit));
        if limit <= LARGEST_LIMIT * most {
            let (from_s, until_s) =
                slo.during.map_or((0.0, view.clock.horizon_s()), |window| (window.from_s, window.until_s));
            layers.push(Layer::level(limit, from_s, until_s.min(view.clock.horizon_s()), Stroke::LIMIT, label));
            most = most.max(limit);
        } else {
            beyond.push(format!("limit {} is above the chart", number::count(limit)));
        }
    }
    let measured = if view.series.is_some() { "ready and unacked messages" } else { "waiting messages" };
    let what = std::iter::once(measured.to_owned()).chain(beyond).collect::<Vec<_>>().join(" · ");
    let axis = if most >= 1.0 || most == 0.0 { Axis::whole_counts(most, 5.0) } else { Axis::counts(most, 5.0) };
    let panel = Panel { heading: "messages".to_owned(), axis, layers };
    chart(view, words::depth(view), subtitle(view, &what), vec![panel])
}

fn level_name(level: Level) -> String {
    match level {
        Level::Mean => "promised mean".to_owned(),
        Level::Max => "promised".to_owned(),
        Level::P(share) => format!("promised p{}", number::plain(share * 100.0)),
    }
}
