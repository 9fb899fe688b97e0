//! What a controller remembers: numbers with the time at which they were noted. Not here: what they mean.

use std::collections::VecDeque;

use crate::units::Seconds;

/// Clocks that tick in fractions of a second add up to nearly whole ones: two ages this close are equal.
const SAME_AGE_S: Seconds = 1e-6;

/// Numbers with their times; old ones are forgotten when a new one is noted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Log {
    entries: VecDeque<(Seconds, u32)>,
}

impl Log {
    /// Notes `number` and forgets what is older than `keep_s`. Entries need not come in the order of time.
    pub fn note(&mut self, at_s: Seconds, number: u32, keep_s: Seconds) {
        while self.entries.front().is_some_and(|(noted_s, _)| at_s - noted_s > keep_s + SAME_AGE_S) {
            self.entries.pop_front();
        }
        self.entries.push_back((at_s, number));
    }

    /// Numbers noted less than `window_s` ago.
    pub fn younger_than(&self, now_s: Seconds, window_s: Seconds) -> impl Iterator<Item = u32> {
        self.of(move |noted_s| now_s - noted_s < window_s - SAME_AGE_S)
    }

    /// Numbers noted at most `window_s` ago.
    pub fn up_to_age(&self, now_s: Seconds, window_s: Seconds) -> impl Iterator<Item = u32> {
        self.of(move |noted_s| now_s - noted_s <= window_s + SAME_AGE_S)
    }

    fn of(&self, counts: impl Fn(Seconds) -> bool) -> impl Iterator<Item = u32> {
        self.entries.iter().filter(move |(noted_s, _)| counts(*noted_s)).map(|(_, number)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_exactly_the_windows_age_counts_only_where_the_window_is_closed() {
        let mut log = Log::default();
        log.note(0.0, 7, 300.0);
        assert_eq!(log.younger_than(300.0, 300.0).count(), 0);
        assert_eq!(log.up_to_age(300.0, 300.0).count(), 1);
        assert_eq!(log.younger_than(299.9, 300.0).count(), 1);
        assert_eq!(log.up_to_age(300.1, 300.0).count(), 0);
    }

    #[test]
    fn fractions_of_a_second_do_not_make_an_entry_older() {
        let mut log = Log::default();
        let tick = |k: f64| 0.1 + k * 15.0;
        log.note(tick(1.0), 7, 300.0);
        assert_eq!(log.up_to_age(tick(21.0), 300.0).count(), 1);
        assert_eq!(log.younger_than(tick(21.0), 300.0).count(), 0);
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut log = Log::default();
        (0..1000).for_each(|k| log.note(f64::from(k) * 15.0, k, 300.0));
        assert_eq!(log.entries.len(), 21);
    }
}
