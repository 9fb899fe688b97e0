//! The cheapest setting that keeps the promises in a demanded share of runs.
//!
//! A promise is kept or broken by a run, so a setting is as good as the share of runs that keep all of them. Formula
//! and equation say where to look, runs decide: settings that become better from value to value are searched by
//! halving, others stand for themselves and are looked at from the cheapest on; replications go only to what may still
//! be the answer. Not here: the statistics (`measure::selection`), and what is said about it (`report`).

mod error;
mod outcome;

pub use error::PlanError;
pub use outcome::{Candidate, FormulaAnswer, Neighbours, Plan, PlanAnswer, Shortfall, Standing};

use crate::scenario::Axis;

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
