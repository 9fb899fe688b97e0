//! Which queues of a model are birth-death processes: their rates, or the reasons, in the user's words, why not.
//!
//! The rule for slots that go: with `shutdown: requeue` what a leaving replica worked on waits again, and as its next
//! attempt is drawn anew from an exponential law, the number in the system never notices. With `shutdown: finish` it
//! works on beside those who stay, and the number in the system alone no longer tells how many work.

use super::setting::MarkovQueue;
use crate::engine::beyond::{Beyond, beyond};
use crate::model::{
    Arrivals, ConsumerGroup, Distribution, Model, Overflow, Process, QueueId, Rate, Renewal, Replicas, Shutdown,
    TtlPlace,
};
use crate::units::Seconds;

/// A queue with a law.
pub(super) struct Law {
    pub queue: MarkovQueue,
    /// Whether messages leave in the order in which they came.
    pub order_is_known: bool,
}

/// The birth-death process that `queue` is.
///
/// # Errors
/// The reasons why it is none, joined by `; `.
pub(super) fn classify(model: &Model, queue: QueueId) -> Result<Law, String> {
    let settings = &model.queues[queue];
    let mut obstacles = Vec::new();
    if settings.delivery_delay.is_some() {
        obstacles.push("messages are delayed before they can be delivered".to_owned());
    }
    let patience_per_s = patience_per_s(model, queue);
    let others = beyond(model, queue).into_iter().filter(|setting| match setting {
        Beyond::Ttl => patience_per_s.is_none(),
        Beyond::Share(_) | Beyond::SingleActive | Beyond::InFlightLimit(_) => false,
        _ => true,
    });
    obstacles.extend(others.map(|setting| setting.to_string()));
    obstacles.extend(model.producers_of(queue).filter_map(|producer| not_poisson(&producer.arrivals, &producer.name)));
    let groups: Vec<&ConsumerGroup> = model.groups_of(queue).collect();
    let group = match groups.as_slice() {
        [group] => Some(*group),
        [] => {
            obstacles.push("nobody consumes it".to_owned());
            None
        }
        _ => {
            obstacles.push(format!("{} consumer groups compete for its messages", groups.len()));
            None
        }
    };
    obstacles.extend(group.into_iter().flat_map(not_markov));
    let Some(group) = group.filter(|_| obstacles.is_empty()) else {
        return Err(obstacles.join("; "));
    };
    let service_s = group.service.exponential_mean().ok_or("service is not exponential")?;
    let slots = slots(group, settings.single_active);
    let falls = slots.windows(2).any(|pair| pair[1].1 < pair[0].1);
    let per_replica = group.speeds.first().copied().unwrap_or(1.0);
    let law = MarkovQueue {
        rate: model.publish_rate(queue)?,
        service_per_s: speeds(group, model.horizon_s)
            .map(|(from_s, speed)| (from_s, speed * per_replica / service_s))
            .collect(),
        patience_per_s: patience_per_s.unwrap_or(0.0),
        room: settings.capacity,
        initial: settings.initial,
        slots,
    };
    contradictions(&law, group, falls)?;
    Ok(Law { queue: law, order_is_known: settings.capacity.is_none() || settings.overflow == Overflow::Reject })
}

/// Settings that are fine one by one but not together.
fn contradictions(law: &MarkovQueue, group: &ConsumerGroup, falls: bool) -> Result<(), String> {
    let first_slots = law.slots.first().map_or(0, |(_, slots)| *slots);
    if falls && group.shutdown != Shutdown::Requeue {
        return Err(format!(
            "replicas of {} that leave finish their work beside those who stay (shutdown: requeue would have an exact \
             law)",
            group.name
        ));
    }
    if falls && (law.patience_per_s > 0.0 || law.room.is_some()) {
        return Err("messages that come back from leaving replicas may expire or find no room".to_owned());
    }
    if law.room.is_some_and(|room| law.initial > first_slots + room) {
        return Err("the queue starts with more than it may hold".to_owned());
    }
    Ok(())
}

