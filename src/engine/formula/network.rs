//! What arrives at a queue that other queues publish to: rates by the traffic equations, and what kind of stream it is.
//!
//! Where all that leads to the queue is a Jackson network (Poisson from outside, memoryless service, at most one way on
//! for each message), the stream is Poisson behind it (Burke 1956; Kelly 1979). Where messages come back
//! to the queue they still find it as time averages do (Sevcik and Mitrani 1981). Either way the laws of one queue stay
//! exact. Otherwise the calculus of streams (`qna`) approximates. Not here: the laws.

use super::classify::{Gaps, Station, Stream, join, station, streams};
use super::matrix::Matrix;
use super::qna::{departure_scv, split_scv, superposed_scv};
use crate::model::{Destination, Emission, Model, QueueId, Routing};

/// More queues than this would take seconds.
const MOST_QUEUES: usize = 200;
/// Rounds of the calculus of streams; each is a contraction.
const MOST_ROUNDS: usize = 10_000;

/// Where a queue's messages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// Producers alone.
    Producers,
    /// A Jackson network, of which it may be a part itself.
    Jackson,
    /// Other queues, approximately.
    Approximate,
}

/// λ, the spacing and the origin of what arrives at a queue.
///
/// # Errors
/// Why there is no law of it.
pub(super) fn inflow(model: &Model, queue: QueueId) -> Result<(f64, Gaps, Feed), String> {
    let ancestors = ancestors(model, queue);
    if ancestors.is_empty() {
        let (rate_per_s, gaps) = join(streams(model, queue)?)?;
        return Ok((rate_per_s, gaps, Feed::Producers));
    }
    let region = Region::new(model, queue, &ancestors)?;
    let target = region.place(queue);
    let rate_per_s = region.rates_per_s[target];
    if rate_per_s <= 0.0 {
        return Err("nothing is published to it".to_owned());
    }
    if region.is_jackson() {
        return Ok((rate_per_s, Gaps::Poisson, Feed::Jackson));
    }
    Ok((rate_per_s, Gaps::Joined(region.streams_of_target(target)?), Feed::Approximate))
}

/// Queues whose messages lead to this one; itself among them if they can come back.
fn ancestors(model: &Model, queue: QueueId) -> Vec<QueueId> {
    let mut found: Vec<QueueId> = Vec::new();
    let mut open = vec![queue];
    while let Some(next) = open.pop() {
        for group in &model.groups {
            let leads = |emission: &&Emission| emission.per_message > 0.0 && model.share_of(emission.to, next) > 0.0;
            if !found.contains(&group.from) && group.emits.iter().any(|emission| leads(&emission)) {
                found.push(group.from);
                open.push(group.from);
            }
        }
    }
    found.sort_unstable();
    found
}

/// A queue and all that leads to it.
struct Region<'a> {
    model: &'a Model,
    /// In ascending order, the target among them.
    queues: Vec<QueueId>,
    /// None for a target that nothing comes back to: whatever it is, it shapes nothing that arrives.
    stations: Vec<Option<Station>>,
    outside: Vec<Vec<Stream>>,
    rates_per_s: Vec<f64>,
}

impl<'a> Region<'a> {
    fn new(model: &'a Model, target: QueueId, ancestors: &[QueueId]) -> Result<Self, String> {
        if ancestors.len() > MOST_QUEUES {
            return Err(format!("more than {MOST_QUEUES} queues lead to it"));
        }
        let mut queues = ancestors.to_vec();
        if !queues.contains(&target) {
            queues.push(target);
            queues.sort_unstable();
        }
        let mut stations = Vec::new();
        let mut outside = Vec::new();
        for queue in &queues {
            let fed = |why: &str| format!("it gets what the consumers of {} publish: {why}", model.queues[*queue].name);
            let own =
                if ancestors.contains(queue) { Some(station(model, *queue).map_err(|why| fed(&why))?) } else { None };
            if own.as_ref().is_some_and(|station| station.room.is_some() || station.patience_per_s.is_some()) {
                return Err(fed("messages may be lost there"));
            }
            stations.push(own);
            let producers = model.producers_of(*queue).next().is_some();
            outside.push(if producers { streams(model, *queue).map_err(|why| fed(&why))? } else { Vec::new() });
        }
        let mut region = Self { model, queues, stations, outside, rates_per_s: Vec::new() };
        region.rates_per_s = region.traffic()?;
        region.check_stability()?;
        Ok(region)
    }

    fn place(&self, queue: QueueId) -> usize {
        self.queues.binary_search(&queue).expect("asked for queues of the region only")
    }

    /// Emissions of the groups of one queue that lead to queues of the region, with what each of them gets of one ack.
    fn emissions(&self, place: usize) -> Vec<(&Emission, Vec<(usize, f64)>)> {
        if self.stations[place].is_none() {
            return Vec::new();
        }
        let emissions = self.model.groups_of(self.queues[place]).flat_map(|group| &group.emits);
        let within = |emission: &Emission| -> Vec<(usize, f64)> {
            let shares =
                self.queues.iter().map(|queue| emission.per_message * self.model.share_of(emission.to, *queue));
            shares.enumerate().filter(|(_, share)| *share > 0.0).collect()
        };
        emissions.map(|emission| (emission, within(emission))).filter(|(_, within)| !within.is_empty()).collect()
    }

