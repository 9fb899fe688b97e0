//! Everything that comes out of a run (`summary.json`, `timeseries.csv`, `decisions.csv`, charts, the table of the
//! terminal) and of every other study: comparisons, plans, sweeps, headroom, drain times, reviews.
//!
//! The only module that knows how results look. Not here: measuring (`measure`), and printing, which is the command
//! line's: [`table()`] returns a text. The keys and columns of the files are a contract with their readers.

mod chart;
mod clock;
mod compare;
mod decisions;
mod drain;
mod error;
mod explanation;
#[cfg(test)]
mod fixture;
mod headroom;
mod json;
mod number;
mod plan;
mod presets;
mod regret;
mod review;
mod series;
mod stage;
mod sweep;
mod table;
mod view;
mod words;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use compare::{compare_json, compare_table, write_comparison};
pub use drain::{drain_json, drain_table, write_drain};
pub use error::ReportError;
pub use explanation::{explanation, explanation_json};
pub use headroom::{headroom_json, headroom_table, write_headroom};
pub use json::summary_json;
pub use plan::{plan_json, plan_table, write_plan};
pub use presets::{presets, presets_json};
pub use regret::{medians_note, regret_json, regret_table, write_regret};
pub use review::{Former, ReviewSource, review_html, review_json, review_text, write_review};
pub use stage::hidden_folder;
pub use sweep::{Earlier, PartialSweep, Resumed, sweep_json, sweep_table, write_sweep};
pub use table::table;

use crate::measure::Outcome;
use chart::Kind;
use stage::Stage;
use view::QueueView;

/// What [`write()`] writes beside `summary.json` and `timeseries.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportOptions {
    /// Charts as SVG and PNG; they take most of the time.
    pub charts: bool,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { charts: true }
    }
}

/// Writes `timeseries.csv`, `decisions.csv` if a strategy scales a group, `charts/*.svg`, `charts/*.png` and, last,
/// `summary.json` into `folder`, which is created if need be, and returns their paths in that order.
///
/// Everything is written into a hidden folder inside `folder` first and renamed into place only when all of it is
/// there. Charts and decisions that an earlier run left and this one does not write are removed; other files are left
/// alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write(outcome: &Outcome, folder: &Path, options: &ReportOptions) -> Result<Vec<PathBuf>, ReportError> {
    let mut stage = Stage::open(folder)?;
    stage.add("timeseries.csv", series::timeseries_csv(outcome).as_bytes())?;
    match decisions::decisions_csv(outcome) {
        Some(text) => stage.add("decisions.csv", text.as_bytes())?,
        None => stage.leave_out("decisions.csv"),
    }
    if options.charts {
        for (name, bytes) in charts(outcome)? {
            stage.add(&format!("charts/{name}"), &bytes)?;
        }
    }
    stage.add("summary.json", format!("{:#}\n", summary_json(outcome)).as_bytes())?;
    stage.replace(chart::is_ours)
}

/// Names and contents of all charts: queue by queue, kind by kind, SVG before PNG.
fn charts(outcome: &Outcome) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let views = QueueView::all(outcome);
    let stems = chart::file_stems(&views);
    let jobs: Vec<(&QueueView, &String, Kind)> = views
        .iter()
        .zip(&stems)
        .flat_map(|(view, stem)| Kind::ALL.into_iter().map(move |kind| (view, stem, kind)))
        .filter(|(view, _, kind)| kind.applies(view))
        .collect();
    let drawn: Result<Vec<_>, ReportError> = jobs
        .into_par_iter()
        .map(|(view, stem, kind)| {
            let name = format!("{stem}-{}", kind.name());
            let picture =
                chart::draw(view, kind).map_err(|reason| ReportError::Chart { name: name.clone(), reason })?;
            Ok([(format!("{name}.svg"), picture.svg.into_bytes()), (format!("{name}.png"), picture.png)])
        })
        .collect();
    Ok(drawn?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
