//! Tests of the module above.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Rate, Trace, TracePiece};

fn steps() -> impl Strategy<Value = Rate> {
    proptest::collection::vec((1.0..40.0_f64, prop_oneof![Just(0.0), 0.0..20.0]), 1..6).prop_map(|gaps| {
        let mut from_s = 0.0;
        let step = |(gap, rate): (f64, f64)| {
            let step = (from_s, rate);
            from_s += gap;
            step
        };
        Rate::Steps(gaps.into_iter().map(step).collect())
    })
}

fn points() -> impl Strategy<Value = Rate> {
    proptest::collection::vec((1.0..40.0_f64, prop_oneof![Just(0.0), 0.0..20.0]), 1..6).prop_map(|gaps| {
        let mut at_s = 3.0;
        let point = |(gap, rate): (f64, f64)| {
            let point = (at_s, rate);
            at_s += gap;
            point
        };
        Rate::Points(gaps.into_iter().map(point).collect())
    })
}

fn trace() -> impl Strategy<Value = Rate> {
    proptest::collection::vec((0.5..20.0_f64, 0.0..20.0_f64, 0.0..20.0_f64, 0..3_u8), 1..12).prop_map(|rows| {
        let mut from_s = -5.0;
        let piece = |(width, rate_from, line_until, kind)| {
            let until_s = from_s + width;
            let rate_from = if kind == 0 { 0.0 } else { rate_from };
            let rate_until = if kind == 2 { line_until } else { rate_from };
            let piece = TracePiece { from_s, until_s, rate_from, rate_until };
            from_s = until_s;
            piece
        };
        Rate::Trace(Arc::new(Trace::new(rows.into_iter().map(piece).collect())))
    })
}

/// Any rate that is nowhere negative.
pub(crate) fn rates() -> impl Strategy<Value = Rate> {
    let leaf = prop_oneof![
        (0.0..20.0_f64).prop_map(Rate::Constant),
        steps(),
        points(),
        trace(),
        (0.1..20.0_f64, -1.0..=1.0_f64, 5.0..300.0_f64, -50.0..50.0_f64).prop_map(|(mean, part, period_s, phase_s)| {
            Rate::Sine { mean, amplitude: part * mean, period_s, phase_s }
        }),
        (0.0..20.0_f64, 0.0..100.0_f64, 1.0..90.0_f64)
            .prop_map(|(height, from_s, width)| { Rate::Pulse { height, from_s, until_s: from_s + width } }),
        (0.0..20.0_f64, 0.0..100.0_f64, 1.0..90.0_f64)
            .prop_map(|(height, at_s, decay_s)| { Rate::Burst { height, at_s, decay_s } }),
    ];
    let leaf = leaf.boxed();
    let day = leaf.clone();
    let nested = leaf.prop_recursive(3, 12, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Rate::Sum),
            (0.0..3.0_f64, boxed()).prop_map(|(by, rate)| Rate::Scale { by, rate }),
            (5.0..60.0_f64, boxed()).prop_map(|(every_s, rate)| Rate::Repeat { every_s, rate }),
            (-60.0..60.0_f64, boxed()).prop_map(|(by_s, rate)| Rate::Shift { by_s, rate }),
            (0.5..2.0_f64, 40.0..200.0_f64, boxed())
                .prop_map(|(factor, every_s, rate)| { Rate::Growth { factor, every_s, rate } }),
            (proptest::option::of(0.0..5.0_f64), proptest::option::of(5.0..15.0_f64), boxed())
                .prop_map(|(min, max, rate)| Rate::Clamp { min, max, rate }),
        ]
    });
    // Around midnight, so that two days take part.
    let week = (0..7_u8, 0.0..150.0_f64, day.clone(), day).prop_map(|(day, before_s, odd, even)| {
        let days = Box::new(std::array::from_fn(|day| if day % 2 == 0 { even.clone() } else { odd.clone() }));
        Rate::Weekly { days, offset_s: f64::from(day) * 86_400.0 - before_s }
    });
    prop_oneof![9 => nested, 1 => week]
}

