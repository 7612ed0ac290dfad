//! Copies of a store in use, and their way back.

use crate::house::{House, database, holding, key, names, other_key, value};
use egret_store::{Class, Key, Restored, Store, StoreError, Write};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::SystemTime;
use tempfile::TempDir;

/// A house with one secret, and a backup of it in a folder of its own.
fn backed_up() -> (House, TempDir, std::path::PathBuf) {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    house.store.backup(&copy).unwrap();
    (house, folder, copy)
}

#[test]
fn a_backup_is_whole_and_its_owners_alone_and_comes_back() {
    let (house, folder, copy) = backed_up();
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["copy.db"]);
    let data = tempfile::tempdir().unwrap();
    assert_eq!(Store::restore(data.path(), &copy, &key()).unwrap(), Restored { aside: None });
    let store = Store::open(data.path(), key()).unwrap();
    let app = store.app("shop").unwrap().unwrap();
    assert_eq!(store.snapshot(&app.id).unwrap(), house.store.snapshot(&app.id).unwrap());
    assert_eq!(names(folder.path()), ["copy.db"]);
}

#[test]
fn a_backup_never_holds_the_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Key::of_data_dir(folder.path()).unwrap()).unwrap();
    let text = fs::read(folder.path().join("master.key")).unwrap();
    let bytes = data_encoding::HEXLOWER.decode(&text).unwrap();
    store.backup(&folder.path().join("copy.db")).unwrap();
    assert_eq!(holding(folder.path(), &text), ["master.key"]);
    assert_eq!(holding(folder.path(), &bytes), [""; 0]);
}

#[test]
fn a_backup_overwrites_nothing() {
    let (house, folder, copy) = backed_up();
    let before = fs::read(&copy).unwrap();
    assert!(matches!(house.store.backup(&copy), Err(StoreError::Exists { .. })));
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert!(matches!(house.store.backup(&folder.path().join("none/copy.db")), Err(StoreError::Io { .. })));
    assert_eq!(names(folder.path()), ["copy.db"]);
}

#[test]
fn backups_made_while_many_write_are_each_of_one_moment() {
    let (house, app) = House::with_app();
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for index in 0..300 {
                house.store.add_grant(&app.id, &format!("rule {index}"), false).unwrap();
                let row = Write::Event { time: SystemTime::now(), app: None, kind: "row".to_owned(), text: "x".repeat(200) };
                house.store.bulk(Class::AppData, row);
            }
        });
        for index in 0..5 {
            house.store.backup(&folder.path().join(format!("{index}.db"))).unwrap();
        }
        writing.join().unwrap();
    });
    for name in names(folder.path()) {
        let data = tempfile::tempdir().unwrap();
        Store::restore(data.path(), &folder.path().join(&name), &key()).unwrap();
        let store = Store::open(data.path(), key()).unwrap();
        let snapshot = store.snapshot(&app.id).unwrap().unwrap();
        assert_eq!(snapshot.app.generation, snapshot.grants.len() as u64, "{name}");
    }
}

#[test]
fn a_restore_sets_the_store_aside_and_nothing_of_its_log_gets_into_the_other() {
    let (house, _folder, copy) = backed_up();
    house.store.create_app("later", None).unwrap();
    let House { folder: data, store } = house;
    drop(store);
    let aside = Store::restore(data.path(), &copy, &key()).unwrap().aside.unwrap();
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("egret.db.before-restore-"));
    let store = Store::open(data.path(), key()).unwrap();
    assert_eq!((store.app("later").unwrap(), store.apps().unwrap().len()), (None, 1));
    let names: i64 = Connection::open(&aside).unwrap().query_row("SELECT count(*) FROM apps", [], |row| row.get(0)).unwrap();
    assert_eq!(names, 2);
}

