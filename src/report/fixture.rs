//! Outcomes made by hand for tests of the reports: no engine is involved, but the numbers fit together.
//!
//! The backlog is P − C added up interval by interval; "replications" scatter around it by a fixed pattern.

use crate::measure::summary::{
    Balance, DepthSummary, FluidQueue, FormulaQueue, GroupSummary, LatencySummary, QueueSummary, ReadySummary,
    ReplicasSummary, SloVerdict, TransientQueue, WaitSummary,
};
use crate::measure::{Disagreement, EngineChoice, Estimate, EventsOutcome, Outcome, QueueSeries};
use crate::model::{
    Arrivals, ConsumerGroup, Cost, Distribution, Level, Model, Process, Producer, Promise, Quantile, Queue, Rate,
    Replicas, Replications, Slo,
};

/// What a fixture is about.
pub(super) struct Setup {
    pub name: &'static str,
    pub queue: String,
    pub horizon_s: f64,
    pub rows: usize,
    pub publish: fn(f64) -> f64,
    /// Capacity of one replica, per second.
    pub per_replica: f64,
    pub replicas: Replicas,
    pub initial: u64,
    pub replications: u32,
    pub start: Option<&'static str>,
    /// Service of one message, seconds.
    pub service_s: f64,
    pub slos: Vec<(&'static str, Promise)>,
    /// Relative size of the scatter between replications.
    pub scatter: f64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            name: "flash-sale",
            queue: "orders".to_owned(),
            horizon_s: 7200.0,
            rows: 360,
            publish: |t| if (1800.0..3600.0).contains(&t) { 240.0 } else { 40.0 },
            per_replica: 50.0,
            replicas: Replicas::Fixed(4),
            initial: 0,
            replications: 20,
            start: None,
            service_s: 0.02,
            slos: vec![
                ("fresh", Promise::Latency(Quantile::P(0.99), 2.0)),
                ("small", Promise::Depth(Level::Max, 100_000.0)),
            ],
            scatter: 0.004,
        }
    }
}

/// The flash sale: 40/s, 240/s between 30 and 60 minutes, against 4 replicas of 50/s.
pub(super) fn flash_sale() -> Outcome {
    outcome(&Setup::default())
}

