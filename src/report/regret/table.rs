//! The terminal's answer: what will be regretted least, on which input that depends, then candidate by candidate.

use super::super::number::{self, duration, share};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::words::{self, percent};
use crate::study::RegretPlan;

/// Candidates that are shown on each side of the chosen one.
const NEIGHBOURS: usize = 4;
/// Paths are shortened to this.
const PATH: usize = 44;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72): the setting with the least
/// expected regret, what the draws need, which input decides, and the candidates around it. With `colour` the setting
/// is painted.
pub fn regret_table(plan: &RegretPlan, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = paragraph(&words::answer(plan), 2, width);
    lines.extend(paragraph(&words::requirement(plan), 2, width));
    lines.extend(words::as_good(plan).map_or_else(Vec::new, |text| paragraph(&text, 2, width)));
    lines.extend(paragraph(&words::drivers(plan), 2, width));
    lines.extend(paragraph(&words::looked_at(plan), 2, width));
    if plan.wall_s > 0.0 {
        lines.push(format!("Took {}.", duration(plan.wall_s)));
    }
    for grid in [candidates(plan), inputs(plan)] {
        lines.push(String::new());
        lines.extend(grid.lines(width));
    }
    if !plan.notes.is_empty() {
        lines.push(String::new());
        lines.extend(plan.notes.iter().flat_map(|note| paragraph(&format!("Note: {note}"), 6, width)));
    }
    if let Some(chosen) = plan.chosen.filter(|_| colour) {
        let setting = words::setting(plan, chosen);
        lines[0] = lines[0].replacen(&setting, &format!("\u{1b}[1;32m{setting}\u{1b}[0m"), 1);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Which candidates are shown: those around the chosen one, and what the draws need.
fn shown(plan: &RegretPlan) -> Vec<usize> {
    let last = plan.candidates.len() - 1;
    let middle = plan.chosen.unwrap_or(last);
    let needs = plan.requirement;
    let mut shown: Vec<usize> = (middle.saturating_sub(NEIGHBOURS)..=(middle + NEIGHBOURS).min(last)).collect();
    shown.extend([needs.p05, needs.p50, needs.p95, needs.at_medians].into_iter().flatten());
    shown.sort_unstable();
    shown.dedup();
    shown
}

fn candidates(plan: &RegretPlan) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let name = plan.axis.short_name();
    grid.header([name, "costs", "enough for", "expected regret", "more than best", ""].map(str::to_owned).to_vec());
    for place in shown(plan) {
        let one = &plan.candidates[place];
        let regret = one.expected_regret.value.unwrap_or(f64::NAN);
        let more = match one.more_than_chosen.value {
            Some(more) if Some(place) != plan.chosen => words::amount(plan, more),
            _ => "-".to_owned(),
        };
        grid.row(vec![
            number::shorten(&one.setting, PATH),
            words::amount(plan, one.cost),
            share(one.enough.share()),
            words::amount(plan, regret),
            more,
            mark(plan, place),
        ]);
    }
    grid
}

/// What a candidate is, in a word.
fn mark(plan: &RegretPlan, place: usize) -> String {
    let needs = plan.requirement;
    let marks = [
        (plan.chosen, "least regret"),
        (needs.at_medians, "all medians"),
        (needs.p05, "p5 need"),
        (needs.p95, "p95 need"),
    ];
    let fitting: Vec<&str> = marks.into_iter().filter(|(at, _)| *at == Some(place)).map(|(_, name)| name).collect();
    fitting.join(", ")
}

fn inputs(plan: &RegretPlan) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    grid.header(["input", "between", "confidence", "of the variance"].map(str::to_owned).to_vec());
    for input in &plan.inputs {
        let driver = plan.drivers.iter().find(|driver| driver.path == input.path);
        grid.row(vec![
            number::shorten_start(&input.path, PATH),
            words::interval(input),
            share(input.confidence),
            driver.map_or_else(|| "-".to_owned(), |driver| percent(driver.share)),
        ]);
    }
    grid
}
