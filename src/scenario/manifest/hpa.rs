//! `HorizontalPodAutoscaler` of autoscaling/v2, and the `behavior` that KEDA shares.

use super::super::fault::Code;
use super::fields::Fields;
use super::{Manifest, signal_of};
use crate::model::scaling::{
    Behavior, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, MAX_POLICY_PERIOD_S, MAX_WINDOW_S, MetricTarget,
    Policy, PolicyAmount, SelectPolicy, Signal, Strategy,
};

pub(super) fn read(object: &Fields<'_>, version: &str) -> Option<Manifest> {
    if !matches!(version, "autoscaling/v2" | "autoscaling/v2beta2") {
        let help = "`kubectl get hpa.v2.autoscaling NAME -o yaml` writes it as autoscaling/v2";
        object.fault(Code::UnknownVersion, "apiVersion", format!("`{version}` is not read"), help);
    }
    let name = name_of(object);
    let Some(spec) = object.map("spec") else {
        if !object.has("spec") {
            object.needs("spec", "`spec` with `maxReplicas` and `metrics`");
        }
        return None;
    };
    let target = target_of(&spec);
    let min = spec.count("minReplicas").unwrap_or(1);
    let max = spec.count("maxReplicas");
    if max.is_none() && !spec.has("maxReplicas") {
        spec.needs("maxReplicas", "`maxReplicas`, for example 10");
    }
    let max = max.unwrap_or(min.max(1));
    check_bounds(&spec, "minReplicas", min, "maxReplicas", max);
    let behavior = spec.map("behavior").map(|behavior| read_behavior(&behavior));
    let given = spec.list("metrics").unwrap_or_default();
    let before = spec.errors();
    let metrics: Vec<HpaMetric> = given.iter().filter_map(metric).collect();
    // A metric that is faulty is no reason to ask for another one.
    if metrics.is_empty() && spec.errors() == before {
        let help = "write an `External`, `Object` or `Pods` metric that shows the queue";
        spec.fault(Code::MissingKey, "metrics", "no metric of a queue is left to scale on", help);
    }
    spec.warn_unknown();
    let rules = HpaRules { min, max, behavior, controller: HpaController::default() };
    Some(Manifest { name, target, strategy: Strategy::Hpa(Hpa { rules, metrics }) })
}

pub(super) fn name_of(object: &Fields<'_>) -> String {
    object.map("metadata").and_then(|metadata| metadata.text("name")).unwrap_or_else(|| "unnamed".to_owned())
}

pub(super) fn target_of(spec: &Fields<'_>) -> Option<String> {
    spec.map("scaleTargetRef")?.text("name")
}

pub(super) fn check_bounds(spec: &Fields<'_>, min_key: &'static str, min: u32, max_key: &'static str, max: u32) {
    if max == 0 {
        spec.fault(Code::OutOfRange, max_key, "it is not above 0", "write 1 or more");
    } else if min > max {
        let message = format!("`{min_key}` {min} is above `{max_key}` {max}");
        spec.fault(Code::Contradiction, max_key, message, format!("write at least {min}"));
    }
}

/// `behavior`, as an HPA and a `ScaledObject` write it.
pub(super) fn read_behavior(behavior: &Fields<'_>) -> Behavior {
    let direction = |key: &'static str, default: DirectionRules| match behavior.map(key) {
        Some(given) => direction_rules(&given, default),
        None => default,
    };
    let up = direction("scaleUp", DirectionRules::default_up());
    let down = direction("scaleDown", DirectionRules::default_down());
    behavior.warn_unknown();
    Behavior { up, down }
}

fn direction_rules(given: &Fields<'_>, default: DirectionRules) -> DirectionRules {
    let selects = [("Max", SelectPolicy::Max), ("Min", SelectPolicy::Min), ("Disabled", SelectPolicy::Disabled)];
    let window_s = given.count("stabilizationWindowSeconds").map(f64::from);
    if window_s.is_some_and(|window_s| window_s > MAX_WINDOW_S) {
        let help = format!("Kubernetes accepts 0 to {MAX_WINDOW_S}");
        given.fault(Code::OutOfRange, "stabilizationWindowSeconds", "the window is longer than an hour", help);
    }
    let before = given.errors();
    let policies = given.list("policies").map(|policies| policies.iter().filter_map(policy).collect::<Vec<_>>());
    if policies.as_ref().is_some_and(Vec::is_empty) && given.errors() == before {
        let help = "name at least one policy, or leave `policies` out for the default ones";
        given.fault(Code::Empty, "policies", "there is no policy in it", help);
    }
    let rules = DirectionRules {
        window_s,
        policies: policies.unwrap_or(default.policies),
        select: given.choice("selectPolicy", &selects).unwrap_or(default.select),
        tolerance: given.amount("tolerance"),
    };
    given.warn_unknown();
    rules
}

