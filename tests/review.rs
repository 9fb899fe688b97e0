//! `forebay review` as its users meet it, and the sample review in `docs/`, remade so that it cannot go stale.
//!
//! `FOREBAY_UPDATE_DOCS=1 cargo test --test review` writes the sample anew: look at it before you commit.

#![allow(clippy::unwrap_used)] // Tests may panic.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const SCENARIO: &str = "\
name: tiny
title: A <b>small</b> queue
horizon: 10m
resolution: 10s
replications: 4
producers:
  sender: {to: letters, rate: 10/s}
queues:
  letters: {}
consumers:
  readers: {from: letters, replicas: 2, service: {exponential: {mean: 100ms}}}
slo:
  kept: {queue: letters, latency: p99, below: 1h}
";

struct Desk(TempDir);

impl Desk {
    fn with(text: &str) -> Self {
        let desk = Desk(tempfile::tempdir().unwrap());
        fs::write(desk.0.path().join("s.yaml"), text).unwrap();
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("forebay").unwrap();
        command.current_dir(self.0.path()).args(arguments).output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_review_is_a_page_its_markdown_its_numbers_and_pictures() {
    let desk = Desk::with(SCENARIO);
    let output = desk.run(&["review", "s.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("KEPT kept: the p99 latency of letters is"), "{}", said(&output));
    let page = desk.read("output/tiny/review.html");
    assert!(page.len() < 2_000_000 && page.contains("A &lt;b&gt;small&lt;/b&gt; queue"));
    let markdown = desk.read("output/tiny/review.md");
    for line in markdown.lines().filter(|line| line.starts_with("![")) {
        let picture = line.rsplit_once("](").unwrap().1.trim_end_matches(')');
        assert!(desk.0.path().join("output/tiny").join(picture).is_file(), "{picture}");
    }
    let json: Value = serde_json::from_str(&desk.read("output/tiny/review.json")).unwrap();
    assert_eq!((&json["scenario"], &json["verdicts"]["kept"]["is"]), (&"tiny".into(), &"kept".into()));
    let again = desk.run(&["review", "s.yaml", "--out", "again", "--threads", "1"]);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(page, desk.read("again/review.html"), "equal scenarios give equal bytes");
    assert_eq!(desk.read("output/tiny/review.json"), desk.read("again/review.json"));
}

#[test]
fn what_changed_since_a_former_review_is_told() {
    let desk = Desk::with(SCENARIO);
    assert_eq!(desk.run(&["review", "s.yaml", "--out", "old", "--no-charts", "-q"]).status.code(), Some(0));
    fs::write(desk.0.path().join("s.yaml"), SCENARIO.replace("rate: 10/s", "rate: 16/s")).unwrap();
    let output = desk.run(&["review", "s.yaml", "--compare", "old", "--no-charts"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("Since old,"), "{}", said(&output));
    let markdown = desk.read("output/tiny/review.md");
    assert!(markdown.contains("## What changed") && markdown.contains("+  sender: {to: letters, rate: 16/s}"));
    let refused = desk.run(&["review", "s.yaml", "--compare", "nowhere"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("nowhere"), "{}", said(&refused));
}

#[test]
fn a_broken_promise_is_an_exit_code_if_asked() {
    let desk = Desk::with(&SCENARIO.replace("below: 1h", "below: 1ms"));
    assert_eq!(desk.run(&["review", "s.yaml", "--no-charts", "-q"]).status.code(), Some(0));
    assert_eq!(desk.run(&["review", "s.yaml", "--no-charts", "-q", "--gate"]).status.code(), Some(1));
}

#[test]
fn a_folder_that_cannot_be_is_refused_before_anything_runs() {
    let desk = Desk::with(SCENARIO);
    let output = desk.run(&["review", "s.yaml", "--out", "s.yaml/review"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("s.yaml is not a folder"), "{}", said(&output));
}

#[test]
fn without_promises_messages_or_intervals_a_review_says_so() {
    let (head, _) = SCENARIO.split_once("slo:").unwrap();
    let desk = Desk::with(&head.replace("rate: 10/s", "rate: 0/s").replace("replications: 4", "replications: 1"));
    let output = desk.run(&["review", "s.yaml", "--no-charts"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let page = desk.read("output/tiny/review.html");
    for words in ["so there is no verdict", "One run only", "nothing is published, so there is no peak"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_sample_review_is_what_its_scenario_gives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("forebay").unwrap();
    let folder = out.path().join("review");
    command.current_dir(root).args(["review", "docs/sample-review.yaml", "-q", "--no-charts", "--out"]).arg(&folder);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (new, kept) = (fs::read_to_string(folder.join("review.html")).unwrap(), root.join("docs/sample-review.html"));
    if std::env::var_os("FOREBAY_UPDATE_DOCS").is_some() {
        fs::write(&kept, &new).unwrap();
    }
    let same = fs::read_to_string(&kept).is_ok_and(|old| old == new);
    assert!(same, "FOREBAY_UPDATE_DOCS=1 cargo test --test review writes docs/sample-review.html anew: look at it");
}
