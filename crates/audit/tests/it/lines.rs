//! Lines of JSON in a file: as the schema says, whole, and begun anew when the file is moved away.

use crate::house::{Events, House};
use egret_audit::{AuditError, Config, Log, Sink, schema};
use egret_egress::Audit;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const URL: &str = "https://api.example.com/v1/users/7?token=hunter2";

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.ends_with('\n') && !text.contains("hunter2"), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn with_file(file: &Path) -> Config {
    Config { sinks: vec![Sink::File(file.to_owned())], paths: true, ..Config::default() }
}

#[test]
fn every_line_is_as_the_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let house = House::new(with_file(&file));
    let events = Events::of("shop");
    house.log.record(events.answered(URL));
    house.log.record(events.refused("https://api.example.com/v2"));
    house.log.record(egret_egress::Event { hook: Some("mock".into()), ..events.answered(URL) });
    drop(house);
    let lines = lines(&file);
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in &lines {
        assert!(schema.is_valid(line), "{:?}", schema.iter_errors(line).map(|error| error.to_string()).collect::<Vec<_>>());
    }
    assert_eq!((lines.len(), &lines[2]["rule"]), (3, &"hook:mock".into()));
    assert_eq!((&lines[0]["path"], &lines[0]["ms"], &lines[0]["outcome"]), (&"/v1/users/7".into(), &3.0.into(), &"answered".into()));
    assert_eq!((&lines[0]["door"], &lines[0]["dns_ms"], lines[0].get("tls_ms")), (&"library".into(), &1.5.into(), None));
    assert_eq!((&lines[0]["retries"], &lines[0]["hop"]), (&1.into(), &0.into()));
    assert_eq!(lines[0]["rule"].as_str().map(str::len), Some(32));
    assert_eq!((&lines[1]["code"], lines[1].get("status")), (&"policy.rule.path".into(), None));
    assert!(!schema.is_valid(&serde_json::json!({ "time": "now" })));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_was_moved_away_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (file, moved) = (folder.path().join("audit.jsonl"), folder.path().join("audit.jsonl.1"));
    let House { log, store, folder: _data } = House::new(with_file(&file));
    let events = Events::of("shop");
    log.record(events.answered(URL));
    drop(log);
    fs::rename(&file, &moved).unwrap();
    let log = Log::open(store, with_file(&file)).unwrap();
    fs::rename(&file, folder.path().join("audit.jsonl.2")).unwrap();
    log.record(events.answered(URL));
    drop(log);
    assert_eq!((lines(&moved).len(), lines(&file).len()), (1, 1));
}

#[test]
fn a_file_that_cannot_be_made_is_a_fault_at_the_start() {
    let house = House::new(Config::default());
    let nowhere = Path::new("/nowhere/audit.jsonl");
    let error = Log::open(house.store, with_file(nowhere)).unwrap_err();
    assert!(matches!(&error, AuditError::File { path, .. } if path == nowhere), "{error}");
}

#[test]
fn a_file_that_takes_no_lines_keeps_no_row_from_the_store() {
    let house = House::new(with_file(Path::new("/dev/full")));
    let events = Events::of("shop");
    (0..10).for_each(|_| house.log.record(events.answered(URL)));
    house.log.flush().unwrap();
    let (log, store) = (house.log, house.store);
    assert_eq!(log.counts().recorded, 10);
    drop(log);
    assert_eq!(store.attempts(&egret_store::Filter::default(), 0, 100).unwrap().len(), 10);
}