/// Gauss–Legendre with five nodes on short parts of every piece.
fn quadrature(rate: &Rate, a_s: f64, b_s: f64) -> f64 {
    const NODES: [(f64, f64); 5] = [
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (0.906_179_845_938_664, 0.236_926_885_056_189_08),
        (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
    ];
    let mut edges = vec![a_s];
    edges.extend(rate.breakpoints(a_s, b_s));
    edges.push(b_s);
    let mut sum = 0.0;
    for pair in edges.windows(2) {
        let parts = (pair[1] - pair[0]).ceil().max(1.0);
        let half = 0.5 * (pair[1] - pair[0]) / parts;
        for part in 0..parts as usize {
            let middle = pair[0] + half * (2.0 * part as f64 + 1.0);
            sum += half * NODES.iter().map(|(x, weight)| weight * rate.at(middle + half * x)).sum::<f64>();
        }
    }
    sum
}

/// A magnitude to measure errors by.
fn scale(rate: &Rate, a_s: f64, b_s: f64) -> f64 {
    1e-30 + rate.bounds(a_s, b_s).1 * (b_s - a_s)
}

proptest! {
    // One seed for ever: a run that passed passes again, and one that fails can be repeated.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn integrals_add_up(rate in rates(), a in 0.0..150.0_f64, first in 0.0..150.0_f64, second in 0.0..150.0_f64) {
        let (b, c) = (a + first, a + first + second);
        let parts = rate.integral(a, b) + rate.integral(b, c);
        let whole = rate.integral(a, c);
        prop_assert!((parts - whole).abs() <= 1e-10 * scale(&rate, a, c), "{parts} is not {whole}");
    }

    #[test]
    fn integrals_agree_with_quadrature(rate in rates(), a in 0.0..150.0_f64, width in 0.1..150.0_f64) {
        let (exact, numeric) = (rate.integral(a, a + width), quadrature(&rate, a, a + width));
        prop_assert!((exact - numeric).abs() <= 1e-8 * scale(&rate, a, a + width), "{exact} is not {numeric}");
    }

    #[test]
    fn the_inverse_undoes_the_integral(rate in rates(), a in 0.0..100.0_f64, amount in 1e-3..2e3_f64) {
        if let Some(t) = rate.inverse(a, amount) {
            prop_assert!(t >= a);
            let come = rate.integral(a, t);
            // Instants are rounded on the clock that they are computed on.
            let clock = if matches!(rate, Rate::Weekly { .. }) { 1e6 } else { t };
            let slack = 1e-10 * amount + 1e-13 * clock * rate.bounds(a, t).1;
            prop_assert!((come - amount).abs() <= slack, "{come} by {t} is not {amount}");
            // The smallest such instant: something comes right before it.
            let before = (t - a).min(1e-3);
            prop_assert!(rate.integral(t - before, t) > 0.0, "nothing comes before {t}");
        } else {
            let ever = rate.integral(a, 3e4);
            prop_assert!(ever < amount * (1.0 + 1e-9), "{ever} comes but {amount} is said not to");
        }
    }

    #[test]
    fn bounds_and_lowest_hold_for_every_value(rate in rates(), a in 0.0..150.0_f64, width in 0.0..150.0_f64) {
        let (low, high) = rate.bounds(a, a + width);
        let (lowest_at, lowest) = rate.lowest(a, a + width);
        let slack = 1e-11 * high.abs().max(low.abs());
        prop_assert!(low - slack <= lowest && (a..=a + width).contains(&lowest_at));
        for i in 0..=200 {
            let value = rate.at(a + width * f64::from(i) / 200.0);
            prop_assert!(low - slack <= value && value <= high + slack, "{value} outside [{low}, {high}]");
            prop_assert!(lowest <= value + slack, "{value} below {lowest}");
        }
        let beside = [lowest_at, (lowest_at - 1e-9 * (1.0 + lowest_at)).max(a)].map(|t| (rate.at(t) - lowest).abs());
        prop_assert!(beside[0].min(beside[1]) <= 1e-6 * (1.0 + high), "{lowest} is not reached at {lowest_at}");
    }

    #[test]
    fn between_breakpoints_the_rate_is_one_piece(rate in rates(), a in 0.0..150.0_f64, width in 0.1..150.0_f64) {
        let breakpoints = rate.breakpoints(a, a + width);
        prop_assert!(breakpoints.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(breakpoints.iter().all(|t| a < *t && *t < a + width));
        let magnitude = 1e-30 + rate.bounds(a, a + width).1;
        let constant = rate.is_piecewise_constant();
        for piece in rate.pieces(a, a + width) {
            for part in [0.0, 1e-6, 0.3, 0.5, 0.9, 1.0 - 1e-6] {
                let t = piece.from_s + part * (piece.until_s - piece.from_s);
                let (direct, by_piece) = (rate.at(t), piece.at(t));
                // A steep piece turns the rounding of an instant into a visible difference.
                let steep = piece.derivative().bounds(piece.from_s, piece.until_s);
                let slack = 1e-10 * magnitude + 1e-12 * (1.0 + t) * steep.0.abs().max(steep.1.abs());
                prop_assert!((direct - by_piece).abs() <= slack, "{direct} is not {by_piece} at {t} of {piece:?}");
                prop_assert!(!constant || piece.constant().is_some());
            }
        }
    }
}

fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance * expected.abs(), "{actual} is not {expected}");
}

