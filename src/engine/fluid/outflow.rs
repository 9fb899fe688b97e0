//! C(t): what the consumer groups of a queue could take per second.
//!
//! A replica works from the end of its start-up until it leaves, and not during outages or the start-up after them. Not
//! here: what a working replica takes (`effort`), and how much of C is used (`trajectory`).

use super::curve::Curve;
use super::effort::Effort;
use super::inflow::constant_s;
use super::unanswered::Unanswered;
use crate::model::{ConsumerGroup, Model, QueueId, RateLimit, Replicas};
use crate::units::Seconds;

/// The token bucket of a queue's only group, if it has one.
pub fn limit(model: &Model, queue: QueueId) -> Option<RateLimit> {
    let mut groups = model.groups_of(queue);
    let first = groups.next()?;
    if groups.next().is_none() { first.rate_limit } else { None }
}

/// What all slots of a queue could take on `[a, b]`, summed over its groups.
///
/// # Errors
///
/// What has no exact answer: see [`Unanswered`].
pub fn outflow(model: &Model, queue: QueueId, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
    let groups: Vec<&ConsumerGroup> = model.groups_of(queue).collect();
    let curve = |group: &&ConsumerGroup| slot_rate(&Effort::new(model, group)?, a, b);
    let curves = groups.iter().map(curve).collect::<Result<Vec<_>, _>>()?;
    let slots = Curve::sum(&curves, a, b);
    if groups.len() == 1 {
        return Ok(slots);
    }
    for (group, curve) in groups.iter().zip(&curves) {
        if group.rate_limit.is_some_and(|limit| curve.most() > limit.rate_per_s) {
            return Err(Unanswered::SharedBucket(group.name.clone()));
        }
    }
    Ok(slots)
}

/// Rate of a group's working slots on `[a, b]`.
fn slot_rate(effort: &Effort<'_>, a: Seconds, b: Seconds) -> Result<Curve, Unanswered> {
    let speed = match &effort.group.speed {
        None => Curve::constant(1.0, a, b),
        Some(rate) => Curve::of_rate(rate, a, b)?,
    };
    let mut staffing = Staffing::new(effort.group, effort.factors.len())?;
    let mut rates = Vec::new();
    for (from_s, until_s, speed) in speed.pieces() {
        let mut t = from_s;
        while t < until_s {
            staffing.advance(t);
            rates.push((t, effort.rate(staffing.ready(), speed)?));
            t = staffing.next_change_s().min(until_s);
        }
    }
    Ok(Curve::new(rates, b))
}

/// How many replicas of each speed work, as time goes on.
struct Staffing {
    /// `(at_s, class, more)`, ascending.
    changes: Vec<(Seconds, usize, i64)>,
    next_change: usize,
    working: Vec<i64>,
    nobody: Vec<i64>,
    /// Intervals `[from, until)` in which nobody works, ascending and disjoint.
    away: Vec<(Seconds, Seconds)>,
    next_away: usize,
    now_s: Seconds,
}

impl Staffing {
    fn new(group: &ConsumerGroup, classes: usize) -> Result<Self, Unanswered> {
        let startup_s = startup_s(group)?;
        let mut changes = changes(&group.replicas, startup_s, classes);
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let away = absences(&group.outages, startup_s);
        let nobody = vec![0; classes];
        Ok(Self { changes, next_change: 0, working: nobody.clone(), nobody, away, next_away: 0, now_s: f64::MIN })
    }

    /// Goes on to `now_s`.
    fn advance(&mut self, now_s: Seconds) {
        self.now_s = now_s;
        while let Some((at_s, class, more)) = self.changes.get(self.next_change).copied().filter(|c| c.0 <= now_s) {
            debug_assert!(at_s <= now_s);
            self.working[class] += more;
            self.next_change += 1;
        }
        while self.away.get(self.next_away).is_some_and(|(_, until_s)| *until_s <= now_s) {
            self.next_away += 1;
        }
    }

