//! Tree → typed items, as the table of keys says: shapes, units, ranges, unknown and missing keys.
//!
//! A value that could not be decoded becomes [`Body::Bad`]: its fault is reported, and whatever is built from it stays
//! silent. Not here: anything that takes two values to see (`build`).

mod scalar;

pub(super) use scalar::{illegal_name, limit};

use super::collect::{Collector, Path};
use super::fault::Code;
use super::source::Span;
use super::suggest;
use super::table::{Choice, Key, Kind, Need, Quantity, Section};
use super::tree::{self, Node, Value};
use crate::units::{Money, quoted};

/// A decoded value, where it stands and its path.
#[derive(Debug)]
pub(super) struct Item {
    /// Where faults about it point.
    pub span: Span,
    /// Its path.
    pub path: Path,
    /// What it is.
    pub body: Body,
}

/// What an item is.
#[derive(Debug)]
pub(super) enum Body {
    /// Faulty, and reported.
    Bad,
    /// A quantity in base units.
    Number(f64),
    /// A quoted time of day where a duration could stand too, in seconds after midnight.
    Clock(f64),
    /// A text or word as written.
    Text(String),
    /// A price.
    Money(Money),
    /// A timestamp and its offset from UTC in seconds.
    Timestamp(jiff::Timestamp, i32),
    /// Entries in order.
    List(Vec<Item>),
    /// A map with fixed keys: those that are there.
    Fields(Vec<(&'static str, Item)>),
    /// A map with free names.
    Named(Vec<(String, Item)>),
    /// The alternative that was chosen.
    Chosen(&'static str, Box<Item>),
}

/// What surrounds a value and changes how it is read.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// What the values of functions are.
    pub quantity: Quantity,
    /// Inside a function of the time of day.
    pub in_day: bool,
}

/// More alternatives than this are only listed in the help.
const MOST_NAMED: usize = 6;

/// The context of the file as a whole.
pub(super) const OUTSIDE: Context = Context { quantity: Quantity::Rate, in_day: false };

/// Decodes a node; `at` is where faults about a whole map or list point (its key, usually).
pub(super) fn decode(
    node: &Node,
    kind: &'static Kind,
    at: Span,
    path: Path,
    context: Context,
    collector: &mut Collector,
) -> Item {
    let mut decoder = Decoder { collector };
    decoder.item(node, kind, at, path, context)
}

struct Decoder<'c> {
    collector: &'c mut Collector,
}

impl Decoder<'_> {
    fn item(&mut self, node: &Node, kind: &'static Kind, at: Span, path: Path, context: Context) -> Item {
        let context = match kind {
            Kind::RateFunction => Context { quantity: Quantity::Rate, ..context },
            Kind::FactorFunction => Context { quantity: Quantity::Factor, ..context },
            Kind::DayFunction => Context { in_day: true, ..context },
            _ => context,
        };
        let kind = kind.resolved();
        let span = if matches!(node.value, Value::Scalar { .. }) && !node.is_null() { node.span } else { at };
        let body = if node.is_null() {
            self.nothing(kind, at, &path, context);
            Body::Bad
        } else {
            match kind {
                Kind::Either(kinds) => return self.either(node, kinds, at, path, context),
                Kind::List(entry, least) => self.list(node, entry, *least, at, &path, context),
                Kind::Pair(first, second) => self.pair(node, [first, second], at, &path, context),
                Kind::Section(section) => self.section(node, section, at, &path, context),
                Kind::Named(section) => self.named(node, section, at, &path, context),
                Kind::Values(kind) => self.values(node, kind, at, &path, context),
                Kind::Choice(choice) => self.choice(node, choice, at, &path, context),
                Kind::CellTexts => self.cell_texts(node, at, &path),
                Kind::Axes => self.axes(node, at, &path),
                kind => self.scalar(node, kind, at, &path, context),
            }
        };
        Item { span, path, body }
    }

    fn nothing(&mut self, kind: &Kind, at: Span, path: &Path, context: Context) {
        let expected = expected(kind, context);
        let fault =
            self.collector.add(Code::WrongShape, at, path, format!("there is no value: {expected} is expected"));
        if let Kind::Section(section) = kind
            && section.keys.iter().all(|key| key.need != Need::Required)
        {
            fault.help = Some("write `{}` for one with all its defaults".to_owned());
        }
    }

