//! The laws of one queue: every message's fate, the levels, the order, the time.

use std::collections::{BTreeMap, VecDeque};

use forebay::engine::events::{Loss, Message};
use forebay::model::{Arrivals, ConsumerGroup, Distribution, Model, Overflow, Queue, QueueId, Replicas, Shutdown};

use super::group::{Bucket, GroupWatch};
use super::{Breaches, Law};

/// Relative rounding of sums and of inverted integrals.
const ROUNDING: f64 = 1e-9;
/// A service that could have ended this much earlier ended too late.
const PROMPT_S: f64 = 1e-4;

/// From publish to deliverable.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Delay {
    Constant(f64),
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Started(f64),
    Ended,
}

/// What is known of a queue.
pub struct QueueWatch<'m> {
    pub settings: &'m Queue,
    pub published: u64,
    pub acked: u64,
    pub rejected: u64,
    pub dropped: u64,
    pub redelivered: u64,
    pub ready: u64,
    pub unacked: u64,
    /// Whether a group takes more than its slots can work on.
    pub may_buffer: bool,
    delay: Delay,
    ready_before: u64,
    /// Most unacked messages of this instant, with those from before it.
    unacked_most: u64,
    /// Messages in the system by the bits of their publish instant.
    outstanding: BTreeMap<u64, u64>,
    /// When delayed messages become deliverable, if that is known.
    delayed_until_s: VecDeque<f64>,
    fates: BTreeMap<u64, Fate>,
    /// First starts come in order: all groups are unbuffered, or there is one replica.
    in_order: bool,
    last_order: Option<u64>,
    last_published_s: f64,
    /// Instants at which replicas may give messages back.
    returns_s: Vec<f64>,
    /// Deliveries beyond the first, of messages that have ended.
    again: u64,
    bucket: Option<Bucket>,
    /// Recorded work by the bits of the publish instant, if every message was recorded.
    works: Option<BTreeMap<u64, Vec<f64>>>,
    /// ∫depth dt.
    area: f64,
    /// Times in depth of messages that have ended.
    sojourns_s: f64,
}

impl<'m> QueueWatch<'m> {
    pub fn new(model: &'m Model, id: QueueId) -> Self {
        let settings = &model.queues[id];
        let groups: Vec<&ConsumerGroup> = model.groups_of(id).collect();
        let unbuffered = groups.iter().all(|group| group.prefetch <= group.concurrency);
        let one_replica = matches!(groups[..], [group] if matches!(group.replicas, Replicas::Fixed(0 | 1)));
        let returns_s: Vec<f64> = groups.iter().flat_map(|group| returns_s(group)).collect();
        let bucket = match groups[..] {
            [group] if returns_s.is_empty() => group.rate_limit.map(Bucket::new),
            _ => None,
        };
        QueueWatch {
            settings,
            published: 0,
            acked: 0,
            rejected: 0,
            dropped: 0,
            redelivered: 0,
            ready: 0,
            unacked: 0,
            may_buffer: !unbuffered,
            delay: match &settings.delivery_delay {
                None => Delay::Constant(0.0),
                Some(Distribution::Constant(delay_s)) => Delay::Constant(*delay_s),
                Some(_) => Delay::Random,
            },
            ready_before: 0,
            unacked_most: 0,
            outstanding: BTreeMap::new(),
            delayed_until_s: VecDeque::new(),
            fates: BTreeMap::new(),
            in_order: unbuffered || one_replica,
            last_order: None,
            last_published_s: 0.0,
            returns_s,
            again: 0,
            bucket,
            works: works(model, id),
            area: 0.0,
            sojourns_s: 0.0,
        }
    }

    pub fn in_system(&self) -> u64 {
        self.published.saturating_sub(self.acked + self.rejected + self.dropped)
    }

    /// Whether the rate limit has a token beyond doubt, as far as every start was seen.
    pub fn has_token(&self, now_s: f64) -> bool {
        self.bucket.is_some_and(|bucket| bucket.surely_has_token(now_s))
    }

    pub fn publish(&mut self, now_s: f64) {
        self.published += 1;
        *self.outstanding.entry(now_s.to_bits()).or_default() += 1;
        // Initial messages come first and are not delayed.
        if let Delay::Constant(delay_s) = self.delay
            && self.published > self.settings.initial
        {
            self.delayed_until_s.push_back(now_s + delay_s);
        }
    }

    /// When a message became deliverable, where that is known; otherwise when it was published.
    fn deliverable_s(&self, published_s: f64) -> f64 {
        let initial = published_s == 0.0 && self.settings.initial > 0;
        match self.delay {
            Delay::Constant(delay_s) if !initial => published_s + delay_s,
            _ => published_s,
        }
    }

