//! Everything that comes out of a plan under uncertainty: `regret.json`, `regret.csv`, a chart and the table of the
//! terminal.
//!
//! Not here: weighing (`study::regret`), and printing, which is the command line's.

mod csv;
mod json;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::path::{Path, PathBuf};

pub use json::regret_json;
pub use table::regret_table;
pub use words::medians_note;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::RegretPlan;

/// Writes `regret.csv`, `charts/regret-expected.svg`, `charts/regret-expected.png` and, last, `regret.json` into
/// `folder`, as [`write()`](super::write()) does with a run: all of it or nothing. What other commands have written
/// there is left alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_regret(plan: &RegretPlan, folder: &Path, options: &ReportOptions) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("regret.csv", csv::regret_csv(plan).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::regret_charts(plan)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("regret.json", format!("{:#}\n", regret_json(plan)).as_bytes())?;
    stage.replace(chart::is_regrets)
}
