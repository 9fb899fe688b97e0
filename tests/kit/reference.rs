//! One queue of RabbitMQ, simulated a second time: slow, short, and written from the broker's documentation alone.
//!
//! Everything is looked for by going through all of it. Consumers have one slot; the broker pushes messages round robin
//! to those with credit, one found without leaves the ring and rejoins at its tail when its credit comes back. An outage
//! returns all that was unacked to its place; a poison message fails each time and returns to its place until it was
//! delivered as often as it may. Work beyond the first delivery lasts `again_s`.

use std::collections::VecDeque;

/// A message to come.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub published_s: f64,
    /// Work of the first delivery, at speed 1.
    pub work_s: f64,
    pub poison: bool,
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Broker {
    /// In order of publish.
    pub jobs: Vec<Job>,
    /// From publish to deliverable.
    pub delay_s: f64,
    /// From the end of a service until slot and credit come back.
    pub overhead_s: f64,
    /// Speed of each consumer.
    pub speeds: Vec<f64>,
    pub prefetch: usize,
    pub again_s: f64,
    /// All consumers are away in these intervals.
    pub outages: Vec<(f64, f64)>,
    /// Most deliveries of a message.
    pub limit: usize,
}

/// What became of it, job by job.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub first_starts_s: Vec<Option<f64>>,
    pub acked_s: Vec<Option<f64>>,
    /// Jobs that were given up.
    pub dead: Vec<usize>,
    pub deliveries: Vec<usize>,
    pub most_ready: usize,
}

impl Told {
    pub fn redelivered(&self) -> usize {
        self.deliveries.iter().map(|deliveries| deliveries.saturating_sub(1)).sum()
    }
}

#[derive(Clone, Debug, Default)]
struct Consumer {
    buffer: VecDeque<usize>,
    /// The job in service and its end.
    service: Option<(usize, f64)>,
    /// End of the overhead.
    overhead_s: Option<f64>,
}

impl Consumer {
    fn held(&self) -> usize {
        self.buffer.len() + usize::from(self.service.is_some()) + usize::from(self.overhead_s.is_some())
    }
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Arrives(usize),
    Ends(usize),
    Rested(usize),
    Leave,
    Return,
}

struct Run<'b> {
    broker: &'b Broker,
    /// Jobs by place.
    ready: Vec<usize>,
    consumers: Vec<Consumer>,
    ring: VecDeque<usize>,
    away: bool,
    told: Told,
}

impl Broker {
    /// Runs until nothing happens any more.
    pub fn run(&self) -> Told {
        let jobs = self.jobs.len();
        let mut run = Run {
            broker: self,
            ready: Vec::new(),
            consumers: vec![Consumer::default(); self.speeds.len()],
            ring: (0..self.speeds.len()).collect(),
            away: false,
            told: Told {
                first_starts_s: vec![None; jobs],
                acked_s: vec![None; jobs],
                deliveries: vec![0; jobs],
                ..Told::default()
            },
        };
        let mut arrived = 0;
        let mut edges: VecDeque<(f64, Next)> = self
            .outages
            .iter()
            .flat_map(|(from_s, until_s)| [(*from_s, Next::Leave), (*until_s, Next::Return)])
            .collect();
        loop {
            let arrival = self.jobs.get(arrived).map(|job| (job.published_s + self.delay_s, Next::Arrives(arrived)));
            let mut all: Vec<(f64, Next)> = arrival.into_iter().chain(edges.front().copied()).collect();
            for (id, consumer) in run.consumers.iter().enumerate() {
                all.extend(consumer.service.map(|(_, end_s)| (end_s, Next::Ends(id))));
                all.extend(consumer.overhead_s.map(|end_s| (end_s, Next::Rested(id))));
            }
            let Some((now_s, next)) = all.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { return run.told };
            match next {
                Next::Arrives(job) => {
                    arrived += 1;
                    run.ready.push(job);
                }
                Next::Ends(id) => run.ends(now_s, id),
                Next::Rested(id) => run.rested(id),
                Next::Leave => {
                    edges.pop_front();
                    run.leave();
                }
                Next::Return => {
                    edges.pop_front();
                    run.away = false;
                    // They subscribe one after the other, and the first is pushed all it has credit for.
                    for id in 0..self.speeds.len() {
                        run.ring.push_back(id);
                        run.push(now_s);
                    }
                }
            }
            run.push(now_s);
        }
    }
}

impl Run<'_> {
    /// The broker pushes, and consumers begin what they have.
    fn push(&mut self, now_s: f64) {
        while !self.away && !self.ready.is_empty() {
            let Some(id) = self.ring.pop_front() else { break };
            if self.consumers[id].held() < self.broker.prefetch {
                let job = self.ready.remove(0);
                self.told.deliveries[job] += 1;
                self.consumers[id].buffer.push_back(job);
                self.ring.push_back(id);
            }
        }
        self.told.most_ready = self.told.most_ready.max(self.ready.len());
        for (id, consumer) in self.consumers.iter_mut().enumerate() {
            if consumer.service.is_none()
                && consumer.overhead_s.is_none()
                && let Some(job) = consumer.buffer.pop_front()
            {
                let first = self.told.deliveries[job] == 1;
                let work_s = if first { self.broker.jobs[job].work_s } else { self.broker.again_s };
                consumer.service = Some((job, now_s + work_s / self.broker.speeds[id]));
                self.told.first_starts_s[job].get_or_insert(now_s);
            }
        }
    }

    fn ends(&mut self, now_s: f64, id: usize) {
        let Some((job, _)) = self.consumers[id].service.take() else { return };
        if !self.broker.jobs[job].poison {
            self.told.acked_s[job] = Some(now_s);
        } else if self.told.deliveries[job] >= self.broker.limit {
            self.told.dead.push(job);
        } else {
            self.ready.push(job);
            self.ready.sort_unstable();
        }
        if self.broker.overhead_s > 0.0 {
            self.consumers[id].overhead_s = Some(now_s + self.broker.overhead_s);
        } else {
            self.rested(id);
        }
    }

    /// Slot and credit are back.
    fn rested(&mut self, id: usize) {
        self.consumers[id].overhead_s = None;
        if !self.ring.contains(&id) {
            self.ring.push_back(id);
        }
    }

    fn leave(&mut self) {
        self.away = true;
        for consumer in &mut self.consumers {
            let consumer = std::mem::take(consumer);
            self.ready.extend(consumer.buffer);
            self.ready.extend(consumer.service.map(|(job, _)| job));
        }
        self.ready.sort_unstable();
        self.ring.clear();
    }
}
