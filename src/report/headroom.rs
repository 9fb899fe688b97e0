//! Everything that comes out of a study of headroom: `headroom.json`, `headroom.csv`, a chart and the table of the
//! terminal.
//!
//! Not here: the study (`study::headroom`), and printing, which is the command line's.

mod csv;
mod json;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::path::{Path, PathBuf};

pub use json::headroom_json;
pub use table::headroom_table;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::Headroom;

/// Writes `headroom.csv`, `charts/headroom-kept.svg` and `.png` and, last, `headroom.json` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. What other commands have written there is left
/// alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_headroom(
    headroom: &Headroom,
    folder: &Path,
    options: &ReportOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("headroom.csv", csv::headroom_csv(headroom).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::headroom_charts(headroom)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("headroom.json", format!("{:#}\n", headroom_json(headroom)).as_bytes())?;
    stage.replace(chart::is_headrooms)
}
