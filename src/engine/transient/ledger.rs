//! What has been given up so far: the proven bounds on the error.
//!
//! Not here: how much may be given up (`course` shares it out over time).

/// Roundings per term of a series that a component of the law goes through, in units of 2⁻⁵³: four products, four sums
/// and a division for the recurrence, one sum for the series.
const ROUNDINGS: f64 = 10.0;

/// Bounds on the error, from t = 0 to now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ledger {
    /// Total variation: largest error of a probability.
    probability: f64,
    /// Largest error of the mean, in messages, without rounding.
    mean: f64,
    /// Relative rounding error.
    rounding: f64,
}

impl Ledger {
    /// `mass` was moved by `distance` states on average.
    pub fn moved(&mut self, mass: f64, distance: f64) {
        self.probability += mass;
        self.mean += mass * distance;
    }

    /// Arrivals of a total of `messages` were left out or added.
    pub fn arrivals(&mut self, messages: f64) {
        self.moved(messages, 1.0);
    }

    /// `mass` was lost that may have been at any state up to `highest`, and would have seen `arrivals` more.
    pub fn lost(&mut self, mass: f64, highest: f64, arrivals: f64) {
        self.moved(mass, highest + arrivals);
    }

    /// A series of `terms` terms was summed whose absolute values are at most `growth` times its value.
    pub fn rounded(&mut self, terms: f64, growth: f64) {
        self.rounding += 0.5 * f64::EPSILON * ROUNDINGS * terms * growth;
    }

    /// Bound on the error of every probability.
    pub fn error(&self) -> f64 {
        self.probability + self.rounding
    }

    /// Bound on the error of a mean whose largest value was `largest`.
    pub fn mean_error(&self, largest: f64) -> f64 {
        self.mean + self.rounding * largest
    }
}
