//! Tests of sweeps on a small queue.

use std::ops::ControlFlow;
use std::sync::Mutex;

use super::*;
use crate::scenario::{self, Axis, Limits, Source};

const SMALL: &str = "
name: small
horizon: 200s
replications: 4
producers:
  shop: {to: orders, rate: 40/s}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 3, service: {exponential: {mean: 50ms}}, cost: 1 USD/h}
slo:
  fresh: {queue: orders, latency: p99, below: 400ms}
";

fn variant(changes: &[Override]) -> Result<Model, Faults> {
    let source = Source::from_text("small.yaml", SMALL);
    scenario::load(&source, changes, &Limits::default()).map(|loaded| loaded.model)
}

fn grid(axes: &[&str]) -> Grid {
    Grid { axes: axes.iter().map(|axis| Axis::read(axis).unwrap()).collect() }
}

fn swept(axes: &[&str], options: SweepOptions, known: Vec<SweepPoint>) -> Sweep {
    let found = |_: &SweepPoint| ControlFlow::Continue(());
    sweep(&variant(&[]).unwrap(), &grid(axes), options, &variant, known, &found).unwrap()
}

const AXES: [&str; 2] = ["consumers.workers.replicas=3..5", "producers.shop.rate=30/s,40/s"];

#[test]
fn every_point_is_the_run_of_its_scenario() {
    let sweep = swept(&AXES, SweepOptions::default(), Vec::new());
    assert_eq!(sweep.points.len(), 6);
    let model = variant(&sweep.grid.changes(3)).unwrap();
    let options = RunOptions { engine: EngineChoice::Events, threads: Some(1) };
    let outcome = run(&model, &options, &|_| ()).unwrap();
    let point = &sweep.points[3];
    let queue = &outcome.events.as_ref().unwrap().queues[0];
    assert_eq!(point.queues[0].figure(QueueFigure::LatencyP99), &queue.latency_s.p99);
    assert_eq!(point.promises[0].verdict, outcome.slos[0]);
    assert_eq!(point.promises[0].kept.map(|kept| kept.share()), outcome.slos[0].probability_met);
    assert_eq!(point.kept_all, point.promises[0].kept, "there is one promise");
    assert_eq!(point.events, outcome.events.unwrap().events);
}

#[test]
fn threads_and_known_points_change_nothing() {
    let alone = swept(&AXES, SweepOptions { threads: Some(1), ..SweepOptions::default() }, Vec::new());
    let crowd = swept(&AXES, SweepOptions { threads: Some(8), ..SweepOptions::default() }, Vec::new());
    assert_eq!(alone.points, crowd.points);
    let known = vec![alone.points[4].clone(), alone.points[1].clone(), alone.points[4].clone()];
    assert_eq!(swept(&AXES, SweepOptions::default(), known).points, alone.points);
}

#[test]
fn common_random_numbers_make_more_replicas_never_slower() {
    let sweep = swept(&["consumers.workers.replicas=3..8"], SweepOptions::default(), Vec::new());
    let wait = |point: &SweepPoint| point.queues[0].figure(QueueFigure::WaitMean).value.unwrap();
    assert!(sweep.points.windows(2).all(|pair| wait(&pair[1]) <= wait(&pair[0])));
}

#[test]
fn a_sweep_that_is_stopped_runs_no_further_point() {
    let found = Mutex::new(Vec::new());
    let take = |point: &SweepPoint| {
        found.lock().unwrap().push(point.point);
        ControlFlow::Break(())
    };
    let options = SweepOptions { threads: Some(1), ..SweepOptions::default() };
    let result = sweep(&variant(&[]).unwrap(), &grid(&AXES), options, &variant, Vec::new(), &take);
    assert!(matches!(result, Err(SweepError::Stopped)), "{result:?}");
    assert_eq!(found.into_inner().unwrap(), [0]);
}

