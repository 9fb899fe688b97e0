//! The kit of the integration tests: small models, random worlds, and observers that check, log and measure a run.
//!
//! Not here: any assertion about forebay; the tests make those, so that the kit itself can be tested to fail.

pub mod audit;
pub mod broker_worlds;
pub mod build;
pub mod dice;
pub mod inspector;
pub mod log;
pub mod naive;
pub mod paths;
pub mod reference;
pub mod worlds;
