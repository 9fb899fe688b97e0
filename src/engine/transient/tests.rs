//! Laws that are known in closed form, and the bounds that come with every answer.

use super::*;
use crate::model::{Arrivals, Process};
use crate::model::{ConsumerGroup, Distribution, Model, Producer, Queue, Rate, Replicas, Shutdown};

fn at(queue: &MarkovQueue, ends_s: &[f64], error: f64) -> TransientQueue {
    let question = Question { from_s: 0.0, ends_s: ends_s.to_vec() };
    law(queue, &question, Effort { most: 1e9, error }).unwrap()
}

fn wave() -> Rate {
    Rate::Sine { mean: 30.0, amplitude: 12.0, period_s: 20.0, phase_s: 3.0 }
}

#[test]
fn with_slots_for_all_the_number_is_poisson_with_the_offered_load() {
    let queue = MarkovQueue::new(wave(), 10_000, 0.5);
    let answer = at(&queue, &[5.0, 20.0], 1e-11);
    let (gamma, mu) = (std::f64::consts::TAU / 20.0, 0.5);
    let load = |t: f64| {
        let stationary = |t: f64| {
            let angle = gamma * (t - 3.0);
            30.0 / mu + 12.0 * (mu * angle.sin() - gamma * angle.cos()) / (mu * mu + gamma * gamma)
        };
        stationary(t) - stationary(0.0) * (-mu * t).exp()
    };
    for (row, t) in [5.0, 20.0].into_iter().enumerate() {
        assert!(
            (answer.series.depth_mean[row] - load(t)).abs() < 1e-9,
            "{} {}",
            answer.series.depth_mean[row],
            load(t)
        );
        assert!((answer.series.depth_deviation[row].powi(2) - load(t)).abs() < 1e-8);
        assert!((answer.series.empty_probability[row] - (-load(t)).exp()).abs() < 1e-11);
    }
    assert_eq!(answer.wait_probability, Some(0.0));
}

#[test]
fn the_bound_holds_against_a_tighter_run_and_is_kept() {
    let mut queue = MarkovQueue::new(wave(), 55, 0.5);
    queue.slots = vec![(0.0, 55), (7.0, 70), (15.0, 58)];
    queue.patience_per_s = 0.1;
    queue.initial = 20;
    let ends_s = [3.0, 7.0, 11.0, 20.0];
    let exact = at(&queue, &ends_s, 1e-13);
    for error in [1e-3, 1e-5, 1e-8] {
        let rough = at(&queue, &ends_s, error);
        let bound = rough.error.unwrap() + exact.error.unwrap();
        assert!(rough.error.unwrap() < error + 1e-10, "{:?}", rough.error);
        let mean_bound = rough.mean_error.unwrap() + exact.mean_error.unwrap();
        for row in 0..ends_s.len() {
            let (a, b) = (&rough.series, &exact.series);
            assert!((a.delay_probability[row] - b.delay_probability[row]).abs() <= bound);
            assert!((a.empty_probability[row] - b.empty_probability[row]).abs() <= bound);
            assert!((a.depth_mean[row] - b.depth_mean[row]).abs() <= mean_bound);
        }
    }
}

#[test]
fn averages_follow_from_the_balance_of_messages() {
    // Without patience ∫E[busy]dt = (∫λ − ΔE[N])/μ, and depth = busy + ready.
    let queue = MarkovQueue::new(wave(), 62, 0.5);
    let answer = at(&queue, &[40.0], 1e-11);
    let served = queue.rate.integral(0.0, 40.0) - answer.series.depth_mean[0];
    let busy = answer.depth_mean.unwrap() - answer.ready_mean.unwrap();
    assert!((busy - served / 0.5 / 40.0).abs() < 1e-9, "{busy}");
}

#[test]
fn a_full_room_refuses() {
    let mut queue = MarkovQueue::new(Rate::Constant(2.0), 1, 1.0);
    queue.room = Some(0);
    let answer = at(&queue, &[60.0, 120.0], 1e-11);
    // M/M/1/1 has P(busy) = 2/3·(1 − e^(−3t)).
    assert!((answer.series.delay_probability[1] - 2.0 / 3.0).abs() < 1e-10);
    let refused = (120.0 - (1.0 - (-360_f64).exp()) / 3.0) * 2.0 / 3.0 / 120.0;
    assert!((answer.loss.unwrap() - refused).abs() < 1e-10);
    assert_eq!((answer.wait_probability, answer.model.as_deref()), (Some(0.0), Some("M/M/1/K")));
}

