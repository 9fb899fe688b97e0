//! What a run will cost, estimated before it begins: events and memory.
//!
//! Coarse on purpose: within a factor of a few, so that a scenario that asks for a month of computing or for more
//! memory than there is gets its answer at once. Not here: what is too much (`scenario`), and any simulation.

use super::flow::Hop;
use super::{Arrivals, ConsumerGroup, Model, Order, Process, QueueId, Rate, Replicas, Replications, Retry};
use crate::units::Seconds;

/// Bytes of one message wherever it waits: 32 in the events engine, and as much again for rings that double when full.
const MESSAGE_BYTES: f64 = 64.0;
/// Bytes of one slot: its entry in the agenda, its message, its counters.
const SLOT_BYTES: f64 = 64.0;
/// Bytes of one replica beside its slots.
const REPLICA_BYTES: f64 = 128.0;
/// Bytes of one partition or message group beside its messages: its ring, its owner, its counters.
pub const PARTITION_BYTES: f64 = 256.0;
/// Numbers per row of the time series that a replication keeps for the bands.
const SERIES_NUMBERS: f64 = 12.0;
/// Steps of the coarse fluid integration that bounds the backlog.
const BACKLOG_STEPS: usize = 1_000;

/// Estimate of what a run needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Events, over all replications.
    pub events: f64,
    /// Largest memory at one time when every message is simulated, in bytes.
    pub memory_bytes: f64,
    /// Memory of one time series, in bytes: all that is needed when no message is simulated.
    pub series_bytes: f64,
}

impl Cost {
    /// The larger of two costs, in each respect.
    #[must_use]
    pub fn at_least(self, other: Cost) -> Cost {
        Cost {
            events: self.events.max(other.events),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            series_bytes: self.series_bytes.max(other.series_bytes),
        }
    }
}

impl Model {
    /// Estimates events and memory of a run with all its replications.
    ///
    /// Per message two events (publish, ack), and one more each for an overhead, a delivery delay, a time to live and a
    /// confirm; per further delivery what a delivery takes. Copies, emissions and dead letters after failures are
    /// messages of the queues that they reach. Memory is that of the expected backlog by a fluid bound, of what is
    /// delayed or with the consumers (neither is bounded by the queue's capacity), of the slots, and of the time series
    /// of all replications.
    pub fn expected_cost(&self) -> Cost {
        let replications = f64::from(match self.replications {
            Replications::Fixed(replications) => replications,
            Replications::Until { at_most, .. } => at_most,
        });
        let visits = self.visits();
        let mut events = 0.0;
        let mut memory_bytes = 0.0;
        for (id, queue) in self.queues.iter().enumerate() {
            let messages = self.messages(id, &visits);
            let extras = [queue.delivery_delay.is_some(), queue.ttl.is_some()];
            events += messages * extras.iter().fold(1.0, |sum, extra| sum + f64::from(u8::from(*extra)));
            events += self.delivery_events(id, messages);
            let held = self.expected_backlog(id, &visits) + self.expected_delayed(id, &visits) + self.most_unacked(id);
            memory_bytes += held.min(messages) * MESSAGE_BYTES;
            if let Order::Partitions(parts) | Order::Groups(parts) = &queue.order {
                memory_bytes += f64::from(parts.count) * PARTITION_BYTES;
            }
        }
        for producer in &self.producers {
            if let Arrivals::Process { process, .. } = &producer.arrivals {
                events += state_changes(process, self.horizon_s);
            }
            if producer.confirms.is_some() {
                events += published(&producer.arrivals, 0.0, self.horizon_s);
            }
        }
        for group in &self.groups {
            let most = f64::from(group.most_replicas());
            events += replica_events(group, self.horizon_s) + decisions(group, self.horizon_s);
            memory_bytes += most * (REPLICA_BYTES + f64::from(group.slots_per_replica()) * SLOT_BYTES);
        }
        let rows = (self.horizon_s / self.resolution_s).ceil() * self.queues.len() as f64;
        events += rows;
        let series_bytes = rows * SERIES_NUMBERS * 8.0;
        memory_bytes += series_bytes * (replications + 1.0) + self.recorded_bytes();
        Cost { events: events * replications, memory_bytes, series_bytes }
    }

