//! The fifteen problems of `scenarios/problems/`: the strategy with the problem has it, the one that cures it does.

#![allow(clippy::unwrap_used, clippy::float_cmp)] // Tests may panic; instants of timers are exact or they are wrong.

use std::path::Path;

use forebay::engine::events::simulate;
use forebay::measure::summary::{GroupSummary, QueueSummary};
use forebay::measure::{DecisionLog, DecisionRow, EngineChoice};
use forebay::model::scaling::Phase;
use forebay::model::{Model, Replications};
use forebay::scaling::Rule;
use forebay::scenario::{self, Limits, Override, Source};
use forebay::study::{RunOptions, run};

/// Replications of a claim about means.
const FEW: u32 = 6;

/// A problem's scenario under one of its strategies, with `--set` arguments.
fn problem_with(file: &str, strategy: &str, changes: &[(&str, &str)]) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/problems/{file}.yaml"));
    let change = |(path, value): &(&str, &str)| Override { path: (*path).to_owned(), value: (*value).to_owned() };
    let changes: Vec<Override> = changes.iter().map(change).collect();
    let model = scenario::load(&Source::read(&path).unwrap(), &changes, &Limits::default()).unwrap().model;
    let place = model.strategies.iter().position(|named| named.name == strategy).unwrap();
    Model { replications: Replications::Fixed(FEW), ..model.with_strategy(place) }
}

fn problem(file: &str, strategy: &str) -> Model {
    problem_with(file, strategy, &[])
}

struct Ran {
    queue: QueueSummary,
    group: GroupSummary,
}

impl Ran {
    fn of(model: &Model) -> Self {
        let options = RunOptions { engine: EngineChoice::Events, threads: None };
        let mut events = run(model, &options, &|_| {}).unwrap().events.unwrap();
        Self { queue: events.queues.remove(0), group: events.groups.remove(0) }
    }

    fn wait_mean_s(&self) -> f64 {
        self.queue.wait_s.mean.value.unwrap()
    }

    fn wait_p99_s(&self) -> f64 {
        self.queue.wait_s.p99.value.unwrap()
    }

    fn redelivered(&self) -> f64 {
        self.queue.redelivered.value.unwrap()
    }

    fn replica_hours(&self) -> f64 {
        self.group.replica_hours.value.unwrap()
    }

    /// Changes of the wanted size in a run.
    fn changes(&self) -> f64 {
        let scaling = self.group.scaling.as_ref().unwrap();
        scaling.ups.value.unwrap() + scaling.downs.value.unwrap()
    }
}

fn ran(file: &str, strategy: &str) -> Ran {
    Ran::of(&problem(file, strategy))
}

fn decisions_of(model: &Model, replication: u32) -> Vec<DecisionRow> {
    let mut log = DecisionLog::new(model);
    simulate(model, model.seed, replication, &mut log).unwrap();
    log.finish()
}

fn decisions(file: &str, strategy: &str) -> Vec<DecisionRow> {
    decisions_of(&problem(file, strategy), 0)
}

/// When the wanted number changed, from what, and to what.
fn steps(rows: &[DecisionRow]) -> Vec<(f64, u32, u32)> {
    let changed = rows.iter().filter(|row| row.wanted != row.wanted_before);
    changed.map(|row| (row.time_s, row.wanted_before, row.wanted)).collect()
}

#[track_caller]
fn assert_near(value: f64, expected: f64, share: f64) {
    assert!((value - expected).abs() <= share * expected.abs(), "{value} is not within {share} of {expected}");
}

#[test]
fn scaling_in_kills_long_tasks_and_jobs_finish_them() {
    let killed = ran("01-killed-tasks", "deployment");
    assert!(killed.redelivered() > 3.0, "{}", killed.redelivered());
    for cure in ["long-window", "slow-policy"] {
        let cured = ran("01-killed-tasks", cure);
        assert!(cured.redelivered() < 0.3 * killed.redelivered(), "{cure}: {}", cured.redelivered());
        assert!(cured.replica_hours() > 1.15 * killed.replica_hours(), "{cure} is paid for");
    }
    let jobs = ran("01-killed-tasks", "jobs");
    assert_eq!(jobs.redelivered(), 0.0);
    assert!(jobs.replica_hours() < 0.9 * killed.replica_hours());
    let patient = problem_with("01-killed-tasks", "deployment", &[("consumers.encoders.shutdown", "finish")]);
    assert_eq!(Ran::of(&patient).redelivered(), 0.0);
}

