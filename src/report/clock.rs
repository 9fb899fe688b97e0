//! Instants as people read them: on a wall clock when the scenario has a `start`, as time since the start otherwise.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::number;
use crate::model::Model;

/// Up to this horizon the time alone tells the first day from the next.
const DAY_S: f64 = 86_400.0;

/// How a scenario's instants are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Date and time of t = 0 on the scenario's clock.
    start: Option<DateTime>,
    /// How far that clock is from UTC.
    offset: Offset,
    horizon_s: f64,
}

impl Clock {
    /// The clock of a model. A horizon that leaves the calendar has none.
    pub(super) fn of(model: &Model) -> Self {
        let offset = Offset::from_seconds(model.start_offset_s).unwrap_or(Offset::UTC);
        let on_calendar = |start: Timestamp| {
            let end = jiff::SignedDuration::try_from_secs_f64(model.horizon_s).ok()?;
            start.checked_add(end).ok()?;
            Some(offset.to_datetime(start))
        };
        Self { start: model.start.and_then(on_calendar), offset, horizon_s: model.horizon_s }
    }

    /// Date and time of t = 0, if there is one.
    pub(super) fn start(&self) -> Option<DateTime> {
        self.start
    }

    /// The horizon in seconds.
    pub(super) fn horizon_s(&self) -> f64 {
        self.horizon_s
    }

    /// Date and time of an instant, rounded to the second or, in a long run, to the minute.
    fn date_time(&self, time_s: f64) -> Option<DateTime> {
        let grain_s = if self.shows_seconds() { 1.0 } else { 60.0 };
        let start = self.start?;
        let of_minute = f64::from(start.second());
        let rounded_s = ((time_s + of_minute) / grain_s).round() * grain_s - of_minute;
        start.checked_add(jiff::SignedDuration::try_from_secs_f64(rounded_s).ok()?).ok()
    }

    fn shows_seconds(&self) -> bool {
        self.horizon_s < 1800.0
    }

    /// `09:00`, `28 Nov 01:30` on another day than the first and in runs of more than a day, `1h 12m` without a
    /// calendar.
    pub(super) fn instant(&self, time_s: f64) -> String {
        let (Some(start), Some(moment)) = (self.start, self.date_time(time_s)) else {
            return number::duration(time_s);
        };
        let time = moment.strftime(if self.shows_seconds() { "%H:%M:%S" } else { "%H:%M" });
        let one_day = self.horizon_s <= DAY_S && moment.date() == start.date();
        if one_day { time.to_string() } else { format!("{} {time}", moment.strftime("%-d %b")) }
    }

    /// What the time axis shows, for its caption.
    pub(super) fn caption(&self) -> String {
        let Some(start) = self.start else { return "time since the start".to_owned() };
        let zone = if self.offset == Offset::UTC { "UTC".to_owned() } else { format!("UTC{}", hours(self.offset)) };
        let last = self.date_time(self.horizon_s).unwrap_or(start);
        let (first, last) = (start.date(), last.date());
        if first == last || self.horizon_s <= 86_400.0 {
            format!("{zone}, {}", start.strftime("%-d %B %Y"))
        } else {
            format!("{zone}, {} to {}", start.strftime("%-d %B %Y"), last.strftime("%-d %B %Y"))
        }
    }
}

/// `+01:00`.
fn hours(offset: Offset) -> String {
    let minutes = offset.seconds().abs() / 60;
    let sign = if offset.is_negative() { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(start: Option<&str>, horizon_s: f64) -> Clock {
        clock_at(start, 0, horizon_s)
    }

    fn clock_at(start: Option<&str>, offset_s: i32, horizon_s: f64) -> Clock {
        let offset = Offset::from_seconds(offset_s).expect("an offset");
        let start = start.map(|text| offset.to_datetime(text.parse::<Timestamp>().expect("a timestamp")));
        Clock { start, offset, horizon_s }
    }

    #[test]
    fn instants_are_on_the_wall_when_there_is_one() {
        let sale = clock(Some("2026-11-27T08:00:00Z"), 7200.0);
        assert_eq!(sale.instant(3600.0), "09:00");
        assert_eq!(sale.instant(3629.0), "09:00");
        assert_eq!(sale.caption(), "UTC, 27 November 2026");
        let week = clock(Some("2026-11-27T08:00:00Z"), 7.0 * 86_400.0);
        assert_eq!(week.instant(63_000.0), "28 Nov 01:30");
        assert_eq!(week.instant(3600.0), "27 Nov 09:00", "a week has seven times nine o'clock");
        let hello = clock(Some("2026-11-27T08:00:00Z"), 10.0);
        assert_eq!(hello.instant(5.2), "08:00:05");
    }

    #[test]
    fn instants_are_on_the_clock_of_the_start() {
        let year = clock_at(Some("2026-01-01T00:00:00+01:00"), 3600, 365.0 * 86_400.0);
        assert_eq!(year.instant(300.0 * 86_400.0), "28 Oct 00:00");
        assert_eq!(year.caption(), "UTC+01:00, 1 January 2026 to 1 January 2027");
        let evening = clock_at(Some("2026-06-01T20:00:00-03:30"), -12_600, 3600.0);
        assert_eq!((evening.instant(600.0), evening.caption()), ("20:10".into(), "UTC-03:30, 1 June 2026".into()));
    }

    #[test]
    fn minutes_are_rounded_on_the_clock_when_the_start_is_not_on_one() {
        let odd = clock(Some("2026-11-27T08:00:50Z"), 7200.0);
        assert_eq!(odd.instant(5.0), "08:01");
    }

    #[test]
    fn without_a_start_instants_are_durations() {
        assert_eq!(clock(None, 7200.0).instant(4320.0), "1h 12m");
    }
}
