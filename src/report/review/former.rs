//! A former answer to hold a review against: what an earlier `review.json` or `summary.json` says.

use serde_json::Value;

use crate::measure::Estimate;

/// An earlier answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Former {
    /// Where it came from, as typed.
    pub label: String,
    /// `summary.json`, or the same object of a `review.json`.
    pub(super) summary: Value,
    /// The scenario that it was about, if it is a review's.
    pub(super) text: Option<String>,
}

impl Former {
    /// Reads the text of a `review.json` or a `summary.json`.
    ///
    /// # Errors
    /// What it is instead, in words.
    pub fn read(label: &str, text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let is_summary = |value: &Value| value.get("scenario").is_some() && value.get("queues").is_some();
        let (summary, text) = match value.get("summary") {
            Some(summary) => (summary.clone(), value.get("text").and_then(Value::as_str).map(str::to_owned)),
            None => (value, None),
        };
        if !is_summary(&summary) {
            return Err("it is neither a review.json nor a summary.json of forebay".to_owned());
        }
        Ok(Self { label: label.to_owned(), summary, text })
    }
}

/// The estimate at a path of a summary, if it has a value.
pub(super) fn estimate(summary: &Value, path: &[&str]) -> Option<Estimate> {
    let value = path.iter().try_fold(summary, |value, key| value.get(key))?;
    let end = |key: &str| value.get(key).and_then(Value::as_f64);
    Some(Estimate { value: Some(end("value")?), low: end("low"), high: end("high"), why_not: None })
}

/// The keys of one of its sections.
pub(super) fn keys<'a>(summary: &'a Value, section: &str) -> Vec<&'a str> {
    let entries = summary.get(section).and_then(Value::as_object);
    entries.map_or_else(Vec::new, |entries| entries.keys().map(String::as_str).collect())
}

/// How many runs it is the mean of.
pub(super) fn replications(summary: &Value) -> u32 {
    summary.get("replications").and_then(Value::as_u64).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_and_a_review_are_read_and_nothing_else() {
        let summary = r#"{"scenario": "sale", "replications": 20,
            "queues": {"q": {"depth": {"max": {"value": 3, "low": 2, "high": 4}}}}}"#;
        let read = Former::read("old", summary).unwrap();
        assert_eq!(estimate(&read.summary, &["queues", "q", "depth", "max"]).unwrap().low, Some(2.0));
        assert_eq!((keys(&read.summary, "queues"), replications(&read.summary)), (vec!["q"], 20));
        let review = format!(r#"{{"summary": {summary}, "text": "name: sale"}}"#);
        assert_eq!(Former::read("old", &review).unwrap().text.as_deref(), Some("name: sale"));
        assert!(Former::read("old", "{}").unwrap_err().contains("neither"));
        assert!(Former::read("old", "name: sale").unwrap_err().contains("not JSON"));
    }
}
