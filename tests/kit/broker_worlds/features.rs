//! What can be special about a queue, a group or a producer.

use forebay::model::scaling::{AgeScaling, Bounds, RateScaling, Strategy};
use forebay::model::{
    Ack, AfterFailure, Arrivals, Batch, Confirms, Contention, Crashes, Destination, Failures, Order, Overflow,
    Partitions, QueueId, RateLimit, Rebalance, RebalanceKind, RecordedMessage, Replicas, RequeuePosition, Resource,
    Retention, Retry, Scaling, Shutdown, Ttl, TtlPlace, WhenAway,
};

use super::Maker;

/// One of them. Others than these belong to every plain world already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    AckBefore,
    AckTimeout,
    Batch,
    BrokerOutages,
    Capacity,
    Confirms,
    Contention,
    Crashes,
    DeadLetter,
    Delay,
    DeliveryLimit,
    Failures,
    Groups,
    InFlightLimit,
    Initial,
    Outages,
    Overhead,
    Partitions,
    Poison,
    Priorities,
    RateLimit,
    Recorded,
    Requeue,
    Resource,
    Retention,
    Retry,
    Scaling,
    Shutdown,
    SingleActive,
    Speeds,
    Ttl,
    Volatile,
}

impl Feature {
    pub const ALL: [Feature; 32] = [
        Feature::AckBefore,
        Feature::AckTimeout,
        Feature::Batch,
        Feature::BrokerOutages,
        Feature::Capacity,
        Feature::Confirms,
        Feature::Contention,
        Feature::Crashes,
        Feature::DeadLetter,
        Feature::Delay,
        Feature::DeliveryLimit,
        Feature::Failures,
        Feature::Groups,
        Feature::InFlightLimit,
        Feature::Initial,
        Feature::Outages,
        Feature::Overhead,
        Feature::Partitions,
        Feature::Poison,
        Feature::Priorities,
        Feature::RateLimit,
        Feature::Recorded,
        Feature::Requeue,
        Feature::Resource,
        Feature::Retention,
        Feature::Retry,
        Feature::Scaling,
        Feature::Shutdown,
        Feature::SingleActive,
        Feature::Speeds,
        Feature::Ttl,
        Feature::Volatile,
    ];
}

/// Nothing fails; the features change that.
fn sound() -> Failures {
    Failures { probability: 0.0, poison: 0.0, then: AfterFailure::Requeue, retry: Retry::AtOnce, partial: false }
}

impl Maker {
    pub(super) fn give(&mut self, feature: Feature) {
        match feature {
            Feature::Capacity | Feature::Ttl | Feature::Retention | Feature::Initial | Feature::Delay => {
                let queue = self.any_queue();
                self.bound(feature, queue);
            }
            Feature::Groups
            | Feature::Partitions
            | Feature::Priorities
            | Feature::SingleActive
            | Feature::Requeue
            | Feature::DeliveryLimit => {
                let queue = self.consumed_queue();
                self.order(feature, queue);
            }
            Feature::DeadLetter => {
                let queue = self.consumed_queue();
                if self.model.queues[queue].dead_letter.is_none() {
                    self.dead_letter_queue(queue);
                }
            }
            Feature::AckBefore
            | Feature::AckTimeout
            | Feature::Failures
            | Feature::Poison
            | Feature::Retry
            | Feature::Crashes
            | Feature::Outages
            | Feature::Shutdown => self.fail(feature),
            Feature::Scaling => self.scale(),
            Feature::Batch
            | Feature::InFlightLimit
            | Feature::Overhead
            | Feature::RateLimit
            | Feature::Speeds
            | Feature::Contention
            | Feature::Resource => self.pace(feature),
            Feature::BrokerOutages | Feature::Volatile | Feature::Confirms | Feature::Recorded => {
                self.broker(feature);
            }
        }
    }

    fn bound(&mut self, feature: Feature, queue: QueueId) {
        let (capacity, overflow) =
            (self.dice.pick(&[0, 1, 3, 10]), self.dice.pick(&[Overflow::Reject, Overflow::DropHead, Overflow::Block]));
        let ttl_s = self.length(0.25, 3.0);
        let ttl = Ttl {
            after: if self.dice.chance(0.5) { forebay::model::Distribution::Constant(ttl_s) } else { self.law(ttl_s) },
            at: self.dice.pick(&[TtlPlace::Anywhere, TtlPlace::Head]),
        };
        let age_s = self.length(0.5, 4.0);
        let retention = self.dice.pick(&[
            Retention { age_s: Some(age_s), messages: None },
            Retention { age_s: None, messages: Some(25) },
            Retention { age_s: Some(age_s), messages: Some(40) },
        ]);
        let (initial, delay) = (self.dice.pick(&[1, 5, 30]), self.law(0.3));
        let settings = &mut self.model.queues[queue];
        match feature {
            Feature::Capacity => (settings.capacity, settings.overflow) = (Some(capacity), overflow),
            Feature::Ttl => settings.ttl = Some(ttl),
            Feature::Retention => settings.retention = retention,
            Feature::Initial => settings.initial = initial,
            _ => settings.delivery_delay = Some(delay),
        }
    }