    fn wrong_shape(&mut self, node: &Node, kind: &Kind, at: Span, path: &Path, context: Context) -> Body {
        let found = match &node.value {
            Value::Scalar { text, .. } => quoted(text),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        };
        let span = if matches!(node.value, Value::Scalar { .. }) { node.span } else { at };
        let message = format!("{} is expected, not {found}", expected(kind, context));
        self.collector.add(Code::WrongShape, span, path, message);
        Body::Bad
    }

    fn either(&mut self, node: &Node, kinds: &'static [Kind], at: Span, path: Path, context: Context) -> Item {
        if let Some(kind) = which_of(kinds, node) {
            if let (Value::Scalar { text, .. }, Kind::Word(words)) = (&node.value, kind)
                && !words.iter().any(|word| word.text == text)
                && let Some(Kind::Choice(choice)) = kinds.iter().find(|kind| form(kind) == Form::Map)
            {
                self.word_for_a_choice(node.span, text, words, choice, &path);
                return Item { span: node.span, path, body: Body::Bad };
            }
            return self.item(node, kind, at, path, context);
        }
        let all: Vec<String> = kinds.iter().map(|kind| expected(kind, context)).collect();
        let message = format!("{} is expected", all.join(" or "));
        self.collector.add(Code::WrongShape, at, &path, message);
        Item { span: at, path, body: Body::Bad }
    }

    /// A word that is none of the words, where a map with one key could have stood too.
    fn word_for_a_choice(
        &mut self,
        span: Span,
        text: &str,
        words: &'static [super::table::Word],
        choice: &'static Choice,
        path: &Path,
    ) {
        let message = format!("{} is not {}", quoted(text), choice.what);
        let fault = self.collector.add(Code::UnknownChoice, span, path, message);
        let names: Vec<&str> =
            words.iter().map(|word| word.text).chain(choice.variants.iter().map(|key| key.name)).collect();
        fault.help = match choice.variants.iter().find(|key| key.name == text) {
            Some(key) => Some(format!("it needs settings: `{}: {}`", key.name, key.example)),
            None => suggest::did_you_mean(text, &names),
        };
    }

    fn list(
        &mut self,
        node: &Node,
        entry: &'static Kind,
        least: usize,
        at: Span,
        path: &Path,
        context: Context,
    ) -> Body {
        let Value::List(nodes) = &node.value else {
            return self.wrong_shape(node, &Kind::List(entry, least), at, path, context);
        };
        if nodes.len() < least {
            let message = if nodes.is_empty() {
                "the list is empty".to_owned()
            } else {
                format!("the list needs at least {least} entries")
            };
            self.collector.add(Code::Empty, if nodes.is_empty() { node.span } else { at }, path, message);
            return Body::Bad;
        }
        let items = nodes.iter().enumerate();
        Body::List(items.map(|(i, node)| self.item(node, entry, node.span, path.index(i), context)).collect())
    }

    fn pair(&mut self, node: &Node, kinds: [&'static Kind; 2], at: Span, path: &Path, context: Context) -> Body {
        match &node.value {
            Value::List(nodes) if nodes.len() == 2 => {
                let entries = nodes.iter().zip(kinds).enumerate();
                Body::List(
                    entries.map(|(i, (node, kind))| self.item(node, kind, node.span, path.index(i), context)).collect(),
                )
            }
            Value::List(nodes) => {
                let expected = expected(&Kind::Pair(kinds[0], kinds[1]), context);
                let message = format!("{expected} is expected, not {} entries", nodes.len());
                self.collector.add(Code::WrongShape, node.span, path, message);
                Body::Bad
            }
            _ => self.wrong_shape(node, &Kind::Pair(kinds[0], kinds[1]), at, path, context),
        }
    }

    fn section(&mut self, node: &Node, section: &'static Section, at: Span, path: &Path, context: Context) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::Section(section), at, path, context);
        };
        let mut fields = Vec::new();
        for (written, value) in entries {
            let path = path.key(&written.text);
            match section.keys.iter().find(|key| key.name == written.text) {
                Some(key) if matches!(key.kind, Kind::OrNone(_)) && value.is_word("none") => {}
                Some(key) => fields.push((key.name, self.item(value, &key.kind, written.span, path, context))),
                None => self.unknown_key(written, &path, section.what, section.keys),
            }
        }
        for key in section.keys {
            if key.need == Need::Required && !entries.iter().any(|(written, _)| written.text == key.name) {
                let message = format!("{} needs `{}`", section.what, key.name);
                let fault = self.collector.add(Code::MissingKey, at, &path.key(key.name), message);
                fault.help = Some(format!("for example `{}: {}`", key.name, key.example));
            }
        }
        self.alternatives(entries, section, at, path);
        Body::Fields(fields)
    }

