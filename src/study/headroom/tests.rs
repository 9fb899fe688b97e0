//! Headroom against what is known: Erlang C, a queue computed by hand, its own coverage.

use super::*;
use crate::engine::formula::Mmc;
use crate::model::{
    ConsumerGroup, Distribution, Level, Process, Producer, Promise, Quantile, Queue, Rate, Replications, Slo,
};

/// M/M/c at `rate` with one promise.
fn model(rate: Rate, process: Process, slots: u32, service: Distribution, promise: Promise) -> Model {
    let mut model = Model::new("m", 600.0);
    model.queues = vec![Queue::new("orders")];
    model.producers = vec![Producer::new("shop", 0, Arrivals::Process { rate, process })];
    model.groups = vec![ConsumerGroup::new("workers", 0, slots, service)];
    model.slos = vec![Slo { name: "fresh".to_owned(), queue: 0, path: None, promise, during: None }];
    model
}

fn mmc(rate_per_s: f64, horizon_s: f64) -> Model {
    let (rate, service) = (Rate::Constant(rate_per_s), Distribution::Exponential { mean_s: 1.0 });
    let mut model = model(rate, Process::Poisson, 4, service, Promise::Wait(Quantile::P(0.99), 2.0));
    (model.horizon_s, model.resolution_s, model.warmup_s) = (horizon_s, horizon_s, 50.0);
    model
}

fn ask(model: &Model, options: &HeadroomOptions) -> Headroom {
    headroom(model, options, &|_| {}).unwrap()
}

/// λ at which the p99 wait of M/M/4 with μ = 1 is 2 s.
fn erlang_limit() -> f64 {
    let p99_s = |rate| Mmc::new(rate, 1.0, 4).unwrap().wait().quantile_s(0.99);
    let (mut low, mut high) = (0.5, 3.99);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *(if p99_s(middle) < 2.0 { &mut low } else { &mut high }) = middle;
    }
    low
}

#[test]
fn a_long_mmc_queue_bears_what_erlang_says() {
    let found = ask(&mmc(2.0, 40_000.0), &HeadroomOptions { kept_in: 0.5, away: 0, ..HeadroomOptions::default() });
    let (expected, low, high) = (erlang_limit() / 2.0, found.factor.low.unwrap(), found.factor.high.unwrap());
    assert!(low < expected && expected < high, "{expected} outside {low}..{high}");
    assert!(high / low < 1.06, "{low}..{high}");
    assert_eq!((found.first, found.promises[0].first_in), (Some(0), Some(1.0)));
    assert!(matches!(found.procedure, Procedure::Counted { .. }));
}

#[test]
fn a_metronome_overflows_where_the_sum_says() {
    // 10/s for a minute against 12/s of constant work: 60·(10·f − 12) waiting at the end, and 12 in service.
    let (rate, service) = (Rate::Constant(10.0), Distribution::Constant(1.0));
    let mut model = model(rate, Process::Regular, 12, service, Promise::Depth(Level::Max, 192.0));
    (model.horizon_s, model.resolution_s) = (60.0, 1.0);
    let found = ask(&model, &HeadroomOptions { away: 2, ..HeadroomOptions::default() });
    // The first leave after a second, so that 11 are more there than the sum says: 600·f − 12·59 reaches 192 at 1.5.
    let (low, high) = (found.factor.low.unwrap(), found.factor.high.unwrap());
    assert!(low <= 1.5 && 1.5 <= high * 1.001 && high / low < 1.021, "{low}..{high}");
    assert!((found.saturation[0].on_average - 1.2).abs() < 1e-9, "{:?}", found.saturation);
    // Two of twelve away: 600·f − 10·59 reaches 192 at 1.3033.
    let away = &found.away[0];
    assert_eq!((away.words.as_str(), away.kept_now.unwrap().share()), ("2 replicas of workers away", 1.0));
    assert!(away.factor.low.unwrap() <= 1.304 && away.factor.high.unwrap() >= 1.303, "{:?}", away.factor);
}

