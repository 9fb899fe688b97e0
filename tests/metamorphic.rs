//! What one run says about another: the same random numbers, a changed model, and a relation that must hold between
//! the two, message by message.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use forebay::model::{Arrivals, Destination, Distribution, Model, Process, Rate, Replicas};
use kit::build::{group, model, producer, queue, single};
use kit::dice::Dice;
use kit::log::{Entry, Log, log};
use kit::paths::{faster, has_week};
use kit::worlds::{is_on_grid, world};

const WORLDS: u64 = 120;

/// The rate of every producer, changed.
fn with_rates(model: &Model, change: impl Fn(&Rate) -> Rate) -> Model {
    let mut changed = model.clone();
    for producer in &mut changed.producers {
        if let Arrivals::Process { rate, .. } = &mut producer.arrivals {
            *rate = change(rate);
        }
    }
    changed
}

fn rates(model: &Model) -> impl Iterator<Item = &Rate> {
    model.producers.iter().filter_map(|producer| match &producer.arrivals {
        Arrivals::Process { rate, .. } => Some(rate),
        Arrivals::Recorded(_) => None,
    })
}

/// A lognormal law is written by the logarithm of its mean, which dividing does not keep to the last bit.
fn without_logarithms(model: &Model) -> Model {
    let plain = |law: &Distribution| match law {
        Distribution::Lognormal { .. } => Distribution::Gamma { mean_s: law.mean(), cv: 1.5 },
        other => other.clone(),
    };
    let mut changed = model.clone();
    for queue in &mut changed.queues {
        queue.delivery_delay = queue.delivery_delay.as_ref().map(plain);
    }
    for group in &mut changed.groups {
        group.service = plain(&group.service);
        group.overhead = group.overhead.as_ref().map(plain);
        group.startup = group.startup.as_ref().map(plain);
    }
    changed
}

/// The first entries that differ, for people.
fn first_difference(one: &[Entry], other: &[Entry]) -> String {
    let place = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
    format!("entry {place} of {} and {}: {:?} {:?}", one.len(), other.len(), one.get(place), other.get(place))
}

fn assert_same(one: &[Entry], other: &[Entry], what: &str) {
    assert!(one == other, "{what}: {}", first_difference(one, other));
}

fn assert_equal_logs(one: &Log, other: &Log, what: &str) {
    for (id, (a, b)) in one.queues.iter().zip(&other.queues).enumerate() {
        assert_same(a, b, &format!("{what}, queue {id}"));
    }
    for (id, (a, b)) in one.groups.iter().zip(&other.groups).enumerate() {
        assert_same(a, b, &format!("{what}, group {id}"));
    }
    assert_same(&one.calendar, &other.calendar, what);
}

/// Equal in words and counts, and in times and works to a billionth.
fn assert_close(one: &Log, other: &Log, what: &str) {
    let alike = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
    for (a, b) in one.queues.iter().zip(&other.queues) {
        assert_eq!(a.len(), b.len(), "{what}: {}", first_difference(a, b));
        for (a, b) in a.iter().zip(b) {
            let same = a.what == b.what && alike(a.at_s, b.at_s);
            assert!(same && a.numbers.iter().zip(&b.numbers).all(|(a, b)| alike(*a, *b)), "{what}: {a:?} {b:?}");
        }
    }
}

/// Rates without curves: the inverse of a curve is searched for, and the search has a tolerance of its own.
fn is_straight(rate: &Rate) -> bool {
    match rate {
        Rate::Sine { .. } | Rate::Burst { .. } | Rate::Growth { .. } | Rate::Weekly { .. } => false,
        Rate::Sum(parts) => parts.iter().all(is_straight),
        Rate::Scale { rate, .. } | Rate::Repeat { rate, .. } | Rate::Shift { rate, .. } | Rate::Clamp { rate, .. } => {
            is_straight(rate)
        }
        _ => true,
    }
}

