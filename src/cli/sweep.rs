//! `forebay sweep`: every combination of some values.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueEnum};
use forebay::measure::EngineChoice;
use forebay::model::Model;
use forebay::report::{self, Earlier, PartialSweep, ReportError, Resumed};
use forebay::scenario::{Axis, Faults, Grid, Override};
use forebay::study::sweep::{Shown, Survey, SurveyError, SweepPoint, survey};
use forebay::study::{self, Sweep as Swept, SweepError, SweepOptions};
use forebay::units::read_count;

use super::input::{Checked, Input, Problem, Refusal};
use super::progress::Bar;
use super::study::{Output, Said, answer_each};
use super::{Answer, strategy, terminal};

/// More expected events than this are refused without `--yes`, unless `--budget` allows them.
const MOST_EVENTS: &str = "1e10";
/// More points than this are refused without `--yes`.
const MOST_POINTS: u64 = 10_000;
/// The axis that puts the scenario's named strategies to work.
const STRATEGY: &str = "strategy";

/// Sweep a grid of values: what each of them would do
///
/// Runs the scenario with every combination of some values, all on the same random numbers, so that neighbours differ
/// by their settings and not by chance. Says what it will cost before it begins. Finished points are kept: an
/// interrupted sweep that is started again goes on where it stopped. Writes sweep.json, sweep.csv and, for one or two
/// axes, a chart into output/NAME/.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay sweep sale.yaml --vary consumers.workers.replicas=1..20
  forebay sweep sale.yaml --vary consumers.workers.replicas=2..12 \\
      --vary producers.checkout.rate.sum[0].constant=40/s,80/s,120/s
  forebay sweep sale.yaml --vary 'queues.orders.capacity=100..1000 step 100' \\
      --show loss_share
  forebay sweep sale.yaml --vary \\
      'consumers.workers.service={lognormal: {mean: 9ms, cv: 1}},9ms'
  forebay sweep sale.yaml --vary strategy=hpa,keda --vary seed=1..5 --show cost

Values: 1..20, 10..100 step 10, or a list; commas in brackets belong to a value.
Figures (--show): depth_mean, depth_max, backlog_max, wait_mean, wait_p99,
wait_max, latency_p50, latency_p99, utilization, replica_hours, cost,
loss_share, drained_at, each of the first queue or as QUEUE.FIGURE; a promise
by its name; kept (the share of runs that keep all promises).

Exit codes: 0 answered; 2 could not answer.")]
pub struct Sweep {
    #[command(flatten)]
    input: Input,

    /// A path as in --set, and its values: `1..20` or `a,b,c`; one axis each
    #[arg(long, value_name = "PATH=VALUES", required = true, value_parser = read_axis)]
    vary: Vec<Axis>,

    #[command(flatten)]
    output: Output,

    /// What answers: every message, dM/dt = P - C, or queueing theory
    #[arg(long, value_enum, default_value_t = Engine::Events)]
    engine: Engine,

    /// Put one of the scenario's `strategies` to work
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,

    /// What table and chart show; the first promise's statistic if not given
    #[arg(long, value_name = "FIGURE")]
    show: Option<String>,

    /// Expected events beyond which `--yes` is needed
    #[arg(long, value_name = "EVENTS", default_value = MOST_EVENTS, value_parser = read_budget)]
    budget: f64,

    /// Forget the points of an interrupted sweep
    #[arg(long)]
    fresh: bool,
}

/// The engines that can sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Every message, one by one, in replications
    Events,
    /// The equation dM/dt = P - C, exactly
    Fluid,
    /// Queueing theory, where a formula is exact
    Formula,
}

impl Engine {
    fn choice(self) -> EngineChoice {
        match self {
            Engine::Events => EngineChoice::Events,
            Engine::Fluid => EngineChoice::Fluid,
            Engine::Formula => EngineChoice::Formula,
        }
    }
}

/// What is known of each scenario's sweep before it begins, by the scenario's name.
type Surveys = Vec<(String, Survey)>;

