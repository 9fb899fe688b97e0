//! Knows P(t): the least that any strategy could do without guessing.

use super::Observation;
use super::plain::{PlainReason, bounded};
use super::reason::{Reasons, show, show_seconds};
use super::staffing::staff;
use crate::model::Rate;
use crate::model::scaling::Oracle;

/// Staffs the highest rate from now until what is ordered next would be there.
pub(super) fn decide(settings: &Oracle, arrivals: &Rate, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
    let ahead_s = settings.lead_s + settings.period_s;
    let (_, highest) = arrivals.bounds(seen.now_s, seen.now_s + ahead_s);
    reasons.say(|| {
        let (rate, ahead) = (show(highest), show_seconds(ahead_s));
        PlainReason::computed(format!("the next {ahead} bring up to {rate}/s"))
    });
    let backlog = seen.sight.as_ref().map_or(0.0, |sight| sight.ready);
    let draining = settings.drain_s.map_or(0.0, |drain_s| backlog / drain_s);
    let replicas = staff(settings.staffing, settings.workforce, highest + draining, settings.bounds.max, reasons);
    bounded(settings.bounds, f64::from(replicas), reasons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{Bounds, Staffing, Workforce};

    #[test]
    fn replicas_are_there_when_the_rate_comes_and_leave_when_it_has_gone() {
        let settings = Oracle {
            bounds: Bounds { min: 1, max: 100 },
            period_s: 15.0,
            lead_s: 45.0,
            staffing: Staffing::Utilization(0.5),
            workforce: Workforce { slots: 1, per_slot_per_s: 10.0 },
            drain_s: None,
        };
        let arrivals = Rate::Steps(vec![(0.0, 40.0), (600.0, 240.0), (1200.0, 40.0)]);
        let at = |now_s| {
            let seen = Observation { now_s, wanted: 1, running: 1, ready: 1, sight: None, explain: false };
            decide(&settings, &arrivals, &seen, &mut Reasons::skipped())
        };
        assert_eq!([at(0.0), at(525.0), at(555.0), at(1185.0), at(1200.0)], [8, 8, 48, 48, 8]);
    }
}
