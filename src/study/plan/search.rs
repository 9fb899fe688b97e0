//! The search: which candidates are run, how often, and when it is enough.
//!
//! Candidates stand in lines. On the ordered axis a line goes from cheap and bad to dear and good; without one every
//! candidate is a line by itself. In each line the first candidate that is not refused within a few runs is found by
//! halving, from where formula or equation guess it. Then the line whose candidate is the cheapest gets runs until that
//! candidate is proven, refused (the line goes on to its next one), or out of runs (the same, with a remark). The first
//! one that is proven while it is the cheapest is the answer.
//!
//! The error is that of one test per line. On a line, a wrong answer is a candidate that does not keep its promises
//! often enough and is proven all the same. Under common random numbers whoever keeps them with less keeps them with
//! more, so that the best of the bad candidates is then proven too: one event, however many of them are looked at.

use std::ops::ControlFlow;

use super::PlanError;
use super::bench::Bench;
use super::outcome::Standing;
use super::question::Question;
use crate::measure::selection::{ShareProof, ShareVerdict};

/// Runs that a candidate gets at its first look.
const FIRST: u32 = 2;
/// Runs without a refusal that make a candidate worth a proof.
const SCREEN: u32 = 10;
/// Runs of a neighbour, so that it has an interval of its own.
const NEIGHBOUR: u32 = 20;
/// Runs none of which could be judged, after which a candidate is given up.
const SILENT: u32 = 50;
/// Parts of the budget that the first looks may take at most: a candidate's screening takes one of them.
const PARTS: f64 = 12.0;

/// What limits a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allowance {
    /// Most runs of one candidate.
    pub at_most: u32,
    /// Most events over all runs.
    pub budget: f64,
    /// Half-width wanted for the chosen candidate's interval.
    pub precision: Option<f64>,
}

/// Candidates from the cheapest to the dearest.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub points: Vec<u64>,
    /// Where the first good one is expected.
    pub guess: usize,
    /// The first one that is not refused; `None` when all are.
    current: Option<usize>,
    /// Those that ran out of runs undecided.
    open: Vec<usize>,
}

impl Line {
    /// A line that nobody has looked at.
    pub fn new(points: Vec<u64>, guess: usize) -> Self {
        Line { points, guess, current: None, open: Vec::new() }
    }
}

/// How it ended; points of the grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ending {
    /// Proven, and the line it stands on.
    Chosen { line: usize, place: usize },
    /// Not refused when the budget was used up, or the best of those that stayed open.
    Bracket { line: usize, place: usize },
    /// All refused.
    Nobody,
}

/// A search under way.
pub(super) struct Search<'s, 'b> {
    bench: &'s mut Bench<'b>,
    question: &'s Question,
    pub proof: ShareProof,
    allowance: Allowance,
    /// Events of one run, as far as is known.
    per_run: f64,
}

impl<'s, 'b> Search<'s, 'b> {
    /// A search for shares that `proof` proves; one run takes about `per_run` events.
    pub fn new(
        bench: &'s mut Bench<'b>,
        question: &'s Question,
        proof: ShareProof,
        allowance: Allowance,
        per_run: f64,
    ) -> Self {
        Search { bench, question, proof, allowance, per_run: per_run.max(1.0) }
    }

    /// Searches all lines.
    ///
    /// # Errors
    /// A candidate cannot be loaded or run.
    pub fn run(&mut self, lines: &mut [Line]) -> Result<Ending, PlanError> {
        for line in lines.iter_mut() {
            line.current = self.locate(line)?;
        }
        if self.bench.tried.values().all(|tried| tried.kept().1 == 0) {
            return Err(PlanError::NotJudged { runs: self.bench.runs });
        }
        let ending = loop {
            let Some(cheapest) = self.cheapest(lines) else { break self.best_open(lines) };
            let line = &mut lines[cheapest];
            let place = line.current.expect("the cheapest has one");
            match self.prove(line, place)? {
                ControlFlow::Break(Standing::Proven) => break Ending::Chosen { line: cheapest, place },
                ControlFlow::Break(_) => break Ending::Bracket { line: cheapest, place },
                ControlFlow::Continue(()) => line.current = self.next(line, place)?,
            }
        };
        if let Ending::Chosen { line, place } | Ending::Bracket { line, place } = ending {
            self.neighbours(&lines[line], place)?;
            self.sharpen(lines[line].points[place])?;
        } else {
            self.dearest(lines)?;
        }
        Ok(ending)
    }

