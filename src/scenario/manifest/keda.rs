//! KEDA's `ScaledObject` and `ScaledJob` of keda.sh/v1alpha1.

use super::super::fault::Code;
use super::Manifest;
use super::fields::Fields;
use super::hpa::{check_bounds, name_of, read_behavior, target_of};
use super::trigger;
use crate::model::scaling::{
    DEFAULT_MAX, Fallback, FallbackBehavior, Formula, HpaController, JobStrategy, MetricType, Modifiers,
    MultipleScalers, Operator, Paused, ScaledJob, ScaledObject, Strategy, Trigger,
};

/// What annotations of KEDA begin with.
const ANNOTATIONS: [&str; 5] = [
    "autoscaling.keda.sh/paused",
    "autoscaling.keda.sh/paused-replicas",
    "autoscaling.keda.sh/paused-scale-in",
    "autoscaling.keda.sh/paused-scale-out",
    "autoscaling.keda.sh/force-activation",
];

fn spec_of<'n>(object: &Fields<'n>) -> Option<Fields<'n>> {
    let spec = object.map("spec");
    if spec.is_none() && !object.has("spec") {
        object.needs("spec", "`spec` with `triggers`");
    }
    spec
}

pub(super) fn scaled_object(object: &Fields<'_>) -> Option<Manifest> {
    let name = name_of(object);
    let spec = spec_of(object)?;
    let target = target_of(&spec);
    let triggers = triggers(&spec);
    let max = spec.count("maxReplicaCount").unwrap_or(DEFAULT_MAX);
    let operator = operator(object, &spec);
    check_bounds(&spec, "minReplicaCount", operator.min, "maxReplicaCount", max);
    let fallback = spec.map("fallback").and_then(|fallback| read_fallback(&fallback));
    let advanced = spec.map("advanced");
    let behavior = advanced.as_ref().and_then(|advanced| {
        advanced.ignore(&["restoreToOriginalReplicaCount"]);
        let config = advanced.map("horizontalPodAutoscalerConfig")?;
        config.ignore(&["name"]);
        let behavior = config.map("behavior").map(|behavior| read_behavior(&behavior));
        config.warn_unknown();
        behavior
    });
    let modifiers = advanced.as_ref().and_then(|advanced| {
        let given = advanced.map("scalingModifiers");
        advanced.warn_unknown();
        read_modifiers(&given?, &triggers)
    });
    spec.warn_unknown();
    let controller = HpaController::default();
    let settings = ScaledObject { operator, triggers, max, modifiers, fallback, behavior, controller };
    Some(Manifest { name, target, strategy: Strategy::Keda(settings) })
}

fn operator(object: &Fields<'_>, spec: &Fields<'_>) -> Operator {
    let defaults = Operator::default();
    let seconds = |key: &'static str, default: f64| spec.count(key).map_or(default, f64::from);
    let annotations = object.map("metadata").and_then(|metadata| metadata.map("annotations"));
    let annotated = |key: &'static str| annotations.as_ref().and_then(|annotations| annotations.flag(key));
    let [paused, paused_replicas, scale_in, scale_out, force] = ANNOTATIONS;
    let at_replicas = annotations.as_ref().and_then(|annotations| annotations.count(paused_replicas));
    let operator = Operator {
        polling_interval_s: seconds("pollingInterval", defaults.polling_interval_s),
        cooldown_s: seconds("cooldownPeriod", defaults.cooldown_s),
        initial_cooldown_s: seconds("initialCooldownPeriod", defaults.initial_cooldown_s),
        min: spec.count("minReplicaCount").unwrap_or(defaults.min),
        idle: spec.count("idleReplicaCount"),
        paused: Paused {
            all: annotated(paused).unwrap_or(false) || at_replicas.is_some(),
            at_replicas,
            scale_in: annotated(scale_in).unwrap_or(false),
            scale_out: annotated(scale_out).unwrap_or(false),
        },
        force_activation: annotated(force).unwrap_or(false),
    };
    if operator.polling_interval_s == 0.0 {
        spec.fault(Code::OutOfRange, "pollingInterval", "it is not above 0", "write 1 or more seconds");
    }
    if operator.idle.is_some_and(|idle| idle >= operator.min) {
        let help = "KEDA wants `idleReplicaCount` below `minReplicaCount`; only 0 works";
        spec.fault(Code::Contradiction, "idleReplicaCount", "the idle size is not below the minimum", help);
    }
    operator
}

