//! Ready messages that do not wait for ever: a time to live, and a log that keeps only so much.
//!
//! Each queue has its own order of deadlines and one event on the agenda, for the first. Not here: where expired
//! messages go (`settle`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::agenda::Event;
use super::kernel::Kernel;
use super::message::Message;
use super::observer::{DeadLetter, Loss, Observer};
use super::state::Draw;
use super::streams::{Purpose, stream};
use crate::model::{Queue, QueueId, TtlPlace};
use crate::units::Seconds;

/// How long the messages of one queue stay ready.
pub(super) struct Lifetimes {
    ttl: Option<Draw>,
    /// Expired messages are noticed only at the head.
    at_head: bool,
    keeps_for_s: Seconds,
    keeps: Option<u64>,
    /// Deadlines of ready messages, as bits of the instant, and their orders; some have left meanwhile.
    deadlines: BinaryHeap<Reverse<(u64, u64)>>,
    /// When the next event is due; infinite if there is none.
    planned_s: Seconds,
}

impl Lifetimes {
    pub fn new(queue: &Queue, seed: u64, replication: u32) -> Option<Box<Lifetimes>> {
        let retention = queue.retention;
        let is_mortal = queue.ttl.is_some() || retention.age_s.is_some() || retention.messages.is_some();
        let draw = |ttl: &crate::model::Ttl| {
            Draw::new(ttl.after.sampler(), stream(seed, replication, Purpose::Lifetime, &queue.name))
        };
        is_mortal.then(|| {
            Box::new(Lifetimes {
                ttl: queue.ttl.as_ref().map(draw),
                at_head: queue.ttl.as_ref().is_some_and(|ttl| ttl.at == TtlPlace::Head),
                keeps_for_s: retention.age_s.unwrap_or(f64::INFINITY),
                keeps: retention.messages,
                deadlines: BinaryHeap::new(),
                planned_s: f64::INFINITY,
            })
        })
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A message becomes deliverable for the first time: its time to live begins. False if its log is past that.
    #[inline(never)]
    pub(super) fn give_lifetime(&mut self, now_s: Seconds, queue: QueueId, message: &mut Message) -> bool {
        let Some(lifetimes) = &mut self.queues[queue].lifetimes else { return true };
        if now_s >= message.published_s + lifetimes.keeps_for_s {
            self.lose(now_s, queue, message, Loss::Expired);
            return false;
        }
        if let Some(ttl) = &mut lifetimes.ttl {
            self.extras.of(message).expires_s = now_s + ttl.next();
        }
        if let Some(keeps) = lifetimes.keeps {
            let newest = message.place();
            while let Some(head) = self.queues[queue].ready.head()
                && head.place() <= newest - keeps as i64
                && let Some(head) = self.queues[queue].ready.take_head()
            {
                self.lose(now_s, queue, &head, Loss::Dropped);
            }
        }
        true
    }

    /// When a message has been ready for too long.
    fn deadline_s(&self, queue: QueueId, message: &Message) -> Seconds {
        let expires_s = self.extras.at(message.extra).map_or(f64::INFINITY, |extra| extra.expires_s);
        let kept_for_s = self.queues[queue].lifetimes.as_ref().map_or(f64::INFINITY, |of| of.keeps_for_s);
        expires_s.min(message.published_s + kept_for_s)
    }

    /// A message has taken its place among the ready ones.
    #[inline(always)]
    pub(super) fn watch(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        if self.queues[queue].lifetimes.is_some() {
            self.await_deadline(now_s, queue, message);
        }
    }

    #[inline(never)]
    fn await_deadline(&mut self, now_s: Seconds, queue: QueueId, message: &Message) {
        let deadline_s = self.deadline_s(queue, message);
        let state = &mut self.queues[queue];
        let Some(lifetimes) = &mut state.lifetimes else { return };
        if deadline_s == f64::INFINITY {
            return;
        }
        if lifetimes.deadlines.len() > 64 + 2 * state.ready.len() {
            lifetimes.deadlines.retain(|Reverse((_, order))| state.ready.has(*order));
        }
        lifetimes.deadlines.push(Reverse((deadline_s.to_bits(), message.order)));
        if deadline_s <= now_s {
            self.end_lifetimes(now_s, queue);
        } else {
            self.plan_expiry(queue);
        }
    }

    fn plan_expiry(&mut self, queue: QueueId) {
        let Some(lifetimes) = &mut self.queues[queue].lifetimes else { return };
        let first_s = lifetimes.deadlines.peek().map_or(f64::INFINITY, |Reverse((bits, _))| f64::from_bits(*bits));
        if first_s < lifetimes.planned_s {
            lifetimes.planned_s = first_s;
            self.agenda.schedule(first_s, Event::Expiry { queue: queue as u32 });
        }
    }

    /// The first deadline of a queue may be due.
    pub(super) fn expiry(&mut self, now_s: Seconds, queue: QueueId) {
        if let Some(lifetimes) = &mut self.queues[queue].lifetimes
            && lifetimes.planned_s <= now_s
        {
            lifetimes.planned_s = f64::INFINITY;
        }
        self.end_lifetimes(now_s, queue);
        self.plan_expiry(queue);
        self.tell_levels(now_s, queue);
    }

    fn end_lifetimes(&mut self, now_s: Seconds, queue: QueueId) {
        loop {
            let state = &mut self.queues[queue];
            let Some(lifetimes) = &mut state.lifetimes else { return };
            let due = |Reverse((bits, _)): &Reverse<(u64, u64)>| f64::from_bits(*bits) <= now_s;
            if !lifetimes.deadlines.peek().is_some_and(due) {
                break;
            }
            let Some(Reverse((_, order))) = lifetimes.deadlines.pop() else { break };
            if !lifetimes.at_head
                && let Some(message) = state.ready.remove(order)
            {
                self.expire(now_s, queue, message);
            }
        }
        self.expire_heads(now_s, queue);
    }

    /// Nothing that has expired is ever delivered: what stands at the head next has not.
    #[inline(always)]
    pub(super) fn expire_heads(&mut self, now_s: Seconds, queue: QueueId) {
        if self.queues[queue].lifetimes.is_some() {
            self.expire_due_heads(now_s, queue);
        }
    }

    #[inline(never)]
    fn expire_due_heads(&mut self, now_s: Seconds, queue: QueueId) {
        while let Some(head) = self.queues[queue].ready.head()
            && self.deadline_s(queue, head) <= now_s
            && let Some(message) = self.queues[queue].ready.take_head()
        {
            self.expire(now_s, queue, message);
        }
    }

    /// Dead-lettered, unless it is the log that keeps nothing so old.
    fn expire(&mut self, now_s: Seconds, queue: QueueId, message: Message) {
        let of_age_s = self.extras.at(message.extra).map_or(f64::INFINITY, |extra| extra.expires_s);
        if of_age_s <= now_s {
            self.dead_letter(now_s, queue, message, DeadLetter::Expired);
        } else {
            self.lose(now_s, queue, &message, Loss::Expired);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{ConsumerGroup, Distribution, Queue, Retention, Ttl, TtlPlace};

    fn ttl(after_s: f64, at: TtlPlace) -> Ttl {
        Ttl { after: Distribution::Constant(after_s), at }
    }

    #[test]
    fn what_is_ready_for_too_long_is_dead_lettered_at_once() {
        let mortal = Queue { ttl: Some(ttl(3.0, TtlPlace::Anywhere)), dead_letter: Some(1), ..queue(0) };
        let world = model(vec![at(0, &[1.0, 2.0, 2.5])], vec![mortal, queue(1)], vec![worker(0, 4.5)]);
        // At 5.5 s, the last instant of the third, the worker would be free: too late.
        assert_eq!(
            diary(&world).0.lines,
            ["1 q0 started 1", "5 q0 dead Expired 2", "5.5 q0 acked 1", "5.5 q0 dead Expired 2.5"]
        );
    }

    #[test]
    fn nothing_expires_in_service_but_what_returns_too_late_does() {
        let mortal = Queue { ttl: Some(ttl(3.0, TtlPlace::Anywhere)), ..queue(0) };
        let group = ConsumerGroup { outages: vec![(5.0, 9.0)], ..worker(0, 10.0) };
        let world = model(vec![at(0, &[1.0])], vec![mortal], vec![group]);
        assert_eq!(diary(&world).0.lines, ["1 q0 started 1", "5 q0 Expired 1"]);
    }

    /// The second lives shorter than the first: at the head only, it stays until the first has left.
    #[test]
    fn at_the_head_only_the_oldest_is_looked_at() {
        let world = |place| {
            let lives = Distribution::Empirical(vec![2.0, 50.0].into());
            let mortal = Queue { ttl: Some(Ttl { after: lives, at: place }), ..queue(0) };
            let instants_s: Vec<f64> = (0..40).map(|k| f64::from(k) * 0.01).collect();
            model(vec![at(0, &instants_s)], vec![mortal], vec![worker(0, 10.0)])
        };
        let (anywhere, _) = diary(&world(TtlPlace::Anywhere));
        let early = |line: &&str| line.split(' ').next().is_some_and(|now_s| now_s.parse::<f64>().unwrap() < 2.5);
        let expired = anywhere.of(&["Expired"]).into_iter().filter(early).count();
        assert!((10..30).contains(&expired), "{expired}");
        let (at_head, ledger) = diary(&world(TtlPlace::Head));
        assert!(at_head.of(&["Expired"]).into_iter().filter(early).count() < 4);
        assert!(ledger.expired > 10);
    }

    #[test]
    fn a_time_to_live_of_nothing_makes_a_loss_system() {
        let mortal = Queue { ttl: Some(ttl(0.0, TtlPlace::Anywhere)), ..queue(0) };
        let world = model(vec![at(0, &[1.0, 2.0, 3.0, 4.0])], vec![mortal], vec![worker(0, 1.5)]);
        let (diary, ledger) = diary(&world);
        assert_eq!(diary.of(&["Expired"]), ["2 q0 Expired 2", "4 q0 Expired 4"]);
        assert_eq!((ledger.acked, ledger.expired, diary.most_ready), (2, 2, 0));
    }

    #[test]
    fn a_log_forgets_what_is_too_old_or_too_much_and_dead_letters_nothing() {
        let log = |retention| {
            let log = Queue { retention, dead_letter: Some(1), ..queue(0) };
            model(vec![at(0, &[1.0, 2.0, 3.0, 4.0, 5.0])], vec![log, queue(1)], vec![worker(0, 10.0)])
        };
        let by_age = log(Retention { age_s: Some(6.0), messages: None });
        assert_eq!(
            diary(&by_age).0.of(&["Expired"]),
            ["8 q0 Expired 2", "9 q0 Expired 3", "10 q0 Expired 4", "11 q0 Expired 5"]
        );
        // The first is with its consumer, and is one of the three that are kept.
        let by_number = log(Retention { age_s: None, messages: Some(3) });
        assert_eq!(diary(&by_number).0.of(&["Dropped"]), ["5 q0 Dropped 2"]);
    }

    #[test]
    fn what_is_delayed_for_longer_than_the_log_keeps_it_is_never_delivered() {
        let retention = Retention { age_s: Some(2.0), messages: None };
        let delivery_delay = Some(Distribution::Constant(2.0));
        let log = Queue { delivery_delay, retention, ..queue(0) };
        let (diary, ledger) = diary(&model(vec![at(0, &[1.0])], vec![log], vec![worker(0, 1.0)]));
        assert_eq!(diary.lines, ["3 q0 Expired 1"]);
        assert_eq!(ledger.expired, 1);
    }

    /// Impatient messages are forgotten with all that was noted of them: deadlines do not pile up.
    #[test]
    fn exponential_patience_loses_the_share_that_erlang_a_says() {
        use crate::model::{Arrivals, Process, Producer, Rate, Replicas};
        let lives = Distribution::Exponential { mean_s: 1.0 };
        let mortal = Queue { ttl: Some(Ttl { after: lives, at: TtlPlace::Anywhere }), ..queue(0) };
        let arrivals = Arrivals::Process { rate: Rate::Constant(4.0), process: Process::Poisson };
        let service = Distribution::Exponential { mean_s: 1.0 };
        let group = ConsumerGroup { replicas: Replicas::Fixed(4), service, ..worker(0, 1.0) };
        let mut world = model(vec![Producer::new("p", 0, arrivals)], vec![mortal], vec![group]);
        world.horizon_s = 50_000.0;
        let (_, ledger) = diary(&world);
        // With patience as long as service all are served or gone at rate n: Poisson(4) in the system, and
        // E[(N − 4)⁺] of 4 per second lose patience.
        let poisson = |n: i32| (-4.0_f64).exp() * (1..=n).map(|k| 4.0 / f64::from(k)).product::<f64>();
        let share = (5..60).map(|n| f64::from(n - 4) * poisson(n)).sum::<f64>() / 4.0;
        let found = ledger.expired as f64 / ledger.published as f64;
        assert!((found / share - 1.0).abs() < 0.02, "{found} for {share}");
    }
}
