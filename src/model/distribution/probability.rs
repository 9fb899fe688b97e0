//! Distribution functions: the probability of at most, or more than, a duration.
//!
//! Not here: moments, random draws.

use statrs::function::erf::erfc;
use statrs::function::gamma::{gamma_lr, gamma_ur};

use super::{Distribution, pareto_scale_s, weibull_scale_s};
use crate::units::Seconds;

impl Distribution {
    /// Probability of at most `x_s`: F(x), 0 for negative `x_s`.
    pub fn cdf(&self, x_s: Seconds) -> f64 {
        if x_s < 0.0 {
            return 0.0;
        }
        match self {
            Self::Exponential { mean_s } => -(-x_s / mean_s).exp_m1(),
            Self::Erlang { .. } | Self::Gamma { .. } => gamma_shares(self, x_s).0,
            Self::Lognormal { .. } => {
                let z = self.lognormal_z(x_s);
                0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
            }
            Self::Weibull { mean_s, shape } => -(-(x_s / weibull_scale_s(*mean_s, *shape)).powf(*shape)).exp_m1(),
            Self::Hyperexponential(branches) => {
                branches.iter().map(|(share, mean_s)| -share * (-x_s / mean_s).exp_m1()).sum()
            }
            Self::Constant(_) | Self::Pareto { .. } | Self::Uniform { .. } | Self::Empirical(_) => {
                1.0 - self.survival(x_s)
            }
        }
    }

    /// Probability of more than `x_s`: 1 − F(x), without cancellation in the tail.
    pub fn survival(&self, x_s: Seconds) -> f64 {
        if x_s < 0.0 {
            return 1.0;
        }
        match self {
            Self::Constant(value_s) => f64::from(u8::from(x_s < *value_s)),
            Self::Exponential { mean_s } => (-x_s / mean_s).exp(),
            Self::Erlang { .. } | Self::Gamma { .. } => gamma_shares(self, x_s).1,
            Self::Lognormal { .. } => {
                let z = self.lognormal_z(x_s);
                0.5 * erfc(z * std::f64::consts::FRAC_1_SQRT_2)
            }
            Self::Weibull { mean_s, shape } => (-(x_s / weibull_scale_s(*mean_s, *shape)).powf(*shape)).exp(),
            Self::Pareto { mean_s, shape } => (pareto_scale_s(*mean_s, *shape) / x_s).powf(*shape).min(1.0),
            Self::Hyperexponential(branches) => {
                branches.iter().map(|(share, mean_s)| share * (-x_s / mean_s).exp()).sum()
            }
            Self::Uniform { low_s, high_s } if x_s < *high_s => ((high_s - x_s) / (high_s - low_s)).min(1.0),
            Self::Uniform { .. } => 0.0,
            Self::Empirical(values_s) => {
                let larger = values_s.len() - values_s.partition_point(|value_s| *value_s <= x_s);
                larger as f64 / values_s.len() as f64
            }
        }
    }

    /// (ln x − μ)/σ of a lognormal law; ±∞ beside the only value of a constant one.
    fn lognormal_z(&self, x_s: Seconds) -> f64 {
        let Self::Lognormal { mu, sigma } = self else { unreachable!("asked of lognormal laws only") };
        let above = x_s.ln() - mu;
        if *sigma > 0.0 {
            above / sigma
        } else if above >= 0.0 {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        }
    }
}

/// Regularised lower and upper incomplete gamma function of an Erlang or gamma law at `x_s`.
fn gamma_shares(distribution: &Distribution, x_s: Seconds) -> (f64, f64) {
    let shape = 1.0 / distribution.scv();
    let scaled = x_s / distribution.mean() * shape;
    if scaled <= 0.0 {
        (0.0, 1.0)
    } else if scaled == f64::INFINITY {
        (1.0, 0.0)
    } else {
        (gamma_lr(shape, scaled), gamma_ur(shape, scaled))
    }
}
