//! What changed since a former review: promises, numbers with the intervals of their differences, the scenario's lines.

use serde_json::Value;
use similar::TextDiff;

use super::super::document::{Cell, Column, ReviewTable, Section, Unit, Verbatim};
use super::super::former::{self, Former};
use super::{Context, sentence};
use crate::measure::{Estimate, Sign, difference_of_means};
use crate::report::compare::words::listed;

/// Lines around a changed one.
const AROUND: usize = 2;

/// One number then and now.
struct Change {
    name: String,
    unit: Unit,
    then: Estimate,
    now: Estimate,
    difference: Estimate,
}

/// The section, if there is a former answer.
pub(super) fn section(context: &Context) -> Option<Section> {
    let former = context.source.former?;
    let now = crate::report::json::summary_json(&context.source.findings.outcome);
    let changes = changes(context, former, &now);
    let mut notes = promises(&former.summary, &now);
    notes.extend(moved_limits(&former.summary, &now));
    notes.extend(came_and_went(&former.summary, &now));
    notes.extend(caveats(former, &now, &changes));
    let lines = former.text.as_ref().and_then(|text| lines(text, context.source.text));
    if former.text.is_some() && lines.is_none() {
        notes.push("No line of the scenario changed.".to_owned());
    }
    Some(Section {
        id: "changes",
        heading: "What changed",
        finding: sentence(&finding(former, &now, &changes)),
        notes,
        tables: table(&changes).into_iter().collect(),
        texts: lines
            .into_iter()
            .map(|text| Verbatim { caption: "Changed lines of the scenario".to_owned(), text })
            .collect(),
        ..Section::default()
    })
}

/// The numbers that both have.
fn changes(context: &Context, former: &Former, now: &Value) -> Vec<Change> {
    let then = &former.summary;
    let runs = (former::replications(then), former::replications(now));
    let mut changes = Vec::new();
    let mut put = |name: String, path: &[&str], unit: Unit| {
        if let Some((then, now)) = former::estimate(then, path).zip(former::estimate(now, path)) {
            let difference = difference_of_means((&now, runs.1), (&then, runs.0));
            changes.push(Change { name, unit, then, now, difference });
        }
    };
    for queue in former::keys(now, "queues") {
        for (what, path, unit) in [
            ("largest depth", ["depth", "max"], Unit::Messages),
            ("mean depth", ["depth", "mean"], Unit::Messages),
            ("mean wait", ["wait_s", "mean"], Unit::Seconds),
            ("p99 wait", ["wait_s", "p99"], Unit::Seconds),
            ("p99 latency", ["latency_s", "p99"], Unit::Seconds),
        ] {
            put(format!("{queue}: {what}"), &["queues", queue, path[0], path[1]], unit);
        }
    }
    let model = &context.source.findings.outcome.model;
    for group in former::keys(now, "consumers") {
        put(format!("{group}: utilisation"), &["consumers", group, "utilization"], Unit::Share);
        put(format!("{group}: replica-hours"), &["consumers", group, "replica_hours"], Unit::ReplicaHours);
        let priced = model.groups.iter().find(|known| known.name == group).and_then(|group| group.cost.as_ref());
        if let Some(cost) = priced {
            put(format!("{group}: cost"), &["consumers", group, "cost"], Unit::Money(cost.currency.clone()));
        }
    }
    changes
}

/// Whether the former answer is about this scenario, by its name.
fn is_same_scenario(then: &Value, now: &Value) -> bool {
    then.get("scenario") == now.get("scenario")
}

/// Promises that are made of the same number in the same scenario.
fn same_promises<'a>(then: &Value, now: &'a Value) -> Vec<&'a str> {
    let limit = |summary: &Value, name: &str| summary["slo"][name].get("limit").cloned();
    let is_same = |name: &&str| limit(then, name).is_some() && limit(then, name) == limit(now, name);
    let all = if is_same_scenario(then, now) { former::keys(now, "slo") } else { Vec::new() };
    all.into_iter().filter(is_same).collect()
}

/// Promises whose limit is another one.
fn moved_limits(then: &Value, now: &Value) -> Vec<String> {
    let limit = |summary: &Value, name: &str| summary["slo"][name].get("limit").and_then(Value::as_f64);
    let moved = |name: &str| {
        let (before, after) = limit(then, name).zip(limit(now, name))?;
        (before != after).then(|| format!("The limit of the promise {name} was {before} and is {after}."))
    };
    former::keys(now, "slo").into_iter().filter_map(moved).collect()
}

/// Promises whose verdict changed.
fn promises(then: &Value, now: &Value) -> Vec<String> {
    let met = |summary: &Value, name: &str| summary["slo"][name]["met"].as_bool();
    let word = |met: Option<bool>| match met {
        Some(true) => "kept",
        Some(false) => "broken",
        None => "not tested",
    };
    same_promises(then, now)
        .into_iter()
        .filter(|name| met(then, name) != met(now, name))
        .map(|name| format!("The promise {name} was {} and is {}.", word(met(then, name)), word(met(now, name))))
        .collect()
}

