//! Approximations of the mean wait of G/G/c by rates and squared coefficients of variation, each with its known error.
//!
//! They know two moments; the wait knows them all. How far they are off was measured against the exact laws of this
//! module (`tests/formula_oracles.rs` keeps the table). Not here: laws that are exact, quantiles.

use super::erlang::erlang_c;
use super::error::{NoFormula, positive, some_servers};

/// A stable G/G/c queue by two moments of its gaps and of its service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoMoment {
    service_s: f64,
    servers: f64,
    utilization: f64,
    /// Mean wait of the M/M/c queue of the same rates.
    markov_s: f64,
    gap_scv: f64,
    service_scv: f64,
}

impl TwoMoment {
    /// `arrival_per_s` is λ, `service_s` the mean time that a message keeps a slot, and `gap_scv`, `service_scv` the
    /// squared coefficients of variation c²ₐ and c²ₛ.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless rate and mean are positive, the coefficients not negative, all finite, and
    /// there is a server; [`NoFormula::Unstable`] when work arrives as fast as the slots can do it.
    pub fn new(
        arrival_per_s: f64,
        gap_scv: f64,
        service_s: f64,
        service_scv: f64,
        servers: u64,
    ) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("mean service", service_s)?;
        for (name, value) in [("variance of the gaps", gap_scv), ("variance of the service", service_scv)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(NoFormula::OutOfRange { name, value });
            }
        }
        let load = positive("offered load", arrival_per_s * service_s)?;
        let c = some_servers(servers)? as f64;
        if load >= c {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        let markov_s = erlang_c(servers, load) * service_s / (c - load);
        Ok(Self { service_s, servers: c, utilization: load / c, markov_s, gap_scv, service_scv })
    }

    /// (c²ₐ + c²ₛ)/2.
    fn variability(&self) -> f64 {
        0.5 * (self.gap_scv + self.service_scv)
    }

    /// Mean wait W(M/M/c)·(c²ₐ + c²ₛ)/2 in seconds (Allen and Cunneen; Allen 1990).
    pub fn allen_cunneen_s(&self) -> f64 {
        self.markov_s * self.variability()
    }

    /// Mean wait ρ^{√(2(c+1))−1}/(c(1 − ρ))·E\[S\]·(c²ₐ + c²ₛ)/2 in seconds (Sakasegawa 1977).
    pub fn sakasegawa_s(&self) -> f64 {
        let power = (2.0 * (self.servers + 1.0)).sqrt() - 1.0;
        let queue = self.utilization.powf(power) / (self.servers * (1.0 - self.utilization));
        queue * self.service_s * self.variability()
    }

    /// Factor exp(−2(1 − ρ)(1 − c²ₐ)²/(3ρ(c²ₐ + c²ₛ))) for arrivals that vary less than Poisson, else 1 (Krämer and
    /// Langenbach-Belz 1976).
    pub fn regularity_factor(&self) -> f64 {
        if self.gap_scv >= 1.0 {
            return 1.0;
        }
        let spread = self.gap_scv + self.service_scv;
        if spread == 0.0 {
            return 0.0;
        }
        let exponent = 2.0 * (1.0 - self.utilization) * (1.0 - self.gap_scv).powi(2);
        (-exponent / (3.0 * self.utilization * spread)).exp()
    }

    /// Mean wait by Allen and Cunneen with the factor of Krämer and Langenbach-Belz, in seconds: what the engine uses
    /// where arrivals are not Poisson.
    pub fn general_s(&self) -> f64 {
        self.allen_cunneen_s() * self.regularity_factor()
    }

    /// Mean wait of M/D/c ≈ W(M/M/c)/2·\[1 + (1 − ρ)(c − 1)(√(4 + 5c) − 2)/(16ρc)\] in seconds (Cosmetatos 1975); the
    /// correction is held at 0.24, above which light loads would drive it beyond all bounds (Whitt 1993).
    pub fn cosmetatos_s(&self) -> f64 {
        let (c, rho) = (self.servers, self.utilization);
        let correction = (1.0 - rho) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * rho * c);
        0.5 * self.markov_s * (1.0 + correction.min(0.24))
    }

    /// Mean wait of M/G/c ≈ (1 + c²ₛ)/(2c²ₛ/W(M/M/c) + (1 − c²ₛ)/W(M/D/c)) in seconds, for Poisson arrivals
    /// (Kimura 1986), with Cosmetatos's W(M/D/c).
    pub fn kimura_s(&self) -> f64 {
        let constant_s = self.cosmetatos_s();
        if constant_s == 0.0 {
            return 0.0;
        }
        let scv = self.service_scv;
        (1.0 + scv) / (2.0 * scv / self.markov_s + (1.0 - scv) / constant_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(gap_scv: f64, service_scv: f64, servers: u64) -> TwoMoment {
        TwoMoment::new(0.8 * servers as f64, gap_scv, 1.0, service_scv, servers).expect("stable")
    }

    #[test]
    fn all_meet_where_everything_is_exponential() {
        for servers in [1, 10, 1000] {
            let found = queue(1.0, 1.0, servers);
            for wait_s in [found.allen_cunneen_s(), found.general_s(), found.kimura_s()] {
                assert!((wait_s / found.markov_s - 1.0).abs() < 1e-14);
            }
        }
        assert!((queue(1.0, 1.0, 1).sakasegawa_s() - 4.0).abs() < 1e-14);
    }

    #[test]
    fn one_slot_with_poisson_arrivals_is_pollaczek_khinchine() {
        for scv in [0.0, 0.5, 4.0] {
            let found = queue(1.0, scv, 1);
            assert!((found.kimura_s() - 2.0 * (1.0 + scv)).abs() < 1e-13, "{scv}");
            assert!((found.allen_cunneen_s() - 2.0 * (1.0 + scv)).abs() < 1e-13, "{scv}");
        }
    }

    #[test]
    fn edges_are_numbers() {
        assert_eq!(queue(0.0, 0.0, 3).general_s(), 0.0);
        for load in [1e-300, 1e-6, 2.999_999] {
            for scv in [0.0, 0.3, 1.0, 900.0] {
                let found = TwoMoment::new(load, 0.0, 1.0, scv, 3).expect("stable");
                let all = [found.general_s(), found.kimura_s(), found.sakasegawa_s()];
                assert!(all.iter().all(|wait_s| wait_s.is_finite() && *wait_s >= 0.0), "{load} {scv}: {all:?}");
            }
        }
        assert!(matches!(TwoMoment::new(1.0, 1.0, 1.0, f64::INFINITY, 3), Err(NoFormula::OutOfRange { .. })));
        assert!(matches!(TwoMoment::new(3.0, 1.0, 1.0, 1.0, 3), Err(NoFormula::Unstable { .. })));
    }
}
