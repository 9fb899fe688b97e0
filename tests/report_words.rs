//! What reports say of whole scenarios, against what happens in them.
#![allow(clippy::unwrap_used)]

use forebay::measure::{EngineChoice, Outcome};
use forebay::report;
use forebay::scenario::{self, Limits, Source};
use forebay::study::{self, RunOptions};

fn outcome(text: &str, engine: EngineChoice) -> Outcome {
    let loaded = scenario::load(&Source::from_text("told.yaml", text), &[], &Limits::default());
    let model = loaded.unwrap_or_else(|faults| panic!("{faults}")).model;
    study::run(&model, &RunOptions { engine, ..RunOptions::default() }, &|_| {}).unwrap()
}

/// The table as one line.
fn told(text: &str, engine: EngineChoice) -> String {
    report::table(&outcome(text, engine), 80, false).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_says(told: &str, words: &str) {
    assert!(told.contains(words), "{words:?} is not in:\n{told}");
}

/// A wave from 10/s to 200/s every day against 125/s, looked at every 23 hours.
const WAVES: &str = "
horizon: 30d
resolution: 23h
producers: {p: {to: q, rate: {diurnal: {low: 10/s, high: 200/s, peak_at: 14h}}}}
queues: {q: {}}
consumers: {c: {from: q, replicas: 10, service: 80ms}}
";

#[test]
fn rows_that_are_too_far_apart_hide_no_peak() {
    let told = told(WAVES, EngineChoice::Fluid);
    assert_says(&told, "Publishing, up to 200/s, exceeds capacity in 30 stretches");
    assert_says(&told, "and comes in 30 stretches, ");
    assert_says(&told, "are too coarse for its rates: up to 200/s is published");
    assert!(!told.contains("gone at"), "{told}");
    // C = 125/s is exceeded while cos > (125 - 105)/95: arccos(20/95)/π of each day.
    let share = (20.0_f64 / 95.0).acos() / std::f64::consts::PI;
    let course = outcome(WAVES, EngineChoice::Fluid).fluid.unwrap().remove(0).course.unwrap();
    let rates = course.rates.unwrap();
    let total_s: f64 = rates.overloads.iter().map(|(from_s, until_s)| until_s - from_s).sum();
    assert!((total_s / (30.0 * 86_400.0) - share).abs() < 1e-9, "{total_s}");
    assert!((rates.most_published - 200.0).abs() < 1e-9);
    let (publish, capacity) = rates.worst.unwrap();
    assert!((publish - 200.0).abs() < 1e-6 && (capacity - 125.0).abs() < 1e-9, "{publish} {capacity}");
    assert_eq!(course.waiting.len(), 30);
    // A month in which nothing ever waits is drawn day by day all the same.
    let calm = outcome(&WAVES.replace("replicas: 10", "replicas: 20"), EngineChoice::Fluid).fluid.unwrap().remove(0);
    let publish = calm.course.unwrap().rates.unwrap().publish;
    let crossings = publish.windows(2).filter(|pair| pair[0].1 < 105.0 && pair[1].1 >= 105.0).count();
    assert_eq!(crossings, 30);
}

#[test]
fn averages_that_hide_a_peak_say_over_what_they_are() {
    let short = WAVES.replace("30d", "2d").replace("/s", "/h");
    let told = told(&format!("replications: 2\n{short}"), EngineChoice::Events);
    assert_says(&told, "(averages over 23h)");
    assert_says(&told, "`resolution: 6h` shows it");
}

#[test]
fn a_backlog_that_comes_again_at_the_end_is_not_called_gone() {
    let text = "
horizon: 600s
producers: {p: {to: q, rate: {steps: [[0s, 10/s], [100s, 50/s], [200s, 10/s], [560s, 60/s]]}}}
queues: {q: {}}
consumers: {c: {from: q, replicas: 1, service: 50ms}}
";
    let told = told(text, EngineChoice::Fluid);
    assert_says(&told, "comes in 2 stretches, 7m 20s in total, 1.6k left at the end");
}

#[test]
fn instants_and_days_are_those_of_the_clock_of_the_start() {
    let week = WAVES.replace("23h", "1h").replace("30d", "7d\nstart: 2026-01-01T00:00:00+01:00");
    let told = told(&week.replace("/s", "/min"), EngineChoice::Fluid);
    assert_says(&told, "No backlog in 7d");
    let over = outcome(&week, EngineChoice::Fluid);
    assert_eq!(over.model.start_offset_s, 3600);
    let told = report::table(&over, 80, false);
    // The wave crosses 125/s at 14 h - 5.19 h on the clock of the offset.
    assert_says(&told, "first from 1 Jan 08:49");
}

#[test]
fn a_promise_that_does_not_fit_goes_on_below_and_keeps_its_statistic() {
    let text = format!(
        "replications: 2\n{}slo: {{at-the-very-beginning: {{queue: q, latency: p99, below: 15m, during: [0s, 19m]}}}}",
        WAVES.trim_start().replace("30d", "1h").replace("resolution: 23h\n", "")
    );
    let table = report::table(&outcome(&text, EngineChoice::Events), 72, false);
    assert!(table.lines().nth(1).unwrap().contains("at-the-very-beginning  p99 latency"), "{table}");
    assert_eq!(table.lines().nth(2).unwrap().split_whitespace().collect::<Vec<_>>()[..4], ["0", "s", "to", "19m"]);
}

#[test]
fn what_publishing_takes_is_not_what_is_used_while_a_backlog_is_worked_off() {
    let text = "
horizon: 1h
producers: {p: {to: q, rate: 10/s}}
queues: {q: {initial: 2M}}
consumers: {c: {from: q, replicas: 10, service: 80ms}}
slo: {e: {queue: q, drained: true, by: 5m}}
";
    let told = told(text, EngineChoice::Fluid);
    assert_says(&told, "at most 8 % of it taken by what is published");
    assert_says(&told, "1586000 messages still wait");
}

#[test]
fn a_steady_queue_has_no_peak_worth_telling() {
    let text = "
horizon: 1h
replications: 1
producers: {p: {to: q, rate: 10/s}}
queues: {q: {}}
consumers: {c: {from: q, replicas: 1, service: {exponential: {mean: 80ms}}}}
";
    for engine in [EngineChoice::All, EngineChoice::Events] {
        assert_says(&told(text, engine), "Depth averages ");
    }
}

#[test]
fn groups_share_their_queue_by_their_slot_time() {
    let text = "
horizon: 10s
replications: 20
producers: {q: {to: b, rate: 30/s}}
queues: {b: {capacity: 20}}
consumers:
  early: {from: b, replicas: 1, service: 40ms}
  late: {from: b, replicas: {steps: [[0s, 0], [5s, 1]]}, service: 40ms}
";
    let outcome = outcome(text, EngineChoice::Events);
    let groups = &outcome.events.as_ref().unwrap().groups;
    let busy = |k: usize| groups[k].utilization.value.unwrap() * groups[k].replica_hours.value.unwrap();
    let hours: f64 = groups.iter().map(|group| group.replica_hours.value.unwrap()).sum();
    let share = 100.0 * (busy(0) + busy(1)) / hours;
    let folder = tempfile::tempdir().unwrap();
    report::write(&outcome, folder.path(), &report::ReportOptions::default()).unwrap();
    let chart = std::fs::read_to_string(folder.path().join("charts/b-consumers.svg")).unwrap();
    assert_says(&chart, &format!("are {share:.1} % busy on average"));
}
