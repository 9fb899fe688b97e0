//! From the setting of a queue to the answer of its law. Not here: finding the setting (`classify`), the laws.

use super::answer::FormulaQueue;
use super::approximate::approximate;
use super::classify::{Gaps, Setting, Station, setting};
use super::delayed::ExponentialDelay;
use super::error::some_servers;
use super::network::Feed;
use super::numeric::tail_quantile;
use super::phase_type::PhaseType;
use super::{ErlangA, GiMc, Mdc, Mg1, Mmc, Mmck, Mmpp, MmppMc, Mphc, NoFormula, erlang_b};
use crate::model::{Distribution, Model, Overflow};

/// Shares of the reported wait quantiles.
const SHARES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// The stationary answer for every queue of a model, in the model's order: exact where a law is, else by an
/// approximation that it names. Where there is none, everything is `None` and `why_not` says why; where only part of it
/// is missing, `why_not` names that part.
pub fn solve(model: &Model) -> Vec<FormulaQueue> {
    (0..model.queues.len())
        .map(|queue| {
            let answer = setting(model, queue).and_then(|setting| Ok(named(answer(&setting)?, setting.feed)));
            let answer = answer.unwrap_or_else(|why_not| FormulaQueue { why_not: Some(why_not), ..Default::default() });
            FormulaQueue { name: model.queues[queue].name.clone(), ..answer }
        })
        .collect()
}

fn answer(setting: &Setting) -> Result<FormulaQueue, String> {
    let station = &setting.station;
    if let Some(patience_per_s) = station.patience_per_s {
        return impatient(setting, patience_per_s);
    }
    let law = match (&setting.gaps, station.room) {
        (Gaps::Poisson, Some(0)) => return loss_system(setting),
        (Gaps::Poisson, Some(room)) => limited_room(setting, room),
        (_, Some(_)) => {
            return Err("no formula for arrivals other than Poisson and limited capacity".to_owned());
        }
        (Gaps::Poisson, None) => unlimited_room(setting),
        (Gaps::Renewal(gaps), None) => renewal_arrivals(setting, gaps),
        (Gaps::Modulated(arrivals), None) => modulated_arrivals(setting, arrivals),
        (Gaps::Joined(_), None) => Err(Reason::NotExact),
    };
    law.or_else(|reason| match reason {
        Reason::NotExact | Reason::Law(NoFormula::TooLarge { .. }) if station.room.is_none() => approximate(setting),
        Reason::NotExact => Err("no formula for this queue".to_owned()),
        Reason::Words(words) => Err(words.to_owned()),
        Reason::Law(law) => Err(law.to_string()),
    })
}

/// How a queue that other queues feed is named beside one that producers feed.
fn named(answer: FormulaQueue, feed: Feed) -> FormulaQueue {
    let how = match (feed, answer.model.as_deref()) {
        (Feed::Producers, _) => "",
        (Feed::Jackson, Some("M/M/c")) => " in a Jackson network",
        (Feed::Jackson, _) => " behind a Jackson network",
        (Feed::Approximate, _) => " in a network",
    };
    FormulaQueue { model: answer.model.map(|model| model + how), ..answer }
}

