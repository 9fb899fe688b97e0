//! How much more load a scenario bears before a promise breaks, what breaks first, and when growth gets there.
//!
//! Every producer's rate is multiplied by one factor. Of one replication the *limit* is the largest factor at which it
//! keeps all promises; replications keep their random streams at every factor (common random numbers), so that the
//! limit belongs to the replication. The headroom is the factor that a demanded share of the replications bears: a
//! quantile of their limits, with its interval. Not here: reports, and dates on a calendar.

mod error;
mod guess;
mod limits;
mod saturation;
mod scale;
#[cfg(test)]
mod tests;
mod trials;

pub use error::HeadroomError;

use crate::measure::{Estimate, KeptShare};
use crate::model::{Arrivals, GroupId, Model, QueueId};
use crate::scenario::Growth;
use crate::study::verdict::words;
use crate::study::{Progress, StudyError};
use crate::units::Seconds;
use guess::{Guess, guess};
use trials::{Bracket, Demand, Range, Search, Trials};

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
    /// Events that may be simulated in all; decides how many replications are affordable.
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
            budget: 4e8,
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

/// Replications that explore, and by which each promise is judged by itself.
const EXPLORERS: u32 = 10;
/// The same where runs are long.
const FEW_EXPLORERS: u32 = 2;
/// Fewest replications of which a deviation means anything.
const FEWEST: u32 = 3;
/// Runs that a replication takes until its limit is known, when most of them are above what matters.
const RUNS_EACH: f64 = 2.5;
/// The same when every limit is looked for.
const RUNS_EACH_ALL: f64 = 6.0;
/// Share of the budget for the load as it is; the rest is for promises one by one, and for what may be away.
const MAIN_SHARE: f64 = 0.6;
/// A promise by itself is followed up to this multiple of the factor that all of them bear.
const PROMISE_REACH: f64 = 2.0;

/// How much more load `model` bears. The answer's `wall_s` is left at 0: whoever has a clock may fill it in.
///
/// # Errors
/// [`HeadroomError`] when nothing is promised, published at a rate or judged, or the events engine cannot run it.
pub fn headroom(
    model: &Model,
    options: &HeadroomOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Headroom, HeadroomError> {
    refuse(model, options)?;
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| StudyError::Threads { threads, why: error.to_string() })?;
    let range = Range { least: 1.0 / options.ceiling, most: affordable(model, options) };
    let saturation = saturation::saturation(model);
    let mut notes = Vec::new();
    let mut trials = Trials::new(model, &pool, progress);
    let plan = Plan::new(model, options, MAIN_SHARE * options.budget);
    let first = guess(model, &saturation, range);
    let whole = whole(&mut trials, &plan, options, range, first)?;
    if !trials.is_judged() {
        return Err(HeadroomError::NotJudged);
    }
    let promises = promises(&mut trials, &plan, options, range, &whole)?;
    let asked = trials.reversals(Demand::All);
    if asked > 0 {
        notes.push(format!(
            "{asked} of the replications keep at a larger factor what they break at a smaller one: the factor is where \
             they break first"
        ));
    }
    let (mut runs, mut messages) = (trials.runs, trials.messages);
    let mut away = Vec::new();
    let losses = scale::losses(model, options.away, options.zones);
    let share = (options.budget - trials.events).max((1.0 - MAIN_SHARE) * options.budget) / losses.len().max(1) as f64;
    for lost in losses {
        let (answer, spent) = left(model, lost, options, &whole, share, &pool, progress)?;
        runs += spent.0;
        messages += spent.1;
        away.push(answer);
    }
    notes.extend(doubts(model, whole.procedure));
    let explorers = (whole.explorers as usize).min(whole.brackets.len());
    let curve = limits::curve(&whole.brackets, &whole.brackets[..explorers], whole.factor.value);
    let due = options.growth.map(|growth| Due { growth, after_s: due(growth, &whole.factor) });
    Ok(Headroom {
        model: model.clone(),
        options: options.clone(),
        procedure: whole.procedure,
        first: most_first(&promises),
        factor: whole.factor,
        typical: whole.typical,
        kept_now: whole.kept_now,
        curve,
        promises,
        saturation,
        due,
        away,
        runs,
        messages,
        notes,
        wall_s: 0.0,
    })
}

