//! Random draws against the laws that they are drawn from.
//!
//! Kolmogorov–Smirnov at α = 0.001 with n = 10⁵ and fixed seeds, so that a pass stays a pass; frozen first values; and
//! for publish instants the time-rescaling theorem: the increments of Λ between them are exponential.

use std::sync::Arc;

use forebay::engine::events::arrivals::Publisher;
use forebay::model::rate::{Trace, TracePiece};
use forebay::model::{Arrivals, Distribution, MmppState, Process, Producer, Rate, Renewal};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const N: usize = 100_000;

/// The largest distance between the empirical and the true distribution function, times √n.
fn kolmogorov_smirnov(mut draws: Vec<f64>, mut cdf: impl FnMut(f64) -> f64) -> f64 {
    let n = draws.len() as f64;
    draws.sort_by(f64::total_cmp);
    let distance = draws.iter().enumerate().map(|(i, x)| {
        let probability = cdf(*x);
        (probability - i as f64 / n).max((i + 1) as f64 / n - probability)
    });
    distance.fold(0.0, f64::max) * n.sqrt()
}

/// √(−ln(α/2)/2) for α = 0.001.
const LIMIT: f64 = 1.949_5;

fn continuous_laws() -> Vec<Distribution> {
    vec![
        Distribution::Exponential { mean_s: 0.3 },
        Distribution::Erlang { mean_s: 1.2, stages: 4 },
        Distribution::Gamma { mean_s: 1.5, cv: 0.4 },
        Distribution::Gamma { mean_s: 1.5, cv: 2.5 },
        Distribution::lognormal(0.02, 1.0),
        Distribution::lognormal_from_quantiles(0.01, 0.2),
        Distribution::Weibull { mean_s: 1.0, shape: 0.7 },
        Distribution::Weibull { mean_s: 1.0, shape: 3.0 },
        Distribution::Pareto { mean_s: 1.0, shape: 2.5 },
        Distribution::hyperexponential_balanced(1.0, 2.0),
        Distribution::Hyperexponential(vec![(0.5, 1.0), (0.3, 2.0), (0.2, 0.1)]),
        Distribution::Uniform { low_s: 1.0, high_s: 4.0 },
    ]
}

fn draws(law: &Distribution, n: usize) -> Vec<f64> {
    let sampler = law.sampler();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2026);
    (0..n).map(|_| sampler.draw(&mut rng)).collect()
}

#[test]
fn draws_follow_the_distribution_function() {
    for law in continuous_laws() {
        let distance = kolmogorov_smirnov(draws(&law, N), |x| law.cdf(x));
        assert!(distance < LIMIT, "{law:?}: {distance}");
    }
}

#[test]
fn a_law_that_is_10_percent_off_is_noticed() {
    for law in continuous_laws() {
        let distance = kolmogorov_smirnov(draws(&law, N), |x| law.cdf(x / 1.1));
        assert!(distance > LIMIT, "{law:?}: {distance}");
    }
}

#[test]
fn discrete_draws_have_the_shares_of_their_values() {
    let values = [0.5, 1.0, 1.0, 7.5];
    let found = draws(&Distribution::Empirical(Arc::from(values)), N);
    for value in values {
        let expected = values.iter().filter(|other| **other == value).count() as f64 / 4.0;
        let share = found.iter().filter(|draw| **draw == value).count() as f64 / N as f64;
        assert!((share - expected).abs() < 4.0 * (expected * (1.0 - expected) / N as f64).sqrt(), "{value}: {share}");
    }
    assert!(draws(&Distribution::Constant(0.25), 10).iter().all(|draw| *draw == 0.25));
}

#[test]
fn equilibrium_residuals_follow_the_integrated_tail() {
    let mut laws = continuous_laws();
    laws.push(Distribution::Constant(2.0));
    laws.push(Distribution::Empirical(Arc::from([0.5, 1.0, 1.0, 7.5])));
    for law in laws {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut found: Vec<f64> = (0..N).map(|_| law.draw_equilibrium(&mut rng)).collect();
        found.sort_by(f64::total_cmp);
        // ∫ (1 − F) / mean from draw to draw, each gap in 4 parts by the midpoint rule: the draws are the grid.
        let (mut at, mut integral) = (0.0, 0.0);
        let probabilities: Vec<f64> = found
            .iter()
            .map(|x| {
                let part = (x - at) / 4.0;
                integral += (0..4).map(|i| law.survival(at + part * (f64::from(i) + 0.5))).sum::<f64>() * part;
                at = *x;
                integral / law.mean()
            })
            .collect();
        let mut index = 0;
        let distance = kolmogorov_smirnov(found, |_| {
            index += 1;
            probabilities[index - 1]
        });
        assert!(distance < LIMIT, "{law:?}: {distance}");
    }
}

