//! Laws that hold on every path, on models that were made to strain one of them each; and the proof that the checking
//! observer notices every kind of breach. Random models are in `swarm.rs`.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use forebay::engine::events::{Ledger, Loss, Message, Observer, Staff};
use forebay::model::{Distribution, Model, Overflow, Process, Rate, RateLimit, Replicas, Shutdown};
use kit::build::{self, single};
use kit::inspector::{Inspected, Inspector, Law, inspect};

const SECOND: Distribution = Distribution::Constant(1.0);

/// Runs a model, insists on every law, and hands the run on.
fn lawful(model: &Model) -> Inspected {
    let run = inspect(model, 0);
    assert!(run.breaches.is_empty(), "{:#?}", run.breaches);
    run
}

fn exponential(mean_s: f64) -> Distribution {
    Distribution::Exponential { mean_s }
}

/// One call of the kernel; a message is `(order, published, work)`.
#[derive(Clone, Copy, Debug)]
enum Call {
    Published(f64),
    Levels(f64, usize, usize),
    Started(f64, (u64, f64, f64)),
    Acked(f64, (u64, f64, f64)),
    Lost(f64, (u64, f64, f64), Loss),
    Redelivered(f64),
    Slots(f64, u32, u32),
    Staff(f64, u32, u32, u32, u32),
    Tick(f64),
    Horizon(f64, u64),
}

use Call::{Acked, Horizon, Levels, Lost, Published, Redelivered, Slots, Started, Tick};

fn message((order, published_s, work_s): (u64, f64, f64), started: bool) -> Message {
    let mut message = Message::new(published_s, work_s, order);
    message.deliveries = u16::from(started);
    message.started = started;
    message
}

fn tell(inspector: &mut Inspector, call: Call) {
    match call {
        Published(now_s) => inspector.published(now_s, 0),
        Levels(now_s, ready, unacked) => inspector.levels(now_s, 0, ready, unacked),
        Started(now_s, which) => inspector.started(now_s, 0, &message(which, true), true),
        Acked(now_s, which) => inspector.acked(now_s, 0, &message(which, true)),
        Lost(now_s, which, why) => inspector.lost(now_s, 0, &message(which, false), why),
        Redelivered(now_s) => inspector.redelivered(now_s, 0),
        Slots(now_s, busy, overhead) => inspector.slots(now_s, 0, busy, overhead),
        Call::Staff(now_s, wanted, running, slots, taking) => {
            inspector.staff(now_s, 0, Staff { wanted, running, ready: taking, slots }, &[taking]);
        }
        Tick(now_s) => inspector.tick(now_s, &mut [None].into_iter()),
        Horizon(now_s, in_system) => inspector.horizon(now_s, &mut [in_system].into_iter()),
    }
}

/// Two messages, one replica: the second waits for the first.
fn healthy() -> (Model, Vec<Call>, Ledger) {
    let mut model = single(10.0, 1.0, 1, SECOND);
    model.resolution_s = 10.0;
    let (first, second) = ((0, 1.0, 1.0), (1, 1.5, 1.0));
    let calls = vec![
        Call::Staff(0.0, 1, 1, 1, 1),
        Published(1.0),
        Slots(1.0, 1, 0),
        Started(1.0, first),
        Levels(1.0, 0, 1),
        Published(1.5),
        Levels(1.5, 1, 1),
        Acked(2.0, first),
        Started(2.0, second),
        Levels(2.0, 0, 1),
        Acked(3.0, second),
        Slots(3.0, 0, 0),
        Levels(3.0, 0, 0),
        Tick(10.0),
        Horizon(10.0, 0),
    ];
    (model, calls, Ledger { events: 7, published: 2, acked: 2, ..Ledger::default() })
}

fn broken(model: &Model, calls: &[Call], ledger: Ledger) -> Vec<Law> {
    let mut inspector = Inspector::new(model);
    for call in calls {
        tell(&mut inspector, *call);
    }
    let mut laws: Vec<Law> = Vec::new();
    for breach in inspector.finish(&ledger) {
        if !laws.contains(&breach.law) {
            laws.push(breach.law);
        }
    }
    laws
}

