//! Lanes: the priority levels, partitions or message groups of a queue.
//!
//! A message's lane is drawn when it enters the queue, from a stream of its own, and travels in the top bits of its
//! `order`. Partitions and message groups keep the order within a lane by holding back what stands behind a message
//! that is with a consumer. Not here: which replica owns which partition (`members`), and who has credit (`deliver`).

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus;

use super::message::Message;
use super::streams::{Purpose, stream};
use crate::model::{Order, Queue};
use crate::units::Seconds;

/// Owner of what every replica may take.
pub(super) const ANYONE: u32 = u32::MAX;

/// Draws the lane of a message.
pub(super) struct LaneDraw {
    /// Share of the lanes up to and with each.
    up_to: Vec<f64>,
    /// Whether a producer's own priority goes first.
    are_levels: bool,
    stream: Xoshiro256PlusPlus,
}

impl LaneDraw {
    /// `None` for a queue without lanes.
    pub fn new(queue: &Queue, seed: u64, replication: u32) -> Option<LaneDraw> {
        let (weights, are_levels): (Vec<f64>, bool) = match &queue.order {
            Order::Fifo => return None,
            Order::Priorities(shares) => (shares.clone(), true),
            Order::Partitions(lanes) | Order::Groups(lanes) => {
                ((1..=lanes.count).map(|k| f64::from(k).powf(-lanes.skew)).collect(), false)
            }
        };
        let mut sum = 0.0;
        let sums = weights.iter().map(|weight| {
            sum += weight;
            sum
        });
        let mut up_to: Vec<f64> = sums.collect();
        for share in &mut up_to {
            *share /= sum;
        }
        Some(LaneDraw { up_to, are_levels, stream: stream(seed, replication, Purpose::Lane, &queue.name) })
    }

    /// The lane of a new message of a producer with this priority.
    pub fn next(&mut self, priority: Option<u32>) -> u32 {
        let last = self.up_to.len() as u32 - 1;
        match priority {
            Some(level) if self.are_levels => level.min(last),
            _ => {
                let drawn: f64 = self.stream.random();
                (self.up_to.partition_point(|share| *share <= drawn) as u32).min(last)
            }
        }
    }
}

/// Lanes that keep their order: partitions, or message groups.
pub(super) struct Lanes {
    states: Vec<Lane>,
    /// What may be delivered now: `(owner, place, lane)` of the head of each lane that is free.
    free: BTreeSet<(u32, i64, u32)>,
    ready: usize,
    /// Whether each lane has one owner: partitions.
    pinned: bool,
    /// Owners of which something became deliverable.
    pub called: Vec<u32>,
    /// Replicas that hold messages none of which may begin.
    pub sleepers: Vec<u32>,
    /// Whether some of them may begin since.
    stirs: bool,
}

/// One of them.
#[derive(Default)]
struct Lane {
    line: BTreeMap<i64, Message>,
    /// Who may take its messages; `None` if nobody.
    owner: Option<u32>,
    /// Whether the owner may hold several of its messages at once.
    ahead: bool,
    /// Who holds messages of it.
    holder: u32,
    /// Messages that are with the holder, or rest after a failure.
    held: u32,
    /// Held messages in service.
    in_service: u32,
    /// A message rests before it comes back: what stands behind it waits for it.
    resting: u32,
    paused_until_s: Seconds,
    /// Its entry in `free`.
    listed: Option<(u32, i64)>,
    /// Messages that left for good.
    committed: u64,
}

impl Lanes {
    /// Message groups, of which every replica may take, or partitions, which nobody owns yet.
    pub fn new(count: u32, owner: Option<u32>) -> Lanes {
        let states = (0..count).map(|_| Lane { owner, ..Lane::default() }).collect();
        Lanes {
            pinned: owner.is_none(),
            states,
            free: BTreeSet::new(),
            ready: 0,
            called: Vec::new(),
            sleepers: Vec::new(),
            stirs: false,
        }
    }

    pub fn count(&self) -> u32 {
        self.states.len() as u32
    }

    pub fn len(&self) -> usize {
        self.ready
    }

