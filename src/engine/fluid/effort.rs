//! What so many working replicas of a group take per second: slots, their speed, and what holds them back.
//!
//! A slot of replica i works off 1/(`E[S]`/(sᵢ·v(t)) + `E[O]`) services per second: service S follows the speed,
//! overhead O does not. A service takes a batch, and a message as many services as it has deliveries. Busy slots may
//! slow one another down, and the group may be allowed only so many messages at once. Not here: how many replicas work
//! (`outflow`, `crew`).

use super::fate::Fate;
use super::shape::Shape;
use super::unanswered::Unanswered;
use crate::model::{ConsumerGroup, Contention, Distribution, Model};
use crate::units::Seconds;

/// What the replicas of one group can do.
#[derive(Clone, Debug)]
pub struct Effort<'m> {
    /// The group.
    pub group: &'m ConsumerGroup,
    /// Mean work of a message.
    pub work_s: Seconds,
    /// Speed factor of each class of replicas; replica i is of class i mod classes.
    pub factors: Vec<f64>,
    /// What becomes of a message that is taken.
    pub fate: Fate,
    single_active: bool,
}

impl<'m> Effort<'m> {
    /// The effort of one group of the model.
    ///
    /// # Errors
    ///
    /// Failures without a fluid limit, and limits that fall on replicas of different speeds.
    pub fn new(model: &Model, group: &'m ConsumerGroup) -> Result<Self, Unanswered> {
        let queue = &model.queues[group.from];
        let factors = if group.speeds.is_empty() { vec![1.0] } else { group.speeds.clone() };
        let differ = factors.iter().any(|factor| *factor != factors[0]);
        if differ && (group.in_flight_limit.is_some() || group.contention.is_some()) {
            return Err(Unanswered::Unequal(group.name.clone()));
        }
        if let Some(Contention { sigma, kappa }) = group.contention
            && (kappa > 0.0 || sigma > 0.0)
            && group.overhead.as_ref().is_some_and(|overhead| overhead.mean() > 0.0)
        {
            return Err(Unanswered::ContentionWithOverhead(group.name.clone()));
        }
        let fate = Fate::of(queue, group)?;
        Ok(Self { group, work_s: model.mean_work_s(group), factors, fate, single_active: queue.single_active })
    }

    /// Messages that leave for good per second while all slots of so many replicas of each class are busy.
    ///
    /// # Errors
    ///
    /// [`Unanswered::InstantService`], [`Unanswered::GradualSpeedWithOverhead`], [`Unanswered::Retrograde`].
    pub fn rate(&self, ready: &[i64], speed: &Shape) -> Result<Shape, Unanswered> {
        let group = self.group;
        let working = self.working(ready);
        let capacity: f64 = self.factors.iter().zip(&working).map(|(factor, n)| factor * *n as f64).sum();
        if capacity == 0.0 || (speed.is_constant() && speed.at(0.0) == 0.0) {
            return Ok(Shape::constant(0.0));
        }
        let slots = f64::from(group.slots_per_replica());
        let batch = group.batch.map_or(1.0, |batch| f64::from(batch.size));
        let per_message = batch * self.hold_back(slots * working.iter().sum::<i64>() as f64)? / self.fate.deliveries;
        let overhead_s = self.overhead_s();
        if self.work_s + overhead_s == 0.0 {
            return Err(Unanswered::InstantService(group.name.clone()));
        }
        if overhead_s == 0.0 {
            return Ok(speed.scaled(per_message * slots * capacity / self.work_s));
        }
        if !speed.is_constant() {
            return Err(Unanswered::GradualSpeedWithOverhead(group.name.clone()));
        }
        let speed = speed.at(0.0);
        let class = |(factor, n): (&f64, &i64)| {
            let pace = factor * speed;
            *n as f64 * pace / (self.work_s + overhead_s * pace)
        };
        Ok(Shape::constant(per_message * slots * self.factors.iter().zip(&working).map(class).sum::<f64>()))
    }

    /// The same of these replicas, whoever else is active.
    ///
    /// # Errors
    ///
    /// Those of [`Effort::rate`].
    pub fn rate_of_one(&self, ready: &[i64], speed: &Shape) -> Result<Shape, Unanswered> {
        Self { single_active: false, ..self.clone() }.rate(ready, speed)
    }

    /// Slots of so many ready replicas that can be busy at once.
    pub fn slots(&self, ready: u32) -> f64 {
        let working = if self.single_active { ready.min(1) } else { ready };
        self.allowed(f64::from(working) * f64::from(self.group.slots_per_replica()))
    }

