//! What services share: each holds its units while it runs, and a slot that cannot have them waits for them.
//!
//! Slots wait in one line per resource, across groups, and nobody overtakes: the first in line begins when it is first
//! in every line it stands in and all it needs is there. So nobody starves, and none holds one thing while it waits for
//! another. Not here: what a slot does with it (`special`).

use std::collections::VecDeque;

use super::agenda::Event;
use super::kernel::Kernel;
use super::observer::Observer;
use super::state::Phase;
use crate::model::{Resource, ResourceId};
use crate::units::Seconds;

/// A resource at work.
pub(super) struct ResourceState {
    free: u32,
    units: u32,
    /// Slots that wait.
    line: VecDeque<u32>,
    /// The first in line is to be looked at within this instant.
    is_due: bool,
}

impl ResourceState {
    pub fn new(resource: &Resource) -> ResourceState {
        ResourceState { free: resource.slots, units: resource.slots, line: VecDeque::new(), is_due: false }
    }
}

#[cfg(test)]
impl ResourceState {
    /// Units in use, and slots that wait.
    pub fn counts(&self) -> (u32, usize) {
        (self.units - self.free, self.line.len())
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// Takes what a slot needs, or lets it wait for that.
    pub(super) fn acquire(&mut self, now_s: Seconds, slot: u32) -> bool {
        let uses = &self.groups[self.slots[slot as usize].group as usize].settings.uses;
        let resources = &self.resources;
        let is_there = uses.iter().all(|(id, units)| resources[*id].line.is_empty() && resources[*id].free >= *units);
        for (id, units) in uses {
            let resource = &mut self.resources[*id];
            if is_there {
                resource.free -= units;
            } else {
                resource.line.push_back(slot);
            }
        }
        if !is_there {
            self.slots[slot as usize].phase = Phase::Waiting;
        }
        self.tell_resources(now_s, slot);
        is_there
    }

    /// A slot no longer holds what it used, or waits for it no longer.
    pub(super) fn let_resources_go(&mut self, now_s: Seconds, slot: u32) {
        let place = &self.slots[slot as usize];
        let (waits, group) = (place.phase == Phase::Waiting, place.group as usize);
        for (id, units) in &self.groups[group].settings.uses {
            let resource = &mut self.resources[*id];
            if waits {
                resource.line.retain(|other| *other != slot);
            } else {
                resource.free += units;
            }
            if !resource.line.is_empty() && !std::mem::replace(&mut resource.is_due, true) {
                self.agenda.schedule(now_s, Event::Released { resource: *id as u32 });
            }
        }
        self.tell_resources(now_s, slot);
    }

    /// Something came back: those begin for whom there is enough now.
    pub(super) fn released(&mut self, now_s: Seconds, resource: ResourceId) {
        self.resources[resource].is_due = false;
        let mut to_look_at = vec![resource];
        while let Some(id) = to_look_at.pop() {
            while let Some(slot) = self.resources[id].line.front().copied() {
                let uses = &self.groups[self.slots[slot as usize].group as usize].settings.uses;
                let resources = &self.resources;
                let may_begin = |(id, units): &(ResourceId, u32)| {
                    resources[*id].line.front() == Some(&slot) && resources[*id].free >= *units
                };
                if !uses.iter().all(may_begin) {
                    break;
                }
                for (other, units) in uses {
                    let resource = &mut self.resources[*other];
                    resource.free -= units;
                    resource.line.pop_front();
                    if *other != id {
                        to_look_at.push(*other);
                    }
                }
                self.tell_resources(now_s, slot);
                self.begin_special(now_s, slot, false);
            }
        }
    }

    fn tell_resources(&mut self, now_s: Seconds, slot: u32) {
        for (id, _) in &self.groups[self.slots[slot as usize].group as usize].settings.uses {
            let resource = &self.resources[*id];
            self.observer.resource(now_s, *id, resource.units - resource.free, resource.line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::trial::{recorded, replicas, watch, world};
    use crate::model::{ConsumerGroup, Model, Queue, Replicas, Resource, Shutdown};

    fn sharing(model: Model, slots: &[u32]) -> Model {
        let resource = |(id, slots): (usize, &u32)| Resource { name: format!("r{id}"), slots: *slots };
        Model { resources: slots.iter().enumerate().map(resource).collect(), ..model }
    }

    fn ends(model: &Model) -> Vec<(f64, f64)> {
        watch(model).0.acks.iter().map(|(end_s, _, published_s)| (*end_s, *published_s)).collect()
    }

    #[test]
    fn slots_wait_for_units_in_line() {
        let group = ConsumerGroup { uses: vec![(0, 1)], ..replicas(5) };
        let messages = [(0.0, 2.0), (0.1, 3.0), (0.2, 1.0), (0.3, 1.0), (0.4, 1.0)];
        let model = sharing(world(&messages, Queue::new("q"), group), &[2]);
        let (diary, _) = watch(&model);
        assert_eq!(ends(&model), [(2.0, 0.0), (3.0, 0.2), (3.1, 0.1), (4.0, 0.3), (4.1, 0.4)]);
        // They occupy their slots while they wait, but they have not started.
        assert_eq!(diary.most_busy, 5);
        assert_eq!(diary.starts.iter().map(|start| start.0).collect::<Vec<_>>(), [0.0, 0.1, 2.0, 3.0, 3.1]);
        assert_eq!(diary.most_waiting, 3);
        assert_eq!(diary.most_in_use, 2);
    }

    #[test]
    fn nobody_overtakes_one_that_needs_more() {
        let small = ConsumerGroup { uses: vec![(0, 1)], ..replicas(3) };
        let mut large = ConsumerGroup { uses: vec![(0, 3)], name: "large".into(), from: 1, ..replicas(1) };
        large.prefetch = 1;
        let mut model = world(&[(0.0, 4.0), (2.0, 1.0)], Queue::new("q"), small);
        model.queues.push(Queue::new("large"));
        model.groups.push(large);
        let mut other = recorded("other", &[(1.0, 1.0)]);
        other.to = crate::model::Destination::Queue(1);
        model.producers.push(other);
        assert_eq!(ends(&sharing(model, &[3])), [(4.0, 0.0), (5.0, 1.0), (6.0, 2.0)]);
    }

    #[test]
    fn who_needs_two_things_takes_them_together() {
        let both = ConsumerGroup { uses: vec![(0, 1), (1, 1)], ..replicas(2) };
        let mut model = world(&[(1.0, 1.0), (1.5, 1.0)], Queue::new("q"), both);
        for (id, at_s, work_s) in [(0, 0.0, 3.0), (1, 0.0, 2.0), (0, 1.2, 1.0)] {
            let queue = model.queues.len();
            model.queues.push(Queue::new(format!("q{queue}")));
            let group = ConsumerGroup { uses: vec![(id, 1)], name: format!("g{queue}"), from: queue, ..replicas(1) };
            model.groups.push(group);
            let mut producer = recorded(&format!("p{queue}"), &[(at_s, work_s)]);
            producer.to = crate::model::Destination::Queue(queue);
            model.producers.push(producer);
        }
        // The first of both waits for the slower; the one that came at 1.2 waits behind it, and the second behind that.
        assert_eq!(ends(&sharing(model, &[1, 1])), [(2.0, 0.0), (3.0, 0.0), (4.0, 1.0), (5.0, 1.2), (6.0, 1.5)]);
    }

    #[test]
    fn who_leaves_while_it_waits_or_works_gives_its_place_free() {
        let group = ConsumerGroup {
            uses: vec![(0, 1)],
            replicas: Replicas::Steps(vec![(0.0, 3), (1.0, 1)]),
            shutdown: Shutdown::Requeue,
            ..replicas(3)
        };
        let messages = [(0.0, 5.0), (0.1, 1.0), (0.2, 1.0)];
        let model = sharing(world(&messages, Queue::new("q"), group), &[1]);
        assert_eq!(ends(&model), [(5.0, 0.0), (6.0, 0.1), (7.0, 0.2)]);
        let away = ConsumerGroup { uses: vec![(0, 1)], outages: vec![(1.0, 2.0)], ..replicas(3) };
        let model = sharing(world(&messages, Queue::new("q"), away), &[1]);
        assert_eq!(ends(&model), [(3.0, 0.0), (4.0, 0.1), (5.0, 0.2)]);
    }
}
