//! `forebay plan`: the cheapest setting that keeps the promises.

use std::io;
use std::time::Instant;

use clap::Args;
use forebay::report;
use forebay::scenario::Axis;
use forebay::study::plan::{PlanAnswer, PlanError};
use forebay::study::regret::RegretError;
use forebay::study::{self, Plan as Found, PlanOptions, RegretOptions, RegretPlan};
use forebay::units::read_share;

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each};
use super::{Answer, terminal};

/// Find the cheapest setting that keeps the promises, and how sure that is
///
/// A setting is good when all promises are kept in at least 95 % of runs. Queueing theory and the equation
/// dM/dt = P - C say where to look, simulated runs decide, and they are added only where they decide something. The
/// answer comes with its neighbours, so that one sees what the last replica buys. What may be chosen stands under
/// `plan:` in the scenario or after `--vary`; otherwise it is the number of replicas of the group that serves a queue
/// with a promise. Writes plan.json, plan.csv and charts into output/NAME/.
///
/// Where inputs are uncertain (`{between: [90/s, 140/s], confidence: 90%}`), the plan is the setting that is expected
/// to be regretted least over joint draws of them, and the answer names the input on which it depends most; it is
/// written to regret.json, regret.csv and a chart.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay plan scenarios/plan-replicas.yaml
  forebay plan sale.yaml --vary consumers.workers.replicas=1..40
  forebay plan sale.yaml --vary consumers.workers.replicas=2..20 \\
      --vary consumers.workers.concurrency=1,2,4
  forebay plan sale.yaml --confidence 99% --precision 0.5%
  forebay plan sale.yaml --format json | jq .answer.set

Exit codes: 0 answered, also where the plan is not proven (unless --gate is given);
1 nothing that may be chosen keeps the promises; 2 could not answer, or with
--gate not proven.")]
pub struct Plan {
    #[command(flatten)]
    input: Input,

    /// What may be chosen, instead of what the scenario says, e.g. consumers.workers.replicas=1..64 or =10,20,50;
    /// repeatable
    #[arg(long, value_name = "PATH=VALUES", value_parser = axis)]
    vary: Vec<Axis>,

    #[command(flatten)]
    output: Output,

    /// Share of runs in which all promises must be kept; 95% if neither this nor the scenario says it
    #[arg(long, value_name = "SHARE", value_parser = share_inside)]
    confidence: Option<f64>,

    /// Probability with which the claim about the chosen setting is to be true
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share_inside)]
    certainty: f64,

    /// Run until the share of runs that keep the promises is known to within this, e.g. 1%
    #[arg(long, value_name = "SHARE", value_parser = share_inside)]
    precision: Option<f64>,

    /// Most runs of one candidate; if not given 500, up to 5000 where runs are short, and 20000 with --precision. Lifts
    /// the limit on all runs together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    at_most: Option<u32>,

    /// Exit with 2 if the plan is not proven (plan.json: answer.kind is bracket); nothing changes where inputs are
    /// uncertain
    #[arg(long)]
    gate: bool,

    /// Joint draws of the scenario's uncertain inputs (`between`), if it has any; 128 if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    draws: Option<u32>,
}

