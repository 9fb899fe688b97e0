//! Plans under uncertain inputs: the setting that will be regretted least.
//!
//! Each joint draw of the inputs has a least sufficient setting, its requirement. A setting above it has cost too much,
//! one below it was too little, and the two have different prices; the plan is the setting whose regret, averaged over
//! the draws, is the smallest. So do Netflix's capacity models (`service-capacity-modeling`, `CapacityModel.regret`:
//! the difference of the two costs, raised to an exponent, times one of two prices; 2021). With an exponent of 1 this
//! is the newsvendor's problem (K. J. Arrow, T. Harris, J. Marschak, "Optimal inventory policy", Econometrica 19
//! (1951), 250–272): the best setting covers a share `too_little / (too_little + too_much)` of the draws. All settings
//! meet the same draws and, within one, the same arrivals. Not here: the draws (`uncertain`), and what is said about it
//! (`report`).

mod costs;
mod drivers;
mod judge;
mod outcome;
mod search;
#[cfg(test)]
mod tests;

pub use drivers::Driver;
pub use outcome::{RegretCandidate, RegretPlan, Requirement, Weighed};

use crate::measure::EngineChoice;
use crate::model::Model;
use crate::scenario::{Axis, Faults, Minimise, Override, Planning, RegretPrice, Uncertain};
use crate::study::plan::{PlanError, PlanOptions, only_axis};
use crate::study::uncertain::{Draw, draws};
use crate::study::{Progress, StudyError};
use costs::Costs;
use search::Search;

/// More candidates than this are not weighed one by one.
const MOST_CANDIDATES: usize = 2_000;

/// What a plan under uncertainty may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct RegretOptions {
    /// Joint draws of the uncertain inputs, at least 1.
    pub draws: u32,
    /// Runs of a candidate under one draw, at least 1: it is enough if every one of them keeps all promises.
    pub replications: u32,
    /// The prices of too little and too much.
    pub price: RegretPrice,
    /// What regrets are made of.
    pub minimise: Minimise,
    /// `Fluid` asks the equation whether promises are kept; everything else simulates every message.
    pub engine: EngineChoice,
    /// Most events over all runs: when they are used up, the draws so far decide. Above 0.
    pub budget: f64,
    /// Threads for runs; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
}

impl Default for RegretOptions {
    fn default() -> Self {
        RegretOptions {
            draws: 128,
            replications: 4,
            price: RegretPrice::default(),
            minimise: Minimise::Cost,
            engine: EngineChoice::Events,
            budget: 8e8,
            threads: None,
        }
    }
}

/// Why no setting could be weighed.
#[derive(Debug, thiserror::Error)]
pub enum RegretError {
    /// Without a promise nothing is ever too little.
    #[error("the scenario promises nothing: without an SLO nothing is ever too little")]
    NoPromise,
    /// Without uncertain inputs there is nothing to weigh.
    #[error("no input of the scenario is uncertain")]
    NothingUncertain,
    /// Fewer than two candidates, or far too many.
    #[error("{0} values of {1} cannot be weighed against one another: 2 to {MOST_CANDIDATES} can")]
    Candidates(usize, String),
    /// A value of the axis, or a draw, makes no scenario.
    #[error("{what}:\n{faults}")]
    Faults {
        /// Which one.
        what: String,
        /// Why not.
        faults: Faults,
    },
    /// What a candidate costs is known only where the equation can follow its strategy.
    #[error("what {setting} costs is not known without simulating it: {why}")]
    UnknownCost {
        /// The candidate.
        setting: String,
        /// What the equation cannot follow.
        why: String,
    },
    /// There is no question, or not one for this procedure.
    #[error(transparent)]
    Question(#[from] PlanError),
    /// Settings are weighed along one axis.
    #[error("{0} things vary; where inputs are uncertain, one thing is planned at a time")]
    SeveralAxes(usize),
    /// The engine could not run one of them.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl RegretError {
    /// What to do about it; `None` for faults, which say it themselves.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            RegretError::NoPromise => "add a promise under `slo`",
            RegretError::NothingUncertain => "write a value as `{between: [90/s, 140/s], confidence: 90%}`",
            RegretError::Candidates(..) => "vary a range such as `1..64`",
            RegretError::UnknownCost { .. } => "vary the replicas of a group, or a strategy that the equation follows",
            RegretError::SeveralAxes(_) => "keep one path in `plan.vary`, or give one with --vary",
            RegretError::Question(error) => return error.help(),
            RegretError::Study(_) => "change the scenario accordingly",
            RegretError::Faults { .. } => return None,
        };
        Some(help.to_owned())
    }
}

