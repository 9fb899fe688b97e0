//! A model of one queue and what the fluid engine says about it.

#[path = "one_queue.rs"]
mod one_queue;

use forebay::engine::fluid::{self, FluidQueue, Trajectory};
use forebay::model::Model;
pub use one_queue::model;

/// Everything that the fluid engine says about the queue.
pub fn answer(model: &Model) -> FluidQueue {
    fluid::integrate(model).remove(0)
}

/// The backlog's path.
pub fn path(model: &Model) -> Trajectory {
    fluid::trajectory(model, 0).unwrap()
}
