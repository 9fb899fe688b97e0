//! Charts: four per queue, each an SVG and a PNG, each with a title that states what was found.
//!
//! `rates`, `depth`, `wait` and `consumers` say what a chart shows (`plot`), `axis` and `labels` where it stands,
//! `theme` how it looks, `paint` puts it onto paper through plotters and `raster` makes the files. Not here: the
//! sentences (`words`).

pub(in crate::report) mod axis;
mod comparison;
mod consumers;
mod depth;
mod drain;
mod headroom;
mod labels;
mod marks;
mod paint;
mod plan;
mod plot;
pub(in crate::report) mod raster;
mod rates;
#[cfg(test)]
mod tests;
mod theme;
mod wait;

use super::number;
use super::view::QueueView;
use super::words;
use axis::Axis;
pub(super) use comparison::{comparison_charts, is_comparisons};
pub(super) use drain::{drain_charts, is_drains};
pub(super) use headroom::{headroom_charts, is_headrooms};
pub(super) use plan::{is_plans, plan_charts};
use plot::{Chart, Panel};

/// A promised limit this many times above the data would flatten it; the subtitle names it instead.
const LARGEST_LIMIT: f64 = 2.5;

/// Which chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// P(t), C(t), acks.
    Rates,
    /// Depth over time.
    Depth,
    /// Waits by time of publishing.
    Wait,
    /// Replicas and utilisation.
    Consumers,
}

impl Kind {
    /// All of them, in the order in which a reader wants them.
    pub const ALL: [Kind; 4] = [Kind::Rates, Kind::Depth, Kind::Wait, Kind::Consumers];

    /// The end of the file's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Rates => "rates",
            Kind::Depth => "depth",
            Kind::Wait => "wait",
            Kind::Consumers => "consumers",
        }
    }

    /// Whether an engine has something to draw.
    pub fn applies(self, view: &QueueView) -> bool {
        let moves = view.series.is_some() || view.fluid_backlog().is_some();
        match self {
            Kind::Rates => !view.publish_rate().is_empty(),
            Kind::Depth => moves,
            Kind::Wait => view.series.is_some() || view.fluid.is_some_and(|fluid| !fluid.delay_s.is_empty()),
            Kind::Consumers => view.series.is_some() && !view.groups().is_empty(),
        }
    }
}

/// A finished chart.
#[derive(Debug)]
pub(super) struct Picture {
    /// 900 × 480, text as outlines.
    pub svg: String,
    /// 1800 × 960.
    pub png: Vec<u8>,
}

/// Draws one chart.
///
/// # Errors
/// When the drawing library fails, which is a bug.
pub(super) fn draw(view: &QueueView, kind: Kind) -> Result<Picture, String> {
    let chart = match kind {
        Kind::Rates => rates::rates(view),
        Kind::Depth => depth::depth(view),
        Kind::Wait => wait::wait(view),
        Kind::Consumers => consumers::consumers(view),
    };
    raster::finish(&paint::paint(&chart)?, &chart.title)
}

/// Whether a file's name is one of ours, so that an earlier run's chart can be told from a user's picture.
pub(super) fn is_ours(name: &str) -> bool {
    let stem = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png"));
    let kind = stem.and_then(|stem| stem.rsplit_once('-')).map(|(_, kind)| kind);
    Kind::ALL.into_iter().any(|known| Some(known.name()) == kind)
}

/// Begins of the charts' file names, queue by queue: safe on every file system, and different even where case does not
/// count.
pub(super) fn file_stems(views: &[QueueView]) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for view in views {
        let keep = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let safe: String = view.queue.name.chars().map(keep).take(100).collect();
        let safe = if safe.starts_with('.') { format!("_{safe}") } else { safe };
        let taken = |stem: &str| stems.iter().any(|other| other.eq_ignore_ascii_case(stem));
        let numbered = (2..).map(|k| format!("{safe}_{k}"));
        let stem = std::iter::once(safe.clone()).chain(numbered).find(|stem| !taken(stem));
        stems.push(stem.expect("there are more numbers than queues"));
    }
    stems
}

/// A chart over the run's time axis.
fn chart(view: &QueueView, title: String, subtitle: String, panels: Vec<Panel>) -> Chart {
    Chart { title, subtitle, time: Axis::time(view.clock), time_caption: view.clock.caption(), panels }
}

/// The scenario's title (its name if it has none), queue, what is drawn, how often it was run.
fn subtitle(view: &QueueView, what: &str) -> String {
    let model = &view.outcome.model;
    let title = model.title.as_ref().unwrap_or(&model.name);
    let (scenario, queue) = (number::shorten(title, 48), number::shorten(&view.queue.name, 36));
    let runs = match view.replications() {
        0 => "fluid equation".to_owned(),
        runs => number::plural(f64::from(runs), "replication"),
    };
    let has_rows = view.series.is_some() || view.exact_rates().is_none();
    let coarse = words::coarse_note(view).filter(|_| has_rows).map_or_else(String::new, |_| {
        format!("rows {} apart: too coarse", number::duration(view.outcome.model.resolution_s))
    });
    let parts = [scenario, format!("queue {queue}"), what.to_owned(), coarse, runs];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
