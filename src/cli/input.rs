//! What all verbs that read scenarios share: texts from files or standard input, changes by flags, the
//! machine's limits, and how faults are shown.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use forebay::model::Model;
use forebay::scenario::presets::Applied;
use forebay::scenario::{self, Fault, Faults, Limits, Loaded, Override, Planning, Source};
use serde_json::{Value, json};

use super::{Answer, machine, terminal};

/// What prevented an answer, outside the text of a scenario, and what to do about it.
#[derive(Debug)]
pub struct Problem {
    what: String,
    help: Option<String>,
}

impl Problem {
    /// A problem and the way out of it.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: Some(help.into()) }
    }

    /// An error of the library whose message names the way out.
    pub fn from_library(error: &impl Error) -> Self {
        Self { what: error.to_string(), help: None }
    }
}

impl Display for Problem {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(out, "\n  = help: {help}"))
    }
}

impl Error for Problem {}

/// How answers and faults are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Scenarios and changes to them.
#[derive(Debug, Args)]
pub struct Input {
    /// Scenario files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Change one value of every scenario, e.g. consumers.workers.replicas=6; repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    set: Vec<Override>,

    /// Draw other random numbers: change `seed`
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Change how many `replications` the events engine runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    replications: Option<u32>,

    /// Accept a scenario that is estimated to take very long or much memory
    #[arg(long)]
    yes: bool,

    /// How answers and faults are printed; json goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Print nothing but faults
    #[arg(long, short)]
    pub quiet: bool,
}

/// A scenario without faults.
pub struct Checked {
    /// Where it came from, as typed.
    pub file: String,
    /// What it means.
    pub model: Model,
    /// What it asks beyond its run.
    pub planning: Planning,
    /// What its author should know.
    pub warnings: Vec<Fault>,
    /// The defaults of its presets.
    pub presets: Vec<Applied>,
    source: Source,
    overrides: Vec<Override>,
    limits: Limits,
}

impl Checked {
    /// The scenario with some of its values changed, after those that the command line has changed.
    ///
    /// # Errors
    /// All faults that the changes make.
    pub fn variant(&self, changes: &[Override]) -> Result<Model, Faults> {
        self.variant_within(changes, &self.limits)
    }

    /// What the command line has changed in it.
    pub fn changes(&self) -> &[Override] {
        &self.overrides
    }

    /// The same, as typed.
    pub fn changes_as_typed(&self) -> Vec<String> {
        self.overrides.iter().map(|change| format!("{}={}", change.path, change.value)).collect()
    }

    /// As [`Checked::variant`], however long it would take to run: for a study that limits its own runs.
    ///
    /// # Errors
    /// All faults that the changes make.
    pub fn variant_at_any_cost(&self, changes: &[Override]) -> Result<Model, Faults> {
        self.variant_within(changes, &Limits { allow_huge: true, ..self.limits })
    }

    fn variant_within(&self, changes: &[Override], limits: &Limits) -> Result<Model, Faults> {
        let overrides: Vec<Override> = self.overrides.iter().chain(changes).cloned().collect();
        Ok(scenario::load(&self.source, &overrides, limits)?.model)
    }

    /// The scenario's text, if it is any.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.source.text).into_owned()
    }

    /// What its author should know, a line each.
    pub fn warning_lines(&self) -> Vec<String> {
        self.warnings.iter().map(|warning| warning.message.clone()).collect()
    }

    /// Shows its warnings, unless nothing but faults is wanted.
    pub fn warn(&self, input: &Input) {
        if !input.quiet && !self.warnings.is_empty() {
            terminal::remark(&scenario::render_all(&self.warnings, terminal::colour(&io::stderr())));
        }
    }
}

