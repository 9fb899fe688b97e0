//! Mean flows between queues: what one message that enters a queue brings to others, by emissions and dead letters.
//!
//! Means only, of failures and emissions; what expires, overflows or times out depends on the load and is left to the
//! engines.

use super::{AfterFailure, ConsumerGroup, Failures, Model, QueueId};

/// One way from queue to queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    /// Where a message enters.
    pub from: QueueId,
    /// Where it brings others to.
    pub to: QueueId,
    /// How many on average, at least 0.
    pub gain: f64,
}

/// What becomes of the messages that a group gets, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// Share that is acked in the end.
    pub acked: f64,
    /// Share that is given up: dead-lettered or dropped after its failures.
    pub given_up: f64,
    /// Deliveries per message; infinite if some come back for ever.
    pub deliveries: f64,
}

impl Model {
    /// What becomes of the messages of a group's queue, by its failures and the queue's delivery limit.
    ///
    /// Attempts fail independently with probability p, so that of n allowed deliveries the mean number used is
    /// (1 − pⁿ)/(1 − p), and a message is given up with probability pⁿ; poison uses all n.
    pub fn fate(&self, group: &ConsumerGroup) -> Fate {
        let Some(Failures { probability, poison, then, .. }) = &group.failures else {
            return Fate { acked: 1.0, given_up: 0.0, deliveries: 1.0 };
        };
        let (p, poison) = (*probability, *poison);
        let most = match then {
            AfterFailure::Requeue => self.queues[group.from].delivery_limit,
            AfterFailure::DeadLetter | AfterFailure::Drop => Some(1),
        };
        let Some(most) = most else {
            let sound = if p < 1.0 { 1.0 - poison } else { 0.0 };
            let deliveries = if sound < 1.0 { f64::INFINITY } else { 1.0 / (1.0 - p) };
            return Fate { acked: sound, given_up: 0.0, deliveries };
        };
        let most = f64::from(most);
        let acked = (1.0 - poison) * (1.0 - p.powf(most));
        let tries = if p < 1.0 { (1.0 - p.powf(most)) / (1.0 - p) } else { most };
        Fate { acked, given_up: 1.0 - acked, deliveries: poison * most + (1.0 - poison) * tries }
    }

    /// All ways from queue to queue that messages take by emissions, after failures, and through queues that nobody
    /// consumes and whose messages expire into their dead-letter queue. Groups on one queue get shares of its messages
    /// in proportion to their capacity.
    pub fn hops(&self) -> Vec<Hop> {
        let mut hops = Vec::new();
        let capacities = self.capacities();
        for group in &self.groups {
            let (own, all) = (self.most_served_per_s(group), capacities[group.from]);
            let share = if all > 0.0 { own / all } else { 1.0 };
            let fate = self.fate(group);
            for emission in &group.emits {
                for to in self.queues_of(emission.to) {
                    let copies = self.share_of(emission.to, to);
                    hops.push(Hop { from: group.from, to, gain: share * fate.acked * emission.per_message * copies });
                }
            }
            let drops = group.failures.as_ref().is_some_and(|failures| failures.then == AfterFailure::Drop);
            if let (Some(to), false) = (self.queues[group.from].dead_letter, drops) {
                hops.push(Hop { from: group.from, to, gain: share * fate.given_up });
            }
        }
        for (from, queue) in self.queues.iter().enumerate() {
            if let (Some(to), Some(_), false) = (queue.dead_letter, &queue.ttl, self.groups_of(from).next().is_some()) {
                hops.push(Hop { from, to, gain: 1.0 });
            }
        }
        hops
    }

    /// What the slots of each queue's groups can serve per second together.
    fn capacities(&self) -> Vec<f64> {
        let mut capacities = vec![0.0; self.queues.len()];
        for group in &self.groups {
            capacities[group.from] += self.most_served_per_s(group);
        }
        capacities
    }

