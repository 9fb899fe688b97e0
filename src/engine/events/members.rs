//! Who may take messages of a queue on which not all may: partitions with an owner each, and one active consumer.
//!
//! Replicas are members from their first message to the instant at which they take nothing new. A change of membership
//! of a partitioned queue is followed by a rebalance at the same instant, one for all changes of that instant: an eager
//! one gives out all partitions anew, in ranges, and pauses them; a cooperative one moves as few as possible and pauses
//! only those. What a member had fetched of a partition and not begun returns to it unread; work in service ends
//! where it is, and the next owner waits for that. Not here: arithmetic (`assign`), and the messages (`lanes`).

use super::agenda::Event;
use super::assign::{range, sticky};
use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::Observer;
use crate::model::{Model, Order, Queue, QueueId, Rebalance, RebalanceKind};
use crate::units::Seconds;

/// The members of a queue on which not all of them may take everything.
pub(super) struct Members {
    /// In joining order.
    ids: Vec<u32>,
    /// What a change costs a partitioned queue; without partitions only the oldest member is active.
    partitioned: Option<Rebalance>,
    /// A rebalance is due at this instant.
    is_due: bool,
}

impl Members {
    /// `None` where every replica may take everything.
    pub fn new(model: &Model, queue: QueueId) -> Option<Members> {
        let settings: &Queue = &model.queues[queue];
        let partitioned = matches!(settings.order, Order::Partitions(_)).then(|| {
            let of_a_group = model.groups_of(queue).find_map(|group| group.rebalance);
            of_a_group.unwrap_or(Rebalance { kind: RebalanceKind::Eager, pause_s: 0.0 })
        });
        let any = partitioned.is_some() || settings.single_active;
        any.then_some(Members { ids: Vec::new(), partitioned, is_due: false })
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A replica takes messages of its queue from now on.
    pub(super) fn becomes_member(&mut self, now_s: Seconds, queue: QueueId, id: u32) {
        let single = self.queues[queue].settings.single_active;
        if let Some(members) = &mut self.queues[queue].members {
            members.ids.push(id);
            if members.partitioned.is_some() {
                self.plan_rebalance(now_s, queue);
            }
            if single && self.active(queue) != Some(id) {
                return;
            }
        }
        self.replicas[id as usize].in_ring = true;
        self.queues[queue].ring.push_back(id);
    }

    /// A replica takes nothing new of its queue; it is no longer in the ring.
    pub(super) fn ends_membership(&mut self, now_s: Seconds, queue: QueueId, id: u32) {
        let was_active = self.active(queue) == Some(id);
        let single = self.queues[queue].settings.single_active;
        let Some(members) = &mut self.queues[queue].members else { return };
        members.ids.retain(|member| *member != id);
        if members.partitioned.is_some() {
            self.plan_rebalance(now_s, queue);
            self.unread(now_s, queue, id, |_| true);
            if let Some(lanes) = self.queues[queue].ready.lanes() {
                for lane in 0..lanes.count() {
                    if lanes.owner(lane) == Some(id) {
                        lanes.assign(lane, None, false);
                    }
                }
            }
        }
        if single
            && was_active
            && let Some(next) = self.active(queue)
        {
            self.replicas[next as usize].in_ring = true;
            self.queues[queue].ring.push_back(next);
        }
    }

    /// The one that consumes, where only one does.
    pub(super) fn active(&self, queue: QueueId) -> Option<u32> {
        self.queues[queue].members.as_ref().and_then(|members| members.ids.first().copied())
    }

    fn plan_rebalance(&mut self, now_s: Seconds, queue: QueueId) {
        if let Some(members) = &mut self.queues[queue].members
            && !std::mem::replace(&mut members.is_due, true)
        {
            self.agenda.schedule(now_s, Event::Rebalance { queue: queue as u32 });
        }
    }

    /// The first members share the partitions without a pause.
    pub(super) fn open_memberships(&mut self) {
        for queue in 0..self.queues.len() {
            self.share_out(0.0, queue, false);
        }
    }

    /// The membership of a queue has changed at this instant.
    pub(super) fn rebalance(&mut self, now_s: Seconds, queue: QueueId) {
        self.share_out(now_s, queue, true);
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
    }

    fn share_out(&mut self, now_s: Seconds, queue: QueueId, may_pause: bool) {
        let state = &mut self.queues[queue];
        let Some(members) = &mut state.members else { return };
        if !std::mem::replace(&mut members.is_due, false) {
            return;
        }
        let (ids, Some(cost)) = (members.ids.clone(), members.partitioned) else { return };
        // With one active consumer, it owns everything.
        let owners = &ids[..if state.settings.single_active { ids.len().min(1) } else { ids.len() }];
        let Some(lanes) = state.ready.lanes() else { return };
        let before: Vec<Option<u32>> = (0..lanes.count()).map(|lane| lanes.owner(lane)).collect();
        let after = match cost.kind {
            RebalanceKind::Eager => range(lanes.count(), owners),
            RebalanceKind::Cooperative => sticky(&before, owners),
        };
        let stops =
            |lane: usize| cost.kind == RebalanceKind::Eager && cost.pause_s > 0.0 || before[lane] != after[lane];
        if may_pause && cost.pause_s > 0.0 {
            let until_s = now_s + cost.pause_s;
            (0..before.len()).filter(|lane| stops(*lane)).for_each(|lane| lanes.pause(lane as u32, until_s));
            self.agenda.schedule(until_s, Event::Resume { queue: queue as u32 });
        }
        for id in ids {
            let returned = self.unread(now_s, queue, id, |lane| stops(lane as usize));
            self.regain(id, returned);
        }
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            for (lane, owner) in after.into_iter().enumerate() {
                let ahead = owner.is_some_and(|id| self.groups[self.replicas[id as usize].group].buffers);
                lanes.assign(lane as u32, owner, ahead);
            }
        }
    }

