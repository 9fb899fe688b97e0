//! The charts of a comparison: replicas and depth under the same arrivals, cost against latency, changes per hour.

use super::super::clock::Clock;
use super::super::compare::words;
use super::super::{ReportError, number};
use super::Picture;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, curve, staircase};
use super::theme::Stroke;
use super::{paint, raster};
use crate::measure::{EngineChoice, Figure};
use crate::model::{Arrivals, Replicas};
use crate::study::Comparison;
use crate::study::compare::{Selection, StrategyOutcome};

/// Lines that a reader can tell apart and a margin has room for.
const MOST_LINES: usize = 7;
/// A range of latencies beyond this is drawn on a logarithmic axis.
const LINEAR_RANGE: f64 = 30.0;
/// Height of a bar as a share of its row.
const BAR: f64 = 0.56;
/// Names beside an axis are shortened to this.
const NAME: usize = 24;

/// Begin of every file's name.
const PREFIX: &str = "compare-";

/// Which chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Staffing,
    Front,
    Flapping,
}

const ALL: [Kind; 3] = [Kind::Staffing, Kind::Front, Kind::Flapping];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Staffing => "compare-staffing",
            Kind::Front => "compare-front",
            Kind::Flapping => "compare-flapping",
        }
    }

    fn chart(self, comparison: &Comparison) -> Option<Chart> {
        match self {
            Kind::Staffing => staffing(comparison),
            Kind::Front => front(comparison),
            Kind::Flapping => flapping(comparison),
        }
    }
}

/// Names and contents of all charts, SVG before PNG.
pub(in crate::report) fn comparison_charts(comparison: &Comparison) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let mut files = Vec::new();
    for kind in ALL {
        let Some(chart) = kind.chart(comparison) else { continue };
        let picture = draw(&chart).map_err(|reason| ReportError::Chart { name: kind.name().to_owned(), reason })?;
        files.push((format!("{}.svg", kind.name()), picture.svg.into_bytes()));
        files.push((format!("{}.png", kind.name()), picture.png));
    }
    Ok(files)
}

fn draw(chart: &Chart) -> Result<Picture, String> {
    raster::finish(&paint::paint(chart)?, &chart.title)
}

/// Whether a file's name is one of ours, so that an earlier comparison's chart can be told from other pictures.
pub(in crate::report) fn is_comparisons(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png"));
    name.starts_with(PREFIX) && stem.is_some_and(|stem| ALL.into_iter().any(|kind| kind.name() == stem))
}

