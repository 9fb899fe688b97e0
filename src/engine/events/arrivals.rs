//! Publish instants: where each producer's next message comes from.
//!
//! Arrivals happen where the integral Λ(t) of the rate passes the points of a process of rate 1 (inversion; Massey and
//! Whitt's, Gerhardt and Nelson's time change for renewal processes), which is right for every rate function and every
//! gap law. Λ is inverted cell by cell (`cells`); the memory is that of one cell, however long the run. Not here: what
//! happens to a message after it is published.

mod cells;

use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, Exp1};

use super::ahead::Ahead;
use super::streams::{Purpose, stream};
use crate::model::distribution::Sampler;
use crate::model::{Arrivals, Distribution, Process, Producer, RecordedMessage, Renewal};
use crate::units::{Messages, Seconds};
use cells::Cells;

/// The publish instants of one producer in one replication, in order.
#[derive(Clone, Debug)]
pub struct Publisher<'m>(Source<'m>);

#[derive(Clone, Debug)]
// One value per producer, and the large variant is the hot one.
#[allow(clippy::large_enum_variant)]
enum Source<'m> {
    Process(Instants<'m>),
    Recorded { rows: &'m [RecordedMessage], passed: usize },
}

/// Instants drawn from a process.
#[derive(Clone, Debug)]
pub(super) struct Instants<'m> {
    rng: Xoshiro256PlusPlus,
    gaps: Gaps,
    /// Messages at each instant; a gap of the unit process is this much of Λ.
    size: u32,
    /// The first gap in Λ, where it has a law of its own; negative once it has been taken.
    first: Messages,
    cells: Cells<'m>,
    ahead: Ahead,
}

/// The law of the gaps, mean 1.
#[derive(Clone, Debug)]
enum Gaps {
    Exponential,
    Regular,
    Drawn { sampler: Sampler, mean_s: Seconds },
}

impl Gaps {
    fn of(process: &Process) -> Self {
        match process {
            Process::Poisson | Process::Mmpp(_) => Self::Exponential,
            Process::Regular => Self::Regular,
            Process::Renewal(renewal) => match gap_law(renewal) {
                law if law.is_exponential() => Self::Exponential,
                law if law.constant_value().is_some() => Self::Regular,
                law => Self::Drawn { sampler: law.sampler(), mean_s: law.mean() },
            },
            Process::Batches { of, .. } => Self::of(of),
        }
    }

    fn fill(&self, rng: &mut Xoshiro256PlusPlus, gaps: &mut [f64]) {
        match self {
            Self::Exponential => gaps.iter_mut().for_each(|gap| *gap = Exp1.sample(rng)),
            Self::Regular => gaps.fill(1.0),
            Self::Drawn { sampler, mean_s } => {
                sampler.fill(rng, gaps);
                for gap in gaps {
                    *gap /= mean_s;
                }
            }
        }
    }
}

/// The distribution whose shape the gaps have.
fn gap_law(renewal: &Renewal) -> Distribution {
    match renewal {
        Renewal::Gap(law) => law.clone(),
        Renewal::Cv(cv) if *cv > 1.0 => Distribution::hyperexponential_balanced(1.0, *cv),
        Renewal::Cv(cv) if *cv > 0.0 => Distribution::Gamma { mean_s: 1.0, cv: *cv },
        Renewal::Cv(_) => Distribution::Constant(1.0),
    }
}

/// The first gap of a stationary renewal process; negative where the first gap is like all others.
fn first_gap(process: &Process, rng: &mut Xoshiro256PlusPlus) -> f64 {
    match process {
        Process::Renewal(renewal) => {
            let law = gap_law(renewal);
            law.draw_equilibrium(rng) / law.mean()
        }
        Process::Batches { of, .. } => first_gap(of, rng),
        Process::Poisson | Process::Regular | Process::Mmpp(_) => -1.0,
    }
}

impl Instants<'_> {
    /// The next instant, as [`Publisher::next_s`].
    #[inline(always)]
    pub fn next_s(&mut self) -> Seconds {
        let Instants { rng, gaps, size, first, cells, ahead } = self;
        ahead.next(|instants_s| {
            let drawn = if *first < 0.0 {
                &mut *instants_s
            } else {
                instants_s[0] = std::mem::replace(first, -1.0);
                &mut instants_s[1..]
            };
            gaps.fill(rng, drawn);
            if *size > 1 {
                for gap in &mut *instants_s {
                    *gap *= f64::from(*size);
                }
            }
            cells.follow(instants_s);
        })
    }
}

impl<'m> Publisher<'m> {
    /// The instants of `producer`; they depend on its name, the master seed and the replication, and on nothing else.
    pub fn new(producer: &'m Producer, seed: u64, replication: u32) -> Self {
        let (rate, process) = match &producer.arrivals {
            Arrivals::Recorded(rows) => return Self(Source::Recorded { rows, passed: 0 }),
            Arrivals::Process { rate, process } => (rate, process),
        };
        let (size, instants) = match process {
            Process::Batches { size, of } => (*size, &**of),
            single => (1, single),
        };
        let mut rng = stream(seed, replication, Purpose::Arrivals, &producer.name);
        let first = first_gap(instants, &mut rng);
        let cells = match instants {
            Process::Mmpp(states) => {
                let modulation = stream(seed, replication, Purpose::Modulation, &producer.name);
                Cells::modulated(rate, states, modulation)
            }
            _ => Cells::new(rate),
        };
        Self(Source::Process(Instants { rng, gaps: Gaps::of(instants), size, first, cells, ahead: Ahead::new() }))
    }

    /// The next publish instant in seconds, never before the last one; infinite when there is none left.
    #[inline(always)]
    pub fn next_s(&mut self) -> Seconds {
        match &mut self.0 {
            Source::Process(instants) => instants.next_s(),
            Source::Recorded { rows, passed } => {
                let row = rows.get(*passed);
                *passed += usize::from(row.is_some());
                row.map_or(f64::INFINITY, |row| row.published_s)
            }
        }
    }

    /// The process, where each instant is one message whose work is not recorded.
    pub(super) fn singles(&mut self) -> Option<&mut Instants<'m>> {
        match &mut self.0 {
            Source::Process(instants) if instants.size == 1 => Some(instants),
            _ => None,
        }
    }

    /// How many messages are published at each instant.
    #[inline(always)]
    pub fn messages(&self) -> u32 {
        match &self.0 {
            Source::Process(instants) => instants.size,
            Source::Recorded { .. } => 1,
        }
    }

    /// The recorded work of the message at the instant last returned, if there is a recording and it has it.
    #[inline(always)]
    pub fn recorded_service_s(&self) -> Option<Seconds> {
        match &self.0 {
            Source::Process(_) => None,
            Source::Recorded { rows, passed } => rows.get(passed.checked_sub(1)?)?.service_s,
        }
    }
}

#[cfg(test)]
mod tests;
