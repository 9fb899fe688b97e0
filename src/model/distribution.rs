//! Distributions of durations: service, delays, start-up times, gaps.

use std::sync::Arc;

use crate::units::Seconds;

/// A law of non-negative durations, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Seconds),
    /// Exponential.
    Exponential {
        /// Mean, above 0.
        mean_s: Seconds,
    },
    /// Sum of `stages` equal exponential stages.
    Erlang {
        /// Mean of the sum, above 0.
        mean_s: Seconds,
        /// Number of stages, at least 1.
        stages: u32,
    },
    /// Gamma.
    Gamma {
        /// Mean, above 0.
        mean_s: Seconds,
        /// Coefficient of variation, above 0.
        cv: f64,
    },
    /// exp(mu + sigma·Z), Z standard normal.
    Lognormal {
        /// Mean of the logarithm (of seconds).
        mu: f64,
        /// Standard deviation of the logarithm, at least 0.
        sigma: f64,
    },
    /// Weibull.
    Weibull {
        /// Mean, above 0.
        mean_s: Seconds,
        /// Shape, above 0; 1 is exponential.
        shape: f64,
    },
    /// Pareto (type I): heavy tail, infinite variance for shape ≤ 2.
    Pareto {
        /// Mean, above 0.
        mean_s: Seconds,
        /// Shape, above 1.
        shape: f64,
    },
    /// Mixture of exponentials: `(share, mean_s)`, shares sum to 1.
    Hyperexponential(Vec<(f64, Seconds)>),
    /// Uniform on `[low, high]`.
    Uniform {
        /// Lowest.
        low_s: Seconds,
        /// Highest, at least `low_s`.
        high_s: Seconds,
    },
    /// Each of the recorded values (ascending) equally likely.
    Empirical(Arc<[Seconds]>),
}

impl Distribution {
    /// Mean in seconds.
    pub fn mean(&self) -> Seconds {
        match self {
            Self::Constant(value_s) => *value_s,
            Self::Exponential { mean_s }
            | Self::Erlang { mean_s, .. }
            | Self::Gamma { mean_s, .. }
            | Self::Weibull { mean_s, .. }
            | Self::Pareto { mean_s, .. } => *mean_s,
            Self::Lognormal { mu, sigma } => (mu + 0.5 * sigma * sigma).exp(),
            Self::Hyperexponential(branches) => branches.iter().map(|(share, mean_s)| share * mean_s).sum(),
            Self::Uniform { low_s, high_s } => 0.5 * (low_s + high_s),
            Self::Empirical(values_s) => values_s.iter().sum::<f64>() / values_s.len() as f64,
        }
    }
}
