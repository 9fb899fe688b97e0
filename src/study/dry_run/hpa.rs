//! One sync of an HPA from a question. Not here: the sync (`scaling::hpa`).

use super::Answer;
use super::object::Object;
use crate::model::scaling::{
    Behavior, DirectionRules, HpaController, HpaRules, MAX_POLICY_PERIOD_S, MAX_WINDOW_S, MetricTarget, Policy,
    PolicyAmount, SelectPolicy,
};
use crate::scaling::hpa::{Direction, HpaState, Reading, Sample, Scale};
use crate::scaling::{Reason, Reasons};

pub(super) fn answer(question: &Object<'_>) -> Option<Answer> {
    let current = question.needed_count(&["current_replicas", "current"]);
    let scale = Scale {
        now_s: 0.0,
        wanted: current,
        running: question.count(&["status_replicas"]).unwrap_or(current),
        ready: question.count(&["ready_replicas"]).unwrap_or(current),
    };
    let tolerance = question.amount(&["tolerance"]).unwrap_or(HpaController::default().tolerance);
    let rules = question.object(&["spec"]).map(|spec| rules(&spec, tolerance));
    if rules.is_none() && !question.has("spec") {
        question.needs("spec", "an object with `min`, `max` and `behavior`");
    }
    let samples: Vec<Sample> = match question.objects(&["metric", "metrics"]) {
        Some(metrics) => metrics.iter().map(|metric| sample(metric, &scale)).collect(),
        None => Vec::new(),
    };
    if samples.is_empty() {
        question.needs("metric", "one metric, or a list of them");
    }
    let mut state = if question.flag(&["first_sync"]) { HpaState::default() } else { HpaState::known() };
    if question.flag(&["scaled_to_zero_by_hpa"]) {
        state.remember_zero();
    }
    question.objects(&["history"]).into_iter().flatten().for_each(|entry| remember(&mut state, &entry));
    question.refuse_unknown();
    let mut reasons = Reasons::kept();
    let replicas = state.sync(&rules?, &scale, samples.len(), |metric| samples[metric], &mut reasons);
    let reasons = reasons.into_list();
    let condition = reasons.iter().rev().find_map(|reason| match reason {
        Reason::Hpa(reason) => reason.condition(),
        _ => None,
    });
    Some(Answer {
        name: String::new(),
        replicas: Some(replicas),
        result: None,
        reasons: reasons.iter().map(ToString::to_string).collect(),
        condition: Some(condition.unwrap_or("DesiredWithinRange")),
    })
}

fn rules(spec: &Object<'_>, tolerance: f64) -> HpaRules {
    let defaults = HpaController::default();
    let min = spec.count(&["min", "min_replicas"]).unwrap_or(1);
    let max = spec.needed_count(&["max", "max_replicas"]);
    if min > max {
        spec.fault("min", format!("min {min} is above max {max}"), "write a `max` of at least `min`");
    }
    if max == 0 && spec.has("max") {
        spec.fault("max", "an HPA has a max of at least 1", "write 1 or more");
    }
    let down_window_s = window(spec, "downscale_stabilization_seconds").unwrap_or(defaults.down_window_s);
    let behavior = spec.object(&["behavior"]).map(|behavior| {
        let direction = |keys: &[&'static str], default: DirectionRules| match behavior.object(keys) {
            Some(given) => direction_rules(&given, default),
            None => default,
        };
        let up = direction(&["scale_up"], DirectionRules::default_up());
        let down = direction(&["scale_down"], DirectionRules::default_down());
        behavior.refuse_unknown();
        Behavior { up, down }
    });
    spec.refuse_unknown();
    HpaRules { min, max, behavior, controller: HpaController { tolerance, down_window_s, ..defaults } }
}

fn window(object: &Object<'_>, key: &'static str) -> Option<f64> {
    let window_s = object.amount(&[key])?;
    if window_s > MAX_WINDOW_S {
        object.fault(key, format!("{window_s} s is longer than an hour"), format!("write 0 to {MAX_WINDOW_S}"));
    }
    Some(window_s)
}

fn direction_rules(given: &Object<'_>, default: DirectionRules) -> DirectionRules {
    let selects = [("Max", SelectPolicy::Max), ("Min", SelectPolicy::Min), ("Disabled", SelectPolicy::Disabled)];
    let policies = given.objects(&["policies"]).map(|policies| policies.iter().map(policy).collect::<Vec<_>>());
    if policies.as_ref().is_some_and(Vec::is_empty) {
        let help = "name at least one policy, or leave `policies` out for the default ones";
        given.fault("policies", "an empty list of policies is refused by Kubernetes", help);
    }
    let rules = DirectionRules {
        window_s: window(given, "stabilization_window_seconds"),
        policies: policies.unwrap_or(default.policies),
        select: given.choice(&["select_policy"], &selects).unwrap_or(default.select),
        tolerance: given.amount(&["tolerance"]),
    };
    given.refuse_unknown();
    rules
}

