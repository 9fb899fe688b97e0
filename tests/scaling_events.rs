//! Scalers at work in the events engine: growth, zero and back, five delays apart, Jobs, threads, a measured controller.

#![allow(clippy::unwrap_used, clippy::float_cmp)] // Tests may panic; instants are exact or they are wrong.

use forebay::engine::events::simulate;
use forebay::measure::{DecisionLog, DecisionRow, EngineChoice, EventsOutcome};
use forebay::model::scaling::{
    Behavior, Bounds, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, Kafka, MetricTarget, Oracle, Phase,
    Policy, PolicyAmount, RabbitMq, RateScaling, ScaledJob, ScaledObject, Schedule, Signal, Staffing, Strategy,
    Trigger, TriggerSource, Workforce,
};
use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Order, Partitions, Process, Producer, Queue, Rate, Replicas,
    Replications, Scaling, Shutdown,
};
use forebay::report::{ReportOptions, explanation, explanation_json};
use forebay::scaling::Rule;
use forebay::study::{RunOptions, Silence, explain, run};

const SECOND: Distribution = Distribution::Constant(1.0);

/// ⌈ready / `per_replica`⌉ every `period_s`, without tolerance, window or policy.
fn hpa(bounds: (u32, u32), per_replica: f64, period_s: f64) -> Hpa {
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(per_replica) };
    let controller = HpaController { sync_period_s: period_s, tolerance: 0.0, down_window_s: 0.0 };
    let free = |rules: DirectionRules| DirectionRules {
        window_s: Some(0.0),
        policies: vec![Policy { amount: PolicyAmount::Pods(1000), period_s: 1.0 }],
        ..rules
    };
    let behavior = Behavior { up: free(DirectionRules::default_up()), down: free(DirectionRules::default_down()) };
    let rules = HpaRules { controller, behavior: Some(behavior), ..HpaRules::new(bounds.0, bounds.1) };
    Hpa { rules, metrics: vec![metric] }
}

fn at(strategy: impl Into<Strategy>, phase_s: f64) -> Scaling {
    Scaling { phase: Phase::At(phase_s), ..Scaling::new(strategy.into()) }
}

/// One queue with a backlog, one group with one replica and this scaling; `rate` messages a second at equal distances.
fn model(rate: Rate, backlog: u64, service: Distribution, scaling: Scaling) -> Model {
    let arrivals = Arrivals::Process { rate, process: Process::Regular };
    Model {
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue { initial: backlog, ..Queue::new("q") }],
        groups: vec![ConsumerGroup { scaling: Some(scaling), ..ConsumerGroup::new("g", 0, 1, service) }],
        ..Model::new("scaled", 600.0)
    }
}

fn decisions(model: &Model) -> Vec<DecisionRow> {
    let mut log = DecisionLog::with_reasons(model);
    simulate(model, model.seed, 0, &mut log).unwrap();
    log.finish()
}

/// When the wanted number changed, and to what.
fn changes(model: &Model) -> Vec<(f64, u32)> {
    let rows = decisions(model);
    rows.iter().filter(|row| row.wanted != row.wanted_before).map(|row| (row.time_s, row.wanted)).collect()
}

fn wanted(model: &Model, decisions_shown: usize) -> Vec<u32> {
    decisions(model).iter().map(|row| row.wanted).take(decisions_shown).collect()
}

fn measured(model: &Model, threads: usize) -> EventsOutcome {
    let options = RunOptions { engine: EngineChoice::Events, threads: Some(threads) };
    run(model, &options, &|_| {}).unwrap().events.unwrap()
}

/// The growth table: without `behavior` at most max(2n, 4) at each sync, with the API's defaults at most max(2n, n + 4).
#[test]
fn growth_follows_the_table_of_the_controller() {
    let mut strategy = hpa((1, 100), 1.0, 15.0);
    (strategy.rules.behavior, strategy.rules.controller) = (None, HpaController::default());
    let endless = |strategy| model(Rate::Constant(1.0), 1_000_000, SECOND, at(Strategy::Hpa(strategy), 0.0));
    assert_eq!(wanted(&endless(strategy.clone()), 7), [4, 8, 16, 32, 64, 100, 100]);
    strategy.rules.behavior = Some(Behavior::default());
    assert_eq!(wanted(&endless(strategy.clone()), 7), [5, 10, 20, 40, 80, 100, 100]);
    let rows = decisions(&endless(strategy));
    assert_eq!(rows[0].held_by, Some(Rule::Policy));
    assert_eq!((rows[5].held_by, rows[5].proposed), (Some(Rule::Bound), Some(rows[5].seen.ready as u32)));
}

