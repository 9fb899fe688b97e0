//! Laws that hold between any two events, looked at from inside at every tick of every test.
//!
//! Each count that the kernel keeps is made again by looking at every place where a message can be; and nothing waits
//! for what is there.

use super::kernel::Kernel;
use super::message::{Message, Standing};
use super::observer::Observer;
use super::state::{Phase, Stage};
use crate::model::QueueId;
use crate::units::Seconds;

/// A message that a replica holds; in a slot if it is worked on.
struct Held {
    message: Message,
    replica: u32,
    slot: Option<u32>,
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// The law that does not hold now, if any.
    pub(super) fn broken_law(&mut self, now_s: Seconds) -> Option<String> {
        let queues = 0..self.queues.len();
        queues
            .clone()
            .find_map(|queue| self.counts_wrong(queue))
            .or_else(|| self.shares_wrong())
            .or_else(|| queues.clone().find_map(|queue| self.someone_sleeps(now_s, queue)))
            .or_else(|| (0..self.replicas.len() as u32).find_map(|id| self.slot_sleeps(now_s, id)))
            .map(|what| format!("{what} at {now_s}"))
    }

    fn held(&self, queue: QueueId) -> Vec<Held> {
        let mut held = Vec::new();
        for (id, replica) in self.replicas.iter().enumerate() {
            if self.groups[replica.group].settings.from != queue {
                continue;
            }
            let id = id as u32;
            held.extend(replica.buffer.iter().map(|message| Held { message: *message, replica: id, slot: None }));
            for slot in replica.first_slot..replica.first_slot + self.groups[replica.group].slots_per_replica {
                let place = &self.slots[slot as usize];
                if matches!(place.phase, Phase::Busy | Phase::Waiting) {
                    let rest = self.batches.get(slot as usize).map_or(&[][..], |together| &together.rest);
                    let all = std::iter::once(place.message).chain(rest.iter().map(|(message, _)| *message));
                    held.extend(all.map(|message| Held { message, replica: id, slot: Some(slot) }));
                }
            }
        }
        held
    }

    fn counts_wrong(&mut self, queue: QueueId) -> Option<String> {
        let held = self.held(queue);
        let is_open = |held: &&Held| held.message.standing == Standing::Open;
        let open = held.iter().filter(is_open).count();
        if open != self.queues[queue].unacked {
            return Some(format!("queue {queue}: {} unacked, {open} held", self.queues[queue].unacked));
        }
        for group in 0..self.groups.len() {
            let settings = self.groups[group].settings;
            if let (Some(limit), Some(room)) =
                (settings.in_flight_limit, self.groups[group].special.as_ref().and_then(|special| special.room))
                && settings.from == queue
            {
                let of_group = |held: &&Held| self.replicas[held.replica as usize].group == group;
                let in_flight = held.iter().filter(is_open).filter(of_group).count() as u32;
                if in_flight > limit || in_flight + room != limit {
                    return Some(format!("group {group}: {in_flight} in flight, room for {room}"));
                }
            }
        }
        let resting: Vec<u32> = self
            .delayed
            .iter()
            .flatten()
            .filter(|(of, message)| *of == queue && message.deliveries > 0)
            .map(|(_, message)| message.lane())
            .collect();
        let lanes = self.queues[queue].ready.lanes()?;
        (0..lanes.count()).find_map(|lane| {
            let of: Vec<&Held> = held.iter().filter(|held| held.message.lane() == lane).collect();
            let open: Vec<&&Held> = of.iter().filter(|held| held.message.standing == Standing::Open).collect();
            let rests = resting.iter().filter(|other| **other == lane).count();
            let mut slots: Vec<u32> = of.iter().filter_map(|held| held.slot).collect();
            let in_service = slots.len();
            slots.dedup();
            let (counted_held, counted_service) = lanes.counts(lane);
            let one_holder = open.windows(2).all(|pair| pair[0].replica == pair[1].replica);
            let is_right = counted_held as usize == open.len() + rests
                && counted_service as usize == in_service
                && if lanes.is_pinned() { one_holder && slots.len() <= 1 } else { open.len() + rests <= 1 };
            (!is_right).then(|| {
                format!(
                    "queue {queue} lane {lane}: {} held, {rests} rest, {in_service} in service, counted {:?}",
                    open.len(),
                    (counted_held, counted_service)
                )
            })
        })
    }

