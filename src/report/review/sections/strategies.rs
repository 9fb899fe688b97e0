//! Strategies against one another, and what a better latency costs.

use super::super::document::{
    Band, Cell, Column, KeyNumber, ReviewChart, ReviewTable, Section, Series, Shape, Style, Unit, XAxis,
};
use super::{Context, sentence};
use crate::measure::{Estimate, Figure};
use crate::report::clock::Clock;
use crate::report::compare::words;
use crate::report::number::{self, share};
use crate::study::Comparison;
use crate::study::compare::{Selection, StrategyOutcome};

/// Lines that a reader can tell apart.
const MOST_LINES: usize = 7;
/// A range of latencies beyond this is drawn on a logarithmic axis.
const LINEAR_RANGE: f64 = 30.0;

/// The section, if strategies were compared.
pub(super) fn section(context: &Context) -> Option<Section> {
    let comparison = context.source.findings.comparison.as_ref()?;
    let each = comparison.strategies.iter().map(|strategy| words::sentence(comparison, strategy));
    let notes = each.chain(words::certainty(comparison)).chain(comparison.notes.iter().map(|note| sentence(note)));
    let charts = [front(comparison), over_time(comparison, true), over_time(comparison, false)];
    Some(Section {
        id: "strategies",
        heading: "Strategies compared",
        finding: sentence(&answer(comparison)),
        notes: notes.collect(),
        charts: charts.into_iter().flatten().collect(),
        tables: std::iter::once(table(comparison)).chain(differences(comparison)).collect(),
        ..Section::default()
    })
}

/// What the first screen takes from it.
pub(super) fn key_number(comparison: &Comparison) -> Option<KeyNumber> {
    let Selection::Chosen { strategy, .. } = comparison.selection else { return None };
    let winner = &comparison.strategies[strategy];
    let kept =
        winner.kept.map_or_else(String::new, |kept| format!("keeps all promises in {} of runs", share(kept.share())));
    let price = words::price(comparison, winner).unwrap_or_default();
    Some(KeyNumber { name: "best strategy".to_owned(), value: winner.name.clone(), note: format!("{price}, {kept}") })
}

/// What a first screen about another strategy must say: that none is known to be the best, and which have kept the
/// promises so far.
pub(super) fn no_best(comparison: &Comparison) -> String {
    let wanted = comparison.options.kept_in;
    let keeps = |strategy: &&StrategyOutcome| strategy.kept.is_some_and(|kept| kept.share() >= wanted);
    let names: Vec<String> = comparison.strategies.iter().filter(keeps).map(|one| one.name.clone()).collect();
    match (&comparison.selection, names.as_slice()) {
        (Selection::Nobody { .. }, _) => format!("No strategy keeps what is promised in {} of runs.", share(wanted)),
        (Selection::Undecided { .. }, []) => "Which strategy is the best is undecided.".to_owned(),
        (Selection::Undecided { .. }, names) => format!(
            "Which strategy is the best is undecided; in {} of runs or more all was kept so far by {}.",
            share(wanted),
            words::listed(names)
        ),
        _ => String::new(),
    }
}

/// The answer without the scenario's name, which stands above.
fn answer(comparison: &Comparison) -> String {
    let answer = words::answer(comparison);
    answer.strip_prefix(&format!("{}: ", comparison.model.name)).unwrap_or(&answer).to_owned()
}

/// What is made small.
fn objective_unit(comparison: &Comparison) -> Unit {
    match words::currency(comparison).filter(|_| comparison.objective.figure() == Figure::Cost) {
        Some(currency) => Unit::Money(currency.to_owned()),
        None => Unit::ReplicaHours,
    }
}

fn band(estimates: &[Option<&Estimate>]) -> Option<Band> {
    let ends = |end: fn(&Estimate) -> Option<f64>| -> Vec<Option<f64>> {
        estimates.iter().map(|estimate| estimate.and_then(end)).collect()
    };
    let (low, high) = (ends(|estimate| estimate.low), ends(|estimate| estimate.high));
    let known = low.iter().any(Option::is_some);
    known.then(|| Band { name: "95 % confidence".to_owned(), low, high })
}

