//! A sweep as reports look at it: which axes really vary and in which order, and the shown number with its unit.

use super::super::clock::Clock;
use super::super::compare::words::cash;
use super::super::number::{self, count, duration, share};
use crate::measure::{EngineChoice, Estimate};
use crate::model::Promise;
use crate::scenario::Axis;
use crate::study::Sweep;
use crate::study::sweep::{QueueFigure, Shown, SweepPoint};
use crate::units::{read_duration, read_number, read_rate, read_share};

/// Values beside an axis or in a sentence are shortened to this.
const VALUE: usize = 24;

/// In what the shown number is counted.
#[derive(Clone, Debug)]
pub(in crate::report) enum Unit {
    Duration,
    Count,
    Share,
    Money(String),
    Hours,
    Instant(Clock),
}

impl Unit {
    /// The number as people read it.
    pub fn show(&self, value: f64) -> String {
        match self {
            Unit::Duration => duration(value),
            Unit::Count | Unit::Hours => count(value),
            Unit::Share => share(value),
            Unit::Money(currency) => cash(value, currency),
            Unit::Instant(clock) => clock.instant(value),
        }
    }
}

/// An axis with more than one value.
#[derive(Clone, Debug)]
pub(in crate::report) struct AxisView {
    /// Its place in the grid.
    pub place: usize,
    pub path: String,
    /// What varies, in a word or two.
    pub name: String,
    /// Places of the values: ascending where they are numbers, as written otherwise.
    pub order: Vec<usize>,
    /// The values in that order, as written.
    pub labels: Vec<String>,
    /// The values in that order as numbers, where all of them are numbers of one kind.
    pub numbers: Option<Vec<f64>>,
}

impl AxisView {
    fn new(place: usize, axis: &Axis, name: String) -> Self {
        let numbers = numbers(&axis.values);
        let mut order: Vec<usize> = (0..axis.values.len()).collect();
        if let Some(numbers) = &numbers {
            order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
        }
        AxisView {
            place,
            path: axis.path.clone(),
            name,
            labels: order.iter().map(|k| number::shorten(&axis.values[*k], VALUE)).collect(),
            numbers: numbers.map(|numbers| order.iter().map(|k| numbers[*k]).collect()),
            order,
        }
    }

    /// `9 replicas`, `prefetch 10`: one of the values in a sentence.
    pub fn at(&self, position: usize) -> String {
        let label = &self.labels[position];
        match (self.name.as_str(), label.as_str()) {
            ("replicas", "1") => "1 replica".to_owned(),
            ("replicas", _) if self.numbers.is_some() => format!("{label} replicas"),
            _ => format!("{} {label}", self.name),
        }
    }
}

/// The values as numbers of one kind: bare ones, durations, rates or shares.
fn numbers(values: &[String]) -> Option<Vec<f64>> {
    type Read = fn(&str) -> Option<f64>;
    let kinds: [Read; 4] = [
        |text| read_number(text).ok(),
        |text| read_duration(text).ok(),
        |text| read_rate(text).ok(),
        |text| read_share(text).ok(),
    ];
    kinds.into_iter().find_map(|read| values.iter().map(|value| read(value.trim())).collect())
}

/// The sweep, with the number that it is about.
pub(in crate::report) struct View<'s> {
    pub sweep: &'s Sweep,
    pub shown: &'s Shown,
    /// Axes with more than one value.
    pub axes: Vec<AxisView>,
    pub unit: Unit,
    /// What is shown: `p99 latency`.
    pub what: String,
    /// The limit of the promise about it, where it is the same at all points.
    pub limit: Option<f64>,
}

impl<'s> View<'s> {
    pub fn new(sweep: &'s Sweep, shown: &'s Shown) -> Self {
        let varied: Vec<(usize, &Axis)> =
            sweep.grid.axes.iter().enumerate().filter(|(_, axis)| axis.values.len() > 1).collect();
        let name = |axis: &Axis| {
            let short = axis.short_name();
            let is_alone = varied.iter().filter(|(_, other)| other.short_name() == short).count() == 1;
            if is_alone { short.to_owned() } else { axis.path.clone() }
        };
        let axes = varied.iter().map(|(place, axis)| AxisView::new(*place, axis, name(axis))).collect();
        let (what, unit) = about(sweep, shown);
        View { sweep, shown, axes, unit, what, limit: limit(sweep, shown) }
    }

