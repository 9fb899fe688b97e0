//! A stationary system as a scenario text, run as long as its numbers need to be known well enough.

use std::fmt::Write as _;
use std::ops::Range;

use forebay::model::Model;
use serde_json::Value;

use super::judge::{Miss, judge, vagueness};
use super::watch::{Asked, Sample};

/// Replications of every study at least: enough for a standard error that is itself known to 13 %.
const FEWEST: u32 = 32;
/// Replications that are added as long as it is not known well enough.
const MORE: u32 = 4;
/// Messages of each replication of the pilot, per queue.
const PILOT: f64 = 20_000.0;
/// Messages that a study may cost in all.
const MOST: f64 = 400e6;

/// A stationary system. The unit of time is the second.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Messages per second and queue.
    pub rate: f64,
    /// The value of `arrivals`.
    pub arrivals: String,
    /// The value of `service`.
    pub service: String,
    /// Replicas with one slot each.
    pub replicas: u32,
    /// The value of `capacity`.
    pub capacity: Option<u32>,
    /// Independent queues of this kind.
    pub copies: u32,
    /// Rows of `values.csv`, which an empirical distribution reads.
    pub values: Vec<f64>,
}

impl Default for Setting {
    fn default() -> Self {
        Setting {
            rate: 1.0,
            arrivals: "poisson".into(),
            service: "1s".into(),
            replicas: 1,
            capacity: None,
            copies: 1,
            values: Vec::new(),
        }
    }
}

/// What is asked of a system.
#[derive(Clone, Debug)]
pub struct Question {
    /// Name of the case.
    pub name: String,
    /// What is asked.
    pub statistic: Statistic,
    /// The right answer.
    pub value: f64,
    /// How well it must be known: largest relative half-width.
    pub limit: f64,
}

/// Numbers of one replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    MeanWait,
    /// Reported quantiles only.
    WaitQuantile(f64),
    WaitProbability,
    WaitAbove(f64),
    WaitWithin(f64),
    MeanLatency,
    LatencyAbove(f64),
    MeanDepth,
    AllBusy,
    LossShare,
    AckRate,
}

impl Statistic {
    /// Whether it is a probability or a share.
    pub fn is_share(self) -> bool {
        use Statistic::{AllBusy, LatencyAbove, LossShare, WaitAbove, WaitProbability, WaitWithin};
        matches!(self, AllBusy | LatencyAbove(_) | LossShare | WaitAbove(_) | WaitProbability | WaitWithin(_))
    }

    /// Its value in one replication; over several queues their mean.
    fn of(self, sample: &Sample, measured_s: f64) -> f64 {
        let queues = sample.queues.iter();
        let mean = |statistic: &dyn Fn(&forebay::measure::summary::QueueSummary) -> f64| {
            queues.clone().map(statistic).sum::<f64>() / sample.queues.len() as f64
        };
        let known = |estimate: &forebay::measure::Estimate| estimate.value.expect("messages were measured");
        match self {
            Statistic::MeanWait => mean(&|queue| known(&queue.wait_s.mean)),
            Statistic::WaitQuantile(share) => mean(&|queue| {
                known(match share {
                    0.5 => &queue.wait_s.p50,
                    0.9 => &queue.wait_s.p90,
                    0.95 => &queue.wait_s.p95,
                    0.99 => &queue.wait_s.p99,
                    0.999 => &queue.wait_s.p999,
                    _ => panic!("the quantile {share} is not reported"),
                })
            }),
            Statistic::WaitProbability => mean(&|queue| known(&queue.wait_s.probability)),
            Statistic::WaitAbove(limit_s) => sample.waits_above(limit_s),
            Statistic::WaitWithin(limit_s) => 1.0 - sample.waits_above(limit_s),
            Statistic::MeanLatency => mean(&|queue| known(&queue.latency_s.mean)),
            Statistic::LatencyAbove(limit_s) => sample.latencies_above(limit_s),
            Statistic::MeanDepth => mean(&|queue| known(&queue.depth.mean)),
            Statistic::AllBusy => sample.busy_share,
            Statistic::LossShare => mean(&|queue| known(&queue.rejected) / known(&queue.published)),
            Statistic::AckRate => mean(&|queue| known(&queue.acked) / measured_s),
        }
    }
}

impl Setting {
    /// The scenario.
    pub fn yaml(&self, horizon_s: f64, warmup_s: f64, seed: u64) -> String {
        let mut text = format!(
            "name: oracle\nhorizon: {horizon_s}s\nwarmup: {warmup_s}s\nresolution: {}s\nreplications: 1\nseed: {seed}\n",
            horizon_s / 10.0
        );
        let mut section = |name: &str, entry: &dyn Fn(u32) -> String| {
            let _ = writeln!(text, "{name}:");
            (0..self.copies).for_each(|copy| text.push_str(&entry(copy)));
        };
        let (rate, arrivals) = (self.rate, &self.arrivals);
        section("producers", &|copy| format!("  p{copy}: {{to: q{copy}, rate: {rate}/s, arrivals: {arrivals}}}\n"));
        let capacity = self.capacity.map(|capacity| format!("capacity: {capacity}")).unwrap_or_default();
        section("queues", &|copy| format!("  q{copy}: {{{capacity}}}\n"));
        let (replicas, service) = (self.replicas, &self.service);
        section("consumers", &|copy| {
            format!("  g{copy}: {{from: q{copy}, replicas: {replicas}, service: {service}}}\n")
        });
        text
    }

