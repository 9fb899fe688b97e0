//! The offered load m(t) = E\[λ(t − Sₑ)\]·E\[S\]: how many slots would be busy if there were always enough of them, and
//! square-root staffing by it.
//!
//! In the queue `M_t/G/∞` the number of busy slots is Poisson with this mean at every instant (Eick, Massey and Whitt 1993,
//! theorem 1), which is why it, not the rate of the instant, says how many slots a time of day needs (Jennings,
//! Mandelbaum, Massey and Whitt 1996). Not here: what happens with too few slots (`engine::transient`), schedules.

use super::garnett_delay;
use super::numeric::root;
use crate::model::{Distribution, Rate};
use crate::units::Seconds;

/// Service times whose survival is below this no longer count.
const LAST: f64 = 1e-12;
/// Successive halvings of the grid must agree to this share of the load …
const PRECISION: f64 = 1e-7;
/// … or the grid has this many cells.
const MOST_CELLS: usize = 8192;
/// Recorded service times up to this many are summed one by one.
const MOST_VALUES: usize = 1024;

/// An infinite-server queue that is empty before t = 0.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedLoad<'r> {
    /// λ(t); what it is before t = 0 does not count.
    pub rate: &'r Rate,
    /// Law of the time in a slot.
    pub service: Distribution,
    /// Work done per second: the service is divided by it; above 0.
    pub speed: f64,
    /// Constant time in a slot after that; at least 0.
    pub overhead_s: Seconds,
    /// Messages that are there at t = 0 and start then.
    pub initial: u64,
}

impl OfferedLoad<'_> {
    /// m(t) in busy slots, t ≥ 0.
    ///
    /// With Λ = ∫λ it is E\[Λ(t) − Λ(t − S)\]: in closed form for constant and exponential laws and mixtures of the
    /// latter, otherwise summed over a grid of service times that is refined until it changes by less than 1e-7 of the
    /// load.
    pub fn at(&self, t_s: Seconds) -> f64 {
        let age_s = t_s - self.overhead_s;
        // The first seconds, as many as the overhead has, everybody is still there; then the service counts.
        let young = self.rate.integral(age_s.max(0.0), t_s);
        let served = if age_s > 0.0 { self.in_service(age_s) } else { 0.0 };
        let initial = self.initial as f64 * self.service.survival(age_s * self.speed);
        young + served + initial
    }

    fn in_service(&self, t_s: Seconds) -> f64 {
        match &self.service {
            Distribution::Hyperexponential(branches) => {
                branches.iter().map(|(share, mean_s)| share * self.exponential(t_s, mean_s / self.speed)).sum()
            }
            Distribution::Empirical(values_s) if values_s.len() <= MOST_VALUES => {
                let each: f64 = values_s.iter().map(|value_s| self.since(t_s, value_s / self.speed)).sum();
                each / values_s.len() as f64
            }
            service => match (service.exponential_mean(), service.constant_value()) {
                (Some(mean_s), _) => self.exponential(t_s, mean_s / self.speed),
                (_, Some(value_s)) => self.since(t_s, value_s / self.speed),
                _ => self.by_grid(t_s),
            },
        }
    }

    /// Λ(t) − Λ(t − s).
    fn since(&self, t_s: Seconds, service_s: Seconds) -> f64 {
        self.rate.integral((t_s - service_s).max(0.0), t_s)
    }

    /// ∫λ(t − u)·e^{−u/mean} du: the integral of a rate that has grown exponentially until t, which is a rate itself.
    fn exponential(&self, t_s: Seconds, mean_s: Seconds) -> f64 {
        if mean_s <= 0.0 {
            return 0.0;
        }
        let moved = Rate::Shift { by_s: -t_s, rate: Box::new(self.rate.clone()) };
        let grown = Rate::Growth { factor: std::f64::consts::E, every_s: mean_s, rate: Box::new(moved) };
        let oldest_s = t_s.min(-LAST.ln() * 1.5 * mean_s);
        grown.integral(-oldest_s, 0.0)
    }

    /// ∫(Λ(t) − Λ(t − s)) dF(s) by the trapezoidal rule in F, on cells that are finer for short services.
    fn by_grid(&self, t_s: Seconds) -> f64 {
        let mut longest_s = self.service.mean();
        while self.service.survival(longest_s) > LAST && longest_s < t_s * self.speed {
            longest_s *= 1.5;
        }
        let longest_s = longest_s.min(t_s * self.speed);
        let since = |work_s: f64| self.since(t_s, work_s / self.speed);
        let beyond = self.service.survival(longest_s) * since(longest_s);
        let sum = |cells: usize| {
            let edge = |k: usize| longest_s * (k as f64 / cells as f64).powi(3);
            let mut before = (self.service.cdf(0.0), since(0.0));
            let mut sum = before.0 * before.1;
            for k in 1..=cells {
                let here = (self.service.cdf(edge(k)), since(edge(k)));
                sum += (here.0 - before.0) * 0.5 * (here.1 + before.1);
                before = here;
            }
            sum + beyond
        };
        let mut cells = 64;
        let mut found = sum(cells);
        loop {
            cells *= 2;
            let finer = sum(cells);
            let change = finer - found;
            if change.abs() <= PRECISION * finer.abs() || cells >= MOST_CELLS {
                // The rule's error falls by four with each halving (Richardson 1911).
                return finer + change / 3.0;
            }
            found = finer;
        }
    }
}

