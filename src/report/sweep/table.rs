//! The terminal's answer: the finding, then one row per value, a matrix for two axes, the ends for more.

use super::super::number::{self, count, duration, plural, share};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::view::{AxisView, View, figure_name, figure_unit};
use super::words;
use crate::measure::Estimate;
use crate::study::Sweep;
use crate::study::sweep::{QueueFigure, Shown, SweepPoint};

/// Rows that a reader still looks through.
const MOST_ROWS: usize = 40;
/// Rows from either end of a grid of more than two axes.
const ENDS: usize = 5;
/// A half-width below this share of its value is beyond the digits that are shown.
const TELLING: f64 = 0.001;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72): what was found, what was
/// swept, and the numbers. The files hold the rest.
pub fn sweep_table(sweep: &Sweep, shown: &Shown, width: usize) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let view = View::new(sweep, shown);
    let mut lines = paragraph(&format!("{}: {}.", sweep.model.name, words::finding(&view)), 2, width);
    lines.extend(kept_everywhere(&view).into_iter().flat_map(|text| paragraph(&text, 2, width)));
    lines.extend(paragraph(&looked_at(&view), 2, width));
    lines.extend(words::missing(&view).map(|text| format!("There is {text} (-): sweep.json says why.")));
    lines.push(String::new());
    lines.extend(match view.axes.as_slice() {
        [] => column(&view, &[&sweep.points[0]], &["scenario".to_owned()], "", width),
        [axis] => one_axis(&view, axis, width),
        [first, second] => matrix(&view, first, second, width),
        _ => ends(&view, width),
    });
    if !sweep.notes.is_empty() {
        lines.push(String::new());
        lines.extend(sweep.notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// How many points keep everything that was promised, where there are promises.
fn kept_everywhere(view: &View) -> Option<String> {
    let points = &view.sweep.points;
    let judged = points.iter().filter_map(SweepPoint::keeps_all);
    let kept: Vec<&SweepPoint> = points.iter().filter(|point| point.keeps_all() == Some(true)).collect();
    (judged.count() > 0 && points.len() > 1).then_some(())?;
    let promises = match view.sweep.model.slos.len() {
        1 => "the promise".to_owned(),
        2 => "both promises".to_owned(),
        several => format!("all {several} promises"),
    };
    Some(match kept.as_slice() {
        [] => format!("No point keeps {promises}."),
        kept if kept.len() == points.len() => format!("Every point keeps {promises}."),
        kept => format!("{} of {} points keep {promises}.", kept.len(), points.len()),
    })
}

fn looked_at(view: &View) -> String {
    let sweep = view.sweep;
    let paths: Vec<String> = view
        .axes
        .iter()
        .map(|axis| format!("{} of {}", plural(axis.labels.len() as f64, "value"), axis.path))
        .collect();
    let what = match paths.as_slice() {
        [] => "Looked at one point".to_owned(),
        paths => format!("Swept {}", paths.join(" × ")),
    };
    let points = plural(sweep.points.len() as f64, "point");
    if !view.is_simulated() {
        return format!("{what} over {}: {points}, {}.", duration(sweep.model.horizon_s), words::engine(view));
    }
    let events: u64 = sweep.points.iter().map(|point| point.events).sum();
    let events = count(events as f64);
    let (horizon, runs) = (duration(sweep.model.horizon_s), words::engine(view));
    if sweep.grid.axes.iter().any(|axis| axis.path == "seed") {
        return format!("{what} over {horizon}: {points} × {runs} ({events} events).");
    }
    let counts = format!("{points} × {runs} ({events} events, seed {})", sweep.model.seed);
    format!("{what} over {horizon}, the same arrivals and work everywhere: {counts}.")
}

/// At most `most` of `all` positions, with both ends, evenly apart.
fn chosen(all: usize, most: usize) -> Vec<usize> {
    if all <= most {
        return (0..all).collect();
    }
    (0..most).map(|k| k * (all - 1) / (most - 1).max(1)).collect()
}

fn one_axis(view: &View, axis: &AxisView, width: usize) -> Vec<String> {
    let rows = chosen(axis.labels.len(), MOST_ROWS);
    let points: Vec<&SweepPoint> = rows.iter().map(|row| view.point(&[*row])).collect();
    let labels: Vec<String> = rows.iter().map(|row| axis.labels[*row].clone()).collect();
    let mut lines = column(view, &points, &labels, &axis.name, width);
    if rows.len() < axis.labels.len() {
        let left = axis.labels.len() - rows.len();
        lines.push(format!("  {} more in sweep.csv", plural(left as f64, "row")));
    }
    lines
}

/// One row per point: the shown number, how often promises are kept, and what else of the queue has room.
fn column(view: &View, points: &[&SweepPoint], labels: &[String], name: &str, width: usize) -> Vec<String> {
    let beside = beside(view, points);
    let mut columns = beside.len();
    loop {
        let mut grid = Grid::new(2).flexible(0).right_from(1);
        let kept = kept_column(points);
        let mut header = vec![name.to_owned(), heading(view)];
        header.extend(kept.as_ref().map(|(head, _)| head.clone()));
        header.extend(beside[..columns].iter().map(|figure| short_name(*figure).to_owned()));
        grid.header(header);
        for (k, point) in points.iter().enumerate() {
            let mut cells = vec![labels[k].clone(), shown(&view.value(point), |value| view.unit.show(value))];
            cells.extend(kept.as_ref().map(|(_, cells)| cells[k].clone()));
            cells.extend(beside[..columns].iter().map(|figure| figure_cell(view, point, *figure)));
            grid.row(cells);
        }
        if columns == 0 || grid.needs() <= width {
            return grid.lines(width);
        }
        columns -= 1;
    }
}

fn heading(view: &View) -> String {
    match view.shown {
        Shown::Kept => "kept in".to_owned(),
        _ => number::shorten(&view.what, 24),
    }
}

/// In how many runs everything promised was kept; without runs, whether it was.
fn kept_column(points: &[&SweepPoint]) -> Option<(String, Vec<String>)> {
    if points.iter().any(|point| point.kept_all.is_some()) {
        let cell = |point: &&SweepPoint| point.kept_all.map_or_else(|| "-".to_owned(), |kept| share(kept.share()));
        return Some(("kept in".to_owned(), points.iter().map(cell).collect()));
    }
    let word = |point: &&SweepPoint| match point.keeps_all() {
        Some(true) => "kept",
        Some(false) => "BROKEN",
        None => "-",
    };
    let is_judged = points.iter().any(|point| point.keeps_all().is_some());
    is_judged.then(|| ("promises".to_owned(), points.iter().map(|point| word(point).to_owned()).collect()))
}

/// Figures of the queue that are known and not what is shown anyway, the most telling first.
fn beside(view: &View, points: &[&SweepPoint]) -> Vec<QueueFigure> {
    let usual = [
        QueueFigure::WaitMean,
        QueueFigure::LatencyP99,
        QueueFigure::WaitMax,
        QueueFigure::Utilization,
        QueueFigure::DepthMax,
        QueueFigure::BacklogMax,
        QueueFigure::Cost,
        QueueFigure::ReplicaHours,
    ];
    let is_simulated = view.is_simulated();
    let is_news = |figure: &QueueFigure| {
        let is_shown = matches!(view.shown, Shown::Figure { figure: shown, .. } if shown == figure)
            || view.what.starts_with(figure_name(*figure));
        // Without chance the longest wait and the backlog stand for the quantiles.
        let stands_in = matches!(figure, QueueFigure::WaitMax | QueueFigure::BacklogMax);
        !(is_shown || is_simulated && stands_in)
    };
    let is_known = |figure: &QueueFigure| {
        points.iter().any(|point| figure_of(view, point, *figure).is_some_and(|estimate| estimate.value.is_some()))
    };
    usual.into_iter().filter(is_news).filter(is_known).collect()
}

fn figure_of<'p>(view: &View, point: &'p SweepPoint, figure: QueueFigure) -> Option<&'p Estimate> {
    point.queue(view.queue()?).map(|queue| queue.figure(figure))
}

