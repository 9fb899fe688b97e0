//! `forebay run`: the answer.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use forebay::measure::{EngineChoice, Outcome};
use forebay::report::{self, ReportOptions};
use forebay::study::{self, RunOptions};

use super::input::{self, Checked, Format, Input, Problem, Refusal};
use super::progress::Bar;
use super::{Answer, interrupt, strategy, terminal};

/// Where results go unless `--out` says otherwise, relative to the current folder.
pub const RESULTS: &str = "output";

/// Run scenarios: print the answer, write tables and charts
///
/// Prints a table that answers first how deep each queue gets, how late its messages are, when the backlog is gone and
/// whether the promises hold. Writes summary.json, timeseries.csv and charts into output/NAME/, where NAME is the
/// scenario's name. All files are checked before any of them is run; a fault leaves everything as it was.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay run scenarios/flash-sale.yaml
  forebay run sale.yaml --set consumers.workers.replicas=6 --out six
  forebay run sale.yaml --strategy keda         one of its strategies
  forebay run sale.yaml --engine fluid          milliseconds, no randomness
  forebay run sale.yaml --gate && deploy        only if every promise is kept
  forebay run - --format json < sale.yaml | jq .slo

Exit codes: 0 answered; 1 a promise is broken (with --gate); 2 could not answer.")]
pub struct Run {
    #[command(flatten)]
    input: Input,

    /// Write results to DIR (to DIR/NAME for several scenarios) instead of output/NAME
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// What answers: every message, dM/dt = P - C, queueing theory, or the exact law in time
    #[arg(long, value_enum, default_value_t = Engine::All)]
    engine: Engine,

    /// Put one of the scenario's `strategies` to work
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,

    /// Write no charts
    #[arg(long)]
    no_charts: bool,

    /// Exit with 1 if a promise (`slo`) is broken
    #[arg(long)]
    gate: bool,

    /// Threads to use; as many as there are cores if not given. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// The engines by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// All that apply, and where they disagree
    All,
    /// Every message, one by one, in replications
    Events,
    /// The equation dM/dt = P - C, exactly
    Fluid,
    /// Queueing theory, where a formula is exact
    Formula,
    /// The exact law in time of Markovian queues
    Transient,
}

impl From<Engine> for EngineChoice {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::All => Self::All,
            Engine::Events => Self::Events,
            Engine::Fluid => Self::Fluid,
            Engine::Formula => Self::Formula,
            Engine::Transient => Self::Transient,
        }
    }
}

impl Run {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        match self.load().and_then(|scenarios| self.run_each(scenarios).map_err(|problem| vec![problem.into()])) {
            Ok(answer) => Ok(answer),
            Err(refusals) => self.input.refuse(&refusals),
        }
    }

    /// The scenarios, and no reason to expect that a run of them would be in vain.
    fn load(&self) -> Result<Vec<Checked>, Vec<Refusal>> {
        let mut scenarios =
            self.input.load(matches!(self.engine, Engine::Fluid | Engine::Formula | Engine::Transient))?;
        let chosen = scenarios.iter_mut().map(|scenario| strategy::put_to_work(scenario, self.strategy.as_deref()));
        let unknown: Vec<Refusal> = chosen.filter_map(Result::err).map(Refusal::from).collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let several = scenarios.len() > 1;
        let obstacles = scenarios.iter().flat_map(|scenario| {
            let folder = self.folder(&scenario.model.name, several);
            [self.nothing_to_gate(scenario), not_a_folder(&folder)].into_iter().flatten().map(Refusal::from)
        });
        let obstacles: Vec<Refusal> = obstacles.collect();
        if obstacles.is_empty() { Ok(scenarios) } else { Err(obstacles) }
    }

    fn run_each(&self, scenarios: Vec<Checked>) -> Result<Answer, Problem> {
        let several = scenarios.len() > 1;
        let mut answer = Answer::Yes;
        let mut summaries = Vec::new();
        for scenario in scenarios {
            scenario.warn(&self.input);
            let outcome = self.run_one(&scenario)?;
            let written = self.write(&outcome, &self.folder(&outcome.model.name, several))?;
            match (self.input.quiet, self.input.format) {
                (true, _) => {}
                (false, Format::Table) => terminal::say(&table(&outcome))?,
                (false, Format::Json) => summaries.push(report::summary_json(&outcome)),
            }
            if !self.input.quiet {
                terminal::remark(&written);
            }
            answer = answer.max(self.verdict(&outcome));
        }
        if !summaries.is_empty() {
            input::say_each(summaries)?;
        }
        Ok(answer)
    }

    fn run_one(&self, scenario: &Checked) -> Result<Outcome, Problem> {
        let options = RunOptions { engine: self.engine.into(), threads: self.threads.map(usize::from) };
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let outcome = study::run(&scenario.model, &options, &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        outcome.map(|outcome| Outcome { wall_s, ..outcome }).map_err(|error| {
            let help = "change the scenario accordingly, or choose another `--engine`";
            Problem::new(format!("{} could not be answered: {error}", scenario.file), help)
        })
    }

    /// Writes the files and says how many went where.
    fn write(&self, outcome: &Outcome, folder: &Path) -> Result<String, Problem> {
        let options = ReportOptions { charts: !self.no_charts };
        let written =
            interrupt::shielded(folder, &report::hidden_folder(folder), || report::write(outcome, folder, &options));
        let files = written.map_err(|error| Problem::from_library(&error))?;
        Ok(format!("wrote {} files to {}", files.len(), folder.display()))
    }

    fn folder(&self, name: &str, several: bool) -> PathBuf {
        match &self.out {
            Some(folder) if several => folder.join(name),
            Some(folder) => folder.clone(),
            None => Path::new(RESULTS).join(name),
        }
    }

    fn nothing_to_gate(&self, scenario: &Checked) -> Option<Problem> {
        let help = "add a promise under `slo`, or leave `--gate` out";
        let promised = !self.gate || !scenario.model.slos.is_empty();
        (!promised).then(|| Problem::new(format!("{} promises nothing that `--gate` could test", scenario.file), help))
    }

    fn verdict(&self, outcome: &Outcome) -> Answer {
        if !self.gate {
            return Answer::Yes;
        }
        let mut answer = Answer::Yes;
        for slo in &outcome.slos {
            match slo.met {
                Some(true) => {}
                Some(false) => {
                    terminal::complain(&format!("{}: {} is broken ({})", outcome.model.name, slo.name, slo.promise));
                    answer = answer.max(Answer::No);
                }
                None => {
                    let why = slo.value.why_not.as_deref().unwrap_or("no engine that was asked can tell");
                    terminal::complain(&format!("{}: {} could not be tested: {why}", outcome.model.name, slo.name));
                    answer = answer.max(Answer::Unknown);
                }
            }
        }
        answer
    }
}

fn table(outcome: &Outcome) -> String {
    report::table(outcome, terminal::columns(), terminal::colour(&io::stdout()))
}

/// A long run should not find out at its end that its folder cannot be.
pub fn not_a_folder(folder: &Path) -> Option<Problem> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists())?;
    (!existing.is_dir()).then(|| {
        let what = format!("results cannot go to {}: {} is not a folder", folder.display(), existing.display());
        Problem::new(what, "name another folder with `--out`")
    })
}
