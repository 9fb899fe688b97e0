//! The terminal's answer: how much more load, what breaks first, when; then what is left while something is away.

use super::super::number::{duration, plural, share};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::words;
use crate::measure::Estimate;
use crate::study::Headroom;
use crate::study::headroom::Saturated;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72). With `colour` the answer's
/// word is painted.
pub fn headroom_table(headroom: &Headroom, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = paragraph(&format!("{}: {}.", headroom.model.name, words::answer(headroom)), 2, width);
    let more = [Some(words::date(headroom)), words::claim(headroom), Some(today(headroom)), Some(looked_at(headroom))];
    for sentence in more.into_iter().flatten() {
        lines.extend(paragraph(&format!("  {sentence}"), 4, width));
    }
    if headroom.wall_s > 0.0 {
        lines.push(format!("  Took {}.", duration(headroom.wall_s)));
    }
    for grid in [promises(headroom), away(headroom), saturation(headroom)] {
        if !grid.is_empty() {
            lines.push(String::new());
            lines.extend(grid.lines(width));
        }
    }
    let reasons = headroom.away.iter().filter_map(|away| Some(format!("{}: {}", away.words, away.why_not.as_ref()?)));
    let notes: Vec<String> = headroom.notes.iter().cloned().chain(reasons).collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width)));
    }
    if colour && let Some(line) = lines.first_mut() {
        *line = line.replacen(": NONE:", ": \u{1b}[1;31mNONE\u{1b}[0m:", 1);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn today(headroom: &Headroom) -> String {
    let kept = &headroom.kept_now;
    format!("Today {} of {} keep all promises.", kept.kept, plural(f64::from(kept.runs), "run"))
}

fn looked_at(headroom: &Headroom) -> String {
    format!(
        "Every rate times a factor, the same random streams at every factor: {} ({}, seed {}).",
        plural(f64::from(headroom.runs), "run"),
        plural(headroom.messages as f64, "message"),
        headroom.model.seed
    )
}

/// `+38 %`, with its interval where there is one.
fn shown(estimate: &Estimate) -> String {
    match estimate.value {
        Some(value) => words::change(value),
        None => words::interval(estimate),
    }
}

fn promises(headroom: &Headroom) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    grid.header(["promise", "a typical run bears", "breaks first in"].map(str::to_owned).to_vec());
    for promise in &headroom.promises {
        let first = promise.first_in.map_or("-".to_owned(), |first_in| format!("{} of runs", share(first_in)));
        grid.row(vec![promise.name.clone(), shown(&promise.typical), first]);
    }
    grid
}

fn away(headroom: &Headroom) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let known = headroom.away.iter().filter_map(|away| Some((away, away.kept_now?)));
    for (away, kept) in known {
        let row = [
            away.words.clone(),
            format!("{} of {}", kept.kept, kept.runs),
            words::interval(&away.factor),
            away.first.map_or("-".to_owned(), |first| headroom.promises[first].name.clone()),
        ];
        grid.row(row.to_vec());
    }
    if !grid.is_empty() {
        grid.header(
            ["while this is away", "kept today", "load may grow by", "breaks first"].map(str::to_owned).to_vec(),
        );
    }
    grid
}

fn saturation(headroom: &Headroom) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    for one in &headroom.saturation {
        let kind = match one.what {
            Saturated::Queue(_) => "consumers of",
            Saturated::Resource(_) => "resource",
        };
        let peak = one.at_peak.map_or("-".to_owned(), words::change);
        grid.row(vec![format!("{kind} {}", one.name), peak, words::change(one.on_average)]);
    }
    if !grid.is_empty() {
        grid.header(["too much work from", "at the peak", "on average"].map(str::to_owned).to_vec());
    }
    grid
}
