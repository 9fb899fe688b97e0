//! What a comparison found out, and how it is put together from the runs.

use super::contenders::Contender;
use super::contest::{Contest, Standing};
use super::rounds::{Rounds, Run};
use super::{CompareOptions, Preference};
use crate::measure::selection::{ShareVerdict, pareto_front};
use crate::measure::summary::{FluidQueue, SloVerdict};
use crate::measure::{
    Breach, Cause, EngineChoice, Estimate, EventsOutcome, Figure, Figures, KeptShare, mean_of, paired_difference,
    summarise,
};
use crate::model::{GroupId, Model, Replications};
use crate::study::run::notes;
use crate::study::verdict::verdicts;
use crate::units::Seconds;

/// A comparison's answer.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What was compared, without any of the strategies.
    pub model: Model,
    /// The group that they scale.
    pub group: GroupId,
    /// `Events` or `Fluid`.
    pub engine: EngineChoice,
    /// What was asked for.
    pub options: CompareOptions,
    /// By what the best is the best.
    pub objective: Objective,
    /// Strategy by strategy.
    pub strategies: Vec<StrategyOutcome>,
    /// Every two of them; empty where there are no runs to pair.
    pub pairs: Vec<Pair>,
    /// Strategies that no other one beats in both objective and p99 latency, the cheapest first.
    pub front: Vec<usize>,
    /// Who is the best.
    pub selection: Selection,
    /// What a reader must know before trusting the numbers.
    pub notes: Vec<String>,
    /// Events processed, over all replications.
    pub events: u64,
    /// Messages published, over all replications.
    pub messages: u64,
    /// Seconds that engines and measurement took.
    pub wall_s: f64,
}

/// By what the best strategy is the best: the smaller the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// The cost of all groups that have a price.
    Cost,
    /// Replica-hours, where nothing has a price.
    ReplicaHours,
}

impl Objective {
    pub(super) fn of(rounds: &Rounds) -> Self {
        let has_cost = |run: &Run| run.figures.get(Figure::Cost).is_some();
        if rounds.runs.iter().flatten().all(has_cost) { Objective::Cost } else { Objective::ReplicaHours }
    }

    /// The figure that is made small.
    pub fn figure(self) -> Figure {
        match self {
            Objective::Cost => Figure::Cost,
            Objective::ReplicaHours => Figure::ReplicaHours,
        }
    }
}

/// One strategy's numbers.
#[derive(Clone, Debug)]
pub struct StrategyOutcome {
    /// Key in the scenario; `scaling` or `replicas` where it names none.
    pub name: String,
    /// Kind of strategy: `hpa`, `static`, …
    pub kind: &'static str,
    /// Replications that were run.
    pub replications: u32,
    /// The numbers by which it is compared, in the order of [`Figure::ALL`].
    pub figures: Vec<Estimate>,
    /// Verdicts on the SLOs, in the order of the scenario.
    pub slos: Vec<SloVerdict>,
    /// In how many runs all promises were kept; `None` without promises or without runs.
    pub kept: Option<KeptShare>,
    /// Whether that is often enough; `None` where it was not asked.
    pub verdict: Option<ShareVerdict>,
    /// How long each promise was broken, in the order of the scenario; `None` where the rows cannot tell.
    pub broken: Vec<Option<TimeBroken>>,
    /// Everything that the events engine says of it.
    pub events: Option<EventsOutcome>,
    /// Everything that the fluid engine says of it.
    pub fluid: Option<Vec<FluidQueue>>,
}

impl StrategyOutcome {
    /// One of the numbers.
    pub fn figure(&self, figure: Figure) -> &Estimate {
        &self.figures[figure as usize]
    }
}

/// How long a promise was broken, and what the scaler did meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeBroken {
    /// Seconds per run.
    pub seconds: Estimate,
    /// From the first to the last interval in which at least half of the runs that broke the promise did so.
    pub span: Option<(Seconds, Seconds)>,
    /// Shares of that time by what the scaler's last decision said, the largest first; empty without a scaler.
    pub causes: Vec<(Cause, f64)>,
}

/// Two strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The one.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Replications that both ran.
    pub runs: u32,
    /// For each of [`Figure::ALL`] the first's number − the second's, with its paired 95 % interval.
    pub differences: Vec<Estimate>,
    /// Which one is preferred for its cost by the selection procedure; `None` where nothing was selected.
    pub preference: Option<Preference>,
}

