//! P(t): what is published to a queue per second.
//!
//! Not here: the randomness of arrivals, which the equation does not know, and the delay before delivery.

use super::curve::Curve;
use super::network::Feed;
use super::unanswered::Unanswered;
use crate::model::{Arrivals, Distribution, Model, Producer, QueueId, RecordedMessage};
use crate::units::{Messages, PerSecond, Seconds};

/// What is published to one queue.
#[derive(Clone, Debug)]
pub struct Inflow<'m> {
    model: &'m Model,
    queue: QueueId,
    feed: Option<Feed>,
    part: Part,
}

/// Which of a queue's messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// All of them.
    All,
    /// Those up to this level of priority, with the share of each level among those without a level of their own.
    Levels(usize, Vec<f64>),
    /// This share of them.
    Share(f64),
}

impl Part {
    /// Share of the messages with this priority.
    fn of(&self, priority: Option<u32>) -> f64 {
        match self {
            Part::All => 1.0,
            Part::Share(share) => *share,
            Part::Levels(level, shares) => match priority {
                Some(priority) => f64::from(u8::from((priority as usize).min(shares.len() - 1) <= *level)),
                None if level + 1 == shares.len() => 1.0,
                None => shares[..=*level].iter().sum(),
            },
        }
    }
}

impl<'m> Inflow<'m> {
    /// What producers publish to a queue, and other queues pass on to it.
    pub fn new(model: &'m Model, queue: QueueId, feed: Option<Feed>) -> Self {
        Self { model, queue, feed, part: Part::All }
    }

    /// The same for a part of the messages.
    pub fn part(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// Messages that are there at t = 0.
    pub fn initial(&self) -> Messages {
        (self.model.queues[self.queue].initial as f64 + self.at_start()) * self.part.of(None)
    }

    /// Whether other queues pass messages on to it: that is known up to the horizon only.
    pub fn is_fed(&self) -> bool {
        self.feed.is_some()
    }

    /// Messages that other queues pass on at t = 0.
    fn at_start(&self) -> Messages {
        self.feed.as_ref().map_or(0.0, |feed| feed.at_start)
    }

    /// P(t) on `[a, b]`: the sum of the producers' rates and of what other queues pass on. Nothing is published before
    /// t = 0.
    ///
    /// # Errors
    ///
    /// A rate that changes too often, or what is fed after the horizon.
    pub fn rate(&self, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
        let (model, queue) = (self.model, self.queue);
        let curve = |producer: &Producer| {
            let published = match &producer.arrivals {
                Arrivals::Process { rate, .. } => Curve::of_rate(rate, a, b),
                Arrivals::Recorded(messages) => counts(model, messages, a, b),
            };
            Ok(published?.scaled(model.share_of(producer.to, queue) * self.part.of(producer.priority)))
        };
        let mut curves = model.producers_of(queue).map(curve).collect::<Result<Vec<_>, Unanswered>>()?;
        if let Some(feed) = &self.feed {
            if b > model.horizon_s {
                return Err(Unanswered::BeyondHorizon);
            }
            curves.push(feed.rate.between(a, b).scaled(self.part.of(None)));
        }
        Ok(Curve::sum(&curves, a, b))
    }
}

/// Messages per second that are published to a queue at t = 0; of recordings, over the first `span_s` seconds.
pub fn rate_at_start(model: &Model, queue: QueueId, span_s: Seconds) -> PerSecond {
    let rates = model.producers_of(queue).map(|producer| {
        let published = match &producer.arrivals {
            Arrivals::Process { rate, .. } => rate.at(0.0),
            Arrivals::Recorded(rows) => rows.partition_point(|row| row.published_s < span_s) as f64 / span_s,
        };
        published * model.share_of(producer.to, queue)
    });
    rates.sum()
}

/// The constant delivery delay of a queue, 0 without one.
///
/// # Errors
///
/// [`Unanswered::RandomDelay`].
pub fn delivery_delay_s(model: &Model, queue: QueueId) -> Result<Seconds, Unanswered> {
    match &model.queues[queue].delivery_delay {
        None => Ok(0.0),
        Some(delay) => constant_s(delay).ok_or(Unanswered::RandomDelay),
    }
}

/// The value of a distribution that has only one.
pub fn constant_s(distribution: &Distribution) -> Option<Seconds> {
    match distribution {
        Distribution::Constant(value_s) => Some(*value_s),
        Distribution::Uniform { low_s, high_s } if low_s == high_s => Some(*low_s),
        Distribution::Lognormal { mu, sigma } if *sigma == 0.0 => Some(mu.exp()),
        Distribution::Empirical(values_s) if values_s.first() == values_s.last() => values_s.first().copied(),
        _ => None,
    }
}

/// The count of a recording in each interval of the time series, divided by the interval's length; beyond the horizon
/// the intervals go on.
fn counts(model: &Model, messages: &[RecordedMessage], a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
    let mut ends_s = model.interval_ends_s();
    let beyond = ((b - model.horizon_s) / model.resolution_s).ceil().max(0.0);
    super::curve::affordable(ends_s.len() as f64 + beyond)?;
    ends_s.extend((1..=beyond as usize).map(|k| model.horizon_s + k as f64 * model.resolution_s));
    let mut steps = Vec::with_capacity(ends_s.len());
    let (mut from_s, mut counted) = (0.0, 0);
    for end_s in ends_s {
        let until = counted + messages[counted..].partition_point(|message| message.published_s < end_s);
        steps.push((from_s, (until - counted) as f64 / (end_s - from_s)));
        (from_s, counted) = (end_s, until);
    }
    Ok(Curve::of_steps(&steps, a, b))
}
