//! The broker itself: outages in which a queue neither takes nor delivers nor hears acks.
//!
//! When it goes away, connections break: what was delivered and not acked is called off and is in the queue again when
//! it returns; a queue that is not durable loses all it has. Consumers go on with what they had acked before. What other
//! consumers or dead-lettering queues publish to it meanwhile waits outside; producers wait or lose (`clocks`).

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
