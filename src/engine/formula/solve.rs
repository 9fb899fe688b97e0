//! From the setting of a queue to the answer of its law. Not here: finding the setting (`classify`), the laws.

use super::answer::FormulaQueue;
use super::classify::{Gaps, Setting, setting};
use super::delayed::ExponentialDelay;
use super::error::some_servers;
use super::numeric::tail_quantile;
use super::{ErlangA, GiMc, Mdc, Mg1, Mmc, Mmck, NoFormula, erlang_b};
use crate::model::{Distribution, Model, Overflow};

/// Shares of the reported wait quantiles.
const SHARES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// The exact stationary answer for every queue of a model, in the model's order. Where there is none, everything is
/// `None` and `why_not` says why; where only part of it is missing, `why_not` names that part.
pub fn solve(model: &Model) -> Vec<FormulaQueue> {
    (0..model.queues.len())
        .map(|queue| {
            let answer = setting(model, queue).and_then(|setting| answer(&setting));
            let answer = answer.unwrap_or_else(|why_not| FormulaQueue { why_not: Some(why_not), ..Default::default() });
            FormulaQueue { name: model.queues[queue].name.clone(), ..answer }
        })
        .collect()
}

fn answer(setting: &Setting) -> Result<FormulaQueue, String> {
    if let Some(patience_per_s) = setting.patience_per_s {
        return impatient(setting, patience_per_s);
    }
    let law = match (&setting.gaps, setting.room) {
        (Gaps::Poisson, Some(0)) => return loss_system(setting),
        (Gaps::Poisson, Some(room)) => limited_room(setting, room),
        (Gaps::Poisson, None) => unlimited_room(setting),
        (Gaps::Renewal(_), Some(_)) => {
            return Err("no exact formula for arrivals other than Poisson and limited capacity".to_owned());
        }
        (Gaps::Renewal(gaps), None) => renewal_arrivals(setting, gaps),
    };
    law.map_err(|reason| match reason {
        Reason::Words(words) => words.to_owned(),
        Reason::Law(law) => law.to_string(),
    })
}

