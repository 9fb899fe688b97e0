//! YAML text → a tree of values that know where they stand.
//!
//! Built from the event stream of the parser inside serde-saphyr rather than through serde: serde stops at the first
//! fault and forgets whether a scalar was quoted. Everything that could make a short text large is bounded here:
//! nesting, the number of values after aliases are expanded, the kept anchors. Not here: what keys and values mean.

use std::collections::BTreeMap;

use serde_saphyr::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle};

use super::collect::{Collector, Path};
use super::fault::Code;
use super::source::Span;

/// Most values of a scenario, after aliases are expanded.
const MAX_NODES: usize = 200_000;
/// Deepest nesting of maps and lists.
const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where; for a map or list from its first to its last character.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A word, number or text as written, escapes resolved.
    Scalar {
        /// The text.
        text: String,
        /// Whether it was quoted (or a block scalar).
        quoted: bool,
    },
    /// Entries in order.
    List(Vec<Node>),
    /// Keys, each once, in order.
    Map(Vec<(Key, Node)>),
}

/// A key of a map and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The key.
    pub text: String,
    /// Where.
    pub span: Span,
}

impl Node {
    /// Whether nothing is written here: `key:`, `~` or `null`.
    pub fn is_null(&self) -> bool {
        let Value::Scalar { text, quoted: false } = &self.value else { return false };
        matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Whether this word is written here, without quotes.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false } if text == word)
    }

    /// The value under a key of a map.
    pub fn below(&self, name: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// The value as YAML in flow style, on one line.
    pub fn flow(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(", ");
        match &self.value {
            Value::Scalar { text, quoted: false } => text.clone(),
            Value::Scalar { text, quoted: true } => serde_json::Value::from(text.as_str()).to_string(),
            Value::List(entries) => format!("[{}]", joined(entries.iter().map(Node::flow).collect())),
            Value::Map(entries) => {
                format!(
                    "{{{}}}",
                    joined(entries.iter().map(|(key, node)| format!("{}: {}", key.text, node.flow())).collect())
                )
            }
        }
    }

    /// Number of values and depth of nesting.
    fn size(&self) -> (usize, usize) {
        let below: Vec<(usize, usize)> = match &self.value {
            Value::Scalar { .. } => return (1, 0),
            Value::List(entries) => entries.iter().map(Node::size).collect(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.size()).collect(),
        };
        below.into_iter().fold((1, 1), |(nodes, depth), (more, deep)| (nodes + more, depth.max(deep + 1)))
    }
}

/// A map or list that is not closed yet.
struct Open {
    span: Span,
    anchor: usize,
    body: OpenBody,
}

enum OpenBody {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, merged: Vec<(Key, Node)>, seen: BTreeMap<String, Span>, key: Option<PendingKey> },
}

/// A key whose value is still to come.
enum PendingKey {
    /// Keeps the value.
    Sound(Key),
    /// Drops the value, because the key was faulty.
    Faulty,
    /// A merge key, which is refused: its entries are kept, lest keys be missed that were meant to be there.
    Merge,
}

struct Builder<'c> {
    collector: &'c mut Collector,
    source: u32,
    offset: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    roots: Vec<Node>,
}

/// Why building stopped before the end of the text; the fault has been reported.
struct Stopped;

/// Parses one document. `text` stands at byte `offset` of the registered text `source`. `None` when there is nothing,
/// or nothing usable: then a fault says so, except that an empty text is left to the caller to complain about.
pub(super) fn parse(text: &str, source: u32, offset: usize, collector: &mut Collector) -> Option<Node> {
    let errors_before = collector.errors();
    let mut builder =
        Builder { collector, source, offset, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0, roots: Vec::new() };
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
        emit_unresolved_aliases: true,
    };
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                builder.syntax_fault(text, &error);
                return None;
            }
        };
        let span = builder.span(span);
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                let message = "a scenario is one YAML document";
                builder.collector.add(Code::NotInThisLanguage, span, &Path::default(), message).label =
                    Some("a second one begins here".to_owned());
                return None;
            }
        }
        if builder.event(event, span).is_err() {
            return None;
        }
    }
    let root = builder.roots.pop();
    let sound = collector.errors() == errors_before;
    root.filter(|root| sound || !root.is_null())
}

