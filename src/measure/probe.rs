//! Statistics that only one SLO asks for: a window of time, or a quantile of depth that is not reported anyway.

use super::histogram::Histogram;
use super::level::LevelClock;
use super::replication::statistic;
use crate::model::{Level, Promise, Slo, Window};
use crate::units::Seconds;

/// Follows what one SLO speaks of.
pub(super) struct Probe<'m> {
    pub slo: &'m Slo,
    window: Window,
    durations: Histogram,
    published: u64,
    lost: u64,
    /// Depth, or ready messages where the promise is an empty queue.
    level: LevelClock,
    since_s: Seconds,
    opened: bool,
    closed: bool,
    /// The statistic of the level, where the window opened and has closed.
    found: Option<f64>,
}

impl<'m> Probe<'m> {
    /// A probe, if the SLO needs one: those over the whole measured time are answered from what is measured anyway.
    pub fn new(slo: &'m Slo) -> Option<Self> {
        let whole = Window { from_s: f64::NAN, until_s: f64::INFINITY };
        let window = match (slo.during, slo.promise) {
            (Some(window), _) => window,
            (None, Promise::Depth(Level::P(_), _)) => whole,
            (None, _) => return None,
        };
        Some(Probe {
            slo,
            window,
            durations: Histogram::default(),
            published: 0,
            lost: 0,
            level: LevelClock::default(),
            since_s: 0.0,
            opened: false,
            closed: false,
            found: None,
        })
    }

    fn contains(&self, published_s: Seconds) -> bool {
        published_s >= self.window.from_s && published_s < self.window.until_s
    }

    pub fn published(&mut self, now_s: Seconds) {
        self.published += u64::from(self.contains(now_s));
    }

    pub fn started(&mut self, published_s: Seconds, wait_s: Seconds) {
        if matches!(self.slo.promise, Promise::Wait(..)) && self.contains(published_s) {
            self.durations.record(wait_s);
        }
    }

    pub fn acked(&mut self, published_s: Seconds, latency_s: Seconds) {
        if matches!(self.slo.promise, Promise::Latency(..)) && self.contains(published_s) {
            self.durations.record(latency_s);
        }
    }

    pub fn lost(&mut self, published_s: Seconds) {
        self.lost += u64::from(self.contains(published_s));
    }

    /// Levels stood unchanged until `now_s`, so that a window that opened or closed meanwhile can be cut there.
    pub fn levels(&mut self, now_s: Seconds, ready: usize, depth: usize) {
        let level = match self.slo.promise {
            Promise::Depth(..) => depth,
            Promise::DrainedBy(_) => ready,
            Promise::Latency(..) | Promise::Wait(..) | Promise::LossShare(_) => return,
        };
        if self.closed {
            return;
        }
        self.open(now_s);
        if now_s >= self.window.until_s {
            self.close(now_s);
        } else {
            self.stand(now_s);
            self.level.set(now_s, level);
        }
    }

    fn open(&mut self, now_s: Seconds) {
        if !self.opened && now_s >= self.window.from_s {
            self.opened = true;
            self.since_s = self.window.from_s;
            self.level.restart(self.window.from_s);
        }
    }

    fn stand(&mut self, now_s: Seconds) {
        self.level.stand(now_s - self.since_s);
        self.since_s = now_s;
    }

    /// Statistics start: a window that opened before begins here, and so does that of the whole measured time.
    pub fn warmed_up(&mut self, now_s: Seconds) {
        // NaN marks the whole measured time, and `max` takes the other number.
        self.window.from_s = self.window.from_s.max(now_s);
        if self.window.from_s == now_s {
            (self.durations, self.published, self.lost) = (Histogram::default(), 0, 0);
            self.stand(now_s);
            self.opened = false;
            self.open(now_s);
        }
    }

    /// The window, or the measured time, is over.
    pub fn close(&mut self, now_s: Seconds) {
        if self.closed {
            return;
        }
        self.open(now_s);
        self.closed = true;
        if !self.opened {
            return;
        }
        let until_s = self.window.until_s.min(now_s);
        self.stand(until_s);
        let length_s = until_s - self.window.from_s;
        self.found = match self.slo.promise {
            Promise::Depth(Level::Mean, _) => Some(self.level.statistics(length_s).mean),
            Promise::Depth(Level::Max, _) => Some(self.level.statistics(length_s).max),
            Promise::Depth(Level::P(share), _) => Some(self.level.quantile(share)),
            Promise::DrainedBy(_) => {
                let emptied_s = self.level.statistics(length_s).emptied_s;
                // Emptied before the window: in it there was never a ready message.
                emptied_s.map(|emptied_s| if emptied_s > self.window.from_s { emptied_s } else { 0.0 })
            }
            Promise::Latency(..) | Promise::Wait(..) | Promise::LossShare(_) => None,
        };
    }

    /// The statistic, once the run is over.
    pub fn value(&self) -> Option<f64> {
        match self.slo.promise {
            Promise::Latency(quantile, _) | Promise::Wait(quantile, _) => statistic(&self.durations, quantile),
            Promise::Depth(..) | Promise::DrainedBy(_) => self.found,
            Promise::LossShare(_) => (self.published > 0).then(|| self.lost as f64 / self.published as f64),
        }
    }
}
