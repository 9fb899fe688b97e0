//! M/M/c/K: an M/M/c queue with room for K messages, waiting and in service; who finds it full is lost.
//!
//! The numbers in the system above c are a geometric law cut off at K, so that every sum has a closed form or, for
//! the waits, is an expectation over a Poisson number of service completions (uniformization, Jensen 1953). Weights
//! are taken relative to the mode's end of the geometric part: nothing overflows, whatever K. Not here: dropping
//! from the head, which loses as many but makes other waits.

use super::erlang::erlang_b;
use super::error::{NoFormula, positive, some_servers};
use super::numeric::{geometric_sum, poisson_weight, tail_quantile};

/// Poisson windows wider than this would take too long for a quantile.
const WIDEST_WINDOW: f64 = 6e4;

/// An M/M/c/K queue in steady state; stable at every load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmck {
    arrival_per_s: f64,
    service_per_s: f64,
    servers: u64,
    /// Places to wait, K − c.
    room: u64,
    /// λ/(c·μ), the ratio of the geometric part.
    ratio: f64,
    loss: f64,
    accepted: f64,
    delay: f64,
    waiting_mean: f64,
}

impl Mmck {
    /// `arrival_per_s` is λ, `service_per_s` μ of one slot, `places` K ≥ `servers`.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless both rates are positive and finite and `places ≥ servers ≥ 1`.
    pub fn new(arrival_per_s: f64, service_per_s: f64, servers: u64, places: u64) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("service rate", service_per_s)?;
        some_servers(servers)?;
        if places < servers {
            return Err(NoFormula::OutOfRange { name: "number of places", value: places as f64 });
        }
        let load = arrival_per_s / service_per_s;
        let ratio = positive("offered load", load)? / servers as f64;
        let room = places - servers;
        let blocking = erlang_b(servers, load);
        // States c..K weigh B·ρ^j against 1 − B for the states below; for ρ > 1 all is divided by ρ^room.
        let (below, full, waiting_accepted) = if ratio <= 1.0 {
            (1.0 - blocking, blocking * power(ratio, room as f64), blocking * geometric_sum(ratio, room as f64))
        } else {
            let inverse = 1.0 / ratio;
            let below = (1.0 - blocking) * power(inverse, room as f64);
            (below, blocking, blocking * inverse * geometric_sum(inverse, room as f64))
        };
        let total = below + waiting_accepted + full;
        let accepted = (below + waiting_accepted) / total;
        Ok(Self {
            arrival_per_s,
            service_per_s,
            servers,
            room,
            ratio,
            loss: full / total,
            accepted,
            delay: if accepted > 0.0 { waiting_accepted / (below + waiting_accepted) } else { 1.0 },
            waiting_mean: (waiting_accepted + full) / total * truncated_geometric_mean(ratio, room as f64),
        })
    }

    /// Share of arrivals that find all K places taken: `P_K`, as Poisson arrivals see time averages (Wolff 1982).
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Accepted messages per second, `λ(1 − P_K)`.
    pub fn throughput_per_s(&self) -> f64 {
        self.arrival_per_s * self.accepted
    }

    /// Busy share of the slots, `λ(1 − P_K)/(c·μ)`.
    pub fn utilization(&self) -> f64 {
        self.ratio * self.accepted
    }

    /// Mean number waiting.
    pub fn waiting_mean(&self) -> f64 {
        self.waiting_mean
    }

    /// Mean number in the system, waiting and in service.
    pub fn number_mean(&self) -> f64 {
        self.waiting_mean + self.throughput_per_s() / self.service_per_s
    }

    /// Mean wait of the accepted in seconds (Little 1961).
    pub fn wait_mean_s(&self) -> f64 {
        self.waiting_mean / self.throughput_per_s()
    }

    /// Mean latency of the accepted in seconds.
    pub fn sojourn_mean_s(&self) -> f64 {
        self.wait_mean_s() + 1.0 / self.service_per_s
    }

    /// Share of the accepted that find all slots busy.
    pub fn wait_probability(&self) -> f64 {
        self.delay
    }

    /// P(W > t) of the accepted: who finds j waiting needs j + 1 completions of a Poisson stream of rate c·μ.
    pub fn wait_exceeds(&self, t_s: f64) -> f64 {
        if self.room == 0 {
            return 0.0;
        }
        let mean = self.completions_in(t_s);
        if mean == 0.0 {
            return self.delay;
        }
        let (first, last) = window(mean);
        let room = self.room as f64;
        let last = last.min(room - 1.0);
        if last < first {
            return 0.0;
        }
        // Downwards, so that the tail of the waiting law grows by positive terms only.
        let mut completions = last;
        let mut weight = poisson_weight(completions, mean);
        let mut here = self.waiting_weight(completions);
        let mut at_least = self.waiting_at_least(completions);
        let mut sum = 0.0;
        loop {
            sum += weight * at_least;
            if completions <= first {
                return (self.delay * sum).min(1.0);
            }
            weight *= completions / mean;
            completions -= 1.0;
            here /= self.ratio;
            if here == 0.0 || !here.is_finite() {
                here = self.waiting_weight(completions);
            }
            at_least += here;
        }
    }

    /// P(W + S > t) of the accepted: a message in service outlives each completion with probability 1 − 1/c.
    pub fn sojourn_exceeds(&self, t_s: f64) -> f64 {
        let unhindered = (1.0 - self.delay) * (-self.service_per_s * t_s).exp();
        let mean = self.completions_in(t_s);
        if self.room == 0 || mean == 0.0 {
            return unhindered + self.delay * (-self.service_per_s * t_s).exp();
        }
        let survival = 1.0 - 1.0 / self.servers as f64;
        let (first, last) = window(mean);
        let mut completions = first;
        let mut weight = poisson_weight(first, mean);
        let mut in_service = self.in_service_after(first, survival);
        let mut sum = 0.0;
        while completions <= last {
            sum += weight * in_service;
            let started = if completions < self.room as f64 { self.waiting_weight(completions) } else { 0.0 };
            in_service = in_service * survival + started;
            completions += 1.0;
            weight *= mean / completions;
        }
        unhindered + self.wait_exceeds(t_s) + self.delay * sum
    }

    /// The wait that a share `share` of the accepted does not exceed, in seconds; `None` for a share outside (0, 1)
    /// or where millions of messages wait.
    pub fn wait_quantile_s(&self, share: f64) -> Option<f64> {
        self.quantile_s(share, |t| self.wait_exceeds(t))
    }

    /// The latency that a share `share` of the accepted does not exceed, in seconds; `None` as for the wait.
    pub fn sojourn_quantile_s(&self, share: f64) -> Option<f64> {
        self.quantile_s(share, |t| self.sojourn_exceeds(t))
    }

    fn quantile_s(&self, share: f64, tail: impl Fn(f64) -> f64) -> Option<f64> {
        if !(share > 0.0 && share < 1.0) {
            return None;
        }
        let guess_s = self.sojourn_mean_s();
        let (first, last) = window(self.completions_in(2.0 * guess_s));
        if last - first > WIDEST_WINDOW {
            return None;
        }
        tail_quantile(tail, 1.0 - share, guess_s, 1e-12)
    }

    fn completions_in(&self, t_s: f64) -> f64 {
        self.servers as f64 * self.service_per_s * t_s.max(0.0)
    }

    /// P(j waiting | an accepted message waits): ρ^j, cut off at `room` − 1.
    fn waiting_weight(&self, j: f64) -> f64 {
        let room = self.room as f64;
        if self.ratio <= 1.0 {
            power(self.ratio, j) / geometric_sum(self.ratio, room)
        } else {
            power(1.0 / self.ratio, room - 1.0 - j) / geometric_sum(1.0 / self.ratio, room)
        }
    }

    /// P(at least i waiting | an accepted message waits).
    fn waiting_at_least(&self, i: f64) -> f64 {
        let room = self.room as f64;
        if self.ratio <= 1.0 {
            self.waiting_weight(i) * geometric_sum(self.ratio, room - i)
        } else {
            geometric_sum(1.0 / self.ratio, room - i) / geometric_sum(1.0 / self.ratio, room)
        }
    }

    /// P(in service after i completions | it had to wait): `Σ_j P(j waiting)·s^(i−1−j)` over j < i.
    fn in_service_after(&self, i: f64, survival: f64) -> f64 {
        let terms = i.min(self.room as f64);
        if terms <= 0.0 {
            return 0.0;
        }
        if self.ratio < survival {
            power(survival, i - 1.0) * self.waiting_weight(0.0) * geometric_sum(self.ratio / survival, terms)
        } else {
            let latest = self.waiting_weight(terms - 1.0) * power(survival, i - terms);
            latest * geometric_sum(survival / self.ratio, terms)
        }
    }
}

