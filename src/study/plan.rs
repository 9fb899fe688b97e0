//! The cheapest setting that keeps the promises in a demanded share of runs.
//!
//! A promise is kept or broken by a run, so a setting is as good as the share of runs that keep all of them. Formula
//! and equation say where to look, runs decide: settings that become better from value to value are searched by
//! halving, others stand for themselves and are looked at from the cheapest on; replications go only to what may still
//! be the answer. Not here: the statistics (`measure::selection`), and what is said about it (`report`).

mod advice;
mod bench;
mod contradiction;
mod error;
mod found;
mod guide;
mod map;
mod outcome;
mod question;
mod search;
#[cfg(test)]
mod tests;

pub use error::PlanError;
pub use outcome::{Candidate, FormulaAnswer, Neighbours, Plan, PlanAnswer, Shortfall, Standing};

use super::Progress;
use crate::measure::selection::ShareProof;
use crate::model::Model;
use crate::scenario::{Axis, Faults, Override, PlanQuestion};
use bench::Bench;
use found::Found;
use map::Map;
use question::Question;
use search::{Allowance, Search};

/// Most runs of one candidate unless somebody says otherwise: enough to prove 95 % where the truth is 98 %, …
const MOST_RUNS: u32 = 500;
/// … and where a narrow interval was asked for.
const MOST_FOR_PRECISION: u32 = 10_000;

/// What a plan may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions {
    /// What varies, instead of what the scenario says, if not empty.
    pub vary: Vec<Axis>,
    /// Share of runs in which all promises must be kept, in (0, 1), instead of what the scenario says.
    pub confidence: Option<f64>,
    /// Probability with which the claim about the chosen setting is to be true, in (0, 1).
    pub certainty: f64,
    /// Half-width of the interval of the chosen setting's share of runs; as it comes without one.
    pub precision: Option<f64>,
    /// Most replications of one candidate; 500 without a number, and 10 000 with a precision.
    pub at_most: Option<u32>,
    /// Most events over all runs: when they are used up, the plan says what is known by then. Above 0.
    pub budget: f64,
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions {
            vary: Vec::new(),
            confidence: None,
            certainty: 0.95,
            precision: None,
            at_most: None,
            budget: 8e8,
            threads: None,
        }
    }
}

/// Finds the cheapest setting of `model` that keeps its promises. `asked` is the scenario's own `plan`; `variant` makes
/// the model with some values changed. The outcome's `wall_s` is left at 0: whoever has a clock may fill it in.
///
/// # Errors
/// [`PlanError`] when there is no question, its values are not legal, or a candidate cannot be run.
pub fn plan(
    model: &Model,
    asked: Option<&PlanQuestion>,
    variant: &dyn Fn(&[Override]) -> Result<Model, Faults>,
    options: &PlanOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Plan, PlanError> {
    let question = Question::of(model, asked, variant, options)?;
    let mut bench = Bench::new(&question, variant, options, progress)?;
    let map = Map::of(&question, &mut bench)?;
    let per_run = map.events_per_run(&mut bench)?;
    let first_look = 2.0 * per_run * map.lines.len() as f64;
    if first_look > options.budget {
        let candidates = question.grid.points().unwrap_or(u64::MAX);
        return Err(PlanError::TooMany { candidates, events: first_look, budget: options.budget });
    }
    let error = (1.0 - options.certainty) / map.lines.len() as f64;
    let proof = ShareProof::new(question.confidence, error);
    let allowance = Allowance {
        at_most: options.at_most.unwrap_or(if options.precision.is_some() { MOST_FOR_PRECISION } else { MOST_RUNS }),
        budget: options.budget,
        precision: options.precision,
    };
    let mut lines = map.lines.clone();
    let ending = Search::new(&mut bench, &question, proof, allowance, per_run).run(&mut lines)?;
    Ok(Found { model, question: &question, options, map: &map, lines: &lines, proof, bench: &bench }.plan(&ending))
}
