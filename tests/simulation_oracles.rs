//! Every case of `tests/data/oracles.json` that the events engine can express, simulated.
//!
//! A case passes when the simulated mean is within 4 standard errors of the value and its 95 % interval is narrow enough
//! to say something: half-width at most 2 % of the value for means and probabilities, 5 % for p99, p999, shares below
//! 10 % and probabilities at an instant, 20 % for shares below 1 %. How long that takes is found by a pilot study. A kind
//! of system that is listed here must be able to answer all its cases: a case without a handler fails.
//!
//! Budget: about 100 s of one core, spread over tests that run side by side.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

mod common;

use std::path::Path;

use common::judge::{self, MEANS, Miss, RARE, TAILS, assert_all};
use common::oracle::{Case, numbers, systems};
use common::setting::{Question, Setting, Statistic, law, law_mean};
use common::transient::{Instant, Level, Transient};
use common::watch::{Asked, Sample};

#[test]
fn erlang_loss() {
    stationary(&["ErlangB (M/G/c/c)"]);
}

#[test]
fn erlang_delay() {
    stationary(&["ErlangC (M/M/c)"]);
}

#[test]
fn many_servers() {
    stationary(&["M/M/c"]);
}

#[test]
fn bounded_queues_and_partitions() {
    stationary(&["M/M/c/K", "10 independent M/M/1"]);
}

#[test]
fn constant_service() {
    stationary(&["M/D/1", "M/D/c"]);
}

#[test]
fn general_service() {
    stationary(&["M/G/1"]);
}

#[test]
fn erlang_and_hyperexponential_service() {
    stationary(&["M/E2/c", "M/H2/c"]);
}

#[test]
fn renewal_arrivals_to_one_server() {
    stationary(&["GI/M/1"]);
}

#[test]
fn renewal_arrivals_to_many_servers() {
    stationary(&["GI/M/c"]);
}

#[test]
fn batches() {
    stationary(&["M^X/M/1 fixed batch"]);
}

#[test]
fn modulated_arrivals() {
    stationary(&["MMPP(2)/M/c"]);
}

#[test]
fn periodic_rates() {
    transient(&["M_t/M/c", "M_t/M/1", "M_t/M/inf periodic", "M_t/D/inf periodic"]);
}

#[test]
fn transients_and_spikes() {
    transient(&["M/M/1 transient", "M/M/1/K transient", "M/M/c_t", "M_t/M/c spike"]);
}

/// One study per system, all its cases at once.
fn stationary(models: &[&str]) {
    let verdicts = systems(models).into_iter().flat_map(|cases| {
        let questions: Vec<Question> = cases.iter().map(question).collect();
        setting(&cases[0]).answer(&questions)
    });
    assert_all(&verdicts.collect::<Vec<_>>());
}

