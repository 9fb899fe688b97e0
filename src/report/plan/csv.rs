//! `plan.csv`: one row per candidate that was looked at, in the order of the grid.

use super::super::series::{number_cell, text_cell};
use crate::measure::Figure;
use crate::study::Plan;

/// Columns after those of the axes, whose names are their paths: a contract with whoever reads the file.
const COLUMNS: [&str; 7] = ["is", "kept", "kept_low", "kept_high", "at_least", "replications", "runs_kept"];

/// The whole file: the values of the axes, the share of runs that kept all promises, then the means of all numbers and
/// of what each promise speaks of.
pub(super) fn plan_csv(plan: &Plan) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    let paths = plan.axes.iter().map(|axis| text_cell(&axis.path));
    let figures = Figure::ALL.map(|figure| figure.key().to_owned());
    let slos = plan.model.slos.iter().map(|slo| text_cell(&format!("slo.{}", slo.name)));
    let header: Vec<String> = paths.chain(COLUMNS.map(str::to_owned)).chain(figures).chain(slos).collect();
    writer.write_record(&header).expect(in_memory);
    for one in &plan.candidates {
        let mut row: Vec<String> = one.changes.iter().map(|change| text_cell(&change.value)).collect();
        row.push(one.standing.name().to_owned());
        row.extend(
            [one.kept.map(|kept| kept.share()), one.kept.map(|kept| kept.low), one.kept.map(|kept| kept.high)]
                .map(number_cell),
        );
        row.push(number_cell(Some(one.at_least)));
        row.push(one.replications.to_string());
        row.push(number_cell(one.kept.map(|kept| f64::from(kept.kept))));
        row.extend(Figure::ALL.map(|figure| number_cell(one.figure(figure).value)));
        row.extend(one.slos.iter().map(|verdict| number_cell(verdict.value.value)));
        writer.write_record(&row).expect(in_memory);
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}