    fn order(&mut self, feature: Feature, queue: QueueId) {
        let count = self.dice.pick(&[1, 2, 3, 5, 12]);
        let lanes = Partitions { count, skew: self.dice.pick(&[0.0, 0.0, 0.8, 2.0]) };
        let shares = self.dice.pick(&[vec![0.5, 0.5], vec![0.1, 0.9], vec![0.2, 0.3, 0.5]]);
        let position = self.dice.pick(&[RequeuePosition::Original, RequeuePosition::Front, RequeuePosition::Back]);
        let limit = self.dice.count(1, 4);
        let kind = self.dice.pick(&[RebalanceKind::Eager, RebalanceKind::Cooperative]);
        let rebalance = Rebalance { kind, pause_s: self.length(0.25, 1.5) };
        let (rebalances, priority) = (self.dice.chance(0.7), self.dice.chance(0.5));
        let settings = &mut self.model.queues[queue];
        match feature {
            Feature::Groups => settings.order = Order::Groups(lanes),
            Feature::Partitions => settings.order = Order::Partitions(lanes),
            Feature::Priorities => settings.order = Order::Priorities(shares),
            Feature::SingleActive => settings.single_active = true,
            Feature::Requeue => settings.requeue = position,
            _ => settings.delivery_limit = Some(limit),
        }
        if feature == Feature::Partitions && rebalances {
            self.model.groups.iter_mut().filter(|group| group.from == queue).for_each(|group| {
                group.rebalance = Some(rebalance);
            });
        }
        if feature == Feature::Priorities && priority {
            self.any_producer().priority = Some(0);
        }
    }

    fn fail(&mut self, feature: Feature) {
        let timeout_s = self.length(0.1, 1.5);
        let probability = self.dice.pick(&[0.1, 0.3, 0.5]);
        let then = self.dice.pick(&[AfterFailure::Requeue, AfterFailure::DeadLetter, AfterFailure::Drop]);
        let partial = self.dice.chance(0.5);
        let retry = self.retry();
        let crashes = Crashes { every_s: self.dice.between(1.0, 6.0), restart_s: self.time(0.0, 2.0) };
        let outages = self.intervals();
        let mut replicas = vec![(0.0, self.dice.count(0, 4))];
        replicas.extend(self.instants(5).into_iter().map(|at_s| (at_s, self.dice.count(0, 4))));
        let grace_s = self.length(0.1, 1.0);
        let shutdown = self.dice.pick(&[Shutdown::Finish, Shutdown::FinishWithin(grace_s), Shutdown::Requeue]);
        let startup = if self.dice.chance(0.4) { Some(self.law(0.5)) } else { None };
        let group = self.any_group();
        match feature {
            Feature::AckBefore => group.ack = Ack::Before,
            Feature::AckTimeout => group.ack_timeout_s = Some(timeout_s),
            Feature::Failures => {
                let failures = group.failures.get_or_insert_with(sound);
                (failures.probability, failures.then, failures.partial) = (probability, then, partial);
            }
            Feature::Poison => group.failures.get_or_insert_with(sound).poison = 0.2,
            Feature::Retry => {
                let failures = group.failures.get_or_insert_with(sound);
                failures.probability = failures.probability.max(0.2);
                (failures.then, failures.retry) = (AfterFailure::Requeue, retry);
            }
            Feature::Crashes => (group.crashes, group.startup) = (Some(crashes), startup),
            Feature::Outages => (group.outages, group.startup) = (outages, startup),
            _ => (group.replicas, group.shutdown, group.startup) = (Replicas::Steps(replicas), shutdown, startup),
        }
    }

