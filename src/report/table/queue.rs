//! One queue in the table: what happened, its counts, and its waits, latencies and depths.

use super::super::number::{self, count, duration, share};
use super::super::view::QueueView;
use super::super::words;
use super::grid::{Grid, paragraph};
use super::{bare, deliveries, engines, lanes, shown};
use crate::measure::Estimate;
use crate::measure::summary::QueueSummary;

/// From this width on every column has room for its half-width.
const WIDE: usize = 110;

/// All lines about one queue.
pub(super) fn section(view: &QueueView, width: usize) -> Vec<String> {
    let mut lines = vec![number::shorten(&format!("Queue {}", view.queue.name), width)];
    let mut say = |text: String| lines.extend(paragraph(&format!("  {text}."), 2, width));
    if !view.publish_rate().is_empty() {
        say(words::rates(view));
        say(words::depth(view));
    }
    if let Some(summary) = view.summary {
        say(counts(view, summary));
        deliveries::sentence(summary).into_iter().chain(lanes::partitions(view, summary)).for_each(say);
        lines.extend(statistics(summary, width));
        lines.extend(lanes::levels(summary, width));
    } else if let Some(lost) = view.fluid.and_then(|fluid| fluid.lost).filter(|lost| *lost > 0.0) {
        say(format!("Lost {} at the full queue", number::messages(lost)));
    }
    lines.extend(engines::side_by_side(view, width));
    lines
}

/// Published, acked, lost, drained. Not when it was deepest: a mean over replications may lie between two peaks.
fn counts(view: &QueueView, summary: &QueueSummary) -> String {
    let mut parts = vec![
        format!("Published {}", bare(&summary.published, count)),
        format!("acked {}", bare(&summary.acked, count)),
        deliveries::losses(summary),
    ];
    if summary.redelivered.value > Some(0.0) {
        parts.push(format!("redelivered {}", bare(&summary.redelivered, count)));
    }
    parts.extend(deliveries::dead_letters(summary));
    parts.push(drained(view, summary));
    parts.join(", ")
}

fn drained(view: &QueueView, summary: &QueueSummary) -> String {
    let in_some = summary.drained_share.map_or_else(String::new, |drained| format!(" in {} of runs", share(drained)));
    match summary.drained_at_s.value {
        Some(0.0) => format!("never a ready message{in_some}"),
        // A queue that is busy to the end is not drained by its last message.
        Some(at_s) if at_s >= view.interval_s(view.time_s.len() - 1).0 => {
            format!("ready messages until the end{in_some}")
        }
        Some(at_s) => format!("no message ready after {}{in_some}", view.clock.instant(at_s)),
        None => match &summary.drained_at_s.why_not {
            Some(reason) => format!("not drained ({reason})"),
            None => "not drained".to_owned(),
        },
    }
}

/// Waits, latencies and depths by mean and quantile.
fn statistics(summary: &QueueSummary, width: usize) -> Vec<String> {
    let mut grid = Grid::new(2).right_from(1);
    grid.header(["", "mean", "p50", "p95", "p99", "max"].map(str::to_owned).to_vec());
    let wide = width >= WIDE;
    let wait = &summary.wait_s;
    let latency = &summary.latency_s;
    let depth = &summary.depth;
    let mut row = |name: &str, of: [&Estimate; 5], show: fn(f64) -> String| {
        let cells = of
            .into_iter()
            .enumerate()
            .map(|(k, estimate)| if k == 0 || wide { shown(estimate, show) } else { bare(estimate, show) });
        grid.row(std::iter::once(name.to_owned()).chain(cells).collect());
    };
    row("wait", [&wait.mean, &wait.p50, &wait.p95, &wait.p99, &wait.max], duration);
    row("latency", [&latency.mean, &latency.p50, &latency.p95, &latency.p99, &latency.max], duration);
    row("depth", [&depth.mean, &depth.p50, &depth.p95, &depth.p99, &depth.max], count);
    std::iter::once(String::new()).chain(grid.lines(width)).collect()
}