    /// Messages that one publish of each producer brings to each queue, and those that all initial messages do.
    fn visits(&self) -> Visits {
        let hops = self.hops();
        let queues = self.queues.len();
        let initial = self.queues.iter().map(|queue| queue.initial as f64);
        let mut visits =
            Visits { published: vec![Vec::new(); queues], initial: spread(queues, &hops, initial.enumerate()) };
        for (id, producer) in self.producers.iter().enumerate() {
            let reached = self.queues_of(producer.to).into_iter();
            let entering = reached.map(|queue| (queue, self.share_of(producer.to, queue)));
            for (queue, messages) in spread(queues, &hops, entering).into_iter().enumerate() {
                if messages > 0.0 {
                    visits.published[queue].push((id, messages));
                }
            }
        }
        visits
    }

    /// Messages that pass through a queue: those there at t = 0, and those published, emitted or dead-lettered into it
    /// up to the horizon.
    fn messages(&self, queue: QueueId, visits: &Visits) -> f64 {
        visits.initial[queue] + self.entering(queue, visits, 0.0, self.horizon_s)
    }

    /// Messages that enter a queue over a span of time because of what is published then.
    fn entering(&self, queue: QueueId, visits: &Visits, from_s: Seconds, until_s: Seconds) -> f64 {
        let of = |(id, messages): &(usize, f64)| messages * published(&self.producers[*id].arrivals, from_s, until_s);
        visits.published[queue].iter().map(of).sum()
    }

    /// Events of all deliveries from a queue: each ends, and may have an overhead, a timer and a rest before the next.
    fn delivery_events(&self, queue: QueueId, messages: f64) -> f64 {
        let groups: Vec<&ConsumerGroup> = self.groups_of(queue).collect();
        let all_per_s: f64 = groups.iter().map(|group| self.most_served_per_s(group)).sum();
        let mut events = if groups.is_empty() { messages } else { 0.0 };
        for group in groups {
            let own_per_s = self.most_served_per_s(group);
            let share = if all_per_s > 0.0 { messages * own_per_s / all_per_s } else { messages };
            let each = self.fate(group).deliveries * self.timeouts(group);
            // Whatever comes back, slots do no more than they can.
            let deliveries = (share * each).min(share + own_per_s * self.horizon_s);
            let retry = matches!(&group.failures, Some(failures) if failures.retry != Retry::AtOnce);
            let extras = [group.overhead.is_some(), group.ack_timeout_s.is_some(), retry];
            events += deliveries * extras.iter().fold(1.0, |sum, extra| sum + f64::from(u8::from(*extra)));
            if let Some(crashes) = group.crashes {
                let most = f64::from(group.most_replicas());
                let held = f64::from(group.prefetch).min(messages / most.max(1.0));
                events += most * self.horizon_s / crashes.every_s * held;
            }
        }
        events
    }

    /// Deliveries for one because of timeouts: at most 1 + (time held) / timeout by Markov's inequality, bounded by the
    /// delivery limit.
    fn timeouts(&self, group: &ConsumerGroup) -> f64 {
        let Some(timeout_s) = group.ack_timeout_s else { return 1.0 };
        let held_s = self.mean_occupancy_s(group) * f64::from(group.prefetch) / f64::from(group.slots_per_replica());
        let limit = self.queues[group.from].delivery_limit.map_or(f64::INFINITY, f64::from);
        (1.0 + held_s / timeout_s).min(limit)
    }

