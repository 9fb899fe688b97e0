//! `forebay explain`: what the presets of a scenario stand for, and why a group had the size that it had.

use clap::Args;
use forebay::model::{GroupId, Model};
use forebay::report;
use forebay::study::{self, Silence};
use forebay::units;

use super::input::{self, Checked, Format, Input, Problem};
use super::{Answer, strategy, terminal};

/// Explain the presets of a scenario, or the size of a consumer group at an instant
///
/// Without `--at`, what the presets of its queues stand for: every default, what it does, where the broker says so, and
/// what the scenario wrote instead.
///
/// With `--at`, what the scaler was shown, the arithmetic line by line, which rule held the size back, what came of it
/// and when each new replica was ready; and the next decision that changed something. Of the first replication, as in
/// decisions.csv.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay explain orders.yaml
  forebay explain sale.yaml --at 34m
  forebay explain sale.yaml --at 34m --strategy keda
  forebay explain sale.yaml --at 2h --group mailers --format json

Exit codes: 0 answered, 2 could not answer.")]
pub struct Explain {
    #[command(flatten)]
    input: Input,

    /// The instant, counted from the start: 90s, 34m, 1.5h
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    at: Option<f64>,

    /// The consumer group; not needed where only one is scaled
    #[arg(long, value_name = "GROUP", requires = "at")]
    group: Option<String>,

    /// Put one of the scenario's `strategies` to work
    #[arg(long, value_name = "NAME", requires = "at")]
    strategy: Option<String>,
}

impl Explain {
    /// Does it.
    ///
    /// # Errors
    /// Nothing to explain, or standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let scenarios = match self.input.load(false) {
            Ok(scenarios) => scenarios,
            Err(refusals) => return self.input.refuse(&refusals),
        };
        let mut explained = Vec::new();
        for mut scenario in scenarios {
            scenario.warn(&self.input);
            let Some(at_s) = self.at else {
                match self.input.format {
                    Format::Table => {
                        let name = &scenario.model.name;
                        terminal::say(&report::presets(&scenario.presets, name, terminal::columns()))?;
                    }
                    Format::Json => explained.push(report::presets_json(&scenario.presets)),
                }
                continue;
            };
            let chosen = strategy::put_to_work(&mut scenario, self.strategy.as_deref());
            let explanation = match chosen.and_then(|()| self.explain(&scenario, at_s)) {
                Ok(explanation) => explanation,
                Err(problem) => return self.input.refuse(&[problem.into()]),
            };
            match self.input.format {
                Format::Table => terminal::say(&report::explanation(&scenario.model, &explanation))?,
                Format::Json => explained.push(report::explanation_json(&scenario.model, &explanation)),
            }
        }
        if !explained.is_empty() {
            input::say_each(explained)?;
        }
        Ok(Answer::Yes)
    }

    fn explain(&self, scenario: &Checked, at_s: f64) -> Result<study::Explanation, Problem> {
        let group = self.group(scenario)?;
        study::explain(&scenario.model, group, at_s).map_err(|silence| {
            let help = match silence {
                Silence::NotScaled(_) => "name a group with `scaling`, or a strategy with `--strategy`",
                Silence::BeyondHorizon { .. } | Silence::NoDecisionYet { .. } => "choose another instant with `--at`",
                Silence::Simulation(_) => "make the scenario smaller",
            };
            Problem::new(format!("{}: {silence}", scenario.file), help)
        })
    }

    /// The group that is meant.
    fn group(&self, scenario: &Checked) -> Result<GroupId, Problem> {
        let groups = &scenario.model.groups;
        let file = &scenario.file;
        if let Some(name) = &self.group {
            let found = groups.iter().position(|group| group.name == *name);
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            let help = format!("its consumer groups are {}", names.join(", "));
            return found.ok_or_else(|| Problem::new(format!("{file} has no consumer group {name:?}"), help));
        }
        match scaled(&scenario.model).as_slice() {
            [group] => Ok(*group),
            [] => Err(Problem::new(
                format!("no strategy scales a consumer group of {file}"),
                "add `scaling` to a group, or name one of its `strategies` with `--strategy`",
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|group| groups[*group].name.as_str()).collect();
                Err(Problem::new(
                    format!("{} consumer groups of {file} are scaled", several.len()),
                    format!("name one of them with `--group`: {}", names.join(", ")),
                ))
            }
        }
    }
}

fn scaled(model: &Model) -> Vec<GroupId> {
    (0..model.groups.len()).filter(|group| model.groups[*group].scaling.is_some()).collect()
}

fn parse_instant(text: &str) -> Result<f64, String> {
    match units::read_duration(text) {
        Ok(at_s) if at_s >= 0.0 => Ok(at_s),
        Ok(_) => Err("a run starts at 0s".to_owned()),
        Err(misread) => {
            Err(misread.help.map_or(misread.message.clone(), |help| format!("{}: {help}", misread.message)))
        }
    }
}
