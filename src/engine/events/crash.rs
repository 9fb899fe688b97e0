//! Replicas that die, each on its own, and come back.
//!
//! Not here: whole groups that are away by plan, and replicas that are told to leave (`staffing`).

use super::agenda::Event;
use super::kernel::Kernel;
use super::observer::Observer;
use super::state::Stage;
use super::streams::chance;
use crate::model::Shutdown;
use crate::units::Seconds;

impl<O: Observer> Kernel<'_, '_, O> {
    /// A replica takes messages from now on: it may crash, after an exponential time that is its launch's own.
    pub(super) fn plan_crash(&mut self, now_s: Seconds, id: u32) {
        let replica = &self.replicas[id as usize];
        let group = &mut self.groups[replica.group];
        let Some(crashes) = group.settings.crashes else { return };
        group.launches += 1;
        let lives_s = -crashes.every_s * (-chance(group.crash_seed, group.launches, 0)).ln_1p();
        self.agenda.schedule(now_s + lives_s, Event::Crash { replica: id, launch: replica.launch });
    }

    /// A replica dies, if it is still the same: what it held returns, or is lost where it was acked before.
    pub(super) fn crash(&mut self, now_s: Seconds, id: u32, launch: u32) {
        let replica = &self.replicas[id as usize];
        if replica.launch != launch || !matches!(replica.stage, Stage::Ready | Stage::Leaving) {
            return;
        }
        let group = replica.group;
        self.observer.crashed(now_s, group);
        if replica.stage == Stage::Ready {
            self.stop_taking(now_s, id);
            self.give_back(now_s, id);
            self.lose_slots(id);
            let replica = &mut self.replicas[id as usize];
            replica.stage = Stage::Crashed;
            replica.launch += 1;
            if let Some(crashes) = self.groups[group].settings.crashes {
                let event = Event::Restart { replica: id, launch: replica.launch };
                self.agenda.schedule(now_s + crashes.restart_s, event);
            }
        } else {
            self.give_back(now_s, id);
            self.lose_slots(id);
            self.terminate(id);
        }
        self.tell_absence(now_s, group);
    }

    /// A crashed replica is launched again, unless it was told to leave meanwhile.
    pub(super) fn restart(&mut self, now_s: Seconds, id: u32, launch: u32) {
        let replica = &mut self.replicas[id as usize];
        if replica.launch == launch && replica.stage == Stage::Crashed {
            replica.stage = Stage::Away;
            let group = replica.group;
            self.begin_startup(now_s, id);
            self.tell_absence(now_s, group);
        }
    }

    /// A leaving replica may take so long to complete what it holds.
    pub(super) fn plan_grace(&mut self, now_s: Seconds, id: u32) {
        let replica = &self.replicas[id as usize];
        if let Shutdown::FinishWithin(grace_s) = self.groups[replica.group].settings.shutdown {
            self.agenda.schedule(now_s + grace_s, Event::GraceEnds { replica: id, launch: replica.launch });
        }
    }

    /// What a leaving replica has not completed returns.
    pub(super) fn grace_ends(&mut self, now_s: Seconds, id: u32, launch: u32) {
        let replica = &self.replicas[id as usize];
        if replica.launch == launch && replica.stage == Stage::Leaving {
            let group = replica.group;
            self.give_back(now_s, id);
            self.lose_slots(id);
            self.terminate(id);
            self.tell_absence(now_s, group);
        }
    }