    /// Puts a message at its place.
    pub fn insert(&mut self, place: i64, message: Message) {
        let lane = message.lane();
        self.states[lane as usize].line.insert(place, message);
        self.ready += 1;
        self.refresh(lane);
    }

    /// Who may have this message at once, if it does not have to wait for others.
    pub fn passes_to(&self, message: &Message) -> Option<u32> {
        let lane = &self.states[message.lane() as usize];
        if lane.line.is_empty() { lane.taker(self.pinned) } else { None }
    }

    /// Whether something may be delivered to somebody.
    pub fn has_next(&self) -> bool {
        !self.free.is_empty()
    }

    /// What may be delivered to a replica: of all lanes that may, the head that has its place longest.
    fn first_for(&self, replica: u32) -> Option<(u32, i64, u32)> {
        let of = |owner| self.free.range((owner, i64::MIN, 0)..=(owner, i64::MAX, u32::MAX)).next().copied();
        of(replica).or_else(|| of(ANYONE))
    }

    /// Takes the message that this replica is to get.
    pub fn take_for(&mut self, replica: u32) -> Option<Message> {
        let (_, place, lane) = self.first_for(replica)?;
        self.take(lane, place)
    }

    fn take(&mut self, lane: u32, place: i64) -> Option<Message> {
        let message = self.states[lane as usize].line.remove(&place)?;
        self.ready -= 1;
        self.refresh(lane);
        Some(message)
    }

    /// Whether the message of this lane and place is ready.
    pub fn has(&self, lane: u32, place: i64) -> bool {
        self.states[lane as usize].line.contains_key(&place)
    }

    /// Takes out the message of this lane and place for good, if it is ready.
    pub fn remove(&mut self, lane: u32, place: i64) -> Option<Message> {
        let taken = self.take(lane, place)?;
        self.states[lane as usize].committed += 1;
        Some(taken)
    }

    /// The message that has its place longest.
    pub fn oldest(&self) -> Option<&Message> {
        let heads = self.states.iter().filter_map(|lane| lane.line.first_key_value());
        heads.min_by_key(|(place, _)| **place).map(|(_, message)| message)
    }

    /// A message is delivered to a replica.
    pub fn hold(&mut self, lane: u32, replica: u32) {
        let state = &mut self.states[lane as usize];
        state.held += 1;
        state.holder = replica;
        self.refresh(lane);
    }

    /// A held message is no longer with its holder.
    pub fn let_go(&mut self, lane: u32) {
        self.states[lane as usize].held -= 1;
        self.refresh(lane);
    }

    /// A held message left for good.
    pub fn commit(&mut self, lane: u32) {
        self.states[lane as usize].committed += 1;
        self.let_go(lane);
    }

    /// A held message begins to rest (+1) or has rested (−1).
    pub fn rest(&mut self, lane: u32, change: i32) {
        let state = &mut self.states[lane as usize];
        state.resting = state.resting.saturating_add_signed(change);
        self.stirs |= state.resting == 0;
        self.refresh(lane);
    }

    /// Service of a held message begins (+1) or ends (−1).
    pub fn service(&mut self, lane: u32, change: i32) {
        let state = &mut self.states[lane as usize];
        state.in_service = state.in_service.saturating_add_signed(change);
        self.stirs |= state.in_service == 0;
        self.refresh(lane);
    }

    /// Whether a held message of this lane may begin its service. A message group has only one that is held; if an
    /// earlier delivery of it is still worked on, it was redelivered meanwhile.
    pub fn may_begin(&self, lane: u32) -> bool {
        let state = &self.states[lane as usize];
        !self.pinned || state.in_service == 0 && state.resting == 0
    }

    /// Whether replicas that sleep are to look again at what they hold.
    pub fn stirs(&self) -> bool {
        self.stirs && !self.sleepers.is_empty()
    }

    /// Those that sleep.
    pub fn wake(&mut self) -> Vec<u32> {
        self.stirs = false;
        std::mem::take(&mut self.sleepers)
    }

