//! What a sweep found, in a sentence with numbers: the head of the table and the title of the chart.

use super::super::number::{self, plural};
use super::view::{AxisView, Unit, View};
use crate::measure::EngineChoice;
use crate::study::sweep::SweepPoint;

/// Values that differ by less than this share of the largest are the same to a reader.
const SAME: f64 = 0.005;

/// Where along an axis a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Everywhere,
    From(usize),
    UpTo(usize),
    Nowhere,
    Mixed,
}

impl Range {
    /// Of an axis without an order nothing can be said but everywhere, nowhere or here and there.
    pub fn of(kept: &[Option<bool>], is_ordered: bool) -> Range {
        let is_kept = |kept: &Option<bool>| *kept == Some(true);
        let first = kept.iter().position(is_kept);
        let last = kept.iter().rposition(is_kept);
        match (first, last) {
            (None, _) if kept.iter().all(|kept| *kept == Some(false)) => Range::Nowhere,
            (Some(0), Some(last)) if kept.iter().all(is_kept) && last + 1 == kept.len() => Range::Everywhere,
            (Some(first), Some(last)) if is_ordered && kept[first..=last].iter().all(is_kept) => {
                // What is not known beyond an end is not said to be kept.
                match (first, last + 1 == kept.len()) {
                    (_, true) => Range::From(first),
                    (0, false) => Range::UpTo(last),
                    _ => Range::Mixed,
                }
            }
            _ => Range::Mixed,
        }
    }

    fn words(self, axis: &AxisView) -> Option<String> {
        match self {
            Range::Everywhere => Some("everywhere".to_owned()),
            Range::From(k) => Some(format!("from {} on", axis.at(k))),
            Range::UpTo(k) => Some(format!("up to {}", axis.at(k))),
            Range::Nowhere => Some("nowhere".to_owned()),
            Range::Mixed => None,
        }
    }
}

/// The finding: `p99 latency falls below 2 s from 9 replicas on`.
pub(in crate::report) fn finding(view: &View) -> String {
    let text = match view.axes.as_slice() {
        _ if known(view).next().is_none() => unknown(view),
        [] => format!("{} is {}", view.what, extreme(view, f64::lt).map_or_else(String::new, |(_, text)| text)),
        [axis] => along(view, axis),
        [first, second] => across(view, first, second).unwrap_or_else(|| overall(view)),
        _ => overall(view),
    };
    capital(&text)
}

/// `P99` is no word; everything else begins with a capital.
fn capital(text: &str) -> String {
    let mut signs = text.chars();
    let is_quantile = text.starts_with('p') && text[1..].starts_with(|sign: char| sign.is_ascii_digit());
    match signs.next() {
        Some(first) if !is_quantile => first.to_uppercase().chain(signs).collect(),
        _ => text.to_owned(),
    }
}

fn known<'v>(view: &'v View) -> impl Iterator<Item = (&'v SweepPoint, f64)> {
    view.sweep.points.iter().filter_map(|point| Some((point, view.value(point).value?)))
}

fn unknown(view: &View) -> String {
    let why = view.sweep.points.first().and_then(|point| view.value(point).why_not);
    format!("{} is not known at any point: {}", view.what, why.unwrap_or_else(|| "there is no value".to_owned()))
}

/// The first point whose value comes before all others', and that value.
pub(super) fn extreme<'v>(view: &'v View, before: fn(&f64, &f64) -> bool) -> Option<(&'v SweepPoint, String)> {
    let best = known(view).reduce(|best, next| if before(&next.1, &best.1) { next } else { best });
    best.map(|(point, value)| (point, view.unit.show(value)))
}

/// The limit as what the number must be: `below 2 s`, `by 09:30`.
pub(in crate::report) fn limit(view: &View) -> Option<String> {
    let limit = view.limit?;
    let preposition = if matches!(view.unit, Unit::Instant(_)) { "by" } else { "below" };
    Some(format!("{preposition} {}", view.unit.show(limit)))
}

fn along(view: &View, axis: &AxisView) -> String {
    let what = &view.what;
    let points: Vec<&SweepPoint> = (0..axis.labels.len()).map(|k| view.point(&[k])).collect();
    let kept: Vec<Option<bool>> = points.iter().map(|point| view.kept(point)).collect();
    let Some(limit) = limit(view).filter(|_| view.is_promised()) else { return course(view, axis, &points) };
    let at_best = extreme(view, f64::lt).map(|(point, value)| format!("at best {value}, at {}", view.place_of(point)));
    let at_worst = extreme(view, f64::gt).map(|(point, value)| format!("at most {value}, at {}", view.place_of(point)));
    match Range::of(&kept, axis.numbers.is_some()) {
        Range::Everywhere => format!("{what} is {limit} everywhere: {}", at_worst.unwrap_or_default()),
        Range::Nowhere => format!("{what} is nowhere {limit}: {}", at_best.unwrap_or_default()),
        Range::From(k) => format!("{what} falls {limit} from {} on", axis.at(k)),
        Range::UpTo(k) => format!("{what} stays {limit} up to {}", axis.at(k)),
        Range::Mixed => {
            let good = kept.iter().filter(|kept| **kept == Some(true)).count();
            let values = plural(kept.len() as f64, "value");
            format!("{what} is {limit} at {good} of {values} of {}", axis.name)
        }
    }
}

