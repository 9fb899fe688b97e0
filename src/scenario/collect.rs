//! The collector: every stage puts its faults here and goes on, so that a file is answered once, with all of them.

use std::fmt;
use std::rc::Rc;

use super::fault::{Code, Fault, Place};
use super::planning::Uncertain;
use super::source::{Span, Texts};
use crate::units::{Misread, Reason};

/// More faults than this are counted, not listed.
const MAX_LISTED: usize = 200;

/// Path of a value in the scenario: `consumers.workers.replicas.steps[1]`. Cheap to extend and to share.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(Option<Rc<(Path, Step)>>);

#[derive(Debug)]
enum Step {
    Key(Rc<str>),
    Index(usize),
}

impl Path {
    /// The path of a key below this one.
    pub fn key(&self, name: &str) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Key(name.into())))))
    }

    /// The path of a list entry below this one.
    pub fn index(&self, index: usize) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Index(index)))))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(last) = &self.0 else { return Ok(()) };
        write!(out, "{}", last.0)?;
        match &last.1 {
            Step::Index(index) => write!(out, "[{index}]"),
            Step::Key(name) if last.0.0.is_none() => out.write_str(name),
            Step::Key(name) => write!(out, ".{name}"),
        }
    }
}

/// Faults as they are found, with the texts that they point into.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// The texts.
    pub texts: Texts,
    /// Uncertain values as they were decoded, with their places.
    pub uncertain: Vec<(Span, Uncertain)>,
    found: Vec<(Span, Fault)>,
    unlisted: usize,
    errors: usize,
    spare: Option<Fault>,
}

impl Collector {
    /// Adds a fault at a span; the caller may add label and help.
    pub fn add(&mut self, code: Code, span: Span, path: &Path, message: impl Into<String>) -> &mut Fault {
        let mut fault = Fault::new(code, message);
        if self.found.len() < MAX_LISTED {
            fault.place = Some(self.texts.place(span));
            fault.path = path.to_string();
        }
        self.push(span, fault)
    }

    /// Adds a fault that is already made, at a span.
    pub fn add_as(&mut self, mut fault: Fault, span: Span, path: &Path) -> &mut Fault {
        fault.place = Some(self.texts.place(span));
        fault.path = path.to_string();
        self.push(span, fault)
    }

    /// Adds a fault that stands in another file, at the place in the scenario that names the file.
    pub fn add_elsewhere(
        &mut self,
        code: Code,
        named_at: Span,
        path: &Path,
        place: Place,
        message: String,
    ) -> &mut Fault {
        let mut fault = Fault::new(code, message);
        fault.place = Some(place);
        fault.path = path.to_string();
        self.push(named_at, fault)
    }

    /// Adds a fault that was found in another file and keeps its place there, at the place in the scenario that names
    /// the file.
    pub fn add_found(&mut self, mut fault: Fault, named_at: Span, path: &Path) -> &mut Fault {
        fault.path = path.to_string();
        self.push(named_at, fault)
    }

    /// Adds a fault of a quantity that could not be read.
    pub fn add_misread(&mut self, span: Span, path: &Path, misread: Misread) -> &mut Fault {
        let code = match misread.reason {
            Reason::NoUnit => Code::NoUnit,
            Reason::WrongUnit => Code::WrongUnit,
            Reason::NotAQuantity => Code::NotAQuantity,
            Reason::NotFinite => Code::NotFinite,
        };
        let fault = self.add(code, span, path, misread.message);
        fault.help = misread.help;
        fault
    }

    fn push(&mut self, span: Span, fault: Fault) -> &mut Fault {
        self.errors += usize::from(fault.is_error());
        if self.found.len() >= MAX_LISTED {
            self.unlisted += 1;
            return self.spare.insert(fault);
        }
        self.found.push((span, fault));
        let last = self.found.len() - 1;
        &mut self.found[last].1
    }

    /// How many errors were found so far.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// All faults in the order of the text.
    pub fn into_faults(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|(span, _)| *span);
        let mut faults: Vec<Fault> = self.found.into_iter().map(|(_, fault)| fault).collect();
        if self.unlisted > 0 {
            let message = format!("{} more faults are not listed", self.unlisted);
            let mut more = Fault::new(Code::MoreFaults, message);
            more.help = Some("mend the first ones and check again".to_owned());
            faults.push(more);
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_code() {
        let path = Path::default().key("producers").key("lab.fast").key("sum").index(1).key("height");
        assert_eq!(path.to_string(), "producers.lab.fast.sum[1].height");
    }

    #[test]
    fn faults_beyond_the_list_are_counted() {
        let mut collector = Collector::default();
        let source = collector.texts.add("x", "abc");
        for start in (0..205).rev() {
            collector.add(Code::UnknownKey, Span { source, start, end: start }, &Path::default(), "no");
        }
        let faults = collector.into_faults();
        assert_eq!(faults.len(), 201);
        assert_eq!(faults[200].message, "5 more faults are not listed");
    }
}