/// Why a setting has no answer.
enum Reason {
    Words(&'static str),
    Law(NoFormula),
}

impl From<NoFormula> for Reason {
    fn from(law: NoFormula) -> Self {
        Self::Law(law)
    }
}

const NO_OVERHEAD_LAW: Reason =
    Reason::Words("an overhead keeps slots busy after the ack: exact only for Poisson arrivals and one slot");

fn unlimited_room(setting: &Setting) -> Result<FormulaQueue, Reason> {
    let Setting { rate_per_s, service, overhead, slots, .. } = setting;
    let pause_s = overhead.as_ref().map_or(Some(0.0), Distribution::constant_value);
    match (service.exponential_mean(), service.constant_value(), pause_s) {
        (Some(mean_s), _, Some(0.0)) => {
            let queue = Mmc::new(*rate_per_s, 1.0 / mean_s, *slots)?;
            let latency = (queue.sojourn_mean_s(), queue.sojourn_quantile_s(0.99));
            Ok(exponential_delay("M/M/c", queue.utilization(), *rate_per_s, queue.wait(), latency))
        }
        (_, Some(service_s), Some(pause_s)) if *slots == 1 || pause_s == 0.0 => {
            let queue = Mdc::new(*rate_per_s, service_s + pause_s, *slots)?;
            Ok(constant_service(&queue, *rate_per_s * service_s / *slots as f64, service_s))
        }
        _ if *slots == 1 => Ok(one_slot(&Mg1::new(*rate_per_s, service, overhead.as_ref())?)),
        (_, _, Some(0.0)) => {
            Err(Reason::Words("no exact formula for several slots unless service is exponential or constant (M/G/c)"))
        }
        _ => Err(NO_OVERHEAD_LAW),
    }
}

/// Erlang A: waits are those of the messages that are served.
fn impatient(setting: &Setting, patience_per_s: f64) -> Result<FormulaQueue, String> {
    let is_markov = setting.gaps == Gaps::Poisson && setting.overhead.is_none() && setting.room.is_none();
    let Some(mean_s) = setting.service.exponential_mean().filter(|_| is_markov) else {
        let words = "messages expire: exact only for Poisson arrivals, exponential service and unlimited capacity";
        return Err(words.to_owned());
    };
    let queue = ErlangA::new(setting.rate_per_s, 1.0 / mean_s, patience_per_s, setting.slots)
        .map_err(|reason| reason.to_string())?;
    let load = setting.rate_per_s * mean_s;
    Ok(FormulaQueue {
        model: Some("M/M/c+M".to_owned()),
        utilization: Some(load * (1.0 - queue.abandonment()) / setting.slots as f64),
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
    if setting.overhead.is_some() {
        return Err(NO_OVERHEAD_LAW);
    }
    let Some(mean_s) = setting.service.exponential_mean() else {
        return Err(Reason::Words("no exact formula when neither arrivals are Poisson nor service is exponential"));
    };
    let queue = GiMc::new(gaps, 1.0 / mean_s, setting.slots)?;
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
    if setting.overhead.is_some() {
        return Err(NO_OVERHEAD_LAW);
    }
    let Some(mean_s) = setting.service.exponential_mean() else {
        return Err(Reason::Words("no exact formula for limited capacity unless service is exponential"));
    };
    let places = setting.slots.saturating_add(room);
    let queue = Mmck::new(setting.rate_per_s, 1.0 / mean_s, setting.slots, places)?;
    let levels = FormulaQueue {
        model: Some("M/M/c/K".to_owned()),
        utilization: Some(queue.utilization()),
        ready_mean: Some(queue.waiting_mean()),
        loss: Some(queue.loss()),
        ..Default::default()
    };
    if setting.overflow == Overflow::DropHead {
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
    let service_s = setting.service.mean();
    let holding_s = service_s + setting.overhead.as_ref().map_or(0.0, Distribution::mean);
    let load = setting.rate_per_s * holding_s;
    if !(load > 0.0 && load.is_finite()) {
        return Err(NoFormula::OutOfRange { name: "offered load", value: load }.to_string());
    }
    let loss = erlang_b(some_servers(setting.slots).map_err(|reason| reason.to_string())?, load);
    let latency_p99_s = setting
        .service
        .constant_value()
        .or_else(|| tail_quantile(|t| setting.service.survival(t), 0.01, service_s, 0.0));
    let base = FormulaQueue {
        model: Some("M/G/c/c".to_owned()),
        utilization: Some(setting.rate_per_s * (1.0 - loss) * service_s / setting.slots as f64),
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
mod tests {
    use super::*;
    use crate::model::{
        Arrivals, ConsumerGroup, MmppState, Process, Producer, Queue, Rate, RateLimit, Renewal, Replicas,
    };

    fn model(rate_per_s: f64, service: Distribution, replicas: u32) -> Model {
        Model {
            resolution_s: 1.0,
            producers: vec![producer(Rate::Constant(rate_per_s), Process::Poisson)],
            queues: vec![Queue::new("orders")],
            groups: vec![ConsumerGroup::new("workers", 0, replicas, service)],
            ..Model::new("test", 60.0)
        }
    }

    fn producer(rate: Rate, process: Process) -> Producer {
        Producer::new("shop", 0, Arrivals::Process { rate, process })
    }

    fn exponential(mean_s: f64) -> Distribution {
        Distribution::Exponential { mean_s }
    }

    fn only(model: &Model) -> FormulaQueue {
        let answers = solve(model);
        assert_eq!(answers.len(), 1);
        answers.into_iter().next().expect("one queue")
    }

    fn close(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected.abs())
    }

    fn law(model: &Model) -> String {
        let answer = only(model);
        answer.model.unwrap_or_else(|| format!("none: {}", answer.why_not.unwrap_or_default()))
    }

    #[test]
    fn the_textbook_queue_is_answered_in_full() {
        let answer = only(&model(8.0, exponential(1.0), 10));
        assert_eq!(answer.name, "orders");
        assert_eq!(answer.model.as_deref(), Some("M/M/c"));
        assert!(close(answer.wait_mean_s, 0.204_590_075_398_221_77));
        assert!(close(answer.ready_mean, 8.0 * 0.204_590_075_398_221_77));
        assert!(close(answer.wait_p99_s, 1.855_785_216_283_418_5));
        assert!(close(answer.utilization, 0.8) && answer.loss == Some(0.0) && answer.why_not.is_none());
        assert!(answer.latency_p99_s.is_some());
    }

    #[test]
    fn slots_are_replicas_times_concurrency_capped_by_prefetch() {
        let mut four = model(8.0, exponential(1.0), 5);
        four.groups[0].concurrency = 2;
        four.groups[0].prefetch = 2;
        assert_eq!(only(&four), only(&model(8.0, exponential(1.0), 10)));
        four.groups[0].prefetch = 1;
        assert!(law(&four).contains("no steady state"));
        four.groups[0].prefetch = 3;
        assert!(law(&four).contains("prefetch"));
    }

    #[test]
    fn every_class_is_recognised() {
        assert_eq!(law(&model(0.8, Distribution::Constant(1.0), 1)), "M/D/c");
        assert_eq!(law(&model(8.0, Distribution::Uniform { low_s: 1.0, high_s: 1.0 }, 10)), "M/D/c");
        assert_eq!(law(&model(0.8, Distribution::lognormal(1.0, 1.0), 1)), "M/G/1");
        assert_eq!(law(&model(0.8, Distribution::Erlang { mean_s: 1.0, stages: 1 }, 1)), "M/M/c");
        let mut bounded = model(8.0, exponential(1.0), 10);
        bounded.queues[0].capacity = Some(10);
        assert_eq!(law(&bounded), "M/M/c/K");
        bounded.queues[0].capacity = Some(0);
        bounded.groups[0].service = Distribution::lognormal(1.0, 3.0);
        assert_eq!(law(&bounded), "M/G/c/c");
        assert!(close(only(&bounded).loss, erlang_b(10, 8.0)));
        for (process, expected) in [
            (Process::Regular, "GI/M/c"),
            (Process::Renewal(Renewal::Cv(2.0)), "GI/M/c"),
            (Process::Renewal(Renewal::Cv(0.5)), "GI/M/c"),
            (Process::Renewal(Renewal::Cv(0.0)), "GI/M/c"),
            (Process::Renewal(Renewal::Cv(1.0)), "M/M/c"),
            (Process::Renewal(Renewal::Gap(exponential(7.0))), "M/M/c"),
            (Process::Renewal(Renewal::Gap(Distribution::lognormal(7.0, 2.0))), "GI/M/c"),
            (Process::Batches { size: 1, of: Box::new(Process::Regular) }, "GI/M/c"),
        ] {
            let mut spaced = model(8.0, exponential(1.0), 10);
            spaced.producers = vec![producer(Rate::Constant(8.0), process.clone())];
            assert_eq!(law(&spaced), expected, "{process:?}");
        }
    }

    #[test]
    fn equal_worlds_written_differently_get_the_same_answer() {
        let plain = only(&model(8.0, exponential(1.0), 10));
        let mut several = model(8.0, exponential(1.0), 10);
        let halves = Rate::Sum(vec![
            Rate::Scale { by: 2.0, rate: Box::new(Rate::Constant(1.5)) },
            Rate::Steps(vec![(0.0, 2.0), (10.0, 2.0)]),
        ]);
        several.producers = vec![
            producer(halves, Process::Poisson),
            producer(Rate::Constant(3.0), Process::Poisson),
            producer(Rate::Constant(0.0), Process::Regular),
        ];
        assert_eq!(only(&several), plain);
        let mut fast = model(8.0, exponential(2.0), 10);
        fast.groups[0].speed = Some(Rate::Constant(2.0));
        assert_eq!(only(&fast), plain);
        let mut metronome = model(8.0, exponential(1.0), 10);
        metronome.producers = vec![producer(Rate::Constant(8.0), Process::Regular)];
        assert!(close(only(&metronome).wait_mean_s, 0.060_549_411_379_095_72));
    }

    #[test]
    fn an_overhead_is_exact_for_one_slot_only() {
        let mut paused = model(0.8, Distribution::Constant(0.6), 1);
        paused.groups[0].overhead = Some(Distribution::Constant(0.4));
        let answer = only(&paused);
        assert!(close(answer.wait_mean_s, 2.0) && close(answer.latency_mean_s, 2.6));
        assert!(close(answer.utilization, 0.48) && close(answer.wait_probability, 0.8));
        assert!(close(answer.wait_p99_s, 10.355_886_791_994_953));
        paused.groups[0].overhead = Some(exponential(0.4));
        assert_eq!(law(&paused), "M/G/1");
        paused.groups[0].replicas = Replicas::Fixed(2);
        assert!(law(&paused).contains("overhead"));
        paused.queues[0].capacity = Some(0);
        assert!(close(only(&paused).loss, erlang_b(2, 0.8)));
    }

    #[test]
    fn dropping_from_the_head_keeps_the_loss_but_not_the_waits() {
        let mut bounded = model(9.0, exponential(1.0), 10);
        bounded.queues[0].capacity = Some(10);
        let rejecting = only(&bounded);
        bounded.queues[0].overflow = Overflow::DropHead;
        let dropping = only(&bounded);
        assert!(close(dropping.loss, 0.029_510_061_564_106_894));
        assert_eq!((dropping.loss, dropping.ready_mean), (rejecting.loss, rejecting.ready_mean));
        assert!(dropping.wait_mean_s.is_none() && dropping.why_not.is_some_and(|why| why.contains("head")));
        assert!(rejecting.wait_p999_s.is_some() && rejecting.latency_p99_s.is_some());
    }

    #[test]
    fn what_has_no_law_says_why() {
        let base = || model(8.0, exponential(1.0), 10);
        let mut cases: Vec<(Model, &str)> = Vec::new();
        let mut case = |change: &dyn Fn(&mut Model), reason: &'static str| {
            let mut changed = base();
            change(&mut changed);
            cases.push((changed, reason));
        };
        case(&|m| m.producers.clear(), "nothing is published");
        case(&|m| m.groups.clear(), "nobody consumes");
        case(&|m| m.groups.push(m.groups[0].clone()), "2 consumer groups compete");
        case(&|m| m.queues[0].initial = 5, "backlog");
        case(&|m| m.queues[0].delivery_delay = Some(exponential(1.0)), "delayed");
        case(&|m| m.groups[0].replicas = Replicas::Steps(vec![(0.0, 1), (5.0, 2)]), "replicas changes");
        case(&|m| m.groups[0].replicas = Replicas::Fixed(0), "no replicas");
        case(&|m| m.groups[0].replicas = Replicas::Fixed(8), "utilization 1.0000");
        case(&|m| m.groups[0].outages = vec![(1.0, 2.0)], "outages");
        case(&|m| m.groups[0].rate_limit = Some(RateLimit { rate_per_s: 1.0, burst: 1.0 }), "rate limit");
        case(&|m| m.groups[0].speeds = vec![1.0, 0.5], "speed");
        case(&|m| m.groups[0].overhead = Some(exponential(0.01)), "overhead");
        case(&|m| m.groups[0].service = Distribution::lognormal(1.0, 1.0), "M/G/c");
        case(&|m| m.groups[0].service = Distribution::Constant(0.0), "no time");
        case(&|m| m.producers.push(producer(Rate::Constant(1.0), Process::Regular)), "not all Poisson");
        case(
            &|m| m.producers = vec![producer(Rate::Pulse { height: 1.0, from_s: 0.0, until_s: 1.0 }, Process::Poisson)],
            "the rate of shop changes",
        );
        case(&|m| m.producers[0].arrivals = Arrivals::Recorded(Vec::new().into()), "recorded");
        let batches = Process::Batches { size: 2, of: Box::new(Process::Poisson) };
        case(&|m| m.producers = vec![producer(Rate::Constant(1.0), batches.clone())], "batches");
        let mmpp = Process::Mmpp(vec![MmppState { factor: 1.0, mean_s: 1.0 }]);
        case(&|m| m.producers = vec![producer(Rate::Constant(1.0), mmpp.clone())], "mmpp");
        for (changed, reason) in cases {
            let answer = only(&changed);
            let why_not = answer.why_not.clone().unwrap_or_default();
            assert!(why_not.contains(reason), "{reason}: {why_not}");
            let silent =
                FormulaQueue { name: answer.name.clone(), why_not: answer.why_not.clone(), ..Default::default() };
            assert_eq!(answer, silent, "{reason}");
        }
    }

    #[test]
    fn absurd_sizes_are_answered_or_refused_at_once() {
        for (rate_per_s, service_s) in [(1e18, 1.0), (1e-300, 1e-9), (9.9e17, 1.0), (3.9e9, 1.0), (1e300, 1e300)] {
            let mut huge = model(rate_per_s, exponential(service_s), u32::MAX);
            for capacity in [None, Some(0), Some(u64::MAX)] {
                huge.queues[0].capacity = capacity;
                for concurrency in [1, u32::MAX] {
                    huge.groups[0].concurrency = concurrency;
                    huge.groups[0].prefetch = concurrency;
                    let answer = only(&huge);
                    assert!(answer.model.is_some() || answer.why_not.is_some());
                    for value in [answer.wait_mean_s, answer.loss, answer.wait_p99_s, answer.latency_p99_s] {
                        assert!(value.is_none_or(|value| value.is_finite() && value >= 0.0), "{answer:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_infinite_variance_keeps_its_quantiles() {
        let answer = only(&model(0.5, Distribution::Pareto { mean_s: 1.0, shape: 1.9 }, 1));
        assert_eq!(answer.wait_mean_s, None);
        assert!(answer.wait_p90_s.is_some() && answer.why_not.is_some_and(|why| why.contains("infinite")));
    }
}
