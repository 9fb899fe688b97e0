//! What a review says, section by section, in the order in which a reader asks.
//!
//! A section whose question the scenario does not ask is left out. Not here: how it looks.

mod backlog;
mod basis;
mod broken;
mod changes;
mod cost;
mod failures;
mod headroom;
mod latency;
mod lead;
mod plan;
mod strategies;
mod traffic;

use super::ReviewSource;
use super::document::{Review, Section};
use crate::report::view::QueueView;

/// Queues that get charts of their own; more of them would hide the point.
const MOST_QUEUES: usize = 4;

/// What all sections look at.
struct Context<'a> {
    source: &'a ReviewSource<'a>,
    /// The queues that are shown, the most important first.
    shown: Vec<QueueView<'a>>,
    /// How many queues there are.
    queues: usize,
}

/// The whole review.
pub(super) fn review(source: &ReviewSource) -> Review {
    let outcome = &source.findings.outcome;
    let model = &outcome.model;
    let context = Context::of(source);
    let sections = [
        changes::section(&context),
        traffic::section(&context),
        backlog::section(&context),
        latency::section(&context),
        strategies::section(&context),
        plan::section(&context),
        headroom::section(&context),
        failures::section(&context),
        cost::section(&context),
        Some(basis::certainty(&context)),
        Some(basis::assumptions(&context)),
        Some(basis::scenario(&context)),
    ];
    Review {
        name: model.name.clone(),
        title: model.title.clone().unwrap_or_else(|| model.name.clone()),
        description: model.description.clone(),
        lead: lead::lead(&context),
        sections: sections.into_iter().flatten().collect::<Vec<Section>>(),
    }
}

impl<'a> Context<'a> {
    fn of(source: &'a ReviewSource<'a>) -> Self {
        let mut views = QueueView::all(&source.findings.outcome);
        let queues = views.len();
        views.sort_by(|a, b| weight(b).partial_cmp(&weight(a)).unwrap_or(std::cmp::Ordering::Equal));
        views.truncate(MOST_QUEUES);
        Self { source, shown: views, queues }
    }

    /// The queue that a single sentence is about.
    fn main(&self) -> Option<&QueueView<'a>> {
        self.shown.first()
    }

    /// Put before what is said of one of several queues.
    fn prefix(&self, view: &QueueView) -> String {
        if self.queues > 1 { format!("{}: ", view.queue.name) } else { String::new() }
    }

    /// That some queues have no chart.
    fn left_out(&self) -> Option<String> {
        let left = self.queues - self.shown.len();
        (left > 0).then(|| {
            let names: Vec<String> = self.shown.iter().map(|view| view.queue.name.clone()).collect();
            let names = crate::report::compare::words::listed(&names);
            format!("Shown are {names}, the queues with promises and the deepest; {left} more are in summary.json.")
        })
    }
}

/// What makes a queue worth a reader's time: a broken promise, a promise, its depth.
fn weight(view: &QueueView) -> (u8, f64) {
    let verdicts = &view.outcome.slos;
    let met = |name: &str| verdicts.iter().find(|verdict| verdict.name == name).and_then(|verdict| verdict.met);
    let importance = view.slos().map(|slo| if met(&slo.name) == Some(false) { 2 } else { 1 }).max().unwrap_or(0);
    let depth = view.summary.and_then(|summary| summary.depth.max.value);
    let depth = depth.or_else(|| view.fluid.and_then(|fluid| fluid.max_backlog)).unwrap_or(0.0);
    (importance, depth)
}

/// A sentence: its last sign is a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
