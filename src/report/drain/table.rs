//! The terminal's answer: when each queue is clear, how sure that is, and who would clear it in time.

use super::super::number::{duration, plural};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::words;
use crate::measure::Estimate;
use crate::study::Drain;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72). With `colour` the answer's
/// word is painted.
pub fn drain_table(drain: &Drain, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = Vec::new();
    for (place, queue) in drain.queues.iter().enumerate() {
        let name = if place == 0 { format!("{}: ", drain.model.name) } else { String::new() };
        lines.extend(paragraph(&format!("{name}{}.", words::answer(drain, queue)), 2, width));
        let more = [
            words::fluid(queue).filter(|_| queue.disturbed.is_some()),
            words::at_all(queue),
            queue.deadline.as_ref().map(|deadline| format!("{}.", words::deadline(drain, deadline))),
            queue.storm.clone(),
        ];
        for sentence in more.into_iter().flatten() {
            lines.extend(paragraph(&format!("  {sentence}"), 4, width));
        }
    }
    if drain.replications > 0 {
        let looked_at = format!(
            "Runs until no message is ready for the first time: {} ({}, seed {}), took {:.1} s.",
            plural(f64::from(drain.runs), "run"),
            plural(drain.messages as f64, "message"),
            drain.model.seed,
            drain.wall_s
        );
        lines.extend(paragraph(&looked_at, 2, width));
        lines.push(String::new());
        lines.extend(quantiles(drain).lines(width));
    }
    if !drain.notes.is_empty() {
        lines.push(String::new());
        lines.extend(drain.notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width)));
    }
    if colour && let Some(line) = lines.first_mut() {
        *line = line.replacen("NOT CLEAR", "\u{1b}[1;31mNOT CLEAR\u{1b}[0m", 1);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn quantiles(drain: &Drain) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let heads = ["time to clear", "equation", "p50", "p90", "p95", "p99"];
    grid.header(heads.map(str::to_owned).to_vec());
    for queue in drain.queues.iter().filter(|queue| queue.disturbed.is_some()) {
        let fluid = queue.fluid_s.map_or("-".to_owned(), duration);
        let values = queue.quantiles.iter().map(|one| one.after_s.value.map_or("never".to_owned(), duration));
        grid.row([queue.name.clone(), fluid].into_iter().chain(values).collect());
        let end = |name: &str, of: fn(&Estimate) -> Option<f64>| {
            let ends = queue.quantiles.iter().map(|one| of(&one.after_s).map_or("-".to_owned(), duration));
            [name.to_owned(), String::new()].into_iter().chain(ends).collect::<Vec<String>>()
        };
        grid.row(end("  at least", |estimate| estimate.low));
        grid.row(end("  at most", |estimate| estimate.high));
    }
    grid
}
