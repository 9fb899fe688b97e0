//! What all verbs share that answer scenarios one by one and write the answer into a folder.
//!
//! Not here: what is asked and how it is answered; every verb has its file.

use std::path::{Path, PathBuf};

use clap::Args;
use forebay::measure::Outcome;
use forebay::report::{self, ReportError, ReportOptions};
use serde_json::Value;

use super::input::{self, Checked, Format, Input, Problem, Refusal};
use super::{Answer, interrupt, terminal};

/// Where results go unless `--out` says otherwise, relative to the current folder.
const RESULTS: &str = "output";

/// Where the answer goes, and by how many threads it is found.
#[derive(Debug, Args)]
pub struct Output {
    /// Write results to DIR (to DIR/NAME for several scenarios) instead of output/NAME
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write no charts
    #[arg(long)]
    no_charts: bool,

    /// Threads to use; as many as there are cores if not given. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// An answer, ready to be said.
pub struct Said {
    /// For people.
    pub table: String,
    /// For programs.
    pub json: Value,
    /// What was written where.
    pub written: String,
    /// What its reader must not miss, after everything else.
    pub complaints: Vec<String>,
    /// What the exit code says.
    pub answer: Answer,
}

impl Output {
    /// Threads to use, if not all.
    pub fn threads(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }

    /// Where the results of one of the scenarios go.
    pub fn folder(&self, name: &str, several: bool) -> PathBuf {
        match &self.out {
            Some(folder) if several => folder.join(name),
            Some(folder) => folder.clone(),
            None => Path::new(RESULTS).join(name),
        }
    }

    /// Writes the files of one answer, undisturbed by interruptions, and says how many went where.
    ///
    /// # Errors
    /// What could not be written.
    pub fn write(
        &self,
        folder: &Path,
        files: impl FnOnce(&Path, &ReportOptions) -> Result<Vec<PathBuf>, ReportError>,
    ) -> Result<String, Problem> {
        let options = ReportOptions { charts: !self.no_charts };
        let written = interrupt::shielded(folder, &report::hidden_folder(folder), || files(folder, &options));
        let files = written.map_err(|error| Problem::from_library(&error))?;
        let several = if files.len() == 1 { "" } else { "s" };
        Ok(format!("wrote {} file{several} to {}", files.len(), folder.display()))
    }

    /// The scenarios, unless `obstacles` or their folders show that a study of one of them would be in vain.
    ///
    /// # Errors
    /// All reasons at once.
    pub fn unless(
        &self,
        scenarios: Vec<Checked>,
        obstacles: impl Fn(&Checked) -> Vec<Problem>,
    ) -> Result<Vec<Checked>, Vec<Refusal>> {
        let several = scenarios.len() > 1;
        let against = |scenario: &Checked| {
            let folder = self.folder(&scenario.model.name, several);
            obstacles(scenario).into_iter().chain(not_a_folder(&folder))
        };
        let found: Vec<Refusal> = scenarios.iter().flat_map(against).map(Refusal::from).collect();
        if found.is_empty() { Ok(scenarios) } else { Err(found) }
    }
}

/// Answers one scenario after the other, each with its warnings first, and says every answer as soon as it is there.
///
/// # Errors
/// Standard output cannot be written; every other reason has been shown.
pub fn answer_each(
    input: &Input,
    scenarios: Result<Vec<Checked>, Vec<Refusal>>,
    study: impl Fn(&Checked, bool) -> Result<Said, Refusal>,
) -> Result<Answer, Problem> {
    let scenarios = match scenarios {
        Ok(scenarios) => scenarios,
        Err(refusals) => return input.refuse(&refusals),
    };
    let several = scenarios.len() > 1;
    let mut answer = Answer::Yes;
    let mut values = Vec::new();
    for scenario in scenarios {
        scenario.warn(input);
        let said = match study(&scenario, several) {
            Ok(said) => said,
            Err(refusal) => return input.refuse(&[refusal]),
        };
        match (input.quiet, input.format) {
            (true, _) => {}
            (false, Format::Table) => terminal::say(&said.table)?,
            (false, Format::Json) => values.push(said.json),
        }
        if !input.quiet {
            terminal::remark(&said.written);
        }
        said.complaints.iter().for_each(|complaint| terminal::complain(complaint));
        answer = answer.max(said.answer);
    }
    if !values.is_empty() {
        input::say_each(values)?;
    }
    Ok(answer)
}

/// Which promises are broken or could not be tested, if somebody asked, and what that makes of the exit code.
pub fn gate(is_asked: bool, outcome: &Outcome) -> (Vec<String>, Answer) {
    let name = &outcome.model.name;
    let mut complaints = Vec::new();
    let mut answer = Answer::Yes;
    for slo in outcome.slos.iter().filter(|_| is_asked) {
        match slo.met {
            Some(true) => {}
            Some(false) => {
                complaints.push(format!("{name}: {} is broken ({})", slo.name, slo.promise));
                answer = answer.max(Answer::No);
            }
            None => {
                let why = slo.value.why_not.as_deref().unwrap_or("no engine that was asked can tell");
                complaints.push(format!("{name}: {} could not be tested: {why}", slo.name));
                answer = answer.max(Answer::Unknown);
            }
        }
    }
    (complaints, answer)
}

/// A verb that tests promises needs one.
pub fn nothing_to_gate(gate: bool, scenario: &Checked) -> Option<Problem> {
    let help = "add a promise under `slo`, or leave `--gate` out";
    let promised = !gate || !scenario.model.slos.is_empty();
    (!promised).then(|| Problem::new(format!("{} promises nothing that `--gate` could test", scenario.file), help))
}

/// A long run should not find out at its end that its folder cannot be.
fn not_a_folder(folder: &Path) -> Option<Problem> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists())?;
    (!existing.is_dir()).then(|| {
        let what = format!("results cannot go to {}: {} is not a folder", folder.display(), existing.display());
        Problem::new(what, "name another folder with `--out`")
    })
}
