//! Quantities with their units: what `250ms`, `1.2k/s` and `0.10 USD/h` mean, and how a number is printed again.
//!
//! Not here: anything about files, scenarios or where a quantity stood in a text.

/// A duration or an instant on the scenario's clock, in seconds.
pub type Seconds = f64;
/// A rate, in events per second.
pub type PerSecond = f64;
/// A number of messages; fractional in the fluid engine.
pub type Messages = f64;
