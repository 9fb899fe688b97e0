//! Failure cases: all consumers away at the peak, and replicas or a zone away (N+1).

use super::super::document::{
    Band, Cell, Column, Mark, ReviewChart, ReviewTable, Section, Series, Shape, Style, Unit, XAxis,
};
use super::{Context, sentence};
use crate::measure::Estimate;
use crate::measure::summary::QueueSummary;
use crate::report::compare::words::listed;
use crate::report::number::{count, duration, plain, share};
use crate::report::view::QueueView;
use crate::study::headroom::{Away, Headroom};
use crate::study::review::Outage;

/// The section, if something was tried.
pub(super) fn section(context: &Context) -> Option<Section> {
    let findings = context.source.findings;
    let outage = findings.outage.as_ref();
    let headroom = findings.headroom.as_ref().filter(|headroom| !headroom.away.is_empty());
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(outage.and_then(|outage| outage_finding(context, outage)));
    sentences.extend(
        headroom.into_iter().flat_map(|headroom| headroom.away.iter().map(|away| away_finding(headroom, away))),
    );
    let mut sentences = sentences.into_iter().map(|text| sentence(&text));
    let finding = sentences.next()?;
    let mut notes: Vec<String> = sentences.collect();
    notes.extend(outage.map(|outage| {
        format!(
            "The outage is an added test: the scenario's own model and random numbers, and every consumer group away \
             for {} from where most is published on.",
            duration(outage.until_s - outage.from_s)
        )
    }));
    Some(Section {
        id: "failures",
        heading: "Failure cases",
        finding,
        notes,
        charts: outage.and_then(|outage| chart(context, outage)).into_iter().collect(),
        tables: [outage.and_then(|outage| table(context, outage)), headroom.map(away_table)]
            .into_iter()
            .flatten()
            .collect(),
        ..Section::default()
    })
}

fn hit<'a>(view: &QueueView, outage: &'a Outage) -> Option<&'a QueueSummary> {
    outage.outcome.events.as_ref()?.queues.iter().find(|queue| queue.name == view.queue.name)
}

fn outage_finding(context: &Context, outage: &Outage) -> Option<String> {
    let view = context.main()?;
    let (before, after) = (view.summary?, hit(view, outage)?);
    let (from, until) = (view.clock.instant(outage.from_s), view.clock.instant(outage.until_s));
    let whose = if context.queues > 1 { format!("{} ", view.queue.name) } else { "the queue ".to_owned() };
    let messages = |depth: f64| format!("{} messages", count(depth));
    let told = |what: String, before: &Estimate, after: &Estimate, show: &dyn Fn(f64) -> String| {
        let (before, after) = (show(before.value?), show(after.value?));
        (before != after).then(|| format!("{what} {after} instead of {before}"))
    };
    let rare = "one message in a hundred waits more than".to_owned();
    let figures = [
        told(format!("{whose}peaks at"), &before.depth.max, &after.depth.max, &messages),
        told(rare, &before.wait_s.p99, &after.wait_s.p99, &duration),
        told("the longest wait is".to_owned(), &before.wait_s.max, &after.wait_s.max, &duration),
        told(format!("{whose}holds on average"), &before.depth.mean, &after.depth.mean, &messages),
    ];
    let differing: Vec<String> = figures.into_iter().flatten().take(2).collect();
    let what = match differing.as_slice() {
        [] => "neither depths nor waits change".to_owned(),
        some => some.join(", and "),
    };
    Some(format!("If all consumers are away from {from} to {until}, {what}{}", promises(context, outage)))
}

/// Which promises that outage breaks that are kept without it.
fn promises(context: &Context, outage: &Outage) -> String {
    let before = &context.source.findings.outcome.slos;
    let pairs = || before.iter().zip(&outage.outcome.slos);
    let newly: Vec<String> = pairs()
        .filter(|(before, after)| before.met == Some(true) && after.met == Some(false))
        .map(|(before, _)| before.name.clone())
        .collect();
    let kept = pairs().filter(|(_, after)| after.met == Some(true)).count();
    match (before.len(), newly.len()) {
        (0, _) => String::new(),
        (1, 0) if before[0].met.is_some() && before[0].met == outage.outcome.slos[0].met => {
            let what = if kept == 1 { "kept" } else { "not kept" };
            format!("; the promise is {what}, as without it")
        }
        (all, 0) => format!("; {kept} of {all} promises {} kept, as without it", if kept == 1 { "is" } else { "are" }),
        _ => format!("; it breaks {}", listed(&newly)),
    }
}

fn away_finding(headroom: &Headroom, away: &Away) -> String {
    let words = &away.words;
    if let Some(why) = &away.why_not {
        return format!("{words}: no answer, {why}");
    }
    let kept = away
        .kept_now
        .map_or_else(String::new, |kept| format!("all promises are kept in {} of {} runs", kept.kept, kept.runs));
    let factor = away
        .factor
        .value
        .map_or_else(String::new, |factor| format!(", and the load may be {} times today's", plain(factor)));
    let first = away.first.and_then(|first| headroom.promises.get(first));
    let first = first.map_or_else(String::new, |first| format!(" until {} breaks", first.name));
    let due = away.due_after_s.map_or_else(String::new, |after_s| {
        format!(", which growth reaches on {}", super::headroom::date(&headroom.model, after_s))
    });
    format!("With {words}, {kept}{factor}{first}{due}")
}

