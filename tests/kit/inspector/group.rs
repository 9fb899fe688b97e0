//! The laws of one consumer group: its slots, its staff, its rate limit.

use forebay::engine::events::Staff;
use forebay::model::{ConsumerGroup, Distribution, RateLimit, Replicas, Shutdown};

use super::{Breaches, Law};

/// Tokens may be missed by rounding, never by more.
const ROUNDING: f64 = 1e-6;

/// A token bucket of the inspector's own.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    limit: RateLimit,
    tokens: f64,
    filled_s: f64,
}

impl Bucket {
    pub fn new(limit: RateLimit) -> Self {
        Bucket { limit, tokens: limit.burst, filled_s: 0.0 }
    }

    fn tokens_at(&self, now_s: f64) -> f64 {
        (self.tokens + (now_s - self.filled_s) * self.limit.rate_per_s).min(self.limit.burst)
    }

    /// Whether a token is there beyond doubt: it came a little before now.
    pub fn surely_has_token(&self, now_s: f64) -> bool {
        self.tokens + (now_s - self.filled_s) * self.limit.rate_per_s >= 1.0 + ROUNDING
    }

    /// Takes a token; false if there was none.
    pub fn take(&mut self, now_s: f64) -> bool {
        self.tokens = self.tokens_at(now_s) - 1.0;
        self.filled_s = now_s;
        self.tokens >= -ROUNDING
    }
}

/// What is known of a group.
#[derive(Debug)]
pub struct GroupWatch<'m> {
    pub settings: &'m ConsumerGroup,
    pub buffers: bool,
    pub busy: u32,
    pub overhead: u32,
    /// Replicas that take messages.
    pub taking: u32,
    staff: Staff,
    slots_per_replica: u32,
    bucket: Option<Bucket>,
    /// Instants at which replicas can begin to take messages, if that is known beforehand.
    joins_s: Option<Vec<f64>>,
}

impl<'m> GroupWatch<'m> {
    pub fn new(settings: &'m ConsumerGroup) -> Self {
        GroupWatch {
            settings,
            buffers: settings.prefetch > settings.concurrency,
            busy: 0,
            overhead: 0,
            taking: 0,
            staff: Staff::default(),
            slots_per_replica: settings.concurrency.min(settings.prefetch),
            bucket: settings.rate_limit.map(Bucket::new),
            joins_s: joins_s(settings),
        }
    }

    pub fn is_away(&self, now_s: f64) -> bool {
        self.settings.outages.iter().any(|(from_s, until_s)| *from_s <= now_s && now_s < *until_s)
    }

    /// Slots that are neither busy nor in overhead.
    pub fn free(&self) -> u32 {
        self.staff.slots.saturating_sub(self.busy + self.overhead)
    }

    /// Replicas that have joined, those that are leaving included.
    fn joined(&self) -> u32 {
        self.staff.slots / self.slots_per_replica
    }

    /// Whether more slots are free than leaving replicas can have: one that leaves holds at least one message.
    pub fn surely_free(&self) -> bool {
        let leaving = self.joined().saturating_sub(self.taking);
        self.taking > 0 && self.free() > leaving * (self.slots_per_replica - 1)
    }

    pub fn is_one_replica(&self) -> bool {
        self.joined() == 1 && self.staff.running == 1
    }

    /// Messages and overheads that the joined replicas may hold.
    pub fn credit(&self) -> u64 {
        let each = if self.buffers { self.settings.prefetch } else { self.slots_per_replica };
        u64::from(self.joined()) * u64::from(each)
    }

    /// Each slot more that is busy is a start.
    pub fn set_slots(&mut self, now_s: f64, busy: u32, overhead: u32, breaches: &mut Breaches) {
        for _ in self.busy..busy {
            let allowed = self.bucket.as_mut().is_none_or(|bucket| bucket.take(now_s));
            breaches.check(Law::RateLimit, now_s, allowed, || format!("{}: no token", self.settings.name));
        }
        self.busy = busy;
        self.overhead = overhead;
    }

    pub fn set_staff(&mut self, now_s: f64, staff: Staff, taking: &[u32], breaches: &mut Breaches) {
        let before = self.taking;
        self.taking = taking.iter().sum();
        self.staff = staff;
        let classes = self.settings.speeds.len().max(1);
        breaches.check(Law::Staffing, now_s, taking.len() == classes, || format!("{} speeds", taking.len()));
        if let Some(joins_s) = &self.joins_s {
            let due = self.taking <= before || joins_s.contains(&now_s);
            breaches.check(Law::Staffing, now_s, due, || format!("{}: nobody's start-up ends now", self.settings.name));
        }
    }

    /// What holds between events.
    pub fn check(&self, now_s: f64, breaches: &mut Breaches) {
        let name = &self.settings.name;
        let Staff { wanted, running, slots, ready } = self.staff;
        let within = self.busy + self.overhead <= slots;
        breaches.check(Law::Slots, now_s, within, || format!("{name}: {} + {} of {slots}", self.busy, self.overhead));
        // What a scaler wants is its own affair.
        let scheduled = if self.settings.scaling.is_some() { wanted } else { self.settings.replicas.at(now_s) };
        let follows = wanted == scheduled
            && ready == self.taking
            && self.taking <= wanted
            && wanted <= running
            && self.taking * self.slots_per_replica <= slots
            && slots <= running * self.slots_per_replica
            && slots % self.slots_per_replica == 0
            && (self.settings.shutdown == Shutdown::Finish || wanted == running);
        breaches.check(Law::Staffing, now_s, follows, || format!("{name}: {scheduled} scheduled, {self:?}"));
        let gone = slots == 0 && self.busy == 0 && self.overhead == 0 && self.taking == 0;
        breaches.check(Law::Absence, now_s, gone || !self.is_away(now_s), || format!("{name} is away: {self:?}"));
    }
}

fn joins_s(settings: &ConsumerGroup) -> Option<Vec<f64>> {
    if settings.scaling.is_some() {
        return None;
    }
    let startup_s = match settings.startup {
        None => 0.0,
        Some(Distribution::Constant(startup_s)) => startup_s,
        Some(_) => return None,
    };
    let mut launches_s: Vec<f64> = settings.outages.iter().map(|(_, until_s)| *until_s).collect();
    if let Replicas::Steps(steps) = &settings.replicas {
        launches_s.extend(steps.iter().map(|(from_s, _)| *from_s));
    }
    let mut joins_s: Vec<f64> = launches_s.into_iter().map(|launch_s| launch_s + startup_s).collect();
    joins_s.push(0.0);
    Some(joins_s)
}
