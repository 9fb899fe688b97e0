//! The waits of arrivals that found a given number of messages before them, first in, first out, with c slots that
//! serve μ each and nobody who leaves: of whoever finds n ≥ c the wait is Erlang, n − c + 1 stages of rate cμ.
//!
//! Not here: what arrivals find (`solve`).

use statrs::function::gamma::ln_gamma;

use crate::units::Seconds;

/// Waits as a mixture of Erlang laws.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waits {
    /// P(at least m + 1 stages), for m = 0, 1, …: the first is the share that waits.
    tails: Vec<f64>,
    /// cμ.
    stages_per_s: f64,
}

impl Waits {
    /// The waits of arrivals that find `n` with the weight `found[n]`.
    pub fn new(found: &[f64], slots: u64, service_per_s: f64) -> Option<Self> {
        let total: f64 = found.iter().sum();
        let stages_per_s = slots as f64 * service_per_s;
        if !(total > 0.0 && stages_per_s > 0.0) {
            return None;
        }
        let first = usize::try_from(slots).ok()?.min(found.len());
        let mut tails: Vec<f64> = found[first..].to_vec();
        let mut tail = 0.0;
        for weight in tails.iter_mut().rev() {
            tail += *weight / total;
            *weight = tail;
        }
        Some(Waits { tails, stages_per_s })
    }

    /// Mean wait: one stage for every message that must leave first.
    pub fn mean_s(&self) -> Seconds {
        self.tails.iter().sum::<f64>() / self.stages_per_s
    }

    /// P(wait > `wait_s`): Σ P(j stages have ended by then)·P(more than j stages), the former Poisson.
    pub fn exceeds(&self, wait_s: Seconds) -> f64 {
        let mean = self.stages_per_s * wait_s;
        let tail = |j: f64| self.tails.get(j as usize).copied().unwrap_or(0.0);
        if mean == 0.0 {
            return tail(0.0);
        }
        let mode = mean.floor();
        let at_mode = (mode * mean.ln() - mean - ln_gamma(mode + 1.0)).exp();
        let (mut sum, mut weight, mut j) = (0.0, at_mode, mode);
        while weight > 1e-17 * at_mode && j < self.tails.len() as f64 {
            sum += weight * tail(j);
            j += 1.0;
            weight *= mean / j;
        }
        (weight, j) = (at_mode, mode);
        while weight > 1e-17 * at_mode && j > 0.0 {
            weight *= j / mean;
            j -= 1.0;
            sum += weight * tail(j);
        }
        sum
    }

    /// The wait that a share `share` of the arrivals does not exceed, to 1e-10 of itself.
    pub fn quantile_s(&self, share: f64) -> Seconds {
        let exceeded = 1.0 - share;
        if self.exceeds(0.0) <= exceeded {
            return 0.0;
        }
        let mut high_s = 1.0 / self.stages_per_s;
        while self.exceeds(high_s) > exceeded {
            high_s *= 2.0;
        }
        let mut low_s = 0.0;
        while high_s - low_s > 1e-10 * high_s {
            let middle_s = 0.5 * (low_s + high_s);
            if self.exceeds(middle_s) > exceeded {
                low_s = middle_s;
            } else {
                high_s = middle_s;
            }
        }
        0.5 * (low_s + high_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slot_in_the_steady_state_waits_exponentially() {
        // M/M/1 with load 0.8: P(W > t) = 0.8·e^(−0.2t).
        let found: Vec<f64> = (0..400).map(|n| 0.2 * 0.8_f64.powi(n)).collect();
        let waits = Waits::new(&found, 1, 1.0).unwrap();
        assert!((waits.mean_s() - 4.0).abs() < 1e-12);
        for wait_s in [0.0, 0.5, 3.0, 20.0] {
            assert!((waits.exceeds(wait_s) - 0.8 * (-0.2 * wait_s).exp()).abs() < 1e-13);
        }
        assert!((waits.quantile_s(0.99) - 5.0 * 80_f64.ln()).abs() < 1e-8);
        assert_eq!(waits.quantile_s(0.1), 0.0);
    }

    #[test]
    fn without_arrivals_or_service_there_is_no_wait() {
        assert!(Waits::new(&[0.0], 1, 1.0).is_none() && Waits::new(&[1.0], 0, 1.0).is_none());
        let waits = Waits::new(&[1.0], 3, 1.0).unwrap();
        assert_eq!((waits.mean_s(), waits.exceeds(1.0)), (0.0, 0.0));
    }
}
