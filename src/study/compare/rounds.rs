//! Replications of all strategies, added where they are asked for.
//!
//! Replication r of every strategy draws the same arrivals and the same work. They are collected by strategy and
//! number, so that the result is the same for any number of threads.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::contenders::Contender;
use crate::engine::events::{Ledger, SimulationError, simulate};
use crate::measure::{Breach, Figures, Recorder, Replication};
use crate::study::verdict::kept_all;
use crate::study::{Progress, StudyError};

/// One replication of one strategy.
pub(super) struct Run {
    pub replication: (Replication, Ledger),
    pub figures: Figures,
    /// How each promise was broken, where rows can tell.
    pub breaches: Vec<Option<Breach>>,
    /// Whether all promises were kept; `None` where none of them could be judged.
    pub kept_all: Option<bool>,
}

/// All replications so far.
pub(super) struct Rounds<'c> {
    contenders: &'c [Contender],
    pool: rayon::ThreadPool,
    progress: &'c (dyn Fn(Progress) + Sync),
    pub runs: Vec<Vec<Run>>,
}

impl<'c> Rounds<'c> {
    /// None yet.
    pub fn new(
        contenders: &'c [Contender],
        threads: Option<usize>,
        progress: &'c (dyn Fn(Progress) + Sync),
    ) -> Result<Self, StudyError> {
        let wanted = threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(wanted).build();
        let pool = pool.map_err(|error| StudyError::Threads { threads: wanted, why: error.to_string() })?;
        Ok(Rounds { contenders, pool, progress, runs: contenders.iter().map(|_| Vec::new()).collect() })
    }

    /// Replications of each strategy.
    pub fn counts(&self) -> Vec<u32> {
        self.runs.iter().map(|runs| runs.len() as u32).collect()
    }

    /// Adds replications until each strategy has its goal.
    pub fn bring_to(&mut self, goals: &[u32]) -> Result<(), StudyError> {
        let counts = self.counts();
        let most = goals.iter().copied().max().unwrap_or(0);
        // Replication by replication: equal work side by side, and nobody far ahead when the others are waited for.
        let jobs: Vec<(usize, u32)> = (0..most)
            .flat_map(|replication| (0..goals.len()).map(move |strategy| (strategy, replication)))
            .filter(|(strategy, replication)| (counts[*strategy]..goals[*strategy]).contains(replication))
            .collect();
        let before: u32 = counts.iter().sum();
        let planned = before + jobs.len() as u32;
        let finished = AtomicU32::new(before);
        (self.progress)(Progress { done: before, planned });
        let one = |(strategy, replication): (usize, u32)| {
            let run = run(&self.contenders[strategy], replication)?;
            let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
            (self.progress)(Progress { done, planned });
            Ok((strategy, run))
        };
        let runs: Result<Vec<(usize, Run)>, SimulationError> =
            self.pool.install(|| jobs.into_par_iter().with_max_len(1).map(one).collect());
        for (strategy, run) in runs? {
            self.runs[strategy].push(run);
        }
        Ok(())
    }
}

fn run(contender: &Contender, replication: u32) -> Result<Run, SimulationError> {
    let model = &contender.model;
    // Reasons are kept only where there is a promise whose breach they may explain.
    let explains = !model.slos.is_empty() && model.groups[contender.group].scaling.is_some();
    let mut recorder = if explains { Recorder::with_reasons(model) } else { Recorder::new(model) };
    let ledger = simulate(model, model.seed, replication, &mut recorder)?;
    let mut measured = recorder.finish();
    let breaches = model.slos.iter().map(|slo| Breach::of(model, slo, contender.group, &measured)).collect();
    measured.forget_decisions();
    Ok(Run {
        figures: Figures::of(model, contender.group, &measured),
        kept_all: kept_all(model, measured.promised()),
        breaches,
        replication: (measured, ledger),
    })
}
