//! The laws of what flows between queues: dead letters, emissions, copies.

use forebay::model::{Ack, Destination, Model, Overflow, QueueId, Routing, WhenAway};

use super::queue::QueueAudit;
use super::{Rule, Violations};

/// What holds between events.
pub fn check(model: &Model, now_s: f64, queues: &[QueueAudit], violations: &mut Violations) {
    for (id, queue) in queues.iter().enumerate() {
        let (least, most) = sent_to(model, id, queues);
        let closed = model.producers_of(id).next().is_none();
        let fits = queue.published >= least && (!closed || queue.published <= most);
        violations.check(Rule::Flow, now_s, fits, || {
            format!("{}: {} published, {least} to {most} sent", queue.settings.name, queue.published)
        });
    }
    for (topic, routing) in model.topics.iter().enumerate() {
        let Routing::Copies(to) = &routing.to else { continue };
        let only = |queue: &QueueId| is_fed_only_by(model, *queue, topic);
        let counts: Vec<u64> = to
            .iter()
            .filter(|queue| only(queue))
            .map(|queue| queues[*queue].published - queues[*queue].settings.initial)
            .collect();
        let equal = counts.windows(2).all(|pair| pair[0] == pair[1]);
        violations.check(Rule::Flow, now_s, equal, || format!("{}: copies {counts:?}", routing.name));
    }
}

/// Fewest and most messages that a queue must have got, producers left out.
fn sent_to(model: &Model, id: QueueId, queues: &[QueueAudit]) -> (u64, u64) {
    let dead: u64 =
        queues.iter().filter(|queue| queue.settings.dead_letter == Some(id)).map(|queue| queue.dead_lettered).sum();
    let (mut least, mut most) = (model.queues[id].initial + dead, model.queues[id].initial + dead);
    for (from, queue) in queues.iter().enumerate() {
        let (few, many) = emitted(model, from, id, queue.acked);
        least += few;
        most += many;
    }
    (least, most)
}

/// Fewest and most messages that so many acks of one queue have brought to another.
fn emitted(model: &Model, from: QueueId, to: QueueId, acked: u64) -> (u64, u64) {
    // Which group acked what is not told: the stingiest and the most generous bound it.
    let per_ack = model.groups_of(from).map(|group| {
        let mut bounds = (0, 0);
        for emission in &group.emits {
            let share = model.share_of(emission.to, to);
            let certain = share == 1.0 && group.ack == Ack::After;
            bounds.0 += if certain { emission.per_message.floor() as u64 } else { 0 };
            bounds.1 += if share > 0.0 { emission.per_message.ceil() as u64 } else { 0 };
        }
        bounds
    });
    let (least, most) = per_ack.fold((u64::MAX, 0), |(least, most), (few, many)| (least.min(few), most.max(many)));
    if least == u64::MAX { (0, 0) } else { (acked * least, acked * most) }
}

/// Whether nothing but a topic brings a queue messages.
fn is_fed_only_by(model: &Model, queue: QueueId, topic: usize) -> bool {
    let other = |to: Destination| to != Destination::Topic(topic) && model.share_of(to, queue) > 0.0;
    !model.producers.iter().any(|producer| other(producer.to))
        && !model.groups.iter().flat_map(|group| &group.emits).any(|emission| other(emission.to))
        && !model.queues.iter().any(|from| from.dead_letter == Some(queue))
}

/// Whether something can stop a producer's clock.
pub fn may_stop(model: &Model, producer: usize) -> bool {
    let settings = &model.producers[producer];
    let stops = |queue: QueueId| {
        let reached = model.share_of(settings.to, queue) > 0.0;
        let away = settings.when_away == WhenAway::Block && !model.queues[queue].broker_outages.is_empty();
        reached && (away || model.queues[queue].overflow == Overflow::Block)
    };
    settings.confirms.is_some() || (0..model.queues.len()).any(stops)
}
