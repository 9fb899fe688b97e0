//! An observer that knows the laws of a run and writes down every breach.
//!
//! Counters are checked with every call; what holds only between events is checked when the clock moves on, so that the
//! order of calls within an instant is free. It knows the model and nothing of the kernel's insides. Not here: the laws of
//! queues (`queue`) and of groups (`group`).

mod group;
mod queue;

use forebay::engine::events::{Ledger, Loss, Message, Observer, Staff, simulate};
use forebay::model::{GroupId, Model, QueueId};

use group::GroupWatch;
use queue::QueueWatch;

/// What must hold on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A group that is away has no slot, and a queue whose groups are all away has neither start nor ack.
    Absence,
    /// The ledger says what was observed.
    Accounts,
    /// Ticks, the end of the warm-up and the horizon come when they are due, and once.
    Calendar,
    /// At most `capacity` messages are ready; only returned ones may exceed it, and then nothing else adds to them.
    Capacity,
    /// Time does not go back.
    Clock,
    /// Published = acked + lost + ready + unacked + delayed.
    Conservation,
    /// Replicas hold at most their prefetch; what they work on is unacked.
    Credit,
    /// A message was published before it starts, starts once for the first time, and ends once, by an ack or a loss.
    Fate,
    /// Unbuffered groups start messages in the order in which these became deliverable.
    Fifo,
    /// No message stays ready, or is lost, while somebody could take it.
    Idle,
    /// ∫depth dt = Σ of the messages' times in depth.
    Little,
    /// A message is lost only by the queue's own overflow, when it is full.
    Loss,
    /// Starts up to any instant find a token in the bucket.
    RateLimit,
    /// Messages are redelivered only after replicas went away, and each redelivery belongs to one of them.
    Return,
    /// A service ends at the first instant at which ∫speed has reached its work.
    Service,
    /// Busy slots and slots in overhead are slots.
    Slots,
    /// Replicas follow their schedule, their start-up and their shutdown.
    Staffing,
}

/// A law that did not hold.
#[derive(Clone, Debug)]
pub struct Breach {
    pub law: Law,
    pub at_s: f64,
    pub what: String,
}

/// Breaches of one run; the first ones are enough.
#[derive(Debug, Default)]
pub struct Breaches(pub Vec<Breach>);

impl Breaches {
    fn check(&mut self, law: Law, at_s: f64, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.0.len() < 20 {
            self.0.push(Breach { law, at_s, what: what() });
        }
    }
}

/// The observer.
pub struct Inspector<'m> {
    model: &'m Model,
    now_s: f64,
    queues: Vec<QueueWatch<'m>>,
    groups: Vec<GroupWatch<'m>>,
    ticks_s: std::vec::IntoIter<f64>,
    warmed_up: bool,
    past_horizon: bool,
    breaches: Breaches,
}

/// What an inspected run came to.
pub struct Inspected {
    pub breaches: Vec<Breach>,
    pub ledger: Ledger,
    /// Messages in the system when the run ended.
    pub left: u64,
}

/// Runs a replication of a model under inspection.
pub fn inspect(model: &Model, replication: u32) -> Inspected {
    let mut inspector = Inspector::new(model);
    let ledger = simulate(model, model.seed, replication, &mut inspector).expect("a small model has few slots");
    let left = inspector.queues.iter().map(QueueWatch::in_system).sum();
    Inspected { breaches: inspector.finish(&ledger), ledger, left }
}

impl<'m> Inspector<'m> {
    pub fn new(model: &'m Model) -> Self {
        Inspector {
            model,
            now_s: 0.0,
            queues: (0..model.queues.len()).map(|queue| QueueWatch::new(model, queue)).collect(),
            groups: model.groups.iter().map(GroupWatch::new).collect(),
            ticks_s: model.interval_ends_s().into_iter(),
            warmed_up: model.warmup_s == 0.0,
            past_horizon: false,
            breaches: Breaches::default(),
        }
    }