    /// Whether a candidate keeps the promises often enough, by the runs so far.
    pub fn verdict(&self, point: u64) -> ShareVerdict {
        let (kept, runs) = self.bench.tried.get(&point).map_or((0, 0), super::bench::Tried::kept);
        self.proof.judge(kept, runs)
    }

    /// Runs that the rest of the budget pays for, a look at two neighbours kept aside.
    fn affordable(&self) -> u32 {
        let aside = 2.0 * f64::from(self.screen()) * self.per_run();
        ((self.allowance.budget - self.bench.events as f64 - aside) / self.per_run()).clamp(0.0, 1e9) as u32
    }

    /// Events of one run: as measured, once there are runs.
    fn per_run(&self) -> f64 {
        if self.bench.runs == 0 { self.per_run } else { self.bench.events as f64 / f64::from(self.bench.runs) }
    }

    /// Runs of a first screening: fewer where a single run is a good part of the budget.
    fn screen(&self) -> u32 {
        let part = self.allowance.budget / PARTS / self.per_run();
        (part.clamp(f64::from(FIRST), f64::from(SCREEN)) as u32).min(self.allowance.at_most.max(FIRST))
    }

    /// Whether a few runs do not refuse it.
    fn passes(&mut self, point: u64) -> Result<bool, PlanError> {
        let screen = self.screen();
        for runs in [FIRST, screen.div_ceil(2), screen] {
            self.bench.bring_to(&[(point, runs.max(self.bench.count(point)))])?;
            if self.verdict(point) == ShareVerdict::Missed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first place that passes: from the guess in growing steps until one passes and the one below does not, then
    /// by halving. `None` if the last one does not pass.
    fn locate(&mut self, line: &Line) -> Result<Option<usize>, PlanError> {
        let last = line.points.len() - 1;
        let guess = line.guess.min(last);
        // All places below `low` fail, those from `high` on pass.
        let (mut low, mut high, mut step) = (0, line.points.len(), 1);
        if self.passes(line.points[guess])? {
            high = guess;
            // Once one has failed, halving between the two is left.
            while high > 0 && low == 0 {
                let place = high.saturating_sub(step);
                if self.passes(line.points[place])? {
                    high = place;
                } else {
                    low = place + 1;
                }
                step = step.saturating_mul(2);
            }
        } else {
            low = guess + 1;
            while low <= last && high > last {
                let place = (low.saturating_add(step - 1)).min(last);
                if self.passes(line.points[place])? {
                    high = place;
                } else {
                    low = place + 1;
                }
                step = step.saturating_mul(2);
            }
        }
        while low < high && high <= last {
            let place = low + (high - low) / 2;
            if self.passes(line.points[place])? { high = place } else { low = place + 1 }
        }
        Ok((high <= last).then_some(high))
    }

    /// The next place that passes.
    fn next(&mut self, line: &Line, place: usize) -> Result<Option<usize>, PlanError> {
        for next in place + 1..line.points.len() {
            if self.passes(line.points[next])? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// The line whose candidate costs the least.
    fn cheapest(&self, lines: &[Line]) -> Option<usize> {
        let figure = self.question.objective.figure();
        let cost = |line: &Line| Some(self.bench.tried.get(&line.points[line.current?])?.mean(figure));
        let known = lines.iter().enumerate().filter_map(|(k, line)| Some((k, cost(line)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
    }

    /// Adds runs until the candidate is proven or the budget ends (`Break`), or until its line has to go on.
    fn prove(&mut self, line: &mut Line, place: usize) -> Result<ControlFlow<Standing>, PlanError> {
        let point = line.points[place];
        loop {
            match self.verdict(point) {
                ShareVerdict::Reached => return Ok(ControlFlow::Break(Standing::Proven)),
                ShareVerdict::Missed => return Ok(ControlFlow::Continue(())),
                ShareVerdict::Open => {}
            }
            let runs = self.bench.count(point);
            // What nothing could be learnt of is passed by: more runs would be as silent.
            if runs >= SILENT && self.bench.tried[&point].kept().1 == 0 {
                return Ok(ControlFlow::Continue(()));
            }
            if runs >= self.allowance.at_most {
                line.open.push(place);
                return Ok(ControlFlow::Continue(()));
            }
            let goal = (runs + runs / 4 + SCREEN).min(self.allowance.at_most).min(runs + self.affordable());
            if goal == runs {
                return Ok(ControlFlow::Break(Standing::Open));
            }
            self.bench.bring_to(&[(point, goal)])?;
        }
    }

    /// Of the candidates that ran out of runs the one of which the most is known.
    fn best_open(&self, lines: &[Line]) -> Ending {
        let known = |point: u64| {
            let (kept, runs) = self.bench.tried[&point].kept();
            self.proof.at_least(kept, runs)
        };
        let open = lines.iter().enumerate().flat_map(|(k, line)| line.open.iter().map(move |place| (k, *place)));
        let best =
            open.max_by(|a, b| known(lines[a.0].points[a.1]).total_cmp(&known(lines[b.0].points[b.1])).then(b.cmp(a)));
        best.map_or(Ending::Nobody, |(line, place)| Ending::Bracket { line, place })
    }

    /// Runs for the next candidates on both sides, so that each has an interval of its own.
    fn neighbours(&mut self, line: &Line, place: usize) -> Result<(), PlanError> {
        let beside = [place.checked_sub(1), Some(place + 1)].into_iter().flatten();
        let points: Vec<u64> = beside.filter_map(|place| line.points.get(place).copied()).collect();
        let aside = f64::from(self.screen());
        let rest = ((self.allowance.budget - self.bench.events as f64) / self.per_run() / 2.0).max(aside);
        let enough = (rest.min(f64::from(NEIGHBOUR)) as u32).min(self.allowance.at_most).max(FIRST);
        let goals: Vec<(u64, u32)> =
            points.into_iter().map(|point| (point, enough.max(self.bench.count(point)))).collect();
        self.bench.bring_to(&goals)
    }

    /// Runs for the best that there is where nothing is good enough, so that it is known how far it is from that.
    fn dearest(&mut self, lines: &[Line]) -> Result<(), PlanError> {
        let share = |line: &Line| {
            let (kept, runs) = self.bench.tried[&line.points[line.points.len() - 1]].kept();
            f64::from(kept) / f64::from(runs.max(1))
        };
        let best = lines.iter().max_by(|a, b| share(a).total_cmp(&share(b)));
        let Some(point) = best.map(|line| line.points[line.points.len() - 1]) else { return Ok(()) };
        let goal = self.affordable().min(NEIGHBOUR).min(self.allowance.at_most).max(self.bench.count(point));
        self.bench.bring_to(&[(point, goal)])
    }

    /// Runs for the answer until its interval is as narrow as was asked for.
    fn sharpen(&mut self, point: u64) -> Result<(), PlanError> {
        let Some(precision) = self.allowance.precision else { return Ok(()) };
        loop {
            let (kept, judged) = self.bench.tried[&point].kept();
            let wide = judged == 0 || crate::measure::KeptShare::new(kept, judged).half_width() > precision;
            let runs = self.bench.count(point);
            let goal = (runs + runs / 4 + SCREEN).min(self.allowance.at_most).min(runs + self.affordable());
            if !wide || goal <= runs {
                return Ok(());
            }
            self.bench.bring_to(&[(point, goal)])?;
        }
    }

    /// Points of all candidates that stayed undecided.
    pub fn open(lines: &[Line]) -> Vec<u64> {
        lines.iter().flat_map(|line| line.open.iter().map(|place| line.points[*place])).collect()
    }
}
