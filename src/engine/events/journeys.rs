//! End-to-end: who is on which path, since when, and when the last descendant has left it.
//!
//! A message that comes into a path's first queue sets out on a journey; what is published because of it into the
//! path's queues travels along; the journey ends with the last of them. Not here: where messages are published to
//! (`route`).

use super::extras::NONE;
use super::kernel::Kernel;
use super::message::Message;
use super::observer::Observer;
use crate::model::{Model, QueueId};
use crate::units::Seconds;

/// Paths and the journeys on them.
pub(super) struct Journeys {
    /// For each path, whether it passes through each queue.
    passes: Vec<Vec<bool>>,
    first: Vec<QueueId>,
    all: Vec<Journey>,
    free: Vec<u32>,
    /// Journeys that begin with the publish at hand.
    setting_out: Vec<u32>,
}

/// One ancestor's way along one path.
#[derive(Clone, Copy, Debug)]
struct Journey {
    path: usize,
    origin_s: Seconds,
    /// Messages that are on it.
    open: u32,
    broken: bool,
}

impl Journeys {
    pub fn new(model: &Model) -> Journeys {
        let passes = |queues: &[QueueId]| (0..model.queues.len()).map(|queue| queues.contains(&queue)).collect();
        Journeys {
            passes: model.paths.iter().map(|path| passes(&path.queues)).collect(),
            first: model.paths.iter().filter_map(|path| path.queues.first().copied()).collect(),
            all: Vec::new(),
            free: Vec::new(),
            setting_out: Vec::new(),
        }
    }

    /// Whether the model has paths at all.
    #[inline(always)]
    pub fn exist(&self) -> bool {
        !self.passes.is_empty()
    }

    /// Opens a journey on each path that begins in one of these queues, unless the parent is on it already; each is
    /// held open until `all_aboard`.
    fn set_out(&mut self, now_s: Seconds, queues: &[QueueId], parents: &[u32]) {
        self.setting_out.clear();
        for path in 0..self.passes.len() {
            let is_on_it = parents.iter().any(|journey| self.all[*journey as usize].path == path);
            if is_on_it || !queues.contains(&self.first[path]) {
                continue;
            }
            let journey = Journey { path, origin_s: now_s, open: 1, broken: false };
            let place = if let Some(place) = self.free.pop() {
                self.all[place as usize] = journey;
                place
            } else {
                self.all.push(journey);
                (self.all.len() - 1) as u32
            };
            self.setting_out.push(place);
        }
    }

    /// Puts those of a parent's journeys and of the new ones that pass through a queue into `aboard`.
    fn board(&mut self, queue: QueueId, parents: &[u32], aboard: &mut Vec<u32>) {
        for journey in parents.iter().chain(&self.setting_out) {
            let state = &mut self.all[*journey as usize];
            if self.passes[state.path][queue] {
                state.open += 1;
                aboard.push(*journey);
            }
        }
    }
}

impl<O: Observer> Kernel<'_, '_, O> {
    /// A message is about to be published to these queues because of another, or from outside.
    pub(super) fn set_out(&mut self, now_s: Seconds, queues: &[QueueId], parent: Option<&Message>) {
        let parents = parent.and_then(|parent| self.extras.at(parent.extra)).map_or(&[][..], |extra| &extra.journeys);
        self.journeys.set_out(now_s, queues, parents);
        for journey in &self.journeys.setting_out {
            self.observer.path_started(now_s, self.journeys.all[*journey as usize].path);
        }
    }

    /// A copy for one of the queues travels along.
    pub(super) fn board(&mut self, queue: QueueId, parent: Option<&Message>, message: &mut Message) {
        let mut aboard = std::mem::take(&mut self.extras.of(message).journeys);
        let parents = parent.and_then(|parent| self.extras.at(parent.extra)).map_or(&[][..], |extra| &extra.journeys);
        self.journeys.board(queue, parents, &mut aboard);
        self.extras.of(message).journeys = aboard;
    }

    /// Every copy has been made.
    pub(super) fn all_aboard(&mut self, now_s: Seconds) {
        while let Some(journey) = self.journeys.setting_out.pop() {
            self.get_off(now_s, journey, true);
        }
    }

    /// A message has left the world: for its journeys well, or not.
    #[inline(always)]
    pub(super) fn forget(&mut self, now_s: Seconds, message: &Message, well: bool) {
        if message.extra != NONE {
            self.leave(now_s, message, |_, _| well);
        }
    }

    /// A message goes on as a dead letter: its journeys go on where they pass through that queue.
    pub(super) fn forget_dead_letter(&mut self, now_s: Seconds, message: &Message, to: QueueId) {
        if message.extra != NONE {
            self.leave(now_s, message, |journeys, path| journeys.passes[path][to]);
        }
    }

    #[inline(never)]
    fn leave(&mut self, now_s: Seconds, message: &Message, well: impl Fn(&Journeys, usize) -> bool) {
        let mut journey = 0;
        while let Some(place) = self.extras.at(message.extra).and_then(|extra| extra.journeys.get(journey).copied()) {
            let path = self.journeys.all[place as usize].path;
            let well = well(&self.journeys, path);
            self.get_off(now_s, place, well);
            journey += 1;
        }
        self.extras.forget(message);
    }

