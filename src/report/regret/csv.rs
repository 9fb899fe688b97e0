//! `regret.csv`: one row per candidate, the cheapest first.

use super::super::series::{number_cell, text_cell};
use crate::study::RegretPlan;

/// The columns, in order: a contract with whoever reads the file.
const COLUMNS: [&str; 11] = [
    "setting",
    "cost",
    "expected_regret",
    "regret_low",
    "regret_high",
    "more_than_chosen",
    "more_low",
    "more_high",
    "enough_share",
    "enough_low",
    "enough_high",
];

/// The whole file.
pub(super) fn regret_csv(plan: &RegretPlan) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    for one in &plan.candidates {
        let (regret, more, enough) = (&one.expected_regret, &one.more_than_chosen, &one.enough);
        let numbers = [
            Some(one.cost),
            regret.value,
            regret.low,
            regret.high,
            more.value,
            more.low,
            more.high,
            Some(enough.share()),
            Some(enough.low),
            Some(enough.high),
        ];
        let cells = std::iter::once(text_cell(&one.setting)).chain(numbers.into_iter().map(number_cell));
        writer.write_record(cells).expect(in_memory);
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}
