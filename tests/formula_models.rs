//! The wider laws through whole models: the oracles' queues written as scenarios would write them, networks, names.

#![allow(clippy::unwrap_used)]

#[path = "support/one_queue.rs"]
mod one_queue;

use forebay::engine::formula::{FormulaQueue, Mdc, Mmc, Mphc, solve};
use forebay::model::{
    AfterFailure, Arrivals, ConsumerGroup, Destination, Distribution, Emission, Failures, MmppState, Model, Process,
    Producer, Queue, Rate, Renewal, Replicas, Retry, Routing, Topic,
};
use serde_json::Value;

/// The value and the tolerance of one case of the oracles.
fn oracle(name: &str) -> (f64, f64) {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/oracles.json")).unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    (case["value"].as_f64().unwrap(), case["tolerance"].as_f64().unwrap())
}

fn meets(name: &str, found: f64) {
    let (value, tolerance) = oracle(name);
    assert!((found - value).abs() <= tolerance * value, "{name}: {found} is not {value}");
    assert!((1.05 * found - value).abs() > tolerance * value, "{name} would not notice 5 %");
}

fn plain(rate_per_s: f64, service: Distribution, replicas: u32) -> Model {
    let mut model = one_queue::model(Rate::Constant(rate_per_s), Replicas::Fixed(replicas), 60.0);
    model.groups[0].service = service;
    model
}

fn arriving(mut model: Model, process: Process) -> Model {
    let Arrivals::Process { process: own, .. } = &mut model.producers[0].arrivals else { unreachable!() };
    *own = process;
    model
}

/// Queues one after another or otherwise, with `(μ, c)` each, and what enters the first.
fn network(rate_per_s: f64, queues: &[(f64, u32)]) -> Model {
    let mut model = plain(rate_per_s, exponential(1.0), 1);
    model.queues = (0..queues.len()).map(|queue| Queue::new(format!("q{queue}"))).collect();
    let group = |(queue, (service_per_s, slots)): (usize, &(f64, u32))| {
        ConsumerGroup::new(format!("g{queue}"), queue, *slots, exponential(1.0 / service_per_s))
    };
    model.groups = queues.iter().enumerate().map(group).collect();
    model
}

fn exponential(mean_s: f64) -> Distribution {
    Distribution::Exponential { mean_s }
}

fn emit(model: &mut Model, from: usize, to: Destination, per_message: f64) {
    model.groups[from].emits.push(Emission { to, per_message });
}

fn only(model: &Model) -> FormulaQueue {
    solve(model).remove(0)
}

/// Σ ready + busy over the queues of a network.
fn in_system(model: &Model) -> f64 {
    let answers = solve(model);
    let busy = |queue: usize| f64::from(model.groups[queue].most_replicas());
    answers
        .iter()
        .enumerate()
        .map(|(queue, answer)| {
            assert_eq!(answer.approximation, None, "{answer:?}");
            answer.ready_mean.unwrap() + answer.utilization.unwrap() * busy(queue)
        })
        .sum()
}

#[test]
fn phase_type_services_and_modulated_arrivals_meet_the_oracles() {
    let erlang = Distribution::Erlang { mean_s: 1.0, stages: 2 };
    let answer = only(&plain(4.5, erlang, 5));
    assert_eq!(answer.model.as_deref(), Some("M/PH/c"));
    assert!(answer.why_not.is_none() && answer.wait_p999_s.is_some() && answer.latency_p99_s.is_some());
    meets("me2c_c5_rho0.9_Wq", answer.wait_mean_s.unwrap());
    meets(
        "mh2c_c10_rho0.8_Wq",
        only(&plain(8.0, Distribution::hyperexponential_balanced(1.0, 2.0), 10)).wait_mean_s.unwrap(),
    );
    let states = vec![MmppState { factor: 4.0, mean_s: 10.0 }, MmppState { factor: 0.4, mean_s: 50.0 }];
    let bursty = |replicas| only(&arriving(plain(12.5, exponential(1.0), replicas), Process::Mmpp(states.clone())));
    meets("mmpp2mc_c20_Wq", bursty(20).wait_mean_s.unwrap());
    meets("mmpp2mc_c60_Wq", bursty(60).wait_mean_s.unwrap());
    meets("mmpp2mc_c30_pw_arr", bursty(30).wait_probability.unwrap());
    assert_eq!(bursty(20).model.as_deref(), Some("MMPP/M/c"));
}