/// Depth with and without the outage.
fn chart(context: &Context, outage: &Outage) -> Option<ReviewChart> {
    let view = context.main()?;
    let plain = view.series?;
    let hit = outage.outcome.events.as_ref()?.series.get(view.index)?;
    let runs = outage.outcome.events.as_ref().map_or(0, |events| events.replications);
    let known = |values: &[f64]| -> Vec<Option<f64>> { values.iter().copied().map(Some).collect() };
    let line = |id: &str, name: &str, style: Style, values: &[f64], band: Option<Band>| Series {
        id: id.to_owned(),
        name: name.to_owned(),
        unit: Unit::Messages,
        shape: Shape::Line,
        style,
        values: known(values),
        band,
    };
    let band = (runs > 1).then(|| Band {
        name: "5–95 % of runs".to_owned(),
        low: known(&hit.depth_p05),
        high: known(&hit.depth_p95),
    });
    let (from, until) = (view.clock.instant(outage.from_s), view.clock.instant(outage.until_s));
    Some(ReviewChart {
        id: "failures-outage".to_owned(),
        title: format!("{}Depth with all consumers away from {from} to {until}", context.prefix(view)),
        description: format!("Depth of {}, mean over runs, with the outage and without it.", view.queue.name),
        x: XAxis::Time { ends_s: view.time_s.clone(), clock: view.clock },
        y_label: "messages".to_owned(),
        y_unit: Unit::Messages,
        y_log: false,
        series: vec![
            line("outage", "with the outage", Style::CAPACITY, &hit.depth_mean, band),
            line("plain", "without it", Style::MAIN, &plain.depth_mean, None),
        ],
        limits: super::backlog::limits(view),
        marks: vec![
            Mark { name: "consumers away".to_owned(), x: outage.from_s },
            Mark { name: "consumers back".to_owned(), x: outage.until_s },
        ],
        thinned: None,
    })
}

fn table(context: &Context, outage: &Outage) -> Option<ReviewTable> {
    let mut rows = Vec::new();
    for view in &context.shown {
        let Some((before, after)) = view.summary.zip(hit(view, outage)) else { continue };
        let entries: [(&str, &Estimate, &Estimate, Unit); 4] = [
            ("largest depth", &before.depth.max, &after.depth.max, Unit::Messages),
            ("mean wait", &before.wait_s.mean, &after.wait_s.mean, Unit::Seconds),
            ("p99 wait", &before.wait_s.p99, &after.wait_s.p99, Unit::Seconds),
            ("p99 latency", &before.latency_s.p99, &after.latency_s.p99, Unit::Seconds),
        ];
        rows.extend(entries.into_iter().map(|(what, before, after, unit)| {
            vec![
                Cell::text(format!("{}{what}", context.prefix(view))),
                Cell::number(before.value, &unit),
                Cell::number(after.value, &unit),
                Cell::number(after.low, &unit),
                Cell::number(after.high, &unit),
            ]
        }));
    }
    (!rows.is_empty()).then(|| ReviewTable {
        id: "failures-outage-table".to_owned(),
        caption: "The same runs without and with the outage".to_owned(),
        columns: vec![
            Column::text(""),
            Column::number("without", Unit::Plain),
            Column::number("with the outage", Unit::Plain),
            Column::number("95 % interval: low", Unit::Plain),
            Column::number("high", Unit::Plain),
        ],
        rows,
    })
}

fn away_table(headroom: &Headroom) -> ReviewTable {
    let row = |away: &Away| {
        let first = away.first.and_then(|first| headroom.promises.get(first)).map(|first| first.name.clone());
        vec![
            Cell::text(away.words.clone()),
            Cell::text(away.kept_now.map_or_else(
                || "–".to_owned(),
                |kept| format!("{} ({} of {})", share(kept.share()), kept.kept, kept.runs),
            )),
            Cell::number(away.factor.value, &Unit::Plain),
            Cell::number(away.factor.low, &Unit::Plain),
            Cell::number(away.factor.high, &Unit::Plain),
            Cell::text(first.or_else(|| away.why_not.clone()).unwrap_or_else(|| "–".to_owned())),
        ]
    };
    ReviewTable {
        id: "failures-away".to_owned(),
        caption: "What is left when replicas or a zone are away (N+1)".to_owned(),
        columns: vec![
            Column::text("left"),
            Column::text("all promises kept today in"),
            Column::number("bears, times today's load", Unit::Plain),
            Column::number("95 % interval: low", Unit::Plain),
            Column::number("high", Unit::Plain),
            Column::text("breaks first"),
        ],
        rows: headroom.away.iter().map(row).collect(),
    }
}
