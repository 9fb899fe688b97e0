//! Everything that comes out of a review: one page that people forward, its Markdown, its numbers.
//!
//! `sections` says what was found, `document` holds it, `html`, `svg` and `markdown` show it, `data` gives the page's
//! script its numbers, `changes` holds it against a former one. Not here: finding it out (`study::review`).

mod data;
mod document;
mod html;
mod sections;
mod svg;

use crate::scenario::presets::Applied;
use crate::study::Findings;
use document::Review;

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
}

/// The page: one file that needs no other and no network.
pub fn review_html(source: &ReviewSource) -> String {
    html::page(&document_of(source))
}

fn document_of(source: &ReviewSource) -> Review {
    let mut review = sections::review(source);
    document::fit(&mut review);
    review
}
