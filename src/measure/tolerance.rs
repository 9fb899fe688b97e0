//! Bounds for a quantile of a normal law from very few samples: one-sided tolerance factors.
//!
//! D. B. Owen (1968), "A survey of properties and applications of the noncentral t-distribution", Technometrics 10: the
//! mean of n normal samples less k sample deviations lies below their (1 − p)-quantile with probability γ for
//! k = t'(γ; n − 1, `z_p·√n)/√n`, a quantile of the noncentral t. Not here: whether the samples are normal.

use statrs::distribution::{Continuous, ContinuousCDF, Gamma, Normal};

/// Intervals of the integral over the law of the sample deviation; the integrand is smooth.
const INTERVALS: usize = 2000;

/// k such that mean − k·deviation of `samples` ≥ 2 normal samples lies below their (1 − `share`)-quantile with
/// probability `confidence`. With a confidence below one half it is the other end of an interval.
///
/// # Panics
/// When there are fewer than two samples, or a share or confidence is not inside (0, 1).
pub fn tolerance_factor(samples: usize, share: f64, confidence: f64) -> f64 {
    assert!(samples >= 2, "a deviation takes two samples");
    let root = (samples as f64).sqrt();
    let normal = Normal::new(0.0, 1.0).expect("the standard normal law");
    let shift = normal.inverse_cdf(share) * root;
    let law = Noncentral::new((samples - 1) as f64, shift);
    let (mut low, mut high) = (shift - 1.0, shift + 1.0);
    while law.cdf(low) > confidence {
        low -= high - low;
    }
    while law.cdf(high) < confidence {
        high += high - low;
    }
    // Halving ends where f64 does.
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        *(if law.cdf(middle) < confidence { &mut low } else { &mut high }) = middle;
    }
    0.5 * (low + high) / root
}

/// The noncentral t law: (Z + δ)/√(V/ν) with Z normal and V chi-squared.
struct Noncentral {
    shift: f64,
    /// Values of √(V/ν) and their probabilities.
    deviations: Vec<(f64, f64)>,
}

impl Noncentral {
    fn new(freedom: f64, shift: f64) -> Self {
        let law = Gamma::new(0.5 * freedom, 0.5 * freedom).expect("positive degrees of freedom");
        // Equal steps of √(V/ν): its density has no pole for any ν ≥ 1.
        let most = law.inverse_cdf(1.0 - 1e-13).sqrt();
        let step = most / INTERVALS as f64;
        let middles = (0..INTERVALS).map(|k| (k as f64 + 0.5) * step);
        let deviations = middles.map(|w| (w, 2.0 * w * law.pdf(w * w) * step)).collect();
        Noncentral { shift, deviations }
    }

    fn cdf(&self, t: f64) -> f64 {
        let normal = Normal::new(0.0, 1.0).expect("the standard normal law");
        self.deviations.iter().map(|(w, probability)| probability * normal.cdf(t * w - self.shift)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_those_of_printed_tables() {
        for (samples, share, confidence, factor) in [
            (2, 0.95, 0.95, 26.260),
            (5, 0.95, 0.95, 4.203),
            (10, 0.95, 0.95, 2.911),
            (20, 0.95, 0.95, 2.396),
            (10, 0.90, 0.95, 2.355),
            (10, 0.99, 0.95, 3.981),
        ] {
            let found = tolerance_factor(samples, share, confidence);
            assert!((found / factor - 1.0).abs() < 5e-4, "n = {samples}: {found} against {factor}");
        }
    }

    #[test]
    fn both_ends_enclose_the_quantile() {
        let (low, high) = (tolerance_factor(6, 0.95, 0.025), tolerance_factor(6, 0.95, 0.975));
        assert!(low > 0.0 && low < 1.645 && high > 1.645, "{low} {high}");
        // A median: the factors are those of the t-interval of the mean.
        let half = tolerance_factor(6, 0.5, 0.975);
        assert!((half - 2.5706 / 6.0_f64.sqrt()).abs() < 1e-3, "{half}");
    }
}