fn triggers(spec: &Fields<'_>) -> Vec<Trigger> {
    let given = spec.list("triggers");
    if given.as_ref().is_none_or(Vec::is_empty) {
        spec.fault(Code::MissingKey, "triggers", "there is no trigger", "write at least one entry in `triggers`");
    }
    let read = |(position, given): (usize, &Fields<'_>)| trigger::read(given, position);
    given.unwrap_or_default().iter().enumerate().filter_map(read).collect()
}

fn read_fallback(given: &Fields<'_>) -> Option<Fallback> {
    let behaviors = [
        ("static", FallbackBehavior::Static),
        ("currentReplicas", FallbackBehavior::CurrentReplicas),
        ("currentReplicasIfHigher", FallbackBehavior::CurrentReplicasIfHigher),
        ("currentReplicasIfLower", FallbackBehavior::CurrentReplicasIfLower),
        ("scalingModifiers", FallbackBehavior::ScalingModifiers),
    ];
    let (failure_threshold, replicas) = (given.count("failureThreshold"), given.count("replicas"));
    for key in ["failureThreshold", "replicas"] {
        if !given.has(key) {
            given.needs(key, &format!("`{key}`, for example 3"));
        }
    }
    let behavior = given.choice("behavior", &behaviors).unwrap_or_default();
    given.warn_unknown();
    Some(Fallback { failure_threshold: failure_threshold?, replicas: replicas?, behavior })
}

fn read_modifiers(given: &Fields<'_>, triggers: &[Trigger]) -> Option<Modifiers> {
    let text = given.text("formula");
    let target = given.above_zero("target");
    for key in ["formula", "target"] {
        if !given.has(key) {
            given.needs(key, if key == "formula" { "`formula` over the names of the triggers" } else { "`target`" });
        }
    }
    let names: Vec<&str> = triggers.iter().map(|trigger| trigger.name.as_str()).collect();
    let formula = text.and_then(|text| match Formula::parse(&text, &names) {
        Ok(formula) => Some(formula),
        Err(error) => {
            let help =
                "arithmetic, comparisons, `? :`, `??`, min, max, sum, mean and count over trigger names are read";
            given.fault(Code::Expression, "formula", error.to_string(), help);
            None
        }
    });
    let activation_target = given.quantity("activationTarget").unwrap_or(0.0);
    let metric_type = given.choice("metricType", &trigger::METRIC_TYPES).unwrap_or(MetricType::AverageValue);
    given.warn_unknown();
    Some(Modifiers { formula: formula?, target: target?, activation_target, metric_type })
}

pub(super) fn scaled_job(object: &Fields<'_>) -> Option<Manifest> {
    let name = name_of(object);
    let spec = spec_of(object)?;
    spec.ignore(&[
        "jobTargetRef",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
        "envSourceContainerName",
        "rollout",
        "rolloutStrategy",
    ]);
    let triggers = triggers(&spec);
    let (min, max) = (spec.count("minReplicaCount").unwrap_or(0), spec.count("maxReplicaCount").unwrap_or(DEFAULT_MAX));
    check_bounds(&spec, "minReplicaCount", min, "maxReplicaCount", max);
    let polling_interval_s = spec.count("pollingInterval").map_or(30.0, f64::from);
    if polling_interval_s == 0.0 {
        spec.fault(Code::OutOfRange, "pollingInterval", "it is not above 0", "write 1 or more seconds");
    }
    let (strategy, multiple) = match spec.map("scalingStrategy") {
        Some(given) => job_strategy(&given),
        None => (JobStrategy::Default, MultipleScalers::Max),
    };
    spec.warn_unknown();
    let settings = ScaledJob { polling_interval_s, min, max, triggers, strategy, multiple };
    Some(Manifest { name, target: None, strategy: Strategy::KedaJob(settings) })
}

fn job_strategy(given: &Fields<'_>) -> (JobStrategy, MultipleScalers) {
    let multiples = [
        ("max", MultipleScalers::Max),
        ("min", MultipleScalers::Min),
        ("avg", MultipleScalers::Avg),
        ("sum", MultipleScalers::Sum),
    ];
    let words = ["default", "custom", "accurate", "eager"];
    let strategy = given.choice("strategy", &words.map(|word| (word, word))).unwrap_or("default");
    let deduction = given.quantity("customScalingQueueLengthDeduction").unwrap_or(0.0) as i64;
    // KEDA carries the share as text, and text that is no number makes the strategy the default one.
    let share = given.text("customScalingRunningJobPercentage").and_then(|share| share.parse::<f64>().ok());
    let multiple = given.choice("multipleScalersCalculation", &multiples).unwrap_or_default();
    given.warn_unknown();
    let strategy = match strategy {
        "custom" => JobStrategy::Custom { deduction, running_share: share.filter(|share| share.is_finite()) },
        "accurate" => JobStrategy::Accurate,
        "eager" => JobStrategy::Eager,
        _ => JobStrategy::Default,
    };
    (strategy, multiple)
}
