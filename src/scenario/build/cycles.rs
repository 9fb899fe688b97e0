//! Cycles: messages that go round. Of emissions and dead letters, those whose number never becomes smaller; of dead
//! letters, those that nobody consumes on the way.

use super::{Builder, Code, Item};
use crate::model::flow::Hop;
use crate::model::{Emission, Model, QueueId};
use crate::units::{quoted, show_count};

/// A gain this close to 1 is 1: rounding must not decide.
const TOLERANCE: f64 = 1e-9;
/// Most steps of the iteration that bounds a gain, and most hops that they take together.
const STEPS: usize = 10_000;
const HOPS: usize = 100_000_000;

impl Builder<'_> {
    /// Refuses dead letters that go round without a consumer: they would do so for ever, at no cost and in no time.
    pub(super) fn dead_letter_loops(&mut self, root: &Item, model: &Model) {
        let consumed: Vec<bool> = (0..model.queues.len()).map(|id| model.groups_of(id).next().is_some()).collect();
        let items = root.named_below("queues");
        let mut seen = vec![false; model.queues.len()];
        for start in 0..model.queues.len() {
            let mut way: Vec<QueueId> = Vec::new();
            let mut next = Some(start);
            while let Some(queue) = next.filter(|queue| !seen[*queue]) {
                seen[queue] = true;
                way.push(queue);
                next = model.queues[queue].dead_letter;
            }
            let Some(begin) = next.and_then(|queue| way.iter().position(|other| *other == queue)) else { continue };
            let cycle = &way[begin..];
            let at = items[*way.last().unwrap_or(&start)].1.field("dead_letter");
            let (Some(at), Some(first)) = (at, cycle.first()) else { continue };
            if cycle.len() == 1 {
                let message = format!("{} is its own dead-letter queue", quoted(&model.queues[*first].name));
                self.fault(Code::DeadLetterLoop, at, message).help =
                    Some("name another queue; `requeue: back` puts what comes back behind the others".to_owned());
            } else if cycle.iter().all(|queue| expires_at_once(model, *queue)) {
                let message = format!("what expires at once goes round through {} for ever", names(model, cycle));
                self.fault(Code::DeadLetterLoop, at, message).help =
                    Some("let one `ttl` be above 0, or leave out one `dead_letter`".to_owned());
            } else if !cycle.iter().any(|queue| consumed[*queue]) {
                let message = format!("dead letters go round through {} for ever", names(model, cycle));
                self.fault(Code::DeadLetterLoop, at, message).help =
                    Some("leave out one `dead_letter`, or let a consumer group take them on the way".to_owned());
            }
        }
    }

    /// Refuses cycles in which each message brings back at least one on average.
    pub(super) fn unstable_cycles(&mut self, root: &Item, model: &Model) {
        let hops = model.hops();
        let returns: Vec<bool> = self_loops(model.queues.len(), &hops);
        for component in components(model.queues.len(), &hops) {
            // Dead letters that nobody consumes have been reported.
            let consumed = component.iter().any(|queue| model.groups_of(*queue).next().is_some());
            if !consumed || component.len() == 1 && !returns[component[0]] {
                continue;
            }
            let inner = inner_hops(&component, &hops);
            let Some(gain) = gain_of(component.len(), &inner).filter(|gain| *gain >= 1.0 - TOLERANCE) else { continue };
            let emitter = model.groups.iter().position(|group| {
                let inside = |queue: &QueueId| component.binary_search(queue).is_ok();
                let stays = |emission: &Emission| model.queues_of(emission.to).iter().any(inside);
                inside(&group.from) && group.emits.iter().any(stays)
            });
            let at = match emitter {
                Some(group) => root.named_below("consumers")[group].1.field("emits"),
                None => component.iter().find_map(|queue| root.named_below("queues")[*queue].1.field("dead_letter")),
            };
            let Some(at) = at else { continue };
            let message = format!("messages go round through {} and never become fewer", names(model, &component));
            let fault = self.fault(Code::UnstableCycle, at, message);
            fault.label = Some(format!("each brings {} on average, step by step", show_count(gain)));
            fault.help = Some("let less come back: a smaller `per_message`, or a smaller share of failures".to_owned());
        }
    }
}

/// Whether everything that has to wait in this queue leaves it in no time.
fn expires_at_once(model: &Model, queue: QueueId) -> bool {
    model.queues[queue].ttl.as_ref().is_some_and(|ttl| ttl.after.mean() == 0.0)
}

/// Whether each queue brings messages to itself.
fn self_loops(queues: usize, hops: &[Hop]) -> Vec<bool> {
    let mut loops = vec![false; queues];
    for hop in hops.iter().filter(|hop| hop.from == hop.to && hop.gain > 0.0) {
        loops[hop.from] = true;
    }
    loops
}