    pub fn start(&mut self, now_s: f64, message: &Message, breaches: &mut Breaches) {
        let before = self.fates.insert(message.order, Fate::Started(now_s));
        let known = self.outstanding.contains_key(&message.published_s.to_bits());
        let first = before.is_none() && known && message.published_s <= now_s && message.order < self.published;
        breaches.check(Law::Fate, now_s, first, || format!("started, was {before:?}: {message:?}"));
        let on_time = now_s >= self.deliverable_s(message.published_s);
        breaches.check(Law::Fate, now_s, on_time, || format!("started before it was deliverable: {message:?}"));
        if self.in_order {
            let later = self.last_order.is_none_or(|last| message.order > last);
            let published = self.delay == Delay::Random || message.published_s >= self.last_published_s;
            breaches
                .check(Law::Fifo, now_s, later && published, || format!("after {:?}: {message:?}", self.last_order));
            self.last_order = Some(message.order);
            self.last_published_s = message.published_s;
        }
        if let Some(bucket) = &mut self.bucket {
            let allowed = bucket.take(now_s);
            breaches.check(Law::RateLimit, now_s, allowed, || "a start without a token".to_owned());
        }
        let recorded = self.works.as_ref().and_then(|works| works.get(&message.published_s.to_bits()));
        let as_recorded = recorded.is_none_or(|works| works.contains(&message.work_s));
        breaches.check(Law::Service, now_s, as_recorded, || format!("recorded {recorded:?}: {message:?}"));
    }

    pub fn ack(&mut self, now_s: f64, message: &Message, groups: &[&ConsumerGroup], breaches: &mut Breaches) {
        self.acked += 1;
        let before = self.fates.insert(message.order, Fate::Ended);
        let Some(Fate::Started(start_s)) = before else {
            breaches.check(Law::Fate, now_s, false, || format!("acked, was {before:?}: {message:?}"));
            return;
        };
        let served = groups.iter().any(|group| is_served(group, start_s, now_s, message));
        breaches.check(Law::Service, now_s, served, || format!("started at {start_s}: {message:?}"));
        self.end(now_s, message, breaches);
    }

    pub fn lose(&mut self, now_s: f64, message: &Message, why: Loss, breaches: &mut Breaches) {
        let overflow = match why {
            Loss::Rejected => Overflow::Reject,
            Loss::Dropped => Overflow::DropHead,
            other => {
                breaches.check(Law::Loss, now_s, false, || format!("{other:?}: {message:?}"));
                return;
            }
        };
        *(if why == Loss::Rejected { &mut self.rejected } else { &mut self.dropped }) += 1;
        let full = self.settings.capacity.is_some_and(|capacity| self.ready >= capacity);
        let fresh = match why {
            Loss::Rejected => {
                let arrives = self.delay == Delay::Random || self.deliverable_s(message.published_s) == now_s;
                message.deliveries == 0 && !message.started && arrives
            }
            _ => self.deliverable_s(message.published_s) <= now_s,
        };
        breaches.check(Law::Loss, now_s, full && fresh && overflow == self.settings.overflow, || {
            format!("{why:?} with {} ready: {message:?}", self.ready)
        });
        let before = self.fates.insert(message.order, Fate::Ended);
        let alive = matches!(before, Some(Fate::Started(_))) == message.started && before != Some(Fate::Ended);
        breaches.check(Law::Fate, now_s, alive, || format!("lost, was {before:?}: {message:?}"));
        if self.in_order && !self.may_buffer && why == Loss::Dropped {
            self.last_order = self.last_order.max(Some(message.order));
        }
        self.end(now_s, message, breaches);
    }

    fn end(&mut self, now_s: f64, message: &Message, breaches: &mut Breaches) {
        let bits = message.published_s.to_bits();
        match self.outstanding.get_mut(&bits) {
            Some(1) => drop(self.outstanding.remove(&bits)),
            Some(count) => *count -= 1,
            None => breaches.check(Law::Fate, now_s, false, || format!("never published: {message:?}")),
        }
        self.sojourns_s += now_s - self.deliverable_s(message.published_s);
        self.again += u64::from(message.deliveries.saturating_sub(1));
    }

    pub fn set_levels(&mut self, ready: usize, unacked: usize) {
        self.ready = ready as u64;
        self.unacked = unacked as u64;
        self.unacked_most = self.unacked_most.max(self.unacked);
    }

    /// Levels stood from the last instant until now.
    pub fn stood_until(&mut self, now_s: f64, since_s: f64) {
        self.area += (self.ready + self.unacked) as f64 * (now_s - since_s);
        self.ready_before = self.ready;
        self.unacked_most = self.unacked;
    }

