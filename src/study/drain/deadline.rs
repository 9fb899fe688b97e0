//! How many replicas clear a queue by a deadline in the demanded share of runs.
//!
//! The equation says where to begin, runs decide: a number of replicas is enough when the lower end of the share's
//! interval reaches what is demanded. More replicas are taken to clear no later. Not here: when a disturbance ends.

use super::disturbance::by_fluid;
use super::runs::Runs;
use super::{Deadline, DrainOptions, Tried};
use crate::measure::{Cleared, KeptShare};
use crate::model::{GroupId, Model, Promise, QueueId, Replicas};
use crate::study::StudyError;
use crate::units::{Seconds, show_duration};

/// What the deadline of a queue is: the one asked for, or the earliest promise to be drained.
pub(super) fn asked(
    model: &Model,
    queue: QueueId,
    until_s: Seconds,
    options: &DrainOptions,
) -> Option<(Option<String>, Seconds)> {
    let promised = model.slos.iter().filter(|slo| slo.queue == queue).filter_map(|slo| match slo.promise {
        Promise::DrainedBy(by_s) => Some((Some(slo.name.clone()), by_s)),
        _ => None,
    });
    let earliest = promised.min_by(|a, b| a.1.total_cmp(&b.1));
    options.by_s.map(|by_s| (None, until_s + by_s)).or(earliest)
}

/// Runs that are clear by an instant.
pub(super) fn in_time(cleared: &[Cleared], at_s: Seconds) -> KeptShare {
    let kept = cleared.iter().filter(|one| one.at_s.is_some_and(|clear_s| clear_s <= at_s)).count();
    KeptShare::new(kept as u32, cleared.len() as u32)
}

/// What a deadline needs.
pub(super) struct Question<'a> {
    pub queue: QueueId,
    pub promise: Option<String>,
    pub at_s: Seconds,
    /// Runs of the scenario as it is.
    pub cleared: &'a [Cleared],
    /// Instants from which queues are watched, as in those runs.
    pub from_s: &'a [Option<Seconds>],
}

pub(super) fn answer(
    question: Question<'_>,
    options: &DrainOptions,
    runs: &mut Runs<'_>,
) -> Result<Deadline, StudyError> {
    let model = runs.model;
    let Question { queue, promise, at_s, cleared, from_s } = question;
    let share = in_time(cleared, at_s);
    let is_late = at_s > model.horizon_s;
    let deadline = Deadline {
        promise,
        at_s,
        in_time: (!is_late).then_some(share),
        met: if is_late { None } else { verdict(&share, options.kept_in) },
        fluid_replicas: None,
        replicas: None,
        tried: Vec::new(),
        group: None,
        why_not: None,
    };
    if is_late {
        let why_not = format!(
            "the deadline lies {} behind the horizon, where no run gets: write a longer `horizon`",
            show_duration(at_s - model.horizon_s)
        );
        return Ok(Deadline { why_not: Some(why_not), ..deadline });
    }
    let (group, now) = match varied(model, queue) {
        Ok(found) => found,
        Err(why_not) => return Ok(Deadline { why_not: Some(why_not), ..deadline }),
    };
    let fluid_replicas = fewest(options.most_replicas, now, |replicas| {
        let model = with(model, group, replicas);
        let fluid = by_fluid(&model, queue);
        let at = |end: f64| fluid.clear_s.map(|clear_s| end + clear_s);
        match fluid.disturbance {
            Some(disturbance) => at(disturbance.until_s).is_some_and(|clear_s| clear_s <= at_s),
            None => fluid.most.is_some(),
        }
    });
    let mut search =
        Ladder { queue, at_s, group, from_s, options, runs, tried: vec![Tried { replicas: now, in_time: share }] };
    let replicas = search.climb(fluid_replicas.unwrap_or(now).max(1))?;
    let mut tried = search.tried;
    tried.sort_by_key(|one| one.replicas);
    let why_not = replicas.is_none().then(|| match tried.last() {
        Some(last) if last.in_time.runs < enough(options.kept_in) => format!(
            "{} runs cannot show a share of {} %: ask for {} with `--runs`",
            last.in_time.runs,
            100.0 * options.kept_in,
            enough(options.kept_in)
        ),
        Some(last) => format!("up to {} replicas it is not shown", last.replicas),
        None => "nothing was tried".to_owned(),
    });
    Ok(Deadline { fluid_replicas, replicas, tried, group: Some(group), why_not, ..deadline })
}

/// Runs without a failure that show a share.
fn enough(kept_in: f64) -> u32 {
    (0.025_f64.ln() / kept_in.ln()).ceil() as u32
}

