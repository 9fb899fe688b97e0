//! README.md and docs/ are true: every example in them is run.
//!
//! - ```` ```console ````: a line that begins with `$` is a command, the lines below it are what it prints. Commands
//!   run one after the other in a folder of the page's own that holds `scenarios/`. A line `...` stands for any lines,
//!   `[..]` for any text; how long a run took is not compared. `cargo run --release --` means `forebay`.
//! - ```` ```yaml ````: a whole scenario without a fault, written to `NAME.yaml` in that folder.
//! - ```` ```yaml fragment ````: sections that replace those of the page's last scenario, or are added to it.
//! - Pictures are those that the page's commands have drawn: `docs/images/flash-sale-orders-depth.svg` is
//!   `output/flash-sale/charts/orders-depth.svg`.
//!
//! `FOREBAY_UPDATE_DOCS=1 cargo test --test docs` writes what is printed and drawn into the pages.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use forebay::measure::EngineChoice;
use forebay::model::scaling::Strategy;
use forebay::model::{NamedStrategy, Scaling};
use forebay::report;
use forebay::scenario::{self, Axis, Grid, Limits, Override, Source};
use forebay::study::sweep::{Shown, SweepPoint};
use forebay::study::{self, CompareOptions, RunOptions, SweepOptions};
use serde_json::Value;
use tempfile::TempDir;

/// Commands that a reader runs and this test must not: it would run itself, or install something.
const NOT_RUN: [&str; 4] = ["cargo test", "cargo bench", "cargo install", "cargo doc"];
/// Languages of blocks that only show something.
const SHOWN: [&str; 3] = ["text", "json", "csv"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn updates() -> bool {
    env::var_os("FOREBAY_UPDATE_DOCS").is_some()
}

/// README.md, CHANGELOG.md and everything in docs/.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    pages.sort();
    pages.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    pages
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).unwrap()
}

/// A fenced block: its language and the place of its lines in the page.
struct Block {
    language: String,
    first: usize,
    end: usize,
}

fn blocks(lines: &[String]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        match open.take() {
            None => open = Some((fence.trim().to_owned(), number + 1)),
            Some((language, first)) => blocks.push(Block { language, first, end: number }),
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// A command and where its output stands in the page.
struct Example {
    command: String,
    first: usize,
    end: usize,
}

fn examples(lines: &[String], block: &Block) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut number = block.first;
    while number < block.end {
        let Some(command) = lines[number].strip_prefix("$ ") else {
            let last = examples.last_mut().expect("a console block begins with a command");
            number += 1;
            last.end = number;
            continue;
        };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            number += 1;
            command.pop();
            command.push_str(lines[number].trim_start());
        }
        number += 1;
        examples.push(Example { command, first: number, end: number });
    }
    examples
}

