//! A real RabbitMQ broker that drops, retries and fans out, against the same runs simulated.
//!
//! As `traces`, for what brokers do beyond a plain queue: a bounded queue that drops its head into a dead-letter queue
//! (E5), one delivery in ten refused and requeued (E6), a fan-out exchange with three consumers of which one comes and
//! goes (E8). Which deliveries failed in E6 is chance, so that it is held against the band of 200 replications.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use std::path::{Path, PathBuf};

use forebay::measure::Estimate;
use forebay::measure::summary::QueueSummary;
use forebay::model::Model;
use forebay::scenario::{Limits, Source, load};
use forebay::study::repeat;
use serde_json::Value;

/// One queue of one experiment.
struct Trace {
    name: String,
    queue: Value,
}

fn folder(experiment: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces").join(experiment)
}

impl Trace {
    fn of(experiment: &str, queue: &str) -> Trace {
        let summary: Value =
            serde_json::from_str(&std::fs::read_to_string(folder(experiment).join("summary.json")).unwrap()).unwrap();
        Trace { name: format!("{experiment} {queue}"), queue: summary["queues"][queue].clone() }
    }

    /// A number of the summary, by its path.
    fn measured(&self, path: [&str; 2]) -> f64 {
        self.queue[path[0]][path[1]].as_f64().unwrap_or_else(|| panic!("{}: no {path:?}", self.name))
    }

    /// The queue's settings and the consumers' overhead: the two constants of the broker.
    fn constants(&self) -> (f64, f64) {
        let overhead_s = self.measured(["model_overhead_s", "per_message"]);
        (self.measured(["model_overhead_s", "publish_to_deliver"]), overhead_s)
    }

    fn off(&self, what: &str, simulated: f64, measured: f64) -> f64 {
        let off = simulated / measured - 1.0;
        println!("{}: {what}: simulated {simulated:.6}, measured {measured:.6} ({:+.2} %)", self.name, 100.0 * off);
        off.abs()
    }

    fn compare(&self, what: &str, simulated: f64, measured: f64, tolerance: f64) {
        let off = self.off(what, simulated, measured);
        assert!(off <= tolerance, "{}: {what} is off by {:.2} %", self.name, 100.0 * off);
    }

    /// Mean and p95 wait within 3 %, the deepest queue within 5 %, counts within 2 %.
    fn check(&self, queue: &QueueSummary) {
        self.compare("published", value(&queue.published), self.measured(["counts", "published"]), 0.0);
        self.compare("acked", value(&queue.acked), self.measured(["counts", "acked"]), 0.02);
        self.compare("mean wait", value(&queue.wait_s.mean), self.measured(["wait_s", "mean"]), 0.03);
        self.compare("p95 wait", value(&queue.wait_s.p95), self.measured(["wait_s", "p95"]), 0.03);
        self.compare("max ready", value(&queue.ready.max), self.measured(["depth", "max_ready_exact"]), 0.05);
    }
}

fn model(experiment: &str, text: &str) -> Model {
    let source = Source { folder: folder(experiment), ..Source::from_text("trace.yaml", text) };
    load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model
}

fn queues(model: &Model) -> Vec<QueueSummary> {
    let outcome = repeat(model, Some(1), &|_| {}).unwrap();
    assert_eq!(outcome.balance.difference, 0);
    outcome.queues
}

fn value(estimate: &Estimate) -> f64 {
    estimate.value.unwrap()
}

/// max-length 200, drop-head, a dead-letter exchange: 200/s and 40/s in turns.
fn bounded(trace: &Trace) -> Model {
    let (delay_s, overhead_s) = trace.constants();
    model(
        "E5_bounded",
        &format!(
            "horizon: 162s\nreplications: 1\n\
             producers:\n  lab: {{to: q, arrivals: {{recorded: {{file: messages.csv, time: published_at_s, service: service_s}}}}}}\n\
             queues:\n  q: {{delivery_delay: {delay_s}s, capacity: 200, overflow: drop-head, dead_letter: dlq}}\n  dlq: {{}}\n\
             consumers:\n  c: {{from: q, replicas: 2, service: {{exponential: {{mean: 20ms}}}}, overhead: {overhead_s}s}}\n"
        ),
    )
}

#[test]
fn a_bounded_queue_with_a_dead_letter_queue_is_reproduced() {
    let trace = Trace::of("E5_bounded", "lab.q");
    let queues = queues(&bounded(&trace));
    trace.check(&queues[0]);
    let dead = trace.measured(["counts", "dead_lettered"]);
    trace.compare("dead-lettered", value(&queues[0].dead_lettered), dead, 0.02);
    assert_eq!(value(&queues[1].published), value(&queues[0].dead_lettered));
    assert_eq!(value(&queues[0].dropped), 0.0, "what is dead-lettered is not lost");
}

/// The check has power: consumers that are 5 % slower are noticed.
#[test]
fn slower_consumers_of_a_bounded_queue_are_noticed() {
    let trace = Trace::of("E5_bounded", "lab.q");
    let mut model = bounded(&trace);
    model.groups[0].speeds = vec![0.95];
    let queue = queues(&model).remove(0);
    assert!(trace.off("acked", value(&queue.acked), trace.measured(["counts", "acked"])) > 0.02);
    let dead = trace.measured(["counts", "dead_lettered"]);
    assert!(trace.off("dead-lettered", value(&queue.dead_lettered), dead) > 0.02);
}

