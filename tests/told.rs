//! What the summary says about capacity and steady states: it must not say what is not so.

use std::process::Command;

/// What `forebay run` prints for this scenario, on one line.
fn told(name: &str, scenario: &str) -> String {
    let folder = std::env::temp_dir().join(format!("forebay-told-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the scenario");
    let file = folder.join("told.yaml");
    std::fs::write(&file, format!("horizon: 100s\nreplications: 3\n{scenario}")).expect("a file");
    let run = Command::new(env!("CARGO_BIN_EXE_forebay"))
        .args(["run", "--no-charts", "--out"])
        .arg(folder.join("out"))
        .arg(&file)
        .output()
        .expect("the program runs");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    let text = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A queue `q` with these settings, at this rate, and ten replicas with these.
fn world(rate: &str, queue: &str, group: &str, more: &str) -> String {
    format!(
        "producers:\n  a: {{to: q, rate: {rate}}}\nqueues:\n  q: {{{queue}}}\n{more}consumers:\n  \
         w: {{from: q, replicas: 10, {group}}}\n"
    )
}

#[test]
fn capacity_is_what_the_groups_can_really_serve() {
    let resources = "resources:\n  db: {slots: 2}\n";
    let shared = told("db", &world("30/s", "", "service: 100ms, uses: {db: 1}", resources));
    assert!(shared.contains("/s is published and at most 20/s can be served"), "{shared}");
    assert!(!shared.contains("of it used"), "{shared}");
    let usl = told("usl", &world("60/s", "", "service: 100ms, contention: {sigma: 0.1, kappa: 0.01}", ""));
    assert!(usl.contains("at most 35.71/s can be served"), "{usl}");
    let groups = told("groups", &world("30/min", "groups: 2", "service: 40s, ack_timeout: 90s", ""));
    assert!(groups.contains("capacity is 3/min") || groups.contains("at most 0.05/s can be served"), "{groups}");
}

#[test]
fn storms_are_called_by_their_name() {
    for (name, rate, group) in [
        ("timeout", "3/s", "service: 2s, ack_timeout: 1s"),
        ("poison", "50/s", "service: 100ms, failures: {poison: 5%}"),
        ("feedback", "90/s", "service: 100ms, failures: {probability: 20%}"),
    ] {
        let text = told(name, &world(rate, "", group, ""));
        assert!(text.contains("it does not recover"), "{name}: {text}");
        assert!(!text.contains("warm-up is too short") && !text.contains("of it used"), "{name}: {text}");
    }
}

#[test]
fn bounded_queues_do_not_grow_for_ever() {
    let blocked = "capacity: 5, overflow: block";
    for (name, queue) in [("block", blocked), ("ttl", "ttl: 1s"), ("reject", "capacity: 2, dead_letter: d")] {
        let more = if name == "reject" { "  d: {}\n" } else { "" };
        let text = told(name, &world("200/s", queue, "service: 100ms", more));
        assert!(!text.contains("steady state"), "{name}: {text}");
    }
}
