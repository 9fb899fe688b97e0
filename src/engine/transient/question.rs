//! What is asked of a law in time, and how much work the answer may take.

use crate::units::Seconds;

/// Which instants and which window of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Averages begin here; at least 0.
    pub from_s: Seconds,
    /// Instants at which the law is described, ascending, above 0; the last one ends the averages.
    pub ends_s: Vec<Seconds>,
}

/// How much work an answer may take, in products of one state with one term of a series. A core does about half a
/// billion of them per second. Counted, not timed, so that the answer does not depend on the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Most products.
    pub most: f64,
    /// Bound on the error that time steps and truncation of states may add up to, above 0; rounding comes on top.
    pub error: f64,
}

impl Effort {
    /// What may be taken where it is the only engine asked: a minute.
    pub const PATIENT: Effort = Effort { most: 2e10, error: ERROR };

    /// What may be taken beside a simulation of so many messages: less than that takes, and less than a second.
    pub fn beside(messages: f64) -> Self {
        Effort { most: (1e8 + 40.0 * messages).min(5e8), error: ERROR }
    }
}

/// Error of steps and truncation that nobody would notice.
const ERROR: f64 = 1e-10;

/// An answer would take more work than allowed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("its exact law takes {needed:.1e} multiplications, more than {allowed:.1e}: too many messages or states")]
pub struct TooMuchWork {
    /// What it would take at least.
    pub needed: f64,
    /// What it may take.
    pub allowed: f64,
}
