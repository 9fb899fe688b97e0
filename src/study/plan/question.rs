//! What is varied, by which model, and for what: the question of a plan, checked before anything runs.
//!
//! Not here: promises that contradict one another (`contradiction`), and the search.

use super::contradiction::contradiction;
use super::{PlanError, PlanOptions};
use crate::model::{Arrivals, GroupId, Model};
use crate::scenario::{Axis, Faults, Grid, Minimise, Override, PlanQuestion};
use crate::study::compare::Objective;

/// Share of runs in which promises must be kept unless somebody says otherwise.
const CONFIDENCE: f64 = 0.95;
/// Without a known rate, this many replicas are tried at most.
const MOST_REPLICAS: f64 = 64.0;

/// The scenario with some of its values changed.
pub(super) type Variant<'v> = &'v dyn Fn(&[Override]) -> Result<Model, Faults>;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub grid: Grid,
    /// The axis whose values go from cheap and bad to dear and good.
    pub ordered: Option<usize>,
    pub group: GroupId,
    /// The named strategy that is at work because one of its settings varies.
    pub strategy: Option<usize>,
    pub objective: Objective,
    pub confidence: f64,
}

impl Question {
    /// The question of the scenario, with what `options` say instead.
    ///
    /// # Errors
    /// Everything that makes it no question.
    pub fn of(
        model: &Model,
        asked: Option<&PlanQuestion>,
        variant: Variant,
        options: &PlanOptions,
    ) -> Result<Self, PlanError> {
        if model.slos.is_empty() {
            return Err(PlanError::NoPromise);
        }
        let written = asked.map_or(&[][..], |asked| &asked.vary);
        let mut axes = if options.vary.is_empty() { written.to_vec() } else { options.vary.clone() };
        if axes.is_empty() {
            axes.push(default_axis(model)?);
        }
        if let Some(twin) = (1..axes.len()).find(|k| axes[..*k].iter().any(|axis| axis.path == axes[*k].path)) {
            return Err(PlanError::Twice { path: axes[twin].path.clone() });
        }
        let strategy = strategy_of(model, &axes)?;
        let group = group_of(model, &axes, strategy);
        let ordered = axes.iter().position(|axis| strategy.is_none() && is_ordered(model, axis));
        if let Some(ordered) = ordered {
            axes[ordered].values.sort_by_key(|value| whole(value));
        }
        let minimise = asked.map_or(Minimise::default(), |asked| asked.minimise);
        let has_price = model.groups.iter().any(|group| group.cost.is_some());
        let question = Question {
            grid: Grid { axes },
            ordered,
            group,
            strategy,
            objective: match minimise {
                Minimise::Cost if has_price => Objective::Cost,
                Minimise::Cost | Minimise::ReplicaHours => Objective::ReplicaHours,
            },
            confidence: options.confidence.or(asked.map(|asked| asked.confidence)).unwrap_or(CONFIDENCE),
        };
        let ends = question.ends(variant)?;
        match contradiction(model, &ends) {
            Some((what, help)) => Err(PlanError::Contradiction { what, help }),
            None => Ok(question),
        }
    }

    /// The model of one point of the grid.
    ///
    /// # Errors
    /// The faults that its values make.
    pub fn model(&self, point: u64, variant: Variant) -> Result<Model, PlanError> {
        self.varied(&self.grid.changes(point), variant)
    }

    /// What should not be varied, or has less of an effect than it seems.
    pub fn doubts(&self, model: &Model) -> Vec<String> {
        let doubt = |axis: &Axis| {
            if axis.path.starts_with("producers.") {
                return Some(format!("{} is the load, which is not yours to choose", axis.path));
            }
            let (group, key) = group_at(model, &axis.path)?;
            let group = &model.groups[group];
            let is_scaled = group.scaling.is_some() && key == "replicas";
            is_scaled.then(|| {
                format!(
                    "{} is only the size at the begin: a strategy decides on {} from then on",
                    axis.path, group.name
                )
            })
        };
        self.grid.axes.iter().filter_map(doubt).collect()
    }

    fn varied(&self, changes: &[Override], variant: Variant) -> Result<Model, PlanError> {
        let model = variant(changes).map_err(PlanError::Faults)?;
        Ok(self.strategy.map_or_else(|| model.clone(), |strategy| model.with_strategy(strategy)))
    }

    /// The models with the first and the last value of every axis: paths and values that are not legal show here.
    fn ends(&self, variant: Variant) -> Result<Vec<Model>, PlanError> {
        for axis in &self.grid.axes {
            for place in [0, axis.values.len() - 1] {
                self.varied(&[axis.change(place)], variant)?;
            }
        }
        let corner = |last: bool| -> Vec<Override> {
            self.grid.axes.iter().map(|axis| axis.change(if last { axis.values.len() - 1 } else { 0 })).collect()
        };
        Ok(vec![self.varied(&corner(false), variant)?, self.varied(&corner(true), variant)?])
    }
}

fn whole(value: &str) -> Option<u64> {
    value.parse().ok()
}

