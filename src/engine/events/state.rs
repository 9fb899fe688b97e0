//! The running state of queues, groups, replicas and slots: plain data; what changes it is in `kernel`, `deliver` and
//! `staffing`.

use std::collections::VecDeque;

use rand::rngs::Xoshiro256PlusPlus;

use super::ahead::Ahead;
use super::batch::Fetched;
use super::expiry::Lifetimes;
use super::lanes::LaneDraw;
use super::members::Members;
use super::message::Message;
use super::observer::Staff;
use super::ready::Ready;
use super::settle::Settling;
use super::special::Special;
use crate::model::distribution::Sampler;
use crate::model::{ConsumerGroup, Queue, RateLimit};
use crate::units::Seconds;

/// A queue at work.
pub(super) struct QueueState<'m> {
    pub settings: &'m Queue,
    /// Deliverable and not delivered.
    pub ready: Ready,
    /// Delivered and not acked.
    pub unacked: usize,
    /// Waiting for their delivery delay.
    pub delayed: usize,
    /// Messages that were published to it so far, and deliveries from it.
    pub published: u64,
    pub delivered: u64,
    /// Place of the next message that becomes deliverable.
    pub next_order: u64,
    /// Who takes messages, where not everybody may take all of them.
    pub members: Option<Members>,
    /// Draws the lanes of messages.
    pub lanes: Option<LaneDraw>,
    /// Replicas in round-robin order; one found without credit leaves and returns at the tail with its next ack.
    pub ring: VecDeque<u32>,
    /// Draws the work of first attempts, when one group consumes; otherwise each group draws its own.
    pub work: Option<Draw>,
    pub delay: Option<Draw>,
    /// How long messages stay ready, if not for ever.
    pub lifetimes: Option<Box<Lifetimes>>,
    /// Seed of which messages are poison, if some are.
    pub luck_seed: Option<u64>,
    /// Whether messages are marked with something when they become deliverable.
    pub marks: bool,
    /// Producers that wait for room, the first one first.
    pub waiting: VecDeque<u32>,
    /// Whether its broker is away.
    pub away: bool,
    /// Messages that wait for the broker to return.
    pub outside: Vec<Message>,
}

/// A distribution with its own random stream.
pub(super) struct Draw {
    sampler: Sampler,
    stream: Xoshiro256PlusPlus,
    ahead: Ahead,
}

impl Draw {
    pub fn new(sampler: Sampler, stream: Xoshiro256PlusPlus) -> Self {
        Draw { sampler, stream, ahead: Ahead::new() }
    }

    #[inline(always)]
    pub fn next(&mut self) -> f64 {
        let Draw { sampler, stream, ahead } = self;
        ahead.next(|values| sampler.fill(stream, values))
    }
}

/// A consumer group at work.
#[expect(clippy::struct_excessive_bools, reason = "each is one question that is asked for every message")]
pub(super) struct GroupState<'m> {
    pub settings: &'m ConsumerGroup,
    pub slots_per_replica: u32,
    /// Whether replicas take more than their slots can work on.
    pub buffers: bool,
    /// Nothing comes between an ack and the next start: no overhead, no buffer, no rate limit.
    pub goes_on: bool,
    /// A replica takes messages up to its prefetch once, and ends with them.
    pub runs_jobs: bool,
    /// Replicas in joining order, the newest last; those that leave are no longer among them.
    pub order: Vec<u32>,
    /// Places of terminated replicas, to be used again.
    pub places: Vec<u32>,
    pub staff: Staff,
    /// Replicas that take new messages, by place in the settings' `speeds`.
    pub taking: Vec<u32>,
    pub busy: u32,
    pub in_overhead: u32,
    pub away: bool,
    pub next_step: usize,
    pub overhead: Option<Draw>,
    pub startup: Option<Draw>,
    pub bucket: Option<Bucket>,
    /// Replicas that could start a message if there were a token.
    pub waiting_for_token: VecDeque<u32>,
    /// What makes its services start and end in `special`.
    pub special: Option<Box<Special>>,
    /// Draws the work of attempts that were not drawn at publish.
    pub redraw: Sampler,
    pub redraw_seed: u64,
    /// How its deliveries can end.
    pub settling: Settling,
    pub crash_seed: u64,
    /// How often a replica has begun to work.
    pub launches: u64,
}

/// Where a replica stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Launched, not ready for its first message.
    Starting,
    /// Takes messages.
    Ready,
    /// Completes what it holds.
    Leaving,
    /// Died, and will be launched again.
    Crashed,
    /// The whole group is away.
    Away,
    /// Terminated; its place can be used again.
    Gone,
}

/// A replica at work.
pub(super) struct Replica {
    pub group: usize,
    pub stage: Stage,
    pub first_slot: u32,
    /// Slots that are free, the next one to be used last.
    pub free: Vec<u32>,
    /// How many more messages it may hold.
    pub credit: u32,
    pub in_ring: bool,
    pub waits_for_token: bool,
    pub waits_for_room: bool,
    /// Delivered, not started.
    pub buffer: VecDeque<Message>,
    /// Of each message in the buffer, where work is done in batches.
    pub fetched: VecDeque<Fetched>,
    /// When an event for a batch that is not full is due; infinite if there is none.
    pub batch_due_s: Seconds,
    /// Place in the group's `speeds`.
    pub class: usize,
    /// When it was launched; those of t = 0 were there before.
    pub launched_s: Seconds,
    /// How often it was launched or its start-up called off: a `Join` of another launch is out of date.
    pub launch: u32,
}

/// What a slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// Has a message and waits for something that its service needs.
    Waiting,
    Busy,
    Overhead,
}

/// One concurrent message of one replica.
pub(super) struct Slot {
    pub message: Message,
    /// Work done per second, relative to the group.
    pub speed: f64,
    pub replica: u32,
    pub group: u32,
    pub queue: u32,
    pub phase: Phase,
    /// Its replica takes new messages.
    pub open: bool,
}

/// A token bucket, full at t = 0.
pub(super) struct Bucket {
    limit: RateLimit,
    tokens: f64,
    filled_s: Seconds,
    /// Whether a `Token` event is on the agenda.
    pub awaited: bool,
    /// Whether its token is still to be had: what else happens at the same instant may come first and take it.
    promised: bool,
}

impl Bucket {
    pub fn new(limit: RateLimit) -> Bucket {
        Bucket { limit, tokens: limit.burst, filled_s: 0.0, awaited: false, promised: false }
    }

    fn fill(&mut self, now_s: Seconds) {
        let gained = (now_s - self.filled_s) * self.limit.rate_per_s;
        self.tokens = (self.tokens + gained).min(self.limit.burst);
        self.filled_s = now_s;
    }

    /// Whether a token is there.
    pub fn has_token(&mut self, now_s: Seconds) -> bool {
        self.fill(now_s);
        self.tokens >= 1.0
    }

    /// Takes the token that `has_token` saw.
    pub fn take(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
        self.promised = false;
    }

    /// A `Token` event is on the agenda from now on; returns when the next token will be there, if none is taken
    /// before.
    pub fn promise_token_s(&mut self) -> Seconds {
        self.awaited = true;
        self.promised = true;
        self.filled_s + (1.0 - self.tokens).max(0.0) / self.limit.rate_per_s
    }

    /// A `Token` event is due: rounding of its time must not keep the token back.
    pub fn token_is_due(&mut self, now_s: Seconds) {
        self.awaited = false;
        self.fill(now_s);
        if self.promised {
            self.tokens = self.tokens.max(1.0);
        }
    }
}