/// The laws that a change of the healthy run breaks.
fn broken_by(change: impl FnOnce(&mut Model, &mut Vec<Call>, &mut Ledger)) -> Vec<Law> {
    let (mut model, mut calls, mut ledger) = healthy();
    change(&mut model, &mut calls, &mut ledger);
    broken(&model, &calls, ledger)
}

#[test]
fn a_healthy_run_breaks_no_law() {
    assert_eq!(broken_by(|_, _, _| ()), []);
}

#[test]
fn time_that_goes_back_is_noticed() {
    assert!(broken_by(|_, calls, _| calls.insert(7, Levels(1.2, 1, 1))).contains(&Law::Clock));
}

#[test]
fn a_message_that_vanishes_is_noticed() {
    assert_eq!(broken_by(|_, calls, _| calls[6] = Levels(1.5, 0, 1)), [Law::Conservation, Law::Little]);
    let forgotten = broken_by(|_, calls, _| calls[14] = Horizon(10.0, 1));
    assert_eq!(forgotten, [Law::Conservation]);
}

#[test]
fn a_false_ledger_is_noticed() {
    assert_eq!(broken_by(|_, _, ledger| ledger.acked = 1), [Law::Accounts]);
    assert_eq!(broken_by(|_, _, ledger| (ledger.acked, ledger.in_system) = (1, 1)), [Law::Accounts]);
}

#[test]
fn a_message_that_is_acked_twice_or_never_published_is_noticed() {
    let twice = broken_by(|_, calls, _| calls[10] = Acked(3.0, (0, 1.0, 1.0)));
    assert!(twice.contains(&Law::Fate), "{twice:?}");
    let forged = broken_by(|_, calls, _| calls[8] = Started(2.0, (1, 1.25, 1.0)));
    assert!(forged.contains(&Law::Fate), "{forged:?}");
    let again = broken_by(|_, calls, _| calls.insert(9, Started(2.0, (1, 1.5, 1.0))));
    assert!(again.contains(&Law::Fate), "{again:?}");
}

#[test]
fn a_service_that_is_too_short_or_too_long_is_noticed() {
    for work_s in [0.999_999, 1.000_001] {
        let laws = broken_by(|_, calls, _| calls[7] = Acked(2.0, (0, 1.0, work_s)));
        assert_eq!(laws, [Law::Service], "{work_s}");
    }
    // At half speed a second of work takes two; the second message would have to wait longer.
    let slow = broken_by(|model, _, _| model.groups[0].speed = Some(Rate::Constant(0.5)));
    assert_eq!(slow, [Law::Service]);
    // The work was done before the pause.
    let pause = Rate::Steps(vec![(0.0, 1.0), (1.75, 0.0)]);
    let late = broken_by(|model, calls, _| {
        model.groups[0].speed = Some(pause);
        calls[7] = Acked(2.0, (0, 1.0, 0.75));
    });
    assert!(late.contains(&Law::Service), "{late:?}");
}

#[test]
fn an_idle_slot_beside_a_waiting_message_is_noticed() {
    let idle = broken_by(|model, calls, _| {
        model.groups[0].replicas = Replicas::Fixed(2);
        calls[0] = Call::Staff(0.0, 2, 2, 2, 2);
    });
    assert_eq!(idle, [Law::Idle]);
}

#[test]
fn overtaking_is_noticed() {
    let overtaken = broken_by(|_, calls, _| {
        calls[3] = Started(1.0, (1, 1.0, 1.0));
        calls[7] = Acked(2.0, (1, 1.0, 1.0));
        calls[8] = Started(2.0, (0, 1.5, 1.0));
        calls[10] = Acked(3.0, (0, 1.5, 1.0));
    });
    assert!(overtaken.contains(&Law::Fifo), "{overtaken:?}");
}

