//! Laws that every fluid path obeys, over random rates: reflection, conservation, FIFO, scaling.
#![allow(clippy::unwrap_used)]

#[path = "support/fluid_model.rs"]
mod fluid_model;

use fluid_model::{answer, model, path};
use forebay::engine::fluid::{Excess, Trajectory};
use forebay::model::{Model, Overflow, Rate, RateLimit, Replicas};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const HORIZON_S: f64 = 100.0;

/// Steps at tenths of a second within the horizon.
fn steps(most: f64) -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::btree_map(0_u32..1000, 0.0..most, 0..12).prop_map(|steps| {
        let mut steps: Vec<(f64, f64)> = steps.into_iter().map(|(at, value)| (f64::from(at) / 10.0, value)).collect();
        steps.insert(0, (0.0, steps.first().map_or(1.0, |first| first.1)));
        steps.dedup_by(|second, first| second.0 == first.0);
        steps
    })
}

fn replica_steps() -> impl Strategy<Value = Replicas> {
    steps(40.0).prop_map(|steps| Replicas::Steps(steps.into_iter().map(|(at_s, n)| (at_s, n as u32)).collect()))
}

/// Any rate function, up to three levels deep; never negative.
fn rates() -> impl Strategy<Value = Rate> {
    let leaf = prop_oneof![
        (0.0..40.0).prop_map(Rate::Constant),
        steps(60.0).prop_map(Rate::Steps),
        steps(60.0).prop_map(Rate::Points),
        (10.0..40.0, 0.0..=1.0, 3.0..60.0, 0.0..50.0).prop_map(|(mean, share, period_s, phase_s)| Rate::Sine {
            mean,
            amplitude: mean * share,
            period_s,
            phase_s
        }),
        (0.0..90.0, 0.0..60.0, 0.5..40.0).prop_map(|(height, from_s, length_s)| Rate::Pulse {
            height,
            from_s,
            until_s: from_s + length_s
        }),
        (0.0..200.0, 0.0..90.0, 0.01..30.0).prop_map(|(height, at_s, decay_s)| Rate::Burst { height, at_s, decay_s }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Rate::Sum),
            (0.0..2.0, boxed()).prop_map(|(by, rate)| Rate::Scale { by, rate }),
            (5.0..80.0, boxed()).prop_map(|(every_s, rate)| Rate::Repeat { every_s, rate }),
            (0.0..30.0, boxed()).prop_map(|(by_s, rate)| Rate::Shift { by_s, rate }),
            (0.5..2.0, 10.0..90.0, boxed()).prop_map(|(factor, every_s, rate)| Rate::Growth { factor, every_s, rate }),
            (0.0..20.0, 20.0..50.0, boxed()).prop_map(|(min, max, rate)| Rate::Clamp {
                min: Some(min),
                max: Some(max),
                rate
            }),
        ]
    })
}

/// A model with random rates, replicas, start, room, bucket and speed.
fn models() -> impl Strategy<Value = Model> {
    let limit = (1.0..40.0, 1.0..300.0).prop_map(|(rate_per_s, burst)| RateLimit { rate_per_s, burst });
    let room = prop::option::of((0_u64..400, any::<bool>()));
    let speed = prop::option::weighted(0.4, rates().prop_map(|rate| Rate::Scale { by: 0.03, rate: Box::new(rate) }));
    (rates(), replica_steps(), 0_u64..300, room, prop::option::weighted(0.4, limit), speed).prop_map(
        |(rate, replicas, initial, room, limit, speed)| {
            let mut model = model(rate, replicas, HORIZON_S);
            model.queues[0].initial = initial;
            model.queues[0].capacity = room.map(|(capacity, _)| capacity);
            if room.is_some_and(|(_, drops)| drops) {
                model.queues[0].overflow = Overflow::DropHead;
            }
            model.groups[0].rate_limit = limit;
            model.groups[0].speed = speed;
            model
        },
    )
}

/// What left the head of the queue until `t`.
fn left(path: &Trajectory, excess: Excess, t: f64) -> f64 {
    let (totals, start) = (path.totals_at(t), path.pieces()[0].totals);
    totals.served + if excess == Excess::Oldest { totals.lost - start.lost } else { 0.0 }
}

fn excess(model: &Model) -> Excess {
    if model.queues[0].overflow == Overflow::DropHead { Excess::Oldest } else { Excess::Newest }
}

