//! `drain.csv`: one row per queue and run, in ascending order of the time to clear.

use super::super::series::{number_cell, text_cell};
use crate::study::Drain;

/// The columns, in order: a contract with whoever reads the file.
const COLUMNS: [&str; 4] = ["queue", "share", "clear_s", "cleared_at_s"];

/// The whole file; `share` is the share of runs that have cleared by then. Runs that have not cleared have no row.
pub(super) fn drain_csv(drain: &Drain) -> String {
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    for queue in &drain.queues {
        let runs = queue.clears.map_or(1, |clears| clears.runs.max(1));
        let until_s = queue.disturbed.map_or(0.0, |disturbed| disturbed.until_s);
        for (place, clear_s) in queue.clear_s.iter().enumerate() {
            let row = [
                text_cell(&queue.name),
                number_cell(Some((place + 1) as f64 / f64::from(runs))),
                number_cell(Some(*clear_s)),
                number_cell(Some(until_s + clear_s)),
            ];
            writer.write_record(row).expect(in_memory);
        }
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}