#[test]
fn more_work_than_slots_and_more_messages_than_credit_are_noticed() {
    assert_eq!(broken_by(|_, calls, _| calls[2] = Slots(1.0, 1, 1)), [Law::Slots, Law::Credit]);
    let hoarded = broken_by(|model, calls, _| {
        model.groups[0].prefetch = 2;
        calls[0] = Call::Staff(0.0, 1, 1, 1, 1);
        calls[6] = Levels(1.5, 0, 2);
        calls.splice(7..7, [Published(1.6), Levels(1.6, 0, 3)]);
    });
    assert!(hoarded.contains(&Law::Credit), "{hoarded:?}");
}

#[test]
fn a_full_queue_that_takes_more_is_noticed() {
    assert_eq!(broken_by(|model, _, _| model.queues[0].capacity = Some(0)), [Law::Capacity]);
}

/// The second message is lost instead.
fn lossy(model: &mut Model, calls: &mut Vec<Call>, ledger: &mut Ledger, why: Loss) {
    model.queues[0].capacity = Some(0);
    calls[6] = Lost(1.5, (1, 1.5, 1.0), why);
    calls.splice(7..13, [Acked(2.0, (0, 1.0, 1.0)), Slots(2.0, 0, 0), Levels(2.0, 0, 0)]);
    (ledger.acked, ledger.rejected) = (1, 1);
}

#[test]
fn a_loss_without_a_reason_is_noticed() {
    assert_eq!(broken_by(|model, calls, ledger| lossy(model, calls, ledger, Loss::Rejected)), []);
    let roomy = broken_by(|model, calls, ledger| {
        lossy(model, calls, ledger, Loss::Rejected);
        model.queues[0].capacity = Some(1);
    });
    assert_eq!(roomy, [Law::Loss]);
    let wrong_kind = broken_by(|model, calls, ledger| lossy(model, calls, ledger, Loss::Dropped));
    assert!(wrong_kind.contains(&Law::Loss), "{wrong_kind:?}");
    let idle = broken_by(|model, calls, ledger| {
        lossy(model, calls, ledger, Loss::Rejected);
        model.groups[0].replicas = Replicas::Fixed(2);
        calls[0] = Call::Staff(0.0, 2, 2, 2, 2);
    });
    assert_eq!(idle, [Law::Idle]);
}

#[test]
fn a_start_or_an_ack_of_nobody_is_noticed() {
    let present = broken_by(|model, _, _| model.groups[0].outages = vec![(1.75, 2.5)]);
    assert!(present.contains(&Law::Absence), "{present:?}");
}

#[test]
fn a_start_without_a_token_and_a_token_that_nobody_takes_are_noticed() {
    let limit = |rate_per_s| Some(RateLimit { rate_per_s, burst: 1.0 });
    assert_eq!(broken_by(|model, _, _| model.groups[0].rate_limit = limit(0.75)), [Law::RateLimit]);
    assert_eq!(broken_by(|model, _, _| model.groups[0].rate_limit = limit(1.0)), []);
    // A token is there half a second after the first start, but the second message waits until 4.
    let unused = broken_by(|model, calls, _| {
        model.groups[0].rate_limit = limit(2.0);
        calls.splice(
            8..13,
            [
                Slots(2.0, 0, 0),
                Levels(2.0, 1, 0),
                Slots(4.0, 1, 0),
                Started(4.0, (1, 1.5, 1.0)),
                Levels(4.0, 0, 1),
                Acked(5.0, (1, 1.5, 1.0)),
                Slots(5.0, 0, 0),
                Levels(5.0, 0, 0),
            ],
        );
    });
    assert_eq!(unused, [Law::Idle]);
}

#[test]
fn a_redelivery_without_a_return_is_noticed() {
    let redelivered = broken_by(|_, calls, _| calls.insert(8, Redelivered(2.0)));
    assert_eq!(redelivered, [Law::Return]);
}

