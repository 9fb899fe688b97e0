//! End-to-end: who is on which path, since when, and when the last descendant has left it.
//!
//! A message that comes into a path's first queue sets out on a journey; what is published because of it into the path's
//! queues travels along; the journey ends with the last of them. Not here: where messages are published to (`route`).

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
    journeys: Vec<Journey>,
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
            journeys: Vec::new(),
            free: Vec::new(),
            setting_out: Vec::new(),
        }
    }

    /// Whether the model has paths at all.
    #[inline(always)]
    pub fn exist(&self) -> bool {
        !self.passes.is_empty()
    }

    /// Opens a journey on each path that begins in one of these queues, unless the parent is on it already; each is held
    /// open until [`Self::all_aboard`].
    fn set_out(&mut self, now_s: Seconds, queues: &[QueueId], parents: &[u32]) {
        self.setting_out.clear();
        for path in 0..self.passes.len() {
            let is_on_it = parents.iter().any(|journey| self.journeys[*journey as usize].path == path);
            if is_on_it || !queues.contains(&self.first[path]) {
                continue;
            }
            let journey = Journey { path, origin_s: now_s, open: 1, broken: false };
            let place = if let Some(place) = self.free.pop() {
                self.journeys[place as usize] = journey;
                place
            } else {
                self.journeys.push(journey);
                (self.journeys.len() - 1) as u32
            };
            self.setting_out.push(place);
        }
    }

    /// Puts those of a parent's journeys and of the new ones that pass through a queue into `aboard`.
    fn board(&mut self, queue: QueueId, parents: &[u32], aboard: &mut Vec<u32>) {
        for journey in parents.iter().chain(&self.setting_out) {
            let state = &mut self.journeys[*journey as usize];
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
            self.observer.path_started(now_s, self.journeys.journeys[*journey as usize].path);
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
            let path = self.journeys.journeys[place as usize].path;
            let well = well(&self.journeys, path);
            self.get_off(now_s, place, well);
            journey += 1;
        }
        self.extras.forget(message);
    }

    fn get_off(&mut self, now_s: Seconds, place: u32, well: bool) {
        let journey = &mut self.journeys.journeys[place as usize];
        journey.open -= 1;
        journey.broken |= !well;
        if journey.open == 0 {
            let Journey { path, origin_s, broken, .. } = *journey;
            self.journeys.free.push(place);
            self.observer.path_ended(now_s, path, origin_s, !broken);
        }
    }
}