impl Sweep {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written; everything else has been said.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let (scenarios, surveys) = match self.load() {
            Ok(loaded) => loaded,
            Err(refusals) => return self.input.refuse(&refusals),
        };
        answer_each(&self.input, Ok(scenarios), |scenario, several| {
            let survey = surveys.iter().find(|(name, _)| *name == scenario.model.name);
            let (_, survey) = survey.expect("every scenario has been surveyed");
            self.sweep_one(scenario, survey, several)
        })
    }

    fn options(&self) -> SweepOptions {
        SweepOptions { engine: self.engine.choice(), threads: self.output.threads() }
    }

    fn grid(&self) -> Grid {
        Grid { axes: self.vary.clone() }
    }

    /// The scenarios with what their sweeps will be, and no reason to expect that one of them would be in vain.
    fn load(&self) -> Result<(Vec<Checked>, Surveys), Vec<Refusal>> {
        let mut scenarios = self.input.load(self.engine != Engine::Events)?;
        let chosen = scenarios.iter_mut().map(|scenario| strategy::put_to_work(scenario, self.strategy.as_deref()));
        let unknown: Vec<Refusal> = chosen.filter_map(Result::err).map(Refusal::from).collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let scenarios =
            self.output.unless(scenarios, |scenario| self.no_such_figure(scenario).into_iter().collect())?;
        let mut surveys = Vec::new();
        let mut refusals = Vec::new();
        for scenario in &scenarios {
            match self.survey(scenario) {
                Ok(survey) => surveys.push((scenario.model.name.clone(), survey)),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok((scenarios, surveys)) } else { Err(refusals) }
    }

    fn no_such_figure(&self, scenario: &Checked) -> Option<Problem> {
        let error = Shown::read(self.show.as_deref()?, &scenario.model).err()?;
        Some(Problem::new(format!("{}: {}", scenario.file, error.what), error.help))
    }

    /// One point: the changes, and a strategy if one is varied or asked for.
    fn variant(&self, scenario: &Checked, changes: &[Override]) -> Result<Model, Faults> {
        let is_strategy = |change: &&Override| change.path == STRATEGY;
        let varied = changes.iter().find(is_strategy).map(|change| change.value.as_str());
        let others: Vec<Override> = changes.iter().filter(|change| !is_strategy(change)).cloned().collect();
        strategy::at_work(scenario.variant(&others)?, varied.or(self.strategy.as_deref()))
    }

    /// What the sweep will be, and whether it may be.
    fn survey(&self, scenario: &Checked) -> Result<Survey, Refusal> {
        let variant = |changes: &[Override]| self.variant(scenario, changes);
        let changes = format!("{:?} {:?}", scenario.changes(), self.strategy);
        let question = [scenario.text(), changes];
        let question = question.each_ref().map(String::as_str);
        let survey = survey(&scenario.model, &self.grid(), self.options(), &variant, &question);
        let survey = survey.map_err(|error| match error {
            SurveyError::Faults(faults) => Refusal::Faults(faults),
            SurveyError::Axes { what, help } => Problem::new(format!("{}: {what}", scenario.file), help).into(),
        })?;
        let too_much = survey.points > MOST_POINTS || survey.events > self.budget;
        if too_much && !self.input.allows_huge() {
            let limit = if survey.points > MOST_POINTS {
                format!("{MOST_POINTS} points are")
            } else {
                format!("the budget of {} events is", scientific(self.budget))
            };
            let what = format!("{}: {}; {limit} exceeded", scenario.file, cost(&survey));
            let help =
                "vary fewer values, run fewer replications (`--replications`), ask `--engine fluid`, or give `--yes`";
            return Err(Problem::new(what, help).into());
        }
        Ok(survey)
    }

    fn sweep_one(&self, scenario: &Checked, survey: &Survey, several: bool) -> Result<Said, Refusal> {
        let folder = self.output.folder(&scenario.model.name, several);
        let say = |text: &str| {
            if !self.input.quiet {
                terminal::remark(text);
            }
        };
        say(&format!("{}: {}", scenario.model.name, cost(survey)));
        let resumed = PartialSweep::open(&folder, survey.fingerprint, self.fresh).map_err(|error| problem(&error))?;
        if let Some(text) = told(&resumed, survey.points) {
            say(&text);
        }
        let swept = self.sweep(scenario, survey, resumed)?;
        let shown = match &self.show {
            Some(text) => Shown::read(text, &scenario.model).map_err(|error| Problem::new(error.what, error.help))?,
            None => Shown::usual(&swept),
        };
        let write =
            |folder: &Path, options: &report::ReportOptions| report::write_sweep(&swept, &shown, folder, options);
        let written = self.output.write(&folder, write)?;
        Ok(Said {
            table: report::sweep_table(&swept, &shown, terminal::columns()),
            json: report::sweep_json(&swept, &shown),
            written,
            complaints: Vec::new(),
            answer: Answer::Yes,
        })
    }

    fn sweep(&self, scenario: &Checked, survey: &Survey, resumed: Resumed) -> Result<Swept, Refusal> {
        let Resumed { partial, points, .. } = resumed;
        let bar = Bar::counting("points", &scenario.model.name, self.input.quiet);
        let done = AtomicU64::new(points.len() as u64);
        bar.reach(done.load(Ordering::Relaxed), survey.points);
        let unkept: Mutex<Option<ReportError>> = Mutex::new(None);
        let found = |point: &SweepPoint| {
            bar.reach(done.fetch_add(1, Ordering::Relaxed) + 1, survey.points);
            match partial.keep(point) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    *unkept.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let variant = |changes: &[Override]| self.variant(scenario, changes);
        let swept = study::sweep(&scenario.model, &self.grid(), self.options(), &variant, points, &found);
        bar.finish();
        if let Some(error) = unkept.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(problem(&error).into());
        }
        swept.map(|swept| Swept { notes: self.medians(scenario), ..swept }).map_err(|error| match error {
            SweepError::Faults(faults) => Refusal::Faults(faults),
            other => {
                let help = "change the scenario or the values accordingly, or choose another `--engine`";
                Problem::new(format!("{} could not be swept: {other}", scenario.file), help).into()
            }
        })
    }

    /// Inputs whose medians stand in for them; not those that are varied.
    fn medians(&self, scenario: &Checked) -> Vec<String> {
        let is_varied = |path: &str| self.vary.iter().any(|axis| path.starts_with(axis.path.as_str()));
        let uncertain = scenario.planning.uncertain.iter().filter(|input| !is_varied(&input.path)).cloned();
        report::medians_note(&uncertain.collect::<Vec<_>>()).into_iter().collect()
    }
}