#[test]
fn staff_that_ignores_its_schedule_or_its_start_up_is_noticed() {
    assert_eq!(broken_by(|model, _, _| model.groups[0].replicas = Replicas::Fixed(2)), [Law::Staffing]);
    let early = broken_by(|model, calls, _| {
        model.groups[0].startup = Some(SECOND);
        model.groups[0].replicas = Replicas::Steps(vec![(0.0, 1), (4.0, 2)]);
        calls.insert(13, Call::Staff(4.0, 2, 2, 2, 2));
    });
    assert_eq!(early, [Law::Staffing]);
}

#[test]
fn a_calendar_that_skips_or_moves_is_noticed() {
    assert_eq!(broken_by(|_, calls, _| calls.truncate(13)), [Law::Calendar]);
    assert_eq!(broken_by(|_, calls, _| calls[13] = Tick(9.0)), [Law::Calendar]);
    assert_eq!(broken_by(|model, _, _| model.warmup_s = 5.0), [Law::Calendar]);
}

#[test]
fn littles_law_holds_to_emptiness() {
    let mut model = single(500.0, 0.0, 2, exponential(0.5));
    model.producers[0].arrivals = forebay::model::Arrivals::Process {
        rate: Rate::Steps(vec![(0.0, 3.0), (100.0, 7.0), (150.0, 1.0), (400.0, 0.0)]),
        process: Process::Poisson,
    };
    model.queues[0].initial = 25;
    let run = lawful(&model);
    assert_eq!(run.left, 0, "everything was served");
    assert_eq!(run.ledger.published, run.ledger.acked);
    assert!(run.ledger.published > 800, "{:?}", run.ledger);
}

#[test]
fn a_loss_system_loses_only_when_every_slot_is_busy() {
    for overflow in [Overflow::Reject, Overflow::DropHead] {
        let mut model = single(200.0, 8.0, 3, exponential(0.5));
        model.queues[0].capacity = Some(0);
        model.queues[0].overflow = overflow;
        let ledger = lawful(&model).ledger;
        let lost = [ledger.rejected, ledger.dropped][usize::from(overflow == Overflow::DropHead)];
        assert!(lost > 300 && ledger.acked > 300, "{ledger:?}");
    }
}

#[test]
fn outages_return_what_was_held_to_a_bounded_queue() {
    for (prefetch, overflow) in [(1, Overflow::Reject), (2, Overflow::DropHead), (9, Overflow::Reject)] {
        let mut model = single(300.0, 4.0, 3, exponential(0.7));
        model.queues[0].capacity = Some(6);
        model.queues[0].overflow = overflow;
        model.groups[0].prefetch = prefetch;
        model.groups[0].concurrency = 2;
        model.groups[0].startup = Some(Distribution::Uniform { low_s: 0.0, high_s: 3.0 });
        model.groups[0].outages = (0..20).map(|k| (5.0 + 14.0 * f64::from(k), 9.0 + 14.0 * f64::from(k))).collect();
        let ledger = lawful(&model).ledger;
        assert!(ledger.rejected + ledger.dropped > 100 && ledger.acked > 300, "{ledger:?}");
    }
}

#[test]
fn replicas_that_come_and_go_lose_nothing() {
    for shutdown in [Shutdown::Finish, Shutdown::Requeue] {
        let mut model = single(200.0, 5.0, 1, Distribution::lognormal(0.4, 1.5));
        let steps = (0..100).map(|k| (2.0 * f64::from(k), [3, 0, 5, 1, 4][k as usize % 5]));
        model.groups[0].replicas = Replicas::Steps(steps.collect());
        model.groups[0].shutdown = shutdown;
        model.groups[0].concurrency = 2;
        model.groups[0].prefetch = 5;
        model.groups[0].overhead = Some(exponential(0.05));
        let run = lawful(&model);
        assert!(run.ledger.acked > 500, "{:?}", run.ledger);
    }
}

