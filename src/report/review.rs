//! Everything that comes out of a review: one page that people forward, its Markdown, its numbers.
//!
//! `sections` says what was found, `document` holds it, `html`, `svg` and `markdown` show it, `data` gives the page's
//! script its numbers, `changes` holds it against a former one. Not here: finding it out (`study::review`).

mod data;
mod document;
mod former;
mod html;
mod markdown;
mod sections;
mod svg;
mod text;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

pub use former::Former;

use super::chart::raster;
use super::stage::Stage;
use super::{ReportError, ReportOptions, compare_json, headroom_json, plan_json, summary_json};
use crate::scenario::presets::Applied;
use crate::study::Findings;
use document::{Review, ReviewChart};
use svg::Colours;

/// What a review is made of.
#[derive(Clone, Copy)]
pub struct ReviewSource<'a> {
    /// What was found out.
    pub findings: &'a Findings,
    /// Where the scenario came from, as typed.
    pub file: &'a str,
    /// The scenario, word by word.
    pub text: &'a str,
    /// Changes on top of it, as typed: `consumers.workers.replicas=6`.
    pub changes: &'a [String],
    /// The defaults of its presets.
    pub presets: &'a [Applied],
    /// What is doubtful in it.
    pub warnings: &'a [String],
    /// An earlier answer to hold it against.
    pub former: Option<&'a Former>,
}

/// Begin of every chart's file name, so that an earlier review's can be told from other pictures.
const PREFIX: &str = "review-";

/// Writes `charts/review-*.png`, `review.md` that shows them, `review.json` and, last, `review.html` into `folder`, as
/// [`write()`](super::write()) does with a run: all of it or nothing. What a run has written there is left alone.
///
/// # Errors
/// When a folder or file cannot be created or replaced. Then `folder` is as it was.
pub fn write_review(
    source: &ReviewSource,
    folder: &Path,
    options: &ReportOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let review = document_of(source);
    let mut stage = Stage::open(folder)?;
    if options.charts {
        for (name, png) in pictures(&review)? {
            stage.add(&name, &png)?;
        }
    }
    stage.add("review.md", with_visible_controls(&markdown::page(&review, options.charts)).as_bytes())?;
    stage.add("review.json", format!("{:#}\n", json_of(source, &review)).as_bytes())?;
    stage.add("review.html", with_visible_controls(&html::page(&review)).as_bytes())?;
    stage.replace(is_reviews)
}

/// Whether a file's name is one of ours.
fn is_reviews(name: &str) -> bool {
    let is_picture = Path::new(name).extension().is_some_and(|ending| ending == "png");
    name.starts_with(PREFIX) && is_picture
}

/// Names and contents of all charts as pictures.
fn pictures(review: &Review) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let charts: Vec<&ReviewChart> = review.sections.iter().flat_map(|section| &section.charts).collect();
    let draw = |chart: &&ReviewChart| {
        let drawn = svg::draw(chart, Colours::Own).into_string();
        let png = raster::png(&drawn).map_err(|reason| ReportError::Chart { name: chart.id.clone(), reason })?;
        Ok((picture_name(chart), png))
    };
    charts.par_iter().map(draw).collect()
}

fn picture_name(chart: &ReviewChart) -> String {
    format!("charts/{PREFIX}{}.png", chart.id)
}

/// The page: one file that needs no other and no network.
pub fn review_html(source: &ReviewSource) -> String {
    with_visible_controls(&html::page(&document_of(source)))
}

/// The text with signs that turn the direction of others shown by their code points: they could make a page say the
/// opposite of what it says. Hebrew or Arabic needs none of them.
fn with_visible_controls(page: &str) -> String {
    let turns = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(page.len());
    for part in page.split_inclusive(turns) {
        match part.chars().next_back().filter(|sign| turns(*sign)) {
            Some(sign) => {
                shown.push_str(&part[..part.len() - sign.len_utf8()]);
                let code = format!("[U+{:04X}]", u32::from(sign));
                shown.push_str(&code);
            }
            None => shown.push_str(part),
        }
    }
    shown
}

/// The verdict and the findings for the terminal, in lines of at most `width` columns.
pub fn review_text(source: &ReviewSource, width: usize) -> String {
    text::text(&document_of(source), width)
}

/// What was found, for programs, and for [`Former::read`] when the next review comes: no clock in it, so that equal
/// scenarios give equal bytes.
pub fn review_json(source: &ReviewSource) -> Value {
    json_of(source, &document_of(source))
}

fn json_of(source: &ReviewSource, review: &Review) -> Value {
    let findings = source.findings;
    let verdicts =
        review.lead.verdicts.iter().map(|verdict| {
            (verdict.name.clone(), json!({ "is": verdict.holding.word(), "sentence": verdict.sentence }))
        });
    let sections = review.sections.iter().map(|section| (section.id.to_owned(), json!(section.finding)));
    let outage = findings.outage.as_ref().map(|outage| {
        let summary = timeless(summary_json(&outage.outcome));
        json!({ "from_s": outage.from_s, "until_s": outage.until_s, "summary": summary })
    });
    let left_out = findings.left_out.iter().map(|left| json!({ "what": left.what, "why": left.why }));
    json!({
        "forebay": env!("CARGO_PKG_VERSION"),
        "scenario": review.name,
        "title": review.title,
        "file": source.file,
        "finding": review.lead.finding,
        "judged": findings.judged.as_ref().map(|judged| json!({
            "strategy": judged.name, "is_best": judged.is_best, "of": judged.of,
        })),
        "verdicts": verdicts.collect::<Map<String, Value>>(),
        "sections": sections.collect::<Map<String, Value>>(),
        "compared_with": source.former.map(|former| &former.label),
        "left_out": left_out.collect::<Vec<Value>>(),
        "summary": timeless(summary_json(&findings.outcome)),
        "compare": findings.comparison.as_ref().map(|comparison| timeless(compare_json(comparison))),
        "plan": findings.plan.as_ref().map(|plan| timeless(plan_json(plan))),
        "headroom": findings.headroom.as_ref().map(|headroom| timeless(headroom_json(headroom))),
        "outage": outage,
        "set": source.changes,
        "text": source.text,
    })
}

/// Without the time that it took.
fn timeless(mut value: Value) -> Value {
    if let Some(entries) = value.as_object_mut() {
        entries.shift_remove("wall_s");
    }
    value
}

fn document_of(source: &ReviewSource) -> Review {
    let mut review = sections::review(source);
    document::fit(&mut review);
    review
}

#[cfg(test)]
mod tests;