#[test]
fn twice_as_fast_is_the_same_in_half_the_time_to_the_last_bit() {
    let mut looked = 0;
    for seed in 0..2 * WORLDS {
        let slow = without_logarithms(&world(seed));
        let speeds = slow.groups.iter().filter_map(|group| group.speed.as_ref());
        if !rates(&slow).chain(speeds).all(is_straight) {
            continue;
        }
        looked += 1;
        let (expected, ledger) = log(&slow);
        for k in [2.0, 8.0] {
            let (found, fast_ledger) = log(&faster(&slow, k));
            assert_equal_logs(&expected, &found.slowed(k), &format!("seed {seed}, {k} times as fast"));
            assert_eq!(ledger, fast_ledger);
        }
    }
    assert!(looked > 40, "{looked} worlds have straight rates");
}

#[test]
fn twice_as_fast_is_the_same_in_half_the_time_for_curves_too() {
    let mut looked = 0;
    for seed in (0..WORLDS).filter(|seed| !is_on_grid(*seed)) {
        let slow = without_logarithms(&world(seed));
        if rates(&slow).any(has_week) {
            continue;
        }
        looked += 1;
        assert_close(&log(&slow).0, &log(&faster(&slow, 2.0)).0.slowed(2.0), &format!("seed {seed}"));
    }
    assert!(looked > 40, "{looked} worlds have no weekly rate");
}

/// G/G/c: any arrivals, any work, equal slots, first come first served, no bounds.
fn plain_world(seed: u64) -> Model {
    let mut model = world(seed);
    model.queues.truncate(1);
    model.groups.truncate(1);
    model.producers.retain(|producer| producer.to == Destination::Queue(0));
    model.slos.clear();
    model.queues[0].capacity = None;
    let service = model.groups[0].service.clone();
    let speed = model.groups[0].speed.clone();
    model.groups[0] = group("g", 0, 1 + Dice::new(seed).count(0, 3), service);
    model.groups[0].speed = speed;
    model
}

#[test]
fn one_more_replica_lengthens_no_wait() {
    let mut shortened = 0;
    for seed in 0..2 * WORLDS {
        let few = plain_world(seed);
        let Replicas::Fixed(replicas) = few.groups[0].replicas else {
            unreachable!("plain worlds have fixed replicas")
        };
        let mut more = few.clone();
        more.groups[0].replicas = Replicas::Fixed(replicas + 1);
        let (few, more) = (log(&few).0.messages(0, "started"), log(&more).0.messages(0, "started"));
        assert!(few.len() <= more.len(), "seed {seed}: who starts with few starts with more");
        for (before, after) in few.iter().zip(&more) {
            assert_eq!((before.0, before.1), (after.0, after.1), "seed {seed}: the same message");
            assert!(after.2 <= before.2 + 1e-9, "seed {seed}: {before:?} {after:?}");
            shortened += u32::from(after.2 < before.2 - 1e-6);
        }
    }
    assert!(shortened > 1_000, "only {shortened} waits became shorter");
}

#[test]
fn less_work_lengthens_no_wait() {
    for seed in 0..WORLDS {
        let slow = plain_world(seed);
        let mut quick = slow.clone();
        quick.groups[0].service = kit::paths::shorter(&slow.groups[0].service, 1.25);
        let (slow, quick) = (log(&slow).0.messages(0, "started"), log(&quick).0.messages(0, "started"));
        for (before, after) in slow.iter().zip(&quick) {
            assert!(after.2 <= before.2 + 1e-9, "seed {seed}: {before:?} {after:?}");
        }
    }
}

/// With one replica a client's buffer only moves the place where messages wait.
#[test]
fn prefetching_into_the_only_replica_changes_no_start() {
    for seed in 0..WORLDS {
        let mut plain = plain_world(seed);
        plain.groups[0].replicas = Replicas::Fixed(1);
        plain.groups[0].concurrency = 3;
        plain.groups[0].prefetch = 3;
        let mut buffered = plain.clone();
        buffered.groups[0].prefetch = 11;
        let (plain, buffered) = (log(&plain).0.messages(0, "started"), log(&buffered).0.messages(0, "started"));
        assert!(plain == buffered, "seed {seed}");
    }
}

