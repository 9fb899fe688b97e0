//! What the fluid engine makes of every setting of queues and consumer groups, by cases that a pencil can solve.
#![allow(clippy::unwrap_used)]

#[path = "support/fluid_model.rs"]
mod fluid_model;

use fluid_model::{answer, model, path};
use forebay::engine::fluid::FluidQueue;
use forebay::model::{Arrivals, Distribution, Model, Overflow, Rate, RateLimit, RecordedMessage, Replicas};

fn assert_close(computed: f64, expected: f64) {
    assert!(
        (computed - expected).abs() <= 1e-11 * expected.abs().max(1e-3),
        "computed {computed}, expected {expected}"
    );
}

fn pulse(height: f64, from_s: f64, until_s: f64) -> Rate {
    Rate::Pulse { height, from_s, until_s }
}

fn steady(rate: f64, replicas: u32, horizon_s: f64) -> Model {
    model(Rate::Constant(rate), Replicas::Fixed(replicas), horizon_s)
}

fn why_not(answer: &FluidQueue) -> &str {
    answer.why_not.as_deref().unwrap_or("")
}

#[test]
fn a_queue_below_capacity_has_no_backlog_and_no_delay() {
    let answer = answer(&steady(100.0, 100, 3600.0));
    assert_eq!((answer.max_backlog, answer.max_at_s, answer.drained_at_s), (Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!((answer.max_delay_s, answer.backlog_area, answer.why_not), (Some(0.0), Some(0.0), None));
    assert!(answer.publish_rate.iter().chain(&answer.capacity_rate).all(|rate| (rate - 100.0).abs() < 1e-9));
}

#[test]
fn an_overload_that_never_ends_drains_after_the_horizon_for_those_published_before() {
    let answer = answer(&steady(150.0, 100, 60.0));
    assert_eq!(answer.max_backlog, Some(3000.0));
    assert_eq!(answer.drained_at_s, None);
    assert!(why_not(&answer).contains("3000"));
    assert_close(answer.max_delay_s.unwrap(), 30.0);
    assert_close(*answer.backlog.last().unwrap(), 3000.0);
    assert_close(answer.delay_s.last().unwrap().unwrap(), 30.0);
}

#[test]
fn without_consumers_nothing_is_ever_taken() {
    let mut model = steady(2.0, 1, 50.0);
    model.groups.clear();
    let answer = answer(&model);
    assert_eq!((answer.max_backlog, answer.max_delay_s, answer.drained_at_s), (Some(100.0), None, None));
    assert!(why_not(&answer).contains("never taken"));
    assert!(answer.delay_s.iter().all(Option::is_none));
}

#[test]
fn what_is_there_at_the_start_waits_its_turn() {
    let mut model = steady(10.0, 30, 100.0);
    model.queues[0].initial = 600;
    let answer = answer(&model);
    assert_eq!((answer.max_backlog, answer.max_at_s), (Some(600.0), Some(0.0)));
    assert_close(answer.max_delay_s.unwrap(), 20.0);
    assert_close(answer.drained_at_s.unwrap(), 30.0);
    assert_close(answer.backlog_area.unwrap(), 9000.0);
}

#[test]
fn an_outage_delays_the_first_message_after_its_begin_by_its_length() {
    let mut model = steady(10.0, 30, 200.0);
    model.groups[0].outages = vec![(40.0, 60.0)];
    let answer = answer(&model);
    assert_close(answer.max_backlog.unwrap(), 200.0);
    assert_close(answer.max_at_s.unwrap(), 60.0);
    assert_close(answer.max_delay_s.unwrap(), 20.0);
    assert_close(answer.drained_at_s.unwrap(), 70.0);
}

#[test]
fn after_an_outage_everyone_starts_up_again() {
    let mut model = steady(10.0, 30, 200.0);
    model.groups[0].outages = vec![(40.0, 60.0)];
    model.groups[0].startup = Some(Distribution::Constant(5.0));
    assert_close(answer(&model).max_delay_s.unwrap(), 25.0);
    model.groups[0].startup = Some(Distribution::Exponential { mean_s: 5.0 });
    assert!(why_not(&answer(&model)).contains("start-up"));
    model.groups[0].outages.clear();
    assert_eq!(answer(&model).why_not, None, "a start-up that nobody needs is no obstacle");
}

#[test]
fn replicas_join_after_their_start_up_and_the_newest_leaves_first() {
    // 1 replica; 2 more wanted at 10 s, ready at 14 s; one leaves at 20 s; one joins at 22 s, ready at 26 s but leaves
    // at 25 s.
    let steps = vec![(0.0, 1), (10.0, 3), (20.0, 2), (22.0, 3), (25.0, 2)];
    let mut model = model(Rate::Constant(0.0), Replicas::Steps(steps), 30.0);
    model.resolution_s = 1.0;
    model.groups[0].startup = Some(Distribution::Constant(4.0));
    let capacity = answer(&model).capacity_rate;
    let expected = [vec![1.0; 14], vec![3.0; 6], vec![2.0; 10]].concat();
    assert_eq!(capacity, expected);
}

#[test]
fn replicas_have_their_own_speeds_and_overhead_does_not_follow_speed() {
    let mut model = model(Rate::Constant(0.0), Replicas::Fixed(3), 10.0);
    let group = &mut model.groups[0];
    group.speeds = vec![1.0, 0.5];
    group.concurrency = 4;
    group.prefetch = 2;
    assert_close(answer(&model).capacity_rate[0], 2.0 * (1.0 + 0.5 + 1.0));
    model.groups[0].overhead = Some(Distribution::Constant(1.0));
    assert_close(answer(&model).capacity_rate[0], 2.0 * (1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 2.0));
    model.groups[0].speed = Some(Rate::Steps(vec![(0.0, 2.0), (5.0, 0.0)]));
    let capacity = answer(&model).capacity_rate;
    assert_close(capacity[0], 2.0 * (2.0 / 3.0 + 1.0 / 2.0 + 2.0 / 3.0));
    assert_eq!(capacity.last(), Some(&0.0));
    model.groups[0].speed = Some(Rate::Points(vec![(0.0, 2.0), (5.0, 0.0)]));
    assert!(why_not(&answer(&model)).contains("overhead"));
}

#[test]
fn two_groups_add_their_rates() {
    let mut model = steady(50.0, 20, 100.0);
    model.groups.push(model.groups[0].clone());
    model.groups[1].name = "h".into();
    assert_close(answer(&model).max_backlog.unwrap(), 1000.0);
    model.groups[1].rate_limit = Some(RateLimit { rate_per_s: 25.0, burst: 10.0 });
    assert_eq!(answer(&model).max_backlog, Some(1000.0), "a limit that never binds is none");
    model.groups[1].rate_limit = Some(RateLimit { rate_per_s: 15.0, burst: 10.0 });
    assert!(why_not(&answer(&model)).contains("rate limit"));
}

#[test]
fn a_token_bucket_lets_its_burst_pass_and_then_its_rate() {
    // Slots 100/s; bucket 10/s, 180 tokens: at 100/s it is empty after 2 s, then M grows at 40/s until 12 s.
    let mut model = model(pulse(50.0, 0.0, 12.0), Replicas::Fixed(100), 100.0);
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 10.0, burst: 180.0 });
    let answer = answer(&model);
    // P = 50 < 100 until the bucket is empty at 180/(50 − 10) = 4.5 s.
    assert_close(answer.max_backlog.unwrap(), 40.0 * 7.5);
    assert_close(answer.max_at_s.unwrap(), 12.0);
    assert_close(answer.max_delay_s.unwrap(), 30.0);
    assert_close(answer.drained_at_s.unwrap(), 42.0);
}

