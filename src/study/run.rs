//! One scenario through all engines that apply.

use super::agreement::disagreements;
use super::repeat::{Progress, StudyError, least_precise, repeat_with};
use super::storm::storm_note;
use super::verdict::verdicts;
use super::warmup::warmup_note;
use crate::engine::transient::{self, Effort};
use crate::engine::{fluid, formula};
use crate::measure::{EngineChoice, EventsOutcome, Outcome, Recorder};
use crate::model::{Model, Replications};
use crate::units::show_count;

/// What a run may choose besides the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Which engines answer.
    pub engine: EngineChoice,
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
}

/// Runs `model` through the engines that `options` ask for. The outcome's `wall_s` is left at 0: whoever has a clock
/// may fill it in.
///
/// # Errors
/// [`StudyError`] when the events engine cannot hold the model or threads cannot be started.
pub fn run(model: &Model, options: &RunOptions, progress: &(dyn Fn(Progress) + Sync)) -> Result<Outcome, StudyError> {
    let asked = |engine| options.engine == EngineChoice::All || options.engine == engine;
    let fluid = asked(EngineChoice::Fluid).then(|| fluid::integrate(model));
    let formula = asked(EngineChoice::Formula).then(|| formula::solve(model));
    let transient = asked(EngineChoice::Transient).then(|| transient::solve(model, effort(model, options.engine)));
    let repeated = || repeat_with(Recorder::with_decisions, model, options.threads, progress);
    let events = if asked(EngineChoice::Events) { Some(repeated()?) } else { None };
    let slos = verdicts(model, events.as_ref(), fluid.as_deref(), formula.as_deref());
    let disagreements = match &events {
        Some(events) => disagreements(model, events, fluid.as_deref(), formula.as_deref(), transient.as_deref()),
        None => Vec::new(),
    };
    let notes = events.as_ref().map_or_else(Vec::new, |events| notes(model, events));
    Ok(Outcome {
        model: model.clone(),
        engine: options.engine,
        events,
        fluid,
        formula,
        transient,
        slos,
        disagreements,
        notes,
        wall_s: 0.0,
    })
}

/// How much work the exact laws may take: what nobody notices beside the events engine, and a minute on their own.
fn effort(model: &Model, engine: EngineChoice) -> Effort {
    if engine == EngineChoice::Transient {
        return Effort::PATIENT;
    }
    let published = (0..model.queues.len()).filter_map(|queue| model.publish_rate(queue).ok());
    let messages: f64 = published.map(|rate| rate.integral(0.0, model.horizon_s)).sum();
    Effort::beside(messages * f64::from(model.replications.at_most()))
}

/// What a reader must know before trusting the numbers.
pub(super) fn notes(model: &Model, events: &EventsOutcome) -> Vec<String> {
    let mut notes = Vec::new();
    if events.replications == 1 {
        notes.push("one replication only: there are no intervals, and a second run may differ by chance".to_owned());
    }
    if let Replications::Until { precision, .. } = model.replications {
        let (what, share) = least_precise(events);
        if share > precision {
            notes.push(format!(
                "the precision of {} % was not reached in {} replications: the {what} is known to {} %",
                show_count(100.0 * precision),
                events.replications,
                show_count(100.0 * share)
            ));
        }
    }
    for (id, queue) in events.queues.iter().enumerate() {
        // What nobody consumes stays, and its reader knows it.
        let is_consumed = model.groups_of(id).next().is_some();
        if let Some(unsettled) = queue.unsettled.filter(|_| is_consumed) {
            notes.push(format!(
                "{}: {} measured messages per replication were still in the system after twice the horizon; waits and \
                 latencies are without them",
                queue.name,
                show_count(unsettled)
            ));
        }
        // Of what never recovers nobody needs to hear that it has not settled.
        match storm_note(model, id, events) {
            Some(storm) => notes.push(storm),
            None => notes.extend(warmup_note(model, id, events).filter(|_| is_consumed)),
        }
    }
    notes
}
