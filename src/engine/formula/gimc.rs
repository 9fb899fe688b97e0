//! GI/M/c: independent gaps of any law between arrivals, exponential service, c slots, unlimited room.
//!
//! The number found by an arrival is geometric above c, so that the wait is 0 or exponential with rate cμ(1 − σ),
//! where σ is the root in (0, 1) of σ = A*(cμ(1 − σ)) with A* the transform of the gaps (Kendall 1953; Takács 1962,
//! ch. 2, theorem 2).

use super::delayed::ExponentialDelay;
use super::error::{NoFormula, positive, some_servers};
use super::numeric::root;
use super::transform::Transform;
use crate::engine::complex::Complex;
use crate::model::Distribution;

/// More slots than this would take too long: Takács's constant needs the transform at every μ·j.
const MOST_SERVERS: u64 = 20_000;
/// The same where the transform is a sum over many nodes (lognormal, Weibull, Pareto, recorded gaps).
const MOST_SERVERS_BY_NODES: u64 = 1_000;

/// A stable GI/M/c queue in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GiMc {
    arrival_per_s: f64,
    service_per_s: f64,
    servers: u64,
    root: f64,
    wait: ExponentialDelay,
}

impl GiMc {
    /// `gaps` is the law of the time between arrivals in seconds, `service_per_s` μ of one slot.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless mean gap and rate are positive and finite and there is a server,
    /// [`NoFormula::Unstable`] when they arrive as fast as c slots can serve, [`NoFormula::TooLarge`] above 20 000
    /// slots (1 000 for gap laws without a closed transform).
    pub fn new(gaps: &Distribution, service_per_s: f64, servers: u64) -> Result<Self, NoFormula> {
        let mean_s = positive("mean gap", gaps.mean())?;
        positive("service rate", service_per_s)?;
        let c = some_servers(servers)? as f64;
        let arrival_per_s = positive("arrival rate", 1.0 / mean_s)?;
        let load = positive("offered load", arrival_per_s / service_per_s)?;
        if load >= c {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        let transform = Transform::of(gaps).ok_or(NoFormula::Imprecise { model: "GI/M/c" })?;
        let limit = if transform.is_closed() { MOST_SERVERS } else { MOST_SERVERS_BY_NODES };
        if servers > limit {
            return Err(NoFormula::TooLarge { model: "GI/M/c", limit });
        }
        let delay =
            delay_exponent(&transform, load / c, c * service_per_s).ok_or(NoFormula::Imprecise { model: "GI/M/c" })?;
        // s = cμ(1 − σ) is both the root's exponent and the rate of the wait.
        let idle = delay / (c * service_per_s);
        let probability = delay_probability(&transform, load, service_per_s, servers, idle);
        let wait = ExponentialDelay { probability, rate_per_s: delay };
        Ok(Self { arrival_per_s, service_per_s, servers, root: 1.0 - idle, wait })
    }

    /// σ: ratio of the geometric law of what an arrival finds above c.
    pub fn root(&self) -> f64 {
        self.root
    }

    /// The law of the wait.
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

    /// Mean number in the system.
    pub fn number_mean(&self) -> f64 {
        self.waiting_mean() + self.arrival_per_s / self.service_per_s
    }

    /// Mean latency in seconds.
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

/// s = cμ(1 − σ). With A*(s) = 1 − s·R(s)/λ the equation for σ reads R(s) = ρ, which has lost the root σ = 1.
fn delay_exponent(transform: &Transform, utilization: f64, capacity_per_s: f64) -> Option<f64> {
    let idle = 1.0 - utilization;
    let mut excess = |s: f64| if s == 0.0 { -idle } else { transform.real_deficit(s) - idle };
    // Arrivals so rare that σ is below the precision of 1 − σ.
    if excess(capacity_per_s) <= 0.0 {
        return Some(capacity_per_s);
    }
    root(&mut excess, 0.0, capacity_per_s)
}

/// P(W > 0) = `1/(1 + (1 − σ)·Σ_j T_j)`, `T_j` the terms of Takács's sum, all positive, gathered in logarithms.
fn delay_probability(transform: &Transform, load: f64, service_per_s: f64, servers: u64, idle: f64) -> f64 {
    let c = servers as f64;
    let utilization = load / c;
    let step = Complex::new(service_per_s, 0.0);
    let deficits = transform.deficits(step, step, servers as usize);
    let crossing = c * idle;
    // c·(1 − φ_j) − j with φ_j = A*(jμ), written as j·(R(jμ)/ρ − 1) = j·(1 − ρ − deficit)/ρ.
    let above_chord = |j: f64, deficit: f64| j * (1.0 - utilization - deficit) / utilization;
    let mut log_binomial = 0.0;
    let mut log_product = 0.0;
    let mut logs = Vec::with_capacity(servers as usize);
    for (index, deficit) in deficits.iter().enumerate() {
        let j = (index + 1) as f64;
        // 1 − φ_j = jμ·R(jμ)/λ
        let busy = (j * (1.0 - deficit.re) / load).clamp(0.0, 1.0);
        // 1 − busy loses its relative precision where φ_j is small.
        let phi = if busy < 0.99 { 1.0 - busy } else { transform.real_laplace(j * service_per_s) };
        log_binomial += ((c - j + 1.0) / j).ln();
        log_product += phi.ln() - busy.ln();
        // Both vanish where j meets cμ(1 − σ)/μ: there the quotient is the slope, by a central difference.
        let ratio = if (crossing - j).abs() > 1e-5 * j {
            above_chord(j, deficit.re) / (crossing - j)
        } else {
            let (middle, h) = (0.5 * (crossing + j), 1e-5 * j);
            let side = |at: f64| above_chord(at, transform.real_deficit(at * service_per_s));
            (side(middle - h) - side(middle + h)) / (2.0 * h)
        };
        logs.push(log_binomial - log_product - busy.ln() + ratio.max(f64::MIN_POSITIVE).ln());
    }
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::INFINITY {
        return 0.0;
    }
    let log_sum = largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln();
    1.0 / (1.0 + (log_sum + idle.ln()).exp())
}

#[cfg(test)]
mod tests {
    use super::super::erlang_c;
    use super::*;

    #[test]
    fn exponential_gaps_reduce_to_erlang_c() {
        for (load, servers) in [(0.5, 1), (8.0, 10), (95.0, 100), (900.0, 1000)] {
            let gaps = Distribution::Exponential { mean_s: 1.0 / load };
            let queue = GiMc::new(&gaps, 1.0, servers).expect("stable");
            let expected = erlang_c(servers, load);
            assert!((queue.wait().probability / expected - 1.0).abs() < 1e-10, "{load}");
            assert!((queue.root() - load / servers as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn a_root_that_meets_a_whole_number_of_servers_is_no_pole() {
        // M/M/c as GI/M/c has crossing c(1 − ρ): whole for ρ = 0.8 and c = 10.
        let exact = |load: f64| {
            let gaps = Distribution::Gamma { mean_s: 1.0 / load, cv: 1.0 + 1e-12 };
            GiMc::new(&gaps, 1.0, 10).expect("stable").wait().probability
        };
        for load in [8.0, 8.0 - 1e-7, 8.0 + 1e-3, 8.0 - 1e-3] {
            assert!((exact(load) / erlang_c(10, load) - 1.0).abs() < 1e-8, "{load}");
        }
    }

    #[test]
    fn awkward_sizes_give_numbers() {
        let laws = |mean_s: f64| {
            [
                Distribution::Constant(mean_s),
                Distribution::hyperexponential_balanced(mean_s, 5.0),
                Distribution::Gamma { mean_s, cv: 0.3 },
                Distribution::lognormal(mean_s, 2.0),
                Distribution::Uniform { low_s: 0.0, high_s: 2.0 * mean_s },
            ]
        };
        for (load, servers) in [(0.999, 1), (9_990.0, 10_000), (1e-9, 10), (1e-3, 10_000), (999.0, 1000)] {
            for gaps in laws(1.0 / load) {
                match GiMc::new(&gaps, 1.0, servers) {
                    Ok(queue) => {
                        let values = [queue.wait().mean_s(), queue.wait().probability, queue.wait().quantile_s(0.999)];
                        assert!(values.iter().all(|x| x.is_finite() && *x >= 0.0), "{gaps:?} {servers}: {values:?}");
                        assert!(queue.sojourn_quantile_s(0.99).is_some_and(f64::is_finite));
                    }
                    Err(reason) => assert!(matches!(reason, NoFormula::TooLarge { .. }), "{gaps:?}: {reason}"),
                }
            }
        }
    }
}
