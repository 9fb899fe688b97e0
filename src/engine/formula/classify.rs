//! Which textbook a queue belongs to: from the settings of a model to arrivals, service, slots and room, or to the
//! reasons, in the user's words, why no law applies. Not here: the laws, and what other queues publish (`network`).

use super::mmpp::Mmpp;
use super::network::{Feed, inflow, scvs};
use super::qna::superposed_scv;
use crate::engine::beyond::{Beyond, beyond};
use crate::model::{
    AfterFailure, Arrivals, ConsumerGroup, Distribution, Failures, MmppState, Model, Overflow, Process, Queue, QueueId,
    Rate, Renewal, Replicas, RequeuePosition, Retry, TtlPlace,
};

/// A queue in the terms of queueing theory.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    /// λ, messages per second, above 0.
    pub(super) rate_per_s: f64,
    pub(super) gaps: Gaps,
    pub(super) feed: Feed,
    pub(super) station: Station,
}

/// What serves the messages of a queue, and where they wait.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Station {
    pub(super) service: Distribution,
    /// Slot time after each ack; `None` when there is none or it is always 0.
    pub(super) overhead: Option<Distribution>,
    /// c, at least 1.
    pub(super) slots: u64,
    /// Most messages that may wait.
    pub(super) room: Option<u64>,
    pub(super) overflow: Overflow,
    /// θ: rate at which each message that waits loses patience.
    pub(super) patience_per_s: Option<f64>,
}

impl Station {
    /// Mean time that a message keeps its slot, in seconds.
    pub(super) fn occupancy_s(&self) -> f64 {
        self.service.mean() + self.overhead.as_ref().map_or(0.0, Distribution::mean)
    }

    /// Squared coefficient of variation of that time.
    pub(super) fn occupancy_scv(&self) -> f64 {
        match &self.overhead {
            None => self.service.scv(),
            Some(overhead) => (self.service.variance() + overhead.variance()) / self.occupancy_s().powi(2),
        }
    }
}

/// How arrivals are spaced.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Gaps {
    Poisson,
    /// Independent gaps of this law, in seconds.
    Renewal(Distribution),
    /// Poisson with a rate that jumps.
    Modulated(Mmpp),
    /// Several streams of which only `(rate, c²)` is known.
    Joined(Vec<(f64, f64)>),
}

/// What one producer brings to a queue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) rate_per_s: f64,
    /// Share of the producer's messages, drawn for each.
    pub(super) share: f64,
    /// Of all of the producer's messages.
    pub(super) gaps: Gaps,
    pub(super) producer: String,
}

/// The setting of one queue.
///
/// # Errors
/// The reasons why it has no stationary law, joined by `; `.
pub(super) fn setting(model: &Model, queue: QueueId) -> Result<Setting, String> {
    let mut obstacles = obstacles(model, queue);
    let inflow = inflow(model, queue).map_err(|reason| obstacles.push(reason)).ok();
    let station = consumers(model, queue).map_err(|mut reasons| obstacles.append(&mut reasons)).ok();
    match (inflow, station) {
        (Some((rate_per_s, gaps, feed)), Some(station)) if obstacles.is_empty() => {
            Ok(Setting { rate_per_s, gaps, feed, station })
        }
        _ => Err(obstacles.join("; ")),
    }
}

/// What serves one queue.
///
/// # Errors
/// The reasons why it has no stationary law, whatever arrives, joined by `; `.
pub(super) fn station(model: &Model, queue: QueueId) -> Result<Station, String> {
    let mut obstacles = obstacles(model, queue);
    match consumers(model, queue) {
        Ok(station) if obstacles.is_empty() => Ok(station),
        other => {
            obstacles.extend(other.err().into_iter().flatten());
            Err(obstacles.join("; "))
        }
    }
}

fn obstacles(model: &Model, queue: QueueId) -> Vec<String> {
    let settings = &model.queues[queue];
    let mut obstacles = Vec::new();
    if settings.initial > 0 {
        obstacles.push("the queue starts with a backlog, which is no steady state".to_owned());
    }
    if settings.delivery_delay.is_some() {
        obstacles.push("messages are delayed before they can be delivered".to_owned());
    }
    let patience_per_s = patience_per_s(settings);
    let others = beyond(model, queue).into_iter().filter(|setting| match setting {
        Beyond::Ttl => patience_per_s.is_none(),
        Beyond::Failures(_) => model.groups_of(queue).any(|group| tries(settings, group).is_none()),
        Beyond::Emitted(_) | Beyond::Share(_) | Beyond::SingleActive | Beyond::InFlightLimit(_) => false,
        _ => true,
    });
    obstacles.extend(others.map(|setting| setting.to_string()));
    obstacles
}

/// Mean deliveries of a message, where a failed one is taken again at once and its slot just goes on: then they are one
/// service, and exponential again. `None` where failures have another effect.
fn tries(queue: &Queue, group: &ConsumerGroup) -> Option<f64> {
    let Some(Failures { probability, poison, then, retry, .. }) = &group.failures else { return Some(1.0) };
    let fails = probability + poison > 0.0;
    let goes_on = *poison == 0.0
        && *probability < 1.0
        && *then == AfterFailure::Requeue
        && *retry == Retry::AtOnce
        && queue.delivery_limit.is_none()
        && queue.requeue != RequeuePosition::Back
        && group.service.is_exponential()
        && group.overhead.as_ref().is_none_or(|overhead| overhead.mean() == 0.0);
    (goes_on || !fails).then(|| 1.0 / (1.0 - if fails { *probability } else { 0.0 }))
}

