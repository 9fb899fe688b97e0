//! Distributions of durations: service, delays, start-up times, gaps.
//!
//! Their moments stand here, their distribution functions in `probability`, random draws in `sampler` and
//! `equilibrium`. Not here: the
//! text that names them (`scenario`) and who draws from which stream (`engine::events`).

mod equilibrium;
mod probability;
mod sampler;

use std::sync::Arc;

use statrs::function::gamma::gamma;

pub use sampler::Sampler;

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

/// 99 % quantile of the standard normal law.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

impl Distribution {
    /// The lognormal law of a mean (above 0) and a coefficient of variation (at least 0):
    /// σ² = ln(1 + cv²), μ = ln(mean) − σ²/2.
    pub fn lognormal(mean_s: Seconds, cv: f64) -> Self {
        let variance = (cv * cv).ln_1p();
        Self::Lognormal { mu: mean_s.ln() - 0.5 * variance, sigma: variance.sqrt() }
    }

    /// The lognormal law of a median (above 0) and a 99 % quantile (at least the median).
    pub fn lognormal_from_quantiles(p50_s: Seconds, p99_s: Seconds) -> Self {
        Self::Lognormal { mu: p50_s.ln(), sigma: (p99_s / p50_s).ln() / NORMAL_P99 }
    }

    /// The mixture of two exponentials of a mean (above 0) and a coefficient of variation (at least 1) in which each
    /// branch carries half of the mean ("balanced means", Whitt 1982); the exponential law at 1.
    ///
    /// # Panics
    /// If `cv` is below 1: no mixture of exponentials varies less than one of them.
    pub fn hyperexponential_balanced(mean_s: Seconds, cv: f64) -> Self {
        assert!(cv >= 1.0, "a mixture of exponentials has a coefficient of variation of at least 1, not {cv}");
        let scv = cv * cv;
        if scv <= 1.0 {
            return Self::Exponential { mean_s };
        }
        let imbalance = ((scv - 1.0) / (scv + 1.0)).sqrt();
        // (1 − √((c² − 1)/(c² + 1)))/2 without cancellation for large c.
        let rare = 1.0 / ((scv + 1.0) * (1.0 + imbalance));
        let frequent = 1.0 - rare;
        Self::Hyperexponential(vec![(frequent, 0.5 * mean_s / frequent), (rare, 0.5 * mean_s / rare)])
    }

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

    /// Variance in square seconds; infinite for a Pareto law of shape at most 2.
    pub fn variance(&self) -> f64 {
        let mean_s = self.mean();
        match self {
            Self::Uniform { low_s, high_s } => (high_s - low_s).powi(2) / 12.0,
            Self::Empirical(values_s) => {
                values_s.iter().map(|value_s| (value_s - mean_s).powi(2)).sum::<f64>() / values_s.len() as f64
            }
            // σ² = Σ p(m² + (m − mean)²): within the branches and between them.
            Self::Hyperexponential(branches) => {
                branches.iter().map(|(share, branch_s)| share * (branch_s.powi(2) + (branch_s - mean_s).powi(2))).sum()
            }
            _ => self.scv() * mean_s * mean_s,
        }
    }

