//! The terminal's answer: who is the best and why, then the numbers side by side.

use super::super::clock::Clock;
use super::super::number::{self, count, duration, plural, share};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::words::{self, bare};
use crate::measure::{EngineChoice, Estimate, Figure, Sign};
use crate::study::Comparison;
use crate::study::compare::{Pair, Selection, StrategyOutcome};

/// Names of strategies are shortened to this.
const NAME: usize = 20;
/// Most columns of differences.
const DIFFERENCES: usize = 4;
/// A half-width below this share of its value is beyond the digits that are shown.
const TELLING: f64 = 0.001;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72): the best strategy, one
/// sentence for each, the numbers side by side, differences to the best one, notes. With `colour` the answer's word is
/// painted.
pub fn compare_table(comparison: &Comparison, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = paragraph(&words::answer(comparison), 2, width);
    for k in order(comparison) {
        lines.extend(paragraph(&format!("  {}", words::sentence(comparison, &comparison.strategies[k])), 4, width));
    }
    lines.extend(words::certainty(comparison).map_or_else(Vec::new, |text| paragraph(&text, 2, width)));
    lines.extend(paragraph(&looked_at(comparison), 2, width));
    lines.extend(took(comparison));
    for grid in [money_grid(comparison), time_grid(comparison)] {
        lines.push(String::new());
        lines.extend(grid.lines(width));
    }
    lines.extend(slo_lines(comparison, width));
    lines.extend(differences(comparison, width));
    lines.extend(front(comparison, width));
    let notes = comparison.notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width));
    let notes: Vec<String> = notes.collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    if colour {
        paint(comparison, &mut lines);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The chosen strategy first, the others in the order of the scenario.
fn order(comparison: &Comparison) -> Vec<usize> {
    let first = match comparison.selection {
        Selection::Chosen { strategy, .. } => Some(strategy),
        _ => None,
    };
    let all = 0..comparison.strategies.len();
    first.into_iter().chain(all.filter(|k| Some(*k) != first)).collect()
}

fn name(strategy: &StrategyOutcome) -> String {
    number::shorten(&strategy.name, NAME)
}

/// What was run.
fn looked_at(comparison: &Comparison) -> String {
    let model = &comparison.model;
    let group = &model.groups[comparison.group];
    let what = format!(
        "Compared {} strategies for {} on {} over {}",
        comparison.strategies.len(),
        group.name,
        model.queues[group.from].name,
        duration(model.horizon_s)
    );
    if comparison.engine == EngineChoice::Fluid {
        return format!("{what}: the fluid equation, the same rates for all.");
    }
    let runs: u32 = comparison.strategies.iter().map(|strategy| strategy.replications).sum();
    format!(
        "{what}, the same arrivals and work for all: {} ({}, seed {}).",
        plural(f64::from(runs), "replication"),
        number::messages(comparison.messages as f64),
        model.seed
    )
}

/// How long it took, if that is known; in a line of its own, because it differs each time.
fn took(comparison: &Comparison) -> Option<String> {
    let wall_s = comparison.wall_s;
    let speed = (comparison.engine != EngineChoice::Fluid)
        .then(|| format!(", {} messages per second", count(comparison.messages as f64 / wall_s)));
    (wall_s > 0.0).then(|| format!("Took {}{}.", duration(wall_s), speed.unwrap_or_default()))
}

/// What it takes: runs, promises, hours, money, changes, waste.
fn money_grid(comparison: &Comparison) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let has = |figure: Figure| comparison.strategies.iter().any(|one| one.figure(figure).value.is_some());
    let has_kept = comparison.strategies.iter().any(|one| one.kept.is_some());
    let is_simulated = comparison.engine != EngineChoice::Fluid;
    let has_waste = comparison.strategies.iter().any(|one| one.figure(Figure::WastedWork).value > Some(0.0));
    let shows = [true, is_simulated, has_kept, true, has(Figure::Cost), true, is_simulated, has_waste];
    let kept =
        |cells: [String; 8]| cells.into_iter().zip(shows).filter(|(_, shows)| *shows).map(|(cell, _)| cell).collect();
    grid.header(kept(
        ["strategy", "runs", "kept in", "hours", "cost", "scaled/h", "idle", "vain work"].map(str::to_owned),
    ));
    let currency = words::currency(comparison).unwrap_or_default();
    for k in order(comparison) {
        let one = &comparison.strategies[k];
        grid.row(kept([
            name(one),
            one.replications.to_string(),
            one.kept.map_or_else(|| "-".to_owned(), |kept| share(kept.share())),
            bare(one.figure(Figure::ReplicaHours), count),
            shown(one.figure(Figure::Cost), |amount| words::cash(amount, currency)),
            bare(one.figure(Figure::ScaleEventsPerHour), count),
            bare(one.figure(Figure::WastedReplicas), count),
            bare(one.figure(Figure::WastedWork), duration),
        ]));
    }
    grid
}

