//! What a scaler is shown of a queue: the present, or samples, or what is so and so old.
//!
//! With `sampling_s` the queue is looked at every so many seconds from t = 0 on, and rates are over one spacing.
//! Without it, it is looked at whenever a decision will want to know, `metric_age_s` before that decision; rates are
//! then over one decision period. Before t = 0 the queue is taken to have stood as at t = 0, and messages to have come
//! and gone at the rate of t = 0, so that nobody decides on a rate measured over no time. Not here: decisions
//! (`scaler`).

use std::collections::VecDeque;

use crate::model::scaling::Scaling;
use crate::model::{Arrivals, ConsumerGroup, Model, QueueId};
use crate::scaling::{Observation, Partition, Scaler, Sight};
use crate::units::{PerSecond, Seconds};

/// Rates of a strategy without a period are over this long.
const RATES_OVER_S: Seconds = 60.0;

/// What a broker and a group report at one instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    pub ready: usize,
    pub unacked: usize,
    pub delayed: usize,
    /// Publish instant of the oldest ready message.
    pub oldest_s: Option<Seconds>,
    /// Messages published so far.
    pub published: u64,
    /// Deliveries so far.
    pub delivered: u64,
    pub busy: u32,
    /// Slots of the replicas that have joined.
    pub slots: u32,
}

/// Published and delivered messages as they stood at one instant.
#[derive(Clone, Copy, Debug)]
struct Flow {
    at_s: Seconds,
    published: f64,
    delivered: f64,
}

/// A queue as it was seen at one instant.
#[derive(Clone, Debug, Default)]
struct Look {
    at_s: Seconds,
    /// Everything but the partitions.
    sight: Sight<'static>,
    partitions: Vec<Partition>,
}

impl Look {
    fn shown(&self) -> (Seconds, Sight<'_>) {
        (self.at_s, Sight { partitions: &self.partitions, ..self.sight })
    }
}

/// A scaler's view of its queue.
pub(super) struct View<'m> {
    age_s: Seconds,
    sampling_s: Seconds,
    /// Looks so far.
    looks: u64,
    /// When the next look is due; infinite where each decision looks for itself.
    next_look_s: Seconds,
    /// A scaler that sees nothing, as far ahead as the metric is old: its clock says when the next look is wanted.
    clock: Option<Scaler<'m>>,
    /// Looks that may still be shown, the newest last.
    taken: VecDeque<Look>,
    /// The present, where each decision looks for itself.
    present: Look,
    /// What rates are counted from, the newest last; never empty.
    flows: VecDeque<Flow>,
    /// Rates are over so long.
    span_s: Seconds,
    /// Messages that stood there at t = 0: they count as published, and did not come at any rate.
    stock: f64,
}

impl<'m> View<'m> {
    pub fn new(model: &Model, group: &ConsumerGroup, scaling: &Scaling, scaler: &Scaler<'m>) -> Self {
        let Scaling { metric_age_s: age_s, sampling_s, .. } = *scaling;
        let period_s = scaling.strategy.period_s();
        let decided_s = if period_s.is_finite() { period_s } else { RATES_OVER_S };
        let span_s = if sampling_s > 0.0 { sampling_s } else { decided_s };
        let before = span_s * rate_at_start(model, group.from, span_s);
        let is_live = sampling_s == 0.0 && age_s == 0.0;
        View {
            age_s,
            sampling_s,
            looks: 0,
            next_look_s: if is_live { f64::INFINITY } else { 0.0 },
            clock: (age_s > 0.0 && sampling_s == 0.0).then(|| scaler.clone()),
            taken: VecDeque::new(),
            present: Look::default(),
            flows: VecDeque::from([
                Flow { at_s: -span_s, published: -before, delivered: -before },
                Flow { at_s: 0.0, published: 0.0, delivered: 0.0 },
            ]),
            span_s,
            stock: model.queues[group.from].initial as f64,
        }
    }

    /// When the next look is due.
    pub fn next_look_s(&self) -> Seconds {
        self.next_look_s
    }

