//! How much more load a scenario bears before a promise breaks, what breaks first, and when growth gets there.
//!
//! Every producer's rate is multiplied by one factor. Of one replication the *limit* is the largest factor at which it
//! keeps all promises; replications keep their random streams at every factor (common random numbers), so that the
//! limit belongs to the replication. The headroom is the factor that a demanded share of the replications bears: a
//! quantile of their limits, with its interval. Not here: reports, and dates on a calendar.

use crate::measure::Estimate;
use crate::measure::KeptShare;
use crate::model::{GroupId, Model, QueueId};
use crate::scenario::Growth;
use crate::units::Seconds;

/// What a study of headroom may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadroomOptions {
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Share of runs in which all promises must be kept, in (0, 1).
    pub kept_in: f64,
    /// A replication's limit is known to this share of itself; above 0.
    pub precision: f64,
    /// Replications whose limits are looked for; as many as `kept_in` needs, within `budget`, without a number.
    pub runs: Option<u32>,
    /// Replicas of one group that are away in the question "N+1"; 0 asks it only of zones.
    pub away: u32,
    /// Over how many zones the replicas of every group are spread, if one of them may fail.
    pub zones: Option<u32>,
    /// How the load is expected to grow.
    pub growth: Option<Growth>,
    /// The largest factor that is tried, above 1.
    pub ceiling: f64,
    /// Messages that may be simulated in all; decides how many replications are affordable.
    pub budget: f64,
    /// Memory that one run may need, in bytes; larger factors are not tried.
    pub memory_bytes: Option<u64>,
}

impl Default for HeadroomOptions {
    fn default() -> Self {
        HeadroomOptions {
            threads: None,
            kept_in: 0.95,
            precision: 0.02,
            runs: None,
            away: 1,
            zones: None,
            growth: None,
            ceiling: 64.0,
            budget: 3e8,
            memory_bytes: None,
        }
    }
}

/// What was found out. Factors are of the load as the scenario has it: 1 is today, 1.38 is 38 % more.
#[derive(Clone, Debug, PartialEq)]
pub struct Headroom {
    /// The scenario.
    pub model: Model,
    /// What was asked.
    pub options: HeadroomOptions,
    /// How the interval was found.
    pub procedure: Procedure,
    /// The largest factor at which the demanded share of runs keeps all promises. Below 1, they are broken today.
    ///
    /// Where nothing breaks up to the largest factor that was tried, only `low` is there, and `why_not`.
    pub factor: Estimate,
    /// The same of half of the runs: what a typical run bears.
    pub typical: Estimate,
    /// Share of runs that keep all promises today.
    pub kept_now: KeptShare,
    /// Share of runs that keep all promises at each of some factors, ascending.
    pub curve: Vec<KeptAt>,
    /// Every promise by itself, in the order of the scenario.
    pub promises: Vec<PromiseHeadroom>,
    /// The promise that breaks first in most runs, by its place in `promises`.
    pub first: Option<usize>,
    /// From which factor on each group or resource has more work than it can do, the first one first.
    pub saturation: Vec<Saturation>,
    /// When growth has used it up.
    pub due: Option<Due>,
    /// What is left when replicas or a zone are away.
    pub away: Vec<Away>,
    /// Runs of the events engine, in all.
    pub runs: u32,
    /// Messages that they published.
    pub messages: u64,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Time that it took; left at 0 by the library, which has no clock.
    pub wall_s: f64,
}

/// How the interval of the factor was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Procedure {
    /// By counting: order statistics of the runs' limits, whatever their law.
    Counted {
        /// Replications whose limits count.
        replications: u32,
    },
    /// Too few runs to count: a tolerance bound on the logarithms of their limits, as if these were normal.
    Scattered {
        /// Replications whose limits count.
        replications: u32,
    },
}

impl Procedure {
    /// Replications whose limits count.
    pub fn replications(self) -> u32 {
        match self {
            Procedure::Counted { replications } | Procedure::Scattered { replications } => replications,
        }
    }
}

/// The share of runs that keep all promises at one factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptAt {
    /// The factor.
    pub factor: f64,
    /// How many runs keep them.
    pub kept: KeptShare,
}

/// One promise by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PromiseHeadroom {
    /// Key in the scenario.
    pub name: String,
    /// In words: `orders: p99 wait below 2 s`.
    pub promise: String,
    /// Its queue; of a path, the last one.
    pub queue: QueueId,
    /// The largest factor at which half of the runs keep it; from fewer runs than that of all promises.
    pub typical: Estimate,
    /// Share of the runs in which it is the first that breaks (or one of the first).
    pub first_in: Option<f64>,
}

/// From where on something has more work than it can do.
#[derive(Clone, Debug, PartialEq)]
pub struct Saturation {
    /// Consumer group or resource.
    pub what: Saturated,
    /// Its key in the scenario.
    pub name: String,
    /// Factor from which on it has more work over the whole run than it can do.
    pub on_average: f64,
    /// Factor from which on it has more work in its busiest interval, if that is known.
    pub at_peak: Option<f64>,
}

/// What can be saturated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saturated {
    /// The groups of a queue together, with the replicas that they may have.
    Queue(QueueId),
    /// A shared resource, by its place in the model.
    Resource(usize),
}

/// When growth has used up the headroom.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The growth.
    pub growth: Growth,
    /// Seconds from the scenario's start until the factor is reached.
    pub after_s: Estimate,
}

/// What may be away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Some replicas of one group.
    Replicas {
        /// The group.
        group: GroupId,
        /// How many of its replicas.
        count: u32,
    },
    /// One of so many zones: the largest part of every group.
    Zone {
        /// Zones that there are.
        of: u32,
    },
}

/// What is left while something is away.
#[derive(Clone, Debug, PartialEq)]
pub struct Away {
    /// What is away.
    pub lost: Lost,
    /// In words: `workers: 3 of 4 replicas left`.
    pub words: String,
    /// Share of runs that keep all promises today; `None` with a reason in `why_not`.
    pub kept_now: Option<KeptShare>,
    /// The factor that is left.
    pub factor: Estimate,
    /// The promise that breaks first then, by its place in the scenario.
    pub first: Option<usize>,
    /// When growth has used that up.
    pub due_after_s: Option<Seconds>,
    /// Why there is no answer.
    pub why_not: Option<String>,
}
