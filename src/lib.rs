//! # forebay
//!
//! A queueing-model simulator and capacity planner for message queues and event-driven systems.
//!
//! A forebay is the pool in front of a turbine: water that has arrived and waits its turn. A message queue is one, and
//! its level obeys one equation,
//!
//! > dM/dt = P(t) − C(t), 0 ≤ M ≤ capacity
//!
//! with M messages that wait, P the rate at which producers publish and C the rate at which consumers take away. Three
//! engines answer how deep a queue gets, how late its messages are and when its backlog is gone: `events` follows every
//! message, `fluid` integrates the equation exactly, `formula` is queueing theory where it is exact. They check one
//! another.
//!
//! ```text
//! text ──scenario──▶ Model ──engine──▶ Replication ──measure──▶ Outcome ──report──▶ table, JSON, CSV, charts
//!        every fault of           no files, no clock,          ▲           all files,
//!        the user ends here       no printing                  │           nothing is printed
//!                                                       study: runs, repeats, judges
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`units`] | seconds, rates, messages; reading and printing `250ms`, `1.2k/s` |
//! | [`model`] | the valid world: rate functions, distributions, queues, consumer groups, promises |
//! | [`scenario`] | text → [`model::Model`], or every fault of the text at once |
//! | [`engine`] | every message, the equation, formulas, and the exact law in time |
//! | [`measure`] | time-weighted levels, quantiles, intervals over replications |
//! | [`study`] | runs on all cores and their verdicts; comparisons, plans, headroom, drain times, sweeps, reviews |
//! | [`report`] | tables, JSON, CSV, charts, and the page of a review |
//!
//! A module knows only those above it. Equal inputs give equal answers, whatever the number of threads. What exactly is
//! simulated (ties, acks, warm-up, quantiles, random streams) is described in `docs/mechanisms.md`.
//!
//! # Example
//!
//! From a text to the 99th percentile of the latency, with the interval that says how sure it is:
//!
//! ```
//! use forebay::scenario::{self, Limits, Source};
//! use forebay::study::{self, RunOptions};
//!
//! let text = "
//! name: orders
//! horizon: 10m
//! replications: 5
//! producers:
//!   shop: {to: orders, rate: 80/s}
//! queues:
//!   orders: {}
//! consumers:
//!   workers: {from: orders, replicas: 5, service: {exponential: {mean: 50ms}}}
//! slo:
//!   fresh: {queue: orders, latency: p99, below: 500ms}
//! ";
//! let scenario = scenario::load(&Source::from_text("orders.yaml", text), &[], &Limits::default())?;
//! let outcome = study::run(&scenario.model, &RunOptions::default(), &|_progress| ())?;
//!
//! let events = outcome.events.expect("all engines were asked");
//! let p99 = &events.queues[0].latency_s.p99;
//! println!("p99 latency {:?} s, 95 % interval {:?} to {:?}", p99.value, p99.low, p99.high);
//!
//! // Theory knows this queue as M/M/5: 304 ms.
//! assert!((p99.value.unwrap() - 0.304).abs() < 0.03);
//! assert_eq!(outcome.slos[0].met, Some(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod engine;
pub mod measure;
pub mod model;
pub mod report;
pub mod scaling;
pub mod scenario;
pub mod study;
pub mod units;
