//! What a review found, in a few lines for the terminal.

use super::document::Review;
use crate::report::table::paragraph;

/// Narrowest and widest lines.
const WIDTHS: (usize, usize) = (60, 120);

/// The verdict, each promise, and one sentence of each section.
pub(super) fn text(review: &Review, width: usize) -> String {
    let width = width.clamp(WIDTHS.0, WIDTHS.1);
    let mut lines = paragraph(&format!("{}: {}", review.name, review.lead.finding), 2, width);
    for verdict in &review.lead.verdicts {
        let line = format!("  {} {}: {}", verdict.holding.word().to_uppercase(), verdict.name, verdict.sentence);
        lines.extend(paragraph(&line, 4, width));
    }
    for note in &review.lead.notes {
        lines.extend(paragraph(&format!("Note: {note}"), 6, width));
    }
    lines.push(String::new());
    for section in &review.sections {
        lines.extend(paragraph(&format!("{}: {}", section.heading, section.finding), 2, width));
    }
    lines.push(String::new());
    lines.join("\n")
}
