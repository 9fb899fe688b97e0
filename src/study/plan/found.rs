//! The plan, put together from the runs. Not here: the search.

use super::PlanOptions;
use super::advice::advice;
use super::bench::{Bench, Tried};
use super::map::Map;
use super::outcome::{Candidate, FormulaAnswer, Neighbours, Plan, PlanAnswer, Shortfall, Standing};
use super::question::Question;
use super::search::{Ending, Line, Search};
use crate::measure::selection::{ShareProof, ShareVerdict};
use crate::measure::{Figure, Figures, KeptShare, mean_of};
use crate::model::{Model, Replicas};
use crate::study::verdict::{by_events, kept_one, limit};
use crate::units::{show_count, show_duration};

/// Everything that a plan is made of.
pub(super) struct Found<'f, 'b> {
    pub model: &'f Model,
    pub question: &'f Question,
    pub options: &'f PlanOptions,
    pub map: &'f Map,
    pub lines: &'f [Line],
    pub proof: ShareProof,
    pub bench: &'f Bench<'b>,
}

impl Found<'_, '_> {
    /// The plan that the search ended with.
    pub fn plan(&self, ending: &Ending) -> Plan {
        let candidates = self.candidates(ending);
        let place_of = |point: u64| candidates.iter().position(|candidate| candidate.point == point);
        let beside = |line: usize, place: usize| {
            let points = &self.lines[line].points;
            let at =
                |place: Option<usize>| place.and_then(|place| points.get(place)).and_then(|point| place_of(*point));
            Neighbours { below: at(place.checked_sub(1)), above: at(Some(place + 1)) }
        };
        let at =
            |line: usize, place: usize| place_of(self.lines[line].points[place]).expect("the answer was simulated");
        let answer = match *ending {
            Ending::Chosen { line, place } => {
                let neighbours = beside(line, place);
                let mut open: Vec<usize> = Search::open(self.lines).into_iter().filter_map(place_of).collect();
                // A few runs may have passed it by that more of them no longer refuse.
                let below = neighbours.below.filter(|below| candidates[*below].standing == Standing::Open);
                open.extend(below.filter(|below| !open.contains(below)));
                PlanAnswer::Chosen { candidate: at(line, place), neighbours, open }
            }
            Ending::Bracket { line, place } => PlanAnswer::Bracket {
                candidate: at(line, place),
                neighbours: beside(line, place),
                runs_needed: self.proof.fewest_runs(),
            },
            Ending::Nobody => self.infeasible(&candidates),
        };
        let formula = self.formula(&answer, &candidates);
        Plan {
            model: self.model.clone(),
            options: self.options.clone(),
            axes: self.question.grid.axes.clone(),
            ordered: self.question.ordered,
            group: self.question.group,
            objective: self.question.objective,
            confidence: self.question.confidence,
            grid: self.question.grid.points().unwrap_or(u64::MAX),
            staffing: None,
            constant_delays: None,
            notes: self.notes(&answer, &candidates),
            answer,
            formula,
            fluid: self.map.fluid,
            candidates,
            runs: self.bench.runs,
            events: self.bench.events,
            messages: self.bench.tried.values().flat_map(|tried| &tried.runs).map(|run| run.messages).sum(),
            wall_s: 0.0,
        }
    }

    fn candidates(&self, ending: &Ending) -> Vec<Candidate> {
        let chosen = match *ending {
            Ending::Chosen { line, place } => Some(self.lines[line].points[place]),
            Ending::Bracket { .. } | Ending::Nobody => None,
        };
        let simulated = self.bench.tried.iter().filter(|(_, tried)| !tried.runs.is_empty());
        simulated.map(|(point, tried)| self.candidate(*point, tried, chosen == Some(*point))).collect()
    }

