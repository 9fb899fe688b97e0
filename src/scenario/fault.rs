//! Faults: what is wrong with a scenario, where, and what to write instead.
//!
//! A fault is complete in itself: it carries the line that it speaks of, so that it can be rendered or turned into
//! JSON long after the text is gone. Not here: finding faults, and colours (`render`).

use std::ops::Range;

use serde_json::{Value, json};

/// Source lines longer than this (in bytes) are named but not shown.
pub(super) const MAX_SHOWN_LINE: usize = 2_000;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario has no meaning.
    Error,
    /// The scenario runs, but perhaps it does not say what was meant.
    Warning,
}

/// Declares [`Code`] with the stable id and the one-line meaning of every variant in one place.
macro_rules! codes {
    ($($variant:ident $id:literal $severity:ident $meaning:literal,)*) => {
        /// The class of a fault. The id is stable: scripts may rely on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!($id, ": ", $meaning)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the ids.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// Stable id, e.g. `F010`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id,)* }
            }

            /// One line on what the code stands for.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }

            /// Severity unless the caller overrides it.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    Unreadable "F001" Error "the scenario file cannot be read",
    NotText "F002" Error "the scenario file is not UTF-8 text",
    TooLarge "F003" Error "the scenario file is too large",
    EmptyFile "F004" Error "the scenario file says nothing",
    Syntax "F005" Error "the text is not YAML",
    TooMuch "F006" Error "too many values, or nested too deeply",
    DuplicateKey "F007" Error "a key is written twice",
    NotInThisLanguage "F008" Error "YAML that this language leaves out: tags, merge keys, several documents",
    IllegalName "F009" Error "a name that cannot be a file name or a spreadsheet cell",
    UnknownKey "F010" Error "a key that does not exist",
    MissingKey "F011" Error "a key that is needed and absent",
    WrongShape "F012" Error "a map, list or value where another of them is expected",
    NotModelledYet "F013" Error "something in a manifest that this version does not model",
    UnknownChoice "F014" Error "an alternative that does not exist, or not exactly one",
    Contradiction "F015" Error "keys or values that contradict one another",
    Empty "F016" Error "an empty map or list",
    UnknownVersion "F017" Error "a version of the language that this program does not know",
    SetPath "F018" Error "a --set argument that does not name a place in the scenario",
    NoUnit "F020" Error "a number without its unit",
    WrongUnit "F021" Error "a unit that does not exist or belongs to another quantity",
    NotAQuantity "F022" Error "text where a quantity is expected",
    NotFinite "F023" Error "NaN, infinite or too large a number",
    OutOfRange "F024" Error "a number outside its range",
    ClockTime "F025" Error "a clock time that is not quoted or not allowed here",
    TwoCurrencies "F026" Error "more than one currency in a file",
    QuotedNumber "F027" Error "a quoted number where a number is expected",
    UnknownReference "F030" Error "a reference to something that is not in the file",
    NotAscending "F031" Error "times that are not in ascending order or do not start at 0",
    OutsideHorizon "F032" Error "a time outside the horizon",
    NegativeRate "F033" Error "a rate that falls below zero",
    NeedsStart "F034" Error "a calendar without the scenario's `start`",
    NoConsumers "F035" Error "a queue that is published to and that nobody consumes",
    CsvUnreadable "F040" Error "a CSV file that cannot be read or is no CSV",
    CsvColumn "F041" Error "a column that the CSV file does not have",
    CsvValue "F042" Error "a CSV row with a value that cannot be used",
    CsvOrder "F043" Error "a CSV row that goes back in time or repeats a time",
    CsvNoRows "F044" Error "a CSV file without usable rows",
    TooManyEvents "F050" Error "more events than can be simulated",
    TooMuchMemory "F051" Error "more memory than there is",
    TooManySlots "F052" Error "more slots than can be simulated",
    TooManyPieces "F053" Error "a rate function with too many pieces over the horizon",
    Manifest "F060" Error "a manifest that cannot be read, or without the scaler that is meant",
    Expression "F061" Error "a cron expression or a formula that cannot be used",
    UnknownZone "F062" Error "a time zone that does not exist",
    UnstableCycle "F070" Error "messages that go round and never become fewer",
    DeadLetterLoop "F071" Error "dead letters that go round without a consumer",
    NotConnected "F072" Error "a path whose queues are not connected",
    NotOfThisBroker "F073" Error "a key that the broker of a preset does not have",
    MoreFaults "F099" Error "more faults than are listed",
    NobodyPublishes "W001" Warning "a queue that nobody publishes to and that is empty at the start",
    NeverAnyReplica "W002" Warning "a consumer group that never has a replica",
    CsvShort "W003" Warning "recorded data that does not cover the time from start to horizon",
    CsvGaps "W004" Warning "recorded data with absent intervals, bridged by straight lines",
    CsvSpacing "W005" Warning "recorded data whose rows are mostly not `every` apart",
    BeyondHorizon "W006" Warning "something that happens after the horizon and so never",
    EndlessReturns "W007" Warning "messages that fail at every attempt and come back for ever",
    BatchNeverFills "W008" Warning "a batch that is larger than the number of message groups",
    ManifestLeftOut "W010" Warning "something in a manifest that is left out, or that only a guess can be made at",
}

/// A place in a text, with the line itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// File as the user named it, or `--set`.
    pub file: String,
    /// Line, from 1; `None` for the file as a whole.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The source line; empty if it is too long to be shown.
    pub excerpt: String,
    /// Bytes of the excerpt that are meant.
    pub marked: Range<usize>,
}

impl Place {
    /// A file as a whole.
    pub fn whole_file(name: &str) -> Self {
        Self { file: name.to_owned(), line: None, column: None, excerpt: String::new(), marked: 0..0 }
    }

    /// A line of a file as a whole.
    pub fn whole_line(name: &str, line: usize, excerpt: &str) -> Self {
        let excerpt = excerpt.trim_end_matches(['\r', '\n']);
        let excerpt = if excerpt.len() > MAX_SHOWN_LINE { String::new() } else { excerpt.to_owned() };
        let marked = 0..excerpt.len();
        Self { file: name.to_owned(), line: Some(line), column: Some(1), excerpt, marked }
    }
}

/// One thing that is wrong, or doubtful, in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its class.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Path of the value: `consumers.workers.replicas`; empty for the file as a whole.
    pub path: String,
    /// Where it stands.
    pub place: Option<Place>,
    /// A few words under the marked text.
    pub label: Option<String>,
    /// A second place that matters (the first of two equal keys), with its few words.
    pub other: Option<(Place, String)>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without a place; `code` decides its severity.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            path: String::new(),
            place: None,
            label: None,
            other: None,
            help: None,
        }
    }

    /// Whether the scenario has no meaning because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Code, severity, message, path, file, line, column and help as JSON; what is absent is `null`.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code.id(),
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": self.message,
            "path": self.path,
            "file": self.place.as_ref().map(|place| place.file.as_str()),
            "line": self.place.as_ref().and_then(|place| place.line),
            "column": self.place.as_ref().and_then(|place| place.column),
            "help": self.help,
        })
    }
}

/// Everything that is wrong with a scenario, in the order of the text; at least one of them is an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// An array of the faults, see [`Fault::to_json`].
    pub fn to_json(&self) -> Value {
        self.0.iter().map(Fault::to_json).collect()
    }

    /// How many are errors, not warnings.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|fault| fault.is_error()).count()
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.render(false))
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].id() < pair[1].id()));
        for code in Code::ALL {
            assert_eq!(code.id().starts_with('W'), code.severity() == Severity::Warning, "{}", code.id());
        }
    }
}
