//! How long a queue needs to clear after an outage, a spike or a backlog at the start, and who would clear it in time.
//!
//! A queue is *disturbed* until the fluid backlog has passed its peak for the last time: until an outage ends, a spike
//! is over, or t = 0 with messages that are there already. From then on it *clears*: until no message is ready for the
//! first time. (`drained_at_s` of a run is another number: after it nothing is ever ready again, which a busy queue
//! does not reach while messages arrive.) Not here: reports.

mod deadline;
mod disturbance;
mod error;
mod runs;
#[cfg(test)]
mod tests;

pub use error::DrainError;

use crate::measure::{Cleared, Estimate, EventsOutcome, KeptShare, QuantileRanks, quantile_rank};
use crate::model::{GroupId, Model, QueueId, Replications};
use crate::study::storm::storm_note;
use crate::study::{Progress, StudyError, repeat};
use crate::units::Seconds;
use deadline::Question;
use disturbance::by_fluid;
use runs::Runs;

/// What a study of drain times may choose besides the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct DrainOptions {
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
    /// Share of runs that must have cleared by the deadline, in (0, 1).
    pub kept_in: f64,
    /// Replications; as many as the scenario and `kept_in` need without a number.
    pub runs: Option<u32>,
    /// Time from the end of the disturbance in which every queue is to be clear; without it, the promises `drained`
    /// of the scenario are the deadlines.
    pub by_s: Option<Seconds>,
    /// Most replicas that are tried to meet a deadline.
    pub most_replicas: u32,
    /// Events that may be simulated in all; decides how many replications are affordable.
    pub budget: f64,
}

impl Default for DrainOptions {
    fn default() -> Self {
        DrainOptions { threads: None, kept_in: 0.95, runs: None, by_s: None, most_replicas: 10_000, budget: 4e8 }
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Drain {
    /// The scenario.
    pub model: Model,
    /// What was asked.
    pub options: DrainOptions,
    /// Every queue with consumers, in the order of the scenario.
    pub queues: Vec<QueueDrain>,
    /// Replications of the scenario as it is.
    pub replications: u32,
    /// Runs of the events engine in all, those with other numbers of replicas included.
    pub runs: u32,
    /// Messages that they published.
    pub messages: u64,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Time that it took; left at 0 by the library, which has no clock.
    pub wall_s: f64,
}

/// One queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueDrain {
    /// The queue.
    pub queue: QueueId,
    /// Key in the scenario.
    pub name: String,
    /// When the disturbance has ended and what ended; `None` if the queue never has a backlog.
    pub disturbed: Option<Disturbance>,
    /// The fluid number: seconds from the end of the disturbance until the backlog is gone.
    pub fluid_s: Option<Seconds>,
    /// Why there is no fluid number.
    pub fluid_why_not: Option<String>,
    /// Most messages that wait, by the fluid equation.
    pub fluid_backlog: Option<f64>,
    /// Ready messages at the end of the disturbance, mean over runs.
    pub backlog: Estimate,
    /// Time to clear of each run, ascending; runs that did not clear by the horizon are left out.
    pub clear_s: Vec<Seconds>,
    /// Median, 90th, 95th and 99th percentile of the time to clear over runs, each with the order-statistic interval.
    pub quantiles: Vec<ClearQuantile>,
    /// Share of runs that clear by the horizon; `None` where there is nothing to clear.
    pub clears: Option<KeptShare>,
    /// Why it does not recover, if redeliveries are the reason.
    pub storm: Option<String>,
    /// What a deadline needs.
    pub deadline: Option<Deadline>,
}

/// The end of a disturbance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// When it ended, in scenario time.
    pub until_s: Seconds,
    /// What ended.
    pub kind: DisturbanceKind,
}

/// What ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// An outage of the consumers.
    Outage,
    /// An outage of the broker.
    BrokerOutage,
    /// Messages that were there at the start, and no larger backlog later, or one that grows up to the horizon.
    Initial,
    /// More was published than could be consumed.
    Overload,
}

