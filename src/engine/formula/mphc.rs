//! M/PH/c: Poisson arrivals, phase-type service, c slots, unlimited room.
//!
//! A state is the number of messages and how many of the busy slots are in each phase (Neuts 1981, ch. 4); from c on
//! the levels are alike. By distributional Little's law (Haji and Newell 1971; Keilson and Servi 1988) the numbers that
//! wait, π(c)·Rʲ, are those of Poisson arrivals during the wait: its chain is Q = λ(I − R⁻¹) = A₁ + λI + R·A₂.

use super::error::{NoFormula, positive, some_servers};
use super::matrix::Matrix;
use super::matrix_wait::MatrixWait;
use super::phase_type::PhaseType;
use super::qbd::{Level, stationary};
use crate::model::Distribution;

/// Most ways in which c busy slots can stand in the phases: about half a second of work.
const MOST_STATES: usize = 160;

/// A stable M/PH/c queue in steady state.
#[derive(Clone, Debug)]
pub struct Mphc {
    arrival_per_s: f64,
    service_s: f64,
    servers: u64,
    wait: MatrixWait,
}

impl Mphc {
    /// `arrival_per_s` is λ; `service` is exponential, Erlang or hyperexponential.
    ///
    /// # Errors
    /// [`NoFormula::OutOfRange`] unless rate and mean service are positive and finite, the service is made of phases
    /// and there is a server; [`NoFormula::Unstable`] when λ·E\[S\] ≥ c; [`NoFormula::TooLarge`] where the busy slots
    /// can stand in the phases in more than 160 ways (two phases: above 159 slots; three: above 16);
    /// [`NoFormula::Imprecise`] where rounding leaves no answer.
    pub fn new(arrival_per_s: f64, service: &Distribution, servers: u64) -> Result<Self, NoFormula> {
        positive("arrival rate", arrival_per_s)?;
        let service_s = positive("mean service", service.mean())?;
        let load = positive("offered load", arrival_per_s * service_s)?;
        if load >= some_servers(servers)? as f64 {
            return Err(NoFormula::Unstable { offered: load, slots: servers });
        }
        let phases = PhaseType::of(service)
            .ok_or(NoFormula::OutOfRange { name: "number of phases of the service", value: f64::INFINITY })?;
        let most = most_servers(phases.phases());
        if servers > most {
            return Err(NoFormula::TooLarge { model: "M/PH/c", limit: most });
        }
        let imprecise = NoFormula::Imprecise { model: "M/PH/c" };
        let wait = wait(arrival_per_s, &phases, servers as usize).ok_or(imprecise)?;
        Ok(Self { arrival_per_s, service_s, servers, wait })
    }

    /// ρ = λ·E\[S\]/c.
    pub fn utilization(&self) -> f64 {
        self.arrival_per_s * self.service_s / self.servers as f64
    }

    /// P(W > 0).
    pub fn wait_probability(&self) -> f64 {
        self.wait.probability()
    }

    /// Mean wait in seconds.
    pub fn wait_mean_s(&self) -> f64 {
        self.wait.mean_s()
    }

    /// Mean number waiting, λ·Wq (Little 1961).
    pub fn waiting_mean(&self) -> f64 {
        self.arrival_per_s * self.wait_mean_s()
    }

