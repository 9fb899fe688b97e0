//! Text → meaning: what the user typed becomes a [`Model`], or a list of every fault in it.
//!
//! YAML (or JSON) becomes a tree whose values know where they stand; `--set` arguments replace values in it; the table
//! of keys decodes it; building it finds what takes two values to see. Every stage reports and goes on, and what a
//! fault has made meaningless stays silent. All faults of the user end here: a [`Model`] is valid. Not here: engines,
//! and other formats than the scenario language.

mod build;
mod collect;
mod decode;
mod fault;
pub mod manifest;
mod overrides;
mod planning;
pub mod presets;
mod recording;
mod reference;
mod render;
mod schema;
mod source;
pub(crate) mod suggest;
mod table;
mod tree;
mod vary;

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod mutations;

pub use fault::{Code, Fault, Faults, Place, Severity};
pub use planning::{Growth, Minimise, PlanQuestion, Planning, Uncertain};
pub use reference::reference_markdown;
pub use render::render_all;
pub use schema::schema;
pub use source::{MAX_SCENARIO_BYTES, Source};
pub use vary::{Axis, Grid, NoAxis};

use crate::model::Model;
use crate::model::cost::Cost;
use crate::units::show_bytes;
use collect::{Collector, Path};
use source::Span;
use table::Kind;
use tree::{Node, Value};

/// More expected events than this are a fault.
const MAX_EVENTS: f64 = 1e12;

static WHOLE_FILE: Kind = Kind::Section(&table::SCENARIO);

/// One `--set` argument: the value at a path replaced, or added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Path of the value: `consumers.workers.replicas`, `producers.checkout.rate.sum[1].pulse.height`.
    pub path: String,
    /// The new value as YAML.
    pub value: String,
}

/// What a run may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory that there is, in bytes; `None` if unknown: then nothing is refused for its memory.
    pub memory_bytes: Option<u64>,
    /// Whether a run beyond the limits is a warning instead of a fault (`--yes`).
    pub allow_huge: bool,
    /// Whether no message will be simulated (the fluid engine or the formulas alone): their number costs nothing then.
    pub without_events: bool,
}

/// A scenario without errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What it means.
    pub model: Model,
    /// What it asks beyond its run.
    pub planning: Planning,
    /// What is doubtful in it, in the order of the text.
    pub warnings: Vec<Fault>,
    /// The defaults of its presets, overridden or not: queue by queue, in the order of the file.
    pub presets: Vec<presets::Applied>,
}

/// Reads a scenario: text and `--set` arguments to a model. CSV files that it names are read too.
///
/// # Errors
/// All faults of the scenario at once, with its warnings, in the order of the text.
///
/// # Panics
/// On no text; only if a stage of this module refused a scenario without saying why.
pub fn load(source: &Source, overrides: &[Override], limits: &Limits) -> Result<Loaded, Faults> {
    read(source, overrides, limits, true)
}

/// The same; whether the axes of the plan are checked too, which loads the scenario again for each.
fn read(source: &Source, overrides: &[Override], limits: &Limits, checks_axes: bool) -> Result<Loaded, Faults> {
    let text = source.utf8().map_err(|fault| Faults(vec![*fault]))?;
    let mut collector = Collector::default();
    let id = collector.texts.add(&source.name, text);
    let meaning = tree::parse(text, id, 0, &mut collector)
        .or_else(|| nothing_in(&mut collector, id))
        .and_then(|mut root| meaning_of(&mut root, source, overrides, limits, &mut collector));
    if let Some(Meaning { planning: Planning { plan: Some(plan), .. }, axes, .. }) = &meaning
        && checks_axes
    {
        check_axes(plan, axes, source, overrides, limits, &mut collector);
    }
    let errors = collector.errors();
    let faults = collector.into_faults();
    match meaning {
        Some(Meaning { model, planning, presets, .. }) if errors == 0 => {
            Ok(Loaded { model, planning, warnings: faults, presets })
        }
        _ => {
            assert!(errors > 0, "a scenario without a model has an error that says why");
            Err(Faults(faults))
        }
    }
}

/// What a text means.
struct Meaning {
    model: Model,
    planning: Planning,
    /// Where the axes of the plan stand.
    axes: Vec<(Span, Path)>,
    presets: Vec<presets::Applied>,
}

