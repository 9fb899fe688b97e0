//! The laws of one queue: accounts, fates, reasons, order, time.

use std::collections::BTreeMap;

use forebay::engine::events::{DeadLetter, Loss, Message};
use forebay::model::{
    Ack, AfterFailure, ConsumerGroup, Distribution, Model, Order, Overflow, Queue, QueueId, RequeuePosition, Retry,
    Shutdown, WhenAway,
};

use super::group::GroupAudit;
use super::{Rule, Violations};

/// What the ledger sums up as lost.
pub const OTHERWISE_LOST: [Loss; 4] = [Loss::Failed, Loss::DeliveryLimit, Loss::Unreachable, Loss::Restart];
/// Instants that were computed in two ways.
const ROUNDING_S: f64 = 1e-9;

/// A loss in the census.
pub fn name_of(why: Loss) -> &'static str {
    match why {
        Loss::Rejected => "rejected",
        Loss::Dropped => "dropped",
        Loss::Expired => "expired",
        Loss::Failed => "failed for good",
        Loss::DeliveryLimit => "delivered too often",
        Loss::Unreachable => "unreachable",
        Loss::Restart => "gone with the broker",
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Fate {
    started: bool,
    ended: bool,
}

/// What is known of a queue.
pub struct QueueAudit<'m> {
    pub settings: &'m Queue,
    pub published: u64,
    pub acked: u64,
    pub dead_lettered: u64,
    pub ready: u64,
    pub unacked: u64,
    losses: BTreeMap<&'static str, u64>,
    redelivered: u64,
    /// Deliveries beyond the first, of messages that have ended.
    again: u64,
    fates: BTreeMap<u64, Fate>,
    groups: Vec<&'m ConsumerGroup>,
    loses_when_away: bool,
    traits: Traits,
    /// Last first start of a message, and its place.
    last_place: Option<i64>,
    /// Latest first start of each level.
    level_starts_s: Vec<f64>,
    /// Messages of each lane that have started and not ended, by lane.
    in_lane: BTreeMap<u32, u64>,
    /// Levels before this instant, and the most ready and unacked messages of it.
    before: (u64, u64),
    ready_most: u64,
    unacked_most: u64,
    hidden_before: u64,
    refused: bool,
}

/// What the settings of a queue and its groups imply.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
struct Traits {
    /// Messages can be neither ready nor unacked.
    hides: bool,
    /// Delivered messages can become ready again.
    returns: bool,
    /// A message starts when it is delivered.
    starts_at_once: bool,
    /// From publish to deliverable, if it is always the same.
    delay_s: Option<f64>,
    /// Latest age at which a message can be delivered.
    lifetime_s: f64,
    /// One message of a lane at a time is worked on.
    lanes_alternate: bool,
}

impl Traits {
    fn new(settings: &Queue, groups: &[&ConsumerGroup]) -> Traits {
        let requeues = |group: &&ConsumerGroup| {
            let fails = group.failures.as_ref().is_some_and(|failures| failures.then == AfterFailure::Requeue);
            let leaves = group.shutdown != Shutdown::Finish;
            fails || leaves || group.ack_timeout_s.is_some() || group.crashes.is_some() || !group.outages.is_empty()
        };
        let rests =
            |group: &&ConsumerGroup| group.failures.as_ref().is_some_and(|failures| failures.retry != Retry::AtOnce);
        let partitioned = matches!(settings.order, Order::Partitions(_));
        let away = !settings.broker_outages.is_empty();
        let unbuffered = |group: &&ConsumerGroup| {
            group.prefetch <= group.concurrency && group.batch.is_none() && group.uses.is_empty()
        };
        let delay_s = match &settings.delivery_delay {
            None => Some(0.0),
            Some(Distribution::Constant(delay_s)) => Some(*delay_s),
            Some(_) => None,
        };
        let ttl_s = match settings.ttl.as_ref().map(|ttl| &ttl.after) {
            Some(Distribution::Constant(ttl_s)) => *ttl_s + delay_s.unwrap_or(f64::INFINITY),
            _ => f64::INFINITY,
        };
        let has_lanes = partitioned || matches!(settings.order, Order::Groups(_));
        let one_by_one = |group: &&ConsumerGroup| group.ack == Ack::After && group.batch.is_none();
        Traits {
            hides: settings.delivery_delay.is_some() || away || groups.iter().any(rests),
            returns: away || partitioned || groups.iter().any(requeues),
            starts_at_once: groups.iter().all(unbuffered),
            delay_s: delay_s.filter(|_| !away),
            lifetime_s: if away { f64::INFINITY } else { ttl_s.min(settings.retention.age_s.unwrap_or(f64::INFINITY)) },
            lanes_alternate: has_lanes
                && settings.requeue == RequeuePosition::Original
                && groups.iter().all(one_by_one),
        }
    }
}

