//! Decisions of the Kubernetes and KEDA controllers: every case of the two files through the public API.

#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use forebay::study::dry_run::{self, Answer};
use serde_json::Value;

fn cases(text: &str) -> Vec<(Value, Answer)> {
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let answers = dry_run::answer(text.as_bytes()).unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(|fault| format!("{fault}: {:?}", fault.help)).collect();
        panic!("{}", told.join("\n"))
    });
    assert_eq!(cases.len(), answers.len(), "a case without an answer");
    cases.into_iter().zip(answers).collect()
}

fn agree(expected: &Value, answer: &Value) -> bool {
    match (expected, answer) {
        (Value::Array(expected), Value::Array(answer)) => {
            expected.len() == answer.len() && expected.iter().zip(answer).all(|(left, right)| agree(left, right))
        }
        (Value::Number(_), Value::Number(_)) => expected.as_f64() == answer.as_f64(),
        _ => expected == answer,
    }
}

#[test]
fn every_hpa_case_is_decided_as_the_controller_does() {
    let cases = cases(include_str!("data/hpa_cases.json"));
    assert_eq!(cases.len(), 71);
    let mut wrong = Vec::new();
    for (case, answer) in &cases {
        let condition = case.get("expected_condition").and_then(Value::as_str);
        let same_condition = condition.is_none() || condition == answer.condition;
        let replicas = case["expected_replicas"].as_u64().unwrap();
        if answer.replicas.map(u64::from) != Some(replicas) || !same_condition {
            wrong.push(format!("{}: {replicas} {condition:?} expected, {answer:#?}", case["name"]));
        }
        assert!(!answer.reasons.is_empty(), "{}: no reasons", case["name"]);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_keda_case_is_computed_as_the_operator_does() {
    let cases = cases(include_str!("data/keda_cases.json"));
    assert_eq!(cases.len(), 50);
    let mut wrong = Vec::new();
    for (case, answer) in &cases {
        if !agree(&case["expected"], answer.result.as_ref().unwrap()) {
            wrong.push(format!("{}: {} expected, {answer:#?}", case["name"], case["expected"]));
        }
        assert!(answer.reasons.iter().all(|reason| !reason.is_empty()), "{}: no reason", case["name"]);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_case_that_is_changed_is_noticed() {
    let text = include_str!("data/hpa_cases.json").replace("\"max\": 8,", "\"max\": 6,");
    let changed = cases(&text)
        .iter()
        .filter(|(case, answer)| answer.replicas.map(u64::from) != case["expected_replicas"].as_u64())
        .count();
    assert!(changed > 0, "a lower bound must change some decision");
}