#[test]
fn a_metric_without_unacked_messages_never_lets_them_be_finished() {
    let endless = ran("02-ready-only", "ready-only");
    assert!(endless.redelivered() > 5.0 * endless.queue.published.value.unwrap());
    let to_zero = steps(&decisions("02-ready-only", "ready-only")).iter().filter(|(_, _, to)| *to == 0).count();
    assert!(to_zero > 10, "{to_zero} times to zero in two hours");
    for cure in ["unacked-too", "long-cool-down"] {
        let cured = ran("02-ready-only", cure);
        assert!(cured.queue.drained_at_s.value.unwrap() < 2_400.0, "{cure}");
        assert_eq!(cured.queue.acked.value, cured.queue.published.value, "{cure}");
    }
    assert!(ran("02-ready-only", "unacked-too").redelivered() < 3.0);
}

#[test]
fn a_queue_length_flaps_on_a_smooth_load_and_a_rate_does_not() {
    let (length, hasty) = (ran("03-flapping", "length"), ran("03-flapping", "no-window"));
    assert!(length.changes() > 40.0 && hasty.changes() > 3.0 * length.changes(), "the window hides most of it");
    assert_eq!(length.group.scaling.as_ref().unwrap().wanted.max.value, Some(60.0));
    for cure in ["rate", "both"] {
        let calm = ran("03-flapping", cure);
        assert!(calm.changes() <= 4.0 && calm.wait_p99_s() < 5.0, "{cure}: {}", calm.changes());
        assert!(calm.replica_hours() < 0.65 * length.replica_hours());
    }
}

/// The last decision that asked for more, and when the size fell to this from above.
fn last_seen_and_fall(strategy: &str, to: u32) -> (f64, f64, u32) {
    let mut model = problem("04-which-timer", strategy);
    model.groups[0].scaling.as_mut().unwrap().phase = Phase::At(0.0);
    let rows = decisions_of(&model, 0);
    let asks_for_more = |row: &&DecisionRow| match to {
        0 => row.seen.ready + row.seen.unacked > 0.0,
        _ => row.proposed.is_some_and(|proposed| proposed > to),
    };
    let (at_s, from, _) = *steps(&rows).iter().rfind(|(_, _, size)| *size == to).unwrap();
    let seen = rows.iter().filter(|row| row.time_s < at_s).rfind(asks_for_more).unwrap().time_s;
    (seen, at_s, from)
}

#[test]
fn the_cool_down_does_not_govern_the_way_from_many_to_one() {
    let short = last_seen_and_fall("min-1-cooldown-30s", 1);
    assert_eq!(short, last_seen_and_fall("min-1-cooldown-10m", 1), "whatever the cool-down says");
    let (seen_s, fell_s, _) = short;
    assert!((300.0..=315.0).contains(&(fell_s - seen_s)), "{seen_s} s → {fell_s} s: the window of the HPA");
    let (seen_s, fell_s, _) = last_seen_and_fall("min-1-window-30s", 1);
    assert!((30.0..=45.0).contains(&(fell_s - seen_s)), "{seen_s} s → {fell_s} s");
    let (seen_s, fell_s, from) = last_seen_and_fall("min-0-cooldown-30s", 0);
    assert!((30.0..=75.0).contains(&(fell_s - seen_s)) && from > 1, "{seen_s} s → {fell_s} s from {from}");
}

/// N → 0 past the down policies.
#[test]
fn a_group_goes_from_many_to_zero_in_one_go_past_the_down_policies() {
    let falls = steps(&decisions("05-all-at-once", "zero"));
    assert!(falls.iter().any(|(_, from, to)| *to == 0 && *from > 10), "{falls:?}");
    let fresh = falls.iter().take_while(|(at_s, _, _)| *at_s < 120.0).last();
    assert_eq!(fresh.map(|(_, _, to)| *to), Some(0), "a fresh deployment without messages");
    for cure in ["min-one", "long-cool-down"] {
        let steps = steps(&decisions("05-all-at-once", cure));
        assert!(steps.iter().all(|(_, from, to)| to >= from || from - to == 1), "{cure}: {steps:?}");
        assert!(ran("05-all-at-once", cure).wait_p99_s() < ran("05-all-at-once", "zero").wait_p99_s() - 5.0);
    }
}

#[test]
fn the_threshold_is_the_acceptable_wait_times_the_rate_of_a_replica() {
    for (strategy, wait_s) in [("wait-1m", 60.0), ("wait-2m", 120.0), ("wait-5m", 300.0)] {
        let ran = ran("06-which-threshold", strategy);
        assert_near(ran.wait_mean_s(), wait_s, 0.25);
        assert_near(ran.replica_hours(), 20.0, 0.05);
    }
    let hasty = ran("06-which-threshold", "wait-10s");
    assert!(hasty.replica_hours() > 40.0, "too small a threshold overreacts: {}", hasty.replica_hours());
}

