//! Topics, resources and paths, and references to them.

use super::{Body, Builder, Code, Item};
use crate::model::{Destination, Emission, Path, QueueId, Resource, ResourceId, Routing, Topic};
use crate::scenario::suggest;
use crate::units::quoted;

impl Builder<'_> {
    /// The queue or topic that an item names.
    pub(super) fn destination(&mut self, item: &Item) -> Option<Destination> {
        let name = item.text()?;
        if let Some(queue) = self.queues.iter().position(|queue| queue == name) {
            return Some(Destination::Queue(queue));
        }
        if let Some(topic) = self.topics.iter().position(|topic| topic == name) {
            return Some(Destination::Topic(topic));
        }
        if !self.queues.is_empty() {
            let names: Vec<&str> = self.queues.iter().chain(&self.topics).map(String::as_str).collect();
            let help = suggest::did_you_mean(name, &names);
            let what = if self.topics.is_empty() { "queue" } else { "queue or topic" };
            self.fault(Code::UnknownReference, item, format!("there is no {what} {}", quoted(name))).help = help;
        }
        None
    }

    pub(super) fn all_topics(&mut self, root: &Item) -> Option<Vec<Topic>> {
        let Some(topics) = root.field("topics") else { return Some(Vec::new()) };
        if matches!(topics.body, Body::Bad) {
            return None;
        }
        let built: Vec<Option<Topic>> = topics.named().iter().map(|(name, item)| self.topic(name, item)).collect();
        built.into_iter().collect()
    }

    fn topic(&mut self, name: &str, item: &Item) -> Option<Topic> {
        if self.queues.iter().any(|queue| queue == name) {
            self.fault(Code::Contradiction, item, format!("{} is a queue and a topic", quoted(name))).help =
                Some("whoever publishes names one of them: give them different names".to_owned());
            return None;
        }
        let at = item.field("to")?;
        let entries = at.list()?;
        let shared = entries.iter().filter(|entry| entry.field("share").is_some()).count();
        let mut queues = Vec::new();
        for entry in entries {
            let named = if entry.text().is_some() { Some(entry) } else { entry.field("queue") };
            let queue = named.and_then(|named| self.queue_id(named));
            if let (Some(queue), Some(named)) = (queue, named)
                && queues.contains(&Some(queue))
            {
                let message = format!("{} is in this topic twice", quoted(&self.queues[queue]));
                self.fault(Code::Contradiction, named, message).help =
                    Some("a queue gets one copy or one share of a topic".to_owned());
                return None;
            }
            queues.push(queue);
        }
        if shared > 0 && shared < entries.len() {
            self.fault(Code::Contradiction, at, "copies and shares in one topic").help =
                Some("publish to two topics, or write a `share` for every queue".to_owned());
            return None;
        }
        let queues: Vec<QueueId> = queues.into_iter().collect::<Option<_>>()?;
        if shared == 0 {
            return Some(Topic { name: name.to_owned(), to: Routing::Copies(queues) });
        }
        let shares: Vec<f64> = entries.iter().map(|entry| entry.needed("share")).collect::<Option<_>>()?;
        let shares = self.sum_to_one(at, shares)?;
        Some(Topic { name: name.to_owned(), to: Routing::Shares(queues.into_iter().zip(shares).collect()) })
    }

    pub(super) fn all_resources(&mut self, root: &Item) -> Option<Vec<Resource>> {
        let Some(resources) = root.field("resources") else { return Some(Vec::new()) };
        if matches!(resources.body, Body::Bad) {
            return None;
        }
        let built = self.resources.iter().map(|(name, slots)| Some(Resource { name: name.clone(), slots: (*slots)? }));
        built.collect()
    }

    /// What each service of a group holds.
    pub(super) fn uses(&mut self, item: &Item) -> Option<Vec<(ResourceId, u32)>> {
        let Some(uses) = item.field("uses") else { return Some(Vec::new()) };
        if matches!(uses.body, Body::Bad) {
            return None;
        }
        let built: Vec<Option<(ResourceId, u32)>> =
            uses.named().iter().map(|(name, item)| self.used(name, item)).collect();
        built.into_iter().collect()
    }

    fn used(&mut self, name: &str, item: &Item) -> Option<(ResourceId, u32)> {
        let units = item.number();
        let Some(resource) = self.resources.iter().position(|(resource, _)| resource == name) else {
            let names: Vec<&str> = self.resources.iter().map(|(name, _)| name.as_str()).collect();
            let help = suggest::did_you_mean(name, &names)
                .unwrap_or_else(|| format!("define it: `resources: {{{name}: {{slots: 40}}}}`"));
            self.fault(Code::UnknownReference, item, format!("there is no resource {}", quoted(name))).help =
                Some(help);
            return None;
        };
        let (units, slots) = (units?, self.resources[resource].1?);
        if units > f64::from(slots) {
            let message = format!("a service needs {units:.0} of {}, and there are {slots}", quoted(name));
            self.fault(Code::Contradiction, item, message).help =
                Some("no message could ever be served: raise the resource's `slots`".to_owned());
            return None;
        }
        Some((resource, units as u32))
    }

    /// What a group publishes at each ack.
    pub(super) fn emits(&mut self, item: &Item) -> Option<Vec<Emission>> {
        let Some(emits) = item.field("emits") else { return Some(Vec::new()) };
        let mut built = Vec::new();
        for entry in emits.list()? {
            let to = entry.field("to").and_then(|to| self.destination(to));
            let per_message = entry.maybe("per_message");
            built.push(to.and_then(|to| Some(Emission { to, per_message: per_message?.unwrap_or(1.0) })));
        }
        built.into_iter().collect()
    }

    /// The paths with names, which go into the builder; `None` if one of them is faulty.
    pub(super) fn all_paths(&mut self, root: &Item) -> Option<()> {
        let Some(paths) = root.field("paths") else { return Some(()) };
        if matches!(paths.body, Body::Bad) {
            return None;
        }
        let mut sound = Some(());
        for (name, item) in paths.named() {
            match self.path_queues(item) {
                Some(queues) => self.paths.push(Path { name: name.clone(), queues }),
                None => sound = None,
            }
        }
        sound
    }

    /// The path of a promise: one with a name, or its queues, which become a path of the model.
    pub(super) fn path_id(&mut self, item: &Item, root: &Item) -> Option<usize> {
        let Some(name) = item.text() else {
            let queues = self.path_queues(item)?;
            if let Some(known) = self.paths.iter().position(|path| path.queues == queues) {
                return Some(known);
            }
            let names: Vec<&str> = queues.iter().map(|queue| self.queues[*queue].as_str()).collect();
            self.paths.push(Path { name: names.join(" > "), queues });
            return Some(self.paths.len() - 1);
        };
        let names: Vec<&str> = root.named_below("paths").iter().map(|(name, _)| name.as_str()).collect();
        if !names.contains(&name) {
            let help = suggest::did_you_mean(name, &names)
                .unwrap_or_else(|| "write its queues: `path: [orders, billing]`".to_owned());
            self.fault(Code::UnknownReference, item, format!("there is no path {}", quoted(name))).help = Some(help);
        }
        self.paths.iter().position(|path| path.name == name)
    }

    fn path_queues(&mut self, item: &Item) -> Option<Vec<QueueId>> {
        let mut queues = Vec::new();
        for entry in item.list()? {
            let queue = self.queue_id(entry);
            if queue.is_some() && queues.contains(&queue) {
                self.fault(Code::Contradiction, entry, "this queue is in the path twice").help =
                    Some("a path names each of its queues once".to_owned());
                return None;
            }
            queues.push(queue);
        }
        queues.into_iter().collect()
    }
}
