//! What KEDA reports for a trigger that failed too often. Follows `pkg/fallback/fallback.go`.

use crate::model::scaling::{Fallback, FallbackBehavior, MetricType};

/// The metric that is reported after `failures` in a row; `None` while they are not more than the threshold.
pub fn fallback_metric(
    fallback: &Fallback,
    failures: u32,
    target: f64,
    metric_type: MetricType,
    current: u32,
    ready: u32,
) -> Option<f64> {
    if failures <= fallback.failure_threshold {
        return None;
    }
    let replicas = match fallback.behavior {
        FallbackBehavior::Static => fallback.replicas,
        FallbackBehavior::CurrentReplicas => current,
        FallbackBehavior::CurrentReplicasIfHigher => current.max(fallback.replicas),
        FallbackBehavior::CurrentReplicasIfLower => current.min(fallback.replicas),
        FallbackBehavior::ScalingModifiers => return None,
    };
    let metric = target * f64::from(replicas);
    Some(match metric_type {
        MetricType::AverageValue => metric,
        MetricType::Value => metric / f64::from(ready.max(1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_is_not_yet_a_fallback() {
        let fallback = Fallback { failure_threshold: 3, replicas: 10, behavior: FallbackBehavior::Static };
        assert_eq!(fallback_metric(&fallback, 3, 5.0, MetricType::AverageValue, 2, 2), None);
        assert_eq!(fallback_metric(&fallback, 4, 5.0, MetricType::AverageValue, 2, 2), Some(50.0));
        assert_eq!(fallback_metric(&fallback, 4, 5.0, MetricType::Value, 2, 2), Some(25.0));
    }

    #[test]
    fn the_present_size_may_count_instead() {
        let with = |behavior| {
            let fallback = Fallback { failure_threshold: 0, replicas: 10, behavior };
            fallback_metric(&fallback, 1, 1.0, MetricType::AverageValue, 6, 6)
        };
        assert_eq!(with(FallbackBehavior::CurrentReplicas), Some(6.0));
        assert_eq!(with(FallbackBehavior::CurrentReplicasIfHigher), Some(10.0));
        assert_eq!(with(FallbackBehavior::CurrentReplicasIfLower), Some(6.0));
        assert_eq!(with(FallbackBehavior::ScalingModifiers), None);
    }
}