fn subtitle(comparison: &Comparison, parts: &[String]) -> String {
    let model = &comparison.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let group = number::shorten(&model.groups[comparison.group].name, NAME);
    let all = [title, format!("consumers {group}")].into_iter();
    let all = all.chain(parts.iter().cloned()).chain(std::iter::once(words::replications(comparison)));
    all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn name(strategy: &StrategyOutcome) -> String {
    number::shorten(&strategy.name, NAME)
}

/// The strategies that are drawn as lines: the best one and the front before the others, in the order of the scenario.
fn drawn(comparison: &Comparison) -> Vec<usize> {
    let chosen = match comparison.selection {
        Selection::Chosen { strategy, .. } => Some(strategy),
        _ => None,
    };
    let mut first: Vec<usize> = chosen.into_iter().chain(comparison.front.iter().copied()).collect();
    first.extend(0..comparison.strategies.len());
    let mut kept: Vec<usize> = Vec::new();
    for k in first {
        if !kept.contains(&k) && kept.len() < MOST_LINES {
            kept.push(k);
        }
    }
    kept.sort_unstable();
    kept
}

/// Replicas above, depth below, each with one line per strategy.
fn staffing(comparison: &Comparison) -> Option<Chart> {
    let model = &comparison.model;
    let queue = model.groups[comparison.group].from;
    let clock = Clock::of(model);
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    if let Some(needed) = needed(comparison) {
        upper.push(Layer::line(needed, Stroke::FLUID, "needed for P(t)"));
    }
    let shown = drawn(comparison);
    for k in &shown {
        let strategy = &comparison.strategies[*k];
        let stroke = Stroke::of_kind(*k);
        let (replicas, depth) = paths(comparison, strategy);
        upper.extend(replicas.map(|points| Layer::line(points, stroke, name(strategy))));
        lower.extend(depth.map(|points| Layer::line(points, stroke, name(strategy))));
    }
    if lower.is_empty() {
        return None;
    }
    let is_simulated = comparison.engine != EngineChoice::Fluid;
    let panels = vec![
        Panel { heading: "replicas".to_owned(), axis: Axis::whole_counts(highest(&upper), 3.0), layers: upper },
        Panel {
            heading: if is_simulated { "depth, messages" } else { "backlog, messages" }.to_owned(),
            axis: Axis::whole_counts(highest(&lower), 3.0),
            layers: lower,
        },
    ];
    let all = comparison.strategies.len();
    let some = if shown.len() < all { format!("{} of {all} strategies", shown.len()) } else { String::new() };
    let what = if is_simulated { "means over runs of the same arrivals" } else { "the same rates" }.to_owned();
    Some(Chart {
        title: words::staffing(comparison),
        subtitle: subtitle(
            comparison,
            &[format!("queue {}", number::shorten(&model.queues[queue].name, NAME)), what, some],
        ),
        time: Axis::time(clock),
        time_caption: clock.caption(),
        panels,
    })
}

fn highest(layers: &[Layer]) -> f64 {
    let points = layers.iter().flat_map(|layer| match layer {
        Layer::Line { pieces, .. } => pieces.iter().flatten().map(|(_, value)| *value).collect(),
        _ => Vec::new(),
    });
    points.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// Points over time.
type Points = Vec<(f64, f64)>;

/// Replicas and depth of one strategy over time.
fn paths(comparison: &Comparison, strategy: &StrategyOutcome) -> (Option<Points>, Option<Points>) {
    let model = &comparison.model;
    let group = &model.groups[comparison.group];
    let initial = model.queues[group.from].initial as f64;
    if let Some(series) = strategy.events.as_ref().and_then(|events| events.series.get(group.from)) {
        let replicas = staircase(&series.time_s, &series.replicas_mean);
        return (Some(replicas), Some(curve(initial, &series.time_s, &series.depth_mean)));
    }
    let Some(fluid) = strategy.fluid.as_ref().map(|queues| &queues[group.from]) else { return (None, None) };
    let scaled = fluid.groups.iter().find(|scaled| scaled.name == group.name).map(|scaled| scaled.running.clone());
    let steps = scaled.unwrap_or_else(|| match &group.replicas {
        Replicas::Fixed(replicas) => vec![(0.0, *replicas)],
        Replicas::Steps(steps) => steps.clone(),
    });
    let ends_s = steps.iter().skip(1).map(|(at_s, _)| *at_s).chain(std::iter::once(model.horizon_s));
    let (ends_s, sizes): (Vec<f64>, Vec<f64>) =
        ends_s.zip(steps.iter().map(|(_, replicas)| f64::from(*replicas))).unzip();
    let backlog = fluid.course.as_ref().map(|course| course.backlog.clone());
    (Some(staircase(&ends_s, &sizes)), backlog)
}

/// P(t) in replicas of the compared group: what arrives times what a message occupies, where P(t) is known and nobody
/// else takes from the queue.
fn needed(comparison: &Comparison) -> Option<Points> {
    let model = &comparison.model;
    let group = &model.groups[comparison.group];
    let alone = model.groups_of(group.from).count() == 1 && group.speed.is_none() && group.speeds.is_empty();
    let known = model.producers_of(group.from).all(|producer| matches!(producer.arrivals, Arrivals::Process { .. }));
    if !alone || !known {
        return None;
    }
    let rate = model.publish_rate(group.from).ok()?;
    let ends_s = model.interval_ends_s();
    let per_message_s = model.mean_occupancy_s(group) / f64::from(group.slots_per_replica());
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let means = ends_s.iter().zip(begins_s).map(|(end_s, begin_s)| rate.integral(begin_s, *end_s) / (end_s - begin_s));
    let replicas: Vec<f64> = means.map(|per_s| per_s * per_message_s).collect();
    Some(staircase(&ends_s, &replicas))
}

/// Cost against the 99th percentile of the latency.
fn front(comparison: &Comparison) -> Option<Chart> {
    let objective = comparison.objective.figure();
    let point = |k: &usize| {
        let strategy = &comparison.strategies[*k];
        Some((strategy.figure(objective).value?, strategy.figure(Figure::LatencyP99).value?))
    };
    let known: Vec<(usize, (f64, f64))> =
        (0..comparison.strategies.len()).filter_map(|k| Some((k, point(&k)?))).collect();
    let most_s = known.iter().map(|(_, (_, p99_s))| *p99_s).fold(0.0, f64::max);
    let least_s = known.iter().map(|(_, (_, p99_s))| *p99_s).fold(f64::INFINITY, f64::min);
    let most = known.iter().map(|(_, (cost, _))| *cost).fold(0.0, f64::max);
    if known.is_empty() || least_s <= 0.0 {
        return None;
    }
    let mut layers = Vec::new();
    if comparison.front.len() > 1 {
        layers.push(Layer::line(steps(comparison.front.iter().filter_map(point)), Stroke::GUIDE, ""));
    }
    layers.extend(known.iter().map(|(k, at)| {
        let strategy = &comparison.strategies[*k];
        Layer::Mark { at: *at, stroke: Stroke::of_kind(*k), label: name(strategy) }
    }));
    let (axis, heading) = if most_s > LINEAR_RANGE * least_s {
        (Axis::log_durations(least_s, most_s, false), "p99 latency, logarithmic")
    } else {
        (Axis::durations(most_s), "p99 latency")
    };
    let caption = match words::currency(comparison).filter(|_| objective == Figure::Cost) {
        Some(currency) => format!("cost of {}, {currency}", number::duration(measured_s(comparison))),
        None => format!("replica-hours in {}", number::duration(measured_s(comparison))),
    };
    let line = "dashes: what each cost can buy".to_owned();
    Some(Chart {
        title: words::front(comparison),
        subtitle: subtitle(comparison, &[if comparison.front.len() > 1 { line } else { String::new() }]),
        time: Axis::counts(most, 6.0),
        time_caption: caption,
        panels: vec![Panel { heading: heading.to_owned(), axis, layers }],
    })
}

/// The latency that each cost can buy: it falls where the next strategy can be paid for.
fn steps(points: impl Iterator<Item = (f64, f64)>) -> Points {
    let mut line: Points = Vec::new();
    for (cost, p99_s) in points {
        line.extend(line.last().map(|(_, before_s)| (cost, *before_s)));
        line.push((cost, p99_s));
    }
    line
}

fn measured_s(comparison: &Comparison) -> f64 {
    comparison.model.horizon_s - comparison.model.warmup_s
}

/// Changes of size per hour.
fn flapping(comparison: &Comparison) -> Option<Chart> {
    let changes = |strategy: &StrategyOutcome| strategy.figure(Figure::ScaleEventsPerHour).value;
    let values: Vec<f64> = comparison.strategies.iter().map(changes).collect::<Option<Vec<f64>>>()?;
    let names: Vec<String> = comparison.strategies.iter().map(name).collect();
    let axis = Axis::names(&names);
    let bars = values.iter().enumerate().map(|(k, value)| Layer::Bar {
        at: (names.len() - k) as f64 - 0.5,
        value: *value,
        height: BAR,
        stroke: Stroke::of_kind(k),
        label: number::count(*value),
    });
    let most = values.iter().copied().fold(0.0, f64::max);
    Some(Chart {
        title: words::flapping(comparison),
        subtitle: subtitle(comparison, &["decisions for another number of replicas".to_owned()]),
        time: Axis::counts(most, 6.0),
        time_caption: "changes per hour".to_owned(),
        panels: vec![Panel { heading: String::new(), axis, layers: bars.collect() }],
    })
}
