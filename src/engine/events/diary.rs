//! An observer for tests: writes down what it hears, one line per event, and checks every queue's account as it goes.

use super::{DeadLetter, Ledger, Loss, Message, Observer, SimulationError, Staff, simulate};
use crate::model::{Arrivals, ConsumerGroup, Distribution, GroupId, Model, Producer, Queue, QueueId, RecordedMessage};
use crate::units::Seconds;

/// Everything that was told of a run, but levels, slots, staff and ticks.
#[derive(Debug, Default)]
pub(super) struct Diary {
    pub lines: Vec<String>,
    accounts: Vec<Account>,
    pub wasted_s: Seconds,
    pub late: Vec<(Seconds, Seconds)>,
    pub most_ready: usize,
    pub most_in_system: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    published: usize,
    gone: usize,
    levels: usize,
}

impl Diary {
    fn account(&mut self, queue: QueueId) -> &mut Account {
        if self.accounts.len() <= queue {
            self.accounts.resize(queue + 1, Account::default());
        }
        &mut self.accounts[queue]
    }

    fn write(&mut self, now_s: Seconds, queue: QueueId, message: &Message, what: &str) {
        self.lines.push(format!("{now_s} q{queue} {what} {}", message.published_s));
    }

    fn leaves(&mut self, queue: QueueId) {
        self.account(queue).gone += 1;
    }

    /// How often `what` was told of a queue.
    pub fn count(&self, what: &str) -> usize {
        self.lines.iter().filter(|line| line.contains(what)).count()
    }

    /// The lines that contain one of these.
    pub fn of(&self, what: &[&str]) -> Vec<&str> {
        self.lines.iter().map(String::as_str).filter(|line| what.iter().any(|what| line.contains(what))).collect()
    }
}

impl Observer for Diary {
    fn published(&mut self, _: Seconds, queue: QueueId) {
        self.account(queue).published += 1;
    }
    fn levels(&mut self, now_s: Seconds, queue: QueueId, ready: usize, unacked: usize) {
        self.most_ready = self.most_ready.max(ready);
        self.most_in_system = self.most_in_system.max(ready + unacked);
        let account = self.account(queue);
        account.levels = ready + unacked;
        // The rest is delayed, or waits for its broker.
        assert!(account.gone + account.levels <= account.published, "{now_s} q{queue}: {account:?}");
    }
    fn started(&mut self, now_s: Seconds, queue: QueueId, message: &Message, _: bool) {
        self.write(now_s, queue, message, "started");
    }
    fn acked(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.leaves(queue);
        self.write(now_s, queue, message, "acked");
    }
    fn lost(&mut self, now_s: Seconds, queue: QueueId, message: &Message, why: Loss) {
        self.leaves(queue);
        self.write(now_s, queue, message, &format!("{why:?}"));
    }
    fn dead_lettered(&mut self, now_s: Seconds, queue: QueueId, message: &Message, why: DeadLetter) {
        self.leaves(queue);
        self.write(now_s, queue, message, &format!("dead {why:?}"));
    }
    fn failed(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.write(now_s, queue, message, "failed");
    }
    fn wasted(&mut self, _: Seconds, _: GroupId, work_s: Seconds) {
        self.wasted_s += work_s;
    }
    fn timed_out(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.write(now_s, queue, message, "timed out");
    }
    fn duplicated(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.write(now_s, queue, message, "duplicated");
    }
    fn lost_after_ack(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        self.write(now_s, queue, message, "lost after ack");
    }
    fn crashed(&mut self, now_s: Seconds, group: GroupId) {
        self.lines.push(format!("{now_s} g{group} crashed"));
    }
    fn late(&mut self, now_s: Seconds, _: usize, late_s: Seconds) {
        self.late.push((now_s, late_s));
    }
    fn path_started(&mut self, now_s: Seconds, path: usize) {
        self.lines.push(format!("{now_s} p{path} started"));
    }
    fn path_ended(&mut self, now_s: Seconds, path: usize, origin_s: Seconds, completed: bool) {
        let how = if completed { "completed" } else { "broken" };
        self.lines.push(format!("{now_s} p{path} {how} {origin_s}"));
    }
    fn redelivered(&mut self, now_s: Seconds, queue: QueueId) {
        self.lines.push(format!("{now_s} q{queue} redelivered"));
    }
    fn slots(&mut self, _: Seconds, _: GroupId, _: u32, _: u32) {}
    fn staff(&mut self, _: Seconds, _: GroupId, _: Staff, _: &[u32]) {}
    fn tick(&mut self, _: Seconds, _: &mut dyn Iterator<Item = Option<Seconds>>) {}
    fn warmed_up(&mut self, _: Seconds) {}
    fn horizon(&mut self, now_s: Seconds, in_system: &mut dyn Iterator<Item = u64>) {
        for (queue, in_system) in in_system.enumerate() {
            let account = self.account(queue);
            let accounted = account.gone + in_system as usize;
            assert_eq!(account.published, accounted, "{now_s} q{queue}: {account:?}");
        }
    }
    fn settled(&self) -> bool {
        true
    }
}

/// Runs a model to its horizon; the ledger must balance.
pub(super) fn diary(model: &Model) -> (Diary, Ledger) {
    let mut diary = Diary::default();
    let ledger = simulate(model, model.seed, 0, &mut diary).unwrap();
    assert_eq!(ledger.published, ledger.accounted(), "{ledger:?}");
    (diary, ledger)
}

/// The fault that a model runs into.
pub(super) fn fault(model: &Model) -> Option<SimulationError> {
    simulate(model, model.seed, 0, &mut Diary::default()).err()
}

/// A producer that publishes to a queue at these instants.
pub(super) fn at(to: QueueId, instants_s: &[Seconds]) -> Producer {
    let row = |published_s: &Seconds| RecordedMessage { published_s: *published_s, service_s: None };
    Producer::new(format!("p{to}"), to, Arrivals::Recorded(instants_s.iter().map(row).collect()))
}

/// A group of one slot with constant service.
pub(super) fn worker(from: QueueId, service_s: Seconds) -> ConsumerGroup {
    ConsumerGroup::new(format!("g{from}"), from, 1, Distribution::Constant(service_s))
}

pub(super) fn queue(place: usize) -> Queue {
    Queue::new(format!("q{place}"))
}

/// A model to the horizon of 100 s.
pub(super) fn model(producers: Vec<Producer>, queues: Vec<Queue>, groups: Vec<ConsumerGroup>) -> Model {
    Model { producers, queues, groups, ..Model::new("tiny", 100.0) }
}
