//! Plans under uncertain inputs, by the whole way from the file to the answer.

#![allow(clippy::unwrap_used)] // Tests may panic.

use std::path::Path;

use forebay::measure::EngineChoice;
use forebay::report;
use forebay::scenario::{Limits, Loaded, Override, Source, load};
use forebay::study::uncertain::draws;
use forebay::study::{PlanOptions, RegretOptions, RegretPlan, plan_by_regret};

fn launch() -> Source {
    Source::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/uncertain-launch.yaml")).unwrap()
}

fn read(source: &Source, changes: &[Override]) -> Loaded {
    load(source, changes, &Limits::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn weigh(source: &Source, options: &RegretOptions) -> RegretPlan {
    let whole = read(source, &[]);
    let variant = |changes: &[Override]| Ok(load(source, changes, &Limits::default())?.model);
    let asked = PlanOptions::default();
    plan_by_regret(&whole.model, &whole.planning, &variant, &asked, options, &|_| ()).unwrap()
}

fn replicas(plan: &RegretPlan, place: Option<usize>) -> u32 {
    plan.candidates[place.unwrap()].setting.parse().unwrap()
}

#[test]
fn the_launch_is_what_its_comment_says() {
    let plan = weigh(&launch(), &RegretOptions { draws: 64, ..RegretOptions::default() });
    let shown = report::regret_table(&plan, 80, false);
    let (chosen, medians) = (replicas(&plan, plan.chosen), replicas(&plan, plan.requirement.at_medians));
    assert!(chosen > medians, "{shown}");
    let enough_at_medians = plan.candidates[plan.requirement.at_medians.unwrap()].enough.share();
    assert!((0.4..0.7).contains(&enough_at_medians), "{shown}");
    let enough = plan.candidates[plan.chosen.unwrap()].enough;
    assert!(enough.low <= 0.8 && 0.8 <= enough.high, "four to one covers four fifths: {shown}");
    assert_eq!(plan.drivers[0].path, "producers.app.rate", "{shown}");
    assert!(plan.drivers[0].share > 0.6, "{shown}");
    let price = plan.drivers.iter().find(|driver| driver.path == "consumers.workers.cost").unwrap();
    assert!(price.low == 0.0 && price.share < 0.1, "a price moves no requirement: {shown}");
    assert_eq!(plan.requirement.beyond, 0, "{shown}");
}

#[test]
fn fresh_draws_judge_the_chosen_setting_as_the_plan_does() {
    // By the equation, where requirements are exact: 1000 fresh draws against the plan's own 128.
    let options = RegretOptions { engine: EngineChoice::Fluid, ..RegretOptions::default() };
    let plan = weigh(&launch(), &options);
    let chosen = f64::from(replicas(&plan, plan.chosen));
    let inputs = read(&launch(), &[]).planning.uncertain;
    let fresh = draws(&inputs, 1_000, 77);
    let load_of = |scores: &[f64]| inputs[0].quantile(scores[0]) * inputs[1].quantile(scores[1]);
    let enough = fresh.iter().filter(|draw| load_of(&draw.scores) < chosen).count() as f64 / 1_000.0;
    let claim = plan.candidates[plan.chosen.unwrap()].enough;
    assert!(claim.low <= enough && enough <= claim.high, "{enough} is outside of {claim:?}");
}

#[test]
fn medians_are_what_runs_and_the_run_says_so() {
    let loaded = read(&launch(), &[]);
    let rate = loaded.model.publish_rate(0).unwrap().integral(0.0, 1.0);
    assert!((rate - (12.0_f64 * 30.0).sqrt()).abs() < 1e-9);
    let note = report::medians_note(&loaded.planning.uncertain).unwrap();
    assert!(note.starts_with("3 inputs are uncertain: their medians stand in for them"), "{note}");
    assert_eq!(report::medians_note(&[]), None);
}
