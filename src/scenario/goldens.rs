//! Every fault code, as a person sees it: one scenario each, rendered. The snapshot shows change, never truth.

use std::collections::BTreeSet;
use std::fmt::Write as _;

mod scaling;
mod uncertain;

use super::*;

mod broker;

/// A scenario with a hole: `{queue}` settings, `{group}` settings, and more keys.
fn scenario(rate: &str, queue: &str, group: &str, more: &str) -> String {
    format!(
        "name: golden\nhorizon: 2h\nproducers:\n  shop:\n    to: orders\n    rate: {rate}\n\
         queues:\n  orders: {{{queue}}}\n\
         consumers:\n  workers:\n    from: orders\n    {group}\n{more}"
    )
}

const GROUP: &str = "replicas: 4\n    service: 20ms";

fn rate(rate: &str) -> String {
    scenario(rate, "", GROUP, "")
}

fn queue(queue: &str) -> String {
    scenario("40/s", queue, GROUP, "")
}

fn group(group: &str) -> String {
    scenario("40/s", "", group, "")
}

fn more(more: &str) -> String {
    scenario("40/s", "", GROUP, more)
}

fn slo(slo: &str) -> String {
    more(&format!("slo:\n  fresh: {{queue: orders, {slo}}}\n"))
}

fn trace(settings: &str) -> String {
    rate(&format!("{{trace: {{{settings}}}}}"))
}

/// The code that must appear, and the text that brings it about.
fn cases() -> Vec<(Code, String)> {
    [
        text_cases(),
        shape_cases(),
        quantity_cases(),
        meaning_cases(),
        broker::queue_cases(),
        broker::group_cases(),
        broker::topology_cases(),
        csv_cases(),
        scaling::strategy_cases(),
        scaling::product_cases(),
        scaling::manifest_cases(),
        uncertain::cases(),
    ]
    .concat()
}

fn text_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (TooLarge, "#".repeat(MAX_SCENARIO_BYTES + 1)),
        (NotText, "\u{7f}ELF\u{2}\u{1}".to_owned()),
        (EmptyFile, String::new()),
        (EmptyFile, "# only\n# comments\n".to_owned()),
        (Syntax, "name: x\nqueues: {orders: {}\nhorizon: 2h\n".to_owned()),
        (Syntax, "name: x\nqueues:\n\torders: {}\n".to_owned()),
        (TooMuch, "[".repeat(70)),
        (DuplicateKey, queue("initial: 5, initial: 6")),
        (DuplicateKey, more("seed: 1\nseed: 2\n")),
        (NotInThisLanguage, more("<<: {seed: 1}\n")),
        (NotInThisLanguage, more("seed: !!int 5\n")),
        (NotInThisLanguage, "a: 1\n---\nb: 2\n".to_owned()),
        (IllegalName, rate("40/s").replace("name: golden", "name: ../../etc/cron")),
        (
            IllegalName,
            more(
                "slo:\n  \"=cmd|x\": {queue: orders, depth: max, below: 9}\n  con: {queue: orders, depth: max, \
                 below: 9}\n",
            ),
        ),
    ]
}

fn shape_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (UnknownKey, group("replica: 4\n    replicas: 4\n    service: 20ms")),
        (MissingKey, group("service: 20ms")),
        (MissingKey, slo("below: 2s")),
        (MissingKey, slo("latency: p99")),
        (WrongShape, group("replicas: [4]\n    service: 20ms")),
        (WrongShape, queue("").replace("orders: {}", "orders:")),
        (WrongShape, "just words\n".to_owned()),
        (UnknownChoice, rate("{sinus: {mean: 40/s}}")),
        (UnknownChoice, rate("{constant: 40/s, pulse: {height: 1/s, from: 0s, until: 1m}}")),
        (UnknownChoice, rate("40/s\n    arrivals: mmpp")),
        (UnknownChoice, slo("latency: median, below: 2s")),
        (Contradiction, queue("capacity: 5, initial: 6")),
        (Contradiction, slo("latency: p99, wait: p99, below: 2s")),
        (
            Contradiction,
            group("replicas: 4\n    service: {hyperexponential: [{share: 60%, mean: 5ms}, {share: 30%, mean: 50ms}]}"),
        ),
        (Empty, more("").replace("queues:\n  orders: {}", "queues: {}")),
        (Empty, rate("{sum: []}")),
        (UnknownVersion, more("forebay: 2\n")),
    ]
}