/// Who is the best: the cheapest of those that keep all promises in the demanded share of runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Nobody can be chosen, and why.
    NotAsked {
        /// Why.
        why: String,
    },
    /// This one, with the stated probability of being right.
    Chosen {
        /// Its place among the strategies.
        strategy: usize,
        /// How it was found.
        procedure: Procedure,
    },
    /// All of them break promises too often.
    Nobody {
        /// How that was found.
        procedure: Procedure,
    },
    /// The budget of replications was not enough to tell these apart, or to tell whether they keep their promises.
    Undecided {
        /// Who may still be the best.
        leaders: Vec<usize>,
        /// What was not enough.
        procedure: Procedure,
    },
}

/// The constants of the selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Procedure {
    /// Cost differences below this do not matter.
    pub indifference: f64,
    /// From this true share of runs on a strategy counts as one that keeps its promises, …
    pub surely: f64,
    /// … up to this one as one that does not; in between either verdict is right.
    pub hardly: f64,
    /// Most replications of one strategy.
    pub at_most: u32,
}

/// The comparison of simulated strategies.
pub(super) fn by_events(
    model: &Model,
    options: &CompareOptions,
    contenders: &[Contender],
    rounds: Rounds,
    standing: Option<(Contest, Standing)>,
) -> Comparison {
    let objective = Objective::of(&rounds);
    let histories = super::contest::histories(&rounds, objective);
    let pairs = pairs(&rounds).into_iter().map(|pair| {
        let contest = standing.as_ref().map(|(contest, _)| contest);
        let preference = contest.map(|contest| contest.prefers(&histories, pair.first, pair.second));
        Pair { preference, ..pair }
    });
    let pairs: Vec<Pair> = pairs.collect();
    let ledgers = || rounds.runs.iter().flatten().map(|run| &run.replication.1);
    let (events, messages) =
        (ledgers().map(|ledger| ledger.events).sum(), ledgers().map(|ledger| ledger.published).sum());
    let verdict = |k: usize| standing.as_ref().map(|(_, standing)| standing.verdicts[k]);
    let runs = rounds.runs;
    let strategies: Vec<StrategyOutcome> = contenders
        .iter()
        .zip(runs)
        .enumerate()
        .map(|(k, (contender, runs))| strategy(contender, runs, verdict(k)))
        .collect();
    let cost = |k: &StrategyOutcome| k.figure(objective.figure()).value.unwrap_or(f64::NAN);
    let latency = |k: &StrategyOutcome| k.figure(Figure::LatencyP99).value.unwrap_or(f64::NAN);
    let points: Vec<(f64, f64)> = strategies.iter().map(|k| (cost(k), latency(k))).collect();
    Comparison {
        group: contenders[0].group,
        engine: EngineChoice::Events,
        options: options.clone(),
        objective,
        front: pareto_front(&points),
        selection: selection(model, options, &strategies, standing),
        notes: all_notes(contenders, &strategies),
        strategies,
        pairs,
        events,
        messages,
        wall_s: 0.0,
        model: model.clone(),
    }
}

fn strategy(contender: &Contender, runs: Vec<Run>, verdict: Option<ShareVerdict>) -> StrategyOutcome {
    let model = &contender.model;
    let figures: Vec<Figures> = runs.iter().map(|run| run.figures).collect();
    let judged: Vec<bool> = runs.iter().filter_map(|run| run.kept_all).collect();
    let kept = judged.iter().filter(|kept| **kept).count() as u32;
    let broken = |slo: usize| -> Option<TimeBroken> {
        let breaches: Option<Vec<&Breach>> = runs.iter().map(|run| run.breaches[slo].as_ref()).collect();
        Some(time_broken(&model.interval_ends_s(), &breaches?))
    };
    let broken = (0..model.slos.len()).map(broken).collect();
    let replications = runs.len() as u32;
    let results: Vec<_> = runs.into_iter().map(|run| run.replication).collect();
    let events = summarise(model, &results);
    StrategyOutcome {
        name: contender.name.clone(),
        kind: contender.kind,
        replications,
        figures: Figure::ALL.into_iter().map(|figure| mean_of(figure, &figures)).collect(),
        slos: verdicts(model, Some(&events), None, None),
        kept: (!judged.is_empty()).then(|| KeptShare::new(kept, judged.len() as u32)),
        verdict,
        broken,
        events: Some(events),
        fluid: None,
    }
}