#[test]
fn theory_and_the_equation_say_what_they_cannot_know() {
    for (engine, known, unknown) in [
        (EngineChoice::Formula, QueueFigure::WaitMean, QueueFigure::DepthMax),
        (EngineChoice::Fluid, QueueFigure::BacklogMax, QueueFigure::LatencyP99),
    ] {
        let sweep = swept(&["consumers.workers.replicas=3..5"], SweepOptions { engine, threads: None }, Vec::new());
        let queue = &sweep.points[0].queues[0];
        assert!(queue.figure(known).value.is_some(), "{engine:?} {:?}", queue.figure(known));
        assert!(queue.figure(unknown).why_not.is_some());
        let hours = 3.0 * 200.0 / 3600.0;
        assert!((queue.figure(QueueFigure::ReplicaHours).value.unwrap() - hours).abs() < 1e-12);
        assert!((queue.figure(QueueFigure::Cost).value.unwrap() - hours).abs() < 1e-12);
        assert_eq!(sweep.points[0].kept_all, None);
    }
}

fn surveyed(axes: &[&str]) -> Result<Survey, SurveyError> {
    survey(&variant(&[]).unwrap(), &grid(axes), SweepOptions::default(), &variant, &[SMALL])
}

#[test]
fn a_survey_tells_points_replications_and_events() {
    let survey = surveyed(&AXES).unwrap();
    assert_eq!((survey.points, survey.replications), (6, Some(4)));
    let points: f64 = swept(&AXES, SweepOptions::default(), Vec::new()).points.iter().map(|p| p.events as f64).sum();
    assert!((survey.events / points - 1.0).abs() < 0.2, "{} {points}", survey.events);
    let large = surveyed(&["producers.shop.rate=40/s,41/s,42/s", "seed=1..400"]).unwrap();
    assert!((large.events / (1200.0 * points / 6.0) - 1.0).abs() < 0.4, "{}", large.events);
}

#[test]
fn faults_come_once_each_and_all_at_once() {
    let Err(SurveyError::Faults(faults)) = surveyed(&["consumers.workers.replicsa=1..9", "horizon=10,20s,30"]) else {
        panic!("it has faults");
    };
    let told: Vec<String> = faults.0.iter().map(|fault| fault.message.clone()).collect();
    assert_eq!(faults.0.len(), 3, "{told:?}");
    assert!(faults.0.iter().all(|fault| fault.place.as_ref().unwrap().file == "--vary"), "{faults:?}");
    let Err(SurveyError::Faults(clash)) = surveyed(&["warmup=0s,150s", "horizon=100s,200s"]) else {
        panic!("150 s of warm-up do not go into 100 s");
    };
    let told = clash.to_string();
    assert!(told.contains("warmup=150s") && clash.0.len() == 1, "{told}");
}

#[test]
fn another_question_has_another_fingerprint() {
    let of = |axes: &[&str], engine, text: &str| {
        let options = SweepOptions { engine, threads: None };
        survey(&variant(&[]).unwrap(), &grid(axes), options, &variant, &[text]).unwrap().fingerprint
    };
    let question = of(&AXES, EngineChoice::Events, SMALL);
    assert_eq!(question, of(&AXES, EngineChoice::Events, SMALL));
    assert_ne!(question, of(&AXES[..1], EngineChoice::Events, SMALL));
    assert_ne!(question, of(&AXES, EngineChoice::Fluid, SMALL));
    assert_ne!(question, of(&AXES, EngineChoice::Events, "another text"));
}

#[test]
fn what_is_shown_is_named_or_the_first_promise() {
    let sweep = swept(&["consumers.workers.replicas=3,4"], SweepOptions::default(), Vec::new());
    let model = &sweep.model;
    let figure = |figure| Shown::Figure { queue: "orders".to_owned(), figure };
    assert_eq!(Shown::usual(&sweep), Shown::Promise("fresh".to_owned()));
    assert_eq!(Shown::read("latency_p99", model).unwrap(), figure(QueueFigure::LatencyP99));
    assert_eq!(Shown::read("orders.wait_mean_s", model).unwrap(), figure(QueueFigure::WaitMean));
    assert_eq!(Shown::read("kept", model).unwrap(), Shown::Kept);
    assert_eq!(figure(QueueFigure::LatencyP99).promise(model).unwrap().name, "fresh");
    for (text, help) in [("latency_p98", "latency_p99"), ("orderz.cost", "orders"), ("x", "write one of")] {
        let error = Shown::read(text, model).unwrap_err();
        assert!(error.help.contains(help), "{text}: {error:?}");
    }
}
