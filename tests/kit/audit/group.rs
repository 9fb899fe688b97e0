//! The laws of one consumer group.

use forebay::engine::events::Staff;
use forebay::model::{ConsumerGroup, Model, Rebalance, Replicas};

use super::{Rule, Violations};

/// What is known of a group.
pub struct GroupAudit<'m> {
    pub settings: &'m ConsumerGroup,
    /// Takes more than its slots can work on.
    pub buffers: bool,
    pub busy: u32,
    pub overhead: u32,
    /// Replicas that take messages.
    pub taking: u32,
    /// Last change of the replicas that take messages.
    pub changed_s: f64,
    staff: Staff,
}

impl std::fmt::Debug for GroupAudit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let GroupAudit { settings, busy, overhead, taking, staff, .. } = self;
        write!(f, "{}: {busy} busy, {overhead} in overhead, {taking} take, {staff:?}", settings.name)
    }
}

impl<'m> GroupAudit<'m> {
    pub fn new(_model: &'m Model, settings: &'m ConsumerGroup) -> Self {
        GroupAudit {
            settings,
            buffers: settings.prefetch > settings.concurrency,
            busy: 0,
            overhead: 0,
            taking: 0,
            changed_s: 0.0,
            staff: Staff::default(),
        }
    }

    pub fn set_staff(&mut self, now_s: f64, staff: Staff, taking: u32) {
        if taking != self.taking {
            self.changed_s = now_s;
        }
        (self.staff, self.taking) = (staff, taking);
    }

    pub fn is_away(&self, now_s: f64) -> bool {
        self.settings.outages.iter().any(|(from_s, until_s)| *from_s <= now_s && now_s < *until_s)
    }

    /// Whether its partitions pause, or may have been given out anew at this very instant.
    pub fn rebalances(&self, now_s: f64) -> bool {
        let pause_s = self.settings.rebalance.map_or(0.0, |Rebalance { pause_s, .. }| pause_s);
        now_s <= self.changed_s + pause_s
    }

    fn joined(&self) -> u32 {
        self.staff.slots / self.settings.slots_per_replica()
    }

    /// Messages that its replicas may hold.
    pub fn credit(&self) -> u64 {
        let credit = u64::from(self.joined()) * u64::from(self.settings.prefetch);
        self.settings.in_flight_limit.map_or(credit, |limit| credit.min(u64::from(limit)))
    }

    /// Messages that those who take messages may hold.
    pub fn open_credit(&self) -> u64 {
        let each = if self.buffers { self.settings.prefetch } else { self.settings.slots_per_replica() };
        u64::from(self.taking) * u64::from(each)
    }

    /// Whether more slots are free than leaving replicas can have: one that leaves holds at least one message.
    pub fn surely_free(&self) -> bool {
        let leaving = self.joined().saturating_sub(self.taking);
        let free = self.staff.slots.saturating_sub(self.busy + self.overhead);
        self.taking > 0 && free > leaving * (self.settings.slots_per_replica() - 1)
    }

    pub fn is_idle(&self) -> bool {
        self.busy == 0 && self.overhead == 0
    }

    /// Whether its replicas never leave: nobody finishes beside those who take messages.
    pub fn is_steady(&self) -> bool {
        matches!(self.settings.replicas, Replicas::Fixed(_)) && self.settings.scaling.is_none()
    }

    /// What holds between events.
    pub fn check(&self, now_s: f64, violations: &mut Violations) {
        let Staff { running, slots, .. } = self.staff;
        let each = self.settings.slots_per_replica();
        let within = self.busy + self.overhead <= slots && slots <= running * each && self.taking * each <= slots;
        violations.check(Rule::Slots, now_s, within, || format!("{self:?}"));
        let gone = slots == 0 && self.is_idle() && self.taking == 0;
        violations.check(Rule::Away, now_s, gone || !self.is_away(now_s), || format!("away: {self:?}"));
    }
}

/// Services hold no more of a resource than there is, as much as they need, and nobody waits beside enough of it.
pub fn check_resources(
    model: &Model,
    now_s: f64,
    groups: &[GroupAudit],
    told: &[(u32, usize)],
    violations: &mut Violations,
) {
    for (id, (resource, (in_use, waiting))) in model.resources.iter().zip(told).enumerate() {
        let units = |group: &GroupAudit| {
            group.settings.uses.iter().find(|(of, _)| *of == id).map_or(0, |(_, units)| u64::from(*units))
        };
        let busy: u64 = groups.iter().map(|group| units(group) * u64::from(group.busy)).sum();
        let most = groups.iter().map(units).max().unwrap_or(0);
        let (in_use, slots) = (u64::from(*in_use), u64::from(resource.slots));
        let explained = if *waiting == 0 { in_use == busy } else { in_use <= busy && in_use + most > slots };
        violations.check(Rule::Resource, now_s, in_use <= slots && explained, || {
            format!("{} of {slots} units of {} in use, {busy} asked, {waiting} wait", in_use, resource.name)
        });
    }
}
