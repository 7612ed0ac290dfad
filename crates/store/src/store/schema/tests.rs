//! Each older form becomes the present one; a step that may go wrong leaves the file as it was.

use super::{MIGRATIONS, Migration, migrate, version};
use crate::store::{files, open};
use crate::{Attempt, Class, Ended, Filter, Key, Others, Store, StoreError, Timings, Write};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A store of version 1 with an app, a grant, a secret in two versions and a setting, under the key of 42s.
const VERSION_1: &str = include_str!("tests/v1.sql");

/// A store of version 2 with the same app, an attempt and the sum of its minute.
const VERSION_2: &str = include_str!("tests/v2.sql");

const FIRST: Migration = Migration { sql: MIGRATIONS[0].sql, breaking: false };
const GENTLE: Migration = Migration { sql: "ALTER TABLE apps ADD COLUMN note TEXT", breaking: false };
const BREAKING: Migration = Migration { sql: "DROP TABLE settings", breaking: true };
const FAILING: Migration = Migration { sql: "DROP TABLE settings; DROP TABLE none", breaking: true };

/// A data directory with the file of version 1.
fn version_1() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(files::DATABASE);
    files::database(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch(VERSION_1).unwrap();
    (folder, path)
}

fn settings(path: &Path) -> rusqlite::Result<i64> {
    Connection::open(path)?.query_row("SELECT count(*) FROM settings", [], |row| row.get(0))
}

#[test]
fn a_store_of_version_1_is_read_whole() {
    let (folder, _) = version_1();
    let store = Store::open(folder.path(), Key::new([42; 32])).unwrap();
    let app = store.app("shop").unwrap().unwrap();
    assert_eq!((app.id.as_str(), app.folder.as_deref(), app.generation), ("01M7ZT21QJ43A68TT9SZK4GC4W", Some(Path::new("/srv/shop")), 6));
    let snapshot = store.snapshot(&app.id).unwrap().unwrap();
    assert_eq!(snapshot.grants[0].rule, r#"{"host":"api.example.com"}"#);
    let secret = &snapshot.secrets[0];
    assert_eq!((secret.name.as_str(), secret.version, secret.value.as_slice()), ("KEY", 2, b"the second value".as_slice()));
    assert_eq!((secret.former[0].value.as_slice(), secret.hmac), (b"the first value".as_slice(), true));
    assert_eq!(secret.grants[0].to_string(), "https://api.example.com:443 as bearer");
    assert_eq!(snapshot.settings[0].value, "64MiB");
    assert_eq!(store.events(Some(&app.id), 100).unwrap().len(), 7);
}

fn attempt() -> Attempt {
    Attempt {
        time: SystemTime::UNIX_EPOCH,
        call: "01M7ZT21QJ43A68TT9SZK4GC4X".into(),
        hop: 0,
        app: "shop".into(),
        function: "api/pay".into(),
        invocation: "01M7ZT21QJ43A68TT9SZK4GC4Y".into(),
        door: None,
        method: "GET".into(),
        scheme: Some("https".into()),
        host: Some("api.example.com".into()),
        port: Some(443),
        route: None,
        path: None,
        rule: None,
        ended: Ended::Answered,
        code: None,
        words: None,
        change: None,
        reported: None,
        address: None,
        reused: false,
        cached: false,
        cache: None,
        hook: None,
        retries: 3,
        status: Some(201),
        sent: 0,
        received: 0,
        took: Duration::from_millis(20),
        timings: Timings::default(),
        secrets: Vec::new(),
        echoed: Vec::new(),
        weight: 1,
        others: Others::default(),
    }
}

#[test]
fn the_log_of_version_2_starts_anew_and_its_sums_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(files::DATABASE);
    files::database(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch(VERSION_2).unwrap();
    let store = Store::open(folder.path(), Key::new([42; 32])).unwrap();
    assert_eq!(store.attempts(&Filter::default(), 0, 10).unwrap(), []);
    let calls = || store.traffic(SystemTime::UNIX_EPOCH, None).unwrap().iter().map(|sum| sum.calls).sum::<u64>();
    assert_eq!((store.events(None, 100).unwrap().len(), calls()), (7, 1));
    let attempt = attempt();
    store.bulk(Class::Audit, Write::Attempt(Box::new(attempt.clone())));
    store.flush().unwrap();
    assert_eq!((store.attempts(&Filter::default(), 0, 10).unwrap(), calls()), (vec![(1, attempt)], 2));
}

#[test]
fn a_gentle_step_keeps_no_copy_and_is_taken_once() {
    let (folder, path) = version_1();
    let mut db = Connection::open(&path).unwrap();
    for _ in 0..2 {
        migrate(&mut db, &path, &[FIRST, GENTLE]).unwrap();
        assert_eq!(version(&db).unwrap(), 2);
    }
    assert_eq!(copies(folder.path()), 0);
}

#[test]
fn a_breaking_step_keeps_the_file_as_it_was() {
    let (folder, path) = version_1();
    migrate(&mut Connection::open(&path).unwrap(), &path, &[FIRST, GENTLE, BREAKING]).unwrap();
    settings(&path).unwrap_err();
    let copy = folder.path().join("egret.db.before-3");
    assert_eq!((settings(&copy).unwrap(), copies(folder.path())), (1, 1));
    assert_eq!(open::identify(&Connection::open(&copy).unwrap(), &copy, 1).unwrap(), 1);
}

#[test]
fn a_step_that_fails_changes_nothing_and_can_be_tried_again() {
    let (_folder, path) = version_1();
    let mut db = Connection::open(&path).unwrap();
    migrate(&mut db, &path, &[FIRST, GENTLE, FAILING]).unwrap_err();
    assert_eq!((version(&db).unwrap(), settings(&path).unwrap()), (1, 1));
    db.prepare("SELECT note FROM apps").unwrap_err();
    migrate(&mut db, &path, &[FIRST, GENTLE, BREAKING]).unwrap();
    assert_eq!(version(&db).unwrap(), 3);
}

#[test]
fn a_newer_file_is_not_brought_back() {
    let (_folder, path) = version_1();
    let mut db = Connection::open(&path).unwrap();
    migrate(&mut db, &path, &[FIRST, GENTLE, BREAKING]).unwrap();
    let refused = migrate(&mut db, &path, &[FIRST, GENTLE]);
    assert!(matches!(refused, Err(StoreError::Newer { version: 3, known: 2, .. })), "{refused:?}");
}

fn copies(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("egret.db.")).count()
}