#[test]
fn a_rate_limit_is_neither_exceeded_nor_wasted() {
    for (prefetch, burst) in [(1, 1.0), (1, 7.5), (6, 1.0), (6, 30.0)] {
        let mut model = single(200.0, 9.0, 4, exponential(0.2));
        model.groups[0].prefetch = prefetch;
        model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 6.0, burst });
        let ledger = lawful(&model).ledger;
        let at_most = 6.0 * 400.0 + burst;
        assert!(ledger.acked as f64 > 0.95 * 6.0 * 400.0 && ledger.acked as f64 <= at_most, "{ledger:?}");
    }
}

#[test]
fn work_waits_through_pauses() {
    let mut model = single(300.0, 1.0, 2, exponential(1.0));
    let speed = Rate::Steps(vec![(0.0, 1.0), (3.0, 0.0), (5.0, 2.5)]);
    model.groups[0].speed = Some(Rate::Repeat { every_s: 7.0, rate: Box::new(speed) });
    model.groups[0].speeds = vec![1.0, 0.33];
    assert!(lawful(&model).ledger.acked > 250);
}

#[test]
fn competing_groups_share_without_idling() {
    let mut model = single(200.0, 12.0, 2, exponential(0.25));
    let mut other = build::group("h", 0, 3, Distribution::Uniform { low_s: 0.1, high_s: 0.6 });
    other.outages = vec![(20.0, 40.0), (40.0, 41.0), (100.0, 120.0)];
    model.groups.push(other);
    model.queues[0].delivery_delay = Some(Distribution::Constant(0.75));
    assert!(lawful(&model).ledger.acked > 2000);
}

#[test]
fn nobody_starts_before_or_between_outages_that_touch() {
    let mut model = single(20.0, 2.0, 2, SECOND);
    model.queues[0].initial = 3;
    model.groups[0].outages = vec![(0.0, 4.0), (4.0, 5.0), (8.0, 9.0), (9.0, 10.0)];
    lawful(&model);
    let started = kit::log::log(&model).0.messages(0, "started");
    assert_eq!(started[0], (0, 0.0, 5.0));
    assert!(started.iter().all(|(_, _, at_s)| !(8.0..10.0).contains(at_s)), "{started:?}");
}

#[test]
fn replicas_that_come_when_an_outage_begins_start_nothing() {
    let mut model = single(20.0, 0.0, 0, SECOND);
    model.queues[0].initial = 1;
    model.groups[0].replicas = Replicas::Steps(vec![(0.0, 0), (7.0, 4)]);
    model.groups[0].outages = vec![(7.0, 12.0)];
    lawful(&model);
    assert_eq!(kit::log::log(&model).0.messages(0, "started"), [(0, 0.0, 12.0)]);
}

#[test]
fn groups_that_leave_together_take_nothing_from_one_another() {
    let mut model = single(20.0, 4.0, 2, SECOND);
    model.queues[0].initial = 9;
    model.groups.push(build::group("h", 0, 3, SECOND));
    model.groups[0].outages = vec![(2.5, 5.0)];
    model.groups[1].outages = vec![(2.5, 6.0)];
    lawful(&model);
    let started = kit::log::log(&model).0.messages(0, "started");
    assert!(started.iter().all(|(_, _, at_s)| !(2.5..5.0).contains(at_s)), "{started:?}");
}

#[test]
fn waiting_for_a_token_does_not_keep_a_replica_from_prefetching() {
    let mut model = single(100.0, 6.0, 2, Distribution::Uniform { low_s: 0.1, high_s: 0.6 });
    model.queues[0].capacity = Some(2);
    model.groups[0].concurrency = 2;
    model.groups[0].prefetch = 5;
    model.groups[0].overhead = Some(exponential(0.1));
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 4.0, burst: 1.0 });
    assert!(lawful(&model).ledger.rejected > 100);
}

#[test]
fn a_slot_that_ends_when_a_token_comes_does_not_double_it() {
    // A token every eighth of a second, and every service lasts four of them.
    let mut model = single(60.0, 20.0, 6, Distribution::Constant(0.5));
    model.groups[0].rate_limit = Some(RateLimit { rate_per_s: 8.0, burst: 1.0 });
    assert!(lawful(&model).ledger.acked as f64 <= 8.0 * 120.0 + 1.0);
}