fn problem(error: &ReportError) -> Problem {
    Problem::from_library(error)
}

/// `240 points × 20 replications: about 3.1e9 events`.
fn cost(survey: &Survey) -> String {
    let points = if survey.points == 1 { "1 point".to_owned() } else { format!("{} points", survey.points) };
    let events = scientific(survey.events);
    match survey.replications {
        Some(0) => format!("{points}, no message is simulated"),
        Some(1) => format!("{points} × 1 replication: about {events} events"),
        Some(runs) => format!("{points} × {runs} replications: about {events} events"),
        None => format!("{points}: about {events} events"),
    }
}

/// Two digits and a power of ten, and all digits of a small number.
fn scientific(events: f64) -> String {
    if events < 1e4 { format!("{events:.0}") } else { format!("{events:.1e}").replace(".0e", "e") }
}

/// What an earlier sweep has left, if it has.
fn told(resumed: &Resumed, all: u64) -> Option<String> {
    let count = resumed.points.len();
    match resumed.earlier {
        Earlier::Nothing => None,
        Earlier::Same => Some(format!("{count} of {all} points were there already: going on from them")),
        Earlier::Other => {
            Some("what an interrupted sweep left here answers another question: starting afresh".to_owned())
        }
        Earlier::Forgotten => Some("the points of an interrupted sweep are forgotten: starting afresh".to_owned()),
    }
}

fn read_axis(text: &str) -> Result<Axis, String> {
    Axis::read(text).map_err(|error| format!("{}; {}", error.what, error.help))
}

fn read_budget(text: &str) -> Result<f64, String> {
    let events = read_count(text).map_err(|misread| misread.message)?;
    if events > 0.0 { Ok(events) } else { Err("write a number of events above 0, e.g. 1e10 or 500M".to_owned()) }
}