    /// Others may take over; the group and its queue have changed.
    fn tell_absence(&mut self, now_s: Seconds, group: usize) {
        let queue = self.groups[group].settings.from;
        self.pump(now_s, queue);
        self.tell_staff(now_s, group);
        self.tell_levels(now_s, queue);
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{Ack, ConsumerGroup, Crashes, Distribution, Model, Queue, Replicas, Shutdown};

    /// One long service under crashes, with a start-up after each.
    fn fragile(ack: Ack) -> Model {
        let crashes = Some(Crashes { every_s: 20.0, restart_s: 2.0 });
        let startup = Some(Distribution::Constant(1.0));
        let group = ConsumerGroup { startup, ack, crashes, ..worker(0, 1000.0) };
        model(vec![at(0, &[1.0])], vec![queue(0)], vec![group])
    }

    fn instants_s(lines: &[&str]) -> Vec<f64> {
        lines.iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn what_a_crashed_replica_held_returns_and_is_taken_again_after_restart_and_start_up() {
        let (diary, ledger) = diary(&fragile(Ack::After));
        let crashes_s = instants_s(&diary.of(&["crashed"]));
        let again_s = instants_s(&diary.of(&["redelivered"]));
        assert!(crashes_s.len() > 1 && again_s.len() + 1 >= crashes_s.len(), "{:?}", diary.lines);
        for (crash_s, again_s) in crashes_s.iter().zip(&again_s) {
            assert!((again_s - crash_s - 3.0).abs() < 1e-9, "{crash_s} {again_s}");
        }
        assert_eq!(ledger.in_system, 1);
        // The first attempt began at 1 s, each later one at its redelivery.
        let starts_s = std::iter::once(&1.0).chain(&again_s);
        let wasted_s: f64 = crashes_s.iter().zip(starts_s).map(|(crash_s, start_s)| crash_s - start_s).sum();
        assert!((diary.wasted_s - wasted_s).abs() < 1e-6, "{} {wasted_s}", diary.wasted_s);
    }

    #[test]
    fn what_was_acked_at_delivery_is_lost_with_its_replica() {
        let (diary, ledger) = diary(&fragile(Ack::Before));
        assert_eq!((ledger.acked, ledger.in_system), (1, 0));
        assert_eq!((diary.count("lost after ack"), diary.count("redelivered")), (1, 0));
    }

    #[test]
    fn each_replica_crashes_once_in_its_mean_time() {
        let crashes = Some(Crashes { every_s: 9.0, restart_s: 1.0 });
        let group = ConsumerGroup { crashes, replicas: Replicas::Fixed(5), ..worker(0, 1.0) };
        let mut world = model(Vec::new(), vec![queue(0)], vec![group]);
        world.horizon_s = 10_000.0;
        let (diary, _) = diary(&world);
        let crashes = diary.count("crashed") as f64;
        // 1000 for each of the five, with a standard deviation of about 0.9 √5000.
        assert!((crashes - 5000.0).abs() < 220.0, "{crashes}");
    }

    #[test]
    fn a_leaving_replica_returns_what_it_cannot_complete_in_time() {
        let replicas = Replicas::Steps(vec![(0.0, 1), (2.0, 0), (20.0, 1)]);
        let shutdown = Shutdown::FinishWithin(3.0);
        let group = |service_s| ConsumerGroup { replicas: replicas.clone(), shutdown, ..worker(0, service_s) };
        let world = |service_s| model(vec![at(0, &[1.0])], vec![queue(0)], vec![group(service_s)]);
        assert_eq!(diary(&world(3.5)).0.of(&["acked"]), ["4.5 q0 acked 1"]);
        let (late, _) = diary(&world(6.0));
        assert_eq!(late.lines, ["1 q0 started 1", "20 q0 redelivered", "26 q0 acked 1"]);
        assert_eq!(late.wasted_s, 4.0);
    }

    #[test]
    fn a_queue_with_a_delivery_limit_gives_up_what_kills_its_consumers() {
        let mut world = fragile(Ack::After);
        world.queues[0] = Queue { delivery_limit: Some(1), dead_letter: Some(1), ..queue(0) };
        world.queues.push(queue(1));
        let (diary, ledger) = diary(&world);
        assert_eq!(diary.count("dead DeliveryLimit"), 1);
        assert_eq!((ledger.dead_lettered, ledger.in_system), (1, 1));
    }
}
