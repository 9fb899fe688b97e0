//! What scalers decided: one row per decision, with what it saw and what came of it.
//!
//! Listens by itself, when only decisions are asked for, or inside a recorder. Not here: why a strategy decides as it
//! does (`crate::scaling` gives its reasons).

use crate::engine::events::{Decided, Loss, Message, Observer, Staff};
use crate::model::{GroupId, Model, QueueId};
use crate::scaling::{Reason, Rule};
use crate::units::{PerSecond, Seconds};

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// When.
    pub time_s: Seconds,
    /// Whose.
    pub group: GroupId,
    /// What the scaler was shown.
    pub seen: Seen,
    /// Replicas that were wanted until then.
    pub wanted_before: u32,
    /// Replicas that the arithmetic asked for, before rules held it back, where that is one number.
    pub proposed: Option<u32>,
    /// Replicas that are wanted from then on.
    pub wanted: u32,
    /// Replicas that it saw: started and not told to leave.
    pub running: u32,
    /// Replicas that it saw taking messages.
    pub ready_replicas: u32,
    /// The rule that held the size back, if one did.
    pub held_by: Option<Rule>,
    /// When each of the replicas that it launched took messages for the first time.
    pub ready_at_s: Vec<Seconds>,
    /// How many of them were told to leave before that.
    pub called_off: u32,
    /// Why, line by line; empty unless it was asked for.
    pub reasons: Vec<Reason>,
}

impl DecisionRow {
    /// What the rule that held the size back is called, if one did.
    pub fn rule(&self) -> Option<&'static str> {
        self.held_by.map(Rule::name)
    }

    /// Replicas that it launched.
    pub fn launched(&self) -> u32 {
        self.wanted.saturating_sub(self.wanted_before)
    }
}

/// A queue as a scaler was shown it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// When it stood like that.
    pub at_s: Seconds,
    /// Messages that waited for delivery.
    pub ready: f64,
    /// Messages that were with a consumer.
    pub unacked: f64,
    /// Messages that could not be delivered yet.
    pub delayed: f64,
    /// Age of the oldest message that waited.
    pub oldest_age_s: Seconds,
    /// Messages published per second.
    pub publish_per_s: PerSecond,
    /// Messages delivered per second.
    pub deliver_per_s: PerSecond,
    /// Busy slots as a share of all.
    pub utilization: f64,
}

/// Keeps decisions up to the horizon.
#[derive(Clone, Debug)]
pub struct DecisionLog {
    rows: Vec<DecisionRow>,
    horizon_s: Seconds,
    keeps_reasons: bool,
    around: Option<(GroupId, Seconds)>,
    past_horizon: bool,
}

impl DecisionLog {
    /// A log without reasons: only the proposal and the rule are kept of them.
    pub fn new(model: &Model) -> Self {
        DecisionLog {
            rows: Vec::new(),
            horizon_s: model.horizon_s,
            keeps_reasons: false,
            around: None,
            past_horizon: false,
        }
    }

    /// A log that keeps reasons too.
    pub fn with_reasons(model: &Model) -> Self {
        DecisionLog { keeps_reasons: true, ..DecisionLog::new(model) }
    }

    /// A log with reasons of two decisions of a group: the last one up to an instant, and the next that changed the
    /// wanted number.
    pub fn around(model: &Model, group: GroupId, at_s: Seconds) -> Self {
        DecisionLog { around: Some((group, at_s)), ..DecisionLog::with_reasons(model) }
    }

    /// Whether a decision is worth a row.
    fn takes(&self, now_s: Seconds, group: GroupId) -> bool {
        let changed = |row: &DecisionRow, at_s| row.time_s > at_s && row.wanted != row.wanted_before;
        let is_near = |(asked, at_s)| group == asked && !self.rows.last().is_some_and(|last| changed(last, at_s));
        !self.past_horizon && now_s <= self.horizon_s && self.around.is_none_or(is_near)
    }

    /// All decisions in the order of time.
    pub fn finish(self) -> Vec<DecisionRow> {
        self.rows
    }

    /// The decision that launched something at that instant: among the last ones, because start-ups are short.
    fn launching(&mut self, group: GroupId, launched_s: Seconds) -> Option<&mut DecisionRow> {
        let place = self.rows.partition_point(|row| row.time_s < launched_s);
        let at_once = self.rows[place..].iter_mut().take_while(|row| row.time_s == launched_s);
        let mut launching = at_once.filter(|row| row.group == group && row.launched() > 0);
        launching.next()
    }
}

impl Observer for DecisionLog {
    fn decided(&mut self, decided: &Decided<'_>) {
        if !self.takes(decided.now_s, decided.group) {
            return;
        }
        let is_later = |(_, at_s)| decided.now_s > at_s;
        match self.around.map(is_later) {
            Some(false) => self.rows.clear(),
            Some(true) if decided.decision.wanted == decided.wanted => return,
            _ => {}
        }
        let Decided { now_s, group, sight, sighted_s, wanted, running, ready, decision } = *decided;
        self.rows.push(DecisionRow {
            time_s: now_s,
            group,
            seen: Seen {
                at_s: sighted_s,
                ready: sight.ready,
                unacked: sight.unacked,
                delayed: sight.delayed,
                oldest_age_s: sight.oldest_age_s,
                publish_per_s: sight.publish_per_s,
                deliver_per_s: sight.deliver_per_s,
                utilization: sight.utilization,
            },
            wanted_before: wanted,
            proposed: decision.proposed(),
            wanted: decision.wanted,
            running,
            ready_replicas: ready,
            held_by: decision.held_by(),
            ready_at_s: Vec::new(),
            called_off: 0,
            reasons: if self.keeps_reasons { decision.reasons.clone() } else { Vec::new() },
        });
    }

    fn asks_why(&self, now_s: Seconds, group: GroupId) -> bool {
        self.takes(now_s, group)
    }

    fn joined(&mut self, now_s: Seconds, group: GroupId, launched_s: Seconds) {
        if let Some(row) = self.launching(group, launched_s)
            // Later ones come back from an outage.
            && row.ready_at_s.len() < row.launched() as usize
        {
            row.ready_at_s.push(now_s);
        }
    }

    fn called_off(&mut self, _now_s: Seconds, group: GroupId, launched_s: Seconds) {
        if let Some(row) = self.launching(group, launched_s) {
            row.called_off += 1;
        }
    }

    fn horizon(&mut self, _now_s: Seconds, _in_system: &mut dyn Iterator<Item = u64>) {
        self.past_horizon = true;
    }

    fn settled(&self) -> bool {
        true
    }

    fn published(&mut self, _now_s: Seconds, _queue: QueueId) {}
    fn levels(&mut self, _now_s: Seconds, _queue: QueueId, _ready: usize, _unacked: usize) {}
    fn started(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message, _at_once: bool) {}
    fn acked(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message) {}
    fn lost(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message, _why: Loss) {}
    fn redelivered(&mut self, _now_s: Seconds, _queue: QueueId) {}
    fn slots(&mut self, _now_s: Seconds, _group: GroupId, _busy: u32, _overhead: u32) {}
    fn staff(&mut self, _now_s: Seconds, _group: GroupId, _staff: Staff, _taking: &[u32]) {}
    fn tick(&mut self, _now_s: Seconds, _oldest_s: &mut dyn Iterator<Item = Option<Seconds>>) {}
    fn warmed_up(&mut self, _now_s: Seconds) {}
}