/// How long and how deep.
fn time_grid(comparison: &Comparison) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let clock = Clock::of(&comparison.model);
    let last_row_s = comparison.model.horizon_s - comparison.model.resolution_s;
    let instant = |at_s: f64| match at_s {
        0.0 => "never".to_owned(),
        // A queue that is busy to the end is not drained by its last message.
        at_s if at_s >= last_row_s => "the end".to_owned(),
        at_s => clock.instant(at_s),
    };
    if comparison.engine == EngineChoice::Fluid {
        grid.header(["strategy", "longest wait", "backlog", "waits until"].map(str::to_owned).to_vec());
        for one in &comparison.strategies {
            let cells = [
                name(one),
                bare(one.figure(Figure::WaitMax), duration),
                bare(one.figure(Figure::WorstBacklog), count),
                bare(one.figure(Figure::DrainedAt), instant),
            ];
            grid.row(cells.to_vec());
        }
        return grid;
    }
    let header = ["strategy", "p50 wait", "p99 wait", "p50 lat.", "p99 lat.", "backlog", "waits until"];
    grid.header(header.map(str::to_owned).to_vec());
    for k in order(comparison) {
        let one = &comparison.strategies[k];
        let cells = [
            name(one),
            bare(one.figure(Figure::WaitP50), duration),
            bare(one.figure(Figure::WaitP99), duration),
            bare(one.figure(Figure::LatencyP50), duration),
            bare(one.figure(Figure::LatencyP99), duration),
            bare(one.figure(Figure::WorstBacklog), count),
            bare(one.figure(Figure::DrainedAt), instant),
        ];
        grid.row(cells.to_vec());
    }
    grid
}

/// Promise by promise, where there are several or no runs to count.
fn slo_lines(comparison: &Comparison, width: usize) -> Vec<String> {
    let model = &comparison.model;
    if model.slos.is_empty() || (model.slos.len() == 1 && comparison.engine != EngineChoice::Fluid) {
        return Vec::new();
    }
    let is_known = |place: &usize| comparison.strategies.iter().any(|one| one.slos[*place].value.value.is_some());
    let (known, unknown): (Vec<usize>, Vec<usize>) = (0..model.slos.len()).partition(is_known);
    let reasons = unknown.into_iter().flat_map(|place| {
        let verdict = &comparison.strategies[0].slos[place];
        let why = verdict.value.why_not.as_deref().unwrap_or("no engine could tell");
        paragraph(&format!("{}: not judged, {why}", verdict.name), 2, width)
    });
    let reasons: Vec<String> = reasons.collect();
    let mut grid = Grid::new(2).flexible(2).flexible(0);
    grid.header(["promise", "strategy", "found", ""].map(str::to_owned).to_vec());
    for place in known {
        let slo = &model.slos[place];
        for (row, k) in order(comparison).into_iter().enumerate() {
            let one = &comparison.strategies[k];
            let verdict = &one.slos[place];
            let what = if row == 0 { number::shorten(&slo.name, NAME) } else { String::new() };
            let met = match (verdict.probability_met, verdict.met) {
                (Some(met), _) => format!("met in {}", share(met)),
                (None, Some(true)) => "kept".to_owned(),
                (None, Some(false)) => "broken".to_owned(),
                (None, None) => "unknown".to_owned(),
            };
            grid.row(vec![what, name(one), words::value_and_limit(model, verdict), met]);
        }
    }
    let rows = if grid.is_empty() { Vec::new() } else { grid.lines(width) };
    std::iter::once(String::new()).chain(rows).chain(reasons).collect()
}