    /// Largest backlog of dM/dt = P − C, M ≥ 0, on a coarse grid; bounded by the capacity.
    fn expected_backlog(&self, queue: QueueId, visits: &Visits) -> f64 {
        let step_s = self.horizon_s / BACKLOG_STEPS as f64;
        let groups: Vec<_> = self.groups_of(queue).map(|group| (group, self.mean_occupancy_s(group))).collect();
        let mut backlog = self.queues[queue].initial as f64;
        let mut largest = backlog;
        for step in 0..BACKLOG_STEPS {
            let (from_s, until_s) = (step as f64 * step_s, (step + 1) as f64 * step_s);
            let entering = self.entering(queue, visits, from_s, until_s);
            let middle_s = 0.5 * (from_s + until_s);
            let served = groups.iter().map(|(group, occupied_s)| {
                capacity(group, *occupied_s, middle_s) * step_s / self.fate(group).deliveries
            });
            let served: f64 = served.sum();
            backlog = (backlog + entering - served).max(0.0);
            largest = f64::max(largest, backlog);
        }
        self.queues[queue].capacity.map_or(largest, |capacity| largest.min(capacity as f64))
    }

    /// Messages on their way through a delivery delay, or at rest before a retry: the highest rate on the coarse grid ×
    /// mean delay (Little).
    fn expected_delayed(&self, queue: QueueId, visits: &Visits) -> f64 {
        let delay_s = self.queues[queue].delivery_delay.as_ref().map_or(0.0, super::Distribution::mean);
        let delay_s = delay_s + self.groups_of(queue).map(|group| self.mean_rests_s(group)).fold(0.0, f64::max);
        if delay_s == 0.0 {
            return 0.0;
        }
        let step_s = self.horizon_s / BACKLOG_STEPS as f64;
        let highest_per_s = (0..BACKLOG_STEPS)
            .map(|step| self.entering(queue, visits, step as f64 * step_s, (step + 1) as f64 * step_s) / step_s)
            .fold(0.0, f64::max);
        highest_per_s * delay_s
    }

    /// Mean time that a message of a group is at rest before its retries, all of them together; at most the horizon.
    fn mean_rests_s(&self, group: &ConsumerGroup) -> Seconds {
        let Some(failures) = &group.failures else { return 0.0 };
        let each_s = match &failures.retry {
            Retry::AtOnce => return 0.0,
            Retry::Delay(delay) => delay.mean(),
            Retry::Backoff { max_s, .. } => *max_s,
        };
        (each_s * (self.fate(group).deliveries - 1.0)).min(self.horizon_s)
    }

    /// Most messages that the consumers of a queue can hold at once: replicas × prefetch.
    fn most_unacked(&self, queue: QueueId) -> f64 {
        self.groups_of(queue).map(|group| f64::from(group.most_replicas()) * f64::from(group.prefetch)).sum()
    }

    fn recorded_bytes(&self) -> f64 {
        let bytes = self.producers.iter().map(|producer| match &producer.arrivals {
            Arrivals::Recorded(rows) => std::mem::size_of_val(&**rows),
            Arrivals::Process { .. } => 0,
        });
        bytes.sum::<usize>() as f64
    }
}

/// How often messages visit each queue.
struct Visits {
    /// Per queue: producers, and how many messages each of their publishes brings there.
    published: Vec<Vec<(usize, f64)>>,
    /// Per queue: messages that were there at t = 0 or come from such.
    initial: Vec<f64>,
}

/// Visits of each queue by what enters some of them: x = entering + Aᵀx, by repeated substitution, which ends after as
/// many rounds as the longest way has hops if there is no cycle, and comes close enough if cycles fade.
fn spread(queues: usize, hops: &[Hop], entering: impl Iterator<Item = (QueueId, f64)>) -> Vec<f64> {
    const ROUNDS: usize = 1_000;
    /// Of what entered: less does not matter, more does not matter either.
    const NEGLIGIBLE: f64 = 1e-6;
    const BEYOND_MEASURE: f64 = 1e15;
    let mut wave = vec![0.0; queues];
    for (queue, messages) in entering {
        wave[queue] += messages;
    }
    let mut visits = wave.clone();
    let entered: f64 = wave.iter().sum();
    for _ in 0..ROUNDS {
        let mut next = vec![0.0; queues];
        for hop in hops {
            next[hop.to] += hop.gain * wave[hop.from];
        }
        let moved: f64 = next.iter().sum();
        if moved <= NEGLIGIBLE * entered || moved > BEYOND_MEASURE {
            break;
        }
        for (visits, next) in visits.iter_mut().zip(&next) {
            *visits += next;
        }
        wave = next;
    }
    visits
}