/// Weighs what the plan of a scenario varies: [`regret`] along its only axis, with the prices of the scenario.
/// `planning` and `variant` are the scenario's; `asked` says what varies instead of the scenario, and how much may be
/// run.
///
/// # Errors
/// As [`regret`], and when there is no question or more than one thing varies.
pub fn plan_by_regret(
    model: &Model,
    planning: &Planning,
    variant: &dyn Fn(&[Override]) -> Result<Model, Faults>,
    asked: &PlanOptions,
    options: &RegretOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<RegretPlan, RegretError> {
    let question = planning.plan.as_ref();
    let only = only_axis(model, question, variant, asked)?.map_err(RegretError::SeveralAxes)?;
    let at_work = |model: Model| only.strategy.map_or_else(|| model.clone(), |strategy| model.with_strategy(strategy));
    let varied = |changes: &[Override]| variant(changes).map(at_work);
    let written = question.map(|question| (question.regret, question.minimise));
    let options = match written {
        Some((price, minimise)) => RegretOptions { price, minimise, ..options.clone() },
        None => options.clone(),
    };
    regret(model, &only.axis, &planning.uncertain, &varied, &options, progress)
}

/// The candidates in the order of their costs, and the scenario with any of them under any draw.
struct Choice<'a> {
    axis: &'a Axis,
    /// Places on the axis, the cheapest first.
    places: Vec<usize>,
    variant: &'a dyn Fn(&[Override]) -> Result<Model, Faults>,
}

impl Choice<'_> {
    /// The scenario with the candidate in a place under a draw.
    fn model(&self, place: usize, draw: &Draw) -> Result<Model, RegretError> {
        let candidate = self.axis.change(self.places[place]);
        let changes: Vec<Override> = draw.changes.iter().cloned().chain(std::iter::once(candidate)).collect();
        (self.variant)(&changes).map_err(|faults| {
            let written: Vec<String> =
                changes.iter().map(|change| format!("{}={}", change.path, change.value)).collect();
            RegretError::Faults { what: format!("no scenario comes of {}", written.join(", ")), faults }
        })
    }

    fn setting(&self, place: usize) -> &str {
        &self.axis.values[self.places[place]]
    }
}

/// Weighs the values of `axis` under joint draws of `inputs`. `model` is the scenario with all inputs at their medians,
/// and `variant` makes it anew with changes. `progress` counts draws. The plan's `wall_s` is left at 0: whoever has a
/// clock may fill it in.
///
/// A candidate that is enough for a draw makes every dearer one enough for it too; dearer is what costs more with all
/// inputs at their medians.
///
/// # Errors
/// [`RegretError`] when there is nothing to weigh, a draw or a candidate makes no scenario, or an engine cannot run it.
pub fn regret(
    model: &Model,
    axis: &Axis,
    inputs: &[Uncertain],
    variant: &dyn Fn(&[Override]) -> Result<Model, Faults>,
    options: &RegretOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<RegretPlan, RegretError> {
    if model.slos.is_empty() {
        return Err(RegretError::NoPromise);
    }
    if inputs.is_empty() {
        return Err(RegretError::NothingUncertain);
    }
    if !(2..=MOST_CANDIDATES).contains(&axis.values.len()) {
        return Err(RegretError::Candidates(axis.values.len(), axis.path.clone()));
    }
    // The medians are a draw of their own, the first one.
    let mut drawn = vec![Draw::of_medians(inputs)];
    drawn.extend(draws(inputs, options.draws.max(1), model.seed));
    let mut choice = Choice { axis, places: (0..axis.values.len()).collect(), variant };
    let costs = Costs::of(&mut choice, &drawn, options.minimise)?;
    let found = Search::new(&choice, options)?.requirements(&drawn, progress)?;
    Ok(outcome::weighed(model, &choice, inputs, &drawn, &costs, &found, options))
}
