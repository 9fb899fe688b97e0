//! One queue from t = 0 to the horizon and beyond: P(t) and C(t) put into the equation, decision by decision where its
//! replicas are scaled.
//!
//! Not here: the equation (`integrate`), and what is told about the path (`answer`).

use super::answer::FluidGroup;
use super::curve::Curve;
use super::fate::Fate;
use super::inflow::Inflow;
use super::integrate::{Integrator, Rates};
use super::network::{Feed, Output};
use super::obstacles::{self, Expiry};
use super::parts::{self, Parted};
use super::shape::Shape;
use super::sight::Past;
use super::steering::Steering;
use super::trajectory::{Excess, Trajectory};
use super::unanswered::Unanswered;
use super::{inflow, outflow};
use crate::model::{Arrivals, Model, Order, Overflow, Queue, QueueId, Rate};
use crate::units::{Messages, Seconds};

/// Horizons after which a backlog that is left counts as never taken, while rates still change.
const PATIENCE: f64 = 1000.0;

/// A queue's path, what it passes on and, if its group is scaled, what became of the replicas.
pub struct Solved {
    pub path: Trajectory,
    pub output: Output,
    pub fate: Fate,
    pub group: Option<FluidGroup>,
    /// Levels or partitions, each with its own delays; empty for a queue that is one fluid.
    pub parts: Vec<Trajectory>,
    /// C(t), where the path does not tell.
    pub capacity: Option<Curve>,
    /// P(t) up to the horizon.
    pub published: Curve,
    /// Whether other queues pass messages on to it.
    pub is_fed: bool,
}

impl Solved {
    /// The longest of its parts' delays: of what stands worst; `None` where that is never taken.
    pub fn longest(&self, delay_s: impl Fn(&Trajectory) -> Option<Seconds>) -> Option<Seconds> {
        if self.parts.is_empty() {
            return delay_s(&self.path);
        }
        self.parts.iter().map(delay_s).try_fold(0.0, |longest, delay_s| delay_s.map(|delay_s| delay_s.max(longest)))
    }
}

/// The path of one queue that gets `feed` from others.
///
/// # Errors
///
/// What has no exact answer: see [`Unanswered`].
pub fn solve(model: &Model, queue: QueueId, feed: Option<&Feed>) -> Result<Solved, Unanswered> {
    obstacles::check(model, queue)?;
    let inflow = Inflow::new(model, queue, feed.cloned());
    let (parted, group) = match &model.queues[queue].order {
        Order::Fifo | Order::Groups(_) => {
            let (whole, group) = in_one(model, queue, inflow.clone())?;
            (Parted { whole, parts: Vec::new(), capacity: None }, group)
        }
        Order::Priorities(shares) => (parts::levels(model, queue, shares, feed)?, None),
        Order::Partitions(all) => (parts::partitions(model, queue, *all, feed)?, None),
    };
    let Parted { whole: path, parts, capacity } = parted;
    let settings = &model.queues[queue];
    if settings.overflow == Overflow::Block && settings.capacity.is_some() && path.totals_at(model.horizon_s).lost > 0.0
    {
        return Err(Unanswered::Blocked);
    }
    let fate = common_fate(model, queue)?;
    let output = Output::of(&path, &fate, model.horizon_s);
    let published = inflow.rate(0.0, model.horizon_s)?;
    Ok(Solved { output, path, parts, capacity, fate, group, published, is_fed: feed.is_some() })
}

/// The path of a queue that is one fluid.
fn in_one(model: &Model, queue: QueueId, inflow: Inflow<'_>) -> Result<(Trajectory, Option<FluidGroup>), Unanswered> {
    let mut march = March::new(model, queue, inflow)?;
    let until_s = model.horizon_s + march.delivery_delay_s;
    let group = match Steering::new(model, queue)? {
        None => {
            march.go_with(&outflow::outflow(model, queue, 0.0, until_s)?, 0.0, until_s)?;
            march.drain_with(until_s, |a, b| outflow::outflow(model, queue, a, b));
            None
        }
        Some(mut steering) => {
            march.steer(&mut steering, until_s, None)?;
            if march.integrator.backlog > 0.0 && !march.inflow.is_fed() {
                let goal = march.removed() + march.integrator.backlog;
                march.steer(&mut steering, until_s + model.horizon_s, Some(goal))?;
            }
            Some(steering.answer(model.warmup_s, model.horizon_s))
        }
    };
    Ok((march.path(), group))
}