/// A number without a limit: where it begins and ends, or where it is least and most.
fn course(view: &View, axis: &AxisView, points: &[&SweepPoint]) -> String {
    let what = &view.what;
    let values: Vec<f64> = points.iter().filter_map(|point| view.value(point).value).collect();
    let (least, most) =
        (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max));
    let show = |value: f64| view.unit.show(value);
    if most - least <= SAME * most.abs() {
        return format!("{what} is {} whatever the {}", show(most), axis.name);
    }
    let is_whole = values.len() == points.len() && axis.numbers.is_some();
    let (falls, rises) =
        (values.windows(2).all(|pair| pair[1] <= pair[0]), values.windows(2).all(|pair| pair[1] >= pair[0]));
    if is_whole && (falls || rises) {
        let verb = if falls { "falls" } else { "rises" };
        let (first, last) = (values[0], values[values.len() - 1]);
        return format!(
            "{what} {verb} from {} at {} to {} at {}",
            show(first),
            axis.at(0),
            show(last),
            axis.at(points.len() - 1)
        );
    }
    least_and_most(view)
}

fn least_and_most(view: &View) -> String {
    let told = |which: &str, found: Option<(&SweepPoint, String)>| {
        found.map_or_else(String::new, |(point, value)| format!("{which} {value} at {}", view.place_of(point)))
    };
    format!(
        "{} is {} and {}",
        view.what,
        told("at least", extreme(view, f64::lt)),
        told("at most", extreme(view, f64::gt))
    )
}

/// How far along the first axis a promise is kept, at both ends of the second one.
fn across(view: &View, first: &AxisView, second: &AxisView) -> Option<String> {
    let limit = limit(view).filter(|_| view.is_promised())?;
    let range = |column: usize| {
        let kept: Vec<Option<bool>> =
            (0..first.labels.len()).map(|row| view.kept(view.point(&[row, column]))).collect();
        Range::of(&kept, first.numbers.is_some())
    };
    let last = second.labels.len() - 1;
    let ranges = (range(0), range(last));
    if ranges.0 == ranges.1 && matches!(ranges.0, Range::Everywhere | Range::Nowhere) {
        return None;
    }
    let (one, other) = (ranges.0.words(first)?, ranges.1.words(first)?);
    Some(format!("{} is {limit} {one} at {}, {other} at {}", view.what, second.at(0), second.at(last)))
}

fn overall(view: &View) -> String {
    let Some(limit) = limit(view).filter(|_| view.is_promised()) else { return least_and_most(view) };
    let points = &view.sweep.points;
    let good = points.iter().filter(|point| view.kept(point) == Some(true)).count();
    let best = extreme(view, f64::lt).map(|(point, value)| format!("at best {value}, at {}", view.place_of(point)));
    format!("{} is {limit} at {good} of {} points: {}", view.what, points.len(), best.unwrap_or_default())
}

/// At how many points the number is not known, if at any.
pub(in crate::report) fn missing(view: &View) -> Option<String> {
    let (all, known) = (view.sweep.points.len(), known(view).count());
    (known < all).then(|| format!("no value at {} of {}", all - known, plural(all as f64, "point")))
}

/// What was swept, for the table and under the chart's title.
pub(in crate::report) fn engine(view: &View) -> String {
    let runs: Vec<u32> = view.sweep.points.iter().map(|point| point.replications).collect();
    let (least, most) = (runs.iter().min().copied().unwrap_or(0), runs.iter().max().copied().unwrap_or(0));
    match view.sweep.engine {
        EngineChoice::Fluid => "fluid equation".to_owned(),
        EngineChoice::Formula => "queueing theory".to_owned(),
        _ if least == most => plural(f64::from(most), "replication"),
        _ => format!("{} to {}", number::count(f64::from(least)), plural(f64::from(most), "replication")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_only_what_is_known() {
        let of = |text: &str, is_ordered| {
            let kept: Vec<Option<bool>> = text
                .chars()
                .map(|sign| match sign {
                    '+' => Some(true),
                    '-' => Some(false),
                    _ => None,
                })
                .collect();
            Range::of(&kept, is_ordered)
        };
        for (text, range) in [
            ("+++", Range::Everywhere),
            ("---", Range::Nowhere),
            ("--+", Range::From(2)),
            ("?-++", Range::From(2)),
            ("++-?", Range::UpTo(1)),
            ("++?", Range::UpTo(1)),
            ("-+-", Range::Mixed),
            ("+-+", Range::Mixed),
            ("+?+", Range::Mixed),
            ("?-", Range::Mixed),
        ] {
            assert_eq!(of(text, true), range, "{text}");
        }
        assert_eq!(of("--+", false), Range::Mixed);
        assert_eq!(of("+++", false), Range::Everywhere);
    }

    #[test]
    fn sentences_begin_with_a_capital_and_quantiles_do_not() {
        assert_eq!([capital("mean wait"), capital("p99 wait")], ["Mean wait", "p99 wait"]);
    }
}
