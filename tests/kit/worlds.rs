//! Random valid models: every setting of the scenario language, in every combination, a few thousand messages each.
//!
//! A quarter of the worlds live on a grid of quarter seconds with regular arrivals and constant services, so that many
//! things happen at exactly the same instant. The same seed gives the same world.

use forebay::model::{
    Arrivals, ConsumerGroup, Cost, Distribution, Level, MmppState, Model, Overflow, Process, Producer, Promise,
    Quantile, Queue, Rate, RateLimit, RecordedMessage, Renewal, Replicas, Replications, Shutdown, Slo, Window,
};

use super::build;
use super::dice::Dice;
use super::paths;

/// The world of a seed.
pub fn world(seed: u64) -> Model {
    let mut maker = Maker { dice: Dice::new(seed), grid: false, horizon_s: 0.0 };
    maker.grid = maker.dice.chance(0.25);
    maker.horizon_s = maker.dice.pick(&[10.0, 16.0, 20.0, 33.3]);
    maker.model()
}

/// Whether many events of this world coincide.
pub fn is_on_grid(seed: u64) -> bool {
    Dice::new(seed).chance(0.25)
}

struct Maker {
    dice: Dice,
    grid: bool,
    horizon_s: f64,
}

impl Maker {
    fn model(&mut self) -> Model {
        let queues: Vec<Queue> = (0..self.dice.count(1, 3)).map(|id| self.queue(id)).collect();
        let mut groups = Vec::new();
        let mut producers = Vec::new();
        for from in 0..queues.len() {
            for k in 0..self.dice.pick(&[1, 1, 1, 2]) {
                groups.push(self.group(&format!("g{from}{k}"), from));
            }
            for k in 0..self.dice.count(u32::from(from == 0), 3) {
                producers.push(self.producer(&format!("p{from}{k}"), from));
            }
        }
        let slos = (0..self.dice.count(0, 4)).map(|id| self.slo(id, queues.len())).collect();
        let warmup_s = if self.dice.chance(0.5) { self.time(0.0, 0.8 * self.horizon_s) } else { 0.0 };
        let resolution_s = self.horizon_s / self.dice.pick(&[1.0, 1.7, 4.0, 7.3, 60.0]);
        Model {
            warmup_s,
            resolution_s,
            replications: Replications::Fixed(1),
            seed: self.dice.below(u64::MAX),
            slos,
            ..build::model(self.horizon_s, producers, queues, groups)
        }
    }

    /// An instant or a duration; in a grid world a multiple of a quarter second.
    fn time(&mut self, low_s: f64, high_s: f64) -> f64 {
        let exact_s = self.dice.between(low_s, high_s);
        if self.grid { (exact_s * 4.0).round() / 4.0 } else { exact_s }
    }

    fn queue(&mut self, id: u32) -> Queue {
        let initial = self.dice.pick(&[0, 0, 0, 1, 7, 40]);
        let delivery_delay = self.dice.chance(0.35).then(|| match self.dice.below(2) {
            0 => Distribution::Constant(self.time(0.0, 2.0)),
            _ => self.distribution(0.5),
        });
        let capacity = self.dice.pick(&[None, None, None, Some(0), Some(1), Some(5), Some(20)]);
        let overflow = self.dice.pick(&[Overflow::Reject, Overflow::DropHead]);
        Queue { initial, delivery_delay, capacity, overflow, ..Queue::new(format!("q{id}")) }
    }

    fn group(&mut self, name: &str, from: usize) -> ConsumerGroup {
        let concurrency = self.dice.pick(&[1, 1, 2, 4]);
        let prefetch = match self.dice.below(4) {
            0 => self.dice.count(1, concurrency),
            1 => concurrency + self.dice.count(1, 8),
            _ => concurrency,
        };
        let mean_s = self.dice.between(0.02, 0.8);
        let service = self.distribution(mean_s);
        let outages = if self.dice.chance(0.3) { self.outages() } else { Vec::new() };
        let rate_per_s = self.dice.between(0.5, 30.0);
        let burst = self.dice.pick(&[1.0, 1.0, 2.0, 3.5, 20.0]);
        ConsumerGroup {
            replicas: self.replicas(),
            concurrency,
            prefetch,
            overhead: self.dice.chance(0.25).then(|| self.distribution(0.1)),
            speed: self.dice.chance(0.3).then(|| self.speed()),
            speeds: self.dice.pick(&[vec![], vec![], vec![], vec![0.5], vec![1.0, 0.33], vec![2.0, 1.0, 0.25]]),
            rate_limit: self.dice.chance(0.25).then_some(RateLimit { rate_per_s, burst }),
            startup: self.dice.chance(0.3).then(|| self.distribution(1.0)),
            shutdown: self.dice.pick(&[Shutdown::Finish, Shutdown::Requeue]),
            outages,
            cost: self.dice.chance(0.3).then(|| Cost { per_hour: 0.1, currency: "USD".to_owned() }),
            ..build::group(name, from, 1, service)
        }
    }