    /// Resources and contended slots.
    fn shares_wrong(&self) -> Option<String> {
        let busy = |group: usize, phase: Phase| {
            self.slots.iter().filter(|slot| slot.group as usize == group && slot.phase == phase).count()
        };
        for (id, resource) in self.resources.iter().enumerate() {
            let uses = |group: usize| {
                let uses = self.groups[group].settings.uses.iter().filter(|(of, _)| *of == id);
                uses.map(|(_, units)| *units as usize).sum::<usize>()
            };
            let in_use: usize = (0..self.groups.len()).map(|group| uses(group) * busy(group, Phase::Busy)).sum();
            let (counted, line) = resource.counts();
            let waiting: usize =
                (0..self.groups.len()).filter(|group| uses(*group) > 0).map(|group| busy(group, Phase::Waiting)).sum();
            if in_use != counted as usize || waiting != line {
                return Some(format!(
                    "resource {id}: {in_use} in use, counted {counted}; {waiting} wait, {line} in line"
                ));
            }
        }
        let crowds = self.groups.iter().enumerate();
        let mut crowds =
            crowds.filter_map(|(id, group)| group.special.as_ref()?.crowd.as_ref().map(|crowd| (id, crowd.len())));
        crowds.find(|(id, len)| busy(*id, Phase::Busy) != *len).map(|found| format!("crowd {found:?}"))
    }

    /// A message could be delivered, and somebody could take it.
    fn someone_sleeps(&mut self, now_s: Seconds, queue: QueueId) -> Option<String> {
        if self.queues[queue].away || !self.queues[queue].ready.has_next() {
            return None;
        }
        let active = self.active(queue).filter(|_| self.queues[queue].settings.single_active);
        (0..self.replicas.len() as u32).find_map(|id| {
            let replica = &self.replicas[id as usize];
            let group = &mut self.groups[replica.group];
            let has_token = group.buffers || group.bucket.as_mut().is_none_or(|bucket| bucket.has_token(now_s));
            let may_take = group.settings.from == queue
                && replica.stage == Stage::Ready
                && replica.credit > 0
                && !group.is_full()
                && has_token
                && active.is_none_or(|active| active == id)
                && self.queues[queue].ready.lanes().is_none_or(|lanes| lanes.has_for(id));
            may_take.then(|| format!("replica {id} does not take what is ready in queue {queue}"))
        })
    }

    /// A slot is free, and something that its replica holds could begin.
    fn slot_sleeps(&mut self, now_s: Seconds, id: u32) -> Option<String> {
        let replica = &self.replicas[id as usize];
        let group = &mut self.groups[replica.group];
        if !matches!(replica.stage, Stage::Ready | Stage::Leaving) || replica.free.is_empty() {
            return None;
        }
        let size = group.settings.batch.map_or(1, |batch| batch.size as usize);
        let waits = self.queues[group.settings.from].ready.to_begin(&replica.buffer, size).len();
        let lingers = waits < size && replica.batch_due_s < f64::INFINITY;
        let has_token = group.bucket.as_mut().is_none_or(|bucket| bucket.has_token(now_s));
        (waits > 0 && !lingers && has_token).then(|| format!("replica {id} does not begin what it holds"))
    }
}

mod worlds {
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{RngExt as _, SeedableRng as _};

