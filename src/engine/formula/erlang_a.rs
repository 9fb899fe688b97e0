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
    served_wait_s: f64,
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

        // Weights of c + j relative to the mode's: sums of 1, of j, and of the wait of those that stay. Behind j others
        // the wait is a sum of exponential times of rates cμ + kθ, k = 0 … j; of those that stay, weighted with
        // E[e^(−θV)], it has the mean of their harmonic sum one place on.
        let stays = |j: f64| capacity_per_s / death_per_s(j + 1.0);
        let mut wait_s = harmonic(capacity_per_s, patience_per_s, mode + 1.0);
        let at_mode_s = wait_s;
        let (mut mass, mut first_moment, mut served_wait_s) = (1.0, mode, stays(mode) * wait_s);
        let mut weight = 1.0;
        let mut j = mode;
        while weight > 1e-18 * mass {
            j += 1.0;
            weight *= arrival_per_s / death_per_s(j);
            wait_s += 1.0 / death_per_s(j + 1.0);
            mass += weight;
            first_moment += j * weight;
            served_wait_s += weight * stays(j) * wait_s;
        }
        weight = 1.0;
        j = mode;
        wait_s = at_mode_s;
        while j > 0.0 && weight > 1e-30 {
            wait_s -= 1.0 / death_per_s(j + 1.0);
            weight *= death_per_s(j) / arrival_per_s;
            j -= 1.0;
            mass += weight;
            first_moment += j * weight;
            served_wait_s += weight * stays(j) * wait_s;
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
            served_wait_s: served_wait_s * blocking / total,
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

    /// Mean wait of the messages that are served, in seconds.
    pub fn served_wait_mean_s(&self) -> f64 {
        self.served_wait_s / (1.0 - self.abandonment())
    }

    /// Share of the messages that are served that wait: all that lose patience did.
    pub fn served_wait_probability(&self) -> f64 {
        let abandonment = self.abandonment();
        ((self.wait_probability - abandonment) / (1.0 - abandonment)).max(0.0)
    }

    /// Share of messages that lose patience, θ·Lq/λ.
    pub fn abandonment(&self) -> f64 {
        self.patience_per_s * self.wait_mean_s()
    }
}

/// Σ 1/(a + kθ) for k = 1 … n: a thousand terms, and the rest by Euler's and Maclaurin's formula at half places.
fn harmonic(a: f64, theta: f64, n: f64) -> f64 {
    const TERMS: f64 = 1000.0;
    let first = n.min(TERMS) as u32;
    let sum: f64 = (1..=first).map(|k| 1.0 / (a + f64::from(k) * theta)).sum();
    if n <= TERMS {
        return sum;
    }
    let (from, until) = (a + (TERMS + 0.5) * theta, a + (n + 0.5) * theta);
    let slope = |at: f64| -theta / (at * at);
    sum + ((until - from) / from).ln_1p() / theta - (slope(until) - slope(from)) / 24.0
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

    /// M/M/1+M by its states: π, the chance to stay, and the mean wait of those that do.
    #[test]
    fn waits_of_those_that_stay_and_of_those_that_leave_add_up() {
        let queue = ErlangA::new(3.0, 2.0, 0.7, 2).expect("valid");
        // Of all that wait, time in the queue is λ·E[W]; those that leave have waited a truncated exponential time.
        // Little's law holds for both kinds together: E[min(V, X)] with X the patience.
        let mut pi = vec![1.0];
        for n in 1..400 {
            let death = 2.0 * f64::from(n.min(2)) + 0.7 * f64::from((n - 2).max(0));
            pi.push(pi[n as usize - 1] * 3.0 / death);
        }
        let total: f64 = pi.iter().sum();
        let (mut served, mut wait) = (0.0, 0.0);
        for (n, weight) in pi.iter().enumerate() {
            let (mut stays, mut mean) = (1.0, 0.0);
            for k in 0..=(n as i32 - 2) {
                let rate = 4.0 + 0.7 * f64::from(k);
                stays *= rate / (rate + 0.7);
                mean += 1.0 / (rate + 0.7);
            }
            served += weight / total * stays;
            wait += weight / total * stays * mean;
        }
        assert!((queue.abandonment() - (1.0 - served)).abs() < 1e-13);
        assert!((queue.served_wait_mean_s() - wait / served).abs() < 1e-13);
    }

    #[test]
    fn harmonic_sums_go_on_smoothly() {
        let direct: f64 = (1..=5000).map(|k| 1.0 / (3.0 + 0.01 * f64::from(k))).sum();
        assert!((harmonic(3.0, 0.01, 5000.0) / direct - 1.0).abs() < 1e-13);
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
