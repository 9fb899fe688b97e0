//! Where engines disagree beyond what theory allows.
//!
//! Theory and events answer the same steady-state question: they must lie within four standard errors of each other,
//! and within the known error of the formula where it is an approximation.
//! The exact law in time answers even the same question, empty begin and all.
//! The fluid is only the limit of many messages: events may scatter around it by the square root of what passed.

use crate::engine::beyond::{Beyond, beyond};
use crate::engine::fluid::FluidQueue;
use crate::engine::formula::FormulaQueue;
use crate::measure::summary::{QueueSummary, TransientQueue};
use crate::measure::{Disagreement, Estimate, EventsOutcome};
use crate::model::{Arrivals, Model, Process, Renewal};
use crate::units::{show_count, show_duration};

pub(super) fn disagreements(
    model: &Model,
    events: &EventsOutcome,
    fluid: Option<&[FluidQueue]>,
    formula: Option<&[FormulaQueue]>,
    transient: Option<&[TransientQueue]>,
) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for (id, queue) in events.queues.iter().enumerate() {
        if let Some(formula) = formula.map(|queues| &queues[id]) {
            found.extend(against_theory(model, events.replications, queue, formula));
        }
        if let Some(transient) = transient.map(|queues| &queues[id]) {
            found.extend(against_law(model.queues[id].initial, events.replications, queue, transient));
        }
        // A threshold turns a message more or less into whole replicas: what follows has no bound to be held against.
        let scaled = model.groups.iter().any(|group| group.scaling.is_some());
        if let Some(fluid) = fluid.filter(|_| !scaled).map(|queues| &queues[id]) {
            found.extend(against_fluid(model, id, queue, fluid));
        }
    }
    found
}

/// Standard error behind an interval of `replications` (the t-quantile undone).
fn standard_error(estimate: &Estimate, replications: u32) -> Option<f64> {
    (replications > 1).then_some(())?;
    Some(estimate.half_width()? / crate::measure::t_quantile(0.975, replications as usize - 1))
}

fn against_theory(model: &Model, replications: u32, queue: &QueueSummary, formula: &FormulaQueue) -> Vec<Disagreement> {
    type Show = fn(f64) -> String;
    let percent: Show = |share| format!("{} %", show_count(100.0 * share));
    let pairs = [
        ("mean wait", &queue.wait_s.mean, formula.wait_mean_s, show_duration as Show),
        ("p99 wait", &queue.wait_s.p99, formula.wait_p99_s, show_duration),
        ("share that waits", &queue.wait_s.probability, formula.wait_probability, percent),
        ("mean ready", &queue.ready.mean, formula.ready_mean, show_count),
    ];
    let name = formula.model.as_deref().unwrap_or("theory");
    // An approximation is held to its own error; one without a bound cannot be contradicted.
    let Some(known_error) = formula.approximation.as_ref().map_or(Some(0.0), |known| known.relative_error) else {
        return Vec::new();
    };
    let compare = |(what, estimate, theory, show): (&str, &Estimate, Option<f64>, Show)| {
        let (events, theory) = (estimate.value?, theory?);
        let error = standard_error(estimate, replications)?;
        // A quantile is the middle of a bucket, 0.05 % of it wide on either side.
        let allowed = 4.0 * error + (known_error / (1.0 - known_error) + 1e-3) * theory.abs() + 1e-9;
        ((events - theory).abs() > allowed).then(|| Disagreement {
            queue: queue.name.clone(),
            what: format!("{what}: events {}, {name} {}, allowed ± {}", show(events), show(theory), show(allowed)),
            why: format!(
                "theory speaks of the steady state; this run starts empty and measures {} from {} on: a longer warm-up \
                 or horizon brings them together",
                show_duration(model.horizon_s - model.warmup_s),
                show_duration(model.warmup_s)
            ),
        })
    };
    pairs.into_iter().filter_map(compare).collect()
}

/// The law in time, held against means of the same time and messages.
fn against_law(initial: u64, replications: u32, queue: &QueueSummary, law: &TransientQueue) -> Vec<Disagreement> {
    type Show = fn(f64) -> String;
    let percent: Show = |share| format!("{} %", show_count(100.0 * share));
    // Messages that are there at t = 0 wait too, but did not find what arrivals find; those that expire never start.
    let plain = initial == 0 && law.wait_mean_s.is_some();
    let pairs = [
        ("mean depth", &queue.depth.mean, law.depth_mean, show_count as Show),
        ("mean ready", &queue.ready.mean, law.ready_mean, show_count),
        ("share that waits", &queue.wait_s.probability, law.wait_probability.filter(|_| plain), percent),
        ("mean wait", &queue.wait_s.mean, law.wait_mean_s.filter(|_| plain), show_duration),
    ];
    let name = law.model.as_deref().unwrap_or("the exact law");
    let rounding = law.mean_error.unwrap_or(0.0) + law.error.unwrap_or(0.0);
    let compare = |(what, estimate, exact, show): (&str, &Estimate, Option<f64>, Show)| {
        let (events, exact) = (estimate.value?, exact?);
        let error = standard_error(estimate, replications)?;
        // Once in 50 000 by chance, whatever the number of replications.
        let quantile = crate::measure::t_quantile(0.999_99, replications as usize - 1);
        let allowed = quantile * error + rounding + 1e-9 * exact.abs();
        ((events - exact).abs() > allowed).then(|| Disagreement {
            queue: queue.name.clone(),
            what: format!("{what}: events {}, {name} {}, allowed ± {}", show(events), show(exact), show(allowed)),
            why:
                "both speak of the same time from the same begin: chance alone does this once in 50 000 cases, so one \
                  of the two engines is likely to be wrong, and a report of it is welcome"
                    .to_owned(),
        })
    };
    pairs.into_iter().filter_map(compare).collect()
}

