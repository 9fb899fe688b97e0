//! Tests of the module above.

use std::path::Path;

use resvg::tiny_skia::Pixmap;

use super::*;
use crate::measure::Outcome;
use crate::model::{Promise, Quantile, Replicas};
use crate::report::fixture::{self, Setup};

const CLOCK: Option<&str> = Some("2026-11-27T08:00:00Z");

/// Ordinary and odd runs.
fn gallery() -> Vec<(&'static str, Outcome)> {
    let of = |name, setup: Setup| (name, fixture::outcome(&Setup { name, ..setup }));
    let day = |t: f64| 120.0 - 80.0 * (t / 86_400.0 * std::f64::consts::TAU).cos();
    let long_name =
        "orders-of-the-european-storefront-including-returns-and-refunds-v2.priority-lane.shard-0042-of-0128x"
            .to_owned();
    let steps = Replicas::Steps(vec![(0.0, 2), (1500.0, 12), (4200.0, 4)]);
    let hello = [("quick", Promise::Wait(Quantile::P(0.95), 0.5))];
    vec![
        of("flash-sale", Setup { start: CLOCK, ..Setup::default() }),
        of("no-clock", Setup::default()),
        of(
            "week",
            Setup {
                horizon_s: 604_800.0,
                rows: 360,
                publish: day,
                per_replica: 47.0,
                start: CLOCK,
                ..Setup::default()
            },
        ),
        of(
            "ten-seconds",
            Setup {
                horizon_s: 10.0,
                rows: 100,
                publish: |_| 1.0,
                per_replica: 25.0,
                replicas: Replicas::Fixed(1),
                replications: 1,
                slos: hello.to_vec(),
                ..Setup::default()
            },
        ),
        of("nothing", Setup { publish: |_| 0.0, ..Setup::default() }),
        of(
            "few",
            Setup {
                publish: |t| if (600.0..603.0).contains(&t) { 1.2 } else { 0.1 },
                per_replica: 0.5,
                replicas: Replicas::Fixed(1),
                horizon_s: 1200.0,
                rows: 240,
                service_s: 2.0,
                slos: vec![],
                ..Setup::default()
            },
        ),
        of("millions", Setup { publish: |t| if t < 3600.0 { 900.0 } else { 20.0 }, slos: vec![], ..Setup::default() }),
        of("long-name", Setup { queue: long_name, start: CLOCK, ..Setup::default() }),
        of("one-run", Setup { replications: 1, start: CLOCK, ..Setup::default() }),
        of("nobody", Setup { replicas: Replicas::Fixed(0), ..Setup::default() }),
        of("timetable", Setup { replicas: steps, start: CLOCK, ..Setup::default() }),
        of("full-start", Setup { publish: |_| 40.0, initial: 50_000, ..Setup::default() }),
        ("steady", fixture::steady()),
        ("fluid-only", Outcome { events: None, slos: vec![], ..fixture::flash_sale() }),
    ]
}

/// The charts of the gallery are kept for the eye in the folder that this variable names.
const LOOK: &str = "FOREBAY_LOOK";

#[test]
fn every_chart_of_every_run_is_a_picture() {
    let look = std::env::var_os(LOOK);
    for (name, outcome) in gallery() {
        for view in QueueView::all(&outcome) {
            for kind in Kind::ALL.into_iter().filter(|kind| kind.applies(&view)) {
                let picture = draw(&view, kind).unwrap_or_else(|fault| panic!("{name} {kind:?}: {fault}"));
                if let Some(folder) = &look {
                    let file = Path::new(folder).join(format!("{name}-{}.png", kind.name()));
                    std::fs::write(file.with_extension("svg"), &picture.svg).unwrap();
                    std::fs::write(file, &picture.png).unwrap();
                }
                assert_is_picture(&picture, &format!("{name} {kind:?}"));
            }
        }
    }
}

fn assert_is_picture(picture: &Picture, what: &str) {
    let pixels = Pixmap::decode_png(&picture.png).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    assert_eq!((pixels.width(), pixels.height()), (1800, 960), "{what}");
    let inked = pixels.pixels().iter().filter(|pixel| pixel.red() < 250).count();
    assert!((10_000..1_000_000).contains(&inked), "{what}: {inked} inked pixels");
    let white = |x: u32, y: u32| pixels.pixel(x, y).is_some_and(|pixel| pixel.red() > 250 && pixel.green() > 250);
    let edge_is_white =
        (0..1800).all(|x| white(x, 0) && white(x, 959)) && (0..960).all(|y| white(0, y) && white(1799, y));
    assert!(edge_is_white, "{what}: something is clipped at the edge");
    let tree = resvg::usvg::Tree::from_str(&picture.svg, &resvg::usvg::Options::default());
    let size = tree.unwrap_or_else(|fault| panic!("{what}: {fault}")).size();
    assert_eq!((size.width(), size.height()), (900.0, 480.0), "{what}");
    assert!(picture.svg.contains("<title>") && !picture.svg.contains("<text"), "{what}: text is outlined");
}

#[test]
fn a_chart_is_the_same_each_time() {
    let outcome = fixture::flash_sale();
    let view = &QueueView::all(&outcome)[0];
    let (first, second) = (draw(view, Kind::Depth).unwrap(), draw(view, Kind::Depth).unwrap());
    assert!(first.svg == second.svg && first.png == second.png);
}

#[test]
fn file_names_are_safe_and_different() {
    let mut outcome = fixture::flash_sale();
    let mut queue = outcome.model.queues[0].clone();
    for name in ["Orders", "../up", "a b"] {
        queue.name = name.to_owned();
        outcome.model.queues.push(queue.clone());
    }
    assert_eq!(file_stems(&QueueView::all(&outcome)), ["orders", "Orders_2", "_.._up", "a_b"]);
}

#[test]
fn only_our_own_charts_are_ours() {
    assert!(is_ours("orders-depth.svg") && is_ours("a-b-consumers.png"));
    assert!(!is_ours("photo.png") && !is_ours("orders-depth.txt") && !is_ours("depth.svg"));
}

#[test]
fn a_chart_bears_the_title_of_its_scenario_or_else_its_name() {
    let mut outcome = fixture::flash_sale();
    assert_eq!(
        subtitle(&QueueView::all(&outcome)[0], ""),
        "Order events during a sale · queue orders · 20 replications"
    );
    outcome.model.title = None;
    assert_eq!(subtitle(&QueueView::all(&outcome)[0], ""), "flash-sale · queue orders · 20 replications");
}
