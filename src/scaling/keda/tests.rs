//! Tests of `scaling::keda`: what the controllers are known for, and what folklore gets wrong.

use super::*;
use crate::model::scaling::{
    Behavior, Cron, CronWindow, DirectionRules, Fallback, Formula, Kafka, Operator, Paused, Policy, PolicyAmount,
    RabbitMq, RabbitProtocol, Trigger, TriggerSource,
};
use crate::scaling::{Partition, Reason, Rule, Sight};

fn rabbit(value: f64) -> Trigger {
    Trigger::new("queue", TriggerSource::RabbitMq(RabbitMq { value, ..RabbitMq::default() }))
}

fn kafka(threshold: u64) -> Trigger {
    Trigger::new("lag", TriggerSource::Kafka(Kafka { lag_threshold: threshold, ..Kafka::default() }))
}

fn seen(now_s: f64, size: u32, sight: Sight<'_>) -> Observation<'_> {
    Observation { now_s, wanted: size, running: size, ready: size, sight: Some(sight), explain: false }
}

fn messages(ready: f64) -> Sight<'static> {
    Sight { ready, ..Sight::default() }
}

fn partitions(count: usize, lag: f64) -> Vec<Partition> {
    vec![Partition { end: lag, committed: Some(0.0) }; count]
}

/// Runs until `until_s`; replicas come at once. Every change with its time.
fn run(
    settings: &ScaledObject,
    mut size: u32,
    until_s: f64,
    mut sight: impl FnMut(f64) -> Sight<'static>,
) -> Vec<(f64, u32)> {
    let mut state = KedaState::new(settings, 0.0, 0.0);
    let mut changes = Vec::new();
    while state.next_s() <= until_s {
        let now_s = state.next_s();
        let decided = state.decide(settings, &seen(now_s, size, sight(now_s)), None, &mut Reasons::skipped());
        if decided != size {
            changes.push((now_s, decided));
            size = decided;
        }
    }
    changes
}

fn first(settings: &ScaledObject, observation: &Observation<'_>) -> (u32, Vec<Reason>) {
    let mut reasons = Reasons::kept();
    let wanted = KedaState::new(settings, 0.0, 0.0).decide(settings, observation, None, &mut reasons);
    (wanted, reasons.into_list())
}

fn slow_down() -> Behavior {
    let policies = vec![Policy { amount: PolicyAmount::Pods(1), period_s: 60.0 }];
    Behavior { down: DirectionRules { policies, ..DirectionRules::default_down() }, ..Behavior::default() }
}

#[test]
fn n_to_zero_goes_past_the_down_policies() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.behavior = Some(slow_down());
    settings.operator.cooldown_s = 30.0;
    let changes = run(&settings, 20, 300.0, |now_s| messages(if now_s < 60.0 { 200.0 } else { 0.0 }));
    assert_eq!(changes, [(90.0, 0)], "20 → 0 at once, 1 pod per minute and a window of 300 s notwithstanding");
}

#[test]
fn folklore_3_cool_down_never_touches_n_to_one() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator.min = 1;
    settings.operator.cooldown_s = 30.0;
    let empty_after_a_minute = |now_s| messages(if now_s < 60.0 { 200.0 } else { 0.0 });
    let changes = run(&settings, 20, 900.0, empty_after_a_minute);
    assert_eq!(changes, [(360.0, 1)], "the HPA's window of 300 s alone counts");
}

#[test]
fn the_effective_cool_down_is_counted_from_the_last_active_poll() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator.cooldown_s = 100.0;
    let changes = run(&settings, 5, 400.0, |now_s| messages(if now_s < 59.0 { 50.0 } else { 0.0 }));
    assert_eq!(changes, [(150.0, 0)], "last active at the poll at 30 s; 130 s is not a poll");
}

