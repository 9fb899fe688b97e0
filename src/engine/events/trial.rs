//! Tiny worlds for tests: who starts and ends what, when.

use super::lanes::LaneDraw;
use super::observer::{Loss, Observer, Staff};
use super::{Ledger, Message, simulate};
use crate::model::{
    Arrivals, ConsumerGroup, Distribution, GroupId, Model, Producer, Queue, QueueId, RecordedMessage, ResourceId,
};
use crate::units::Seconds;

/// Writes down what it hears.
#[derive(Default)]
pub(super) struct Diary {
    /// `(when, lane, published)` of each first start.
    pub starts: Vec<(Seconds, u32, Seconds)>,
    /// `(when, lane, published)` of each ack.
    pub acks: Vec<(Seconds, u32, Seconds)>,
    pub redeliveries: usize,
    pub most_unacked: usize,
    pub most_busy: u32,
    pub most_in_use: u32,
    pub most_waiting: usize,
    /// `(when, offsets)` of the partitions at each tick.
    pub offsets: Vec<(Seconds, Vec<(u64, u64)>)>,
}

impl Observer for Diary {
    fn published(&mut self, _: Seconds, _: QueueId) {}

    fn levels(&mut self, _: Seconds, _: QueueId, _: usize, unacked: usize) {
        self.most_unacked = self.most_unacked.max(unacked);
    }

    fn started(&mut self, now_s: Seconds, _: QueueId, message: &Message, _: bool) {
        self.starts.push((now_s, message.lane(), message.published_s));
    }

    fn acked(&mut self, now_s: Seconds, _: QueueId, message: &Message) {
        self.acks.push((now_s, message.lane(), message.published_s));
    }

    fn lost(&mut self, _: Seconds, _: QueueId, _: &Message, _: Loss) {}

    fn redelivered(&mut self, _: Seconds, _: QueueId) {
        self.redeliveries += 1;
    }

    fn slots(&mut self, _: Seconds, _: GroupId, busy: u32, _: u32) {
        self.most_busy = self.most_busy.max(busy);
    }

    fn resource(&mut self, _: Seconds, _: ResourceId, in_use: u32, waiting: usize) {
        self.most_in_use = self.most_in_use.max(in_use);
        self.most_waiting = self.most_waiting.max(waiting);
    }

    fn partitions(&mut self, now_s: Seconds, _: QueueId, offsets: &mut dyn Iterator<Item = (u64, u64)>) {
        self.offsets.push((now_s, offsets.collect()));
    }

    fn staff(&mut self, _: Seconds, _: GroupId, _: Staff, _: &[u32]) {}

    fn tick(&mut self, _: Seconds, _: &mut dyn Iterator<Item = Option<Seconds>>) {}

    fn warmed_up(&mut self, _: Seconds) {}

    fn horizon(&mut self, _: Seconds, _: &mut dyn Iterator<Item = u64>) {}

    fn settled(&self) -> bool {
        false
    }
}

/// A world of one queue and one group, into which messages come at these instants with this work each.
pub(super) fn world(messages: &[(Seconds, Seconds)], queue: Queue, group: ConsumerGroup) -> Model {
    Model {
        producers: vec![recorded("p", messages)],
        queues: vec![queue],
        groups: vec![group],
        ..Model::new("w", 100.0)
    }
}

/// A producer of messages at these instants with this work each.
pub(super) fn recorded(name: &str, messages: &[(Seconds, Seconds)]) -> Producer {
    let row = |(published_s, service_s): &(Seconds, Seconds)| RecordedMessage {
        published_s: *published_s,
        service_s: Some(*service_s),
    };
    Producer::new(name, 0, Arrivals::Recorded(messages.iter().map(row).collect()))
}

/// Replicas whose messages bring their own work.
pub(super) fn replicas(count: u32) -> ConsumerGroup {
    ConsumerGroup::new("g", 0, count, Distribution::Constant(1.0))
}

/// The world with a seed under which the first messages fall into these lanes.
pub(super) fn with_lanes(model: Model, lanes: &[u32]) -> Model {
    let fits = |seed: &u64| {
        let mut draw = LaneDraw::new(&model.queues[0], *seed, 0).expect("a queue with lanes");
        lanes.iter().all(|lane| draw.next(None) == *lane)
    };
    let seed = (1..10_000_000).find(fits).expect("a seed");
    Model { seed, ..model }
}

/// Runs a world to its end; everything must be accounted for.
pub(super) fn watch(model: &Model) -> (Diary, Ledger) {
    let mut diary = Diary::default();
    let ledger = simulate(model, model.seed, 0, &mut diary).expect("few slots");
    let gone = ledger.acked + ledger.rejected + ledger.dropped + ledger.expired + ledger.dead_lettered + ledger.lost;
    assert_eq!(ledger.published, gone + ledger.in_system, "{ledger:?}");
    (diary, ledger)
}
