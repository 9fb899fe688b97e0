//! What takes the whole file to see: queues without consumers, queues without producers.
//!
//! By the names in the file, so that a faulty producer or group still counts.

use super::{Builder, Code, Item};
use crate::units::quoted;

/// Who speaks of which queue.
struct Mentions {
    /// Queues that producers and groups publish to, directly or through topics.
    published: Vec<String>,
    /// Queues that get dead letters.
    dead_letters: Vec<String>,
    /// Queues with consumer groups.
    consumed: Vec<String>,
    /// Whether a queue that seems not to be consumed may be.
    consumers_unclear: bool,
    /// Whether a queue that seems not to be published to may be.
    publishers_unclear: bool,
}

impl Builder<'_> {
    /// Checks who speaks of which queue.
    pub(super) fn references(&mut self, root: &Item) {
        let mentions = self.mentions(root);
        for (name, item) in root.named_below("queues") {
            let is = |names: &[String]| names.contains(name);
            let filled = is(&mentions.published) || item.needed("initial").is_some_and(|initial| initial > 0.0);
            // What expires into another queue does not stay: a queue that only delays.
            let delays = item.field("ttl").is_some() && item.field("dead_letter").is_some();
            if filled && !is(&mentions.consumed) && !delays && !mentions.consumers_unclear {
                let message = format!("nobody consumes the queue {}", quoted(name));
                self.fault(Code::NoConsumers, item, message).help =
                    Some(format!("add a consumer group with `from: {name}`"));
            }
            if !filled && !is(&mentions.dead_letters) && !mentions.publishers_unclear && item.maybe("initial").is_some()
            {
                let message = format!("nobody publishes to the queue {}, and it is empty at the start", quoted(name));
                self.fault(Code::NobodyPublishes, item, message);
            }
        }
    }

    fn mentions(&self, root: &Item) -> Mentions {
        let names = |items: Vec<&Item>| -> Vec<Option<String>> {
            items.iter().map(|item| item.text().map(ToOwned::to_owned)).collect()
        };
        let below = |section: &str, key: &str| -> Vec<Option<String>> {
            let items = root.named_below(section).iter();
            items.map(|(_, item)| item.field(key)?.text().map(ToOwned::to_owned)).collect()
        };
        let emissions = |(_, group): &(String, Item)| match group.field("emits") {
            None => Vec::new(),
            Some(emits) => emits.list().map_or(vec![None], |list| {
                list.iter().map(|entry| entry.field("to")?.text().map(ToOwned::to_owned)).collect()
            }),
        };
        let mut destinations = below("producers", "to");
        destinations.extend(root.named_below("consumers").iter().flat_map(emissions));
        let mut published: Vec<Option<String>> = Vec::new();
        for destination in destinations {
            let topic = root.named_below("topics").iter().find(|(topic, _)| Some(topic) == destination.as_ref());
            match topic {
                Some((_, topic)) => published.extend(names(queues_of(topic))),
                None => published.push(destination),
            }
        }
        let consumed = below("consumers", "from");
        let dead_letters: Vec<String> = below("queues", "dead_letter").into_iter().flatten().collect();
        let unknown = |name: &Option<String>| name.as_ref().is_none_or(|name| !self.queues.contains(name));
        let absent = |section: &str| root.field(section).is_some() && root.named_below(section).is_empty();
        let bad_group = root.named_below("consumers").iter().any(|(_, group)| matches!(group.body, super::Body::Bad));
        Mentions {
            consumers_unclear: consumed.iter().any(unknown) || absent("consumers"),
            publishers_unclear: published.iter().any(unknown)
                || dead_letters.iter().any(|name| !self.queues.contains(name))
                || bad_group
                || ["producers", "topics", "consumers"].into_iter().any(absent),
            published: published.into_iter().flatten().collect(),
            dead_letters,
            consumed: consumed.into_iter().flatten().collect(),
        }
    }
}

/// The items that name the queues of a topic.
fn queues_of(topic: &Item) -> Vec<&Item> {
    let entries = topic.field("to").and_then(Item::list).unwrap_or(&[]);
    entries.iter().map(|entry| entry.field("queue").unwrap_or(entry)).collect()
}
