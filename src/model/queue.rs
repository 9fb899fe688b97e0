//! Where messages wait.

use super::Distribution;

/// A queue and its bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Key in the scenario.
    pub name: String,
    /// Messages that are ready at t = 0 (published then).
    pub initial: u64,
    /// Time from publish until a message can be delivered, if not at once.
    pub delivery_delay: Option<Distribution>,
    /// Most messages that may be *ready*, as RabbitMQ counts; 0 makes a loss system.
    pub capacity: Option<u64>,
    /// What happens to a message that finds the queue full.
    pub overflow: Overflow,
}

/// What a full queue does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The new message is refused.
    #[default]
    Reject,
    /// The oldest ready message is dropped to make room.
    DropHead,
}
