//! What the formula engine says about one queue, key by key as in `summary.json`.

use serde::Serialize;

/// One queue, by queueing theory. Everything is `None` when no exact formula applies, and `why_not` says why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FormulaQueue {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Kendall's name, e.g. `M/M/c`.
    pub model: Option<String>,
    /// Share of busy slot time.
    pub utilization: Option<f64>,
    /// Mean number waiting.
    pub ready_mean: Option<f64>,
    /// Mean wait.
    pub wait_mean_s: Option<f64>,
    /// Share of (accepted) messages that wait.
    pub wait_probability: Option<f64>,
    /// Median wait.
    pub wait_p50_s: Option<f64>,
    /// 90th percentile of the wait.
    pub wait_p90_s: Option<f64>,
    /// 95th percentile of the wait.
    pub wait_p95_s: Option<f64>,
    /// 99th percentile of the wait.
    pub wait_p99_s: Option<f64>,
    /// 99.9th percentile of the wait.
    pub wait_p999_s: Option<f64>,
    /// Mean of wait + service.
    pub latency_mean_s: Option<f64>,
    /// 99th percentile of wait + service.
    pub latency_p99_s: Option<f64>,
    /// Share of messages that find no room.
    pub loss: Option<f64>,
    /// Why (part of) the answer is missing.
    pub why_not: Option<String>,
}
