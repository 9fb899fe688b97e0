//! The same world with another load, or with less to bear it.
//!
//! Seeds stay: replication r of a scaled model draws the same gaps in Λ and the same work (common random numbers).

use super::Lost;
use crate::model::{Arrivals, ConsumerGroup, Model, Rate, Replicas};

/// Every producer's rate times `factor`.
pub(super) fn scaled(model: &Model, factor: f64) -> Model {
    let mut model = model.clone();
    if factor == 1.0 {
        return model;
    }
    for producer in &mut model.producers {
        if let Arrivals::Process { rate, .. } = &mut producer.arrivals {
            let whole = std::mem::replace(rate, Rate::Constant(0.0));
            *rate = Rate::Scale { by: factor, rate: Box::new(whole) };
        }
    }
    model
}

/// What may be away: some replicas of each group in turn, and one zone of all of them at once.
pub(super) fn losses(model: &Model, away: u32, zones: Option<u32>) -> Vec<Lost> {
    let groups = 0..model.groups.len();
    let replicas = groups.filter(|_| away > 0).map(|group| Lost::Replicas { group, count: away });
    replicas.chain(zones.map(|of| Lost::Zone { of })).collect()
}

/// In words: `1 replica of workers away`.
pub(super) fn words(model: &Model, lost: Lost) -> String {
    match lost {
        Lost::Replicas { group, count: 1 } => format!("1 replica of {} away", model.groups[group].name),
        Lost::Replicas { group, count } => format!("{count} replicas of {} away", model.groups[group].name),
        Lost::Zone { of } => format!("1 of {of} zones away"),
    }
}

/// The world without what is away.
///
/// # Errors
/// Why that is no question for this world.
pub(super) fn without(model: &Model, lost: Lost) -> Result<Model, String> {
    let mut model = model.clone();
    match lost {
        Lost::Replicas { group, count } => reduce(&mut model.groups[group], |replicas| count.min(replicas))?,
        Lost::Zone { of } => {
            for group in &mut model.groups {
                // Spread evenly, the fullest zone holds ⌈n / zones⌉: the one whose loss is the worst.
                reduce(group, |replicas| replicas.div_ceil(of))?;
            }
        }
    }
    Ok(model)
}

fn reduce(group: &mut ConsumerGroup, gone: impl Fn(u32) -> u32) -> Result<(), String> {
    let name = &group.name;
    if let Some(scaling) = &group.scaling {
        let kind = scaling.strategy.name();
        return Err(format!("{name} is scaled by {kind}, which replaces what is away; model it as an outage"));
    }
    let most = group.replicas.most();
    if most <= gone(most) {
        return Err(format!("{name} has no more than {most}: without them nobody consumes"));
    }
    let left = |replicas: u32| replicas - gone(replicas);
    group.replicas = match &group.replicas {
        Replicas::Fixed(replicas) => Replicas::Fixed(left(*replicas)),
        Replicas::Steps(steps) => Replicas::Steps(steps.iter().map(|(at_s, n)| (*at_s, left(*n))).collect()),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Distribution, Process, Producer, Queue};

    fn model(replicas: Replicas) -> Model {
        let mut model = Model::new("m", 100.0);
        model.queues = vec![Queue::new("q")];
        let rate = Rate::Steps(vec![(0.0, 2.0), (10.0, 4.0)]);
        model.producers = vec![Producer::new("p", 0, Arrivals::Process { rate, process: Process::Poisson })];
        model.groups = vec![ConsumerGroup::new("g", 0, 1, Distribution::Constant(0.1))];
        model.groups[0].replicas = replicas;
        model
    }

    fn left(replicas: Replicas, lost: Lost) -> Result<Replicas, String> {
        without(&model(replicas), lost).map(|model| model.groups[0].replicas.clone())
    }

    #[test]
    fn the_scaled_rate_has_the_scaled_integral() {
        let (one, more) = (model(Replicas::Fixed(1)), scaled(&model(Replicas::Fixed(1)), 1.37));
        let total = |model: &Model| model.publish_rate(0).unwrap().integral(0.0, 100.0);
        assert!((total(&more) / total(&one) - 1.37).abs() < 1e-12);
        assert_eq!(scaled(&one, 1.0), one);
    }

    #[test]
    fn replicas_and_zones_go_away() {
        let one = Lost::Replicas { group: 0, count: 1 };
        assert_eq!(left(Replicas::Fixed(4), one), Ok(Replicas::Fixed(3)));
        let steps = Replicas::Steps(vec![(0.0, 3), (5.0, 0), (9.0, 6)]);
        assert_eq!(left(steps.clone(), one), Ok(Replicas::Steps(vec![(0.0, 2), (5.0, 0), (9.0, 5)])));
        assert!(left(Replicas::Fixed(1), one).unwrap_err().contains("nobody consumes"));
        let zone = Lost::Zone { of: 3 };
        assert_eq!(left(Replicas::Fixed(7), zone), Ok(Replicas::Fixed(4)), "the fullest zone holds three");
        assert_eq!(left(steps, zone), Ok(Replicas::Steps(vec![(0.0, 2), (5.0, 0), (9.0, 4)])));
    }
}
