//! From a queue to everything that is said about it: the law at the ends of the intervals, and averages over time and
//! over arrivals. Not here: the law itself (`course`).

use super::answer::{TransientQueue, TransientSeries};
use super::classify::{Law, classify};
use super::course::{Course, Passed};
use super::question::{Effort, Question, TooMuchWork};
use super::setting::MarkovQueue;
use super::waits::Waits;
use super::window::Window;
use crate::model::{Model, QueueId};
use crate::units::Seconds;

/// The exact law of every queue of a model, in the model's order. Where there is none, everything is `None` and
/// `why_not` says why.
pub fn solve(model: &Model, effort: Effort) -> Vec<TransientQueue> {
    (0..model.queues.len()).map(|queue| solve_queue(model, queue, effort)).collect()
}

/// The exact law of one queue, averages over `[warmup, horizon]`, described at the ends of the model's intervals.
pub fn solve_queue(model: &Model, queue: QueueId, effort: Effort) -> TransientQueue {
    let name = model.queues[queue].name.clone();
    let question = Question { from_s: model.warmup_s, ends_s: model.interval_ends_s() };
    let answer = classify(model, queue).and_then(|Law { queue, order_is_known }| {
        let answer = law(&queue, &question, effort).map_err(|error| error.to_string())?;
        Ok(if order_is_known { answer } else { without_waits(answer, "a full queue drops its oldest message") })
    });
    let answer = answer.unwrap_or_else(|why_not| TransientQueue { why_not: Some(why_not), ..Default::default() });
    TransientQueue { name, ..answer }
}

/// The exact law of `queue` at the instants of `question`, and its averages over `[from_s, last end]`.
///
/// # Errors
/// [`TooMuchWork`] when more than `effort` allows would be needed.
///
/// # Panics
/// If the question has no end.
pub fn law(queue: &MarkovQueue, question: &Question, effort: Effort) -> Result<TransientQueue, TooMuchWork> {
    let end_s = *question.ends_s.last().expect("a question has at least one end");
    let mut course = Course::new(queue, end_s, effort);
    let mut averages = Averages::new(queue);
    let mut series = TransientSeries::default();
    let mut begun = question.from_s <= 0.0;
    for row_s in &question.ends_s {
        if !begun && question.from_s <= *row_s {
            course.go_to(question.from_s, &mut |_| {})?;
            begun = true;
        }
        course.go_to(*row_s, &mut |passed| {
            if begun {
                averages.add(&passed);
            }
        })?;
        describe(queue, &course.window, *row_s, &mut series);
    }
    let (error, mean_error) = course.errors();
    let answer = averages.answer(queue, question.from_s, end_s);
    let (max_mean_depth, max_at_s) =
        series.depth_mean.iter().zip(&series.time_s).fold((queue.initial as f64, 0.0), |largest, (mean, time_s)| {
            if *mean > largest.0 { (*mean, *time_s) } else { largest }
        });
    Ok(TransientQueue {
        model: Some(queue.name(end_s)),
        max_mean_depth: Some(max_mean_depth),
        max_at_s: Some(max_at_s),
        error: Some(error),
        mean_error: Some(mean_error),
        series,
        ..answer
    })
}

/// Adds a row of what the law is at `row_s`.
fn describe(queue: &MarkovQueue, window: &Window, row_s: Seconds, series: &mut TransientSeries) {
    let slots = queue.slots_at(row_s.next_down());
    let c = slots as f64;
    let mean: f64 = window.states().map(|(n, mass)| n * mass).sum();
    let variance: f64 = window.states().map(|(n, mass)| (n - mean).powi(2) * mass).sum();
    let ready: f64 = window.states().map(|(n, mass)| (n - c).max(0.0) * mass).sum();
    let busy: f64 = window.states().filter(|(n, _)| *n >= c).map(|(_, mass)| mass).sum();
    let ahead: f64 = window.states().map(|(n, mass)| (n - c + 1.0).max(0.0) * mass).sum();
    let low = window.low;
    let level = |share: f64| low as f64 + quantile(&window.mass, share) as f64;
    series.time_s.push(row_s);
    series.depth_mean.push(mean);
    series.depth_deviation.push(variance.max(0.0).sqrt());
    series.depth_p05.push(level(0.05));
    series.depth_p50.push(level(0.5));
    series.depth_p95.push(level(0.95));
    series.depth_p99.push(level(0.99));
    series.ready_mean.push(ready);
    series.delay_probability.push(busy.clamp(0.0, 1.0));
    series.empty_probability.push(if low == 0 { window.mass[0].clamp(0.0, 1.0) } else { 0.0 });
    let service_per_s = queue.service_at(row_s) * c;
    let has_wait = queue.patience_per_s == 0.0 && queue.is_constant_after(row_s) && service_per_s > 0.0;
    // Of a limited room an arrival may find no place: then it does not wait but goes.
    let has_wait = has_wait && queue.room.is_none();
    series.virtual_wait_mean_s.push(has_wait.then(|| ahead / service_per_s));
}

