//! Phase-type durations: the time that a Markov chain takes from a random first phase to its end (Neuts 1981, ch. 2).
//! Not here: queues with such services (`mphc`).

use super::matrix::Matrix;
use crate::model::Distribution;

/// A phase-type law.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PhaseType {
    /// α: law of the first phase, of sum 1.
    pub(super) starts: Vec<f64>,
    /// T: rates between the phases, with minus all that leaves a phase on the diagonal.
    pub(super) rates: Matrix,
    /// Rates from the phases to the end, −T·1.
    pub(super) ends_per_s: Vec<f64>,
}

impl PhaseType {
    /// The phases of a law that is made of some: exponential, Erlang and hyperexponential, whichever way written.
    pub(super) fn of(law: &Distribution) -> Option<Self> {
        let branches = match law {
            Distribution::Erlang { mean_s, stages } => return Self::stages(*mean_s, *stages as usize),
            Distribution::Hyperexponential(branches) => {
                branches.iter().copied().filter(|(share, _)| *share > 0.0).collect()
            }
            _ => vec![(1.0, law.exponential_mean()?)],
        };
        let ends_per_s: Vec<f64> = branches.iter().map(|(_, mean_s)| 1.0 / mean_s).collect();
        let sound = ends_per_s.iter().all(|rate| rate.is_finite() && *rate > 0.0);
        let starts = branches.iter().map(|(share, _)| *share).collect();
        let rates = Matrix::diagonal(&ends_per_s).scaled(-1.0);
        sound.then_some(Self { starts, rates, ends_per_s })
    }

    fn stages(mean_s: f64, stages: usize) -> Option<Self> {
        let rate = stages as f64 / mean_s;
        // A matrix of thousands of stages would be refused later anyway.
        if !(rate.is_finite() && rate > 0.0 && stages <= MOST_PHASES) {
            return None;
        }
        let mut rates = Matrix::identity(stages).scaled(-rate);
        for stage in 1..stages {
            rates.add(stage - 1, stage, rate);
        }
        let unit = |at: usize| (0..stages).map(|stage| f64::from(u8::from(stage == at))).collect::<Vec<f64>>();
        Some(Self { starts: unit(0), rates, ends_per_s: unit(stages - 1).iter().map(|end| end * rate).collect() })
    }

    pub(super) fn phases(&self) -> usize {
        self.starts.len()
    }
}

/// More phases than this are more states than any queue here has room for.
const MOST_PHASES: usize = 1_000;
