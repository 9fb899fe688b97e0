//! Tests of the module above.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::Distribution;

/// One of every kind, with a finite third moment.
fn every_kind() -> Vec<Distribution> {
    vec![
        Distribution::Constant(2.0),
        Distribution::Exponential { mean_s: 0.3 },
        Distribution::Erlang { mean_s: 1.2, stages: 4 },
        Distribution::Gamma { mean_s: 1.5, cv: 0.7 },
        Distribution::lognormal(0.02, 1.0),
        Distribution::Weibull { mean_s: 1.0, shape: 1.6 },
        Distribution::Pareto { mean_s: 1.0, shape: 12.0 },
        Distribution::hyperexponential_balanced(1.0, 2.0),
        Distribution::Hyperexponential(vec![(0.5, 1.0), (0.3, 2.0), (0.2, 0.1)]),
        Distribution::Uniform { low_s: 1.0, high_s: 4.0 },
        Distribution::Empirical(Arc::from([0.5, 1.0, 1.0, 7.5])),
    ]
}

fn assert_close(actual: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((actual - expected).abs() <= tolerance * expected.abs().max(1e-300), "{what}: {actual} is not {expected}");
}

#[test]
fn moments_agree_with_mean_variance_and_each_other() {
    for law in every_kind() {
        let mean = law.mean();
        assert_close(law.moment(0).expect("finite"), 1.0, 1e-12, "zeroth moment");
        assert_close(law.moment(1).expect("finite"), mean, 1e-12, "first moment");
        assert!((law.moment(2).expect("finite") - mean * mean - law.variance()).abs() < 1e-11 * mean * mean, "{law:?}");
        assert!((law.scv() * mean * mean - law.variance()).abs() < 1e-12 * mean * mean, "{law:?}");
    }
}

#[test]
fn moments_are_the_integrals_of_the_survival_function() {
    // E[Xᵏ] = ∫ k·x^(k−1)·P(X > x) dx, by Simpson's rule on a fine grid where the law is smooth.
    for law in every_kind() {
        if law.constant_value().is_some() || matches!(law, Distribution::Empirical(_)) {
            continue;
        }
        for k in 1..=2_u32 {
            let (steps, top) = (400_000, 300.0 * law.mean());
            let width = top / f64::from(steps);
            let integrand = |x: f64| f64::from(k) * x.powi(k as i32 - 1) * law.survival(x);
            let sum: f64 = (0..steps)
                .map(|i| {
                    let x = f64::from(i) * width;
                    integrand(x) + 4.0 * integrand(x + 0.5 * width) + integrand(x + width)
                })
                .sum();
            assert_close(sum * width / 6.0, law.moment(k).expect("finite"), 2e-5, &format!("{law:?} moment {k}"));
        }
    }
}

#[test]
fn known_values_of_the_textbooks() {
    let lognormal = Distribution::lognormal(20.0, 1.0);
    assert_close(lognormal.mean(), 20.0, 1e-14, "lognormal mean");
    assert_close(lognormal.scv(), 1.0, 1e-13, "lognormal scv");
    assert_close(lognormal.moment(3).expect("finite"), 8.0 * 8000.0, 1e-12, "E[X³] = mean³·(1 + cv²)³");

    let fitted = Distribution::lognormal_from_quantiles(0.01, 0.2);
    assert_close(fitted.cdf(0.01), 0.5, 1e-12, "p50");
    assert_close(fitted.cdf(0.2), 0.99, 1e-12, "p99");

    let balanced = Distribution::hyperexponential_balanced(3.0, 2.0);
    assert_close(balanced.mean(), 3.0, 1e-14, "balanced mean");
    assert_close(balanced.scv(), 4.0, 1e-13, "balanced scv");
    assert_close(Distribution::hyperexponential_balanced(3.0, 1e6).scv(), 1e12, 1e-9, "extreme balanced scv");

    let weibull = Distribution::Weibull { mean_s: 1.0, shape: 0.5 };
    assert_close(weibull.scv(), 5.0, 1e-12, "Weibull 1/2: Γ(5)/Γ(3)² − 1");
    assert_close(Distribution::Erlang { mean_s: 2.0, stages: 2 }.cdf(2.0), 1.0 - 3.0 * (-2.0_f64).exp(), 1e-13, "E2");
}

#[test]
fn heavy_tails_have_no_high_moments() {
    let pareto = Distribution::Pareto { mean_s: 1.0, shape: 2.5 };
    assert_close(pareto.moment(2).expect("finite"), 0.36 * 2.5 / 0.5, 1e-13, "Pareto second moment");
    assert_eq!(pareto.moment(3), None);
    let heavier = Distribution::Pareto { mean_s: 1.0, shape: 2.0 };
    assert_eq!((heavier.moment(2), heavier.variance(), heavier.scv()), (None, f64::INFINITY, f64::INFINITY));
}

#[test]
fn probabilities_are_complements_and_ascend_from_0_to_1() {
    for law in every_kind() {
        let mut previous = 0.0;
        for step in 0..400 {
            let x = law.mean() * f64::from(step) * 0.02;
            let (below, above) = (law.cdf(x), law.survival(x));
            assert!((below + above - 1.0).abs() < 1e-12, "{law:?} at {x}");
            assert!(below >= previous - 1e-15, "{law:?} falls at {x}");
            previous = below;
        }
        assert_eq!((law.cdf(-1.0), law.survival(-1.0)), (0.0, 1.0));
        assert_eq!((law.cdf(f64::INFINITY), law.survival(f64::INFINITY)), (1.0, 0.0), "{law:?}");
    }
}

#[test]
fn disguised_exponentials_and_constants_are_recognised() {
    assert!(Distribution::Gamma { mean_s: 1.0, cv: 1.0 }.is_exponential());
    assert!(Distribution::Erlang { mean_s: 1.0, stages: 1 }.is_exponential());
    assert_eq!(Distribution::Hyperexponential(vec![(0.1, 2.0), (0.9, 2.0)]).exponential_mean(), Some(2.0));
    assert!(!Distribution::hyperexponential_balanced(1.0, 1.1).is_exponential());
    assert_eq!(Distribution::Uniform { low_s: 3.0, high_s: 3.0 }.constant_value(), Some(3.0));
    assert_eq!(Distribution::Exponential { mean_s: 1.0 }.constant_value(), None);
}

#[test]
fn draws_have_the_mean_and_the_variance_of_the_law() {
    for law in every_kind() {
        let sampler = law.sampler();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| sampler.draw(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let error = (law.variance() / f64::from(n)).sqrt();
        assert!((mean - law.mean()).abs() <= 4.0 * error + 1e-12, "{law:?}: {mean}");
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!((variance - law.variance()).abs() <= 0.05 * law.variance() + 1e-20, "{law:?}: variance {variance}");
    }
}
