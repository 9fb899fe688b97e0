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

    /// Notes `number`, which comes after all others, where only the extremes of windows are asked for: of equal numbers
    /// in a row the last one says it all.
    pub fn note_extreme(&mut self, at_s: Seconds, number: u32, keep_s: Seconds) {
        match self.entries.back_mut() {
            Some((noted_s, last)) if *last == number => *noted_s = noted_s.max(at_s),
            _ => self.note(at_s, number, keep_s),
        }
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
    fn equal_numbers_in_a_row_have_the_same_extremes_as_their_last() {
        let (mut all, mut short) = (Log::default(), Log::default());
        for k in 0..200_u32 {
            let (at_s, number) = (f64::from(k) * 15.0, k / 7 % 3);
            all.note(at_s, number, 300.0);
            short.note_extreme(at_s, number, 300.0);
            for window_s in [0.0, 15.0, 100.0, 300.0] {
                assert_eq!(all.up_to_age(at_s, window_s).max(), short.up_to_age(at_s, window_s).max());
                assert_eq!(all.younger_than(at_s, window_s).min(), short.younger_than(at_s, window_s).min());
            }
        }
        assert!(short.entries.len() < all.entries.len());
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut log = Log::default();
        (0..1000).for_each(|k| log.note(f64::from(k) * 15.0, k, 300.0));
        assert_eq!(log.entries.len(), 21);
    }
}
