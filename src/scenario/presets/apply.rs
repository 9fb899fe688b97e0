//! Presets at work: the tree of a scenario gets the defaults that nobody wrote, and loses what the broker cannot do.

use super::{Applied, Default, Foreign, Only, PRESETS, Place, Preset, Value as DefaultValue};
use crate::scenario::collect::{Collector, Path};
use crate::scenario::fault::Code;
use crate::scenario::source::Span;
use crate::scenario::tree::{self, Key, Node, Value};
use crate::units::read_count;

/// A queue with a preset.
struct Chosen {
    queue: String,
    preset: &'static Preset,
    /// Where the preset is written: faults about its defaults point there.
    span: Span,
}

/// A queue, group or producer around a queue with a preset.
struct Member<'c> {
    chosen: &'c Chosen,
    place: Place,
    name: String,
}

/// Fills in the defaults of all presets of a scenario; reports, and takes out, keys that their brokers do not have.
///
/// What remains is decoded like any other scenario. The result is in the order of the file: queue by queue, in it the
/// queue's own keys, then those of its groups, then those of its producers.
pub(in super::super) fn apply(root: &mut Node, collector: &mut Collector) -> Vec<Applied> {
    let chosen = chosen(root);
    let mut applied = Vec::new();
    for member in members(root, &chosen) {
        let Some(entries) = entries_of(root, member.place.section(), &member.name) else { continue };
        for foreign in member.chosen.preset.foreign.iter().filter(|foreign| foreign.place == member.place) {
            refuse(entries, foreign, &member, collector);
        }
        for default in member.chosen.preset.defaults.iter().filter(|default| default.place == member.place) {
            if default.only == Only::AckedAfter && find(entries, "ack").is_some_and(|ack| ack.is_word("before")) {
                continue;
            }
            applied.extend(fill(entries, default, &member));
        }
    }
    applied
}

fn chosen(root: &Node) -> Vec<Chosen> {
    let preset_of = |(key, node): &(Key, Node)| {
        let written = node.below("preset")?;
        let Value::Scalar { text, .. } = &written.value else { return None };
        let preset = PRESETS.iter().find(|preset| preset.name == text)?;
        Some(Chosen { queue: key.text.clone(), preset, span: written.span })
    };
    map_below(root, "queues").iter().filter_map(preset_of).collect()
}

/// Everything around the queues with presets, queue by queue.
fn members<'c>(root: &Node, chosen: &'c [Chosen]) -> Vec<Member<'c>> {
    let mut members = Vec::new();
    let mut taken: Vec<&str> = Vec::new();
    for choice in chosen {
        let member = |place: Place, name: &str| Member { chosen: choice, place, name: name.to_owned() };
        members.push(member(Place::Queue, &choice.queue));
        let groups = map_below(root, "consumers").iter();
        let own = groups.filter(|(_, node)| text_below(node, "from") == Some(&choice.queue));
        members.extend(own.map(|(key, _)| member(Place::Group, &key.text)));
        for (key, node) in map_below(root, "producers") {
            let queues = text_below(node, "to").map_or(Vec::new(), |to| queues_behind(root, to));
            // A producer that reaches brokers of several kinds is none of theirs.
            let mut presets = chosen.iter().filter(|other| queues.contains(&other.queue.as_str()));
            let one_kind = presets.all(|other| other.preset.name == choice.preset.name);
            if queues.contains(&choice.queue.as_str()) && one_kind && !taken.contains(&key.text.as_str()) {
                taken.push(&key.text);
                members.push(member(Place::Producer, &key.text));
            }
        }
    }
    members
}

/// The queues that a publish reaches.
fn queues_behind<'n>(root: &'n Node, to: &'n str) -> Vec<&'n str> {
    let Some((_, topic)) = map_below(root, "topics").iter().find(|(key, _)| key.text == to) else { return vec![to] };
    let Some(Value::List(entries)) = topic.below("to").map(|node| &node.value) else { return Vec::new() };
    let queue = |entry: &'n Node| match &entry.value {
        Value::Scalar { text, .. } => Some(text.as_str()),
        _ => text_below(entry, "queue"),
    };
    entries.iter().filter_map(queue).collect()
}

