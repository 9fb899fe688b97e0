//! What a plan found out. Not here: how (`search`), and what is said about it (`report`).

use crate::measure::summary::SloVerdict;
use crate::measure::{Estimate, Figure, KeptShare};
use crate::model::{GroupId, Model};
use crate::scenario::{Axis, Override};
use crate::study::compare::Objective;
use crate::study::staffing::{DelayRange, Staffing};

use super::PlanOptions;

/// A plan: the cheapest setting that keeps the promises, and how sure that is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario as it was written, without any of the settings.
    pub model: Model,
    /// What was asked for.
    pub options: PlanOptions,
    /// What was varied, from the outermost to the innermost; at least one.
    pub axes: Vec<Axis>,
    /// The axis whose candidates become better and dearer from value to value, so that it was searched by halving; its
    /// place among `axes`. `None` if every candidate stands for itself.
    pub ordered: Option<usize>,
    /// The group whose setting varies, or else the first of the scenario: the one that `figures` are about.
    pub group: GroupId,
    /// What was made small.
    pub objective: Objective,
    /// Share of runs in which all promises must be kept, in (0, 1).
    pub confidence: f64,
    /// How many candidates there are; those that nobody had to look at included.
    pub grid: u64,
    /// Candidates that were simulated, in the order of the grid.
    pub candidates: Vec<Candidate>,
    /// What to do.
    pub answer: PlanAnswer,
    /// What queueing theory says, where its steady state is exact for the promises.
    pub formula: Option<FormulaAnswer>,
    /// The first value of the axis at which the equation dM/dt = P − C breaks no promise, where it can tell; places on
    /// the ordered axis.
    pub fluid: Option<usize>,
    /// Replicas over time, where the rate varies over time and the replicas of one group were to be chosen: schedules
    /// by the offered load and by the rate of the instant, simulated.
    pub staffing: Option<Staffing>,
    /// How the probability of waiting moves over time with the constant answer beside them, where its law is exact.
    pub constant_delays: Option<DelayRange>,
    /// What a reader must know before trusting the numbers.
    pub notes: Vec<String>,
    /// Replications that were run, over all candidates.
    pub runs: u32,
    /// Events processed, over all of them.
    pub events: u64,
    /// Messages published, over all of them.
    pub messages: u64,
    /// Seconds that engines and measurement took; left at 0 by the library, which has no clock.
    pub wall_s: f64,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanAnswer {
    /// This one: it keeps the promises in the demanded share of runs, proven with the plan's certainty, and nothing
    /// cheaper does.
    Chosen {
        /// Its place among the candidates.
        candidate: usize,
        /// Its neighbours on the ordered axis.
        neighbours: Neighbours,
        /// Cheaper candidates that could neither be proven nor refused within the budget.
        open: Vec<usize>,
    },
    /// The budget was not enough to prove any candidate: this one is the cheapest that was not refused, and
    /// [`Candidate::at_least`] says what is known of it.
    Bracket {
        /// Its place among the candidates.
        candidate: usize,
        /// Its neighbours on the ordered axis.
        neighbours: Neighbours,
        /// Runs of it that would prove the demanded share if none of them failed; `None` if no sensible number would.
        runs_needed: Option<u32>,
    },
    /// All candidates break promises too often.
    Infeasible {
        /// The place of the candidate that keeps them most often.
        best: usize,
        /// The promises that it breaks, the worst first.
        shortfalls: Vec<Shortfall>,
        /// What would help, in sentences, the most telling first; never empty.
        advice: Vec<String>,
    },
}

/// The next values on the ordered axis, as places among the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The next cheaper one; `None` at the first value of the axis.
    pub below: Option<usize>,
    /// The next dearer one; `None` at the last value of the axis.
    pub above: Option<usize>,
}

/// One setting that was simulated.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its number in the grid; the last axis moves fastest.
    pub point: u64,
    /// Its place on each axis.
    pub places: Vec<usize>,
    /// The changes that make it out of the scenario.
    pub changes: Vec<Override>,
    /// Whether it keeps the promises often enough.
    pub standing: Standing,
    /// In how many runs all promises were kept, with the 95 % interval of that number of runs; `None` where no promise
    /// could be judged in any run.
    pub kept: Option<KeptShare>,
    /// The share of runs that it keeps the promises in at least, with the plan's certainty and however often it was
    /// looked at. In `[0, 1]`; 0 where the runs tell nothing.
    pub at_least: f64,
    /// Replications that were run.
    pub replications: u32,
    /// The numbers by which it is compared, over the measured time of one run, in the order of [`Figure::ALL`].
    pub figures: Vec<Estimate>,
    /// Verdicts on the SLOs, in the order of the scenario.
    pub slos: Vec<SloVerdict>,
}

impl Candidate {
    /// One of the numbers.
    pub fn figure(&self, figure: Figure) -> &Estimate {
        &self.figures[figure as usize]
    }
}

/// Whether a candidate keeps the promises often enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes, with the plan's certainty.
    Proven,
    /// No, with the plan's certainty.
    Refused,
    /// The runs so far do not tell.
    Open,
}

impl Standing {
    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Proven => "proven",
            Standing::Refused => "refused",
            Standing::Open => "open",
        }
    }
}

/// A promise that the best candidate breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortfall {
    /// Its place among the SLOs of the scenario.
    pub slo: usize,
    /// Mean value over the runs divided by the limit, where both are numbers: 1.4 is 40 % too much. `None` where no run
    /// has a value (a queue that never drained).
    pub excess: Option<f64>,
    /// Share of runs that kept this one promise.
    pub kept: f64,
}

/// What queueing theory says.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaAnswer {
    /// The law, in Kendall's notation.
    pub law: String,
    /// The first place on the ordered axis at which the steady state keeps all promises; `None` if it does at no value.
    pub place: Option<usize>,
    /// Whether that is the value that was chosen.
    pub agrees: bool,
    /// Why it may differ from what was chosen; `None` if it does not.
    pub why_it_differs: Option<String>,
}
