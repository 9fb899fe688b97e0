//! Who takes part: one model per strategy, equal in everything else.

use crate::model::scaling::{Scaling, Strategy};
use crate::model::{GroupId, Model, Replicas};
use crate::scenario::suggest;
use crate::study::StudyError;

/// One strategy at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// Its name in the scenario; `scaling` and `replicas` where the scenario names none.
    pub name: String,
    /// Its kind: `hpa`, `static`, …
    pub kind: &'static str,
    /// The group that it scales.
    pub group: GroupId,
    /// The scenario with it.
    pub model: Model,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Neither named strategies nor a group that is scaled.
    #[error("the scenario has no `strategies:` and no group with `scaling:`, so there is nothing to compare")]
    NoStrategies,
    /// A single strategy.
    #[error("there is only one strategy, {name}: a comparison needs two")]
    OnlyOne {
        /// Its name.
        name: String,
    },
    /// A name that no strategy has.
    #[error("there is no strategy `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name that there is.
        nearest: Option<String>,
        /// All names, in the order of the scenario.
        known: Vec<String>,
    },
    /// A name that is asked for twice.
    #[error("strategy `{name}` is asked for twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Strategies of different groups answer different questions.
    #[error("{first} scales {group} and {second} scales {other}: they cannot stand in for each other")]
    DifferentGroups {
        /// A strategy.
        first: String,
        /// Its group.
        group: String,
        /// Another strategy.
        second: String,
        /// Another group.
        other: String,
    },
    /// The engine could not run one of them.
    #[error(transparent)]
    Study(StudyError),
}

impl CompareError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            CompareError::NoStrategies => "name alternatives under `strategies:`, or give a consumer group `scaling:` \
                                           to compare it with its fixed `replicas`"
                .to_owned(),
            CompareError::OnlyOne { .. } => {
                "name another one under `strategies:`, e.g. `four: {static: 4}`, or answer \
                                             the scenario with `forebay run`"
                    .to_owned()
            }
            CompareError::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            CompareError::Unknown { known, .. } => format!("there are: {}", known.join(", ")),
            CompareError::Twice { .. } => "name it once".to_owned(),
            CompareError::DifferentGroups { .. } => {
                "choose those of one group with `--strategies`, separated by commas".to_owned()
            }
            CompareError::Study(_) => "change the scenario accordingly, or compare with `--engine fluid`".to_owned(),
        }
    }
}

/// The strategies of `model` that `names` ask for, in that order; all of them, in the order of the scenario, if it is
/// empty. A scenario that names none but scales a group is compared with the same groups without scaling.
///
/// # Errors
/// When they are not at least two strategies of one group.
pub fn contenders(model: &Model, names: &[String]) -> Result<Vec<Contender>, CompareError> {
    let all = all(model)?;
    let chosen = if names.is_empty() { all } else { chosen(&all, names)? };
    let [first, rest @ ..] = chosen.as_slice() else { return Err(CompareError::NoStrategies) };
    if rest.is_empty() {
        return Err(CompareError::OnlyOne { name: first.name.clone() });
    }
    if let Some(other) = rest.iter().find(|other| other.group != first.group) {
        return Err(CompareError::DifferentGroups {
            first: first.name.clone(),
            group: model.groups[first.group].name.clone(),
            second: other.name.clone(),
            other: model.groups[other.group].name.clone(),
        });
    }
    Ok(chosen)
}

fn all(model: &Model) -> Result<Vec<Contender>, CompareError> {
    let named = |(id, strategy): (usize, &crate::model::NamedStrategy)| Contender {
        name: strategy.name.clone(),
        kind: strategy.scaling.strategy.name(),
        group: strategy.group,
        model: model.with_strategy(id),
    };
    if !model.strategies.is_empty() {
        return Ok(model.strategies.iter().enumerate().map(named).collect());
    }
    let scaled = |scaling: &Option<Scaling>| scaling.as_ref().map(|scaling| scaling.strategy.name());
    let group = model.groups.iter().position(|group| group.scaling.is_some()).ok_or(CompareError::NoStrategies)?;
    let mut fixed = model.clone();
    fixed.groups.iter_mut().for_each(|group| group.scaling = None);
    let replicas = match fixed.groups[group].replicas {
        Replicas::Fixed(replicas) => Strategy::Static(replicas).name(),
        Replicas::Steps(_) => "schedule",
    };
    let kind = scaled(&model.groups[group].scaling).unwrap_or(replicas);
    Ok(vec![
        Contender { name: "scaling".to_owned(), kind, group, model: model.clone() },
        Contender { name: "replicas".to_owned(), kind: replicas, group, model: fixed },
    ])
}

fn chosen(all: &[Contender], names: &[String]) -> Result<Vec<Contender>, CompareError> {
    let mut chosen: Vec<Contender> = Vec::new();
    for name in names {
        let known = || all.iter().map(|contender| contender.name.as_str());
        let Some(contender) = all.iter().find(|contender| contender.name == *name) else {
            return Err(CompareError::Unknown {
                name: name.clone(),
                nearest: suggest::nearest(name, known()).map(str::to_owned),
                known: known().map(str::to_owned).collect(),
            });
        };
        if chosen.iter().any(|other| other.name == *name) {
            return Err(CompareError::Twice { name: name.clone() });
        }
        chosen.push(contender.clone());
    }
    Ok(chosen)
}
