//! Cost: replica-hours and money, of a run and of thirty days like it.

use super::super::document::{Cell, Column, KeyNumber, ReviewTable, Section, Unit};
use super::{Context, sentence};
use crate::measure::summary::GroupSummary;
use crate::report::compare::words::cash;
use crate::report::number::{duration, plural};

/// Seconds of thirty days.
const MONTH_S: f64 = 30.0 * 86_400.0;

/// What all groups together take.
struct Bill<'a> {
    currency: &'a str,
    hours: f64,
    cost: f64,
    measured_s: f64,
}

impl Bill<'_> {
    fn months(&self) -> f64 {
        MONTH_S / self.measured_s
    }
}

fn bill<'a>(context: &Context<'a>) -> Option<Bill<'a>> {
    let outcome = &context.source.findings.outcome;
    let model = &outcome.model;
    let currency = model.groups.iter().find_map(|group| group.cost.as_ref()).map(|cost| cost.currency.as_str())?;
    let groups = &outcome.events.as_ref()?.groups;
    let costs: Vec<f64> = groups.iter().filter_map(|group| group.cost.value).collect();
    let hours = groups.iter().filter_map(|group| group.replica_hours.value).sum();
    let measured_s = model.horizon_s - model.warmup_s;
    (!costs.is_empty() && measured_s > 0.0).then(|| Bill { currency, hours, cost: costs.iter().sum(), measured_s })
}

/// The section, if something has a price.
pub(super) fn section(context: &Context) -> Option<Section> {
    let bill = bill(context).filter(|bill| bill.hours > 0.0)?;
    let groups = &context.source.findings.outcome.events.as_ref()?.groups;
    let money = Unit::Money(bill.currency.to_owned());
    let row = |group: &GroupSummary| {
        vec![
            Cell::text(group.name.clone()),
            Cell::number(group.replica_hours.value, &Unit::ReplicaHours),
            Cell::number(group.cost.value, &money),
            Cell::number(group.cost.low, &money),
            Cell::number(group.cost.high, &money),
            Cell::number(group.cost.value.map(|cost| cost * bill.months()), &money),
            Cell::number(group.utilization.value, &Unit::Share),
        ]
    };
    let table = ReviewTable {
        id: "cost-table".to_owned(),
        caption: format!("Replica-hours and cost of {}", duration(bill.measured_s)),
        columns: vec![
            Column::text("consumers"),
            Column::number("replica-hours", Unit::ReplicaHours),
            Column::number("cost", money.clone()),
            Column::number("95 % interval: low", money.clone()),
            Column::number("high", money.clone()),
            Column::number("30 days like this", money.clone()),
            Column::number("utilisation", Unit::Share),
        ],
        rows: groups.iter().map(row).collect(),
    };
    Some(Section {
        id: "cost",
        heading: "Cost",
        finding: sentence(
            &format!(
                "{} take {} in {}; thirty days of nothing but this would cost {}",
                cash(bill.cost, bill.currency),
                plural(bill.hours, "replica-hour"),
                duration(bill.measured_s),
                cash(bill.cost * bill.months(), bill.currency)
            )
            .replacen(" take ", " buy ", 1),
        ),
        notes: vec![
            "Replicas are paid from the moment they are wanted until they are gone; groups without a price count as \
             hours only."
                .to_owned(),
        ],
        tables: vec![table],
        ..Section::default()
    })
}

/// What the first screen takes from it.
pub(super) fn key_number(context: &Context) -> Option<KeyNumber> {
    let bill = bill(context).filter(|bill| bill.hours > 0.0)?;
    Some(KeyNumber {
        name: format!("cost of {}", duration(bill.measured_s)),
        value: cash(bill.cost, bill.currency),
        note: plural(bill.hours, "replica-hour"),
    })
}
