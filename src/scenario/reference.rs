//! The reference of the scenario language in `docs/`, generated from the table of keys.
//!
//! The prose around the tables is in `reference/*.md`; a test keeps the file in `docs/` equal to what is generated, and
//! another one decodes every example.

use std::fmt::Write as _;

use super::fault::Code;
use super::presets::{PRESETS, Value};
use super::table::{self, Choice, Key, Kind, Need, Section};

/// `docs/scenario-language.md`: every key with type, default, unit and meaning, with examples.
pub fn reference_markdown() -> String {
    let mut text = include_str!("reference/introduction.md").to_owned();
    let mut sections = Sections { text: String::new(), written: Vec::new(), seen: Vec::new() };
    sections.section("Top level", &table::SCENARIO);
    text.push_str(&sections.text);
    text.push_str(&presets_markdown());
    text.push_str(include_str!("reference/examples.md"));
    text.push_str(
        "\n## Faults\n\nEvery fault has a code that stays the same; `W` codes are warnings.\n\n| code | \
        meaning |\n|---|---|\n",
    );
    for code in Code::ALL {
        let _ = writeln!(text, "| `{}` | {} |", code.id(), code.meaning());
    }
    text
}

/// Every preset with its defaults and their sources.
fn presets_markdown() -> String {
    let mut text = include_str!("reference/presets.md").to_owned();
    for preset in &PRESETS {
        let _ = write!(text, "\n### `{}`: {}\n\n", preset.name, preset.about);
        text.push_str("| where | key | default | effect | source |\n|---|---|---|---|---|\n");
        for default in preset.defaults {
            let value = match default.value {
                Value::Written(value) => code(value),
                Value::PerSlot(each) => format!("{each} × `concurrency`"),
            };
            let place = default.place.section();
            let _ =
                writeln!(text, "| {place} | `{}` | {value} | {} | {} |", default.key, default.effect, default.source);
        }
        let foreign: Vec<String> = preset
            .foreign
            .iter()
            .map(|foreign| foreign.word.map_or(code(foreign.key), |word| format!("`{}: {word}`", foreign.key)))
            .collect();
        let _ = write!(text, "\nNot of this broker: {}.\n\n", foreign.join(", "));
        for note in preset.notes {
            let _ = writeln!(text, "- {note}");
        }
    }
    text
}

/// Writes a section, then the sections that its keys lead to, each once.
struct Sections {
    text: String,
    written: Vec<String>,
    seen: Vec<*const Section>,
}

impl Sections {
    fn section(&mut self, heading: &str, section: &Section) {
        if self.seen.contains(&std::ptr::from_ref(section)) || !self.begin(heading, section.about) {
            return;
        }
        self.seen.push(section);
        self.keys(section.keys.iter());
        if !section.alternatives.is_empty() {
            let sets: Vec<String> = section.alternatives.iter().map(|set| codes(set, " with ")).collect();
            let _ = write!(self.text, "\nExactly one of: {}.\n", sets.join("; "));
        }
        self.below(section.keys.iter());
    }

    /// A choice; `bare` is what may be written instead of a map.
    fn choice(&mut self, choice: &Choice, bare: Option<&Kind>) {
        let about = match bare {
            Some(kind) => format!("Either {}, or a map with exactly one of these keys.", value(kind)),
            None => "A map with exactly one of these keys.".to_owned(),
        };
        if !self.begin(&capitalised(choice.what), &about) {
            return;
        }
        self.text.push_str("| key | value | meaning | example |\n|---|---|---|---|\n");
        for key in choice.variants {
            self.row(&[code(key.name), value(&key.kind), key.about.to_owned(), code(key.example)]);
        }
        self.below(choice.variants.iter());
    }

    fn begin(&mut self, heading: &str, about: &str) -> bool {
        if self.written.iter().any(|written| written == heading) {
            return false;
        }
        self.written.push(heading.to_owned());
        let _ = write!(self.text, "\n## {heading}\n\n");
        if !about.is_empty() {
            let _ = write!(self.text, "{about}\n\n");
        }
        true
    }

