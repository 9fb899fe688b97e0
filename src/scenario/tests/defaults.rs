//! The defaults that the table of keys names are those of the model.

use super::*;
use crate::scenario::table::{Key, Kind, Need, SCENARIO, Section};

fn with_strategy(strategy: &str) -> Result<Model, Faults> {
    let text = format!(
        "name: s\nhorizon: 2h\nstart: 2026-11-27T00:00:00Z\nproducers: {{p: {{to: orders, rate: 40/s}}}}\nqueues: \
         {{orders: {{}}}}\nconsumers: {{workers: {{from: orders, service: 20ms}}}}\nstrategies: {{it: {strategy}}}\n"
    );
    load(&Source::from_text("test.yaml", text), &[], &Limits::default()).map(|loaded| loaded.model)
}

/// A map with the keys that must be there, and some more with their values.
fn minimal(section: &Section, more: &[(&Key, &str)]) -> String {
    let is_more = |name: &str| more.iter().any(|(key, _)| key.name == name);
    let sets = section.alternatives;
    let chosen = sets.iter().find(|set| set.iter().any(|name| is_more(name))).or(sets.first()).copied().unwrap_or(&[]);
    let needed = section.keys.iter().filter(|key| key.need == Need::Required || chosen.contains(&key.name));
    let others = needed.filter(|key| !is_more(key.name)).map(|key| format!("{}: {}", key.name, key.example));
    let entries: Vec<String> = others.chain(more.iter().map(|(key, value)| format!("{}: {value}", key.name))).collect();
    format!("{{{}}}", entries.join(", "))
}

/// Compares every key that has a default with itself left out, in this section and those below; `within` makes a
/// strategy of the section's text.
fn compare(section: &'static Section, path: &str, within: &dyn Fn(&str) -> String, seen: &mut Vec<String>) {
    let below = section.keys.iter().filter_map(|key| match &key.kind {
        Kind::Section(below) => Some((key, below)),
        _ => None,
    });
    // A section that needs one of several keys is tried with an example of the first.
    let example: Vec<(&Key, &str)> = below.clone().take(1).map(|(key, _)| (key, key.example)).collect();
    let loads = |more: &[(&Key, &str)]| with_strategy(&within(&minimal(section, more))).ok();
    let base: &[(&Key, &str)] = if loads(&[]).is_some() { &[] } else { &example };
    if let Some(plain) = loads(base) {
        for key in section.keys {
            let Need::Default(default) = key.need else { continue };
            let same = loads(&[base, &[(key, default)]].concat());
            assert_eq!(same.as_ref(), Some(&plain), "{path}.{}: {default}", key.name);
            seen.push(format!("{path}.{}", key.name));
        }
    }
    for (key, below) in below {
        let inside = |text: &str| within(&minimal(section, &[(key, text)]));
        compare(below, &format!("{path}.{}", key.name), &inside, seen);
    }
}

#[test]
fn defaults_in_the_table_are_those_of_the_model() {
    let strategies = SCENARIO.keys.iter().find(|key| key.name == "strategies").unwrap();
    let Kind::Named(section) = &strategies.kind else { panic!("a map from names") };
    let mut seen = Vec::new();
    compare(section, "it", &ToOwned::to_owned, &mut seen);
    assert!(seen.len() > 100, "{}: {seen:?}", seen.len());
    for path in [
        "it.metric_age",
        "it.hpa.tolerance",
        "it.hpa.behavior.scale_up.select_policy",
        "it.keda.max",
        "it.keda.trigger.rabbitmq.activation",
        "it.keda.trigger.kafka.lag_threshold",
        "it.keda.scaling_modifiers.activation_target",
        "it.target_tracking.in_periods",
        "it.lambda_sqs.max",
        "it.predictive.staffing",
    ] {
        assert!(seen.iter().any(|one| one == path), "{path} is not compared: {seen:?}");
    }
}
