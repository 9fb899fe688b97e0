//! Tests of the module above, on real answers about a small sale.

use super::*;
use crate::scenario::{self, Limits, Source};
use crate::study::{DrainOptions, drain};

const SALE: &str = "
name: sale
horizon: 20m
resolution: 10s
start: 2026-11-27T08:00:00Z
producers:
  shop:
    to: orders
    rate: {steps: [[0s, 8/s], [100s, 25/s], [160s, 8/s]]}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 12, service: {exponential: {mean: 1s}}}
slo:
  clear: {queue: orders, drained: true, by: 6m}
";

fn of(text: &str) -> Drain {
    let source = Source::from_text("sale.yaml", text);
    let scenario = scenario::load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}"));
    drain(&scenario.model, &DrainOptions { runs: Some(120), ..DrainOptions::default() }, &|_| ()).unwrap()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_answer_at_eighty_columns() {
    insta::assert_snapshot!(drain_table(&of(SALE), 80, false));
}

#[test]
fn the_answer_names_quantiles_the_equation_and_the_replicas() {
    let table = flat(&drain_table(&of(SALE), 80, false));
    assert!(table.starts_with("sale: orders clears 3m "), "{table}");
    assert!(table.contains("after the peak of the backlog (08:02:40)") && table.contains("The equation says 3m 15s"));
    assert!(table.contains("by 08:06:00 (clear)") && table.contains("For 95 % of runs workers needs 1"), "{table}");
}

#[test]
fn what_does_not_clear_and_what_need_not_say_so() {
    let never = of(&SALE.replace("replicas: 12", "replicas: 7"));
    let table = drain_table(&never, 80, true);
    assert!(table.contains("\u{1b}[1;31mNOT CLEAR") && flat(&table).contains("never never never never"), "{table}");
    assert!(words::title(&never).contains("does not clear"));
    let calm = of(&SALE.replace("[100s, 25/s]", "[100s, 9/s]"));
    assert!(drain_table(&calm, 80, false).contains("orders never has a backlog"));
    assert!(drain_json(&calm)["queues"]["orders"]["why_not"].is_string());
}

#[test]
fn files_hold_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let drain = of(SALE);
    let written = write_drain(&drain, folder.path(), &ReportOptions::default()).unwrap();
    let names: Vec<&str> = written.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["drain.csv", "drain-clear.svg", "drain-clear.png", "drain.json"]);
    let orders = &drain_json(&drain)["queues"]["orders"];
    assert_eq!(orders["fluid"]["clear_s"].as_f64().map(f64::round), Some(195.0));
    assert_eq!((&orders["disturbance"], &orders["clears"]["runs"]), (&"overload".into(), &120.into()));
    let (after, at) = (&orders["clear_s"]["p95"]["value"], &orders["cleared_at_s"]["p95"]["value"]);
    assert!((at.as_f64().unwrap() - after.as_f64().unwrap() - 160.0).abs() < 1e-6);
    let rows = std::fs::read_to_string(&written[0]).unwrap();
    assert_eq!(rows.lines().count(), 121);
    assert!(std::fs::read_to_string(&written[1]).unwrap().contains("in 95 % of runs"));
}
