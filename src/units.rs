//! Quantities with their units: what `250ms`, `1.2k/s` and `0.10 USD/h` mean, and how a number is printed again.
//!
//! Reading is strict: a quantity without its unit is refused with a hint, never guessed. Not here: anything about
//! files, scenarios or where a quantity stood in a text; and no ranges, because what is too small or too large
//! depends on what the quantity is for.

mod print;
mod read;

pub use print::{show_bytes, show_count, show_duration, show_rate};
pub(crate) use read::quoted;
pub use read::{
    Misread, Money, Reason, read_bytes, read_clock, read_count, read_duration, read_money, read_number, read_rate,
    read_share,
};

/// A duration or an instant on the scenario's clock, in seconds.
pub type Seconds = f64;
/// A rate, in events per second.
pub type PerSecond = f64;
/// A number of messages; fractional in the fluid engine.
pub type Messages = f64;