#[test]
fn a_ramp_inverts_to_the_root_of_its_quadratic() {
    // Oracle nhpp_ramp_inverse: 10t + t²/3 = 500.
    let ramp = Rate::Points(vec![(0.0, 10.0), (60.0, 50.0)]);
    assert_close(ramp.inverse(0.0, 500.0).expect("reached"), 26.533_119_314_590_373, 1e-12);
}

#[test]
fn a_quarter_of_a_sine_brings_its_known_count() {
    // Oracle nhpp_sin_count: 100·(1 + sin(2πt/24)/2) over six hours.
    let sine = Rate::Sine { mean: 100.0, amplitude: 50.0, period_s: 24.0, phase_s: 0.0 };
    assert_close(sine.integral(0.0, 6.0), 790.985_931_710_274_4, 1e-12);
}

#[test]
fn jumps_belong_to_what_follows_them_even_when_rounded() {
    let pulse = Rate::Pulse { height: 5.0, from_s: 0.3, until_s: 0.7 };
    let repeated = Rate::Repeat { every_s: 1.1, rate: Box::new(pulse) };
    let shifted = Rate::Shift { by_s: 0.1, rate: Box::new(repeated) };
    for (i, at_s) in shifted.breakpoints(0.2, 1000.0).into_iter().enumerate() {
        let right = shifted.at(at_s);
        let after = shifted.at(at_s + 1e-6);
        assert_eq!(right, after, "jump {i} at {at_s}");
    }
    assert_close(shifted.integral(0.1, 0.1 + 1.1 * 900.0), 900.0 * 2.0, 1e-12);
}

#[test]
fn a_week_starts_its_days_anew() {
    let day = |rate: f64| Rate::Steps(vec![(0.0, 0.0), (9.0 * 3600.0, rate), (17.0 * 3600.0, 0.0)]);
    let days = Box::new([day(1.0), day(2.0), day(3.0), day(4.0), day(5.0), Rate::Constant(0.0), Rate::Constant(0.0)]);
    // The scenario starts on a Wednesday at noon.
    let offset_s = 2.5 * 86_400.0;
    let week = Rate::Weekly { days, offset_s };
    assert_eq!(week.at(0.0), 3.0);
    assert_eq!(week.at(5.0 * 3600.0), 0.0);
    assert_eq!(week.at(86_400.0), 4.0);
    assert_close(week.integral(0.0, 5.0 * 3600.0), 3.0 * 5.0 * 3600.0, 1e-14);
    let full_week = 15.0 * 8.0 * 3600.0;
    assert_close(week.integral(1234.5, 1234.5 + 20.0 * 604_800.0), 20.0 * full_week, 1e-12);
    // From Friday's close until Monday nine o'clock nothing comes.
    let friday_close_s = 5.0 * 86_400.0 - 7.0 * 3600.0 - offset_s;
    let monday_open_s = 7.0 * 86_400.0 + 9.0 * 3600.0 - offset_s;
    assert_eq!(week.inverse(friday_close_s, 60.0), Some(monday_open_s + 60.0));
    assert_eq!(week.breakpoints(0.0, 604_800.0).len(), 5 * 2 + 6 + 1);
    assert!(week.is_piecewise_constant());
}

#[test]
fn an_amount_that_is_complete_before_a_silence_is_dated_before_it() {
    let office = Rate::Steps(vec![(0.0, 0.1), (10.0, 0.0), (20.0, 0.3)]);
    assert_eq!(office.inverse(0.0, 1.0), Some(10.0));
    assert_eq!(office.inverse(0.0, 0.0), Some(0.0));
    assert_eq!(office.inverse(12.0, 0.3), Some(21.0));
    assert_eq!(Rate::Pulse { height: 2.0, from_s: 1.0, until_s: 3.0 }.inverse(0.0, 4.5), None);
    let burst = Rate::Burst { height: 3.0, at_s: 5.0, decay_s: 2.0 };
    assert_eq!(burst.inverse(0.0, 6.5), None);
    assert_close(burst.inverse(0.0, 3.0).expect("reached"), 5.0 + 2.0 * 2.0_f64.ln(), 1e-12);
}

