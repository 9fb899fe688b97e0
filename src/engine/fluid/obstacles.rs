//! What keeps the fluid engine from an exact answer, among the settings beyond the plain queue.
//!
//! Not here: what it does with the others.

use super::inflow::constant_s;
use super::unanswered::Unanswered;
use crate::engine::beyond::{Beyond, beyond};
use crate::model::{ConsumerGroup, Distribution, Model, Order, QueueId, ResourceId};
use crate::units::Seconds;

/// Whether everything that is set for a queue has a fluid limit that is known.
///
/// # Errors
///
/// The first setting that has none.
pub fn check(model: &Model, queue: QueueId) -> Result<(), Unanswered> {
    let found = beyond(model, queue);
    let scaled = found.iter().any(|setting| matches!(setting, Beyond::Scaling(_)));
    for setting in found {
        if let Some(why) = obstacle(model, queue, &setting, scaled) {
            return Err(Unanswered::Beyond(setting, why));
        }
    }
    Ok(())
}

/// Why a setting has no fluid limit, if it has none.
fn obstacle(model: &Model, queue: QueueId, setting: &Beyond, scaled: bool) -> Option<&'static str> {
    let group_named = |name: &str| model.groups_of(queue).find(|group| group.name == name);
    match setting {
        Beyond::Confirms(_) => Some("how fast it publishes then depends on single round trips"),
        Beyond::BrokerOutages => Some("what was delivered comes back, and producers stop or lose messages"),
        Beyond::Groups => Some("how many of them have something to do at once depends on single messages"),
        Beyond::Crashes(_) => Some("who is away when is chance, and few replicas have no limit"),
        Beyond::AckTimeout(name) => {
            let is_bound = group_named(name).is_none_or(|group| !always_in_time(group));
            is_bound.then_some("which services take longer is chance, and each of them is done again")
        }
        Beyond::Resources(name) => {
            let is_bound = group_named(name).is_none_or(|group| group.uses.iter().any(|(id, _)| !has_room(model, *id)));
            is_bound.then_some("who has to wait for them depends on single services")
        }
        Beyond::Emitted(_)
        | Beyond::DeadLetters(_)
        | Beyond::Share(_)
        | Beyond::Block
        | Beyond::Ttl
        | Beyond::Retention
        | Beyond::SingleActive
        | Beyond::Scaling(_)
        | Beyond::Failures(_)
        | Beyond::InFlightLimit(_)
        | Beyond::Contention(_) => None,
        Beyond::AckBefore(_) => scaled.then_some("what a scaler sees of it depends on the clients' buffers"),
        Beyond::Batch(_) => scaled.then_some("what a scaler sees of it depends on how full the batches are"),
        Beyond::Priorities => scaled.then_some("its levels and a scaler are not answered together"),
        Beyond::Partitions => match &model.queues[queue].order {
            Order::Partitions(_) if !scaled => None,
            _ => Some("who gets which of them when replicas come and go decides what waits where"),
        },
    }
}

/// Whether no service can last as long as its delivery may.
fn always_in_time(group: &ConsumerGroup) -> bool {
    let Some(timeout_s) = group.ack_timeout_s else { return true };
    let longest_s = match &group.service {
        Distribution::Uniform { high_s, .. } => Some(*high_s),
        Distribution::Empirical(values_s) => values_s.iter().copied().reduce(f64::max),
        other => constant_s(other),
    };
    let slowest = group.speeds.iter().copied().fold(1.0, f64::min);
    let is_steady = group.speed.is_none() && group.contention.is_none() && group.prefetch <= group.concurrency;
    is_steady && group.batch.is_none() && longest_s.is_some_and(|longest_s| longest_s / slowest < timeout_s)
}

/// Whether all slots that use a resource could be busy at once.
fn has_room(model: &Model, resource: ResourceId) -> bool {
    let needed = model.groups.iter().filter(|group| group.uses.iter().any(|(id, _)| *id == resource)).map(|group| {
        let units: u32 = group.uses.iter().filter(|(id, _)| *id == resource).map(|(_, units)| units).sum();
        let replicas = if group.scaling.is_some() { None } else { Some(group.replicas.most()) };
        replicas.map(|replicas| f64::from(replicas) * f64::from(group.slots_per_replica()) * f64::from(units))
    });
    let needed: Option<f64> = needed.sum();
    needed.is_some_and(|needed| needed <= f64::from(model.resources[resource].slots))
}

/// What messages that wait long come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expiry {
    /// Nothing: they wait.
    Never,
    /// They are lost when they have waited so long.
    After(Seconds),
    /// Each of them is lost at this rate.
    Rate(f64),
}

/// What messages that wait long in a queue come to; `delay_s` is the time until they can be delivered.
///
/// # Errors
///
/// Times to live without a fluid limit, alone or with what else is set.
pub fn expiry(model: &Model, queue: QueueId, delay_s: Seconds) -> Result<Expiry, Unanswered> {
    let settings = &model.queues[queue];
    let no = |why| Err(Unanswered::Expiry(why));
    let kept_s = settings.retention.age_s.map(|age_s| (age_s - delay_s).max(0.0));
    if kept_s.is_some() && delay_s > 0.0 && settings.initial > 0 {
        return no("what is there at the begin and what comes later are kept for different times");
    }
    let Some(ttl) = &settings.ttl else { return Ok(kept_s.map_or(Expiry::Never, Expiry::After)) };
    if let Some(after_s) = constant_s(&ttl.after) {
        return Ok(Expiry::After(kept_s.map_or(after_s, |kept_s| kept_s.min(after_s))));
    }
    let Some(mean_s) = ttl.after.exponential_mean() else {
        return no("their times to live are neither constant nor exponential");
    };
    if ttl.at == crate::model::TtlPlace::Head {
        return no("random times to live count only at the head");
    }
    if kept_s.is_some() {
        return no("both a random time to live and the age of the log bound them");
    }
    if model.groups_of(queue).any(|group| group.scaling.is_some()) {
        return no("the age that a scaler sees under random times to live is not answered");
    }
    Ok(Expiry::Rate(1.0 / mean_s))
}
