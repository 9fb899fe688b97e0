//! The chart of a sweep: a line with its interval over one axis, a heat map over two.
//!
//! Not here: the sentences (`sweep::words`), and how a heat map gets onto paper (`heat`).

use super::super::sweep::view::{AxisView, Unit, View};
use super::super::sweep::words;
use super::super::{ReportError, number};
use super::axis::Axis;
use super::heat::{Cell, HeatMap};
use super::plot::{Chart, Layer, Panel, pieces};
use super::theme::Stroke;
use super::{LARGEST_LIMIT, Picture, heat, paint, raster};
use crate::measure::Estimate;

/// A range of values beyond this is drawn on a logarithmic scale.
const LINEAR_RANGE: f64 = 30.0;
/// A heat map whose values above 0 span more than this has a logarithmic scale: the small ones would look the same.
const LINEAR_HEAT: f64 = 50.0;
/// Shares up to this one are rare events, which are told apart by their powers of ten.
const RARE: f64 = 0.5;
/// Distances between values beyond this ratio are drawn as equal: the small ones could not be told apart.
const EVEN_RANGE: f64 = 20.0;
/// Up to this many values each of them has a dot and a tick of its own.
const FEW: usize = 24;
/// Labels below a horizontal axis.
const MOST_TICKS: usize = 12;
/// Free space at both ends of a horizontal axis, in distances between values.
const ENDS: f64 = 0.5;

/// Begin of every file's name.
const STEMS: [&str; 2] = ["sweep-line", "sweep-map"];

/// Names and contents of the chart's files, SVG before PNG; none for other than one or two axes.
pub(in crate::report) fn sweep_charts(view: &View) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let is_known = view.sweep.points.iter().any(|point| view.value(point).value.is_some_and(f64::is_finite));
    if !is_known {
        return Ok(Vec::new());
    }
    let (stem, drawn) = match view.axes.as_slice() {
        [axis] => {
            let chart = line(view, axis);
            (STEMS[0], paint::paint(&chart).and_then(|svg| raster::finish(&svg, &chart.title)))
        }
        [first, second] => {
            let map = map(view, first, second);
            (STEMS[1], heat::paint(&map).and_then(|svg| raster::finish(&svg, &map.title)))
        }
        _ => return Ok(Vec::new()),
    };
    let Picture { svg, png } = drawn.map_err(|reason| ReportError::Chart { name: stem.to_owned(), reason })?;
    Ok(vec![(format!("{stem}.svg"), svg.into_bytes()), (format!("{stem}.png"), png)])
}

/// Whether a file's name is one of ours, so that an earlier sweep's chart can be told from other pictures.
pub(in crate::report) fn is_sweeps(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png"));
    stem.is_some_and(|stem| STEMS.contains(&stem))
}