/// The folder in which a page's commands run.
struct Desk {
    folder: TempDir,
    /// File and text of the page's last scenario.
    scenario: Option<(String, String)>,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for scenarios in ["scenarios", "scenarios/problems"] {
            fs::create_dir(folder.path().join(scenarios)).unwrap();
            let files = fs::read_dir(root().join(scenarios)).unwrap().map(|entry| entry.unwrap().path());
            for path in files.filter(|path| path.is_file()) {
                fs::copy(&path, folder.path().join(scenarios).join(path.file_name().unwrap())).unwrap();
            }
        }
        Self { folder, scenario: None }
    }

    /// What a command prints, on both streams in their order.
    fn run(&self, command: &str) -> String {
        let command = command.replace("cargo run --release --", "forebay");
        let binary = Path::new(env!("CARGO_BIN_EXE_forebay")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), env::var("PATH").unwrap_or_default());
        let printed = self.folder.path().join(".printed");
        let stdout = fs::OpenOptions::new().create(true).append(true).open(&printed).unwrap();
        let stderr = stdout.try_clone().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(self.folder.path()).env("PATH", path).env("NO_COLOR", "1");
        let status = shell.stdin(Stdio::null()).stdout(stdout).stderr(stderr).status().unwrap();
        let text = fs::read_to_string(&printed).unwrap();
        fs::remove_file(printed).unwrap();
        assert!(status.success(), "`{command}` fails with {status} (say so in the page: `...; echo $?`):\n{text}");
        text
    }

    fn put_scenario(&mut self, text: &str) {
        let name =
            text.lines().find_map(|line| line.strip_prefix("name: ")).expect("a scenario of the docs has a name");
        let name = name.split_whitespace().next().unwrap();
        self.keep(format!("{name}.yaml"), text.to_owned());
    }

    fn add_fragment(&mut self, fragment: &str) {
        let (file, text) = self.scenario.take().expect("a fragment follows a scenario");
        let mut sections = sections(&text);
        for (key, section) in sections_of_fragment(fragment) {
            match sections.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) => *old = section,
                None => sections.push((key, section)),
            }
        }
        let text = sections.into_iter().map(|(_, section)| section).collect();
        self.keep(file, text);
    }

    fn keep(&mut self, file: String, text: String) {
        let path = self.folder.path().join(&file);
        fs::write(&path, &text).unwrap();
        let loaded = scenario::load(&Source::read(&path).unwrap(), &[], &Limits::default());
        if let Err(faults) = loaded {
            panic!("{file} has faults:\n{}\n{text}", faults.render(false));
        }
        self.scenario = Some((file, text));
    }

    /// The picture that the page's commands drew under this name: `SCENARIO-CHART.svg`.
    fn picture(&self, name: &str) -> Vec<u8> {
        let results = fs::read_dir(self.folder.path().join("output")).unwrap().map(|entry| entry.unwrap());
        let drawn = results.filter_map(|scenario| {
            let chart = name.strip_prefix(&format!("{}-", scenario.file_name().to_string_lossy()))?;
            fs::read(scenario.path().join("charts").join(chart)).ok()
        });
        drawn.into_iter().next().unwrap_or_else(|| panic!("no command of the page draws {name}"))
    }
}

/// A text cut where a line begins with a key; what comes before the first key belongs to it.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            sections.push((line.split(':').next().unwrap().to_owned(), String::new()));
        }
        writeln!(sections.last_mut().unwrap().1, "{line}").unwrap();
    }
    sections
}

fn sections_of_fragment(text: &str) -> impl Iterator<Item = (String, String)> {
    sections(text).into_iter().filter(|(key, _)| !key.is_empty())
}

/// What is left to compare: no trailing spaces, and not how long a run took, which is the last sentence of its
/// paragraph.
fn comparable(text: &str) -> Vec<String> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("Took ") {
        kept.push_str(rest[..at].trim_end());
        let until = rest[at..].find('\n').map_or(rest.len(), |length| at + length);
        rest = &rest[until..];
    }
    kept.push_str(rest);
    kept.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether a text fits, where `...` alone on a line stands for any lines and `[..]` for any text within one.
fn fits(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == "..." => (0..=printed.len()).any(|skip| fits(rest, &printed[skip..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| line_fits(line, first) && fits(rest, others))
        }
    }
}

fn line_fits(expected: &str, printed: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == printed,
        Some((before, after)) => printed.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_fits(after, &rest[at..]))
        }),
    }
}

/// Runs everything in a page; returns what does not fit, or puts it right.
fn follow(page: &Path) -> Vec<String> {
    let mut lines: Vec<String> = read(page).lines().map(str::to_owned).collect();
    let mut desk = Desk::new();
    let mut complaints = Vec::new();
    let mut corrections: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for block in blocks(&lines) {
        let text = || lines[block.first..block.end].iter().fold(String::new(), |text, line| text + line + "\n");
        match block.language.as_str() {
            "console" => {
                for example in examples(&lines, &block) {
                    if NOT_RUN.iter().any(|command| example.command.starts_with(command)) {
                        continue;
                    }
                    let printed = desk.run(&example.command);
                    let expected = comparable(&lines[example.first..example.end].join("\n"));
                    if !fits(&expected, &comparable(&printed)) {
                        complaints.push(format!(
                            "{}:{}: `{}` prints\n{printed}",
                            page.display(),
                            example.first,
                            example.command
                        ));
                        let printed = printed.trim_end().lines().map(|line| line.trim_end().to_owned()).collect();
                        corrections.push((example.first, example.end, printed));
                    }
                }
            }
            "yaml" => desk.put_scenario(&text()),
            "yaml fragment" => desk.add_fragment(&text()),
            language => assert!(SHOWN.contains(&language), "{}:{}: {language:?}?", page.display(), block.first),
        }
    }
    complaints.extend(pictures(&lines).iter().filter_map(|picture| compare_picture(&desk, page, picture)));
    if updates() && !corrections.is_empty() {
        for (first, end, printed) in corrections.into_iter().rev() {
            lines.splice(first..end, printed);
        }
        fs::write(page, lines.join("\n") + "\n").unwrap();
    }
    complaints
}