impl Plan {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let scenarios = self.input.load(false).and_then(|scenarios| self.output.unless(scenarios, |_| Vec::new()));
        answer_each(&self.input, scenarios, |scenario, several| self.plan_one(scenario, several))
    }

    fn options(&self) -> PlanOptions {
        let defaults = PlanOptions::default();
        let is_lifted = self.input.allows_huge() || self.at_most.is_some();
        PlanOptions {
            vary: self.vary.clone(),
            confidence: self.confidence,
            certainty: self.certainty,
            precision: self.precision,
            at_most: self.at_most,
            budget: if is_lifted { f64::INFINITY } else { defaults.budget },
            threads: self.output.threads(),
        }
    }

    /// Where inputs are uncertain, the setting that will be regretted least.
    fn weigh_one(&self, scenario: &Checked, several: bool) -> Result<Said, Refusal> {
        let plan = self.weigh(scenario)?;
        let folder = self.output.folder(&plan.model.name, several);
        let written = self.output.write(&folder, |folder, options| report::write_regret(&plan, folder, options))?;
        let complaint =
            plan.chosen.is_none().then(|| format!("{}: nothing that may be chosen is ever enough", plan.model.name));
        Ok(Said {
            table: report::regret_table(&plan, terminal::columns(), terminal::colour(&io::stdout())),
            json: report::regret_json(&plan),
            written,
            answer: if complaint.is_some() { Answer::No } else { Answer::Yes },
            complaints: complaint.into_iter().collect(),
        })
    }

    fn weigh(&self, scenario: &Checked) -> Result<RegretPlan, Refusal> {
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let variant = |changes: &[forebay::scenario::Override]| scenario.variant_at_any_cost(changes);
        let asked = self.options();
        let usual = RegretOptions::default();
        let options = RegretOptions {
            draws: self.draws.unwrap_or(usual.draws),
            budget: asked.budget,
            threads: asked.threads,
            ..usual
        };
        let (model, planning) = (&scenario.model, &scenario.planning);
        let plan =
            study::plan_by_regret(model, planning, &variant, &asked, &options, &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        plan.map(|plan| RegretPlan { wall_s, ..plan }).map_err(|error| match error {
            RegretError::Question(PlanError::Faults(faults)) => Refusal::Faults(faults),
            error => {
                let help = error.help().unwrap_or_default();
                Refusal::Problem(Problem::new(format!("{} could not be planned: {error}", scenario.file), help))
            }
        })
    }

    fn plan_one(&self, scenario: &Checked, several: bool) -> Result<Said, Refusal> {
        if !scenario.planning.uncertain.is_empty() {
            return self.weigh_one(scenario, several);
        }
        let plan = self.plan(scenario)?;
        let folder = self.output.folder(&plan.model.name, several);
        let written = self.output.write(&folder, |folder, options| report::write_plan(&plan, folder, options))?;
        let (complaint, answer) = match plan.answer {
            PlanAnswer::Bracket { .. } if self.gate => {
                (Some(format!("{}: the plan is not proven", plan.model.name)), Answer::Unknown)
            }
            PlanAnswer::Chosen { .. } | PlanAnswer::Bracket { .. } => (None, Answer::Yes),
            PlanAnswer::Infeasible { .. } => {
                (Some(format!("{}: nothing that may be chosen keeps the promises", plan.model.name)), Answer::No)
            }
        };
        Ok(Said {
            table: report::plan_table(&plan, terminal::columns(), terminal::colour(&io::stdout())),
            json: report::plan_json(&plan),
            written,
            complaints: complaint.into_iter().collect(),
            answer,
        })
    }

    fn plan(&self, scenario: &Checked) -> Result<Found, Refusal> {
        let bar = Bar::new(&scenario.model.name, self.input.quiet);
        let begun = Instant::now();
        let variant = |changes: &[forebay::scenario::Override]| scenario.variant_at_any_cost(changes);
        let asked = scenario.planning.plan.as_ref();
        let plan = study::plan(&scenario.model, asked, &variant, &self.options(), &|progress| bar.advance(progress));
        let wall_s = begun.elapsed().as_secs_f64();
        bar.finish();
        // The library has no clock.
        plan.map(|plan| Found { wall_s, ..plan }).map_err(|error| match error {
            PlanError::Faults(faults) => Refusal::Faults(faults),
            error => {
                let help = error.help().unwrap_or_default();
                Refusal::Problem(Problem::new(format!("{} could not be planned: {error}", scenario.file), help))
            }
        })
    }
}

fn axis(text: &str) -> Result<Axis, String> {
    Axis::read(text).map_err(|fault| format!("{}; {}", fault.what, fault.help))
}

/// A share above 0 and below 100 %.
fn share_inside(text: &str) -> Result<f64, String> {
    let share = read_share(text).map_err(|misread| match misread.help {
        Some(help) => format!("{}; {help}", misread.message),
        None => misread.message,
    })?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("write a share above 0% and below 100%".to_owned()) }
}
