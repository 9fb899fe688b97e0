//! The kernel: a clock, an agenda, a `match` on the event.
//!
//! At equal instants events come in the order in which they were scheduled, and publishing comes last: what ends at an
//! instant ends before anything begins at it. Not here: who gets a message (`deliver`), who is there to get one
//! (`staffing`), and statistics (an [`Observer`]).

use super::agenda::{Agenda, Event, MOST_INDICES};
use super::arrivals::Publisher;
use super::message::Message;
use super::observer::{Loss, Observer};
use super::scaler::Overseer;
use super::state::{Draw, GroupState, Phase, QueueState, Replica, Slot};
use super::streams::{Purpose, stream};
use crate::model::{Destination, Model, Overflow, Producer, QueueId};
use crate::units::Seconds;

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
    /// Messages dropped from the head of a full queue.
    pub dropped: u64,
    /// Messages found in queues, buffers, slots and delays when the run ended, by counting them.
    pub in_system: u64,
}

/// Why a model cannot be simulated although it is valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// More slots at once than an event can name: the scenario asks for too much.
    #[error("more than {MOST_INDICES} slots at once: the events engine cannot name them all")]
    TooManySlots,
}

/// Runs one replication. Pure: equal inputs tell the observer the same, whatever else runs.
///
/// # Errors
/// [`SimulationError::TooManySlots`] when the scenario holds more slots at once than an event can name.
pub fn simulate<O: Observer>(
    model: &Model,
    seed: u64,
    replication: u32,
    observer: &mut O,
) -> Result<Ledger, SimulationError> {
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
    pub(super) ledger: Ledger,
    pub(super) fault: Option<SimulationError>,
    pub(super) producers: Vec<(&'m Producer, Publisher<'m>)>,
    delayed: Vec<Option<(QueueId, Message)>>,
    free_delayed: Vec<u32>,
    ticks_s: Vec<Seconds>,
    next_tick: usize,
    past_horizon: bool,
    done: bool,
    horizon_s: Seconds,
    warmup_s: Seconds,
}