impl<'m> QueueAudit<'m> {
    pub fn new(model: &'m Model, id: QueueId) -> Self {
        let settings = &model.queues[id];
        let groups: Vec<&ConsumerGroup> = model.groups_of(id).collect();
        let levels = if let Order::Priorities(shares) = &settings.order { shares.len() } else { 0 };
        QueueAudit {
            settings,
            published: 0,
            acked: 0,
            dead_lettered: 0,
            ready: 0,
            unacked: 0,
            losses: BTreeMap::new(),
            redelivered: 0,
            again: 0,
            fates: BTreeMap::new(),
            traits: Traits::new(settings, &groups),
            groups,
            loses_when_away: model.producers_of(id).any(|producer| producer.when_away == WhenAway::Lose),
            last_place: None,
            level_starts_s: vec![f64::NEG_INFINITY; levels],
            in_lane: BTreeMap::new(),
            // A queue that blocks takes in what is there at the beginning, however much it is.
            before: (if settings.overflow == Overflow::Block { settings.initial } else { 0 }, 0),
            ready_most: 0,
            unacked_most: 0,
            hidden_before: 0,
            refused: false,
        }
    }

    pub fn lost(&self, why: &[Loss]) -> u64 {
        why.iter().filter_map(|why| self.losses.get(name_of(*why))).sum()
    }

    pub fn in_system(&self) -> u64 {
        self.published.saturating_sub(self.acked + self.dead_lettered + self.losses.values().sum::<u64>())
    }

    /// Messages that are neither ready nor unacked.
    fn hidden(&self) -> u64 {
        self.in_system().saturating_sub(self.ready + self.unacked)
    }

    /// Whether the broker is away, edges left out.
    fn is_away(&self, now_s: f64) -> bool {
        self.settings.broker_outages.iter().any(|(from_s, until_s)| *from_s < now_s && now_s < *until_s)
    }

    fn check_presence(&self, now_s: f64, what: &str, violations: &mut Violations) {
        let name = &self.settings.name;
        violations
            .check(Rule::Away, now_s, !self.is_away(now_s), || format!("{name}: {what} while the broker is away"));
    }

    pub fn set_levels(&mut self, ready: u64, unacked: u64) {
        (self.ready, self.unacked) = (ready, unacked);
        self.ready_most = self.ready_most.max(ready);
        self.unacked_most = self.unacked_most.max(unacked);
    }

    pub fn start(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        let acks_before = self.groups.iter().any(|group| group.ack == Ack::Before);
        if !acks_before {
            self.check_presence(now_s, "a message starts", violations);
        }
        self.check_deliveries(now_s, message, violations);
        let fate = self.fates.entry(message.order).or_default();
        let first = !fate.started && (!fate.ended || acks_before) && message.published_s <= now_s;
        violations.check(Rule::Fate, now_s, first, || format!("started, was {fate:?}: {message:?}"));
        fate.started = true;
        let age_s = now_s - message.published_s;
        if self.traits.starts_at_once {
            let lives = age_s <= self.traits.lifetime_s + ROUNDING_S;
            violations.check(Rule::Lifetime, now_s, lives, || format!("{age_s} s old: {message:?}"));
            self.check_order(now_s, message, violations);
        }
        if self.traits.lanes_alternate {
            let working = self.in_lane.entry(message.lane()).or_default();
            *working += 1;
            let alone = *working == 1;
            violations.check(Rule::Lanes, now_s, alone, || format!("lane {}: {message:?}", message.lane()));
        }
    }

