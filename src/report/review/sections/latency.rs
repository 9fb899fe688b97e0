//! Latency over time: how late messages are by the time at which they were published.

use super::super::document::{
    Cell, Column, Limit, ReviewChart, ReviewTable, Section, Series, Shape, Style, Unit, XAxis,
};
use super::{Context, sentence};
use crate::measure::Estimate;
use crate::model::Promise;
use crate::report::number::{duration, share};
use crate::report::view::QueueView;
use crate::report::words;

/// The section, unless no engine knows a wait.
pub(super) fn section(context: &Context) -> Option<Section> {
    let is_started = |view: &QueueView| view.summary.is_none_or(|summary| summary.wait_s.mean.value.is_some());
    if !context.shown.iter().any(is_started) {
        return None;
    }
    let charts: Vec<ReviewChart> = context.shown.iter().filter_map(|view| chart(context, view)).collect();
    let main = context.main().filter(|_| !charts.is_empty())?;
    let tables: Vec<ReviewTable> = table(context).into_iter().collect();
    Some(Section {
        id: "latency",
        heading: "Latency over time",
        finding: sentence(&format!("{}{}", context.prefix(main), finding(main))),
        charts,
        tables,
        ..Section::default()
    })
}

/// What one message in a hundred has to bear, and when.
fn finding(view: &QueueView) -> String {
    let p99 = view.summary.and_then(|summary| summary.latency_s.p99.value);
    let wait = words::wait(view);
    match p99 {
        Some(p99_s) => format!("One message in a hundred takes more than {} to its ack. {wait}", duration(p99_s)),
        None => wait,
    }
}

fn chart(context: &Context, view: &QueueView) -> Option<ReviewChart> {
    let line = |id: &str, name: &str, style: Style, values: Vec<Option<f64>>| Series {
        id: id.to_owned(),
        name: name.to_owned(),
        unit: Unit::Seconds,
        shape: Shape::Line,
        style,
        values,
        band: None,
    };
    let mut all = Vec::new();
    if let Some(series) = view.series {
        all.push(line("p99", "p99 wait, mean over runs", Style::TAIL, series.wait_p99_s.clone()));
        all.push(line("mean", "mean wait", Style::MAIN, series.wait_mean_s.clone()));
    }
    if let Some(fluid) = view.fluid.filter(|fluid| !fluid.delay_s.is_empty()) {
        all.push(line("fluid", "delay by dM/dt = P − C", Style::FLUID, fluid.delay_s.clone()));
    }
    if all.iter().all(|series| series.values.iter().all(Option::is_none)) {
        return None;
    }
    let limits = view.slos().filter_map(|slo| match slo.promise {
        // A promise on the latency holds for a wait and its service: its limit is none of the wait's.
        Promise::Wait(_, limit_s) => {
            Some(Limit { name: format!("{}: below {}", slo.name, duration(limit_s)), value: limit_s })
        }
        _ => None,
    });
    Some(ReviewChart {
        id: format!("wait-{}", view.index),
        title: format!("{}{}", context.prefix(view), words::wait(view)),
        description: format!(
            "Time from publishing to the start of service, of the messages published to {} in each interval.",
            view.queue.name
        ),
        x: XAxis::Time { ends_s: view.time_s.clone(), clock: view.clock },
        y_label: "wait".to_owned(),
        y_unit: Unit::Seconds,
        y_log: false,
        series: all,
        limits: limits.collect(),
        marks: Vec::new(),
        thinned: None,
    })
}

/// Waits and latencies of all queues, with their intervals.
fn table(context: &Context) -> Option<ReviewTable> {
    let mut rows = Vec::new();
    for view in &context.shown {
        let Some(summary) = view.summary else { continue };
        let (wait, latency) = (&summary.wait_s, &summary.latency_s);
        let entries: [(&str, &Estimate); 6] = [
            ("mean wait", &wait.mean),
            ("p50 wait", &wait.p50),
            ("p99 wait", &wait.p99),
            ("mean latency", &latency.mean),
            ("p99 latency", &latency.p99),
            ("p99.9 latency", &latency.p999),
        ];
        rows.extend(entries.into_iter().map(|(what, estimate)| {
            let mut row = vec![Cell::text(format!("{}{what}", context.prefix(view)))];
            row.extend([estimate.value, estimate.low, estimate.high].map(|value| Cell::number(value, &Unit::Seconds)));
            row
        }));
    }
    let columns = ["", "value", "95 % interval: low", "high"];
    let column = |(place, name): (usize, &&str)| match place {
        0 => Column::text("over the whole run"),
        _ => Column::number(*name, Unit::Seconds),
    };
    (!rows.is_empty()).then(|| ReviewTable {
        id: "latency-quantiles".to_owned(),
        caption: format!("Waits and latencies, {}", level(context)),
        columns: columns.iter().enumerate().map(column).collect(),
        rows,
    })
}

/// What the interval is over.
fn level(context: &Context) -> String {
    match context.main().map_or(0, QueueView::replications) {
        0 | 1 => "of one run: there is no interval".to_owned(),
        runs => format!("means of {runs} runs with {} intervals", share(0.95)),
    }
}
