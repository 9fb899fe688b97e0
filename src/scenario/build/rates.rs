//! Rate and factor functions.

use std::sync::Arc;

use super::{Body, Builder, Code, Item};
use crate::model::Rate;
use crate::model::cost::pieces;
use crate::scenario::recording::TraceSettings;
use crate::scenario::table::Quantity;
use crate::units::{show_count, show_duration, show_rate};

/// Most pieces of a rate function over the horizon.
const MAX_PIECES: f64 = 5e6;

/// Time in which a rate must not fall below zero when the horizon itself is faulty: any sensible one is longer.
const WITHOUT_HORIZON_S: f64 = 60.0;

/// What surrounds a function.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub quantity: Quantity,
    /// Inside a function of the time of day: t = 0 is midnight.
    pub in_day: bool,
    /// Whether the function runs on the scenario's own clock, neither moved nor repeated.
    pub on_clock: bool,
}

/// When a rate first falls below zero, given a time at which it is; that time itself if finding out is too costly.
fn first_below_zero_s(rate: &Rate, below_s: f64, pieces: f64) -> f64 {
    let (mut above_s, mut below_s) = (0.0, below_s);
    if pieces > 1e5 || rate.at(0.0) < 0.0 {
        return if pieces > 1e5 { below_s } else { 0.0 };
    }
    for _ in 0..60 {
        let middle_s = 0.5 * (above_s + below_s);
        if rate.lowest(0.0, middle_s).1 < 0.0 {
            below_s = middle_s;
        } else {
            above_s = middle_s;
        }
    }
    below_s
}

