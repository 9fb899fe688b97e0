//! One decision without a simulation: the state of a scaler and its metrics in, replicas and reasons out.
//!
//! A question is a JSON object, or an array of them, in the form of the project's own decision cases: an HPA with its
//! `spec`, `metric` and `history`, or one step of KEDA with its `kind` and `input`. Keys may be written as in
//! Kubernetes (`scaleUp`) or in words (`scale_up`). Not here: simulation, and reading files.

mod hpa;
mod jobs;
mod keda;
mod object;

use serde_json::{Value, json};
use thiserror::Error;

use object::Object;

/// Largest text that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// Keys that describe a case and decide nothing.
const DESCRIPTIONS: [&str; 7] =
    ["name", "source", "reason", "basis", "expected", "expected_replicas", "expected_condition"];

/// The answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question's `name`, or its position.
    pub name: String,
    /// Replicas that are wanted, where the question asks for replicas.
    pub replicas: Option<u32>,
    /// What a step of KEDA computes; `None` for an HPA.
    pub result: Option<Value>,
    /// The arithmetic line by line, and which rule held the size back.
    pub reasons: Vec<String>,
    /// The reason of the HPA's condition, e.g. `ScaleUpLimit`; `None` for KEDA.
    pub condition: Option<&'static str>,
}

impl Answer {
    /// `name`, `replicas` or `result`, and `reasons`.
    pub fn to_json(&self) -> Value {
        let mut answer = json!({ "name": self.name, "replicas": self.replicas });
        if let Some(result) = &self.result {
            answer["result"] = result.clone();
        }
        answer["reasons"] = json!(self.reasons);
        answer
    }
}

/// What is wrong with a question, where, and what to write instead. Always the user's fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {message}")]
pub struct Fault {
    /// The object and the key in it.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Fault {
    /// Place, message and help as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "place": self.place, "message": self.message, "help": self.help })
    }
}

/// Answers every question of a text.
///
/// # Errors
/// All faults of all questions; then nothing is answered.
pub fn answer(text: &[u8]) -> Result<Vec<Answer>, Vec<Fault>> {
    let whole = |message: String, help: &str| {
        vec![Fault { place: "the text".to_owned(), message, help: Some(help.to_owned()) }]
    };
    if text.len() > MAX_BYTES {
        let megabytes = MAX_BYTES >> 20;
        return Err(whole(format!("it is larger than {megabytes} MB"), "ask fewer questions at a time"));
    }
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| whole(format!("it is not JSON: {error}"), "write one JSON object, or an array of them"))?;
    let questions = match &value {
        Value::Array(questions) if !questions.is_empty() => questions.as_slice(),
        Value::Object(_) => std::slice::from_ref(&value),
        _ => {
            let message = "there is no question in it".to_owned();
            return Err(whole(message, "write one JSON object, or an array of them"));
        }
    };
    let mut faults = Vec::new();
    let answers =
        questions.iter().enumerate().filter_map(|(k, question)| answer_one(k, question, &mut faults)).collect();
    if faults.is_empty() { Ok(answers) } else { Err(faults) }
}

fn answer_one(position: usize, question: &Value, faults: &mut Vec<Fault>) -> Option<Answer> {
    let name = question.get("name").and_then(Value::as_str);
    let name = name.map_or_else(|| format!("object {}", position + 1), ToOwned::to_owned);
    let Value::Object(map) = question else {
        let message = "a question is an object".to_owned();
        let help = "an HPA has `current_replicas`, `spec` and `metric`; a step of KEDA has `kind` and `input`";
        faults.push(Fault { place: name, message, help: Some(help.to_owned()) });
        return None;
    };
    let object = Object::new(map, name.clone());
    object.ignore(&DESCRIPTIONS);
    let answer = if object.has("kind") || object.has("input") { keda::answer(&object) } else { hpa::answer(&object) };
    let found = object.into_faults();
    let blameless = found.is_empty();
    faults.extend(found);
    answer.filter(|_| blameless).map(|answer| Answer { name, ..answer })
}