fn quantity_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (NoUnit, rate("40")),
        (NoUnit, slo("loss: share, below: 0.001")),
        (WrongUnit, group("replicas: 4\n    service: 20msec")),
        (WrongUnit, slo("latency: p99, below: 10%")),
        (NotAQuantity, rate("fast")),
        (NotAQuantity, more("start: 2026-11-27 08:00\n")),
        (NotFinite, rate("1e999/s")),
        (NotFinite, group("replicas: 4\n    service: 20ms\n    speeds: [.nan, -.inf]")),
        (OutOfRange, group("replicas: 4\n    service: 20ms\n    prefetch: 0")),
        (OutOfRange, more("resolution: 1ms\n")),
        (OutOfRange, queue("capacity: -1")),
        (OutOfRange, group("replicas: 4\n    service: 0s")),
        (ClockTime, rate("{diurnal: {low: 1/s, high: 9/s, peak_at: 14:00}}")),
        (ClockTime, rate("{steps: [[0s, 1/s], [\"09:30\", 2/s]]}")),
        (
            TwoCurrencies,
            group(
                "replicas: 4\n    service: 20ms\n    cost: 0.10 USD/h\n  more: {from: orders, replicas: 1, service: \
                 1s, cost: 0.10 EUR/h}",
            ),
        ),
        (QuotedNumber, group("replicas: \"4\"\n    service: 20ms")),
    ]
}

fn meaning_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (UnknownReference, rate("40/s").replace("to: orders", "to: order")),
        (UnknownReference, rate("*nobody")),
        (NotAscending, rate("{steps: [[10s, 1/s], [5s, 2/s]]}")),
        (NotAscending, group("replicas: 4\n    service: 20ms\n    outages: [[40s, 60s], [50s, 70s], [90s, 80s]]")),
        (OutsideHorizon, more("warmup: 3h\n")),
        (OutsideHorizon, slo("depth: max, below: 10, during: [1h, 3h]")),
        (NegativeRate, rate("{sine: {mean: 50/s, amplitude: 60/s, period: 1h}}")),
        (NegativeRate, group("replicas: 4\n    service: 20ms\n    speed: {points: [[0s, 1], [1h, -1]]}")),
        (NeedsStart, rate("{weekly: {mon: 1/s, tue: 1/s, wed: 1/s, thu: 1/s, fri: 1/s, sat: 1/s, sun: 1/s}}")),
        (NoConsumers, more("").replace("orders: {}", "orders: {}\n  stock: {initial: 5}")),
        (TooManyEvents, rate("500M/s")),
        (TooManySlots, group("replicas: 4000000000\n    service: 20ms")),
        (TooManyPieces, rate("{repeat: {every: 1ms, rate: {pulse: {height: 1/s, from: 0s, until: 0.5ms}}}}")),
        (MoreFaults, (0..250).fold(more(""), |text, i| format!("{text}x{i}: 1\n"))),
        (NobodyPublishes, more("").replace("orders: {}", "orders: {}\n  stock: {}")),
        (NeverAnyReplica, group("replicas: {steps: [[0s, 0], [1h, 0]]}\n    service: 20ms")),
        (BeyondHorizon, group("replicas: 4\n    service: 20ms\n    outages: [[3h, 4h]]")),
    ]
}

fn csv_cases() -> Vec<(Code, String)> {
    use Code::*;
    let recorded = |settings: &str| {
        rate(&format!("40/s\n    arrivals: {{recorded: {{{settings}}}}}")).replace("    rate: 40/s\n", "")
    };
    vec![
        (CsvUnreadable, trace("file: goods.csv")),
        (CsvUnreadable, trace("file: .")),
        (CsvUnreadable, trace("file: binary.csv")),
        (CsvUnreadable, trace("file: empty.csv")),
        (CsvColumn, trace("file: good.csv, value: valeu")),
        (CsvColumn, trace("file: semicolons.csv")),
        (CsvValue, trace("file: bad.csv")),
        (CsvValue, trace("file: many.csv")),
        (CsvOrder, trace("file: order.csv")),
        (CsvOrder, recorded("file: messages.csv, time: at, where: {queue: back}")),
        (CsvNoRows, trace("file: header.csv")),
        (CsvNoRows, recorded("file: messages.csv, time: at, where: {queue: none}")),
        (CsvShort, trace("file: good.csv")),
        (CsvGaps, trace("file: gaps.csv, every: 1m")),
        (CsvSpacing, trace("file: good.csv, every: 10m")),
    ]
}

