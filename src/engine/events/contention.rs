//! Busy slots that slow one another down: each works at the speed that the law gives for their number.
//!
//! All slots of a group share the factor, so one clock of work is enough: it runs at the group's speed times the
//! factor, and a service ends when the clock reaches what it showed at its start plus its work. A change of the number
//! of busy slots changes every planned end, exactly. Not here: the law itself (`model`).

use super::deliver::worked_by_s;
use super::kernel::Kernel;
use super::observer::Observer;
use super::state::GroupState;
use crate::model::{Contention, Rate};
use crate::units::Seconds;

/// The slots of a group that work, and how fast.
pub(super) struct Crowd {
    law: Contention,
    /// Work that a slot of speed 1 could have done so far.
    clock_s: Seconds,
    /// When the clock showed that.
    read_s: Seconds,
    /// Slots in the order in which they started, and where the clock stands at their end.
    working: Vec<(u32, Seconds)>,
}

impl Crowd {
    pub fn new(law: Contention) -> Crowd {
        Crowd { law, clock_s: 0.0, read_s: 0.0, working: Vec::new() }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.working.len()
    }

    fn factor(&self) -> f64 {
        self.law.speed(self.working.len() as f64)
    }

    fn read(&mut self, now_s: Seconds, speed: Option<&Rate>) {
        let passed_s = speed.map_or(now_s - self.read_s, |speed| speed.integral(self.read_s, now_s));
        self.clock_s += passed_s * self.factor();
        self.read_s = now_s;
    }

    /// A slot begins; at speed 1 and alone it would take so long.
    fn enter(&mut self, now_s: Seconds, speed: Option<&Rate>, slot: u32, work_s: Seconds) {
        self.read(now_s, speed);
        self.working.push((slot, self.clock_s + work_s));
    }

    /// A slot stops; returns the work that was left of it.
    fn leave(&mut self, now_s: Seconds, speed: Option<&Rate>, slot: u32, has_ended: bool) -> Seconds {
        self.read(now_s, speed);
        let Some(place) = self.working.iter().position(|(other, _)| *other == slot) else { return 0.0 };
        let (_, end_s) = self.working.remove(place);
        if has_ended {
            // Rounding must not tear apart what ends together.
            self.clock_s = end_s;
        }
        (end_s - self.clock_s).max(0.0)
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A slot of a contended group begins its work.
    pub(super) fn join_crowd(&mut self, now_s: Seconds, slot: u32) {
        let place = &self.slots[slot as usize];
        let work_s = place.message.work_s / place.speed;
        let group = &mut self.groups[place.group as usize];
        if let Some(crowd) = group.special.as_mut().and_then(|special| special.crowd.as_mut()) {
            crowd.enter(now_s, group.settings.speed.as_ref(), slot, work_s);
        }
        let group = place.group as usize;
        self.plan_crowd(now_s, group);
    }

    /// A slot of a contended group stops working, at its end or before. Returns the work that was left, at speed 1.
    pub(super) fn leave_crowd(&mut self, now_s: Seconds, slot: u32, has_ended: bool) -> Seconds {
        let place = &self.slots[slot as usize];
        let (group_id, speed) = (place.group as usize, place.speed);
        let group = &mut self.groups[group_id];
        let crowd = group.special.as_mut().and_then(|special| special.crowd.as_mut());
        let Some(crowd) = crowd else { return 0.0 };
        let left_s = crowd.leave(now_s, group.settings.speed.as_ref(), slot, has_ended) * speed;
        self.plan_crowd(now_s, group_id);
        left_s
    }

    /// Plans all ends anew.
    fn plan_crowd(&mut self, now_s: Seconds, group: usize) {
        let GroupState { special: Some(special), settings, .. } = &self.groups[group] else { return };
        let Some(crowd) = &special.crowd else { return };
        let factor = crowd.factor();
        for (slot, end_s) in &crowd.working {
            let left_s = (end_s - crowd.clock_s).max(0.0) / factor;
            let ends_s = match &settings.speed {
                None => now_s + left_s,
                Some(speed) => worked_by_s(speed, now_s, left_s),
            };
            self.agenda.slot_ends(ends_s, *slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::trial::{replicas, watch, world};
    use crate::model::{ConsumerGroup, Contention, Queue, Rate, Replicas, Shutdown};

    /// Two slots are half as fast as one, each.
    fn halving(count: u32) -> ConsumerGroup {
        ConsumerGroup { contention: Some(Contention { sigma: 1.0 - 1e-16, kappa: 0.0 }), ..replicas(count) }
    }

    fn ends(messages: &[(f64, f64)], group: ConsumerGroup) -> Vec<f64> {
        let (diary, _) = watch(&world(messages, Queue::new("q"), group));
        diary.acks.iter().map(|(end_s, ..)| (end_s * 1e9).round() * 1e-9).collect()
    }

    #[test]
    fn a_message_in_service_feels_another_at_once() {
        // Alone until 1, half as fast until the second ends at 3, alone again.
        assert_eq!(ends(&[(0.0, 4.0), (1.0, 1.0)], halving(2)), [3.0, 5.0]);
    }

    #[test]
    fn what_ends_together_ends_together() {
        let messages: Vec<_> = (0..30).map(|_| (0.0, 0.1)).collect();
        let law = Contention { sigma: 0.03, kappa: 0.001 };
        let group = ConsumerGroup { contention: Some(law), ..replicas(10) };
        let (diary, _) = watch(&world(&messages, Queue::new("q"), group));
        let round_s = 0.1 / law.speed(10.0);
        for (place, (end_s, ..)) in diary.acks.iter().enumerate() {
            assert!((end_s - round_s * (1 + place / 10) as f64).abs() < 1e-12, "{end_s}");
        }
    }

    #[test]
    fn speeds_of_time_and_replica_multiply() {
        let slow = ConsumerGroup {
            speed: Some(Rate::Steps(vec![(0.0, 1.0), (3.0, 0.5)])),
            speeds: vec![1.0, 2.0],
            ..halving(2)
        };
        // From 1 on both at half: the second, twice as fast, does its 2 by 3; the first has 2 left, at half speed.
        assert_eq!(ends(&[(0.0, 4.0), (1.0, 2.0)], slow), [3.0, 7.0]);
    }

    #[test]
    fn who_is_called_off_slows_nobody_down_any_more() {
        let group = ConsumerGroup {
            replicas: Replicas::Steps(vec![(0.0, 2), (2.0, 1)]),
            shutdown: Shutdown::Requeue,
            ..halving(2)
        };
        // The second gives up at 2 and is begun anew (1 s) at 3.
        assert_eq!(ends(&[(0.0, 2.0), (0.0, 5.0)], group), [3.0, 4.0]);
    }

    #[test]
    fn many_consumers_do_what_the_law_says() {
        // The cases usl_N1 and usl_N32 of the oracles.
        for (slots, expected) in [(1, 1000.0), (32, 15_122.873_345_935_728)] {
            let messages: Vec<_> = (0..slots * 400).map(|_| (0.0, 1e-3)).collect();
            let law = Contention { sigma: 0.02, kappa: 0.0005 };
            let group = ConsumerGroup { contention: Some(law), ..replicas(slots) };
            let (diary, _) = watch(&world(&messages, Queue::new("q"), group));
            let last_s = diary.acks.last().unwrap().0;
            let throughput = f64::from(slots) * 400.0 / last_s;
            assert!((throughput / expected - 1.0).abs() < 1e-9, "{throughput} {expected}");
        }
    }
}
