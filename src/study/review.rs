//! A review: everything that is asked about one scenario, answered in one go.
//!
//! A run through all engines and a trial by an outage at the peak; the strategies against one another, a plan and the
//! headroom where the scenario asks for them. What cannot be answered is left out with its reason; only what no review
//! can do without ends it. Not here: what is said about it (`report::review`).

mod outage;

pub use outage::Outage;

use super::compare::{CompareOptions, Comparison, Selection, compare, contenders};
use super::headroom::{Headroom, HeadroomOptions, headroom};
use super::plan::{Plan, PlanOptions, plan};
use super::repeat::{Progress, StudyError};
use super::run::{RunOptions, run};
use crate::measure::Outcome;
use crate::model::{Model, NamedStrategy};
use crate::scenario::{Faults, Override, Planning};

/// Events that a plan may take: a review is made while its reader waits.
const PLAN_EVENTS: f64 = 4e8;
/// Messages that the search for headroom may take.
const HEADROOM_MESSAGES: f64 = 1.5e8;

/// What a review may choose besides the scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewOptions {
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Share of runs in which all promises must be kept, in (0, 1); 95 % without a number.
    pub kept_in: Option<f64>,
    /// Memory that one run may need, in bytes; larger loads are not tried.
    pub memory_bytes: Option<u64>,
}

/// The parts of a review that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The scenario through all engines.
    Run,
    /// The same with all consumers away for a while.
    Outage,
    /// Strategies against one another.
    Compare,
    /// The cheapest setting that keeps the promises.
    Plan,
    /// How much more load is borne.
    Headroom,
}

impl Stage {
    /// What is being done, for a progress bar.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Run => "the run",
            Stage::Outage => "an outage",
            Stage::Compare => "strategies",
            Stage::Plan => "the plan",
            Stage::Headroom => "headroom",
        }
    }
}

/// How far a review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewProgress {
    /// What is being done.
    pub stage: Stage,
    /// Its number, from 1 on.
    pub number: u32,
    /// How many of them there are.
    pub of: u32,
    /// How far it is; a comparison may plan more as it goes.
    pub within: Progress,
}

/// What could not be answered, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The question.
    pub what: &'static str,
    /// Why there is no answer.
    pub why: String,
}

/// The strategy that a review judges: the best of them, or else the one that the scenario itself has at work, or else
/// the first of those that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its name in the scenario.
    pub name: String,
    /// The consumers that it scales.
    pub group: String,
    /// Whether it is the best that the comparison found.
    pub is_best: bool,
    /// How many strategies there are.
    pub of: usize,
}

/// Everything that a review found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The run, under the strategy that is judged if the scenario names strategies.
    pub outcome: Outcome,
    /// Under which strategy everything but the plan was found, if the scenario names strategies.
    pub judged: Option<Judged>,
    /// What the scenario asks beyond it.
    pub planning: Planning,
    /// Strategies against one another, if the scenario names several.
    pub comparison: Option<Comparison>,
    /// The cheapest setting that keeps the promises, if the scenario asks for a plan.
    pub plan: Option<Plan>,
    /// How much more load it bears, if the scenario says how the load grows or which part may fail.
    pub headroom: Option<Headroom>,
    /// The trial by an outage, if there are consumers and messages for it.
    pub outage: Option<Outage>,
    /// What was asked and could not be answered.
    pub left_out: Vec<LeftOut>,
}

/// A scenario under review: what it means, what it asks, and how to change it.
pub struct Subject<'a> {
    /// What it means.
    pub model: &'a Model,
    /// What it asks beyond its run.
    pub planning: &'a Planning,
    /// The scenario with some of its values changed.
    pub variant: &'a (dyn Fn(&[Override]) -> Result<Model, Faults> + Sync),
}

