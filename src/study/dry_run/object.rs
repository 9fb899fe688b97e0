//! A JSON object that is read key by key: it knows which keys were asked for, and so which are unknown.
//!
//! Keys are compared without case, `_` and `-`; `null` is an absent value. What cannot be read is noted as a fault and
//! reading goes on with a default. Not here: what keys mean.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Fault;
use crate::scenario::suggest;

/// A JSON object, where it stands, and what was wrong with it so far.
pub(super) struct Object<'v> {
    map: &'v Map<String, Value>,
    place: String,
    asked: RefCell<Vec<&'static str>>,
    faults: Rc<RefCell<Vec<Fault>>>,
}

fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

impl<'v> Object<'v> {
    pub fn new(map: &'v Map<String, Value>, place: String) -> Self {
        Self { map, place, asked: RefCell::default(), faults: Rc::default() }
    }

    /// Allows keys that are not read.
    pub fn ignore(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// Whether a key has a value.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(&[key]).is_some()
    }

    /// The value of the first of several names of a key that has one.
    pub fn get(&self, keys: &[&'static str]) -> Option<&'v Value> {
        self.ignore(keys);
        let entry = |key: &&str| self.map.iter().find(|(written, _)| folded(written) == folded(key));
        keys.iter().find_map(entry).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// Notes a fault at a key.
    pub fn fault(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let place = format!("{}: {key}", self.place);
        self.faults.borrow_mut().push(Fault { place, message: message.into(), help: Some(help.into()) });
    }

    /// A finite number.
    pub fn number(&self, keys: &[&'static str]) -> Option<f64> {
        let value = self.get(keys)?;
        let number = value.as_f64();
        if number.is_none() {
            self.fault(
                keys[0],
                format!("{} is no number", shown(value)),
                "write a number without a unit and without quotes",
            );
        }
        number
    }

    /// A number of at least 0.
    pub fn amount(&self, keys: &[&'static str]) -> Option<f64> {
        self.number(keys).filter(|number| {
            let fine = *number >= 0.0;
            if !fine {
                self.fault(keys[0], format!("{number} is below 0"), "write 0 or more");
            }
            fine
        })
    }

    /// A number above 0; needed.
    pub fn target(&self, keys: &[&'static str]) -> f64 {
        match self.number(keys) {
            Some(number) if number > 0.0 => number,
            Some(number) => {
                self.fault(
                    keys[0],
                    format!("{number} is not above 0"),
                    "nothing can be compared with it: write a target above 0",
                );
                1.0
            }
            None => {
                if self.get(keys).is_none() {
                    self.needs(keys[0], "a number above 0");
                }
                1.0
            }
        }
    }

    /// A whole number of at least 0.
    pub fn count(&self, keys: &[&'static str]) -> Option<u32> {
        let value = self.get(keys)?;
        let count =
            value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=f64::from(i32::MAX)).contains(number));
        if count.is_none() {
            let help = "write a whole number from 0 to 2147483647";
            self.fault(keys[0], format!("{} is no count", shown(value)), help);
        }
        count.map(|count| count as u32)
    }

    /// A whole number of any sign.
    pub fn whole(&self, keys: &[&'static str]) -> Option<i64> {
        let value = self.get(keys)?;
        let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX));
        if whole.is_none() {
            self.fault(keys[0], format!("{} is no whole number", shown(value)), "write a whole number");
        }
        whole.map(|whole| whole as i64)
    }

    /// A count that must be there.
    pub fn needed_count(&self, keys: &[&'static str]) -> u32 {
        if self.get(keys).is_none() {
            self.needs(keys[0], "a count");
        }
        self.count(keys).unwrap_or(0)
    }

    /// `true` or `false`.
    pub fn flag(&self, keys: &[&'static str]) -> bool {
        let Some(value) = self.get(keys) else { return false };
        value.as_bool().unwrap_or_else(|| {
            self.fault(keys[0], format!("{} is neither true nor false", shown(value)), "write true or false");
            false
        })
    }

    /// A flag that is true unless it says otherwise.
    pub fn flag_or_true(&self, keys: &[&'static str]) -> bool {
        self.get(keys).is_none() || self.flag(keys)
    }

    /// A text.
    pub fn text(&self, keys: &[&'static str]) -> Option<&'v str> {
        let value = self.get(keys)?;
        let text = value.as_str();
        if text.is_none() {
            self.fault(keys[0], format!("{} is no text", shown(value)), "write a text in quotes");
        }
        text
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, keys: &[&'static str], choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(keys)?;
        let choice = choices.iter().find(|(word, _)| folded(word) == folded(text)).map(|(_, choice)| *choice);
        if choice.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.fault(
                keys[0],
                format!("`{text}` is none of the choices"),
                suggest::did_you_mean(text, &words).unwrap_or_default(),
            );
        }
        choice
    }

    /// An object below a key.
    pub fn object(&self, keys: &[&'static str]) -> Option<Object<'v>> {
        let value = self.get(keys)?;
        self.as_object(value, keys[0])
    }

    /// The entries of a list below a key, a single one also without brackets.
    pub fn list(&self, keys: &[&'static str]) -> Option<&'v [Value]> {
        self.get(keys).map(|value| match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        })
    }

    /// The objects of a list below a key.
    pub fn objects(&self, keys: &[&'static str]) -> Option<Vec<Object<'v>>> {
        let list = self.list(keys)?;
        let one = list.len() == 1;
        let place = |k: usize| if one { keys[0].to_owned() } else { format!("{}[{k}]", keys[0]) };
        Some(list.iter().enumerate().filter_map(|(k, value)| self.as_object(value, &place(k))).collect())
    }

    /// The numbers of a list below a key.
    pub fn numbers(&self, keys: &[&'static str]) -> Option<Vec<f64>> {
        let list = self.list(keys)?;
        let number = |value: &Value| {
            value.as_f64().unwrap_or_else(|| {
                self.fault(keys[0], format!("{} is no number", shown(value)), "write a list of numbers");
                0.0
            })
        };
        Some(list.iter().map(number).collect())
    }

    /// Names and values of everything in it.
    pub fn entries(&self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        self.map.iter().map(|(key, value)| (key.as_str(), value))
    }

    fn as_object(&self, value: &'v Value, key: &str) -> Option<Object<'v>> {
        let Value::Object(map) = value else {
            self.fault(key, format!("{} is no object", shown(value)), "write an object in braces");
            return None;
        };
        let place = format!("{}: {key}", self.place);
        Some(Object { map, place, asked: RefCell::default(), faults: Rc::clone(&self.faults) })
    }

    /// Notes that a key is missing.
    pub fn needs(&self, key: &str, what: &str) {
        self.fault(key, "is missing", format!("write {what}"));
    }

    /// Notes every key that nobody asked for. To be called once everything is read.
    pub fn refuse_unknown(&self) {
        let asked = self.asked.borrow();
        for key in self.map.keys().filter(|key| asked.iter().all(|asked| folded(asked) != folded(key))) {
            let help = suggest::did_you_mean(key, &asked).unwrap_or_else(|| "leave it out".to_owned());
            self.fault(key, "is no key here", help);
        }
    }

    /// Everything that was wrong with it and the objects below it.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults.take()
    }
}

/// A value as it may stand in a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(40).collect::<String>()) } else { text }
}
