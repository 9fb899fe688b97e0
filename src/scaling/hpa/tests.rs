//! Tests of `scaling::hpa`: what the controllers are known for, and what folklore gets wrong.

use super::*;
use crate::model::scaling::{Behavior, DirectionRules, HpaController, HpaMetric, MetricTarget, SelectPolicy, Signal};
use crate::scaling::{Rule, Sight};

fn scale(now_s: f64, replicas: u32) -> Scale {
    Scale { now_s, wanted: replicas, running: replicas, ready: replicas }
}

fn average(total: f64, target: f64) -> Sample {
    Sample { target: MetricTarget::AverageValue(target), reading: Reading::Total(total), per_unit: 1.0 }
}

fn value(total: f64, target: f64) -> Sample {
    Sample { target: MetricTarget::Value(target), reading: Reading::Total(total), per_unit: 1.0 }
}

fn failed() -> Sample {
    Sample { reading: Reading::Failed, ..average(0.0, 1.0) }
}

fn advice(replicas: u32) -> Sample {
    Sample { reading: Reading::Advice(replicas), ..average(0.0, 1.0) }
}

fn with_behavior(rules: &HpaRules) -> HpaRules {
    HpaRules { behavior: Some(Behavior::default()), ..rules.clone() }
}

/// One sync of a controller that knows the HPA and remembers nothing.
fn once(rules: &HpaRules, scale: Scale, samples: &[Sample]) -> (u32, Vec<Reason>) {
    let mut reasons = Reasons::kept();
    let replicas = HpaState::known().sync(rules, &scale, samples.len(), |k| samples[k], &mut reasons);
    (replicas, reasons.into_list())
}

fn replicas(rules: &HpaRules, current: u32, sample: Sample) -> u32 {
    once(rules, scale(0.0, current), &[sample]).0
}

fn grow(rules: &HpaRules, period_s: f64, syncs: usize) -> Vec<u32> {
    let mut state = HpaState::known();
    let mut size = 1;
    (0..syncs)
        .map(|k| {
            let scale = scale(k as f64 * period_s, size);
            size = state.sync(rules, &scale, 1, |_| advice(1000), &mut Reasons::skipped());
            size
        })
        .collect()
}

#[test]
fn growth_table_of_both_code_paths() {
    let plain = HpaRules::new(1, 1000);
    assert_eq!(grow(&plain, 15.0, 9), [4, 8, 16, 32, 64, 128, 256, 512, 1000]);
    assert_eq!(grow(&with_behavior(&plain), 15.0, 9), [5, 10, 20, 40, 80, 160, 320, 640, 1000]);
}

#[test]
fn growth_from_one_to_a_hundred_takes_six_decisions() {
    for rules in [HpaRules::new(1, 100), with_behavior(&HpaRules::new(1, 100))] {
        assert_eq!(grow(&rules, 15.0, 7).iter().position(|size| *size >= 100), Some(5));
    }
}

#[test]
fn syncs_faster_than_the_policy_period_share_its_budget_only_with_behavior() {
    let plain = HpaRules::new(1, 1000);
    assert_eq!(grow(&plain, 5.0, 4), [4, 8, 16, 32]);
    assert_eq!(grow(&with_behavior(&plain), 5.0, 4), [5, 5, 5, 10]);
}

#[test]
fn folklore_1_ten_per_cent_tolerance_is_a_dead_zone_of_whole_replicas() {
    let rules = HpaRules::new(1, 100);
    assert_eq!(replicas(&rules, 10, average(41.0, 4.0)), 10, "the 41st task never gets a worker");
    assert_eq!(replicas(&rules, 9, average(37.0, 4.0)), 9);
    assert_eq!(replicas(&rules, 22, average(24.2, 1.0)), 22);
    assert_eq!(replicas(&rules, 22, average(24.21, 1.0)), 25, "the first step from 22 is to 25");
}

#[test]
fn resting_point_of_twenty_four_partitions_is_twenty_two() {
    let rules = HpaRules::new(1, 100);
    assert_eq!(replicas(&rules, 21, average(24_000.0, 1000.0)), 24);
    assert_eq!(replicas(&rules, 22, average(24_000.0, 1000.0)), 22);
    let controller = HpaController { tolerance: 0.01, ..HpaController::default() };
    assert_eq!(replicas(&HpaRules { controller, ..rules }, 22, average(24_000.0, 1000.0)), 24);
}

#[test]
fn folklore_2_no_behavior_and_default_behavior_differ() {
    let plain = HpaRules::new(1, 100);
    let empty = with_behavior(&plain);
    for (current, by_plain, by_empty) in [(1, 4, 5), (3, 6, 7)] {
        assert_eq!(replicas(&plain, current, advice(100)), by_plain);
        assert_eq!(replicas(&empty, current, advice(100)), by_empty);
    }
    let remembering = |rules: &HpaRules| {
        let mut state = HpaState::known();
        state.remember_advice(-100.0, 20);
        state.sync(rules, &scale(0.0, 1), 1, |_| advice(1), &mut Reasons::skipped())
    };
    assert_eq!(remembering(&plain), 4, "old advice pushes up");
    assert_eq!(remembering(&empty), 1);
}

