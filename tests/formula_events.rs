//! The wider laws against every message simulated: means, shares and quantiles within four standard errors.

#![allow(clippy::unwrap_used)]

use forebay::engine::formula::solve;
use forebay::measure::Outcome;
use forebay::model::Model;
use forebay::scenario::{Limits, Source, load};
use forebay::study::{RunOptions, run};

fn model(text: &str) -> Model {
    load(&Source::from_text("test.yaml", text), &[], &Limits::default()).unwrap().model
}

fn outcome(model: &Model) -> Outcome {
    run(model, &RunOptions::default(), &|_| {}).unwrap()
}

/// Differences between events and theory that chance does not explain, queue by queue.
fn differences(outcome: &Outcome) -> Vec<String> {
    let told = outcome.disagreements.iter().filter(|found| !found.what.starts_with("largest backlog"));
    told.map(|found| format!("{}: {}", found.queue, found.what)).collect()
}

/// Laws of queues, and the same queue with a service that is 5 % longer.
const QUEUES: [(&str, &str, &str); 4] = [
    ("M/PH/c", "arrivals: poisson", "{hyperexponential: {mean: 100ms, cv: 2}}"),
    ("M/PH/c", "arrivals: poisson", "{erlang: {mean: 100ms, stages: 2}}"),
    (
        "MMPP/M/c",
        "arrivals: {mmpp: {states: [{factor: 1.4, mean: 3s}, {factor: 0.2, mean: 1s}, {factor: 0.6, mean: 1s}]}}",
        "{exponential: {mean: 100ms}}",
    ),
    ("M/M/c", "arrivals: poisson", "{exponential: {mean: 75ms}}\n    failures: {probability: 25%, then: requeue}"),
];

fn queue(arrivals: &str, service: &str) -> Model {
    model(&format!(
        "horizon: 4000s\nwarmup: 200s\nreplications: 10\nproducers:\n  p: {{to: q, rate: 40/s, {arrivals}}}\n\
         queues:\n  q: {{}}\nconsumers:\n  g:\n    from: q\n    replicas: 5\n    service: {service}\n"
    ))
}

#[test]
fn simulated_queues_agree_with_their_laws() {
    for (law, arrivals, service) in QUEUES {
        let found = outcome(&queue(arrivals, service));
        let theory = &found.formula.as_ref().unwrap()[0];
        assert_eq!(theory.model.as_deref(), Some(law));
        assert!(theory.wait_p99_s.is_some() && theory.why_not.is_none());
        assert!(differences(&found).is_empty(), "{law}: {:?}", differences(&found));
        let latency = &found.events.as_ref().unwrap().queues[0].latency_s;
        let error = latency.p99.half_width().unwrap() / 2.262;
        assert!((latency.p99.value.unwrap() - theory.latency_p99_s.unwrap()).abs() < 4.0 * error, "{law}");
    }
}

#[test]
fn theory_of_a_service_five_per_cent_longer_is_noticed() {
    for (law, arrivals, service) in QUEUES {
        let honest = queue(arrivals, service);
        let mut slower = honest.clone();
        slower.groups[0].speeds = vec![1.0 / 1.05; 5];
        let found = outcome(&honest);
        let (events, theory) = (&found.events.as_ref().unwrap().queues[0], solve(&slower).remove(0));
        let error = events.wait_s.mean.half_width().unwrap() / 2.262;
        let off = (events.wait_s.mean.value.unwrap() - theory.wait_mean_s.unwrap()).abs();
        assert!(off > 4.0 * error, "{law}: {off} {error}");
    }
}

/// A tandem of a queue with feedback, a fork by shares and a last queue behind both.
const NETWORK: &str = "
horizon: 3000s
warmup: 200s
replications: 10
producers:
  p: {to: first, rate: 30/s}
  extra: {to: last, rate: 5/s}
topics:
  next: {to: [{queue: left, share: 70%}, {queue: last, share: 30%}]}
queues: {first: {}, left: {}, last: {}}
consumers:
  a: {from: first, replicas: 2, service: {exponential: {mean: 50ms}}, emits: [{to: next}]}
  b: {from: left, replicas: 3, service: {exponential: {mean: 100ms}}, emits: [{to: first, per_message: 0.1}]}
  c: {from: last, replicas: 4, service: {exponential: {mean: 200ms}}}
";

#[test]
fn a_simulated_jackson_network_agrees_with_its_marginals() {
    let found = outcome(&model(NETWORK));
    let theory = found.formula.as_ref().unwrap();
    assert!(theory.iter().all(|queue| queue.model.as_deref() == Some("M/M/c in a Jackson network")), "{theory:?}");
    assert!(differences(&found).is_empty(), "{:?}", differences(&found));
}

/// Regular services in a row: the calculus of streams is rough, and nothing is made of it.
#[test]
fn an_approximation_is_not_reported_to_disagree_within_its_error() {
    let text = "horizon: 2000s\nwarmup: 100s\nreplications: 10\nproducers:\n  p: {to: q, rate: 40/s, arrivals: regular}\n\
                queues: {q: {}, r: {}}\nconsumers:\n  a: {from: q, replicas: 5, service: {lognormal: {mean: 100ms, cv: 1}}, \
                emits: [{to: r}]}\n  b: {from: r, replicas: 5, service: {lognormal: {mean: 100ms, cv: 0.5}}}\n";
    let found = outcome(&model(text));
    for (queue, theory) in found.events.as_ref().unwrap().queues.iter().zip(found.formula.as_ref().unwrap()) {
        assert!(theory.approximation.as_ref().is_some_and(|known| known.relative_error.is_none()));
        let ratio = theory.wait_mean_s.unwrap() / queue.wait_s.mean.value.unwrap();
        assert!(ratio > 0.5 && ratio < 2.0, "{}: {ratio}", queue.name);
    }
    assert!(differences(&found).is_empty());
}
