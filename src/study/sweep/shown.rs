//! Which of the many numbers of a sweep its table and its chart are about.

use super::Sweep;
use super::figures::QueueFigure;
use super::point::SweepPoint;
use crate::measure::Estimate;
use crate::model::{Level, Model, Promise, Quantile, Slo};
use crate::scenario::suggest;

/// The number that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A figure of a queue.
    Figure {
        /// The queue.
        queue: String,
        /// The figure.
        figure: QueueFigure,
    },
    /// The statistic that a promise speaks of.
    Promise(String),
    /// The share of runs that keep all promises.
    Kept,
}

/// Why there is no such number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct UnknownFigure {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub help: String,
}

/// What the share of runs that keep all promises is called.
const KEPT: &str = "kept";

impl Shown {
    /// Reads `latency_p99` (of the first queue), `orders.latency_p99`, the name of a promise, or `kept`.
    ///
    /// # Errors
    /// [`UnknownFigure`] when there is no such figure, queue or promise.
    pub fn read(text: &str, model: &Model) -> Result<Shown, UnknownFigure> {
        let figure =
            |name: &str| QueueFigure::ALL.into_iter().find(|figure| [figure.name(), figure.key()].contains(&name));
        if let (Some(figure), Some(queue)) = (figure(text), model.queues.first()) {
            return Ok(Shown::Figure { queue: queue.name.clone(), figure });
        }
        if text == KEPT && !model.slos.is_empty() {
            return Ok(Shown::Kept);
        }
        if model.slos.iter().any(|slo| slo.name == text) {
            return Ok(Shown::Promise(text.to_owned()));
        }
        let of_queue = text.rsplit_once('.').and_then(|(queue, name)| Some((queue, figure(name)?)));
        let is_there = |name: &str| model.queues.iter().any(|queue| queue.name == name);
        match of_queue {
            Some((queue, figure)) if is_there(queue) => Ok(Shown::Figure { queue: queue.to_owned(), figure }),
            Some((queue, _)) => {
                let names: Vec<&str> = model.queues.iter().map(|queue| queue.name.as_str()).collect();
                let what = format!("there is no queue `{queue}` of which `{text}` could be shown");
                Err(UnknownFigure { what, help: format!("its queues are {}", names.join(", ")) })
            }
            None => Err(unknown(text, model)),
        }
    }

    /// The first promise's statistic, or the first of the usual figures of the first queue, that is known at any
    /// point.
    pub fn usual(sweep: &Sweep) -> Shown {
        let model = &sweep.model;
        let promise = model.slos.first().map(|slo| Shown::Promise(slo.name.clone()));
        let queue = model.queues.first().map_or_else(String::new, |queue| queue.name.clone());
        let usual = [
            QueueFigure::LatencyP99,
            QueueFigure::WaitP99,
            QueueFigure::WaitMax,
            QueueFigure::BacklogMax,
            QueueFigure::Utilization,
            QueueFigure::ReplicaHours,
        ];
        let figures = usual.map(|figure| Shown::Figure { queue: queue.clone(), figure });
        let known = |shown: &Shown| sweep.points.iter().any(|point| shown.at(point).value.is_some());
        let fallback = figures[0].clone();
        promise.into_iter().chain(figures).find(known).unwrap_or(fallback)
    }

    /// The number at a point; missing where the point has no such queue or promise.
    pub fn at(&self, point: &SweepPoint) -> Estimate {
        match self {
            Shown::Figure { queue, figure } => match point.queue(queue) {
                Some(queue) => queue.figure(*figure).clone(),
                None => Estimate::missing("this point has no such queue"),
            },
            Shown::Promise(name) => match point.promise(name) {
                Some(promise) => promise.verdict.value.clone(),
                None => Estimate::missing("this point has no such promise"),
            },
            Shown::Kept => match &point.kept_all {
                Some(kept) => {
                    let (low, high) = (Some(kept.low), Some(kept.high));
                    Estimate { value: Some(kept.share()), low, high, why_not: None }
                }
                None => Estimate::missing("a share of runs needs runs that can be judged"),
            },
        }
    }

    /// The promise that limits the number: the one that is shown, or one that speaks of the same statistic of the same
    /// queue over the whole run.
    pub fn promise<'m>(&self, model: &'m Model) -> Option<&'m Slo> {
        let speaks_of = |slo: &&Slo| match self {
            Shown::Promise(name) => slo.name == *name,
            Shown::Figure { queue, figure } => {
                slo.path.is_none()
                    && slo.during.is_none()
                    && model.queues[slo.queue].name == *queue
                    && figure_of(slo.promise) == Some(*figure)
            }
            Shown::Kept => false,
        };
        model.slos.iter().find(speaks_of)
    }

    /// Whether the promise that limits the number is kept at a point, or all promises, where none limits it; `None`
    /// where that is not known.
    pub fn kept(&self, model: &Model, point: &SweepPoint) -> Option<bool> {
        match self.promise(model) {
            Some(slo) => point.promise(&slo.name)?.verdict.met,
            None => point.keeps_all(),
        }
    }
}

/// The figure that a promise limits, if it is one of ours.
fn figure_of(promise: Promise) -> Option<QueueFigure> {
    match promise {
        Promise::Latency(Quantile::P(0.5), _) => Some(QueueFigure::LatencyP50),
        Promise::Latency(Quantile::P(0.99), _) => Some(QueueFigure::LatencyP99),
        Promise::Wait(Quantile::Mean, _) => Some(QueueFigure::WaitMean),
        Promise::Wait(Quantile::P(0.99), _) => Some(QueueFigure::WaitP99),
        Promise::Wait(Quantile::Max, _) => Some(QueueFigure::WaitMax),
        Promise::Depth(Level::Mean, _) => Some(QueueFigure::DepthMean),
        Promise::Depth(Level::Max, _) => Some(QueueFigure::DepthMax),
        Promise::LossShare(_) => Some(QueueFigure::LossShare),
        Promise::DrainedBy(_) => Some(QueueFigure::DrainedAt),
        Promise::Latency(..) | Promise::Wait(..) | Promise::Depth(..) => None,
    }
}

fn unknown(text: &str, model: &Model) -> UnknownFigure {
    let figures: Vec<&str> = QueueFigure::ALL.into_iter().map(QueueFigure::name).collect();
    let promises = model.slos.iter().map(|slo| slo.name.as_str());
    let known = || figures.iter().copied().chain(promises.clone()).chain([KEPT]);
    let help = match suggest::nearest(text, known()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("write one of {}, `QUEUE.FIGURE`, a promise's name or `kept`", figures.join(", ")),
    };
    UnknownFigure { what: format!("there is no figure `{text}` to show"), help }
}
