//! # forebay
//!
//! A queueing-model simulator and capacity planner for message queues and event-driven systems.
//!
//! A queue obeys one equation: dM/dt = P(t) − C(t), what is published less what is consumed.
//!
//! ```text
//! text ──scenario──▶ Scenario ──compile──▶ Model ──engine──▶ Measurements ──study──▶ Outcome ──report──▶ files, tables
//!      every user fault ends here    no I/O, no clock, no printing in the middle            all output here
//! ```

pub mod measure;
pub mod model;
pub mod units;
