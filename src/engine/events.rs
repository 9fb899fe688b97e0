//! The events engine: every message, one by one.
//!
//! A kernel small enough to keep in the head (`kernel`), generic over an [`Observer`] that hears what happens. Not
//! here: what is made of it (`measure`), and how often it is repeated (`study`).

mod agenda;
mod ahead;
pub mod arrivals;
mod assign;
mod batch;
mod broker;
mod clocks;
mod contention;
mod crash;
mod deliver;
#[cfg(test)]
mod diary;
mod expiry;
mod extras;
mod journeys;
mod kernel;
mod lanes;
#[cfg(test)]
mod laws;
mod members;
mod message;
mod observer;
mod plain;
mod ready;
mod resources;
mod route;
mod scaler;
mod settle;
mod sight;
mod special;
mod staffing;
mod state;
pub mod streams;
mod timeouts;
mod tournament;
#[cfg(test)]
mod trial;

pub use kernel::{Ledger, SimulationError, simulate};
pub use message::Message;
pub use observer::{DeadLetter, Decided, Loss, Observer, Staff};
