//! Recordings through the language, with files.

use crate::model::{Arrivals, Distribution, Model, Rate};
use crate::scenario::{Fault, Faults, Limits, Loaded, Source, load};

fn load_with(files: &[(&str, &str)], text: &str) -> Result<Loaded, Faults> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let source = Source { folder: folder.path().to_owned(), ..Source::from_text("r.yaml", text) };
    load(&source, &[], &Limits { memory_bytes: Some(1 << 32), ..Limits::default() })
}

fn scenario(producer: &str, more: &str) -> String {
    format!(
        "horizon: 10m\n{more}\nproducers: {{p: {{to: q, {producer}}}}}\nqueues: {{q: {{}}}}\n\
         consumers: {{c: {{from: q, replicas: 9, service: 10ms}}}}\n"
    )
}

fn rate(model: &Model) -> &Rate {
    let Arrivals::Process { rate, .. } = &model.producers[0].arrivals else { panic!("a process") };
    rate
}

fn warnings(loaded: &Loaded) -> Vec<&'static str> {
    loaded.warnings.iter().map(|warning: &Fault| warning.code.id()).collect()
}

#[test]
fn counts_become_rates_and_gaps_become_lines() {
    let csv = "timestamp,value\n2014-04-10 00:00:00,60\n2014-04-10 00:01:00,120\n2014-04-10 00:04:00,300\n2014-04-10 \
        00:05:00,0\n2014-04-10 00:06:00,60\n";
    let loaded = load_with(&[("t.csv", csv)], &scenario("rate: {trace: {file: t.csv}}", "")).unwrap();
    let rate = rate(&loaded.model);
    assert_eq!(
        [0.0, 59.0, 60.0, 241.0, 301.0, 361.0, 421.0].map(|at| rate.at(at)),
        [1.0, 1.0, 2.0, 5.0, 0.0, 1.0, 0.0]
    );
    assert!((rate.at(180.0) - 3.5).abs() < 1e-9, "half way between 2/s and 5/s");
    assert_eq!(warnings(&loaded), ["W004", "W003"]);
    assert!(loaded.warnings[0].message.starts_with("2 intervals are absent"), "{}", loaded.warnings[0].message);
}

#[test]
fn the_start_places_a_calendar_trace() {
    let csv = "timestamp,value\n2014-04-10T00:00:00Z,60\n2014-04-10T00:01:00Z,120\n2014-04-10T00:02:00Z,180\n";
    let text = scenario("rate: {trace: {file: t.csv}}", "start: 2014-04-10T02:01:00+02:00");
    let loaded = load_with(&[("t.csv", csv)], &text).unwrap();
    assert_eq!([0.0, 60.0, 120.0].map(|at| rate(&loaded.model).at(at)), [2.0, 3.0, 0.0]);
    let epoch = "timestamp,value\n1397088000,60\n1397088060,120\n1397088120,180\n";
    let loaded = load_with(&[("t.csv", epoch)], &text).unwrap();
    assert_eq!(rate(&loaded.model).at(0.0), 2.0);
}

#[test]
fn a_repeated_trace_does_not_warn_of_its_end() {
    let csv = "timestamp,value\n0,60\n60,120\n";
    let text = scenario("rate: {repeat: {every: 2m, rate: {trace: {file: t.csv}}}}", "");
    let loaded = load_with(&[("t.csv", csv)], &text).unwrap();
    assert_eq!(warnings(&loaded), Vec::<&str>::new());
    assert_eq!(rate(&loaded.model).at(190.0), 2.0);
}

#[test]
fn recorded_messages_keep_their_work_and_one_clock() {
    let csv = "id,at,queue,work\n0,1.5,b,0.5\n1,2.5,a,0.25\n2,2.5,a,\n3,9,b,1\n";
    let text = scenario("arrivals: {recorded: {file: m.csv, time: at, service: work, where: {queue: a}}}", "");
    let loaded = load_with(&[("m.csv", csv)], &text).unwrap();
    let Arrivals::Recorded(rows) = &loaded.model.producers[0].arrivals else { panic!("a recording") };
    let rows: Vec<_> = rows.iter().map(|row| (row.published_s, row.service_s)).collect();
    assert_eq!(rows, [(2.5, Some(0.25)), (2.5, None)]);
    // Timestamps: t = 0 is the first row of the file, selected or not.
    let csv = "at,queue\n2014-04-10 00:00:00,b\n2014-04-10 00:00:07.5,a\n";
    let text = scenario("arrivals: {recorded: {file: m.csv, time: at, where: {queue: a}}}", "");
    let loaded = load_with(&[("m.csv", csv)], &text).unwrap();
    let Arrivals::Recorded(rows) = &loaded.model.producers[0].arrivals else { panic!("a recording") };
    assert_eq!(rows[0].published_s, 7.5);
}

