//! A real RabbitMQ broker, measured message by message, against the same runs simulated.
//!
//! The traces in `tests/data/traces` were measured for this project on RabbitMQ 3.10.8 with consumers that sleep the
//! sampled service time; `summary.json` of each holds what was measured and the two constants of the broker: the slot time
//! per message after its ack, and the way from publish to delivery on an empty queue.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use std::path::{Path, PathBuf};

use forebay::measure::summary::QueueSummary;
use forebay::measure::{Estimate, EventsOutcome};
use forebay::model::scaling::{
    Behavior, DirectionRules, Hpa, HpaController, HpaMetric, HpaRules, MetricTarget, Phase, Policy, PolicyAmount,
    Signal, Strategy,
};
use forebay::model::{Distribution, Model, Replicas, Scaling};
use forebay::scenario::{Limits, Source, load};
use forebay::study::{RunOptions, repeat, run};
use serde_json::Value;

struct Trace {
    name: &'static str,
    folder: PathBuf,
    queue: Value,
}

impl Trace {
    fn named(name: &'static str) -> Trace {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces").join(name);
        let summary: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
        Trace { name, folder, queue: summary["queues"]["lab.q"].clone() }
    }

    /// A number of the summary, by its path.
    fn measured(&self, path: [&str; 2]) -> f64 {
        self.queue[path[0]][path[1]].as_f64().unwrap_or_else(|| panic!("{}: no {path:?}", self.name))
    }

    /// The broker and its two consumers; the producer is what differs.
    fn model(&self, horizon: &str, producer: &str, service: &str, replications: u32) -> Model {
        let overhead_s = self.measured(["model_overhead_s", "per_message"]);
        let delay_s = self.measured(["model_overhead_s", "publish_to_deliver"]);
        let text = format!(
            "name: trace\nhorizon: {horizon}\nreplications: {replications}\nseed: 7\n\
             producers:\n  lab: {{to: q, {producer}}}\n\
             queues:\n  q: {{delivery_delay: {delay_s}s}}\n\
             consumers:\n  c: {{from: q, replicas: 2, prefetch: 1, service: {service}, overhead: {overhead_s}s}}\n"
        );
        let source = Source { folder: self.folder.clone(), ..Source::from_text("trace.yaml", text) };
        load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model
    }

    /// The recorded instants and service times.
    fn replay(&self, horizon: &str) -> QueueSummary {
        let producer = "arrivals: {recorded: {file: messages.csv, time: published_at_s, service: service_s}}";
        one_queue(repeat(&self.model(horizon, producer, "20ms", 1), None, &|_| {}).unwrap())
    }

    fn compare(&self, what: &str, simulated: f64, measured: f64, tolerance: f64) {
        let off = simulated / measured - 1.0;
        println!("{}: {what}: simulated {simulated:.6}, measured {measured:.6} ({:+.2} %)", self.name, 100.0 * off);
        assert!(off.abs() <= tolerance, "{}: {what} is off by {:.2} %", self.name, 100.0 * off);
    }
}

fn one_queue(outcome: EventsOutcome) -> QueueSummary {
    assert_eq!(outcome.balance.difference, 0);
    outcome.queues.into_iter().next().unwrap()
}

fn value(estimate: &Estimate) -> f64 {
    estimate.value.unwrap()
}

#[test]
fn the_recorded_steady_run_is_reproduced() {
    let trace = Trace::named("E1_steady");
    let queue = trace.replay("181s");
    check_replay(&trace, &queue);
}

#[test]
fn the_recorded_spike_is_reproduced() {
    let trace = Trace::named("E2_spike");
    let queue = trace.replay("191s");
    check_replay(&trace, &queue);
    let drained_s = value(&queue.drained_at_s);
    println!("E2_spike: last instant with ready messages {drained_s:.3} s");
}

fn check_replay(trace: &Trace, queue: &QueueSummary) {
    assert_eq!(value(&queue.published), trace.measured(["counts", "published"]));
    assert_eq!(value(&queue.acked), trace.measured(["counts", "acked"]));
    trace.compare("mean wait", value(&queue.wait_s.mean), trace.measured(["wait_s", "mean"]), 0.03);
    trace.compare("p95 wait", value(&queue.wait_s.p95), trace.measured(["wait_s", "p95"]), 0.03);
    trace.compare("p99 wait", value(&queue.wait_s.p99), trace.measured(["wait_s", "p99"]), 0.05);
    trace.compare("mean latency", value(&queue.latency_s.mean), trace.measured(["sojourn_s", "mean"]), 0.03);
    trace.compare("max ready", value(&queue.ready.max), trace.measured(["depth", "max_ready_exact"]), 0.05);
}

