//! The terminal's answer: first whether the promises are kept, then the numbers behind it.
//!
//! A text, not an act: printing it is the command line's. Nothing here wraps by itself; what does not fit is shortened.

mod deliveries;
mod engines;
mod grid;
mod lanes;
mod queue;
mod shared;

use super::clock::Clock;
use super::number::{self, count, duration, plural, share};
use super::view::QueueView;
use super::words;
use crate::measure::summary::{GroupSummary, ScalingSummary, SloVerdict};
use crate::measure::{Estimate, Outcome};
use crate::model::Promise;
pub(super) use grid::{Grid, paragraph};

/// Below this the columns do not fit; a narrower terminal breaks the lines itself.
pub(super) const NARROWEST: usize = 72;
/// What a long line is still readable at.
pub(super) const WIDEST: usize = 140;

/// The answer for people: verdicts, then queue by queue, consumers, disagreements and notes, in lines of at most
/// `width` characters (and never fewer than 72). With `colour` the verdicts carry ANSI escapes, which do not count.
pub fn table(outcome: &Outcome, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = vec![answer(outcome)];
    lines.extend(verdicts(outcome, width));
    lines.extend(paragraph(&looked_at(outcome), 0, width));
    for view in QueueView::all(outcome) {
        lines.push(String::new());
        lines.extend(queue::section(&view, width));
    }
    lines.extend(groups(outcome, width));
    lines.extend(shared::sections(outcome, width));
    for disagreement in &outcome.disagreements {
        lines.push(String::new());
        let text = format!("Engines disagree on {}: {}", disagreement.queue, disagreement.what);
        lines.extend(paragraph(&text, 2, width));
        lines.extend(paragraph(&format!("  why: {}", disagreement.why), 7, width));
    }
    let notes = words::notes(outcome);
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width)));
    }
    if colour {
        paint_verdicts(&mut lines);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The answer in one line.
fn answer(outcome: &Outcome) -> String {
    let name = &outcome.model.name;
    let all = outcome.slos.len();
    let of = |met: Option<bool>| outcome.slos.iter().filter(|verdict| verdict.met == met).count();
    let promises = if all == 1 { "the promise is".to_owned() } else { format!("all {all} promises are") };
    match (all, of(Some(false)), of(None)) {
        (0, ..) => format!("{name}: no verdict, because the scenario makes no promise (slo)."),
        (1, 1, _) => format!("{name}: NO - the promise is broken."),
        (_, broken, _) if broken > 0 => {
            format!("{name}: NO - {broken} of {all} promises {} broken.", if broken == 1 { "is" } else { "are" })
        }
        (_, _, 0) => format!("{name}: YES - {promises} kept."),
        (_, _, unknown) => format!("{name}: UNDECIDED - {unknown} of {all} promises could not be judged."),
    }
}

/// One line per promise.
fn verdicts(outcome: &Outcome, width: usize) -> Vec<String> {
    if outcome.slos.is_empty() {
        return Vec::new();
    }
    // What does not fit goes below: first the windows, then how often a promise was met.
    let below = [(false, false), (true, false), (true, true)];
    let mut grids = below.into_iter().map(|below| verdict_grid(outcome, below));
    let mut grid = grids.next().expect("there are three ways");
    while let (true, Some(next)) = (grid.needs() > width, grids.next()) {
        grid = next;
    }
    let mut lines = grid.lines(width);
    for verdict in outcome.slos.iter().filter(|verdict| verdict.value.value.is_none()) {
        let reason = verdict.value.why_not.as_deref().unwrap_or("no engine could tell");
        lines.extend(paragraph(&format!("  {}: {reason}", verdict.name), 4, width));
    }
    lines
}

/// Promises row by row, with the window and the share of runs that met it behind or below.
fn verdict_grid(outcome: &Outcome, (window_below, kept_below): (bool, bool)) -> Grid {
    let clock = Clock::of(&outcome.model);
    let mut grid = Grid::new(2).flexible(2);
    for verdict in &outcome.slos {
        let word = match verdict.met {
            Some(true) => "kept",
            Some(false) => "BROKEN",
            None => "UNKNOWN",
        };
        let kept = verdict.probability_met.map_or_else(String::new, |kept| format!("met in {}", share(kept)));
        let (value, limit) = value_and_limit(outcome, verdict, clock);
        let (what, window) = promise(outcome, verdict, clock);
        let (window, window_behind) = if window_below { (window, String::new()) } else { (String::new(), window) };
        let (kept, kept_behind) = if kept_below { (kept, String::new()) } else { (String::new(), kept) };
        let what = format!("{what} {window_behind}").trim_end().to_owned();
        grid.row(vec![word.to_owned(), number::shorten(&verdict.name, 24), what, value, limit, kept_behind]);
        if !(window.is_empty() && kept.is_empty()) {
            grid.row(vec![String::new(), String::new(), window, kept]);
        }
    }
    grid
}

/// What was promised, without the queue if there is one only; and the window if it does not hold throughout.
fn promise(outcome: &Outcome, verdict: &SloVerdict, clock: Clock) -> (String, String) {
    let slo = outcome.model.slos.iter().find(|slo| slo.name == verdict.name);
    let queue = slo.filter(|_| outcome.model.queues.len() == 1).map(|slo| &outcome.model.queues[slo.queue].name);
    let words = queue.and_then(|queue| verdict.promise.strip_prefix(&format!("{queue}: "))).unwrap_or(&verdict.promise);
    let window = slo.and_then(|slo| slo.during).map_or_else(String::new, |window| {
        format!("{} to {}", clock.instant(window.from_s), clock.instant(window.until_s))
    });
    (words.to_owned(), window)
}

/// The statistic that a promise is about and its limit, in the promise's unit.
fn value_and_limit(outcome: &Outcome, verdict: &SloVerdict, clock: Clock) -> (String, String) {
    let promise = outcome.model.slos.iter().find(|slo| slo.name == verdict.name).map(|slo| slo.promise);
    let pair = |show: fn(f64) -> String| (shown(&verdict.value, show), format!("limit {}", show(verdict.limit)));
    match promise {
        Some(Promise::Latency(..) | Promise::Wait(..)) => pair(duration),
        Some(Promise::Depth(..)) | None => pair(count),
        Some(Promise::LossShare(_)) => pair(share),
        Some(Promise::DrainedBy(_)) => {
            let instant = verdict.value.value.map(|at_s| clock.instant(at_s));
            (instant.unwrap_or_else(|| "not drained".to_owned()), format!("limit {}", clock.instant(verdict.limit)))
        }
    }
}

/// An estimate with its half-width; `-` if it does not exist.
fn shown(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    let Some(value) = estimate.value else { return "-".to_owned() };
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => number::with_half_width(value, 0.5 * (high - low), show),
        _ => show(value),
    }
}