    /// Busy slots of `slots` at this share of what all of them take.
    pub fn busy(&self, slots: f64, share: f64) -> f64 {
        let Some(Contention { sigma, kappa }) = self.group.contention else { return share * slots };
        if share >= 1.0 {
            return slots;
        }
        // b / (1 + σ(b − 1) + κb(b − 1)) = x, the root below the turn.
        let x = share * slots * Contention { sigma, kappa }.speed(slots);
        let (a, b, c) = (kappa * x, (sigma - kappa) * x - 1.0, x * (1.0 - sigma));
        let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
        (2.0 * c / (root - b)).clamp(0.0, slots)
    }

    /// Share of a busy slot's time at `speed` that is work and not overhead.
    pub fn work_share(&self, speed: f64) -> f64 {
        let overhead_s = self.overhead_s();
        if overhead_s == 0.0 { 1.0 } else { self.work_s / (self.work_s + overhead_s * speed) }
    }

    /// Who of the ready replicas works: all, or the oldest, which is of the first class.
    fn working(&self, ready: &[i64]) -> Vec<i64> {
        let mut working = ready.to_vec();
        if self.single_active {
            let active = i64::from(working.iter().any(|number| *number > 0));
            working.fill(0);
            working[0] = active;
        }
        working
    }

    /// Of so many slots, those that may have a message at once.
    fn allowed(&self, slots: f64) -> f64 {
        let batch = self.group.batch.map_or(1.0, |batch| f64::from(batch.size));
        self.group.in_flight_limit.map_or(slots, |limit| slots.min(f64::from(limit) / batch))
    }

    /// Share of the work of so many slots that is left when they hold one another back.
    fn hold_back(&self, slots: f64) -> Result<f64, Unanswered> {
        let busy = self.allowed(slots);
        let Some(contention) = self.group.contention else { return Ok(busy / slots) };
        if contention.turns_at().is_some_and(|turn| busy > turn.max(1.0)) {
            return Err(Unanswered::Retrograde(self.group.name.clone()));
        }
        Ok(busy * contention.speed(busy) / slots)
    }

    fn overhead_s(&self) -> Seconds {
        self.group.overhead.as_ref().map_or(0.0, Distribution::mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Batch;
    use crate::model::Queue;

    fn rate(group: &ConsumerGroup, single_active: bool, ready: &[i64]) -> f64 {
        let mut model = Model::new("m", 1.0);
        model.queues.push(Queue { single_active, ..Queue::new("q") });
        let effort = Effort::new(&model, group).expect("has a limit");
        effort.rate(ready, &Shape::constant(1.0)).expect("has a limit").at(0.0)
    }

    fn group() -> ConsumerGroup {
        ConsumerGroup { concurrency: 4, prefetch: 4, ..ConsumerGroup::new("g", 0, 1, Distribution::Constant(0.5)) }
    }

    #[test]
    fn limits_hold_slots_back() {
        assert_eq!(rate(&group(), false, &[5]), 40.0);
        assert_eq!(rate(&group(), true, &[5]), 8.0);
        let limited = ConsumerGroup { in_flight_limit: Some(7), ..group() };
        assert_eq!(rate(&limited, false, &[5]), 14.0);
        assert_eq!(rate(&limited, false, &[1]), 8.0);
        let batches = ConsumerGroup { batch: Some(Batch { size: 10, linger_s: 1.0 }), prefetch: 40, ..group() };
        assert_eq!(rate(&batches, false, &[5]), 400.0);
    }

    #[test]
    fn contention_takes_its_share() {
        let contention = Some(Contention { sigma: 0.05, kappa: 0.0 });
        let slowed = ConsumerGroup { contention, ..group() };
        assert!((rate(&slowed, false, &[5]) - 40.0 / (1.0 + 0.05 * 19.0)).abs() < 1e-12);
    }

    #[test]
    fn busy_slots_are_those_that_do_the_work() {
        let mut model = Model::new("m", 1.0);
        model.queues.push(Queue::new("q"));
        let contention = Contention { sigma: 0.02, kappa: 0.0005 };
        let group = ConsumerGroup { contention: Some(contention), ..group() };
        let effort = Effort::new(&model, &group).expect("has a limit");
        let all = 20.0 * contention.speed(20.0);
        let share = 11.0 * contention.speed(11.0) / all;
        assert!((effort.busy(20.0, share) - 11.0).abs() < 1e-9);
    }
}
