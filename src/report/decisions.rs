//! `decisions.csv`: one row per scaling decision of the first replication.

use super::series::{number_cell, text_cell};
use crate::measure::{DecisionRow, Outcome};
use crate::model::Model;

/// The columns, in order: a contract with whoever reads the file.
const COLUMNS: [&str; 20] = [
    "replication",
    "time_s",
    "group",
    "strategy",
    "seen_at_s",
    "ready",
    "unacked",
    "delayed",
    "oldest_age_s",
    "publish_per_s",
    "deliver_per_s",
    "utilization",
    "wanted_before",
    "proposed",
    "wanted",
    "running",
    "ready_replicas",
    "held_by",
    "ready_at_s",
    "called_off",
];

/// The whole file; `None` if no strategy was at work. A cell without a value is empty.
pub(super) fn decisions_csv(outcome: &Outcome) -> Option<String> {
    let events = outcome.events.as_ref()?;
    outcome.model.groups.iter().any(|group| group.scaling.is_some()).then_some(())?;
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    for decision in &events.decisions {
        writer.write_record(row(&outcome.model, decision)).expect(in_memory);
    }
    let bytes = writer.into_inner().expect(in_memory);
    Some(String::from_utf8(bytes).expect("the cells were UTF-8"))
}

fn row(model: &Model, decision: &DecisionRow) -> [String; COLUMNS.len()] {
    let group = &model.groups[decision.group];
    let seen = &decision.seen;
    let number = |value: f64| number_cell(Some(value));
    // Everybody who was launched, and not called off, is ready then.
    let complete = decision.ready_at_s.len() + decision.called_off as usize == decision.launched() as usize;
    [
        "0".to_owned(),
        number(decision.time_s),
        text_cell(&group.name),
        group.scaling.as_ref().map_or("", |scaling| scaling.strategy.name()).to_owned(),
        number(seen.at_s),
        number(seen.ready),
        number(seen.unacked),
        number(seen.delayed),
        number(seen.oldest_age_s),
        number(seen.publish_per_s),
        number(seen.deliver_per_s),
        number(seen.utilization),
        decision.wanted_before.to_string(),
        decision.proposed.map_or_else(String::new, |proposed| proposed.to_string()),
        decision.wanted.to_string(),
        decision.running.to_string(),
        decision.ready_replicas.to_string(),
        decision.rule().unwrap_or_default().to_owned(),
        number_cell(decision.ready_at_s.iter().copied().reduce(f64::max).filter(|_| complete)),
        decision.called_off.to_string(),
    ]
}