/// The summary's measured wait is the one of the messages beside it: the file was cut, not changed.
#[test]
fn measured_waits_are_those_of_the_messages() {
    for name in ["E0_seed", "E1_steady", "E2_spike", "E7_autoscale"] {
        let trace = Trace::named(name);
        let text = std::fs::read_to_string(trace.folder.join("messages.csv")).unwrap();
        let waits: Vec<f64> = text
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
                cells[1] - cells[0]
            })
            .collect();
        let mean_s = waits.iter().sum::<f64>() / waits.len() as f64;
        assert!((mean_s - trace.measured(["wait_s", "mean"])).abs() < 1e-6, "{name}: {mean_s}");
    }
}

/// Without the broker's two constants the replay is wrong: they are measured, not decoration.
#[test]
fn a_broker_without_overhead_is_noticed() {
    let trace = Trace::named("E1_steady");
    let producer = "arrivals: {recorded: {file: messages.csv, time: published_at_s, service: service_s}}";
    let mut model = trace.model("181s", producer, "20ms", 1);
    model.groups[0].overhead = None;
    let queue = one_queue(repeat(&model, None, &|_| {}).unwrap());
    let off = value(&queue.wait_s.mean) / trace.measured(["wait_s", "mean"]) - 1.0;
    assert!((-0.25..-0.15).contains(&off), "{off}");
}

#[test]
fn the_steady_run_lies_in_the_band_of_its_distributions() {
    let trace = Trace::named("E1_steady");
    let band = Band::of(&trace, "180s", "rate: 80/s", "{exponential: {mean: 20ms}}", 1.0);
    band.assert_contains(&trace);
}

#[test]
fn the_spike_lies_in_the_band_of_its_distributions() {
    let trace = Trace::named("E2_spike");
    let rate = "rate: {steps: [[0s, 60/s], [40s, 200/s], [70s, 60/s]]}";
    let band = Band::of(&trace, "190s", rate, "{lognormal: {mean: 20ms, cv: 1.0}}", 1.0);
    band.assert_contains(&trace);
}

/// A band that everything lies in says nothing: consumers 5 % slower are outside of it.
#[test]
fn slower_consumers_are_outside_of_the_band() {
    let trace = Trace::named("E1_steady");
    let band = Band::of(&trace, "180s", "rate: 80/s", "{exponential: {mean: 20ms}}", 0.95);
    assert!(!band.contains(&trace), "{band:?}");
}

/// Mean and p95 wait of 200 seeds, one replication each.
#[derive(Debug)]
struct Band {
    means_s: Vec<f64>,
    p95s_s: Vec<f64>,
}

impl Band {
    fn of(trace: &Trace, horizon: &str, producer: &str, service: &str, speed: f64) -> Band {
        let mut model = trace.model(horizon, producer, service, 1);
        model.groups[0].speeds = vec![speed];
        let queues: Vec<QueueSummary> = (0..200)
            .map(|seed| {
                model.seed = seed;
                one_queue(repeat(&model, Some(1), &|_| {}).unwrap())
            })
            .collect();
        let sorted = |statistic: fn(&QueueSummary) -> f64| {
            let mut values: Vec<f64> = queues.iter().map(statistic).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let means_s = sorted(|queue| value(&queue.wait_s.mean));
        Band { means_s, p95s_s: sorted(|queue| value(&queue.wait_s.p95)) }
    }

    fn places(&self, trace: &Trace) -> [f64; 2] {
        let place = |values: &[f64], measured: f64| values.partition_point(|value| *value < measured) as f64 / 200.0;
        let mean = place(&self.means_s, trace.measured(["wait_s", "mean"]));
        [mean, place(&self.p95s_s, trace.measured(["wait_s", "p95"]))]
    }

    fn contains(&self, trace: &Trace) -> bool {
        self.places(trace).iter().all(|place| (0.05..=0.95).contains(place))
    }

    fn assert_contains(&self, trace: &Trace) {
        for (what, values) in [("mean", &self.means_s), ("p95", &self.p95s_s)] {
            let measured = trace.measured(["wait_s", what]);
            println!(
                "{}: {what} wait {measured:.4} s, simulated 5-95 % band {:.4} to {:.4} s",
                trace.name, values[10], values[189]
            );
        }
        assert!(self.contains(trace), "{}: at shares {:?} of the simulated values", trace.name, self.places(trace));
    }
}

/// A controller that scaled a real consumer group: ⌈ready / 20⌉ of what is ready now, 1 to 8, every 5 s, down after 30 s,
/// consumers that need 2 s to start.
fn controlled(trace: &Trace) -> Model {
    let producer = "arrivals: {recorded: {file: messages.csv, time: published_at_s, service: service_s}}";
    let mut model = trace.model("221s", producer, "20ms", 1);
    let wide = |window_s| DirectionRules {
        window_s: Some(window_s),
        policies: vec![Policy { amount: PolicyAmount::Pods(100), period_s: 1.0 }],
        ..DirectionRules::default_up()
    };
    let rules = HpaRules {
        behavior: Some(Behavior { up: wide(0.0), down: wide(30.0) }),
        controller: HpaController { sync_period_s: 5.0, tolerance: 0.0, down_window_s: 30.0 },
        ..HpaRules::new(1, 8)
    };
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(20.0) };
    let hpa = Strategy::Hpa(Hpa { rules, metrics: vec![metric] });
    let group = &mut model.groups[0];
    group.replicas = Replicas::Fixed(1);
    group.startup = Some(Distribution::Constant(2.0));
    group.scaling = Some(Scaling { phase: Phase::At(0.001), ..Scaling::new(hpa) });
    model
}