/// c = ⌈m + β√m⌉: slots for an offered load of `load`, at least 0 (Jennings et al. 1996; at a constant rate Halfin and
/// Whitt 1981).
pub fn square_root_staffing(load: f64, beta: f64) -> u64 {
    // A load that is whole but for rounding must not cost a slot.
    let wanted = load + beta * load.max(0.0).sqrt();
    (wanted - 1e-9 * wanted.abs()).ceil().max(0.0) as u64
}

/// The β of square-root staffing whose limiting P(wait) in M/M/c+M is `delay`, for patience θ = `ratio`·μ (Garnett,
/// Mandelbaum and Reiman 2002); `None` unless `0 < delay < 1` and `ratio` > 0. With θ = μ it is the normal quantile.
pub fn garnett_beta(delay: f64, ratio: f64) -> Option<f64> {
    if !(delay > 0.0 && delay < 1.0 && ratio > 0.0) {
        return None;
    }
    root(|beta| garnett_delay(beta, ratio) - delay, -20.0, 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rate: &Rate, service: Distribution, t_s: f64) -> f64 {
        OfferedLoad { rate, service, speed: 1.0, overhead_s: 0.0, initial: 0 }.at(t_s)
    }

    fn wave() -> Rate {
        Rate::Sine { mean: 100.0, amplitude: 50.0, period_s: 24.0, phase_s: 0.0 }
    }

    #[test]
    fn grids_and_closed_forms_agree() {
        for t_s in [0.3, 2.0, 30.0, 100.0] {
            // Two stages of mean 0.5 and a gamma law of the same shape are one law; so are H2 and its mixture.
            let gamma = load(&wave(), Distribution::Gamma { mean_s: 1.0, cv: 0.5_f64.sqrt() }, t_s);
            let erlang = load(&wave(), Distribution::Erlang { mean_s: 1.0, stages: 2 }, t_s);
            assert!((gamma - erlang).abs() < 1e-6 * gamma);
            let near = load(&wave(), Distribution::Gamma { mean_s: 1.0, cv: 1.0 + 1e-12 }, t_s);
            let exponential = load(&wave(), Distribution::Exponential { mean_s: 1.0 }, t_s);
            assert!((near - exponential).abs() < 2e-6 * exponential, "{near} {exponential}");
        }
    }

    #[test]
    fn a_constant_rate_is_offered_rate_times_service() {
        let rate = Rate::Constant(7.0);
        for service in [
            Distribution::lognormal(2.0, 1.5),
            Distribution::Uniform { low_s: 1.0, high_s: 3.0 },
            Distribution::Empirical(vec![1.0, 2.0, 3.0].into()),
            Distribution::hyperexponential_balanced(2.0, 3.0),
        ] {
            let found = load(&rate, service.clone(), 1e4);
            assert!((found - 14.0).abs() < 1e-4, "{service:?}: {found}");
        }
    }

    #[test]
    fn an_overhead_holds_slots_after_the_service() {
        let rate = wave();
        let service = Distribution::Constant(2.0);
        let both = OfferedLoad { rate: &rate, service, speed: 2.0, overhead_s: 0.5, initial: 0 };
        let one = load(&rate, Distribution::Constant(1.5), 40.0);
        assert!((both.at(40.0) - one).abs() < 1e-9);
    }

    #[test]
    fn a_backlog_at_the_begin_is_served_at_once() {
        let rate = Rate::Constant(0.0);
        let service = Distribution::Exponential { mean_s: 2.0 };
        let backlog = OfferedLoad { rate: &rate, service, speed: 1.0, overhead_s: 0.0, initial: 100 };
        assert!((backlog.at(2.0) - 100.0 / std::f64::consts::E).abs() < 1e-9);
    }

    #[test]
    fn the_square_root_rule_has_its_inverse() {
        assert_eq!((square_root_staffing(100.0, 1.0), square_root_staffing(100.0, 0.0)), (110, 100));
        assert_eq!(square_root_staffing(0.0, 1.0), 0);
        let beta = garnett_beta(0.1, 1.0).unwrap();
        assert!((beta - 1.281_551_565_544_6).abs() < 1e-9, "{beta}");
        assert!(garnett_beta(1.0, 1.0).is_none());
    }
}