fn figure_cell(view: &View, point: &SweepPoint, figure: QueueFigure) -> String {
    let value = figure_of(view, point, figure).and_then(|estimate| estimate.value);
    value.map_or_else(|| "-".to_owned(), |value| figure_unit(view.sweep, figure).show(value))
}

fn short_name(figure: QueueFigure) -> &'static str {
    match figure {
        QueueFigure::Utilization => "busy",
        QueueFigure::LatencyP99 => "p99 lat.",
        QueueFigure::ReplicaHours => "hours",
        other => figure_name(other),
    }
}

/// An estimate with its half-width; `-` if it does not exist.
fn shown(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    match (estimate.value, estimate.half_width()) {
        (Some(value), Some(half_width)) if half_width > TELLING * value.abs() => {
            number::with_half_width(value, half_width, show)
        }
        (Some(value), _) => show(value),
        (None, _) => "-".to_owned(),
    }
}

/// Two axes: the longer one down, the other one across, as many of its values as have room.
fn matrix(view: &View, first: &AxisView, second: &AxisView, width: usize) -> Vec<String> {
    let is_turned = second.labels.len() > first.labels.len();
    let (down, over) = if is_turned { (second, first) } else { (first, second) };
    let point = |row: usize, column: usize| {
        if is_turned { view.point(&[column, row]) } else { view.point(&[row, column]) }
    };
    let rows = chosen(down.labels.len(), MOST_ROWS);
    let cell = |row: usize, column: usize| {
        let point = point(row, column);
        let value = view.value(point).value.map_or_else(|| "-".to_owned(), |value| view.unit.show(value));
        if view.kept(point) == Some(false) { format!("{value} !") } else { value }
    };
    let mut columns = over.labels.len();
    let (grid, columns) = loop {
        let places = chosen(over.labels.len(), columns);
        let mut grid = Grid::new(2).flexible(0).right_from(1);
        grid.header(std::iter::once(String::new()).chain(places.iter().map(|k| over.labels[*k].clone())).collect());
        for row in &rows {
            let cells = places.iter().map(|column| cell(*row, *column));
            grid.row(std::iter::once(down.labels[*row].clone()).chain(cells).collect());
        }
        if grid.needs() <= width || columns <= 2 {
            break (grid, columns);
        }
        columns -= 1;
    };
    let caption = format!("{} by {} (down) and {} (across):", view.what, down.path, over.path);
    let mut lines = paragraph(&caption, 2, width);
    lines.extend(grid.lines(width));
    lines.extend(broken(view).map(|text| format!("  {text}")));
    let left = down.labels.len() * over.labels.len() - rows.len() * columns.min(over.labels.len());
    if left > 0 {
        lines.push(format!("  {} more in sweep.csv", plural(left as f64, "point")));
    }
    lines
}

