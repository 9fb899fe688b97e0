//! How fast the library is beside a program that does nothing else.
//!
//! The workloads W1 to W4 run through the library as users get it, everything measured and the time series on; with
//! `FOREBAY_LIMIT` naming a bare event loop for the same work (called as `PROGRAM des W1 MESSAGES SEED`, it prints JSON
//! with `wall_s`), both run in turn and the ratio is taken pair by pair: the machine's own moods cancel out.
//! `FOREBAY_MESSAGES` sets the size of a run. Not here: single functions, and any limit that a run must keep.

#![allow(clippy::print_stdout)] // It prints what it measured.
#![allow(clippy::unwrap_used)] // A benchmark that cannot run has nothing to say.

use std::process::Command;
use std::time::Instant;

use forebay::measure::EngineChoice;
use forebay::model::scaling::{Hpa, HpaMetric, HpaRules, MetricTarget, Signal, Strategy};
use forebay::model::{Model, Scaling};
use forebay::scenario::{Axis, Limits, Override, Source, load};
use forebay::study::{HeadroomOptions, PlanOptions, RunOptions, headroom, plan, repeat, run};

/// Pairs of runs, of which the median is taken.
const PAIRS: usize = 9;
/// Messages that the memory is measured with.
const MANY: f64 = 100e6;

fn main() {
    let messages = std::env::var("FOREBAY_MESSAGES").map_or(3e6, |text| text.parse().unwrap());
    // First, because the peak of a process never falls again.
    memory();
    let limit = std::env::var("FOREBAY_LIMIT").ok();
    println!("events, one thread, {messages:.0} messages, median of {PAIRS} (FOREBAY_LIMIT: {limit:?})");
    for workload in ["W1", "W2", "W3", "W4"] {
        events(workload, messages, limit.as_deref());
    }
    scaler(messages);
    replications();
    fluid();
    transient();
    planning();
}

/// A workload of the limit program as a scenario: M/M/8 at 0.9, M/M/1 at 0.9, a sine on a replica schedule, and three
/// M/M/4 in tandem.
fn workload(name: &str, messages: f64, replications: u32) -> Model {
    if name == "W4" {
        return tandem(messages, replications);
    }
    let (mean_rate, rate, replicas, service) = match name {
        "W1" => (7.2, "7.2/s".to_owned(), "8".to_owned(), "{exponential: {mean: 1s}}"),
        "W2" => (0.9, "0.9/s".to_owned(), "1".to_owned(), "{exponential: {mean: 1s}}"),
        _ => {
            let halves = (messages / 6.0 / 1800.0).ceil() as usize;
            let steps: Vec<String> =
                (0..halves).map(|half| format!("[{}s, {}]", 1800 * half, [8, 12][half % 2])).collect();
            let sine = "{sine: {mean: 6/s, amplitude: 3/s, period: 1h}}".to_owned();
            (6.0, sine, format!("{{steps: [{}]}}", steps.join(", ")), "{lognormal: {mean: 1s, cv: 1}}")
        }
    };
    let horizon_s = messages / mean_rate;
    model(&format!(
        "name: {name}\nhorizon: {horizon_s}s\nresolution: {}s\nreplications: {replications}\n\
         producers:\n  p: {{to: q, rate: {rate}}}\nqueues:\n  q: {{}}\n\
         consumers:\n  c: {{from: q, replicas: {replicas}, service: {service}}}\n",
        horizon_s / 360.0
    ))
}

fn tandem(messages: f64, replications: u32) -> Model {
    let horizon_s = messages / 3.2;
    let stage = |from: &str, emits: &str| {
        format!("  c{from}: {{from: {from}, replicas: 4, service: {{exponential: {{mean: 1s}}}}{emits}}}\n")
    };
    let stages = [stage("a", ", emits: [{to: b}]"), stage("b", ", emits: [{to: c}]"), stage("c", "")].concat();
    model(&format!(
        "name: W4\nhorizon: {horizon_s}s\nresolution: {}s\nreplications: {replications}\n\
         producers:\n  p: {{to: a, rate: 3.2/s}}\nqueues: {{a: {{}}, b: {{}}, c: {{}}}}\nconsumers:\n{stages}",
        horizon_s / 360.0
    ))
}

fn model(text: &str) -> Model {
    let source = Source::from_text("bench.yaml", text.to_owned());
    load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{text}\n{faults:?}")).model
}

