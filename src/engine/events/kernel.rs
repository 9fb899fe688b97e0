//! The kernel: a clock, an agenda, a `match` on the event.
//!
//! At equal instants events come in the order in which they were scheduled, and publishing comes last: what ends at an
//! instant ends before anything begins at it. Not here: who gets a message (`deliver`), who is there to get one
//! (`staffing`), and statistics (an [`Observer`]).

use std::collections::VecDeque;

use rand::Rng;

use super::agenda::{Agenda, Event, MOST_INDICES};
use super::batch::Together;
use super::clocks::ProducerState;
use super::expiry::Lifetimes;
use super::extras::Extras;
use super::journeys::Journeys;
use super::lanes::LaneDraw;
use super::members::Members;
use super::message::Standing;
use super::message::{MOST_LANES, Message};
use super::observer::{DeadLetter, Loss, Observer};
use super::plain::ShortWay;
use super::ready::Ready;
use super::resources::ResourceState;
use super::route::TopicState;
use super::scaler::Overseer;
use super::state::{Draw, GroupState, Phase, QueueState, Replica, Slot};
use super::streams::{Purpose, chance, stream};
use crate::model::{Destination, Model, Order, Overflow, Queue, QueueId, Routing, WhenAway};
use crate::units::{Seconds, show_duration};

/// Accounts of one replication: every message that ever came, and where it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Events processed, publishes included.
    pub events: u64,
    /// Messages published, initial ones included.
    pub published: u64,
    /// Messages acked.
    pub acked: u64,
    /// Messages refused by a full queue.
    pub rejected: u64,
    /// Messages dropped from the head of a full queue or of a full log.
    pub dropped: u64,
    /// Messages that were ready for too long, and had no dead-letter queue to go to.
    pub expired: u64,
    /// Messages that left for a dead-letter queue; there they are published once more.
    pub dead_lettered: u64,
    /// Messages that failed, were delivered too often, or went with their broker, and had no other place to go.
    pub lost: u64,
    /// Messages found in queues, buffers, slots and delays when the run ended, by counting them.
    pub in_system: u64,
}

impl Ledger {
    /// Messages whose whereabouts are known: all that were published, if the books are right.
    pub fn accounted(&self) -> u64 {
        let gone = self.acked + self.rejected + self.dropped + self.expired + self.dead_lettered + self.lost;
        gone + self.in_system
    }
}

/// Why a model cannot be simulated although it is valid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// More slots at once than an event can name: the scenario asks for too much.
    #[error(
        "more than {MOST_INDICES} slots at once: the events engine cannot name them all; ask for fewer replicas or \
         slots, or use the fluid engine"
    )]
    TooManySlots,
    /// More partitions or message groups than a message can name.
    #[error(
        "more than {MOST_LANES} partitions or message groups: the events engine cannot name them all; ask for fewer"
    )]
    TooManyLanes,
    /// Messages go round in circles without any time passing: their work, rests and times to live are all 0.
    #[error(
        "at {} messages come back or are published again for ever, without any time passing: it does not settle; \
         let work take time, let failed messages rest (`retry`), or bound deliveries (`delivery_limit`)",
        show_duration(*at_s)
    )]
    Livelock {
        /// Where time stands still.
        at_s: Seconds,
    },
}

/// How often something may go round at one instant, and how much oftener for each message that was ever published.
const MOST_AT_ONCE: u64 = 1_000_000;
const MOST_PER_MESSAGE: u64 = 20;

