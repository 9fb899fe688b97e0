//! Equal inputs give equal bytes: whatever the number of threads, however often; another seed gives another answer.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use forebay::measure::EngineChoice;
use forebay::model::{Distribution, Model, Replications};
use forebay::report::{ReportOptions, summary_json, write};
use forebay::study::{RunOptions, run};
use kit::build::single;
use kit::worlds::world;

/// `summary.json` and `timeseries.csv` of a run, as bytes.
fn bytes(model: &Model, threads: usize) -> (String, Vec<u8>) {
    let options = RunOptions { engine: EngineChoice::All, threads: Some(threads) };
    let outcome = run(model, &options, &|_| ()).expect("a small model");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&outcome, folder.path(), &ReportOptions { charts: false }).expect("a folder that can be written");
    let series = std::fs::read(folder.path().join("timeseries.csv")).expect("a time series");
    let summary = std::fs::read_to_string(folder.path().join("summary.json")).expect("a summary");
    assert_eq!(summary, format!("{:#}\n", summary_json(&outcome)), "the file is what the function says");
    (summary, series)
}

/// Models with many replications, fixed and until a precision.
fn models() -> Vec<Model> {
    let mut models: Vec<Model> = [3, 8, 21, 34].into_iter().map(world).collect();
    for model in &mut models {
        model.replications = Replications::Fixed(13);
    }
    let mut precise = single(200.0, 3.0, 2, Distribution::Exponential { mean_s: 0.5 });
    precise.replications = Replications::Until { precision: 0.05, at_most: 40 };
    models.push(precise);
    models
}

#[test]
fn the_number_of_threads_does_not_matter() {
    for model in models() {
        let (summary, series) = bytes(&model, 1);
        assert!(series.len() > 100 && summary.len() > 1000);
        for threads in [2, 8] {
            let (other_summary, other_series) = bytes(&model, threads);
            assert_eq!(summary, other_summary, "{threads} threads");
            assert!(series == other_series, "{threads} threads");
        }
    }
}

#[test]
fn a_second_run_gives_the_same_bytes() {
    for model in models() {
        assert!(bytes(&model, 2) == bytes(&model, 2));
    }
}

#[test]
fn another_seed_gives_another_answer() {
    let model = single(200.0, 3.0, 2, Distribution::Exponential { mean_s: 0.5 });
    let mut other = model.clone();
    other.seed += 1;
    assert_ne!(bytes(&model, 1).1, bytes(&other, 1).1);
}

#[test]
fn replications_differ_from_one_another() {
    let mut model = single(200.0, 3.0, 2, Distribution::Exponential { mean_s: 0.5 });
    model.replications = Replications::Fixed(2);
    let outcome = run(&model, &RunOptions::default(), &|_| ()).expect("a small model");
    let depth = &outcome.events.expect("the events engine answers").queues[0].depth.mean;
    assert!(depth.half_width().is_some_and(|half_width| half_width > 0.0), "{depth:?}");
}
