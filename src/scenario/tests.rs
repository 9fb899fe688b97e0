//! What loading means, from text to model.

mod broker;
mod defaults;
mod scaling;
mod uncertain;

use super::*;
use crate::model::{Arrivals, Distribution, Overflow, Process, Promise, Quantile, Rate, Replicas, Replications};

pub(super) const FLASH_SALE: &str = r"forebay: 1
name: flash-sale
title: Order events during a thirty-minute sale
horizon: 2h
warmup: 0s
resolution: 10s
replications: 20
seed: 1
start: 2026-11-27T08:00:00Z
producers:
  checkout:
    to: orders
    rate:
      sum:
        - constant: 40/s
        - pulse: {height: 200/s, from: 30m, until: 60m}
    arrivals: poisson
queues:
  orders: {}
consumers:
  workers:
    from: orders
    replicas: 4
    service: {lognormal: {mean: 20ms, cv: 1.0}}
slo:
  fresh: {queue: orders, latency: p99, below: 2s}
  small: {queue: orders, depth: max, below: 10000}
";

pub(super) fn load_text(text: &str) -> Result<Loaded, Faults> {
    load(&Source::from_text("test.yaml", text), &[], &Limits::default())
}

fn loaded(text: &str) -> Model {
    load_text(text).unwrap_or_else(|faults| panic!("{faults}")).model
}

/// A small scenario with a changed line.
fn with(line: &str, instead: &str) -> String {
    assert!(FLASH_SALE.contains(line), "{line}");
    FLASH_SALE.replace(line, instead)
}

fn codes(result: Result<Loaded, Faults>) -> Vec<&'static str> {
    let faults = match result {
        Ok(loaded) => loaded.warnings,
        Err(faults) => faults.0,
    };
    faults.iter().map(|fault| fault.code.id()).collect()
}

#[test]
fn the_flash_sale_means_what_it_says() {
    let model = loaded(FLASH_SALE);
    assert_eq!(model.name, "flash-sale");
    assert_eq!((model.horizon_s, model.warmup_s, model.resolution_s), (7_200.0, 0.0, 10.0));
    assert_eq!(model.replications, Replications::Fixed(20));
    assert_eq!(model.start.unwrap().to_string(), "2026-11-27T08:00:00Z");
    let Arrivals::Process { rate, process } = &model.producers[0].arrivals else { panic!("a process") };
    assert_eq!(*process, Process::Poisson);
    assert_eq!((rate.at(0.0), rate.at(1_800.0), rate.at(3_600.0)), (40.0, 240.0, 40.0));
    let workers = &model.groups[0];
    assert_eq!((workers.from, workers.concurrency, workers.prefetch), (0, 1, 1));
    assert_eq!(workers.replicas, Replicas::Fixed(4));
    assert!((workers.service.mean() - 0.02).abs() < 1e-12);
    assert_eq!(model.slos[0].promise, Promise::Latency(Quantile::P(0.99), 2.0));
}

#[test]
fn json_is_the_same_language() {
    let json = r#"{"name": "j", "horizon": "2h", 
        "queues": {"q": {"initial": 5, "capacity": "5k", "overflow": "drop-head"}},
        "consumers": {"w": {"from": "q", "replicas": {"steps": [["0s", 2], ["30s", 3]]}, "service_rate": "50/s"}},
        "slo": {"s": {"queue": "q", "drained": true, "by": "90m"}}}"#;
    let model = loaded(json);
    assert_eq!(model.queues[0].capacity, Some(5_000));
    assert_eq!(model.queues[0].overflow, Overflow::DropHead);
    assert_eq!(model.groups[0].replicas, Replicas::Steps(vec![(0.0, 2), (30.0, 3)]));
    assert_eq!(model.groups[0].service, Distribution::Exponential { mean_s: 0.02 });
    assert_eq!(model.slos[0].promise, Promise::DrainedBy(5_400.0));
}

#[test]
fn the_starter_scenario_is_sound() {
    let loaded = load_text(starter()).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(loaded.warnings.is_empty(), "{}", render_all(&loaded.warnings, false));
}

#[test]
fn a_name_is_taken_from_the_file_if_that_can_be_one() {
    let unnamed = with("name: flash-sale\n", "");
    let at = |file: &str| load(&Source::from_text(file, unnamed.as_str()), &[], &Limits::default());
    assert_eq!(at("scenarios/black-friday.yaml").unwrap().model.name, "black-friday");
    assert_eq!(codes(at("scenarios/black friday.yaml")), ["F011"]);
    assert_eq!(codes(at("-")), ["F011"]);
}

