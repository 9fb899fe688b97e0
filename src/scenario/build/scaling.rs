//! Strategies: who scales which group, with how many replicas at first, and how old what is seen is.
//!
//! Built when everything else is, because some of it follows from the group: what one of its replicas serves, and how
//! long it takes to start. Not here: the settings of each strategy (the modules below).

mod aws;
mod direct;
mod hpa;
mod keda;
mod manifest;
mod metrics;
mod trigger;

pub(super) use manifest::ManifestFiles;

use super::groups::MAX_SLOTS;
use super::{Body, Builder, Code, Item};
use crate::model::scaling::{Bounds, Phase, Strategy};
use crate::model::{GroupId, Model, NamedStrategy, Replicas, Scaling};
use crate::scenario::suggest;
use crate::units::quoted;

/// Builds the settings of one kind of strategy.
type Build = fn(&mut Builder<'_>, &Item, Option<&Scaled<'_>>) -> Option<Strategy>;

/// Each kind by its key.
const KINDS: [(&str, Build); 14] = [
    ("static", |_, item, _| item.number().map(|replicas| Strategy::Static(replicas as u32))),
    ("schedule", |builder, item, _| builder.schedule(item)),
    ("step", |builder, item, _| builder.step_scaling(item)),
    ("target_tracking", |builder, item, _| builder.target_tracking(item)),
    ("hpa", |builder, item, _| builder.hpa(item)),
    ("keda", |builder, item, _| builder.scaled_object(item)),
    ("keda_job", |builder, item, _| builder.scaled_job(item)),
    ("lambda_sqs", |builder, item, _| builder.lambda_sqs(item)),
    ("rate", |builder, item, group| builder.rate_scaling(item, group)),
    ("age", |builder, item, _| builder.age_scaling(item)),
    ("predictive", |builder, item, group| builder.predictive(item, group)),
    ("oracle", |builder, item, group| builder.oracle(item, group)),
    ("pid", |builder, item, _| builder.pid(item)),
    ("manifest", |builder, item, _| builder.manifest(item)),
];

/// The group that a strategy scales, and the world that it is in.
#[derive(Clone, Copy)]
pub(super) struct Scaled<'m> {
    model: &'m Model,
    group: GroupId,
}

