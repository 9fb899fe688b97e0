//! The command as its users meet it: the real binary in an empty folder, its exit codes, its two output streams and the
//! files that it leaves behind. Not here: whether its numbers are right.

#![allow(clippy::unwrap_used)] // The test kit may panic like the tests themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const TINY: &str = "\
name: tiny
horizon: 60s
replications: 3
producers:
  sender: {to: letters, rate: 10/s}
queues:
  letters: {}
consumers:
  readers: {from: letters, replicas: 2, service: {exponential: {mean: 100ms}}}
slo:
  kept: {queue: letters, latency: p99, below: 1h}
";

const FAULTY: &str = "\
name: faulty
horizon: 60
producers:
  sender: {to: leters, rate: 10/s}
queues:
  letters: {}
consumers:
  readers: {from: letters, replicsa: 2, service: 100ms}
";

/// An empty folder in which the command is run.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let desk = Self::new();
        for (name, text) in files {
            fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forebay"));
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(variable);
        }
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().unwrap().into()
    }

    /// Names of everything in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn summary(&self, folder: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path(folder).join("summary.json")).unwrap()).unwrap()
    }
}

/// What the command said.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Answer {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn explains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "standard error lacks {word:?}: {self:#?}");
        }
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

fn named(name: &str) -> String {
    TINY.replace("name: tiny", &format!("name: {name}"))
}

mod explain {
    use super::*;

    #[test]
    fn presets_are_explained_with_what_was_written_instead() {
        let quorum = TINY.replace("letters: {}", "letters: {preset: rabbitmq-quorum, delivery_limit: 5}");
        let desk = Desk::with(&[("tiny.yaml", &quorum)]);
        let answer = desk.run(&["explain", "tiny.yaml"]).exits(0);
        for part in ["letters: rabbitmq-quorum", "queues.letters.delivery_limit: 5, written instead of 21", "[RabbitMQ"]
        {
            assert!(answer.stdout.contains(part), "{}", answer.stdout);
        }
        assert!(answer.stdout.lines().all(|line| line.chars().count() <= 80), "{}", answer.stdout);
        let json = desk.run(&["explain", "--format", "json", "tiny.yaml"]).exits(0);
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json[0]["path"], "queues.letters.overflow");
    }

    #[test]
    fn a_key_that_the_broker_does_not_have_is_a_fault() {
        let faulty = TINY.replace("letters: {}", "letters: {preset: kafka, priorities: 3}");
        let desk = Desk::with(&[("tiny.yaml", &faulty)]);
        desk.run(&["explain", "tiny.yaml"]).exits(2).explains(&["F073", "priorities", "preset: kafka"]);
    }
}

mod help {
    use super::*;

