//! One step of a `ScaledJob` from a question. Not here: the steps (`scaling::jobs`).

use serde_json::{Value, json};

use super::keda::Step;
use super::object::Object;
use crate::model::scaling::{DEFAULT_MAX, JobStrategy, MultipleScalers};
use crate::scaling::Reasons;
use crate::scaling::jobs::{JobBounds, JobCounts, JobDemand, JobTrigger, created, demand, effective_max_scale};

fn bounds(input: &Object<'_>) -> JobBounds {
    let min = input.count(&["min", "min_replica_count"]).unwrap_or(0);
    let max = input.count(&["max", "max_replica_count"]).unwrap_or(DEFAULT_MAX);
    if min > max {
        input.fault("min", format!("min {min} is above max {max}"), "write a `max` of at least `min`");
    }
    JobBounds { min: i64::from(min), max: i64::from(max) }
}

fn triggers(input: &Object<'_>, bounds: JobBounds) -> JobDemand {
    let multiples = [
        ("max", MultipleScalers::Max),
        ("min", MultipleScalers::Min),
        ("avg", MultipleScalers::Avg),
        ("sum", MultipleScalers::Sum),
    ];
    let multiple = input.choice(&["multiple", "multiple_scalers_calculation"], &multiples).unwrap_or_default();
    let given = input.objects(&["triggers"]);
    if given.is_none() {
        input.needs("triggers", "a list of objects with `queue` and `target`");
    }
    let read = |trigger: &Object<'_>| {
        let queue = trigger.amount(&["queue", "metric"]);
        if queue.is_none() && !trigger.has("queue") {
            trigger.needs("queue", "how much waits");
        }
        let queue = queue.unwrap_or(0.0);
        let active = if trigger.has("active") { trigger.flag(&["active"]) } else { queue > 0.0 };
        let read = JobTrigger { queue, target: trigger.target(&["target"]), active };
        trigger.refuse_unknown();
        read
    };
    let read: Vec<JobTrigger> = given.unwrap_or_default().iter().map(read).collect();
    demand(multiple, bounds, read.into_iter())
}

fn counts(input: &Object<'_>) -> JobCounts {
    JobCounts {
        running: i64::from(input.needed_count(&["running"])),
        pending: input.count(&["pending"]).map_or(0, i64::from),
    }
}

fn job_strategy(input: &Object<'_>) -> JobStrategy {
    #[derive(Clone, Copy)]
    enum Word {
        Default,
        Custom,
        Accurate,
        Eager,
    }
    let words =
        [("default", Word::Default), ("custom", Word::Custom), ("accurate", Word::Accurate), ("eager", Word::Eager)];
    let deduction = input.whole(&["deduction", "custom_scaling_queue_length_deduction"]).unwrap_or(0);
    let share = input.get(&["running_percentage", "custom_scaling_running_job_percentage"]);
    // KEDA carries the share as text, and text that is no number makes the strategy the default one.
    let running_share = share.and_then(|share| share.as_f64().or_else(|| share.as_str()?.trim().parse().ok()));
    match input.choice(&["strategy"], &words).unwrap_or(Word::Default) {
        Word::Default => JobStrategy::Default,
        Word::Custom => {
            JobStrategy::Custom { deduction, running_share: running_share.filter(|share| share.is_finite()) }
        }
        Word::Accurate => JobStrategy::Accurate,
        Word::Eager => JobStrategy::Eager,
    }
}

pub(super) fn create(input: &Object<'_>) -> Step {
    let bounds = bounds(input);
    let demand = triggers(input, bounds);
    let (jobs, strategy) = (counts(input), job_strategy(input));
    let mut reasons = Reasons::kept();
    let created = created(strategy, bounds, demand, jobs, &mut reasons);
    let reasons = reasons.into_list().iter().map(ToString::to_string).collect();
    Step { result: json!(created), replicas: u32::try_from(jobs.running + created).ok(), reasons }
}

pub(super) fn strategy(input: &Object<'_>) -> Step {
    let (jobs, strategy) = (counts(input), job_strategy(input));
    let max_scale = i64::from(input.needed_count(&["max_scale"]));
    let max = input.count(&["max", "max_replica_count"]).map_or(i64::from(DEFAULT_MAX), i64::from);
    let (scale, limit) = effective_max_scale(strategy, max_scale, jobs, max);
    let limit = limit.map_or(String::new(), |limit| format!(", with its own limit of {limit}"));
    let JobCounts { running, pending } = jobs;
    let told = format!("{max_scale} wanted, {running} running, {pending} pending, max {max}: {scale}{limit}");
    Step::new(json!(scale), told)
}

pub(super) fn metrics(input: &Object<'_>) -> Step {
    let JobDemand { active, scale_to, max_scale } = triggers(input, bounds(input));
    let told = format!("queue {scale_to}, Jobs wanted {max_scale}, {}", if active { "active" } else { "not active" });
    Step::new(Value::from(vec![json!(active), json!(scale_to), json!(max_scale)]), told)
}