/// Runs one replication. Pure: equal inputs tell the observer the same, whatever else runs.
///
/// # Errors
/// [`SimulationError::TooManySlots`] when the scenario holds more slots at once than an event can name;
/// [`SimulationError::TooManyLanes`] when a queue has more partitions or message groups than a message can name;
/// [`SimulationError::Livelock`] when messages go round in circles and time stands still.
pub fn simulate<O: Observer>(
    model: &Model,
    seed: u64,
    replication: u32,
    observer: &mut O,
) -> Result<Ledger, SimulationError> {
    let has_too_many_lanes = |queue: &Queue| match &queue.order {
        Order::Partitions(lanes) | Order::Groups(lanes) => lanes.count > MOST_LANES,
        Order::Fifo | Order::Priorities(_) => false,
    };
    if model.queues.iter().any(has_too_many_lanes) {
        return Err(SimulationError::TooManyLanes);
    }
    let mut kernel = Kernel::new(model, seed, replication, observer);
    kernel.open();
    kernel.run();
    match kernel.fault {
        Some(fault) => Err(fault),
        None => Ok(kernel.close()),
    }
}

pub(super) struct Kernel<'m, 'o, O> {
    pub(super) observer: &'o mut O,
    pub(super) agenda: Agenda,
    pub(super) queues: Vec<QueueState<'m>>,
    pub(super) groups: Vec<GroupState<'m>>,
    pub(super) replicas: Vec<Replica>,
    pub(super) slots: Vec<Slot>,
    pub(super) overseers: Vec<Option<Box<Overseer<'m>>>>,
    pub(super) extras: Extras,
    /// What slots work on beside their own messages.
    pub(super) batches: Vec<Together>,
    pub(super) resources: Vec<ResourceState>,
    pub(super) ledger: Ledger,
    pub(super) fault: Option<SimulationError>,
    pub(super) producers: Vec<ProducerState<'m>>,
    pub(super) topics: Vec<TopicState<'m>>,
    pub(super) journeys: Journeys,
    /// What the producer whose publish is at hand does while a broker is away.
    pub(super) by_producer: Option<WhenAway>,
    /// And the priority that it gives its messages.
    pub(super) priority: Option<u32>,
    /// Messages that are to be published to their queue's dead-letter queue.
    pub(super) dead: VecDeque<(QueueId, Message)>,
    /// Queues at which producers may wait.
    blocking: Vec<QueueId>,
    /// Whether an event may leave something to be done after it.
    has_chores: bool,
    /// The last instant at which something went round, and how much oftener it may.
    stirred_s: Seconds,
    may_stir: u64,
    pub(super) delayed: Vec<Option<(QueueId, Message)>>,
    free_delayed: Vec<u32>,
    ticks_s: Vec<Seconds>,
    next_tick: usize,
    past_horizon: bool,
    pub(super) done: bool,
    horizon_s: Seconds,
    warmup_s: Seconds,
}

impl<'m, 'o, O: Observer> Kernel<'m, 'o, O> {
    pub(super) fn new(model: &'m Model, seed: u64, replication: u32, observer: &'o mut O) -> Self {
        let queues = (0..model.queues.len()).map(|queue| QueueState::new(model, queue, seed, replication)).collect();
        let groups = model.groups.iter().map(|group| GroupState::new(model, group, seed, replication)).collect();
        let producers = 0..model.producers.len();
        let blocks = |queue: &QueueId| model.queues[*queue].overflow == Overflow::Block;
        let blocking: Vec<QueueId> = (0..model.queues.len()).filter(blocks).collect();
        let has_dead_letters = model.queues.iter().any(|queue| queue.dead_letter.is_some());
        Kernel {
            observer,
            agenda: Agenda::new(model.producers.len()),
            queues,
            groups,
            replicas: Vec::new(),
            slots: Vec::new(),
            overseers: (0..model.groups.len()).map(|id| Overseer::new(model, id, seed, replication)).collect(),
            extras: Extras::default(),
            batches: Vec::new(),
            resources: model.resources.iter().map(ResourceState::new).collect(),
            ledger: Ledger::default(),
            fault: None,
            producers: producers.map(|producer| ProducerState::new(model, producer, seed, replication)).collect(),
            topics: model.topics.iter().map(|topic| TopicState::new(topic, seed, replication)).collect(),
            journeys: Journeys::new(model),
            by_producer: None,
            priority: None,
            dead: VecDeque::new(),
            has_chores: has_dead_letters || !blocking.is_empty(),
            blocking,
            stirred_s: -1.0,
            may_stir: 0,
            delayed: Vec::new(),
            free_delayed: Vec::new(),
            ticks_s: model.interval_ends_s(),
            next_tick: 0,
            past_horizon: false,
            done: false,
            horizon_s: model.horizon_s,
            warmup_s: model.warmup_s,
        }
    }

