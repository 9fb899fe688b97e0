//! Runs at chosen factors, each of them made once, and the limit of each replication between them.
//!
//! Not here: what is made of the limits (`limits`).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::scale::scaled;
use crate::engine::events::{SimulationError, simulate};
use crate::measure::Recorder;
use crate::model::Model;
use crate::study::verdict::{kept_all, kept_one};
use crate::study::{Progress, StudyError};

/// What must be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// All promises.
    All,
    /// One of them, by its place.
    One(usize),
}

/// The largest factor at which a replication is known to keep what is demanded, and the smallest at which it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bracket {
    pub kept: Option<f64>,
    pub broken: Option<f64>,
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub least: f64,
    pub most: f64,
}

/// The factor as a key that sorts like the factor: it is above 0.
type Key = u64;

/// Runs of one world, over factors and replications.
pub(super) struct Trials<'a> {
    model: &'a Model,
    pool: &'a rayon::ThreadPool,
    progress: &'a (dyn Fn(Progress) + Sync),
    /// Run by run: the statistic of each promise.
    values: Vec<BTreeMap<Key, Vec<Option<f64>>>>,
    pub runs: u32,
    pub messages: u64,
    pub events: f64,
}

impl<'a> Trials<'a> {
    pub fn new(model: &'a Model, pool: &'a rayon::ThreadPool, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Trials { model, pool, progress, values: Vec::new(), runs: 0, messages: 0, events: 0.0 }
    }

    /// The world as it is.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// Makes the runs that have not been made yet.
    pub fn make(&mut self, jobs: &[(u32, f64)]) -> Result<(), StudyError> {
        let is_new = |(replication, factor): &&(u32, f64)| {
            self.values.get(*replication as usize).is_none_or(|runs| !runs.contains_key(&factor.to_bits()))
        };
        let jobs: Vec<(u32, f64)> = jobs.iter().filter(is_new).copied().collect();
        let mut models: BTreeMap<Key, Model> = BTreeMap::new();
        for (_, factor) in &jobs {
            models.entry(factor.to_bits()).or_insert_with(|| scaled(self.model, *factor));
        }
        let planned = self.runs + jobs.len() as u32;
        (self.progress)(Progress { done: self.runs, planned });
        let one = |(replication, factor): (u32, f64)| {
            let model = &models[&factor.to_bits()];
            let mut recorder = Recorder::new(model);
            let ledger = simulate(model, model.seed, replication, &mut recorder)?;
            Ok((replication, factor, recorder.finish().promised().to_vec(), ledger))
        };
        let made: Result<Vec<_>, SimulationError> =
            self.pool.install(|| jobs.into_par_iter().with_max_len(1).map(one).collect());
        for (replication, factor, values, ledger) in made? {
            let place = replication as usize;
            if self.values.len() <= place {
                self.values.resize_with(place + 1, BTreeMap::new);
            }
            self.values[place].insert(factor.to_bits(), values);
            self.runs += 1;
            self.messages += ledger.published;
            self.events += ledger.events as f64;
        }
        (self.progress)(Progress { done: self.runs, planned });
        Ok(())
    }

    /// Whether a run that has been made kept what is demanded. What could not be judged is not broken.
    fn keeps(&self, demand: Demand, values: &[Option<f64>]) -> bool {
        match demand {
            Demand::All => kept_all(self.model, values),
            Demand::One(place) => kept_one(&self.model.slos[place], values[place]),
        }
        .unwrap_or(true)
    }

    /// Whether any run could judge any promise.
    pub fn is_judged(&self) -> bool {
        self.values.iter().flat_map(BTreeMap::values).any(|values| kept_all(self.model, values).is_some())
    }

    /// What is known of one replication's limit: the smallest factor that breaks it, and the largest below that.
    pub fn bracket(&self, demand: Demand, replication: u32) -> Bracket {
        let Some(runs) = self.values.get(replication as usize) else { return Bracket::default() };
        let mut bracket = Bracket::default();
        // Positive floats sort like their bits.
        for (key, values) in runs {
            let factor = f64::from_bits(*key);
            if !self.keeps(demand, values) {
                bracket.broken = Some(factor);
                break;
            }
            bracket.kept = Some(factor);
        }
        bracket
    }

    /// Runs that keep what an earlier, smaller factor broke.
    pub fn reversals(&self, demand: Demand) -> usize {
        let reverses = |runs: &BTreeMap<Key, Vec<Option<f64>>>| {
            runs.values().map(|values| self.keeps(demand, values)).is_sorted_by(|earlier, later| earlier >= later)
        };
        self.values.iter().filter(|runs| !reverses(runs)).count()
    }