    fn is_away(&self) -> bool {
        self.away.get(self.next_away).is_some_and(|(from_s, _)| *from_s <= self.now_s)
    }

    /// When the number of working replicas changes next.
    fn next_change_s(&self) -> Seconds {
        let change_s = self.changes.get(self.next_change).map_or(f64::INFINITY, |change| change.0);
        let away_s = match self.away.get(self.next_away) {
            None => f64::INFINITY,
            Some((from_s, until_s)) => {
                if *from_s <= self.now_s {
                    *until_s
                } else {
                    *from_s
                }
            }
        };
        change_s.min(away_s)
    }

    /// Replicas of each class that work now.
    fn ready(&self) -> &[i64] {
        if self.is_away() { &self.nobody } else { &self.working }
    }
}

/// Intervals in which nobody works: the outages with the start-up after each, ascending and disjoint.
pub fn absences(outages: &[(Seconds, Seconds)], startup_s: Seconds) -> Vec<(Seconds, Seconds)> {
    let mut away: Vec<(Seconds, Seconds)> = Vec::new();
    for (from_s, until_s) in outages {
        let until_s = until_s + startup_s;
        match away.last_mut() {
            Some(last) if last.1 >= *from_s => last.1 = last.1.max(until_s),
            _ => away.push((*from_s, until_s)),
        }
    }
    away
}

/// How many of the replicas `[first, end)` are of a class: replica i is of class i mod classes.
pub fn number_of_class(class: usize, classes: usize, first: u32, end: u32) -> i64 {
    let below = |bound: u32| (i64::from(bound) + (classes - 1 - class) as i64) / classes as i64;
    below(end) - below(first)
}

/// The constant start-up time, 0 where it plays no part.
fn startup_s(group: &ConsumerGroup) -> Result<Seconds, Unanswered> {
    let joins = match &group.replicas {
        Replicas::Fixed(_) => false,
        Replicas::Steps(steps) => steps.windows(2).any(|pair| pair[1].1 > pair[0].1),
    };
    match &group.startup {
        Some(startup) if joins || !group.outages.is_empty() => {
            constant_s(startup).ok_or_else(|| Unanswered::RandomStartup(group.name.clone()))
        }
        _ => Ok(0.0),
    }
}

/// When how many replicas of each class begin and cease to work. The newest replica leaves first; who leaves during the
/// start-up never worked.
fn changes(replicas: &Replicas, startup_s: Seconds, classes: usize) -> Vec<(Seconds, usize, i64)> {
    let mut changes = Vec::new();
    let mut change = |at_s: Seconds, first: u32, last: u32, sign: i64| {
        for class in 0..classes {
            let number = number_of_class(class, classes, first, last);
            if number != 0 {
                changes.push((at_s, class, sign * number));
            }
        }
    };
    let steps = match replicas {
        Replicas::Fixed(number) => &[(0.0, *number)][..],
        Replicas::Steps(steps) => steps,
    };
    // Those present, oldest first: (works from, index of the first, index after the last).
    let mut present: Vec<(Seconds, u32, u32)> = Vec::new();
    for (index, (at_s, wanted)) in steps.iter().enumerate() {
        let mut number = present.last().map_or(0, |last| last.2);
        while number > *wanted {
            let (works_from_s, first, last) = present.pop().expect("someone is present while the number is above 0");
            let stay = first.max(*wanted);
            if works_from_s < *at_s {
                change(works_from_s, stay, last, 1);
                change(*at_s, stay, last, -1);
            }
            if stay > first {
                present.push((works_from_s, first, stay));
            }
            number = stay;
        }
        if *wanted > number {
            let works_from_s = if index == 0 { f64::MIN } else { at_s + startup_s };
            present.push((works_from_s, number, *wanted));
        }
    }
    for (works_from_s, first, last) in present {
        change(works_from_s, first, last, 1);
    }
    changes
}
