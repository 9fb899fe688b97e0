//! An observer that measures as a run does and answers, beside it, what only an oracle asks for.

use forebay::engine::events::{DeadLetter, Loss, Message, Observer, Staff, simulate};
use forebay::measure::summary::QueueSummary;
use forebay::measure::{Recorder, summarise};
use forebay::model::{GroupId, Model, QueueId};

/// What is counted beside the summary.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Shares of waits above these.
    pub waits_above_s: Vec<f64>,
    /// Shares of latencies above these.
    pub latencies_above_s: Vec<f64>,
    /// Share of time with at least as many messages in the system.
    pub depth_from: usize,
}

/// One replication.
pub struct Sample {
    /// What a run reports, queue by queue; the estimates are of this replication alone.
    pub queues: Vec<QueueSummary>,
    waits: Shares,
    latencies: Shares,
    /// Share of time with `depth_from` messages or more (first queue).
    pub busy_share: f64,
    /// Seconds from the first publish to the last ack of journeys that were completed, by path, in ascending order.
    pub journeys_s: Vec<Vec<f64>>,
    /// Count and sum of the waits in the first queue, by priority level or partition.
    waits_by_lane: Vec<(f64, f64)>,
    /// Seconds over which was measured.
    pub measured_s: f64,
}

/// Counts above thresholds.
#[derive(Default)]
struct Shares {
    limits: Vec<f64>,
    above: Vec<u64>,
    total: u64,
}

impl Shares {
    fn new(limits: &[f64]) -> Self {
        Shares { limits: limits.to_vec(), above: vec![0; limits.len()], total: 0 }
    }

    fn record(&mut self, value: f64) {
        self.total += 1;
        for (limit, above) in self.limits.iter().zip(&mut self.above) {
            *above += u64::from(value > *limit);
        }
    }

    fn above(&self, limit: f64) -> f64 {
        let place = self.limits.iter().position(|known| *known == limit).expect("the threshold was asked for");
        self.above[place] as f64 / self.total as f64
    }
}

impl Sample {
    /// Runs one replication.
    pub fn of(model: &Model, replication: u32, asked: &Asked) -> Sample {
        let mut watch = Watch {
            recorder: Recorder::new(model),
            window_s: (model.warmup_s, model.horizon_s),
            waits: Shares::new(&asked.waits_above_s),
            latencies: Shares::new(&asked.latencies_above_s),
            depth_from: asked.depth_from,
            busy_since_s: None,
            busy_s: 0.0,
            journeys_s: vec![Vec::new(); model.paths.len()],
            waits_by_lane: Vec::new(),
        };
        let ledger = simulate(model, model.seed, replication, &mut watch).expect("a small model");
        let Watch { recorder, waits, latencies, busy_s, mut journeys_s, waits_by_lane, .. } = watch;
        for journeys_s in &mut journeys_s {
            journeys_s.sort_by(f64::total_cmp);
        }
        let outcome = summarise(model, &[(recorder.finish(), ledger)]);
        assert_eq!(outcome.balance.difference, 0);
        let measured_s = model.horizon_s - model.warmup_s;
        Sample {
            queues: outcome.queues,
            waits,
            latencies,
            busy_share: busy_s / measured_s,
            journeys_s,
            waits_by_lane,
            measured_s,
        }
    }

    /// Mean wait of the messages of one priority level or partition of the first queue.
    pub fn wait_of_lane_s(&self, lane: usize) -> f64 {
        let (count, sum_s) = self.waits_by_lane[lane];
        sum_s / count
    }

    /// Share of started messages that waited longer.
    pub fn waits_above(&self, limit_s: f64) -> f64 {
        self.waits.above(limit_s)
    }

    /// Share of acked messages whose latency was longer.
    pub fn latencies_above(&self, limit_s: f64) -> f64 {
        self.latencies.above(limit_s)
    }
}

struct Watch<'m> {
    recorder: Recorder<'m>,
    window_s: (f64, f64),
    waits: Shares,
    latencies: Shares,
    depth_from: usize,
    busy_since_s: Option<f64>,
    busy_s: f64,
    journeys_s: Vec<Vec<f64>>,
    waits_by_lane: Vec<(f64, f64)>,
}