/// Taken by a browser, of the sample review: `tests/browser.rs` takes it anew with `FOREBAY_UPDATE_DOCS=1`. Fonts differ
/// between machines, so its bytes prove nothing.
const SCREENSHOT: &str = "docs/images/review.png";

/// Targets of the pictures in a page.
fn pictures(lines: &[String]) -> Vec<String> {
    let target = |line: &String| Some(line.split_once("![")?.1.split_once("](")?.1.split_once(')')?.0.to_owned());
    lines.iter().filter_map(target).collect()
}

fn compare_picture(desk: &Desk, page: &Path, target: &str) -> Option<String> {
    let kept = page.with_file_name(target);
    if kept.ends_with(SCREENSHOT) {
        let is_there = fs::read(&kept).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG"));
        return (!is_there).then(|| format!("{}: {target} is not there", page.display()));
    }
    let drawn = desk.picture(&kept.file_name().unwrap().to_string_lossy());
    if fs::read(&kept).is_ok_and(|kept| kept == drawn) {
        return None;
    }
    if updates() {
        fs::create_dir_all(kept.parent().unwrap()).unwrap();
        fs::write(&kept, drawn).unwrap();
    }
    Some(format!("{}: {target} is not what is drawn now", page.display()))
}

#[test]
fn every_example_does_what_its_page_says() {
    let pages = pages();
    let complaints: Vec<String> = thread::scope(|scope| {
        let pages: Vec<_> = pages.iter().map(|page| scope.spawn(|| follow(page))).collect();
        pages.into_iter().flat_map(|page| page.join().unwrap()).collect()
    });
    let help = "FOREBAY_UPDATE_DOCS=1 writes the new outputs into the pages: look at the difference before you commit";
    assert!(complaints.is_empty() || updates(), "{}\n{help}", complaints.join("\n"));
}

#[test]
fn the_readme_is_short_and_shows_a_shipped_scenario() {
    let readme = read(&root().join("README.md"));
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    let lines: Vec<String> = readme.lines().map(str::to_owned).collect();
    let block = blocks(&lines).into_iter().find(|block| block.language == "yaml").expect("README.md has a scenario");
    let file = read(&root().join("scenarios/flash-sale.yaml"));
    let shipped: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[block.first..block.end].join("\n").trim(), shipped.join("\n").trim());
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = read(&page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.starts_with("http")) {
            let (file, part) = target.split_once('#').map_or((target, None), |(file, part)| (file, Some(part)));
            let file = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(file.exists(), "{}: {target} does not exist", page.display());
            let headings = || read(&file);
            let found = |part: &str| {
                headings().lines().any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == part)
            };
            assert!(part.is_none_or(found), "{}: {target} has no such heading", page.display());
        }
    }
}

/// Keys of a JSON value and of everything in it; names of queues, groups and promises are not keys of ours.
fn keys(value: &Value, names: &[&str], found: &mut BTreeSet<String>) {
    if let Value::Object(entries) = value {
        for (key, entry) in entries {
            if !names.contains(&key.as_str()) {
                found.insert(key.clone());
            }
            keys(entry, names, found);
        }
    }
}

fn named_strategy(name: &str, replicas: u32) -> NamedStrategy {
    let scaling = Scaling::new(Strategy::Static(replicas));
    NamedStrategy { name: name.to_owned(), group: 0, initial: None, scaling }
}

/// A scenario with everything that only brokers, paths and resources put into the summary.
fn broker_model() -> forebay::model::Model {
    let text = "name: broker-keys\nhorizon: 50s\nresources: {db: {slots: 2}}\n\
                producers:\n  p: {to: q, rate: 2/s, confirms: {latency: 1s, window: 1}}\n\
                queues:\n  q: {priorities: 2, delivery_limit: 2}\n  log: {partitions: 2}\n  mail: {}\n\
                consumers:\n  c: {from: q, replicas: 1, service: 100ms, failures: {probability: 10%}, emits: [{to: log}]}\n\
                \x20 d: {from: log, replicas: 1, service: 100ms, uses: {db: 1}, emits: [{to: mail}]}\n\
                \x20 m: {from: mail, replicas: 1, service: 100ms}\n\
                paths: {on: [q, log, mail]}\nslo:\n  s: {path: on, latency: p99, below: 5s}\n";
    let source = Source::from_text("broker-keys.yaml", text);
    let loaded = scenario::load(&source, &[], &Limits::default());
    loaded.unwrap_or_else(|faults| panic!("{}", faults.render(false))).model
}

