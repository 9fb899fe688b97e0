//! Candidates and their runs, added where they are asked for.
//!
//! Replication r of every candidate draws the same arrivals and the same work (common random numbers). Runs are
//! collected by candidate and number, so that the result is the same for any number of threads. A run keeps a few
//! numbers only: a plan may hold thousands. Not here: which runs are worth it (`search`).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::question::{Question, Variant};
use super::{PlanError, PlanOptions};
use crate::engine::events::{SimulationError, simulate};
use crate::measure::{Figure, Figures, Recorder};
use crate::model::{GroupId, Model};
use crate::study::verdict::kept_all;
use crate::study::{Progress, StudyError};

/// One replication of one candidate.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Whether all promises were kept; `None` where none of them could be judged.
    pub kept: Option<bool>,
    /// The statistic that each promise speaks of.
    pub promised: Vec<Option<f64>>,
    pub figures: Figures,
    pub events: u64,
    pub messages: u64,
}

/// One candidate.
pub(super) struct Tried {
    pub model: Model,
    pub runs: Vec<Run>,
}

impl Tried {
    /// Runs that kept all promises, and runs that could be judged.
    pub fn kept(&self) -> (u32, u32) {
        let judged = self.runs.iter().filter_map(|run| run.kept);
        judged.fold((0, 0), |(kept, runs), is_kept| (kept + u32::from(is_kept), runs + 1))
    }

    /// Mean of a number over the runs.
    pub fn mean(&self, figure: Figure) -> f64 {
        self.runs.iter().filter_map(|run| run.figures.get(figure)).sum::<f64>() / self.runs.len().max(1) as f64
    }
}

/// All candidates that were looked at.
pub(super) struct Bench<'b> {
    question: &'b Question,
    variant: Variant<'b>,
    pool: rayon::ThreadPool,
    progress: &'b (dyn Fn(Progress) + Sync),
    pub tried: BTreeMap<u64, Tried>,
    /// Runs so far, and their events.
    pub runs: u32,
    pub events: u64,
}

impl<'b> Bench<'b> {
    /// Nothing tried yet.
    pub fn new(
        question: &'b Question,
        variant: Variant<'b>,
        options: &PlanOptions,
        progress: &'b (dyn Fn(Progress) + Sync),
    ) -> Result<Self, PlanError> {
        let wanted = options.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(wanted).build();
        let pool = pool.map_err(|error| StudyError::Threads { threads: wanted, why: error.to_string() })?;
        Ok(Bench { question, variant, pool, progress, tried: BTreeMap::new(), runs: 0, events: 0 })
    }

    /// One candidate, without runs if nobody has looked at it yet.
    pub fn tried(&mut self, point: u64) -> Result<&Tried, PlanError> {
        if !self.tried.contains_key(&point) {
            let model = self.question.model(point, self.variant)?;
            self.tried.insert(point, Tried { model, runs: Vec::new() });
        }
        Ok(&self.tried[&point])
    }

    /// Runs of one candidate.
    pub fn count(&self, point: u64) -> u32 {
        self.tried.get(&point).map_or(0, |tried| tried.runs.len() as u32)
    }

    /// Adds runs until each of these candidates has its goal.
    pub fn bring_to(&mut self, goals: &[(u64, u32)]) -> Result<(), PlanError> {
        for (point, _) in goals {
            self.tried(*point)?;
        }
        let most = goals.iter().map(|(_, goal)| *goal).max().unwrap_or(0);
        // Run by run: equal work side by side.
        let jobs: Vec<(u64, u32)> = (0..most)
            .flat_map(|run| goals.iter().map(move |(point, goal)| (*point, run, *goal)))
            .filter(|(point, run, goal)| (self.count(*point)..*goal).contains(run))
            .map(|(point, run, _)| (point, run))
            .collect();
        let planned = self.runs + jobs.len() as u32;
        let finished = AtomicU32::new(self.runs);
        let (tried, group, progress) = (&self.tried, self.question.group, self.progress);
        let one = |(point, replication): (u64, u32)| {
            let run = run(&tried[&point].model, group, replication)?;
            let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done, planned });
            Ok((point, run))
        };
        let runs: Result<Vec<(u64, Run)>, SimulationError> =
            self.pool.install(|| jobs.into_par_iter().with_max_len(1).map(one).collect());
        for (point, run) in runs.map_err(StudyError::Simulation)? {
            self.runs += 1;
            self.events += run.events;
            self.tried.get_mut(&point).expect("it was tried above").runs.push(run);
        }
        Ok(())
    }
}

fn run(model: &Model, group: GroupId, replication: u32) -> Result<Run, SimulationError> {
    let mut recorder = Recorder::new(model);
    let ledger = simulate(model, model.seed, replication, &mut recorder)?;
    let measured = recorder.finish();
    Ok(Run {
        kept: kept_all(model, measured.promised()),
        promised: measured.promised().to_vec(),
        figures: Figures::of(model, group, &measured),
        events: ledger.events,
        messages: ledger.published,
    })
}