#[test]
fn every_rate_function_is_built() {
    let rate_at = |function: &str, times: &[f64]| -> Vec<f64> {
        let text = with(
            "rate:\n      sum:\n        - constant: 40/s\n        - pulse: {height: 200/s, from: 30m, until: 60m}",
            function,
        );
        let model = loaded(&text.replace("    arrivals: poisson\n", ""));
        let Arrivals::Process { rate, .. } = &model.producers[0].arrivals else { panic!("a process") };
        times.iter().map(|at| (rate.at(*at) * 1e9).round() / 1e9).collect()
    };
    assert_eq!(rate_at("rate: 120/s", &[0.0]), [120.0]);
    assert_eq!(rate_at("rate: {steps: [[0s, 40/s], [60s, 250/s]]}", &[59.0, 60.0]), [40.0, 250.0]);
    assert_eq!(rate_at("rate: {points: [[0s, 40/s], [1h, 240/s]]}", &[1_800.0, 7_000.0]), [140.0, 240.0]);
    assert_eq!(
        rate_at("rate: {ramp: {rates: [10/s, 30/s], from: 10m, until: 20m}}", &[0.0, 900.0, 1_300.0]),
        [10.0, 20.0, 30.0]
    );
    let sine = "rate: {sine: {mean: 100/s, amplitude: 60/s, period: 1h, phase: 15m}}";
    assert_eq!(rate_at(sine, &[900.0, 1_800.0]), [100.0, 160.0]);
    assert_eq!(
        rate_at("rate: {diurnal: {low: 20/s, high: 180/s, peak_at: 14h}}", &[0.0]),
        [rate_at("rate: {diurnal: {low: 20/s, high: 180/s, peak_at: \"22:00\"}}", &[0.0])[0]]
    );
    assert_eq!(rate_at("rate: {diurnal: {low: 20/s, high: 180/s, peak_at: \"09:00\"}}", &[3_600.0]), [180.0]);
    assert_eq!(rate_at("rate: {burst: {height: 500/s, at: 30m, decay: 5m}}", &[1_799.0, 1_800.0]), [0.0, 500.0]);
    assert_eq!(rate_at("rate: {scale: {by: 1.5, rate: 40/s}}", &[0.0]), [60.0]);
    let repeat = "rate: {repeat: {every: 10m, rate: {pulse: {height: 90/s, from: 0s, until: 2m}}}}";
    assert_eq!(rate_at(repeat, &[0.0, 130.0, 610.0]), [90.0, 0.0, 90.0]);
    assert_eq!(
        rate_at("rate: {shift: {by: 15m, rate: {pulse: {height: 9/s, from: 0s, until: 2m}}}}", &[0.0, 900.0]),
        [0.0, 9.0]
    );
    assert_eq!(rate_at("rate: {growth: {factor: 2, every: 1h, rate: 40/s}}", &[3_600.0]), [80.0]);
    assert_eq!(rate_at("rate: {clamp: {min: 50/s, rate: 40/s}}", &[0.0]), [50.0]);
    // 2026-11-27 is a Friday; the run begins at 08:00.
    let weekly = "rate: {weekly: {mon: 1/s, tue: 2/s, wed: 3/s, thu: 4/s, fri: {steps: [[\"00:00\", 40/s], \
        [\"09:30\", 90/s]]}, sat: 6/s, sun: 7/s}}";
    assert_eq!(rate_at(weekly, &[0.0, 5_399.0, 5_401.0]), [40.0, 40.0, 90.0]);
}

#[test]
fn a_quantile_that_could_be_misread_is_refused_with_help() {
    let help = |statistic: &str| {
        let faults = load_text(&with("latency: p99", &format!("latency: {statistic}"))).unwrap_err();
        assert_eq!((faults.0.len(), faults.0[0].code), (1, Code::UnknownChoice), "{faults}");
        faults.0[0].help.clone().unwrap()
    };
    for whole in ["p100", "p1000", "p100.0"] {
        assert_eq!(help(whole), "the largest is `max`");
    }
    assert_eq!(help("p97.5"), "did you mean `p975`?");
    let promise = |statistic: &str| loaded(&with("latency: p99", &format!("latency: {statistic}"))).slos[0].promise;
    assert_eq!(promise("p975"), Promise::Latency(Quantile::P(0.975), 2.0));
    assert_eq!(promise("p10"), Promise::Latency(Quantile::P(0.1), 2.0));
}

