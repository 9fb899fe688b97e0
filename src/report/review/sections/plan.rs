//! The plan with its neighbours: the cheapest setting that keeps the promises, and what one step less or more does.

use super::super::document::{
    Cell, Column, KeyNumber, Limit, ReviewChart, ReviewTable, Section, Series, Shape, Unit, XAxis,
};
use super::{Context, sentence};
use crate::measure::{Figure, KeptShare};
use crate::model::Replicas;
use crate::report::compare::words::{cash, listed};
use crate::report::number::{plural, share};
use crate::report::plan::words::{currency, name as setting, price};
use crate::study::Plan;
use crate::study::compare::Objective;
use crate::study::plan::{Candidate, PlanAnswer};

/// Candidates that are shown on either side of the answer.
const AROUND: usize = 5;

/// The section, if there is a plan.
pub(super) fn section(context: &Context) -> Option<Section> {
    let plan = context.source.findings.plan.as_ref()?;
    Some(Section {
        id: "plan",
        heading: "The plan and its neighbours",
        finding: sentence(&finding(plan)),
        notes: notes(plan).iter().map(|note| sentence(note)).collect(),
        charts: chart(plan).into_iter().collect(),
        tables: vec![table(plan)],
        ..Section::default()
    })
}

/// What the first screen takes from it.
pub(super) fn key_number(plan: &Plan) -> KeyNumber {
    let candidate = &plan.candidates[answer_place(plan)];
    let (name, note) = match &plan.answer {
        PlanAnswer::Chosen { .. } => ("plan", format!("proven for {} of runs", share(plan.confidence))),
        PlanAnswer::Bracket { .. } => ("plan, not proven", kept_words(candidate)),
        PlanAnswer::Infeasible { .. } => ("no plan; the nearest", kept_words(candidate)),
    };
    let note = today(plan, candidate).map_or_else(|| note.clone(), |today| format!("{note}; {today}"));
    KeyNumber { name: name.to_owned(), value: setting(plan, candidate), note }
}

/// What the scenario itself has, and what both cost, where the plan is about replicas alone.
fn today(plan: &Plan, candidate: &Candidate) -> Option<String> {
    let ([axis], [group], Objective::Cost) = (plan.axes.as_slice(), plan.model.groups.as_slice(), plan.objective)
    else {
        return None;
    };
    let Replicas::Fixed(now) = group.replicas else { return None };
    if axis.short_name() != "replicas" || group.scaling.is_some() || candidate.changes[0].value == now.to_string() {
        return None;
    }
    let replica_h = f64::from(now) * (plan.model.horizon_s - plan.model.warmup_s) / 3600.0;
    let now_costs = group.cost.as_ref().map_or_else(String::new, |cost| {
        let price = price(plan, candidate).unwrap_or_default();
        format!(", {price} instead of {}", cash(replica_h * cost.per_hour, &cost.currency))
    });
    Some(format!("today {}{now_costs}", plural(f64::from(now), "replica")))
}

fn answer_place(plan: &Plan) -> usize {
    match &plan.answer {
        PlanAnswer::Chosen { candidate, .. } | PlanAnswer::Bracket { candidate, .. } => *candidate,
        PlanAnswer::Infeasible { best, .. } => *best,
    }
}

fn unit(plan: &Plan) -> Unit {
    match plan.objective {
        Objective::Cost => Unit::Money(currency(plan).unwrap_or_default().to_owned()),
        Objective::ReplicaHours => Unit::ReplicaHours,
    }
}

fn kept_words(candidate: &Candidate) -> String {
    match candidate.kept {
        Some(kept) => format!(
            "keeps all promises in {} of {} runs ({} to {} with 95 % confidence)",
            kept.kept,
            kept.runs,
            share(kept.low),
            share(kept.high)
        ),
        None => "no promise could be judged".to_owned(),
    }
}

fn finding(plan: &Plan) -> String {
    let candidate = &plan.candidates[answer_place(plan)];
    let name = |candidate: &Candidate| setting(plan, candidate);
    let setting = setting(plan, candidate);
    let price = price(plan, candidate).map_or_else(String::new, |price| format!(" at {price} for a run"));
    match &plan.answer {
        PlanAnswer::Chosen { neighbours, open, .. } => {
            let keeps = if open.is_empty() { "keeps" } else { "is proven to keep" };
            let below = neighbours.below.map(|below| &plan.candidates[below]);
            let below = below
                .map_or_else(String::new, |below| format!("; one step less, {}, {}", name(below), kept_words(below)));
            format!(
                "The cheapest setting that {keeps} all promises in {} of runs is {setting}{price}: it {}{below}",
                share(plan.confidence),
                kept_words(candidate)
            )
        }
        PlanAnswer::Bracket { runs_needed, .. } => {
            let needed = runs_needed
                .map_or_else(String::new, |runs| format!("; {runs} runs without a broken promise would prove it"));
            format!(
                "{} are not enough to prove any of {} settings: {setting}{price} is the cheapest that was not refused, \
                 it {}{needed}",
                plural(f64::from(plan.runs), "run"),
                plan.grid,
                kept_words(candidate)
            )
        }
        PlanAnswer::Infeasible { shortfalls, .. } => {
            let names: Vec<String> = shortfalls
                .iter()
                .filter_map(|shortfall| plan.model.slos.get(shortfall.slo))
                .map(|slo| slo.name.clone())
                .collect();
            format!(
                "None of {} settings keeps all promises in {} of runs; {setting} comes nearest, it {}, and breaks {}",
                plan.grid,
                share(plan.confidence),
                kept_words(candidate),
                listed(&names)
            )
        }
    }
}

