//! A queue whose number in the system is a birth-death process, in the terms of queueing theory.

use crate::model::Rate;
use crate::units::{PerSecond, Seconds};

/// `M_t/M_t/c_t(/K)(+M)`. Where the slots fall below what is in service, what loses its slot waits again.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovQueue {
    /// λ(t): rate of the Poisson arrivals; not negative.
    pub rate: Rate,
    /// c(t): `(from_s, slots)`, ascending, the first at 0.
    pub slots: Vec<(Seconds, u64)>,
    /// μ(t): `(from_s, services per second and slot)`, ascending, the first at 0.
    pub service_per_s: Vec<(Seconds, PerSecond)>,
    /// θ: rate at which each message that waits leaves; 0 without impatience.
    pub patience_per_s: PerSecond,
    /// Most messages that may wait; the slots must not fall where there is a limit.
    pub room: Option<u64>,
    /// In the system at t = 0; at most slots and room.
    pub initial: u64,
}

impl MarkovQueue {
    /// A queue with `slots` slots that serve `service_per_s` each, empty at t = 0, unlimited and patient.
    pub fn new(rate: Rate, slots: u64, service_per_s: PerSecond) -> Self {
        MarkovQueue {
            rate,
            slots: vec![(0.0, slots)],
            service_per_s: vec![(0.0, service_per_s)],
            patience_per_s: 0.0,
            room: None,
            initial: 0,
        }
    }

    /// The slots just after `t_s`.
    pub(super) fn slots_at(&self, t_s: Seconds) -> u64 {
        held(&self.slots, t_s)
    }

    /// The service rate just after `t_s`.
    pub(super) fn service_at(&self, t_s: Seconds) -> PerSecond {
        held(&self.service_per_s, t_s)
    }

    /// Whether slots and service are the same from `t_s` on.
    pub(super) fn is_constant_after(&self, t_s: Seconds) -> bool {
        self.next_change_s(t_s) == f64::INFINITY
    }

    /// The first instant after `t_s` at which slots or service change; infinite if none.
    pub(super) fn next_change_s(&self, t_s: Seconds) -> Seconds {
        first_after(&self.slots, t_s).min(first_after(&self.service_per_s, t_s))
    }

    /// Kendall's name, with what changes by `until_s` marked.
    pub(super) fn name(&self, until_s: Seconds) -> String {
        let (least, most) = self.rate.bounds(0.0, until_s);
        let arrivals = if least == most { "M" } else { "M_t" };
        let service = if self.service_per_s.len() > 1 { "M_t" } else { "M" };
        let slots = match self.slots.as_slice() {
            [(_, 1)] => "1",
            [_] => "c",
            _ => "c_t",
        };
        let room = if self.room.is_some() { "/K" } else { "" };
        let patience = if self.patience_per_s > 0.0 { "+M" } else { "" };
        format!("{arrivals}/{service}/{slots}{room}{patience}")
    }
}

/// The value that holds at `t_s`.
fn held<T: Copy + Default>(steps: &[(Seconds, T)], t_s: Seconds) -> T {
    let passed = steps.partition_point(|(from_s, _)| *from_s <= t_s);
    steps.get(passed.saturating_sub(1)).map_or_else(T::default, |(_, value)| *value)
}

/// When the next value after `t_s` begins to hold; infinite if none does.
fn first_after<T>(steps: &[(Seconds, T)], t_s: Seconds) -> Seconds {
    let passed = steps.partition_point(|(from_s, _)| *from_s <= t_s);
    steps.get(passed).map_or(f64::INFINITY, |(from_s, _)| *from_s)
}