#[test]
fn faults_of_a_rate_are_found_beside_a_faulty_horizon() {
    for rate in ["constant: -5/s", "sine: {mean: 1/s, amplitude: 5/s, period: 10s}"] {
        let text = with("constant: 40/s", rate).replace("horizon: 2h", "horizon: 0s");
        assert_eq!(codes(load_text(&text)), ["F024", "F033"], "{rate}");
    }
}

#[test]
fn a_merge_key_is_one_fault() {
    let text = "name: m\nhorizon: 10s\nproducers: {p: &p {to: q, rate: 10/s}, p2: {<<: *p, rate: 5/s}}\n\
        queues: {q: {}}\nconsumers: {c: {from: q, replicas: 1, service: 10ms}}\n";
    assert_eq!(codes(load_text(text)), ["F008"]);
    assert_eq!(codes(load_text(&text.replace("<<: *p", "<<: [*p, *p]"))), ["F008"]);
    assert_eq!(codes(load_text(&text.replace("<<: *p", "<<: *p, tu: q"))), ["F008", "F010"]);
}

#[test]
fn a_nanosecond_is_the_shortest_period() {
    let period = |period: &str| {
        let sine = format!("sine: {{mean: 50/s, amplitude: 6/s, period: {period}}}");
        load_text(&with("constant: 40/s", &sine)).unwrap_err().0.remove(0)
    };
    assert_eq!(period("0.000001ms").code, Code::TooManyPieces);
    assert_eq!(period("0.0000001ms").message, "`0.0000001ms` must be at least 0.000001ms");
    assert_eq!(period("0s").message, "`0s` must be above 0");
}

#[test]
fn the_help_for_a_negative_factor_has_no_unit() {
    let text = with("replicas: 4", "replicas: 4\n    speed: {points: [[0s, 1], [1h, -1]]}");
    let faults = load_text(&text).unwrap_err();
    assert_eq!(faults.0[0].code, Code::NegativeRate);
    assert!(faults.0[0].help.as_ref().unwrap().contains("{min: 0, rate"), "{faults}");
}

#[test]
fn what_begins_after_the_horizon_is_a_warning() {
    for late in ["pulse: {height: 1/s, from: 2h, until: 3h}", "burst: {height: 1/s, at: 2h, decay: 1s}"] {
        assert_eq!(codes(load_text(&with("constant: 40/s", late))), ["W006"], "{late}");
        let moved = format!("shift: {{by: -1h, rate: {{{late}}}}}");
        assert_eq!(codes(load_text(&with("constant: 40/s", &moved))), Vec::<&str>::new(), "{late}");
    }
}

#[test]
fn a_negative_rate_names_its_time() {
    let faults = load_text(&with("constant: 40/s", "sine: {mean: 50/s, amplitude: 60/s, period: 1h}")).unwrap_err();
    assert_eq!(faults.0[0].code, Code::NegativeRate);
    assert!(faults.0[0].message.contains("below zero at 1h39m24s: it is -10/s at 1h45m"), "{}", faults.0[0].message);
}

#[test]
fn overrides_replace_and_add_values() {
    let set = |path: &str, value: &str| {
        let change = Override { path: path.to_owned(), value: value.to_owned() };
        load(&Source::from_text("test.yaml", FLASH_SALE), &[change], &Limits::default())
    };
    assert_eq!(set("consumers.workers.replicas", "6").unwrap().model.groups[0].replicas, Replicas::Fixed(6));
    assert_eq!(set("consumers.workers.prefetch", "9").unwrap().model.groups[0].prefetch, 9);
    assert_eq!(set("slo.new", "{queue: orders, wait: mean, below: 1s}").unwrap().model.slos.len(), 3);
    let model = set("producers.checkout.rate.sum[1].pulse.height", "10/s").unwrap().model;
    let Arrivals::Process { rate: Rate::Sum(parts), .. } = &model.producers[0].arrivals else { panic!("a sum") };
    assert_eq!(parts[1].at(2_000.0), 10.0);
    for (path, value, code) in [
        ("consumers.workers.replica", "6", "F010"),
        ("consumers.wrokers.replicas", "6", "F018"),
        ("consumers.workers.replicas.max", "6", "F018"),
        ("producers.checkout.rate.sum[7]", "6/s", "F018"),
        ("consumers.workers.replicas", "", "F018"),
        ("consumers.workers.replicas", "{a: 1", "F005"),
        ("consumers.workers.replicas", "6s", "F021"),
        ("", "6", "F018"),
        ("seed.", "6", "F018"),
    ] {
        let faults = set(path, value).unwrap_err();
        assert_eq!(codes(Err(faults.clone())), [code], "{path}={value}");
        assert_eq!(faults.0[0].place.as_ref().unwrap().file, "--set");
    }
}