    /// First starts come in order, as far as there is one.
    fn check_order(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        match &self.settings.order {
            Order::Fifo if self.settings.requeue == RequeuePosition::Original => {
                let later = self.last_place.is_none_or(|last| message.place() > last);
                violations.check(Rule::Fifo, now_s, later, || format!("after {:?}: {message:?}", self.last_place));
                self.last_place = Some(message.place());
            }
            Order::Priorities(_) => {
                self.check_urgent(now_s, message, violations);
                self.level_starts_s[message.lane() as usize] = now_s;
            }
            _ => {}
        }
    }

    /// No less urgent message started while this one was ready.
    fn check_urgent(&self, now_s: f64, message: &Message, violations: &mut Violations) {
        let Some(delay_s) = self.traits.delay_s else { return };
        let initial = message.published_s == 0.0;
        let ready_s = message.published_s + if initial { 0.0 } else { delay_s };
        let others_s = self.level_starts_s.get(message.lane() as usize + 1..).unwrap_or_default();
        let overtaken_s = others_s.iter().copied().find(|start_s| *start_s > ready_s && *start_s < now_s);
        violations.check(Rule::Priority, now_s, overtaken_s.is_none(), || {
            format!("overtaken at {overtaken_s:?}: {message:?}")
        });
    }

    fn check_deliveries(&self, now_s: f64, message: &Message, violations: &mut Violations) {
        let limit = self.settings.delivery_limit;
        let within = limit.is_none_or(|limit| u32::from(message.deliveries) <= limit);
        violations.check(Rule::Deliveries, now_s, within, || format!("at most {limit:?}: {message:?}"));
    }

    pub fn ack(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        self.acked += 1;
        self.check_presence(now_s, "a message is acked", violations);
        let acks_before = self.groups.iter().any(|group| group.ack == Ack::Before);
        let begun = message.started || acks_before;
        violations
            .check(Rule::Fate, now_s, begun && message.deliveries > 0, || format!("acked unstarted: {message:?}"));
        self.end(now_s, message, violations);
    }

    /// Whether a message expires for its age now, by the queue's settings.
    fn may_expire(&self, now_s: f64, message: &Message) -> bool {
        let age_s = now_s - message.published_s + ROUNDING_S;
        let old = self.settings.retention.age_s.is_some_and(|most_s| age_s >= most_s);
        let dead = self.settings.ttl.as_ref().is_some_and(|ttl| match ttl.after {
            Distribution::Constant(ttl_s) => age_s >= ttl_s,
            _ => true,
        });
        old || dead
    }

    fn fails_into(&self, then: AfterFailure) -> bool {
        let into = |group: &&ConsumerGroup| group.failures.as_ref().is_some_and(|failures| failures.then == then);
        self.groups.iter().any(into)
    }

    fn is_worn_out(&self, message: &Message) -> bool {
        self.settings.delivery_limit.is_some_and(|limit| u32::from(message.deliveries) == limit)
    }

    pub fn lose(&mut self, now_s: f64, message: &Message, why: Loss, violations: &mut Violations) {
        *self.losses.entry(name_of(why)).or_default() += 1;
        let Queue { capacity, overflow, dead_letter, retention, durable, broker_outages, .. } = self.settings;
        let bounded = capacity.is_some();
        let alone = dead_letter.is_none();
        let holds = match why {
            Loss::Rejected => {
                self.refused = true;
                bounded && *overflow != Overflow::DropHead && message.deliveries == 0
            }
            Loss::Dropped => {
                let full = bounded && *overflow == Overflow::DropHead && alone;
                full || retention.messages.is_some()
            }
            Loss::Expired => self.may_expire(now_s, message) && (alone || retention.age_s.is_some()),
            Loss::Failed => self.fails_into(AfterFailure::Drop) || alone && self.fails_into(AfterFailure::DeadLetter),
            Loss::DeliveryLimit => alone && self.is_worn_out(message),
            Loss::Unreachable => {
                self.loses_when_away
                    && broker_outages.iter().any(|(from_s, until_s)| (*from_s..=*until_s).contains(&now_s))
            }
            Loss::Restart => !durable && broker_outages.iter().any(|(from_s, _)| *from_s == now_s),
        };
        violations.check(Rule::Reason, now_s, holds, || format!("{why:?} in {}: {message:?}", self.settings.name));
        // What goes with the broker, or finds it away, may not have a place in the queue yet.
        if message.started || !matches!(why, Loss::Unreachable | Loss::Restart) {
            self.end(now_s, message, violations);
        }
    }

