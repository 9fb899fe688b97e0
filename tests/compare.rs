//! `forebay compare` as its users meet it: the real binary, its exit codes, its files. Not here: its statistics.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // Tests may panic.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const SALE: &str = "
name: sale
horizon: 10m
replications: 6
producers:
  shop: {to: orders, rate: {sum: [{constant: 20/s}, {pulse: {height: 100/s, from: 3m, until: 5m}}]}}
queues:
  orders: {}
consumers:
  workers: {from: orders, service: {exponential: {mean: 40ms}}, cost: 0.50 USD/h}
slo:
  fresh: {queue: orders, latency: p99, below: 2s}
strategies:
  two: {static: 2}
  eight: {static: 8}
  hpa: {hpa: {min: 1, max: 10, metric: {ready_per_replica: 20}}}
";

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn forebay(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("forebay"));
    let output = command.current_dir(folder).args(arguments).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn desk(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sale.yaml"), text).unwrap();
    folder
}

fn compare(text: &str, arguments: &[&str]) -> Ran {
    forebay(desk(text).path(), &[&["compare", "sale.yaml"], arguments].concat())
}

#[test]
fn the_answer_is_printed_and_written() {
    let desk = desk(SALE);
    let ran = forebay(desk.path(), &["compare", "sale.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("sale: eight is the best of 3, "), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(ran.stderr.ends_with("wrote 8 files to output/sale\n"), "{}", ran.stderr);
    let json: Value = serde_json::from_slice(&fs::read(desk.path().join("output/sale/compare.json")).unwrap()).unwrap();
    assert_eq!(json["selection"]["strategy"], "eight");
    assert_eq!(json["strategies"]["two"]["keeps"], "no");
}

#[test]
fn equal_commands_write_equal_bytes_whatever_the_number_of_threads() {
    let files = |threads: &str| {
        let desk = desk(SALE);
        let ran = forebay(desk.path(), &["compare", "sale.yaml", "--threads", threads, "--format", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let read = |name: &str| fs::read(desk.path().join("output/sale").join(name)).unwrap();
        let mut json: Value = serde_json::from_slice(&read("compare.json")).unwrap();
        assert!(json["wall_s"].as_f64().unwrap() > 0.0);
        json["wall_s"] = Value::Null;
        let charts = ["staffing", "front", "flapping"].map(|name| read(&format!("charts/compare-{name}.svg")));
        (json.to_string(), read("compare.csv"), charts)
    };
    assert!(files("1") == files("8"));
}

#[test]
fn strategies_are_chosen_by_name() {
    let ran = compare(SALE, &["--strategies", "hpa,eight", "--no-charts", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<&String> = json["strategies"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["hpa", "eight"]);
    assert!(ran.stderr.contains("wrote 2 files"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_compared_is_a_fault_with_a_way_out() {
    let without_strategies = SALE.split("strategies:").next().unwrap().replace("service:", "replicas: 2, service:");
    let only_one = SALE.replace("  eight: {static: 8}\n", "").replace("  two: {static: 2}\n", "");
    for (text, arguments, told) in [
        (SALE, &["--strategies", "hpa,eihgt"][..], "no strategy `eihgt`\n  = help: did you mean `eight`?"),
        (SALE, &["--strategies", "hpa"], "only one strategy, hpa"),
        (SALE, &["--strategies", "hpa,hpa"], "asked for twice"),
        (&only_one, &[], "only one strategy, hpa"),
        (&without_strategies, &[], "nothing to compare"),
        (SALE, &["--replications", "0"], "0 is not in 1.."),
        (SALE, &["--at-most", "0"], "0 is not in 1.."),
        (SALE, &["--kept-in", "95"], "has no unit"),
        (SALE, &["--kept-in", "100%"], "above 0% and below 100%"),
        (SALE, &["--engine", "formula"], "invalid value 'formula'"),
    ] {
        let desk = desk(text);
        let ran = forebay(desk.path(), &[&["compare", "sale.yaml"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(told), "{arguments:?}: {}", ran.stderr);
        assert!(!desk.path().join("output").exists(), "{arguments:?}: something was written");
    }
}

#[test]
fn a_scaled_group_stands_against_its_fixed_replicas() {
    let text = SALE.split("strategies:").next().unwrap();
    let scaling = "replicas: 2, scaling: {hpa: {min: 1, max: 10, metric: {ready_per_replica: 20}}}, service:";
    let ran = compare(&text.replace("service:", scaling), &["--no-charts", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!(json["strategies"]["scaling"]["kind"], "hpa");
    assert_eq!(json["strategies"]["replicas"]["kind"], "static");
}

#[test]
fn a_gate_says_no_when_no_strategy_keeps_its_promises() {
    assert_eq!(compare(SALE, &["--gate", "--no-charts"]).code, 0);
    let ran = compare(SALE, &["--gate", "--no-charts", "--strategies", "two,hpa"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("no strategy keeps its promises"), "{}", ran.stderr);
    let open = compare(SALE, &["--gate", "--no-charts", "--at-most", "6"]);
    assert_eq!(open.code, 2, "{}", open.stdout);
    let unpromised = SALE.replace("slo:\n  fresh: {queue: orders, latency: p99, below: 2s}\n", "");
    let ran = compare(&unpromised, &["--gate"]);
    assert!(ran.code == 2 && ran.stderr.contains("promises nothing that `--gate` could test"), "{}", ran.stderr);
}

#[test]
fn one_replication_has_numbers_and_no_differences() {
    let ran = compare(SALE, &["--replications", "1", "--no-charts"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("one replication") && !ran.stdout.contains('±'), "{}", ran.stdout);
}

#[test]
fn the_equation_answers_in_milliseconds_and_says_what_it_cannot_know() {
    let ran = compare(SALE, &["--engine", "fluid", "--no-charts", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let two = &json["strategies"]["two"];
    assert!(two["worst_backlog"]["value"].as_f64().unwrap() > 5000.0);
    assert!(two["latency_p99_s"]["value"].is_null() && two["latency_p99_s"]["why_not"].is_string());
    assert!(json["wall_s"].as_f64().unwrap() < 0.1, "{}", json["wall_s"]);
}