#[test]
fn a_recorded_controller_scales_as_it_did() {
    let trace = Trace::named("E7_autoscale");
    let outcome = run(&controlled(&trace), &RunOptions::default(), &|_| {}).unwrap().events.unwrap();
    let changes: Vec<(f64, u32)> = outcome
        .decisions
        .iter()
        .filter(|row| row.wanted != row.wanted_before)
        .map(|row| (row.time_s, row.wanted))
        .collect();
    let text = include_str!("data/E7_controller.csv");
    let rows = text.lines().skip(1).map(|row| row.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>());
    let recorded: Vec<(f64, u32)> = rows.filter(|row| row[3] != row[4]).map(|row| (row[0], row[3] as u32)).collect();
    println!("E7_autoscale: changes simulated {changes:?}, recorded {recorded:?}");
    assert_eq!(changes.len(), recorded.len());
    for (simulated, recorded) in changes.iter().zip(&recorded) {
        assert!((simulated.0 - recorded.0).abs() <= 5.0 && simulated.1.abs_diff(recorded.1) <= 1, "{changes:?}");
    }
    let queue = one_queue(outcome);
    assert_eq!(value(&queue.acked), trace.measured(["counts", "acked"]));
    trace.compare("mean wait", value(&queue.wait_s.mean), trace.measured(["wait_s", "mean"]), 0.10);
    trace.compare("p95 wait", value(&queue.wait_s.p95), trace.measured(["wait_s", "p95"]), 0.10);
    trace.compare("max ready", value(&queue.ready.max), trace.measured(["depth", "max_ready_exact"]), 0.10);
}

/// A start-up of another length, or another window, is another controller: both are noticed.
#[test]
fn another_controller_is_noticed() {
    let trace = Trace::named("E7_autoscale");
    let measured = trace.measured(["wait_s", "mean"]);
    let mut slower = controlled(&trace);
    slower.groups[0].startup = Some(Distribution::Constant(4.0));
    let off = value(&one_queue(repeat(&slower, None, &|_| {}).unwrap()).wait_s.mean) / measured - 1.0;
    assert!(off > 0.2, "{off}");
    let mut late = controlled(&trace);
    late.groups[0].scaling.as_mut().unwrap().metric_age_s = 5.0;
    let outcome = run(&late, &RunOptions::default(), &|_| {}).unwrap().events.unwrap();
    let ups: Vec<f64> = outcome.decisions.iter().filter(|row| row.launched() > 0).map(|row| row.time_s).collect();
    assert_eq!(ups[0], 70.001, "one tick later");
}

/// The first program of the message-queue literature: ten messages, one second apart, one consumer that prints.
#[test]
fn hello_world_has_the_measured_latency_floor() {
    let trace = Trace::named("E0_seed");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/rabbitmq-hello.yaml");
    let source = Source::read(&scenario).unwrap();
    let model = load(&source, &[], &Limits::default()).unwrap().model;
    let queue = one_queue(repeat(&model, None, &|_| {}).unwrap());
    assert_eq!(value(&queue.published), trace.measured(["counts", "published"]));
    assert_eq!(value(&queue.acked), 10.0);
    assert_eq!(value(&queue.ready.max), trace.measured(["depth", "max_ready_sampled"]));
    trace.compare("mean wait", value(&queue.wait_s.mean), trace.measured(["wait_s", "mean"]), 0.10);
    trace.compare("largest wait", value(&queue.wait_s.max), trace.measured(["wait_s", "max"]), 0.25);
    trace.compare("mean latency", value(&queue.latency_s.mean), trace.measured(["sojourn_s", "mean"]), 0.10);
}
