//! Brokers, topologies and failures in the fluid engine: closed forms, and reasons where there is none.

#![allow(clippy::unwrap_used)]

#[path = "support/fluid_model.rs"]
mod fluid_model;

use fluid_model::{answer, model, path};
use forebay::engine::fluid::{self, FluidQueue};
use forebay::model::{
    AfterFailure, Arrivals, Batch, Confirms, ConsumerGroup, Contention, Crashes, Destination, Distribution, Emission,
    Failures, Model, Order, Overflow, Partitions, Process, Producer, Queue, Rate, Replicas, Retry, Routing, Topic, Ttl,
    TtlPlace,
};

fn oracle(name: &str) -> f64 {
    let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("data/oracles.json")).unwrap();
    cases.iter().find(|case| case["name"] == name).unwrap()["value"].as_f64().unwrap()
}

fn close(computed: f64, expected: f64) {
    assert!((computed - expected).abs() <= 1e-11 * expected.abs() + 1e-11, "computed {computed}, expected {expected}");
}

fn pulse(height: f64, until_s: f64) -> Rate {
    Rate::Pulse { height, from_s: 0.0, until_s }
}

/// Adds a queue whose group takes `capacity` per second; its index.
fn add_queue(model: &mut Model, name: &str, capacity: u32) -> usize {
    let id = model.queues.len();
    model.queues.push(Queue::new(name));
    model.groups.push(ConsumerGroup::new(format!("{name}-group"), id, capacity, Distribution::Constant(1.0)));
    id
}

fn emit(model: &mut Model, group: usize, to: usize, per_message: f64) {
    model.groups[group].emits.push(Emission { to: Destination::Queue(to), per_message });
}

fn failures(probability: f64, poison: f64, then: AfterFailure) -> Failures {
    Failures { probability, poison, then, retry: Retry::AtOnce, partial: false }
}

fn why_not(answer: &FluidQueue) -> &str {
    assert!(answer.max_backlog.is_none(), "{answer:?}");
    answer.why_not.as_deref().unwrap()
}

#[test]
fn a_tandem_passes_on_what_it_takes() {
    let mut model = model(pulse(150.0, 100.0), Replicas::Fixed(120), 200.0);
    let second = add_queue(&mut model, "second", 100);
    emit(&mut model, 0, second, 1.0);
    let queues = fluid::integrate(&model);
    close(queues[0].max_backlog.unwrap(), oracle("fluid_tandem_q1"));
    close(queues[0].drained_at_s.unwrap(), 125.0);
    close(queues[1].max_backlog.unwrap(), 20.0 * 125.0);
    close(queues[1].drained_at_s.unwrap(), oracle("fluid_tandem_end"));
    close(queues[1].max_delay_s.unwrap(), 25.0);
    close(queues[1].publish_rate[0], 120.0);
}

#[test]
fn a_queue_that_is_listed_before_what_feeds_it_is_solved_after_it() {
    let mut model = model(pulse(150.0, 100.0), Replicas::Fixed(120), 200.0);
    add_queue(&mut model, "second", 100);
    emit(&mut model, 0, 1, 1.0);
    let forward = fluid::integrate(&model);
    model.queues.swap(0, 1);
    model.groups.iter_mut().for_each(|group| group.from = 1 - group.from);
    model.groups[0].emits[0].to = Destination::Queue(0);
    model.producers[0].to = Destination::Queue(1);
    let backward = fluid::integrate(&model);
    assert_eq!(forward[1].backlog, backward[0].backlog);
}

#[test]
fn a_topic_copies_or_shares() {
    let mut model = model(Rate::Constant(100.0), Replicas::Fixed(70), 60.0);
    let other = add_queue(&mut model, "other", 40);
    model.producers[0].to = Destination::Topic(0);
    model.topics.push(Topic { name: "bus".into(), to: Routing::Copies(vec![0, other]) });
    let copies = fluid::integrate(&model);
    close(copies[0].max_backlog.unwrap(), 30.0 * 60.0);
    close(copies[1].max_backlog.unwrap(), 60.0 * 60.0);
    model.topics[0].to = Routing::Shares(vec![(0, 0.75), (other, 0.25)]);
    let shares = fluid::integrate(&model);
    close(shares[0].max_backlog.unwrap(), 5.0 * 60.0);
    close(shares[1].max_backlog.unwrap(), 0.0);
}

