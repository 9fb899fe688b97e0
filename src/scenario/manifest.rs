//! Kubernetes manifests as they are applied to a cluster → strategies, and back.
//!
//! `HorizontalPodAutoscaler` (autoscaling/v2) and KEDA's `ScaledObject` and `ScaledJob` (keda.sh/v1alpha1), several
//! documents in a file, a `List` too. What decides nothing here (who to connect to, other kinds in the file) is passed
//! over; what might decide something and is not known is a warning that names it. Not here: clusters, and the scenario
//! language.

mod export;
mod fields;
mod hpa;
mod keda;
mod quantity;
mod trigger;
mod write;

#[cfg(test)]
mod tests;

pub use export::{Exported, NothingToExport, export};
pub(super) use write::telling_name;
pub use write::write;

use super::collect::{Collector, Path};
use super::fault::{Code, Fault, Faults, Place};
use super::source::{Source, Span};
use super::tree::{self, Node, Value};
use crate::model::scaling::{Signal, Strategy};
use fields::{Fields, Report};

/// What to do with a file that holds no scaler.
const HELP: &str = "name the file that `kubectl get hpa,scaledobject,scaledjob -o yaml` writes";

/// One scaler of a manifest file.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// `metadata.name`.
    pub name: String,
    /// `spec.scaleTargetRef.name`; a `ScaledJob` has none.
    pub target: Option<String>,
    /// What it means.
    pub strategy: Strategy,
}

/// Everything that a manifest file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifests {
    /// The scalers, in the order of the file; at least one.
    pub scalers: Vec<Manifest>,
    /// What was left out or guessed.
    pub warnings: Vec<Fault>,
}

/// Reads a manifest file.
///
/// # Errors
/// All faults of the file at once, with its warnings: broken YAML, no scaler in it, values that Kubernetes or KEDA
/// would refuse, triggers that are not modelled.
pub fn read(source: &Source) -> Result<Manifests, Faults> {
    let text = source.utf8().map_err(|fault| Faults(vec![*fault]))?;
    let mut collector = Collector::default();
    let id = collector.texts.add(&source.name, text);
    let roots: Vec<Node> =
        documents(text).filter_map(|(offset, piece)| tree::parse(piece, id, offset, &mut collector)).collect();
    let mut scalers = Vec::new();
    let mut others = Vec::new();
    let report = Report::new(collector);
    for root in roots.iter().filter(|root| !root.is_null()) {
        read_object(root, &report, &mut scalers, &mut others);
    }
    let mut collector = report.into_collector();
    let is_without = scalers.is_empty() && collector.errors() == 0;
    if is_without && others.is_empty() {
        let message = "there is no HorizontalPodAutoscaler, ScaledObject or ScaledJob in it";
        let mut fault = Fault::new(Code::MissingKey, message);
        fault.help = Some(HELP.to_owned());
        fault.place = Some(Place::whole_file(&source.name));
        return Err(Faults(vec![fault]));
    }
    for (span, kind) in others {
        if is_without {
            let message = format!("`{kind}` is no HorizontalPodAutoscaler, ScaledObject or ScaledJob");
            collector.add(Code::UnknownChoice, span, &Path::default(), message).help = Some(HELP.to_owned());
            continue;
        }
        collector.add(Code::ManifestLeftOut, span, &Path::default(), format!("`{kind}` is no scaler: left out"));
    }
    let errors = collector.errors();
    let faults = collector.into_faults();
    if errors == 0 { Ok(Manifests { scalers, warnings: faults }) } else { Err(Faults(faults)) }
}

/// The documents of a file with their offsets: a line that begins with `---` begins one, wherever it stands.
fn documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_marker =
        |line: &str| line.strip_prefix("---").is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace));
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && is_marker(line) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| (start, &text[start..end]))
}

fn read_object(root: &Node, report: &Report, scalers: &mut Vec<Manifest>, others: &mut Vec<(Span, String)>) {
    let Some(object) = Fields::of(root, Path::default(), report) else { return };
    let kind = object.text("kind");
    let version = object.text("apiVersion").unwrap_or_default();
    let manifest = match kind.as_deref() {
        Some("List") => {
            for item in object.list("items").into_iter().flatten() {
                read_object(item.node, report, scalers, others);
            }
            return;
        }
        Some("HorizontalPodAutoscaler") => hpa::read(&object, &version),
        Some("ScaledObject") => keda::scaled_object(&object),
        Some("ScaledJob") => keda::scaled_job(&object),
        Some(other) => return others.push((root.span, other.to_owned())),
        None => return object.needs("kind", "`HorizontalPodAutoscaler`, `ScaledObject` or `ScaledJob`"),
    };
    object.ignore(&["status"]);
    object.warn_unknown();
    scalers.extend(manifest);
}

/// What of a queue a metric with this name, or a query, shows; `None` where the name does not tell.
fn signal_of(name: &str) -> Option<Signal> {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_age = name.split(|sign: char| !sign.is_alphanumeric()).any(|word| word == "age");
    Some(match () {
        () if has(&["unack", "in_flight", "inflight", "notvisible", "not_visible"]) => Signal::Unacked,
        () if has(&["delayed"]) => Signal::Delayed,
        () if is_age || has(&["oldest"]) => Signal::OldestAge,
        () if has(&["publish"]) => Signal::PublishRate,
        () if has(&["deliver_", "delivered", "consumed"]) && !has(&["undelivered"]) => Signal::DeliverRate,
        () if has(&["utilization", "cpu", "busy"]) => Signal::Utilization,
        () if has(&["ready", "visible", "waiting"]) => Signal::Ready,
        () if has(&["lag", "message", "depth", "backlog", "queue", "undelivered", "length", "size"]) => Signal::Depth,
        () => return None,
    })
}

/// A span as the whole of a node's text, for faults about what it lacks.
fn head(node: &Node) -> Span {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node.span, |(key, _)| key.span),
        Value::List(_) | Value::Scalar { .. } => node.span,
    }
}
