//! What only few messages carry: an arena that models without such messages never touch.
//!
//! A message that leaves its queue gives its entry back, so the arena is as large as what is in the system. Not here:
//! what the entries mean to those who wrote them.

use super::message::Message;
use crate::units::Seconds;

/// Place of an entry that does not exist.
pub(super) const NONE: u32 = u32::MAX;

/// What a message carries beside itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Extra {
    /// Its priority level, partition or message group.
    pub lane: u32,
    /// When it expires; infinite if never.
    pub expires_s: Seconds,
    /// Changes whenever the message returns or leaves: a timer set under another number is out of date.
    pub turn: u32,
    /// Uniform in `[0, 1)`: whether it is poison to a consumer. Drawn once, where that first matters; a dead letter
    /// keeps it.
    pub luck: Option<f64>,
    /// Its journeys, one per path that it is on.
    pub journeys: Vec<u32>,
}

/// The entries of all messages that have one.
#[derive(Debug, Default)]
pub(super) struct Extras {
    entries: Vec<Extra>,
    free: Vec<u32>,
}

impl Extras {
    /// The message's entry, made if it has none.
    pub fn of(&mut self, message: &mut Message) -> &mut Extra {
        if message.extra == NONE {
            message.extra = self.free.pop().unwrap_or_else(|| {
                self.entries.push(Extra {
                    lane: 0,
                    expires_s: f64::INFINITY,
                    turn: 0,
                    luck: None,
                    journeys: Vec::new(),
                });
                (self.entries.len() - 1) as u32
            });
        }
        &mut self.entries[message.extra as usize]
    }

    /// The entry at a place.
    pub fn at(&self, place: u32) -> Option<&Extra> {
        self.entries.get(place as usize)
    }

    /// The entry at a place, to be changed.
    pub fn at_mut(&mut self, place: u32) -> Option<&mut Extra> {
        self.entries.get_mut(place as usize)
    }

    /// The message has left: its entry can be used again.
    #[inline(always)]
    pub fn forget(&mut self, message: &Message) {
        if message.extra != NONE {
            self.give_back(message.extra);
        }
    }

    #[inline(never)]
    fn give_back(&mut self, place: u32) {
        let entry = &mut self.entries[place as usize];
        entry.lane = 0;
        entry.expires_s = f64::INFINITY;
        entry.turn = entry.turn.wrapping_add(1);
        entry.luck = None;
        entry.journeys.clear();
        self.free.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_used_again_and_old_timers_do_not_fit_them() {
        let mut extras = Extras::default();
        let mut first = Message::new(0.0, 1.0, 0);
        let mut other = Message::new(0.0, 1.0, 1);
        extras.of(&mut first).journeys.push(7);
        extras.of(&mut other).lane = 3;
        let (place, turn) = (first.extra, extras.of(&mut first).turn);
        extras.forget(&first);
        let mut next = Message::new(1.0, 1.0, 2);
        let entry = extras.of(&mut next).clone();
        assert_eq!(next.extra, place);
        assert_ne!(entry.turn, turn);
        assert!(entry.journeys.is_empty());
        assert_eq!(extras.at(other.extra).map(|extra| extra.lane), Some(3));
    }

    #[test]
    fn a_message_without_an_entry_has_nothing_to_forget() {
        let mut extras = Extras::default();
        extras.forget(&Message::new(0.0, 1.0, 0));
        assert_eq!(extras.at(0), None);
        assert!(extras.at_mut(NONE).is_none());
    }
}
