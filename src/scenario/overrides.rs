//! `--set PATH=VALUE`: one value of the tree replaced before it is decoded.
//!
//! The new value's spans point into the argument, so that every later fault about it shows the argument. Not here:
//! whether the path is a legal key; decoding finds that out like for any other key.

use super::Override;
use super::collect::{Collector, Path};
use super::fault::Code;
use super::source::Span;
use super::suggest;
use super::tree::{self, Key, Node, Value};
use crate::units::quoted;

/// Keys whose maps have free names: nothing is added below a name that is not there.
const NAMED: [&str; 7] = ["producers", "queues", "topics", "consumers", "resources", "slo", "strategies"];

/// Applies one override to the tree.
pub(super) fn apply(root: &mut Node, change: &Override, collector: &mut Collector) {
    let text = format!("{}={}", change.path, change.value);
    let source = collector.texts.add("--set", &text);
    let offset = change.path.len() + 1;
    let whole = Span { source, start: 0, end: change.path.len() as u32 };
    let errors = collector.errors();
    let value = match tree::parse(&change.value, source, offset, collector) {
        Some(value) => value,
        None if collector.errors() > errors => return,
        None => {
            let message = format!("`--set {}=` has no value", change.path);
            collector.add(Code::SetPath, whole, &Path::default(), message);
            return;
        }
    };
    let mut walk = Walk { collector, source, whole, path: Path::default() };
    if change.path.is_empty() || change.path.ends_with('.') {
        walk.refuse(0, 0, "a path such as `consumers.workers.replicas` is expected before the `=`".to_owned(), None);
        return;
    }
    walk.set(root, &change.path, 0, value, 0);
}

struct Walk<'c> {
    collector: &'c mut Collector,
    source: u32,
    whole: Span,
    path: Path,
}

impl Walk<'_> {
    fn refuse(&mut self, start: usize, end: usize, message: String, help: Option<String>) {
        let mut span = Span { source: self.source, start: start as u32, end: end as u32 };
        if start == end {
            span = self.whole;
        }
        self.collector.add(Code::SetPath, span, &self.path.clone(), message).help = help;
    }

    /// Sets the value at `path[from..]` below `node`.
    fn set(&mut self, node: &mut Node, path: &str, from: usize, value: Node, depth: usize) {
        let rest = &path[from..];
        match &mut node.value {
            Value::List(entries) => {
                let Some((index, length)) = leading_index(rest) else {
                    return self.refuse(
                        from,
                        path.len(),
                        format!("an index is expected, as in `{}[0]`", &path[..from].trim_end_matches('.')),
                        None,
                    );
                };
                let count = entries.len();
                let Some(entry) = entries.get_mut(index) else {
                    let message = format!("the list has {count} entries; the first is [0]");
                    return self.refuse(from, from + length, message, None);
                };
                self.path = self.path.index(index);
                let next = from + length;
                let next = next + usize::from(path[next..].starts_with('.'));
                if next >= path.len() {
                    *entry = value;
                } else {
                    self.set(entry, path, next, value, depth + 1);
                }
            }
            Value::Map(entries) => self.set_in_map(entries, path, from, value, depth),
            Value::Scalar { .. } => {
                let above = path[..from].trim_end_matches(['.', '[']).to_owned();
                let message = format!("`{above}` is a single value: it has no keys");
                self.refuse(from, path.len(), message, Some(format!("replace it as a whole: `--set {above}=…`")));
            }
        }
    }

    fn set_in_map(&mut self, entries: &mut Vec<(Key, Node)>, path: &str, from: usize, value: Node, depth: usize) {
        let rest = &path[from..];
        // Names may contain dots, so the longest key that fits is the one that is meant.
        let fits =
            |key: &str| rest.strip_prefix(key).is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']));
        let known = entries.iter().enumerate().filter(|(_, (key, _))| fits(&key.text));
        if let Some((at, length)) = known.map(|(at, (key, _))| (at, key.text.len())).max_by_key(|(_, length)| *length) {
            self.path = self.path.key(&rest[..length]);
            let next = from + length;
            let next = next + usize::from(path[next..].starts_with('.'));
            if next >= path.len() {
                entries[at].1 = value;
            } else {
                self.set(&mut entries[at].1, path, next, value, depth + 1);
            }
            return;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        let last = from + end >= path.len();
        let span = Span { source: self.source, start: from as u32, end: (from + end) as u32 };
        let inside_named = depth == 1 && NAMED.iter().any(|key| path[..from] == format!("{key}."));
        if inside_named && !last {
            let names: Vec<&str> = entries.iter().map(|(key, _)| key.text.as_str()).collect();
            let help = suggest::did_you_mean(name, &names);
            let message = format!("there is no {} in `{}`", quoted(name), path[..from].trim_end_matches('.'));
            self.refuse(from, from + end, message, help);
            return;
        }
        let name = if inside_named { rest } else { name };
        let key = Key { text: name.to_owned(), span: Span { end: (from + name.len()) as u32, ..span } };
        if from + name.len() >= path.len() {
            entries.push((key, value));
            return;
        }
        if depth >= 60 {
            return self.refuse(from, path.len(), "the path is too long".to_owned(), None);
        }
        let mut below = Node { span, value: Value::Map(Vec::new()) };
        self.path = self.path.key(name);
        self.set(&mut below, path, from + end + 1, value, depth + 1);
        entries.push((key, below));
    }
}

/// An index at the front of a path, `[3]`, `3]` or `3`, and its length in bytes.
fn leading_index(rest: &str) -> Option<(usize, usize)> {
    let open = usize::from(rest.starts_with('['));
    let digits = rest[open..].bytes().take_while(u8::is_ascii_digit).count();
    let close = usize::from(rest[open + digits..].starts_with(']'));
    let index = rest[open..open + digits].parse().ok()?;
    Some((index, open + digits + close))
}
