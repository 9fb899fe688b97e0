//! The least sufficient candidate of every draw.
//!
//! A search by doubling and halving from a guess: what the equation calls enough, moved by as much as that was wrong
//! for the draws before. Only the runs decide. Draws go in batches, so that later ones learn from earlier ones; the
//! result does not depend on the number of threads.

use rayon::prelude::*;

use super::judge::{self, Judgement};
use super::{Choice, RegretError, RegretOptions};
use crate::engine::events::SimulationError;
use crate::measure::EngineChoice;
use crate::model::Model;
use crate::study::uncertain::Draw;
use crate::study::{Progress, StudyError};

/// Draws that are searched side by side.
const BATCH: usize = 16;

/// What is known of one draw.
#[derive(Clone, Copy, Debug)]
struct Bracket {
    /// Candidates below this one are not enough.
    low: usize,
    /// This one and those above it are enough; the number of candidates if that is not known of any.
    high: usize,
    /// Where to look first.
    guess: usize,
    /// How far to go from the edge that is known.
    step: usize,
    /// How many candidates there are.
    all: usize,
    /// Whether `low` has been found by looking.
    has_low: bool,
}

impl Bracket {
    fn new(all: usize, guess: usize) -> Self {
        Bracket { low: 0, high: all, guess: guess.min(all - 1), step: 1, all, has_low: false }
    }

    /// Which candidate to look at next, if it is not decided.
    fn next(&self) -> Option<usize> {
        if self.low == self.high {
            return None;
        }
        Some(match (self.has_low, self.high < self.all) {
            (false, false) => self.guess,
            (true, false) => (self.low + self.step - 1).min(self.all - 1),
            (false, true) => self.high.saturating_sub(self.step),
            (true, true) => self.low + (self.high - self.low - 1) / 2,
        })
    }

    fn learn(&mut self, place: usize, is_enough: bool) {
        let is_first = !self.has_low && self.high == self.all;
        if is_enough {
            self.high = place;
        } else {
            self.low = place + 1;
            self.has_low = true;
        }
        self.step = if is_first { 1 } else { 2 * self.step };
    }
}

/// The requirements, and what finding them took.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// For each draw that was decided, from the first on, the least sufficient candidate; their number if none is.
    pub required: Vec<usize>,
    /// Runs.
    pub runs: u32,
    /// Events in them.
    pub events: u64,
    /// Messages in them.
    pub messages: u64,
}

pub(super) struct Search<'a> {
    choice: &'a Choice<'a>,
    options: &'a RegretOptions,
    pool: rayon::ThreadPool,
}

/// A draw of the batch, its place among all of them, and what is known.
struct Open<'d> {
    draw: &'d Draw,
    number: usize,
    guess: usize,
    bracket: Bracket,
}

impl<'a> Search<'a> {
    pub fn new(choice: &'a Choice<'a>, options: &'a RegretOptions) -> Result<Self, StudyError> {
        let wanted = options.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(wanted).build();
        let pool = pool.map_err(|error| StudyError::Threads { threads: wanted, why: error.to_string() })?;
        Ok(Search { choice, options, pool })
    }

    /// The least sufficient candidate of each draw, until the budget is used up; of one batch in any case.
    pub fn requirements(&self, drawn: &[Draw], progress: &(dyn Fn(Progress) + Sync)) -> Result<Found, RegretError> {
        let mut found = Found::default();
        let mut errors: Vec<isize> = Vec::new();
        for (batch, draws) in drawn.chunks(BATCH).enumerate() {
            if found.events as f64 >= self.options.budget {
                break;
            }
            let mut open = Vec::new();
            for (place, draw) in draws.iter().enumerate() {
                open.push(self.opened(draw, batch * BATCH + place, &errors)?);
            }
            self.decide(&mut open, &mut found)?;
            for one in open {
                errors.push(one.bracket.high as isize - one.guess as isize);
                found.required.push(one.bracket.high);
            }
            progress(Progress { done: found.required.len() as u32, planned: drawn.len() as u32 });
        }
        Ok(found)
    }

    /// A draw before anything is known of it but what the equation says.
    fn opened<'d>(&self, draw: &'d Draw, number: usize, errors: &[isize]) -> Result<Open<'d>, RegretError> {
        let all = self.choice.places.len();
        let mut bracket = Bracket::new(all, all / 2);
        // All errors are those of the equation: it tells all of the draws something, or none of them.
        while let Some(place) = bracket.next() {
            match judge::by_fluid(&self.choice.model(place, draw)?) {
                Some(is_enough) => bracket.learn(place, is_enough),
                None => break,
            }
        }
        let guess = if bracket.next().is_none() { bracket.high } else { bracket.guess };
        let mut sorted = errors.to_vec();
        sorted.sort_unstable();
        let moved = guess.saturating_add_signed(sorted.get(sorted.len() / 2).copied().unwrap_or(0));
        Ok(Open { draw, number, guess, bracket: Bracket::new(all, moved) })
    }

    fn decide(&self, open: &mut [Open], found: &mut Found) -> Result<(), RegretError> {
        loop {
            let mut jobs: Vec<(usize, usize, Model)> = Vec::new();
            for (k, one) in open.iter().enumerate() {
                if let Some(place) = one.bracket.next() {
                    jobs.push((k, place, self.choice.model(place, one.draw)?));
                }
            }
            if jobs.is_empty() {
                return Ok(());
            }
            let count = self.options.replications.max(1);
            let judge = |(k, place, model): &(usize, usize, Model)| {
                let judgement = match self.options.engine {
                    EngineChoice::Fluid => {
                        Judgement { is_enough: judge::by_fluid(model) != Some(false), ..Judgement::default() }
                    }
                    _ => judge::by_events(model, open[*k].number as u32 * count, count)?,
                };
                Ok((*k, *place, judgement))
            };
            let judged: Result<Vec<(usize, usize, Judgement)>, SimulationError> =
                self.pool.install(|| jobs.par_iter().with_max_len(1).map(judge).collect());
            for (k, place, judgement) in judged.map_err(StudyError::from)? {
                open[k].bracket.learn(place, judgement.is_enough);
                found.runs += judgement.runs;
                found.events += judgement.events;
                found.messages += judgement.messages;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bracket;

    #[test]
    fn every_requirement_is_found_from_every_guess() {
        for all in [1, 2, 3, 7, 64] {
            for guess in 0..all + 2 {
                for required in 0..=all {
                    let mut bracket = Bracket::new(all, guess);
                    let mut looks = 0;
                    while let Some(place) = bracket.next() {
                        bracket.learn(place, place >= required);
                        looks += 1;
                        assert!(looks <= 14, "{all} {guess} {required}");
                    }
                    assert_eq!(bracket.high, required, "{all} {guess}");
                }
            }
        }
    }

    #[test]
    fn a_good_guess_takes_two_looks() {
        let mut bracket = Bracket::new(64, 20);
        let mut looks = Vec::new();
        while let Some(place) = bracket.next() {
            looks.push(place);
            bracket.learn(place, place >= 20);
        }
        assert_eq!(looks, [20, 19]);
    }
}
