//! What the formula engine says about models, by class.

use super::*;
use crate::model::{Arrivals, ConsumerGroup, MmppState, Process, Producer, Queue, Rate, RateLimit, Renewal, Replicas};

fn model(rate_per_s: f64, service: Distribution, replicas: u32) -> Model {
    Model {
        resolution_s: 1.0,
        producers: vec![producer(Rate::Constant(rate_per_s), Process::Poisson)],
        queues: vec![Queue::new("orders")],
        groups: vec![ConsumerGroup::new("workers", 0, replicas, service)],
        ..Model::new("test", 60.0)
    }
}

fn producer(rate: Rate, process: Process) -> Producer {
    Producer::new("shop", 0, Arrivals::Process { rate, process })
}

fn exponential(mean_s: f64) -> Distribution {
    Distribution::Exponential { mean_s }
}

fn only(model: &Model) -> FormulaQueue {
    let answers = solve(model);
    assert_eq!(answers.len(), 1);
    answers.into_iter().next().expect("one queue")
}

fn close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected.abs())
}

fn law(model: &Model) -> String {
    let answer = only(model);
    answer.model.unwrap_or_else(|| format!("none: {}", answer.why_not.unwrap_or_default()))
}

#[test]
fn the_textbook_queue_is_answered_in_full() {
    let answer = only(&model(8.0, exponential(1.0), 10));
    assert_eq!(answer.name, "orders");
    assert_eq!(answer.model.as_deref(), Some("M/M/c"));
    assert!(close(answer.wait_mean_s, 0.204_590_075_398_221_77));
    assert!(close(answer.ready_mean, 8.0 * 0.204_590_075_398_221_77));
    assert!(close(answer.wait_p99_s, 1.855_785_216_283_418_5));
    assert!(close(answer.utilization, 0.8) && answer.loss == Some(0.0) && answer.why_not.is_none());
    assert!(answer.latency_p99_s.is_some());
}

#[test]
fn slots_are_replicas_times_concurrency_capped_by_prefetch() {
    let mut four = model(8.0, exponential(1.0), 5);
    four.groups[0].concurrency = 2;
    four.groups[0].prefetch = 2;
    assert_eq!(only(&four), only(&model(8.0, exponential(1.0), 10)));
    four.groups[0].prefetch = 1;
    assert!(law(&four).contains("no steady state"));
    four.groups[0].prefetch = 3;
    assert!(law(&four).contains("prefetch"));
}

#[test]
fn every_class_is_recognised() {
    assert_eq!(law(&model(0.8, Distribution::Constant(1.0), 1)), "M/D/c");
    assert_eq!(law(&model(8.0, Distribution::Uniform { low_s: 1.0, high_s: 1.0 }, 10)), "M/D/c");
    assert_eq!(law(&model(0.8, Distribution::lognormal(1.0, 1.0), 1)), "M/G/1");
    assert_eq!(law(&model(0.8, Distribution::Erlang { mean_s: 1.0, stages: 1 }, 1)), "M/M/c");
    let mut bounded = model(8.0, exponential(1.0), 10);
    bounded.queues[0].capacity = Some(10);
    assert_eq!(law(&bounded), "M/M/c/K");
    bounded.queues[0].capacity = Some(0);
    bounded.groups[0].service = Distribution::lognormal(1.0, 3.0);
    assert_eq!(law(&bounded), "M/G/c/c");
    assert!(close(only(&bounded).loss, erlang_b(10, 8.0)));
    for (process, expected) in [
        (Process::Regular, "GI/M/c"),
        (Process::Renewal(Renewal::Cv(2.0)), "GI/M/c"),
        (Process::Renewal(Renewal::Cv(0.5)), "GI/M/c"),
        (Process::Renewal(Renewal::Cv(0.0)), "GI/M/c"),
        (Process::Renewal(Renewal::Cv(1.0)), "M/M/c"),
        (Process::Renewal(Renewal::Gap(exponential(7.0))), "M/M/c"),
        (Process::Renewal(Renewal::Gap(Distribution::lognormal(7.0, 2.0))), "GI/M/c"),
        (Process::Batches { size: 1, of: Box::new(Process::Regular) }, "GI/M/c"),
    ] {
        let mut spaced = model(8.0, exponential(1.0), 10);
        spaced.producers = vec![producer(Rate::Constant(8.0), process.clone())];
        assert_eq!(law(&spaced), expected, "{process:?}");
    }
}

