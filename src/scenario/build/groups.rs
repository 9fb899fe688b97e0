//! Consumer groups.

use super::{Body, Builder, Code, Item};
use crate::model::{ConsumerGroup, Cost, Distribution, RateLimit, Replicas, Shutdown};
use crate::scenario::table::Quantity;
use crate::units::show_duration;

/// Most slots of a group: replicas × concurrency.
pub(super) const MAX_SLOTS: f64 = 1e7;

impl Builder<'_> {
    pub(super) fn all_groups(&mut self, root: &Item) -> Option<Vec<ConsumerGroup>> {
        let Some(groups) = root.field("consumers") else { return Some(Vec::new()) };
        if matches!(groups.body, Body::Bad) {
            return None;
        }
        let built: Vec<Option<ConsumerGroup>> =
            groups.named().iter().map(|(name, item)| self.group(name, item)).collect();
        built.into_iter().collect()
    }

    fn group(&mut self, name: &str, item: &Item) -> Option<ConsumerGroup> {
        if !matches!(item.body, Body::Fields(_)) {
            return None;
        }
        let from = item.field("from").and_then(|from| self.queue_id(from));
        // Without, it is whoever scales the group that decides.
        let replicas = item.field("replicas").map_or(Some(Replicas::Fixed(0)), |replicas| self.replicas(replicas));
        let concurrency = item.maybe("concurrency").map(|concurrency| concurrency.unwrap_or(1.0));
        let prefetch = item.maybe("prefetch");
        let service = self.service(item);
        let overhead = self.maybe_distribution(item, "overhead");
        let startup = self.maybe_distribution(item, "startup");
        let speed = match item.field("speed") {
            None => Some(None),
            Some(speed) => self.checked_function(speed, Quantity::Factor).map(Some),
        };
        let speeds = match item.field("speeds") {
            None => Some(Vec::new()),
            Some(speeds) => speeds.list().and_then(|speeds| speeds.iter().map(Item::number).collect()),
        };
        let rate_limit = match item.field("rate_limit") {
            None => Some(None),
            Some(limit) => {
                let (rate, burst) = (limit.needed("rate"), limit.maybe("burst"));
                rate.and_then(|rate_per_s| Some(Some(RateLimit { rate_per_s, burst: burst?.unwrap_or(1.0) })))
            }
        };
        let shutdown = item.field("shutdown").map_or(Some(Shutdown::Finish), shutdown);
        let outages = item.field("outages").map_or(Some(Vec::new()), |outages| self.outages(outages));
        let cost = item.field("cost").map_or(Some(None), |cost| self.cost(cost).map(Some));
        let (ack, ack_timeout_s, failures) = (self.ack(item), item.maybe("ack_timeout"), self.failures(item));
        let (crashes, batch, in_flight) = (Self::crashes(item), self.batch(item), item.maybe("in_flight_limit"));
        let (uses, emits) = (self.uses(item), self.emits(item));
        self.slots(item, replicas.as_ref(), concurrency);
        self.takes_time(item, service.as_ref(), overhead.as_ref().and_then(Option::as_ref));
        let (concurrency, batch) = (concurrency? as u32, batch?);
        let worked_on = concurrency.saturating_mul(batch.map_or(1, |batch| batch.size));
        Some(ConsumerGroup {
            replicas: replicas?,
            concurrency,
            prefetch: prefetch?.map_or(worked_on, |prefetch| prefetch as u32),
            overhead: overhead?,
            speed: speed?,
            speeds: speeds?,
            rate_limit: rate_limit?,
            startup: startup?,
            shutdown: shutdown?,
            ack: ack?,
            ack_timeout_s: ack_timeout_s?,
            failures: failures?,
            crashes: crashes?,
            batch,
            in_flight_limit: in_flight?.map(|limit| limit as u32),
            rebalance: Self::rebalance(item)?,
            contention: Self::contention(item)?,
            uses: uses?,
            emits: emits?,
            outages: outages?,
            cost: cost?,
            ..ConsumerGroup::new(name, from?, 1, service?)
        })
    }

    /// How many replicas there are, as far as nobody scales them.
    fn replicas(&mut self, item: &Item) -> Option<Replicas> {
        let replicas = match &item.body {
            Body::Number(replicas) => Replicas::Fixed(*replicas as u32),
            Body::Chosen(_, steps) => {
                let read = self.steps(steps)?;
                self.late_steps(steps, &read);
                Replicas::Steps(read.into_iter().map(|(at_s, replicas)| (at_s, replicas as u32)).collect())
            }
            _ => return None,
        };
        Some(replicas)
    }

    pub(super) fn late_steps(&mut self, item: &Item, steps: &[(f64, f64)]) {
        let (Some(horizon_s), Some(items)) = (self.horizon_s, item.list()) else { return };
        if let Some(late) = steps.iter().position(|(at_s, _)| *at_s >= horizon_s) {
            let message = format!("this step is at {}, not before the horizon", show_duration(steps[late].0));
            self.fault(Code::BeyondHorizon, &items[late], message);
        }
    }

    fn service(&mut self, item: &Item) -> Option<Distribution> {
        match (item.field("service"), item.field("service_rate")) {
            (Some(service), None) => self.distribution(service),
            (None, Some(rate)) => rate.number().map(|per_s| Distribution::Exponential { mean_s: per_s.recip() }),
            _ => None,
        }
    }

    /// A message must take some time, or there would be no limit to what a slot does.
    fn takes_time(&mut self, item: &Item, service: Option<&Distribution>, overhead: Option<&Distribution>) {
        let Some(service) = service else { return };
        let total_s = service.mean() + overhead.map_or(0.0, Distribution::mean);
        let (Some(at), false) = (item.field("service"), total_s > 0.0 && total_s.is_finite()) else { return };
        let message = if total_s > 0.0 {
            "the mean service time is not a finite number"
        } else {
            "a message takes no time at all: capacity would be infinite"
        };
        self.fault(Code::OutOfRange, at, message).help =
            Some("a service time or an overhead above 0 is needed, e.g. `service: 0.1ms`".to_owned());
    }

    fn slots(&mut self, item: &Item, replicas: Option<&Replicas>, concurrency: Option<f64>) {
        let (Some(replicas), Some(concurrency), Some(at)) = (replicas, concurrency, item.field("replicas")) else {
            return;
        };
        let slots = f64::from(replicas.most()) * concurrency;
        if slots > MAX_SLOTS {
            let message = format!("{} replicas with {concurrency:.0} slots each are {slots:.0} slots", replicas.most());
            self.fault(Code::TooManySlots, at, message).label = Some("at most ten million are simulated".to_owned());
        }
    }

    /// Ascending and disjoint; those that touch become one.
    pub(super) fn outages(&mut self, item: &Item) -> Option<Vec<(f64, f64)>> {
        let outages = item.pairs()?;
        let items = item.list()?;
        let mut sound = true;
        let mut merged: Vec<(f64, f64)> = Vec::new();
        for (at, &(from_s, until_s)) in items.iter().zip(&outages) {
            let before = merged.last().map_or(0.0, |(_, until_s)| *until_s);
            if until_s <= from_s {
                sound = false;
                let message = format!("this outage ends at {}, not after its begin", show_duration(until_s));
                self.fault(Code::NotAscending, at, message);
                continue;
            }
            if from_s < before {
                sound = false;
                let message = format!("this outage begins before the one before it ends at {}", show_duration(before));
                self.fault(Code::NotAscending, at, message).help =
                    Some("outages are in order and do not overlap".to_owned());
            } else if self.horizon_s.is_some_and(|horizon_s| from_s >= horizon_s) {
                self.fault(Code::BeyondHorizon, at, "this outage begins at or after the horizon");
            }
            match merged.last_mut() {
                Some(last) if last.1 == from_s => last.1 = until_s,
                _ => merged.push((from_s, until_s)),
            }
        }
        sound.then_some(merged)
    }

    fn cost(&mut self, item: &Item) -> Option<Cost> {
        let Body::Money(price) = &item.body else { return None };
        match &self.currency {
            Some((currency, first)) if *currency != price.currency => {
                let other = (self.collector.texts.place(*first), format!("{currency} here"));
                let message = format!("one file has one currency, not {currency} and {}", price.currency);
                self.fault(Code::TwoCurrencies, item, message).other = Some(other);
                return None;
            }
            Some(_) => {}
            None => self.currency = Some((price.currency.clone(), item.span)),
        }
        Some(Cost { per_hour: price.per_hour, currency: price.currency.clone() })
    }
}

fn shutdown(item: &Item) -> Option<Shutdown> {
    match &item.body {
        Body::Text(word) => Some(if word == "requeue" { Shutdown::Requeue } else { Shutdown::Finish }),
        Body::Chosen(_, grace) => grace.number().map(Shutdown::FinishWithin),
        _ => None,
    }
}
