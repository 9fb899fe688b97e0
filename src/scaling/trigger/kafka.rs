//! The Kafka trigger: lag per partition → a metric that is capped at the number of partitions, almost.
//!
//! The cap divides integers: a lag between bound · threshold and (bound + 1) · threshold passes, and the HPA rounds it
//! up to one consumer more than there are partitions (kedacore/keda#4483).

use super::Measured;
use crate::model::scaling::{Kafka, OffsetReset};

/// One partition as the broker shows it. Offsets may be fractions where messages are a fluid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Partition {
    /// Offset that the next message gets.
    pub end: f64,
    /// Offset up to which the group has committed; `None` before its first commit.
    pub committed: Option<f64>,
}

/// Lag of a partition: `(for scaling, for activation)`. `before` is what had been committed at the last look.
pub fn partition_lag(settings: &Kafka, partition: Partition, before: Option<f64>) -> (f64, f64) {
    let Some(committed) = partition.committed else {
        let lag = match (settings.scale_to_zero_on_invalid_offset, settings.offset_reset) {
            (_, OffsetReset::Earliest) => partition.end,
            (true, OffsetReset::Latest) => 0.0,
            (false, OffsetReset::Latest) => 1.0,
        };
        return (lag, lag);
    };
    let lag = (partition.end - committed).max(0.0);
    let stands_still = settings.exclude_persistent_lag && before == Some(committed);
    (if stands_still { 0.0 } else { lag }, lag)
}

/// `type: kafka` from the lags of its partitions, `(for scaling, for activation)` each. The second result is the cap in
/// consumers that was applied, if one was.
pub fn kafka(settings: &Kafka, lags: impl Iterator<Item = (f64, f64)>) -> (Measured, Option<u64>) {
    let (mut partitions, mut lagging, mut total, mut for_activation) = (0_u64, 0_u64, 0.0, 0.0);
    for (lag, activation_lag) in lags {
        partitions += 1;
        lagging += u64::from(lag > 0.0);
        total += lag;
        for_activation += activation_lag;
    }
    let threshold = settings.lag_threshold as f64;
    let mut capped = None;
    let capping =
        !settings.allow_idle_consumers || settings.limit_to_partitions_with_lag || settings.ensure_even_distribution;
    if capping {
        if settings.ensure_even_distribution {
            total = even_factor(total, partitions, threshold) as f64 * threshold;
        }
        let bound = if settings.limit_to_partitions_with_lag { lagging } else { partitions };
        if (total / threshold).floor() > bound as f64 {
            total = bound as f64 * threshold;
            capped = Some(bound);
        }
    }
    let active = for_activation > settings.activation_lag_threshold as f64;
    (Measured { value: total, active }, capped)
}

/// The smallest divisor of the number of partitions that serves the lag, else their number.
pub fn even_factor(total_lag: f64, partitions: u64, lag_threshold: f64) -> u64 {
    let divisors = (1..=partitions).filter(|factor| partitions.is_multiple_of(*factor));
    divisors.into_iter().find(|factor| *factor as f64 * lag_threshold >= total_lag).unwrap_or(partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(settings: Kafka, lags: &[f64]) -> (f64, bool) {
        let (measured, _) = kafka(&settings, lags.iter().map(|lag| (*lag, *lag)));
        (measured.value, measured.active)
    }

    #[test]
    fn idle_consumers_are_allowed_only_where_nothing_else_limits_them() {
        let idle = Kafka { allow_idle_consumers: true, ..Kafka::default() };
        assert_eq!(metric(idle, &[500.0, 0.0]), (500.0, true));
        let limited = Kafka { limit_to_partitions_with_lag: true, ..idle };
        assert_eq!(metric(limited, &[500.0, 0.0]), (10.0, true));
    }

    #[test]
    fn even_distribution_rounds_up_to_a_divisor_before_the_cap() {
        let even = Kafka { ensure_even_distribution: true, ..Kafka::default() };
        assert_eq!(metric(even, &[30.0, 0.0, 0.0, 0.0, 0.0, 0.0]), (30.0, true));
        assert_eq!(metric(even, &[40.0, 0.0, 0.0, 0.0, 0.0, 0.0]), (60.0, true));
        assert_eq!(metric(even, &[900.0, 0.0, 0.0, 0.0, 0.0, 0.0]), (60.0, true));
    }

    #[test]
    fn activation_has_its_own_threshold() {
        let settings = Kafka { activation_lag_threshold: 25, ..Kafka::default() };
        assert_eq!(metric(settings, &[10.0, 15.0]), (25.0, false));
        assert_eq!(metric(settings, &[10.0, 16.0]), (26.0, true), "26/10 is 2 in integers: not above 2 partitions");
    }

    #[test]
    fn a_partition_that_stands_still_counts_for_activation_only() {
        let settings = Kafka { exclude_persistent_lag: true, ..Kafka::default() };
        let partition = Partition { end: 100.0, committed: Some(40.0) };
        assert_eq!(partition_lag(&settings, partition, Some(40.0)), (0.0, 60.0));
        assert_eq!(partition_lag(&settings, partition, Some(39.0)), (60.0, 60.0));
        assert_eq!(partition_lag(&Kafka::default(), partition, Some(40.0)), (60.0, 60.0));
    }

    #[test]
    fn a_partition_without_a_commit_counts_by_the_reset_policy() {
        let partition = Partition { end: 100.0, committed: None };
        let lag = |settings| partition_lag(&settings, partition, None).0;
        assert_eq!(lag(Kafka::default()), 1.0);
        assert_eq!(lag(Kafka { scale_to_zero_on_invalid_offset: true, ..Kafka::default() }), 0.0);
        assert_eq!(lag(Kafka { offset_reset: OffsetReset::Earliest, ..Kafka::default() }), 100.0);
    }
}
