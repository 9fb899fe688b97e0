//! MMPP/M/c: Markov-modulated Poisson arrivals, exponential service, c slots, unlimited room.
//!
//! Levels are messages, phases the states of the modulation (Neuts 1981, ch. 6). Arrivals do not see time averages:
//! they come in the busy states. A message that finds c + j waits j + 1 services of all slots together, so that
//! P(W > t) = π(c)·(I − R)⁻¹·e^{−cμ(I − R)t}·λ/λ̄.

use super::error::{NoFormula, positive, some_servers};
use super::matrix::{Matrix, dot};
use super::matrix_wait::MatrixWait;
use super::mmpp::Mmpp;
use super::phase_type::PhaseType;
use super::qbd::{Level, stationary};
use crate::model::Distribution;

/// Slots times states³: two hundred thousand slots with two states, some hundred megabytes for a moment.
const MOST_STEPS: f64 = 1.6e6;

/// A stable MMPP/M/c queue in steady state.
#[derive(Clone, Debug)]
pub struct MmppMc {
    arrival_per_s: f64,
    service_per_s: f64,
    servers: u64,
    all_busy: f64,
    wait: MatrixWait,
}

impl MmppMc {
    /// `service_per_s` is μ of one slot.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless the rate is positive and finite and there is a server;
    /// [`NoFormula::Unstable`] when λ̄ ≥ c·μ; [`NoFormula::TooLarge`] when slots times states³ is above 1.6·10⁶;
    /// [`NoFormula::Imprecise`] where rounding leaves no answer.
    pub fn new(arrivals: &Mmpp, service_per_s: f64, servers: u64) -> Result<Self, NoFormula> {
        positive("service rate", service_per_s)?;
        let c = some_servers(servers)? as f64;
        let arrival_per_s = arrivals.mean_per_s();
        let load = positive("offered load", arrival_per_s / service_per_s)?;
        if load >= c {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        let limit = MOST_STEPS / (arrivals.rates_per_s().len() as f64).powi(3);
        if c > limit {
            return Err(NoFormula::TooLarge { model: "MMPP/M/c", limit: limit as u64 });
        }
        let (all_busy, wait) =
            solve(arrivals, service_per_s, servers).ok_or(NoFormula::Imprecise { model: "MMPP/M/c" })?;
        Ok(Self { arrival_per_s, service_per_s, servers, all_busy, wait })
    }

    /// ρ = λ̄/(c·μ).
    pub fn utilization(&self) -> f64 {
        self.arrival_per_s / (self.servers as f64 * self.service_per_s)
    }

    /// Share of time in which all slots are busy.
    pub fn all_busy(&self) -> f64 {
        self.all_busy
    }

    /// P(W > 0): share of messages that find all slots busy.
    pub fn wait_probability(&self) -> f64 {
        self.wait.probability()
    }

    /// Mean wait in seconds.
    pub fn wait_mean_s(&self) -> f64 {
        self.wait.mean_s()
    }

    /// Mean number waiting, λ̄·Wq (Little 1961).
    pub fn waiting_mean(&self) -> f64 {
        self.arrival_per_s * self.wait_mean_s()
    }

    /// Mean latency in seconds.
    pub fn sojourn_mean_s(&self) -> f64 {
        self.wait_mean_s() + 1.0 / self.service_per_s
    }

    /// P(W > t).
    pub fn wait_exceeds(&self, t_s: f64) -> f64 {
        self.wait.exceeds(t_s)
    }

    /// P(W + S > t).
    pub fn sojourn_exceeds(&self, t_s: f64) -> f64 {
        self.wait.sojourn_exceeds(t_s)
    }

    /// The wait that a share `share` of `(0, 1)` does not exceed, in seconds; `None` for a share outside or within
    /// 10⁻¹¹ of 1.
    pub fn wait_quantile_s(&self, share: f64) -> Option<f64> {
        self.wait.quantile_s(share)
    }

    /// The latency that a share `share` does not exceed, as [`Self::wait_quantile_s`].
    pub fn sojourn_quantile_s(&self, share: f64) -> Option<f64> {
        self.wait.sojourn_quantile_s(share)
    }
}

fn solve(arrivals: &Mmpp, service_per_s: f64, servers: u64) -> Option<(f64, MatrixWait)> {
    let states = arrivals.rates_per_s().len();
    let up = Matrix::diagonal(arrivals.rates_per_s());
    let level = |busy: f64| Level {
        up: up.clone(),
        within: arrivals.modulation().clone().minus(&up).minus(&Matrix::identity(states).scaled(busy * service_per_s)),
        back: Matrix::identity(states).scaled((busy + 1.0) * service_per_s),
    };
    let capacity_per_s = servers as f64 * service_per_s;
    let repeating = Level { back: Matrix::identity(states).scaled(capacity_per_s), ..level(servers as f64) };
    let law = stationary(servers as usize, &repeating, &|busy| level(busy as f64))?;
    let idle = Matrix::identity(states).minus(&law.ratio);
    let all_busy = dot(&law.first, &idle.solve_vector(&vec![1.0; states])?);
    let mean_per_s = arrivals.mean_per_s();
    let starts_per_s: Vec<f64> = arrivals.rates_per_s().iter().map(|rate| capacity_per_s * rate / mean_per_s).collect();
    let service = PhaseType::of(&Distribution::Exponential { mean_s: 1.0 / service_per_s })?;
    let wait = MatrixWait::new(&law.first, &idle.scaled(-capacity_per_s), &starts_per_s, &service)?;
    Some((all_busy, wait))
}

#[cfg(test)]
mod tests {
    use super::super::Mmc;
    use super::*;

