//! The scenario language as JSON Schema (draft 2020-12), for editors that complete and check while one types.
//!
//! Generated from the table of keys. It accepts everything that loads; what takes two values to see, and ranges of
//! quantities with units, are checked only by loading.

use serde_json::{Map, Value, json};

use super::table::{self, Choice, Key, Kind, Need, Section, Span};

/// The JSON Schema of a scenario file.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for (name, about, pattern) in SCALARS {
        definitions.insert(name.to_owned(), json!({ "description": about, "type": "string", "pattern": pattern }));
    }
    definitions.insert(
        "count".to_owned(),
        json!({
            "description": "A whole number; `k` stands for thousands, `M` for millions.",
            "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": r"^\+?\d+(\.\d+)?([eE][+-]?\d+)?[kM]$" }]
        }),
    );
    let text = json!({
        "description": "Text; YAML may read it as a number or a truth value.",
        "type": ["string", "number", "boolean"],
    });
    definitions.insert("text".to_owned(), text);
    definitions.insert("rateFunction".to_owned(), kind_schema(Kind::RateFunction.resolved(), Inside::Rate));
    definitions.insert("factorFunction".to_owned(), kind_schema(Kind::FactorFunction.resolved(), Inside::Factor));
    definitions.insert("dayFunction".to_owned(), kind_schema(Kind::DayFunction.resolved(), Inside::Day));
    definitions.insert("distribution".to_owned(), kind_schema(Kind::Distribution.resolved(), Inside::Rate));
    definitions.insert("process".to_owned(), kind_schema(Kind::Process.resolved(), Inside::Rate));
    definitions.insert("uncertain".to_owned(), section_schema(&table::UNCERTAIN, Inside::Rate));
    for (name, section) in table::SHARED {
        definitions.insert(name.to_owned(), section_schema(section, Inside::Rate));
    }
    let Value::Object(mut root) = section_schema(&table::SCENARIO, Inside::Rate) else { return Value::Null };
    root.shift_insert(0, "$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.shift_insert(1, "title".to_owned(), json!("forebay scenario"));
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

/// Name, meaning and pattern of the quantities that are always text.
const SCALARS: [(&str, &str, &str); 10] = [
    (
        "name",
        "Up to 100 letters, digits, `.`, `_` and `-`, beginning with a letter or digit.",
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    ),
    ("duration", "A duration: `250ms`, `30s`, `1h30m`.", r"^-?(\+?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(ms|s|m|h|d))+$"),
    ("clock", "A time of day: \"09:30\".", r"^\d{1,2}:\d{1,2}(:\d{1,2})?$"),
    ("rate", "A rate: `40/s`, `5k/min`, `1.2M/h`.", r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[kM]?/(s|min|h|d)$"),
    ("share", "A share: `60%`.", r"^\+?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%$"),
    ("money", "A price per time: `0.10 USD/h`.", r"^(\$\+?[0-9.eE+-]+|\+?[0-9.eE+-]+\s*[A-Z]{3})/(s|min|h|d)$"),
    ("size", "A size: `2KB`, `64KiB`.", r"^\+?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?([KMGT]i?)?B$"),
    ("timestamp", "RFC 3339 with an offset: `2026-11-27T08:00:00Z`.", r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}"),
    ("statistic", "`mean`, `max`, or a quantile such as `p99`.", r"^(mean|max|p\d{2,6})$"),
    ("queue", "The name of a queue.", r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"),
];

/// What surrounds a value.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Rate,
    Factor,
    Day,
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn any_of(options: &[Value]) -> Value {
    json!({ "anyOf": options })
}

/// Path → a range, or a list of values.
fn axes_schema() -> Value {
    let values = [json!({ "type": ["string", "number"] }), json!({ "type": "array", "minItems": 1 })];
    json!({ "type": "object", "minProperties": 1, "additionalProperties": any_of(&values) })
}

fn kind_schema(kind: &Kind, inside: Inside) -> Value {
    match kind {
        Kind::Text | Kind::Limit => reference("text"),
        Kind::Name | Kind::DestinationName | Kind::PathName => reference("name"),
        Kind::QueueName => reference("queue"),
        Kind::Timestamp => reference("timestamp"),
        Kind::Duration(_) if inside == Inside::Day => any_of(&[reference("duration"), reference("clock")]),
        Kind::Duration(_) => reference("duration"),
        Kind::ClockOrDuration => any_of(&[reference("duration"), reference("clock")]),
        Kind::Level if inside == Inside::Factor => json!({ "type": "number" }),
        Kind::Level | Kind::Rate(_) => reference("rate"),
        Kind::Share(_) => reference("share"),
        Kind::Count(_) => reference("count"),
        Kind::CountOrUnlimited(_) => any_of(&[reference("count"), json!({ "const": "unlimited" })]),
        Kind::Size(_) => reference("size"),
        Kind::Number(span) => number_schema(*span),
        Kind::Money => reference("money"),
        Kind::Word(words) => {
            let names: Vec<&str> = words.iter().map(|word| word.text).collect();
            json!({ "enum": names })
        }
        Kind::True => json!({ "const": true }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Statistic => reference("statistic"),
        Kind::CellTexts => json!({ "type": "object", "minProperties": 1, "additionalProperties": reference("text") }),
        Kind::Axes => axes_schema(),
        Kind::List(entry, least) => {
            json!({ "type": "array", "minItems": least, "items": kind_schema(entry, inside) })
        }
        Kind::Pair(first, second) => json!({
            "type": "array",
            "prefixItems": [kind_schema(first, inside), kind_schema(second, inside)],
            "minItems": 2,
            "maxItems": 2,
        }),
        Kind::Section(section) => match table::SHARED.iter().find(|(_, shared)| std::ptr::eq(*shared, *section)) {
            Some((name, _)) => reference(name),
            None => section_schema(section, inside),
        },
        Kind::Named(section) => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": reference("name"),
            "additionalProperties": section_schema(section, inside),
        }),
        Kind::Values(kind) => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": reference("name"),
            "additionalProperties": kind_schema(kind, inside),
        }),
        Kind::Choice(choice) => choice_schema(choice, inside),
        Kind::Uncertain(kind) => any_of(&[kind_schema(kind, inside), reference("uncertain")]),
        Kind::Bound => {
            any_of(&[reference("rate"), reference("duration"), reference("money"), json!({ "type": "number" })])
        }
        Kind::OrNone(kind) => any_of(&[kind_schema(kind, inside), json!({ "const": "none" })]),
        Kind::Either(kinds) => any_of(&kinds.iter().map(|kind| kind_schema(kind, inside)).collect::<Vec<_>>()),
        Kind::RateFunction => reference("rateFunction"),
        Kind::FactorFunction => reference("factorFunction"),
        Kind::DayFunction => reference("dayFunction"),
        Kind::SameFunction => reference(match inside {
            Inside::Rate => "rateFunction",
            Inside::Factor => "factorFunction",
            Inside::Day => "dayFunction",
        }),
        Kind::Distribution => reference("distribution"),
        Kind::Process => reference("process"),
    }
}

