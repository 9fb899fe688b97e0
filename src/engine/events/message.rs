//! A message on its way, in 32 bytes.
//!
//! What only few messages carry is not in it: a deadline, the paths that it is on, its partition. Such a message has an
//! entry in the [`Extras`](super::extras::Extras), and `extra` says where.

use super::extras::NONE;
use crate::units::Seconds;

/// A message in a queue, a buffer or a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    /// When it was published.
    pub published_s: Seconds,
    /// Work of the next attempt, in seconds at speed 1; NaN as long as it is not drawn.
    pub work_s: Seconds,
    /// The order in which messages of its queue became deliverable, and above its lowest 40 bits its lane. It never
    /// changes: with the queue it names the message.
    pub order: u64,
    /// Deliveries so far; stays at its largest value.
    pub deliveries: u16,
    /// Whether an attempt has started yet.
    pub started: bool,
    /// How the delivery stands that it is in.
    pub(super) standing: Standing,
    /// Place of its entry in the extras, if it has one.
    pub(super) extra: u32,
}

/// How a message's present delivery stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its ack is awaited, or it is not delivered.
    #[default]
    Open,
    /// It was acked when it was delivered.
    Acked,
    /// The message has returned to its queue meanwhile: what the consumer still holds is a shadow whose end acks
    /// nothing.
    Stale,
}

const PLACE_BITS: u32 = 40;
/// Largest number of lanes of a queue.
pub(super) const MOST_LANES: u32 = 1 << (64 - PLACE_BITS);

// The hot arrays are arrays of messages.
const _: () = assert!(size_of::<Message>() == 32);

impl Message {
    /// A message that was just published.
    #[inline(always)]
    pub fn new(published_s: Seconds, work_s: Seconds, order: u64) -> Self {
        Message { published_s, work_s, order, deliveries: 0, started: false, standing: Standing::Open, extra: NONE }
    }

    /// Its priority level, 0 the most urgent, its partition or its message group; 0 in a queue without them.
    #[inline(always)]
    pub fn lane(&self) -> u32 {
        (self.order >> PLACE_BITS) as u32
    }

    /// How many messages of its queue became deliverable before it.
    #[inline(always)]
    pub fn place(&self) -> i64 {
        (self.order & ((1 << PLACE_BITS) - 1)).cast_signed()
    }

    /// The same message in a lane below [`MOST_LANES`].
    #[inline(always)]
    pub(super) fn in_lane(self, lane: u32) -> Self {
        let place = self.order & ((1 << PLACE_BITS) - 1);
        Message { order: place | u64::from(lane) << PLACE_BITS, ..self }
    }

    /// Counts one more delivery, and says whether there was one before.
    #[inline(always)]
    pub(super) fn count_delivery(&mut self) -> bool {
        if self.deliveries == 0 {
            self.deliveries = 1;
            return false;
        }
        self.count_redelivery();
        true
    }

    #[cold]
    #[inline(never)]
    fn count_redelivery(&mut self) {
        self.deliveries = self.deliveries.saturating_add(1);
    }

    /// It has returned to its queue: what is left here is a shadow of it, whose start is no start.
    pub(super) fn become_stale(&mut self) {
        self.standing = Standing::Stale;
        self.started = true;
        self.extra = NONE;
    }

    /// Marks an attempt as started, and says whether it is the first one.
    #[inline(always)]
    pub(super) fn mark_first_start(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }
}
