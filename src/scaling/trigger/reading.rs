//! Reading a trigger from what is seen of a queue, with the little that a trigger remembers.

use jiff::Timestamp;

use super::super::Observation;
use super::super::reason::Reasons;
use super::kafka::{Partition, kafka, partition_lag};
use super::{Measured, RabbitQueue, SqsQueue, TriggerReason, cron, prometheus, rabbitmq, sqs};
use crate::model::scaling::{CronWindow, Kafka, Trigger, TriggerSource};
use crate::units::Seconds;

/// What one trigger remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriggerState {
    /// Consecutive failures, counted where the HPA asks.
    pub failures: u32,
    /// What the last poll saw, for `useCachedMetrics`.
    pub cached: Option<Measured>,
    offsets: Offsets,
    window: Window,
}

/// Committed offsets at the last two looks at different times.
#[derive(Clone, Debug, Default, PartialEq)]
struct Offsets {
    before: Vec<Option<f64>>,
    latest: Vec<Option<f64>>,
    looked_s: Option<Seconds>,
}

/// The next start and the next end of a cron window, in seconds of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Window {
    known: bool,
    start_s: Seconds,
    end_s: Seconds,
}

impl TriggerState {
    /// Reads the trigger; `None` when it cannot be read. `origin` is the instant of t = 0.
    pub fn read(
        &mut self,
        trigger: &Trigger,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> Option<Measured> {
        let measured = self.measure(trigger, seen, origin, reasons);
        reasons.say(|| TriggerReason::of(trigger, measured));
        measured
    }

    fn measure(
        &mut self,
        trigger: &Trigger,
        seen: &Observation<'_>,
        origin: Option<Timestamp>,
        reasons: &mut Reasons,
    ) -> Option<Measured> {
        if let TriggerSource::Cron(window) = &trigger.source {
            let (start_s, end_s) = self.window.next(window, seen.now_s, origin)?;
            return Some(cron(start_s, end_s, window.desired));
        }
        let sight = seen.sight.as_ref()?;
        match &trigger.source {
            TriggerSource::RabbitMq(settings) => {
                let queue = RabbitQueue {
                    messages: sight.ready + sight.unacked,
                    unacked: sight.unacked,
                    publish_per_s: sight.publish_per_s,
                    deliver_per_s: sight.deliver_per_s,
                };
                Some(rabbitmq(settings, &queue))
            }
            TriggerSource::Sqs(settings) => {
                let queue = SqsQueue { visible: sight.ready, not_visible: sight.unacked, delayed: sight.delayed };
                Some(sqs(settings, &queue))
            }
            TriggerSource::Prometheus(settings) => {
                prometheus(Some(sight.read(settings.signal)), settings.activation, settings.ignore_null_values)
            }
            TriggerSource::Kafka(settings) => {
                // A queue without partitions is a topic with one, whose offset has moved when something was delivered.
                let stood = self.offsets.latest.first().copied().flatten().unwrap_or(0.0);
                // A whole number, so that the lag comes out exactly.
                let committed = if sight.deliver_per_s > 0.0 { (seen.now_s * 1e3).round() } else { stood };
                let end = committed + sight.ready + sight.unacked;
                let whole = [Partition { end, committed: Some(committed) }];
                let partitions = if sight.partitions.is_empty() { &whole } else { sight.partitions };
                let (measured, capped) = self.offsets.lag(settings, partitions, seen.now_s);
                if let Some(consumers) = capped {
                    reasons.say(|| TriggerReason::Capped {
                        trigger: trigger.name.clone(),
                        consumers,
                        threshold: settings.lag_threshold,
                    });
                }
                Some(measured)
            }
            TriggerSource::Cron(_) => None,
        }
    }
}

impl Offsets {
    fn lag(&mut self, settings: &Kafka, partitions: &[Partition], now_s: Seconds) -> (Measured, Option<u64>) {
        if settings.exclude_persistent_lag && self.looked_s != Some(now_s) {
            std::mem::swap(&mut self.before, &mut self.latest);
            self.latest.clear();
            self.latest.extend(partitions.iter().map(|partition| partition.committed));
            self.looked_s = Some(now_s);
        }
        let before = |position: usize| self.before.get(position).copied().flatten();
        let lags = partitions.iter().enumerate().map(|(k, partition)| partition_lag(settings, *partition, before(k)));
        kafka(settings, lags)
    }
}

impl Window {
    fn next(&mut self, window: &CronWindow, now_s: Seconds, origin: Option<Timestamp>) -> Option<(Seconds, Seconds)> {
        let passed = now_s >= self.start_s.min(self.end_s);
        if passed || !self.known {
            let origin_s = origin?.as_second();
            let now = Timestamp::from_second(origin_s.checked_add(now_s.floor() as i64)?).ok()?;
            let next = |cron: &crate::model::scaling::Cron| {
                let instant = cron.next_after(now, &window.timezone)?;
                Some((instant.as_second() - origin_s) as Seconds)
            };
            (self.start_s, self.end_s) = (next(&window.start)?, next(&window.end)?);
            self.known = true;
        }
        Some((self.start_s, self.end_s))
    }
}

/// Tells when a cron window opens or closes next, in seconds of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct WindowWatch(Window);

impl WindowWatch {
    /// Whether the window is open, and when that changes next.
    pub fn look(&mut self, window: &CronWindow, now_s: Seconds, origin: Option<Timestamp>) -> Option<(bool, Seconds)> {
        let (start_s, end_s) = self.0.next(window, now_s, origin)?;
        Some((cron(start_s, end_s, window.desired).active, start_s.min(end_s)))
    }
}