impl Builder<'_> {
    /// A rate or factor function with all its checks; `None` if any of them fails.
    pub(super) fn checked_function(&mut self, item: &Item, quantity: Quantity) -> Option<Rate> {
        let rate = self.function(item, Surroundings { quantity, in_day: false, on_clock: true })?;
        let horizon_s = self.horizon_s.unwrap_or(WITHOUT_HORIZON_S);
        let pieces = pieces(&rate, horizon_s);
        if pieces > MAX_PIECES {
            let message = format!("this function has about {pieces:.1e} pieces up to the horizon");
            self.fault(Code::TooManyPieces, item, message).help =
                Some("choose longer periods, or a shorter horizon".to_owned());
            return None;
        }
        let (at_s, lowest) = rate.lowest(0.0, horizon_s);
        if lowest.is_nan() || rate.bounds(0.0, horizon_s).1 > 1e15 {
            self.fault(Code::NotFinite, item, "this function grows beyond any sensible number before the horizon");
            return None;
        }
        if lowest < 0.0 {
            let (what, value, zero) = match quantity {
                Quantity::Rate => ("rate", show_rate(lowest), "0/s"),
                Quantity::Factor => ("factor", show_count(lowest), "0"),
            };
            let first_s = first_below_zero_s(&rate, at_s, pieces);
            let message = format!(
                "the {what} falls below zero at {}: it is {value} at {}",
                show_duration(first_s),
                show_duration(at_s)
            );
            self.fault(Code::NegativeRate, item, message).help =
                Some(format!("raise it, or keep it within bounds: `clamp: {{min: {zero}, rate: …}}`"));
            return None;
        }
        Some(rate)
    }

    fn function(&mut self, item: &Item, around: Surroundings) -> Option<Rate> {
        match &item.body {
            Body::Number(level) => Some(Rate::Constant(*level)),
            Body::Chosen(shape, settings) => self.shape(shape, settings, around),
            _ => None,
        }
    }

    fn shape(&mut self, shape: &str, item: &Item, around: Surroundings) -> Option<Rate> {
        Some(match shape {
            "constant" => Rate::Constant(item.number()?),
            "steps" => Rate::Steps(self.steps(item)?),
            "points" => Rate::Points(self.points(item)?),
            "ramp" => self.ramp(item)?,
            "sine" => {
                let [mean, amplitude, period_s] = ["mean", "amplitude", "period"].map(|key| item.needed(key));
                let phase_s = item.maybe("phase");
                Rate::Sine { mean: mean?, amplitude: amplitude?, period_s: period_s?, phase_s: phase_s?.unwrap_or(0.0) }
            }
            "diurnal" => self.diurnal(item, around)?,
            "weekly" => self.weekly(item, around)?,
            "pulse" => {
                let (height, interval) = (item.needed("height"), self.interval(item));
                let (from_s, until_s) = interval?;
                self.warn_of_never(item.field("from")?, from_s, "pulse", around);
                Rate::Pulse { height: height?, from_s, until_s }
            }
            "burst" => {
                let [height, at_s, decay_s] = ["height", "at", "decay"].map(|key| item.needed(key));
                let (height, at_s, decay_s) = (height?, at_s?, decay_s?);
                self.warn_of_never(item.field("at")?, at_s, "burst", around);
                Rate::Burst { height, at_s, decay_s }
            }
            "trace" => Rate::Trace(Arc::new(self.trace(item, around)?)),
            "sum" => {
                let parts: Vec<Option<Rate>> = item.list()?.iter().map(|part| self.function(part, around)).collect();
                Rate::Sum(parts.into_iter().collect::<Option<_>>()?)
            }
            "clamp" => self.clamp(item, around)?,
            _ => self.wrapped(shape, item, around)?,
        })
    }

    /// Warns of what begins at or after the horizon and so never happens.
    fn warn_of_never(&mut self, at: &Item, begin_s: f64, what: &str, around: Surroundings) {
        if let Some(horizon_s) = self.horizon_s.filter(|horizon_s| around.on_clock && begin_s >= *horizon_s) {
            let message = format!("this {what} begins at or after the horizon");
            self.fault(Code::BeyondHorizon, at, message).label =
                Some(format!("the horizon is {}", show_duration(horizon_s)));
        }
    }

    /// A function around one other function.
    fn wrapped(&mut self, shape: &str, item: &Item, around: Surroundings) -> Option<Rate> {
        let moved = matches!(shape, "repeat" | "shift");
        let inside = Surroundings { on_clock: around.on_clock && !moved, ..around };
        let inner = item.field("rate").and_then(|inner| self.function(inner, inside)).map(Box::new);
        match shape {
            "scale" => item.needed("by").and_then(|by| Some(Rate::Scale { by, rate: inner? })),
            "repeat" => item.needed("every").and_then(|every_s| Some(Rate::Repeat { every_s, rate: inner? })),
            "shift" => item.needed("by").and_then(|by_s| Some(Rate::Shift { by_s, rate: inner? })),
            "growth" => {
                let (factor, every_s) = (item.needed("factor"), item.needed("every"));
                Some(Rate::Growth { factor: factor?, every_s: every_s?, rate: inner? })
            }
            _ => unreachable!("the table of keys lists no rate function {shape}"),
        }
    }

    fn points(&mut self, item: &Item) -> Option<Vec<(f64, f64)>> {
        let points = item.pairs()?;
        let times: Vec<f64> = points.iter().map(|(at, _)| *at).collect();
        self.ascending(item.list()?, &times).then_some(points)
    }

    fn ramp(&mut self, item: &Item) -> Option<Rate> {
        let (rates, interval) = (item.field("rates").and_then(Item::pair), self.interval(item));
        let ((from_s, until_s), (before, after)) = (interval?, rates?);
        Some(Rate::Points(vec![(from_s, before), (until_s, after)]))
    }

    /// A raised cosine is a sine whose mean is crossed upwards a quarter of a period before the peak.
    fn diurnal(&mut self, item: &Item, around: Surroundings) -> Option<Rate> {
        let [low, high] = ["low", "high"].map(|key| item.needed(key));
        let period_s = item.maybe("period").map(|period| period.unwrap_or(86_400.0));
        let peak_s = match item.field("peak_at")?.body {
            Body::Number(seconds) => Some(seconds),
            Body::Clock(seconds) if around.in_day => Some(seconds),
            Body::Clock(seconds) => Some(seconds - self.start_of_day_s()),
            _ => None,
        };
        let (low, high, period_s) = (low?, high?, period_s?);
        if low > high {
            let at = item.field("low")?;
            self.fault(Code::Contradiction, at, "the low rate is above the high rate");
            return None;
        }
        Some(Rate::Sine {
            mean: 0.5 * (low + high),
            amplitude: 0.5 * (high - low),
            period_s,
            phase_s: peak_s? - 0.25 * period_s,
        })
    }

    /// Seconds from midnight to t = 0 on the clock of `start`; 0 without `start`.
    fn start_of_day_s(&self) -> f64 {
        self.start.map_or(0.0, |(at, offset_s)| (at.as_second() + i64::from(offset_s)).rem_euclid(86_400) as f64)
    }

    fn weekly(&mut self, item: &Item, around: Surroundings) -> Option<Rate> {
        let inside = Surroundings { in_day: true, on_clock: false, ..around };
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            .map(|day| item.field(day).and_then(|day| self.function(day, inside)));
        if around.in_day {
            self.fault(Code::Contradiction, item, "a week inside a day");
            return None;
        }
        let Some((start, offset_s)) = self.start else {
            self.fault(Code::NeedsStart, item, "a weekly rate needs the scenario's `start`").help =
                Some("add for example `start: 2026-11-27T08:00:00Z`".to_owned());
            return None;
        };
        let days: Option<Vec<Rate>> = days.into_iter().collect();
        let days: Box<[Rate; 7]> = Box::new(days?.try_into().ok()?);
        // 1970-01-01 was a Thursday: three days after a Monday.
        let since_monday = (start.as_second() + i64::from(offset_s) + 3 * 86_400).rem_euclid(7 * 86_400);
        let fraction = f64::from(start.subsec_nanosecond()) * 1e-9;
        Some(Rate::Weekly { days, offset_s: since_monday as f64 + fraction })
    }

    fn clamp(&mut self, item: &Item, around: Surroundings) -> Option<Rate> {
        let (min, max) = (item.maybe("min"), item.maybe("max"));
        let inner = item.field("rate").and_then(|inner| self.function(inner, around));
        let (min, max) = (min?, max?);
        match (min, max) {
            (None, None) => {
                self.fault(Code::MissingKey, item, "a clamped rate needs `min`, `max` or both");
                return None;
            }
            (Some(low), Some(high)) if low > high => {
                let at = item.field("max")?;
                self.fault(Code::Contradiction, at, "the upper bound is below the lower bound");
                return None;
            }
            _ => {}
        }
        Some(Rate::Clamp { min, max, rate: Box::new(inner?) })
    }

    fn trace(&mut self, item: &Item, around: Surroundings) -> Option<crate::model::rate::Trace> {
        let factors = around.quantity == Quantity::Factor;
        if let (true, Some(unit)) = (factors, item.field("unit")) {
            self.fault(Code::Contradiction, unit, "values of a factor function are factors: they have no `unit`");
            return None;
        }
        let word = |name: &str, default: &str| match item.field(name) {
            None => Some(default.to_owned()),
            Some(item) => item.text().map(ToOwned::to_owned),
        };
        let settings = TraceSettings {
            time: word("time", "timestamp")?,
            value: word("value", "value")?,
            counts: !factors && word("unit", "count")? == "count",
            every_s: item.maybe("every")?,
            start: if around.in_day { None } else { self.start.map(|(at, _)| at) },
            horizon_s: self.horizon_s.filter(|_| around.on_clock),
        };
        self.read_trace(item.field("file")?, item, &settings)
    }
}