    /// Puts the fixed points of time on the agenda, the first replicas to work and the initial messages into their
    /// queues.
    fn open(&mut self) {
        if self.warmup_s > 0.0 {
            self.agenda.schedule(self.warmup_s, Event::WarmedUp);
        }
        self.agenda.schedule(self.ticks_s[0], Event::Tick);
        self.plan_broker_outages();
        self.open_groups();
        self.open_memberships();
        self.open_overseers();
        for queue in 0..self.queues.len() {
            for _ in 0..self.queues[queue].settings.initial {
                self.publish_initial(queue);
            }
        }
        self.do_chores(0.0);
        for producer in 0..self.producers.len() {
            self.plan_publish(producer);
        }
    }

    fn run(&mut self) {
        let short_way = self.short_way();
        while !self.done {
            if short_way != ShortWay::None && !self.past_horizon {
                self.run_plain(short_way);
            }
            let (now_s, event) = self.agenda.next();
            self.ledger.events += 1;
            match event {
                Event::Publish { producer } => self.publish_from(now_s, producer as usize),
                Event::SlotEnds { slot } => self.slot_ends(now_s, slot),
                Event::Deliverable { delayed } => self.delay_ends(now_s, delayed),
                Event::Join { replica, launch } => self.join(now_s, replica, launch),
                Event::Rescale { group } => self.rescale(now_s, group as usize),
                Event::Decide { group } => self.decide(now_s, group as usize),
                Event::Look { group } => self.look(now_s, group as usize),
                Event::OutageBegins { group } => self.outage_begins(now_s, group as usize),
                Event::OutageEnds { group } => self.outage_ends(now_s, group as usize),
                Event::Rebalance { queue } => self.rebalance(now_s, queue as usize),
                Event::Resume { queue } => self.resume(now_s, queue as usize),
                Event::Token { group } => self.token(now_s, group as usize),
                Event::Expiry { queue } => self.expiry(now_s, queue as usize),
                Event::AckDue { group } => self.ack_due(now_s, group as usize),
                Event::Confirmed { producer } => self.confirmed(now_s, producer as usize),
                Event::Crash { replica, launch } => self.crash(now_s, replica, launch),
                Event::Restart { replica, launch } => self.restart(now_s, replica, launch),
                Event::GraceEnds { replica, launch } => self.grace_ends(now_s, replica, launch),
                Event::BrokerLeaves { queue } => self.broker_leaves(now_s, queue as usize),
                Event::BrokerReturns { queue } => self.broker_returns(now_s, queue as usize),
                Event::BatchDue { replica, launch } => self.batch_due(now_s, replica, launch),
                Event::Released { resource } => self.released(now_s, resource as usize),
                Event::Tick => self.tick(now_s),
                Event::WarmedUp => self.observer.warmed_up(now_s),
                Event::Horizon => self.horizon(now_s),
                Event::GiveUp | Event::Never => self.done = true,
            }
            if self.has_chores {
                self.do_chores(now_s);
            }
        }
    }

    #[inline(always)]
    fn publish_from(&mut self, now_s: Seconds, producer: usize) {
        let state = &self.producers[producer];
        let Some(queue) = state.straight_to else { return self.publish_by_clock(now_s, producer) };
        let (messages, service_s) = (state.publisher.messages(), state.publisher.recorded_service_s());
        self.priority = state.settings.priority;
        for _ in 0..messages {
            self.publish(now_s, queue, service_s, true);
        }
        self.priority = None;
        self.plan_publish(producer);
    }

