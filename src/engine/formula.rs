//! Queueing theory: the stationary laws of a queue that has one, and named approximations where none is exact.
//!
//! [`solve()`] looks at each queue of a [`Model`](crate::model::Model), names its law in Kendall's notation and
//! answers from it, by an approximation that it names with its error, or says in the user's words why neither applies.
//! Every law is also usable on its own. Answers are those of the steady state: horizon and warm-up play no part. Not
//! here: transients, rates that change.
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
//! | [`Mphc`] | Erlang or hyperexponential service, any slots | Neuts 1981 |
//! | [`MmppMc`] | Markov-modulated arrivals ([`Mmpp`]), exponential service | Neuts 1981 |
//! | networks | Poisson streams through memoryless queues stay exact | Burke 1956, Jackson 1957 |
//! | [`TwoMoment`] | approximations of G/G/c | Kimura 1986, Krämer and Langenbach-Belz 1976 and others |
//! | [`departure_scv`] and others | approximations of streams in networks | Whitt 1983 |

mod answer;
mod approximate;
mod classify;
mod delayed;
mod erlang;
mod erlang_a;
mod error;
mod gimc;
mod matrix;
mod matrix_wait;
mod mdc;
mod mg1;
mod mmc;
mod mmck;
mod mmpp;
mod mmppmc;
mod mphc;
mod network;
mod numeric;
mod offered_load;
mod phase_type;
mod qbd;
mod qna;
mod solve;
mod transform;
mod two_moment;

pub use answer::{Approximation, FormulaQueue};
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
pub use mmpp::Mmpp;
pub use mmppmc::MmppMc;
pub use mphc::Mphc;
pub use offered_load::{OfferedLoad, garnett_beta, square_root_staffing};
pub use qna::{departure_scv, split_scv, superposed_scv};
pub use solve::solve;
pub use two_moment::TwoMoment;
