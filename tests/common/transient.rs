//! A system that changes with time, asked about its levels at given instants over many replications.

use std::path::Path;

use forebay::engine::events::{Loss, Message, Observer, Staff, simulate};
use forebay::model::{GroupId, Model, QueueId};

use super::judge::{Miss, judge, vagueness};

/// Replications of the first study, which tells how many are needed.
const PILOT: usize = 500;
/// Replications at most.
const MOST: usize = 400_000;

/// A system from t = 0 on. The unit of time is the second.
#[derive(Clone, Debug)]
pub struct Transient {
    /// The value of `rate`.
    pub rate: String,
    /// The value of `service`.
    pub service: String,
    /// The value of `replicas`.
    pub replicas: String,
    /// Slots per replica.
    pub concurrency: u32,
    /// The value of `capacity`.
    pub capacity: Option<u32>,
    /// Messages that are there at t = 0.
    pub initial: u32,
}

/// What is asked about an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Mean number in the system.
    Depth,
    /// Mean number that waits.
    Ready,
    /// Probability that at least as many are in the system.
    DepthFrom(u32),
}

/// A question about one instant.
#[derive(Clone, Debug)]
pub struct Instant {
    /// Name of the case.
    pub name: String,
    /// When.
    pub at_s: f64,
    /// What.
    pub level: Level,
    /// The right answer.
    pub value: f64,
    /// How well it must be known: largest relative half-width.
    pub limit: f64,
}

impl Transient {
    fn model(&self, horizon_s: f64, resolution_s: f64) -> Model {
        let Transient { rate, service, replicas, concurrency, initial, .. } = self;
        let capacity = self.capacity.map(|capacity| format!(", capacity: {capacity}")).unwrap_or_default();
        let text = format!(
            "name: oracle\nhorizon: {horizon_s}s\nresolution: {resolution_s}s\nreplications: 1\n\
             producers:\n  p: {{to: q, rate: {rate}}}\n\
             queues:\n  q: {{initial: {initial}{capacity}}}\n\
             consumers:\n  g: {{from: q, replicas: {replicas}, concurrency: {concurrency}, service: {service}, \
             shutdown: requeue}}\n"
        );
        super::model(text, Path::new("."))
    }

    /// Answers all questions by one study, of as many replications as the hardest of them needs.
    pub fn answer(&self, questions: &[Instant]) -> Vec<Result<String, Miss>> {
        let horizon_s = questions.iter().map(|question| question.at_s).fold(0.0, f64::max);
        let model = self.model(horizon_s, resolution_s(questions, horizon_s));
        let ends_s = model.interval_ends_s();
        let row = |at_s: f64| ends_s.iter().position(|end_s| (end_s - at_s).abs() < 1e-9).expect("a row at that time");
        let rows: Vec<usize> = questions.iter().map(|question| row(question.at_s)).collect();
        let mut samples = vec![Vec::new(); questions.len()];
        let mut wanted = PILOT;
        loop {
            for replication in samples[0].len()..wanted {
                let levels = Snapshots::of(&model, replication as u32);
                for ((samples, question), row) in samples.iter_mut().zip(questions).zip(&rows) {
                    let (ready, depth) = levels[*row];
                    samples.push(match question.level {
                        Level::Depth => depth as f64,
                        Level::Ready => ready as f64,
                        Level::DepthFrom(least) => f64::from(u8::from(depth >= least as usize)),
                    });
                }
            }
            let asked = questions.iter().zip(&samples);
            let hardest = asked.clone().map(|(question, samples)| vagueness(question.value, question.limit, samples));
            let hardest = hardest.fold(0.0, f64::max);
            if hardest <= 1.0 || wanted == MOST {
                let judged = asked.map(|(question, samples)| {
                    let what = format!("{} ({wanted} replications)", question.name);
                    judge(&what, question.value, question.limit, samples)
                });
                return judged.collect();
            }
            wanted = ((wanted as f64 * (1.05 * hardest * hardest).max(1.1)) as usize).min(MOST);
        }
    }
}

/// The longest interval that has an end at every instant asked about.
fn resolution_s(questions: &[Instant], horizon_s: f64) -> f64 {
    let is_end = |at_s: f64, step_s: f64| ((at_s / step_s).round() - at_s / step_s).abs() < 1e-9;
    let fits = |step_s: &f64| questions.iter().all(|question| is_end(question.at_s, *step_s));
    (1..=100_000).map(|intervals| horizon_s / f64::from(intervals)).find(fits).expect("times with few digits")
}

/// Ready messages and depth at the end of every interval.
#[derive(Default)]
struct Snapshots {
    now: (usize, usize),
    taken: Vec<(usize, usize)>,
}

impl Snapshots {
    fn of(model: &Model, replication: u32) -> Vec<(usize, usize)> {
        let mut snapshots = Snapshots::default();
        simulate(model, model.seed, replication, &mut snapshots).expect("a small model");
        snapshots.taken
    }
}

impl Observer for Snapshots {
    fn published(&mut self, _: f64, _: QueueId) {}

    fn levels(&mut self, _: f64, _: QueueId, ready: usize, unacked: usize) {
        self.now = (ready, ready + unacked);
    }

    fn started(&mut self, _: f64, _: QueueId, _: &Message, _: bool) {}

    fn acked(&mut self, _: f64, _: QueueId, _: &Message) {}

    fn lost(&mut self, _: f64, _: QueueId, _: &Message, _: Loss) {}

    fn redelivered(&mut self, _: f64, _: QueueId) {}

    fn slots(&mut self, _: f64, _: GroupId, _: u32, _: u32) {}

    fn staff(&mut self, _: f64, _: GroupId, _: Staff, _: &[u32]) {}

    fn tick(&mut self, _: f64, _: &mut dyn Iterator<Item = Option<f64>>) {
        self.taken.push(self.now);
    }

    fn warmed_up(&mut self, _: f64) {}

    fn horizon(&mut self, _: f64, _: &mut dyn Iterator<Item = u64>) {}

    /// Nothing is measured past the horizon.
    fn settled(&self) -> bool {
        true
    }
}
