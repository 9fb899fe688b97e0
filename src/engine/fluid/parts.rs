//! Queues that are several fluids at once: levels of priority, and partitions with an owner each.
//!
//! Strict priorities: the levels up to k together are a queue that does not notice the others, and level k is what that
//! queue has more than the one up to k − 1. Partitions: what a replica owns is a queue of its own. Not here: one queue
//! (`march`).

use super::curve::Curve;
use super::effort::Effort;
use super::inflow::{Inflow, Part};
use super::march::March;
use super::network::Feed;
use super::outflow;
use super::shape::Shape;
use super::trajectory::{Piece, Regime, Totals, Trajectory};
use super::unanswered::Unanswered;
use crate::engine::beyond::Beyond;
use crate::model::{ConsumerGroup, Model, Partitions, QueueId, Replicas};
use crate::units::Seconds;

/// A queue in parts.
pub struct Parted {
    /// All of them together, up to the horizon at least.
    pub whole: Trajectory,
    /// Each of them.
    pub parts: Vec<Trajectory>,
    /// What all of them could take, where the whole does not tell.
    pub capacity: Option<Curve>,
}

/// Strict priorities over these shares.
pub fn levels(model: &Model, queue: QueueId, shares: &[f64], feed: Option<&Feed>) -> Result<Parted, Unanswered> {
    let no = |why| Err(Unanswered::Beyond(Beyond::Priorities, why));
    if is_bounded(model, queue) {
        return no("who is lost at a bound, and who waits for a token, depends on how they are mixed");
    }
    if model.groups_of(queue).any(|group| group.prefetch > group.concurrency) {
        return no("what is prefetched is not recalled for what is more urgent");
    }
    let until_s = model.horizon_s + super::inflow::delivery_delay_s(model, queue)?;
    // What is more urgent goes on to overtake what came before the horizon.
    let ends_s = if feed.is_some() { vec![until_s] } else { vec![until_s, 2.0 * until_s] };
    let mut up_to: Vec<Trajectory> = Vec::new();
    let mut parts = Vec::new();
    for level in 0..shares.len() {
        let inflow = Inflow::new(model, queue, feed.cloned()).part(Part::Levels(level, shares.to_vec()));
        let mut march = March::new(model, queue, inflow)?;
        let mut from_s = 0.0;
        for end_s in &ends_s {
            march.go_with(&outflow::outflow(model, queue, from_s, *end_s)?, from_s, *end_s)?;
            from_s = *end_s;
        }
        let path = march.path();
        parts.push(match up_to.last() {
            None => path.clone(),
            Some(urgent) => combined(&[(&path, 1.0), (urgent, -1.0)], from_s),
        });
        up_to.push(path);
    }
    let whole = up_to.pop().ok_or(Unanswered::Beyond(Beyond::Priorities, "there are no levels"))?;
    Ok(Parted { whole, parts, capacity: None })
}

/// Partitions, given out to the replicas in ranges.
pub fn partitions(model: &Model, queue: QueueId, all: Partitions, feed: Option<&Feed>) -> Result<Parted, Unanswered> {
    let no = |why| Err(Unanswered::Beyond(Beyond::Partitions, why));
    let groups: Vec<&ConsumerGroup> = model.groups_of(queue).collect();
    let [group] = groups[..] else { return no("several groups share them out, or none does") };
    if is_bounded(model, queue) {
        return no("what is bounded is the queue, and not each of them");
    }
    let Replicas::Fixed(replicas) = group.replicas else {
        return no("who gets which of them when replicas come and go decides what waits where");
    };
    let has_outages = !group.outages.is_empty();
    let is_limited = group.in_flight_limit.is_some() || group.contention.is_some() || group.batch.is_some();
    if has_outages || is_limited {
        return no("outages, batches and limits of the group fall on them unevenly");
    }
    let owners = if model.queues[queue].single_active { replicas.min(1) } else { replicas };
    let slots = group.slots_per_replica();
    let most = all.count.div_ceil(owners.max(1));
    let has_overhead = group.overhead.as_ref().is_some_and(|overhead| overhead.mean() > 0.0);
    if slots > 1 && (most > slots || has_overhead) {
        return no("a replica has several of them and several slots: which wait for a slot depends on single messages");
    }
    let effort = Effort::new(model, group)?;
    let until_s = model.horizon_s + super::inflow::delivery_delay_s(model, queue)?;
    let mut lanes: Vec<Lane> = Vec::new();
    for owner in 0..owners.max(1) {
        let class = (owner as usize) % effort.factors.len();
        let working = if owners > 0 { Some(class) } else { None };
        let owned = range(all.count, owners.max(1), owner);
        if slots == 1 {
            add(&mut lanes, owned.map(|place| all.share(place)).sum(), working);
        } else {
            owned.for_each(|place| add(&mut lanes, all.share(place), working));
        }
    }
    let mut capacities = Vec::new();
    let mut parts = Vec::new();
    for lane in &lanes {
        let rate = lane_rate(&effort, lane.class, until_s)?.scaled(1.0 / f64::from(slots));
        let inflow = Inflow::new(model, queue, feed.cloned()).part(Part::Share(lane.share));
        let mut march = March::new(model, queue, inflow)?;
        march.go_with(&rate, 0.0, until_s)?;
        march.drain_with(until_s, |a, b| {
            Ok(lane_rate(&effort, lane.class, b)?.between(a, b).scaled(1.0 / f64::from(slots)))
        });
        capacities.push(rate.scaled(lane.times));
        parts.push((march.path(), lane.times));
    }
    let weighted: Vec<(&Trajectory, f64)> = parts.iter().map(|(path, times)| (path, *times)).collect();
    let whole = combined(&weighted, until_s);
    let capacity = Some(Curve::sum(&capacities, 0.0, until_s));
    Ok(Parted { whole, parts: parts.into_iter().map(|(path, _)| path).collect(), capacity })
}