    pub fn dead_letter(&mut self, now_s: f64, message: &Message, why: DeadLetter, violations: &mut Violations) {
        self.dead_lettered += 1;
        let full = self.settings.capacity.is_some() && self.settings.overflow == Overflow::DropHead;
        let holds = self.settings.dead_letter.is_some()
            && match why {
                DeadLetter::Rejected => self.fails_into(AfterFailure::DeadLetter),
                DeadLetter::Expired => self.may_expire(now_s, message),
                DeadLetter::Overflow => full,
                DeadLetter::DeliveryLimit => self.is_worn_out(message),
            };
        violations.check(Rule::Reason, now_s, holds, || format!("{why:?} in {}: {message:?}", self.settings.name));
        self.end(now_s, message, violations);
    }

    fn end(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        self.check_deliveries(now_s, message, violations);
        let fate = self.fates.entry(message.order).or_default();
        let alive = !fate.ended && fate.started == message.started;
        violations.check(Rule::Fate, now_s, alive, || format!("ended, was {fate:?}: {message:?}"));
        if fate.started && !fate.ended {
            self.in_lane.entry(message.lane()).and_modify(|working| *working = working.saturating_sub(1));
        }
        fate.ended = true;
        self.again += u64::from(message.deliveries.saturating_sub(1));
    }

    pub fn fail(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        let may = self.groups.iter().any(|group| group.failures.is_some()) && message.started;
        violations.check(Rule::Reason, now_s, may, || format!("failed: {message:?}"));
    }

    pub fn time_out(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        let least_s = self.groups.iter().filter_map(|group| group.ack_timeout_s).fold(f64::INFINITY, f64::min);
        let may = now_s - message.published_s + ROUNDING_S >= least_s;
        violations.check(Rule::Reason, now_s, may, || format!("timed out: {message:?}"));
        let ended = self.fates.get(&message.order).is_some_and(|fate| fate.ended);
        violations.check(Rule::Fate, now_s, !ended, || format!("timed out after its end: {message:?}"));
    }

    pub fn duplicate(&mut self, now_s: f64, violations: &mut Violations) {
        let may = self.groups.iter().any(|group| group.ack_timeout_s.is_some()) || self.traits.returns;
        violations.check(Rule::Reason, now_s, may, || "a duplicate without a timeout".to_owned());
    }

    pub fn lose_after_ack(&mut self, now_s: f64, message: &Message, violations: &mut Violations) {
        let may = self.groups.iter().any(|group| group.ack == Ack::Before);
        let ended = self.fates.get(&message.order).is_some_and(|fate| fate.ended);
        violations.check(Rule::Reason, now_s, may && ended, || format!("lost after its ack: {message:?}"));
    }

    pub fn redeliver(&mut self, now_s: f64, violations: &mut Violations) {
        self.redelivered += 1;
        let name = &self.settings.name;
        violations.check(Rule::Deliveries, now_s, self.traits.returns, || format!("{name}: nothing ever returns"));
        self.check_presence(now_s, "a message is delivered again", violations);
    }

    /// What holds between events.
    pub fn check(&mut self, now_s: f64, groups: &[&GroupAudit], violations: &mut Violations) {
        let name = &self.settings.name;
        let known = self.ready + self.unacked;
        let conserved = if self.traits.hides { known <= self.in_system() } else { known == self.in_system() };
        violations.check(Rule::Conservation, now_s, conserved, || {
            format!("{name}: {} came, {} ready and {} unacked", self.in_system(), self.ready, self.unacked)
        });
        let counted = self.again <= self.redelivered;
        violations.check(Rule::Deliveries, now_s, counted, || format!("{name}: {} > {}", self.again, self.redelivered));
        self.check_capacity(now_s, violations);
        self.check_held(now_s, groups, violations);
        self.check_idle(now_s, groups, violations);
        self.before = (self.ready, self.unacked);
        self.hidden_before = self.hidden();
        (self.ready_most, self.unacked_most, self.refused) = (self.ready, self.unacked, false);
    }

