//! The equation's course between the rows of the time series: what reports say and draw when rows are far apart.
//!
//! Instants, stretches and levels come from the exact pieces. Not here: how the pieces are found (`integrate`).

use super::curve::Curve;
use super::march::Solved;
use super::shape::Shape;
use super::trajectory::{Piece, Trajectory};
use crate::model::{Arrivals, Model, QueueId, Rate};
use crate::units::{Messages, PerSecond, Seconds};

/// Points per curved piece; the more pieces there are, the shorter they are, and the fewer points each needs.
const POINTS: usize = 16;
/// Points of all curved pieces, as long as each has its ends.
const ALL_POINTS: usize = 16_000;
/// Swings of one piece that are drawn each by each.
const MOST_SWINGS: f64 = 10_000.0;
/// Delays that a chart has room for.
const DELAYS: usize = 1500;
/// Relative excess of P over C that is not a rounding error.
const EXCESS: f64 = 1e-9;
/// Steps of a golden-section search: the bracket shrinks to 1e-10 of its width.
const GOLDEN_STEPS: usize = 48;

/// One queue between the rows, up to the horizon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// (t, M), ascending: every turning point, and points between where the path is curved.
    pub backlog: Vec<(Seconds, Messages)>,
    /// Stretches in which M > 0: begin, end, largest M.
    pub waiting: Vec<(Seconds, Seconds, Messages)>,
    /// (t, delay of a message that becomes deliverable then), evenly spread; `None` where it is never served.
    pub delay_s: Vec<(Seconds, Option<Seconds>)>,
    /// P and C; `None` where messages come late (delivery delay) or from a recording, which has no rate.
    pub rates: Option<CourseRates>,
}

/// P(t) and C(t) between the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseRates {
    /// (t, P), ascending; two points at a jump.
    pub publish: Vec<(Seconds, PerSecond)>,
    /// (t, C), ascending; two points at a jump.
    pub capacity: Vec<(Seconds, PerSecond)>,
    /// Largest P on `[0, horizon]`.
    pub most_published: PerSecond,
    /// Stretches in which P > C.
    pub overloads: Vec<(Seconds, Seconds)>,
    /// P and C where P − C is largest.
    pub worst: Option<(PerSecond, PerSecond)>,
}

impl Course {
    /// The course of one queue of the model along its path.
    pub(super) fn of(model: &Model, queue: QueueId, solved: &Solved) -> Self {
        let path = &solved.path;
        let points = (ALL_POINTS / path.pieces().len().max(1)).clamp(1, POINTS);
        let recorded = model.producers_of(queue).any(|producer| matches!(producer.arrivals, Arrivals::Recorded(_)));
        let has_rate = !recorded && path.delivery_delay_s == 0.0 && solved.capacity.is_none();
        let mut backlog = Vec::new();
        for piece in path.within_horizon() {
            let until_s = piece.until_s.min(path.horizon_s);
            backlog.extend(instants(piece, until_s, points).map(|t| (t, piece.backlog_at(t))));
        }
        backlog.dedup();
        let rates = has_rate.then(|| CourseRates::of(model, queue, solved, points));
        let spread = (0..=DELAYS).map(|k| path.horizon_s * k as f64 / DELAYS as f64);
        let delay_s = spread.map(|t| (t, solved.longest(|path| path.delay_at(t)))).collect();
        Self { waiting: waiting(path), backlog, delay_s, rates }
    }
}

impl CourseRates {
    fn of(model: &Model, queue: QueueId, solved: &Solved, points: usize) -> Self {
        let path = &solved.path;
        let most_published = if solved.is_fed { most(&solved.published, points) } else { most_published(model, queue) };
        let mut rates = Self { most_published, ..Self::default() };
        let mut worst = f64::NEG_INFINITY;
        for piece in path.within_horizon() {
            let until_s = piece.until_s.min(path.horizon_s);
            rates.publish.extend(instants(piece, until_s, points).map(|t| (t, piece.inflow.at(t).max(0.0))));
            rates.capacity.extend(instants(piece, until_s, points).map(|t| (t, piece.capacity.at(t).max(0.0))));
            let (most, least) =
                (piece.inflow.bounds(piece.from_s, until_s).1, piece.capacity.bounds(piece.from_s, until_s).0);
            if most < least {
                continue;
            }
            let (publish, capacity) = widest(piece, until_s, points);
            if publish <= capacity * (1.0 + EXCESS) {
                continue;
            }
            if publish - capacity > worst {
                worst = publish - capacity;
                rates.worst = Some((publish, capacity));
            }
            match rates.overloads.last_mut() {
                Some((_, end_s)) if *end_s >= piece.from_s => *end_s = until_s,
                _ => rates.overloads.push((piece.from_s, until_s)),
            }
        }
        rates
    }
}