    /// All breaches, once the run is over.
    pub fn finish(mut self, ledger: &Ledger) -> Vec<Breach> {
        self.close_instant();
        for queue in &self.queues {
            queue.check_little(self.now_s, &mut self.breaches);
        }
        let sum = |count: fn(&QueueWatch<'m>) -> u64| self.queues.iter().map(count).sum::<u64>();
        let observed = [
            ("published", ledger.published, sum(|queue| queue.published)),
            ("acked", ledger.acked, sum(|queue| queue.acked)),
            ("rejected", ledger.rejected, sum(|queue| queue.rejected)),
            ("dropped", ledger.dropped, sum(|queue| queue.dropped)),
            ("in the system", ledger.in_system, sum(QueueWatch::in_system)),
        ];
        for (what, booked, seen) in observed {
            self.breaches
                .check(Law::Accounts, self.now_s, booked == seen, || format!("{what}: {booked} booked, {seen} seen"));
        }
        let accounted = ledger.acked + ledger.rejected + ledger.dropped + ledger.in_system;
        self.breaches.check(Law::Accounts, self.now_s, ledger.published == accounted, || format!("{ledger:?}"));
        let rest = self.ticks_s.len();
        let complete = rest == 0 && self.warmed_up && self.past_horizon;
        self.breaches.check(Law::Calendar, self.now_s, complete, || format!("{rest} ticks or the horizon never came"));
        self.breaches.0
    }

    /// The clock moves on: what held at the last instant held until now.
    fn at(&mut self, now_s: f64) {
        if now_s > self.now_s {
            self.close_instant();
            for queue in 0..self.queues.len() {
                self.check_idle(queue, now_s, false);
                self.queues[queue].stood_until(now_s, self.now_s);
            }
            self.now_s = now_s;
        }
        let last_s = self.now_s;
        self.breaches.check(Law::Clock, now_s, now_s >= last_s, || format!("after {last_s}"));
    }

    /// Every event of the instant has happened.
    fn close_instant(&mut self) {
        let now_s = self.now_s;
        for group in &self.groups {
            group.check(now_s, &mut self.breaches);
        }
        for (id, queue) in self.queues.iter_mut().enumerate() {
            let groups: Vec<&GroupWatch> = self.groups.iter().filter(|group| group.settings.from == id).collect();
            queue.check(now_s, &groups, &mut self.breaches);
        }
    }

    /// Nobody who could take a message leaves one waiting until `until_s`, or lets it get lost.
    fn check_idle(&mut self, id: QueueId, until_s: f64, is_lost: bool) {
        let queue = &self.queues[id];
        let waits = queue.ready > 0 || is_lost;
        if !waits && !queue.may_buffer {
            return;
        }
        let fate = if is_lost { "is lost" } else { "stays ready" };
        let token = queue.has_token(until_s);
        let groups: Vec<&GroupWatch> = self.groups.iter().filter(|group| group.settings.from == id).collect();
        let mut buffered = queue.unacked as f64;
        let (mut in_overhead, mut credit) = (0.0, 0.0);
        for group in &groups {
            let limited = group.settings.rate_limit.is_some();
            if !group.buffers {
                buffered -= f64::from(group.busy);
                let free = waits && group.surely_free() && (!limited || token);
                self.breaches.check(Law::Idle, self.now_s, !free, || {
                    format!("{}: a message {fate} beside a free slot of {:?}", queue.settings.name, group)
                });
                continue;
            }
            in_overhead += f64::from(group.overhead);
            credit += f64::from(group.taking) * f64::from(group.settings.prefetch);
            let alone = groups.len() == 1 && group.is_one_replica();
            let held_back = alone && buffered > f64::from(group.busy) && group.free() > 0 && (!limited || token);
            self.breaches.check(Law::Idle, self.now_s, !held_back, || {
                format!("{}: a buffered message waits beside a free slot of {:?}", queue.settings.name, group)
            });
        }
        let filled = !waits || buffered + in_overhead >= credit;
        self.breaches.check(Law::Idle, self.now_s, filled, || {
            format!("{}: a message {fate} beside free credit: {buffered} of {credit}", queue.settings.name)
        });
    }

    /// Whether every group of a queue is away.
    fn nobody_there(&self, queue: QueueId) -> bool {
        self.groups.iter().filter(|group| group.settings.from == queue).all(|group| group.is_away(self.now_s))
    }

    fn check_presence(&mut self, queue: QueueId, what: &str) {
        let away = self.nobody_there(queue);
        self.breaches.check(Law::Absence, self.now_s, !away, || format!("a message was {what} while nobody was there"));
    }
}

impl Observer for Inspector<'_> {
    fn published(&mut self, now_s: f64, queue: QueueId) {
        self.at(now_s);
        self.queues[queue].publish(now_s);
    }

