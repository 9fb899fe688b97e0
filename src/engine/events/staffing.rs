//! Who is there: replicas come, start, leave, and go away together.

use super::agenda::{Event, MOST_INDICES};
use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::Observer;
use super::settle::Settling;
use super::special::Special;
use super::state::{Bucket, Draw, GroupState, Phase, Replica, Slot, Stage};
use super::streams::{Purpose, stream};
use crate::model::{ConsumerGroup, Model, Queue, Replicas, Scaling, Shutdown};
use crate::units::Seconds;

impl<O: Observer> Kernel<'_, '_, O> {
    /// The replicas of t = 0, without start-up, and what is known of the groups' future.
    pub(super) fn open_groups(&mut self) {
        for group in 0..self.groups.len() {
            let settings = self.groups[group].settings;
            let wanted = settings.replicas.at(0.0);
            self.groups[group].staff.wanted = wanted;
            self.groups[group].away = settings.outages.first().is_some_and(|(from_s, _)| *from_s <= 0.0);
            for _ in 0..wanted {
                if let Some(replica) = self.launch(f64::NEG_INFINITY, group)
                    && !self.groups[group].away
                {
                    self.start_work(0.0, replica);
                }
            }
            // Before the schedule's steps: at the same instant, nobody comes in time to start something.
            for (place, (from_s, until_s)) in settings.outages.iter().enumerate() {
                self.agenda.schedule(*from_s, Event::OutageBegins { group: group as u32 });
                // An outage that begins where this one ends leaves no instant in which somebody is there.
                if settings.outages.get(place + 1).is_none_or(|(next_s, _)| next_s > until_s) {
                    self.agenda.schedule(*until_s, Event::OutageEnds { group: group as u32 });
                }
            }
            self.plan_rescale(group);
            self.tell_staff(0.0, group);
        }
    }

    fn plan_rescale(&mut self, group: usize) {
        let state = &mut self.groups[group];
        if let (Replicas::Steps(steps), None) = (&state.settings.replicas, &state.settings.scaling) {
            state.next_step += 1;
            if let Some((from_s, _)) = steps.get(state.next_step) {
                self.agenda.schedule(*from_s, Event::Rescale { group: group as u32 });
            }
        }
    }

    /// The schedule's next step.
    pub(super) fn rescale(&mut self, now_s: Seconds, group: usize) {
        self.resize(now_s, group, self.groups[group].settings.replicas.at(now_s));
        self.plan_rescale(group);
        self.is_resized(now_s, group);
    }

    /// From now on so many replicas are wanted; the newest leave first.
    pub(super) fn resize(&mut self, now_s: Seconds, group: usize, wanted: u32) {
        self.groups[group].staff.wanted = wanted;
        while self.groups[group].order.len() < wanted as usize {
            let Some(replica) = self.launch(now_s, group) else { return };
            self.begin_startup(now_s, replica);
        }
        while self.groups[group].order.len() > wanted as usize {
            let newest = self.groups[group].order.pop();
            if let Some(replica) = newest {
                self.dismiss(now_s, replica);
            }
        }
    }

    /// What is ready goes to whoever came, and the world hears who is there.
    pub(super) fn is_resized(&mut self, now_s: Seconds, group: usize) {
        let queue = self.groups[group].settings.from;
        self.pump(now_s, queue);
        self.tell_staff(now_s, group);
        self.tell_levels(now_s, queue);
    }

    /// Makes room for one more replica; it does not take messages yet.
    fn launch(&mut self, now_s: Seconds, group: usize) -> Option<u32> {
        let state = &mut self.groups[group];
        let class = state.order.len() % state.taking.len();
        let id = if let Some(id) = state.places.pop() {
            id
        } else {
            let first_slot = self.slots.len() as u32;
            let slots = self.slots.len() + state.slots_per_replica as usize;
            if slots > MOST_INDICES {
                self.too_many_slots();
                return None;
            }
            let id = self.replicas.len() as u32;
            self.slots.resize_with(slots, || Slot::idle(id, group as u32, state.settings.from as u32));
            self.agenda.grow(slots);
            self.replicas.push(Replica::new(group, first_slot));
            id
        };
        state.order.push(id);
        state.staff.running += 1;
        let replica = &mut self.replicas[id as usize];
        replica.class = class;
        replica.launched_s = now_s;
        replica.stage = Stage::Away;
        Some(id)
    }

    pub(super) fn begin_startup(&mut self, now_s: Seconds, id: u32) {
        let group = &mut self.groups[self.replicas[id as usize].group];
        if group.away {
            return;
        }
        match group.startup.as_mut().map(Draw::next) {
            Some(startup_s) if startup_s > 0.0 => {
                let replica = &mut self.replicas[id as usize];
                replica.stage = Stage::Starting;
                self.agenda.schedule(now_s + startup_s, Event::Join { replica: id, launch: replica.launch });
            }
            _ => self.start_work(now_s, id),
        }
    }

