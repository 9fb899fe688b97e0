//! The exact law in time against the events engine: the same scenario, the same levels, waits and shares.
//!
//! The bounds are those of `study::run` itself, which lists a disagreement where chance would do it once in 50 000
//! cases; the same comparison with a service that is 5 % off must find one.

#![allow(clippy::unwrap_used)] // Tests may panic.

use forebay::engine::transient::{Effort, solve};
use forebay::measure::{EngineChoice, Outcome};
use forebay::model::{Distribution, Model};
use forebay::scenario::{Limits, Source, load};
use forebay::study::{RunOptions, run};

/// Every setting that has a law in time, one way or another.
const WORLDS: [(&str, &str); 6] = [
    ("a wave", "rate: {sine: {mean: 8/s, amplitude: 4/s, period: 120s}}|{}|replicas: 10"),
    (
        "replicas that come and go",
        "rate: {points: [[0s, 5/s], [150s, 14/s], [300s, 4/s]]}|{}|replicas: {steps: [[0s, 7], [100s, 15], [200s, 6]]}, \
         shutdown: requeue",
    ),
    (
        "impatience",
        "rate: {sine: {mean: 10/s, amplitude: 5/s, period: 100s}}|{ttl: {exponential: {mean: 2s}}}|replicas: 9",
    ),
    (
        "little room",
        "rate: {pulse: {height: 20/s, from: 50s, until: 150s}}|{capacity: 5}|replicas: {steps: [[0s, 6], [100s, 9]]}",
    ),
    ("a backlog and slots", "rate: 6/s|{initial: 60}|replicas: 2, concurrency: 6, prefetch: 4"),
    (
        "a pause and two speeds",
        "rate: {burst: {height: 12/s, at: 20s, decay: 100s}}|{}|replicas: 9, speed: {steps: [[0s, 1], [60s, 0], [70s, 1.5]]}",
    ),
];

fn world(settings: &str) -> Model {
    let mut parts = settings.split('|');
    let mut next = || parts.next().unwrap();
    let (rate, queue, group) = (next(), next(), next());
    let text = format!(
        "name: w\nhorizon: 300s\nresolution: 10s\nreplications: 300\nproducers:\n  p: {{to: q, {rate}}}\nqueues:\n  q: \
         {queue}\nconsumers:\n  g: {{from: q, {group}, service: {{exponential: {{mean: 1s}}}}}}\n"
    );
    let loaded = load(&Source::from_text("test.yaml", text), &[], &Limits::default());
    loaded.unwrap_or_else(|faults| panic!("{}", faults.render(false))).model
}

fn outcome(model: &Model) -> Outcome {
    run(model, &RunOptions { engine: EngineChoice::All, threads: None }, &|_| {}).unwrap()
}

/// Largest distance of a row's mean depth from the law's, in standard errors.
fn farthest(outcome: &Outcome, law: &[f64]) -> f64 {
    let series = &outcome.events.as_ref().unwrap().series[0];
    let rows = series.depth_mean.iter().zip(&series.depth_se).zip(law);
    rows.map(|((events, error), law)| (events - law).abs() / error.unwrap().max(0.01)).fold(0.0, f64::max)
}

#[test]
fn events_and_the_law_agree_at_every_instant_and_on_average() {
    for (name, settings) in WORLDS {
        let outcome = outcome(&world(settings));
        let law = &outcome.transient.as_ref().unwrap()[0];
        assert!(law.depth_mean.is_some(), "{name}: {:?}", law.why_not);
        let exact: Vec<_> = outcome.disagreements.iter().filter(|found| found.why.contains("50 000")).collect();
        assert!(exact.is_empty(), "{name}: {exact:?}");
        // Thirty rows, once in ten thousand tests.
        let farthest = farthest(&outcome, &law.series.depth_mean);
        assert!(farthest < 5.0, "{name}: {farthest}");
    }
}

#[test]
fn a_service_that_is_five_percent_off_is_noticed() {
    for (name, settings) in WORLDS {
        let right = world(settings);
        let mut wrong = right.clone();
        wrong.groups[0].service = Distribution::Exponential { mean_s: 0.95 };
        let law = solve(&wrong, Effort::PATIENT).remove(0);
        let farthest = farthest(&outcome(&right), &law.series.depth_mean);
        assert!(farthest > 5.0, "{name}: {farthest}");
    }
}

#[test]
fn alone_it_answers_without_events() {
    let model = world(WORLDS[0].1);
    let options = RunOptions { engine: EngineChoice::Transient, threads: None };
    let outcome = run(&model, &options, &|_| {}).unwrap();
    assert!(outcome.events.is_none() && outcome.fluid.is_none());
    let law = &outcome.transient.unwrap()[0];
    assert_eq!(law.model.as_deref(), Some("M_t/M/c"));
    assert!(law.wait_p99_s.unwrap() > law.wait_mean_s.unwrap() && law.error.unwrap() < 1e-9);
    assert_eq!(law.series.time_s.len(), 30);
}
