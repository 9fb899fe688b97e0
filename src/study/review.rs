//! A review: everything that is asked about one scenario, answered in one go.
//!
//! A run through all engines, the strategies against one another if there are some, and a trial by an outage at the
//! peak. What cannot be answered is left out with its reason; only what no review can do without ends it. Not here: what
//! is said about it (`report::review`).

mod outage;

pub use outage::Outage;

use super::compare::{CompareOptions, Comparison, compare, contenders};
use super::headroom::Headroom;
use super::plan::Plan;
use super::repeat::{Progress, StudyError};
use super::run::{RunOptions, run};
use crate::measure::Outcome;
use crate::model::Model;
use crate::scenario::{Faults, Override, Planning};

/// What a review may choose besides the scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewOptions {
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Share of runs in which all promises must be kept, in (0, 1); 95 % without a number.
    pub kept_in: Option<f64>,
}

/// The parts of a review that take time, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The scenario through all engines.
    Run,
    /// The same with all consumers away for a while.
    Outage,
    /// Strategies against one another.
    Compare,
}

impl Stage {
    /// What is being done, for a progress bar.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Run => "the run",
            Stage::Outage => "an outage",
            Stage::Compare => "strategies",
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

/// Everything that a review found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The run.
    pub outcome: Outcome,
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
    let run_options = RunOptions { threads: options.threads, ..RunOptions::default() };
    let outcome = run(subject.model, &run_options, &tell(Stage::Run))?;
    let mut left_out = Vec::new();
    let outage = match outage::trial(&outcome, &run_options, &tell(Stage::Outage)) {
        Ok(outage) => Some(outage),
        Err(why) => {
            left_out.push(LeftOut { what: "an outage", why });
            None
        }
    };
    let mut comparison = None;
    if stages.contains(&Stage::Compare) {
        let defaults = CompareOptions::default();
        let kept_in = options.kept_in.unwrap_or(defaults.kept_in);
        let compare_options = CompareOptions { threads: options.threads, kept_in, ..defaults };
        match compare(subject.model, &compare_options, &tell(Stage::Compare)) {
            Ok(found) => comparison = Some(found),
            Err(error) => left_out.push(LeftOut { what: "the strategies", why: error.to_string() }),
        }
    }
    Ok(Findings {
        outcome,
        planning: subject.planning.clone(),
        comparison,
        plan: None,
        headroom: None,
        outage,
        left_out,
    })
}

/// What will be done.
fn stages(subject: &Subject) -> Vec<Stage> {
    let mut stages = vec![Stage::Run, Stage::Outage];
    let named = !subject.model.strategies.is_empty();
    if named && contenders(subject.model, &[]).is_ok_and(|found| found.len() > 1) {
        stages.push(Stage::Compare);
    }
    stages
}
