//! Everything that comes out of a sweep: `sweep.json`, `sweep.csv`, a chart, the table of the terminal, and the file
//! in which finished points are kept meanwhile.
//!
//! Not here: sweeping (`study::sweep`), and printing, which is the command line's.

mod csv;
mod json;
mod partial;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod view;
pub(super) mod words;

use std::path::{Path, PathBuf};

pub use json::sweep_json;
pub use partial::{Earlier, PartialSweep, Resumed};
pub use table::sweep_table;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::Sweep;
use crate::study::sweep::Shown;
use view::View;

/// Writes `sweep.csv`, `charts/sweep-*.svg`, `charts/sweep-*.png` and, last, `sweep.json` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. The file of finished points is removed; what
/// other commands have written there is left alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_sweep(
    sweep: &Sweep,
    shown: &Shown,
    folder: &Path,
    options: &ReportOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("sweep.csv", csv::sweep_csv(sweep).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::sweep_charts(&View::new(sweep, shown))? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.leave_out(partial::FILE);
    stage.add("sweep.json", format!("{:#}\n", sweep_json(sweep, shown)).as_bytes())?;
    stage.replace(chart::is_sweeps)
}