/// KEDA wakes the group at the poll that finds messages, and puts it to sleep when the cool-down after the last active
/// poll is over, from any size.
#[test]
fn keda_goes_to_zero_and_back() {
    let keda = ScaledObject::new(vec![Trigger::new("q", TriggerSource::RabbitMq(RabbitMq::default()))]);
    let pulse = Rate::Pulse { height: 10.0, from_s: 100.0, until_s: 101.0 };
    let model = model(pulse, 0, Distribution::Constant(5.0), at(Strategy::Keda(keda), 0.0));
    // Active at the polls of 120 and 150; 450 is not yet later than 150 + 300.
    assert_eq!(changes(&model), [(30.0, 0), (120.0, 1), (480.0, 0)]);
    let rows = decisions(&model);
    let resting = rows.iter().find(|row| row.time_s == 450.0).unwrap();
    assert!(resting.wanted == 1 && resting.reasons.iter().any(|reason| reason.rule() == Some(Rule::CoolDown)));
    let outcome = measured(&model, 1);
    assert_eq!(outcome.queues[0].acked.value, Some(10.0));
    assert_eq!(outcome.groups[0].replica_hours.value, Some((30.0 + 360.0) / 3600.0));
    let scaling = outcome.groups[0].scaling.as_ref().unwrap();
    assert_eq!((scaling.ups.value, scaling.downs.value), (Some(1.0), Some(2.0)));
}

/// Ten messages between 100.1 s and 101 s that take so long; one replica, then ⌈ready⌉ every 10 s from 3 s on.
fn burst(service_s: f64) -> Model {
    let pulse = Rate::Pulse { height: 10.0, from_s: 100.0, until_s: 101.0 };
    model(pulse, 0, Distribution::Constant(service_s), at(Strategy::Hpa(hpa((1, 20), 1.0, 10.0)), 3.0))
}

fn scaling_of(model: &mut Model) -> &mut Scaling {
    model.groups[0].scaling.as_mut().unwrap()
}

#[test]
fn the_age_of_the_metric_delays_what_is_seen_and_nothing_else() {
    let first_change = |age_s: f64, sampling_s: f64| {
        let mut model = burst(1000.0);
        (scaling_of(&mut model).metric_age_s, scaling_of(&mut model).sampling_s) = (age_s, sampling_s);
        let rows = decisions(&model);
        let change = rows.iter().find(|row| row.wanted > 1).unwrap();
        assert_eq!((change.wanted, change.seen.ready), (9, 9.0));
        (change.seen.at_s, change.time_s)
    };
    assert_eq!(first_change(0.0, 0.0), (103.0, 103.0));
    assert_eq!(first_change(1.5, 0.0), (101.5, 103.0));
    assert_eq!(first_change(5.0, 0.0), (108.0, 113.0), "98 s had nothing");
    assert_eq!(first_change(25.0, 0.0), (108.0, 133.0), "older than two periods");
    assert_eq!(first_change(0.0, 60.0), (120.0, 123.0), "the sample of 60 s had nothing");
    assert_eq!(first_change(5.0, 60.0), (120.0, 133.0));
}

#[test]
fn a_sample_is_taken_before_the_decision_of_its_instant() {
    let mut model = burst(1000.0);
    let scaling = scaling_of(&mut model);
    (scaling.sampling_s, scaling.phase) = (120.0, Phase::At(0.0));
    let rows = decisions(&model);
    let change = rows.iter().find(|row| row.wanted > 1).unwrap();
    assert_eq!((change.seen.at_s, change.time_s), (120.0, 120.0));
}

#[test]
fn the_tick_decides_when_the_phase_says_so() {
    assert_eq!(changes(&burst(1000.0))[0], (103.0, 9));
    let mut early = burst(1000.0);
    scaling_of(&mut early).phase = Phase::At(0.5);
    assert_eq!(changes(&early)[0], (100.5, 3), "100.1 is in service, 100.2 to 100.4 wait, 100.5 comes after");
    let mut drawn = burst(1000.0);
    scaling_of(&mut drawn).phase = Phase::Random;
    let firsts: Vec<f64> = (0..40)
        .map(|replication| {
            let mut log = DecisionLog::new(&drawn);
            simulate(&drawn, 1, replication, &mut log).unwrap();
            log.finish()[0].time_s
        })
        .collect();
    assert!(firsts.iter().all(|first_s| (0.0..10.0).contains(first_s)));
    let mean_s = firsts.iter().sum::<f64>() / 40.0;
    assert!((mean_s - 5.0).abs() < 2.0, "{mean_s}: three standard errors of a uniform draw are 1.4");
}