    /// Squared coefficient of variation, variance / mean²: 0 is regular, 1 exponential; infinite for a Pareto law of
    /// shape at most 2, and 0 for a law that is always 0.
    pub fn scv(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Erlang { stages, .. } => 1.0 / f64::from(*stages),
            Self::Gamma { cv, .. } => cv * cv,
            Self::Lognormal { sigma, .. } => (sigma * sigma).exp_m1(),
            Self::Weibull { shape, .. } => gamma(1.0 + 2.0 / shape) / gamma(1.0 + 1.0 / shape).powi(2) - 1.0,
            Self::Pareto { shape, .. } if *shape <= 2.0 => f64::INFINITY,
            Self::Pareto { shape, .. } => 1.0 / (shape * (shape - 2.0)),
            Self::Hyperexponential(_) | Self::Uniform { .. } | Self::Empirical(_) => {
                let mean_s = self.mean();
                if mean_s == 0.0 { 0.0 } else { self.variance() / (mean_s * mean_s) }
            }
        }
    }

    /// The raw moment E\[Xᵏ\] in secondsᵏ; `None` if it is infinite (Pareto with shape ≤ k) or beyond what `f64` holds.
    pub fn moment(&self, k: u32) -> Option<f64> {
        let power = k as i32;
        let order = f64::from(k);
        let exponential = |mean_s: f64| (1..=k).map(|stage| f64::from(stage) * mean_s).product::<f64>();
        let moment = match self {
            Self::Constant(value_s) => value_s.powi(power),
            Self::Exponential { mean_s } => exponential(*mean_s),
            Self::Erlang { .. } | Self::Gamma { .. } => {
                // E[Xᵏ] = Π (shape + i)·scale for i < k, with shape·scale = mean and scale/mean = c².
                let (mean_s, scv) = (self.mean(), self.scv());
                (0..k).map(|i| mean_s * (1.0 + f64::from(i) * scv)).product()
            }
            Self::Lognormal { mu, sigma } => (order * mu + 0.5 * (order * sigma).powi(2)).exp(),
            Self::Weibull { mean_s, shape } => {
                weibull_scale_s(*mean_s, *shape).powi(power) * gamma(1.0 + order / shape)
            }
            Self::Pareto { shape, .. } if order >= *shape => return None,
            Self::Pareto { mean_s, shape } => pareto_scale_s(*mean_s, *shape).powi(power) * shape / (shape - order),
            Self::Hyperexponential(branches) => {
                branches.iter().map(|(share, mean_s)| share * exponential(*mean_s)).sum()
            }
            Self::Uniform { low_s, high_s } => {
                let terms = (0..=power).map(|i| low_s.powi(i) * high_s.powi(power - i));
                terms.sum::<f64>() / (order + 1.0)
            }
            Self::Empirical(values_s) => {
                values_s.iter().map(|value_s| value_s.powi(power)).sum::<f64>() / values_s.len() as f64
            }
        };
        moment.is_finite().then_some(moment)
    }

    /// The mean of an exponential law, whichever way it was written; `None` for every other law.
    pub fn exponential_mean(&self) -> Option<Seconds> {
        match self {
            Self::Exponential { mean_s } | Self::Erlang { mean_s, stages: 1 } => Some(*mean_s),
            Self::Gamma { mean_s, cv } if *cv == 1.0 => Some(*mean_s),
            Self::Weibull { mean_s, shape } if *shape == 1.0 => Some(*mean_s),
            Self::Hyperexponential(branches) => {
                let (_, first_s) = branches.first()?;
                branches.iter().all(|(_, mean_s)| mean_s == first_s).then_some(*first_s)
            }
            _ => None,
        }
    }

    /// Whether this is an exponential law, whichever way it was written.
    pub fn is_exponential(&self) -> bool {
        self.exponential_mean().is_some()
    }

    /// The value of a law that always gives the same, whichever way it was written; `None` for every other law.
    pub fn constant_value(&self) -> Option<Seconds> {
        match self {
            Self::Constant(value_s) => Some(*value_s),
            Self::Lognormal { mu, sigma } if *sigma == 0.0 => Some(mu.exp()),
            Self::Uniform { low_s, high_s } if low_s == high_s => Some(*low_s),
            Self::Empirical(values_s) => {
                let first_s = values_s.first()?;
                values_s.iter().all(|value_s| value_s == first_s).then_some(*first_s)
            }
            _ => None,
        }
    }

    /// Precomputes what random draws need.
    pub fn sampler(&self) -> Sampler {
        Sampler::new(self)
    }
}

/// The scale λ of a Weibull law: mean = λ·Γ(1 + 1/shape).
fn weibull_scale_s(mean_s: Seconds, shape: f64) -> Seconds {
    mean_s / gamma(1.0 + 1.0 / shape)
}

/// The least value of a Pareto law: mean = least·shape/(shape − 1).
fn pareto_scale_s(mean_s: Seconds, shape: f64) -> Seconds {
    mean_s * (shape - 1.0) / shape
}

#[cfg(test)]
mod tests;
