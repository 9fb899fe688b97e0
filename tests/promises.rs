//! Verdicts and notes: what each engine may say about a promise, and what a reader is warned of.

#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use forebay::measure::{EngineChoice, Outcome};
use forebay::scenario::{self, Limits, Source};
use forebay::study::{self, RunOptions};

fn run(text: &str, engine: EngineChoice) -> Outcome {
    let loaded = scenario::load(&Source::from_text("test.yaml", text), &[], &Limits::default())
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    study::run(&loaded.model, &RunOptions { engine, threads: None }, &|_| ()).unwrap()
}

/// 100/s for the first 100 s, then 1/s, against 50/s: ready until about 204 s, and hardly ever again.
fn spike(slos: &str) -> String {
    format!(
        "name: t\nhorizon: 400s\nreplications: 10\nproducers:\n  p: {{to: q, rate: {{steps: [[0s, 100/s], [100s, 1/s]]}}}}\n\
         queues:\n  q: {{}}\nconsumers:\n  c: {{from: q, replicas: 5, service: 100ms}}\nslo:\n{slos}"
    )
}

fn verdict<'o>(outcome: &'o Outcome, name: &str) -> &'o forebay::measure::summary::SloVerdict {
    outcome.slos.iter().find(|slo| slo.name == name).unwrap()
}

#[test]
fn a_window_narrows_the_promise_of_an_empty_queue() {
    let outcome = run(
        &spike(
            "  before: {queue: q, drained: true, by: 90s, during: [0s, 90s]}\n  \
             through: {queue: q, drained: true, by: 220s, during: [50s, 300s]}\n  \
             after: {queue: q, drained: true, by: 250s, during: [240s, 300s]}\n",
        ),
        EngineChoice::Events,
    );
    assert_eq!(verdict(&outcome, "before").met, Some(false), "messages are ready at the window's end");
    let through = verdict(&outcome, "through");
    assert_eq!(through.met, Some(true));
    assert!((through.value.value.unwrap() - 204.0).abs() < 10.0, "{:?}", through.value);
    assert_eq!(verdict(&outcome, "after").value.value, Some(0.0), "nothing is ready in this window");
}

#[test]
fn a_window_does_not_reach_back_before_the_warm_up() {
    let slos = "  wait: {queue: q, wait: mean, below: 1s, during: [0s, 300s]}\n  \
                depth: {queue: q, depth: max, below: 1, during: [0s, 300s]}\n  \
                same: {queue: q, wait: mean, below: 1s, during: [150s, 300s]}\n";
    let text = spike(slos).replace("horizon: 400s", "horizon: 400s\nwarmup: 150s");
    let outcome = run(&text, EngineChoice::Events);
    let value = |name| verdict(&outcome, name).value.value.unwrap();
    assert_eq!(value("wait"), value("same"));
    assert!((value("depth") - 2600.0).abs() < 200.0, "depth at 150 s, not the peak of 5,000: {}", value("depth"));
}

#[test]
fn the_fluid_engine_judges_what_the_equation_decides() {
    let slos = "  small: {queue: q, depth: max, below: 1000}\n  roomy: {queue: q, depth: max, below: 100k}\n  \
                prompt: {queue: q, latency: max, below: 1s}\n  empty: {queue: q, drained: true, by: 300s}\n  \
                whole: {queue: q, loss: share, below: 1%}\n";
    let outcome = run(&spike(slos), EngineChoice::Fluid);
    assert_eq!(verdict(&outcome, "small").met, Some(false), "the backlog alone is 5,000");
    assert_eq!(verdict(&outcome, "roomy").met, None, "messages in service are not in the fluid");
    assert_eq!(verdict(&outcome, "prompt").met, Some(false));
    assert_eq!(verdict(&outcome, "empty").met, Some(true));
    assert_eq!(verdict(&outcome, "whole").value.value, Some(0.0));
}

