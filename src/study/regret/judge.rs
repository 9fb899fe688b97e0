//! Whether a candidate is enough under one draw.

use crate::engine::events::{SimulationError, simulate};
use crate::engine::fluid::{self, FluidQueue};
use crate::measure::Recorder;
use crate::model::{Model, Promise, Slo};
use crate::study::verdict::{kept_all, verdicts};

/// What a judgement took and said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Judgement {
    /// Whether all promises were kept.
    pub is_enough: bool,
    /// Runs.
    pub runs: u32,
    /// Events in them.
    pub events: u64,
    /// Messages in them.
    pub messages: u64,
}

/// By runs `first..first + count`, up to the first one that breaks a promise. A run that measures nothing breaks none.
pub(super) fn by_events(model: &Model, first: u32, count: u32) -> Result<Judgement, SimulationError> {
    let mut judgement = Judgement { is_enough: true, ..Judgement::default() };
    for replication in first..first + count {
        let mut recorder = Recorder::new(model);
        let ledger = simulate(model, model.seed, replication, &mut recorder)?;
        judgement.runs += 1;
        judgement.events += ledger.events;
        judgement.messages += ledger.published;
        if kept_all(model, recorder.finish().promised()) == Some(false) {
            judgement.is_enough = false;
            break;
        }
    }
    Ok(judgement)
}

/// By the equation, where it can tell anything: every message of a queue waits less than a promised wait or latency,
/// whatever share of them it speaks of, and the backlog stays below a promised depth.
pub(super) fn by_fluid(model: &Model) -> Option<bool> {
    let fluid = fluid::integrate(model);
    let exact = verdicts(model, None, Some(&fluid), None);
    let judged = model.slos.iter().zip(&exact).filter_map(|(slo, exact)| match by_largest(slo, &fluid[slo.queue]) {
        Some(kept) => Some(kept),
        None => exact.met,
    });
    judged.reduce(|all, kept| all && kept)
}

fn by_largest(slo: &Slo, fluid: &FluidQueue) -> Option<bool> {
    match slo.promise {
        Promise::Wait(_, limit_s) | Promise::Latency(_, limit_s) => match (fluid.max_delay_s, fluid.max_backlog) {
            (Some(delay_s), _) => Some(delay_s < limit_s),
            // What waits is never served.
            (None, Some(backlog)) if backlog > 0.0 => Some(false),
            (None, _) => None,
        },
        Promise::Depth(_, limit) => fluid.max_backlog.map(|backlog| backlog < limit),
        Promise::LossShare(_) | Promise::DrainedBy(_) => None,
    }
}
