//! What a comparison found, in sentences with numbers: the head of the table and titles of charts.
//!
//! Nothing is said that the comparison does not hold: a reason for a broken promise comes from what the scaler decided
//! while it was broken, and without decisions there is none.

use super::super::clock::Clock;
use super::super::number::{self, count, duration, money, plural, share};
use crate::measure::selection::{ShareTest, ShareVerdict};
use crate::measure::summary::SloVerdict;
use crate::measure::{Cause, EngineChoice, Estimate, Figure, Rule};
use crate::model::{Model, Promise};
use crate::study::Comparison;
use crate::study::compare::{Objective, Procedure, Selection, StrategyOutcome, TimeBroken};

/// A cause of less than this share of a breach explains nothing by itself.
const TELLING: f64 = 0.3;
/// From this share on it is all of it.
const NEARLY_ALL: f64 = 0.995;

/// The currency of all prices, if there is one.
pub(in crate::report) fn currency(comparison: &Comparison) -> Option<&str> {
    comparison.model.groups.iter().find_map(|group| group.cost.as_ref()).map(|cost| cost.currency.as_str())
}

/// An amount of what is made small.
pub(in crate::report) fn amount(comparison: &Comparison, value: f64) -> String {
    match comparison.objective {
        Objective::Cost => cash(value, currency(comparison).unwrap_or_default()),
        Objective::ReplicaHours => plural(value, "replica-hour"),
    }
}

/// Money to the hundredth, and with three digits where that is less.
pub(in crate::report) fn cash(amount: f64, currency: &str) -> String {
    if amount != 0.0 && amount.abs() < 0.995 {
        format!("{} {currency}", number::plain(amount))
    } else {
        money(amount, currency)
    }
}

/// What a strategy costs.
pub(in crate::report) fn price(comparison: &Comparison, strategy: &StrategyOutcome) -> Option<String> {
    strategy.figure(comparison.objective.figure()).value.map(|value| amount(comparison, value))
}

/// The answer in one sentence.
pub(in crate::report) fn answer(comparison: &Comparison) -> String {
    let name = &comparison.model.name;
    let all = comparison.strategies.len();
    match &comparison.selection {
        Selection::Chosen { strategy, .. } => {
            let winner = &comparison.strategies[*strategy];
            let cost = price(comparison, winner).unwrap_or_default();
            format!("{name}: {} is the best of {all}, {cost}: the cheapest that {}.", winner.name, keeps(comparison))
        }
        Selection::Nobody { .. } => format!("{name}: NONE of {all} strategies {}.", keeps(comparison)),
        Selection::Undecided { .. } => format!("{name}: UNDECIDED - {}.", why_nobody(comparison).unwrap_or_default()),
        Selection::NotAsked { why } => format!("{name}: no winner of {all}, because {why}."),
    }
}

/// What was demanded.
fn keeps(comparison: &Comparison) -> String {
    format!("keeps {} in {} of runs", promises(&comparison.model), share(comparison.options.kept_in))
}

fn promises(model: &Model) -> String {
    match model.slos.as_slice() {
        [slo] => format!("its promise {}", slo.name),
        several => format!("all {} promises", several.len()),
    }
}

/// How sure the answer is.
pub(in crate::report) fn certainty(comparison: &Comparison) -> Option<String> {
    let (Selection::Chosen { procedure, .. } | Selection::Nobody { procedure }) = &comparison.selection else {
        return None;
    };
    let (confidence, zone) = (share(comparison.options.confidence), zone(procedure));
    let cost = match comparison.selection {
        Selection::Chosen { .. } => format!("; costs within {} are equal", amount(comparison, procedure.indifference)),
        _ => String::new(),
    };
    Some(format!("Right with a probability of {confidence} or more; {zone} of runs is near enough to either{cost}."))
}

fn zone(procedure: &Procedure) -> String {
    format!("{} to {}", share(procedure.hardly).trim_end_matches(" %"), share(procedure.surely))
}

