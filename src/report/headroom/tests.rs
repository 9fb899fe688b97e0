//! Tests of the module above, on real answers about a small shop.

use std::sync::OnceLock;

use super::*;
use crate::scenario::{self, Limits, Source};
use crate::study::headroom::Procedure;
use crate::study::{HeadroomOptions, headroom};

const SHOP: &str = "
name: shop
horizon: 10m
resolution: 10s
warmup: 1m
start: 2026-11-27T08:00:00Z
growth: 4% per 30d
zones: 3
producers:
  shop: {to: orders, rate: 12/s}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 6, service: {exponential: {mean: 300ms}}}
slo:
  fresh: {queue: orders, latency: p99, below: 4s}
  small: {queue: orders, depth: max, below: 400}
";

fn of(text: &str) -> Headroom {
    let source = Source::from_text("shop.yaml", text);
    let scenario = scenario::load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}"));
    let planning = scenario.planning;
    let options = HeadroomOptions { growth: planning.growth, zones: planning.zones, ..HeadroomOptions::default() };
    headroom(&scenario.model, &options, &|_| ()).unwrap()
}

fn shop() -> &'static Headroom {
    static SHOP_ASKED: OnceLock<Headroom> = OnceLock::new();
    SHOP_ASKED.get_or_init(|| of(SHOP))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_answer_fits_eighty_columns() {
    let table = headroom_table(shop(), 80, false);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn the_first_line_names_the_growth_the_interval_and_the_promise() {
    let table = flat(&headroom_table(shop(), 80, false));
    assert!(table.starts_with("shop: load may grow by "), "{table}");
    assert!(table.contains(" before fresh (orders: p99 latency below 4 s) breaks."), "{table}");
    assert!(table.contains("At 4 % per 30d that is ") && table.contains(" 2027"), "{table}");
    assert!(table.contains("1 of 3 zones away") && table.contains("1 replica of workers away"), "{table}");
}

#[test]
fn growth_is_said_with_a_calendar_and_without() {
    let without = of(&SHOP.replace("start: 2026-11-27T08:00:00Z\n", ""));
    assert!(flat(&words::date(&without)).contains("At 4 % per 30d that is in "), "{}", words::date(&without));
    let none = of(&SHOP.replace("growth: 4% per 30d\n", ""));
    assert!(words::date(&none).contains("`growth: 4% per 30d`") && !words::title(&none).contains("per 30d"));
    let late = of(&SHOP.replace("rate: 12/s", "rate: 19.5/s"));
    let said = words::answer(&late);
    assert!(said.starts_with("NONE: the promises hold only up to ") && said.contains("of today's load"), "{said}");
    assert!(words::date(&late).contains("no time left"), "{}", words::date(&late));
    assert!(headroom_table(&late, 80, true).contains("\u{1b}[1;31mNONE"));
}

#[test]
fn without_a_limit_nothing_is_claimed_about_one() {
    let vast = of(&SHOP.replace("replicas: 6", "replicas: 5000").replace("horizon: 10m", "horizon: 2m"));
    let table = flat(&headroom_table(&vast, 80, false));
    assert!(table.starts_with("shop: nothing breaks up to 64 times the load"), "{table}");
    assert!(!table.contains("interval is right") && table.contains("Today 2 of 2 runs"), "{table}");
}

#[test]
fn files_hold_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_headroom(shop(), folder.path(), &ReportOptions::default()).unwrap();
    let names: Vec<&str> = written.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["headroom.csv", "headroom-kept.svg", "headroom-kept.png", "headroom.json"]);
    let json = headroom_json(shop());
    assert_eq!(json["factor"]["value"].as_f64(), shop().factor.value);
    assert_eq!((&json["breaks_first"], &json["procedure"]), (&"fresh".into(), &"counted".into()));
    assert!(json["growth"]["date"]["value"].as_str().unwrap().starts_with("202"), "{}", json["growth"]);
    assert_eq!(json["away"].as_array().map(Vec::len), Some(2));
    let rows = std::fs::read_to_string(&written[0]).unwrap();
    assert!(rows.lines().next() == Some("factor,kept_share,low,high,kept,runs,reached_on"), "{rows}");
    assert_eq!(rows.lines().count(), shop().curve.len() + 1);
    let svg = std::fs::read_to_string(&written[1]).unwrap();
    assert!(svg.contains(&words::title(shop()).replace('<', "&lt;")) || svg.contains("Load may grow"), "titled");
    assert!(matches!(shop().procedure, Procedure::Counted { replications: 100 }));
}