#[test]
fn folklore_5_one_consumer_more_than_partitions() {
    let settings = ScaledObject::new(vec![kafka(10)]);
    let three = partitions(3, 13.0);
    let sight = Sight { partitions: &three, ..Sight::default() };
    let (wanted, _) = first(&settings, &seen(0.0, 2, sight));
    assert_eq!(wanted, 4, "39 / 10 is 3 in integers, and ⌈3.9⌉ = 4");
}

#[test]
fn resting_point_of_kafka_is_twenty_two_of_twenty_four() {
    let mut settings = ScaledObject::new(vec![kafka(1000)]);
    let lagging = partitions(24, 50_000.0);
    let sight = Sight { partitions: &lagging, ..Sight::default() };
    let (wanted, reasons) = first(&settings, &seen(0.0, 22, sight));
    assert_eq!(wanted, 22);
    for rule in [Rule::PartitionCap, Rule::Tolerance] {
        assert!(reasons.iter().any(|reason| reason.rule() == Some(rule)), "{rule:?} is not named");
    }
    settings.controller.tolerance = 0.01;
    assert_eq!(first(&settings, &seen(0.0, 22, sight)).0, 24);
}

#[test]
fn folklore_6_a_metric_without_unacked_messages_takes_workers_away_mid_task() {
    let in_work = Sight { unacked: 20.0, ..Sight::default() };
    let after = |protocol| {
        let source = TriggerSource::RabbitMq(RabbitMq { value: 1.0, protocol, ..RabbitMq::default() });
        let mut settings = ScaledObject::new(vec![Trigger::new("queue", source)]);
        settings.operator.cooldown_s = 0.0;
        run(&settings, 20, 60.0, |_| in_work)
    };
    assert_eq!(after(RabbitProtocol::Http), []);
    assert_eq!(after(RabbitProtocol::Amqp), [(30.0, 0)]);
}

#[test]
fn waking_up_goes_to_one_and_the_hpa_does_the_rest() {
    let settings = ScaledObject::new(vec![rabbit(10.0)]);
    let changes = run(&settings, 0, 60.0, |_| messages(100.0));
    assert_eq!(
        changes,
        [(0.0, 4), (15.0, 8), (30.0, 10)],
        "0 → 1 by the poll and 1 → 4 by the sync of the same instant"
    );
}

#[test]
fn while_asleep_the_hpa_sleeps_too_and_its_memory_ages() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator.cooldown_s = 10.0;
    let bursts = |now_s| {
        messages(if now_s < 10.0 {
            80.0
        } else if now_s < 120.0 {
            0.0
        } else {
            1.0
        })
    };
    let changes = run(&settings, 8, 120.0, bursts);
    assert_eq!(changes, [(30.0, 0), (120.0, 4)], "one message, four replicas: advice of 8 is remembered");
}

#[test]
fn an_idle_size_wakes_to_the_minimum() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator = Operator { min: 5, idle: Some(0), cooldown_s: 0.0, ..Operator::default() };
    let changes = run(&settings, 5, 90.0, |now_s| messages(if (20.0..=80.0).contains(&now_s) { 0.0 } else { 1.0 }));
    assert_eq!(changes, [(30.0, 0), (90.0, 5)]);
}

#[test]
fn a_paused_target_is_held_where_the_annotation_says() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator.paused = Paused { all: true, at_replicas: Some(7), ..Paused::default() };
    assert_eq!(run(&settings, 2, 60.0, |_| messages(1000.0)), [(0.0, 7)]);
}

#[test]
fn a_trigger_that_fails_too_often_is_replaced_by_the_fallback() {
    let mut settings = ScaledObject::new(vec![rabbit(10.0)]);
    settings.operator.min = 1;
    settings.fallback = Some(Fallback { failure_threshold: 3, replicas: 6, behavior: FallbackBehavior::Static });
    let mut state = KedaState::new(&settings, 0.0, 0.0);
    let mut sizes = vec![3];
    for k in 0..6 {
        let size = sizes[k];
        let blind = Observation { sight: None, ..seen(k as f64 * 15.0, size, Sight::default()) };
        sizes.push(state.decide(&settings, &blind, None, &mut Reasons::skipped()));
    }
    assert_eq!(sizes, [3, 3, 3, 3, 6, 6, 6]);
}

