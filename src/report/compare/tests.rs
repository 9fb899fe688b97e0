//! Tests of the module above, on real comparisons of a small sale.

use std::sync::OnceLock;

use serde_json::Value;

use super::*;
use crate::measure::EngineChoice;
use crate::scenario::{self, Limits, Source};
use crate::study::{CompareOptions, compare};

const SALE: &str = "
name: sale
horizon: 20m
resolution: 10s
replications: 8
start: 2026-11-27T08:00:00Z
producers:
  shop:
    to: orders
    rate: {sum: [{constant: 40/s}, {pulse: {height: 200/s, from: 5m, until: 10m}}]}
queues:
  orders: {}
consumers:
  workers: {from: orders, service: {exponential: {mean: 20ms}}, cost: 0.50 USD/h}
slo:
  fresh: {queue: orders, latency: p99, below: 2s}
strategies:
  timetable: {schedule: {steps: [[0s, 4], [290s, 8], [700s, 4]]}}
  nine: {static: 9}
  small-hpa: {hpa: {min: 1, max: 3, metric: {ready_per_replica: 50}}}
";

fn comparison_of(text: &str, options: &CompareOptions) -> Comparison {
    let source = Source::from_text("sale.yaml", text);
    let scenario = scenario::load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}"));
    compare(&scenario.model, options, &|_| ()).unwrap()
}

fn sale() -> &'static Comparison {
    static SALE_COMPARED: OnceLock<Comparison> = OnceLock::new();
    SALE_COMPARED.get_or_init(|| comparison_of(SALE, &CompareOptions::default()))
}

fn fluid() -> Comparison {
    comparison_of(SALE, &CompareOptions { engine: EngineChoice::Fluid, ..CompareOptions::default() })
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_comparison_at_eighty_columns() {
    insta::assert_snapshot!(compare_table(sale(), 80, false));
}

#[test]
fn the_equations_comparison_at_eighty_columns() {
    insta::assert_snapshot!(compare_table(&fluid(), 80, false));
}

#[test]
fn the_answer_names_the_best_and_why_the_others_are_not() {
    let told = flat(&compare_table(sale(), 80, false));
    assert!(told.starts_with("sale: timetable is the best of 3, 0.89"), "{told}");
    assert!(told.contains("timetable holds fresh in all"), "{told}");
    assert!(told.contains("small-hpa misses fresh in all 8 runs (p99 latency"), "{told}");
    assert!(told.contains("% of it because of its largest size, 3."), "{told}");
}

#[test]
fn every_line_fits_whatever_the_names_are() {
    let long = "a-strategy-with-the-longest-name-that-the-language-allows.".repeat(2)[..100].to_owned();
    let mut long_names = sale().clone();
    long_names.strategies[0].name.clone_from(&long);
    long_names.strategies[2].name.clone_from(&long);
    long_names.notes.push(format!("{long}: messages were left"));
    for comparison in [sale(), &long_names, &fluid()] {
        for width in [72, 80, 120] {
            let text = compare_table(comparison, width, false);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width, "{widest} at {width}:\n{text}");
        }
    }
}

