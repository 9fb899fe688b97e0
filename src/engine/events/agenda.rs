//! The agenda: what is to happen, ordered by (time, sequence).
//!
//! A key is one 128-bit number, `time | class | sequence | index`, because non-negative times order like their bits:
//! comparing two entries is comparing two integers. What happens often (publishes, ends of slots) has a place of its
//! own in a tournament; the rest is in a heap. Not here: what an event does (`kernel`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tournament::{NEVER, Tournament};
use crate::units::Seconds;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A producer publishes.
    Publish { producer: u32 },
    /// The phase of a slot ends: service, or the overhead after it.
    SlotEnds { slot: u32 },
    /// A message's delivery delay is over.
    Deliverable { delayed: u32 },
    /// A replica's start-up is over, unless it was called off since.
    Join { replica: u32, launch: u32 },
    /// The next step of a group's replica schedule is due.
    Rescale { group: u32 },
    /// A group's scaler decides.
    Decide { group: u32 },
    /// What a group's scaler will be shown later is looked at.
    Look { group: u32 },
    /// A group goes away.
    OutageBegins { group: u32 },
    /// A group comes back.
    OutageEnds { group: u32 },
    /// The membership of a partitioned queue has changed at this instant.
    Rebalance { queue: u32 },
    /// The pause after a rebalance is over.
    Resume { queue: u32 },
    /// A group's rate limit has a token again.
    Token { group: u32 },
    /// A ready message of a queue may have expired.
    Expiry { queue: u32 },
    /// An ack that a group owes may be due.
    AckDue { group: u32 },
    /// A publish of a producer is confirmed.
    Confirmed { producer: u32 },
    /// A replica dies, unless it left or went before.
    Crash { replica: u32, launch: u32 },
    /// A crashed replica is launched again, unless it was told to leave.
    Restart { replica: u32, launch: u32 },
    /// A leaving replica has no time left.
    GraceEnds { replica: u32, launch: u32 },
    /// The broker of a queue goes away.
    BrokerLeaves { queue: u32 },
    /// The broker of a queue returns.
    BrokerReturns { queue: u32 },
    /// A batch that is not full may have lingered long enough.
    BatchDue { replica: u32, launch: u32 },
    /// Units of a resource came back at this instant.
    Released { resource: u32 },
    /// An interval of the time series ends.
    Tick,
    /// Statistics start.
    WarmedUp,
    /// Statistics end.
    Horizon,
    /// Waiting for measured messages ends.
    GiveUp,
    /// Nothing is left.
    Never,
}

const INDEX_BITS: u32 = 26;
/// Largest number of slots or producers that a key can name.
pub(super) const MOST_INDICES: usize = 1 << INDEX_BITS;
/// After 2^37 events the sequence starts over: then only the order of events at exactly equal instants across that one
/// point is another, and still the same in every run.
const SEQUENCE_BITS: u32 = 63 - INDEX_BITS;
/// Publishes come after everything else of the same instant, but for what waits for them: that has a sequence, too.
const PUBLISH_CLASS: u64 = 1 << 63;

/// What is to happen.
pub(super) struct Agenda {
    slots: Tournament,
    producers: Tournament,
    others: BinaryHeap<Reverse<(u128, Event)>>,
    /// Key of the first of `others`.
    next_other: u128,
    sequence: u64,
}

fn key(time_s: Seconds, low: u64) -> u128 {
    debug_assert!(time_s >= 0.0 && time_s.is_finite());
    u128::from(time_s.to_bits()) << 64 | u128::from(low)
}

fn time_s(key: u128) -> Seconds {
    f64::from_bits((key >> 64) as u64)
}

fn index(key: u128) -> u32 {
    key as u32 & (MOST_INDICES - 1) as u32
}

impl Agenda {
    pub fn new(producers: usize) -> Self {
        let mut agenda = Agenda {
            slots: Tournament::new(),
            producers: Tournament::new(),
            others: BinaryHeap::new(),
            next_other: NEVER,
            sequence: 0,
        };
        agenda.producers.grow(producers);
        agenda
    }

