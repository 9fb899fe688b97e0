//! A quantile of independent samples with an interval that holds whatever their law: order statistics.
//!
//! W. R. Thompson (1936), "On confidence ranges for the median and other expectation distributions for populations of
//! unknown distribution form", Annals of Mathematical Statistics 7; H. A. David and H. N. Nagaraja (2003), "Order
//! Statistics", §7.1: the number of samples below the q-quantile is binomial (n, q), so that the l-th and the u-th
//! smallest sample enclose it with probability P(l ≤ B < u). Not here: samples that depend on one another.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Ranks of the samples that enclose a quantile, from 1; `None` where so few samples have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantileRanks {
    /// The largest rank that lies above the quantile with a probability of at most the tail.
    pub lower: Option<usize>,
    /// The smallest rank that lies below the quantile with a probability of at most the tail.
    pub upper: Option<usize>,
}

impl QuantileRanks {
    /// Ranks for the `share`-quantile of `samples` samples, each end wrong with a probability of at most
    /// (1 − `confidence`)/2: P(B < l) ≤ tail and P(B ≥ u) ≤ tail for B binomial (`samples`, `share`).
    ///
    /// # Panics
    /// When `share` is no probability.
    pub fn new(samples: usize, share: f64, confidence: f64) -> Self {
        let tail = 0.5 * (1.0 - confidence);
        let law = Binomial::new(share, samples as u64).expect("a share between 0 and 1");
        let fewer_than = |rank: usize| law.cdf(rank as u64 - 1);
        let lower = (1..=samples).take_while(|rank| fewer_than(*rank) <= tail).last();
        let upper = (1..=samples).rev().take_while(|rank| 1.0 - fewer_than(*rank) <= tail).last();
        QuantileRanks { lower, upper }
    }

    /// Probability that the samples of two ranks enclose the quantile: P(l ≤ B < u).
    ///
    /// # Panics
    /// When `share` is no probability.
    pub fn coverage(samples: usize, share: f64, lower: usize, upper: usize) -> f64 {
        let law = Binomial::new(share, samples as u64).expect("a share between 0 and 1");
        let below = |rank: usize| if rank == 0 { 0.0 } else { law.cdf(rank as u64 - 1) };
        below(upper) - below(lower)
    }
}

/// Rank of the sample that estimates the quantile: the smallest with at least `share` of the samples at or below it.
pub fn quantile_rank(samples: usize, share: f64) -> usize {
    // 0.95 · 20 is 19.000000000000004 in binary.
    ((share * samples as f64 - 1e-9).ceil() as usize).clamp(1, samples.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_oracles() {
        let ranks = |samples, share| QuantileRanks::new(samples, share, 0.95);
        assert_eq!(ranks(100, 0.95), QuantileRanks { lower: Some(90), upper: Some(100) });
        assert_eq!(ranks(1000, 0.99), QuantileRanks { lower: Some(983), upper: Some(997) });
        assert_eq!(ranks(500, 0.5), QuantileRanks { lower: Some(228), upper: Some(273) });
    }

    #[test]
    fn coverages_are_those_of_the_oracles() {
        for (samples, share, lower, upper, coverage) in
            [(100, 0.95, 90, 100, 0.982_607_060_712_182_1), (500, 0.5, 228, 273, 0.955_933_652_421_072_7)]
        {
            let found = QuantileRanks::coverage(samples, share, lower, upper);
            assert!((found - coverage).abs() < 5e-6, "{found} against {coverage}");
        }
        assert!((QuantileRanks::coverage(1000, 0.99, 983, 997) - 0.976_09).abs() < 1e-5);
    }

    #[test]
    fn few_samples_have_no_interval_for_an_extreme_quantile() {
        assert_eq!(QuantileRanks::new(20, 0.95, 0.95).upper, None);
        assert_eq!(QuantileRanks::new(100, 0.05, 0.95).lower, Some(1));
        assert_eq!(QuantileRanks::new(71, 0.05, 0.95).lower, None);
        assert_eq!(QuantileRanks::new(5, 0.5, 0.95), QuantileRanks { lower: None, upper: None });
        assert_eq!((quantile_rank(20, 0.95), quantile_rank(100, 0.5), quantile_rank(3, 0.01)), (19, 50, 1));
    }
}
