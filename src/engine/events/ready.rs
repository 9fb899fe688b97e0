//! The ready messages of a queue: deliverable, not delivered, each at its place.
//!
//! A message's place is its `order`, read as a signed number: what becomes deliverable goes to the back, what comes back
//! to the front gets a place before 0. Plain queues are a ring buffer that is used as it is; what can be taken from the
//! middle, or leaves in another order, pays for it here. Not here: who gets a message (`deliver`).

use std::collections::{BTreeMap, VecDeque};

use super::message::Message;
use super::state::QueueState;
use crate::model::{Distribution, Model, Queue, QueueId, RequeuePosition, Retry, TtlPlace};
use crate::units::Seconds;

/// The ready messages of one queue.
pub(super) struct Ready {
    /// All of them, in order, where they leave in order; else empty.
    pub plain: VecDeque<Message>,
    other: Option<Box<Ordered>>,
}

/// Messages that do not simply leave at the head.
enum Ordered {
    /// First in, first out, but many leave or return in the middle.
    Line(Line),
}

/// Messages by place.
type Line = BTreeMap<i64, Message>;

fn place(message: &Message) -> i64 {
    message.order.cast_signed()
}

impl Ready {
    pub fn new(model: &Model, queue: QueueId) -> Ready {
        let other = changes_in_the_middle(model, queue).then(|| Box::new(Ordered::Line(Line::new())));
        Ready { plain: VecDeque::new(), other }
    }

    /// Whether `plain` is all there is.
    pub fn is_plain(&self) -> bool {
        self.other.is_none()
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

    /// Puts a message behind all others; its place must be the last.
    #[inline(always)]
    pub fn push(&mut self, message: Message) {
        match &mut self.other {
            None => self.plain.push_back(message),
            Some(ordered) => ordered.insert(message),
        }
    }

    /// Puts a message at its place.
    pub fn insert(&mut self, message: Message) {
        match &mut self.other {
            None => {
                let before = self.plain.partition_point(|other| place(other) < place(&message));
                self.plain.insert(before, message);
            }
            Some(ordered) => ordered.insert(message),
        }
    }

    /// Puts messages at their places.
    pub fn insert_all(&mut self, mut messages: Vec<Message>) {
        messages.sort_unstable_by_key(place);
        if let Some(ordered) = &mut self.other {
            messages.into_iter().for_each(|message| ordered.insert(message));
            return;
        }
        match (self.plain.front(), messages.last()) {
            // Others came back before: the two runs are merged, which a stable sort does in one sweep.
            (Some(first), Some(last)) if place(first) < place(last) => {
                self.plain.extend(messages);
                self.plain.make_contiguous().sort_by_key(place);
            }
            _ => messages.into_iter().rev().for_each(|message| self.plain.push_front(message)),
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
            Some(ordered) => ordered.take_head(),
        }
    }

    /// Takes the message that `_replica` is to get; `None` if there is none for it.
    #[inline(always)]
    pub fn take_for(&mut self, _replica: u32) -> Option<Message> {
        self.take_head()
    }

    /// Takes out the message of this `order`, if it is ready.
    pub fn remove(&mut self, order: u64) -> Option<Message> {
        let at = order.cast_signed();
        match &mut self.other {
            None => {
                let found = self.plain.binary_search_by_key(&at, place).ok()?;
                self.plain.remove(found)
            }
            Some(ordered) => ordered.remove(at),
        }
    }

    /// Publish instant of the oldest.
    pub fn oldest_s(&self) -> Option<Seconds> {
        self.head().map(|message| message.published_s)
    }
}

impl Ordered {
    fn len(&self) -> usize {
        match self {
            Ordered::Line(line) => line.len(),
        }
    }

    fn insert(&mut self, message: Message) {
        match self {
            Ordered::Line(line) => line.insert(place(&message), message),
        };
    }

    fn head(&self) -> Option<&Message> {
        match self {
            Ordered::Line(line) => line.first_key_value().map(|(_, message)| message),
        }
    }

    fn take_head(&mut self) -> Option<Message> {
        match self {
            Ordered::Line(line) => line.pop_first().map(|(_, message)| message),
        }
    }

    fn remove(&mut self, at: i64) -> Option<Message> {
        match self {
            Ordered::Line(line) => line.remove(&at),
        }
    }
}

/// Whether messages leave or return in the middle as a rule: a ring buffer would move half of itself each time.
fn changes_in_the_middle(model: &Model, queue: QueueId) -> bool {
    let settings: &Queue = &model.queues[queue];
    let expire = settings
        .ttl
        .as_ref()
        .is_some_and(|ttl| ttl.at == TtlPlace::Anywhere && !matches!(ttl.after, Distribution::Constant(_)));
    let rests = |retry: &Retry| *retry != Retry::AtOnce;
    let mut groups = model.groups_of(queue);
    expire
        || settings.requeue == RequeuePosition::Original
            && groups.any(|group| group.failures.as_ref().is_some_and(|failures| rests(&failures.retry)))
}

impl QueueState<'_> {
    /// Delivered messages are ready again, where this queue puts them.
    pub fn take_back_all(&mut self, mut messages: Vec<Message>) {
        if self.settings.requeue != RequeuePosition::Original {
            messages.sort_unstable_by_key(place);
            let behind = self.settings.requeue == RequeuePosition::Back;
            if !behind {
                messages.reverse();
            }
            messages.iter_mut().for_each(|message| self.renumber(message));
        }
        self.ready.insert_all(messages);
    }

    /// A delivered message is ready again, where this queue puts it.
    pub fn take_back(&mut self, mut message: Message) {
        self.renumber(&mut message);
        self.ready.insert(message);
    }

    fn renumber(&mut self, message: &mut Message) {
        match self.settings.requeue {
            RequeuePosition::Original => {}
            RequeuePosition::Front => {
                self.first_order = self.first_order.wrapping_sub(1);
                message.order = self.first_order;
            }
            RequeuePosition::Back => {
                message.order = self.next_order;
                self.next_order += 1;
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
            queues: vec![Queue { requeue, ttl, ..Queue::new("q") }],
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

    fn orders(ready: &mut Ready) -> Vec<i64> {
        std::iter::from_fn(|| ready.take_head()).map(|message| place(&message)).collect()
    }

    #[test]
    fn messages_leave_in_order_wherever_they_come_back() {
        for mut ready in both() {
            (3..6).for_each(|order| ready.push(message(order)));
            ready.insert_all(vec![message(1), message(0)]);
            ready.insert_all(vec![message(7), message(2)]);
            ready.insert(message(6));
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
            (RequeuePosition::Original, vec![0, 1, 2, 3, 4]),
            (RequeuePosition::Front, vec![-3, -2, -1, 3, 4]),
            (RequeuePosition::Back, vec![3, 4, 5, 6, 7]),
        ] {
            let model = model(position, None);
            let mut queue = QueueState::new(&model, 0, 1, 0);
            (3..5).for_each(|order| queue.ready.push(message(order)));
            queue.next_order = 5;
            queue.take_back_all(vec![message(1), message(0)]);
            queue.take_back(message(2));
            let published: Vec<_> = queue.ready.plain.iter().map(|message| message.published_s).collect();
            let came_back = match position {
                RequeuePosition::Original => [0.0, 1.0, 2.0, 3.0, 4.0],
                RequeuePosition::Front => [2.0, 0.0, 1.0, 3.0, 4.0],
                RequeuePosition::Back => [3.0, 4.0, 0.0, 1.0, 2.0],
            };
            assert_eq!(published, came_back);
            assert_eq!(orders(&mut queue.ready), expected);
        }
    }
}