/// Cost against the 99th percentile of the latency, one point for each strategy.
fn front(comparison: &Comparison) -> Option<ReviewChart> {
    let figure = comparison.objective.figure();
    let mut known: Vec<(usize, f64, &Estimate)> = Vec::new();
    for (k, strategy) in comparison.strategies.iter().enumerate() {
        let latency = strategy.figure(Figure::LatencyP99);
        if let (Some(cost), Some(_)) = (strategy.figure(figure).value, latency.value) {
            known.push((k, cost, latency));
        }
    }
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    let places = known.len();
    let series = known.iter().enumerate().map(|(place, (k, _, latency))| {
        let only = |value: Option<f64>| (0..places).map(|other| value.filter(|_| other == place)).collect();
        let estimates: Vec<Option<&Estimate>> = (0..places).map(|other| (other == place).then_some(*latency)).collect();
        Series {
            id: format!("strategy-{k}"),
            name: comparison.strategies[*k].name.clone(),
            unit: Unit::Seconds,
            shape: Shape::Points,
            style: Style::of_kind(*k),
            values: only(latency.value),
            band: band(&estimates),
        }
    });
    let series: Vec<Series> = series.collect();
    let latencies = || known.iter().filter_map(|(_, _, latency)| latency.value);
    let (least, most) = (latencies().fold(f64::INFINITY, f64::min), latencies().fold(0.0, f64::max));
    let measured = number::duration(comparison.model.horizon_s - comparison.model.warmup_s);
    let label = match objective_unit(comparison) {
        Unit::Money(currency) => format!("cost of {measured}, {currency}"),
        _ => format!("replica-hours in {measured}"),
    };
    (!series.is_empty()).then(|| ReviewChart {
        id: "strategies-front".to_owned(),
        title: words::front(comparison),
        description:
            "Each strategy by its cost and by the latency that one message in a hundred exceeds: further left \
                      is cheaper, further down is faster."
                .to_owned(),
        x: XAxis::Number {
            label,
            unit: objective_unit(comparison),
            values: known.iter().map(|(_, cost, _)| *cost).collect(),
        },
        y_label: "p99 latency".to_owned(),
        y_unit: Unit::Seconds,
        y_log: least > 0.0 && most > LINEAR_RANGE * least,
        series,
        limits: Vec::new(),
        marks: Vec::new(),
        thinned: None,
    })
}

/// The chosen one, those that none beats, and as many others as there is room for, in the order of the scenario.
fn drawn(comparison: &Comparison) -> Vec<usize> {
    let chosen = match comparison.selection {
        Selection::Chosen { strategy, .. } => Some(strategy),
        _ => None,
    };
    let wanted = chosen.into_iter().chain(comparison.front.iter().copied()).chain(0..comparison.strategies.len());
    let mut kept: Vec<usize> = Vec::new();
    for k in wanted {
        if !kept.contains(&k) && kept.len() < MOST_LINES {
            kept.push(k);
        }
    }
    kept.sort_unstable();
    kept
}

/// Depth, or replicas, of the strategies over time.
fn over_time(comparison: &Comparison, is_depth: bool) -> Option<ReviewChart> {
    let model = &comparison.model;
    let queue = model.groups[comparison.group].from;
    let mut ends_s = Vec::new();
    let mut all = Vec::new();
    for k in drawn(comparison) {
        let strategy = &comparison.strategies[k];
        let Some(series) = strategy.events.as_ref().and_then(|events| events.series.get(queue)) else { continue };
        ends_s.clone_from(&series.time_s);
        let values = if is_depth { &series.depth_mean } else { &series.replicas_mean };
        all.push(Series {
            id: format!("strategy-{k}"),
            name: strategy.name.clone(),
            unit: if is_depth { Unit::Messages } else { Unit::Replicas },
            shape: if is_depth { Shape::Line } else { Shape::Step },
            style: Style::of_kind(k),
            values: values.iter().copied().map(Some).collect(),
            band: None,
        });
    }
    let name = &model.queues[queue].name;
    let group = &model.groups[comparison.group].name;
    (!all.is_empty()).then(|| ReviewChart {
        id: if is_depth { "strategies-depth" } else { "strategies-replicas" }.to_owned(),
        title: if is_depth { words::staffing(comparison) } else { format!("Replicas of {group} under each strategy") },
        description: if is_depth {
            format!(
                "Depth of {name} at the end of each interval, mean over runs of the same arrivals and the same work."
            )
        } else {
            format!("Replicas of {group}, averaged over each interval and over runs of the same arrivals.")
        },
        x: XAxis::Time { ends_s, clock: Clock::of(model) },
        y_label: if is_depth { "messages" } else { "replicas" }.to_owned(),
        y_unit: if is_depth { Unit::Messages } else { Unit::Replicas },
        y_log: false,
        series: all,
        limits: Vec::new(),
        marks: Vec::new(),
        thinned: None,
    })
}

