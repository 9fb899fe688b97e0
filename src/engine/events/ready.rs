//! The ready messages of a queue: deliverable, not delivered, each at its place.
//!
//! A place is a number: where messages come back to their original place it is that of their `order`; elsewhere it is
//! counted up at the back and down at the front. Plain queues are a ring buffer that is used as it is; what leaves in
//! another order or from the middle pays for it here. Not here: who gets a message (`deliver`).

use std::collections::{BTreeMap, VecDeque};

use super::lanes::{ANYONE, Lanes};
use super::message::Message;
use super::state::QueueState;
use crate::model::{Distribution, Model, Order, Queue, QueueId, RequeuePosition, Retention, Retry, TtlPlace};
use crate::units::Seconds;

/// The ready messages of one queue.
pub(super) struct Ready {
    /// All of them, in order, where they leave in order; else empty.
    pub plain: VecDeque<Message>,
    other: Option<Box<Ordered>>,
}

/// Messages that do not simply leave at the head.
struct Ordered {
    store: Store,
    requeue: RequeuePosition,
    /// The next place at the back, and the last one at the front, where `order` does not tell the place.
    back: i64,
    front: i64,
    /// Places by `order`, where `order` does not tell the place.
    places: BTreeMap<u64, i64>,
}

enum Store {
    /// By level, the most urgent first, and by place; one level where there are no priorities.
    Levels(BTreeMap<(u32, i64), Message>),
    /// Partitions or message groups.
    Lanes(Lanes),
}

impl Ready {
    pub fn new(model: &Model, queue: QueueId) -> Ready {
        let settings = &model.queues[queue];
        let store = match &settings.order {
            Order::Fifo if !changes_in_the_middle(model, queue) => None,
            Order::Fifo | Order::Priorities(_) => Some(Store::Levels(BTreeMap::new())),
            Order::Groups(groups) => Some(Store::Lanes(Lanes::new(groups.count, Some(ANYONE)))),
            Order::Partitions(partitions) => Some(Store::Lanes(Lanes::new(partitions.count, None))),
        };
        let other = store.map(|store| Box::new(Ordered::new(store, settings.requeue)));
        Ready { plain: VecDeque::new(), other }
    }

    /// Whether `plain` is all there is.
    pub fn is_plain(&self) -> bool {
        self.other.is_none()
    }

    /// The partitions or message groups.
    #[inline(always)]
    pub fn lanes(&mut self) -> Option<&mut Lanes> {
        match &mut self.other {
            None => None,
            Some(ordered) => ordered.lanes(),
        }
    }

