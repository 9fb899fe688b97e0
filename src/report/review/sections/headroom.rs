//! Headroom: how much more load the promises bear, what breaks first, and the date on which growth is there.

use super::super::document::{
    Cell, Column, KeyNumber, Limit, ReviewChart, ReviewTable, Section, Series, Shape, Unit, XAxis,
};
use super::{Context, sentence};
use crate::measure::{Estimate, KeptShare};
use crate::model::Model;
use crate::report::clock::Clock;
use crate::report::number::{duration, plain, share};
use crate::study::headroom::Headroom;

/// The section, if headroom was looked for.
pub(super) fn section(context: &Context) -> Option<Section> {
    let headroom = context.source.findings.headroom.as_ref()?;
    let saturation = headroom.saturation.iter().take(3).map(|saturation| {
        let peak = saturation
            .at_peak
            .map_or_else(String::new, |peak| format!(", {} times in its busiest interval", plain(peak)));
        format!(
            "{} has more work over the whole run than it can do from {} times today's load on{peak}.",
            saturation.name,
            plain(saturation.on_average)
        )
    });
    let notes = saturation.chain(std::iter::once(format!(
        "From the limits of {} runs; all promises are kept today in {} of {} runs.",
        headroom.procedure.replications(),
        headroom.kept_now.kept,
        headroom.kept_now.runs
    )));
    Some(Section {
        id: "headroom",
        heading: "Headroom and its end",
        finding: sentence(&finding(headroom)),
        notes: notes.chain(headroom.notes.iter().map(|note| sentence(note))).collect(),
        charts: curve(headroom).into_iter().collect(),
        tables: promises(headroom).into_iter().collect(),
        ..Section::default()
    })
}

/// What the first screen takes from it.
pub(super) fn key_numbers(headroom: &Headroom) -> Vec<KeyNumber> {
    let mut numbers = Vec::new();
    if let Some(factor) = headroom.factor.value {
        let interval =
            interval(&headroom.factor).map_or_else(String::new, |interval| format!("{interval} with 95 % confidence"));
        numbers.push(KeyNumber { name: "headroom".to_owned(), value: more(factor), note: interval });
    }
    let due = headroom.due.as_ref().and_then(|due| due.after_s.value);
    if let Some(after_s) = due {
        numbers.push(KeyNumber {
            name: "headroom gone".to_owned(),
            value: date(&headroom.model, after_s),
            note: growth(headroom).unwrap_or_default(),
        });
    }
    numbers
}

/// `38 % more`, `12 % less`.
fn more(factor: f64) -> String {
    if factor >= 1.0 { format!("{} more", share(factor - 1.0)) } else { format!("{} less", share(1.0 - factor)) }
}

fn interval(factor: &Estimate) -> Option<String> {
    let (low, high) = factor.low.zip(factor.high)?;
    // One word for both where both are on one side.
    if low >= 1.0 {
        Some(format!("{} to {}", share(low - 1.0), more(high)))
    } else {
        Some(format!("{} to {}", more(low), more(high)))
    }
}

/// A date of the calendar, or how long until then.
pub(super) fn date(model: &Model, after_s: f64) -> String {
    let at = Clock::of(model)
        .start()
        .and_then(|start| start.checked_add(jiff::SignedDuration::try_from_secs_f64(after_s).ok()?).ok());
    at.map_or_else(|| format!("{} from now", duration(after_s)), |at| at.strftime("%-d %B %Y").to_string())
}

/// `at 4 % every 30d`.
fn growth(headroom: &Headroom) -> Option<String> {
    let due = headroom.due.as_ref()?;
    Some(format!("at a growth of {} every {}", share(due.growth.share), duration(due.growth.every_s)))
}

fn finding(headroom: &Headroom) -> String {
    let kept_in = share(headroom.options.kept_in);
    let Some(factor) = headroom.factor.value else {
        let why = headroom.factor.why_not.as_deref().unwrap_or("no limit was found");
        let least =
            headroom.factor.low.map_or_else(String::new, |low| format!(" up to {} times today's load", plain(low)));
        return format!("No promise breaks{least}: {why}");
    };
    let interval =
        interval(&headroom.factor).map_or_else(String::new, |words| format!(" ({words} with 95 % confidence)"));
    let first = headroom.first.and_then(|first| headroom.promises.get(first));
    let first = first.map_or_else(String::new, |first| format!("; {} breaks first", first.name));
    let borne = if factor >= 1.0 {
        format!(
            "The load can grow by {}{interval} until fewer than {kept_in} of runs keep all promises{first}",
            share(factor - 1.0)
        )
    } else {
        format!(
            "There is no headroom: the load would have to be {}{interval} for {kept_in} of runs to keep all \
             promises{first}",
            more(factor)
        )
    };
    let due = headroom.due.as_ref().filter(|_| factor >= 1.0).and_then(|due| {
        let at = date(&headroom.model, due.after_s.value?);
        let ends = due.after_s.low.zip(due.after_s.high);
        let ends = ends.map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", date(&headroom.model, low), date(&headroom.model, high))
        });
        Some(format!(". {}, that is used up on {at}{ends}", capitalised(&growth(headroom)?)))
    });
    format!("{borne}{}", due.unwrap_or_default())
}

fn capitalised(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// Share of runs that keep all promises against the load.
fn curve(headroom: &Headroom) -> Option<ReviewChart> {
    if headroom.curve.len() < 2 {
        return None;
    }
    let kept: Vec<Option<KeptShare>> = headroom.curve.iter().map(|at| Some(at.kept)).collect();
    Some(ReviewChart {
        id: "headroom-curve".to_owned(),
        title: sentence(&finding(headroom)).trim_end_matches('.').split(". ").next().unwrap_or_default().to_owned(),
        description: "Share of runs that keep all promises when every producer publishes so many times what it does \
                      today."
            .to_owned(),
        x: XAxis::Number {
            label: "load, times today's".to_owned(),
            unit: Unit::Plain,
            values: headroom.curve.iter().map(|at| at.factor).collect(),
        },
        y_label: "share of runs".to_owned(),
        y_unit: Unit::Share,
        y_log: false,
        series: vec![Series::kept(Shape::Line, &kept)],
        limits: vec![Limit {
            name: format!("demanded: {}", share(headroom.options.kept_in)),
            value: headroom.options.kept_in,
        }],
        marks: Vec::new(),
        thinned: None,
    })
}

fn promises(headroom: &Headroom) -> Option<ReviewTable> {
    let row = |promise: &crate::study::headroom::PromiseHeadroom| {
        let typical = &promise.typical;
        let mut row = vec![Cell::text(promise.name.clone()), Cell::text(promise.promise.clone())];
        row.extend([typical.value, typical.low, typical.high].map(|value| Cell::number(value, &Unit::Plain)));
        row.push(Cell::number(promise.first_in, &Unit::Share));
        row
    };
    (!headroom.promises.is_empty()).then(|| ReviewTable {
        id: "headroom-promises".to_owned(),
        caption: "Each promise by itself: the load at which half of the runs still keep it".to_owned(),
        columns: vec![
            Column::text("name"),
            Column::text("promise"),
            Column::number("times today's load", Unit::Plain),
            Column::number("95 % interval: low", Unit::Plain),
            Column::number("high", Unit::Plain),
            Column::number("breaks first in", Unit::Share),
        ],
        rows: headroom.promises.iter().map(row).collect(),
    })
}
