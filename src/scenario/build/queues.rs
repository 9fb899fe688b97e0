//! Queues: bounds, lifetimes, persistence, order.

use super::{Body, Builder, Code, Item};
use crate::model::cost::PARTITION_BYTES;
use crate::model::{Distribution, Order, Overflow, Partitions, Queue, RequeuePosition, Retention, Ttl, TtlPlace};
use crate::units::{quoted, show_bytes};

/// Most partitions of a log: about what a Kafka cluster holds. Each costs its consumers time at every rebalance.
const MOST_PARTITIONS: f64 = 200_000.0;

impl Builder<'_> {
    pub(super) fn all_queues(&mut self, root: &Item) -> Option<Vec<Queue>> {
        let everywhere = root.field("broker_outages").map_or(Some(Vec::new()), |outages| self.outages(outages));
        let queues = root.named_below("queues").iter();
        let built: Vec<Option<Queue>> =
            queues.map(|(name, item)| self.queue(name, item, everywhere.as_ref())).collect();
        built.into_iter().collect()
    }

    fn queue(&mut self, name: &str, item: &Item, everywhere: Option<&Vec<(f64, f64)>>) -> Option<Queue> {
        if !matches!(item.body, Body::Fields(_)) {
            return None;
        }
        let initial = item.maybe("initial");
        let capacity = item.maybe("capacity");
        let delivery_delay = self.maybe_distribution(item, "delivery_delay");
        let overflow = item.word("overflow", "reject").map(|word| match word {
            "drop-head" => Overflow::DropHead,
            "block" => Overflow::Block,
            _ => Overflow::Reject,
        });
        let requeue = item.word("requeue", "original").map(|word| match word {
            "front" => RequeuePosition::Front,
            "back" => RequeuePosition::Back,
            _ => RequeuePosition::Original,
        });
        let ttl = item.field("ttl").map_or(Some(None), |ttl| self.ttl(ttl).map(Some));
        let message_size = item.maybe("message_size");
        let retention = self.retention(item, message_size.flatten());
        let broker_outages = match item.field("broker_outages") {
            Some(outages) => self.outages(outages),
            None => everywhere.cloned(),
        };
        let delivery_limit = item.maybe("delivery_limit");
        let dead_letter = match item.field("dead_letter") {
            None => Some(None),
            Some(target) => self.queue_id(target).map(Some),
        };
        let order = self.order(item);
        let single_active = self.single_active(item);
        if let (Some(Some(initial)), Some(Some(capacity)), Some(at)) = (initial, capacity, item.field("initial"))
            && initial > capacity
        {
            let message = format!("{initial:.0} messages do not fit a queue with a capacity of {capacity:.0}");
            self.fault(Code::Contradiction, at, message);
        }
        Some(Queue {
            initial: initial?.unwrap_or(0.0) as u64,
            delivery_delay: delivery_delay?,
            capacity: capacity?.map(|capacity| capacity as u64),
            overflow: overflow?,
            ttl: ttl?,
            retention: retention?,
            durable: item.flag("durable", true)?,
            broker_outages: broker_outages?,
            delivery_limit: delivery_limit?.map(|limit| limit as u32),
            dead_letter: dead_letter?,
            requeue: requeue?,
            order: order?,
            single_active: single_active?,
            message_size_bytes: message_size?,
            ..Queue::new(name)
        })
    }

    /// A bare time to live, or one with the place where it is noticed.
    fn ttl(&mut self, item: &Item) -> Option<Ttl> {
        if !matches!(item.body, Body::Fields(_)) {
            return self.time_to_live(item).map(|after| Ttl { after, at: TtlPlace::Anywhere });
        }
        let after = item.field("after").and_then(|after| self.time_to_live(after));
        let at = item.word("at", "anywhere").map(|word| match word {
            "head" => TtlPlace::Head,
            _ => TtlPlace::Anywhere,
        });
        Some(Ttl { after: after?, at: at? })
    }

    fn time_to_live(&mut self, item: &Item) -> Option<Distribution> {
        let after = self.distribution(item)?;
        if after.mean().is_finite() {
            return Some(after);
        }
        self.fault(Code::OutOfRange, item, "the mean time to live is not a finite number");
        None
    }

    fn retention(&mut self, queue: &Item, message_size: Option<f64>) -> Option<Retention> {
        let Some(item) = queue.field("retention") else { return Some(Retention::default()) };
        if !matches!(item.body, Body::Fields(_)) {
            return None;
        }
        let [age_s, size, messages] = ["age", "size", "messages"].map(|key| item.maybe(key));
        let (age_s, size, messages) = (age_s?, size?, messages?);
        if age_s.is_none() && size.is_none() && messages.is_none() {
            self.fault(Code::MissingKey, item, "a retention needs `age`, `size` or `messages`").help =
                Some("for example `retention: {age: 7d}`; `retention: none` keeps everything".to_owned());
            return None;
        }
        let by_size = match (size, item.field("size")) {
            (Some(size), Some(at)) => {
                // A faulty size of the messages has been reported.
                if queue.field("message_size").is_none() {
                    self.fault(Code::MissingKey, at, "retention by size needs the size of a message").help =
                        Some("add for example `message_size: 2KB` to the queue".to_owned());
                    return None;
                }
                let kept = (size / message_size?).floor();
                if kept < 1.0 {
                    self.fault(Code::Contradiction, at, "not one message fits into this size").help =
                        Some("write a `size` of at least `message_size`".to_owned());
                    return None;
                }
                kept
            }
            _ => f64::INFINITY,
        };
        let kept = messages.unwrap_or(f64::INFINITY).min(by_size);
        Some(Retention { age_s, messages: kept.is_finite().then_some(kept as u64) })
    }

    /// Priorities, partitions and message groups exclude one another.
    fn order(&mut self, item: &Item) -> Option<Order> {
        let there: Vec<(&str, &Item)> =
            ["priorities", "partitions", "groups"].iter().filter_map(|key| Some((*key, item.field(key)?))).collect();
        if let [(first, _), .., (second, at)] = there.as_slice() {
            self.fault(Code::Contradiction, at, format!("a queue has `{first}` or `{second}`, not both")).help =
                Some("copies through a topic can have another order each".to_owned());
            return None;
        }
        match there.first() {
            None => Some(Order::Fifo),
            Some(("priorities", item)) => self.priorities(item).map(Order::Priorities),
            Some(("partitions", item)) => self.partitions(item, "partitions").map(Order::Partitions),
            Some((_, item)) => self.partitions(item, "message groups").map(Order::Groups),
        }
    }

    fn priorities(&mut self, item: &Item) -> Option<Vec<f64>> {
        if let Some(levels) = item.number() {
            return Some(vec![levels.recip(); levels as usize]);
        }
        let at = item.field("shares")?;
        let shares: Vec<f64> = at.list()?.iter().map(Item::number).collect::<Option<_>>()?;
        self.sum_to_one(at, shares)
    }

    /// Shares that sum to 1 within rounding, made to do so exactly.
    pub(super) fn sum_to_one(&mut self, at: &Item, mut shares: Vec<f64>) -> Option<Vec<f64>> {
        let total: f64 = shares.iter().sum();
        if (total - 1.0).abs() > 1e-6 {
            let message = format!("the shares sum to {}%, not to 100%", (total * 1e8).round() / 1e6);
            self.fault(Code::Contradiction, at, message).help = Some("change one of them".to_owned());
            return None;
        }
        for share in &mut shares {
            *share /= total;
        }
        Some(shares)
    }

    fn partitions(&mut self, item: &Item, what: &str) -> Option<Partitions> {
        let (count, skew) = if let Some(count) = item.number() {
            (count, 0.0)
        } else {
            let (count, skew) = (item.needed("count"), item.maybe("skew"));
            (count?, skew?.unwrap_or(0.0))
        };
        if what == "partitions" && count > MOST_PARTITIONS {
            let at = item.field("count").unwrap_or(item);
            let message = format!("{count:.0} partitions are more than any cluster holds");
            self.fault(Code::OutOfRange, at, message).help =
                Some(format!("Kafka clusters end at some {MOST_PARTITIONS:.0} of them: write fewer"));
            return None;
        }
        let needed_bytes = count * PARTITION_BYTES;
        if self.over_memory(needed_bytes as u64) {
            let at = item.field("count").unwrap_or(item);
            let message = format!("{count:.0} {what} need about {} of memory", show_bytes(needed_bytes));
            self.fault(Code::TooMuchMemory, at, message).help =
                Some("write fewer of them; `--yes` runs it all the same".to_owned());
            return None;
        }
        Some(Partitions { count: count as u32, skew })
    }

    fn single_active(&mut self, item: &Item) -> Option<bool> {
        let active = item.flag("single_active", false)?;
        let several = ["partitions", "groups"].into_iter().find(|key| item.field(key).is_some());
        if let (true, Some(other), Some(at)) = (active, several, item.field("single_active")) {
            let message = format!("with a single active consumer, {} spread nothing", quoted(other));
            self.fault(Code::Contradiction, at, message).help = Some(format!("leave out `single_active` or `{other}`"));
            return None;
        }
        Some(active)
    }
}
