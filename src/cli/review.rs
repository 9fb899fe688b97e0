//! `forebay review`: one file that people forward.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use forebay::measure::Outcome;
use forebay::report::{self, Former, ReviewSource};
use forebay::study::review::{ReviewOptions, Subject};
use forebay::study::{self, Findings};

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each, gate, nothing_to_gate};
use super::{Answer, machine, terminal};

/// Review scenarios: one file with verdict, charts, strategies and costs
///
/// Writes output/NAME/review.html: one page that needs no network and no other file, to be sent to whoever decides.
/// It opens with the question and the verdict; then come traffic, backlog and latency, strategies, plan, headroom,
/// failures and costs as far as the scenario asks for them; and at its end what all of it rests upon.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay review scenarios/flash-sale.yaml
  forebay review sale.yaml --out review-of-the-sale
  forebay review sale.yaml --replications 50
  forebay review sale.yaml --compare last-month/sale

Exit codes: 0 answered; 1 a promise is broken (with --gate); 2 could not answer, or a
promise could not be tested (with --gate).")]
pub struct Review {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Say what changed since a former review: its folder, its review.json or a summary.json
    #[arg(long, value_name = "OLD")]
    compare: Option<PathBuf>,

    /// Exit with 1 if a promise (`slo`) is broken
    #[arg(long)]
    gate: bool,
}

impl Review {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        answer_each(&self.input, self.load(), |scenario, several| Ok(self.review_one(scenario, several)?))
    }

    fn load(&self) -> Result<Vec<Checked>, Vec<Refusal>> {
        let scenarios = self.input.load(false)?;
        self.output.unless(scenarios, |scenario| nothing_to_gate(self.gate, scenario).into_iter().collect())
    }

    fn review_one(&self, scenario: &Checked, several: bool) -> Result<Said, Problem> {
        // A former answer that cannot be read should not be found out after a minute.
        let former = self.compare.as_deref().map(former).transpose()?;
        let findings = self.find(scenario)?;
        let folder = self.output.folder(&scenario.model.name, several);
        let (text, changes, warnings) = (scenario.text(), scenario.changes_as_typed(), scenario.warning_lines());
        let source = ReviewSource {
            findings: &findings,
            file: &scenario.file,
            text: &text,
            changes: &changes,
            presets: &scenario.presets,
            warnings: &warnings,
            former: former.as_ref(),
        };
        let written = self.output.write(&folder, |folder, options| report::write_review(&source, folder, options))?;
        let (complaints, answer) = gate(self.gate, &findings.outcome);
        Ok(Said {
            table: report::review_text(&source, terminal::columns()),
            json: report::review_json(&source),
            written,
            complaints,
            answer,
        })
    }

    fn find(&self, scenario: &Checked) -> Result<Findings, Problem> {
        let threads = self.output.threads();
        let options = ReviewOptions { threads, kept_in: None, memory_bytes: machine::memory_bytes() };
        let bar = Bar::of_stages(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let variant = |changes: &[forebay::scenario::Override]| scenario.variant_at_any_cost(changes);
        let subject = Subject { model: &scenario.model, planning: &scenario.planning, variant: &variant };
        let findings = study::review(&subject, &options, &|progress| bar.advance_stage(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        findings.map(|findings| Findings { outcome: Outcome { wall_s, ..findings.outcome }, ..findings }).map_err(
            |error| {
                let help = "change the scenario accordingly";
                Problem::new(format!("{} could not be answered: {error}", scenario.file), help)
            },
        )
    }
}

/// What an earlier review, or an earlier run, has left.
fn former(place: &Path) -> Result<Former, Problem> {
    let help = "name the folder of a review or of a run, its review.json or its summary.json";
    let file = if place.is_dir() {
        let names = ["review.json", "summary.json"].map(|name| place.join(name));
        let found = names.into_iter().find(|file| file.is_file());
        let nothing = || Problem::new(format!("{} holds neither review.json nor summary.json", place.display()), help);
        found.ok_or_else(nothing)?
    } else {
        place.to_owned()
    };
    let unreadable = |why: String| Problem::new(format!("cannot compare with {}: {why}", file.display()), help);
    let text = fs::read_to_string(&file).map_err(|error| unreadable(error.to_string()))?;
    Former::read(&place.display().to_string(), &text).map_err(unreadable)
}
