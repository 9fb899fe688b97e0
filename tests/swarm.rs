//! Random worlds with every law on: conservation, order, bounds, Little, and the definitions of every measured number.
//!
//! A failure names its seed; `SEED=17 cargo test --test swarm` repeats it alone, `WORLDS=100000` looks further and
//! `FIRST=5000` elsewhere.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
mod kit;

use std::collections::BTreeMap;

use forebay::model::Model;
use forebay::study::repeat;
use kit::audit::{Census, audit};
use kit::broker_worlds::{Feature, broker_world};
use kit::inspector::inspect;
use kit::naive::Naive;
use kit::worlds::world;

/// The seeds to look at: one if the environment names it, otherwise so many.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SEED") {
        return seed..seed + 1;
    }
    let first = number("FIRST").unwrap_or(0);
    first..first + number("WORLDS").unwrap_or(usual)
}

/// Fails with all bad worlds at once, the first one in full.
fn report(bad: &BTreeMap<u64, Vec<String>>, world: impl Fn(u64) -> Model) {
    let Some((seed, complaints)) = bad.first_key_value() else { return };
    let seeds: Vec<&u64> = bad.keys().collect();
    let mut kinds: BTreeMap<String, (u64, usize, &str)> = BTreeMap::new();
    for (seed, complaint) in bad.iter().flat_map(|(seed, all)| all.iter().map(move |complaint| (*seed, complaint))) {
        let kind = complaint.split(',').next().unwrap_or_default().to_owned();
        kinds.entry(kind).or_insert((seed, 0, complaint)).1 += 1;
    }
    panic!(
        "{} worlds are wrong: seeds {seeds:?}\nSEED={seed} repeats the first: {complaints:#?}\n{:#?}\n\
         Of each kind the first seed, how often, and one of them: {kinds:#?}",
        bad.len(),
        world(*seed)
    );
}

#[test]
fn every_world_keeps_the_laws() {
    let mut bad = BTreeMap::new();
    let (mut rejected, mut dropped, mut emptied, mut acked) = (0, 0, 0, 0);
    for seed in seeds(400) {
        let model = world(seed);
        let run = inspect(&model, 0);
        rejected += run.ledger.rejected;
        dropped += run.ledger.dropped;
        acked += run.ledger.acked;
        emptied += u64::from(run.left == 0 && run.ledger.acked > 0);
        if !run.breaches.is_empty() {
            bad.insert(seed, run.breaches.iter().map(|breach| format!("{breach:?}")).collect());
        }
    }
    report(&bad, world);
    if std::env::var("SEED").is_err() {
        // A swarm in which nothing happens proves nothing.
        assert!(acked > 50_000 && rejected > 2_000 && dropped > 2_000, "{acked} {rejected} {dropped}");
        assert!(emptied > 20, "{emptied} worlds ran to emptiness");
    }
}

#[test]
fn every_world_is_measured_as_the_words_are_defined() {
    let mut bad = BTreeMap::new();
    for seed in seeds(200) {
        let model = world(seed);
        let outcome = repeat(&model, Some(1), &|_| ()).expect("a small model");
        let differences = Naive::of(&model).differences(&outcome);
        if !differences.is_empty() {
            bad.insert(seed, differences);
        }
    }
    report(&bad, world);
}

/// A measurement of another run of the same world is told apart: what agrees does so because it is right.
#[test]
fn a_wrong_measurement_is_noticed() {
    let mut noticed = 0;
    for seed in 0..40 {
        let model = world(seed);
        let mut other = model.clone();
        other.seed ^= 1;
        let outcome = repeat(&other, Some(1), &|_| ()).expect("a small model");
        noticed += usize::from(!Naive::of(&model).differences(&outcome).is_empty());
    }
    assert!(noticed >= 30, "only {noticed} of 40 other runs were noticed");
}

/// What must have happened somewhere, and how often at least, in the usual number of whole worlds.
const HAPPENS: [(&str, u64); 22] = [
    ("acked", 20_000),
    ("crashed", 100),
    ("dead-lettered", 400),
    ("delivered too often", 50),
    ("dropped", 500),
    ("duplicated", 100),
    ("expired", 500),
    ("failed", 1_000),
    ("failed for good", 100),
    ("gone with the broker", 50),
    ("late", 500),
    ("levels", 100_000),
    ("lost after ack", 20),
    ("path broken off", 50),
    ("path completed", 1_000),
    ("path started", 2_000),
    ("published", 50_000),
    ("redelivered", 2_000),
    ("rejected", 500),
    ("timed out", 100),
    ("unreachable", 100),
    ("wasted", 1_000),
];

#[test]
fn every_whole_world_keeps_the_laws() {
    let mut bad = BTreeMap::new();
    let (mut census, mut seen) = (Census::new(), BTreeMap::new());
    for seed in seeds(600) {
        let world = broker_world(seed);
        let run = std::panic::catch_unwind(|| audit(&world.model, 0));
        let Ok(run) = run else {
            bad.insert(seed, vec!["it panicked".to_owned()]);
            continue;
        };
        run.census.iter().for_each(|(what, times)| *census.entry(*what).or_default() += times);
        world.features.iter().for_each(|feature| *seen.entry(*feature).or_insert(0) += 1);
        let mut complaints: Vec<String> = run.violations.iter().map(|violation| format!("{violation:?}")).collect();
        if audit(&world.model, 0).hash != run.hash {
            complaints.push("a second run tells something else".to_owned());
        }
        if !complaints.is_empty() {
            complaints.push(format!("with, {:?}", world.features));
            bad.insert(seed, complaints);
        }
    }
    report(&bad, |seed| broker_world(seed).model);
    if std::env::var("SEED").is_err() {
        for (what, least) in HAPPENS {
            let times = census.get(what).copied().unwrap_or(0);
            assert!(times >= least, "{what} happened only {times} times: {census:#?}");
        }
        for feature in Feature::ALL {
            assert!(seen.get(&feature).is_some_and(|worlds| *worlds >= 20), "{feature:?} is rare: {seen:?}");
        }
    }
}

#[test]
fn every_whole_world_is_measured_without_a_rest() {
    let mut bad = BTreeMap::new();
    for seed in seeds(200) {
        let model = broker_world(seed).model;
        let outcome = repeat(&model, Some(1), &|_| ()).expect("a small model");
        let mut complaints = Vec::new();
        if outcome.balance.difference != 0 {
            complaints.push(format!("{:?}", outcome.balance));
        }
        let again = repeat(&model, Some(1), &|_| ()).expect("a small model");
        if format!("{outcome:?}") != format!("{again:?}") {
            complaints.push("a second run comes to something else".to_owned());
        }
        if !complaints.is_empty() {
            bad.insert(seed, complaints);
        }
    }
    report(&bad, |seed| broker_world(seed).model);
}