#[test]
fn a_bucket_refills_while_the_queue_idles() {
    let rate = Rate::Sum(vec![pulse(50.0, 0.0, 4.5), pulse(50.0, 10.0, 20.0)]);
    let mut model = model(rate, Replicas::Fixed(100), 100.0);
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 10.0, burst: 180.0 });
    // Empty at 4.5 s, 55 tokens at 10 s, used up by the second pulse within 55/40 s.
    let answer = answer(&model);
    assert_close(answer.max_backlog.unwrap(), 40.0 * (10.0 - 55.0 / 40.0));
    let rows = &answer.capacity_rate;
    assert!(rows[5 * 360 / 100] > 99.0 && (rows[15 * 360 / 100] - 10.0).abs() < 1e-9, "what could be taken");
}

#[test]
fn an_overfull_queue_with_a_bucket_drains_at_the_slots_pace_while_tokens_last() {
    let mut model = model(Rate::Constant(0.0), Replicas::Fixed(100), 100.0);
    model.queues[0].initial = 500;
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 10.0, burst: 180.0 });
    // 2 s at 100/s, then 300 messages at 10/s.
    assert_close(answer(&model).drained_at_s.unwrap(), 32.0);
}

#[test]
fn slots_slower_than_the_tokens_decide() {
    let mut model = model(Rate::Constant(20.0), Replicas::Steps(vec![(0.0, 40), (10.0, 5), (20.0, 40)]), 100.0);
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 30.0, burst: 1.0 });
    // 150 messages wait at 20 s; one token is left over and passes at the slots' pace.
    let answer = answer(&model);
    assert_close(answer.max_backlog.unwrap(), 150.0);
    assert_close(answer.drained_at_s.unwrap(), 20.0 + 0.1 + (150.0 - 2.0) / 10.0);
}

