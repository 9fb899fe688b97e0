//! Items → the model: everything that takes two values to see.
//!
//! A builder returns `None` for what is faulty; the fault has been reported, here or by `decode`, so nothing that
//! follows from it is reported again. All values of a section are read before any of them is missed, so that one fault
//! does not hide another.

// Outside, `None` is a faulty value; inside, one that is absent.
#![allow(clippy::option_option)]

mod checks;
mod connections;
mod cycles;
mod deliveries;
mod distributions;
mod groups;
mod plan;
mod planning;
mod producers;
mod queues;
mod rates;
mod scaling;
mod slos;
mod topology;

use std::path::Path as FilePath;

pub(super) use planning::growth_and_zones;

use super::Limits;
use super::collect::{Collector, Path};
use super::decode::{Body, Item};
use super::fault::{Code, Fault};
use super::source::Span;
use super::suggest;
use crate::model::{Model, Path as QueuePath, QueueId, Replications};
pub(super) use plan::plan;
use scaling::ManifestFiles;

use crate::units::{quoted, show_duration};

/// Rows of the time series that are still written.
const MAX_ROWS: f64 = 1e6;

/// What building needs to know beside the item at hand.
pub(super) struct Builder<'a> {
    /// Where faults go.
    pub collector: &'a mut Collector,
    folder: &'a FilePath,
    limits: &'a Limits,
    queues: Vec<String>,
    topics: Vec<String>,
    /// Resources with their slots, if those are readable.
    resources: Vec<(String, Option<u32>)>,
    /// Measured paths: those with a name, then those that only a promise speaks of.
    paths: Vec<QueuePath>,
    start: Option<(jiff::Timestamp, i32)>,
    horizon_s: Option<f64>,
    currency: Option<(String, Span)>,
    manifests: ManifestFiles,
}