/// Every other strategy against the best one, or against the first of the front.
fn differences(comparison: &Comparison, width: usize) -> Vec<String> {
    let reference = match &comparison.selection {
        Selection::Chosen { strategy, .. } => Some(*strategy),
        Selection::Undecided { leaders, .. } => leaders.first().copied(),
        Selection::NotAsked { .. } | Selection::Nobody { .. } => comparison.front.first().copied(),
    };
    let Some(reference) = reference else { return Vec::new() };
    let pairs = comparison.pairs.iter().filter(|pair| pair.first == reference || pair.second == reference);
    let pairs: Vec<&Pair> = pairs.filter(|pair| pair.runs > 1).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    // What does not fit is left out from the right: it is in the files.
    let mut grids = (1..=DIFFERENCES).rev().map(|columns| difference_grid(comparison, reference, &pairs, columns));
    let mut grid = grids.next().expect("there is at least one column");
    while let (true, Some(next)) = (grid.needs() > width, grids.next()) {
        grid = next;
    }
    let head =
        format!("The others against {}, run by run (± is the 95 % interval):", comparison.strategies[reference].name);
    let mut lines = vec![String::new()];
    lines.extend(paragraph(&head, 2, width));
    let rows = grid.lines(width);
    let is_open = rows.iter().any(|row| row.contains(" ~ "));
    lines.extend(rows);
    if is_open {
        lines.extend(paragraph("  ~ no difference was shown: the interval holds 0", 4, width));
    }
    lines
}

/// The first `columns` differences of the others to the reference.
fn difference_grid(comparison: &Comparison, reference: usize, pairs: &[&Pair], columns: usize) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let objective = comparison.objective.figure();
    let what = if objective == Figure::Cost { "cost" } else { "hours" };
    let header = ["against it", what, "p99 latency", "backlog", "scaled/h"];
    grid.header(header.iter().take(1 + columns).map(|cell| (*cell).to_owned()).collect());
    let currency = words::currency(comparison).unwrap_or_default();
    let price = |value: f64| if objective == Figure::Cost { words::cash(value, currency) } else { count(value) };
    for pair in pairs {
        let other = if pair.first == reference { pair.second } else { pair.first };
        let cell = |figure: Figure, show: &dyn Fn(f64) -> String| {
            let estimate = &pair.differences[figure as usize];
            let turned = if pair.first == reference { negative(estimate) } else { estimate.clone() };
            difference(&turned, show)
        };
        let cells = [
            cell(objective, &price),
            cell(Figure::LatencyP99, &duration),
            cell(Figure::WorstBacklog, &count),
            cell(Figure::ScaleEventsPerHour, &count),
        ];
        let cells = cells.into_iter().take(columns);
        grid.row(std::iter::once(name(&comparison.strategies[other])).chain(cells).collect());
    }
    grid
}

fn negative(estimate: &Estimate) -> Estimate {
    let turned = |value: Option<f64>| value.map(|value| 0.0 - value);
    Estimate {
        value: turned(estimate.value),
        low: turned(estimate.high),
        high: turned(estimate.low),
        why_not: estimate.why_not.clone(),
    }
}

/// `+0.31 ± 0.02 USD`; with `~` before it where no difference was shown, `=` where there is none.
fn difference(estimate: &Estimate, show: &dyn Fn(f64) -> String) -> String {
    let (Some(value), Some(half_width)) = (estimate.value, estimate.half_width()) else { return "-".to_owned() };
    if value == 0.0 && half_width == 0.0 {
        return "=".to_owned();
    }
    let sign = if value > 0.0 { "+" } else { "" };
    let open = if Sign::of(estimate) == Some(Sign::Open) { "~ " } else { "" };
    let told =
        if half_width > TELLING * value.abs() { number::with_half_width(value, half_width, show) } else { show(value) };
    format!("{open}{sign}{told}")
}

fn front(comparison: &Comparison, width: usize) -> Vec<String> {
    if comparison.front.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = comparison.front.iter().map(|k| comparison.strategies[*k].name.clone()).collect();
    let what = if comparison.objective.figure() == Figure::Cost { "cost" } else { "replica-hours" };
    let text = format!("Beaten by no other in both {what} and p99 latency: {}.", words::listed(&names));
    std::iter::once(String::new()).chain(paragraph(&text, 2, width)).collect()
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

/// Green for the best one, red where there is none, yellow where it is not known.
fn paint(comparison: &Comparison, lines: &mut [String]) {
    let (word, code) = match &comparison.selection {
        Selection::Chosen { strategy, .. } => (comparison.strategies[*strategy].name.clone(), "1;32"),
        Selection::Nobody { .. } => ("NONE".to_owned(), "1;31"),
        Selection::Undecided { .. } => ("UNDECIDED".to_owned(), "1;33"),
        Selection::NotAsked { .. } => return,
    };
    let marked = format!(": {word}");
    if let Some(line) = lines.first_mut().filter(|line| line.contains(&marked)) {
        *line = line.replacen(&marked, &format!(": \u{1b}[{code}m{word}\u{1b}[0m"), 1);
    }
}