/// As after a kill: the newest of the old store lies in a log that nobody took into the file.
#[test]
fn a_log_that_was_left_behind_is_set_aside_too() {
    let (house, _folder, copy) = backed_up();
    house.store.create_app("later", None).unwrap();
    let data = tempfile::tempdir().unwrap();
    for name in ["egret.db", "egret.db-wal"] {
        fs::copy(house.folder.path().join(name), data.path().join(name)).unwrap();
    }
    let aside = Store::restore(data.path(), &copy, &key()).unwrap().aside.unwrap();
    let store = Store::open(data.path(), key()).unwrap();
    assert_eq!(store.app("later").unwrap(), None);
    let names: i64 = Connection::open(&aside).unwrap().query_row("SELECT count(*) FROM apps", [], |row| row.get(0)).unwrap();
    assert_eq!(names, 2);
}

/// A file that was copied while the store was closed is a backup too.
#[test]
fn the_file_itself_comes_back_as_a_backup_does() {
    let (house, _folder, _copy) = backed_up();
    let House { folder: data, store } = house;
    drop(store);
    let other = tempfile::tempdir().unwrap();
    Store::restore(other.path(), &database(data.path()), &key()).unwrap();
    assert_eq!(names(other.path()), ["egret.db", "egret.lock"]);
    assert_eq!(Store::open(other.path(), key()).unwrap().apps().unwrap().len(), 1);
}

#[test]
fn a_damaged_store_is_set_aside_as_it_is() {
    let (house, _folder, copy) = backed_up();
    let House { folder: data, store } = house;
    drop(store);
    let damaged = vec![7; 10_000];
    fs::write(database(data.path()), &damaged).unwrap();
    fs::write(data.path().join("egret.db-wal"), b"a log of nothing").unwrap();
    let aside = Store::restore(data.path(), &copy, &key()).unwrap().aside.unwrap();
    assert_eq!(fs::read(aside).unwrap(), damaged);
    assert_eq!(Store::open(data.path(), key()).unwrap().apps().unwrap().len(), 1);
}

#[test]
fn a_store_in_use_is_not_replaced() {
    let (house, _folder, copy) = backed_up();
    let error = Store::restore(house.folder.path(), &copy, &key()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
}

#[test]
fn what_is_no_sound_backup_under_this_key_replaces_nothing() {
    let (house, folder, copy) = backed_up();
    let House { folder: data, store } = house;
    drop(store);
    let before = names(data.path());
    let other = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let whole = fs::read(&copy).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let mut foreign = whole.clone();
    foreign[68..72].copy_from_slice(&7_u32.to_be_bytes());
    let mut damaged = whole.clone();
    damaged[5 * 4096..7 * 4096].fill(0xAA);

    let changed = |name: &str, sql: &str| {
        let path = other(name, &whole);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    };
    let more = changed("more", "CREATE TRIGGER more AFTER INSERT ON grants BEGIN DELETE FROM grants WHERE deny; END");
    let less = changed("less", "PRAGMA foreign_keys = OFF; DROP TABLE grants");
    let orphan = changed("orphan", "PRAGMA foreign_keys = OFF; DELETE FROM apps");

    let error = |path: &std::path::Path, key| Store::restore(data.path(), path, &key).unwrap_err();
    assert!(matches!(error(&other("text", b"no database"), key()), StoreError::NotADatabase { .. }));
    assert!(matches!(error(&other("empty", b""), key()), StoreError::NotADatabase { .. }));
    assert!(matches!(error(&other("newer", &newer), key()), StoreError::Newer { version: 99, .. }));
    assert!(matches!(error(&other("foreign", &foreign), key()), StoreError::Foreign { .. }));
    assert!(matches!(error(&other("damaged", &damaged), key()), StoreError::Corrupt { path, .. } if path.ends_with("damaged")));
    for path in [&more, &less, &orphan] {
        assert!(matches!(error(path, key()), StoreError::Corrupt { .. }), "{path:?}");
    }
    assert!(matches!(error(&copy, other_key()), StoreError::WrongKey { .. }));
    assert!(matches!(error(&folder.path().join("missing"), key()), StoreError::Io { .. }));
    assert_eq!(names(data.path()), before);
    Store::open(data.path(), key()).unwrap();
}