#[test]
fn the_first_draws_never_change() {
    let expected: [[f64; 3]; 12] = [
        [0.178_907_862_494_146_7, 0.224_493_815_761_914_52, 0.175_427_065_400_882_38],
        [0.988_191_183_948_053_3, 1.373_793_640_432_861_2, 0.499_549_371_212_883_23],
        [1.305_515_627_063_735, 1.693_824_507_168_196_5, 0.776_874_665_548_492_2],
        [0.051_445_266_621_359_66, 0.419_400_001_850_036_23, 5.064_297_846_189_799],
        [0.011_956_703_671_781_522, 0.018_011_799_433_060_13, 0.020_429_011_372_754_984],
        [0.007_713_254_027_292_986, 0.014_536_912_820_769_654, 0.017_662_958_453_171_583],
        [0.627_340_782_153_17, 0.283_153_938_475_332_05, 0.159_153_345_786_444_55],
        [1.061_197_936_334_569, 0.881_422_603_306_805_4, 0.770_553_129_954_642],
        [0.843_295_309_068_203_3, 0.729_220_127_757_188_3, 0.683_511_858_095_310_7],
        [0.421_680_448_395_202_63, 2.991_819_720_183_122, 0.685_377_423_636_294_7],
        [0.748_312_719_206_381_8, 10.618_546_620_815_91, 1.216_268_493_158_277_7],
        [2.281_003_066_531_961_4, 2.842_267_803_011_456, 3.165_879_282_218_516],
    ];
    for (law, expected) in continuous_laws().iter().zip(expected) {
        let found = draws(law, 3);
        let close = found.iter().zip(expected).all(|(found, expected)| (found / expected - 1.0).abs() < 1e-12);
        assert!(close, "{law:?}: {found:?}");
    }
}

fn producer(rate: Rate, process: Process) -> Producer {
    Producer::new("source", 0, Arrivals::Process { rate, process })
}

/// Increments of Λ between the first `n` instants.
fn rescaled(rate: &Rate, process: Process, n: usize) -> Vec<f64> {
    let source = producer(rate.clone(), process);
    let mut publisher = Publisher::new(&source, 3, 0);
    let mut previous_s = 0.0;
    let increment = |_| {
        let at_s = publisher.next_s();
        assert!(at_s.is_finite(), "{rate:?} ended");
        let increment = rate.integral(previous_s, at_s);
        previous_s = at_s;
        increment
    };
    (0..n).map(increment).collect()
}

/// Rates of every kind, with at least 10⁵ messages to come.
fn rates() -> Vec<Rate> {
    let day_s = 86_400.0;
    let sine = Rate::Sine { mean: 6.0, amplitude: 5.0, period_s: 3600.0, phase_s: 100.0 };
    let steps = Rate::Steps((0..500).map(|i| (f64::from(i) * 30.0, f64::from(i * 7 % 20))).collect());
    let points = Rate::Points((0..500).map(|i| (f64::from(i) * 30.0, f64::from(i * 13 % 20))).collect());
    let diurnal = Rate::Sine { mean: 1.0, amplitude: 1.0, period_s: day_s, phase_s: 6.0 * 3600.0 };
    let office = Rate::Pulse { height: 2.0, from_s: 8.0 * 3600.0, until_s: 18.0 * 3600.0 };
    let trace = (0..2000).map(|i| {
        let (from_s, rate) = (f64::from(i) * 60.0, f64::from(i * i % 17));
        let rate_until = if i % 5 == 0 { 3.0 } else { rate };
        TracePiece { from_s, until_s: from_s + 60.0, rate_from: rate, rate_until }
    });
    vec![
        Rate::Constant(0.7),
        sine.clone(),
        steps,
        points.clone(),
        diurnal.clone(),
        Rate::Burst { height: 2000.0, at_s: 10.0, decay_s: 500.0 },
        Rate::Trace(Arc::new(Trace::new(trace.collect()))),
        Rate::Growth { factor: 1.5, every_s: 3600.0, rate: Box::new(sine.clone()) },
        Rate::Clamp { min: Some(2.0), max: Some(9.0), rate: Box::new(sine.clone()) },
        Rate::Repeat { every_s: 333.0, rate: Box::new(points) },
        Rate::Sum(vec![
            sine,
            Rate::Repeat { every_s: 50.0, rate: Box::new(Rate::Pulse { height: 9.0, from_s: 1.0, until_s: 4.0 }) },
        ]),
        Rate::Weekly {
            days: Box::new(std::array::from_fn(|day| if day < 5 { office.clone() } else { diurnal.clone() })),
            offset_s: 5.0,
        },
        Rate::Shift { by_s: 500.0, rate: Box::new(diurnal) },
    ]
}

#[test]
fn rescaled_poisson_gaps_are_exponential_and_independent() {
    for rate in rates() {
        let gaps = rescaled(&rate, Process::Poisson, N);
        let pairs: f64 = gaps.windows(2).map(|pair| (pair[0] - 1.0) * (pair[1] - 1.0)).sum();
        assert!((pairs / N as f64).abs() < 4.0 / (N as f64).sqrt(), "neighbours of {rate:?} depend on each other");
        let distance = kolmogorov_smirnov(gaps, |x| -(-x).exp_m1());
        assert!(distance < LIMIT, "{rate:?}: {distance}");
    }
}

