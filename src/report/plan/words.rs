//! What a plan found, in sentences with numbers: the head of the table and titles of charts.

use super::super::compare::words::{cash, listed, value_and_limit};
use super::super::number::{self, count, plural, share};
use crate::measure::KeptShare;
use crate::model::Promise;
use crate::scenario::Axis;
use crate::study::Plan;
use crate::study::compare::Objective;
use crate::study::plan::{Candidate, PlanAnswer, Shortfall};

/// The currency of all prices, if there is one.
pub(in crate::report) fn currency(plan: &Plan) -> Option<&str> {
    plan.model.groups.iter().find_map(|group| group.cost.as_ref()).map(|cost| cost.currency.as_str())
}

/// Money with as many digits as tell neighbours apart: thousands in full.
pub(super) fn amount(value: f64, currency: &str) -> String {
    if (1e3..1e6).contains(&value) { format!("{value:.0} {currency}") } else { cash(value, currency) }
}

/// What a candidate costs.
pub(in crate::report) fn price(plan: &Plan, candidate: &Candidate) -> Option<String> {
    let value = candidate.figure(plan.objective.figure()).value?;
    Some(match plan.objective {
        Objective::Cost => amount(value, currency(plan).unwrap_or_default()),
        Objective::ReplicaHours => plural(value, "replica-hour"),
    })
}

/// What an axis is called: the last part of its path, with as many before it as tell it from the others.
pub(in crate::report) fn axis_name<'a>(axis: &'a Axis, axes: &[Axis]) -> &'a str {
    let others = || axes.iter().filter(|other| other.path != axis.path);
    let is_alone = |from: &usize| others().all(|other| !format!(".{}", other.path).ends_with(&axis.path[*from - 1..]));
    let begins = axis.path.rmatch_indices('.').map(|(at, _)| at + 1);
    begins.into_iter().find(is_alone).map_or(axis.path.as_str(), |from| &axis.path[from..])
}

/// The candidate by its values: `9 replicas`, or `replicas 9, value 50`.
pub(in crate::report) fn name(plan: &Plan, candidate: &Candidate) -> String {
    let values = plan.axes.iter().zip(&candidate.changes);
    match values.clone().collect::<Vec<_>>().as_slice() {
        [(axis, change)] if axis.short_name() == "replicas" => {
            let noun = if change.value == "1" { "replica" } else { "replicas" };
            format!("{} {noun}", change.value)
        }
        _ => values
            .map(|(axis, change)| format!("{} {}", axis_name(axis, &plan.axes), change.value))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn promises(plan: &Plan) -> String {
    match plan.model.slos.as_slice() {
        [slo] => slo.name.clone(),
        several => format!("all {} promises", several.len()),
    }
}

/// The only promise with its statistic and limit, `p99 latency below 2 s`; otherwise all of them by number.
fn promised(plan: &Plan, candidate: &Candidate) -> String {
    match (plan.model.slos.as_slice(), candidate.slos.as_slice()) {
        ([slo], [verdict]) => {
            let told = value_and_limit(&plan.model, verdict);
            let (statistic, limit) = told.rsplit_once(", limit ").unwrap_or((told.as_str(), ""));
            let statistic = statistic.rsplit_once(' ').map_or(statistic, |(statistic, _)| statistic);
            // `p99 latency 1.2 s`: the value has its unit after a space.
            let words: Vec<&str> =
                statistic.split(' ').filter(|word| !word.starts_with(|d: char| d.is_ascii_digit())).collect();
            match slo.promise {
                Promise::DrainedBy(_) => format!("{} drained by {limit}", slo.name),
                _ => format!("{} below {limit}", words.join(" ")),
            }
        }
        _ => promises(plan),
    }
}

/// Whether larger values on the ordered axis mean more of something that is counted, and whether nothing less may do.
fn superlative(plan: &Plan) -> &'static str {
    let is_open = matches!(&plan.answer, PlanAnswer::Chosen { open, .. } if !open.is_empty());
    match (plan.ordered, is_open) {
        (Some(_), false) if plan.axes.len() == 1 => "the fewest that keep",
        (Some(_), true) if plan.axes.len() == 1 => "the fewest that are proven to keep",
        (_, false) => "the cheapest that keeps",
        (_, true) => "the cheapest that is proven to keep",
    }
}

/// Cheaper ones that may do as well: `; 125 replicas: undecided (95.5 % of 5000 runs, 94.8 to 96 %)`.
fn undecided(plan: &Plan) -> String {
    let PlanAnswer::Chosen { open, .. } = &plan.answer else { return String::new() };
    // On the ordered axis the last is the next one.
    let Some(last) = open.iter().max() else { return String::new() };
    let candidate = &plan.candidates[*last];
    let kept = candidate.kept.map_or_else(
        || "no run could be judged".to_owned(),
        |kept| format!("{}, {} to {}", in_runs(kept), share(kept.low).trim_end_matches(" %"), share(kept.high)),
    );
    let others = if open.len() > 1 { format!(", and {} more", open.len() - 1) } else { String::new() };
    format!("; undecided: {} ({kept}){others}", name(plan, candidate))
}

fn is_are(plan: &Plan, candidate: &Candidate) -> &'static str {
    let one = candidate.changes.first().is_some_and(|change| change.value == "1");
    if plan.axes.len() == 1 && plan.axes[0].short_name() == "replicas" && !one { "are" } else { "is" }
}

