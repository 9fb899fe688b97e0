//! The first screen: what was asked, what became of each promise, and the numbers that a reader takes along.

use super::super::document::{Holding, KeyNumber, Lead, Verdict};
use super::{Context, sentence};
use crate::measure::Estimate;
use crate::measure::summary::SloVerdict;
use crate::model::{Level, Model, Promise, Quantile, Slo};
use crate::report::compare::words::listed;
use crate::report::number::{self, count, duration, share};
use crate::report::view::QueueView;
use crate::report::words;
use crate::study::review::Judged;

/// Builds it.
pub(super) fn lead(context: &Context) -> Lead {
    let outcome = &context.source.findings.outcome;
    let verdicts = outcome.model.slos.iter().zip(&outcome.slos).map(|(slo, verdict)| verdict_of(context, slo, verdict));
    Lead {
        asked: asked(context),
        finding: finding(context),
        verdicts: verdicts.collect(),
        numbers: numbers(context),
        notes: words::notes(outcome).iter().map(|note| sentence(note)).collect(),
    }
}

/// What was looked at: how long, what for, how often.
fn asked(context: &Context) -> String {
    let outcome = &context.source.findings.outcome;
    let model = &outcome.model;
    let clock = crate::report::clock::Clock::of(model);
    let when = match clock.start() {
        Some(_) => {
            format!("from {} to {} ({})", clock.instant(0.0), clock.instant(model.horizon_s), clock.caption())
        }
        None => format!("over {}", duration(model.horizon_s)),
    };
    let what = match model.slos.len() {
        0 => "How deep do the queues get, and how late are the messages".to_owned(),
        1 => "Is the promise kept".to_owned(),
        several => format!("Are the {several} promises kept"),
    };
    let queues = number::plural(model.queues.len() as f64, "queue");
    let runs = match outcome.events.as_ref().map_or(0, |events| events.replications) {
        0 => "by the equation dM/dt = P − C".to_owned(),
        1 => "in one simulated run, which has no intervals".to_owned(),
        runs => format!("in {runs} simulated runs"),
    };
    format!("{what} {when}? {queues} looked at, {runs}.{}", at_work(context))
}

/// Which of the strategies everything but the plan is about.
fn at_work(context: &Context) -> String {
    context.source.findings.judged.as_ref().map_or_else(String::new, |judged| {
        let Judged { name, group, of, .. } = judged;
        if *of == 1 {
            return format!(" {group} is scaled by {name}.");
        }
        format!(" {group} is scaled by {name}; what the other {} do is under “Strategies compared”.", of - 1)
    })
}

/// `With adaptive, the best of 4 strategies: `, and what is known of the others where it is not the best.
fn judged(context: &Context) -> (String, String) {
    let findings = context.source.findings;
    let Some(Judged { name, is_best, of, .. }) = findings.judged.as_ref() else {
        return (String::new(), String::new());
    };
    if *of == 1 {
        return (format!("With the strategy {name}: "), String::new());
    }
    if *is_best {
        return (format!("With {name}, the best of {of} strategies: "), String::new());
    }
    let others = findings.comparison.as_ref().map_or_else(String::new, super::strategies::no_best);
    (format!("With {name}, one of {of} strategies: "), others)
}

/// The verdict in one sentence, with the numbers of the main queue.
fn finding(context: &Context) -> String {
    let outcome = &context.source.findings.outcome;
    let story = context.main().map_or_else(String::new, |view| story(context, view));
    let total = outcome.slos.len();
    if total == 0 {
        return format!("The scenario promises nothing, so there is no verdict. {story}");
    }
    if nothing_happened(context) {
        return format!("No message was published, so no promise could be tested. {story}");
    }
    let broken: Vec<String> =
        outcome.slos.iter().filter(|verdict| verdict.met == Some(false)).map(|verdict| verdict.name.clone()).collect();
    let unknown = outcome.slos.iter().filter(|verdict| verdict.met.is_none()).count();
    let verdict = match (broken.len(), unknown, total) {
        (0, 0, 1) => "The promise is kept.".to_owned(),
        (0, 0, 2) => "Both promises are kept.".to_owned(),
        (0, 0, _) => format!("All {total} promises are kept."),
        (0, _, 1) => "The promise could not be tested.".to_owned(),
        (0, _, _) => format!("{unknown} of {total} promises could not be tested; none is seen broken."),
        (1, _, 1) => "The promise is broken.".to_owned(),
        (2, _, 2) => format!("Both promises are broken: {}.", listed(&broken)),
        (all, _, _) if all == total => format!("All {total} promises are broken: {}.", listed(&broken)),
        _ => format!(
            "{} of {total} promises {} broken: {}.",
            broken.len(),
            if broken.len() == 1 { "is" } else { "are" },
            listed(&broken)
        ),
    };
    let (with, others) = judged(context);
    let verdict = if with.is_empty() { verdict } else { uncapitalised(&verdict) };
    let spaced = |text: String| if text.is_empty() { text } else { format!("{text} ") };
    format!("{with}{verdict} {}{story}", spaced(others))
}

