//! The explanation of a decision: what was seen, the arithmetic line by line, which rule held it back, what came of it.

use serde_json::{Value, json};

use super::clock::Clock;
use super::number::{count, duration, plural, rate, share};
use crate::measure::{DecisionRow, Seen};
use crate::model::Model;
use crate::study::Explanation;

/// The explanation for people.
pub fn explanation(model: &Model, explanation: &Explanation) -> String {
    let Explanation { at_s, decision, next_change } = explanation;
    let clock = Clock::of(model);
    let mut lines = vec![headline(model, &clock, *at_s, decision), String::new()];
    lines.extend(paragraphs(model, &clock, decision));
    lines.push(String::new());
    match next_change {
        None => lines.push("Nothing changes after that.".to_owned()),
        Some(next) => {
            let later = duration(next.time_s - decision.time_s);
            lines.push(format!("The next change comes {later} later, at {}:", precisely(&clock, next.time_s)));
            lines.push(String::new());
            lines.extend(paragraphs(model, &clock, next));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn headline(model: &Model, clock: &Clock, at_s: f64, decision: &DecisionRow) -> String {
    let group = &model.groups[decision.group];
    let strategy = group.scaling.as_ref().map_or("nobody", |scaling| scaling.strategy.name());
    let change = match (decision.wanted_before, decision.wanted) {
        (before, wanted) if before == wanted => format!("keeps {}", replicas(wanted)),
        (before, wanted) => format!("goes from {before} to {}", replicas(wanted)),
    };
    let held = decision.rule().map_or_else(String::new, |rule| match decision.proposed {
        Some(proposed) if proposed != decision.wanted => format!(", held back from {proposed} by the {rule}"),
        _ => format!(", held by the {rule}"),
    });
    format!(
        "{} at {}: {strategy} {change}{held} (decided at {}, first replication).",
        group.name,
        clock.instant(at_s),
        precisely(clock, decision.time_s)
    )
}

fn paragraphs(model: &Model, clock: &Clock, decision: &DecisionRow) -> Vec<String> {
    let (before, running, ready) = (decision.wanted_before, decision.running, decision.ready_replicas);
    let mut lines = vec![
        format!("  seen      {}", seen(clock, &decision.seen, decision.time_s)),
        format!("  replicas  {before} wanted, {running} running, {ready} ready"),
    ];
    for (k, reason) in decision.reasons.iter().enumerate() {
        let label = if k == 0 { "because" } else { "" };
        lines.push(format!("  {label:<9} {reason}"));
    }
    if let Some(rule) = decision.rule() {
        lines.push(format!("  held by   {rule}"));
    }
    lines.push(format!("  so        {}", outcome(model, clock, decision)));
    lines
}

fn seen(clock: &Clock, seen: &Seen, now_s: f64) -> String {
    let delayed = if seen.delayed > 0.0 { format!(", {} delayed", count(seen.delayed)) } else { String::new() };
    let age = now_s - seen.at_s;
    let when = if age > 0.0 {
        format!(" - as it stood {} before, at {}", duration(age), precisely(clock, seen.at_s))
    } else {
        String::new()
    };
    format!(
        "{} ready, {} unacked{delayed}, oldest {}, {} published, {} delivered, {} busy{when}",
        count(seen.ready),
        count(seen.unacked),
        duration(seen.oldest_age_s),
        rate(seen.publish_per_s),
        rate(seen.deliver_per_s),
        share(seen.utilization)
    )
}

/// What became of the replicas that were launched or told to leave.
fn outcome(model: &Model, clock: &Clock, decision: &DecisionRow) -> String {
    let launched = decision.launched();
    if launched == 0 {
        let fewer = decision.wanted_before - decision.wanted;
        return if fewer == 0 {
            "nothing changes".to_owned()
        } else {
            format!("{} told to leave, the newest first", are(fewer))
        };
    }
    let mut parts = vec![format!("{} launched", are(launched))];
    let ready = decision.ready_at_s.len() as u32;
    let (first_s, last_s) =
        decision.ready_at_s.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), at| (low.min(*at), high.max(*at)));
    if ready > 0 {
        let whole = if ready == launched { String::new() } else { format!("{ready} of them ") };
        let when = if first_s == last_s {
            format!("at {}, {} later", precisely(clock, last_s), duration(last_s - decision.time_s))
        } else {
            let (after_first, after_last) = (duration(first_s - decision.time_s), duration(last_s - decision.time_s));
            format!(
                "from {} to {}, {after_first} to {after_last} later",
                precisely(clock, first_s),
                precisely(clock, last_s)
            )
        };
        parts.push(format!("{whole}ready {when}"));
    }
    if decision.called_off > 0 {
        parts.push(format!("{} told to leave before it was ready", are(decision.called_off)));
    }
    let starting = launched.saturating_sub(ready + decision.called_off);
    if starting > 0 {
        let end = duration(model.horizon_s);
        parts.push(format!("{} not ready when the run ended after {end}", are(starting)));
    }
    parts.join("; ")
}

fn replicas(number: u32) -> String {
    plural(f64::from(number), "replica")
}

fn are(number: u32) -> String {
    format!("{} {}", replicas(number), if number == 1 { "is" } else { "are" })
}

/// An instant to the second or finer: the clock's rounding to minutes would hide a start-up.
fn precisely(clock: &Clock, time_s: f64) -> String {
    let elapsed = duration(time_s);
    match clock.start() {
        Some(_) => format!("{} ({elapsed})", clock.instant(time_s)),
        None => elapsed,
    }
}

/// The explanation for programs.
pub fn explanation_json(model: &Model, explanation: &Explanation) -> Value {
    let group = &model.groups[explanation.decision.group];
    json!({
        "scenario": model.name,
        "group": group.name,
        "strategy": group.scaling.as_ref().map(|scaling| scaling.strategy.name()),
        "at_s": explanation.at_s,
        "decision": decision_json(&explanation.decision),
        "next_change": explanation.next_change.as_ref().map(decision_json),
    })
}

fn decision_json(decision: &DecisionRow) -> Value {
    let seen = &decision.seen;
    json!({
        "time_s": decision.time_s,
        "seen": {
            "at_s": seen.at_s,
            "ready": seen.ready,
            "unacked": seen.unacked,
            "delayed": seen.delayed,
            "oldest_age_s": seen.oldest_age_s,
            "publish_per_s": seen.publish_per_s,
            "deliver_per_s": seen.deliver_per_s,
            "utilization": seen.utilization,
        },
        "wanted_before": decision.wanted_before,
        "proposed": decision.proposed,
        "wanted": decision.wanted,
        "running": decision.running,
        "ready_replicas": decision.ready_replicas,
        "held_by": decision.rule(),
        "reasons": decision.reasons.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "ready_at_s": decision.ready_at_s,
        "called_off": decision.called_off,
    })
}
