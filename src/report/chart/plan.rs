//! The chart of a plan: in how many runs each candidate keeps the promises, beside what it costs.

use super::super::clock::Clock;
use super::super::plan::{over_time, words};
use super::super::{ReportError, number};
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, staircase};
use super::theme::Stroke;
use super::{paint, raster};
use crate::study::Plan;
use crate::study::compare::Objective;
use crate::study::plan::{Candidate, PlanAnswer};
use crate::study::staffing::Staffing;

/// Name of the chart of shares.
const KEPT: &str = "plan-kept";
/// Name of the chart of replicas over time.
const STAFFING: &str = "plan-staffing";
/// Bars that a chart has room for.
const MOST_BARS: usize = 12;
/// Height of a bar as a share of its row.
const BAR: f64 = 0.56;

/// Names and contents of all charts, SVG before PNG.
pub(in crate::report) fn plan_charts(plan: &Plan) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let kept = if plan.ordered.is_some() && plan.axes.len() == 1 { along(plan) } else { bars(plan) };
    let staffing = plan.staffing.as_ref().map(|found| (STAFFING, staffing(plan, found)));
    let mut files = Vec::new();
    for (name, chart) in std::iter::once((KEPT, kept)).chain(staffing) {
        let picture = paint::paint(&chart).and_then(|painted| raster::finish(&painted, &chart.title));
        let picture = picture.map_err(|reason| ReportError::Chart { name: name.to_owned(), reason })?;
        files.push((format!("{name}.svg"), picture.svg.into_bytes()));
        files.push((format!("{name}.png"), picture.png));
    }
    Ok(files)
}

/// Whether a file's name is one of ours, so that an earlier plan's chart can be told from other pictures.
pub(in crate::report) fn is_plans(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png"));
    stem.is_some_and(|stem| [KEPT, STAFFING].contains(&stem))
}

fn subtitle(plan: &Plan) -> String {
    let model = &plan.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let runs = number::plural(f64::from(plan.runs), "run");
    format!("{title} · {runs} of {} · bars: 95 % intervals", number::duration(model.horizon_s))
}

/// Share above, cost below, over the values of the axis.
fn along(plan: &Plan) -> Chart {
    let at = |one: &Candidate| one.changes.first().and_then(|change| change.value.parse::<f64>().ok()).unwrap_or(0.0);
    let most = plan.candidates.iter().map(at).fold(1.0, f64::max);
    let axis = Axis::whole_counts(most * 1.05, 8.0);
    let mut upper = vec![Layer::level(plan.confidence, 0.0, axis.end(), Stroke::LIMIT, "demanded")];
    let shares = plan.candidates.iter().filter_map(|one| Some((at(one), one.kept?)));
    let shares: Vec<_> = shares.collect();
    upper.push(Layer::line(shares.iter().map(|(x, kept)| (*x, kept.share())).collect(), Stroke::GUIDE, ""));
    upper.extend(shares.iter().map(|(x, kept)| Layer::line(vec![(*x, kept.low), (*x, kept.high)], Stroke::MAIN, "")));
    upper.extend(shares.iter().map(|(x, kept)| Layer::Mark {
        at: (*x, kept.share()),
        stroke: Stroke::MAIN,
        label: number::share(kept.share()),
    }));
    let figure = plan.objective.figure();
    let costs = plan.candidates.iter().filter_map(|one| Some((at(one), one.figure(figure).value?)));
    let costs: Vec<(f64, f64)> = costs.collect();
    let dearest = costs.iter().map(|(_, cost)| *cost).fold(0.0, f64::max);
    let chosen = chosen(plan).map(at);
    let marks = costs.iter().filter(|(x, _)| Some(*x) == chosen).map(|point| Layer::Mark {
        at: *point,
        stroke: Stroke::MAIN,
        label: chosen_price(plan),
    });
    let lower = std::iter::once(Layer::line(costs.clone(), Stroke::SECOND, "")).chain(marks).collect();
    Chart {
        title: words::title(plan),
        subtitle: subtitle(plan),
        time: axis,
        time_caption: plan.axes[0].path.clone(),
        panels: vec![
            Panel { heading: "runs that keep all promises".to_owned(), axis: Axis::shares(), layers: upper },
            Panel { heading: heading(plan), axis: Axis::counts(dearest, 3.0), layers: lower },
        ],
    }
}