/// Reviews a scenario. The outcome's `wall_s` is left at 0: whoever has a clock may fill it in.
///
/// # Errors
/// [`StudyError`] when the scenario itself cannot be run. Every other question is left out with its reason.
pub fn review(
    subject: &Subject,
    options: &ReviewOptions,
    progress: &(dyn Fn(ReviewProgress) + Sync),
) -> Result<Findings, StudyError> {
    let stages = stages(subject);
    let tell = |stage: Stage| {
        let number = stages.iter().position(|known| *known == stage).unwrap_or(0) as u32 + 1;
        let of = stages.len() as u32;
        move |within: Progress| progress(ReviewProgress { stage, number, of, within })
    };
    let kept_in = options.kept_in.unwrap_or(CompareOptions::default().kept_in);
    let has = |stage: Stage| stages.contains(&stage).then(|| tell(stage));
    let mut left_out = Vec::new();
    let comparison = has(Stage::Compare).and_then(|progress| {
        let options = CompareOptions { threads: options.threads, kept_in, ..CompareOptions::default() };
        let mut keep = |why: String| left_out.push(LeftOut { what: "the strategies", why });
        compare(subject.model, &options, &progress).map_err(|error| keep(error.to_string())).ok()
    });
    let (judged, model) = judged(subject.model, comparison.as_ref()).unzip();
    let model = model.as_ref().unwrap_or(subject.model);
    let run_options = RunOptions { threads: options.threads, ..RunOptions::default() };
    let outcome = run(model, &run_options, &tell(Stage::Run))?;
    let outage = match outage::trial(&outcome, &run_options, &tell(Stage::Outage)) {
        Ok(outage) => Some(outage),
        Err(why) => {
            left_out.push(LeftOut { what: "an outage", why });
            None
        }
    };
    let mut keep = |what, why: String| left_out.push(LeftOut { what, why });
    let plan = has(Stage::Plan).and_then(|progress| {
        let options = PlanOptions { threads: options.threads, budget: PLAN_EVENTS, ..PlanOptions::default() };
        let asked = subject.planning.plan.as_ref();
        plan(subject.model, asked, subject.variant, &options, &progress)
            .map_err(|error| keep("a plan", error.to_string()))
            .ok()
    });
    let headroom = has(Stage::Headroom).and_then(|progress| {
        let options = HeadroomOptions {
            threads: options.threads,
            kept_in,
            zones: subject.planning.zones,
            growth: subject.planning.growth,
            budget: HEADROOM_MESSAGES,
            memory_bytes: options.memory_bytes,
            ..HeadroomOptions::default()
        };
        headroom(model, &options, &progress).map_err(|error| keep("headroom", error.to_string())).ok()
    });
    Ok(Findings { outcome, judged, planning: subject.planning.clone(), comparison, plan, headroom, outage, left_out })
}

/// The strategy that is judged, and the model with it; `None` where none is compared or at work.
fn judged(model: &Model, comparison: Option<&Comparison>) -> Option<(Judged, Model)> {
    let chosen = comparison.and_then(|comparison| match comparison.selection {
        Selection::Chosen { strategy, .. } => Some(comparison.strategies[strategy].name.as_str()),
        _ => None,
    });
    let at = |wanted: &str| model.strategies.iter().position(|named| named.name == wanted);
    let at_work = || {
        let is_at_work = |named: &NamedStrategy| model.groups[named.group].scaling.as_ref() == Some(&named.scaling);
        model.strategies.iter().position(is_at_work)
    };
    let first = || comparison.map(|_| 0);
    let place = chosen.and_then(at).or_else(at_work).or_else(first)?;
    let named = model.strategies.get(place)?;
    let judged = Judged {
        name: named.name.clone(),
        group: model.groups[named.group].name.clone(),
        is_best: chosen.is_some(),
        of: model.strategies.len(),
    };
    Some((judged, model.with_strategy(place)))
}

/// What will be done.
fn stages(subject: &Subject) -> Vec<Stage> {
    let mut stages = Vec::new();
    let named = !subject.model.strategies.is_empty();
    if named && contenders(subject.model, &[]).is_ok_and(|found| found.len() > 1) {
        stages.push(Stage::Compare);
    }
    stages.extend([Stage::Run, Stage::Outage]);
    let promises = !subject.model.slos.is_empty();
    if promises && subject.planning.plan.is_some() {
        stages.push(Stage::Plan);
    }
    if promises && (subject.planning.growth.is_some() || subject.planning.zones.is_some()) {
        stages.push(Stage::Headroom);
    }
    stages
}