fn table(comparison: &Comparison) -> ReviewTable {
    let currency = words::currency(comparison);
    let mut columns = vec![
        Column::text("strategy"),
        Column::number("runs", Unit::Plain),
        Column::number("all promises kept in", Unit::Share),
        Column::number("95 % interval: low", Unit::Share),
        Column::number("high", Unit::Share),
        Column::number("replica-hours", Unit::ReplicaHours),
    ];
    columns.extend(currency.map(|currency| Column::number("cost", Unit::Money(currency.to_owned()))));
    columns.extend([
        Column::number("p50 latency", Unit::Seconds),
        Column::number("p99 latency", Unit::Seconds),
        Column::number("worst backlog", Unit::Messages),
        Column::number("changes per hour", Unit::Plain),
    ]);
    let row = |strategy: &StrategyOutcome| {
        let figure = |figure: Figure, unit: Unit| Cell::number(strategy.figure(figure).value, &unit);
        let kept = strategy.kept;
        let mut row = vec![
            Cell::text(strategy.name.clone()),
            Cell::number(Some(f64::from(strategy.replications)), &Unit::Plain),
            Cell::number(kept.map(|kept| kept.share()), &Unit::Share),
            Cell::number(kept.map(|kept| kept.low), &Unit::Share),
            Cell::number(kept.map(|kept| kept.high), &Unit::Share),
            figure(Figure::ReplicaHours, Unit::ReplicaHours),
        ];
        row.extend(currency.map(|currency| figure(Figure::Cost, Unit::Money(currency.to_owned()))));
        row.extend([
            figure(Figure::LatencyP50, Unit::Seconds),
            figure(Figure::LatencyP99, Unit::Seconds),
            figure(Figure::WorstBacklog, Unit::Messages),
            figure(Figure::ScaleEventsPerHour, Unit::Plain),
        ]);
        row
    };
    ReviewTable {
        id: "strategies-table".to_owned(),
        caption: "The strategies side by side".to_owned(),
        columns,
        rows: comparison.strategies.iter().map(row).collect(),
    }
}

/// What the others differ by from the chosen one, pair by pair of runs.
fn differences(comparison: &Comparison) -> Option<ReviewTable> {
    let Selection::Chosen { strategy: best, .. } = comparison.selection else { return None };
    let shown = [(comparison.objective.figure(), objective_unit(comparison)), (Figure::LatencyP99, Unit::Seconds)];
    let mut rows = Vec::new();
    for pair in comparison.pairs.iter().filter(|pair| pair.first == best || pair.second == best) {
        // A pair holds the first one's number less the second's.
        let (other, sign) = if pair.first == best { (pair.second, -1.0) } else { (pair.first, 1.0) };
        let mut row = vec![Cell::text(comparison.strategies[other].name.clone())];
        for (figure, unit) in &shown {
            let difference = &pair.differences[*figure as usize];
            let ends = if sign > 0.0 { (difference.low, difference.high) } else { (difference.high, difference.low) };
            let cells = [difference.value, ends.0, ends.1].map(|end| end.map(|end| sign * end));
            row.extend(cells.map(|value| Cell::number(value, unit)));
        }
        rows.push(row);
    }
    let mut columns = vec![Column::text("strategy")];
    for ((_, unit), what) in shown
        .iter()
        .zip([if objective_unit(comparison) == Unit::ReplicaHours { "replica-hours" } else { "cost" }, "p99 latency"])
    {
        columns.push(Column::number(format!("{what}: more than {}", comparison.strategies[best].name), unit.clone()));
        columns.push(Column::number("95 % interval: low", unit.clone()));
        columns.push(Column::number("high", unit.clone()));
    }
    (!rows.is_empty()).then(|| ReviewTable {
        id: "strategies-differences".to_owned(),
        caption: format!(
            "Differences from {}, from runs of the same arrivals in pairs",
            comparison.strategies[best].name
        ),
        columns,
        rows,
    })
}