/// Why there is no winner.
pub(in crate::report) fn why_nobody(comparison: &Comparison) -> Option<String> {
    match &comparison.selection {
        Selection::Chosen { .. } => None,
        Selection::NotAsked { why } => Some(why.clone()),
        Selection::Nobody { .. } => Some(format!("no strategy {}", keeps(comparison))),
        Selection::Undecided { leaders, procedure } => Some(undecided(comparison, leaders, procedure)),
    }
}

fn undecided(comparison: &Comparison, leaders: &[usize], procedure: &Procedure) -> String {
    let name = |k: &usize| comparison.strategies[*k].name.clone();
    let runs = plural(f64::from(procedure.at_most), "replication");
    let unproven: Vec<&usize> =
        leaders.iter().filter(|k| comparison.strategies[**k].verdict != Some(ShareVerdict::Reached)).collect();
    if let ([_], [leader]) = (leaders, unproven.as_slice()) {
        let kept = comparison.strategies[**leader].kept;
        let kept = kept.map_or_else(String::new, |kept| format!(", {} of {} so far,", kept.kept, kept.runs));
        let strategies = comparison.strategies.len() as f64;
        let error = 0.5 * (1.0 - comparison.options.confidence) / strategies;
        let fewest = ShareTest::new(comparison.options.kept_in, error).fewest_runs();
        return format!(
            "{runs} are not enough to tell whether {}{kept} {}: at least {fewest} are needed (--at-most)",
            name(leader),
            keeps(comparison)
        );
    }
    let names: Vec<String> = leaders.iter().map(name).collect();
    format!("{runs} are not enough to tell {} apart (--at-most)", listed(&names))
}

/// `a`, `a and b`, `a, b and c`.
pub(in crate::report) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// One strategy in one sentence: what it keeps, at what price, and otherwise what it breaks, when and why.
pub(in crate::report) fn sentence(comparison: &Comparison, strategy: &StrategyOutcome) -> String {
    let price = price(comparison, strategy).map_or_else(String::new, |price| format!(" at {price}"));
    let name = &strategy.name;
    let Some(kept) = strategy.kept.filter(|_| !comparison.model.slos.is_empty()) else {
        return judged_without_runs(comparison, strategy, &price);
    };
    let runs = in_runs(kept.share(), kept.runs);
    let what = match comparison.model.slos.as_slice() {
        [slo] => slo.name.clone(),
        several => format!("all {} promises", several.len()),
    };
    let most_is_kept = kept.share() >= comparison.options.kept_in;
    if most_is_kept && strategy.verdict != Some(ShareVerdict::Missed) {
        return format!("{name} holds {what} {runs}{price}.");
    }
    let place = (0..strategy.slos.len()).min_by(|a, b| {
        let met = |k: usize| strategy.slos[k].probability_met.unwrap_or(1.0);
        met(*a).total_cmp(&met(*b))
    });
    let Some(place) = place else { return format!("{name} holds {what} {runs}{price}.") };
    let verdict = &strategy.slos[place];
    let missed = in_runs(1.0 - verdict.probability_met.unwrap_or(kept.share()), kept.runs);
    let broken = strategy.broken[place].as_ref();
    let details = broken.map_or_else(String::new, |broken| time_broken(comparison, strategy, broken));
    let found = value_and_limit(&comparison.model, verdict);
    format!("{name} misses {} {missed} ({found}){price}{details}.", verdict.name)
}

/// `in all 20 runs`, `in 95 % of 20 runs`.
fn in_runs(part: f64, runs: u32) -> String {
    match part {
        1.0 => format!("in all {runs} runs"),
        0.0 => format!("in none of {runs} runs"),
        part => format!("in {} of {runs} runs", share(part)),
    }
}

fn judged_without_runs(comparison: &Comparison, strategy: &StrategyOutcome, price: &str) -> String {
    let name = &strategy.name;
    let show = |figure: Figure, what: &str, show: fn(f64) -> String| {
        strategy.figure(figure).value.map(|value| format!("{what} {}", show(value)))
    };
    let facts = match comparison.engine {
        EngineChoice::Fluid => {
            [show(Figure::WorstBacklog, "worst backlog", count), show(Figure::WaitMax, "longest wait", duration)]
        }
        _ => [show(Figure::LatencyP99, "p99 latency", duration), show(Figure::WorstBacklog, "worst backlog", count)],
    };
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let why = strategy.figure(Figure::WorstBacklog).why_not.as_deref();
    match (facts.is_empty(), why) {
        (true, Some(why)) => format!("{name}: no answer, {why}."),
        _ => format!("{name}: {}{price}.", facts.join(", ")),
    }
}

