//! Who takes messages away: C(t) = replicas(t) · concurrency · speed(t) / (mean service + mean overhead).

use super::{Distribution, QueueId, Rate};
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
    /// Intervals `[from, until)` in which the whole group is away, in order and disjoint.
    pub outages: Vec<(Seconds, Seconds)>,
    /// Price of one replica.
    pub cost: Option<Cost>,
}

impl ConsumerGroup {
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shutdown {
    /// Running and prefetched work is completed, nothing new is taken.
    #[default]
    Finish,
    /// Everything held returns to the queue at once.
    Requeue,
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
