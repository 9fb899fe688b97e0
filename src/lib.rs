//! # forebay
//!
//! A queueing-model simulator and capacity planner for message queues and event-driven systems.
//!
//! A queue obeys one equation: dM/dt = P(t) − C(t), what is published less what is consumed.

pub mod engine;
pub mod measure;
pub mod model;
pub mod report;
pub mod scaling;
pub mod scenario;
pub mod study;
pub mod units;