    use crate::engine::events::trial::{recorded, replicas, watch};
    use crate::model::{
        Ack, AfterFailure, Batch, ConsumerGroup, Contention, Crashes, Destination, Distribution, Failures, Model,
        Order, Partitions, Queue, RateLimit, Rebalance, RebalanceKind, Replicas, RequeuePosition, Resource, Retry,
        Shutdown, Ttl, TtlPlace,
    };

    struct Dice(Xoshiro256PlusPlus);

    impl Dice {
        fn one_in(&mut self, sides: u32) -> bool {
            self.0.random_range(0..sides) == 0
        }

        fn of<T: Clone>(&mut self, choices: &[T]) -> T {
            choices[self.0.random_range(0..choices.len())].clone()
        }

        fn between(&mut self, from: f64, until: f64) -> f64 {
            from + (until - from) * self.0.random::<f64>()
        }

        fn maybe<T>(&mut self, sides: u32, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
            self.one_in(sides).then(|| make(self))
        }

        fn lanes(&mut self) -> Partitions {
            Partitions { count: self.0.random_range(1..8), skew: self.of(&[0.0, 0.7, 2.0]) }
        }

        fn queue(&mut self, name: &str) -> Queue {
            let order = match self.0.random_range(0..4) {
                0 => Order::Fifo,
                1 => Order::Priorities(vec![0.2, 0.3, 0.5]),
                2 => Order::Partitions(self.lanes()),
                _ => Order::Groups(self.lanes()),
            };
            Queue {
                order,
                single_active: self.one_in(5),
                requeue: self.of(&[RequeuePosition::Original, RequeuePosition::Front, RequeuePosition::Back]),
                delivery_limit: self.maybe(4, |dice| dice.0.random_range(1..5)),
                capacity: self.maybe(5, |dice| dice.0.random_range(0..20)),
                initial: self.of(&[0, 0, 5]),
                delivery_delay: self.maybe(5, |_| Distribution::Exponential { mean_s: 0.5 }),
                ttl: self.maybe(5, |dice| Ttl {
                    after: Distribution::Exponential { mean_s: 5.0 },
                    at: dice.of(&[TtlPlace::Anywhere, TtlPlace::Head]),
                }),
                broker_outages: self.maybe(6, |dice| (dice.between(5.0, 10.0), 12.0)).into_iter().collect(),
                durable: self.one_in(2),
                ..Queue::new(name)
            }
        }

        fn failures(&mut self) -> Failures {
            Failures {
                probability: self.of(&[0.1, 0.5]),
                poison: 0.0,
                then: self.of(&[AfterFailure::Requeue, AfterFailure::Requeue, AfterFailure::DeadLetter]),
                retry: self.of(&[Retry::AtOnce, Retry::Delay(Distribution::Exponential { mean_s: 0.7 })]),
                partial: self.one_in(2),
            }
        }