/// The system that a case asks about.
fn setting(case: &Case) -> Setting {
    let plain = Setting::default();
    let replicas = || case.maybe("c").map_or(1, |servers| servers as u32);
    let exponential = |rate: f64| format!("{{exponential: {{mean: {}s}}}}", rate.recip());
    let renewal = |key: &str| format!("{{renewal: {{gap: {}}}}}", law(case.param(key)).0);
    match case.model.as_str() {
        // The law of service does not matter; a different one each time shows it.
        "ErlangB (M/G/c/c)" => {
            let service = match replicas() % 3 {
                0 => "{lognormal: {mean: 1s, cv: 1.5}}",
                1 => "{erlang: {mean: 1s, stages: 3}}",
                _ => "1s",
            };
            Setting {
                rate: case.number("a"),
                service: service.into(),
                replicas: replicas(),
                capacity: Some(0),
                ..plain
            }
        }
        "ErlangC (M/M/c)" => {
            Setting { rate: case.number("a"), service: exponential(1.0), replicas: replicas(), ..plain }
        }
        "M/M/c" => Setting {
            rate: case.number("lambda"),
            service: exponential(case.number("mu")),
            replicas: replicas(),
            ..plain
        },
        "M/M/c/K" => Setting {
            rate: case.number("lambda"),
            service: exponential(case.number("mu")),
            replicas: replicas(),
            capacity: Some(case.number("K_total") as u32 - replicas()),
            ..plain
        },
        "10 independent M/M/1" => {
            let copies = case.number("partitions");
            let rate = case.number("lambda_total") / copies;
            Setting { rate, service: exponential(case.number("mu")), copies: copies as u32, ..plain }
        }
        "M/D/1" | "M/D/c" => Setting {
            rate: case.number("lambda"),
            service: format!("{}s", case.number("D")),
            replicas: replicas(),
            ..plain
        },
        "M/G/1" | "M/E2/c" | "M/H2/c" => {
            let (service, values) = law(case.param("service"));
            Setting { rate: case.number("lambda"), service, replicas: replicas(), values, ..plain }
        }
        "GI/M/1" => {
            let rate = law_mean(case.param("interarrival")).recip();
            Setting { rate, arrivals: renewal("interarrival"), service: exponential(case.number("mu")), ..plain }
        }
        "GI/M/c" => Setting {
            rate: case.number("interarrival_mean").recip(),
            arrivals: renewal("interarrival_shape"),
            service: exponential(case.number("mu")),
            replicas: replicas(),
            ..plain
        },
        "M^X/M/1 fixed batch" => Setting {
            rate: case.number("batch_rate") * case.number("batch"),
            arrivals: format!("{{batches: {{size: {}, of: poisson}}}}", case.number("batch")),
            service: exponential(case.number("mu")),
            ..plain
        },
        "MMPP(2)/M/c" => modulated(case, exponential(case.number("mu")), replicas()),
        other => panic!("{}: no handler for systems of the kind {other}", case.name),
    }
}

/// Two states: factors are the rates, normalised by the language to keep the mean.
fn modulated(case: &Case, service: String, replicas: u32) -> Setting {
    let [rate_1, rate_2] = ["lambda1", "lambda2"].map(|key| case.number(key));
    let [mean_1, mean_2] = ["rate_leave_1", "rate_leave_2"].map(|key| case.number(key).recip());
    Setting {
        rate: (rate_1 * mean_1 + rate_2 * mean_2) / (mean_1 + mean_2),
        arrivals: format!(
            "{{mmpp: {{states: [{{factor: {rate_1}, mean: {mean_1}s}}, {{factor: {rate_2}, mean: {mean_2}s}}]}}}}"
        ),
        service,
        replicas,
        ..Setting::default()
    }
}

/// What a case asks of its system.
fn question(case: &Case) -> Question {
    let t = || case.number("t");
    let statistic = match case.metric.as_str() {
        "mean_wait" | "mean_wait_of_accepted" => Statistic::MeanWait,
        "wait_quantile" => Statistic::WaitQuantile(case.number("q")),
        "prob_wait" | "prob_wait_seen_by_arrivals" => Statistic::WaitProbability,
        "prob_wait_exceeds_t" => Statistic::WaitAbove(t()),
        "prob_wait_le_t" => Statistic::WaitWithin(t()),
        "mean_sojourn" => Statistic::MeanLatency,
        "prob_sojourn_exceeds_t" => Statistic::LatencyAbove(t()),
        "mean_number_in_system" => Statistic::MeanDepth,
        "fraction_of_time_all_busy" => Statistic::AllBusy,
        "blocking_probability" | "loss_probability" => Statistic::LossShare,
        "throughput" => Statistic::AckRate,
        other => panic!("{}: no handler for the metric {other}", case.name),
    };
    let is_share = statistic.is_share();
    let limit = match statistic {
        Statistic::WaitQuantile(share) if share >= 0.99 => TAILS,
        _ if is_share && case.value < 0.01 => RARE,
        _ if is_share && case.value < 0.10 => TAILS,
        _ => MEANS,
    };
    Question { name: case.name.clone(), statistic, value: case.value, limit }
}