    #[inline(always)]
    pub(super) fn publish(&mut self, now_s: Seconds, queue: QueueId, service_s: Option<Seconds>, delayed: bool) {
        let message = self.new_message(now_s, queue, service_s);
        self.arrive(now_s, queue, message, delayed);
    }

    /// A message comes into the world; its work is drawn now, so that what consumers do cannot change it.
    #[inline(always)]
    pub(super) fn new_message(&mut self, now_s: Seconds, queue: QueueId, service_s: Option<Seconds>) -> Message {
        self.ledger.published += 1;
        self.observer.published(now_s, queue);
        let state = &mut self.queues[queue];
        state.published += 1;
        let drawn_s = state.work.as_mut().map_or(f64::NAN, Draw::next);
        let message = Message::new(now_s, service_s.unwrap_or(drawn_s), 0);
        match &mut state.lanes {
            None => message,
            Some(lanes) => message.in_lane(lanes.next(self.priority)),
        }
    }

    #[inline(always)]
    pub(super) fn arrive(&mut self, now_s: Seconds, queue: QueueId, message: Message, may_be_delayed: bool) {
        if self.queues[queue].away {
            self.find_nobody(now_s, queue, message);
        } else {
            self.come_in(now_s, queue, message, may_be_delayed);
        }
    }

    #[inline(always)]
    pub(super) fn come_in(&mut self, now_s: Seconds, queue: QueueId, message: Message, may_be_delayed: bool) {
        match &mut self.queues[queue].delay {
            Some(delay) if may_be_delayed => {
                let delay_s = delay.next();
                self.delay(now_s + delay_s, queue, message);
            }
            _ => self.becomes_deliverable(now_s, queue, message),
        }
    }

    /// A message that is there at t = 0.
    fn publish_initial(&mut self, queue: QueueId) {
        if self.journeys.exist() {
            self.set_out(0.0, &[queue], None);
        }
        let mut message = self.new_message(0.0, queue, None);
        if self.journeys.exist() {
            self.board(queue, None, &mut message);
            self.all_aboard(0.0);
        }
        self.arrive(0.0, queue, message, false);
    }

    /// What an event has left to be done.
    #[inline(never)]
    fn do_chores(&mut self, now_s: Seconds) {
        loop {
            if !self.dead.is_empty() {
                self.deliver_dead_letters(now_s);
            }
            for place in 0..self.blocking.len() {
                self.open_door(now_s, self.blocking[place]);
            }
            if self.dead.is_empty() || self.done {
                return;
            }
        }
    }

    /// Something goes round: it must not do so for ever while time stands still.
    pub(super) fn stir(&mut self, now_s: Seconds) {
        if now_s > self.stirred_s {
            self.stirred_s = now_s;
            self.may_stir = MOST_AT_ONCE + MOST_PER_MESSAGE * self.ledger.published;
        }
        self.may_stir = self.may_stir.saturating_sub(1);
        if self.may_stir == 0 {
            self.fault = Some(SimulationError::Livelock { at_s: now_s });
            self.done = true;
        }
    }

    /// Whether messages to a destination can come to a queue.
    pub(super) fn reaches(&self, to: Destination, queue: QueueId) -> bool {
        match to {
            Destination::Queue(to) => to == queue,
            Destination::Topic(topic) => match self.topics[topic].routing {
                Routing::Copies(queues) => queues.contains(&queue),
                Routing::Shares(shares) => shares.iter().any(|(to, _)| *to == queue),
            },
        }
    }

    #[inline(never)]
    pub(super) fn delay(&mut self, until_s: Seconds, queue: QueueId, message: Message) {
        self.queues[queue].delayed += 1;
        let place = self.free_delayed.pop().unwrap_or_else(|| {
            self.delayed.push(None);
            (self.delayed.len() - 1) as u32
        });
        self.delayed[place as usize] = Some((queue, message));
        self.agenda.schedule(until_s, Event::Deliverable { delayed: place });
    }