#[test]
fn a_full_queue_that_rejects_keeps_the_delay_of_what_it_accepts() {
    let mut model = model(pulse(300.0, 0.0, 10.0), Replicas::Fixed(100), 100.0);
    model.queues[0].capacity = Some(500);
    let answer = answer(&model);
    assert_eq!(answer.max_backlog, Some(500.0));
    assert_close(answer.max_at_s.unwrap(), 2.5);
    assert_close(answer.lost.unwrap(), 200.0 * 7.5);
    assert_close(answer.max_delay_s.unwrap(), 5.0);
    assert_close(answer.drained_at_s.unwrap(), 15.0);
}

#[test]
fn a_full_queue_that_drops_its_head_delays_less_until_arrivals_cease() {
    let mut model = model(pulse(300.0, 0.0, 10.0), Replicas::Fixed(100), 100.0);
    model.queues[0].capacity = Some(600);
    model.queues[0].overflow = Overflow::DropHead;
    model.resolution_s = 1.0;
    let answer = answer(&model);
    assert_close(answer.lost.unwrap(), 200.0 * 7.0);
    // While it is full the head moves at 300/s: 2 s. The last ones before 10 s wait for 600/100.
    assert_close(answer.delay_s[6].unwrap(), 2.0);
    assert_close(answer.max_delay_s.unwrap(), 6.0);
}

#[test]
fn what_a_full_queue_drops_during_an_outage_has_no_delay() {
    let mut model = model(Rate::Constant(100.0), Replicas::Fixed(50), 100.0);
    model.queues[0].capacity = Some(200);
    model.queues[0].overflow = Overflow::DropHead;
    model.groups[0].outages = vec![(20.0, 60.0)];
    model.resolution_s = 1.0;
    let answer = answer(&model);
    assert_eq!(answer.delay_s[29], None, "published at 30 s, at the head at 32 s, dropped there");
    assert_close(answer.max_delay_s.unwrap(), 2.0);
}

#[test]
fn a_queue_without_room_is_a_loss_system() {
    let mut model = model(pulse(30.0, 0.0, 10.0), Replicas::Fixed(10), 100.0);
    model.queues[0].capacity = Some(0);
    model.queues[0].initial = 7;
    let answer = answer(&model);
    assert_eq!((answer.max_backlog, answer.drained_at_s, answer.max_delay_s), (Some(0.0), Some(0.0), Some(0.0)));
    assert_close(answer.lost.unwrap(), 207.0);
}

#[test]
fn a_constant_delivery_delay_moves_arrivals_and_is_part_of_the_delay() {
    let mut model = model(pulse(30.0, 0.0, 10.0), Replicas::Fixed(10), 15.0);
    model.queues[0].delivery_delay = Some(Distribution::Constant(7.0));
    model.resolution_s = 1.0;
    let answer = answer(&model);
    assert_close(answer.max_backlog.unwrap(), 160.0);
    assert_close(answer.max_delay_s.unwrap(), 27.0);
    assert_close(answer.delay_s[4].unwrap(), 17.0);
    assert_eq!(answer.publish_rate[..11], [[30.0; 10].as_slice(), &[0.0]].concat());
    model.queues[0].delivery_delay = Some(Distribution::Exponential { mean_s: 7.0 });
    let unanswered = fluid_model::answer(&model);
    assert_eq!(unanswered.max_backlog, None);
    assert!(why_not(&unanswered).contains("random delivery delay"));
}