    /// The model that the scenario means; the first tenth of the horizon is warm-up.
    pub fn model(&self, horizon_s: f64, seed: u64) -> Model {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<String> = self.values.iter().map(f64::to_string).collect();
        std::fs::write(folder.path().join("values.csv"), format!("value\n{}\n", rows.join("\n"))).unwrap();
        super::model(self.yaml(horizon_s, 0.1 * horizon_s, seed), folder.path())
    }

    /// Answers all questions by one study, long enough for the hardest of them: a pilot tells how long a replication must
    /// be for some thirty to be nearly enough, and more are run until they are.
    pub fn answer(&self, questions: &[Question]) -> Vec<Result<String, Miss>> {
        // Its own seed for every system: with a common one an unlucky stream of arrivals would be in all of them.
        let seed = name_hash(&questions[0].name);
        let pilot = self.study(PILOT, seed, questions, 0..FEWEST);
        let messages = PILOT * (0.7 * hardest(questions, &pilot).powi(2)).max(1.0);
        let mut samples = self.study(messages, seed + 1, questions, 0..FEWEST);
        let mut replications = FEWEST;
        while hardest(questions, &samples) > 1.0 && messages * f64::from(replications + MORE) <= MOST {
            let more = self.study(messages, seed + 1, questions, replications..replications + MORE);
            samples.iter_mut().zip(more).for_each(|(samples, more)| samples.extend(more));
            replications += MORE;
        }
        let cost = messages * f64::from(replications) / 1e6;
        let judged = questions.iter().zip(&samples).map(|(question, samples)| {
            let what = format!("{} ({cost:.1} M messages)", question.name);
            judge(&what, question.value, question.limit, samples)
        });
        judged.collect()
    }

    /// The statistic of each question in each of these replications, of so many messages.
    fn study(&self, messages: f64, seed: u64, questions: &[Question], replications: Range<u32>) -> Vec<Vec<f64>> {
        let model = self.model(messages / self.rate, seed);
        let mut asked = Asked { depth_from: self.replicas as usize, ..Asked::default() };
        for question in questions {
            match question.statistic {
                Statistic::WaitAbove(limit_s) | Statistic::WaitWithin(limit_s) => asked.waits_above_s.push(limit_s),
                Statistic::LatencyAbove(limit_s) => asked.latencies_above_s.push(limit_s),
                _ => {}
            }
        }
        let measured_s = model.horizon_s - model.warmup_s;
        let mut samples = vec![Vec::new(); questions.len()];
        for replication in replications {
            let sample = Sample::of(&model, replication, &asked);
            for (samples, question) in samples.iter_mut().zip(questions) {
                samples.push(question.statistic.of(&sample, measured_s));
            }
        }
        samples
    }
}

/// How much too wide the widest interval is.
fn hardest(questions: &[Question], samples: &[Vec<f64>]) -> f64 {
    let vagueness =
        questions.iter().zip(samples).map(|(question, samples)| vagueness(question.value, question.limit, samples));
    vagueness.fold(0.0, f64::max)
}

/// A distribution of the oracles in the scenario language, and the values that an empirical one reads.
pub fn law(law: &Value) -> (String, Vec<f64>) {
    let number = |key: &str| law[key].as_f64().unwrap_or_else(|| panic!("no {key} in {law}"));
    let kind = law["dist"].as_str().unwrap();
    let text = match kind {
        "deterministic" => format!("{}s", number("mean")),
        "exponential" => format!("{{exponential: {{mean: {}s}}}}", number("mean")),
        "erlang" => format!("{{erlang: {{mean: {}s, stages: {}}}}}", number("mean"), number("k")),
        "hyperexp2_balanced" => {
            format!("{{hyperexponential: {{mean: {}s, cv: {}}}}}", number("mean"), number("scv").sqrt())
        }
        "lognormal" => format!("{{lognormal: {{mean: {}s, cv: {}}}}}", number("mean"), number("scv").sqrt()),
        "uniform" => format!("{{uniform: {{low: {}s, high: {}s}}}}", number("low"), number("high")),
        "gamma" => {
            let (shape, scale) = (number("shape"), number("scale"));
            format!("{{gamma: {{mean: {}s, cv: {}}}}}", shape * scale, shape.sqrt().recip())
        }
        "pareto" => format!("{{pareto: {{mean: {}s, shape: {}}}}}", number("mean"), number("alpha")),
        "weibull" => format!("{{weibull: {{mean: {}s, shape: {}}}}}", number("mean"), number("shape")),
        "two_point" => return ("{empirical: {file: values.csv, column: value}}".to_owned(), equally_likely(law)),
        _ => panic!("the law {kind} has no words in the scenario language"),
    };
    (text, Vec::new())
}

/// The mean of a distribution of the oracles that gives its mean or its ends.
pub fn law_mean(law: &Value) -> f64 {
    let number = |key: &str| law[key].as_f64();
    number("mean")
        .or_else(|| Some(0.5 * (number("low")? + number("high")?)))
        .unwrap_or_else(|| panic!("no mean in {law}"))
}

/// A discrete law as values that are equally likely.
fn equally_likely(law: &Value) -> Vec<f64> {
    let list = |key: &str| law[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap());
    let shares: Vec<f64> = list("probs").collect();
    let is_whole = |rows: &u32| {
        shares
            .iter()
            .all(|share| (share * f64::from(*rows)).fract().min(1.0 - (share * f64::from(*rows)).fract()) < 1e-9)
    };
    let rows = (1..=10_000).find(is_whole).expect("shares with few digits");
    let copies = |share: f64| (share * f64::from(rows)).round() as usize;
    list("values").zip(&shares).flat_map(|(value, share)| vec![value; copies(*share)]).collect()
}

/// FNV-1a, cut to what a seed may be.
fn name_hash(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash >> 16
}
