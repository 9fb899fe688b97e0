//! The fluid is the limit of events: with n times the messages and n times the consumers, ready(t)/n approaches the fluid
//! backlog, and the error falls like n^(−1/2).

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use forebay::engine::fluid;
use forebay::model::Model;
use forebay::scenario::{Limits, Source, load};
use forebay::study::repeat;

/// Ten seconds of overload, and twenty-five to drain it. Service is short against them: what is in service, which the
/// fluid does not know, is a thousandth of the backlog.
fn model(n: u32, replications: u32) -> Model {
    let text = format!(
        "horizon: 60s\nresolution: 1s\nreplications: {replications}\nseed: 5\n\
         producers:\n  p: {{to: q, rate: {{steps: [[0s, {low}/s], [10s, {high}/s], [20s, {low}/s]]}}}}\n\
         queues:\n  q: {{}}\n\
         consumers:\n  g: {{from: q, replicas: {c}, service: {{exponential: {{mean: 20ms}}}}}}\n",
        low = 60 * n,
        high = 200 * n,
        c = 2 * n
    );
    load(&Source::from_text("limit.yaml", text), &[], &Limits::default())
        .unwrap_or_else(|faults| panic!("{faults:?}"))
        .model
}

/// Root mean square over time and replications of ready(t)/n − M(t), relative to the largest M.
fn relative_error(n: u32, replications: u32) -> f64 {
    let mut model = model(n, 1);
    let fluid = fluid::integrate(&self::model(1, 1)).remove(0);
    let mut squares = 0.0;
    for seed in 0..u64::from(replications) {
        model.seed = seed;
        let series = repeat(&model, Some(1), &|_| {}).unwrap().series.remove(0);
        assert_eq!(series.ready_mean.len(), fluid.backlog.len());
        let errors =
            series.ready_mean.iter().zip(&fluid.backlog).map(|(ready, backlog)| ready / f64::from(n) - backlog);
        squares += errors.map(|error| error * error).sum::<f64>() / fluid.backlog.len() as f64;
    }
    (squares / f64::from(replications)).sqrt() / fluid.max_backlog.unwrap()
}

#[test]
fn the_error_falls_like_the_root_of_the_size() {
    let sizes = [(1, 256), (4, 128), (16, 64), (64, 48)];
    let points: Vec<(f64, f64)> = sizes
        .iter()
        .map(|(n, replications)| {
            let error = relative_error(*n, *replications);
            println!("n = {n}: relative error {:.3} %", 100.0 * error);
            (f64::from(*n).ln(), error.ln())
        })
        .collect();
    let slope = slope(&points);
    println!("slope {slope:.3}");
    assert!((-0.65..=-0.35).contains(&slope), "the error falls like n^{slope:.3}");
    assert!(points[3].1.exp() < 0.01, "still far from the fluid: {:.3} %", 100.0 * points[3].1.exp());
}

/// Least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let products: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    products / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}