/// The group that a path below `consumers` speaks of, and the rest of the path.
fn group_at<'p>(model: &Model, path: &'p str) -> Option<(GroupId, &'p str)> {
    let rest = path.strip_prefix("consumers.")?;
    let below = |(id, group): (GroupId, &crate::model::ConsumerGroup)| {
        let key = rest.strip_prefix(group.name.as_str())?.strip_prefix('.')?;
        Some((id, key, group.name.len()))
    };
    let found = model.groups.iter().enumerate().filter_map(below).max_by_key(|(_, _, length)| *length);
    found.map(|(id, key, _)| (id, key))
}

/// More replicas, or more slots on each, only ever help a group of fixed size whose slots do not slow one another down.
fn is_ordered(model: &Model, axis: &Axis) -> bool {
    let Some((group, key)) = group_at(model, &axis.path) else { return false };
    let group = &model.groups[group];
    let is_fixed = group.scaling.is_none() && group.contention.is_none() && group.speeds.is_empty();
    is_fixed && ["replicas", "concurrency"].contains(&key) && axis.values.iter().all(|value| whole(value).is_some())
}

/// The strategy whose settings vary, if one does.
fn strategy_of(model: &Model, axes: &[Axis]) -> Result<Option<usize>, PlanError> {
    let named = |axis: &Axis| {
        let rest = axis.path.strip_prefix("strategies.")?;
        let below = |name: &str| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        model.strategies.iter().position(|strategy| below(&strategy.name))
    };
    let mut found = axes.iter().filter_map(named);
    let first = found.next();
    match (first, found.find(|other| Some(*other) != first)) {
        (Some(first), Some(other)) => Err(PlanError::NothingToVary {
            what: format!(
                "settings of two strategies vary, {} and {}: only one of them can be at work",
                model.strategies[first].name, model.strategies[other].name
            ),
            help: "plan each of them by itself, and compare the plans".to_owned(),
        }),
        _ => Ok(first),
    }
}

/// The group whose setting varies, or else the first.
fn group_of(model: &Model, axes: &[Axis], strategy: Option<usize>) -> GroupId {
    let named = axes.iter().find_map(|axis| group_at(model, &axis.path).map(|(group, _)| group));
    named.or_else(|| strategy.map(|strategy| model.strategies[strategy].group)).unwrap_or(0)
}

/// The replicas of the one group that serves a queue with a promise.
fn default_axis(model: &Model) -> Result<Axis, PlanError> {
    let promised = |queue: usize| {
        model.slos.iter().any(|slo| match slo.path {
            Some(path) => model.paths[path].queues.contains(&queue),
            None => slo.queue == queue,
        })
    };
    let serving: Vec<GroupId> = (0..model.groups.len()).filter(|id| promised(model.groups[*id].from)).collect();
    let example = |name: &str| format!("`--vary consumers.{name}.replicas=1..64`");
    let refuse = |what: String, help: String| Err(PlanError::NothingToVary { what, help });
    match serving.as_slice() {
        [] => refuse(
            "no consumer group serves a queue with a promise, so it is not clear what to vary".to_owned(),
            format!("name it under `plan: {{vary: {{PATH: 1..64}}}}` or with {}", example("NAME")),
        ),
        [only] if model.groups[*only].scaling.is_some() => refuse(
            format!("a strategy scales {}, so its replicas are not there to be chosen", model.groups[*only].name),
            format!(
                "name a setting of the strategy, e.g. `--vary consumers.{name}.scaling.hpa.max=4,8,16`, or compare \
                 strategies with `forebay compare`",
                name = model.groups[*only].name
            ),
        ),
        [only] => {
            let values = (1..=most_replicas(model, *only)).map(|replicas| replicas.to_string()).collect();
            Ok(Axis { path: format!("consumers.{}.replicas", model.groups[*only].name), values })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|id| model.groups[*id].name.as_str()).collect();
            refuse(
                format!("several groups serve queues with promises, so it is not clear which to vary: {}", {
                    names.join(", ")
                }),
                format!("name the path under `plan: {{vary: ..}}`, or with {}", example(names[0])),
            )
        }
    }
}

/// Twice what the busiest time needs and a square-root safety of four, and at least twice what there is.
fn most_replicas(model: &Model, id: GroupId) -> u64 {
    let group = &model.groups[id];
    let recorded = |queue| model.producers_of(queue).any(|producer| matches!(producer.arrivals, Arrivals::Recorded(_)));
    let rate = if recorded(group.from) { None } else { model.publish_rate(group.from).ok() };
    let there = 2.0 * f64::from(group.replicas.most());
    let Some(rate) = rate else { return there.max(MOST_REPLICAS) as u64 };
    let busiest_per_s = rate.bounds(0.0, model.horizon_s).1;
    let load = busiest_per_s * model.mean_occupancy_s(group) / f64::from(group.slots_per_replica());
    let enough = 2.0 * load + 4.0 * load.sqrt() + 4.0;
    enough.max(there).ceil().clamp(2.0, 100_000.0) as u64
}