/// θ where times to live are exponential and count wherever a message stands.
fn patience_per_s(queue: &Queue) -> Option<f64> {
    let ttl = queue.ttl.as_ref().filter(|ttl| ttl.at == TtlPlace::Anywhere)?;
    ttl.after.exponential_mean().map(|mean_s| 1.0 / mean_s)
}

/// c²ₐ of a stream in front of a queue of utilization ρ, if two moments say something about it.
pub(super) fn scv_of(gaps: &Gaps, utilization: f64) -> Option<f64> {
    match gaps {
        Gaps::Poisson => Some(1.0),
        Gaps::Renewal(law) => Some(law.scv()),
        Gaps::Joined(streams) => Some(superposed_scv(streams, utilization)),
        Gaps::Modulated(_) => None,
    }
}

/// What the producers bring to a queue.
///
/// # Errors
/// The first that has no stationary law, or that there are none.
pub(super) fn streams(model: &Model, queue: QueueId) -> Result<Vec<Stream>, String> {
    let mut streams = Vec::new();
    for producer in model.producers_of(queue) {
        let Arrivals::Process { rate, process } = &producer.arrivals else {
            return Err(format!("the messages of {} are recorded", producer.name));
        };
        let Some(rate_per_s) = constant_rate(rate) else {
            return Err(format!("the rate of {} changes over time", producer.name));
        };
        if rate_per_s > 0.0 {
            let share = model.share_of(producer.to, queue);
            let gaps = gaps(process, rate_per_s, &producer.name)?;
            let producer = producer.name.clone();
            streams.push(Stream { rate_per_s: rate_per_s * share, share, gaps, producer });
        }
    }
    Ok(streams)
}

/// λ and the spacing of streams together.
///
/// # Errors
/// Why theory knows no such stream, or that there is none.
pub(super) fn join(streams: Vec<Stream>) -> Result<(f64, Gaps), String> {
    let rate_per_s = streams.iter().map(|stream| stream.rate_per_s).sum();
    // A share drawn for each message of a Poisson process is one, and so are several of them together.
    let (poisson, others): (Vec<Stream>, Vec<Stream>) =
        streams.into_iter().partition(|stream| stream.gaps == Gaps::Poisson);
    let gaps = match (others.as_slice(), poisson.as_slice()) {
        ([], []) => return Err("nothing is published to it".to_owned()),
        ([], _) => Gaps::Poisson,
        ([Stream { gaps: Gaps::Modulated(process), share, .. }], _) => {
            let poisson_per_s = poisson.iter().map(|stream| stream.rate_per_s).sum();
            let joined = process.thinned_and_joined(*share, poisson_per_s);
            return Ok((joined.mean_per_s(), Gaps::Modulated(joined)));
        }
        ([Stream { gaps, share: 1.0, .. }], []) => gaps.clone(),
        _ => Gaps::Joined(scvs(&[others, poisson].concat())?),
    };
    Ok((rate_per_s, gaps))
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
        Process::Mmpp(states) => return modulated(states, rate_per_s),
    };
    Ok(if law.is_exponential() { Gaps::Poisson } else { Gaps::Renewal(law) })
}

/// A rate that jumps between states; the factors are those of the model, with a mean of 1 over time.
fn modulated(states: &[MmppState], rate_per_s: f64) -> Result<Gaps, String> {
    let states: Vec<(f64, f64)> = states.iter().map(|state| (rate_per_s * state.factor, 1.0 / state.mean_s)).collect();
    let process = Mmpp::new(&states).map_err(|reason| reason.to_string())?;
    Ok(if process.is_poisson() { Gaps::Poisson } else { Gaps::Modulated(process) })
}

/// Slots, service and overhead of the only consumer group.
fn consumers(model: &Model, queue: QueueId) -> Result<Station, Vec<String>> {
    let groups: Vec<&ConsumerGroup> = model.groups_of(queue).collect();
    let group = match groups.as_slice() {
        [] => return Err(vec!["nobody consumes it".to_owned()]),
        [group] => *group,
        _ => return Err(vec![format!("{} consumer groups compete for its messages", groups.len())]),
    };
    let mut obstacles = Vec::new();
    let single_active = model.queues[queue].single_active;
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
    if group.in_flight_limit.is_some() && overhead.is_some() {
        obstacles.push("unacked messages are limited, and an overhead follows the ack".to_owned());
    }
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
            let active = if single_active { replicas.min(1) } else { replicas };
            let all = u64::from(active) * u64::from(group.slots_per_replica());
            let slots = group.in_flight_limit.map_or(all, |limit| all.min(u64::from(limit)));
            let settings = &model.queues[queue];
            let factor = tries(settings, group).unwrap_or(1.0) / speed;
            let service = if factor == 1.0 { group.service.clone() } else { scaled(&group.service, factor) };
            Ok(Station {
                service,
                overhead: overhead.cloned(),
                slots,
                room: settings.capacity,
                overflow: settings.overflow,
                patience_per_s: patience_per_s(settings),
            })
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
