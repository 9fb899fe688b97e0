//! Settings of step scaling, target tracking and Lambda on SQS.
//!
//! AWS publishes what these services promise, not every figure that they go by. What is not published is a parameter
//! here, named as an approximation where it is defined. Not here: how they decide (`scaling::step`,
//! `scaling::target_tracking`, `scaling::lambda`).

use super::{Bounds, Signal};
use crate::units::Seconds;

/// Step scaling: a ladder of adjustments above a threshold, another one below a threshold.
///
/// Hysteresis is the room between the two thresholds. (Amazon EC2 Auto Scaling user guide, "Simple and step scaling
/// policies".)
#[derive(Clone, Debug, PartialEq)]
pub struct StepScaling {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// Period of the alarm's metric, default 60 s: how often it decides.
    pub period_s: Seconds,
    /// What the alarm watches, default ready messages.
    pub signal: Signal,
    /// Whether the signal is divided by the ready replicas, default false.
    pub per_replica: bool,
    /// The ladder that scales out: applies from its threshold up.
    pub outward: Option<Ladder>,
    /// The ladder that scales in: applies from its threshold down.
    pub inward: Option<Ladder>,
}

impl StepScaling {
    /// An alarm on the queue's ready messages with every default, and no ladder yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, period_s: 60.0, signal: Signal::Ready, per_replica: false, outward: None, inward: None }
    }
}

/// One step scaling policy with its alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// The alarm's threshold.
    pub threshold: f64,
    /// Steps relative to the threshold, without gaps and overlaps, in ascending order.
    pub steps: Vec<Step>,
    /// How an adjustment is meant.
    pub adjustment: AdjustmentType,
    /// `MinAdjustmentMagnitude`, for percentages; default 1.
    pub least_change: u32,
    /// Consecutive periods beyond the threshold before it acts, default 1.
    pub evaluation_periods: u32,
    /// Rest after its own change, default 300 s. While a step out rests, only a larger one acts, and only by the
    /// difference; a step in waits for both rests.
    pub cooldown_s: Seconds,
}

impl Ladder {
    /// A ladder with every default.
    pub fn new(threshold: f64, steps: Vec<Step>) -> Self {
        Self {
            threshold,
            steps,
            adjustment: AdjustmentType::default(),
            least_change: 1,
            evaluation_periods: 1,
            cooldown_s: 300.0,
        }
    }
}

/// One step of a ladder: metric − threshold between two bounds. Above the threshold the lower bound belongs to the
/// step, below it the upper one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Lower bound; open downwards if absent.
    pub lower: Option<f64>,
    /// Upper bound; open upwards if absent.
    pub upper: Option<f64>,
    /// By how much: replicas or per cent, negative to scale in.
    pub by: f64,
}

/// How an adjustment is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdjustmentType {
    /// Replicas more or less.
    #[default]
    ChangeInCapacity,
    /// Exactly this many replicas.
    ExactCapacity,
    /// Per cent of the size, rounded as AWS does it.
    PercentChangeInCapacity,
}

/// Target tracking, by default on the backlog per instance.
///
/// The exact algorithm is not published. This is an approximation that keeps every documented fact: proportional and
/// rounded up on the way out; on the way in only well below the target, fewer removed than computed; no data, no
/// action. (Amazon EC2 Auto Scaling user guide, "Target tracking scaling policies".)
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetTracking {
    /// Smallest and largest size.
    pub bounds: Bounds,
    /// What is tracked, default ready messages.
    pub signal: Signal,
    /// Whether it is divided by the ready replicas, default true.
    pub per_replica: bool,
    /// Target: acceptable wait / mean processing time for a backlog per instance. Above 0.
    pub target: f64,
    /// Period of the metric, default 60 s: how often it decides.
    pub period_s: Seconds,
    /// Approximation: consecutive periods above the target before it scales out, default 3.
    pub out_periods: u32,
    /// Approximation: consecutive periods below the lower threshold before it scales in, default 15.
    pub in_periods: u32,
    /// Approximation: how far below the target the lower threshold lies, default 0.1 of it.
    pub in_margin: f64,
    /// Rest after a step out, default 300 s; a larger step out acts all the same.
    pub out_cooldown_s: Seconds,
    /// Rest after a step in, default 300 s; a step out ends it.
    pub in_cooldown_s: Seconds,
    /// `DisableScaleIn`, default false.
    pub disable_scale_in: bool,
}

impl TargetTracking {
    /// Backlog per instance with every default.
    pub fn backlog_per_instance(bounds: Bounds, target: f64) -> Self {
        Self {
            bounds,
            signal: Signal::Ready,
            per_replica: true,
            target,
            period_s: 60.0,
            out_periods: 3,
            in_periods: 15,
            in_margin: 0.1,
            out_cooldown_s: 300.0,
            in_cooldown_s: 300.0,
            disable_scale_in: false,
        }
    }
}

/// Lambda's event source mapping on SQS: a replica is one concurrent batch.
///
/// Approximation: the growth is documented per minute and taken as even; when nothing waits, the concurrency falls to
/// what is in flight. (AWS Lambda developer guide, "Scaling and processing in Lambda event source mappings for SQS".)
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LambdaSqs {
    /// How often it decides, default 10 s (an approximation).
    pub period_s: Seconds,
    /// Concurrent batches to begin with, and the least, default 5.
    pub least: u32,
    /// Most concurrent batches added per minute while messages wait, default 300 (60 in the older generation).
    pub added_per_minute: f64,
    /// Most concurrent batches, default 1000; `MaximumConcurrency` is 2 to 1000.
    pub most: u32,
    /// Messages per batch, default 10.
    pub batch_size: u32,
    /// FIFO queue: no more than one batch per message group with messages (the queue's partitions).
    pub fifo: bool,
}

impl Default for LambdaSqs {
    fn default() -> Self {
        Self { period_s: 10.0, least: 5, added_per_minute: 300.0, most: 1000, batch_size: 10, fifo: false }
    }
}
