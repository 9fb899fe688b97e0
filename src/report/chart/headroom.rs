//! The chart of headroom: the share of runs that keep all promises over the load, with the dates of growth.

use super::super::headroom::words;
use super::super::{ReportError, number};
use super::Picture;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel};
use super::theme::Stroke;
use super::{paint, raster};
use crate::study::Headroom;

/// The file's name without its ending.
const NAME: &str = "headroom-kept";

/// Names and contents of the chart, SVG before PNG; none where there is no curve.
pub(in crate::report) fn headroom_charts(headroom: &Headroom) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let Some(chart) = kept(headroom) else { return Ok(Vec::new()) };
    let drawn = paint::paint(&chart).and_then(|svg| raster::finish(&svg, &chart.title));
    let Picture { svg, png } = drawn.map_err(|reason| ReportError::Chart { name: NAME.to_owned(), reason })?;
    Ok(vec![(format!("{NAME}.svg"), svg.into_bytes()), (format!("{NAME}.png"), png)])
}

/// Whether a file's name is one of ours.
pub(in crate::report) fn is_headrooms(name: &str) -> bool {
    name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png")) == Some(NAME)
}

fn kept(headroom: &Headroom) -> Option<Chart> {
    let curve = &headroom.curve;
    let (first, last) = (curve.first()?, curve.last()?);
    if curve.len() < 2 {
        return None;
    }
    let along = |value: fn(&crate::measure::KeptShare) -> f64| -> Vec<(f64, f64)> {
        curve.iter().map(|point| (point.factor, value(&point.kept))).collect()
    };
    let (least, most) = (first.factor.min(0.98), last.factor.max(1.02));
    let within = |end: f64| end.clamp(least, most);
    let answer = headroom.factor.low.zip(headroom.factor.high).map(|(low, high)| (within(low), within(high)));
    let between = answer.map(|(low, high)| Layer::Band {
        low: vec![(low, 0.0), (high, 0.0)],
        high: vec![(low, 1.0), (high, 1.0)],
        stroke: Stroke::LIMIT,
        label: "interval of the answer".to_owned(),
    });
    let mut layers: Vec<Layer> = between.into_iter().collect();
    layers.extend([
        Layer::Band {
            low: along(|kept| kept.low),
            high: along(|kept| kept.high),
            stroke: Stroke::MAIN,
            label: "95 % interval".to_owned(),
        },
        Layer::level(headroom.options.kept_in, least, most, Stroke::LIMIT, "demanded share"),
        Layer::line(vec![(1.0, 0.0), (1.0, 1.0)], Stroke::GUIDE, "today"),
        Layer::line(along(crate::measure::KeptShare::share), Stroke::MAIN, "runs that keep all"),
    ]);
    if let Some(value) = headroom.factor.value {
        let label = words::change(value);
        layers.push(Layer::Mark { at: (value, headroom.options.kept_in), stroke: Stroke::LIMIT, label });
    }
    let tick = |factor: f64| {
        let load = if factor == 1.0 { "today".to_owned() } else { words::change(factor) };
        match words::month(headroom, factor).filter(|_| factor > 1.0) {
            Some(when) => format!("{load}: {when}"),
            None => load,
        }
    };
    let model = &headroom.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let replications = number::plural(f64::from(headroom.procedure.replications()), "replication");
    Some(Chart {
        title: words::title(headroom),
        subtitle: format!("{title} · every rate times a factor · {replications}"),
        time: Axis::factors(least, most, tick),
        time_caption: "load against today".to_owned(),
        panels: vec![Panel { heading: "share of runs".to_owned(), axis: Axis::shares(), layers }],
    })
}
