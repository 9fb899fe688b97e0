//! What is connected to what.

use forebay::model::{
    Arrivals, ConsumerGroup, Destination, Emission, Path, Process, Producer, Queue, QueueId, Rate, Routing, Topic,
};

use super::Maker;

impl Maker {
    pub(super) fn topology(&mut self) {
        match self.dice.below(8) {
            0 | 1 => self.single(),
            2 => self.fan_out(),
            3 => self.shares(),
            4 => self.pipeline(),
            5 => self.loops_back(),
            6 => self.fork_and_join(),
            _ => self.dead_letters(),
        }
    }

    /// A queue with a group, and what comes in per second of what its slots can do.
    fn stage(&mut self) -> QueueId {
        let id = self.model.queues.len();
        self.model.queues.push(Queue::new(format!("q{id}")));
        let groups = self.dice.pick(&[1, 1, 1, 2]);
        for k in 0..groups {
            let mean_s = self.dice.between(0.03, 0.4);
            let (replicas, law) = (self.dice.pick(&[1, 1, 2, 3, 4]), self.law(mean_s));
            let mut group = ConsumerGroup::new(format!("g{id}{k}"), id, replicas, law);
            group.concurrency = self.dice.pick(&[1, 1, 1, 2, 3]);
            group.prefetch = group.concurrency + self.dice.pick(&[0, 0, 0, 1, 4, 10]);
            self.model.groups.push(group);
        }
        id
    }

    fn publish(&mut self, to: Destination, most_per_s: f64) {
        for k in 0..self.dice.pick(&[1, 1, 2]) {
            let rate = self.rate(most_per_s);
            let process = match self.dice.below(4) {
                _ if self.grid => Process::Regular,
                0 => Process::Batches { size: self.dice.count(2, 6), of: Box::new(Process::Poisson) },
                1 => Process::Regular,
                _ => Process::Poisson,
            };
            let id = self.model.producers.len();
            let arrivals = Arrivals::Process { rate, process };
            let producer = Producer { to, ..Producer::new(format!("p{id}{k}"), 0, arrivals) };
            self.model.producers.push(producer);
        }
    }

    /// Quiet or busy, and sometimes a spike.
    fn rate(&mut self, most_per_s: f64) -> Rate {
        let high = if self.grid { self.dice.pick(&[2.0, 4.0, 8.0]) } else { self.dice.between(1.0, most_per_s) };
        if self.dice.chance(0.4) {
            let from_s = self.time(0.0, 0.6 * self.model.horizon_s);
            let until_s = from_s + self.length(0.5, 0.4 * self.model.horizon_s);
            let pulse = Rate::Pulse { height: 3.0 * high, from_s, until_s };
            return Rate::Sum(vec![Rate::Constant(0.3 * high), pulse]);
        }
        Rate::Constant(high)
    }

    fn topic(&mut self, to: Routing) -> Destination {
        let name = format!("t{}", self.model.topics.len());
        self.model.topics.push(Topic { name, to });
        Destination::Topic(self.model.topics.len() - 1)
    }

    /// Every group of a queue emits this.
    fn emits(&mut self, from: QueueId, to: Destination, per_message: f64) {
        for group in self.model.groups.iter_mut().filter(|group| group.from == from) {
            group.emits.push(Emission { to, per_message });
        }
    }

    fn path(&mut self, queues: Vec<QueueId>) {
        self.model.paths.push(Path { name: format!("path{}", self.model.paths.len()), queues });
    }

    fn single(&mut self) {
        let queue = self.stage();
        self.publish(Destination::Queue(queue), 20.0);
    }

    fn fan_out(&mut self) {
        let queues: Vec<QueueId> = (0..self.dice.count(2, 3)).map(|_| self.stage()).collect();
        let topic = self.topic(Routing::Copies(queues));
        self.publish(topic, 10.0);
        if self.dice.chance(0.3) {
            self.publish(Destination::Queue(0), 5.0);
        }
    }

    fn shares(&mut self) {
        let (first, second) = (self.stage(), self.stage());
        let share = self.dice.pick(&[0.5, 0.3, 0.9]);
        let topic = self.topic(Routing::Shares(vec![(first, share), (second, 1.0 - share)]));
        self.publish(topic, 20.0);
    }

    fn pipeline(&mut self) {
        let stages: Vec<QueueId> = (0..self.dice.count(2, 3)).map(|_| self.stage()).collect();
        self.publish(Destination::Queue(stages[0]), 12.0);
        for pair in stages.windows(2) {
            let per_message = self.dice.pick(&[1.0, 1.0, 2.0, 0.5, 1.3]);
            self.emits(pair[0], Destination::Queue(pair[1]), per_message);
        }
        self.path(stages);
    }

    /// A share of what the second stage has done begins again.
    fn loops_back(&mut self) {
        let (first, second) = (self.stage(), self.stage());
        self.publish(Destination::Queue(first), 8.0);
        self.emits(first, Destination::Queue(second), 1.0);
        let again = self.dice.pick(&[0.1, 0.3]);
        self.emits(second, Destination::Queue(first), again);
    }

    fn fork_and_join(&mut self) {
        let (first, left, right) = (self.stage(), self.stage(), self.stage());
        self.publish(Destination::Queue(first), 8.0);
        let topic = self.topic(Routing::Copies(vec![left, right]));
        self.emits(first, topic, 1.0);
        let joined = if self.dice.chance(0.5) {
            let last = self.stage();
            self.emits(left, Destination::Queue(last), 1.0);
            self.emits(right, Destination::Queue(last), 1.0);
            vec![first, left, right, last]
        } else {
            vec![first, left, right]
        };
        self.path(joined);
    }

    /// A queue with a dead-letter queue, consumed or not, which may itself have one.
    fn dead_letters(&mut self) {
        let queue = self.stage();
        self.publish(Destination::Queue(queue), 20.0);
        let dead = self.dead_letter_queue(queue);
        if self.dice.chance(0.3) {
            self.dead_letter_queue(dead);
        }
    }

    pub(super) fn dead_letter_queue(&mut self, of: QueueId) -> QueueId {
        let dead = if self.dice.chance(0.5) {
            self.stage()
        } else {
            self.model.queues.push(Queue::new(format!("q{}", self.model.queues.len())));
            self.model.queues.len() - 1
        };
        self.model.queues[of].dead_letter = Some(dead);
        dead
    }
}
