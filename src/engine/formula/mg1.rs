//! M/G/1: Poisson arrivals, any service law, one slot, unlimited room.
//!
//! The wait's transform is E\[e^{−sW}\] = (1 − ρ)/(1 − ρ·R(s)), R the transform of the residual service (Pollaczek
//! 1930; Khinchine 1932). Its moments are closed; its tail is inverted by the Fourier-series method with Euler
//! summation (Abate and Whitt 1995): discretization error below 10⁻¹⁰, truncation judged by doubling the number of
//! terms. A constant service has its own exact law (`mdc`), an exponential one too (`mmc`).

use super::error::{NoFormula, positive};
use super::numeric::tail_quantile;
use super::transform::Transform;
use crate::engine::complex::Complex;
use crate::model::Distribution;

/// e^{−A} bounds the discretization error of a probability.
const EULER_A: f64 = 23.0;
/// Quantiles whose tail moves more than this, relatively, when the terms are doubled are not reported.
const TOLERANCE: f64 = 1e-4;

/// A stable M/G/1 queue in steady state; the slot may need a pause (`overhead`) after each message.
#[derive(Clone, Debug)]
pub struct Mg1 {
    arrival_per_s: f64,
    service: Distribution,
    /// Service and overhead: how long a message keeps the slot.
    occupancy: Transform,
    service_transform: Transform,
    /// E\[X\], E\[X²\], E\[X³\] of the occupancy, as far as they exist.
    moments: [Option<f64>; 3],
    /// λ·E\[occupancy\].
    load: f64,
}

/// Which tail is inverted.
#[derive(Clone, Copy)]
enum Tail {
    Wait,
    Sojourn,
}

