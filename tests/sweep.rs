//! `forebay sweep` as its users meet it: the real binary, its exit codes, its files, and what becomes of it when it is
//! killed. Not here: whether its numbers are right.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // Tests may panic.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const SALE: &str = "
name: sale
horizon: 10m
replications: 3
producers:
  shop: {to: orders, rate: 200/s}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 9, service: {exponential: {mean: 40ms}}, cost: 0.50 USD/h}
slo:
  fresh: {queue: orders, latency: p99, below: 220ms}
strategies:
  nine: {static: 9}
  hpa: {hpa: {min: 1, max: 10, metric: {ready_per_replica: 20}}}
";
const REPLICAS: [&str; 2] = ["--vary", "consumers.workers.replicas=9..12"];

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("forebay"));
    command.current_dir(folder).args(["sweep", "sale.yaml"]).args(arguments).env("NO_COLOR", "1");
    command
}

fn sweep(folder: &Path, arguments: &[&str]) -> Ran {
    let output = command(folder, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sale.yaml"), SALE).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_answer_is_printed_and_written() {
    let desk = desk();
    let ran = sweep(desk.path(), &REPLICAS);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("sale: p99 latency falls below 220 ms from "), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("sale: 4 points × 3 replications: about "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("wrote 4 files to output/sale\n"), "{}", ran.stderr);
    let folder = desk.path().join("output/sale");
    assert_eq!(names(&folder), ["charts", "sweep.csv", "sweep.json"]);
    assert_eq!(names(&folder.join("charts")), ["sweep-line.png", "sweep-line.svg"]);
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.join("sweep.json")).unwrap()).unwrap();
    assert_eq!(json["points"].as_array().unwrap().len(), 4);
    let two = ["--vary", "producers.shop.rate=100/s,200/s", "--format", "json"];
    let ran = sweep(desk.path(), &[&REPLICAS[..], &two].concat());
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(printed["points"].as_array().unwrap().len(), 8);
    assert_eq!(names(&folder.join("charts")), ["sweep-map.png", "sweep-map.svg"], "the line is stale");
}