fn uncapitalised(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_lowercase().chain(signs).collect())
}

fn nothing_happened(context: &Context) -> bool {
    let published = context.source.findings.outcome.events.iter().flat_map(|events| &events.queues);
    let mut published = published.map(|queue| queue.published.value.unwrap_or(0.0)).peekable();
    published.peek().is_some() && published.all(|count| count == 0.0)
}

/// What happened to the main queue, in one sentence.
fn story(context: &Context, view: &QueueView) -> String {
    let late = view.summary.and_then(|summary| summary.wait_s.p99.value).filter(|wait_s| *wait_s > 0.0);
    let late = late
        .map_or_else(String::new, |wait_s| format!("; one message in a hundred waits more than {}", duration(wait_s)));
    sentence(&format!("{}{}{late}", context.prefix(view), words::depth(view)))
}

/// One promise: what was measured, its limit, how sure, for how long it was broken.
fn verdict_of(context: &Context, slo: &Slo, verdict: &SloVerdict) -> Verdict {
    let model = &context.source.findings.outcome.model;
    let what = promise_words(model, slo);
    let limit = value_words(model, slo, verdict.limit);
    let sentence_of = if let Some(value) = verdict.value.value {
        let side = if verdict.met == Some(false) { "not below" } else { "below" };
        let is_open = spans(&verdict.value, verdict.limit);
        let side = if matches!(slo.promise, Promise::DrainedBy(_)) {
            if verdict.met == Some(false) { "not by" } else { "by" }
        } else {
            side
        };
        let interval = interval_words(model, slo, &verdict.value);
        let open = if is_open { "; on which side of the limit the mean over all runs is, is not known" } else { "" };
        let kept = kept_words(context, verdict);
        format!("{what} is {}{interval}, {side} {limit}{open}{kept}", value_words(model, slo, value))
    } else {
        let why = verdict.value.why_not.as_deref().unwrap_or("no engine could tell");
        format!("{what} has no value: {why}; the limit is {limit}{}", kept_words(context, verdict))
    };
    let broken = super::broken::words(context, slo).map_or_else(String::new, |words| format!("; {words}"));
    Verdict {
        holding: Holding::of(verdict.met),
        name: slo.name.clone(),
        sentence: sentence(&format!("{sentence_of}{broken}")),
    }
}

fn promise_words(model: &Model, slo: &Slo) -> String {
    let queue = match slo.path.and_then(|path| model.paths.get(path)) {
        Some(path) => path.name.clone(),
        None => model.queues[slo.queue].name.clone(),
    };
    let quantile = |quantile: Quantile| match quantile {
        Quantile::Mean => "mean".to_owned(),
        Quantile::Max => "largest".to_owned(),
        Quantile::P(share) => format!("p{}", number::plain(share * 100.0)),
    };
    match slo.promise {
        Promise::Latency(of, _) => format!("the {} latency of {queue}", quantile(of)),
        Promise::Wait(of, _) => format!("the {} wait in {queue}", quantile(of)),
        Promise::Depth(of, _) => {
            let of = match of {
                Level::Mean => "mean".to_owned(),
                Level::Max => "largest".to_owned(),
                Level::P(share) => format!("p{}", number::plain(share * 100.0)),
            };
            format!("the {of} depth of {queue}")
        }
        Promise::LossShare(_) => format!("the share of messages that {queue} loses"),
        Promise::DrainedBy(_) => format!("the time at which {queue} is empty"),
    }
}

