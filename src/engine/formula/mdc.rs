//! M/D/c: Poisson arrivals, constant service, c slots, unlimited room.
//!
//! Seen every D seconds the number N obeys N' = (N − c)⁺ + Poisson(λD) (Crommelin 1932), so that the number waiting
//! X = (N − c)⁺ is the maximum of a random walk with steps Poisson(λD) − c. Spitzer's identity (1956) writes X as a
//! compound Poisson sum with `k·β_k = Σ_n (k/n)·P(Poisson(nλD) = nc + k)`: all terms positive, no roots in the
//! complex plane and no alternating series, at any number of slots and any load. Beyond some tens of states X is
//! geometric. The law of the wait follows from X (Franx 2001): P(W > t) = P(X + Poisson(λ(kD − t)) ≥ kc) with
//! (k − 1)D ≤ t < kD.

use super::error::{NoFormula, positive, some_servers};
use super::numeric::{panels, poisson_weight, root, tail_quantile};

/// More slots than this are refused: the number of states grows like √c and the work like c.
const MOST_SERVERS: u64 = 20_000;
/// Walk lengths summed one by one; longer walks are integrated.
const SUMMED_WALKS: u64 = 600;

/// A stable M/D/c queue in steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mdc {
    arrival_per_s: f64,
    service_s: f64,
    servers: u64,
    /// P(X ≥ y) for y = 0, 1, …; geometric with ratio `decay` beyond.
    at_least: Vec<f64>,
    decay: f64,
    waiting_mean: f64,
}

impl Mdc {
    /// `arrival_per_s` is λ, `service_s` the constant service D.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless both are positive and finite and there is a server, [`NoFormula::Unstable`]
    /// when λD ≥ c, [`NoFormula::TooLarge`] above 20 000 slots.
    pub fn new(arrival_per_s: f64, service_s: f64, servers: u64) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("service time", service_s)?;
        some_servers(servers)?;
        let load = positive("offered load", arrival_per_s * service_s)?;
        if load >= servers as f64 {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        if servers > MOST_SERVERS {
            return Err(NoFormula::TooLarge { model: "M/D/c", limit: MOST_SERVERS });
        }
        let decay = (-decay_exponent(load / servers as f64)).exp();
        let jumps = jump_weights(load, servers as f64, decay);
        let at_least = compound_poisson_tail(&jumps, decay);
        // E[X] = Σ k·β_k; beyond the computed states k·β_k is decay^k.
        let beyond = decay.powf(jumps.len() as f64 + 1.0) / (1.0 - decay);
        let waiting_mean = jumps.iter().sum::<f64>() + beyond;
        Ok(Self { arrival_per_s, service_s, servers, at_least, decay, waiting_mean })
    }

    /// ρ = λD/c.
    pub fn utilization(&self) -> f64 {
        self.arrival_per_s * self.service_s / self.servers as f64
    }

    /// Mean number waiting.
    pub fn waiting_mean(&self) -> f64 {
        self.waiting_mean
    }

    /// Mean wait in seconds (Little 1961).
    pub fn wait_mean_s(&self) -> f64 {
        self.waiting_mean / self.arrival_per_s
    }

    /// P(W > 0).
    pub fn wait_probability(&self) -> f64 {
        self.wait_exceeds(0.0)
    }

    /// P(W > t), Franx (2001).
    pub fn wait_exceeds(&self, t_s: f64) -> f64 {
        if t_s < 0.0 {
            return 1.0;
        }
        let periods = (t_s / self.service_s).floor() + 1.0;
        let mean = (self.arrival_per_s * (periods * self.service_s - t_s)).max(f64::MIN_POSITIVE);
        let needed = periods * self.servers as f64;
        let mut arrivals = (mean - 12.0 * mean.sqrt() - 40.0).max(0.0).floor();
        let mut weight = poisson_weight(arrivals, mean);
        let mut sum = 0.0;
        loop {
            let term = weight * self.waiting_at_least(needed - arrivals);
            sum += term;
            let falling = arrivals * self.decay > mean;
            if falling && (term <= 1e-17 * sum || arrivals > needed + 40.0 + 12.0 * mean.sqrt()) {
                return sum.min(1.0);
            }
            if weight == 0.0 && arrivals > mean {
                return sum.min(1.0);
            }
            arrivals += 1.0;
            weight *= mean / arrivals;
        }
    }