impl Mg1 {
    /// `arrival_per_s` is λ, `service` the law of a message's work, `overhead` the slot time after it, if any.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless the rate and the mean service are positive and finite;
    /// [`NoFormula::Unstable`] when work and overhead arrive as fast as one slot can do them;
    /// [`NoFormula::Imprecise`] for laws so extreme that their transform cannot be computed.
    pub fn new(arrival_per_s: f64, service: &Distribution, overhead: Option<&Distribution>) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        positive("mean service", service.mean())?;
        let imprecise = NoFormula::Imprecise { model: "M/G/1" };
        let service_transform = Transform::of(service).ok_or_else(|| imprecise.clone())?;
        // An overhead that is always 0 has no transform and no effect.
        let overhead = overhead.filter(|law| law.mean() > 0.0);
        let mut moments = [1, 2, 3].map(|k| service.moment(k));
        let mut occupancy = service_transform.clone();
        if let Some(law) = overhead {
            let transform = Transform::of(law).ok_or(imprecise)?;
            moments = sum_moments(moments, [1, 2, 3].map(|k| law.moment(k)));
            occupancy = Transform::sum(occupancy, transform);
        }
        let load = positive("offered load", arrival_per_s * occupancy.mean_s())?;
        if load >= 1.0 {
            return Err(NoFormula::Unstable { offered: load, slots: 1 });
        }
        Ok(Self { arrival_per_s, service: service.clone(), occupancy, service_transform, moments, load })
    }

    /// λ·E\[S\]: the share of time that the slot works, without overhead.
    pub fn utilization(&self) -> f64 {
        self.arrival_per_s * self.service.mean()
    }

    /// P(W > 0) = λ·E\[service + overhead\] (arrivals see time averages, Wolff 1982).
    pub fn wait_probability(&self) -> f64 {
        self.load
    }

    /// Mean wait λE\[S²\]/(2(1 − ρ)) in seconds; `None` when E\[S²\] is infinite.
    pub fn wait_mean_s(&self) -> Option<f64> {
        Some(self.arrival_per_s * self.moments[1]? / (2.0 * (1.0 - self.load)))
    }

    /// E\[W²\] = 2·E\[W\]² + λE\[S³\]/(3(1 − ρ)) in seconds squared; `None` when E\[S³\] is infinite (Takács 1962).
    pub fn wait_second_moment_s2(&self) -> Option<f64> {
        let mean_s = self.wait_mean_s()?;
        Some(2.0 * mean_s * mean_s + self.arrival_per_s * self.moments[2]? / (3.0 * (1.0 - self.load)))
    }

    /// Variance of the wait in seconds squared; `None` when E\[S³\] is infinite.
    pub fn wait_variance_s2(&self) -> Option<f64> {
        let mean_s = self.wait_mean_s()?;
        Some(mean_s * mean_s + self.arrival_per_s * self.moments[2]? / (3.0 * (1.0 - self.load)))
    }

    /// Mean number waiting, λ·Wq; `None` when it is infinite.
    pub fn waiting_mean(&self) -> Option<f64> {
        Some(self.arrival_per_s * self.wait_mean_s()?)
    }

    /// Mean latency in seconds; `None` when it is infinite.
    pub fn sojourn_mean_s(&self) -> Option<f64> {
        Some(self.wait_mean_s()? + self.service.mean())
    }

    /// P(W > t), by numerical inversion. The absolute error is about 10⁻⁸ where the tail is smooth, larger next to a
    /// kink, which services with few possible values make.
    pub fn wait_exceeds(&self, t_s: f64) -> f64 {
        if t_s <= 0.0 { self.load } else { self.invert(Tail::Wait, t_s, self.terms()) }
    }

    /// P(W + S > t), by numerical inversion, as [`Self::wait_exceeds`].
    pub fn sojourn_exceeds(&self, t_s: f64) -> f64 {
        if t_s <= 0.0 { 1.0 } else { self.invert(Tail::Sojourn, t_s, self.terms()) }
    }

    /// The wait that a share `share` of `(0, 1)` does not exceed, in seconds.
    ///
    /// # Errors
    /// [`NoFormula::Imprecise`] when the inversion does not settle to four digits there.
    pub fn wait_quantile_s(&self, share: f64) -> Result<f64, NoFormula> {
        self.quantile_s(Tail::Wait, share)
    }

    /// The latency that a share `share` of `(0, 1)` does not exceed, in seconds.
    ///
    /// # Errors
    /// As for [`Self::wait_quantile_s`].
    pub fn sojourn_quantile_s(&self, share: f64) -> Result<f64, NoFormula> {
        self.quantile_s(Tail::Sojourn, share)
    }

    fn quantile_s(&self, tail: Tail, share: f64) -> Result<f64, NoFormula> {
        let imprecise = NoFormula::Imprecise { model: "M/G/1" };
        if !(share > 0.0 && share < 1.0) {
            return Err(NoFormula::OutOfRange { name: "share", value: share });
        }
        let at_zero = if matches!(tail, Tail::Wait) { self.load } else { 1.0 };
        let target = 1.0 - share;
        if at_zero <= target {
            return Ok(0.0);
        }
        let mean_s = self.wait_mean_s().unwrap_or_else(|| self.occupancy.mean_s() / (1.0 - self.load));
        let guess_s = match tail {
            Tail::Wait => mean_s / self.load * (self.load / target).ln().max(0.1),
            Tail::Sojourn => self.service.mean() + mean_s * -target.ln(),
        };
        // A closed transform is cheap enough for a second attempt with many terms, which a kinked law needs.
        for terms in [self.terms(), 8 * self.terms()] {
            let exceeds = |t: f64| if t == 0.0 { at_zero } else { self.invert(tail, t, terms) };
            let found_s = tail_quantile(exceeds, target, guess_s, 1e-9).ok_or(imprecise.clone())?;
            let settled = (self.invert(tail, found_s, 2 * terms) / target - 1.0).abs() < TOLERANCE;
            if settled && found_s.is_finite() {
                return Ok(found_s);
            }
            if !self.is_closed() {
                break;
            }
        }
        Err(imprecise)
    }

    fn is_closed(&self) -> bool {
        self.occupancy.is_closed() && self.service_transform.is_closed()
    }

    fn terms(&self) -> usize {
        self.occupancy.harmonics().min(self.service_transform.harmonics())
    }

    /// Abate and Whitt (1995), eq. 13–15.
    fn invert(&self, tail: Tail, t_s: f64, terms: usize) -> f64 {
        let start = Complex::new(EULER_A / (2.0 * t_s), 0.0);
        let step = Complex::new(0.0, std::f64::consts::PI / t_s);
        // Binomial average over averaged + 1 partial sums; a long one damps the waves that edges of the law make.
        let averaged = (terms / 3).min(50);
        let count = terms + averaged + 1;
        let values = self.tail_transform(tail, start, step, count);
        let mut partial = 0.5 * values[0].re;
        let mut average = 0.0;
        let mut binomial = 0.5f64.powi(averaged as i32);
        for (k, value) in values.iter().enumerate().skip(1) {
            partial += if k % 2 == 0 { value.re } else { -value.re };
            if k >= terms {
                let m = k - terms;
                average += binomial * partial;
                binomial *= (averaged - m) as f64 / (m + 1) as f64;
            }
        }
        ((0.5 * EULER_A).exp() / t_s * average).clamp(0.0, 1.0)
    }

    /// ∫ e^{−st}·P(· > t) dt at the arguments start + k·step.
    fn tail_transform(&self, tail: Tail, start: Complex, step: Complex, count: usize) -> Vec<Complex> {
        let idle = 1.0 - self.load;
        let deficits = self.occupancy.deficits(start, step, count);
        let own = matches!(tail, Tail::Sojourn).then(|| self.service_transform.deficits(start, step, count));
        (0..count)
            .map(|k| {
                let s = start + step.times(k as f64);
                // 1 − ρ·R = (1 − ρ) + ρ·(1 − R)
                let inverse = (Complex::new(idle, 0.0) + deficits[k].times(self.load)).recip();
                let waiting = deficits[k].times(self.load) * inverse * s.recip();
                match &own {
                    None => waiting,
                    // P(W + S > ·): waiting, or started and (1 − S)/s = E[S]·R_S still to do.
                    Some(own) => {
                        waiting + inverse.times(idle * self.service_transform.mean_s()) * (Complex::ONE - own[k])
                    }
                }
            })
            .collect()
    }
}

