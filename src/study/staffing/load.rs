//! What one group has to do: its rate, the time that a message takes a slot, and what an offered load cannot describe.

use super::StaffingError;
use crate::engine::beyond::{Beyond, beyond};
use crate::engine::formula::OfferedLoad;
use crate::model::{AfterFailure, ConsumerGroup, Distribution, GroupId, Model, Rate, TtlPlace};
use crate::units::{PerSecond, Seconds};

/// The load of one group.
#[derive(Clone, Debug)]
pub(super) struct GroupLoad {
    /// Deliveries per second: published messages, times the attempts that each takes.
    pub rate: Rate,
    pub service: Distribution,
    /// Work per second of every slot.
    pub speed: f64,
    pub overhead_s: Seconds,
    /// θ, where messages lose patience exponentially.
    pub patience_per_s: Option<f64>,
    pub notes: Vec<String>,
}

impl GroupLoad {
    /// The load of `group`.
    ///
    /// # Errors
    /// [`StaffingError::NotApplicable`] with all reasons.
    pub fn of(model: &Model, group: GroupId) -> Result<Self, StaffingError> {
        let settings = &model.groups[group];
        let queue = settings.from;
        let mut obstacles: Vec<String> =
            beyond(model, queue).iter().filter(|setting| is_in_the_way(setting)).map(ToString::to_string).collect();
        let groups = model.groups_of(queue).count();
        if groups > 1 {
            obstacles.push(format!("{groups} groups compete for the messages"));
        }
        if settings.rate_limit.is_some() {
            obstacles.push("a rate limit holds starts back, whatever the replicas".to_owned());
        }
        let speed = constant_speed(settings);
        if speed.is_none() {
            obstacles.push("the speed changes over time or between replicas".to_owned());
        }
        if model.mean_occupancy_s(settings) <= 0.0 {
            obstacles.push("service takes no time".to_owned());
        }
        let attempts = attempts(model, settings).map_err(|why| obstacles.push(why)).ok();
        let published = model.publish_rate(queue).map_err(|why| obstacles.push(why)).ok();
        let (Some(speed), Some(attempts), Some(published), true) = (speed, attempts, published, obstacles.is_empty())
        else {
            return Err(StaffingError::NotApplicable { group: settings.name.clone(), why: obstacles.join("; ") });
        };
        let ttl = model.queues[queue].ttl.as_ref().filter(|ttl| ttl.at == TtlPlace::Anywhere);
        Ok(GroupLoad {
            rate: Rate::Scale { by: attempts, rate: Box::new(published) },
            service: settings.service.clone(),
            speed,
            overhead_s: settings.overhead.as_ref().map_or(0.0, Distribution::mean),
            patience_per_s: ttl.and_then(|ttl| ttl.after.exponential_mean()).map(|mean_s| 1.0 / mean_s),
            notes: notes(model, settings),
        })
    }

    /// m(t).
    pub fn offered(&self, t_s: Seconds) -> f64 {
        let (service, speed, overhead_s) = (self.service.clone(), self.speed, self.overhead_s);
        OfferedLoad { rate: &self.rate, service, speed, overhead_s, initial: 0 }.at(t_s)
    }

    /// Messages per second that one busy slot serves.
    pub fn served_per_s(&self) -> PerSecond {
        1.0 / (self.service.mean() / self.speed + self.overhead_s)
    }
}

/// What makes slots of replicas something else than places at which messages are served one by one, or brings messages
/// that no rate tells of.
fn is_in_the_way(setting: &Beyond) -> bool {
    match setting {
        Beyond::Emitted(_)
        | Beyond::DeadLetters(_)
        | Beyond::Confirms(_)
        | Beyond::Block
        | Beyond::Partitions
        | Beyond::Groups
        | Beyond::SingleActive
        | Beyond::Batch(_)
        | Beyond::InFlightLimit(_)
        | Beyond::Contention(_)
        | Beyond::Resources(_) => true,
        Beyond::Share(_)
        | Beyond::Ttl
        | Beyond::Retention
        | Beyond::BrokerOutages
        | Beyond::Priorities
        | Beyond::Scaling(_)
        | Beyond::AckBefore(_)
        | Beyond::AckTimeout(_)
        | Beyond::Failures(_)
        | Beyond::Crashes(_) => false,
    }
}

/// The speed of every slot, if it never changes.
fn constant_speed(group: &ConsumerGroup) -> Option<f64> {
    let over_time = match &group.speed {
        None => 1.0,
        Some(speed) => {
            let (low, high) = speed.bounds(0.0, f64::MAX);
            (low == high).then_some(low)?
        }
    };
    let first = group.speeds.first().copied().unwrap_or(1.0);
    let speed = over_time * first;
    (group.speeds.iter().all(|speed| *speed == first) && speed > 0.0).then_some(speed)
}

/// Mean deliveries per message: 1 + p + p² + …, up to the limit.
fn attempts(model: &Model, group: &ConsumerGroup) -> Result<f64, String> {
    let Some(failures) = group.failures.as_ref().filter(|failures| failures.then == AfterFailure::Requeue) else {
        return Ok(1.0);
    };
    if failures.poison > 0.0 {
        return Err("some messages fail at every attempt".to_owned());
    }
    let p = failures.probability;
    match model.queues[group.from].delivery_limit {
        Some(limit) if p < 1.0 => Ok((1.0 - p.powf(f64::from(limit))) / (1.0 - p)),
        Some(limit) => Ok(f64::from(limit)),
        None if p < 1.0 => Ok(1.0 / (1.0 - p)),
        None => Err("every attempt fails".to_owned()),
    }
}

/// What the offered load leaves out.
fn notes(model: &Model, group: &ConsumerGroup) -> Vec<String> {
    let mut notes = Vec::new();
    if model.queues[group.from].initial > 0 {
        notes.push("the backlog at t = 0 is not staffed for: it is worked off by what the load leaves".to_owned());
    }
    if group.overhead.as_ref().is_some_and(|overhead| overhead.constant_value().is_none()) {
        notes.push("the overhead counts with its mean in the offered load".to_owned());
    }
    if !group.outages.is_empty() || group.crashes.is_some() {
        notes.push("the offered load knows of no outages and crashes of consumers".to_owned());
    }
    if group.startup.as_ref().is_some_and(|startup| startup.mean() > 0.0) {
        notes.push("replicas of the schedule are wanted at its steps and start up after them".to_owned());
    }
    notes
}
