//! Random draws from a distribution, with everything computed beforehand that does not depend on the draw.
//!
//! The laws are `rand_distr`'s at scale 1. Not here: generators and their seeds (`engine::events::streams`).

use std::sync::Arc;

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1, Gamma, Pareto, StandardNormal, Weibull};

use super::{Distribution, pareto_scale_s, weibull_scale_s};
use crate::units::Seconds;

/// A distribution, ready to be drawn from.
#[derive(Clone, Debug)]
pub struct Sampler(Law);

#[derive(Clone, Debug)]
enum Law {
    Constant(Seconds),
    Exponential {
        mean_s: Seconds,
    },
    Gamma {
        unit: Gamma<f64>,
        scale_s: Seconds,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Weibull {
        unit: Weibull<f64>,
        scale_s: Seconds,
    },
    Pareto {
        unit: Pareto<f64>,
        scale_s: Seconds,
    },
    TwoExponentials {
        first_share: f64,
        means_s: [Seconds; 2],
    },
    /// `(cumulative share, mean)`, the last one's share being 1.
    Exponentials(Box<[(f64, Seconds)]>),
    Uniform {
        low_s: Seconds,
        width_s: Seconds,
    },
    Empirical(Arc<[Seconds]>),
}

impl Sampler {
    pub(super) fn new(distribution: &Distribution) -> Self {
        Self(match distribution {
            _ if distribution.is_exponential() => Law::Exponential { mean_s: distribution.mean() },
            _ if distribution.constant_value().is_some() => Law::Constant(distribution.mean()),
            Distribution::Constant(value_s) => Law::Constant(*value_s),
            Distribution::Exponential { mean_s } => Law::Exponential { mean_s: *mean_s },
            Distribution::Erlang { .. } | Distribution::Gamma { .. } => {
                Law::gamma(distribution.mean(), distribution.scv())
            }
            Distribution::Lognormal { mu, sigma } => Law::Lognormal { mu: *mu, sigma: *sigma },
            Distribution::Weibull { mean_s, shape } => Law::Weibull {
                unit: Weibull::new(1.0, *shape).expect("a model's Weibull shape is above 0"),
                scale_s: weibull_scale_s(*mean_s, *shape),
            },
            Distribution::Pareto { mean_s, shape } => Law::Pareto {
                unit: Pareto::new(1.0, *shape).expect("a model's Pareto shape is above 1"),
                scale_s: pareto_scale_s(*mean_s, *shape),
            },
            Distribution::Hyperexponential(branches) => Law::mixture(branches),
            Distribution::Uniform { low_s, high_s } => Law::Uniform { low_s: *low_s, width_s: high_s - low_s },
            Distribution::Empirical(values_s) => Law::Empirical(Arc::clone(values_s)),
        })
    }

    /// The next value in seconds, at least 0.
    #[inline]
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> Seconds {
        match &self.0 {
            Law::Constant(value_s) => *value_s,
            Law::Exponential { mean_s } => mean_s * exponential(rng),
            Law::Gamma { unit, scale_s } => scale_s * unit.sample(rng),
            Law::Lognormal { mu, sigma } => {
                let normal: f64 = StandardNormal.sample(rng);
                (mu + sigma * normal).exp()
            }
            Law::Weibull { unit, scale_s } => scale_s * unit.sample(rng),
            Law::Pareto { unit, scale_s } => scale_s * unit.sample(rng),
            Law::TwoExponentials { first_share, means_s } => {
                let branch = usize::from(rng.random::<f64>() >= *first_share);
                means_s[branch] * exponential(rng)
            }
            Law::Exponentials(branches) => {
                let share: f64 = rng.random();
                let branch = branches.iter().find(|(until, _)| share < *until);
                branch.map_or(0.0, |(_, mean_s)| mean_s * exponential(rng))
            }
            Law::Uniform { low_s, width_s } => low_s + width_s * rng.random::<f64>(),
            Law::Empirical(values_s) => values_s[rng.random_range(0..values_s.len())],
        }
    }

    /// The next values in seconds, as many calls of [`Sampler::draw`] would give them, with the law chosen once.
    pub fn fill<R: Rng + ?Sized>(&self, rng: &mut R, values_s: &mut [Seconds]) {
        match &self.0 {
            Law::Constant(value_s) => values_s.fill(*value_s),
            Law::Exponential { mean_s } => values_s.iter_mut().for_each(|value_s| *value_s = mean_s * exponential(rng)),
            _ => values_s.iter_mut().for_each(|value_s| *value_s = self.draw(rng)),
        }
    }
}

impl Law {
    fn gamma(mean_s: Seconds, scv: f64) -> Self {
        let shape = 1.0 / scv;
        if shape >= 1e32 {
            // The standard deviation is below the rounding of the mean.
            return Self::Constant(mean_s);
        }
        let unit = Gamma::new(shape.max(f64::MIN_POSITIVE), 1.0).expect("the shape is above 0");
        Self::Gamma { unit, scale_s: mean_s / shape }
    }

    fn mixture(branches: &[(f64, Seconds)]) -> Self {
        if let [(first_share, first_s), (_, second_s)] = *branches {
            return Self::TwoExponentials { first_share, means_s: [first_s, second_s] };
        }
        let mut cumulative = 0.0;
        let mut laws: Vec<_> = branches
            .iter()
            .map(|(share, mean_s)| {
                cumulative += share;
                (cumulative, *mean_s)
            })
            .collect();
        if let Some(last) = laws.last_mut() {
            // Shares that sum to 1 may miss it by rounding; a uniform draw is below 1.
            last.0 = 1.0;
        }
        Self::Exponentials(laws.into_boxed_slice())
    }
}

/// An exponential draw of mean 1.
#[inline]
fn exponential<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    Exp1.sample(rng)
}