#[test]
fn one_fault_is_one_fault() {
    // Each of these has exactly one mistake, and nothing that follows from it is reported.
    for (line, instead, code) in [
        ("queues:\n  orders: {}", "queues:\n  orders: {capacity: -5}", "F024"),
        ("from: orders", "from: order", "F030"),
        ("from: orders", "form: orders", "F011 F010"),
        ("horizon: 2h", "horizon: 2", "F020"),
        ("horizon: 2h", "horizon: 0s", "F024"),
        ("warmup: 0s", "warmup: 2h", "F032"),
        ("constant: 40/s", "constant: 40", "F020"),
        ("replicas: 4", "replicas: 4000000000", "F052"),
        ("queues:\n  orders: {}", "queues: {}", "F016"),
        ("latency: p99, below: 2s", "latency: p99", "F011"),
        ("latency: p99, below: 2s", "latency: p99, wait: p99, below: 2s", "F015"),
        ("latency: p99, below: 2s", "below: 2s", "F011"),
        ("service: {lognormal: {mean: 20ms, cv: 1.0}}", "service_rate: 50/s\n    service: 5ms", "F015"),
        ("    service: {lognormal: {mean: 20ms, cv: 1.0}}\n", "", "F011"),
        ("arrivals: poisson", "arrivals: mmpp", "F014"),
        ("replicas: 4", "replicas: 4\n    scaling: {hpa: {max: 4}}", "F011"),
        ("replicas: 4", "replicas: 4\n    scaling: {static: 4, hpa: {max: 4, metric: {ready: 1}}}", "F015"),
    ] {
        assert_eq!(codes(load_text(&with(line, instead))).join(" "), code, "{instead}");
    }
}

#[test]
fn costs_beyond_the_limits_are_faults_unless_allowed() {
    let huge = with("constant: 40/s", "constant: 100M/s");
    assert_eq!(codes(load_text(&huge)), ["F050"]);
    let source = Source::from_text("test.yaml", huge.as_str());
    let small = Limits { memory_bytes: Some(1 << 20), ..Limits::default() };
    assert_eq!(codes(load(&source, &[], &small)), ["F050", "F051"]);
    let allowed = load(&source, &[], &Limits { allow_huge: true, ..small }).unwrap();
    assert!(allowed.warnings.iter().all(|warning| warning.severity == Severity::Warning));
    assert_eq!(allowed.warnings.len(), 2);
    let fluid = load(&source, &[], &Limits { without_events: true, ..small }).unwrap();
    assert_eq!(fluid.warnings, [], "the number of messages costs nothing when none is simulated");
    let fine = Source::from_text("test.yaml", huge.replace("resolution: 10s", "resolution: 100ms"));
    assert_eq!(codes(load(&fine, &[], &Limits { without_events: true, ..small })), ["F051"]);
}

#[test]
fn a_large_file_is_answered_at_once() {
    let begun = std::time::Instant::now();
    let large = "a: [".to_owned() + &"x, ".repeat(4_000_000) + "]";
    assert_eq!(codes(load_text(&large)), ["F003"]);
    let many = FLASH_SALE.to_owned() + &"# comment\n".repeat(300_000);
    assert!(load_text(&many).is_ok());
    let values = "a: [".to_owned() + &"x, ".repeat(1_300_000) + "]";
    assert_eq!(codes(load_text(&values)), ["F006"]);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn all_faults_of_all_stages_come_at_once_in_the_order_of_the_text() {
    let text = r#"name: bad name
horizon: 2
seed: 1
seed: 2
colour: blue
producers:
  shop: {to: nowhere, rate: {steps: [[1s, 5/s]]}}
queues:
  orders: {capacity: -1, ttl: 5}
consumers:
  workers: {from: orders, replicas: "4", service: 20}
slo:
  fresh: {queue: orders, latency: p99, below: 5%}
"#;
    let faults = load_text(text).unwrap_err();
    let expected = "F009 F020 F007 F010 F030 F031 F024 F020 F027 F020 F021";
    assert_eq!(codes(Err(faults.clone())).join(" "), expected, "{faults}");
    let lines: Vec<Option<usize>> = faults.0.iter().map(|fault| fault.place.as_ref().unwrap().line).collect();
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn control_characters_of_a_file_never_reach_the_terminal() {
    let faults = load_text("name: x\nhorizon: 2h\nqueues: {q: {}}\n\"\\e[31mred\": 1\n").unwrap_err();
    assert!(!faults.render(false).contains('\u{1b}'), "{faults:?}");
}