/// One study per system, all its cases at once.
fn transient(models: &[&str]) {
    let verdicts = systems(models).into_iter().flat_map(|cases| {
        let cases: Vec<Case> = cases.into_iter().filter(|case| case.metric != "peak_time_lag").collect();
        let Some(first) = cases.first() else { return Vec::new() };
        let system = changing(first);
        system.answer(&cases.iter().map(instant).collect::<Vec<_>>())
    });
    assert_all(&verdicts.collect::<Vec<_>>());
}

/// A period after an empty start, infinitely many servers have forgotten it: e⁻²⁴ of it is left.
const PERIODS_BEFORE: f64 = 1.0;
/// More servers than there are ever messages: 100 on average, standard deviation 12 at the peak.
const INFINITY: u32 = 300;

/// The system that a case asks about.
fn changing(case: &Case) -> Transient {
    let service = |rate: f64| format!("{{exponential: {{mean: {}s}}}}", rate.recip());
    let servers = |case: &Case| match case.param("c").as_str() {
        Some(text) => replica_steps(text),
        None => case.number("c").to_string(),
    };
    let queue = |rate: String| Transient {
        rate,
        service: service(case.number("mu")),
        replicas: servers(case),
        concurrency: 1,
        capacity: case.maybe("K").map(|total| (total - case.number("c")) as u32),
        initial: case.number("initial") as u32,
    };
    match case.model.as_str() {
        "M_t/M/c" | "M_t/M/1" | "M_t/M/c spike" => queue(rate(case.text("lambda"))),
        "M/M/1 transient" | "M/M/1/K transient" | "M/M/c_t" => queue(format!("{}/s", case.number("lambda"))),
        "M_t/M/inf periodic" | "M_t/D/inf periodic" => {
            let [mean, relative, period] = ["lambda_bar", "rel_amp", "period"].map(|key| case.number(key));
            Transient {
                rate: sine(mean, relative * mean, period),
                service: case
                    .maybe("D")
                    .map_or_else(|| service(case.number("mu")), |service_s| format!("{service_s}s")),
                replicas: "1".into(),
                concurrency: INFINITY,
                capacity: None,
                initial: 0,
            }
        }
        other => panic!("{}: no handler for systems of the kind {other}", case.name),
    }
}

/// What a case asks of its system.
fn instant(case: &Case) -> Instant {
    let level = match case.metric.as_str() {
        "mean_number_in_system" => Level::Depth,
        "mean_queue_length_waiting" => Level::Ready,
        "prob_all_servers_busy" => Level::DepthFrom(servers_at(case)),
        other => panic!("{}: no handler for the metric {other}", case.name),
    };
    let before_s = if case.model.contains("periodic") { PERIODS_BEFORE * case.number("period") } else { 0.0 };
    let limit = match level {
        Level::DepthFrom(_) => TAILS,
        _ => MEANS,
    };
    Instant { name: case.name.clone(), at_s: before_s + case.number("t"), level, value: case.value, limit }
}

/// `10(1+0.8 sin(2 pi t/10))`, `100+30 sin(2 pi t/24)` or `8, except 20 on [10,15)` as a rate.
fn rate(text: &str) -> String {
    match numbers(text)[..] {
        [base, height, from, until] if text.contains("except") => {
            format!("{{steps: [[0s, {base}/s], [{from}s, {height}/s], [{until}s, {base}/s]]}}")
        }
        [mean, _, relative, _, period] if text.contains("(1+") => sine(mean, relative * mean, period),
        [mean, amplitude, _, period] if text.contains("sin(2 pi t/") => sine(mean, amplitude, period),
        _ => panic!("no handler for the rate {text}"),
    }
}

fn sine(mean: f64, amplitude: f64, period_s: f64) -> String {
    format!("{{sine: {{mean: {mean}/s, amplitude: {amplitude}/s, period: {period_s}s}}}}")
}

