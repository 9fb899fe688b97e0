//! What if all consumers are away for a while, just when most is published?
//!
//! The same scenario, the same random numbers, one outage of every consumer group more.

use crate::measure::{EngineChoice, Outcome};
use crate::model::{Arrivals, Model, Producer, Rate, Replications};
use crate::study::repeat::Progress;
use crate::study::run::{RunOptions, run};
use crate::units::Seconds;

/// How long consumers are away, where the run is long enough for it.
const LENGTH_S: Seconds = 300.0;
/// The largest share of a run that an outage takes.
const LARGEST_SHARE: f64 = 0.05;
/// Replications of the trial: it asks for a size, not for a probability.
const MOST_REPLICATIONS: u32 = 20;

/// Rows hide a peak that is this many times their largest average.
const HIDDEN: f64 = 1.05;

/// The trial by an outage.
#[derive(Clone, Debug)]
pub struct Outage {
    /// When all consumers leave, seconds after the start.
    pub from_s: Seconds,
    /// When they are back.
    pub until_s: Seconds,
    /// What became of it.
    pub outcome: Outcome,
}

/// Runs the model of `outcome` with an outage at its peak.
pub(super) fn trial(
    outcome: &Outcome,
    options: &RunOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Outage, String> {
    let model = &outcome.model;
    if model.groups.is_empty() {
        return Err("there is no consumer that could be away".to_owned());
    }
    let from_s = peak_s(outcome).ok_or("nothing is published, so there is no peak")?;
    let length_s = LENGTH_S.min(LARGEST_SHARE * model.horizon_s);
    let from_s = from_s.min(model.horizon_s - length_s);
    let until_s = from_s + length_s;
    let hit = with_outage(model, from_s, until_s);
    let options = RunOptions { engine: EngineChoice::All, ..*options };
    let outcome = run(&hit, &options, progress).map_err(|error| error.to_string())?;
    Ok(Outage { from_s, until_s, outcome })
}

/// The begin of the interval in which most is published; a quarter of the way where it is the same throughout.
fn peak_s(outcome: &Outcome) -> Option<Seconds> {
    let model = &outcome.model;
    let fluid = outcome.fluid.iter().flatten().map(|queue| &queue.publish_rate);
    let mut rates: Vec<&Vec<f64>> = fluid.filter(|rates| !rates.is_empty()).collect();
    if rates.is_empty() {
        rates = outcome.events.iter().flat_map(|events| &events.series).map(|series| &series.publish_rate).collect();
    }
    let ends_s = model.interval_ends_s();
    let total = |row: usize| -> f64 { rates.iter().filter_map(|rates| rates.get(row)).sum() };
    let measured = |row: &usize| row.checked_sub(1).map_or(0.0, |before| ends_s[before]) >= model.warmup_s;
    let rows: Vec<(usize, f64)> = (0..ends_s.len()).filter(measured).map(|row| (row, total(row))).collect();
    let most = rows.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let least = rows.iter().map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min);
    if most <= 0.0 {
        return None;
    }
    if let Some(at_s) = between_rows_s(model, most) {
        return Some(at_s);
    }
    if most - least <= 1e-9 * most {
        return Some(model.warmup_s + 0.25 * (model.horizon_s - model.warmup_s));
    }
    let row = rows.iter().find(|(_, rate)| *rate >= most * (1.0 - 1e-9))?.0;
    Some(row.checked_sub(1).map_or(0.0, |before| ends_s[before]))
}

/// When most is published, where that lasts less than a row: where a rate is above `HIDDEN` of all rows' averages.
fn between_rows_s(model: &Model, most_of_rows: f64) -> Option<Seconds> {
    let rate = |producer: &Producer| match &producer.arrivals {
        Arrivals::Process { rate, .. } => Some(rate.clone()),
        Arrivals::Recorded(_) => None,
    };
    let rates: Vec<Rate> = model.producers.iter().map(rate).collect::<Option<_>>()?;
    let mirrored = Rate::Scale { by: -1.0, rate: Box::new(Rate::Sum(rates)) };
    let (at_s, most) = mirrored.lowest(model.warmup_s, model.horizon_s);
    (-most > HIDDEN * most_of_rows).then_some(at_s)
}

/// The same model with every consumer group away in between; outages that overlap are one.
fn with_outage(model: &Model, from_s: Seconds, until_s: Seconds) -> Model {
    let mut hit = model.clone();
    let most = match model.replications {
        Replications::Fixed(replications) => replications,
        Replications::Until { at_most, .. } => at_most,
    };
    hit.replications = Replications::Fixed(most.min(MOST_REPLICATIONS));
    for group in &mut hit.groups {
        let mut outages = std::mem::take(&mut group.outages);
        outages.push((from_s, until_s));
        outages.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (from_s, until_s) in outages {
            match group.outages.last_mut() {
                Some(last) if from_s <= last.1 => last.1 = last.1.max(until_s),
                _ => group.outages.push((from_s, until_s)),
            }
        }
    }
    hit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsumerGroup, Distribution, Queue};

    #[test]
    fn overlapping_outages_become_one() {
        let mut group = ConsumerGroup::new("workers", 0, 1, Distribution::Constant(0.1));
        group.outages = vec![(10.0, 20.0), (50.0, 60.0)];
        let model = Model { queues: vec![Queue::new("q")], groups: vec![group], ..Model::new("m", 100.0) };
        assert_eq!(with_outage(&model, 15.0, 30.0).groups[0].outages, [(10.0, 30.0), (50.0, 60.0)]);
        assert_eq!(with_outage(&model, 30.0, 40.0).groups[0].outages.len(), 3);
    }
}