    /// λ = outside + λ·P (Jackson 1957).
    fn traffic(&self) -> Result<Vec<f64>, String> {
        let count = self.queues.len();
        let mut system = Matrix::identity(count);
        let mut outside = Matrix::zeros(1, count);
        for place in 0..count {
            outside.add(0, place, self.outside[place].iter().map(|stream| stream.rate_per_s).sum());
            for (emission, within) in self.emissions(place) {
                if emission.per_message > 1.0 {
                    let name = &self.model.queues[self.queues[place]].name;
                    return Err(format!("the consumers of {name} publish several messages at one ack"));
                }
                for (to, share) in within {
                    system.add(place, to, -share);
                }
            }
        }
        let solution = system.solve_left(&outside).map(|solution| solution.row(0).to_vec());
        let sound = |rates: &Vec<f64>| rates.iter().all(|rate| *rate >= 0.0 && rate.is_finite());
        solution.filter(sound).ok_or_else(|| "messages multiply on their way in a circle".to_owned())
    }

    fn check_stability(&self) -> Result<(), String> {
        for place in 0..self.queues.len() {
            if self.utilization(place) >= 1.0 {
                let name = &self.model.queues[self.queues[place]].name;
                return Err(format!("the consumers of {name} cannot keep up: no steady state behind it"));
            }
        }
        Ok(())
    }

    fn utilization(&self, place: usize) -> f64 {
        let Some(station) = &self.stations[place] else { return 0.0 };
        self.rates_per_s[place] * station.occupancy_s() / station.slots as f64
    }

    /// Whether all that leads to the target is a Jackson network: memoryless queues, Poisson arrivals, and at every
    /// fork one way only that leads to it. What takes other ways never comes back and shapes nothing.
    fn is_jackson(&self) -> bool {
        let memoryless = |station: &Station| station.service.is_exponential() && station.overhead.is_none();
        let one_way = |to: Destination| match to {
            Destination::Topic(topic) => match &self.model.topics[topic].to {
                Routing::Copies(queues) => queues.iter().filter(|queue| self.queues.contains(queue)).count() <= 1,
                Routing::Shares(_) => true,
            },
            Destination::Queue(_) => true,
        };
        let places = 0..self.queues.len();
        self.stations.iter().flatten().all(memoryless)
            && self.outside.iter().flatten().all(|stream| stream.gaps == Gaps::Poisson)
            && self.model.producers.iter().all(|producer| one_way(producer.to))
            && places
                .map(|place| self.emissions(place))
                .all(|emissions| emissions.len() <= 1 && emissions.iter().all(|(emission, _)| one_way(emission.to)))
    }

    /// Every stream that joins at the target, as `(rate, c²)`: the fixed point of departing, splitting and joining.
    fn streams_of_target(&self, target: usize) -> Result<Vec<(f64, f64)>, String> {
        let outside: Vec<Vec<(f64, f64)>> =
            self.outside.iter().map(|streams| scvs(streams)).collect::<Result<_, String>>()?;
        let services: Vec<f64> =
            self.stations.iter().map(|station| station.as_ref().map_or(1.0, Station::occupancy_scv)).collect();
        if let Some(place) = services.iter().position(|scv| !scv.is_finite()) {
            let name = &self.model.queues[self.queues[place]].name;
            return Err(format!("the variance of the service of {name} is infinite"));
        }
        let mut arrivals = vec![1.0; self.queues.len()];
        for _ in 0..MOST_ROUNDS {
            let joined = self.joined(&outside, &services, &arrivals);
            let next: Vec<f64> = joined
                .iter()
                .enumerate()
                .map(
                    |(place, streams)| {
                        if streams.is_empty() { 1.0 } else { superposed_scv(streams, self.utilization(place)) }
                    },
                )
                .collect();
            let change = next.iter().zip(&arrivals).fold(0.0, |change, (x, y)| f64::max(change, (x - y).abs()));
            arrivals = next;
            if change <= 1e-13 * (1.0 + arrivals.iter().fold(0.0, |most, scv| f64::max(most, *scv))) {
                return Ok(joined.into_iter().nth(target).unwrap_or_default());
            }
        }
        Err("the calculus of streams does not settle".to_owned())
    }

    fn joined(&self, outside: &[Vec<(f64, f64)>], services: &[f64], arrivals: &[f64]) -> Vec<Vec<(f64, f64)>> {
        let mut joined = outside.to_vec();
        for place in (0..self.queues.len()).filter(|place| self.rates_per_s[*place] > 0.0) {
            let Some(station) = &self.stations[place] else { continue };
            let leaves = departure_scv(arrivals[place], services[place], self.utilization(place), station.slots);
            for (to, share) in self.emissions(place).into_iter().flat_map(|(_, within)| within) {
                joined[to].push((self.rates_per_s[place] * share, split_scv(leaves, share)));
            }
        }
        joined
    }
}

/// `(rate, c²)` of streams from outside; all that are Poisson are one.
pub(super) fn scvs(streams: &[Stream]) -> Result<Vec<(f64, f64)>, String> {
    let (mut poisson_per_s, mut others) = (0.0, Vec::new());
    for Stream { rate_per_s, share, gaps, producer } in streams {
        let scv = match gaps {
            Gaps::Poisson => {
                poisson_per_s += rate_per_s;
                continue;
            }
            Gaps::Renewal(law) => split_scv(law.scv(), *share),
            Gaps::Modulated(_) | Gaps::Joined(_) => {
                return Err(format!("the arrivals of {producer} are Markov-modulated (mmpp) and not alone"));
            }
        };
        if !scv.is_finite() {
            return Err(format!("the gaps of {producer} have an infinite variance"));
        }
        others.push((*rate_per_s, scv));
    }
    if poisson_per_s > 0.0 {
        others.push((poisson_per_s, 1.0));
    }
    Ok(others)
}