fn notes(plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if let PlanAnswer::Chosen { neighbours, open, .. } = &plan.answer {
        if let Some(above) = neighbours.above.map(|above| &plan.candidates[above]) {
            let price = price(plan, above).map_or_else(String::new, |price| format!(" at {price}"));
            notes.push(format!("One step more, {}{price}, {}", setting(plan, above), kept_words(above)));
        }
        if !open.is_empty() {
            let names: Vec<String> = open.iter().map(|place| setting(plan, &plan.candidates[*place])).collect();
            notes.push(format!("Cheaper and neither proven nor refused: {}", listed(&names)));
        }
    }
    if let PlanAnswer::Infeasible { advice, .. } = &plan.answer {
        notes.extend(advice.iter().cloned());
    }
    if let Some(formula) = &plan.formula {
        let place = formula.place.zip(plan.ordered).and_then(|(place, axis)| plan.axes[axis].values.get(place));
        let place = place.map_or_else(|| "no value".to_owned(), Clone::clone);
        let differs = formula.why_it_differs.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let agrees = if formula.agrees { ", the same value" } else { ", another value" };
        notes.push(format!("Queueing theory ({}) says {place}{agrees}{differs}", formula.law));
    }
    notes.push(format!(
        "Looked at {} of {} settings in {}, {} certain",
        plan.candidates.len(),
        plan.grid,
        plural(f64::from(plan.runs), "run"),
        share(plan.options.certainty)
    ));
    notes.extend(plan.notes.iter().cloned());
    notes
}

/// The candidates around the answer, in the order of the grid.
fn around(plan: &Plan) -> &[Candidate] {
    let place = answer_place(plan);
    let until = (place + AROUND + 1).min(plan.candidates.len());
    &plan.candidates[place.saturating_sub(AROUND)..until]
}

/// Share of runs that keep all promises, setting by setting.
fn chart(plan: &Plan) -> Option<ReviewChart> {
    let shown: Vec<&Candidate> = around(plan).iter().filter(|candidate| candidate.kept.is_some()).collect();
    if shown.len() < 2 {
        return None;
    }
    let kept: Vec<Option<KeptShare>> = shown.iter().map(|candidate| candidate.kept).collect();
    Some(ReviewChart {
        id: "plan-kept".to_owned(),
        title: format!(
            "How often {} and its neighbours keep all promises",
            setting(plan, &plan.candidates[answer_place(plan)])
        ),
        description: "For each setting the share of runs in which all promises were kept, with its interval."
            .to_owned(),
        x: XAxis::Category {
            label: "setting".to_owned(),
            names: shown.iter().map(|candidate| setting(plan, candidate)).collect(),
        },
        y_label: "share of runs".to_owned(),
        y_unit: Unit::Share,
        y_log: false,
        series: vec![Series::kept(Shape::Points, &kept)],
        limits: vec![Limit { name: format!("demanded: {}", share(plan.confidence)), value: plan.confidence }],
        marks: Vec::new(),
        thinned: None,
    })
}

fn table(plan: &Plan) -> ReviewTable {
    let answer = &plan.candidates[answer_place(plan)];
    let row = |candidate: &Candidate| {
        let here = if candidate.point == answer.point { " (the answer)" } else { "" };
        let kept = candidate.kept;
        vec![
            Cell::text(format!("{}{here}", setting(plan, candidate))),
            Cell::text(candidate.standing.name()),
            Cell::number(Some(f64::from(candidate.replications)), &Unit::Plain),
            Cell::number(kept.map(|kept| kept.share()), &Unit::Share),
            Cell::number(kept.map(|kept| kept.low), &Unit::Share),
            Cell::number(kept.map(|kept| kept.high), &Unit::Share),
            Cell::number(candidate.figure(plan.objective.figure()).value, &unit(plan)),
            Cell::number(candidate.figure(Figure::ReplicaHours).value, &Unit::ReplicaHours),
            Cell::number(candidate.figure(Figure::LatencyP99).value, &Unit::Seconds),
        ]
    };
    ReviewTable {
        id: "plan-table".to_owned(),
        caption: "The plan and the settings around it".to_owned(),
        columns: vec![
            Column::text("setting"),
            Column::text("promises"),
            Column::number("runs", Unit::Plain),
            Column::number("all kept in", Unit::Share),
            Column::number("95 % interval: low", Unit::Share),
            Column::number("high", Unit::Share),
            Column::number("cost of a run", unit(plan)),
            Column::number("replica-hours", Unit::ReplicaHours),
            Column::number("p99 latency", Unit::Seconds),
        ],
        rows: around(plan).iter().map(row).collect(),
    }
}
