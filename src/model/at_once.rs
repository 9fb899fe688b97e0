//! How much a group can do at the same time, whatever the number of its slots: what holds some of them back while
//! others work. Not here: what one slot does (`consumers`), and who has to wait when (the engines).

use super::{ConsumerGroup, Model, Order};
use crate::units::Seconds;

/// What bounds the work of a group beside the number of its slots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtOnce {
    /// Most services that can run at the same time; infinite without a bound.
    pub services: f64,
    /// Most messages that can be in service at the same time; infinite without a bound.
    pub messages: f64,
    /// Whether only one replica works.
    pub one_replica: bool,
    /// Whether the bounds tell which load can be kept up for ever: not where others take from the same resource, nor
    /// where some partitions or message groups, or the replicas that have them, are busier than others.
    pub is_exact: bool,
}

impl Model {
    /// What bounds the work of a group beside the number of its slots: limits on messages in flight, message groups,
    /// partitions, a single active consumer, and the resources that each service holds.
    pub fn at_once(&self, group: &ConsumerGroup) -> AtOnce {
        let queue = &self.queues[group.from];
        let mut found = AtOnce {
            services: f64::INFINITY,
            messages: group.in_flight_limit.map_or(f64::INFINITY, f64::from),
            one_replica: queue.single_active,
            is_exact: true,
        };
        match &queue.order {
            Order::Groups(parts) => {
                found.messages = found.messages.min(f64::from(parts.count));
                found.is_exact = parts.skew == 0.0;
            }
            Order::Partitions(parts) => {
                found.services = f64::from(parts.count);
                let replicas = group.most_replicas().max(1);
                let even = replicas >= parts.count || parts.count.is_multiple_of(replicas);
                found.is_exact = parts.skew == 0.0 && even;
            }
            Order::Fifo | Order::Priorities(_) => {}
        }
        let alone = self.groups_of(group.from).count() == 1;
        found.is_exact &= alone || (matches!(queue.order, Order::Fifo) && !queue.single_active);
        for (resource, units) in &group.uses {
            let services = self.resources[*resource].slots / (*units).max(1);
            found.services = found.services.min(f64::from(services));
            let users = self.groups.iter().filter(|other| other.uses.iter().any(|(used, _)| used == resource));
            found.is_exact &= users.count() == 1;
        }
        found
    }
}

impl ConsumerGroup {
    /// Messages of mean work `service_s` that replicas (their number by class of `speeds`) can serve over
    /// `[from_s, until_s]` with all the slots busy that can be, each with full batches.
    pub fn served(
        &self,
        at_once: AtOnce,
        taking: &[u32],
        service_s: Seconds,
        from_s: Seconds,
        until_s: Seconds,
    ) -> f64 {
        let batch = self.batch.map_or(1.0, |batch| f64::from(batch.size));
        let per_replica = f64::from(self.slots_per_replica());
        let active = taking.iter().map(|replicas| f64::from(*replicas)).sum::<f64>();
        let active = if at_once.one_replica { active.min(1.0) } else { active };
        let bound = at_once.services.min(at_once.messages);
        let busy = (active * per_replica).min(bound);
        let slowed_s = service_s / self.contention.map_or(1.0, |contention| contention.speed(busy));
        let factor = |class: usize| self.speeds.get(class).copied().unwrap_or(1.0);
        let by_class = taking.iter().enumerate().filter(|(_, replicas)| **replicas > 0).map(|(class, replicas)| {
            (f64::from(*replicas), factor(class), self.served_per_slot(slowed_s, from_s, until_s, factor(class)))
        });
        let (mut all, mut best, mut fastest) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (replicas, factor, each) in by_class {
            all += replicas * per_replica * each;
            best = best.max(per_replica * each);
            fastest = fastest.max(factor);
        }
        let served = batch * if at_once.one_replica { best } else { all };
        let allowed = self.rate_limit.map_or(f64::INFINITY, |limit| limit.rate_per_s * (until_s - from_s));
        let messages = at_once.messages.min(batch * at_once.services);
        if !messages.is_finite() || served == 0.0 {
            return served.min(allowed);
        }
        // The overhead comes after the ack, when what held others back is free again.
        let effort = self.speed.as_ref().map_or(until_s - from_s, |speed| speed.integral(from_s, until_s));
        served.min(allowed).min(messages * fastest * effort / slowed_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, Contention, Distribution, Partitions, Queue, Resource};

    /// What ten slots of 100 ms serve in a second.
    fn served(change: impl Fn(&mut Model)) -> (f64, bool) {
        let mut model = Model::new("m", 10.0);
        model.queues = vec![Queue::new("q")];
        model.groups = vec![ConsumerGroup::new("w", 0, 10, Distribution::Constant(0.1))];
        change(&mut model);
        let group = &model.groups[0];
        let at_once = model.at_once(group);
        (group.served(at_once, &[group.most_replicas()], 0.1, 0.0, 1.0), at_once.is_exact)
    }

    fn is(found: (f64, bool), per_s: f64, is_exact: bool) {
        assert!((found.0 - per_s).abs() < 1e-9 && found.1 == is_exact, "{found:?} is not {per_s}");
    }

    #[test]
    fn what_is_shared_or_limited_bounds_what_slots_serve() {
        is(served(|_| ()), 100.0, true);
        is(served(|model| model.groups[0].in_flight_limit = Some(3)), 30.0, true);
        is(served(|model| model.queues[0].single_active = true), 10.0, true);
        let parts = |count, skew| Partitions { count, skew };
        is(served(|model| model.queues[0].order = Order::Groups(parts(2, 0.0))), 20.0, true);
        is(served(|model| model.queues[0].order = Order::Groups(parts(2, 1.0))), 20.0, false);
        is(served(|model| model.queues[0].order = Order::Partitions(parts(4, 0.0))), 40.0, true);
        is(served(|model| model.queues[0].order = Order::Partitions(parts(15, 0.0))), 100.0, false);
        is(served(|model| model.groups[0].batch = Some(Batch { size: 5, linger_s: 1.0 })), 500.0, true);
    }

    #[test]
    fn resources_bound_the_services_that_hold_them() {
        let with = |users: usize| {
            served(|model| {
                model.resources = vec![Resource { name: "db".to_owned(), slots: 5 }];
                model.groups[0].uses = vec![(0, 2)];
                model.queues.push(Queue::new("other"));
                let group = ConsumerGroup { from: 1, ..model.groups[0].clone() };
                model.groups.resize(users, group);
            })
        };
        is(with(1), 20.0, true);
        is(with(2), 20.0, false);
    }

    #[test]
    fn busy_slots_that_slow_one_another_down_serve_less() {
        let contention = Some(Contention { sigma: 0.1, kappa: 0.01 });
        is(served(|model| model.groups[0].contention = contention), 100.0 / 2.8, true);
    }
}