/// Messages published in `[from_s, until_s)`.
fn published(arrivals: &Arrivals, from_s: Seconds, until_s: Seconds) -> f64 {
    match arrivals {
        Arrivals::Process { rate, .. } => rate.integral(from_s, until_s).max(0.0),
        Arrivals::Recorded(rows) => {
            let before = |at_s: Seconds| rows.partition_point(|row| row.published_s < at_s);
            (before(until_s) - before(from_s)) as f64
        }
    }
}

/// C(t) of a group: what its slots serve per second when a message occupies one for `occupied_s`, held by its rate
/// limit, 0 while it is away.
fn capacity(group: &ConsumerGroup, occupied_s: Seconds, at_s: Seconds) -> f64 {
    if group.outages.iter().any(|(from_s, until_s)| (*from_s..*until_s).contains(&at_s)) {
        return 0.0;
    }
    // Whoever scales the group is taken to keep up as far as it may.
    let scaled = group.scaling.as_ref().map(|scaling| scaling.strategy.bounds().max);
    let replicas = scaled.unwrap_or_else(|| group.replicas.at(at_s));
    let slots = f64::from(replicas) * f64::from(group.slots_per_replica());
    let speed = group.speed.as_ref().map_or(1.0, |speed| speed.at(at_s));
    let each = if group.speeds.is_empty() { 1.0 } else { group.speeds.iter().sum::<f64>() / group.speeds.len() as f64 };
    let full = slots * speed * each / occupied_s;
    group.rate_limit.map_or(full, |limit| full.min(limit.rate_per_s))
}

/// Changes of state of a modulated process.
fn state_changes(process: &Process, span_s: Seconds) -> f64 {
    match process {
        Process::Mmpp(states) => {
            let cycle_s: f64 = states.iter().map(|state| state.mean_s).sum();
            span_s / cycle_s * states.len() as f64
        }
        Process::Batches { of, .. } => state_changes(of, span_s),
        Process::Poisson | Process::Regular | Process::Renewal(_) => 0.0,
    }
}

/// Events of replicas that come and go, crash and restart.
fn replica_events(group: &ConsumerGroup, horizon_s: Seconds) -> f64 {
    let changes: f64 = match &group.replicas {
        Replicas::Fixed(_) => 0.0,
        Replicas::Steps(steps) => steps.windows(2).map(|pair| f64::from(pair[0].1.abs_diff(pair[1].1))).sum(),
    };
    let crashes = group.crashes.map_or(0.0, |crashes| horizon_s / crashes.every_s);
    changes + 2.0 * (group.outages.len() as f64 + crashes) * f64::from(group.most_replicas())
}

/// Decisions about the size of a group, and the samples that they see.
fn decisions(group: &ConsumerGroup, span_s: Seconds) -> f64 {
    let Some(scaling) = &group.scaling else { return 0.0 };
    let samples = if scaling.sampling_s > 0.0 { span_s / scaling.sampling_s } else { 0.0 };
    scaling.strategy.decisions(span_s) + samples
}