#[test]
fn rescaled_renewal_gaps_follow_their_own_law() {
    let sine = Rate::Sine { mean: 6.0, amplitude: 5.0, period_s: 3600.0, phase_s: 100.0 };
    for (cv, law) in [
        (0.5, Distribution::Gamma { mean_s: 1.0, cv: 0.5 }),
        (1.0, Distribution::Exponential { mean_s: 1.0 }),
        (3.0, Distribution::hyperexponential_balanced(1.0, 3.0)),
    ] {
        let gaps = rescaled(&sine, Process::Renewal(Renewal::Cv(cv)), N);
        let distance = kolmogorov_smirnov(gaps, |x| law.cdf(x));
        assert!(distance < LIMIT, "cv {cv}: {distance}");
    }
    let shape = Distribution::Weibull { mean_s: 5.0, shape: 1.7 };
    let gaps = rescaled(&sine, Process::Renewal(Renewal::Gap(shape.clone())), N);
    let distance = kolmogorov_smirnov(gaps, |x| shape.cdf(5.0 * x));
    assert!(distance < LIMIT, "Weibull gaps: {distance}");
}

/// Mean and variance of the counts in windows of `window_s`, over `replications` of `windows` each.
fn counts(source: &Producer, window_s: f64, windows: usize, replications: u32) -> (f64, f64) {
    let mut found = Vec::new();
    for replication in 0..replications {
        let mut publisher = Publisher::new(source, 5, replication);
        let mut bins = vec![0.0; windows];
        loop {
            let window = (publisher.next_s() / window_s) as usize;
            let Some(bin) = bins.get_mut(window) else { break };
            *bin += f64::from(publisher.messages());
        }
        found.extend(bins);
    }
    let n = found.len() as f64;
    let mean = found.iter().sum::<f64>() / n;
    (mean, found.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

#[test]
fn the_dispersion_of_renewal_counts_tends_to_the_squared_coefficient_of_variation() {
    for cv in [0.3, 0.7, 1.0, 2.0] {
        let source = producer(Rate::Constant(10.0), Process::Renewal(Renewal::Cv(cv)));
        let (mean, variance) = counts(&source, 100.0, 10_000, 1);
        assert!((mean / 1000.0 - 1.0).abs() < 4.0 * cv / 1e7_f64.sqrt() + 1e-5, "cv {cv}: mean {mean}");
        // A window of 1000 messages is long enough but for O(1/1000); 10⁴ windows know the variance to 1.4 %.
        assert!((variance / mean / (cv * cv) - 1.0).abs() < 0.06, "cv {cv}: {}", variance / mean);
    }
}

#[test]
fn a_stationary_renewal_process_has_the_right_mean_from_its_very_first_moment() {
    for cv in [0.2, 3.0] {
        let source = producer(Rate::Constant(1.0), Process::Renewal(Renewal::Cv(cv)));
        let (mean, variance) = counts(&source, 0.5, 1, 100_000);
        assert!((mean - 0.5).abs() < 4.0 * (variance / 1e5).sqrt(), "cv {cv}: {mean}");
    }
}

#[test]
fn batches_keep_the_mean_and_multiply_the_dispersion() {
    let batches = Process::Batches { size: 20, of: Box::new(Process::Poisson) };
    let (mean, variance) = counts(&producer(Rate::Constant(100.0), batches), 10.0, 20_000, 1);
    assert!((mean / 1000.0 - 1.0).abs() < 4.0 * (20.0_f64 / 2e7).sqrt(), "{mean}");
    assert!((variance / mean / 20.0 - 1.0).abs() < 0.05, "{}", variance / mean);
}

#[test]
fn a_modulated_process_has_the_mean_and_the_dispersion_of_theory() {
    // Oracles mmpp2_mean and mmpp2_idc_t10: rates 50 and 5, left at 0.1 and 0.02 per second.
    let states = vec![MmppState { factor: 50.0, mean_s: 10.0 }, MmppState { factor: 5.0, mean_s: 50.0 }];
    let source = producer(Rate::Constant(12.5), Process::Mmpp(states));
    let (mean, variance) = counts(&source, 10.0, 1, 200_000);
    assert!((mean - 125.0).abs() < 4.0 * (variance / 2e5).sqrt(), "mean {mean}");
    let dispersion = variance / mean;
    assert!((dispersion / 157.623_191_222_563_15 - 1.0).abs() < 0.02, "dispersion {dispersion}");
    // Consecutive windows of one long run are stationary too.
    let (mean, variance) = counts(&source, 10.0, 200_000, 1);
    assert!((mean / 125.0 - 1.0).abs() < 4.0 * (376.0_f64 / 2.5e7).sqrt(), "mean {mean}");
    assert!((variance / mean / 157.623_191_222_563_15 - 1.0).abs() < 0.05, "dispersion {}", variance / mean);
}