fn value_words(model: &Model, slo: &Slo, value: f64) -> String {
    match slo.promise {
        Promise::Latency(..) | Promise::Wait(..) => duration(value),
        Promise::Depth(..) => count(value),
        Promise::LossShare(_) => share(value),
        Promise::DrainedBy(_) => crate::report::clock::Clock::of(model).instant(value),
    }
}

fn interval_words(model: &Model, slo: &Slo, value: &Estimate) -> String {
    match value.low.zip(value.high).filter(|(low, high)| high - low > 1e-9 * high.abs()) {
        Some((low, high)) => {
            // Student's interval knows nothing of what a number can be: no wait is below nothing.
            let (low, high) = (value_words(model, slo, low.max(0.0)), value_words(model, slo, high));
            if low == high { String::new() } else { format!(" ({low} to {high} with 95 % confidence)") }
        }
        None => String::new(),
    }
}

/// Whether the interval holds the limit.
fn spans(value: &Estimate, limit: f64) -> bool {
    value.low.zip(value.high).is_some_and(|(low, high)| low < limit && limit <= high)
}

fn kept_words(context: &Context, verdict: &SloVerdict) -> String {
    let runs = context.source.findings.outcome.events.as_ref().map_or(0, |events| events.replications);
    match verdict.probability_met {
        Some(_) if runs <= 1 => String::new(),
        Some(1.0) => ", in every run".to_owned(),
        Some(0.0) => ", in no run kept".to_owned(),
        Some(part) => format!(", kept in {} of runs", share(part)),
        None => String::new(),
    }
}

/// What a reader takes along.
fn numbers(context: &Context) -> Vec<KeyNumber> {
    let Some(view) = context.main() else { return Vec::new() };
    let of = |name: &str| {
        format!("{name}{}", if context.queues > 1 { format!(", {}", view.queue.name) } else { String::new() })
    };
    let mut numbers = Vec::new();
    let mut put = |name: String, value: Option<f64>, show: &dyn Fn(f64) -> String, note: String| {
        if let Some(value) = value {
            numbers.push(KeyNumber { name, value: show(value), note });
        }
    };
    if let Some(summary) = view.summary {
        put(of("largest depth"), summary.depth.max.value, &count, half_width(&summary.depth.max, count, "messages"));
        put(
            of("p99 latency"),
            summary.latency_s.p99.value,
            &duration,
            half_width(&summary.latency_s.p99, duration, ""),
        );
        let clock = view.clock;
        let empty = view.fluid.and_then(|fluid| fluid.drained_at_s).filter(|at_s| *at_s > 0.0);
        put(of("backlog gone"), empty, &|at_s| clock.instant(at_s), "by dM/dt = P − C".to_owned());
    } else if let Some(fluid) = view.fluid {
        put(of("largest backlog"), fluid.max_backlog, &count, "messages, by dM/dt = P − C".to_owned());
        put(of("longest delay"), fluid.max_delay_s, &duration, "by dM/dt = P − C".to_owned());
    }
    let groups = context.source.findings.outcome.events.iter().flat_map(|events| &events.groups);
    let busiest = groups.filter(|group| group.utilization.value.is_some()).max_by(|a, b| {
        let busy = |group: &crate::measure::summary::GroupSummary| group.utilization.value.unwrap_or(0.0);
        busy(a).total_cmp(&busy(b))
    });
    if let Some(group) = busiest {
        put(format!("utilisation of {}", group.name), group.utilization.value, &share, "mean over the run".to_owned());
    }
    let findings = context.source.findings;
    numbers.extend(findings.comparison.as_ref().and_then(super::strategies::key_number));
    numbers.extend(findings.plan.as_ref().map(super::plan::key_number));
    numbers.extend(findings.headroom.iter().flat_map(super::headroom::key_numbers));
    numbers.extend(super::cost::key_number(context));
    numbers
}

/// `± 120 messages`.
fn half_width(estimate: &Estimate, show: impl Fn(f64) -> String, unit: &str) -> String {
    match estimate.half_width() {
        Some(half_width) => {
            format!("± {} {unit}", show(number::rounded(half_width, 2))).trim_end().to_owned() + ", 95 % confidence"
        }
        None => format!("{unit} in one run").trim_start().to_owned(),
    }
}