    /// What holds between events.
    pub fn check(&mut self, now_s: f64, groups: &[&GroupWatch], breaches: &mut Breaches) {
        let name = &self.settings.name;
        while self.delayed_until_s.front().is_some_and(|until_s| *until_s <= now_s) {
            self.delayed_until_s.pop_front();
        }
        let known = self.ready + self.unacked + self.delayed_until_s.len() as u64;
        let in_system = self.in_system();
        let conserved = if self.delay == Delay::Random { known <= in_system } else { known == in_system };
        breaches
            .check(Law::Conservation, now_s, conserved, || format!("{name}: {in_system} came and {known} are there"));
        self.check_capacity(now_s, breaches);
        let credit: u64 = groups.iter().map(|group| group.credit()).sum();
        let busy: u64 = groups.iter().map(|group| u64::from(group.busy)).sum();
        let overhead: u64 = groups.iter().map(|group| u64::from(group.overhead)).sum();
        let held = self.unacked + overhead <= credit;
        let worked_on = if self.may_buffer { busy <= self.unacked } else { busy == self.unacked };
        breaches.check(Law::Credit, now_s, held && worked_on, || {
            format!("{name}: {} unacked, {busy} busy, {overhead} in overhead, {credit} allowed", self.unacked)
        });
        let returned = self.redelivered == 0 || self.returns_s.iter().any(|return_s| *return_s <= now_s);
        let explained = self.again <= self.redelivered && (in_system > 0 || self.again == self.redelivered);
        breaches.check(Law::Return, now_s, returned && explained, || {
            format!("{name}: {} redelivered, {} of them ended", self.redelivered, self.again)
        });
    }

    fn check_capacity(&mut self, now_s: f64, breaches: &mut Breaches) {
        let Some(capacity) = self.settings.capacity else { return };
        let returned = if self.returns_s.contains(&now_s) { self.unacked_most } else { 0 };
        let most = capacity.max(self.ready_before) + returned;
        breaches.check(Law::Capacity, now_s, self.ready <= most, || {
            format!("{}: {} ready, {capacity} allowed", self.settings.name, self.ready)
        });
    }

    /// Little's law on the path, with the messages that are still there.
    pub fn check_little(&self, now_s: f64, breaches: &mut Breaches) {
        let rest = self.outstanding.iter().map(|(bits, count)| {
            let since_s = self.deliverable_s(f64::from_bits(*bits));
            *count as f64 * (now_s - since_s).max(0.0)
        });
        let sojourns_s = self.sojourns_s + rest.sum::<f64>();
        let rounding = ROUNDING * (1.0 + self.area + sojourns_s);
        let equal = (self.area - sojourns_s).abs() <= rounding;
        let holds = equal || (self.delay == Delay::Random && self.area < sojourns_s);
        breaches.check(Law::Little, now_s, holds, || {
            format!("{}: ∫depth {}, Σ sojourns {sojourns_s}", self.settings.name, self.area)
        });
    }
}

/// Instants at which replicas of a group may give back what they hold.
fn returns_s(group: &ConsumerGroup) -> Vec<f64> {
    let mut returns_s: Vec<f64> = group.outages.iter().map(|(from_s, _)| *from_s).collect();
    if let (Shutdown::Requeue, Replicas::Steps(steps)) = (group.shutdown, &group.replicas) {
        returns_s.extend(steps.iter().skip(1).map(|(from_s, _)| *from_s));
    }
    returns_s
}

/// Recorded works, if one recording with all works is all that comes.
fn works(model: &Model, id: QueueId) -> Option<BTreeMap<u64, Vec<f64>>> {
    let producers: Vec<_> = model.producers_of(id).collect();
    let [producer] = producers[..] else { return None };
    let Arrivals::Recorded(rows) = &producer.arrivals else { return None };
    if model.queues[id].initial > 0 {
        return None;
    }
    let mut works: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for row in rows.iter() {
        works.entry(row.published_s.to_bits()).or_default().push(row.service_s?);
    }
    Some(works)
}

/// Whether some replica of a group ends the work at `ack_s`, not earlier and not later; an attempt after a redelivery
/// started at an unknown instant, and then only too little time is wrong.
fn is_served(group: &ConsumerGroup, start_s: f64, ack_s: f64, message: &Message) -> bool {
    let done = |until_s: f64| match &group.speed {
        None => until_s - start_s,
        Some(speed) => speed.integral(start_s, until_s),
    };
    let work_s = message.work_s;
    let rounding = ROUNDING * (1.0 + work_s + ack_s);
    let speeds = if group.speeds.is_empty() { &[1.0][..] } else { &group.speeds[..] };
    speeds.iter().any(|speed| {
        let enough = speed * done(ack_s) >= work_s - rounding;
        if message.deliveries > 1 {
            return enough;
        }
        let exact = speed * done(ack_s) <= work_s + rounding;
        let earlier_s = (ack_s - PROMPT_S).max(start_s);
        let prompt = ack_s == start_s || speed * done(earlier_s) < work_s;
        enough && exact && prompt
    })
}
