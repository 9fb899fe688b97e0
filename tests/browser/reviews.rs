//! Reviews to look at, made by the library from small scenarios. Knows nothing of browsers.

use std::fs;
use std::path::{Path, PathBuf};

use forebay::measure::Outcome;
use forebay::report::{self, ReviewSource};
use forebay::scenario::{self, Limits, Source};
use forebay::study;
use forebay::study::review::{ReviewOptions, Subject};
use tempfile::TempDir;

/// An hour with a peak, on a clock, with promises: one kept, one broken.
pub const SALE: &str = "\
name: sale
title: Orders during a sale of fifteen minutes
description: Four workers, and a quarter of an hour in which they are not enough.
horizon: 1h
resolution: 30s
replications: 4
start: 2026-11-27T08:00:00Z
producers:
  checkout:
    to: orders
    rate: {sum: [{constant: 4/s}, {pulse: {height: 20/s, from: 15m, until: 30m}}]}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 4, service: {lognormal: {mean: 200ms, cv: 1}}}
slo:
  fresh: {queue: orders, latency: p99, below: 2s}
  small: {queue: orders, depth: max, below: 10000}
";

/// The same without a clock.
pub const WITHOUT_CLOCK: &str = "\
name: plain
horizon: 2h
resolution: 1m
replications: 2
producers:
  sender: {to: letters, rate: 2/s}
queues:
  letters: {}
consumers:
  readers: {from: letters, replicas: 2, service: {exponential: {mean: 700ms}}}
";

/// A week at one-minute resolution: 10,080 intervals.
pub const WEEK: &str = "\
name: week
title: A week of orders, minute by minute
horizon: 7d
resolution: 1m
replications: 3
start: 2026-11-23T00:00:00Z
producers:
  checkout:
    to: orders
    rate: {diurnal: {low: 0.05/s, high: 1/s, peak_at: 14h}}
queues:
  orders: {}
consumers:
  workers: {from: orders, replicas: 3, service: {exponential: {mean: 2500ms}}}
slo:
  fresh: {queue: orders, latency: p99, below: 30s}
";

/// Texts that must stay texts: markup, a script's end, writing from right to left, emoji, 200 signs.
pub const HOSTILE_TITLE: &str = "</script><script>window.broken = 1</script><img src=x onerror=window.broken=2> \
    \u{202e}שלום عالم 🚚📬 & <b>bold</b> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub fn hostile() -> String {
    let quoted = serde_json::to_string(HOSTILE_TITLE).unwrap();
    format!("title: {quoted}\ndescription: {quoted}\n{WITHOUT_CLOCK}")
}

/// A review on disk, with what it was made of.
pub struct Written {
    pub outcome: Outcome,
    pub html: String,
    folder: TempDir,
}

impl Written {
    pub fn of(scenario: &str) -> Self {
        let source = Source::from_text("scenario.yaml", scenario);
        let loaded = scenario::load(&source, &[], &Limits::default()).unwrap();
        let variant = |changes: &[scenario::Override]| {
            scenario::load(&source, changes, &Limits::default()).map(|loaded| loaded.model)
        };
        let subject = Subject { model: &loaded.model, planning: &loaded.planning, variant: &variant };
        let findings = study::review(&subject, &ReviewOptions::default(), &|_| {}).unwrap();
        let html = report::review_html(&ReviewSource {
            findings: &findings,
            file: "scenario.yaml",
            text: scenario,
            changes: &[],
            presets: &loaded.presets,
            warnings: &[],
            former: None,
        });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("review.html"), &html).unwrap();
        Self { outcome: findings.outcome, html, folder }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("review.html")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
