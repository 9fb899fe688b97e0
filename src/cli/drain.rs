//! `forebay drain`: how long queues need to clear after a disturbance.

use std::io;
use std::time::Instant;

use clap::Args;
use forebay::report;
use forebay::study::{self, Drain, DrainOptions};
use forebay::units::{Misread, read_duration, read_share};

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each};
use super::{Answer, terminal};

/// Share of runs that must be clear by a deadline, if neither the command line nor the scenario says so.
const KEPT_IN: f64 = 0.95;

/// How long queues need to clear after an outage, a spike or a backlog
///
/// Counts from the end of the disturbance (of the outage, of the spike, or the start with initial messages) until no
/// message is ready for the first time, run by run: quantiles beside the one number of the equation, whether it clears
/// at all, and how many replicas would clear it by a deadline. Writes drain.json, drain.csv and a chart into
/// output/NAME/.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay drain scenarios/deploy-outage.yaml
  forebay drain scenarios/flash-sale.yaml --by 15m
  forebay drain shop.yaml --set queues.orders.initial=50k --by 1h
  forebay drain shop.yaml --by 30m --confidence 99% --gate
  forebay drain shop.yaml --format json | jq .queues.orders.clear_s

Exit codes: 0 answered; 1 a deadline is missed (with --gate);
2 could not answer, or could not decide (with --gate).")]
pub struct DrainVerb {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Deadline, from the end of the disturbance; the scenario's `drained` promises if not given
    #[arg(long, value_name = "DURATION", value_parser = deadline)]
    by: Option<f64>,

    /// Share of runs that must be clear by the deadline; 95% unless the scenario's `plan` says otherwise
    #[arg(long, value_name = "SHARE", value_parser = share_inside)]
    confidence: Option<f64>,

    /// Replications; by default 400, fewer where runs are long
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: Option<u32>,

    /// Exit with 1 if a deadline is missed
    #[arg(long)]
    gate: bool,
}

impl DrainVerb {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let scenarios = self.input.load(false);
        let scenarios = scenarios.and_then(|scenarios| self.output.unless(scenarios, |_| Vec::new()));
        answer_each(&self.input, scenarios, |scenario, several| self.answer_one(scenario, several))
    }

    fn answer_one(&self, scenario: &Checked, several: bool) -> Result<Said, Refusal> {
        let drain = self.look(scenario)?;
        let folder = self.output.folder(&drain.model.name, several);
        let written = self.output.write(&folder, |folder, options| report::write_drain(&drain, folder, options))?;
        let answer = if self.gate { gate(&drain) } else { Answer::Yes };
        let name = &drain.model.name;
        let complaint = match answer {
            Answer::Yes => None,
            Answer::No => Some(format!("{name}: a deadline is missed")),
            Answer::Unknown => Some(format!("{name}: whether the deadline is kept is not known: {}", open(&drain))),
        };
        Ok(Said {
            table: report::drain_table(&drain, terminal::columns(), terminal::colour(&io::stdout())),
            json: report::drain_json(&drain),
            written,
            complaints: complaint.into_iter().collect(),
            answer,
        })
    }

    fn look(&self, scenario: &Checked) -> Result<Drain, Problem> {
        let planned = scenario.planning.plan.as_ref().map(|plan| plan.confidence);
        let options = DrainOptions {
            threads: self.output.threads(),
            kept_in: self.confidence.or(planned).unwrap_or(KEPT_IN),
            runs: self.runs,
            by_s: self.by,
            ..DrainOptions::default()
        };
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let found = study::drain(&scenario.model, &options, &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        found
            .map(|drain| {
                let medians = report::medians_note(&scenario.planning.uncertain);
                Drain { wall_s, notes: drain.notes.into_iter().chain(medians).collect(), ..drain }
            })
            .map_err(|error| Problem::new(format!("{}: no drain time to name: {error}", scenario.file), error.help()))
    }
}

/// Whether every deadline is kept by the demanded share of runs; a queue that was never disturbed keeps any.
fn gate(drain: &Drain) -> Answer {
    let deadlines = drain.queues.iter().filter_map(|queue| queue.deadline.as_ref());
    let answers = deadlines.map(|deadline| match deadline.met {
        Some(true) => Answer::Yes,
        Some(false) => Answer::No,
        None => Answer::Unknown,
    });
    let calm = drain.queues.iter().all(|queue| queue.disturbed.is_none());
    answers.max().unwrap_or(if calm { Answer::Yes } else { Answer::Unknown })
}

/// Why a deadline is open, and what to do about it.
fn open(drain: &Drain) -> String {
    let deadlines = || drain.queues.iter().filter_map(|queue| queue.deadline.as_ref());
    let unknown = deadlines().find(|deadline| deadline.met.is_none());
    match unknown {
        None => "give one with `--by`".to_owned(),
        Some(late) if late.in_time.is_none() => late.why_not.clone().unwrap_or_default(),
        Some(_) => "ask for more `--runs`".to_owned(),
    }
}

fn said(misread: Misread) -> String {
    match misread.help {
        Some(help) => format!("{}; {help}", misread.message),
        None => misread.message,
    }
}

fn deadline(text: &str) -> Result<f64, String> {
    let seconds = read_duration(text).map_err(said)?;
    if seconds >= 0.0 { Ok(seconds) } else { Err("write a duration of at least 0s".to_owned()) }
}

/// A share above 0 and below 100 %.
fn share_inside(text: &str) -> Result<f64, String> {
    let share = read_share(text).map_err(said)?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("write a share above 0% and below 100%".to_owned()) }
}
