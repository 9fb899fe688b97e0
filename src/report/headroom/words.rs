//! Sentences about headroom, for the table and the chart.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::super::number::{count, duration, plain, share};
use crate::measure::Estimate;
use crate::model::{Promise, Slo};
use crate::study::Headroom;
use crate::study::headroom::{Procedure, PromiseHeadroom};

const DAY_S: f64 = 86_400.0;
/// Mean length of a month of the Gregorian calendar.
const MONTH_S: f64 = 30.436_875 * DAY_S;

/// Factors from here on are said as multiples.
const MULTIPLES_FROM: f64 = 4.0;

/// What a factor is more than today, in percent. Factors are known to a share of themselves: more digits than these
/// would pretend.
fn percent(factor: f64) -> f64 {
    let percent = ((factor - 1.0) * 1000.0).round() / 10.0;
    if percent.abs() >= 20.0 { percent.round() } else { percent }
}

/// `by 38 %`, or `to 6.4 times today's`: how far load may grow, for a factor of at least 1.
pub(in crate::report) fn grows(factor: f64) -> String {
    if factor >= MULTIPLES_FROM {
        format!("to {} times today's", plain(factor))
    } else {
        format!("by {} %", plain(percent(factor)))
    }
}

/// `+38 %`, `-13 %` or `× 6.4`: a factor beside others.
pub(in crate::report) fn change(factor: f64) -> String {
    let percent = percent(factor);
    match factor {
        factor if factor >= MULTIPLES_FROM => format!("× {}", plain(factor)),
        _ if percent > 0.0 => format!("+{} %", plain(percent)),
        _ if percent < 0.0 => format!("-{} %", plain(-percent)),
        _ => "0 %".to_owned(),
    }
}

/// `+36 % to +40 %`, or what is known of it.
pub(in crate::report) fn interval(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} to {}", change(low), change(high)),
        (Some(low), None) => format!("at least {}", change(low)),
        (None, Some(high)) => format!("at most {}", change(high)),
        (None, None) => "no interval".to_owned(),
    }
}

/// `fresh (orders: p99 latency below 2 s)`.
pub(in crate::report) fn promise(headroom: &Headroom, place: usize) -> String {
    let PromiseHeadroom { name, promise, .. } = &headroom.promises[place];
    format!("{name} ({promise} {})", limit(&headroom.model.slos[place]))
}

/// `below 2 s`.
fn limit(slo: &Slo) -> String {
    match slo.promise {
        Promise::Latency(_, limit_s) | Promise::Wait(_, limit_s) => format!("below {}", duration(limit_s)),
        Promise::Depth(_, limit) => format!("below {}", count(limit)),
        Promise::LossShare(limit) => format!("below {}", share(limit)),
        Promise::DrainedBy(by_s) => duration(by_s),
    }
}

/// The answer in one sentence.
pub(in crate::report) fn answer(headroom: &Headroom) -> String {
    let factor = &headroom.factor;
    let breaks =
        headroom.first.map_or("a promise breaks".to_owned(), |first| format!("{} breaks", promise(headroom, first)));
    match (factor.value, factor.low, factor.high) {
        (Some(value), ..) if value >= 1.0 => {
            format!("load may grow {} ({}) before {breaks}", grows(value), interval(factor))
        }
        (Some(value), ..) => format!(
            "NONE: the promises hold only up to {} of today's load ({} to {}), then {breaks}",
            share(rounded(value)),
            factor.low.map_or("less".to_owned(), |low| share(rounded(low))),
            factor.high.map_or("more".to_owned(), |high| share(rounded(high)))
        ),
        (None, Some(low), None) if headroom.first.is_none() => {
            format!("nothing breaks up to {} times the load, the most that was tried", plain(low))
        }
        (None, Some(low), _) => format!("load may grow at least {} before {breaks}", grows(low.max(1.0))),
        (None, None, Some(high)) => format!("NONE: even at {} of today's load {breaks}", share(rounded(high))),
        (None, None, None) => "UNKNOWN".to_owned(),
    }
}

fn rounded(factor: f64) -> f64 {
    (factor * 1000.0).round() / 1000.0
}

/// What the answer claims, and how it is known; `None` where no limit was found.
pub(super) fn claim(headroom: &Headroom) -> Option<String> {
    headroom.factor.value?;
    let kept_in = share(headroom.options.kept_in);
    let replications = headroom.procedure.replications();
    let how = match headroom.procedure {
        Procedure::Counted { .. } => "counted, whatever their law",
        Procedure::Scattered { .. } => "their limits taken as lognormal",
    };
    Some(format!(
        "Up to there {kept_in} of runs keep all promises: {replications} replications, {how}; the interval is right \
         with 95 %."
    ))
}

