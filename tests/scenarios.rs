//! The shipped scenarios: what their comments promise to a newcomer is what a run says.

#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use std::path::Path;

use forebay::measure::{EngineChoice, Outcome};
use forebay::scenario::{self, Limits, Override, Source};
use forebay::study::{self, RunOptions};

/// Runs a shipped scenario with `--set` arguments.
fn run(name: &str, engine: EngineChoice, changes: &[(&str, &str)]) -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.yaml"));
    let change = |(path, value): &(&str, &str)| Override { path: (*path).to_owned(), value: (*value).to_owned() };
    let changes: Vec<Override> = changes.iter().map(change).collect();
    let loaded = scenario::load(&Source::read(&file).unwrap(), &changes, &Limits::default()).unwrap();
    study::run(&loaded.model, &RunOptions { engine, threads: None }, &|_| ()).unwrap()
}

fn twice(name: &str) -> Outcome {
    run(name, EngineChoice::All, &[("replications", "2")])
}

/// Which promises are kept, by name.
fn kept(outcome: &Outcome) -> Vec<(&str, bool)> {
    outcome.slos.iter().map(|slo| (slo.name.as_str(), slo.met.unwrap())).collect()
}

#[track_caller]
fn assert_near(value: Option<f64>, expected: f64, tolerance: f64) {
    let value = value.unwrap();
    assert!((value - expected).abs() <= tolerance, "{value} is not within {tolerance} of {expected}");
}

#[test]
fn the_sale_breaks_its_promises_with_four_workers_and_keeps_them_with_six() {
    let four = run("flash-sale", EngineChoice::Fluid, &[]);
    let fluid = &four.fluid.as_ref().unwrap()[0];
    assert_near(fluid.max_backlog, 72_000.0, 1e-6);
    assert_near(fluid.drained_at_s, 4_050.0, 1e-6);
    assert_eq!(kept(&twice("flash-sale")), [("fresh", false), ("small", false)]);
    let six = run("flash-sale", EngineChoice::Events, &[("replications", "2"), ("consumers.workers.replicas", "6")]);
    assert_eq!(kept(&six), [("fresh", true), ("small", true)]);
}

#[test]
fn invoices_wait_on_weekdays_only_and_never_for_an_hour() {
    let week = run("daily-cycle", EngineChoice::Fluid, &[]);
    let fluid = &week.fluid.as_ref().unwrap()[0];
    // 8 + 6 cos x is above 12 where cos x is above 2/3.
    let x = (2.0_f64 / 3.0).acos();
    let backlog = 2.0 * (6.0 * x.sin() - 4.0 * x) * 86_400.0 / std::f64::consts::TAU;
    assert_near(fluid.max_backlog, backlog, 1e-6 * backlog);
    assert!(fluid.drained_at_s.unwrap() < 5.0 * 86_400.0, "the last backlog is Friday's");
    assert_eq!(kept(&twice("daily-cycle")), [("within-the-hour", true), ("mostly-prompt", false)]);
}

#[test]
fn an_outage_of_ten_minutes_is_over_seven_minutes_after_the_start_of_the_senders() {
    let outcome = twice("deploy-outage");
    let returned_s = 30.0 * 60.0 + 20.0;
    let drained_s = returned_s + 620.0 * 100.0 / 150.0;
    assert_near(outcome.fluid.as_ref().unwrap()[0].drained_at_s, drained_s, 1.0);
    assert_near(outcome.events.as_ref().unwrap().queues[0].drained_at_s.value, drained_s, 15.0);
    assert_eq!(kept(&outcome), [("back-to-normal", true), ("never-stale", true)]);
    let fewer = [("replications", "2"), ("consumers.senders.replicas", "2")];
    assert_eq!(kept(&run("deploy-outage", EngineChoice::All, &fewer))[0], ("back-to-normal", false));
}

#[test]
fn a_slow_database_hurts_most_who_published_before_it_recovered() {
    let outcome = twice("slow-downstream");
    let fluid = &outcome.fluid.as_ref().unwrap()[0];
    assert_near(fluid.max_backlog, 36_000.0, 1e-6);
    assert_near(fluid.max_at_s, 3_000.0, 1e-6);
    // A message of minute 44 waits six minutes; one of minute 50, behind the deepest queue, less than four.
    assert_near(fluid.max_delay_s, 360.0, 1e-6);
    assert_near(fluid.drained_at_s, 3_600.0, 1e-6);
    assert_eq!(kept(&outcome), [("five-minutes", false), ("calm-before", true)]);
}

#[test]
fn the_oscillating_autoscaler_is_the_one_that_was_recorded() {
    let ticking = [("consumers.workers.scaling.phase", "1ms"), ("replications", "1")];
    let queue = run("oscillating-autoscaler", EngineChoice::Events, &ticking).events.unwrap().queues.remove(0);
    assert_near(queue.wait_s.mean.value, 1.134, 0.03);
    assert_near(queue.wait_s.p99.value, 5.46, 0.05);
    assert_near(queue.ready.max.value, 1427.0, 15.0);
    assert_eq!(kept(&twice("oscillating-autoscaler")), [("fresh", false)]);
}

