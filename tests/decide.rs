//! `forebay decide` as its users meet it: the real binary, its exit codes and both output streams.

#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

/// Three replicas, 900 messages, 50 allowed for each.
const QUESTION: &str = r#"{"name": "orders", "current_replicas": 3, "spec": {"min": 1, "max": 20},
  "metric": {"kind": "external", "target_average_value": 50, "values": [900]}}"#;

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn decide(arguments: &[&str], stdin: &str) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forebay"));
    let output = command.arg("decide").args(arguments).write_stdin(stdin).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn json(arguments: &[&str], stdin: &str) -> Value {
    let said = decide(&[&["--format", "json"], arguments].concat(), stdin);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    serde_json::from_str(&said.stdout).unwrap()
}

/// Everything that is said against a text.
fn faults(text: &str) -> String {
    let said = decide(&["-"], text);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{}", said.stderr);
    said.stderr
}

#[test]
fn an_answer_explains_itself() {
    let said = decide(&["-"], QUESTION);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(
        said.stdout,
        "orders: 6 replicas\n  \
         metric 1: 900 / (50 × 3 running) = 6, outside 0.9 to 1.1: ⌈900 / 50⌉ = 18\n  \
         growth limit without behavior: max(2 × 3, 4) = 6 instead of 18\n  \
         3 → 6\n"
    );
}

#[test]
fn one_question_is_answered_by_an_object_and_an_array_by_an_array() {
    let one = json(&["-"], QUESTION);
    assert_eq!((&one["name"], &one["replicas"]), (&"orders".into(), &6.into()));
    assert_eq!(one["reasons"].as_array().unwrap().len(), 3);
    assert!(one.get("result").is_none());
    let many = json(&["-"], &format!("[{QUESTION}]"));
    assert_eq!(many.as_array().unwrap(), &[one]);
}

#[test]
fn every_case_of_both_files_is_answered_as_expected() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    for (file, expected, answer) in
        [("hpa_cases.json", "expected_replicas", "replicas"), ("keda_cases.json", "expected", "result")]
    {
        let path = format!("{folder}{file}");
        let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let answers = json(&[&path], "");
        let answers = answers.as_array().unwrap();
        assert_eq!(cases.len(), answers.len());
        for (case, said) in cases.iter().zip(answers) {
            assert_eq!(case["name"], said["name"]);
            assert_eq!(case[expected], said[answer], "{}: {said:#}", case["name"]);
        }
    }
}

#[test]
fn all_faults_are_named_at_once_with_their_place_and_the_way_out() {
    let text = r#"[
      {"name": "a", "current_replicas": -1, "spec": {"min": 9, "max": 3, "behaviour": {}},
       "metric": {"kind": "external", "target_average_value": 0, "values": ["many"]}},
      {"name": "b", "kind": "rabitmq", "input": {}},
      {"name": "c", "kind": "sqs", "input": {"visible": 3, "not_visable": 1}},
      7
    ]"#;
    let said = faults(text);
    for words in [
        "a: current_replicas: -1 is no count",
        "a: spec: min: min 9 is above max 3",
        "a: spec: behaviour: is no key here\n  = help: did you mean `behavior`?",
        "a: metric: target_average_value: 0 is not above 0",
        "a: metric: values: \"many\" is no number",
        "b: kind: `rabitmq` is none of the choices\n  = help: did you mean `rabbitmq`?",
        "c: input: not_visable: is no key here\n  = help: did you mean `not_visible`?",
        "object 4: a question is an object",
    ] {
        assert!(said.contains(words), "lacks {words:?}: {said}");
    }
    assert!(said.lines().filter(|line| line.starts_with("error")).count() == 8, "{said}");
}

#[test]
fn what_kubernetes_refuses_is_refused() {
    let with = |behavior: &str| {
        faults(&QUESTION.replace("\"max\": 20", &format!("\"max\": 20, \"behavior\": {{\"scaleDown\": {behavior}}}")))
    };
    for (behavior, words) in [
        (r#"{"stabilizationWindowSeconds": 3601}"#, "3601 s is longer than an hour"),
        (r#"{"policies": []}"#, "an empty list of policies"),
        (r#"{"policies": [{"type": "Pods", "value": 0, "periodSeconds": 60}]}"#, "a policy allows at least 1"),
        (r#"{"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1801}]}"#, "1801 s is outside"),
        (r#"{"policies": [{"type": "Pod", "value": 1, "periodSeconds": 60}]}"#, "did you mean `Pods`?"),
        (r#"{"selectPolicy": "max", "tolerance": -0.1}"#, "-0.1 is below 0"),
    ] {
        let said = with(behavior);
        assert!(said.contains(words), "{behavior}: {said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("error")).count(), 1, "{said}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let said = faults("{}");
    for key in ["current_replicas", "spec", "metric"] {
        assert!(said.contains(&format!("object 1: {key}: is missing")), "{said}");
    }
    assert!(faults("[]").contains("there is no question in it"));
    assert!(faults("{").contains("it is not JSON"));
    assert!(faults("").contains("it is not JSON"));
}

#[test]
fn faults_as_json_go_to_standard_output() {
    let said = decide(&["--format", "json", "-"], "{}");
    assert_eq!((said.code, said.stderr.as_str()), (Some(2), ""));
    let faults: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(faults["faults"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let said = decide(&["nowhere.json"], "");
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    assert!(said.stderr.contains("nowhere.json"), "{}", said.stderr);
}

#[test]
fn steps_of_keda_are_asked_in_words_or_in_its_own_keys() {
    let text = r#"[
      {"kind": "kafka", "input": {"partitionLags": [13, 13, 13], "lagThreshold": 10}},
      {"kind": "cron", "input": {"start": "0 8 * * *", "end": "0 20 * * *", "timezone": "Europe/Kyiv",
        "now": "2026-07-01T06:30:00Z", "desired": 10}},
      {"kind": "formula", "input": {"formula": "a > 1 ? a + b : 0", "triggers": {"a": 2, "b": 5}}},
      {"kind": "prometheus", "input": {"value": null, "ignore_null_values": false}},
      {"kind": "fallback_metric", "input": {"failures": 3, "failure_threshold": 3, "replicas": 4, "target": 10}}
    ]"#;
    let answers = json(&["-"], text);
    let results: Vec<String> = answers.as_array().unwrap().iter().map(|answer| answer["result"].to_string()).collect();
    assert_eq!(results, ["[39,true]", "[10,true]", "7", "null", "null"]);
}

#[test]
fn a_cron_that_cannot_be_read_or_never_fires_is_refused() {
    let with = |start: &str, zone: &str| {
        faults(&format!(
            r#"{{"kind": "cron", "input": {{"start": "{start}", "end": "0 20 * * *", "timezone": "{zone}",
                "now": "2026-07-01T06:30:00Z", "desired": 10}}}}"#
        ))
    };
    assert!(with("0 8 31 2 *", "UTC").contains("never fires"));
    assert!(with("0 8 * *", "UTC").contains("5 fields"));
    assert!(with("0 8 * * *", "Europe/Kiew").contains("no time zone"));
}
