//! Questions that the fluid engine cannot answer exactly, and therefore does not answer.

use thiserror::Error;

use crate::engine::beyond::Beyond;

/// Why the fluid engine has no answer for a queue.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Unanswered {
    /// `delivery_delay` is not a constant.
    #[error("the fluid engine has no exact answer for a random delivery delay")]
    RandomDelay,
    /// A random start-up that matters: replicas join after t = 0, or return from an outage.
    #[error("the fluid engine has no exact answer for a random start-up time (consumers {0})")]
    RandomStartup(String),
    /// A speed that changes continuously, with an overhead that does not follow it.
    #[error("the fluid engine has no exact answer for a gradually changing speed with an overhead (consumers {0})")]
    GradualSpeedWithOverhead(String),
    /// Neither service nor overhead takes time.
    #[error("the service time is zero: there is no limit to what consumers {0} can take")]
    InstantService(String),
    /// A token bucket beside another group: how they share an idle queue decides how full the bucket is.
    #[error(
        "how consumers {0} share an idle queue with the other groups, which their rate limit depends on, is unknown"
    )]
    SharedBucket(String),
    /// Jobs take one message or several each: there is no capacity that a number of them stands for.
    #[error("consumers {0} are Jobs, which come and go message by message: they have no fluid limit")]
    Jobs(String),
    /// A scaled group beside another one: which of them is busy when the queue is idle is unknown.
    #[error("how busy the scaled consumers {0} are beside the other groups of their queue is unknown")]
    SharedScaling(String),
    /// Failures without a fluid limit.
    #[error("deliveries to consumers {0} fail, and {1}: the fluid engine has no exact answer")]
    Failures(String, &'static str),
    /// A limit on slots of different speeds: which of them stand still is unknown.
    #[error("which replicas of {0} stand still under its limits decides how fast it is: their speeds differ")]
    Unequal(String),
    /// Contention while overheads take slots that do not contend.
    #[error("how many slots of {0} are in overhead and do not slow the others down is unknown")]
    ContentionWithOverhead(String),
    /// More slots than are good for them.
    #[error(
        "{0} has more slots than it can use: it may be fast with few of them busy or slow with all of them, so that \
         its capacity is no function of time"
    )]
    Retrograde(String),
    /// Something beyond the plain queue that has no fluid limit, or none that is known.
    #[error("{0}: {1}")]
    Beyond(Beyond, &'static str),
    /// A queue before this one has no answer.
    #[error("what comes from {0} is unknown: {1}")]
    Upstream(String, Box<Unanswered>),
    /// Messages come back to where they were.
    #[error("its messages come back to it through {0}: the fluid engine has no exact answer for such a loop")]
    Loop(String),
    /// Groups with different fates or emissions on one queue.
    #[error("how the groups of {0} share an idle queue, which decides what they pass on, is unknown")]
    SharedOutput(String),
    /// Times to live without a fluid limit.
    #[error("messages expire, and {0}: the fluid engine has no exact answer")]
    Expiry(&'static str),
    /// Two bounds of a queue that act on different ends of it.
    #[error("the queue {0}: the fluid engine has no exact answer for both")]
    Bounds(&'static str),
    /// A producer's clock stops while the queue is full.
    #[error("the queue is full for a while, and its producers stop: when they publish what then is not answered")]
    Blocked,
    /// Rates change nearly as messages lose patience.
    #[error("a rate decays nearly as fast as messages expire: the solution has no digits left")]
    Resonance,
    /// Beyond the horizon, what comes from other queues is unknown.
    #[error("what comes from other queues after the horizon is unknown")]
    BeyondHorizon,
    /// Messages that expire at one instant are no rate for the queue that gets them.
    #[error("messages that {0} began with expire together, and what comes all at once is no rate")]
    Together(String),
    /// More switching instants than memory should hold.
    #[error("rates and levels change more than {0} times: too often for the fluid engine")]
    TooManyPieces(usize),
    /// A rate that grows beyond all numbers.
    #[error("a rate grows beyond what a number can hold")]
    NotFinite,
}