#[test]
fn the_interval_holds_the_true_factor() {
    let mut model = mmc(2.4, 400.0);
    model.slos[0].promise = Promise::Wait(Quantile::P(0.95), 2.0);
    let options = HeadroomOptions { kept_in: 0.8, away: 0, precision: 0.03, ..HeadroomOptions::default() };
    // The truth by so many runs that its own interval is narrow.
    let truth = ask(&model, &HeadroomOptions { runs: Some(1500), precision: 0.01, ..options.clone() }).factor.value;
    let truth = truth.unwrap();
    let holds = |seed: u64| {
        let model = Model { seed: 1000 + seed, ..model.clone() };
        let found = ask(&model, &options).factor;
        found.low.unwrap() <= truth && truth <= found.high.unwrap()
    };
    let held = (0..60).filter(|seed| holds(*seed)).count();
    // 95 % of 60 are 57; three deviations of such a count are 5.
    assert!(held >= 52, "{held} of 60 intervals hold {truth}");
}

#[test]
fn few_long_runs_have_an_interval_too_and_say_what_it_takes() {
    let mut model = mmc(2.0, 20_000.0);
    model.replications = Replications::Fixed(1);
    let found = ask(&model, &HeadroomOptions { budget: 1.2e6, away: 0, ..HeadroomOptions::default() });
    assert!(matches!(found.procedure, Procedure::Scattered { .. }), "{:?}", found.procedure);
    assert!(found.notes.iter().any(|note| note.contains("as normal")), "{:?}", found.notes);
    let (low, high) = (found.factor.low.unwrap(), found.factor.high.unwrap());
    let expected = erlang_limit() / 2.0;
    assert!(low < expected && high > 0.9 * expected && high < 1.1 * expected && found.runs < 40, "{low}..{high}");
}

#[test]
fn broken_today_is_a_factor_below_one_and_growth_has_no_time_left() {
    let growth = Growth { share: 0.04, every_s: 30.0 * 86_400.0 };
    let options = HeadroomOptions { growth: Some(growth), away: 0, ..HeadroomOptions::default() };
    let found = ask(&mmc(3.7, 600.0), &options);
    assert!(found.factor.high.unwrap() < 1.0 && found.kept_now.share() < 0.95, "{:?}", found.factor);
    let due = found.due.unwrap();
    assert_eq!((due.after_s.value, due.after_s.why_not.as_deref()), (Some(0.0), Some("it is used up already")));
    let found = ask(&mmc(1.0, 600.0), &options);
    let due = found.due.unwrap().after_s;
    let months = growth.time_to(found.factor.value.unwrap());
    assert_eq!((due.value, due.low < due.value, due.value < due.high), (Some(months), true, true));
}

#[test]
fn what_never_breaks_is_said() {
    let (rate, service) = (Rate::Constant(1.0), Distribution::Constant(0.001));
    let mut easy = model(rate, Process::Poisson, 50, service, Promise::LossShare(0.5));
    easy.horizon_s = 20.0;
    let found = ask(&easy, &HeadroomOptions { ceiling: 8.0, away: 0, ..HeadroomOptions::default() });
    assert_eq!((found.factor.value, found.factor.low, found.first), (None, Some(8.0), None));
    assert!(found.factor.why_not.unwrap().contains("8 times"));
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_remedy() {
    let refused = |model: &Model, options: &HeadroomOptions| headroom(model, options, &|_| {}).unwrap_err();
    let options = HeadroomOptions::default();
    let mut model = mmc(2.0, 100.0);
    assert!(matches!(
        refused(&model, &HeadroomOptions { runs: Some(2), ..options.clone() }),
        HeadroomError::TooFewRuns { runs: 2 }
    ));
    let slos = std::mem::take(&mut model.slos);
    assert!(matches!(refused(&model, &options), HeadroomError::NoPromise));
    model.slos = slos;
    model.producers[0].arrivals = Arrivals::Recorded(Vec::new().into());
    assert!(refused(&model, &options).help().contains("trace:"));
    model.producers.clear();
    assert!(matches!(refused(&model, &options), HeadroomError::NoLoad));
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let model = mmc(2.0, 300.0);
    let with = |threads| ask(&model, &HeadroomOptions { threads: Some(threads), ..HeadroomOptions::default() });
    let (one, four) = (with(1), with(4));
    assert_eq!((&one.factor, &one.curve, &one.away, one.runs), (&four.factor, &four.curve, &four.away, four.runs));
}