/// Whether the scatter of a queue around its fluid is known: that of its own arrivals and services. What comes from
/// other queues, what is decided on the way, and what fails or expires by chance scatters otherwise.
fn scatters_by_itself(model: &Model, queue: usize) -> bool {
    let by_itself = |setting: &Beyond| matches!(setting, Beyond::Share(_) | Beyond::SingleActive);
    beyond(model, queue).iter().all(by_itself)
}

fn against_fluid(model: &Model, id: usize, queue: &QueueSummary, fluid: &FluidQueue) -> Option<Disagreement> {
    if !scatters_by_itself(model, id) {
        return None;
    }
    let (events, limit) = (queue.ready.max.value?, fluid.max_backlog?);
    let published = queue.published.value? + model.queues[id].initial as f64;
    let scatter = (published * variability(model, id)).sqrt();
    // Statistics may start after the peak; the fluid speaks of the whole horizon. Without a bound on the scatter there
    // is nothing to hold the two against.
    if model.warmup_s > 0.0 || !scatter.is_finite() || (events - limit).abs() <= 5.0 * scatter + 10.0 {
        return None;
    }
    Some(Disagreement {
        queue: queue.name.clone(),
        what: format!(
            "largest backlog: events {}, fluid {}, allowed ± {}",
            show_count(events),
            show_count(limit),
            show_count(5.0 * scatter + 10.0)
        ),
        why:
            "what waits is more than the square root of the messages away from the equation: arrivals or services are \
              burstier than their averages, or work in service was lost and done again"
                .to_owned(),
    })
}

/// Squared coefficients of variation of arrivals and service: the variance of P − C per message.
fn variability(model: &Model, queue: usize) -> f64 {
    let arrivals = model.producers_of(queue).map(|producer| match &producer.arrivals {
        Arrivals::Process { process, .. } => process_scv(process),
        Arrivals::Recorded(_) => 1.0,
    });
    let services = model.groups_of(queue).map(|group| group.service.scv());
    arrivals.fold(1.0, f64::max) + services.filter(|scv| scv.is_finite()).fold(1.0, f64::max)
}

fn process_scv(process: &Process) -> f64 {
    match process {
        Process::Poisson => 1.0,
        Process::Regular => 0.0,
        Process::Renewal(Renewal::Cv(cv)) => cv * cv,
        Process::Renewal(Renewal::Gap(gap)) => gap.scv(),
        // The index of dispersion of a modulated process has no bound in its factors alone.
        Process::Mmpp(_) => f64::INFINITY,
        Process::Batches { size, of } => f64::from(*size) * process_scv(of).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::formula::Approximation;
    use crate::model::{ConsumerGroup, Distribution, Queue};

    fn known(relative_error: Option<f64>) -> Approximation {
        let (name, error) = ("Kimura 1986 (M/G/c)".to_owned(), "known".to_owned());
        Approximation { name, error, relative_error }
    }

    fn told(wait_mean_s: f64, approximation: Option<Approximation>) -> usize {
        let model = Model {
            queues: vec![Queue::new("orders")],
            groups: vec![ConsumerGroup::new("workers", 0, 1, Distribution::Constant(1.0))],
            ..Model::new("test", 60.0)
        };
        let mean = Estimate { value: Some(1.0), low: Some(0.98), high: Some(1.02), why_not: None };
        let mut queue = QueueSummary { name: "orders".to_owned(), ..QueueSummary::default() };
        queue.wait_s.mean = mean;
        let formula = FormulaQueue { approximation, wait_mean_s: Some(wait_mean_s), ..FormulaQueue::default() };
        against_theory(&model, 10, &queue, &formula).len()
    }

    #[test]
    fn an_approximation_is_held_to_its_own_error() {
        assert_eq!((told(1.01, None), told(1.1, None)), (0, 1));
        assert_eq!((told(1.1, Some(known(Some(0.15)))), told(1.3, Some(known(Some(0.15))))), (0, 1));
        assert_eq!(told(9.0, Some(known(None))), 0);
    }
}
