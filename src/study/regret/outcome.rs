//! What a plan under uncertainty found out, and how it is put together from the draws.

use super::costs::Costs;
use super::drivers::{Driver, drivers};
use super::search::Found;
use super::{Choice, RegretOptions};
use crate::measure::{EngineChoice, Estimate, KeptShare};
use crate::model::Model;
use crate::scenario::{Axis, Uncertain};
use crate::study::compare::Objective;
use crate::study::uncertain::Draw;

/// The setting that will be regretted least.
#[derive(Clone, Debug)]
pub struct RegretPlan {
    /// The scenario as it was written, with all uncertain inputs at their medians.
    pub model: Model,
    /// What was asked for.
    pub options: RegretOptions,
    /// What was varied.
    pub axis: Axis,
    /// What is uncertain.
    pub inputs: Vec<Uncertain>,
    /// What regrets are made of.
    pub objective: Objective,
    /// All candidates, the cheapest first.
    pub candidates: Vec<RegretCandidate>,
    /// The candidate with the smallest expected regret, by its place; `None` if not even the dearest one is enough for
    /// any draw.
    pub chosen: Option<usize>,
    /// What the draws require.
    pub requirement: Requirement,
    /// The draws that were decided.
    pub draws: Vec<Weighed>,
    /// Which inputs the requirement depends on, the most telling first; empty if that cannot be said.
    pub drivers: Vec<Driver>,
    /// Why there are no drivers.
    pub why_no_drivers: Option<String>,
    /// What a reader must know before trusting the numbers.
    pub notes: Vec<String>,
    /// Runs of the events engine.
    pub runs: u32,
    /// Events in them.
    pub events: u64,
    /// Messages in them.
    pub messages: u64,
    /// Seconds that it took; left at 0 by the library, which has no clock.
    pub wall_s: f64,
}

/// One value of what varies.
#[derive(Clone, Debug, PartialEq)]
pub struct RegretCandidate {
    /// The value, as it was written.
    pub setting: String,
    /// What it costs over the measured time of one run, on average over the draws.
    pub cost: f64,
    /// Mean of the regret over the draws, with its 95 % interval.
    pub expected_regret: Estimate,
    /// How much more it is regretted than the chosen one, draw by draw, with the 95 % interval of the mean.
    pub more_than_chosen: Estimate,
    /// Draws for which it is enough.
    pub enough: KeptShare,
}

/// The least sufficient candidate over the draws, as places among the candidates; `None` where not even the dearest one
/// is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What is enough for one draw in 20.
    pub p05: Option<usize>,
    /// What is enough for every other draw.
    pub p50: Option<usize>,
    /// What is enough for 19 draws in 20.
    pub p95: Option<usize>,
    /// What is enough with all inputs at their medians.
    pub at_medians: Option<usize>,
    /// Draws for which not even the dearest one is enough.
    pub beyond: u32,
}

/// One draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// The value of each input, in the base unit.
    pub values: Vec<f64>,
    /// The least sufficient candidate; `None` if not even the dearest one is enough.
    pub required: Option<usize>,
}