    fn delay_ends(&mut self, now_s: Seconds, place: u32) {
        // It is gone if its queue lost it meanwhile.
        self.free_delayed.push(place);
        if let Some((queue, message)) = self.delayed[place as usize].take() {
            self.queues[queue].delayed -= 1;
            if let Some(lanes) = self.queues[queue].ready.lanes()
                && message.deliveries > 0
            {
                lanes.rest(message.lane(), -1);
            }
            if message.deliveries == 0 {
                self.becomes_deliverable(now_s, queue, message);
            } else {
                self.comes_back(now_s, queue, message, 0.0);
                self.pump(now_s, queue);
                self.tell_levels(now_s, queue);
            }
        }
    }

    /// A message goes to free credit first; only one that must stay ready is tested against the capacity.
    #[inline(always)]
    fn becomes_deliverable(&mut self, now_s: Seconds, queue: QueueId, mut message: Message) {
        let state = &mut self.queues[queue];
        message.order |= state.next_order;
        state.next_order += 1;
        if state.marks && !self.mark(now_s, queue, &mut message) {
            return;
        }
        if let Some(replica) = self.taker_of(now_s, queue, &message) {
            self.deliver(now_s, queue, replica, message, true);
        } else {
            self.enqueue(now_s, queue, message);
        }
        self.tell_levels(now_s, queue);
    }

    /// A message carries more than itself from now on, if it is not too old already.
    #[inline(never)]
    fn mark(&mut self, now_s: Seconds, queue: QueueId, message: &mut Message) -> bool {
        if let Some(seed) = self.queues[queue].luck_seed {
            let order = message.order;
            self.extras.of(message).luck.get_or_insert_with(|| chance(seed, order, 0));
        }
        self.give_lifetime(now_s, queue, message)
    }

    #[inline(always)]
    fn enqueue(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let state = &mut self.queues[queue];
        match state.settings.capacity {
            Some(capacity) if state.ready.len() as u64 >= capacity => self.overflow(now_s, queue, message),
            _ => {
                state.ready.push(message);
                self.watch(now_s, queue, &message);
            }
        }
    }

    #[inline(never)]
    fn overflow(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let state = &mut self.queues[queue];
        match state.settings.overflow {
            Overflow::Reject => self.lose(now_s, queue, &message, Loss::Rejected),
            // Producers wait at the door; what comes another way has been taken in already.
            Overflow::Block => {
                state.ready.push(message);
                self.watch(now_s, queue, &message);
            }
            Overflow::DropHead => {
                // With capacity 0 the message is its own head.
                state.ready.push(message);
                let head = state.ready.take_head();
                self.watch(now_s, queue, &message);
                if let Some(head) = head {
                    self.dead_letter(now_s, queue, head, DeadLetter::Overflow);
                }
            }
        }
    }

    #[inline(always)]
    pub(super) fn tell_levels(&mut self, now_s: Seconds, queue: QueueId) {
        let state = &self.queues[queue];
        self.observer.levels(now_s, queue, state.ready.len(), state.unacked);
    }

    /// Past the horizon the run goes on only until the measured messages are settled.
    #[inline(always)]
    pub(super) fn check_settled(&mut self) {
        if self.past_horizon && self.observer.settled() {
            self.done = true;
        }
    }

    fn tick(&mut self, now_s: Seconds) {
        #[cfg(test)]
        assert_eq!(self.broken_law(now_s), None);
        let mut oldest = self.queues.iter().map(|queue| queue.ready.oldest_s());
        self.observer.tick(now_s, &mut oldest);
        for (id, queue) in self.queues.iter_mut().enumerate() {
            if let Some(lanes) = queue.ready.lanes().filter(|lanes| lanes.is_pinned()) {
                self.observer.partitions(now_s, id, &mut lanes.offsets());
            }
        }
        self.next_tick += 1;
        match self.ticks_s.get(self.next_tick) {
            Some(next_s) => self.agenda.schedule(*next_s, Event::Tick),
            // The last tick is at the horizon, and must come before it.
            None => self.agenda.schedule(self.horizon_s, Event::Horizon),
        }
    }

