//! The chart of drain times: the share of runs that are clear, over the time since the disturbance ended.

use super::super::drain::words;
use super::super::{ReportError, number};
use super::Picture;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel};
use super::theme::Stroke;
use super::{paint, raster};
use crate::study::Drain;
use crate::study::drain::QueueDrain;

/// The file's name without its ending.
const NAME: &str = "drain-clear";
/// Lines that a reader can tell apart.
const MOST_LINES: usize = 5;

/// Names and contents of the chart, SVG before PNG; none where nothing had to clear, or nothing did.
pub(in crate::report) fn drain_charts(drain: &Drain) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let Some(chart) = clear(drain) else { return Ok(Vec::new()) };
    let drawn = paint::paint(&chart).and_then(|svg| raster::finish(&svg, &chart.title));
    let Picture { svg, png } = drawn.map_err(|reason| ReportError::Chart { name: NAME.to_owned(), reason })?;
    Ok(vec![(format!("{NAME}.svg"), svg.into_bytes()), (format!("{NAME}.png"), png)])
}

/// Whether a file's name is one of ours.
pub(in crate::report) fn is_drains(name: &str) -> bool {
    name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png")) == Some(NAME)
}

fn clear(drain: &Drain) -> Option<Chart> {
    let queues: Vec<&QueueDrain> = drain.queues.iter().filter(|one| !one.clear_s.is_empty()).take(MOST_LINES).collect();
    let instants = queues.iter().flat_map(|one| one.clear_s.last().copied().into_iter().chain(one.fluid_s));
    let most_s = instants.fold(0.0, f64::max);
    if queues.is_empty() || most_s <= 0.0 {
        return None;
    }
    let axis = Axis::durations(1.05 * most_s);
    let mut layers = Vec::new();
    for (place, one) in queues.iter().enumerate() {
        let stroke = if queues.len() == 1 { Stroke::MAIN } else { Stroke::of_kind(place) };
        let name = number::shorten(&one.name, 24);
        if let Some(fluid_s) = one.fluid_s {
            layers.push(Layer::line(vec![(fluid_s, 0.0), (fluid_s, 1.0)], Stroke::FLUID, ""));
            let label = format!("equation, {}", number::duration(fluid_s));
            layers.push(Layer::Mark { at: (fluid_s, 0.06 + 0.1 * place as f64), stroke: Stroke::FLUID, label });
        }
        let label = if queues.len() == 1 { "runs that are clear".to_owned() } else { name };
        layers.push(Layer::line(staircase(one, axis.end()), stroke, label));
    }
    layers.push(Layer::level(drain.options.kept_in, 0.0, axis.end(), Stroke::LIMIT, "demanded share"));
    let model = &drain.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let replications = number::plural(f64::from(drain.replications), "replication");
    Some(Chart {
        title: words::title(drain),
        subtitle: format!("{title} · until no message is ready for the first time · {replications}"),
        time: axis,
        time_caption: "time since the disturbance ended".to_owned(),
        panels: vec![Panel { heading: "share of runs".to_owned(), axis: Axis::shares(), layers }],
    })
}

/// The share of runs that are clear, from 0 to the end of the axis.
fn staircase(one: &QueueDrain, end_s: f64) -> Vec<(f64, f64)> {
    let runs = f64::from(one.clears.map_or(1, |clears| clears.runs.max(1)));
    let mut points = vec![(0.0, 0.0)];
    for (place, clear_s) in one.clear_s.iter().enumerate() {
        points.extend([(*clear_s, place as f64 / runs), (*clear_s, (place + 1) as f64 / runs)]);
    }
    points.push((end_s, one.clear_s.len() as f64 / runs));
    points
}
