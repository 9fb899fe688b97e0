//! `headroom.csv`: the share of runs that keep all promises, factor by factor.

use super::super::series::number_cell;
use super::words;
use crate::study::Headroom;

/// The columns, in order: a contract with whoever reads the file.
const COLUMNS: [&str; 7] = ["factor", "kept_share", "low", "high", "kept", "runs", "reached_on"];

/// The whole file; `reached_on` is the date at which growth reaches the factor, if the scenario has a growth and a
/// start.
pub(super) fn headroom_csv(headroom: &Headroom) -> String {
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    for point in &headroom.curve {
        let kept = &point.kept;
        let row = [
            number_cell(Some(point.factor)),
            number_cell(Some(kept.share())),
            number_cell(Some(kept.low)),
            number_cell(Some(kept.high)),
            kept.kept.to_string(),
            kept.runs.to_string(),
            words::reached(headroom, point.factor).map(|date| date.date().to_string()).unwrap_or_default(),
        ];
        writer.write_record(row).expect(in_memory);
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}