#[test]
fn the_window_holds_what_was_advised_and_then_lets_go() {
    // All are served at once from 103 s on, and the queue is empty at 113 s.
    let mut model = burst(5.0);
    assert_eq!(changes(&model), [(103.0, 9), (113.0, 1)]);
    let Strategy::Hpa(hpa) = &mut scaling_of(&mut model).strategy else { unreachable!() };
    hpa.rules.behavior.as_mut().unwrap().down.window_s = Some(35.0);
    assert_eq!(changes(&model), [(103.0, 9), (143.0, 1)]);
    let rows = decisions(&model);
    let held: Vec<f64> = rows
        .iter()
        .filter(|row| row.time_s > 100.0 && row.held_by == Some(Rule::Window))
        .map(|row| row.time_s)
        .collect();
    assert_eq!(held, [113.0, 123.0, 133.0]);
}

#[test]
fn a_replica_is_ready_when_its_start_up_is_over() {
    let mut model = burst(1000.0);
    model.resolution_s = 1.0;
    model.groups[0].startup = Some(Distribution::Constant(42.0));
    let rows = decisions(&model);
    let change = rows.iter().find(|row| row.wanted > 1).unwrap();
    assert_eq!(change.ready_at_s, [145.0; 8]);
    let next: Vec<(f64, u32, u32, u32)> = rows
        .iter()
        .filter(|row| [113.0, 143.0, 153.0].contains(&row.time_s))
        .map(|row| (row.time_s, row.wanted_before, row.running, row.ready_replicas))
        .collect();
    assert_eq!(next, [(113.0, 9, 9, 1), (143.0, 9, 9, 1), (153.0, 9, 9, 9)]);
    let outcome = measured(&model, 1);
    let series = &outcome.series[0];
    let at = |end_s: usize| {
        (series.replicas_wanted[end_s - 1], series.replicas_mean[end_s - 1], series.replicas_ready[end_s - 1])
    };
    assert_eq!(
        [at(103), at(104), at(145), at(146)],
        [(1.0, 1.0, 1.0), (9.0, 9.0, 1.0), (9.0, 9.0, 1.0), (9.0, 9.0, 9.0)]
    );
}

/// A replica that is told to leave works, and is paid, until its message is done; one that has not started leaves at
/// once, for nothing.
#[test]
fn leaving_takes_as_long_as_the_work_in_hand() {
    let mut model = burst(25.0);
    model.resolution_s = 0.5;
    // Eight started at 103, and one message is ready at 113: they leave at 128.
    let outcome = measured(&model, 1);
    let at = |end_s: f64| {
        let row = (end_s / 0.5) as usize - 1;
        let series = &outcome.series[0];
        (series.replicas_wanted[row], series.replicas_mean[row], series.replicas_ready[row])
    };
    assert_eq!([at(113.5), at(128.0), at(128.5)], [(1.0, 9.0, 1.0), (1.0, 9.0, 1.0), (1.0, 1.0, 1.0)]);
    model.groups[0].shutdown = Shutdown::Requeue;
    let outcome = measured(&model, 1);
    assert!(outcome.queues[0].redelivered.value > Some(0.0), "what they held came back");
    let mut model = burst(1.0);
    model.groups[0].startup = Some(Distribution::Constant(42.0));
    let rows = decisions(&model);
    let change = rows.iter().find(|row| row.wanted > 1).unwrap();
    assert_eq!((change.wanted, change.ready_at_s.len(), change.called_off), (7, 0, 6), "the backlog was gone at 113 s");
    let called_off = measured(&model, 1).groups[0].scaling.as_ref().unwrap().called_off.value;
    assert_eq!(called_off, Some(6.0));
}

