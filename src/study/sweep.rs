//! A sweep: the scenario at every point of a grid, with the same random numbers at each of them.
//!
//! What chance does to one point it does to all, so that neighbours differ by their settings. Points are answered one
//! by one and handed out as soon as they are found, so that an interrupted sweep can go on where it stopped. Not here:
//! where points are kept meanwhile, and how they are drawn (`report`).

mod figures;
mod point;
mod shown;
mod survey;
#[cfg(test)]
mod tests;

pub use figures::QueueFigure;
pub use point::{PromisePoint, QueuePoint, SweepPoint};
pub use shown::{Shown, UnknownFigure};
pub(crate) use survey::checksum;
pub use survey::{Survey, SurveyError, survey};

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::measure::EngineChoice;
use crate::model::Model;
use crate::scenario::{Faults, Grid, Override};
use crate::study::{RunOptions, StudyError, run};

/// The scenario with some of its values changed: one point of a grid.
pub type Variant<'v> = dyn Fn(&[Override]) -> Result<Model, Faults> + Sync + 'v;

/// What a sweep may choose besides the scenario and the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepOptions {
    /// `Fluid` asks the equation, `Formula` theory; everything else simulates every message.
    pub engine: EngineChoice,
    /// Threads; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
}

impl Default for SweepOptions {
    fn default() -> Self {
        SweepOptions { engine: EngineChoice::Events, threads: None }
    }
}

/// A sweep's answer.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The scenario without any of the changes.
    pub model: Model,
    /// What was varied.
    pub grid: Grid,
    /// `Events`, `Fluid` or `Formula`.
    pub engine: EngineChoice,
    /// All points in the order of the grid.
    pub points: Vec<SweepPoint>,
    /// What a reader must know; left empty by the study.
    pub notes: Vec<String>,
}

/// Why a sweep has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The user's: values that contradict one another in a point that was not loaded before.
    #[error("{0}")]
    Faults(Faults),
    /// A point asks for more than the engine or the machine can do.
    #[error("{changes}: {error}")]
    Study {
        /// The point, as changes to the scenario.
        changes: String,
        /// Why.
        error: StudyError,
    },
    /// Whoever took the points wanted no more of them.
    #[error("the sweep was stopped")]
    Stopped,
}

/// Answers every point of `grid` that is not among the `known` ones; `found` takes each as soon as it is there, from
/// several threads but one at a time, and may stop the sweep.
///
/// # Errors
/// [`SweepError`] when a point has faults, cannot be run, or `found` breaks off.
pub fn sweep(
    model: &Model,
    grid: &Grid,
    options: SweepOptions,
    variant: &Variant,
    known: Vec<SweepPoint>,
    found: &(dyn Fn(&SweepPoint) -> ControlFlow<()> + Sync),
) -> Result<Sweep, SweepError> {
    let all = grid.points().unwrap_or(u64::MAX);
    let mut points = known;
    points.retain(|point| point.point < all);
    points.sort_by_key(|point| point.point);
    points.dedup_by_key(|point| point.point);
    let missing: Vec<u64> =
        (0..all).filter(|point| points.binary_search_by_key(point, |known| known.point).is_err()).collect();
    points.extend(Work { grid, options, variant, found, missing: &missing }.done()?);
    points.sort_by_key(|point| point.point);
    Ok(Sweep { model: model.clone(), grid: grid.clone(), engine: options.engine, points, notes: Vec::new() })
}

/// The points that are to be found.
struct Work<'w> {
    grid: &'w Grid,
    options: SweepOptions,
    variant: &'w Variant<'w>,
    found: &'w (dyn Fn(&SweepPoint) -> ControlFlow<()> + Sync),
    missing: &'w [u64],
}

impl Work<'_> {
    /// Many points are found side by side, each by one thread; few of them one after the other, by all threads.
    fn done(&self) -> Result<Vec<SweepPoint>, SweepError> {
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.options.threads.unwrap_or_else(cores).max(1);
        let side_by_side = self.missing.len() >= 2 * threads;
        let (workers, each) = if side_by_side { (threads, 1) } else { (1, threads) };
        let taken = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let results = Mutex::new((Vec::new(), None));
        let work = || {
            while !over.load(Ordering::Relaxed)
                && let Some(point) = self.missing.get(taken.fetch_add(1, Ordering::Relaxed))
            {
                let answer = self.answer(*point, each);
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = answer.and_then(|answer| match (self.found)(&answer) {
                    ControlFlow::Continue(()) => Ok(answer),
                    ControlFlow::Break(()) => Err(SweepError::Stopped),
                });
                match answer {
                    Ok(answer) => results.0.push(answer),
                    Err(error) => {
                        over.store(true, Ordering::Relaxed);
                        // The first one is the reason; the others may follow from it.
                        results.1.get_or_insert(error);
                    }
                }
            }
        };
        let started = thread::scope(|scope| {
            // This thread works too.
            let spawned = (1..workers).map(|_| thread::Builder::new().spawn_scoped(scope, work).map(|_| ()));
            let spawned: std::io::Result<Vec<()>> = spawned.collect();
            if spawned.is_ok() {
                work();
            } else {
                over.store(true, Ordering::Relaxed);
            }
            spawned
        });
        if let Err(error) = started {
            let error = StudyError::Threads { threads, why: error.to_string() };
            return Err(SweepError::Study { changes: "no point".to_owned(), error });
        }
        let (points, error) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        error.map_or(Ok(points), Err)
    }

    fn answer(&self, point: u64, threads: usize) -> Result<SweepPoint, SweepError> {
        let changes = self.grid.changes(point);
        let model = (self.variant)(&changes).map_err(|faults| SweepError::Faults(survey::named(&faults, &changes)))?;
        let options = RunOptions { engine: self.options.engine, threads: Some(threads) };
        match run(&model, &options, &|_| ()) {
            Ok(outcome) => Ok(SweepPoint::of(point, &outcome)),
            Err(error) => Err(SweepError::Study { changes: survey::told(&changes), error }),
        }
    }
}
