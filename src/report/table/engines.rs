//! What the engines said about the same quantity, side by side.

use super::super::number::{self, count, duration, share};
use super::super::view::QueueView;
use super::grid::{Grid, paragraph};
use super::shown;
use crate::measure::{EngineChoice, Estimate};

/// One quantity: its name, how it is written, and what each engine says.
struct Quantity<'a> {
    name: &'static str,
    show: fn(f64) -> String,
    events: Option<&'a Estimate>,
    fluid: Option<f64>,
    formula: Option<f64>,
    transient: Option<f64>,
}

impl Quantity<'_> {
    /// Engines that have a value.
    fn answers(&self) -> usize {
        let events = self.events.and_then(|estimate| estimate.value);
        [events, self.fluid, self.formula, self.transient].iter().flatten().count()
    }
}

/// How one engine's answer is written.
type Cell = fn(&Quantity) -> String;

/// Quantities that at least two engines know. Without the events engine, whose statistics stand above, all that are
/// known.
pub(super) fn side_by_side(view: &QueueView, width: usize) -> Vec<String> {
    let quantities = quantities(view);
    let formula = view.formula.and_then(|formula| formula.model.as_deref());
    let law = view.transient.and_then(|law| law.model.as_deref());
    let columns: Vec<(String, Cell)> = [
        view.summary.map(|_| ("events".to_owned(), events_cell as Cell)),
        view.fluid.map(|_| ("fluid".to_owned(), fluid_cell as Cell)),
        formula.map(|model| (format!("formula {model}"), formula_cell as Cell)),
        law.map(|model| (format!("exact {model}"), transient_cell as Cell)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let least = if view.summary.is_some() { 2 } else { 1 };
    let mut grid = Grid::new(2).right_from(1);
    grid.header(std::iter::once(String::new()).chain(columns.iter().map(|(name, _)| name.clone())).collect());
    for quantity in quantities.iter().filter(|quantity| quantity.answers() >= least) {
        let cells = columns.iter().map(|(_, cell)| cell(quantity));
        grid.row(std::iter::once(quantity.name.to_owned()).chain(cells).collect());
    }
    let asked_alone = view.outcome.engine == EngineChoice::Transient;
    let mut lines = Vec::new();
    if !grid.is_empty() {
        lines.push(String::new());
        lines.extend(grid.lines(width));
    }
    let reasons = [
        ("Formula", view.formula.and_then(|formula| formula.why_not.as_deref())),
        // Most queues have no such law: who did not ask for it need not hear why.
        (
            "Exact law in time",
            view.transient.filter(|_| law.is_none() && asked_alone).and_then(|law| law.why_not.as_deref()),
        ),
        ("Fluid", view.fluid.and_then(|fluid| fluid.why_not.as_deref())),
    ];
    for (engine, reason) in reasons.into_iter().filter_map(|(engine, reason)| Some((engine, reason?))) {
        lines.extend(paragraph(&format!("  {engine}: {reason}."), 4, width));
    }
    lines
}

fn events_cell(quantity: &Quantity) -> String {
    quantity.events.map_or_else(|| "-".to_owned(), |estimate| shown(estimate, quantity.show))
}

fn fluid_cell(quantity: &Quantity) -> String {
    optional(quantity.fluid, quantity.show)
}

fn formula_cell(quantity: &Quantity) -> String {
    optional(quantity.formula, quantity.show)
}

fn transient_cell(quantity: &Quantity) -> String {
    optional(quantity.transient, quantity.show)
}

fn optional(value: Option<f64>, show: fn(f64) -> String) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "-".to_owned(), show)
}

/// Everything that more than one engine may know. The fluid M is what waits, so its counterpart is `ready`.
fn quantities<'a>(view: &QueueView<'a>) -> Vec<Quantity<'a>> {
    let (events, fluid, formula) = (view.summary, view.fluid, view.formula);
    let utilization = match view.groups().as_slice() {
        [(_, summary)] => summary.map(|summary| &summary.utilization),
        _ => None,
    };
    let (warmup_s, horizon_s) = (view.outcome.model.warmup_s, view.clock.horizon_s());
    let law = view.transient;
    let quantity =
        |name, show, events, fluid, formula, transient| Quantity { name, show, events, fluid, formula, transient };
    vec![
        quantity("busy", share, utilization, None, formula.and_then(|f| f.utilization), None),
        quantity("mean depth", count, events.map(|e| &e.depth.mean), None, None, law.and_then(|l| l.depth_mean)),
        quantity(
            "mean ready",
            count,
            events.map(|e| &e.ready.mean),
            // The fluid's area is that of the whole horizon: after a warm-up it would be another question.
            fluid.and_then(|f| f.backlog_area).filter(|_| warmup_s == 0.0).map(|area| area / horizon_s),
            formula.and_then(|f| f.ready_mean),
            law.and_then(|l| l.ready_mean),
        ),
        quantity("most ready", count, events.map(|e| &e.ready.max), fluid.and_then(|f| f.max_backlog), None, None),
        quantity(
            "waiting share",
            share,
            events.map(|e| &e.wait_s.probability),
            None,
            formula.and_then(|f| f.wait_probability),
            law.and_then(|l| l.wait_probability),
        ),
        quantity(
            "mean wait",
            duration,
            events.map(|e| &e.wait_s.mean),
            None,
            formula.and_then(|f| f.wait_mean_s),
            law.and_then(|l| l.wait_mean_s),
        ),
        quantity(
            "p99 wait",
            duration,
            events.map(|e| &e.wait_s.p99),
            None,
            formula.and_then(|f| f.wait_p99_s),
            law.and_then(|l| l.wait_p99_s),
        ),
        quantity(
            "longest wait",
            duration,
            events.map(|e| &e.wait_s.max),
            fluid.and_then(|f| f.max_delay_s),
            None,
            None,
        ),
        quantity(
            "mean latency",
            duration,
            events.map(|e| &e.latency_s.mean),
            None,
            formula.and_then(|f| f.latency_mean_s),
            None,
        ),
        quantity(
            "p99 latency",
            duration,
            events.map(|e| &e.latency_s.p99),
            None,
            formula.and_then(|f| f.latency_p99_s),
            None,
        ),
        quantity(
            "last ready",
            number::duration,
            events.map(|e| &e.drained_at_s),
            fluid.and_then(|f| f.drained_at_s),
            None,
            None,
        ),
    ]
}
