//! Strategies against one another: the same arrivals, the same work, another hand on the replicas.
//!
//! Every strategy is run through the same replications (common random numbers): what chance does to one it does to all,
//! so that differences are known far better than the numbers themselves. Replications are added only where they
//! decide who is the best. Not here: the statistics (`measure::selection`), and what is said about it (`report`).

mod contenders;
mod contest;
mod fluid;
mod outcome;
mod rounds;
#[cfg(test)]
mod tests;

pub use crate::measure::KeptShare;
pub use contenders::{CompareError, Contender, contenders};
pub use contest::Preference;
pub use outcome::{Comparison, Objective, Pair, Procedure, Selection, StrategyOutcome, TimeBroken};

use crate::measure::EngineChoice;
use crate::model::{Model, Replications};
use crate::study::{Progress, StudyError};
use contest::{Contest, Standing};
use rounds::Rounds;

/// Without a budget, replications of a strategy grow to this many times the first ones, …
const BUDGET: u32 = 5;
/// … and at least to this many, which is enough to prove a strategy that never fails at the default settings.
const LEAST_BUDGET: u32 = 100;
/// First replications where the scenario asks for a precision instead of a number.
const FIRST: u32 = 10;
/// Fewest replications added at a time; otherwise half of the first ones.
const FEWEST_ADDED: u32 = 4;

/// What a comparison may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// Names of the strategies to compare; all of them if empty.
    pub strategies: Vec<String>,
    /// `Fluid` asks the equation; everything else simulates every message.
    pub engine: EngineChoice,
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Probability with which the selection is to be right, in (0, 1).
    pub confidence: f64,
    /// Share of runs in which all promises must be kept, in (0, 1).
    pub kept_in: f64,
    /// Differences below this share of the leader's cost do not matter; above 0.
    pub indifference: f64,
    /// Most replications of one strategy; without a number five times the first ones, and at least 100.
    pub at_most: Option<u32>,
}

impl Default for CompareOptions {
    fn default() -> Self {
        CompareOptions {
            strategies: Vec::new(),
            engine: EngineChoice::Events,
            threads: None,
            confidence: 0.95,
            kept_in: 0.95,
            indifference: 0.01,
            at_most: None,
        }
    }
}

impl CompareOptions {
    /// Replications of every strategy, and most replications of one.
    pub fn budget(&self, model: &Model) -> (u32, u32) {
        let (first, at_most) = match model.replications {
            Replications::Fixed(replications) => (replications, replications.saturating_mul(BUDGET).max(LEAST_BUDGET)),
            Replications::Until { at_most, .. } => (FIRST.min(at_most), at_most),
        };
        (first, self.at_most.unwrap_or(at_most).max(first))
    }
}

/// Compares the strategies of `model`. The outcome's `wall_s` is left at 0: whoever has a clock may fill it in.
///
/// # Errors
/// [`CompareError`] when there are no two strategies of one group to compare, or the events engine cannot run them.
pub fn compare(
    model: &Model,
    options: &CompareOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Comparison, CompareError> {
    let contenders = contenders(model, &options.strategies)?;
    if options.engine == EngineChoice::Fluid {
        return Ok(fluid::compare(model, &contenders, options)?);
    }
    let (first, at_most) = options.budget(model);
    let mut rounds = Rounds::new(&contenders, options.threads, progress)?;
    rounds.bring_to(&vec![first; contenders.len()])?;
    let added = (first / 2).max(FEWEST_ADDED);
    let contest = (!model.slos.is_empty() && first > 1).then(|| Contest::new(&rounds, options, first));
    let standing = match contest {
        None => None,
        Some(contest) => loop {
            let standing = contest.look(&rounds);
            let goals = goals(&rounds, &standing, added, at_most);
            if goals == rounds.counts() {
                break Some((contest, standing));
            }
            rounds.bring_to(&goals)?;
        },
    };
    Ok(outcome::by_events(model, options, &contenders, rounds, standing))
}

/// How many replications each strategy should have next: whoever may still win and is behind catches up, and if nobody
/// is behind, all of them go on.
fn goals(rounds: &Rounds, standing: &Standing, added: u32, at_most: u32) -> Vec<u32> {
    let mut goals = rounds.counts();
    if standing.is_decided() {
        return goals;
    }
    let most = standing.leaders.iter().map(|k| goals[*k]).max().unwrap_or(0);
    let all_equal = standing.leaders.iter().all(|k| goals[*k] == most);
    let goal = if all_equal { most.saturating_add(added) } else { most };
    for k in &standing.leaders {
        goals[*k] = goal.min(at_most).max(goals[*k]);
    }
    goals
}

impl From<StudyError> for CompareError {
    fn from(error: StudyError) -> Self {
        CompareError::Study(error)
    }
}