/// A number in [-1, 1] that depends on k and on what it is for.
fn noise(k: usize, salt: u64) -> f64 {
    let mixed = (k as u64 ^ (salt << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

pub(super) fn estimate(value: f64, half_width: f64) -> Estimate {
    Estimate { value: Some(value), low: Some(value - half_width), high: Some(value + half_width), why_not: None }
}

/// P, C and the backlog between them.
struct Flow {
    time_s: Vec<f64>,
    publish: Vec<f64>,
    capacity: Vec<f64>,
    backlog: Vec<f64>,
    delay_s: Vec<Option<f64>>,
    area: f64,
    drained_at_s: Option<f64>,
}

fn flow(setup: &Setup) -> Flow {
    let step = setup.horizon_s / setup.rows as f64;
    let time_s: Vec<f64> = (1..=setup.rows).map(|k| k as f64 * step).collect();
    let (mut level, mut area, mut drained) = (setup.initial as f64, 0.0, Some(0.0));
    let (mut publish, mut capacity, mut backlog, mut delay_s) = (vec![], vec![], vec![], vec![]);
    for end in &time_s {
        let middle = end - step / 2.0;
        let (p, c) = ((setup.publish)(middle), f64::from(setup.replicas.at(middle)) * setup.per_replica);
        let next = (level + (p - c) * step).max(0.0);
        area += 0.5 * (level + next) * step;
        if level > 0.0 && next == 0.0 {
            drained = Some(end - step + level / (c - p));
        }
        level = next;
        publish.push(p);
        capacity.push(c);
        backlog.push(level);
        delay_s.push((c > 0.0).then_some(level / c));
    }
    if level > 0.0 {
        drained = None;
    }
    Flow { time_s, publish, capacity, backlog, delay_s, area, drained_at_s: drained }
}

fn model(setup: &Setup) -> Model {
    let slo = |(name, promise): &(&str, Promise)| Slo {
        name: (*name).to_owned(),
        queue: 0,
        path: None,
        promise: *promise,
        during: None,
    };
    Model {
        title: Some("Order events during a sale".to_owned()),
        resolution_s: setup.horizon_s / setup.rows as f64,
        replications: Replications::Fixed(setup.replications),
        start: setup.start.map(|text| text.parse().expect("a timestamp")),
        producers: vec![Producer::new(
            "checkout".to_owned(),
            0,
            Arrivals::Process { rate: Rate::Constant(40.0), process: Process::Poisson },
        )],
        queues: vec![Queue { initial: setup.initial, ..Queue::new(setup.queue.clone()) }],
        groups: vec![ConsumerGroup {
            cost: Some(Cost { per_hour: 0.1, currency: "USD".to_owned() }),
            replicas: setup.replicas.clone(),
            ..ConsumerGroup::new("workers", 0, 1, Distribution::Constant(setup.service_s))
        }],
        slos: setup.slos.iter().map(slo).collect(),
        ..Model::new(setup.name.to_owned(), setup.horizon_s)
    }
}

fn series(setup: &Setup, flow: &Flow) -> QueueSeries {
    let single = setup.replications == 1;
    let mut series = QueueSeries { time_s: flow.time_s.clone(), ..QueueSeries::default() };
    let mut before = setup.initial as f64;
    for k in 0..setup.rows {
        let step = setup.horizon_s / setup.rows as f64;
        let (p, c, m) = (flow.publish[k], flow.capacity[k], flow.backlog[k]);
        let acked = ((before - m) / step + p).max(0.0);
        before = m;
        let scattered = |x: f64, salt: u64| (x * (1.0 + setup.scatter * noise(k, salt))).max(0.0);
        let busy = if c > 0.0 { (acked / c).min(1.0) } else { 0.0 };
        let depth = scattered(m + acked * setup.service_s, 1);
        let band = if single { 0.0 } else { 3.0 * setup.scatter * depth + busy * 2.0 };
        let wait = if c > 0.0 { scattered(m / c + 0.002 * busy.powi(4), 2) } else { 0.0 };
        series.publish_rate.push(scattered(p, 3));
        series.capacity_rate.push(c);
        series.ack_rate.push(scattered(acked, 4));
        series.depth_mean.push(depth);
        series.depth_se.push((!single).then_some(band / 10.0));
        series.depth_p05.push((depth - band).max(0.0));
        series.depth_p50.push(depth);
        series.depth_p95.push(depth + band);
        series.ready_mean.push(m);
        series.ready_se.push((!single).then_some(band / 10.0));
        series.oldest_age_s.push(wait);
        series.wait_mean_s.push((p > 0.0 && c > 0.0).then_some(wait));
        series.wait_p99_s.push((p > 0.0 && c > 0.0).then_some(wait * 1.04 + 0.01 * busy));
        series.replicas_mean.push(f64::from(setup.replicas.at(flow.time_s[k] - step / 2.0)));
        series.replicas_wanted.push(f64::from(setup.replicas.at(flow.time_s[k] - step / 2.0)));
        series.replicas_ready.push(f64::from(setup.replicas.at(flow.time_s[k] - step / 2.0)));
        series.utilization.push((c > 0.0).then_some(busy));
    }
    series
}

fn largest(values: &[f64], times: &[f64]) -> (f64, f64) {
    values
        .iter()
        .zip(times)
        .fold((0.0, 0.0), |best, (value, time)| if *value > best.0 { (*value, *time) } else { best })
}

fn queue_summary(setup: &Setup, flow: &Flow, series: &QueueSeries) -> QueueSummary {
    let step = setup.horizon_s / setup.rows as f64;
    let published: f64 = flow.publish.iter().sum::<f64>() * step + setup.initial as f64;
    let (max, max_at_s) = largest(&series.depth_mean, &series.time_s);
    let (max, max_at_s) = if setup.initial as f64 > max { (setup.initial as f64, 0.0) } else { (max, max_at_s) };
    let of = |value: f64| {
        if setup.replications == 1 {
            Estimate { value: Some(value), ..Estimate::default() }
        } else {
            estimate(value, value * 0.01)
        }
    };
    let waits: Vec<f64> = series.wait_mean_s.iter().flatten().copied().collect();
    let wait = waits.iter().sum::<f64>() / waits.len().max(1) as f64;
    let longest = waits.iter().copied().fold(0.0, f64::max);
    let mean = series.depth_mean.iter().sum::<f64>() / setup.rows as f64;
    let left = *flow.backlog.last().expect("a row");
    let drained_at_s = flow.drained_at_s.map_or_else(|| not_drained(left), of);
    QueueSummary {
        name: setup.queue.clone(),
        published: of(published),
        acked: of(published - left),
        redelivered: of(0.0),
        rejected: of(0.0),
        dropped: of(0.0),
        expired: of(0.0),
        dead_lettered: of(0.0),
        in_system_at_end: of(left),
        depth: DepthSummary {
            mean: of(mean),
            p50: of(mean * 0.2),
            p95: of(max * 0.9),
            p99: of(max * 0.98),
            max: of(max),
            max_at_s: of(max_at_s),
        },
        ready: ReadySummary { mean: of(mean), p95: of(max * 0.9), max: of(max) },
        wait_s: if waits.is_empty() {
            never_waited()
        } else {
            WaitSummary {
                mean: of(wait),
                p50: of(wait * 0.8),
                p90: of(longest * 0.9),
                p95: of(longest * 0.95),
                p99: of(longest * 0.99),
                p999: of(longest),
                max: of(longest),
                probability: of(0.61),
            }
        },
        latency_s: LatencySummary {
            mean: of(wait + setup.service_s),
            p50: of(wait * 0.8 + setup.service_s),
            p90: of(longest * 0.9 + setup.service_s),
            p95: of(longest * 0.95 + setup.service_s),
            p99: of(longest * 0.99 + setup.service_s),
            p999: of(longest + setup.service_s),
            max: of(longest + setup.service_s),
        },
        drained_at_s,
        drained_share: None,
        unsettled: None,
        deliveries: None,
        levels: Vec::new(),
        partitions: None,
    }
}

fn not_drained(left: f64) -> Estimate {
    Estimate { why_not: Some(format!("{left:.0} messages are ready at the horizon")), ..Estimate::default() }
}

fn never_waited() -> WaitSummary {
    let none = || Estimate { why_not: Some("no message was started".to_owned()), ..Estimate::default() };
    WaitSummary { mean: none(), p99: none(), max: none(), ..WaitSummary::default() }
}

fn group_summary(setup: &Setup, series: &QueueSeries) -> GroupSummary {
    let busy: Vec<f64> = series.utilization.iter().flatten().copied().collect();
    let mean = series.replicas_mean.iter().sum::<f64>() / setup.rows as f64;
    let hours = mean * setup.horizon_s / 3600.0;
    GroupSummary {
        name: "workers".to_owned(),
        utilization: estimate(busy.iter().sum::<f64>() / busy.len().max(1) as f64, 0.002),
        overhead_share: estimate(0.0, 0.0),
        replicas: ReplicasSummary { mean: estimate(mean, 0.0), max: estimate(f64::from(setup.replicas.most()), 0.0) },
        replica_hours: estimate(hours, 0.0),
        cost: estimate(hours * 0.1, 0.0),
        scale_events: estimate(0.0, 0.0),
        scaling: None,
        waste: None,
    }
}

fn verdicts(setup: &Setup, summary: &QueueSummary) -> Vec<SloVerdict> {
    let verdict = |(name, promise): &(&'static str, Promise)| {
        let (value, limit, what) = match promise {
            Promise::Latency(_, limit_s) => (summary.latency_s.p99.clone(), *limit_s, "p99 latency"),
            Promise::Wait(_, limit_s) => (summary.wait_s.p95.clone(), *limit_s, "p95 wait"),
            Promise::Depth(_, limit) => (summary.depth.max.clone(), *limit, "max depth"),
            Promise::LossShare(limit) => (estimate(0.0, 0.0), *limit, "share lost"),
            Promise::DrainedBy(limit_s) => (summary.drained_at_s.clone(), *limit_s, "drained by"),
        };
        let met = value.value.map(|value| value < limit);
        SloVerdict {
            name: (*name).to_owned(),
            promise: format!("{}: {what}", setup.queue),
            met,
            value,
            limit,
            probability_met: met.map(|met| if met { 1.0 } else { 0.0 }),
        }
    };
    setup.slos.iter().map(verdict).collect()
}

/// A whole outcome.
pub(super) fn outcome(setup: &Setup) -> Outcome {
    let flow = flow(setup);
    let series = series(setup, &flow);
    let summary = queue_summary(setup, &flow, &series);
    let (max_backlog, max_at_s) = largest(&flow.backlog, &flow.time_s);
    let initial = setup.initial as f64;
    let fluid = FluidQueue {
        name: setup.queue.clone(),
        max_backlog: Some(max_backlog.max(initial)),
        max_at_s: Some(if initial > max_backlog { 0.0 } else { max_at_s }),
        drained_at_s: flow.drained_at_s,
        max_delay_s: Some(flow.delay_s.iter().flatten().copied().fold(0.0, f64::max)),
        backlog_area: Some(flow.area),
        lost: Some(0.0),
        dead_lettered: None,
        why_not: None,
        backlog: flow.backlog.clone(),
        delay_s: flow.delay_s.clone(),
        publish_rate: flow.publish.clone(),
        capacity_rate: flow.capacity.clone(),
        course: None,
        groups: Vec::new(),
    };
    let formula = FormulaQueue {
        name: setup.queue.clone(),
        why_not: Some("the publish rate changes over time; formulas are for a steady state".to_owned()),
        ..FormulaQueue::default()
    };
    let transient = TransientQueue {
        name: setup.queue.clone(),
        why_not: Some("service is not exponential".to_owned()),
        ..TransientQueue::default()
    };
    let published = summary.published.value.unwrap_or_default() as u64 * u64::from(setup.replications);
    Outcome {
        model: model(setup),
        engine: EngineChoice::All,
        slos: verdicts(setup, &summary),
        events: Some(EventsOutcome {
            paths: Vec::new(),
            resources: Vec::new(),
            producers: Vec::new(),
            replications: setup.replications,
            events: 2 * published,
            groups: vec![group_summary(setup, &series)],
            queues: vec![summary],
            series: vec![series],
            balance: Balance { published, accounted: published, difference: 0 },
            slo_values: Vec::new(),
            decisions: Vec::new(),
        }),
        fluid: Some(vec![fluid]),
        formula: Some(vec![formula]),
        transient: Some(vec![transient]),
        disagreements: Vec::new(),
        notes: Vec::new(),
        wall_s: 0.8,
    }
}

/// A steady M/M/c where all engines answer and two of them disagree.
pub(super) fn steady() -> Outcome {
    let mut outcome = outcome(&Setup {
        name: "steady-mmc",
        queue: "jobs".to_owned(),
        publish: |_| 160.0,
        slos: vec![],
        scatter: 0.05,
        ..Setup::default()
    });
    outcome.formula = Some(vec![FormulaQueue {
        name: "jobs".to_owned(),
        model: Some("M/M/c".to_owned()),
        utilization: Some(0.8),
        ready_mean: Some(2.386),
        wait_mean_s: Some(0.014_91),
        wait_probability: Some(0.596_4),
        wait_p50_s: Some(0.004_41),
        wait_p90_s: Some(0.044_64),
        wait_p95_s: Some(0.062),
        wait_p99_s: Some(0.102_2),
        wait_p999_s: Some(0.159_8),
        latency_mean_s: Some(0.034_91),
        latency_p99_s: Some(0.13),
        loss: Some(0.0),
        why_not: None,
    }]);
    outcome.disagreements = vec![Disagreement {
        queue: "jobs".to_owned(),
        what: "mean wait: events 0.819 ms, formula (M/M/c) 14.9 ms".to_owned(),
        why: "the difference is 12 standard errors; the formula is for a steady state, the run starts empty".to_owned(),
    }];
    outcome.notes =
        vec!["the warm-up of 0 s is too short: the first tenth of the run differs from the rest".to_owned()];
    outcome
}