impl Watch<'_> {
    fn is_measured(&self, message: &Message) -> bool {
        message.published_s >= self.window_s.0 && message.published_s < self.window_s.1
    }
}

impl Observer for Watch<'_> {
    fn published(&mut self, now_s: f64, queue: QueueId) {
        self.recorder.published(now_s, queue);
    }

    fn levels(&mut self, now_s: f64, queue: QueueId, ready: usize, unacked: usize) {
        if queue == 0 {
            let is_busy = ready + unacked >= self.depth_from;
            let (from_s, until_s) = self.window_s;
            if let Some(since_s) = self.busy_since_s {
                self.busy_s += (now_s.min(until_s) - since_s.max(from_s)).max(0.0);
            }
            self.busy_since_s = is_busy.then_some(now_s);
        }
        self.recorder.levels(now_s, queue, ready, unacked);
    }

    fn started(&mut self, now_s: f64, queue: QueueId, message: &Message, at_once: bool) {
        if self.is_measured(message) {
            self.waits.record(now_s - message.published_s);
            if queue == 0 {
                let lane = message.lane() as usize;
                if self.waits_by_lane.len() <= lane {
                    self.waits_by_lane.resize(lane + 1, (0.0, 0.0));
                }
                let (count, sum_s) = &mut self.waits_by_lane[lane];
                *count += 1.0;
                *sum_s += now_s - message.published_s;
            }
        }
        self.recorder.started(now_s, queue, message, at_once);
    }

    fn acked(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        if self.is_measured(message) {
            self.latencies.record(now_s - message.published_s);
        }
        self.recorder.acked(now_s, queue, message);
    }

    fn lost(&mut self, now_s: f64, queue: QueueId, message: &Message, why: Loss) {
        self.recorder.lost(now_s, queue, message, why);
    }

    fn dead_lettered(&mut self, now_s: f64, queue: QueueId, message: &Message, why: DeadLetter) {
        self.recorder.dead_lettered(now_s, queue, message, why);
    }

    fn failed(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.recorder.failed(now_s, queue, message);
    }

    fn wasted(&mut self, now_s: f64, group: GroupId, slot_s: f64) {
        self.recorder.wasted(now_s, group, slot_s);
    }

    fn timed_out(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.recorder.timed_out(now_s, queue, message);
    }

    fn duplicated(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.recorder.duplicated(now_s, queue, message);
    }

    fn lost_after_ack(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.recorder.lost_after_ack(now_s, queue, message);
    }

    fn crashed(&mut self, now_s: f64, group: GroupId) {
        self.recorder.crashed(now_s, group);
    }

    fn late(&mut self, now_s: f64, producer: usize, late_s: f64) {
        self.recorder.late(now_s, producer, late_s);
    }

    fn path_started(&mut self, now_s: f64, path: usize) {
        self.recorder.path_started(now_s, path);
    }

    fn path_ended(&mut self, now_s: f64, path: usize, origin_s: f64, completed: bool) {
        let (from_s, until_s) = self.window_s;
        if completed && (from_s..until_s).contains(&origin_s) {
            self.journeys_s[path].push(now_s - origin_s);
        }
        self.recorder.path_ended(now_s, path, origin_s, completed);
    }

    fn redelivered(&mut self, now_s: f64, queue: QueueId) {
        self.recorder.redelivered(now_s, queue);
    }

    fn slots(&mut self, now_s: f64, group: GroupId, busy: u32, overhead: u32) {
        self.recorder.slots(now_s, group, busy, overhead);
    }

    fn staff(&mut self, now_s: f64, group: GroupId, staff: Staff, taking: &[u32]) {
        self.recorder.staff(now_s, group, staff, taking);
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        self.recorder.tick(now_s, oldest_s);
    }

    fn warmed_up(&mut self, now_s: f64) {
        self.recorder.warmed_up(now_s);
    }

    fn horizon(&mut self, now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        self.recorder.horizon(now_s, in_system);
    }

    fn settled(&self) -> bool {
        self.recorder.settled()
    }
}