#[test]
fn jackson_networks_are_exact() {
    let mut tandem = network(5.0, &[(6.0, 1), (2.0, 3), (1.0, 8)]);
    emit(&mut tandem, 0, Destination::Queue(1), 1.0);
    emit(&mut tandem, 1, Destination::Queue(2), 1.0);
    meets("jackson_tandem3_L", in_system(&tandem));
    let last = solve(&tandem).remove(2);
    assert_eq!(last.model.as_deref(), Some("M/M/c in a Jackson network"));
    assert_eq!(last.wait_p99_s, Some(Mmc::new(5.0, 1.0, 8).unwrap().wait().quantile_s(0.99)));

    let mut three = network(3.0, &[(5.0, 1), (1.0, 3), (2.0, 1)]);
    three.topics.push(Topic { name: "next".into(), to: Routing::Shares(vec![(1, 0.6), (2, 0.4)]) });
    emit(&mut three, 0, Destination::Topic(0), 1.0);
    emit(&mut three, 2, Destination::Queue(0), 0.2);
    meets("jackson_3node_L", in_system(&three));
}

#[test]
fn redelivery_at_once_is_one_longer_service() {
    let mut model = plain(6.0, exponential(1.0), 10);
    model.groups[0].failures = Some(Failures {
        probability: 0.25,
        poison: 0.0,
        then: AfterFailure::Requeue,
        retry: Retry::AtOnce,
        partial: false,
    });
    let answer = only(&model);
    meets("redelivery_feedback_L", 6.0 * answer.latency_mean_s.unwrap());
    assert!((answer.utilization.unwrap() - 0.8).abs() < 1e-12);
    model.groups[0].service = Distribution::Constant(1.0);
    assert!(only(&model).why_not.unwrap().contains("fail"));
}

/// Burke: what leaves M/M/c is Poisson, so that any law for Poisson arrivals holds behind it.
#[test]
fn laws_behind_a_jackson_network_keep_their_names() {
    let mut model = network(8.0, &[(1.0, 10), (1.0, 10)]);
    emit(&mut model, 0, Destination::Queue(1), 1.0);
    model.groups[1].service = Distribution::Constant(1.0);
    let answer = solve(&model).remove(1);
    assert_eq!(answer.model.as_deref(), Some("M/D/c behind a Jackson network"));
    assert_eq!(answer.wait_mean_s, Some(Mdc::new(8.0, 1.0, 10).unwrap().wait_mean_s()));
    model.groups[1].service = Distribution::Erlang { mean_s: 1.0, stages: 2 };
    let expected = Mphc::new(8.0, &model.groups[1].service, 10).unwrap();
    assert_eq!(solve(&model)[1].wait_mean_s, Some(expected.wait_mean_s()));
}

/// Copies of one stream that meet again are not independent, and services that are not memoryless leave streams that
/// are not Poisson: the calculus of streams answers, and says so.
#[test]
fn what_is_no_jackson_network_is_named_an_approximation() {
    let mut fork = network(4.0, &[(8.0, 1), (8.0, 1), (8.0, 1), (8.0, 2)]);
    fork.topics.push(Topic { name: "both".into(), to: Routing::Copies(vec![1, 2]) });
    emit(&mut fork, 0, Destination::Topic(0), 1.0);
    emit(&mut fork, 1, Destination::Queue(3), 1.0);
    emit(&mut fork, 2, Destination::Queue(3), 1.0);
    let answers = solve(&fork);
    assert!(answers[..3].iter().all(|answer| answer.approximation.is_none() && answer.wait_p99_s.is_some()));
    assert_eq!(answers[1].model.as_deref(), Some("M/M/c in a Jackson network"));
    let join = &answers[3];
    assert_eq!(join.model.as_deref(), Some("G/G/c approx. in a network"));
    assert!(join.approximation.as_ref().unwrap().name.contains("Whitt 1983"));
    // All four streams look Poisson to two moments: the mean is that of M/M/2 with 8/s.
    assert!((join.wait_mean_s.unwrap() / Mmc::new(8.0, 8.0, 2).unwrap().wait().mean_s() - 1.0).abs() < 1e-12);
    assert!(join.wait_p99_s.is_none() && join.why_not.as_ref().unwrap().contains("means only"));

    let mut regular = network(8.0, &[(1.0, 10), (1.0, 10)]);
    regular.groups[0].service = Distribution::Constant(1.0);
    emit(&mut regular, 0, Destination::Queue(1), 1.0);
    let answer = solve(&regular).remove(1);
    // c_d² = 1 + 0.64/√10·(0.2 − 1), times the factor for arrivals that vary less than Poisson.
    let scv = 1.0 - 0.64 * 0.8 / 10f64.sqrt();
    let factor = (-2.0 * 0.2 * (1.0 - scv).powi(2) / (3.0 * 0.8 * (1.0 + scv))).exp();
    let expected = Mmc::new(8.0, 1.0, 10).unwrap().wait().mean_s() * 0.5 * (1.0 + scv) * factor;
    assert!((answer.wait_mean_s.unwrap() / expected - 1.0).abs() < 1e-12);
    assert!(answer.approximation.is_some());
}