/// Declares queues, groups and producers in another order; groups of one queue keep theirs, because they take turns in it.
fn permuted(model: &Model, dice: &mut Dice) -> (Model, Vec<usize>, Vec<usize>) {
    let queues = dice.shuffled(model.queues.len());
    let new_place = |old: usize| queues.iter().position(|queue| *queue == old).expect("a permutation has every place");
    let mut groups: Vec<usize> = (0..model.groups.len()).collect();
    groups.sort_by_key(|id| new_place(model.groups[*id].from));
    let mut changed = model.clone();
    changed.queues = queues.iter().map(|id| model.queues[*id].clone()).collect();
    changed.groups = groups.iter().map(|id| model.groups[*id].clone()).collect();
    changed.groups.iter_mut().for_each(|group| group.from = new_place(group.from));
    let producers = dice.shuffled(model.producers.len());
    changed.producers = producers.iter().map(|id| model.producers[*id].clone()).collect();
    changed.producers.iter_mut().for_each(|producer| {
        if let Destination::Queue(to) = &mut producer.to {
            *to = new_place(*to);
        }
    });
    changed.slos.iter_mut().for_each(|slo| slo.queue = new_place(slo.queue));
    (changed, queues, groups)
}

#[test]
fn the_order_of_declarations_changes_nothing() {
    let mut moved = 0;
    // On a grid two producers of a queue publish at the same instant, and then their order is what decides.
    for seed in (0..2 * WORLDS).filter(|seed| !is_on_grid(*seed)) {
        let original = world(seed);
        let (changed, queues, groups) = permuted(&original, &mut Dice::new(seed));
        moved += u32::from(changed != original);
        let ((before, ledger), (after, other_ledger)) = (log(&original), log(&changed));
        assert_eq!(ledger, other_ledger, "seed {seed}");
        for (new, old) in queues.iter().enumerate() {
            assert_same(&before.queues[*old], &after.queues[new], &format!("seed {seed}, queue {old}"));
        }
        for (new, old) in groups.iter().enumerate() {
            assert_same(&before.groups[*old], &after.groups[new], &format!("seed {seed}, group {old}"));
        }
    }
    assert!(moved > 50, "{moved} worlds changed");
}

#[test]
fn an_unrelated_queue_disturbs_nobody() {
    for seed in 0..WORLDS {
        let alone = world(seed);
        let mut accompanied = alone.clone();
        let guest = alone.queues.len();
        accompanied.queues.insert(guest, queue("guest"));
        accompanied.groups.push(group("guest-workers", guest, 2, Distribution::Exponential { mean_s: 0.25 }));
        accompanied.producers.insert(0, producer("guest-source", guest, Rate::Constant(6.0), Process::Poisson));
        let (before, after) = (log(&alone).0, log(&accompanied).0);
        assert!(after.queues[guest].len() > 10, "the guest is busy");
        for (id, entries) in before.queues.iter().enumerate() {
            assert_same(entries, &after.queues[id], &format!("seed {seed}, queue {id}"));
        }
        for (id, entries) in before.groups.iter().enumerate() {
            assert_same(entries, &after.groups[id], &format!("seed {seed}, group {id}"));
        }
    }
}

