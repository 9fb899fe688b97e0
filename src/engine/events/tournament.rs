//! A winner tree: the smallest of many keys, each of which can be replaced in log₂ n comparisons without a branch.
//!
//! Slots and producers each have at most one pending instant, so their place never moves, nothing is ever searched for
//! and what is called off is simply overwritten. A binary heap does twice the work for a slot that ends and starts
//! again.

/// No key: larger than every other, at an infinite time.
pub(super) const NEVER: u128 = (f64::INFINITY.to_bits() as u128) << 64 | u64::MAX as u128;

/// The smallest key of a growing set of places.
pub(super) struct Tournament {
    /// Places, a power of two.
    places: usize,
    /// Nodes 2k and 2k + 1, which play for node k: the winner of all is node 1, place i is node `places` + i.
    pairs: Vec<[u128; 2]>,
}

impl Tournament {
    pub fn new() -> Self {
        Tournament { places: 1, pairs: vec![[NEVER; 2]] }
    }

    /// The smallest key of all.
    #[inline(always)]
    pub fn winner(&self) -> u128 {
        self.pairs[0][1]
    }

    /// The key of a place.
    pub fn at(&self, place: usize) -> u128 {
        let node = self.places + place;
        self.pairs[node / 2][node % 2]
    }

    /// Replaces the key of a place.
    #[inline(always)]
    pub fn set(&mut self, place: usize, key: u128) {
        let mut node = self.places + place;
        let mut winner = key;
        while node > 1 {
            let pair = &mut self.pairs[node / 2];
            pair[node % 2] = winner;
            winner = pair[0].min(pair[1]);
            node /= 2;
        }
        self.pairs[0][1] = winner;
    }

    /// Makes room for `places` places in all.
    pub fn grow(&mut self, places: usize) {
        if places <= self.places {
            return;
        }
        let keys: Vec<u128> = self.pairs.as_flattened()[self.places..].to_vec();
        self.places = places.next_power_of_two();
        self.pairs = vec![[NEVER; 2]; self.places];
        keys.into_iter().enumerate().for_each(|(place, key)| self.set(place, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_key_wins_whatever_is_replaced() {
        let mut tournament = Tournament::new();
        let mut keys = vec![NEVER; 100];
        let mut state = 1_u64;
        for step in 0..10_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let room = 1 + step / 100;
            tournament.grow(room);
            let place = (state >> 33) as usize % room;
            let key = if state & 1 << 20 == 0 { NEVER } else { u128::from(state >> 7) };
            keys[place] = key;
            tournament.set(place, key);
            assert_eq!(tournament.winner(), *keys.iter().min().unwrap());
        }
    }
}