    /// Messages that ever entered each partition or message group, and those of them that left for good.
    pub fn offsets(&self) -> impl Iterator<Item = (u64, u64)> {
        let lanes = match self.other.as_ref().map(|ordered| &ordered.store) {
            Some(Store::Lanes(lanes)) => Some(lanes),
            _ => None,
        };
        lanes.into_iter().flat_map(Lanes::offsets)
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        match &self.other {
            None => self.plain.len(),
            Some(ordered) => ordered.len(),
        }
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing is ready and no consumer waits to begin what it holds.
    #[inline(always)]
    pub fn is_calm(&self) -> bool {
        match &self.other {
            None => self.plain.is_empty(),
            Some(ordered) => ordered.is_calm(),
        }
    }

    /// Whether a message waits for nothing but a consumer.
    #[inline(always)]
    pub fn has_next(&self) -> bool {
        match &self.other {
            None => !self.plain.is_empty(),
            Some(ordered) => ordered.has_next(),
        }
    }

    /// Puts a new message behind all others.
    #[inline(always)]
    pub fn push(&mut self, message: Message) {
        match &mut self.other {
            None => self.plain.push_back(message),
            Some(ordered) => ordered.insert(message, true),
        }
    }

    /// The message that is next to leave.
    #[inline(always)]
    pub fn head(&self) -> Option<&Message> {
        match &self.other {
            None => self.plain.front(),
            Some(ordered) => ordered.head(),
        }
    }

    /// Takes the message that is next to leave.
    #[inline(always)]
    pub fn take_head(&mut self) -> Option<Message> {
        match &mut self.other {
            None => self.plain.pop_front(),
            Some(ordered) => {
                let order = ordered.head()?.order;
                ordered.remove(order)
            }
        }
    }

    /// Who may have a new message at once, if it does not have to wait behind others; [`ANYONE`] for everybody.
    pub fn passes_to(&self, message: &Message) -> Option<u32> {
        match self.other.as_ref().map(|ordered| &ordered.store) {
            Some(Store::Lanes(lanes)) => lanes.passes_to(message),
            _ => self.is_empty().then_some(ANYONE),
        }
    }

    /// Which of the messages that a replica holds may begin first: not one whose partition is being worked on.
    #[inline(always)]
    pub fn first_to_begin(&self, held: &VecDeque<Message>) -> Option<usize> {
        match self.other.as_ref().map(|ordered| &ordered.store) {
            Some(Store::Lanes(lanes)) => held.iter().position(|message| lanes.may_begin(message.lane())),
            _ => Some(0),
        }
    }

    /// Up to `most` of the messages that a replica holds and that may begin together, by their places.
    pub fn to_begin(&self, held: &VecDeque<Message>, most: usize) -> Vec<usize> {
        match self.other.as_ref().map(|ordered| &ordered.store) {
            Some(Store::Lanes(lanes)) => {
                let may_begin = |place: &usize| lanes.may_begin(held[*place].lane());
                (0..held.len()).filter(may_begin).take(most).collect()
            }
            _ => (0..held.len().min(most)).collect(),
        }
    }

    /// Puts a message where it was taken from, wherever this queue puts those that come back.
    pub fn put_before(&mut self, message: Message) {
        match &mut self.other {
            None => self.plain.push_front(message),
            Some(ordered) => {
                ordered.insert_before(message);
                if let Some(lanes) = ordered.lanes() {
                    lanes.let_go(message.lane());
                }
            }
        }
    }

    /// Takes the message that a replica is to get; `None` if there is none for it.
    #[inline(always)]
    pub fn take_for(&mut self, replica: u32) -> Option<Message> {
        match &mut self.other {
            None => self.plain.pop_front(),
            Some(ordered) => ordered.take_for(replica),
        }
    }

    /// Takes out the message of this `order`, if it is ready.
    pub fn remove(&mut self, order: u64) -> Option<Message> {
        match &mut self.other {
            None => {
                let found = self.plain.binary_search_by_key(&order, |message| message.order).ok()?;
                self.plain.remove(found)
            }
            Some(ordered) => ordered.remove(order),
        }
    }

    /// Whether the message of this `order` is ready.
    pub fn has(&self, order: u64) -> bool {
        match &self.other {
            None => self.plain.binary_search_by_key(&order, |message| message.order).is_ok(),
            Some(ordered) => ordered.has(order),
        }
    }

    /// Publish instant of the message that is there longest.
    pub fn oldest_s(&self) -> Option<Seconds> {
        let oldest = match &self.other {
            None => self.plain.front(),
            Some(ordered) => ordered.oldest(),
        };
        oldest.map(|message| message.published_s)
    }
}

impl Ordered {
    fn new(store: Store, requeue: RequeuePosition) -> Ordered {
        Ordered { store, requeue, back: 0, front: 0, places: BTreeMap::new() }
    }

    fn lanes(&mut self) -> Option<&mut Lanes> {
        match &mut self.store {
            Store::Levels(_) => None,
            Store::Lanes(lanes) => Some(lanes),
        }
    }

    fn len(&self) -> usize {
        match &self.store {
            Store::Levels(levels) => levels.len(),
            Store::Lanes(lanes) => lanes.len(),
        }
    }

    fn is_calm(&self) -> bool {
        match &self.store {
            Store::Levels(levels) => levels.is_empty(),
            Store::Lanes(lanes) => lanes.len() == 0 && !lanes.stirs(),
        }
    }

    fn has_next(&self) -> bool {
        match &self.store {
            Store::Levels(levels) => !levels.is_empty(),
            Store::Lanes(lanes) => lanes.has_next(),
        }
    }

    fn insert(&mut self, message: Message, is_new: bool) {
        let place = self.place(&message, is_new);
        self.put(place, message);
    }

    fn put(&mut self, place: i64, message: Message) {
        match &mut self.store {
            Store::Levels(levels) => {
                levels.insert((message.lane(), place), message);
            }
            Store::Lanes(lanes) => lanes.insert(place, message),
        }
    }

    fn insert_before(&mut self, message: Message) {
        let place = match self.requeue {
            RequeuePosition::Original => message.place(),
            RequeuePosition::Front | RequeuePosition::Back => {
                self.front -= 1;
                self.places.insert(message.order, self.front);
                self.front
            }
        };
        self.put(place, message);
    }

