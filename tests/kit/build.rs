//! Small models in one line each: everything that is not said is as plain as can be.

use forebay::model::{Arrivals, ConsumerGroup, Distribution, Model, Process, Producer, Queue, Rate};

/// One Poisson producer, one unbounded queue, one group; horizon in seconds.
pub fn single(horizon_s: f64, rate_per_s: f64, replicas: u32, service: Distribution) -> Model {
    model(
        horizon_s,
        vec![producer("p", 0, Rate::Constant(rate_per_s), Process::Poisson)],
        vec![queue("q")],
        vec![group("g", 0, replicas, service)],
    )
}

pub fn model(horizon_s: f64, producers: Vec<Producer>, queues: Vec<Queue>, groups: Vec<ConsumerGroup>) -> Model {
    Model { resolution_s: horizon_s / 10.0, producers, queues, groups, ..Model::new("kit", horizon_s) }
}

pub fn producer(name: &str, to: usize, rate: Rate, process: Process) -> Producer {
    Producer::new(name, to, Arrivals::Process { rate, process })
}

pub fn queue(name: &str) -> Queue {
    Queue::new(name)
}

/// One slot per replica, no prefetch beyond it.
pub fn group(name: &str, from: usize, replicas: u32, service: Distribution) -> ConsumerGroup {
    ConsumerGroup::new(name, from, replicas, service)
}
