//! What everything else rests on: how sure each number is, where engines disagree, assumptions, the scenario itself.

use super::super::document::{Cell, Column, ReviewTable, Section, Unit, Verbatim};
use super::{Context, sentence};
use crate::measure::Estimate;
use crate::model::Replications;
use crate::report::number::{duration, plural, share};
use crate::report::view::QueueView;

/// A half-width of at most this share of its value is as good as none.
const TIGHT: f64 = 0.05;

/// How sure each number is, and where engines disagree.
pub(super) fn certainty(context: &Context) -> Section {
    let outcome = &context.source.findings.outcome;
    let disagreements = &outcome.disagreements;
    let mut notes: Vec<String> = disagreements
        .iter()
        .map(|disagreement| sentence(&format!("{}: {} – {}", disagreement.queue, disagreement.what, disagreement.why)))
        .collect();
    notes.push(
        "A value is the mean over runs of each run's own statistic; its interval holds the true mean with 95 % \
         confidence (Student's t over independent runs)."
            .to_owned(),
    );
    Section {
        id: "certainty",
        heading: "How sure the numbers are",
        finding: sentence(&format!("{}; {}", sureness(context), agreement(context))),
        notes,
        tables: [estimates(context), engines(context)].into_iter().flatten().collect(),
        ..Section::default()
    }
}

/// How wide the intervals are.
fn sureness(context: &Context) -> String {
    let runs = context.main().map_or(0, QueueView::replications);
    match runs {
        0 => "No message was simulated: the numbers are those of the equation, which knows no chance".to_owned(),
        1 => "One run only: there is no interval, and another run may differ by chance".to_owned(),
        runs => {
            let widths: Vec<f64> = entries(context).iter().filter_map(|(_, estimate, _)| relative(estimate)).collect();
            if widths.is_empty() {
                return format!("{runs} runs: no number differs between them, so none has an interval");
            }
            let tight = widths.iter().filter(|width| **width <= TIGHT).count();
            format!(
                "{runs} runs: {tight} of {} {} known to within {} of {}",
                widths.len(),
                if tight == 1 { "main numbers is" } else { "main numbers are" },
                share(TIGHT),
                if tight == 1 { "itself" } else { "themselves" }
            )
        }
    }
}

fn agreement(context: &Context) -> String {
    let outcome = &context.source.findings.outcome;
    let engines: Vec<&str> = [
        ("messages one by one", outcome.events.is_some()),
        ("the equation dM/dt = P − C", outcome.fluid.is_some()),
        ("queueing theory", outcome.formula.iter().flatten().any(|formula| formula.model.is_some())),
    ]
    .into_iter()
    .filter(|(_, ran)| *ran)
    .map(|(name, _)| name)
    .collect();
    let engines: Vec<String> = engines.into_iter().map(str::to_owned).collect();
    let listed = crate::report::compare::words::listed(&engines);
    match (engines.len(), outcome.disagreements.len()) {
        (0 | 1, _) => format!("only {listed} answered, so nothing was held against it"),
        (_, 0) => format!("{listed} agree within what theory allows"),
        (_, some) => format!("{listed} disagree in {}", plural(some as f64, "place")),
    }
}

fn relative(estimate: &Estimate) -> Option<f64> {
    let value = estimate.value.filter(|value| *value != 0.0)?;
    Some(estimate.half_width()? / value.abs())
}

/// The main estimates.
fn entries<'a>(context: &'a Context) -> Vec<(String, &'a Estimate, Unit)> {
    let mut entries: Vec<(String, &Estimate, Unit)> = Vec::new();
    for view in &context.shown {
        let Some(summary) = view.summary else { continue };
        let of = |what: &str| format!("{}{what}", context.prefix(view));
        entries.push((of("messages published"), &summary.published, Unit::Messages));
        entries.push((of("mean depth"), &summary.depth.mean, Unit::Messages));
        entries.push((of("largest depth"), &summary.depth.max, Unit::Messages));
        entries.push((of("mean wait"), &summary.wait_s.mean, Unit::Seconds));
        entries.push((of("p99 wait"), &summary.wait_s.p99, Unit::Seconds));
        entries.push((of("p99 latency"), &summary.latency_s.p99, Unit::Seconds));
    }
    let groups = context.source.findings.outcome.events.iter().flat_map(|events| &events.groups);
    entries.extend(groups.map(|group| (format!("{}: utilisation", group.name), &group.utilization, Unit::Share)));
    entries
}

fn estimates(context: &Context) -> Option<ReviewTable> {
    let row = |(name, estimate, unit): (String, &Estimate, Unit)| {
        vec![
            Cell::text(name),
            Cell::number(estimate.value, &unit),
            Cell::number(estimate.low, &unit),
            Cell::number(estimate.high, &unit),
            Cell::number(relative(estimate), &Unit::Share),
        ]
    };
    let rows: Vec<Vec<Cell>> = entries(context).into_iter().map(row).collect();
    (!rows.is_empty()).then(|| ReviewTable {
        id: "certainty-table".to_owned(),
        caption: "Main numbers with their 95 % intervals".to_owned(),
        columns: vec![
            Column::text("number"),
            Column::number("value", Unit::Plain),
            Column::number("low", Unit::Plain),
            Column::number("high", Unit::Plain),
            Column::number("half-width", Unit::Share),
        ],
        rows,
    })
}