fn names(model: &Model, queues: &[QueueId]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = queues.iter().take(SHOWN).map(|queue| quoted(&model.queues[*queue].name)).collect();
    if queues.len() > SHOWN {
        names.push(format!("{} more", queues.len() - SHOWN));
    }
    match (names.pop(), names.is_empty()) {
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// The hops within a component (in ascending order), with its queues numbered from 0.
fn inner_hops(component: &[QueueId], hops: &[Hop]) -> Vec<Hop> {
    let place = |queue: QueueId| component.binary_search(&queue).ok();
    let inner = hops.iter().filter_map(|hop| Some(Hop { from: place(hop.from)?, to: place(hop.to)?, gain: hop.gain }));
    inner.filter(|hop| hop.gain > 0.0).collect()
}

/// The spectral radius of the gains within one strongly connected component, as precise as it takes to say whether it
/// is below 1; `None` if there is no cycle.
///
/// Power iteration on I + A, which is primitive where A is irreducible, with the bounds min and max of (Ax)ᵢ/xᵢ of
/// Collatz and Wielandt (Wielandt 1950).
fn gain_of(queues: usize, hops: &[Hop]) -> Option<f64> {
    if hops.is_empty() {
        return None;
    }
    let mut x = vec![1.0; queues];
    let mut bounds = (0.0, f64::INFINITY);
    for _ in 0..STEPS.min(HOPS / hops.len()) {
        let mut next = vec![0.0; queues];
        for hop in hops {
            next[hop.to] += hop.gain * x[hop.from];
        }
        let ratios = || next.iter().zip(&x).map(|(next, x)| next / x);
        bounds = (ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max));
        if bounds.0 >= 1.0 - TOLERANCE && bounds.1 - bounds.0 < 1e-3 * bounds.1 || bounds.1 < 1.0 - TOLERANCE {
            break;
        }
        for (x, next) in x.iter_mut().zip(&next) {
            *x += next;
        }
        let largest = x.iter().fold(0.0, |largest: f64, x| largest.max(*x));
        for x in &mut x {
            *x /= largest;
        }
    }
    Some(0.5 * (bounds.0 + bounds.1))
}

/// Strongly connected components of the queues (Tarjan 1972), without recursion; each in ascending order.
fn components(queues: usize, hops: &[Hop]) -> Vec<Vec<QueueId>> {
    let mut after: Vec<Vec<QueueId>> = vec![Vec::new(); queues];
    for hop in hops.iter().filter(|hop| hop.gain > 0.0) {
        after[hop.from].push(hop.to);
    }
    let mut search =
        Search { order: vec![0; queues], low: vec![0; queues], open: Vec::new(), found: Vec::new(), count: 0 };
    for start in 0..queues {
        if search.order[start] == 0 {
            search.from(start, &after);
        }
    }
    search.found
}

struct Search {
    /// When a queue was first seen, from 1; 0 is never, `usize::MAX` that its component is complete.
    order: Vec<usize>,
    low: Vec<usize>,
    open: Vec<QueueId>,
    found: Vec<Vec<QueueId>>,
    count: usize,
}

impl Search {
    fn enter(&mut self, queue: QueueId) {
        self.count += 1;
        self.order[queue] = self.count;
        self.low[queue] = self.count;
        self.open.push(queue);
    }

    fn from(&mut self, start: QueueId, after: &[Vec<QueueId>]) {
        self.enter(start);
        let mut way = vec![(start, 0)];
        while let Some((queue, step)) = way.pop() {
            if let Some(&next) = after[queue].get(step) {
                way.push((queue, step + 1));
                if self.order[next] == 0 {
                    self.enter(next);
                    way.push((next, 0));
                } else if self.order[next] != usize::MAX {
                    self.low[queue] = self.low[queue].min(self.order[next]);
                }
                continue;
            }
            if self.low[queue] == self.order[queue] {
                self.close(queue);
            }
            if let Some((above, _)) = way.last() {
                self.low[*above] = self.low[*above].min(self.low[queue]);
            }
        }
    }

    fn close(&mut self, queue: QueueId) {
        let mut component = Vec::new();
        while let Some(member) = self.open.pop() {
            self.order[member] = usize::MAX;
            component.push(member);
            if member == queue {
                break;
            }
        }
        component.sort_unstable();
        self.found.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(from: QueueId, to: QueueId, gain: f64) -> Hop {
        Hop { from, to, gain }
    }

    #[test]
    fn components_are_those_that_reach_one_another() {
        let hops = [hop(0, 1, 1.0), hop(1, 2, 1.0), hop(2, 1, 1.0), hop(2, 3, 1.0), hop(3, 0, 0.0), hop(4, 4, 1.0)];
        let mut found = components(5, &hops);
        found.sort();
        assert_eq!(found, [vec![0], vec![1, 2], vec![3], vec![4]]);
        let ring: Vec<Hop> = (0..50_000).map(|k| hop(k, (k + 1) % 50_000, 1.0)).collect();
        assert_eq!(components(50_000, &ring).len(), 1);
    }

    #[test]
    fn the_gain_of_a_cycle_is_the_root_of_its_product() {
        assert_eq!(gain_of(1, &[]), None);
        let gain = |first, second| gain_of(2, &[hop(0, 1, first), hop(1, 0, second)]).unwrap();
        assert!((gain(8.0, 0.5) - 2.0).abs() < 0.01);
        assert!((gain(4.0, 0.25) - 1.0).abs() < 1e-3, "{}", gain(4.0, 0.25));
        assert!(gain(4.0, 0.249_999) < 1.0 - TOLERANCE);
        assert!((gain_of(1, &[hop(0, 0, 0.3), hop(0, 0, 0.7)]).unwrap() - 1.0).abs() < 1e-12);
    }
}