#[test]
fn length_needs_a_backlog_rate_leaves_one_and_both_do_neither() {
    let (length, rate, both) =
        (ran("07-length-or-rate", "length"), ran("07-length-or-rate", "rate"), ran("07-length-or-rate", "both"));
    let median_s = |ran: &Ran| ran.queue.wait_s.p50.value.unwrap();
    assert!(median_s(&length) > 5.0 && median_s(&rate) > 1.0 && median_s(&both) < 0.1);
    assert!(both.replica_hours() > rate.replica_hours(), "and it is paid for");
}

/// One consumer more than partitions.
#[test]
fn a_lag_between_twelve_and_thirteen_thresholds_asks_for_thirteen_consumers_of_twelve_partitions() {
    let largest = |strategy| decisions("08-idle-consumers", strategy).iter().map(|row| row.wanted).max().unwrap();
    let first = steps(&decisions("08-idle-consumers", "capped"))[0];
    assert_eq!((first.1, first.2), (8, 13));
    assert!(largest("idle-allowed") > 20);
    assert_eq!((largest("capped"), largest("max-12")), (13, 12));
    assert!(decisions("08-idle-consumers", "capped").iter().any(|row| row.held_by == Some(Rule::PartitionCap)));
}

#[test]
fn useful_numbers_of_consumers_are_a_staircase() {
    let [six, eight, twelve] = ["six", "eight", "twelve"].map(|strategy| ran("08-idle-consumers", strategy));
    assert_near(eight.wait_p99_s(), six.wait_p99_s(), 0.1);
    assert!(twelve.wait_p99_s() < 0.5 * eight.wait_p99_s());
    let idle = ran("08-idle-consumers", "idle-allowed");
    let capped = ran("08-idle-consumers", "max-12");
    assert!(idle.replica_hours() > 1.2 * capped.replica_hours(), "paid for, and");
    assert!(idle.wait_p99_s() > 0.95 * capped.wait_p99_s(), "no faster");
}

#[test]
fn one_hot_partition_drives_the_group_to_its_maximum_in_vain() {
    let (total, lagging) = (ran("09-hot-partition", "total-lag"), ran("09-hot-partition", "lagging-only"));
    let late = |strategy| {
        let rows = decisions("09-hot-partition", strategy);
        rows.iter().filter(|row| row.time_s < 900.0).map(|row| row.wanted).next_back().unwrap()
    };
    assert!(late("lagging-only") < late("total-lag"));
    assert!(lagging.replica_hours() < 0.8 * total.replica_hours());
    assert_near(lagging.wait_p99_s(), total.wait_p99_s(), 0.2);
    let spread = Ran::of(&problem_with("09-hot-partition", "total-lag", &[("queues.pageviews.partitions.skew", "0")]));
    assert!(spread.wait_p99_s() < 0.5 * total.wait_p99_s(), "other keys help");
}

#[test]
fn rebalances_make_scaling_slower_than_a_fixed_group() {
    let [default, calm, fixed] = ["default", "calm", "static"].map(|strategy| ran("10-rebalances", strategy));
    assert!(default.changes() > 30.0 && calm.changes() < 10.0);
    assert!(default.wait_p99_s() > 2.0 * calm.wait_p99_s() && calm.wait_p99_s() > 2.0 * fixed.wait_p99_s());
    let cooperative = |strategy| {
        Ran::of(&problem_with("10-rebalances", strategy, &[("consumers.counters.rebalance.kind", "cooperative")]))
    };
    assert!(cooperative("calm").wait_p99_s() < calm.wait_p99_s());
    assert!(cooperative("default").wait_p99_s() > 2.0 * calm.wait_p99_s(), "no cure for many steps");
}

/// The resting point 22 of 24.
#[test]
fn the_tolerance_rests_at_22_of_24_and_without_it_all_24_come() {
    let rows = decisions("11-resting-at-22", "tolerance-10");
    assert_eq!(rows.last().unwrap().wanted, 22);
    let held = rows.iter().filter(|row| row.held_by == Some(Rule::Tolerance) && row.seen.ready > 0.0).count();
    assert!(held > 100, "{held} decisions");
    assert_eq!(decisions("11-resting-at-22", "tolerance-0").last().unwrap().wanted, 24);
}

#[test]
fn the_forty_first_task_waits_for_a_worker_that_the_tolerance_does_not_start() {
    let (waits, starts) = (ran("11-forty-first-task", "tolerance-10"), ran("11-forty-first-task", "tolerance-0"));
    assert_near(waits.queue.wait_s.max.value.unwrap(), 44.0 * 60.0, 0.001);
    assert!(starts.queue.wait_s.max.value.unwrap() <= 60.0);
    let up = |strategy| decisions("11-forty-first-task", strategy).iter().map(|row| row.wanted).max().unwrap();
    assert_eq!((up("tolerance-10"), up("tolerance-0")), (10, 11));
}