fn policy(given: &Fields<'_>) -> Option<Policy> {
    let by_percent = given.choice("type", &[("Pods", false), ("Percent", true)]);
    if by_percent.is_none() && !given.has("type") {
        given.needs("type", "`type: Pods` or `type: Percent`");
    }
    let value = given.count("value");
    if value == Some(0) || !given.has("value") {
        given.fault(
            Code::OutOfRange,
            "value",
            "a policy allows at least 1",
            "write 1 or more, or `selectPolicy: Disabled`",
        );
    }
    let period_s = given.count("periodSeconds").map(f64::from);
    if period_s.is_none_or(|period_s| !(1.0..=MAX_POLICY_PERIOD_S).contains(&period_s)) {
        let help = format!("Kubernetes accepts 1 to {MAX_POLICY_PERIOD_S}");
        given.fault(Code::OutOfRange, "periodSeconds", "the period of a policy is out of range", help);
    }
    given.warn_unknown();
    let amount = if by_percent? { PolicyAmount::Percent(value?) } else { PolicyAmount::Pods(value?) };
    Some(Policy { amount, period_s: period_s? })
}

#[derive(Clone, Copy)]
enum Type {
    External,
    Object,
    Pods,
    Resource,
}

fn metric(given: &Fields<'_>) -> Option<HpaMetric> {
    let types = [
        ("External", Type::External),
        ("Object", Type::Object),
        ("Pods", Type::Pods),
        ("Resource", Type::Resource),
        ("ContainerResource", Type::Resource),
    ];
    let metric_type = given.choice("type", &types);
    if metric_type.is_none() && !given.has("type") {
        given.needs("type", "`type: External`, `Object` or `Pods`");
    }
    let (key, by_pod) = match metric_type? {
        Type::External => ("external", false),
        Type::Object => ("object", false),
        Type::Pods => ("pods", true),
        Type::Resource => {
            let help = "queues are scaled on external metrics here: CPU and memory of consumers are not modelled";
            given.warn("type", "a resource metric is left out", help);
            return None;
        }
    };
    let Some(source) = given.map(key) else {
        if !given.has(key) {
            given.needs(key, &format!("`{key}` with `metric` and `target`"));
        }
        return None;
    };
    source.ignore(&["describedObject"]);
    let name = source.map("metric").and_then(|metric| metric.text("name"));
    if name.is_none() {
        source.needs("metric", "`metric` with its `name`");
    }
    let name = name.unwrap_or_default();
    let target = source.map("target").and_then(|target| read_target(&target, by_pod));
    if target.is_none() && !source.has("target") {
        source.needs("target", "`target` with `type` and `averageValue` or `value`");
    }
    let signal = signal_of(&name).unwrap_or_else(|| {
        let message = format!("what `{name}` shows of the queue is a guess: its messages");
        let help = "a name with `ready`, `unacked`, `messages`, `lag`, `publish` or `age` in it tells";
        source.warn("metric", message, help);
        Signal::Depth
    });
    source.warn_unknown();
    given.warn_unknown();
    Some(HpaMetric { name, signal, target: target? })
}

fn read_target(target: &Fields<'_>, by_pod: bool) -> Option<MetricTarget> {
    let by_value = target.choice("type", &[("Value", true), ("AverageValue", false)]);
    let by_value = by_value.unwrap_or_else(|| target.has("value")) && !by_pod;
    let key = if by_value { "value" } else { "averageValue" };
    let amount = target.above_zero(key);
    if amount.is_none() && !target.has(key) {
        target.needs(key, &format!("`{key}`, for example `{key}: \"50\"`"));
    }
    target.warn_unknown();
    amount.map(|amount| match (by_pod, by_value) {
        (true, _) => MetricTarget::PodsAverage(amount),
        (false, true) => MetricTarget::Value(amount),
        (false, false) => MetricTarget::AverageValue(amount),
    })
}
