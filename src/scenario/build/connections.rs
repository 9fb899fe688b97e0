//! What takes the whole model to see: groups and the order of their queues, dead letters, levels, paths.

use super::{Builder, Code, Item};
use crate::model::{AfterFailure, Model, Order, Overflow, QueueId};
use crate::units::quoted;

impl Builder<'_> {
    /// Checks a model that is complete; its parts are in the order of the file.
    pub(super) fn connections(&mut self, root: &Item, model: &Model) {
        self.group_orders(root, model);
        self.dead_letters(root, model);
        self.emissions(root, model);
        self.levels(root, model);
        self.dead_letter_loops(root, model);
        self.unstable_cycles(root, model);
        self.endless_returns(root, model);
        self.large_batches(root, model);
        self.path_hops(root, model);
    }

    /// Partitions belong to one group, and only they are rebalanced.
    fn group_orders(&mut self, root: &Item, model: &Model) {
        for (id, (group, (_, item))) in model.groups.iter().zip(root.named_below("consumers")).enumerate() {
            let partitioned = matches!(model.queues[group.from].order, Order::Partitions(_));
            let name = quoted(&model.queues[group.from].name);
            let earlier = || model.groups[..id].iter().any(|other| other.from == group.from);
            if let (true, Some(at)) = (partitioned && earlier(), item.field("from")) {
                let message = format!("the partitions of {name} belong to another consumer group already");
                self.fault(Code::Contradiction, at, message).help =
                    Some("give each group its own queue, with copies through a topic".to_owned());
            }
            if let (false, Some(at)) = (partitioned, item.field("rebalance")) {
                let message = format!("{name} has no partitions that could be rebalanced");
                self.fault(Code::Contradiction, at, message).help =
                    Some("add for example `partitions: {count: 12}` to the queue, or leave it out".to_owned());
            }
        }
    }

    fn dead_letters(&mut self, root: &Item, model: &Model) {
        for (queue, (_, item)) in model.queues.iter().zip(root.named_below("queues")) {
            let Some(target) = queue.dead_letter.map(|target| &model.queues[target]) else { continue };
            if let (Overflow::Block, Some(_), Some(at)) = (target.overflow, target.capacity, item.field("dead_letter"))
            {
                let message = format!("when {} is full, there is nobody who could wait", quoted(&target.name));
                self.fault(Code::Contradiction, at, message).help =
                    Some(format!("let {} have `overflow: reject` or `drop-head`", quoted(&target.name)));
            }
        }
        for (group, (_, item)) in model.groups.iter().zip(root.named_below("consumers")) {
            let dead_letters =
                group.failures.as_ref().is_some_and(|failures| failures.then == AfterFailure::DeadLetter);
            let queue = &model.queues[group.from];
            let at = item.field("failures").and_then(|failures| failures.field("then"));
            if let (true, None, Some(at)) = (dead_letters, queue.dead_letter, at) {
                let message = format!("{} has no dead-letter queue", quoted(&queue.name));
                self.fault(Code::Contradiction, at, message).help =
                    Some(format!("add `dead_letter: NAME` to {}, or write `then: drop`", quoted(&queue.name)));
            }
        }
    }

    /// A consumer that publishes does not wait: its message is acked by then.
    fn emissions(&mut self, root: &Item, model: &Model) {
        for (group, (_, item)) in model.groups.iter().zip(root.named_below("consumers")) {
            let Some(entries) = item.field("emits").and_then(Item::list) else { continue };
            for (emission, entry) in group.emits.iter().zip(entries) {
                let blocks = |queue: &QueueId| {
                    model.queues[*queue].overflow == Overflow::Block && model.queues[*queue].capacity.is_some()
                };
                let full = model.queues_of(emission.to).into_iter().find(blocks);
                if let (Some(full), Some(at)) = (full, entry.field("to")) {
                    let name = quoted(&model.queues[full].name);
                    let message = format!("{name} blocks when it is full, but only producers can wait");
                    self.fault(Code::Contradiction, at, message).help = Some(format!(
                        "let {name} have `overflow: reject` or `drop-head`, or no `capacity` and bound {} instead",
                        quoted(&model.queues[group.from].name)
                    ));
                }
            }
        }
    }

    /// A producer's level must be one of its queues'.
    fn levels(&mut self, root: &Item, model: &Model) {
        for (producer, (_, item)) in model.producers.iter().zip(root.named_below("producers")) {
            let (Some(level), Some(at)) = (producer.priority, item.field("priority")) else { continue };
            let queues = model.queues_of(producer.to);
            let levels = |queue: &QueueId| match &model.queues[*queue].order {
                Order::Priorities(shares) => Some((*queue, shares.len())),
                _ => None,
            };
            let prioritised: Vec<(QueueId, usize)> = queues.iter().filter_map(levels).collect();
            if let (true, Some(queue)) = (prioritised.is_empty(), queues.first()) {
                let name = quoted(&model.queues[*queue].name);
                self.fault(Code::Contradiction, at, format!("{name} has no priorities")).help =
                    Some("add for example `priorities: 3` to the queue, or leave it out".to_owned());
            }
            if let Some((queue, levels)) = prioritised.iter().find(|(_, levels)| level as usize >= *levels) {
                let name = quoted(&model.queues[*queue].name);
                let message = format!("{name} has {levels} levels: there is no level {level}");
                self.fault(Code::OutOfRange, at, message).help =
                    Some(format!("levels go from 0, the most urgent, to {}", levels - 1));
            }
        }
    }

    /// Warns of messages that always fail and always come back.
    fn endless_returns(&mut self, root: &Item, model: &Model) {
        for (group, (_, item)) in model.groups.iter().zip(root.named_below("consumers")) {
            let queue = &model.queues[group.from];
            let leaves = queue.ttl.is_some() || queue.retention.age_s.is_some();
            if let (true, false, Some(at)) =
                (model.fate(group).deliveries.is_infinite(), leaves, item.field("failures"))
            {
                let message = "some messages fail at every attempt and come back for ever";
                self.fault(Code::EndlessReturns, at, message).help =
                    Some(format!("limit them: `delivery_limit: 5` for {}, or `then: drop`", quoted(&queue.name)));
            }
        }
    }

    /// Warns of batches of more messages than there are message groups, each of which has one with consumers at most.
    fn large_batches(&mut self, root: &Item, model: &Model) {
        for (group, (_, item)) in model.groups.iter().zip(root.named_below("consumers")) {
            let queue = &model.queues[group.from];
            if let (Order::Groups(groups), Some(batch), Some(at)) = (&queue.order, group.batch, item.field("batch"))
                && batch.size > groups.count
            {
                let (size, count) = (batch.size, groups.count);
                let message =
                    format!("a batch of {size} never fills: {} has {count} message groups", quoted(&queue.name));
                self.fault(Code::BatchNeverFills, at, message).help =
                    Some(format!("of each group one message is with a consumer: write `size: {count}` or less"));
            }
        }
    }

    /// Every queue of a path is fed by an earlier one.
    fn path_hops(&mut self, root: &Item, model: &Model) {
        let mut hops: Vec<(QueueId, QueueId)> = Vec::new();
        for group in &model.groups {
            for emission in group.emits.iter().filter(|emission| emission.per_message > 0.0) {
                hops.extend(model.queues_of(emission.to).into_iter().map(|to| (group.from, to)));
            }
        }
        let dead = model.queues.iter().enumerate().filter_map(|(from, queue)| Some((from, queue.dead_letter?)));
        hops.extend(dead);
        let named = root.named_below("paths").iter().map(|(_, item)| item);
        let promised = root.named_below("slo").iter().filter_map(|(_, item)| item.field("path"));
        for item in named.chain(promised) {
            let Some(entries) = item.list() else { continue };
            let queue = |entry: &Item| model.queues.iter().position(|queue| Some(queue.name.as_str()) == entry.text());
            let queues: Vec<QueueId> = entries.iter().filter_map(queue).collect();
            for (place, to) in queues.iter().enumerate().skip(1) {
                if queues[..place].iter().any(|from| hops.contains(&(*from, *to))) {
                    continue;
                }
                let [name, before] =
                    [&model.queues[*to].name, &model.queues[queues[place - 1]].name].map(|name| quoted(name));
                let message = format!("nothing leads to {name} from the queues before it in this path");
                self.fault(Code::NotConnected, &entries[place], message).help =
                    Some(format!("let a consumer group of {before} emit to {name}, or leave it out of the path"));
            }
        }
    }
}
