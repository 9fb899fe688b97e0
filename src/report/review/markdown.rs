//! A review as Markdown, for pull requests and wikis, with its pictures beside it.
//!
//! Every text is escaped: nothing that a scenario holds becomes markup, a link or a picture.

use super::document::{Cell, Review, ReviewTable, Section, Verbatim};
use super::picture_name;

/// Rows of a table that a reader of a pull request would look at.
const MOST_ROWS: usize = 30;

/// The whole file; with `charts` it shows the pictures that stand beside it.
pub(super) fn page(review: &Review, charts: bool) -> String {
    let mut out = vec![format!("# {}", text(&review.title)), String::new()];
    if let Some(description) = &review.description {
        out.extend([text(description), String::new()]);
    }
    let lead = &review.lead;
    out.extend([text(&lead.asked), String::new(), format!("**{}**", text(&lead.finding)), String::new()]);
    if !lead.verdicts.is_empty() {
        out.extend(["| promise | is | because |", "|---|---|---|"].map(str::to_owned));
        out.extend(lead.verdicts.iter().map(|verdict| {
            format!("| {} | **{}** | {} |", text(&verdict.name), verdict.holding.word(), text(&verdict.sentence))
        }));
        out.push(String::new());
    }
    for number in &lead.numbers {
        out.push(format!("- {}: **{}** {}", text(&number.name), text(&number.value), text(&number.note)));
    }
    out.extend(lead.notes.iter().map(|note| format!("- {}", text(note))));
    out.push(String::new());
    for section in &review.sections {
        section_lines(section, charts, &mut out);
    }
    out.push(format!(
        "Written by forebay {}; review.html beside this file holds all of it.",
        env!("CARGO_PKG_VERSION")
    ));
    out.push(String::new());
    out.join("\n")
}

fn section_lines(section: &Section, charts: bool, out: &mut Vec<String>) {
    out.extend([format!("## {}", section.heading), String::new(), text(&section.finding), String::new()]);
    for chart in section.charts.iter().filter(|_| charts) {
        out.extend([format!("![{}]({})", text(&chart.title), picture_name(chart)), String::new()]);
    }
    for table in &section.tables {
        table_lines(table, out);
    }
    if !section.notes.is_empty() {
        out.extend(section.notes.iter().map(|note| format!("- {}", text(note))));
        out.push(String::new());
    }
    for verbatim in &section.texts {
        verbatim_lines(verbatim, out);
    }
}

fn table_lines(table: &ReviewTable, out: &mut Vec<String>) {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let left = table.rows.len().saturating_sub(MOST_ROWS);
    let more = if left > 0 { format!(" ({left} more rows in review.html)") } else { String::new() };
    out.extend([format!("{}{more}:", text(&table.caption)), String::new()]);
    out.push(row(table.columns.iter().map(|column| text(&column.name)).collect()));
    let rule = |column: &super::document::Column| if column.unit.is_some() { "---:" } else { "---" }.to_owned();
    out.push(row(table.columns.iter().map(rule).collect()));
    let shown = |cells: &Vec<Cell>| row(cells.iter().map(|cell| text(&cell.text)).collect());
    out.extend(table.rows.iter().take(MOST_ROWS).map(shown));
    out.push(String::new());
}

/// In a fence that is longer than any inside.
fn verbatim_lines(verbatim: &Verbatim, out: &mut Vec<String>) {
    let longest = verbatim.text.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let body = verbatim.text.trim_end_matches(['\n', '\r']);
    out.extend([format!("{}:", text(&verbatim.caption)), String::new(), fence.clone()]);
    out.extend([body.to_owned(), fence, String::new()]);
}

/// Text that stays text: signs with a meaning in Markdown or HTML are written as such, lines become one.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '!' | '~' | '@' | ':'
                if needs_mark(sign, &out) =>
            {
                out.push('\\');
                out.push(sign);
            }
            sign => out.push(sign),
        }
    }
    // A line must not begin like a list, a rule or a number of one.
    if out.starts_with(['-', '+', '=']) { format!("\\{out}") } else { out }
}

/// Signs that mean something only beside others.
fn needs_mark(sign: char, before: &str) -> bool {
    match sign {
        '(' | ')' => before.ends_with(']'),
        // `https:` would become a link by itself.
        ':' => before.ends_with("http") || before.ends_with("https") || before.ends_with("mailto"),
        '#' => before.is_empty() || before.ends_with(' '),
        '!' => false,
        _ => true,
    }
}
