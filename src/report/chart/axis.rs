//! Axes in natural units: where ticks stand, how they are written, where a value lies.

use std::ops::Range;

use jiff::civil::DateTime;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::super::clock::Clock;
use super::super::number;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// Steps of time that people count in, in seconds; below and beyond them 1, 2, 5.
const TIME_STEPS_S: [f64; 20] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
];
/// Round durations about a decade apart, from a nanosecond to ten years.
const TIME_DECADES_S: [f64; 19] = [
    1e-9,
    1e-8,
    1e-7,
    1e-6,
    1e-5,
    1e-4,
    1e-3,
    1e-2,
    0.1,
    1.0,
    10.0,
    MINUTE,
    10.0 * MINUTE,
    HOUR,
    10.0 * HOUR,
    4.0 * DAY,
    40.0 * DAY,
    400.0 * DAY,
    4000.0 * DAY,
];
/// Intervals that the time axis has room for.
const MOST_TIME_TICKS: f64 = 9.0;
/// A latency axis shows at most this range; below lies what no reader acts upon.
const WIDEST_LOG_RANGE: f64 = 1e5;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Linear,
    /// Values below the begin of the range are shown at its begin.
    Log,
    /// Linear, with names instead of values.
    Names,
}

/// One axis with its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Axis {
    low: f64,
    high: f64,
    scale: Scale,
    /// Value and label of each tick.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    fn linear(high: f64, step: f64, intervals: f64, label: impl Fn(f64) -> String) -> Self {
        let ticks = (0..=intervals as usize).map(|k| k as f64 * step).map(|value| (value, label(value))).collect();
        Self { low: 0.0, high, scale: Scale::Linear, ticks }
    }

    /// Counts from 0 to at least `most`, in about `intervals` steps.
    pub fn counts(most: f64, intervals: f64) -> Self {
        let most = if most > 0.0 && most.is_finite() { most } else { 1.0 };
        let step = round_step(most / intervals);
        let count = (most / step * (1.0 - 1e-9)).ceil();
        Self::linear(count * step, step, count, number::count)
    }

    /// Whole things from 0 to at least `most`.
    pub fn whole_counts(most: f64, intervals: f64) -> Self {
        let most = if most.is_finite() { most.max(1.0) } else { 1.0 };
        let step = round_step(most / intervals).max(1.0);
        let count = (most / step * (1.0 - 1e-9)).ceil();
        Self::linear(count * step, step, count, number::count)
    }

    /// Shares from 0 to 100 %.
    pub fn shares() -> Self {
        Self::linear(1.0, 0.25, 4.0, number::share)
    }

    /// These ticks between these ends.
    pub fn ticked(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { low, high, scale: Scale::Linear, ticks }
    }

    /// From at most `least` to at least `most` in steps of `step`.
    fn between(least: f64, most: f64, step: f64, label: impl Fn(f64) -> String) -> Self {
        let (first, last) = ((least / step + 1e-9).floor(), (most / step - 1e-9).ceil());
        let last = last.max(first + 1.0);
        let ticks = (0..=(last - first) as usize).map(|k| (first + k as f64) * step);
        let ticks = ticks.map(|value| (value, label(value))).collect();
        Self { low: first * step, high: last * step, scale: Scale::Linear, ticks }
    }

    /// Numbers from about `least` to about `most`.
    pub fn counts_as(least: f64, most: f64, label: impl Fn(f64) -> String) -> Self {
        let span = if most > least { most - least } else { most.abs().max(1.0) };
        Self::between(least, most, round_step(span / 5.0), label)
    }

    /// Durations from about `least_s` to about `most_s`.
    pub fn durations_between(least_s: f64, most_s: f64) -> Self {
        let span = if most_s > least_s { most_s - least_s } else { most_s.abs().max(1.0) };
        let label = |value: f64| if value == 0.0 { "0".to_owned() } else { number::duration(value) };
        Self::between(least_s, most_s, time_step(span / 6.0), label)
    }

    /// Counts on a logarithmic axis from about `least` to about `most`, both above 0.
    pub fn log_counts(least: f64, most: f64) -> Self {
        Self::log_numbers(least, most, false, number::count)
    }

    /// Numbers on a logarithmic axis from about `least` to about `most`, both above 0. Where `cut`, some values lie
    /// below and are shown at its begin.
    pub fn log_numbers(least: f64, most: f64, cut: bool, label: impl Fn(f64) -> String) -> Self {
        let floor = least.max(most / WIDEST_LOG_RANGE);
        let (first, last) = ((floor.log10() + 1e-9).floor() as i32, (most.log10() - 1e-9).ceil() as i32);
        let mut ticks: Vec<(f64, String)> =
            (first..=last.max(first + 1)).map(|power| 10f64.powi(power)).map(|tick| (tick, label(tick))).collect();
        let (low, high) = (ticks[0].0, ticks[ticks.len() - 1].0);
        if let Some((_, label)) = ticks.first_mut().filter(|_| cut || least < low) {
            *label = format!("≤ {label}");
        }
        Self { low, high, scale: Scale::Log, ticks }
    }

    /// Factors from `least` to `most`, both above 0, in about four steps; 1 is a tick if it lies between.
    pub fn factors(least: f64, most: f64, label: impl Fn(f64) -> String) -> Self {
        let step = round_step((most - least).max(0.01) / 4.0);
        let tick = |k: f64| 1.0 + k * step;
        let (first, last) = (((least - 1.0) / step).floor(), ((most - 1.0) / step).ceil());
        let count = (last - first) as usize;
        let factors = (0..=count).map(|k| tick(first + k as f64)).filter(|factor| (least..=most).contains(factor));
        // 1 + 3 · 0.1 is 1.3000000000000003 in binary.
        let ticks = factors.map(|factor| (factor * 1e9).round() / 1e9).map(|factor| (factor, label(factor))).collect();
        Self { low: least, high: most, scale: Scale::Linear, ticks }
    }

    /// Names from the top to the bottom, each in the middle of its unit of height.
    pub fn names(names: &[String]) -> Self {
        let count = names.len();
        let at = |k: usize| (count - k) as f64 - 0.5;
        // The base line has no name.
        let base = std::iter::once((0.0, String::new()));
        let ticks = base.chain(names.iter().enumerate().map(|(k, name)| (at(k), name.clone())).rev()).collect();
        Self { low: 0.0, high: count.max(1) as f64, scale: Scale::Names, ticks }
    }

    /// Whether values are read off along lines across the panel.
    pub fn has_lines(&self) -> bool {
        self.scale != Scale::Names
    }

    /// Durations from 0 to at least `most_s`.
    pub fn durations(most_s: f64) -> Self {
        let most_s = if most_s > 0.0 && most_s.is_finite() { most_s } else { 1.0 };
        let step = time_step(most_s / 6.0);
        let count = (most_s / step * (1.0 - 1e-9)).ceil();
        Self::linear(
            count * step,
            step,
            count,
            |value| if value == 0.0 { "0".to_owned() } else { number::duration(value) },
        )
    }

    /// Durations on a logarithmic axis from about `least_s` to about `most_s`, both above 0. Where `cut`, some values
    /// lie below and are shown at its begin.
    pub fn log_durations(least_s: f64, most_s: f64, cut: bool) -> Self {
        let floor = least_s.max(most_s / WIDEST_LOG_RANGE);
        let decades = TIME_DECADES_S;
        let low = decades.into_iter().rfind(|tick| *tick <= floor).unwrap_or(floor);
        let high = decades.into_iter().find(|tick| (most_s..3.0 * most_s).contains(tick)).unwrap_or(1.2 * most_s);
        let ticks = decades.into_iter().filter(|tick| (low..=high).contains(tick));
        let mut ticks: Vec<(f64, String)> = ticks.map(|tick| (tick, number::duration(tick))).collect();
        if let Some((_, label)) = ticks.first_mut().filter(|_| cut || least_s < low) {
            *label = format!("≤ {label}");
        }
        Self { low, high, scale: Scale::Log, ticks }
    }

    /// The time axis of a run.
    pub fn time(clock: Clock) -> Self {
        let horizon_s = clock.horizon_s();
        let step = time_step(horizon_s / MOST_TIME_TICKS);
        let after_midnight_s = clock.start().map_or(0.0, seconds_of_day);
        let first = (after_midnight_s / step).ceil() * step - after_midnight_s;
        let count = ((horizon_s - first) / step + 1e-9).floor();
        let times =
            (0..=count.max(0.0) as usize).map(|k| first + k as f64 * step).filter(|time_s| *time_s <= horizon_s);
        let ticks = times.map(|time_s| (time_s, time_label(clock, time_s, step))).collect();
        Self { low: 0.0, high: horizon_s, scale: Scale::Linear, ticks }
    }

    /// Where a value lies, from 0 at the begin of the axis to 1 at its end.
    pub fn position(&self, value: f64) -> f64 {
        let position = match self.scale {
            Scale::Linear | Scale::Names => (value - self.low) / (self.high - self.low),
            Scale::Log => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
        };
        position.clamp(0.0, 1.0)
    }

    /// The largest value that the axis shows.
    pub fn end(&self) -> f64 {
        self.high
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (self.position(*value) * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks
            .iter()
            .find(|(tick, _)| tick == value)
            .map_or_else(|| number::plain(*value), |(_, label)| label.clone())
    }
}

