//! The events engine: every message, one by one.
//!
//! A kernel small enough to keep in the head (`kernel`), generic over an [`Observer`] that hears what happens. Not
//! here: what is made of it (`measure`), and how often it is repeated (`study`).

mod agenda;
mod ahead;
pub mod arrivals;
mod assign;
mod deliver;
mod extras;
mod kernel;
mod lanes;
mod members;
mod message;
mod observer;
mod plain;
mod ready;
mod staffing;
mod state;
pub mod streams;
mod tournament;
#[cfg(test)]
mod trial;

pub use kernel::{Ledger, SimulationError, simulate};
pub use message::Message;
pub use observer::{DeadLetter, Loss, Observer, Staff};