    fn candidate(&self, point: u64, tried: &Tried, is_chosen: bool) -> Candidate {
        let (kept, runs) = tried.kept();
        let standing = match self.proof.judge(kept, runs) {
            _ if is_chosen => Standing::Proven,
            ShareVerdict::Reached => Standing::Proven,
            ShareVerdict::Missed => Standing::Refused,
            ShareVerdict::Open => Standing::Open,
        };
        let shown = self.proof.at_least(kept, runs);
        let figures: Vec<Figures> = tried.runs.iter().map(|run| run.figures).collect();
        let values = |slo: usize| -> Vec<Option<f64>> { tried.runs.iter().map(|run| run.promised[slo]).collect() };
        let slos = tried.model.slos.iter().enumerate();
        Candidate {
            point,
            places: self.question.grid.places(point),
            changes: self.question.grid.changes(point),
            standing,
            kept: (runs > 0).then(|| KeptShare::new(kept, runs)),
            at_least: if standing == Standing::Proven { shown.max(self.proof.demanded()) } else { shown },
            replications: tried.runs.len() as u32,
            figures: Figure::ALL.map(|figure| mean_of(figure, &figures)).to_vec(),
            slos: slos.map(|(k, slo)| by_events(&tried.model, slo, &values(k))).collect(),
        }
    }

    /// The candidate that keeps the promises most often, or misses them by the least, and what would help.
    fn infeasible(&self, candidates: &[Candidate]) -> PlanAnswer {
        let shortfalls: Vec<Vec<Shortfall>> = candidates.iter().map(|candidate| self.shortfalls(candidate)).collect();
        let share = |k: &usize| candidates[*k].kept.map_or(0.0, |kept| kept.share());
        let excess = |k: &usize| shortfalls[*k].first().map_or(0.0, |worst| worst.excess.unwrap_or(f64::INFINITY));
        // Of equals the last: on the ordered axis that is the one with the most.
        let best = (0..candidates.len())
            .max_by(|a, b| share(a).total_cmp(&share(b)).then(excess(b).total_cmp(&excess(a))).then(a.cmp(b)));
        let best = best.expect("a search looks at candidates");
        let broken: Vec<usize> = shortfalls[best].iter().map(|shortfall| shortfall.slo).collect();
        let candidate = &candidates[best];
        let advice = advice(self.question, &candidate.places, &self.bench.tried[&candidate.point], &broken);
        PlanAnswer::Infeasible { best, shortfalls: shortfalls.into_iter().nth(best).unwrap_or_default(), advice }
    }

    /// The promises that a candidate breaks too often, the worst first.
    fn shortfalls(&self, candidate: &Candidate) -> Vec<Shortfall> {
        let tried = &self.bench.tried[&candidate.point];
        let one = |(k, verdict): (usize, &crate::measure::summary::SloVerdict)| {
            let slo = &tried.model.slos[k];
            let judged: Vec<bool> = tried.runs.iter().filter_map(|run| kept_one(slo, run.promised[k])).collect();
            let kept = judged.iter().filter(|kept| **kept).count() as f64 / judged.len().max(1) as f64;
            let excess = verdict.value.value.map(|value| value / limit(slo.promise));
            (!judged.is_empty() && kept < self.question.confidence).then_some(Shortfall { slo: k, excess, kept })
        };
        let mut broken: Vec<Shortfall> = candidate.slos.iter().enumerate().filter_map(one).collect();
        broken.sort_by(|a, b| a.kept.total_cmp(&b.kept).then(a.slo.cmp(&b.slo)));
        broken
    }

    fn formula(&self, answer: &PlanAnswer, candidates: &[Candidate]) -> Option<FormulaAnswer> {
        let (law, place) = self.map.formula.clone()?;
        let ordered = self.question.ordered?;
        let chosen = match answer {
            PlanAnswer::Chosen { candidate, .. } | PlanAnswer::Bracket { candidate, .. } => {
                Some(candidates[*candidate].places[ordered])
            }
            PlanAnswer::Infeasible { .. } => None,
        };
        let why = match (chosen, place) {
            (Some(chosen), Some(place)) if chosen > place => Some(self.harder(candidates, ordered, place)),
            (Some(chosen), Some(place)) if chosen < place => Some(format!(
                "runs of {} that start empty are easier than the steady state, where the promises are broken more \
                 often than not; a warm-up and a longer horizon come nearer to it",
                show_duration(self.model.horizon_s)
            )),
            (Some(_), None) => Some("a run ends before the steady state is reached".to_owned()),
            (None, Some(place)) => Some(self.harder(candidates, ordered, place)),
            _ => None,
        };
        Some(FormulaAnswer { law, place, agrees: chosen == place, why_it_differs: why })
    }

