//! The cases of `tests/data/oracles.json`.

use std::collections::BTreeMap;

use serde_json::Value;

/// One number that a correct implementation reproduces.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique name.
    pub name: String,
    /// The kind of system.
    pub model: String,
    /// What is asked of it.
    pub metric: String,
    /// The right answer.
    pub value: f64,
    params: Value,
}

impl Case {
    /// All cases.
    pub fn all() -> Vec<Case> {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../data/oracles.json")).unwrap();
        let text = |case: &Value, key: &str| case[key].as_str().unwrap().to_owned();
        let case = |case: &Value| Case {
            name: text(case, "name"),
            model: text(case, "model"),
            metric: text(case, "metric"),
            value: case["value"].as_f64().unwrap(),
            params: case["params"].clone(),
        };
        cases.iter().map(case).collect()
    }

    /// The case of that name.
    pub fn named(name: &str) -> Case {
        Case::all().into_iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"))
    }

    /// A parameter as a number.
    pub fn number(&self, key: &str) -> f64 {
        self.maybe(key).unwrap_or_else(|| panic!("{}: no number {key}", self.name))
    }

    /// A parameter as a number, if it is one.
    pub fn maybe(&self, key: &str) -> Option<f64> {
        self.params[key].as_f64()
    }

    /// A parameter as it is.
    pub fn param(&self, key: &str) -> &Value {
        &self.params[key]
    }

    /// A parameter as text.
    pub fn text(&self, key: &str) -> &str {
        self.params[key].as_str().unwrap_or_else(|| panic!("{}: no text {key}", self.name))
    }

    /// A parameter as a list of numbers.
    pub fn list(&self, key: &str) -> Vec<f64> {
        self.params[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    }

    /// What the case shares with others of the same system: all parameters but the time or share that is asked about.
    fn system(&self) -> String {
        let mut params = self.params.clone();
        params.as_object_mut().unwrap().retain(|key, _| key != "t" && key != "q");
        format!("{} {params}", self.model)
    }
}

/// The cases of these kinds of systems, those of one system together: one simulation answers them all.
pub fn systems(models: &[&str]) -> Vec<Vec<Case>> {
    let mut systems: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in Case::all().into_iter().filter(|case| models.contains(&case.model.as_str())) {
        systems.entry(case.system()).or_default().push(case);
    }
    assert!(!systems.is_empty(), "no case of {models:?}");
    systems.into_values().collect()
}

/// The numbers in a text such as `10(1+0.8 sin(2 pi t/10))`, in order.
pub fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|sign: char| !sign.is_ascii_digit() && sign != '.');
    words.filter_map(|word| word.parse().ok()).collect()
}