/// Each Job takes one message, completes it and ends; scaling ends none.
#[test]
fn jobs_end_with_their_message() {
    let trigger = Trigger::new("q", TriggerSource::RabbitMq(RabbitMq { value: 1.0, ..RabbitMq::default() }));
    let jobs = Strategy::KedaJob(ScaledJob::new(vec![trigger]));
    let mut model = model(Rate::Constant(0.0), 5, Distribution::Constant(40.0), at(jobs, 0.0));
    model.groups[0].replicas = Replicas::Fixed(0);
    model.groups[0].startup = Some(Distribution::Constant(10.0));
    let rows = decisions(&model);
    let seen: Vec<(f64, u32, u32, u32)> =
        rows.iter().take(3).map(|row| (row.time_s, row.running, row.ready_replicas, row.wanted)).collect();
    assert_eq!(seen, [(0.0, 0, 0, 5), (30.0, 5, 5, 5), (60.0, 0, 0, 0)]);
    let outcome = measured(&model, 1);
    assert_eq!(outcome.queues[0].acked.value, Some(5.0));
    assert_eq!(outcome.groups[0].replica_hours.value, Some(5.0 * 50.0 / 3600.0));
    let scaling = outcome.groups[0].scaling.as_ref().unwrap();
    assert_eq!((scaling.ups.value, scaling.downs.value, scaling.wanted.max.value), (Some(1.0), Some(0.0), Some(5.0)));
}

/// Rates are known from the start: before t = 0 messages came as at t = 0.
#[test]
fn rates_are_measured_over_the_period_or_the_spacing() {
    let rate = Strategy::Rate(RateScaling {
        bounds: Bounds { min: 1, max: 100 },
        period_s: 15.0,
        per_replica_per_s: 2.0,
        utilization: 1.0,
        drain_s: 60.0,
        down_window_s: 0.0,
    });
    let steps = Rate::Steps(vec![(0.0, 4.0), (100.0, 16.0)]);
    let mut model = model(steps, 0, Distribution::Constant(0.5), at(rate, 5.0));
    model.groups[0].replicas = Replicas::Fixed(2);
    let seen = |model: &Model| -> Vec<(f64, f64)> {
        decisions(model).iter().map(|row| (row.time_s, row.seen.publish_per_s)).take(9).collect()
    };
    let rates = seen(&model);
    assert!(rates[..7].iter().all(|(_, rate)| (rate - 4.0).abs() < 0.07), "{rates:?}");
    // From 95 s to 110 s: 5 s at 4/s, 10 s at 16/s.
    assert_eq!((rates[7].0, rates[7].1, rates[8].1), (110.0, 12.0, 16.0));
    scaling_of(&mut model).sampling_s = 60.0;
    let rates = seen(&model);
    assert!((rates[7].1 - 4.0).abs() < 0.02, "from 0 s to 60 s");
    assert!((rates[8].1 - (20.0 * 16.0 + 40.0 * 4.0) / 60.0).abs() < 0.02, "from 60 s to 120 s");
}

#[test]
fn the_oracle_has_its_replicas_there_in_time() {
    let oracle = Strategy::Oracle(Oracle {
        bounds: Bounds { min: 1, max: 100 },
        period_s: 15.0,
        lead_s: 45.0,
        staffing: Staffing::Utilization(0.5),
        workforce: Workforce { slots: 1, per_slot_per_s: 10.0 },
        drain_s: None,
    });
    let steps = Rate::Steps(vec![(0.0, 10.0), (307.0, 50.0), (457.0, 10.0)]);
    let mut model = model(steps, 0, Distribution::Constant(0.1), at(oracle, 0.0));
    model.groups[0].replicas = Replicas::Fixed(2);
    model.groups[0].startup = Some(Distribution::Constant(45.0));
    assert_eq!(changes(&model), [(255.0, 10), (465.0, 2)]);
    assert_eq!(measured(&model, 1).queues[0].ready.max.value, Some(0.0), "nobody ever waited");
}

#[test]
fn a_timetable_is_followed_as_steps_are() {
    let steps = vec![(0.0, 4), (100.0, 9), (300.0, 2)];
    let poisson = |scaling: Option<Scaling>, replicas| {
        let mut model = burst(1.0);
        model.producers[0].arrivals = Arrivals::Process { rate: Rate::Constant(3.0), process: Process::Poisson };
        (model.groups[0].scaling, model.groups[0].replicas) = (scaling, replicas);
        let outcome = measured(&model, 1);
        format!("{:?} {:?}", outcome.queues, outcome.series)
    };
    let timetable = Strategy::Schedule(Schedule::Steps(steps.clone()));
    assert_eq!(poisson(Some(Scaling::new(timetable)), Replicas::Fixed(4)), poisson(None, Replicas::Steps(steps)));
}

