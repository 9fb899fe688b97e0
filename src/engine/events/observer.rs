//! What the kernel tells the world.

use super::Message;
use crate::model::{GroupId, QueueId, ResourceId};
use crate::scaling::{Decision, Sight};
use crate::units::Seconds;

/// Why a message left without an ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Refused by a full queue.
    Rejected,
    /// Dropped from the head of a full queue or of a full log.
    Dropped,
    /// Ready for longer than its time to live, or older than its log keeps anything.
    Expired,
    /// A delivery failed, and nothing else was to be done with it.
    Failed,
    /// Came back after as many deliveries as its queue allows.
    DeliveryLimit,
    /// Published while the broker was away.
    Unreachable,
    /// Held in memory by a broker that went away.
    Restart,
}

/// Why a message left for a dead-letter queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadLetter {
    /// A consumer refused it.
    Rejected,
    /// Its time to live was over.
    Expired,
    /// It stood at the head of a full queue.
    Overflow,
    /// It had been delivered as often as its queue allows.
    DeliveryLimit,
}

/// What a group's replicas do; each replica that is there is counted in `running`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Staff {
    /// Replicas that the schedule or the scaler asks for.
    pub wanted: u32,
    /// Launched and not terminated.
    pub running: u32,
    /// Replicas that take messages.
    pub ready: u32,
    /// Slots of the replicas that have joined and not terminated.
    pub slots: u32,
}

/// A decision of a group's scaler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decided<'d> {
    /// When.
    pub now_s: Seconds,
    /// Whose.
    pub group: GroupId,
    /// What it was shown of the queue.
    pub sight: Sight<'d>,
    /// When the queue stood like that.
    pub sighted_s: Seconds,
    /// Replicas that were wanted until now.
    pub wanted: u32,
    /// Replicas that it saw: started and not told to leave.
    pub running: u32,
    /// Replicas that it saw taking messages.
    pub ready: u32,
    /// What came of it.
    pub decision: &'d Decision,
}

/// Listens to a run. The unit type is the silent one.
pub trait Observer {
    /// A message was published.
    fn published(&mut self, now_s: Seconds, queue: QueueId);
    /// Ready and unacked messages of a queue are now these.
    fn levels(&mut self, now_s: Seconds, queue: QueueId, ready: usize, unacked: usize);
    /// A message starts for the first time; `at_once` if it found a free slot when it became deliverable.
    fn started(&mut self, now_s: Seconds, queue: QueueId, message: &Message, at_once: bool);
    /// A message was acked.
    fn acked(&mut self, now_s: Seconds, queue: QueueId, message: &Message);
    /// A message was lost.
    fn lost(&mut self, now_s: Seconds, queue: QueueId, message: &Message, why: Loss);
    /// A message left for the dead-letter queue, where it is published at the same instant.
    fn dead_lettered(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message, _why: DeadLetter) {}
    /// An attempt ended in failure.
    fn failed(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message) {}
    /// Work was done in vain: an attempt failed, was interrupted or ended as a duplicate, after `slot_s` in a slot.
    fn wasted(&mut self, _now_s: Seconds, _group: GroupId, _slot_s: Seconds) {}
    /// A delivery was not acked in time, and the message returned while its consumer still works on it.
    fn timed_out(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message) {}
    /// A consumer ended an attempt at a message that had returned to its queue meanwhile.
    fn duplicated(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message) {}
    /// A message that was acked at its delivery is gone with its consumer.
    fn lost_after_ack(&mut self, _now_s: Seconds, _queue: QueueId, _message: &Message) {}
    /// So many units of a resource are in use now, and so many slots wait for some.
    fn resource(&mut self, _now_s: Seconds, _resource: ResourceId, _in_use: u32, _waiting: usize) {}
    /// With each tick, for each partitioned queue: messages that ever entered each partition, and those of them that
    /// left for good. The difference is its lag.
    fn partitions(&mut self, _now_s: Seconds, _queue: QueueId, _offsets: &mut dyn Iterator<Item = (u64, u64)>) {}
    /// A replica crashed.
    fn crashed(&mut self, _now_s: Seconds, _group: GroupId) {}
    /// A producer publishes later than its clock had planned: the clock stood for `late_s`.
    fn late(&mut self, _now_s: Seconds, _producer: usize, _late_s: Seconds) {}
    /// A message that came into a path's first queue has set out on the path.
    fn path_started(&mut self, _now_s: Seconds, _path: usize) {}
    /// All descendants of a message have left a path that it set out on at `origin_s`; not `completed` if one of them
    /// was lost.
    fn path_ended(&mut self, _now_s: Seconds, _path: usize, _origin_s: Seconds, _completed: bool) {}
    /// A message was delivered again.
    fn redelivered(&mut self, now_s: Seconds, queue: QueueId);
    /// Busy slots and slots in overhead of a group are now these.
    fn slots(&mut self, now_s: Seconds, group: GroupId, busy: u32, overhead: u32);
    /// A group's replicas are now these; `taking[k]` of them take new messages at the k-th of the group's `speeds`.
    fn staff(&mut self, now_s: Seconds, group: GroupId, staff: Staff, taking: &[u32]);
    /// A scaler decided; what it launches or dismisses is told after that.
    fn decided(&mut self, _decided: &Decided<'_>) {}
    /// Whether the decisions of this instant are to come with their reasons.
    fn asks_why(&self, _now_s: Seconds, _group: GroupId) -> bool {
        false
    }
    /// A replica that was launched after t = 0 takes messages from now on.
    fn joined(&mut self, _now_s: Seconds, _group: GroupId, _launched_s: Seconds) {}
    /// A replica was told to leave before it had taken any message.
    fn called_off(&mut self, _now_s: Seconds, _group: GroupId, _launched_s: Seconds) {}
    /// An interval of the time series ends: the publish instant of the oldest ready message of each queue.
    fn tick(&mut self, now_s: Seconds, oldest_s: &mut dyn Iterator<Item = Option<Seconds>>);
    /// Statistics start.
    fn warmed_up(&mut self, now_s: Seconds);
    /// Statistics end: messages in each queue's system.
    fn horizon(&mut self, now_s: Seconds, in_system: &mut dyn Iterator<Item = u64>);
    /// Whether every measured message has been acked or lost.
    fn settled(&self) -> bool;
}