/// The answer in one sentence.
pub(super) fn answer(plan: &Plan) -> String {
    let name_of = |k: usize| name(plan, &plan.candidates[k]);
    let cost = |k: usize| price(plan, &plan.candidates[k]).map_or_else(String::new, |price| format!(", {price}"));
    let scenario = &plan.model.name;
    let demanded = share(plan.confidence);
    match &plan.answer {
        PlanAnswer::Chosen { candidate, .. } => format!(
            "{scenario}: {} {} {} {} in {demanded} of runs{}{}.",
            name_of(*candidate),
            is_are(plan, &plan.candidates[*candidate]),
            superlative(plan),
            promised(plan, &plan.candidates[*candidate]),
            cost(*candidate),
            undecided(plan)
        ),
        PlanAnswer::Bracket { candidate, neighbours, .. } => {
            let below = neighbours
                .below
                .filter(|below| plan.candidates[*below].kept.is_some_and(|kept| kept.share() < plan.confidence));
            let enough = below.map_or_else(String::new, |below| format!("{} do not, ", name_of(below)));
            format!(
                "{scenario}: {enough}{} probably {} {} in {demanded} of runs{}: NOT PROVEN, {}.",
                name_of(*candidate),
                if is_are(plan, &plan.candidates[*candidate]) == "are" { "keep" } else { "keeps" },
                promised(plan, &plan.candidates[*candidate]),
                cost(*candidate),
                at_least(plan, &plan.candidates[*candidate])
            )
        }
        PlanAnswer::Infeasible { best, .. } => {
            let kept = plan.candidates[*best].kept.map_or_else(|| "no run".to_owned(), in_runs);
            let all = plural(plan.grid as f64, "candidate");
            format!(
                "{scenario}: INFEASIBLE - none of {all} keeps {} in {demanded} of runs; the best, {}, keeps it in \
                 {kept}.",
                promised(plan, &plan.candidates[*best]),
                name_of(*best)
            )
        }
    }
}

/// `at least 86.1 % of runs`.
fn at_least(plan: &Plan, candidate: &Candidate) -> String {
    format!(
        "at least {} of runs do, with a probability of {}",
        share(floor(candidate.at_least)),
        share(plan.options.certainty)
    )
}

/// Three digits of a share, downwards: a bound must not be rounded up.
fn floor(bound: f64) -> f64 {
    (1000.0 * bound).floor() / 1000.0
}

/// `99.2 % of 245 runs`.
fn in_runs(kept: KeptShare) -> String {
    if kept.kept == kept.runs {
        format!("all {} runs", kept.runs)
    } else if kept.kept == 0 {
        format!("none of {} runs", kept.runs)
    } else {
        format!("{} of {} runs", share(kept.share()), kept.runs)
    }
}

/// One candidate in one sentence: in how many runs it keeps the promises, with the interval, and otherwise by how much
/// it misses them.
pub(super) fn sentence(plan: &Plan, candidate: &Candidate) -> String {
    let name = name(plan, candidate);
    let price = price(plan, candidate).map_or_else(String::new, |price| format!(" at {price}"));
    let Some(kept) = candidate.kept else { return format!("{name}: no run measured what was promised{price}.") };
    let interval = format!("{} to {}", share(kept.low).trim_end_matches(" %"), share(kept.high));
    let missed = if kept.share() < plan.confidence { missed(plan, candidate) } else { String::new() };
    format!("{name}: {} keep {} ({interval}){price}{missed}.", in_runs(kept), promises(plan))
}

/// The promise that is broken most often: `; p99 latency 4.2 s, limit 2 s`.
fn missed(plan: &Plan, candidate: &Candidate) -> String {
    let share = |k: &usize| candidate.slos[*k].probability_met.unwrap_or(1.0);
    let worst = (0..candidate.slos.len()).min_by(|a, b| share(a).total_cmp(&share(b)));
    worst.map_or_else(String::new, |k| {
        let verdict = &candidate.slos[k];
        let named = if plan.model.slos.len() > 1 { format!("{}: ", verdict.name) } else { String::new() };
        // A mean within the limit explains no failure.
        let is_within = verdict.value.value.is_some_and(|value| value <= verdict.limit);
        match verdict.probability_met {
            Some(met) if is_within => {
                let verb = match plan.model.slos[k].promise {
                    Promise::DrainedBy(_) => "did not drain in time",
                    _ => "broken",
                };
                let broken = match (candidate.kept, plan.model.slos.len()) {
                    (Some(kept), 1) => format!("{} of {} runs", kept.runs - kept.kept, kept.runs),
                    _ => format!("{} of runs", number::share(1.0 - met)),
                };
                format!("; {named}{verb} in {broken}")
            }
            _ => format!("; {named}{}", value_and_limit(&plan.model, verdict)),
        }
    })
}