#[test]
fn colour_is_only_added_around_the_answer() {
    let (plain, coloured) = (compare_table(sale(), 80, false), compare_table(sale(), 80, true));
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[1;32mtimetable\u{1b}[0m"));
    assert_eq!(coloured.replace("\u{1b}[1;32m", "").replace("\u{1b}[0m", ""), plain);
}

#[test]
fn a_budget_that_is_spent_says_what_is_missing() {
    let options = CompareOptions { at_most: Some(9), ..CompareOptions::default() };
    let told = flat(&compare_table(&comparison_of(SALE, &options), 80, false));
    assert!(
        told.contains("UNDECIDED - 9 replications are not enough to tell whether timetable, 9 of 9 so far,"),
        "{told}"
    );
    assert!(told.contains("at least 57 are needed (--at-most)"), "{told}");
}

#[test]
fn nobody_and_nothing_promised_are_said() {
    let strict = SALE.replace("below: 2s", "below: 1ms");
    let told = flat(&compare_table(&comparison_of(&strict, &CompareOptions::default()), 80, false));
    assert!(told.starts_with("sale: NONE of 3 strategies keeps its promise fresh in 95 % of runs."), "{told}");
    let promised = SALE.find("slo:").unwrap()..SALE.find("strategies:").unwrap();
    let free = SALE.replace(&SALE[promised], "").replace(", cost: 0.50 USD/h", "");
    let comparison = comparison_of(&free, &CompareOptions::default());
    let told = flat(&compare_table(&comparison, 80, false));
    assert!(told.starts_with("sale: no winner of 3, because the scenario promises nothing (slo)"), "{told}");
    assert!(told.contains("Beaten by no other in both replica-hours and p99 latency:"), "{told}");
    let json = compare_json(&comparison);
    assert_eq!(json["objective"], "replica_hours");
    assert!(json["selection"]["strategy"].is_null() && json["selection"]["why_not"].is_string());
    assert!(json["strategies"]["nine"]["cost"]["why_not"].is_string());
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_keys_and_their_order_are_the_contract() {
    let json = compare_json(sale());
    let of = |path: &str| keys(json.pointer(path).unwrap_or_else(|| panic!("no {path}")));
    let root = [
        "forebay",
        "scenario",
        "engine",
        "seed",
        "group",
        "queue",
        "horizon_s",
        "warmup_s",
        "events",
        "messages",
        "wall_s",
        "objective",
        "currency",
        "selection",
        "front",
        "strategies",
        "pairs",
        "notes",
    ];
    assert_eq!(of(""), root);
    let selection =
        ["strategy", "candidates", "confidence", "kept_in", "kept_in_from", "kept_in_to", "indifference", "at_most"];
    assert_eq!(of("/selection"), selection);
    let figures = [
        "wait_p50_s",
        "wait_p99_s",
        "wait_max_s",
        "latency_p50_s",
        "latency_p99_s",
        "worst_backlog",
        "drained_at_s",
        "replica_hours",
        "cost",
        "scale_events_per_hour",
        "wasted_replicas",
        "wasted_work_s",
    ];
    let strategy = [&["kind", "replications", "kept_all", "keeps", "on_front"][..], &figures, &["slo"]].concat();
    assert_eq!(of("/strategies/timetable"), strategy);
    let slo = ["met", "value", "limit", "probability_met", "broken_s", "broken_from_s", "broken_until_s", "causes"];
    assert_eq!(of("/strategies/small-hpa/slo/fresh"), slo);
    assert_eq!(json.pointer("/strategies/small-hpa/slo/fresh/causes/0/cause").unwrap(), "bound");
    assert_eq!(of("/pairs/0"), ["strategy", "against", "replications", "cheaper", "differences"]);
    assert_eq!(of("/pairs/0/differences"), figures);
    assert_eq!(of("/pairs/0/differences/cost"), ["value", "low", "high", "is"]);
    assert_eq!(json["pairs"].as_array().unwrap().len(), 3);
    assert_eq!(json["selection"]["strategy"], "timetable");
}

#[test]
fn the_csv_has_a_row_for_every_number_and_every_difference() {
    let text = csv::compare_csv(sale());
    assert_eq!(text.lines().next().unwrap(), "strategy,against,figure,value,low,high,replications,is");
    // Three strategies with twelve figures, the share of runs and two rows per promise; three pairs of twelve.
    assert_eq!(text.lines().count(), 1 + 3 * (12 + 1 + 2) + 3 * 12);
    assert!(
        text.contains("\nnine,small-hpa,latency_p99_s,") && text.contains(",lower\n") && text.contains(",higher\n")
    );
}

#[test]
fn every_chart_is_a_picture_and_no_chart_is_drawn_of_nothing() {
    let names = |comparison: &Comparison| -> Vec<String> {
        let files = chart::comparison_charts(comparison).unwrap();
        for (name, bytes) in &files {
            let is_png = bytes.starts_with(b"\x89PNG");
            let is_svg = std::str::from_utf8(bytes).is_ok_and(|svg| svg.contains("<title>") && !svg.contains("<text"));
            let kind = std::path::Path::new(name).extension().and_then(|kind| kind.to_str());
            assert!(if kind == Some("png") { is_png } else { is_svg && kind == Some("svg") }, "{name}");
            assert!(chart::is_comparisons(name), "{name}");
        }
        files.into_iter().map(|(name, _)| name).step_by(2).collect()
    };
    assert_eq!(names(sale()), ["compare-staffing.svg", "compare-front.svg", "compare-flapping.svg"]);
    assert_eq!(names(&fluid()), ["compare-staffing.svg", "compare-flapping.svg"]);
    assert!(!chart::is_comparisons("orders-depth.svg") && !chart::is_comparisons("compare-mine.svg"));
}

#[test]
fn files_are_written_beside_those_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("summary.json"), "{}").unwrap();
    let files = write_comparison(sale(), folder.path(), &ReportOptions { charts: true }).unwrap();
    assert_eq!(files.len(), 8);
    assert!(files.last().unwrap().ends_with("compare.json"));
    let again = write_comparison(sale(), folder.path(), &ReportOptions { charts: false }).unwrap();
    assert_eq!(again.len(), 2);
    assert!(folder.path().join("summary.json").exists() && !folder.path().join("charts").exists());
}