    /// Why more is needed than in the steady state.
    fn harder(&self, candidates: &[Candidate], ordered: usize, place: usize) -> String {
        let there = candidates.iter().find(|candidate| candidate.places[ordered] == place);
        let share = there.and_then(|candidate| candidate.kept).map_or_else(String::new, |kept| {
            format!(
                ": with {} only {} % do",
                self.value(ordered, place),
                show_count((1000.0 * kept.share()).round() / 10.0)
            )
        });
        format!(
            "the steady state keeps the promises in the long run, a single run of {} scatters around it{share}; a \
             longer horizon scatters less",
            show_duration(self.model.horizon_s)
        )
    }

    fn value(&self, axis: usize, place: usize) -> &str {
        &self.question.grid.axes[axis].values[place]
    }

    fn notes(&self, answer: &PlanAnswer, candidates: &[Candidate]) -> Vec<String> {
        let mut notes = Vec::new();
        if let Replicas::Steps(_) =
            self.model.groups.get(self.question.group).map_or(&Replicas::Fixed(0), |g| &g.replicas)
            && self.question.ordered.is_some()
        {
            notes.push("the scenario's schedule of replicas was replaced by each number in turn".to_owned());
        }
        notes.extend(self.question.doubts(self.model));
        if self.map.left_out > 0 {
            notes.push(format!(
                "{} candidates were not simulated: dM/dt = P - C alone breaks a promise with them",
                self.map.left_out
            ));
        }
        let turned = self.turned();
        if turned > 0 {
            let axis = self.question.ordered.map_or("", |k| self.question.grid.axes[k].path.as_str());
            notes.push(format!(
                "in {turned} pairs of runs more {axis} broke what less had kept: halving may have missed a better one; \
                 `forebay sweep` looks at all"
            ));
        }
        if let PlanAnswer::Chosen { candidate, open, .. } = answer {
            notes.extend(open.iter().map(|k| {
                let one = &candidates[*k];
                let values: Vec<&str> = one.changes.iter().map(|change| change.value.as_str()).collect();
                format!(
                    "{} was neither proven nor refused in {} runs: more of them may show that it is enough (--at-most)",
                    values.join(", "),
                    one.replications
                )
            }));
            notes.extend(self.rivals(candidates, *candidate));
        }
        notes
    }

    /// Runs that a larger place on the ordered axis broke and a smaller one kept.
    fn turned(&self) -> usize {
        let pairs = self.lines.iter().filter(|line| line.points.len() > 1).flat_map(|line| {
            let tried: Vec<&Tried> = line.points.iter().filter_map(|point| self.bench.tried.get(point)).collect();
            (1..tried.len()).map(|k| turned_between(tried[k - 1], tried[k])).collect::<Vec<_>>()
        });
        pairs.sum()
    }

    /// Other proven candidates whose cost cannot be told from the chosen one's.
    fn rivals(&self, candidates: &[Candidate], chosen: usize) -> Option<String> {
        let figure = self.question.objective.figure();
        let interval = |candidate: &Candidate| {
            let cost = candidate.figure(figure);
            cost.low.zip(cost.high)
        };
        let (low, high) = interval(&candidates[chosen])?;
        let same_line = |other: &Candidate| {
            self.lines.iter().any(|line| {
                line.points.len() > 1
                    && line.points.contains(&other.point)
                    && line.points.contains(&candidates[chosen].point)
            })
        };
        let near = candidates.iter().enumerate().filter(|(k, other)| {
            let overlaps = interval(other).is_some_and(|(from, to)| from <= high && to >= low);
            *k != chosen && other.standing != Standing::Refused && overlaps && !same_line(other)
        });
        let near = near.count();
        (near > 0).then(|| {
            format!("the cost of {near} other candidates that were not refused cannot be told from the chosen one's")
        })
    }
}

fn turned_between(less: &Tried, more: &Tried) -> usize {
    let pairs = less.runs.iter().zip(&more.runs);
    pairs.filter(|(less, more)| less.kept == Some(true) && more.kept == Some(false)).count()
}
