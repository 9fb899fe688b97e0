//! The Markov-modulated Poisson process: a rate that jumps between states which are visited in order, each for an
//! exponential time. Not here: queues that it feeds (`mmppmc`).

use super::error::{NoFormula, positive};
use super::matrix::{Matrix, dot};

/// A stationary Markov-modulated Poisson process; the state after the last is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmpp {
    rates_per_s: Vec<f64>,
    /// Generator of the states.
    modulation: Matrix,
    shares: Vec<f64>,
}

impl Mmpp {
    /// One state per entry: messages per second while it lasts, at least 0, and 1 / its mean duration in seconds.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] without states, for rates that are negative or not finite, for no arrivals at all, and
    /// for durations that are not positive and finite.
    pub fn new(states: &[(f64, f64)]) -> Result<Self, NoFormula> {
        let count = states.len();
        let mut modulation = Matrix::zeros(count, count);
        for (state, (rate_per_s, leaves_per_s)) in states.iter().enumerate() {
            if !(*rate_per_s >= 0.0 && rate_per_s.is_finite()) {
                return Err(NoFormula::OutOfRange { name: "arrival rate of a state", value: *rate_per_s });
            }
            positive("rate of leaving a state", *leaves_per_s)?;
            // With one state alone the two cancel.
            modulation.add(state, (state + 1) % count, *leaves_per_s);
            modulation.add(state, state, -leaves_per_s);
        }
        let total_s: f64 = states.iter().map(|(_, leaves_per_s)| leaves_per_s.recip()).sum();
        let shares = states.iter().map(|(_, leaves_per_s)| leaves_per_s.recip() / total_s).collect();
        let process = Self { rates_per_s: states.iter().map(|(rate, _)| *rate).collect(), modulation, shares };
        positive("arrival rate", process.mean_per_s())?;
        Ok(process)
    }

    /// λ̄, messages per second.
    pub fn mean_per_s(&self) -> f64 {
        dot(&self.shares, &self.rates_per_s)
    }

    /// Index of dispersion of counts, variance / mean of the arrivals in `t_s` > 0 seconds: 1 for Poisson
    /// (Fischer and Meier-Hellstern 1993); for two states that of Heffes and Lucantoni (1986).
    ///
    /// `None` where rounding leaves no answer.
    pub fn dispersion(&self, t_s: f64) -> Option<f64> {
        let identity = Matrix::identity(self.shares.len());
        let passed = identity.minus(&self.modulation.clone().scaled(t_s).exponential());
        // Var N(t) = λ̄·t + 2·πΛ(t·Z − Z²·(I − e^{Dt}))Λ1
        let deviation = self.deviation()?;
        let lasting = deviation.times(&deviation).times(&passed).scaled(1.0 / t_s);
        self.dispersion_by(&deviation.minus(&lasting))
    }

    /// Its limit for long times.
    pub fn dispersion_limit(&self) -> Option<f64> {
        self.dispersion_by(&self.deviation()?)
    }

    fn dispersion_by(&self, spread: &Matrix) -> Option<f64> {
        let weights: Vec<f64> = self.shares.iter().zip(&self.rates_per_s).map(|(share, rate)| share * rate).collect();
        let found = 1.0 + 2.0 * dot(&weights, &spread.right(&self.rates_per_s)) / self.mean_per_s();
        found.is_finite().then_some(found)
    }

    /// Z = ∫ (e^{Du} − 1π) du = (1π − D)⁻¹ − 1π, in units of time in which the fastest state lasts 1.
    fn deviation(&self) -> Option<Matrix> {
        let count = self.shares.len();
        let unit = self.modulation.largest().max(f64::MIN_POSITIVE);
        let limit = Matrix::outer(&vec![1.0; count], &self.shares);
        let system = limit.clone().minus(&self.modulation.clone().scaled(1.0 / unit));
        Some(system.solve(&Matrix::identity(count))?.minus(&limit).scaled(1.0 / unit))
    }

    pub(super) fn rates_per_s(&self) -> &[f64] {
        &self.rates_per_s
    }

    pub(super) fn modulation(&self) -> &Matrix {
        &self.modulation
    }

    /// The process of which each message is kept with probability `share`, and joined by Poisson arrivals.
    pub(super) fn thinned_and_joined(&self, share: f64, poisson_per_s: f64) -> Self {
        let rates_per_s = self.rates_per_s.iter().map(|rate| share * rate + poisson_per_s).collect();
        Self { rates_per_s, ..self.clone() }
    }

    /// Whether it is a Poisson process.
    pub(super) fn is_poisson(&self) -> bool {
        self.rates_per_s.iter().all(|rate| *rate == self.rates_per_s[0])
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::Transient;
    use super::*;

    #[test]
    fn durations_weigh_the_states() {
        let process = Mmpp::new(&[(6.0, 1.0), (0.0, 0.5), (1.0, 1.0 / 3.0)]).expect("valid");
        assert!((process.mean_per_s() - 1.5).abs() < 1e-15);
        let found = Transient::null_vector(process.modulation());
        assert!(found.iter().zip(&process.shares).all(|(x, y)| (x - y).abs() < 1e-15));
    }

    #[test]
    fn dispersion_begins_at_poisson_and_ends_at_its_limit() {
        let process = Mmpp::new(&[(50.0, 0.1), (5.0, 0.02), (7.0, 0.3)]).expect("valid");
        let limit = process.dispersion_limit().expect("finite");
        assert!((process.dispersion(1e-6).expect("finite") - 1.0).abs() < 1e-3);
        assert!((process.dispersion(1e7).expect("finite") / limit - 1.0).abs() < 1e-5);
        let even = Mmpp::new(&[(5.0, 0.1), (5.0, 0.02)]).expect("valid");
        assert!(even.is_poisson() && (even.dispersion(10.0).expect("finite") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        for states in [&[][..], &[(0.0, 1.0), (0.0, 1.0)], &[(-1.0, 1.0), (3.0, 1.0)], &[(1.0, 0.0), (1.0, 1.0)]] {
            assert!(matches!(Mmpp::new(states), Err(NoFormula::OutOfRange { .. })), "{states:?}");
        }
    }
}
