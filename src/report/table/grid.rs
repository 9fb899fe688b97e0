//! Columns that fit: text that must give way is shortened before comfy-table aligns the rest.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::super::number::shorten_start;

/// No column is shortened below this.
const SHORTEST: usize = 8;
/// Spaces between columns.
const GAP: usize = 2;

/// Rows of cells.
pub(super) struct Grid {
    indent: usize,
    rows: Vec<Vec<String>>,
    has_header: bool,
    /// Columns that may be shortened, the first one first.
    flexible: Vec<usize>,
    /// Columns from here on are flush right.
    right_from: usize,
}

impl Grid {
    pub fn new(indent: usize) -> Self {
        Self { indent, rows: Vec::new(), has_header: false, flexible: Vec::new(), right_from: usize::MAX }
    }

    /// Allows a column to be shortened when the row is too long.
    pub fn flexible(mut self, column: usize) -> Self {
        self.flexible.push(column);
        self
    }

    /// Sets columns flush right.
    pub fn right_from(mut self, column: usize) -> Self {
        self.right_from = column;
        self
    }

    pub fn header(&mut self, cells: Vec<String>) {
        self.rows.insert(0, cells);
        self.has_header = true;
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() == usize::from(self.has_header)
    }

    /// Characters that the longest line takes if nothing gives way.
    pub fn needs(&self) -> usize {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let longest = |k: usize| self.rows.iter().filter_map(|row| row.get(k)).map(|cell| cell.chars().count()).max();
        (0..columns).filter_map(longest).map(|length| if length > 0 { length + GAP } else { 0 }).sum::<usize>()
            + self.indent
            - GAP
    }

    /// The rows, aligned, within `width` as far as the flexible columns give way.
    pub fn lines(mut self, width: usize) -> Vec<String> {
        self.fit(width);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in &self.rows {
            table.add_row(row.clone());
        }
        for (k, column) in table.column_iter_mut().enumerate() {
            column.set_padding((if k == 0 { self.indent as u16 } else { GAP as u16 }, 0));
            if k >= self.right_from {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn fit(&mut self, width: usize) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let longest = |rows: &[Vec<String>], k: usize| {
            rows.iter().filter_map(|row| row.get(k)).map(|cell| cell.chars().count()).max()
        };
        for k in self.flexible.clone() {
            let total: usize =
                (0..columns).map(|k| longest(&self.rows, k).unwrap_or(0) + GAP).sum::<usize>() + self.indent;
            let excess = total.saturating_sub(GAP + width);
            if excess > 0 {
                let room = longest(&self.rows, k).unwrap_or(0).saturating_sub(excess).max(SHORTEST);
                let header = self.rows.first().filter(|_| self.has_header).and_then(|row| row.get(k));
                let room = room.max(header.map_or(0, |cell| cell.chars().count()));
                for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(k)) {
                    *cell = shorten_start(cell, room);
                }
            }
        }
    }
}

/// A text in lines of at most `width`, all but the first indented. A number stays with its unit.
pub(in crate::report) fn paragraph(text: &str, indent: usize, width: usize) -> Vec<String> {
    let margin = text.len() - text.trim_start().len();
    let mut lines = vec![" ".repeat(margin)];
    let mut empty = true;
    for word in glued(text) {
        let mut line = lines.pop().expect("there is always a line");
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(line);
            line = " ".repeat(indent);
        } else if !empty {
            line.push(' ');
        }
        // A single word longer than the line, such as the longest name that is allowed, is shortened.
        let room = width.saturating_sub(line.chars().count()).max(SHORTEST);
        line.push_str(&shorten_start(&word, room));
        lines.push(line);
        empty = false;
    }
    lines
}

/// Words, where `1h 8m` and `350 ms` are one.
fn glued(text: &str) -> Vec<String> {
    let is_number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    let is_unit = |word: &str| {
        let word = word.trim_end_matches(['.', ',', ';', ':', ')']);
        ["s", "ms", "µs", "ns", "%"].contains(&word) || is_number(word) && word.ends_with(['s', 'm', 'h'])
    };
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(last) if is_number(last) && !last.contains(' ') && is_unit(word) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_gives_way_and_the_rest_stays() {
        let mut grid = Grid::new(2).flexible(1).right_from(2);
        grid.row(vec!["kept".into(), "orders-of-a-very-long-day: p99 latency below 2 s".into(), "1.2 s".into()]);
        grid.row(vec!["BROKEN".into(), "short".into(), "12".into()]);
        let lines = grid.lines(40);
        assert!((38..=40).contains(&lines[0].chars().count()), "{lines:?}");
        assert!(lines[0].ends_with("latency below 2 s  1.2 s"), "{lines:?}");
        assert!(lines[1].starts_with("  BROKEN  short") && lines[1].ends_with("   12"), "{lines:?}");
    }

    #[test]
    fn paragraphs_hang_and_fit() {
        let lines = paragraph("Note: the warm-up of 0 s is too short", 6, 20);
        assert_eq!(lines, ["Note: the warm-up of", "      0 s is too", "      short"]);
        assert_eq!(paragraph("no message ready after 1h 8m.", 2, 26), ["no message ready after", "  1h 8m."]);
        assert_eq!(paragraph(&"x".repeat(30), 2, 12)[0].chars().count(), 12);
    }
}
