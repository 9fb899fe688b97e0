//! Recorded data in CSV files: what a file needs to be one, and how its rows become numbers.
//!
//! Every fault names the CSV file with its line, and at most ten of a file are listed. Reading is bounded: no line
//! longer than 4 MiB, no more rows than memory allows. Not here: other formats (`import`).

mod file;
mod recorded;
mod trace;

pub(super) use recorded::RecordedSettings;
pub(super) use trace::TraceSettings;

use super::build::Builder;
use super::decode::Item;
use super::fault::Code;
use file::CsvFile;

/// A row's time: seconds, or an instant on the calendar in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Seconds(f64),
    Calendar(i128),
}

/// Numbers from here on are epoch seconds (since 1973), not seconds from some start.
const FIRST_EPOCH_S: f64 = 1e8;
/// Numbers from here on are epoch milliseconds, which nobody means.
const TOO_LATE_S: f64 = 1e11;

/// Reads the time in a cell.
fn read_moment(text: &str) -> Result<Moment, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        return match seconds {
            seconds if !seconds.is_finite() => Err("is not a finite number".to_owned()),
            seconds if seconds.abs() >= TOO_LATE_S => Err("is too large for epoch seconds: milliseconds?".to_owned()),
            seconds if seconds >= FIRST_EPOCH_S => Ok(Moment::Calendar((seconds * 1e6).round() as i128 * 1_000)),
            seconds => Ok(Moment::Seconds(seconds)),
        };
    }
    let with_offset = text.get(10..).is_some_and(|clock| clock.contains(['Z', 'z', '+', '-']));
    let parsed = if with_offset {
        text.parse::<jiff::Timestamp>()
    } else {
        let clock = text.parse::<jiff::civil::DateTime>();
        clock.and_then(|clock| clock.to_zoned(jiff::tz::TimeZone::UTC)).map(|zoned| zoned.timestamp())
    };
    let timestamp = parsed.map_err(|_| {
        "is no time: RFC 3339, `2014-04-10 00:04:00`, a date, epoch seconds or plain seconds are read".to_owned()
    })?;
    Ok(Moment::Calendar(timestamp.as_nanosecond()))
}

/// Where t = 0 is in a column of times.
struct Origin {
    first: Option<Moment>,
    start: Option<jiff::Timestamp>,
    /// Whether plain seconds count from the first row; otherwise they are used as they are.
    from_first: bool,
}

impl Origin {
    /// Seconds on the scenario's clock; a fault if the column changes from seconds to timestamps or back.
    fn seconds(&mut self, moment: Moment) -> Result<f64, String> {
        let first = *self.first.get_or_insert(moment);
        match (moment, first) {
            (Moment::Calendar(at), Moment::Calendar(first)) => {
                let origin = self.start.map_or(first, jiff::Timestamp::as_nanosecond);
                Ok((at - origin) as f64 / 1e9)
            }
            (Moment::Seconds(at), Moment::Seconds(first)) => Ok(if self.from_first { at - first } else { at }),
            _ => Err("is another kind of time than the first row's".to_owned()),
        }
    }
}

/// Reads a finite number at or above 0.
fn read_amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        Ok(number) if number < 0.0 => Err("is negative".to_owned()),
        Ok(_) => Err("is not a finite number".to_owned()),
        Err(_) if text.is_empty() => Err("is empty".to_owned()),
        Err(_) => Err("is not a number".to_owned()),
    }
}

impl Builder<'_> {
    /// The values of a column, in seconds, in ascending order.
    pub(super) fn read_empirical(&mut self, file: &Item, column: &Item) -> Option<Vec<f64>> {
        let mut csv = self.open_csv(file)?;
        let index = self.column(&csv, column.text()?, column)?;
        let mut values = Vec::new();
        while let Some(row) = self.next_row(&mut csv, file, 16)? {
            match read_amount(row.cell(index)) {
                Ok(value) => values.push(value),
                Err(why) => self.row_fault(&mut csv, file, Code::CsvValue, &row, index, &why),
            }
        }
        self.finish(&csv, file, values.len())?;
        values.sort_by(f64::total_cmp);
        Some(values)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod moments {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_the_language_names() {
        let second = |text: &str| match read_moment(text).unwrap() {
            Moment::Calendar(at) => at as f64 * 1e-9,
            Moment::Seconds(_) => panic!("{text} is a calendar time"),
        };
        assert_eq!(second("2014-04-10T00:04:00Z"), 1_397_088_240.0);
        assert_eq!(second("2014-04-10 00:04:00"), 1_397_088_240.0);
        assert_eq!(second("2014-04-10T02:04:00+02:00"), 1_397_088_240.0);
        assert_eq!(second("2014-04-10"), 1_397_088_000.0);
        assert_eq!(second("1397088240"), 1_397_088_240.0);
        assert_eq!(read_moment("12.5").unwrap(), Moment::Seconds(12.5));
        for text in ["", "noon", "NaN", "inf", "1397088240000", "2014-13-01", "2014-04-10 25:00:00"] {
            assert!(read_moment(text).is_err(), "{text}");
        }
    }
}