    /// Who may hold more of a partition than the message that comes back.
    pub fn rewinds(&self, lane: u32) -> Option<u32> {
        self.pinned.then(|| self.states[lane as usize].holder)
    }

    /// The replica that owns a partition.
    pub fn owner(&self, lane: u32) -> Option<u32> {
        self.states[lane as usize].owner
    }

    /// Gives a partition to another owner, who may hold several of its messages at once or not, or to nobody.
    pub fn assign(&mut self, lane: u32, owner: Option<u32>, ahead: bool) {
        let state = &mut self.states[lane as usize];
        state.owner = owner;
        state.ahead = ahead;
        self.refresh(lane);
    }

    /// Nothing of a partition is delivered before this instant.
    pub fn pause(&mut self, lane: u32, until_s: Seconds) {
        let state = &mut self.states[lane as usize];
        state.paused_until_s = state.paused_until_s.max(until_s);
        self.refresh(lane);
    }

    /// Partitions go on whose pause is over.
    pub fn resume(&mut self, now_s: Seconds) {
        for lane in 0..self.count() {
            let state = &mut self.states[lane as usize];
            if state.paused_until_s > 0.0 && state.paused_until_s <= now_s {
                state.paused_until_s = 0.0;
                self.refresh(lane);
            }
        }
    }

    /// Whether these are partitions.
    pub fn is_pinned(&self) -> bool {
        self.pinned
    }

    /// Messages that ever entered each partition, and those of them that left for good: the difference is its lag.
    pub fn offsets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.states.iter().map(|lane| {
            let lag = lane.line.len() as u64 + u64::from(lane.held);
            (lane.committed + lag, lane.committed)
        })
    }

    /// Brings the list of what may be delivered up to date.
    fn refresh(&mut self, lane: u32) {
        let state = &mut self.states[lane as usize];
        let head = state.line.first_key_value().map(|(place, _)| *place);
        let listed = head.and_then(|place| state.taker(self.pinned).map(|owner| (owner, place)));
        if listed != state.listed {
            if let Some((owner, place)) = std::mem::replace(&mut state.listed, listed) {
                self.free.remove(&(owner, place, lane));
            }
            if let Some((owner, place)) = listed {
                self.free.insert((owner, place, lane));
                if owner != ANYONE {
                    self.called.push(owner);
                }
            }
        }
    }
}

#[cfg(test)]
impl Lanes {
    /// Held messages of a lane, and those in service.
    pub fn counts(&self, lane: u32) -> (u32, u32) {
        let state = &self.states[lane as usize];
        (state.held, state.in_service)
    }

    pub fn has_for(&self, replica: u32) -> bool {
        self.first_for(replica).is_some()
    }
}

