//! `forebay export`: strategies of a scenario as manifests for a cluster.

use clap::Args;
use forebay::scenario::manifest::{self, Exported};
use serde_json::json;

use super::input::{self, Checked, Format, Input, Problem};
use super::{Answer, terminal};

/// Print strategies as manifests for a Kubernetes cluster
///
/// Every hpa strategy becomes a `HorizontalPodAutoscaler`, every keda strategy a `ScaledObject` or `ScaledJob` that
/// scales the deployment named as its consumer group. What a manifest cannot say is told on standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay export scenario.yaml
  forebay export scenario.yaml --strategy keda > scaledobject.yaml
  forebay export scenario.yaml --strategy keda | kubectl apply --dry-run=server -f -

The way back: `strategies: {theirs: {manifest: scaledobject.yaml}}`.

Exit codes: 0 printed, 2 nothing to print, or at least one fault.")]
pub struct Export {
    #[command(flatten)]
    input: Input,

    /// Only this strategy: a name under `strategies`, or that of a group with its own
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
}

impl Export {
    /// Does it.
    ///
    /// # Errors
    /// There is nothing to print, or standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let scenarios = match self.input.load(true) {
            Ok(scenarios) => scenarios,
            Err(refusals) => return self.input.refuse(&refusals),
        };
        let mut exported = Vec::new();
        for scenario in &scenarios {
            scenario.warn(&self.input);
            let manifests = manifest::export(&scenario.model, self.strategy.as_deref());
            exported.push((scenario, manifests.map_err(|error| Problem::from_library(&error))?));
        }
        match self.input.format {
            Format::Table => {
                let texts: Vec<&str> = exported.iter().map(|(_, manifests)| manifests.text.as_str()).collect();
                terminal::say(&texts.join("---\n"))?;
                if !self.input.quiet {
                    exported.iter().flat_map(|(_, manifests)| &manifests.remarks).for_each(|line| note(line));
                }
            }
            Format::Json => input::say_each(exported.iter().map(to_json).collect())?,
        }
        Ok(Answer::Yes)
    }
}

fn note(remark: &str) {
    terminal::remark(&format!("note: {remark}"));
}

fn to_json((scenario, exported): &(&Checked, Exported)) -> serde_json::Value {
    json!({
        "file": scenario.file,
        "scenario": scenario.model.name,
        "manifests": exported.text,
        "remarks": exported.remarks,
    })
}
