//! Tests of the module above, on real sweeps of a small queue.

use std::ops::ControlFlow;

use super::*;
use crate::measure::EngineChoice;
use crate::model::Model;
use crate::scenario::{self, Axis, Faults, Grid, Limits, Override, Source};
use crate::study::sweep::{QueueFigure, SweepPoint};
use crate::study::{SweepOptions, sweep};

const SALE: &str = "
name: sale
horizon: 10m
replications: 4
producers:
  shop: {to: orders, rate: 80/s}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 3, service: {exponential: {mean: 50ms}}, cost: 1 USD/h}
slo:
  fresh: {queue: orders, latency: p99, below: 500ms}
";

fn variant(changes: &[Override]) -> Result<Model, Faults> {
    let source = Source::from_text("sale.yaml", SALE);
    scenario::load(&source, changes, &Limits::default()).map(|loaded| loaded.model)
}

fn swept(axes: &[&str], engine: EngineChoice) -> Sweep {
    let grid = Grid { axes: axes.iter().map(|axis| Axis::read(axis).unwrap()).collect() };
    let options = SweepOptions { engine, threads: None };
    let found = |_: &SweepPoint| ControlFlow::Continue(());
    sweep(&variant(&[]).unwrap(), &grid, options, &variant, Vec::new(), &found).unwrap()
}

fn fresh() -> Shown {
    Shown::Promise("fresh".to_owned())
}

const REPLICAS: &str = "consumers.workers.replicas=3..8";
const RATES: &str = "producers.shop.rate=40/s,80/s,120/s";

#[test]
fn one_axis_at_eighty_columns() {
    insta::assert_snapshot!(sweep_table(&swept(&[REPLICAS], EngineChoice::Events), &fresh(), 80));
}

#[test]
fn two_axes_at_eighty_columns() {
    insta::assert_snapshot!(sweep_table(&swept(&[REPLICAS, RATES], EngineChoice::Events), &fresh(), 80));
}

#[test]
fn tables_fit_and_charts_are_pictures_whatever_is_swept() {
    let services = "consumers.workers.service={constant: 50ms},{lognormal: {mean: 50ms, cv: 1}},10ms";
    for (axes, charts) in [
        (&[REPLICAS, RATES, "consumers.workers.concurrency=1,2"][..], 0),
        (&[services][..], 2),
        (&[RATES, services][..], 2),
        (&["consumers.workers.replicas=1,2,500"][..], 2),
        (&["consumers.workers.replicas=3..90"][..], 2),
        (&["seed=1,2", "consumers.workers.prefetch=1"][..], 2),
        (&["seed=7"][..], 0),
    ] {
        for engine in [EngineChoice::Fluid, EngineChoice::Formula] {
            let sweep = swept(axes, engine);
            for shown in [Shown::usual(&sweep), Shown::Kept, cost()] {
                let table = sweep_table(&sweep, &shown, 80);
                assert!(table.lines().all(|line| line.chars().count() <= 80), "{axes:?}\n{table}");
                let drawn = chart::sweep_charts(&View::new(&sweep, &shown)).unwrap();
                let expected = if shown == Shown::Kept { 0 } else { charts };
                assert_eq!(drawn.len(), expected, "{axes:?} {engine:?} {shown:?}");
                for (name, bytes) in drawn {
                    assert!(chart::is_sweeps(&name) && bytes.len() > 1000, "{name}");
                }
            }
        }
    }
}

fn cost() -> Shown {
    Shown::Figure { queue: "orders".to_owned(), figure: QueueFigure::Cost }
}

#[test]
fn csv_has_a_row_per_point_and_queue_and_json_the_same_numbers() {
    let sweep = swept(&[REPLICAS], EngineChoice::Events);
    let text = csv::sweep_csv(&sweep);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().take(3).collect::<Vec<_>>(), ["consumers.workers.replicas", "queue", "replications"]);
    let json = sweep_json(&sweep, &fresh());
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 6);
    for (row, point) in rows.iter().zip(json["points"].as_array().unwrap()) {
        let cell = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        assert_eq!(cell("consumers.workers.replicas"), point["values"]["consumers.workers.replicas"]);
        let p99 = &point["queues"]["orders"]["latency_p99_s"];
        assert_eq!(number("latency_p99_s_low"), p99["low"].as_f64().unwrap());
        assert_eq!(number("slo.fresh.kept_share"), point["slo"]["fresh"]["kept"]["value"].as_f64().unwrap());
    }
}

#[test]
fn points_survive_the_file_to_the_last_bit() {
    let home = tempfile::tempdir().unwrap();
    let mut sweep = swept(&[REPLICAS], EngineChoice::Events);
    sweep.points.extend(swept(&[REPLICAS], EngineChoice::Formula).points);
    for (k, point) in sweep.points.iter_mut().enumerate() {
        point.point = k as u64;
    }
    let begun = PartialSweep::open(home.path(), 7, false).unwrap();
    assert_eq!((begun.points.len(), begun.earlier), (0, Earlier::Nothing));
    for point in &sweep.points {
        begun.partial.keep(point).unwrap();
    }
    let again = PartialSweep::open(home.path(), 7, false).unwrap();
    assert_eq!((again.points, again.earlier), (sweep.points.clone(), Earlier::Same));
    let file = home.path().join("sweep.partial");
    let mut text = std::fs::read_to_string(&file).unwrap().replacen("\"point\":3,", "\"point\":4,", 1);
    text.truncate(text.len() - 9);
    std::fs::write(&file, text).unwrap();
    let damaged = PartialSweep::open(home.path(), 7, false).unwrap();
    let left: Vec<u64> = damaged.points.iter().map(|point| point.point).collect();
    assert_eq!(left, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10], "a damaged line and one that was cut off are dropped");
    assert_eq!(PartialSweep::open(home.path(), 7, true).unwrap().earlier, Earlier::Forgotten);
    begun.partial.keep(&sweep.points[0]).unwrap();
    assert_eq!(PartialSweep::open(home.path(), 8, false).unwrap().earlier, Earlier::Other);
}

#[test]
fn notes_are_in_the_table_and_in_the_file() {
    let mut sweep = swept(&["seed=1,2"], EngineChoice::Fluid);
    assert!(!sweep_table(&sweep, &fresh(), 80).contains("Note:"));
    sweep.notes = vec!["a median stands in".to_owned()];
    assert!(sweep_table(&sweep, &fresh(), 80).contains("Note: a median stands in"));
    assert_eq!(sweep_json(&sweep, &fresh())["notes"][0], "a median stands in");
}