/// θ where times to live are exponential and count wherever a message stands.
fn patience_per_s(model: &Model, queue: QueueId) -> Option<f64> {
    let ttl = model.queues[queue].ttl.as_ref().filter(|ttl| ttl.at == TtlPlace::Anywhere)?;
    ttl.after.exponential_mean().map(|mean_s| 1.0 / mean_s)
}

/// Why arrivals are not a Poisson process, if they are none.
fn not_poisson(arrivals: &Arrivals, producer: &str) -> Option<String> {
    match arrivals {
        Arrivals::Recorded(_) => Some(format!("the messages of {producer} are recorded")),
        Arrivals::Process { process, .. } if is_poisson(process) => None,
        Arrivals::Process { .. } => Some(format!("the arrivals of {producer} are not Poisson")),
    }
}

fn is_poisson(process: &Process) -> bool {
    match process {
        Process::Poisson => true,
        Process::Regular | Process::Mmpp(_) => false,
        Process::Renewal(Renewal::Cv(cv)) => *cv == 1.0,
        Process::Renewal(Renewal::Gap(gap)) => gap.is_exponential(),
        Process::Batches { size, of } => *size == 1 && is_poisson(of),
    }
}

/// What keeps a group from being c(t) slots with exponential services.
fn not_markov(group: &ConsumerGroup) -> Vec<String> {
    let changes = matches!(&group.replicas, Replicas::Steps(steps) if steps.len() > 1);
    let takes_time = |law: &Option<Distribution>| law.as_ref().is_some_and(|law| law.mean() > 0.0);
    let speed_varies = group.speed.as_ref().is_some_and(|speed| !speed.is_piecewise_constant());
    let speeds_differ = group.speeds.windows(2).any(|pair| pair[0] != pair[1]);
    let found = [
        (!group.service.is_exponential() || group.service.mean() <= 0.0, "service is not exponential"),
        (
            group.prefetch > group.concurrency,
            "prefetch above concurrency binds messages to a replica before it is free",
        ),
        (group.rate_limit.is_some(), "a rate limit holds starts back"),
        (takes_time(&group.overhead), "an overhead keeps slots busy after the ack"),
        (changes && takes_time(&group.startup), "new replicas need time to start"),
        (!group.outages.is_empty(), "there are outages"),
        (speed_varies, "the speed changes continuously"),
        (speeds_differ, "replicas differ in speed"),
    ];
    found.into_iter().filter(|(is_set, _)| *is_set).map(|(_, reason)| reason.to_owned()).collect()
}

/// c(t).
fn slots(group: &ConsumerGroup, single_active: bool) -> Vec<(Seconds, u64)> {
    let of = |replicas: u32| {
        let active = if single_active { replicas.min(1) } else { replicas };
        let all = u64::from(active) * u64::from(group.slots_per_replica());
        group.in_flight_limit.map_or(all, |limit| all.min(u64::from(limit)))
    };
    let mut slots: Vec<(Seconds, u64)> = match &group.replicas {
        Replicas::Fixed(replicas) => vec![(0.0, of(*replicas))],
        Replicas::Steps(steps) => steps.iter().map(|(from_s, replicas)| (*from_s, of(*replicas))).collect(),
    };
    slots.dedup_by_key(|(_, slots)| *slots);
    slots
}

/// The group's speed up to `until_s`, piece by piece.
fn speeds(group: &ConsumerGroup, until_s: Seconds) -> impl Iterator<Item = (Seconds, f64)> {
    let constant = Rate::Constant(1.0);
    let speed = group.speed.as_ref().unwrap_or(&constant);
    let mut pieces: Vec<(Seconds, f64)> =
        speed.pieces(0.0, until_s).map(|piece| (piece.from_s, speed.at(piece.from_s))).collect();
    pieces.dedup_by(|later, earlier| later.1 == earlier.1);
    pieces.into_iter()
}
