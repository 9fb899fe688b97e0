//! What a plan under uncertainty found out, in sentences with numbers.

use std::fmt::Write as _;

use super::super::compare::words::cash;
use super::super::number::{self, plural, share};
use crate::scenario::Uncertain;
use crate::study::RegretPlan;
use crate::study::compare::Objective;

/// A candidate whose regret is not shown to be larger than the smallest one is as good, if it is within this share.
const AS_GOOD: f64 = 0.05;

/// The currency, if regrets are money.
pub(in crate::report) fn currency(plan: &RegretPlan) -> Option<&str> {
    let cost = plan.model.groups.iter().find_map(|group| group.cost.as_ref());
    cost.filter(|_| plan.objective == Objective::Cost).map(|cost| cost.currency.as_str())
}

/// An amount of what regrets are made of.
pub(in crate::report) fn amount(plan: &RegretPlan, value: f64) -> String {
    match currency(plan) {
        Some(currency) => cash(value, currency),
        None => plural(value, "replica-hour"),
    }
}

/// A candidate with what it is: `12 replicas`, `20 (value)`.
pub(in crate::report) fn setting(plan: &RegretPlan, place: usize) -> String {
    let value = number::shorten(&plan.candidates[place].setting, 40);
    match plan.axis.short_name() {
        "replicas" if value == "1" => "1 replica".to_owned(),
        "replicas" => format!("{value} replicas"),
        name => format!("{} = {value}", number::shorten(name, 24)),
    }
}

/// What to do, in one sentence.
pub(in crate::report) fn answer(plan: &RegretPlan) -> String {
    let name = &plan.model.name;
    let Some(chosen) = plan.chosen else {
        let last = setting(plan, plan.candidates.len() - 1);
        return format!(
            "{name}: not even {last} {} enough for any of {} draws.",
            if plan.axis.short_name() == "replicas" { "are" } else { "is" },
            plan.draws.len()
        );
    };
    let candidate = &plan.candidates[chosen];
    format!(
        "{name}: {} will be regretted least; enough for {} of {} draws (95 % interval {} to {}).",
        setting(plan, chosen),
        share(candidate.enough.share()),
        candidate.enough.runs,
        share(candidate.enough.low),
        share(candidate.enough.high),
    )
}

/// What the draws need, and what planning for the medians would have meant.
pub(super) fn requirement(plan: &RegretPlan) -> String {
    let needs = plan.requirement;
    let value = |place: Option<usize>| match place {
        Some(place) => plan.candidates[place].setting.clone(),
        None => format!("more than {}", plan.candidates[plan.candidates.len() - 1].setting),
    };
    let range = format!(
        "What is just enough: {} at the median of the draws, {} to {} in nine of ten.",
        value(needs.p50),
        value(needs.p05),
        value(needs.p95)
    );
    let Some(medians) = needs.at_medians else {
        return format!("{range} With every input at its median not even the dearest is enough.");
    };
    let enough = share(plan.candidates[medians].enough.share());
    let there = format!("{range} With every input at its median {} would do", setting(plan, medians));
    match plan.chosen {
        Some(chosen) if chosen != medians => {
            let more = plan.candidates[medians].more_than_chosen.value.unwrap_or(0.0);
            format!("{there}: enough for {enough} of the draws, and regretted by {} more per run.", amount(plan, more))
        }
        _ => format!("{there} as well."),
    }
}

/// Candidates that may be as good as the chosen one.
pub(super) fn as_good(plan: &RegretPlan) -> Option<String> {
    let chosen = plan.chosen?;
    let least = plan.candidates[chosen].expected_regret.value?;
    let is_as_good = |place: &usize| {
        let more = &plan.candidates[*place].more_than_chosen;
        *place != chosen
            && (more.low.is_some_and(|low| low <= 0.0) || more.value.is_some_and(|more| more <= AS_GOOD * least))
    };
    let equals: Vec<String> =
        (0..plan.candidates.len()).filter(is_as_good).map(|place| plan.candidates[place].setting.clone()).collect();
    (!equals.is_empty())
        .then(|| format!("These draws do not tell it from {}.", super::super::compare::words::listed(&equals)))
}

/// Which input the answer depends on most.
pub(in crate::report) fn drivers(plan: &RegretPlan) -> String {
    let Some(first) = plan.drivers.first() else {
        let why = plan.why_no_drivers.as_deref().unwrap_or("there are no inputs");
        return format!("Which input the answer depends on most cannot be said: {why}.");
    };
    let direction = if first.grows { "more of it needs more" } else { "more of it needs less" };
    let mut text = format!(
        "The answer depends most on {} ({} of its variance, {} to {}; {direction})",
        first.path,
        percent(first.share),
        percent(first.low),
        percent(first.high),
    );
    for driver in plan.drivers.iter().skip(1).take(2) {
        let _ = write!(text, ", then {} ({})", driver.path, percent(driver.share));
    }
    text.push('.');
    text
}

/// A share in whole per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// What was done.
pub(super) fn looked_at(plan: &RegretPlan) -> String {
    let price = plan.options.price;
    let inputs = match plan.inputs.len() {
        1 => "1 uncertain input".to_owned(),
        several => format!("{several} uncertain inputs"),
    };
    let exponent = if price.exponent == 1.0 {
        String::new()
    } else {
        format!(", each to the power {}", number::plain(price.exponent))
    };
    let too_much =
        if price.too_much == 1.0 { "once".to_owned() } else { format!("{} times", number::plain(price.too_much)) };
    let runs = match plan.runs {
        0 => "judged by the fluid equation".to_owned(),
        runs => format!(
            "judged by {} ({}, seed {}), up to {} for each look",
            plural(f64::from(runs), "run"),
            number::messages(plan.messages as f64),
            plan.model.seed,
            plan.options.replications
        ),
    };
    format!(
        "Weighed {} values of {} under {} joint draws of {inputs}, {runs}. What is missing counts {} times, what is \
         not needed {too_much}{exponent}.",
        plan.candidates.len(),
        plan.axis.path,
        plan.draws.len(),
        number::plain(price.too_little),
    )
}

/// What whoever reads numbers of the medians must know; `None` if no input is uncertain.
pub fn medians_note(inputs: &[Uncertain]) -> Option<String> {
    match inputs {
        [] => None,
        [one] => Some(format!(
            "{} is uncertain ({}): the median stands in for it; `forebay plan` weighs all its values",
            one.path,
            interval(one)
        )),
        several => Some(format!(
            "{} inputs are uncertain: their medians stand in for them; `forebay plan` weighs all their values",
            several.len()
        )),
    }
}

/// The interval of an input as it was written.
pub(super) fn interval(input: &Uncertain) -> String {
    format!("{} to {}", input.low, input.high)
}