    /// The point at these positions along the varied axes.
    pub fn point(&self, positions: &[usize]) -> &'s SweepPoint {
        let mut places = vec![0; self.sweep.grid.axes.len()];
        for (axis, position) in self.axes.iter().zip(positions) {
            places[axis.place] = axis.order[*position];
        }
        let axes = places.iter().zip(&self.sweep.grid.axes);
        let point = axes.fold(0, |point, (place, axis)| point * axis.values.len() + place);
        &self.sweep.points[point]
    }

    /// The shown number there.
    pub fn value(&self, point: &SweepPoint) -> Estimate {
        self.shown.at(point)
    }

    /// Whether what was promised about it (about anything, if nothing about it) is kept there.
    pub fn kept(&self, point: &SweepPoint) -> Option<bool> {
        self.shown.kept(&self.sweep.model, point)
    }

    /// Whether the number has a promise of its own.
    pub fn is_promised(&self) -> bool {
        self.shown.promise(&self.sweep.model).is_some()
    }

    pub fn is_simulated(&self) -> bool {
        !matches!(self.sweep.engine, EngineChoice::Fluid | EngineChoice::Formula)
    }

    /// The point's values of the varied axes: `9 replicas, prefetch 10`.
    pub fn place_of(&self, point: &SweepPoint) -> String {
        let places = self.sweep.grid.places(point.point);
        let at = |axis: &AxisView| {
            let position = axis.order.iter().position(|place| *place == places[axis.place]);
            axis.at(position.expect("every place of an axis is in its order"))
        };
        self.axes.iter().map(at).collect::<Vec<_>>().join(", ")
    }

    /// The queue whose other figures stand beside the shown one.
    pub fn queue(&self) -> Option<&str> {
        let model = &self.sweep.model;
        match self.shown {
            Shown::Figure { queue, .. } => Some(queue),
            Shown::Promise(_) => self.shown.promise(model).map(|slo| model.queues[slo.queue].name.as_str()),
            Shown::Kept => model.queues.first().map(|queue| queue.name.as_str()),
        }
    }
}

/// The limit, if it is the same wherever there is one.
fn limit(sweep: &Sweep, shown: &Shown) -> Option<f64> {
    let slo = shown.promise(&sweep.model)?;
    let mut limits = sweep.points.iter().filter_map(|point| Some(point.promise(&slo.name)?.verdict.limit));
    let first = limits.next()?;
    limits.all(|limit| limit == first).then_some(first)
}

/// What a figure is called.
pub(super) fn figure_name(figure: QueueFigure) -> &'static str {
    match figure {
        QueueFigure::DepthMean => "mean depth",
        QueueFigure::DepthMax => "max depth",
        QueueFigure::BacklogMax => "max backlog",
        QueueFigure::WaitMean => "mean wait",
        QueueFigure::WaitP99 => "p99 wait",
        QueueFigure::WaitMax => "longest wait",
        QueueFigure::LatencyP50 => "p50 latency",
        QueueFigure::LatencyP99 => "p99 latency",
        QueueFigure::Utilization => "utilisation",
        QueueFigure::ReplicaHours => "replica-hours",
        QueueFigure::Cost => "cost",
        QueueFigure::LossShare => "lost share",
        QueueFigure::DrainedAt => "end of the backlog",
    }
}

/// In what a figure is counted.
pub(super) fn figure_unit(sweep: &Sweep, figure: QueueFigure) -> Unit {
    match figure {
        QueueFigure::DepthMean | QueueFigure::DepthMax | QueueFigure::BacklogMax => Unit::Count,
        QueueFigure::WaitMean
        | QueueFigure::WaitP99
        | QueueFigure::WaitMax
        | QueueFigure::LatencyP50
        | QueueFigure::LatencyP99 => Unit::Duration,
        QueueFigure::Utilization | QueueFigure::LossShare => Unit::Share,
        QueueFigure::ReplicaHours => Unit::Hours,
        QueueFigure::Cost => {
            let cost = sweep.model.groups.iter().find_map(|group| group.cost.as_ref());
            Unit::Money(cost.map_or_else(String::new, |cost| cost.currency.clone()))
        }
        QueueFigure::DrainedAt => Unit::Instant(Clock::of(&sweep.model)),
    }
}

/// What is shown, and its unit.
fn about(sweep: &Sweep, shown: &Shown) -> (String, Unit) {
    let model = &sweep.model;
    let of_queue = |what: &str, queue: &str| {
        if model.queues.len() == 1 { what.to_owned() } else { format!("{what} of {queue}") }
    };
    match shown {
        Shown::Kept => ("share of runs that keep all promises".to_owned(), Unit::Share),
        Shown::Figure { queue, figure } => (of_queue(figure_name(*figure), queue), figure_unit(sweep, *figure)),
        Shown::Promise(name) => {
            let promise = sweep.points.iter().find_map(|point| point.promise(name));
            let words = promise.map_or(name.as_str(), |promise| promise.verdict.promise.as_str());
            let what = match words.split_once(": ") {
                Some((queue, "drained by")) => of_queue("end of the backlog", queue),
                Some((queue, what)) => of_queue(what, queue),
                None => words.to_owned(),
            };
            let unit = match model.slos.iter().find(|slo| slo.name == *name).map(|slo| slo.promise) {
                Some(Promise::Latency(..) | Promise::Wait(..)) => Unit::Duration,
                Some(Promise::LossShare(_)) => Unit::Share,
                Some(Promise::DrainedBy(_)) => Unit::Instant(Clock::of(model)),
                Some(Promise::Depth(..)) | None => Unit::Count,
            };
            (what, unit)
        }
    }
}