/// The first place up to which at least `share` of all lies.
fn quantile(weights: &[f64], share: f64) -> usize {
    let goal = share * weights.iter().sum::<f64>();
    let mut sum = 0.0;
    let reached = weights.iter().position(|weight| {
        sum += weight;
        sum >= goal
    });
    reached.unwrap_or(weights.len().saturating_sub(1))
}

/// Integrals over time and over arrivals.
struct Averages {
    room: Option<u64>,
    /// Seconds in each state.
    time: Vec<f64>,
    /// Arrivals that found each state.
    found: Vec<f64>,
    ready: f64,
    arrived: f64,
    waited: f64,
    refused: f64,
}

impl Averages {
    fn new(queue: &MarkovQueue) -> Self {
        let (time, found) = (Vec::new(), Vec::new());
        Averages { room: queue.room, time, found, ready: 0.0, arrived: 0.0, waited: 0.0, refused: 0.0 }
    }

    fn add(&mut self, passed: &Passed) {
        let states = passed.step.time.len() - 2;
        let end = passed.low as usize + states;
        if self.time.len() < end {
            self.time.resize(end, 0.0);
            self.found.resize(end, 0.0);
        }
        let full = self.room.map(|room| room + passed.slots);
        for place in 0..states {
            let n = passed.low + place as u64;
            let (time, found) = (passed.step.time[place + 1] * passed.length_s, passed.step.arrivals[place + 1]);
            self.time[n as usize] += time;
            self.arrived += found;
            self.ready += time * n.saturating_sub(passed.slots) as f64;
            if full.is_some_and(|full| n >= full) {
                self.refused += found;
            } else {
                self.found[n as usize] += found;
                self.waited += if n >= passed.slots { found } else { 0.0 };
            }
        }
    }

    /// Refused and expired messages per arrival.
    fn loss(&self, queue: &MarkovQueue) -> Option<f64> {
        let expired = queue.patience_per_s * self.ready;
        // Of a backlog at the begin nobody knows which of the expired messages came later.
        let is_known = self.arrived > 0.0 && (expired == 0.0 || queue.initial == 0);
        is_known.then(|| ((self.refused + expired) / self.arrived).clamp(0.0, 1.0))
    }

    /// The part of the answer that these integrals are.
    fn answer(&self, queue: &MarkovQueue, from_s: Seconds, end_s: Seconds) -> TransientQueue {
        let span_s = end_s - from_s;
        let depth: f64 = self.time.iter().enumerate().map(|(n, time)| n as f64 * time).sum();
        let level = |share: f64| Some(quantile(&self.time, share) as f64);
        let taken = self.arrived - self.refused;
        let base = TransientQueue {
            depth_mean: Some(depth / span_s),
            depth_p50: level(0.5),
            depth_p95: level(0.95),
            depth_p99: level(0.99),
            ready_mean: Some(self.ready / span_s),
            wait_probability: (taken > 0.0).then(|| (self.waited / taken).clamp(0.0, 1.0)),
            loss: self.loss(queue),
            ..Default::default()
        };
        let reason = if queue.patience_per_s > 0.0 {
            Some("waits of messages that may expire are not those of a plain queue")
        } else if !queue.is_constant_after(0.0) {
            Some("the waits of messages that see slots or their speed change are not known from what they find")
        } else {
            None
        };
        let waits = Waits::new(&self.found, queue.slots_at(0.0), queue.service_at(0.0)).filter(|_| reason.is_none());
        if let Some(waits) = waits {
            return TransientQueue {
                wait_mean_s: Some(waits.mean_s()),
                wait_p95_s: Some(waits.quantile_s(0.95)),
                wait_p99_s: Some(waits.quantile_s(0.99)),
                ..base
            };
        }
        let why_not = reason.unwrap_or("nothing arrives, or nothing is served");
        TransientQueue { why_not: Some(why_not.to_owned()), ..base }
    }
}

/// The answer without what depends on who leaves first.
fn without_waits(answer: TransientQueue, why_not: &str) -> TransientQueue {
    TransientQueue {
        wait_probability: None,
        wait_mean_s: None,
        wait_p95_s: None,
        wait_p99_s: None,
        why_not: Some(why_not.to_owned()),
        ..answer
    }
}