/// Puts the answer together; `drawn[0]` are the medians.
pub(super) fn weighed(
    model: &Model,
    choice: &Choice,
    inputs: &[Uncertain],
    drawn: &[Draw],
    costs: &Costs,
    found: &Found,
    options: &RegretOptions,
) -> RegretPlan {
    let all = choice.places.len();
    let required = &found.required[1..];
    let decided = &drawn[1..=required.len()];
    let regrets: Vec<Vec<f64>> = (0..all).map(|place| regrets(place, required, &costs.by_draw[1..], options)).collect();
    let means: Vec<f64> = regrets.iter().map(|regrets| mean(regrets)).collect();
    // Of equals the dearer one: it is enough more often.
    let least = (0..all).rev().min_by(|one, other| means[*one].total_cmp(&means[*other])).unwrap_or(0);
    let chosen = required.iter().any(|required| *required < all).then_some(least);
    let candidate = |place: usize| {
        let more: Vec<f64> = regrets[place].iter().zip(&regrets[least]).map(|(one, best)| one - best).collect();
        let enough = required.iter().filter(|required| **required <= place).count() as u32;
        let own_costs: Vec<f64> = (1..=required.len()).map(|draw| costs.by_draw[draw][place]).collect();
        RegretCandidate {
            setting: choice.setting(place).to_owned(),
            cost: mean(&own_costs),
            expected_regret: Estimate::of(&regrets[place], "no draw was decided"),
            more_than_chosen: Estimate::of(&more, "no draw was decided"),
            enough: KeptShare::new(enough, required.len() as u32),
        }
    };
    let candidates: Vec<RegretCandidate> = (0..all).map(candidate).collect();
    let paths: Vec<String> = inputs.iter().map(|input| input.path.clone()).collect();
    let scores: Vec<Vec<f64>> =
        (0..inputs.len()).map(|input| decided.iter().map(|draw| draw.scores[input]).collect()).collect();
    let answers: Vec<f64> = required.iter().map(|required| *required as f64).collect();
    let explained = drivers(&paths, &scores, &answers, model.seed);
    let place = |required: usize| (required < all).then_some(required);
    let draws = decided.iter().zip(required).map(|(draw, required)| Weighed {
        values: inputs.iter().zip(&draw.scores).map(|(input, score)| input.quantile(*score)).collect(),
        required: place(*required),
    });
    let requirement = requirement(&found.required, all);
    RegretPlan {
        model: model.clone(),
        options: options.clone(),
        axis: choice.axis.clone(),
        inputs: inputs.to_vec(),
        objective: costs.objective,
        notes: notes(&candidates, requirement, drawn.len() - 1, options),
        candidates,
        chosen,
        requirement,
        draws: draws.collect(),
        why_no_drivers: explained.as_ref().err().cloned(),
        drivers: explained.unwrap_or_default(),
        runs: found.runs,
        events: found.events,
        messages: found.messages,
        wall_s: 0.0,
    }
}

/// How much a candidate is regretted under each draw.
fn regrets(place: usize, required: &[usize], costs: &[Vec<f64>], options: &RegretOptions) -> Vec<f64> {
    let regret = |(required, costs): (&usize, &Vec<f64>)| {
        let last = costs.len() - 1;
        // Beyond the last candidate at least one step more is missing.
        let enough = costs.get(*required).copied().unwrap_or(2.0 * costs[last] - costs[last - 1]);
        if place >= *required || enough > costs[place] {
            options.price.regret(costs[place], enough)
        } else {
            // What is not enough is never too much, even if under this draw it costs no less.
            0.0
        }
    };
    required.iter().zip(costs).map(regret).collect()
}

fn requirement(found: &[usize], all: usize) -> Requirement {
    let mut sorted = found[1..].to_vec();
    sorted.sort_unstable();
    let quantile = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
        Some(sorted[rank - 1]).filter(|required| *required < all)
    };
    Requirement {
        p05: quantile(0.05),
        p50: quantile(0.5),
        p95: quantile(0.95),
        at_medians: Some(found[0]).filter(|required| *required < all),
        beyond: sorted.iter().filter(|required| **required == all).count() as u32,
    }
}

fn notes(candidates: &[RegretCandidate], needs: Requirement, asked: usize, options: &RegretOptions) -> Vec<String> {
    let mut notes = Vec::new();
    let decided = candidates[0].enough.runs as usize;
    if decided < asked {
        notes.push(format!("the budget was used up after {decided} of {asked} draws: these alone decide"));
    }
    if needs.beyond > 0 {
        let last = &candidates[candidates.len() - 1].setting;
        notes.push(format!(
            "for {} of {decided} draws not even {last} is enough: their regret counts one step more, which is too \
             little; vary it further up",
            needs.beyond
        ));
    }
    if candidates[0].cost >= candidates[candidates.len() - 1].cost {
        notes.push("all candidates cost the same: there is nothing to regret but what is not enough".to_owned());
    }
    if options.engine == EngineChoice::Fluid {
        notes.push(
            "judged by the fluid equation, which leaves chance out: a wait or latency counts as kept if no message \
             waits longer"
                .to_owned(),
        );
    }
    notes
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
