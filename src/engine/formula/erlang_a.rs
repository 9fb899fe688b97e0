//! Erlang A, M/M/c+M: an M/M/c queue whose messages lose patience after an exponential time (Palm 1957; Garnett,
//! Mandelbaum and Reiman 2002). Stable at every load.

use super::erlang::erlang_b;
use super::error::{NoFormula, positive, some_servers};

/// Longest sum that is still evaluated.
const MOST_TERMS: f64 = 5e6;

/// An M/M/c+M queue in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    arrival_per_s: f64,
    patience_per_s: f64,
    wait_probability: f64,
    waiting_mean: f64,
}

impl ErlangA {
    /// `arrival_per_s` is λ, `service_per_s` μ of one slot, `patience_per_s` θ = 1 / mean patience.
    ///
    /// Birth–death weights with death rate μ·min(n, c) + θ·(n − c)⁺, summed outwards from their mode.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless all rates are positive and finite, there is a server, and patience is not
    /// so long that the sum would need more than some million terms.
    pub fn new(arrival_per_s: f64, service_per_s: f64, patience_per_s: f64, servers: u64) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("service rate", service_per_s)?;
        positive("patience rate", patience_per_s)?;
        let capacity_per_s = some_servers(servers)? as f64 * service_per_s;
        let death_per_s = |waiting: f64| capacity_per_s + waiting * patience_per_s;
        let mode = ((arrival_per_s - capacity_per_s) / patience_per_s).max(0.0).floor();
        let spread = 12.0 * (arrival_per_s.max(capacity_per_s) / patience_per_s).sqrt() + 40.0;
        if mode.min(spread) + spread > MOST_TERMS {
            return Err(NoFormula::OutOfRange { name: "patience rate", value: patience_per_s });
        }

        // Weights of c + j relative to the mode's: sums of 1 and of j.
        let (mut mass, mut first_moment) = (1.0, mode);
        let mut weight = 1.0;
        let mut j = mode;
        while weight > 1e-18 * mass {
            j += 1.0;
            weight *= arrival_per_s / death_per_s(j);
            mass += weight;
            first_moment += j * weight;
        }
        weight = 1.0;
        j = mode;
        while j > 0.0 && weight > 1e-30 {
            weight *= death_per_s(j) / arrival_per_s;
            j -= 1.0;
            mass += weight;
            first_moment += j * weight;
        }
        let at_c = if j > 0.0 { 0.0 } else { weight };
        let blocking = erlang_b(servers, arrival_per_s / service_per_s);
        // Below c there is (1/B − 1) times the weight of c; multiplied by B so that a vanishing B is no trouble.
        let total = mass * blocking + at_c * (1.0 - blocking);
        Ok(Self {
            arrival_per_s,
            patience_per_s,
            wait_probability: mass * blocking / total,
            waiting_mean: first_moment * blocking / total,
        })
    }

    /// P(N ≥ c): the share of arrivals that do not start at once.
    pub fn wait_probability(&self) -> f64 {
        self.wait_probability
    }

    /// Mean number waiting.
    pub fn waiting_mean(&self) -> f64 {
        self.waiting_mean
    }

    /// Mean time in the queue over served and abandoned messages, Lq/λ, in seconds.
    pub fn wait_mean_s(&self) -> f64 {
        self.waiting_mean / self.arrival_per_s
    }

    /// Share of messages that lose patience, θ·Lq/λ.
    pub fn abandonment(&self) -> f64 {
        self.patience_per_s * self.wait_mean_s()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::formula::numeric::poisson_weight;

    #[test]
    fn patience_equal_to_service_makes_the_number_poisson() {
        let (load, servers) = (30.0, 25);
        let queue = ErlangA::new(load, 1.0, 1.0, servers).expect("valid");
        let below: f64 = (0..servers).map(|n| poisson_weight(n as f64, load)).sum();
        assert!((queue.wait_probability() - (1.0 - below)).abs() < 1e-13);
    }

    #[test]
    fn endless_patience_is_erlang_c() {
        let queue = ErlangA::new(8.0, 1.0, 1e-9, 10).expect("valid");
        assert!((queue.wait_probability() - super::super::erlang_c(10, 8.0)).abs() < 1e-7);
    }

    #[test]
    fn heavy_overload_abandons_the_excess() {
        let queue = ErlangA::new(20_000.0, 1.0, 0.01, 10_000).expect("valid");
        assert!((queue.abandonment() - 0.5).abs() < 1e-9);
        assert!(ErlangA::new(20_000.0, 1.0, 1e-15, 10_000).is_err());
        assert!(ErlangA::new(1e-300, 1.0, 1.0, 10_000).expect("valid").wait_probability() < 1e-300);
    }
}
