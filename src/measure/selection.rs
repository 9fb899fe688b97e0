//! Which of several simulated systems is the best, with a stated probability of being right.
//!
//! Pure statistics: numbers in, verdicts out. Not here: simulations, and what is compared (`study::compare`).

mod kim_nelson;
mod pareto;
mod proof;
mod ranking;
mod share;

pub use kim_nelson::{KimNelson, Lead, kim_nelson_eta};
pub use pareto::pareto_front;
pub use proof::ShareProof;
pub use ranking::{dudewicz_dalal_h, ocba_shares, rinott_h};
pub use share::{ShareTest, ShareVerdict};
