//! Lambda's event source mapping on SQS: a replica is one concurrent batch.
//!
//! The growth per minute, the least and the largest number are documented; that the growth is even and that the number
//! falls to what is in flight are approximations.

use super::Observation;
use super::plain::{PlainReason, blind};
use super::reason::{Reasons, Rule, show};
use crate::model::scaling::LambdaSqs;

/// Growth that has not yet made a whole batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LambdaState {
    carried: f64,
}

impl LambdaState {
    pub fn decide(&mut self, settings: &LambdaSqs, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else { return blind(seen, reasons) };
        let (waiting, in_flight) = (sight.ready, sight.unacked);
        let current = seen.wanted.max(settings.least);
        let wanted = if waiting > 0.0 {
            self.carried += settings.added_per_minute * settings.period_s / 60.0;
            let added = self.carried.floor();
            self.carried -= added;
            reasons.say(|| {
                let waiting = show(waiting);
                PlainReason::computed(format!("{waiting} messages wait: {current} + {added} concurrent batches"))
            });
            current.saturating_add(added as u32)
        } else {
            self.carried = 0.0;
            let needed = (in_flight / f64::from(settings.batch_size)).ceil() as u32;
            reasons.say(|| {
                let in_flight = show(in_flight);
                PlainReason::computed(format!("nothing waits, {in_flight} messages in flight: {needed} batches"))
            });
            needed.min(current).max(settings.least)
        };
        let mut most = settings.most;
        if settings.fifo && !sight.partitions.is_empty() {
            let lagging = |partition: &&super::Partition| partition.end > partition.committed.unwrap_or(0.0);
            most = most.min(sight.partitions.iter().filter(lagging).count() as u32);
        }
        if wanted > most {
            let rule = if most < settings.most { Rule::PartitionCap } else { Rule::Bound };
            reasons.say(|| PlainReason::held(rule, format!("at most {most} concurrent batches instead of {wanted}")));
        }
        wanted.min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{Partition, Sight};

    fn run(settings: &LambdaSqs, sights: &[Sight<'_>]) -> Vec<u32> {
        let mut state = LambdaState::default();
        let mut size = 0;
        let decide = |sight: &Sight<'_>| {
            let seen = Observation {
                now_s: 0.0,
                wanted: size,
                running: size,
                ready: size,
                sight: Some(*sight),
                explain: false,
            };
            size = state.decide(settings, &seen, &mut Reasons::skipped());
            size
        };
        sights.iter().map(decide).collect()
    }

    #[test]
    fn concurrency_grows_by_three_hundred_a_minute_from_five_to_a_thousand() {
        let waiting = Sight { ready: 1e6, ..Sight::default() };
        let sizes = run(&LambdaSqs::default(), &[waiting; 30]);
        assert_eq!((sizes[0], sizes[5], sizes[11]), (55, 305, 605));
        assert_eq!(sizes[29], 1000);
    }

    #[test]
    fn fractions_of_a_batch_are_not_lost() {
        let slow = LambdaSqs { added_per_minute: 60.0, period_s: 0.5, ..LambdaSqs::default() };
        let waiting = Sight { ready: 1e6, ..Sight::default() };
        assert_eq!(run(&slow, &[waiting; 4]), [5, 6, 6, 7]);
    }

    #[test]
    fn it_falls_back_to_what_is_in_flight() {
        let waiting = Sight { ready: 1e6, ..Sight::default() };
        let busy = Sight { unacked: 204.0, ..Sight::default() };
        assert_eq!(run(&LambdaSqs::default(), &[waiting, busy, Sight::default()]), [55, 21, 5]);
    }

    #[test]
    fn a_fifo_queue_has_one_batch_per_message_group() {
        let groups = [Partition { end: 5.0, committed: Some(1.0) }, Partition { end: 5.0, committed: Some(5.0) }];
        let waiting = Sight { ready: 4.0, partitions: &groups, ..Sight::default() };
        assert_eq!(run(&LambdaSqs { fifo: true, ..LambdaSqs::default() }, &[waiting]), [1]);
    }
}
