//! When, within one run, a promise was broken, and what the group's scaler did meanwhile.
//!
//! A promise is about a whole run or window; the rows of the time series show in which intervals it is broken. What a
//! row proves is told, what it leaves open is not. Not here: words.

use super::decisions::DecisionRow;
use super::replication::Replication;
use crate::model::{GroupId, Level, Model, Promise, Quantile, Slo};
use crate::scaling::Reason;
pub use crate::scaling::Rule;
use crate::units::Seconds;

/// Rows hold the 99th percentile of waits: it proves a breach of this quantile and all above.
const PROVEN_FROM: f64 = 0.99;

/// What the last decision before an instant of a breach says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// More replicas were asked for, and this rule kept the size back.
    Held(Rule),
    /// Replicas that were wanted did not take messages yet.
    Starting,
    /// All wanted replicas took messages, and no more were asked for.
    Content,
    /// Nothing had been decided yet.
    Undecided,
}

impl Cause {
    /// The word in files: the rule's name, or what else it was.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Held(rule) => rule.name(),
            Cause::Starting => "starting",
            Cause::Content => "content",
            Cause::Undecided => "undecided",
        }
    }
}

/// The intervals in which one run breaks one promise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breach {
    /// For each interval of the time series, whether it alone breaks the promise.
    pub intervals: Vec<bool>,
    /// How long they are together.
    pub seconds: Seconds,
    /// Their time by what the scaler did; empty without a scaler. In the order of the causes.
    pub causes: Vec<(Cause, Seconds)>,
}

impl Breach {
    /// How `run` breaks `slo`, and why if its decisions were kept: the messages published in an interval waited too
    /// long, or the level at its end was too high. A wait that reaches the limit of a latency proves the breach. `None`
    /// where the rows cannot tell (a lost share, a drain time, a path, a quantile below p99).
    pub fn of(model: &Model, slo: &Slo, group: GroupId, run: &Replication) -> Option<Self> {
        let ends_s = model.interval_ends_s();
        let intervals = broken_intervals(model, slo, run, &ends_s)?;
        let begins_s = std::iter::once(0.0).chain(ends_s.iter().copied());
        let broken = intervals.iter().zip(begins_s.zip(&ends_s)).filter(|(broken, _)| **broken);
        let mut breach = Breach::default();
        let decisions: Vec<&DecisionRow> = run.decisions.iter().filter(|row| row.group == group).collect();
        for (_, (begin_s, end_s)) in broken {
            breach.seconds += end_s - begin_s;
            if !decisions.is_empty() {
                breach.blame(&decisions, begin_s, *end_s);
            }
        }
        breach.causes.sort_by_key(|(cause, _)| *cause);
        Some(Breach { intervals, ..breach })
    }

    /// Gives the time from `begin_s` to `end_s` to what was decided last.
    fn blame(&mut self, decisions: &[&DecisionRow], begin_s: Seconds, end_s: Seconds) {
        let first = decisions.partition_point(|row| row.time_s <= begin_s);
        let mut from_s = begin_s;
        for next in first..=decisions.len() {
            let until_s = decisions.get(next).map_or(end_s, |row| row.time_s.min(end_s));
            let cause = next.checked_sub(1).map_or(Cause::Undecided, |last| cause(decisions[last]));
            self.add(cause, until_s - from_s);
            from_s = until_s;
            if from_s >= end_s {
                return;
            }
        }
    }

    fn add(&mut self, cause: Cause, seconds: Seconds) {
        match self.causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, sum)) => *sum += seconds,
            None if seconds > 0.0 => self.causes.push((cause, seconds)),
            None => {}
        }
    }
}

fn cause(row: &DecisionRow) -> Cause {
    let holding = row.reasons.iter().rev().find(|reason| reason.holds_growth());
    match holding.and_then(Reason::rule) {
        Some(rule) => Cause::Held(rule),
        None if row.wanted > row.ready_replicas => Cause::Starting,
        None => Cause::Content,
    }
}

