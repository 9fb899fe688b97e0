//! The events engine: every message, one by one.
//!
//! A kernel small enough to keep in the head (`kernel`), generic over an [`Observer`] that hears what happens. Not
//! here: what is made of it (`measure`), and how often it is repeated (`study`).

mod agenda;
mod ahead;
pub mod arrivals;
mod deliver;
mod kernel;
mod message;
mod observer;
mod plain;
mod scaler;
mod sight;
mod staffing;
mod state;
pub mod streams;
mod tournament;

pub use kernel::{Ledger, SimulationError, simulate};
pub use message::Message;
pub use observer::{Decided, Loss, Observer, Staff};
