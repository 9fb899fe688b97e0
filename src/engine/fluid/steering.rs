//! A group that is scaled: its strategy decides along the fluid path, and C(t) follows.
//!
//! The strategies are the same machines as everywhere (`scaling`); between two decisions the equation is integrated as
//! always. The fluid is one path: a random phase of a decision clock is half its period, a random start-up takes its
//! mean, and a replica that leaves stays for the mean of what its slots still do. Not here: the equation (`integrate`).

use super::answer::FluidGroup;
use super::crew::Crew;
use super::curve::Curve;
use super::effort::Effort;
use super::shape::Shape;
use super::sight::{Past, Slots};
use super::unanswered::Unanswered;
use crate::model::scaling::{Phase, Strategy};
use crate::model::{ConsumerGroup, Model, QueueId, Scaling, Shutdown};
use crate::scaling::{Observation, Scaler, Sight, World};
use crate::units::Seconds;

/// Where in its period a clock starts whose phase is random: the middle.
const MIDDLE: f64 = 0.5;

/// Rates that a strategy without a period sees are over this long.
const RATES_OVER_S: Seconds = 60.0;

/// The scaled group of a queue as time goes on.
pub struct Steering<'m> {
    group: &'m ConsumerGroup,
    scaling: &'m Scaling,
    scaler: Scaler<'m>,
    crew: Crew,
    effort: Effort<'m>,
    wanted: u32,
    path: Paths,
    /// `(from_s, what all working slots can take)`, ascending.
    slots: Vec<(Seconds, Shape)>,
}

/// `(from_s, replicas)`, ascending.
#[derive(Default)]
struct Paths {
    wanted: Vec<(Seconds, u32)>,
    running: Vec<(Seconds, u32)>,
    ready: Vec<(Seconds, u32)>,
}

impl<'m> Steering<'m> {
    /// The scaled group of a queue; `None` if no group of it is scaled.
    ///
    /// # Errors
    ///
    /// [`Unanswered::Jobs`], [`Unanswered::SharedScaling`].
    pub fn new(model: &'m Model, queue: QueueId) -> Result<Option<Self>, Unanswered> {
        let mut scaled = model.groups_of(queue).filter_map(|group| Some((group, group.scaling.as_ref()?)));
        let Some((group, scaling)) = scaled.next() else { return Ok(None) };
        if model.groups_of(queue).count() > 1 {
            return Err(Unanswered::SharedScaling(group.name.clone()));
        }
        if matches!(scaling.strategy, Strategy::KedaJob(_)) {
            return Err(Unanswered::Jobs(group.name.clone()));
        }
        let wanted = group.replicas.at(0.0);
        let world = world(model, queue, scaling);
        Ok(Some(Self {
            group,
            scaling,
            scaler: Scaler::new(&scaling.strategy, world),
            crew: Crew::new(group, wanted),
            effort: Effort::new(model, group)?,
            wanted,
            path: Paths::default(),
            slots: Vec::new(),
        }))
    }

    /// Rates that it sees are over so long.
    pub fn span_s(&self) -> Seconds {
        let Scaling { sampling_s, strategy, .. } = self.scaling;
        let period_s = strategy.period_s();
        let decided_s = if period_s.is_finite() { period_s } else { RATES_OVER_S };
        if *sampling_s > 0.0 { *sampling_s } else { decided_s }
    }

    /// When it decides next.
    pub fn next_decision_s(&self) -> Seconds {
        self.scaler.next_decision_s()
    }

    /// What the working slots can take on `[a, b]`, on which nothing is decided after `a`.
    ///
    /// # Errors
    ///
    /// Those of [`Effort::rate`], and a speed that changes too often.
    pub fn slots(&mut self, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
        let speed = match &self.group.speed {
            None => Curve::constant(1.0, a, b),
            Some(rate) => Curve::of_rate(rate, a, b)?,
        };
        let mut rates = Vec::new();
        for (from_s, until_s, speed) in speed.pieces() {
            let mut t = from_s;
            while t < until_s {
                let working = self.crew.ready_of_classes_at(t, self.effort.factors.len());
                rates.push((t, self.effort.rate(&working, speed)?));
                note(&mut self.path.running, t, self.crew.running_at(t));
                note(&mut self.path.ready, t, self.crew.ready_at(t));
                t = self.crew.next_change_s(t).min(until_s);
            }
        }
        for (from_s, rate) in &rates {
            if self.slots.last().is_none_or(|(_, last)| last != rate) {
                self.slots.push((*from_s, rate.clone()));
            }
        }
        Ok(Curve::new(rates, b))
    }

    /// Decides at `now_s`, if a decision is due.
    pub fn decide(&mut self, now_s: Seconds, past: &Past<'_>) {
        if self.scaler.next_decision_s() > now_s {
            return;
        }
        let newest_s = (now_s - self.scaling.metric_age_s).max(0.0);
        let sampling_s = self.scaling.sampling_s;
        // A sample that is due at the limit has its time by another sum.
        let samples = (newest_s / sampling_s + 1e-9).floor();
        let sight = self.sight(if sampling_s > 0.0 { samples * sampling_s } else { newest_s }, past);
        let seen = Observation {
            now_s,
            wanted: self.wanted,
            running: self.crew.present(),
            ready: self.crew.ready_at(now_s),
            sight: Some(sight),
            explain: false,
        };
        let wanted = self.scaler.decide(&seen).wanted;
        note(&mut self.path.wanted, 0.0, self.wanted);
        note(&mut self.path.wanted, now_s, wanted);
        if wanted != self.wanted {
            let utilization = self.sight(now_s, past).utilization;
            self.crew.resize(now_s, wanted, self.stay_s(now_s, utilization));
            self.wanted = wanted;
        }
    }