/// Loads the scenario with the first and the last value of each axis of its plan, so that a path that does not exist
/// and a value that is not legal are faults of the plan. An axis that an override has already set is one of a variant.
fn check_axes(
    plan: &PlanQuestion,
    places: &[(Span, Path)],
    source: &Source,
    overrides: &[Override],
    limits: &Limits,
    collector: &mut Collector,
) {
    // However long it would take to run: that is for the plan to see.
    let limits = Limits { allow_huge: true, ..*limits };
    for (axis, (span, path)) in plan.vary.iter().zip(places) {
        if collector.errors() > 0 || overrides.iter().any(|change| change.path == axis.path) {
            continue;
        }
        let ends = if axis.values.len() > 1 { vec![0, axis.values.len() - 1] } else { vec![0] };
        let faulty = ends.into_iter().find_map(|place| {
            let changes: Vec<Override> = overrides.iter().cloned().chain([axis.change(place)]).collect();
            let faults = read(source, &changes, &limits, false).err()?;
            let first = faults.0.into_iter().find(Fault::is_error)?;
            Some((&axis.values[place], first))
        });
        if let Some((value, fault)) = faulty {
            let message = format!("{} cannot be {value}: {}", axis.path, fault.message);
            collector.add(fault.code, *span, path, message).help = fault.help;
        }
    }
}

/// A commented scenario to begin with, as `forebay init` writes it.
pub fn starter() -> &'static str {
    include_str!("scenario/starter.yaml")
}

fn nothing_in<T>(collector: &mut Collector, source: u32) -> Option<T> {
    if collector.errors() == 0 {
        let message = "the scenario says nothing: no key is in it";
        collector.add(Code::EmptyFile, Span { source, start: 0, end: 0 }, &Path::default(), message).help =
            Some("`forebay init` writes a commented scenario to begin with".to_owned());
    }
    None
}

fn meaning_of(
    root: &mut Node,
    source: &Source,
    overrides: &[Override],
    limits: &Limits,
    collector: &mut Collector,
) -> Option<Meaning> {
    if root.is_null() {
        return nothing_in(collector, root.span.source);
    }
    if !matches!(root.value, Value::Map(_)) {
        let message = "a scenario is a map of keys such as `horizon: 2h`";
        collector.add(Code::WrongShape, root.span, &Path::default(), message);
        return None;
    }
    for change in overrides {
        overrides::apply(root, change, collector);
    }
    let applied = presets::apply(root, collector);
    let at = Span { end: root.span.start, ..root.span };
    let decoded = decode::decode(root, &WHOLE_FILE, at, Path::default(), decode::OUTSIDE, collector);
    let name = default_name(&source.name);
    let (growth, zones) = build::growth_and_zones(&decoded, collector);
    let model = build::build(&decoded, name, &source.folder, limits, collector);
    let plan = build::plan(&decoded, collector);
    let model = model?;
    let horizon = decoded.field("horizon").map_or(&decoded, |item| item);
    if collector.errors() == 0 {
        check_cost(&model, limits, horizon, collector);
    }
    let (plan, axes) = plan.unzip();
    let planning = Planning { plan, growth, zones, ..Planning::default() };
    Some(Meaning { model, planning, axes: axes.unwrap_or_default(), presets: applied })
}

/// The file's stem, if it is a legal name.
fn default_name(file: &str) -> Option<&str> {
    let stem = std::path::Path::new(file).file_stem()?.to_str()?;
    decode::illegal_name(stem).is_none().then_some(stem)
}

/// Refuses what would run for months or needs more memory than there is; with `allow_huge` it only warns.
fn check_cost(model: &Model, limits: &Limits, horizon: &decode::Item, collector: &mut Collector) {
    // Each named strategy is a run of its own.
    let alternatives = (0..model.strategies.len()).map(|strategy| model.with_strategy(strategy).expected_cost());
    let cost = alternatives.fold(model.expected_cost(), Cost::at_least);
    let severity = if limits.allow_huge { Severity::Warning } else { Severity::Error };
    let mut too_much = |code: Code, message: String, help: &str| {
        let fault = Fault { severity, ..Fault::new(code, message) };
        let fault = collector.add_as(fault, horizon.span, &horizon.path);
        fault.help = (!limits.allow_huge).then(|| help.to_owned());
    };
    if cost.events > MAX_EVENTS && !limits.without_events {
        let message = format!("about {:.1e} events are expected; the limit is {MAX_EVENTS:.0e}", cost.events);
        too_much(
            Code::TooManyEvents,
            message,
            "a shorter horizon, lower rates or fewer replications; `--engine fluid` needs no events; `--yes` runs it \
             all the same",
        );
    }
    let memory_bytes = limits.memory_bytes.map_or(f64::INFINITY, |bytes| bytes as f64);
    let needed_bytes = if limits.without_events { cost.series_bytes } else { cost.memory_bytes };
    if needed_bytes > memory_bytes {
        let [needs, has] = [needed_bytes, memory_bytes].map(show_bytes);
        let message = format!("about {needs} of memory are expected; there are {has}");
        too_much(
            Code::TooMuchMemory,
            message,
            "bound the queues with `capacity`, write a longer `resolution`, or fewer replications; `--yes` runs it \
             all the same",
        );
    }
}

#[cfg(test)]
mod tests;