/// The smallest of 1, 2, 5 · 10^k that is at least `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|digit| digit * decade).find(|step| *step >= least * (1.0 - 1e-9));
    step.unwrap_or(10.0 * decade)
}

/// The smallest step of time that is at least `least_s`.
fn time_step(least_s: f64) -> f64 {
    let longest = TIME_STEPS_S[TIME_STEPS_S.len() - 1];
    if least_s <= 0.5 {
        round_step(least_s)
    } else if least_s > longest {
        (round_step(least_s / DAY).max(30.0) * DAY).max(longest)
    } else {
        TIME_STEPS_S.into_iter().find(|step| *step >= least_s * (1.0 - 1e-9)).unwrap_or(longest)
    }
}

fn seconds_of_day(start: DateTime) -> f64 {
    let (hours, minutes, seconds) = (f64::from(start.hour()), f64::from(start.minute()), f64::from(start.second()));
    hours * HOUR + minutes * MINUTE + seconds + f64::from(start.subsec_nanosecond()) * 1e-9
}

/// `09:30`, `28 Nov` at midnight of a longer run, `30m` without a clock.
fn time_label(clock: Clock, time_s: f64, step_s: f64) -> String {
    let moment = clock.start().zip(jiff::SignedDuration::try_from_secs_f64((time_s * 1e3).round() * 1e-3).ok());
    let Some(moment) = moment.and_then(|(start, after)| start.checked_add(after).ok()) else {
        return if time_s == 0.0 { "0".to_owned() } else { number::duration(time_s) };
    };
    let midnight = seconds_of_day(moment) < 0.5;
    let format = match step_s {
        step if step < 1.0 => "%H:%M:%S%.f",
        step if step < MINUTE => "%H:%M:%S",
        step if step < DAY && !(midnight && clock.horizon_s() > DAY) => "%H:%M",
        step if step < 2.0 * DAY && clock.horizon_s() <= 14.0 * DAY => "%a %-d %b",
        step if step < 100.0 * DAY => "%-d %b",
        _ => "%b %Y",
    };
    moment.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, Setup};

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    fn clock(horizon_s: f64, start: Option<&'static str>) -> Clock {
        Clock::of(&fixture::outcome(&Setup { horizon_s, rows: 4, start, ..Setup::default() }).model)
    }

    #[test]
    fn times_are_counted_as_people_do() {
        let of = |horizon_s| Axis::time(clock(horizon_s, None));
        assert_eq!(labels(&of(7200.0)), ["0", "15m", "30m", "45m", "1h", "1h 15m", "1h 30m", "1h 45m", "2h"]);
        assert_eq!(labels(&of(10.0)), ["0", "2 s", "4 s", "6 s", "8 s", "10 s"]);
        assert_eq!(labels(&of(604_800.0)), ["0", "1d", "2d", "3d", "4d", "5d", "6d", "7d"]);
        assert_eq!(labels(&of(0.05)), ["0", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]);
        assert!(of(3e9).ticks.len() <= 11);
    }

    #[test]
    fn a_clock_ticks_on_its_own_marks() {
        let sale = Axis::time(clock(7200.0, Some("2026-11-27T08:05:00Z")));
        assert_eq!(labels(&sale)[..3], ["08:15", "08:30", "08:45"]);
        let week = Axis::time(clock(604_800.0, Some("2026-11-27T08:00:00Z")));
        assert_eq!(labels(&week)[..2], ["Sat 28 Nov", "Sun 29 Nov"]);
        let two_days = Axis::time(clock(172_800.0, Some("2026-11-27T00:00:00Z")));
        assert_eq!(
            labels(&two_days),
            ["27 Nov", "06:00", "12:00", "18:00", "28 Nov", "06:00", "12:00", "18:00", "29 Nov"].map(
                |label| match label {
                    "27 Nov" => "Fri 27 Nov",
                    "28 Nov" => "Sat 28 Nov",
                    "29 Nov" => "Sun 29 Nov",
                    time => time,
                }
            )
        );
    }

    #[test]
    fn counts_and_durations_have_round_ticks_that_cover_the_data() {
        assert_eq!(labels(&Axis::counts(72_000.0, 5.0)), ["0", "20k", "40k", "60k", "80k"]);
        assert_eq!(labels(&Axis::counts(2_400_000.0, 5.0)), ["0", "500k", "1M", "1.5M", "2M", "2.5M"]);
        assert_eq!(labels(&Axis::whole_counts(3.0, 5.0)), ["0", "1", "2", "3"]);
        assert_eq!(labels(&Axis::durations(361.0)), ["0", "2m", "4m", "6m", "8m"]);
        assert_eq!(labels(&Axis::durations(0.012)), ["0", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms", "12 ms"]);
        assert_eq!(labels(&Axis::counts(0.0, 5.0)).last(), Some(&"1"));
    }

    #[test]
    fn a_log_axis_says_what_lies_below_it() {
        let axis = Axis::log_durations(0.002, 370.0, false);
        assert_eq!(labels(&axis), ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "1m", "10m"]);
        assert_eq!(labels(&Axis::log_durations(0.002, 370.0, true))[0], "≤ 1 ms");
        assert_eq!(labels(&Axis::log_durations(1e-9, 370.0, false))[0], "≤ 1 ms");
        assert_eq!((axis.position(0.0), axis.position(0.001), axis.position(600.0)), (0.0, 0.0, 1.0));
    }
}