/// Reached, missed, or open.
fn verdict(share: &KeptShare, kept_in: f64) -> Option<bool> {
    if share.low >= kept_in {
        Some(true)
    } else if share.high < kept_in {
        Some(false)
    } else {
        None
    }
}

/// The group whose replicas may be varied, and how many it has.
fn varied(model: &Model, queue: QueueId) -> Result<(GroupId, u32), String> {
    let groups: Vec<GroupId> = (0..model.groups.len()).filter(|group| model.groups[*group].from == queue).collect();
    let [group] = groups.as_slice() else {
        return Err("several groups consume it: which of them should grow is not one number".to_owned());
    };
    let settings = &model.groups[*group];
    match (&settings.scaling, &settings.replicas) {
        (Some(scaling), _) => {
            let kind = scaling.strategy.name();
            Err(format!("{} is scaled by {kind}: compare strategies with `forebay compare`", settings.name))
        }
        (None, Replicas::Steps(_)) => Err(format!("{} has a timetable, not one number of replicas", settings.name)),
        (None, Replicas::Fixed(replicas)) => Ok((*group, *replicas)),
    }
}

fn with(model: &Model, group: GroupId, replicas: u32) -> Model {
    let mut model = model.clone();
    model.groups[group].replicas = Replicas::Fixed(replicas);
    model
}

/// The smallest number from 1 to `most` for which something holds that goes on to hold, by doubling and halving.
fn fewest(most: u32, start: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (0, start.clamp(1, most));
    while !holds(high) {
        if high == most {
            return None;
        }
        low = high;
        high = high.saturating_mul(2).min(most);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if holds(middle) { &mut high } else { &mut low }) = middle;
    }
    Some(high)
}

/// Numbers of replicas, tried by runs.
struct Ladder<'a, 'r> {
    queue: QueueId,
    at_s: Seconds,
    group: GroupId,
    from_s: &'a [Option<Seconds>],
    options: &'a DrainOptions,
    runs: &'a mut Runs<'r>,
    tried: Vec<Tried>,
}

impl Ladder<'_, '_> {
    /// The fewest replicas that are shown to be enough, searched from `start`.
    fn climb(&mut self, start: u32) -> Result<Option<u32>, StudyError> {
        let most = self.options.most_replicas;
        let (mut low, mut high, mut step) = (0, start.min(most), 1);
        while !self.is_enough(high)? {
            if high == most || self.runs.is_spent() {
                return Ok(None);
            }
            low = high;
            high = high.saturating_add(step).min(most);
            step *= 2;
        }
        step = 1;
        while low + 1 < high && !self.runs.is_spent() {
            // Close below the equation's number first: that is where the answer mostly is.
            let next = high.saturating_sub(step).max(low + 1).max(low + (high - low) / 2);
            step *= 2;
            if self.is_enough(next)? {
                high = next;
            } else {
                low = next;
                step = 1;
            }
        }
        Ok(Some(high))
    }

    fn is_enough(&mut self, replicas: u32) -> Result<bool, StudyError> {
        let known = self.tried.iter().find(|tried| tried.replicas == replicas).map(|tried| tried.in_time);
        let share = match known {
            Some(share) => share,
            None => self.try_out(replicas)?,
        };
        Ok(verdict(&share, self.options.kept_in) == Some(true))
    }

    /// A first look, and all the runs only if that leaves it open.
    fn try_out(&mut self, replicas: u32) -> Result<KeptShare, StudyError> {
        let model = with(self.runs.model, self.group, replicas);
        let all = self.runs.count;
        let first = (enough(self.options.kept_in) + 20).min(all);
        let mut cleared: Vec<Cleared> = Vec::new();
        let mut share = KeptShare { kept: 0, runs: 0, low: 0.0, high: 1.0 };
        for goal in [first, all] {
            let found = self.runs.make(&model, cleared.len() as u32..goal, self.from_s)?;
            cleared.extend(found.iter().filter_map(|run| run[self.queue]));
            share = in_time(&cleared, self.at_s);
            if verdict(&share, self.options.kept_in).is_some() {
                break;
            }
        }
        self.tried.push(Tried { replicas, in_time: share });
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_is_found_from_either_side() {
        for start in [1, 7, 40, 500] {
            assert_eq!(fewest(1000, start, |n| n >= 37), Some(37), "from {start}");
        }
        assert_eq!(fewest(1000, 3, |_| false), None);
        assert_eq!((enough(0.95), enough(0.9)), (72, 36));
    }
}