/// One fanout exchange, three queues of the same instants.
fn fan_out() -> Model {
    let mut text = String::from("horizon: 124s\nreplications: 1\n");
    let of = |name: &str| Trace::of("E8_fanout", &format!("lab.{name}")).constants();
    let each = |entry: &dyn Fn(&str) -> String| ["fast", "slow", "bursty"].map(entry).concat();
    let recorded = "recorded: {file: messages.csv, time: published_at_s, service: service_s";
    text += "producers:\n";
    text += &each(&|name| {
        format!("  {name}-lab: {{to: {name}, arrivals: {{{recorded}, where: {{queue: lab.{name}}}}}}}}}\n")
    });
    text += "queues:\n";
    text += &each(&|name| format!("  {name}: {{delivery_delay: {}s}}\n", of(name).0));
    text += "consumers:\n";
    text += &each(&|name| {
        let consumer = match name {
            "fast" => "replicas: 1, service: 4ms",
            "slow" => "replicas: 1, service: 16ms",
            // On for ten seconds, off for ten seconds; a client that stops ends what it holds: nothing was redelivered.
            _ => {
                "replicas: {steps: [[0s, 1], [10s, 0], [20s, 1], [30s, 0], [40s, 1], [50s, 0], [60s, 1], [70s, 0], \
                 [80s, 1], [90s, 0], [100s, 1], [110s, 0], [120s, 1]]}, prefetch: 5, service: 6ms"
            }
        };
        format!("  {name}-c: {{from: {name}, {consumer}, overhead: {}s}}\n", of(name).1)
    });
    model("E8_fanout", &text)
}

#[test]
fn a_fan_out_is_three_queues_with_the_same_instants() {
    let queues = queues(&fan_out());
    for (name, queue) in ["fast", "slow", "bursty"].into_iter().zip(&queues) {
        Trace::of("E8_fanout", &format!("lab.{name}")).check(queue);
    }
}

/// Each of the three, slower by 5 %, is noticed.
#[test]
fn slower_subscribers_are_noticed() {
    let mut model = fan_out();
    for group in &mut model.groups {
        group.speeds = vec![0.95];
    }
    let queues = queues(&model);
    for (name, queue) in ["fast", "slow"].into_iter().zip(&queues) {
        let trace = Trace::of("E8_fanout", &format!("lab.{name}"));
        assert!(trace.off("mean wait", value(&queue.wait_s.mean), trace.measured(["wait_s", "mean"])) > 0.03);
    }
}

/// One delivery in ten fails and is requeued, at most five deliveries each. The recording has one work per message, that
/// of its last attempt; here the first attempt has it.
fn retrying(probability: f64) -> Model {
    let (delay_s, overhead_s) = Trace::of("E6_retries", "lab.q").constants();
    model(
        "E6_retries",
        &format!(
            "horizon: 121s\nreplications: 1\n\
             producers:\n  lab: {{to: q, arrivals: {{recorded: {{file: messages.csv, time: published_at_s, service: service_s}}}}}}\n\
             queues:\n  q: {{delivery_delay: {delay_s}s, delivery_limit: 5, dead_letter: dlq}}\n  dlq: {{}}\n\
             consumers:\n  c: {{from: q, replicas: 2, service: {{exponential: {{mean: 20ms}}}}, overhead: {overhead_s}s, \
             failures: {{probability: {}%, then: requeue}}}}\n",
            100.0 * probability
        ),
    )
}

/// Mean and p95 wait, max ready and redeliveries of 200 replications, each sorted.
fn band(mut model: Model) -> [Vec<f64>; 4] {
    let mut values: [Vec<f64>; 4] = Default::default();
    for seed in 0..200 {
        model.seed = seed;
        let queue = queues(&model).remove(0);
        let statistics = [&queue.wait_s.mean, &queue.wait_s.p95, &queue.ready.max, &queue.redelivered];
        values.iter_mut().zip(statistics).for_each(|(values, statistic)| values.push(value(statistic)));
    }
    for values in &mut values {
        values.sort_by(f64::total_cmp);
    }
    values
}

/// Shares of the band's values below the measured ones, ties halved.
fn places(band: &[Vec<f64>; 4]) -> [f64; 4] {
    let trace = Trace::of("E6_retries", "lab.q");
    let attempts = trace.measured(["counts", "attempts_total"]) - trace.measured(["counts", "published"]);
    let measured = [
        trace.measured(["wait_s", "mean"]),
        trace.measured(["wait_s", "p95"]),
        trace.measured(["depth", "max_ready_exact"]),
        attempts,
    ];
    let what = ["mean wait", "p95 wait", "max ready", "redeliveries"];
    std::array::from_fn(|k| {
        let below = band[k].partition_point(|value| *value < measured[k]);
        let up_to = band[k].partition_point(|value| *value <= measured[k]);
        let (low, high) = (band[k][10], band[k][189]);
        println!("E6: {}: measured {:.4}, 5-95 % band {low:.4} to {high:.4}", what[k], measured[k]);
        (below + up_to) as f64 / 400.0
    })
}

#[test]
fn retries_lie_in_the_band_of_their_chances() {
    let places = places(&band(retrying(0.10)));
    assert!(places.iter().all(|place| (0.05..=0.95).contains(place)), "{places:?}");
}

/// A band that everything lies in says nothing.
#[test]
fn another_share_of_failures_is_outside_of_the_band() {
    for probability in [0.08, 0.12] {
        let places = places(&band(retrying(probability)));
        assert!(!(0.05..=0.95).contains(&places[3]), "{places:?}");
    }
    let mut slower = retrying(0.10);
    slower.groups[0].speeds = vec![0.95];
    let places = places(&band(slower));
    assert!(!(0.05..=0.95).contains(&places[0]), "{places:?}");
}
