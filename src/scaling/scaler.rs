//! One running scaler of any strategy, with its clock.

use jiff::Timestamp;

use super::age::AgeState;
use super::clock::Ticks;
use super::hpa::HpaState;
use super::jobs::JobState;
use super::keda::KedaState;
use super::lambda::LambdaState;
use super::pid::PidState;
use super::plain::PlainReason;
use super::predictive::PredictiveState;
use super::rate::RateState;
use super::reason::Reasons;
use super::schedule::ScheduleState;
use super::step::StepState;
use super::target_tracking::TrackingState;
use super::{Decision, Observation, oracle};
use crate::model::Rate;
use crate::model::scaling::{
    AgeScaling, Hpa, LambdaSqs, Oracle, Pid, Predictive, RateScaling, ScaledJob, ScaledObject, Schedule, StepScaling,
    Strategy, TargetTracking,
};
use crate::units::Seconds;

/// What a scaler is told about the world once, when the run begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The instant of t = 0; strategies for which [`Strategy::needs_calendar`] holds see nothing without it.
    pub start: Option<Timestamp>,
    /// Phase of the decision clock as a share of its period, in [0, 1): the time of the first decision.
    pub phase: f64,
    /// The same for KEDA's poll, whose clock is another one than the HPA's.
    pub poll_phase: f64,
    /// P(t) of the queue, for the oracle alone; without it the oracle keeps the size.
    pub arrivals: Option<Rate>,
}

/// A running scaler. Equal observations give equal decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler<'m> {
    machine: Machine<'m>,
    ticks: Ticks,
    start: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
