//! Who takes messages away: C(t) = replicas(t) · concurrency · speed(t) / (mean service + mean overhead).

use super::{Contention, Distribution, Emission, QueueId, Rate, ResourceId, Scaling};
use crate::units::Seconds;

/// A consumer group: equal replicas on one queue.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroup {
    /// Key in the scenario.
    pub name: String,
    /// The queue that it consumes.
    pub from: QueueId,
    /// How many replicas, when.
    pub replicas: Replicas,
    /// Slots per replica, at least 1.
    pub concurrency: u32,
    /// Unacked messages per replica, at least 1; below `concurrency` it caps the slots.
    pub prefetch: u32,
    /// Work of one message, in seconds at speed 1.
    pub service: Distribution,
    /// Slot time after each ack, before slot and credit come back.
    pub overhead: Option<Distribution>,
    /// Work done per second as a function of time (a factor, so the "rate" is dimensionless); 0 is a pause.
    pub speed: Option<Rate>,
    /// Speed factor per replica: replica i has `speeds[i % len]`; empty means 1 for all.
    pub speeds: Vec<f64>,
    /// Token bucket on the starts of the whole group.
    pub rate_limit: Option<RateLimit>,
    /// Time from a replica's launch to its first message; not at t = 0.
    pub startup: Option<Distribution>,
    /// What a replica does with what it holds when it is told to leave.
    pub shutdown: Shutdown,
    /// When a delivery counts as done.
    pub ack: Ack,
    /// Longest time that a delivery may stay unacked (a visibility timeout): then the message comes back, while the
    /// first attempt still runs.
    pub ack_timeout_s: Option<Seconds>,
    /// Deliveries that fail.
    pub failures: Option<Failures>,
    /// Replicas that die and come back.
    pub crashes: Option<Crashes>,
    /// One service for several messages.
    pub batch: Option<Batch>,
    /// Unacked messages of the whole group, at least 1 (JetStream's `MaxAckPending`).
    pub in_flight_limit: Option<u32>,
    /// What a change of membership costs a partitioned group.
    pub rebalance: Option<Rebalance>,
    /// How busy slots slow one another down.
    pub contention: Option<Contention>,
    /// What each service holds while it runs: resource and units.
    pub uses: Vec<(ResourceId, u32)>,
    /// What is published at each ack.
    pub emits: Vec<Emission>,
    /// Who decides on the number of replicas; without it, `replicas` alone. With it, `replicas` is the number at t = 0.
    pub scaling: Option<Scaling>,
    /// Intervals `[from, until)` in which the whole group is away, in order and disjoint.
    pub outages: Vec<(Seconds, Seconds)>,
    /// Price of one replica.
    pub cost: Option<Cost>,
}

impl ConsumerGroup {
    /// A group of `replicas` replicas with one slot each and nothing special about it.
    pub fn new(name: impl Into<String>, from: QueueId, replicas: u32, service: Distribution) -> Self {
        ConsumerGroup {
            name: name.into(),
            from,
            replicas: Replicas::Fixed(replicas),
            concurrency: 1,
            prefetch: 1,
            service,
            overhead: None,
            speed: None,
            speeds: Vec::new(),
            rate_limit: None,
            startup: None,
            shutdown: Shutdown::Finish,
            ack: Ack::After,
            ack_timeout_s: None,
            failures: None,
            crashes: None,
            batch: None,
            in_flight_limit: None,
            rebalance: None,
            contention: None,
            uses: Vec::new(),
            emits: Vec::new(),
            scaling: None,
            outages: Vec::new(),
            cost: None,
        }
    }

    /// Most replicas that are ever wanted: those of `replicas`, or of whoever scales the group.
    pub fn most_replicas(&self) -> u32 {
        let scaled = self.scaling.as_ref().map_or(0, |scaling| scaling.strategy.bounds().max);
        self.replicas.most().max(scaled)
    }

    /// Slots that can work at once on one replica: concurrency, capped by prefetch.
    pub fn slots_per_replica(&self) -> u32 {
        self.concurrency.min(self.prefetch)
    }
}

/// How many replicas a group has.
#[derive(Clone, Debug, PartialEq)]
pub enum Replicas {
    /// The same number throughout.
    Fixed(u32),
    /// `(from_s, replicas)`, ascending, the first at 0; the newest replica leaves first.
    Steps(Vec<(Seconds, u32)>),
}

impl Replicas {
    /// Wanted replicas at `time_s`.
    pub fn at(&self, time_s: Seconds) -> u32 {
        match self {
            Replicas::Fixed(replicas) => *replicas,
            Replicas::Steps(steps) => {
                let passed = steps.partition_point(|(from_s, _)| *from_s <= time_s);
                passed.checked_sub(1).map_or(0, |last| steps[last].1)
            }
        }
    }

    /// Largest number ever wanted.
    pub fn most(&self) -> u32 {
        match self {
            Replicas::Fixed(replicas) => *replicas,
            Replicas::Steps(steps) => steps.iter().map(|(_, replicas)| *replicas).max().unwrap_or(0),
        }
    }
}

