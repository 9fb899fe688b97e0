//! `forebay compare`: strategies against one another.

use std::io;
use std::time::Instant;

use clap::{Args, ValueEnum};
use forebay::measure::EngineChoice;
use forebay::report;
use forebay::study::compare::{Selection, contenders};
use forebay::study::{self, CompareOptions, Comparison};
use forebay::units::read_share;

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each, nothing_to_gate};
use super::{Answer, terminal};

/// More expected events than this are refused without `--yes`, as in a single run.
const MOST_EVENTS: f64 = 1e12;

/// Compare scaling strategies: who keeps the promises, at what price
///
/// Runs every strategy of a scenario on the same arrivals and the same work, so that differences are not chance. Says
/// which is the cheapest that keeps all promises, with a stated probability of being right, and adds replications only
/// where they decide that. A scenario that names no strategies but scales a group is compared with its fixed replicas.
/// Writes compare.json, compare.csv and charts into output/NAME/.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay compare scenarios/flash-sale.yaml
  forebay compare sale.yaml --strategies hpa,keda --replications 50
  forebay compare sale.yaml --engine fluid      milliseconds, no randomness
  forebay compare sale.yaml --kept-in 99% --at-most 500
  forebay compare sale.yaml --format json | jq .selection

Exit codes: 0 answered; 1 no strategy keeps its promises (with --gate);
2 could not answer, or could not decide (with --gate).")]
pub struct Compare {
    #[command(flatten)]
    input: Input,

    /// Compare only these strategies, by name
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    strategies: Vec<String>,

    #[command(flatten)]
    output: Output,

    /// What answers: every message, or dM/dt = P - C
    #[arg(long, value_enum, default_value_t = Engine::Events)]
    engine: Engine,

    /// Exit with 1 if no strategy keeps its promises
    #[arg(long)]
    gate: bool,

    /// Share of runs in which all promises must be kept
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share_inside)]
    kept_in: f64,

    /// Probability with which the choice is to be right
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share_inside)]
    confidence: f64,

    /// Costs that differ by less than this share of the leader's count as equal
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share_inside)]
    indifference: f64,

    /// Most replications of one strategy; five times the first ones and at least 100 if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    at_most: Option<u32>,
}

/// The engines that can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Every message, one by one, in replications
    Events,
    /// The equation dM/dt = P - C, exactly
    Fluid,
}

impl Compare {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        answer_each(&self.input, self.load(), |scenario, several| Ok(self.compare_one(scenario, several)?))
    }

    fn options(&self) -> CompareOptions {
        CompareOptions {
            strategies: self.strategies.clone(),
            engine: match self.engine {
                Engine::Events => EngineChoice::Events,
                Engine::Fluid => EngineChoice::Fluid,
            },
            threads: self.output.threads(),
            confidence: self.confidence,
            kept_in: self.kept_in,
            indifference: self.indifference,
            at_most: self.at_most,
        }
    }

    /// The scenarios, and no reason to expect that a comparison would be in vain.
    fn load(&self) -> Result<Vec<Checked>, Vec<Refusal>> {
        let scenarios = self.input.load(self.engine == Engine::Fluid)?;
        self.output.unless(scenarios, |scenario| {
            let obstacles = [self.nothing_to_compare(scenario), nothing_to_gate(self.gate, scenario)];
            obstacles.into_iter().flatten().collect()
        })
    }

    fn compare_one(&self, scenario: &Checked, several: bool) -> Result<Said, Problem> {
        let comparison = self.compare(scenario)?;
        let folder = self.output.folder(&comparison.model.name, several);
        let written =
            self.output.write(&folder, |folder, options| report::write_comparison(&comparison, folder, options))?;
        let (complaint, answer) = self.verdict(&comparison);
        Ok(Said {
            table: table(&comparison),
            json: report::compare_json(&comparison),
            written,
            complaints: complaint.into_iter().collect(),
            answer,
        })
    }

    fn compare(&self, scenario: &Checked) -> Result<Comparison, Problem> {
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let comparison = study::compare(&scenario.model, &self.options(), &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        comparison
            .map(|comparison| {
                let medians = report::medians_note(&scenario.planning.uncertain);
                Comparison { wall_s, notes: comparison.notes.into_iter().chain(medians).collect(), ..comparison }
            })
            .map_err(|error| Problem::new(format!("{} could not be compared: {error}", scenario.file), error.help()))
    }

    /// Strategies that are missing, unknown or too many to be simulated.
    fn nothing_to_compare(&self, scenario: &Checked) -> Option<Problem> {
        let found = match contenders(&scenario.model, &self.strategies) {
            Ok(found) => found,
            Err(error) => return Some(Problem::new(format!("{}: {error}", scenario.file), error.help())),
        };
        let options = self.options();
        let (first, _) = options.budget(&scenario.model);
        let per_run = |model: &forebay::model::Model| {
            model.expected_cost().events / f64::from(model.replications.at_most().max(1))
        };
        let events: f64 = found.iter().map(|contender| per_run(&contender.model) * f64::from(first)).sum();
        let too_many = events > MOST_EVENTS && self.engine == Engine::Events && !self.input.allows_huge();
        too_many.then(|| {
            let what = format!("{}: {} strategies are about {events:.0e} events", scenario.file, found.len());
            Problem::new(what, "compare fewer of them, with fewer replications or `--engine fluid`, or give `--yes`")
        })
    }

    /// Whether some strategy keeps its promises, if somebody asked.
    fn verdict(&self, comparison: &Comparison) -> (Option<String>, Answer) {
        let name = &comparison.model.name;
        let answer = if self.gate { gate(comparison) } else { Answer::Yes };
        let complaint = match answer {
            Answer::Yes => None,
            Answer::No => Some(format!("{name}: no strategy keeps its promises")),
            Answer::Unknown => Some(format!("{name}: whether a strategy keeps its promises is not known")),
        };
        (complaint, answer)
    }
}

/// Whether some strategy keeps its promises. Simulated ones by the selection, those of the equation by their verdicts.
fn gate(comparison: &Comparison) -> Answer {
    match &comparison.selection {
        Selection::Chosen { .. } => Answer::Yes,
        Selection::Nobody { .. } => Answer::No,
        Selection::Undecided { .. } => Answer::Unknown,
        Selection::NotAsked { .. } => {
            let met = |all: Option<bool>| {
                comparison.strategies.iter().filter(move |strategy| match all {
                    Some(true) => strategy.slos.iter().all(|slo| slo.met == Some(true)),
                    _ => strategy.slos.iter().any(|slo| slo.met == Some(false)),
                })
            };
            if met(Some(true)).count() > 0 {
                Answer::Yes
            } else if met(Some(false)).count() == comparison.strategies.len() {
                Answer::No
            } else {
                Answer::Unknown
            }
        }
    }
}

fn table(comparison: &Comparison) -> String {
    report::compare_table(comparison, terminal::columns(), terminal::colour(&io::stdout()))
}

/// A share above 0 and below 100 %.
fn share_inside(text: &str) -> Result<f64, String> {
    let share = read_share(text).map_err(|misread| match misread.help {
        Some(help) => format!("{}; {help}", misread.message),
        None => misread.message,
    })?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("write a share above 0% and below 100%".to_owned()) }
}