    #[track_caller]
    fn help_of(verb: &[&str]) -> String {
        let arguments = [verb, &["--help"]].concat();
        let help = Desk::new().run(&arguments).exits(0).stdout;
        let widest = help.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 80, "more than 80 columns: {widest}");
        help
    }

    #[test]
    fn help_of_every_verb_is_as_agreed_and_fits_80_columns() {
        insta::assert_snapshot!("help", help_of(&[]));
        let verbs = [
            "run",
            "compare",
            "sweep",
            "headroom",
            "drain",
            "plan",
            "review",
            "check",
            "decide",
            "explain",
            "export",
            "init",
            "schema",
            "completions",
            "man",
        ];
        for verb in verbs {
            insta::assert_snapshot!(format!("help-{verb}"), help_of(&[verb]));
        }
    }

    #[test]
    fn version_is_the_crates() {
        let version = Desk::new().run(&["--version"]).exits(0).stdout;
        assert_eq!(version, format!("forebay {}\n", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn no_verb_shows_the_help() {
        Desk::new().run(&[]).exits(2).explains(&["Usage: forebay", "Examples:"]);
    }

    #[test]
    fn an_unknown_flag_is_answered_with_the_one_that_was_meant() {
        Desk::new().run(&["run", "--replicatons", "3", "x.yaml"]).exits(2).explains(&["--replications"]);
    }

    #[test]
    fn numbers_are_checked_where_they_are_typed() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let wrong =
            [("--replications", "0"), ("--threads", "0"), ("--threads", "9999"), ("--seed", "x"), ("--engine", "ox")];
        for (flag, value) in wrong {
            desk.run(&["run", "tiny.yaml", flag, value]).exits(2).explains(&[flag, value]);
        }
        assert_eq!(desk.names("."), ["tiny.yaml"]);
    }

    #[test]
    fn completions_know_every_verb_in_every_shell() {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let script = Desk::new().run(&["completions", shell]).exits(0).stdout;
            for word in ["run", "check", "init", "schema", "completions", "man", "replications"] {
                assert!(script.contains(word), "{shell} lacks {word}");
            }
        }
    }

    #[test]
    fn the_manual_has_a_page_per_verb() {
        let desk = Desk::new();
        let page = desk.run(&["man"]).exits(0).stdout;
        assert!(page.contains(".TH forebay 1") && page.contains(".SH EXAMPLES"), "{page}");
        assert!(!page.contains("help(1)"), "it names a page that does not exist: {page}");
        desk.run(&["man", "--out", "man1"]).exits(0);
        let pages = [
            "-check",
            "-compare",
            "-completions",
            "-decide",
            "-drain",
            "-explain",
            "-export",
            "-headroom",
            "-init",
            "-man",
            "-plan",
            "-review",
            "-run",
            "-schema",
            "-sweep",
            "",
        ];
        assert_eq!(desk.names("man1"), pages.map(|verb| format!("forebay{verb}.1")));
        assert!(fs::read_to_string(desk.path("man1/forebay-run.1")).unwrap().contains("replications"));
    }

    #[test]
    fn the_manual_needs_a_folder() {
        let desk = Desk::with(&[("taken", "")]);
        desk.run(&["man", "--out", "taken"]).exits(2).explains(&["taken", "--out"]);
    }
}

mod starting {
    use super::*;

    #[test]
    fn the_starter_is_written_once_and_has_no_faults() {
        let desk = Desk::new();
        desk.run(&["init"]).exits(0).explains(&["scenario.yaml"]);
        assert_eq!(desk.names("."), ["scenario.yaml"]);
        desk.run(&["check", "scenario.yaml"]).exits(0);
    }

    #[test]
    fn an_existing_file_is_not_overwritten_unless_forced() {
        let desk = Desk::with(&[("mine.yaml", "mine")]);
        desk.run(&["init", "mine.yaml"]).exits(2).explains(&["mine.yaml", "--force"]);
        assert_eq!(fs::read_to_string(desk.path("mine.yaml")).unwrap(), "mine");
        desk.run(&["init", "mine.yaml", "--force"]).exits(0);
        assert_ne!(fs::read_to_string(desk.path("mine.yaml")).unwrap(), "mine");
        assert_eq!(desk.names("."), ["mine.yaml"]);
    }

    #[test]
    fn the_starter_can_be_piped_into_a_check() {
        let desk = Desk::new();
        let starter = desk.run(&["init", "-"]).exits(0).stdout;
        assert!(desk.names(".").is_empty());
        Answer::from(desk.command(&["check", "-"]).write_stdin(starter).output().unwrap()).exits(0);
    }

    #[test]
    fn the_starter_needs_a_place() {
        let desk = Desk::new();
        desk.run(&["init", "."]).exits(2).explains(&["directory"]);
        desk.run(&["init", "missing/scenario.yaml"]).exits(2).explains(&["missing/scenario.yaml", "folder"]);
        assert!(desk.names(".").is_empty());
    }

    #[test]
    fn the_schema_is_a_json_schema() {
        let schema = Desk::new().run(&["schema"]).exits(0).json();
        assert!(schema["$schema"].as_str().is_some_and(|dialect| dialect.contains("json-schema.org")), "{schema}");
        assert!(schema["properties"]["consumers"].is_object(), "{schema}");
    }
}