    fn replicas(&mut self) -> Replicas {
        if self.dice.chance(0.5) {
            return Replicas::Fixed(self.dice.pick(&[0, 1, 1, 2, 3, 5]));
        }
        let times_s = self.instants(5);
        Replicas::Steps(times_s.into_iter().map(|at_s| (at_s, self.dice.count(0, 5))).collect())
    }

    /// 0 and up to `most` later instants, ascending, some past the horizon.
    fn instants(&mut self, most: u32) -> Vec<f64> {
        let mut times_s = vec![0.0];
        let steps = self.dice.count(1, most);
        times_s.extend((0..steps).map(|_| self.time(0.25, 1.2 * self.horizon_s)));
        times_s.sort_by(f64::total_cmp);
        times_s.dedup();
        times_s
    }

    fn outages(&mut self) -> Vec<(f64, f64)> {
        let mut edges_s = self.instants(4);
        if self.dice.chance(0.8) {
            edges_s.remove(0);
        }
        let mut outages: Vec<(f64, f64)> = edges_s.chunks_exact(2).map(|edges| (edges[0], edges[1])).collect();
        if self.dice.chance(0.2)
            && let [.., last] = outages[..]
        {
            outages.push((last.1, last.1 + 1.0));
        }
        outages
    }

    pub fn distribution(&mut self, mean_s: f64) -> Distribution {
        if self.grid && self.dice.chance(0.8) {
            return Distribution::Constant(self.dice.pick(&[0.0, 0.25, 0.25, 0.5, 1.0]));
        }
        match self.dice.below(10) {
            0 => Distribution::Constant(mean_s),
            1 => Distribution::Exponential { mean_s },
            2 => Distribution::Erlang { mean_s, stages: self.dice.count(1, 5) },
            3 => Distribution::Gamma { mean_s, cv: self.dice.between(0.2, 2.0) },
            4 => Distribution::lognormal(mean_s, self.dice.between(0.0, 2.0)),
            5 => Distribution::Weibull { mean_s, shape: self.dice.between(0.6, 3.0) },
            6 => Distribution::Pareto { mean_s, shape: self.dice.between(1.5, 4.0) },
            7 => Distribution::hyperexponential_balanced(mean_s, self.dice.between(1.0, 3.0)),
            8 => Distribution::Uniform { low_s: 0.5 * mean_s, high_s: 1.5 * mean_s },
            _ => Distribution::Empirical([0.0, 0.3 * mean_s, mean_s, 2.7 * mean_s].into()),
        }
    }

    /// Work per second around 1, with pauses.
    fn speed(&mut self) -> Rate {
        match self.dice.below(6) {
            0 => Rate::Constant(self.dice.pick(&[0.0, 0.5, 3.0])),
            1 | 2 => {
                let times_s = self.instants(5);
                Rate::Steps(times_s.into_iter().map(|at_s| (at_s, self.dice.pick(&[0.0, 0.25, 1.0, 2.0]))).collect())
            }
            3 => {
                let times_s = self.instants(4);
                Rate::Points(times_s.into_iter().map(|at_s| (at_s, self.dice.between(0.0, 2.0))).collect())
            }
            4 => Rate::Sine { mean: 1.0, amplitude: self.dice.between(0.0, 1.0), period_s: 7.0, phase_s: 1.0 },
            _ => {
                let inner = Rate::Steps(vec![(0.0, 1.0), (2.0, 0.0), (2.5, 1.5)]);
                Rate::Repeat { every_s: 4.0, rate: Box::new(inner) }
            }
        }
    }

    fn producer(&mut self, name: &str, to: usize) -> Producer {
        if self.dice.chance(0.15) {
            return Producer::new(name, to, Arrivals::Recorded(self.recording()));
        }
        let rate = self.rate(2);
        let process = if self.grid && self.dice.chance(0.7) { Process::Regular } else { self.process(true) };
        Producer::new(name, to, Arrivals::Process { rate, process })
    }

    fn recording(&mut self) -> std::sync::Arc<[RecordedMessage]> {
        let works = self.dice.chance(0.6);
        let mut rows: Vec<RecordedMessage> = (0..self.dice.count(0, 80))
            .map(|_| RecordedMessage {
                published_s: self.time(0.25, 1.3 * self.horizon_s),
                service_s: works.then(|| self.dice.between(0.0, 0.5)),
            })
            .collect();
        rows.sort_by(|a, b| a.published_s.total_cmp(&b.published_s));
        rows.into()
    }

    fn process(&mut self, may_be_batches: bool) -> Process {
        match self.dice.below(if may_be_batches { 7 } else { 6 }) {
            0 | 1 => Process::Poisson,
            2 => Process::Regular,
            3 => Process::Renewal(Renewal::Cv(self.dice.pick(&[0.0, 0.5, 1.0, 2.5]))),
            4 => Process::Renewal(Renewal::Gap(self.gap())),
            5 => Process::Mmpp(self.mmpp()),
            _ => Process::Batches { size: self.dice.count(1, 12), of: Box::new(self.process(false)) },
        }
    }

