//! What the fluid engine says about a queue.
//!
//! Not here: how it finds out.

use serde::Serialize;

use super::course::Course;
use crate::units::Seconds;

/// One queue, by the fluid engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FluidQueue {
    /// Key in the scenario.
    #[serde(skip)]
    pub name: String,
    /// Largest backlog M on `[0, horizon]`, messages.
    pub max_backlog: Option<f64>,
    /// When it was first reached.
    pub max_at_s: Option<f64>,
    /// End of the last interval with M > 0 (0 if none); `None` if M > 0 at the horizon.
    pub drained_at_s: Option<f64>,
    /// Largest FIFO delay (publish → service start) of arrivals in `[0, horizon]`, rates continued beyond it.
    pub max_delay_s: Option<f64>,
    /// ∫M dt over the horizon, message-seconds.
    pub backlog_area: Option<f64>,
    /// Messages that are gone without an ack: refused, dropped, expired or given up, and not in another queue.
    pub lost: Option<f64>,
    /// Messages that went to the dead-letter queue; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_lettered: Option<f64>,
    /// Why some of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// M at the ends of the intervals; empty, like the other series, when the engine has no answer at all.
    #[serde(skip)]
    pub backlog: Vec<f64>,
    /// Publish → service start of a message published at the ends of the intervals; `None` where it is never served.
    #[serde(skip)]
    pub delay_s: Vec<Option<f64>>,
    /// Mean of P over each interval.
    #[serde(skip)]
    pub publish_rate: Vec<f64>,
    /// Mean of C over each interval.
    #[serde(skip)]
    pub capacity_rate: Vec<f64>,
    /// What happens between the ends of the intervals; `None` when the engine has no answer at all.
    #[serde(skip)]
    pub course: Option<Course>,
    /// The group of the queue that a strategy scales, if there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<FluidGroup>,
}

/// The replicas of a group that a strategy scales, by the fluid engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FluidGroup {
    /// Key in the scenario.
    pub name: String,
    /// Replica-hours from the end of the warm-up to the horizon, those that start or leave included.
    pub replica_hours: f64,
    /// Most replicas at once in the same time.
    pub replicas_max: u32,
    /// Changes of the wanted number in the same time.
    pub scale_events: usize,
    /// What stands for what is random: the fluid is one path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumes: Vec<String>,
    /// `(from_s, replicas)` that the strategy wants, ascending, from t = 0 to the horizon.
    #[serde(skip)]
    pub wanted: Vec<(Seconds, u32)>,
    /// The same of those that exist, starting and leaving ones included.
    #[serde(skip)]
    pub running: Vec<(Seconds, u32)>,
    /// The same of those that take messages.
    #[serde(skip)]
    pub ready: Vec<(Seconds, u32)>,
}