    fn unknown_key(&mut self, written: &tree::Key, path: &Path, what: &str, keys: &'static [Key]) {
        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        let message = format!("{what} has no key {}", quoted(&written.text));
        let help = match super::table::instead_of(what) {
            Some(instead) if suggest::nearest(&written.text, names.iter().copied()).is_none() => {
                Some(instead.to_owned())
            }
            _ => suggest::did_you_mean(&written.text, &names),
        };
        self.collector.add(Code::UnknownKey, written.span, path, message).help = help;
    }

    /// Checks that exactly one of the alternative sets of keys is there, completely and alone.
    fn alternatives(&mut self, entries: &[(tree::Key, Node)], section: &'static Section, at: Span, path: &Path) {
        let sets = section.alternatives;
        let concerned = |key: &str| sets.iter().any(|set| set.contains(&key));
        let there: Vec<&tree::Key> = entries.iter().map(|(key, _)| key).filter(|key| concerned(&key.text)).collect();
        let within = |set: &[&str], keys: &[&tree::Key]| keys.iter().all(|key| set.contains(&key.text.as_str()));
        if sets.is_empty() || sets.iter().any(|set| set.len() == there.len() && within(set, &there)) {
            return;
        }
        let rule: Vec<String> = sets.iter().map(|set| set_of_keys(set)).collect();
        let known = |key: &tree::Key| section.keys.iter().any(|known| known.name == key.text);
        if there.is_empty() && entries.iter().any(|(key, _)| !known(key)) {
            // A key that is not known may be the one that is missed.
            return;
        }
        let (code, span, message) = match there.last() {
            None if rule.len() > MOST_NAMED => {
                (Code::MissingKey, at, format!("{} needs one of {} keys", section.what, rule.len()))
            }
            None => (Code::MissingKey, at, format!("{} needs {}", section.what, rule.join(" or "))),
            Some(last) => match sets.iter().find(|set| within(set, &there)) {
                Some(set) => {
                    let absent = set.iter().find(|name| !there.iter().any(|key| key.text == **name));
                    let message = format!("`{}` needs `{}` beside it", last.text, absent.copied().unwrap_or_default());
                    (Code::MissingKey, last.span, message)
                }
                None => contradicting(sets, &there, last),
            },
        };
        let help = format!("{} has exactly one of: {}", section.what, rule.join("; "));
        self.collector.add(code, span, path, message).help = Some(help);
    }