    /// Any law but that of no time at all, which has no shape.
    fn gap(&mut self) -> Distribution {
        let law = self.distribution(3.0);
        if law.mean() > 0.0 { law } else { Distribution::Constant(1.0) }
    }

    /// Two or three states, one of them possibly silent; the mean factor is 1.
    fn mmpp(&mut self) -> Vec<MmppState> {
        let states: Vec<(f64, f64)> = (0..self.dice.count(2, 3))
            .map(|state| {
                let factor = if state == 0 { 4.0 } else { self.dice.pick(&[0.0, 0.4, 1.0]) };
                (factor, self.dice.between(0.3, 5.0))
            })
            .collect();
        let time_s: f64 = states.iter().map(|(_, mean_s)| mean_s).sum();
        let mean = states.iter().map(|(factor, mean_s)| factor * mean_s).sum::<f64>() / time_s;
        states.into_iter().map(|(factor, mean_s)| MmppState { factor: factor / mean, mean_s }).collect()
    }

    /// Any rate function of the language, `depth` levels deep, 0 to some 30 messages a second.
    fn rate(&mut self, depth: u32) -> Rate {
        if depth > 0 && self.dice.chance(0.4) {
            return self.compound(depth - 1);
        }
        let high = if self.grid { 4.0 * f64::from(self.dice.count(0, 4)) } else { self.dice.between(0.0, 20.0) };
        match self.dice.below(8) {
            0 | 1 => Rate::Constant(high),
            2 => Rate::Steps(self.instants(4).into_iter().map(|at_s| (at_s, self.dice.pick(&[0.0, high]))).collect()),
            3 => Rate::Points(self.instants(4).into_iter().map(|at_s| (at_s, self.dice.between(0.0, high))).collect()),
            4 => Rate::Sine { mean: high, amplitude: high * self.dice.between(-1.0, 1.0), period_s: 9.0, phase_s: 2.0 },
            5 => {
                let from_s = self.time(0.0, self.horizon_s);
                let until_s = from_s + self.time(0.25, self.horizon_s);
                Rate::Pulse { height: 2.0 * high, from_s, until_s }
            }
            6 => {
                let at_s = self.time(0.0, self.horizon_s);
                Rate::Burst { height: 3.0 * high, at_s, decay_s: self.dice.between(0.5, 10.0) }
            }
            _ => paths::trace(&[(0.5, 3.0, high, high), (4.0, 6.0, 0.0, high), (6.0, 9.0, high, 0.0)]),
        }
    }

    fn compound(&mut self, depth: u32) -> Rate {
        let inner = Box::new(self.rate(depth));
        match self.dice.below(7) {
            0 => Rate::Sum(vec![*inner, self.rate(depth)]),
            1 => Rate::Scale { by: self.dice.pick(&[0.0, 0.5, 1.3]), rate: inner },
            2 => Rate::Repeat { every_s: self.time(3.0, 12.0), rate: inner },
            3 => Rate::Shift { by_s: self.time(-3.0, 6.0), rate: inner },
            // A day of silence and growth every ten seconds would end in numbers beyond f64.
            4 if paths::has_week(&inner) => *inner,
            4 => Rate::Growth { factor: self.dice.between(0.5, 1.6), every_s: 10.0, rate: inner },
            5 => {
                let min = self.dice.pick(&[None, Some(2.0)]);
                let max = self.dice.pick(&[None, Some(8.0), Some(15.0)]);
                Rate::Clamp { min, max, rate: inner }
            }
            _ => {
                let mut days: [Rate; 7] = std::array::from_fn(|_| Rate::Constant(3.0));
                // A plain one: short cycles within a week take long to sum up.
                days[1] = self.rate(0);
                // Monday's midnight falls into the run.
                Rate::Weekly { days: Box::new(days), offset_s: 86_400.0 - self.time(2.0, 12.0) }
            }
        }
    }

    fn slo(&mut self, id: u32, queues: usize) -> Slo {
        let during = self.dice.chance(0.5).then(|| {
            let from_s = self.time(0.0, 0.9 * self.horizon_s);
            Window { from_s, until_s: from_s + self.time(0.25, self.horizon_s) }
        });
        let quantile = self.dice.pick(&[Quantile::Mean, Quantile::Max, Quantile::P(0.5), Quantile::P(0.99)]);
        let level = self.dice.pick(&[Level::Mean, Level::Max, Level::P(0.5), Level::P(0.95)]);
        let promise = match self.dice.below(5) {
            0 => Promise::Latency(quantile, 1.0),
            1 => Promise::Wait(quantile, 0.5),
            2 => Promise::Depth(level, 10.0),
            3 => Promise::LossShare(0.01),
            _ => Promise::DrainedBy(self.time(0.25, self.horizon_s)),
        };
        let queue = self.dice.below(queues as u64) as usize;
        Slo { name: format!("s{id}"), queue, path: None, promise, during }
    }
}