/// Writes the CSV files that the cases name.
fn write_files(folder: &std::path::Path) {
    let many = (0..15).fold("timestamp,value\n".to_owned(), |text, i| format!("{text}{},x\n", i * 60));
    for (name, text) in [
        ("good.csv", "timestamp,value\n0,10\n60,20\n120,30\n"),
        ("binary.csv", "a\0b"),
        ("empty.csv", ""),
        ("semicolons.csv", "timestamp;value\n0;10\n"),
        (
            "bad.csv",
            "timestamp,value\n2014-04-10 00:04:00,10\n2014-04-31 00:09:00,20\n2014-04-10 00:14:00,-5\n2014-04-10 \
             00:19:00\n2014-04-10 00:24:00,NaN\n",
        ),
        ("many.csv", many.as_str()),
        ("order.csv", "timestamp,value\n0,10\n120,20\n60,30\n120,30\n180,40\n"),
        ("messages.csv", "at,queue\n5,back\n4,back\n6,front\n"),
        ("header.csv", "timestamp,value\n"),
        ("gaps.csv", "timestamp,value\n0,10\n60,20\n240,30\n7200,3\n"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn every_code_looks_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    scaling::write_files(folder.path());
    let dir = folder.path().display().to_string();
    let mut seen = BTreeSet::new();
    let mut shown = String::new();
    let mut show = |code: Code, faults: &[Fault]| {
        assert!(
            faults.iter().any(|fault| fault.code == code),
            "{} is missing:\n{}",
            code.id(),
            render_all(faults, false)
        );
        seen.extend(faults.iter().map(|fault| fault.code));
        writeln!(
            shown,
            "======== {}: {}\n\n{}",
            code.id(),
            code.meaning(),
            render_all(&faults[faults.len().saturating_sub(6)..], false)
        )
        .unwrap();
    };
    for (code, text) in cases() {
        let source = Source { folder: folder.path().to_owned(), ..Source::from_text("golden.yaml", text) };
        let faults = load(&source, &[], &Limits::default()).map_or_else(|faults| faults.0, |loaded| loaded.warnings);
        show(code, &faults);
    }
    show(Code::Unreadable, &Source::read(&folder.path().join("bda.csv")).unwrap_err().0);
    show(Code::Unreadable, &Source::read(folder.path()).unwrap_err().0);
    let source = Source::from_text("golden.yaml", queue("initial: 500k"));
    let poor = Limits { memory_bytes: Some(1_000_000), ..Limits::default() };
    show(Code::TooMuchMemory, &load(&source, &[], &poor).unwrap_err().0);
    let change = Override { path: "consumers.wrokers.replicas".to_owned(), value: "6".to_owned() };
    show(Code::SetPath, &load(&source, &[change], &Limits::default()).unwrap_err().0);
    let never: Vec<&str> = Code::ALL.iter().filter(|code| !seen.contains(code)).map(|code| code.id()).collect();
    assert!(never.is_empty(), "no case brings about {never:?}");
    insta::assert_snapshot!("faults", shown.replace(&dir, "DIR"));
}

#[test]
fn faults_as_json_have_all_their_keys() {
    let faults = load(&Source::from_text("golden.yaml", rate("40")), &[], &Limits::default()).unwrap_err();
    let expected = serde_json::json!([{
        "code": "F020", "severity": "error", "message": "`40` has no unit: a rate is expected",
        "path": "producers.shop.rate", "file": "golden.yaml", "line": 6, "column": 11,
        "help": "write `40/s`, `40/min`, `40/h` or `40/d`",
    }]);
    assert_eq!(faults.to_json(), expected);
}
