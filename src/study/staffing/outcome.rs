//! What time-varying staffing answers: schedules, what they keep, and settings of autoscalers.

use crate::engine::transient::TransientQueue;
use crate::measure::EventsOutcome;
use crate::measure::summary::SloVerdict;
use crate::model::{GroupId, QueueId, Replicas};
use crate::study::compare::KeptShare;
use crate::units::Seconds;

/// What may be chosen besides the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StaffingOptions {
    /// What the schedule must keep; without it, what the promises about waits and latencies of the queue demand.
    pub target: Option<StaffingTarget>,
    /// Length of an interval of the schedule, above 0; without it the longer of the scenario's resolution and five
    /// minutes (at most the horizon).
    pub interval_s: Option<Seconds>,
    /// Threads for replications; all cores without a number. The answer does not depend on it.
    pub threads: Option<usize>,
}

/// What a schedule keeps at every instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StaffingTarget {
    /// At most this share of the arrivals waits at all; in `(0, 1)`.
    DelayProbability(f64),
    /// At most this share waits longer than so many seconds.
    Wait {
        /// Share in `(0, 1)`: 0.01 for a p99.
        share: f64,
        /// Seconds, at least 0.
        within_s: Seconds,
    },
    /// At most this share takes longer than so many seconds from publish to ack.
    Latency {
        /// Share in `(0, 1)`: 0.01 for a p99.
        share: f64,
        /// Seconds, above 0.
        within_s: Seconds,
    },
}

/// By which load an interval is staffed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffingRule {
    /// By the offered load m(t): the mean number of busy slots if there were always enough of them (Jennings,
    /// Mandelbaum, Massey and Whitt 1996).
    OfferedLoad,
    /// By λ(t)·E\[S\], as if the rate of the instant had always been that rate: late by about one service.
    Pointwise,
}

impl StaffingRule {
    /// Both, the recommended first.
    pub const ALL: [StaffingRule; 2] = [StaffingRule::OfferedLoad, StaffingRule::Pointwise];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            StaffingRule::OfferedLoad => "offered load (MOL)",
            StaffingRule::Pointwise => "pointwise",
        }
    }
}

/// One group's staffing over time.
#[derive(Clone, Debug)]
pub struct Staffing {
    /// The queue.
    pub queue: QueueId,
    /// The group.
    pub group: GroupId,
    /// What the schedules keep.
    pub target: StaffingTarget,
    /// Where that came from, in words: `fresh: p99 latency below 2 s`.
    pub target_from: String,
    /// Length of an interval of the schedule, in seconds.
    pub interval_s: Seconds,
    /// Rate and load, interval by interval.
    pub load: Vec<LoadRow>,
    /// One outcome per rule, in the order of [`StaffingRule::ALL`].
    pub outcomes: Vec<StaffingOutcome>,
    /// What an autoscaler would be told.
    pub autoscaler: AutoscalerSettings,
    /// What a reader must know before trusting the numbers.
    pub notes: Vec<String>,
}

/// Rate and loads of one interval of the schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadRow {
    /// Begin.
    pub from_s: Seconds,
    /// End.
    pub until_s: Seconds,
    /// Mean rate at which messages are published, per second.
    pub rate_per_s: f64,
    /// Largest offered load m(t), in busy slots.
    pub offered_load: f64,
    /// Largest λ(t)·E\[S\], in busy slots.
    pub pointwise_load: f64,
}

/// One rule's schedule and what it does.
#[derive(Clone, Debug)]
pub struct StaffingOutcome {
    /// By which load it was staffed.
    pub rule: StaffingRule,
    /// Whole replicas over time: always [`Replicas::Steps`].
    pub schedule: Replicas,
    /// Time-average of the wanted replicas over the horizon.
    pub mean_replicas: f64,
    /// Wanted replicas × hours.
    pub replica_hours: f64,
    /// Its price, where replicas have one.
    pub cost: Option<f64>,
    /// Verdicts of the events engine on the scenario's promises, in their order.
    pub slos: Vec<SloVerdict>,
    /// In how many runs all promises were kept; `None` without promises.
    pub kept: Option<KeptShare>,
    /// How the probability of waiting moves over time: a rule that works keeps it level.
    pub delay_probability: Option<DelayRange>,
    /// Whether that is the law of replicas that hand their work back when they leave (`shutdown: requeue`), although
    /// those of the group finish it: theirs has no exact law.
    pub hands_back_instead: bool,
    /// Everything that the events engine says of it.
    pub events: EventsOutcome,
    /// Everything that the exact transient law says of the queue; its `why_not` says why there is none.
    pub transient: TransientQueue,
}

/// The probability that an arrival waits, over time: exact, where the transient law exists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DelayRange {
    /// Lowest at an end of an interval of the time series.
    pub min: f64,
    /// When.
    pub min_at_s: Seconds,
    /// Highest.
    pub max: f64,
    /// When.
    pub max_at_s: Seconds,
    /// Over all arrivals.
    pub mean: f64,
}

/// Settings for an autoscaler, derived from the schedule by the offered load.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerSettings {
    /// A strategy of this scenario language, ready to be pasted below `strategies:`.
    pub strategy_yaml: String,
    /// Triggers of a KEDA `ScaledObject`: one cron trigger per level above the least. Without a start on the clock or a
    /// day as period there is none, and `why_no_cron` says so.
    pub keda_cron: Option<String>,
    /// Why there are no cron triggers.
    pub why_no_cron: Option<String>,
    /// Messages in the queue per replica at which a queue-length trigger holds the target: acceptable wait × the
    /// messages per second that one replica serves, at least one.
    pub backlog_per_replica: f64,
    /// How that number came about, in words.
    pub backlog_per_replica_from: String,
    /// Fewest replicas of the schedule.
    pub min_replicas: u32,
    /// Most replicas of the schedule.
    pub max_replicas: u32,
}

/// Why there is no staffing.
#[derive(Debug, thiserror::Error)]
pub enum StaffingError {
    /// The group or its arrivals are outside of what an offered load can describe.
    #[error("no staffing for {group}: {why}")]
    NotApplicable {
        /// The group.
        group: String,
        /// Why, in words.
        why: String,
    },
    /// Nothing says how well the queue must be served.
    #[error(
        "nothing says how long messages of {queue} may wait: promise a wait or a latency (slo: {{fast: {{queue: \
         {queue}, wait: p95, below: 500ms}}}}), or give a target"
    )]
    NoTarget {
        /// The queue.
        queue: String,
    },
    /// No number of replicas keeps the promise.
    #[error("no number of replicas of {group} keeps it: {why}")]
    Infeasible {
        /// The group.
        group: String,
        /// Why, in words.
        why: String,
    },
    /// A simulation could not run.
    #[error(transparent)]
    Study(#[from] crate::study::StudyError),
}