mod answering {
    use super::*;

    #[test]
    fn a_run_prints_the_answer_and_writes_it_to_output() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let answer = desk.run(&["run", "tiny.yaml"]).exits(0).explains(&["output/tiny"]);
        assert!(answer.stdout.contains("letters"), "{answer:#?}");
        assert!(!answer.stdout.contains('\u{1b}'), "colours in a pipe: {answer:#?}");
        assert_eq!(desk.names("."), ["output", "tiny.yaml"]);
        assert_eq!(desk.names("output"), ["tiny"]);
        assert_eq!(desk.names("output/tiny"), ["charts", "summary.json", "timeseries.csv"]);
        assert!(!desk.names("output/tiny/charts").is_empty());
        let summary = desk.summary("output/tiny");
        assert_eq!(summary["scenario"], "tiny");
        assert_eq!(summary["balance"]["difference"], 0);
    }

    #[test]
    fn other_files_in_the_folder_survive_a_second_run() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        desk.run(&["run", "tiny.yaml", "--no-charts"]).exits(0);
        fs::write(desk.path("output/tiny/notes.txt"), "mine").unwrap();
        desk.run(&["run", "tiny.yaml", "--no-charts", "--seed", "2"]).exits(0);
        assert_eq!(fs::read_to_string(desk.path("output/tiny/notes.txt")).unwrap(), "mine");
        assert_eq!(desk.summary("output/tiny")["seed"], 2);
    }

    #[test]
    fn charts_can_be_left_out() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        desk.run(&["run", "tiny.yaml", "--no-charts"]).exits(0);
        assert_eq!(desk.names("output/tiny"), ["summary.json", "timeseries.csv"]);
    }

    #[test]
    fn quiet_says_nothing_and_writes_everything() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let answer = desk.run(&["run", "tiny.yaml", "--quiet"]).exits(0);
        assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("", ""));
        assert!(desk.path("output/tiny/summary.json").exists());
    }

    #[test]
    fn out_is_the_folder_of_one_scenario_and_the_parent_of_several() {
        let desk = Desk::with(&[("tiny.yaml", TINY), ("other.yaml", &named("other"))]);
        desk.run(&["run", "tiny.yaml", "--out", "one", "--no-charts"]).exits(0);
        assert_eq!(desk.names("one"), ["summary.json", "timeseries.csv"]);
        desk.run(&["run", "tiny.yaml", "other.yaml", "--out", "many", "--no-charts"]).exits(0);
        assert_eq!(desk.names("many"), ["other", "tiny"]);
        assert_eq!(desk.names("."), ["many", "one", "other.yaml", "tiny.yaml"]);
    }

    #[test]
    fn json_is_an_object_for_one_scenario_and_an_array_for_several() {
        let desk = Desk::with(&[("tiny.yaml", TINY), ("other.yaml", &named("other"))]);
        let one = desk.run(&["run", "tiny.yaml", "--format", "json", "--no-charts"]).exits(0).json();
        assert_eq!(one["scenario"], "tiny");
        assert_eq!(one, desk.summary("output/tiny"));
        let several = desk.run(&["run", "other.yaml", "tiny.yaml", "--format", "json", "--no-charts"]).exits(0).json();
        let names: Vec<&Value> = several.as_array().unwrap().iter().map(|summary| &summary["scenario"]).collect();
        assert_eq!(names, ["other", "tiny"]);
    }

    #[test]
    fn a_scenario_can_come_from_standard_input() {
        let desk = Desk::new();
        let output = desk.command(&["run", "-", "--no-charts"]).write_stdin(TINY).output().unwrap();
        Answer::from(output).exits(0);
        assert_eq!(desk.summary("output/tiny")["scenario"], "tiny");
    }

    #[test]
    fn flags_change_the_scenario() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let flags = ["--set", "name=changed", "--set", "seed=5", "--seed", "7", "--replications", "2", "--no-charts"];
        desk.run(&[&["run", "tiny.yaml"][..], &flags].concat()).exits(0);
        let summary = desk.summary("output/changed");
        assert_eq!((&summary["seed"], &summary["replications"]), (&Value::from(7), &Value::from(2)));
    }

    #[test]
    fn each_engine_can_be_asked_alone() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        for (engine, asked) in [("events", "queues"), ("fluid", "fluid"), ("formula", "formula")] {
            let flags = ["--engine", engine, "--no-charts", "--format", "json"];
            let summary = desk.run(&[&["run", "tiny.yaml"][..], &flags].concat()).exits(0).json();
            for part in ["queues", "fluid", "formula"] {
                let answered = summary.get(part).is_some_and(|part| !part.is_null());
                assert_eq!(answered, part == asked, "--engine {engine}, {part}: {summary:#}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let summaries = ["1", "2", "8"].map(|threads| {
            desk.run(&["run", "tiny.yaml", "--no-charts", "--threads", threads]).exits(0);
            let mut summary = desk.summary("output/tiny");
            summary.as_object_mut().unwrap().remove("wall_s");
            (summary, fs::read(desk.path("output/tiny/timeseries.csv")).unwrap())
        });
        assert_eq!(summaries[0], summaries[1]);
        assert_eq!(summaries[0], summaries[2]);
    }

    #[test]
    fn the_environment_decides_about_colours() {
        let desk = Desk::with(&[("faulty.yaml", FAULTY)]);
        let coloured = |variables: &[(&str, &str)]| {
            let mut command = desk.command(&["check", "faulty.yaml"]);
            let answer = Answer::from(command.envs(variables.iter().copied()).output().unwrap()).exits(2);
            answer.stderr.contains('\u{1b}')
        };
        assert!(!coloured(&[]));
        assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
        assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}