#[test]
fn the_strategy_of_jobs_must_fit_what_the_metric_counts() {
    let jobs = ["default-all", "accurate-ready", "default-ready", "accurate-all", "eager-all"];
    let [right, also_right, starved, doubled, eager] = jobs.map(|strategy| ran("12-jobs", strategy));
    let longest_s = |ran: &Ran| ran.queue.wait_s.max.value.unwrap();
    assert!(longest_s(&right) <= 90.1 && longest_s(&also_right) <= 90.1, "a poll and a start-up");
    assert!(longest_s(&starved) > 900.0, "nothing is started while as many Jobs run as tasks wait");
    for ran in [doubled, eager] {
        assert!(ran.replica_hours() > 2.0 * right.replica_hours());
        assert_eq!(ran.group.scaling.as_ref().unwrap().wanted.max.value, Some(100.0));
    }
}

#[test]
fn the_first_message_waits_for_a_poll_and_a_start_up() {
    for (strategy, poll_s) in [("poll-30s", 30.0), ("poll-5s", 5.0)] {
        let waits = ran("13-from-zero", strategy).queue.wait_s;
        // Uniform over one poll, and then 20 s.
        assert_near(waits.mean.value.unwrap(), poll_s / 2.0 + 20.0, 0.04);
        assert_near(waits.p50.value.unwrap(), poll_s / 2.0 + 20.0, 0.06);
        assert!(waits.max.value.unwrap() <= poll_s + 20.01);
    }
    let (sleeps, awake) = (ran("13-from-zero", "poll-5s"), ran("13-from-zero", "min-1"));
    assert_eq!(awake.wait_mean_s(), 0.0);
    assert_near(awake.replica_hours() / sleeps.replica_hours(), 10.8, 0.1);
}

#[test]
fn forty_consumers_of_a_database_never_recover_and_fourteen_do() {
    let left = |strategy| {
        let rows = decisions("14-slower-together", strategy);
        rows.last().unwrap().seen.ready
    };
    assert!(left("up-to-40") > 10_000.0 && left("up-to-14") < 1_500.0);
    let [eight, fourteen, twenty] =
        ["static-8", "static-14", "static-20"].map(|strategy| ran("14-slower-together", strategy).wait_p99_s());
    assert!(fourteen < eight && fourteen < twenty, "the peak of n / (1 + σ (n − 1) + κ n (n − 1))");
}

#[test]
fn a_value_metric_follows_the_pods_that_are_ready_and_an_average_value_does_not() {
    let rows = decisions("15-no-load-reason", "value");
    let in_overload = |row: &&DecisionRow| row.wanted < row.wanted_before && row.seen.utilization > 0.99;
    let fall = rows.iter().find(in_overload).unwrap();
    assert!(fall.ready_replicas < fall.running, "{fall:?}");
    assert!(ran("15-no-load-reason", "value").changes() > 40.0);
    assert!(steps(&decisions("15-no-load-reason", "average-value")).is_empty());
}

/// The growth table, from the text of a scenario: without `behavior` at most max(2n, 4), with its defaults
/// max(2n, n + 4).
#[test]
fn growth_follows_the_table_of_the_controller() {
    let grown = |behavior: &str| {
        let text = format!(
            "horizon: 2m\nproducers: {{p: {{to: q, rate: 1/s}}}}\nqueues: {{q: {{initial: 100k}}}}\nconsumers:\n  g:\n    \
             from: q\n    service: 1s\n    \
             scaling: {{hpa: {{max: 100, metric: {{ready_per_replica: 1}}{behavior}}}, phase: 0s}}\n"
        );
        let model = scenario::load(&Source::from_text("growth.yaml", text), &[], &Limits::default()).unwrap().model;
        decisions_of(&model, 0).iter().map(|row| row.wanted).take(7).collect::<Vec<u32>>()
    };
    assert_eq!(grown(""), [4, 8, 16, 32, 64, 100, 100]);
    assert_eq!(grown(", behavior: {}"), [5, 10, 20, 40, 80, 100, 100]);
}

#[test]
fn every_file_says_its_question_its_threads_and_how_to_compare() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/problems");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 16, "fifteen problems, the eleventh twice");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(text.contains("\n# Threads: ") && text.contains("\ndescription: "), "{stem}");
        let (_, name) = stem.split_once('-').unwrap();
        assert!(text.contains(&format!("\nname: {name}\n")), "{stem}");
        let loaded = scenario::load(&Source::read(&file).unwrap(), &[], &Limits::default()).unwrap();
        assert!(loaded.model.strategies.len() >= 2 && loaded.warnings.is_empty(), "{stem}: {:?}", loaded.warnings);
    }
}
