//! What a consumer group's replicas and slots did over time.

use super::replication::GroupResult;
use crate::engine::events::Staff;
use crate::model::{ConsumerGroup, Model};
use crate::units::Seconds;

/// Integrals over one interval of the time series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Interval {
    pub busy_s: f64,
    pub slot_s: f64,
    pub replica_s: f64,
    /// Messages that could have been served.
    pub capacity: f64,
}

impl std::ops::AddAssign for Interval {
    fn add_assign(&mut self, other: Interval) {
        self.busy_s += other.busy_s;
        self.slot_s += other.slot_s;
        self.replica_s += other.replica_s;
        self.capacity += other.capacity;
    }
}

/// A quantity that is constant between changes, and its integral.
#[derive(Clone, Copy, Debug, Default)]
struct Area {
    value: f64,
    since_s: Seconds,
    sum: f64,
}

impl Area {
    #[inline(always)]
    fn set(&mut self, now_s: Seconds, value: f64) {
        if value != self.value {
            self.sum = self.until(now_s);
            self.since_s = now_s;
            self.value = value;
        }
    }

    fn until(&self, now_s: Seconds) -> f64 {
        self.sum + (now_s - self.since_s) * self.value
    }
}

/// Areas of everything that is integrated, as they stood at one instant.
#[derive(Clone, Copy, Debug, Default)]
struct Snapshot {
    busy_s: f64,
    overhead_s: f64,
    slot_s: f64,
    replica_s: f64,
    capacity: f64,
    scale_events: u32,
}

/// Follows one group.
pub(super) struct StaffClock<'m> {
    pub settings: &'m ConsumerGroup,
    mean_work_s: Seconds,
    busy: Area,
    overhead: Area,
    slots: Area,
    running: Area,
    taking: Vec<u32>,
    capacity: f64,
    capacity_since_s: Seconds,
    wanted: Option<u32>,
    scale_events: u32,
    most_running: u32,
    at_start: Snapshot,
    at_tick: Snapshot,
    result: GroupResult,
}

impl<'m> StaffClock<'m> {
    pub fn new(model: &Model, settings: &'m ConsumerGroup) -> Self {
        StaffClock {
            settings,
            mean_work_s: model.mean_work_s(settings),
            busy: Area::default(),
            overhead: Area::default(),
            slots: Area::default(),
            running: Area::default(),
            taking: Vec::new(),
            capacity: 0.0,
            capacity_since_s: 0.0,
            wanted: None,
            scale_events: 0,
            most_running: 0,
            at_start: Snapshot::default(),
            at_tick: Snapshot::default(),
            result: GroupResult::default(),
        }
    }

    #[inline(always)]
    pub fn slots(&mut self, now_s: Seconds, busy: u32, overhead: u32) {
        self.busy.set(now_s, f64::from(busy));
        self.overhead.set(now_s, f64::from(overhead));
    }

    pub fn staff(&mut self, now_s: Seconds, staff: Staff, taking: &[u32]) {
        self.advance_capacity(now_s);
        self.taking.clear();
        self.taking.extend_from_slice(taking);
        self.slots.set(now_s, f64::from(staff.slots));
        self.running.set(now_s, f64::from(staff.running));
        self.most_running = self.most_running.max(staff.running);
        if self.wanted.is_some_and(|wanted| wanted != staff.wanted) {
            self.scale_events += 1;
        }
        self.wanted = Some(staff.wanted);
    }

    fn advance_capacity(&mut self, now_s: Seconds) {
        if now_s <= self.capacity_since_s {
            return;
        }
        let slots = f64::from(self.settings.slots_per_replica());
        let from_s = std::mem::replace(&mut self.capacity_since_s, now_s);
        let served = self.taking.iter().enumerate().filter(|(_, replicas)| **replicas > 0).map(|(class, replicas)| {
            let speed = self.settings.speeds.get(class).copied().unwrap_or(1.0);
            f64::from(*replicas) * slots * self.settings.served_per_slot(self.mean_work_s, from_s, now_s, speed)
        });
        let served: f64 = served.sum();
        let allowed = self.settings.rate_limit.map_or(f64::INFINITY, |limit| limit.rate_per_s * (now_s - from_s));
        self.capacity += served.min(allowed);
    }

    fn snapshot(&mut self, now_s: Seconds) -> Snapshot {
        self.advance_capacity(now_s);
        Snapshot {
            busy_s: self.busy.until(now_s),
            overhead_s: self.overhead.until(now_s),
            slot_s: self.slots.until(now_s),
            replica_s: self.running.until(now_s),
            capacity: self.capacity,
            scale_events: self.scale_events,
        }
    }

    /// Integrals since the last tick.
    pub fn tick(&mut self, now_s: Seconds) -> Interval {
        let now = self.snapshot(now_s);
        let before = std::mem::replace(&mut self.at_tick, now);
        Interval {
            busy_s: now.busy_s - before.busy_s,
            slot_s: now.slot_s - before.slot_s,
            replica_s: now.replica_s - before.replica_s,
            capacity: now.capacity - before.capacity,
        }
    }

    /// Statistics start.
    pub fn restart(&mut self, now_s: Seconds) {
        self.at_start = self.snapshot(now_s);
        self.most_running = self.running.value as u32;
    }

    /// Statistics of the last `length_s` seconds end.
    pub fn close(&mut self, length_s: Seconds, now_s: Seconds) {
        let (start, now) = (self.at_start, self.snapshot(now_s));
        let slot_s = now.slot_s - start.slot_s;
        let replica_s = now.replica_s - start.replica_s;
        let hours = replica_s / 3600.0;
        self.result = GroupResult {
            utilization: (slot_s > 0.0).then(|| (now.busy_s - start.busy_s) / slot_s),
            overhead_share: (slot_s > 0.0).then(|| (now.overhead_s - start.overhead_s) / slot_s),
            replicas_mean: replica_s / length_s,
            replicas_max: f64::from(self.most_running),
            replica_hours: hours,
            idle_slot_hours: (slot_s - (now.busy_s - start.busy_s) - (now.overhead_s - start.overhead_s)) / 3600.0,
            cost: self.settings.cost.as_ref().map(|cost| cost.per_hour * hours),
            scale_events: f64::from(now.scale_events - start.scale_events),
        };
    }

    pub fn finish(self) -> GroupResult {
        self.result
    }
}