    fn check_capacity(&self, now_s: f64, violations: &mut Violations) {
        let Some(capacity) = self.settings.capacity else { return };
        let name = &self.settings.name;
        let full = !self.refused || self.ready_most >= capacity || self.is_away(now_s);
        violations.check(Rule::Capacity, now_s, full, || format!("{name}: refused with {} ready", self.ready_most));
        // A queue that blocks keeps producers out; what it has taken in and delayed becomes ready in any case.
        let exceeds = self.traits.returns || self.settings.overflow == Overflow::Block;
        let returned = if self.traits.returns { self.unacked_most } else { 0 };
        let more = returned + if exceeds { self.hidden_before } else { 0 };
        let most = if exceeds { capacity.max(self.before.0) + more } else { capacity };
        violations.check(Rule::Capacity, now_s, self.ready <= most, || {
            format!("{name}: {} ready, {capacity} allowed, {} before", self.ready, self.before.0)
        });
    }

    fn check_held(&self, now_s: f64, groups: &[&GroupAudit], violations: &mut Violations) {
        let name = &self.settings.name;
        let credit: u64 = groups.iter().map(|group| group.credit()).sum();
        violations.check(Rule::Credit, now_s, self.unacked <= credit, || {
            format!("{name}: {} unacked, {credit} allowed", self.unacked)
        });
        if let Order::Groups(lanes) = &self.settings.order {
            violations.check(Rule::Credit, now_s, self.unacked <= u64::from(lanes.count), || {
                format!("{name}: {} unacked of {} message groups", self.unacked, lanes.count)
            });
        }
        if self.settings.single_active && groups.iter().all(|group| group.is_steady()) {
            let working: u32 = groups.iter().map(|group| group.busy + group.overhead).sum();
            let most = groups.iter().map(|group| group.settings.slots_per_replica()).max().unwrap_or(0);
            violations.check(Rule::SingleActive, now_s, working <= most, || format!("{name}: {working} slots work"));
        }
    }

    /// Nobody who could take a message leaves one waiting.
    fn check_idle(&self, now_s: f64, groups: &[&GroupAudit], violations: &mut Violations) {
        let away = self.settings.broker_outages.iter().any(|(from_s, until_s)| *from_s <= now_s && now_s < *until_s);
        if self.ready == 0 || away {
            return;
        }
        let anyone = matches!(self.settings.order, Order::Fifo | Order::Priorities(_)) && !self.settings.single_active;
        for group in groups {
            let settings = group.settings;
            if settings.rate_limit.is_some() {
                continue;
            }
            let free = group.surely_free() && !group.buffers && settings.batch.is_none() && settings.uses.is_empty();
            let allowed =
                settings.in_flight_limit.is_none_or(|limit| groups.len() == 1 && self.unacked < u64::from(limit));
            violations.check(Rule::Idle, now_s, !(anyone && free && allowed), || {
                format!(
                    "{}: {} ready, {} unacked, a free slot of {group:?}",
                    self.settings.name, self.ready, self.unacked
                )
            });
            let simple = settings.ack == Ack::After && settings.ack_timeout_s.is_none() && groups.len() == 1;
            let room = self.unacked + u64::from(group.overhead) < group.open_credit();
            let starved = anyone && simple && room && allowed && group.buffers && settings.batch.is_none();
            violations.check(Rule::Idle, now_s, !starved, || {
                format!(
                    "{}: {} ready, {} unacked, free credit of {group:?}",
                    self.settings.name, self.ready, self.unacked
                )
            });
        }
        // Whatever holds messages back: if nobody works, holds or rests, somebody must take one.
        let asleep = groups.iter().all(|group| group.is_idle() && !group.rebalances(now_s))
            && groups.iter().any(|group| group.taking > 0)
            && groups.iter().all(|group| group.settings.rate_limit.is_none() && group.settings.uses.is_empty());
        let nothing = self.unacked == 0 && self.hidden() == 0;
        violations.check(Rule::Idle, now_s, !(asleep && nothing), || {
            format!("{}: {} ready and nobody works", self.settings.name, self.ready)
        });
    }
}
