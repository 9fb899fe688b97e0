//! What the presets of a scenario stand for: each default with its effect and its source, and what was written instead.

use serde_json::{Value, json};

use super::table::paragraph;
use crate::scenario::presets::{Applied, PRESETS, Preset};

/// The presets of a scenario for people, in lines of at most `width` columns.
pub fn presets(applied: &[Applied], scenario: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut queue = None;
    for (place, default) in applied.iter().enumerate() {
        if queue != Some(&default.queue) {
            queue = Some(&default.queue);
            lines.extend(paragraph(&headline(default), 2, width));
            lines.push(String::new());
        }
        lines.extend(entry(default, width));
        if applied.get(place + 1).is_none_or(|next| next.queue != default.queue) {
            lines.extend(notes(default.preset, width));
        }
    }
    if lines.is_empty() {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        let text = format!("No queue of {scenario} has a preset. There are {}.", names.join(", "));
        lines.extend(paragraph(&text, 2, width));
    }
    lines.join("\n")
}

/// The presets of a scenario for programs: an array of defaults.
pub fn presets_json(applied: &[Applied]) -> Value {
    let default = |default: &Applied| {
        json!({
            "queue": default.queue,
            "preset": default.preset,
            "path": default.path(),
            "default": default.default,
            "written": default.overridden,
            "effect": default.effect,
            "source": default.source,
        })
    };
    applied.iter().map(default).collect()
}

fn preset_of(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

fn headline(default: &Applied) -> String {
    let about = preset_of(default.preset).map_or("", |preset| preset.about);
    format!("{}: {} ({about})", default.queue, default.preset)
}

/// A default: its key and value, and below them what it does and where that is from.
fn entry(default: &Applied, width: usize) -> Vec<String> {
    let value = match &default.overridden {
        None => default.default.clone(),
        Some(written) => format!("{written}, written instead of {}", default.default),
    };
    let mut lines = paragraph(&format!("  {}: {value}", default.path()), 4, width);
    lines.extend(paragraph(&format!("    {}", default.effect), 4, width));
    lines.extend(paragraph(&format!("    [{}]", default.source), 5, width));
    lines.push(String::new());
    lines
}

/// What the broker does beside that.
fn notes(preset: &str, width: usize) -> Vec<String> {
    let notes = preset_of(preset).map_or(&[][..], |preset| preset.notes);
    let mut lines: Vec<String> =
        notes.iter().flat_map(|note| paragraph(&format!("  Note: {note}"), 4, width)).collect();
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Limits, Source, load};

    fn applied(queues: &str) -> Vec<Applied> {
        let text = format!(
            "name: s\nhorizon: 1h\nproducers: {{p: {{to: q, rate: 1/s}}}}\nqueues: {{q: {queues}}}\n\
             consumers: {{c: {{from: q, replicas: 1, service: 10ms, prefetch: 8}}}}\n"
        );
        load(&Source::from_text("s.yaml", text), &[], &Limits::default()).unwrap().presets
    }

    #[test]
    fn every_default_is_told_with_its_source_within_the_width() {
        for preset in PRESETS {
            let applied = applied(&format!("{{preset: {}}}", preset.name));
            let text = presets(&applied, "s", 80);
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for default in &applied {
                for part in [&default.path(), default.effect, default.source] {
                    assert!(words.contains(part), "{part} in {text}");
                }
            }
            for note in preset.notes {
                assert!(words.contains(note), "{note} in {text}");
            }
            assert_eq!(presets_json(&applied).as_array().unwrap().len(), applied.len());
        }
    }

    #[test]
    fn what_was_written_instead_is_shown() {
        let quorum = applied("{preset: rabbitmq-quorum, delivery_limit: 5}");
        let text = presets(&quorum, "s", 80);
        assert!(text.contains("queues.q.delivery_limit: 5, written instead of 21"), "{text}");
        assert!(text.contains("consumers.c.prefetch: 8, written instead of unlimited"), "{text}");
        let written: Vec<Value> = presets_json(&quorum).as_array().unwrap().clone();
        let limit = written.iter().find(|default| default["path"] == "queues.q.delivery_limit").unwrap();
        assert_eq!((&limit["default"], &limit["written"]), (&json!("21"), &json!("5")));
    }

    #[test]
    fn a_scenario_without_presets_says_which_there_are() {
        let text = presets(&applied("{}"), "s", 80);
        assert!(text.starts_with("No queue of s has a preset.") && text.contains("rabbitmq-quorum"), "{text}");
    }
}
