//! `forebay plan` as its users meet it: the real binary, its exit codes, its files. Not here: its statistics.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // Tests may panic.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const SHOP: &str = "
name: shop
horizon: 10m
producers:
  shop: {to: orders, rate: 20/s}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 2, service: {exponential: {mean: 100ms}}, cost: 0.50 USD/h}
slo:
  fresh: {queue: orders, wait: p90, below: 200ms}
plan:
  vary: {consumers.workers.replicas: \"1..16\"}
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
    fs::write(folder.path().join("shop.yaml"), text).unwrap();
    folder
}

fn plan(text: &str, arguments: &[&str]) -> Ran {
    forebay(desk(text).path(), &[&["plan", "shop.yaml"], arguments].concat())
}

#[test]
fn the_answer_is_printed_and_written() {
    let desk = desk(SHOP);
    let ran = forebay(desk.path(), &["plan", "shop.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("shop: 3 replicas are the fewest that keep p90 wait below 200 ms"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    let output = desk.path().join("output/shop");
    let json: Value = serde_json::from_slice(&fs::read(output.join("plan.json")).unwrap()).unwrap();
    assert_eq!(json["answer"]["kind"], "chosen");
    assert_eq!(json["answer"]["set"]["consumers.workers.replicas"], "3");
    assert!(json["answer"]["at_least"].as_f64().unwrap() >= 0.95);
    let csv = fs::read_to_string(output.join("plan.csv")).unwrap();
    assert!(csv.starts_with("consumers.workers.replicas,is,kept,"), "{csv}");
    assert!(output.join("charts/plan-kept.svg").exists() && output.join("charts/plan-kept.png").exists());
}

#[test]
fn an_infeasible_plan_exits_with_1_and_says_what_would_help() {
    let ran = plan(SHOP, &["--vary", "consumers.workers.replicas=1..2", "--no-charts"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("shop: INFEASIBLE") && ran.stdout.contains("What would help"), "{}", ran.stdout);
}

#[test]
fn an_unproven_plan_exits_with_2_only_at_a_gate() {
    let few = ["--at-most", "20", "--no-charts"];
    let ran = plan(SHOP, &few);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("NOT PROVEN"), "{}", ran.stdout);
    let gated = plan(SHOP, &[&few[..], &["--gate"]].concat());
    assert_eq!(gated.code, 2, "{}", gated.stdout);
    assert!(gated.stderr.contains("not proven"), "{}", gated.stderr);
}

#[test]
fn questions_that_are_none_exit_with_2_and_say_where() {
    for (text, arguments, why) in [
        (SHOP.replace("\"1..16\"", "\"6..1\""), vec![], "is empty"),
        (SHOP.replace("vary: {consumers.workers", "vary: {consumers.wokers"), vec![], "did you mean `workers`"),
        (SHOP.replace("20/s", "0/s"), vec![], "none of the promises could be judged"),
        (SHOP.split("slo:").next().unwrap().to_owned(), vec![], "promises nothing"),
        (SHOP.to_owned(), vec!["--vary", "consumers.workers.replicas=5..1"], "is empty"),
        (SHOP.to_owned(), vec!["--vary", "consumers.workers.replicsa=1..5"], "did you mean `replicas`"),
    ] {
        let ran = plan(&text, &arguments);
        assert_eq!(ran.code, 2, "{why}: {}", ran.stdout);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
}
