//! The criterion of the oracles has power: on a model that is 5 % wrong it fails.
//!
//! Each test takes cases of `tests/data/oracles.json`, builds their system right, makes one thing wrong and asks the same
//! questions. That the right system passes is shown beside it, so that a criterion that fails on everything fails here.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

mod common;

use common::judge::{MEANS, Miss, TAILS};
use common::oracle::Case;
use common::setting::{Question, Setting, Statistic};
use common::transient::{Instant, Level, Transient};

fn question(name: &str, statistic: Statistic) -> Question {
    let limit = if matches!(statistic, Statistic::WaitQuantile(_)) { TAILS } else { MEANS };
    Question { name: name.to_owned(), statistic, value: Case::named(name).value, limit }
}

/// M/M/10 at 80 %: λ = 8, μ = 1.
fn mmc() -> Setting {
    Setting { rate: 8.0, service: "{exponential: {mean: 1s}}".into(), replicas: 10, ..Setting::default() }
}

fn mmc_questions() -> Vec<Question> {
    vec![
        question("mmc_l8_m1_c10_Wq", Statistic::MeanWait),
        question("mmc_l8_m1_c10_L", Statistic::MeanDepth),
        question("mmc_l8_m1_c10_waitq0.99", Statistic::WaitQuantile(0.99)),
        question("mmc_l8_m1_c10_PW", Statistic::WaitAbove(0.5)),
    ]
}

/// Every question must be answered wrong: not merely vaguely.
fn assert_noticed(verdicts: Vec<Result<String, Miss>>) {
    for verdict in verdicts {
        match verdict {
            Err(Miss::Wrong(report)) => println!("noticed: {report}"),
            Err(Miss::Vague(report)) => panic!("not noticed, only vague: {report}"),
            Ok(report) => panic!("not noticed: {report}"),
        }
    }
}

#[test]
fn accepts_the_right_model() {
    common::judge::assert_all(&mmc().answer(&mmc_questions()));
    common::judge::assert_all(&full().answer(&full_questions()));
    common::judge::assert_all(&spike(20.0, 1.0, 10).answer(&spike_questions()));
}

#[test]
fn notices_a_slow_worker() {
    let slow = Setting { service: "{exponential: {mean: 1.05s}}".into(), ..mmc() };
    assert_noticed(slow.answer(&mmc_questions()));
}

#[test]
fn notices_a_fast_worker() {
    let fast = Setting { service: "{exponential: {mean: 0.95s}}".into(), ..mmc() };
    assert_noticed(fast.answer(&mmc_questions()));
}

#[test]
fn notices_more_arrivals() {
    assert_noticed(Setting { rate: 8.4, ..mmc() }.answer(&mmc_questions()));
}

#[test]
fn notices_a_missing_slot() {
    assert_noticed(Setting { replicas: 9, ..mmc() }.answer(&mmc_questions()));
}

/// The mean of service is right, its coefficient of variation 5 % too large.
#[test]
fn notices_service_that_varies_more() {
    let questions = [question("mg1_lognormal_scv2.25_Wq", Statistic::MeanWait)];
    let law = |cv: f64| Setting {
        rate: 0.7,
        service: format!("{{lognormal: {{mean: 1s, cv: {cv}}}}}"),
        ..Setting::default()
    };
    assert_noticed(law(1.05 * 1.5).answer(&questions));
}

/// The rate is right, its gaps vary 5 % more.
#[test]
fn notices_arrivals_that_vary_more() {
    let questions = [question("gimc_H2_c2_rho0.8_Wq", Statistic::MeanWait)];
    let process = |arrivals: &str| Setting {
        rate: 1.6,
        arrivals: arrivals.to_owned(),
        service: "{exponential: {mean: 1s}}".into(),
        replicas: 2,
        ..Setting::default()
    };
    let gap = "{renewal: {gap: {hyperexponential: {mean: 1s, cv: 2.1}}}}";
    assert_noticed(process(gap).answer(&questions));
}

/// M/M/10/20 at λ = 9.
fn full() -> Setting {
    Setting {
        rate: 9.0,
        service: "{exponential: {mean: 1s}}".into(),
        replicas: 10,
        capacity: Some(10),
        ..Setting::default()
    }
}

fn full_questions() -> Vec<Question> {
    vec![question("mmck_l9_c10_K20_loss", Statistic::LossShare), question("mmck_l9_c10_K20_thr", Statistic::AckRate)]
}

#[test]
fn notices_a_slow_worker_of_a_bounded_queue() {
    let slow = Setting { service: "{exponential: {mean: 1.05s}}".into(), ..full() };
    assert_noticed(slow.answer(&full_questions()));
}

#[test]
fn notices_a_bound_that_is_one_too_high() {
    assert_noticed(Setting { capacity: Some(11), ..full() }.answer(&full_questions()[..1]));
}

/// λ = 8, but `height` in [10, 15); c servers.
fn spike(height: f64, mean_s: f64, servers: u32) -> Transient {
    Transient {
        rate: format!("{{steps: [[0s, 8/s], [10s, {height}/s], [15s, 8/s]]}}"),
        service: format!("{{exponential: {{mean: {mean_s}s}}}}"),
        replicas: servers.to_string(),
        concurrency: 1,
        capacity: None,
        initial: 0,
    }
}

fn spike_questions() -> Vec<Instant> {
    let instant = |name: &str, at_s: f64, level: Level| Instant {
        name: name.to_owned(),
        at_s,
        level,
        value: Case::named(name).value,
        limit: MEANS,
    };
    vec![
        instant("spike_mmc_EN_t15", 15.0, Level::Depth),
        instant("spike_mmc_EN_t40", 40.0, Level::Depth),
        instant("spike_mmc_EQ_t40", 40.0, Level::Ready),
    ]
}

#[test]
fn notices_a_slow_worker_in_a_spike() {
    assert_noticed(spike(20.0, 1.05, 10).answer(&spike_questions()));
}

#[test]
fn notices_a_higher_spike() {
    assert_noticed(spike(21.0, 1.0, 10).answer(&spike_questions()));
}

#[test]
fn notices_a_missing_slot_in_a_spike() {
    assert_noticed(spike(20.0, 1.0, 9).answer(&spike_questions()));
}
