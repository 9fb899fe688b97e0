//! Where to begin: what queueing theory and the equation say about the factor.
//!
//! A first guess only; runs decide. Not here: runs.

use super::Saturation;
use super::scale::scaled;
use super::trials::Range;
use crate::engine::{fluid, formula};
use crate::measure::summary::SloVerdict;
use crate::model::Model;
use crate::study::verdict::verdicts;

/// Halvings of a range of factors; each is one answer of the formulas or of the equation.
const HALVINGS: usize = 14;
/// Promises break before everybody is busy all the time.
const BEFORE_SATURATION: f64 = 0.95;

/// A first guess.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Guess {
    pub factor: f64,
    /// Whether runs will be close: a formula judged every promise, or a like world is known.
    pub is_close: bool,
    /// Whether nothing is expected to break in the whole range.
    pub is_beyond: bool,
}

/// What formula, equation and capacity say together.
pub(super) fn guess(model: &Model, saturation: &[Saturation], range: Range) -> Guess {
    let met = |verdicts: Vec<SloVerdict>| verdicts.into_iter().map(|verdict| verdict.met).collect::<Vec<_>>();
    // In steady state only what has no end is judged: a formula that is silent about a promise decides nothing.
    let by_formula = |factor: f64| met(verdicts(model, None, None, Some(&formula::solve(&scaled(model, factor)))));
    let judged = by_formula(range.least).iter().all(Option::is_some);
    if judged {
        // Beyond saturation there is no steady state, and no verdict.
        let factor = last_that(range, |factor| by_formula(factor).iter().all(|met| *met == Some(true)));
        return Guess { factor, is_close: true, is_beyond: factor >= range.most };
    }
    let by_fluid = |factor: f64| met(verdicts(model, None, Some(&fluid::integrate(&scaled(model, factor))), None));
    let unbroken = last_that(range, |factor| by_fluid(factor).iter().all(|met| *met != Some(false)));
    let busy = saturation.first().map_or(range.most, |first| first.at_peak.unwrap_or(first.on_average));
    if unbroken.min(BEFORE_SATURATION * busy) >= range.most {
        return Guess { factor: range.most, is_close: false, is_beyond: true };
    }
    let factor = (BEFORE_SATURATION * unbroken.min(busy)).clamp(range.least, range.most);
    Guess { factor, is_close: false, is_beyond: false }
}

/// The largest factor of the range at which something holds that ends to hold somewhere.
fn last_that(range: Range, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (range.least, range.most);
    if holds(high) {
        return high;
    }
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        *(if holds(middle) { &mut low } else { &mut high }) = middle;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_ends_close_below_the_end() {
        let range = Range { least: 1.0 / 64.0, most: 64.0 };
        let found = last_that(range, |factor| factor < 1.38);
        assert!(found < 1.38 && found > 1.37, "{found}");
        assert_eq!(last_that(range, |_| true), 64.0);
    }
}