mod refusing {
    use super::*;

    #[test]
    fn every_fault_is_reported_and_nothing_is_written() {
        let desk = Desk::with(&[("faulty.yaml", FAULTY), ("tiny.yaml", TINY)]);
        let answer = desk.run(&["run", "tiny.yaml", "faulty.yaml"]).exits(2);
        let answer =
            answer.explains(&["error[", "faulty.yaml:2", "faulty.yaml:4", "faulty.yaml:8", "letters", "replicas"]);
        assert_eq!(answer.stdout, "");
        assert_eq!(desk.names("."), ["faulty.yaml", "tiny.yaml"]);
    }

    #[test]
    fn faults_can_be_had_as_json() {
        let desk = Desk::with(&[("faulty.yaml", FAULTY)]);
        for verb in ["run", "check"] {
            let answer = desk.run(&[verb, "faulty.yaml", "missing.yaml", "--format", "json"]).exits(2);
            let faults = answer.json();
            let faults = faults["faults"].as_array().unwrap();
            assert_eq!(faults.len(), 5, "{faults:#?}");
            assert!(faults.iter().all(|fault| fault["message"].is_string()), "{faults:#?}");
            assert_eq!(answer.stderr, "");
        }
    }

    #[test]
    fn a_check_counts_what_is_there() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let said = desk.run(&["check", "tiny.yaml"]).exits(0).stdout;
        assert_eq!(said, "tiny.yaml: no faults; tiny has 1 producer, 1 queue, 1 consumer group, 1 promise\n");
        let said = desk.run(&["check", "tiny.yaml", "--format", "json"]).exits(0).json();
        assert_eq!((&said["file"], &said["scenario"]), (&Value::from("tiny.yaml"), &Value::from("tiny")));
        assert_eq!(desk.run(&["check", "tiny.yaml", "--quiet"]).exits(0).stdout, "");
        assert_eq!(desk.names("."), ["tiny.yaml"]);
    }

    #[test]
    fn overrides_are_checked_like_the_file() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        desk.run(&["check", "tiny.yaml", "--set", "consumers.readers.replicas"]).exits(2).explains(&["--set", "="]);
        desk.run(&["check", "tiny.yaml", "--set", "consumers.readers.replicsa=3"]).exits(2).explains(&["replicas"]);
        desk.run(&["check", "tiny.yaml", "--set", "horizon=-1s"]).exits(2).explains(&["horizon"]);
    }

    #[test]
    fn a_file_that_is_no_text_is_refused_with_a_way_out() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        fs::create_dir(desk.path("folder")).unwrap();
        fs::write(desk.path("binary"), [0xff, 0xfe, 0x00, 0xd8]).unwrap();
        desk.run(&["run", "missing.yaml"]).exits(2).explains(&["missing.yaml", "forebay init"]);
        desk.run(&["run", "folder"]).exits(2).explains(&["folder", "YAML file in it"]);
        desk.run(&["run", "binary"]).exits(2).explains(&["binary", "not a text file"]);
        assert_eq!(desk.names("."), ["binary", "folder", "tiny.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_end_is_refused() {
        Desk::new().run(&["check", "/dev/zero"]).exits(2).explains(&["/dev/zero"]);
    }

    #[test]
    fn two_scenarios_of_one_name_are_refused() {
        let desk = Desk::with(&[("a.yaml", TINY), ("b.yaml", &named("TINY"))]);
        desk.run(&["run", "a.yaml", "b.yaml"]).exits(2).explains(&["a.yaml", "b.yaml", "name"]);
        assert_eq!(desk.names("."), ["a.yaml", "b.yaml"]);
    }

    #[test]
    fn standard_input_can_be_read_once() {
        let output = Desk::new().command(&["check", "-", "-"]).write_stdin(TINY).output().unwrap();
        Answer::from(output).exits(2).explains(&["`-`"]);
    }

    #[test]
    fn a_folder_that_cannot_be_is_refused_before_the_run() {
        let desk = Desk::with(&[("tiny.yaml", TINY), ("taken", "")]);
        let long = ["--replications", "1000000", "--yes"];
        for folder in ["taken", "taken/below"] {
            let arguments = [&["run", "tiny.yaml", "--out", folder][..], &long].concat();
            desk.run(&arguments).exits(2).explains(&["taken", "not a folder", "--out"]);
        }
        assert_eq!(desk.names("."), ["taken", "tiny.yaml"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_is_said_so() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        desk.run(&["run", "tiny.yaml", "--out", "/proc/forebay"]).exits(2).explains(&["/proc", "--out"]);
    }
}

mod exporting {
    use super::*;

    fn scaled(scaling: &str) -> String {
        TINY.replace("replicas: 2", &format!("scaling: {scaling}"))
    }

    #[test]
    fn a_strategy_is_printed_as_it_is_applied_and_the_rest_is_told_apart() {
        let scaling = "{metric_age: 30s, keda: {max: 9, trigger: {rabbitmq: {value: 5}}}}";
        let desk = Desk::with(&[("tiny.yaml", &scaled(scaling))]);
        let answer = desk.run(&["export", "tiny.yaml"]).exits(0).explains(&["metric_age", "FILL-IN"]);
        assert!(answer.stdout.starts_with("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"), "{answer:#?}");
        fs::write(desk.path("scaledobject.yaml"), &answer.stdout).unwrap();
        fs::write(desk.path("back.yaml"), scaled("{manifest: scaledobject.yaml}")).unwrap();
        let back = desk.run(&["export", "back.yaml"]).exits(0);
        assert_eq!(back.stdout, answer.stdout);
        assert!(desk.run(&["export", "tiny.yaml", "--quiet"]).exits(0).stderr.is_empty());
        let json = desk.run(&["export", "tiny.yaml", "--format", "json"]).exits(0).json();
        assert_eq!(json["remarks"].as_array().map(Vec::len), Some(2), "{json}");
    }

    #[test]
    fn what_has_no_manifest_is_said_so() {
        let desk = Desk::with(&[("tiny.yaml", TINY), ("four.yaml", &scaled("{static: 4}"))]);
        desk.run(&["export", "tiny.yaml"]).exits(2).explains(&["no strategies", "strategies"]);
        desk.run(&["export", "four.yaml"]).exits(2).explains(&["has a manifest", "keda"]);
        desk.run(&["export", "four.yaml", "--strategy", "reader"]).exits(2).explains(&["did you mean `readers`?"]);
    }
}

mod gating {
    use super::*;

    fn missed() -> String {
        TINY.replace("below: 1h", "below: 1ms")
    }

    #[test]
    fn a_missed_promise_closes_the_gate_and_only_the_gate() {
        let desk = Desk::with(&[("missed.yaml", &missed())]);
        desk.run(&["run", "missed.yaml", "--no-charts"]).exits(0);
        desk.run(&["run", "missed.yaml", "--no-charts", "--gate"]).exits(1).explains(&["kept"]);
        assert_eq!(desk.summary("output/tiny")["slo"]["kept"]["met"], false);
    }

    #[test]
    fn a_kept_promise_opens_the_gate() {
        Desk::with(&[("tiny.yaml", TINY)]).run(&["run", "tiny.yaml", "--no-charts", "--gate"]).exits(0);
    }

    #[test]
    fn one_missed_promise_among_several_scenarios_is_enough() {
        let desk = Desk::with(&[("a.yaml", &missed()), ("b.yaml", &named("other"))]);
        desk.run(&["run", "a.yaml", "b.yaml", "--no-charts", "--gate"]).exits(1);
        assert_eq!(desk.names("output"), ["other", "tiny"]);
    }

    #[test]
    fn a_gate_without_a_promise_is_refused() {
        let promiseless = TINY.split("slo:").next().unwrap();
        let desk = Desk::with(&[("tiny.yaml", promiseless)]);
        desk.run(&["run", "tiny.yaml", "--gate"]).exits(2).explains(&["slo", "--gate"]);
        assert_eq!(desk.names("."), ["tiny.yaml"]);
    }
}

/// Streams that close, disks that are full, and Ctrl-C.
#[cfg(unix)]
mod ending {
    use super::*;
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    fn start(folder: &Path, arguments: &[&str]) -> std::process::Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forebay"));
        command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    #[test]
    fn a_reader_who_leaves_is_no_fault() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        for arguments in [&["run", "tiny.yaml", "--no-charts", "--quiet"][..], &["completions", "zsh"], &["schema"]] {
            let mut child = start(desk.folder.path(), arguments);
            drop(child.stdout.take());
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{arguments:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_behind_standard_output_is_a_fault() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_forebay"));
        let output = command.arg("schema").stdout(full).stderr(Stdio::piped()).output().unwrap();
        Answer::from(output).exits(2).explains(&["standard output"]);
    }

    #[test]
    fn an_interruption_leaves_everything_as_it_was() {
        let desk = Desk::with(&[("tiny.yaml", TINY)]);
        let endless = ["run", "tiny.yaml", "--set", "horizon=10h", "--replications", "1000000", "--yes"];
        let mut child = start(desk.folder.path(), &endless);
        thread::sleep(Duration::from_millis(500));
        assert!(child.try_wait().unwrap().is_none(), "the run should still be going on");
        let begun = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(desk.names("."), ["tiny.yaml"]);
    }
}

mod shipped {
    use super::*;

    #[test]
    fn every_shipped_scenario_is_without_faults_and_named_like_its_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
        files.sort();
        assert!(files.len() >= 7, "{files:?}");
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let checked = Desk::new().run(&[&["check", "--format", "json"][..], &names].concat()).exits(0).json();
        for (scenario, file) in checked.as_array().unwrap().iter().zip(&files) {
            assert_eq!(scenario["scenario"].as_str(), file.file_stem().unwrap().to_str());
        }
    }
}
