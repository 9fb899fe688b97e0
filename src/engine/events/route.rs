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

    /// Publishes a message once more, as a dead letter: what is poison stays poison.
    pub(super) fn send_dead_letter(&mut self, now_s: Seconds, to: QueueId, dead: &Message) {
        let has_paths = self.journeys.exist();
        if has_paths {
            self.set_out(now_s, &[to], Some(dead));
        }
        let mut message = self.new_message(now_s, to, None);
        if has_paths {
            self.board(to, Some(dead), &mut message);
        }
        if let Some(luck) = self.extras.at(dead.extra).and_then(|extra| extra.luck) {
            self.extras.of(&mut message).luck = Some(luck);
        }
        self.arrive(now_s, to, message, true);
        if has_paths {
            self.all_aboard(now_s);
        }
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
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{Distribution, Producer};

    fn topic(routing: Routing) -> Vec<Topic> {
        vec![Topic { name: "events".into(), to: routing }]
    }

    fn to_topic(instants_s: &[Seconds]) -> Producer {
        Producer { to: Destination::Topic(0), ..at(0, instants_s) }
    }

    #[test]
    fn every_queue_of_a_topic_gets_its_copy_with_work_of_its_own() {
        let mut world =
            model(vec![to_topic(&[1.0, 2.0])], vec![queue(0), queue(1)], vec![worker(0, 0.25), worker(1, 3.0)]);
        world.topics = topic(Routing::Copies(vec![0, 1]));
        let (diary, ledger) = diary(&world);
        assert_eq!(diary.of(&["acked"]), ["1.25 q0 acked 1", "2.25 q0 acked 2", "4 q1 acked 1", "7 q1 acked 2"]);
        assert_eq!(ledger.published, 4);
    }

    #[test]
    fn a_queue_in_a_topic_is_as_it_would_be_alone() {
        let group = |from| crate::model::ConsumerGroup {
            service: Distribution::Exponential { mean_s: 0.4 },
            ..worker(from, 1.0)
        };
        let instants_s: Vec<f64> = (0..90).map(f64::from).collect();
        let mut world = model(vec![to_topic(&instants_s)], vec![queue(0), queue(1)], vec![group(0), group(1)]);
        world.topics = topic(Routing::Copies(vec![1, 0]));
        let alone = model(vec![at(0, &instants_s)], vec![queue(0)], vec![group(0)]);
        assert_eq!(diary(&world).0.of(&["q0"]), diary(&alone).0.of(&["q0"]));
    }

    #[test]
    fn shares_split_what_is_published() {
        let instants_s: Vec<f64> = (0..9000).map(|k| f64::from(k) * 0.01).collect();
        let mut world = model(vec![to_topic(&instants_s)], vec![queue(0), queue(1)], vec![worker(0, 0.0)]);
        world.topics = topic(Routing::Shares(vec![(0, 0.7), (1, 0.3)]));
        let (_, ledger) = diary(&world);
        assert_eq!(ledger.acked + ledger.in_system, 9000);
        assert!((6170..6430).contains(&ledger.acked), "{ledger:?}");
    }

    #[test]
    fn shares_are_hit_by_their_size_and_empty_ones_never() {
        let shares = [(4, 0.25), (2, 0.0), (7, 0.75)];
        assert_eq!(drawn(&shares, 0.0), 4);
        assert_eq!(drawn(&shares, 0.249), 4);
        assert_eq!(drawn(&shares, 0.25), 7);
        assert_eq!(drawn(&shares, 1.0), 7);
    }
}
