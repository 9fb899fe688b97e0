//! The auditor of whole worlds notices every kind of breach.
//!
//! Each rule is broken on purpose: a world is simulated and audited as if it were another one (a limit that is lower, an
//! order that is stricter, a copy that is not sent), or what the kernel tells is falsified on its way to the auditor. The
//! sound world passes beside it. Random worlds are in `swarm`.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use forebay::engine::events::{DeadLetter, Ledger, Loss, Message, Observer, Staff, simulate};
use forebay::model::{
    AfterFailure, Crashes, Destination, Distribution, Emission, Failures, Model, Order, Overflow, Partitions, Path,
    Process, Queue, Rate, Resource, Retry, Routing, Topic, Ttl, TtlPlace,
};
use kit::audit::{Auditor, Rule, Violation, audit};
use kit::build;

/// A busy queue with two replicas of two slots each.
fn busy() -> Model {
    let mut model = build::single(20.0, 20.0, 2, Distribution::Exponential { mean_s: 0.2 });
    model.groups[0].concurrency = 2;
    model.groups[0].prefetch = 2;
    model
}

/// Three quiet stages: what the first has done goes to the second, or as copies to the second and the third.
fn pipeline() -> Model {
    let mut model = busy();
    for id in 1..3 {
        model.queues.push(Queue::new(format!("q{id}")));
        model.groups.push(build::group(&format!("g{id}"), id, 4, Distribution::Exponential { mean_s: 0.1 }));
    }
    model.groups[0].emits = vec![Emission { to: Destination::Queue(1), per_message: 1.0 }];
    model.paths = vec![Path { name: "p".to_owned(), queues: vec![0, 1] }];
    model
}

fn failing(then: AfterFailure) -> Failures {
    Failures { probability: 0.3, poison: 0.0, then, retry: Retry::AtOnce, partial: false }
}

/// Rules that a run of one world breaks if it is taken for another.
fn broken(run: &Model, taken_for: &Model) -> Vec<Rule> {
    let mut auditor = Auditor::new(taken_for);
    let ledger = simulate(run, run.seed, 0, &mut auditor).expect("few slots");
    rules(&auditor.finish(&ledger))
}