fn map_below<'n>(node: &'n Node, name: &str) -> &'n [(Key, Node)] {
    match node.below(name).map(|below| &below.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

fn text_below<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    match &node.below(name)?.value {
        Value::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

/// The entries of one named map, e.g. of `consumers.workers`.
fn entries_of<'n>(root: &'n mut Node, section: &str, name: &str) -> Option<&'n mut Vec<(Key, Node)>> {
    let below = |node: &'n mut Node, name: &str| match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|(key, _)| key.text == name).map(|(_, node)| node),
        _ => None,
    };
    let section = below(root, section)?;
    match &mut below(section, name)?.value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

fn find<'n>(entries: &'n [(Key, Node)], name: &str) -> Option<&'n Node> {
    entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
}

/// Reports a key or word that makes no sense with the preset, and takes it out.
fn refuse(entries: &mut Vec<(Key, Node)>, foreign: &Foreign, member: &Member, collector: &mut Collector) {
    let Some(at) = entries.iter().position(|(key, node)| {
        key.text == foreign.key && !node.is_word("none") && foreign.word.is_none_or(|word| node.is_word(word))
    }) else {
        return;
    };
    let (key, node) = entries.remove(at);
    let path = Path::default().key(member.place.section()).key(&member.name).key(foreign.key);
    let (span, what) = match foreign.word {
        Some(word) => (node.span, format!("{}: {word}", foreign.key)),
        None => (key.span, foreign.key.to_owned()),
    };
    let preset = member.chosen.preset.name;
    let message = format!("`{what}` makes no sense with `preset: {preset}`");
    collector.add(Code::NotOfThisBroker, span, &path, message).help = Some(foreign.why.to_owned());
}

/// Writes a default where its key is absent; `None` where the key that it belongs to is.
fn fill(entries: &mut Vec<(Key, Node)>, default: &Default, member: &Member) -> Option<Applied> {
    let value = match default.value {
        DefaultValue::Written(text) => text.to_owned(),
        DefaultValue::PerSlot(each) => {
            let slots = match find(entries, "concurrency").map(|node| &node.value) {
                Some(Value::Scalar { text, .. }) => read_count(text).ok(),
                _ => None,
            };
            format!("{:.0}", f64::from(each) * slots.unwrap_or(1.0).clamp(1.0, 1e8))
        }
    };
    let chosen = member.chosen;
    let overridden = match default.key.split_once('.') {
        None => add(entries, default.key, &value, chosen.span),
        Some((outer, inner)) => {
            let (_, node) = entries.iter_mut().find(|(key, node)| key.text == outer && !node.is_word("none"))?;
            add(entries_below(node), inner, &value, chosen.span)
        }
    };
    Some(Applied {
        queue: chosen.queue.clone(),
        preset: chosen.preset.name,
        place: member.place,
        name: member.name.clone(),
        key: default.key,
        default: value,
        overridden,
        effect: default.effect,
        source: default.source,
    })
}

/// Adds a key unless it is there; then its value is returned as it was written.
fn add(entries: &mut Vec<(Key, Node)>, key: &str, value: &str, span: Span) -> Option<String> {
    if let Some(written) = find(entries, key) {
        return Some(flow(written));
    }
    let parsed = tree::parse(value, span.source, 0, &mut Collector::default());
    let mut node = parsed.expect("the table of presets holds YAML: a test reads all of it");
    set_spans(&mut node, span);
    entries.push((Key { text: key.to_owned(), span }, node));
    None
}

/// The entries of a time to live; a bare one becomes `{after: …}`.
fn entries_below(node: &mut Node) -> &mut Vec<(Key, Node)> {
    let is_section = node.below("after").is_some() || node.below("at").is_some();
    if !is_section {
        let key = Key { text: "after".to_owned(), span: node.span };
        let outer = Node { span: node.span, value: Value::Map(Vec::new()) };
        let bare = std::mem::replace(node, outer);
        if let Value::Map(entries) = &mut node.value {
            entries.push((key, bare));
        }
    }
    match &mut node.value {
        Value::Map(entries) => entries,
        _ => unreachable!("it has a key, or has just become a map"),
    }
}

fn set_spans(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::Scalar { .. } => {}
        Value::List(entries) => entries.iter_mut().for_each(|entry| set_spans(entry, span)),
        Value::Map(entries) => {
            for (key, node) in entries {
                key.span = span;
                set_spans(node, span);
            }
        }
    }
}

/// A node in YAML's flow style.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, .. } => text.clone(),
        Value::List(entries) => format!("[{}]", entries.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, node)| format!("{}: {}", key.text, flow(node))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
