//! Promises that cannot all be meant, or that no setting can keep, found before anything runs.
//!
//! Not here: promises that only turn out to be too much (`search`), and what helps then (`advice`).

use crate::model::{Ack, Arrivals, Distribution, Level, Model, Promise, Quantile, Slo};
use crate::study::verdict::{limit, words};
use crate::units::{show_count, show_duration};

/// What contradicts what, and what to do; `models` are those at the ends of what varies.
pub(super) fn contradiction(model: &Model, models: &[Model]) -> Option<(String, String)> {
    let slos = &model.slos;
    let pairs = (0..slos.len()).flat_map(|a| (0..a).map(move |b| (b, a)));
    pairs.into_iter().find_map(|(a, b)| between(model, &slos[a], &slos[b])).or_else(|| {
        let impossible = |k: usize| {
            let reasons: Option<Vec<(String, String)>> =
                models.iter().map(|model| beyond(model, model.slos.get(k)?)).collect();
            reasons?.into_iter().next()
        };
        (0..slos.len()).find_map(impossible)
    })
}

/// Two promises about the same thing that cannot both be meant.
fn between(model: &Model, a: &Slo, b: &Slo) -> Option<(String, String)> {
    if (a.queue, a.path, a.during) != (b.queue, b.path, b.during) {
        return None;
    }
    let (first, second) = (rank(a.promise), rank(b.promise));
    if first.0 != second.0 {
        return None;
    }
    let told = |slo: &Slo| format!("{} ({} below {})", slo.name, words(model, slo), shown(slo.promise));
    let (x, y) = (limit(a.promise), limit(b.promise));
    if first.1 == second.1 && x != y {
        let looser = if x > y { &a.name } else { &b.name };
        return Some((
            format!("{} and {} promise the same statistic with two limits", told(a), told(b)),
            format!("keep the one that is meant: leave {looser} out to plan for the stricter one"),
        ));
    }
    let (lower, higher) = if first.1 < second.1 { (a, b) } else { (b, a) };
    (first.1 != second.1 && limit(higher.promise) < limit(lower.promise)).then(|| {
        (
            format!("{} and {} contradict one another: the rarer case is promised sooner", told(higher), told(lower)),
            format!("swap the limits, or leave {} out: {} already demands more", lower.name, higher.name),
        )
    })
}

/// What a promise is about, and how far up its distribution; means stand apart.
fn rank(promise: Promise) -> (u8, f64) {
    let of = |quantile| match quantile {
        Quantile::Mean => None,
        Quantile::P(share) => Some(share),
        Quantile::Max => Some(1.0),
    };
    let place = |kind: u8, quantile| match of(quantile) {
        Some(share) => (kind, share),
        None => (kind + 1, 0.0),
    };
    match promise {
        Promise::Latency(quantile, _) => place(0, quantile),
        Promise::Wait(quantile, _) => place(2, quantile),
        Promise::Depth(Level::Mean, _) => (5, 0.0),
        Promise::Depth(Level::P(share), _) => (4, share),
        Promise::Depth(Level::Max, _) => (4, 1.0),
        Promise::LossShare(_) => (6, 0.0),
        Promise::DrainedBy(_) => (7, 0.0),
    }
}

fn shown(promise: Promise) -> String {
    match promise {
        Promise::Latency(_, limit) | Promise::Wait(_, limit) | Promise::DrainedBy(limit) => show_duration(limit),
        Promise::Depth(_, limit) => show_count(limit),
        Promise::LossShare(limit) => format!("{} %", show_count(100.0 * limit)),
    }
}

