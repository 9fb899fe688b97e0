//! Regret where the best setting is known.

use super::*;
use crate::scenario::{Limits, Loaded, Source, load};

/// A queue whose replicas do 10/s each; the equation keeps its promise from λ/10 replicas on.
fn scenario(rate: &str, more: &str) -> String {
    format!(
        "horizon: 1h\nresolution: 10m\nproducers: {{shop: {{to: orders, rate: {rate}}}}}\nqueues: {{orders: {{}}}}\n\
         consumers: {{workers: {{from: orders, replicas: 5, service: 100ms{more}}}}}\n\
         slo: {{fresh: {{queue: orders, wait: p99, below: 10ms}}}}\n"
    )
}

fn loaded(text: &str, changes: &[Override]) -> Result<Loaded, Faults> {
    load(&Source::from_text("uncertain.yaml", text), changes, &Limits::default())
}

fn weigh(text: &str, values: &str, options: &RegretOptions) -> Result<RegretPlan, RegretError> {
    let whole = loaded(text, &[]).unwrap();
    let axis = Axis { path: "consumers.workers.replicas".to_owned(), values: Axis::values_of(values).unwrap() };
    let variant = |changes: &[Override]| Ok(loaded(text, changes)?.model);
    regret(&whole.model, &axis, &whole.planning.uncertain, &variant, options, &|_| ())
}

fn fluid(draws: u32, too_little: f64, too_much: f64) -> RegretOptions {
    let price = RegretPrice { too_little, too_much, exponent: 1.0 };
    RegretOptions { draws, price, engine: EngineChoice::Fluid, ..RegretOptions::default() }
}

const RATE: &str = "{between: [150/s, 340/s], confidence: 90%}";

#[test]
fn the_least_regret_is_the_newsvendors_quantile() {
    let text = scenario(RATE, "");
    let input = &loaded(&text, &[]).unwrap().planning.uncertain[0];
    for (too_little, too_much, score) in [(4.0, 1.0, 0.841_621), (1.0, 1.0, 0.0), (1.0, 3.0, -0.674_490)] {
        let plan = weigh(&text, "1..64", &fluid(400, too_little, too_much)).unwrap();
        let chosen = &plan.candidates[plan.chosen.unwrap()];
        // The share cᵤ/(cᵤ + cₒ) of the loads lies below λ; ⌈λ/10⌉ replicas carry it.
        let needed = input.quantile(score) / 10.0;
        assert_eq!(chosen.setting.parse::<f64>().unwrap(), needed.ceil(), "{needed}");
        let share = too_little / (too_little + too_much);
        let below = &plan.candidates[plan.chosen.unwrap() - 1];
        assert!(below.enough.share() < share + 0.005 && share - 0.005 < chosen.enough.share(), "{chosen:?}");
    }
}

#[test]
fn requirements_are_those_of_the_load() {
    let text = scenario(RATE, "");
    let plan = weigh(&text, "1..64", &fluid(100, 4.0, 1.0)).unwrap();
    for draw in &plan.draws {
        assert_eq!(draw.required.map(|place| place + 1), Some((draw.values[0] / 10.0).ceil() as usize), "{draw:?}");
    }
    let setting = |place: Option<usize>| plan.candidates[place.unwrap()].setting.as_str();
    assert_eq!(setting(plan.requirement.at_medians), "23");
    assert_eq!((setting(plan.requirement.p05), setting(plan.requirement.p95)), ("15", "34"));
    assert!(plan.drivers[0].share > 0.97, "{:?}", plan.drivers);
}

#[test]
fn prices_weigh_regrets_and_an_uncertain_price_moves_no_requirement() {
    let price = ", cost: {between: [0.10 USD/h, 0.40 USD/h], confidence: 90%}";
    let sure = weigh(&scenario(RATE, ", cost: 0.20 USD/h"), "1..64", &fluid(100, 4.0, 1.0)).unwrap();
    let plan = weigh(&scenario(RATE, price), "1..64", &fluid(100, 4.0, 1.0)).unwrap();
    let required = |plan: &RegretPlan| plan.draws.iter().map(|draw| draw.required).collect::<Vec<_>>();
    assert_eq!(required(&sure), required(&plan));
    assert_eq!(plan.inputs.len(), 2);
    assert!(plan.drivers[0].path == "producers.shop.rate" && plan.drivers[1].share < 0.1, "{:?}", plan.drivers);
    // One hour of 5 replicas.
    assert!((sure.candidates[4].cost - 1.0).abs() < 1e-12);
    // The mean of the price is above its median of 0.20.
    assert!((1.02..1.3).contains(&plan.candidates[4].cost), "{}", plan.candidates[4].cost);
}

#[test]
fn what_is_beyond_the_axis_is_said() {
    let plan = weigh(&scenario(RATE, ""), "1..20", &fluid(100, 4.0, 1.0)).unwrap();
    assert!(plan.requirement.beyond > 50 && plan.requirement.p95.is_none());
    assert!(plan.notes.iter().any(|note| note.contains("not even 20 is enough")), "{:?}", plan.notes);
    assert_eq!(plan.chosen, Some(19));
    let nobody = weigh(&scenario(RATE, ""), "1..3", &fluid(40, 4.0, 1.0)).unwrap();
    assert_eq!(nobody.chosen, None);
    assert!(nobody.why_no_drivers.is_some());
}

#[test]
fn events_ask_for_at_least_what_the_equation_does_and_repeat_themselves() {
    let text = scenario("{between: [60/s, 90/s], confidence: 90%}", "").replace("1h", "5m").replace("10m", "1m");
    let options = RegretOptions { draws: 24, replications: 2, ..RegretOptions::default() };
    let one = weigh(&text, "1..32", &RegretOptions { threads: Some(1), ..options.clone() }).unwrap();
    let two = weigh(&text, "1..32", &RegretOptions { threads: Some(2), ..options.clone() }).unwrap();
    assert_eq!(one.draws, two.draws);
    assert_eq!(one.candidates, two.candidates);
    let fluid = weigh(&text, "1..32", &RegretOptions { engine: EngineChoice::Fluid, ..options }).unwrap();
    assert!(one.draws.iter().zip(&fluid.draws).all(|(events, fluid)| events.required > fluid.required));
    assert!(one.runs > 24 && one.events > 0);
}

#[test]
fn a_used_up_budget_leaves_the_first_draws() {
    let text = scenario("{between: [60/s, 90/s], confidence: 90%}", "").replace("1h", "1m").replace("10m", "1m");
    let options = RegretOptions { draws: 64, replications: 1, budget: 1.0, ..RegretOptions::default() };
    let plan = weigh(&text, "1..32", &options).unwrap();
    assert_eq!(plan.draws.len(), 15);
    assert!(plan.notes[0].contains("15 of 64 draws"), "{:?}", plan.notes);
}

#[test]
fn what_cannot_be_weighed_says_why() {
    let options = fluid(10, 4.0, 1.0);
    let error = |text: &str, values: &str| weigh(text, values, &options).unwrap_err().to_string();
    assert!(error(&scenario("100/s", ""), "1..9").contains("no input"));
    assert!(error(&scenario(RATE, ""), "5").contains("1 values of consumers.workers.replicas"));
    assert!(error(&scenario(RATE, ""), "1,x").contains("`x`"));
    let (unpromised, _) =
        scenario(RATE, "").split_once("slo").map(|(head, tail)| (head.to_owned(), tail.len())).unwrap();
    assert!(error(&unpromised, "1..9").contains("promises nothing"));
}