    fn place(&mut self, message: &Message, is_new: bool) -> i64 {
        let place = match self.requeue {
            RequeuePosition::Original => return message.place(),
            RequeuePosition::Front if !is_new => {
                self.front -= 1;
                self.front
            }
            RequeuePosition::Front | RequeuePosition::Back => {
                self.back += 1;
                self.back
            }
        };
        self.places.insert(message.order, place);
        place
    }

    fn head(&self) -> Option<&Message> {
        match &self.store {
            Store::Levels(levels) => levels.first_key_value().map(|(_, message)| message),
            Store::Lanes(lanes) => lanes.oldest(),
        }
    }

    fn oldest(&self) -> Option<&Message> {
        match &self.store {
            Store::Levels(levels) => {
                let mut oldest: Option<(i64, &Message)> = None;
                let mut level = 0;
                while let Some(((found, place), message)) = levels.range((level, i64::MIN)..).next() {
                    if oldest.is_none_or(|(before, _)| *place < before) {
                        oldest = Some((*place, message));
                    }
                    level = found + 1;
                }
                oldest.map(|(_, message)| message)
            }
            Store::Lanes(lanes) => lanes.oldest(),
        }
    }

    fn take_for(&mut self, replica: u32) -> Option<Message> {
        let taken = match &mut self.store {
            Store::Levels(levels) => levels.pop_first().map(|(_, message)| message),
            Store::Lanes(lanes) => lanes.take_for(replica),
        }?;
        if self.requeue != RequeuePosition::Original {
            self.places.remove(&taken.order);
        }
        Some(taken)
    }

    fn has(&self, order: u64) -> bool {
        let named = Message::new(0.0, 0.0, order);
        let place = match self.requeue {
            RequeuePosition::Original => Some(named.place()),
            RequeuePosition::Front | RequeuePosition::Back => self.places.get(&order).copied(),
        };
        place.is_some_and(|place| match &self.store {
            Store::Levels(levels) => levels.contains_key(&(named.lane(), place)),
            Store::Lanes(lanes) => lanes.has(named.lane(), place),
        })
    }

    fn remove(&mut self, order: u64) -> Option<Message> {
        let named = Message::new(0.0, 0.0, order);
        let place = match self.requeue {
            RequeuePosition::Original => named.place(),
            RequeuePosition::Front | RequeuePosition::Back => self.places.remove(&order)?,
        };
        match &mut self.store {
            Store::Levels(levels) => levels.remove(&(named.lane(), place)),
            Store::Lanes(lanes) => lanes.remove(named.lane(), place),
        }
    }
}

/// Whether messages leave or return in the middle as a rule: a ring buffer would move half of itself each time.
fn changes_in_the_middle(model: &Model, queue: QueueId) -> bool {
    let settings: &Queue = &model.queues[queue];
    let in_order = settings.requeue == RequeuePosition::Original;
    let expire = settings
        .ttl
        .as_ref()
        .is_some_and(|ttl| ttl.at == TtlPlace::Anywhere && !matches!(ttl.after, Distribution::Constant(_)));
    // Found by their order, which no longer tells where they are.
    let expire = expire || !in_order && (settings.ttl.is_some() || settings.retention != Retention::default());
    let rests = |retry: &Retry| *retry != Retry::AtOnce;
    let mut groups = model.groups_of(queue);
    expire || in_order && groups.any(|group| group.failures.as_ref().is_some_and(|failures| rests(&failures.retry)))
}

impl QueueState<'_> {
    /// Delivered messages are ready again, where this queue puts them.
    pub fn take_back_all(&mut self, mut messages: Vec<Message>) {
        messages.sort_unstable_by_key(Message::place);
        let Ready { plain, other } = &mut self.ready;
        match (self.settings.requeue, plain.front(), messages.last()) {
            // Others came back before: the two runs are merged, which a stable sort does in one sweep.
            (RequeuePosition::Original, Some(first), Some(last)) if other.is_none() && first.order < last.order => {
                plain.extend(messages);
                plain.make_contiguous().sort_by_key(Message::place);
            }
            (RequeuePosition::Back, ..) => messages.into_iter().for_each(|message| self.take_back(message)),
            _ => messages.into_iter().rev().for_each(|message| self.take_back(message)),
        }
    }

