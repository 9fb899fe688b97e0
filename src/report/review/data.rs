//! The charts' numbers as one JSON block in the page, read by its script.
//!
//! ```json
//! { "version": 1, "name": "flash-sale",
//!   "charts": {
//!     "CHART-ID": {
//!       "title": "…", "description": "…",
//!       "x": {"kind": "time", "label": "UTC, 27 November 2026", "start": "2026-11-27T08:00:00", "horizon": 7200,
//!             "values": [10, 20]},
//!       "y": {"label": "messages", "unit": "messages", "log": false},
//!       "series": [ {"id": "mean", "name": "mean", "unit": "messages", "shape": "line", "colour": 0, "dash": [],
//!                    "values": [1.5, null],
//!                    "band": {"name": "5–95 % of runs", "low": [1, null], "high": [2, null]}} ],
//!       "limits": [ {"name": "small: below 10k", "value": 10000} ],
//!       "marks": [ {"name": "peak", "x": 3600} ],
//!       "thinned": null } } }
//! ```
//!
//! `CHART-ID` is the `data-chart` of a `<figure>`. `x.kind` is `time` (seconds since the start at the end of each
//! interval; `start` is the wall clock's date and time there, without a zone, or null), `category` (`values` are names)
//! or `number` (with a `unit`). `shape` is `line`, `step` (an average over the interval that ends at its place)
//! or `points`. A `colour` of k is the style sheet's `--ck`. `band` may be null, and so may every value. Units
//! are base units: `messages`, `per_s`, `s`, `share` (of one), `replicas`, `replica_h`, a currency, or nothing.

use serde_json::{Map, Value, json};

use super::document::{Band, Review, ReviewChart, Series, XAxis};
use crate::report::number::rounded;

/// Significant digits of every number: more than any estimate has.
const DIGITS: i32 = 6;

/// The block as text that holds no sign with a meaning in HTML.
pub(super) fn block(review: &Review) -> String {
    let charts = review.sections.iter().flat_map(|section| &section.charts);
    let charts: Map<String, Value> = charts.map(|chart| (chart.id.clone(), chart_json(chart))).collect();
    let mut data = json!({ "version": 1, "name": review.name, "charts": charts });
    crate::report::json::whole_numbers(&mut data);
    inert(&data.to_string())
}

/// JSON that stays JSON wherever it stands in a page: nothing in it opens, closes or names markup.
pub(super) fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        match sign {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            sign => text.push(sign),
        }
    }
    text
}

fn chart_json(chart: &ReviewChart) -> Value {
    let limits = chart.limits.iter().map(|limit| json!({ "name": limit.name, "value": limit.value }));
    let marks = chart.marks.iter().map(|mark| json!({ "name": mark.name, "x": short(mark.x) }));
    json!({
        "title": chart.title,
        "description": chart.description,
        "x": x_json(&chart.x),
        "y": { "label": chart.y_label, "unit": chart.y_unit.key(), "log": chart.y_log },
        "series": chart.series.iter().map(series_json).collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
        "marks": marks.collect::<Vec<_>>(),
        "thinned": chart.thinned,
    })
}

fn x_json(x: &XAxis) -> Value {
    match x {
        XAxis::Time { ends_s, clock } => json!({
            "kind": "time",
            "label": clock.caption(),
            "start": clock.start().map(|start| start.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            "horizon": clock.horizon_s(),
            // Instants of a year need more digits than any measured number.
            "values": ends_s.iter().map(|time_s| rounded(*time_s, 12)).collect::<Vec<_>>(),
        }),
        XAxis::Category { label, names } => json!({ "kind": "category", "label": label, "values": names }),
        XAxis::Number { label, unit, values } => json!({
            "kind": "number",
            "label": label,
            "unit": unit.key(),
            "values": values.iter().copied().map(short).collect::<Vec<_>>(),
        }),
    }
}

fn series_json(series: &Series) -> Value {
    json!({
        "id": series.id,
        "name": series.name,
        "unit": series.unit.key(),
        "shape": series.shape.key(),
        "colour": series.style.colour,
        "dash": series.style.dash,
        "values": numbers(&series.values),
        "band": series.band.as_ref().map(band_json),
    })
}

fn band_json(band: &Band) -> Value {
    json!({ "name": band.name, "low": numbers(&band.low), "high": numbers(&band.high) })
}

fn numbers(values: &[Option<f64>]) -> Vec<Option<f64>> {
    values.iter().map(|value| value.map(short)).collect()
}

fn short(value: f64) -> f64 {
    rounded(value, DIGITS)
}
