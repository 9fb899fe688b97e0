//! Which textbook a queue belongs to: from the settings of a model to arrivals, service, slots and room, or to the
//! reasons, in the user's words, why no exact stationary law applies. Not here: the laws.

use crate::model::{Arrivals, ConsumerGroup, Distribution, Model, Overflow, Process, QueueId, Rate, Renewal, Replicas};

/// A queue in the terms of queueing theory.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    /// λ, messages per second, above 0.
    pub(super) rate_per_s: f64,
    pub(super) gaps: Gaps,
    pub(super) service: Distribution,
    /// Slot time after each ack; `None` when there is none or it is always 0.
    pub(super) overhead: Option<Distribution>,
    /// c, at least 1.
    pub(super) slots: u64,
    /// Most messages that may wait.
    pub(super) room: Option<u64>,
    pub(super) overflow: Overflow,
}

/// How arrivals are spaced.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Gaps {
    Poisson,
    /// Independent gaps of this law, in seconds.
    Renewal(Distribution),
}

/// The setting of one queue.
///
/// # Errors
/// The reasons why it has no exact stationary law, joined by `; `.
pub(super) fn setting(model: &Model, queue: QueueId) -> Result<Setting, String> {
    let settings = &model.queues[queue];
    let mut obstacles = Vec::new();
    if settings.initial > 0 {
        obstacles.push("the queue starts with a backlog, which is no steady state".to_owned());
    }
    if settings.delivery_delay.is_some() {
        obstacles.push("messages are delayed before they can be delivered".to_owned());
    }
    let arrivals = arrivals(model, queue).map_err(|reason| obstacles.push(reason)).ok();
    let consumers = consumers(model, queue).map_err(|mut reasons| obstacles.append(&mut reasons)).ok();
    match (arrivals, consumers) {
        (Some((rate_per_s, gaps)), Some((slots, service, overhead))) if obstacles.is_empty() => Ok(Setting {
            rate_per_s,
            gaps,
            service,
            overhead,
            slots,
            room: settings.capacity,
            overflow: settings.overflow,
        }),
        _ => Err(obstacles.join("; ")),
    }
}

/// λ and the law of the gaps.
fn arrivals(model: &Model, queue: QueueId) -> Result<(f64, Gaps), String> {
    let mut streams = Vec::new();
    for producer in model.producers_of(queue) {
        let Arrivals::Process { rate, process } = &producer.arrivals else {
            return Err(format!("the messages of {} are recorded", producer.name));
        };
        let Some(rate_per_s) = constant_rate(rate) else {
            return Err(format!("the rate of {} changes over time", producer.name));
        };
        if rate_per_s > 0.0 {
            streams.push((rate_per_s, gaps(process, rate_per_s, &producer.name)?));
        }
    }
    let rate_per_s = streams.iter().map(|(rate_per_s, _)| rate_per_s).sum();
    if streams.iter().all(|(_, gaps)| *gaps == Gaps::Poisson) && !streams.is_empty() {
        // Poisson processes superpose to a Poisson process.
        return Ok((rate_per_s, Gaps::Poisson));
    }
    match streams.len() {
        0 => Err("nothing is published to it".to_owned()),
        1 => Ok(streams.remove(0)),
        _ => Err("several producers that are not all Poisson publish to it".to_owned()),
    }
}

/// The law of the gaps of one process at a constant rate.
fn gaps(process: &Process, rate_per_s: f64, producer: &str) -> Result<Gaps, String> {
    let mean_s = 1.0 / rate_per_s;
    let law = match process {
        Process::Poisson => return Ok(Gaps::Poisson),
        Process::Renewal(Renewal::Cv(cv)) if *cv > 1.0 => Distribution::hyperexponential_balanced(mean_s, *cv),
        Process::Renewal(Renewal::Cv(cv)) if *cv > 0.0 => Distribution::Gamma { mean_s, cv: *cv },
        Process::Regular | Process::Renewal(Renewal::Cv(_)) => Distribution::Constant(mean_s),
        Process::Renewal(Renewal::Gap(shape)) => scaled(shape, mean_s / shape.mean()),
        Process::Batches { size: 1, of } => return gaps(of, rate_per_s, producer),
        Process::Batches { .. } => return Err(format!("{producer} publishes in batches")),
        Process::Mmpp(_) => return Err(format!("the arrivals of {producer} are Markov-modulated (mmpp)")),
    };
    Ok(if law.is_exponential() { Gaps::Poisson } else { Gaps::Renewal(law) })
}

type Consumers = (u64, Distribution, Option<Distribution>);

