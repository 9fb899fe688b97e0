//! A CSV file as rows with their lines, within bounds.

// `next_row`: outside, `None` is a faulty file; inside, the end of a sound one.
#![allow(clippy::option_option)]

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use super::{Builder, Code, Item};
use crate::scenario::fault::{MAX_SHOWN_LINE, Place};
use crate::scenario::suggest;
use crate::units::quoted;

/// Most bytes between two rows: a longer line, or a quote that is never closed, is no CSV.
const MAX_ROW_BYTES: u64 = 4 << 20;
/// Row faults of one file that are listed.
const MAX_LISTED: usize = 10;

/// A CSV file that is being read.
pub(super) struct CsvFile {
    /// Its path as messages name it.
    pub name: String,
    columns: Vec<String>,
    reader: csv::Reader<Bounded>,
    since_last_row: Rc<Cell<u64>>,
    rows: u64,
    bad_rows: usize,
}

/// One row.
pub(super) struct Row {
    line: usize,
    cells: Vec<String>,
}

impl Row {
    /// The text of a cell; empty if the row is too short, which has been reported.
    pub fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }
}

/// A file that refuses to be read on when it has given too many bytes since the last row.
struct Bounded {
    head: io::Cursor<Vec<u8>>,
    file: File,
    since_last_row: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = self.head.read(buffer)?;
        if read == 0 {
            read = self.file.read(buffer)?;
        }
        self.since_last_row.set(self.since_last_row.get() + read as u64);
        if self.since_last_row.get() > MAX_ROW_BYTES {
            return Err(io::Error::other("a row is longer than 4 MiB: is a quote never closed?"));
        }
        Ok(read)
    }
}

impl Builder<'_> {
    /// Opens the CSV file that an item names and reads its header.
    pub(super) fn open_csv(&mut self, item: &Item) -> Option<CsvFile> {
        let written = item.text()?;
        match open(self.folder(), written) {
            Ok(csv) => Some(csv),
            Err((why, help)) => {
                self.fault(Code::CsvUnreadable, item, format!("cannot read {}: {why}", quoted(written))).help = help;
                None
            }
        }
    }

    /// The index of a column; `item` is where the scenario names it.
    pub(super) fn column(&mut self, csv: &CsvFile, name: &str, item: &Item) -> Option<usize> {
        let found = csv.columns.iter().position(|column| column == name);
        if found.is_none() {
            let message = format!("{} has no column {}", csv.name, quoted(name));
            let names: Vec<&str> = csv.columns.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            let help = match csv.columns.as_slice() {
                [only] if only.contains([';', '\t', '|']) => Some("columns are separated by commas".to_owned()),
                _ => suggest::did_you_mean(name, &names),
            };
            self.fault(Code::CsvColumn, item, message).help = help;
        }
        if csv.columns.iter().filter(|column| *column == name).nth(1).is_some() {
            let message = format!("{} has more than one column {}", csv.name, quoted(name));
            self.fault(Code::CsvColumn, item, message).help = Some("give each column a name of its own".to_owned());
            return None;
        }
        found
    }

    /// The next row; `Some(None)` at the end, `None` if reading cannot go on. `row_bytes` is what is kept of a row.
    pub(super) fn next_row(&mut self, csv: &mut CsvFile, item: &Item, row_bytes: u64) -> Option<Option<Row>> {
        loop {
            let mut record = csv::ByteRecord::new();
            csv.since_last_row.set(0);
            match csv.reader.read_byte_record(&mut record) {
                Ok(false) => return Some(None),
                Ok(true) => {}
                Err(error) => {
                    let why = match error.kind() {
                        csv::ErrorKind::Io(error) => error.to_string(),
                        _ => error.to_string(),
                    };
                    let place = Place::whole_line(&csv.name, csv.reader.position().line() as usize, "");
                    self.collector.add_elsewhere(Code::CsvUnreadable, item.span, &item.path, place, why);
                    return None;
                }
            }
            csv.rows += 1;
            if self.over_memory(csv.rows * row_bytes) {
                let message = format!("the first {} rows of {} need more memory than there is", csv.rows, csv.name);
                self.fault(Code::TooMuchMemory, item, message);
                return None;
            }
            let line = record.position().map_or(0, |position| position.line() as usize);
            let cells = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            let row = Row { line, cells: cells.collect() };
            if std::str::from_utf8(record.as_slice()).is_err() {
                self.row_fault(csv, item, Code::CsvValue, &row, usize::MAX, "the row is not UTF-8");
            } else if row.cells.len() != csv.columns.len() {
                let why = format!("the row has {} cells, the header {}", row.cells.len(), csv.columns.len());
                self.row_fault(csv, item, Code::CsvValue, &row, usize::MAX, &why);
            } else {
                return Some(Some(row));
            }
        }
    }

    /// Reports a row, unless ten of its file have been reported; a `column` beyond the row means the whole row.
    pub(super) fn row_fault(
        &mut self,
        csv: &mut CsvFile,
        item: &Item,
        code: Code,
        row: &Row,
        column: usize,
        why: &str,
    ) {
        csv.bad_rows += 1;
        if csv.bad_rows > MAX_LISTED {
            return;
        }
        let mut place = Place::whole_line(&csv.name, row.line, &row.cells.join(","));
        let message = match row.cells.get(column) {
            None => why.to_owned(),
            Some(cell) => {
                let start: usize = row.cells[..column].iter().map(|cell| cell.len() + 1).sum();
                if start + cell.len() <= MAX_SHOWN_LINE.min(place.excerpt.len()) {
                    place.column = Some(place.excerpt[..start].chars().count() + 1);
                    place.marked = start..start + cell.len();
                }
                format!("{} in column {} {why}", quoted(cell), quoted(&csv.columns[column]))
            }
        };
        self.collector.add_elsewhere(code, item.span, &item.path, place, message);
    }

    /// Counts the rows that were not listed; `None` if any row was bad or there was none to use.
    pub(super) fn finish(&mut self, csv: &CsvFile, item: &Item, used: usize) -> Option<()> {
        if csv.bad_rows > MAX_LISTED {
            let more = csv.bad_rows - MAX_LISTED;
            let message = format!("{more} more rows of {} have faults", csv.name);
            self.fault(Code::CsvValue, item, message);
        }
        if csv.bad_rows > 0 {
            return None;
        }
        if used == 0 {
            let what = if csv.rows == 0 { "has no rows below its header" } else { "has no row that fits `where`" };
            self.fault(Code::CsvNoRows, item, format!("{} {what}", csv.name));
            return None;
        }
        Some(())
    }
}

