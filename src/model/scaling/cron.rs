//! Cron expressions of five fields, as KEDA reads them, in a time zone with its daylight saving.
//!
//! Minute, hour, day of month, month, day of week; lists, ranges, steps, names of months and days. Where both days are
//! restricted, either is enough. A local time that a change to summer time skips does not happen; one that comes twice
//! happens twice. Both follow the library that KEDA uses (robfig/cron, `SpecSchedule.Next`). Not here: seconds, and
//! descriptors such as `@daily`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};
use thiserror::Error;

/// A cron expression that fires at least once in eight years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// Why a cron expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CronError {
    /// Not five fields.
    #[error("a cron expression has 5 fields (minute hour day-of-month month day-of-week), this one has {0}")]
    Fields(usize),
    /// A field that is no list of numbers, ranges and steps.
    #[error("`{part}` is no {field}: write {least} to {most}, a range `a-b`, a step `*/n` or a list `a,b`")]
    Field {
        /// Which field.
        field: &'static str,
        /// The part as written.
        part: String,
        /// Smallest number.
        least: u32,
        /// Largest number.
        most: u32,
    },
    /// No such day exists.
    #[error("`{0}` never fires: no month that it names has such a day")]
    Never(String),
}

/// Name, range and the words that stand for numbers of one field.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, words: &[] },
    Field { name: "hour", least: 0, most: 23, words: &[] },
    Field { name: "day of the month", least: 1, most: 31, words: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", least: 0, most: 6, words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// Days that are searched: eight years hold every 29 February, across a century without one too.
const SEARCHED_DAYS: usize = 8 * 366;

/// Longest clock change that is considered when a search begins, in hours.
const LONGEST_FOLD_HOURS: i64 = 3;

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it has not five readable fields, or never fires.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = parts.as_slice() else {
            return Err(CronError::Fields(parts.len()));
        };
        let read = |position: usize, part: &str| read_field(&FIELDS[position], part);
        let (minutes, hours, days) = (read(0, minute)?.0, read(1, hour)?.0, read(2, day)?);
        let (months, weekdays) = (read(3, month)?.0, read(4, weekday)?);
        let cron = Self {
            text: parts.join(" "),
            minutes,
            hours,
            days: days.0,
            months,
            weekdays: weekdays.0,
            any_day: days.1,
            any_weekday: weekdays.1,
        };
        if cron.ever_fires() { Ok(cron) } else { Err(CronError::Never(cron.text)) }
    }

    /// The expression, its fields one blank apart.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first instant after `after` at which it fires in a time zone; `None` only near the end of all calendars.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // A local time that comes twice has an earlier and a later instant. Both are monotone in local time, so each
        // is searched by itself.
        let earlier = self.next_instant(after, zone, Fold::Earlier);
        let later = self.next_instant(after, zone, Fold::Later);
        match (earlier, later) {
            (Some(earlier), Some(later)) => Some(earlier.min(later)),
            (earlier, later) => earlier.or(later),
        }
    }

    fn next_instant(&self, after: Timestamp, zone: &TimeZone, fold: Fold) -> Option<Timestamp> {
        let from = zone.to_datetime(after).checked_sub(Span::new().hours(LONGEST_FOLD_HOURS)).ok()?;
        let mut day = from.date();
        for _ in 0..SEARCHED_DAYS {
            let candidates = self.times_of(day).map(|time| DateTime::from_parts(day, time));
            let mut instants = candidates.filter(|local| *local >= from).filter_map(|local| fold.instant(local, zone));
            if let Some(found) = instants.find(|instant| *instant > after) {
                return Some(found);
            }
            day = day.checked_add(1.day()).ok()?;
        }
        None
    }

    fn times_of(&self, day: Date) -> impl Iterator<Item = Time> {
        let hours = if self.fires_on(day) { self.hours } else { 0 };
        members(hours).flat_map(move |hour| members(self.minutes).map(move |minute| Time::constant(hour, minute, 0, 0)))
    }

    fn fires_on(&self, day: Date) -> bool {
        let by_day = has(self.days, day.day().unsigned_abs().into());
        let by_weekday = has(self.weekdays, day.weekday().to_sunday_zero_offset().unsigned_abs().into());
        let on_day = if self.any_day || self.any_weekday { by_day && by_weekday } else { by_day || by_weekday };
        on_day && has(self.months, day.month().unsigned_abs().into())
    }

    fn ever_fires(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let by_weekday = !self.any_weekday && !self.any_day;
        let has_day = |month: usize| (1..=LONGEST[month]).any(|day| has(self.days, day));
        (0..12).any(|month| has(self.months, month as u32 + 1) && (by_weekday || has_day(month)))
    }
}

/// Which of the two instants of a local time that comes twice.
#[derive(Clone, Copy)]
enum Fold {
    Earlier,
    Later,
}

impl Fold {
    fn instant(self, local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
        let offset = match (zone.to_ambiguous_timestamp(local).offset(), self) {
            (AmbiguousOffset::Unambiguous { offset }, _) => offset,
            (AmbiguousOffset::Gap { .. }, _) => return None,
            (AmbiguousOffset::Fold { before, .. }, Fold::Earlier) => before,
            (AmbiguousOffset::Fold { after, .. }, Fold::Later) => after,
        };
        offset.to_timestamp(local).ok()
    }
}

