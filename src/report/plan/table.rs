//! The terminal's answer: what to choose and how sure that is, its neighbours, what theory says, all candidates.

use super::super::number::{count, duration, share};
use super::super::table::{Grid, NARROWEST, WIDEST, paragraph};
use super::{over_time, words};
use crate::measure::Figure;
use crate::study::Plan;
use crate::study::plan::{Candidate, PlanAnswer, Standing};

/// Candidates beyond this are only in the files.
const MOST_ROWS: usize = 20;

/// The answer for people, in lines of at most `width` characters (and never fewer than 72): the setting, its
/// neighbours, how sure it is, theory, all candidates, notes. With `colour` the answer's word is painted.
pub fn plan_table(plan: &Plan, width: usize, colour: bool) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let mut lines = paragraph(&words::answer(plan), 2, width);
    for k in told(plan) {
        lines.extend(paragraph(&format!("  {}", words::sentence(plan, &plan.candidates[k])), 4, width));
    }
    if let PlanAnswer::Infeasible { best, shortfalls, advice } = &plan.answer {
        for found in shortfalls {
            lines.extend(paragraph(&format!("  {}.", words::shortfall(plan, *best, found)), 4, width));
        }
        lines.push("What would help:".to_owned());
        lines.extend(advice.iter().flat_map(|sentence| paragraph(&format!("  - {sentence}."), 4, width)));
    }
    lines.extend(paragraph(&words::certainty(plan), 2, width));
    lines.extend(words::theory(plan).map_or_else(Vec::new, |text| paragraph(&text, 2, width)));
    lines.extend(paragraph(&words::looked_at(plan), 2, width));
    if plan.wall_s > 0.0 {
        lines.push(format!("Took {}.", duration(plan.wall_s)));
    }
    lines.push(String::new());
    lines.extend(grid(plan).lines(width));
    lines.extend(over_time::lines(plan, width));
    let notes: Vec<String> = all_notes(plan).flat_map(|note| paragraph(&format!("Note: {note}."), 6, width)).collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    if colour {
        paint(plan, &mut lines);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn all_notes(plan: &Plan) -> impl Iterator<Item = &String> {
    plan.notes.iter().chain(plan.staffing.iter().flat_map(|staffing| &staffing.notes))
}

/// The answer and its neighbours, from the cheapest on.
fn told(plan: &Plan) -> Vec<usize> {
    match &plan.answer {
        PlanAnswer::Chosen { candidate, neighbours, .. } | PlanAnswer::Bracket { candidate, neighbours, .. } => {
            [Some(*candidate), neighbours.below, neighbours.above].into_iter().flatten().collect()
        }
        PlanAnswer::Infeasible { .. } => Vec::new(),
    }
}

/// All candidates, in the order of the grid; of many those around the answer.
fn grid(plan: &Plan) -> Grid {
    let names = plan.axes.len();
    let mut grid = Grid::new(2).right_from(0);
    let has_cost = plan.candidates.iter().any(|one| one.figure(Figure::Cost).value.is_some());
    let currency = words::currency(plan).unwrap_or_default();
    let heads = plan.axes.iter().map(|axis| words::axis_name(axis, &plan.axes).to_owned());
    let cost = if has_cost { vec!["cost".to_owned()] } else { Vec::new() };
    let rest = ["runs", "kept in", "95 % interval", "is", "hours"].map(str::to_owned);
    grid.header(heads.chain(rest).chain(cost).collect());
    let middle = match &plan.answer {
        PlanAnswer::Chosen { candidate, .. } | PlanAnswer::Bracket { candidate, .. } => *candidate,
        PlanAnswer::Infeasible { best, .. } => *best,
    };
    let from = middle.saturating_sub(MOST_ROWS / 2).min(plan.candidates.len().saturating_sub(MOST_ROWS));
    for one in plan.candidates.iter().skip(from).take(MOST_ROWS) {
        let mut cells: Vec<String> = one.changes.iter().map(|change| change.value.clone()).collect();
        cells.truncate(names);
        cells.push(one.replications.to_string());
        cells.push(one.kept.map_or_else(|| "-".to_owned(), |kept| share(kept.share())));
        cells.push(one.kept.map_or_else(String::new, |kept| {
            format!("{} to {}", share(kept.low).trim_end_matches(" %"), share(kept.high))
        }));
        cells.push(standing(plan, one).to_owned());
        cells.push(one.figure(Figure::ReplicaHours).value.map_or_else(|| "-".to_owned(), count));
        if has_cost {
            cells.push(
                one.figure(Figure::Cost).value.map_or_else(|| "-".to_owned(), |amount| words::amount(amount, currency)),
            );
        }
        grid.row(cells);
    }
    grid
}

/// On the ordered axis whoever has more than enough is at least as good.
fn standing(plan: &Plan, one: &Candidate) -> &'static str {
    let chosen = match (&plan.answer, plan.axes.len()) {
        (PlanAnswer::Chosen { candidate, .. }, 1) => plan.ordered.map(|axis| plan.candidates[*candidate].places[axis]),
        _ => None,
    };
    match one.standing {
        Standing::Open if chosen.is_some_and(|chosen| one.places[0] > chosen) => "more than enough",
        Standing::Proven => "enough",
        Standing::Refused => "too little",
        Standing::Open => "not known",
    }
}

/// Paints the word that says how it ended.
fn paint(plan: &Plan, lines: &mut [String]) {
    let (word, code) = match plan.answer {
        PlanAnswer::Chosen { .. } => return,
        PlanAnswer::Bracket { .. } => ("NOT PROVEN", "33;1"),
        PlanAnswer::Infeasible { .. } => ("INFEASIBLE", "31;1"),
    };
    if let Some(line) = lines.iter_mut().find(|line| line.contains(word)) {
        *line = line.replacen(word, &format!("\u{1b}[{code}m{word}\u{1b}[0m"), 1);
    }
}
