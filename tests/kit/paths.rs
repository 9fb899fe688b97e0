//! Rates and times, changed as a whole: what metamorphic tests do to a model.

use forebay::model::rate::{Trace, TracePiece};
use forebay::model::{
    Arrivals, ConsumerGroup, Distribution, MmppState, Model, Process, Rate, RecordedMessage, Replicas,
};

/// A recorded rate of pieces `(from, until, rate at the begin, rate at the end)`.
pub fn trace(pieces: &[(f64, f64, f64, f64)]) -> Rate {
    let piece = |&(from_s, until_s, rate_from, rate_until): &(f64, f64, f64, f64)| TracePiece {
        from_s,
        until_s,
        rate_from,
        rate_until,
    };
    Rate::Trace(std::sync::Arc::new(Trace::new(pieces.iter().map(piece).collect())))
}

/// The same model `k` times as fast: rates times `k`, times divided by `k`. Exact in `f64` for powers of two, but for
/// lognormal laws (their mean is a logarithm) and weekly rates (a day has 86400 s); there must be none.
pub fn faster(model: &Model, k: f64) -> Model {
    let mut fast = model.clone();
    fast.horizon_s /= k;
    fast.warmup_s /= k;
    fast.resolution_s /= k;
    for producer in &mut fast.producers {
        producer.arrivals = match &producer.arrivals {
            Arrivals::Process { rate, process } => {
                Arrivals::Process { rate: stretched(rate, 1.0 / k, k), process: faster_process(process, k) }
            }
            Arrivals::Recorded(rows) => {
                let row = |row: &RecordedMessage| RecordedMessage {
                    published_s: row.published_s / k,
                    service_s: row.service_s.map(|service_s| service_s / k),
                };
                Arrivals::Recorded(rows.iter().map(row).collect())
            }
        };
    }
    for queue in &mut fast.queues {
        queue.delivery_delay = queue.delivery_delay.as_ref().map(|delay| shorter(delay, k));
    }
    fast.groups.iter_mut().for_each(|group| make_faster(group, k));
    fast.slos.clear();
    fast
}

fn make_faster(group: &mut ConsumerGroup, k: f64) {
    group.service = shorter(&group.service, k);
    group.overhead = group.overhead.as_ref().map(|overhead| shorter(overhead, k));
    group.startup = group.startup.as_ref().map(|startup| shorter(startup, k));
    group.speed = group.speed.as_ref().map(|speed| stretched(speed, 1.0 / k, 1.0));
    if let Some(limit) = &mut group.rate_limit {
        limit.rate_per_s *= k;
    }
    if let Replicas::Steps(steps) = &mut group.replicas {
        for (from_s, _) in steps {
            *from_s /= k;
        }
    }
    for (from_s, until_s) in &mut group.outages {
        *from_s /= k;
        *until_s /= k;
    }
}

/// Gaps of renewal processes are shapes: they have no unit.
fn faster_process(process: &Process, k: f64) -> Process {
    match process {
        Process::Mmpp(states) => {
            let state = |state: &MmppState| MmppState { factor: state.factor, mean_s: state.mean_s / k };
            Process::Mmpp(states.iter().map(state).collect())
        }
        Process::Batches { size, of } => Process::Batches { size: *size, of: Box::new(faster_process(of, k)) },
        other => other.clone(),
    }
}

/// A law of durations, divided by `k`.
pub fn shorter(law: &Distribution, k: f64) -> Distribution {
    use Distribution as D;
    match law {
        D::Constant(value_s) => D::Constant(value_s / k),
        D::Exponential { mean_s } => D::Exponential { mean_s: mean_s / k },
        D::Erlang { mean_s, stages } => D::Erlang { mean_s: mean_s / k, stages: *stages },
        D::Gamma { mean_s, cv } => D::Gamma { mean_s: mean_s / k, cv: *cv },
        D::Lognormal { mu, sigma } => D::Lognormal { mu: mu - k.ln(), sigma: *sigma },
        D::Weibull { mean_s, shape } => D::Weibull { mean_s: mean_s / k, shape: *shape },
        D::Pareto { mean_s, shape } => D::Pareto { mean_s: mean_s / k, shape: *shape },
        D::Hyperexponential(branches) => {
            D::Hyperexponential(branches.iter().map(|(share, mean_s)| (*share, mean_s / k)).collect())
        }
        D::Uniform { low_s, high_s } => D::Uniform { low_s: low_s / k, high_s: high_s / k },
        D::Empirical(values_s) => D::Empirical(values_s.iter().map(|value_s| value_s / k).collect()),
    }
}

/// A rate function with its time axis multiplied by `time` and its values by `height`.
pub fn stretched(rate: &Rate, time: f64, height: f64) -> Rate {
    let knots = |knots: &[(f64, f64)]| knots.iter().map(|(at_s, value)| (at_s * time, value * height)).collect();
    let inner = |rate: &Rate| Box::new(stretched(rate, time, height));
    match rate {
        Rate::Constant(value) => Rate::Constant(value * height),
        Rate::Steps(steps) => Rate::Steps(knots(steps)),
        Rate::Points(points) => Rate::Points(knots(points)),
        Rate::Sine { mean, amplitude, period_s, phase_s } => Rate::Sine {
            mean: mean * height,
            amplitude: amplitude * height,
            period_s: period_s * time,
            phase_s: phase_s * time,
        },
        Rate::Pulse { height: value, from_s, until_s } => {
            Rate::Pulse { height: value * height, from_s: from_s * time, until_s: until_s * time }
        }
        Rate::Burst { height: value, at_s, decay_s } => {
            Rate::Burst { height: value * height, at_s: at_s * time, decay_s: decay_s * time }
        }
        Rate::Trace(recorded) => {
            let piece = |piece: &TracePiece| {
                let (from_s, until_s) = (piece.from_s * time, piece.until_s * time);
                (from_s, until_s, piece.rate_from * height, piece.rate_until * height)
            };
            trace(&recorded.pieces().iter().map(piece).collect::<Vec<_>>())
        }
        Rate::Sum(parts) => Rate::Sum(parts.iter().map(|part| *inner(part)).collect()),
        Rate::Scale { by, rate } => Rate::Scale { by: *by, rate: inner(rate) },
        Rate::Repeat { every_s, rate } => Rate::Repeat { every_s: every_s * time, rate: inner(rate) },
        Rate::Shift { by_s, rate } => Rate::Shift { by_s: by_s * time, rate: inner(rate) },
        Rate::Growth { factor, every_s, rate } => {
            Rate::Growth { factor: *factor, every_s: every_s * time, rate: inner(rate) }
        }
        Rate::Clamp { min, max, rate } => {
            let bound = |bound: &Option<f64>| bound.map(|bound| bound * height);
            Rate::Clamp { min: bound(min), max: bound(max), rate: inner(rate) }
        }
        Rate::Weekly { .. } => panic!("a day cannot be stretched"),
    }
}

/// Whether a weekly rate is in it.
pub fn has_week(rate: &Rate) -> bool {
    match rate {
        Rate::Weekly { .. } => true,
        Rate::Sum(parts) => parts.iter().any(has_week),
        Rate::Scale { rate, .. }
        | Rate::Repeat { rate, .. }
        | Rate::Shift { rate, .. }
        | Rate::Growth { rate, .. }
        | Rate::Clamp { rate, .. } => has_week(rate),
        _ => false,
    }
}
