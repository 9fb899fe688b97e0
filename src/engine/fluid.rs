//! The fluid engine: dM/dt = P(t) − C(t) with 0 ≤ M ≤ capacity, integrated exactly.
//!
//! M is what *waits*: messages are a fluid, work in service is not in M. There is no time step: between breakpoints
//! every rate has a closed form (`shape`), the instants at which the queue fills, empties or overflows are located as
//! roots, and FIFO delays come from the cumulative curves, A(s) = D(s + d). What has no exact answer has none, and says
//! why. Not here: randomness; the fluid is what remains when all rates are large.

mod answer;
mod course;
mod curve;
mod delay;
mod inflow;
mod integrate;
mod outflow;
mod phi;
mod roots;
mod shape;
mod trajectory;
mod unanswered;

pub use answer::FluidQueue;
pub use course::{Course, CourseRates};
pub use shape::Shape;
pub use trajectory::{Excess, Piece, Regime, Totals, Trajectory};
pub use unanswered::Unanswered;

use crate::model::{Arrivals, Model, Overflow, Queue, QueueId, Rate};
use crate::units::Seconds;
use curve::Curve;
use integrate::Integrator;

/// Horizons after which a backlog that is left counts as never taken, while rates still change.
const PATIENCE: f64 = 1000.0;

/// Answers every queue of the model, in order.
///
/// Exact up to rounding. A queue whose question has no exact answer has `None` everywhere and the reason in `why_not`;
/// so has a single number that does not exist (a backlog that does not drain has no drain time).
pub fn integrate(model: &Model) -> Vec<FluidQueue> {
    let ends_s = model.interval_ends_s();
    let answer = |queue: QueueId| {
        answer(model, queue, &ends_s).unwrap_or_else(|why_not| FluidQueue {
            name: model.queues[queue].name.clone(),
            why_not: Some(why_not.to_string()),
            ..FluidQueue::default()
        })
    };
    (0..model.queues.len()).map(answer).collect()
}

/// The path of one queue's backlog, from t = 0 to the horizon and on until everything published by then is gone, or
/// has not gone for a thousand horizons.
///
/// # Errors
///
/// What has no exact answer: see [`Unanswered`].
pub fn trajectory(model: &Model, queue: QueueId) -> Result<Trajectory, Unanswered> {
    let settings = &model.queues[queue];
    let delivery_delay_s = inflow::delivery_delay_s(model, queue)?;
    let until_s = model.horizon_s + delivery_delay_s;
    let out = outflow::outflow(model, queue, 0.0, until_s)?;
    let capacity = settings.capacity.map(|capacity| capacity as f64);
    let mut integrator = Integrator::new(settings.initial as f64, capacity, out.limit);
    let initial = integrator.backlog;
    let deliverable = |a: Seconds, b: Seconds| {
        let published = inflow::publish_rate(model, queue, (a - delivery_delay_s).max(0.0), b - delivery_delay_s)?;
        Ok::<_, Unanswered>(published.shifted(delivery_delay_s).preceded_by_zero(a))
    };
    integrator.run(&deliverable(0.0, until_s)?, &out.slots)?;
    drain(model, queue, &mut integrator, until_s, deliverable);
    let excess = excess(settings);
    let (pieces, end) = (integrator.pieces, integrator.totals);
    Ok(Trajectory { pieces, initial, horizon_s: model.horizon_s, delivery_delay_s, excess, end })
}

/// Goes on beyond the horizon until what was published by then is gone. Later arrivals matter only where they push
/// earlier ones out.
fn drain(
    model: &Model,
    queue: QueueId,
    integrator: &mut Integrator,
    mut from_s: Seconds,
    deliverable: impl Fn(Seconds, Seconds) -> Result<Curve, Unanswered>,
) {
    let settings = &model.queues[queue];
    let is_pushed = settings.capacity.is_some() && excess(settings) == Excess::Oldest;
    let removed = |at: &Integrator| at.totals.served + if is_pushed { at.totals.lost } else { 0.0 };
    let goal = removed(integrator) + integrator.backlog;
    let mut length_s = model.horizon_s;
    while integrator.backlog > 0.0 && removed(integrator) < goal && length_s < f64::MAX / 8.0 {
        let until_s = from_s + length_s;
        if until_s > PATIENCE * model.horizon_s && !is_calm(model, queue, from_s, is_pushed) {
            return;
        }
        let inflow = if is_pushed { deliverable(from_s, until_s) } else { Ok(Curve::constant(0.0, from_s, until_s)) };
        let (Ok(inflow), Ok(out)) = (inflow, outflow::outflow(model, queue, from_s, until_s)) else { return };
        if integrator.run(&inflow, &out.slots).is_err() {
            return;
        }
        from_s = until_s;
        length_s *= 2.0;
    }
}

/// Whether the rates that matter go on forever from `t` on without a swing or a jump.
fn is_calm(model: &Model, queue: QueueId, t: Seconds, with_arrivals: bool) -> bool {
    let is_calm = |rate: &Rate| {
        let piece = rate.piece(t);
        piece.until_s == f64::INFINITY && Shape::of_piece(&piece).cycles(0.0, 1.0) == 0.0
    };
    let arrivals_are_calm = |arrivals: &Arrivals| match arrivals {
        Arrivals::Process { rate, .. } => is_calm(rate),
        Arrivals::Recorded(messages) => messages.last().is_none_or(|last| last.published_s < t),
    };
    model.groups_of(queue).all(|group| group.speed.as_ref().is_none_or(is_calm))
        && (!with_arrivals || model.producers_of(queue).all(|producer| arrivals_are_calm(&producer.arrivals)))
}

fn excess(queue: &Queue) -> Excess {
    match queue.overflow {
        Overflow::Reject | Overflow::Block => Excess::Newest,
        Overflow::DropHead => Excess::Oldest,
    }
}

/// Everything about one queue.
fn answer(model: &Model, queue: QueueId, ends_s: &[Seconds]) -> Result<FluidQueue, Unanswered> {
    let path = trajectory(model, queue)?;
    let (max_backlog, max_at_s) = path.peak();
    let totals = path.totals_at(model.horizon_s);
    let drained_at_s = path.drained_at_s();
    let max_delay_s = path.max_delay_s();
    let mut reasons = Vec::new();
    if drained_at_s.is_none() {
        reasons.push(format!("{} messages still wait at the horizon", shown(path.backlog_at(model.horizon_s))));
    }
    if max_delay_s.is_none() {
        reasons.push(
            "some messages published by the horizon are never taken, or not within a thousand horizons".to_string(),
        );
    }
    let published = inflow::publish_rate(model, queue, 0.0, model.horizon_s)?;
    let capacity = path.within_horizon().map(|piece| (piece.from_s, piece.capacity.clone())).collect();
    Ok(FluidQueue {
        name: model.queues[queue].name.clone(),
        max_backlog: Some(max_backlog),
        max_at_s: Some(max_at_s),
        drained_at_s,
        max_delay_s,
        backlog_area: Some(totals.area),
        lost: Some(totals.lost),
        why_not: (!reasons.is_empty()).then(|| reasons.join("; ")),
        backlog: ends_s.iter().map(|end_s| path.backlog_at(*end_s)).collect(),
        delay_s: ends_s.iter().map(|end_s| path.delay_at(*end_s)).collect(),
        publish_rate: means(&published, ends_s),
        capacity_rate: means(&Curve::new(capacity, model.horizon_s), ends_s),
        course: Some(Course::of(model, queue, &path)),
    })
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
