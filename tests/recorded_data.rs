//! Recorded counts of real traffic through all engines: gaps, odd timestamps and all.
//!
//! The files are not the project's own: `FOREBAY_DATA=folder cargo test --test recorded_data` names the folder with
//! `Twitter_volume_AMZN.csv`, `elb_request_count_8c0756.csv` and `nyc_taxi.csv` of the Numenta Anomaly Benchmark; without
//! it the tests say that they are skipped.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use std::path::PathBuf;

use forebay::engine::fluid;
use forebay::measure::EngineChoice;
use forebay::model::Arrivals;
use forebay::scenario::{Code, Limits, Loaded, Severity, Source, load};
use forebay::study::{HeadroomOptions, RunOptions, headroom, run};

/// A file of counts; each row counts what arrived in the interval that starts at its timestamp.
struct Counts {
    file: &'static str,
    every_s: i64,
    /// Factor on the rate, where the whole would be too many messages for a test.
    scale: f64,
    /// Consumers' rate relative to the mean rate.
    provision: f64,
}

const TWITTER: Counts = Counts { file: "Twitter_volume_AMZN.csv", every_s: 300, scale: 1.0, provision: 1.3 };
const BALANCER: Counts = Counts { file: "elb_request_count_8c0756.csv", every_s: 300, scale: 1.0, provision: 1.2 };
const TAXI: Counts = Counts { file: "nyc_taxi.csv", every_s: 1800, scale: 0.005, provision: 1.1 };

/// What the rows say by themselves.
struct Sums {
    counted: f64,
    bridged: f64,
    gaps: usize,
    /// From the first row to the end of the last one's interval.
    length_s: i64,
}

impl Counts {
    /// The rows as seconds and counts, read without the crate.
    fn rows(&self, folder: &std::path::Path) -> Vec<(i64, f64)> {
        let text = std::fs::read_to_string(folder.join(self.file)).unwrap();
        let row = |line: &str| {
            let (time, count) = line.split_once(',').unwrap();
            let time: jiff::civil::DateTime = time.parse().unwrap();
            (time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second(), count.parse().unwrap())
        };
        text.lines().skip(1).map(row).collect()
    }

    /// An interval is bridged where no row covers it: from the end of one row's interval to the next row, by a straight
    /// line between the two rates.
    fn sums(&self, rows: &[(i64, f64)]) -> Sums {
        let gaps = rows.windows(2).filter(|pair| pair[1].0 - pair[0].0 > self.every_s);
        let bridge = |pair: &[(i64, f64)]| {
            let absent_s = (pair[1].0 - pair[0].0 - self.every_s) as f64;
            absent_s / self.every_s as f64 * 0.5 * (pair[0].1 + pair[1].1)
        };
        Sums {
            counted: rows.iter().map(|row| row.1).sum(),
            bridged: gaps.clone().map(bridge).fold(0.0, |sum, messages| sum + messages),
            gaps: gaps.count(),
            length_s: rows[rows.len() - 1].0 - rows[0].0 + self.every_s,
        }
    }

    fn scenario(&self, folder: &std::path::Path, sums: &Sums) -> Loaded {
        let Counts { file, every_s, scale, provision } = self;
        let rate_per_s = scale * (sums.counted + sums.bridged) / sums.length_s as f64;
        let service_s = 4.0 / (provision * rate_per_s);
        let text = format!(
            "name: recorded\nhorizon: {length}s\nresolution: 1h\nreplications: 2\n\
             producers:\n  p:\n    to: q\n    rate:\n      scale:\n        by: {scale}\n        rate:\n          \
             trace: {{file: {file}, time: timestamp, value: value, unit: count, every: {every_s}s}}\n\
             queues:\n  q: {{}}\n\
             consumers:\n  g: {{from: q, replicas: 4, service: {{exponential: {{mean: {service_s:.6}s}}}}}}\n",
            length = sums.length_s
        );
        let source = Source { folder: folder.to_owned(), ..Source::from_text("recorded.yaml", text) };
        load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{file}: {faults:?}"))
    }

    fn check(&self) {
        let Some(folder) = std::env::var_os("FOREBAY_DATA").map(PathBuf::from) else {
            eprintln!("skipped: FOREBAY_DATA does not name the folder with {}", self.file);
            return;
        };
        let rows = self.rows(&folder);
        let sums = self.sums(&rows);
        let loaded = self.scenario(&folder, &sums);
        let warned = loaded.warnings.iter().any(|fault| fault.severity == Severity::Warning);
        assert_eq!(warned, sums.gaps > 0, "{}: gaps {}, warnings {:?}", self.file, sums.gaps, loaded.warnings);
        let expected = self.scale * (sums.counted + sums.bridged);
        let model = &loaded.model;
        let Arrivals::Process { rate, .. } = &model.producers[0].arrivals else { panic!("a trace is a rate") };
        let integral = rate.integral(0.0, model.horizon_s);
        assert!((integral / expected - 1.0).abs() < 1e-9, "{}: {integral}, the rows say {expected}", self.file);

        let outcome = run(model, &RunOptions { engine: EngineChoice::All, threads: None }, &|_| {}).unwrap();
        let events = outcome.events.unwrap();
        assert_eq!(events.balance.difference, 0);
        let published = events.queues[0].published.value.unwrap() * f64::from(events.replications);
        let error = (published - 2.0 * expected) / (2.0 * expected).sqrt();
        println!(
            "{}: {:.0} counted + {:.1} in {} gaps, scaled {expected:.1}; published {published} in two runs ({error:+.2} errors)",
            self.file, sums.counted, sums.bridged, sums.gaps
        );
        assert!(error.abs() < 4.0, "{}: {published} published", self.file);

        let fluid = &outcome.fluid.unwrap()[0];
        let ends_s = model.interval_ends_s();
        let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
        let widths_s = ends_s.iter().zip(begins_s).map(|(end_s, begin_s)| end_s - begin_s);
        let flowed: f64 = fluid.publish_rate.iter().zip(widths_s).map(|(rate, width_s)| rate * width_s).sum();
        assert!((flowed / expected - 1.0).abs() < 1e-9, "{}: {flowed} flowed", self.file);
        assert!(fluid.max_backlog.unwrap() > 0.0, "{}: the day has its peaks", self.file);
        assert!(outcome.formula.unwrap()[0].why_not.is_some(), "a formula for a changing rate");

        let mut closed = model.clone();
        closed.groups[0].replicas = forebay::model::Replicas::Fixed(0);
        let kept = fluid::trajectory(&closed, 0).unwrap().backlog_at(closed.horizon_s);
        assert!((kept / expected - 1.0).abs() < 1e-9, "{}: without consumers {kept} are kept", self.file);
    }
}