/// Why one scenario cannot be answered.
pub enum Refusal {
    /// Its text could not be had, or it cannot stand beside another one.
    Problem(Problem),
    /// Its text has faults.
    Faults(Faults),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Input {
    /// Reads and checks every scenario, in the order of the command line. `without_events` says that no message will be
    /// simulated, so that their number is no reason to refuse.
    ///
    /// # Errors
    /// Every reason against every scenario.
    pub fn load(&self, without_events: bool) -> Result<Vec<Checked>, Vec<Refusal>> {
        let limits = Limits { memory_bytes: machine::memory_bytes(), allow_huge: self.yes, without_events };
        let mut checked: Vec<Checked> = Vec::with_capacity(self.files.len());
        let mut refusals = Vec::new();
        for (position, file) in self.files.iter().enumerate() {
            match self.load_one(position, file, &limits) {
                Ok(scenario) => checked.push(scenario),
                Err(refusal) => refusals.push(refusal),
            }
        }
        refusals.extend(checked.iter().enumerate().filter_map(|(k, scenario)| clash(&checked[..k], scenario)));
        if refusals.is_empty() { Ok(checked) } else { Err(refusals) }
    }

    fn load_one(&self, position: usize, file: &Path, limits: &Limits) -> Result<Checked, Refusal> {
        if is_stdin(file) && self.files[..position].iter().any(|earlier| is_stdin(earlier)) {
            return Err(Problem::new("`-` is given twice", "standard input can be read once: give `-` once").into());
        }
        let source = read(file).map_err(Refusal::Faults)?;
        let overrides = self.overrides();
        let loaded = scenario::load(&source, &overrides, limits).map_err(Refusal::Faults)?;
        let Loaded { model, planning, warnings, presets } = loaded;
        Ok(Checked {
            file: source.name.clone(),
            model,
            planning,
            warnings,
            presets,
            source,
            overrides,
            limits: *limits,
        })
    }

    /// Whether a scenario is accepted whatever it takes.
    pub fn allows_huge(&self) -> bool {
        self.yes
    }

    /// Shows why there is no answer.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn refuse(&self, refusals: &[Refusal]) -> Result<Answer, Problem> {
        match self.format {
            Format::Table => refusals.iter().for_each(Refusal::show),
            Format::Json => {
                let faults: Vec<Value> = refusals.iter().flat_map(Refusal::to_json).collect();
                say_json(&json!({ "faults": faults }))?;
            }
        }
        Ok(Answer::Unknown)
    }

    fn overrides(&self) -> Vec<Override> {
        let by_flag = |path: &str, value: String| Override { path: path.to_owned(), value };
        let seed = self.seed.map(|seed| by_flag("seed", seed.to_string()));
        let replications = self.replications.map(|count| by_flag("replications", count.to_string()));
        self.set.iter().cloned().chain(seed).chain(replications).collect()
    }
}

impl Refusal {
    fn show(&self) {
        match self {
            Refusal::Problem(problem) => terminal::complain(&problem.to_string()),
            Refusal::Faults(faults) => terminal::remark(&faults.render(terminal::colour(&io::stderr()))),
        }
    }

    fn to_json(&self) -> Vec<Value> {
        match self {
            Refusal::Problem(problem) => {
                vec![json!({ "severity": "error", "message": problem.what, "help": problem.help })]
            }
            Refusal::Faults(faults) => faults.0.iter().map(Fault::to_json).collect(),
        }
    }
}

/// Prints what was found out about each scenario: a value for one, an array for several.
///
/// # Errors
/// Standard output cannot be written.
pub fn say_each(mut values: Vec<Value>) -> Result<(), Problem> {
    let one = if values.len() == 1 { values.pop() } else { None };
    say_json(&one.unwrap_or(Value::Array(values)))
}

/// Prints a value the way programs read it.
///
/// # Errors
/// Standard output cannot be written.
pub fn say_json(value: &Value) -> Result<(), Problem> {
    terminal::say(&format!("{value:#}"))
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn read(file: &Path) -> Result<Source, Faults> {
    if is_stdin(file) { Source::from_reader("-", io::stdin().lock(), Path::new(".")) } else { Source::read(file) }
}

fn clash(earlier: &[Checked], scenario: &Checked) -> Option<Refusal> {
    // File systems that ignore case would give both the same folder.
    let same = |other: &&Checked| other.model.name.eq_ignore_ascii_case(&scenario.model.name);
    let first = earlier.iter().find(same)?;
    let what = format!("{} and {} are both named {}", first.file, scenario.file, scenario.model.name);
    Some(
        Problem::new(what, "results are kept by name: change the `name` in one of them, or run them one by one").into(),
    )
}

fn parse_override(text: &str) -> Result<Override, String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => {
            Ok(Override { path: path.trim().to_owned(), value: value.to_owned() })
        }
        _ => Err("write a path, `=` and a value, e.g. consumers.workers.replicas=6".to_owned()),
    }
}