/// What makes the question meaningless.
fn refuse(model: &Model, options: &HeadroomOptions) -> Result<(), HeadroomError> {
    if model.slos.is_empty() {
        return Err(HeadroomError::NoPromise);
    }
    let mut load = 0.0;
    for producer in &model.producers {
        match &producer.arrivals {
            Arrivals::Recorded(_) => return Err(HeadroomError::Recorded { producer: producer.name.clone() }),
            Arrivals::Process { rate, .. } => load += rate.integral(0.0, model.horizon_s),
        }
    }
    if load <= 0.0 {
        return Err(HeadroomError::NoLoad);
    }
    match options.runs {
        Some(runs) if runs < FEWEST => Err(HeadroomError::TooFewRuns { runs }),
        _ => Ok(()),
    }
}

/// The largest factor whose runs fit into memory, by halving from the ceiling.
fn affordable(model: &Model, options: &HeadroomOptions) -> f64 {
    let memory_bytes = options.memory_bytes.map_or(f64::INFINITY, |bytes| bytes as f64);
    let mut most = options.ceiling;
    while most > 1.0 && scale::scaled(model, most).expected_cost().memory_bytes > memory_bytes {
        most = (0.5 * most).max(1.0);
    }
    most
}

/// How many replications there are, and what they may cost.
struct Plan {
    procedure: Procedure,
    explorers: u32,
    /// Ranks of limits that matter; without a number all of them are looked for.
    rank: Option<usize>,
    /// Events that may be spent.
    events: f64,
}

impl Plan {
    fn new(model: &Model, options: &HeadroomOptions, events: f64) -> Self {
        let per_run = model.expected_cost().events / f64::from(model.replications.at_most().max(1));
        let counted = options.runs.unwrap_or_else(|| limits::counted(options.kept_in));
        let is_affordable = options.runs.is_some() || RUNS_EACH * f64::from(counted) * per_run <= events;
        if limits::can_count(counted, options.kept_in) && is_affordable {
            let all = RUNS_EACH_ALL * f64::from(counted) * per_run <= events;
            let rank = limits::last_rank(counted, options.kept_in).filter(|_| !all);
            let procedure = Procedure::Counted { replications: counted };
            return Plan { procedure, explorers: EXPLORERS.min(counted), rank, events: 2.0 * events };
        }
        let most = (events / (RUNS_EACH_ALL * per_run)) as u32;
        let replications = options.runs.unwrap_or(most.clamp(FEWEST + 1, EXPLORERS)).max(FEWEST);
        let procedure = Procedure::Scattered { replications };
        Plan { procedure, explorers: FEW_EXPLORERS, rank: None, events: 2.0 * events }
    }
}

/// What the load as it is bears.
struct Whole {
    brackets: Vec<Bracket>,
    factor: Estimate,
    typical: Estimate,
    kept_now: KeptShare,
    /// Where promises one by one are looked for.
    middle: f64,
    /// How many replications there were, and what was made of them.
    procedure: Procedure,
    /// The first of them, whose limits are all known.
    explorers: u32,
}

