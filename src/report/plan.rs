//! Everything that comes out of a plan: `plan.json`, `plan.csv`, charts and the table of the terminal.
//!
//! Not here: planning (`study::plan`), and printing, which is the command line's.

mod csv;
mod json;
pub(super) mod over_time;
mod table;
pub(in crate::report) mod words;

use std::path::{Path, PathBuf};

pub use json::plan_json;
pub use table::plan_table;

use super::chart;
use super::stage::Stage;
use super::{ReportError, ReportOptions};
use crate::study::Plan;

/// Writes `plan.csv`, `charts/plan-*.svg`, `charts/plan-*.png` and, last, `plan.json` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. What other verbs have written there is
/// left alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_plan(plan: &Plan, folder: &Path, options: &ReportOptions) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("plan.csv", csv::plan_csv(plan).as_bytes())?;
    if options.charts {
        for (name, bytes) in chart::plan_charts(plan)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("plan.json", format!("{:#}\n", plan_json(plan)).as_bytes())?;
    stage.replace(chart::is_plans)
}
