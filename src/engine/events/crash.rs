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