fn whole(
    trials: &mut Trials<'_>,
    plan: &Plan,
    options: &HeadroomOptions,
    range: Range,
    first: Guess,
) -> Result<Whole, HeadroomError> {
    let precision = options.precision;
    let step = if first.is_close { precision } else { 5.0 * precision };
    let start = first.factor;
    let search = Search { range, start, step, precision, rank: None, events: plan.events };
    let beyond = FEW_EXPLORERS.min(plan.explorers);
    let mut is_beyond = first.is_beyond;
    if is_beyond {
        // Runs at the largest factor are the dearest: a few of them bear out what is expected, or do not.
        trials.narrow(Demand::All, beyond, &search)?;
        is_beyond = brackets(trials, Demand::All, beyond).iter().all(|bracket| bracket.broken.is_none());
    }
    let procedure = if is_beyond { Procedure::Counted { replications: beyond } } else { plan.procedure };
    let explorers = if is_beyond { beyond } else { plan.explorers };
    let count = procedure.replications();
    trials.narrow(Demand::All, explorers, &search)?;
    let explored: Vec<Bracket> = brackets(trials, Demand::All, explorers);
    let mut ends: Vec<f64> = explored.iter().filter_map(|bracket| bracket.broken.or(bracket.kept)).collect();
    ends.sort_by(f64::total_cmp);
    // Where some break and most do not: one run then tells of most replications that they do not matter.
    let start = ends.get(ends.len() / 5).copied().unwrap_or(start);
    let search = Search { start, step: precision, rank: plan.rank, ..search };
    trials.narrow(Demand::All, count, &search)?;
    let brackets = brackets(trials, Demand::All, count);
    let now: Vec<(u32, f64)> =
        (0..count).filter(|r| is_open_at(&brackets[*r as usize], 1.0)).map(|r| (r, 1.0)).collect();
    trials.make(&now)?;
    let kept = (0..count).filter(|r| keeps_now(trials, *r)).count() as u32;
    Ok(Whole {
        factor: limits::factor(&brackets, options.kept_in, procedure, range),
        typical: typical(&explored, range),
        kept_now: KeptShare::new(kept, count),
        middle: ends.get(ends.len() / 2).copied().unwrap_or(start),
        brackets,
        procedure,
        explorers,
    })
}

fn brackets(trials: &Trials<'_>, demand: Demand, count: u32) -> Vec<Bracket> {
    (0..count).map(|replication| trials.bracket(demand, replication)).collect()
}

/// What half of the runs bear, by the replications that explored.
fn typical(explored: &[Bracket], range: Range) -> Estimate {
    let replications = explored.len() as u32;
    let procedure = if replications > FEW_EXPLORERS {
        Procedure::Counted { replications }
    } else {
        Procedure::Scattered { replications }
    };
    limits::factor(explored, 0.5, procedure, range)
}

/// Whether runs at other factors do not tell whether this one keeps its promises.
fn is_open_at(bracket: &Bracket, factor: f64) -> bool {
    bracket.kept.is_none_or(|kept| kept < factor) && bracket.broken.is_none_or(|broken| broken > factor)
}

fn keeps_now(trials: &Trials<'_>, replication: u32) -> bool {
    let inferred = || trials.bracket(Demand::All, replication).kept.is_some_and(|kept| kept >= 1.0);
    trials.kept(Demand::All, replication, 1.0).unwrap_or_else(inferred)
}

/// Every promise by itself.
fn promises(
    trials: &mut Trials<'_>,
    plan: &Plan,
    options: &HeadroomOptions,
    range: Range,
    whole: &Whole,
) -> Result<Vec<PromiseHeadroom>, HeadroomError> {
    let model = trials.model();
    let first_in = first_in(trials, model.slos.len(), &whole.brackets);
    let range = Range { most: (PROMISE_REACH * whole.middle).clamp(range.least, range.most), ..range };
    let mut all = Vec::new();
    for (place, slo) in model.slos.iter().enumerate() {
        let precision = options.precision;
        let events = plan.events;
        let search = Search { range, start: whole.middle, step: 2.0 * precision, precision, rank: None, events };
        // A single promise is the same as all of them.
        let demand = if model.slos.len() == 1 { Demand::All } else { Demand::One(place) };
        if demand != Demand::All {
            trials.narrow(demand, whole.explorers, &search)?;
        }
        all.push(PromiseHeadroom {
            name: slo.name.clone(),
            promise: words(model, slo),
            queue: slo.queue,
            typical: typical(&brackets(trials, demand, whole.explorers), range),
            first_in: first_in.as_ref().map(|shares| shares[place]),
        });
    }
    Ok(all)
}