/// An estimate without its half-width.
fn bare(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    estimate.value.map_or_else(|| "-".to_owned(), show)
}

/// What was run, and how long it took.
fn looked_at(outcome: &Outcome) -> String {
    let model = &outcome.model;
    let after =
        if model.warmup_s > 0.0 { format!(" after {} of warm-up", duration(model.warmup_s)) } else { String::new() };
    let mut engines = Vec::new();
    if let Some(events) = &outcome.events {
        let runs = plural(f64::from(events.replications), "replication");
        engines.push(format!("{runs} ({} events, seed {})", count(events.events as f64), model.seed));
    }
    if outcome.fluid.is_some() {
        engines.push("the fluid equation".to_owned());
    }
    if outcome.formula.as_ref().is_some_and(|queues| queues.iter().any(|queue| queue.model.is_some())) {
        engines.push("queueing theory".to_owned());
    }
    if outcome.transient.as_ref().is_some_and(|queues| queues.iter().any(|queue| queue.model.is_some())) {
        engines.push("the exact law in time".to_owned());
    }
    let by = if engines.is_empty() { "no engine".to_owned() } else { engines.join(", ") };
    let queues = plural(model.queues.len() as f64, "queue");
    let took = if outcome.wall_s > 0.0 { format!(" Took {}.", duration(outcome.wall_s)) } else { String::new() };
    format!("Looked at {queues} for {}{after}: {by}.{took}", duration(model.horizon_s))
}