fn value_at(steps: &[(f64, f64)], t: f64) -> f64 {
    steps.iter().take_while(|(from_s, _)| *from_s <= t).last().map_or(0.0, |(_, value)| *value)
}

proptest! {
    // One seed for ever: a run that passed passes again, and one that fails can be repeated.
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// M = X − min(0, inf X), X the free process (Skorokhod 1961).
    #[test]
    fn the_path_is_the_reflection_of_the_free_process(
        rate in steps(60.0), replicas in steps(40.0), initial in 0_u64..500,
    ) {
        let whole: Vec<(f64, u32)> = replicas.iter().map(|(at_s, n)| (*at_s, *n as u32)).collect();
        let mut model = model(Rate::Steps(rate.clone()), Replicas::Steps(whole), HORIZON_S);
        model.queues[0].initial = initial;
        let path = path(&model);
        let (mut free, mut lowest) = (initial as f64, initial as f64);
        for tenth in 0..1000_u32 {
            let t = f64::from(tenth) / 10.0;
            free += (value_at(&rate, t) - value_at(&replicas, t).floor()) * 0.1;
            lowest = lowest.min(free);
            let reflected = free - lowest.min(0.0);
            let backlog = path.backlog_at(f64::from(tenth + 1) / 10.0);
            prop_assert!((backlog - reflected).abs() < 1e-9, "at {t}: {backlog} {reflected}");
        }
    }

    /// With room for a finite number, the path of constant pieces is the clamped recursion.
    #[test]
    fn a_bounded_path_is_the_clamped_recursion(
        rate in steps(60.0), replicas in steps(40.0), initial in 0_u64..500, capacity in 0_u64..300,
    ) {
        let whole: Vec<(f64, u32)> = replicas.iter().map(|(at_s, n)| (*at_s, *n as u32)).collect();
        let mut model = model(Rate::Steps(rate.clone()), Replicas::Steps(whole), HORIZON_S);
        model.queues[0].initial = initial;
        model.queues[0].capacity = Some(capacity);
        let path = path(&model);
        let mut level = (initial as f64).min(capacity as f64);
        let mut lost = initial as f64 - level;
        for tenth in 0..1000_u32 {
            let t = f64::from(tenth) / 10.0;
            let next = level + (value_at(&rate, t) - value_at(&replicas, t).floor()) * 0.1;
            lost += (next - capacity as f64).max(0.0);
            level = next.clamp(0.0, capacity as f64);
        }
        prop_assert!((path.backlog_at(HORIZON_S) - level).abs() < 1e-9);
        prop_assert!((path.totals_at(HORIZON_S).lost - lost).abs() < 1e-8);
    }

    #[test]
    fn messages_are_conserved_and_levels_keep_their_bounds(model in models()) {
        let path = path(&model);
        let room = model.queues[0].capacity.map_or(f64::INFINITY, |capacity| capacity as f64);
        let mut backlog = path.pieces()[0].backlog;
        for piece in path.pieces() {
            for t in [piece.from_s, 0.5 * (piece.from_s + piece.until_s), piece.until_s] {
                let (level, totals) = (piece.backlog_at(t), piece.totals_at(t));
                let balance = model.queues[0].initial as f64 + totals.arrived - totals.served - totals.lost - level;
                let size = 1.0 + totals.arrived + model.queues[0].initial as f64;
                prop_assert!(balance.abs() < 1e-10 * size, "at {t}: {balance} {piece:?}");
                prop_assert!(level >= 0.0 && level <= room * (1.0 + 1e-12));
                prop_assert!(totals.lost >= -1e-10 * size);
            }
            prop_assert!((piece.backlog_at(piece.from_s) - backlog).abs() < 1e-10 * (1.0 + backlog), "M is continuous");
            backlog = piece.backlog_at(piece.until_s);
        }
    }

    /// A(s) = D(s + d).
    #[test]
    fn a_message_leaves_when_all_before_it_have_left(model in models(), share in 0.0..1.0) {
        let path = path(&model);
        let s = share * HORIZON_S;
        if let Some(delay_s) = path.delay_at(s) {
            let arrived = left(&path, excess(&model), s) + path.backlog_at(s);
            let left = left(&path, excess(&model), s + delay_s);
            prop_assert!((arrived - left).abs() < 1e-9 * (1.0 + arrived), "{arrived} {left}");
        }
    }

    /// The largest delay is an upper bound of all delays and is not above what a dense sample nearly reaches.
    #[test]
    fn the_largest_delay_is_the_largest(model in models()) {
        let path = path(&model);
        let Some(largest_s) = path.max_delay_s() else { return Ok(()) };
        let is_published = |s: f64| path.totals_at(s + 1e-6).arrived > path.totals_at((s - 1e-6).max(0.0)).arrived;
        let excess = excess(&model);
        let is_accepted = |s: f64| {
            let number = |t: f64| left(&path, excess, t) + path.backlog_at(t);
            number(s) - number((s - 1e-4).max(0.0)) > 1e-7
        };
        let cuts = path.pieces().iter().flat_map(|piece| [piece.from_s, piece.until_s]);
        let near = cuts.flat_map(|t| [t - 1e-7, t, t + 1e-7]);
        let grid = (0..=2000).map(|k| HORIZON_S * f64::from(k) / 2000.0);
        let sample = near.chain(grid).filter(|s| *s >= 0.0 && *s <= HORIZON_S);
        let mut sampled_s = 0.0_f64;
        for s in sample.filter(|s| is_published(*s) && is_accepted(*s)) {
            if let Some(delay_s) = path.delay_at(s) {
                prop_assert!(delay_s <= largest_s + 2e-4 + 1e-9 * largest_s, "{delay_s} at {s}, largest {largest_s}");
                sampled_s = sampled_s.max(delay_s);
            }
        }
        let start = model.queues[0].initial.min(model.queues[0].capacity.unwrap_or(u64::MAX));
        if start == 0 && model.queues[0].overflow == Overflow::Reject {
            prop_assert!(sampled_s > largest_s * 0.9 - 0.2, "sampled {sampled_s}, largest {largest_s}");
        }
    }

    #[test]
    fn a_rate_split_into_a_sum_is_the_same_rate(model in models(), share in 0.0..1.0) {
        let mut split = model.clone();
        if let forebay::model::Arrivals::Process { rate, .. } = &mut split.producers[0].arrivals {
            let part = |by: f64| Rate::Scale { by, rate: Box::new(rate.clone()) };
            *rate = Rate::Sum(vec![part(share), part(1.0 - share)]);
        }
        let (whole, split) = (answer(&model), answer(&split));
        let same = |a: Option<f64>, b: Option<f64>, slack: f64| {
            matches!((a, b), (Some(a), Some(b)) if (a - b).abs() <= slack * (1.0 + a.abs()))
        };
        prop_assert!(same(whole.max_backlog, split.max_backlog, 1e-10), "{:?} {:?}", whole.max_backlog, split.max_backlog);
        prop_assert!(same(whole.backlog_area, split.backlog_area, 1e-9));
        prop_assert!(same(whole.lost, split.lost, 1e-9));
    }

    /// Twice the rates on a clock that is twice as fast: the same backlogs, half the times.
    #[test]
    fn the_unit_of_time_does_not_matter(rate in steps(60.0), replicas in steps(40.0), initial in 0_u64..500) {
        let whole: Vec<(f64, u32)> = replicas.iter().map(|(at_s, n)| (*at_s, *n as u32)).collect();
        let mut slow = model(Rate::Steps(rate.clone()), Replicas::Steps(whole.clone()), HORIZON_S);
        let fast_rate = rate.iter().map(|(at_s, value)| (at_s / 2.0, value * 2.0)).collect();
        let fast_replicas = whole.iter().map(|(at_s, n)| (at_s / 2.0, n * 2)).collect();
        let mut fast = model(Rate::Steps(fast_rate), Replicas::Steps(fast_replicas), HORIZON_S / 2.0);
        slow.queues[0].initial = initial;
        fast.queues[0].initial = initial;
        let (slow, fast) = (answer(&slow), answer(&fast));
        let half = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a / 2.0 - b).abs() < 1e-9,
            (a, b) => a == b,
        };
        prop_assert!((slow.max_backlog.unwrap() - fast.max_backlog.unwrap()).abs() < 1e-9);
        prop_assert!(half(slow.max_at_s, fast.max_at_s));
        prop_assert!(half(slow.drained_at_s, fast.drained_at_s));
        prop_assert!(half(slow.max_delay_s, fast.max_delay_s));
        prop_assert!(half(slow.backlog_area, fast.backlog_area));
    }
}