/// How a promise was broken over all runs.
fn time_broken(ends_s: &[Seconds], breaches: &[&Breach]) -> TimeBroken {
    let seconds: Vec<f64> = breaches.iter().map(|breach| breach.seconds).collect();
    let breaking: Vec<&&Breach> = breaches.iter().filter(|breach| breach.seconds > 0.0).collect();
    let often = |k: &usize| 2 * breaking.iter().filter(|breach| breach.intervals[*k]).count() >= breaking.len();
    let rows: Vec<usize> = (0..ends_s.len()).filter(|k| !breaking.is_empty() && often(k)).collect();
    let span = rows.first().zip(rows.last()).map(|(first, last)| {
        let from_s = first.checked_sub(1).map_or(0.0, |before| ends_s[before]);
        (from_s, ends_s[*last])
    });
    let mut causes: Vec<(Cause, f64)> = Vec::new();
    for (cause, seconds) in breaches.iter().flat_map(|breach| &breach.causes) {
        match causes.iter_mut().find(|(known, _)| known == cause) {
            Some((_, sum)) => *sum += seconds,
            None => causes.push((*cause, *seconds)),
        }
    }
    let total: f64 = causes.iter().map(|(_, seconds)| seconds).sum();
    for (_, seconds) in &mut causes {
        *seconds /= total;
    }
    causes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    TimeBroken { seconds: Estimate::of(&seconds, ""), span, causes }
}

/// Every two strategies, over the replications that both have.
fn pairs(rounds: &Rounds) -> Vec<Pair> {
    let count = rounds.runs.len();
    let difference = |first: usize, second: usize, figure: Figure| {
        let both = rounds.runs[first].iter().zip(&rounds.runs[second]);
        let both = both.filter_map(|(a, b)| Some((a.figures.get(figure)?, b.figures.get(figure)?)));
        let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
        paired_difference(&a, &b)
    };
    let two = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    two.map(|(first, second)| Pair {
        first,
        second,
        runs: rounds.runs[first].len().min(rounds.runs[second].len()) as u32,
        differences: Figure::ALL.into_iter().map(|figure| difference(first, second, figure)).collect(),
        preference: None,
    })
    .collect()
}

fn selection(
    model: &Model,
    options: &CompareOptions,
    strategies: &[StrategyOutcome],
    standing: Option<(Contest, Standing)>,
) -> Selection {
    let Some((contest, standing)) = standing else {
        let why = if model.slos.is_empty() {
            "the scenario promises nothing (slo): the cheapest strategy is always the one that does least"
        } else {
            "one replication knows nothing of chance: two are the least, twenty are better"
        };
        return Selection::NotAsked { why: why.to_owned() };
    };
    if strategies.iter().all(|strategy| strategy.kept.is_none()) {
        return Selection::NotAsked { why: "no promise could be judged in any run".to_owned() };
    }
    let procedure = Procedure {
        indifference: contest.kim_nelson.indifference(),
        surely: contest.share.surely(),
        hardly: contest.share.hardly(),
        at_most: options.budget(model).1,
    };
    match standing.leaders.as_slice() {
        [] => Selection::Nobody { procedure },
        [strategy] if standing.is_decided() => Selection::Chosen { strategy: *strategy, procedure },
        _ => Selection::Undecided { leaders: standing.leaders, procedure },
    }
}

/// Notes on single strategies, once where they are the same for all.
fn all_notes(contenders: &[Contender], strategies: &[StrategyOutcome]) -> Vec<String> {
    let of = |(contender, outcome): (&Contender, &StrategyOutcome)| {
        // A precision is not what a comparison adds replications for.
        let model = Model { replications: Replications::Fixed(outcome.replications), ..contender.model.clone() };
        outcome.events.as_ref().map_or_else(Vec::new, |events| notes(&model, events))
    };
    let each: Vec<Vec<String>> = contenders.iter().zip(strategies).map(of).collect();
    let mut told: Vec<String> = Vec::new();
    for (notes, strategy) in each.iter().zip(strategies) {
        for note in notes {
            let shared = each.iter().all(|other| other.contains(note));
            let text = if shared { note.clone() } else { format!("{}: {note}", strategy.name) };
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_breach_is_where_most_breaking_runs_break() {
        let breach = |intervals: [u8; 5], causes: Vec<(Cause, f64)>| Breach {
            seconds: 10.0 * intervals.iter().map(|broken| f64::from(*broken)).sum::<f64>(),
            intervals: intervals.map(|broken| broken == 1).to_vec(),
            causes,
        };
        let runs = [
            breach([0, 1, 1, 0, 0], vec![(Cause::Starting, 5.0), (Cause::Content, 15.0)]),
            breach([0, 0, 1, 1, 0], vec![(Cause::Starting, 20.0)]),
            breach([0, 0, 0, 0, 0], Vec::new()),
        ];
        let found = time_broken(&[10.0, 20.0, 30.0, 40.0, 50.0], &runs.iter().collect::<Vec<_>>());
        assert_eq!(found.span, Some((10.0, 40.0)));
        assert!((found.seconds.value.unwrap() - 40.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.causes, [(Cause::Starting, 0.625), (Cause::Content, 0.375)]);
    }
}