impl Item {
    /// The value of a key, if it is there.
    pub(super) fn field(&self, name: &str) -> Option<&Item> {
        match &self.body {
            Body::Fields(fields) => fields.iter().find(|(key, _)| *key == name).map(|(_, item)| item),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Body::Number(number) = self.body { Some(number) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Body::Text(text) = &self.body { Some(text) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Item]> {
        if let Body::List(items) = &self.body { Some(items) } else { None }
    }

    pub(super) fn named(&self) -> &[(String, Item)] {
        if let Body::Named(items) = &self.body { items } else { &[] }
    }

    /// The entries of the map from names under a key.
    pub(super) fn named_below(&self, name: &str) -> &[(String, Item)] {
        self.field(name).map_or(&[], Item::named)
    }

    /// The word under a key, or its default; `None` if it is faulty.
    pub(super) fn word(&self, name: &str, default: &'static str) -> Option<&str> {
        self.field(name).map_or(Some(default), Item::text)
    }

    /// The truth value under a key, or its default; `None` if it is faulty.
    pub(super) fn flag(&self, name: &str, default: bool) -> Option<bool> {
        self.field(name).map_or(Some(default), |item| item.text().map(|word| word == "true"))
    }

    /// The number under a key that must be there.
    pub(super) fn needed(&self, name: &str) -> Option<f64> {
        self.field(name)?.number()
    }

    /// The number under a key with a default; `None` if it is faulty.
    pub(super) fn or(&self, name: &str, default: f64) -> Option<f64> {
        self.maybe(name).map(|number| number.unwrap_or(default))
    }

    /// The truth value under a key with a default; `None` if it is faulty.
    pub(super) fn flag_or(&self, name: &str, default: bool) -> Option<bool> {
        self.field(name).map_or(Some(default), |item| item.text().map(|text| text == "true"))
    }

    /// What the word under a key stands for, or the default; `None` if it is faulty.
    pub(super) fn word_or<T>(&self, name: &str, default: T, meaning: impl FnOnce(&str) -> T) -> Option<T> {
        self.field(name).map_or(Some(default), |item| item.text().map(meaning))
    }

    /// The number under a key that may be absent: `Some(None)` then, and `None` if it is faulty.
    pub(super) fn maybe(&self, name: &str) -> Option<Option<f64>> {
        self.field(name).map_or(Some(None), |item| item.number().map(Some))
    }

    /// Two numbers.
    pub(super) fn pair(&self) -> Option<(f64, f64)> {
        match self.list()? {
            [first, second] => Some((first.number()?, second.number()?)),
            _ => None,
        }
    }

    /// A list of pairs of numbers.
    pub(super) fn pairs(&self) -> Option<Vec<(f64, f64)>> {
        self.list()?.iter().map(Item::pair).collect()
    }
}

/// Builds the model of a decoded scenario; `default_name` is the file's stem, if that is a legal name.
pub(super) fn build(
    root: &Item,
    default_name: Option<&str>,
    folder: &FilePath,
    limits: &Limits,
    collector: &mut Collector,
) -> Option<Model> {
    let names = |key: &str| root.named_below(key).iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let resource = |(name, item): &(String, Item)| (name.clone(), item.needed("slots").map(|slots| slots as u32));
    let mut builder = Builder {
        collector,
        folder,
        limits,
        queues: names("queues"),
        topics: names("topics"),
        resources: root.named_below("resources").iter().map(resource).collect(),
        paths: Vec::new(),
        start: root.field("start").and_then(|item| match item.body {
            Body::Timestamp(at, offset_s) => Some((at, offset_s)),
            _ => None,
        }),
        horizon_s: root.needed("horizon"),
        currency: None,
        manifests: ManifestFiles::default(),
    };
    builder.version(root);
    let name = builder.name(root, default_name);
    let times = builder.times(root);
    let replications = replications(root);
    let queues = builder.all_queues(root);
    let topics = builder.all_topics(root);
    let resources = builder.all_resources(root);
    let producers = builder.all_producers(root);
    let groups = builder.all_groups(root);
    let paths = builder.all_paths(root);
    let slos = builder.all_slos(root);
    builder.references(root);
    let title = root.maybe_text("title");
    let description = root.maybe_text("description");
    let seed = root.maybe("seed");
    let model = || {
        let (horizon_s, warmup_s, resolution_s) = times?;
        paths?;
        Some(Model {
            title: title?,
            description: description?,
            warmup_s,
            resolution_s,
            replications: replications?,
            seed: seed?.unwrap_or(1.0) as u64,
            start: builder.start.map(|(at, _)| at),
            start_offset_s: builder.start.map_or(0, |(_, offset_s)| offset_s),
            producers: producers?,
            queues: queues?,
            groups: groups?,
            topics: topics?,
            resources: resources?,
            slos: slos?,
            paths: std::mem::take(&mut builder.paths),
            ..Model::new(name?, horizon_s)
        })
    };
    let model = model();
    if let Some(model) = &model {
        builder.connections(root, model);
    }
    builder.scaled(root, model)
}

impl Item {
    fn maybe_text(&self, name: &str) -> Option<Option<String>> {
        self.field(name).map_or(Some(None), |item| item.text().map(|text| Some(text.to_owned())))
    }
}

impl Builder<'_> {
    /// The folder that the paths of CSV files start from.
    pub(super) fn folder(&self) -> &FilePath {
        self.folder
    }

    /// Whether this many bytes are more than there are.
    pub(super) fn over_memory(&self, bytes: u64) -> bool {
        !self.limits.allow_huge && self.limits.memory_bytes.is_some_and(|limit| bytes > limit)
    }

    /// Reports a fault about an item.
    pub(super) fn fault(&mut self, code: Code, item: &Item, message: impl Into<String>) -> &mut Fault {
        self.collector.add(code, item.span, &item.path, message)
    }

    /// The queue that an item names.
    pub(super) fn queue_id(&mut self, item: &Item) -> Option<QueueId> {
        let name = item.text()?;
        let found = self.queues.iter().position(|queue| queue == name);
        if found.is_none() && !self.queues.is_empty() {
            let names: Vec<&str> = self.queues.iter().map(String::as_str).collect();
            let is_topic = self.topics.iter().any(|topic| topic == name);
            let help = if is_topic {
                Some(format!("{} is a topic: name one of its queues", quoted(name)))
            } else {
                suggest::did_you_mean(name, &names)
            };
            self.fault(Code::UnknownReference, item, format!("there is no queue {}", quoted(name))).help = help;
        }
        found
    }

    fn version(&mut self, root: &Item) {
        let Some(item) = root.field("forebay") else { return };
        if item.number().is_some_and(|version| version != 1.0) {
            self.fault(Code::UnknownVersion, item, "this program knows only version 1 of the language").help =
                Some("write `forebay: 1`".to_owned());
        }
    }

    fn name(&mut self, root: &Item, default_name: Option<&str>) -> Option<String> {
        if let Some(item) = root.field("name") {
            return item.text().map(ToOwned::to_owned);
        }
        if default_name.is_none() {
            let message = "the scenario needs a `name`: the file's own is none";
            let span = Span { end: root.span.start, ..root.span };
            self.collector.add(Code::MissingKey, span, &Path::default().key("name"), message).help =
                Some("for example `name: flash-sale`".to_owned());
        }
        default_name.map(ToOwned::to_owned)
    }

    /// Horizon, warm-up and resolution in seconds.
    fn times(&mut self, root: &Item) -> Option<(f64, f64, f64)> {
        let warmup = root.maybe("warmup").map(|warmup| warmup.unwrap_or(0.0));
        let horizon_s = self.horizon_s?;
        if let (Some(item), Some(warmup_s)) = (root.field("warmup"), warmup)
            && warmup_s >= horizon_s
        {
            let message = "the warm-up ends at or after the horizon: nothing would be measured";
            let fault = self.fault(Code::OutsideHorizon, item, message);
            fault.label = Some(format!("the horizon is {}", show_duration(horizon_s)));
        }
        let resolution_s = root.maybe("resolution")?.unwrap_or(horizon_s / 360.0);
        if let Some(item) = root.field("resolution") {
            if resolution_s > horizon_s {
                self.fault(Code::OutsideHorizon, item, "the resolution is longer than the horizon").label =
                    Some(format!("the horizon is {}", show_duration(horizon_s)));
            }
            let rows = horizon_s / resolution_s;
            if rows > MAX_ROWS {
                let message =
                    format!("the time series would have {rows:.0} rows per queue; at most a million are written");
                let least = show_duration((horizon_s / MAX_ROWS).max(1e-6) * 1.001);
                self.fault(Code::OutOfRange, item, message).help = Some(format!("write `resolution: {least}` or more"));
            }
        }
        Some((horizon_s, warmup?, resolution_s))
    }

    /// Reports the entries that do not ascend strictly; `times` are seconds.
    pub(super) fn ascending(&mut self, items: &[Item], times: &[f64]) -> bool {
        let mut sound = true;
        for (i, pair) in times.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                sound = false;
                let (now, before) = (show_duration(pair[1]), show_duration(pair[0]));
                self.fault(Code::NotAscending, &items[i + 1], format!("{now} does not come after {before}")).help =
                    Some("times go up from entry to entry".to_owned());
            }
        }
        sound
    }

