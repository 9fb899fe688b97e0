//! Promises.

use super::{Body, Builder, Code, Item};
use crate::model::{Level, Promise, Quantile, Slo, Window};
use crate::scenario::decode::limit;
use crate::scenario::table::{ABOVE_0, Kind, LENGTH, Span};
use crate::units::show_duration;

static DURATION_LIMIT: Kind = LENGTH;
static COUNT_LIMIT: Kind = Kind::Count(ABOVE_0);
static SHARE_LIMIT: Kind = Kind::Share(Span { low: 0.0, open: true, high: 1.0 });

impl Builder<'_> {
    pub(super) fn all_slos(&mut self, root: &Item) -> Option<Vec<Slo>> {
        let Some(slos) = root.field("slo") else { return Some(Vec::new()) };
        if matches!(slos.body, Body::Bad) {
            return None;
        }
        let built: Vec<Option<Slo>> = slos.named().iter().map(|(name, item)| self.slo(name, item, root)).collect();
        built.into_iter().collect()
    }

    fn slo(&mut self, name: &str, item: &Item, root: &Item) -> Option<Slo> {
        if !matches!(item.body, Body::Fields(_)) {
            return None;
        }
        let path = item.field("path").map(|path| self.path_id(path, root));
        let queue = match (item.field("queue"), path) {
            (Some(queue), _) => self.queue_id(queue),
            (None, path) => path.flatten().and_then(|path| self.paths[path].queues.last().copied()),
        };
        let promise = self.promise(item);
        let during = match item.field("during") {
            None => Some(None),
            Some(during) => self.window(during).map(Some),
        };
        Some(Slo { name: name.to_owned(), queue: queue?, path: path.flatten(), promise: promise?, during: during? })
    }

    fn promise(&mut self, item: &Item) -> Option<Promise> {
        let below = item.field("below");
        let mut read = |kind: &'static Kind| below.and_then(|below| limit(below, kind, self.collector));
        if let Some(latency) = item.field("latency") {
            let limit_s = read(&DURATION_LIMIT);
            return Some(Promise::Latency(quantile(latency)?, limit_s?));
        }
        if let Some(wait) = item.field("wait") {
            let limit_s = read(&DURATION_LIMIT);
            return Some(Promise::Wait(quantile(wait)?, limit_s?));
        }
        if let Some(depth) = item.field("depth") {
            let limit = read(&COUNT_LIMIT);
            let level = match quantile(depth)? {
                Quantile::Mean => Level::Mean,
                Quantile::Max => Level::Max,
                Quantile::P(share) => Level::P(share),
            };
            return Some(Promise::Depth(level, limit?));
        }
        if item.field("loss").is_some() {
            return read(&SHARE_LIMIT).map(Promise::LossShare);
        }
        let by = item.field("by")?;
        let by_s = by.number()?;
        let horizon_s = self.horizon_s?;
        if by_s > horizon_s {
            self.fault(Code::OutsideHorizon, by, "this promise is about a time after the horizon").label =
                Some(format!("the horizon is {}", show_duration(horizon_s)));
            return None;
        }
        Some(Promise::DrainedBy(by_s))
    }

    fn window(&mut self, item: &Item) -> Option<Window> {
        let (from_s, until_s) = item.pair()?;
        let horizon_s = self.horizon_s?;
        if until_s <= from_s {
            let message = format!("the window ends at {}, not after its begin", show_duration(until_s));
            self.fault(Code::NotAscending, item, message);
            return None;
        }
        if until_s > horizon_s {
            self.fault(Code::OutsideHorizon, item, "the window ends after the horizon").label =
                Some(format!("the horizon is {}", show_duration(horizon_s)));
            return None;
        }
        Some(Window { from_s, until_s })
    }
}

/// `mean`, `max`, or the digits after the point: p99 is 0.99, p999 is 0.999.
fn quantile(item: &Item) -> Option<Quantile> {
    match item.text()? {
        "mean" => Some(Quantile::Mean),
        "max" => Some(Quantile::Max),
        text => format!("0.{}", text.strip_prefix('p')?).parse().ok().map(Quantile::P),
    }
}