/// A limit below what nature allows, whatever is chosen.
fn beyond(model: &Model, slo: &Slo) -> Option<(String, String)> {
    let queues = slo.path.map_or_else(|| vec![slo.queue], |path| model.paths[path].queues.clone());
    let delay_s = |queue: usize| model.queues[queue].delivery_delay.as_ref().map_or(0.0, least);
    let work_s = |queue: usize| {
        let recorded = model.producers_of(queue).any(|producer| matches!(producer.arrivals, Arrivals::Recorded(_)));
        let groups = model.groups_of(queue).map(|group| {
            let fastest = group.speeds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let speed = if group.speeds.is_empty() { 1.0 } else { fastest };
            if recorded || group.speed.is_some() || group.ack != Ack::After {
                0.0
            } else {
                least(&group.service) / speed
            }
        });
        groups.reduce(f64::min).unwrap_or(0.0)
    };
    let (least_s, of_what) = match slo.promise {
        Promise::Latency(..) => (
            queues.iter().map(|queue| delay_s(*queue) + work_s(*queue)).sum::<f64>(),
            "delivery and service alone take",
        ),
        Promise::Wait(..) => (delay_s(slo.queue), "delivery alone takes"),
        Promise::Depth(Level::Max, limit) => {
            let initial = model.queues[slo.queue].initial as f64;
            return (initial >= limit && slo.during.is_none() && model.warmup_s == 0.0).then(|| {
                let what = format!(
                    "{} can never be kept: {} messages are there at the start, the limit is {}",
                    slo.name,
                    show_count(initial),
                    show_count(limit)
                );
                (what, "raise the limit, or narrow the promise with `during`".to_owned())
            });
        }
        Promise::Depth(..) | Promise::LossShare(_) | Promise::DrainedBy(_) => return None,
    };
    let limit_s = limit(slo.promise);
    (least_s >= limit_s).then(|| {
        let what = format!(
            "{} can never be kept: {} is promised below {}, and {of_what} {}",
            slo.name,
            words(model, slo),
            show_duration(limit_s),
            show_duration(least_s)
        );
        (what, "raise the limit, or change what takes that long".to_owned())
    })
}

/// The shortest time that a distribution can give, where it has one above 0.
fn least(distribution: &Distribution) -> f64 {
    match distribution {
        Distribution::Uniform { low_s, .. } => *low_s,
        other => other.constant_value().unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsumerGroup, Queue};

    fn slo(name: &str, promise: Promise) -> Slo {
        Slo { name: name.to_owned(), queue: 0, path: None, promise, during: None }
    }

    fn world(slos: Vec<Slo>) -> Model {
        let mut model = Model::new("m", 3600.0);
        model.queues.push(Queue::new("orders"));
        model.groups.push(ConsumerGroup::new("workers", 0, 2, Distribution::Constant(1.0)));
        model.slos = slos;
        model
    }

    fn found(slos: Vec<Slo>) -> Option<String> {
        let model = world(slos);
        contradiction(&model, std::slice::from_ref(&model)).map(|(what, help)| format!("{what}: {help}"))
    }

    #[test]
    fn promises_that_cannot_both_be_meant_are_named() {
        let p99 = |limit_s| Promise::Latency(Quantile::P(0.99), limit_s);
        let two = found(vec![slo("a", p99(2.0)), slo("b", p99(5.0))]).unwrap();
        assert!(two.contains("a (orders: p99 latency below 2s)") && two.contains("two limits"), "{two}");
        let turned = found(vec![slo("a", p99(2.0)), slo("b", Promise::Latency(Quantile::P(0.5), 5.0))]).unwrap();
        assert!(turned.contains("contradict one another") && turned.contains("leave b out"), "{turned}");
        assert!(found(vec![slo("a", p99(5.0)), slo("b", Promise::Latency(Quantile::P(0.5), 2.0))]).is_none());
        assert!(found(vec![slo("a", p99(2.0)), slo("b", Promise::Wait(Quantile::P(0.5), 5.0))]).is_none());
        assert!(found(vec![slo("a", p99(2.0)), slo("b", Promise::Latency(Quantile::Mean, 5.0))]).is_none());
        assert!(found(vec![slo("a", p99(2.0)), slo("b", p99(2.0))]).is_none());
    }

    #[test]
    fn what_nature_forbids_is_not_looked_for() {
        let short = found(vec![slo("a", Promise::Latency(Quantile::P(0.5), 0.9))]).unwrap();
        assert!(short.contains("service alone take 1s"), "{short}");
        assert!(found(vec![slo("a", Promise::Wait(Quantile::Max, 0.9))]).is_none());
        let mut model = world(vec![slo("a", Promise::Depth(Level::Max, 100.0))]);
        model.queues[0].initial = 100;
        assert!(contradiction(&model, &[model.clone()]).unwrap().0.contains("at the start"));
    }
}