fn subtitle(view: &View, parts: &[String]) -> String {
    let model = &view.sweep.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let ends = [words::missing(view).unwrap_or_default(), words::engine(view)];
    let all = [title].into_iter().chain(parts.iter().cloned()).chain(ends);
    all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Where the values of an axis stand: at their numbers, or evenly where they are none or very uneven.
fn positions(axis: &AxisView) -> (Vec<f64>, bool) {
    let evenly = || (0..axis.labels.len()).map(|k| k as f64).collect();
    let Some(numbers) = &axis.numbers else { return (evenly(), false) };
    let gaps = || numbers.windows(2).map(|pair| pair[1] - pair[0]);
    let (least, most) = (gaps().fold(f64::INFINITY, f64::min), gaps().fold(0.0, f64::max));
    if least > 0.0 && most <= EVEN_RANGE * least { (numbers.clone(), true) } else { (evenly(), false) }
}

/// One axis: the number with its interval, and the promise's limit.
fn line(view: &View, axis: &AxisView) -> Chart {
    let (at, to_scale) = positions(axis);
    let estimates: Vec<Estimate> = (0..axis.labels.len()).map(|k| view.value(view.point(&[k]))).collect();
    let (low, high) = (at[0], at[at.len() - 1]);
    let margin = ENDS * (high - low) / (at.len() - 1) as f64;
    let (low, high) = (low - margin, high + margin);
    let is_ordered = axis.numbers.is_some();
    let values: Vec<Option<f64>> = estimates.iter().map(|estimate| estimate.value).collect();
    let most = most(&estimates);
    let limit = view.limit.filter(|limit| *limit <= LARGEST_LIMIT * most);
    let mut layers = Vec::new();
    if is_ordered {
        layers.extend(bands(&at, &estimates));
        layers.push(Layer::Line { pieces: pieces(&at, &values), stroke: Stroke::MAIN, label: view.what.clone() });
    } else {
        layers.extend(whiskers(&at, &estimates));
    }
    if !is_ordered || at.len() <= FEW {
        let dots = at.iter().zip(&values).filter_map(|(at, value)| Some(vec![(*at, (*value)?)]));
        let label = if is_ordered { String::new() } else { view.what.clone() };
        layers.push(Layer::Line { pieces: dots.collect(), stroke: Stroke::MAIN, label });
    }
    if let Some(limit) = limit {
        layers.push(Layer::level(limit, low, high, Stroke::LIMIT, format!("limit {}", view.unit.show(limit))));
    }
    let (scale, is_log) = scale(view, &estimates, limit, true);
    let heading = if is_log { format!("{}, logarithmic", heading(view)) } else { heading(view) };
    let far = view.limit.filter(|_| limit.is_none()).map(|limit| format!("limit {}", view.unit.show(limit)));
    let queue = view.queue().map_or_else(String::new, |queue| format!("queue {}", number::shorten(queue, 36)));
    let caption =
        if to_scale || axis.numbers.is_none() { axis.path.clone() } else { format!("{}, not to scale", axis.path) };
    Chart {
        title: words::finding(view),
        subtitle: subtitle(view, &[queue, far.unwrap_or_default()]),
        time: Axis::ticked(low, high, ticks(&at, &axis.labels)),
        time_caption: caption,
        panels: vec![Panel { heading, axis: scale, layers }],
    }
}

fn heading(view: &View) -> String {
    match &view.unit {
        Unit::Money(currency) => format!("{}, {currency}", view.what),
        Unit::Instant(_) => format!("{}, after the start", view.what),
        Unit::Count => format!("{}, messages", view.what),
        Unit::Duration | Unit::Share | Unit::Hours => view.what.clone(),
    }
}

fn most(estimates: &[Estimate]) -> f64 {
    let ends = estimates.iter().flat_map(|estimate| [estimate.value, estimate.high]);
    ends.flatten().filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// Some of the values with their labels, so that none runs into the next.
fn ticks(at: &[f64], labels: &[String]) -> Vec<(f64, String)> {
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(1);
    // A character takes a little less than a hundredth of the axis.
    let room = (100 / (longest + 2)).clamp(2, if longest <= 2 { 2 * MOST_TICKS } else { MOST_TICKS });
    let every = at.len().div_ceil(room);
    at.iter().copied().zip(labels.iter().cloned()).step_by(every).collect()
}

/// The interval around the line, piece by piece, where there is one.
fn bands(at: &[f64], estimates: &[Estimate]) -> Vec<Layer> {
    let ends = |end: fn(&Estimate) -> Option<f64>| -> Vec<Option<f64>> {
        let whole = |estimate: &Estimate| estimate.low.zip(estimate.high).and_then(|_| end(estimate));
        estimates.iter().map(whole).collect()
    };
    let low = pieces(at, &ends(|estimate| estimate.low.map(|low| low.max(0.0))));
    let high = pieces(at, &ends(|estimate| estimate.high));
    let count = low.len();
    let label = |k: usize| if k + 1 == count { "95 % interval".to_owned() } else { String::new() };
    let ends = low.into_iter().zip(high).enumerate();
    ends.map(|(k, (low, high))| Layer::Band { low, high, stroke: Stroke::MAIN, label: label(k) }).collect()
}

/// The intervals of values that have no order: a line through them would lie.
fn whiskers(at: &[f64], estimates: &[Estimate]) -> Option<Layer> {
    let whisker = |(at, estimate): (&f64, &Estimate)| {
        let (low, high) = estimate.low.zip(estimate.high)?;
        Some(vec![(*at, low.max(0.0)), (*at, high)])
    };
    let pieces: Vec<Vec<(f64, f64)>> = at.iter().zip(estimates).filter_map(whisker).collect();
    let label = "95 % interval".to_owned();
    (!pieces.is_empty()).then_some(Layer::Line { pieces, stroke: Stroke::WHISKER, label })
}

/// The axis of the shown number, and whether it is logarithmic. `from_zero` is for lengths, which begin there.
fn scale(view: &View, estimates: &[Estimate], limit: Option<f64>, from_zero: bool) -> (Axis, bool) {
    let values = || estimates.iter().filter_map(|estimate| estimate.value).chain(limit).filter(|x| x.is_finite());
    let ends = estimates.iter().filter_map(|estimate| estimate.high).filter(|x| from_zero && x.is_finite());
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().chain(ends).fold(0.0, f64::max);
    let is_wide = least > 0.0 && most > LINEAR_RANGE * least;
    let axis = match (&view.unit, is_wide, from_zero) {
        (Unit::Duration, true, _) => Axis::log_durations(least, most, false),
        (Unit::Count, true, _) => Axis::log_counts(least, most),
        (Unit::Duration | Unit::Instant(_), _, true) => Axis::durations(most),
        (Unit::Duration | Unit::Instant(_), _, false) => Axis::durations_between(least, most),
        (Unit::Share, _, true) if most > LARGEST_LIMIT * 0.1 => Axis::shares(),
        (Unit::Share, _, true) => Axis::counts_as(0.0, most, number::share),
        (Unit::Share, _, false) => Axis::counts_as(least, most, number::share),
        (_, _, true) => Axis::counts(most, 5.0),
        (_, _, false) => Axis::counts_as(least, most, number::count),
    };
    let is_log = is_wide && matches!(view.unit, Unit::Duration | Unit::Count);
    (axis, is_log)
}

/// The scale of a heat map's colours, and whether it is logarithmic.
fn colours(view: &View, estimates: &[Estimate]) -> (Axis, bool) {
    let values = estimates.iter().filter_map(|estimate| estimate.value).filter(|value| value.is_finite());
    match decades(&view.unit, &values.collect::<Vec<f64>>()) {
        Some(axis) => (axis, true),
        None => scale(view, estimates, None, false),
    }
}

/// A logarithmic scale where a linear one would hide most of the values; zeros have the colour of its begin.
fn decades(unit: &Unit, values: &[f64]) -> Option<Axis> {
    let least = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    let is_cut = values.iter().any(|value| *value <= 0.0);
    match unit {
        _ if most <= LINEAR_HEAT * least => None,
        Unit::Duration => Some(Axis::log_durations(least, most, is_cut)),
        Unit::Count => Some(Axis::log_numbers(least, most, is_cut, number::count)),
        Unit::Share if most <= RARE => Some(Axis::log_numbers(least, most, is_cut, number::share)),
        _ => None,
    }
}

/// Two axes: the longer one across, the other one upwards; broken promises are hatched.
fn map(view: &View, first: &AxisView, second: &AxisView) -> HeatMap {
    let is_turned = second.labels.len() < first.labels.len();
    let (up, over) = if is_turned { (second, first) } else { (first, second) };
    let point = |row: usize, column: usize| {
        if is_turned { view.point(&[column, row]) } else { view.point(&[row, column]) }
    };
    let cell = |row: usize, column: usize| {
        let point = point(row, column);
        let value = view.value(point).value.filter(|value| value.is_finite());
        Cell {
            value,
            label: value.map_or_else(|| "-".to_owned(), |value| view.unit.show(value)),
            is_broken: view.kept(point) == Some(false),
        }
    };
    // Numbers grow upwards; names are read downwards.
    let rows: Vec<usize> =
        if up.numbers.is_some() { (0..up.labels.len()).rev().collect() } else { (0..up.labels.len()).collect() };
    let estimates: Vec<Estimate> = view.sweep.points.iter().map(|point| view.value(point)).collect();
    let (scale, is_log) = colours(view, &estimates);
    let queue = view.queue().map_or_else(String::new, |queue| format!("queue {}", number::shorten(queue, 36)));
    let hatched = match words::limit(view).filter(|_| view.is_promised()) {
        Some(limit) => format!("hatched: not {limit}"),
        None => "hatched: a promise is broken".to_owned(),
    };
    let is_hatched = view.sweep.points.iter().any(|point| view.kept(point) == Some(false));
    HeatMap {
        title: words::finding(view),
        subtitle: subtitle(view, &[queue, if is_hatched { hatched } else { String::new() }]),
        columns: over.labels.clone(),
        rows: rows.iter().map(|row| up.labels[*row].clone()).collect(),
        column_caption: over.path.clone(),
        row_caption: up.path.clone(),
        cells: rows.iter().map(|row| (0..over.labels.len()).map(|column| cell(*row, column)).collect()).collect(),
        scale,
        scale_heading: if is_log { format!("{}, logarithmic", heading(view)) } else { heading(view) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_over_decades_tell_small_values_apart() {
        let axis = decades(&Unit::Duration, &[0.0, 0.137, 6.37, 700.0]).unwrap();
        let at = [0.0, 0.137, 6.37, 700.0].map(|value| axis.position(value));
        assert!(at[0] == 0.0 && at[2] - at[1] > 0.2 && at[3] - at[2] > 0.2, "{at:?}");
        assert!(axis.ticks[0].1.starts_with('≤'), "{:?}", axis.ticks);
        assert!(decades(&Unit::Share, &[0.0, 1e-5, 0.1]).is_some());
        assert_eq!(decades(&Unit::Share, &[0.0, 0.01, 1.0]), None);
        assert_eq!(decades(&Unit::Duration, &[0.0, 2.0, 90.0]), None);
        assert_eq!(decades(&Unit::Count, &[0.0, 0.0]), None);
    }
}
