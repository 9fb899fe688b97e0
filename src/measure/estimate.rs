//! One reported number with its 95 % interval.

use serde::Serialize;

/// The mean over replications of a replication's statistic, with its 95 % t-interval.
///
/// `low` and `high` are `None` with one replication; `value` is `None` when the number does not exist, and then
/// `why_not` says why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean over replications.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}
