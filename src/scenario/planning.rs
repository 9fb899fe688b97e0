//! What a scenario asks beyond its run: what to plan, how it grows, which part of it may fail, what is uncertain.
//!
//! None of it changes how the model runs. Not here: the answers (`study`).

use super::vary::Axis;
use crate::units::Seconds;

/// The questions of one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planning {
    /// `plan`: what may be chosen, and by what it is chosen.
    pub plan: Option<PlanQuestion>,
    /// `growth`: how the load is expected to grow.
    pub growth: Option<Growth>,
    /// `zones`: over how many zones the replicas of every group are spread evenly, at least 2.
    pub zones: Option<u32>,
    /// Values that are known only to lie between two others, in the order of the text.
    pub uncertain: Vec<Uncertain>,
}

/// `plan`: the setting that is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanQuestion {
    /// What may be chosen, from the outermost to the innermost; empty if only the rest is written.
    pub vary: Vec<Axis>,
    /// What is to be as small as possible.
    pub minimise: Minimise,
    /// Share of runs in which all promises must be kept, in (0, 1).
    pub confidence: f64,
}

/// What a plan makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minimise {
    /// The cost of all groups that have a price, and replica-hours where none has.
    #[default]
    Cost,
    /// Replica-hours.
    ReplicaHours,
}

/// `growth`: by which share the load grows, every so often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Growth of one period as a share, above 0 (0.04 for 4 %).
    pub share: f64,
    /// The period, above 0.
    pub every_s: Seconds,
}

impl Growth {
    /// After how long the load has grown by `factor` ≥ 1.
    pub fn time_to(self, factor: f64) -> Seconds {
        factor.ln() / self.share.ln_1p() * self.every_s
    }
}

/// A value that is known only to lie between two others.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// Its path, as in `--set`.
    pub path: String,
    /// The value below it, as it was written: `90/s`.
    pub low: String,
    /// The value above it, as it was written.
    pub high: String,
    /// Probability that the truth lies between the two, in (0, 1).
    pub confidence: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_compounds() {
        let growth = Growth { share: 0.05, every_s: 30.0 * 86_400.0 };
        assert!((growth.time_to(1.05_f64.powi(12)) / (360.0 * 86_400.0) - 1.0).abs() < 1e-12);
        assert_eq!(growth.time_to(1.0), 0.0);
    }
}
