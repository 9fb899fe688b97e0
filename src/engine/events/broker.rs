//! The broker itself: outages in which a queue neither takes nor delivers nor hears acks.
//!
//! When it goes away, connections break: what was delivered and not acked is called off and is in the queue again when
//! it returns; a queue that is not durable loses all it has. Consumers go on with what they had acked before. What
//! other consumers or dead-lettering queues publish to it meanwhile waits outside; producers wait or lose (`clocks`).

use super::agenda::Event;
use super::kernel::Kernel;
use super::message::Message;
use super::observer::{Loss, Observer};
use super::state::Stage;
use crate::model::{QueueId, WhenAway};
use crate::units::Seconds;

impl<O: Observer> Kernel<'_, '_, O> {
    /// Puts the outages of all brokers on the agenda.
    pub(super) fn plan_broker_outages(&mut self) {
        for queue in 0..self.queues.len() {
            let outages = &self.queues[queue].settings.broker_outages;
            for (place, (from_s, until_s)) in outages.iter().enumerate() {
                self.agenda.schedule(*from_s, Event::BrokerLeaves { queue: queue as u32 });
                // An outage that begins where this one ends leaves no instant in which the broker is there.
                if outages.get(place + 1).is_none_or(|(next_s, _)| next_s > until_s) {
                    self.agenda.schedule(*until_s, Event::BrokerReturns { queue: queue as u32 });
                }
            }
        }
    }

    pub(super) fn broker_leaves(&mut self, now_s: Seconds, queue: QueueId) {
        if !std::mem::replace(&mut self.queues[queue].away, true) {
            self.stop_producers(now_s, queue, true);
        }
        let mut held: Vec<Message> = Vec::new();
        for id in 0..self.replicas.len() as u32 {
            let replica = &self.replicas[id as usize];
            if self.groups[replica.group].settings.from == queue
                && matches!(replica.stage, Stage::Ready | Stage::Leaving)
            {
                held.extend(self.call_off(now_s, id, true));
                if self.replicas[id as usize].stage == Stage::Leaving {
                    self.terminate_if_idle(now_s, id);
                }
            }
        }
        self.come_back_all(now_s, queue, held);
        if !self.queues[queue].settings.durable {
            self.lose_all(now_s, queue);
        }
        self.tell_levels(now_s, queue);
    }

    /// Everything that a queue holds in memory is gone.
    fn lose_all(&mut self, now_s: Seconds, queue: QueueId) {
        while let Some(message) = self.queues[queue].ready.take_head() {
            self.lose(now_s, queue, &message, Loss::Restart);
        }
        for place in 0..self.delayed.len() {
            // The place is given back when its event is due.
            if let Some((_, message)) = self.delayed[place].take_if(|(of, _)| *of == queue) {
                self.queues[queue].delayed -= 1;
                if let Some(lanes) = self.queues[queue].ready.lanes()
                    && message.deliveries > 0
                {
                    lanes.rest(message.lane(), -1);
                    lanes.commit(message.lane());
                }
                self.lose(now_s, queue, &message, Loss::Restart);
            }
        }
    }

    pub(super) fn broker_returns(&mut self, now_s: Seconds, queue: QueueId) {
        self.queues[queue].away = false;
        for message in std::mem::take(&mut self.queues[queue].outside) {
            self.come_in(now_s, queue, message, true);
        }
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
        self.stop_producers(now_s, queue, false);
    }

    /// A message arrives at a broker that is away.
    pub(super) fn find_nobody(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        match self.by_producer {
            Some(WhenAway::Lose) => self.lose(now_s, queue, &message, Loss::Unreachable),
            Some(WhenAway::Block) | None => self.queues[queue].outside.push(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{Ack, ConsumerGroup, Destination, Distribution, Emission, Model, Producer, Queue, WhenAway};

    fn world(durable: bool, when_away: WhenAway) -> Model {
        let away = Queue { durable, broker_outages: vec![(2.0, 10.0)], ..queue(0) };
        let producer = Producer { when_away, ..at(0, &[1.0, 1.5, 4.0, 12.0]) };
        model(vec![producer], vec![away], vec![worker(0, 3.0)])
    }

    #[test]
    fn a_durable_queue_has_everything_again_when_its_broker_returns() {
        let (diary, ledger) = diary(&world(true, WhenAway::Block));
        assert_eq!(
            diary.lines,
            [
                "1 q0 started 1",
                "10 q0 redelivered",
                "13 q0 acked 1",
                "13 q0 started 1.5",
                "16 q0 acked 1.5",
                // Planned for 4 s and 12 s, with a clock that stood for 8 s.
                "16 q0 started 12",
                "19 q0 acked 12",
                "20 q0 started 20",
                "23 q0 acked 20"
            ]
        );
        assert_eq!((ledger.acked, diary.wasted_s), (4, 1.0));
        assert_eq!(diary.late, [(12.0, 8.0)]);
    }

    #[test]
    fn what_is_only_in_memory_is_gone_with_the_broker() {
        let (diary, ledger) = diary(&world(false, WhenAway::Block));
        assert_eq!(diary.of(&["Restart"]), ["2 q0 Restart 1", "2 q0 Restart 1.5"]);
        assert_eq!((ledger.lost, ledger.acked), (2, 2));
        let mut delayed = world(false, WhenAway::Block);
        delayed.queues[0].delivery_delay = Some(Distribution::Constant(1.0));
        let (diary, _) = crate::engine::events::diary::diary(&delayed);
        assert_eq!(diary.of(&["Restart"]), ["2 q0 Restart 1", "2 q0 Restart 1.5"]);
    }

    #[test]
    fn a_producer_that_does_not_wait_loses_what_it_publishes() {
        let (diary, ledger) = diary(&world(true, WhenAway::Lose));
        assert_eq!(diary.of(&["Unreachable"]), ["4 q0 Unreachable 4"]);
        assert_eq!((ledger.lost, ledger.acked), (1, 3));
        assert!(diary.late.is_empty());
    }

    #[test]
    fn consumers_go_on_with_what_was_acked_at_its_delivery() {
        let mut world = world(true, WhenAway::Block);
        world.groups[0].ack = Ack::Before;
        world.groups[0].prefetch = 3;
        let (diary, _) = diary(&world);
        assert_eq!(
            diary.of(&["started"]),
            ["1 q0 started 1", "4 q0 started 1.5", "12 q0 started 12", "20 q0 started 20"]
        );
    }

    #[test]
    fn what_consumers_publish_to_an_absent_broker_waits_outside() {
        let mut world = world(true, WhenAway::Block);
        world.queues.push(queue(1));
        world.producers = vec![at(1, &[3.0])];
        let emits = vec![Emission { to: Destination::Queue(0), per_message: 1.0 }];
        world.groups.push(ConsumerGroup { emits, ..worker(1, 1.0) });
        assert_eq!(diary(&world).0.of(&["q0"]), ["10 q0 started 4", "13 q0 acked 4"]);
    }
}