#[test]
fn retries_at_once_take_capacity() {
    let mut model = model(pulse(100.0, 60.0), Replicas::Fixed(100), 120.0);
    model.groups[0].failures = Some(failures(0.2, 0.0, AfterFailure::Requeue));
    let found = answer(&model);
    close(found.max_backlog.unwrap(), 20.0 * 60.0);
    close(found.max_delay_s.unwrap(), 15.0);
    close(found.capacity_rate[0], 80.0);
}

#[test]
fn failures_go_where_they_are_sent() {
    let mut model = model(Rate::Constant(90.0), Replicas::Fixed(100), 60.0);
    let dead = add_queue(&mut model, "dead", 5);
    let next = add_queue(&mut model, "next", 1000);
    emit(&mut model, 0, next, 2.0);
    model.queues[0].dead_letter = Some(dead);
    model.groups[0].failures = Some(failures(0.1, 0.0, AfterFailure::DeadLetter));
    let queues = fluid::integrate(&model);
    close(queues[0].dead_lettered.unwrap(), 9.0 * 60.0);
    close(queues[0].lost.unwrap(), 0.0);
    close(queues[1].max_backlog.unwrap(), 4.0 * 60.0);
    close(queues[2].publish_rate[0], 2.0 * 81.0);
    model.groups[0].failures = Some(failures(0.1, 0.0, AfterFailure::Drop));
    let queues = fluid::integrate(&model);
    close(queues[0].lost.unwrap(), 9.0 * 60.0);
    close(queues[1].publish_rate[0], 0.0);
}

/// Each poison message takes four deliveries, the others 1 + 0.5 + 0.25 + 0.125.
#[test]
fn a_delivery_limit_bounds_the_retries() {
    let mut model = model(Rate::Constant(100.0), Replicas::Fixed(100), 60.0);
    let dead = add_queue(&mut model, "dead", 0);
    model.queues[0].dead_letter = Some(dead);
    model.queues[0].delivery_limit = Some(4);
    model.groups[0].failures = Some(failures(0.5, 0.2, AfterFailure::Requeue));
    let queues = fluid::integrate(&model);
    let deliveries = 0.2 * 4.0 + 0.8 * 1.875;
    let capacity = 100.0 / deliveries;
    close(queues[0].capacity_rate[0], capacity);
    close(queues[1].max_backlog.unwrap(), capacity * 60.0 * (0.2 + 0.8 * 0.0625));
    model.queues[0].delivery_limit = None;
    assert!(why_not(&fluid::integrate(&model)[0]).contains("without end"));
    assert!(why_not(&fluid::integrate(&model)[1]).contains("what comes from q is unknown"));
}

#[test]
fn what_a_full_queue_refuses_may_be_a_dead_letter() {
    let mut model = model(Rate::Constant(110.0), Replicas::Fixed(100), 60.0);
    let dead = add_queue(&mut model, "dead", 3);
    model.queues[0].capacity = Some(100);
    model.queues[0].dead_letter = Some(dead);
    for overflow in [Overflow::Reject, Overflow::DropHead] {
        model.queues[0].overflow = overflow;
        let queues = fluid::integrate(&model);
        close(queues[0].dead_lettered.unwrap(), 500.0);
        close(queues[1].max_backlog.unwrap(), 7.0 * 50.0);
    }
    model.queues[0].overflow = Overflow::Block;
    assert!(why_not(&fluid::integrate(&model)[0]).contains("producers stop"));
    model.queues[0].capacity = Some(1000);
    close(fluid::integrate(&model)[0].max_backlog.unwrap(), 600.0);
}

fn ttl(after: Distribution) -> Ttl {
    Ttl { after, at: TtlPlace::Anywhere }
}

#[test]
fn what_is_too_old_is_lost() {
    let mut by_age = model(Rate::Constant(200.0), Replicas::Fixed(100), 300.0);
    let mut by_ttl = by_age.clone();
    by_age.queues[0].retention.age_s = Some(60.0);
    by_ttl.queues[0].ttl = Some(ttl(Distribution::Constant(60.0)));
    for model in [by_age, by_ttl] {
        let found = answer(&model);
        close(found.lost.unwrap(), oracle("fluid_retention_loss"));
        close(found.max_backlog.unwrap(), 12_000.0);
        close(found.max_delay_s.unwrap(), 60.0);
        let path = path(&model);
        close(path.totals_at(300.0).served, 30_000.0);
    }
}

