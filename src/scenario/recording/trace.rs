//! Recorded counts or rates → a rate function.
//!
//! A row stands for the interval that begins at its time and is `every` long. A row off the grid is taken as it is:
//! its interval ends where the next row begins, as long as that is less than one and a half intervals away, and its
//! count is spread over that length, so that no message is lost or invented. From one and a half intervals on, rows are
//! absent: their rate is unknown, and a straight line joins the neighbours.

use super::{Builder, Code, Item, Origin, read_amount, read_moment};
use crate::model::rate::{Trace, TracePiece};
use crate::units::show_duration;

/// How a trace is read.
pub(in super::super) struct TraceSettings {
    /// Column of the times.
    pub time: String,
    /// Column of the values.
    pub value: String,
    /// Whether values are messages per interval, not per second.
    pub counts: bool,
    /// Length of an interval, if the scenario says it.
    pub every_s: Option<f64>,
    /// Wall-clock time of t = 0.
    pub start: Option<jiff::Timestamp>,
    /// The horizon, if the trace runs on the scenario's own clock.
    pub horizon_s: Option<f64>,
}

impl Builder<'_> {
    /// Reads a trace; `item` is the whole `trace` in the scenario.
    pub(in super::super) fn read_trace(&mut self, file: &Item, item: &Item, settings: &TraceSettings) -> Option<Trace> {
        let mut csv = self.open_csv(file)?;
        let time = self.column(&csv, &settings.time, item.field("time").unwrap_or(item));
        let value = self.column(&csv, &settings.value, item.field("value").unwrap_or(item));
        let (time, value) = (time?, value?);
        let mut origin = Origin { first: None, start: settings.start, from_first: true };
        let mut rows: Vec<(f64, f64)> = Vec::new();
        let mut before_s = f64::NEG_INFINITY;
        while let Some(row) = self.next_row(&mut csv, file, 96)? {
            let at_s = read_moment(row.cell(time)).and_then(|moment| origin.seconds(moment));
            let amount = read_amount(row.cell(value));
            if let Err(why) = &at_s {
                self.row_fault(&mut csv, file, Code::CsvValue, &row, time, why);
            }
            if let Err(why) = &amount {
                self.row_fault(&mut csv, file, Code::CsvValue, &row, value, why);
            }
            // A row with a bad value still has its place in time.
            let Ok(at_s) = at_s else { continue };
            if at_s > before_s {
                before_s = at_s;
                rows.extend(amount.ok().map(|amount| (at_s, amount)));
            } else {
                let why = if at_s == before_s { "is the time of the row before it" } else { "goes back in time" };
                self.row_fault(&mut csv, file, Code::CsvOrder, &row, time, why);
            }
        }
        self.finish(&csv, file, rows.len())?;
        let every_s = self.interval_s(&rows, file, settings)?;
        let (pieces, absent) = pieces(&rows, every_s, settings.counts);
        if absent > 0 {
            let are = if absent == 1 { "interval is" } else { "intervals are" };
            let message = format!("{absent} {are} absent in {}: a straight line bridges each gap", csv.name);
            self.fault(Code::CsvGaps, file, message);
        }
        self.compare_with_clock(&csv.name, &pieces, file, settings);
        Some(Trace::new(pieces))
    }

    /// `every`, as written or as the most common distance of two rows.
    fn interval_s(&mut self, rows: &[(f64, f64)], file: &Item, settings: &TraceSettings) -> Option<f64> {
        let mut gaps: Vec<i64> = rows.windows(2).map(|pair| ((pair[1].0 - pair[0].0) * 1e6).round() as i64).collect();
        gaps.sort_unstable();
        let runs = gaps.chunk_by(|left, right| left == right);
        let common = runs.fold(None, |best: Option<(usize, i64)>, run| match best {
            Some((length, _)) if length >= run.len() => best,
            _ => Some((run.len(), run[0])),
        });
        let common_s = common.map(|(_, gap)| gap as f64 / 1e6).filter(|gap_s| *gap_s > 0.0);
        match (settings.every_s, common_s) {
            (Some(every_s), common_s) => {
                let other = gaps.iter().filter(|gap| (**gap as f64 * 1e-6 / every_s - 1.0).abs() > 0.01).count();
                let differs = |common_s: &f64| (common_s / every_s - 1.0).abs() > 0.01 && 2 * other > gaps.len();
                if let Some(common_s) = common_s.filter(differs) {
                    let message = format!("most rows are not {} apart", show_duration(every_s));
                    self.fault(Code::CsvSpacing, file, message).help =
                        Some(format!("their most common distance is {}", show_duration(common_s)));
                }
                Some(every_s)
            }
            (None, Some(common_s)) => Some(common_s),
            (None, None) => {
                self.fault(Code::CsvNoRows, file, "one row does not tell how long an interval is").help =
                    Some("add for example `every: 5m`".to_owned());
                None
            }
        }
    }

    fn compare_with_clock(&mut self, name: &str, pieces: &[TracePiece], file: &Item, settings: &TraceSettings) {
        let (Some(horizon_s), Some(first), Some(last)) = (settings.horizon_s, pieces.first(), pieces.last()) else {
            return;
        };
        if first.from_s > 0.0 {
            let message =
                format!("{name} begins {} after the start: the rate is 0 until then", show_duration(first.from_s));
            self.fault(Code::CsvShort, file, message);
        }
        if last.until_s < horizon_s * (1.0 - 1e-9) {
            let end = show_duration(last.until_s);
            let message = format!("{name} ends at {end}, before the horizon: the rate is 0 from then on");
            self.fault(Code::CsvShort, file, message).help =
                Some(format!("the horizon is {}", show_duration(horizon_s)));
        }
    }
}

