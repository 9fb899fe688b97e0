//! Presets: the defaults of a broker, for a queue and for the groups and producers around it.
//!
//! One table drives what is filled in, what is refused, `forebay explain` and the reference: preset → (place, key,
//! value, effect, source). A default is written into the tree before it is decoded, as if the user had written it at
//! the place of `preset`; what the user did write is left alone. Not here: what the keys mean (`build`), and what a
//! broker does that no key expresses: that is a note.

mod apply;
mod brokers;
mod logs;
mod sockets;

pub(super) use apply::apply;

use super::table::Word;

/// Where a key of a preset stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The queue itself.
    Queue,
    /// Every consumer group of the queue.
    Group,
    /// Every producer that publishes to the queue, directly or through a topic.
    Producer,
}

impl Place {
    /// The key of the scenario below which such a place has its name.
    pub fn section(self) -> &'static str {
        match self {
            Place::Queue => "queues",
            Place::Group => "consumers",
            Place::Producer => "producers",
        }
    }
}

/// The value of a default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// As it would be written.
    Written(&'static str),
    /// So many for each of the group's `concurrency`.
    PerSlot(u32),
}

/// When a default holds, beside its key being absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Only {
    Always,
    /// Unless the group has `ack: before`: then nothing is unacked.
    AckedAfter,
}

/// One default of a preset.
#[derive(Clone, Copy, Debug)]
pub struct Default {
    /// Where its key stands.
    pub place: Place,
    /// The key; `ttl.at` holds only where there is a `ttl`.
    pub key: &'static str,
    /// Its value.
    pub value: Value,
    /// When it holds.
    pub(super) only: Only,
    /// What it does, in a few words.
    pub effect: &'static str,
    /// Where the broker says so.
    pub source: &'static str,
}

/// A key, or one of its values, that makes no sense with a broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreign {
    pub place: Place,
    pub key: &'static str,
    /// The word that is refused; without it, the key is.
    pub word: Option<&'static str>,
    /// Why, and what to do instead.
    pub why: &'static str,
}

/// A broker and its defaults.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What is written in the scenario.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its defaults.
    pub defaults: &'static [Default],
    pub(super) foreign: &'static [Foreign],
    /// What the broker does that no key expresses, or that a number stands for.
    pub notes: &'static [&'static str],
}

/// Every preset.
pub const PRESETS: [Preset; 11] = [
    brokers::RABBITMQ_CLASSIC,
    brokers::RABBITMQ_QUORUM,
    logs::KAFKA,
    brokers::SQS_STANDARD,
    brokers::SQS_FIFO,
    logs::JETSTREAM,
    logs::REDIS_STREAM,
    sockets::ZEROMQ_PUB,
    sockets::ZEROMQ_PUSH,
    sockets::CELERY,
    sockets::EVENT_BUS,
];

/// The names of the presets, for the table of keys.
pub(super) static WORDS: [Word; PRESETS.len()] = {
    let mut words = [Word { text: "", about: "" }; PRESETS.len()];
    let mut k = 0;
    while k < PRESETS.len() {
        words[k].text = PRESETS[k].name;
        words[k].about = PRESETS[k].about;
        k += 1;
    }
    words
};

/// A default of a preset in a scenario, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The queue whose preset it is.
    pub queue: String,
    /// The preset.
    pub preset: &'static str,
    /// Where its key stands.
    pub place: Place,
    /// The queue, group or producer that has the key.
    pub name: String,
    /// The key.
    pub key: &'static str,
    /// Its value by default.
    pub default: String,
    /// What the user wrote instead.
    pub overridden: Option<String>,
    /// What it does, in a few words.
    pub effect: &'static str,
    /// Where the broker says so.
    pub source: &'static str,
}

impl Applied {
    /// Path of the key: `consumers.workers.prefetch`.
    pub fn path(&self) -> String {
        format!("{}.{}.{}", self.place.section(), self.name, self.key)
    }
}

const fn default(
    place: Place,
    key: &'static str,
    value: &'static str,
    effect: &'static str,
    source: &'static str,
) -> Default {
    Default { place, key, value: Value::Written(value), only: Only::Always, effect, source }
}

const fn foreign(place: Place, key: &'static str, why: &'static str) -> Foreign {
    Foreign { place, key, word: None, why }
}

#[cfg(test)]
mod tests;