/// 600 messages at the begin, 5 per second taken: 550 are left at 10 s, and expire together.
#[test]
fn what_was_there_at_the_begin_expires_together() {
    let mut model = model(Rate::Constant(3.0), Replicas::Fixed(5), 60.0);
    model.queues[0].initial = 600;
    model.queues[0].ttl = Some(ttl(Distribution::Constant(10.0)));
    let found = answer(&model);
    close(found.lost.unwrap(), 550.0);
    close(found.max_delay_s.unwrap(), 10.0);
    // What came in the first 10 s is left then: 30 messages, of which 5 leave and to which 3 come per second.
    close(found.drained_at_s.unwrap(), 10.0 + 30.0 / 2.0);
    let path = path(&model);
    let totals = path.totals_at(60.0);
    close(600.0 + totals.arrived, totals.served + totals.lost + path.backlog_at(60.0));
}

#[test]
fn a_log_that_keeps_so_many_drops_the_oldest() {
    let mut model = model(Rate::Constant(110.0), Replicas::Fixed(100), 60.0);
    model.queues[0].retention.messages = Some(100);
    close(answer(&model).lost.unwrap(), 500.0);
}

#[test]
fn impatient_messages_settle_where_they_leave_as_fast_as_they_come() {
    let mut model = model(Rate::Constant(130.0), Replicas::Fixed(100), 100.0);
    model.queues[0].ttl = Some(ttl(Distribution::Exponential { mean_s: 2.0 }));
    let found = answer(&model);
    close(100.0 + found.backlog.last().unwrap(), oracle("fluid_abandon_ss"));
    close(found.delay_s.last().unwrap().unwrap(), oracle("fluid_mgc_gi_wait"));
    close(found.max_delay_s.unwrap(), oracle("fluid_mgc_gi_wait"));
    let expected = |t: f64| 60.0 * (1.0 - (-0.5 * t).exp());
    let path = path(&model);
    for t in [0.1, 1.0, 7.0] {
        close(path.backlog_at(t), expected(t));
    }
    let totals = path.totals_at(100.0);
    close(totals.arrived, totals.served + totals.lost + path.backlog_at(100.0));
}

/// dm/dt = λ(t) − μ·min(m, c) − θ(m − c)⁺ with μ·c taken as soon as something waits; m = c + M while m ≥ c.
#[test]
fn impatient_messages_follow_a_changing_rate() {
    let rate = Rate::Sine { mean: 100.0, amplitude: 20.0, period_s: std::f64::consts::TAU, phase_s: 0.0 };
    let mut model = model(rate, Replicas::Fixed(100), 12.0);
    model.queues[0].ttl = Some(ttl(Distribution::Exponential { mean_s: 2.0 }));
    let path = path(&model);
    for (name, t) in [("mtmcm_fluid_mean_t2", 2.0), ("mtmcm_fluid_mean_t4", 4.0)] {
        assert!((100.0 + path.backlog_at(t) - oracle(name)).abs() < 1e-6 * oracle(name), "{name}");
    }
}

#[test]
fn limits_cap_the_slots() {
    let mut model = model(Rate::Constant(100.0), Replicas::Fixed(100), 60.0);
    let capacity = |model: &Model| answer(model).capacity_rate[0];
    model.groups[0].in_flight_limit = Some(30);
    close(capacity(&model), 30.0);
    model.groups[0].in_flight_limit = None;
    model.groups[0].contention = Some(Contention { sigma: 0.01, kappa: 0.0 });
    close(capacity(&model), 100.0 / 1.99);
    model.groups[0].contention = Some(Contention { sigma: 0.01, kappa: 0.001 });
    assert!(why_not(&answer(&model)).contains("more slots than it can use"));
    model.groups[0].contention = None;
    model.queues[0].single_active = true;
    close(capacity(&model), 1.0);
    model.queues[0].single_active = false;
    model.groups[0].batch = Some(Batch { size: 10, linger_s: 0.1 });
    model.groups[0].prefetch = 10;
    close(capacity(&model), 1000.0);
}