#[test]
fn averages_begin_with_the_measurement() {
    let queue = MarkovQueue::new(Rate::Constant(0.8), 1, 1.0);
    let question = Question { from_s: 3000.0, ends_s: vec![1500.0, 4500.0, 6000.0] };
    let answer = law(&queue, &question, Effort { most: 1e9, error: 1e-10 }).unwrap();
    assert!((answer.depth_mean.unwrap() - 4.0).abs() < 1e-6, "{:?}", answer.depth_mean);
    assert!((answer.wait_mean_s.unwrap() - 4.0).abs() < 1e-6);
    assert!((answer.wait_p99_s.unwrap() - 5.0 * 80_f64.ln()).abs() < 1e-5);
    assert_eq!(answer.depth_p50, Some(3.0));
    assert_eq!(answer.series.virtual_wait_mean_s.len(), 3);
}

#[test]
fn what_takes_too_long_is_refused() {
    let queue = MarkovQueue::new(Rate::Constant(1e6), 10_000, 100.0);
    let question = Question { from_s: 0.0, ends_s: vec![86_400.0] };
    let refused = law(&queue, &question, Effort { most: 1e7, error: 1e-10 }).unwrap_err();
    assert!(refused.needed > refused.allowed);
}

fn model(replicas: Replicas, change: impl Fn(&mut ConsumerGroup)) -> Model {
    let arrivals = Arrivals::Process { rate: Rate::Constant(3.0), process: Process::Poisson };
    let service = Distribution::Exponential { mean_s: 1.0 };
    let mut group = ConsumerGroup { replicas, ..ConsumerGroup::new("g", 0, 4, service) };
    change(&mut group);
    Model {
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue::new("q")],
        groups: vec![group],
        ..Model::new("m", 100.0)
    }
}

fn refused(replicas: Replicas, change: impl Fn(&mut ConsumerGroup)) -> String {
    solve(&model(replicas, change), Effort::PATIENT).remove(0).why_not.unwrap_or_default()
}

#[test]
fn slots_may_fall_only_where_their_work_waits_again() {
    let falling = || Replicas::Steps(vec![(0.0, 6), (50.0, 4)]);
    assert!(refused(falling(), |_| {}).contains("finish their work"));
    assert!(!refused(falling(), |group| group.shutdown = Shutdown::Requeue).contains("finish"));
    assert_eq!(refused(Replicas::Fixed(4), |_| {}), "");
    let answer = solve(&model(falling(), |group| group.shutdown = Shutdown::Requeue), Effort::PATIENT).remove(0);
    assert_eq!(answer.model.as_deref(), Some("M/M/c_t"));
    assert!(answer.depth_mean.is_some() && answer.wait_mean_s.is_none());
}

#[test]
fn other_laws_are_refused_by_name() {
    let fixed = || Replicas::Fixed(4);
    assert!(refused(fixed(), |group| group.service = Distribution::Constant(1.0)).contains("not exponential"));
    assert!(refused(fixed(), |group| group.prefetch = 5).contains("prefetch"));
    let both = refused(fixed(), |group| {
        group.prefetch = 5;
        group.speeds = vec![1.0, 0.5];
    });
    assert!(both.contains("prefetch") && both.contains("; replicas differ in speed"), "{both}");
}

#[test]
fn a_pause_lets_the_queue_grow_by_what_arrives() {
    let speed = Rate::Steps(vec![(0.0, 1.0), (50.0, 0.0)]);
    let paused = model(Replicas::Fixed(40), |group| group.speed = Some(speed.clone()));
    let answer = solve(&paused, Effort::PATIENT).remove(0);
    let row = |at_s: f64| answer.series.time_s.iter().position(|time_s| (time_s - at_s).abs() < 1e-9).unwrap();
    let grown = answer.series.depth_mean[row(100.0)] - answer.series.depth_mean[row(50.0)];
    assert!((grown - 150.0).abs() < 1e-7, "{grown}");
}
