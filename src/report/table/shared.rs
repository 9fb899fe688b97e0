//! What queues and consumers have in common: paths, resources, contention, and producers whose clock stands.

use super::super::number::{count, duration, plural, share};
use super::super::words;
use super::grid::{Grid, paragraph};
use super::{bare, shown};
use crate::measure::Outcome;

/// All of it, where the scenario has it.
pub(super) fn sections(outcome: &Outcome, width: usize) -> Vec<String> {
    let mut lines = paths(outcome, width);
    lines.extend(resources(outcome, width));
    let sentences = late(outcome).into_iter().chain(words::turning_points(outcome));
    let sentences: Vec<String> = sentences.flat_map(|text| paragraph(&format!("  {text}."), 4, width)).collect();
    if !sentences.is_empty() {
        lines.push(String::new());
        lines.extend(sentences);
    }
    lines
}

fn paths(outcome: &Outcome, width: usize) -> Vec<String> {
    let Some(events) = outcome.events.as_ref().filter(|events| !events.paths.is_empty()) else { return Vec::new() };
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    grid.header(["path", "completed", "broken", "mean", "p95", "p99", "max"].map(str::to_owned).to_vec());
    for path in &events.paths {
        let latency = &path.latency_s;
        grid.row(vec![
            path.name.clone(),
            bare(&path.completed, count),
            bare(&path.broken, count),
            shown(&latency.mean, duration),
            bare(&latency.p95, duration),
            bare(&latency.p99, duration),
            bare(&latency.max, duration),
        ]);
    }
    std::iter::once(String::new()).chain(grid.lines(width)).collect()
}

fn resources(outcome: &Outcome, width: usize) -> Vec<String> {
    let Some(events) = outcome.events.as_ref().filter(|events| !events.resources.is_empty()) else {
        return Vec::new();
    };
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    grid.header(["resource", "of", "in use", "busy", "waiting", "most waiting"].map(str::to_owned).to_vec());
    for (summary, resource) in events.resources.iter().zip(&outcome.model.resources) {
        grid.row(vec![
            summary.name.clone(),
            resource.slots.to_string(),
            shown(&summary.in_use.mean, count),
            bare(&summary.utilization, share),
            bare(&summary.waiting.mean, count),
            bare(&summary.waiting.max, count),
        ]);
    }
    std::iter::once(String::new()).chain(grid.lines(width)).collect()
}

/// Producers that were held up.
fn late(outcome: &Outcome) -> Vec<String> {
    let producers = outcome.events.iter().flat_map(|events| &events.producers);
    let late = producers.filter_map(|producer| {
        let (late, mean_s) = (producer.late.value.filter(|late| *late > 0.0)?, producer.late_mean_s.value?);
        let publishes = plural(late, "publish").replace("publishs", "publishes");
        Some(format!("{}: {publishes} came late, by {} on average", producer.name, duration(mean_s)))
    });
    late.collect()
}