#[test]
fn a_recording_counts_per_interval() {
    let mut model = steady(0.0, 1, 10.0);
    let times = [0.0, 0.1, 0.2, 2.0, 3.999, 4.0, 9.9, 11.0];
    let messages: Vec<RecordedMessage> =
        times.iter().map(|at_s| RecordedMessage { published_s: *at_s, service_s: None }).collect();
    model.producers[0].arrivals = Arrivals::Recorded(messages.into());
    model.resolution_s = 4.0;
    let answer = answer(&model);
    assert_eq!(answer.publish_rate, [1.25, 0.25, 0.5]);
    assert_close(answer.max_backlog.unwrap(), 1.0);
}

#[test]
fn instant_service_has_no_capacity_to_state() {
    let mut model = steady(1.0, 1, 10.0);
    model.groups[0].service = Distribution::Constant(0.0);
    assert!(why_not(&answer(&model)).contains("service time is zero"));
}

#[test]
fn an_excess_that_ends_with_the_horizon_leaves_nothing() {
    let rate = Rate::Sum(vec![pulse(0.7, 0.0, 10.0), pulse(0.1, 0.0, 20.0)]);
    let mut model = model(rate, Replicas::Fixed(1), 20.0);
    model.groups[0].service = Distribution::Constant(1.0 / 0.45);
    assert!(answer(&model).drained_at_s.is_some(), "0.35 · 10 = 0.35 · 10");
}

#[test]
fn the_first_of_equal_peaks_is_reported() {
    let rate = Rate::Sine { mean: 100.0, amplitude: 50.0, period_s: 86_400.0, phase_s: 0.0 };
    let answer = answer(&model(rate, Replicas::Fixed(120), 7.0 * 86_400.0));
    assert!(answer.max_at_s.unwrap() < 86_400.0);
    assert_eq!(path(&model(Rate::Constant(1.0), Replicas::Fixed(2), 5.0)).peak(), (0.0, 0.0));
}

#[test]
fn the_longest_delay_can_lie_inside_a_smooth_stretch() {
    // P = 100 + 50 sin, C = 120: the delay is longest where P falls through C: M/C there.
    let rate = Rate::Sine { mean: 100.0, amplitude: 50.0, period_s: 24.0, phase_s: 0.0 };
    let answer = answer(&model(rate, Replicas::Fixed(120), 24.0));
    assert_close(answer.max_delay_s.unwrap(), answer.max_backlog.unwrap() / 120.0);
}
#[test]
fn the_last_of_a_backlog_leaves_when_it_is_gone_not_when_the_next_message_comes() {
    // Totals on both sides of the bucket's end differ in their last digits; after 2053 s nothing leaves any more.
    let growing = Rate::Growth {
        factor: 1.643_214_170_277_674_6,
        every_s: 44.425_758_142_954_095,
        rate: Box::new(pulse(84.649_224_650_615_78, 54.747_137_750_656_535, 67.998_514_198_080_56)),
    };
    let mut model = model(growing, Replicas::Steps(vec![(0.0, 33), (73.3, 31)]), 100.0);
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 1.0, burst: 231.148_950_491_239_13 });
    let path = path(&model);
    let delay_s = path.delay_at(67.998_514_198_080_56).unwrap();
    assert_close(delay_s, path.max_delay_s().unwrap());
}

#[test]
fn a_rate_that_fades_away_within_a_piece_still_empties_the_queue() {
    // Speed is a burst of 10 ms every 64 s: in the middle of each piece it is 0 as far as numbers go.
    let burst = Rate::Burst { height: 1.8, at_s: 0.0, decay_s: 0.01 };
    let mut model = model(Rate::Constant(0.0), Replicas::Fixed(1), 6400.0);
    model.queues[0].initial = 1;
    model.groups[0].speed = Some(Rate::Repeat { every_s: 64.0, rate: Box::new(burst) });
    // 0.018 messages per burst: the 56th one takes the last 0.01, which are 10/18 of it.
    assert_close(answer(&model).drained_at_s.unwrap(), 55.0 * 64.0 + 0.01 * (18.0_f64 / 8.0).ln());
}

#[test]
fn a_queue_without_room_costs_no_search_for_delays() {
    let speed = Rate::Sine { mean: 1.0, amplitude: 0.9, period_s: 21.0, phase_s: 8.0 };
    let mut model = model(pulse(30.0, 35.0, 66.0), Replicas::Fixed(20), 100.0);
    model.queues[0].capacity = Some(0);
    model.groups[0].speed = Some(speed);
    assert_eq!(answer(&model).max_delay_s, Some(0.0));
}
