//! Every shipped scenario's `summary.json`, kept in `tests/goldens/`, all of it but the seconds that it took.
//!
//! A golden shows change, never truth, and its digits belong to the platform of CI: elsewhere one rounding may reorder two
//! events. `UPDATE_GOLDENS=1 cargo test --test goldens` writes them anew; the commit says why the numbers moved.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // Tests may panic, and figures are shown with --nocapture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use forebay::report::summary_json;
use forebay::scenario::{Limits, Source, load};
use forebay::study::{RunOptions, run};
use serde_json::Value;

/// Differences that are shown of one scenario.
const SHOWN: usize = 12;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The stems of the files of one kind.
fn stems(folder: &Path, extension: &str) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// What `forebay run` writes, without the time that it took.
fn summary(scenario: &str) -> String {
    let source = Source::read(&folder("scenarios").join(format!("{scenario}.yaml"))).unwrap();
    let loaded = load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{scenario}: {faults:?}"));
    let mut summary = summary_json(&run(&loaded.model, &RunOptions::default(), &|_| {}).unwrap());
    assert!(summary.as_object_mut().unwrap().shift_remove("wall_s").is_some());
    format!("{summary:#}\n")
}

/// Adds `path: golden → now` for everything that differs.
fn differences(path: &str, golden: &Value, now: &Value, found: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (golden, now) {
        (Value::Object(golden), Value::Object(now)) => {
            let keys: BTreeSet<&String> = golden.keys().chain(now.keys()).collect();
            for key in keys {
                match (golden.get(key), now.get(key)) {
                    (Some(golden), Some(now)) => differences(&below(key), golden, now, found),
                    (Some(golden), None) => found.push(format!("{}: {golden} → gone", below(key))),
                    (None, now) => found.push(format!("{}: new → {}", below(key), now.unwrap_or(&Value::Null))),
                }
            }
            if found.is_empty() && golden.keys().ne(now.keys()) {
                found.push(format!("{path}: the keys have another order"));
            }
        }
        (Value::Array(golden), Value::Array(now)) if golden.len() == now.len() => {
            for (place, (golden, now)) in golden.iter().zip(now).enumerate() {
                differences(&below(&place.to_string()), golden, now, found);
            }
        }
        _ if golden == now => {}
        _ => found.push(format!("{path}: {golden} → {now}")),
    }
}

#[test]
fn shipped_scenarios_say_what_they_said() {
    let (scenarios, goldens) = (stems(&folder("scenarios"), "yaml"), stems(&folder("tests/goldens"), "json"));
    let update = std::env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1");
    let mut moved = Vec::new();
    for scenario in &scenarios {
        let file = folder("tests/goldens").join(format!("{scenario}.json"));
        let now = summary(scenario);
        if update {
            std::fs::create_dir_all(folder("tests/goldens")).unwrap();
            std::fs::write(&file, &now).unwrap();
            continue;
        }
        let Ok(golden) = std::fs::read_to_string(&file) else {
            moved.push(format!("{scenario}: has no golden yet"));
            continue;
        };
        if golden == now {
            continue;
        }
        // Reading JSON may round the last digit: both sides go the same way, and the texts decide.
        let mut found = Vec::new();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        differences("", &read(&golden), &read(&now), &mut found);
        let shown = found[..found.len().min(SHOWN)].join("\n    ");
        moved.push(format!("{scenario}: {} values moved (0: in the last digit only)\n    {shown}", found.len()));
    }
    let orphans = goldens.difference(&scenarios).filter(|_| !update);
    moved.extend(orphans.map(|golden| format!("{golden}: the golden's scenario is gone")));
    assert!(moved.is_empty(), "\n{}\n(UPDATE_GOLDENS=1 accepts all of it)", moved.join("\n"));
}

#[test]
fn differences_are_named_by_their_path() {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut found = Vec::new();
    let golden = value(r#"{"a": {"b": 1.5, "c": [1, 2]}, "gone": null}"#);
    differences("", &golden, &value(r#"{"a": {"b": 1.25, "c": [1, 3]}, "new": 1}"#), &mut found);
    assert_eq!(found, ["a.b: 1.5 → 1.25", "a.c.1: 2 → 3", "gone: null → gone", "new: new → 1"]);
    let mut none = Vec::new();
    differences("", &golden, &golden, &mut none);
    assert!(none.is_empty());
}