    #[inline(always)]
    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence << (64 - SEQUENCE_BITS) >> 1
    }

    /// A producer's next publish; never again at an infinite time.
    #[inline(always)]
    pub fn publish(&mut self, time_s: Seconds, producer: usize) {
        let at = if time_s < f64::INFINITY { key(time_s, PUBLISH_CLASS | producer as u64) } else { NEVER };
        self.producers.set(producer, at);
    }

    /// The end of a slot's phase; it replaces any other of that slot. At an infinite time it never ends.
    #[inline(always)]
    pub fn slot_ends(&mut self, time_s: Seconds, slot: u32) {
        let sequence = self.next_sequence();
        let at = if time_s < f64::INFINITY { key(time_s, sequence | u64::from(slot)) } else { NEVER };
        self.slots.set(slot as usize, at);
    }

    /// When a slot's phase ends; infinite if never.
    pub fn slot_ends_s(&self, slot: u32) -> Seconds {
        time_s(self.slots.at(slot as usize))
    }

    /// A slot's phase has no end any more.
    #[inline(always)]
    pub fn slot_is_idle(&mut self, slot: u32) {
        self.slots.set(slot as usize, NEVER);
    }

    /// Makes room for `slots` slots in all.
    pub fn grow(&mut self, slots: usize) {
        self.slots.grow(slots);
    }

    /// Puts any other event on the agenda.
    pub fn schedule(&mut self, time_s: Seconds, event: Event) {
        let at = key(time_s, self.next_sequence());
        self.put(at, event);
    }

    /// Puts an event on the agenda that comes after all else of its instant, publishes included.
    pub fn schedule_last(&mut self, time_s: Seconds, event: Event) {
        let at = key(time_s, PUBLISH_CLASS | self.next_sequence());
        self.put(at, event);
    }

    fn put(&mut self, at: u128, event: Event) {
        self.others.push(Reverse((at, event)));
        self.next_other = self.next_other.min(at);
    }

    /// What happens next, and when. A publish or the end of a slot stays until it is replaced.
    #[inline(always)]
    pub fn next(&mut self) -> (Seconds, Event) {
        let (slot, publish, other) = (self.slots.winner(), self.producers.winner(), self.next_other);
        if slot < publish && slot < other {
            (time_s(slot), Event::SlotEnds { slot: index(slot) })
        } else if publish < other {
            (time_s(publish), Event::Publish { producer: index(publish) })
        } else {
            (time_s(other), self.take_other())
        }
    }

    /// The slot that ends next, and when; infinite if none does.
    #[inline(always)]
    pub fn next_slot(&self) -> (Seconds, u32) {
        let key = self.slots.winner();
        (time_s(key), index(key))
    }

    /// When the next publish is due; infinite if none is.
    pub fn next_publish_s(&self) -> Seconds {
        time_s(self.producers.winner())
    }

    /// When the next event is due that is neither a publish nor the end of a slot.
    pub fn next_other_s(&self) -> Seconds {
        time_s(self.next_other)
    }

    fn take_other(&mut self) -> Event {
        let event = self.others.pop().map_or(Event::Never, |next| next.0.1);
        self.next_other = self.others.peek().map_or(NEVER, |next| next.0.0);
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_time_then_by_sequence_and_publishes_last() {
        let mut agenda = Agenda::new(1);
        agenda.grow(2);
        agenda.publish(1.0, 0);
        agenda.slot_ends(1.0, 1);
        agenda.schedule(1.0, Event::Tick);
        agenda.slot_ends(0.5, 0);
        agenda.schedule(0.0, Event::WarmedUp);
        assert_eq!(agenda.next(), (0.0, Event::WarmedUp));
        assert_eq!(agenda.next(), (0.5, Event::SlotEnds { slot: 0 }));
        agenda.slot_is_idle(0);
        agenda.schedule_last(1.0, Event::Horizon);
        assert_eq!(agenda.next(), (1.0, Event::SlotEnds { slot: 1 }));
        agenda.slot_ends(f64::INFINITY, 1);
        assert_eq!(agenda.next(), (1.0, Event::Tick));
        assert_eq!(agenda.next(), (1.0, Event::Publish { producer: 0 }));
        agenda.publish(f64::INFINITY, 0);
        assert_eq!(agenda.next(), (1.0, Event::Horizon));
        assert_eq!(agenda.next().1, Event::Never);
    }

    #[test]
    fn equal_instants_keep_the_order_in_which_they_were_scheduled() {
        let mut agenda = Agenda::new(0);
        let events: Vec<_> = (0..50).map(|group| Event::Rescale { group: 49 - group }).collect();
        for event in &events {
            agenda.schedule(2.0, *event);
        }
        let happened: Vec<_> = events.iter().map(|_| agenda.next().1).collect();
        assert_eq!(happened, events);
    }

    #[test]
    fn the_last_index_survives() {
        let mut agenda = Agenda::new(0);
        agenda.grow(MOST_INDICES);
        agenda.slot_ends(12.5, MOST_INDICES as u32 - 1);
        assert_eq!(agenda.next(), (12.5, Event::SlotEnds { slot: MOST_INDICES as u32 - 1 }));
    }
}