/// The numbers of a field as bits, and whether it leaves everything open.
fn read_field(field: &Field, text: &str) -> Result<(u64, bool), CronError> {
    let mut bits = 0;
    let mut open = false;
    for part in text.split(',') {
        let (from, until, step, star) = read_part(field, part).ok_or_else(|| CronError::Field {
            field: field.name,
            part: part.to_owned(),
            least: field.least,
            most: field.most,
        })?;
        open |= star;
        bits |= (from..=until).step_by(step).fold(0, |bits, number| bits | (1 << number));
    }
    Ok((bits, open))
}

/// First, last, step and whether it is a bare star.
fn read_part(field: &Field, part: &str) -> Option<(u32, u32, usize, bool)> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
        None => (part, None),
    };
    let (from, until, star) = match range.split_once('-') {
        Some((from, until)) => (read_number(field, from)?, read_number(field, until)?, false),
        None if range == "*" || range == "?" => (field.least, field.most, step.is_none_or(|step| step == 1)),
        None => {
            let number = read_number(field, range)?;
            (number, if step.is_some() { field.most } else { number }, false)
        }
    };
    (from <= until).then_some((from, until, step.unwrap_or(1), star))
}

fn read_number(field: &Field, text: &str) -> Option<u32> {
    let word = field.words.iter().position(|word| word.eq_ignore_ascii_case(text));
    let number = match word {
        Some(position) => position as u32 + field.least,
        None => text.parse().ok()?,
    };
    (field.least..=field.most).contains(&number).then_some(number)
}

fn has(bits: u64, number: u32) -> bool {
    bits & (1 << number) != 0
}

fn members(bits: u64) -> impl Iterator<Item = i8> {
    (0..60).filter(move |number| bits & (1 << number) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(cron: &str, zone: &str, after: &str, times: usize) -> Vec<String> {
        let cron = Cron::parse(cron).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let mut at: Timestamp = after.parse().unwrap();
        (0..times)
            .map(|_| {
                at = cron.next_after(at, &zone).unwrap();
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn a_daily_time_follows_the_zone_through_summer_time() {
        let found = fires("0 8 * * *", "Europe/Kyiv", "2026-03-28T00:00:00Z", 2);
        assert_eq!(found, ["2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z"]);
    }

    #[test]
    fn a_skipped_local_time_does_not_happen_and_a_repeated_one_happens_twice() {
        // New York: 02:30 is skipped on 8 March 2026, 01:30 comes twice on 1 November 2026.
        let skipped = fires("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 1);
        assert_eq!(skipped, ["2026-03-09T06:30:00Z"]);
        let repeated = fires("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 3);
        assert_eq!(repeated, ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"]);
    }

    #[test]
    fn the_next_firing_is_strictly_later() {
        assert_eq!(fires("0 * * * *", "UTC", "2026-01-01T05:00:00Z", 1), ["2026-01-01T06:00:00Z"]);
    }

    #[test]
    fn either_day_is_enough_where_both_are_restricted() {
        // 2026-01-13 is a Tuesday, 2026-01-16 a Friday.
        let found = fires("0 0 13 * fri", "UTC", "2026-01-10T00:00:00Z", 2);
        assert_eq!(found, ["2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"]);
        let both = fires("0 0 13 * *", "UTC", "2026-01-10T00:00:00Z", 2);
        assert_eq!(both, ["2026-01-13T00:00:00Z", "2026-02-13T00:00:00Z"]);
    }

    #[test]
    fn steps_lists_ranges_and_names_are_read() {
        let found = fires("*/20 9-10,17 * mar-apr 1-5", "UTC", "2026-02-27T00:00:00Z", 7);
        assert_eq!(found[0], "2026-03-02T09:00:00Z");
        assert_eq!(found[5], "2026-03-02T10:40:00Z");
        assert_eq!(found[6], "2026-03-02T17:00:00Z");
        assert_eq!(fires("5/25 0 1 1 *", "UTC", "2026-06-01T00:00:00Z", 3)[2], "2027-01-01T00:55:00Z");
    }

    #[test]
    fn a_leap_day_is_found_years_ahead() {
        assert_eq!(fires("0 0 29 2 *", "UTC", "2097-01-01T00:00:00Z", 1), ["2104-02-29T00:00:00Z"]);
    }

    #[test]
    fn what_never_fires_or_is_no_cron_is_refused() {
        assert!(matches!(Cron::parse("0 0 31 2,4 *"), Err(CronError::Never(_))));
        assert!(Cron::parse("0 0 31 2 mon").is_ok(), "either day is enough");
        assert_eq!(Cron::parse("0 0 * *"), Err(CronError::Fields(4)));
        for wrong in ["60 0 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 7", "*/0 0 * * *", "5-1 0 * * *"]
        {
            assert!(matches!(Cron::parse(wrong), Err(CronError::Field { .. })), "{wrong}");
        }
    }
}