/// A quantile of the time to clear.
#[derive(Clone, Debug, PartialEq)]
pub struct ClearQuantile {
    /// Which, in (0, 1).
    pub share: f64,
    /// Seconds from the end of the disturbance; missing ends are runs that did not clear, or too few runs.
    pub after_s: Estimate,
}

/// What a deadline needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// The promise that sets it; `None` where it was asked for.
    pub promise: Option<String>,
    /// When the queue must be clear, in scenario time.
    pub at_s: Seconds,
    /// Share of runs that are clear by then as the scenario is; `None` beyond the horizon, where no run gets.
    pub in_time: Option<KeptShare>,
    /// Whether the demanded share of runs is clear by then: by the lower end of the interval, not by it, or open.
    pub met: Option<bool>,
    /// Replicas of the queue's group that the fluid equation asks for.
    pub fluid_replicas: Option<u32>,
    /// The fewest replicas for which it is shown that the demanded share of runs is clear by then.
    pub replicas: Option<u32>,
    /// What was tried, ascending in replicas.
    pub tried: Vec<Tried>,
    /// The group whose replicas were varied.
    pub group: Option<GroupId>,
    /// Why no number of replicas is named.
    pub why_not: Option<String>,
}

/// One number of replicas that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// Replicas.
    pub replicas: u32,
    /// Share of runs that are clear by the deadline.
    pub in_time: KeptShare,
}

/// Quantiles of the time to clear that are reported.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// Probability with which an interval holds the true quantile.
const CONFIDENCE: f64 = 0.95;
/// Replications where they are cheap: enough for an interval of the 99th percentile.
const MOST_RUNS: u32 = 400;
/// Fewest replications, however long they are.
const FEWEST_RUNS: u32 = 5;
/// Share of the budget for the scenario as it is; the rest is for deadlines.
const MAIN_SHARE: f64 = 0.5;
/// Replications that are measured in full: they tell of storms, and of backlogs that the equation cannot follow.
const PILOTS: u32 = 3;

/// How long each queue of `model` needs to clear. The answer's `wall_s` is left at 0: whoever has a clock may fill it
/// in.
///
/// # Errors
/// [`DrainError`] when nobody consumes, or the events engine cannot run it.
pub fn drain(model: &Model, options: &DrainOptions, progress: &(dyn Fn(Progress) + Sync)) -> Result<Drain, DrainError> {
    let consumed: Vec<QueueId> = (0..model.queues.len()).filter(|q| model.groups_of(*q).next().is_some()).collect();
    if consumed.is_empty() {
        return Err(DrainError::NobodyConsumes);
    }
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| StudyError::Threads { threads, why: error.to_string() })?;
    let pilot = Model { replications: Replications::Fixed(PILOTS), ..model.clone() };
    let pilot_outcome = repeat(&pilot, options.threads, &|_| {})?;
    let fluids: Vec<disturbance::ByFluid> =
        (0..model.queues.len()).map(|queue| disturbed(model, queue, &pilot_outcome)).collect();
    let from_s: Vec<Option<Seconds>> =
        fluids.iter().map(|fluid| fluid.disturbance.map(|disturbance| disturbance.until_s)).collect();
    let per_run = model.expected_cost().events / f64::from(model.replications.at_most().max(1));
    let affordable = (MAIN_SHARE * options.budget / per_run) as u32;
    let count = options.runs.unwrap_or(affordable.clamp(FEWEST_RUNS, MOST_RUNS)).max(1);
    let budget = options.budget;
    let mut runs = Runs { model, count, pool: &pool, progress, budget, made: 0, messages: 0, events: 0.0 };
    let is_disturbed = from_s.iter().any(Option::is_some);
    let found = if is_disturbed { runs.make(model, 0..count, &from_s)? } else { Vec::new() };
    let mut queues = Vec::new();
    for queue in consumed {
        let cleared: Vec<Cleared> = found.iter().filter_map(|run| run[queue]).collect();
        let storm = storm_note(model, queue, &pilot_outcome);
        let mut answer = answer(model, queue, &fluids[queue], &cleared);
        answer.storm = storm;
        if let Some(disturbance) = answer.disturbed
            && let Some((promise, at_s)) = deadline::asked(model, queue, disturbance.until_s, options)
        {
            let question = Question { queue, promise, at_s, cleared: &cleared, from_s: &from_s };
            answer.deadline = Some(deadline::answer(question, options, &mut runs)?);
        }
        queues.push(answer);
    }
    let notes = doubts(&runs, options);
    Ok(Drain {
        model: model.clone(),
        options: options.clone(),
        queues,
        replications: if is_disturbed { count } else { 0 },
        runs: runs.made + PILOTS,
        messages: runs.messages + pilot_outcome.balance.published,
        notes,
        wall_s: 0.0,
    })
}