/// Why a setting has no exact answer.
enum Reason {
    /// There is no such law, but there may be an approximation.
    NotExact,
    Words(&'static str),
    Law(NoFormula),
}

impl From<NoFormula> for Reason {
    fn from(law: NoFormula) -> Self {
        Self::Law(law)
    }
}

fn unlimited_room(setting: &Setting) -> Result<FormulaQueue, Reason> {
    let Setting { rate_per_s, station: Station { service, overhead, slots, .. }, .. } = setting;
    let pause_s = overhead.as_ref().map_or(Some(0.0), Distribution::constant_value);
    match (service.exponential_mean(), service.constant_value(), pause_s) {
        (Some(mean_s), _, Some(0.0)) => {
            let queue = Mmc::new(*rate_per_s, 1.0 / mean_s, *slots)?;
            let latency = (queue.sojourn_mean_s(), queue.sojourn_quantile_s(0.99));
            Ok(exponential_delay("M/M/c", queue.utilization(), *rate_per_s, queue.wait(), latency))
        }
        (_, Some(service_s), Some(pause_s)) => {
            let queue = Mdc::new(*rate_per_s, service_s + pause_s, *slots)?;
            Ok(constant_service(&queue, *rate_per_s * service_s / *slots as f64, service_s))
        }
        _ if *slots == 1 => Ok(one_slot(&Mg1::new(*rate_per_s, service, overhead.as_ref())?)),
        (_, _, Some(0.0)) if PhaseType::of(service).is_some() => {
            Ok(phase_type_service(&Mphc::new(*rate_per_s, service, *slots)?))
        }
        _ => Err(Reason::NotExact),
    }
}

fn phase_type_service(queue: &Mphc) -> FormulaQueue {
    let base = FormulaQueue {
        model: Some("M/PH/c".to_owned()),
        utilization: Some(queue.utilization()),
        ready_mean: Some(queue.waiting_mean()),
        wait_mean_s: Some(queue.wait_mean_s()),
        wait_probability: Some(queue.wait_probability()),
        latency_mean_s: Some(queue.sojourn_mean_s()),
        latency_p99_s: queue.sojourn_quantile_s(0.99),
        loss: Some(0.0),
        ..Default::default()
    };
    with_wait_quantiles(base, |share| queue.wait_quantile_s(share))
}

fn modulated_arrivals(setting: &Setting, arrivals: &Mmpp) -> Result<FormulaQueue, Reason> {
    let is_markov = setting.station.overhead.is_none();
    let Some(mean_s) = setting.station.service.exponential_mean().filter(|_| is_markov) else {
        let words = "no formula for Markov-modulated arrivals (mmpp) unless service is exponential, without overhead";
        return Err(Reason::Words(words));
    };
    let queue = MmppMc::new(arrivals, 1.0 / mean_s, setting.station.slots)?;
    let base = FormulaQueue {
        model: Some("MMPP/M/c".to_owned()),
        utilization: Some(queue.utilization()),
        ready_mean: Some(queue.waiting_mean()),
        wait_mean_s: Some(queue.wait_mean_s()),
        wait_probability: Some(queue.wait_probability()),
        latency_mean_s: Some(queue.sojourn_mean_s()),
        latency_p99_s: queue.sojourn_quantile_s(0.99),
        loss: Some(0.0),
        ..Default::default()
    };
    Ok(with_wait_quantiles(base, |share| queue.wait_quantile_s(share)))
}

/// Erlang A: waits are those of the messages that are served.
fn impatient(setting: &Setting, patience_per_s: f64) -> Result<FormulaQueue, String> {
    let station = &setting.station;
    let is_markov = setting.gaps == Gaps::Poisson && station.overhead.is_none() && station.room.is_none();
    let Some(mean_s) = station.service.exponential_mean().filter(|_| is_markov) else {
        let words = "messages expire: exact only for Poisson arrivals, exponential service and unlimited capacity";
        return Err(words.to_owned());
    };
    let queue = ErlangA::new(setting.rate_per_s, 1.0 / mean_s, patience_per_s, station.slots)
        .map_err(|reason| reason.to_string())?;
    let load = setting.rate_per_s * mean_s;
    Ok(FormulaQueue {
        model: Some("M/M/c+M".to_owned()),
        utilization: Some(load * (1.0 - queue.abandonment()) / station.slots as f64),
        ready_mean: Some(queue.waiting_mean()),
        wait_mean_s: Some(queue.served_wait_mean_s()),
        wait_probability: Some(queue.served_wait_probability()),
        latency_mean_s: Some(queue.served_wait_mean_s() + mean_s),
        loss: Some(queue.abandonment()),
        why_not: Some("quantiles of waits have no closed form here where messages expire".to_owned()),
        ..Default::default()
    })
}

fn renewal_arrivals(setting: &Setting, gaps: &Distribution) -> Result<FormulaQueue, Reason> {
    let station = &setting.station;
    let Some(mean_s) = station.service.exponential_mean().filter(|_| station.overhead.is_none()) else {
        return Err(Reason::NotExact);
    };
    let queue = GiMc::new(gaps, 1.0 / mean_s, station.slots)?;
    let latency = (queue.sojourn_mean_s(), queue.sojourn_quantile_s(0.99));
    Ok(exponential_delay("GI/M/c", queue.utilization(), setting.rate_per_s, queue.wait(), latency))
}

fn exponential_delay(
    model: &str,
    utilization: f64,
    rate_per_s: f64,
    wait: ExponentialDelay,
    (latency_mean_s, latency_p99_s): (f64, Option<f64>),
) -> FormulaQueue {
    let base = FormulaQueue {
        model: Some(model.to_owned()),
        utilization: Some(utilization),
        ready_mean: Some(rate_per_s * wait.mean_s()),
        wait_mean_s: Some(wait.mean_s()),
        wait_probability: Some(wait.probability),
        latency_mean_s: Some(latency_mean_s),
        latency_p99_s,
        loss: Some(0.0),
        ..Default::default()
    };
    with_wait_quantiles(base, |share| Some(wait.quantile_s(share)))
}

fn constant_service(queue: &Mdc, utilization: f64, service_s: f64) -> FormulaQueue {
    let base = FormulaQueue {
        model: Some("M/D/c".to_owned()),
        utilization: Some(utilization),
        ready_mean: Some(queue.waiting_mean()),
        wait_mean_s: Some(queue.wait_mean_s()),
        wait_probability: Some(queue.wait_probability()),
        latency_mean_s: Some(queue.wait_mean_s() + service_s),
        latency_p99_s: queue.wait_quantile_s(0.99).map(|wait_s| wait_s + service_s),
        loss: Some(0.0),
        ..Default::default()
    };
    with_wait_quantiles(base, |share| queue.wait_quantile_s(share))
}

fn one_slot(queue: &Mg1) -> FormulaQueue {
    let mut missing = Vec::new();
    if queue.wait_mean_s().is_none() {
        missing.push("the mean wait is infinite, because the variance of the service is");
    }
    let base = FormulaQueue {
        model: Some("M/G/1".to_owned()),
        utilization: Some(queue.utilization()),
        ready_mean: queue.waiting_mean(),
        wait_mean_s: queue.wait_mean_s(),
        wait_probability: Some(queue.wait_probability()),
        latency_mean_s: queue.sojourn_mean_s(),
        latency_p99_s: queue.sojourn_quantile_s(0.99).ok(),
        loss: Some(0.0),
        ..Default::default()
    };
    let mut answer = with_wait_quantiles(base, |share| queue.wait_quantile_s(share).ok());
    if [answer.wait_p50_s, answer.wait_p90_s, answer.wait_p95_s, answer.wait_p99_s, answer.wait_p999_s].contains(&None)
    {
        missing.push("the inversion of the wait's transform does not settle for every quantile");
    }
    if answer.latency_p99_s.is_none() {
        missing.push("latency p99 has no closed form here and its inversion does not settle");
    }
    answer.why_not = (!missing.is_empty()).then(|| missing.join("; "));
    answer
}

fn limited_room(setting: &Setting, room: u64) -> Result<FormulaQueue, Reason> {
    let station = &setting.station;
    let Some(mean_s) = station.service.exponential_mean().filter(|_| station.overhead.is_none()) else {
        return Err(Reason::Words("no formula for limited capacity unless service is exponential, without overhead"));
    };
    let places = station.slots.saturating_add(room);
    let queue = Mmck::new(setting.rate_per_s, 1.0 / mean_s, station.slots, places)?;
    let levels = FormulaQueue {
        model: Some("M/M/c/K".to_owned()),
        utilization: Some(queue.utilization()),
        ready_mean: Some(queue.waiting_mean()),
        loss: Some(queue.loss()),
        ..Default::default()
    };
    if station.overflow == Overflow::DropHead {
        let why_not = "dropping from the head loses as many messages, but who is served waited differently: \
                       waits and latency have no closed form here";
        return Ok(FormulaQueue { why_not: Some(why_not.to_owned()), ..levels });
    }
    let base = FormulaQueue {
        wait_mean_s: Some(queue.wait_mean_s()),
        wait_probability: Some(queue.wait_probability()),
        latency_mean_s: Some(queue.sojourn_mean_s()),
        latency_p99_s: queue.sojourn_quantile_s(0.99),
        ..levels
    };
    let mut answer = with_wait_quantiles(base, |share| queue.wait_quantile_s(share));
    if answer.wait_p99_s.is_none() || answer.latency_p99_s.is_none() {
        answer.why_not = Some("too many messages wait for the quantiles to be summed up".to_owned());
    }
    Ok(answer)
}

/// Nobody waits: M/G/c/c, insensitive to the law of the service; an overhead is part of the holding time.
fn loss_system(setting: &Setting) -> Result<FormulaQueue, String> {
    let station = &setting.station;
    let service_s = station.service.mean();
    let load = setting.rate_per_s * station.occupancy_s();
    if !(load > 0.0 && load.is_finite()) {
        return Err(NoFormula::OutOfRange { name: "offered load", value: load }.to_string());
    }
    let loss = erlang_b(some_servers(station.slots).map_err(|reason| reason.to_string())?, load);
    let latency_p99_s = station
        .service
        .constant_value()
        .or_else(|| tail_quantile(|t| station.service.survival(t), 0.01, service_s, 0.0));
    let base = FormulaQueue {
        model: Some("M/G/c/c".to_owned()),
        utilization: Some(setting.rate_per_s * (1.0 - loss) * service_s / station.slots as f64),
        ready_mean: Some(0.0),
        wait_mean_s: Some(0.0),
        wait_probability: Some(0.0),
        latency_mean_s: Some(service_s),
        latency_p99_s,
        loss: Some(loss),
        ..Default::default()
    };
    Ok(with_wait_quantiles(base, |_| Some(0.0)))
}

fn with_wait_quantiles(base: FormulaQueue, quantile_s: impl Fn(f64) -> Option<f64>) -> FormulaQueue {
    let [wait_p50_s, wait_p90_s, wait_p95_s, wait_p99_s, wait_p999_s] = SHARES.map(quantile_s);
    FormulaQueue { wait_p50_s, wait_p90_s, wait_p95_s, wait_p99_s, wait_p999_s, ..base }
}

#[cfg(test)]
mod tests;
