//! A model of one queue.

use forebay::model::{Arrivals, ConsumerGroup, Distribution, Model, Process, Producer, Queue, Rate, Replicas};

/// One queue: P(t), the number of replicas that each take one message per second, and a horizon.
pub fn model(rate: Rate, replicas: Replicas, horizon_s: f64) -> Model {
    let arrivals = Arrivals::Process { rate, process: Process::Poisson };
    Model {
        resolution_s: horizon_s / 360.0,
        producers: vec![Producer::new("p", 0, arrivals)],
        queues: vec![Queue::new("q")],
        groups: vec![ConsumerGroup { replicas, ..ConsumerGroup::new("g", 0, 1, Distribution::Constant(1.0)) }],
        ..Model::new("oracle", horizon_s)
    }
}
