//! Levels of a queue with priorities and partitions of a log, in the table.

use super::super::number::{count, duration, plural, share};
use super::super::view::QueueView;
use super::grid::Grid;
use super::{bare, shown};
use crate::measure::summary::QueueSummary;
use crate::model::Order;

/// Waits level by level.
pub(super) fn levels(summary: &QueueSummary, width: usize) -> Vec<String> {
    if summary.levels.is_empty() {
        return Vec::new();
    }
    let mut grid = Grid::new(2).right_from(1);
    grid.header(["priority", "share", "mean wait", "p95", "p99"].map(str::to_owned).to_vec());
    for (level, of) in summary.levels.iter().enumerate() {
        let name = if level == 0 { "0 (first)".to_owned() } else { level.to_string() };
        let waits = &of.wait_s;
        grid.row(vec![
            name,
            bare(&of.share, share),
            shown(&waits.mean, duration),
            bare(&waits.p95, duration),
            bare(&waits.p99, duration),
        ]);
    }
    std::iter::once(String::new()).chain(grid.lines(width)).collect()
}

/// How even partitions are, how far the worst lags behind, and replicas that have none.
pub(super) fn partitions(view: &QueueView, summary: &QueueSummary) -> Option<String> {
    let partitions = summary.partitions.as_ref()?;
    let Order::Partitions(settings) = &view.queue.order else { return None };
    let hottest = partitions.hottest_share.value.map_or_else(String::new, |hottest| {
        format!(" the hottest gets {} of the messages{},", share(hottest), load(view, hottest))
    });
    let idle = view.groups().into_iter().filter_map(|(group, summary)| {
        let idle = summary?.replicas.max.value? - f64::from(settings.count);
        (idle > 0.0).then(|| format!("; {} of {} have none and idle", plural(idle, "replica"), group.name))
    });
    Some(format!(
        "Of {}{hottest} the worst lags by up to {}{}",
        plural(f64::from(settings.count), "partition"),
        count(partitions.max_lag.value?),
        idle.collect::<String>()
    ))
}

/// What the hottest partition asks of the one slot that may work on it: ` (83 % of what one slot can do)`.
fn load(view: &QueueView, hottest: f64) -> String {
    let groups = view.groups();
    let (Some(summary), [(group, _)]) = (view.summary, groups.as_slice()) else { return String::new() };
    let model = &view.outcome.model;
    let (measured_s, plain) = (model.horizon_s - model.warmup_s, group.batch.is_none() && group.speed.is_none());
    let Some(published) = summary.published.value.filter(|_| plain && group.speeds.is_empty()) else {
        return String::new();
    };
    let load = hottest * published / measured_s * model.mean_occupancy_s(group);
    format!(" ({} of what one slot can do)", share(load))
}