/// Seconds that it takes.
fn wall_s(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn study_s(model: &Model, threads: usize) -> f64 {
    wall_s(|| drop(repeat(model, Some(threads), &|_| ()).unwrap()))
}

/// The limit program's own `wall_s`.
fn limit_s(program: &str, workload: &str, messages: f64) -> f64 {
    let messages = format!("{messages:.0}");
    let output = Command::new(program).args(["des", workload, &messages, "1"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    told["wall_s"].as_f64().unwrap()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn events(name: &str, messages: f64, limit: Option<&str>) {
    let model = workload(name, messages, 1);
    study_s(&model, 1);
    let pairs: Vec<(f64, Option<f64>)> =
        (0..PAIRS).map(|_| (study_s(&model, 1), limit.map(|program| limit_s(program, name, messages)))).collect();
    let ours_s = median(pairs.iter().map(|pair| pair.0).collect());
    print!("  {name}: {:.1} M messages/s", messages / ours_s / 1e6);
    if let Some(ratios) = pairs.iter().map(|pair| pair.1.map(|limit_s| limit_s / pair.0)).collect() {
        let limit_s = median(pairs.iter().filter_map(|pair| pair.1).collect());
        print!(", the limit {:.1} M/s: {:.2} ×", messages / limit_s / 1e6, median(ratios));
    }
    println!();
}

/// What a scaler costs: W1 with and without an HPA that decides every 15 s, about every 108 messages, and changes nothing.
fn scaler(messages: f64) {
    let plain = workload("W1", messages, 1);
    let mut scaled = plain.clone();
    let metric =
        HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(messages) };
    let hpa = Hpa { rules: HpaRules::new(8, 20), metrics: vec![metric] };
    scaled.groups[0].scaling = Some(Scaling::new(Strategy::Hpa(hpa)));
    let ratios = (0..3 * PAIRS).map(|_| study_s(&plain, 1) / study_s(&scaled, 1)).collect();
    println!("W1 with an HPA: {:.3} × the speed without", median(ratios));
}

/// What two cores make of replications.
fn replications() {
    let model = workload("W1", 1e6, 8);
    let ratios = (0..5).map(|_| study_s(&model, 1) / study_s(&model, 2)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("8 replications of W1, 1 M messages each: 2 threads {:.2} × one ({cores} cores)", median(ratios));
}

/// A week of a diurnal rate.
fn fluid() {
    let week = model(
        "name: week\nhorizon: 7d\nproducers:\n  p: {to: q, rate: {diurnal: {low: 20/s, high: 180/s, peak_at: \"14:00\"}}}\n\
         start: \"2025-01-06T00:00:00Z\"\nqueues:\n  q: {}\nconsumers:\n  c: {from: q, replicas: 12, service: 100ms}\n",
    );
    let options = RunOptions { engine: EngineChoice::Fluid, threads: Some(1) };
    let times = (0..21).map(|_| wall_s(|| drop(run(&week, &options, &|_| ()).unwrap()))).collect();
    println!("fluid, a week of a diurnal rate: {:.2} ms", 1e3 * median(times));
}

/// The exact law in time of 200 slots with a service of a minute, over a day.
fn transient() {
    let day = model(
        "name: law\nhorizon: 24h\nproducers:\n  p: {to: q, rate: {diurnal: {low: 1/s, high: 3.2/s, peak_at: 14h}}}\n\
         queues:\n  q: {}\nconsumers:\n  c: {from: q, replicas: 200, service: {exponential: {mean: 1m}}}\n",
    );
    let options = RunOptions { engine: EngineChoice::Transient, threads: Some(1) };
    let times = (0..5).map(|_| wall_s(|| drop(run(&day, &options, &|_| ()).unwrap()))).collect();
    println!("exact law in time of M_t/M/200, a day: {:.2} s", median(times));
}

/// A day at 200 messages per second: the number of replicas out of 64, and the headroom of 16.
fn planning() {
    let text = "name: day\nhorizon: 24h\nresolution: 5m\n\
                producers:\n  p: {to: q, rate: {diurnal: {low: 100/s, high: 300/s, peak_at: 14h}}}\nqueues:\n  q: {}\n\
                consumers:\n  c: {from: q, replicas: 18, service: {exponential: {mean: 50ms}}}\n\
                slo:\n  fresh: {queue: q, latency: p99, below: 2s}\n";
    let source = Source::from_text("bench.yaml", text);
    let limits = Limits { allow_huge: true, ..Limits::default() };
    let variant = |changes: &[Override]| load(&source, changes, &limits).map(|loaded| loaded.model);
    let day = variant(&[]).unwrap();
    let axis = Axis::read("consumers.c.replicas=1..64").unwrap();
    let options = PlanOptions { vary: vec![axis], ..PlanOptions::default() };
    let plan_s = wall_s(|| drop(plan(&day, None, &variant, &options, &|_| ()).unwrap()));
    let headroom_s = wall_s(|| drop(headroom(&day, &HeadroomOptions::default(), &|_| ()).unwrap()));
    println!("a day at 200/s: plan of 1 to 64 replicas {plan_s:.1} s, headroom {headroom_s:.1} s");
}

/// Memory must not grow with the messages that have passed.
fn memory() {
    let wall_s = study_s(&workload("W1", MANY, 1), 1);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown here", str::trim);
    println!("W1 with {:.0} M messages: peak memory {peak}, {wall_s:.1} s", MANY / 1e6);
}