/// What the sign of a broken promise means, if there is one.
fn broken(view: &View) -> Option<String> {
    let is_broken = view.sweep.points.iter().any(|point| view.kept(point) == Some(false));
    let what = match words::limit(view).filter(|_| view.is_promised()) {
        Some(limit) => format!("! is not {limit}"),
        None => "! breaks a promise".to_owned(),
    };
    is_broken.then_some(what)
}

/// More than two axes: the points with the least and with the largest numbers.
fn ends(view: &View, width: usize) -> Vec<String> {
    let mut known: Vec<(&SweepPoint, f64)> =
        view.sweep.points.iter().filter_map(|point| Some((point, view.value(point).value?))).collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.point.cmp(&b.0.point)));
    let count = known.len();
    let (head, tail) = known.split_at(ENDS.min(count));
    let tail = &tail[tail.len().saturating_sub(ENDS)..];
    let mut lines = Vec::new();
    for (which, part) in [("least", head), ("largest", tail)].into_iter().filter(|(_, part)| !part.is_empty()) {
        lines.extend(paragraph(&format!("The {which} {}:", view.what), 2, width));
        let points: Vec<&SweepPoint> = part.iter().map(|(point, _)| *point).collect();
        let labels: Vec<String> = points.iter().map(|point| view.place_of(point)).collect();
        lines.extend(column(view, &points, &labels, "", width));
    }
    lines.push(format!("  all {} are in sweep.csv", plural(view.sweep.points.len() as f64, "point")));
    lines
}
