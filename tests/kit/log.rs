//! An observer that writes everything down, so that two runs can be compared word by word.

use forebay::engine::events::{Ledger, Loss, Message, Observer, Staff, simulate};
use forebay::model::{GroupId, Model, QueueId};

/// What was told: when, in which words, with which numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub at_s: f64,
    pub what: &'static str,
    pub numbers: Vec<f64>,
}

/// Everything that was told, by queue and by group; a run always lasts twice the horizon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    pub queues: Vec<Vec<Entry>>,
    pub groups: Vec<Vec<Entry>>,
    pub calendar: Vec<Entry>,
}

/// The log and the ledger of the model's first replication.
pub fn log(model: &Model) -> (Log, Ledger) {
    let mut log = Log {
        queues: vec![Vec::new(); model.queues.len()],
        groups: vec![Vec::new(); model.groups.len()],
        calendar: Vec::new(),
    };
    let ledger = simulate(model, model.seed, 0, &mut log).expect("a small model has few slots");
    (log, ledger)
}

impl Log {
    /// Every instant and every work multiplied by `k`; −1 stands for none.
    pub fn slowed(mut self, k: f64) -> Log {
        let slow = |time_s: &mut f64| *time_s *= if *time_s > 0.0 { k } else { 1.0 };
        let entries = self.queues.iter_mut().chain(&mut self.groups).chain([&mut self.calendar]).flatten();
        for entry in entries {
            entry.at_s *= k;
            match entry.what {
                "started" | "acked" | "lost" => entry.numbers[..2].iter_mut().for_each(slow),
                "tick" => entry.numbers.iter_mut().for_each(slow),
                _ => {}
            }
        }
        self
    }

    /// Messages of a queue in the order in which they became deliverable: `(order, published, time)` of all `what`.
    pub fn messages(&self, queue: QueueId, what: &str) -> Vec<(u64, f64, f64)> {
        let entries = self.queues[queue].iter().filter(|entry| entry.what == what);
        let mut found: Vec<_> = entries.map(|entry| (entry.numbers[2] as u64, entry.numbers[0], entry.at_s)).collect();
        found.sort_by_key(|message| message.0);
        found
    }
}

fn entry(at_s: f64, what: &'static str, numbers: impl Into<Vec<f64>>) -> Entry {
    Entry { at_s, what, numbers: numbers.into() }
}

/// A work that is not drawn yet is written as −1: NaN differs from itself.
fn words(message: &Message) -> [f64; 4] {
    let work_s = if message.work_s.is_nan() { -1.0 } else { message.work_s };
    [message.published_s, work_s, message.order as f64, f64::from(message.deliveries)]
}

impl Observer for Log {
    fn published(&mut self, now_s: f64, queue: QueueId) {
        self.queues[queue].push(entry(now_s, "published", []));
    }

    fn levels(&mut self, now_s: f64, queue: QueueId, ready: usize, unacked: usize) {
        self.queues[queue].push(entry(now_s, "levels", [ready as f64, unacked as f64]));
    }

    fn started(&mut self, now_s: f64, queue: QueueId, message: &Message, at_once: bool) {
        let mut numbers = words(message).to_vec();
        numbers.push(f64::from(u8::from(at_once)));
        self.queues[queue].push(entry(now_s, "started", numbers));
    }

    fn acked(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.queues[queue].push(entry(now_s, "acked", words(message)));
    }

    fn lost(&mut self, now_s: f64, queue: QueueId, message: &Message, why: Loss) {
        let mut numbers = words(message).to_vec();
        numbers.push(f64::from(u8::from(why == Loss::Dropped)));
        self.queues[queue].push(entry(now_s, "lost", numbers));
    }

    fn redelivered(&mut self, now_s: f64, queue: QueueId) {
        self.queues[queue].push(entry(now_s, "redelivered", []));
    }

    fn slots(&mut self, now_s: f64, group: GroupId, busy: u32, overhead: u32) {
        self.groups[group].push(entry(now_s, "slots", [f64::from(busy), f64::from(overhead)]));
    }

    fn staff(&mut self, now_s: f64, group: GroupId, staff: Staff, taking: &[u32]) {
        let mut numbers = vec![f64::from(staff.wanted), f64::from(staff.running), f64::from(staff.slots)];
        numbers.extend(taking.iter().map(|replicas| f64::from(*replicas)));
        self.groups[group].push(entry(now_s, "staff", numbers));
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        let oldest_s: Vec<f64> = oldest_s.map(|oldest_s| oldest_s.unwrap_or(-1.0)).collect();
        self.calendar.push(entry(now_s, "tick", oldest_s));
    }

    fn warmed_up(&mut self, now_s: f64) {
        self.calendar.push(entry(now_s, "warmed up", []));
    }

    fn horizon(&mut self, now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        let in_system: Vec<f64> = in_system.map(|messages| messages as f64).collect();
        self.calendar.push(entry(now_s, "horizon", in_system));
    }

    fn settled(&self) -> bool {
        false
    }
}
