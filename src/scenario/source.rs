//! Where text comes from and where in it something stands.
//!
//! Every value of the tree carries a [`Span`]: which text, and which bytes of it. Lines and columns are computed only
//! for the few spans that end up in a message. Not here: what the text means.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::fault::{Code, Fault, Faults, MAX_SHOWN_LINE, Place};

/// Largest scenario file that is read, in bytes; recorded data belongs into CSV files.
pub const MAX_SCENARIO_BYTES: usize = 4 << 20;

/// A scenario's text, the name that messages call it by, and the folder that the paths in it start from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name shown in messages, usually the path as the user typed it; `-` for standard input.
    pub name: String,
    /// The text, not yet checked to be any.
    pub text: Vec<u8>,
    /// Folder that the paths of CSV files are relative to.
    pub folder: PathBuf,
}

impl Source {
    /// A source from text that is already in memory; CSV paths are relative to the working directory.
    pub fn from_text(name: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), text: text.into(), folder: PathBuf::from(".") }
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// When it is missing, a folder, or not readable (F001), or larger than [`MAX_SCENARIO_BYTES`] (F003).
    pub fn read(path: &Path) -> Result<Self, Faults> {
        let name = path.display().to_string();
        let unreadable = |why: &str, help: Option<String>| {
            let mut fault = Fault::new(Code::Unreadable, format!("cannot read the scenario: {why}"));
            fault.place = Some(Place::whole_file(&name));
            fault.help = help;
            Faults(vec![fault])
        };
        if path.is_dir() {
            return Err(unreadable("it is a folder", Some("name the YAML file in it".to_owned())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match std::fs::File::open(path) {
            Ok(file) => Self::from_reader(name, file, folder),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let help = match super::suggest::similar_file(path) {
                    Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
                    None => "check the path; `forebay init` writes a scenario to begin with".to_owned(),
                };
                Err(unreadable("there is no such file", Some(help)))
            }
            Err(error) => Err(unreadable(&error.to_string(), Some("name a file that you may read".to_owned()))),
        }
    }

    /// Reads a scenario from a stream such as standard input, never more than [`MAX_SCENARIO_BYTES`] and a byte.
    ///
    /// # Errors
    /// When reading fails (F001) or there is more (F003).
    pub fn from_reader(name: impl Into<String>, reader: impl Read, folder: &Path) -> Result<Self, Faults> {
        let name = name.into();
        let mut text = Vec::new();
        let fault = match reader.take(MAX_SCENARIO_BYTES as u64 + 1).read_to_end(&mut text) {
            Ok(_) if text.len() <= MAX_SCENARIO_BYTES => return Ok(Self { name, text, folder: folder.to_owned() }),
            Ok(_) => too_large(&name),
            Err(error) => {
                let mut fault = Fault::new(Code::Unreadable, format!("cannot read the scenario: {error}"));
                fault.place = Some(Place::whole_file(&name));
                fault
            }
        };
        Err(Faults(vec![fault]))
    }

    /// The text as UTF-8 without a byte order mark.
    pub(super) fn utf8(&self) -> Result<&str, Box<Fault>> {
        if self.text.len() > MAX_SCENARIO_BYTES {
            return Err(Box::new(too_large(&self.name)));
        }
        let bytes = self.text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.text);
        let (why, help) = match std::str::from_utf8(bytes) {
            Ok(text) => {
                match text.find(|sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t' | '\u{85}')) {
                    None => return Ok(text),
                    Some(at) => (format!("byte {at} is a control character, as in a binary file"), None),
                }
            }
            Err(_) if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") => {
                ("it looks like UTF-16".to_owned(), Some("save it as UTF-8".to_owned()))
            }
            Err(error) => (
                format!("byte {} is not UTF-8", error.valid_up_to()),
                Some("a scenario is YAML (or JSON) text in UTF-8".to_owned()),
            ),
        };
        let mut fault = Fault::new(Code::NotText, format!("this is not a text file: {why}"));
        fault.place = Some(Place::whole_file(&self.name));
        fault.help = help;
        Err(Box::new(fault))
    }
}

fn too_large(name: &str) -> Fault {
    let limit = MAX_SCENARIO_BYTES >> 20;
    let mut fault = Fault::new(Code::TooLarge, format!("the scenario is larger than {limit} MiB"));
    fault.place = Some(Place::whole_file(name));
    fault.help = Some("keep recorded data in CSV files and name them with `trace` or `recorded`".to_owned());
    fault
}

/// Bytes `start..end` of one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// Which text: an index into [`Texts`]; 0 is the scenario, others are `--set` arguments.
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// The texts that spans point into.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<(String, String, Vec<usize>)>);

impl Texts {
    /// Adds a text and gives its index.
    pub fn add(&mut self, name: &str, text: &str) -> u32 {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.0.push((name.to_owned(), text.to_owned(), line_starts));
        self.0.len() as u32 - 1
    }

    /// Line, column and source line of a span, cut to its first line.
    pub fn place(&self, span: Span) -> Place {
        let Some((name, text, line_starts)) = self.0.get(span.source as usize) else {
            return Place::whole_file("");
        };
        let start = floor_boundary(text, span.start as usize);
        let line = line_starts.partition_point(|from| *from <= start).saturating_sub(1);
        let from = line_starts[line];
        let until = line_starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let source_line = text[from..until.max(from)].trim_end_matches('\r');
        let start_in_line = (start - from).min(source_line.len());
        let end_in_line = floor_boundary(text, span.end as usize).saturating_sub(from).min(source_line.len());
        let marked = source_line[start_in_line..end_in_line.max(start_in_line)].trim_end().len();
        Place {
            file: name.clone(),
            line: Some(line + 1),
            column: Some(source_line[..start_in_line].chars().count() + 1),
            excerpt: if source_line.len() > MAX_SHOWN_LINE { String::new() } else { source_line.to_owned() },
            marked: start_in_line..start_in_line + marked,
        }
    }
}

/// The largest character boundary at or before `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_excerpts_are_one_line() {
        let mut texts = Texts::default();
        let text = "título: ä\r\nx: {a: 1,\n b: 2}\n";
        let source = texts.add("a.yaml", text);
        let start = text.find("{a").unwrap() as u32;
        let place = texts.place(Span { source, start, end: text.len() as u32 });
        assert_eq!((place.line, place.column, place.excerpt.as_str()), (Some(2), Some(4), "x: {a: 1,"));
        assert_eq!(place.marked, 3..9);
        let place = texts.place(Span { source, start: text.find('ä').unwrap() as u32, end: 12 });
        assert_eq!((place.line, place.column), (Some(1), Some(9)));
    }

    #[test]
    fn a_span_beyond_the_text_still_has_a_place() {
        let mut texts = Texts::default();
        let source = texts.add("a.yaml", "ä");
        assert_eq!(texts.place(Span { source, start: 1, end: 99 }).column, Some(1));
        assert_eq!(texts.place(Span { source: 7, start: 1, end: 99 }).line, None);
    }
}