/// Why a file cannot be opened, and what to do.
type Refusal = (String, Option<String>);

/// Opens `folder/written`.
fn open(folder: &Path, written: &str) -> Result<CsvFile, Refusal> {
    let path = &folder.join(written);
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let help = match suggest::similar_file(path) {
                Some(near) => format!("did you mean `{}`?", Path::new(written).with_file_name(near).display()),
                None => "paths are relative to the scenario file".to_owned(),
            };
            return Err(("there is no such file".to_owned(), Some(help)));
        }
        Err(error) => return Err((error.to_string(), None)),
    };
    if metadata.is_dir() {
        return Err(("it is a folder".to_owned(), None));
    }
    if !metadata.is_file() {
        return Err(("it is not a regular file".to_owned(), None));
    }
    let mut file = File::open(path).map_err(|error| (error.to_string(), None))?;
    let mut head = Vec::new();
    file.by_ref().take(4_096).read_to_end(&mut head).map_err(|error| (error.to_string(), None))?;
    if head.is_empty() {
        return Err(("it is empty".to_owned(), None));
    }
    if head.contains(&0) {
        return Err(("it is not a text file".to_owned(), None));
    }
    let since_last_row = Rc::new(Cell::new(0));
    let bounded = Bounded { head: io::Cursor::new(head), file, since_last_row: since_last_row.clone() };
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bounded);
    let header = reader.byte_headers().map_err(|error| (error.to_string(), None))?;
    let columns = header.iter().map(|cell| String::from_utf8_lossy(cell).trim_start_matches('\u{feff}').to_owned());
    let columns = columns.collect();
    Ok(CsvFile { name: path.display().to_string(), columns, reader, since_last_row, rows: 0, bad_rows: 0 })
}