#[test]
fn equal_worlds_written_differently_get_the_same_answer() {
    let plain = only(&model(8.0, exponential(1.0), 10));
    let mut several = model(8.0, exponential(1.0), 10);
    let halves = Rate::Sum(vec![
        Rate::Scale { by: 2.0, rate: Box::new(Rate::Constant(1.5)) },
        Rate::Steps(vec![(0.0, 2.0), (10.0, 2.0)]),
    ]);
    several.producers = vec![
        producer(halves, Process::Poisson),
        producer(Rate::Constant(3.0), Process::Poisson),
        producer(Rate::Constant(0.0), Process::Regular),
    ];
    assert_eq!(only(&several), plain);
    let mut fast = model(8.0, exponential(2.0), 10);
    fast.groups[0].speed = Some(Rate::Constant(2.0));
    assert_eq!(only(&fast), plain);
    let mut metronome = model(8.0, exponential(1.0), 10);
    metronome.producers = vec![producer(Rate::Constant(8.0), Process::Regular)];
    assert!(close(only(&metronome).wait_mean_s, 0.060_549_411_379_095_72));
}

#[test]
fn an_overhead_is_exact_for_one_slot_or_constant_times() {
    let mut paused = model(0.8, Distribution::Constant(0.6), 1);
    paused.groups[0].overhead = Some(Distribution::Constant(0.4));
    let answer = only(&paused);
    assert!(close(answer.wait_mean_s, 2.0) && close(answer.latency_mean_s, 2.6));
    assert!(close(answer.utilization, 0.48) && close(answer.wait_probability, 0.8));
    assert!(close(answer.wait_p99_s, 10.355_886_791_994_953));
    paused.groups[0].overhead = Some(exponential(0.4));
    assert_eq!(law(&paused), "M/G/1");
    paused.groups[0].replicas = Replicas::Fixed(2);
    assert_eq!(law(&paused), "M/G/c approx.");
    assert!(close(only(&paused).utilization, 0.24));
    paused.queues[0].capacity = Some(0);
    assert!(close(only(&paused).loss, erlang_b(2, 0.8)));
}

#[test]
fn dropping_from_the_head_keeps_the_loss_but_not_the_waits() {
    let mut bounded = model(9.0, exponential(1.0), 10);
    bounded.queues[0].capacity = Some(10);
    let rejecting = only(&bounded);
    bounded.queues[0].overflow = Overflow::DropHead;
    let dropping = only(&bounded);
    assert!(close(dropping.loss, 0.029_510_061_564_106_894));
    assert_eq!((dropping.loss, dropping.ready_mean), (rejecting.loss, rejecting.ready_mean));
    assert!(dropping.wait_mean_s.is_none() && dropping.why_not.is_some_and(|why| why.contains("head")));
    assert!(rejecting.wait_p999_s.is_some() && rejecting.latency_p99_s.is_some());
}