/// The pieces of a trace, and how many intervals were absent.
fn pieces(rows: &[(f64, f64)], every_s: f64, counts: bool) -> (Vec<TracePiece>, u64) {
    let length_s = |i: usize| match rows.get(i + 1) {
        Some((next_s, _)) if next_s - rows[i].0 < 1.5 * every_s => next_s - rows[i].0,
        _ => every_s,
    };
    let rate = |i: usize| if counts { rows[i].1 / length_s(i) } else { rows[i].1 };
    let mut pieces = Vec::with_capacity(rows.len());
    let mut absent = 0;
    for (i, &(from_s, _)) in rows.iter().enumerate() {
        let next_s = rows.get(i + 1).map(|(next_s, _)| *next_s);
        let gap_s = next_s.map_or(0.0, |next_s| next_s - from_s);
        if let Some(next_s) = next_s.filter(|_| gap_s < 1.5 * every_s) {
            pieces.push(TracePiece { from_s, until_s: next_s, rate_from: rate(i), rate_until: rate(i) });
            continue;
        }
        let until_s = from_s + every_s;
        pieces.push(TracePiece { from_s, until_s, rate_from: rate(i), rate_until: rate(i) });
        if let Some(next_s) = next_s {
            absent += (gap_s / every_s).round() as u64 - 1;
            pieces.push(TracePiece { from_s: until_s, until_s: next_s, rate_from: rate(i), rate_until: rate(i + 1) });
        }
    }
    (pieces, absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_intervals_are_straight_lines_and_counted() {
        let (pieces, absent) = pieces(&[(0.0, 10.0), (10.0, 20.0), (40.0, 50.0)], 10.0, true);
        assert_eq!(absent, 2);
        let piece = |from_s, until_s, rate_from, rate_until| TracePiece { from_s, until_s, rate_from, rate_until };
        assert_eq!(
            pieces,
            [
                piece(0.0, 10.0, 1.0, 1.0),
                piece(10.0, 20.0, 2.0, 2.0),
                piece(20.0, 40.0, 2.0, 5.0),
                piece(40.0, 50.0, 5.0, 5.0)
            ]
        );
    }

    #[test]
    fn rows_off_the_grid_keep_their_counts() {
        let rows = [(0.0, 30.0), (9.0, 30.0), (21.0, 30.0), (30.0, 30.0)];
        let (pieces, absent) = pieces(&rows, 10.0, true);
        assert_eq!(absent, 0);
        let total: f64 = pieces.iter().map(|piece| piece.rate_from * (piece.until_s - piece.from_s)).sum();
        assert!((total - 120.0).abs() < 1e-9);
        assert!(pieces.windows(2).all(|pair| pair[0].until_s == pair[1].from_s));
    }
}