/// The instants at which a piece is drawn.
fn instants(piece: &Piece, until_s: Seconds, points: usize) -> impl Iterator<Item = Seconds> + use<> {
    let straight = piece.inflow.is_line() && piece.capacity.is_line() && piece.net.is_constant();
    let from_s = piece.from_s;
    // A queue that stays empty through many swings of its rate is one piece.
    let swings =
        piece.inflow.cycles(from_s, until_s).max(piece.capacity.cycles(from_s, until_s)).clamp(1.0, MOST_SWINGS);
    let steps = if straight { 1 } else { (points as f64 * swings).ceil() as usize };
    (0..=steps).map(move |k| if k == steps { until_s } else { from_s + (until_s - from_s) * k as f64 / steps as f64 })
}

/// P and C where their difference on the piece is largest: a search around the best of the drawn points.
fn widest(piece: &Piece, until_s: Seconds, points: usize) -> (PerSecond, PerSecond) {
    let excess = |t: Seconds| piece.inflow.at(t) - piece.capacity.at(t);
    let at: Vec<Seconds> = instants(piece, until_s, points).collect();
    let best = (1..at.len()).fold(0, |best, k| if excess(at[k]) > excess(at[best]) { k } else { best });
    let (mut low, mut high) = (at[best.saturating_sub(1)], at[(best + 1).min(at.len() - 1)]);
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let steps = if at.len() > 2 { GOLDEN_STEPS } else { 0 };
    for _ in 0..steps {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if excess(left) < excess(right) {
            low = left;
        } else {
            high = right;
        }
    }
    let found = 0.5 * (low + high);
    let t = if steps > 0 && excess(found) > excess(at[best]) { found } else { at[best] };
    (piece.inflow.at(t), piece.capacity.at(t))
}

/// Largest sum of the producers' rates.
fn most_published(model: &Model, queue: QueueId) -> PerSecond {
    let rates = model.producers_of(queue).filter_map(|producer| match &producer.arrivals {
        Arrivals::Process { rate, .. } => {
            Some(Rate::Scale { by: model.share_of(producer.to, queue), rate: Box::new(rate.clone()) })
        }
        Arrivals::Recorded(_) => None,
    });
    let mirrored = Rate::Scale { by: -1.0, rate: Box::new(Rate::Sum(rates.collect())) };
    (-mirrored.lowest(0.0, model.horizon_s).1).max(0.0)
}

/// Largest rate of a curve that is drawn by so many points a piece.
fn most(curve: &Curve, points: usize) -> PerSecond {
    let highest = |(from_s, until_s, shape): (Seconds, Seconds, &Shape)| {
        let points = if shape.is_line() { 1 } else { points };
        let at = |k: usize| shape.at(from_s + (until_s - from_s) * k as f64 / points as f64);
        (0..=points).map(at).fold(0.0, f64::max)
    };
    curve.pieces().map(highest).fold(0.0, f64::max)
}

/// Stretches of neighbouring pieces with M > 0.
fn waiting(path: &Trajectory) -> Vec<(Seconds, Seconds, Messages)> {
    let mut stretches: Vec<(Seconds, Seconds, Messages)> = Vec::new();
    for piece in path.within_horizon() {
        let until_s = piece.until_s.min(path.horizon_s);
        let most = piece.backlog.max(piece.backlog_at(until_s));
        if most <= 0.0 {
            continue;
        }
        match stretches.last_mut() {
            Some((_, end_s, high)) if *end_s >= piece.from_s && piece.backlog > 0.0 => {
                *end_s = until_s;
                *high = high.max(most);
            }
            _ => stretches.push((piece.from_s, until_s, most)),
        }
    }
    stretches
}