        fn group(&mut self, name: &str, from: usize) -> ConsumerGroup {
            let concurrency = self.0.random_range(1..4);
            let batch = self.maybe(3, |dice| Batch { size: dice.of(&[1, 2, 5]), linger_s: dice.of(&[0.0, 0.3]) });
            let prefetch = self.of(&[1, concurrency, concurrency + 3, 12]);
            let steps =
                vec![(0.0, self.of(&[1, 3])), (self.between(3.0, 9.0), self.of(&[0, 1, 6])), (13.1, 2), (20.3, 3)];
            ConsumerGroup {
                name: name.into(),
                from,
                concurrency,
                prefetch: batch.map_or(prefetch, |batch| prefetch.max(batch.size)),
                batch,
                replicas: if self.one_in(2) { Replicas::Steps(steps) } else { Replicas::Fixed(self.of(&[1, 3, 7])) },
                service: Distribution::Exponential { mean_s: 0.3 },
                overhead: self.maybe(4, |_| Distribution::Constant(0.05)),
                rate_limit: self.maybe(5, |_| RateLimit { rate_per_s: 9.0, burst: 2.0 }),
                startup: self.maybe(3, |_| Distribution::Constant(0.4)),
                shutdown: self.of(&[Shutdown::Finish, Shutdown::Requeue, Shutdown::FinishWithin(0.2)]),
                ack: self.of(&[Ack::After, Ack::After, Ack::Before]),
                ack_timeout_s: self.maybe(5, |_| 0.9),
                failures: self.maybe(3, Dice::failures),
                crashes: self.maybe(5, |_| Crashes { every_s: 6.0, restart_s: 1.0 }),
                in_flight_limit: self.maybe(3, |dice| dice.0.random_range(1..9)),
                rebalance: self.maybe(2, |dice| Rebalance {
                    kind: dice.of(&[RebalanceKind::Eager, RebalanceKind::Cooperative]),
                    pause_s: dice.of(&[0.0, 0.8]),
                }),
                contention: self.maybe(4, |_| Contention { sigma: 0.1, kappa: 0.01 }),
                uses: if self.one_in(3) {
                    self.of(&[vec![(0, 1)], vec![(1, 2)], vec![(0, 2), (1, 1)]])
                } else {
                    vec![]
                },
                outages: self.maybe(4, |dice| (dice.between(4.0, 8.0), dice.between(9.0, 12.0))).into_iter().collect(),
                speeds: self.of(&[vec![], vec![1.0, 0.4]]),
                ..replicas(1)
            }
        }

        fn world(&mut self) -> Model {
            let mut queues: Vec<Queue> = (0..2).map(|id| self.queue(&format!("q{id}"))).collect();
            queues[0].dead_letter = self.maybe(2, |_| 1);
            let mut groups = vec![self.group("g0", 0), self.group("g1", 1)];
            if self.one_in(4) {
                groups.push(self.group("g2", 0));
            }
            let producers = (0..2).map(|to| {
                let mut at_s = 0.0;
                let rows: Vec<(f64, f64)> = (0..120)
                    .map(|_| {
                        at_s += if self.one_in(4) { 0.0 } else { self.between(0.0, 0.25) };
                        (at_s, self.between(0.0, 0.8))
                    })
                    .collect();
                let mut producer = recorded(&format!("p{to}"), &rows);
                producer.to = Destination::Queue(to);
                producer.priority = self.maybe(3, |_| 1);
                producer
            });
            let producers = producers.collect();
            let resource = |name: &str, slots| Resource { name: name.into(), slots };
            Model {
                seed: self.0.random_range(1..1000),
                resolution_s: 0.1371,
                producers,
                queues,
                groups,
                resources: vec![resource("r0", 3), resource("r1", 4)],
                ..Model::new("world", 600.0)
            }
        }
    }

    /// Whether a group may come to nothing but repetitions.
    fn may_storm(group: &ConsumerGroup) -> bool {
        let fails_whole = group.failures.as_ref().is_some_and(|failures| !failures.partial) && group.batch.is_some();
        group.ack_timeout_s.is_some() || fails_whole
    }

    #[test]
    fn random_worlds_break_no_law_and_come_to_rest() {
        let from = std::env::var("FOREBAY_WORLD").ok().and_then(|seed| seed.parse().ok());
        let seeds = from.map_or(0..600, |seed: u64| seed..seed + 1);
        let mut broken = Vec::new();
        for seed in seeds {
            let model = Dice(Xoshiro256PlusPlus::seed_from_u64(seed)).world();
            let outcome = std::panic::catch_unwind(|| watch(&model).1);
            let rests = |in_system: u64| in_system == 0 || model.groups.iter().any(may_storm);
            if !outcome.as_ref().is_ok_and(|ledger| rests(ledger.in_system)) {
                broken.push(format!("FOREBAY_WORLD={seed}: {outcome:?} of {:?} {:?}", model.queues, model.groups));
            }
        }
        assert!(broken.is_empty(), "{} broken, the first: {}", broken.len(), broken[0]);
    }
}
