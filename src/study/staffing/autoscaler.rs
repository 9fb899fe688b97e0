//! A schedule as settings of autoscalers: a timetable of this language, cron triggers of KEDA, and the backlog per
//! replica at which a queue-length trigger holds the same target.

use std::fmt::Write as _;

use super::load::GroupLoad;
use super::schedule::stretches;
use super::{AutoscalerSettings, StaffingTarget};
use crate::model::{GroupId, Model, Replicas};
use crate::units::{Seconds, show_count, show_duration};

const DAY_S: Seconds = 86_400.0;
/// More cron triggers than this are too many to be read: then hours are joined.
const MOST_TRIGGERS: usize = 24;

pub(super) fn settings(
    model: &Model,
    group: GroupId,
    load: &GroupLoad,
    target: StaffingTarget,
    schedule: &Replicas,
) -> AutoscalerSettings {
    let runs: Vec<(Seconds, Seconds, u32)> = stretches(schedule, model.horizon_s).collect();
    let counts = || runs.iter().map(|(_, _, count)| *count);
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let cron = keda_cron(model, &runs, least);
    let (backlog, from) = backlog(model, group, load, target);
    AutoscalerSettings {
        strategy_yaml: strategy(&runs),
        why_no_cron: cron.as_ref().err().cloned(),
        keda_cron: cron.ok(),
        backlog_per_replica: backlog,
        backlog_per_replica_from: from,
        min_replicas: least,
        max_replicas: most,
    }
}

fn strategy(runs: &[(Seconds, Seconds, u32)]) -> String {
    let steps: Vec<String> = runs.iter().map(|(from_s, _, count)| format!("[{from_s}s, {count}]")).collect();
    format!("offered_load: {{schedule: {{steps: [{}]}}}}\n", steps.join(", "))
}

/// Cron triggers in UTC for everything above the least number; where windows overlap by rounding to minutes, KEDA takes
/// the largest.
fn keda_cron(model: &Model, runs: &[(Seconds, Seconds, u32)], least: u32) -> Result<String, String> {
    let start = model.start.ok_or("the scenario has no `start`, so its instants are at no time of day")?;
    if model.horizon_s > DAY_S {
        return Err("the schedule is longer than a day, and cron triggers repeat every day".to_owned());
    }
    let begin_s = start.as_second() as f64;
    let above = |runs: &[(Seconds, Seconds, u32)]| -> Vec<(Seconds, Seconds, u32)> {
        runs.iter().filter(|(_, _, count)| *count > least).copied().collect()
    };
    let mut windows = above(runs);
    if windows.len() > MOST_TRIGGERS {
        windows = above(&hourly(runs, begin_s, model.horizon_s));
    }
    let mut text = format!("minReplicaCount: {least}\ntriggers:\n");
    for (from_s, until_s, count) in windows {
        let minute = |at_s: Seconds| ((begin_s + at_s) / 60.0).rem_euclid(1440.0);
        let field = |minute: f64| {
            let minute = minute as u32 % 1440;
            format!("\"{} {} * * *\"", minute % 60, minute / 60)
        };
        let (opens, closes) = (field(minute(from_s).floor()), field(minute(until_s).ceil()));
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "  - type: cron\n    metadata:\n      timezone: UTC\n      start: {opens}\n      end: {closes}\n      \
             desiredReplicas: \"{count}\"\n"
        );
    }
    Ok(text)
}

/// The largest number of each hour of the clock, equal hours joined.
fn hourly(runs: &[(Seconds, Seconds, u32)], begin_s: Seconds, horizon_s: Seconds) -> Vec<(Seconds, Seconds, u32)> {
    let mut joined: Vec<(Seconds, Seconds, u32)> = Vec::new();
    let mut from_s = 0.0;
    while from_s < horizon_s {
        let until_s = (((begin_s + from_s) / 3600.0).floor() * 3600.0 + 3600.0 - begin_s).min(horizon_s);
        let inside = runs.iter().filter(|(begin_s, end_s, _)| *begin_s < until_s && *end_s > from_s);
        let count = inside.map(|(_, _, count)| *count).max().unwrap_or(0);
        match joined.last_mut() {
            Some(last) if last.2 == count => last.1 = until_s,
            _ => joined.push((from_s, until_s, count)),
        }
        from_s = until_s;
    }
    joined
}

/// Acceptable wait × the rate of one replica.
fn backlog(model: &Model, group: GroupId, load: &GroupLoad, target: StaffingTarget) -> (f64, String) {
    let slots = f64::from(model.groups[group].slots_per_replica());
    let rate_per_s = slots * load.served_per_s();
    let service_s = load.service.mean() / load.speed;
    let wait_s = match target {
        StaffingTarget::DelayProbability(_) => 0.0,
        StaffingTarget::Wait { within_s, .. } => within_s,
        StaffingTarget::Latency { within_s, .. } => (within_s - service_s).max(0.0),
    };
    let backlog = (wait_s * rate_per_s).max(1.0);
    let from = format!(
        "an acceptable wait of {} × {}/s of one replica{}",
        show_duration(wait_s),
        show_count(rate_per_s),
        if wait_s * rate_per_s < 1.0 { ", but at least one message" } else { "" }
    );
    (backlog, from)
}
