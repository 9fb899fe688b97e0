//! Capacity and backlog under the promises: how deep each queue gets, and when it is empty again.

use super::super::document::{Band, Limit, Mark, ReviewChart, Section, Series, Shape, Style, Unit, XAxis};
use super::{Context, sentence};
use crate::model::Promise;
use crate::report::number;
use crate::report::view::QueueView;
use crate::report::words;

/// The section, unless no engine followed a level over time.
pub(super) fn section(context: &Context) -> Option<Section> {
    let charts: Vec<ReviewChart> = context.shown.iter().filter_map(|view| chart(context, view)).collect();
    let main = context.main().filter(|_| !charts.is_empty())?;
    let mut notes = Vec::new();
    let consumers = words::consumers(main);
    notes.push(sentence(&format!("{}{consumers}", context.prefix(main))));
    Some(Section {
        id: "backlog",
        heading: "Capacity and backlog",
        finding: sentence(&format!("{}{}{}", context.prefix(main), words::depth(main), sizes(main, &consumers))),
        notes,
        charts: charts.into_iter().chain(context.shown.iter().filter_map(|view| replicas(context, view))).collect(),
        ..Section::default()
    })
}

/// `, with 1 to 8 replicas in 6.4 changes`, where a strategy sets their number.
fn sizes(view: &QueueView, consumers: &str) -> String {
    let is_scaled = view.groups().iter().any(|(group, _)| group.scaling.is_some());
    let sizes = consumers.split_once(" are ").map(|(sizes, _)| sizes).filter(|sizes| sizes.contains(" change"));
    sizes.filter(|_| is_scaled).map_or_else(String::new, |sizes| format!(", with {sizes}"))
}

fn chart(context: &Context, view: &QueueView) -> Option<ReviewChart> {
    let mut all = Vec::new();
    if let Some(series) = view.series {
        let known = |values: &[f64]| values.iter().copied().map(Some).collect();
        all.push(Series {
            id: "mean".to_owned(),
            name: "depth, mean over runs".to_owned(),
            unit: Unit::Messages,
            shape: Shape::Line,
            style: Style::MAIN,
            values: known(&series.depth_mean),
            band: (view.replications() > 1).then(|| Band {
                name: "5–95 % of runs".to_owned(),
                low: known(&series.depth_p05),
                high: known(&series.depth_p95),
            }),
        });
    }
    if let Some(backlog) = view.fluid_backlog() {
        all.push(Series {
            id: "fluid".to_owned(),
            name: "backlog by dM/dt = P − C".to_owned(),
            unit: Unit::Messages,
            shape: Shape::Line,
            style: Style::FLUID,
            values: backlog.iter().copied().map(Some).collect(),
            band: None,
        });
    }
    if all.is_empty() {
        return None;
    }
    let runs = match view.replications() {
        0 => "by the equation".to_owned(),
        1 => "in one run: there is no band".to_owned(),
        runs => format!("over {runs} runs, with the band that holds 5 to 95 % of them"),
    };
    let hidden = hidden_peak(view, &all);
    let peak = hidden.map_or_else(String::new, |depth| {
        let depth = number::messages(depth);
        format!(" The largest depth within a run, {depth}, lasts less than a row and stands above the curves.")
    });
    let at_s = hidden.and_then(|_| view.fluid.filter(|fluid| fluid.max_backlog > Some(0.0))?.max_at_s);
    Some(ReviewChart {
        id: format!("depth-{}", view.index),
        title: format!("{}{}", context.prefix(view), words::depth(view)),
        description: format!(
            "Messages in {} that wait or are in service at the end of each interval, {runs}.{peak}",
            view.queue.name
        ),
        x: XAxis::Time { ends_s: view.time_s.clone(), clock: view.clock },
        y_label: "messages".to_owned(),
        y_unit: Unit::Messages,
        y_log: false,
        series: all,
        limits: limits(view),
        marks: at_s
            .zip(hidden)
            .map(|(x, depth)| Mark { name: format!("peak of {}, within a row", number::count(depth)), x })
            .into_iter()
            .collect(),
        thinned: None,
    })
}

/// The largest depth, where neither a curve nor a band comes near it.
fn hidden_peak(view: &QueueView, all: &[Series]) -> Option<f64> {
    const NEAR: f64 = 0.8;
    let bands = all.iter().filter_map(|series| series.band.as_ref()).flat_map(|band| &band.high);
    let shown = all.iter().flat_map(|series| &series.values).chain(bands).flatten().copied().fold(0.0, f64::max);
    view.summary?.depth.max.value.filter(|depth| shown < NEAR * depth)
}

/// Promised depths.
pub(super) fn limits(view: &QueueView) -> Vec<Limit> {
    let limits = view.slos().filter_map(|slo| match slo.promise {
        Promise::Depth(_, limit) => {
            Some(Limit { name: format!("{}: below {}", slo.name, number::count(limit)), value: limit })
        }
        _ => None,
    });
    limits.collect()
}

/// Replicas over time, where their number changes.
fn replicas(context: &Context, view: &QueueView) -> Option<ReviewChart> {
    let series = view.series?;
    let changes = series.replicas_mean.windows(2).any(|pair| pair[0] != pair[1]);
    if !changes {
        return None;
    }
    let scaled = view.groups().iter().any(|(group, _)| group.scaling.is_some());
    let line = |id: &str, name: &str, style: Style, values: &[f64]| Series {
        id: id.to_owned(),
        name: name.to_owned(),
        unit: Unit::Replicas,
        shape: Shape::Step,
        style,
        values: values.iter().copied().map(Some).collect(),
        band: None,
    };
    let mut all = vec![line("there", "replicas, mean over runs", Style::MAIN, &series.replicas_mean)];
    if scaled {
        all.push(line("wanted", "wanted", Style::CAPACITY, &series.replicas_wanted));
        all.push(line("ready", "ready", Style::SECOND, &series.replicas_ready));
    }
    Some(ReviewChart {
        id: format!("replicas-{}", view.index),
        title: format!("{}{}", context.prefix(view), words::consumers(view)),
        description: format!("Replicas of the consumers of {}, averaged over each interval.", view.queue.name),
        x: XAxis::Time { ends_s: view.time_s.clone(), clock: view.clock },
        y_label: "replicas".to_owned(),
        y_unit: Unit::Replicas,
        y_log: false,
        series: all,
        limits: Vec::new(),
        marks: Vec::new(),
        thinned: None,
    })
}