fn number_schema(span: Span) -> Value {
    let low = if span.open { "exclusiveMinimum" } else { "minimum" };
    json!({ "type": "number", low: span.low, "maximum": span.high })
}

/// What an editor shows beside a key.
fn described(key: &Key, inside: Inside) -> Value {
    let mut schema = kind_schema(&key.kind, inside);
    let default = match key.need {
        Need::Default(default) => format!(" Default: {default}."),
        _ => String::new(),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), json!(format!("{}{default}", key.about)));
    }
    schema
}

fn section_schema(section: &Section, inside: Inside) -> Value {
    let there = || section.keys.iter();
    let properties: Map<String, Value> = there().map(|key| (key.name.to_owned(), described(key, inside))).collect();
    let required: Vec<&str> = there().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    });
    if !section.alternatives.is_empty() {
        let sets: Vec<Value> = section.alternatives.iter().map(|set| alternative(set, section)).collect();
        schema["oneOf"] = json!(sets);
    }
    schema
}

/// One set of keys is there, and no key that belongs to another set only.
fn alternative(set: &[&str], section: &Section) -> Value {
    let mut others: Vec<&str> = section.alternatives.iter().flat_map(|set| set.iter().copied()).collect();
    others.retain(|key| !set.contains(key));
    others.sort_unstable();
    others.dedup();
    let absent: Vec<Value> = others.iter().map(|key| json!({ "required": [key] })).collect();
    json!({ "required": set, "not": { "anyOf": absent } })
}

fn choice_schema(choice: &Choice, inside: Inside) -> Value {
    let properties: Map<String, Value> =
        choice.variants.iter().map(|key| (key.name.to_owned(), described(key, inside))).collect();
    json!({
        "description": choice.what,
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_is_defined_and_every_key_described() {
        let schema = schema();
        let text = schema.to_string();
        for part in text.split("#/$defs/").skip(1) {
            let name = &part[..part.find('"').unwrap()];
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
        for key in table::SCENARIO.keys {
            let description = schema["properties"][key.name]["description"].as_str();
            assert!(description.is_some_and(|text| text.starts_with(key.about)), "{}", key.name);
        }
        assert_eq!(schema["required"], json!(["horizon", "queues"]));
        assert!(schema["properties"]["consumers"]["additionalProperties"]["properties"]["emits"].is_object());
    }
}
