//! Queueing theory where it is exact: the stationary laws of a queue that has one.
//!
//! [`solve()`] looks at each queue of a [`Model`](crate::model::Model), names its law in Kendall's notation and
//! answers from it, or says in the user's words why no exact law applies. Every law is also usable on its own.
//! Answers are those of the steady state: horizon and warm-up play no part. Not here: approximations, transients,
//! rates that change.
//!
//! | law | what | source |
//! |---|---|---|
//! | [`erlang_b`], [`erlang_c`] | blocking, waiting, their inverses and staffing | Erlang 1917 |
//! | [`Mmc`], [`Mmck`] | exponential service, unlimited or limited room | Erlang 1917 |
//! | [`ErlangA`] | with impatience | Palm 1957 |
//! | [`Mdc`] | constant service | Crommelin 1932, Franx 2001 |
//! | [`Mg1`] | any service, one slot | Pollaczek 1930, Khinchine 1932 |
//! | [`GiMc`] | any gaps, exponential service | Kendall 1953, Takács 1962 |
//! | [`OfferedLoad`] | busy slots if there were always enough, over time | Eick, Massey and Whitt 1993 |

mod answer;
mod classify;
mod delayed;
mod erlang;
mod erlang_a;
mod error;
mod gimc;
mod mdc;
mod mg1;
mod mmc;
mod mmck;
mod numeric;
mod offered_load;
mod solve;
mod transform;

pub use answer::FormulaQueue;
pub use delayed::ExponentialDelay;
pub use erlang::{
    erlang_b, erlang_b_real, erlang_c, garnett_delay, halfin_whitt_beta, halfin_whitt_delay, load_for_blocking,
    servers_for_blocking, servers_for_wait,
};
pub use erlang_a::ErlangA;
pub use error::NoFormula;
pub use gimc::GiMc;
pub use mdc::Mdc;
pub use mg1::Mg1;
pub use mmc::Mmc;
pub use mmck::Mmck;
pub use offered_load::{OfferedLoad, garnett_beta, square_root_staffing};
pub use solve::solve;