/// x^j for x ≥ 0 with 0^0 = 1.
fn power(x: f64, j: f64) -> f64 {
    if j == 0.0 { 1.0 } else { x.powf(j) }
}

/// Counts that carry all but 10⁻¹⁸ of a Poisson law.
fn window(mean: f64) -> (f64, f64) {
    let reach = 9.0 * mean.sqrt() + 40.0;
    ((mean - reach).max(0.0).floor(), (mean + reach).ceil())
}

/// Mean of the law with weights x^j on 0..=m.
fn truncated_geometric_mean(x: f64, m: f64) -> f64 {
    if m == 0.0 || x == 0.0 {
        return 0.0;
    }
    if x > 1.0 {
        return m - truncated_geometric_mean(1.0 / x, m);
    }
    let h = -(x - 1.0).ln_1p();
    let n = m + 1.0;
    let nh = n * h;
    if nh < 0.1 {
        // 1/(e^h − 1) − n/(e^{nh} − 1) by Bernoulli numbers: the two terms cancel here.
        return 0.5 * m - (n * nh - h) / 12.0 + (n * nh.powi(3) - h.powi(3)) / 720.0
            - (n * nh.powi(5) - h.powi(5)) / 30_240.0
            + (n * nh.powi(7) - h.powi(7)) / 1_209_600.0;
    }
    1.0 / h.exp_m1() - n / nh.exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plain birth–death weights, fine for small systems.
    fn weights(load: f64, servers: u64, places: u64) -> Vec<f64> {
        let mut weights = vec![1.0];
        for n in 1..=places {
            weights.push(weights[n as usize - 1] * load / n.min(servers) as f64);
        }
        let total: f64 = weights.iter().sum();
        weights.iter().map(|w| w / total).collect()
    }

    #[test]
    fn closed_forms_equal_the_birth_death_sums() {
        for (load, servers, places) in [(3.0, 4, 9), (4.0, 4, 9), (9.0, 4, 9), (0.9, 1, 5), (5.0, 4, 4), (1e-9, 3, 5)] {
            let p = weights(load, servers, places);
            let queue = Mmck::new(load, 1.0, servers, places).expect("valid");
            let c = servers as usize;
            let waiting: f64 = p[c..].iter().enumerate().map(|(j, w)| j as f64 * w).sum();
            let delayed: f64 = p[c..places as usize].iter().sum::<f64>() / (1.0 - p[places as usize]);
            assert!((queue.loss() - p[places as usize]).abs() < 1e-14, "{load}");
            assert!((queue.waiting_mean() - waiting).abs() < 1e-13, "{load}");
            assert!((queue.wait_probability() - delayed).abs() < 1e-14, "{load}");
        }
    }

    #[test]
    fn waits_of_the_accepted_are_erlang_mixtures() {
        for (load, servers, places) in [(3.0, 4, 9), (4.0, 4, 9), (9.0, 4, 9), (0.9, 1, 5), (7.0, 1, 6)] {
            let queue = Mmck::new(load, 1.0, servers, places).expect("valid");
            let p = weights(load, servers, places);
            for t in [0.0, 0.2, 1.0, 4.0] {
                let x = servers as f64 * t;
                let mut tail = 0.0;
                for j in 0..(places - servers) {
                    let found = p[(servers + j) as usize] / (1.0 - p[places as usize]);
                    tail += found * (0..=j).map(|i| poisson_weight(i as f64, x.max(1e-300))).sum::<f64>();
                }
                assert!((queue.wait_exceeds(t) - tail).abs() < 1e-14, "{load} {t}");
            }
        }
    }

    #[test]
    fn tails_integrate_to_the_means() {
        for (load, servers, places) in [(3.0, 4, 9), (9.0, 4, 40), (2.0, 1, 30), (100.0, 100, 140)] {
            let queue = Mmck::new(load, 1.0, servers, places).expect("valid");
            let grid = super::super::numeric::panels(0.0, 150.0, 0.5, 16);
            let wait: f64 = grid.iter().map(|(t, w)| w * queue.wait_exceeds(*t)).sum();
            let sojourn: f64 = grid.iter().map(|(t, w)| w * queue.sojourn_exceeds(*t)).sum();
            assert!((wait / queue.wait_mean_s() - 1.0).abs() < 1e-10, "{load}: {wait}");
            assert!((sojourn / queue.sojourn_mean_s() - 1.0).abs() < 1e-10, "{load}: {sojourn}");
        }
    }

    #[test]
    fn endless_room_is_an_ordinary_queue() {
        let open = super::super::Mmc::new(0.9, 1.0, 1).expect("stable");
        let queue = Mmck::new(0.9, 1.0, 1, 1_000_000_000).expect("valid");
        let (found, expected) = (queue.wait_quantile_s(0.999).expect("exists"), open.wait().quantile_s(0.999));
        assert!((found / expected - 1.0).abs() < 1e-11, "{found} {expected}");
        let (found, expected) = (queue.sojourn_quantile_s(0.99), open.sojourn_quantile_s(0.99));
        assert!((found.expect("exists") / expected.expect("exists") - 1.0).abs() < 1e-11);
    }

    #[test]
    fn awkward_sizes_give_numbers_or_none() {
        for (load, servers, places) in [
            (10_000.0, 10_000, 20_000),
            (1e-300, 10_000, 10_001),
            (1e9, 3, 1_000_000),
            (1.0, 1, u64::MAX),
            (2e6, 1_000_000, 1_000_100),
            (0.999, 1, 1_000_000),
        ] {
            let queue = Mmck::new(load, 1.0, servers, places).expect("valid");
            for value in [queue.loss(), queue.wait_mean_s(), queue.waiting_mean(), queue.wait_probability()] {
                assert!(value.is_finite() && value >= 0.0, "{load} {servers} {places}: {queue:?}");
            }
            assert!(queue.wait_quantile_s(0.99).is_none_or(f64::is_finite));
            assert!(queue.sojourn_quantile_s(0.99).is_none_or(f64::is_finite));
        }
    }
}