    fn levels(&mut self, now_s: f64, queue: QueueId, ready: usize, unacked: usize) {
        self.at(now_s);
        self.queues[queue].set_levels(ready, unacked);
    }

    fn started(&mut self, now_s: f64, queue: QueueId, message: &Message, _at_once: bool) {
        self.at(now_s);
        self.check_presence(queue, "started");
        self.queues[queue].start(now_s, message, &mut self.breaches);
    }

    fn acked(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.at(now_s);
        self.check_presence(queue, "acked");
        let groups = self.groups.iter().filter(|group| group.settings.from == queue);
        let settings: Vec<_> = groups.map(|group| group.settings).collect();
        self.queues[queue].ack(now_s, message, &settings, &mut self.breaches);
    }

    fn lost(&mut self, now_s: f64, queue: QueueId, message: &Message, why: Loss) {
        self.at(now_s);
        self.check_idle(queue, now_s, true);
        self.queues[queue].lose(now_s, message, why, &mut self.breaches);
    }

    fn redelivered(&mut self, now_s: f64, queue: QueueId) {
        self.at(now_s);
        self.queues[queue].redelivered += 1;
    }

    fn slots(&mut self, now_s: f64, group: GroupId, busy: u32, overhead: u32) {
        self.at(now_s);
        self.groups[group].set_slots(now_s, busy, overhead, &mut self.breaches);
    }

    fn staff(&mut self, now_s: f64, group: GroupId, staff: Staff, taking: &[u32]) {
        self.at(now_s);
        self.groups[group].set_staff(now_s, staff, taking, &mut self.breaches);
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        self.at(now_s);
        let due_s = self.ticks_s.next();
        self.breaches.check(Law::Calendar, now_s, due_s == Some(now_s), || format!("a tick was due at {due_s:?}"));
        for (queue, oldest_s) in self.queues.iter().zip(oldest_s) {
            let agrees = oldest_s.is_some() == (queue.ready > 0) && oldest_s.is_none_or(|oldest_s| oldest_s <= now_s);
            self.breaches.check(Law::Calendar, now_s, agrees, || {
                format!("{} ready in {}, the oldest of {oldest_s:?}", queue.ready, queue.settings.name)
            });
        }
    }

    fn warmed_up(&mut self, now_s: f64) {
        self.at(now_s);
        let due = !self.warmed_up && now_s == self.model.warmup_s;
        self.breaches.check(Law::Calendar, now_s, due, || "the warm-up is not over".to_owned());
        self.warmed_up = true;
    }

    fn horizon(&mut self, now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        self.at(now_s);
        let due = !self.past_horizon && now_s == self.model.horizon_s && self.ticks_s.len() == 0;
        self.breaches.check(Law::Calendar, now_s, due, || "the horizon is elsewhere".to_owned());
        self.past_horizon = true;
        let told: Vec<u64> = in_system.collect();
        let counted: Vec<u64> = self.queues.iter().map(QueueWatch::in_system).collect();
        self.breaches
            .check(Law::Conservation, now_s, told == counted, || format!("told {told:?}, counted {counted:?}"));
    }

    /// The run may end as soon as everything is empty.
    fn settled(&self) -> bool {
        self.queues.iter().all(|queue| queue.in_system() == 0)
    }
}
