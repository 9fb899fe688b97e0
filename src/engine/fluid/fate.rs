//! What becomes of the messages that a group takes: how often each is delivered, and how it ends.
//!
//! A message that fails and returns to the head of its queue is delivered again at once: in the fluid, each message
//! takes as many services as it has deliveries on average, and leaves after the last. Not here: where it goes then
//! (`network`).

use super::unanswered::Unanswered;
use crate::model::{AfterFailure, ConsumerGroup, Queue, RequeuePosition, Retry};

/// What becomes of a message that is taken, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// Deliveries, at least 1.
    pub deliveries: f64,
    /// Share that is acked.
    pub acked: f64,
    /// Share that goes to the dead-letter queue, or is lost where there is none.
    pub dead: f64,
    /// Share that is dropped.
    pub dropped: f64,
}

impl Fate {
    /// Every message is acked at its first delivery.
    pub const PLAIN: Self = Self { deliveries: 1.0, acked: 1.0, dead: 0.0, dropped: 0.0 };

    /// The fate of what `group` takes from `queue`.
    ///
    /// # Errors
    ///
    /// Failures that come back after a rest, at the tail, or without end.
    pub fn of(queue: &Queue, group: &ConsumerGroup) -> Result<Self, Unanswered> {
        let Some(failures) = group.failures.as_ref().filter(|failures| failures.probability + failures.poison > 0.0)
        else {
            return Ok(Self::PLAIN);
        };
        let (probability, poison) = (failures.probability, failures.poison);
        let failing = poison + (1.0 - poison) * probability;
        let no = |why| Err(Unanswered::Failures(group.name.clone(), why));
        match failures.then {
            AfterFailure::DeadLetter => return Ok(Self { acked: 1.0 - failing, dead: failing, ..Self::PLAIN }),
            AfterFailure::Drop => return Ok(Self { acked: 1.0 - failing, dropped: failing, ..Self::PLAIN }),
            AfterFailure::Requeue => {}
        }
        if group.batch.is_some_and(|batch| batch.size > 1) && !failures.partial {
            return no("a batch that fails comes back whole");
        }
        let limit = queue.delivery_limit.map(f64::from);
        if limit == Some(1.0) {
            return Ok(Self { acked: 1.0 - failing, dead: failing, ..Self::PLAIN });
        }
        if failures.retry != Retry::AtOnce {
            return no("what fails rests before it comes back");
        }
        if queue.requeue == RequeuePosition::Back {
            return no("what fails comes back at the tail");
        }
        if queue.capacity.is_some() {
            return no("what fails comes back to a queue that may be full");
        }
        match limit {
            Some(limit) => {
                let given_up = probability.powf(limit);
                let tries = if probability < 1.0 { (1.0 - given_up) / (1.0 - probability) } else { limit };
                let dead = poison + (1.0 - poison) * given_up;
                let deliveries = (1.0 - poison) * tries + poison * limit;
                Ok(Self { deliveries, acked: 1.0 - dead, dead, dropped: 0.0 })
            }
            None if poison > 0.0 || probability >= 1.0 => no("what always fails comes back without end"),
            None => Ok(Self { deliveries: 1.0 / (1.0 - probability), ..Self::PLAIN }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Distribution, Failures};

    fn fate(probability: f64, poison: f64, then: AfterFailure, limit: Option<u32>) -> Result<Fate, Unanswered> {
        let failures = Failures { probability, poison, then, retry: Retry::AtOnce, partial: false };
        let group =
            ConsumerGroup { failures: Some(failures), ..ConsumerGroup::new("g", 0, 1, Distribution::Constant(1.0)) };
        Fate::of(&Queue { delivery_limit: limit, ..Queue::new("q") }, &group)
    }

    #[test]
    fn retries_take_their_share_of_the_services() {
        let retried = fate(0.2, 0.0, AfterFailure::Requeue, None).expect("known");
        assert!((retried.deliveries - 1.25).abs() < 1e-15 && retried.acked == 1.0);
        let limited = fate(0.5, 0.1, AfterFailure::Requeue, Some(3)).expect("known");
        assert!((limited.deliveries - (0.9 * 1.75 + 0.1 * 3.0)).abs() < 1e-15);
        assert!((limited.dead - (0.1 + 0.9 * 0.125)).abs() < 1e-15);
    }

    #[test]
    fn one_delivery_is_the_same_as_no_second_chance() {
        let once = fate(0.2, 0.1, AfterFailure::Requeue, Some(1)).expect("known");
        assert_eq!(once, fate(0.2, 0.1, AfterFailure::DeadLetter, None).expect("known"));
        assert!((once.acked - 0.72).abs() < 1e-15);
    }

    #[test]
    fn poison_without_a_limit_never_ends() {
        assert!(fate(0.0, 0.01, AfterFailure::Requeue, None).is_err());
        assert!(fate(1.0, 0.0, AfterFailure::Requeue, None).is_err());
    }
}
