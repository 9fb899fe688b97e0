//! `plan`: what may be chosen, and by what.
//!
//! Not here: whether its paths exist and its values are legal there; the scenario is loaded with them to find out.

use super::{Body, Code, Item};
use crate::scenario::collect::{Collector, Path};
use crate::scenario::source::Span;
use crate::scenario::{Axis, Minimise, NoAxis, PlanQuestion};

/// The question, and where each of its axes stands; `None` if it is absent or faulty.
pub(in crate::scenario) fn plan(root: &Item, collector: &mut Collector) -> Option<(PlanQuestion, Vec<(Span, Path)>)> {
    let item = root.field("plan")?;
    let Body::Fields(_) = item.body else { return None };
    let (minimise, confidence) = (item.word("minimise", "cost"), item.or("confidence", 0.95));
    let written = match item.field("vary") {
        None => &[][..],
        Some(vary) if matches!(vary.body, Body::Bad) => return None,
        Some(vary) => vary.named(),
    };
    let axes: Vec<Option<Axis>> = written.iter().map(|(path, values)| axis(path, values, collector)).collect();
    let question = PlanQuestion {
        vary: axes.into_iter().collect::<Option<Vec<Axis>>>()?,
        minimise: if minimise? == "cost" { Minimise::Cost } else { Minimise::ReplicaHours },
        confidence: confidence?,
    };
    Some((question, written.iter().map(|(_, values)| (values.span, values.path.clone())).collect()))
}

fn axis(path: &str, values: &Item, collector: &mut Collector) -> Option<Axis> {
    let read = match &values.body {
        Body::Text(text) => Axis::values_of(text),
        Body::List(items) => Axis::without_twins(items.iter().filter_map(Item::text).map(ToOwned::to_owned).collect()),
        _ => return None,
    };
    match read {
        Ok(values) => Some(Axis { path: path.to_owned(), values }),
        Err(NoAxis { what, help }) => {
            let code = if what.contains("empty") { Code::Empty } else { Code::OutOfRange };
            collector.add(code, values.span, &values.path, what).help = Some(help);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Faults, Limits, Loaded, Source, load};

    fn loaded(plan: &str) -> Result<Loaded, Faults> {
        let text = format!(
            "horizon: 1h\nproducers: {{p: {{to: q, rate: 1/s}}}}\nqueues: {{q: {{}}}}\n\
             consumers: {{g: {{from: q, replicas: 2, service: 100ms}}}}\nplan: {plan}\n"
        );
        load(&Source::from_text("s.yaml", text), &[], &Limits::default())
    }

    #[test]
    fn a_plan_is_read() {
        let plan =
            loaded("{vary: {consumers.g.replicas: \"1..3\", producers.p.rate: [1/s, {constant: 2/s}]}}").unwrap();
        let plan = plan.planning.plan.unwrap();
        assert_eq!(plan.vary[0].values, ["1", "2", "3"]);
        assert_eq!(plan.vary[1].values, ["1/s", "{constant: 2/s}"]);
        assert_eq!((plan.minimise, plan.confidence), (Minimise::Cost, 0.95));
        let other = loaded("{minimise: replica_hours, confidence: 99%}").unwrap().planning.plan.unwrap();
        assert_eq!((other.vary.len(), other.minimise, other.confidence), (0, Minimise::ReplicaHours, 0.99));
    }

    #[test]
    fn what_cannot_be_varied_is_shown_where_it_stands() {
        for (plan, why) in [
            ("{vary: {consumers.g.replicas: \"5..3\"}}", "is empty"),
            ("{vary: {consumers.g.replicas: []}}", "is empty"),
            ("{vary: {}}", "nothing in it"),
            ("{vary: {consumers.g.replicas: [2, 2]}}", "there twice"),
            ("{vary: {consumers.h.replicas: \"1..3\"}}", "there is no \"h\""),
            ("{vary: {consumers.g.replicsa: [1, 2]}}", "has no key"),
            ("{vary: {consumers.g.concurrency: \"0..3\"}}", "cannot be 0"),
            ("{vary: {consumers.g.service: [1s, 2]}}", "cannot be 2"),
            ("{vary: {consumers.g.replicas: \"1..3\"}, minimize: cost}", "has no key"),
            ("{confidence: 100%}", "100%"),
        ] {
            let faults = loaded(plan).unwrap_err();
            assert_eq!(faults.errors(), 1, "{plan}: {faults}");
            let fault = &faults.0[0];
            assert!(fault.message.contains(why), "{plan}: {}", fault.message);
            assert_eq!(fault.place.as_ref().unwrap().line, Some(5), "{plan}");
        }
    }
}