    fn named(&mut self, node: &Node, section: &'static Section, at: Span, path: &Path, context: Context) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::Named(section), at, path, context);
        };
        if entries.is_empty() {
            let message = format!("there is nothing in it: at least {} is expected", section.what);
            self.collector.add(Code::Empty, at, path, message);
            return Body::Bad;
        }
        let mut items = Vec::new();
        for (key, value) in entries {
            let path = path.key(&key.text);
            if let Some(why) = scalar::illegal_name(&key.text) {
                self.collector.add(Code::IllegalName, key.span, &path, why).help = Some(scalar::NAME_RULE.to_owned());
            }
            let item = self.item_of_section(value, section, key.span, path, context);
            items.push((key.text.clone(), item));
        }
        Body::Named(items)
    }

    /// A map from free names to values of one kind.
    fn values(&mut self, node: &Node, kind: &'static Kind, at: Span, path: &Path, context: Context) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::Values(kind), at, path, context);
        };
        if entries.is_empty() {
            self.collector.add(Code::Empty, at, path, "there is nothing in it: at least one name is expected");
            return Body::Bad;
        }
        let mut items = Vec::new();
        for (key, value) in entries {
            let path = path.key(&key.text);
            if let Some(why) = scalar::illegal_name(&key.text) {
                self.collector.add(Code::IllegalName, key.span, &path, why).help = Some(scalar::NAME_RULE.to_owned());
            }
            items.push((key.text.clone(), self.item(value, kind, key.span, path, context)));
        }
        Body::Named(items)
    }

    fn item_of_section(
        &mut self,
        node: &Node,
        section: &'static Section,
        at: Span,
        path: Path,
        context: Context,
    ) -> Item {
        let body = if node.is_null() {
            self.nothing(&Kind::Section(section), at, &path, context);
            Body::Bad
        } else {
            self.section(node, section, at, &path, context)
        };
        Item { span: at, path, body }
    }

    fn choice(&mut self, node: &Node, choice: &'static Choice, at: Span, path: &Path, context: Context) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::Choice(choice), at, path, context);
        };
        let names: Vec<&str> = choice.variants.iter().map(|key| key.name).collect();
        let mut chosen = Vec::new();
        let mut unknown = false;
        for (written, value) in entries {
            if let Some(key) = choice.variants.iter().find(|key| key.name == written.text) {
                chosen.push((written, value, key));
                continue;
            }
            unknown = true;
            let message = format!("{} is not {}", quoted(&written.text), choice.what);
            let fault = self.collector.add(Code::UnknownChoice, written.span, &path.key(&written.text), message);
            fault.help = suggest::did_you_mean(&written.text, &names);
        }
        if chosen.is_empty() && !unknown {
            let message = format!("the map is empty: {} is expected", choice.what);
            self.collector.add(Code::Empty, at, path, message).help = suggest::one_of(&names);
        }
        if let [first, .., second] = chosen.as_slice() {
            let message = format!("`{}` and `{}`: {} is exactly one of them", first.2.name, second.2.name, choice.what);
            let fault = self.collector.add(Code::UnknownChoice, second.0.span, path, message);
            if names.contains(&"sum") {
                fault.help = Some("`sum: [..]` adds several of them".to_owned());
            }
        }
        let sole = chosen.len() == 1 && !unknown;
        let mut last = Body::Bad;
        for (written, value, key) in chosen {
            let item = self.item(value, &key.kind, written.span, path.key(key.name), context);
            if sole {
                last = Body::Chosen(key.name, Box::new(item));
            }
        }
        last
    }

    fn cell_texts(&mut self, node: &Node, at: Span, path: &Path) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::CellTexts, at, path, OUTSIDE);
        };
        if entries.is_empty() {
            self.collector.add(Code::Empty, at, path, "there is no column in it");
            return Body::Bad;
        }
        let mut cells = Vec::new();
        for (key, value) in entries {
            let path = path.key(&key.text);
            let body = match &value.value {
                Value::Scalar { text, .. } => Body::Text(text.clone()),
                _ => self.wrong_shape(value, &Kind::Text, value.span, &path, OUTSIDE),
            };
            cells.push((key.text.clone(), Item { span: key.span, path, body }));
        }
        Body::Named(cells)
    }

    /// Paths with their values: a range as its text, a list as the texts of its entries in flow style.
    fn axes(&mut self, node: &Node, at: Span, path: &Path) -> Body {
        let Value::Map(entries) = &node.value else {
            return self.wrong_shape(node, &Kind::Axes, at, path, OUTSIDE);
        };
        if entries.is_empty() {
            self.collector.add(Code::Empty, at, path, "there is nothing in it: at least one path is expected");
            return Body::Bad;
        }
        let mut axes = Vec::new();
        for (key, value) in entries {
            let path = path.key(&key.text);
            let text = |entry: &Node| Item { span: entry.span, path: path.clone(), body: Body::Text(entry.flow()) };
            let body = match &value.value {
                _ if value.is_null() => self.wrong_shape(value, &Kind::Axes, key.span, &path, OUTSIDE),
                Value::Scalar { text, .. } => Body::Text(text.clone()),
                Value::List(entries) if entries.is_empty() => {
                    self.collector.add(Code::Empty, value.span, &path, "the list is empty");
                    Body::Bad
                }
                Value::List(entries) => Body::List(entries.iter().map(text).collect()),
                Value::Map(_) => self.wrong_shape(value, &Kind::Text, value.span, &path, OUTSIDE),
            };
            axes.push((key.text.clone(), Item { span: key.span, path, body }));
        }
        Body::Named(axes)
    }
}

