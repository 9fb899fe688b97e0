//! Timetables: steps in time, or windows of cron expressions.

use jiff::Timestamp;

use super::Observation;
use super::plain::PlainReason;
use super::reason::{Reasons, Rule, show_seconds};
use super::trigger::WindowWatch;
use crate::model::scaling::Schedule;
use crate::units::Seconds;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScheduleState {
    windows: Vec<WindowWatch>,
    next_s: Seconds,
}

impl ScheduleState {
    pub fn new(schedule: &Schedule) -> Self {
        let windows = match schedule {
            Schedule::Steps(_) => Vec::new(),
            Schedule::Cron { windows, .. } => vec![WindowWatch::default(); windows.len()],
        };
        Self { windows, next_s: 0.0 }
    }

    pub fn next_s(&self) -> Seconds {
        self.next_s
    }

    pub fn decide(
        &mut self,
        schedule: &Schedule,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> u32 {
        let (wanted, until_s) = match schedule {
            Schedule::Steps(steps) => {
                let passed = steps.partition_point(|(from_s, _)| *from_s <= seen.now_s);
                let until_s = steps.get(passed).map_or(f64::INFINITY, |(from_s, _)| *from_s);
                let holding = passed.checked_sub(1).and_then(|last| steps.get(last));
                (holding.map_or(seen.wanted, |(_, replicas)| *replicas), until_s)
            }
            Schedule::Cron { otherwise, windows } => {
                let mut wanted = None;
                let mut until_s = f64::INFINITY;
                for (watch, window) in self.windows.iter_mut().zip(windows) {
                    let Some((open, changes_s)) = watch.look(window, seen.now_s, origin) else {
                        reasons.say(|| {
                            PlainReason::held(Rule::MetricFailure, "a cron window has no calendar: it stays shut")
                        });
                        continue;
                    };
                    wanted = wanted.max(open.then_some(window.desired));
                    until_s = until_s.min(changes_s);
                }
                (wanted.unwrap_or(*otherwise), until_s)
            }
        };
        self.next_s = until_s;
        reasons.say(|| {
            let until =
                if until_s.is_finite() { format!("until {}", show_seconds(until_s)) } else { "from now on".to_owned() };
            PlainReason::computed(format!("the timetable says {wanted} {until}"))
        });
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{Cron, CronWindow};

    fn run(schedule: &Schedule, origin: Option<Timestamp>, until_s: f64) -> Vec<(f64, u32)> {
        let mut state = ScheduleState::new(schedule);
        let mut changes = Vec::new();
        while state.next_s() <= until_s {
            let now_s = state.next_s();
            let seen = Observation { now_s, wanted: 1, running: 1, ready: 1, sight: None, explain: false };
            changes.push((now_s, state.decide(schedule, &seen, origin, &mut Reasons::skipped())));
        }
        changes
    }

    #[test]
    fn steps_are_taken_at_their_times() {
        let schedule = Schedule::Steps(vec![(0.0, 4), (1500.0, 12), (4200.0, 4)]);
        assert_eq!(run(&schedule, None, 1e6), [(0.0, 4), (1500.0, 12), (4200.0, 4)]);
    }

    #[test]
    fn the_largest_open_window_counts_in_its_own_zone() {
        let window = |start: &str, end: &str, zone: &str, desired| CronWindow {
            start: Cron::parse(start).unwrap(),
            end: Cron::parse(end).unwrap(),
            timezone: jiff::tz::TimeZone::get(zone).unwrap(),
            desired,
        };
        let windows =
            vec![window("0 8 * * *", "0 12 * * *", "Europe/Kyiv", 5), window("0 8 * * *", "0 9 * * *", "UTC", 9)];
        let schedule = Schedule::Cron { otherwise: 2, windows };
        let origin: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let hours: Vec<(f64, u32)> =
            run(&schedule, Some(origin), 86_399.0).into_iter().map(|(at_s, size)| (at_s / 3600.0, size)).collect();
        assert_eq!(hours, [(0.0, 2), (6.0, 5), (8.0, 9), (9.0, 5), (10.0, 2)]);
    }
}