impl Lane {
    /// Who may take its next message.
    fn taker(&self, pinned: bool) -> Option<u32> {
        let owner = self.owner?;
        let nobody_works = !pinned || self.in_service == 0;
        let free = self.held == 0 && nobody_works || self.ahead && self.holder == owner && self.resting == 0;
        (free && self.paused_until_s == 0.0).then_some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::events::trial::{recorded, replicas, watch, with_lanes, world};
    use crate::model::{ConsumerGroup, Partitions};

    fn levels(shares: &[f64]) -> Queue {
        Queue { order: Order::Priorities(shares.to_vec()), ..Queue::new("q") }
    }

    fn groups(count: u32) -> Queue {
        Queue { order: Order::Groups(Partitions { count, skew: 0.0 }), ..Queue::new("q") }
    }

    #[test]
    fn shares_are_met_and_a_priority_of_its_own_goes_first() {
        let mut draw = LaneDraw::new(&levels(&[0.2, 0.5, 0.3]), 1, 0).unwrap();
        let mut found = [0.0_f64; 3];
        (0..100_000).for_each(|_| found[draw.next(None) as usize] += 1e-5);
        for (found, share) in found.iter().zip([0.2, 0.5, 0.3]) {
            assert!(f64::abs(found - share) < 0.005, "{found} {share}");
        }
        assert_eq!((draw.next(Some(1)), draw.next(Some(9))), (1, 2));
        let order = Order::Partitions(Partitions { count: 4, skew: 1.0 });
        let mut draw = LaneDraw::new(&Queue { order, ..Queue::new("q") }, 1, 0).unwrap();
        let mut first: f64 = 0.0;
        (0..100_000).for_each(|_| first += if draw.next(Some(3)) == 0 { 1e-5 } else { 0.0 });
        assert!((first - Partitions { count: 4, skew: 1.0 }.share(0)).abs() < 0.005);
    }

    #[test]
    fn urgent_messages_overtake_but_interrupt_nothing() {
        let mut model = world(&[(0.0, 4.0), (1.0, 1.0), (2.0, 1.0)], levels(&[0.5, 0.5]), replicas(1));
        model.producers[0].priority = Some(1);
        let mut urgent = recorded("urgent", &[(3.0, 2.0), (4.5, 1.0)]);
        urgent.priority = Some(0);
        model.producers.push(urgent);
        let (diary, _) = watch(&model);
        let expected = [(0.0, 1, 0.0), (4.0, 0, 3.0), (6.0, 0, 4.5), (7.0, 1, 1.0), (8.0, 1, 2.0)];
        assert_eq!(diary.starts, expected);
    }

    #[test]
    fn what_was_fetched_is_not_recalled() {
        let fetching = ConsumerGroup { prefetch: 2, ..replicas(1) };
        let mut model = world(&[(0.0, 4.0), (1.0, 1.0), (2.0, 1.0)], levels(&[0.5, 0.5]), fetching);
        model.producers[0].priority = Some(1);
        let mut urgent = recorded("urgent", &[(3.0, 2.0)]);
        urgent.priority = Some(0);
        model.producers.push(urgent);
        let (diary, _) = watch(&model);
        assert_eq!(diary.starts, [(0.0, 1, 0.0), (4.0, 1, 1.0), (5.0, 0, 3.0), (7.0, 1, 2.0)]);
    }

    #[test]
    fn of_each_message_group_one_message_is_worked_on() {
        let messages = [(0.0, 5.0), (1.0, 1.0), (1.5, 2.0), (2.0, 1.0), (2.5, 1.0)];
        let model = with_lanes(world(&messages, groups(3), replicas(4)), &[0, 0, 1, 1, 2]);
        let (diary, _) = watch(&model);
        let expected = [(0.0, 0, 0.0), (1.5, 1, 1.5), (2.5, 2, 2.5), (3.5, 1, 2.0), (5.0, 0, 1.0)];
        assert_eq!(diary.starts, expected);
    }

    #[test]
    fn three_active_groups_keep_at_most_three_consumers_busy() {
        let messages: Vec<_> = (0..60).map(|k| (0.1 * f64::from(k), 1.0)).collect();
        let fetching = ConsumerGroup { prefetch: 3, ..replicas(10) };
        for group in [replicas(10), fetching] {
            let (diary, ledger) = watch(&world(&messages, groups(3), group));
            assert_eq!((diary.most_busy, diary.most_unacked, ledger.acked), (3, 3, 60));
        }
    }

    #[test]
    fn a_message_that_comes_back_blocks_its_group_alone() {
        use crate::model::{Replicas, Shutdown};
        // The second replica leaves at 2 and gives back the first message of group 1.
        let group = ConsumerGroup {
            replicas: Replicas::Steps(vec![(0.0, 2), (2.0, 1)]),
            shutdown: Shutdown::Requeue,
            ..replicas(2)
        };
        let messages = [(0.0, 3.0), (0.5, 4.0), (1.0, 1.0), (1.5, 1.0)];
        let model = with_lanes(world(&messages, groups(2), group), &[0, 1, 1, 0]);
        let (diary, _) = watch(&model);
        // At 3 group 1 goes on with the message that came back (drawn anew: 1 s), before group 0.
        assert_eq!(diary.acks, [(3.0, 0, 0.0), (4.0, 1, 0.5), (5.0, 1, 1.0), (6.0, 0, 1.5)]);
        assert_eq!(diary.redeliveries, 1);
    }
}
