//! The law of a wait that is 0 or exponential: what M/M/c and GI/M/c have in common.

use super::numeric::tail_quantile;

/// A wait that is positive with probability `probability`, and then exponential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExponentialDelay {
    /// P(W > 0), in `[0, 1]`.
    pub probability: f64,
    /// Rate of the exponential, per second, above 0.
    pub rate_per_s: f64,
}

impl ExponentialDelay {
    /// Mean wait in seconds.
    pub fn mean_s(&self) -> f64 {
        self.probability / self.rate_per_s
    }

    /// P(W > t).
    pub fn exceeds(&self, t_s: f64) -> f64 {
        self.probability * (-self.rate_per_s * t_s).exp()
    }

    /// Variance of the wait, seconds squared.
    pub fn variance_s2(&self) -> f64 {
        self.probability * (2.0 - self.probability) / (self.rate_per_s * self.rate_per_s)
    }

    /// The wait that a share `share` of `[0, 1)` does not exceed, in seconds.
    pub fn quantile_s(&self, share: f64) -> f64 {
        ((self.probability / (1.0 - share)).ln() / self.rate_per_s).max(0.0)
    }

    /// P(W + S > t) for an exponential service with rate μ, independent of the wait.
    ///
    /// With θ the rate of the delay: e^{−μt} + p·μ·(e^{−μt} − e^{−θt})/(θ − μ), which is 0/0 at θ = μ; written with
    /// the smaller rate outside it has no cancellation there.
    pub fn sojourn_exceeds(&self, service_per_s: f64, t_s: f64) -> f64 {
        let slower = service_per_s.min(self.rate_per_s);
        let gap = (service_per_s - self.rate_per_s).abs() * t_s;
        let shared = if gap == 0.0 { t_s } else { -(-gap).exp_m1() / gap * t_s };
        (-service_per_s * t_s).exp() + self.probability * service_per_s * shared * (-slower * t_s).exp()
    }

    /// The latency that a share `share` of `(0, 1)` does not exceed, in seconds; `None` for a share outside.
    pub fn sojourn_quantile_s(&self, service_per_s: f64, share: f64) -> Option<f64> {
        if !(share > 0.0 && share < 1.0) {
            return None;
        }
        let guess = self.quantile_s(share) - (1.0 - share).ln() / service_per_s;
        tail_quantile(|t| self.sojourn_exceeds(service_per_s, t), 1.0 - share, guess, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rates_give_the_erlang_tail() {
        let law = ExponentialDelay { probability: 1.0, rate_per_s: 2.0 };
        let expected = (1.0 + 2.0 * 1.5) * f64::exp(-3.0);
        assert!((law.sojourn_exceeds(2.0, 1.5) - expected).abs() < 1e-15);
        let nearly = ExponentialDelay { probability: 1.0, rate_per_s: 2.0 + 1e-9 };
        assert!((nearly.sojourn_exceeds(2.0, 1.5) - expected).abs() < 1e-9);
    }

    #[test]
    fn far_apart_rates_stay_finite() {
        let law = ExponentialDelay { probability: 0.3, rate_per_s: 1e-9 };
        let tail = law.sojourn_exceeds(1e6, 1e9);
        assert!((tail - 0.3 * f64::exp(-1.0)).abs() < 1e-9, "{tail}");
    }

    #[test]
    fn sojourn_quantiles_undo_the_tail() {
        let law = ExponentialDelay { probability: 0.4, rate_per_s: 2.0 };
        for share in [0.5, 0.9, 0.999] {
            let t = law.sojourn_quantile_s(1.0, share).expect("within (0, 1)");
            assert!((law.sojourn_exceeds(1.0, t) - (1.0 - share)).abs() < 1e-13);
        }
        assert_eq!(law.sojourn_quantile_s(1.0, 1.0), None);
    }
}