    fn get_off(&mut self, now_s: Seconds, place: u32, well: bool) {
        let journey = &mut self.journeys.all[place as usize];
        journey.open -= 1;
        journey.broken |= !well;
        if journey.open == 0 {
            let Journey { path, origin_s, broken, .. } = *journey;
            self.journeys.free.push(place);
            self.observer.path_ended(now_s, path, origin_s, !broken);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::events::diary::{at, diary, model, queue, worker};
    use crate::model::{
        AfterFailure, ConsumerGroup, Destination, Emission, Failures, Model, Path, Producer, Queue, Retry, Routing,
        Topic,
    };

    fn to(to: Destination) -> Vec<Emission> {
        vec![Emission { to, per_message: 1.0 }]
    }

    fn path(queues: &[usize]) -> Path {
        Path { name: "path".into(), queues: queues.to_vec() }
    }

    /// Two stages of 1 s and 2 s.
    fn tandem() -> Model {
        let first = ConsumerGroup { emits: to(Destination::Queue(1)), ..worker(0, 1.0) };
        let mut world = model(vec![at(0, &[1.0, 1.5])], vec![queue(0), queue(1)], vec![first, worker(1, 2.0)]);
        world.paths = vec![path(&[0, 1])];
        world
    }

    #[test]
    fn a_path_ends_with_the_ack_in_its_last_queue() {
        let (diary, _) = diary(&tandem());
        assert_eq!(diary.of(&["p0"]), ["1 p0 started", "1.5 p0 started", "4 p0 completed 1", "6 p0 completed 1.5"]);
    }

    #[test]
    fn a_fan_out_is_joined_by_its_slowest_copy_on_the_path() {
        let mut world = tandem();
        world.producers = vec![at(0, &[1.0])];
        world.groups[0].emits = to(Destination::Topic(0));
        world.queues.extend([queue(2), queue(3)]);
        world.groups.extend([worker(2, 5.0), worker(3, 9.0)]);
        world.topics = vec![Topic { name: "t".into(), to: Routing::Copies(vec![1, 2, 3]) }];
        // The third copy is not on the path.
        world.paths = vec![path(&[0, 1, 2]), path(&[0, 1])];
        let (diary, _) = diary(&world);
        assert_eq!(diary.of(&["p0", "p1"]), ["1 p0 started", "1 p1 started", "4 p1 completed 1", "7 p0 completed 1"]);
    }

    #[test]
    fn copies_of_one_publish_make_one_journey() {
        let producer = Producer { to: Destination::Topic(0), ..at(0, &[1.0]) };
        let mut world = model(vec![producer], vec![queue(0), queue(1)], vec![worker(0, 1.0), worker(1, 2.0)]);
        world.topics = vec![Topic { name: "t".into(), to: Routing::Copies(vec![0, 1]) }];
        world.paths = vec![path(&[0, 1])];
        assert_eq!(diary(&world).0.of(&["p0"]), ["1 p0 started", "3 p0 completed 1"]);
    }

    #[test]
    fn a_lost_descendant_breaks_the_journey() {
        let mut world = tandem();
        world.queues[1] = Queue { capacity: Some(0), ..queue(1) };
        let (diary, _) = diary(&world);
        assert_eq!(diary.of(&["p0"]), ["1 p0 started", "1.5 p0 started", "3 p0 broken 1.5", "4 p0 completed 1"]);
    }

    #[test]
    fn a_dead_letter_goes_on_only_where_the_path_does() {
        let failures = Failures {
            probability: 1.0,
            poison: 0.0,
            then: AfterFailure::DeadLetter,
            retry: Retry::AtOnce,
            partial: false,
        };
        let mut world = tandem();
        world.producers = vec![at(0, &[1.0])];
        world.queues[1].dead_letter = Some(2);
        world.queues.push(queue(2));
        world.groups[1].failures = Some(failures);
        world.groups.push(worker(2, 10.0));
        world.paths = vec![path(&[0, 1]), path(&[0, 1, 2])];
        assert_eq!(
            diary(&world).0.of(&["p0", "p1"]),
            ["1 p0 started", "1 p1 started", "4 p0 broken 1", "14 p1 completed 1"]
        );
    }

    /// Half of what is acked is published once more to the same queue: 2 acks per message.
    #[test]
    fn a_feedback_loop_is_one_journey() {
        let echo =
            ConsumerGroup { emits: vec![Emission { to: Destination::Queue(0), per_message: 0.5 }], ..worker(0, 0.001) };
        let mut world = model(Vec::new(), vec![Queue { initial: 1000, ..queue(0) }, queue(1)], vec![echo]);
        world.paths = vec![path(&[0, 1])];
        let (diary, ledger) = diary(&world);
        assert_eq!(diary.count("p0 completed"), 1000);
        assert!((1860..2140).contains(&ledger.acked), "{ledger:?}");
    }
}
