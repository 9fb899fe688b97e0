//! What every candidate costs under every draw.
//!
//! Replicas that nobody scales cost the same whatever happens: then hours are read off the candidates and prices off
//! the draws. Where a strategy scales a group, the equation follows it under each draw. Not here: what is enough.

use super::{Choice, RegretError};
use crate::engine::fluid;
use crate::model::Model;
use crate::scenario::Minimise;
use crate::study::compare::Objective;
use crate::study::compare::fluid::replica_hours;
use crate::study::uncertain::Draw;

/// The costs, in the order of the candidates.
pub(super) struct Costs {
    /// By draw, then by candidate; over the measured time of one run.
    pub by_draw: Vec<Vec<f64>>,
    /// What they are.
    pub objective: Objective,
}

impl Costs {
    /// The costs of all candidates under all draws, the first of which are the medians; sorts the candidates by what
    /// they cost there.
    pub fn of(choice: &mut Choice, drawn: &[Draw], minimise: Minimise) -> Result<Costs, RegretError> {
        let medians = &drawn[0];
        let models: Result<Vec<Model>, RegretError> =
            (0..choice.places.len()).map(|place| choice.model(place, medians)).collect();
        let models = models?;
        let is_priced = models.iter().all(|model| model.groups.iter().any(|group| group.cost.is_some()));
        let objective = if is_priced && minimise == Minimise::Cost { Objective::Cost } else { Objective::ReplicaHours };
        let hours: Result<Vec<Vec<f64>>, RegretError> =
            models.iter().enumerate().map(|(place, model)| hours(choice.setting(place), model)).collect();
        let hours = hours?;
        let price = |model: &Model| prices(model, objective);
        let at_medians: Vec<f64> =
            models.iter().zip(&hours).map(|(model, hours)| sum_of_products(&price(model), hours)).collect();
        let mut order: Vec<usize> = (0..models.len()).collect();
        order.sort_by(|one, other| at_medians[*one].total_cmp(&at_medians[*other]));
        choice.places = order.iter().map(|place| choice.places[*place]).collect();
        let is_scaled = models.iter().any(|model| model.groups.iter().any(|group| group.scaling.is_some()));
        let has_own_prices = models.iter().any(|model| price(model) != price(&models[0]));
        let mut by_draw = vec![order.iter().map(|place| at_medians[*place]).collect::<Vec<f64>>()];
        for draw in &drawn[1..] {
            by_draw.push(if is_scaled || has_own_prices {
                let cost = |place: usize| {
                    let model = choice.model(place, draw)?;
                    Ok(sum_of_products(&price(&model), &self::hours(choice.setting(place), &model)?))
                };
                (0..order.len()).map(cost).collect::<Result<Vec<f64>, RegretError>>()?
            } else {
                let prices = price(&choice.model(0, draw)?);
                order.iter().map(|place| sum_of_products(&prices, &hours[*place])).collect()
            });
        }
        Ok(Costs { by_draw, objective })
    }
}

/// What an hour of one replica of each group weighs.
fn prices(model: &Model, objective: Objective) -> Vec<f64> {
    let price = |cost: &Option<crate::model::Cost>| match objective {
        Objective::Cost => cost.as_ref().map_or(0.0, |cost| cost.per_hour),
        Objective::ReplicaHours => 1.0,
    };
    model.groups.iter().map(|group| price(&group.cost)).collect()
}

/// Replica-hours of each group over the measured time.
fn hours(setting: &str, model: &Model) -> Result<Vec<f64>, RegretError> {
    let is_scaled = model.groups.iter().any(|group| group.scaling.is_some());
    let fluid = if is_scaled { fluid::integrate(model) } else { Vec::new() };
    let of_group = |group: usize| {
        replica_hours(model, &fluid, group).ok_or_else(|| RegretError::UnknownCost {
            setting: setting.to_owned(),
            why: fluid[model.groups[group].from]
                .why_not
                .clone()
                .unwrap_or_else(|| "the fluid engine has no such number".to_owned()),
        })
    };
    (0..model.groups.len()).map(of_group).collect()
}

fn sum_of_products(prices: &[f64], hours: &[f64]) -> f64 {
    prices.iter().zip(hours).map(|(price, hours)| price * hours).sum()
}