/// Partitions that are served as one queue, and how many such queues there are.
struct Lane {
    share: f64,
    class: Option<usize>,
    times: f64,
}

/// Adds a lane, or one more of its kind.
fn add(lanes: &mut Vec<Lane>, share: f64, class: Option<usize>) {
    if share == 0.0 {
        return;
    }
    let same = |lane: &&mut Lane| lane.class == class && (lane.share - share).abs() <= 1e-14 * share;
    match lanes.iter_mut().find(same) {
        Some(lane) => lane.times += 1.0,
        None => lanes.push(Lane { share, class, times: 1.0 }),
    }
}

/// What a replica of this class takes per second on `[0, until_s]`; nothing if there is none.
fn lane_rate(effort: &Effort<'_>, class: Option<usize>, until_s: Seconds) -> Result<Curve, Unanswered> {
    let speed = match &effort.group.speed {
        None => Curve::constant(1.0, 0.0, until_s),
        Some(rate) => Curve::of_rate(rate, 0.0, until_s)?,
    };
    let mut ready = vec![0; effort.factors.len()];
    if let Some(class) = class {
        ready[class] = 1;
    }
    let rates = speed.pieces().map(|(from_s, _, speed)| Ok((from_s, effort.rate_of_one(&ready, speed)?)));
    Ok(Curve::new(rates.collect::<Result<Vec<_>, Unanswered>>()?, until_s))
}

/// The places that the `rank`-th of `owners` gets: neighbours, the first ones one more where they do not come out even.
fn range(count: u32, owners: u32, rank: u32) -> std::ops::Range<u32> {
    let (each, more) = (count / owners, count % owners);
    let first = rank * each + rank.min(more);
    first..first + each + u32::from(rank < more)
}

/// Whether something bounds the queue as a whole.
fn is_bounded(model: &Model, queue: QueueId) -> bool {
    let settings = &model.queues[queue];
    let has_bounds = settings.capacity.is_some() || settings.ttl.is_some();
    let forgets = settings.retention.age_s.is_some() || settings.retention.messages.is_some();
    has_bounds || forgets || model.groups_of(queue).any(|group| group.rate_limit.is_some())
}

/// Sum of paths with weights, up to `until_s`: what is told of it is what came, was taken and waits.
fn combined(paths: &[(&Trajectory, f64)], until_s: Seconds) -> Trajectory {
    let mut cuts: Vec<Seconds> =
        paths.iter().flat_map(|(path, _)| path.pieces.iter().map(|piece| piece.from_s)).collect();
    cuts.retain(|cut| *cut < until_s);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let mut totals = Totals::default();
    let mut pieces: Vec<Piece> = Vec::new();
    let ends = cuts.iter().skip(1).copied().chain(std::iter::once(until_s)).collect::<Vec<_>>();
    for (from_s, end_s) in cuts.iter().copied().zip(ends) {
        let sum = |of: &dyn Fn(&Piece) -> Shape| {
            paths.iter().fold(Shape::constant(0.0), |sum, (path, weight)| {
                sum.plus(&of(path.piece_at(from_s)).scaled(*weight), from_s)
            })
        };
        let level = |t: Seconds, of: &dyn Fn(&Piece, Seconds) -> f64| {
            paths.iter().map(|(path, weight)| of(path.piece_at(from_s), t) * weight).sum::<f64>()
        };
        let net = sum(&|piece| piece.net.clone());
        let mut turns = Vec::new();
        super::roots::sign_changes(&net, from_s, end_s, 4.0 * f64::EPSILON * net.magnitude(from_s, end_s), &mut turns);
        let (inflow, capacity) = (sum(&|piece| piece.inflow.clone()), sum(&|piece| piece.served().clone()));
        let mut a = from_s;
        for b in turns.into_iter().chain(std::iter::once(end_s)).filter(|b| *b > from_s) {
            let backlog = level(a, &|piece, t| piece.backlog_at(t)).max(0.0);
            let backlog_until = level(b, &|piece, t| piece.backlog_at(t)).max(0.0);
            let regime = if backlog > 0.0 || backlog_until > 0.0 { Regime::Waiting } else { Regime::Empty };
            let piece = Piece {
                from_s: a,
                until_s: b,
                regime,
                inflow: inflow.clone(),
                capacity: capacity.clone(),
                net: net.clone(),
                expired: None,
                backlog,
                backlog_until,
                totals,
            };
            totals = piece.totals_at(b);
            pieces.push(piece);
            a = b;
        }
    }
    let initial = paths.iter().map(|(path, weight)| path.initial * weight).sum();
    let first = paths[0].0;
    Trajectory { pieces, initial, end: totals, ..first.without_pieces() }
}