#[test]
fn what_changes_no_rate_changes_no_message() {
    for seed in 0..WORLDS {
        let plain = world(seed);
        let expected = log(&plain).0;
        let scaled = with_rates(&plain, |rate| Rate::Scale { by: 1.0, rate: Box::new(rate.clone()) });
        let shifted = with_rates(&plain, |rate| Rate::Shift { by_s: 0.0, rate: Box::new(rate.clone()) });
        let summed = with_rates(&plain, |rate| Rate::Sum(vec![rate.clone(), Rate::Constant(0.0)]));
        let clamped =
            with_rates(&plain, |rate| Rate::Clamp { min: Some(0.0), max: None, rate: Box::new(rate.clone()) });
        // Rounding in the last digit may swap what happens at the same instant of a grid.
        if !is_on_grid(seed) {
            for (what, changed) in [("scale", scaled), ("shift", shifted), ("sum", summed), ("clamp", clamped)] {
                assert_close(&expected, &log(&changed).0, &format!("seed {seed}, {what}"));
            }
        }
    }
}

#[test]
fn a_sum_of_constants_is_their_constant() {
    let whole = single(500.0, 4.0, 3, Distribution::Exponential { mean_s: 0.5 });
    let parts = with_rates(&whole, |_| Rate::Sum(vec![Rate::Constant(1.5), Rate::Constant(2.5)]));
    let nested = with_rates(&whole, |_| {
        let half = Rate::Scale { by: 0.5, rate: Box::new(Rate::Constant(5.0)) };
        Rate::Sum(vec![Rate::Sum(vec![half, Rate::Constant(1.0)]), Rate::Constant(0.5)])
    });
    let expected = log(&whole).0;
    assert!(expected.queues[0].len() > 3_000);
    assert_close(&expected, &log(&parts).0, "two constants");
    assert_close(&expected, &log(&nested).0, "three constants");
}

#[test]
fn a_warm_up_moves_no_message() {
    for seed in 0..WORLDS {
        let mut cold = world(seed);
        cold.warmup_s = 0.0;
        let mut warm = cold.clone();
        warm.warmup_s = 0.375 * cold.horizon_s;
        let ((before, ledger), (mut after, warm_ledger)) = (log(&cold), log(&warm));
        let warmed_up: Vec<f64> =
            after.calendar.iter().filter(|entry| entry.what == "warmed up").map(|entry| entry.at_s).collect();
        assert_eq!(warmed_up, [warm.warmup_s]);
        after.calendar.retain(|entry| entry.what != "warmed up");
        assert_equal_logs(&before, &after, &format!("seed {seed}"));
        assert_eq!(ledger.events + 1, warm_ledger.events, "the end of the warm-up is an event");
    }
}

/// A constant delay before the queue moves every start by itself, where consumers do not change with time.
#[test]
fn a_constant_delivery_delay_moves_everything_later() {
    let prompt = model(
        400.0,
        vec![producer("p", 0, Rate::Constant(5.0), Process::Poisson)],
        vec![queue("q")],
        vec![group("g", 0, 3, Distribution::lognormal(0.5, 1.0))],
    );
    let mut late = prompt.clone();
    late.queues[0].delivery_delay = Some(Distribution::Constant(7.5));
    let (prompt, late) = (log(&prompt).0.messages(0, "started"), log(&late).0.messages(0, "started"));
    assert!(late.len() > 3_000);
    for (before, after) in prompt.iter().zip(&late) {
        assert_eq!((before.0, before.1), (after.0, after.1));
        assert!((after.2 - before.2 - 7.5).abs() < 1e-9, "{before:?} {after:?}");
    }
}

/// The relations can fail: a log differs from that of a world in which a hair is changed.
#[test]
fn a_hair_of_a_difference_is_noticed() {
    let plain = single(100.0, 3.0, 2, Distribution::Exponential { mean_s: 0.5 });
    let mut other = plain.clone();
    other.groups[0].service = Distribution::Exponential { mean_s: 0.500_001 };
    let (one, other) = (log(&plain).0, log(&other).0);
    let caught = |relation: fn(&Log, &Log, &str)| {
        let (one, other) = (one.clone(), other.clone());
        std::panic::catch_unwind(move || relation(&one, &other, "hair")).is_err()
    };
    assert!(caught(assert_equal_logs) && caught(assert_close));
    assert!(one != one.clone().slowed(1.000_001));
}