/// `: for 7m 10s of a run between 08:31 and 08:40, all of it because of its largest size of 4`.
fn time_broken(comparison: &Comparison, strategy: &StrategyOutcome, broken: &TimeBroken) -> String {
    let Some(seconds) = broken.seconds.value.filter(|seconds| *seconds > 0.0) else { return String::new() };
    let clock = Clock::of(&comparison.model);
    let span = broken.span.map_or_else(String::new, |(from_s, until_s)| {
        format!(" between {} and {}", clock.instant(from_s), clock.instant(until_s))
    });
    let causes = broken.causes.iter().filter(|(_, part)| *part >= TELLING).map(|(cause, part)| {
        let part = if *part >= NEARLY_ALL { "all".to_owned() } else { share(*part) };
        format!(", {part} of it {}", because(*cause, most_wanted(comparison, strategy)))
    });
    // A fixed number decides nothing.
    let causes: String = if strategy.kind == "static" { String::new() } else { causes.collect() };
    format!(": for {} of a run{span}{causes}", duration(seconds))
}

/// The largest size that a strategy asked for.
fn most_wanted(comparison: &Comparison, strategy: &StrategyOutcome) -> Option<f64> {
    strategy.events.as_ref()?.groups.get(comparison.group)?.scaling.as_ref()?.wanted.max.value
}

/// What the scaler did while a promise was broken.
fn because(cause: Cause, most: Option<f64>) -> String {
    let rule = match cause {
        Cause::Held(rule) => rule,
        Cause::Starting => return "while wanted replicas were starting".to_owned(),
        Cause::Content => return "while it asked for no more replicas".to_owned(),
        Cause::Undecided => return "before its first decision".to_owned(),
    };
    let reason = match rule {
        Rule::Tolerance => "of its tolerance",
        Rule::Window => "of its stabilisation window",
        Rule::Policy => "of its policy on the speed of growth",
        Rule::GrowthLimit => "of its limit on growth",
        Rule::Bound => {
            return match most {
                Some(most) => format!("because of its largest size, {}", count(most)),
                None => "because of its largest size".to_owned(),
            };
        }
        Rule::CoolDown => "of its cool-down",
        Rule::PartitionCap => "there are no more partitions",
        Rule::MetricFailure => "its metric could not be read",
        Rule::Paused => "it was paused",
        Rule::Disabled => "growth is switched off",
        Rule::Evaluation => "its condition had not lasted long enough",
    };
    format!("because {reason}")
}

/// `p99 latency 12.4 s, limit 2 s`.
pub(in crate::report) fn value_and_limit(model: &Model, verdict: &SloVerdict) -> String {
    let slo = model.slos.iter().find(|slo| slo.name == verdict.name);
    let queue = slo.map(|slo| &model.queues[slo.queue].name).filter(|_| model.queues.len() == 1);
    let what = queue.and_then(|queue| verdict.promise.strip_prefix(&format!("{queue}: ")));
    let what = what.unwrap_or(&verdict.promise);
    let clock = Clock::of(model);
    let show = |value: f64| match slo.map(|slo| slo.promise) {
        Some(Promise::Latency(..) | Promise::Wait(..)) => duration(value),
        Some(Promise::LossShare(_)) => share(value),
        Some(Promise::DrainedBy(_)) => clock.instant(value),
        Some(Promise::Depth(..)) | None => count(value),
    };
    match verdict.value.value {
        Some(value) => format!("{what} {}, limit {}", show(value), show(verdict.limit)),
        None => format!("{what} unknown, limit {}", show(verdict.limit)),
    }
}

/// The number of replications, or their range.
pub(in crate::report) fn replications(comparison: &Comparison) -> String {
    let runs = || comparison.strategies.iter().map(|strategy| strategy.replications);
    let (least, most) = (runs().min().unwrap_or(0), runs().max().unwrap_or(0));
    match (least, most) {
        (_, 0) => "fluid equation".to_owned(),
        (least, most) if least == most => plural(f64::from(most), "replication"),
        (least, most) => format!("{least} to {most} replications"),
    }
}