/// How sure the answer is.
pub(super) fn certainty(plan: &Plan) -> String {
    let (certainty, demanded) = (share(plan.options.certainty), share(plan.confidence));
    match &plan.answer {
        PlanAnswer::Chosen { .. } => format!(
            "That at least {demanded} of runs do is right with a probability of {certainty} or more; intervals are \
             95 % intervals."
        ),
        PlanAnswer::Bracket { runs_needed: Some(needed), candidate, .. } => format!(
            "{} of it were run; {needed} without a failure would prove it: give `--at-most`, `--yes`, or a shorter \
             horizon.",
            plural(f64::from(plan.candidates[*candidate].replications), "run")
        ),
        PlanAnswer::Bracket { .. } => {
            "No sensible number of runs would prove it: ask for a lower confidence.".to_owned()
        }
        PlanAnswer::Infeasible { .. } => {
            format!("Each candidate that was looked at is refused with a probability of {certainty} of being right.")
        }
    }
}

/// What queueing theory says beside it.
pub(super) fn theory(plan: &Plan) -> Option<String> {
    let formula = plan.formula.as_ref()?;
    let axis = &plan.axes[plan.ordered?];
    let law = if formula.law == "M/M/c" { "Erlang C (M/M/c)" } else { formula.law.as_str() };
    let found = match formula.place {
        Some(place) => format!("{} {}", axis.values[place], axis.short_name()),
        None => format!("not even {} {}", axis.values.last().map_or("", String::as_str), axis.short_name()),
    };
    let why = formula.why_it_differs.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    let same = if formula.agrees { "the same" } else { "not the same" };
    Some(format!("By {law}, in the steady state: {found}, {same}{why}."))
}

/// One broken promise: value, limit and by how much.
pub(super) fn shortfall(plan: &Plan, best: usize, found: &Shortfall) -> String {
    let verdict = &plan.candidates[best].slos[found.slo];
    let excess = match found.excess {
        Some(excess) if excess >= 3.0 => format!(", {} times as much", count(excess)),
        Some(excess) if excess > 1.0 => format!(", {} too much", share(excess - 1.0)),
        Some(_) => ", on average within it".to_owned(),
        None => ", never reached".to_owned(),
    };
    format!(
        "{}: {}{excess}; kept in {} of runs",
        verdict.name,
        value_and_limit(&plan.model, verdict),
        share(found.kept)
    )
}

/// What was run.
pub(super) fn looked_at(plan: &Plan) -> String {
    let axes: Vec<String> = plan
        .axes
        .iter()
        .map(|axis| {
            let (first, last) = (&axis.values[0], &axis.values[axis.values.len() - 1]);
            let range = if axis.values.len() == 1 { first.clone() } else { format!("{first} to {last}") };
            format!("{} ({range})", axis.path)
        })
        .collect();
    format!(
        "Looked at {} of {} for {}: {} ({} messages, seed {}).",
        plan.candidates.len(),
        plural(plan.grid as f64, "candidate"),
        listed(&axes),
        plural(f64::from(plan.runs), "run"),
        count(plan.messages as f64),
        plan.model.seed
    )
}

/// Title of the chart of shares.
pub(in crate::report) fn title(plan: &Plan) -> String {
    let demanded = share(plan.confidence);
    match &plan.answer {
        PlanAnswer::Chosen { candidate, .. } => {
            let found = &plan.candidates[*candidate];
            format!(
                "{} {} {} {} in {demanded} of runs",
                name(plan, found),
                is_are(plan, found),
                superlative(plan),
                promised(plan, found)
            )
        }
        PlanAnswer::Bracket { candidate, .. } => {
            format!(
                "{} may be enough, but {} runs do not prove it",
                name(plan, &plan.candidates[*candidate]),
                plan.candidates[*candidate].replications
            )
        }
        PlanAnswer::Infeasible { best, .. } => {
            let kept = plan.candidates[*best].kept.map_or_else(|| "no run".to_owned(), in_runs);
            format!("Nothing is enough: {} keep the promises in {kept}", name(plan, &plan.candidates[*best]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_called_by_as_much_of_their_paths_as_tells_them_apart() {
        let paths = ["consumers.front.replicas", "consumers.back.replicas", "consumers.back.concurrency", "seed"];
        let axes: Vec<Axis> = paths.iter().map(|path| Axis::read(&format!("{path}=1..2")).unwrap()).collect();
        let names: Vec<&str> = axes.iter().map(|axis| axis_name(axis, &axes)).collect();
        assert_eq!(names, ["front.replicas", "back.replicas", "concurrency", "seed"]);
        assert_eq!(axis_name(&axes[0], &axes[..1]), "replicas");
    }
}
