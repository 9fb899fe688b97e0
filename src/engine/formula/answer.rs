//! What the formula engine says about one queue, key by key as in `summary.json`.

use serde::Serialize;

/// A formula that is not exact, and how wrong it is known to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approximation {
    /// Who and when, e.g. `Kimura 1986 (M/G/c)`.
    pub name: String,
    /// Its known error, in words.
    pub error: String,
    /// Largest relative error of the means that is known for queues like this one; `None` without a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<f64>,
}

/// One queue, by queueing theory. Everything is `None` when no formula applies, and `why_not` says why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FormulaQueue {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Kendall's name, e.g. `M/M/c`.
    pub model: Option<String>,
    /// Which approximation it is; `None` when the answer is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximation: Option<Approximation>,
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