/// A queue on its way.
pub struct March<'m> {
    model: &'m Model,
    queue: QueueId,
    inflow: Inflow<'m>,
    delivery_delay_s: Seconds,
    expiry: Expiry,
    excess: Excess,
    integrator: Integrator,
    /// M at t = 0, and what did not fit in.
    initial: (Messages, Messages),
    now_s: Seconds,
    /// Whether pieces go on across `now_s` if nothing changes.
    joins: bool,
}

impl<'m> March<'m> {
    /// A queue at t = 0.
    ///
    /// # Errors
    ///
    /// Bounds that have no exact answer together.
    pub fn new(model: &'m Model, queue: QueueId, inflow: Inflow<'m>) -> Result<Self, Unanswered> {
        let delivery_delay_s = inflow::delivery_delay_s(model, queue)?;
        let mut expiry = obstacles::expiry(model, queue, delivery_delay_s)?;
        let (mut capacity, mut excess) = bounds(&model.queues[queue])?;
        let limit = outflow::limit(model, queue);
        if expiry == Expiry::After(0.0) {
            (expiry, capacity, excess) = (Expiry::Never, Some(0.0), Excess::Newest);
        }
        match expiry {
            Expiry::Never => {}
            _ if limit.is_some() => return Err(Unanswered::Bounds("loses what expires, and its starts are limited")),
            Expiry::After(_) if capacity.is_some() && excess == Excess::Newest => {
                return Err(Unanswered::Bounds("refuses what is new and loses what is old"));
            }
            Expiry::After(_) => excess = Excess::Oldest,
            Expiry::Rate(_) if capacity.is_some() => {
                return Err(Unanswered::Bounds("is bounded, and what waits expires at random"));
            }
            Expiry::Rate(_) => {}
        }
        let mut integrator = Integrator::new(inflow.initial(), capacity, limit);
        match expiry {
            Expiry::Never => {}
            Expiry::After(_) => integrator.begin_expiry(),
            Expiry::Rate(per_s) => integrator.set_patience(per_s),
        }
        let initial = (integrator.backlog, integrator.totals.lost);
        Ok(Self {
            model,
            queue,
            inflow,
            delivery_delay_s,
            expiry,
            excess,
            integrator,
            initial,
            now_s: 0.0,
            joins: false,
        })
    }

    /// The path so far.
    pub fn path(self) -> Trajectory {
        let patience = if let Expiry::Rate(per_s) = self.expiry { Some(per_s) } else { None };
        Trajectory {
            initial: self.initial.0,
            horizon_s: self.model.horizon_s,
            delivery_delay_s: self.delivery_delay_s,
            excess: self.excess,
            patience,
            end: self.integrator.totals,
            pieces: self.integrator.pieces,
        }
    }

    /// Goes on from `from_s`, which is now, with what comes and these slots.
    ///
    /// # Errors
    ///
    /// What comes too often, or grows too large.
    pub fn go_with(&mut self, slots: &Curve, from_s: Seconds, until_s: Seconds) -> Result<(), Unanswered> {
        let inflow = self.deliverable(from_s, until_s)?;
        self.go(&inflow, slots, until_s)
    }

    /// Goes on to `until_s` at these rates, which begin now.
    fn go(&mut self, inflow: &Curve, slots: &Curve, until_s: Seconds) -> Result<(), Unanswered> {
        let Expiry::After(after_s) = self.expiry else {
            return self.integrate(Rates { inflow, slots, due: None }, until_s);
        };
        if self.now_s < after_s && after_s <= until_s {
            self.go_expiring(inflow, slots, after_s)?;
            self.integrator.expire(self.initial.0, self.initial.1);
        }
        if self.now_s < until_s { self.go_expiring(inflow, slots, until_s) } else { Ok(()) }
    }

    fn go_expiring(&mut self, inflow: &Curve, slots: &Curve, until_s: Seconds) -> Result<(), Unanswered> {
        let due = self.due(self.now_s, until_s)?;
        let (inflow, slots) = (inflow.between(self.now_s, until_s), slots.between(self.now_s, until_s));
        self.integrate(Rates { inflow: &inflow, slots: &slots, due: Some(&due) }, until_s)
    }

    fn integrate(&mut self, rates: Rates<'_>, until_s: Seconds) -> Result<(), Unanswered> {
        self.now_s = until_s;
        if self.joins { self.integrator.go_on(rates) } else { self.integrator.run(rates) }
    }

