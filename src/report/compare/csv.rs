//! `compare.csv`: long form, one row per strategy and number, then one per pair and difference.

use super::super::series::{number_cell, text_cell};
use crate::measure::{Estimate, Figure, Sign};
use crate::study::Comparison;

/// The columns, in order: a contract with whoever reads the file.
const COLUMNS: [&str; 8] = ["strategy", "against", "figure", "value", "low", "high", "replications", "is"];

/// The whole file. `against` is empty for a strategy's own numbers; a difference is the strategy's number less the
/// other's, and `is` says what its interval shows: `lower`, `higher`, or `open` where it holds 0.
pub(super) fn compare_csv(comparison: &Comparison) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    let mut write = |names: [&str; 2], figure: &str, estimate: &Estimate, runs: u32, is: &str| {
        let row = [
            text_cell(names[0]),
            text_cell(names[1]),
            text_cell(figure),
            number_cell(estimate.value),
            number_cell(estimate.low),
            number_cell(estimate.high),
            number_cell((runs > 0).then(|| f64::from(runs))),
            is.to_owned(),
        ];
        writer.write_record(row).expect(in_memory);
    };
    for strategy in &comparison.strategies {
        let name = [strategy.name.as_str(), ""];
        if let Some(kept) = &strategy.kept {
            let (low, high) = (Some(kept.low), Some(kept.high));
            let share = Estimate { value: Some(kept.share()), low, high, why_not: None };
            write(name, "kept_all_share", &share, kept.runs, "");
        }
        for figure in Figure::ALL {
            write(name, figure.key(), strategy.figure(figure), strategy.replications, "");
        }
        for slo in &strategy.slos {
            write(name, &format!("slo.{}", slo.name), &slo.value, strategy.replications, "");
            let share = Estimate { value: slo.probability_met, ..Estimate::default() };
            write(name, &format!("slo.{}.probability_met", slo.name), &share, strategy.replications, "");
        }
    }
    for pair in &comparison.pairs {
        let names = [pair.first, pair.second].map(|k| comparison.strategies[k].name.as_str());
        for (figure, difference) in Figure::ALL.into_iter().zip(&pair.differences) {
            write(names, figure.key(), difference, pair.runs, Sign::of(difference).map_or("", Sign::name));
        }
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}