/// Token bucket: `rate_per_s` tokens a second up to `burst`, full at t = 0; each start takes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Tokens per second, above 0.
    pub rate_per_s: f64,
    /// Size of the bucket, at least 1.
    pub burst: f64,
}

/// What a leaving replica does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Shutdown {
    /// Running and prefetched work is completed, nothing new is taken.
    #[default]
    Finish,
    /// The same within a grace period in seconds, above 0; what is not done then returns to the queue.
    FinishWithin(Seconds),
    /// Everything held returns to the queue at once.
    Requeue,
}

/// When a delivery counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack {
    /// When its service has ended: at least once.
    #[default]
    After,
    /// When it is delivered: at most once, what a lost replica held is lost.
    Before,
}

/// Deliveries that fail: known when their service ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Failures {
    /// Probability that an attempt fails, in `[0, 1]`.
    pub probability: f64,
    /// Share of the messages that fail at every attempt, in `[0, 1]`.
    pub poison: f64,
    /// What becomes of a failed delivery.
    pub then: AfterFailure,
    /// How long a requeued message rests before it can be delivered again.
    pub retry: Retry,
    /// Of a batch, whether only the failed messages come back, or all of it.
    pub partial: bool,
}

/// What becomes of a failed delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterFailure {
    /// It returns to its queue.
    #[default]
    Requeue,
    /// It goes to the dead-letter queue.
    DeadLetter,
    /// It is gone.
    Drop,
}

/// How long a requeued message rests.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Retry {
    /// Not at all.
    #[default]
    AtOnce,
    /// Drawn anew each time.
    Delay(Distribution),
    /// `min(first · factor^(k−1), max)` before the (k+1)-th delivery, less a uniform share of up to `jitter`.
    Backoff {
        /// Rest after the first failure, above 0.
        first_s: Seconds,
        /// Growth per failure, at least 1.
        factor: f64,
        /// Longest rest, at least `first_s`.
        max_s: Seconds,
        /// Largest share that chance takes away, in `[0, 1]`; 1 is "full jitter".
        jitter: f64,
    },
}

/// Replicas that die, each on its own, after exponential times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crashes {
    /// Mean time between two crashes of a replica, above 0.
    pub every_s: Seconds,
    /// Until it is launched again; its start-up follows.
    pub restart_s: Seconds,
}

/// One service for several messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// Most messages in one, at least 1.
    pub size: u32,
    /// How long a slot waits for a batch to fill, from its first message.
    pub linger_s: Seconds,
}

/// What a change of membership costs a partitioned group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rebalance {
    /// Who pauses.
    pub kind: RebalanceKind,
    /// For how long.
    pub pause_s: Seconds,
}

/// Who pauses during a rebalance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebalanceKind {
    /// Every partition.
    Eager,
    /// Only the partitions that change hands.
    Cooperative,
}

/// What a replica costs from wanted to terminated.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Amount per replica and hour.
    pub per_hour: f64,
    /// Currency code as written, e.g. `USD`.
    pub currency: String,
}

impl ConsumerGroup {
    /// Messages of mean work E\[S\] = `service_s` that one slot of a replica with this `replica_speed` can serve over
    /// `[from_s, until_s]`:
    /// ∫ 1 / (E\[S\] / (speed(t) · replica speed) + E\[overhead\]) dt, exact where the speed is piecewise constant or
    /// there is no overhead, otherwise by Simpson's rule on 64 pieces between the speed's breakpoints.
    pub fn served_per_slot(&self, service_s: Seconds, from_s: Seconds, until_s: Seconds, replica_speed: f64) -> f64 {
        let overhead_s = self.overhead.as_ref().map_or(0.0, Distribution::mean);
        let per_second = |speed: f64| {
            let speed = speed * replica_speed;
            if speed > 0.0 { 1.0 / (service_s / speed + overhead_s) } else { 0.0 }
        };
        match &self.speed {
            None => (until_s - from_s) * per_second(1.0),
            Some(speed) if overhead_s == 0.0 => speed.integral(from_s, until_s) * per_second(1.0),
            Some(speed) => {
                let mut edges = vec![from_s];
                edges.extend(speed.breakpoints(from_s, until_s));
                edges.push(until_s);
                let piece = |edge: &[f64]| simpson(edge[0], edge[1], |at_s| per_second(speed.at(at_s)));
                edges.windows(2).map(piece).sum()
            }
        }
    }
}

/// Simpson's rule on 64 pieces of `[from, until)`; the right end is approached from the left, where a speed jumps.
fn simpson(from: f64, until: f64, f: impl Fn(f64) -> f64) -> f64 {
    const PIECES: usize = 64;
    let step = (until - from) / PIECES as f64;
    let last = until.next_down().max(from);
    let inner: f64 = (1..PIECES).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * f(from + k as f64 * step)).sum();
    (f(from) + inner + f(last)) * step / 3.0
}