    /// What would expire per second on `[a, b]`, if it were still there: what came so long before.
    fn due(&self, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
        let Expiry::After(after_s) = self.expiry else { return Ok(Curve::constant(0.0, a, b)) };
        let known_s = self.model.horizon_s + self.delivery_delay_s;
        let last_s = if self.comes_later() { b - after_s } else { (b - after_s).min(known_s) };
        let first_s = (a - after_s).max(0.0);
        if last_s <= first_s {
            return Ok(Curve::constant(0.0, a, b));
        }
        Ok(self.deliverable(first_s, last_s)?.shifted(after_s).preceded_by_zero(a).followed_by_zero(b))
    }

    /// What becomes deliverable per second on `[a, b]`.
    fn deliverable(&self, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
        let delay_s = self.delivery_delay_s;
        if b <= delay_s {
            return Ok(Curve::constant(0.0, a, b));
        }
        Ok(self.inflow.rate((a - delay_s).max(0.0), b - delay_s)?.shifted(delay_s).preceded_by_zero(a))
    }

    /// Whether what comes after the horizon is part of the path.
    fn comes_later(&self) -> bool {
        self.is_pushed() || self.model.groups_of(self.queue).any(|group| group.scaling.is_some())
    }

    /// What left the head of the queue.
    fn removed(&self) -> Messages {
        let totals = self.integrator.totals;
        totals.served + if self.excess == Excess::Oldest || self.integrator.is_impatient() { totals.lost } else { 0.0 }
    }

    /// Whether later arrivals push earlier ones out.
    fn is_pushed(&self) -> bool {
        let settings = &self.model.queues[self.queue];
        let is_bounded = settings.capacity.is_some() || settings.retention.messages.is_some();
        is_bounded && self.excess == Excess::Oldest
    }

    /// Goes on to `until_s`, or until so much has left the queue, deciding whenever it is time.
    fn steer(
        &mut self,
        steering: &mut Steering<'_>,
        until_s: Seconds,
        goal: Option<Messages>,
    ) -> Result<(), Unanswered> {
        let deliverable = self.deliverable(self.now_s, until_s)?;
        let published = self.inflow.rate(0.0, until_s - self.delivery_delay_s)?;
        let rate_at_start = inflow::rate_at_start(self.model, self.queue, steering.span_s());
        while self.now_s < until_s && goal.is_none_or(|goal| self.integrator.backlog > 0.0 && self.removed() < goal) {
            let past = Past {
                pieces: &self.integrator.pieces,
                initial: self.initial.0,
                excess: self.excess,
                published: &published,
                delivery_delay_s: self.delivery_delay_s,
                rate_at_start,
            };
            steering.decide(self.now_s, &past);
            let next_s = steering.next_decision_s().min(until_s);
            let slots = steering.slots(self.now_s, next_s)?;
            self.go(&deliverable.between(self.now_s, next_s), &slots, next_s)?;
            self.joins = true;
        }
        self.joins = false;
        Ok(())
    }

    /// Goes on beyond the horizon until what was published by then is gone. Later arrivals matter only where they push
    /// earlier ones out.
    pub fn drain_with(&mut self, mut from_s: Seconds, slots: impl Fn(Seconds, Seconds) -> Result<Curve, Unanswered>) {
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
            let (Ok(inflow), Ok(out)) = (inflow, slots(from_s, until_s)) else { return };
            if self.go(&inflow, &out, until_s).is_err() {
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

/// How many messages may wait, and which of them go when there are more.
fn bounds(queue: &Queue) -> Result<(Option<Messages>, Excess), Unanswered> {
    let capacity = queue.capacity.map(|capacity| capacity as f64);
    let excess = match queue.overflow {
        Overflow::Reject | Overflow::Block => Excess::Newest,
        Overflow::DropHead => Excess::Oldest,
    };
    let Some(kept) = queue.retention.messages.map(|kept| kept as f64) else { return Ok((capacity, excess)) };
    match capacity {
        // Those that a log keeps are the newest: at most so many of them wait.
        None => Ok((Some(kept), Excess::Oldest)),
        Some(capacity) if excess == Excess::Oldest => Ok((Some(capacity.min(kept)), excess)),
        Some(_) => Err(Unanswered::Bounds("refuses what is new and forgets what is old")),
    }
}

/// What becomes of what the groups of a queue take.
fn common_fate(model: &Model, queue: QueueId) -> Result<Fate, Unanswered> {
    let settings = &model.queues[queue];
    let fates = model.groups_of(queue).map(|group| Fate::of(settings, group)).collect::<Result<Vec<_>, _>>()?;
    match fates.first() {
        Some(first) if fates.iter().any(|fate| fate != first) => Err(Unanswered::SharedOutput(settings.name.clone())),
        first => Ok(first.copied().unwrap_or(Fate::PLAIN)),
    }
}