/// Title of the chart of replicas and depth.
pub(in crate::report) fn staffing(comparison: &Comparison) -> String {
    let backlog = |strategy: &&StrategyOutcome| strategy.figure(Figure::WorstBacklog).value;
    let known = || comparison.strategies.iter().filter(|strategy| backlog(strategy).is_some());
    let by = |a: &&StrategyOutcome, b: &&StrategyOutcome| {
        backlog(a).unwrap_or_default().total_cmp(&backlog(b).unwrap_or_default())
    };
    let (Some(least), Some(most)) = (known().min_by(by), known().max_by(by)) else {
        return "No engine followed the backlog".to_owned();
    };
    let told = |strategy: &StrategyOutcome| number::messages(backlog(&strategy).unwrap_or_default());
    let names = [least, most].map(|strategy| number::shorten(&strategy.name, 24));
    if told(least) == told(most) {
        return format!("The worst backlog is {} with every strategy", told(most));
    }
    format!("The worst backlog is {} with {} and {} with {}", told(least), names[0], told(most), names[1])
}

/// Title of the chart of cost against latency.
pub(in crate::report) fn front(comparison: &Comparison) -> String {
    let told = |k: usize| {
        let strategy = &comparison.strategies[k];
        let latency = strategy
            .figure(Figure::LatencyP99)
            .value
            .map_or_else(String::new, |p99_s| format!(" with a p99 latency of {}", duration(p99_s)));
        let price = price(comparison, strategy).map_or_else(String::new, |price| format!(", {price}"));
        (number::shorten(&strategy.name, 24), format!("{price}{latency}"))
    };
    if let Selection::Chosen { strategy, .. } = comparison.selection {
        let (name, numbers) = told(strategy);
        return format!("{name} is the cheapest that keeps its promises{numbers}");
    }
    match comparison.front.as_slice() {
        [] => "No strategy has both a cost and a latency".to_owned(),
        [only] => {
            let (name, numbers) = told(*only);
            format!("{name} is the cheapest and the fastest{numbers}")
        }
        several => {
            let names: Vec<String> = several.iter().map(|k| told(*k).0).collect();
            let all = comparison.strategies.len();
            if names.len() > 3 {
                format!("{} of {all} strategies are beaten by no other in both cost and latency", names.len())
            } else {
                format!("No other strategy beats {} in both cost and latency", listed(&names))
            }
        }
    }
}

/// Title of the chart of scale events.
pub(in crate::report) fn flapping(comparison: &Comparison) -> String {
    let changes = |strategy: &&StrategyOutcome| strategy.figure(Figure::ScaleEventsPerHour).value.unwrap_or(0.0);
    let by = |a: &&StrategyOutcome, b: &&StrategyOutcome| changes(a).total_cmp(&changes(b));
    let Some(most) = comparison.strategies.iter().max_by(by) else { return String::new() };
    if changes(&most) == 0.0 {
        return "No strategy changes the number of replicas".to_owned();
    }
    let most_often = count(changes(&most));
    let alike = comparison.strategies.iter().filter(|other| count(changes(other)) == most_often);
    let alike: Vec<String> = alike.map(|strategy| number::shorten(&strategy.name, 24)).collect();
    let others = comparison.strategies.iter().filter(|other| count(changes(other)) != most_often);
    let next = others.max_by(by).map_or_else(String::new, |next| {
        format!(", {} {} times", number::shorten(&next.name, 24), count(changes(&next)))
    });
    match alike.as_slice() {
        [one] => format!("{one} changes its size {most_often} times per hour{next}"),
        [_, _] => format!("{} change their size {most_often} times per hour{next}", listed(&alike)),
        several => format!("{} strategies change their size {most_often} times per hour{next}", several.len()),
    }
}

/// An estimate without its half-width; `-` if it does not exist.
pub(in crate::report) fn bare(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    estimate.value.map_or_else(|| "-".to_owned(), show)
}