#[test]
fn empirical_values_are_sorted() {
    let text = scenario("rate: 1/s", "").replace("service: 10ms", "service: {empirical: {file: s.csv, column: s}}");
    let loaded = load_with(&[("s.csv", "s\n0.3\n0.1\n0.2\n")], &text).unwrap();
    assert_eq!(loaded.model.groups[0].service, Distribution::Empirical(vec![0.1, 0.2, 0.3].into()));
}

#[test]
fn ten_bad_rows_are_listed_and_the_others_counted() {
    let csv = (0..40).fold("timestamp,value\n".to_owned(), |text, row| format!("{text}{row},nothing\n"));
    let faults = load_with(&[("t.csv", &csv)], &scenario("rate: {trace: {file: t.csv}}", "")).unwrap_err();
    assert_eq!(faults.0.len(), 11);
    assert!(faults.0[10].message.starts_with("30 more rows"), "{}", faults.0[10].message);
    assert_eq!(faults.0[3].place.as_ref().unwrap().line, Some(5));
}

#[test]
fn a_row_with_a_bad_value_keeps_its_place_in_time() {
    let csv = "timestamp,value\n0,100\n300,abc\n600,-4\n300,5\n900,1\n";
    let faults = load_with(&[("t.csv", csv)], &scenario("rate: {trace: {file: t.csv}}", "")).unwrap_err();
    let found: Vec<_> =
        faults.0.iter().map(|fault| (fault.code.id(), fault.place.as_ref().unwrap().line.unwrap())).collect();
    assert_eq!(found, [("F042", 3), ("F042", 4), ("F043", 5)]);
}

#[test]
fn a_column_name_must_be_unique() {
    let csv = "timestamp,value,value\n0,100,3\n60,5,6\n";
    let faults = load_with(&[("t.csv", csv)], &scenario("rate: {trace: {file: t.csv}}", "")).unwrap_err();
    assert_eq!((faults.0.len(), faults.0[0].code.id()), (1, "F041"));
    let unused = "timestamp,value,n,n\n0,1,2,3\n60,1,2,3\n600,1,2,3\n";
    assert!(load_with(&[("t.csv", unused)], &scenario("rate: {trace: {file: t.csv}}", "")).is_ok());
}

#[test]
fn a_quote_that_is_never_closed_ends_in_a_fault() {
    let csv = format!("timestamp,value\n0,\"1\n{}", "60,1\n".repeat(2_000_000));
    let faults = load_with(&[("t.csv", &csv)], &scenario("rate: {trace: {file: t.csv}}", "")).unwrap_err();
    assert_eq!(faults.0.len(), 1);
    assert_eq!(faults.0[0].code.id(), "F040");
}

#[test]
fn rows_beyond_memory_are_a_fault() {
    let csv = (0..50_000).fold("timestamp,value\n".to_owned(), |text, row| text + &format!("{row},1\n"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), csv).unwrap();
    let text = scenario("rate: {trace: {file: t.csv}}", "");
    let source = Source { folder: folder.path().to_owned(), ..Source::from_text("r.yaml", text) };
    let faults = load(&source, &[], &Limits { memory_bytes: Some(1_000_000), ..Limits::default() }).unwrap_err();
    assert_eq!(faults.0[0].code.id(), "F051");
}

/// Real traffic, if it is there: `FOREBAY_DATA` names the folder.
#[test]
fn recorded_counts_of_real_traffic_load() {
    let Some(folder) = std::env::var_os("FOREBAY_DATA") else {
        println!("skipped: FOREBAY_DATA does not name the folder with the recorded counts");
        return;
    };
    let expected = [("Twitter_volume_AMZN.csv", 0), ("elb_request_count_8c0756.csv", 8), ("nyc_taxi.csv", 0)];
    for (file, absent) in expected {
        let text = scenario(&format!("rate: {{trace: {{file: {file}}}}}"), "").replace("horizon: 10m", "horizon: 10d");
        let text = text.replace("service: 10ms", "service: 1ms");
        let source = Source { folder: folder.clone().into(), ..Source::from_text("r.yaml", text) };
        let loaded = load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults}"));
        let gaps: Vec<&str> = loaded.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(gaps.len(), usize::from(absent > 0), "{file}: {gaps:?}");
        assert!(absent == 0 || gaps[0].starts_with(&format!("{absent} intervals")), "{gaps:?}");
        // The counts of the recording are the messages of the rate, up to the bridged intervals.
        let csv = std::fs::read_to_string(source.folder.join(file)).unwrap();
        let total: f64 = csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap()).sum();
        let integral = rate(&loaded.model).integral(0.0, 1e9);
        assert!(integral >= total * (1.0 - 1e-9) && integral <= total * 1.01, "{file}: {integral} of {total}");
    }
}
