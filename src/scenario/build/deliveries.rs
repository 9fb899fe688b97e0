//! Deliveries of a consumer group: acks, failures, retries, crashes, batches, rebalances.

use super::{Body, Builder, Code, Item};
use crate::model::{Ack, AfterFailure, Batch, Contention, Crashes, Failures, Rebalance, RebalanceKind, Retry};
use crate::units::show_duration;

impl Builder<'_> {
    pub(super) fn ack(&mut self, item: &Item) -> Option<Ack> {
        let before = item.word("ack", "after")? == "before";
        if let (true, Some(at)) = (before, item.field("ack_timeout")) {
            self.fault(Code::Contradiction, at, "with `ack: before` nothing is unacked that could time out").help =
                Some("leave out one of the two".to_owned());
            return None;
        }
        Some(if before { Ack::Before } else { Ack::After })
    }

    /// Failures and the rest before their retry.
    pub(super) fn failures(&mut self, item: &Item) -> Option<Option<Failures>> {
        let retry = item.field("retry").map_or(Some(Retry::AtOnce), |retry| self.retry(retry));
        let Some(failures) = item.field("failures") else {
            if let Some(at) = item.field("retry") {
                self.fault(Code::Contradiction, at, "nothing fails, so nothing is retried").help =
                    Some("add for example `failures: {probability: 10%}`".to_owned());
            }
            return retry.map(|_| None);
        };
        if !matches!(failures.body, Body::Fields(_)) {
            return None;
        }
        let [probability, poison] = ["probability", "poison"].map(|key| failures.maybe(key));
        let (then, partial) = (self.after_failure(item, failures), self.partial(item, failures));
        let (probability, poison) = (probability?, poison?);
        if probability.is_none() && poison.is_none() {
            self.fault(Code::MissingKey, failures, "nothing ever fails with these `failures`").help =
                Some("write a `probability`, a `poison` share or both, or leave out `failures`".to_owned());
            return None;
        }
        let (probability, poison) = (probability.unwrap_or(0.0), poison.unwrap_or(0.0));
        Some(Some(Failures { probability, poison, then: then?, retry: retry?, partial: partial? }))
    }

    fn after_failure(&mut self, group: &Item, failures: &Item) -> Option<AfterFailure> {
        let before = group.word("ack", "after") == Some("before");
        let then = failures.word("then", if before { "drop" } else { "requeue" })?;
        let then = match then {
            "dead-letter" => AfterFailure::DeadLetter,
            "drop" => AfterFailure::Drop,
            _ => AfterFailure::Requeue,
        };
        if let (true, Some(at), true) = (before, failures.field("then"), then != AfterFailure::Drop) {
            let message = "with `ack: before` a message is done when it is delivered: it cannot return";
            self.fault(Code::Contradiction, at, message).help = Some("write `then: drop`, or `ack: after`".to_owned());
            return None;
        }
        if let (Some(at), true) = (group.field("retry"), then != AfterFailure::Requeue) {
            let message = "what fails does not return to its queue, so nothing is retried";
            self.fault(Code::Contradiction, at, message).help =
                Some("leave out `retry`, or let `failures` have `then: requeue`".to_owned());
            return None;
        }
        Some(then)
    }

    fn partial(&mut self, group: &Item, failures: &Item) -> Option<bool> {
        let partial = failures.flag("partial", false)?;
        if let (true, None, Some(at)) = (partial, group.field("batch"), failures.field("partial")) {
            self.fault(Code::Contradiction, at, "there are no batches that could fail in part").help =
                Some("add for example `batch: {size: 10}`, or leave it out".to_owned());
            return None;
        }
        Some(partial)
    }

    fn retry(&mut self, item: &Item) -> Option<Retry> {
        let delay = item.field("delay")?;
        let Body::Chosen("backoff", settings) = &delay.body else {
            return self.distribution(delay).map(Retry::Delay);
        };
        let [first_s, max_s] = ["first", "max"].map(|key| settings.needed(key));
        let [factor, jitter] = ["factor", "jitter"].map(|key| settings.maybe(key));
        let (first_s, max_s) = (first_s?, max_s?);
        if max_s < first_s {
            let at = settings.field("max")?;
            let message = format!("the longest rest is below the first, {}", show_duration(first_s));
            self.fault(Code::Contradiction, at, message).help = Some("exchange them, or raise `max`".to_owned());
            return None;
        }
        Some(Retry::Backoff { first_s, factor: factor?.unwrap_or(2.0), max_s, jitter: jitter?.unwrap_or(0.0) })
    }

    pub(super) fn crashes(item: &Item) -> Option<Option<Crashes>> {
        let Some(crashes) = item.field("crashes") else { return Some(None) };
        let (every_s, restart_s) = (crashes.needed("every"), crashes.maybe("restart"));
        Some(Some(Crashes { every_s: every_s?, restart_s: restart_s?.unwrap_or(0.0) }))
    }

    /// A batch that fits what a replica and the group may hold.
    pub(super) fn batch(&mut self, item: &Item) -> Option<Option<Batch>> {
        let Some(batch) = item.field("batch") else { return Some(None) };
        let (size, linger_s) = (batch.needed("size"), batch.maybe("linger"));
        let (size, linger_s) = (size?, linger_s?.unwrap_or(0.0));
        for (key, whose) in [("prefetch", "a replica holds"), ("in_flight_limit", "the group holds")] {
            let Some(at) = item.field(key) else { continue };
            if at.number().is_some_and(|most| most < size) {
                let message = format!("a batch of {size:.0} never fills: {whose} fewer messages");
                self.fault(Code::Contradiction, at, message).help =
                    Some(format!("write `{key}: {size:.0}` or more, or smaller batches"));
                return None;
            }
        }
        Some(Some(Batch { size: size as u32, linger_s }))
    }

    pub(super) fn rebalance(item: &Item) -> Option<Option<Rebalance>> {
        let Some(rebalance) = item.field("rebalance") else { return Some(None) };
        let kind = match rebalance.field("kind")?.text()? {
            "cooperative" => RebalanceKind::Cooperative,
            _ => RebalanceKind::Eager,
        };
        Some(Some(Rebalance { kind, pause_s: rebalance.needed("pause")? }))
    }

    pub(super) fn contention(item: &Item) -> Option<Option<Contention>> {
        let Some(contention) = item.field("contention") else { return Some(None) };
        let (sigma, kappa) = (contention.needed("sigma"), contention.maybe("kappa"));
        Some(Some(Contention { sigma: sigma?, kappa: kappa?.unwrap_or(0.0) }))
    }
}