#[test]
fn one_and_eight_threads_measure_the_same() {
    let mut model = burst(0.4);
    model.producers[0].arrivals = Arrivals::Process {
        rate: Rate::Steps(vec![(0.0, 2.0), (100.0, 20.0), (200.0, 2.0)]),
        process: Process::Poisson,
    };
    (model.groups[0].startup, model.replications) =
        (Some(Distribution::Exponential { mean_s: 15.0 }), Replications::Fixed(12));
    scaling_of(&mut model).phase = Phase::Random;
    let [one, eight] = [1, 8].map(|threads| format!("{:?}", measured(&model, threads)));
    assert!(one == eight);
    assert!(one.contains("DecisionRow"));
}

/// The same arrivals whatever the strategy: a scaler draws its phase from a stream of its own.
#[test]
fn strategies_meet_the_same_messages() {
    let published = |strategy: Strategy| {
        let mut model = burst(0.4);
        model.producers[0].arrivals = Arrivals::Process { rate: Rate::Constant(3.0), process: Process::Poisson };
        model.groups[0].scaling = Some(Scaling::new(strategy));
        measured(&model, 1).series[0].publish_rate.clone()
    };
    assert_eq!(published(Strategy::Static(3)), published(Strategy::Hpa(hpa((1, 9), 4.0, 15.0))));
}

/// The burst with a start-up, seen 5 s late, at most twice the size at a time.
fn explained() -> Model {
    let mut model = burst(1000.0);
    model.groups[0].startup = Some(Distribution::Constant(42.0));
    let scaling = scaling_of(&mut model);
    scaling.metric_age_s = 5.0;
    let Strategy::Hpa(hpa) = &mut scaling.strategy else { unreachable!() };
    hpa.rules.behavior.as_mut().unwrap().up.policies =
        vec![Policy { amount: PolicyAmount::Percent(100), period_s: 5.0 }];
    model
}

#[test]
fn the_decision_in_force_is_explained_line_by_line() {
    let model = explained();
    let told = explanation(&model, &explain(&model, 0, 130.0).unwrap());
    let expected = "\
g at 2m 10s: hpa goes from 2 to 4 replicas, held back from 9 by the policy (decided at 2m 3s, first replication).

  seen      9 ready, 1 unacked, oldest 17.8 s, 0/s published, 0/s delivered, 100 % busy - as it stood 5 s before, at 1m 58s
  replicas  2 wanted, 2 running, 1 ready
  because   metric 1: 9 / (1 × 2 running) = 4.5, outside 1 to 1: ⌈9 / 1⌉ = 9
            policy +100 % per 5 s: 2 at the start of the period, at most 4
            scaleUp policies (select Max) allow 4 instead of 9
            2 → 4
  held by   policy
  so        2 replicas are launched; ready at 2m 45s, 42 s later

";
    assert_eq!(told.split("The next").next().unwrap(), expected);
    assert!(told.contains("The next change comes 10 s later, at 2m 13s:\n"), "{told}");
    let json = explanation_json(&model, &explain(&model, 0, 130.0).unwrap());
    assert_eq!((&json["decision"]["wanted"], &json["next_change"]["wanted"]), (&4.into(), &8.into()));
    assert_eq!(json["decision"]["ready_at_s"], serde_json::json!([165.0, 165.0]));
}

#[test]
fn what_cannot_be_explained_is_refused_with_the_reason() {
    let mut model = explained();
    assert_eq!(explain(&model, 0, 2.0).unwrap_err(), Silence::NoDecisionYet { first_s: Some(113.0) });
    assert_eq!(explain(&model, 0, 601.0).unwrap_err(), Silence::BeyondHorizon { horizon_s: 600.0 });
    model.groups[0].scaling = None;
    assert_eq!(explain(&model, 0, 130.0).unwrap_err(), Silence::NotScaled("g".to_owned()));
}

