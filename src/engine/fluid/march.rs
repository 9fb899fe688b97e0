//! One queue from t = 0 to the horizon and beyond: P(t) and C(t) put into the equation, decision by decision where its
//! replicas are scaled.
//!
//! Not here: the equation (`integrate`), and what is told about the path (`answer`).

use super::answer::FluidGroup;
use super::curve::Curve;
use super::integrate::Integrator;
use super::shape::Shape;
use super::sight::Past;
use super::steering::Steering;
use super::trajectory::{Excess, Trajectory};
use super::unanswered::Unanswered;
use super::{inflow, outflow};
use crate::model::{Arrivals, Model, Overflow, Queue, QueueId, Rate};
use crate::units::{Messages, Seconds};

/// Horizons after which a backlog that is left counts as never taken, while rates still change.
const PATIENCE: f64 = 1000.0;

/// A queue's path and, if its group is scaled, what became of the replicas.
pub struct Solved {
    pub path: Trajectory,
    pub group: Option<FluidGroup>,
}

/// The path of one queue.
///
/// # Errors
///
/// What has no exact answer: see [`Unanswered`].
pub fn solve(model: &Model, queue: QueueId) -> Result<Solved, Unanswered> {
    let delivery_delay_s = inflow::delivery_delay_s(model, queue)?;
    let mut march =
        March { model, queue, delivery_delay_s, integrator: integrator(model, queue), initial: 0.0, now_s: 0.0 };
    march.initial = march.integrator.backlog;
    let until_s = model.horizon_s + delivery_delay_s;
    let group = match Steering::new(model, queue)? {
        None => {
            let out = outflow::outflow(model, queue, 0.0, until_s)?;
            march.integrator.run(&march.deliverable(0.0, until_s)?, &out)?;
            march.drain(until_s);
            None
        }
        Some(mut steering) => {
            march.steer(&mut steering, until_s, None)?;
            if march.integrator.backlog > 0.0 {
                let goal = march.removed() + march.integrator.backlog;
                march.steer(&mut steering, until_s + model.horizon_s, Some(goal))?;
            }
            Some(steering.answer(model.warmup_s, model.horizon_s))
        }
    };
    let (pieces, end) = (march.integrator.pieces, march.integrator.totals);
    let (initial, horizon_s, excess) = (march.initial, model.horizon_s, excess(&model.queues[queue]));
    Ok(Solved { path: Trajectory { pieces, initial, horizon_s, delivery_delay_s, excess, end }, group })
}

fn integrator(model: &Model, queue: QueueId) -> Integrator {
    let settings = &model.queues[queue];
    let limit = outflow::limit(model, queue);
    Integrator::new(settings.initial as f64, settings.capacity.map(|capacity| capacity as f64), limit)
}

/// A queue on its way.
struct March<'m> {
    model: &'m Model,
    queue: QueueId,
    delivery_delay_s: Seconds,
    integrator: Integrator,
    /// M at t = 0.
    initial: Messages,
    now_s: Seconds,
}

impl March<'_> {
    /// What becomes deliverable per second on `[a, b]`.
    fn deliverable(&self, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
        let (delay_s, model) = (self.delivery_delay_s, self.model);
        let published = inflow::publish_rate(model, self.queue, (a - delay_s).max(0.0), b - delay_s)?;
        Ok(published.shifted(delay_s).preceded_by_zero(a))
    }

    /// What left the head of the queue.
    fn removed(&self) -> Messages {
        let totals = self.integrator.totals;
        totals.served + if self.is_pushed() { totals.lost } else { 0.0 }
    }

    /// Whether later arrivals push earlier ones out.
    fn is_pushed(&self) -> bool {
        let settings = &self.model.queues[self.queue];
        settings.capacity.is_some() && excess(settings) == Excess::Oldest
    }

    /// Goes on to `until_s`, or until so much has left the queue, deciding whenever it is time.
    fn steer(
        &mut self,
        steering: &mut Steering<'_>,
        until_s: Seconds,
        goal: Option<Messages>,
    ) -> Result<(), Unanswered> {
        let deliverable = self.deliverable(self.now_s, until_s)?;
        let published = inflow::publish_rate(self.model, self.queue, 0.0, until_s)?;
        let rate_at_start = inflow::rate_at_start(self.model, self.queue, steering.span_s());
        while self.now_s < until_s && goal.is_none_or(|goal| self.integrator.backlog > 0.0 && self.removed() < goal) {
            let past = Past {
                pieces: &self.integrator.pieces,
                initial: self.initial,
                excess: excess(&self.model.queues[self.queue]),
                published: &published,
                delivery_delay_s: self.delivery_delay_s,
                rate_at_start,
            };
            steering.decide(self.now_s, &past);
            let next_s = steering.next_decision_s().min(until_s);
            let slots = steering.slots(self.now_s, next_s)?;
            self.integrator.go_on(&deliverable.between(self.now_s, next_s), &slots)?;
            self.now_s = next_s;
        }
        Ok(())
    }

    /// Goes on beyond the horizon until what was published by then is gone. Later arrivals matter only where they push
    /// earlier ones out.
    fn drain(&mut self, mut from_s: Seconds) {
        let goal = self.removed() + self.integrator.backlog;
        let mut length_s = self.model.horizon_s;
        while self.integrator.backlog > 0.0 && self.removed() < goal && length_s < f64::MAX / 8.0 {
            let until_s = from_s + length_s;
            if until_s > PATIENCE * self.model.horizon_s && !self.is_calm(from_s) {
                return;
            }
            let inflow = if self.is_pushed() {
                self.deliverable(from_s, until_s)
            } else {
                Ok(Curve::constant(0.0, from_s, until_s))
            };
            let out = outflow::outflow(self.model, self.queue, from_s, until_s);
            let (Ok(inflow), Ok(out)) = (inflow, out) else { return };
            if self.integrator.run(&inflow, &out).is_err() {
                return;
            }
            from_s = until_s;
            length_s *= 2.0;
        }
    }

    /// Whether the rates that matter go on forever from `t` on without a swing or a jump.
    fn is_calm(&self, t: Seconds) -> bool {
        let is_calm = |rate: &Rate| {
            let piece = rate.piece(t);
            piece.until_s == f64::INFINITY && Shape::of_piece(&piece).cycles(0.0, 1.0) == 0.0
        };
        let arrivals_are_calm = |arrivals: &Arrivals| match arrivals {
            Arrivals::Process { rate, .. } => is_calm(rate),
            Arrivals::Recorded(messages) => messages.last().is_none_or(|last| last.published_s < t),
        };
        let (model, queue) = (self.model, self.queue);
        model.groups_of(queue).all(|group| group.speed.as_ref().is_none_or(is_calm))
            && (!self.is_pushed() || model.producers_of(queue).all(|producer| arrivals_are_calm(&producer.arrivals)))
    }
}

fn excess(queue: &Queue) -> Excess {
    match queue.overflow {
        Overflow::Reject | Overflow::Block => Excess::Newest,
        Overflow::DropHead => Excess::Oldest,
    }
}