    /// What the metrics pipeline would show of the queue at `t`.
    fn sight(&self, t: Seconds, past: &Past<'_>) -> Sight<'static> {
        let over_s = self.span_s();
        past.sight(t, over_s, &self.effort, self.slots_at(t), self.slots_at((t - over_s).max(0.0)))
    }

    /// Mean time for which a slot is still busy, at this share of busy slots.
    fn stay_s(&self, now_s: Seconds, utilization: f64) -> Seconds {
        let speed = self.speed_at(now_s);
        let residual_s = 0.5 * self.effort.work_s * (1.0 + self.group.service.scv()) / speed;
        let stay_s = utilization * if residual_s.is_finite() { residual_s } else { self.effort.work_s };
        match self.group.shutdown {
            Shutdown::Finish => stay_s,
            Shutdown::FinishWithin(grace_s) => stay_s.min(grace_s),
            Shutdown::Requeue => 0.0,
        }
    }

    fn slots_at(&self, t: Seconds) -> Slots {
        let passed = self.slots.partition_point(|(from_s, _)| *from_s < t);
        let rate_per_s = passed.checked_sub(1).map_or(0.0, |index| self.slots[index].1.at(t));
        let ready = self.path.ready.partition_point(|(from_s, _)| *from_s < t);
        Slots {
            ready: ready.checked_sub(1).map_or(self.crew.ready_at(t), |index| self.path.ready[index].1),
            rate_per_s,
            work_share: self.effort.work_share(self.speed_at(t)),
        }
    }

    /// Mean speed of a slot at `t`.
    fn speed_at(&self, t: Seconds) -> f64 {
        let over_time = self.group.speed.as_ref().map_or(1.0, |speed| speed.at(t));
        over_time * self.effort.factors.iter().sum::<f64>() / self.effort.factors.len() as f64
    }

    /// What became of the replicas on `[from_s, until_s)`.
    pub fn answer(self, from_s: Seconds, until_s: Seconds) -> FluidGroup {
        let Paths { mut wanted, mut running, mut ready } = self.path;
        note(&mut wanted, 0.0, self.wanted);
        for path in [&mut wanted, &mut running, &mut ready] {
            path.retain(|(at_s, _)| *at_s < until_s);
        }
        let ends_s = running.iter().skip(1).map(|(at_s, _)| *at_s).chain(std::iter::once(until_s));
        let measured: Vec<(Seconds, u32)> = running
            .iter()
            .zip(ends_s)
            .map(|((at_s, number), end_s)| ((end_s - at_s.max(from_s)).max(0.0), *number))
            .filter(|(length_s, _)| *length_s > 0.0)
            .collect();
        FluidGroup {
            name: self.group.name.clone(),
            replica_hours: measured.iter().map(|(length_s, number)| length_s * f64::from(*number)).sum::<f64>()
                / 3600.0,
            replicas_max: measured.iter().map(|(_, number)| *number).max().unwrap_or(0),
            scale_events: wanted.iter().skip(1).filter(|(at_s, _)| *at_s >= from_s).count(),
            assumes: assumptions(self.group, self.scaling),
            wanted,
            running,
            ready,
        }
    }
}

/// What stands for what is random.
fn assumptions(group: &ConsumerGroup, scaling: &Scaling) -> Vec<String> {
    let mut assumes = Vec::new();
    if scaling.phase == Phase::Random && scaling.strategy.period_s().is_finite() {
        assumes.push("the decision clocks start in the middle of their periods".to_owned());
    }
    if let Some(startup) = group.startup.as_ref().filter(|startup| super::inflow::constant_s(startup).is_none()) {
        assumes.push(format!("every start-up takes its mean of {} s", startup.mean()));
    }
    assumes
}

/// What the scaler knows of the world.
fn world(model: &Model, queue: QueueId, scaling: &Scaling) -> World {
    let share = |period_s: Seconds| match scaling.phase {
        Phase::Random => MIDDLE,
        Phase::At(at_s) if period_s.is_finite() => at_s / period_s,
        Phase::At(_) => 0.0,
    };
    let poll_s = match &scaling.strategy {
        Strategy::Keda(keda) => keda.operator.polling_interval_s,
        other => other.period_s(),
    };
    World {
        start: model.start,
        phase: share(scaling.strategy.period_s()),
        poll_phase: share(poll_s),
        arrivals: model.publish_rate(queue).ok(),
    }
}

/// Adds a step, if it is one.
fn note(path: &mut Vec<(Seconds, u32)>, at_s: Seconds, number: u32) {
    if path.last().is_some_and(|last| last.0 >= at_s && last.1 != number && path.len() > 1) {
        path.pop();
    }
    if path.last().is_none_or(|last| last.1 != number) {
        path.push((at_s, number));
    }
}
