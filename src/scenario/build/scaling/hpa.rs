//! The `HorizontalPodAutoscaler`, and the `behavior` that KEDA shares.

use super::metrics::metric_named;
use super::{Body, Builder, Item};
use crate::model::scaling::{
    Behavior, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, MetricTarget, Policy, PolicyAmount,
    SelectPolicy, Signal, Strategy,
};
use crate::scenario::manifest::telling_name;

impl Builder<'_> {
    pub(super) fn hpa(&mut self, item: &Item) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None);
        let metrics: Option<Vec<HpaMetric>> = match (item.field("metric"), item.field("metrics")) {
            (Some(one), _) => metric(one).map(|metric| vec![metric]),
            (None, several) => several?.list()?.iter().map(metric).collect(),
        };
        let bounds = bounds?;
        let rules = HpaRules {
            behavior: behavior(item)?,
            controller: controller(item)?,
            ..HpaRules::new(bounds.min, bounds.max)
        };
        Some(Strategy::Hpa(Hpa { rules, metrics: metrics? }))
    }
}

fn metric(item: &Item) -> Option<HpaMetric> {
    let Body::Chosen(name, given) = &item.body else { return None };
    let (signal, per_replica) = metric_named(name);
    let target = match (given.number(), per_replica) {
        (Some(target), true) => MetricTarget::AverageValue(target),
        // Each pod reports its own.
        (Some(target), false) if signal == Signal::Utilization => MetricTarget::PodsAverage(target),
        (Some(target), false) => MetricTarget::Value(target),
        (None, _) => target(given)?,
    };
    let name = match given.field("name") {
        Some(name) => name.text()?,
        None => telling_name(signal),
    };
    Some(HpaMetric { name: name.to_owned(), signal, target })
}

fn target(item: &Item) -> Option<MetricTarget> {
    match (item.maybe("value")?, item.maybe("average_value")?) {
        (Some(value), _) => Some(MetricTarget::Value(value)),
        (None, Some(value)) => Some(MetricTarget::AverageValue(value)),
        (None, None) => item.needed("pods_average").map(MetricTarget::PodsAverage),
    }
}

/// Flags of the controller manager, beside the settings of what it controls.
pub(super) fn controller(item: &Item) -> Option<HpaController> {
    let default = HpaController::default();
    Some(HpaController {
        sync_period_s: item.or("sync_period", default.sync_period_s)?,
        tolerance: item.or("tolerance", default.tolerance)?,
        down_window_s: item.or("downscale_stabilization", default.down_window_s)?,
    })
}

/// `behavior`, which may be absent; `None` if it is faulty.
#[expect(clippy::option_option, reason = "outside, a faulty value; inside, one that is absent")]
pub(super) fn behavior(item: &Item) -> Option<Option<Behavior>> {
    let Some(given) = item.field("behavior") else { return Some(None) };
    if !super::is_section(given) {
        return None;
    }
    let direction = |key: &str, default: DirectionRules| match given.field(key) {
        Some(rules) => direction_rules(rules, default),
        None => Some(default),
    };
    let up = direction("scale_up", DirectionRules::default_up())?;
    let down = direction("scale_down", DirectionRules::default_down())?;
    Some(Some(Behavior { up, down }))
}

fn direction_rules(item: &Item, default: DirectionRules) -> Option<DirectionRules> {
    if !super::is_section(item) {
        return None;
    }
    let policies = match item.field("policies") {
        Some(policies) => policies.list()?.iter().map(policy).collect::<Option<_>>()?,
        None => default.policies,
    };
    let select = item.word_or("select_policy", default.select, |word| match word {
        "min" => SelectPolicy::Min,
        "disabled" => SelectPolicy::Disabled,
        _ => SelectPolicy::Max,
    });
    Some(DirectionRules {
        window_s: item.maybe("stabilization_window")?,
        policies,
        select: select?,
        tolerance: item.maybe("tolerance")?,
    })
}

fn policy(item: &Item) -> Option<Policy> {
    let amount = match (item.maybe("pods")?, item.maybe("percent")?) {
        (Some(pods), _) => PolicyAmount::Pods(pods as u32),
        (None, percent) => PolicyAmount::Percent(percent? as u32),
    };
    Some(Policy { amount, period_s: item.needed("period")? })
}