/// Slots, service and overhead of the only consumer group.
fn consumers(model: &Model, queue: QueueId) -> Result<Consumers, Vec<String>> {
    let groups: Vec<&ConsumerGroup> = model.groups_of(queue).collect();
    let group = match groups.as_slice() {
        [] => return Err(vec!["nobody consumes it".to_owned()]),
        [group] => *group,
        _ => return Err(vec![format!("{} consumer groups compete for its messages", groups.len())]),
    };
    let mut obstacles = Vec::new();
    let replicas = constant_replicas(&group.replicas);
    if let Some(scaling) = &group.scaling {
        obstacles.push(format!("a strategy ({}) decides on the number of replicas", scaling.strategy.name()));
    }
    match replicas {
        None => obstacles.push("the number of replicas changes".to_owned()),
        Some(0) => obstacles.push("there are no replicas".to_owned()),
        Some(_) => {}
    }
    if group.prefetch > group.concurrency {
        obstacles.push("prefetch above concurrency binds messages to a replica before it is free".to_owned());
    }
    if group.rate_limit.is_some() {
        obstacles.push("a rate limit holds starts back".to_owned());
    }
    if !group.outages.is_empty() {
        obstacles.push("there are outages".to_owned());
    }
    let overhead = group.overhead.as_ref().filter(|law| law.mean() > 0.0);
    let speed = constant_speed(group);
    match speed {
        None => obstacles.push("the speed changes over time or between replicas".to_owned()),
        Some(speed) if speed != 1.0 && overhead.is_some() => {
            obstacles.push("speed and overhead are combined".to_owned());
        }
        Some(_) => {}
    }
    if group.service.mean() <= 0.0 {
        obstacles.push("service takes no time".to_owned());
    }
    match (replicas, speed) {
        (Some(replicas), Some(speed)) if obstacles.is_empty() => {
            let slots = u64::from(replicas) * u64::from(group.slots_per_replica());
            let service = if speed == 1.0 { group.service.clone() } else { scaled(&group.service, 1.0 / speed) };
            Ok((slots, service, overhead.cloned()))
        }
        _ => Err(obstacles),
    }
}

/// The number of replicas, if it never changes.
fn constant_replicas(replicas: &Replicas) -> Option<u32> {
    match replicas {
        Replicas::Fixed(replicas) => Some(*replicas),
        Replicas::Steps(steps) => all_equal(steps.iter().map(|(_, replicas)| *replicas)),
    }
}

/// The speed of every replica at every time, if it is one positive number.
fn constant_speed(group: &ConsumerGroup) -> Option<f64> {
    let over_time = group.speed.as_ref().map_or(Some(1.0), constant_rate)?;
    let over_replicas = if group.speeds.is_empty() { 1.0 } else { all_equal(group.speeds.iter().copied())? };
    let speed = over_time * over_replicas;
    (speed > 0.0 && speed.is_finite()).then_some(speed)
}

fn all_equal<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The value of a rate function that is the same at all times.
fn constant_rate(rate: &Rate) -> Option<f64> {
    match rate {
        Rate::Constant(rate) => Some(*rate),
        Rate::Steps(steps) | Rate::Points(steps) => all_equal(steps.iter().map(|(_, rate)| *rate)),
        Rate::Sine { mean, amplitude, .. } => (*amplitude == 0.0).then_some(*mean),
        Rate::Pulse { height, .. } | Rate::Burst { height, .. } => (*height == 0.0).then_some(0.0),
        Rate::Trace(_) | Rate::Weekly { .. } => None,
        Rate::Sum(parts) => parts.iter().map(constant_rate).sum(),
        Rate::Scale { by, rate } => Some(by * constant_rate(rate)?),
        Rate::Repeat { rate, .. } | Rate::Shift { rate, .. } => constant_rate(rate),
        Rate::Growth { factor, rate, .. } => {
            let start = constant_rate(rate)?;
            (*factor == 1.0 || start == 0.0).then_some(start)
        }
        Rate::Clamp { min, max, rate } => {
            let raised = min.map_or(constant_rate(rate)?, |min| min.max(constant_rate(rate).unwrap_or(min)));
            Some(max.map_or(raised, |max| max.min(raised)))
        }
    }
}

/// The law of `factor` times a duration.
fn scaled(law: &Distribution, factor: f64) -> Distribution {
    match law {
        Distribution::Constant(value_s) => Distribution::Constant(value_s * factor),
        Distribution::Exponential { mean_s } => Distribution::Exponential { mean_s: mean_s * factor },
        Distribution::Erlang { mean_s, stages } => Distribution::Erlang { mean_s: mean_s * factor, stages: *stages },
        Distribution::Gamma { mean_s, cv } => Distribution::Gamma { mean_s: mean_s * factor, cv: *cv },
        Distribution::Lognormal { mu, sigma } => Distribution::Lognormal { mu: mu + factor.ln(), sigma: *sigma },
        Distribution::Weibull { mean_s, shape } => Distribution::Weibull { mean_s: mean_s * factor, shape: *shape },
        Distribution::Pareto { mean_s, shape } => Distribution::Pareto { mean_s: mean_s * factor, shape: *shape },
        Distribution::Hyperexponential(branches) => {
            Distribution::Hyperexponential(branches.iter().map(|(share, mean_s)| (*share, mean_s * factor)).collect())
        }
        Distribution::Uniform { low_s, high_s } => {
            Distribution::Uniform { low_s: low_s * factor, high_s: high_s * factor }
        }
        Distribution::Empirical(values_s) => {
            Distribution::Empirical(values_s.iter().map(|value_s| value_s * factor).collect())
        }
    }
}
