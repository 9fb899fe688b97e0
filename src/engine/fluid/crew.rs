//! Who is there of a group that is scaled: told to come, starting, working, told to leave, gone.
//!
//! The newest replica leaves first; who leaves during the start-up never worked. A start-up takes its mean. Not here:
//! who decides (`steering`), and groups whose replicas are known beforehand (`outflow`).

use super::outflow::{absences, number_of_class};
use crate::model::{ConsumerGroup, Distribution};
use crate::units::Seconds;

/// The replicas of one group as time goes on.
#[derive(Clone, Debug)]
pub struct Crew {
    startup_s: Seconds,
    /// Intervals `[from, until)` in which nobody works, ascending and disjoint.
    away: Vec<(Seconds, Seconds)>,
    /// Those present, oldest first.
    present: Vec<Run>,
    /// `(gone from, how many)` of those that were told to leave and still work.
    leaving: Vec<(Seconds, u32)>,
}

/// Neighbouring replicas that begin to work together.
#[derive(Clone, Copy, Debug)]
struct Run {
    works_from_s: Seconds,
    /// Place of the first.
    first: u32,
    /// Place after the last.
    end: u32,
}

impl Crew {
    /// A group that begins with so many replicas, all of which work.
    pub fn new(group: &ConsumerGroup, replicas: u32) -> Self {
        let startup_s = group.startup.as_ref().map_or(0.0, Distribution::mean);
        let all = Run { works_from_s: f64::MIN, first: 0, end: replicas };
        let present = if replicas > 0 { vec![all] } else { Vec::new() };
        Self { startup_s, away: absences(&group.outages, startup_s), present, leaving: Vec::new() }
    }

    /// Replicas that were told to come and not to leave.
    pub fn present(&self) -> u32 {
        self.present.last().map_or(0, |run| run.end)
    }

    /// Replicas that exist at `t`: present, or still busy with their last messages.
    pub fn running_at(&self, t: Seconds) -> u32 {
        self.present() + self.leaving.iter().filter(|(gone_s, _)| *gone_s > t).map(|(_, number)| number).sum::<u32>()
    }

    /// Replicas that take messages at `t`.
    pub fn ready_at(&self, t: Seconds) -> u32 {
        self.working_at(t).map(|run| run.end - run.first).sum()
    }

    /// The same, by class: replica i is of class i mod `classes`.
    pub fn ready_of_classes_at(&self, t: Seconds, classes: usize) -> Vec<i64> {
        let of_class = |class| self.working_at(t).map(|run| number_of_class(class, classes, run.first, run.end)).sum();
        (0..classes).map(of_class).collect()
    }

    /// When the number of working or running replicas changes next of itself, after `t`.
    pub fn next_change_s(&self, t: Seconds) -> Seconds {
        let begins_s = self.present.iter().map(|run| run.works_from_s);
        let edges_s = self.away.iter().flat_map(|(from_s, until_s)| [*from_s, *until_s]);
        let gone_s = self.leaving.iter().map(|(gone_s, _)| *gone_s);
        begins_s.chain(edges_s).chain(gone_s).filter(|at_s| *at_s > t).fold(f64::INFINITY, f64::min)
    }

    /// From `now_s` on there shall be `wanted`. Who leaves while working is gone after `stays_s`.
    pub fn resize(&mut self, now_s: Seconds, wanted: u32, stays_s: Seconds) {
        self.leaving.retain(|(gone_s, _)| *gone_s > now_s);
        let is_away = self.is_away(now_s);
        while let Some(newest) = self.present.pop_if(|run| run.end > wanted) {
            let stay = newest.first.max(wanted);
            if newest.works_from_s <= now_s && !is_away && stays_s > 0.0 {
                self.leaving.push((now_s + stays_s, newest.end - stay));
            }
            if stay > newest.first {
                self.present.push(Run { end: stay, ..newest });
            }
        }
        let number = self.present();
        if wanted > number {
            self.present.push(Run { works_from_s: now_s + self.startup_s, first: number, end: wanted });
        }
        self.forget(now_s);
    }

    /// Those that work already are one run, whenever they began.
    fn forget(&mut self, now_s: Seconds) {
        while let [first, second, ..] = self.present[..]
            && first.works_from_s.max(second.works_from_s) <= now_s
        {
            self.present[0].end = second.end;
            self.present.remove(1);
        }
    }

    fn is_away(&self, t: Seconds) -> bool {
        self.away.iter().any(|(from_s, until_s)| *from_s <= t && t < *until_s)
    }

    fn working_at(&self, t: Seconds) -> impl Iterator<Item = &Run> {
        let is_away = self.is_away(t);
        self.present.iter().filter(move |run| !is_away && run.works_from_s <= t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew(replicas: u32, startup_s: f64) -> Crew {
        let service = Distribution::Constant(1.0);
        let startup = Some(Distribution::Exponential { mean_s: startup_s });
        Crew::new(&ConsumerGroup { startup, ..ConsumerGroup::new("g", 0, replicas, service) }, replicas)
    }

    #[test]
    fn who_is_ordered_works_after_the_start_up() {
        let mut crew = crew(2, 30.0);
        crew.resize(10.0, 5, 1.0);
        assert_eq!((crew.present(), crew.running_at(10.0), crew.ready_at(39.0), crew.ready_at(40.0)), (5, 5, 2, 5));
        assert_eq!(crew.next_change_s(10.0), 40.0);
        assert_eq!(crew.next_change_s(40.0), f64::INFINITY);
    }

    #[test]
    fn the_newest_leave_first_and_who_never_worked_is_gone_at_once() {
        let mut crew = crew(2, 30.0);
        crew.resize(10.0, 5, 4.0);
        crew.resize(20.0, 1, 4.0);
        assert_eq!((crew.present(), crew.running_at(20.0), crew.running_at(24.0)), (1, 2, 1));
        crew.resize(30.0, 2, 4.0);
        assert_eq!((crew.ready_at(59.0), crew.ready_at(60.0)), (1, 2));
    }

    #[test]
    fn replicas_take_the_speed_of_their_place() {
        let mut crew = crew(3, 0.0);
        assert_eq!(crew.ready_of_classes_at(0.0, 2), [2, 1]);
        crew.resize(5.0, 6, 0.0);
        assert_eq!(crew.ready_of_classes_at(5.0, 4), [2, 2, 1, 1]);
    }

    #[test]
    fn nobody_works_during_an_outage_and_the_start_up_after_it() {
        let service = Distribution::Constant(1.0);
        let startup = Some(Distribution::Constant(5.0));
        let outages = vec![(10.0, 20.0)];
        let mut crew = Crew::new(&ConsumerGroup { startup, outages, ..ConsumerGroup::new("g", 0, 3, service) }, 3);
        crew.resize(22.0, 4, 1.0);
        let ready = [9.0, 10.0, 24.9, 25.0, 27.0].map(|t| crew.ready_at(t));
        assert_eq!(ready, [3, 0, 0, 3, 4]);
    }
}