impl Builder<'_> {
    fn span(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let place = |at: usize| u32::try_from(at + self.offset).unwrap_or(u32::MAX);
        Span { source: self.source, start: place(range.start), end: place(range.end) }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stopped> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let quoted = style != ScalarStyle::Plain;
                let node = Node { span, value: Value::Scalar { text: text.into_owned(), quoted } };
                self.close(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.descend(Open { span, anchor, body: OpenBody::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let body = OpenBody::Map { entries: Vec::new(), merged: Vec::new(), seen: BTreeMap::new(), key: None };
                self.descend(Open { span, anchor, body })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.body {
                    OpenBody::List(entries) => Value::List(entries),
                    OpenBody::Map { mut entries, merged, mut seen, .. } => {
                        let mut absent = |key: &Key| seen.insert(key.text.clone(), key.span).is_none();
                        entries.extend(merged.into_iter().filter(|(key, _)| absent(key)));
                        Value::Map(entries)
                    }
                };
                self.close(Node { span: Span { end: span.end, ..open.span }, value }, open.anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` before this alias");
                let fault = self.collector.add(Code::UnknownReference, span, &Path::default(), message);
                if name.starts_with('/') {
                    fault.help = Some("a cron expression that begins with `*` needs quotes".to_owned());
                }
                Err(Stopped)
            }
            _ => Ok(()),
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            let message = "tags (`!…`) are not part of this language";
            self.collector.add(Code::NotInThisLanguage, span, &Path::default(), message).help =
                Some("write the value without its tag".to_owned());
        }
    }

    fn descend(&mut self, open: Open) -> Result<(), Stopped> {
        if self.open.len() >= MAX_DEPTH {
            return self.too_much(open.span, format!("maps and lists are nested deeper than {MAX_DEPTH}"));
        }
        self.open.push(open);
        Ok(())
    }

    fn too_much(&mut self, span: Span, message: String) -> Result<(), Stopped> {
        self.collector.add(Code::TooMuch, span, &Path::default(), message);
        Err(Stopped)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stopped> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        self.too_much(span, format!("more than {MAX_NODES} values (after aliases are expanded)"))
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stopped> {
        let Some(node) = self.anchors.get(&anchor) else {
            let message = "an alias inside the value that it stands for";
            self.collector.add(Code::NotInThisLanguage, span, &Path::default(), message);
            return Err(Stopped);
        };
        let (nodes, depth) = node.size();
        let node = node.clone();
        if self.open.len() + depth > MAX_DEPTH {
            return self.too_much(span, format!("maps and lists are nested deeper than {MAX_DEPTH}"));
        }
        self.count(nodes, span)?;
        self.attach(node);
        Ok(())
    }

    /// A value is complete: keep it if it has an anchor, and hand it to what it stands in.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Stopped> {
        self.count(1, node.span)?;
        if anchor > 0 {
            let (nodes, _) = node.size();
            self.count(nodes, node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        self.attach(node);
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else { return self.roots.push(node) };
        match &mut open.body {
            OpenBody::List(entries) => entries.push(node),
            OpenBody::Map { entries, merged, key: pending, .. } if pending.is_some() => match pending.take() {
                Some(PendingKey::Sound(key)) => entries.push((key, node)),
                Some(PendingKey::Merge) => merge(merged, node),
                Some(PendingKey::Faulty) | None => {}
            },
            OpenBody::Map { .. } => {
                let key = self.key(node);
                if let Some(Open { body: OpenBody::Map { key: pending, .. }, .. }) = self.open.last_mut() {
                    *pending = Some(key);
                }
            }
        }
    }

    /// A node in the place of a key.
    fn key(&mut self, node: Node) -> PendingKey {
        let span = node.span;
        let (text, quoted) = match node.value {
            Value::Scalar { text, quoted } => (text, quoted),
            Value::List(_) | Value::Map(_) => {
                let message = "a key is one word, not a list or a map";
                self.collector.add(Code::NotInThisLanguage, span, &Path::default(), message).help =
                    Some("in braces, a key is followed by a colon and a space: `{mean: 20ms}`".to_owned());
                return PendingKey::Faulty;
            }
        };
        if text == "<<" && !quoted {
            let message = "merge keys (`<<`) are not part of this language";
            self.collector.add(Code::NotInThisLanguage, span, &Path::default(), message).help =
                Some("repeat the keys, or use an alias for a whole value".to_owned());
            return PendingKey::Merge;
        }
        let Some(Open { body: OpenBody::Map { seen, .. }, .. }) = self.open.last_mut() else {
            return PendingKey::Faulty;
        };
        if let Some(first) = seen.get(&text).copied() {
            let other = (self.collector.texts.place(first), "first written here".to_owned());
            let message = format!("the key {} is written twice", crate::units::quoted(&text));
            let fault = self.collector.add(Code::DuplicateKey, span, &Path::default().key(&text), message);
            fault.other = Some(other);
            fault.label = Some("written again here".to_owned());
            return PendingKey::Faulty;
        }
        seen.insert(text.clone(), span);
        PendingKey::Sound(Key { text, span })
    }

    fn syntax_fault(&mut self, text: &str, error: &granit_parser::ScanError) {
        let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        let length = text[floor(text, start)..].chars().next().map_or(0, char::len_utf8);
        let place = |at: usize| u32::try_from(at + self.offset).unwrap_or(u32::MAX);
        let span = Span { source: self.source, start: place(start), end: place(start + length) };
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            let message = format!("maps and lists are nested deeper than {MAX_DEPTH}");
            self.collector.add(Code::TooMuch, span, &Path::default(), message);
            return;
        }
        let line_start = text[..floor(text, start)].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        let indent: &str = &line[..line.len() - line.trim_start().len()];
        let help = if indent.contains('\t') {
            Some("YAML is indented with spaces; this line is indented with a tab".to_owned())
        } else {
            None
        };
        let message = format!("the text is not YAML: {}", error.info());
        self.collector.add(Code::Syntax, span, &Path::default(), message).help = help;
    }
}

/// Adds the entries of a merged map, or of a list of them; the first of a name counts.
fn merge(merged: &mut Vec<(Key, Node)>, node: Node) {
    match node.value {
        Value::Map(entries) => merged.extend(entries),
        Value::List(nodes) => {
            for node in nodes {
                merge(merged, node);
            }
        }
        Value::Scalar { .. } => {}
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Option<Node>, Vec<Code>) {
        let mut collector = Collector::default();
        let source = collector.texts.add("x.yaml", text);
        let node = parse(text, source, 0, &mut collector);
        (node, collector.into_faults().iter().map(|fault| fault.code).collect())
    }

    #[test]
    fn values_know_their_place_and_whether_they_were_quoted() {
        let text = "a: {b: \"09:30\", c: [1, x]}\n";
        let (node, faults) = parsed(text);
        assert!(faults.is_empty());
        let Value::Map(root) = node.unwrap().value else { panic!("a map") };
        let Value::Map(inner) = &root[0].1.value else { panic!("a map") };
        assert!(matches!(&inner[0].1.value, Value::Scalar { text, quoted: true } if text == "09:30"));
        let span = inner[0].1.span;
        assert_eq!(&text[span.start as usize..span.end as usize], "\"09:30\"");
        let Value::List(list) = &inner[1].1.value else { panic!("a list") };
        let span = list[1].span;
        assert_eq!(&text[span.start as usize..span.end as usize], "x");
    }

    #[test]
    fn aliases_are_copies_and_bombs_are_refused() {
        let (node, faults) = parsed("a: &x {k: 1}\nb: *x\n");
        assert!(faults.is_empty());
        assert_eq!(node.unwrap().size().0, 5);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}, ", level - 1).repeat(10);
            bomb = format!("{bomb}a{level}: &a{level} [{alias}]\n");
        }
        assert_eq!(parsed(&bomb).1, [Code::TooMuch]);
        assert_eq!(parsed("a: &x [*x]").1, [Code::NotInThisLanguage]);
        assert_eq!(parsed("a: *nobody").1, [Code::UnknownReference]);
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
            assert_eq!(parsed(&text).1.len(), 1);
        }
        let nested = (0..300).fold(String::new(), |text, level| format!("{text}{}k:\n", " ".repeat(level)));
        assert_eq!(parsed(&nested).1, [Code::TooMuch]);
    }

    #[test]
    fn several_faults_of_the_text_are_found_at_once() {
        let (_, faults) = parsed("a: 1\na: 2\n<<: {b: 1}\nc: !!str 5\n[1]: 2\n");
        let expected = [Code::DuplicateKey, Code::NotInThisLanguage, Code::NotInThisLanguage, Code::NotInThisLanguage];
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_second_document_and_broken_text_are_faults() {
        assert_eq!(parsed("a: 1\n---\nb: 2\n").1, [Code::NotInThisLanguage]);
        assert_eq!(parsed("a: [1\nb: 2").1, [Code::Syntax]);
        assert_eq!(parsed("a:\n\tb: 1\n").1, [Code::Syntax]);
        assert!(parsed("# only a comment\n").0.is_none());
    }
}
