//! The fluid engine: dM/dt = P(t) − C(t) with 0 ≤ M ≤ capacity, integrated exactly.
//!
//! M is what *waits*: messages are a fluid, work in service is not in M. There is no time step: between breakpoints
//! every rate has a closed form (`shape`), the instants at which the queue fills, empties or overflows are located as
//! roots, and FIFO delays come from the cumulative curves, A(s) = D(s + d). Where replicas are scaled, the strategies
//! decide along the path (`steering`). What has no exact answer has none, and says why. Not here: randomness; the fluid
//! is what remains when all rates are large.

mod answer;
mod course;
mod crew;
mod curve;
mod delay;
mod effort;
mod fate;
mod inflow;
mod integrate;
mod march;
mod network;
mod obstacles;
mod outflow;
mod parts;
mod phi;
mod roots;
mod shape;
mod sight;
mod steering;
mod trajectory;
mod unanswered;

pub use answer::{FluidGroup, FluidQueue};
pub use course::{Course, CourseRates};
pub use shape::Shape;
pub use trajectory::{Excess, Piece, Regime, Totals, Trajectory};
pub use unanswered::Unanswered;

use crate::model::{Model, QueueId};
use crate::units::Seconds;
use curve::Curve;
use march::Solved;
use network::Network;

/// Answers every queue of the model, in order.
///
/// Exact up to rounding. A queue whose question has no exact answer has `None` everywhere and the reason in `why_not`;
/// so has a single number that does not exist (a backlog that does not drain has no drain time).
pub fn integrate(model: &Model) -> Vec<FluidQueue> {
    let ends_s = model.interval_ends_s();
    let mut network = Network::new(model);
    let mut answer = |queue: QueueId| {
        let solved = network.solve(queue);
        solved.map_or_else(
            |why_not| FluidQueue {
                name: model.queues[queue].name.clone(),
                why_not: Some(why_not.to_string()),
                ..FluidQueue::default()
            },
            |solved| answer(model, queue, solved, &ends_s),
        )
    };
    (0..model.queues.len()).map(&mut answer).collect()
}

/// The path of one queue's backlog, from t = 0 to the horizon and on until everything published by then is gone, or
/// has not gone for a thousand horizons (for one more horizon where replicas are scaled).
///
/// # Errors
///
/// What has no exact answer: see [`Unanswered`].
pub fn trajectory(model: &Model, queue: QueueId) -> Result<Trajectory, Unanswered> {
    Network::new(model).solve(queue).map(|solved| solved.path.clone())
}

/// Everything about one queue.
fn answer(model: &Model, queue: QueueId, solved: &Solved, ends_s: &[Seconds]) -> FluidQueue {
    let Solved { path, parts, group, published, fate, .. } = solved;
    let (max_backlog, max_at_s) = path.peak();
    let totals = path.totals_at(model.horizon_s);
    let drained_at_s = path.drained_at_s();
    let max_delay_s = solved.longest(Trajectory::max_delay_s);
    let mut reasons = Vec::new();
    if drained_at_s.is_none() {
        reasons.push(format!("{} messages still wait at the horizon", shown(path.backlog_at(model.horizon_s))));
    }
    if max_delay_s.is_none() {
        let is_short = group.is_some() || !parts.is_empty();
        let patience = if is_short { "another horizon" } else { "a thousand horizons" };
        reasons.push(format!("some messages published by the horizon are never taken, or not within {patience}"));
    }
    let given_up = totals.served * fate.dead;
    let goes_on = model.queues[queue].dead_letter.is_some();
    let (dead, dropped) = (totals.lost + given_up, totals.served * fate.dropped);
    let capacity = path.within_horizon().map(|piece| (piece.from_s, piece.capacity.clone())).collect();
    FluidQueue {
        name: model.queues[queue].name.clone(),
        max_backlog: Some(max_backlog),
        max_at_s: Some(max_at_s),
        drained_at_s,
        max_delay_s,
        backlog_area: Some(totals.area),
        lost: Some(dropped + if goes_on { 0.0 } else { dead }),
        dead_lettered: goes_on.then_some(dead),
        why_not: (!reasons.is_empty()).then(|| reasons.join("; ")),
        backlog: ends_s.iter().map(|end_s| path.backlog_at(*end_s)).collect(),
        delay_s: ends_s.iter().map(|end_s| solved.longest(|path| path.delay_at(*end_s))).collect(),
        publish_rate: means(published, ends_s),
        capacity_rate: means(solved.capacity.as_ref().unwrap_or(&Curve::new(capacity, model.horizon_s)), ends_s),
        course: Some(Course::of(model, queue, solved)),
        groups: group.clone().into_iter().collect(),
    }
}

/// Whole messages while there are many, three decimals at most otherwise.
fn shown(messages: f64) -> String {
    if messages >= 100.0 { format!("{messages:.0}") } else { format!("{}", (messages * 1e3).round() / 1e3) }
}

/// Mean of the curve over each interval.
fn means(curve: &Curve, ends_s: &[Seconds]) -> Vec<f64> {
    let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
    let widths_s = ends_s.iter().zip(begins_s).map(|(end_s, begin_s)| end_s - begin_s);
    curve.integrals(ends_s).into_iter().zip(widths_s).map(|(total, width_s)| total / width_s).collect()
}