    /// What the slots of a group can serve per second with all the replicas that it ever has, at speed 1.
    pub(super) fn most_served_per_s(&self, group: &ConsumerGroup) -> f64 {
        let slots = f64::from(group.most_replicas()) * f64::from(group.slots_per_replica());
        slots / self.mean_occupancy_s(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Destination, Distribution, Emission, Queue, Retry, Routing, Topic};

    /// Queues a, b, c; a group on a.
    fn model(failures: impl Into<Option<Failures>>, limit: Option<u32>) -> Model {
        let mut a = Queue::new("a");
        a.delivery_limit = limit;
        a.dead_letter = Some(2);
        let mut group = ConsumerGroup::new("g", 0, 2, Distribution::Constant(1.0));
        group.failures = failures.into();
        group.emits = vec![Emission { to: Destination::Topic(0), per_message: 2.0 }];
        let topic = Topic { name: "t".to_owned(), to: Routing::Shares(vec![(1, 0.75), (2, 0.25)]) };
        Model {
            queues: vec![a, Queue::new("b"), Queue::new("c")],
            groups: vec![group],
            topics: vec![topic],
            ..Model::new("m", 10.0)
        }
    }

    fn failures(probability: f64, poison: f64, then: AfterFailure) -> Failures {
        Failures { probability, poison, then, retry: Retry::AtOnce, partial: false }
    }

    #[track_caller]
    fn assert_fate(model: &Model, acked: f64, given_up: f64, deliveries: f64) {
        let fate = model.fate(&model.groups[0]);
        let near = |value: f64, expected: f64| value == expected || (value - expected).abs() < 1e-12;
        assert!(
            near(fate.acked, acked) && near(fate.given_up, given_up) && near(fate.deliveries, deliveries),
            "{fate:?}"
        );
    }

    #[test]
    fn failures_are_tried_again_up_to_the_limit() {
        assert_fate(&model(None, Some(3)), 1.0, 0.0, 1.0);
        let requeue = AfterFailure::Requeue;
        assert_fate(&model(failures(0.5, 0.0, requeue), None), 1.0, 0.0, 2.0);
        assert_fate(&model(failures(0.5, 0.0, requeue), Some(3)), 0.875, 0.125, 1.75);
        assert_fate(&model(failures(0.0, 0.1, requeue), Some(3)), 0.9, 0.1, 1.2);
        assert_fate(&model(failures(1.0, 0.0, requeue), Some(3)), 0.0, 1.0, 3.0);
        assert_fate(&model(failures(0.5, 0.1, requeue), None), 0.9, 0.0, f64::INFINITY);
        assert_fate(&model(failures(0.5, 0.0, AfterFailure::Drop), Some(3)), 0.5, 0.5, 1.0);
    }

    #[test]
    fn what_is_acked_is_emitted_and_what_is_given_up_is_dead_lettered() {
        let hop = |to: QueueId, gain: f64| Hop { from: 0, to, gain };
        let half = |then| model(failures(0.5, 0.0, then), None).hops();
        assert_eq!(half(AfterFailure::DeadLetter), [hop(1, 0.75), hop(2, 0.25), hop(2, 0.5)]);
        assert_eq!(half(AfterFailure::Drop), [hop(1, 0.75), hop(2, 0.25)]);
        let mut shared = model(None, None);
        shared.groups.push(ConsumerGroup::new("other", 0, 6, Distribution::Constant(1.0)));
        assert_eq!(shared.hops()[0], hop(1, 0.375), "a quarter of the messages go to the group that emits");
    }

    #[test]
    fn a_queue_without_consumers_passes_on_what_expires() {
        let mut model = model(None, None);
        model.groups.clear();
        assert_eq!(model.hops(), []);
        let after = Distribution::Constant(5.0);
        model.queues[0].ttl = Some(crate::model::Ttl { after, at: crate::model::TtlPlace::Head });
        assert_eq!(model.hops(), [Hop { from: 0, to: 2, gain: 1.0 }]);
    }
}
