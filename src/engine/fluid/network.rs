//! Queues that depend on one another: what one passes on is what the next one gets.
//!
//! Services are short against the time in which rates change: what is taken is acked, and published to the next queue,
//! at once. Queues are solved in the order in which messages pass them; nothing flows back, because no queue of this
//! model holds up those before it. Not here: one queue (`march`).

use super::curve::Curve;
use super::fate::Fate;
use super::march::{self, Solved};
use super::trajectory::Trajectory;
use super::unanswered::Unanswered;
use crate::model::{Model, QueueId};
use crate::units::{Messages, Seconds};

/// What comes to a queue from others, up to the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Messages per second.
    pub rate: Curve,
    /// Messages that come at t = 0.
    pub at_start: Messages,
}

/// What a queue passes on, up to the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Acked messages per second.
    acked: Curve,
    /// Messages per second that are lost or go to the dead-letter queue.
    dead: Curve,
    /// The same at t = 0.
    dead_at_start: Messages,
    /// Whether some expire together at a later instant: what was there at t = 0 may.
    jumps: bool,
}

impl Output {
    /// What a path passes on if this is the fate of what is taken.
    pub fn of(path: &Trajectory, fate: &Fate, horizon_s: Seconds) -> Self {
        let served = |share: f64| {
            let pieces = path.within_horizon().map(|piece| (piece.from_s, piece.served().scaled(share)));
            Curve::new(pieces.collect(), horizon_s)
        };
        let lost =
            path.within_horizon().map(|piece| (piece.from_s, piece.lost().unwrap_or(super::Shape::constant(0.0))));
        let lost = Curve::new(lost.collect(), horizon_s);
        let dead_at_start = path.pieces().first().map_or(0.0, |piece| piece.totals.lost);
        let together = path.totals_at(horizon_s).lost - dead_at_start - lost.integral(0.0, horizon_s);
        let jumps = together > 1e-9 * (1.0 + path.totals_at(horizon_s).arrived);
        Self { acked: served(fate.acked), dead: lost.plus(&served(fate.dead)), dead_at_start, jumps }
    }
}

/// Every queue of the model, solved in the order in which messages pass them.
pub struct Network<'m> {
    model: &'m Model,
    states: Vec<State>,
}

enum State {
    New,
    /// It waits for those before it.
    Open,
    Solved(Box<Result<Solved, Unanswered>>),
}

impl<'m> Network<'m> {
    /// Nothing is solved yet.
    pub fn new(model: &'m Model) -> Self {
        Self { model, states: model.queues.iter().map(|_| State::New).collect() }
    }

    /// Solves one queue and all that come before it.
    ///
    /// # Errors
    ///
    /// What has no exact answer: see [`Unanswered`].
    pub fn solve(&mut self, queue: QueueId) -> Result<&Solved, Unanswered> {
        if let State::Open = self.states[queue] {
            return Err(Unanswered::Loop(self.model.queues[queue].name.clone()));
        }
        if let State::New = self.states[queue] {
            self.states[queue] = State::Open;
            let solved = self.feed(queue).and_then(|feed| march::solve(self.model, queue, feed.as_ref()));
            self.states[queue] = State::Solved(Box::new(solved));
        }
        match &self.states[queue] {
            State::Solved(solved) => (**solved).as_ref().map_err(Clone::clone),
            State::New | State::Open => unreachable!("the queue has just been solved"),
        }
    }

    /// What comes to a queue from others; `None` if nothing ever does.
    fn feed(&mut self, queue: QueueId) -> Result<Option<Feed>, Unanswered> {
        let model = self.model;
        let mut feed: Option<Feed> = None;
        for (upstream, settings) in model.queues.iter().enumerate() {
            let emitted = emissions(model, upstream, queue);
            let gets_dead = settings.dead_letter == Some(queue);
            if emitted.iter().all(|per_message| *per_message == 0.0) && !gets_dead {
                continue;
            }
            let name = || settings.name.clone();
            let output = match self.solve(upstream) {
                Ok(solved) => &solved.output,
                Err(loop_found @ Unanswered::Loop(_)) => return Err(loop_found),
                Err(why) => return Err(Unanswered::Upstream(name(), Box::new(why))),
            };
            if emitted.iter().any(|per_message| *per_message != emitted[0]) {
                return Err(Unanswered::SharedOutput(name()));
            }
            let mut rate = output.acked.clone().scaled(emitted.first().copied().unwrap_or(0.0));
            let mut at_start = 0.0;
            if gets_dead {
                if output.jumps {
                    return Err(Unanswered::Together(name()));
                }
                rate = rate.plus(&output.dead);
                at_start = output.dead_at_start;
            }
            feed = Some(match feed {
                None => Feed { rate, at_start },
                Some(sum) => Feed { rate: sum.rate.plus(&rate), at_start: sum.at_start + at_start },
            });
        }
        Ok(feed)
    }
}

/// Messages that each group of one queue publishes to another one, per acked message.
fn emissions(model: &Model, from: QueueId, to: QueueId) -> Vec<f64> {
    let emitted = model.groups_of(from).map(|group| {
        let to_queue = group.emits.iter().map(|emission| emission.per_message * model.share_of(emission.to, to));
        to_queue.sum()
    });
    emitted.collect()
}
