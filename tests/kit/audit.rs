//! An observer that knows the laws of every world, whatever its topology, semantics and faults.
//!
//! The inspector knows plain worlds to the last digit; this one knows what must hold in all: the accounts of every
//! message, who may hold how many, what comes first, and that nobody sleeps beside work. What holds only between events
//! is checked when the clock moves on. Not here: the laws of queues (`queue`), of groups (`group`) and of the flows
//! between queues (`flow`).

mod flow;
mod group;
mod queue;

use std::cell::Cell;
use std::collections::BTreeMap;

use forebay::engine::events::{DeadLetter, Ledger, Loss, Message, Observer, Staff, simulate};
use forebay::model::{GroupId, Model, QueueId, ResourceId};

use group::GroupAudit;
use queue::QueueAudit;

/// What must hold on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The ledger says what was observed.
    Accounts,
    /// Nothing happens at a broker or in a group that is away.
    Away,
    /// Ticks, the end of the warm-up and the horizon come when they are due, and once.
    Calendar,
    /// At most `capacity` messages are ready; only returned ones exceed it.
    Capacity,
    /// Time does not go back.
    Clock,
    /// Published = acked + lost + dead-lettered + in the system, and no more is ready and unacked than is in the system.
    Conservation,
    /// Replicas hold at most their prefetch, groups at most their limit, message groups at most one.
    Credit,
    /// No message is delivered more often than its queue allows, and every redelivery is told.
    Deliveries,
    /// A message starts once for the first time, and ends once.
    Fate,
    /// What a queue gets is what topics, emissions and dead-letter queues send it.
    Flow,
    /// Unbuffered groups start messages in the order in which these became deliverable.
    Fifo,
    /// Nobody who could take a message leaves one waiting.
    Idle,
    /// Within a partition or a message group, a message starts after the one before it has ended.
    Lanes,
    /// No message starts after its time to live, or after its log has forgotten it.
    Lifetime,
    /// Journeys begin and end, in this order and in time.
    Paths,
    /// No message starts while a more urgent one is ready.
    Priority,
    /// A message is lost or dead-lettered only for a reason that its queue or group has.
    Reason,
    /// Services hold no more of a resource than there is, as much as they need, and nobody waits beside enough of it.
    Resource,
    /// One replica of a queue with a single active consumer works.
    SingleActive,
    /// Busy slots and slots in overhead are slots, and those who work are there.
    Slots,
}

/// A rule that did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub rule: Rule,
    pub at_s: f64,
    pub what: String,
}

/// Violations of one run; the first ones of each rule are enough.
#[derive(Debug, Default)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    fn check(&mut self, rule: Rule, at_s: f64, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.0.iter().filter(|violation| violation.rule == rule).count() < 3 {
            self.0.push(Violation { rule, at_s, what: what() });
        }
    }
}

/// Calls after which a run is taken for endless: a hundred times more than any of these worlds needs.
const MOST_CALLS: u64 = 20_000_000;

/// How often what happened: a swarm in which something never happens proves nothing about it.
pub type Census = BTreeMap<&'static str, u64>;

/// The observer.
pub struct Auditor<'m> {
    model: &'m Model,
    now_s: f64,
    queues: Vec<QueueAudit<'m>>,
    groups: Vec<GroupAudit<'m>>,
    ticks_s: std::vec::IntoIter<f64>,
    warmed_up: bool,
    past_horizon: bool,
    /// The kernel was told that it may end.
    has_settled: Cell<bool>,
    /// Units in use and services that wait for some, by resource.
    resources: Vec<(u32, usize)>,
    /// Journeys begun and ended, by path.
    journeys: Vec<(u64, u64)>,
    violations: Violations,
    census: Census,
    calls: u64,
    /// Of everything that was told.
    hash: u64,
}

/// What an audited run came to.
pub struct Audited {
    pub violations: Vec<Violation>,
    pub ledger: Ledger,
    pub census: Census,
    /// Equal for runs of which the same was told.
    pub hash: u64,
}

/// Runs a replication of a model under audit.
pub fn audit(model: &Model, replication: u32) -> Audited {
    let mut auditor = Auditor::new(model);
    let ledger = simulate(model, model.seed, replication, &mut auditor).expect("a small model has few slots");
    let (census, hash) = (auditor.census.clone(), auditor.hash);
    Audited { violations: auditor.finish(&ledger), ledger, census, hash }
}

impl<'m> Auditor<'m> {
    pub fn new(model: &'m Model) -> Self {
        Auditor {
            model,
            now_s: 0.0,
            queues: (0..model.queues.len()).map(|queue| QueueAudit::new(model, queue)).collect(),
            groups: model.groups.iter().map(|group| GroupAudit::new(model, group)).collect(),
            ticks_s: model.interval_ends_s().into_iter(),
            warmed_up: model.warmup_s == 0.0,
            past_horizon: false,
            has_settled: Cell::new(false),
            resources: vec![(0, 0); model.resources.len()],
            journeys: vec![(0, 0); model.paths.len()],
            violations: Violations::default(),
            census: Census::new(),
            calls: 0,
            hash: 0xcbf2_9ce4_8422_2325,
        }
    }