fn policy(given: &Object<'_>) -> Policy {
    #[derive(Clone, Copy)]
    enum Type {
        Pods,
        Percent,
    }
    let amount = given.choice(&["type"], &[("Pods", Type::Pods), ("Percent", Type::Percent)]);
    if amount.is_none() && !given.has("type") {
        given.needs("type", "`Pods` or `Percent`");
    }
    let value = given.needed_count(&["value"]);
    if value == 0 && given.has("value") {
        given.fault("value", "a policy allows at least 1", "write 1 or more, or `select_policy: Disabled`");
    }
    let period_s = given.target(&["period_seconds"]);
    if !(1.0..=MAX_POLICY_PERIOD_S).contains(&period_s) {
        let help = format!("write 1 to {MAX_POLICY_PERIOD_S}");
        given.fault("period_seconds", format!("{period_s} s is outside what Kubernetes allows"), help);
    }
    given.refuse_unknown();
    let amount = match amount {
        Some(Type::Percent) => PolicyAmount::Percent(value),
        Some(Type::Pods) | None => PolicyAmount::Pods(value),
    };
    Policy { amount, period_s }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Queue,
    Pods,
    Advice,
}

fn sample(metric: &Object<'_>, scale: &Scale) -> Sample {
    let kinds =
        [("external", Kind::Queue), ("object", Kind::Queue), ("pods", Kind::Pods), ("recommendation", Kind::Advice)];
    let kind = metric.choice(&["kind", "type"], &kinds);
    if kind.is_none() && !metric.has("kind") {
        metric.needs("kind", "`external`, `object`, `pods` or `recommendation`");
    }
    let sample = match kind {
        Some(Kind::Queue) => queue_sample(metric),
        Some(Kind::Pods) => pods_sample(metric, scale),
        Some(Kind::Advice) => {
            let reading = Reading::Advice(metric.needed_count(&["replicas"]));
            Sample { target: MetricTarget::Value(1.0), reading, per_unit: 1.0 }
        }
        // What else it says cannot be judged.
        None => return Sample { target: MetricTarget::Value(1.0), reading: Reading::Failed, per_unit: 1.0 },
    };
    metric.refuse_unknown();
    sample
}

fn failed(metric: &Object<'_>) -> bool {
    metric.get(&["error"]).is_some_and(|error| error != false)
}

fn queue_sample(metric: &Object<'_>) -> Sample {
    let by_value = metric.has("target_value");
    if by_value && metric.has("target_average_value") {
        metric.fault(
            "target_value",
            "two targets contradict each other",
            "write `target_value` or `target_average_value`",
        );
    }
    let target = if by_value { metric.target(&["target_value"]) } else { metric.target(&["target_average_value"]) };
    let error = failed(metric);
    let values = metric.numbers(&["values", "value"]);
    if values.as_ref().is_none_or(Vec::is_empty) && !error {
        metric.needs("value", "`value`, `values`, or `error` for a metric that cannot be read");
    }
    let total = values.unwrap_or_default().iter().sum::<f64>();
    let target = if by_value { MetricTarget::Value(target) } else { MetricTarget::AverageValue(target) };
    let reading = if error { Reading::Failed } else { Reading::Total(total) };
    Sample { target, reading, per_unit: 1.0 }
}

fn pods_sample(metric: &Object<'_>, scale: &Scale) -> Sample {
    let target = metric.target(&["target_average_value", "target_value"]);
    let error = failed(metric);
    let values = metric.numbers(&["values", "value"]).unwrap_or_default();
    if values.is_empty() && !error {
        metric.needs("values", "the value of every pod that reports");
    }
    let reporting = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let missing = metric.count(&["missing"]).unwrap_or(scale.running.saturating_sub(reporting));
    let reading =
        if error { Reading::Failed } else { Reading::Pods { total: values.iter().sum(), reporting, missing } };
    Sample { target: MetricTarget::PodsAverage(target), reading, per_unit: 1.0 }
}

#[derive(Clone, Copy)]
enum Event {
    Advice,
    Change(Direction),
}

fn remember(state: &mut HpaState, entry: &Object<'_>) {
    let events = [
        ("recommendation", Event::Advice),
        ("scale_up", Event::Change(Direction::Up)),
        ("scale_down", Event::Change(Direction::Down)),
    ];
    let event = entry.choice(&["type"], &events);
    if event.is_none() && !entry.has("type") {
        entry.needs("type", "`recommendation`, `scale_up` or `scale_down`");
    }
    let age_s = entry.amount(&["age_seconds"]);
    if age_s.is_none() && !entry.has("age_seconds") {
        entry.needs("age_seconds", "how long ago it was");
    }
    let at_s = -age_s.unwrap_or(0.0);
    match event {
        Some(Event::Advice) => state.remember_advice(at_s, entry.needed_count(&["replicas"])),
        Some(Event::Change(direction)) => {
            state.remember_change(at_s, direction, entry.needed_count(&["change", "replicas"]));
        }
        None => return,
    }
    entry.refuse_unknown();
}