    /// A delivered message is ready again, where this queue puts it.
    pub fn take_back(&mut self, message: Message) {
        let Ready { plain, other } = &mut self.ready;
        match (other, self.settings.requeue) {
            (Some(ordered), _) => {
                ordered.insert(message, false);
                if let Some(lanes) = ordered.lanes() {
                    lanes.let_go(message.lane());
                }
            }
            (None, RequeuePosition::Front) => plain.push_front(message),
            (None, RequeuePosition::Back) => plain.push_back(message),
            (None, RequeuePosition::Original) => {
                let before = plain.partition_point(|other| other.order < message.order);
                plain.insert(before, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsumerGroup, Ttl};

    fn model(requeue: RequeuePosition, ttl: Option<Distribution>) -> Model {
        let ttl = ttl.map(|after| Ttl { after, at: TtlPlace::Anywhere });
        Model {
            queues: vec![Queue { ttl, requeue, ..Queue::new("q") }],
            groups: vec![ConsumerGroup::new("g", 0, 1, Distribution::Constant(1.0))],
            ..Model::new("ready", 10.0)
        }
    }

    fn both() -> [Ready; 2] {
        [None, Some(Distribution::Exponential { mean_s: 1.0 })]
            .map(|ttl| Ready::new(&model(RequeuePosition::Original, ttl), 0))
    }

    fn message(order: u64) -> Message {
        Message::new(order as f64, 1.0, order)
    }

    fn orders(ready: &mut Ready) -> Vec<u64> {
        std::iter::from_fn(|| ready.take_head()).map(|message| message.order).collect()
    }

    #[test]
    fn messages_leave_in_order_wherever_they_come_back() {
        let plain = model(RequeuePosition::Original, None);
        for mut ready in both() {
            (3..6).for_each(|order| ready.push(message(order)));
            let mut queue = QueueState { ready, ..QueueState::new(&plain, 0, 1, 0) };
            queue.take_back_all(vec![message(1), message(0)]);
            queue.take_back_all(vec![message(7), message(2)]);
            queue.take_back(message(6));
            let mut ready = queue.ready;
            assert_eq!(ready.len(), 8);
            assert_eq!(ready.oldest_s(), Some(0.0));
            assert_eq!(ready.remove(4).map(|message| message.published_s), Some(4.0));
            assert_eq!(ready.remove(4), None);
            assert_eq!(orders(&mut ready), [0, 1, 2, 3, 5, 6, 7]);
            assert!(ready.is_empty());
        }
    }

    #[test]
    fn only_queues_that_change_in_the_middle_pay_for_it() {
        let plain = |ttl| Ready::new(&model(RequeuePosition::Original, ttl), 0).is_plain();
        assert!(plain(None));
        assert!(plain(Some(Distribution::Constant(3.0))));
        assert!(!plain(Some(Distribution::Exponential { mean_s: 3.0 })));
    }

    #[test]
    fn what_comes_back_is_put_where_the_queue_says() {
        for (position, expected) in [
            (RequeuePosition::Original, [0, 1, 2, 3, 4]),
            (RequeuePosition::Front, [2, 0, 1, 3, 4]),
            (RequeuePosition::Back, [3, 4, 0, 1, 2]),
        ] {
            for ttl in [None, Some(Distribution::Exponential { mean_s: 1.0 })] {
                let model = model(position, ttl);
                let mut queue = QueueState::new(&model, 0, 1, 0);
                (3..6).for_each(|order| queue.ready.push(message(order)));
                queue.take_back_all(vec![message(1), message(0)]);
                queue.take_back(message(2));
                if !queue.ready.is_plain() || position == RequeuePosition::Original {
                    assert_eq!(queue.ready.remove(5).map(|message| message.order), Some(5));
                } else {
                    queue.ready.plain.retain(|message| message.order != 5);
                }
                assert_eq!(orders(&mut queue.ready), expected, "{position:?}");
            }
        }
    }

    #[test]
    fn urgent_messages_leave_first_and_each_level_in_order() {
        let order = crate::model::Order::Priorities(vec![0.5, 0.5]);
        let queues = vec![Queue { order, ..Queue::new("q") }];
        let mut ready = Ready::new(&Model { queues, ..Model::new("levels", 10.0) }, 0);
        for (place, lane) in [(0, 1), (1, 0), (2, 1), (3, 0)] {
            ready.push(message(place).in_lane(lane));
        }
        assert_eq!(ready.oldest_s(), Some(0.0));
        let found: Vec<_> =
            std::iter::from_fn(|| ready.take_for(0)).map(|message| (message.lane(), message.place())).collect();
        assert_eq!(found, [(0, 1), (0, 3), (1, 0), (1, 2)]);
    }
}