#[test]
fn simulation_and_theory_agree_on_the_textbook() {
    let outcome = run("steady-mmc", EngineChoice::All, &[]);
    assert_eq!(outcome.disagreements, []);
    let theory = &outcome.formula.as_ref().unwrap()[0];
    assert_near(theory.wait_probability, 0.409_180, 1e-6);
    assert_near(theory.wait_mean_s, 0.020_459, 1e-6);
    assert_near(theory.wait_p99_s, 0.185_579, 1e-6);
    let waits = &outcome.events.as_ref().unwrap().queues[0].wait_s;
    assert_near(waits.mean.value, 0.020_459, 0.03 * 0.020_459);
    assert_near(waits.p99.value, 0.185_579, 0.05 * 0.185_579);
    assert_eq!(kept(&outcome), [("short-wait", true)]);
}

#[test]
fn the_recorded_day_is_the_one_that_its_comment_describes() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/recorded-day.csv")).unwrap();
    let mut rows = text.lines().skip(1);
    for row in 0..288 {
        let minute = 5.0 * f64::from(row);
        if (190.0..=215.0).contains(&minute) || (960.0..=980.0).contains(&minute) {
            continue;
        }
        let wave = 1_200.0 * (std::f64::consts::TAU * (minute - 420.0) / 1_440.0).sin();
        let lunch = 700.0 * (-((minute - 765.0) / 50.0).powi(2)).exp();
        let count = (1_500.0 + wave + lunch).floor() + f64::from(37 * row % 101);
        assert_eq!(rows.next().unwrap().split_once(',').unwrap().1, count.to_string(), "row {row}");
    }
    assert_eq!(rows.next(), None);
    assert_eq!(kept(&twice("recorded-day")), [("within-minutes", true), ("small-at-night", true)]);
}

#[test]
fn hello_takes_as_long_as_it_took_on_a_real_broker() {
    let outcome = run("rabbitmq-hello", EngineChoice::Events, &[]);
    let queue = &outcome.events.as_ref().unwrap().queues[0];
    assert_eq!((queue.published.value, queue.acked.value), (Some(10.0), Some(10.0)));
    // Measured: mean 1.475 ms, 95th percentile 2.154 ms.
    assert_near(queue.wait_s.mean.value, 0.001_475, 0.000_15);
    assert_near(queue.wait_s.p95.value, 0.002_154, 0.000_3);
    assert_eq!(kept(&outcome), [("at-once", true)]);
}

#[test]
fn scenarios_of_brokers_keep_and_break_what_their_comments_say() {
    let kept_of = |name: &str, changes: &[(&str, &str)]| -> Vec<bool> {
        let fewer = [("replications", "3")];
        let outcome = run(name, EngineChoice::Events, &[&fewer[..], changes].concat());
        kept(&outcome).into_iter().map(|(_, kept)| kept).collect()
    };
    let workers = |key: &str| format!("consumers.workers.{key}");
    assert_eq!(kept_of("rabbitmq-prefetch", &[]), [false]);
    assert_eq!(kept_of("rabbitmq-prefetch", &[(&workers("prefetch"), "1")]), [true]);
    assert_eq!(kept_of("rabbitmq-quorum-poison", &[]), [false]);
    assert_eq!(kept_of("rabbitmq-quorum-poison", &[("queues.jobs.delivery_limit", "3")]), [true]);
    assert_eq!(kept_of("kafka-lag", &[]), [true, true, false], "two rebalances of five seconds");
    assert_eq!(kept_of("sqs-visibility", &[]), [false]);
    assert_eq!(kept_of("sqs-visibility", &[(&workers("ack_timeout"), "4m")]), [true]);
    assert_eq!(kept_of("sqs-fifo-groups", &[]), [false]);
    assert_eq!(kept_of("jetstream-ack-pending", &[]), [false]);
    assert_eq!(kept_of("jetstream-ack-pending", &[(&workers("in_flight_limit"), "1000")]), [true]);
    assert_eq!(kept_of("redis-stream-claim", &[]), [true]);
    assert_eq!(kept_of("zeromq-pub", &[]), [true, false], "only the slow subscriber loses");
    assert_eq!(kept_of("zeromq-push", &[]), [false]);
    assert_eq!(kept_of("celery-prefetch", &[]), [false]);
    assert_eq!(kept_of("celery-prefetch", &[(&workers("prefetch"), "2"), (&workers("ack"), "after")]), [true]);
    assert_eq!(kept_of("event-bus-flask", &[]), [true, false, true], "the mailer delays nobody else");
}

#[test]
fn scenarios_of_brokers_have_the_numbers_of_their_comments() {
    let queue = |name: &str, place: usize| {
        let outcome = run(name, EngineChoice::Events, &[("replications", "3")]);
        outcome.events.unwrap().queues[place].clone()
    };
    let share = |part: Option<f64>, whole: Option<f64>| part.map(|part| part / whole.unwrap());
    let poisoned = queue("rabbitmq-quorum-poison", 0);
    assert_near(share(poisoned.redelivered.value, poisoned.published.value), 0.01 * 20.0, 0.02);
    let archive = queue("zeromq-pub", 1);
    assert_near(share(archive.rejected.value, archive.published.value), 0.6 * (1.0 - 6.67 / 120.0), 0.02);
    let jetstream = queue("jetstream-ack-pending", 0);
    assert_near(jetstream.acked.value, 36_000.0, 360.0);
    let claimed = queue("redis-stream-claim", 0);
    assert_near(share(claimed.redelivered.value, claimed.published.value), 0.02, 0.005);
    assert_near(queue("event-bus-flask", 1).wait_s.max.value, 150.0, 15.0);
}