    /// Looks at the queue; `offsets` are what entered and what left each partition.
    pub fn look(&mut self, now_s: Seconds, counters: Counters, offsets: impl Iterator<Item = (u64, u64)>) {
        let sight = self.sight(now_s, counters);
        self.taken.push_back(Look { at_s: now_s, sight, partitions: offsets.map(partition).collect() });
        self.looks += 1;
        self.next_look_s = match &mut self.clock {
            None => self.looks as f64 * self.sampling_s,
            Some(clock) => loop {
                let decision_s = clock.next_decision_s();
                let at_s = decision_s - self.age_s;
                if at_s > now_s {
                    break at_s;
                }
                clock.decide(&Observation {
                    now_s: decision_s,
                    wanted: 0,
                    running: 0,
                    ready: 0,
                    sight: None,
                    explain: false,
                });
            },
        };
    }

    /// What a decision is shown, and when the queue stood like that.
    pub fn shown(
        &mut self,
        now_s: Seconds,
        counters: Counters,
        offsets: impl Iterator<Item = (u64, u64)>,
    ) -> (Seconds, Sight<'_>) {
        if self.next_look_s == f64::INFINITY && self.taken.is_empty() {
            (self.present.at_s, self.present.sight) = (now_s, self.sight(now_s, counters));
            self.present.partitions.clear();
            self.present.partitions.extend(offsets.map(partition));
            return self.present.shown();
        }
        // A sample that is due at the limit has its time by another sum.
        let limit_s = (now_s - self.age_s) + 1e-9 * self.span_s;
        while self.taken.get(1).is_some_and(|look| look.at_s <= limit_s) {
            self.taken.pop_front();
        }
        self.taken[0].shown()
    }

    fn sight(&mut self, now_s: Seconds, counters: Counters) -> Sight<'static> {
        let published = counters.published as f64 - self.stock;
        let flow = Flow { at_s: now_s, published, delivered: counters.delivered as f64 };
        let (publish_per_s, deliver_per_s) = self.rates(flow);
        let slots = f64::from(counters.slots);
        Sight {
            ready: counters.ready as f64,
            unacked: counters.unacked as f64,
            delayed: counters.delayed as f64,
            publish_per_s,
            deliver_per_s,
            oldest_age_s: counters.oldest_s.map_or(0.0, |oldest_s| now_s - oldest_s),
            utilization: if slots > 0.0 { f64::from(counters.busy) / slots } else { 0.0 },
            partitions: &[],
        }
    }

    /// Rates since the last look that is at least a span ago; before the first one, at a steady pace.
    fn rates(&mut self, now: Flow) -> (PerSecond, PerSecond) {
        let limit_s = now.at_s - self.span_s * (1.0 - 1e-9);
        while self.flows.len() > 1 && self.flows[1].at_s <= limit_s {
            self.flows.pop_front();
        }
        let mut from = self.flows[0];
        if from.at_s < 0.0 {
            // Between -span and 0 messages came and went evenly.
            let share = limit_s / from.at_s;
            from = Flow { at_s: limit_s, published: share * from.published, delivered: share * from.delivered };
        }
        if now.at_s > self.flows[self.flows.len() - 1].at_s {
            self.flows.push_back(now);
        }
        let length_s = now.at_s - from.at_s;
        // What a rebalance takes back counts as not delivered.
        let delivered = (now.delivered - from.delivered).max(0.0);
        ((now.published - from.published) / length_s, delivered / length_s)
    }
}

/// A partition from what entered it and what left it. Whoever consumes at t = 0 has committed before.
fn partition((end, committed): (u64, u64)) -> Partition {
    Partition { end: end as f64, committed: Some(committed as f64) }
}

/// Messages per second that are published to a queue at t = 0; of recordings, over the first `span_s` seconds.
fn rate_at_start(model: &Model, queue: QueueId, span_s: Seconds) -> PerSecond {
    let rates = model.producers_of(queue).map(|producer| {
        let published = match &producer.arrivals {
            Arrivals::Process { rate, .. } => rate.at(0.0),
            Arrivals::Recorded(rows) => rows.partition_point(|row| row.published_s < span_s) as f64 / span_s,
        };
        published * model.share_of(producer.to, queue)
    });
    rates.sum()
}