#[test]
fn scaling_modifiers_replace_every_trigger() {
    let mut settings = ScaledObject::new(vec![rabbit(1.0), kafka(1)]);
    settings.modifiers = Some(Modifiers {
        formula: Formula::parse("queue > 5 ? queue + lag : 0", &["queue", "lag"]).unwrap(),
        target: 10.0,
        activation_target: 0.0,
        metric_type: MetricType::AverageValue,
    });
    let three = partitions(3, 13.0);
    let sight = |ready| Sight { ready, partitions: &three, ..Sight::default() };
    assert_eq!(first(&settings, &seen(0.0, 2, sight(11.0))).0, 2, "11 + 3 = 14, wanted 2");
    assert_eq!(first(&settings, &seen(0.0, 2, sight(27.0))).0, 3, "27 + 3 = 30");
    assert_eq!(first(&settings, &seen(0.0, 0, sight(5.0))).0, 0, "not active");
}

#[test]
fn cached_metrics_show_the_last_poll_to_the_hpa() {
    let mut trigger = rabbit(10.0);
    trigger.use_cached_metrics = true;
    let rising = |now_s: f64| messages(if now_s < 10.0 { 20.0 } else { 30.0 });
    let cached = run(&ScaledObject::new(vec![trigger]), 2, 45.0, rising);
    assert_eq!(cached, [(30.0, 3)]);
    let fresh = run(&ScaledObject::new(vec![rabbit(10.0)]), 2, 45.0, rising);
    assert_eq!(fresh, [(15.0, 3)]);
}

#[test]
fn a_cron_window_is_a_floor_that_is_approached_in_growth_steps() {
    let window = CronWindow {
        start: Cron::parse("0 8 * * *").unwrap(),
        end: Cron::parse("0 9 * * *").unwrap(),
        timezone: jiff::tz::TimeZone::get("Europe/Kyiv").unwrap(),
        desired: 10,
    };
    let mut settings = ScaledObject::new(vec![Trigger::new("office", TriggerSource::Cron(window))]);
    settings.operator.min = 1;
    let origin: Timestamp = "2026-01-05T05:59:00Z".parse().unwrap();
    let mut state = KedaState::new(&settings, 0.0, 0.0);
    let (mut size, mut changes) = (1, Vec::new());
    while state.next_s() <= 4500.0 {
        let now_s = state.next_s();
        let decided =
            state.decide(&settings, &seen(now_s, size, Sight::default()), Some(origin), &mut Reasons::skipped());
        if decided != size {
            changes.push((now_s, decided));
            size = decided;
        }
    }
    assert_eq!(changes, [(60.0, 4), (75.0, 8), (90.0, 10), (3960.0, 1)], "and it falls 300 s after the window");
}

#[test]
fn kafka_partitions_that_stand_still_are_not_scaled_for() {
    let source = TriggerSource::Kafka(Kafka { lag_threshold: 10, exclude_persistent_lag: true, ..Kafka::default() });
    let mut settings = ScaledObject::new(vec![Trigger::new("lag", source)]);
    settings.operator.min = 1;
    settings.controller.down_window_s = 0.0;
    let mut state = KedaState::new(&settings, 0.0, 0.0);
    let mut decide = |now_s: f64, committed: f64| {
        let two = [Partition { end: 40.0, committed: Some(committed) }, Partition { end: 60.0, committed: Some(40.0) }];
        let sight = Sight { partitions: &two, ..Sight::default() };
        state.decide(&settings, &seen(now_s, 2, sight), None, &mut Reasons::skipped())
    };
    assert_eq!(decide(0.0, 10.0), 2, "nothing is known to stand still yet: 50 of lag, cut to 2 partitions");
    assert_eq!(decide(15.0, 35.0), 1, "the second partition stands still: 5 of lag");
}
