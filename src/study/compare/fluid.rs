//! The same comparison by the equation: milliseconds, and nothing about chance.
//!
//! What the fluid engine cannot know (quantiles, probabilities, intervals) is missing and says why.

use super::contenders::Contender;
use super::outcome::{Comparison, Objective, Selection, StrategyOutcome};
use super::{CompareOptions, StudyError};
use crate::measure::{EngineChoice, Estimate, Figure, Outcome};
use crate::model::Model;
use crate::study::{RunOptions, run};

pub(super) fn compare(
    model: &Model,
    contenders: &[Contender],
    options: &CompareOptions,
) -> Result<Comparison, StudyError> {
    let run_options = RunOptions { engine: EngineChoice::Fluid, threads: options.threads };
    let strategies: Result<Vec<StrategyOutcome>, StudyError> = contenders
        .iter()
        .map(|contender| Ok(strategy(contender, run(&contender.model, &run_options, &|_| ())?)))
        .collect();
    let why = "the fluid engine knows no chance: a probability of keeping a promise needs the events engine".to_owned();
    Ok(Comparison {
        model: model.clone(),
        group: contenders[0].group,
        engine: EngineChoice::Fluid,
        options: options.clone(),
        objective: Objective::ReplicaHours,
        strategies: strategies?,
        pairs: Vec::new(),
        front: Vec::new(),
        selection: Selection::NotAsked { why },
        notes: Vec::new(),
        events: 0,
        messages: 0,
        wall_s: 0.0,
    })
}

fn strategy(contender: &Contender, outcome: Outcome) -> StrategyOutcome {
    let queue = contender.model.groups[contender.group].from;
    let fluid = outcome.fluid.unwrap_or_default();
    let answer = &fluid[queue];
    let why = answer.why_not.clone().unwrap_or_else(|| "the fluid engine has no such number".to_owned());
    let exact = |value: Option<f64>| match value {
        Some(value) => Estimate { value: Some(value), ..Estimate::default() },
        None => Estimate::missing(why.clone()),
    };
    let figure = |figure: Figure| match figure {
        Figure::WaitMax => exact(answer.max_delay_s),
        Figure::WorstBacklog => exact(answer.max_backlog),
        Figure::DrainedAt => exact(answer.drained_at_s),
        Figure::WaitP50 | Figure::WaitP99 | Figure::LatencyP50 | Figure::LatencyP99 => {
            Estimate::missing("quantiles of single messages need the events engine")
        }
        Figure::ReplicaHours
        | Figure::Cost
        | Figure::ScaleEventsPerHour
        | Figure::WastedReplicas
        | Figure::WastedWork => Estimate::missing("the fluid engine does not count replicas"),
    };
    StrategyOutcome {
        name: contender.name.clone(),
        kind: contender.kind,
        replications: 0,
        figures: Figure::ALL.into_iter().map(figure).collect(),
        slos: outcome.slos,
        kept: None,
        verdict: None,
        broken: contender.model.slos.iter().map(|_| None).collect(),
        events: None,
        fluid: Some(fluid),
    }
}
