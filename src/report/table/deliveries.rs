//! What became of a queue's messages beside acks: losses and dead letters by reason, and deliveries in vain.

use super::super::number::{self, count};
use crate::measure::Estimate;
use crate::measure::summary::QueueSummary;

/// From this many deliveries per message on, the number is worth telling.
const AMPLIFIED: f64 = 1.005;

/// Everything that will never be acked, or was acked in vain: `lost 12 (10 rejected, 2 expired)`.
pub(super) fn losses(summary: &QueueSummary) -> String {
    let mut kinds = vec![(&summary.rejected, "rejected"), (&summary.dropped, "dropped"), (&summary.expired, "expired")];
    if let Some(lost) = summary.deliveries.as_ref().map(|deliveries| &deliveries.lost) {
        kinds.extend([
            (&lost.failed, "failed"),
            (&lost.delivery_limit, "delivered too often"),
            (&lost.unreachable, "without a broker"),
            (&lost.restart, "with the broker's memory"),
            (&lost.after_ack, "after their ack"),
        ]);
    }
    by_reason("lost", &kinds).unwrap_or_else(|| "lost 0".to_owned())
}

/// Messages that went to a dead-letter queue: `dead-lettered 40 (delivered too often)`.
pub(super) fn dead_letters(summary: &QueueSummary) -> Option<String> {
    let total = summary.dead_lettered.value.filter(|total| *total > 0.0)?;
    let Some(by) = summary.deliveries.as_ref().map(|deliveries| &deliveries.dead_lettered_by) else {
        return Some(format!("dead-lettered {}", count(total)));
    };
    by_reason(
        "dead-lettered",
        &[
            (&by.rejected, "refused"),
            (&by.expired, "expired"),
            (&by.overflow, "overflowing"),
            (&by.delivery_limit, "delivered too often"),
        ],
    )
}

/// A number by its parts above 0; nothing if there are none.
fn by_reason(what: &str, kinds: &[(&Estimate, &str)]) -> Option<String> {
    let known = kinds.iter().filter_map(|(estimate, reason)| Some((estimate.value.filter(|n| *n > 0.0)?, *reason)));
    let known: Vec<(f64, &str)> = known.collect();
    let total: f64 = known.iter().map(|(n, _)| n).sum();
    match known.as_slice() {
        [] => None,
        [(n, reason)] => Some(format!("{what} {} ({reason})", count(*n))),
        several => {
            let parts: Vec<String> = several.iter().map(|(n, reason)| format!("{} {reason}", count(*n))).collect();
            Some(format!("{what} {} ({})", count(total), parts.join(", ")))
        }
    }
}

/// How often messages are delivered, and what became of deliveries that did not end in an ack.
pub(super) fn sentence(summary: &QueueSummary) -> Option<String> {
    let deliveries = summary.deliveries.as_ref()?;
    let kinds = [
        (&deliveries.failed, "failed"),
        (&deliveries.timed_out, "were not acked in time"),
        (&deliveries.duplicates, "ended as duplicates"),
    ];
    let known = kinds.into_iter().filter_map(|(estimate, what)| Some((estimate.value.filter(|n| *n > 0.0)?, what)));
    let known: Vec<String> = known.map(|(n, what)| format!("{} {what}", count(n))).collect();
    let times = deliveries.per_message.value.filter(|times| *times >= AMPLIFIED);
    let times = times.map(|times| format!("A message is delivered {} times on average", number::count(times)));
    match (times, known.as_slice()) {
        (None, []) => None,
        (Some(times), []) => Some(times),
        (Some(times), kinds) => Some(format!("{times}; of the deliveries {}", kinds.join(", "))),
        (None, kinds) => Some(format!("Of the deliveries {}", kinds.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::summary::{DeadLetteredSummary, DeliveriesSummary, LostSummary};

    fn exactly(value: f64) -> Estimate {
        Estimate { value: Some(value), ..Estimate::default() }
    }

    #[test]
    fn losses_and_dead_letters_have_their_reasons() {
        let lost = LostSummary { failed: exactly(3.0), restart: exactly(4.0), ..LostSummary::default() };
        let by = DeadLetteredSummary { delivery_limit: exactly(40.0), ..DeadLetteredSummary::default() };
        let summary = QueueSummary {
            dropped: exactly(5.0),
            dead_lettered: exactly(40.0),
            deliveries: Some(DeliveriesSummary {
                per_message: exactly(1.25),
                failed: exactly(900.0),
                lost,
                dead_lettered_by: by,
                ..DeliveriesSummary::default()
            }),
            ..QueueSummary::default()
        };
        assert_eq!(losses(&summary), "lost 12 (5 dropped, 3 failed, 4 with the broker's memory)");
        assert_eq!(dead_letters(&summary).unwrap(), "dead-lettered 40 (delivered too often)");
        assert_eq!(
            sentence(&summary).unwrap(),
            "A message is delivered 1.25 times on average; of the deliveries 900 failed"
        );
        assert_eq!(losses(&QueueSummary::default()), "lost 0");
        assert_eq!(sentence(&QueueSummary::default()), None);
    }
}