/// When growth gets there.
pub(super) fn date(headroom: &Headroom) -> String {
    let Some(due) = &headroom.due else {
        return "`growth: 4% per 30d` in the scenario would say when.".to_owned();
    };
    let pace = format!("At {} per {}", share(due.growth.share), duration(due.growth.every_s));
    let factor = &headroom.factor;
    match factor.value {
        Some(value) if value < 1.0 => format!("{pace} there is no time left."),
        Some(value) => {
            let ends = [factor.low, factor.high].map(|end| end.map(|end| moment(headroom, end.max(1.0))));
            let between = match ends {
                [Some(low), Some(high)] if low != high => format!(" ({})", span(&low, &high)),
                _ => String::new(),
            };
            format!("{pace} that is {}{between}.", moment(headroom, value))
        }
        None => match factor.low.filter(|low| *low >= 1.0) {
            Some(low) => format!("{pace} that is not before {}.", moment(headroom, low)),
            None => format!("{pace} there is no date: {}.", factor.why_not.as_deref().unwrap_or("it is not known")),
        },
    }
}

/// `14 March 2027`, or `in 14.2 months` without a calendar.
pub(in crate::report) fn moment(headroom: &Headroom, factor: f64) -> String {
    match (reached(headroom, factor), &headroom.due) {
        (Some(date), _) => date.strftime("%-d %B %Y").to_string(),
        (None, Some(due)) => after(due.growth.time_to(factor)),
        (None, None) => String::new(),
    }
}

/// The month of it, for a title or an axis.
pub(in crate::report) fn month(headroom: &Headroom, factor: f64) -> Option<String> {
    let due = headroom.due.as_ref()?;
    match reached(headroom, factor) {
        Some(date) => Some(date.strftime("%b %Y").to_string()),
        None => Some(after(due.growth.time_to(factor))),
    }
}

/// `in 14.2 months`.
fn after(seconds: f64) -> String {
    let months = seconds / MONTH_S;
    let tenth = |x: f64| plain((x * 10.0).round() / 10.0);
    match months {
        months if months < 2.0 => format!("in {} days", (seconds / DAY_S).round()),
        months if months < 36.0 => format!("in {} months", tenth(months)),
        months => format!("in {} years", tenth(months / 12.0)),
    }
}

/// `in 11.7 to 13.6 months`, `1 March 2027 to 4 April 2027`: what both ends begin or end with is said once.
fn span(low: &str, high: &str) -> String {
    let high = high.strip_prefix("in ").unwrap_or(high);
    let unit = |text: &str| text.rsplit_once(' ').map(|(_, unit)| unit.to_owned());
    match low.strip_prefix("in ").and_then(|_| low.rsplit_once(' ')) {
        Some((begin, last)) if unit(high).as_deref() == Some(last) => format!("{begin} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

/// Date and time at which growth reaches a factor of at least 1, on the scenario's clock.
pub(super) fn reached(headroom: &Headroom, factor: f64) -> Option<DateTime> {
    let (due, start) = (headroom.due.as_ref()?, headroom.model.start?);
    if factor < 1.0 {
        return None;
    }
    let after = jiff::SignedDuration::try_from_secs_f64(due.growth.time_to(factor)).ok()?;
    let offset = Offset::from_seconds(headroom.model.start_offset_s).unwrap_or(Offset::UTC);
    Some(offset.to_datetime(start.checked_add(after).ok()?))
}

/// The chart's title: the finding.
pub(in crate::report) fn title(headroom: &Headroom) -> String {
    let factor = &headroom.factor;
    let breaks = headroom.first.map_or("a promise".to_owned(), |first| {
        format!("{} {}", headroom.promises[first].promise, limit(&headroom.model.slos[first]))
    });
    match (factor.value, factor.low) {
        (Some(value), _) if value >= 1.0 => {
            let when = month(headroom, value).map_or(String::new(), |when| {
                let pace = headroom.due.as_ref().map_or(String::new(), |due| {
                    format!("at {} per {}", share(due.growth.share), duration(due.growth.every_s))
                });
                format!("; {pace} that is {when}")
            });
            format!("Load may grow {} before {breaks} breaks{when}", grows(value))
        }
        (Some(value), _) => format!("Today's load is too much: {breaks} holds up to {} of it", share(rounded(value))),
        (None, Some(low)) => format!("No promise breaks up to {} times the load", plain(low)),
        (None, None) => format!("{breaks} is broken whatever the load"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_a_span_share_their_words() {
        assert_eq!(span("in 11.7 months", "in 13.6 months"), "in 11.7 to 13.6 months");
        assert_eq!(span("in 50 days", "in 2.3 months"), "in 50 days to 2.3 months");
        assert_eq!(span("1 March 2027", "4 April 2027"), "1 March 2027 to 4 April 2027");
    }

    #[test]
    fn factors_are_said_in_one_style() {
        assert_eq!(
            [1.0, 1.043, 1.38, 0.87, 3.99, 6.4].map(change),
            ["0 %", "+4.3 %", "+38 %", "-13 %", "+299 %", "× 6.4"]
        );
        assert_eq!([1.0, 1.043, 1.38, 6.4].map(grows), ["by 0 %", "by 4.3 %", "by 38 %", "to 6.4 times today's"]);
        let between = Estimate { value: Some(1.0), low: Some(0.976), high: Some(1.015), why_not: None };
        assert_eq!(interval(&between), "-2.4 % to +1.5 %");
    }
}
