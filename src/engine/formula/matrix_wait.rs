//! The law of a wait that lasts until a Markov chain of what stands before a message has run out: what M/PH/c and
//! MMPP/M/c have in common.
//!
//! P(W > t) = x·e^{Qt}·h, and a service starts at t with density x·e^{Qt}·d, so that h = (−Q)⁻¹·d; the latency appends
//! the phases of the service. x, d and everything of Q off its diagonal are not negative, so no sum cancels. Times are
//! found on a ladder of powers e^{B·2ᵏ/θ}, one squaring each.

use super::matrix::{Matrix, dot};
use super::numeric::root;
use super::phase_type::PhaseType;

/// The ladder ends where less than this share is left.
const NOTHING: f64 = 1e-12;
/// Rungs, each twice as long as the one before.
const MOST_RUNGS: usize = 80;
/// Terms of the Poisson sum over the first rung, where their mean is at most 1.
const MOST_TERMS: usize = 25;

/// The law of a wait and of the latency of which it is the first part.
#[derive(Clone, Debug)]
pub(super) struct MatrixWait {
    mean_s: f64,
    wait: Vec<f64>,
    sojourn: Vec<f64>,
    /// Share that is left of each state, of waits.
    waiting: Vec<f64>,
    /// Share that is left of each state, of latencies.
    staying: Vec<f64>,
    /// I + B/θ.
    step: Matrix,
    rate_per_s: f64,
    /// e^{B·2ᵏ/θ}.
    rungs: Vec<Matrix>,
}

impl MatrixWait {
    /// `first` is x, `chain` Q, `starts_per_s` d. `None` where rounding leaves no law.
    pub(super) fn new(first: &[f64], chain: &Matrix, starts_per_s: &[f64], service: &PhaseType) -> Option<Self> {
        let open = chain.clone().scaled(-1.0);
        let left = open.solve_vector(starts_per_s)?;
        let mean_s = dot(first, &open.solve_vector(&left)?);
        let probability = dot(first, &left);
        let sound = mean_s.is_finite() && mean_s >= 0.0 && (0.0..=1.0 + 1e-9).contains(&probability);
        if !sound {
            return None;
        }
        let (waits, phases) = (first.len(), service.phases());
        let mut whole = Matrix::zeros(waits + phases, waits + phases);
        whole.put(0, 0, chain);
        whole.put(0, waits, &Matrix::outer(starts_per_s, &service.starts));
        whole.put(waits, waits, &service.rates);
        let rate_per_s = (0..whole.rows()).fold(0.0, |rate, row| f64::max(rate, -whole.at(row, row)));
        let unit = whole.scaled(1.0 / rate_per_s);
        let behind = |share: f64| service.starts.iter().map(move |start| share * start);
        let mut law = Self {
            mean_s,
            wait: first.iter().copied().chain(behind(0.0)).collect(),
            sojourn: first.iter().copied().chain(behind((1.0 - probability).max(0.0))).collect(),
            waiting: left.iter().copied().chain(vec![0.0; phases]).collect(),
            staying: left.iter().copied().chain(vec![1.0; phases]).collect(),
            step: Matrix::identity(unit.rows()).plus(&unit),
            rate_per_s,
            rungs: vec![unit.exponential()],
        };
        law.climb()?;
        Some(law)
    }

    /// Adds rungs until nothing is left of the latency, and with it of the wait.
    fn climb(&mut self) -> Option<()> {
        while let Some(top) = self.rungs.last() {
            let left = dot(&top.left(&self.sojourn), &self.staying);
            if left < NOTHING {
                return Some(());
            }
            if !left.is_finite() || self.rungs.len() == MOST_RUNGS {
                return None;
            }
            self.rungs.push(top.times(top));
        }
        None
    }

    /// P(W > 0).
    pub(super) fn probability(&self) -> f64 {
        dot(&self.wait, &self.waiting).min(1.0)
    }

    /// Mean wait in seconds.
    pub(super) fn mean_s(&self) -> f64 {
        self.mean_s
    }

    /// P(W > t).
    pub(super) fn exceeds(&self, t_s: f64) -> f64 {
        self.left_after(&self.wait, &self.waiting, t_s)
    }

    /// P(W + S > t).
    pub(super) fn sojourn_exceeds(&self, t_s: f64) -> f64 {
        self.left_after(&self.sojourn, &self.staying, t_s)
    }

