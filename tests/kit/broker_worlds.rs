//! Random whole worlds: a topology, what brokers do with messages, and what goes wrong, drawn from one seed.
//!
//! The plain worlds (`worlds`) combine every rate, law and schedule; these combine semantics: each world has a topology
//! and a handful of [`Feature`]s, each given to one of its queues or groups. A quarter of them live on a grid of quarter
//! seconds, so that many things happen at exactly the same instant. The same seed gives the same world.

mod features;
mod topologies;

use std::collections::BTreeSet;

use forebay::model::{
    Ack, AfterFailure, ConsumerGroup, Distribution, Emission, Model, Order, Overflow, Producer, QueueId, Replications,
};

use super::dice::Dice;
pub use features::Feature;

/// A world and what is special about it.
pub struct World {
    pub model: Model,
    pub features: BTreeSet<Feature>,
}

/// The world of a seed.
pub fn broker_world(seed: u64) -> World {
    let mut dice = Dice::new(seed ^ 0xB40C_E25E_ED00_0000);
    let grid = dice.chance(0.25);
    let horizon_s = dice.pick(&[8.0, 10.0, 15.0]);
    let mut maker = Maker { dice, grid, model: Model::new("broker-world", horizon_s), features: BTreeSet::new() };
    maker.topology();
    for _ in 0..maker.dice.count(2, 7) {
        let feature = maker.dice.pick(&Feature::ALL);
        if maker.features.insert(feature) {
            maker.give(feature);
        }
    }
    maker.settle();
    World { model: maker.model, features: maker.features }
}

struct Maker {
    dice: Dice,
    grid: bool,
    model: Model,
    features: BTreeSet<Feature>,
}

impl Maker {
    /// An instant or a duration; in a grid world a multiple of a quarter second.
    fn time(&mut self, low_s: f64, high_s: f64) -> f64 {
        let exact_s = self.dice.between(low_s, high_s);
        if self.grid { (exact_s * 4.0).round() / 4.0 } else { exact_s }
    }

    /// A duration above 0.
    fn length(&mut self, low_s: f64, high_s: f64) -> f64 {
        self.time(low_s, high_s).max(0.25_f64.min(high_s))
    }

    /// A law without zeros: a message that fails for ever must cost time.
    fn law(&mut self, mean_s: f64) -> Distribution {
        if self.grid {
            return Distribution::Constant(self.dice.pick(&[0.25, 0.25, 0.5]));
        }
        match self.dice.below(5) {
            0 => Distribution::Constant(mean_s),
            1 => Distribution::Erlang { mean_s, stages: 3 },
            2 => Distribution::lognormal(mean_s, 1.0),
            3 => Distribution::Uniform { low_s: 0.5 * mean_s, high_s: 1.5 * mean_s },
            _ => Distribution::Exponential { mean_s },
        }
    }

    /// Ascending instants within the run, some past its horizon.
    fn instants(&mut self, most: u32) -> Vec<f64> {
        let until_s = 1.2 * self.model.horizon_s;
        let many = self.dice.count(1, most);
        let mut times_s: Vec<f64> = (0..many).map(|_| self.length(0.25, until_s)).collect();
        times_s.sort_by(f64::total_cmp);
        times_s.dedup();
        times_s
    }

    /// Disjoint intervals in order.
    fn intervals(&mut self) -> Vec<(f64, f64)> {
        let edges_s = self.instants(4);
        edges_s.chunks_exact(2).map(|edges| (edges[0], edges[1])).collect()
    }

    fn any_queue(&mut self) -> QueueId {
        self.dice.below(self.model.queues.len() as u64) as usize
    }

    /// Any group, the ones of busy queues more often than those of dead-letter queues.
    fn any_group(&mut self) -> &mut ConsumerGroup {
        let group = self.dice.below(self.model.groups.len() as u64) as usize;
        &mut self.model.groups[group]
    }

    /// Any producer of the world.
    fn any_producer(&mut self) -> &mut Producer {
        let producer = self.dice.below(self.model.producers.len() as u64) as usize;
        &mut self.model.producers[producer]
    }

    /// A queue that has consumers, and the groups that it has.
    fn consumed_queue(&mut self) -> QueueId {
        let group = self.dice.below(self.model.groups.len() as u64) as usize;
        self.model.groups[group].from
    }

    /// What a scenario would refuse is mended: the features were drawn without knowing one another.
    fn settle(&mut self) {
        self.one_group_where_order_needs_it();
        for group in &mut self.model.groups {
            let order = &self.model.queues[group.from].order;
            if !matches!(order, Order::Partitions(_)) {
                group.rebalance = None;
            }
            if let Some(batch) = group.batch {
                group.prefetch = group.prefetch.max(batch.size);
                group.in_flight_limit = group.in_flight_limit.map(|limit| limit.max(batch.size));
            }
            if group.ack == Ack::Before {
                group.ack_timeout_s = None;
                if let Some(failures) = &mut group.failures {
                    failures.then = AfterFailure::Drop;
                }
            }
        }
        self.producers_alone_are_blocked();
        let horizon_s = self.model.horizon_s;
        self.model.resolution_s = horizon_s / self.dice.pick(&[1.0, 4.0, 7.3]);
        self.model.warmup_s = if self.dice.chance(0.4) { self.time(0.0, 0.5 * horizon_s) } else { 0.0 };
        self.model.replications = Replications::Fixed(1);
        self.model.seed = self.dice.below(u64::MAX);
    }

    fn one_group_where_order_needs_it(&mut self) {
        for queue in 0..self.model.queues.len() {
            if matches!(self.model.queues[queue].order, Order::Partitions(_)) {
                let first = self.model.groups.iter().position(|group| group.from == queue);
                let mut place = 0;
                self.model.groups.retain(|group| {
                    place += 1;
                    group.from != queue || Some(place - 1) == first
                });
            }
        }
    }

    /// Only the clock of a producer can be stopped. Whether a message must wait for others of its partition or message
    /// group shows when it is there: a blocking queue that keeps such an order has room for one.
    fn producers_alone_are_blocked(&mut self) {
        let emitted: Vec<Emission> = self.model.groups.iter().flat_map(|group| group.emits.clone()).collect();
        for queue in 0..self.model.queues.len() {
            let from_groups = emitted.iter().any(|emission| self.model.share_of(emission.to, queue) > 0.0);
            let from_queues = self.model.queues.iter().any(|other| other.dead_letter == Some(queue));
            let settings = &mut self.model.queues[queue];
            if settings.overflow == Overflow::Block && (from_groups || from_queues) {
                settings.overflow = Overflow::DropHead;
            }
            let in_lanes = matches!(settings.order, Order::Partitions(_) | Order::Groups(_));
            if settings.overflow == Overflow::Block && in_lanes {
                settings.capacity = settings.capacity.map(|capacity| capacity.max(1));
            }
        }
    }
}