/// KEDA's Kafka trigger divides integers: a lag of 44 is not above 4 partitions of 10, and ⌈44 / 10⌉ is one consumer more
/// than there are partitions. It idles.
#[test]
fn one_consumer_more_than_partitions() {
    let lag = |backlog: u64| {
        let kafka = Kafka { lag_threshold: 10, ..Kafka::default() };
        let keda = ScaledObject::new(vec![Trigger::new("q", TriggerSource::Kafka(kafka))]);
        let mut model = model(Rate::Constant(0.0), backlog, Distribution::Constant(1e6), at(Strategy::Keda(keda), 0.0));
        model.queues[0].order = Order::Partitions(Partitions { count: 4, skew: 0.0 });
        model
    };
    assert_eq!(changes(&lag(44)), [(0.0, 4), (15.0, 5)]);
    assert_eq!(changes(&lag(80)), [(0.0, 4)], "cut to the partitions");
    let rows = decisions(&lag(44));
    let busy: Vec<f64> = rows.iter().filter(|row| row.time_s >= 15.0).map(|row| row.seen.utilization).take(2).collect();
    assert_eq!(busy, [1.0, 0.8], "four partitions keep four of five busy");
    let reasons: Vec<_> = decisions(&lag(80)).into_iter().flat_map(|row| row.reasons).collect();
    assert!(reasons.iter().any(|reason| reason.rule() == Some(Rule::PartitionCap)));
}

/// A leaving replica has the grace period of its group; what is not done by then comes back.
#[test]
fn a_grace_period_bounds_the_drain() {
    let mut model = burst(25.0);
    model.resolution_s = 0.5;
    model.groups[0].shutdown = Shutdown::FinishWithin(7.0);
    let outcome = measured(&model, 1);
    let at = |end_s: f64| outcome.series[0].replicas_mean[(end_s / 0.5) as usize - 1];
    assert_eq!([at(120.0), at(120.5)], [9.0, 1.0]);
    assert!(outcome.queues[0].redelivered.value >= Some(8.0));
}

/// The files of a run with a strategy: decisions with what became of them, a chart whose title tells the lag, and no
/// decisions left beside a run without one.
#[test]
fn a_run_writes_what_was_decided() {
    let mut model = explained();
    let folder = tempfile::tempdir().unwrap();
    let write = |model: &Model| {
        let outcome = run(model, &RunOptions { engine: EngineChoice::Events, threads: None }, &|_| {}).unwrap();
        forebay::report::write(&outcome, folder.path(), &ReportOptions::default()).unwrap();
        std::fs::read_to_string(folder.path().join("summary.json")).unwrap()
    };
    let summary: serde_json::Value = serde_json::from_str(&write(&model)).unwrap();
    assert_eq!(summary["consumers"]["g"]["scaling"]["wanted"]["max"]["value"], 9);
    let text = std::fs::read_to_string(folder.path().join("decisions.csv")).unwrap();
    let row = text.lines().find(|line| line.starts_with("0,123,")).unwrap();
    assert!(row.starts_with("0,123,g,hpa,118,9,1,0,17.7") && row.ends_with(",0,0,1,2,9,4,2,1,policy,165,0"), "{row}");
    assert_eq!(text.lines().count(), 61, "one row per decision of 600 s, and the header");
    model.groups[0].scaling = None;
    let summary: serde_json::Value = serde_json::from_str(&write(&model)).unwrap();
    assert!(summary["consumers"]["g"].get("scaling").is_none());
    assert!(!folder.path().join("decisions.csv").exists());
}

/// What changes with every decision has no steady state, and chance decides where a threshold is passed: theory says
/// so, and nothing is compared that cannot agree.
#[test]
fn engines_are_not_compared_where_a_strategy_decides() {
    let mut model = burst(0.4);
    model.producers[0].arrivals = Arrivals::Process { rate: Rate::Constant(3.0), process: Process::Poisson };
    let outcome = run(&model, &RunOptions { engine: EngineChoice::Formula, threads: None }, &|_| {}).unwrap();
    let why = outcome.formula.unwrap()[0].why_not.clone().unwrap();
    assert!(why.contains("a strategy (hpa) decides on the number of replicas"), "{why}");
    let outcome = run(&model, &RunOptions::default(), &|_| {}).unwrap();
    assert!(outcome.disagreements.is_empty(), "{:?}", outcome.disagreements);
}

/// What stands in the queue at t = 0 did not come at a rate.
#[test]
fn a_backlog_at_the_start_is_not_a_publish_rate() {
    let model = model(Rate::Constant(10.0), 5000, SECOND, at(Strategy::Hpa(hpa((1, 20), 1.0, 15.0)), 5.0));
    for row in decisions(&model).iter().take(3) {
        assert!((row.seen.publish_per_s - 10.0).abs() < 0.2, "{} s: {}/s", row.time_s, row.seen.publish_per_s);
    }
}