    /// A replica's start-up is over.
    pub(super) fn join(&mut self, now_s: Seconds, id: u32, launch: u32) {
        let replica = &self.replicas[id as usize];
        if replica.stage == Stage::Starting && replica.launch == launch {
            let group = replica.group;
            self.start_work(now_s, id);
            self.tell_staff(now_s, group);
            self.tell_levels(now_s, self.groups[group].settings.from);
        }
    }

    /// A replica takes messages from now on.
    fn start_work(&mut self, now_s: Seconds, id: u32) {
        let replica = &mut self.replicas[id as usize];
        let group = &mut self.groups[replica.group];
        let slots = group.slots_per_replica;
        replica.stage = Stage::Ready;
        replica.credit = group.settings.prefetch.min(if group.buffers { u32::MAX } else { slots });
        replica.free.clear();
        replica.free.extend((replica.first_slot..replica.first_slot + slots).rev());
        replica.fetched.clear();
        replica.batch_due_s = f64::INFINITY;
        let speed = group.settings.speeds.get(replica.class).copied().unwrap_or(1.0);
        for place in &mut self.slots[replica.first_slot as usize..][..slots as usize] {
            place.open = true;
            place.speed = speed;
        }
        group.staff.slots += slots;
        group.taking[replica.class] += 1;
        if replica.launched_s >= 0.0 {
            // Whoever crashes, or was away, comes back unannounced.
            let launched_s = std::mem::replace(&mut replica.launched_s, f64::NEG_INFINITY);
            self.observer.joined(now_s, replica.group, launched_s);
        }
        self.plan_crash(now_s, id);
        let group = &self.groups[self.replicas[id as usize].group];
        let queue = group.settings.from;
        self.becomes_member(now_s, queue, id);
        self.pump(now_s, queue);
    }

    /// A replica is told to leave.
    fn dismiss(&mut self, now_s: Seconds, id: u32) {
        let replica = &mut self.replicas[id as usize];
        let shutdown = self.groups[replica.group].settings.shutdown;
        match (replica.stage, shutdown) {
            (Stage::Ready, Shutdown::Finish | Shutdown::FinishWithin(_)) => {
                self.stop_taking(now_s, id);
                self.replicas[id as usize].stage = Stage::Leaving;
                self.plan_grace(now_s, id);
                self.terminate_if_idle(now_s, id);
            }
            (Stage::Ready, Shutdown::Requeue) => {
                self.stop_taking(now_s, id);
                self.give_back(now_s, id);
                self.lose_slots(id);
                self.terminate(id);
            }
            _ => {
                if replica.launched_s >= 0.0 {
                    self.observer.called_off(now_s, replica.group, replica.launched_s);
                }
                self.terminate(id);
            }
        }
    }

    /// A ready replica gets nothing new.
    pub(super) fn stop_taking(&mut self, now_s: Seconds, id: u32) {
        let replica = &mut self.replicas[id as usize];
        let group = &mut self.groups[replica.group];
        group.taking[replica.class] -= 1;
        replica.credit = 0;
        let slots = group.slots_per_replica as usize;
        self.slots[replica.first_slot as usize..][..slots].iter_mut().for_each(|place| place.open = false);
        if replica.in_ring {
            replica.in_ring = false;
            self.queues[group.settings.from].ring.retain(|other| *other != id);
        }
        if replica.waits_for_token && replica.buffer.is_empty() {
            replica.waits_for_token = false;
            group.waiting_for_token.retain(|other| *other != id);
        }
        if replica.waits_for_room {
            replica.waits_for_room = false;
            if let Some(special) = &mut group.special {
                special.waiting_for_room.retain(|other| *other != id);
            }
        }
        let queue = group.settings.from;
        self.ends_membership(now_s, queue, id);
    }

    /// Everything a replica holds returns to the queue; work done on it is lost.
    pub(super) fn give_back(&mut self, now_s: Seconds, id: u32) {
        let queue = self.groups[self.replicas[id as usize].group].settings.from;
        let held = self.call_off(now_s, id, false);
        self.come_back_all(now_s, queue, held);
    }

