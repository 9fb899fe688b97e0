//! The one table of keys: what may be written where, in which unit, with which default.
//!
//! Decoding, "did you mean", the JSON Schema and the reference in `docs/` are all driven by it; a key that is not here
//! does not exist. Not here: meaning (`build`).

mod distributions;
mod failures;
mod groups;
mod planning;
mod queues;
mod rates;
mod scaling;
mod top;
mod topology;

pub(super) use scaling::{SHARED, instead_of};
pub(super) use top::SCENARIO;

/// What may be written as the value of a key.
pub(super) enum Kind {
    /// Free text.
    Text,
    /// A name: a legal file name and spreadsheet cell.
    Name,
    /// The key of a queue.
    QueueName,
    /// The key of a queue or of a topic.
    DestinationName,
    /// The key of a path.
    PathName,
    /// RFC 3339 with an offset.
    Timestamp,
    /// A duration or an instant of the scenario's clock.
    Duration(Span),
    /// A duration, or a quoted time of day.
    ClockOrDuration,
    /// A rate, or a bare number inside a factor function; may be negative.
    Level,
    /// A rate.
    Rate(Span),
    /// A share in per cent.
    Share(Span),
    /// A whole number.
    Count(Span),
    /// A whole number, or the word `unlimited`.
    CountOrUnlimited(Span),
    /// A size in bytes, with its unit.
    Size(Span),
    /// A number without unit.
    Number(Span),
    /// A price per time.
    Money,
    /// One of a few words.
    Word(&'static [Word]),
    /// The word `true`.
    True,
    /// `true` or `false`.
    Flag,
    /// Which statistic of a duration or a level: `mean`, `max`, `p99`.
    Statistic,
    /// The limit of an SLO: its unit depends on what is promised.
    Limit,
    /// Column → text that its cells must equal.
    CellTexts,
    /// Path into the scenario → a range of whole numbers, or a list of values.
    Axes,
    /// A list with at least this many entries.
    List(&'static Kind, usize),
    /// A list of exactly two.
    Pair(&'static Kind, &'static Kind),
    /// A map with these keys.
    Section(&'static Section),
    /// A map from free names to sections.
    Named(&'static Section),
    /// A map from free names to values.
    Values(&'static Kind),
    /// A map with exactly one of these keys.
    Choice(&'static Choice),
    /// Whichever of these fits what is written: a scalar, a list or a map; of several maps, the one that knows a key.
    Either(&'static [Kind]),
    /// The value, or the word `none`: as if the key were absent, whatever a preset says.
    OrNone(&'static Kind),
    /// A rate function.
    RateFunction,
    /// The same with bare numbers for rates.
    FactorFunction,
    /// A rate or factor function inside another one.
    SameFunction,
    /// A rate function of the time of day.
    DayFunction,
    /// A distribution of durations.
    Distribution,
    /// An arrival process.
    Process,
}

/// The values that a number may have, in the base unit (seconds, per second, 1).
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// Lowest value.
    pub low: f64,
    /// Whether the lowest value itself is excluded.
    pub open: bool,
    /// Highest value.
    pub high: f64,
}

/// Longest duration: a hundred years.
pub(super) const MAX_DURATION_S: f64 = 36_525.0 * 86_400.0;
/// Shortest duration that is not 0: a nanosecond, with room for the rounding of `0.000001ms`.
pub(super) const MIN_DURATION_S: f64 = 0.999_999e-9;
/// Largest rate, factor or count.
pub(super) const MAX_NUMBER: f64 = 1e12;

pub(super) const ANY: Span = Span { low: -MAX_NUMBER, open: false, high: MAX_NUMBER };
pub(super) const FROM_0: Span = Span { low: 0.0, open: false, high: MAX_NUMBER };
pub(super) const ABOVE_0: Span = Span { low: 0.0, open: true, high: MAX_NUMBER };
pub(super) const FROM_1: Span = Span { low: 1.0, open: false, high: 1e9 };
pub(super) const INSTANT: Kind = Kind::Duration(Span { low: 0.0, open: false, high: MAX_DURATION_S });
pub(super) const LENGTH: Kind = Kind::Duration(Span { low: MIN_DURATION_S, open: false, high: MAX_DURATION_S });
pub(super) const SIGNED: Kind = Kind::Duration(Span { low: -MAX_DURATION_S, open: false, high: MAX_DURATION_S });

/// One word of a few.
#[derive(Clone, Copy)]
pub(super) struct Word {
    /// The word.
    pub text: &'static str,
    pub about: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Need {
    Required,
    Optional,
    /// Left out, it has this value.
    Default(&'static str),
}

/// A key of a section, or an alternative of a choice.
pub(super) struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
    /// What it means, in a sentence or two.
    pub about: &'static str,
    /// A valid value as YAML in flow style.
    pub example: &'static str,
}

/// A map with fixed keys.
pub(super) struct Section {
    /// What one of it is called in messages: `a consumer group`.
    pub what: &'static str,
    pub about: &'static str,
    pub keys: &'static [Key],
    /// Sets of keys of which exactly one must be there, completely and alone; empty if there is no such rule.
    pub alternatives: &'static [&'static [&'static str]],
}

/// A map with exactly one key.
pub(super) struct Choice {
    /// What it is called in messages: `a rate function`.
    pub what: &'static str,
    pub variants: &'static [Key],
}

pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, kind, need: Need::Required, about, example }
}

pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, kind, need: Need::Optional, about, example }
}

pub(super) const fn defaulted(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    about: &'static str,
    example: &'static str,
) -> Key {
    Key { name, kind, need: Need::Default(default), about, example }
}

/// What a function's values are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// Rates, with units.
    Rate,
    /// Bare numbers.
    Factor,
}

impl Kind {
    /// The kind that stands behind a named one.
    pub fn resolved(&self) -> &Kind {
        match self {
            Kind::RateFunction | Kind::FactorFunction | Kind::SameFunction | Kind::DayFunction => &rates::FUNCTION,
            Kind::Distribution => &distributions::DISTRIBUTION,
            Kind::Process => &top::PROCESS,
            Kind::OrNone(kind) => kind.resolved(),
            kind => kind,
        }
    }
}
