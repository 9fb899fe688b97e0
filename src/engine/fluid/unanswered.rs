//! Questions that the fluid engine cannot answer exactly, and therefore does not answer.

use thiserror::Error;

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
    /// More switching instants than memory should hold.
    #[error("rates and levels change more than {0} times: too often for the fluid engine")]
    TooManyPieces(usize),
    /// A rate that grows beyond all numbers.
    #[error("a rate grows beyond what a number can hold")]
    NotFinite,
}