    /// The pause after a rebalance is over.
    pub(super) fn resume(&mut self, now_s: Seconds, queue: QueueId) {
        if let Some(lanes) = self.queues[queue].ready.lanes() {
            lanes.resume(now_s);
        }
        self.pump(now_s, queue);
        self.tell_levels(now_s, queue);
    }

    /// What a replica holds of these lanes and has not begun returns to its place, as if it had not been delivered.
    /// Returns how much that was; the credit for it is not given back yet.
    pub(super) fn unread(&mut self, now_s: Seconds, queue: QueueId, id: u32, of: impl Fn(u32) -> bool) -> u32 {
        let replica = &mut self.replicas[id as usize];
        let returns = |message: &Message| of(message.lane()) && message.standing == Standing::Open;
        if !replica.buffer.iter().any(&returns) {
            return 0;
        }
        let mut stays = replica.buffer.iter().map(|message| !returns(message)).collect::<Vec<_>>().into_iter();
        replica.fetched.retain(|_| stays.next().unwrap_or(true));
        let (unread, kept): (Vec<Message>, Vec<Message>) = replica.buffer.drain(..).partition(returns);
        replica.buffer.extend(kept);
        let (group, returned) = (replica.group, unread.len() as u32);
        self.queues[queue].unacked -= unread.len();
        self.queues[queue].delivered -= u64::from(returned);
        for mut message in unread.into_iter().rev() {
            message.deliveries -= 1;
            if let Some(extra) = self.extras.at_mut(message.extra) {
                extra.turn = extra.turn.wrapping_add(1);
            }
            self.queues[queue].ready.put_before(message);
            self.watch(now_s, queue, &message);
        }
        self.make_room(group, returned);
        returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::events::trial::{replicas, watch, with_lanes, world};
    use crate::model::{ConsumerGroup, Partitions, Replicas, Shutdown};

    fn partitions(count: u32) -> Queue {
        Queue { order: Order::Partitions(Partitions { count, skew: 0.0 }), ..Queue::new("q") }
    }

    fn rebalancing(kind: RebalanceKind, steps: &[(Seconds, u32)]) -> ConsumerGroup {
        ConsumerGroup {
            replicas: Replicas::Steps(steps.to_vec()),
            rebalance: Some(Rebalance { kind, pause_s: 2.0 }),
            ..replicas(1)
        }
    }

    #[test]
    fn two_partitions_are_two_queues() {
        // The case path_pinned_2partitions_totalwait of the oracles: two single servers, each with its own path.
        let published = [0.0, 1.0, 2.0, 3.0, 4.0, 5.5, 6.0, 6.5];
        let work = [5.0, 1.0, 4.0, 2.0, 1.0, 0.5, 3.0, 1.0];
        let messages: Vec<_> = published.into_iter().zip(work).collect();
        for prefetch in [1, 3] {
            let group = ConsumerGroup { prefetch, ..replicas(2) };
            let model = with_lanes(world(&messages, partitions(2), group), &[0, 1, 0, 1, 0, 1, 0, 1]);
            let (diary, _) = watch(&model);
            let wait_s: Seconds = diary.starts.iter().map(|(start_s, _, published_s)| start_s - published_s).sum();
            assert_eq!(wait_s, 12.0);
        }
    }

    #[test]
    fn capacity_is_a_staircase() {
        let most: Vec<usize> = (1..=12)
            .map(|count| {
                let messages = [(0.0, 1.0); 144];
                let model = Model { seed: 5, ..world(&messages, partitions(12), replicas(count)) };
                let (diary, ledger) = watch(&Model { horizon_s: 1000.0, resolution_s: 10.0, ..model });
                assert_eq!(ledger.acked, 144);
                assert!(diary.most_busy <= count);
                let mut loads = [0_u32; 12];
                diary.acks.iter().for_each(|(_, lane, _)| loads[*lane as usize] += 1);
                let owners = range(12, &(0..count).collect::<Vec<_>>());
                let mut work = vec![0; count as usize];
                owners.iter().zip(loads).for_each(|(owner, load)| work[owner.unwrap() as usize] += load);
                let last_s = diary.acks.last().unwrap().0;
                assert_eq!(last_s, f64::from(*work.iter().max().unwrap()), "{count} replicas");
                (0..count).map(|id| owners.iter().filter(|owner| **owner == Some(id)).count()).max().unwrap()
            })
            .collect();
        // In units of one partition's load, where all are equal.
        assert_eq!(most, [12, 6, 4, 3, 3, 2, 2, 2, 2, 2, 2, 1]);
    }

    #[test]
    fn replicas_beyond_the_partitions_idle_and_one_works_on_several_at_once() {
        let messages = [(0.0, 3.0), (0.0, 3.0), (0.0, 3.0), (0.0, 1.0)];
        let lanes = [0, 0, 1, 1];
        let (many, _) = watch(&with_lanes(world(&messages, partitions(2), replicas(5)), &lanes));
        assert_eq!(many.most_busy, 2);
        let wide = ConsumerGroup { concurrency: 4, prefetch: 4, ..replicas(1) };
        let (one, _) = watch(&with_lanes(world(&messages, partitions(2), wide.clone()), &lanes));
        assert_eq!(one.acks, many.acks);
        let fetching = ConsumerGroup { prefetch: 8, ..wide };
        let (ahead, _) = watch(&with_lanes(world(&messages, partitions(2), fetching), &lanes));
        assert_eq!(ahead.acks, many.acks);
        assert_eq!(ahead.most_unacked, 4);
    }

    #[test]
    fn an_eager_rebalance_stops_everything_that_has_not_begun() {
        let messages: Vec<_> = (0..10).map(|_| (0.0, 1.0)).collect();
        let group = rebalancing(RebalanceKind::Eager, &[(0.0, 1), (2.5, 2)]);
        let model = with_lanes(world(&messages, partitions(2), group), &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        let (diary, _) = watch(&model);
        let starts: Vec<_> = diary.starts.iter().map(|(start_s, lane, _)| (*start_s, *lane)).collect();
        // One until 2.5, its third ends at 3, both go on at 4.5.
        let before = [(0.0, 0), (1.0, 1), (2.0, 0)];
        assert_eq!(starts[..3], before);
        assert_eq!(starts[3..5], [(4.5, 0), (4.5, 1)]);
        assert_eq!(diary.acks.last().map(|(end_s, ..)| *end_s), Some(8.5));
    }

    #[test]
    fn a_cooperative_rebalance_stops_what_moves() {
        let messages: Vec<_> = (0..10).map(|_| (0.0, 1.0)).collect();
        let group = rebalancing(RebalanceKind::Cooperative, &[(0.0, 1), (2.5, 2)]);
        let model = with_lanes(world(&messages, partitions(2), group), &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        let (diary, _) = watch(&model);
        let of =
            |lane| diary.starts.iter().filter(move |start| start.1 == lane).map(|start| start.0).collect::<Vec<_>>();
        assert_eq!(of(0), [0.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(of(1), [1.0, 4.5, 5.5, 6.5, 7.5]);
    }

    #[test]
    fn what_was_fetched_of_a_partition_that_moves_is_read_by_its_new_owner() {
        let messages: Vec<_> = (0..6).map(|_| (0.0, 1.0)).collect();
        let steps = [(0.0, 1), (1.5, 2)];
        let fetching = ConsumerGroup { prefetch: 6, rebalance: None, ..rebalancing(RebalanceKind::Eager, &steps) };
        let model = with_lanes(world(&messages, partitions(2), fetching), &[1, 1, 0, 0, 1, 1]);
        let (diary, ledger) = watch(&model);
        // The second message of partition 1 is in service at 1.5: the new owner waits for it.
        let starts: Vec<_> = diary.starts.iter().map(|(start_s, lane, _)| (*start_s, *lane)).collect();
        assert_eq!(starts, [(0.0, 1), (1.0, 1), (2.0, 0), (2.0, 1), (3.0, 0), (3.0, 1)]);
        assert_eq!((diary.redeliveries, ledger.acked), (0, 6));
    }

    #[test]
    fn the_lag_of_a_partition_counts_what_is_worked_on() {
        let messages: Vec<_> = (0..6).map(|_| (0.0, 1.0)).collect();
        let model = with_lanes(world(&messages, partitions(2), replicas(1)), &[0, 0, 0, 0, 1, 1]);
        let (diary, _) = watch(&Model { resolution_s: 2.75, ..model });
        assert_eq!(diary.offsets[0], (2.75, vec![(4, 2), (2, 0)]));
        assert_eq!(diary.offsets[1], (5.5, vec![(4, 4), (2, 1)]));
    }

    #[test]
    fn a_single_active_consumer_makes_the_others_stand_by_until_it_leaves() {
        let messages: Vec<_> = (0..5).map(|_| (0.0, 2.0)).collect();
        let single = Queue { single_active: true, ..Queue::new("q") };
        let mut last = Vec::new();
        for count in [1, 2, 7] {
            let (diary, _) = watch(&world(&messages, single.clone(), replicas(count)));
            assert_eq!(diary.most_busy, 1);
            last.push(diary.acks.last().unwrap().0);
        }
        assert_eq!(last, [10.0; 3]);
        // All go away at 3; after 4 the first to come back takes over.
        let away = ConsumerGroup { outages: vec![(3.0, 4.0)], shutdown: Shutdown::Requeue, ..replicas(3) };
        let (diary, _) = watch(&world(&messages, single, away));
        let starts: Vec<_> = diary.starts.iter().map(|start| start.0).collect();
        assert_eq!((starts, diary.most_busy), (vec![0.0, 2.0, 5.0, 7.0, 9.0], 1));
    }

    #[test]
    fn no_more_are_in_flight_than_the_group_may_have() {
        let messages: Vec<_> = (0..200).map(|_| (0.0, 1.0)).collect();
        for (concurrency, prefetch, count) in [(1, 1, 50), (4, 9, 20), (1, 1, 10)] {
            let group = ConsumerGroup { concurrency, prefetch, in_flight_limit: Some(10), ..replicas(count) };
            let (diary, ledger) = watch(&world(&messages, Queue::new("q"), group));
            assert_eq!((diary.most_unacked, ledger.acked), (10, 200));
            // Ten of them a second, where ten can work at once.
            if prefetch == 1 {
                assert_eq!(diary.acks.last().unwrap().0, 20.0);
            }
        }
    }
}
