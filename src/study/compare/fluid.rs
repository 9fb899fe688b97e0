//! The same comparison by the equation: milliseconds, and nothing about chance.
//!
//! What the fluid engine cannot know (quantiles, probabilities, intervals) is missing and says why.

use super::contenders::Contender;
use super::outcome::{Comparison, Objective, Selection, StrategyOutcome};
use super::{CompareOptions, StudyError};
use crate::measure::summary::{FluidGroup, FluidQueue};
use crate::measure::{EngineChoice, Estimate, Figure, Outcome};
use crate::model::{GroupId, Model, Replicas};
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
    let strategies = strategies?;
    let has_prices = strategies.iter().all(|strategy| strategy.figure(Figure::Cost).value.is_some());
    let why = "the fluid engine knows no chance: a probability of keeping a promise needs the events engine".to_owned();
    Ok(Comparison {
        model: model.clone(),
        group: contenders[0].group,
        engine: EngineChoice::Fluid,
        options: options.clone(),
        objective: if has_prices { Objective::Cost } else { Objective::ReplicaHours },
        strategies,
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
    let model = &contender.model;
    let fluid = outcome.fluid.unwrap_or_default();
    let answer = &fluid[model.groups[contender.group].from];
    let why = answer.why_not.clone().unwrap_or_else(|| "the fluid engine has no such number".to_owned());
    let exact = |value: Option<f64>, why: &str| match value {
        Some(value) => Estimate { value: Some(value), ..Estimate::default() },
        None => Estimate::missing(why),
    };
    let measured_h = (model.horizon_s - model.warmup_s) / 3600.0;
    let scale_events = group_of(&fluid, model, contender.group).map(|group| group.scale_events as f64 / measured_h);
    let hours: Vec<Option<f64>> = (0..model.groups.len()).map(|group| replica_hours(model, &fluid, group)).collect();
    let priced = model.groups.iter().zip(&hours).filter_map(|(group, hours)| Some((group.cost.as_ref()?, hours)));
    let costs: Option<Vec<f64>> = priced.map(|(cost, hours)| Some(cost.per_hour * (*hours)?)).collect();
    let figure = |figure: Figure| match figure {
        Figure::WaitMax => exact(answer.max_delay_s, &why),
        Figure::WorstBacklog => exact(answer.max_backlog, &why),
        Figure::DrainedAt => exact(answer.drained_at_s, &why),
        Figure::ReplicaHours => exact(hours.iter().copied().sum(), &why),
        Figure::Cost => match costs.as_deref() {
            Some([]) => Estimate::missing("no consumer group has a cost"),
            costs => exact(costs.map(|costs| costs.iter().sum()), &why),
        },
        Figure::ScaleEventsPerHour => exact(scale_events.or_else(|| fixed_changes(contender, measured_h)), &why),
        Figure::WaitP50 | Figure::WaitP99 | Figure::LatencyP50 | Figure::LatencyP99 => {
            Estimate::missing("quantiles of single messages need the events engine")
        }
        Figure::WastedReplicas | Figure::WastedWork => {
            Estimate::missing("idle slots and repeated attempts are counted by the events engine")
        }
    };
    StrategyOutcome {
        name: contender.name.clone(),
        kind: contender.kind,
        replications: 0,
        figures: Figure::ALL.into_iter().map(figure).collect(),
        slos: outcome.slos,
        kept: None,
        verdict: None,
        broken: model.slos.iter().map(|_| None).collect(),
        events: None,
        fluid: Some(fluid),
    }
}

/// What the equation says of a group that is scaled.
fn group_of<'f>(fluid: &'f [FluidQueue], model: &Model, group: GroupId) -> Option<&'f FluidGroup> {
    let name = &model.groups[group].name;
    fluid[model.groups[group].from].groups.iter().find(|group| group.name == *name)
}

/// Replica-hours in the measured time; `None` where the equation could not follow a group that is scaled.
pub(in crate::study) fn replica_hours(model: &Model, fluid: &[FluidQueue], group: GroupId) -> Option<f64> {
    let settings = &model.groups[group];
    if settings.scaling.is_some() {
        return Some(group_of(fluid, model, group)?.replica_hours);
    }
    let (from_s, until_s) = (model.warmup_s, model.horizon_s);
    let hours = match &settings.replicas {
        Replicas::Fixed(replicas) => f64::from(*replicas) * (until_s - from_s) / 3600.0,
        Replicas::Steps(steps) => {
            let ends_s = steps.iter().skip(1).map(|(end_s, _)| *end_s).chain(std::iter::once(f64::INFINITY));
            let pieces = steps.iter().zip(ends_s).map(|((begin_s, replicas), end_s)| {
                f64::from(*replicas) * (end_s.min(until_s) - begin_s.max(from_s)).max(0.0) / 3600.0
            });
            pieces.sum()
        }
    };
    Some(hours)
}

/// Changes per hour of a group without a scaler.
fn fixed_changes(contender: &Contender, measured_h: f64) -> Option<f64> {
    let model = &contender.model;
    let settings = &model.groups[contender.group];
    if settings.scaling.is_some() {
        return None;
    }
    let changes = match &settings.replicas {
        Replicas::Fixed(_) => 0,
        Replicas::Steps(steps) => {
            let measured = |at_s: f64| at_s > model.warmup_s && at_s <= model.horizon_s;
            steps.windows(2).filter(|pair| pair[0].1 != pair[1].1 && measured(pair[1].0)).count()
        }
    };
    Some(changes as f64 / measured_h)
}
