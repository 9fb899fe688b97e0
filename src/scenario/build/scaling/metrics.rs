//! What of a queue a strategy looks at, and its target in the unit of the metric.

use super::{Body, Builder, Item};
use crate::model::scaling::Signal;
use crate::scenario::decode::limit;
use crate::scenario::table::{ABOVE_0, ANY, FROM_0, INSTANT, Kind, LENGTH, SIGNED, Span};

/// What a limit may be.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// A target: above 0.
    Target,
    /// An activation: 0 or more.
    Activation,
    /// A distance from a threshold: any.
    Distance,
}

/// The unit of a metric.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Messages,
    PerSecond,
    Time,
    Share,
}

const SHARE: Span = Span { low: -1e6, open: false, high: 1e6 };

static MESSAGES: [Kind; 3] = [Kind::Number(ABOVE_0), Kind::Number(FROM_0), Kind::Number(ANY)];
static PER_SECOND: [Kind; 3] = [Kind::Rate(ABOVE_0), Kind::Rate(FROM_0), Kind::Rate(ANY)];
static TIME: [Kind; 3] = [LENGTH, INSTANT, SIGNED];
static SHARES: [Kind; 3] =
    [Kind::Share(Span { low: 0.0, open: true, ..SHARE }), Kind::Share(Span { low: 0.0, ..SHARE }), Kind::Share(SHARE)];

impl Unit {
    pub fn of(signal: Signal) -> Self {
        match signal {
            Signal::Ready | Signal::Depth | Signal::Unacked | Signal::Delayed => Unit::Messages,
            Signal::PublishRate | Signal::DeliverRate => Unit::PerSecond,
            Signal::OldestAge => Unit::Time,
            Signal::Utilization => Unit::Share,
        }
    }
}

/// The metric that a key or word names, and whether it is divided by the ready replicas.
pub(super) fn metric_named(name: &str) -> (Signal, bool) {
    let (name, per_replica) = match name.strip_suffix("_per_replica") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let signal = match name {
        "ready" => Signal::Ready,
        "depth" | "lag" => Signal::Depth,
        "unacked" => Signal::Unacked,
        "delayed" => Signal::Delayed,
        "publish_rate" => Signal::PublishRate,
        "deliver_rate" => Signal::DeliverRate,
        "oldest_age" => Signal::OldestAge,
        "utilization" => Signal::Utilization,
        _ => unreachable!("the table of keys lists no metric {name}"),
    };
    (signal, per_replica)
}

impl Builder<'_> {
    /// A limit in the unit of its metric; reports what is wrong with it.
    pub(super) fn limit(&mut self, item: &Item, unit: Unit, what: Limit) -> Option<f64> {
        let kinds = match unit {
            Unit::Messages => &MESSAGES,
            Unit::PerSecond => &PER_SECOND,
            Unit::Time => &TIME,
            Unit::Share => &SHARES,
        };
        limit(item, &kinds[what as usize], self.collector)
    }

    /// The limit under a key with a default.
    pub(super) fn limit_or(&mut self, item: &Item, key: &str, unit: Unit, what: Limit, default: f64) -> Option<f64> {
        item.field(key).map_or(Some(default), |item| self.limit(item, unit, what))
    }
}

/// A metric with a bare target: what it is, whether per ready replica, the target.
pub(super) fn tracked(item: &Item) -> Option<(Signal, bool, f64)> {
    let Body::Chosen(name, target) = &item.body else { return None };
    let (signal, per_replica) = metric_named(name);
    Some((signal, per_replica, target.number()?))
}