#[test]
fn every_key_and_column_of_the_files_is_described() {
    let text = "name: all-keys\nhorizon: 100s\nreplications: 2\nproducers:\n  p: {to: q, rate: 10/s}\nqueues:\n  q: {}\n\
                consumers:\n  c: {from: q, replicas: 1, service_rate: 9.9/s, cost: 1 EUR/h}\n\
                slo:\n  s: {queue: q, wait: p99, below: 1s}\n";
    let source = Source::from_text("all-keys.yaml", text);
    let model = scenario::load(&source, &[], &Limits::default()).unwrap().model;
    let page = read(&root().join("docs/output.md"));
    let mut found = BTreeSet::new();
    let mut model = model;
    model.groups[0].scaling = Some(Scaling::new(Strategy::Static(1)));
    for engine in [EngineChoice::All, EngineChoice::Fluid] {
        let outcome = study::run(&model, &RunOptions { engine, threads: None }, &|_| ()).unwrap();
        keys(&report::summary_json(&outcome), &["q", "c", "s"], &mut found);
        let folder = tempfile::tempdir().unwrap();
        report::write(&outcome, folder.path(), &report::ReportOptions { charts: false }).unwrap();
        for file in ["timeseries.csv", "decisions.csv"] {
            // Nobody decides where no message is simulated.
            let text = fs::read_to_string(folder.path().join(file)).unwrap_or_default();
            found.extend(text.lines().take(1).flat_map(|line| line.split(',')).map(str::to_owned));
        }
    }
    let broker = study::run(&broker_model(), &RunOptions { engine: EngineChoice::Events, threads: None }, &|_| ());
    keys(
        &report::summary_json(&broker.unwrap()),
        &["p", "q", "log", "mail", "c", "d", "m", "s", "on", "db"],
        &mut found,
    );
    model.strategies = ["a", "b"].map(|name| named_strategy(name, 1)).to_vec();
    for engine in [EngineChoice::Events, EngineChoice::Fluid] {
        let options = CompareOptions { engine, ..CompareOptions::default() };
        let comparison = study::compare(&model, &options, &|_| ()).unwrap();
        keys(&report::compare_json(&comparison), &["a", "b", "s"], &mut found);
        let folder = tempfile::tempdir().unwrap();
        report::write_comparison(&comparison, folder.path(), &report::ReportOptions { charts: false }).unwrap();
        let text = fs::read_to_string(folder.path().join("compare.csv")).unwrap();
        found.extend(text.lines().take(1).flat_map(|line| line.split(',')).map(str::to_owned));
    }
    let variant =
        |changes: &[Override]| scenario::load(&source, changes, &Limits::default()).map(|loaded| loaded.model);
    let grid = Grid { axes: vec![Axis::read("seed=1,2").unwrap()] };
    let on = |_: &SweepPoint| ControlFlow::Continue(());
    let sweep = study::sweep(&model, &grid, SweepOptions::default(), &variant, Vec::new(), &on).unwrap();
    keys(&report::sweep_json(&sweep, &Shown::Kept), &["q", "s", "seed"], &mut found);
    assert!(found.len() > 120, "{found:?}");
    let missing: Vec<&String> = found.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/output.md does not describe {missing:?}");
}

#[test]
fn a_comparison_notices_what_differs() {
    let lines = |text: &str| comparable(text);
    assert!(fits(&lines("a\n...\nd"), &lines("a\nb\nc\nd\n")));
    assert!(fits(&lines("1.2 [..] c\nx. Took 1 s."), &lines("1.2 of b c\nx.\nTook 1.7 ms.")));
    assert!(!fits(&lines("a\n...\nd"), &lines("a\nb")));
    assert!(!fits(&lines("peak 72k [..]"), &lines("peak 73k at 9")));
    assert!(!fits(&lines("a"), &lines("a\nb")) && !fits(&lines("a\nb"), &lines("a")));
}