impl Builder<'_> {
    /// The model with its strategies; they are checked even where there is no model.
    pub(super) fn scaled(&mut self, root: &Item, model: Option<Model>) -> Option<Model> {
        let groups = root.field("consumers").map_or(&[][..], Item::named);
        let own: Vec<Option<Option<Scaling>>> = groups
            .iter()
            .enumerate()
            .map(|(group, (_, item))| match item.field("scaling") {
                None => Some(None),
                Some(strategy) => self.scaling(strategy, item, model.as_ref(), Some(group)).map(Some),
            })
            .collect();
        let named: Vec<Option<NamedStrategy>> = root
            .field("strategies")
            .map_or(&[][..], Item::named)
            .iter()
            .map(|(name, item)| self.named_strategy(name, item, groups, model.as_ref()))
            .collect();
        let all_known = named.iter().all(Option::is_some)
            && root.field("strategies").is_none_or(|strategies| matches!(strategies.body, Body::Named(_)));
        for (group, (_, item)) in groups.iter().enumerate().filter(|(_, (_, item))| is_section(item)) {
            let is_scaled = named.iter().flatten().any(|strategy| strategy.group == group);
            self.has_replicas(item, is_scaled || !all_known);
        }
        let (own, named): (Option<Vec<_>>, Option<Vec<_>>) = (own.into_iter().collect(), named.into_iter().collect());
        let mut model = model?;
        model.strategies = named?;
        for (group, (scaling, (_, item))) in own?.into_iter().zip(groups).enumerate() {
            put_in_charge(&mut model, group, scaling, item.field("replicas").is_some());
        }
        if root.field("strategies").is_some_and(|item| matches!(item.body, Body::Bad)) { None } else { Some(model) }
    }

    /// A group needs a number of replicas, or somebody who decides on it.
    fn has_replicas(&mut self, item: &Item, may_be_scaled: bool) {
        let is_scaled = item.field("scaling").is_some() || may_be_scaled;
        match item.field("replicas") {
            None if !is_scaled => {
                let path = item.path.key("replicas");
                let message = "a consumer group needs `replicas`";
                self.collector.add(Code::MissingKey, item.span, &path, message).help =
                    Some("for example `replicas: 4`, or a strategy under `scaling`".to_owned());
            }
            Some(replicas) if !is_scaled && most(replicas) == Some(0.0) => {
                self.fault(Code::NeverAnyReplica, replicas, "this group never has a replica: it consumes nothing");
            }
            _ => {}
        }
    }

    fn named_strategy(
        &mut self,
        name: &str,
        item: &Item,
        groups: &[(String, Item)],
        model: Option<&Model>,
    ) -> Option<NamedStrategy> {
        if !is_section(item) {
            return None;
        }
        let group = self.scaled_group(item, groups);
        let initial = item.maybe("replicas");
        let scaling = match group {
            Some(group) => self.scaling(item, &groups[group].1, model, Some(group)),
            None => self.scaling(item, item, model, None),
        };
        let (group, scaling) = (group?, scaling?);
        let begins_with = || groups[group].1.field("replicas").is_none().then(|| scaling.strategy.initial());
        let initial = initial?.map(|replicas| replicas as u32).or_else(begins_with);
        Some(NamedStrategy { name: name.to_owned(), group, initial, scaling })
    }

    /// The group that a named strategy scales: the one that it names, or the only one.
    fn scaled_group(&mut self, item: &Item, groups: &[(String, Item)]) -> Option<GroupId> {
        let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
        let Some(given) = item.field("group") else {
            if names.len() == 1 {
                return Some(0);
            }
            let (message, help) = if names.is_empty() {
                ("there is no consumer group to scale", "add a group under `consumers`".to_owned())
            } else {
                ("`group` is missing: there is more than one", format!("for example `group: {}`", names[0]))
            };
            self.collector.add(Code::MissingKey, item.span, &item.path.key("group"), message).help = Some(help);
            return None;
        };
        let wanted = given.text()?;
        let found = names.iter().position(|name| *name == wanted);
        if found.is_none() {
            let help = suggest::did_you_mean(wanted, &names);
            let message = format!("there is no consumer group {}", quoted(wanted));
            self.fault(Code::UnknownReference, given, message).help = help;
        }
        found
    }

    /// A strategy with its delays. `owner` is the group that it scales, as written.
    fn scaling(&mut self, item: &Item, owner: &Item, model: Option<&Model>, group: Option<GroupId>) -> Option<Scaling> {
        if !is_section(item) {
            return None;
        }
        if let Some(replicas) = owner.field("replicas").filter(|replicas| matches!(replicas.body, Body::Chosen(..))) {
            let other = (self.collector.texts.place(replicas.span), "the timetable of the same group".to_owned());
            let message = "a group has a strategy or a timetable of replicas, not both";
            let fault = self.fault(Code::Contradiction, item, message);
            fault.other = Some(other);
            fault.help = Some("make the timetable a strategy: `{schedule: {steps: …}}`".to_owned());
        }
        let (build, settings) = KINDS.iter().find_map(|(key, build)| Some((build, item.field(key)?)))?;
        let scaled = model.zip(group).map(|(model, group)| Scaled { model, group });
        let strategy = build(self, settings, scaled.as_ref());
        let (age, sampling, phase) = (item.maybe("metric_age"), item.maybe("sampling"), item.maybe("phase"));
        let strategy = strategy?;
        if strategy.needs_calendar() && self.start.is_none() {
            let message = "a cron expression needs the scenario's `start`: it says which instant t = 0 is";
            self.fault(Code::NeedsStart, settings, message).help =
                Some("add for example `start: 2026-11-27T08:00:00Z`".to_owned());
        }
        self.fits(settings, &strategy, owner);
        self.ticks(item.field("phase"));
        let default = Scaling::new(strategy);
        Some(Scaling {
            metric_age_s: age?.unwrap_or(default.metric_age_s),
            sampling_s: sampling?.unwrap_or(default.sampling_s),
            phase: phase?.map_or(default.phase, Phase::At),
            ..default
        })
    }

    /// Doubts a clock whose first tick is after the end.
    fn ticks(&mut self, phase: Option<&Item>) {
        if let (Some(at), Some(horizon_s)) = (phase, self.horizon_s)
            && at.number().is_some_and(|phase_s| phase_s >= horizon_s)
        {
            self.fault(Code::BeyondHorizon, at, "the first tick is not before the horizon: nothing is ever decided");
        }
    }

    /// Refuses more slots than can be simulated, and doubts a strategy that never has a replica.
    fn fits(&mut self, settings: &Item, strategy: &Strategy, owner: &Item) {
        let most = f64::from(strategy.bounds().max);
        let at = settings.field("max").unwrap_or(settings);
        if most == 0.0 {
            self.fault(Code::NeverAnyReplica, at, "this strategy never has a replica: the group consumes nothing");
        }
        let Some(concurrency) = owner.or("concurrency", 1.0) else { return };
        if most * concurrency > MAX_SLOTS {
            let message =
                format!("{most} replicas with {concurrency:.0} slots each are {:.0} slots", most * concurrency);
            self.fault(Code::TooManySlots, at, message).label = Some("at most ten million are simulated".to_owned());
        }
    }

    /// `min` and `max`, with the defaults of the strategy; no default is a `max` that must be there.
    pub(super) fn bounds(&mut self, item: &Item, min: u32, max: Option<u32>) -> Option<Bounds> {
        let least = item.or("min", f64::from(min));
        let most = match max {
            Some(max) => item.or("max", f64::from(max)),
            None => item.needed("max"),
        };
        let (least, most) = (least? as u32, most? as u32);
        if least <= most {
            return Some(Bounds { min: least, max: most });
        }
        let (at, message) = match (item.field("max"), item.field("min")) {
            (Some(at), _) => (at, format!("`max` {most} is below `min` {least}")),
            (None, Some(at)) => (at, format!("`min` {least} is above `max`, which is {most} where it is left out")),
            (None, None) => return None,
        };
        self.fault(Code::Contradiction, at, message).help = Some(format!("write `max: {least}` or more"));
        None
    }
}

fn is_section(item: &Item) -> bool {
    matches!(item.body, Body::Fields(_))
}

/// The largest number of replicas under the key of a group.
fn most(replicas: &Item) -> Option<f64> {
    match &replicas.body {
        Body::Number(replicas) => Some(*replicas),
        Body::Chosen(_, steps) => Some(steps.pairs()?.iter().map(|(_, replicas)| *replicas).fold(0.0, f64::max)),
        _ => None,
    }
}

/// Gives a group its own strategy, or the first of the named ones where nothing else says how many replicas it has.
fn put_in_charge(model: &mut Model, group: GroupId, own: Option<Scaling>, has_replicas: bool) {
    let first = model.strategies.iter().find(|strategy| strategy.group == group);
    let (scaling, initial) = match (own, first) {
        (Some(own), _) => (own.clone(), own.strategy.initial()),
        (None, Some(first)) if !has_replicas => {
            (first.scaling.clone(), first.initial.unwrap_or_else(|| first.scaling.strategy.initial()))
        }
        (None, _) => return,
    };
    let group = &mut model.groups[group];
    group.scaling = Some(scaling);
    if !has_replicas {
        group.replicas = Replicas::Fixed(initial);
    }
}
