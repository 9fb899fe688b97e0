//! The exact transient law of a Markovian queue: how many messages are in the system at every instant, without noise.
//!
//! Not here: the steady state (`formula`), queues that are no birth-death process.

mod answer;

pub use answer::{TransientQueue, TransientSeries};
