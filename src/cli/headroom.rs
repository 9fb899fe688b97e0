//! `forebay headroom`: how much more load before a promise breaks.

use std::io;
use std::time::Instant;

use clap::Args;
use forebay::report;
use forebay::study::{self, Headroom, HeadroomOptions};
use forebay::units::read_share;

use super::input::{Checked, Input, Problem, Refusal};
use super::machine;
use super::progress::Bar;
use super::study::{Output, Said, answer_each};
use super::{Answer, terminal};

/// Share of runs in which promises must be kept, if neither the command line nor the scenario says so.
const KEPT_IN: f64 = 0.95;

/// How much more load before a promise breaks, what breaks first, and when
///
/// Multiplies every producer's rate by one factor and looks for the largest at which enough runs keep all promises,
/// with an interval. Names the promise that breaks first, the date at the scenario's `growth`, and what is left while
/// replicas or one of its `zones` are away. Writes headroom.json, headroom.csv and a chart into output/NAME/.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay headroom scenarios/daily-cycle.yaml
  forebay headroom shop.yaml --set growth='4% per 30d' --set zones=3
  forebay headroom shop.yaml --away 2 --confidence 99%
  forebay headroom shop.yaml --at-least 20%     exit code 1 if there is less
  forebay headroom shop.yaml --format json | jq .factor

Exit codes: 0 answered; 1 less headroom than --at-least;
2 could not answer, or could not decide (with --at-least).")]
pub struct HeadroomVerb {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Share of runs in which all promises must be kept; 95% unless the scenario's `plan` says otherwise
    #[arg(long, value_name = "SHARE", value_parser = share_inside)]
    confidence: Option<f64>,

    /// How precisely the limit of a run is known, as a share of it
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = precision)]
    precision: f64,

    /// Replications whose limits are looked for; by default what the confidence needs, fewer where runs are long
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=100_000))]
    runs: Option<u32>,

    /// Replicas of each group in turn that are away in the question N+1; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 1)]
    away: u32,

    /// Exit with 1 unless load may grow by this share
    #[arg(long, value_name = "SHARE", value_parser = positive_share)]
    at_least: Option<f64>,
}

impl HeadroomVerb {
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
        let headroom = self.look(scenario)?;
        let folder = self.output.folder(&headroom.model.name, several);
        let written =
            self.output.write(&folder, |folder, options| report::write_headroom(&headroom, folder, options))?;
        let answer = self.at_least.map_or(Answer::Yes, |at_least| gate(&headroom, 1.0 + at_least));
        let name = &headroom.model.name;
        let complaint = match answer {
            Answer::Yes => None,
            Answer::No => Some(format!("{name}: there is less headroom than was asked for")),
            Answer::Unknown => {
                Some(format!("{name}: whether there is so much headroom is not known: ask for more runs"))
            }
        };
        Ok(Said {
            table: report::headroom_table(&headroom, terminal::columns(), terminal::colour(&io::stdout())),
            json: report::headroom_json(&headroom),
            written,
            complaints: complaint.into_iter().collect(),
            answer,
        })
    }

    fn look(&self, scenario: &Checked) -> Result<Headroom, Problem> {
        let planned = scenario.planning.plan.as_ref().map(|plan| plan.confidence);
        let options = HeadroomOptions {
            threads: self.output.threads(),
            kept_in: self.confidence.or(planned).unwrap_or(KEPT_IN),
            precision: self.precision,
            runs: self.runs,
            away: self.away,
            zones: scenario.planning.zones,
            growth: scenario.planning.growth,
            memory_bytes: machine::memory_bytes(),
            ..HeadroomOptions::default()
        };
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let found = study::headroom(&scenario.model, &options, &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        found
            .map(|headroom| {
                let medians = report::medians_note(&scenario.planning.uncertain);
                Headroom { wall_s, notes: headroom.notes.into_iter().chain(medians).collect(), ..headroom }
            })
            .map_err(|error| Problem::new(format!("{}: no headroom to name: {error}", scenario.file), error.help()))
    }
}

/// Decided by the interval: all of it above, or all of it below.
fn gate(headroom: &Headroom, factor: f64) -> Answer {
    match (headroom.factor.low, headroom.factor.high) {
        (Some(low), _) if low >= factor => Answer::Yes,
        (_, Some(high)) if high < factor => Answer::No,
        _ => Answer::Unknown,
    }
}

fn share(text: &str) -> Result<f64, String> {
    read_share(text).map_err(|misread| match misread.help {
        Some(help) => format!("{}; {help}", misread.message),
        None => misread.message,
    })
}

/// A share above 0 and below 100 %.
fn share_inside(text: &str) -> Result<f64, String> {
    let share = share(text)?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("write a share above 0% and below 100%".to_owned()) }
}

fn precision(text: &str) -> Result<f64, String> {
    let share = share(text)?;
    if (0.0001..=0.5).contains(&share) { Ok(share) } else { Err("write a share from 0.01% to 50%".to_owned()) }
}

fn positive_share(text: &str) -> Result<f64, String> {
    let share = share(text)?;
    if share >= 0.0 && share.is_finite() { Ok(share) } else { Err("write a share of at least 0%".to_owned()) }
}
