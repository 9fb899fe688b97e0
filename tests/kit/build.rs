//! Small models in one line each: everything that is not said is as plain as can be.

use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Overflow, Process, Producer, Queue, Rate, Replicas, Replications,
    Shutdown,
};

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
    Model {
        name: "kit".to_owned(),
        title: None,
        description: None,
        horizon_s,
        warmup_s: 0.0,
        resolution_s: horizon_s / 10.0,
        replications: Replications::Fixed(1),
        seed: 1,
        start: None,
        start_offset_s: 0,
        producers,
        queues,
        groups,
        slos: Vec::new(),
    }
}

pub fn producer(name: &str, to: usize, rate: Rate, process: Process) -> Producer {
    Producer { name: name.to_owned(), to, arrivals: Arrivals::Process { rate, process } }
}

pub fn queue(name: &str) -> Queue {
    Queue { name: name.to_owned(), initial: 0, delivery_delay: None, capacity: None, overflow: Overflow::Reject }
}

/// One slot per replica, no prefetch beyond it.
pub fn group(name: &str, from: usize, replicas: u32, service: Distribution) -> ConsumerGroup {
    ConsumerGroup {
        name: name.to_owned(),
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
        outages: Vec::new(),
        cost: None,
    }
}
