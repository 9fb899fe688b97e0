//! What takes the whole file to see: queues without consumers, queues without producers.

use super::{Builder, Code, Item};
use crate::units::quoted;

impl Builder<'_> {
    /// Checks who speaks of which queue, by the names in the file, so that a faulty producer or group still counts.
    pub(super) fn references(&mut self, root: &Item) {
        let names_of = |section: &str, key: &str| -> Vec<String> {
            let items = root.field(section).map_or(&[][..], Item::named).iter();
            items.filter_map(|(_, item)| item.field(key)?.text().map(ToOwned::to_owned)).collect()
        };
        let (published, consumed) = (names_of("producers", "to"), names_of("consumers", "from"));
        // A group whose `from` is unreadable might be the one that is missed.
        let groups = root.field("consumers").map_or(&[][..], Item::named);
        let unclear = root.field("consumers").is_some() && consumed.len() < groups.len().max(1)
            || consumed.iter().any(|name| !self.queues.contains(name));
        let unclear_publishers = published.len() < root.field("producers").map_or(0, |item| item.named().len().max(1))
            || published.iter().any(|name| !self.queues.contains(name))
            || self.collector.has(Code::NotModelledYet);
        for (name, item) in root.field("queues").map_or(&[][..], Item::named) {
            let filled = published.contains(name) || item.needed("initial").is_some_and(|initial| initial > 0.0);
            if filled && !consumed.contains(name) && !unclear {
                let message = format!("nobody consumes the queue {}", quoted(name));
                self.fault(Code::NoConsumers, item, message).help =
                    Some(format!("add a consumer group with `from: {name}`"));
            }
            if !filled && !unclear_publishers && item.maybe("initial").is_some() {
                let message = format!("nobody publishes to the queue {}, and it is empty at the start", quoted(name));
                self.fault(Code::NobodyPublishes, item, message);
            }
        }
    }
}
