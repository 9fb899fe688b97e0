//! The report of a plan under uncertainty says what the plan holds.

use super::*;
use crate::measure::EngineChoice;
use crate::scenario::{Axis, Limits, Override, Source, load};
use crate::study::{RegretOptions, regret};

const TEXT: &str = "\
name: launch
horizon: 1h
resolution: 10m
producers: {shop: {to: orders, rate: {between: [150/s, 340/s], confidence: 90%}}}
queues: {orders: {}}
consumers:
  workers:
    from: orders
    replicas: 5
    service: {between: [80ms, 120ms], confidence: 90%}
    cost: 0.10 USD/h
slo: {fresh: {queue: orders, wait: p99, below: 10ms}}
";

fn plan(values: &str) -> RegretPlan {
    let read = |changes: &[Override]| load(&Source::from_text("launch.yaml", TEXT), changes, &Limits::default());
    let whole = read(&[]).unwrap();
    let axis = Axis { path: "consumers.workers.replicas".to_owned(), values: Axis::values_of(values).unwrap() };
    let options = RegretOptions { draws: 100, engine: EngineChoice::Fluid, ..RegretOptions::default() };
    let variant = |changes: &[Override]| Ok(read(changes)?.model);
    regret(&whole.model, &axis, &whole.planning.uncertain, &variant, &options, &|_| ()).unwrap()
}

#[test]
fn the_table_answers_first_and_stays_narrow() {
    let table = regret_table(&plan("1..64"), 80, false);
    insta::assert_snapshot!("regret_table", table);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn what_is_never_enough_is_said() {
    let plan = plan("1..3");
    let table = regret_table(&plan, 80, true);
    assert!(table.starts_with("launch: not even 3 replicas are enough for any of 100 draws."), "{table}");
    let json = regret_json(&plan);
    assert!(json["chosen"].is_null() && json["why_not"].is_string() && json["why_no_drivers"].is_string());
    assert!(table.contains("cannot be said: the answer is the same in"), "{table}");
}

#[test]
fn files_hold_the_plan_and_leave_other_charts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("charts/orders-depth.svg");
    std::fs::create_dir(folder.path().join("charts")).unwrap();
    std::fs::write(&other, "mine").unwrap();
    let plan = plan("1..64");
    let files = write_regret(&plan, folder.path(), &ReportOptions::default()).unwrap();
    let names: Vec<&str> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    assert_eq!(names, ["regret.csv", "regret-expected.svg", "regret-expected.png", "regret.json"]);
    assert!(other.exists());
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&files[3]).unwrap()).unwrap();
    assert_eq!(json["candidates"].as_array().map(Vec::len), Some(64));
    assert_eq!(json["draws"].as_array().map(Vec::len), Some(100));
    assert_eq!(json["drivers"][0]["path"], "producers.shop.rate");
    assert_eq!(json["inputs"][1]["low"], 0.08);
    let chosen = json["chosen"].as_str().unwrap();
    let csv = std::fs::read_to_string(&files[0]).unwrap();
    assert_eq!(csv.lines().count(), 65);
    assert!(csv.lines().any(|row| row.starts_with(&format!("{chosen},")) && row.contains(",0,0,0,")), "{csv}");
    assert!(std::fs::read_to_string(&files[1]).unwrap().contains("<svg"));
}