    /// A replica drops all it holds, or only what is not acked; returns what is not acked, which still counts so.
    pub(super) fn call_off(&mut self, now_s: Seconds, id: u32, only_unacked: bool) -> Vec<Message> {
        let replica = &mut self.replicas[id as usize];
        let (group_id, slots) = (replica.group, replica.first_slot);
        let slots = slots..slots + self.groups[group_id].slots_per_replica;
        let in_buffer = replica.buffer.len();
        let mut dropped: Vec<Message> = replica.buffer.iter().copied().collect();
        replica.buffer.retain(|message| only_unacked && message.standing == Standing::Acked);
        if replica.fetched.len() > replica.buffer.len() {
            // In such a group either all are acked at their delivery, or none is.
            replica.fetched.clear();
        }
        dropped.retain(|message| !only_unacked || message.standing != Standing::Acked);
        let mut freed = (in_buffer - replica.buffer.len()) as u32;
        let group = &mut self.groups[group_id];
        if replica.waits_for_token && replica.buffer.is_empty() {
            replica.waits_for_token = false;
            group.waiting_for_token.retain(|other| *other != id);
        }
        for slot in slots {
            let place = &self.slots[slot as usize];
            let goes_on = match place.phase {
                Phase::Idle => true,
                Phase::Busy | Phase::Waiting => only_unacked && !self.has_unacked(slot),
                Phase::Overhead => only_unacked,
            };
            if goes_on {
                continue;
            }
            if place.phase == Phase::Overhead {
                self.groups[group_id].in_overhead -= 1;
            } else {
                self.groups[group_id].busy -= 1;
                dropped.push(place.message);
                self.interrupt(now_s, slot, &mut dropped);
            }
            self.slots[slot as usize].phase = Phase::Idle;
            self.agenda.slot_is_idle(slot);
            self.replicas[id as usize].free.push(slot);
            freed += self.held_by(slot);
        }
        let group = &self.groups[group_id];
        self.observer.slots(now_s, group_id, group.busy, group.in_overhead);
        if only_unacked {
            self.regain(id, freed);
        }
        let queue = self.groups[group_id].settings.from;
        for message in dropped.iter().filter(|message| message.standing == Standing::Acked) {
            self.lose_after_ack(now_s, queue, message);
        }
        dropped.retain(|message| message.standing == Standing::Open);
        self.make_room(group_id, dropped.len() as u32);
        dropped
    }

    /// What a slot works on is called off: tells what was done of it in vain.
    fn interrupt(&mut self, now_s: Seconds, slot: u32, dropped: &mut Vec<Message>) {
        let place = &self.slots[slot as usize];
        let group = &self.groups[place.group as usize];
        let (group_id, is_busy, work_s) = (place.group as usize, place.phase == Phase::Busy, place.message.work_s);
        let mut done_s = group.work_done_s(now_s, place, self.agenda.slot_ends_s(slot));
        if group.special.is_some() {
            let (queue, from) = (place.queue as usize, dropped.len() - 1);
            let is_contended = group.is_contended();
            let left_s = self.stop_special(now_s, slot, false);
            if is_contended {
                done_s = work_s - left_s;
            }
            dropped.extend(self.take_rest(slot));
            if let Some(lanes) = self.queues[queue].ready.lanes() {
                dropped[from..].iter().for_each(|message| lanes.service(message.lane(), -1));
            }
        }
        if is_busy {
            self.observer.wasted(now_s, group_id, done_s);
        }
    }

    /// A replica that goes on may hold that many more.
    pub(super) fn regain(&mut self, id: u32, freed: u32) {
        let replica = &mut self.replicas[id as usize];
        if replica.stage != Stage::Ready || freed == 0 {
            return;
        }
        replica.credit += freed;
        if !replica.in_ring {
            replica.in_ring = true;
            self.queues[self.groups[replica.group].settings.from].ring.push_back(id);
        }
    }

    /// The slots of a replica that had joined are gone.
    pub(super) fn lose_slots(&mut self, id: u32) {
        let group = &mut self.groups[self.replicas[id as usize].group];
        group.staff.slots -= group.slots_per_replica;
    }

    pub(super) fn terminate_if_idle(&mut self, now_s: Seconds, id: u32) {
        let replica = &self.replicas[id as usize];
        let group = replica.group;
        if replica.buffer.is_empty() && replica.free.len() == self.groups[group].slots_per_replica as usize {
            self.lose_slots(id);
            self.terminate(id);
            self.tell_staff(now_s, group);
        }
    }

    pub(super) fn terminate(&mut self, id: u32) {
        let replica = &mut self.replicas[id as usize];
        replica.stage = Stage::Gone;
        replica.launch += 1;
        let group = &mut self.groups[replica.group];
        group.staff.running -= 1;
        group.places.push(id);
    }

    /// The whole group goes away: what it held is redelivered.
    pub(super) fn outage_begins(&mut self, now_s: Seconds, group: usize) {
        let queue = self.groups[group].settings.from;
        // Groups that leave a queue at the same instant leave together: none takes over what another gives back.
        for other in 0..self.groups.len() {
            let settings = self.groups[other].settings;
            if settings.from == queue && settings.outages.iter().any(|(from_s, _)| *from_s == now_s) {
                self.go_away(now_s, other);
            }
        }
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
    }