/// Replicas over time above, the probability of waiting below where it is known exactly.
fn staffing(plan: &Plan, found: &Staffing) -> Chart {
    let model = &plan.model;
    let clock = Clock::of(model);
    let constant = chosen(plan).and_then(|one| one.changes.first()?.value.parse::<f64>().ok());
    let mut replicas: Vec<Layer> = Vec::new();
    let mut waits: Vec<Layer> = Vec::new();
    for (k, one) in found.outcomes.iter().enumerate() {
        let steps = over_time::steps(one);
        let ends_s = steps.iter().skip(1).map(|(at_s, _)| *at_s).chain(std::iter::once(model.horizon_s));
        let (ends_s, sizes): (Vec<f64>, Vec<f64>) = ends_s.zip(steps.iter().map(|(_, size)| f64::from(*size))).unzip();
        replicas.push(Layer::line(staircase(&ends_s, &sizes), Stroke::of_kind(k), one.rule.name()));
        let series = &one.transient.series;
        let points: Vec<(f64, f64)> =
            series.time_s.iter().copied().zip(series.delay_probability.iter().copied()).collect();
        if !points.is_empty() {
            waits.push(Layer::line(points, Stroke::of_kind(k), one.rule.name()));
        }
    }
    replicas.extend(constant.map(|size| Layer::level(size, 0.0, model.horizon_s, Stroke::GUIDE, "constant")));
    let most = found.outcomes.iter().flat_map(over_time::steps).map(|(_, size)| f64::from(size));
    let most = most.fold(constant.unwrap_or(1.0), f64::max);
    let mut panels =
        vec![Panel { heading: "replicas".to_owned(), axis: Axis::whole_counts(most, 4.0), layers: replicas }];
    if !waits.is_empty() {
        let is_other = found.outcomes.iter().any(|one| one.hands_back_instead);
        let heading =
            if is_other { "arrivals that wait at all, if shutdown: requeue" } else { "arrivals that wait at all" };
        panels.push(Panel { heading: heading.to_owned(), axis: Axis::shares(), layers: waits });
    }
    Chart {
        title: over_time::title(plan, found),
        subtitle: format!("{} · schedules of {}", model.title.as_ref().unwrap_or(&model.name), {
            number::duration(found.interval_s)
        }),
        time: Axis::time(clock),
        time_caption: clock.caption(),
        panels,
    }
}

fn heading(plan: &Plan) -> String {
    match plan.objective {
        Objective::Cost => format!("cost of a run, {}", words::currency(plan).unwrap_or_default()),
        Objective::ReplicaHours => "replica-hours of a run".to_owned(),
    }
}

fn chosen(plan: &Plan) -> Option<&Candidate> {
    match plan.answer {
        PlanAnswer::Chosen { candidate, .. } | PlanAnswer::Bracket { candidate, .. } => plan.candidates.get(candidate),
        PlanAnswer::Infeasible { .. } => None,
    }
}

fn chosen_price(plan: &Plan) -> String {
    chosen(plan).and_then(|one| words::price(plan, one)).unwrap_or_default()
}

/// The share of each candidate as a bar, the cheapest first.
fn bars(plan: &Plan) -> Chart {
    let cost = |one: &&Candidate| one.figure(plan.objective.figure()).value.unwrap_or(f64::INFINITY);
    let mut shown: Vec<&Candidate> = plan.candidates.iter().filter(|one| one.kept.is_some()).collect();
    shown.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let middle = shown.iter().position(|one| Some(one.point) == chosen(plan).map(|one| one.point)).unwrap_or(0);
    let from = middle.saturating_sub(MOST_BARS / 2).min(shown.len().saturating_sub(MOST_BARS));
    let shown: Vec<&Candidate> = shown.into_iter().skip(from).take(MOST_BARS).collect();
    let names: Vec<String> = shown.iter().map(|one| number::shorten(&words::name(plan, one), 24)).collect();
    let layers = shown.iter().enumerate().map(|(k, one)| {
        let value = one.kept.map_or(0.0, |kept| kept.share());
        let price = words::price(plan, one).map_or_else(String::new, |price| format!(", {price}"));
        let stroke = if Some(one.point) == chosen(plan).map(|one| one.point) { Stroke::MAIN } else { Stroke::GUIDE };
        Layer::Bar {
            at: (names.len() - k) as f64 - 0.5,
            value,
            height: BAR,
            stroke,
            label: format!("{}{price}", number::share(value)),
        }
    });
    Chart {
        title: words::title(plan),
        subtitle: subtitle(plan),
        time: Axis::shares(),
        time_caption: "runs that keep all promises".to_owned(),
        panels: vec![Panel { heading: String::new(), axis: Axis::names(&names), layers: layers.collect() }],
    }
}