    fn keys<'t>(&mut self, keys: impl Iterator<Item = &'t Key>) {
        self.text.push_str("| key | value | default | meaning | example |\n|---|---|---|---|---|\n");
        for key in keys {
            let default = match key.need {
                Need::Required => "required".to_owned(),
                Need::Default(default) => format!("`{default}`"),
                Need::Optional => "–".to_owned(),
            };
            self.row(&[code(key.name), value(&key.kind), default, key.about.to_owned(), code(key.example)]);
        }
    }

    fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }

    fn below<'t>(&mut self, keys: impl Iterator<Item = &'t Key>) {
        for key in keys {
            self.kind(key.name, &key.kind);
        }
    }

    fn kind(&mut self, name: &str, kind: &Kind) {
        match kind {
            Kind::Section(section) | Kind::Named(section) => {
                self.section(&format!("`{name}`: {}", section.what), section);
            }
            Kind::Choice(choice) => self.choice(choice, None),
            Kind::Either([bare, Kind::Choice(choice)]) => self.choice(choice, Some(bare)),
            Kind::List(entry, _) | Kind::Values(entry) | Kind::OrNone(entry) => self.kind(name, entry),
            Kind::Either(kinds) => kinds.iter().for_each(|kind| self.kind(name, kind)),
            Kind::RateFunction | Kind::Distribution | Kind::Process => self.kind(name, kind.resolved()),
            _ => {}
        }
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn codes(names: &[&str], between: &str) -> String {
    names.iter().copied().map(code).collect::<Vec<_>>().join(between)
}

fn without_article(what: &str) -> &str {
    what.strip_prefix("a ").or_else(|| what.strip_prefix("an ")).unwrap_or(what)
}

fn capitalised(what: &str) -> String {
    let mut letters = without_article(what).chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What a value is, in a few words.
fn value(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Name => "name".to_owned(),
        Kind::QueueName => "name of a queue".to_owned(),
        Kind::DestinationName => "name of a queue or topic".to_owned(),
        Kind::PathName => "name of a path".to_owned(),
        Kind::Timestamp => "timestamp".to_owned(),
        Kind::Duration(span) if span.low < 0.0 => "duration, may be negative".to_owned(),
        Kind::Duration(span) if span.low > 0.0 => "duration above 0".to_owned(),
        Kind::Duration(_) => "duration".to_owned(),
        Kind::ClockOrDuration => "duration or clock time".to_owned(),
        Kind::Level => "rate (factor)".to_owned(),
        Kind::Rate(_) => "rate above 0".to_owned(),
        Kind::Share(_) => "share".to_owned(),
        Kind::Count(span) if span.low > 0.0 => format!("count from {}", span.low),
        Kind::Count(_) => "count".to_owned(),
        Kind::CountOrUnlimited(span) => format!("{}, or `unlimited`", value(&Kind::Count(*span))),
        Kind::Size(_) => "size in bytes".to_owned(),
        Kind::Number(span) if span.low < 0.0 => "number".to_owned(),
        Kind::Number(span) if span.open => format!("number above {}", span.low),
        Kind::Number(span) => format!("number from {}", span.low),
        Kind::Money => "price".to_owned(),
        Kind::Word(words) => {
            words.iter().map(|word| format!("`{}` ({})", word.text, word.about)).collect::<Vec<_>>().join(", ")
        }
        Kind::True => "`true`".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Statistic => "statistic".to_owned(),
        Kind::Limit => "limit".to_owned(),
        Kind::CellTexts => "map from columns to texts".to_owned(),
        Kind::Axes => "map from paths to ranges or lists of values".to_owned(),
        Kind::List(entry, _) => format!("list of: {}", value(entry)),
        Kind::Pair(first, second) => format!("[{}, {}]", value(first), value(second)),
        Kind::Section(_) => "map".to_owned(),
        Kind::Named(_) => "map from names".to_owned(),
        Kind::Values(kind) => format!("map from names, each to: {}", value(kind)),
        Kind::Choice(choice) => without_article(choice.what).to_owned(),
        Kind::OrNone(kind) => format!("{}, or `none`", value(kind)),
        Kind::Either(kinds) => kinds.iter().map(value).collect::<Vec<_>>().join(", or "),
        Kind::RateFunction | Kind::DayFunction => "rate function".to_owned(),
        Kind::FactorFunction => "factor function".to_owned(),
        Kind::SameFunction => "function".to_owned(),
        Kind::Distribution => "distribution".to_owned(),
        Kind::Process => "arrival process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::collect::{Collector, Path};
    use crate::scenario::table::Quantity;
    use crate::scenario::{Limits, Source, decode, load, render_all, tree};

    /// Decodes an example and panics with its faults.
    fn decodes(example: &str, kind: &'static Kind, context: decode::Context) {
        let mut collector = Collector::default();
        let source = collector.texts.add("example", example);
        let node = tree::parse(example, source, 0, &mut collector);
        if let Some(node) = &node {
            decode::decode(node, kind, node.span, Path::default(), context, &mut collector);
        }
        let faults = collector.into_faults();
        assert!(node.is_some() && faults.is_empty(), "{example}\n{}", render_all(&faults, false));
    }

    fn examples_below(keys: &'static [Key], context: decode::Context, seen: &mut Vec<*const Key>) {
        for key in keys {
            if seen.contains(&std::ptr::from_ref(key)) {
                continue;
            }
            seen.push(key);
            decodes(key.example, &key.kind, context);
            examples_of(&key.kind, context, seen);
        }
    }

    fn examples_of(kind: &'static Kind, context: decode::Context, seen: &mut Vec<*const Key>) {
        match kind.resolved() {
            Kind::Section(section) | Kind::Named(section) => examples_below(section.keys, context, seen),
            Kind::Choice(choice) => examples_below(choice.variants, context, seen),
            Kind::List(entry, _) | Kind::Values(entry) => examples_of(entry, context, seen),
            Kind::Either(kinds) => kinds.iter().for_each(|kind| examples_of(kind, context, seen)),
            _ => {}
        }
    }

    #[test]
    fn every_key_has_an_example_that_decodes() {
        let mut seen = Vec::new();
        let context = decode::Context { quantity: Quantity::Rate, in_day: false };
        examples_below(table::SCENARIO.keys, context, &mut seen);
        assert!(seen.len() > 100, "{}", seen.len());
    }

    #[test]
    fn every_scenario_in_the_reference_loads() {
        let text = reference_markdown();
        let mut found = 0;
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            found += 1;
            load(&Source::from_text("example.yaml", block), &[], &Limits::default())
                .unwrap_or_else(|faults| panic!("{block}\n{faults}"));
        }
        assert!(found >= 3);
    }

    #[test]
    fn the_reference_in_docs_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario-language.md");
        let generated = reference_markdown();
        if std::env::var_os("FOREBAY_UPDATE_DOCS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == generated, "run the tests once with FOREBAY_UPDATE_DOCS=1 to write {path}");
    }
}