#[test]
fn what_comes_back_is_counted_in_the_rates() {
    let mut model = network(8.0, &[(1.0, 16)]);
    emit(&mut model, 0, Destination::Queue(0), 0.4);
    let answer = only(&model);
    assert_eq!(answer.model.as_deref(), Some("M/M/c in a Jackson network"));
    let expected = Mmc::new(8.0 / 0.6, 1.0, 16).unwrap();
    assert!((answer.wait_mean_s.unwrap() / expected.wait().mean_s() - 1.0).abs() < 1e-12);
    model.groups[0].service = Distribution::Constant(1.0);
    assert_eq!(only(&model).model.as_deref(), Some("G/G/c approx. in a network"));
    model.groups[0].emits[0].per_message = 1.0;
    assert!(only(&model).why_not.unwrap().contains("multiply"));
    model.groups[0].emits[0].per_message = 1.5;
    assert!(only(&model).why_not.unwrap().contains("several messages at one ack"));
}

#[test]
fn a_network_without_a_law_says_which_queue_is_to_blame() {
    let base = || {
        let mut model = network(8.0, &[(1.0, 10), (1.0, 10)]);
        emit(&mut model, 0, Destination::Queue(1), 1.0);
        model
    };
    let why = |change: &dyn Fn(&mut Model)| {
        let mut model = base();
        change(&mut model);
        solve(&model).remove(1).why_not.unwrap()
    };
    let outages = why(&|model| model.groups[0].outages = vec![(1.0, 2.0)]);
    assert_eq!(outages, "it gets what the consumers of q0 publish: there are outages");
    assert!(why(&|model| model.queues[0].capacity = Some(5)).contains("may be lost there"));
    assert!(why(&|model| model.groups[0].replicas = Replicas::Fixed(8)).contains("cannot keep up"));
    let heavy = Distribution::Pareto { mean_s: 1.0, shape: 1.5 };
    assert!(why(&|model| model.groups[0].service = heavy.clone()).contains("variance of the service of q0"));
    assert!(why(&|model| model.queues[1].dead_letter = Some(0)).contains("dead letters"));
}

#[test]
fn approximations_answer_where_no_law_is_exact() {
    let gamma = only(&plain(8.0, Distribution::Gamma { mean_s: 1.0, cv: 0.7 }, 10));
    assert_eq!(gamma.model.as_deref(), Some("M/G/c approx."));
    let known = gamma.approximation.unwrap();
    assert!(known.name.contains("Kimura") && known.relative_error == Some(0.05));
    let wild = only(&plain(8.0, Distribution::lognormal(1.0, 3.0), 10));
    assert!(wild.wait_mean_s.is_some() && wild.approximation.unwrap().relative_error.is_none());
    let regular = only(&arriving(plain(8.0, Distribution::Constant(1.0), 10), Process::Renewal(Renewal::Cv(0.5))));
    assert_eq!(regular.model.as_deref(), Some("G/G/c approx."));
    assert!(regular.wait_p99_s.is_none() && regular.wait_probability.is_none() && regular.loss == Some(0.0));
    let many_stages = Distribution::Erlang { mean_s: 1.0, stages: 9 };
    assert_eq!(only(&plain(90.0, many_stages, 100)).model.as_deref(), Some("M/G/c approx."));
}

/// A Poisson stream beside a modulated one lifts every state; a share of it lowers them.
#[test]
fn modulated_streams_stay_modulated_when_joined_and_split() {
    let states = vec![MmppState { factor: 1.6, mean_s: 20.0 }, MmppState { factor: 0.4, mean_s: 20.0 }];
    let mut joined = arriving(plain(8.0, exponential(1.0), 12), Process::Mmpp(states.clone()));
    let poisson = Arrivals::Process { rate: Rate::Constant(1.0), process: Process::Poisson };
    joined.producers.push(Producer::new("steady", 0, poisson));
    let answer = only(&joined);
    assert!((answer.utilization.unwrap() - 0.75).abs() < 1e-12 && answer.model.as_deref() == Some("MMPP/M/c"));
    let mut halved = arriving(plain(16.0, exponential(1.0), 12), Process::Mmpp(states.clone()));
    halved.topics.push(Topic { name: "bus".into(), to: Routing::Shares(vec![(0, 0.5)]) });
    halved.producers[0].to = Destination::Topic(0);
    let whole = only(&arriving(plain(8.0, exponential(1.0), 12), Process::Mmpp(states)));
    assert_eq!(only(&halved), whole);
}