#[test]
fn a_silent_repetition_ends_the_search() {
    let silent = Rate::Repeat { every_s: 1e-3, rate: Box::new(Rate::Pulse { height: 1.0, from_s: 5.0, until_s: 6.0 }) };
    assert_eq!(silent.inverse(0.0, 1.0), None);
    let with_pulse = Rate::Sum(vec![silent, Rate::Pulse { height: 1.0, from_s: 0.0, until_s: 0.5 }]);
    assert_eq!(with_pulse.inverse(0.0, 1.0), None);
    assert_eq!(with_pulse.most_after(0.25), 0.25);
}

#[test]
fn a_fading_repetition_is_not_waited_for_for_ever() {
    // ∫ over the years is below 1 + 0.999/1e-3, but its pieces never end.
    let tick = Rate::Pulse { height: 1.0, from_s: 0.0, until_s: 1.0 };
    let ticks = Rate::Repeat { every_s: 2.0, rate: Box::new(tick) };
    let fading = Rate::Growth { factor: 0.999, every_s: 2.0, rate: Box::new(ticks) };
    assert_eq!(fading.inverse(0.0, 1000.1), None);
    assert!(fading.inverse(0.0, 999.0).is_some_and(|t| t > 10_000.0));
    let twice = Rate::Growth { factor: 1.0005, every_s: 2.0, rate: Box::new(fading) };
    assert_eq!(twice.inverse(0.0, 2100.0), None);
}

#[test]
fn growth_of_a_sine_has_its_closed_form() {
    // ∫₀^T e^(κt)(m + a·sin ωt) dt with κ = ln 2/100, T = 100: m·(2 − 1)/κ + a·(…)/(κ² + ω²).
    let sine = Rate::Sine { mean: 10.0, amplitude: 4.0, period_s: 60.0, phase_s: 0.0 };
    let growing = Rate::Growth { factor: 2.0, every_s: 100.0, rate: Box::new(sine) };
    let (kappa, omega, end) = (2.0_f64.ln() / 100.0, std::f64::consts::TAU / 60.0, 100.0_f64);
    let wave = |t: f64| (kappa * t).exp() * (kappa * (omega * t).sin() - omega * (omega * t).cos());
    let expected = 10.0 / kappa + 4.0 * (wave(end) - wave(0.0)) / (kappa * kappa + omega * omega);
    assert_close(growing.integral(0.0, end), expected, 1e-13);
    assert_close(growing.inverse(0.0, expected).expect("reached"), end, 1e-13);
}

#[test]
fn a_clamped_sine_switches_where_it_meets_its_limits() {
    let sine = Rate::Sine { mean: 10.0, amplitude: 8.0, period_s: 24.0, phase_s: 0.0 };
    let clamped = Rate::Clamp { min: Some(6.0), max: Some(14.0), rate: Box::new(sine) };
    // sin = ±1/2 at 2, 10, 14, 22 hours of the cycle.
    let found: Vec<f64> = clamped.breakpoints(0.0, 24.0);
    let expected = [2.0, 10.0, 14.0, 22.0];
    for switch in expected {
        assert!(found.iter().any(|at| (at - switch).abs() < 1e-12), "{switch} is missing in {found:?}");
    }
    assert_close(clamped.integral(0.0, 24.0), 240.0, 1e-13);
}

#[test]
fn the_lowest_point_names_a_negative_rate_and_its_time() {
    let daily = Rate::Sine { mean: 100.0, amplitude: 90.0, period_s: 86_400.0, phase_s: 21_600.0 };
    let dip =
        Rate::Scale { by: -1.0, rate: Box::new(Rate::Pulse { height: 11.0, from_s: 80_000.0, until_s: 90_000.0 }) };
    let (at_s, value) = Rate::Sum(vec![daily.clone(), dip]).lowest(0.0, 604_800.0);
    assert_close(at_s, 86_400.0, 1e-6);
    assert_close(value, -1.0, 1e-9);
    let touching = Rate::Sum(vec![daily, Rate::Constant(-10.0)]);
    assert_eq!(touching.lowest(0.0, 604_800.0).1, 0.0);
}

#[test]
fn a_fast_repetition_over_a_month_is_answered_at_once() {
    let blink = Rate::Pulse { height: 1000.0, from_s: 0.0, until_s: 0.0005 };
    let repeat = Rate::Repeat { every_s: 0.001, rate: Box::new(blink) };
    let month = 30.0 * 86_400.0;
    assert_close(repeat.integral(0.0, month), 500.0 * month, 1e-9);
    assert_close(repeat.inverse(0.0, 500.0 * 1e6 + 0.25).expect("reached"), 1e6 + 0.000_25, 1e-9);
    assert_eq!(repeat.lowest(0.0, month).1, 0.0);
    assert_eq!(repeat.bounds(0.0, month), (0.0, 1000.0));
}
