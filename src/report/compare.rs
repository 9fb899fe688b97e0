//! Everything that comes out of a comparison: `compare.json`, `compare.csv`, charts and the table of the terminal.
//!
//! Not here: comparing (`study::compare`), and printing, which is the command line's.

mod csv;
mod json;
mod table;
#[cfg(test)]
mod tests;
pub(in crate::report) mod words;

use std::path::{Path, PathBuf};

pub use json::compare_json;
pub use table::compare_table;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::Comparison;

/// Writes `compare.csv`, `charts/compare-*.svg`, `charts/compare-*.png` and, last, `compare.json` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. What a run has written there is left alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_comparison(
    comparison: &Comparison,
    folder: &Path,
    options: &ReportOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("compare.csv", csv::compare_csv(comparison).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::comparison_charts(comparison)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("compare.json", format!("{:#}\n", compare_json(comparison)).as_bytes())?;
    stage.replace(chart::is_comparisons)
}