#[test]
fn folklore_4_average_value_ignores_readiness_and_value_multiplies_by_it() {
    let rules = HpaRules::new(1, 100);
    let slow_start = Scale { ready: 1, ..scale(0.0, 3) };
    assert_eq!(once(&rules, slow_start, &[average(50.0, 10.0)]).0, 5);
    let controller = HpaController { down_window_s: 0.0, ..HpaController::default() };
    let at_once = HpaRules { controller, ..rules };
    assert_eq!(once(&at_once, slow_start, &[value(8.6, 4.4)]).0, 2, "a drop while over target");
}

#[test]
fn a_surge_of_pods_raises_the_size_that_is_within_tolerance() {
    let surge = Scale { running: 11, ..scale(0.0, 10) };
    assert_eq!(once(&HpaRules::new(1, 100), surge, &[average(110.0, 10.0)]).0, 11);
}

#[test]
fn folklore_7_a_failing_metric_blocks_scale_down_but_not_scale_up() {
    let rules = HpaRules::new(1, 100);
    assert_eq!(once(&rules, scale(0.0, 5), &[failed(), average(90.0, 10.0)]).0, 9);
    let (size, reasons) = once(&rules, scale(0.0, 5), &[failed(), average(10.0, 10.0)]);
    assert_eq!(size, 5);
    assert!(reasons.iter().any(|reason| reason.rule() == Some(Rule::MetricFailure)));
    assert_eq!(once(&rules, scale(0.0, 5), &[failed()]).0, 5);
}

#[test]
fn failures_leave_no_advice_behind() {
    let rules = HpaRules::new(1, 100);
    let mut state = HpaState::known();
    let mut sync = |now_s, sample| state.sync(&rules, &scale(now_s, 5), 1, |_| sample, &mut Reasons::skipped());
    assert_eq!(sync(0.0, failed()), 5);
    assert_eq!(sync(15.0, advice(1)), 1);
}

#[test]
fn folklore_8_backlog_scaling_keeps_a_standing_backlog() {
    // 100/s arrive, one replica does 10/s, 50 messages per replica are allowed.
    let controller = HpaController { down_window_s: 0.0, ..HpaController::default() };
    let rules = HpaRules { controller, ..HpaRules::new(1, 100) };
    let mut state = HpaState::known();
    let (mut backlog, mut size) = (0.0_f64, 10);
    for second in 0..3600 {
        backlog = (backlog + 100.0 - 10.0 * f64::from(size)).max(0.0);
        size =
            state.sync(&rules, &scale(f64::from(second), size), 1, |_| average(backlog, 50.0), &mut Reasons::skipped());
    }
    assert_eq!(size, 10, "enough replicas");
    assert!((450.0..=550.0).contains(&backlog), "and {backlog} messages wait all the same");
}

#[test]
fn bounds_are_enforced_without_metrics_windows_or_policies() {
    let rules = with_behavior(&HpaRules::new(3, 5));
    assert_eq!(once(&rules, scale(0.0, 10), &[failed()]).0, 5);
    assert_eq!(once(&rules, scale(0.0, 1), &[failed()]).0, 3);
}

#[test]
fn a_target_that_somebody_else_holds_at_zero_is_left_alone() {
    let rules = HpaRules::new(0, 5);
    assert_eq!(replicas(&rules, 0, average(100.0, 10.0)), 0);
    let mut state = HpaState::known();
    let mut sync = |now_s, size, total| {
        state.sync(&rules, &scale(now_s, size), 1, |_| average(total, 10.0), &mut Reasons::skipped())
    };
    assert_eq!(sync(0.0, 2, 0.0), 0);
    assert_eq!(sync(15.0, 0, 100.0), 4, "this HPA brought it to zero itself; 10 wanted, growth limited");
}

#[test]
fn the_first_sync_remembers_the_size_it_finds() {
    let rules = HpaRules::new(1, 100);
    let mut state = HpaState::default();
    let mut sync = |now_s| state.sync(&rules, &scale(now_s, 9), 1, |_| advice(2), &mut Reasons::skipped());
    assert_eq!(sync(0.0), 9);
    assert_eq!(sync(300.0), 9, "the window without behavior includes its end");
    assert_eq!(sync(301.0), 2);
}

#[test]
fn a_down_step_waits_for_its_window_and_then_goes_the_whole_way() {
    let rules = with_behavior(&HpaRules::new(1, 100));
    let mut state = HpaState::known();
    let mut size = 20;
    let mut when = Vec::new();
    for k in 0..40 {
        let wanted = if k < 3 { 20 } else { 2 };
        let now_s = f64::from(k) * 15.0;
        let decided = state.sync(&rules, &scale(now_s, size), 1, |_| advice(wanted), &mut Reasons::skipped());
        if decided != size {
            when.push((now_s, decided));
            size = decided;
        }
    }
    assert_eq!(when, [(330.0, 2)], "300 s after the last advice of 20");
}