/// Shares of the replications, by which promise is broken where they break first; `None` where nothing breaks.
fn first_in(trials: &Trials<'_>, promises: usize, brackets: &[Bracket]) -> Option<Vec<f64>> {
    let (mut broken, mut counts) = (0_u32, vec![0_u32; promises]);
    for (replication, bracket) in brackets.iter().enumerate() {
        let Some(factor) = bracket.broken else { continue };
        broken += 1;
        for (place, count) in counts.iter_mut().enumerate() {
            let kept = trials.kept(Demand::One(place), replication as u32, factor);
            *count += u32::from(kept == Some(false));
        }
    }
    (broken > 0).then(|| counts.iter().map(|count| f64::from(*count) / f64::from(broken)).collect())
}

fn most_first(promises: &[PromiseHeadroom]) -> Option<usize> {
    let known = promises.iter().enumerate().filter_map(|(place, promise)| Some((place, promise.first_in?)));
    // Of equals the one that comes first in the scenario.
    known
        .fold(
            None,
            |best: Option<(usize, f64)>, next| if best.is_none_or(|best| next.1 > best.1) { Some(next) } else { best },
        )
        .map(|(place, _)| place)
}

/// Runs and messages of one question.
type Spent = (u32, u64);

/// What is left while something is away.
fn left(
    model: &Model,
    lost: Lost,
    options: &HeadroomOptions,
    whole: &Whole,
    events: f64,
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Away, Spent), HeadroomError> {
    let nothing = Away {
        lost,
        words: scale::words(model, lost),
        kept_now: None,
        factor: Estimate::default(),
        first: None,
        due_after_s: None,
        why_not: None,
    };
    let reduced = match scale::without(model, lost) {
        Ok(reduced) => reduced,
        Err(why_not) => {
            let factor = Estimate::missing(why_not.clone());
            return Ok((Away { factor, why_not: Some(why_not), ..nothing }, (0, 0)));
        }
    };
    let range = Range { least: 1.0 / options.ceiling, most: affordable(&reduced, options) };
    let mut trials = Trials::new(&reduced, pool, progress);
    let plan = Plan::new(&reduced, options, events);
    let busy = |model: &Model| saturation::saturation(model).first().map_or(1.0, |first| first.on_average);
    let factor = (whole.middle * busy(&reduced) / busy(model)).clamp(range.least, range.most);
    let found = self::whole(
        &mut trials,
        &plan,
        options,
        range,
        Guess { factor, is_close: true, is_beyond: factor >= range.most },
    )?;
    let first = first_in(&trials, model.slos.len(), &found.brackets)
        .and_then(|shares| (0..shares.len()).rev().max_by(|a, b| shares[*a].total_cmp(&shares[*b])));
    let due_after_s = options.growth.and_then(|growth| due(growth, &found.factor).value);
    let away = Away { kept_now: Some(found.kept_now), factor: found.factor, first, due_after_s, ..nothing };
    Ok((away, (trials.runs, trials.messages)))
}

/// When growth reaches a factor and the ends of its interval.
fn due(growth: Growth, factor: &Estimate) -> Estimate {
    let after = |factor: Option<f64>| factor.map(|factor| growth.time_to(factor.max(1.0)));
    let why_not = match factor.value {
        Some(value) if value < 1.0 => Some("it is used up already".to_owned()),
        Some(_) => None,
        None => factor.why_not.clone(),
    };
    Estimate { value: after(factor.value), low: after(factor.low), high: after(factor.high), why_not }
}

/// What a reader must know before trusting the numbers.
fn doubts(model: &Model, procedure: Procedure) -> Vec<String> {
    let mut doubts = Vec::new();
    if let Procedure::Scattered { replications } = procedure {
        doubts.push(format!(
            "{replications} long runs instead of enough to count: the interval takes the logarithms of their limits as \
             normal; `--runs` buys an interval without that assumption"
        ));
    }
    if model.groups.iter().any(|group| group.scaling.is_some()) {
        doubts.push(
            "a scaled group may bear a larger load better than a smaller one: that a run keeps its promises below its \
             limit is taken for granted"
                .to_owned(),
        );
    }
    if model.producers.iter().any(|producer| producer.confirms.is_some()) {
        doubts
            .push("producers that wait for confirms publish no faster than these come, whatever the factor".to_owned());
    }
    doubts
}
