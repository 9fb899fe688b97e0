//! The time to the next event of a renewal process that has been running for ever.
//!
//! Its density is (1 − F(x))/mean. A uniform share of a gap that is drawn in proportion to its length has this law
//! (Cox 1962, Renewal Theory, §5.4), and each law of the language has a simple length-biased partner. Not here: the
//! gaps after the first (`sampler`).

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1, Gamma, StandardNormal};

use super::{Distribution, pareto_scale_s, weibull_scale_s};
use crate::units::Seconds;

impl Distribution {
    /// Draws the equilibrium residual of this law: what is left of the gap in which an observer arrives.
    pub fn draw_equilibrium<R: Rng + ?Sized>(&self, rng: &mut R) -> Seconds {
        if let Some(mean_s) = self.exponential_mean() {
            let unit: f64 = Exp1.sample(rng);
            return mean_s * unit;
        }
        if let Self::Hyperexponential(branches) = self {
            // The residual of an exponential branch is that branch again; only the shares are biased.
            let mut point = rng.random::<f64>() * self.mean();
            let unit: f64 = Exp1.sample(rng);
            for (share, mean_s) in branches {
                point -= share * mean_s;
                if point < 0.0 {
                    return mean_s * unit;
                }
            }
            return branches.last().map_or(0.0, |(_, mean_s)| mean_s * unit);
        }
        let share: f64 = rng.random();
        share * self.draw_length_biased(rng)
    }

    /// Draws from the density x·f(x)/mean.
    fn draw_length_biased<R: Rng + ?Sized>(&self, rng: &mut R) -> Seconds {
        match self {
            Self::Constant(value_s) => *value_s,
            Self::Exponential { .. } | Self::Hyperexponential(_) => {
                unreachable!("mixtures of exponentials have an equilibrium law of their own kind")
            }
            Self::Erlang { .. } | Self::Gamma { .. } => {
                let shape = 1.0 / self.scv();
                if shape >= 1e32 { self.mean() } else { gamma(shape + 1.0, rng) * self.mean() / shape }
            }
            Self::Lognormal { mu, sigma } => {
                let normal: f64 = StandardNormal.sample(rng);
                (mu + sigma * sigma + sigma * normal).exp()
            }
            // With y = (x/scale)^shape the density is that of a gamma law of shape 1 + 1/shape.
            Self::Weibull { mean_s, shape } => {
                weibull_scale_s(*mean_s, *shape) * gamma(1.0 + 1.0 / shape, rng).powf(1.0 / shape)
            }
            // A Pareto law of shape − 1; 1 − U is never 0.
            Self::Pareto { mean_s, shape } => {
                let uniform = 1.0 - rng.random::<f64>();
                pareto_scale_s(*mean_s, *shape) * uniform.powf(-1.0 / (shape - 1.0))
            }
            Self::Uniform { low_s, high_s } => {
                let square = low_s * low_s + rng.random::<f64>() * (high_s * high_s - low_s * low_s);
                square.sqrt()
            }
            Self::Empirical(values_s) => {
                let mut point = rng.random::<f64>() * values_s.iter().sum::<f64>();
                let chosen = values_s.iter().find(|value_s| {
                    point -= **value_s;
                    point < 0.0
                });
                chosen.or(values_s.last()).copied().unwrap_or(0.0)
            }
        }
    }
}

fn gamma<R: Rng + ?Sized>(shape: f64, rng: &mut R) -> f64 {
    Gamma::new(shape, 1.0).expect("a shape above 1").sample(rng)
}
