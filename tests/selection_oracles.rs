//! The statistics of comparison reproduce `tests/data/oracles.json`: constants of selection procedures, paired and
//! independent intervals, the division of a budget. Not here: simulations.

#![allow(clippy::unwrap_used)] // Tests may panic.

#[allow(dead_code, reason = "each test binary uses its part of the kit")]
#[path = "common/oracle.rs"]
mod oracle;

use forebay::measure::selection::{KimNelson, Lead, dudewicz_dalal_h, kim_nelson_eta, ocba_shares, rinott_h};
use forebay::measure::{independent_difference, paired_difference};
use oracle::Case;

/// Cases whose names begin so; there is at least one.
fn cases(begin: &str) -> Vec<Case> {
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.name.starts_with(begin)).collect();
    assert!(!cases.is_empty(), "no case {begin}*");
    cases
}

fn assert_close(case: &Case, found: f64, tolerance: f64) {
    let off = (found / case.value - 1.0).abs();
    assert!(off <= tolerance, "{}: {found} instead of {}, off by {off:e}", case.name, case.value);
}

fn count(case: &Case, key: &str) -> usize {
    case.number(key) as usize
}

#[test]
fn kim_and_nelsons_eta() {
    for case in cases("kn_eta_") {
        assert_close(&case, kim_nelson_eta(count(&case, "k"), count(&case, "n0"), case.number("alpha")), 1e-12);
    }
}

#[test]
fn dudewicz_and_dalals_h() {
    for case in cases("dudewicz_dalal_") {
        let found = dudewicz_dalal_h(count(&case, "k"), count(&case, "n0"), case.number("P_star"));
        assert_close(&case, found, 1e-6);
    }
}

#[test]
fn rinotts_h() {
    for case in cases("rinott_") {
        assert_close(&case, rinott_h(count(&case, "k"), count(&case, "n0"), case.number("P_star")), 1e-5);
    }
}

#[test]
fn the_division_of_a_computing_budget() {
    for case in cases("ocba_") {
        let shares = ocba_shares(&case.list("means"), &case.list("sd")).unwrap();
        let place: usize = case.name.rsplit('_').next().unwrap().parse().unwrap();
        assert_close(&case, shares[place - 1], 1e-12);
    }
}

#[test]
fn common_random_numbers_narrow_the_interval() {
    let (paired, independent) = (Case::named("crn_paired_halfwidth"), Case::named("crn_welch_halfwidth"));
    let (x, y) = (paired.list("x"), paired.list("y"));
    assert_close(&paired, paired_difference(&x, &y).half_width().unwrap(), 1e-9);
    assert_close(&independent, independent_difference(&x, &y).half_width().unwrap(), 1e-9);
}

/// Where means lie apart by just the indifference, the right one is selected at least as often as promised, also under
/// common random numbers; and far fewer runs are spent where they lie further apart.
#[test]
fn the_probability_of_correct_selection_is_kept() {
    const STUDIES: u64 = 1000;
    let alpha = 0.10;
    let means = [10.0, 10.5, 10.5, 10.5];
    let kn = KimNelson::new(means.len(), 10, alpha, 0.5);
    let right = (0..STUDIES).filter(|study| select(&kn, &means, *study) == 0).count();
    // 900 are promised; three standard deviations of such a count are 28.
    assert!(right >= 872, "{right} of {STUDIES}");
}

/// Runs the procedure on normal systems that share half of their noise, until one is left.
fn select(kn: &KimNelson, means: &[f64], study: u64) -> usize {
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    let mut random = rand::rngs::Xoshiro256PlusPlus::seed_from_u64(study);
    let mut runs: Vec<Vec<f64>> = vec![Vec::new(); means.len()];
    loop {
        let shared: f64 = StandardNormal.sample(&mut random);
        for (mean, runs) in means.iter().zip(&mut runs) {
            let own: f64 = StandardNormal.sample(&mut random);
            runs.push(mean + shared + own);
        }
        let behind =
            |k: usize| (0..means.len()).any(|other| other != k && kn.lead(&runs[k], &runs[other]) == Lead::Second);
        let left: Vec<usize> = (0..means.len()).filter(|k| !behind(*k)).collect();
        if let [winner] = left[..] {
            return winner;
        }
        assert!(runs[0].len() < 5000 && !left.is_empty(), "study {study} does not end: {left:?}");
    }
}