    /// The wait that a share `share` of `(0, 1)` does not exceed, in seconds.
    pub(super) fn quantile_s(&self, share: f64) -> Option<f64> {
        self.time_s(&self.wait, &self.waiting, share)
    }

    /// The latency that a share `share` of `(0, 1)` does not exceed, in seconds.
    pub(super) fn sojourn_quantile_s(&self, share: f64) -> Option<f64> {
        self.time_s(&self.sojourn, &self.staying, share)
    }

    fn left_after(&self, start: &[f64], left: &[f64], t_s: f64) -> f64 {
        let steps = t_s.max(0.0) * self.rate_per_s;
        if steps >= (self.rungs.len() as f64).exp2() {
            return 0.0;
        }
        let whole = steps.floor() as u128;
        let mut state = start.to_vec();
        for (_, power) in self.rungs.iter().enumerate().filter(|(rung, _)| (whole >> rung) & 1 == 1) {
            state = power.left(&state);
        }
        poisson_mixture(&self.terms(state, left), steps.fract())
    }

    /// From the longest rung down, every one is gone after which too much is left; the rest is a root on the first.
    fn time_s(&self, start: &[f64], left: &[f64], share: f64) -> Option<f64> {
        let target = 1.0 - share;
        if !(share > 0.0 && target > 2.0 * NOTHING) {
            return None;
        }
        let mut state = start.to_vec();
        if dot(&state, left) <= target {
            return Some(0.0);
        }
        let mut steps = 0.0;
        for (rung, power) in self.rungs.iter().enumerate().rev() {
            let next = power.left(&state);
            if dot(&next, left) > target {
                state = next;
                steps += (rung as f64).exp2();
            }
        }
        let terms = self.terms(state, left);
        let rest = root(|rest| poisson_mixture(&terms, rest) - target, 0.0, 1.0).unwrap_or(1.0);
        let found_s = (steps + rest) / self.rate_per_s;
        found_s.is_finite().then_some(found_s)
    }

    /// What is left after 0, 1, 2, … jumps of the uniformised chain.
    fn terms(&self, mut state: Vec<f64>, left: &[f64]) -> Vec<f64> {
        let mut terms = Vec::with_capacity(MOST_TERMS);
        for _ in 0..MOST_TERMS {
            terms.push(dot(&state, left));
            state = self.step.left(&state);
        }
        terms
    }
}

/// Σ e^{−m}·mᵏ/k!·terms\[k\] for m in `[0, 1]`.
fn poisson_mixture(terms: &[f64], mean: f64) -> f64 {
    let mut weight = (-mean).exp();
    let mut sum = 0.0;
    for (k, term) in terms.iter().enumerate() {
        sum += weight * term;
        weight *= mean / (k + 1) as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::Mmc;
    use super::*;
    use crate::model::Distribution;

    #[test]
    fn one_state_is_the_wait_of_mmc() {
        for (load, servers) in [(0.8, 1), (8.0, 10), (9.999, 10)] {
            let exact = Mmc::new(load, 1.0, servers).expect("stable");
            let chain = Matrix::diagonal(&[load - servers as f64]);
            let service = PhaseType::of(&Distribution::Exponential { mean_s: 1.0 }).expect("one phase");
            let drift = servers as f64 - load;
            let law = MatrixWait::new(&[exact.wait().probability], &chain, &[drift], &service).expect("a law");
            assert!((law.mean_s() / exact.wait().mean_s() - 1.0).abs() < 1e-12);
            assert!((law.probability() - exact.wait().probability).abs() < 1e-12);
            for share in [0.1, 0.5, 0.9, 0.999] {
                let (found, expected) = (law.quantile_s(share).expect("inside"), exact.wait().quantile_s(share));
                assert!((found - expected).abs() < 1e-9 * (1.0 + expected), "{load} {share}: {found} {expected}");
                let found = law.sojourn_quantile_s(share).expect("inside");
                assert!((exact.sojourn_exceeds(found) - (1.0 - share)).abs() < 1e-9);
            }
            for t in [0.0, 0.03, 1.0, 7.7] {
                assert!((law.exceeds(t) - exact.wait().exceeds(t)).abs() < 1e-11);
                assert!((law.sojourn_exceeds(t) - exact.sojourn_exceeds(t)).abs() < 1e-11);
            }
        }
    }
}