impl<'m, 'o, O: Observer> Kernel<'m, 'o, O> {
    fn new(model: &'m Model, seed: u64, replication: u32, observer: &'o mut O) -> Self {
        let queues = (0..model.queues.len()).map(|queue| QueueState::new(model, queue, seed, replication)).collect();
        let groups = model.groups.iter().map(|group| GroupState::new(group, seed, replication)).collect();
        let producers = model.producers.iter();
        Kernel {
            observer,
            agenda: Agenda::new(model.producers.len()),
            queues,
            groups,
            replicas: Vec::new(),
            slots: Vec::new(),
            overseers: (0..model.groups.len()).map(|id| Overseer::new(model, id, seed, replication)).collect(),
            ledger: Ledger::default(),
            fault: None,
            producers: producers.map(|producer| (producer, Publisher::new(producer, seed, replication))).collect(),
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
        self.open_groups();
        self.open_overseers();
        for queue in 0..self.queues.len() {
            for _ in 0..self.queues[queue].settings.initial {
                self.publish(0.0, queue, None, false);
            }
        }
        for producer in 0..self.producers.len() {
            self.plan_publish(producer);
        }
    }

    #[inline(always)]
    fn plan_publish(&mut self, producer: usize) {
        let at_s = self.producers[producer].1.next_s();
        self.agenda.publish(at_s, producer);
    }

    fn run(&mut self) {
        let has_short_way = self.has_short_way();
        while !self.done {
            if has_short_way && !self.past_horizon {
                self.run_plain();
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
                Event::Token { group } => self.token(now_s, group as usize),
                Event::Tick => self.tick(now_s),
                Event::WarmedUp => self.observer.warmed_up(now_s),
                Event::Horizon => self.horizon(now_s),
                Event::GiveUp | Event::Never => self.done = true,
            }
        }
    }

    #[inline(always)]
    fn publish_from(&mut self, now_s: Seconds, producer: usize) {
        let (settings, publisher) = &self.producers[producer];
        let (messages, service_s) = (publisher.messages(), publisher.recorded_service_s());
        if let Destination::Queue(queue) = settings.to {
            for _ in 0..messages {
                self.publish(now_s, queue, service_s, true);
            }
        }
        self.plan_publish(producer);
    }

    /// A message comes into the world; its work is drawn now, so that what consumers do cannot change it.
    #[inline(always)]
    fn publish(&mut self, now_s: Seconds, queue: QueueId, service_s: Option<Seconds>, may_be_delayed: bool) {
        self.ledger.published += 1;
        self.observer.published(now_s, queue);
        let state = &mut self.queues[queue];
        state.published += 1;
        let drawn_s = state.work.as_mut().map_or(f64::NAN, Draw::next);
        let message = Message::new(now_s, service_s.unwrap_or(drawn_s), 0);
        match &mut state.delay {
            Some(delay) if may_be_delayed => {
                let delay_s = delay.next();
                self.delay(now_s + delay_s, queue, message);
            }
            _ => self.becomes_deliverable(now_s, queue, message),
        }
    }

    #[inline(never)]
    fn delay(&mut self, until_s: Seconds, queue: QueueId, message: Message) {
        self.queues[queue].delayed += 1;
        let place = self.free_delayed.pop().unwrap_or_else(|| {
            self.delayed.push(None);
            (self.delayed.len() - 1) as u32
        });
        self.delayed[place as usize] = Some((queue, message));
        self.agenda.schedule(until_s, Event::Deliverable { delayed: place });
    }

    fn delay_ends(&mut self, now_s: Seconds, place: u32) {
        if let Some((queue, message)) = self.delayed[place as usize].take() {
            self.free_delayed.push(place);
            self.queues[queue].delayed -= 1;
            self.becomes_deliverable(now_s, queue, message);
        }
    }

    /// A message goes to free credit first; only one that must stay ready is tested against the capacity.
    #[inline(always)]
    fn becomes_deliverable(&mut self, now_s: Seconds, queue: QueueId, mut message: Message) {
        let state = &mut self.queues[queue];
        message.order = state.next_order;
        state.next_order += 1;
        if state.ready.is_empty()
            && let Some(replica) = self.replica_with_credit(now_s, queue)
        {
            self.deliver(now_s, queue, replica, message, true);
        } else {
            self.enqueue(now_s, queue, message);
        }
        self.tell_levels(now_s, queue);
    }

    #[inline(always)]
    fn enqueue(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let state = &mut self.queues[queue];
        match state.settings.capacity {
            Some(capacity) if state.ready.len() as u64 >= capacity => self.overflow(now_s, queue, message),
            _ => state.ready.push_back(message),
        }
    }

    #[inline(never)]
    fn overflow(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let state = &mut self.queues[queue];
        match state.settings.overflow {
            Overflow::Reject | Overflow::Block => self.lose(now_s, queue, &message, Loss::Rejected),
            Overflow::DropHead => {
                // With capacity 0 the message is its own head.
                state.ready.push_back(message);
                if let Some(oldest) = state.ready.pop_front() {
                    self.lose(now_s, queue, &oldest, Loss::Dropped);
                }
            }
        }
    }

    fn lose(&mut self, now_s: Seconds, queue: QueueId, message: &Message, why: Loss) {
        match why {
            Loss::Rejected => self.ledger.rejected += 1,
            Loss::Dropped => self.ledger.dropped += 1,
        }
        self.observer.lost(now_s, queue, message, why);
        self.check_settled();
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
        let mut oldest = self.queues.iter().map(|queue| queue.ready.front().map(|message| message.published_s));
        self.observer.tick(now_s, &mut oldest);
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
        let buffered: usize = self.replicas.iter().map(|replica| replica.buffer.len()).sum();
        let busy = self.slots.iter().filter(|slot| slot.phase == Phase::Busy).count();
        self.ledger.in_system = (ready + delayed + buffered + busy) as u64;
        self.ledger
    }
}

impl<'m> QueueState<'m> {
    fn new(model: &'m Model, queue: QueueId, seed: u64, replication: u32) -> Self {
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
        QueueState {
            settings,
            ready: std::collections::VecDeque::new(),
            unacked: 0,
            delayed: 0,
            published: 0,
            delivered: 0,
            next_order: 0,
            ring: std::collections::VecDeque::new(),
            work,
            delay,
        }
    }

    fn in_system(&self) -> u64 {
        (self.ready.len() + self.unacked + self.delayed) as u64
    }
}