/// Moments of a sum of two independent durations.
fn sum_moments(x: [Option<f64>; 3], y: [Option<f64>; 3]) -> [Option<f64>; 3] {
    let [x1, x2, x3] = x;
    let [y1, y2, y3] = y;
    let first = || Some(x1? + y1?);
    let second = || Some(x2? + 2.0 * x1? * y1? + y2?);
    let third = || Some(x3? + 3.0 * x2? * y1? + 3.0 * x1? * y2? + y3?);
    [first(), second(), third()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tails at λ = 0.7 and mean service 1, inverted independently at 30 digits (Talbot, de Hoog) or by contour.
    #[test]
    fn tails_agree_with_independent_inversions() {
        let erlang = Distribution::Erlang { mean_s: 1.0, stages: 3 };
        let gamma = Distribution::Gamma { mean_s: 1.0, cv: 2.0 };
        let uniform = Distribution::Uniform { low_s: 0.0, high_s: 2.0 };
        let lognormal = Distribution::lognormal(1.0, 1.5);
        let rayleigh = Distribution::Weibull { mean_s: 1.0, shape: 2.0 };
        let pareto = Distribution::Pareto { mean_s: 1.0, shape: 3.5 };
        let cases = [
            (&erlang, 0.5, 0.581_683_633_078_036_8, Some(0.935_912_395_183_999_9)),
            (&erlang, 5.0, 0.068_858_194_318_995_08, Some(0.115_824_413_617_601_8)),
            (&erlang, 20.0, 0.000_053_412_912_749_784_31, Some(0.000_089_844_344_566_436_19)),
            (&gamma, 0.5, 0.643_706_809_928_347_5, Some(0.778_145_648_524_175_3)),
            (&gamma, 5.0, 0.370_997_343_347_975_2, Some(0.432_025_476_108_696_5)),
            (&gamma, 20.0, 0.068_561_059_824_860_44, Some(0.079_517_354_195_191_12)),
            (&uniform, 5.0, 0.066_148_186_414_49, Some(0.112_719_952_001_1)),
            (&rayleigh, 1.0, 0.460_298_077_215_2, None),
            (&rayleigh, 5.0, 0.060_027_890_105_4, None),
            (&pareto, 5.0, 0.052_965_873_001_2, None),
            (&pareto, 20.0, 0.000_296_630_049_8, None),
            (&lognormal, 1.0, 0.531_436_147_787, None),
            (&lognormal, 5.0, 0.245_675_105_583, None),
            (&lognormal, 20.0, 0.029_586_328_648, None),
        ];
        for (service, t, wait, sojourn) in cases {
            let queue = Mg1::new(0.7, service, None).expect("stable");
            let found = queue.wait_exceeds(t);
            assert!((found - wait).abs() < 2e-8, "{service:?} {t}: {found} {wait}");
            if let Some(sojourn) = sojourn {
                let found = queue.sojourn_exceeds(t);
                assert!((found - sojourn).abs() < 2e-8, "{service:?} {t}: {found} {sojourn}");
            }
        }
    }

    #[test]
    fn an_exponential_service_is_the_exponential_queue() {
        for load in [0.3, 0.8, 0.999] {
            let service = Distribution::Exponential { mean_s: 1.0 };
            let (queue, exact) = (
                Mg1::new(load, &service, None).expect("stable"),
                super::super::Mmc::new(load, 1.0, 1).expect("stable"),
            );
            for share in [0.5, 0.9, 0.99, 0.999] {
                let wait_s = queue.wait_quantile_s(share).expect("settles");
                let expected_s = exact.wait().quantile_s(share);
                assert!((wait_s - expected_s).abs() <= 1e-6 * expected_s, "{load} {share}: {wait_s} {expected_s}");
                let sojourn_s = queue.sojourn_quantile_s(share).expect("settles");
                let expected_s = exact.sojourn_quantile_s(share).expect("within (0, 1)");
                assert!((sojourn_s - expected_s).abs() <= 1e-6 * expected_s, "{load} {share}: {sojourn_s}");
            }
        }
    }

    #[test]
    fn an_overhead_lengthens_the_occupancy_but_not_the_latency() {
        // A constant pause after a constant service: the wait is that of M/D/1 with their sum.
        let queue = Mg1::new(0.8, &Distribution::Constant(0.6), Some(&Distribution::Constant(0.4))).expect("stable");
        assert!((queue.wait_mean_s().expect("finite") - 2.0).abs() < 1e-12);
        assert!((queue.wait_probability() - 0.8).abs() < 1e-15);
        assert!((queue.utilization() - 0.48).abs() < 1e-15);
        let exact = super::super::Mdc::new(0.8, 1.0, 1).expect("stable");
        for t in [0.5, 2.5, 10.3] {
            assert!((queue.wait_exceeds(t) - exact.wait_exceeds(t)).abs() < 1e-5, "{t}");
        }
        assert!((queue.sojourn_exceeds(5.6) - exact.wait_exceeds(5.0)).abs() < 1e-3);
    }

    #[test]
    fn infinite_moments_are_none_and_quantiles_remain() {
        let queue = Mg1::new(0.5, &Distribution::Pareto { mean_s: 1.0, shape: 1.8 }, None).expect("stable");
        assert_eq!(queue.wait_mean_s(), None);
        let wait_s = queue.wait_quantile_s(0.9).expect("settles");
        assert!(wait_s.is_finite() && (queue.wait_exceeds(wait_s) - 0.1).abs() < 1e-7);
        let steep = Mg1::new(0.5, &Distribution::Pareto { mean_s: 1.0, shape: 2.5 }, None).expect("stable");
        assert!(steep.wait_mean_s().is_some() && steep.wait_second_moment_s2().is_none());
    }

    #[test]
    fn awkward_services_give_numbers_or_say_so() {
        let services = [
            Distribution::lognormal(1.0, 10.0),
            Distribution::lognormal(1.0, 0.01),
            Distribution::Weibull { mean_s: 1.0, shape: 0.2 },
            Distribution::Weibull { mean_s: 1.0, shape: 0.01 },
            Distribution::Weibull { mean_s: 1.0, shape: 20.0 },
            Distribution::Pareto { mean_s: 1.0, shape: 1.05 },
            Distribution::Pareto { mean_s: 1.0, shape: 40.0 },
            Distribution::Gamma { mean_s: 1.0, cv: 10.0 },
            Distribution::Gamma { mean_s: 1.0, cv: 0.01 },
            Distribution::Uniform { low_s: 0.999, high_s: 1.001 },
            Distribution::Empirical(vec![0.5; 9].into_iter().chain([5.5]).collect()),
        ];
        for service in services {
            for load in [1e-12, 0.5, 0.999] {
                let queue = Mg1::new(load, &service, None).expect("stable");
                for share in [0.5, 0.999] {
                    for answer in [queue.wait_quantile_s(share), queue.sojourn_quantile_s(share)] {
                        assert!(answer.is_err() || answer.is_ok_and(|t| t.is_finite() && t >= 0.0), "{service:?}");
                    }
                }
            }
        }
    }
}