/// About how many pieces a rate function has over a span of time: what walking through it costs.
pub fn pieces(rate: &Rate, span_s: Seconds) -> f64 {
    match rate {
        Rate::Constant(_) => 1.0,
        Rate::Steps(knots) | Rate::Points(knots) => knots.len() as f64 + 1.0,
        Rate::Sine { period_s, .. } => 4.0 * (span_s / period_s) + 1.0,
        Rate::Pulse { .. } | Rate::Burst { .. } => 3.0,
        Rate::Trace(trace) => trace.pieces().len() as f64 + 2.0,
        Rate::Sum(parts) => parts.iter().map(|part| pieces(part, span_s)).sum::<f64>() + 1.0,
        Rate::Scale { rate, .. } | Rate::Growth { rate, .. } => pieces(rate, span_s),
        Rate::Clamp { rate, .. } => 3.0 * pieces(rate, span_s),
        Rate::Shift { by_s, rate } => pieces(rate, span_s + by_s.abs()),
        Rate::Repeat { every_s, rate } => (span_s / every_s).ceil().max(1.0) * pieces(rate, every_s.min(span_s)),
        Rate::Weekly { days, .. } => {
            let week: f64 = days.iter().map(|day| pieces(day, 86_400.0_f64.min(span_s))).sum();
            (span_s / (7.0 * 86_400.0) + 1.0) * week
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AfterFailure, Destination, Distribution, Emission, Failures, Partitions, Producer, Queue, RecordedMessage,
        Routing, Topic,
    };

    /// 100/s for an hour against one slot that serves `1/mean_s` per second.
    fn model(mean_s: f64) -> Model {
        Model {
            resolution_s: 10.0,
            replications: Replications::Fixed(10),
            producers: vec![Producer::new(
                "p".to_owned(),
                0,
                Arrivals::Process { rate: Rate::Constant(100.0), process: Process::Poisson },
            )],
            queues: vec![Queue { initial: 1_000, ..Queue::new("q") }],
            groups: vec![ConsumerGroup::new("c", 0, 1, Distribution::Exponential { mean_s })],
            ..Model::new("m", 3_600.0)
        }
    }

    #[test]
    fn a_backlog_is_that_of_the_recorded_work() {
        let rows = |service_s| (0..1000).map(move |k| RecordedMessage { published_s: f64::from(k) * 0.01, service_s });
        let backlog = |service_s| {
            let mut model = model(0.001);
            model.horizon_s = 10.0;
            model.queues[0].initial = 0;
            model.producers[0].arrivals = Arrivals::Recorded(rows(service_s).collect());
            model.expected_backlog(0, &model.visits())
        };
        assert!(backlog(None) < 5.0, "the group's own service is quick");
        assert!((backlog(Some(0.02)) - 500.0).abs() < 10.0, "what was recorded takes twice the time there is");
    }

    #[test]
    fn events_are_two_per_message_and_replication() {
        let cost = model(0.005).expected_cost();
        let exact = 10.0 * (2.0 * 361_000.0 + 360.0);
        assert!((cost.events / exact - 1.0).abs() < 1e-9, "{cost:?}");
        let mut delayed = model(0.005);
        delayed.queues[0].delivery_delay = Some(Distribution::Constant(1.0));
        assert!(delayed.expected_cost().events > 1.49 * cost.events);
    }

    #[test]
    fn an_overloaded_queue_needs_memory_for_its_backlog() {
        let (calm, overloaded) = (model(0.005).expected_cost(), model(0.02).expected_cost());
        // 50/s too many for an hour.
        let backlog_bytes = overloaded.memory_bytes - calm.memory_bytes;
        assert!((backlog_bytes / (180_000.0 * MESSAGE_BYTES) - 1.0).abs() < 0.01, "{backlog_bytes}");
        let mut bounded = model(0.02);
        bounded.queues[0].capacity = Some(2_000);
        assert!(bounded.expected_cost().memory_bytes < calm.memory_bytes + 1_001.0 * MESSAGE_BYTES);
    }

    #[test]
    fn capacity_bounds_neither_delayed_nor_unacked_messages() {
        let mut bounded = model(0.005);
        bounded.queues[0].initial = 0;
        bounded.queues[0].capacity = Some(100);
        let plain_bytes = bounded.expected_cost().memory_bytes;
        let mut delayed = bounded.clone();
        delayed.queues[0].delivery_delay = Some(Distribution::Exponential { mean_s: 1_000.0 });
        let delayed_bytes = delayed.expected_cost().memory_bytes - plain_bytes;
        assert!((delayed_bytes / (100_000.0 * MESSAGE_BYTES) - 1.0).abs() < 1e-3, "{delayed_bytes}");
        // No more than everything that is published.
        delayed.queues[0].delivery_delay = Some(Distribution::Constant(36_000.0));
        let delayed_bytes = delayed.expected_cost().memory_bytes - plain_bytes;
        assert!((delayed_bytes / (360_000.0 * MESSAGE_BYTES) - 1.0).abs() < 1e-3, "{delayed_bytes}");
        let mut prefetched = bounded.clone();
        prefetched.groups[0].prefetch = 50_000;
        let unacked_bytes = prefetched.expected_cost().memory_bytes - plain_bytes;
        assert!((unacked_bytes / (50_000.0 * MESSAGE_BYTES) - 1.0).abs() < 1e-3, "{unacked_bytes}");
        prefetched.groups[0].prefetch = 1_000_000_000;
        let unacked_bytes = prefetched.expected_cost().memory_bytes - plain_bytes;
        assert!((unacked_bytes / (360_000.0 * MESSAGE_BYTES) - 1.0).abs() < 1e-3, "{unacked_bytes}");
    }

    /// The queue of `model` leads to a second one by an emission of this many messages at each ack.
    fn pipeline(per_message: f64) -> Model {
        let mut model = model(0.005);
        model.queues[0].initial = 0;
        model.queues.push(Queue::new("second"));
        model.groups[0].emits = vec![Emission { to: Destination::Queue(1), per_message }];
        model.groups.push(ConsumerGroup::new("d", 1, 1, Distribution::Exponential { mean_s: 0.001 }));
        model
    }

    #[test]
    fn emissions_copies_and_dead_letters_are_messages_of_other_queues() {
        let rows = 2.0 * 360.0;
        let per_replication = |model: &Model| model.expected_cost().events / 10.0 - rows;
        assert!((per_replication(&pipeline(1.0)) / (4.0 * 360_000.0) - 1.0).abs() < 1e-9);
        assert!((per_replication(&pipeline(0.5)) / (3.0 * 360_000.0) - 1.0).abs() < 1e-9);
        let mut copies = pipeline(0.0);
        copies.topics = vec![Topic { name: "t".to_owned(), to: Routing::Copies(vec![0, 1]) }];
        copies.producers[0].to = Destination::Topic(0);
        assert!((per_replication(&copies) / (4.0 * 360_000.0) - 1.0).abs() < 1e-9);
        let mut dead = pipeline(0.0);
        dead.queues[0].dead_letter = Some(1);
        dead.groups[0].failures = Some(failures(0.1, AfterFailure::DeadLetter));
        assert!((per_replication(&dead) / (2.2 * 360_000.0) - 1.0).abs() < 1e-9);
        // Half of it goes round again: 1 + 1/2 + 1/4 + …
        let mut feedback = pipeline(0.0);
        feedback.groups[0].emits = vec![Emission { to: Destination::Queue(0), per_message: 0.5 }];
        assert!((per_replication(&feedback) / (4.0 * 360_000.0) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn further_deliveries_cost_but_not_more_than_the_slots_can_do() {
        let events = |change: &dyn Fn(&mut Model)| {
            let mut model = model(0.005);
            change(&mut model);
            model.expected_cost().events / 10.0 - 360.0
        };
        let plain = 361_000.0;
        let halves = events(&|model| model.groups[0].failures = Some(failures(0.5, AfterFailure::Requeue)));
        assert!((halves / (3.0 * plain) - 1.0).abs() < 1e-9, "two deliveries each: {halves}");
        let storm = events(&|model| model.groups[0].failures = Some(failures(1.0, AfterFailure::Requeue)));
        let most = 2.0 * plain + 3_600.0 / 0.005;
        assert!((storm / most - 1.0).abs() < 1e-9, "200/s for an hour at most: {storm}");
        let limited = events(&|model| {
            model.groups[0].failures = Some(failures(1.0, AfterFailure::Requeue));
            model.queues[0].delivery_limit = Some(2);
        });
        assert!((limited / (3.0 * plain) - 1.0).abs() < 1e-9, "{limited}");
        let slow = events(&|model| model.groups[0].ack_timeout_s = Some(0.005));
        assert!((slow / (5.0 * plain) - 1.0).abs() < 1e-9, "two deliveries with a timer each: {slow}");
    }

    fn failures(probability: f64, then: AfterFailure) -> Failures {
        Failures { probability, poison: 0.0, then, retry: Retry::AtOnce, partial: false }
    }

    #[test]
    fn partitions_and_rests_need_memory() {
        let bytes = |change: &dyn Fn(&mut Model)| {
            let mut model = model(0.005);
            model.queues[0].initial = 0;
            change(&mut model);
            model.expected_cost().memory_bytes
        };
        let plain = bytes(&|_| ());
        let parts = Partitions { count: 1_000, skew: 0.0 };
        assert!((bytes(&|model| model.queues[0].order = Order::Partitions(parts)) - plain - 256_000.0).abs() < 1e-6);
        let resting = bytes(&|model| {
            model.groups[0].failures = Some(failures(0.2, AfterFailure::Requeue));
            let retry = Retry::Delay(Distribution::Constant(60.0));
            model.groups[0].failures.as_mut().unwrap().retry = retry;
        });
        // 100/s, a quarter of a retry each, 60 s at rest.
        assert!(((resting - plain) / (1_500.0 * MESSAGE_BYTES) - 1.0).abs() < 1e-6, "{}", resting - plain);
    }

    #[test]
    fn a_group_that_is_scaled_costs_what_it_may_grow_to_and_its_decisions() {
        use crate::model::Scaling;
        use crate::model::scaling::{AgeScaling, Bounds, Strategy};
        let mut scaled = model(0.02);
        let age = |max| Strategy::Age(AgeScaling::new(Bounds { min: 1, max }, 10.0));
        scaled.groups[0].scaling = Some(Scaling { sampling_s: 5.0, ..Scaling::new(age(4)) });
        let (fixed, four) = (model(0.02).expected_cost(), scaled.expected_cost());
        // An hour with a decision every 15 s and a sample every 5 s, ten times.
        assert!((four.events - fixed.events - 10.0 * (240.0 + 720.0)).abs() < 1e-6);
        assert!(four.memory_bytes < 0.5 * fixed.memory_bytes, "four replicas keep up");
        scaled.groups[0].scaling = Some(Scaling::new(age(1_000_000)));
        let million = scaled.expected_cost();
        assert!(million.memory_bytes - four.memory_bytes > 0.99e6 * (REPLICA_BYTES + SLOT_BYTES));
    }

    #[test]
    fn fast_state_changes_and_fine_functions_cost_too() {
        let mut model = model(0.005);
        let states = vec![super::super::MmppState { factor: 1.0, mean_s: 1e-6 }; 2];
        let Arrivals::Process { process, .. } = &mut model.producers[0].arrivals else { unreachable!("a process") };
        *process = Process::Mmpp(states);
        assert!(model.expected_cost().events > 3.6e10);
        // Horizon / mean cycle × states, beside 2 events per message and 1 per row, in each of 10 replications.
        let Arrivals::Process { process, .. } = &mut model.producers[0].arrivals else { unreachable!("a process") };
        let slow = |mean_s| super::super::MmppState { factor: 1.0, mean_s };
        *process = Process::Mmpp(vec![slow(0.001), slow(0.005)]);
        let exact = 10.0 * (2.0 * 361_000.0 + 360.0 + 3_600.0 / 0.006 * 2.0);
        assert!((model.expected_cost().events / exact - 1.0).abs() < 1e-9);
        let pulse = Rate::Pulse { height: 1.0, from_s: 0.0, until_s: 1.0 };
        let fine = Rate::Repeat { every_s: 2.0, rate: Box::new(pulse) };
        assert!((5_000.0..6_000.0).contains(&pieces(&fine, 3_600.0)));
    }
}