/// The equation's disturbance; where the equation has no answer, the highest row of the mean of ready messages.
fn disturbed(model: &Model, queue: QueueId, pilot: &EventsOutcome) -> disturbance::ByFluid {
    let fluid = by_fluid(model, queue);
    if fluid.most.is_some() {
        return fluid;
    }
    let rows = &pilot.series[queue];
    let highest =
        rows.time_s.iter().zip(&rows.ready_mean).fold((0.0, model.queues[queue].initial as f64), |best, row| {
            if *row.1 > best.1 { (*row.0, *row.1) } else { best }
        });
    let disturbance = (highest.1 >= 1.0).then(|| disturbance::peak(model, queue, highest.0));
    disturbance::ByFluid { disturbance, ..fluid }
}

fn answer(model: &Model, queue: QueueId, fluid: &disturbance::ByFluid, cleared: &[Cleared]) -> QueueDrain {
    let until_s = fluid.disturbance.map_or(0.0, |disturbance| disturbance.until_s);
    let mut clear_s: Vec<Seconds> = cleared.iter().filter_map(|one| Some(one.at_s? - until_s)).collect();
    clear_s.sort_by(f64::total_cmp);
    let backlogs: Vec<f64> = cleared.iter().map(|one| one.backlog as f64).collect();
    let clears = match cleared.len() as u32 {
        0 => None,
        runs => Some(KeptShare::new(clear_s.len() as u32, runs)),
    };
    QueueDrain {
        queue,
        name: model.queues[queue].name.clone(),
        disturbed: fluid.disturbance,
        fluid_s: fluid.clear_s,
        fluid_why_not: fluid.why_not.clone(),
        fluid_backlog: fluid.most,
        backlog: Estimate::of(&backlogs, "the queue never has a backlog"),
        quantiles: QUANTILES.map(|share| quantile(&clear_s, cleared.len(), share)).to_vec(),
        clear_s,
        clears,
        storm: None,
        deadline: None,
    }
}

/// A quantile of the time to clear over all runs; runs that have not cleared are later than all others.
fn quantile(clear_s: &[Seconds], runs: usize, share: f64) -> ClearQuantile {
    let at = |rank: Option<usize>| rank.and_then(|rank| clear_s.get(rank - 1).copied());
    let ranks = QuantileRanks::new(runs, share, CONFIDENCE);
    let value = if runs == 0 { None } else { at(Some(quantile_rank(runs, share))) };
    let why_not = match value {
        Some(_) => None,
        None if runs == 0 => Some("the queue never has a backlog".to_owned()),
        None => Some("so many runs have not cleared by the horizon".to_owned()),
    };
    ClearQuantile { share, after_s: Estimate { value, low: at(ranks.lower), high: at(ranks.upper), why_not } }
}

fn doubts(runs: &Runs<'_>, options: &DrainOptions) -> Vec<String> {
    let mut doubts = Vec::new();
    let shown = QuantileRanks::new(runs.count as usize, 0.95, CONFIDENCE).upper.is_some();
    if runs.made > 0 && !shown {
        doubts.push(format!(
            "{} runs are too few for an upper end of the 95th percentile: ask for 72 or more with `--runs`",
            runs.count
        ));
    }
    if runs.is_spent() {
        let spent = crate::units::show_count(options.budget);
        doubts.push(format!("the budget of {spent} events is spent: the search for replicas ended early"));
    }
    doubts
}