    fn horizon(&mut self, now_s: Seconds) {
        let held: Vec<u64> = self.queues.iter().map(QueueState::in_system).collect();
        self.observer.horizon(now_s, &mut held.into_iter());
        self.past_horizon = true;
        self.agenda.schedule(2.0 * self.horizon_s, Event::GiveUp);
        self.check_settled();
    }

    pub(super) fn too_many_slots(&mut self) {
        self.fault = Some(SimulationError::TooManySlots);
        self.done = true;
    }

    /// Counts what is left by looking at every place where a message can be, so that a lost one would be missed.
    fn close(&mut self) -> Ledger {
        let ready: usize = self.queues.iter().map(|queue| queue.ready.len()).sum();
        let delayed = self.delayed.iter().flatten().count();
        let outside: usize = self.queues.iter().map(|queue| queue.outside.len()).sum();
        let is_held = |message: &&Message| message.standing == Standing::Open;
        let buffered = self.replicas.iter().flat_map(|replica| &replica.buffer).filter(is_held).count();
        let busy = self.slots.iter().filter(|slot| matches!(slot.phase, Phase::Busy | Phase::Waiting));
        let together = self.batches.iter().flat_map(|together| &together.rest).map(|(message, _)| message);
        let busy = busy.map(|slot| &slot.message).chain(together).filter(is_held).count();
        self.ledger.in_system = (ready + delayed + outside + buffered + busy) as u64;
        self.ledger
    }
}

impl<'m> QueueState<'m> {
    pub(super) fn new(model: &'m Model, queue: QueueId, seed: u64, replication: u32) -> Self {
        let settings = &model.queues[queue];
        let mut groups = model.groups_of(queue);
        let work = match (groups.next(), groups.next()) {
            (Some(group), None) => {
                Some(Draw::new(group.service.sampler(), stream(seed, replication, Purpose::Service, &group.name)))
            }
            _ => None,
        };
        let delay = settings
            .delivery_delay
            .as_ref()
            .map(|delay| Draw::new(delay.sampler(), stream(seed, replication, Purpose::Delay, &settings.name)));
        let mut failures = model.groups_of(queue).filter_map(|group| group.failures.as_ref());
        let luck_seed = failures
            .any(|failures| failures.poison > 0.0)
            .then(|| stream(seed, replication, Purpose::Poison, &settings.name).next_u64());
        let lifetimes = Lifetimes::new(settings, seed, replication);
        QueueState {
            settings,
            ready: Ready::new(model, queue),
            unacked: 0,
            delayed: 0,
            published: 0,
            delivered: 0,
            next_order: 0,
            members: Members::new(model, queue),
            lanes: LaneDraw::new(settings, seed, replication),
            ring: std::collections::VecDeque::new(),
            work,
            delay,
            marks: lifetimes.is_some() || luck_seed.is_some(),
            lifetimes,
            luck_seed,
            waiting: VecDeque::new(),
            away: false,
            outside: Vec::new(),
        }
    }

    /// Whether all that can happen to its messages is to wait and be delivered.
    pub(super) fn is_plain(&self) -> bool {
        self.delay.is_none()
            && self.settings.capacity.is_none()
            && self.settings.dead_letter.is_none()
            && self.settings.broker_outages.is_empty()
            && !self.marks
            && self.ready.is_plain()
    }

    /// Whether each message knows whether it is poison.
    pub(super) fn draws_luck(&self) -> bool {
        self.luck_seed.is_some()
    }

    fn in_system(&self) -> u64 {
        (self.ready.len() + self.unacked + self.delayed + self.outside.len()) as u64
    }
}