#[test]
fn tweets() {
    TWITTER.check();
}

#[test]
fn requests_at_a_load_balancer() {
    BALANCER.check();
}

#[test]
fn taxi_passengers() {
    TAXI.check();
}

/// The recorded files stay readable for whoever wants the whole of them: 155 million passengers are a matter of the fluid.
#[test]
fn all_taxi_passengers_flow() {
    let whole = Counts { scale: 1.0, ..TAXI };
    let Some(folder) = std::env::var_os("FOREBAY_DATA").map(PathBuf::from) else {
        eprintln!("skipped: FOREBAY_DATA does not name the folder with {}", whole.file);
        return;
    };
    let sums = whole.sums(&whole.rows(&folder));
    let loaded = whole.scenario(&folder, &sums);
    assert!(!loaded.warnings.iter().any(|fault| fault.code == Code::TooManyEvents));
    let outcome = run(&loaded.model, &RunOptions { engine: EngineChoice::Fluid, threads: None }, &|_| {}).unwrap();
    assert!(outcome.fluid.unwrap()[0].max_backlog.unwrap() > 0.0);
}

/// A fortnight of requests, with growth: how much more the consumers bear, and when that is used up.
#[test]
fn headroom_of_requests_at_a_load_balancer() {
    let Some(folder) = std::env::var_os("FOREBAY_DATA").map(PathBuf::from) else {
        eprintln!("skipped: FOREBAY_DATA does not name the folder with {}", BALANCER.file);
        return;
    };
    let text = "name: requests\nhorizon: 14d\nresolution: 1h\nstart: 2014-04-10T00:04:00Z\ngrowth: 5% per 30d\n\
        producers:\n  balancer:\n    to: requests\n    rate:\n      \
        trace: {file: elb_request_count_8c0756.csv, time: timestamp, value: value, unit: count, every: 5m}\n\
        queues:\n  requests: {}\n\
        consumers:\n  workers: {from: requests, replicas: 4, service: {exponential: {mean: 2s}}}\n\
        slo:\n  prompt: {queue: requests, wait: p99, below: 30s}\n";
    let source = Source { folder, ..Source::from_text("requests.yaml", text) };
    let loaded = load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let growth = loaded.planning.growth;
    let begun = std::time::Instant::now();
    let found = headroom(&loaded.model, &HeadroomOptions { growth, ..HeadroomOptions::default() }, &|_| {}).unwrap();
    println!(
        "{} runs, {} messages in {:.1} s: {:?}",
        found.runs,
        found.messages,
        begun.elapsed().as_secs_f64(),
        found.factor
    );
    let (low, value, high) = (found.factor.low.unwrap(), found.factor.value.unwrap(), found.factor.high.unwrap());
    assert!(1.0 < low && low <= value && value <= high && high / low < 1.15, "{:?}", found.factor);
    assert_eq!((found.first, found.away.len()), (Some(0), 1));
    assert!(found.away[0].factor.value.unwrap() < value, "fewer replicas bear less");
    let after_s = found.due.unwrap().after_s.value.unwrap();
    assert!((after_s / (value.ln() / 1.05_f64.ln() * 30.0 * 86_400.0) - 1.0).abs() < 1e-9);
    // Both ends by runs of their own, with other seeds: surely kept below the interval, surely broken above it.
    let kept = |factor: f64| {
        let change = |path: &str, value: String| forebay::scenario::Override { path: path.to_owned(), value };
        let text = text.replace("trace:", "scale: {by: 1, rate: {trace:").replace("every: 5m}", "every: 5m}}}");
        let source = Source { folder: source.folder.clone(), ..Source::from_text("requests.yaml", text) };
        let changes = [
            change("producers.balancer.rate.scale.by", factor.to_string()),
            change("replications", "20".to_owned()),
            change("seed", "99".to_owned()),
        ];
        let model = load(&source, &changes, &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model;
        let outcome = run(&model, &RunOptions { engine: EngineChoice::Events, threads: None }, &|_| {}).unwrap();
        outcome.slos[0].probability_met.unwrap()
    };
    let (below, above) = (kept(0.97 * low), kept(1.05 * high));
    assert!(below >= 0.9 && above < 0.9, "kept in {below} of runs below and in {above} above");
}