    /// Steps: ascending, the first at 0.
    pub(super) fn steps(&mut self, item: &Item) -> Option<Vec<(f64, f64)>> {
        let steps = item.pairs()?;
        let items = item.list()?;
        let times: Vec<f64> = steps.iter().map(|(at, _)| *at).collect();
        let mut sound = self.ascending(items, &times);
        if times.first().is_some_and(|first| *first != 0.0) {
            sound = false;
            let message = format!("the first step is at {}, not at 0s", show_duration(times[0]));
            self.fault(Code::NotAscending, &items[0], message).help =
                Some("begin with what holds from the start: `[0s, …]`".to_owned());
        }
        sound.then_some(steps)
    }

    /// Begin and end of an interval under two keys, the end after the begin.
    pub(super) fn interval(&mut self, item: &Item) -> Option<(f64, f64)> {
        let (from, until) = (item.needed("from"), item.needed("until"));
        let (from, until) = (from?, until?);
        if until > from {
            return Some((from, until));
        }
        let message = format!("it ends at {}, not after its begin at {}", show_duration(until), show_duration(from));
        let at = item.field("until")?;
        self.fault(Code::NotAscending, at, message);
        None
    }
}

fn replications(root: &Item) -> Option<Replications> {
    let Some(item) = root.field("replications") else { return Some(Replications::Fixed(20)) };
    match &item.body {
        Body::Number(count) => Some(Replications::Fixed(*count as u32)),
        Body::Fields(_) => {
            let (precision, at_most) = (item.needed("until"), item.maybe("at_most"));
            Some(Replications::Until { precision: precision?, at_most: at_most?.unwrap_or(200.0) as u32 })
        }
        _ => None,
    }
}