/// One line per consumer group.
fn groups(outcome: &Outcome, width: usize) -> Vec<String> {
    let Some(events) = outcome.events.as_ref().filter(|events| !events.groups.is_empty()) else { return Vec::new() };
    let mut grid = Grid::new(2).flexible(0).flexible(1).right_from(2);
    let has =
        |number: fn(&GroupSummary) -> &Estimate| events.groups.iter().any(|group| number(group).value > Some(0.0));
    let shows = [
        true,
        true,
        true,
        has(|group| &group.overhead_share),
        true,
        true,
        has(|group| &group.cost),
        has(|group| &group.scale_events),
    ];
    let kept =
        |cells: [String; 8]| cells.into_iter().zip(shows).filter(|(_, shows)| *shows).map(|(cell, _)| cell).collect();
    let header = ["consumers", "of queue", "busy", "overhead", "replicas", "hours", "cost", "scaled"];
    grid.header(kept(header.map(str::to_owned)));
    for summary in &events.groups {
        let group = outcome.model.groups.iter().find(|group| group.name == summary.name);
        let queue = group.map_or_else(String::new, |group| outcome.model.queues[group.from].name.clone());
        let currency = group.and_then(|group| group.cost.as_ref()).map_or("", |cost| cost.currency.as_str());
        grid.row(kept([
            summary.name.clone(),
            queue,
            shown(&summary.utilization, share),
            bare(&summary.overhead_share, share),
            replicas(summary),
            bare(&summary.replica_hours, count),
            bare(&summary.cost, |amount| number::money(amount, currency)),
            bare(&summary.scale_events, |times| format!("{}×", count(times))),
        ]));
    }
    let scaled = events.groups.iter().filter_map(|summary| Some((summary, summary.scaling.as_ref()?)));
    let scaled = scaled.flat_map(|(summary, scaling)| paragraph(&scaled_by(summary, scaling), 4, width));
    std::iter::once(String::new()).chain(grid.lines(width)).chain(scaled).collect()
}

/// What a strategy made of a group, in a sentence.
fn scaled_by(summary: &GroupSummary, scaling: &ScalingSummary) -> String {
    let three = [("wanted", &scaling.wanted), ("running", &summary.replicas), ("ready", &scaling.ready)];
    let three = three
        .map(|(what, replicas)| format!("{what} {} (max {})", bare(&replicas.mean, count), bare(&replicas.max, count)));
    let (ups, downs) = (bare(&scaling.ups, count), bare(&scaling.downs, count));
    let vain = match scaling.called_off.value {
        Some(vain) if vain > 0.0 => format!(", {} dismissed while starting", plural(vain, "replica")),
        _ => String::new(),
    };
    format!(
        "  {} by {}: {}; scaled up {ups}× and down {downs}×{vain}",
        summary.name,
        scaling.strategy,
        three.join(", "),
    )
}

fn replicas(summary: &GroupSummary) -> String {
    let (mean, max) = (bare(&summary.replicas.mean, count), bare(&summary.replicas.max, count));
    if mean == max { mean } else { format!("{mean}, max {max}") }
}

/// Red, green and yellow for the words that carry a verdict; bold in the first line.
fn paint_verdicts(lines: &mut [String]) {
    let words =
        [("NO", "1;31"), ("YES", "1;32"), ("UNDECIDED", "1;33"), ("BROKEN", "31"), ("kept", "32"), ("UNKNOWN", "33")];
    for (k, line) in lines.iter_mut().enumerate() {
        for (word, code) in words {
            let (before, after) = if k == 0 { (": ", " - ") } else { ("  ", "  ") };
            let marked = format!("{before}{word}{after}");
            if line.contains(&marked) && (k == 0 || line.starts_with(&format!("  {word} "))) {
                *line = line.replacen(&marked, &format!("{before}\u{1b}[{code}m{word}\u{1b}[0m{after}"), 1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