enum Machine<'m> {
    Static(u32),
    Schedule(&'m Schedule, ScheduleState),
    Step(&'m StepScaling, StepState),
    TargetTracking(&'m TargetTracking, TrackingState),
    Hpa(&'m Hpa, HpaState),
    Keda(&'m ScaledObject, Box<KedaState>),
    KedaJob(&'m ScaledJob, JobState),
    LambdaSqs(&'m LambdaSqs, LambdaState),
    Rate(&'m RateScaling, RateState),
    Age(&'m AgeScaling, AgeState),
    Pid(&'m Pid, PidState),
    Predictive(&'m Predictive, PredictiveState),
    Oracle(&'m Oracle, Option<Rate>),
}

impl<'m> Scaler<'m> {
    /// A scaler that has seen nothing yet.
    pub fn new(strategy: &'m Strategy, world: World) -> Self {
        let World { start, phase, poll_phase, arrivals } = world;
        let machine = match strategy {
            Strategy::Static(replicas) => Machine::Static(*replicas),
            Strategy::Schedule(settings) => Machine::Schedule(settings, ScheduleState::new(settings)),
            Strategy::Step(settings) => Machine::Step(settings, StepState::default()),
            Strategy::TargetTracking(settings) => Machine::TargetTracking(settings, TrackingState::default()),
            Strategy::Hpa(settings) => Machine::Hpa(settings, HpaState::default()),
            Strategy::Keda(settings) => Machine::Keda(settings, Box::new(KedaState::new(settings, poll_phase, phase))),
            Strategy::KedaJob(settings) => Machine::KedaJob(settings, JobState::new(settings, poll_phase)),
            Strategy::LambdaSqs(settings) => Machine::LambdaSqs(settings, LambdaState::default()),
            Strategy::Rate(settings) => Machine::Rate(settings, RateState::default()),
            Strategy::Age(settings) => Machine::Age(settings, AgeState::default()),
            Strategy::Pid(settings) => Machine::Pid(settings, PidState::default()),
            Strategy::Predictive(settings) => Machine::Predictive(settings, PredictiveState::new(settings)),
            Strategy::Oracle(settings) => Machine::Oracle(settings, arrivals),
        };
        Self { machine, ticks: Ticks::new(strategy.period_s(), phase), start }
    }

    /// When the next decision is due, in seconds of the run; infinite when none will ever be.
    pub fn next_decision_s(&self) -> Seconds {
        match &self.machine {
            Machine::Schedule(_, state) => state.next_s(),
            Machine::Keda(_, state) => state.next_s(),
            Machine::KedaJob(_, state) => state.next_s(),
            _ => self.ticks.next_s(),
        }
    }

    /// Decides. Before the next decision is due nothing changes; what was due several times is decided once.
    pub fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        if seen.now_s < self.next_decision_s() {
            return Decision { wanted: seen.wanted, reasons: Vec::new() };
        }
        let mut reasons = if seen.explain { Reasons::kept() } else { Reasons::skipped() };
        let wanted = self.wanted(seen, &mut reasons);
        let speaks_for_itself = matches!(self.machine, Machine::Hpa(..) | Machine::Keda(..));
        if !speaks_for_itself {
            reasons.say(|| PlainReason::Result { from: seen.wanted, to: wanted });
        }
        Decision { wanted, reasons: reasons.into_list() }
    }

    fn wanted(&mut self, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        self.ticks.take(seen.now_s);
        match &mut self.machine {
            Machine::Static(replicas) => *replicas,
            Machine::Schedule(settings, state) => state.decide(settings, seen, self.start, reasons),
            Machine::Step(settings, state) => state.decide(settings, seen, reasons),
            Machine::TargetTracking(settings, state) => state.decide(settings, seen, reasons),
            Machine::Hpa(settings, state) => state.decide(settings, seen, reasons),
            Machine::Keda(settings, state) => state.decide(settings, seen, self.start, reasons),
            Machine::KedaJob(settings, state) => state.decide(settings, seen, self.start, reasons),
            Machine::LambdaSqs(settings, state) => state.decide(settings, seen, reasons),
            Machine::Rate(settings, state) => state.decide(settings, seen, reasons),
            Machine::Age(settings, state) => state.decide(settings, seen, reasons),
            Machine::Pid(settings, state) => state.decide(settings, seen, reasons),
            Machine::Predictive(settings, state) => state.decide(settings, seen, reasons),
            Machine::Oracle(settings, Some(arrivals)) => oracle::decide(settings, arrivals, seen, reasons),
            Machine::Oracle(_, None) => super::plain::blind(seen, reasons),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{
        Bounds, Forecast, HpaMetric, HpaRules, MetricTarget, RabbitMq, Signal, Staffing, Trigger, TriggerSource,
        Workforce,
    };
    use crate::scaling::{Reason, Rule, Sight};

    const BOUNDS: Bounds = Bounds { min: 1, max: 20 };
    const WORKFORCE: Workforce = Workforce { slots: 1, per_slot_per_s: 10.0 };

    fn hpa() -> Strategy {
        let metric =
            HpaMetric { name: "ready".to_owned(), signal: Signal::Ready, target: MetricTarget::AverageValue(50.0) };
        Strategy::Hpa(Hpa { rules: HpaRules::new(1, 20), metrics: vec![metric] })
    }

    fn strategies() -> Vec<Strategy> {
        let rabbit = || vec![Trigger::new("queue", TriggerSource::RabbitMq(RabbitMq::default()))];
        let staffing = Staffing::SquareRoot { beta: 1.0 };
        vec![
            Strategy::Static(4),
            Strategy::Schedule(Schedule::Steps(vec![(0.0, 4), (60.0, 7)])),
            Strategy::TargetTracking(TargetTracking::backlog_per_instance(BOUNDS, 50.0)),
            hpa(),
            Strategy::Keda(ScaledObject::new(rabbit())),
            Strategy::KedaJob(ScaledJob::new(rabbit())),
            Strategy::LambdaSqs(LambdaSqs::default()),
            Strategy::Rate(RateScaling {
                bounds: BOUNDS,
                period_s: 15.0,
                per_replica_per_s: 10.0,
                utilization: 0.8,
                drain_s: 60.0,
                down_window_s: 60.0,
            }),
            Strategy::Age(AgeScaling {
                bounds: BOUNDS,
                period_s: 15.0,
                target_s: 10.0,
                tolerance: 0.1,
                growth: 2.0,
                low: 0.5,
                down_after_s: 60.0,
            }),
            Strategy::Pid(Pid {
                bounds: BOUNDS,
                period_s: 15.0,
                signal: Signal::Ready,
                set_point: 100.0,
                proportional: 0.01,
                integral: 0.001,
                derivative: 0.0,
            }),
            Strategy::Predictive(Predictive {
                bounds: BOUNDS,
                period_s: 60.0,
                forecast: Forecast::SeasonalNaive,
                season_s: 3600.0,
                lead_s: 60.0,
                staffing,
                workforce: WORKFORCE,
                drain_s: None,
            }),
            Strategy::Oracle(Oracle {
                bounds: BOUNDS,
                period_s: 15.0,
                lead_s: 45.0,
                staffing,
                workforce: WORKFORCE,
                drain_s: None,
            }),
        ]
    }

    fn world() -> World {
        World { phase: 0.25, poll_phase: 0.5, arrivals: Some(Rate::Constant(50.0)), start: None }
    }

    fn sight_at(now_s: f64) -> Sight<'static> {
        let ready = (500.0 * (now_s / 300.0).sin() + 400.0).max(0.0);
        Sight { ready, unacked: 5.0, publish_per_s: 60.0, oldest_age_s: ready / 50.0, ..Sight::default() }
    }

    /// Every decision of an hour, replicas coming at once.
    fn decisions(strategy: &Strategy, explain: bool) -> Vec<(f64, Decision)> {
        let mut scaler = Scaler::new(strategy, world());
        let (mut size, mut made) = (2, Vec::new());
        while scaler.next_decision_s() <= 3600.0 {
            let now_s = scaler.next_decision_s();
            let sight = Some(sight_at(now_s));
            let seen = Observation { now_s, wanted: size, running: size, ready: size, sight, explain };
            let decision = scaler.decide(&seen);
            size = decision.wanted;
            made.push((now_s, decision));
        }
        made
    }

    #[test]
    fn explanations_change_nothing_and_are_there_when_asked_for() {
        for strategy in strategies() {
            let (silent, told) = (decisions(&strategy, false), decisions(&strategy, true));
            assert!(silent.iter().all(|(_, decision)| decision.reasons.is_empty()));
            assert!(told.iter().all(|(_, decision)| !decision.reasons.is_empty()), "{}", strategy.name());
            let sizes = |made: &[(f64, Decision)]| made.iter().map(|(at, made)| (*at, made.wanted)).collect::<Vec<_>>();
            assert_eq!(sizes(&silent), sizes(&told), "{}", strategy.name());
            for (_, decision) in &told {
                let lines: Vec<String> = decision.reasons.iter().map(Reason::to_string).collect();
                assert!(lines.iter().all(|line| !line.is_empty() && !line.contains("NaN")), "{lines:?}");
            }
        }
    }

    #[test]
    fn clocks_tick_with_their_phase() {
        let when =
            |strategy: &Strategy| decisions(strategy, false).iter().map(|(at_s, _)| *at_s).take(3).collect::<Vec<_>>();
        assert_eq!(when(&hpa()), [3.75, 18.75, 33.75]);
        assert_eq!(when(&Strategy::Static(4)), [0.0]);
        let triggers = vec![Trigger::new("queue", TriggerSource::RabbitMq(RabbitMq::default()))];
        assert_eq!(when(&Strategy::Keda(ScaledObject::new(triggers))), [3.75, 15.0, 18.75]);
    }

    #[test]
    fn nobody_decides_before_the_time() {
        let strategy = hpa();
        let mut scaler = Scaler::new(&strategy, world());
        let sight = Some(sight_at(0.0));
        let seen = Observation { now_s: 0.0, wanted: 3, running: 3, ready: 3, sight, explain: true };
        assert_eq!(scaler.decide(&seen), Decision { wanted: 3, reasons: Vec::new() });
        assert_eq!(scaler.next_decision_s(), 3.75);
    }

    #[test]
    fn a_queue_that_cannot_be_read_changes_nothing() {
        for strategy in strategies() {
            let blind = !matches!(strategy, Strategy::Static(_) | Strategy::Schedule(_) | Strategy::Oracle(_));
            let mut scaler = Scaler::new(&strategy, world());
            let now_s = scaler.next_decision_s();
            let seen = Observation { now_s, wanted: 9, running: 9, ready: 9, sight: None, explain: true };
            let decision = scaler.decide(&seen);
            if blind {
                assert_eq!(decision.wanted, 9, "{}", strategy.name());
                let told = decision.reasons.iter().any(|reason| reason.rule() == Some(Rule::MetricFailure));
                assert!(told, "{} does not say why", strategy.name());
            }
        }
    }
}
