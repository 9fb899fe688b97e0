//! One point of a sweep: the main figures of a run, without its time series.

use super::figures::{self, QueueFigure};
use crate::measure::summary::SloVerdict;
use crate::measure::{Estimate, Outcome};
use crate::study::compare::KeptShare;
use crate::study::verdict::{kept_all, kept_runs};

/// The answer at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// Its number in the grid.
    pub point: u64,
    /// Replications that were run; 0 by the equation and by theory.
    pub replications: u32,
    /// Events of all of them.
    pub events: u64,
    /// Queue by queue, in the order of the scenario.
    pub queues: Vec<QueuePoint>,
    /// Promise by promise, in the order of the scenario.
    pub promises: Vec<PromisePoint>,
    /// In how many runs all promises were kept; `None` without promises or without runs.
    pub kept_all: Option<KeptShare>,
}

/// One queue at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuePoint {
    /// Key in the scenario.
    pub name: String,
    /// Its numbers, in the order of [`QueueFigure::ALL`].
    pub figures: Vec<Estimate>,
}

impl QueuePoint {
    /// One of its numbers.
    pub fn figure(&self, figure: QueueFigure) -> &Estimate {
        &self.figures[figure as usize]
    }
}

/// One promise at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct PromisePoint {
    /// Its statistic, its limit, and whether the one keeps to the other.
    pub verdict: SloVerdict,
    /// In how many runs it was kept; `None` without runs that could be judged.
    pub kept: Option<KeptShare>,
}

impl SweepPoint {
    /// The main figures of a run.
    pub fn of(point: u64, outcome: &Outcome) -> Self {
        let model = &outcome.model;
        let events = outcome.events.as_ref();
        let kept = |slo: usize| {
            let (kept, runs) = kept_runs(&model.slos[slo], &events?.slo_values[slo])?;
            Some(KeptShare::new(kept, runs))
        };
        let promise = |(slo, verdict): (usize, &SloVerdict)| PromisePoint { verdict: verdict.clone(), kept: kept(slo) };
        let runs = events.map_or(0, |events| events.replications);
        let judged: Vec<bool> = (0..runs as usize)
            .filter_map(|run| {
                let values: Vec<Option<f64>> = events?.slo_values.iter().map(|values| values[run]).collect();
                kept_all(model, &values)
            })
            .collect();
        let kept_of_all = judged.iter().filter(|kept| **kept).count() as u32;
        SweepPoint {
            point,
            replications: runs,
            events: events.map_or(0, |events| events.events),
            queues: figures::queues(outcome),
            promises: outcome.slos.iter().enumerate().map(promise).collect(),
            kept_all: (!judged.is_empty()).then(|| KeptShare::new(kept_of_all, judged.len() as u32)),
        }
    }

    /// One of the queues, if this point has it.
    pub fn queue(&self, name: &str) -> Option<&QueuePoint> {
        self.queues.iter().find(|queue| queue.name == name)
    }

    /// One of the promises, if this point has it.
    pub fn promise(&self, name: &str) -> Option<&PromisePoint> {
        self.promises.iter().find(|promise| promise.verdict.name == name)
    }

    /// Whether every promise is kept: no, as soon as one is broken; not known, if one could not be judged.
    pub fn keeps_all(&self) -> Option<bool> {
        let met = |promise: &PromisePoint| promise.verdict.met;
        if self.promises.iter().any(|promise| met(promise) == Some(false)) {
            return Some(false);
        }
        (!self.promises.is_empty() && self.promises.iter().all(|promise| met(promise) == Some(true))).then_some(true)
    }
}