fn broken_intervals(model: &Model, slo: &Slo, run: &Replication, ends_s: &[Seconds]) -> Option<Vec<bool>> {
    if slo.path.is_some() {
        return None;
    }
    let rows = &run.queues[slo.queue].rows;
    let reaches = |values: &[Option<f64>], limit: f64| -> Vec<bool> {
        values.iter().map(|value| value.is_some_and(|value| value >= limit)).collect()
    };
    let mut broken = match slo.promise {
        Promise::Latency(quantile, limit_s) | Promise::Wait(quantile, limit_s) => match quantile {
            Quantile::Mean => reaches(&rows.wait_mean_s, limit_s),
            Quantile::Max => reaches(&rows.wait_p99_s, limit_s),
            Quantile::P(share) if share >= PROVEN_FROM => reaches(&rows.wait_p99_s, limit_s),
            Quantile::P(_) => return None,
        },
        Promise::Depth(Level::Max, limit) => rows.depth.iter().map(|depth| *depth >= limit).collect(),
        Promise::Depth(..) | Promise::LossShare(_) | Promise::DrainedBy(_) => return None,
    };
    let (from_s, until_s) = slo.during.map_or((0.0, f64::INFINITY), |window| (window.from_s, window.until_s));
    let mut begin_s: Seconds = 0.0;
    for (broken, end_s) in broken.iter_mut().zip(ends_s) {
        // An interval on the edge of a window or of the warm-up holds messages that nothing was promised for.
        *broken &= begin_s >= from_s.max(model.warmup_s) && *end_s <= until_s;
        begin_s = *end_s;
    }
    Some(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::replication::QueueResult;
    use crate::model::{Queue, Window};
    use crate::scaling::PlainReason;

    fn slo(promise: Promise, during: Option<Window>) -> Slo {
        Slo { name: "fresh".to_owned(), queue: 0, path: None, promise, during }
    }

    /// Six intervals of ten seconds, in the middle of which messages wait for five seconds.
    fn run(decisions: Vec<DecisionRow>) -> (Model, Replication) {
        let model =
            Model { queues: vec![Queue::new("q")], resolution_s: 10.0, warmup_s: 10.0, ..Model::new("m", 60.0) };
        let mut queue = QueueResult::default();
        queue.rows.wait_p99_s = vec![Some(9.0), Some(0.1), Some(5.0), Some(5.0), None, Some(5.0)];
        queue.rows.depth = vec![0.0, 1.0, 70.0, 80.0, 3.0, 0.0];
        (model, Replication { queues: vec![queue], decisions, ..Replication::default() })
    }

    fn decision(time_s: f64, wanted: u32, ready: u32, reasons: Vec<Reason>) -> DecisionRow {
        DecisionRow {
            time_s,
            group: 0,
            seen: crate::measure::Seen::default(),
            wanted_before: wanted,
            proposed: None,
            wanted,
            running: ready,
            ready_replicas: ready,
            held_by: None,
            ready_at_s: Vec::new(),
            called_off: 0,
            reasons,
        }
    }

    #[test]
    fn intervals_break_a_promise_after_the_warm_up_and_within_its_window() {
        let (model, run) = run(Vec::new());
        let of = |promise, during| Breach::of(&model, &slo(promise, during), 0, &run).map(|breach| breach.intervals);
        let p99 = Promise::Latency(Quantile::P(0.99), 2.0);
        assert_eq!(of(p99, None), Some(vec![false, false, true, true, false, true]));
        let window = Window { from_s: 25.0, until_s: 55.0 };
        assert_eq!(of(p99, Some(window)), Some(vec![false, false, false, true, false, false]));
        assert_eq!(of(Promise::Depth(Level::Max, 75.0), None), Some(vec![false, false, false, true, false, false]));
        assert_eq!(of(Promise::Latency(Quantile::P(0.5), 2.0), None), None, "p99 proves nothing about a median");
        assert_eq!(of(Promise::LossShare(0.1), None), None);
    }

    #[test]
    fn the_time_of_a_breach_belongs_to_the_last_decision() {
        let max = Reason::Plain(PlainReason::Bounded { size: 2, advice: 9 });
        let min = Reason::Plain(PlainReason::Bounded { size: 2, advice: 1 });
        let decisions =
            vec![decision(22.0, 2, 2, vec![max]), decision(30.0, 4, 2, Vec::new()), decision(55.0, 4, 4, vec![min])];
        let (model, run) = run(decisions);
        let breach = Breach::of(&model, &slo(Promise::Wait(Quantile::Max, 2.0), None), 0, &run).unwrap();
        assert_eq!(breach.seconds, 30.0);
        let expected =
            [(Cause::Held(Rule::Bound), 8.0), (Cause::Starting, 15.0), (Cause::Content, 5.0), (Cause::Undecided, 2.0)];
        assert_eq!(breach.causes, expected);
    }
}
