//! Sentences about drain times, for the table and the chart.

use super::super::clock::Clock;
use super::super::number::{duration, plural, share};
use crate::study::Drain;
use crate::study::drain::{Deadline, DisturbanceKind, QueueDrain};

/// The key in files.
pub(super) fn key(kind: DisturbanceKind) -> &'static str {
    match kind {
        DisturbanceKind::Outage => "outage",
        DisturbanceKind::BrokerOutage => "broker_outage",
        DisturbanceKind::Initial => "initial",
        DisturbanceKind::Overload => "overload",
    }
}

/// What a queue clears after.
fn cause(kind: DisturbanceKind) -> &'static str {
    match kind {
        DisturbanceKind::Outage => "the end of the outage",
        DisturbanceKind::BrokerOutage => "the return of the broker",
        DisturbanceKind::Initial => "the start, with its initial messages",
        DisturbanceKind::Overload => "the peak of the backlog",
    }
}

/// The answer about one queue.
pub(in crate::report) fn answer(drain: &Drain, one: &QueueDrain) -> String {
    let (Some(disturbed), Some(clears)) = (one.disturbed, one.clears) else {
        return format!("{} never has a backlog: there is nothing to clear", one.name);
    };
    let clock = Clock::of(&drain.model);
    let after = format!("after {} ({})", cause(disturbed.kind), clock.instant(disturbed.until_s));
    if clears.kept == 0 {
        return format!("{} does NOT CLEAR by the horizon in any of {} runs {after}", one.name, clears.runs);
    }
    let at = |k: usize| one.quantiles[k].after_s.value;
    let typical = match at(0) {
        Some(median) => format!("clears {} {after} in half of the runs", duration(median)),
        None => format!("clears in {} of the runs {after}", share(clears.share())),
    };
    let late = match (at(2), at(1)) {
        (Some(p95), _) => format!("; 95 % of them are clear after {}", duration(p95)),
        (None, Some(p90)) => format!("; 90 % of them are clear after {}", duration(p90)),
        (None, None) => String::new(),
    };
    format!("{} {typical}{late}", one.name)
}

/// The equation's number, and how it compares.
pub(super) fn fluid(one: &QueueDrain) -> Option<String> {
    let Some(fluid_s) = one.fluid_s else {
        return one.fluid_why_not.as_ref().map(|why_not| format!("The equation has no time: {why_not}."));
    };
    let clears = one.clears?;
    let earlier = one.clear_s.iter().filter(|clear_s| **clear_s <= fluid_s).count();
    let earlier = share(earlier as f64 / f64::from(clears.runs.max(1)));
    Some(format!("The equation says {}; {earlier} of runs are clear by then.", duration(fluid_s)))
}

/// Whether it clears at all.
pub(super) fn at_all(one: &QueueDrain) -> Option<String> {
    let clears = one.clears.filter(|clears| clears.kept < clears.runs)?;
    Some(format!(
        "By the horizon {} of {} runs have cleared ({} to {} with 95 %).",
        clears.kept,
        clears.runs,
        share(clears.low),
        share(clears.high)
    ))
}

/// What the deadline needs.
pub(in crate::report) fn deadline(drain: &Drain, one: &Deadline) -> String {
    let clock = Clock::of(&drain.model);
    let kept_in = share(drain.options.kept_in);
    let by = match &one.promise {
        Some(name) => format!("by {} ({name})", clock.instant(one.at_s)),
        None => format!("by {}", clock.instant(one.at_s)),
    };
    let Some(in_time) = one.in_time else {
        let why_not = one.why_not.as_deref().unwrap_or("no run gets there");
        return format!("Whether it is clear {by} is not known: {why_not}");
    };
    let now = format!("{} of {} runs are clear {by}", in_time.kept, in_time.runs);
    let group = one.group.map(|group| drain.model.groups[group].name.as_str());
    if let (Some(replicas), Some(group)) = (one.replicas, group) {
        let shares: Vec<String> = one
            .tried
            .iter()
            .filter(|tried| tried.replicas + 1 == replicas || tried.replicas == replicas)
            .map(|tried| format!("{}: {} of {}", tried.replicas, tried.in_time.kept, tried.in_time.runs))
            .collect();
        let equation = one.fluid_replicas.map_or(String::new(), |fluid| format!("; the equation asks for {fluid}"));
        let needed = plural(f64::from(replicas), "replica");
        format!("{now}. For {kept_in} of runs {group} needs {needed} ({}{equation})", shares.join(", "))
    } else {
        let why_not = one.why_not.as_deref().unwrap_or("nothing was tried");
        format!("{now}. How many replicas {kept_in} of runs need is not known: {why_not}")
    }
}

/// The chart's title: the finding.
pub(in crate::report) fn title(drain: &Drain) -> String {
    let disturbed = drain.queues.iter().filter(|one| one.disturbed.is_some());
    let slowest = disturbed.max_by(|a, b| order(a).total_cmp(&order(b)));
    let Some(one) = slowest else { return "Nothing to clear".to_owned() };
    match (one.clears, one.quantiles[2].after_s.value, one.fluid_s) {
        (Some(clears), ..) if clears.kept == 0 => format!("{} does not clear by the horizon", one.name),
        (_, Some(p95_s), Some(fluid_s)) => {
            let (p95, fluid) = (duration(p95_s), duration(fluid_s));
            format!("{} is clear after {p95} in 95 % of runs; the equation says {fluid}", one.name)
        }
        (_, Some(p95_s), None) => format!("{} is clear after {} in 95 % of runs", one.name, duration(p95_s)),
        (Some(clears), ..) => format!("{} clears by the horizon in {} of runs", one.name, share(clears.share())),
        (None, ..) => "Nothing to clear".to_owned(),
    }
}

/// Who does not clear is the slowest.
fn order(one: &QueueDrain) -> f64 {
    one.quantiles[2].after_s.value.unwrap_or(f64::INFINITY)
}
