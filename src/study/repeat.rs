//! The events engine, repeated: replications in parallel, as many as the scenario asks for.
//!
//! Replications are independent and collected in their order, so that the result is the same for any number of threads.

use rayon::prelude::*;

use crate::engine::events::{Ledger, SimulationError, simulate};
use crate::measure::{Estimate, EventsOutcome, Recorder, Replication, summarise};
use crate::model::{Model, Replications};

/// How far a study is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Replications that are done.
    pub done: u32,
    /// Replications planned so far; a precision may ask for more.
    pub planned: u32,
}

/// Why a study could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The scenario asks for more than the events engine can hold: use fewer slots, a shorter delay or the fluid
    /// engine.
    #[error("{0}")]
    Simulation(#[from] SimulationError),
    /// The operating system refused the threads.
    #[error("cannot start {threads} threads: {why}; ask for fewer with --threads")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// What the system said.
        why: String,
    },
}

/// Runs the replications that `model` asks for on `threads` threads (all cores without a number).
///
/// # Errors
/// [`StudyError`] when the model is too large for the events engine or threads cannot be started.
pub fn repeat(
    model: &Model,
    threads: Option<usize>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<EventsOutcome, StudyError> {
    repeat_with(Recorder::new, model, threads, progress)
}

/// The same with a recorder of one's own for the first replication.
pub(super) fn repeat_with<'m>(
    first: fn(&'m Model) -> Recorder<'m>,
    model: &'m Model,
    threads: Option<usize>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<EventsOutcome, StudyError> {
    // More threads than replications would only wait; 0 lets the pool take every core.
    let wanted = threads.map_or(0, |threads| threads.clamp(1, model.replications.at_most() as usize));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(wanted).build();
    let pool = pool.map_err(|error| StudyError::Threads { threads: wanted, why: error.to_string() })?;
    let mut replications = Vec::new();
    loop {
        let done = replications.len() as u32;
        let planned = match model.replications {
            Replications::Fixed(replications) => replications,
            Replications::Until { at_most, .. } => next_look(done).min(at_most),
        };
        replications.extend(pool.install(|| batch(first, model, done..planned, progress))?);
        let outcome = summarise(model, &replications);
        match model.replications {
            Replications::Until { precision, at_most }
                if planned < at_most && least_precise(&outcome).1 > precision => {}
            _ => return Ok(outcome),
        }
    }
}

/// Looks at 10, 15, 23, … replications: few looks keep the interval's coverage (Chow and Robbins 1965).
fn next_look(done: u32) -> u32 {
    if done == 0 { 10 } else { done + done.div_ceil(2) }
}

fn batch<'m>(
    first: fn(&'m Model) -> Recorder<'m>,
    model: &'m Model,
    replications: std::ops::Range<u32>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<(Replication, Ledger)>, SimulationError> {
    let planned = replications.end;
    let finished = std::sync::atomic::AtomicU32::new(replications.start);
    let one = |replication: u32| {
        let mut recorder = if replication == 0 { first(model) } else { Recorder::new(model) };
        let ledger = simulate(model, model.seed, replication, &mut recorder)?;
        let done = finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        progress(Progress { done, planned });
        Ok((recorder.finish(), ledger))
    };
    // Chunks of one: replications are long and few, and rayon's splitting would leave a core idle at the end.
    replications.into_par_iter().with_max_len(1).map(one).collect()
}

/// The reported mean with the widest interval for its size: what it is of, and its half-width as a share of itself.
pub(super) fn least_precise(outcome: &EventsOutcome) -> (String, f64) {
    let queues = outcome.queues.iter().flat_map(|queue| {
        let name = &queue.name;
        [
            (format!("mean depth of {name}"), &queue.depth.mean),
            (format!("mean ready of {name}"), &queue.ready.mean),
            (format!("mean wait of {name}"), &queue.wait_s.mean),
            (format!("mean latency of {name}"), &queue.latency_s.mean),
        ]
    });
    let groups = outcome.groups.iter().map(|group| (format!("utilisation of {}", group.name), &group.utilization));
    let widths = queues.chain(groups).map(|(what, estimate)| (what, relative_half_width(estimate)));
    widths.fold((String::new(), 0.0), |widest, next| if next.1 > widest.1 { next } else { widest })
}

/// A mean that does not exist, or is 0 in every replication, needs no more of them.
fn relative_half_width(estimate: &Estimate) -> f64 {
    match (estimate.value, estimate.half_width()) {
        (Some(value), Some(half_width)) if half_width > 0.0 => half_width / value.abs(),
        _ => 0.0,
    }
}
