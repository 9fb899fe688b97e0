//! What a consumer group's replicas and slots did over time.

use super::replication::GroupResult;
use crate::engine::events::Staff;
use crate::model::{AtOnce, ConsumerGroup, Model, Scaling};
use crate::units::Seconds;

/// Integrals over one interval of the time series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Interval {
    pub busy_s: f64,
    pub slot_s: f64,
    pub replica_s: f64,
    pub wanted_s: f64,
    pub ready_s: f64,
    /// Messages that could have been served, each delivery counted as one.
    pub capacity: f64,
}

impl std::ops::AddAssign for Interval {
    fn add_assign(&mut self, other: Interval) {
        self.busy_s += other.busy_s;
        self.slot_s += other.slot_s;
        self.replica_s += other.replica_s;
        self.wanted_s += other.wanted_s;
        self.ready_s += other.ready_s;
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
    wanted_s: f64,
    ready_s: f64,
    capacity: f64,
    changes: Changes,
}

/// How often the wanted number changed, and launches and work that came to nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Changes {
    ups: u32,
    downs: u32,
    called_off: u32,
    wasted_work_s: f64,
    crashes: u32,
}

/// Largest numbers of replicas.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    wanted: u32,
    running: u32,
    ready: u32,
}

/// Follows one group.
pub(super) struct StaffClock<'m> {
    pub settings: &'m ConsumerGroup,
    mean_work_s: Seconds,
    at_once: AtOnce,
    busy: Area,
    overhead: Area,
    slots: Area,
    running: Area,
    wanted: Area,
    ready: Area,
    taking: Vec<u32>,
    capacity: f64,
    capacity_since_s: Seconds,
    staff: Option<Staff>,
    changes: Changes,
    most: Most,
    at_start: Snapshot,
    at_tick: Snapshot,
    result: GroupResult,
}

impl<'m> StaffClock<'m> {
    pub fn new(model: &Model, settings: &'m ConsumerGroup) -> Self {
        StaffClock {
            settings,
            mean_work_s: model.mean_work_s(settings),
            at_once: model.at_once(settings),
            busy: Area::default(),
            overhead: Area::default(),
            slots: Area::default(),
            running: Area::default(),
            wanted: Area::default(),
            ready: Area::default(),
            taking: Vec::new(),
            capacity: 0.0,
            capacity_since_s: 0.0,
            staff: None,
            changes: Changes::default(),
            most: Most::default(),
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
        self.wanted.set(now_s, f64::from(staff.wanted));
        self.ready.set(now_s, f64::from(staff.ready));
        self.most.running = self.most.running.max(staff.running);
        self.most.wanted = self.most.wanted.max(staff.wanted);
        self.most.ready = self.most.ready.max(staff.ready);
        if let Some(before) = self.staff {
            // Nobody wanted a Job away: it ended by itself.
            let runs_jobs = self.settings.scaling.as_ref().is_some_and(Scaling::runs_jobs);
            self.changes.ups += u32::from(staff.wanted > before.wanted);
            self.changes.downs += u32::from(staff.wanted < before.wanted && !runs_jobs);
        }
        self.staff = Some(staff);
    }

    /// Work was done in vain.
    pub fn wasted(&mut self, slot_s: Seconds) {
        self.changes.wasted_work_s += slot_s;
    }

    /// A replica was told to leave before it had taken any message.
    pub fn called_off(&mut self) {
        self.changes.called_off += 1;
    }

    /// A replica crashed.
    pub fn crashed(&mut self) {
        self.changes.crashes += 1;
    }

    fn advance_capacity(&mut self, now_s: Seconds) {
        if now_s <= self.capacity_since_s {
            return;
        }
        let from_s = std::mem::replace(&mut self.capacity_since_s, now_s);
        self.capacity += self.settings.served(self.at_once, &self.taking, self.mean_work_s, from_s, now_s);
    }

    fn snapshot(&mut self, now_s: Seconds) -> Snapshot {
        self.advance_capacity(now_s);
        Snapshot {
            busy_s: self.busy.until(now_s),
            overhead_s: self.overhead.until(now_s),
            slot_s: self.slots.until(now_s),
            replica_s: self.running.until(now_s),
            wanted_s: self.wanted.until(now_s),
            ready_s: self.ready.until(now_s),
            capacity: self.capacity,
            changes: self.changes,
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
            wanted_s: now.wanted_s - before.wanted_s,
            ready_s: now.ready_s - before.ready_s,
            capacity: now.capacity - before.capacity,
        }
    }

    /// Statistics start.
    pub fn restart(&mut self, now_s: Seconds) {
        self.at_start = self.snapshot(now_s);
        let staff = self.staff.unwrap_or_default();
        self.most = Most { wanted: staff.wanted, running: staff.running, ready: staff.ready };
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
            replicas_max: f64::from(self.most.running),
            wanted_mean: (now.wanted_s - start.wanted_s) / length_s,
            wanted_max: f64::from(self.most.wanted),
            ready_mean: (now.ready_s - start.ready_s) / length_s,
            ready_max: f64::from(self.most.ready),
            replica_hours: hours,
            idle_slot_hours: (slot_s - (now.busy_s - start.busy_s) - (now.overhead_s - start.overhead_s)) / 3600.0,
            cost: self.settings.cost.as_ref().map(|cost| cost.per_hour * hours),
            scale_ups: f64::from(now.changes.ups - start.changes.ups),
            scale_downs: f64::from(now.changes.downs - start.changes.downs),
            called_off: f64::from(now.changes.called_off - start.changes.called_off),
            wasted_work_s: now.changes.wasted_work_s - start.changes.wasted_work_s,
            crashes: f64::from(now.changes.crashes - start.changes.crashes),
        };
    }

    pub fn finish(self) -> GroupResult {
        self.result
    }
}