#[test]
fn pods_that_do_not_report_weaken_a_change_and_never_turn_it_round() {
    let controller = HpaController { down_window_s: 0.0, ..HpaController::default() };
    let rules = HpaRules { controller, ..HpaRules::new(1, 100) };
    let pods = |total, reporting, missing| Sample {
        target: MetricTarget::PodsAverage(1000.0),
        reading: Reading::Pods { total, reporting, missing },
        per_unit: 1000.0,
    };
    assert_eq!(replicas(&rules, 4, pods(8000.0, 4, 0)), 8);
    assert_eq!(replicas(&rules, 4, pods(4000.0, 2, 2)), 4, "mean 2 of two, 1 with two idle ones");
    assert_eq!(replicas(&rules, 4, pods(600.0, 2, 2)), 3, "mean 0.3 of two, 0.65 with two at the target");
    assert_eq!(replicas(&rules, 4, pods(0.0, 0, 4)), 4, "nobody reports: a failure");
    assert_eq!(replicas(&rules, 3, pods(3302.0, 3, 0)), 3, "1100.67 is truncated to 1100: within tolerance");
}

#[test]
fn select_policy_min_removes_the_fewest_and_adds_the_fewest() {
    let mut rules = with_behavior(&HpaRules::new(1, 1000));
    let behavior = rules.behavior.as_mut().unwrap();
    behavior.up.select = SelectPolicy::Min;
    behavior.down = DirectionRules { select: SelectPolicy::Min, window_s: Some(0.0), ..DirectionRules::default_up() };
    assert_eq!(replicas(&rules, 10, advice(1000)), 14, "4 pods are fewer than 100 %");
    assert_eq!(replicas(&rules, 10, advice(1)), 6);
}

#[test]
fn both_event_logs_enter_the_start_of_a_period() {
    let rules = with_behavior(&HpaRules::new(1, 1000));
    let mut state = HpaState::known();
    state.remember_change(-5.0, Direction::Up, 4);
    state.remember_change(-5.0, Direction::Down, 2);
    let size = state.sync(&rules, &scale(0.0, 10), 1, |_| advice(1000), &mut Reasons::skipped());
    assert_eq!(size, 16, "8 at the start: 100 % of them may be added");
}

#[test]
fn reasons_tell_the_arithmetic_and_the_rule() {
    let (_, reasons) = once(&HpaRules::new(1, 100), scale(0.0, 3), &[average(1000.0, 10.0)]);
    let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "metric 1: 1000 / (10 × 3 running) = 33.333333, outside 0.9 to 1.1: ⌈1000 / 10⌉ = 100",
            "growth limit without behavior: max(2 × 3, 4) = 6 instead of 100",
            "3 → 6"
        ]
    );
}

#[test]
fn a_metric_of_a_queue_is_read_in_thousandths() {
    let hpa = Hpa {
        rules: HpaRules::new(1, 100),
        metrics: vec![HpaMetric {
            name: "ready".to_owned(),
            signal: Signal::Ready,
            target: MetricTarget::AverageValue(0.1),
        }],
    };
    let sight = Sight { ready: 1.1, ..Sight::default() };
    let seen = Observation { now_s: 0.0, wanted: 8, running: 8, ready: 8, sight: Some(sight), explain: false };
    let size = HpaState::known().decide(&hpa, &seen, &mut Reasons::skipped());
    assert_eq!(size, 11, "1.1 / 0.1 is 11.000000000000002 in floats, 11 in thousandths");
}

/// A controller scaled a real RabbitMQ consumer group: ⌈ready / 20⌉ in 1 to 8 every 5 s, down after 30 s. Fed with what
/// it saw, an HPA with those settings sets what it set, tick by tick.
#[test]
fn a_recorded_controller_is_reproduced_tick_by_tick() {
    let wide = |window_s| DirectionRules {
        window_s: Some(window_s),
        policies: vec![Policy { amount: crate::model::scaling::PolicyAmount::Pods(100), period_s: 1.0 }],
        ..DirectionRules::default_up()
    };
    let rules = HpaRules {
        behavior: Some(Behavior { up: wide(0.0), down: wide(30.0) }),
        controller: HpaController { sync_period_s: 5.0, tolerance: 0.0, down_window_s: 30.0 },
        ..HpaRules::new(1, 8)
    };
    let mut state = HpaState::known();
    let mut size = 1;
    let mut ticks = 0;
    for row in include_str!("../../../tests/data/E7_controller.csv").lines().skip(1) {
        let fields: Vec<f64> = row.split(',').map(|field| field.parse().unwrap()).collect();
        let scale = scale(fields[0], size);
        size = state.sync(&rules, &scale, 1, |_| average(fields[1], 20.0), &mut Reasons::skipped());
        assert_eq!(f64::from(size), fields[3], "at {} s with {} ready", fields[0], fields[1]);
        ticks += 1;
    }
    assert_eq!(ticks, 45);
}