/// `10 for t<5, 20 for t>=5` as replicas. At the instant of the change the oracle counts what waits for the servers of
/// before, so it comes a nanosecond late.
fn replica_steps(text: &str) -> String {
    match numbers(text)[..] {
        [before, at, after, again] if at == again => {
            format!("{{steps: [[0s, {before}], [{}s, {after}]]}}", at + 1e-9)
        }
        _ => panic!("no handler for the servers {text}"),
    }
}

/// The number of servers at the case's instant.
fn servers_at(case: &Case) -> u32 {
    match case.param("c").as_str().map(numbers).as_deref() {
        Some([before, at, after, _]) => (if case.number("t") < *at { *before } else { *after }) as u32,
        _ => case.number("c") as u32,
    }
}

/// Paths that can be followed by hand: exact.
#[test]
fn sample_paths() {
    for cases in systems(&["Sample path G/G/c", "Sample path, pinned partitions", "Sample path, scale-up"]) {
        for case in cases {
            let (total_s, max_s) = walk(&case);
            let computed = match case.metric.as_str() {
                "total_wait" => total_s,
                "max_wait" => max_s,
                other => panic!("{}: no handler for the metric {other}", case.name),
            };
            assert!((computed - case.value).abs() <= 1e-12 * case.value, "{}: {computed} {}", case.name, case.value);
        }
    }
}

/// Total and largest wait of a case's recorded messages.
fn walk(case: &Case) -> (f64, f64) {
    let queues = if case.model.contains("partitions") {
        assert_eq!(case.text("partition"), "index mod 2");
        2
    } else {
        1
    };
    let replicas = match case.param("c").as_str() {
        Some(text) => {
            let [before, at, after, _] = numbers(text)[..] else { panic!("no handler for the servers {text}") };
            format!("{{steps: [[0s, {before}], [{at}s, {after}]]}}")
        }
        None => case.maybe("c").unwrap_or(1.0).to_string(),
    };
    let folder = tempfile::tempdir().unwrap();
    let rows = case.list("arrivals").into_iter().zip(case.list("services")).enumerate();
    let rows: Vec<String> = rows.map(|(row, (at, service))| format!("{at},{service},{}", row % queues)).collect();
    std::fs::write(folder.path().join("path.csv"), format!("at,service,partition\n{}\n", rows.join("\n"))).unwrap();
    let each = |entry: &dyn Fn(usize) -> String| (0..queues).map(entry).collect::<String>();
    let recorded = "recorded: {file: path.csv, time: at, service: service";
    let text = format!(
        "horizon: 60s\nreplications: 1\nproducers:\n{}queues:\n{}consumers:\n{}",
        each(&|id| format!("  p{id}: {{to: q{id}, arrivals: {{{recorded}, where: {{partition: \"{id}\"}}}}}}}}\n")),
        each(&|id| format!("  q{id}: {{}}\n")),
        each(&|id| format!("  g{id}: {{from: q{id}, replicas: {replicas}, service: 1s}}\n")),
    );
    let model = common::model(text, folder.path());
    let sample = Sample::of(&model, 0, &Asked::default());
    let of = |estimate: &forebay::measure::Estimate| estimate.value.unwrap();
    let total_s = sample.queues.iter().map(|queue| of(&queue.wait_s.mean) * of(&queue.published)).sum();
    let max_s = sample.queues.iter().map(|queue| of(&queue.wait_s.max)).fold(0.0, f64::max);
    (total_s, max_s)
}