    /// Somebody decides on a group's replicas, often.
    fn scale(&mut self) {
        let bounds = Bounds { min: self.dice.count(0, 1), max: self.dice.count(2, 5) };
        let period_s = self.length(0.25, 2.0);
        let strategy = if self.dice.chance(0.5) {
            let rate = RateScaling::new(bounds, self.dice.between(1.0, 10.0));
            Strategy::Rate(RateScaling { period_s, drain_s: 2.0, down_window_s: 2.0, ..rate })
        } else {
            let age = AgeScaling::new(bounds, self.length(0.25, 2.0));
            Strategy::Age(AgeScaling { period_s, down_after_s: 1.0, ..age })
        };
        let startup = if self.dice.chance(0.5) { Some(self.law(0.5)) } else { None };
        let shutdown = self.dice.pick(&[Shutdown::Finish, Shutdown::FinishWithin(0.3), Shutdown::Requeue]);
        let group = self.any_group();
        group.replicas = Replicas::Fixed(bounds.max);
        (group.scaling, group.startup, group.shutdown) = (Some(Scaling::new(strategy)), startup, shutdown);
    }

    fn retry(&mut self) -> Retry {
        if self.dice.chance(0.5) {
            return Retry::Delay(self.law(0.4));
        }
        let first_s = self.length(0.1, 0.5);
        let jitter = self.dice.pick(&[0.0, 0.5, 1.0]);
        Retry::Backoff { first_s, factor: self.dice.pick(&[1.0, 2.0]), max_s: 4.0 * first_s, jitter }
    }

    fn pace(&mut self, feature: Feature) {
        let batch = Batch { size: self.dice.count(2, 5), linger_s: self.time(0.0, 0.6) };
        let limit = self.dice.count(1, 6);
        let overhead = self.law(0.05);
        let rate_limit = RateLimit { rate_per_s: self.dice.between(2.0, 20.0), burst: self.dice.pick(&[1.0, 4.0]) };
        let speeds = self.dice.pick(&[vec![1.0, 0.33], vec![2.0, 1.0, 0.25]]);
        let contention = Contention { sigma: self.dice.between(0.0, 0.3), kappa: self.dice.pick(&[0.0, 0.02]) };
        if feature == Feature::Resource {
            self.resource();
            return;
        }
        let group = self.any_group();
        match feature {
            Feature::Batch => group.batch = Some(batch),
            Feature::InFlightLimit => group.in_flight_limit = Some(limit),
            Feature::Overhead => group.overhead = Some(overhead),
            Feature::RateLimit => group.rate_limit = Some(rate_limit),
            Feature::Speeds => group.speeds = speeds,
            _ => group.contention = Some(contention),
        }
    }

    /// Something that several groups use.
    fn resource(&mut self) {
        let slots = self.dice.count(1, 4);
        self.model.resources.push(Resource { name: "database".to_owned(), slots });
        let units = self.dice.count(1, slots);
        self.any_group().uses = vec![(0, units)];
        let others = self.dice.chance(0.5);
        for group in &mut self.model.groups {
            if others && group.uses.is_empty() {
                group.uses = vec![(0, 1)];
            }
        }
    }

    fn broker(&mut self, feature: Feature) {
        let outages = self.intervals();
        let when_away = self.dice.pick(&[WhenAway::Block, WhenAway::Lose]);
        let window = self.dice.pick(&[1, 2, 10]);
        let confirms = Confirms { latency: self.law(0.2), window };
        match feature {
            Feature::BrokerOutages => {
                self.away(&outages);
                self.any_producer().when_away = when_away;
            }
            Feature::Volatile => {
                let queue = self.any_queue();
                self.model.queues[queue].durable = false;
                self.away(&outages);
            }
            Feature::Confirms => self.any_producer().confirms = Some(confirms),
            _ => {
                let until_s = 1.3 * self.model.horizon_s;
                let mut times_s: Vec<f64> = (0..60).map(|_| self.length(0.25, until_s)).collect();
                times_s.sort_by(f64::total_cmp);
                let rows: Vec<RecordedMessage> = times_s
                    .into_iter()
                    .map(|published_s| RecordedMessage { published_s, service_s: Some(self.dice.between(0.01, 0.3)) })
                    .collect();
                let producer = self.any_producer();
                if matches!(producer.to, Destination::Queue(_)) {
                    producer.arrivals = Arrivals::Recorded(rows.into());
                }
            }
        }
    }

    /// One broker holds all queues, most of the time.
    fn away(&mut self, outages: &[(f64, f64)]) {
        let everywhere = self.dice.chance(0.7);
        let one = self.any_queue();
        for (id, queue) in self.model.queues.iter_mut().enumerate() {
            if everywhere || id == one {
                queue.broker_outages = outages.to_vec();
            }
        }
    }
}
