//! What is opened and what is not: each fault of a file has an error of its own that says what to do.

use crate::house::{House, database, key, other_key, raw, value};
use egret_store::{Class, Store, StoreError, Write};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::SystemTime;

fn refused(folder: &Path) -> StoreError {
    Store::open(folder, key()).unwrap_err()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_store_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    let store = Store::open(&data, key()).unwrap();
    store.create_app("shop", None).unwrap();
    assert_eq!((mode(&data), mode(&database(&data))), (0o700, 0o600));
    for log in ["egret.db-wal", "egret.db-shm", "egret.lock"] {
        assert_eq!(mode(&data.join(log)), 0o600, "{log}");
    }
}

#[test]
fn a_file_that_others_may_read_or_a_folder_that_they_may_write_is_refused() {
    let house = House::new();
    let (folder, file) = (house.folder.path().to_owned(), database(house.folder.path()));
    for mode in [0o644, 0o660, 0o606] {
        set_mode(&file, mode);
        assert!(matches!(refused(&folder), StoreError::Exposed { path, mode: "600" } if path == file));
    }
    set_mode(&file, 0o600);
    for mode in [0o770, 0o1777, 0o702] {
        set_mode(&folder, mode);
        assert!(matches!(refused(&folder), StoreError::Exposed { mode: "700", .. }));
    }
    set_mode(&folder, 0o700);
    Store::open(&folder, key()).unwrap();
}

#[test]
fn a_link_is_refused_even_where_it_leads_to_a_store() {
    let (real, folder) = (House::new(), tempfile::tempdir().unwrap());
    symlink(database(real.folder.path()), database(folder.path())).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::Link { .. }));
    let nowhere = tempfile::tempdir().unwrap();
    symlink("nowhere", database(nowhere.path())).unwrap();
    assert!(matches!(refused(nowhere.path()), StoreError::Link { .. }));
    assert!(!nowhere.path().join("nowhere").exists());
}

#[test]
fn a_data_directory_may_be_reached_through_a_link() {
    let (house, folder) = (House::with_app().0, tempfile::tempdir().unwrap());
    let link = folder.path().join("data");
    symlink(house.folder.path(), &link).unwrap();
    assert!(Store::open(&link, key()).unwrap().app("shop").unwrap().is_some());
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let text = "no database at all, but a text that is longer than the header of one; ".repeat(20);
    for bytes in [b"x".as_slice(), text.as_bytes()] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(database(folder.path()), bytes).unwrap();
        set_mode(&database(folder.path()), 0o600);
        assert!(matches!(refused(folder.path()), StoreError::NotADatabase { .. }), "{:?}", refused(folder.path()));
        assert_eq!(fs::read(database(folder.path())).unwrap(), bytes);
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(database(folder.path())).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::NotADatabase { .. }));
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    for change in ["CREATE TABLE theirs (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 7"] {
        let folder = tempfile::tempdir().unwrap();
        raw(folder.path()).execute_batch(change).unwrap();
        set_mode(&database(folder.path()), 0o600);
        let before = fs::read(database(folder.path())).unwrap();
        assert!(matches!(refused(folder.path()), StoreError::Foreign { .. }), "{change}");
        assert_eq!(fs::read(database(folder.path())).unwrap(), before, "{change}");
    }
}

#[test]
fn a_newer_form_is_refused_with_both_versions() {
    let house = House::new();
    house.raw().pragma_update(None, "user_version", 99).unwrap();
    let error = refused(house.folder.path());
    assert!(error.to_string().contains("made by a newer egret (version 99, this one knows 4)"), "{error}");
}

#[test]
fn a_damaged_file_is_refused() {
    let (house, app) = House::with_app();
    for index in 0..200 {
        house.store.set_setting(&app.id, &format!("n{index}"), &"v".repeat(400)).unwrap();
    }
    let House { folder, store } = house;
    drop(store);
    let whole = fs::read(database(folder.path())).unwrap();
    let mut damaged = whole.clone();
    damaged[8 * 4096..].fill(0xAA);
    fs::write(database(folder.path()), &damaged).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Corrupt { .. }) && error.to_string().contains("restore a backup"), "{error:?}");
    fs::write(database(folder.path()), &whole[..3 * 4096]).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::Corrupt { .. }), "{:?}", refused(folder.path()));
    fs::write(database(folder.path()), &whole).unwrap();
    assert_eq!(Store::open(folder.path(), key()).unwrap().settings(&app.id).unwrap().len(), 200);
}

#[test]
fn a_file_that_may_not_be_written_is_refused() {
    let House { folder, store } = House::new();
    drop(store);
    set_mode(&database(folder.path()), 0o400);
    assert!(matches!(refused(folder.path()), StoreError::ReadOnly { .. }));
}

#[test]
fn a_store_that_another_holds_is_waited_for_and_then_refused() {
    let House { folder, store } = House::new();
    drop(store);
    let holder = raw(folder.path());
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE held (x)").unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, StoreError::Busy), "{error:?}");
    drop(holder);
    Store::open(folder.path(), key()).unwrap();
}

#[test]
fn another_master_key_is_noticed_when_the_store_is_opened() {
    let (house, app) = House::with_app();
    house.store.set_secret(&app.id, "KEY", value("the value of a key")).unwrap();
    let error = Store::open(house.folder.path(), other_key()).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error:?}");
    Store::open(house.folder.path(), key()).unwrap();
}

#[test]
fn a_damaged_log_is_found_by_a_check_and_does_not_keep_the_store_closed() {
    let (house, app) = House::with_app();
    for _ in 0..200 {
        let (kind, text) = ("row".to_owned(), "a mark in a log".repeat(20));
        house.store.bulk(Class::Audit, Write::Event { time: SystemTime::now(), app: None, kind, text });
    }
    house.store.flush().unwrap();
    house.store.check().unwrap();
    let House { folder, store } = house;
    drop(store);
    let mut file = fs::read(database(folder.path())).unwrap();
    let mark = file.windows(15).position(|window| window == b"a mark in a log").unwrap();
    let page = mark / 4096 * 4096;
    file[page..page + 8].fill(0xAA);
    fs::write(database(folder.path()), &file).unwrap();
    let store = Store::open(folder.path(), key()).unwrap();
    assert!(matches!(store.check(), Err(StoreError::Corrupt { .. })));
    assert_eq!(store.apps().unwrap(), [app]);
}