    /// The wait that a share `share` of `(0, 1)` does not exceed, in seconds; `None` for a share outside.
    pub fn wait_quantile_s(&self, share: f64) -> Option<f64> {
        if !(share > 0.0 && share < 1.0) {
            return None;
        }
        tail_quantile(|t| self.wait_exceeds(t), 1.0 - share, self.wait_mean_s() + 0.1 * self.service_s, 0.0)
    }

    /// P(X ≥ y).
    fn waiting_at_least(&self, y: f64) -> f64 {
        if y <= 0.0 {
            return 1.0;
        }
        let last = self.at_least.len() - 1;
        if y <= last as f64 {
            return self.at_least[y as usize];
        }
        self.at_least[last] * self.decay.powf(y - last as f64)
    }
}

/// The s > 0 with (e^s − 1)/s = 1/ρ: P(X ≥ y) falls like e^{−sy}, e^s being the zero of z^c − e^{λD(z−1)} next to 1.
fn decay_exponent(utilization: f64) -> f64 {
    let log = -utilization.ln();
    // sinh(s/2)/(s/2) ≥ 1 bounds s from above and (e^s − 1)/s ≤ e^s from below.
    let excess = |s: f64| if s == 0.0 { -log } else { (s.exp_m1() / s).ln() - log };
    root(excess, log, (2.0 * log).min(700.0)).unwrap_or(2.0 * log)
}

/// `k·β_k` for k = 1, 2, … until it has become decay^k or vanished.
fn jump_weights(load: f64, servers: f64, decay: f64) -> Vec<f64> {
    let walks = walks(load, servers);
    // (1/n)·P(Poisson(nλD) = nc + k) of each walk length n, stepped from k to k + 1 in place.
    let mut terms: Vec<(f64, f64, f64)> = walks
        .iter()
        .map(|(n, weight)| (n * load, n * servers + 1.0, weight / n * poisson_weight(n * servers + 1.0, n * load)))
        .collect();
    let most = 500 + (40.0 * servers.sqrt()) as usize;
    let mut jumps: Vec<f64> = Vec::new();
    let mut alike = 0;
    let mut geometric = 1.0;
    for k in 1..=most {
        let jump = k as f64 * terms.iter().map(|(_, _, term)| term).sum::<f64>();
        jumps.push(jump);
        geometric *= decay;
        let vanished = jump <= 1e-25 * jumps[0] || jump < 1e-280;
        alike = if (jump / geometric - 1.0).abs() < 1e-12 { alike + 1 } else { 0 };
        if vanished || alike > 4 {
            break;
        }
        for (mean, count, term) in &mut terms {
            *count += 1.0;
            *term *= *mean / *count;
        }
    }
    jumps
}

/// Walk lengths n with their weights in `Σ_n`: one by one, then as nodes of an integral over ln n, joined at a half
/// integer by the Euler–Maclaurin midpoint correction.
fn walks(load: f64, servers: f64) -> Vec<(f64, f64)> {
    let utilization = load / servers;
    let idle = 1.0 - utilization;
    // P(Poisson(nλD) ≥ nc) ≤ e^{−n·c·(ρ − 1 − ln ρ)}.
    let rate = if idle < 1e-4 { 0.5 * idle * idle } else { utilization - 1.0 - utilization.ln() };
    let enough = 2.0 + 70.0 / (servers * rate);
    if enough <= SUMMED_WALKS as f64 {
        return (1..=enough as u64).map(|n| (n as f64, 1.0)).collect();
    }
    let last = SUMMED_WALKS as f64;
    let mut walks: Vec<(f64, f64)> = (1..=SUMMED_WALKS).map(|n| (n as f64, 1.0)).collect();
    // Σ_{n>N} g ≈ ∫_{N+½} g + g′(N + ½)/24, with g′ as the difference over one step.
    walks[SUMMED_WALKS as usize - 1].1 -= 1.0 / 24.0;
    walks.push((last + 1.0, 1.0 / 24.0));
    walks.extend(panels((last + 0.5).ln(), enough.ln(), 0.5, 16).iter().map(|(log, w)| (log.exp(), w * log.exp())));
    walks
}