#[test]
fn equal_commands_write_equal_bytes_whatever_the_number_of_threads() {
    let desk = desk();
    for threads in ["1", "8"] {
        let ran = sweep(desk.path(), &[&REPLICAS[..], &["--threads", threads, "--out", threads]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    for file in ["sweep.csv", "sweep.json", "charts/sweep-line.svg"] {
        let [one, eight] = ["1", "8"].map(|folder| fs::read(desk.path().join(folder).join(file)).unwrap());
        assert_eq!(one, eight, "{file}");
    }
}

/// Kills a sweep as soon as it has kept some points, so hard that it can say nothing.
fn kill_in_the_middle(folder: &Path, arguments: &[&str]) {
    let mut child = command(folder, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let partial = folder.join("cut/sweep.partial");
    let begun = Instant::now();
    while fs::read_to_string(&partial).map_or(0, |text| text.lines().count()) < 4 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no point is kept");
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_sweep_goes_on_where_it_stopped_and_ends_with_the_same_bytes() {
    let desk = desk();
    let grid = ["--vary", "consumers.workers.replicas=9..38", "--set", "horizon=20m", "--threads", "1"];
    let whole = sweep(desk.path(), &[&grid[..], &["--out", "whole"]].concat());
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let cut = [&grid[..], &["--out", "cut"]].concat();
    kill_in_the_middle(desk.path(), &cut);
    let folder = desk.path().join("cut");
    assert_eq!(names(&folder), ["sweep.partial"]);
    let kept = fs::read_to_string(folder.join("sweep.partial")).unwrap();
    // The last line may be half there.
    fs::write(folder.join("sweep.partial"), format!("{kept}0123 {{\"point\": 2")).unwrap();
    let again = sweep(desk.path(), &cut);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let told = again.stderr.lines().find(|line| line.contains("of 30 points were there already"));
    let found: usize = told.expect(&again.stderr).split(' ').next().unwrap().parse().unwrap();
    assert!((3..30).contains(&found), "{}", again.stderr);
    assert_eq!(again.stdout, whole.stdout);
    assert_eq!(names(&folder), ["charts", "sweep.csv", "sweep.json"], "the kept points are gone");
    for file in ["sweep.csv", "sweep.json", "charts/sweep-line.svg", "charts/sweep-line.png"] {
        let [one, other] = ["whole", "cut"].map(|folder| fs::read(desk.path().join(folder).join(file)).unwrap());
        assert_eq!(one, other, "{file}");
    }
}

#[test]
fn another_question_starts_afresh() {
    let desk = desk();
    let grid = ["--vary", "consumers.workers.replicas=9..38", "--threads", "1", "--out", "cut"];
    kill_in_the_middle(desk.path(), &grid);
    let folder = desk.path().join("cut/sweep.partial");
    let kept = fs::read(&folder).unwrap();
    let fresh = sweep(desk.path(), &[&grid[..], &["--fresh"]].concat());
    assert!(fresh.stderr.contains("are forgotten: starting afresh"), "{}", fresh.stderr);
    for change in [["--seed", "2"], ["--set", "horizon=9m"], ["--engine", "fluid"]] {
        fs::write(&folder, &kept).unwrap();
        let ran = sweep(desk.path(), &[&grid[..], &change].concat());
        assert!(ran.stderr.contains("answers another question: starting afresh"), "{change:?}: {}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_swept_is_a_fault_with_a_way_out() {
    for (arguments, words) in [
        (&["--vary", "consumers.wrkers.replicas=1..9"][..], &["F018", "--vary:1:11", "did you mean `workers`?"][..]),
        (&["--vary", "seed=5..3"], &["is empty", "1..20"]),
        (&[], &["--vary"]),
        (&["--vary", "seed=1..5", "--vary", "seed=9"], &["varied twice"]),
        (&["--vary", "seed=1..20000"], &["20000 points × 3 replications: about", "--yes"]),
        (&["--vary", "seed=1..99", "--budget", "1M"], &["99 points", "budget of 1e6 events", "--yes"]),
        (&["--vary", "horizon=10,20", "--vary", "seed=1,x"], &["`10`", "`20`", "`x`"]),
        (&["--vary", "warmup=0s,5m", "--vary", "horizon=1m,9m"], &["warmup=5m"]),
        (&["--vary", "seed=1,2", "--show", "latency_p98"], &["did you mean `latency_p99`?"]),
        (&["--vary", "strategy=nine,kedo"], &["no strategy \"kedo\"", "its strategies are nine, hpa"]),
        (&["--vary", "seed=1,2", "--out", "sale.yaml/x"], &["is not a folder", "--out"]),
    ] {
        let desk = desk();
        let ran = sweep(desk.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stdout);
        for word in words {
            assert!(ran.stderr.contains(word), "{arguments:?} lacks {word:?}: {}", ran.stderr);
        }
        let faults = ran.stderr.matches("error").count();
        assert!(faults <= 3, "{arguments:?}: {faults} faults: {}", ran.stderr);
        assert_eq!(names(desk.path()), ["sale.yaml"], "{arguments:?}");
    }
}

#[test]
fn strategies_and_distributions_are_categories() {
    let desk = desk();
    let ran = sweep(desk.path(), &["--vary", "strategy=nine,hpa", "--show", "cost"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("sale: Cost is at least "), "{}", ran.stdout);
    let services = "consumers.workers.service={lognormal: {mean: 40ms, cv: 1}},{constant: 40ms}";
    let ran = sweep(desk.path(), &["--vary", services]);
    assert!(ran.stdout.contains("{constant: 40ms}"), "{}", ran.stdout);
    let csv = fs::read_to_string(desk.path().join("output/sale/sweep.csv")).unwrap();
    assert!(csv.contains("\"{lognormal: {mean: 40ms, cv: 1}}\",orders,3,"), "{csv}");
}
