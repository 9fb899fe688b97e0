//! M/M/c: Poisson arrivals, exponential service, c slots, unlimited room (Erlang 1917).

use super::delayed::ExponentialDelay;
use super::erlang::erlang_c;
use super::error::{NoFormula, positive, some_servers};

/// A stable M/M/c queue in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    arrival_per_s: f64,
    service_per_s: f64,
    servers: u64,
    wait: ExponentialDelay,
}

impl Mmc {
    /// `arrival_per_s` is λ, `service_per_s` is μ of one slot.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless both rates are positive and finite and there is a server;
    /// [`NoFormula::Unstable`] when λ ≥ c·μ.
    pub fn new(arrival_per_s: f64, service_per_s: f64, servers: u64) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("service rate", service_per_s)?;
        some_servers(servers)?;
        let load = arrival_per_s / service_per_s;
        let drift_per_s = servers as f64 * service_per_s - arrival_per_s;
        if drift_per_s <= 0.0 || load >= servers as f64 {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        let wait = ExponentialDelay { probability: erlang_c(servers, load), rate_per_s: drift_per_s };
        Ok(Self { arrival_per_s, service_per_s, servers, wait })
    }

    /// The law of the wait: P(W > t) = C·e^{−(cμ − λ)t}.
    pub fn wait(&self) -> ExponentialDelay {
        self.wait
    }

    /// ρ = λ/(c·μ).
    pub fn utilization(&self) -> f64 {
        self.arrival_per_s / (self.servers as f64 * self.service_per_s)
    }

    /// Mean number waiting, λ·Wq (Little 1961).
    pub fn waiting_mean(&self) -> f64 {
        self.arrival_per_s * self.wait.mean_s()
    }

    /// Mean number in the system, λ·Wq + λ/μ.
    pub fn number_mean(&self) -> f64 {
        self.waiting_mean() + self.arrival_per_s / self.service_per_s
    }

    /// Mean latency Wq + 1/μ in seconds.
    pub fn sojourn_mean_s(&self) -> f64 {
        self.wait.mean_s() + 1.0 / self.service_per_s
    }

    /// P(W + S > t).
    pub fn sojourn_exceeds(&self, t_s: f64) -> f64 {
        self.wait.sojourn_exceeds(self.service_per_s, t_s)
    }

    /// The latency that a share `share` of `(0, 1)` does not exceed, in seconds; `None` for a share outside.
    pub fn sojourn_quantile_s(&self, share: f64) -> Option<f64> {
        self.wait.sojourn_quantile_s(self.service_per_s, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_the_textbook_case() {
        let queue = Mmc::new(0.999, 1.0, 1).expect("stable");
        assert!((queue.wait().mean_s() - 999.0).abs() < 1e-9);
        assert!((queue.number_mean() - 999.0).abs() < 1e-9);
        assert!((queue.sojourn_exceeds(10.0) - f64::exp(-0.01)).abs() < 1e-12);
    }

    #[test]
    fn awkward_sizes_give_numbers() {
        for (rate, servers) in [(9_990.0, 10_000), (1e-12, 10_000), (1e-300, 1), (99_999.9, 100_000)] {
            let queue = Mmc::new(rate, 1.0, servers).expect("stable");
            let numbers = [queue.wait().mean_s(), queue.number_mean(), queue.wait().quantile_s(0.999)];
            assert!(numbers.iter().all(|x| x.is_finite() && *x >= 0.0), "{rate} {servers}: {numbers:?}");
            assert!(queue.sojourn_quantile_s(0.99).is_some_and(f64::is_finite));
        }
    }

    #[test]
    fn no_steady_state_is_an_error() {
        assert!(matches!(Mmc::new(2.0, 1.0, 2), Err(NoFormula::Unstable { .. })));
        assert!(matches!(Mmc::new(f64::NAN, 1.0, 2), Err(NoFormula::OutOfRange { .. })));
        assert!(matches!(Mmc::new(1.0, 1.0, 0), Err(NoFormula::OutOfRange { .. })));
    }
}