/// P(X ≥ y) of X with generating function `exp(−Σ β_k(1 − z^k))`, by Panjer's recursion (1981).
fn compound_poisson_tail(jumps: &[f64], decay: f64) -> Vec<f64> {
    let states = jumps.len();
    let mut total: f64 = jumps.iter().enumerate().map(|(index, jump)| jump / (index + 1) as f64).sum();
    if decay.powf(states as f64 + 1.0) > 1e-18 * total {
        // Σ decay^k/k over the states beyond: the logarithm less its first terms.
        let mut computed = 0.0;
        let mut geometric = 1.0;
        for k in 1..=states {
            geometric *= decay;
            computed += geometric / k as f64;
        }
        total += (-(-decay).ln_1p() - computed).max(0.0);
    }
    let mut weights = vec![(-total).exp()];
    for x in 1..=states {
        let sum: f64 = jumps[..x].iter().zip(weights.iter().rev()).map(|(jump, weight)| jump * weight).sum();
        weights.push(sum / x as f64);
    }
    let mut tail = weights[states] / (1.0 - decay);
    let mut at_least = vec![0.0; states + 1];
    at_least[states] = tail;
    for y in (0..states).rev() {
        tail += weights[y];
        at_least[y] = tail;
    }
    at_least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_the_pollaczek_khinchine_mean_at_every_load() {
        for load in [1e-9, 0.1, 0.5, 0.9, 0.999, 0.999_999] {
            let queue = Mdc::new(load, 1.0, 1).expect("stable");
            let expected = load / (2.0 * (1.0 - load));
            assert!((queue.wait_mean_s() / expected - 1.0).abs() < 1e-9, "{load}: {}", queue.wait_mean_s() / expected);
            assert!((queue.wait_probability() / load - 1.0).abs() < 1e-9, "{load}: {}", queue.wait_probability());
        }
    }

    #[test]
    fn probabilities_sum_to_one() {
        for (load, servers) in [(0.8, 1), (0.9999, 1), (4.5, 5), (95.0, 100), (9_990.0, 10_000)] {
            let queue = Mdc::new(load, 1.0, servers).expect("stable");
            assert!((queue.at_least[0] - 1.0).abs() < 1e-10, "{load}: {}", queue.at_least[0]);
        }
    }

    #[test]
    fn tail_integrates_to_the_mean() {
        for (load, servers) in [(0.8, 1), (8.0, 10), (95.0, 100)] {
            let queue = Mdc::new(load, 1.0, servers).expect("stable");
            let integral: f64 = panels(0.0, 100.0, 0.5, 16).iter().map(|(t, w)| w * queue.wait_exceeds(*t)).sum();
            assert!((integral / queue.wait_mean_s() - 1.0).abs() < 1e-9, "{load}: {integral}");
        }
    }

    #[test]
    fn quantiles_undo_the_tail() {
        for (load, servers) in [(0.8, 1), (8.0, 10), (95.0, 100), (0.999, 1)] {
            let queue = Mdc::new(load, 1.0, servers).expect("stable");
            for share in [0.5, 0.9, 0.99, 0.999] {
                let t = queue.wait_quantile_s(share).expect("within (0, 1)");
                let tail = queue.wait_exceeds(t);
                let reached = (tail - (1.0 - share)).abs() < 1e-10 || (t == 0.0 && tail <= 1.0 - share);
                assert!(reached, "{load} {share}: {t} {tail}");
            }
        }
    }

    #[test]
    fn awkward_sizes_give_numbers() {
        for (load, servers) in [(1e-300, 1), (1e-9, 10_000), (9_999.0, 10_000), (19_999.9, 20_000), (0.999_999_9, 1)] {
            let queue = Mdc::new(load, 1.0, servers).expect("stable");
            let values = [queue.wait_mean_s(), queue.wait_probability(), queue.wait_quantile_s(0.999).expect("exists")];
            assert!(values.iter().all(|x| x.is_finite() && *x >= 0.0), "{load} {servers}: {values:?}");
        }
        assert!(matches!(Mdc::new(1.0, 1.0, 1), Err(NoFormula::Unstable { .. })));
        assert!(matches!(Mdc::new(1.0, 1.0, 1_000_000), Err(NoFormula::TooLarge { .. })));
    }
}
