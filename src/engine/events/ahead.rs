//! Numbers drawn ahead of their use, a block at a time.
//!
//! What consumers do cannot change a random stream, so its next numbers can be made before they are asked for: a loop
//! that makes 64 of them keeps the generator in registers and decides once which law to draw from. Not here: the laws.

/// Numbers in a full block.
const BLOCK: usize = 64;

/// Numbers that are ready to be used, in their order.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    values: [f64; BLOCK],
    /// Place of the next number; a block that is not full stands at the end.
    next: usize,
    /// Size of the last block.
    size: usize,
}

impl Ahead {
    pub fn new() -> Self {
        Ahead { values: [0.0; BLOCK], next: BLOCK, size: 0 }
    }

    /// The next number; `fill` makes the ones that follow the last it made.
    #[inline(always)]
    pub fn next(&mut self, fill: impl FnOnce(&mut [f64])) -> f64 {
        if self.next >= BLOCK {
            self.refill(fill);
        }
        let value = self.values[self.next];
        self.next += 1;
        value
    }

    /// Blocks grow from one number on, so that never more are made in vain than were used.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, fill: impl FnOnce(&mut [f64])) {
        self.size = (2 * self.size).clamp(1, BLOCK);
        self.next = BLOCK - self.size;
        fill(&mut self.values[self.next..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_order_and_at_most_as_many_again_are_made() {
        let mut ahead = Ahead::new();
        let mut made = 0.0;
        for used in 1..1000 {
            let value = ahead.next(|values| {
                for value in values {
                    made += 1.0;
                    *value = made;
                }
            });
            assert_eq!(value, f64::from(used));
            assert!(made <= 2.0 * f64::from(used) && made <= f64::from(used) + BLOCK as f64);
        }
    }
}
