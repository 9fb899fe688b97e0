//! What the transient engine says about one queue, key by key as in `summary.json`.

use serde::Serialize;

/// One queue, by its exact law in time. Everything is `None` where the queue has none, and `why_not` says why.
///
/// Levels are over `[warmup, horizon]`, waits and probabilities over the messages published in it, as the events
/// engine measures them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TransientQueue {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Kendall's name with what depends on time marked, e.g. `M_t/M/c_t`.
    pub model: Option<String>,
    /// Time-average of the mean number in the system.
    pub depth_mean: Option<f64>,
    /// Median of the number in the system over time and chance.
    pub depth_p50: Option<f64>,
    /// Its 95th percentile.
    pub depth_p95: Option<f64>,
    /// Its 99th percentile.
    pub depth_p99: Option<f64>,
    /// Time-average of the mean number that waits.
    pub ready_mean: Option<f64>,
    /// Share of the arrivals that find all slots busy (of those taken in, where room is limited).
    pub wait_probability: Option<f64>,
    /// Mean wait of the arrivals, where the number of slots never changes and nobody loses patience.
    pub wait_mean_s: Option<f64>,
    /// 95th percentile of that wait.
    pub wait_p95_s: Option<f64>,
    /// 99th percentile of that wait.
    pub wait_p99_s: Option<f64>,
    /// Share of the arrivals that find no room or lose patience.
    pub loss: Option<f64>,
    /// Largest mean number in the system at t = 0 or the end of an interval of the time series.
    pub max_mean_depth: Option<f64>,
    /// When that is.
    pub max_at_s: Option<f64>,
    /// Proven bound on the error of every probability here, at every instant (total variation).
    pub error: Option<f64>,
    /// Proven bound on the error of every mean number of messages, in messages.
    pub mean_error: Option<f64>,
    /// Why (part of) the answer is missing.
    pub why_not: Option<String>,
    /// The law at the ends of the intervals.
    #[serde(skip)]
    pub series: TransientSeries,
}

/// One entry for each end of an interval of the time series. At an instant at which slots change, what was just before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransientSeries {
    /// When.
    pub time_s: Vec<f64>,
    /// Mean number in the system.
    pub depth_mean: Vec<f64>,
    /// Its standard deviation.
    pub depth_deviation: Vec<f64>,
    /// 5th percentile of the number in the system.
    pub depth_p05: Vec<f64>,
    /// Median.
    pub depth_p50: Vec<f64>,
    /// 95th percentile.
    pub depth_p95: Vec<f64>,
    /// 99th percentile.
    pub depth_p99: Vec<f64>,
    /// Mean number that waits.
    pub ready_mean: Vec<f64>,
    /// Probability that all slots are busy: that of waiting for a Poisson arrival at this instant.
    pub delay_probability: Vec<f64>,
    /// Probability that nothing is in the system.
    pub empty_probability: Vec<f64>,
    /// Mean wait of an arrival at this instant; `None` where the slots change afterwards or messages lose patience.
    pub virtual_wait_mean_s: Vec<Option<f64>>,
}