#[test]
fn what_has_no_fluid_limit_says_why() {
    type Change = fn(&mut Model);
    let plain = model(Rate::Constant(10.0), Replicas::Fixed(20), 60.0);
    let cases: [(Change, &str); 7] = [
        (|model| model.groups[0].crashes = Some(Crashes { every_s: 100.0, restart_s: 1.0 }), "crash"),
        (|model| model.queues[0].broker_outages = vec![(1.0, 2.0)], "outages"),
        (|model| model.queues[0].order = Order::Groups(Partitions { count: 5, skew: 0.0 }), "message groups"),
        (|model| model.groups[0].ack_timeout_s = Some(0.5), "time out"),
        (
            |model| {
                model.producers[0].confirms = Some(Confirms { latency: Distribution::Constant(0.1), window: 10 });
            },
            "confirms",
        ),
        (|model| model.queues[0].ttl = Some(ttl(Distribution::Uniform { low_s: 1.0, high_s: 2.0 })), "expire"),
        (|model| emit(model, 0, 0, 0.1), "come back"),
    ];
    for (change, word) in cases {
        let mut model = plain.clone();
        change(&mut model);
        assert!(why_not(&answer(&model)).contains(word), "{word}: {:?}", answer(&model).why_not);
    }
    let mut in_time = plain;
    in_time.groups[0].ack_timeout_s = Some(1.5);
    assert_eq!(answer(&in_time).max_backlog, Some(0.0));
}

#[test]
fn two_producers_feed_a_queue_beside_a_topic() {
    let mut model = model(Rate::Constant(30.0), Replicas::Fixed(20), 60.0);
    let arrivals = Arrivals::Process { rate: Rate::Constant(10.0), process: Process::Poisson };
    model.topics.push(Topic { name: "bus".into(), to: Routing::Copies(vec![0]) });
    model.producers.push(Producer { to: Destination::Topic(0), ..Producer::new("other", 0, arrivals) });
    close(answer(&model).max_backlog.unwrap(), 20.0 * 60.0);
}

/// Level 0 gets 30 of 120 per second and never waits; level 1 gets the 70 that are left.
#[test]
fn strict_priorities_leave_the_rest_to_the_less_urgent() {
    let rate = Rate::Steps(vec![(0.0, 120.0), (60.0, 40.0)]);
    let mut model = model(rate, Replicas::Fixed(100), 120.0);
    model.queues[0].order = Order::Priorities(vec![0.25, 0.75]);
    let found = answer(&model);
    close(found.max_backlog.unwrap(), 1200.0);
    close(found.drained_at_s.unwrap(), 80.0);
    // The last of the spike waits for 1200 others at 90 per second, overtaken by 10 per second.
    close(found.max_delay_s.unwrap(), 1200.0 / 90.0);
    model.producers[0].priority = Some(0);
    close(answer(&model).max_delay_s.unwrap(), 12.0);
}

#[test]
fn partitions_are_a_staircase() {
    let mut model = model(Rate::Constant(3.0), Replicas::Fixed(3), 60.0);
    model.queues[0].order = Order::Partitions(Partitions { count: 4, skew: 0.0 });
    let found = answer(&model);
    // The first replica has two of the four: 1.5 per second come and 1 is taken.
    close(found.max_backlog.unwrap(), 0.5 * 60.0);
    close(found.max_delay_s.unwrap(), 30.0);
    close(found.capacity_rate[0], 3.0);
    model.groups[0].replicas = Replicas::Fixed(7);
    close(answer(&model).capacity_rate[0], 4.0);
    close(answer(&model).max_backlog.unwrap(), 0.0);
    model.queues[0].order = Order::Partitions(Partitions { count: 4, skew: 1.0 });
    // The first partition gets 1 / (1 + 1/2 + 1/3 + 1/4) = 0.48 of 3 per second.
    close(answer(&model).max_backlog.unwrap(), 60.0 * (3.0 * 0.48 - 1.0));
    model.groups[0].replicas = Replicas::Steps(vec![(0.0, 2), (30.0, 3)]);
    assert!(why_not(&answer(&model)).contains("come and go"));
}

#[test]
fn what_is_given_out_is_passed_on() {
    let mut model = model(Rate::Constant(3.0), Replicas::Fixed(3), 60.0);
    model.queues[0].order = Order::Partitions(Partitions { count: 4, skew: 0.0 });
    let next = add_queue(&mut model, "next", 2);
    emit(&mut model, 0, next, 1.0);
    let queues = fluid::integrate(&model);
    close(queues[1].publish_rate[100], 2.5);
    close(queues[1].max_backlog.unwrap(), 0.5 * 60.0);
}