fn rules(violations: &[Violation]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = violations.iter().map(|violation| violation.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// The world is sound, and noticed for this rule if it is taken for the other one.
fn assert_noticed(rule: Rule, run: &Model, change: impl Fn(&mut Model)) {
    let sound = audit(run, 0);
    assert!(sound.violations.is_empty() && sound.ledger.acked > 50, "{:#?}", sound.violations);
    let mut other = run.clone();
    change(&mut other);
    let rules = broken(run, &other);
    assert!(rules.contains(&rule), "{rule:?} was not noticed, but {rules:?}");
}

fn changed(mut model: Model, change: impl Fn(&mut Model)) -> Model {
    change(&mut model);
    model
}

#[test]
fn bounds_that_are_exceeded_are_noticed() {
    let bounded = changed(busy(), |model| model.queues[0].capacity = Some(5));
    assert_noticed(Rule::Capacity, &bounded, |model| model.queues[0].capacity = Some(4));
    assert_noticed(Rule::Capacity, &bounded, |model| model.queues[0].capacity = Some(6));
    let limited = changed(busy(), |model| model.groups[0].in_flight_limit = Some(3));
    assert_noticed(Rule::Credit, &limited, |model| model.groups[0].in_flight_limit = Some(2));
    assert_noticed(Rule::Idle, &limited, |model| model.groups[0].in_flight_limit = None);
    let prefetching = changed(busy(), |model| model.groups[0].prefetch = 9);
    assert_noticed(Rule::Credit, &prefetching, |model| model.groups[0].prefetch = 8);
    assert_noticed(Rule::Idle, &prefetching, |model| model.groups[0].prefetch = 10);
    let shared = changed(busy(), |model| {
        model.resources.push(Resource { name: "database".to_owned(), slots: 3 });
        model.groups[0].uses = vec![(0, 1)];
    });
    assert_noticed(Rule::Resource, &shared, |model| model.resources[0].slots = 2);
    assert_noticed(Rule::Resource, &shared, |model| model.resources[0].slots = 4);
}

#[test]
fn too_many_deliveries_and_workers_are_noticed() {
    let retrying = changed(busy(), |model| {
        model.groups[0].failures = Some(failing(AfterFailure::Requeue));
        model.queues[0].delivery_limit = Some(3);
    });
    assert_noticed(Rule::Deliveries, &retrying, |model| model.queues[0].delivery_limit = Some(2));
    assert_noticed(Rule::Reason, &retrying, |model| model.queues[0].delivery_limit = Some(4));
    assert_noticed(Rule::Deliveries, &retrying, |model| model.groups[0].failures = None);
    assert_noticed(Rule::SingleActive, &busy(), |model| model.queues[0].single_active = true);
    let alone = changed(busy(), |model| model.queues[0].single_active = true);
    assert_noticed(Rule::Idle, &alone, |model| model.queues[0].single_active = false);
    assert_noticed(Rule::Away, &busy(), |model| model.groups[0].outages = vec![(5.0, 9.0)]);
    assert_noticed(Rule::Away, &busy(), |model| model.queues[0].broker_outages = vec![(5.0, 9.0)]);
}

#[test]
fn orders_that_are_not_kept_are_noticed() {
    let lanes = Partitions { count: 3, skew: 0.0 };
    let urgent = changed(busy(), |model| model.queues[0].order = Order::Priorities(vec![0.3, 0.3, 0.4]));
    assert_noticed(Rule::Fifo, &urgent, |model| model.queues[0].order = Order::Fifo);
    assert_noticed(Rule::Lanes, &urgent, |model| model.queues[0].order = Order::Groups(lanes));
    assert_noticed(Rule::Credit, &urgent, |model| model.queues[0].order = Order::Groups(lanes));
    let grouped = changed(busy(), |model| model.queues[0].order = Order::Groups(lanes));
    assert_noticed(Rule::Priority, &grouped, |model| model.queues[0].order = Order::Priorities(vec![0.3, 0.3, 0.4]));
    let partitioned = changed(busy(), |model| model.queues[0].order = Order::Partitions(lanes));
    assert_noticed(Rule::Fifo, &partitioned, |model| model.queues[0].order = Order::Fifo);
}

#[test]
fn losses_without_a_reason_and_lives_that_are_too_long_are_noticed() {
    let mortal = |after_s: f64| Some(Ttl { after: Distribution::Constant(after_s), at: TtlPlace::Anywhere });
    let impatient = changed(busy(), |model| model.queues[0].ttl = mortal(0.4));
    assert_noticed(Rule::Lifetime, &impatient, |model| model.queues[0].ttl = mortal(0.38));
    assert_noticed(Rule::Reason, &impatient, |model| model.queues[0].ttl = mortal(0.42));
    assert_noticed(Rule::Reason, &impatient, |model| model.queues[0].dead_letter = Some(0));
    let bounded = changed(busy(), |model| model.queues[0].capacity = Some(5));
    assert_noticed(Rule::Reason, &bounded, |model| model.queues[0].overflow = Overflow::DropHead);
    let failing = changed(busy(), |model| model.groups[0].failures = Some(failing(AfterFailure::Drop)));
    assert_noticed(Rule::Reason, &failing, |model| model.groups[0].failures = None);
    let crashing = changed(busy(), |model| {
        model.groups[0].crashes = Some(Crashes { every_s: 3.0, restart_s: 0.5 });
    });
    assert_noticed(Rule::Reason, &crashing, |model| model.groups[0].crashes = None);
}

#[test]
fn flows_that_do_not_arrive_are_noticed() {
    assert_noticed(Rule::Flow, &pipeline(), |model| model.groups[0].emits[0].per_message = 2.0);
    assert_noticed(Rule::Flow, &pipeline(), |model| model.groups[0].emits.clear());
    assert_noticed(Rule::Flow, &pipeline(), |model| model.queues[2].initial = 1);
    let copying = changed(pipeline(), |model| {
        model.topics = vec![Topic { name: "both".to_owned(), to: Routing::Copies(vec![1]) }];
        model.groups[0].emits[0].to = Destination::Topic(0);
    });
    assert_noticed(Rule::Flow, &copying, |model| model.topics[0].to = Routing::Copies(vec![1, 2]));
    assert_noticed(Rule::Paths, &pipeline(), |model| model.paths[0].queues = vec![2, 1]);
    let dying = changed(pipeline(), |model| {
        model.queues[0].capacity = Some(2);
        model.queues[0].overflow = Overflow::DropHead;
        model.queues[0].dead_letter = Some(2);
        model.producers.push(build::producer("slow", 0, Rate::Constant(1.0), Process::Regular));
    });
    assert_noticed(Rule::Flow, &dying, |model| model.queues[0].dead_letter = Some(1));
}

#[test]
fn calendars_and_slots_that_do_not_fit_are_noticed() {
    assert_noticed(Rule::Calendar, &busy(), |model| model.resolution_s *= 1.5);
    assert_noticed(Rule::Calendar, &busy(), |model| model.warmup_s = 3.0);
    assert_noticed(Rule::Slots, &busy(), |model| {
        (model.groups[0].concurrency, model.groups[0].prefetch) = (3, 3);
    });
}

/// How a message's story is falsified, every so often.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    No,
    HideAcks,
    RepeatAcks,
    HidePublishes,
    RepeatStarts,
    ShiftLevels,
    EndPathsTwice,
    Backwards,
}

/// Stands between the kernel and the auditor.
struct Liar<'a, 'm> {
    auditor: &'a mut Auditor<'m>,
    lie: Lie,
    calls: u64,
}

impl Liar<'_, '_> {
    /// Whether this is one of the calls to lie about.
    fn lies(&mut self, lie: Lie) -> bool {
        self.calls += u64::from(self.lie == lie);
        self.lie == lie && self.calls.is_multiple_of(20)
    }
}

impl Observer for Liar<'_, '_> {
    fn published(&mut self, now_s: f64, queue: usize) {
        let now_s = if self.lies(Lie::Backwards) { 0.5 * now_s } else { now_s };
        if !self.lies(Lie::HidePublishes) {
            self.auditor.published(now_s, queue);
        }
    }

    fn levels(&mut self, now_s: f64, queue: usize, ready: usize, unacked: usize) {
        let more = usize::from(self.lies(Lie::ShiftLevels));
        self.auditor.levels(now_s, queue, ready + more, unacked);
    }

    fn started(&mut self, now_s: f64, queue: usize, message: &Message, at_once: bool) {
        self.auditor.started(now_s, queue, message, at_once);
        if self.lies(Lie::RepeatStarts) {
            self.auditor.started(now_s, queue, message, at_once);
        }
    }

    fn acked(&mut self, now_s: f64, queue: usize, message: &Message) {
        if !self.lies(Lie::HideAcks) {
            self.auditor.acked(now_s, queue, message);
        }
        if self.lies(Lie::RepeatAcks) {
            self.auditor.acked(now_s, queue, message);
        }
    }

    fn lost(&mut self, now_s: f64, queue: usize, message: &Message, why: Loss) {
        self.auditor.lost(now_s, queue, message, why);
    }

    fn dead_lettered(&mut self, now_s: f64, queue: usize, message: &Message, why: DeadLetter) {
        self.auditor.dead_lettered(now_s, queue, message, why);
    }

    fn path_started(&mut self, now_s: f64, path: usize) {
        self.auditor.path_started(now_s, path);
    }

    fn path_ended(&mut self, now_s: f64, path: usize, origin_s: f64, completed: bool) {
        self.auditor.path_ended(now_s, path, origin_s, completed);
        if self.lies(Lie::EndPathsTwice) {
            self.auditor.path_ended(now_s, path, origin_s, completed);
        }
    }

    fn redelivered(&mut self, now_s: f64, queue: usize) {
        self.auditor.redelivered(now_s, queue);
    }

    fn slots(&mut self, now_s: f64, group: usize, busy: u32, overhead: u32) {
        self.auditor.slots(now_s, group, busy, overhead);
    }

    fn staff(&mut self, now_s: f64, group: usize, staff: Staff, taking: &[u32]) {
        self.auditor.staff(now_s, group, staff, taking);
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        self.auditor.tick(now_s, oldest_s);
    }

    fn warmed_up(&mut self, now_s: f64) {
        self.auditor.warmed_up(now_s);
    }

    fn horizon(&mut self, now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        self.auditor.horizon(now_s, in_system);
    }

    fn settled(&self) -> bool {
        self.auditor.settled()
    }
}

fn told(lie: Lie, falsify: impl Fn(&mut Ledger)) -> Vec<Rule> {
    let model = pipeline();
    let mut auditor = Auditor::new(&model);
    let mut liar = Liar { auditor: &mut auditor, lie, calls: 0 };
    let mut ledger = simulate(&model, model.seed, 0, &mut liar).expect("few slots");
    falsify(&mut ledger);
    rules(&auditor.finish(&ledger))
}

#[test]
fn stories_that_do_not_add_up_are_noticed() {
    assert_eq!(told(Lie::No, |_| ()), []);
    for (lie, rule) in [
        (Lie::HideAcks, Rule::Conservation),
        (Lie::RepeatAcks, Rule::Fate),
        (Lie::HidePublishes, Rule::Conservation),
        (Lie::RepeatStarts, Rule::Fate),
        (Lie::ShiftLevels, Rule::Conservation),
        (Lie::EndPathsTwice, Rule::Paths),
        (Lie::Backwards, Rule::Clock),
    ] {
        let rules = told(lie, |_| ());
        assert!(rules.contains(&rule), "{lie:?} was not noticed for {rule:?}, but {rules:?}");
    }
}

#[test]
fn books_that_do_not_add_up_are_noticed() {
    let falsifications: [fn(&mut Ledger); 7] = [
        |ledger| ledger.published += 1,
        |ledger| ledger.acked += 1,
        |ledger| ledger.rejected += 1,
        |ledger| ledger.dropped += 1,
        |ledger| ledger.expired += 1,
        |ledger| ledger.dead_lettered += 1,
        |ledger| ledger.lost += 1,
    ];
    for falsify in falsifications {
        assert_eq!(told(Lie::No, falsify), [Rule::Accounts]);
    }
}