    #[test]
    fn equal_states_reduce_to_erlang_c() {
        for (load, servers) in [(8.0, 10), (0.5, 1), (990.0, 1000)] {
            let arrivals = Mmpp::new(&[(load, 0.1), (load, 2.0), (load, 0.3)]).expect("valid");
            let found = MmppMc::new(&arrivals, 1.0, servers).expect("stable");
            let exact = Mmc::new(load, 1.0, servers).expect("stable");
            assert!((found.wait_mean_s() / exact.wait().mean_s() - 1.0).abs() < 1e-9, "{load}");
            assert!((found.wait_probability() - found.all_busy()).abs() < 1e-9);
            let p999 = found.wait_quantile_s(0.999).expect("inside");
            assert!((p999 / exact.wait().quantile_s(0.999) - 1.0).abs() < 1e-8);
            let latency = found.sojourn_quantile_s(0.99).expect("inside");
            assert!((latency / exact.sojourn_quantile_s(0.99).expect("inside") - 1.0).abs() < 1e-8);
        }
    }

    /// On for a short and off for a long time: a GI/M/1 queue, because gaps are independent after an arrival in the
    /// only state that has any (Kuczura 1973); its gap is hyperexponential.
    #[test]
    fn an_interrupted_process_is_a_renewal_process() {
        let (rate, off, on) = (2.0, 0.5, 0.25);
        let arrivals = Mmpp::new(&[(rate, off), (0.0, on)]).expect("valid");
        let (sum, product): (f64, f64) = (rate + off + on, rate * on);
        let spread = (sum * sum - 4.0 * product).sqrt();
        let (fast, slow) = (0.5 * (sum + spread), 0.5 * (sum - spread));
        let share = (rate - slow) / (fast - slow);
        let gaps = Distribution::Hyperexponential(vec![(share, 1.0 / fast), (1.0 - share, 1.0 / slow)]);
        for servers in [1, 3] {
            let exact = super::super::GiMc::new(&gaps, 1.0, servers).expect("stable");
            let found = MmppMc::new(&arrivals, 1.0, servers).expect("stable");
            assert!((found.wait_mean_s() / exact.wait().mean_s() - 1.0).abs() < 1e-9);
            assert!((found.wait_probability() / exact.wait().probability - 1.0).abs() < 1e-9);
            let p99 = found.wait_quantile_s(0.99).expect("inside");
            assert!((p99 - exact.wait().quantile_s(0.99)).abs() < 1e-7);
        }
    }

    #[test]
    fn states_that_last_for_hours_are_answered() {
        let arrivals = Mmpp::new(&[(1500.0, 1.0 / 600.0), (500.0, 1.0 / 3600.0)]).expect("valid");
        let found = MmppMc::new(&arrivals, 50.0, 20).expect("stable on average");
        // A fluid of 500/s above what 20 slots can do for 10 minutes on average.
        assert!(found.wait_mean_s() > 50.0 && found.wait_mean_s() < 1e4, "{}", found.wait_mean_s());
        let p99 = found.wait_quantile_s(0.99).expect("inside");
        assert!((found.wait_exceeds(p99) / 0.01 - 1.0).abs() < 1e-6);
        assert!(found.all_busy() < found.wait_probability());
    }

    #[test]
    fn sizes_and_loads_beyond_it_are_refused() {
        let arrivals = Mmpp::new(&[(3.0, 1.0), (1.0, 1.0)]).expect("valid");
        assert!(matches!(MmppMc::new(&arrivals, 1.0, 2), Err(NoFormula::Unstable { .. })));
        assert!(matches!(MmppMc::new(&arrivals, 1.0, 1_000_000_000), Err(NoFormula::TooLarge { .. })));
    }
}
