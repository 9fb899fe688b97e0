//! When each queue has no ready message for the first time after an instant.
//!
//! A light observer: it hears levels and nothing else, and the run ends at the horizon. Not here: which instant
//! (`study::drain`), and all other statistics (`recorder`).

use crate::engine::events::{Loss, Message, Observer, Staff};
use crate::model::{GroupId, QueueId};
use crate::units::Seconds;

/// What one queue did in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cleared {
    /// Ready messages at the instant.
    pub backlog: usize,
    /// When none was ready for the first time at or after it; `None` if some were until the horizon.
    pub at_s: Option<Seconds>,
}

/// Watches some queues, each from its instant on.
#[derive(Clone, Debug)]
pub struct ClearingWatch {
    queues: Vec<Option<Watched>>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    from_s: Seconds,
    ready: usize,
    /// What is known, once the instant has passed.
    cleared: Option<Cleared>,
}

impl Watched {
    /// Time has passed the instant: what was ready then has been.
    fn pass(&mut self) -> &mut Cleared {
        let (from_s, backlog) = (self.from_s, self.ready);
        self.cleared.get_or_insert(Cleared { backlog, at_s: (backlog == 0).then_some(from_s) })
    }
}

impl ClearingWatch {
    /// Watches each queue from its instant on, if it has one.
    pub fn new(from_s: &[Option<Seconds>]) -> Self {
        let watched = |from_s: &Option<Seconds>| from_s.map(|from_s| Watched { from_s, ready: 0, cleared: None });
        ClearingWatch { queues: from_s.iter().map(watched).collect() }
    }

    /// What each watched queue did, once the run is over.
    pub fn finish(self) -> Vec<Option<Cleared>> {
        self.queues.into_iter().map(|queue| queue.map(|mut watched| *watched.pass())).collect()
    }
}

impl Observer for ClearingWatch {
    fn published(&mut self, _: Seconds, _: QueueId) {}

    fn levels(&mut self, now_s: Seconds, queue: QueueId, ready: usize, _: usize) {
        let Some(watched) = &mut self.queues[queue] else { return };
        // What happens at the instant itself belongs to what is found there.
        if now_s > watched.from_s {
            let cleared = watched.pass();
            if ready == 0 && cleared.at_s.is_none() {
                cleared.at_s = Some(now_s);
            }
        }
        watched.ready = ready;
    }

    fn started(&mut self, _: Seconds, _: QueueId, _: &Message, _: bool) {}

    fn acked(&mut self, _: Seconds, _: QueueId, _: &Message) {}

    fn lost(&mut self, _: Seconds, _: QueueId, _: &Message, _: Loss) {}

    fn redelivered(&mut self, _: Seconds, _: QueueId) {}

    fn slots(&mut self, _: Seconds, _: GroupId, _: u32, _: u32) {}

    fn staff(&mut self, _: Seconds, _: GroupId, _: Staff, _: &[u32]) {}

    fn tick(&mut self, _: Seconds, _: &mut dyn Iterator<Item = Option<Seconds>>) {}

    fn warmed_up(&mut self, _: Seconds) {}

    fn horizon(&mut self, _: Seconds, _: &mut dyn Iterator<Item = u64>) {}

    fn settled(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(from_s: f64, levels: &[(f64, usize)]) -> Cleared {
        let mut watch = ClearingWatch::new(&[None, Some(from_s)]);
        for (now_s, ready) in levels {
            watch.levels(*now_s, 0, 7, 0);
            watch.levels(*now_s, 1, *ready, 0);
        }
        let found = watch.finish();
        assert_eq!(found[0], None);
        found[1].unwrap()
    }

    #[test]
    fn a_queue_is_clear_when_nothing_is_ready_for_the_first_time() {
        let levels = [(0.0, 3), (1.0, 0), (2.0, 5), (4.0, 2), (5.0, 0), (6.0, 1), (7.0, 0)];
        assert_eq!(watched(3.0, &levels), Cleared { backlog: 5, at_s: Some(5.0) });
        assert_eq!(watched(2.0, &levels), Cleared { backlog: 5, at_s: Some(5.0) });
        assert_eq!(watched(1.5, &levels), Cleared { backlog: 0, at_s: Some(1.5) });
        assert_eq!(watched(0.0, &levels), Cleared { backlog: 3, at_s: Some(1.0) });
        assert_eq!(watched(6.5, &levels[..6]), Cleared { backlog: 1, at_s: None });
        assert_eq!(watched(9.0, &levels), Cleared { backlog: 0, at_s: Some(9.0) });
    }
}
