//! The engines: what happens to a [`crate::model::Model`], message by message, as a fluid, in theory, and in exact laws
//! over time.
//!
//! Not here: statistics over replications (`measure`), files, printing.

pub mod beyond;
mod complex;
pub mod events;
pub mod fluid;
pub mod formula;
pub mod transient;
