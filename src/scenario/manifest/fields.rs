//! Reading a YAML map field by field: what is asked for is known, the rest is a warning. Not here: what fields mean.

use std::cell::RefCell;

use super::super::collect::{Collector, Path};
use super::super::fault::Code;
use super::super::source::Span;
use super::super::suggest;
use super::super::tree::{Key, Node, Value};
use super::{head, quantity};

/// Where faults go while several maps are being read.
pub(super) struct Report(RefCell<Collector>);

impl Report {
    pub fn new(collector: Collector) -> Self {
        Self(RefCell::new(collector))
    }

    pub fn into_collector(self) -> Collector {
        self.0.into_inner()
    }

    fn fault(&self, code: Code, span: Span, path: &Path, message: String, help: Option<String>) {
        self.0.borrow_mut().add(code, span, path, message).help = help;
    }

    fn warning(&self, span: Span, path: &Path, message: String, help: Option<String>) {
        self.0.borrow_mut().add(Code::ManifestLeftOut, span, path, message).help = help;
    }
}

/// A map that is being read.
pub(super) struct Fields<'n> {
    pub node: &'n Node,
    entries: &'n [(Key, Node)],
    path: Path,
    asked: RefCell<Vec<&'static str>>,
    report: &'n Report,
}

impl<'n> Fields<'n> {
    /// A map; anything else is a fault.
    pub fn of(node: &'n Node, path: Path, report: &'n Report) -> Option<Self> {
        if let Value::Map(entries) = &node.value {
            return Some(Self { node, entries, path, asked: RefCell::default(), report });
        }
        report.fault(Code::WrongShape, node.span, &path, "a map of fields is expected here".to_owned(), None);
        None
    }

    fn get(&self, key: &'static str) -> Option<&'n Node> {
        self.asked.borrow_mut().push(key);
        let found = self.entries.iter().find(|(written, _)| written.text == key);
        found.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// Whether a field has a value.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// How many errors were found so far, in this map and elsewhere.
    pub fn errors(&self) -> usize {
        self.report.0.borrow().errors()
    }

    /// Passes over fields that decide nothing.
    pub fn ignore(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// A fault at a field, or at the map if the field is absent.
    pub fn fault(&self, code: Code, key: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.get(key).map_or_else(|| head(self.node), |node| node.span);
        self.report.fault(code, span, &self.path.key(key), message.into(), Some(help.into()));
    }

    /// A warning at a field, or at the map if the field is absent.
    pub fn warn(&self, key: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let span = self.get(key).map_or_else(|| head(self.node), |node| node.span);
        self.report.warning(span, &self.path.key(key), message.into(), Some(help.into()));
    }

    /// A missing field.
    pub fn needs(&self, key: &'static str, what: &str) {
        let message = format!("`{key}` is missing");
        self.report.fault(
            Code::MissingKey,
            head(self.node),
            &self.path.key(key),
            message,
            Some(format!("write {what}")),
        );
    }

    /// A map below.
    pub fn map(&self, key: &'static str) -> Option<Fields<'n>> {
        Fields::of(self.get(key)?, self.path.key(key), self.report)
    }

    /// The maps of a list below.
    pub fn list(&self, key: &'static str) -> Option<Vec<Fields<'n>>> {
        let node = self.get(key)?;
        let path = self.path.key(key);
        let Value::List(nodes) = &node.value else {
            let message = format!("`{key}` is a list");
            self.report.fault(
                Code::WrongShape,
                node.span,
                &path,
                message,
                Some("begin each entry with `- `".to_owned()),
            );
            return Some(Vec::new());
        };
        Some(nodes.iter().enumerate().filter_map(|(k, node)| Fields::of(node, path.index(k), self.report)).collect())
    }

    /// A word or text, as written.
    pub fn text(&self, key: &'static str) -> Option<String> {
        let node = self.get(key)?;
        if let Value::Scalar { text, .. } = &node.value {
            return Some(text.clone());
        }
        let message = format!("`{key}` is a single value");
        self.report.fault(Code::WrongShape, node.span, &self.path.key(key), message, None);
        None
    }

    /// A quantity of Kubernetes: `50`, `500m`, `1k`, `2Ki`.
    pub fn quantity(&self, key: &'static str) -> Option<f64> {
        let text = self.text(key)?;
        let number = quantity::read(&text);
        if number.is_none() {
            self.fault(
                Code::NotAQuantity,
                key,
                format!("`{text}` is no quantity"),
                "write a number such as `50` or `500m`",
            );
        }
        number
    }

    /// A quantity above 0.
    pub fn above_zero(&self, key: &'static str) -> Option<f64> {
        self.quantity(key).filter(|number| {
            let fine = *number > 0.0;
            if !fine {
                self.fault(
                    Code::OutOfRange,
                    key,
                    "it is not above 0",
                    "nothing can be compared with it: write more than 0",
                );
            }
            fine
        })
    }

    /// A quantity of at least 0.
    pub fn amount(&self, key: &'static str) -> Option<f64> {
        self.quantity(key).filter(|number| {
            let fine = *number >= 0.0;
            if !fine {
                self.fault(Code::OutOfRange, key, "it is below 0", "write 0 or more");
            }
            fine
        })
    }

    /// A whole number of at least 0.
    pub fn count(&self, key: &'static str) -> Option<u32> {
        let text = self.text(key)?;
        let count = text.parse::<u32>().ok().filter(|count| i32::try_from(*count).is_ok());
        if count.is_none() {
            self.fault(Code::OutOfRange, key, format!("`{text}` is no count"), "write a whole number of at least 0");
        }
        count
    }

    /// `true` or `false`, as YAML or, in a trigger, as text.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let text = self.text(key)?;
        let flag = text.to_lowercase().parse().ok();
        if flag.is_none() {
            self.fault(Code::UnknownChoice, key, format!("`{text}` is neither true nor false"), "write true or false");
        }
        flag
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let choice = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if choice.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let help = suggest::did_you_mean(&text, &words).unwrap_or_default();
            self.fault(Code::UnknownChoice, key, format!("`{text}` is none of the choices"), help);
        }
        choice
    }

    /// Warns of every field that nobody asked for. To be called once everything is read.
    pub fn warn_unknown(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&key.text.as_str())) {
            let near = suggest::nearest(&key.text, asked.iter().copied());
            let help =
                near.map_or_else(|| "it changes nothing here".to_owned(), |near| format!("did you mean `{near}`?"));
            let message = format!("`{}` is not known and left out", key.text);
            self.report.warning(key.span, &self.path.key(&key.text), message, Some(help));
        }
    }
}