    /// Mean latency in seconds.
    pub fn sojourn_mean_s(&self) -> f64 {
        self.wait_mean_s() + self.service_s
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

/// The most slots that this many phases allow.
fn most_servers(phases: usize) -> u64 {
    let fits = |servers: &u64| count(*servers as usize, phases).is_some();
    (0..=MOST_STATES as u64 * MOST_STATES as u64).take_while(fits).last().unwrap_or(0)
}

/// Ways to put `busy` slots into the phases, C(busy + phases − 1, phases − 1), up to the limit.
fn count(busy: usize, phases: usize) -> Option<usize> {
    let mut ways = 1.0;
    for phase in 1..phases {
        ways *= (busy + phase) as f64 / phase as f64;
    }
    (ways <= MOST_STATES as f64 && phases <= MOST_STATES).then_some(ways.round() as usize)
}

fn wait(arrival_per_s: f64, service: &PhaseType, servers: usize) -> Option<MatrixWait> {
    let full = occupancies(servers, service.phases());
    let repeating = Level {
        up: Matrix::identity(full.len()).scaled(arrival_per_s),
        within: within(&full, service, arrival_per_s),
        back: replacements(&full, service),
    };
    let below = |busy: usize| {
        let (own, above) = (occupancies(busy, service.phases()), occupancies(busy + 1, service.phases()));
        Level {
            up: starts(&own, &above, service, arrival_per_s),
            within: within(&own, service, arrival_per_s),
            back: ends(&above, &own, service),
        }
    };
    let law = stationary(servers, &repeating, &below)?;
    let ends_per_s = repeating.back.right(&vec![1.0; full.len()]);
    let arrivals = Matrix::identity(full.len()).scaled(arrival_per_s);
    let chain = repeating.within.plus(&arrivals).plus(&law.ratio.times(&repeating.back));
    MatrixWait::new(&law.first, &chain, &ends_per_s, service)
}

/// How many of the busy slots are in each phase.
type Occupancy = Vec<usize>;

/// All of them, in ascending order.
fn occupancies(busy: usize, phases: usize) -> Vec<Occupancy> {
    if phases == 1 {
        return vec![vec![busy]];
    }
    (0..=busy)
        .flat_map(|first| {
            occupancies(busy - first, phases - 1).into_iter().map(move |mut rest| {
                rest.insert(0, first);
                rest
            })
        })
        .collect()
}

/// Adds a rate from each occupancy to the one that differs by one slot less and one slot more in a phase.
fn moves(
    from: &[Occupancy],
    to: &[Occupancy],
    rates: impl Fn(&Occupancy) -> Vec<(Option<usize>, Option<usize>, f64)>,
) -> Matrix {
    let mut matrix = Matrix::zeros(from.len(), to.len());
    for (row, occupancy) in from.iter().enumerate() {
        for (leaves, enters, rate) in rates(occupancy).into_iter().filter(|(.., rate)| *rate > 0.0) {
            let mut next = occupancy.clone();
            if let Some(phase) = leaves {
                next[phase] -= 1;
            }
            if let Some(phase) = enters {
                next[phase] += 1;
            }
            let column = to.binary_search(&next).expect("moves stay among the occupancies of the level");
            matrix.add(row, column, rate);
        }
    }
    matrix
}

fn within(own: &[Occupancy], service: &PhaseType, arrival_per_s: f64) -> Matrix {
    let phases = service.phases();
    let changes = |occupancy: &Occupancy| {
        let pairs = (0..phases).flat_map(|from| (0..phases).map(move |to| (from, to)));
        let changes = pairs.filter(|(from, to)| from != to && occupancy[*from] > 0);
        changes.map(|(from, to)| (Some(from), Some(to), occupancy[from] as f64 * service.rates.at(from, to))).collect()
    };
    let mut matrix = moves(own, own, changes);
    for (row, occupancy) in own.iter().enumerate() {
        let busy = (0..phases).map(|phase| occupancy[phase] as f64 * service.rates.at(phase, phase));
        matrix.add(row, row, busy.sum::<f64>() - arrival_per_s);
    }
    matrix
}

fn starts(own: &[Occupancy], above: &[Occupancy], service: &PhaseType, arrival_per_s: f64) -> Matrix {
    let begin = |(phase, share): (usize, &f64)| (None, Some(phase), arrival_per_s * share);
    moves(own, above, |_| service.starts.iter().enumerate().map(begin).collect())
}

fn ends(above: &[Occupancy], own: &[Occupancy], service: &PhaseType) -> Matrix {
    let end = |occupancy: &Occupancy, phase: usize| occupancy[phase] as f64 * service.ends_per_s[phase];
    moves(above, own, |occupancy| {
        (0..service.phases()).map(|phase| (Some(phase), None, end(occupancy, phase))).collect()
    })
}

/// A message ends and the first that waits takes its slot.
fn replacements(full: &[Occupancy], service: &PhaseType) -> Matrix {
    let phases = service.phases();
    moves(full, full, |occupancy| {
        let pairs = (0..phases).flat_map(|ends| (0..phases).map(move |begins| (ends, begins)));
        pairs
            .map(|(ends, begins)| {
                let rate = occupancy[ends] as f64 * service.ends_per_s[ends] * service.starts[begins];
                (Some(ends), Some(begins), rate)
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Mg1, Mmc};
    use super::*;

    #[test]
    fn one_slot_is_pollaczek_khinchine() {
        for service in [
            Distribution::Erlang { mean_s: 1.0, stages: 3 },
            Distribution::hyperexponential_balanced(1.0, 3.0),
            Distribution::Hyperexponential(vec![(0.7, 0.1), (0.2, 2.0), (0.1, 5.3)]),
        ] {
            let exact = Mg1::new(0.9, &service, None).expect("stable");
            let rate = 0.9 / service.mean();
            let exact = if service.mean() == 1.0 { exact } else { Mg1::new(rate, &service, None).expect("stable") };
            let found = Mphc::new(rate, &service, 1).expect("stable");
            assert!((found.wait_mean_s() / exact.wait_mean_s().expect("finite") - 1.0).abs() < 1e-10);
            assert!((found.wait_probability() - exact.wait_probability()).abs() < 1e-11);
            for share in [0.5, 0.9, 0.99, 0.999] {
                let wait_s = found.wait_quantile_s(share).expect("inside");
                assert!((wait_s / exact.wait_quantile_s(share).expect("settles") - 1.0).abs() < 1e-5, "{share}");
                let stay_s = found.sojourn_quantile_s(share).expect("inside");
                assert!((stay_s / exact.sojourn_quantile_s(share).expect("settles") - 1.0).abs() < 1e-5, "{share}");
            }
        }
    }

    #[test]
    fn exponential_branches_that_are_equal_reduce_to_erlang_c() {
        let service = Distribution::Hyperexponential(vec![(0.3, 1.0), (0.7, 1.0)]);
        for (load, servers) in [(8.0, 10), (0.01, 3), (99.0, 100)] {
            let exact = Mmc::new(load, 1.0, servers).expect("stable");
            let found = Mphc::new(load, &service, servers).expect("stable");
            assert!((found.wait_probability() / exact.wait().probability - 1.0).abs() < 1e-9, "{load}");
            assert!((found.wait_mean_s() / exact.wait().mean_s() - 1.0).abs() < 1e-9, "{load}");
            let (found, expected) = (found.wait_quantile_s(0.999), exact.wait().quantile_s(0.999));
            assert!((found.expect("inside") - expected).abs() < 1e-8 * (1.0 + expected));
        }
    }

    #[test]
    fn too_many_phases_are_refused_at_once() {
        let erlang = |stages| Distribution::Erlang { mean_s: 1.0, stages };
        for (service, servers, limit) in [(erlang(2), 160, 159), (erlang(3), 17, 16), (erlang(1000), 2, 0)] {
            assert!(matches!(
                Mphc::new(0.5, &service, servers),
                Err(NoFormula::TooLarge { limit: found, .. }) if found == limit
            ));
        }
        assert!(matches!(Mphc::new(0.5, &erlang(5000), 2), Err(NoFormula::OutOfRange { .. })));
        assert!(matches!(Mphc::new(2.0, &erlang(2), 2), Err(NoFormula::Unstable { .. })));
        assert!(matches!(Mphc::new(0.5, &Distribution::Constant(1.0), 2), Err(NoFormula::OutOfRange { .. })));
    }
}