    /// Whether one run at a factor kept what is demanded, if it has been made.
    pub fn kept(&self, demand: Demand, replication: u32, factor: f64) -> Option<bool> {
        let values = self.values.get(replication as usize)?.get(&factor.to_bits())?;
        Some(self.keeps(demand, values))
    }

    /// Narrows the limits of replications `0..count` until each is known to `precision`, or lies beyond the range, or
    /// surely above the `rank`-th smallest; gives up when `events` of them have been spent. Begins at `start`, and goes
    /// from there in steps that grow from `step`.
    pub fn narrow(&mut self, demand: Demand, count: u32, search: &Search) -> Result<(), StudyError> {
        let mut steps = vec![search.step; count as usize];
        while self.events < search.events {
            let brackets: Vec<Bracket> = (0..count).map(|replication| self.bracket(demand, replication)).collect();
            let cut = cutoff(&brackets, search.rank);
            let mut jobs = Vec::new();
            for (replication, (bracket, step)) in brackets.iter().zip(&mut steps).enumerate() {
                let beyond = bracket.kept.is_some_and(|kept| kept >= cut.min(search.range.most));
                if beyond {
                    continue;
                }
                if let Some(factor) = next(bracket, search, step) {
                    jobs.push((replication as u32, factor));
                }
            }
            if jobs.is_empty() {
                break;
            }
            self.make(&jobs)?;
        }
        Ok(())
    }
}

/// How limits are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Search {
    pub range: Range,
    /// The first factor.
    pub start: f64,
    /// The first step, as a share of the factor.
    pub step: f64,
    /// A limit is known when its bracket is as narrow as this share of it.
    pub precision: f64,
    /// Limits that are surely larger than this many others are of no interest; without a number all are.
    pub rank: Option<usize>,
    /// Events that may be spent, those before this search included.
    pub events: f64,
}

/// The factor below which so many limits lie for certain; no limit above it matters.
fn cutoff(brackets: &[Bracket], rank: Option<usize>) -> f64 {
    let mut broken: Vec<f64> = brackets.iter().filter_map(|bracket| bracket.broken).collect();
    broken.sort_by(f64::total_cmp);
    rank.and_then(|rank| broken.get(rank - 1).copied()).unwrap_or(f64::INFINITY)
}

/// The next factor at which a replication should be run, if it needs any.
fn next(bracket: &Bracket, search: &Search, step: &mut f64) -> Option<f64> {
    let Range { least, most } = search.range;
    match (bracket.kept, bracket.broken) {
        (None, None) => Some(search.start.clamp(least, most)),
        (Some(kept), Some(broken)) => (broken / kept > 1.0 + search.precision).then(|| (kept * broken).sqrt()),
        (Some(kept), None) => {
            let factor = (kept * (1.0 + *step)).min(most);
            *step *= 2.0;
            (kept < most).then_some(factor)
        }
        (None, Some(broken)) => {
            let factor = (broken / (1.0 + *step)).max(least);
            *step *= 2.0;
            (broken > least).then_some(factor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Search = Search {
        range: Range { least: 0.1, most: 8.0 },
        start: 1.0,
        step: 0.1,
        precision: 0.02,
        rank: None,
        events: f64::INFINITY,
    };

    /// Follows `next` against a limit that is known.
    fn found(limit: f64) -> (Bracket, usize) {
        let (mut bracket, mut step, mut runs) = (Bracket::default(), SEARCH.step, 0);
        while let Some(factor) = next(&bracket, &SEARCH, &mut step) {
            *(if factor < limit { &mut bracket.kept } else { &mut bracket.broken }) = Some(factor);
            runs += 1;
        }
        (bracket, runs)
    }

    #[test]
    fn a_limit_is_enclosed_in_few_runs() {
        for limit in [0.2, 0.97, 1.0001, 1.38, 5.0] {
            let (Bracket { kept: Some(kept), broken: Some(broken) }, runs) = found(limit) else { panic!("{limit}") };
            assert!(kept < limit && limit <= broken && broken / kept <= 1.02 && runs <= 12, "{limit}: {runs}");
        }
        assert_eq!(found(20.0).0, Bracket { kept: Some(8.0), broken: None });
        assert_eq!(found(0.01).0, Bracket { kept: None, broken: Some(0.1) });
    }

    #[test]
    fn limits_above_enough_others_are_left_alone() {
        let bracket = |broken: f64| Bracket { kept: Some(0.5), broken: Some(broken) };
        let brackets = [bracket(1.3), bracket(1.1), Bracket { kept: Some(1.2), broken: None }, bracket(1.2)];
        assert_eq!(cutoff(&brackets, Some(2)), 1.2);
        assert_eq!(cutoff(&brackets, Some(4)), f64::INFINITY);
        assert_eq!(cutoff(&brackets, None), f64::INFINITY);
    }
}