#[test]
fn a_backlog_at_the_horizon_breaks_the_promise_to_drain() {
    let text = spike("  empty: {queue: q, drained: true, by: 150s}\n").replace("horizon: 400s", "horizon: 150s");
    assert_eq!(verdict(&run(&text, EngineChoice::Fluid), "empty").met, Some(false));
    assert_eq!(verdict(&run(&text, EngineChoice::Events), "empty").met, Some(false));
}

#[test]
fn recorded_work_is_the_capacity_of_every_engine() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..2000).map(|k| format!("{},0.02\n", f64::from(k) * 0.01)).collect();
    std::fs::write(folder.path().join("rows.csv"), format!("at,work\n{}", rows.concat())).unwrap();
    let text = "name: t\nhorizon: 40s\nreplications: 2\nproducers:\n  p: {to: q, arrivals: {recorded: {file: rows.csv, \
                time: at, service: work}}}\nqueues:\n  q: {}\nconsumers:\n  c: {from: q, replicas: 1, service: 1ms}\n";
    let mut source = Source::from_text("test.yaml", text);
    source.folder = folder.path().to_path_buf();
    let loaded = scenario::load(&source, &[], &Limits::default()).unwrap();
    let outcome = study::run(&loaded.model, &RunOptions::default(), &|_| ()).unwrap();
    let (events, fluid) = (outcome.events.unwrap(), outcome.fluid.unwrap());
    let (most, limit) = (events.queues[0].ready.max.value.unwrap(), fluid[0].max_backlog.unwrap());
    assert!((most - 1000.0).abs() < 20.0 && (limit - 1000.0).abs() < 20.0, "events {most}, fluid {limit}");
    assert!((events.series[0].capacity_rate[0] - 50.0).abs() < 1e-9);
    assert!(outcome.disagreements.is_empty(), "{:?}", outcome.disagreements);
}

#[test]
fn an_overload_is_called_one_and_not_a_short_warm_up() {
    let text = "name: t\nhorizon: 1h\nproducers:\n  p: {to: q, rate: 5/s}\nqueues:\n  q: {}\nconsumers:\n  \
                c: {from: q, replicas: 1, service: {exponential: {mean: 1s}}}\n";
    let notes = run(text, EngineChoice::Events).notes.join("\n");
    assert!(notes.contains("no steady state") && !notes.contains("warm-up is too short"), "{notes}");
}

#[test]
fn a_short_warm_up_is_reported() {
    let text = "name: t\nhorizon: 30m\nreplications: 40\nproducers:\n  p: {to: q, rate: 0.95/s}\nqueues:\n  q: {}\n\
                consumers:\n  c: {from: q, replicas: 1, service: {exponential: {mean: 1s}}}\n";
    let outcome = run(text, EngineChoice::All);
    let told = outcome.notes.iter().any(|note| note.contains("warm-up is too short"))
        || outcome.disagreements.iter().any(|disagreement| disagreement.why.contains("longer warm-up"));
    assert!(told, "{:?} {:?}", outcome.notes, outcome.disagreements);
}

#[test]
fn a_precision_that_is_not_reached_is_reported() {
    let text = "name: t\nhorizon: 5m\nreplications: {until: 0.1%, at_most: 12}\nproducers:\n  p: {to: q, rate: 0.9/s}\n\
                queues:\n  q: {}\nconsumers:\n  c: {from: q, replicas: 1, service: {exponential: {mean: 1s}}}\n";
    let notes = run(text, EngineChoice::Events).notes.join("\n");
    assert!(notes.contains("precision of 0.1 % was not reached in 12 replications"), "{notes}");
}

#[test]
fn a_modulated_producer_that_never_publishes_is_no_disagreement() {
    let text = "name: t\nhorizon: 10s\nreplications: 2\nproducers:\n  p: {to: q, rate: 0/s, arrivals: {mmpp: {states: \
                [{factor: 2, mean: 1s}, {factor: 0, mean: 1s}]}}}\nqueues:\n  q: {}\nconsumers:\n  \
                c: {from: q, replicas: 1, service: 1s}\n";
    assert!(run(text, EngineChoice::All).disagreements.is_empty());
}
