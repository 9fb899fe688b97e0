//! Tests of `scaling::jobs`: what the controllers are known for, and what folklore gets wrong.

use super::*;
use crate::model::scaling::{RabbitMq, Trigger, TriggerSource};
use crate::scaling::Sight;

const ONE_TO_TEN: JobBounds = JobBounds { min: 0, max: 10 };

fn strategy(strategy: JobStrategy, max_scale: i64, running: i64, pending: i64, max: i64) -> i64 {
    effective_max_scale(strategy, max_scale, JobCounts { running, pending }, max).0
}

#[test]
fn strategies_follow_their_formulas() {
    assert_eq!(strategy(JobStrategy::Default, 3, 2, 0, 5), 1);
    assert_eq!(strategy(JobStrategy::Accurate, 3, 4, 2, 10), 1);
    assert_eq!(strategy(JobStrategy::Accurate, 20, 15, 10, 20), 5);
    assert_eq!(strategy(JobStrategy::Eager, 4, 1, 6, 10), 3);
    let half = |deduction| JobStrategy::Custom { deduction, running_share: Some(0.5) };
    assert_eq!(strategy(half(1), 3, 2, 0, 5), 1);
    let none = |deduction| JobStrategy::Custom { deduction, running_share: Some(0.0) };
    assert_eq!(strategy(none(-2), 3, 2, 0, 4), 4);
    let unread = JobStrategy::Custom { deduction: 1, running_share: None };
    assert_eq!(strategy(unread, 3, 2, 0, 5), 1, "as the default strategy");
}

#[test]
fn an_eager_strategy_is_not_bound_by_the_queue_but_by_its_maximum() {
    let demand = JobDemand { active: true, scale_to: 1, max_scale: 4 };
    let jobs = JobCounts { running: 0, pending: 0 };
    let created = |strategy| created(strategy, ONE_TO_TEN, demand, jobs, &mut Reasons::skipped());
    assert_eq!(created(JobStrategy::Eager), 4);
    assert_eq!(created(JobStrategy::Default), 1);
}

#[test]
fn nothing_is_created_while_no_trigger_is_active() {
    let demand = JobDemand { active: false, scale_to: 9, max_scale: 9 };
    let jobs = JobCounts { running: 0, pending: 0 };
    assert_eq!(created(JobStrategy::Default, ONE_TO_TEN, demand, jobs, &mut Reasons::skipped()), 0);
}

#[test]
fn the_shortest_queue_is_one_with_something_in_it() {
    let trigger = |queue| JobTrigger { queue, target: 1.0, active: true };
    let of = |queues: [f64; 2]| demand(MultipleScalers::Min, ONE_TO_TEN, queues.into_iter().map(trigger)).scale_to;
    assert_eq!(of([7.0, 3.0]), 3);
    assert_eq!(of([0.0, 3.0]), 3, "KEDA takes an empty queue for none");
}

#[test]
fn polls_create_jobs_on_top_of_those_that_run() {
    let source = TriggerSource::RabbitMq(RabbitMq { value: 1.0, ..RabbitMq::default() });
    let mut settings = ScaledJob::new(vec![Trigger::new("queue", source)]);
    settings.max = 10;
    let mut state = JobState::new(&settings, 0.5);
    let mut poll = |now_s, running, ready, depth| {
        let sight = Sight { ready: depth, ..Sight::default() };
        let seen = Observation { now_s, wanted: running, running, ready, sight: Some(sight), explain: false };
        state.decide(&settings, &seen, None, &mut Reasons::skipped())
    };
    assert_eq!(poll(0.0, 0, 0, 4.0), 0, "the first poll comes at 15 s");
    assert_eq!(poll(15.0, 0, 0, 4.0), 4);
    assert_eq!(poll(45.0, 4, 4, 6.0), 6, "the queue counts the four in work");
    assert_eq!(poll(75.0, 6, 6, 90.0), 10);
}