/// Queues, consumers and promises that are new or gone.
fn came_and_went(then: &Value, now: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    for (section, noun) in [("queues", "queue"), ("consumers", "consumer group"), ("slo", "promise")] {
        let (before, after) = (former::keys(then, section), former::keys(now, section));
        let missing = |from: &[&str], of: &[&str]| -> Vec<String> {
            from.iter().filter(|name| !of.contains(name)).map(|name| (*name).to_owned()).collect()
        };
        for (names, what) in [(missing(&after, &before), "New"), (missing(&before, &after), "Gone")] {
            if !names.is_empty() {
                let plural = if names.len() == 1 { "" } else { "s" };
                notes.push(format!("{what} {noun}{plural}: {}.", listed(&names)));
            }
        }
    }
    notes
}

/// What a reader must know before trusting a difference.
fn caveats(former: &Former, now: &Value, changes: &[Change]) -> Vec<String> {
    let then = &former.summary;
    let mut notes = Vec::new();
    if changes.iter().any(|change| change.difference.low.is_none()) {
        notes.push(
            "Where one of both has a single run there is no interval: such a difference may be chance.".to_owned(),
        );
    }
    for (key, what) in [("horizon_s", "horizon"), ("warmup_s", "warm-up"), ("forebay", "version of forebay")] {
        if then.get(key) != now.get(key) {
            let show = |summary: &Value| {
                summary.get(key).map_or_else(|| "unknown".to_owned(), std::string::ToString::to_string)
            };
            notes.push(format!("The {what} was {} and is {}.", show(then), show(now)));
        }
    }
    if then.get("seed") == now.get("seed") {
        notes.push(
            "Both have the same seed, so parts of their chance are the same: the intervals, made as if they had \
             nothing in common, are rather too wide."
                .to_owned(),
        );
    }
    notes
}

fn finding(former: &Former, now: &Value, changes: &[Change]) -> String {
    if !is_same_scenario(&former.summary, now) {
        let name = former.summary.get("scenario").and_then(Value::as_str).unwrap_or("unknown");
        return format!(
            "{} is about another scenario, {name}: its numbers stand beside these, but differences are no change",
            former.label
        );
    }
    let since = format!("Since {}", former.label);
    let flipped = promises(&former.summary, now).len();
    let sure = |change: &&Change| {
        matches!(Sign::of(&change.difference), Some(Sign::Lower | Sign::Higher)) && change.difference.value != Some(0.0)
    };
    let surely = changes.iter().filter(sure).count();
    let largest = changes.iter().filter(sure).max_by(|a, b| {
        let share = |change: &Change| (change.now.value.unwrap_or(0.0) / change.then.value.unwrap_or(1.0)).ln().abs();
        let known = |share: f64| if share.is_finite() { share } else { 0.0 };
        known(share(a)).total_cmp(&known(share(b)))
    });
    let told = largest.map_or_else(String::new, |change| {
        let show = |value: Option<f64>| change.unit.show(value.unwrap_or_default());
        format!("; most of all {}, from {} to {}", change.name, show(change.then.value), show(change.now.value))
    });
    format!(
        "{since}, {flipped} of {} promises changed their verdict and {surely} of {} numbers surely changed{told}",
        same_promises(&former.summary, now).len(),
        changes.len()
    )
}

fn table(changes: &[Change]) -> Option<ReviewTable> {
    let row = |change: &Change| {
        let number = |value: Option<f64>| Cell::number(value, &change.unit);
        let surely = match Sign::of(&change.difference) {
            _ if change.difference.value == Some(0.0) => "no",
            Some(Sign::Lower) => "lower",
            Some(Sign::Higher) => "higher",
            Some(Sign::Open) => "not shown",
            None => "no interval",
        };
        vec![
            Cell::text(change.name.clone()),
            number(change.then.value),
            number(change.now.value),
            number(change.difference.value),
            number(change.difference.low),
            number(change.difference.high),
            Cell::text(surely),
        ]
    };
    (!changes.is_empty()).then(|| ReviewTable {
        id: "changes-table".to_owned(),
        caption: "Numbers then and now; the interval of a difference is Welch's, 95 %".to_owned(),
        columns: vec![
            Column::text("number"),
            Column::number("then", Unit::Plain),
            Column::number("now", Unit::Plain),
            Column::number("difference", Unit::Plain),
            Column::number("95 % interval: low", Unit::Plain),
            Column::number("high", Unit::Plain),
            Column::text("surely changed"),
        ],
        rows: changes.iter().map(row).collect(),
    })
}

/// The lines that differ, with some around them.
fn lines(then: &str, now: &str) -> Option<String> {
    let changed = then != now;
    changed.then(|| {
        TextDiff::from_lines(then, now).unified_diff().context_radius(AROUND).header("then", "now").to_string()
    })
}
