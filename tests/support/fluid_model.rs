//! A model of one queue, for the tests of the fluid engine.

use forebay::engine::fluid::{self, FluidQueue, Trajectory};
use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Overflow, Process, Producer, Queue, Rate, Replicas, Replications,
    Shutdown,
};

/// One queue: P(t), the number of replicas that each take one message per second, and a horizon.
pub fn model(rate: Rate, replicas: Replicas, horizon_s: f64) -> Model {
    let arrivals = Arrivals::Process { rate, process: Process::Poisson };
    Model {
        name: "oracle".into(),
        title: None,
        description: None,
        horizon_s,
        warmup_s: 0.0,
        resolution_s: horizon_s / 360.0,
        replications: Replications::Fixed(1),
        seed: 1,
        start: None,
        start_offset_s: 0,
        producers: vec![Producer { name: "p".into(), to: 0, arrivals }],
        queues: vec![Queue {
            name: "q".into(),
            initial: 0,
            delivery_delay: None,
            capacity: None,
            overflow: Overflow::Reject,
        }],
        groups: vec![ConsumerGroup {
            name: "g".into(),
            from: 0,
            replicas,
            concurrency: 1,
            prefetch: 1,
            service: Distribution::Constant(1.0),
            overhead: None,
            speed: None,
            speeds: Vec::new(),
            rate_limit: None,
            startup: None,
            shutdown: Shutdown::Finish,
            outages: Vec::new(),
            cost: None,
        }],
        slos: Vec::new(),
    }
}

/// Everything that the fluid engine says about the queue.
pub fn answer(model: &Model) -> FluidQueue {
    fluid::integrate(model).remove(0)
}

/// The backlog's path.
pub fn path(model: &Model) -> Trajectory {
    fluid::trajectory(model, 0).unwrap()
}