#[test]
fn what_has_no_law_says_why() {
    let base = || model(8.0, exponential(1.0), 10);
    let mut cases: Vec<(Model, &str)> = Vec::new();
    let mut case = |change: &dyn Fn(&mut Model), reason: &'static str| {
        let mut changed = base();
        change(&mut changed);
        cases.push((changed, reason));
    };
    case(&|m| m.producers.clear(), "nothing is published");
    case(&|m| m.groups.clear(), "nobody consumes");
    case(&|m| m.groups.push(m.groups[0].clone()), "2 consumer groups compete");
    case(&|m| m.queues[0].initial = 5, "backlog");
    case(&|m| m.queues[0].delivery_delay = Some(exponential(1.0)), "delayed");
    case(&|m| m.groups[0].replicas = Replicas::Steps(vec![(0.0, 1), (5.0, 2)]), "replicas changes");
    case(&|m| m.groups[0].replicas = Replicas::Fixed(0), "no replicas");
    case(&|m| m.groups[0].replicas = Replicas::Fixed(8), "utilization 1.0000");
    case(&|m| m.groups[0].outages = vec![(1.0, 2.0)], "outages");
    case(&|m| m.groups[0].rate_limit = Some(RateLimit { rate_per_s: 1.0, burst: 1.0 }), "rate limit");
    case(&|m| m.groups[0].speeds = vec![1.0, 0.5], "speed");
    case(&|m| m.groups[0].service = Distribution::Pareto { mean_s: 1.0, shape: 1.5 }, "variance of the service");
    case(&|m| m.groups[0].service = Distribution::Constant(0.0), "no time");
    case(&|m| m.producers.push(producer(Rate::Constant(0.5), gap_without_variance())), "infinite variance");
    case(
        &|m| m.producers = vec![producer(Rate::Pulse { height: 1.0, from_s: 0.0, until_s: 1.0 }, Process::Poisson)],
        "the rate of shop changes",
    );
    case(&|m| m.producers[0].arrivals = Arrivals::Recorded(Vec::new().into()), "recorded");
    let batches = Process::Batches { size: 2, of: Box::new(Process::Poisson) };
    case(&|m| m.producers = vec![producer(Rate::Constant(1.0), batches.clone())], "batches");
    case(
        &|m| {
            m.producers = vec![modulated()];
            m.groups[0].service = Distribution::Constant(1.0);
        },
        "unless service is exponential",
    );
    case(&|m| m.producers = vec![modulated(), modulated()], "not alone");
    for (changed, reason) in cases {
        let answer = only(&changed);
        let why_not = answer.why_not.clone().unwrap_or_default();
        assert!(why_not.contains(reason), "{reason}: {why_not}");
        let silent = FormulaQueue { name: answer.name.clone(), why_not: answer.why_not.clone(), ..Default::default() };
        assert_eq!(answer, silent, "{reason}");
    }
}

#[test]
fn absurd_sizes_are_answered_or_refused_at_once() {
    for (rate_per_s, service_s) in [(1e18, 1.0), (1e-300, 1e-9), (9.9e17, 1.0), (3.9e9, 1.0), (1e300, 1e300)] {
        let mut huge = model(rate_per_s, exponential(service_s), u32::MAX);
        for capacity in [None, Some(0), Some(u64::MAX)] {
            huge.queues[0].capacity = capacity;
            for concurrency in [1, u32::MAX] {
                huge.groups[0].concurrency = concurrency;
                huge.groups[0].prefetch = concurrency;
                let answer = only(&huge);
                assert!(answer.model.is_some() || answer.why_not.is_some());
                for value in [answer.wait_mean_s, answer.loss, answer.wait_p99_s, answer.latency_p99_s] {
                    assert!(value.is_none_or(|value| value.is_finite() && value >= 0.0), "{answer:?}");
                }
            }
        }
    }
}

#[test]
fn an_infinite_variance_keeps_its_quantiles() {
    let answer = only(&model(0.5, Distribution::Pareto { mean_s: 1.0, shape: 1.9 }, 1));
    assert_eq!(answer.wait_mean_s, None);
    assert!(answer.wait_p90_s.is_some() && answer.why_not.is_some_and(|why| why.contains("infinite")));
}

fn gap_without_variance() -> Process {
    Process::Renewal(Renewal::Gap(Distribution::Pareto { mean_s: 1.0, shape: 1.5 }))
}

fn modulated() -> Producer {
    let states = vec![MmppState { factor: 1.5, mean_s: 10.0 }, MmppState { factor: 0.5, mean_s: 10.0 }];
    producer(Rate::Constant(4.0), Process::Mmpp(states))
}