    fn go_away(&mut self, now_s: Seconds, group: usize) {
        self.groups[group].away = true;
        let members: Vec<u32> =
            (0..self.replicas.len() as u32).filter(|id| self.replicas[*id as usize].group == group).collect();
        for id in members {
            match self.replicas[id as usize].stage {
                Stage::Ready => {
                    self.stop_taking(now_s, id);
                    self.give_back(now_s, id);
                    self.lose_slots(id);
                    self.replicas[id as usize].stage = Stage::Away;
                    self.replicas[id as usize].launch += 1;
                }
                Stage::Leaving => {
                    self.give_back(now_s, id);
                    self.lose_slots(id);
                    self.terminate(id);
                }
                Stage::Starting | Stage::Crashed => {
                    self.replicas[id as usize].stage = Stage::Away;
                    self.replicas[id as usize].launch += 1;
                }
                Stage::Away | Stage::Gone => {}
            }
        }
        self.tell_staff(now_s, group);
    }

    /// The group comes back, each replica through its start-up.
    pub(super) fn outage_ends(&mut self, now_s: Seconds, group: usize) {
        self.groups[group].away = false;
        for id in self.groups[group].order.clone() {
            if self.replicas[id as usize].stage == Stage::Away {
                self.begin_startup(now_s, id);
            }
        }
        self.tell_staff(now_s, group);
        self.tell_levels(now_s, self.groups[group].settings.from);
    }

    pub(super) fn tell_staff(&mut self, now_s: Seconds, group: usize) {
        let state = &mut self.groups[group];
        state.staff.ready = state.taking.iter().sum();
        self.observer.staff(now_s, group, state.staff, &state.taking);
    }
}

impl<'m> GroupState<'m> {
    pub(super) fn new(model: &'m Model, settings: &'m ConsumerGroup, seed: u64, replication: u32) -> Self {
        let draw = |distribution: &crate::model::Distribution, purpose| {
            Draw::new(distribution.sampler(), stream(seed, replication, purpose, &settings.name))
        };
        let runs_jobs = settings.scaling.as_ref().is_some_and(Scaling::runs_jobs);
        let buffers = settings.prefetch > settings.concurrency || settings.batch.is_some();
        let special = Special::new(&model.queues[settings.from], settings);
        let settling = Settling::new(model, settings, seed, replication);
        let mut redraws = stream(seed, replication, Purpose::Redelivery, &settings.name);
        GroupState {
            settings,
            slots_per_replica: settings.slots_per_replica(),
            buffers,
            goes_on: !buffers
                && settings.overhead.is_none()
                && settings.rate_limit.is_none()
                && !runs_jobs
                && special.is_none()
                && !settling.notes_deliveries
                && is_always_there(&model.queues[settings.from]),
            runs_jobs,
            order: Vec::new(),
            places: Vec::new(),
            staff: super::observer::Staff::default(),
            taking: vec![0; settings.speeds.len().max(1)],
            busy: 0,
            in_overhead: 0,
            away: false,
            next_step: 0,
            overhead: settings.overhead.as_ref().map(|overhead| draw(overhead, Purpose::Overhead)),
            startup: settings.startup.as_ref().map(|startup| draw(startup, Purpose::Startup)),
            bucket: settings.rate_limit.map(Bucket::new),
            waiting_for_token: std::collections::VecDeque::new(),
            special,
            redraw: settings.service.sampler(),
            redraw_seed: rand::Rng::next_u64(&mut redraws),
            settling,
            crash_seed: rand::Rng::next_u64(&mut stream(seed, replication, Purpose::Crash, &settings.name)),
            launches: 0,
        }
    }
}

/// Whether a queue's broker never goes away and its messages stay until they are taken.
fn is_always_there(queue: &Queue) -> bool {
    let keeps_all = queue.retention.age_s.is_none() && queue.retention.messages.is_none();
    queue.broker_outages.is_empty() && queue.ttl.is_none() && keeps_all
}

impl Replica {
    fn new(group: usize, first_slot: u32) -> Self {
        Replica {
            group,
            stage: Stage::Away,
            first_slot,
            free: Vec::new(),
            credit: 0,
            in_ring: false,
            waits_for_token: false,
            waits_for_room: false,
            buffer: std::collections::VecDeque::new(),
            fetched: std::collections::VecDeque::new(),
            batch_due_s: f64::INFINITY,
            class: 0,
            launched_s: f64::NEG_INFINITY,
            launch: 0,
        }
    }
}

impl Slot {
    fn idle(replica: u32, group: u32, queue: u32) -> Self {
        let message = Message::new(0.0, 0.0, 0);
        Slot { message, speed: 1.0, replica, group, queue, phase: Phase::Idle, open: false }
    }
}