/// The key without which the others would fit together, and those that it does not go with.
fn contradicting(sets: &[&[&str]], there: &[&tree::Key], last: &tree::Key) -> (Code, Span, String) {
    let together = |left: &str, right: &str| sets.iter().any(|set| set.contains(&left) && set.contains(&right));
    let clashes = |key: &tree::Key| there.iter().filter(|other| !together(&key.text, &other.text)).count();
    let odd = there.iter().rev().find(|key| clashes(key) > 0).copied().unwrap_or(last);
    let others = there.iter().filter(|other| !together(&odd.text, &other.text));
    let others: Vec<String> = others.map(|other| format!("`{}`", other.text)).collect();
    let message = format!("`{}` does not go together with {}", odd.text, others.join(" and "));
    (Code::Contradiction, odd.span, message)
}

fn set_of_keys(set: &[&str]) -> String {
    let mut keys: Vec<String> = set.iter().map(|key| format!("`{key}`")).collect();
    match (keys.pop(), keys.len()) {
        (Some(last), 2..) => format!("{} and {last}", keys.join(", ")),
        (Some(last), 1) => format!("{} with {last}", keys[0]),
        (last, _) => last.unwrap_or_default(),
    }
}

/// The kind that fits the form of a node; of several maps the one that knows one of its keys, or nearly.
fn which_of(kinds: &'static [Kind], node: &Node) -> Option<&'static Kind> {
    let fitting: Vec<&Kind> = kinds.iter().filter(|kind| form(kind) == form_of(node)).collect();
    let Value::Map(entries) = &node.value else { return fitting.first().copied() };
    let keys_of = |kind: &Kind| -> Vec<&'static str> {
        match kind {
            Kind::Section(section) => section.keys.iter().map(|key| key.name).collect(),
            Kind::Choice(choice) => choice.variants.iter().map(|key| key.name).collect(),
            _ => Vec::new(),
        }
    };
    let written = || entries.iter().map(|(key, _)| key.text.as_str());
    let knows = |kind: &&&Kind| written().any(|key| keys_of(kind).contains(&key));
    let nearly = |kind: &&&Kind| written().any(|key| suggest::nearest(key, keys_of(kind)).is_some());
    fitting.iter().find(knows).or_else(|| fitting.iter().find(nearly)).or(fitting.first()).copied()
}

/// The three forms of YAML.
#[derive(PartialEq)]
enum Form {
    Scalar,
    List,
    Map,
}

fn form_of(node: &Node) -> Form {
    match node.value {
        Value::Scalar { .. } => Form::Scalar,
        Value::List(_) => Form::List,
        Value::Map(_) => Form::Map,
    }
}

fn form(kind: &Kind) -> Form {
    match kind {
        Kind::List(..) | Kind::Pair(..) => Form::List,
        Kind::Section(_) | Kind::Named(_) | Kind::Values(_) | Kind::Choice(_) | Kind::CellTexts | Kind::Axes => {
            Form::Map
        }
        _ => Form::Scalar,
    }
}

/// What a kind is called in a message.
fn expected(kind: &Kind, context: Context) -> String {
    match kind {
        Kind::List(entry, _) => format!("a list of {}", plural(entry)),
        Kind::Pair(first, second) => {
            format!("a pair `[{}, {}]`", scalar::example(first, context), scalar::example(second, context))
        }
        Kind::Section(section) => format!("a map for {}", section.what),
        Kind::Named(section) => format!("a map from names, each to {},", section.what),
        Kind::Values(kind) => format!("a map from names to {}", plural(kind)),
        Kind::Choice(choice) => format!("a map with {}", choice.what),
        Kind::OrNone(kind) => expected(kind, context),
        Kind::CellTexts => "a map from columns to texts".to_owned(),
        Kind::Axes => "a map from paths to ranges or lists of values".to_owned(),
        Kind::Either(kinds) => kinds.iter().map(|kind| expected(kind, context)).collect::<Vec<_>>().join(" or "),
        kind => scalar::expected(kind.resolved(), context),
    }
}

fn plural(kind: &Kind) -> &'static str {
    match kind {
        Kind::Pair(..) => "pairs",
        Kind::Section(_) => "maps",
        Kind::SameFunction => "functions",
        Kind::QueueName => "names of queues",
        Kind::List(..) => "lists",
        _ => "values",
    }
}
