//! `forebay check`: the faults of scenarios, and nothing else.

use clap::Args;
use forebay::model::Model;
use forebay::scenario::{Fault, Uncertain};
use forebay::units::show_count;
use serde_json::{Value, json};

use super::input::{self, Checked, Format, Input, Problem};
use super::{Answer, terminal};

/// Look for faults in scenarios without running them
///
/// Every fault of every file is reported at once, with its line, its column and what to write instead. Nothing is run,
/// nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay check scenario.yaml
  forebay check scenarios/*.yaml --quiet
  forebay check --format json scenario.yaml
  generate-scenario | forebay check -

Exit codes: 0 no fault, 2 at least one fault.")]
pub struct Check {
    #[command(flatten)]
    input: Input,
}

impl Check {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let scenarios = match self.input.load(false) {
            Ok(scenarios) => scenarios,
            Err(refusals) => return self.input.refuse(&refusals),
        };
        for scenario in &scenarios {
            scenario.warn(&self.input);
        }
        match (self.input.quiet, self.input.format) {
            (true, _) => {}
            (false, Format::Table) => {
                let lines: Vec<String> = scenarios.iter().map(sentence).collect();
                terminal::say(&lines.join("\n"))?;
            }
            (false, Format::Json) => input::say_each(scenarios.iter().map(to_json).collect())?,
        }
        Ok(Answer::Yes)
    }
}

fn sentence(scenario: &Checked) -> String {
    let Model { name, producers, queues, groups, slos, strategies, .. } = &scenario.model;
    let alternatives = match strategies.len() {
        0 => None,
        1 => Some("1 strategy".to_owned()),
        several => Some(format!("{several} strategies")),
    };
    let parts = [
        count(producers.len(), "producer"),
        count(queues.len(), "queue"),
        count(groups.len(), "consumer group"),
        count(slos.len(), "promise"),
    ];
    let uncertain = &scenario.planning.uncertain;
    let inputs = (!uncertain.is_empty()).then(|| count(uncertain.len(), "uncertain input"));
    let parts: Vec<String> = parts.into_iter().chain(alternatives).chain(inputs).collect();
    let line = format!("{}: no faults; {name} has {}", scenario.file, parts.join(", "));
    std::iter::once(line).chain(uncertain.iter().map(interval)).collect::<Vec<_>>().join("\n")
}

fn interval(input: &Uncertain) -> String {
    let (low, high) = (&input.low, &input.high);
    format!("  {}: {low} to {high} with a confidence of {} %", input.path, show_count(100.0 * input.confidence))
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn to_json(scenario: &Checked) -> Value {
    let warnings: Vec<Value> = scenario.warnings.iter().map(Fault::to_json).collect();
    let mut value = json!({ "file": scenario.file, "scenario": scenario.model.name, "warnings": warnings });
    if !scenario.planning.uncertain.is_empty() {
        let input = |input: &Uncertain| {
            json!({
                "path": input.path,
                "also": input.also,
                "low": input.low,
                "high": input.high,
                "confidence": input.confidence,
            })
        };
        value["uncertain"] = scenario.planning.uncertain.iter().map(input).collect();
    }
    value
}
