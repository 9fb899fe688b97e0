//! `forebay run`: the answer.

use std::io;
use std::time::Instant;

use clap::{Args, ValueEnum};
use forebay::measure::{EngineChoice, Outcome};
use forebay::report;
use forebay::study::{self, RunOptions};

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each, gate, nothing_to_gate};
use super::{Answer, strategy, terminal};

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

    #[command(flatten)]
    output: Output,

    /// What answers: every message, dM/dt = P - C, queueing theory, or the exact law in time
    #[arg(long, value_enum, default_value_t = Engine::All)]
    engine: Engine,

    /// Put one of the scenario's `strategies` to work
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,

    /// Exit with 1 if a promise (`slo`) is broken
    #[arg(long)]
    gate: bool,
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
        answer_each(&self.input, self.load(), |scenario, several| Ok(self.run_one(scenario, several)?))
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
        self.output.unless(scenarios, |scenario| nothing_to_gate(self.gate, scenario).into_iter().collect())
    }

    fn run_one(&self, scenario: &Checked, several: bool) -> Result<Said, Problem> {
        let outcome = self.run(scenario)?;
        let folder = self.output.folder(&outcome.model.name, several);
        let written = self.output.write(&folder, |folder, options| report::write(&outcome, folder, options))?;
        let (complaints, answer) = gate(self.gate, &outcome);
        Ok(Said { table: table(&outcome), json: report::summary_json(&outcome), written, complaints, answer })
    }

    fn run(&self, scenario: &Checked) -> Result<Outcome, Problem> {
        let options = RunOptions { engine: self.engine.into(), threads: self.output.threads() };
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let outcome = study::run(&scenario.model, &options, &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        let said = |outcome: Outcome| {
            let medians = report::medians_note(&scenario.planning.uncertain);
            Outcome { wall_s, notes: outcome.notes.into_iter().chain(medians).collect(), ..outcome }
        };
        outcome.map(said).map_err(|error| {
            let help = "change the scenario accordingly, or choose another `--engine`";
            Problem::new(format!("{} could not be answered: {error}", scenario.file), help)
        })
    }
}

fn table(outcome: &Outcome) -> String {
    report::table(outcome, terminal::columns(), terminal::colour(&io::stdout()))
}
