//! A review as one page: no network, no file beside it, and nothing in it that its author did not mean as markup.
//!
//! Every text goes through the template's escaping. The page forbids itself everything but its own scripts and styles,
//! which it names by their hashes. Without scripts all of it is still there.

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::data;
use super::document::{KeyNumber, Review, ReviewChart, ReviewTable, Section, Verdict};
use super::svg::{self, Colours};

static CHART_LIBRARY: &str = include_str!("vendor/uPlot.iife.min.js");
static CHART_STYLE: &str = include_str!("vendor/uPlot.min.css");
static PAGE_SCRIPT: &str = include_str!("page.js");
static PAGE_STYLE: &str = include_str!("page.css");
static LICENCE: &str = include_str!("vendor/LICENSE-uPlot.txt");

/// Rows of a chart's own table; its download has all.
const CHART_ROWS: usize = 60;

/// The whole file.
pub(super) fn page(review: &Review) -> String {
    let styles = [CHART_STYLE, PAGE_STYLE];
    let scripts = [CHART_LIBRARY, PAGE_SCRIPT];
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&scripts, &styles));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "forebay " (env!("CARGO_PKG_VERSION")) };
                title { (review.title) " – capacity review" }
                @for style in styles { style { (PreEscaped(style)) } }
            }
            body {
                a class="skip" href="#verdict" { "Skip to the verdict" }
                (head(review))
                (contents(review))
                main id="main" {
                    (lead(review))
                    @for section in &review.sections { (section_markup(section)) }
                }
                (foot())
                script type="application/json" id="review-data" { (PreEscaped(data::block(review))) }
                @for script in scripts { script { (PreEscaped(script)) } }
            }
        }
    };
    markup.into_string()
}

/// What the page may do: run and style with what it holds itself, show pictures that it holds, nothing else.
fn policy(scripts: &[&str], styles: &[&str]) -> String {
    let hashes = |texts: &[&str]| {
        let hash = |text: &&str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
        texts.iter().map(hash).collect::<Vec<String>>().join(" ")
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hashes(scripts),
        hashes(styles)
    )
}

fn head(review: &Review) -> Markup {
    html! {
        header {
            p class="kind" { "Capacity review" }
            h1 dir="auto" { (review.title) }
            @if let Some(description) = &review.description { p class="description" dir="auto" { (description) } }
        }
    }
}

fn contents(review: &Review) -> Markup {
    html! {
        nav aria-label="Sections" {
            ol {
                li { a href="#verdict" { "Verdict" } }
                @for section in &review.sections { li { a href={ "#" (section.id) } { (section.heading) } } }
            }
        }
    }
}

fn lead(review: &Review) -> Markup {
    let lead = &review.lead;
    html! {
        section id="verdict" aria-labelledby="verdict-heading" {
            h2 id="verdict-heading" { "The question and the verdict" }
            p class="asked" { (lead.asked) }
            p class="finding" { (lead.finding) }
            @if !lead.verdicts.is_empty() {
                ul class="verdicts" { @for verdict in &lead.verdicts { (verdict_markup(verdict)) } }
            }
            @if !lead.numbers.is_empty() {
                dl class="numbers" { @for number in &lead.numbers { (number_markup(number)) } }
            }
            (notes(&lead.notes))
        }
    }
}

fn verdict_markup(verdict: &Verdict) -> Markup {
    let word = verdict.holding.word();
    html! {
        li class={ "verdict " (word) } {
            span class="word" { (word) } " "
            span class="promise" { (verdict.name) } ": "
            span class="sentence" { (verdict.sentence) }
        }
    }
}

fn number_markup(number: &KeyNumber) -> Markup {
    html! {
        div {
            dt { (number.name) }
            dd { span class="value" { (number.value) } " " span class="note" { (number.note) } }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    html! { @if !notes.is_empty() { ul class="notes" { @for note in notes { li { (note) } } } } }
}

fn section_markup(section: &Section) -> Markup {
    let heading = format!("{}-heading", section.id);
    html! {
        section id=(section.id) aria-labelledby=(heading) {
            h2 id=(heading) { (section.heading) }
            p class="finding" { (section.finding) }
            @for chart in &section.charts { (figure(chart)) }
            @for table in &section.tables { (table_markup(table)) }
            (notes(&section.notes))
            @for text in &section.texts {
                h3 { (text.caption) }
                pre dir="auto" tabindex="0" { code { (text.text) } }
            }
        }
    }
}

fn figure(chart: &ReviewChart) -> Markup {
    html! {
        figure class="chart" id={ "chart-" (chart.id) } data-chart=(chart.id) {
            figcaption {
                h3 class="title" { (chart.title) }
                p class="description" { (chart.description) }
                @if let Some(thinned) = &chart.thinned { p class="thinned" { (thinned) } }
            }
            div class="static" { (svg::draw(chart, Colours::Page)) }
            details {
                summary { "Numbers of this chart" }
                (table_markup(&chart.table(CHART_ROWS)))
            }
        }
    }
}

fn table_markup(table: &ReviewTable) -> Markup {
    html! {
        div class="table" role="region" tabindex="0" aria-label=(table.caption) {
            table id=(table.id) data-table=(table.id) {
                caption { (table.caption) }
                thead {
                    tr {
                        @for column in &table.columns {
                            @let unit = column.unit.as_ref();
                            @let (key, class) = (unit.map(super::document::Unit::key), unit.map(|_| "number"));
                            th scope="col" data-unit=[key] class=[class] {
                                (column.name)
                            }
                        }
                    }
                }
                tbody { @for row in &table.rows { (row_markup(table, row)) } }
            }
        }
    }
}

fn row_markup(table: &ReviewTable, row: &[super::document::Cell]) -> Markup {
    html! {
        tr {
            @for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                @let class = column.unit.as_ref().map(|_| "number");
                @if place == 0 {
                    th scope="row" data-value=[cell.value] class=[class] { (cell.text) }
                } @else {
                    td data-value=[cell.value] class=[class] { (cell.text) }
                }
            }
        }
    }
}

fn foot() -> Markup {
    html! {
        footer {
            p {
                "Written by forebay " (env!("CARGO_PKG_VERSION"))
                ". This file holds everything it shows; it loads nothing."
            }
            details {
                summary { "Licence of the chart library in this file" }
                pre tabindex="0" { (LICENCE) }
            }
        }
    }
}
