//! Runs that watch queues clear.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::engine::events::{Ledger, SimulationError, simulate};
use crate::measure::{Cleared, ClearingWatch};
use crate::model::Model;
use crate::study::{Progress, StudyError};
use crate::units::Seconds;

/// What each queue did in one run; `None` for those that were not watched.
pub(super) type Run = Vec<Option<Cleared>>;

/// Replications of one scenario and of its variants.
pub(super) struct Runs<'a> {
    pub model: &'a Model,
    /// Replications of each variant.
    pub count: u32,
    pub pool: &'a rayon::ThreadPool,
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Events that may be spent.
    pub budget: f64,
    pub made: u32,
    pub messages: u64,
    pub events: f64,
}

impl Runs<'_> {
    /// Whether nothing more should be tried.
    pub fn is_spent(&self) -> bool {
        self.events > self.budget
    }

    /// Runs some replications of a variant, each queue watched from its instant on.
    pub fn make(
        &mut self,
        model: &Model,
        replications: Range<u32>,
        from_s: &[Option<Seconds>],
    ) -> Result<Vec<Run>, StudyError> {
        let planned = self.made + replications.len() as u32;
        let finished = AtomicU32::new(self.made);
        let one = |replication: u32| {
            let mut watch = ClearingWatch::new(from_s);
            let ledger = simulate(model, model.seed, replication, &mut watch)?;
            let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
            (self.progress)(Progress { done, planned });
            Ok((watch.finish(), ledger))
        };
        let made: Result<Vec<(Run, Ledger)>, SimulationError> =
            self.pool.install(|| replications.into_par_iter().with_max_len(1).map(one).collect());
        let (runs, ledgers): (Vec<Run>, Vec<Ledger>) = made?.into_iter().unzip();
        self.made = planned;
        self.messages += ledgers.iter().map(|ledger| ledger.published).sum::<u64>();
        self.events += ledgers.iter().map(|ledger| ledger.events as f64).sum::<f64>();
        Ok(runs)
    }
}
