//! Everything that comes out of a study of drain times: `drain.json`, `drain.csv`, a chart and the table of the
//! terminal.
//!
//! Not here: the study (`study::drain`), and printing, which is the command line's.

mod csv;
mod json;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::path::{Path, PathBuf};

pub use json::drain_json;
pub use table::drain_table;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::Drain;

/// Writes `drain.csv`, `charts/drain-clear.svg` and `.png` and, last, `drain.json` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. What other commands have written there is left
/// alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_drain(drain: &Drain, folder: &Path, options: &ReportOptions) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("drain.csv", csv::drain_csv(drain).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::drain_charts(drain)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("drain.json", format!("{:#}\n", drain_json(drain)).as_bytes())?;
    stage.replace(chart::is_drains)
}
