//! A message on its way.

use crate::units::Seconds;

/// A message in a queue, a buffer or a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    /// When it was published.
    pub published_s: Seconds,
    /// Work of the next attempt, in seconds at speed 1; NaN as long as it is not drawn.
    pub work_s: Seconds,
    /// Its place in its queue: the order in which messages became deliverable.
    pub order: u64,
    /// Deliveries so far.
    pub deliveries: u32,
    /// Whether an attempt has started yet.
    pub started: bool,
}

impl Message {
    /// A message that was just published.
    #[inline(always)]
    pub(super) fn new(published_s: Seconds, work_s: Seconds, order: u64) -> Self {
        Message { published_s, work_s, order, deliveries: 0, started: false }
    }

    /// Marks an attempt as started, and says whether it is the first one.
    #[inline(always)]
    pub(super) fn mark_first_start(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }
}