/// The variance of long averages themselves: what run lengths are planned with. A sample variance of 400 replications has
/// a standard error of 7 %.
#[test]
fn asymptotic_variance() {
    let mut verdicts = Vec::new();
    for case in systems(&["M/M/1"]).concat() {
        assert_eq!(case.metric, "asymptotic_variance_of_time_average_L", "{}: no handler", case.name);
        let rho = case.number("rho");
        let service = format!("{{exponential: {{mean: {}s}}}}", case.number("mu").recip());
        // Long against the relaxation time, 1/(μ(1 − √ρ)²).
        let measured_s = 100.0 / (1.0 - rho.sqrt()).powi(2) / case.number("mu");
        let setting = Setting { rate: rho * case.number("mu"), service, ..Setting::default() };
        let model = setting.model(measured_s / 0.9, 1);
        let depth =
            |replication| Sample::of(&model, replication, &Asked::default()).queues[0].depth.mean.value.unwrap();
        let depths: Vec<f64> = (0..400).map(depth).collect();
        let (mean, _) = judge::mean_and_error(&depths);
        let squares: Vec<f64> =
            depths.iter().map(|depth| measured_s * (depth - mean).powi(2) * 400.0 / 399.0).collect();
        verdicts.push(judge::judge(&case.name, case.value, 0.25, &squares));
    }
    assert_all(&verdicts);
}

/// Counts alone: how many messages a process publishes, and how unevenly.
#[test]
fn counts_of_arrival_processes() {
    let mut verdicts: Vec<Result<String, Miss>> = Vec::new();
    for case in systems(&["MMPP(2)", "NHPP"]).concat() {
        let verdict = match case.metric.as_str() {
            "mean_rate" => {
                judge::judge(&case.name, case.value, MEANS, &windows(&modulated_counts(&case), 1000.0, 400, 1000.0))
            }
            "index_of_dispersion_counts" => {
                let window_s = case.number("t");
                let counts = windows(&modulated_counts(&case), window_s, 200_000, 1.0);
                let (mean, _) = judge::mean_and_error(&counts);
                // Batches of a hundred windows are far longer than a sojourn.
                let batch = |batch: &[f64]| {
                    batch.iter().map(|count| (count - mean).powi(2) / mean).sum::<f64>() / batch.len() as f64
                };
                let ratios: Vec<f64> = counts.chunks(1000).map(batch).collect();
                judge::judge(&case.name, case.value, TAILS, &ratios)
            }
            // Its limit is beyond any simulation; the formula that t = 10 confirms contains it.
            "index_of_dispersion_counts_limit" => continue,
            "expected_count" => {
                assert_eq!(case.number("from"), 0.0, "{}: no handler for a later start", case.name);
                let until_s = case.number("to");
                let setting = Rated { rate: rate(case.text("rate")), arrivals: "poisson".into() };
                let counts: Vec<f64> = (0..400).map(|seed| setting.counts(until_s, until_s, seed)[0]).collect();
                judge::judge(&case.name, case.value, MEANS, &counts)
            }
            other => panic!("{}: no handler for the metric {other}", case.name),
        };
        verdicts.push(verdict);
    }
    assert_all(&verdicts);
}

struct Rated {
    rate: String,
    arrivals: String,
}

impl Rated {
    /// Messages published in each window.
    fn counts(&self, horizon_s: f64, window_s: f64, seed: u64) -> Vec<f64> {
        let Rated { rate, arrivals } = self;
        let text = format!(
            "name: counts\nhorizon: {horizon_s}s\nresolution: {window_s}s\nreplications: 1\nseed: {seed}\n\
             producers:\n  p: {{to: q, rate: {rate}, arrivals: {arrivals}}}\n\
             queues:\n  q: {{}}\nconsumers:\n  g: {{from: q, replicas: 1, service: 1ms}}\n"
        );
        let model = common::model(text, Path::new("."));
        let outcome = forebay::study::repeat(&model, Some(1), &|_| {}).unwrap();
        outcome.series[0].publish_rate.iter().map(|rate| rate * window_s).collect()
    }
}

fn modulated_counts(case: &Case) -> Rated {
    let Setting { rate, arrivals, .. } = modulated(case, String::new(), 1);
    Rated { rate: format!("{rate}/s"), arrivals }
}

/// Counts in consecutive windows of one long run, divided by `by`.
fn windows(process: &Rated, window_s: f64, windows: usize, by: f64) -> Vec<f64> {
    let counts = process.counts(window_s * windows as f64, window_s, 1);
    assert_eq!(counts.len(), windows);
    counts.into_iter().map(|count| count / by).collect()
}
