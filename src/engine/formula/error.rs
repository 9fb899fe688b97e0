//! Why a law has no answer.

use thiserror::Error;

/// Why a formula cannot be evaluated. The messages are for the person who wrote the scenario.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum NoFormula {
    /// More work arrives than the slots can do: there is no steady state.
    #[error(
        "no steady state: {offered:.6} slots' worth of work arrives for {slots} slots (utilization {:.4} ≥ 1)",
        offered / *slots as f64
    )]
    Unstable {
        /// λ·E\[S\]: slots kept busy by what arrives.
        offered: f64,
        /// Slots there are.
        slots: u64,
    },
    /// A parameter outside the law's domain.
    #[error("{name} is {value}, outside the formula's range")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// The law would take too long at this size.
    #[error("{model} is evaluated for at most {limit} slots")]
    TooLarge {
        /// Kendall's name.
        model: &'static str,
        /// Largest number of slots.
        limit: u64,
    },
    /// A number that the numerical method could not reach with its promised precision.
    #[error("the numerical inversion of the {model} transform did not reach its precision")]
    Imprecise {
        /// Kendall's name.
        model: &'static str,
    },
}

/// Beyond a million million slots Erlang's formulas would take noticeable time.
const MOST_SERVERS: u64 = 1_000_000_000_000;

/// A positive, finite parameter, or the error that names it.
pub(super) fn positive(name: &'static str, value: f64) -> Result<f64, NoFormula> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(NoFormula::OutOfRange { name, value }) }
}

/// At least one server and few enough for the √c steps of Erlang's formulas, or the error that says so.
pub(super) fn some_servers(servers: u64) -> Result<u64, NoFormula> {
    match servers {
        0 => Err(NoFormula::OutOfRange { name: "number of slots", value: 0.0 }),
        1..=MOST_SERVERS => Ok(servers),
        _ => Err(NoFormula::TooLarge { model: "a queue", limit: MOST_SERVERS }),
    }
}