/// What each engine says of the same thing.
fn engines(context: &Context) -> Option<ReviewTable> {
    let mut rows = Vec::new();
    for view in &context.shown {
        let events =
            |of: fn(&crate::measure::summary::QueueSummary) -> &Estimate| view.summary.and_then(|one| of(one).value);
        let mut put = |what: &str, unit: Unit, values: [Option<f64>; 3]| {
            if values.iter().flatten().count() > 1 {
                let mut row = vec![Cell::text(format!("{}{what}", context.prefix(view)))];
                row.extend(values.map(|value| Cell::number(value, &unit)));
                rows.push(row);
            }
        };
        let (fluid, formula) = (view.fluid, view.formula);
        let backlog = fluid.and_then(|fluid| fluid.max_backlog);
        put("largest backlog", Unit::Messages, [events(|one| &one.ready.max), backlog, None]);
        let delay = fluid.and_then(|fluid| fluid.max_delay_s);
        put("longest wait", Unit::Seconds, [events(|one| &one.wait_s.max), delay, None]);
        let theory = |of: fn(&crate::measure::summary::FormulaQueue) -> Option<f64>| formula.and_then(of);
        put("mean wait", Unit::Seconds, [events(|one| &one.wait_s.mean), None, theory(|one| one.wait_mean_s)]);
        put("p99 wait", Unit::Seconds, [events(|one| &one.wait_s.p99), None, theory(|one| one.wait_p99_s)]);
    }
    (!rows.is_empty()).then(|| ReviewTable {
        id: "engines-table".to_owned(),
        caption: "The same number from different engines".to_owned(),
        columns: vec![
            Column::text("number"),
            Column::number("messages one by one", Unit::Plain),
            Column::number("dM/dt = P − C", Unit::Plain),
            Column::number("queueing theory", Unit::Plain),
        ],
        rows,
    })
}

/// What was assumed rather than written.
pub(super) fn assumptions(context: &Context) -> Section {
    let source = context.source;
    let model = &source.findings.outcome.model;
    let kept = source.presets.iter().filter(|default| default.overridden.is_none()).count();
    let finding = match source.presets.len() {
        0 => "No queue has a preset: every setting below is the scenario's own or the language's default".to_owned(),
        all => format!("{kept} of {all} settings are defaults of a broker that the scenario does not write itself"),
    };
    let mut notes = vec![
        "Work in service is not part of the equation's backlog; it knows averages and no chance.".to_owned(),
        "Replications differ in their random numbers only, and results do not depend on the number of threads."
            .to_owned(),
    ];
    if model.warmup_s > 0.0 {
        notes.push(format!("Numbers leave out the first {}, the warm-up.", duration(model.warmup_s)));
    }
    let left_out = source.findings.left_out.iter();
    notes.extend(left_out.map(|left| sentence(&format!("Left out: {}, because {}", left.what, left.why))));
    notes.extend(source.warnings.iter().map(|warning| sentence(&format!("Doubtful in the scenario: {warning}"))));
    let row = |default: &crate::scenario::presets::Applied| {
        vec![
            Cell::text(default.path()),
            Cell::text(default.preset),
            Cell::text(default.overridden.as_ref().unwrap_or(&default.default).clone()),
            Cell::text(if default.overridden.is_some() { "the scenario" } else { "the preset" }),
            Cell::text(default.effect),
            Cell::text(default.source),
        ]
    };
    let table = (!source.presets.is_empty()).then(|| ReviewTable {
        id: "assumptions-presets".to_owned(),
        caption: "Settings that come with the queues' presets".to_owned(),
        columns: ["setting", "preset", "value", "written by", "effect", "source"].map(Column::text).to_vec(),
        rows: source.presets.iter().map(row).collect(),
    });
    Section {
        id: "assumptions",
        heading: "Assumptions",
        finding: sentence(&finding),
        notes,
        tables: table.into_iter().collect(),
        ..Section::default()
    }
}

/// The scenario, word by word, and what it takes to get the same numbers again.
pub(super) fn scenario(context: &Context) -> Section {
    let source = context.source;
    let outcome = &source.findings.outcome;
    let model = &outcome.model;
    let replications = match model.replications {
        Replications::Fixed(replications) => plural(f64::from(replications), "replication"),
        Replications::Until { precision, at_most } => {
            format!("replications until {} is reached, at most {at_most}", share(precision))
        }
    };
    let mut texts = vec![Verbatim { caption: source.file.to_owned(), text: source.text.to_owned() }];
    if !source.changes.is_empty() {
        texts.push(Verbatim {
            caption: "Changes to it on the command line".to_owned(),
            text: source.changes.join("\n"),
        });
    }
    Section {
        id: "scenario",
        heading: "The scenario",
        finding: format!(
            "forebay {}, seed {}, {replications}: the same text gives the same numbers again.",
            env!("CARGO_PKG_VERSION"),
            model.seed
        ),
        texts,
        ..Section::default()
    }
}