    /// All violations, once the run is over.
    pub fn finish(mut self, ledger: &Ledger) -> Vec<Violation> {
        // A run that has settled stops in the middle of an instant.
        if !self.has_settled.get() {
            self.close_instant();
        }
        let sum = |count: fn(&QueueAudit<'m>) -> u64| self.queues.iter().map(count).sum::<u64>();
        let observed = [
            ("published", ledger.published, sum(|queue| queue.published)),
            ("acked", ledger.acked, sum(|queue| queue.acked)),
            ("rejected", ledger.rejected, sum(|queue| queue.lost(&[Loss::Rejected]))),
            ("dropped", ledger.dropped, sum(|queue| queue.lost(&[Loss::Dropped]))),
            ("expired", ledger.expired, sum(|queue| queue.lost(&[Loss::Expired]))),
            ("dead-lettered", ledger.dead_lettered, sum(|queue| queue.dead_lettered)),
            ("lost", ledger.lost, sum(|queue| queue.lost(&queue::OTHERWISE_LOST))),
            ("in the system", ledger.in_system, sum(QueueAudit::in_system)),
        ];
        let now_s = self.now_s;
        for (what, booked, seen) in observed {
            self.violations
                .check(Rule::Accounts, now_s, booked == seen, || format!("{what}: {booked} booked, {seen} seen"));
        }
        let accounted: u64 = observed[1..].iter().map(|(_, booked, _)| booked).sum();
        self.violations.check(Rule::Accounts, now_s, ledger.published == accounted, || format!("{ledger:?}"));
        let complete = self.ticks_s.len() == 0 && self.warmed_up && self.past_horizon;
        self.violations.check(Rule::Calendar, now_s, complete, || "ticks or the horizon never came".to_owned());
        self.violations.0
    }

    /// The clock moves on: what held at the last instant held until now.
    fn at(&mut self, what: &'static str, now_s: f64, numbers: &[u64]) {
        self.calls += 1;
        assert!(self.calls < MOST_CALLS, "this run does not end: {} calls, the clock at {now_s} s", self.calls);
        *self.census.entry(what).or_default() += 1;
        let words = [what.len() as u64, now_s.to_bits()];
        for word in words.iter().chain(numbers) {
            self.hash = (self.hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        }
        if now_s > self.now_s {
            self.close_instant();
            self.now_s = now_s;
        }
        let last_s = self.now_s;
        self.violations.check(Rule::Clock, now_s, now_s >= last_s, || format!("{what} after {last_s}"));
    }

    /// Every event of the instant has happened.
    fn close_instant(&mut self) {
        let now_s = self.now_s;
        for group in &self.groups {
            group.check(now_s, &mut self.violations);
        }
        for (id, queue) in self.queues.iter_mut().enumerate() {
            let groups: Vec<&GroupAudit> = self.groups.iter().filter(|group| group.settings.from == id).collect();
            queue.check(now_s, &groups, &mut self.violations);
        }
        flow::check(self.model, now_s, &self.queues, &mut self.violations);
        group::check_resources(self.model, now_s, &self.groups, &self.resources, &mut self.violations);
        for (path, (begun, _)) in self.model.paths.iter().zip(&self.journeys) {
            let came = self.queues[path.queues[0]].published;
            self.violations.check(Rule::Paths, now_s, *begun <= came, || format!("{begun} set out, {came} came"));
        }
    }

    fn about(&mut self, what: &'static str, now_s: f64, queue: QueueId, message: &Message) {
        let Message { published_s, work_s, order, deliveries, .. } = message;
        self.at(what, now_s, &[queue as u64, published_s.to_bits(), work_s.to_bits(), *order, u64::from(*deliveries)]);
    }
}

impl Observer for Auditor<'_> {
    fn published(&mut self, now_s: f64, queue: QueueId) {
        self.at("published", now_s, &[queue as u64]);
        self.queues[queue].published += 1;
    }

    fn levels(&mut self, now_s: f64, queue: QueueId, ready: usize, unacked: usize) {
        self.at("levels", now_s, &[queue as u64, ready as u64, unacked as u64]);
        self.queues[queue].set_levels(ready as u64, unacked as u64);
    }

    fn started(&mut self, now_s: f64, queue: QueueId, message: &Message, _at_once: bool) {
        self.about("started", now_s, queue, message);
        self.queues[queue].start(now_s, message, &mut self.violations);
    }

    fn acked(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.about("acked", now_s, queue, message);
        self.queues[queue].ack(now_s, message, &mut self.violations);
    }

    fn lost(&mut self, now_s: f64, queue: QueueId, message: &Message, why: Loss) {
        self.about(queue::name_of(why), now_s, queue, message);
        self.queues[queue].lose(now_s, message, why, &mut self.violations);
    }

    fn dead_lettered(&mut self, now_s: f64, queue: QueueId, message: &Message, why: DeadLetter) {
        self.about("dead-lettered", now_s, queue, message);
        self.queues[queue].dead_letter(now_s, message, why, &mut self.violations);
    }

    fn failed(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.about("failed", now_s, queue, message);
        self.queues[queue].fail(now_s, message, &mut self.violations);
    }

    fn wasted(&mut self, now_s: f64, group: GroupId, slot_s: f64) {
        self.at("wasted", now_s, &[group as u64, slot_s.to_bits()]);
        let sound = slot_s >= 0.0 && slot_s.is_finite();
        self.violations.check(Rule::Slots, now_s, sound, || format!("{slot_s} s wasted"));
    }

    fn timed_out(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.about("timed out", now_s, queue, message);
        self.queues[queue].time_out(now_s, message, &mut self.violations);
    }

    fn duplicated(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.about("duplicated", now_s, queue, message);
        self.queues[queue].duplicate(now_s, &mut self.violations);
    }

    fn lost_after_ack(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.about("lost after ack", now_s, queue, message);
        self.queues[queue].lose_after_ack(now_s, message, &mut self.violations);
    }

    fn crashed(&mut self, now_s: f64, group: GroupId) {
        self.at("crashed", now_s, &[group as u64]);
        let may = self.groups[group].settings.crashes.is_some();
        self.violations.check(Rule::Reason, now_s, may, || "a replica crashed that never does".to_owned());
    }

    fn late(&mut self, now_s: f64, producer: usize, late_s: f64) {
        self.at("late", now_s, &[producer as u64, late_s.to_bits()]);
        let sound = late_s > 0.0 && late_s <= now_s && flow::may_stop(self.model, producer);
        self.violations.check(Rule::Reason, now_s, sound, || format!("producer {producer} was {late_s} s late"));
    }

    fn resource(&mut self, now_s: f64, resource: ResourceId, in_use: u32, waiting: usize) {
        self.at("resource", now_s, &[resource as u64, u64::from(in_use), waiting as u64]);
        self.resources[resource] = (in_use, waiting);
    }

    fn path_started(&mut self, now_s: f64, path: usize) {
        self.at("path started", now_s, &[path as u64]);
        self.journeys[path].0 += 1;
    }

    fn path_ended(&mut self, now_s: f64, path: usize, origin_s: f64, completed: bool) {
        let what = if completed { "path completed" } else { "path broken off" };
        self.at(what, now_s, &[path as u64, origin_s.to_bits()]);
        let (begun, ended) = &mut self.journeys[path];
        *ended += 1;
        let sound = ended <= begun && (0.0..=now_s).contains(&origin_s);
        self.violations.check(Rule::Paths, now_s, sound, || format!("{ended} of {begun} ended, from {origin_s}"));
    }

    fn redelivered(&mut self, now_s: f64, queue: QueueId) {
        self.at("redelivered", now_s, &[queue as u64]);
        self.queues[queue].redeliver(now_s, &mut self.violations);
    }

    fn slots(&mut self, now_s: f64, group: GroupId, busy: u32, overhead: u32) {
        self.at("slots", now_s, &[group as u64, u64::from(busy), u64::from(overhead)]);
        (self.groups[group].busy, self.groups[group].overhead) = (busy, overhead);
    }

    fn staff(&mut self, now_s: f64, group: GroupId, staff: Staff, taking: &[u32]) {
        let numbers = [group as u64, u64::from(staff.wanted), u64::from(staff.running), u64::from(staff.slots)];
        self.at("staff", now_s, &numbers);
        self.groups[group].set_staff(now_s, staff, taking.iter().sum());
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        self.at("tick", now_s, &[]);
        let due_s = self.ticks_s.next();
        self.violations.check(Rule::Calendar, now_s, due_s == Some(now_s), || format!("a tick was due at {due_s:?}"));
        for (queue, oldest_s) in self.queues.iter().zip(oldest_s) {
            let agrees = oldest_s.is_some() == (queue.ready > 0) && oldest_s.is_none_or(|oldest_s| oldest_s <= now_s);
            self.violations.check(Rule::Calendar, now_s, agrees, || {
                format!("{} ready in {}, the oldest of {oldest_s:?}", queue.ready, queue.settings.name)
            });
        }
    }

    fn warmed_up(&mut self, now_s: f64) {
        self.at("warmed up", now_s, &[]);
        let due = !self.warmed_up && now_s == self.model.warmup_s;
        self.violations.check(Rule::Calendar, now_s, due, || "the warm-up is not over".to_owned());
        self.warmed_up = true;
    }

    fn horizon(&mut self, now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        self.at("horizon", now_s, &[]);
        let due = !self.past_horizon && now_s == self.model.horizon_s;
        self.violations.check(Rule::Calendar, now_s, due, || "the horizon is elsewhere".to_owned());
        self.past_horizon = true;
        let told: Vec<u64> = in_system.collect();
        let counted: Vec<u64> = self.queues.iter().map(QueueAudit::in_system).collect();
        self.violations
            .check(Rule::Conservation, now_s, told == counted, || format!("told {told:?}, counted {counted:?}"));
    }

    /// The run may end as soon as everything is empty.
    fn settled(&self) -> bool {
        let is_empty = self.queues.iter().all(|queue| queue.in_system() == 0);
        self.has_settled.set(is_empty && self.past_horizon || self.has_settled.get());
        is_empty
    }
}
