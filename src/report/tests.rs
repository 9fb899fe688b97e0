//! Tests of the module above.

use std::collections::BTreeMap;
use std::fs;

use super::*;

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.insert(path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[test]
fn the_files_are_those_of_the_contract_and_the_same_each_time() {
    let outcome = fixture::flash_sale();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let written = write(&outcome, first.path(), &ReportOptions::default()).unwrap();
    write(&outcome, second.path(), &ReportOptions::default()).unwrap();
    let files = contents(first.path());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "charts/orders-consumers.png",
        "charts/orders-consumers.svg",
        "charts/orders-depth.png",
        "charts/orders-depth.svg",
        "charts/orders-rates.png",
        "charts/orders-rates.svg",
        "charts/orders-wait.png",
        "charts/orders-wait.svg",
        "summary.json",
        "timeseries.csv",
    ];
    assert_eq!(names, expected);
    assert_eq!(written.len(), expected.len());
    assert_eq!(written.last().unwrap(), &first.path().join("summary.json"));
    assert!(files == contents(second.path()), "equal outcomes give equal bytes");
    let summary: serde_json::Value = serde_json::from_slice(&files["summary.json"]).unwrap();
    assert_eq!(summary, summary_json(&outcome));
}

#[test]
fn without_charts_there_are_two_files() {
    let folder = tempfile::tempdir().unwrap();
    write(&fixture::flash_sale(), folder.path(), &ReportOptions { charts: true }).unwrap();
    write(&fixture::flash_sale(), folder.path(), &ReportOptions { charts: false }).unwrap();
    let files = contents(folder.path());
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), ["summary.json", "timeseries.csv"]);
}
