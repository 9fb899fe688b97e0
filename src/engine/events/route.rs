//! Where a publish goes: one queue, every queue of a topic, or one of them by its share.
//!
//! Not here: when producers publish (`clocks`) and what groups publish (`settle`).

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use super::kernel::Kernel;
use super::message::Message;
use super::observer::Observer;
use super::streams::{Purpose, stream, unit};
use crate::model::{Destination, QueueId, Routing, Topic};
use crate::units::Seconds;

/// A topic at work.
pub(super) struct TopicState<'m> {
    pub routing: &'m Routing,
    /// Draws the share of each message, where there are shares.
    shares: Xoshiro256PlusPlus,
}

impl<'m> TopicState<'m> {
    pub fn new(topic: &'m Topic, seed: u64, replication: u32) -> Self {
        TopicState { routing: &topic.to, shares: stream(seed, replication, Purpose::Routing, &topic.name) }
    }
}

/// The queues that one message goes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aim<'m> {
    One([QueueId; 1]),
    All(&'m [QueueId]),
}

impl Aim<'_> {
    pub fn queues(&self) -> &[QueueId] {
        match self {
            Aim::One(queue) => queue,
            Aim::All(queues) => queues,
        }
    }
}

impl<'m, O: Observer> Kernel<'m, '_, O> {
    /// The queues of the next message to this destination.
    pub(super) fn aim(&mut self, to: Destination) -> Aim<'m> {
        match to {
            Destination::Queue(queue) => Aim::One([queue]),
            Destination::Topic(topic) => {
                let topic = &mut self.topics[topic];
                match topic.routing {
                    Routing::Copies(queues) => Aim::All(queues),
                    Routing::Shares(shares) => Aim::One([drawn(shares, unit(topic.shares.next_u64()))]),
                }
            }
        }
    }

    /// Publishes a message, because of another or from outside.
    pub(super) fn send(
        &mut self,
        now_s: Seconds,
        to: Destination,
        service_s: Option<Seconds>,
        parent: Option<&Message>,
    ) {
        let aim = self.aim(to);
        self.send_to(now_s, aim, service_s, parent);
    }

    /// Publishes a message to these queues, each with work of its own.
    pub(super) fn send_to(
        &mut self,
        now_s: Seconds,
        aim: Aim<'m>,
        service_s: Option<Seconds>,
        parent: Option<&Message>,
    ) {
        if !self.journeys.exist() {
            for queue in aim.queues() {
                self.publish(now_s, *queue, service_s, true);
            }
            return;
        }
        self.set_out(now_s, aim.queues(), parent);
        for queue in aim.queues() {
            let mut message = self.new_message(now_s, *queue, service_s);
            self.board(*queue, parent, &mut message);
            self.arrive(now_s, *queue, message, true);
        }
        self.all_aboard(now_s);
    }
}

/// The queue in whose share a uniform number falls.
fn drawn(shares: &[(QueueId, f64)], luck: f64) -> QueueId {
    let mut rest = luck;
    for (queue, share) in shares {
        rest -= share;
        if rest < 0.0 {
            return *queue;
        }
    }
    shares.iter().rfind(|(_, share)| *share > 0.0).map_or(0, |(queue, _)| *queue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_hit_by_their_size_and_empty_ones_never() {
        let shares = [(4, 0.25), (2, 0.0), (7, 0.75)];
        assert_eq!(drawn(&shares, 0.0), 4);
        assert_eq!(drawn(&shares, 0.249), 4);
        assert_eq!(drawn(&shares, 0.25), 7);
        assert_eq!(drawn(&shares, 1.0), 7);
    }
}
